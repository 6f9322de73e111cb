/** What an assistant thought, on its way back. https://platform.openai.com/docs/guides/reasoning#encrypted-reasoning-items */
import type { ReasoningBlock } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { defined } from '../../core/wire.ts'
import type { Writing } from './request.ts'
import type { Placed } from './request-runs.ts'
import { reasoningFormat } from './wrapped.ts'

/** No item where this provider could make nothing of it, which is named. */
export function thoughtItem(
  { blocks }: { readonly blocks: readonly Placed<ReasoningBlock>[] },
  writing: Writing,
): JsonObject[] {
  const { keeper, quirks } = writing
  const { place } = blocks[0]!
  const item = quirks.reasoningBack === 'text' ? readableItem(blocks) : sealedItem(blocks, writing)
  if (item === undefined || quirks.reasoningBack === 'none') {
    keeper.lose(place)
    return []
  }
  const extra = blocks.find(({ block }) => block.extra !== undefined)?.block.extra
  return [keeper.put(item, extra, place)]
}

/** Whoever had the thought: it reads as its own. */
function readableItem(blocks: readonly Placed<ReasoningBlock>[]): JsonObject | undefined {
  const texts = blocks.flatMap(({ block }) => (block.text ? [{ type: 'reasoning_text', text: block.text }] : []))
  return texts.length === 0 ? undefined : { type: 'reasoning', summary: [], content: texts }
}

/** Who has sealed a thought reads it again, and whoever has kept it knows it by its id; nobody else's can be shown. */
function sealedItem(blocks: readonly Placed<ReasoningBlock>[], { keeper, quirks }: Writing): JsonObject | undefined {
  const all = blocks.map(({ block }) => block)
  if (all.some(({ format, signature }) => signature !== undefined || (format ?? reasoningFormat) !== reasoningFormat))
    return undefined
  const sealed = all.find(({ kind, data }) => kind === 'encrypted' && data !== undefined)?.data
  if (sealed === undefined && !keeper.own) return undefined
  const { id } = all[0]!
  const texts = textsOf(all, 'text', 'reasoning_text')
  return defined({
    type: 'reasoning',
    id: quirks.checksItemIds === false || id?.startsWith('rs') === true ? id : undefined,
    summary: textsOf(all, 'summary', 'summary_text'),
    content: keeper.own && texts.length > 0 ? texts : undefined,
    encrypted_content: sealed,
  })
}

function textsOf(blocks: readonly ReasoningBlock[], kind: ReasoningBlock['kind'], type: string): JsonObject[] {
  return blocks.filter((block) => block.kind === kind).map(({ text = '' }) => ({ type, text }))
}
