/** Writes a reply as the events of a stream. https://docs.cohere.com/v2/docs/streaming, https://docs.cohere.com/v2/docs/tool-use-streaming */
import type { Piece } from '../pieces.ts'
import { tokensOf } from '../tokens.ts'
import type { ChatReply } from './reply.ts'

/** Where a provider departs from the documented stream. */
export interface StreamQuirks {
  withUsage: boolean
  /** Letters of padding on the first token's event. */
  padding: number
}

/** The events of a whole reply, made as they are asked for. */
export function* eventsOf(reply: ChatReply, quirks: StreamQuirks): Generator<Piece> {
  const writer = new EventWriter(reply, quirks)
  yield writer.start()
  if (reply.extra.delta) yield event('other', 'x-event', reply.extra.delta)
  for (const [index, block] of reply.content.entries()) yield* writer.content(block, index)
  for (const plan of tokensOf(reply.plan ?? '')) yield writer.token('tool-plan-delta', { tool_plan: plan })
  for (const [index, call] of reply.calls.entries()) yield* writer.call(call, index)
  yield writer.end()
  yield { kind: 'done', data: 'data: [DONE]\n\n' }
}

function event(kind: Piece['kind'], type: string, fields: object): Piece {
  return { kind, data: `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n` }
}

class EventWriter {
  private readonly reply: ChatReply
  private readonly quirks: StreamQuirks
  private padding: number

  constructor(reply: ChatReply, quirks: StreamQuirks) {
    this.reply = reply
    this.quirks = quirks
    this.padding = quirks.padding
  }

  start(): Piece {
    const message = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] }
    return event('role', 'message-start', { id: this.reply.id, delta: { message }, ...this.reply.extra.top })
  }

  token(type: string, message: object, fields: object = {}): Piece {
    const padded = this.padding > 0 ? { obfuscation: 'x'.repeat(this.padding) } : {}
    this.padding = 0
    return event('token', type, { ...fields, delta: { message }, ...padded })
  }

  /** Citations come before their block ends. */
  *content(block: ChatReply['content'][number], index: number): Generator<Piece> {
    const [field, text] = block.type === 'text' ? ['text', block.text] : ['thinking', block.thinking]
    const opened = { type: block.type, [field]: '' }
    yield event('other', 'content-start', { index, delta: { message: { content: opened } } })
    let place = 0
    for (const part of tokensOf(text)) {
      const likelihood = block.type === 'text' ? this.reply.logprobs?.[place++] : undefined
      yield this.token(
        'content-delta',
        { content: { [field]: part, ...this.reply.extra.delta } },
        { index, ...(likelihood && { logprobs: likelihood }) },
      )
    }
    if (block.type === 'text') yield* this.citations()
    yield event('other', 'content-end', { index })
  }

  private *citations(): Generator<Piece> {
    for (const [index, citations] of this.reply.citations.entries()) {
      yield event('other', 'citation-start', { index, delta: { message: { citations } } })
      yield event('other', 'citation-end', { index })
    }
  }

  /** Id and name first, with nothing in the arguments, then the arguments in fragments. */
  *call(call: ChatReply['calls'][number], index: number): Generator<Piece> {
    const opened = { ...call, function: { ...call.function, arguments: '' } }
    yield this.token('tool-call-start', { tool_calls: opened }, { index })
    for (const part of tokensOf(call.function.arguments)) {
      yield this.token('tool-call-delta', { tool_calls: { function: { arguments: part } } }, { index })
    }
    yield event('other', 'tool-call-end', { index })
  }

  end(): Piece {
    const { finishReason, usage } = this.reply
    const delta = { finish_reason: finishReason, ...(this.quirks.withUsage && { usage }) }
    return event('finish', 'message-end', { delta })
  }
}
