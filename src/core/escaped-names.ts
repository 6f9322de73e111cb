/**
 * Names of members that are written with escapes (RFC 8259, section 7). V8 misreads some of them, see `readJson`: what has one in it is read here
 * name by name, and everything else is left to the language, in pieces as long as they can be.
 */
import type { Json } from './json.ts'
import { skipSpace, stringEnd, valueEnd } from './json-text.ts'

const quote = 34
const colon = 58
const openBracket = 91
const closeBracket = 93
const openBrace = 123
const closeBrace = 125

/** Is any member's name of a valid text written with an escape? Looks at strings with escapes alone, and at each of them once. */
export function hasEscapedName(text: string): boolean {
  for (let at = text.indexOf('\\'); at !== -1; ) {
    // A valid text has backslashes in strings alone. What a string began with does not matter, only what stands behind it.
    const end = stringEnd(text, at)
    if (text.charCodeAt(skipSpace(text, end)) === colon) return true
    at = text.indexOf('\\', end)
  }
  return false
}

/** What a valid text stands for. `parse` is given the text of values that have no such name in them. Goes as deep as the text does. */
export function readEscapedNames(text: string, parse: (text: string) => unknown): Json {
  return new Reading(text, parse).value(skipSpace(text, 0)) as Json
}

class Reading {
  /** Behind what was read last. */
  end = 0
  readonly #text: string
  readonly #parse: (text: string) => unknown
  /** Where objects and arrays begin that have an escaped name in them, at whatever depth. */
  readonly #marked: ReadonlySet<number>

  constructor(text: string, parse: (text: string) => unknown) {
    this.#text = text
    this.#parse = parse
    this.#marked = marked(text)
  }

  /** The value that begins at `at`; `end` is behind it. */
  value(at: number): unknown {
    const code = this.#text.charCodeAt(at)
    if ((code !== openBrace && code !== openBracket) || !this.#marked.has(at)) {
      this.end = valueEnd(this.#text, at)
      return this.#parse(this.#text.slice(at, this.end))
    }
    return code === openBrace ? this.#object(at) : this.#array(at)
  }

  #array(at: number): unknown[] {
    const text = this.#text
    const items: unknown[] = []
    let run = -1
    let position = skipSpace(text, at + 1)
    for (let last = position; ; ) {
      const code = text.charCodeAt(position)
      const isPlain = code !== closeBracket && !this.#marked.has(position)
      if (isPlain) {
        if (run === -1) run = position
        last = valueEnd(text, position)
      } else {
        if (run !== -1) for (const item of this.#parse(`[${text.slice(run, last)}]`) as unknown[]) items.push(item)
        run = -1
        if (code === closeBracket) break
        items.push(this.value(position))
        last = this.end
      }
      position = behindComma(text, last, closeBracket)
    }
    this.end = position + 1
    return items
  }

  #object(at: number): object {
    const text = this.#text
    const members: Members = {}
    let run = -1
    let position = skipSpace(text, at + 1)
    for (let last = position; ; ) {
      const isEnd = text.charCodeAt(position) === closeBrace
      const nameEnd = isEnd ? position : stringEnd(text, position)
      const valueAt = isEnd ? position : skipSpace(text, skipSpace(text, nameEnd) + 1)
      if (!isEnd && !isEscaped(text, position, nameEnd) && !this.#marked.has(valueAt)) {
        if (run === -1) run = position
        last = valueEnd(text, valueAt)
      } else {
        if (run !== -1) putAll(members, this.#parse(`{${text.slice(run, last)}}`) as Members)
        run = -1
        if (isEnd) break
        put(members, JSON.parse(text.slice(position, nameEnd)) as string, this.value(valueAt))
        last = this.end
      }
      position = behindComma(text, last, closeBrace)
    }
    this.end = position + 1
    return members
  }
}

interface Members {
  [name: string]: unknown
}

function putAll(members: Members, others: Members): void {
  for (const name of Object.keys(others)) put(members, name, others[name])
}

/** As a member of its own, whatever its name means to objects. */
function put(members: Members, name: string, value: unknown): void {
  if (name !== '__proto__') members[name] = value
  else Object.defineProperty(members, name, { value, writable: true, enumerable: true, configurable: true })
}

function isEscaped(text: string, at: number, end: number): boolean {
  return text.slice(at, end).includes('\\')
}

/** Where the next thing of a container begins, or the container ends. */
function behindComma(text: string, end: number, close: number): number {
  const position = skipSpace(text, end)
  return text.charCodeAt(position) === close ? position : skipSpace(text, position + 1)
}

function marked(text: string): ReadonlySet<number> {
  const found = new Set<number>()
  const open: number[] = []
  for (let position = 0; position < text.length; position++) {
    const code = text.charCodeAt(position)
    if (code === openBrace || code === openBracket) open.push(position)
    else if (code === closeBrace || code === closeBracket) open.pop()
    else if (code === quote) {
      const end = stringEnd(text, position)
      if (text.charCodeAt(skipSpace(text, end)) === colon && isEscaped(text, position, end)) mark(open, found)
      position = end - 1
    }
  }
  return found
}

/** Whatever is around something that was marked is marked already. */
function mark(open: readonly number[], found: Set<number>): void {
  for (let level = open.length - 1; level >= 0; level--) {
    const at = open[level]!
    if (found.has(at)) return
    found.add(at)
  }
}
