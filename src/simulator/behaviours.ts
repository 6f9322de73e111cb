/** The models of the simulator: what each answers, as data that the documentation is checked against. */

import { editDistance } from '../core/nearest.ts'
import { echoOf } from './echo.ts'
import { Refused } from './errors.ts'
import { generateJson } from './generate-json.ts'
import { nearest } from './near.ts'
import type { ChatRequest } from './request-schema.ts'
import { callsOf, type DraftCall } from './tools.ts'

/** What a model wants to say, before stop sequences and limits cut it. */
export interface Draft {
  text: string | null
  refusal?: string
  reasoning?: string
  /** Reasoning goes out as OpenRouter writes it: `reasoning` and `reasoning_details`. */
  detailed?: boolean
  calls?: DraftCall[]
  functionCall?: { name: string; arguments: string }
  audio?: boolean
  annotated?: boolean
  /** Content as a list of text parts. */
  inParts?: boolean
  logprobs?: boolean
  /** Stop in the middle, for this reason. */
  cutShort?: 'length' | 'content_filter'
  /** Fields that the documented reply does not have. */
  extra?: Partial<Record<'top' | 'choice' | 'message' | 'delta' | 'usage', Record<string, unknown>>>
  /** What the provider says its call cost, and fields of the reply that come with the usage. */
  billing?: 'number' | 'perplexity'
}

export interface Model {
  /** The name, with `<words>` where a number stands. */
  form: string
  does: string
  draft: (request: ChatRequest, number: number) => Draft
  /** Answers so whatever tools or response format were asked for. */
  stubborn?: boolean
  callsTools?: boolean
  /** Undocumented fields that an assistant's message may bring back. */
  messageFields?: readonly string[]
}

const echoed = (request: ChatRequest): Draft => ({ text: echoOf(request) })
const most = 1_000_000
const words = 'the quick brown fox jumps over a lazy dog while seven wise owls watch from old trees'.split(' ')
const apology = "I'm sorry, but I can't help with that."

export const models: readonly Model[] = [
  { form: 'echo', does: 'Gives back the text of the last user or tool message.', draft: echoed },
  {
    form: 'tools',
    does: 'Calls every tool offered, with arguments made from its schema; one only when `parallel_tool_calls` is false. Echoes once the results are there.',
    draft: echoed,
    callsTools: true,
  },
  {
    form: 'json',
    does: 'Answers JSON, made from the schema in `response_format`; without one, an object with the echo in `answer`.',
    draft: (request) => ({ text: JSON.stringify({ answer: echoOf(request) }) }),
  },
  {
    form: 'reasoning',
    does: 'Thinks aloud in `reasoning_content` first, longer with more `reasoning_effort` and not at all with `none`. Takes `reasoning_content` back.',
    draft: (request) => ({ ...echoed(request), ...thoughts(request) }),
    messageFields: ['reasoning_content'],
  },
  {
    form: 'reasoning-details',
    does: 'The same thoughts in `reasoning` and signed `reasoning_details`, as OpenRouter writes them. Takes both back.',
    draft: (request) => ({ ...echoed(request), ...thoughts(request), detailed: true }),
    messageFields: ['reasoning', 'reasoning_details'],
  },
  {
    form: 'logprobs',
    does: 'Echoes with log probabilities, asked or not. Other models give them when asked.',
    draft: (request) => ({ ...echoed(request), logprobs: true }),
  },
  {
    form: 'refusal',
    does: 'Refuses, whatever is asked.',
    draft: () => ({ text: null, refusal: apology }),
    stubborn: true,
  },
  {
    form: 'annotations',
    does: 'Echoes and cites a web page. Other models do so when `web_search_options` is there.',
    draft: (request) => ({ ...echoed(request), annotated: true }),
  },
  {
    form: 'audio',
    does: 'Speaks: audio data and a transcript of the echo. Other models do so when `modalities` has `audio`.',
    draft: (request) => ({ ...echoed(request), audio: true }),
  },
  {
    form: 'length',
    does: 'Breaks off half way with `finish_reason` `length`.',
    draft: (request) => ({ ...echoed(request), cutShort: 'length' }),
  },
  {
    form: 'content-filter',
    does: 'Breaks off half way with `finish_reason` `content_filter`.',
    draft: (request) => ({ ...echoed(request), cutShort: 'content_filter' }),
  },
  {
    form: 'long-<words>',
    does: 'Says that many words, at most 1000000.',
    draft: (_, count) => ({ text: Array.from({ length: count }, (_, index) => words[index % words.length]).join(' ') }),
  },
  { form: 'empty', does: 'Answers with no text at all.', draft: () => ({ text: '' }), stubborn: true },
  {
    form: 'multi-part',
    does: 'Echoes with `content` as a list of text parts.',
    draft: (request) => ({ ...echoed(request), inParts: true }),
  },
  {
    form: 'provider-cost',
    does: 'Echoes, and `usage.cost` is a number in dollars, as OpenRouter sends it.',
    draft: (request) => ({ ...echoed(request), billing: 'number' }),
  },
  {
    form: 'perplexity',
    does: 'Echoes with `citations`, `search_results`, `videos` and an object in `usage.cost`, as Perplexity sends them.',
    draft: (request) => ({ ...echoed(request), billing: 'perplexity' }),
  },
  {
    form: 'unknown-fields',
    does: 'Echoes with fields no documentation knows, on every level of the reply.',
    draft: (request) => ({ ...echoed(request), extra: strangeFields }),
  },
]

