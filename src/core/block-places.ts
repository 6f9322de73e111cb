/** Where blocks stand in a chat completion request, in whose words places are told inside the house. */
import type { Block } from './chat.ts'

/** Is the block a part of the content of its message? Others have a list of their own there. */
export function isPart(block: Block): boolean {
  if (block.type === 'unknown') return (block.place ?? 'content') === 'content'
  return block.type !== 'reasoning' && block.type !== 'tool-call'
}

/** The places of the blocks of the message at `path`. */
export function placesOf(blocks: readonly Block[], path: string): string[] {
  let parts = 0
  let calls = 0
  return blocks.map((block) => {
    if (isPart(block)) return `${path}.content[${parts++}]`
    const isCall = block.type === 'tool-call' || (block.type === 'unknown' && block.place === 'tool-calls')
    return isCall ? `${path}.tool_calls[${calls++}]` : `${path}.reasoning_details`
  })
}
