/** What the tests of this dialect share: streams cut into pieces, and what a stream adds up to. */
import { createParser } from 'eventsource-parser'
import type { Block, ChatEvent, Choice } from '../../core/chat.ts'
import type { StreamWriting } from '../../core/dialect.ts'
import type { ExtraFields } from '../../core/extra-fields.ts'
import { type Frame, frameText } from '../../core/sse.ts'
import { decodeEvents, encodeEvents } from './stream.ts'

export const extra: ExtraFields = {
  requestType: 'chat_completion_stream',
  provider: 'openai',
  modelRequested: 'gpt-4o',
  latency: 0,
  chunkIndex: 0,
}

/** A clock that goes ten milliseconds on each time it is looked at; the provider was asked at 1000. */
export function writing(options: Partial<StreamWriting> = {}): StreamWriting {
  let now = 1000
  return {
    extra,
    includeUsage: false,
    choices: 1,
    rawResponse: false,
    started: 1000,
    now: () => (now += 10),
    ...options,
  }
}

/** The events of a body that arrives in pieces, the connection closing after the last. */
export function eventsOfPieces(pieces: Iterable<Uint8Array>): ChatEvent[] {
  const decoder = decodeEvents()
  const text = new TextDecoder()
  const events: ChatEvent[] = []
  const parser = createParser({ onEvent: ({ event, data }) => events.push(...decoder.push({ event, data })) })
  for (const piece of pieces) parser.feed(text.decode(piece, { stream: true }))
  events.push(...decoder.end())
  return events
}

export function eventsOf(body: Uint8Array | string): ChatEvent[] {
  return eventsOfPieces([typeof body === 'string' ? new TextEncoder().encode(body) : body])
}

export function framesOf(events: Iterable<ChatEvent>, options: Partial<StreamWriting> = {}): Frame[] {
  const encoder = encodeEvents(writing(options))
  const frames = [...events].flatMap((event) => encoder.push(event))
  return [...frames, ...encoder.end()]
}

export function textOfFrames(frames: Iterable<Frame>): string {
  return [...frames].map(frameText).join('')
}

/** The choices a stream of events adds up to. */
export function assembled(events: Iterable<ChatEvent>): Choice[] {
  const choices = new Map<number, Choice>()
  const blocks = new Map<string, Block>()
  const choiceAt = (index: number) => {
    const choice = choices.get(index) ?? { index, content: [], finishReason: null }
    choices.set(index, choice)
    return choice
  }
  for (const event of events) {
    if (event.type === 'block-start') {
      const block = emptyBlock(event)
      choiceAt(event.choice).content.push(block)
      blocks.set(`${event.choice} ${event.index}`, block)
    }
    if (event.type === 'block-delta') addDelta(blocks.get(`${event.choice} ${event.index}`)!, event.delta)
    if (event.type === 'finish') {
      for (const { index, finishReason } of event.choices) choiceAt(index).finishReason = finishReason
    }
  }
  return [...choices.values()].sort((left, right) => left.index - right.index)
}

function emptyBlock({ block }: ChatEvent & { type: 'block-start' }): Block {
  switch (block.type) {
    case 'text':
    case 'refusal':
      return { type: block.type, text: '' }
    case 'tool-call':
      return { ...block, arguments: '' }
    default:
      return { ...block }
  }
}

function addDelta(block: Block, { text, data, signature, annotations, id, expiresAt }: ChatDelta): void {
  if (text !== undefined) {
    if (block.type === 'tool-call') block.arguments += text
    else if (block.type === 'audio') block.transcript = (block.transcript ?? '') + text
    else if ('text' in block || block.type === 'reasoning') block.text = (block.text ?? '') + text
  }
  if (block.type === 'text' && annotations) block.annotations = [...(block.annotations ?? []), ...annotations]
  if (block.type === 'reasoning') {
    if (signature !== undefined) block.signature = (block.signature ?? '') + signature
    if (data !== undefined) block.data = (block.data ?? '') + data
  }
  if (block.type === 'audio') {
    if (data !== undefined) block.source = { kind: 'data', data: soundOf(block.source) + data }
    if (expiresAt !== undefined) block.expiresAt = expiresAt
  }
  if (id !== undefined && 'id' in block) block.id = id
}

type ChatDelta = (ChatEvent & { type: 'block-delta' })['delta']

function soundOf(source: { kind: string; data?: string } | undefined): string {
  return source?.data ?? ''
}
