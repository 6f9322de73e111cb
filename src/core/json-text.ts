/**
 * JSON as text (RFC 8259): finds where values stand, so that a body can be changed at a few places while every other byte stays as it was
 * written. Works on decoded text and on byte strings alike, as everything that gives JSON its structure is ASCII.
 */

/** A member of an object: where its name begins, and where its value begins and ends. */
export interface Member {
  readonly key: string
  readonly keyAt: number
  readonly at: number
  readonly end: number
}

/** Where a value begins and ends. */
export interface Span {
  readonly at: number
  readonly end: number
}

const quote = 34
const comma = 44
const colon = 58
const openBracket = 91
const backslash = 92
const closeBracket = 93
const openBrace = 123
const closeBrace = 125

/** The text is not JSON where it was looked at; `at` is the position. */
export class JsonTextError extends Error {
  readonly at: number

  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9
}

/** Where the next thing stands. */
export function skipSpace(text: string, at: number): number {
  let position = at
  while (isSpace(text.charCodeAt(position))) position++
  return position
}

/** Behind the closing quote of the string that opens at `at`, or has its first backslash there. */
export function stringEnd(text: string, at: number): number {
  let position = text.indexOf('"', at + 1)
  while (position !== -1) {
    let slashes = 0
    while (text.charCodeAt(position - 1 - slashes) === backslash) slashes++
    if (slashes % 2 === 0) return position + 1
    position = text.indexOf('"', position + 1)
  }
  throw new JsonTextError('a string that does not end', at)
}

/** Behind the object or array that opens at `at`. */
function containerEnd(text: string, at: number): number {
  let depth = 0
  for (let position = at; position < text.length; position++) {
    const code = text.charCodeAt(position)
    if (code === quote) position = stringEnd(text, position) - 1
    else if (code === openBrace || code === openBracket) depth++
    else if ((code === closeBrace || code === closeBracket) && --depth === 0) return position + 1
  }
  throw new JsonTextError('an object or array that does not end', at)
}

/** Behind the value that begins at `at`. */
export function valueEnd(text: string, at: number): number {
  const first = text.charCodeAt(at)
  if (first === quote) return stringEnd(text, at)
  if (first === openBrace || first === openBracket) return containerEnd(text, at)
  let position = at
  for (; position < text.length; position++) {
    const code = text.charCodeAt(position)
    if (code === comma || code === closeBrace || code === closeBracket || isSpace(code)) break
  }
  if (position === at) throw new JsonTextError('no value', at)
  return position
}

/** Reads a value that has to be looked into anyway and tells where it ends, or undefined to have it skipped: saves a second scan. */
export type Inside<Where> = (where: Where, at: number) => number | undefined

/** An object: its members, and where it ends. */
export interface ObjectText extends Span {
  readonly members: readonly Member[]
}

/** The object that begins at `at`, leading space allowed. */
export function readObject(text: string, at = 0, inside?: Inside<string>): ObjectText {
  const found: Member[] = []
  const begin = skipSpace(text, at)
  if (text.charCodeAt(begin) !== openBrace) throw new JsonTextError('no object', begin)
  let position = skipSpace(text, begin + 1)
  if (text.charCodeAt(position) === closeBrace) return { at: begin, end: position + 1, members: found }
  for (;;) {
    if (text.charCodeAt(position) !== quote) throw new JsonTextError('no member name', position)
    const keyAt = position
    const keyEnd = stringEnd(text, position)
    position = skipSpace(text, keyEnd)
    if (text.charCodeAt(position) !== colon) throw new JsonTextError('no colon', position)
    const valueAt = skipSpace(text, position + 1)
    const key = keyName(text, keyAt, keyEnd)
    const end = inside?.(key, valueAt) ?? valueEnd(text, valueAt)
    found.push({ key, keyAt, at: valueAt, end })
    position = skipSpace(text, end)
    if (text.charCodeAt(position) === closeBrace) return { at: begin, end: position + 1, members: found }
    if (text.charCodeAt(position) !== comma) throw new JsonTextError('no comma', position)
    position = skipSpace(text, position + 1)
  }
}

