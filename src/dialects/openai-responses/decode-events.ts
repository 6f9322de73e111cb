/**
 * Events of a streamed response → canonical events. Servers leave out what the later events tell again, so that whatever has not come piece by piece is
 * taken from those: parts from their items, items from the whole response. https://platform.openai.com/docs/api-reference/responses-streaming
 */
import type { ChatEvent, Extra } from '../../core/chat.ts'
import type { ReplyContext } from '../../core/dialect.ts'
import { GatewayError } from '../../core/errors.ts'
import { unknownFields, withoutNulls } from '../../core/extra.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { parsedJson } from '../../core/parse-json.ts'
import { ReplyDecoder } from '../../core/reply-decoder.ts'
import type { Frame } from '../../core/sse.ts'
import type { EventDecoder } from '../../core/translate.ts'
import { cutStream, unreadable } from '../../core/upstream-error.ts'
import { countOf, defined, notEmpty, objectOf, objectsOf, textOf, wordsOf } from '../../core/wire.ts'
import { decodeHead, decodeLogprobs, finishReasonOf, responseNames } from './decode-output.ts'
import { decodeAnnotation } from './decode-parts.ts'
import { dialect } from './name.ts'
import { errorIn, failureOf } from './provider-errors.ts'
import { decodeUsage } from './reply-usage.ts'
import { type EventKind, kindOf } from './splice-kinds.ts'
import { StreamedItem } from './streamed-item.ts'

export function decodeEvents(context: ReplyContext): EventDecoder<Frame, ChatEvent> {
  return new ResponseDecoder(context)
}

class ResponseDecoder extends ReplyDecoder {
  readonly #context: ReplyContext
  /** By their place in the output. */
  readonly #items = new Map<number, StreamedItem>()
  #started = false
  #complete = false
  #blocks = 0
  #hasTier = false
  #told: Extra | undefined

  constructor(context: ReplyContext) {
    super()
    this.#context = context
  }

  get complete(): boolean {
    return this.#complete
  }

  protected read({ event, data: text }: Frame): void {
    const data = text.trim()
    if (data === '' || data === '[DONE]') return
    const body = parsedJson(data)
    if (!isJsonObject(body)) {
      const isError = event === 'error' && body === undefined
      return this.fail(
        isError ? new GatewayError('upstream-error', data) : unreadable('an event that is no JSON object'),
      )
    }
    const type = textOf(body['type']) ?? (body['error'] ? 'error' : event)
    if (type === undefined) return this.fail(unreadable('an event without a type'))
    this.#event(kindOf(type), body)
  }

