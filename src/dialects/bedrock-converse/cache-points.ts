/**
 * Marks that ask for caching become cache points, which stand behind what they mark.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
 */
import type { Marks } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { defined, objectOf, textOf } from '../../core/wire.ts'
import type { Draft } from './draft.ts'

/** The name under which a block may bring a cache point as Bedrock has it. */
export const cachePointName = 'cachePoint'

const lives: readonly string[] = ['5m', '1h']

interface Place {
  readonly path: string
  /** What the point would stand behind. */
  readonly behind: readonly JsonObject[]
  readonly draft: Draft
}

/** One cache point or none; what of a mark cannot be said is named. */
export function cachePointsAfter({ cacheControl, extra }: Marks, place: Place): JsonObject[] {
  const own = objectOf(extra?.[cachePointName])
  if (cacheControl === undefined && own === undefined) return []
  const { path, behind, draft } = place
  const name = cacheControl === undefined ? `${path}.${cachePointName}` : `${path}.cache_control`
  const last = behind.at(-1)
  if (last === undefined || !takesPoint(last, draft)) {
    draft.drop(name)
    return []
  }
  if (cacheControl?.scope !== undefined) draft.drop(`${name}.scope`)
  const ttl = cacheControl?.ttl ?? textOf(own?.['ttl'])
  const known = ttl === undefined || lives.includes(ttl)
  if (!known) draft.drop(`${name}.ttl`)
  // A block and the message it ends may both be marked.
  if (last[cachePointName] !== undefined) return []
  return [{ [cachePointName]: defined({ type: 'default', ttl: known ? ttl : undefined }) }]
}

function takesPoint(last: JsonObject, { family }: Draft): boolean {
  return family.cachePoints === 'anywhere' || (family.cachePoints === 'text' && last['text'] !== undefined)
}
