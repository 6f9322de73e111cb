/**
 * Makes the simplest value that a JSON Schema describes, the same one every time.
 * https://json-schema.org/draft/2020-12/json-schema-validation
 */
import { badRequest } from './errors.ts'
import { generateMatch } from './generate-pattern.ts'

type Schema = Record<string, unknown>

/** How deep optional things are still filled in, how deep a value may be at all, and how many values there may be. */
const generousDepth = 4
const deepest = 100
const mostValues = 20_000

/** A value that conforms to `schema`. Refuses a schema that has none of a sensible size. */
export function generateJson(schema: unknown): unknown {
  return new Generator(schema).value(schema, 'value', 0)
}

class Generator {
  private values = 0
  private readonly root: unknown

  constructor(root: unknown) {
    this.root = root
  }

  /** `name` is what the value is called where it stands: plain strings say it. */
  value(schema: unknown, name: string, depth: number): unknown {
    if (++this.values > mostValues || depth > deepest) {
      throw badRequest('Invalid schema: it describes a value that never ends, or one too large.')
    }
    if (!isObject(schema)) return name
    if (schema['const'] !== undefined) return this.charge(schema['const'])
    if (Array.isArray(schema['enum']) && schema['enum'].length > 0) return this.charge(schema['enum'][0])
    if (typeof schema['$ref'] === 'string') return this.value(this.follow(schema['$ref']), name, depth + 1)
    if (Array.isArray(schema['allOf'])) return this.value(this.merge(schema, schema['allOf']), name, depth + 1)
    const branches = schema['anyOf'] ?? schema['oneOf']
    if (Array.isArray(branches) && branches.length > 0) return this.branch(schema, branches, name, depth)
    return this.typed(schema, name, depth)
  }

  private typed(schema: Schema, name: string, depth: number): unknown {
    switch (typeOf(schema)) {
      case 'object':
        return this.object(schema, depth)
      case 'array':
        return this.array(schema, name, depth)
      case 'number':
        return numberOf(schema, false)
      case 'integer':
        return numberOf(schema, true)
      case 'boolean':
        return true
      case 'null':
        return null
      default:
        return this.charge(stringOf(schema, name))
    }
  }

  /** Long texts count as many values, so that a small schema cannot ask for a huge reply. */
  private charge(value: unknown): unknown {
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
    this.values += Math.floor(text.length / 100)
    return value
  }

  private follow(reference: string): unknown {
    let target = this.root
    for (const step of decodeFragment(reference).split('/').slice(1)) {
      const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
      const holder: unknown = target
      target =
        typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key)
          ? (holder as Schema)[key]
          : undefined
    }
    return target
  }

  /** One schema of several that all hold: properties and required names are joined, of the rest the last one counts. */
  private merge({ allOf: _, ...own }: Schema, all: unknown[]): Schema {
    const parts = all.map((part) =>
      isObject(part) && typeof part['$ref'] === 'string' ? this.follow(part['$ref']) : part,
    )
    const known = [...parts.filter(isObject), own]
    const properties = known.flatMap((part) => (isObject(part['properties']) ? Object.entries(part['properties']) : []))
    const required = known.flatMap((part) => (Array.isArray(part['required']) ? part['required'] : []))
    const nested = known.flatMap((part) => (Array.isArray(part['allOf']) ? part['allOf'] : []))
    return {
      ...Object.assign({}, ...known),
      ...(properties.length > 0 && { properties: Object.fromEntries(properties) }),
      ...(required.length > 0 && { required: [...new Set(required)] }),
      allOf: nested.length > 0 ? nested : undefined,
    }
  }

  /** The first branch that ends. Deep down the plain ones come first, so that a recursive schema stops. */
  private branch(schema: Schema, branches: unknown[], name: string, depth: number): unknown {
    const { anyOf: _, oneOf: __, ...shared } = schema
    const ordered = depth < generousDepth ? branches : branches.toSorted((one, other) => weight(one) - weight(other))
    let failure: unknown
    for (const branch of ordered) {
      try {
        return this.value(isObject(branch) ? { ...shared, ...branch } : branch, name, depth + 1)
      } catch (error) {
        if (this.values > mostValues) throw error
        failure = error
      }
    }
    throw failure
  }

  private object(schema: Schema, depth: number): unknown {
    const properties = isObject(schema['properties']) ? schema['properties'] : {}
    const required = Array.isArray(schema['required']) ? schema['required'].map(String) : []
    const wanted = depth < generousDepth ? new Set([...Object.keys(properties), ...required]) : new Set(required)
    const made: [string, unknown][] = []
    for (const name of wanted) {
      this.charge(name)
      try {
        made.push([name, this.value(Object.hasOwn(properties, name) ? properties[name] : {}, name, depth + 1)])
      } catch (error) {
        if (this.values > mostValues || required.includes(name)) throw error
      }
    }
    return Object.fromEntries(made)
  }

  private array(schema: Schema, name: string, depth: number): unknown[] {
    const prefix = Array.isArray(schema['prefixItems']) ? schema['prefixItems'] : []
    const least = whole(schema['minItems'], 0)
    const most = whole(schema['maxItems'], Number.POSITIVE_INFINITY)
    const generous = depth < generousDepth && schema['items'] !== false ? 1 : 0
    const length = Math.min(most, Math.max(least, prefix.length, generous))
    const items: unknown[] = []
    for (let index = 0; index < length; index++) {
      const item = prefix[index] ?? schema['items']
      const made = this.value(item, name, depth + 1)
      items.push(schema['uniqueItems'] === true ? distinct(made, index, item) : made)
    }
    return items
  }
}