/** The members of the object that begins at `at`, leading space allowed. */
export function members(text: string, at = 0): readonly Member[] {
  return readObject(text, at).members
}

function keyName(text: string, at: number, end: number): string {
  const raw = text.slice(at + 1, end - 1)
  return raw.includes('\\') ? (JSON.parse(text.slice(at, end)) as string) : raw
}

/** An array: its elements, and where it ends. */
export interface ArrayText extends Span {
  readonly elements: readonly Span[]
}

/** The array that begins at `at`. */
export function readArray(text: string, at: number, inside?: Inside<number>): ArrayText {
  const found: Span[] = []
  if (text.charCodeAt(at) !== openBracket) throw new JsonTextError('no array', at)
  let position = skipSpace(text, at + 1)
  if (text.charCodeAt(position) === closeBracket) return { at, end: position + 1, elements: found }
  for (;;) {
    const end = inside?.(found.length, position) ?? valueEnd(text, position)
    found.push({ at: position, end })
    position = skipSpace(text, end)
    if (text.charCodeAt(position) === closeBracket) return { at, end: position + 1, elements: found }
    if (text.charCodeAt(position) !== comma) throw new JsonTextError('no comma', position)
    position = skipSpace(text, position + 1)
  }
}

/** The elements of the array that begins at `at`. */
export function elements(text: string, at: number): readonly Span[] {
  return readArray(text, at).elements
}

/** The member of that name, the last one where a name stands twice, as `JSON.parse` has it. */
export function member(list: readonly Member[], key: string): Member | undefined {
  for (let index = list.length - 1; index >= 0; index--) if (list[index]?.key === key) return list[index]
  return undefined
}

/** Is the value `null`, or not there at all? */
export function isNull(text: string, found: Member | undefined): boolean {
  return found === undefined || text.startsWith('null', found.at)
}

export interface Survey {
  /** How many objects and arrays stand inside each other. */
  readonly depth: number
  /** How many members all objects have together. */
  readonly count: number
  /** The members of the outermost object. */
  readonly members: readonly Member[]
}

/** Goes over a text once, without building anything of it. What it tells of text that is no JSON means nothing. */
export function survey(text: string): Survey {
  const found: Member[] = []
  let depth = 0
  let deepest = 0
  let count = 0
  let keyAt = -1
  let keyEnd = -1
  let valueAt = -1
  const endMember = (position: number) => {
    let end = position
    while (isSpace(text.charCodeAt(end - 1))) end--
    if (valueAt !== -1) found.push({ key: keyName(text, keyAt, keyEnd), keyAt, at: valueAt, end })
    valueAt = -1
  }
  for (let position = 0; position < text.length; position++) {
    const code = text.charCodeAt(position)
    if (code === quote) {
      const end = stringEnd(text, position)
      if (depth === 1 && valueAt === -1) {
        keyAt = position
        keyEnd = end
      }
      position = end - 1
    } else if (code === colon) {
      count++
      if (depth === 1) valueAt = skipSpace(text, position + 1)
    } else if (code === comma) {
      if (depth === 1) endMember(position)
    } else if (code === openBrace || code === openBracket) {
      if (++depth > deepest) deepest = depth
    } else if (code === closeBrace || code === closeBracket) {
      if (depth === 1) endMember(position)
      depth--
    }
  }
  return { depth: deepest, count, members: found }
}

/** Follows an object that comes piece by piece: each letter is looked at once. What it tells of text that is no JSON means nothing. */
export class ObjectEnd {
  #depth = 0
  #state: 'before' | 'inside' | 'string' | 'escape' | 'behind' | 'lost' = 'before'

  push(piece: string): void {
    for (let position = 0; position < piece.length; position++) this.#read(piece.charCodeAt(position))
  }

  /** The object has ended, and nothing but space came behind it. */
  get reached(): boolean {
    return this.#state === 'behind'
  }

