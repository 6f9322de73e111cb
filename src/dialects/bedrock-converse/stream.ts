/**
 * Events of `ConverseStream` to canonical events.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html#API_runtime_ConverseStream_ResponseSyntax
 */

import { awsStreamError } from '../../core/aws-error.ts'
import { exceptionIn } from '../../core/aws-event-stream.ts'
import type { BlockStart, ChatEvent, Extra } from '../../core/chat.ts'
import { CustomToolText } from '../../core/custom-tools.ts'
import type { ReplyContext } from '../../core/dialect.ts'
import { unknownFields } from '../../core/extra.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { parsedJson } from '../../core/parse-json.ts'
import { ReplyDecoder } from '../../core/reply-decoder.ts'
import type { Frame } from '../../core/sse.ts'
import type { EventDecoder } from '../../core/translate.ts'
import { cutStream, unreadable } from '../../core/upstream-error.ts'
import type { Usage } from '../../core/usage.ts'
import { defined, notEmpty, numberOf, objectOf, textOf, wordsOf } from '../../core/wire.ts'
import { decodeCitation } from './citations.ts'
import { guardrailRefusal } from './guardrails.ts'
import { dialect, ownFormat } from './name.ts'
import { type Reading, readingOf } from './reading.ts'
import { finishReason, stopSequenceOf } from './response.ts'
import { guardrailStop } from './stop-reasons.ts'
import { decodeUsage } from './usage.ts'

export function decodeEvents(context: ReplyContext): EventDecoder<Frame, ChatEvent> {
  return new ConverseDecoder(context)
}

/** What sort of deltas go on with a block. */
type Sort = 'text' | 'reasoning' | 'encrypted' | 'call' | 'custom' | 'whole'

/** A block that is open, by its place on the wire. */
interface OpenBlock {
  readonly sort: Sort
  /** Its place among the canonical blocks; those that come whole get theirs at their end. */
  readonly index: number
  /** Letters that were told of it. */
  length: number
  /** Told at the end: they are about all of the text. */
  readonly citations: JsonObject[]
  readonly custom: CustomToolText | undefined
  /** A block without a name here, as far as it has come. */
  readonly whole: WholeBlock | undefined
}

interface WholeBlock {
  readonly start: JsonObject
  readonly deltas: JsonObject[]
}

/** How the answer ended. */
interface Stop {
  readonly reason: string | undefined
  readonly sequence: string | undefined
  readonly extra: Extra | undefined
}

class ConverseDecoder extends ReplyDecoder {
  readonly #context: ReplyContext
  readonly #reading: Reading
  readonly #open = new Map<number, OpenBlock>()
  #started = false
  #stop: Stop | undefined
  #blocks = 0
  /** All text so far: a guardrail's sentence is known to be one at the end. */
  #text = ''
  /** The client's own tools have been called. */
  #called = false
  #usage: Usage | undefined
  #metadata: JsonObject = {}

  constructor(context: ReplyContext) {
    super()
    this.#context = context
    this.#reading = readingOf(context)
  }

  /**
   * The answer is whole once it has said why it ended: what comes behind that only counts. Of a guardrail the last event says what it did, and
   * whether its words are a refusal.
   */
  get complete(): boolean {
    return this.#stop !== undefined && this.#stop.reason !== guardrailStop
  }

  protected read(frame: Frame): void {
    const exception = exceptionIn(frame)
    if (exception === undefined) this.#event(frame)
    else this.fail(awsStreamError(exception))
  }

  protected finish(): void {
    if (this.#stop !== undefined && this.complete) this.#finishFor(this.#stop)
    else this.fail(cutStream('a stop reason'))
  }

  #event({ event, data }: Frame): void {
    const body = objectOf(parsedJson(data))
    if (body === undefined) return this.fail(unreadable('an event that is no JSON object'))
    switch (event) {
      case 'contentBlockDelta':
        return this.#delta(body)
      case 'contentBlockStart':
        return this.#blockStart(body)
      case 'contentBlockStop':
        return this.#blockStop(indexOf(body))
      case 'messageStart':
        return this.#start()
      case 'messageStop':
        return this.#messageStop(body)
      case 'metadata':
        return this.#readMetadata(body)
    }
  }