  #event(kind: EventKind, body: JsonObject): void {
    switch (kind.is) {
      case 'lifecycle':
        return this.#start(objectOf(body['response']) ?? {})
      case 'end':
        return this.#end(kind.status, objectOf(body['response']))
      case 'error':
        return this.fail(errorEvent(body))
      case 'item-added':
        return this.#item(body).add(objectOf(body['item']) ?? {})
      case 'item-done':
        return this.#item(body).end(objectOf(body['item']) ?? {})
      case 'part-added':
        return this.#item(body).openPart(kind.list, partIndex(body), objectOf(body['part']) ?? {})
      case 'part-done':
        return this.#item(body).endPart(kind.list, partIndex(body), objectOf(body['part']) ?? {})
      case 'delta':
        return this.#delta(kind.place, body)
      case 'annotation': {
        const annotation = objectOf(body['annotation'])
        if (annotation !== undefined) this.#item(body).annotate(partIndex(body), decodeAnnotation(annotation))
      }
    }
  }

  #delta({ list, type }: Extract<EventKind, { is: 'delta' }>['place'], body: JsonObject): void {
    const text = wordsOf(body['delta'])
    const logprobs = decodeLogprobs(body['logprobs'])
    if (text === undefined && logprobs === undefined) return
    const delta = defined({ text, logprobs })
    const item = this.#item(body)
    if (list === undefined) item.grow(delta)
    else item.growPart(list, partIndex(body), type, delta)
  }

  #start(response: JsonObject): void {
    if (this.#started) return
    this.#started = true
    const head = defined(decodeHead(response, this.#context))
    this.#hasTier = head.serviceTier !== undefined
    this.#told = withoutNulls(unknownFields(response, responseNames))
    this.tell(defined({ type: 'start' as const, dialect, ...head, extra: this.#told }))
  }

  #item(body: JsonObject): StreamedItem {
    if (!this.#started) this.#start({})
    const at = countOf(body['output_index']) ?? Math.max(0, this.#items.size - 1)
    return this.#itemAt(at)
  }

  #itemAt(at: number): StreamedItem {
    let item = this.#items.get(at)
    if (item === undefined) {
      item = new StreamedItem(`call_${this.#context.id}_${at}`, {
        open: (block) => {
          const index = this.#blocks++
          this.tell({ type: 'block-start', choice: 0, index, block })
          return index
        },
        add: (index, delta) => this.tell({ type: 'block-delta', choice: 0, index, delta }),
        end: (index) => this.tell({ type: 'block-end', choice: 0, index }),
      })
      this.#items.set(at, item)
    }
    return item
  }

  #end(status: string, response: JsonObject | undefined): void {
    if (response === undefined) return this.fail(unreadable('a last event without a response'))
    const told = textOf(response['status'])
    if ([status, told].some((word) => word === 'failed' || word === 'cancelled')) return this.fail(failureOf(response))
    this.#start(response)
    const isCut = told === 'incomplete' || status === 'incomplete'
    this.#endItems(objectsOf(response['output']))
    const items = [...this.#items.values()]
    // Whoever says that all is done while something is not cannot be believed.
    if (!isCut && items.some((item) => item.isOpen)) return this.fail(cutStream('the end of an item'))
    for (const item of items) item.close()
    this.#complete = true
    const hasCalls = items.some(({ isCall }) => isCall)
    const finishReason = finishReasonOf({ ...response, status: isCut ? 'incomplete' : 'completed' }, hasCalls)
    this.tellLast(
      defined({
        type: 'finish' as const,
        choices: [{ index: 0, finishReason }],
        usage: decodeUsage(response['usage']),
        serviceTier: this.#hasTier ? undefined : wordsOf(response['service_tier']),
        extra: this.#news(response),
      }),
    )
  }

  /** Items that no event has told the end of. Some number them otherwise in the events. */
  #endItems(output: readonly JsonObject[]): void {
    const ended = new Set(
      [...this.#items.values()].flatMap(({ id, isOpen }) => (isOpen || id === undefined ? [] : [id])),
    )
    for (const [position, item] of output.entries()) {
      const id = wordsOf(item['id'])
      if (id !== undefined && ended.has(id)) continue
      const found = this.#itemAt(position)
      if (found.isOpen || found.isNew) found.end(item)
    }
  }

  /** What has no name and was not told at the start. */
  #news(response: JsonObject): Extra | undefined {
    const news: Extra = { ...withoutNulls(unknownFields(response, responseNames)) }
    for (const name in news) if (JSON.stringify(news[name]) === JSON.stringify(this.#told?.[name])) delete news[name]
    return notEmpty(news)
  }

  protected finish(): void {
    this.fail(cutStream('its last event'))
  }
}

/** What it is the number of depends on the list. */
function partIndex(body: JsonObject): number {
  return countOf(body['content_index'] ?? body['summary_index']) ?? 0
}

/** Its members stand in the event itself, or in an object. */
function errorEvent(body: JsonObject): GatewayError {
  const { type: _, sequence_number: __, error, ...flat } = body
  const told: Json = error ?? flat
  return (
    errorIn({ error: told }) ??
    new GatewayError('upstream-error', 'The provider says that there was an error, and not which.')
  )
}
