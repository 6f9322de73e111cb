/** Finds the entry of a price list that a model's name means. */
import type { MatchLogic } from '@pydantic/genai-prices'
import type { ListedModel, PriceList } from './price-list.ts'

export type PriceLists = ReadonlyMap<string, PriceList>

/** In the list, else in those it falls back to; else the same with dates written as other names write them: `-20250929`, `-2025-09-29`. */
export function findModel(lists: PriceLists, list: string, model: string): ListedModel | undefined {
  const name = model.trim().toLowerCase()
  const found = findIn(lists, list, name)
  if (found !== undefined) return found
  const dashed = name.replaceAll(/-(20\d\d)(\d\d)(\d\d)(?=[-:]|$)/g, (whole, year, month, day) =>
    isDate(`${year}-${month}-${day}`) ? `-${year}-${month}-${day}` : whole,
  )
  return dashed === name ? undefined : findIn(lists, list, dashed)
}

function findIn(lists: PriceLists, list: string, name: string): ListedModel | undefined {
  const { models = [], fallbacks = [] } = lists.get(list) ?? {}
  const found = models.find(({ match }) => matches(match, name))
  if (found !== undefined) return found
  for (const other of fallbacks) {
    const elsewhere = findIn(lists, other, name)
    if (elsewhere !== undefined) return elsewhere
  }
  return undefined
}

/** `name` is in lower case. */
function matches(match: MatchLogic, name: string): boolean {
  if ('or' in match) return match.or.some((one) => matches(one, name))
  if ('and' in match) return match.and.every((one) => matches(one, name))
  if ('equals' in match) return name === match.equals.toLowerCase()
  if ('starts_with' in match) return name.startsWith(match.starts_with.toLowerCase())
  if ('ends_with' in match) return name.endsWith(match.ends_with.toLowerCase())
  if ('contains' in match) return name.includes(match.contains.toLowerCase())
  return new RegExp(match.regex).test(name)
}

function isDate(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}
