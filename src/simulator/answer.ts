/** Turns what a model wants to say into one answer: stop sequences and limits applied, tokens counted, ids made. */
import { createHash } from 'node:crypto'
import { speak } from './audio.ts'
import type { Draft } from './behaviours.ts'
import { Refused } from './errors.ts'
import type { ChatRequest } from './request-schema.ts'
import { allThoughts, countSaid, type Said, say } from './said.ts'
import { countPrompt, countTokens, textOf, tokensOf } from './tokens.ts'
import type { DraftCall } from './tools.ts'

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'function_call' | 'content_filter'

/** Everything a reply is written from. All choices say the same, under ids of their own. */
export interface Answer {
  /** Hexadecimal, the same for the same body: all ids come from it. */
  hash: string
  id: string
  created: number
  model: string
  serviceTier: string
  choices: number
  text: string | null
  refusal: string | null
  reasoning: string | null
  calls: DraftCall[]
  functionCall: { name: string; arguments: string } | null
  speech: { data: Buffer; expiresAt: number } | null
  citation: { start: number; end: number } | null
  finishReason: FinishReason
  /** How many alternatives to each token, or null where none were asked for. */
  topLogprobs: number | null
  usage: Record<string, unknown>
  /** How many tokens it took, all choices together. */
  tokens: number
  /** Fields at the top of the reply that come with the usage. */
  sources: Record<string, unknown>
  draft: Draft
}

/** The most an answer may take in memory, all choices together. */
const largest = 32 * 1024 * 1024

export interface AnswerContext {
  /** The text of the request, from which all ids are made. */
  source: string
  /** What the request calls the model. */
  model: string
  /** Unix seconds. */
  now: number
}

/** The answer that a draft becomes. */
export function finishAnswer(draft: Draft, request: ChatRequest, { source, model, now }: AnswerContext): Answer {
  const hash = createHash('sha256').update(source).digest('hex')
  const said = say(draft, {
    stop: [request.stop ?? []].flat(),
    most: request.max_completion_tokens ?? request.max_tokens ?? undefined,
  })
  const choices = request.n ?? 1
  const topLogprobs = draft.logprobs ? (request.top_logprobs ?? (request.logprobs ? 0 : 2)) : null
  refuseTooLarge(said, choices, topLogprobs)
  const prompt = countPrompt(request)
  const spoken = draft.audio && said.text !== null ? said.text : null
  const tokens = countAnswer(said, spoken !== null, request)
  const usage = usageOf(prompt, tokens, choices, request, draft.cached === true)
  const { cost, sources } = billingOf(draft, usage)
  return {
    hash,
    id: `chatcmpl-sim-${hash.slice(0, 24)}`,
    created: now,
    model,
    serviceTier: tierOf(request),
    choices,
    text: said.text,
    refusal: said.refusal,
    reasoning: allThoughts(said),
    ...calledOf(said, request),
    finishReason: reasonOf(said, !request.tools),
    speech:
      spoken === null ? null : { data: speak(request.audio?.format ?? 'wav', tokens.text), expiresAt: now + 3600 },
    citation: draft.annotated && said.text ? citationIn(said.text) : null,
    topLogprobs,
    usage: { ...usage, ...cost, ...draft.extra?.usage },
    tokens: usage.completion_tokens,
    sources,
    draft,
  }
}

/** Calls of the older `functions` go by another field, and there is never more than one. */
function calledOf({ calls }: Said, request: ChatRequest): Pick<Answer, 'calls' | 'functionCall'> {
  const [first] = calls
  if (!first || request.tools) return { calls, functionCall: null }
  return { calls: [], functionCall: { name: first.name, arguments: first.text } }
}

function reasonOf({ ending }: Said, older: boolean): FinishReason {
  if (ending === 'length' || ending === 'context-window') return 'length'
  if (ending === 'content-filter' || ending === 'recitation') return 'content_filter'
  if (ending === 'calls') return older ? 'function_call' : 'tool_calls'
  return 'stop'
}

/** So many choices of so much are too much to keep in memory. */
export function refuseTooLarge(said: Said, choices: number, topLogprobs: number | null): void {
  const text = said.text ?? ''
  const calls = said.calls.reduce((sum, call) => sum + call.text.length, 0)
  const logprobs = topLogprobs === null ? 0 : (topLogprobs + 1) * 250 * countTokens(text)
  if (choices * (text.length + calls + (said.reasoning?.length ?? 0) + logprobs) <= largest) return
  throw new Refused(400, {
    message: 'The simulator gives no answers of more than 32 MB. Ask for fewer choices, words or logprobs.',
    type: 'invalid_request_error',
    param: 'n',
    code: 'answer_too_large',
  })
}

