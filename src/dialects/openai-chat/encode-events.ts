/**
 * Canonical events → chunks for a client: a role, deltas, the reason each choice ended, then one last chunk with the usage and `[DONE]`.
 * https://platform.openai.com/docs/api-reference/chat-streaming
 */
import type { BlockDelta, BlockStart, ChatEvent } from '../../core/chat.ts'
import type { StreamWriting } from '../../core/dialect.ts'
import type { GatewayError } from '../../core/errors.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Frame } from '../../core/sse.ts'
import type { Translator } from '../../core/translate.ts'
import { encodeError } from './errors.ts'
import { type Keeper, makeKeeper } from './extra.ts'
import { extraFieldsJson } from './extra-fields.ts'
import { encodeHead, encodeLogprobs, encodeSearch } from './response.ts'
import { encodeAnnotation, encodeReasoning } from './turn.ts'
import { encodeUsage } from './usage.ts'
import { defined, dialect } from './wire.ts'

export function encodeEvents(writing: StreamWriting): Translator<ChatEvent, Frame> {
  return new EventEncoder(writing)
}

type Start = Extract<ChatEvent, { type: 'start' }>
type Finish = Extract<ChatEvent, { type: 'finish' }>

/** One answer of possibly several. */
interface ChoiceState {
  /** What each block is, and its number among those that share a list on the wire. */
  readonly blocks: Map<number, { block: BlockStart; ordinal: number }>
  told: boolean
}

class EventEncoder implements Translator<ChatEvent, Frame> {
  readonly #writing: StreamWriting
  readonly #choices = new Map<number, ChoiceState>()
  #start: Start = { type: 'start', id: '', model: '', created: 0 }
  #keeper: Keeper = makeKeeper(false)
  #previous: number
  #chunkIndex = 0
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
    this.#keeper = makeKeeper(start.dialect === dialect)
    this.#tell(0, { content: '' }, {}, start.extra)
  }

  #openBlock(choice: number, index: number, block: BlockStart): void {
    const { blocks } = this.#choice(choice)
    const list = listOf(block)
    const ordinal = [...blocks.values()].filter((other) => list !== '' && listOf(other.block) === list).length
    blocks.set(index, { block, ordinal })
    const delta = opening(block, ordinal, this.#keeper)
    if (delta !== undefined) this.#tell(choice, delta, {}, undefined)
  }

  #delta(choice: number, index: number, delta: BlockDelta): void {
    const state = this.#choice(choice).blocks.get(index)
    if (state === undefined) return
    const { logprobs, choiceExtra, chunkExtra } = delta
    const wire = addition(state.block, state.ordinal, delta, this.#keeper)
    this.#tell(choice, wire, { ...(logprobs && encodeLogprobs(logprobs)) }, chunkExtra, choiceExtra)
  }

  #finish({ choices, usage, extra, ...search }: Finish): void {
    for (const { index, finishReason, stopSequence, extra } of choices) {
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

  /** Nothing follows an error. */
  #fail(error: GatewayError): void {
    this.#frames.push({ data: JSON.stringify(encodeError(error, this.#writing.extra)) })
  }

  #choice(index: number): ChoiceState {
    const state = this.#choices.get(index) ?? { blocks: new Map(), told: false }
    this.#choices.set(index, state)
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
    const chunk = { ...this.#chunk([this.#keeper.put(choice, choiceExtra, '')]), usage: null }
    this.#send(this.#keeper.put(chunk, chunkExtra, ''), this.#previous)
  }

  #chunk(choices: Json[]): JsonObject {
    return { id: this.#start.id, choices, ...encodeHead(this.#start, 'chat.completion.chunk') }
  }

  /** `since` is what the latency counts from: the chunk before, or for the last chunk the beginning. */
  #send(chunk: JsonObject, since: number): void {
    const now = this.#writing.now()
    const extra = { ...this.#writing.extra, latency: Math.round(now - since), chunkIndex: this.#chunkIndex++ }
    this.#previous = now
    this.#frames.push({ data: JSON.stringify({ ...chunk, extra_fields: extraFieldsJson(extra) }) })
  }
}

/** The list a block stands in on the wire, where its deltas are told by their index. */
function listOf(block: BlockStart): string {
  return block.type === 'reasoning' || block.type === 'tool-call' ? block.type : ''
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
  const { text, data, signature, annotations, id, expiresAt, extra } = delta
  switch (block.type) {
    case 'text': {
      const notes = annotations?.flatMap((annotation) => encodeAnnotation(annotation, keeper, ''))
      return defined({ content: text, annotations: notes })
    }
    case 'refusal':
      return defined({ refusal: text })
    case 'reasoning': {
      const detail = defined({
        type: 'reasoning' as const,
        kind: block.kind,
        id: id ?? block.id,
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
    case 'unknown':
      return {}
  }
}
