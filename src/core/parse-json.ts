/** JSON that somebody else wrote (RFC 8259), which may be nested so deep that whoever goes through it runs out of stack. */
import type { Json } from './json.ts'
import { isDeeperThan } from './json-text.ts'

/** Objects and lists inside each other. What people send has a few dozen; printing gives up at some thousands. */
const deepest = 500

/** As `JSON.parse`; what is nested too deep is no JSON either. */
export function parseJson(text: string): Json {
  const value = JSON.parse(text) as Json
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
