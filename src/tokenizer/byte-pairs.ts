/**
 * Byte pair encoding: of all neighbours the pair that stands first in the vocabulary is put together, until no pair of neighbours is in it.
 * https://github.com/openai/tiktoken/blob/main/src/lib.rs
 */
import { bytesOfText } from '../core/bytes.ts'

/** Where each token stands in the vocabulary, by its bytes as a byte string. */
export type Ranks = ReadonlyMap<string, number>

/** Tokens as the vocabulary's file has them: text, or bytes that are none; there may be holes. */
export function ranksOf(tokens: readonly (string | readonly number[])[]): Ranks {
  const ranks = new Map<string, number>()
  tokens.forEach((token, rank) => {
    ranks.set(typeof token === 'string' ? bytesOfText(token) : String.fromCharCode(...token), rank)
  })
  return ranks
}

/** How many tokens a text is. Takes the square of its length. */
export function countPairs(text: string, ranks: Ranks): number {
  const bytes = bytesOfText(text)
  if (bytes.length < 2 || ranks.has(bytes)) return 1
  // Where each part begins, and the rank of it and its neighbour put together.
  const starts = Array.from({ length: bytes.length + 1 }, (_, at) => at)
  const rankAt = (part: number) => ranks.get(bytes.slice(starts[part], starts[part + 2])) ?? Number.POSITIVE_INFINITY
  const pairs = starts.slice(0, -2).map((_, part) => rankAt(part))
  for (;;) {
    const first = leastOf(pairs)
    if (first === -1) return starts.length - 1
    starts.splice(first + 1, 1)
    pairs.splice(first, 1)
    if (first < pairs.length) pairs[first] = rankAt(first)
    if (first > 0) pairs[first - 1] = rankAt(first - 1)
  }
}

/** The first of the least; -1: there is none that is finite. */
function leastOf(numbers: readonly number[]): number {
  let at = -1
  let least = Number.POSITIVE_INFINITY
  for (let index = 0; index < numbers.length; index++) {
    const number = numbers[index]!
    if (number < least) {
      least = number
      at = index
    }
  }
  return at
}
