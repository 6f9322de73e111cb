/**
 * A provider's stream on its way to a client of the same dialect: each event keeps its own bytes and gets ours spliced in, and a stream that was
 * cut never gets an end. https://platform.openai.com/docs/api-reference/responses-streaming
 */
import type { ReplyStream, StreamWriting } from '../../core/dialect.ts'
import type { GatewayError } from '../../core/errors.ts'
import { EventSplicer, unreadable } from '../../core/event-splicer.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { asciiJson, Edits, member, members } from '../../core/json-text.ts'
import { frameText } from '../../core/sse.ts'
import { longestEvent } from '../../core/translate.ts'
import { cutStream } from '../../core/upstream-error.ts'
import { textOf } from '../../core/wire.ts'
import { errorEvent, responseError } from './response-error.ts'
import { toldFailure } from './splice-failure.ts'
import { StreamedItems } from './splice-items.ts'
import { type EventKind, kindOf } from './splice-kinds.ts'
import { RequestEcho } from './splice-object.ts'
import { spliceWhole, type WholeSplicing } from './splice-whole.ts'

export function spliceEvents(writing: StreamWriting): ReplyStream {
  return new StreamSplicer(writing)
}

class StreamSplicer extends EventSplicer {
  readonly #echo: RequestEcho
  readonly #items = new StreamedItems()
  /** Of the event before: the next one nearly always has the same. */
  #type = ''
  #kind = kindOf('')
  /** The last event that told of the whole response; '' before there is one. */
  #lifecycle = ''
  /** The event by which the provider itself told of the failure. */
  #failed: { readonly error: GatewayError; readonly event: JsonObject; readonly data: string } | undefined

  constructor(writing: StreamWriting) {
    super(writing)
    this.#echo = new RequestEcho(writing.asked, writing.extra.modelRequested)
  }

  protected override ended(): void {
    this.fail(cutStream('its last event'))
  }

  failure(error: GatewayError): string {
    const told = this.#failed
    // What was masked in the error is not told by the provider's own event either.
    if (told !== undefined && told.error === error) this.#writeWhole('response.failed', told.event, told.data, 'failed')
    else if (this.#lifecycle !== '') this.#writeFailed(error)
    else {
      const event = errorEvent(error, this.count++, this.writing.extra)
      this.out += frameText({ event: 'error', data: asciiJson(event) })
    }
    return this.take()
  }

  protected override event(event: JsonObject, data: string, name: string | undefined): void {
    const type = textOf(event['type']) ?? name
    if (type === undefined) return this.#nameless(event, data)
    if (type !== this.#type) {
      this.#type = type
      this.#kind = kindOf(type)
    }
    this.#pass(this.#kind, type, event, data)
  }

  #pass(kind: EventKind, type: string, event: JsonObject, data: string): void {
    const { progress } = this
    switch (kind.is) {
      case 'delta':
        this.#items.delta(kind.place, event, data)
        if (this.#items.length > longestEvent)
          return this.fail(unreadable(`an answer of more than ${longestEvent} characters`))
        break
      case 'item-added':
        this.#items.added(event, data)
        break
      case 'item-done':
        this.#items.finished(event, data)
        break
      case 'part-added':
        this.#items.partAdded(kind.list, event, data)
        break
      case 'part-done':
        this.#items.partDone(kind.list, event, data)
        break
      case 'annotation':
        this.#items.annotation(event, data)
        break
      case 'lifecycle':
        return this.#lifecycleEvent(type, kind.status, event, data)
      case 'end':
        return this.#end(type, kind.status, event, data)
      case 'error':
        return this.fail(toldFailure(data))
      case 'idle':
        return
    }
    progress.committed = true
    this.#write(kind.head, type, event, data, this.latency(), data)
  }

  /** Something that this wire has no word for: an error, most often. */
  #nameless(event: JsonObject, data: string): void {
    if (event['error'] !== undefined && event['error'] !== null) return this.fail(toldFailure(data))
    this.progress.committed = true
    this.out += frameText({ data })
  }

