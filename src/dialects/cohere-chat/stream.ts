/** Events of a streamed reply. https://docs.cohere.com/docs/streaming */
import type { BlockDelta, BlockStart, ChatEvent } from '../../core/chat.ts'
import { CustomToolText } from '../../core/custom-tools.ts'
import type { ReplyContext } from '../../core/dialect.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { parsedJson } from '../../core/parse-json.ts'
import { ReplyDecoder } from '../../core/reply-decoder.ts'
import type { Frame } from '../../core/sse.ts'
import type { ToolNames } from '../../core/tool-names.ts'
import type { EventDecoder } from '../../core/translate.ts'
import { cutStream, unreadable } from '../../core/upstream-error.ts'
import { defined, numberOf, objectOf, objectsOf, tableOf, textOf, wordsOf } from '../../core/wire.ts'
import { decodeCitation, isAboutText } from './citations.ts'
import { failureOf, finishReasonOf } from './finish-reasons.ts'
import { decodeLogprobs } from './logprobs.ts'
import { dialect, reasoningFormat } from './name.ts'
import { callId, errorOf, headOf } from './response.ts'
import { toolNamesOf } from './tool-names.ts'
import { decodeUsage } from './usage.ts'

export function decodeEvents(context: ReplyContext): EventDecoder<Frame, ChatEvent> {
  return new StreamReader(context)
}

/** A tool call that is open. */
interface OpenCall {
  readonly block: number
  /** Nothing of its arguments has come. */
  isEmpty: boolean
  /** Takes the text of a custom tool out of its arguments. */
  readonly text: CustomToolText | undefined
}

/** What follows each other; only tool calls may be written side by side. */
type Flow = 'text' | 'thinking' | 'plan'

const blockStarts: Readonly<Record<Flow, BlockStart>> = {
  text: { type: 'text' },
  thinking: { type: 'reasoning', kind: 'text', format: reasoningFormat },
  plan: { type: 'reasoning', kind: 'summary', format: reasoningFormat },
}

/** What each event does; others are none of a reply. */
const readers = tableOf<(reader: StreamReader, event: JsonObject, message: JsonObject) => void>({
  'message-start': (reader, event) => reader.start(event['id']),
  'content-start': (reader, event, message) => reader.content(event, message, true),
  'content-delta': (reader, event, message) => reader.content(event, message, false),
  'tool-plan-delta': (reader, _, message) => reader.plan(textOf(message['tool_plan']) ?? ''),
  'tool-call-start': (reader, event, message) => reader.openCall(event, objectOf(message['tool_calls']) ?? {}),
  'tool-call-delta': (reader, event, message) => reader.call(event, objectOf(message['tool_calls']) ?? {}),
  'tool-call-end': (reader, event) => reader.endCall(numberOf(event['index']) ?? 0),
  'citation-start': (reader, _, message) => reader.cite(message['citations']),
  'message-end': (reader, event) => reader.messageEnd(objectOf(event['delta']) ?? {}),
})

class StreamReader extends ReplyDecoder {
  readonly #context: ReplyContext
  readonly #names: ToolNames
  readonly #calls = new Map<number, OpenCall>()
  #flow: { readonly kind: Flow; readonly wireIndex: number | undefined; readonly block: number } | undefined
  #blocks = 0
  #started = false
  #complete = false

  constructor(context: ReplyContext) {
    super()
    this.#context = context
    this.#names = toolNamesOf(context.request)
  }

  /** Only the last event says why an answer ended, and it ends the stream. */
  get complete(): boolean {
    return this.#complete
  }

  protected read({ event: name, data }: Frame): void {
    if (data === '' || data === '[DONE]') return
    const event = parsedJson(data)
    if (!isJsonObject(event)) return this.fail(unreadable('an event that is no JSON object'))
    const type = textOf(event['type']) ?? name ?? 'error'
    const reader = readers[type]
    if (reader !== undefined) return reader(this, event, objectOf(objectOf(event['delta'])?.['message']) ?? {})
    const error = type === 'error' ? errorOf(event) : undefined
    if (error !== undefined) this.fail(error)
  }

  protected finish(): void {
    this.fail(cutStream('a finish reason'))
  }

