/**
 * Items of a request to messages of the canonical form. What an assistant said, thought and called in one go are items of their own here and one
 * message there; results stand behind the turn that asked for them. Each piece remembers where the client wrote it.
 * https://platform.openai.com/docs/guides/conversation-state
 */
import type { Block, Message, ToolCallBlock } from '../../core/chat.ts'
import type { Known } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { sniffedType } from '../../core/media-types.ts'
import { defined, objectsOf, tableOf, textOf, wordsOf } from '../../core/wire.ts'
import {
  cacheControlNames,
  decodeCacheControl,
  decodeContent,
  decodeMarks,
  furtherFields,
  type PlacedBlock,
} from './decode-parts.ts'
import { decodeReasoning } from './decode-reasoning.ts'
import { dialect } from './name.ts'
import { namespacesOf, type ToolNamespaces } from './tool-namespaces.ts'

/** A canonical message, and where it and each of its blocks stand in the client's request. */
export interface Piece {
  readonly message: Message
  /** For an assistant's turn of several items, the one that its own members stand in. */
  at: string
  readonly blocksAt: string[]
}

/** Takes a body that has passed the checks; throws nothing. */
export function decodePieces(body: JsonObject): Piece[] {
  const { instructions, input } = body
  const conversation = new Conversation(namespacesOf(body))
  if (typeof instructions === 'string')
    conversation.add({ role: 'system', content: [] }, 'instructions', decodeContent(instructions, 'instructions'))
  if (typeof input === 'string') conversation.add({ role: 'user', content: [] }, 'input', decodeContent(input, 'input'))
  for (const [index, item] of objectsOf(input).entries()) addItem(item, `input[${index}]`, conversation)
  return conversation.pieces()
}

/** A message, and the results that belong behind it. */
interface Entry extends Piece {
  readonly results: Piece[]
  /** An assistant's turn has said something in an item of its own. */
  hasSaid: boolean
}

/** Messages as they come in. */
class Conversation {
  readonly namespaces: ToolNamespaces
  readonly #entries: Entry[] = []
  /** The assistant's turn that goes on. */
  #turn: Entry | undefined
  readonly #askedBy = new Map<string, Entry>()

  constructor(namespaces: ToolNamespaces) {
    this.namespaces = namespaces
  }

  add(message: Message, at: string, content: readonly PlacedBlock[]): void {
    this.#turn = undefined
    this.#entries.push(entryOf(message, at, content))
  }

  /** Something the assistant thought, called or did. */
  continue(block: Block, at: string): void {
    const turn = this.#openTurn(at)
    turn.message.content.push(block)
    turn.blocksAt.push(at)
    if (block.type === 'tool-call') this.#askedBy.set(block.id, turn)
  }

