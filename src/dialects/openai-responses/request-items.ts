/**
 * Messages of the canonical form as items of a Responses request: what an assistant said, thought and called in one go are items of their own here.
 * https://platform.openai.com/docs/guides/conversation-state
 */
import { addAll } from '../../core/add-all.ts'
import { placesOf } from '../../core/block-places.ts'
import type { Message, ToolCallBlock } from '../../core/chat.ts'
import { FittedNames, type NameRule } from '../../core/fitted-names.ts'
import type { JsonObject } from '../../core/json.ts'
import { callsOf } from '../../core/tool-names.ts'
import { defined } from '../../core/wire.ts'
import type { Writing } from './request.ts'
import { contentOf, encodeMark, encodePart, partsOf } from './request-parts.ts'
import { thoughtItem } from './request-reasoning.ts'
import { type Placed, runsOf } from './request-runs.ts'

/** Any letters will do. */
const callIdRule: NameRule = { unfit: /(?!)/u, longest: 64 }

/** `instructions` is a system message that the conversation opens with, where it is nothing but a text. */
export function encodeInput(writing: Writing): { instructions: string | undefined; input: JsonObject[] } {
  const { messages } = writing.request
  const instructions = openingOf(messages)
  const items = new Items(writing)
  for (const [index, message] of messages.entries())
    if (index > 0 || instructions === undefined) items.add(message, `messages[${index}]`)
  return { instructions, input: items.list }
}

function openingOf([first, second]: readonly Message[]): string | undefined {
  // Further ones would stand in the conversation while this one does not.
  if (first?.role !== 'system' || second === undefined || second.role === 'system') return undefined
  const { content, name, cacheControl, extra } = first
  const [block] = content
  if (content.length !== 1 || block?.type !== 'text' || (name ?? cacheControl ?? extra) !== undefined) return undefined
  const isBare = (block.cacheControl ?? block.citations ?? block.extra ?? block.annotations) === undefined
  return isBare ? block.text : undefined
}

/** Items as they are made of one message after the other. */
class Items {
  readonly list: JsonObject[] = []
  readonly #writing: Writing
  readonly #ids: FittedNames
  /** Ids of calls of tools that take any text. */
  readonly #custom: ReadonlySet<string>

  constructor(writing: Writing) {
    this.#writing = writing
    const { messages } = writing.request
    const calls = callsOf(messages)
    const results = messages.flatMap((message) => (message.role === 'tool' ? [message.toolCallId] : []))
    this.#ids = new FittedNames([...calls.map(({ id }) => id), ...results], callIdRule)
    this.#custom = new Set(calls.filter(({ kind }) => kind === 'custom').map(({ id }) => id))
  }

  add(message: Message, path: string): void {
    if (message.name !== undefined) this.#writing.keeper.lose(`${path}.name`)
    if (message.role === 'assistant') addAll(this.list, this.#turn(message, path))
    else if (message.role === 'tool') this.list.push(this.#result(message, path))
    else this.list.push(this.#message(message, path))
  }

  #message(message: Message, path: string): JsonObject {
    const { content, role } = message
    const name = role === 'developer' ? (this.#writing.quirks.developerRole ?? role) : role
    const parts = partsOf(content, path, this.#writing)
    return this.#marked({ type: 'message', role: name, content: contentOf(parts) }, message, path)
  }

  #result(message: Message & { role: 'tool' }, path: string): JsonObject {
    const { toolCallId, content, isError } = message
    if (isError !== undefined) this.#writing.keeper.lose(`${path}.is_error`)
    const type = this.#custom.has(toolCallId) ? 'custom_tool_call_output' : 'function_call_output'
    const parts = partsOf(content, path, this.#writing)
    const output = parts.length === 0 ? '' : contentOf(parts)
    return this.#marked({ type, call_id: this.#ids.fit(toolCallId), output }, message, path)
  }

  /** What it said in a row is one message, with the members of the turn. */
  #turn(message: Message, path: string): JsonObject[] {
    const items: JsonObject[] = []
    let hasSaid = false
    for (const run of runsOf(message.content, placesOf(message.content, path))) {
      if (run.kind === 'thought') addAll(items, thoughtItem(run, this.#writing))
      else if (run.kind === 'call') items.push(this.#call(run.block, run.place))
      else if (run.kind === 'item') items.push(run.block.value)
      else {
        const item = this.#said(run.blocks)
        if (item === undefined) continue
        // A mark stands once; the rest holds for all that was said.
        items.push(this.#marked(item, hasSaid ? defined({ extra: message.extra }) : message, path))
        hasSaid = true
      }
    }
    // Nowhere to put them: they are named, at least.
    if (!hasSaid) this.#marked({}, message, path)
    return items
  }

  #said(blocks: readonly Placed[]): JsonObject | undefined {
    const parts = blocks.flatMap(({ block, place }) => encodePart(block, 'assistant', place, this.#writing))
    return parts.length === 0 ? undefined : { type: 'message', role: 'assistant', content: contentOf(parts) }
  }

  #call(block: ToolCallBlock, place: string): JsonObject {
    const { kind, id, name, arguments: given } = block
    const call_id = this.#ids.fit(id)
    const called: JsonObject =
      kind === 'function'
        ? { type: 'function_call', call_id, name, arguments: given }
        : { type: 'custom_tool_call', call_id, name, input: given }
    return this.#marked(called, block, place)
  }

  #marked(
    item: JsonObject,
    { cacheControl, extra }: Pick<Message, 'cacheControl' | 'extra'>,
    path: string,
  ): JsonObject {
    return this.#writing.keeper.put({ ...item, ...encodeMark(cacheControl, path, this.#writing) }, extra, path)
  }
}
