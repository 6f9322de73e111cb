/**
 * Writes a response as the events of a stream: that it was made, each item from its beginning to its end, the whole of it.
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
import type { Draft } from '../behaviours.ts'
import type { Piece } from '../pieces.ts'
import type { Mishaps } from '../replies.ts'
import type { ResponseObject } from './response-object.ts'
import type { ScriptedItem, Step } from './scripted.ts'

/** A response, before and after it was made. */
export interface Made {
  head: ResponseObject
  items: readonly ScriptedItem[]
  whole: ResponseObject
  draft: Draft
  hash: string
}

/** Where a stream departs from the usual. */
export interface StreamQuirks {
  /** Hides how long a token is, as the service does unless it is told not to. */
  obfuscated: boolean
  /** Letters of padding on the first token's event. */
  padding: number
  /** Ends with `[DONE]`, which this wire does not have. */
  done: boolean
  /** The status of what goes wrong in the middle. */
  toldStatus: number | undefined
}

/** The events of one response. */
export class EventStream {
  /** What stands in the middle when something goes wrong, with the number that it has there. */
  readonly mishaps: Mishaps
  private readonly made: Made
  private readonly quirks: StreamQuirks
  private padding: number
  private written = 0

  constructor(made: Made, quirks: StreamQuirks) {
    this.made = made
    this.quirks = quirks
    this.padding = quirks.padding
    const failure = () => this.failure()
    this.mishaps = {
      garbled: 'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","ind\n\n',
      get error() {
        return failure().event
      },
      get failed() {
        return failure().whole
      },
    }
  }

  /** All of them, made as they are asked for. `before` is called when the whole is there, and not yet sent. */
  *events(before: () => void = () => {}): Generator<Piece> {
    const { head, items, whole, draft } = this.made
    const queued = head['background'] === true
    yield this.lifecycle('role', 'created', queued ? { ...head, status: 'queued' } : head)
    if (queued) yield this.lifecycle('other', 'queued', { ...head, status: 'queued' })
    yield this.lifecycle('other', 'in_progress', head)
    if (draft.strangeEvents) yield* this.strange(0)
    for (const [output_index, script] of items.entries()) {
      yield this.event('other', 'response.output_item.added', { output_index, item: script.begun })
      for (const step of script.steps()) yield this.step(step, script, output_index)
      if (draft.strangeEvents) yield* this.strange(output_index + 1)
      yield this.event('other', 'response.output_item.done', { output_index, item: script.item })
    }
    before()
    yield this.lifecycle('finish', whole.status, whole)
    if (this.quirks.done) yield { kind: 'done', data: 'data: [DONE]\n\n' }
  }

  private lifecycle(kind: Piece['kind'], name: string, response: ResponseObject): Piece {
    return this.event(kind, `response.${name}`, { response })
  }

  private step({ kind, type, fields, anonymous }: Step, { item }: ScriptedItem, output_index: number): Piece {
    const about = { ...(!anonymous && { item_id: item.id }), output_index }
    return this.event(kind, type, { ...about, ...fields, ...this.obfuscation(kind, type) })
  }

  private event(kind: Piece['kind'], type: string, fields: object): Piece {
    return { kind, data: textOf({ type, sequence_number: this.written++, ...fields }) }
  }

  private obfuscation(kind: Piece['kind'], type: string): { obfuscation?: string } {
    if (kind === 'token' && this.padding > 0) {
      const obfuscation = 'x'.repeat(this.padding)
      this.padding = 0
      return { obfuscation }
    }
    if (!this.quirks.obfuscated || !type.endsWith('.delta')) return {}
    const start = this.written % 24
    return { obfuscation: this.made.hash.slice(start, start + 4 + (this.written % 8)) }
  }

  /** What nobody knows yet, and what keeps a connection open. */
  private *strange(place: number): Generator<Piece> {
    const fields = { phase: 0.5, of: { moons: [1, 2.5, null, 'ü'] }, place, output_text: 'no text', response: null }
    yield this.event('other', 'response.moonrise', fields)
    yield this.event('other', 'keepalive', {})
    yield this.event('other', 'tide.high', { place })
  }

  private failure(): { event: string; whole: string } {
    const limited = this.quirks.toldStatus === 429
    const code = limited ? 'rate_limit_exceeded' : 'server_error'
    const message = limited
      ? 'Rate limit reached for requests. Please try again later.'
      : 'An error occurred while processing your request. Please retry your request.'
    // It strikes when the event that it takes the place of has its number already.
    const sequence_number = this.written - 1
    const response = { ...this.made.head, status: 'failed', error: { code, message } }
    return {
      event: textOf({ type: 'error', sequence_number, code, message, param: null }),
      whole: textOf({ type: 'response.failed', sequence_number, response }),
    }
  }
}

const textOf = (event: { type: string; [field: string]: unknown }) =>
  `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
