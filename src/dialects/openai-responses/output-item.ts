/** What every item of an output does while it grows: it is added, filled block by block, and done once. https://platform.openai.com/docs/guides/streaming-responses */
import type { BlockDelta, BlockStart } from '../../core/chat.ts'
import type { Keeper } from '../../core/extra.ts'
import type { JsonObject } from '../../core/json.ts'
import type { ToolNamespaces } from './tool-namespaces.ts'

/** Takes the events of items. */
export interface EventSink {
  /** `members` is JSON text of everything that this type of event has of its own, a comma before each member. */
  send(type: string, members: string): void
}

/** What items are written with. */
export interface ItemWriting {
  readonly keeper: Keeper
  /** Gathers names of what cannot be told. */
  readonly lost: Set<string>
  /** Of the tools that were offered. */
  readonly namespaces: ToolNamespaces
  /** Absent: the items are told as a whole, without events. */
  readonly sink: EventSink | undefined
}

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

/** One item. Blocks of it are told apart by numbers that `open` gives. */
export abstract class OutputItem {
  readonly id: string
  protected readonly writing: ItemWriting
  /** JSON text of the members by which every event says which item it is about. */
  protected readonly place: string
  readonly #outputIndex: number
  #open = 0
  #done: JsonObject | undefined

  constructor(id: string, outputIndex: number, writing: ItemWriting) {
    this.id = id
    this.writing = writing
    this.#outputIndex = outputIndex
    this.place = `,"item_id":${JSON.stringify(id)},"output_index":${outputIndex}`
  }

  /** The item with what has come so far. */
  protected abstract json(status: ItemStatus): JsonObject

  /** Does a block that comes right behind this item's last one belong to it? */
  takes(_block: BlockStart): boolean {
    return false
  }

  /** Says that it is there; nothing is in it yet. */
  begin(): void {
    this.send(
      'response.output_item.added',
      () => `,"output_index":${this.#outputIndex},"item":${JSON.stringify(this.json('in_progress'))}`,
    )
  }

  open(block: BlockStart): number {
    this.#open++
    return this.openBlock(block)
  }

  abstract add(number: number, delta: BlockDelta): void

  end(number: number): void {
    this.#open--
    this.endBlock(number)
  }

  /** Every block of it has ended. */
  get whole(): boolean {
    return this.#open === 0
  }

  close(status: ItemStatus): void {
    if (this.#done !== undefined) return
    this.endRest()
    this.#done = this.json(status)
    this.send(
      'response.output_item.done',
      () => `,"output_index":${this.#outputIndex},"item":${JSON.stringify(this.#done)}`,
    )
  }

  /** As its done has it, or as far as it came. */
  toJson(): JsonObject {
    return this.#done ?? this.json('incomplete')
  }

  protected abstract openBlock(block: BlockStart): number

  protected abstract endBlock(number: number): void

  /** Ends the blocks that nobody has ended. */
  protected abstract endRest(): void

  protected send(type: string, members: () => string): void {
    this.writing.sink?.send(type, members())
  }
}
