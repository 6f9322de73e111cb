import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../core/errors.ts'
import { parseExactly } from '../../core/exact-json.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { PartialArguments } from './partial-arguments.ts'

const part = (jsonPath: string, value: JsonObject) => ({ jsonPath, ...value })

function argumentsOf(...parts: Json[]): JsonObject {
  const args = new PartialArguments({})
  args.add(parts)
  return args.value
}

describe('arguments by path', () => {
  it.each<[string, Json[], JsonObject]>([
    ['a text in pieces', [part('$.a', { stringValue: 'x' }), part('$.a', { stringValue: 'y' })], { a: 'xy' }],
    ['lists and names in brackets', [part("$.a[0]['b c']", { numberValue: 1 })], { a: [{ 'b c': 1 }] }],
    // A member without anything in it has no path of its own.
    ['a gap in a list', [part('$.a[2].b', { boolValue: true })], { a: [null, null, { b: true }] }],
    ['no path at all', [part('', { stringValue: 'x' }), 1, null], {}],
    ['a name that is a trap', [part('$.__proto__.a', { numberValue: 1 })], JSON.parse('{"__proto__":{"a":1}}')],
  ])('%s', (_, parts, whole) => expect(argumentsOf(...parts)).toEqual(whole))

  it('begins with what was told as a whole, numbers of any length included', () => {
    const args = new PartialArguments(parseExactly('{"a":99999999999999999999,"b":{"c":1}}') as JsonObject)
    args.add([part('$.a.x', { numberValue: 1 }), part('$.b.d', { numberValue: 2 })])
    expect(args.value).toEqual({ a: { x: 1 }, b: { c: 1, d: 2 } })
  })

  it.each<[string, string]>([
    ['far behind the end of a list', '$.a[10001]'],
    ['a little behind the end of many lists', `$.a${'[100]'.repeat(120)}`],
    ['deeper than anything', `$${'.a'.repeat(20_000)}`],
    ['a name in a list', "$.list['a'].b"],
  ])('no place that arguments can have: %s', (_, path) => {
    const args = new PartialArguments({ list: [] })
    expect(() => args.add([part(path, { numberValue: 1 })])).toThrow(GatewayError)
  })

  it('many gaps in one call are as many as few large ones', () => {
    const args = new PartialArguments({})
    const gap = (name: number) => part(`$.a${name}[99]`, { numberValue: 1 })
    expect(() => args.add(Array.from({ length: 100 }, (_, name) => gap(name)))).not.toThrow()
    expect(() => args.add([gap(100), gap(101)])).toThrow(GatewayError)
  })
})
