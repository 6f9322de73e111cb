/** Reading what a provider sent without trusting its types, and writing without the members that are absent. */
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'

/** The name of this wire format: whose unknown fields come back here. */
export const dialect = 'openai-chat'

type Value = Json | undefined

export const textOf = (value: Value): string | undefined => (typeof value === 'string' ? value : undefined)

/** A text that says something. */
export const wordsOf = (value: Value): string | undefined => textOf(value) || undefined

export const numberOf = (value: Value): number | undefined => (typeof value === 'number' ? value : undefined)

export const booleanOf = (value: Value): boolean | undefined => (typeof value === 'boolean' ? value : undefined)

export const objectOf = (value: Value): JsonObject | undefined => (isJsonObject(value) ? value : undefined)

export const listOf = (value: Value): Json[] | undefined => (Array.isArray(value) ? value : undefined)

/** The objects of a list; what else stands in it is nothing this wire knows. */
export const objectsOf = (value: Value): JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : [])

type Defined<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>
}

/** The same object without the members that are undefined. */
export function defined<T extends object>(members: T): Defined<T> {
  for (const key in members) if (members[key] === undefined) delete members[key]
  return members as unknown as Defined<T>
}
