/**
 * Events of a streamed message → canonical events. https://platform.claude.com/docs/en/build-with-claude/streaming
 */
import type { Annotation, BlockStart, ChatEvent, Extra } from '../../core/chat.ts'
import { CustomToolText } from '../../core/custom-tools.ts'
import type { ReplyContext } from '../../core/dialect.ts'
import { GatewayError } from '../../core/errors.ts'
import { exactObject } from '../../core/exact-json.ts'
import { gathered, unknownFields } from '../../core/extra.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { parsedJson } from '../../core/parse-json.ts'
import { ReplyDecoder } from '../../core/reply-decoder.ts'
import type { Frame } from '../../core/sse.ts'
import type { ToolNames } from '../../core/tool-names.ts'
import type { EventDecoder } from '../../core/translate.ts'
import { cutStream, unreadable } from '../../core/upstream-error.ts'
import { defined, numberOf, objectOf, objectsOf, textOf, wordsOf } from '../../core/wire.ts'
import { decodeBlock, inputText } from './blocks.ts'
import { decodeCitation } from './citations.ts'
import { decodeHead, endExtra, messageNames, refusalOf, saidBeside } from './decode-response.ts'
import { dialect, reasoningFormat } from './name.ts'
import { errorIn } from './provider-errors.ts'
import { finishReasonOf } from './stop-reasons.ts'
import { toolNamesOf } from './tool-names.ts'
import { decodeUsage, laterUsage } from './usage.ts'

export function decodeEvents(context: ReplyContext): EventDecoder<Frame, ChatEvent> {
  return new MessageDecoder(context)
}

/** A block that is being written. */
type OpenBlock =
  | { kind: 'plain'; index: number }
  /** `citations` are told when it is known how long the text is that they are about. */
  | { kind: 'text'; index: number; length: number; citations: JsonObject[] }
  /** `input` is what the call began with, which counts where nothing was written after it. */
  | { kind: 'call'; index: number; input: Json | undefined; written: boolean; plain: CustomToolText | undefined }
  /** Of a type that has no events of its own here: told when it is whole. */
  | { kind: 'whole'; value: JsonObject; input: string }

const deltaNames = { stop_reason: true, stop_sequence: true, stop_details: true } as const

class MessageDecoder extends ReplyDecoder {
  readonly #context: ReplyContext
  readonly #names: ToolNames
  /** By the number they have in the message. */
  readonly #open = new Map<number, OpenBlock>()
  #blocks = 0
  #started = false
  #usage: JsonObject | undefined
  #stopReason: string | undefined
  #stopSequence: string | undefined
  #stopDetails: JsonObject | undefined
  /** Members beside the delta that ends the message. */
  #extra: Extra | undefined

  constructor(context: ReplyContext) {
    super()
    this.#context = context
    this.#names = toolNamesOf(context.request)
  }

  get complete(): boolean {
    return this.#stopReason !== undefined && this.#open.size === 0
  }

  protected read({ event: name, data }: Frame): void {
    // Some servers close a stream as OpenAI does.
    if (data === '[DONE]') return this.finish()
    if (data === '') return
    const isError = name === 'error'
    const event = parsedJson(data)
    if (event === undefined)
      return this.fail(isError ? new GatewayError('upstream-error', data) : unreadable('an event that is no JSON'))
    if (!isJsonObject(event)) return this.fail(unreadable('an event that is no JSON object'))
    if (isError || event['error'] !== undefined) {
      const error = errorIn(event['error'] === undefined ? { error: event } : event)
      if (error !== undefined) return this.fail(error)
    }
    this.#event(event)
  }

