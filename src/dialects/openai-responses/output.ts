/**
 * The output of a response while it grows: blocks of the canonical form as items, which are numbered from 0 in the order they open and may be open
 * side by side. Whole replies are made by the same rules. https://platform.openai.com/docs/guides/streaming-responses
 */
import type { BlockDelta, BlockStart } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { textOf } from '../../core/wire.ts'
import { CallItem, callType } from './call-item.ts'
import { itemIdOf } from './item-ids.ts'
import { isSaid, MessageItem } from './message-item.ts'
import type { ItemWriting, OutputItem } from './output-item.ts'
import { givenId, ReasoningItem } from './reasoning-item.ts'
import { isPicture, OwnItem, PictureItem } from './whole-items.ts'

/** A block by the item it belongs to and the number it has there. */
interface Place {
  readonly item: OutputItem
  readonly number: number
}

export class Output {
  readonly #replyId: string
  readonly #writing: ItemWriting
  readonly #items: OutputItem[] = []
  readonly #blocks = new Map<number, Place>()

  constructor(replyId: string, writing: ItemWriting) {
    this.#replyId = replyId
    this.#writing = writing
  }

  /** `index` counts blocks as the canonical form does. */
  open(index: number, block: BlockStart): void {
    const last = this.#items.at(-1)
    const item = last?.takes(block) === true ? last : this.#newItem(block)
    if (item === undefined) return
    if (item !== last) {
      // What comes now says that the one before was not cut off.
      if (last?.whole === true) last.close('completed')
      this.#items.push(item)
      item.begin()
    }
    this.#blocks.set(index, { item, number: item.open(block) })
  }

  add(index: number, delta: BlockDelta): void {
    const place = this.#blocks.get(index)
    if (place !== undefined) place.item.add(place.number, delta)
  }

  end(index: number): void {
    const place = this.#blocks.get(index)
    if (place === undefined) return
    const { item, number } = place
    this.#blocks.delete(index)
    item.end(number)
    // The last one may go on, or be what was cut off: only the end says.
    if (item.whole && item !== this.#items.at(-1)) item.close('completed')
  }

  /** The answer has ended; `isCut`: in the middle of what came last. */
  finish(isCut: boolean): JsonObject[] {
    const last = this.#items.at(-1)
    for (const item of this.#items) item.close(isCut && item === last ? 'incomplete' : 'completed')
    return this.#told()
  }

  /**
   * The answer has failed. Whoever is told that a call is done makes it: of one that was broken off, the response alone tells.
   */
  fail(): JsonObject[] {
    for (const item of this.#items) {
      if (item.whole) item.close('completed')
      else if (!(item instanceof CallItem)) item.close('incomplete')
    }
    return this.#told()
  }

  #told(): JsonObject[] {
    return this.#items.map((item) => item.toJson())
  }

  /** Undefined where this wire has no word for it. */
  #newItem(block: BlockStart): OutputItem | undefined {
    const { keeper, lost } = this.#writing
    const at = this.#items.length
    const idOf = (type: string) => itemIdOf(type, this.#replyId, at)
    if (isSaid(block)) return new MessageItem(idOf('message'), at, this.#writing)
    if (block.type === 'reasoning')
      return new ReasoningItem(givenId(block, this.#writing) ?? idOf('reasoning'), at, this.#writing)
    if (block.type === 'tool-call') return new CallItem(idOf(callType(block)), at, block, this.#writing)
    if (isPicture(block)) return new PictureItem(idOf('image_generation_call'), at, block, this.#writing)
    if (block.type === 'unknown' && keeper.own) {
      const type = textOf(block.value['type']) ?? ''
      return new OwnItem(textOf(block.value['id']) ?? idOf(type), at, block.value, this.#writing)
    }
    lost.add(`response.${block.type}`)
    return undefined
  }
}
