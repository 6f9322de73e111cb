/**
 * The conversation: what the system says comes first, results of tools right behind the calls they answer, and the last word has the user or a
 * tool. https://docs.cohere.com/reference/chat#request.body.messages, https://docs.cohere.com/reference/errors
 */
import { addAll } from '../../core/add-all.ts'
import { placesOf } from '../../core/block-places.ts'
import type { Block, FileBlock, ImageBlock, Message, ToolCallBlock } from '../../core/chat.ts'
import { argumentsOfText } from '../../core/custom-tools.ts'
import type { Keeper } from '../../core/extra.ts'
import { FreeNames } from '../../core/free-names.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { dataUri } from '../../core/media-types.ts'
import { inconsistent, typeWords, unsupported } from '../../core/refuse.ts'
import { inputOf } from '../../core/tool-input.ts'
import { defined } from '../../core/wire.ts'
import { encodeCitations } from './citations.ts'
import { documentOf, textOfFile } from './documents.ts'
import { reasoningFormat } from './name.ts'
import type { Writing } from './writing.ts'

export function writeMessages(messages: readonly Message[], writing: Writing): void {
  const writer = new ConversationWriter(writing)
  for (const [index, message] of messages.entries()) writer.take(message, `messages[${index}]`)
  writing.body['messages'] = writer.finish()
}

/** A call that waits for its result. */
interface OpenCall {
  readonly path: string
  /** What it is called here: ids may not come twice in a conversation. */
  readonly id: string
}

class ConversationWriter {
  readonly #writing: Writing
  /** In mid conversation the system is not heard: its place is lost there, but not its weight. */
  readonly #system: JsonObject[] = []
  readonly #turns: JsonObject[] = []
  readonly #ids = new FreeNames()
  #open = new Map<string, OpenCall>()
  #last = ''

  constructor(writing: Writing) {
    this.#writing = writing
  }

  take(message: Message, path: string): void {
    this.#loseMarks(message, path)
    if (message.role === 'user' || message.role === 'assistant') this.#refuseOpen()
    const members = this.#membersOf(message, path)
    // A message that says nothing is refused, and nobody misses it.
    if (members === undefined) return
    const written = this.#writing.keeper.put(members, message.extra, path)
    if (written['role'] === 'system') this.#system.push(written)
    else this.#turns.push(written)
    if (written['role'] !== 'system') this.#last = path
  }

