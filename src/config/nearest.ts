/** Finds the known name a misspelt one was meant to be. */
import { editDistance } from '../core/nearest.ts'

/** The known name closest to `name`, where it is close enough to be a slip: one letter in three may differ. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  const wanted = normalise(name)
  let best: { candidate: string; away: number } | undefined
  for (const candidate of known) {
    const away = editDistance(wanted, normalise(candidate))
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
