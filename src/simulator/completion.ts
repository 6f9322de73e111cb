/** Writes an answer as one `chat.completion` object. https://platform.openai.com/docs/api-reference/chat/object */
import { type Answer, idFor } from './answer.ts'
import { likelihoodsOf } from './logprobs.ts'

/** Fields that Azure adds to replies. */
export const promptFilterResults = [{ prompt_index: 0, content_filter_results: filterResults() }]

/** What Azure's filter says about a text it let pass. */
export function filterResults(): Record<string, unknown> {
  const safe = { filtered: false, severity: 'safe' }
  return { hate: safe, self_harm: safe, sexual: safe, violence: safe }
}

/** The body of a reply that is not streamed. */
export function completionOf(answer: Answer, { azure, withUsage }: { azure: boolean; withUsage: boolean }) {
  return {
    id: answer.id,
    object: 'chat.completion',
    created: answer.created,
    model: answer.model,
    choices: Array.from({ length: answer.choices }, (_, index) => choiceOf(answer, index, azure)),
    ...(withUsage && { usage: answer.usage }),
    service_tier: answer.serviceTier,
    system_fingerprint: fingerprint,
    ...answer.sources,
    ...(azure && { prompt_filter_results: promptFilterResults }),
    ...answer.draft.extra?.top,
  }
}

export const fingerprint = 'fp_simulator'

function choiceOf(answer: Answer, index: number, azure: boolean) {
  return {
    index,
    message: messageOf(answer, index),
    logprobs: logprobsOf(answer),
    finish_reason: answer.finishReason,
    ...(azure && { content_filter_results: filterResults() }),
    ...answer.draft.extra?.choice,
  }
}

function logprobsOf({ topLogprobs, text, refusal }: Answer) {
  if (topLogprobs === null) return null
  return {
    content: text === null ? null : likelihoodsOf(text, topLogprobs),
    refusal: refusal === null ? null : likelihoodsOf(refusal, topLogprobs),
  }
}

function messageOf(answer: Answer, index: number) {
  const { calls, functionCall, speech, text } = answer
  return {
    role: 'assistant',
    content: speech ? null : answer.draft.inParts && text !== null ? partsOf(text) : text,
    refusal: answer.refusal,
    ...reasoningOf(answer),
    ...(calls.length > 0 && { tool_calls: calls.map((_, place) => toolCallOf(answer, index, place)) }),
    ...(functionCall && { function_call: functionCall }),
    ...(speech && {
      audio: {
        id: idFor(answer, 'audio_', index),
        data: speech.data.toString('base64'),
        expires_at: speech.expiresAt,
        transcript: text,
      },
    }),
    annotations: citationsOf(answer),
    ...answer.draft.extra?.message,
  }
}

const partsOf = (text: string) => halvesOf(text).map((half) => ({ type: 'text', text: half }))

/** Two parts of a text, cut at a blank near the middle. */
export function halvesOf(text: string): string[] {
  const middle = text.indexOf(' ', Math.floor(text.length / 2))
  return middle < 0 ? [text] : [text.slice(0, middle), text.slice(middle)]
}

function reasoningOf({ reasoning, draft, hash }: Answer) {
  if (reasoning === null) return {}
  if (!draft.detailed) return { reasoning_content: reasoning }
  return { reasoning, reasoning_details: [{ ...reasoningDetail(reasoning), signature: hash }] }
}

/** One entry of `reasoning_details`. https://openrouter.ai/docs/guides/best-practices/reasoning-tokens */
export function reasoningDetail(text: string) {
  return { type: 'reasoning.text', text, format: 'unknown', index: 0 }
}

/** A call as it stands in a message. */
export function toolCallOf(answer: Answer, index: number, place: number) {
  const { type, name, text } = answer.calls[place]!
  const id = idFor(answer, 'call_', index, place)
  return type === 'function'
    ? { id, type, function: { name, arguments: text } }
    : { id, type, custom: { name, input: text } }
}

/** The citations of an answer. */
export function citationsOf({ citation }: Answer) {
  if (!citation) return []
  const { start, end } = citation
  const page = { title: 'Simulated page', url: 'https://example.com/page' }
  return [{ type: 'url_citation', url_citation: { start_index: start, end_index: end, ...page } }]
}
