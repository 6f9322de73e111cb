/**
 * One answer, whole or as it comes: its parts become blocks, told one after the other to whoever puts them together.
 * https://ai.google.dev/api/generate-content#Candidate
 */
import type { Annotation, BlockDelta, BlockStart, Extra } from '../../core/chat.ts'
import { textOfArguments } from '../../core/custom-tools.ts'
import { gathered, unknownFields } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { dataUri } from '../../core/media-types.ts'
import type { ToolNames } from '../../core/tool-names.ts'
import { defined, objectOf, objectsOf, tableOf, textOf, wordsOf } from '../../core/wire.ts'
import { finishReasonOf } from './finish-reasons.ts'
import { annotationsOf, searchQueriesOf, searchResultsOf } from './grounding.ts'
import { decodeLogprobs } from './logprobs.ts'
import { reasoningFormat } from './name.ts'
import { PartialArguments } from './partial-arguments.ts'

/** Takes the blocks of one answer. */
export interface Sink {
  open(index: number, block: BlockStart): void
  add(index: number, delta: BlockDelta): void
  close(index: number): void
}

/** What is taken apart here; the rest is `extra`. Sources are told as annotations, and stay for what those cannot say. */
const candidateNames = {
  content: { role: true, parts: true },
  index: true,
  finishReason: true,
  logprobsResult: true,
} as const

/** A block that is open and may go on. */
interface Flow {
  readonly sort: 'text' | 'thought' | 'sound'
  readonly index: number
}

/** A call whose arguments come piece by piece. */
interface PartialCall {
  readonly id: string
  readonly name: string
  readonly args: PartialArguments
}

export class Candidate {
  readonly index: number
  /** Undefined while it goes on. */
  finished: { reason: string } | undefined
  extra: Extra | undefined
  searchResults: JsonObject[] | undefined
  searchQueries: number | undefined
  videos: JsonObject[] | undefined
  readonly #sink: Sink
  readonly #replyId: string
  readonly #names: ToolNames
  #blocks = 0
  #flow: Flow | undefined
  /** What was said, for places told in bytes; joined only when there are any. */
  #said: string[] = []
  readonly #annotated = new Set<string>()
  #calls = 0
  #partial: PartialCall | undefined
  /** Probabilities that wait for a block to ride on. */
  #waiting: JsonObject | undefined

  constructor(index: number, replyId: string, names: ToolNames, sink: Sink) {
    this.index = index
    this.#replyId = replyId
    this.#names = names
    this.#sink = sink
  }

  /** The whole of it, or the next piece. */
  read(wire: JsonObject): void {
    this.#waiting = joined(this.#waiting, decodeLogprobs(wire['logprobsResult']))
    const parts = objectOf(wire['content'])?.['parts']
    for (const part of objectsOf(parts)) this.#part(part)
    this.#annotate(wire)
    const extra = unknownFields(wire, candidateNames)
    this.extra = gathered(this.extra, extra)
    const reason = wordsOf(wire['finishReason'])
    // Said so, too: it goes on.
    if (reason !== undefined && reason !== 'FINISH_REASON_UNSPECIFIED')
      this.#finish(reason, wordsOf(wire['finishMessage']))
  }

  /** Says that the answer was refused, in the service's words or in ours. */
  refuse(text: string): void {
    this.#whole({ type: 'refusal' }, { text })
  }

  /** Closes what is open. */
  end(): void {
    this.#endPartial()
    if (this.#waiting !== undefined && this.#flow !== undefined) this.#sink.add(this.#flow.index, this.#probabilities())
    this.#close()
  }

  /** Probabilities of tokens that no text came with: those of a call, say. */
  get logprobs(): JsonObject | undefined {
    return this.#waiting
  }

  #finish(word: string, message: string | undefined): void {
    this.#endPartial()
    const reason = finishReasonOf(word, this.#calls > 0)
    // The last chunk of a stream may say it once more.
    if (this.finished === undefined && reason === 'content_filter' && message !== undefined) this.refuse(message)
    this.finished = { reason }
  }

  #part(part: JsonObject): void {
    const signature = wordsOf(part['thoughtSignature'])
    const call = objectOf(part['functionCall'])
    const text = textOf(part['text'])
    if (call !== undefined) this.#call(call, signature)
    else if (text === undefined) this.#other(part, signature)
    else if (part['thought'] === true) this.#thought(text, signature)
    else this.#text(text, signature)
  }

  #text(text: string, signature: string | undefined): void {
    if (signature !== undefined) this.#sign(signature, undefined)
    if (text === '') return
    if (this.#flow?.sort !== 'text') this.#said = []
    this.#said.push(text)
    this.#flowOn('text', { type: 'text' }, this.#waiting === undefined ? { text } : { text, ...this.#probabilities() })
  }

