/** JSON for properties: texts together with what they stand for. */
import fc from 'fast-check'
import type { Json, JsonObject } from './json.ts'

/** JSON as people and programs write it: any spaces, any escapes, numbers of every form. No name twice in one object. */
export const space = fc.stringMatching(/^[ \t\n\r]{0,2}$/)
const string = fc
  .array(
    fc.oneof(fc.string({ maxLength: 3, unit: 'binary' }), fc.constantFrom('\\u0041', '\\n', '\\"', '\\\\', 'ü', '😀')),
  )
  .map(
    (parts) => `"${parts.map((part) => (part.startsWith('\\') ? part : JSON.stringify(part).slice(1, -1))).join('')}"`,
  )
const number = fc.constantFrom('0', '-0', '1', '1.0', '1e3', '-2.50E-7', '12345678901234567890', '0.1e+2')

/** A text together with what it stands for, as `JSON.parse` misreads some names (see `readJson`). */
export interface Written<Value = Json> {
  readonly text: string
  readonly value: Value
}

const scalar = fc
  .oneof(string, number, fc.constantFrom('true', 'false', 'null'))
  .map((text): Written => ({ text, value: JSON.parse(text) as Json }))
export const written = fc.letrec<{ value: Written; array: Written<Json[]>; object: Written<JsonObject> }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, scalar, tie('array'), tie('object')),
  array: fc.tuple(fc.array(fc.tuple(space, tie('value'), space), { maxLength: 4 }), space).map(([items, blank]) => ({
    text: `[${items.length === 0 ? blank : items.map(([a, { text }, b]) => a + text + b).join(',')}]`,
    value: items.map(([, { value }]) => value),
  })),
  object: fc
    .tuple(
      fc.uniqueArray(fc.tuple(space, string, space, space, tie('value'), space), {
        maxLength: 4,
        selector: ([, name]) => JSON.parse(name) as string,
      }),
      space,
    )
    .map(([items, blank]) => ({
      text: `{${items.length === 0 ? blank : items.map(([a, name, b, c, { text }, d]) => `${a}${name}${b}:${c}${text}${d}`).join(',')}}`,
      value: Object.fromEntries(items.map(([, name, , , { value }]) => [JSON.parse(name) as string, value])),
    })),
}))
