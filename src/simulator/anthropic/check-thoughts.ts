/**
 * Thoughts must come back as they were. https://platform.claude.com/docs/en/build-with-claude/thinking#preserving-thinking-blocks,
 * https://platform.claude.com/docs/en/build-with-claude/preserved-thinking
 */
import { createHash } from 'node:crypto'
import type { Refused } from '../errors.ts'
import { verify } from '../signature.ts'
import { isPrefilled, turnsOf } from './blocks.ts'
import type { Rule, Strictness } from './check-request.ts'
import { invalidAt } from './errors.ts'
import type { ContentBlock, Message, MessagesRequest } from './request-schema.ts'

export const checkThoughts: Rule = (request, strictness) =>
  checkSignatures(request, strictness) ?? checkOrder(request) ?? checkBeginning(request)

function checkSignatures(request: MessagesRequest, { rules, betas }: Strictness): Refused | undefined {
  const dropped = dropsMoved(request) && betas.has('thinking-binding-controls-2026-08-01')
  const before = rules.boundThoughts && !dropped ? saidBefore(request) : []
  for (const [index, message] of request.messages.entries()) {
    if (message.role !== 'assistant' || typeof message.content === 'string') continue
    for (const [position, block] of message.content.entries()) {
      const signed = signedOf(block)
      if (!signed) continue
      const verdict = verify(signed.signature, { text: signed.text, before: before[index] ?? '' })
      if (verdict === 'valid' || (verdict === 'moved' && before.length === 0)) continue
      const place = `messages.${index}.content.${position}`
      return invalidAt(place, `${signed.words} in \`${block.type}\` block${verdict === 'moved' ? moved : ''}`)
    }
  }
  return undefined
}

const moved =
  '. The block is bound to a different conversation. Remove the block, or set `thinking.block_binding.prefix_mismatch_behavior` to "drop_block".'

function dropsMoved({ thinking }: MessagesRequest): boolean {
  return (
    thinking !== undefined &&
    'block_binding' in thinking &&
    thinking.block_binding?.prefix_mismatch_behavior === 'drop_block'
  )
}

function signedOf(block: ContentBlock): { signature: string; text: string; words: string } | undefined {
  if (block.type === 'thinking')
    return { signature: block.signature, text: block.thinking, words: 'Invalid `signature`' }
  return block.type === 'redacted_thinking' ? { signature: block.data, text: '', words: 'Invalid `data`' } : undefined
}

/**
 * Digests of everything that was said before each message, and of all of it at the end, without what may change: marks for the cache,
 * and how a lone text is written. A thought of the newest models is good only after the very same.
 */
export function saidBefore({ system, tools, messages }: MessagesRequest): string[] {
  const running = createHash('sha256')
  running.update(plainly({ system: system === undefined ? [] : written(system), tools: tools ?? [] }))
  const digests = [running.copy().digest('hex')]
  for (const { role, content } of messages) {
    running.update(plainly({ role, content: written(content) }))
    digests.push(running.copy().digest('hex'))
  }
  return digests
}

const plainly = (value: object) => JSON.stringify(value, (key, inner) => (key === 'cache_control' ? undefined : inner))

const written = (content: Message['content']) =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content

const isThought = (block: ContentBlock | undefined) => block?.type === 'thinking' || block?.type === 'redacted_thinking'

function checkOrder({ messages }: MessagesRequest): Refused | undefined {
  const index = messages.findIndex(
    ({ role, content }) => role === 'assistant' && Array.isArray(content) && isThought(content.at(-1)),
  )
  return index < 0
    ? undefined
    : invalidAt(`messages.${index}`, 'The final block in an assistant message cannot be `thinking`.')
}

/** With a budget, a turn that calls tools, or is to be gone on with, must begin with a thought. */
function checkBeginning(request: MessagesRequest): Refused | undefined {
  if (request.thinking?.type !== 'enabled') return undefined
  const turns = turnsOf(request)
  const last = turns.findLast(({ role }) => role === 'assistant')
  if (!last) return undefined
  const answered = turns.at(-1)!.blocks.some(({ type }) => type === 'tool_result')
  if (!answered && !isPrefilled(request)) return undefined
  const [first] = last.blocks
  if (!first || isThought(first)) return undefined
  return invalidAt(
    `messages.${last.index}.content.0.type`,
    `Expected \`thinking\` or \`redacted_thinking\`, but found \`${first.type}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceding the lastmost set of \`tool_use\` and \`tool_result\` blocks).`,
  )
}
