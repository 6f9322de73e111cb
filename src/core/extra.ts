/**
 * Fields without a name in the canonical form: taken out of the wire by what is left, put back by laying them over. What is left keeps
 * its place below the object it stood in: `{image_url: {url, crop}}` with `url` known leaves `{image_url: {crop}}`.
 */
import type { Extra } from './chat.ts'
import { isJsonObject, type Json, type JsonObject } from './json.ts'

/** The names a wire object has in this house; a nested object of names where the value is an object taken apart as well. */
export interface Known {
  readonly [name: string]: true | Known
}

/** What `known` does not name; undefined when that is nothing. Only own keys are read and made, so `__proto__` is a key like any other. */
export function unknownFields(wire: JsonObject, known: Known): Extra | undefined {
  let left: [string, Json][] | undefined
  for (const name in wire) {
    const value = wire[name]
    const unknown = Object.hasOwn(known, name) ? unknownBelow(value, known[name]!) : value
    if (unknown === undefined) continue
    left ??= []
    left.push([name, unknown])
  }
  return left && Object.fromEntries(left)
}

function unknownBelow(value: Json | undefined, known: true | Known): Json | undefined {
  return known === true || !isJsonObject(value) ? undefined : unknownFields(value, known)
}

/** For wires on which null says nothing; undefined when that leaves nothing. */
export function withoutNulls(extra: JsonObject | undefined): Extra | undefined {
  let said: [string, Json][] | undefined
  for (const name in extra) {
    const value = extra[name]
    if (value === undefined || value === null) continue
    said ??= []
    said.push([name, value])
  }
  return said && Object.fromEntries(said)
}

/** Fields that a stream brings one by one: later ones are put among the earlier ones, which change. */
export function gathered(extra: Extra | undefined, more: JsonObject | undefined): Extra | undefined {
  if (extra === undefined || more === undefined) return extra ?? (more as Extra | undefined)
  // A copy each time would cost as much as everything before.
  for (const name in more) setField(extra, name, more[name]!)
  return extra
}

/** As `gathered`, objects being merged. */
export function mergedInto(extra: Extra | undefined, more: Extra | undefined): Extra | undefined {
  if (extra === undefined || more === undefined) return extra ?? more
  for (const name in more) {
    const below = Object.hasOwn(extra, name) ? extra[name] : undefined
    const value = more[name]!
    setField(extra, name, isJsonObject(below) && isJsonObject(value) ? withExtra(below, value) : value)
  }
  return extra
}

function setField(object: JsonObject, name: string, value: Json): void {
  // `__proto__` is a key like any other.
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
}

/** Lays `extra` over `wire`: objects are merged, everything else of `extra` wins. */
export function withExtra(wire: JsonObject, extra: JsonObject | undefined): JsonObject {
  if (extra === undefined) return wire
  const merged = Object.entries(extra).map(([name, value]) => {
    const below = Object.hasOwn(wire, name) ? wire[name] : undefined
    return [name, isJsonObject(below) && isJsonObject(value) ? withExtra(below, value) : value]
  })
  return { ...wire, ...Object.fromEntries(merged) }
}

/** What becomes of things only their own dialect has: put back there, left out and named for any other. */
export interface Keeper {
  /** Are we writing the dialect they came in? */
  readonly own: boolean
  /** `wire` with the unknown fields of the object at `path`. */
  put(wire: JsonObject, extra: JsonObject | undefined, path: string): JsonObject
  /** Something at `path` that this wire has no place for. */
  lose(path: string): void
}

/** `dropped` collects the paths of what is left out. */
export function makeKeeper(own: boolean, dropped: string[] = []): Keeper {
  return {
    own,
    put(wire, extra, path) {
      if (own) return withExtra(wire, extra)
      if (extra !== undefined) nameFields(extra, path, dropped)
      return wire
    },
    lose(path) {
      dropped.push(path)
    },
  }
}

function nameFields(extra: JsonObject, path: string, dropped: string[]): void {
  for (const [name, value] of Object.entries(extra)) {
    const here = path === '' ? name : `${path}.${name}`
    if (isJsonObject(value) && Object.keys(value).length > 0) nameFields(value, here, dropped)
    else dropped.push(here)
  }
}
