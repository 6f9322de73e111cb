/** Streams of every dialect, cut on their way to clients of either wire: a cut never looks like an end, and behind a whole answer it takes nothing away. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ProviderChat } from '../src/core/dialect.ts'
import { anthropicMessages, anthropicOnBedrock } from '../src/dialects/anthropic-messages/provider.ts'
import { bedrockConverse } from '../src/dialects/bedrock-converse/provider.ts'
import { cohereChat } from '../src/dialects/cohere-chat/provider.ts'
import { gemini } from '../src/dialects/gemini/provider.ts'
import { openaiChat } from '../src/dialects/openai-chat/provider.ts'
import { eventsOfStream } from '../src/dialects/walk-fixtures.conformance.ts'
import { openTestHouse, providerAt, type TestHouse } from './support/house.ts'
import { postStream, type StreamReply } from './support/http.ts'
import { openRawUpstream, type RawReply, type RawUpstream } from './support/raw-upstream.ts'

interface Provider {
  readonly chat: ProviderChat
  /** Its fixtures, and which of them are its own. */
  readonly folder: string
  readonly variant?: string
  /** As clients call it. */
  readonly model: string
}

const providers: Record<string, Provider> = {
  'openai-chat': { chat: openaiChat(), folder: 'openai-chat', model: 'openai/gpt-4o' },
  'anthropic-messages': {
    chat: anthropicMessages(),
    folder: 'anthropic-messages',
    model: 'anthropic/claude-sonnet-4-5',
  },
  'anthropic-messages on Bedrock': {
    chat: anthropicOnBedrock,
    folder: 'anthropic-messages',
    variant: 'bedrock',
    model: 'bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  },
  gemini: { chat: gemini('gemini-api'), folder: 'gemini', model: 'gemini/gemini-2.5-flash' },
  'cohere-chat': { chat: cohereChat(), folder: 'cohere-chat', model: 'cohere/command-a-03-2025' },
  'bedrock-converse': { chat: bedrockConverse(), folder: 'bedrock-converse', model: 'bedrock/us.amazon.nova-pro-v1:0' },
}

interface Recorded {
  readonly name: string
  readonly bytes: Buffer
  /** How many bytes it takes until nothing is missing. */
  readonly complete: number
}

/** The streams of a dialect that come to a good end, the smallest first. */
function recordedOf({ chat, folder, variant }: Provider): Recorded[] {
  const fixtures = new URL(`../src/dialects/${folder}/fixtures/`, import.meta.url)
  const found = readdirSync(fixtures).flatMap((name): Recorded[] => {
    const at = (file: string) => new URL(`${name}/${file}`, fixtures)
    const told = existsSync(at('context.json')) ? JSON.parse(readFileSync(at('context.json'), 'utf8')) : {}
    if ((told.variant === 'bedrock' ? 'bedrock' : undefined) !== variant) return []
    if (existsSync(at('stream.sse'))) return recorded(chat, name, readFileSync(at('stream.sse')))
    if (!existsSync(at('stream.hex'))) return []
    return recorded(chat, name, Buffer.from(readFileSync(at('stream.hex'), 'utf8').replaceAll(/\s/g, ''), 'hex'))
  })
  return found.sort((one, other) => one.bytes.length - other.bytes.length)
}

function recorded(chat: ProviderChat, name: string, bytes: Buffer): Recorded[] {
  const ends = (length: number) =>
    eventsOfStream(chat, [bytes.subarray(0, length)], { request: undefined, model: 'm', created: 0, id: '0' }).at(-1)!
      .type
  if (ends(bytes.length) !== 'finish') return []
  let complete = bytes.length
  while (complete > 0 && ends(complete - 1) === 'finish') complete--
  return [{ name, bytes, complete }]
}

interface Face {
  readonly path: string
  /** A question, with the number of the reply that is wanted in its words. */
  ask(model: string, reply: number): object
  /** What a whole answer ends with, and nothing else may. */
  isEnd(event: { type?: unknown }): boolean
  isError(event: { status_code?: unknown }): boolean
}

const isError: Face['isError'] = (event) => event.status_code !== undefined
const messages = (reply: number) => [{ role: 'user', content: `reply number ${reply}` }]
const faces: Record<string, Face> = {
  openai: {
    path: '/openai/v1/chat/completions',
    ask: (model, reply) => ({ model, messages: messages(reply) }),
    isEnd: (event) => (event as unknown) === '[DONE]',
    isError,
  },
  anthropic: {
    path: '/anthropic/v1/messages',
    ask: (model, reply) => ({ model, max_tokens: 100, messages: messages(reply) }),
    isEnd: ({ type }) => type === 'message_stop',
    isError,
  },
}

let raw: RawUpstream
let house: TestHouse
const replies = new Map<number, RawReply>()
let count = 0

beforeAll(async () => {
  raw = await openRawUpstream(({ text }) => replies.get(Number(/reply number (\d+)/.exec(text)?.[1]))!)
  const key = { name: 'main', value: 'sk-test-main', models: ['*'] }
  const entry = providerAt(raw.url)
  const bedrock = providerAt(raw.url, {}, [{ ...key, bedrock_key_config: { region: 'us-east-1' } }])
  house = await openTestHouse({
    config: { providers: { openai: entry, anthropic: entry, gemini: entry, cohere: entry, bedrock } },
  })
})
afterAll(async () => {
  await house.close()
  await raw.close()
})

const framings = [
  { framing: 'chunked', ending: 'cut' },
  { framing: 'chunked', ending: 'whole' },
  { framing: 'length', ending: 'cut' },
  { framing: 'until-close', ending: 'whole' },
] as const

async function ask({ chat, model }: Provider, face: Face, { bytes }: Recorded, cut: number): Promise<StreamReply> {
  const number = count++
  const contentType = chat.framing?.mediaType ?? 'text/event-stream'
  replies.set(number, { ...framings[cut % framings.length]!, contentType, pieces: [bytes.subarray(0, cut)] })
  const reply = await postStream(house, face.ask(model, number), { path: face.path })
  replies.delete(number)
  return reply
}

function check(face: Face, { complete, bytes, name }: Recorded, cut: number, reply: StreamReply): void {
  const { status, json, events, broken } = reply
  const place = `${name}, cut at ${cut} of ${bytes.length}, complete at ${complete}: ${reply.text.slice(-300)}`
  expect.soft(broken, place).toBe(false)
  if (cut >= complete) {
    expect.soft(status, place).toBe(200)
    expect.soft(face.isEnd(events.at(-1)), place).toBe(true)
    expect.soft(events.some(face.isError), place).toBe(false)
    return
  }
  expect.soft(events.some(face.isEnd), place).toBe(false)
  if (status !== 200) {
    expect.soft(json?.status_code, place).toBe(status)
    return
  }
  expect.soft(events.filter(face.isError), place).toHaveLength(1)
  expect.soft(face.isError(events.at(-1)), place).toBe(true)
}

/** Runs the tasks, a few at a time. */
async function several<Item>(items: readonly Item[], task: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values()
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (const item of left) await task(item)
    }),
  )
}

