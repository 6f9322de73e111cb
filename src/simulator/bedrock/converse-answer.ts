/** Everything a Converse reply is written from, streamed or not. */
import { createHash } from 'node:crypto'
import { readJson } from '../../core/parse-json.ts'
import type { ClaudeRules } from '../anthropic/claude.ts'
import { type Draft, draftAnswer } from '../behaviours.ts'
import { countSaid, type Ending, type Said, say } from '../said.ts'
import { signatureOf } from '../signature.ts'
import type { ReadRequest } from '../wire-format.ts'
import type { Conversation } from './check-converse.ts'
import { thinkingOf, thinks } from './check-model-settings.ts'
import { askedBy, countPrompt, type PromptTokens } from './converse-asked.ts'

export type StopReason =
  | 'end_turn'
  | 'tool_use'
  | 'max_tokens'
  | 'stop_sequence'
  | 'guardrail_intervened'
  | 'content_filtered'
  | 'malformed_tool_use'
  | 'model_context_window_exceeded'

/** One block of the reply, as `Converse` writes it. */
export type AnswerBlock =
  | { text: string }
  | { reasoningContent: { reasoningText: { text: string; signature?: string } } | { redactedContent: string } }
  | { citationsContent: { content: { text: string }[]; citations: Citation[] } }
  | { toolUse: ToolUse }

export interface Citation {
  title: string
  sourceContent: { text: string }[]
  location: object
}

export interface ToolUse {
  toolUseId: string
  name: string
  input: unknown
  /** The input as the model wrote it, which a limit may have cut. */
  written: string
}

/** What the reply says of itself behind its content. */
export interface Aftermath {
  usage: Record<string, unknown>
  metrics: { latencyMs: number }
  trace?: object
  performanceConfig?: object
  serviceTier?: object
}

export interface ConverseAnswer {
  blocks: AnswerBlock[]
  stopReason: StopReason
  additionalModelResponseFields?: object
  aftermath: Aftermath
  /** How many tokens it took to make. */
  tokens: number
  draft: Draft
}

/** The answer to a request. */
export function answerConverse(
  request: Conversation,
  read: ReadRequest,
  claude: ClaudeRules | undefined,
): ConverseAnswer {
  const { maxTokens, stopSequences } = request.inferenceConfig ?? {}
  const draft = draftAnswer(read.model, read.number, askedBy(request, claude))
  const said = say(draft, { stop: stopSequences, most: maxTokens })
  const guarded = said.refusal !== null && request.guardrailConfig?.guardrailIdentifier !== undefined
  const tokens = countSaid(said)
  const hash = createHash('sha256').update(read.text).digest('hex')
  const fields = responseFields(request, said)
  return {
    blocks: blocksOf(said, draft, { hash, secrecy: secrecyOf(request, draft, claude) }),
    stopReason: guarded ? 'guardrail_intervened' : stopReasonOf(said),
    ...(fields && { additionalModelResponseFields: fields }),
    aftermath: aftermathOf(request, cachedOf(request, draft), tokens.reasoning + tokens.text, guarded),
    tokens: tokens.reasoning + tokens.text,
    draft,
  }
}

/** What is answered where a guardrail refuses the prompt. */
export function guarded(answer: ConverseAnswer): ConverseAnswer {
  const { aftermath, draft } = answer
  const usage = { ...aftermath.usage, outputTokens: 0, totalTokens: aftermath.usage['inputTokens'] }
  const trace = aftermath.trace && { trace: { guardrail: assessmentOf('', true) } }
  const blocks = [{ text: 'Sorry, the model cannot answer this question.' }]
  return { blocks, stopReason: 'guardrail_intervened', aftermath: { ...aftermath, ...trace, usage }, tokens: 0, draft }
}

const stopReasons: Record<Ending, StopReason> = {
  end: 'end_turn',
  'stop-sequence': 'stop_sequence',
  calls: 'tool_use',
  length: 'max_tokens',
  'content-filter': 'content_filtered',
  recitation: 'content_filtered',
  'malformed-call': 'malformed_tool_use',
  'context-window': 'model_context_window_exceeded',
  pause: 'end_turn',
}

/** A refusal without a guardrail is the model's own. */
const stopReasonOf = ({ ending, refusal }: Said) => (refusal === null ? stopReasons[ending] : 'content_filtered')

/** Only Claude signs what it thinks. It may show no more than the signature, or not even that it is one. */
type Secrecy = 'unsigned' | 'shown' | 'omitted' | 'redacted'

function secrecyOf(request: Conversation, { redacted }: Draft, claude: ClaudeRules | undefined): Secrecy {
  if (!claude) return 'unsigned'
  if (redacted) return 'redacted'
  const display = thinkingOf(request)?.display ?? claude.display
  return thinks(request, claude) && display === 'omitted' ? 'omitted' : 'shown'
}

