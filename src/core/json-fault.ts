/** Finds where a text stops being JSON (RFC 8259), to tell the one who wrote it; `JSON.parse` alone does not always say. */

export interface JsonFault {
  /** Position in the text, from 0. */
  readonly at: number
  readonly expected: string
}

const literal = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y
const escapeForm = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y
const quote = 34
const backslash = 92
const firstPrintable = 32
const space = /[ \t\n\r]*/y

/** The first fault; undefined where there is none. The text may not nest deeper than the stack does. */
export function jsonFault(text: string): JsonFault | undefined {
  const reader = new Reader(text)
  return reader.value() ?? (reader.at < text.length ? { at: reader.at, expected: 'the end' } : undefined)
}

/** Line and column, both from 1. */
export function lineAndColumn(text: string, at: number): { line: number; column: number } {
  let line = 1
  let lineAt = 0
  for (let feed = text.indexOf('\n'); feed !== -1 && feed < at; feed = text.indexOf('\n', lineAt)) {
    line++
    lineAt = feed + 1
  }
  return { line, column: at - lineAt + 1 }
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

  /** Goes through the string by hand: a pattern would keep a place on the stack for each of its characters. */
  #string(): JsonFault | undefined {
    for (this.at++; ; ) {
      const code = this.#text.charCodeAt(this.at)
      if (code === quote) break
      if (code === backslash) {
        if (!this.#take(escapeForm)) return this.#expected('a valid escape')
      } else if (code >= firstPrintable) this.at++
      else
        return this.#expected(code < firstPrintable ? 'an escape in place of a control character' : 'the string to end')
    }
    this.at++
    return this.#skip()
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
