/**
 * Canonical events → chunks for a client: a role, deltas, the reason each choice ended, then one last chunk with the usage and `[DONE]`.
 * https://platform.openai.com/docs/api-reference/chat-streaming
 */
import type { BlockDelta, BlockStart, ChatEvent } from '../../core/chat.ts'
import type { StreamWriting } from '../../core/dialect.ts'
import type { GatewayError } from '../../core/errors.ts'
import { type Keeper, makeKeeper } from '../../core/extra.ts'
import { extraFieldsJson } from '../../core/extra-fields.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Frame } from '../../core/sse.ts'
import type { Translator } from '../../core/translate.ts'
import { defined } from '../../core/wire.ts'
import { encodePart } from './blocks.ts'
import { encodeError } from './errors.ts'
import { TurnLayout } from './layout.ts'
import { dialect } from './name.ts'
import { encodeHead, encodeLogprobs, encodeSearch } from './response.ts'
import { encodeAnnotations, encodeReasoning } from './turn.ts'
import { encodeUsage } from './usage.ts'

export function encodeEvents(writing: StreamWriting): Translator<ChatEvent, Frame> {
  return new EventEncoder(writing)
}

type Start = Extract<ChatEvent, { type: 'start' }>
type Finish = Extract<ChatEvent, { type: 'finish' }>

/** One answer of possibly several. */
interface ChoiceState {
  /** What each block is, and its number among those that share a list on the wire. */
  readonly blocks: Map<number, { block: BlockStart; ordinal: number }>
  /** How many blocks each list on the wire has. */
  readonly lists: Map<string, number>
  /** How the blocks of another dialect lie, which the chunks do not say. */
  readonly layout: TurnLayout | undefined
  told: boolean
}

class EventEncoder implements Translator<ChatEvent, Frame> {
  readonly #writing: StreamWriting
  readonly #choices = new Map<number, ChoiceState>()
  #start: Start = { type: 'start', id: '', model: '', created: 0 }
  #keeper: Keeper = makeKeeper(false)
  #previous: number
  #chunkIndex = 0
  #around: ChunkText | undefined
  #frames: Frame[] = []

  constructor(writing: StreamWriting) {
    this.#writing = writing
    this.#previous = writing.started
  }

  push(event: ChatEvent): Frame[] {
    this.#write(event)
    return this.end()
  }

  end(): Frame[] {
    const frames = this.#frames
    this.#frames = []
    return frames
  }

