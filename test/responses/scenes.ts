/** What a client of the Responses API may want, and what must be true of the reply and of what the provider was sent, whatever kind it is. */
import type {
  Response,
  ResponseCreateParamsNonStreaming,
  ResponseOutputItem,
} from 'openai/resources/responses/responses'
import { expect } from 'vitest'
import { picture } from '../matrix/scenes.ts'
import type { Facts, KindName } from './kinds.ts'

export interface Scene {
  readonly name: string
  /** One of the simulator's. */
  readonly model: string
  readonly body: Omit<ResponseCreateParamsNonStreaming, 'model'>
  /** Where a kind cannot do it: what it names as left out instead, by the place in the client's request. */
  readonly lacks?: Partial<Record<KindName, RegExp>>
  /** Why a kind gives other events than the rest. */
  readonly unlike?: Partial<Record<KindName, string>>
  check?(response: Response, facts: Facts, kind: KindName): void
}

const user = (...content: object[]) => ({ role: 'user' as const, content: content as never })
const text = (words: string) => ({ type: 'input_text' as const, text: words })
export const image = {
  type: 'input_image' as const,
  image_url: `data:image/png;base64,${picture}`,
  detail: 'auto' as const,
}
/** The smallest document that is one. */
export const document = 'JVBERi0xLjQKJSVFT0YK'
const file = { type: 'input_file' as const, filename: 'one.pdf', file_data: `data:application/pdf;base64,${document}` }

export const weather = {
  type: 'function' as const,
  name: 'get_weather',
  description: 'The weather in a city.',
  strict: true,
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['celsius', 'fahrenheit'] } },
    required: ['city', 'unit'],
    additionalProperties: false,
  },
}
export const time = {
  type: 'function' as const,
  name: 'get_time',
  strict: true,
  parameters: {
    type: 'object',
    properties: { zone: { type: 'string' } },
    required: ['zone'],
    additionalProperties: false,
  },
}
const nothing = {
  type: 'function' as const,
  name: 'ping',
  strict: true,
  parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
}
export const person = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name', 'age'],
  additionalProperties: false,
}

export const typesOf = (response: Response): string[] => response.output.map(({ type }) => type)
export const callsOf = (response: Response) =>
  response.output.filter(
    (item): item is Extract<ResponseOutputItem, { type: 'function_call' }> => item.type === 'function_call',
  )

/** What a tool said, with a picture of it. */
const seen = [
  user(text('What do you see?')),
  {
    type: 'function_call' as const,
    call_id: 'call_1',
    name: 'get_weather',
    arguments: '{"city":"Zürich","unit":"celsius"}',
  },
  { type: 'function_call_output' as const, call_id: 'call_1', output: [text('This 🌦'), image] },
]

