/** JSON that somebody else wrote (RFC 8259). It may have names that V8 misreads, and be nested so deep that whoever goes through it runs out of stack. */
import { hasEscapedName, readEscapedNames } from './escaped-names.ts'
import type { Json } from './json.ts'
import { isDeeperThan } from './json-text.ts'

/** Objects and lists inside each other. What people send has a few dozen; printing gives up at some thousands. */
const deepest = 500

/**
 * What `JSON.parse` should give. Since V8 12.8 it takes a name that is written with escapes for the name some other object had before, where
 * that one looks like the first letters of the escape (https://github.com/nodejs/node/issues/63785): `"\u00e9"` becomes `"\\"` once anybody
 * has sent an object with that name. Clients in Python escape every letter beyond ASCII, so such texts are put together here.
 */
export function readJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  return hasEscapedName(text) ? readWith(text, JSON.parse) : value
}

/** Reads a valid text that has escaped names; `parse` is given the text of what has none in it. Throws a `SyntaxError` where it is too deep. */
export function readWith(text: string, parse: (text: string) => unknown): Json {
  checkDepth(text)
  return readEscapedNames(text, parse)
}

/** As `readJson`; what is nested too deep is no JSON either. */
export function parseJson(text: string): Json {
  const value = readJson(text) as Json
  checkDepth(text)
  return value
}

/** The value a text stands for; undefined where it is no JSON. */
export function parsedJson(text: string): Json | undefined {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

/** Throws a `SyntaxError` where valid JSON is nested too deep. */
export function checkDepth(text: string): void {
  // What is short cannot be deep, and most events of streams are short.
  if (text.length > 2 * deepest && isDeeperThan(text, deepest)) {
    throw new SyntaxError(`JSON that is nested more than ${deepest} levels deep`)
  }
}