const strange = { nested: { list: [1, 2.5, null, 'ü'] }, flag: true }
const strangeFields = {
  top: { x_top: strange },
  choice: { x_choice: strange },
  message: { x_message: strange },
  delta: { x_delta: strange },
  usage: { x_usage: strange, x_tokens: 7 },
}

/** The model a name means, and the number in it. A name of no model here is an echo, unless it looks like a slip of the pen. */
export function findModel(name: string): { model: Model; number: number } {
  for (const model of models) {
    if (model.form === name) return { model, number: 0 }
  }
  const long = /^long-(\d{1,7})$/.exec(name)
  if (long && Number(long[1]) <= most)
    return { model: models.find(({ form }) => form === 'long-<words>')!, number: Number(long[1]) }
  const forms = models.map(({ form }) => form)
  const near = nearest(name, forms)
  if (name.startsWith('long-') || editDistance(name.slice(0, 40), near[0]!) <= (name.length < 6 ? 1 : 2)) {
    const message = `The model \`${name}\` does not exist or you do not have access to it. The nearest are: ${near.join(', ')}.`
    throw new Refused(404, { message, type: 'invalid_request_error', param: 'model', code: 'model_not_found' })
  }
  return { model: models[0]!, number: 0 }
}

/** What the model says to this request: its own way, bent to the tools and the format that were asked for. */
export function draftAnswer(model: Model, number: number, request: ChatRequest): Draft {
  const draft = model.draft(request, number)
  if (model.stubborn) return draft
  const calls = callsOf(request, model.callsTools === true)
  if (calls) return { ...draft, text: null, ...calls }
  const format = request.response_format
  const text =
    format?.type === 'json_schema'
      ? JSON.stringify(generateJson(format.json_schema.schema))
      : format?.type === 'json_object'
        ? JSON.stringify({ answer: echoOf(request) })
        : draft.text
  return {
    ...draft,
    text,
    ...(request.web_search_options && { annotated: true }),
    ...(request.modalities?.includes('audio') && { audio: true }),
    ...(request.logprobs && { logprobs: true }),
  }
}

const efforts: Record<string, number> = { none: 0, minimal: 1, low: 1, high: 3, xhigh: 4, max: 5 }

function thoughts(request: ChatRequest): Draft | { reasoning?: string } {
  const count = efforts[request.reasoning_effort ?? 'medium'] ?? 2
  if (count === 0) return {}
  const sentences = Array.from(
    { length: count },
    (_, index) => `Step ${index + 1}: the words were given, I give them back.`,
  )
  return { reasoning: sentences.join(' ') }
}
