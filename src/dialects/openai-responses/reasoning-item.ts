/**
 * What a model thought. Thoughts of other wires that can be read are told as a summary, which is what clients show; everything else of them is wrapped,
 * so that what comes back is what it was. https://platform.openai.com/docs/guides/reasoning
 */
import type { BlockDelta, BlockStart, Extra, ReasoningBlock } from '../../core/chat.ts'
import { gathered } from '../../core/extra.ts'
import type { JsonObject } from '../../core/json.ts'
import { defined } from '../../core/wire.ts'
import { type ItemStatus, type ItemWriting, OutputItem } from './output-item.ts'
import { wrapReasoning } from './wrapped.ts'

export type ThoughtStart = Extract<BlockStart, { type: 'reasoning' }>

type List = 'summary' | 'content'

/** A part that can be read, while it grows. It is there as soon as there is something to read. */
interface Part {
  readonly list: List
  /** JSON text of the members by which its events name it. */
  readonly place: string
  text: string
  ended: boolean
}

/** What the events of a part are called in either list. */
const names = {
  summary: {
    type: 'summary_text',
    part: 'response.reasoning_summary_part',
    text: 'response.reasoning_summary_text',
    index: 'summary_index',
  },
  content: {
    type: 'reasoning_text',
    part: 'response.content_part',
    text: 'response.reasoning_text',
    index: 'content_index',
  },
} as const satisfies Record<List, Record<string, string>>

export class ReasoningItem extends OutputItem {
  readonly #parts: Part[] = []
  /** By the numbers of the blocks, those that have become parts. */
  readonly #byBlock = new Map<number, Part>()
  #blocks = 0
  #kind: ReasoningBlock['kind'] = 'text'
  /** Everything but what can be read. */
  readonly #sealed: Pick<ReasoningBlock, 'id' | 'format' | 'signature' | 'data'> = {}
  #extra: Extra | undefined

  /** This wire's own thoughts come in pieces that have the id of their item. */
  override takes(block: BlockStart): boolean {
    return (
      this.writing.keeper.own && block.type === 'reasoning' && block.id !== undefined && block.id === this.#sealed.id
    )
  }

  protected json(status: ItemStatus): JsonObject {
    const content = this.#texts('content')
    const wire = defined({
      id: this.id,
      type: 'reasoning',
      status,
      summary: this.#texts('summary'),
      content: content.length === 0 ? undefined : content,
      encrypted_content: status === 'in_progress' ? undefined : this.#encrypted(),
    })
    return this.writing.keeper.put(wire, this.#extra, '')
  }

  #texts(list: List): JsonObject[] {
    return this.#parts.filter((part) => part.list === list).map(partJson)
  }

  /** Undefined for this wire's own where nothing was sealed. */
  #encrypted(): string | undefined {
    return this.writing.keeper.own ? this.#sealed.data : wrapReasoning({ kind: this.#kind, ...this.#sealed })
  }

  protected openBlock(block: BlockStart): number {
    const { kind, id, format } = block as ThoughtStart
    this.#kind = kind
    if (id !== undefined) this.#sealed.id = id
    if (format !== undefined) this.#sealed.format = format
    return this.#blocks++
  }

  add(number: number, { text = '', signature, data, id, extra }: BlockDelta): void {
    const sealed = this.#sealed
    if (signature !== undefined) sealed.signature = (sealed.signature ?? '') + signature
    if (data !== undefined) sealed.data = (sealed.data ?? '') + data
    if (id !== undefined) sealed.id = id
    if (extra !== undefined) this.#extra = gathered(this.#extra, extra)
    if (text === '') return
    const part = this.#byBlock.get(number) ?? this.#begin(number)
    part.text += text
    this.send(`${names[part.list].text}.delta`, () => `${part.place},"delta":${JSON.stringify(text)}`)
  }

  #begin(number: number): Part {
    const list = this.writing.keeper.own && this.#kind === 'text' ? 'content' : 'summary'
    const index = this.#parts.filter((part) => part.list === list).length
    const part: Part = { list, place: `${this.place},"${names[list].index}":${index}`, text: '', ended: false }
    this.#parts.push(part)
    this.#byBlock.set(number, part)
    this.send(`${names[list].part}.added`, () => partMembers(part))
    return part
  }

  protected endBlock(number: number): void {
    const part = this.#byBlock.get(number)
    if (part !== undefined) this.#endPart(part)
  }

  protected endRest(): void {
    for (const part of this.#parts) this.#endPart(part)
  }

  #endPart(part: Part): void {
    if (part.ended) return
    part.ended = true
    this.send(`${names[part.list].text}.done`, () => `${part.place},"text":${JSON.stringify(part.text)}`)
    this.send(`${names[part.list].part}.done`, () => partMembers(part))
  }
}

function partJson({ list, text }: Part): JsonObject {
  return { type: names[list].type, text }
}

function partMembers(part: Part): string {
  return `${part.place},"part":${JSON.stringify(partJson(part))}`
}

/** The id of the item that a thought of this wire came in. */
export function givenId(block: BlockStart, { keeper }: ItemWriting): string | undefined {
  return keeper.own && block.type === 'reasoning' ? block.id : undefined
}
