/** Everything a generateContent reply is written from, streamed or not. */
import { createHash } from 'node:crypto'
import { readJson } from '../../core/parse-json.ts'
import { speak } from '../audio.ts'
import { type Draft, draftAnswer } from '../behaviours.ts'
import { countSaid, type Ending, type Said, say } from '../said.ts'
import { countTokens } from '../tokens.ts'
import type { ReadRequest } from '../wire-format.ts'
import { askedBy, countPrompt, type Modality } from './asked.ts'
import { citationsOf, groundingOf, likelihoodFields, ratingsOf } from './candidate-fields.ts'
import { invalidArgument } from './errors.ts'
import type { GeminiRules } from './generation.ts'
import type { GenerateContentRequest, GenerationConfig } from './request.ts'
import type { Service } from './request-messages.ts'
import { signatureOf } from './signature.ts'

/** A part of a reply. */
export type ReplyPart = { thoughtSignature?: string } & (
  | { text: string; thought?: true }
  | { functionCall: { id?: string; name: string; args: unknown } }
  | { inlineData: { mimeType: string; data: string } }
)

export interface GeminiAnswer {
  service: Service
  parts: ReplyPart[]
  /** What a text is signed with: in a stream it comes with the last chunk, on an empty part. */
  textSignature: string | undefined
  finishReason: string
  finishMessage: string | undefined
  /** The prompt was refused: there are no candidates at all. */
  blocked: boolean
  candidates: number
  /** Fields of a candidate that come with its end. */
  endings: Record<string, unknown>
  /** How many tokens of each kind; `candidates` are those of one. */
  tokens: {
    prompt: ReadonlyMap<Modality, number>
    cached: number
    thoughts: number
    candidate: number
    toolUse: number
  }
  responseId: string
  modelVersion: string
  createTime: string
  draft: Draft
}

/** The answer to a request. */
export function answerGenerate(
  request: GenerateContentRequest,
  read: ReadRequest,
  { service, rules }: { service: Service; rules: GeminiRules },
): GeminiAnswer {
  const config = request.generationConfig ?? {}
  const draft = draftAnswer(read.model, read.number, askedBy(request))
  const said = say(draft, { stop: config.stopSequences, most: config.maxOutputTokens })
  refuseTooLarge(said, draft, config)
  const hash = createHash('sha256').update(read.text).digest()
  const writer = new PartWriter(request, draft, rules, hash.toString('hex'))
  const counted = countSaid(said)
  const prompt = countPrompt(request)
  const total = [...prompt.counts.values()].reduce((sum, count) => sum + count, 0)
  return {
    service,
    parts: writer.write(said),
    textSignature: writer.textSignature,
    ...endOf(said),
    blocked: draft.refusal !== undefined,
    candidates: config.candidateCount ?? 1,
    endings: endingsOf(said, draft, service, config.logprobs ?? 0),
    tokens: {
      prompt: prompt.counts,
      cached: draft.cached ? prompt.cached || Math.floor(total / 2) : prompt.cached,
      thoughts: counted.reasoning,
      candidate: counted.text,
      toolUse: draft.annotated ? 12 : 0,
    },
    responseId: hash.subarray(0, 16).toString('base64url'),
    modelVersion: read.name.split('+')[0] ?? '',
    createTime: new Date(read.now).toISOString(),
    draft,
  }
}

/** The most an answer may take in memory. */
const largest = 32 * 1024 * 1024

function refuseTooLarge({ text }: Said, { logprobs }: Draft, config: GenerationConfig): void {
  const letters = text?.length ?? 0
  const likelihoods = logprobs ? ((config.logprobs ?? 0) + 1) * 250 * countTokens(text ?? '') : 0
  if ((config.candidateCount ?? 1) * (letters + likelihoods) <= largest) return
  throw invalidArgument(
    'The simulator gives no answers of more than 32 MB. Ask for fewer candidates, words or logprobs.',
  )
}

