/**
 * A provider's chat stream on its way to a client of the same dialect: each chunk keeps its own bytes and gets ours spliced in; usage is held
 * back for one last chunk, and a stream that was cut never gets an end.
 * https://platform.openai.com/docs/api-reference/chat-streaming
 */
import { textOfBytes } from '../../core/bytes.ts'
import type { ReplyStream, StreamProgress, StreamWriting } from '../../core/dialect.ts'
import { GatewayError } from '../../core/errors.ts'
import { EventSplicer } from '../../core/event-splicer.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { asciiJson, Edits, elements, type Member, member, members } from '../../core/json-text.ts'
import { parseJson, readJson } from '../../core/parse-json.ts'
import { withCost } from '../../core/pricing.ts'
import { frameText } from '../../core/sse.ts'
import { errorInDisguise } from '../../core/upstream-error.ts'
import type { Usage } from '../../core/usage.ts'
import { encodeError } from './errors.ts'
import { spliceDelta } from './splice.ts'
import { readUsageText, replyFacts, spliceUsage } from './splice-usage.ts'
import { ToolCallIndexes } from './tool-call-indexes.ts'
import { encodeUsage, usageOf } from './usage.ts'

export function spliceEvents(writing: StreamWriting): ReplyStream {
  return new StreamSplicer(writing)
}

/** How far the stream has come. */
class Progress implements StreamProgress {
  committed = false
  complete = false
  done = false
  error: GatewayError | undefined
  readUsage: () => Usage | undefined = () => undefined

  /** Worked out when somebody asks, which is after the stream. */
  get usage(): Usage | undefined {
    return this.readUsage()
  }
}

class StreamSplicer extends EventSplicer {
  override readonly progress = new Progress()
  readonly #seen = new Set<number>()
  readonly #finished = new Set<number>()
  readonly #toolCalls = new Map<number, ToolCallIndexes>()
  /** The chunk that brought usage last, or else the last chunk: what the final chunk is made of. */
  #usageChunk = ''
  #lastChunk = ''

  failure(error: GatewayError): string {
    return frameText({ data: asciiJson(encodeError(error, this.writing.extra)) })
  }

  protected override event(chunk: JsonObject, data: string, name: string | undefined): void {
    if (name === 'error' || isJsonObject(chunk['error']) || typeof chunk['error'] === 'string')
      return this.fail(toldError(data))
    if (Array.isArray(chunk['choices'])) this.#chunk(data, chunk, chunk['choices'])
    else if (isJsonObject(chunk['usage'])) this.#usageChunk = data
    // An event of a kind that is not known here: the client may know it.
    else this.out += frameText({ event: name, data })
  }

  protected override closed(): void {
    this.ended()
  }

  #chunk(data: string, chunk: JsonObject, choices: Json[]): void {
    this.#lastChunk = data
    const hasUsage = isJsonObject(chunk['usage'])
    if (hasUsage || usageOf(chunk) !== undefined) this.#usageChunk = data
    if (hasUsage && choices.length === 0) return
    let changes: number[][] | undefined
    for (const choice of choices) {
      if (!isJsonObject(choice)) continue
      if (isJsonObject(choice['error'])) return this.fail(toldError(data))
      this.#follow(choice)
      if (this.#needsChange(choice)) changes = choices.map((other) => this.#indexesOf(other))
    }
    this.out += `data: ${this.#written(data, chunk, changes, hasUsage)}\n\n`
    this.count++
  }

