/**
 * Chunks of a streamed reply → canonical events: flat deltas become blocks, and a stream that was cut becomes an error.
 * https://platform.openai.com/docs/api-reference/chat-streaming
 */
import type { Block, BlockDelta, BlockStart, ChatEvent, Extra, ReasoningBlock } from '../../core/chat.ts'
import { GatewayError } from '../../core/errors.ts'
import { mergedInto, unknownFields, withoutNulls } from '../../core/extra.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { parsedJson } from '../../core/parse-json.ts'
import { ReplyDecoder } from '../../core/reply-decoder.ts'
import type { Frame } from '../../core/sse.ts'
import type { EventDecoder } from '../../core/translate.ts'
import { cutStream, errorInDisguise, unreadable } from '../../core/upstream-error.ts'
import type { Usage } from '../../core/usage.ts'
import { defined, notEmpty, numberOf, objectOf, objectsOf, textOf, wordsOf } from '../../core/wire.ts'
import { decodePart } from './blocks.ts'
import { dialect } from './name.ts'
import { callId, choiceNames, decodeHead, decodeLogprobs, decodeSearch, topNames } from './response.ts'
import {
  calledName,
  calledWith,
  callKind,
  decodeAnnotations,
  decodeDetail,
  decodeImage,
  reasoningText,
  toolCallsOf,
  turnNames,
  unknownCallFields,
} from './turn.ts'
import { usageOf } from './usage.ts'

export function decodeEvents(): EventDecoder<Frame, ChatEvent> {
  return new ChunkDecoder()
}

/** A block that is open: where it is, and what further deltas of it look like. */
interface OpenBlock {
  readonly index: number
  /** What sort of delta goes on with it: `text`, `reasoning 0`, … */
  readonly sort: string
}

/** A tool call as far as it is known. It becomes a block as soon as it has a name. */
interface OpenCall {
  readonly wireIndex: number | undefined
  readonly kind: 'function' | 'custom'
  readonly id: string
  name: string
  /** Undefined while it has no name; what came until then waits in `held`. */
  block: number | undefined
  held: BlockDelta[]
}

/** Unknown fields and probabilities of one choice of one chunk; they ride on its first delta. */
type Rest = Pick<BlockDelta, 'logprobs' | 'choiceExtra' | 'chunkExtra'>

/** One answer of possibly several. */
class ChoiceState {
  readonly index: number
  /** Text, reasoning and the like follow each other; tool calls may be written side by side. */
  flow: OpenBlock | undefined
  readonly calls: OpenCall[] = []
  blocks = 0
  finishReason: string | undefined
  stopSequence: string | undefined
  extra: Extra | undefined
  /** What came before there was a block to ride on. */
  waiting: Rest = {}

  constructor(index: number) {
    this.index = index
  }
}

class ChunkDecoder extends ReplyDecoder {
  readonly #choices = new Map<number, ChoiceState>()
  #replyId = ''
  #started = false
  #usage: Usage | undefined
  #search: ReturnType<typeof decodeSearch> = { searchResults: undefined, videos: undefined, citations: undefined }
  /** Unknown fields of chunks without an answer, which wait for the start or for the finish. */
  #extra: Extra | undefined
  /** Unknown fields of chunks are told again only when they changed. */
  readonly #told = new Map<string, string>()
  #rest: Rest = {}

  get complete(): boolean {
    return this.#choices.size > 0 && this.#choices.values().every((choice) => choice.finishReason !== undefined)
  }

  protected read({ event, data: text }: Frame): void {
    const data = text.trim()
    if (data === '[DONE]') return this.finish()
    if (data === '') return
    const isError = event === 'error'
    const chunk = parsedJson(data)
    if (chunk === undefined)
      return this.fail(isError ? new GatewayError('upstream-error', data) : unreadable('an event that is no JSON'))
    const error = errorInDisguise(isError && isJsonObject(chunk) && !chunk['error'] ? { error: chunk } : chunk)
    if (error) this.fail(error)
    else if (isJsonObject(chunk)) this.#chunk(chunk)
    else this.fail(unreadable('an event that is no JSON object'))
  }