  finish(): JsonObject[] {
    this.#refuseOpen()
    // Who says nothing but a system prompt wants it answered, which takes a user here.
    const alone = this.#turns.length === 0 ? this.#system.pop() : undefined
    if (alone !== undefined) this.#turns.push({ ...alone, role: 'user' })
    if (this.#turns.length === 0)
      throw unsupported(
        'messages',
        'say nothing, which this provider does not answer',
        'Write a message with words in it',
      )
    if (this.#turns.at(-1)?.['role'] === 'assistant')
      throw unsupported(
        this.#last,
        'is the last message and from the assistant, which this provider does not go on from',
        'Put one of the user behind it',
      )
    return [...this.#system, ...this.#turns]
  }

  #loseMarks({ name, role, cacheControl, content }: Message, path: string): void {
    const { keeper } = this.#writing
    if (name !== undefined && role !== 'tool') keeper.lose(`${path}.name`)
    if (cacheControl !== undefined) keeper.lose(`${path}.cache_control`)
    const places = placesOf(content, path)
    for (const [index, block] of content.entries()) {
      const here = places[index]!
      if (block.cacheControl !== undefined) keeper.lose(`${here}.cache_control`)
      if (block.citations !== undefined && block.type !== 'file') keeper.lose(`${here}.citations`)
    }
  }

  /** Every call has its result before anything else is said. */
  #refuseOpen(): void {
    for (const { path } of this.#open.values())
      throw inconsistent(path, 'has no result', 'Put a message of role tool with its id behind it')
  }

  #membersOf(message: Message, path: string): JsonObject | undefined {
    const writing = this.#writing
    switch (message.role) {
      case 'system':
      case 'developer':
        return saying('system', contentOf(eachBlock(message, path, writing, writeSystemBlock)))
      case 'user':
        return saying('user', contentOf(eachBlock(message, path, writing, writeUserBlock)))
      case 'assistant': {
        this.#open = this.#openCalls(message.content, path)
        return writeTurn(message.content, path, this.#open, writing)
      }
      case 'tool': {
        if (message.isError === true) writing.keeper.lose(`${path}.is_error`)
        const content = contentOf(eachBlock(message, path, writing, writeResultBlock))
        // A result of nothing is a result.
        return { role: 'tool', tool_call_id: this.#answer(message.toolCallId, path), content: content ?? '{}' }
      }
    }
  }

  #openCalls(content: readonly Block[], path: string): Map<string, OpenCall> {
    const open = new Map<string, OpenCall>()
    for (const block of content) {
      if (block.type !== 'tool-call') continue
      if (open.has(block.id))
        throw inconsistent(
          `${path}.tool_calls[${open.size}].id`,
          'is the id of another call as well',
          'Give each its own',
        )
      const id = this.#ids.give(block.id, (number) => `${block.id}_${number}`)
      open.set(block.id, { path: `${path}.tool_calls[${open.size}]`, id })
    }
    return open
  }

  /** The id of the call a result is for. */
  #answer(id: string, path: string): string {
    const call = this.#open.get(id)
    if (call === undefined)
      throw inconsistent(`${path}.tool_call_id`, 'answers no call of the message before', 'Give the id of one')
    this.#open.delete(id)
    return call.id
  }
}

function saying(role: string, content: Json | undefined): JsonObject | undefined {
  return content === undefined ? undefined : { role, content }
}

type BlockWriter = (block: Block, path: string, writing: Writing, alone: boolean) => JsonObject | undefined

/** Blocks that were put somewhere else leave nothing here. */
function eachBlock({ content }: Message, path: string, writing: Writing, write: BlockWriter): JsonObject[] {
  return content.flatMap((block, index) => {
    const here = `${path}.content[${index}]`
    if (block.type === 'unknown' && writing.keeper.own) return [block.value]
    const written = write(block, here, writing, content.length === 1)
    return written === undefined ? [] : [writing.keeper.put(written, block.extra, here)]
  })
}

/** One text is told as a text; undefined where nothing is said. */
function contentOf(parts: JsonObject[]): Json | undefined {
  const said = parts.filter((part) => !(isPlainText(part) && String(part['text']).trim() === ''))
  const [first] = said
  if (first === undefined) return undefined
  return said.length === 1 && isPlainText(first) ? first['text']! : said
}

function isPlainText(part: JsonObject): boolean {
  return part['type'] === 'text' && Object.keys(part).length === 2
}

function text(said: string): JsonObject {
  return { type: 'text', text: said }
}

/** What a file says, said without its name. */
function inWords({ filename }: FileBlock, said: string, path: string, keeper: Keeper): JsonObject {
  if (filename !== undefined) keeper.lose(`${path}.file.filename`)
  return text(said)
}

const writeSystemBlock: BlockWriter = (block, path, { keeper }) => {
  if (block.type === 'text' || block.type === 'refusal') return text(block.text)
  const said = block.type === 'file' ? textOfFile(block) : undefined
  if (said !== undefined) return inWords(block as FileBlock, said, path, keeper)
  throw refusedBlock(block, path, 'a message of the system')
}

const writeUserBlock: BlockWriter = (block, path, writing, alone) => {
  switch (block.type) {
    case 'text':
    case 'refusal':
      return text(block.text)
    case 'image':
      return writeImage(block, path, writing)
    case 'file':
      return writeFile(block, path, writing, alone)
    default:
      throw refusedBlock(block, path, 'a message of the user')
  }
}

const writeResultBlock: BlockWriter = (block, path) => {
  if (block.type === 'text' || block.type === 'refusal') return text(block.text)
  const file = block.type === 'file' ? textOfFile(block) : undefined
  if (file !== undefined) return { type: 'document', document: documentOf((block as FileBlock).filename, file) }
  throw refusedBlock(block, path, 'the result of a tool')
}

function refusedBlock(block: Block, path: string, where: string) {
  const type = block.type === 'unknown' ? typeWords(block.value) : `type ${block.type}`
  return unsupported(
    path,
    `is of ${type}, which this provider does not take in ${where}`,
    'Leave it out or choose another provider',
  )
}

/** How closely a picture may be looked at. */
const details: ReadonlySet<string | undefined> = new Set([undefined, 'auto', 'low', 'high'])

function writeImage({ source, detail }: ImageBlock, path: string, { keeper }: Writing): JsonObject {
  if (source.kind !== 'url' && source.kind !== 'data')
    throw unsupported(path, 'is an image by its id, which this provider does not know', 'Send its URL or its bytes')
  const url = source.kind === 'url' ? source.url : dataUri(source.data, source.mediaType)
  if (details.has(detail)) return { type: 'image_url', image_url: defined({ url, detail }) }
  keeper.lose(`${path}.image_url.detail`)
  return { type: 'image_url', image_url: { url } }
}

/**
 * A text that can be cited; `documents` stand apart from all messages. Answers in JSON are not possible beside them, and a message has to say
 * something itself: then the text stands where it was.
 */
function writeFile(
  file: FileBlock,
  path: string,
  { documents, request, keeper }: Writing,
  alone: boolean,
): JsonObject | undefined {
  const said = textOfFile(file)
  if (said === undefined)
    throw unsupported(
      path,
      'is a file that is no text, or is somewhere else',
      'Send the text of it, or choose another provider',
    )
  const format = request.responseFormat?.type ?? 'text'
  if (alone || format !== 'text') {
    if (file.citations?.enabled === true) keeper.lose(`${path}.citations`)
    return inWords(file, said, path, keeper)
  }
  documents.push({ path, document: documentOf(file.filename, said), cited: file.citations?.enabled })
  return undefined
}

/** An assistant's turn: thoughts and texts in order, what it planned to do, and what it called. */
function writeTurn(
  blocks: readonly Block[],
  path: string,
  open: ReadonlyMap<string, OpenCall>,
  writing: Writing,
): JsonObject | undefined {
  const parts: JsonObject[] = []
  const calls: JsonObject[] = []
  const citations: JsonObject[] = []
  let plan = ''
  const places = placesOf(blocks, path)
  for (const [index, block] of blocks.entries()) {
    const here = places[index]!
    if (block.type === 'tool-call') calls.push(writeCall(block, open.get(block.id)!, writing))
    else if (isPlan(block)) plan += block.text
    else parts.push(...writeSaid(block, path, here, writing))
    if (block.type === 'text') addAll(citations, encodeCitations(block.annotations ?? [], writing.keeper, path))
  }
  // A plan without calls is just a thought.
  if (plan !== '' && calls.length === 0) parts.unshift({ type: 'thinking', thinking: plan })
  const content = contentOf(parts)
  if (content === undefined && calls.length === 0) return undefined
  return defined({
    role: 'assistant',
    content,
    tool_plan: plan === '' || calls.length === 0 ? undefined : plan,
    tool_calls: calls.length === 0 ? undefined : calls,
    citations: citations.length === 0 ? undefined : citations,
  })
}

function isPlan(block: Block): block is Block & { text: string } {
  return (
    block.type === 'reasoning' &&
    block.kind === 'summary' &&
    block.format === reasoningFormat &&
    block.text !== undefined
  )
}

/** What has no form here in words of the assistant is left out and named: it was said, whoever said it. */
function writeSaid(block: Block, path: string, here: string, { keeper }: Writing): JsonObject[] {
  switch (block.type) {
    case 'text':
    case 'refusal':
      return [keeper.put(text(block.text), block.extra, here)]
    case 'reasoning': {
      const { kind, text: thinking, format = reasoningFormat, signature, data, extra } = block
      // Nobody but who wrote it knows what a signature or a blob is worth.
      if (kind === 'text' && thinking && format === reasoningFormat && signature === undefined && data === undefined)
        return [keeper.put({ type: 'thinking', thinking }, extra, here)]
      keeper.lose(`${path}.reasoning_details`)
      return []
    }
    case 'audio':
      if (block.transcript === undefined) keeper.lose(`${path}.audio`)
      return block.transcript === undefined ? [] : [text(block.transcript)]
    case 'unknown':
      if (keeper.own) return [block.value]
      keeper.lose(here)
      return []
    default:
      keeper.lose(here)
      return []
  }
}

function writeCall(call: ToolCallBlock, { id, path }: OpenCall, { keeper, names }: Writing): JsonObject {
  const { kind, name, arguments: given, extra } = call
  const called = kind === 'custom' ? JSON.stringify(argumentsOfText(given)) : given.trim() === '' ? '{}' : given
  if (inputOf(call) === undefined)
    throw inconsistent(`${path}.function.arguments`, 'is no JSON object', 'Send the arguments as the model wrote them')
  return keeper.put({ id, type: 'function', function: { name: names.fit(name), arguments: called } }, extra, path)
}