  #write(event: ChatEvent): void {
    switch (event.type) {
      case 'start':
        return this.#open(event)
      case 'block-start':
        return this.#openBlock(event.choice, event.index, event.block)
      case 'block-delta':
        return this.#delta(event.choice, event.index, event.delta)
      case 'block-end':
        return
      case 'finish':
        return this.#finish(event)
      case 'error':
        return this.#fail(event.error)
    }
  }

  #open(start: Start): void {
    this.#start = start
    this.#around = undefined
    this.#keeper = makeKeeper(start.dialect === dialect)
    this.#tell(0, { content: '' }, {}, start.extra)
  }

  #openBlock(choice: number, index: number, block: BlockStart): void {
    const { blocks, lists, layout } = this.#choice(choice)
    // A thought of which nothing is told is no detail either.
    if (block.type !== 'reasoning') layout?.begin(index, block)
    const list = listOf(block)
    const ordinal = lists.get(list) ?? 0
    lists.set(list, ordinal + 1)
    blocks.set(index, { block, ordinal })
    const delta = opening(block, ordinal, this.#keeper)
    if (delta !== undefined) this.#tell(choice, delta, {}, undefined)
  }

  #delta(choice: number, index: number, delta: BlockDelta): void {
    const { blocks, layout } = this.#choice(choice)
    const state = blocks.get(index)
    if (state === undefined) return
    const { logprobs, choiceExtra, chunkExtra } = delta
    const flat = layout === undefined ? delta : laidIn(layout, index, state.block, delta)
    const wire = addition(state.block, state.ordinal, flat, this.#keeper)
    // What only the layout has to know.
    if (layout !== undefined && logprobs === undefined && isEmpty(wire)) return
    this.#tell(choice, wire, logprobs === undefined ? {} : encodeLogprobs(logprobs), chunkExtra, choiceExtra)
  }

  #finish({ choices, usage, serviceTier, extra, ...search }: Finish): void {
    if (serviceTier !== undefined) this.#start = { ...this.#start, serviceTier }
    this.#around = undefined
    for (const { index, finishReason, stopSequence, extra } of choices) {
      this.#tellLayout(index)
      this.#tell(index, {}, defined({ finish_reason: finishReason, stop: stopSequence }), undefined, extra)
    }
    const last = { index: 0, finish_reason: null, logprobs: null, delta: {} }
    const chunk = {
      ...this.#chunk(this.#writing.includeUsage ? [] : [last]),
      usage: usage === undefined ? null : encodeUsage(usage, this.#keeper),
      ...encodeSearch(search),
    }
    this.#send(this.#keeper.put(chunk, extra, ''), this.#writing.started)
    this.#frames.push({ data: '[DONE]' })
  }

  #tellLayout(index: number): void {
    const { blocks, layout } = this.#choice(index)
    if (layout === undefined || this.#start.dialect === undefined) return
    let details = 0
    for (const { block } of blocks.values()) if (block.type === 'reasoning') details++
    const detail = layout.detail(this.#start.dialect, details)
    if (detail !== undefined) this.#tell(index, { reasoning_details: [detail] }, {})
  }

  /** Nothing follows an error. */
  #fail(error: GatewayError): void {
    this.#frames.push({ data: JSON.stringify(encodeError(error, this.#writing.extra)) })
  }

  #choice(index: number): ChoiceState {
    let state = this.#choices.get(index)
    if (state === undefined) {
      const layout = this.#keeper.own ? undefined : new TurnLayout()
      state = { blocks: new Map(), lists: new Map(), layout, told: false }
      this.#choices.set(index, state)
    }
    return state
  }

  /** One chunk with one choice; the first of each choice says who speaks. */
  #tell(
    index: number,
    delta: JsonObject,
    members: JsonObject,
    chunkExtra?: JsonObject,
    choiceExtra?: JsonObject,
  ): void {
    const state = this.#choice(index)
    const said = state.told ? delta : { role: 'assistant', ...delta }
    state.told = true
    const choice = { index, finish_reason: null, logprobs: null, ...members, delta: said }
    if (chunkExtra === undefined && choiceExtra === undefined) return this.#sendChoice(choice)
    const chunk = { ...this.#chunk([this.#keeper.put(choice, choiceExtra, '')]), usage: null }
    this.#send(this.#keeper.put(chunk, chunkExtra, ''), this.#previous)
  }

  #chunk(choices: Json[]): JsonObject {
    return { id: this.#start.id, choices, ...encodeHead(this.#start, 'chat.completion.chunk') }
  }

  /** Most chunks differ in their choice and in two numbers alone: the rest is printed once. */
  #sendChoice(choice: JsonObject): void {
    this.#around ??= this.#print()
    const { before, behind } = this.#around
    const now = this.#writing.now()
    const latency = Math.round(now - this.#previous)
    this.#previous = now
    const numbers = `${latency},"chunk_index":${this.#chunkIndex++}}}`
    this.#frames.push({ data: before + JSON.stringify(choice) + behind + numbers })
  }

  #print(): ChunkText {
    const { latency, chunk_index, ...still } = extraFieldsJson(this.#writing.extra)
    const head = JSON.stringify({ ...encodeHead(this.#start, 'chat.completion.chunk'), usage: null })
    return {
      before: `{"id":${JSON.stringify(this.#start.id)},"choices":[`,
      behind: `],${head.slice(1, -1)},"extra_fields":${JSON.stringify(still).slice(0, -1)},"latency":`,
    }
  }

  /** `since` is what the latency counts from: the chunk before, or for the last chunk the beginning. */
  #send(chunk: JsonObject, since: number): void {
    const now = this.#writing.now()
    const extra = { ...this.#writing.extra, latency: Math.round(now - since), chunkIndex: this.#chunkIndex++ }
    this.#previous = now
    this.#frames.push({ data: JSON.stringify({ ...chunk, extra_fields: extraFieldsJson(extra) }) })
  }
}

/** What stands before the choice of a chunk, and between that and its two numbers. */
interface ChunkText {
  readonly before: string
  readonly behind: string
}

function isEmpty(object: JsonObject): boolean {
  for (const _ in object) return false
  return true
}

function isTold({ text, signature, data }: BlockDelta): boolean {
  return text !== undefined || signature !== undefined || data !== undefined
}

/** A delta as it goes into the flat members. */
function laidIn(layout: TurnLayout, index: number, block: BlockStart, delta: BlockDelta): BlockDelta {
  if (block.type === 'reasoning' && isTold(delta)) layout.begin(index, block)
  if (delta.extra !== undefined) layout.keep(index, delta.extra)
  if (block.type !== 'text' && block.type !== 'refusal') return delta
  const text = delta.text === undefined ? undefined : layout.say(index, delta.text)
  if (text === delta.text && delta.annotations === undefined) return delta
  const annotations = delta.annotations && layout.cite(index, delta.annotations)
  return { ...delta, ...(text !== undefined && { text }), ...(annotations !== undefined && { annotations }) }
}

/** The list a block stands in on the wire, where its deltas are told by their index. */
function listOf(block: BlockStart): string {
  return block.type === 'reasoning' || block.type === 'tool-call' || block.type === 'image' ? block.type : ''
}

/** What the client is told when a block opens; undefined where its first delta says it all. */
function opening(block: BlockStart, index: number, keeper: Keeper): JsonObject | undefined {
  switch (block.type) {
    case 'tool-call': {
      const { id, kind, name } = block
      const called = kind === 'custom' ? { custom: { name, input: '' } } : { function: { name, arguments: '' } }
      return { tool_calls: [{ index, id, type: kind, ...called }] }
    }
    case 'audio':
      return { audio: defined({ id: block.id }) }
    case 'image': {
      const part = encodePart(block, keeper, '')
      return part && { images: [{ index, ...part }] }
    }
    case 'unknown': {
      if (!keeper.own || Object.keys(block.value).length === 0) return undefined
      return { [unknownLists[block.place ?? 'content']]: [block.value] }
    }
    default:
      return undefined
  }
}

const unknownLists = {
  content: 'content',
  'reasoning-details': 'reasoning_details',
  'tool-calls': 'tool_calls',
} as const

/** What a delta adds, in the words of its kind of block. */
function addition(block: BlockStart, index: number, delta: BlockDelta, keeper: Keeper): JsonObject {
  const { text, data, signature, annotations, id, expiresAt } = delta
  const extra = keeper.own ? delta.extra : undefined
  switch (block.type) {
    case 'text': {
      if (annotations === undefined) return text === undefined ? {} : { content: text }
      return defined({ content: text, ...encodeAnnotations(annotations, keeper) })
    }
    case 'refusal':
      return defined({ refusal: text })
    case 'reasoning': {
      const detail = defined({
        type: 'reasoning' as const,
        kind: block.kind,
        id: id ?? block.id,
        format: block.format,
        text,
        signature,
        data,
        extra,
      })
      const known = text ?? signature ?? data ?? extra
      return known === undefined
        ? {}
        : defined({ reasoning: text, reasoning_details: [encodeReasoning(detail, index, keeper, '')] })
    }
    case 'tool-call': {
      const called = block.kind === 'custom' ? { custom: { input: text } } : { function: { arguments: text } }
      if (text === undefined && extra === undefined) return {}
      return { tool_calls: [keeper.put({ index, ...(text !== undefined && called) }, extra, '')] }
    }
    case 'audio':
      return { audio: defined({ id: id ?? block.id, data, transcript: text, expires_at: expiresAt }) }
    case 'image':
    case 'unknown':
      return {}
  }
}
