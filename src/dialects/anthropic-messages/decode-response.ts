/** Whole messages to the canonical form. https://platform.claude.com/docs/en/api/messages */
import type { Block, ChatResponse, Extra } from '../../core/chat.ts'
import { textOfArguments } from '../../core/custom-tools.ts'
import type { ReplyContext } from '../../core/dialect.ts'
import { type Known, unknownFields, withoutNulls } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { inputOf } from '../../core/tool-input.ts'
import type { ToolNames } from '../../core/tool-names.ts'
import { unreadable } from '../../core/upstream-error.ts'
import { defined, listOf, objectOf, objectsOf, textOf, wordsOf } from '../../core/wire.ts'
import { decodeBlock } from './blocks.ts'
import { dialect } from './name.ts'
import { errorIn } from './provider-errors.ts'
import { decodeServiceTier } from './service-tier.ts'
import { finishReasonOf, saysMore } from './stop-reasons.ts'
import { toolNamesOf } from './tool-names.ts'
import { decodeUsage } from './usage.ts'

/** Members of a message that have a place in the canonical form. */
export const messageNames = {
  id: true,
  type: true,
  role: true,
  model: true,
  content: true,
  stop_reason: true,
  stop_sequence: true,
  stop_details: true,
  usage: true,
} as const satisfies Known

export function decodeResponse(body: Json, context: ReplyContext): ChatResponse {
  const error = errorIn(body)
  if (error) throw error
  const reply = objectOf(body)
  const content = listOf(reply?.['content'])
  if (reply === undefined || content === undefined) throw unreadable('the reply has no content')
  const names = toolNamesOf(context.request)
  const details = objectOf(reply['stop_details'])
  const stopReason = wordsOf(reply['stop_reason'])
  const choice = defined({
    index: 0,
    content: [...objectsOf(content).map((block) => asCalled(decodeBlock(block), names)), ...refusalOf(details)],
    finishReason: finishReasonOf(stopReason),
    stopSequence: textOf(reply['stop_sequence']),
    extra: endExtra(stopReason, details),
  })
  return defined({
    dialect,
    ...decodeHead(reply, context),
    choices: [choice],
    usage: decodeUsage(reply['usage']),
    extra: saidBeside(reply),
  })
}

/** What is told alike at the top of a whole message and at the start of a stream. */
export function decodeHead(message: JsonObject, context: ReplyContext) {
  return {
    id: wordsOf(message['id']) ?? `chatcmpl-${context.id}`,
    model: wordsOf(message['model']) ?? context.model,
    created: context.created,
    serviceTier: decodeServiceTier(wordsOf(objectOf(message['usage'])?.['service_tier'])),
  }
}

/** Members without a name here; null says nothing. */
export function saidBeside(wire: JsonObject, names: Known = messageNames) {
  return withoutNulls(unknownFields(wire, names))
}

/** What only this API tells of an end: for its own clients. */
export function endExtra(stopReason: string | undefined, details: JsonObject | undefined): Extra | undefined {
  const special = stopReason !== undefined && saysMore(stopReason) ? { stop_reason: stopReason } : undefined
  return details === undefined ? special : { ...special, stop_details: details }
}

/** Why the answer was refused, where it is told in a sentence. */
export function refusalOf(details: JsonObject | undefined): Block[] {
  const text = wordsOf(details?.['explanation'])
  return text === undefined ? [] : [{ type: 'refusal', text }]
}

/** A call by the name the client knows, with plain text where it gave a tool that takes that. */
function asCalled(block: Block, names: ToolNames): Block {
  if (block.type !== 'tool-call') return block
  const name = names.original(block.name)
  if (!names.isCustom(name)) return { ...block, name }
  const input = inputOf(block)
  return { ...block, name, kind: 'custom', arguments: input === undefined ? block.arguments : textOfArguments(input) }
}
