/**
 * Reads JSON into messages as Google's services do: names in camel or snake case, enums by name, numbers also as text, and nothing that the
 * message does not have. https://protobuf.dev/programming-guides/json/
 */

export type Field =
  | { kind: 'string' | 'bool' | 'int32' | 'int64' | 'float' | 'bytes' | 'duration' }
  /** An object of any JSON, and any JSON at all. */
  | { kind: 'struct' | 'value' }
  | { kind: 'enum'; name: string; values: readonly string[] }
  | { kind: 'message'; type: () => MessageType }
  | { kind: 'list'; of: Field }
  | { kind: 'map'; of: Field }

export interface MessageType {
  /** Such as `Content`. */
  name: string
  /** By their names in camel case. */
  fields: Readonly<Record<string, Field>>
  /** Fields of which at most one may be there, by the name of their group. */
  oneofs?: Readonly<Record<string, readonly string[]>>
}

/** Something that could not be read. `field` is its path in snake case; empty at the top. */
export interface Violation {
  field: string
  description: string
}

/** What was read, in camel case, and what could not be. */
export interface Reading {
  message: Record<string, unknown>
  violations: Violation[]
}

/** Reads a whole message. `lenient` lets unknown names pass. */
export function readMessage(value: unknown, type: MessageType, { package: prefix, lenient }: ReaderOptions): Reading {
  const reader = new Reader(prefix, lenient)
  return { message: reader.message(value, type, ''), violations: reader.violations }
}

export interface ReaderOptions {
  /** Such as `google.ai.generativelanguage.v1beta`. */
  package: string
  lenient: boolean
}

/** Enough to tell what is wrong. */
const mostViolations = 50

class Reader {
  readonly violations: Violation[] = []
  private readonly prefix: string
  private readonly lenient: boolean

  constructor(prefix: string, lenient: boolean) {
    this.prefix = prefix
    this.lenient = lenient
  }

  message(value: unknown, type: MessageType, path: string): Record<string, unknown> {
    if (!isObject(value)) {
      this.wrongValue(path, `type.googleapis.com/${this.prefix}.${type.name}`, value)
      return {}
    }
    const read: Record<string, unknown> = {}
    for (const [key, member] of Object.entries(value)) {
      if (this.violations.length >= mostViolations) break
      const name = Object.hasOwn(type.fields, key) ? key : camelCase(key)
      const field = Object.hasOwn(type.fields, name) ? type.fields[name] : undefined
      if (!field) this.unknownName(key, path)
      else if (member !== null) read[name] = this.field(member, field, join(path, snakeCase(name)), name)
    }
    this.checkOneofs(read, type, path)
    return read
  }

  private checkOneofs(read: Record<string, unknown>, { oneofs = {} }: MessageType, path: string): void {
    for (const [group, names] of Object.entries(oneofs)) {
      const [, second] = names.filter((name) => name in read)
      if (second === undefined) continue
      const description = `Invalid value at '${path}' (oneof), oneof field '${group}' is already set. Cannot set '${second}'`
      this.violations.push({ field: path, description })
    }
  }

  private field(value: unknown, field: Field, path: string, name: string): unknown {
    switch (field.kind) {
      case 'message':
        if (Array.isArray(value)) return this.notRepeating(path, name)
        return this.message(value, field.type(), path)
      case 'list':
        return this.list(value, field.of, path, name)
      case 'map':
        return this.map(value, field.of, path)
      case 'value':
        return value
      case 'struct':
        if (!isObject(value)) this.wrongValue(path, 'type.googleapis.com/google.protobuf.Struct', value)
        return value
      default:
        if (Array.isArray(value)) return this.notRepeating(path, name)
        return this.scalar(value, field, path)
    }
  }

  private list(value: unknown, of: Field, path: string, name: string): unknown[] {
    // A single value is taken for a list of one.
    const items = Array.isArray(value) ? value : [value]
    const read: unknown[] = []
    for (const [index, item] of items.entries()) {
      if (this.violations.length >= mostViolations) break
      read.push(this.field(item, of, `${path}[${index}]`, name))
    }
    return read
  }

