/**
 * What a model says, as one message: a content part for each text and each refusal that follow each other.
 * https://platform.openai.com/docs/api-reference/responses-streaming/response/output_text
 */
import { addAll } from '../../core/add-all.ts'
import type { Annotation, BlockDelta, BlockStart, Extra } from '../../core/chat.ts'
import { gathered } from '../../core/extra.ts'
import type { JsonObject } from '../../core/json.ts'
import { listOf } from '../../core/wire.ts'
import { encodeAnnotation, encodeLogprobs, isUnbounded } from './annotations.ts'
import { type ItemStatus, type ItemWriting, OutputItem } from './output-item.ts'

type PartType = 'output_text' | 'refusal'

/** A content part while it grows. */
interface Part {
  readonly type: PartType
  /** JSON text of the members by which its events name it. */
  readonly place: string
  text: string
  readonly annotations: JsonObject[]
  /** Those that wait for the end of the text. */
  readonly waiting: Annotation[]
  readonly logprobs: JsonObject[]
  extra: Extra | undefined
  ended: boolean
}

/** Kinds of blocks that are said. A sound is told by what was said in it. */
const partTypes: Readonly<Partial<Record<BlockStart['type'], PartType>>> = {
  text: 'output_text',
  audio: 'output_text',
  refusal: 'refusal',
}

export function isSaid(block: BlockStart): boolean {
  return partTypes[block.type] !== undefined
}

export class MessageItem extends OutputItem {
  readonly #parts: Part[] = []

  override takes(block: BlockStart): boolean {
    return isSaid(block)
  }

  protected json(status: ItemStatus): JsonObject {
    const { keeper } = this.writing
    const content = this.#parts.map((part) => partJson(part, keeper))
    return { id: this.id, type: 'message', status, role: 'assistant', content }
  }

  protected openBlock(block: BlockStart): number {
    if (block.type === 'audio') this.writing.lost.add('response.audio')
    const number = this.#parts.length
    const part: Part = {
      type: partTypes[block.type]!,
      place: `${this.place},"content_index":${number}`,
      text: '',
      annotations: [],
      waiting: [],
      logprobs: [],
      extra: undefined,
      ended: false,
    }
    this.#parts.push(part)
    this.send('response.content_part.added', () => `${part.place},"part":${this.#partText(part)}`)
    return number
  }

  add(number: number, { text = '', annotations, logprobs, extra }: BlockDelta): void {
    const part = this.#parts[number]!
    if (extra !== undefined) part.extra = gathered(part.extra, extra)
    const tokens = logprobs === undefined ? none : this.#tokens(part, logprobs)
    if (text !== '' || tokens.length > 0) this.#say(part, text, tokens)
    if (annotations === undefined) return
    for (const annotation of annotations) {
      if (isUnbounded(annotation)) part.waiting.push(annotation)
      else this.#annotate(part, annotation)
    }
  }

  #say(part: Part, text: string, tokens: JsonObject[]): void {
    part.text += text
    addAll(part.logprobs, tokens)
    const { sink } = this.writing
    if (sink === undefined) return
    const delta = `${part.place},"delta":${JSON.stringify(text)}`
    if (part.type === 'refusal') sink.send('response.refusal.delta', delta)
    else
      sink.send('response.output_text.delta', `${delta},"logprobs":${tokens === none ? '[]' : JSON.stringify(tokens)}`)
  }

  /** Only a text can tell how likely it was. */
  #tokens(part: Part, logprobs: JsonObject): JsonObject[] {
    const tokens = encodeLogprobs(logprobs)
    const untold = part.type === 'refusal' ? tokens : (listOf(logprobs['refusal']) ?? [])
    if (untold.length > 0) this.writing.lost.add('response.logprobs')
    return part.type === 'refusal' || tokens.length === 0 ? none : tokens
  }

  #annotate(part: Part, annotation: Annotation): void {
    const wire = encodeAnnotation(annotation, part.text.length, this.writing)
    if (wire === undefined) return
    const index = part.annotations.length
    part.annotations.push(wire)
    this.send(
      'response.output_text.annotation.added',
      () => `${part.place},"annotation_index":${index},"annotation":${JSON.stringify(wire)}`,
    )
  }

  protected endBlock(number: number): void {
    const part = this.#parts[number]!
    if (part.ended) return
    part.ended = true
    for (const annotation of part.waiting) this.#annotate(part, annotation)
    const said = JSON.stringify(part.text)
    if (part.type === 'refusal') this.send('response.refusal.done', () => `${part.place},"refusal":${said}`)
    else
      this.send(
        'response.output_text.done',
        () => `${part.place},"text":${said},"logprobs":${JSON.stringify(part.logprobs)}`,
      )
    this.send('response.content_part.done', () => `${part.place},"part":${this.#partText(part)}`)
  }

  protected endRest(): void {
    for (const number of this.#parts.keys()) this.endBlock(number)
  }

  #partText(part: Part): string {
    return JSON.stringify(partJson(part, this.writing.keeper))
  }
}

const none: JsonObject[] = []

function partJson({ type, text, annotations, logprobs, extra }: Part, keeper: ItemWriting['keeper']): JsonObject {
  const part: JsonObject =
    type === 'refusal'
      ? { type, refusal: text }
      : { type, text, annotations: [...annotations], logprobs: [...logprobs] }
  return keeper.put(part, extra, '')
}
