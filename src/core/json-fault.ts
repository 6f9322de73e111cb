/** Finds where a text stops being JSON (RFC 8259), to tell the one who wrote it; `JSON.parse` alone does not always say. */

export interface JsonFault {
  /** Position in the text, from 0. */
  readonly at: number
  readonly expected: string
}

const literal = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what JSON strings may not hold.
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y
const space = /[ \t\n\r]*/y

/** The first fault; undefined where there is none. The text may not nest deeper than the stack does. */
export function jsonFault(text: string): JsonFault | undefined {
  const reader = new Reader(text)
  return reader.value() ?? (reader.at < text.length ? { at: reader.at, expected: 'the end' } : undefined)
}

/** Line and column, both from 1. */
export function lineAndColumn(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at)
  return { line: before.split('\n').length, column: at - before.lastIndexOf('\n') }
}

class Reader {
  readonly #text: string
  at = 0

  constructor(text: string) {
    this.#text = text
    this.#take(space)
  }

  /** Reads a value and the space behind it. */
  value(): JsonFault | undefined {
    switch (this.#text[this.at]) {
      case '{':
        return this.#list('}', () => this.#member())
      case '[':
        return this.#list(']', () => this.value())
      case '"':
        return this.#string()
      default:
        return this.#take(literal) ? this.#skip() : this.#expected('a value')
    }
  }

  #list(close: string, item: () => JsonFault | undefined): JsonFault | undefined {
    this.at++
    this.#take(space)
    if (this.#is(close)) return this.#skip()
    for (;;) {
      const fault = item()
      if (fault !== undefined) return fault
      if (this.#is(close)) return this.#skip()
      if (!this.#is(',')) return this.#expected(`',' or '${close}'`)
      this.#take(space)
    }
  }

  #member(): JsonFault | undefined {
    if (this.#text[this.at] !== '"') return this.#expected('a name in double quotes')
    const fault = this.#string()
    if (fault !== undefined) return fault
    if (!this.#is(':')) return this.#expected("':'")
    this.#take(space)
    return this.value()
  }

  #string(): JsonFault | undefined {
    return this.#take(string) ? this.#skip() : this.#expected('a string that ends and has only valid escapes')
  }

  #expected(expected: string): JsonFault {
    return { at: this.at, expected }
  }

  #is(character: string): boolean {
    if (this.#text[this.at] !== character) return false
    this.at++
    return true
  }

  #skip(): undefined {
    this.#take(space)
  }

  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.at
    if (!pattern.test(this.#text)) return false
    this.at = pattern.lastIndex
    return true
  }
}