const finishReasons: Record<Ending, string> = {
  end: 'STOP',
  'stop-sequence': 'STOP',
  calls: 'STOP',
  length: 'MAX_TOKENS',
  'content-filter': 'SAFETY',
  recitation: 'RECITATION',
  'malformed-call': 'MALFORMED_FUNCTION_CALL',
  'context-window': 'MAX_TOKENS',
  pause: 'STOP',
}

function endOf({ ending }: Said): Pick<GeminiAnswer, 'finishReason' | 'finishMessage'> {
  const malformed = 'Malformed function call: print(default_api.'
  return { finishReason: finishReasons[ending], finishMessage: ending === 'malformed-call' ? malformed : undefined }
}

/** One white pixel. */
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAG7buVgAAAABJRU5ErkJggg=='

class PartWriter {
  /** Set by `write`. */
  textSignature: string | undefined
  private readonly request: GenerateContentRequest
  private readonly draft: Draft
  private readonly rules: GeminiRules
  private readonly hash: string

  constructor(request: GenerateContentRequest, draft: Draft, rules: GeminiRules, hash: string) {
    this.request = request
    this.draft = draft
    this.rules = rules
    this.hash = hash
  }

  write(said: Said): ReplyPart[] {
    const { responseModalities = [], thinkingConfig } = this.request.generationConfig ?? {}
    const shown = thinkingConfig?.includeThoughts === true && !this.draft.redacted
    const thought = (text: string | null): ReplyPart[] => (text && shown ? [{ text, thought: true }] : [])
    const thinks = said.reasoning !== null || said.afterthought !== null
    const calls = this.calls(said, thinks)
    if (thinks && calls.length === 0) this.textSignature = signatureOf({ kind: 'text' })
    return [
      ...thought(said.reasoning),
      ...this.texts(said),
      ...(responseModalities.includes('IMAGE') ? [{ inlineData: { mimeType: 'image/png', data: pixel } }] : []),
      ...thought(said.afterthought),
      ...calls,
    ]
  }

  private texts({ text, ending }: Said): ReplyPart[] {
    if (text === null || ending === 'malformed-call' || (text === '' && ending !== 'end')) return []
    if (this.draft.audio) {
      const data = speak('pcm16', text.split(' ').length).toString('base64')
      return [{ inlineData: { mimeType: 'audio/L16;codec=pcm;rate=24000', data } }]
    }
    const middle = this.draft.inParts ? text.indexOf(' ', Math.floor(text.length / 2)) : -1
    const halves = middle < 0 ? [text] : [text.slice(0, middle), text.slice(middle)]
    return halves.map((half) => ({ text: half }))
  }

  /** Of calls that are made at once only the first is signed. */
  private calls({ calls }: Said, thinks: boolean): ReplyPart[] {
    const signed = this.rules.needsSignatures || thinks
    return calls.map(({ name, text }, place) => {
      const args = parsed(text)
      const id = createHash('sha256').update(`${this.hash}.${place}`).digest('hex').slice(0, 8)
      return {
        functionCall: { ...(this.rules.givesIds && { id }), name, args },
        ...(signed && place === 0 && { thoughtSignature: signatureOf({ kind: 'call', name, args }) }),
      }
    })
  }
}

/** A model that was cut in the middle of a call has called with nothing. */
function parsed(text: string): unknown {
  try {
    return readJson(text)
  } catch {
    return {}
  }
}

function endingsOf(said: Said, draft: Draft, service: Service, top: number): Record<string, unknown> {
  const text = said.text ?? ''
  return {
    ...(said.ending === 'content-filter' && { safetyRatings: ratingsOf(service) }),
    ...(said.ending === 'recitation' && { citationMetadata: citationsOf(text, service) }),
    ...(draft.annotated && text !== '' && { groundingMetadata: groundingOf(text, service) }),
    ...(draft.logprobs && text !== '' && likelihoodFields(text, top)),
  }
}
