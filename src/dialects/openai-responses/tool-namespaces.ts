/**
 * Tools that stand in namespaces, for wires that know none: there each is called by both names as one, `crm__find` for `find` in `crm`, and a call of it
 * is told to the client by the two names it gave. https://platform.openai.com/docs/guides/function-calling#namespaces
 */
import { FreeNames } from '../../core/free-names.ts'
import type { JsonObject } from '../../core/json.ts'
import { objectsOf, textOf } from '../../core/wire.ts'

/** How the client calls a tool. */
export interface OwnName {
  readonly name: string
  readonly namespace?: string
}

/** Longer names are refused by most providers. */
const longest = 64

/** Made anew from the same tools they are the same. */
export class ToolNamespaces {
  /** By namespace, then by name. */
  readonly #joined = new Map<string, Map<string, string>>()
  readonly #own = new Map<string, OwnName>()
  /** What a tool is called that is named without its namespace: the first of that name, one that stands in none before all others. */
  readonly #found = new Map<string, string>()

  /** Takes the tools of a request. */
  constructor(tools: readonly JsonObject[]) {
    const free = new FreeNames()
    for (const tool of tools) {
      const name = nameOf(tool)
      if (isNamespace(tool)) continue
      this.#found.set(name, name)
      free.add(name)
    }
    for (const tool of tools.filter(isNamespace)) {
      const namespace = nameOf(tool)
      const within = this.#joined.get(namespace) ?? new Map<string, string>()
      this.#joined.set(namespace, within)
      for (const inner of objectsOf(tool['tools'])) {
        const name = nameOf(inner)
        if (within.has(name)) continue
        const wanted = joined(namespace, name)
        const given = free.give(wanted, (number) => `${wanted.slice(0, longest - 1 - String(number).length)}_${number}`)
        within.set(name, given)
        if (!this.#found.has(name)) this.#found.set(name, given)
        this.#own.set(given, { name, namespace })
      }
    }
  }

  /** What other wires call a tool, also one that is offered no more. */
  join({ name, namespace }: OwnName): string {
    if (namespace === undefined || namespace === '') return name
    return this.#joined.get(namespace)?.get(name) ?? joined(namespace, name)
  }

  /** The tool that other wires call so. */
  own(given: string): OwnName {
    return this.#own.get(given) ?? { name: given }
  }

  /** What other wires call a tool that is named without its namespace. */
  find(name: string): string {
    return this.#found.get(name) ?? name
  }
}

/** For requests whose tools stand nowhere. */
export const noNamespaces = new ToolNamespaces([])

const known = new WeakMap<JsonObject, ToolNamespaces>()

/** Those of a request. */
export function namespacesOf(body: JsonObject): ToolNamespaces {
  let found = known.get(body)
  if (found === undefined) {
    const tools = objectsOf(body['tools'])
    found = tools.some(isNamespace) ? new ToolNamespaces(tools) : noNamespaces
    known.set(body, found)
  }
  return found
}

export function isNamespace({ type }: JsonObject): boolean {
  return type === 'namespace'
}

const placesOf = new WeakMap<JsonObject, readonly string[]>()

/** Where each tool of a request stands that other wires have in one list. One request may have many places that are to be named. */
export function toolPlaces(body: JsonObject): readonly string[] {
  let places = placesOf.get(body)
  if (places === undefined) {
    places = placesIn(body)
    placesOf.set(body, places)
  }
  return places
}

function placesIn(body: JsonObject): string[] {
  return objectsOf(body['tools']).flatMap((tool, index) => {
    const at = `tools[${index}]`
    return isNamespace(tool) ? objectsOf(tool['tools']).map((_, inner) => `${at}.tools[${inner}]`) : [at]
  })
}

function nameOf(tool: JsonObject): string {
  return textOf(tool['name']) ?? ''
}

/** What is too long keeps its beginning, and a number that tells it from others that begin so. */
function joined(namespace: string, name: string): string {
  const whole = `${namespace}__${name}`
  return whole.length <= longest ? whole : `${whole.slice(0, longest - 9)}_${fingerprint(whole)}`
}

/** Eight digits, the same for the same text: FNV-1a. http://www.isthe.com/chongo/tech/comp/fnv/ */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5
  for (let position = 0; position < text.length; position++)
    hash = Math.imul(hash ^ text.charCodeAt(position), 0x01000193) >>> 0
  return hash.toString(16).padStart(8, '0')
}
