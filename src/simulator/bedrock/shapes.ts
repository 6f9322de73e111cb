/**
 * Holds JSON against shapes as AWS describes its services with: types, required members, unions, lengths, ranges and patterns, told as its
 * services tell them. https://smithy.io/2.0/spec/constraint-traits.html
 */
import { exception, invalid } from './errors.ts'

export type Shape =
  | { kind: 'structure'; members: Members; required: readonly string[] }
  /** An object with exactly one member. */
  | { kind: 'union'; members: Members }
  | { kind: 'list'; of: Shape; least: number; most: number }
  | { kind: 'map'; key: Shape; value: Shape; least: number; most: number }
  | { kind: 'string'; least: number; most: number; pattern: RegExp | undefined }
  | { kind: 'enum'; values: readonly string[] }
  | { kind: 'number'; whole: boolean; least: number; most: number }
  | { kind: 'boolean' }
  /** Bytes in base64. */
  | { kind: 'blob' }
  /** Any JSON. */
  | { kind: 'document' }

type Members = Readonly<Record<string, Shape>>

const infinity = Number.POSITIVE_INFINITY

export const structure = (required: Members, optional: Members = {}): Shape => ({
  kind: 'structure',
  members: { ...required, ...optional },
  required: Object.keys(required),
})
export const union = (members: Members): Shape => ({ kind: 'union', members })
export const list = (of: Shape, least = 0, most = infinity): Shape => ({ kind: 'list', of, least, most })
export const map = (key: Shape, value: Shape, least = 0, most = infinity): Shape => ({
  kind: 'map',
  key,
  value,
  least,
  most,
})
export const string = (least = 0, most = infinity, pattern?: RegExp): Shape => ({
  kind: 'string',
  least,
  most,
  pattern,
})
export const oneOf = (...values: string[]): Shape => ({ kind: 'enum', values })
export const integer = (least = -(2 ** 31), most = 2 ** 31 - 1): Shape => ({ kind: 'number', whole: true, least, most })
export const float = (least: number, most: number): Shape => ({ kind: 'number', whole: false, least, most })
export const boolean: Shape = { kind: 'boolean' }
export const blob: Shape = { kind: 'blob' }
export const document: Shape = { kind: 'document' }

/** Throws a `Refused` unless the value has the shape. `lenient` lets members pass that the shape does not have. */
export function checkShape(value: unknown, shape: Shape, lenient: boolean): void {
  const check = new Check(lenient)
  check.value(value, shape, [])
  if (check.faults.length === 0) return
  const count = check.faults.length === 1 ? '1 validation error' : `${check.faults.length} validation errors`
  throw invalid(`${count} detected: ${check.faults.join('; ')}`)
}

type Path = readonly (string | number)[]

/** Enough to tell what is wrong. */
const mostFaults = 20

/** What does not fit the type is refused at once, as reading stops there; what breaks a constraint is gathered. */
class Check {
  readonly faults: string[] = []
  private readonly lenient: boolean

  constructor(lenient: boolean) {
    this.lenient = lenient
  }

  value(value: unknown, shape: Shape, path: Path): void {
    if (this.faults.length >= mostFaults) return
    switch (shape.kind) {
      case 'structure':
        return this.structure(value, shape, path)
      case 'union':
        return this.union(value, shape, path)
      case 'list':
        return this.list(value, shape, path)
      case 'map':
        return this.map(value, shape, path)
      case 'string':
        return this.string(value, shape, path)
      case 'number':
        return this.number(value, shape, path)
      case 'enum':
        return this.enumeration(value, shape, path)
      case 'boolean':
        return expectType(typeof value === 'boolean', value, 'Boolean')
      case 'blob':
        return checkBlob(value, path)
      case 'document':
        return
    }
  }

  private structure(value: unknown, { members, required }: Extract<Shape, { kind: 'structure' }>, path: Path): void {
    const object = objectOf(value, 'Structure')
    this.members(object, members, path)
    for (const name of required) {
      if (object[name] === undefined || object[name] === null)
        this.fault(null, [...path, name], 'Member must not be null')
    }
  }

  private union(value: unknown, { members }: Extract<Shape, { kind: 'union' }>, path: Path): void {
    const object = objectOf(value, 'Union')
    this.members(object, members, path)
    const set = Object.keys(object).filter((name) => object[name] !== null && object[name] !== undefined)
    if (set.length === 1 || (this.lenient && set.length > 0)) return
    throw invalid(
      `The value at ${placeOf(path)} must have exactly one of: ${Object.keys(members).join(', ')}; it has ${set.length === 0 ? 'none' : set.join(', ')}.`,
    )
  }

