/**
 * What thoughts that come back must be: unchanged, signed, and where they were.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ReasoningTextBlock.html,
 * https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html
 */
import { verify } from '../signature.ts'
import type { Conversation } from './check-converse.ts'
import { thinkingOf } from './check-model-settings.ts'
import type { ContentBlock, Message } from './converse-request.ts'
import { invalid } from './errors.ts'

/** For Claude: only it signs its thoughts. */
export function checkReasoning(request: Conversation): void {
  for (const [index, { content }] of request.messages.entries()) {
    for (const [place, block] of content.entries()) checkBlock(block, `messages.${index}.content.${place}`)
  }
  if (thinkingOf(request) !== undefined) checkLastTurn(request.messages)
}

function checkBlock({ reasoningContent }: ContentBlock, place: string): void {
  if (!reasoningContent) return
  const { reasoningText, redactedContent } = reasoningContent
  if (reasoningText && reasoningText.signature === undefined) {
    throw invalid(`${place}.reasoningContent.reasoningText.signature: Field required`)
  }
  const signature = reasoningText?.signature ?? redactedContent ?? ''
  if (verify(signature, { text: reasoningText?.text ?? '' }) === 'valid') return
  const kind = reasoningText ? '`signature` in `thinking`' : '`data` in `redacted_thinking`'
  throw invalid(`${place}: Invalid ${kind} block`)
}

/** With thinking on, a turn that called tools and goes on must begin with its thoughts. */
function checkLastTurn(messages: readonly Message[]): void {
  const index = messages.findLastIndex(({ role }) => role === 'assistant')
  const content = messages[index]?.content ?? []
  const goesOn = messages.at(-1)?.content.some(({ toolResult }) => toolResult)
  if (!goesOn || !content.some(({ toolUse }) => toolUse) || content[0]?.reasoningContent) return
  const found = Object.keys(content[0] ?? {})[0]
  throw invalid(
    `messages.${index}.content.0: Expected \`thinking\` or \`redacted_thinking\`, but found \`${found}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block.`,
  )
}
