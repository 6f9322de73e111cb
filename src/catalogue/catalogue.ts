/** The prices of models by the lists of genai-prices, read when somebody first wants one. https://github.com/pydantic/genai-prices */
import type { Prices } from '../ports/prices.ts'
import { findModel, type PriceLists } from './find-model.ts'
import type { PriceList } from './price-list.ts'
import { type DatedPrice, priceAt, readPrices } from './read-price.ts'

export interface CatalogueOptions {
  load(): Promise<readonly PriceList[]>
  /** The lists cannot be read: no price is known then. */
  onFailure(error: unknown): void
}

/** Names of models that were looked up in a list and are remembered: clients may send any. */
const mostRemembered = 2000
/** No list has a longer name. */
const longestName = 300

export function createCatalogue({ load, onFailure }: CatalogueOptions): Prices {
  let lists: PriceLists | undefined
  let loading: Promise<void> | undefined
  /** By list, then by name: to put the two together for every reply would cost more than to look twice. */
  const remembered = new Map<string, Map<string, readonly DatedPrice[]>>()

  async function read(): Promise<void> {
    try {
      lists = new Map((await load()).map((list) => [list.id, list]))
      for (const list of lists.keys()) remembered.set(list, new Map())
    } catch (error) {
      lists = new Map()
      onFailure(error)
    }
  }

  function lookUp(list: string, model: string, names: Map<string, readonly DatedPrice[]>): readonly DatedPrice[] {
    const found = lists && findModel(lists, list, model)
    const prices = found === undefined ? [] : readPrices(found)
    if (names.size >= mostRemembered) names.clear()
    names.set(model, prices)
    return prices
  }

  return {
    ready() {
      if (lists !== undefined) return undefined
      loading ??= read()
      return loading
    },
    find(list, model, at) {
      const names = remembered.get(list)
      if (names === undefined || model.length > longestName) return undefined
      return priceAt(names.get(model) ?? lookUp(list, model, names), at)
    },
  }
}
