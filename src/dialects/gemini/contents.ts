/**
 * Messages as contents: what users and models said in turns, results of functions as turns of users, and what the system says apart.
 * https://ai.google.dev/api/caching#Content
 * https://ai.google.dev/gemini-api/docs/generate-content/thought-signatures
 */
import { addAll } from '../../core/add-all.ts'
import type { Block, Message, ReasoningBlock, ToolCallBlock } from '../../core/chat.ts'
import { exactObject } from '../../core/exact-json.ts'
import type { JsonObject } from '../../core/json.ts'
import { inconsistent, unsupported } from '../../core/refuse.ts'
import { inputOf } from '../../core/tool-input.ts'
import { mediaPart } from './media.ts'
import { reasoningFormat } from './name.ts'
import type { Writing } from './writing.ts'

/** Stands for a signature where a call was made by another model: the service checks that there is one. */
const noSignature = 'skip_thought_signature_validator'

export function writeContents(messages: readonly Message[], writing: Writing): void {
  const conversation = new Conversation(writing)
  for (const [index, message] of messages.entries()) conversation.add(message, `messages[${index}]`)
  conversation.finish()
}

interface Turn {
  readonly role: 'user' | 'model'
  readonly parts: JsonObject[]
  /** Results of functions stand alone. */
  readonly results: boolean
  readonly extra: JsonObject
}

/** A call of the last turn, and its result once that came. */
interface OpenCall {
  readonly id: string
  readonly name: string
  readonly path: string
  result: JsonObject | undefined
  /** Pictures and the like that came with the result and have to be told after it. */
  beside: JsonObject[]
}

class Conversation {
  readonly #writing: Writing
  readonly #system: JsonObject[] = []
  readonly #turns: Turn[] = []
  #calls: OpenCall[] = []
  /** Those without a result, by their ids: made with the first result. */
  #unanswered: Map<string, OpenCall[]> | undefined

  constructor(writing: Writing) {
    this.#writing = writing
  }

