/**
 * Writes an answer as `Converse` gives it in one piece, and as the events of `ConverseStream`.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html
 */
import type { Faults } from '../faults.ts'
import type { Piece } from '../pieces.ts'
import { type Reply, streamReply } from '../replies.ts'
import { tokensOf } from '../tokens.ts'
import type { AnswerBlock, Citation, ConverseAnswer, ToolUse } from './converse-answer.ts'
import { exceptionOf } from './errors.ts'
import { encodeEvent, encodeException, encodeMessage, eventHeaders, withBadChecksum } from './event-stream.ts'

/** The reply in one piece. */
export function unaryReply(answer: ConverseAnswer, headers: Record<string, string>, faults: Faults): Reply {
  const { blocks, stopReason, additionalModelResponseFields, aftermath, draft, tokens } = answer
  const { usage, ...others } = aftermath
  const body = {
    ...others,
    output: { message: { content: blocks.map(withoutWritten), role: 'assistant', ...draft.extra?.message } },
    stopReason,
    ...(additionalModelResponseFields && { additionalModelResponseFields }),
    ...(faults.usage !== 'none' && { usage: { ...usage, ...draft.extra?.usage } }),
    ...draft.extra?.top,
  }
  return compactReply(body, headers, tokens)
}

/** JSON without blanks, as Bedrock writes it. */
export function compactReply(body: unknown, headers: Record<string, string>, tokens = 0): Reply {
  return {
    status: 200,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    tokens,
  }
}

function withoutWritten(block: AnswerBlock): object {
  if (!('toolUse' in block)) return block
  const { written: _, ...toolUse } = block.toolUse
  return { toolUse }
}

/** The reply in events. */
export function streamedReply(answer: ConverseAnswer, headers: Record<string, string>, faults: Faults): Reply {
  const usual = { type: 'contentBlockDelta', payload: { contentBlockIndex: 0, delta: { text: 'spoilt' } } }
  return eventStreamReply(eventsOf(answer, faults), headers, faults, usual)
}

/** A reply of binary messages, with what may go wrong among them: `usual` is an event as there are many. */
export function eventStreamReply(
  pieces: Iterable<Piece>,
  headers: Record<string, string>,
  faults: Faults,
  usual: { type: string; payload: object },
): Reply {
  const { type, message } = exceptionOf(faults.toldStatus ?? 500)
  const broken = JSON.stringify(usual.payload).slice(0, -5)
  return streamReply(
    pieces,
    { ...headers, 'content-type': 'application/vnd.amazon.eventstream' },
    {
      garbled: encodeMessage(eventHeaders(usual.type), broken),
      corrupt: withBadChecksum(encodeEvent(usual.type, usual.payload)),
      error: encodeException(memberOf(type), message),
    },
  )
}

/** What an exception is called in a stream. One of the model has a name of its own there. */
function memberOf(type: string): string {
  return type === 'ModelErrorException'
    ? 'modelStreamErrorException'
    : `${type.charAt(0).toLowerCase()}${type.slice(1)}`
}

interface Event {
  kind: Piece['kind']
  type: string
  payload: object
}

const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** Every event is padded to hide how long it is, by `p`, which no documentation knows. */
function* eventsOf(answer: ConverseAnswer, { usage, padding = 0 }: Faults): Generator<Piece> {
  const { delta, top } = answer.draft.extra ?? {}
  let padded = padding
  let count = 0
  for (const { kind, type, payload } of plainEvents(answer)) {
    if (kind === 'usage' && usage === 'none') continue
    const p = kind === 'token' && padded > 0 ? 'x'.repeat(padded) : alphabet.slice(0, (count++ * 7) % alphabet.length)
    if (kind === 'token') padded = 0
    yield { kind, data: encodeEvent(type, { ...payload, ...top, ...(kind === 'token' && delta), p }) }
  }
}

function* plainEvents(answer: ConverseAnswer): Generator<Event> {
  const { stopReason, additionalModelResponseFields: fields, aftermath, draft } = answer
  yield { kind: 'role', type: 'messageStart', payload: { role: 'assistant' } }
  for (const [contentBlockIndex, block] of answer.blocks.entries()) {
    if ('toolUse' in block) {
      const { toolUseId, name } = block.toolUse
      yield {
        kind: 'other',
        type: 'contentBlockStart',
        payload: { contentBlockIndex, start: { toolUse: { toolUseId, name } } },
      }
    }
    for (const { kind, delta } of deltasOf(block)) {
      yield { kind, type: 'contentBlockDelta', payload: { contentBlockIndex, delta } }
    }
    yield { kind: 'other', type: 'contentBlockStop', payload: { contentBlockIndex } }
  }
  const additional = fields && { additionalModelResponseFields: fields }
  yield { kind: 'finish', type: 'messageStop', payload: { ...additional, stopReason } }
  const usage = { ...aftermath.usage, ...draft.extra?.usage }
  yield { kind: 'usage', type: 'metadata', payload: { ...aftermath, usage } }
}

type Delta = Pick<Event, 'kind'> & { delta: object }

/** Only calls are announced by a start; text and thoughts begin with their first delta. */
function* deltasOf(block: AnswerBlock): Generator<Delta> {
  if ('text' in block) yield* textDeltas(block.text)
  else if ('citationsContent' in block) yield* citedDeltas(block.citationsContent)
  else if ('toolUse' in block) yield* inputDeltas(block.toolUse)
  else if ('redactedContent' in block.reasoningContent) yield { kind: 'other', delta: block }
  else {
    const { text, signature } = block.reasoningContent.reasoningText
    for (const part of tokensOf(text)) yield { kind: 'token', delta: { reasoningContent: { text: part } } }
    if (signature !== undefined) yield { kind: 'other', delta: { reasoningContent: { signature } } }
  }
}

function* textDeltas(text: string): Generator<Delta> {
  for (const part of tokensOf(text)) yield { kind: 'token', delta: { text: part } }
}

function* citedDeltas({
  content,
  citations,
}: {
  content: { text: string }[]
  citations: Citation[]
}): Generator<Delta> {
  for (const { text } of content) yield* textDeltas(text)
  for (const citation of citations) yield { kind: 'other', delta: { citation } }
}

/** Without arguments nothing is written at all, not even `{}`. */
function* inputDeltas({ written }: ToolUse): Generator<Delta> {
  if (written === '{}') yield { kind: 'token', delta: { toolUse: { input: '' } } }
  else for (const input of tokensOf(written)) yield { kind: 'token', delta: { toolUse: { input } } }
}
