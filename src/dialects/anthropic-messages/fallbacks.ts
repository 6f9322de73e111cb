/**
 * `fallbacks` means two things in a Messages request. The house's own are names of targets, or pairs of provider and model, as in chat
 * completions; the API's are models it may answer with itself: https://platform.claude.com/docs/en/build-with-claude/server-side-fallback
 */
import type { Json } from '../../core/json.ts'
import { isJsonObject } from '../../core/json.ts'

type Given = Json | undefined | readonly (string | { readonly [name: string]: unknown })[]

/** The house's own, as `provider/model` each; undefined where there are none, or they are the API's. */
export function ownFallbacks(given: Given): string[] | undefined {
  if (!Array.isArray(given) || !areOwn(given)) return undefined
  return given.flatMap((target) => {
    if (typeof target === 'string') return target === '' ? [] : [target]
    return isJsonObject(target) ? [`${target['provider']}/${target['model']}`] : []
  })
}

/** Is this member for the house alone, so that no provider may see it? An empty list is: it says that nobody else is to be asked. */
export function areOwn(given: Json | undefined | readonly unknown[]): boolean {
  if (!Array.isArray(given)) return false
  return given.every(
    (target) => typeof target === 'string' || (isJsonObject(target) && target['provider'] !== undefined),
  )
}
