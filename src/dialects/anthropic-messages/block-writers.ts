/**
 * How each kind of block is streamed to a client: what opens it, what its deltas are, what closes it. One block is written at a time.
 * https://platform.claude.com/docs/en/build-with-claude/streaming
 */
import type { BlockDelta, BlockStart, Extra, ReasoningBlock } from '../../core/chat.ts'
import type { Keeper } from '../../core/extra.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { ObjectEnd } from '../../core/json-text.ts'
import { parsedJson } from '../../core/parse-json.ts'
import { defined, textOf } from '../../core/wire.ts'
import { directCaller, encodeReplyCitation, encodeThought } from './encode-content.ts'

/** Where a writer writes: a block is opened once, then deltas follow; what is never opened is not there. */
export interface BlockSink {
  open(block: JsonObject): void
  /** Lays unknown fields over what was opened, as long as nothing was written behind it. */
  amend(extra: Extra): void
  delta(delta: JsonObject): void
  readonly keeper: Keeper
  /** Names of what cannot be told. */
  readonly lost: Set<string>
}

/** One block on its way to the client. */
export interface BlockWriter {
  /** Before the first delta. */
  start(): void
  add(delta: BlockDelta): void
  /** Behind the last delta. */
  end(): void
  /** Nothing that counts can follow: the block may be closed because another one wants to be opened. */
  readonly whole: boolean
}

export function blockWriter(block: BlockStart, sink: BlockSink): BlockWriter {
  switch (block.type) {
    case 'text':
      return new TextWriter(sink)
    case 'refusal':
      // The API's own refusals are told at the end and are no content.
      return sink.keeper.own ? new SilentWriter(undefined, sink) : new TextWriter(sink)
    case 'reasoning':
      return new ThoughtWriter(block, sink)
    case 'tool-call':
      return block.kind === 'custom' ? new CustomCallWriter(block, sink) : new CallWriter(block, sink)
    case 'audio':
      return new SoundWriter(sink)
    case 'image':
      return new SilentWriter('response.image', sink)
    case 'unknown':
      return new UnknownWriter(block.value, sink)
  }
}

class TextWriter implements BlockWriter {
  readonly whole: boolean = false
  readonly #sink: BlockSink
  #text = ''

  constructor(sink: BlockSink) {
    this.#sink = sink
  }

  start(): void {
    this.#sink.open({ type: 'text', text: '', citations: null })
  }

