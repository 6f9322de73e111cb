/** What the tests of spliced responses share: requests, streams as providers send them, and what becomes of those. */
import type { Loose } from '../../../test/support/responses-grammar/frames.ts'
import { goodStreams } from '../../../test/support/responses-grammar/good-streams.ts'
import { bytesOfText, textOfBytes } from '../../core/bytes.ts'
import type { Asked, ReplyStream, StreamWriting } from '../../core/dialect.ts'
import type { ExtraFields } from '../../core/extra-fields.ts'
import type { JsonObject } from '../../core/json.ts'
import { members } from '../../core/json-text.ts'
import { serverSentEvents } from '../../core/translate.ts'
import { spliceEvents } from './splice-stream.ts'

export const extra: ExtraFields = {
  requestType: 'responses_stream',
  provider: 'openai',
  modelRequested: 'gpt-5',
  latency: 3,
  chunkIndex: 0,
}

/** As its client wrote it. */
export function askedFor(body: JsonObject, replyId?: string): Asked {
  const text = JSON.stringify(body)
  return { request: { text, members: members(text), body }, ...(replyId !== undefined && { replyId }) }
}

/** A clock that goes ten milliseconds on each time it is looked at; the provider was asked at 1000. */
export function writing(options: Partial<StreamWriting> = {}): StreamWriting {
  let now = 1000
  return {
    extra,
    asked: askedFor({ model: 'gpt-5', input: 'Hi', stream: true }, 'resp_ours'),
    includeUsage: false,
    choices: 1,
    rawResponse: false,
    started: 1000,
    now: () => (now += 10),
    ...options,
  }
}

/** The events as a provider sends them: with nothing of a gateway's, and with what every one of the published types has. */
export function providerEvents(name: keyof typeof goodStreams): Loose[] {
  return goodStreams[name].map((event) => JSON.parse(JSON.stringify(event, asSent)) as Loose)
}

function asSent(key: string, value: Loose): unknown {
  if (key === 'extra_fields') return undefined
  if (key === 'item' && value['type'] === 'web_search_call') return { action: { type: 'search', query: 'q' }, ...value }
  return key === 'logprobs' ? value.map((one: Loose) => ({ ...one, bytes: [0] })) : value
}

export function frameOf(event: Loose): string {
  return `event: ${event['type']}\ndata: ${JSON.stringify(event)}\n\n`
}

export function streamOf(events: readonly Loose[]): string {
  return events.map(frameOf).join('')
}

export interface Spliced {
  readonly text: string
  readonly stream: ReplyStream
  readonly events: Loose[]
}

/** What a client is sent while a stream comes in in pieces and ends, as the engine does it: a failure is told by its event. */
export function splicedPieces(pieces: readonly string[], options: Partial<StreamWriting> = {}): Spliced {
  const stream = spliceEvents(writing(options))
  let bytes = ''
  for (const piece of pieces) {
    if (stream.progress.error === undefined) bytes += stream.push(piece)
  }
  if (stream.progress.error === undefined) bytes += stream.end()
  if (stream.progress.error !== undefined) bytes += stream.failure(stream.progress.error)
  const text = textOfBytes(bytes)
  return {
    text,
    stream,
    get events() {
      return eventsOf(text)
    },
  }
}

export function spliced(source: string, options: Partial<StreamWriting> = {}): Spliced {
  return splicedPieces([bytesOfText(source)], options)
}

export function eventsOf(text: string): Loose[] {
  return serverSentEvents
    .reader()
    .push(bytesOfText(text))
    .map(({ data }) => JSON.parse(data) as Loose)
}
