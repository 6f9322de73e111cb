/** The models of the simulator: what each answers, as data that the documentation is checked against. */

import { editDistance } from '../core/nearest.ts'
import type { Asked } from './asked.ts'
import { Refused } from './errors.ts'
import { generateJson } from './generate-json.ts'
import { nearest } from './near.ts'
import type { CutShort } from './said.ts'
import { callsOf, type DraftCall } from './tools.ts'

/** What a model wants to say, before stop sequences and limits cut it. */
export interface Draft {
  text: string | null
  refusal?: string
  reasoning?: string
  /** What is thought once more after the text, on wires where thoughts have a place; elsewhere it is added to the reasoning. */
  afterthought?: string
  /** The reasoning is encrypted, on wires that know such a thing. */
  redacted?: boolean
  /** Reasoning goes out as OpenRouter writes it: `reasoning` and `reasoning_details`. */
  detailed?: boolean
  calls?: DraftCall[]
  audio?: boolean
  annotated?: boolean
  /** Content as a list of text parts. */
  inParts?: boolean
  logprobs?: boolean
  /** The prompt comes from the cache: all that is marked, or half of it where nothing is. */
  cached?: boolean
  /** Stop in the middle, for this reason. */
  cutShort?: CutShort
  /** Fields that the documented reply does not have. */
  extra?: Partial<Record<'top' | 'choice' | 'message' | 'delta' | 'usage', Record<string, unknown>>>
  /** What tools of the provider's own did on the way, on wires where they leave items of their own. */
  hosted?: readonly HostedKind[]
  /** Events of a stream that no documentation knows, on wires whose events have names. */
  strangeEvents?: boolean
  /** What the provider says its call cost, and fields of the reply that come with the usage. */
  billing?: 'number' | 'perplexity'
}

/** A tool of the provider's own; `future` is one that nobody knows yet. */
export type HostedKind =
  | 'web-search'
  | 'file-search'
  | 'code-interpreter'
  | 'image-generation'
  | 'mcp'
  | 'shell'
  | 'future'

export interface Model {
  /** The name, with `<words>` where a number stands. */
  form: string
  does: string
  draft: (asked: Asked, number: number) => Draft
  /** Answers so whatever tools or response format were asked for. */
  stubborn?: boolean
  callsTools?: boolean
  /** Says its text, too, when it calls tools. */
  talksWhileCalling?: boolean
  /** Undocumented fields that an assistant's message may bring back. */
  messageFields?: readonly string[]
  /** Undocumented fields that the items of a response may bring back. */
  itemFields?: readonly string[]
}

