/** A call of one of the client's tools. https://platform.openai.com/docs/api-reference/responses-streaming/response/function_call_arguments */
import type { BlockDelta, BlockStart, Extra } from '../../core/chat.ts'
import { gathered } from '../../core/extra.ts'
import type { JsonObject } from '../../core/json.ts'
import { type ItemStatus, type ItemWriting, OutputItem } from './output-item.ts'

export type CallStart = Extract<BlockStart, { type: 'tool-call' }>

/** What the item is, which member has what the tool is called with, and what the events about that are called. */
const names = {
  function: { item: 'function_call', given: 'arguments', event: 'response.function_call_arguments' },
  custom: { item: 'custom_tool_call', given: 'input', event: 'response.custom_tool_call_input' },
} as const

export const callType = ({ kind }: CallStart): string => names[kind].item

export class CallItem extends OutputItem {
  readonly #block: CallStart
  readonly #names: (typeof names)[CallStart['kind']]
  readonly #delta: string
  #given = ''
  #extra: Extra | undefined
  #ended = false

  constructor(id: string, outputIndex: number, block: CallStart, writing: ItemWriting) {
    super(id, outputIndex, writing)
    this.#block = block
    this.#names = names[block.kind]
    this.#delta = `${this.#names.event}.delta`
  }

  protected json(status: ItemStatus): JsonObject {
    const { item, given } = this.#names
    const { id, name } = this.#block
    const called = this.writing.namespaces.own(name)
    const call = { id: this.id, type: item, status, call_id: id, ...called, [given]: this.#given }
    return this.writing.keeper.put(call, this.#extra, '')
  }

  protected openBlock(): number {
    return 0
  }

  add(_number: number, { text = '', extra, logprobs }: BlockDelta): void {
    if (extra !== undefined) this.#extra = gathered(this.#extra, extra)
    if (logprobs !== undefined) this.writing.lost.add('response.logprobs')
    if (text === '') return
    this.#given += text
    this.writing.sink?.send(this.#delta, `${this.place},"delta":${JSON.stringify(text)}`)
  }

  protected endBlock(): void {
    if (this.#ended) return
    this.#ended = true
    const { event, given } = this.#names
    this.send(`${event}.done`, () => `${this.place},"${given}":${JSON.stringify(this.#given)}`)
  }

  protected endRest(): void {
    this.endBlock()
  }
}
