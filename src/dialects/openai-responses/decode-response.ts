/** A provider's whole response as the canonical form. https://platform.openai.com/docs/api-reference/responses/object */
import type { ChatResponse } from '../../core/chat.ts'
import type { ReplyContext } from '../../core/dialect.ts'
import { unknownFields, withoutNulls } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { unreadable } from '../../core/upstream-error.ts'
import { defined, listOf, objectOf, objectsOf, textOf } from '../../core/wire.ts'
import { decodeHead, decodeItem, decodeLogprobs, finishReasonOf, responseNames } from './decode-output.ts'
import { dialect } from './name.ts'
import { errorIn, failureOf } from './provider-errors.ts'
import { decodeUsage } from './reply-usage.ts'

/** Throws `upstream-unreadable` when the body is no finished response, `upstream-error` when it failed. */
export function decodeResponse(body: Json, context: ReplyContext): ChatResponse {
  const error = errorIn(body)
  if (error !== undefined) throw error
  const response = objectOf(body)
  const output = listOf(response?.['output'])
  if (response === undefined || output === undefined) throw unreadable('the reply has no output')
  checkEnded(response)
  const items = objectsOf(output)
  const content = items.flatMap((item, position) => decodeItem(item, `call_${context.id}_${position}`))
  const hasCalls = content.some(({ type }) => type === 'tool-call')
  const choice = { index: 0, content, finishReason: finishReasonOf(response, hasCalls), logprobs: logprobsOf(items) }
  return defined({
    dialect,
    ...decodeHead(response, context),
    choices: [defined(choice)],
    usage: decodeUsage(response['usage']),
    extra: withoutNulls(unknownFields(response, responseNames)),
  })
}

/** Some servers leave the status out of a response that is there. */
function checkEnded(response: JsonObject): void {
  const status = textOf(response['status']) ?? 'completed'
  if (status === 'completed' || status === 'incomplete') return
  if (status === 'failed' || status === 'cancelled') throw failureOf(response)
  throw unreadable(`the response is ${status}, which is no end`)
}

function logprobsOf(items: readonly JsonObject[]): JsonObject | undefined {
  const parts = items.flatMap((item) => (item['type'] === 'message' ? objectsOf(item['content']) : []))
  return decodeLogprobs(parts.flatMap((part) => objectsOf(part['logprobs'])))
}
