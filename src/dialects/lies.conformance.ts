/** Ways to lie in JSON and in streams, for tests that have providers and clients tell them. */
import fc from 'fast-check'
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts'
import { parseJson } from '../core/parse-json.ts'
import type { Frame } from '../core/sse.ts'

/** Texts that stand for what `JSON.stringify` cannot write; `textOfLie` puts it in. */
const written: Readonly<Record<string, string>> = {
  '«far too large»': '1e999',
  '«thirty digits»': '9'.repeat(30),
  '«long»': JSON.stringify('é'.repeat(500_000)),
  '«deep list»': `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  '«deep object»': `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
}

/** JSON text of a value with lies in it. */
export function textOfLie(value: Json): string {
  return JSON.stringify(value).replaceAll(/"(«[a-z ]+»)"/g, (text, name: string) => written[name] ?? text)
}

/** Words that mean something to JavaScript, to JSON or to somebody. */
const words = [
  ...['', ' ', '0', 'null', '[DONE]', '\ud800', '\u0000', '%', '{', '{"a":', '"', '\\', 'asbru:1:', 'asbru:1:e30'],
  ...['constructor', '__proto__', 'toString', 'hasOwnProperty', '__defineGetter__', 'CONSTRUCTOR'],
  ...['text', 'tool_use', 'error', 'message_stop', 'thinking', 'stop', 'STOP', 'http://a.example'],
]

/** What may stand in place of any value. */
export const lie: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(null, true, false, 0, -1, 1.5, -0, 1e308, 2 ** 53, 1_000_000_000, [], {}, [null], [[]], [{}]),
  fc.constantFrom(...words, ...Object.keys(written)),
  fc.constantFrom<Json>({ type: 'text' }, { type: 'constructor' }, { error: {} }, { error: null }, { message: 'x' }),
  // What JavaScript cannot make a text or a number of.
  fc.constantFrom<Json>({ toString: 1, valueOf: 1 }, [{ toString: null }]),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
)

/** A change somewhere in a value: which of its places, and what is done to it. */
interface Change {
  readonly place: number
  readonly how: 'replace' | 'remove' | 'rename' | 'wrap' | 'repeat'
  readonly value: Json
  readonly name: string
}

export const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.record({
    place: fc.nat(),
    how: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'rename', 'wrap', 'repeat'),
    value: lie,
    name: fc.constantFrom(...words),
  }),
  { minLength: 1, maxLength: 4 },
)

/** The value with the changes made to it. */
export function changed(value: Json, list: readonly Change[]): Json {
  // Everything hangs on one member, so that the whole can be replaced as well.
  const root = { whole: structuredClone(value) }
  for (const change of list) make(change, root)
  return root.whole ?? null
}

function make({ place, how, value, name }: Change, root: JsonObject): void {
  const places = placesIn(root)
  const found = places[place % places.length]
  if (found === undefined) return
  const { container, key } = found
  const before = container[key as never] as Json
  if (how === 'replace') set(container, key, structuredClone(value))
  else if (how === 'wrap') set(container, key, [before])
  else if (how === 'repeat' && Array.isArray(container)) container.push(structuredClone(before))
  else if (container === root) return
  else if (Array.isArray(container)) container.splice(Number(key), 1)
  else {
    delete container[key]
    if (how === 'rename') set(container, name, before)
  }
}

interface Place {
  readonly container: JsonObject | Json[]
  readonly key: string
}

function placesIn(container: JsonObject | Json[]): Place[] {
  return Object.entries(container).flatMap(([key, value]): Place[] => {
    const below = Array.isArray(value) || isJsonObject(value) ? placesIn(value) : []
    return [{ container, key }, ...below]
  })
}

/** `__proto__` is a name like any other. */
function set(container: JsonObject | Json[], key: string, value: Json): void {
  Object.defineProperty(container, key, { value, enumerable: true, configurable: true, writable: true })
}

/** What becomes of a stream's events: which of them, and what is done to it. */
type Disorder =
  | { readonly kind: 'drop' | 'repeat' | 'swap' | 'last' | 'cut'; readonly at: number; readonly to: number }
  | { readonly kind: 'change'; readonly at: number; readonly changes: Change[] }
  | { readonly kind: 'say'; readonly at: number; readonly data: string }
  | { readonly kind: 'call'; readonly at: number; readonly name: string | undefined }

const at = fc.nat()

export const disorders: fc.Arbitrary<Disorder[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constantFrom('drop', 'repeat', 'swap', 'last', 'cut'), at, to: fc.nat() }),
    fc.record({ kind: fc.constant('change'), at, changes }),
    fc.record({ kind: fc.constant('change'), at, changes }),
    fc.record({
      kind: fc.constant('say'),
      at,
      data: fc.oneof(fc.constantFrom('', '{', '[]', 'null', '[DONE]', '{}'), lie.map(textOfLie)),
    }),
    fc.record({ kind: fc.constant('call'), at, name: fc.option(fc.constantFrom(...words), { nil: undefined }) }),
  ),
  { minLength: 1, maxLength: 4 },
)

/** How a dialect's events are read and written, where there is more around them than JSON. */
export interface Wrapping {
  inside(data: string): string
  around(data: string): string
}

const bare: Wrapping = { inside: (data) => data, around: (data) => data }

/** The events with the disorders brought about in them. */
export function disordered(frames: readonly Frame[], list: readonly Disorder[], wrapping: Wrapping = bare): Frame[] {
  const result = [...frames]
  for (const disorder of list) {
    if (result.length > 0) bring(disorder, result, wrapping)
  }
  return result
}

function bring(disorder: Disorder, frames: Frame[], { inside, around }: Wrapping): void {
  const at = disorder.at % frames.length
  const frame = frames[at]!
  switch (disorder.kind) {
    case 'drop':
      frames.splice(at, 1)
      return
    case 'repeat':
      frames.splice(disorder.to % frames.length, 0, frame)
      return
    case 'swap': {
      const to = disorder.to % frames.length
      frames[at] = frames[to]!
      frames[to] = frame
      return
    }
    case 'last':
      frames.push(frame)
      return
    case 'cut':
      frames[at] = { ...frame, data: frame.data.slice(0, disorder.to % (frame.data.length + 1)) }
      return
    case 'say':
      frames.splice(at, 0, { ...frame, data: disorder.data })
      return
    case 'call':
      frames[at] = { event: disorder.name, data: frame.data }
      return
    case 'change': {
      const value = parsed(inside(frame.data))
      if (value !== undefined) frames[at] = { ...frame, data: around(textOfLie(changed(value, disorder.changes))) }
    }
  }
}

function parsed(text: string): Json | undefined {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}