  #read(code: number): void {
    switch (this.#state) {
      case 'inside':
        if (code === quote) this.#state = 'string'
        else if (code === openBrace || code === openBracket) this.#depth++
        else if ((code === closeBrace || code === closeBracket) && --this.#depth === 0) this.#state = 'behind'
        return
      case 'string':
        if (code === quote) this.#state = 'inside'
        else if (code === backslash) this.#state = 'escape'
        return
      case 'escape':
        this.#state = 'string'
        return
      default:
        if (isSpace(code)) return
        this.#depth = 1
        this.#state = this.#state === 'before' && code === openBrace ? 'inside' : 'lost'
    }
  }
}

/** Are there more than so many objects and arrays inside each other? */
export function isDeeperThan(text: string, levels: number): boolean {
  let depth = 0
  for (let position = 0; position < text.length; position++) {
    const code = text.charCodeAt(position)
    if (code === quote) position = stringEnd(text, position) - 1
    else if (code === closeBrace || code === closeBracket) depth--
    else if ((code === openBrace || code === openBracket) && ++depth > levels) return true
  }
  return false
}

/** An object or array that is open: the names that its object has had (undefined: it is an array), and where in it we are. */
interface Level {
  readonly names: Set<string> | undefined
  place: string | number
}

/** The path of the first name that stands twice in one object of a valid text, such as `messages[0].role`. */
export function duplicateMember(text: string): string | undefined {
  // One walk for all levels: to look into each object on its own would read what is inside again at every level.
  const levels: Level[] = []
  for (let position = 0; position < text.length; position++) {
    const code = text.charCodeAt(position)
    const level = levels.at(-1)
    if (code === openBrace) levels.push({ names: new Set(), place: '' })
    else if (code === openBracket) levels.push({ names: undefined, place: 0 })
    else if (code === closeBrace || code === closeBracket) levels.pop()
    else if (code === comma && typeof level?.place === 'number') level.place++
    else if (code === quote) {
      const end = stringEnd(text, position)
      if (level?.names !== undefined && text.charCodeAt(skipSpace(text, end)) === colon) {
        level.place = keyName(text, position, end)
        if (level.names.has(level.place)) return pathOf(levels)
        level.names.add(level.place)
      }
      position = end - 1
    }
  }
  return undefined
}

function pathOf(levels: readonly Level[]): string {
  return levels.reduce((path, { place }) => {
    if (typeof place === 'number') return `${path}[${place}]`
    return path === '' ? place : `${path}.${place}`
  }, '')
}

/** Changes to a text, gathered in any order and made at once; they may not overlap. */
export class Edits {
  readonly #changes: { at: number; end: number; text: string }[] = []

  get size(): number {
    return this.#changes.length
  }

  replace(span: Span, text: string): void {
    this.#changes.push({ at: span.at, end: span.end, text })
  }

  insert(at: number, text: string): void {
    this.#changes.push({ at, end: at, text })
  }

  /** Takes members out of one object together with the commas that went with them. */
  remove(list: readonly Member[], unwanted: (found: Member) => boolean): void {
    for (let index = 0; index < list.length; index++) {
      const first = list[index]!
      if (!unwanted(first)) continue
      let last = index
      while (last + 1 < list.length && unwanted(list[last + 1]!)) last++
      const before = list[index - 1]
      const after = list[last + 1]
      if (before !== undefined) this.#changes.push({ at: before.end, end: list[last]!.end, text: '' })
      else this.#changes.push({ at: first.keyAt, end: after?.keyAt ?? list[last]!.end, text: '' })
      index = last
    }
  }

  apply(text: string): string {
    if (this.#changes.length === 0) return text
    // Sorting is stable: what was inserted at one place stays in the order of insertion.
    this.#changes.sort((one, other) => one.at - other.at)
    let result = ''
    let position = 0
    for (const change of this.#changes) {
      result += text.slice(position, change.at) + change.text
      position = change.end
    }
    return result + text.slice(position)
  }
}

/** JSON text of any value as a byte string: everything beyond ASCII is escaped. */
export function asciiJson(value: unknown): string {
  const text = JSON.stringify(value)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII is what is meant.
  return /^[\x00-\x7f]*$/.test(text) ? text : escapeBeyondAscii(text)
}

/** JSON text with everything beyond ASCII escaped, so that it is the same text in every encoding. */
export function escapeBeyondAscii(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
