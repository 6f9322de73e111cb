/** Who is to serve a model: how its name is read, and in which order keys and providers are tried. */
import { type Alias, type ConfiguredProvider, listAllows, type ProviderKey } from './snapshot.ts'

/** A model name taken apart; `provider` is undefined where the name does not begin with one. */
export interface ModelName {
  readonly provider: string | undefined
  readonly model: string
}

/** Splits at the first slash, but only when a provider's name stands before it: `meta-llama/Llama-3` stays whole. */
export function splitModel(name: string, isProvider: (id: string) => boolean): ModelName {
  const slash = name.indexOf('/')
  if (slash > 0 && slash < name.length - 1) {
    const head = name.slice(0, slash)
    if (isProvider(head)) return { provider: head, model: name.slice(slash + 1) }
  }
  return { provider: undefined, model: name }
}

/**
 * All items in the order in which they are to be tried: drawn by weight without putting back. Where all weights are 0 each is as likely;
 * an item of weight 0 among others comes last.
 */
export function drawOrder<Item>(
  items: readonly Item[],
  weightOf: (item: Item) => number,
  random: () => number,
): Item[] {
  const left = [...items]
  const order: Item[] = []
  while (left.length > 1) {
    const [drawn] = left.splice(drawIndex(left.map(weightOf), random()), 1)
    order.push(drawn as Item)
  }
  return [...order, ...left]
}

function drawIndex(weights: readonly number[], chance: number): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (total <= 0) return Math.floor(chance * weights.length)
  let rest = chance * total
  for (const [index, weight] of weights.entries()) {
    rest -= weight
    if (rest < 0) return index
  }
  // Rounding can leave a rest of almost nothing: the last one that has any weight.
  return weights.findLastIndex((weight) => weight > 0)
}

/** May this key be used for the model? */
export function keyServes(key: ProviderKey, model: string): boolean {
  if (!key.enabled || key.blacklist.has(model.toLowerCase())) return false
  if (key.aliasesOnly && !key.aliases.has(model.toLowerCase())) return false
  return listAllows(key.models, model)
}

/** What a key calls the model, where it has another name for it. */
export function aliasOf(key: ProviderKey, model: string): Alias | undefined {
  return key.aliases.size === 0 ? undefined : key.aliases.get(model.toLowerCase())
}

/** Does anything say that this provider has a model of that name: a key that names it, or the provider's own family of names? */
export function knowsModel(configured: ConfiguredProvider, model: string): boolean {
  const name = model.toLowerCase()
  const named = configured.keys.some(
    (key) => keyServes(key, model) && (key.aliases.has(name) || (key.models !== 'all' && key.models.has(name))),
  )
  if (named) return true
  const family = configured.provider.families?.some((beginning) => name.startsWith(beginning)) ?? false
  return family && (configured.keyless || configured.keys.some((key) => keyServes(key, model)))
}
