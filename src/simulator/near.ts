/** Finds the known words a mistyped one may have meant. https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance */

/** How many letters must be added, dropped, changed or swapped with the next to make one word of the other. */
export function distance(from: string, to: string): number {
  let before: number[] = []
  let above = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const change = above[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1)
      const swapped = column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const swap = swapped ? before[column - 2]! + 1 : change
      current.push(Math.min(change, swap, above[column]! + 1, current[column - 1]! + 1))
    }
    before = above
    above = current
  }
  return above[to.length]!
}

/** Up to three of `known`, nearest first. A word too long to be a slip is compared by its beginning. */
export function nearest(word: string, known: readonly string[]): string[] {
  const start = word.slice(0, 40)
  return known
    .map((candidate) => ({ candidate, away: distance(start, candidate) }))
    .sort((one, other) => one.away - other.away)
    .slice(0, 3)
    .map(({ candidate }) => candidate)
}