  /** An item of what it said. Such with members that differ, of the phase they belong to, cannot be one message. */
  say(members: Pick<Message, 'cacheControl' | 'extra'>, at: string, content: readonly PlacedBlock[]): void {
    if (this.#turn?.hasSaid === true && !sameExtra(this.#turn.message, members)) this.#turn = undefined
    const turn = this.#openTurn(at)
    Object.assign(turn.message, members)
    if (!turn.hasSaid) {
      turn.at = at
      turn.hasSaid = true
    }
    for (const placed of content) {
      turn.message.content.push(placed.block)
      turn.blocksAt.push(placed.at)
    }
  }

  /** Wires that know no items want results right behind the turn that asked, whatever was said in between. */
  answer(message: Message & { role: 'tool' }, at: string, content: readonly PlacedBlock[]): void {
    const turn = this.#askedBy.get(message.toolCallId)
    if (turn === undefined) return this.add(message, at, content)
    turn.results.push(entryOf(message, at, content))
    if (this.#turn === turn) this.#turn = undefined
  }

  pieces(): Piece[] {
    return this.#entries.flatMap((entry) => [entry, ...entry.results])
  }

  #openTurn(at: string): Entry {
    if (this.#turn === undefined) {
      this.#turn = entryOf({ role: 'assistant', content: [] }, at, [])
      this.#entries.push(this.#turn)
    }
    return this.#turn
  }
}

function entryOf(message: Message, at: string, placed: readonly PlacedBlock[]): Entry {
  const content = placed.map(({ block }) => block)
  return { message: { ...message, content }, at, blocksAt: placed.map((part) => part.at), results: [], hasSaid: false }
}

function sameExtra(one: Pick<Message, 'extra'>, other: typeof one): boolean {
  return JSON.stringify(one.extra) === JSON.stringify(other.extra)
}

/** What every item may have and no other wire misses. */
const itemNames = { type: true, id: true, status: true } as const satisfies Known

const messageNames = {
  ...itemNames,
  role: true,
  content: true,
  cache_control: cacheControlNames,
} as const satisfies Known

const outputNames = {
  ...itemNames,
  call_id: true,
  // The call it answers has them, too.
  name: true,
  namespace: true,
  output: true,
  cache_control: cacheControlNames,
} as const satisfies Known

/** What becomes of items by their types. */
const decoders = tableOf<(item: JsonObject, at: string, conversation: Conversation) => void>({
  message: addMessage,
  function_call: (item, at, conversation) =>
    conversation.continue(decodeCall(item, 'function', conversation.namespaces), at),
  custom_tool_call: (item, at, conversation) =>
    conversation.continue(decodeCall(item, 'custom', conversation.namespaces), at),
  function_call_output: addOutput,
  custom_tool_call_output: addOutput,
  reasoning(item, at, conversation) {
    for (const block of decodeReasoning(item)) conversation.continue(block, at)
  },
  image_generation_call(item, at, conversation) {
    conversation.continue(decodePicture(item) ?? unknownItem(item), at)
  },
  refusal: (item, at, conversation) =>
    conversation.continue({ type: 'refusal', text: textOf(item['refusal']) ?? '' }, at),
  // What it stands for is not here.
  item_reference() {},
})

function addItem(item: JsonObject, at: string, conversation: Conversation): void {
  const decode = decoders[typeOf(item)]
  if (decode !== undefined) decode(item, at, conversation)
  else conversation.continue(unknownItem(item), at)
}

function unknownItem(value: JsonObject): Block {
  return { type: 'unknown', value, dialect }
}

/** A picture that the assistant made; undefined where there is none. How it was made is nothing that another wire misses. */
function decodePicture({ result, output_format }: JsonObject): Block | undefined {
  const data = wordsOf(result)
  if (data === undefined) return undefined
  const format = textOf(output_format)
  const mediaType = format === undefined ? sniffedType(data) : `image/${format}`
  return { type: 'image', source: defined({ kind: 'data' as const, mediaType, data }), dialect }
}

/** The type of an item, which those of a message and of a reference may go without. */
export function typeOf({ type, role, id }: JsonObject): string {
  if (typeof type === 'string') return type
  return role === undefined && textOf(id) !== undefined ? 'item_reference' : 'message'
}

function addMessage(item: JsonObject, at: string, conversation: Conversation): void {
  const content = decodeContent(item['content'], `${at}.content`)
  const members = defined({
    cacheControl: decodeCacheControl(item['cache_control']),
    extra: furtherFields(item, messageNames),
  })
  const { role } = item
  if (role === 'assistant') return conversation.say(members, at, content)
  const known = role === 'system' || role === 'developer' ? role : 'user'
  conversation.add({ role: known, content: [], ...members }, at, content)
}

function addOutput(item: JsonObject, at: string, conversation: Conversation): void {
  if (isUnasked(item)) return addUnasked(item, at, conversation)
  const message = defined({
    role: 'tool' as const,
    toolCallId: textOf(item['call_id']) ?? '',
    content: [],
    cacheControl: decodeCacheControl(item['cache_control']),
    extra: furtherFields(item, outputNames),
  })
  // A result that says nothing is an empty one.
  const content = decodeContent(item['output'] as Json, `${at}.output`)
  conversation.answer(message, at, content.length > 0 ? content : decodeContent('', `${at}.output`))
}

/** A tool may tell something that nobody called it for. Other wires know results of calls alone: it is told as its words. */
export function isUnasked({ type, call_id, name }: JsonObject): boolean {
  return type === 'function_call_output' && textOf(call_id) === undefined && textOf(name) !== undefined
}

function addUnasked(item: JsonObject, at: string, conversation: Conversation): void {
  const place = `${at}.output`
  const output = item['output'] as Json
  const tool = [textOf(item['namespace']), textOf(item['name'])].filter((name) => name !== undefined).join('.')
  const head = `Output of the tool ${tool}:`
  const content =
    typeof output === 'string'
      ? decodeContent(`${head}\n${output}`, place)
      : [...decodeContent(head, place), ...decodeContent(output, place)]
  const cacheControl = decodeCacheControl(item['cache_control'])
  const extra = furtherFields(item, outputNames)
  conversation.add(defined({ role: 'user' as const, content: [], cacheControl, extra }), at, content)
}

const callNames = {
  ...itemNames,
  call_id: true,
  name: true,
  namespace: true,
  cache_control: cacheControlNames,
} as const satisfies Known

/** For each kind of call, where it has what it was called with, and the members it is made of. */
const callMembers = {
  function: { given: 'arguments', names: { ...callNames, arguments: true } },
  custom: { given: 'input', names: { ...callNames, input: true } },
} as const satisfies Record<ToolCallBlock['kind'], { given: string; names: Known }>

function decodeCall(item: JsonObject, kind: ToolCallBlock['kind'], namespaces: ToolNamespaces): ToolCallBlock {
  const { given, names } = callMembers[kind]
  const name = textOf(item['name']) ?? ''
  const namespace = textOf(item['namespace'])
  return {
    type: 'tool-call',
    kind,
    id: textOf(item['call_id']) ?? '',
    name: namespace === undefined ? name : namespaces.join({ name, namespace }),
    arguments: textOf(item[given]) ?? '',
    ...decodeMarks(item, names),
  }
}