export const scenes: readonly Scene[] = [
  {
    name: 'plain',
    model: 'echo',
    body: { input: 'Grüezi, 世界 👋' },
    check(response, facts) {
      expect(facts.users).toEqual(['Grüezi, 世界 👋'])
      expect(response).toMatchObject({ status: 'completed', output_text: 'Grüezi, 世界 👋', error: null })
      expect(typesOf(response)).toEqual(['message'])
    },
  },
  {
    name: 'instructions and a developer message',
    model: 'echo',
    body: {
      instructions: 'Answer briefly. ',
      input: [{ role: 'developer', content: 'Be kind.' }, user(text('Hello'))],
    },
    check(response, facts) {
      expect(facts.system.replaceAll('\n', '')).toBe('Answer briefly. Be kind.')
      expect(response).toMatchObject({ output_text: 'Hello', instructions: 'Answer briefly. ' })
    },
  },
  {
    name: 'an image',
    model: 'echo',
    body: { input: [user(text('What is this?'), image)] },
    check(response, facts) {
      expect(facts.images).toEqual([picture])
      expect(response.output_text).toContain('What is this?')
    },
  },
  {
    name: 'a file',
    model: 'echo',
    body: { input: [user(text('What is this?'), file)] },
    check: (_, facts) => expect(facts.files).toEqual([document]),
  },
  {
    name: 'one tool',
    model: 'tools',
    body: { input: 'How is the weather in Zürich?', tools: [weather] },
    check(response, facts) {
      expect(facts.tools).toEqual(['get_weather'])
      expect(typesOf(response)).toEqual(['function_call'])
      const [call] = callsOf(response)
      expect(call).toMatchObject({ name: 'get_weather', status: 'completed', call_id: expect.stringMatching(/\S/) })
      expect(JSON.parse(call!.arguments)).toMatchObject({ city: expect.any(String), unit: 'celsius' })
      expect(response).toMatchObject({ status: 'completed', tools: [weather], tool_choice: 'auto' })
    },
  },
  {
    name: 'parallel tools',
    model: 'tools',
    body: { input: 'How is the weather in Zürich, and how late is it?', tools: [weather, time] },
    check(response) {
      expect(callsOf(response).map(({ name }) => name)).toEqual(['get_weather', 'get_time'])
      expect(new Set(callsOf(response).flatMap(({ id, call_id }) => [id, call_id])).size).toBe(4)
    },
  },
  {
    name: 'a tool without arguments',
    model: 'tools',
    body: { input: 'Ping', tools: [nothing], tool_choice: 'required' },
    check(response) {
      expect(callsOf(response)).toMatchObject([{ name: 'ping', arguments: '{}' }])
      expect(response.tool_choice).toBe('required')
    },
  },
  {
    name: 'text and then a tool',
    model: 'tools-aloud',
    body: { input: 'How is the weather in Zürich?', tools: [weather] },
    check: (response) => expect(typesOf(response)).toEqual(['message', 'function_call']),
  },
  {
    name: 'what a tool said, with an image',
    model: 'echo',
    body: { input: seen, tools: [weather] },
    check(response, facts) {
      expect(facts.assistants).toEqual(['get_weather'])
      expect(facts.images).toEqual([picture])
      expect([...facts.results, ...facts.users].join()).toContain('This 🌦')
      expect(response.status).toBe('completed')
    },
  },
  {
    name: 'a custom tool',
    model: 'tools',
    body: { input: 'Run it', tools: [{ type: 'custom', name: 'run', description: 'Runs code.' }] },
    check(response, facts) {
      expect(facts.tools).toEqual(['run'])
      expect(response.output).toMatchObject([
        { type: 'custom_tool_call', name: 'run', input: expect.stringMatching(/\S/) },
      ])
    },
  },
  {
    name: 'reasoning',
    model: 'reasoning',
    body: {
      input: 'Think about it',
      reasoning: { effort: 'high', summary: 'detailed' },
      max_output_tokens: 8000,
      include: ['reasoning.encrypted_content'],
      store: false,
    },
    check(response) {
      expect(typesOf(response)).toEqual(['reasoning', 'message'])
      expect(response.output[0]).toMatchObject({
        summary: expect.arrayContaining([{ type: 'summary_text', text: expect.stringMatching(/\S/) }]),
        encrypted_content: expect.stringMatching(/\S/),
      })
      expect(response).toMatchObject({ output_text: 'Think about it', store: false, reasoning: { effort: 'high' } })
    },
  },
  {
    name: 'structured output',
    model: 'json',
    body: {
      input: 'Who is it?',
      text: { format: { type: 'json_schema', name: 'person', strict: true, schema: person } },
    },
    check(response) {
      expect(JSON.parse(response.output_text)).toEqual({ name: expect.any(String), age: expect.any(Number) })
      expect(response.text).toMatchObject({ format: { type: 'json_schema', name: 'person', schema: person } })
    },
  },
  {
    name: 'a refusal',
    model: 'refusal',
    body: { input: 'Something that is not allowed' },
    unlike: { anthropic: 'What refuses is a filter, which stops the model.' },
    check(response, _, kind) {
      if (kind !== 'anthropic')
        expect(response.output).toMatchObject([
          { content: [{ type: 'refusal', refusal: expect.stringMatching(/\S/) }] },
        ])
    },
  },
  {
    name: 'too long',
    model: 'long-500',
    body: { input: 'Go on and on', max_output_tokens: 50 },
    check(response) {
      expect(response).toMatchObject({
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
        max_output_tokens: 50,
        output: [{ type: 'message', status: 'incomplete' }],
      })
      expect(response.output_text).not.toBe('')
    },
  },
  {
    name: 'a filter',
    model: 'content-filter',
    body: { input: 'Something that is not allowed, in many words' },
    check: (response) =>
      expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'content_filter' } }),
  },
  {
    name: 'log probabilities',
    model: 'logprobs',
    body: { input: 'Very likely', include: ['message.output_text.logprobs'], top_logprobs: 2 },
    lacks: { anthropic: /top_logprobs|include/ },
    check(response) {
      const [message] = response.output
      const part = message?.type === 'message' ? message.content[0] : undefined
      const logprobs = part?.type === 'output_text' ? (part.logprobs ?? []) : []
      expect(logprobs.map(({ token }) => token).join('')).toBe('Very likely')
      expect(logprobs[0]).toMatchObject({ logprob: expect.any(Number), top_logprobs: [{}, {}] })
      expect(response.top_logprobs).toBe(2)
    },
  },
  {
    name: 'what is told back',
    model: 'echo',
    body: {
      input: 'Hello',
      metadata: { run: '7' },
      temperature: 0.5,
      top_p: 0.9,
      parallel_tool_calls: false,
      tools: [weather],
      tool_choice: 'none',
      truncation: 'disabled',
      text: { format: { type: 'text' }, verbosity: 'low' },
      safety_identifier: 'someone',
      prompt_cache_key: 'some',
    },
    check(response) {
      expect(response).toMatchObject({
        metadata: { run: '7' },
        temperature: 0.5,
        parallel_tool_calls: false,
        tools: [weather],
        tool_choice: 'none',
        truncation: 'disabled',
        text: { format: { type: 'text' }, verbosity: 'low' },
        previous_response_id: null,
      })
    },
  },
  {
    name: 'citations',
    model: 'annotations',
    body: { input: 'Cite something' },
    check(response) {
      const parts = response.output.flatMap((item) => (item.type === 'message' ? item.content : []))
      const cited = parts.flatMap((part) => (part.type === 'output_text' ? part.annotations : []))
      expect(cited).not.toEqual([])
      expect(cited[0]).toMatchObject({
        type: 'url_citation',
        url: expect.stringMatching(/^https?:/),
        title: expect.any(String),
      })
    },
  },
  {
    name: 'usage with a cache',
    model: 'cached',
    body: { instructions: `You know everything. ${'The house has many rooms. '.repeat(400)}`, input: 'Hello' },
    check(response) {
      const { usage } = response
      expect(usage!.input_tokens_details.cached_tokens).toBeGreaterThan(0)
      expect(usage!.input_tokens).toBeGreaterThan(usage!.input_tokens_details.cached_tokens)
      expect(usage!.total_tokens).toBe(usage!.input_tokens + usage!.output_tokens)
    },
  },
  {
    name: 'nothing',
    model: 'empty',
    body: { input: 'Hello' },
    unlike: { native: 'It tells of a message without words; the others of none.' },
    check: (response) => expect(response.output_text).toBe(''),
  },
]
