/** JSON with whole numbers that a double cannot hold, kept digit by digit: ids of 64 bits, say. https://tc39.es/proposal-json-parse-with-source/ */
import { hasEscapedName } from './escaped-names.ts'
import type { Json, JsonObject } from './json.ts'
import { checkDepth, parseJson, readWith } from './parse-json.ts'

type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown

/** What the language has and the compiler does not know yet. */
const exact = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown
  rawJSON(source: string): object
}

const manyDigits = /\d{16}/

/** Does a text have numbers that may be too long? Most have none. */
export function hasLongNumbers(text: string): boolean {
  return manyDigits.test(text)
}

/** As `parseJson`, but whole numbers beyond what is safe become objects that print as they were written, and are no numbers. */
export function parseExactly(text: string): Json {
  if (!hasLongNumbers(text)) return parseJson(text)
  const value = parseWithSources(text)
  if (hasEscapedName(text)) return readWith(text, parseWithSources)
  checkDepth(text)
  return value
}

function parseWithSources(text: string): Json {
  return exact.parse(text, (_, value, { source }) => {
    const isLong = typeof value === 'number' && source !== undefined && /^-?\d{16,}$/.test(source)
    return isLong && !Number.isSafeInteger(value) ? exact.rawJSON(source) : value
  }) as Json
}

/** The object a text stands for, digit by digit; undefined where it is none. A long number alone would look like one. */
export function exactObject(text: string): JsonObject | undefined {
  if (!text.trimStart().startsWith('{')) return undefined
  try {
    return parseExactly(text) as JsonObject
  } catch {
    return undefined
  }
}