  #chunk(chunk: JsonObject): void {
    // Some tell the usage so far with every chunk: the last one counts.
    this.#usage = usageOf(chunk) ?? this.#usage
    this.#search = { ...this.#search, ...defined(decodeSearch(chunk)) }
    const choices = objectsOf(chunk['choices'])
    // Azure opens with a chunk about the prompt that has no choices and no id.
    if (!this.#started && (choices.length > 0 || wordsOf(chunk['id']) !== undefined)) this.#start(chunk)
    const chunkExtra = this.#news(chunk)
    if (choices.length === 0) this.#wait(chunkExtra)
    for (const [position, choice] of choices.entries()) {
      this.#choice(choice, numberOf(choice['index']) ?? position, position === 0 ? chunkExtra : undefined)
    }
  }

  #start(chunk: JsonObject): void {
    const head = defined(decodeHead(chunk))
    this.#started = true
    this.#replyId = head.id
    // What the head tells is not told again as unknown.
    if (head.serviceTier !== undefined) this.#told.set('service_tier', '')
    if (head.systemFingerprint !== undefined) this.#told.set('system_fingerprint', '')
    const extra = mergedInto(this.#extra, this.#news(chunk))
    this.#extra = undefined
    this.tell(defined({ type: 'start' as const, dialect, ...head, extra }))
  }

  /** Unknown fields of the chunk that are new or changed since they were last told. */
  #news(chunk: JsonObject): Extra | undefined {
    const { service_tier, system_fingerprint } = chunk
    const late = defined({
      service_tier: this.#told.has('service_tier') ? undefined : wordsOf(service_tier),
      system_fingerprint: this.#told.has('system_fingerprint') ? undefined : wordsOf(system_fingerprint),
    })
    const extra: Extra = { ...late, ...withoutNulls(unknownFields(chunk, topNames)) }
    for (const name in extra) {
      const text = JSON.stringify(extra[name])
      if (this.#told.get(name) === text) delete extra[name]
      else this.#told.set(name, text)
    }
    return notEmpty(extra)
  }