  #probabilities(): BlockDelta {
    const logprobs = this.#waiting
    this.#waiting = undefined
    return logprobs === undefined ? {} : { logprobs }
  }

  #thought(text: string, signature: string | undefined): void {
    const delta = defined({ text: text || undefined, signature })
    if (Object.keys(delta).length === 0) return
    this.#flowOn('thought', { type: 'reasoning', kind: 'text', format: reasoningFormat }, delta)
  }

  /** A signature of what comes next, or of a call. While a text goes on it stands beside it. */
  #sign(data: string, id: string | undefined): void {
    const block = { type: 'reasoning' as const, kind: 'encrypted' as const, format: reasoningFormat }
    const index = this.#blocks++
    this.#sink.open(index, id === undefined ? block : { ...block, id })
    this.#sink.add(index, { data })
    this.#sink.close(index)
  }

  #call(wire: JsonObject, signature: string | undefined): void {
    const name = wordsOf(wire['name'])
    if (name !== undefined) {
      this.#endPartial()
      this.#close()
      const id = wordsOf(wire['id']) ?? callId(this.#replyId, this.index, this.#calls)
      this.#calls++
      if (signature !== undefined) this.#sign(signature, id)
      this.#partial = { id, name, args: new PartialArguments({ ...objectOf(wire['args']) }) }
    }
    if (this.#partial === undefined) return
    this.#partial.args.add(wire['partialArgs'])
    if (wire['willContinue'] !== true) this.#endPartial()
  }

  /** A call is told once its arguments are whole: they come as an object, or by path. */
  #endPartial(): void {
    if (this.#partial === undefined) return
    const { id, args, ...called } = this.#partial
    this.#partial = undefined
    const name = this.#names.original(called.name)
    const custom = this.#names.isCustom(name)
    const text = custom ? textOfArguments(args.value) : JSON.stringify(args.value)
    this.#whole({ type: 'tool-call', kind: custom ? 'custom' : 'function', id, name }, { text })
  }

  #other(part: JsonObject, signature: string | undefined): void {
    const source = sourceOf(part)
    const [sort] = source?.mediaType.split('/') ?? []
    const draft = part['thought'] === true
    if (source === undefined || draft || mediaSorts[sort ?? ''] === undefined) return this.#keep(part)
    if (signature !== undefined) this.#sign(signature, undefined)
    const { mediaType, data, url } = source
    if (sort === 'audio' && data !== undefined)
      return this.#flowOn('sound', { type: 'audio', id: `audio_${this.#replyId}_${this.index}` }, { data })
    if (sort === 'image')
      return this.#whole({
        type: 'image',
        source: url === undefined ? { kind: 'data', mediaType, data: data! } : { kind: 'url', url },
      })
    this.videos ??= []
    this.videos.push({ url: url ?? dataUri(data!, mediaType) })
  }

  /**
   * A part that only this wire has a form for. Steps of tools that the service runs itself must come back with the conversation: they travel
   * as an opaque thought, which clients send back as they got it.
   */
  #keep(part: JsonObject): void {
    if (Object.values(part).every((value) => value === null)) return
    if (!stowed.some((name) => part[name] !== undefined)) return this.#whole({ type: 'unknown', value: part })
    this.#whole({ type: 'reasoning', kind: 'encrypted', format: reasoningFormat }, { data: JSON.stringify(part) })
  }

  #annotate(wire: JsonObject): void {
    if (wire['groundingMetadata'] === undefined && wire['citationMetadata'] === undefined) return
    const results = searchResultsOf(wire)
    if (results.length > 0) this.searchResults = results
    this.searchQueries = searchQueriesOf(wire) ?? this.searchQueries
    const annotations = annotationsOf(wire, this.#said.join('')).filter((annotation) => this.#isNew(annotation))
    if (annotations.length === 0) return
    if (this.#flow?.sort === 'text') this.#sink.add(this.#flow.index, { annotations })
    else this.#whole({ type: 'text' }, { annotations })
  }

  /** Chunks of a stream may repeat what was told before. */
  #isNew(annotation: Annotation): boolean {
    const key = JSON.stringify(annotation)
    const isNew = !this.#annotated.has(key)
    this.#annotated.add(key)
    return isNew
  }

  /** Adds to the block that is open, or closes it and opens another. */
  #flowOn(sort: Flow['sort'], block: BlockStart, delta: BlockDelta): void {
    if (this.#flow?.sort !== sort) {
      this.#close()
      this.#flow = { sort, index: this.#blocks++ }
      this.#sink.open(this.#flow.index, block)
    }
    this.#sink.add(this.#flow.index, delta)
  }

  #whole(block: BlockStart, delta?: BlockDelta): void {
    this.#close()
    const index = this.#blocks++
    this.#sink.open(index, block)
    if (delta !== undefined) this.#sink.add(index, delta)
    this.#sink.close(index)
  }

  #close(): void {
    if (this.#flow !== undefined) this.#sink.close(this.#flow.index)
    this.#flow = undefined
  }
}

/** An id for a call that came without one. Some providers take no id of more than 40 characters, should the conversation go on there. */
function callId(replyId: string, choice: number, position: number): string {
  return `call_${replyId.slice(-24)}_${choice}_${position}`
}

/** Steps of tools that the service runs itself. */
const stowed = ['executableCode', 'codeExecutionResult', 'toolCall', 'toolResponse'] as const

const mediaSorts = tableOf<true>({ image: true, audio: true, video: true })

interface MediaSource {
  mediaType: string
  data?: string
  url?: string
}

/** Bytes, or where they are. */
function sourceOf(part: JsonObject): MediaSource | undefined {
  const found = objectOf(part['inlineData']) ?? objectOf(part['fileData'])
  const mediaType = textOf(found?.['mimeType']) ?? ''
  const data = textOf(found?.['data'])
  const url = textOf(found?.['fileUri'])
  return data === undefined && url === undefined ? undefined : defined({ mediaType, data, url })
}

function joined(one: JsonObject | undefined, other: JsonObject | undefined): JsonObject | undefined {
  if (one === undefined || other === undefined) return one ?? other
  const content = one['content'] as Json[]
  for (const token of other['content'] as Json[]) content.push(token)
  return { ...other, content }
}
