/**
 * A provider's stream on its way to a client of the same dialect: each event keeps its own bytes; the first and the last that speak of the
 * message get ours spliced in, and a stream that was cut never gets an end.
 * https://platform.claude.com/docs/en/build-with-claude/streaming
 */
import { createParser, type EventSourceMessage, type EventSourceParser } from 'eventsource-parser'
import { textOfBytes } from '../../core/bytes.ts'
import type { ReplyStream, StreamProgress, StreamWriting } from '../../core/dialect.ts'
import { GatewayError } from '../../core/errors.ts'
import { extraFieldsJson } from '../../core/extra-fields.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { asciiJson, Edits, member, readObject } from '../../core/json-text.ts'
import { parseJson } from '../../core/parse-json.ts'
import { frameText } from '../../core/sse.ts'
import { longestEvent } from '../../core/translate.ts'
import { cutStream } from '../../core/upstream-error.ts'
import { objectOf, textOf, wordsOf } from '../../core/wire.ts'
import { encodeError } from './client-errors.ts'
import { errorIn } from './provider-errors.ts'
import { costMember, pricedUsage } from './splice.ts'
import { laterUsage } from './usage.ts'

export function spliceEvents(writing: StreamWriting): ReplyStream {
  return new StreamSplicer(writing)
}

/** Events that are something of an answer. */
const content = new Set(['content_block_start', 'content_block_delta', 'content_block_stop'])

class StreamSplicer implements ReplyStream {
  readonly progress: StreamProgress = {
    committed: false,
    complete: false,
    done: false,
    error: undefined,
    usage: undefined,
  }
  readonly #writing: StreamWriting
  readonly #parser: EventSourceParser
  /** Everything of `extra_fields` in front of the two numbers that change. */
  readonly #extraHead: string
  #out = ''
  #chunkIndex = 0
  #previous: number
  #model: string | undefined
  /** The counts so far. */
  #usage: JsonObject | undefined

  constructor(writing: StreamWriting) {
    this.#writing = writing
    this.#previous = writing.started
    const { latency, chunk_index, ...still } = extraFieldsJson(writing.extra)
    this.#extraHead = `,"extra_fields":${asciiJson(still).slice(0, -1)},"latency":`
    this.#parser = createParser({
      onEvent: (event) => this.#event(event),
      onError: (error) => {
        if (error.type === 'max-buffer-size-exceeded')
          this.#fail(unreadable(`an event of more than ${longestEvent} bytes`))
      },
      maxBufferSize: longestEvent,
    })
  }

  push(bytes: string): string {
    this.#parser.feed(bytes)
    return this.#take()
  }

  end(): string {
    const { progress } = this
    if (progress.error === undefined && !progress.done) {
      if (progress.complete) this.#stop('{"type":"message_stop"}')
      else this.#fail(cutStream('a stop reason'))
    }
    return this.#take()
  }

  failure(error: GatewayError): string {
    return frameText({ event: 'error', data: asciiJson(encodeError(error, this.#writing.extra)) })
  }

  #take(): string {
    const out = this.#out
    this.#out = ''
    return out
  }

  #fail(error: GatewayError): void {
    this.progress.error ??= error
  }

  #event({ event: name, data }: EventSourceMessage): void {
    const { progress } = this
    if (progress.done || progress.error !== undefined) return
    // Some servers close a stream as OpenAI does; clients of this wire know no such thing.
    if (data === '[DONE]') return
    let event: Json
    try {
      // Bytes that are no ASCII make wrong characters here, but not another structure, and the structure is what is looked at.
      event = parseJson(data)
    } catch (error) {
      return this.#fail(unreadable('an event that is no JSON', error))
    }
    if (!isJsonObject(event)) return this.#fail(unreadable('an event that is no JSON object'))
    // Clients go by the name of an event, and some servers leave it out.
    const type = name ?? textOf(event['type']) ?? 'message'
    if (type === 'error' || event['error'] !== undefined) return this.#fail(toldError(data, event))
    this.#pass(type, event, data)
  }

  #pass(type: string, event: JsonObject, data: string): void {
    const { progress } = this
    switch (type) {
      case 'message_start': {
        const message = objectOf(event['message'])
        this.#model = textOf(message?.['model'])
        this.#usage = laterUsage(this.#usage, objectOf(message?.['usage']))
        return this.#write(type, this.#withExtra(data, this.#latency(this.#previous), data))
      }
      case 'message_delta':
        return this.#messageDelta(event, data)
      case 'message_stop':
        return progress.complete ? this.#stop(data) : this.#fail(cutStream('a stop reason'))
      default:
        progress.committed ||= content.has(type)
        return this.#write(
          type,
          this.#writing.rawResponse ? this.#withExtra(data, this.#latency(this.#previous), data) : data,
        )
    }
  }

  #messageDelta(event: JsonObject, data: string): void {
    const { progress } = this
    this.#usage = laterUsage(this.#usage, objectOf(event['usage']))
    progress.usage = this.#usage && pricedUsage(this.#usage, this.#model, this.#writing.price)
    if (wordsOf(objectOf(event['delta'])?.['stop_reason']) !== undefined) {
      progress.committed = true
      progress.complete = true
    }
    const cost = costMember(progress.usage)
    const text = cost === '' ? data : withCostMember(data, cost)
    this.#write('message_delta', this.#withExtra(text, this.#latency(this.#writing.started), data))
  }

  #stop(data: string): void {
    this.progress.done = true
    this.#write('message_stop', data)
  }

  /** Of the whole, or since the event before. */
  #latency(since: number): number {
    const now = this.#writing.now()
    this.#previous = now
    return Math.round(now - since)
  }

  #withExtra(text: string, latency: number, raw: string): string {
    const rawResponse = this.#writing.rawResponse ? `,"raw_response":${raw}` : ''
    const extra = `${this.#extraHead}${latency},"chunk_index":${this.#chunkIndex}${rawResponse}}`
    return `${text.slice(0, text.lastIndexOf('}'))}${extra}}`
  }

  #write(type: string, data: string): void {
    this.#chunkIndex++
    this.#out += frameText({ event: type, data })
  }
}

/** `cost` at the end of the usage object of an event; where there is none, nowhere. */
function withCostMember(data: string, cost: string): string {
  const usage = member(readObject(data).members, 'usage')
  if (usage === undefined || data[usage.at] !== '{') return data
  const edits = new Edits()
  const { members } = readObject(data, usage.at)
  edits.insert(usage.end - 1, members.length === 0 ? cost.slice(1) : cost)
  return edits.apply(data)
}

function unreadable(what: string, cause?: unknown): GatewayError {
  return new GatewayError('upstream-unreadable', `Error reading stream: the provider sent ${what}`, {
    code: 'invalid_response',
    cause,
  })
}

function toldError(data: string, event: JsonObject): GatewayError {
  const told = parseJson(textOfBytes(data)) as JsonObject
  return (
    errorIn(event['error'] === undefined ? { error: told } : told) ??
    new GatewayError('upstream-error', 'The provider ended the stream with an error.', { upstreamError: told })
  )
}
