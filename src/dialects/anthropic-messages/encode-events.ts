/**
 * Canonical events → events for a client: a message without content, its blocks one after the other, why it ended with the usage, the end.
 * https://platform.claude.com/docs/en/build-with-claude/streaming
 */
import type { BlockDelta, BlockStart, ChatEvent, Extra } from '../../core/chat.ts'
import type { StreamWriting } from '../../core/dialect.ts'
import { GatewayError } from '../../core/errors.ts'
import { type Keeper, makeKeeper } from '../../core/extra.ts'
import { extraFieldsJson } from '../../core/extra-fields.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Frame } from '../../core/sse.ts'
import type { Translator } from '../../core/translate.ts'
import { type BlockSink, type BlockWriter, blockWriter } from './block-writers.ts'
import { encodeError } from './client-errors.ts'
import { isSealed, lostSeal, nameLost, replyKeeper } from './encode-content.ts'
import { encodeEnd } from './encode-end.ts'
import { encodeSearch } from './encode-response.ts'
import { dialect } from './name.ts'
import { replyUsage } from './reply-usage.ts'

export function encodeEvents(writing: StreamWriting): Translator<ChatEvent, Frame> {
  return new EventEncoder(writing)
}

type Start = Extract<ChatEvent, { type: 'start' }>
type Finish = Extract<ChatEvent, { type: 'finish' }>

/** A block that was opened while another one was being written: it waits, and with it what was added to it. */
interface WaitingBlock {
  readonly index: number
  readonly writer: BlockWriter
  readonly deltas: BlockDelta[]
  ended: boolean
  /** Another provider's seal: it is only told before something else. */
  readonly sealed: boolean
}

class EventEncoder implements Translator<ChatEvent, Frame>, BlockSink {
  keeper: Keeper = makeKeeper(false)
  readonly lost = new Set<string>()
  readonly #writing: StreamWriting
  #frames: Frame[] = []
  /** The block that is being written, by its canonical index. */
  #current: { index: number; writer: BlockWriter } | undefined
  #waiting: WaitingBlock[] = []
  /** On the wire: how many blocks have been closed, and what opens the next one as long as nothing is behind it. */
  #position = 0
  #opening: JsonObject | undefined
  #isOpen = false
  #calls = false
  #refusal: string | undefined
  /** Indexes of refusals, whose text is also told at the end. */
  readonly #refusals = new Set<number>()
  #serviceTier: string | undefined
  #chunkIndex = 0

  constructor(writing: StreamWriting) {
    this.#writing = writing
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

  open(block: JsonObject): void {
    this.#opening = block
    this.#isOpen = true
  }

  amend(extra: Extra): void {
    if (this.#opening !== undefined) this.#opening = this.keeper.put(this.#opening, extra, '')
  }

  delta(delta: JsonObject): void {
    this.#flushOpening()
    this.#send('content_block_delta', { index: this.#position, delta })
  }

  #write(event: ChatEvent): void {
    switch (event.type) {
      case 'start':
        return this.#start(event)
      case 'block-start':
        return event.choice === 0 ? this.#openBlock(event.index, event.block) : void this.lost.add('response.choices')
      case 'block-delta':
        return event.choice === 0 ? this.#addDelta(event.index, event.delta) : undefined
      case 'block-end':
        return event.choice === 0 ? this.#endBlock(event.index) : undefined
      case 'finish':
        return this.#finish(event)
      case 'error':
        return void this.#frames.push({
          event: 'error',
          data: JSON.stringify(encodeError(event.error, this.#writing.extra)),
        })
    }
  }

  #start({ id, model, serviceTier, dialect: from, extra }: Start): void {
    this.keeper = replyKeeper(from === dialect, this.lost)
    this.#serviceTier = serviceTier
    const message = {
      id,
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      container: null,
      diagnostics: null,
      // Counts are told at the end, where they replace these.
      usage: replyUsage(undefined, serviceTier, this.keeper),
    }
    this.#send('message_start', { message: this.keeper.put(message, extra, ''), extra_fields: this.#extraFields() })
  }

