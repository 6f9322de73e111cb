/** Items that come whole: pictures, and what only this API has. https://platform.openai.com/docs/guides/tools-image-generation */
import type { BlockStart } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { defined, textOf } from '../../core/wire.ts'
import { type ItemStatus, type ItemWriting, OutputItem } from './output-item.ts'

abstract class WholeItem extends OutputItem {
  protected openBlock(): number {
    return 0
  }

  add(): void {}

  protected endBlock(): void {}

  protected endRest(): void {}
}

/** A picture whose bytes are there. This wire has no word for pictures that are somewhere else. */
export type PictureStart = Extract<BlockStart, { type: 'image' }> & { source: { kind: 'data' } }

export function isPicture(block: BlockStart): block is PictureStart {
  return block.type === 'image' && block.source.kind === 'data'
}

/** A picture that a model made, as the call of the tool that makes them at OpenAI. */
export class PictureItem extends WholeItem {
  readonly #source: PictureStart['source']

  constructor(id: string, outputIndex: number, { source }: PictureStart, writing: ItemWriting) {
    super(id, outputIndex, writing)
    this.#source = source
  }

  /** It is whole, even in an answer that was cut off behind it. */
  protected json(status: ItemStatus): JsonObject {
    const { mediaType, data } = this.#source
    const isThere = status !== 'in_progress'
    return defined({
      id: this.id,
      type: 'image_generation_call',
      status: isThere ? 'completed' : status,
      output_format: isThere ? /^image\/([a-z]+)/.exec(mediaType ?? '')?.[1] : undefined,
      result: isThere ? data : null,
    })
  }

  protected override endRest(): void {
    for (const step of ['in_progress', 'generating', 'completed'])
      this.send(`response.image_generation_call.${step}`, () => this.place)
  }
}

/** An item of a type that only this API has: as it came, for clients of it. */
export class OwnItem extends WholeItem {
  readonly #value: JsonObject

  constructor(id: string, outputIndex: number, value: JsonObject, writing: ItemWriting) {
    super(id, outputIndex, writing)
    this.#value = value
  }

  protected json(status: ItemStatus): JsonObject {
    const whole = { ...this.#value, id: this.id }
    if (status !== 'in_progress') return whole
    const hasStatus = this.#value['status'] !== undefined
    const hasArguments = textOf(this.#value['arguments']) !== undefined
    return { ...whole, ...(hasStatus && { status }), ...(hasArguments && { arguments: '' }) }
  }
}
