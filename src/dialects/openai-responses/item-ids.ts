/**
 * Ids of a reply and of its items. Those of items are made of the reply's, so that the same call made again gives the same ones.
 * https://platform.openai.com/docs/api-reference/responses/object
 */
import type { Asked } from '../../core/dialect.ts'
import { tableOf } from '../../core/wire.ts'

const replyPrefix = 'resp_'

/** The id the reply is to have, else the provider's, which clients have to know for one of a response. */
export function replyIdOf({ replyId }: Asked, upstreamId: string): string {
  return replyId ?? (upstreamId.startsWith(replyPrefix) ? upstreamId : replyPrefix + upstreamId)
}

const prefixes = tableOf<string>({
  message: 'msg',
  reasoning: 'rs',
  function_call: 'fc',
  custom_tool_call: 'ctc',
  image_generation_call: 'ig',
})

/** The id of the item at that place of the output, counted from 0. */
export function itemIdOf(type: string, replyId: string, outputIndex: number): string {
  return `${prefixes[type] ?? 'item'}_${replyId.slice(replyPrefix.length)}_${outputIndex}`
}
