/** The three kinds of upstream that clients of the Responses API are served from: one that speaks it, one that has chat completions alone, and Anthropic. */
import OpenAI from 'openai'
import type { ReceivedRequest } from '../../src/simulator/server.ts'
import { openTestHouse, providerAt, type TestHouse } from '../support/house.ts'
import { newRecorder, type Recorder } from './recorder.ts'

export type KindName = 'native' | 'chat' | 'anthropic'

export interface Kind {
  readonly name: KindName
  /** What clients put before the slash. */
  readonly provider: string
  /** Where the provider is called. */
  readonly path: string
  /** What the provider was sent, read in its own words. */
  facts(request: ReceivedRequest): Facts
}

/** What a provider was sent, in no dialect. */
export interface Facts {
  readonly system: string
  /** The base64 of each, those in results too. */
  readonly images: readonly string[]
  /** The base64 of each. */
  readonly files: readonly string[]
  readonly tools: readonly string[]
  /** The texts of tool results, and what users have said. */
  readonly results: readonly string[]
  readonly users: readonly string[]
  /** What the assistant has said and called, by the name of the tool. */
  readonly assistants: readonly string[]
}

// biome-ignore lint/suspicious/noExplicitAny: bodies of any dialect are looked into
type Loose = any

const list = (value: Loose): Loose[] => (Array.isArray(value) ? value : value === undefined ? [] : [value])
const textOf = (content: Loose): string =>
  list(content)
    .map((part) => (typeof part === 'string' ? part : (part?.text ?? '')))
    .join('')
const withoutHead = (url: string): string => url.replace(/^data:[^,]*,/, '')

function responsesFacts({ body: { instructions, input, tools } }: { body: Loose }): Facts {
  const items: Loose[] = typeof input === 'string' ? [{ type: 'message', role: 'user', content: input }] : list(input)
  const messages = items.filter(({ type = 'message' }) => type === 'message')
  const outputs = items.filter(({ type }) => /_call_output$/.test(type))
  const parts = [...messages.map(({ content }) => content), ...outputs.map(({ output }) => output)].flatMap(list)
  const said = (role: RegExp) =>
    messages.filter((message) => role.test(message.role)).map(({ content }) => textOf(content))
  return {
    system: [instructions ?? '', ...said(/system|developer/)].join(''),
    images: parts.filter(({ type }) => type === 'input_image').map(({ image_url }) => withoutHead(image_url)),
    files: parts.filter(({ type }) => type === 'input_file').map(({ file_data }) => withoutHead(file_data)),
    tools: list(tools).map(({ name }) => name),
    results: outputs.map(({ output }) => textOf(output)),
    users: said(/user/),
    assistants: items.flatMap((item) =>
      item.role === 'assistant' ? [textOf(item.content)] : /_call$/.test(item.type) ? [item.name] : [],
    ),
  }
}

function chatFacts({ body: { messages, tools } }: { body: Loose }): Facts {
  const of = (role: RegExp): Loose[] => messages.filter((message: Loose) => role.test(message.role))
  const parts = messages.flatMap(({ content }: Loose) => list(content))
  return {
    system: of(/system|developer/)
      .map(({ content }) => textOf(content))
      .join(''),
    images: parts
      .filter((part: Loose) => part?.type === 'image_url')
      .map((part: Loose) => withoutHead(part.image_url.url)),
    files: parts.filter((part: Loose) => part?.type === 'file').map((part: Loose) => withoutHead(part.file.file_data)),
    tools: list(tools).map((tool) => (tool.function ?? tool.custom).name),
    results: of(/tool/).map(({ content }) => textOf(content)),
    users: of(/user/).map(({ content }) => textOf(content)),
    assistants: of(/assistant/).flatMap(({ content, tool_calls: calls }) => [
      ...(textOf(content) === '' ? [] : [textOf(content)]),
      ...list(calls).map((call) => (call.function ?? call.custom).name),
    ]),
  }
}

function anthropicFacts({ body: { system, messages, tools } }: { body: Loose }): Facts {
  const blocks = (role: string): Loose[] =>
    messages
      .filter((message: Loose) => message.role === role)
      .flatMap(({ content }: Loose) => (typeof content === 'string' ? [{ type: 'text', text: content }] : content))
  const all = blocks('user')
  const results = all.filter(({ type }) => type === 'tool_result')
  const within = [...all, ...results.flatMap(({ content }) => list(content))]
  const data = (type: string) => within.filter((block) => block.type === type).map(({ source }) => source.data)
  return {
    system: textOf(system),
    images: data('image'),
    files: data('document'),
    tools: list(tools).map(({ name }) => name),
    results: results.map(({ content }) => textOf(content)),
    users: all.filter(({ type }) => type === 'text').map(({ text }) => text),
    assistants: blocks('assistant').flatMap(({ type, text, name }) =>
      type === 'text' ? [text] : type === 'tool_use' ? [name] : [],
    ),
  }
}

const read = (facts: (request: { body: Loose }) => Facts) => (request: ReceivedRequest) => facts({ body: request.body })

export const kinds: readonly Kind[] = [
  { name: 'native', provider: 'openai', path: '/v1/responses', facts: read(responsesFacts) },
  { name: 'chat', provider: 'nebius', path: '/v1/chat/completions', facts: read(chatFacts) },
  { name: 'anthropic', provider: 'anthropic', path: '/v1/messages', facts: read(anthropicFacts) },
]

export interface ResponsesHouse {
  readonly house: TestHouse
  readonly client: OpenAI
  readonly recorder: Recorder
  /** What the provider was sent last. */
  last(): ReceivedRequest
  close(): Promise<void>
}

/** A house with a provider of each kind, and the official SDK as its client, recorded. */
export async function openResponsesHouse(): Promise<ResponsesHouse> {
  const house = await openTestHouse({
    config: (url) => ({
      providers: Object.fromEntries(kinds.map(({ provider }) => [provider, providerAt(url)])),
    }),
  })
  const recorder = newRecorder()
  return {
    house,
    recorder,
    client: new OpenAI({ baseURL: `${house.url}/openai/v1`, apiKey: 'unused', maxRetries: 0, fetch: recorder.fetch }),
    last: () => house.simulator.requests.at(-1)!,
    close: () => house.close(),
  }
}
