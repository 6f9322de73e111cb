/** Every stream that is recorded in the fixtures, of every dialect, as clients of the Responses API are told it, whole and cut: held against the grammar and the schema. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { ChatEvent } from '../../src/core/chat.ts'
import type { Asked, ProviderChat, ReplyContext, StreamWriting } from '../../src/core/dialect.ts'
import { frameText } from '../../src/core/sse.ts'
import { anthropicMessages, anthropicOnBedrock } from '../../src/dialects/anthropic-messages/provider.ts'
import { bedrockConverse } from '../../src/dialects/bedrock-converse/provider.ts'
import { cohereChat } from '../../src/dialects/cohere-chat/provider.ts'
import { gemini } from '../../src/dialects/gemini/provider.ts'
import { openaiChat } from '../../src/dialects/openai-chat/provider.ts'
import { encodeEvents } from '../../src/dialects/openai-responses/encode-events.ts'
import { openaiResponses } from '../../src/dialects/openai-responses/provider.ts'
import { eventsOfStream } from '../../src/dialects/walk-fixtures.conformance.ts'
import { eventsOf } from '../support/responses-grammar.ts'
import { streamFaults } from './recorder.ts'

const providers: Record<string, (variant: string | undefined) => ProviderChat> = {
  'openai-chat': () => openaiChat(),
  'anthropic-messages': (variant) => (variant === 'bedrock' ? anthropicOnBedrock : anthropicMessages()),
  gemini: () => gemini('gemini-api'),
  'cohere-chat': () => cohereChat(),
  'bedrock-converse': () => bedrockConverse(),
  'openai-responses': () => openaiResponses(),
}

interface Recorded {
  readonly name: string
  readonly chat: ProviderChat
  readonly bytes: Buffer
}

function recordedOf(folder: string): Recorded[] {
  const fixtures = new URL(`../../src/dialects/${folder}/fixtures/`, import.meta.url)
  return readdirSync(fixtures).flatMap((name): Recorded[] => {
    const at = (file: string) => new URL(`${name}/${file}`, fixtures)
    const { variant } = existsSync(at('context.json')) ? JSON.parse(readFileSync(at('context.json'), 'utf8')) : {}
    const chat = providers[folder]!(variant)
    if (existsSync(at('stream.sse'))) return [{ name, chat, bytes: readFileSync(at('stream.sse')) }]
    if (!existsSync(at('stream.hex'))) return []
    const hex = readFileSync(at('stream.hex'), 'utf8').replaceAll(/\s/g, '')
    return [{ name, chat, bytes: Buffer.from(hex, 'hex') }]
  })
}

const body = { model: 'a-model', input: 'Hello', tools: [], metadata: { run: '7' } }
const asked: Asked = {
  request: { text: JSON.stringify(body), members: [], body },
  replyId: `resp_${'0123456789abcdef'.repeat(3)}`,
}
const context: ReplyContext = { request: undefined, model: 'a-model', created: 1_767_225_600, id: '0b7c6a5e' }

function writing(): StreamWriting {
  let now = 1000
  return {
    extra: {
      requestType: 'responses_stream',
      provider: 'other',
      modelRequested: 'a-model',
      latency: 0,
      chunkIndex: 0,
    },
    asked,
    includeUsage: true,
    choices: 1,
    rawResponse: false,
    started: 1000,
    now: () => (now += 10),
  }
}

/** What a client is sent of a provider's bytes. A stream of several choices cannot be asked for: those behind the first are left out. */
function told({ chat }: Recorded, bytes: Uint8Array): { text: string; end: ChatEvent['type'] } {
  const events = eventsOfStream(chat, [bytes], context)
  const encoder = encodeEvents(writing())
  const frames = [...events.filter(isFirstChoice).flatMap((event) => encoder.push(event)), ...encoder.end()]
  return { text: frames.map(frameText).join(''), end: events.at(-1)!.type }
}

const isFirstChoice = (event: ChatEvent): boolean => !('choice' in event) || event.choice === 0

function check(recorded: Recorded, bytes: Uint8Array, place: string): void {
  const { text, end } = told(recorded, bytes)
  expect.soft({ place, faults: streamFaults(text) }).toEqual({ place, faults: [] })
  const last = eventsOf(text).at(-1)!['type']
  const clean = last === 'response.completed' || last === 'response.incomplete'
  expect.soft({ place, clean }).toEqual({ place, clean: end === 'finish' })
}

describe.each(Object.keys(providers))('%s', (folder) => {
  const streams = recordedOf(folder)

  test.each(streams)('$name', (recorded) => check(recorded, recorded.bytes, 'whole'))

  test('all of them, cut', () => {
    for (const [index, recorded] of streams.entries())
      for (let cut = index % 61; cut < recorded.bytes.length; cut += 61)
        check(recorded, recorded.bytes.subarray(0, cut), `${recorded.name}, cut at ${cut}`)
  })
})
