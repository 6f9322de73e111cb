/** Tokens of one exchange, in the sense all dialects translate to: totals include their parts. */
import type { Json } from './json.ts'

/** Counts are whole tokens; an absent part is unknown, not zero. */
export interface Usage {
  /** Everything that was read, cached tokens and cache writes included. */
  inputTokens: number
  /** Everything that was written, reasoning included. */
  outputTokens: number
  totalTokens: number
  input?: {
    text?: number
    audio?: number
    image?: number
    cachedRead?: number
    cachedWrite?: number
    /** Parts of `cachedWrite`, by how long the entry is kept. */
    cachedWrite5m?: number
    cachedWrite1h?: number
    /** Parts of `cachedRead`, and of `audio` and `image`. */
    cachedAudio?: number
    cachedImage?: number
  }
  output?: {
    text?: number
    audio?: number
    image?: number
    reasoning?: number
    acceptedPrediction?: number
    rejectedPrediction?: number
    citation?: number
    searchQueries?: number
  }
  /** What the exchange cost: as the provider says, else by the price of the model, where it is known. */
  cost?: Cost
  /** Ways of being served that have a price of their own, besides the service tier. */
  served?: {
    /** In Anthropic's fast mode. */
    fast?: boolean
    /** In the United States alone, because the client asked for it. */
    unitedStates?: boolean
  }
  /** Fields of the dialect the usage came from that have no place above. */
  extra?: Record<string, Json>
}

/** Money in whole nano-dollars (1e-9 USD). */
export interface Cost {
  total: number
  input?: number
  output?: number
  reasoning?: number
  citation?: number
  searchQueries?: number
  request?: number
}
