/** Finds the known words a mistyped one may have meant. */
import { editDistance } from '../core/nearest.ts'

/** Up to three of `known`, nearest first. A word too long to be a slip is compared by its beginning. */
export function nearest(word: string, known: readonly string[]): string[] {
  const start = word.slice(0, 40)
  return known
    .map((candidate) => ({ candidate, away: editDistance(start, candidate) }))
    .sort((one, other) => one.away - other.away)
    .slice(0, 3)
    .map(({ candidate }) => candidate)
}
