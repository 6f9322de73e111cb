/** Reads JSON with comments and trailing commas, and remembers where each value stands. https://www.rfc-editor.org/rfc/rfc8259 */
import { formatPath, type Path } from './finding.ts'

/** Counted from 1, as editors do. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** A parsed document. */
export interface Document {
  readonly value: unknown
  /** Keys that stand twice in one object; JSON readers keep one of the two and say nothing. */
  readonly duplicates: readonly string[]
  /** Where the value at this path begins, or else the innermost value around it that exists. */
  locate(path: string): Position | undefined
}

/** The text is not JSON, even with comments and trailing commas allowed. */
export class SyntaxFault extends Error {
  override readonly name = 'SyntaxFault'
  readonly position: Position

  constructor(message: string, position: Position) {
    super(message)
    this.position = position
  }
}

/** No configuration nests deeper; a file that does would exhaust the stack. */
const maximumDepth = 100

/** Throws `SyntaxFault`. */
export function parseJsonc(text: string): Document {
  const reader = new Reader(text)
  const value = reader.document()
  return {
    value,
    duplicates: reader.duplicates,
    locate: (path) => {
      const offset = reader.offsets.get(path) ?? offsetAround(reader.offsets, path)
      return offset === undefined ? undefined : positionAt(text, offset)
    },
  }
}

function offsetAround(offsets: ReadonlyMap<string, number>, path: string): number | undefined {
  for (let end = path.length; end > 0; end--) {
    const outer = offsets.get(path.slice(0, end))
    if (outer !== undefined && (path[end] === '.' || path[end] === '[')) return outer
  }
  return offsets.get('')
}

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/)
  return { line: before.length, column: before.at(-1)!.length + 1 }
}

const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y
const quoted = /"(?:[^"\\\r\n]|\\.)*"/y

class Reader {
  readonly duplicates: string[] = []
  /** By path: where the value begins. */
  readonly offsets = new Map<string, number>()
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
    // Editors on Windows like to begin a file with a byte order mark.
    if (text.startsWith('\uFEFF')) this.#at = 1
  }

  document(): unknown {
    const value = this.#value([])
    this.#skip()
    if (this.#at < this.#text.length) this.#fail('expected nothing more after the end of the configuration')
    return value
  }

  #value(path: Path): unknown {
    this.#skip()
    if (path.length > maximumDepth) this.#fail(`expected at most ${maximumDepth} levels of nesting`)
    this.offsets.set(formatPath(path), this.#at)
    const character = this.#text[this.#at]
    if (character === '{') return this.#object(path)
    if (character === '[') return this.#array(path)
    if (character === '"') return this.#string()
    const token = this.#match(scalar)
    return token === undefined ? this.#fail('expected a value') : JSON.parse(token)
  }

  #object(path: Path): object {
    const entries = new Map<string, unknown>()
    this.#list('}', () => {
      if (this.#text[this.#at] !== '"') this.#fail('expected a key in double quotes')
      const key = this.#string()
      this.#skip()
      if (this.#text[this.#at] !== ':') this.#fail(`expected a colon after the key ${JSON.stringify(key)}`)
      this.#at++
      const inner = [...path, key]
      if (entries.has(key)) this.duplicates.push(formatPath(inner))
      entries.set(key, this.#value(inner))
    })
    return Object.fromEntries(entries)
  }

  #array(path: Path): unknown[] {
    const items: unknown[] = []
    this.#list(']', () => items.push(this.#value([...path, items.length])))
    return items
  }

  /** From the opening bracket to the closing one; `item` reads what stands between the commas. */
  #list(close: string, item: () => void): void {
    const opened = this.#at++
    while (!this.#closes(close, opened)) {
      item()
      if (this.#closes(close, opened)) break
      if (this.#text[this.#at] !== ',') this.#fail(`expected a comma or ${close}`)
      this.#at++
    }
  }

  #closes(close: string, opened: number): boolean {
    this.#skip()
    if (this.#at >= this.#text.length) {
      throw new SyntaxFault(`the bracket that opens here lacks its ${close}`, positionAt(this.#text, opened))
    }
    if (this.#text[this.#at] !== close) return false
    this.#at++
    return true
  }

  #string(): string {
    const start = this.#at
    try {
      return JSON.parse(this.#match(quoted) ?? '')
    } catch {
      return this.#fail('expected a text in double quotes on one line, with the escapes of JSON', start)
    }
  }

  /** Blank space and comments. */
  #skip(): void {
    this.#match(/(?:[ \t\r\n]|\/\/[^\r\n]*|\/\*[\s\S]*?\*\/)*/y)
    if (this.#text.startsWith('/*', this.#at)) this.#fail('expected */ for the comment that begins here')
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    this.#at += found?.length ?? 0
    return found
  }

  #fail(expected: string, offset = this.#at): never {
    const character = this.#text.codePointAt(offset)
    const found = character === undefined ? 'the end of the file' : JSON.stringify(String.fromCodePoint(character))
    throw new SyntaxFault(`found ${found}, ${expected}`, positionAt(this.#text, offset))
  }
}
