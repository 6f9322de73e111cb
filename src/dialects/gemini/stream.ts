/**
 * Chunks of a streamed reply → canonical events. Each is a reply like a whole one, with the next pieces of its candidates. There is no end
 * marker: an answer is whole when every candidate has said why it ended.
 * https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
 */
import type { ChatEvent, Extra } from '../../core/chat.ts'
import type { ReplyContext } from '../../core/dialect.ts'
import { exactObject } from '../../core/exact-json.ts'
import { gathered, unknownFields } from '../../core/extra.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { parsedJson } from '../../core/parse-json.ts'
import { ReplyDecoder } from '../../core/reply-decoder.ts'
import type { Frame } from '../../core/sse.ts'
import type { ToolNames } from '../../core/tool-names.ts'
import type { EventDecoder } from '../../core/translate.ts'
import { cutStream, unreadable } from '../../core/upstream-error.ts'
import type { Usage } from '../../core/usage.ts'
import { defined, objectsOf } from '../../core/wire.ts'
import { Candidate } from './candidate.ts'
import { errorInDisguise } from './errors.ts'
import { blockedBy, choiceOf, decodeHead, topNames } from './reply.ts'
import { foundBy, withSearches } from './response.ts'
import { toolNamesOf } from './tool-names.ts'
import { decodeUsage, serviceTierOf } from './usage.ts'
import { mostChoices } from './writing.ts'

export function decodeEvents(context: ReplyContext): EventDecoder<Frame, ChatEvent> {
  return new GeminiDecoder(context)
}

class GeminiDecoder extends ReplyDecoder {
  readonly #context: ReplyContext
  readonly #names: ToolNames
  readonly #candidates = new Map<number, Candidate>()
  #replyId: string | undefined
  #blocked = false
  #usage: Usage | undefined
  /** How it was served, as told at the start and last. */
  #startTier: string | undefined
  #serviceTier: string | undefined
  #extra: Extra | undefined

  constructor(context: ReplyContext) {
    super()
    this.#context = context
    this.#names = toolNamesOf(context.request)
  }

  get complete(): boolean {
    if (this.#blocked) return true
    if (this.#candidates.size < Math.min(this.#context.request?.n ?? 1, mostChoices)) return false
    return this.#candidates.values().every(({ finished }) => finished !== undefined)
  }

  protected read({ data }: Frame): void {
    if (data.trim() === '') return
    // Tools get the numbers that the model wrote, however long.
    const exact = data.includes('functionCall') ? exactObject(data) : undefined
    const chunk = exact ?? parsedJson(data)
    const error = chunk === undefined ? unreadable('an event that is no JSON') : errorInDisguise(chunk)
    if (error) this.fail(error)
    else if (isJsonObject(chunk)) this.#chunk(chunk)
    else this.fail(unreadable('an event that is no JSON object'))
  }

  #chunk(chunk: JsonObject): void {
    // The counts so far: the last word counts.
    this.#usage = decodeUsage(chunk['usageMetadata']) ?? this.#usage
    this.#serviceTier = serviceTierOf(chunk['usageMetadata']) ?? this.#serviceTier
    const replyId = this.#replyId ?? this.#start(chunk)
    const extra = unknownFields(chunk, topNames)
    this.#extra = gathered(this.#extra, extra)
    const wires = objectsOf(chunk['candidates'])
    for (const [position, wire] of wires.entries()) {
      this.#candidate(choiceOf(wire, position, wires), replyId).read(wire)
    }
    const blocked = blockedBy(chunk)
    if (blocked === undefined || this.#blocked || wires.length > 0) return
    this.#blocked = true
    this.#candidate(0, replyId).refuse(blocked)
  }

  #start(chunk: JsonObject): string {
    const head = defined(decodeHead(chunk, this.#context))
    this.#replyId = head.id
    this.#startTier = head.serviceTier
    this.tell({ type: 'start', ...head })
    return head.id
  }

  #candidate(index: number, replyId: string): Candidate {
    let candidate = this.#candidates.get(index)
    if (candidate === undefined) {
      candidate = new Candidate(index, replyId, this.#names, {
        open: (block, start) => this.tell({ type: 'block-start', choice: index, index: block, block: start }),
        add: (block, delta) => this.tell({ type: 'block-delta', choice: index, index: block, delta }),
        close: (block) => this.tell({ type: 'block-end', choice: index, index: block }),
      })
      this.#candidates.set(index, candidate)
    }
    return candidate
  }

  protected finish(): void {
    if (!this.complete) return this.fail(cutStream('a finish reason'))
    const candidates = [...this.#candidates.values()].sort((one, other) => one.index - other.index)
    for (const candidate of candidates) candidate.end()
    this.tellLast(
      defined({
        type: 'finish' as const,
        choices: candidates.map(({ index, finished, extra }) =>
          defined({ index, finishReason: this.#blocked ? 'content_filter' : (finished?.reason ?? null), extra }),
        ),
        usage: withSearches(this.#usage, candidates),
        serviceTier: this.#serviceTier === this.#startTier ? undefined : this.#serviceTier,
        ...foundBy(candidates),
        extra: this.#extra,
      }),
    )
  }
}
