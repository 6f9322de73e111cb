/** What a list of names in a configuration allows. */
import type { ModelList } from '../core/snapshot.ts'

export type Version = 1 | 2

/** `["*"]` is all in both versions. An empty list is all in version 1, and nothing in version 2. */
function allowList(names: readonly string[] | undefined, version: Version): ModelList {
  const list = names ?? []
  if (list.includes('*') || (version === 1 && list.length === 0)) return 'all'
  return lowerCase(list)
}

/** As `allowList`, but with nothing in it where everything is forbidden. */
export function allowedModels(
  names: readonly string[] | undefined,
  forbidden: readonly string[] | undefined,
  version: Version,
): ModelList {
  return forbidden?.includes('*') ? new Set() : allowList(names, version)
}

/** Names compare without regard to case. */
export function lowerCase(names: readonly string[] | undefined): ReadonlySet<string> {
  return new Set((names ?? []).map((name) => name.toLowerCase()))
}
