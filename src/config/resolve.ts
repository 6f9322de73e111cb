/** Walks a parsed configuration along its schema: puts values in place of references, and notes what the schema does not say. */
import { z } from 'zod'
import { readJson } from '../core/parse-json.ts'
import { type Finding, formatPath, type Path } from './finding.ts'
import { nearest } from './nearest.ts'
import { readReference, type Variables } from './reference.ts'
import { marks } from './schema-parts.ts'

/** A configuration without references, and what was met on the way. */
export interface Resolution {
  readonly value: unknown
  readonly faults: readonly Finding[]
  /** Keys nobody knows. */
  readonly unknownKeys: readonly Finding[]
  /** Known keys that have no effect so far, as patterns: `providers.*.keys[].use_for_batch_api`. */
  readonly withoutEffect: ReadonlySet<string>
  /** Paths whose values must not be shown. */
  readonly hidden: ReadonlySet<string>
  /** Environment variables the configuration refers to. */
  readonly variables: ReadonlySet<string>
}

/** `null` is taken for a key that was left out. */
export function resolve(schema: z.ZodType, value: unknown, variables: Variables): Resolution {
  const walk = new Walk(variables)
  const resolved = walk.value(schema, value, { path: [], pattern: '', idle: false })
  return { value: resolved, ...walk.met }
}

interface Place {
  readonly path: Path
  readonly pattern: string
  /** Inside something with `enabled: false`: nothing has to be there that it would need. */
  readonly idle: boolean
}

class Walk {
  readonly met = {
    faults: [] as Finding[],
    unknownKeys: [] as Finding[],
    withoutEffect: new Set<string>(),
    hidden: new Set<string>(),
    variables: new Set<string>(),
  }
  readonly #environment: Variables

  constructor(environment: Variables) {
    this.#environment = environment
  }

  value(schema: z.ZodType, value: unknown, place: Place): unknown {
    if (marks.get(schema)?.later) {
      if (saysSomething(value)) this.met.withoutEffect.add(place.pattern)
      return value
    }
    if (marks.get(schema)?.json && typeof value === 'string') return this.#json(schema, value, place)
    if (schema instanceof z.ZodOptional) return this.value(schema.unwrap() as z.ZodType, value, place)
    if (schema instanceof z.ZodUnion) return this.value(optionFor(schema, value), value, place)
    if (schema instanceof z.ZodString) return this.#text(schema, value, place)
    if (Array.isArray(value)) {
      return schema instanceof z.ZodArray ? this.#array(schema.element as z.ZodType, value, place) : value
    }
    if (typeof value !== 'object' || value === null) return value
    if (schema instanceof z.ZodObject) return this.#object(schema, value, place)
    return schema instanceof z.ZodRecord ? this.#record(schema.valueType as z.ZodType, value, place) : value
  }

  #array(element: z.ZodType, items: readonly unknown[], place: Place): unknown[] {
    return items.map((item, index) =>
      this.value(element, item, { ...place, path: [...place.path, index], pattern: `${place.pattern}[]` }),
    )
  }

  #record(schema: z.ZodType, value: object, place: Place): object {
    const entries = Object.entries(value).filter(([, item]) => item !== null)
    return Object.fromEntries(entries.map(([key, item]) => [key, this.value(schema, item, inside(place, key, '*'))]))
  }

  #object(schema: z.ZodObject, value: object, outer: Place): object {
    const place = { ...outer, idle: outer.idle || ('enabled' in value && value.enabled === false) }
    const entries: [string, unknown][] = []
    for (const [key, item] of Object.entries(value)) {
      if (!Object.hasOwn(schema.shape, key)) this.#unknownKey(key, Object.keys(schema.shape), place)
      else if (item !== null) entries.push([key, this.value(schema.shape[key], item, inside(place, key))])
    }
    return Object.fromEntries(entries)
  }

  /** The thing itself, of its JSON text. */
  #json(schema: z.ZodType, text: string, place: Place): unknown {
    let value: unknown
    try {
      value = readJson(text)
    } catch (error) {
      const path = formatPath(place.path)
      this.met.faults.push({ path, message: `found a text that is no JSON (${(error as Error).message}).` })
      return undefined
    }
    // A text of a text of a thing is nobody's way to write it.
    return typeof value === 'string' ? value : this.value(schema, value, place)
  }

  #unknownKey(key: string, known: readonly string[], place: Place): void {
    const guess = nearest(key, known)
    this.met.unknownKeys.push({
      path: formatPath([...place.path, key]),
      message: 'is not a known key and has no effect.',
      ...(guess === undefined ? {} : { nearest: guess }),
    })
  }

  #text(schema: z.ZodType, value: unknown, place: Place): unknown {
    const path = formatPath(place.path)
    if (marks.get(schema)?.secret) this.met.hidden.add(path)
    const reference = readReference(value)
    if (reference === undefined) return value
    if (reference.kind === 'text') return reference.text
    this.met.hidden.add(path)
    if (reference.kind === 'variable') {
      const found = this.#variable(reference.name, path, place)
      return marks.get(schema)?.pattern ? found?.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`) : found
    }
    this.met.faults.push({ path, message: `found ${reference.found}, expected ${reference.expected}.` })
    return undefined
  }

  #variable(name: string, path: string, place: Place): string | undefined {
    this.met.variables.add(name)
    // Files that variables are read from often end with a line break; a value never does.
    const value = this.#environment[name]?.trim()
    if (value !== undefined && value !== '') return value
    if (place.idle) return ''
    const state = value === undefined ? 'not set' : 'empty'
    const names = Object.keys(this.#environment).filter((candidate) => candidate !== name)
    const guess = nearest(name, names)
    this.met.faults.push({
      path,
      message: `found env.${name}, but the environment variable ${name} is ${state}; expected it to have a value.`,
      ...(guess === undefined ? {} : { nearest: guess }),
    })
    return undefined
  }
}

function inside(place: Place, key: string, name = key): Place {
  return {
    ...place,
    path: [...place.path, key],
    pattern: place.pattern === '' ? name : `${place.pattern}.${name}`,
  }
}

/** The option of a union that this value was meant for. */
function optionFor(schema: z.ZodUnion, value: unknown): z.ZodType {
  const options = schema.options as readonly z.ZodType[]
  const fits = (option: z.ZodType) => {
    if (Array.isArray(value)) return option instanceof z.ZodArray
    if (typeof value === 'object') return option instanceof z.ZodObject || option instanceof z.ZodRecord
    return option instanceof z.ZodString
  }
  return options.find(fits) ?? options[0]!
}

/** Empty lists and objects, and what is switched off, ask for nothing. */
function saysSomething(value: unknown): boolean {
  if (typeof value !== 'object') return value !== undefined
  if (value === null) return false
  return Object.keys(value).length > 0 && !('enabled' in value && value.enabled === false)
}
