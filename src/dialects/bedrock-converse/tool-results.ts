/**
 * What tools gave, as results in the user's turn.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolResultBlock.html
 */
import type { Message } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { unsupported } from '../../core/refuse.ts'
import { blockPath, nameUnsaid, userContent } from './blocks.ts'
import { cachePointsAfter } from './cache-points.ts'
import type { Draft } from './draft.ts'

type ToolMessage = Extract<Message, { role: 'tool' }>

/** Adds the result, and a cache point behind it where anything in it is marked: inside a result there is no place for one. */
export function encodeToolResult(message: ToolMessage, path: string, results: JsonObject[], draft: Draft): void {
  const content: JsonObject[] = []
  const { toolCallId, isError } = message
  for (const [index, block] of message.content.entries()) {
    const place = blockPath(path, index)
    if (block.type === 'audio')
      throw unsupported(place, 'is a sound in the result of a tool, which Bedrock does not take', 'Send its words')
    if (block.type === 'unknown' && block.value['guardContent'] !== undefined) {
      throw unsupported(
        place,
        'is guarded content in the result of a tool, which Bedrock does not take',
        'Send it as text',
      )
    }
    content.push(...userContent(block, place, draft))
    nameUnsaid(block, place, draft)
  }
  const failed = isError === true && draft.family.resultStatus
  if (isError === true && !failed) draft.drop(`${path}.is_error`)
  // A failure without a word is refused.
  if (failed && content.length === 0) content.push({ text: 'Failed.' })
  results.push({
    toolResult: { toolUseId: draft.callIds.fit(toolCallId), content, ...(failed && { status: 'error' }) },
  })
  for (const [index, block] of message.content.entries()) {
    const place = { path: blockPath(path, index), behind: results, draft }
    results.push(...cachePointsAfter(block, place))
  }
}
