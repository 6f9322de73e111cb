/**
 * Writes an answer as one `GenerateContentResponse`, or as many: as server-sent events, or as the elements of a list.
 * https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
 */
import type { Faults } from '../faults.ts'
import type { Piece } from '../pieces.ts'
import { jsonText, type Mishaps, type Reply, streamReply } from '../replies.ts'
import { tokensOf } from '../tokens.ts'
import type { GeminiAnswer, ReplyPart } from './answer.ts'
import type { Modality } from './asked.ts'
import { ratingsOf } from './candidate-fields.ts'
import { googleErrors } from './errors.ts'

/** How a stream is asked for: `alt=sse`, or without it. */
export type StreamForm = 'events' | 'list'

/** The reply in one piece. */
export function unaryReply(answer: GeminiAnswer, headers: Record<string, string>, faults: Faults): Reply {
  const blocked = answer.blocked || faults.error === 'prompt-filtered'
  const parts = answer.parts.map((part, index) => signedPart(part, index, answer))
  const candidates = Array.from({ length: answer.candidates }, (_, index) => candidateOf(answer, index, parts, true))
  const usage = faults.usage === 'none' ? {} : usageOf(answer, answer.tokens.candidate, answer.tokens.thoughts)
  const body = {
    ...(blocked ? feedbackOf(answer) : { candidates }),
    ...(blocked ? usageOf(answer, 0, 0) : usage),
    ...aboutOf(answer),
  }
  return wholeReply(body, headers, answer.tokens.candidate)
}

const json = { 'content-type': 'application/json; charset=UTF-8' }

/** JSON as Google labels it. */
export function wholeReply(body: unknown, headers: Record<string, string>, tokens = 0): Reply {
  return { status: 200, headers: { ...headers, ...json }, body: jsonText(body), tokens }
}

/** In one piece the signature of a text is on its last part. */
function signedPart(part: ReplyPart, index: number, { parts, textSignature }: GeminiAnswer): ReplyPart {
  const last = parts.findLastIndex((other) => 'text' in other && other.thought !== true)
  return index === last && textSignature !== undefined ? { ...part, thoughtSignature: textSignature } : part
}

/** The reply in chunks. */
export function streamedReply(
  answer: GeminiAnswer,
  headers: Record<string, string>,
  faults: Faults,
  form: StreamForm,
): Reply {
  const mishaps = mishapsOf(form, faults.toldStatus ?? 500)
  if (form === 'events') return streamReply(eventsOf(answer, faults), headers, mishaps)
  return streamReply(elementsOf(answer, faults), { ...headers, ...json }, mishaps)
}

function mishapsOf(form: StreamForm, code: number): Mishaps {
  const told = JSON.stringify({ error: { code, ...googleErrors.ofStatus(code) } })
  const garbled = '{"candidates": [{"content": {"par'
  return form === 'events'
    ? { garbled: `data: ${garbled}\r\n\r\n`, error: `data: ${told}\r\n\r\n` }
    : { garbled: `\r\n,\r\n${garbled}`, error: `\r\n,\r\n${told}\r\n]\r\n` }
}

/** Lines end as Google's do, with both letters. */
function* eventsOf(answer: GeminiAnswer, faults: Faults): Generator<Piece> {
  for (const { kind, chunk } of chunksOf(answer, faults)) yield { kind, data: `data: ${JSON.stringify(chunk)}\r\n\r\n` }
}

function* elementsOf(answer: GeminiAnswer, faults: Faults): Generator<Piece> {
  let before = '['
  for (const { kind, chunk } of chunksOf(answer, faults)) {
    yield { kind, data: `${before}${JSON.stringify(chunk)}` }
    before = '\r\n,\r\n'
  }
  yield { kind: 'done', data: '\r\n]\r\n' }
}

interface Chunk {
  kind: Piece['kind']
  chunk: object
}

