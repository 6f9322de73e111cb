/**
 * Arguments of a call that are streamed by path, which Vertex AI does where it is asked to, put together to the object they are.
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc
 */
import type { GatewayError } from '../../core/errors.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { isJsonObject } from '../../core/json.ts'
import { unreadable } from '../../core/upstream-error.ts'
import { objectsOf, textOf } from '../../core/wire.ts'

/** Members of lists that may be left out on the way to others, in all of a call: more of them would only fill the memory. */
const mostGaps = 10_000
/** Objects and lists inside each other; no arguments come near it. */
const deepest = 128

/** The arguments of one call. Texts at the same path are joined, everything else replaces. */
export class PartialArguments {
  readonly value: JsonObject
  #gaps = 0

  /** Begins with what is told as a whole. */
  constructor(value: JsonObject) {
    this.value = value
  }

  /** Throws `upstream-unreadable` for a path that no arguments have. */
  add(partialArgs: Json | undefined): void {
    for (const part of objectsOf(partialArgs)) {
      const steps = stepsOf(textOf(part['jsonPath']) ?? '')
      if (steps.length > deepest) throw noPlace('it is too deep')
      const last = steps.pop()
      if (last !== undefined) this.#put(this.#containerAt([...steps, last]), last, partValue(part))
    }
  }

  /** The object or list the last step is a member of, made where it is not there yet. */
  #containerAt(steps: readonly Step[]): Container {
    let here: Container = this.value
    for (const [position, name] of steps.slice(0, -1).entries()) {
      const empty: Container = typeof steps[position + 1] === 'number' ? [] : {}
      const there: Json | undefined = memberOf(here, name)
      const next: Container = isContainer(there) ? there : empty
      if (next !== there) this.#set(here, name, next)
      here = next
    }
    return here
  }

  #put(container: Container, name: Step, value: Json): void {
    const before = memberOf(container, name)
    this.#set(container, name, typeof before === 'string' && typeof value === 'string' ? before + value : value)
  }

  #set(container: Container, name: Step, value: Json): void {
    if (!Array.isArray(container)) {
      // `__proto__` is a name like any other.
      Object.defineProperty(container, name, { value, enumerable: true, configurable: true, writable: true })
      return
    }
    if (typeof name !== 'number') throw noPlace('a list has no members with names')
    this.#gaps += Math.max(0, name - container.length)
    if (this.#gaps > mostGaps) throw noPlace('what should be before it is missing')
    while (container.length < name) container.push(null)
    container[name] = value
  }
}

function noPlace(cause: string): GatewayError {
  return unreadable(`a place of an argument that cannot be: ${cause}`)
}

type Step = string | number
type Container = JsonObject | Json[]

const step = /\.([^.[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/g

/** `$.places[0]['a b']` → `places`, 0, `a b`. https://www.rfc-editor.org/rfc/rfc9535 */
function stepsOf(path: string): Step[] {
  return [...path.matchAll(step)].map(([, name, index, quoted, doubleQuoted]) =>
    index === undefined ? (name ?? (quoted ?? doubleQuoted ?? '').replaceAll(/\\(.)/g, '$1')) : Number(index),
  )
}

/** A number that is kept digit by digit is an object that cannot be added to. */
function isContainer(value: Json | undefined): value is Container {
  return (Array.isArray(value) || isJsonObject(value)) && !Object.isFrozen(value)
}

function memberOf(container: Container, name: Step): Json | undefined {
  if (Array.isArray(container)) return typeof name === 'number' ? container[name] : undefined
  return Object.hasOwn(container, name) ? container[name] : undefined
}

function partValue(part: JsonObject): Json {
  for (const name of ['stringValue', 'numberValue', 'boolValue'] as const) {
    const value = part[name]
    if (value !== undefined) return value
  }
  return null
}
