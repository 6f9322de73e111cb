/** Streams as they should be, made of their events: what the checker must pass, and what its mutations are made of. */
import type { Loose } from './frames.ts'

export const streamText = (events: readonly Loose[]): string =>
  events.map((event) => `event: ${event['type']}\ndata: ${JSON.stringify(event)}\n\n`).join('')

/** Gives events their numbers and what every event of a gateway has. */
export function numbered(events: readonly Loose[], from = 0): Loose[] {
  return events.map((event, index) => {
    const number = from + index
    const extra_fields = { request_type: 'responses_stream', provider: 'openai', latency: 3, chunk_index: number }
    const response = event['response']
    const terminal = response && !['queued', 'in_progress'].includes(response.status)
    return {
      ...structuredClone(event),
      sequence_number: number,
      extra_fields,
      ...(terminal && { response: { ...structuredClone(response), extra_fields } }),
    }
  })
}

const base = {
  id: 'resp_1',
  object: 'response',
  created_at: 1767225600,
  model: 'gpt-5',
  previous_response_id: null,
  error: null,
  incomplete_details: null,
}
const usage = {
  input_tokens: 9,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 2 },
  total_tokens: 14,
}

const told = (type: string, status: string, more: Loose = {}): Loose => ({
  type,
  response: { ...base, status, output: [], usage: null, ...more },
})
export const beginning = (): Loose[] => [
  told('response.created', 'in_progress'),
  told('response.in_progress', 'in_progress'),
]
const completed = (output: readonly Loose[]): Loose => told('response.completed', 'completed', { output, usage })

/** An item's events, and the item as it is when they are through. */
interface Made {
  readonly events: readonly Loose[]
  readonly item: Loose
}

function made(output_index: number, first: Loose, inside: readonly Loose[], item: Loose): Made {
  const place = { item_id: item['id'], output_index }
  return {
    item,
    events: [
      { type: 'response.output_item.added', output_index, item: first },
      ...inside.map((event) => ({ ...place, ...event })),
      { type: 'response.output_item.done', output_index, item },
    ],
  }
}

const logprob = (token: string): Loose => ({ token, logprob: -0.1, top_logprobs: [] })

/** A message with a text that has an annotation and log probabilities, and a refusal behind it. */
function message(output_index: number, id: string, status = 'completed'): Made {
  const annotation = { type: 'url_citation', url: 'https://example.com', title: 'One', start_index: 0, end_index: 2 }
  const text = {
    type: 'output_text',
    text: 'Grüezi',
    annotations: [annotation],
    logprobs: [logprob('Grü'), logprob('ezi')],
  }
  const refusal = { type: 'refusal', refusal: 'No.' }
  const empty = { id, type: 'message', role: 'assistant', status: 'in_progress', content: [] }
  return made(
    output_index,
    empty,
    [
      {
        type: 'response.content_part.added',
        content_index: 0,
        part: { type: 'output_text', text: '', annotations: [], logprobs: [] },
      },
      { type: 'response.output_text.delta', content_index: 0, delta: 'Grü', logprobs: [logprob('Grü')] },
      { type: 'response.output_text.delta', content_index: 0, delta: 'ezi', logprobs: [logprob('ezi')] },
      { type: 'response.output_text.annotation.added', content_index: 0, annotation_index: 0, annotation },
      { type: 'response.output_text.done', content_index: 0, text: 'Grüezi', logprobs: text.logprobs },
      { type: 'response.content_part.done', content_index: 0, part: text },
      { type: 'response.content_part.added', content_index: 1, part: { type: 'refusal', refusal: '' } },
      { type: 'response.refusal.delta', content_index: 1, delta: 'No.' },
      { type: 'response.refusal.done', content_index: 1, refusal: 'No.' },
      { type: 'response.content_part.done', content_index: 1, part: refusal },
    ],
    { ...empty, status, content: [text, refusal] },
  )
}

function reasoning(output_index: number, id: string): Made {
  const parts = [
    { type: 'summary_text', text: 'First.' },
    { type: 'summary_text', text: 'Then.' },
  ]
  const inside = parts.flatMap((part, summary_index) => [
    { type: 'response.reasoning_summary_part.added', summary_index, part: { ...part, text: '' } },
    { type: 'response.reasoning_summary_text.delta', summary_index, delta: part.text },
    { type: 'response.reasoning_summary_text.done', summary_index, text: part.text },
    { type: 'response.reasoning_summary_part.done', summary_index, part },
  ])
  const item = { id, type: 'reasoning', status: 'completed', summary: parts, encrypted_content: 'gAAA' }
  return made(output_index, { id, type: 'reasoning', status: 'in_progress', summary: [] }, inside, item)
}