  add(message: Message, path: string): void {
    const { keeper } = this.#writing
    const { role, name, cacheControl, content } = message
    if (name !== undefined && role !== 'tool') keeper.lose(`${path}.name`)
    if (cacheControl !== undefined) keeper.lose(`${path}.cache_control`)
    const extra = keeper.put({}, message.extra, path)
    switch (role) {
      case 'tool':
        return this.#result(message, path)
      case 'system':
      case 'developer':
        // The wire has one place for the system, before everything: what it says in mid conversation holds from the beginning.
        return addAll(this.#system, this.#instructions(content, path))
      case 'user':
        this.#answered()
        return this.#say('user', this.#said(content, path), extra)
      case 'assistant': {
        this.#answered()
        const turn = new ModelTurn(content, path, this.#writing)
        this.#calls = turn.calls
        this.#unanswered = undefined
        return this.#say('model', turn.parts, extra)
      }
    }
  }

  finish(): void {
    this.#answered()
    const { body, traits } = this.#writing
    if (this.#turns.length === 0)
      throw unsupported('messages', 'has nothing but what the system says', 'Add a message of the user')
    if (traits.modern) signCalls(this.#turns)
    if (this.#system.length > 0) body['systemInstruction'] = { parts: this.#system }
    body['contents'] = this.#turns.map(({ role, parts, extra }) => ({ role, parts, ...extra }))
  }

  /** Messages of one side in a row are one turn. */
  #say(role: Turn['role'], parts: JsonObject[], extra: JsonObject, results = false): void {
    if (parts.length === 0) return
    const last = this.#turns.at(-1)
    if (last?.role === role && !last.results && !results) {
      addAll(last.parts, parts)
      Object.assign(last.extra, extra)
    } else this.#turns.push({ role, parts, results, extra: { ...extra } })
  }

  #instructions(content: readonly Block[], path: string): JsonObject[] {
    return content.flatMap((block, position) => {
      const here = `${path}.content[${position}]`
      if (block.type !== 'text')
        throw unsupported(here, 'is no text, which is all the system can say here', 'Put it into a message of the user')
      return partOf(block, here, this.#writing)
    })
  }

  #said(content: readonly Block[], path: string): JsonObject[] {
    return content.flatMap((block, position) => partOf(block, `${path}.content[${position}]`, this.#writing))
  }

  #result(message: Message & { role: 'tool' }, path: string): void {
    this.#unanswered ??= byId(this.#calls)
    const call = this.#unanswered.get(message.toolCallId)?.shift()
    if (call === undefined) {
      const says = `is ${JSON.stringify(message.toolCallId)}, which no call of the assistant's message before it has`
      throw inconsistent(`${path}.tool_call_id`, says, 'Send each result once, after its call')
    }
    const { text, media } = resultOf(message.content, path, this.#writing)
    // As text, as it was written: an object of its own would lose the form of its numbers, and may have members that mean something here.
    const response = { [message.isError === true ? 'error' : 'output']: text }
    const inside = this.#writing.traits.modern && media.length > 0 ? { parts: media.map(withoutResolution) } : {}
    call.result = { functionResponse: { id: call.id, name: call.name, response, ...inside } }
    if (!this.#writing.traits.modern) call.beside = media
  }

  /** All results of a turn's calls together, in the order of the calls. */
  #answered(): void {
    if (this.#calls.length === 0) return
    const missing = this.#calls.find(({ result }) => result === undefined)
    if (missing !== undefined) {
      const id = JSON.stringify(missing.id)
      throw inconsistent(missing.path, 'has no result', `Put a message of role tool with tool_call_id ${id} behind it`)
    }
    const results = this.#calls.map(({ result }) => result!)
    const beside = this.#calls.flatMap((call) => call.beside)
    this.#calls = []
    this.#unanswered = undefined
    this.#say('user', results, {}, true)
    this.#say('user', beside, {})
  }
}

function byId(calls: readonly OpenCall[]): Map<string, OpenCall[]> {
  const found = new Map<string, OpenCall[]>()
  for (const call of calls) {
    const alike = found.get(call.id)
    if (alike === undefined) found.set(call.id, [call])
    else alike.push(call)
  }
  return found
}

/** What a function gave back: its texts as one, and what else there is. */
function resultOf(content: readonly Block[], path: string, writing: Writing): { text: string; media: JsonObject[] } {
  const texts: string[] = []
  const media: JsonObject[] = []
  for (const [position, block] of content.entries()) {
    for (const part of partOf(block, `${path}.content[${position}]`, writing)) {
      if (typeof part['text'] === 'string') texts.push(part['text'])
      else media.push(part)
    }
  }
  return { text: texts.join('\n'), media }
}

/** Inside a result there is no place for it. */
function withoutResolution({ mediaResolution: _, ...part }: JsonObject): JsonObject {
  return part
}

/**
 * The first call of each step of the turn under way must come with a signature. Those that have none were made by another model, or by this
 * one before it was asked through this house. Earlier turns are not looked at.
 */
function signCalls(turns: readonly Turn[]): void {
  const begin = turns.findLastIndex(({ role, results }) => role === 'user' && !results)
  for (const { role, parts } of turns.slice(begin + 1)) {
    const call = role === 'model' ? parts.find((part) => part['functionCall'] !== undefined) : undefined
    if (call !== undefined) call['thoughtSignature'] ??= noSignature
  }
}

const unknownPlaces = {
  content: 'content',
  'reasoning-details': 'reasoning_details',
  'tool-calls': 'tool_calls',
} as const

/** What a model said, with every signature at the part it belongs to. */
class ModelTurn {
  readonly parts: JsonObject[] = []
  readonly calls: OpenCall[] = []
  readonly #writing: Writing
  readonly #path: string
  /** By the id of the call they sign. */
  readonly #signatures = new Map<string, string>()
  /** Signs the next text or picture. */
  #pending: string | undefined
  /** How many parts of content came before, as clients count them. */
  #position = 0

  constructor(content: readonly Block[], path: string, writing: Writing) {
    this.#writing = writing
    this.#path = path
    const ids = new Set(content.flatMap((block) => (block.type === 'tool-call' ? [block.id] : [])))
    for (const block of content) if (block.type === 'reasoning') this.#collect(block, ids)
    for (const block of content) this.#add(block)
    this.#release()
  }

  #collect({ kind, id, data, format }: ReasoningBlock, ids: ReadonlySet<string>): void {
    if (kind !== 'encrypted' || id === undefined || data === undefined || !isOurs(format)) return
    if (ids.has(id)) this.#signatures.set(id, data)
  }

  #add(block: Block): void {
    switch (block.type) {
      case 'reasoning':
        return this.#thought(block)
      case 'tool-call':
        return this.#call(block)
      case 'text':
        if (block.annotations !== undefined) this.#writing.keeper.lose(`${this.#path}.annotations`)
    }
    for (const part of this.#content(block)) this.#push(part)
  }

  #content(block: Block): JsonObject[] {
    // What only another provider knows of an earlier turn is no part of what is asked now.
    if (block.type === 'unknown' && !this.#writing.keeper.own) {
      const { place = 'content' } = block
      const position = place === 'content' ? `[${this.#position++}]` : ''
      this.#writing.keeper.lose(`${this.#path}.${unknownPlaces[place]}${position}`)
      return []
    }
    const here = `${this.#path}.content[${this.#position++}]`
    if (block.type !== 'audio' || block.source !== undefined) return partOf(block, here, this.#writing)
    // A sound another provider keeps: what was said in it is all there is.
    this.#writing.keeper.lose(`${this.#path}.audio`)
    return block.transcript ? [{ text: block.transcript }] : []
  }

  #push(part: JsonObject): void {
    if (this.#pending !== undefined) {
      part['thoughtSignature'] = this.#pending
      this.#pending = undefined
    }
    this.parts.push(part)
  }

  /** A signature with nothing to sign came in a part of its own. */
  #release(): void {
    if (this.#pending !== undefined) this.parts.push({ text: '', thoughtSignature: this.#pending })
    this.#pending = undefined
  }

  #thought(block: ReasoningBlock): void {
    const { kind, text, signature, data, id, format, extra } = block
    const place = `${this.#path}.reasoning_details`
    this.#writing.keeper.put({}, extra, place)
    if (!isOurs(format)) return this.#writing.keeper.lose(place)
    if (kind !== 'encrypted') {
      // Whose it is nobody says, and no signature either: another model's thoughts would be taken for this one's.
      if (format === undefined && signature === undefined) return this.#writing.keeper.lose(place)
      const signed = signature === undefined ? {} : { thoughtSignature: signature }
      this.parts.push({ text: text ?? '', thought: true, ...signed })
      return
    }
    if (data === undefined) return this.#writing.keeper.lose(place)
    const stowed = stowedPart(data)
    if (stowed !== undefined) this.parts.push(stowed)
    else if (id === undefined) {
      this.#release()
      this.#pending = data
    } else if (!this.#signatures.has(id)) this.#writing.keeper.lose(place)
  }

  #call(block: ToolCallBlock): void {
    const path = `${this.#path}.tool_calls[${this.calls.length}]`
    const { keeper, names } = this.#writing
    marks(block, path, this.#writing)
    const name = names.fit(block.name)
    const args = inputOf(block)
    if (args === undefined)
      throw inconsistent(
        `${path}.function.arguments`,
        'is no JSON object',
        'Send the arguments as the model wrote them',
      )
    const signature = this.#signatures.get(block.id)
    const signed = signature === undefined ? {} : { thoughtSignature: signature }
    this.parts.push(keeper.put({ functionCall: { id: block.id, name, args }, ...signed }, block.extra, path))
    this.calls.push({ id: block.id, name, path, result: undefined, beside: [] })
  }
}

/** Nobody else can read it. Where it does not say, one has to believe. */
function isOurs(format: string | undefined): boolean {
  return format === undefined || format === reasoningFormat
}

/** A part that clients have no form for travels as an opaque detail; see `stow` in candidate.ts. */
function stowedPart(data: string): JsonObject | undefined {
  return data.startsWith('{') ? exactObject(data) : undefined
}

/** The parts of a block; empty texts are refused by the service, and say nothing. */
function partOf(block: Block, path: string, writing: Writing): JsonObject[] {
  const { keeper } = writing
  marks(block, path, writing)
  switch (block.type) {
    case 'text':
    case 'refusal':
      return block.text === '' ? [] : [keeper.put({ text: block.text }, block.extra, path)]
    case 'image':
    case 'audio':
    case 'video':
    case 'file':
      if (block.type === 'file' && block.filename !== undefined) keeper.lose(`${path}.file.filename`)
      return [keeper.put(mediaPart(block, path, writing), block.extra, path)]
    case 'unknown':
      if (keeper.own) return [block.value]
      throw unsupported(path, 'is of a type that has no form here', 'Leave it out or choose another provider')
    default:
      keeper.lose(path)
      return []
  }
}

/** Caching is the service's own affair, and citations come with its search alone. */
function marks({ cacheControl, citations }: Block, path: string, { keeper }: Writing): void {
  if (cacheControl !== undefined) keeper.lose(`${path}.cache_control`)
  if (citations?.enabled === true) keeper.lose(`${path}.citations`)
}
