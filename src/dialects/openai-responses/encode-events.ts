/**
 * Canonical events → events for a client: the response as it begins, its items as they grow, and the whole response as it ended.
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
import type { BlockStart, ChatEvent } from '../../core/chat.ts'
import type { EventEncoder, StreamWriting } from '../../core/dialect.ts'
import type { GatewayError } from '../../core/errors.ts'
import { makeKeeper } from '../../core/extra.ts'
import { type ExtraFields, extraFieldsJson } from '../../core/extra-fields.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Frame } from '../../core/sse.ts'
import { encodeSearch, nameLost, stopReason } from './encode-response.ts'
import { endOf } from './end-status.ts'
import { replyIdOf } from './item-ids.ts'
import { dialect } from './name.ts'
import { Output } from './output.ts'
import type { EventSink } from './output-item.ts'
import { errorEvent, responseError } from './response-error.ts'
import { type ResponseHead, type ResponseState, responseObject } from './response-object.ts'
import { encodeUsage } from './response-usage.ts'
import { namespacesOf } from './tool-namespaces.ts'

/** Its `whole` is the response in the last event. */
export function encodeEvents(writing: StreamWriting): EventEncoder {
  return new ResponseEncoder(writing)
}

type Start = Extract<ChatEvent, { type: 'start' }>
type Finish = Extract<ChatEvent, { type: 'finish' }>

class ResponseEncoder implements EventEncoder, EventSink {
  whole: string | undefined
  readonly #writing: StreamWriting
  readonly #lost = new Set<string>()
  /** Everything of `extra_fields` in front of the two numbers that change, printed once. */
  #extraHead: string
  #start: Start = { type: 'start', id: '', model: '', created: 0 }
  #keeper = makeKeeper(false)
  /** Undefined until the response has been told of. */
  #output: Output | undefined
  #head: ResponseHead | undefined
  #sequenceNumber = 0
  #previous: number
  #frames: Frame[] = []

  constructor(writing: StreamWriting) {
    this.#writing = writing
    this.#previous = writing.started
    this.#extraHead = extraHead(writing.extra)
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

  send(type: string, members: string): void {
    const number = this.#sequenceNumber++
    const data = `{"type":"${type}","sequence_number":${number}${members},"extra_fields":${this.#extra(number, this.#previous)}}`
    this.#frames.push({ event: type, data })
  }

  #write(event: ChatEvent): void {
    switch (event.type) {
      case 'block-delta':
        return event.choice === 0 ? this.#output?.add(event.index, event.delta) : undefined
      case 'block-start':
        return event.choice === 0 ? this.#open(event.index, event.block) : void this.#lost.add('response.choices')
      case 'block-end':
        return event.choice === 0 ? this.#output?.end(event.index) : undefined
      case 'start':
        return this.#begin(event)
      case 'finish':
        return this.#finish(event)
      case 'error':
        return this.#fail(event.error)
    }
  }

  #open(index: number, block: BlockStart): void {
    if (this.#output === undefined) this.#begin(this.#start)
    this.#output?.open(index, block)
  }

  #begin(start: Start): void {
    const { asked } = this.#writing
    const id = replyIdOf(asked, start.id)
    this.#start = start
    this.#keeper = makeKeeper(start.dialect === dialect)
    this.#head = { id, created: start.created, model: start.model }
    const namespaces = namespacesOf(asked.request.body)
    this.#output = new Output(id, { keeper: this.#keeper, lost: this.#lost, namespaces, sink: this })
    const response = this.#response({ status: 'in_progress', serviceTier: start.serviceTier })
    for (const type of ['response.created', 'response.in_progress']) this.#sendResponse(type, response, this.#previous)
  }

  #finish({ choices, usage, serviceTier = this.#start.serviceTier, extra, ...search }: Finish): void {
    if (this.#output === undefined) this.#begin(this.#start)
    const finishReason = choices.find(({ index }) => index === 0)?.finishReason ?? null
    const end = endOf(finishReason)
    const output = this.#output?.finish(end.status === 'incomplete') ?? []
    const state = { ...end, output, usage: usage && encodeUsage(usage, this.#keeper), serviceTier }
    const response = { ...this.#response(state), ...encodeSearch(search), ...stopReason(finishReason) }
    this.#sendLast(`response.${end.status}`, this.#keeper.put(response, extra, ''))
  }

  #fail(error: GatewayError): void {
    if (this.#output === undefined) {
      const event = errorEvent(error, this.#sequenceNumber++, this.#writing.extra)
      this.#frames.push({ event: 'error', data: JSON.stringify(event) })
      return
    }
    const { serviceTier } = this.#start
    const state = { status: 'failed' as const, output: this.#output.fail(), error: responseError(error), serviceTier }
    this.#sendLast('response.failed', this.#response(state))
  }

  #response(state: ResponseState): JsonObject {
    const response = responseObject(this.#head!, state, this.#writing.asked)
    return this.#keeper.put(response, this.#start.extra, '')
  }

  #sendLast(type: string, response: JsonObject): void {
    const { extra, started } = this.#writing
    nameLost(this.#lost, extra)
    if (this.#lost.size > 0) this.#extraHead = extraHead(extra)
    this.whole = this.#sendResponse(type, response, started)
  }

  /** Gives the text of the response as it is told. `since` is what the latency counts from. */
  #sendResponse(type: string, response: JsonObject, since: number): string {
    const number = this.#sequenceNumber++
    const extra = this.#extra(number, since)
    const text = `${JSON.stringify(response).slice(0, -1)},"extra_fields":${extra}}`
    const data = `{"type":"${type}","sequence_number":${number},"response":${text},"extra_fields":${extra}}`
    this.#frames.push({ event: type, data })
    return text
  }

  #extra(number: number, since: number): string {
    const now = this.#writing.now()
    this.#previous = now
    return `${this.#extraHead}${Math.round(now - since)},"chunk_index":${number}}`
  }
}

function extraHead(extra: ExtraFields): string {
  const { latency, chunk_index, ...still } = extraFieldsJson(extra)
  return `${JSON.stringify(still).slice(0, -1)},"latency":`
}
