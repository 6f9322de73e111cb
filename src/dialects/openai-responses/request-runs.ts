/** An assistant's turn taken apart into what becomes an item each. https://platform.openai.com/docs/guides/conversation-state */
import type { Block, ReasoningBlock, ToolCallBlock, UnknownBlock } from '../../core/chat.ts'
import { dialect } from './name.ts'

/** A block, and where it stands in a chat completion request. */
export interface Placed<Kind = Block> {
  readonly block: Kind
  readonly place: string
}

export type Run =
  | { readonly kind: 'said'; readonly blocks: Placed[] }
  | { readonly kind: 'thought'; readonly blocks: Placed<ReasoningBlock>[] }
  | ({ readonly kind: 'call' } & Placed<ToolCallBlock>)
  | ({ readonly kind: 'item' } & Placed<UnknownBlock>)

/** In the order of the turn. */
export function runsOf(content: readonly Block[], places: readonly string[]): Run[] {
  const runs: Run[] = []
  for (const [position, block] of content.entries()) {
    const place = places[position]!
    const last = runs.at(-1)
    if (block.type === 'reasoning') {
      if (last?.kind === 'thought' && goesOn(last.blocks.at(-1)!.block, block)) last.blocks.push({ block, place })
      else runs.push({ kind: 'thought', blocks: [{ block, place }] })
    } else if (block.type === 'tool-call') runs.push({ kind: 'call', block, place })
    else if (block.type === 'unknown' && isItem(block)) runs.push({ kind: 'item', block, place })
    else if (last?.kind === 'said') last.blocks.push({ block, place })
    else runs.push({ kind: 'said', blocks: [{ block, place }] })
  }
  return runs
}

/** Pieces of one thought have its id; what is sealed is the last of them. */
function goesOn(last: ReasoningBlock, block: ReasoningBlock): boolean {
  return last.kind !== 'encrypted' && last.id === block.id && (last.format ?? block.format) === block.format
}

/** Came as an item in a reply or in a request of this wire. */
function isItem({ dialect: from, value }: UnknownBlock): boolean {
  return from === dialect && typeof value['type'] === 'string'
}
