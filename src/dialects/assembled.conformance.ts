/** What a stream of events adds up to: for tests that compare it with the whole reply. */
import type { Block, ChatEvent, Choice } from '../core/chat.ts'

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
