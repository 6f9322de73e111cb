/**
 * The conversation: a system prompt apart, and turns of user and assistant. Results of tools open the user's turn after the calls they answer.
 * https://platform.claude.com/docs/en/build-with-claude/working-with-messages,
 * https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls,
 * https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages
 */
import { addAll } from '../../core/add-all.ts'
import { placesOf } from '../../core/block-places.ts'
import type { Block, Message } from '../../core/chat.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { inconsistent, unsupported } from '../../core/refuse.ts'
import { callsOf } from '../../core/tool-names.ts'
import { textOf } from '../../core/wire.ts'
import { encodeCacheControl } from './blocks.ts'
import { isThought } from './conversation-end.ts'
import type { MessageEncoding } from './encoding.ts'
import { assistantBlock, plainBlock, typeName, userBlock } from './message-blocks.ts'

export interface EncodedMessages {
  readonly system: Json | undefined
  readonly messages: JsonObject[]
}

/** A turn while it is being gathered. */
interface Turn {
  readonly role: 'user' | 'assistant' | 'system'
  /** Where its first message stands, for refusals. */
  readonly path: string
  /** Results of tools, which go first. */
  readonly results: JsonObject[]
  readonly content: JsonObject[]
  /** Members of the message beside its content that came from this wire. */
  extra: JsonObject
}

/** A call that waits for its result. */
interface OpenCall {
  readonly path: string
  answered: boolean
}

export function encodeMessages(encoding: MessageEncoding): EncodedMessages {
  const writer = new ConversationWriter(encoding)
  for (const [index, message] of encoding.request.messages.entries()) writer.take(message, `messages[${index}]`)
  return writer.finish()
}

function isBlank(block: Block): boolean {
  return (block.type === 'text' || block.type === 'refusal') && block.text.trim() === ''
}

class ConversationWriter {
  readonly #encoding: MessageEncoding
  /** What is said before the conversation, message by message. */
  readonly #system: JsonObject[][] = []
  readonly #turns: Turn[] = []
  /** What the system says in mid conversation, until its place is known. */
  #waiting: JsonObject[][] = []
  #openCalls = new Map<string, OpenCall>()

  constructor(encoding: MessageEncoding) {
    this.#encoding = encoding
  }

  take(message: Message, path: string): void {
    if (message.name !== undefined && message.role !== 'tool') this.#encoding.dropped.push(`${path}.name`)
    switch (message.role) {
      case 'system':
      case 'developer':
        return this.#takeSystem(message, path)
      case 'user':
        return this.#takeUser(message, path)
      case 'assistant':
        return this.#takeAssistant(message, path)
      case 'tool':
        return this.#takeResult(message, path)
    }
  }

