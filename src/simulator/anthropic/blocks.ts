/** Walks over the blocks of a Messages request. */
import type { ContentBlock, Message, MessagesRequest } from './request-schema.ts'

export type BlockOf<Type extends ContentBlock['type']> = Extract<ContentBlock, { type: Type }>

/** The blocks of a message: a text alone is one block, and an empty one none. */
export function blocksOf({ content }: Message): readonly ContentBlock[] {
  if (typeof content !== 'string') return content
  return content === '' ? [] : [{ type: 'text', text: content }]
}

/** A block with the place it stands at and the message it stands in. */
export interface PlacedBlock {
  block: ContentBlock
  place: string
  role: Message['role']
}

/** All blocks of all messages, in order. With `inner`, those in the results of tools come after the result they stand in. */
export function* placedBlocks({ messages }: MessagesRequest, inner = false): Generator<PlacedBlock> {
  for (const [index, message] of messages.entries()) {
    for (const [position, block] of blocksOf(message).entries()) {
      const place = `messages.${index}.content.${position}`
      yield { block, place, role: message.role }
      if (!inner || block.type !== 'tool_result' || !Array.isArray(block.content)) continue
      for (const [at, within] of block.content.entries()) {
        yield {
          block: within as ContentBlock,
          place: `${place}.tool_result.content.${at}`,
          role: message.role,
        }
      }
    }
  }
}

/** A run of messages of one role, which the service takes for one turn. */
export interface Turn {
  role: Message['role']
  /** Where its first message stands. */
  index: number
  blocks: readonly ContentBlock[]
}

/** The turns of a conversation. Messages of role `system` stand between them and belong to none. */
export function turnsOf({ messages }: MessagesRequest): Turn[] {
  const turns: { role: Message['role']; index: number; blocks: ContentBlock[] }[] = []
  for (const [index, message] of messages.entries()) {
    if (message.role === 'system') continue
    if (turns.at(-1)?.role !== message.role) turns.push({ role: message.role, index, blocks: [] })
    const { blocks } = turns.at(-1)!
    for (const block of blocksOf(message)) blocks.push(block)
  }
  return turns
}

/** Whether the last thing said is the assistant's, to be gone on with. */
export function isPrefilled({ messages }: MessagesRequest): boolean {
  return messages.at(-1)?.role === 'assistant'
}