  #openBlock(index: number, block: BlockStart): void {
    if (block.type === 'tool-call') this.#calls = true
    if (block.type === 'refusal' && !this.keeper.own) {
      this.#refusals.add(index)
      this.#refusal ??= ''
    }
    const sealed = !this.keeper.own && isSealed(block)
    this.#waiting.push({ index, writer: blockWriter(block, this), deltas: [], ended: false, sealed })
    this.#advance()
  }

  #addDelta(index: number, delta: BlockDelta): void {
    if (this.#refusals.has(index)) this.#refusal += delta.text ?? ''
    if (this.#current?.index === index) {
      this.#current.writer.add(delta)
      return this.#advance()
    }
    const waiting = this.#waiting.find((block) => block.index === index)
    if (waiting !== undefined) waiting.deltas.push(delta)
    // The block was closed because it was whole: what comes now can only be space, or there was never a whole.
    else if ((delta.text ?? '').trim() !== '') throw broken()
  }

  #endBlock(index: number): void {
    const waiting = this.#waiting.find((block) => block.index === index)
    if (waiting !== undefined) waiting.ended = true
    if (this.#current?.index === index) this.#close()
    this.#advance()
  }

  /** Goes on to the next block in the order they were opened, as soon as nothing more can come to the one before. */
  #advance(): void {
    while (this.#waiting.length > 0) {
      if (this.#current?.writer.whole === true) this.#close()
      if (this.#current !== undefined) return
      if (this.#waiting.every(({ sealed }) => sealed)) return
      this.#beginNext()
    }
  }

  #beginNext(): void {
    const { index, writer, deltas, ended } = this.#waiting.shift()!
    this.#current = { index, writer }
    writer.start()
    for (const delta of deltas) writer.add(delta)
    if (ended) this.#close()
  }

  /** Ends the block that is being written; one of which nothing could be told leaves no trace. */
  #close(): void {
    this.#current?.writer.end()
    this.#current = undefined
    if (!this.#isOpen) return
    this.#flushOpening()
    this.#send('content_block_stop', { index: this.#position })
    this.#position++
    this.#isOpen = false
  }

  #flushOpening(): void {
    if (this.#opening === undefined) return
    this.#send('content_block_start', { index: this.#position, content_block: this.#opening })
    this.#opening = undefined
  }

  #finish({ choices, usage, serviceTier = this.#serviceTier, extra = {}, ...search }: Finish): void {
    if (this.#waiting.length > 0) this.lost.add(lostSeal)
    const choice = choices.find(({ index }) => index === 0)
    const ending = encodeEnd({
      finishReason: choice?.finishReason ?? null,
      stopSequence: choice?.stopSequence,
      calls: this.#calls,
      refusal: this.#refusal,
    })
    nameLost(this.lost, this.#writing.extra)
    // A container is told in the delta; everything else that only this API has, beside it.
    const { container = null, ...beside } = this.keeper.own ? extra : {}
    const event = {
      delta: this.keeper.put({ ...ending, container }, choice?.extra, ''),
      usage: replyUsage(usage, serviceTier, this.keeper),
      ...encodeSearch(search),
    }
    this.#send('message_delta', { ...this.keeper.put(event, beside, ''), extra_fields: this.#extraFields() })
    this.#send('message_stop', {})
  }

  #extraFields(): JsonObject {
    const { extra, started, now } = this.#writing
    return extraFieldsJson({ ...extra, latency: Math.round(now() - started), chunkIndex: this.#chunkIndex })
  }

  #send(type: string, members: JsonObject): void {
    this.#chunkIndex++
    this.#frames.push({ event: type, data: JSON.stringify({ type, ...members }) })
  }
}

function broken(): GatewayError {
  const message = 'Error reading stream: the arguments of a tool call went on behind their end'
  return new GatewayError('upstream-unreadable', message, { code: 'invalid_response' })
}
