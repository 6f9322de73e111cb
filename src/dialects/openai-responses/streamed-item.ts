/** One item of a streamed output while it grows, and the blocks that it is. https://platform.openai.com/docs/guides/streaming-responses */
import type { Annotation, Block, BlockDelta, BlockStart } from '../../core/chat.ts'
import { unknownFields } from '../../core/extra.ts'
import type { JsonObject } from '../../core/json.ts'
import { defined, notEmpty, objectsOf, textOf, wordsOf } from '../../core/wire.ts'
import { annotationsOf, decodeCall, decodeItem, decodeLogprobs, decodeSaid } from './decode-output.ts'
import { reasoningFormat } from './wrapped.ts'

/** Takes the blocks. */
export interface BlockSink {
  /** Gives the number of the block. */
  open(block: BlockStart): number
  add(index: number, delta: BlockDelta): void
  end(index: number): void
}

type List = 'content' | 'summary'

/** A block that grows, and how much of it has been told. */
interface Growing {
  readonly index: number
  letters: number
  annotations: number
  hasLogprobs: boolean
  isOpen: boolean
}

export class StreamedItem {
  /** Nothing of it has been told. */
  isNew = true
  /** Its end has not been told. */
  isOpen = false
  /** The client has to make a call. */
  isCall = false
  id: string | undefined
  readonly #fallbackId: string
  readonly #sink: BlockSink
  readonly #parts = new Map<string, Growing>()
  #call: Growing | undefined

  /** `fallbackId` is for a call without an id. */
  constructor(fallbackId: string, sink: BlockSink) {
    this.#fallbackId = fallbackId
    this.#sink = sink
  }

  /** It is there, with nothing in it that counts yet. */
  add(item: JsonObject): void {
    this.#begin()
    this.id ??= wordsOf(item['id'])
    this.#openCall(item)
  }