function blocksOf(said: Said, draft: Draft, { hash, secrecy }: { hash: string; secrecy: Secrecy }): AnswerBlock[] {
  const blocks: AnswerBlock[] = []
  const think = (text: string | null) => {
    if (text) blocks.push({ reasoningContent: thoughtOf(text, secrecy) })
  }
  think(said.reasoning)
  const text = said.refusal ?? said.text
  if (text) blocks.push(draft.annotated ? cited(text) : { text })
  think(said.afterthought)
  for (const [place, call] of said.calls.entries()) {
    const toolUseId = `tooluse_${createHash('sha256').update(`${hash}.${place}`).digest('base64url').slice(0, 22)}`
    blocks.push({ toolUse: { toolUseId, name: call.name, input: parsed(call.text), written: call.text } })
  }
  return blocks
}

type Thought = Extract<AnswerBlock, { reasoningContent: unknown }>['reasoningContent']

function thoughtOf(text: string, secrecy: Secrecy): Thought {
  switch (secrecy) {
    case 'unsigned':
      return { reasoningText: { text } }
    case 'shown':
      return { reasoningText: { text, signature: signatureOf({ text }) } }
    case 'omitted':
      return { reasoningText: { text: '', signature: signatureOf({ text, hidden: true }) } }
    case 'redacted':
      return { redactedContent: signatureOf({ text, hidden: true }) }
  }
}

function cited(text: string): AnswerBlock {
  const citation = {
    title: 'Simulated page',
    sourceContent: [{ text: 'What the page says.' }],
    location: { documentChar: { documentIndex: 0, start: 0, end: 19 } },
  }
  return { citationsContent: { content: [{ text }], citations: [citation] } }
}

/** A model that was cut in the middle of a call has called with nothing. */
function parsed(text: string): unknown {
  try {
    return readJson(text)
  } catch {
    return {}
  }
}

/** Of the fields of the model's own reply, only `stop_sequence` is there to be asked for. */
function responseFields(
  { additionalModelResponseFieldPaths = [] }: Conversation,
  { stopSequence }: Said,
): object | undefined {
  return additionalModelResponseFieldPaths.includes('/stop_sequence') ? { stop_sequence: stopSequence } : undefined
}

function aftermathOf(request: Conversation, prompt: CachedPrompt, outputTokens: number, guarded: boolean): Aftermath {
  const { performanceConfig, serviceTier, guardrailConfig } = request
  const traced = guardrailConfig?.trace !== undefined && guardrailConfig.trace !== 'disabled'
  return {
    usage: usageOf(prompt, outputTokens),
    metrics: { latencyMs: 100 + outputTokens },
    ...(traced && { trace: { guardrail: assessmentOf(guardrailConfig?.guardrailIdentifier ?? '', guarded) } }),
    ...(performanceConfig && { performanceConfig }),
    ...(serviceTier && { serviceTier }),
  }
}

const leastCached = 1024

interface CachedPrompt extends PromptTokens {
  read: number
  written: number
}

/**
 * What stands before a cache point is written by the first turn of a conversation and read by those that follow. A model whose nature it is
 * reads whatever is marked, and half of the prompt where nothing is.
 */
function cachedOf(request: Conversation, draft: Draft): CachedPrompt {
  const prompt = countPrompt(request)
  if (draft.cached) return { ...prompt, read: prompt.cacheable || Math.floor(prompt.total / 2), written: 0 }
  const cached = prompt.cacheable >= leastCached ? prompt.cacheable : 0
  const follows = request.messages.some(({ role }) => role === 'assistant')
  return { ...prompt, read: follows ? cached : 0, written: follows ? 0 : cached }
}

function usageOf({ total, read, written, ttl }: CachedPrompt, outputTokens: number) {
  return {
    inputTokens: total - read - written,
    outputTokens,
    totalTokens: total + outputTokens,
    cacheReadInputTokens: read,
    cacheWriteInputTokens: written,
    ...(written > 0 && { cacheDetails: [{ ttl, inputTokens: written }] }),
  }
}

/** What a guardrail found. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_GuardrailTraceAssessment.html */
function assessmentOf(guardrail: string, intervened: boolean) {
  const filter = { type: 'VIOLENCE', confidence: 'HIGH', filterStrength: 'HIGH', action: 'BLOCKED', detected: true }
  const found = intervened ? { contentPolicy: { filters: [filter] } } : {}
  return { inputAssessment: { [guardrail]: found }, ...(intervened && { actionReason: 'Guardrail blocked.' }) }
}
