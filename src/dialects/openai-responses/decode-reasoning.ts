/** What a model thought, as an item of this wire. https://platform.openai.com/docs/guides/reasoning */
import type { Block, ReasoningBlock } from '../../core/chat.ts'
import type { Known } from '../../core/extra.ts'
import type { JsonObject } from '../../core/json.ts'
import { defined, objectsOf, textOf, wordsOf } from '../../core/wire.ts'
import { furtherFields } from './decode-parts.ts'
import { dialect } from './name.ts'
import { isWrapped, reasoningFormat, unwrapReasoning } from './wrapped.ts'

const names = {
  type: true,
  id: true,
  status: true,
  summary: true,
  content: true,
  encrypted_content: true,
} as const satisfies Known

/**
 * A block for each part of its summary and of its text, all with the id of the item, and what is sealed: OpenAI's as a block of its own, another
 * provider's put back where it was.
 */
export function decodeReasoning(item: JsonObject): Block[] {
  const sealed = wordsOf(item['encrypted_content'])
  const parts = [...partsOf(item, 'summary', 'summary'), ...partsOf(item, 'content', 'text')]
  const blocks = isWrapped(sealed) ? restored(parts, sealed) : ofOpenai(parts, item, sealed)
  // Of an item without anything in it, there is an id, by which OpenAI knows more.
  if (blocks.length === 0) return [{ type: 'unknown', value: item, place: 'reasoning-details', dialect }]
  const extra = furtherFields(item, names)
  if (extra !== undefined && blocks[0] !== undefined) blocks[0] = { ...blocks[0], extra }
  return blocks
}

function partsOf(item: JsonObject, list: 'summary' | 'content', kind: 'summary' | 'text'): ReasoningBlock[] {
  return objectsOf(item[list]).map((part) => ({ type: 'reasoning', kind, text: textOf(part['text']) ?? '' }))
}

function ofOpenai(parts: ReasoningBlock[], item: JsonObject, sealed: string | undefined): ReasoningBlock[] {
  const marks = defined({ id: textOf(item['id']), format: sealed === undefined ? undefined : reasoningFormat })
  const blocks = parts.map((part): ReasoningBlock => ({ ...part, ...marks }))
  return sealed === undefined ? blocks : [...blocks, { type: 'reasoning', kind: 'encrypted', data: sealed, ...marks }]
}

/** The last part is the one that was signed; one whose seal somebody has touched is mere text. */
function restored(parts: readonly ReasoningBlock[], sealed: string): ReasoningBlock[] {
  const thought = unwrapReasoning(sealed)
  if (thought === undefined) return [...parts]
  const last = parts.at(-1)
  const { id, format } = thought
  const before = parts.slice(0, -1).map((part): ReasoningBlock => ({ ...part, ...defined({ id, format }) }))
  return [...before, last?.text ? { ...thought, text: last.text } : thought]
}
