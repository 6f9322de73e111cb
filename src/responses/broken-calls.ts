/**
 * Calls of tools that were broken off: nobody could make them, so that no turn has their outputs, and no provider takes a call without one.
 * https://platform.openai.com/docs/guides/function-calling
 */
import type { HistoryItem } from './history.ts'
import { itemOf } from './kept-item.ts'
import type { PlacedItem } from './written-out.ts'

const calls = /^(?:function|custom_tool)_call$/
const outputs = /^(?:function|custom_tool)_call_output$/

/** The history without those that nothing answers, and the places of what was left out. */
export function withoutBrokenCalls(
  history: readonly HistoryItem[],
  input: readonly PlacedItem[],
): { items: readonly HistoryItem[]; left: readonly string[] } {
  // Hardly any history has one: then nothing of it is read.
  const suspects = new Set(history.filter(({ text }) => text.includes('"incomplete"')).filter(isBrokenCall))
  if (suspects.size === 0) return { items: history, left: [] }
  const answered = new Set([...history, ...input].map(itemOf).filter(isOutput).map(callIdOf))
  const isLeft = (item: HistoryItem) => suspects.has(item) && !answered.has(callIdOf(itemOf(item)))
  return { items: history.filter((item) => !isLeft(item)), left: history.filter(isLeft).map(({ place }) => place) }
}

type Item = ReturnType<typeof itemOf>

function isBrokenCall(item: HistoryItem): boolean {
  const { type, status } = itemOf(item)
  return status === 'incomplete' && calls.test(String(type))
}

function isOutput({ type }: Item): boolean {
  return outputs.test(String(type))
}

function callIdOf({ call_id: id }: Item): Item[string] {
  return id
}
