/** A configuration from which the faulty parts were taken out, so that what is left can still be checked for sense. */
import { formatPath, type Path } from './finding.ts'

/** Like `Type`, but anything may be missing. */
export type Draft<Type> = Type extends readonly (infer Item)[]
  ? readonly (Draft<Item> | undefined)[]
  : Type extends object
    ? { readonly [Key in keyof Type]?: Draft<Type[Key]> | undefined }
    : Type

/** A copy with nothing in the place of the values at these paths: keys and the numbers of list items stay. */
export function without(value: unknown, faulty: ReadonlySet<string>, path: Path = []): unknown {
  if (faulty.has(formatPath(path))) return undefined
  if (Array.isArray(value)) return value.map((item, index) => without(item, faulty, [...path, index]))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, without(item, faulty, [...path, key])]))
}
