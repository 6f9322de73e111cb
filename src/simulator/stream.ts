/**
 * Writes an answer as the events of a stream: a role, pieces of content, a reason to finish, the usage, `[DONE]`.
 * https://platform.openai.com/docs/api-reference/chat-streaming
 */
import { type Answer, idFor } from './answer.ts'
import {
  citationsOf,
  filterResults,
  fingerprint,
  promptFilterResults,
  reasoningDetail,
  toolCallOf,
} from './completion.ts'
import { errorOfStatus } from './errors.ts'
import { likelihoodOf } from './logprobs.ts'
import type { Piece } from './pieces.ts'
import type { Mishaps } from './replies.ts'
import type { ChatRequest } from './request-schema.ts'
import { tokensOf } from './tokens.ts'

/** Where a provider departs from the documented stream. */
export interface StreamQuirks {
  azure: boolean
  usage: 'documented' | 'late' | 'none' | 'with-finish' | 'with-every'
  /** Letters of padding on the first token's event. */
  padding: number
}

interface Delta {
  kind: Piece['kind']
  delta: Record<string, unknown>
  /** Present on the tokens that have a likelihood. */
  logprobs?: unknown
  finishReason?: string | null
}

/** The events of a whole reply, made as they are asked for. Choices take turns. */
export function* eventsOf(answer: Answer, request: ChatRequest, quirks: StreamQuirks): Generator<Piece> {
  const writer = new ChunkWriter(answer, request, quirks)
  if (quirks.azure) yield writer.promptFilter()
  let turns = Array.from({ length: answer.choices }, (_, index) => ({ index, deltas: deltasOf(answer, index) }))
  while (turns.length > 0) {
    const going = []
    for (const turn of turns) {
      const next = turn.deltas.next()
      if (next.done) continue
      yield writer.choice(turn.index, next.value)
      going.push(turn)
    }
    turns = going
  }
  if (writer.sendsUsage) yield writer.usage()
  yield { kind: 'done', data: 'data: [DONE]\n\n' }
}

/** What stands in the middle of a stream when something goes wrong. */
export const mishaps: Mishaps = {
  garbled: 'data: {"id":"garbled","choices":[{"ind\n\n',
  error: `data: ${JSON.stringify({ error: errorOfStatus(500) })}\n\n`,
}

class ChunkWriter {
  readonly sendsUsage: boolean
  private readonly answer: Answer
  private readonly quirks: StreamQuirks
  private readonly obfuscated: boolean
  private padding: number
  private written = 0

  constructor(answer: Answer, request: ChatRequest, quirks: StreamQuirks) {
    this.answer = answer
    this.quirks = quirks
    this.padding = quirks.padding
    const apart = quirks.usage === 'documented' || quirks.usage === 'late'
    this.sendsUsage = apart && request.stream_options?.include_usage === true
    this.obfuscated = request.stream_options?.include_obfuscation === true
  }

  /** Azure's first event is about the prompt and has no choice. */
  promptFilter(): Piece {
    const chunk = { choices: [], created: 0, id: '', model: '', object: '', prompt_filter_results: promptFilterResults }
    return { kind: 'other', data: `data: ${JSON.stringify(chunk)}\n\n` }
  }

  choice(index: number, { kind, delta, logprobs = null, finishReason = null }: Delta): Piece {
    const { extra } = this.answer.draft
    const last = kind === 'finish'
    const choice = {
      index,
      delta: kind === 'token' ? { ...delta, ...extra?.delta } : delta,
      logprobs,
      finish_reason: finishReason,
      ...(this.quirks.azure && { content_filter_results: filterResults() }),
      ...extra?.choice,
    }
    return this.chunk(kind, {
      choices: [choice],
      ...(this.sendsUsage && { usage: null }),
      ...(this.carriesUsage(last) && { usage: this.answer.usage }),
      ...(last && this.answer.sources),
    })
  }

  usage(): Piece {
    return this.chunk('usage', { choices: [], usage: this.answer.usage })
  }

  private carriesUsage(last: boolean): boolean {
    return this.quirks.usage === 'with-every' || (last && this.quirks.usage === 'with-finish')
  }

  private chunk(kind: Piece['kind'], fields: Record<string, unknown>): Piece {
    const { id, created, model, serviceTier, draft } = this.answer
    const chunk = {
      id,
      object: 'chat.completion.chunk',
      created,
      model,
      service_tier: serviceTier,
      system_fingerprint: fingerprint,
      ...fields,
      ...this.obfuscation(kind),
      ...draft.extra?.top,
    }
    this.written++
    return { kind, data: `data: ${JSON.stringify(chunk)}\n\n` }
  }