/** Items that must differ are numbered, or taken from the list of what they may be. */
function distinct(value: unknown, index: number, schema: unknown): unknown {
  if (isObject(schema) && Array.isArray(schema['enum'])) return schema['enum'][index % schema['enum'].length]
  if (typeof value === 'number') return value + index * (isObject(schema) ? positive(schema['multipleOf'], 1) : 1)
  return typeof value === 'string' && index > 0 ? `${value}${index}` : value
}

function typeOf(schema: Schema): unknown {
  const types = [schema['type']].flat()
  const type = types.find((name) => name !== 'null') ?? types[0]
  if (type !== undefined) return type
  if (isObject(schema['properties'])) return 'object'
  return schema['items'] !== undefined || schema['prefixItems'] !== undefined ? 'array' : 'string'
}

function weight(branch: unknown): number {
  if (!isObject(branch)) return 0
  if (branch['const'] !== undefined || branch['enum'] !== undefined) return 0
  const type = branch['$ref'] === undefined ? typeOf(branch) : 'object'
  return type === 'object' ? 2 : type === 'array' ? 1 : 0
}

function numberOf(schema: Schema, integer: boolean): number {
  const step = positive(schema['multipleOf'], integer ? 1 : 0)
  const gap = step || 0.5
  const lowest = Math.max(number(schema['minimum'], -Infinity), number(schema['exclusiveMinimum'], -Infinity))
  const highest = Math.min(number(schema['maximum'], Infinity), number(schema['exclusiveMaximum'], Infinity))
  const from = Number.isFinite(lowest) ? lowest : Math.min(1, highest)
  const snapped = step ? Math.ceil(from / step) * step : from
  const fits = (value: number) =>
    value !== schema['exclusiveMinimum'] && value !== schema['exclusiveMaximum'] && value <= highest
  if (fits(snapped)) return snapped
  if (!step && Number.isFinite(lowest) && Number.isFinite(highest)) return (lowest + highest) / 2
  return snapped >= highest ? Math.floor((highest - gap) / gap) * gap : snapped + gap
}

const formats: Record<string, string> = {
  'date-time': '2026-01-01T12:00:00Z',
  date: '2026-01-01',
  time: '12:00:00Z',
  duration: 'P1D',
  email: 'someone@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uuid: '00000000-0000-4000-8000-000000000000',
  uri: 'https://example.com/',
  'uri-reference': '/example',
  url: 'https://example.com/',
}

function stringOf(schema: Schema, name: string): string {
  const least = Math.min(whole(schema['minLength'], 0), 1_000_000)
  const most = whole(schema['maxLength'], Number.POSITIVE_INFINITY)
  if (typeof schema['pattern'] === 'string') {
    const match = generateMatch(schema['pattern'], least)
    if (match !== undefined) return match
  }
  const format =
    typeof schema['format'] === 'string' && Object.hasOwn(formats, schema['format']) && formats[schema['format']]
  if (format) return format
  return [...name.padEnd(least, 'x')].slice(0, most).join('')
}

function decodeFragment(reference: string): string {
  try {
    return decodeURIComponent(reference)
  } catch {
    return reference
  }
}

const number = (value: unknown, otherwise: number) => (typeof value === 'number' ? value : otherwise)
const positive = (value: unknown, otherwise: number) => (typeof value === 'number' && value > 0 ? value : otherwise)
const whole = (value: unknown, otherwise: number) => Math.max(0, Math.ceil(number(value, otherwise)))

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
