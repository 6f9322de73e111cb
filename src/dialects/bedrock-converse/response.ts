/**
 * Whole replies to the canonical form.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_ResponseSyntax
 */
import type { Block, ChatResponse, Choice, TextBlock } from '../../core/chat.ts'
import { textOfArguments } from '../../core/custom-tools.ts'
import type { ReplyContext } from '../../core/dialect.ts'
import type { GatewayError } from '../../core/errors.ts'
import { unknownFields } from '../../core/extra.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { errorInDisguise, unreadable } from '../../core/upstream-error.ts'
import { defined, listOf, objectOf, objectsOf, textOf, wordsOf } from '../../core/wire.ts'
import { decodeCitation } from './citations.ts'
import { guardrailRefusal } from './guardrails.ts'
import { dialect, ownFormat } from './name.ts'
import { type Reading, readingOf } from './reading.ts'
import { finishReasonOf } from './stop-reasons.ts'
import { decodeUsage } from './usage.ts'

const replyNames = { output: { message: true }, stopReason: true, usage: true, serviceTier: { type: true } } as const

export function decodeResponse(body: Json, context: ReplyContext): ChatResponse {
  const reply = objectOf(body)
  const message = objectOf(objectOf(reply?.['output'])?.['message'])
  if (reply === undefined || message === undefined) throw noAnswer(body, 'the reply has no message')
  const choice = decodeChoice(reply, listOf(message['content']) ?? [], readingOf(context))
  return defined({
    dialect,
    id: `chatcmpl-${context.id}`,
    model: modelOf(reply) ?? context.model,
    created: context.created,
    choices: [choice],
    usage: decodeUsage(reply['usage']),
    serviceTier: wordsOf(objectOf(reply['serviceTier'])?.['type']),
    extra: unknownFields(reply, replyNames),
  })
}

/** The model that a prompt router chose. */
export function modelOf(told: JsonObject): string | undefined {
  const trace = objectOf(told['trace'])
  return wordsOf(objectOf(trace?.['promptRouter'])?.['invokedModelId'])
}

/** An error that came with a status of success, or something else altogether. */
export function noAnswer(body: Json, otherwise: string): GatewayError {
  const message = wordsOf(objectOf(body)?.['message'])
  const error = errorInDisguise(message === undefined ? body : { error: body })
  return error ?? unreadable(otherwise)
}

function decodeChoice(reply: JsonObject, content: Json[], reading: Reading): Choice {
  const blocks = objectsOf(content).flatMap((block, position) => decodeBlock(block, position, reading))
  const stopReason = textOf(reply['stopReason'])
  const text = blocks.map((block) => (block.type === 'text' ? block.text : '')).join('')
  const refusal = guardrailRefusal(stopReason, objectOf(reply['trace']), text)
  if (refusal !== undefined) blocks.push({ type: 'refusal', text: refusal })
  return defined({
    index: 0,
    content: blocks,
    finishReason: finishReason(stopReason, blocks, reading),
    stopSequence: stopSequenceOf(reply),
  })
}

/** A tool that only brought the answer was no call of the client's tools. */
export function finishReason(
  stopReason: string | undefined,
  blocks: readonly { readonly type: string }[],
  { answerTool }: Reading,
): string | null {
  const reason = finishReasonOf(stopReason)
  if (reason !== 'tool_calls' || answerTool === undefined) return reason
  return blocks.some(({ type }) => type === 'tool-call') ? reason : 'stop'
}

/** Told where the request asks for it: `additionalModelResponseFieldPaths: ["/stop_sequence"]`. */
export function stopSequenceOf(told: JsonObject): string | undefined {
  return wordsOf(objectOf(told['additionalModelResponseFields'])?.['stop_sequence'])
}

function decodeBlock(wire: JsonObject, position: number, reading: Reading): Block[] {
  const { text } = wire
  if (typeof text === 'string') return text === '' ? [] : [{ type: 'text', text }]
  const call = objectOf(wire['toolUse'])
  if (call !== undefined && call['type'] === undefined) return [decodeCall(call, position, reading)]
  const reasoning = objectOf(wire['reasoningContent'])
  if (reasoning !== undefined) return decodeReasoning(reasoning, reading)
  const cited = objectOf(wire['citationsContent'])
  if (cited !== undefined) return [decodeCited(cited)]
  const image = objectOf(wire['image'])
  const bytes = textOf(objectOf(image?.['source'])?.['bytes'])
  const format = textOf(image?.['format'])
  if (bytes !== undefined && format !== undefined) {
    return [{ type: 'image', source: { kind: 'data', mediaType: `image/${format}`, data: bytes } }]
  }
  // Tools that Bedrock ran, and what is new: whole.
  return Object.keys(wire).length === 0 ? [] : [{ type: 'unknown', value: wire }]
}

function decodeCall(call: JsonObject, position: number, reading: Reading): Block {
  const { input } = call
  const name = reading.names.original(textOf(call['name']) ?? '')
  if (name === reading.answerTool) return { type: 'text', text: argumentsText(input) }
  const base = { type: 'tool-call' as const, id: wordsOf(call['toolUseId']) ?? reading.callId(position), name }
  if (reading.names.isCustom(name)) return { ...base, kind: 'custom', arguments: textOfArguments(input) }
  return { ...base, kind: 'function', arguments: argumentsText(input) }
}

function argumentsText(input: Json | undefined): string {
  return typeof input === 'string' ? input : JSON.stringify(input ?? {})
}

function decodeReasoning(wire: JsonObject, { format }: Reading): Block[] {
  const data = textOf(wire['redactedContent'])
  // Bytes of this wire: other wires have the same thoughts as text.
  if (data !== undefined) return [{ type: 'reasoning', kind: 'encrypted', data, format: ownFormat }]
  const thought = objectOf(wire['reasoningText'])
  const told = defined({ text: wordsOf(thought?.['text']), signature: wordsOf(thought?.['signature']) })
  return Object.keys(told).length === 0 ? [] : [{ type: 'reasoning', kind: 'text', ...told, format }]
}

function decodeCited(wire: JsonObject): TextBlock {
  const text = objectsOf(wire['content'])
    .map((part) => textOf(part['text']) ?? '')
    .join('')
  const annotations = objectsOf(wire['citations']).map((citation) =>
    decodeCitation(citation, { start: 0, end: text.length }),
  )
  return annotations.length === 0 ? { type: 'text', text } : { type: 'text', text, annotations }
}
