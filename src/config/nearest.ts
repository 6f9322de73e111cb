/** Finds the known name a misspelt one was meant to be. https://en.wikipedia.org/wiki/Damerau–Levenshtein_distance */

/** The known name closest to `name`, where it is close enough to be a slip: one letter in three may differ. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const wanted = normalise(name)
  let best: { candidate: string; away: number } | undefined
  for (const candidate of known) {
    const away = distance(wanted, normalise(candidate))
    if (best === undefined || away < best.away) best = { candidate, away }
  }
  return best !== undefined && best.away <= Math.max(1, Math.floor(wanted.length / 3)) ? best.candidate : undefined
}

/** `baseUrl`, `base-url` and `BASE_URL` are all meant as `base_url`. Nobody slips in a name of more than 60 letters. */
function normalise(name: string): string {
  return name
    .slice(0, 60)
    .toLowerCase()
    .replaceAll(/[_\s-]/g, '')
}

/** How many letters must be added, dropped, changed or swapped with their neighbour to make one word of the other. */
function distance(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, index) => index)]
  for (let row = 1; row <= from.length; row++) {
    const above = rows[row - 1]!
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const change = above[column - 1]! + (same ? 0 : 1)
      const swap = swapped ? rows[row - 2]![column - 2]! + 1 : Number.POSITIVE_INFINITY
      current.push(Math.min(change, swap, above[column]! + 1, current[column - 1]! + 1))
    }
    rows.push(current)
  }
  return rows[from.length]![to.length]!
}