  start(id: Json | undefined): void {
    if (this.#started) return
    this.#started = true
    this.tell({ type: 'start', dialect, ...headOf(id, this.#context) })
  }

  /** The beginning of a text or a thought, or more of it. */
  content(event: JsonObject, message: JsonObject, opens: boolean): void {
    const content = objectOf(message['content']) ?? {}
    const text = textOf(content['text'])
    const thinking = textOf(content['thinking'])
    const kind = content['type'] === 'thinking' || (thinking !== undefined && text === undefined) ? 'thinking' : 'text'
    const wireIndex = numberOf(event['index'])
    if (opens || this.#flow?.kind !== kind || this.#flow.wireIndex !== wireIndex) this.#open(kind, wireIndex)
    const said = kind === 'thinking' ? thinking : text
    const logprobs = decodeLogprobs(event['logprobs'] ?? undefined)
    if (said || logprobs) this.#add(this.#flow!.block, defined({ text: said || undefined, logprobs }))
  }

  plan(text: string): void {
    if (text === '') return
    if (this.#flow?.kind !== 'plan') this.#open('plan', undefined)
    this.#add(this.#flow!.block, { text })
  }

  openCall(event: JsonObject, call: JsonObject): void {
    const wireIndex = numberOf(event['index']) ?? this.#calls.size
    const called = objectOf(call['function'])
    const name = this.#names.original(textOf(called?.['name']) ?? '')
    const kind = this.#names.isCustom(name) ? 'custom' : 'function'
    this.#endFlow()
    this.endCall(wireIndex)
    const id = wordsOf(call['id']) ?? callId(name, wireIndex)
    const block = this.#openBlock({ type: 'tool-call', kind, id, name })
    this.#calls.set(wireIndex, { block, isEmpty: true, text: kind === 'custom' ? new CustomToolText() : undefined })
    this.call(event, call)
  }

  call(event: JsonObject, call: JsonObject): void {
    const open = this.#calls.get(numberOf(event['index']) ?? this.#calls.size - 1)
    const piece = textOf(objectOf(call['function'])?.['arguments'])
    if (open === undefined || !piece) return
    open.isEmpty = false
    const text = open.text === undefined ? piece : open.text.push(piece)
    if (text !== '') this.#add(open.block, { text })
  }

  endCall(wireIndex: number): void {
    const open = this.#calls.get(wireIndex)
    if (open === undefined) return
    this.#calls.delete(wireIndex)
    // No arguments at all are an empty object to everybody else.
    const rest = open.text === undefined ? open.isEmpty && '{}' : open.text.end()
    if (rest) this.#add(open.block, { text: rest })
    this.tell({ type: 'block-end', choice: 0, index: open.block })
  }

  /** Citations come behind their text, and may come when it has ended: a text is not closed before something else begins. */
  cite(citations: Json | undefined): void {
    const told = Array.isArray(citations) ? objectsOf(citations) : objectsOf(citations === undefined ? [] : [citations])
    const annotations = told.filter(isAboutText).flatMap(decodeCitation)
    if (annotations.length === 0) return
    if (this.#flow?.kind !== 'text') this.#open('text', undefined)
    this.#add(this.#flow!.block, { annotations })
  }

  messageEnd(delta: JsonObject): void {
    this.start(undefined)
    const reason = textOf(delta['finish_reason'])
    const failure = failureOf(reason, wordsOf(delta['error']))
    if (failure !== undefined) return this.fail(failure)
    this.#endFlow()
    for (const wireIndex of [...this.#calls.keys()]) this.endCall(wireIndex)
    this.#complete = true
    const choices = [{ index: 0, finishReason: finishReasonOf(reason) }]
    this.tellLast(defined({ type: 'finish' as const, choices, usage: decodeUsage(delta['usage']) }))
  }

  #open(kind: Flow, wireIndex: number | undefined): void {
    this.#endFlow()
    this.#flow = { kind, wireIndex, block: this.#openBlock(blockStarts[kind]) }
  }

  #openBlock(block: BlockStart): number {
    this.start(undefined)
    const index = this.#blocks++
    this.tell({ type: 'block-start', choice: 0, index, block })
    return index
  }

  #endFlow(): void {
    if (this.#flow !== undefined) this.tell({ type: 'block-end', choice: 0, index: this.#flow.block })
    this.#flow = undefined
  }

  #add(block: number, delta: BlockDelta): void {
    this.tell({ type: 'block-delta', choice: 0, index: block, delta })
  }
}