/** Thoughts that are shown as they are, as open models do it. */
function thoughts(output_index: number, id: string): Made {
  const part = { type: 'reasoning_text', text: 'Hm.' }
  return made(
    output_index,
    { id, type: 'reasoning', summary: [], content: [] },
    [
      { type: 'response.content_part.added', content_index: 0, part: { ...part, text: '' } },
      { type: 'response.reasoning_text.delta', content_index: 0, delta: 'Hm.' },
      { type: 'response.reasoning_text.done', content_index: 0, text: 'Hm.' },
      { type: 'response.content_part.done', content_index: 0, part },
    ],
    { id, type: 'reasoning', summary: [], content: [part] },
  )
}

export function functionCall(output_index: number, id: string, given: string): Made {
  const empty = { id, type: 'function_call', call_id: `call_${id}`, name: 'f', arguments: '', status: 'in_progress' }
  const halves = [given.slice(0, 4), given.slice(4)].filter((half) => half !== '')
  return made(
    output_index,
    empty,
    [
      ...halves.map((delta) => ({ type: 'response.function_call_arguments.delta', delta })),
      { type: 'response.function_call_arguments.done', arguments: given },
    ],
    { ...empty, arguments: given, status: 'completed' },
  )
}

function customCall(output_index: number, id: string): Made {
  const empty = { id, type: 'custom_tool_call', call_id: `call_${id}`, name: 'g', input: '' }
  return made(
    output_index,
    empty,
    [
      { type: 'response.custom_tool_call_input.delta', delta: 'print' },
      { type: 'response.custom_tool_call_input.done', input: 'print' },
    ],
    { ...empty, input: 'print' },
  )
}

function webSearch(output_index: number, id: string): Made {
  const item = { id, type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'q' } }
  return made(
    output_index,
    { id, type: 'web_search_call', status: 'in_progress' },
    ['in_progress', 'searching', 'completed'].map((step) => ({ type: `response.web_search_call.${step}` })),
    item,
  )
}

/** An item and events that no published type knows. */
function unheardOf(output_index: number, id: string): Made {
  return made(
    output_index,
    { id, type: 'dream', status: 'in_progress' },
    [
      { type: 'response.dream.begun' },
      { type: 'response.dream_code.delta', delta: 'x = ' },
      { type: 'response.dream_code.delta', delta: '1' },
      { type: 'response.dream_code.done', code: 'x = 1' },
    ],
    { id, type: 'dream', status: 'completed', code: 'x = 1' },
  )
}

function whole(...items: readonly Made[]): Loose[] {
  return [...beginning(), ...items.flatMap(({ events }) => events), completed(items.map(({ item }) => item))]
}

/** Two calls whose events are mixed. */
function mixed(): Loose[] {
  const [one, other] = [functionCall(0, 'fc_1', '{"a":1}'), functionCall(1, 'fc_2', '{"b":2}')]
  const events = one.events.flatMap((event, index) => [event, other.events[index]!])
  return [...beginning(), ...events, completed([one.item, other.item])]
}

function broken(): Loose[] {
  const { events, item } = message(1, 'msg_1')
  const partOpen = events.slice(0, 3)
  const rest = { ...item, status: 'incomplete', content: [{ type: 'output_text', text: 'Grü', annotations: [] }] }
  const thought = reasoning(0, 'rs_1')
  const error = { code: 'server_error', message: 'The provider went away.' }
  return [
    ...beginning(),
    ...thought.events,
    ...partOpen,
    told('response.failed', 'failed', { output: [thought.item, rest], error }),
  ]
}

function tooLong(): Loose[] {
  const { events, item } = message(0, 'msg_1', 'incomplete')
  const incomplete_details = { reason: 'max_output_tokens' }
  return [
    ...beginning(),
    ...events,
    told('response.incomplete', 'incomplete', { output: [item], usage, incomplete_details }),
  ]
}

const waiting = (): Loose[] => {
  const [, ...rest] = whole(message(0, 'msg_1'))
  return [told('response.created', 'queued'), told('response.queued', 'queued'), ...rest]
}

/** By name; the events of a gateway's streams. */
export const goodStreams = {
  everything: numbered(
    whole(
      reasoning(0, 'rs_1'),
      thoughts(1, 'rs_2'),
      message(2, 'msg_1'),
      functionCall(3, 'fc_1', '{"a":1}'),
      functionCall(4, 'fc_2', ''),
      customCall(5, 'ctc_1'),
      webSearch(6, 'ws_1'),
      unheardOf(7, 'dr_1'),
    ),
  ),
  nothing: numbered(whole()),
  mixed: numbered(mixed()),
  broken: numbered(broken()),
  tooLong: numbered(tooLong()),
  waiting: numbered(waiting()),
  error: numbered([{ type: 'error', code: 'server_error', message: 'Nobody is there.', param: null }]),
} satisfies Record<string, Loose[]>
