/**
 * Writes a message as the events of a stream: its head, each block from its start to its end, why it stopped, the end.
 * https://platform.claude.com/docs/en/build-with-claude/streaming
 */
import type { Piece } from '../pieces.ts'
import type { Mishaps } from '../replies.ts'
import { tokensOf } from '../tokens.ts'
import { headOf, type ReplyBlock, type ReplyMessage } from './message.ts'

/** Where a provider departs from the documented stream. */
export interface StreamQuirks {
  withUsage: boolean
  /** Letters of padding on the first token's event. */
  padding: number
}

/** What stands in the middle of a stream when something goes wrong. */
export const mishaps: Mishaps = {
  garbled: 'event: content_block_delta\ndata: {"type":"content_block_delta","ind\n\n',
  error: textOf('error', {
    type: 'error',
    error: { type: 'overloaded_error', message: 'Overloaded' },
    request_id: null,
  }),
}

function textOf(type: string, event: object): string {
  return `event: ${type}\ndata: ${JSON.stringify(event)}\n\n`
}

const event = (kind: Piece['kind'], type: string, fields: object = {}): Piece => ({
  kind,
  data: textOf(type, { type, ...fields }),
})

/** The events of a whole reply, made as they are asked for. */
export function* eventsOf(message: ReplyMessage, { withUsage, padding }: StreamQuirks): Generator<Piece> {
  const { usage, extra } = message
  const head = { ...headOf(message), ...(withUsage && { usage: { ...usage, output_tokens: 1 } }), ...extra.top }
  yield event('role', 'message_start', { message: head })
  if (extra.delta) yield event('other', 'x_event', { x_event: extra.delta })
  let left = padding
  for (const [index, block] of message.blocks.entries()) {
    yield event('other', 'content_block_start', {
      index,
      content_block: { ...startOf(block), ...(block.type === 'text' && extra.message) },
    })
    if (index === 0) yield event('other', 'ping')
    for (const { kind, delta } of deltasOf(block, message)) {
      const padded = kind === 'token' && left > 0 ? { obfuscation: 'x'.repeat(left) } : {}
      if (kind === 'token') left = 0
      yield event(kind, 'content_block_delta', { index, delta: { ...delta, ...extra.delta }, ...padded })
    }
    yield event('other', 'content_block_stop', { index })
  }
  const { stopReason, stopSequence, stopDetails } = message
  const delta = {
    stop_reason: stopReason,
    stop_sequence: stopSequence,
    stop_details: stopDetails,
    container: null,
  }
  yield event('finish', 'message_delta', { delta, ...(withUsage && { usage: finalUsage(usage) }) })
  yield event('done', 'message_stop')
}

/** The usage at the end says less than the one at the start. */
function finalUsage(usage: ReplyMessage['usage']): object {
  const { cache_creation, service_tier, inference_geo, speed, ...rest } = usage
  return rest
}

/** A block before anything is in it. Those that come in one piece are whole. */
function startOf(block: ReplyBlock): object {
  switch (block.type) {
    case 'text':
      return { ...block, text: '', citations: null }
    case 'thinking':
      return { ...block, thinking: '', signature: '' }
    case 'tool_use':
    case 'server_tool_use':
      return { ...block, input: {} }
    default:
      return block
  }
}

interface Delta {
  kind: 'token' | 'other'
  delta: Record<string, unknown>
}

function* deltasOf(block: ReplyBlock, message: ReplyMessage): Generator<Delta> {
  if (block.type === 'text') {
    for (const text of tokensOf(block.text)) yield { kind: 'token', delta: { type: 'text_delta', text } }
    for (const citation of block.citations ?? []) yield { kind: 'other', delta: { type: 'citations_delta', citation } }
  } else if (block.type === 'thinking') {
    for (const thinking of tokensOf(block.thinking))
      yield { kind: 'token', delta: { type: 'thinking_delta', thinking } }
    yield { kind: 'other', delta: { type: 'signature_delta', signature: block.signature } }
  } else if (block.type === 'tool_use' || block.type === 'server_tool_use') {
    // The first piece is empty, and where there are no arguments it is the only one.
    yield { kind: 'token', delta: { type: 'input_json_delta', partial_json: '' } }
    const input = message.inputs.get(block.id) ?? '{}'
    if (input === '{}') return
    for (const partial_json of tokensOf(input))
      yield { kind: 'token', delta: { type: 'input_json_delta', partial_json } }
  }
}
