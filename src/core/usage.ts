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
  /** What the provider says the exchange cost. */
  cost?: Cost
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