  #start(): void {
    if (this.#started) return
    this.#started = true
    const { id, model, created } = this.#context
    this.tell({ type: 'start', dialect, id: `chatcmpl-${id}`, model, created })
  }

  /** Texts and thoughts begin with their first delta; what begins here has a name or is something else. */
  #blockStart(body: JsonObject): void {
    const at = indexOf(body)
    const start = objectOf(body['start'])
    const call = objectOf(start?.['toolUse'])
    this.#blockStop(at)
    if (call !== undefined && call['type'] === undefined) this.#openCall(at, call)
    else if (start !== undefined && Object.keys(start).length > 0) {
      this.#open.set(at, { ...openBlock('whole', -1), whole: { start, deltas: [] } })
    }
  }

  #openCall(at: number, call: JsonObject): void {
    const name = this.#reading.names.original(textOf(call['name']) ?? '')
    if (name === this.#reading.answerTool) {
      this.#openBlock(at, 'call', { type: 'text' })
      return
    }
    const kind = this.#reading.names.isCustom(name) ? 'custom' : 'function'
    const id = wordsOf(call['toolUseId']) ?? this.#reading.callId(at)
    this.#called = true
    this.#openBlock(at, kind === 'custom' ? 'custom' : 'call', { type: 'tool-call', kind, id, name })
  }

  #openBlock(at: number, sort: Sort, block: BlockStart): OpenBlock {
    this.#start()
    const index = this.#blocks++
    const open = openBlock(sort, index)
    this.#open.set(at, open)
    this.tell({ type: 'block-start', choice: 0, index, block })
    return open
  }

  #delta(body: JsonObject): void {
    const at = indexOf(body)
    const delta = objectOf(body['delta'])
    if (delta === undefined) return
    const open = this.#open.get(at)
    if (open?.whole !== undefined) {
      open.whole.deltas.push(delta)
      return
    }
    const { text } = delta
    if (typeof text === 'string') return this.#addText(at, text)
    if (delta['toolUse'] !== undefined) return this.#addInput(at, textOf(objectOf(delta['toolUse'])?.['input']) ?? '')
    const reasoning = objectOf(delta['reasoningContent'])
    if (reasoning !== undefined) return this.#addReasoning(at, reasoning)
    const citation = objectOf(delta['citation'])
    if (citation !== undefined) this.#goOn(at, 'text', { type: 'text' }).citations.push(citation)
  }

  /** The block at this place if it is of this sort, else a new one. */
  #goOn(at: number, sort: Sort, block: BlockStart): OpenBlock {
    const open = this.#open.get(at)
    if (open?.sort === sort) return open
    this.#blockStop(at)
    return this.#openBlock(at, sort, block)
  }

  #addText(at: number, text: string): void {
    if (text === '') return
    this.#text += text
    this.#emitText(this.#goOn(at, 'text', { type: 'text' }), text)
  }

  #emitText(open: OpenBlock, text: string): void {
    if (text === '') return
    open.length += text.length
    this.tell({ type: 'block-delta', choice: 0, index: open.index, delta: { text } })
  }

  /** Input of a tool that never began is nothing a client could answer. */
  #addInput(at: number, piece: string): void {
    const open = this.#open.get(at)
    if (open === undefined) return
    this.#emitText(open, open.custom === undefined ? piece : open.custom.push(piece))
  }

  #addReasoning(at: number, reasoning: JsonObject): void {
    const data = textOf(reasoning['redactedContent'])
    if (data !== undefined) {
      const block: BlockStart = { type: 'reasoning', kind: 'encrypted', format: ownFormat }
      const { index } = this.#goOn(at, 'encrypted', block)
      this.tell({ type: 'block-delta', choice: 0, index, delta: { data } })
      return
    }
    const delta = defined({ text: wordsOf(reasoning['text']), signature: wordsOf(reasoning['signature']) })
    if (Object.keys(delta).length === 0) return
    const { index } = this.#goOn(at, 'reasoning', { type: 'reasoning', kind: 'text', format: this.#reading.format })
    this.tell({ type: 'block-delta', choice: 0, index, delta })
  }

  #blockStop(at: number): void {
    const open = this.#open.get(at)
    if (open === undefined) return
    this.#open.delete(at)
    if (open.whole !== undefined) return this.#tellWhole(open.whole)
    if (open.custom !== undefined) this.#emitText(open, open.custom.end())
    // A tool without parameters, or an answer without members, is an empty object.
    if (open.sort === 'call' && open.length === 0) this.#emitText(open, '{}')
    if (open.citations.length > 0) this.#tellCitations(open)
    this.tell({ type: 'block-end', choice: 0, index: open.index })
  }

  #closeBlocks(): void {
    for (const at of [...this.#open.keys()]) this.#blockStop(at)
  }

  #tellCitations({ citations, length, index }: OpenBlock): void {
    const annotations = citations.map((citation) => decodeCitation(citation, { start: 0, end: length }))
    this.tell({ type: 'block-delta', choice: 0, index, delta: { annotations } })
  }

  #tellWhole(whole: WholeBlock): void {
    this.#start()
    const index = this.#blocks++
    const block: BlockStart = { type: 'unknown', value: assembledBlock(whole) }
    this.tell({ type: 'block-start', choice: 0, index, block })
    this.tell({ type: 'block-end', choice: 0, index })
  }

  #messageStop(body: JsonObject): void {
    this.#start()
    this.#closeBlocks()
    this.#stop = {
      reason: textOf(body['stopReason']),
      sequence: stopSequenceOf(body),
      extra: unknownFields(body, { stopReason: true, p: true }),
    }
  }

  /** The last event of a stream. */
  #readMetadata(body: JsonObject): void {
    this.#usage = decodeUsage(body['usage']) ?? this.#usage
    this.#metadata = body
    if (this.#stop !== undefined) this.#finishFor(this.#stop)
  }

  #finishFor({ reason, sequence, extra }: Stop): void {
    // Some say more when they have said why they stopped.
    this.#closeBlocks()
    const refusal = guardrailRefusal(reason, objectOf(this.#metadata['trace']), this.#text)
    if (refusal !== undefined) this.#tellRefusal(refusal)
    const blocks = this.#called ? [{ type: 'tool-call' }] : []
    const finish = finishReason(reason, blocks, this.#reading)
    const more = notEmpty({
      ...extra,
      ...unknownFields(this.#metadata, { usage: true, serviceTier: { type: true }, p: true }),
    })
    this.tellLast(
      defined({
        type: 'finish' as const,
        choices: [defined({ index: 0, finishReason: finish, stopSequence: sequence })],
        usage: this.#usage,
        serviceTier: wordsOf(objectOf(this.#metadata['serviceTier'])?.['type']),
        extra: more,
      }),
    )
  }

  #tellRefusal(text: string): void {
    const index = this.#blocks++
    this.tell({ type: 'block-start', choice: 0, index, block: { type: 'refusal' } })
    this.tell({ type: 'block-delta', choice: 0, index, delta: { text } })
    this.tell({ type: 'block-end', choice: 0, index })
  }
}

function openBlock(sort: Sort, index: number): OpenBlock {
  const custom = sort === 'custom' ? new CustomToolText() : undefined
  return { sort, index, length: 0, citations: [], custom, whole: undefined }
}

function indexOf(body: JsonObject): number {
  return numberOf(body['contentBlockIndex']) ?? 0
}

/** The block as a whole reply has it: `{toolUse: {…, input}}`, `{toolResult: {…, content}}`, `{image: {…, source}}`. */
function assembledBlock({ start, deltas }: WholeBlock): JsonObject {
  const [name = 'unknown'] = Object.keys(start)
  const parts: Json[] = deltas.flatMap((delta): Json[] => [delta[name] ?? []].flat() as Json[])
  const head = objectOf(start[name]) ?? {}
  if (name === 'toolUse') {
    const text = parts.map((part) => textOf(objectOf(part)?.['input']) ?? '').join('')
    return { toolUse: { ...head, input: text === '' ? {} : (parsedJson(text) ?? text) } }
  }
  if (name === 'toolResult') return { toolResult: { ...head, content: parts } }
  return { [name]: Object.assign({}, head, ...parts.filter(isJsonObject)) as JsonObject }
}