  finish(): EncodedMessages {
    this.#refuseOpenCalls()
    this.#placeSystem()
    this.#endThoughts()
    // Who says nothing but a system prompt wants it answered, which takes a user here.
    if (this.#turns.length === 0) {
      const last = this.#system.pop()
      if (last === undefined) throw inconsistent('messages', 'say nothing', 'Give a message with content')
      addAll(this.#turn('user', 'messages[0]').content, last)
    }
    const [first] = this.#turns
    if (first!.role === 'assistant')
      throw unsupported(
        first!.path,
        'opens the conversation with words of the assistant',
        'Put a message of the user before it',
      )
    this.#checkPrefill(this.#turns.at(-1)!)
    const system = this.#system.flat()
    return {
      system: system.length === 0 ? undefined : contentOf(system),
      messages: this.#turns.map(({ role, results, content, extra }) => ({
        ...extra,
        role,
        content: contentOf([...results, ...content]),
      })),
    }
  }

  #takeSystem(message: Message, path: string): void {
    const blocks = this.#blocks(message, path, (block, place) => {
      if (block.type === 'text') return plainBlock(block, place, this.#encoding)
      throw unsupported(
        place,
        `is of type ${typeName(block)}, which a system prompt cannot have`,
        'Put it into a message of the user',
      )
    })
    this.#mark(blocks, message, path)
    // Most models take what the system says at the beginning alone: its place is lost there, but not its weight.
    const inside = this.#encoding.traits.systemInside && this.#encoding.host.systemInside && this.#turns.length > 0
    if (blocks.length > 0) (inside ? this.#waiting : this.#system).push(blocks)
    this.#loseExtra(message, path)
  }

  /** In place, where that is behind a user's turn and before an assistant's; else to the rest of what the system says. */
  #placeSystem(): void {
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    if (this.#turns.at(-1)?.role === 'user') addAll(this.#newTurn('system', '').content, waiting.flat())
    else addAll(this.#system, waiting)
  }

  #takeUser(message: Message, path: string): void {
    const blocks = this.#blocks(message, path, (block, place) => userBlock(block, place, this.#encoding))
    this.#mark(blocks, message, path)
    if (blocks.length > 0) addAll(this.#turn('user', path, message).content, blocks)
  }

  #takeAssistant(message: Message, path: string): void {
    this.#checkAnswered()
    this.#placeSystem()
    const calls: [string, OpenCall][] = []
    const blocks = this.#blocks(message, path, (block, place) => {
      if (block.type === 'tool-call') calls.push([block.id, { path: place, answered: false }])
      return assistantBlock(block, place, path, this.#encoding)
    })
    this.#mark(blocks, message, path)
    if (blocks.length === 0) return
    addAll(this.#turn('assistant', path, message).content, blocks)
    for (const [id, call] of calls) {
      if (this.#openCalls.has(id))
        throw inconsistent(`${call.path}.id`, 'is the id of another call as well', 'Give every call an id of its own')
      this.#openCalls.set(id, call)
    }
  }

  #takeResult(message: Message & { role: 'tool' }, path: string): void {
    const { callIds, keeper, dropped } = this.#encoding
    const call = this.#openCalls.get(message.toolCallId)
    if (call === undefined)
      throw inconsistent(
        `${path}.tool_call_id`,
        'answers no call of the assistant before it',
        'Put it behind the message with the call',
      )
    if (call.answered)
      throw inconsistent(
        `${path}.tool_call_id`,
        'answers a call that has been answered',
        'Give one result for each call',
      )
    call.answered = true
    const content = this.#blocks(message, path, (block, place) => userBlock(block, place, this.#encoding))
    const result: JsonObject = { type: 'tool_result', tool_use_id: callIds.fit(message.toolCallId) }
    if (content.length > 0) result['content'] = contentOf(content)
    // What went wrong can be told in words alone; what there is to see counts more.
    const onlyText = content.every(({ type }) => type === 'text')
    if (message.isError === true && !onlyText) dropped.push(`${path}.is_error`)
    else if (message.isError !== undefined) result['is_error'] = message.isError
    const mark = encodeCacheControl(message.cacheControl, keeper, path)
    if (mark !== undefined) result['cache_control'] = mark
    if (message.name !== undefined && message.name !== this.#calledName(message.toolCallId))
      dropped.push(`${path}.name`)
    this.#turn('user', path).results.push(keeper.put(result, message.extra, path))
  }

  #calledName(id: string): string | undefined {
    return callsOf(this.#encoding.request.messages).find((call) => call.id === id)?.name
  }

  /** The turn to add to: the last one, where it is of the same role. */
  #turn(role: 'user' | 'assistant', path: string, message?: Message): Turn {
    const last = this.#turns.at(-1)
    const turn = last?.role === role ? last : this.#newTurn(role, path)
    if (message?.extra !== undefined) turn.extra = this.#encoding.keeper.put(turn.extra, message.extra, path)
    return turn
  }

  #newTurn(role: Turn['role'], path: string): Turn {
    this.#endThoughts()
    if (role === 'assistant') this.#openCalls = new Map()
    const turn: Turn = { role, path, results: [], content: [], extra: {} }
    this.#turns.push(turn)
    return turn
  }

  /** A turn cannot end in a thought; one that was cut off in its thoughts said nothing. */
  #endThoughts(): void {
    const last = this.#turns.at(-1)
    if (last?.role !== 'assistant') return
    const end = last.content.findLastIndex((block) => !isThought(block))
    if (end === last.content.length - 1) return
    last.content.length = end + 1
    this.#encoding.dropped.push(`${last.path}.reasoning_details`)
    if (last.content.length === 0) this.#turns.pop()
  }

  /** Every call has its result in the turn that follows; a turn of the assistant that goes on is not over yet. */
  #checkAnswered(): void {
    if (this.#turns.at(-1)?.role !== 'assistant') this.#refuseOpenCalls()
  }

  #refuseOpenCalls(): void {
    for (const { path, answered } of this.#openCalls.values())
      if (!answered) throw inconsistent(path, 'is a call without a result', 'Add a tool message with its id behind it')
  }

  #checkPrefill(last: Turn): void {
    const { traits, dropped, request } = this.#encoding
    if (last.role !== 'assistant') return
    const block = last.content.at(-1)!
    const text = block['type'] === 'text' ? textOf(block['text']) : undefined
    if (text === undefined) return
    if (!traits.prefill)
      throw unsupported(
        last.path,
        `is the beginning of an answer, from which model ${request.model} cannot go on`,
        'End with a message of the user',
      )
    // The API refuses an answer that begins with a word and a space.
    const trimmed = text.trimEnd()
    if (trimmed === text) return
    last.content[last.content.length - 1] = { ...block, text: trimmed }
    dropped.push(`${last.path}.content`)
  }

  /** The blocks of a message, without texts that say nothing: the API refuses them. */
  #blocks(
    message: Message,
    path: string,
    encode: (block: Block, place: string) => JsonObject | undefined,
  ): JsonObject[] {
    const places = placesOf(message.content, path)
    const blocks: JsonObject[] = []
    for (const [index, block] of message.content.entries()) {
      const place = places[index]!
      if (isBlank(block)) {
        if (block.cacheControl !== undefined) this.#encoding.dropped.push(`${place}.cache_control`)
        continue
      }
      const wire = encode(block, place)
      if (wire !== undefined) blocks.push(wire)
    }
    return blocks
  }

  /** A mark on the message as a whole is one on its last block that may have one. */
  #mark(blocks: JsonObject[], { cacheControl }: Message, path: string): void {
    const { keeper, dropped } = this.#encoding
    const mark = encodeCacheControl(cacheControl, keeper, path)
    if (mark === undefined) return
    const last = blocks.findLastIndex((block) => !isThought(block))
    if (last === -1) dropped.push(`${path}.cache_control`)
    else blocks[last] = { ...blocks[last], cache_control: blocks[last]!['cache_control'] ?? mark }
  }

  #loseExtra(message: Message, path: string): void {
    this.#encoding.keeper.put({}, message.extra, path)
  }
}

/** One text without anything else is told as a text. */
function contentOf(blocks: JsonObject[]): Json {
  const [block] = blocks
  const plain = blocks.length === 1 && block?.['type'] === 'text' && Object.keys(block).length === 2
  return plain ? block['text']! : blocks
}
