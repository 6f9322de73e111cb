/** Everything an SDK was sent, letter for letter, held against the grammar of streams and OpenAI's published schema. */
import { expect } from 'vitest'
import { eventsOf, grammarFaults } from '../support/responses-grammar.ts'
import type { Published } from '../support/responses-schema/types.ts'
import { schemaFaults } from '../support/responses-schema/validate.ts'

export interface Recording {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly status: number
  readonly headers: Headers
  readonly isStream: boolean
  /** The body; what came of it, where the client did not read on. */
  readonly text: Promise<string>
}

export interface Recorder {
  /** For an SDK to use. */
  readonly fetch: typeof fetch
  readonly recordings: Recording[]
  /** Checks all that has been recorded, and forgets it. Gives how many there were. */
  check(): Promise<number>
  /** The text of the last stream. */
  lastStream(): Promise<string>
}

export function newRecorder(): Recorder {
  const recordings: Recording[] = []
  return {
    recordings,
    async fetch(input, init) {
      const request = new Request(input, init)
      const { pathname, searchParams } = new URL(request.url)
      const response = await fetch(request)
      const [forClient, forUs] = response.body?.tee() ?? [null, null]
      recordings.push({
        method: request.method,
        path: pathname,
        query: searchParams,
        status: response.status,
        headers: response.headers,
        isStream: response.headers.get('content-type')?.startsWith('text/event-stream') === true,
        text: readAll(forUs),
      })
      return new Response(forClient, { status: response.status, headers: response.headers })
    },
    async check() {
      const taken = recordings.splice(0)
      for (const recording of taken) await checkRecording(recording)
      return taken.length
    },
    async lastStream() {
      return (await recordings.findLast(({ isStream }) => isStream)?.text) ?? ''
    },
  }
}

async function readAll(body: ReadableStream<Uint8Array> | null): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const bytes of body ?? []) text += decoder.decode(bytes, { stream: true })
  } catch {
    // The client has left; what came until then is what there is.
  }
  return text
}

async function checkRecording(recording: Recording): Promise<void> {
  const { method, path, query, status, isStream } = recording
  const text = await recording.text
  const from = query.has('starting_after') ? Number(query.get('starting_after')) + 1 : 0
  const faults = isStream ? streamFaults(text, from) : objectFaults(recording, text)
  expect({ what: `${method} ${path}`, status, faults }).toEqual({ what: `${method} ${path}`, status, faults: [] })
}

/** What is wrong with a stream of a gateway. */
export function streamFaults(text: string, from = 0): string[] {
  return [
    ...grammarFaults(text, { from }).map(({ event, message }) => `event ${event}: ${message}`),
    ...eventsOf(text).flatMap((event, number) =>
      schemaFaults('event', event).map((message) => `event ${number}, ${event['type']}: ${message}`),
    ),
  ]
}

function objectFaults({ status, path }: Recording, text: string): string[] {
  const value = JSON.parse(text)
  const faults = typeof value.extra_fields === 'object' || status >= 400 ? [] : ['There are no extra_fields.']
  if (status >= 400) return typeof value.error?.message === 'string' ? [] : ['The error has no message.']
  const kind = kindOf(value, path)
  if (kind === undefined) return [`Nobody knows what kind of object this is: ${text.slice(0, 80)}`]
  return [...faults, ...schemaFaults(kind, value)]
}

function kindOf(value: { object?: string; deleted?: boolean }, path: string): keyof Published | undefined {
  if (value.deleted === true) return path.includes('/conversations/') ? 'deletedConversation' : 'deletedResponse'
  const kinds: Record<string, keyof Published> = {
    response: 'response',
    'response.input_tokens': 'inputTokens',
    conversation: 'conversation',
    list: path.includes('/conversations/') ? 'conversationItems' : 'inputItems',
  }
  return kinds[value.object ?? ''] ?? (path.includes('/items/') ? 'conversationItem' : undefined)
}
