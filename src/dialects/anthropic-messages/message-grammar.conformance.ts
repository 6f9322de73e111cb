/**
 * Reads a stream of Messages events as strictly as a client might, and gives the message it adds up to. What the grammar forbids is an error.
 * https://platform.claude.com/docs/en/build-with-claude/streaming
 */
import type { JsonObject } from '../../core/json.ts'
import type { Frame } from '../../core/sse.ts'

// biome-ignore lint/suspicious/noExplicitAny: a reader of events looks into them without a schema
type Loose = any

/** Of a stream that ended well. */
export function messageOf(frames: Iterable<Frame>): JsonObject {
  const reader = new Reader()
  for (const frame of frames) reader.read(frame)
  return reader.end()
}

/** How a stream ended: well, with an error told, or not at all so far. */
export function endOfMessage(frames: Iterable<Frame>): 'whole' | 'failed' | 'open' {
  const reader = new Reader()
  let failed = false
  for (const frame of frames) {
    must(!failed, `${frame.event} behind an error`)
    if (frame.event === 'error') failed = saysWhatFailed(JSON.parse(frame.data))
    else reader.read(frame)
  }
  must(!(failed && reader.ended), 'an error behind the end')
  return failed ? 'failed' : reader.ended ? 'whole' : 'open'
}

function saysWhatFailed({ type, error }: Loose): true {
  const told = type === 'error' && typeof error?.type === 'string' && typeof error.message === 'string'
  must(told, 'an error without words')
  return true
}

class Reader {
  #message: Loose
  #open: { index: number; input: string } | undefined
  #stopped = false
  #ended = false

  get ended(): boolean {
    return this.#ended
  }

  read({ event: name, data }: Frame): void {
    const event: Loose = JSON.parse(data)
    must(event.type === name, `the event ${name} has the type ${event.type}`)
    must(!this.#ended, `${name} behind the end`)
    if (name === 'ping') return
    must((this.#message !== undefined) !== (name === 'message_start'), `${name} out of place`)
    switch (name) {
      case 'message_start':
        must(event.message.content.length === 0 && event.message.stop_reason === null, 'a message that has begun')
        this.#message = structuredClone(event.message)
        return
      case 'content_block_start':
        must(this.#open === undefined && !this.#stopped, 'a block inside another one, or behind the reason')
        must(event.index === this.#message.content.length, `a block with index ${event.index}`)
        this.#message.content.push(structuredClone(event.content_block))
        this.#open = { index: event.index, input: '' }
        return
      case 'content_block_delta':
        must(this.#open?.index === event.index, 'a delta of a block that is not open')
        return this.#delta(this.#message.content[event.index], event.delta)
      case 'content_block_stop':
        must(this.#open?.index === event.index, 'the end of a block that is not open')
        return this.#closeBlock()
      case 'message_delta':
        must(this.#open === undefined, 'a reason while a block is open')
        Object.assign(this.#message, { ...event.delta, container: event.delta.container ?? this.#message.container })
        Object.assign(this.#message.usage, event.usage)
        this.#stopped = typeof event.delta.stop_reason === 'string'
        return
      case 'message_stop':
        must(this.#stopped, 'an end without a reason')
        this.#ended = true
        return
      default:
        throw new Error(`an event ${name}`)
    }
  }

  end(): JsonObject {
    must(this.#ended, 'no end')
    return this.#message
  }

  #delta(block: Loose, delta: Loose): void {
    switch (delta.type) {
      case 'text_delta':
        must(block.type === 'text', 'text')
        block.text += delta.text
        return
      case 'citations_delta':
        must(block.type === 'text', 'a citation')
        block.citations = [...(block.citations ?? []), delta.citation]
        return
      case 'thinking_delta':
        must(block.type === 'thinking', 'a thought')
        block.thinking += delta.thinking
        return
      case 'signature_delta':
        must(block.type === 'thinking' && block.signature === '', 'a signature, or a second one')
        block.signature = delta.signature
        return
      case 'input_json_delta':
        must(/tool_use$/.test(block.type), 'an input')
        this.#open!.input += delta.partial_json
        return
      default:
        throw new Error(`a delta ${delta.type}`)
    }
  }

  #closeBlock(): void {
    const { index, input } = this.#open!
    const block = this.#message.content[index]
    if (input !== '') block.input = parsedOr(input)
    this.#open = undefined
  }
}

/** An input that broke off is what clients make of it. */
function parsedOr(input: string): unknown {
  try {
    return JSON.parse(input)
  } catch {
    return { INVALID_JSON: input }
  }
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`The stream has ${what}.`)
}