  private map(value: unknown, of: Field, path: string): Record<string, unknown> {
    if (!isObject(value)) {
      this.wrongValue(path, 'Map', value)
      return {}
    }
    const read: [string, unknown][] = []
    for (const [index, [key, item]] of Object.entries(value).entries()) {
      if (this.violations.length >= mostViolations) break
      read.push([key, this.field(item, of, `${path}[${index}].value`, key)])
    }
    return Object.fromEntries(read)
  }

  private scalar(
    value: unknown,
    field: Exclude<Field, { kind: 'message' | 'list' | 'map' | 'struct' | 'value' }>,
    path: string,
  ): unknown {
    if (field.kind === 'enum') {
      const known =
        typeof value === 'string' ? field.values.find((name) => name.toLowerCase() === value.toLowerCase()) : undefined
      if (known === undefined) this.wrongValue(path, `type.googleapis.com/${this.prefix}.${field.name}`, value)
      return known
    }
    const { type, read } = scalars[field.kind]
    const result = isObject(value) ? undefined : read(value)
    if (result === undefined) this.wrongValue(path, type, value)
    return result
  }

  private wrongValue(path: string, type: string, value: unknown): void {
    const told = JSON.stringify(value)?.slice(0, 200)
    this.violations.push({ field: path, description: `Invalid value at '${path}' (${type}), ${told}` })
  }

  private unknownName(name: string, path: string): void {
    if (this.lenient) return
    const at = path === '' ? '' : ` at '${path}'`
    const description = `Invalid JSON payload received. Unknown name "${name}"${at}: Cannot find field.`
    this.violations.push({ field: path, description })
  }

  private notRepeating(path: string, name: string): undefined {
    const parent = path.slice(0, path.lastIndexOf('.'))
    const description = `Invalid JSON payload received. Unknown name "${name}" at '${parent}': Proto field is not repeating, cannot start list.`
    this.violations.push({ field: parent, description })
    return undefined
  }
}

const join = (path: string, name: string) => (path === '' ? name : `${path}.${name}`)
const camelCase = (name: string) => name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
const snakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

interface Scalar {
  type: string
  /** The value, or undefined where it is none. */
  read: (value: unknown) => unknown
}

const whole = (bits: number) => (value: unknown) => {
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
  return Number.isInteger(number) && Math.abs(number as number) <= 2 ** (bits - 1) ? number : undefined
}
const only = (type: 'string' | 'boolean') => (value: unknown) => (typeof value === type ? value : undefined)

const scalars: Record<'string' | 'bool' | 'int32' | 'int64' | 'float' | 'bytes' | 'duration', Scalar> = {
  string: { type: 'TYPE_STRING', read: only('string') },
  bool: { type: 'TYPE_BOOL', read: only('boolean') },
  int32: { type: 'TYPE_INT32', read: whole(32) },
  int64: { type: 'TYPE_INT64', read: whole(64) },
  float: {
    type: 'TYPE_FLOAT',
    read: (value) => {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
      return typeof number === 'number' && !Number.isNaN(number) ? number : undefined
    },
  },
  bytes: { type: 'TYPE_BYTES', read: (value) => (typeof value === 'string' && isBase64(value) ? value : undefined) },
  duration: {
    type: 'type.googleapis.com/google.protobuf.Duration',
    read: (value) => (typeof value === 'string' && /^-?\d+(\.\d{1,9})?s$/.test(value) ? value : undefined),
  },
}

/** Either alphabet, with its padding or without. */
export function isBase64(text: string): boolean {
  const bare = text.replace(/={1,2}$/, '')
  return /^[A-Za-z0-9+/_-]*$/.test(bare) && bare.length % 4 !== 1 && (bare === text || text.length % 4 === 0)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
