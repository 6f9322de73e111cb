/** Whole replies → canonical replies. https://ai.google.dev/api/generate-content#generatecontentresponse */
import type { Block, BlockDelta, BlockStart, ChatResponse, Choice } from '../../core/chat.ts'
import type { ReplyContext } from '../../core/dialect.ts'
import { unknownFields } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { ToolNames } from '../../core/tool-names.ts'
import { unreadable } from '../../core/upstream-error.ts'
import type { Usage } from '../../core/usage.ts'
import { defined, listOf, objectOf, objectsOf } from '../../core/wire.ts'
import { Candidate, type Sink } from './candidate.ts'
import { errorInDisguise } from './errors.ts'
import { blockedBy, choiceOf, decodeHead, topNames } from './reply.ts'
import { toolNamesOf } from './tool-names.ts'
import { decodeUsage } from './usage.ts'

export function decodeResponse(body: Json, context: ReplyContext): ChatResponse {
  const error = errorInDisguise(body)
  if (error) throw error
  const reply = objectOf(body)
  const blocked = reply && blockedBy(reply)
  const wires = objectsOf(reply?.['candidates'])
  if (reply === undefined || (listOf(reply['candidates']) === undefined && blocked === undefined))
    throw unreadable('the reply has no candidates')
  const head = decodeHead(reply, context)
  const names = toolNamesOf(context.request)
  const answers = wires.map((wire, position) => new Answer(wire, choiceOf(wire, position, wires), head.id, names))
  if (answers.length === 0) answers.push(new Answer(undefined, 0, head.id, names))
  if (wires.length === 0) answers[0]!.candidate.refuse(blocked ?? 'The answer was withheld.')
  const candidates = answers.map(({ candidate }) => candidate)
  return defined({
    ...head,
    choices: answers.map((answer) => answer.choice(wires.length === 0)),
    usage: withSearches(decodeUsage(reply['usageMetadata']), candidates),
    ...foundBy(candidates),
    extra: unknownFields(reply, topNames),
  })
}

/** Web searches are counted where their queries are told. */
export function withSearches(usage: Usage | undefined, candidates: readonly Candidate[]): Usage | undefined {
  const counts = candidates.map(({ searchQueries }) => searchQueries).filter((count) => count !== undefined)
  if (usage === undefined || counts.length === 0) return usage
  const searchQueries = counts.reduce((sum, count) => sum + count, 0)
  return { ...usage, output: { ...usage.output, searchQueries } }
}

/** What was found in the web and what was filmed, which has its place beside the answers. */
export function foundBy(candidates: readonly Candidate[]) {
  const searchResults = candidates.flatMap((candidate) => candidate.searchResults ?? [])
  const videos = candidates.flatMap((candidate) => candidate.videos ?? [])
  return {
    searchResults: searchResults.length > 0 ? searchResults : undefined,
    videos: videos.length > 0 ? videos : undefined,
  }
}

/** One answer as it is put together. */
class Answer implements Sink {
  readonly candidate: Candidate
  readonly #blocks: Block[] = []
  #logprobs: JsonObject | undefined

  constructor(wire: JsonObject | undefined, index: number, replyId: string, names: ToolNames) {
    this.candidate = new Candidate(index, replyId, names, this)
    if (wire !== undefined) this.candidate.read(wire)
    this.candidate.end()
  }

  choice(blocked: boolean): Choice {
    const { index, finished, extra, logprobs } = this.candidate
    return defined({
      index,
      content: this.#blocks,
      finishReason: blocked ? 'content_filter' : (finished?.reason ?? null),
      logprobs: this.#logprobs ?? logprobs,
      extra,
    })
  }

  open(_: number, block: BlockStart): void {
    this.#blocks.push(emptyBlock(block))
  }

  add(index: number, delta: BlockDelta): void {
    const block = this.#blocks[index]!
    const { text, data, signature, annotations, logprobs } = delta
    if (logprobs !== undefined) this.#logprobs = logprobs
    if (block.type === 'text') {
      if (text !== undefined) block.text += text
      if (annotations !== undefined) block.annotations = [...(block.annotations ?? []), ...annotations]
    } else if (block.type === 'refusal') block.text += text ?? ''
    else if (block.type === 'tool-call') block.arguments += text ?? ''
    else if (block.type === 'reasoning') {
      if (text !== undefined) block.text = (block.text ?? '') + text
      if (signature !== undefined) block.signature = signature
      if (data !== undefined) block.data = data
    } else if (block.type === 'audio' && data !== undefined) {
      const before = block.source?.kind === 'data' ? block.source.data : ''
      block.source = { kind: 'data', data: before + data }
    }
  }

  close(): void {}
}

function emptyBlock(block: BlockStart): Block {
  switch (block.type) {
    case 'text':
    case 'refusal':
      return { type: block.type, text: '' }
    case 'tool-call':
      return { ...block, arguments: '' }
    default:
      return { ...block }
  }
}