  #lifecycleEvent(type: string, status: string, event: JsonObject, data: string): void {
    if (!isJsonObject(event['response'])) return this.fail(unreadable(`${type} without a response`))
    this.#lifecycle = data
    this.#writeWhole(type, event, data, status)
  }

  #end(type: string, status: string, event: JsonObject, data: string): void {
    const { progress } = this
    if (!isJsonObject(event['response'])) return this.fail(unreadable(`${type} without a response`))
    if (status === 'failed' || status === 'cancelled') {
      const error = toldFailure(data)
      if (status === 'failed') this.#failed = { error, event, data }
      return this.fail(error)
    }
    // Whoever says that all is done while something is not cannot be believed.
    if (status === 'completed' && this.#items.openCount > 0) return this.fail(cutStream('the end of an item'))
    progress.committed = true
    progress.complete = true
    progress.done = true
    this.#writeWhole(type, event, data, status)
  }

  /** An event that tells of the whole response. */
  #writeWhole(type: string, event: JsonObject, data: string, status: string): void {
    const isEnd = status !== 'in_progress' && status !== 'queued'
    const latency = isEnd ? this.latency(this.writing.started) : this.latency()
    const { text, whole, upstreamId, usage } = spliceWhole(data, this.#splicing(status, latency))
    this.progress.upstreamId ??= upstreamId
    if (isEnd) {
      this.progress.whole = whole
      this.progress.usage = usage
    }
    this.#write(kindOf(type).head, type, event, text, latency, data)
  }

  /** Of what the response was when it was last told of, and what has come of it since. */
  #writeFailed(error: GatewayError): void {
    const latency = this.latency(this.writing.started)
    const { whole } = spliceWhole(this.#lifecycle, {
      ...this.#splicing('failed', latency),
      replaced: { status: '"failed"', error: asciiJson(responseError(error)), output: this.#items.output() },
    })
    this.progress.whole = whole
    const data = `{"type":"response.failed","response":${whole}}`
    this.#write(
      kindOf('response.failed').head,
      'response.failed',
      { type: 'response.failed' },
      data,
      latency,
      undefined,
    )
  }

  #splicing(status: string, latency: number): WholeSplicing {
    return {
      echo: this.#echo,
      status,
      price: this.writing.price,
      extra: `${this.extraFields(latency)}}`,
      items: this.#items,
    }
  }

  #write(head: string, type: string, event: JsonObject, data: string, latency: number, raw: string | undefined): void {
    const text = this.#isAsItShouldBe(event, type) ? data : this.#mended(data, type)
    this.out += `${head}${this.withExtra(text, latency, raw)}\n\n`
    this.count++
  }

  #isAsItShouldBe(event: JsonObject, type: string): boolean {
    return (
      event['sequence_number'] === this.count &&
      event['type'] !== undefined &&
      event['extra_fields'] === undefined &&
      (event['logprobs'] !== undefined || !likely.has(type))
    )
  }

  /** With a type, the number that is due and the list of likelihoods, and without what another gateway has added. */
  #mended(data: string, type: string): string {
    const edits = new Edits()
    const list = members(data)
    const number = member(list, 'sequence_number')
    const last = list.at(-1)
    let added = member(list, 'type') === undefined ? `,"type":${asciiJson(type)}` : ''
    if (number === undefined) added += `,"sequence_number":${this.count}`
    else edits.replace(number, String(this.count))
    if (likely.has(type) && member(list, 'logprobs') === undefined) added += ',"logprobs":[]'
    edits.insert(last?.end ?? data.lastIndexOf('}'), last === undefined ? added.slice(1) : added)
    edits.remove(list, ({ key }) => key === 'extra_fields')
    return edits.apply(data)
  }
}

/** Events that have `logprobs` in any case by OpenAI's types, and not at everybody who follows it. */
const likely = new Set(['response.output_text.delta', 'response.output_text.done'])