  private members(object: Record<string, unknown>, members: Members, path: Path): void {
    for (const [name, member] of Object.entries(object)) {
      const shape = Object.hasOwn(members, name) ? members[name] : undefined
      if (shape && member !== null) this.value(member, shape, [...path, name])
      if (!shape && !this.lenient) {
        throw invalid(
          `Malformed input request: #${path.map((step) => `/${step}`).join('')}: extraneous key [${name}] is not permitted, please reformat your input and try again.`,
        )
      }
    }
  }

  private list(value: unknown, { of, least, most }: Extract<Shape, { kind: 'list' }>, path: Path): void {
    expectType(Array.isArray(value), value, 'List')
    const items = value as unknown[]
    this.length(items, items.length, least, most, path)
    for (const [index, item] of items.entries()) this.value(item, of, [...path, index])
  }

  private map(value: unknown, shape: Extract<Shape, { kind: 'map' }>, path: Path): void {
    const entries = Object.entries(objectOf(value, 'Map'))
    this.length(value, entries.length, shape.least, shape.most, path)
    for (const [key, item] of entries) {
      this.value(key, shape.key, [...path, key])
      this.value(item, shape.value, [...path, key])
    }
  }

  private string(value: unknown, { least, most, pattern }: Extract<Shape, { kind: 'string' }>, path: Path): void {
    expectType(typeof value === 'string', value, 'String')
    const text = value as string
    this.length(text, [...text].length, least, most, path)
    if (pattern && !pattern.test(text)) {
      this.fault(
        text,
        path,
        `Member must satisfy regular expression pattern: ${pattern.source.replaceAll(/^\^|\$$/g, '')}`,
      )
    }
  }

  private number(value: unknown, { whole, least, most }: Extract<Shape, { kind: 'number' }>, path: Path): void {
    expectType(typeof value === 'number', value, whole ? 'Integer' : 'Float')
    const number = value as number
    if (whole && !Number.isInteger(number)) throw serialization(`DECIMAL_VALUE can not be converted to an Integer`)
    if (number < least) this.fault(number, path, `Member must have value greater than or equal to ${least}`)
    if (number > most) this.fault(number, path, `Member must have value less than or equal to ${most}`)
  }

  private enumeration(value: unknown, { values }: Extract<Shape, { kind: 'enum' }>, path: Path): void {
    expectType(typeof value === 'string', value, 'String')
    if (!values.includes(value as string))
      this.fault(value, path, `Member must satisfy enum value set: [${values.join(', ')}]`)
  }

  private length(value: unknown, length: number, least: number, most: number, path: Path): void {
    if (length < least) this.fault(value, path, `Member must have length greater than or equal to ${least}`)
    if (length > most) this.fault(value, path, `Member must have length less than or equal to ${most}`)
  }

  private fault(value: unknown, path: Path, rule: string): void {
    const shown = typeof value === 'string' ? value : JSON.stringify(value)
    const told = value === null ? 'Value null' : `Value '${shown.slice(0, 200)}'`
    this.faults.push(`${told} at '${memberPath(path)}' failed to satisfy constraint: ${rule}`)
  }
}

/** `messages.1.member.content`: items are counted from one here, and called members. */
const memberPath = (path: Path) =>
  path.map((step) => (typeof step === 'number' ? `${step + 1}.member` : step)).join('.')

/** `messages.0.content`: items are counted from zero everywhere else. */
export const placeOf = (path: Path) => path.join('.')

function objectOf(value: unknown, wanted: string): Record<string, unknown> {
  expectType(typeof value === 'object' && value !== null && !Array.isArray(value), value, wanted)
  return value as Record<string, unknown>
}

function expectType(fits: boolean, value: unknown, wanted: string): void {
  if (fits) return
  throw serialization(`${tokenOf(value)} can not be converted to ${/^[AEIOU]/.test(wanted) ? 'an' : 'a'} ${wanted}`)
}

/** What reading met first of a value. */
function tokenOf(value: unknown): string {
  if (Array.isArray(value)) return 'START_ARRAY'
  switch (typeof value) {
    case 'string':
      return 'STRING_VALUE'
    case 'number':
      return 'NUMBER_VALUE'
    case 'boolean':
      return `${String(value).toUpperCase()}_VALUE`
    default:
      return value === null ? 'NULL_VALUE' : 'START_OBJECT'
  }
}

const serialization = (message: string) => exception(400, 'SerializationException', message)

/** Base64 with its padding. A pattern of groups of four would run out of stack on a long text. */
const isBase64 = (text: string) => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)

function checkBlob(value: unknown, path: Path): void {
  expectType(typeof value === 'string', value, 'Blob')
  if (value === '')
    throw invalid(
      `1 validation error detected: Value '' at '${memberPath(path)}' failed to satisfy constraint: Member must have length greater than or equal to 1`,
    )
  if (!isBase64(value as string)) throw serialization(`The value at ${placeOf(path)} is no base64.`)
}
