/**
 * What a prompt costs, and which part of it the cache holds.
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching#tracking-cache-performance
 */
import { countTokens } from '../tokens.ts'
import { blocksOf } from './blocks.ts'
import type { CacheControl, ContentBlock, MessagesRequest } from './request-schema.ts'

/** A piece of the prompt, in the order it is put together. */
interface Segment {
  tokens: number
  mark: '5m' | '1h' | undefined
}

/** The tokens of a prompt, apart: those that nothing is known of, those that were written to the cache, and those read from it. */
export interface PromptTokens {
  input: number
  written5m: number
  written1h: number
  read: number
}

/** Everything up to the last mark is cached: written, or read where `warm`. Without marks a warm half is read. */
export function countPrompt(request: MessagesRequest, warm: boolean): PromptTokens {
  let total = 0
  let long = 0
  let marked = 0
  for (const { tokens, mark } of segmentsOf(request)) {
    total += tokens
    if (mark === '1h') long = total
    if (mark !== undefined) marked = total
  }
  if (request.cache_control) {
    marked = total
    if (request.cache_control.ttl === '1h') long = total
  }
  if (warm) {
    const read = marked > 0 ? marked : Math.floor(total / 2)
    return { input: total - read, written5m: 0, written1h: 0, read }
  }
  return { input: total - marked, written5m: marked - long, written1h: long, read: 0 }
}

/** The number of tokens in a whole prompt. */
export function countAll(request: MessagesRequest): number {
  return [...segmentsOf(request)].reduce((sum, { tokens }) => sum + tokens, 0)
}

const segment = (tokens: number, control: CacheControl | null | undefined): Segment => ({
  tokens,
  mark: control ? (control.ttl ?? '5m') : undefined,
})

function* segmentsOf({ tools = [], system = [], messages }: MessagesRequest): Generator<Segment> {
  yield segment(3, undefined)
  for (const tool of tools) {
    const { cache_control, ...described } = tool
    yield segment(countTokens(JSON.stringify(described)), cache_control)
  }
  if (typeof system === 'string') yield segment(countTokens(system), undefined)
  else for (const block of system) yield segment(countTokens(block.text), block.cache_control)
  for (const message of messages) {
    yield segment(3, undefined)
    for (const block of blocksOf(message)) yield segment(countBlock(block), markOf(block))
  }
}

const markOf = (block: ContentBlock) => ('cache_control' in block ? block.cache_control : undefined)

/** Pictures and files cost a fixed sum, everything else its letters. */
function countBlock(block: ContentBlock): number {
  switch (block.type) {
    case 'text':
      return countTokens(block.text)
    case 'image':
      return 1600
    case 'document':
      return block.source.type === 'text' ? countTokens(block.source.data) : 2000
    case 'thinking':
      return countTokens(block.thinking)
    case 'tool_result':
      return typeof block.content === 'string'
        ? countTokens(block.content)
        : (block.content ?? []).reduce((sum, inner) => sum + countBlock(inner as ContentBlock), 0)
    default:
      return countTokens(JSON.stringify(block))
  }
}