  #wait(extra: Extra | undefined): void {
    this.#extra = mergedInto(this.#extra, extra)
  }

  #choice(choice: JsonObject, index: number, chunkExtra: Extra | undefined): void {
    const state = this.#choices.get(index) ?? new ChoiceState(index)
    this.#choices.set(index, state)
    // Perplexity repeats the message so far beside the delta; others send a message where a delta should be.
    const delta = objectOf(choice['delta']) ?? objectOf(choice['message']) ?? {}
    const rest = defined({ logprobs: decodeLogprobs(choice), choiceExtra: unknownOfChoice(choice, delta), chunkExtra })
    this.#rest = {
      ...state.waiting,
      ...rest,
      ...defined({ choiceExtra: mergedInto(state.waiting.choiceExtra, rest.choiceExtra) }),
    }
    this.#delta(state, delta)
    const reason = wordsOf(choice['finish_reason'])
    state.waiting = this.#rest
    if (Object.keys(this.#rest).length > 0) this.#placeRest(state, (state.finishReason ?? reason) !== undefined)
    state.finishReason ??= reason
    state.stopSequence ??= textOf(choice['stop'])
  }

  /** What no delta took along goes to the choice's end, to the block that is open, or waits for one. */
  #placeRest(state: ChoiceState, ended: boolean): void {
    const { logprobs, choiceExtra, chunkExtra } = state.waiting
    const open = state.flow?.index ?? state.calls.findLast((call) => call.block !== undefined)?.block
    if (ended) {
      this.#wait(chunkExtra)
      state.extra = mergedInto(mergedInto(state.extra, logprobs && { logprobs }), choiceExtra)
    } else if (open !== undefined) this.#emit(state, open, {})
    else return
    state.waiting = {}
  }

  #delta(state: ChoiceState, delta: JsonObject): void {
    this.#reasoning(state, delta)
    const annotations = decodeAnnotations(delta)
    const text = wordsOf(delta['content'])
    if (text !== undefined || annotations.length > 0)
      this.#add(
        state,
        'text',
        { type: 'text' },
        defined({ text, annotations: annotations.length > 0 ? annotations : undefined }),
      )
    for (const part of objectsOf(delta['content'])) this.#part(state, decodePart(part), part)
    for (const image of objectsOf(delta['images'])) this.#image(state, decodeImage(image), image)
    const refusal = wordsOf(delta['refusal'])
    if (refusal !== undefined) this.#add(state, 'refusal', { type: 'refusal' }, { text: refusal })
    const audio = objectOf(delta['audio'])
    if (audio !== undefined) this.#audio(state, audio)
    for (const call of toolCallsOf(delta)) this.#call(state, call)
  }

  /** Details where they say something, and the plain text where they do not have it. */
  #reasoning(state: ChoiceState, delta: JsonObject): void {
    const details = objectsOf(delta['reasoning_details'])
    const blocks = details.map((detail) => decodeDetail(detail, numberOf(detail['index']) ?? 0))
    const text = wordsOf(delta['reasoning']) ?? wordsOf(delta['reasoning_content'])
    if (text !== undefined && reasoningText(blocks) === '')
      this.#thought(state, { type: 'reasoning', kind: 'text', text }, 0)
    for (const [position, block] of blocks.entries()) {
      if (block.type === 'reasoning') this.#thought(state, block, numberOf(details[position]!['index']) ?? 0)
      else if (block.type === 'unknown') this.#unknown(state, block)
    }
  }

  #thought(
    state: ChoiceState,
    { kind, id, format, text, signature, data, extra }: ReasoningBlock,
    index: number,
  ): void {
    const delta = defined({ text: text || undefined, signature, data, extra })
    if (Object.keys(delta).length === 0) return
    this.#add(state, `reasoning ${kind} ${index}`, defined({ type: 'reasoning' as const, kind, id, format }), delta)
  }

  #audio(state: ChoiceState, audio: JsonObject): void {
    const id = textOf(audio['id'])
    const delta = defined({
      text: wordsOf(audio['transcript']),
      data: wordsOf(audio['data']),
      expiresAt: numberOf(audio['expires_at']),
    })
    this.#add(state, 'audio', defined({ type: 'audio' as const, id }), delta)
  }

  /** A content part, as some stream them in place of text. */
  #part(state: ChoiceState, block: Block, part: JsonObject): void {
    if (block.type === 'reasoning') this.#thought(state, block, 0)
    else if (block.type !== 'text') this.#unknown(state, { type: 'unknown', value: part })
    else if (block.text !== '') this.#add(state, 'text', { type: 'text' }, { text: block.text })
  }

  #image(state: ChoiceState, block: Block, wire: JsonObject): void {
    if (block.type !== 'image') return this.#unknown(state, { type: 'unknown', value: wire })
    const { type, source, detail } = block
    this.#unknown(state, defined({ type, source, detail }))
  }

  /** A block of its own, which nothing goes on with. */
  #unknown(state: ChoiceState, block: BlockStart): void {
    this.#close(state)
    this.#add(state, 'unknown', block, {})
    this.#close(state)
  }

  /** Adds to the block that is open, or closes it and opens another. */
  #add(state: ChoiceState, sort: string, block: BlockStart, delta: BlockDelta): void {
    if (state.flow?.sort !== sort) {
      this.#close(state)
      state.flow = { index: this.#open(state, block), sort }
    }
    if (Object.keys(delta).length > 0 || Object.keys(this.#rest).length > 0) this.#emit(state, state.flow.index, delta)
  }

  #emit(state: ChoiceState, index: number, delta: BlockDelta): void {
    this.tell({ type: 'block-delta', choice: state.index, index, delta: { ...delta, ...this.#rest } })
    this.#rest = {}
  }

  #open(state: ChoiceState, block: BlockStart): number {
    const index = state.blocks++
    this.tell({ type: 'block-start', choice: state.index, index, block })
    return index
  }

  #close(state: ChoiceState): void {
    if (state.flow) this.tell({ type: 'block-end', choice: state.index, index: state.flow.index })
    state.flow = undefined
  }

  #call(state: ChoiceState, wire: JsonObject): void {
    const kind = callKind(wire)
    if (kind === undefined) return this.#unknown(state, { type: 'unknown', value: wire, place: 'tool-calls' })
    const name = calledName(wire, kind)
    const call = goesOnWith(state, wire, name) ?? this.#newCall(state, wire, kind)
    call.name ||= name ?? ''
    const delta = defined({ text: calledWith(wire, kind) || undefined, extra: unknownCallFields(wire, kind) })
    if (call.block === undefined && call.name !== '') this.#openCall(state, call)
    if (Object.keys(delta).length === 0) return
    if (call.block === undefined) call.held.push(delta)
    else this.#emit(state, call.block, delta)
  }

  #newCall(state: ChoiceState, wire: JsonObject, kind: OpenCall['kind']): OpenCall {
    const position = state.calls.length
    const id = wordsOf(wire['id']) ?? callId(this.#replyId, state.index, position)
    const wireIndex = numberOf(wire['index'])
    const call: OpenCall = { wireIndex, kind, id, name: '', block: undefined, held: [] }
    state.calls.push(call)
    return call
  }

  #openCall(state: ChoiceState, call: OpenCall): void {
    this.#close(state)
    call.block = this.#open(state, { type: 'tool-call', kind: call.kind, id: call.id, name: call.name })
    for (const delta of call.held) this.#emit(state, call.block, delta)
    call.held = []
  }

  protected finish(): void {
    if (!this.complete) return this.fail(cutStream('a finish reason'))
    const choices = [...this.#choices.values()].sort((left, right) => left.index - right.index)
    for (const state of choices) {
      if (Object.keys(state.waiting).length > 0) this.#placeRest(state, true)
      this.#endBlocks(state)
    }
    this.tellLast(
      defined({
        type: 'finish' as const,
        choices: choices.map(({ index, finishReason, stopSequence, extra }) =>
          defined({ index, finishReason: finishReason ?? null, stopSequence, extra }),
        ),
        usage: this.#usage,
        ...this.#search,
        extra: this.#extra,
      }),
    )
  }

  #endBlocks(state: ChoiceState): void {
    this.#close(state)
    for (const call of state.calls) {
      // It never got a name; the client is told what there is.
      if (call.block === undefined) this.#openCall(state, call)
      this.tell({ type: 'block-end', choice: state.index, index: call.block! })
    }
  }
}

/** The call a delta goes on with: by index, else by id, else the last one. A new name under a new id is always a new call. */
function goesOnWith({ calls }: ChoiceState, wire: JsonObject, name: string | undefined): OpenCall | undefined {
  const id = wordsOf(wire['id'])
  const index = numberOf(wire['index'])
  if (index === undefined && id === undefined) return name === undefined ? calls.at(-1) : undefined
  const call = calls.findLast((open) => (index === undefined ? open.id === id : open.wireIndex === index))
  return id !== undefined && name !== undefined && id !== call?.id ? undefined : call
}

/** Unknown fields of a choice, those of its delta below `delta`. Null says nothing in a stream. */
function unknownOfChoice(choice: JsonObject, delta: JsonObject): Extra | undefined {
  const extra = withoutNulls(unknownFields(choice, { ...choiceNames, delta: true, message: true }))
  const below = withoutNulls(unknownFields(delta, turnNames))
  return below === undefined ? extra : { ...extra, delta: below }
}