  /** Padding that hides how long a token is. */
  private obfuscation(kind: Piece['kind']): { obfuscation?: string } {
    if (kind === 'token' && this.padding > 0) {
      const obfuscation = 'x'.repeat(this.padding)
      this.padding = 0
      return { obfuscation }
    }
    const start = this.written % 24
    return this.obfuscated ? { obfuscation: this.answer.hash.slice(start, start + 4 + (this.written % 8)) } : {}
  }
}

/** What one choice says, bit by bit. */
function* deltasOf(answer: Answer, index: number): Generator<Delta> {
  const { text, refusal, functionCall, speech } = answer
  const content = text === null || speech ? null : ''
  const logprobs = answer.topLogprobs === null ? null : { content: [], refusal: null }
  yield { kind: 'role', delta: { role: 'assistant', content, refusal: null }, logprobs }
  yield* reasoningDeltas(answer)
  if (speech) yield* speechDeltas(answer, index)
  else if (text !== null) yield* textDeltas(answer, text)
  if (refusal !== null) yield* refusalDeltas(answer, refusal)
  for (const place of answer.calls.keys()) yield* callDeltas(answer, index, place)
  if (functionCall) {
    yield token({ function_call: { name: functionCall.name, arguments: '' } })
    for (const part of tokensOf(functionCall.arguments)) yield token({ function_call: { arguments: part } })
  }
  const annotations = citationsOf(answer)
  if (annotations.length > 0) yield { kind: 'other', delta: { annotations } }
  yield { kind: 'finish', delta: {}, finishReason: answer.finishReason }
}

function token(delta: Record<string, unknown>, logprobs: unknown = null): Delta {
  return { kind: 'token', delta, logprobs }
}

function* reasoningDeltas({ reasoning, draft, hash }: Answer): Generator<Delta> {
  if (reasoning === null) return
  for (const part of tokensOf(reasoning)) {
    yield token(
      draft.detailed ? { reasoning: part, reasoning_details: [reasoningDetail(part)] } : { reasoning_content: part },
    )
  }
  if (draft.detailed) {
    yield { kind: 'other', delta: { reasoning_details: [{ ...reasoningDetail(''), signature: hash }] } }
  }
}

function* textDeltas({ topLogprobs, draft }: Answer, text: string): Generator<Delta> {
  for (const part of tokensOf(text)) {
    const logprobs = topLogprobs === null ? null : { content: [likelihoodOf(part, topLogprobs)], refusal: null }
    yield token({ content: draft.inParts ? [{ type: 'text', text: part }] : part }, logprobs)
  }
}

function* refusalDeltas({ topLogprobs }: Answer, refusal: string): Generator<Delta> {
  for (const part of tokensOf(refusal)) {
    const logprobs = topLogprobs === null ? null : { content: null, refusal: [likelihoodOf(part, topLogprobs)] }
    yield token({ refusal: part }, logprobs)
  }
}

/** First the transcript with its sound, a token at a time, then when the sound expires. */
function* speechDeltas(answer: Answer, index: number): Generator<Delta> {
  const { data, expiresAt } = answer.speech!
  const id = idFor(answer, 'audio_', index)
  const parts = [...tokensOf(answer.text ?? '')]
  // Whole groups of three bytes, so that the base64 of the pieces, joined, is the base64 of the whole.
  const size = Math.ceil(data.length / Math.max(1, parts.length) / 3) * 3
  for (const [place, transcript] of parts.entries()) {
    const sound = data.subarray(place * size, (place + 1) * size).toString('base64')
    yield token({ audio: { id, transcript, data: sound } })
  }
  yield { kind: 'other', delta: { audio: { id, expires_at: expiresAt } } }
}

/** Id, kind and name first, with nothing in the arguments, then the arguments in fragments. */
function* callDeltas(answer: Answer, index: number, place: number): Generator<Delta> {
  const call = toolCallOf(answer, index, place)
  if (call.type === 'custom') {
    yield token({ tool_calls: [{ index: place, ...call, custom: { name: call.custom.name, input: '' } }] })
    for (const input of tokensOf(answer.calls[place]!.text))
      yield token({ tool_calls: [{ index: place, custom: { input } }] })
    return
  }
  yield token({ tool_calls: [{ index: place, ...call, function: { name: call.function.name, arguments: '' } }] })
  for (const fragment of tokensOf(answer.calls[place]!.text)) {
    yield token({ tool_calls: [{ index: place, function: { arguments: fragment } }] })
  }
}
