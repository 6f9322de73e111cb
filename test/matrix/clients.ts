/** The two faces of the house, each asked by its official SDK: a scene in its words, and what it understood of the reply. */
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import type { Call, Reading, Scene, Turn } from './scenes.ts'
import { picture } from './scenes.ts'

/** A reply that was read to its end. */
export interface Heard {
  readonly reading: Reading
  /** The assistant's turn as this client sends it back. */
  readonly turn: unknown
}

/** A failure as the SDK raises it. */
export interface Failure {
  readonly status: number | undefined
  readonly message: string
}

export interface Client {
  readonly name: ClientName
  /** Asks a scene. With `first`, the scene goes on after that reply. Rejects with what the SDK throws. */
  ask(url: string, model: string, scene: Scene, stream: boolean, first?: Heard): Promise<Heard>
  failure(error: unknown): Failure
}

export type ClientName = 'openai' | 'anthropic'

// biome-ignore lint/suspicious/noExplicitAny: fields beyond the SDK's types are looked into
type Loose = any

const mark = { cache_control: { type: 'ephemeral' } } as const
const markIf = (cached: boolean | undefined) => (cached ? mark : {})

export const openai: Client = {
  name: 'openai',
  async ask(url, model, scene, stream, first) {
    const client = new OpenAI({ baseURL: `${url}/openai/v1`, apiKey: 'unused', maxRetries: 0 })
    const body: Loose = {
      model,
      messages: [...scene.turns.flatMap(openaiTurn), ...(first ? openaiSequel(first) : [])],
      ...(scene.tools && { tools: scene.tools.map(openaiTool) }),
      ...(scene.schema && {
        response_format: { type: 'json_schema', json_schema: { name: 'person', strict: true, schema: scene.schema } },
      }),
      ...(scene.effort && { reasoning_effort: scene.effort }),
      ...(scene.stop && { stop: [scene.stop] }),
      ...(scene.cap && { max_completion_tokens: scene.cap }),
    }
    if (!stream) {
      const { data, response } = await client.chat.completions.create(body).withResponse()
      const { choices, usage }: Loose = data
      return openaiHeard(choices[0].message, choices[0].finish_reason, usage, response)
    }
    const message: Loose = { role: 'assistant', content: null }
    let reason = ''
    let usage: Loose
    const { data, response } = await client.chat.completions.create({ ...body, stream: true }).withResponse()
    for await (const chunk of data as Loose) {
      const [choice] = chunk.choices
      if (choice) addDelta(message, choice.delta)
      reason = choice?.finish_reason ?? reason
      usage = chunk.usage ?? usage
    }
    return openaiHeard(message, reason, usage, response)
  },
  failure: (error) => ({ status: (error as { status?: number }).status, message: (error as Error).message }),
}

/** What was left out on the way, as the reply's header names it: SDKs put streams together without fields that they do not know. */
const droppedOf = (response: Response): string[] => response.headers.get('x-asbru-dropped-params')?.split(', ') ?? []

