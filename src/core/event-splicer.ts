/**
 * What all splicers of streams have in common: a provider's events on their way to a client of the same dialect are read one by one, keep their
 * own bytes and get ours put in. What an event means, and what a whole answer is, the dialect knows.
 */
import { createParser, type EventSourceMessage, type EventSourceParser } from 'eventsource-parser'
import type { ReplyStream, StreamProgress, StreamWriting } from './dialect.ts'
import { GatewayError } from './errors.ts'
import { extraFieldsJson } from './extra-fields.ts'
import { isJsonObject, type Json, type JsonObject } from './json.ts'
import { asciiJson } from './json-text.ts'
import { parseJson } from './parse-json.ts'
import { longestEvent } from './translate.ts'

export abstract class EventSplicer implements ReplyStream {
  readonly progress: StreamProgress = {
    committed: false,
    complete: false,
    done: false,
    error: undefined,
    usage: undefined,
  }
  protected readonly writing: StreamWriting
  /** What is to be sent next. */
  protected out = ''
  /** The number of the next event, counted up by whoever writes it. */
  protected count = 0
  readonly #parser: EventSourceParser
  /** Everything of `extra_fields` in front of the two numbers that change. */
  readonly #extraHead: string
  #previous: number

  constructor(writing: StreamWriting) {
    this.writing = writing
    this.#previous = writing.started
    const { latency, chunk_index, ...still } = extraFieldsJson(writing.extra)
    this.#extraHead = `${asciiJson(still).slice(0, -1)},"latency":`
    this.#parser = createParser({
      onEvent: (event) => this.#event(event),
      onError: (error) => {
        if (error.type === 'max-buffer-size-exceeded')
          this.fail(unreadable(`an event of more than ${longestEvent} bytes`))
      },
      maxBufferSize: longestEvent,
    })
  }

  push(bytes: string): string {
    this.#parser.feed(bytes)
    return this.take()
  }

  end(): string {
    if (this.progress.error === undefined && !this.progress.done) this.ended()
    return this.take()
  }

  abstract failure(error: GatewayError): string

  /** One event: `event` is what its `data` stands for, `name` the field beside it. */
  protected abstract event(event: JsonObject, data: string, name: string | undefined): void

  /** The provider closes its stream as that of chat completions is closed; clients of other wires know no such thing. */
  protected closed(): void {}

  /** The provider's body is over, and the answer was not. */
  protected abstract ended(): void

  protected take(): string {
    const { out } = this
    this.out = ''
    return out
  }

  protected fail(error: GatewayError): void {
    this.progress.error ??= error
  }

  /** Rounded milliseconds since the event before, or of the whole. */
  protected latency(since = this.#previous): number {
    const now = this.writing.now()
    this.#previous = now
    return Math.round(now - since)
  }

  /** The object of `extra_fields` without its closing brace. */
  protected extraFields(latency: number): string {
    return `${this.#extraHead}${latency},"chunk_index":${this.count}`
  }

  /** An object's text with `extra_fields` behind its last member; `raw` is what its provider sent for it, `added` more members, each behind a comma. */
  protected withExtra(text: string, latency: number, raw: string | undefined, added = ''): string {
    const rawResponse = this.writing.rawResponse && raw !== undefined ? `,"raw_response":${raw}` : ''
    return `${text.slice(0, text.lastIndexOf('}'))}${added},"extra_fields":${this.extraFields(latency)}${rawResponse}}}`
  }

  #event({ event: name, data: lines }: EventSourceMessage): void {
    const { progress } = this
    if (progress.done || progress.error !== undefined) return
    if (lines === '[DONE]') return this.closed()
    // A line feed in JSON is as good as a space, and takes no line of its own.
    const data = lines.includes('\n') ? lines.replaceAll('\n', ' ') : lines
    let event: Json
    try {
      // Bytes that are no ASCII make wrong characters here, but not another structure, and the structure is what is looked at.
      event = parseJson(data)
    } catch (error) {
      return this.fail(unreadable('an event that is no JSON', error))
    }
    if (!isJsonObject(event)) return this.fail(unreadable('an event that is no JSON object'))
    this.event(event, data, name)
  }
}

/** The stream has something in it that is none of its dialect. */
export function unreadable(what: string, cause?: unknown): GatewayError {
  return new GatewayError('upstream-unreadable', `Error reading stream: the provider sent ${what}`, {
    code: 'invalid_response',
    cause,
  })
}
