/** Reading what a provider sent without trusting its types, and writing without the members that are absent. */
import { isJsonObject, type Json, type JsonObject } from './json.ts'

type Value = Json | undefined

export const textOf = (value: Value): string | undefined => (typeof value === 'string' ? value : undefined)

/** A text that says something. */
export const wordsOf = (value: Value): string | undefined => textOf(value) || undefined

/** JSON can say more than a number can hold, which is then infinite and could not be told again. */
export const numberOf = (value: Value): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined

/** So many of something, such as tokens: there are no halves of it, and not fewer than none. */
export const countOf = (value: Value): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined

export const booleanOf = (value: Value): boolean | undefined => (typeof value === 'boolean' ? value : undefined)

export const objectOf = (value: Value): JsonObject | undefined => (isJsonObject(value) ? value : undefined)

export const listOf = (value: Value): Json[] | undefined => (Array.isArray(value) ? value : undefined)

/** The objects of a list; what else stands in it is nothing this wire knows. */
export const objectsOf = (value: Value): JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : [])

/** A table of what words from outside mean. `constructor` is a word as well, and has no meaning unless the table gives it one. */
export function tableOf<Value>(entries: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  return Object.assign(Object.create(null) as Record<string, Value>, entries)
}

type Defined<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>
}

/** The same object without the members that are undefined. */
export function defined<T extends object>(members: T): Defined<T> {
  for (const key in members) if (members[key] === undefined) delete members[key]
  return members as unknown as Defined<T>
}

/** The same, or undefined where nothing is left. */
export function notEmpty<T extends object>(members: T): Defined<T> | undefined {
  const left = defined(members)
  for (const _ in left) return left
  return undefined
}