  /** Notes what a choice says of the answer's progress. */
  #follow(choice: JsonObject): void {
    const { progress } = this
    const index = choiceIndex(choice)
    this.#seen.add(index)
    // Some say "" where others say null.
    if (typeof choice['finish_reason'] === 'string' && choice['finish_reason'] !== '') {
      this.#finished.add(index)
      progress.committed = true
      progress.complete = this.#finished.size >= Math.max(this.#seen.size, this.writing.choices)
    }
    const delta = choice['delta']
    if (!progress.committed && isJsonObject(delta)) progress.committed = hasContent(delta)
  }

  /** Has something inside the choice to be added to? */
  #needsChange({ delta, logprobs }: JsonObject): boolean {
    if (isJsonObject(logprobs)) return true
    if (!isJsonObject(delta)) return false
    return (
      Array.isArray(delta['tool_calls']) ||
      Array.isArray(delta['content']) ||
      typeof delta['reasoning_content'] === 'string' ||
      typeof delta['reasoning'] === 'string'
    )
  }

  /** The numbers of the tool calls in a choice; to be asked for once for each chunk. */
  #indexesOf(choice: Json): number[] {
    if (!isJsonObject(choice) || !isJsonObject(choice['delta'])) return []
    const index = choiceIndex(choice)
    let indexes = this.#toolCalls.get(index)
    if (indexes === undefined) {
      indexes = new ToolCallIndexes()
      this.#toolCalls.set(index, indexes)
    }
    return indexes.of(choice['delta'])
  }

  #written(data: string, chunk: JsonObject, changes: number[][] | undefined, hasUsage: boolean): string {
    const text = changes !== undefined || hasUsage ? this.#edited(data, changes, hasUsage) : data
    return this.withExtra(text, this.latency(), data, chunk['usage'] === undefined ? ',"usage":null' : '')
  }

  #edited(data: string, changes: number[][] | undefined, hasUsage: boolean): string {
    const edits = new Edits()
    const list = members(data)
    for (const [position, indexes] of (changes ?? []).entries()) {
      spliceDelta(data, elements(data, member(list, 'choices')!.at)[position]!.at, indexes, edits)
    }
    if (hasUsage) edits.replace(member(list, 'usage')!, 'null')
    return edits.apply(data)
  }

  /** The provider's stream is over: the last chunk and `[DONE]` when every choice has ended, else an error. */
  protected override ended(): void {
    const { progress } = this
    if (this.#finished.size === 0 || this.#finished.size < this.#seen.size) {
      return this.fail(
        new GatewayError(
          'upstream-cut',
          'Error reading stream: it ended before the answer did, without a finish reason',
          {
            code: 'stream_cut',
          },
        ),
      )
    }
    progress.complete = true
    progress.done = true
    const source = this.#usageChunk === '' ? this.#lastChunk : this.#usageChunk
    this.out += `data: ${this.#finalChunk(source)}\n\ndata: [DONE]\n\n`
  }

  #finalChunk(source: string): string {
    const edits = new Edits()
    const list = members(source)
    const choices = member(list, 'choices')
    const empty = this.writing.includeUsage ? '[]' : '[{"index":0,"delta":{},"logprobs":null,"finish_reason":null}]'
    let added = this.#finalUsage(source, list, edits)
    if (choices === undefined) added += `,"choices":${empty}`
    else edits.replace(choices, empty)
    return this.withExtra(edits.apply(source), this.latency(this.writing.started), source, added)
  }

  /** Notes the usage, and puts it with its cost where clients look for it. Gives what the chunk lacks. */
  #finalUsage(source: string, list: readonly Member[], edits: Edits): string {
    const { price } = this.writing
    const usage = member(list, 'usage')
    if (usage !== undefined && source[usage.at] === '{') {
      const costOf = price && ((counted: Usage) => price(counted, replyFacts(source, list)))
      const found = readUsageText(source, usage.at, price !== undefined)
      const readUsage = spliceUsage(source, found, edits, costOf)
      if (readUsage !== undefined) {
        this.progress.readUsage = readUsage
        return ''
      }
    }
    // Some tell usage elsewhere in the chunk than where clients look for it.
    const elsewhere = usageOf(readJson(textOfBytes(source)) as JsonObject)
    if (elsewhere === undefined) return usage === undefined ? ',"usage":null' : ''
    const known = withCost(elsewhere, replyFacts(source, list), price)
    this.progress.readUsage = () => known
    const text = asciiJson(encodeUsage(known))
    if (usage === undefined) return `,"usage":${text}`
    edits.replace(usage, text)
    return ''
  }
}

function choiceIndex(choice: JsonObject): number {
  return typeof choice['index'] === 'number' ? choice['index'] : 0
}

/** Is there anything of an answer in a delta? A role and empty texts only announce one. */
function hasContent(delta: JsonObject): boolean {
  for (const key in delta) {
    const value = delta[key]
    if (key === 'role' || value === null || value === '' || value === undefined) continue
    if (Array.isArray(value) && value.length === 0) continue
    return true
  }
  return false
}

function toldError(data: string): GatewayError {
  const told = parseJson(textOfBytes(data))
  return (
    errorInDisguise(told) ??
    new GatewayError('upstream-error', 'The provider ended the stream with an error.', { upstreamError: told })
  )
}