function openaiTurn(turn: Turn): object[] {
  switch (turn.role) {
    case 'system':
      return [{ role: 'system', content: [{ type: 'text', text: turn.text, ...markIf(turn.cached) }] }]
    case 'user': {
      const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${picture}` } }
      const text = { type: 'text', text: turn.text, ...markIf(turn.cached) }
      return [{ role: 'user', content: turn.image ? [text, image] : [text] }]
    }
    case 'assistant': {
      const calls = turn.calls.map(({ id, name, arguments: given }) => ({
        id,
        type: 'function',
        function: { name, arguments: given },
      }))
      return [{ role: 'assistant', content: null, tool_calls: calls }]
    }
    case 'tool':
      return turn.results.map(({ id, text, failed }) => ({
        role: 'tool',
        tool_call_id: id,
        content: text,
        ...(failed && { is_error: true }),
      }))
  }
}

const openaiTool = ({ name, schema, cached }: NonNullable<Scene['tools']>[number]) => ({
  type: 'function',
  function: { name, parameters: schema },
  ...markIf(cached),
})

function openaiSequel({ turn, reading }: Heard): object[] {
  const results = reading.calls.map(({ id, name }) => ({
    role: 'tool',
    tool_call_id: id,
    content: `result of ${name}`,
  }))
  return [turn as object, ...(results.length > 0 ? results : [{ role: 'user', content: 'Go on' }])]
}

function openaiHeard(message: Loose, reason: string, usage: Loose, response: Response): Heard {
  const calls: Call[] = (message.tool_calls ?? []).map((call: Loose) => ({
    id: call.id,
    name: call.function.name,
    arguments: call.function.arguments,
  }))
  const thoughts = (message.reasoning_details ?? [])
    .map((detail: Loose) => detail.text ?? detail.summary ?? '')
    .join('')
  const ends: Record<string, string> = { tool_calls: 'tools', content_filter: 'refused' }
  return {
    turn: message,
    reading: {
      text: message.content ?? '',
      thoughts: thoughts || (message.reasoning ?? message.reasoning_content ?? ''),
      calls,
      end: ends[reason] ?? reason,
      usage: {
        input: usage.prompt_tokens,
        output: usage.completion_tokens,
        cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
      },
      dropped: droppedOf(response),
    },
  }
}

/** What OpenAI says of deltas: texts are put together, lists by their index. */
function addDelta(message: Loose, delta: Loose): void {
  for (const [name, value] of Object.entries(delta) as [string, Loose][]) {
    if (value === null || value === undefined || name === 'role') continue
    if (typeof value === 'string') message[name] = (message[name] ?? '') + value
    else if (Array.isArray(value)) for (const item of value) addToList(message, name, item)
    else message[name] = value
  }
}

function addToList(message: Loose, name: string, item: Loose): void {
  message[name] ??= []
  const known = message[name].find((candidate: Loose) => item.index !== undefined && candidate.index === item.index)
  if (!known) message[name].push(structuredClone(item))
  else if (name === 'tool_calls') known.function.arguments += item.function?.arguments ?? ''
  else
    for (const key of ['text', 'summary', 'signature', 'data'])
      if (item[key] !== undefined) known[key] = (known[key] ?? '') + item[key]
}

export const anthropic: Client = {
  name: 'anthropic',
  async ask(url, model, scene, stream, first) {
    const client = new Anthropic({ baseURL: `${url}/anthropic`, apiKey: 'unused', maxRetries: 0 })
    const system = scene.turns.filter((turn) => turn.role === 'system')
    const body: Loose = {
      model,
      max_tokens: scene.cap ?? 1000,
      ...(system.length > 0 && {
        system: system.map(({ text, cached }) => ({ type: 'text', text, ...markIf(cached) })),
      }),
      messages: [...scene.turns.flatMap(anthropicTurn), ...(first ? anthropicSequel(first) : [])],
      ...(scene.tools && {
        tools: scene.tools.map(({ name, schema, cached }) => ({ name, input_schema: schema, ...markIf(cached) })),
      }),
      ...(scene.effort && { thinking: { type: 'enabled', budget_tokens: 4000 } }),
      ...(scene.schema && { output_config: { format: { type: 'json_schema', schema: scene.schema } } }),
      ...(scene.stop && { stop_sequences: [scene.stop] }),
    }
    if (!stream) {
      const { data, response } = await client.messages.create(body).withResponse()
      return anthropicHeard(data, response)
    }
    const running = client.messages.stream(body)
    const { response } = await running.withResponse()
    return anthropicHeard(await running.finalMessage(), response)
  },
  failure: (error) => ({ status: (error as { status?: number }).status, message: (error as Error).message }),
}

function anthropicTurn(turn: Turn): object[] {
  switch (turn.role) {
    case 'system':
      return []
    case 'user': {
      const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: picture } }
      const text = { type: 'text', text: turn.text, ...markIf(turn.cached) }
      return [{ role: 'user', content: turn.image ? [text, image] : [text] }]
    }
    case 'assistant': {
      const calls = turn.calls.map(({ id, name, arguments: given }) => ({
        type: 'tool_use',
        id,
        name,
        input: JSON.parse(given),
      }))
      return [{ role: 'assistant', content: calls }]
    }
    case 'tool': {
      const results = turn.results.map(({ id, text, failed }) => ({
        type: 'tool_result',
        tool_use_id: id,
        content: text,
        ...(failed && { is_error: true }),
      }))
      return [{ role: 'user', content: results }]
    }
  }
}

function anthropicSequel({ turn, reading }: Heard): object[] {
  const results = reading.calls.map(({ id, name }) => ({
    type: 'tool_result',
    tool_use_id: id,
    content: `result of ${name}`,
  }))
  return [
    { role: 'assistant', content: turn },
    { role: 'user', content: results.length > 0 ? results : 'Go on' },
  ]
}

function anthropicHeard(reply: Loose, response: Response): Heard {
  const blocks = (type: string): Loose[] => reply.content.filter((block: Loose) => block.type === type)
  const ends: Record<string, string> = {
    end_turn: 'stop',
    stop_sequence: 'stop sequence',
    max_tokens: 'length',
    tool_use: 'tools',
    refusal: 'refused',
  }
  const { usage } = reply
  const cached = usage.cache_read_input_tokens ?? 0
  return {
    turn: reply.content,
    reading: {
      text: blocks('text')
        .map(({ text }) => text)
        .join(''),
      thoughts: blocks('thinking')
        .map(({ thinking }) => thinking)
        .join(''),
      calls: blocks('tool_use').map(({ id, name, input }) => ({ id, name, arguments: JSON.stringify(input) })),
      end: ends[reply.stop_reason] ?? reply.stop_reason,
      usage: {
        input: usage.input_tokens + cached + (usage.cache_creation_input_tokens ?? 0),
        output: usage.output_tokens,
        cached,
      },
      dropped: droppedOf(response),
    },
  }
}