  /** More of what a tool is called with. Of a call without a name, the end tells everything. */
  grow(delta: BlockDelta): void {
    this.#begin()
    if (this.#call !== undefined) this.#tell(this.#call, delta)
  }

  openPart(list: List, number: number, part: JsonObject): void {
    this.#begin()
    const type = textOf(part['type']) ?? ''
    if (startOf(list, type, undefined) !== undefined) this.#part(list, number, type)
  }

  growPart(list: List, number: number, type: string, delta: BlockDelta): void {
    this.#begin()
    this.#tell(this.#part(list, number, type), delta)
  }

  annotate(number: number, annotation: Annotation): void {
    this.#begin()
    const part = this.#part('content', number, 'output_text')
    part.annotations++
    this.#sink.add(part.index, { annotations: [annotation] })
  }

  /** The part as a whole: what of it has not come is told now. */
  endPart(list: List, number: number, part: JsonObject): void {
    this.#begin()
    const type = textOf(part['type']) ?? ''
    if (startOf(list, type, undefined) === undefined) return this.#unknownPart(list, number, part)
    const growing = this.#part(list, number, type)
    if (!growing.isOpen) return
    this.#tellRest(growing, part)
    this.#end(growing)
  }

  /** The item as a whole. */
  end(item: JsonObject): void {
    if (!this.isNew && !this.isOpen) return
    this.#begin()
    this.id ??= wordsOf(item['id'])
    const type = textOf(item['type'])
    this.#openCall(item)
    if (this.#call !== undefined) this.#endCall(this.#call, item)
    else if (type === 'message' || type === 'reasoning') this.#endParts(item)
    else for (const block of decodeItem(item, this.#fallbackId)) this.#tellWhole(block)
    this.close()
  }

  /** Nothing more comes. */
  close(): void {
    for (const part of this.#parts.values()) this.#end(part)
    if (this.#call !== undefined) this.#end(this.#call)
    this.isOpen = false
  }

  #begin(): void {
    if (this.isNew) this.isOpen = true
    this.isNew = false
  }

  #openCall(item: JsonObject): void {
    const call = decodeCall(item, this.#fallbackId)
    if (call === undefined) return
    this.isCall = true
    const { kind, id, name } = call
    if (name !== '' || item['status'] === 'completed') this.#call ??= this.#open({ type: 'tool-call', kind, id, name })
  }

  #endCall(growing: Growing, item: JsonObject): void {
    const call = decodeCall(item, this.#fallbackId)
    if (call === undefined || !growing.isOpen) return
    const delta = notEmpty({ text: call.given.slice(growing.letters) || undefined, extra: call.extra })
    if (delta !== undefined) this.#tell(growing, delta)
  }

  #endParts(item: JsonObject): void {
    for (const list of ['summary', 'content'] as const)
      for (const [number, part] of objectsOf(item[list]).entries()) this.endPart(list, number, part)
    const sealed = item['type'] === 'reasoning' ? wordsOf(item['encrypted_content']) : undefined
    if (sealed === undefined) return
    const start = { type: 'reasoning' as const, kind: 'encrypted' as const, id: this.id, format: reasoningFormat }
    const growing = this.#open(defined(start))
    this.#sink.add(growing.index, { data: sealed })
    this.#end(growing)
  }

  #unknownPart(list: List, number: number, part: JsonObject): void {
    const key = `${list} ${number}`
    if (this.#parts.has(key)) return
    const growing = this.#open({ type: 'unknown', value: part })
    this.#parts.set(key, growing)
    this.#end(growing)
  }

  #part(list: List, number: number, type: string): Growing {
    const key = `${list} ${number}`
    let part = this.#parts.get(key)
    if (part === undefined) {
      part = this.#open(startOf(list, type, this.id) ?? { type: 'text' })
      this.#parts.set(key, part)
    }
    return part
  }

  #tellRest(growing: Growing, part: JsonObject): void {
    const text = (textOf(part['text']) ?? textOf(part['refusal']) ?? '').slice(growing.letters)
    const annotations = annotationsOf(part).slice(growing.annotations)
    const block = decodeSaid(part)
    const delta = notEmpty({
      text: text || undefined,
      annotations: annotations.length === 0 ? undefined : annotations,
      logprobs: growing.hasLogprobs ? undefined : decodeLogprobs(part['logprobs']),
      extra: block.type === 'unknown' ? unknownFields(part, { type: true, text: true }) : block.extra,
    })
    if (delta !== undefined) this.#tell(growing, delta)
  }

  #tellWhole(block: Block): void {
    if (block.type === 'image') {
      const { type, source } = block
      this.#end(this.#open({ type, source }))
    } else if (block.type === 'unknown') this.#end(this.#open({ type: 'unknown', value: block.value }))
  }

  #open(block: BlockStart): Growing {
    return { index: this.#sink.open(block), letters: 0, annotations: 0, hasLogprobs: false, isOpen: true }
  }

  /** What comes behind the end of its block is no part of it. */
  #tell(growing: Growing, delta: BlockDelta): void {
    if (!growing.isOpen) return
    growing.letters += delta.text?.length ?? 0
    growing.hasLogprobs ||= delta.logprobs !== undefined
    this.#sink.add(growing.index, delta)
  }

  #end(growing: Growing): void {
    if (!growing.isOpen) return
    growing.isOpen = false
    this.#sink.end(growing.index)
  }
}

/** The block that a part is; undefined where it is none that comes piece by piece. */
function startOf(list: List, type: string, id: string | undefined): BlockStart | undefined {
  if (list === 'summary') return defined({ type: 'reasoning' as const, kind: 'summary' as const, id })
  switch (type) {
    case 'output_text':
      return { type: 'text' }
    case 'refusal':
      return { type: 'refusal' }
    case 'reasoning_text':
      return defined({ type: 'reasoning' as const, kind: 'text' as const, id })
    default:
      return undefined
  }
}