  #event(event: JsonObject): void {
    switch (event['type']) {
      case 'message_start':
        return this.#start(objectOf(event['message']) ?? {})
      case 'content_block_start':
        return this.#openBlock(numberOf(event['index']) ?? this.#open.size, objectOf(event['content_block']) ?? {})
      case 'content_block_delta':
        return this.#delta(numberOf(event['index']) ?? 0, objectOf(event['delta']) ?? {})
      case 'content_block_stop':
        return this.#closeBlock(numberOf(event['index']) ?? 0)
      case 'message_delta':
        return this.#messageDelta(event)
      case 'message_stop':
        // Bedrock counts here.
        this.#keep(unknownFields(event, { type: true }))
        return this.finish()
      // `ping` says nothing, and there may be events that are newer than this.
      default:
        return
    }
  }

  #start(message: JsonObject): void {
    if (this.#started) return
    this.#started = true
    this.#usage = laterUsage(this.#usage, objectOf(message['usage']))
    const extra = saidBeside(message)
    this.tell(defined({ type: 'start' as const, dialect, ...decodeHead(message, this.#context), extra }))
  }

  #openBlock(at: number, wire: JsonObject): void {
    // A block without a message around it: the client has to be told of one.
    if (!this.#started) this.#start({})
    if (this.#open.has(at)) this.#closeBlock(at)
    switch (wire['type']) {
      case 'text':
        return this.#openText(at, wire)
      case 'thinking':
        return this.#openThinking(at, wire)
      case 'redacted_thinking':
        return this.#openSealed(at, wire)
      case 'tool_use':
        return this.#openCall(at, wire)
      default:
        this.#open.set(at, { kind: 'whole', value: wire, input: '' })
    }
  }

  #openText(at: number, wire: JsonObject): void {
    const index = this.#begin({ type: 'text' })
    const text = wordsOf(wire['text'])
    this.#open.set(at, { kind: 'text', index, length: text?.length ?? 0, citations: objectsOf(wire['citations']) })
    if (text !== undefined) this.#tell(index, { text })
  }

  #openThinking(at: number, wire: JsonObject): void {
    const index = this.#begin({ type: 'reasoning', kind: 'text', format: reasoningFormat })
    this.#open.set(at, { kind: 'plain', index })
    const delta = defined({ text: wordsOf(wire['thinking']), signature: wordsOf(wire['signature']) })
    if (delta.text !== undefined || delta.signature !== undefined) this.#tell(index, delta)
  }

  #openSealed(at: number, wire: JsonObject): void {
    const index = this.#begin({ type: 'reasoning', kind: 'encrypted', format: reasoningFormat })
    this.#open.set(at, { kind: 'plain', index })
    const data = textOf(wire['data'])
    if (data !== undefined) this.#tell(index, { data })
  }

  #openCall(at: number, wire: JsonObject): void {
    const name = this.#names.original(textOf(wire['name']) ?? '')
    const kind = this.#names.isCustom(name) ? 'custom' : 'function'
    const index = this.#begin({ type: 'tool-call', kind, id: textOf(wire['id']) ?? '', name })
    const plain = kind === 'custom' ? new CustomToolText() : undefined
    this.#open.set(at, { kind: 'call', index, input: wire['input'], written: false, plain })
    const block = decodeBlock(wire)
    if (block.extra !== undefined) this.#tell(index, { extra: block.extra })
  }

  #begin(block: BlockStart): number {
    const index = this.#blocks++
    this.tell({ type: 'block-start', choice: 0, index, block })
    return index
  }

  #tell(index: number, delta: (ChatEvent & { type: 'block-delta' })['delta']): void {
    this.tell({ type: 'block-delta', choice: 0, index, delta })
  }

  #delta(at: number, delta: JsonObject): void {
    const block = this.#open.get(at)
    if (block === undefined) return
    if (block.kind === 'whole') return addToWhole(block, delta)
    switch (delta['type']) {
      case 'text_delta':
        return this.#addText(block, wordsOf(delta['text']))
      case 'thinking_delta':
        return this.#addText(block, wordsOf(delta['thinking']))
      case 'signature_delta': {
        const signature = wordsOf(delta['signature'])
        if (signature !== undefined) this.#tell(block.index, { signature })
        return
      }
      case 'input_json_delta':
        return this.#addInput(block, wordsOf(delta['partial_json']))
      case 'citations_delta': {
        const citation = objectOf(delta['citation'])
        if (block.kind === 'text' && citation !== undefined) block.citations.push(citation)
        return
      }
      // A kind of delta that is newer than this.
      default:
        return
    }
  }

  #addText(block: OpenBlock & { index: number }, text: string | undefined): void {
    if (text === undefined) return
    if (block.kind === 'text') block.length += text.length
    this.#tell(block.index, { text })
  }

  #addInput(block: OpenBlock & { index: number }, piece: string | undefined): void {
    if (block.kind !== 'call' || piece === undefined) return
    block.written = true
    const text = block.plain === undefined ? piece : block.plain.push(piece)
    if (text !== '') this.#tell(block.index, { text })
  }

  #closeBlock(at: number): void {
    const block = this.#open.get(at)
    if (block === undefined) return
    this.#open.delete(at)
    if (block.kind === 'whole') return this.#tellWhole(block)
    if (block.kind === 'text' && block.citations.length > 0) this.#cite(block)
    if (block.kind === 'call') this.#endCall(block)
    this.tell({ type: 'block-end', choice: 0, index: block.index })
  }

  #cite({ index, length, citations }: OpenBlock & { kind: 'text' }): void {
    const annotations: Annotation[] = citations.map((citation) => decodeCitation(citation, length))
    this.#tell(index, { annotations })
  }

  /** A call without arguments is written without any, and means an object without members. */
  #endCall({ index, input, written, plain }: OpenBlock & { kind: 'call' }): void {
    if (plain !== undefined) {
      const text = (written ? '' : plain.push(inputText(input))) + plain.end()
      if (text !== '') this.#tell(index, { text })
    } else if (!written) this.#tell(index, { text: inputText(input) })
  }

  #tellWhole({ value, input }: OpenBlock & { kind: 'whole' }): void {
    const whole = input === '' ? value : { ...value, input: exactObject(input) ?? parsedJson(input) ?? input }
    const index = this.#begin({ type: 'unknown', value: whole })
    this.tell({ type: 'block-end', choice: 0, index })
  }

  #messageDelta(event: JsonObject): void {
    const delta = objectOf(event['delta']) ?? {}
    this.#usage = laterUsage(this.#usage, objectOf(event['usage']))
    this.#stopReason = wordsOf(delta['stop_reason']) ?? this.#stopReason
    this.#stopSequence = textOf(delta['stop_sequence']) ?? this.#stopSequence
    this.#stopDetails = objectOf(delta['stop_details']) ?? this.#stopDetails
    const beside = {
      ...unknownFields(event, { type: true, delta: true, usage: true }),
      ...unknownFields(delta, deltaNames),
    }
    this.#keep(saidBeside(beside, messageNames))
  }

  #keep(said: Extra | undefined): void {
    this.#extra = gathered(this.#extra, said)
  }

  protected finish(): void {
    if (!this.complete) return this.fail(cutStream('a stop reason'))
    // An answer of no words without a message around it.
    if (!this.#started) this.#start({})
    for (const { text } of refusalOf(this.#stopDetails) as { text: string }[]) {
      const index = this.#begin({ type: 'refusal' })
      this.#tell(index, { text })
      this.tell({ type: 'block-end', choice: 0, index })
    }
    const choice = defined({
      index: 0,
      finishReason: finishReasonOf(this.#stopReason),
      stopSequence: this.#stopSequence,
      extra: endExtra(this.#stopReason, this.#stopDetails),
    })
    this.tellLast(
      defined({ type: 'finish' as const, choices: [choice], usage: decodeUsage(this.#usage), extra: this.#extra }),
    )
  }
}

/** What comes to a block that is told whole: its input piece by piece, anything else as members that replace what was there. */
function addToWhole(block: OpenBlock & { kind: 'whole' }, { type, ...members }: JsonObject): void {
  if (type === 'input_json_delta') block.input += textOf(members['partial_json']) ?? ''
  else gathered(block.value as Extra, members)
}