describe.each(Object.entries(providers))('%s', (_, provider) => {
  const [smallest, ...others] = recordedOf(provider)
  // What is not translated at all is cut in cut-everywhere.test.ts.
  const asked = Object.entries(faces).filter(([name]) => name !== 'openai' || provider.folder !== 'openai-chat')

  test.each(asked)('the smallest stream, cut at every byte, for %s', async (name, face) => {
    // Each client gets every other byte, where there are two.
    const step = asked.length
    const first = name === 'openai' ? 0 : step - 1
    const statuses = new Set<number>()
    await several(
      [...Array(smallest!.bytes.length + 1).keys()].filter((cut) => cut % step === first),
      async (cut) => {
        const reply = await ask(provider, face, smallest!, cut)
        statuses.add(reply.status)
        check(face, smallest!, cut, reply)
      },
    )
    expect(statuses.has(200)).toBe(true)
    expect(statuses.size).toBeGreaterThan(1)
  })

  test.runIf(others.length > 0).each(asked)('all others, cut here and there, for %s', async (_, face) => {
    const places = others.flatMap((stream, index) =>
      [...Array(stream.bytes.length + 1).keys()]
        .filter((cut) => cut % 151 === index % 151 || cut === stream.bytes.length)
        .map((cut) => ({ stream, cut })),
    )
    await several(places, async ({ stream, cut }) => check(face, stream, cut, await ask(provider, face, stream, cut)))
  })
})