/** Candidates take turns. The usage is in every chunk, as far as it goes. */
function* chunksOf(answer: GeminiAnswer, faults: Faults): Generator<Chunk> {
  const about = aboutOf(answer)
  if (answer.blocked || faults.error === 'prompt-filtered') {
    yield { kind: 'finish', chunk: { ...feedbackOf(answer), ...usageOf(answer, 0, 0), ...about } }
    return
  }
  const { tokens, candidates, draft } = answer
  let padding = faults.padding ?? 0
  let [candidate, thoughts] = [0, 0]
  for (const { kind, part } of deltasOf(answer.parts)) {
    const thinking = 'text' in part && part.thought === true
    if (thinking) thoughts++
    else if (kind === 'token') candidate++
    for (let index = 0; index < candidates; index++) {
      const padded = kind === 'token' && padding > 0 ? { padding: 'x'.repeat(padding) } : {}
      if (kind === 'token') padding = 0
      const usage = isTold(faults, false) ? usageOf(answer, Math.min(candidate, tokens.candidate), thoughts) : {}
      const chunk = {
        candidates: [candidateOf(answer, index, [{ ...part, ...draft.extra?.delta }], false)],
        ...usage,
        ...about,
        ...padded,
      }
      yield { kind, chunk }
    }
  }
  const ending: ReplyPart = { text: '', ...(answer.textSignature && { thoughtSignature: answer.textSignature }) }
  for (let index = 0; index < candidates; index++) {
    const usage = isTold(faults, true) ? usageOf(answer, tokens.candidate, tokens.thoughts) : {}
    yield { kind: 'finish', chunk: { candidates: [candidateOf(answer, index, [ending], true)], ...usage, ...about } }
  }
}

const isTold = ({ usage }: Faults, last: boolean) => usage !== 'none' && (usage !== 'with-finish' || last)

/** Text and thoughts come a token at a time, everything else whole. */
function* deltasOf(parts: readonly ReplyPart[]): Generator<{ kind: Piece['kind']; part: ReplyPart }> {
  for (const part of parts) {
    if (!('text' in part)) yield { kind: 'token', part }
    else for (const text of tokensOf(part.text)) yield { kind: 'token', part: { ...part, text } }
  }
}

function candidateOf(answer: GeminiAnswer, index: number, parts: readonly object[], last: boolean): object {
  const { finishReason, finishMessage, endings, draft } = answer
  return {
    // Who has said nothing has no parts.
    content: { ...(parts.length > 0 && { parts }), role: 'model', ...draft.extra?.message },
    ...(last && { finishReason, ...(finishMessage && { finishMessage }), ...endings }),
    ...((index > 0 || answer.service === 'gemini') && { index }),
    ...draft.extra?.choice,
  }
}

/** https://ai.google.dev/api/generate-content#PromptFeedback */
function feedbackOf({ service }: GeminiAnswer): object {
  const message = 'The prompt could not be submitted. This prompt contains sensitive words that violate the policy.'
  const feedback = { blockReason: 'PROHIBITED_CONTENT', ...(service === 'vertex' && { blockReasonMessage: message }) }
  return { promptFeedback: { ...feedback, ...(service === 'gemini' ? {} : { safetyRatings: ratingsOf(service) }) } }
}

function aboutOf({ service, modelVersion, responseId, createTime, draft }: GeminiAnswer): object {
  return { modelVersion, ...(service === 'vertex' && { createTime }), responseId, ...draft.extra?.top }
}

/** What was counted so far. Zeros are left out, as they are in all of Google's JSON. */
function usageOf(answer: GeminiAnswer, candidate: number, thoughts: number): { usageMetadata: object } {
  const { tokens, candidates, service, draft } = answer
  const prompt = [...tokens.prompt].map(([modality, tokenCount]) => ({ modality, tokenCount }))
  const promptTokenCount = prompt.reduce((sum, { tokenCount }) => sum + tokenCount, 0)
  const candidatesTokenCount = candidate * candidates
  const thoughtsTokenCount = thoughts * candidates
  const text = (tokenCount: number): { modality: Modality; tokenCount: number }[] => [{ modality: 'TEXT', tokenCount }]
  return {
    usageMetadata: {
      promptTokenCount,
      ...(candidatesTokenCount > 0 && { candidatesTokenCount }),
      totalTokenCount: promptTokenCount + candidatesTokenCount + thoughtsTokenCount + tokens.toolUse,
      ...(tokens.cached > 0 && { cachedContentTokenCount: tokens.cached }),
      promptTokensDetails: prompt,
      ...(tokens.cached > 0 && { cacheTokensDetails: text(tokens.cached) }),
      ...(candidatesTokenCount > 0 && service === 'vertex' && { candidatesTokensDetails: text(candidatesTokenCount) }),
      ...(tokens.toolUse > 0 && {
        toolUsePromptTokenCount: tokens.toolUse,
        toolUsePromptTokensDetails: text(tokens.toolUse),
      }),
      ...(thoughtsTokenCount > 0 && { thoughtsTokenCount }),
      ...(service === 'vertex' && { trafficType: 'ON_DEMAND' }),
      ...draft.extra?.usage,
    },
  }
}