  add({ text, annotations, extra }: BlockDelta): void {
    if (extra !== undefined) this.#sink.amend(extra)
    if (text !== undefined && text !== '') {
      this.#text += text
      this.#sink.delta({ type: 'text_delta', text })
    }
    for (const annotation of annotations ?? []) {
      for (const citation of encodeReplyCitation(annotation, this.#text, this.#sink.lost))
        this.#sink.delta({ type: 'citations_delta', citation })
    }
  }

  end(): void {}
}

/** A block that leaves no trace but its name. */
class SilentWriter implements BlockWriter {
  readonly whole: boolean = false
  readonly #sink: BlockSink
  readonly #name: string | undefined

  constructor(name: string | undefined, sink: BlockSink) {
    this.#name = name
    this.#sink = sink
  }

  start(): void {
    if (this.#name !== undefined) this.#sink.lost.add(this.#name)
  }

  add(): void {}

  end(): void {}
}

/** What was said in a sound is told as text; the sound itself has no place. */
class SoundWriter implements BlockWriter {
  readonly whole: boolean = false
  readonly #sink: BlockSink
  #opened = false

  constructor(sink: BlockSink) {
    this.#sink = sink
  }

  start(): void {
    this.#sink.lost.add('response.audio')
  }

  add({ text }: BlockDelta): void {
    if (text === undefined || text === '') return
    if (!this.#opened) this.#sink.open({ type: 'text', text: '', citations: null })
    this.#opened = true
    this.#sink.delta({ type: 'text_delta', text })
  }

  end(): void {}
}

type ThoughtStart = Extract<BlockStart, { type: 'reasoning' }>

/** Text flows; a signature is told whole at the end, as clients keep the last one they get. Sealed thoughts are told when they are there. */
class ThoughtWriter implements BlockWriter {
  readonly whole: boolean = false
  readonly #sink: BlockSink
  readonly #thought: ReasoningBlock
  #flows = false

  constructor({ kind, id, format }: ThoughtStart, sink: BlockSink) {
    this.#sink = sink
    this.#thought = defined({ type: 'reasoning' as const, kind, id, format })
  }

  start(): void {
    if (this.#thought.kind !== 'encrypted') this.#flow()
  }

  add({ text, signature, data, id, extra }: BlockDelta): void {
    const thought = this.#thought
    if (signature !== undefined) thought.signature = (thought.signature ?? '') + signature
    if (data !== undefined) thought.data = (thought.data ?? '') + data
    if (id !== undefined) thought.id = id
    if (extra !== undefined) thought.extra = { ...thought.extra, ...extra }
    if (text === undefined || text === '') return
    thought.text = (thought.text ?? '') + text
    if (!this.#flows) this.#flow()
    this.#sink.delta({ type: 'thinking_delta', thinking: text })
  }

  end(): void {
    const { keeper } = this.#sink
    const wire = keeper.put(encodeThought(this.#thought), this.#thought.extra, '')
    if (!this.#flows) return this.#sink.open(wire)
    const signature = textOf(wire['signature']) ?? ''
    if (signature !== '') this.#sink.delta({ type: 'signature_delta', signature })
  }

  #flow(): void {
    this.#flows = true
    this.#sink.open({ type: 'thinking', thinking: '', signature: '' })
  }
}

type CallStart = Extract<BlockStart, { type: 'tool-call' }>

/** What opens a call, whatever its arguments are. */
function openCall({ id, name }: CallStart, sink: BlockSink): void {
  sink.open({ type: 'tool_use', id, name, input: {}, caller: directCaller })
}

class CallWriter implements BlockWriter {
  readonly #sink: BlockSink
  readonly #block: CallStart
  readonly #pieces: string[] = []
  readonly #objectEnd = new ObjectEnd()
  /** How many pieces were looked at, and whether they are an object, once they end like one. */
  #seen = 0
  #isObject: boolean | undefined

  constructor(block: CallStart, sink: BlockSink) {
    this.#block = block
    this.#sink = sink
  }

  start(): void {
    openCall(this.#block, this.#sink)
  }

  add({ text, extra }: BlockDelta): void {
    if (extra !== undefined) this.#sink.amend(extra)
    if (text === undefined || text === '') return
    this.#pieces.push(text)
    this.#sink.delta({ type: 'input_json_delta', partial_json: text })
  }

  end(): void {}

  /** Behind a whole object there can be space at most. */
  get whole(): boolean {
    // Asked again and again while another call waits, and by most calls never.
    for (; this.#seen < this.#pieces.length; this.#seen++) this.#objectEnd.push(this.#pieces[this.#seen]!)
    if (!this.#objectEnd.reached) return false
    this.#isObject ??= isJsonObject(parsedJson(this.#pieces.join('')))
    return this.#isObject
  }
}

/** Free text becomes the one member of an object, letter by letter. */
class CustomCallWriter implements BlockWriter {
  readonly whole: boolean = false
  readonly #sink: BlockSink
  readonly #block: CallStart

  constructor(block: CallStart, sink: BlockSink) {
    this.#block = block
    this.#sink = sink
  }

  start(): void {
    openCall(this.#block, this.#sink)
    this.#write('{"input":"')
  }

  add({ text }: BlockDelta): void {
    if (text !== undefined && text !== '') this.#write(JSON.stringify(text).slice(1, -1))
  }

  end(): void {
    this.#write('"}')
  }

  #write(text: string): void {
    this.#sink.delta({ type: 'input_json_delta', partial_json: text })
  }
}

/** A block that only this API knows: as it came, for clients of it. It comes whole. */
class UnknownWriter implements BlockWriter {
  readonly whole: boolean = false
  readonly #sink: BlockSink
  readonly #value: JsonObject

  constructor(value: JsonObject, sink: BlockSink) {
    this.#value = value
    this.#sink = sink
  }

  start(): void {
    if (this.#sink.keeper.own) this.#sink.open(this.#value)
    else this.#sink.lost.add('response.unknown')
  }

  add(): void {}

  end(): void {}
}
