/**
 * The known names that come closest to one that is not known, for messages that help.
 * https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance
 */

/** At most three, nearest first; none that differ in more than a third of their letters. */
export function nearest(name: string, known: Iterable<string>): string[] {
  const wanted = name.toLowerCase().slice(0, 200)
  const found: { candidate: string; distance: number }[] = []
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate.toLowerCase())
    if (distance <= Math.max(2, Math.floor(candidate.length / 3))) found.push({ candidate, distance })
  }
  found.sort((one, other) => one.distance - other.distance)
  return found.slice(0, 3).map(({ candidate }) => candidate)
}

/** Letters to add, leave out or change, or neighbours to swap, to get from one to the other. */
export function editDistance(one: string, other: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let row = 1; row <= one.length; row++) {
    const current = [row]
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1]
      let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1))
      const swapped = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      if (swapped) cost = Math.min(cost, beforeLast[column - 2]! + 1)
      current.push(cost)
    }
    beforeLast = last
    last = current
  }
  return last[other.length]!
}
