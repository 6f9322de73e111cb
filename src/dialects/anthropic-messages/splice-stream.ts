/**
 * A provider's stream on its way to a client of the same dialect: each event keeps its own bytes; the first and the last that speak of the
 * message get ours spliced in, and a stream that was cut never gets an end.
 * https://platform.claude.com/docs/en/build-with-claude/streaming
 */
import { textOfBytes } from '../../core/bytes.ts'
import type { ReplyStream, StreamWriting } from '../../core/dialect.ts'
import { GatewayError } from '../../core/errors.ts'
import { EventSplicer } from '../../core/event-splicer.ts'
import type { JsonObject } from '../../core/json.ts'
import { asciiJson, Edits, member, readObject } from '../../core/json-text.ts'
import { parseJson } from '../../core/parse-json.ts'
import { frameText } from '../../core/sse.ts'
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

class StreamSplicer extends EventSplicer {
  #model: string | undefined
  /** The counts so far. */
  #usage: JsonObject | undefined

  failure(error: GatewayError): string {
    return frameText({ event: 'error', data: asciiJson(encodeError(error, this.writing.extra)) })
  }

  protected override ended(): void {
    if (this.progress.complete) this.#stop('{"type":"message_stop"}')
    else this.fail(cutStream('a stop reason'))
  }

  protected override event(event: JsonObject, data: string, name: string | undefined): void {
    // Clients go by the name of an event, and some servers leave it out.
    const type = name ?? textOf(event['type']) ?? 'message'
    if (type === 'error' || event['error'] !== undefined) return this.fail(toldError(data, event))
    this.#pass(type, event, data)
  }

  #pass(type: string, event: JsonObject, data: string): void {
    const { progress } = this
    switch (type) {
      case 'message_start': {
        const message = objectOf(event['message'])
        this.#model = textOf(message?.['model'])
        this.#usage = laterUsage(this.#usage, objectOf(message?.['usage']))
        return this.#write(type, this.withExtra(data, this.latency(), data))
      }
      case 'message_delta':
        return this.#messageDelta(event, data)
      case 'message_stop':
        return progress.complete ? this.#stop(data) : this.fail(cutStream('a stop reason'))
      default:
        progress.committed ||= content.has(type)
        return this.#write(type, this.writing.rawResponse ? this.withExtra(data, this.latency(), data) : data)
    }
  }

  #messageDelta(event: JsonObject, data: string): void {
    const { progress } = this
    this.#usage = laterUsage(this.#usage, objectOf(event['usage']))
    progress.usage = this.#usage && pricedUsage(this.#usage, this.#model, this.writing.price)
    if (wordsOf(objectOf(event['delta'])?.['stop_reason']) !== undefined) {
      progress.committed = true
      progress.complete = true
    }
    const cost = costMember(progress.usage)
    const text = cost === '' ? data : withCostMember(data, cost)
    this.#write('message_delta', this.withExtra(text, this.latency(this.writing.started), data))
  }

  #stop(data: string): void {
    this.progress.done = true
    this.#write('message_stop', data)
  }

  #write(type: string, data: string): void {
    this.count++
    this.out += frameText({ event: type, data })
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

function toldError(data: string, event: JsonObject): GatewayError {
  const told = parseJson(textOfBytes(data)) as JsonObject
  return (
    errorIn(event['error'] === undefined ? { error: told } : told) ??
    new GatewayError('upstream-error', 'The provider ended the stream with an error.', { upstreamError: told })
  )
}
