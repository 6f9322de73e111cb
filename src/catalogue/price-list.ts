/**
 * Price lists as the catalogue has them: what is needed of the data of genai-prices.
 * https://github.com/pydantic/genai-prices
 */
import type { MatchLogic, ModelInfo, Provider } from '@pydantic/genai-prices'

/** The models of one provider. */
export interface PriceList {
  readonly id: string
  /** Lists that are looked at for a model that is not in this one. */
  readonly fallbacks: readonly string[]
  readonly models: readonly ListedModel[]
}

/** The first model of a list whose `match` fits a name is the one. */
export interface ListedModel {
  readonly match: MatchLogic
  /** The last whose constraint holds counts. */
  readonly prices: readonly ListedPrice[]
}

export interface ListedPrice {
  readonly constraint?: { readonly start_date: string } | { readonly start_time: string; readonly end_time: string }
  /** By names such as `input_mtok`; `free` where the list says that nothing is charged. */
  readonly figures: Readonly<Record<string, Figure>> | 'free'
}

export type Figure = number | { readonly base: number; readonly tiers: readonly { start: number; price: number }[] }

/** What is needed of the package's data; the rest, descriptions and the like, is most of it. */
export function priceLists(providers: readonly Provider[]): PriceList[] {
  return providers.map(({ id, fallback_model_providers = [], models }) => ({
    id,
    fallbacks: fallback_model_providers,
    models: models.map((model) => ({ match: model.match, prices: listedPrices(model) })),
  }))
}

function listedPrices(model: ModelInfo): ListedPrice[] {
  const all = Array.isArray(model.prices) ? model.prices : [{ prices: model.prices }]
  return all.map(({ constraint, prices }) => ({
    ...(constraint === undefined ? {} : { constraint }),
    figures: Object.keys(prices).length === 0 && isFree(model) ? 'free' : (prices as Record<string, Figure>),
  }))
}

/** No figures at all may mean that a model is free, or that nobody has looked: only what is said counts. */
function isFree({ id, price_comments: comments = '' }: ModelInfo): boolean {
  return id.endsWith(':free') || /\bfree of charge\b/i.test(comments)
}