interface AnswerTokens {
  reasoning: number
  text: number
  audio: number
  total: number
  accepted: number
  rejected: number
}

function countAnswer(said: Said, spoken: boolean, request: ChatRequest): AnswerTokens {
  const { reasoning, text } = countSaid(said)
  const predicted = predictedTokens(said.text ?? '', request)
  return {
    reasoning,
    text,
    audio: spoken ? text : 0,
    total: reasoning + text + (spoken ? text : 0) + predicted.rejected,
    ...predicted,
  }
}

/** A predicted text is accepted up to where the answer leaves it. */
function predictedTokens(text: string, { prediction }: ChatRequest): { accepted: number; rejected: number } {
  if (!prediction) return { accepted: 0, rejected: 0 }
  const predicted = [...tokensOf(textOf({ role: 'user', content: prediction.content }))]
  let accepted = 0
  for (const token of tokensOf(text)) {
    if (token !== predicted[accepted]) break
    accepted++
  }
  return { accepted, rejected: predicted.length - accepted }
}

interface Usage extends Record<string, unknown> {
  prompt_tokens: number
  completion_tokens: number
}

function usageOf(
  prompt: { total: number; audio: number },
  tokens: AnswerTokens,
  choices: number,
  request: ChatRequest,
  halfCached: boolean,
): Usage {
  const completion = tokens.total * choices
  // The real cache needs a warm-up; here a key is enough, so that one request shows cached tokens.
  const byKey = request.prompt_cache_key && prompt.total >= 1024 ? Math.floor(prompt.total / 128) * 128 : 0
  const cached = halfCached ? Math.floor(prompt.total / 2) : byKey
  return {
    prompt_tokens: prompt.total,
    completion_tokens: completion,
    total_tokens: prompt.total + completion,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: prompt.audio },
    completion_tokens_details: {
      reasoning_tokens: tokens.reasoning * choices,
      audio_tokens: tokens.audio * choices,
      accepted_prediction_tokens: tokens.accepted * choices,
      rejected_prediction_tokens: tokens.rejected * choices,
    },
  }
}

/** `fast` is another name for `priority`, and `auto` is served as `default`. */
function tierOf({ service_tier }: ChatRequest): string {
  if (service_tier === 'fast') return 'priority'
  return service_tier && service_tier !== 'auto' ? service_tier : 'default'
}

const dollars = (millionths: number) => Number((millionths / 1_000_000).toFixed(9))

/** What an answer cost, in its usage, and what comes with that: all by a provider that tells it. */
export function billingOf(
  { billing }: Pick<Draft, 'billing'>,
  usage: { prompt_tokens: number; completion_tokens: number },
): { cost: Record<string, unknown>; sources: Record<string, unknown> } {
  const input = usage.prompt_tokens
  const output = usage.completion_tokens * 2
  if (billing === 'number') return { cost: { cost: dollars(input + output), is_byok: false }, sources: {} }
  if (billing !== 'perplexity') return { cost: {}, sources: {} }
  const cost = {
    input_tokens_cost: dollars(input),
    output_tokens_cost: dollars(output),
    citation_tokens_cost: dollars(12),
    search_queries_cost: dollars(500),
    request_cost: dollars(5000),
    total_cost: dollars(input + output + 12 + 500 + 5000),
  }
  return {
    cost: { search_context_size: 'low', citation_tokens: 12, num_search_queries: 1, cost },
    sources: perplexitySources,
  }
}

const page = { title: 'Simulated page', url: 'https://example.com/page' }
const perplexitySources = {
  citations: [page.url],
  search_results: [
    { ...page, date: '2026-01-01', last_updated: '2026-01-02', snippet: 'What the page says.', source: 'web' },
  ],
  videos: [
    {
      url: 'https://example.com/video',
      thumbnail_url: 'https://example.com/video.png',
      thumbnail_width: 480,
      thumbnail_height: 360,
      duration: 61,
    },
  ],
}

/** The last word is what the cited page is said to support. */
export function citationIn(text: string): { start: number; end: number } {
  return { start: Math.max(0, text.trimEnd().lastIndexOf(' ') + 1), end: text.length }
}

/** An id that is the same for the same request, choice and place. */
export function idFor(answer: Pick<Answer, 'hash'>, prefix: string, ...place: number[]): string {
  const digest = createHash('sha256')
    .update(`${answer.hash}.${prefix}.${place.join('.')}`)
    .digest('hex')
  return `${prefix}${digest.slice(0, 24)}`
}