const echoed = ({ echo }: Asked): Draft => ({ text: echo })
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
    form: 'tools-aloud',
    does: 'Says what it is going to do, then does as `tools` does.',
    draft: (asked) => (asked.answered ? echoed(asked) : { text: 'I will call the tools now.' }),
    callsTools: true,
    talksWhileCalling: true,
  },
  {
    form: 'json',
    does: 'Answers JSON, made from the schema in `response_format`; without one, an object with the echo in `answer`.',
    draft: ({ echo }) => ({ text: JSON.stringify({ answer: echo }) }),
  },
  {
    form: 'reasoning',
    does: 'Thinks aloud in `reasoning_content` first, longer with more `reasoning_effort` and not at all with `none`. Takes `reasoning_content` back.',
    draft: (asked) => ({ ...echoed(asked), ...thoughtsOf(asked) }),
    messageFields: ['reasoning_content'],
  },
  {
    form: 'reasoning-details',
    does: 'The same thoughts in `reasoning` and signed `reasoning_details`, as OpenRouter writes them. Takes both back.',
    draft: (asked) => ({ ...echoed(asked), ...thoughtsOf(asked), detailed: true }),
    messageFields: ['reasoning', 'reasoning_details'],
  },
  {
    form: 'interleaved',
    does: 'Thinks, speaks, thinks again, and then calls tools as `tools` does. Where thoughts have one place only, they are put together there; with no tools to call, it is `reasoning`.',
    draft: (asked) => ({
      ...echoed(asked),
      ...thoughtsOf(asked),
      ...(asked.thoughts > 0 && { afterthought: 'Once more: the words were right.' }),
    }),
    callsTools: true,
    talksWhileCalling: true,
  },
  {
    form: 'redacted',
    does: 'Thinks, and its thoughts come encrypted, as `redacted_thinking` or `redactedContent`. On wires that do not know such a thing, it is `reasoning`.',
    draft: (asked) => ({ ...echoed(asked), ...thoughtsOf(asked), redacted: true }),
    messageFields: ['reasoning_content'],
  },
  {
    form: 'logprobs',
    does: 'Echoes with log probabilities, asked or not. Other models give them when asked.',
    draft: (asked) => ({ ...echoed(asked), logprobs: true }),
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
    draft: (asked) => ({ ...echoed(asked), annotated: true }),
  },
  {
    form: 'audio',
    does: 'Speaks: audio data and a transcript of the echo. Other models do so when `modalities` has `audio`.',
    draft: (asked) => ({ ...echoed(asked), audio: true }),
  },
  {
    form: 'length',
    does: 'Breaks off half way with `finish_reason` `length`.',
    draft: (asked) => ({ ...echoed(asked), cutShort: 'length' }),
  },
  {
    form: 'content-filter',
    does: 'Breaks off half way with `finish_reason` `content_filter`.',
    draft: (asked) => ({ ...echoed(asked), cutShort: 'content-filter' }),
  },
  {
    form: 'recitation',
    does: 'Breaks off half way because it recites what others wrote: `RECITATION`, elsewhere as `content-filter`.',
    draft: (asked) => ({ ...echoed(asked), cutShort: 'recitation' }),
  },
  {
    form: 'malformed-call',
    does: 'Calls a tool in a way that nobody can read: `MALFORMED_FUNCTION_CALL`, `malformed_tool_use`. Elsewhere it ends with no text at all.',
    draft: () => ({ text: '', cutShort: 'malformed-call' }),
    stubborn: true,
  },
  {
    form: 'context-window',
    does: 'Breaks off half way because the context window is full: `model_context_window_exceeded`, elsewhere as `length`.',
    draft: (asked) => ({ ...echoed(asked), cutShort: 'context-window' }),
  },
  {
    form: 'pause',
    does: 'Breaks off half way and wants to be asked to go on: `pause_turn`. On wires without it, it ends as if it were done.',
    draft: (asked) => ({ ...echoed(asked), cutShort: 'pause' }),
  },
  {
    form: 'cached',
    does: 'Echoes, and says that the prompt came from the cache: all that is marked for it, or half of it where nothing is.',
    draft: (asked) => ({ ...echoed(asked), cached: true }),
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
    draft: (asked) => ({ ...echoed(asked), inParts: true }),
  },
  {
    form: 'provider-cost',
    does: 'Echoes, and `usage.cost` is a number in dollars, as OpenRouter sends it.',
    draft: (asked) => ({ ...echoed(asked), billing: 'number' }),
  },
  {
    form: 'perplexity',
    does: 'Echoes with `citations`, `search_results`, `videos` and an object in `usage.cost`, as Perplexity sends them.',
    draft: (asked) => ({ ...echoed(asked), billing: 'perplexity' }),
  },
  {
    form: 'web-search',
    does: 'Searches the web first and cites what it found: a `web_search_call`; elsewhere it is `annotations`.',
    draft: (asked) => ({ ...echoed(asked), hosted: ['web-search'], annotated: true }),
  },
  {
    form: 'file-search',
    does: 'Searches files first: a `file_search_call`; elsewhere it is `echo`, as the next five are.',
    draft: (asked) => ({ ...echoed(asked), hosted: ['file-search'] }),
  },
  {
    form: 'code-interpreter',
    does: 'Runs code first: a `code_interpreter_call`.',
    draft: (asked) => ({ ...echoed(asked), hosted: ['code-interpreter'] }),
  },
  {
    form: 'image-generation',
    does: 'Draws first: an `image_generation_call` with a picture of one pixel.',
    draft: (asked) => ({ ...echoed(asked), hosted: ['image-generation'] }),
  },
  {
    form: 'mcp-call',
    does: 'Asks a server first what tools it has, and calls one: `mcp_list_tools` and `mcp_call`.',
    draft: (asked) => ({ ...echoed(asked), hosted: ['mcp'] }),
  },
  {
    form: 'shell-call',
    does: 'Runs a command in a container first: `shell_call` and `shell_call_output`.',
    draft: (asked) => ({ ...echoed(asked), hosted: ['shell'] }),
  },
  {
    form: 'future-items',
    does: 'Uses a tool first that nobody knows yet: an item and events of types that no documentation has.',
    draft: (asked) => ({ ...echoed(asked), hosted: ['future'] }),
  },
  {
    form: 'future-events',
    does: 'Echoes, and puts events of unknown types between those of its stream; on wires whose events have no names, it is `echo`.',
    draft: (asked) => ({ ...echoed(asked), strangeEvents: true }),
  },
  {
    form: 'unknown-fields',
    does: 'Echoes with fields no documentation knows, on every level of the reply.',
    draft: (asked) => ({ ...echoed(asked), extra: strangeFields }),
    itemFields: ['x_message', 'x_choice'],
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
export function draftAnswer(model: Model, number: number, asked: Asked): Draft {
  const draft = model.draft(asked, number)
  if (model.stubborn) return draft
  const calls = callsOf(asked, model.callsTools === true)
  const thoughts = asked.thinking ? thoughtsOf(asked) : {}
  if (calls.length > 0) return { ...thoughts, ...draft, text: model.talksWhileCalling ? draft.text : null, calls }
  const { afterthought: _, ...first } = draft
  return {
    ...thoughts,
    ...first,
    text: inFormat(asked) ?? draft.text,
    ...(asked.annotated && { annotated: true }),
    ...(asked.audio && { audio: true }),
    ...(asked.logprobs && { logprobs: true }),
  }
}

function inFormat({ format, echo }: Asked): string | undefined {
  if (format.kind === 'schema') return JSON.stringify(generateJson(format.schema))
  return format.kind === 'json' ? JSON.stringify({ answer: echo }) : undefined
}

function thoughtsOf({ thoughts }: Asked): { reasoning?: string } {
  if (thoughts === 0) return {}
  const sentences = Array.from(
    { length: thoughts },
    (_, index) => `Step ${index + 1}: the words were given, I give them back.`,
  )
  return { reasoning: sentences.join(' ') }
}
