/** JSON as text: what is found agrees with `JSON.parse`, and edits change what they name and nothing else. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesOfText } from './bytes.ts'
import type { Json, JsonObject } from './json.ts'
import {
  asciiJson,
  duplicateMember,
  Edits,
  elements,
  escapeBeyondAscii,
  isDeeperThan,
  isNull,
  JsonTextError,
  member,
  members,
  ObjectEnd,
  survey,
  valueEnd,
} from './json-text.ts'
import { readJson } from './parse-json.ts'
import { space, written } from './written-json.conformance.ts'

function depthOf(value: Json | undefined): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

function countOf(value: Json | undefined): number {
  if (typeof value !== 'object' || value === null) return 0
  const own = Array.isArray(value) ? 0 : Object.keys(value).length
  return Object.values(value).reduce<number>((sum, child) => sum + countOf(child), own)
}

describe('finding', () => {
  test('members are those of JSON.parse, each where its value stands', () => {
    fc.assert(
      fc.property(space, written.object, (blank, { text, value }) => {
        const found = members(blank + text)
        expect(new Map(found.map(({ key, at, end }) => [key, readJson((blank + text).slice(at, end))]))).toEqual(
          new Map(Object.entries(value)),
        )
        for (const { key, keyAt } of found) {
          const end = valueEnd(blank + text, keyAt)
          expect(JSON.parse((blank + text).slice(keyAt, end))).toBe(key)
        }
      }),
    )
  })

  test('elements are those of JSON.parse', () => {
    fc.assert(
      fc.property(written.array, ({ text, value }) => {
        expect(elements(text, 0).map(({ at, end }) => readJson(text.slice(at, end)))).toEqual(value)
      }),
    )
  })

  test('the end of a value is the end of its text, whatever follows', () => {
    fc.assert(
      fc.property(written.value, fc.constantFrom(',', ' ', '}', ']', '\n', ''), ({ text }, behind) => {
        expect(valueEnd(text + behind, 0)).toBe(text.length)
      }),
    )
  })

  test('byte strings have the same structure as the text they are the UTF-8 of', () => {
    fc.assert(
      fc.property(written.object, ({ text }) => {
        const bytes = bytesOfText(text)
        const values = (source: string) => members(source).map(({ at, end }) => source.slice(at, end))
        expect(values(bytes)).toEqual(values(text).map(bytesOfText))
      }),
    )
  })

  test('a name that stands twice is found as JSON.parse has it: the last one counts', () => {
    const text = '{"a":1,"b":2,"a":3}'
    const found = member(members(text), 'a')!
    expect(text.slice(found.at, found.end)).toBe('3')
    expect(member(members(text), 'c')).toBeUndefined()
  })

  test.each([
    ['{"a":null}', true],
    ['{"a":0}', false],
    ['{"a":"null"}', false],
    ['{}', true],
  ])('isNull of a in %s is %s', (text, expected) => {
    expect(isNull(text, member(members(text), 'a'))).toBe(expected)
  })

  test.each([
    ['', 0],
    ['   ', 3],
    ['[1]', 0],
    ['{', 1],
    ['{"a', 1],
    ['{"a\\"', 1],
    ['{"a"', 4],
    ['{"a" 1}', 5],
    ['{"a":', 5],
    ['{"a":}', 5],
    ['{"a":[1', 5],
    ['{"a":"x}', 5],
    ['{"a":1', 6],
    ['{"a":1 "b":2}', 7],
    ['{"a":1,', 7],
    ['{"a":1,}', 7],
    ['{1:2}', 1],
  ])('members of %j fail at %i', (text, at) => {
    const read = () => members(text)
    expect(read).toThrow(JsonTextError)
    expect(read).toThrow(expect.objectContaining({ at }))
  })

  test.each([
    ['1', 0],
    ['[', 1],
    ['[1', 2],
    ['[1,', 3],
    ['[1 2]', 3],
    ['[,]', 1],
    ['["x]', 1],
  ])('elements of %j fail at %i', (text, at) => {
    expect(() => elements(text, 0)).toThrow(expect.objectContaining({ at }))
  })
})

describe('survey', () => {
  test('counts levels and members as they are', () => {
    fc.assert(
      fc.property(written.value, ({ text, value }) => {
        expect(survey(text)).toMatchObject({ depth: depthOf(value), count: countOf(value) })
        if (text.trimStart().startsWith('{')) expect(survey(text).members).toEqual(members(text))
      }),
    )
  })

  test('counts every member, also one whose name stands twice', () => {
    expect(survey('{"a":{"b":1,"b":2},"a":3}')).toMatchObject({ depth: 2, count: 4 })
  })

  test('reads a hundred thousand open brackets', () => {
    expect(survey('['.repeat(100_000)).depth).toBe(100_000)
  })

  test('fails on a string that does not end', () => {
    expect(() => survey('{"a":"b')).toThrow(expect.objectContaining({ at: 5 }))
  })
})

describe('duplicateMember', () => {
  test('finds none where there is none', () => {
    fc.assert(fc.property(written.value, ({ text }) => duplicateMember(text) === undefined))
  })

  test('finds the one that was put in, in the object where it was put', () => {
    fc.assert(
      fc.property(written.object, fc.array(fc.constantFrom('list', 'object')), ({ text, value }, nest) => {
        const names = Object.keys(value)
        fc.pre(names.length > 0)
        const name = names[0]!
        let twice = text.replace('{', () => `{${JSON.stringify(name)}:0,`)
        let path = name
        for (const [level, kind] of nest.entries()) {
          twice = kind === 'list' ? `[0, ${twice}]` : `{"level${level}": ${twice}}`
          const head = kind === 'list' ? '[1]' : `level${level}`
          path = path.startsWith('[') || path === '' ? head + path : `${head}.${path}`
        }
        // A name may be empty or look like a place: what counts is that the path ends with it.
        expect(duplicateMember(twice)?.endsWith(name)).toBe(true)
        if (/^\w+$/.test(name)) expect(duplicateMember(twice)).toBe(path)
      }),
    )
  })

  test.each([
    ['{"a":1,"a":2}', 'a'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['{"messages":[{"role":"user"},{"role":"user","content":"x","role":"system"}]}', 'messages[1].role'],
    ['{"a":{"b":[[],[0,{"c":1,"c":2}]]}}', 'a.b[1][1].c'],
    ['[{"a":1},{"a":2}]', undefined],
    ['{"a":{"a":{"a":1}},"b":"a"}', undefined],
    ['{"a":"b","c":"b"}', undefined],
    ['{"":1,"":2}', ''],
  ])('%s: %s', (text, path) => expect(duplicateMember(text)).toBe(path))

  test('reads a text once, however deep it nests', () => {
    const inner = `{"x":1,"y":[${'0,'.repeat(500_000)}0],"x":2}`
    const deep = '{"a":'.repeat(120) + inner + '}'.repeat(120)
    expect(duplicateMember(deep)).toBe(`${'a.'.repeat(120)}x`)
  })
})

describe('Edits', () => {
  test('take members out and leave the bytes of the others', () => {
    fc.assert(
      fc.property(written.object, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), ({ text, value }, flags) => {
        const list = members(text)
        const unwanted = new Set(list.filter((_, index) => flags[index]).map(({ key }) => key))
        const edits = new Edits()
        edits.remove(list, ({ key }) => unwanted.has(key))
        const edited = edits.apply(text)
        const kept = Object.entries(value).filter(([key]) => !unwanted.has(key))
        expect(readJson(edited)).toEqual(Object.fromEntries(kept))
        for (const { key, at, end } of members(edited)) {
          const before = member(list, key)!
          expect(edited.slice(at, end)).toBe(text.slice(before.at, before.end))
        }
      }),
    )
  })

  test('replace, insert and remove at once, in whatever order they were told', () => {
    fc.assert(
      fc.property(
        written.object,
        fc.array(fc.constantFrom('keep', 'replace', 'remove'), { minLength: 4 }),
        ({ text, value }, acts) => {
          const list = members(text)
          const actOf = (key: string) => acts[list.findIndex((found) => found.key === key)] ?? 'keep'
          const edits = new Edits()
          edits.insert(
            text.length - 1,
            list.some(({ key }) => actOf(key) !== 'remove') ? ',"added ✓":1' : '"added ✓":1',
          )
          for (const found of [...list].reverse())
            if (actOf(found.key) === 'replace') edits.replace(found, '{"new":[]}')
          edits.remove(list, ({ key }) => actOf(key) === 'remove')
          const expected = Object.entries(value).filter(([key]) => key !== 'added ✓' && actOf(key) !== 'remove')
          expect(new Map(Object.entries(readJson(edits.apply(text)) as JsonObject))).toEqual(
            new Map<string, Json>([
              ...expected.map(([key, value]): [string, Json] => [key, actOf(key) === 'replace' ? { new: [] } : value!]),
              ['added ✓', 1],
            ]),
          )
        },
      ),
    )
  })

  test('nothing to change gives the text itself', () => {
    const edits = new Edits()
    edits.remove(members('{"a":1}'), () => false)
    expect(edits.size).toBe(0)
    expect(edits.apply('{"a":1}')).toBe('{"a":1}')
  })

  test('what is inserted at one place stays in order', () => {
    const edits = new Edits()
    edits.insert(1, 'a')
    edits.insert(0, '>')
    edits.insert(1, 'b')
    expect(edits.apply('[]')).toBe('>[ab]')
  })

  test.each([
    ['{"a":1,"b":2,"c":3}', ['a'], '{"b":2,"c":3}'],
    ['{"a":1,"b":2,"c":3}', ['b'], '{"a":1,"c":3}'],
    ['{"a":1,"b":2,"c":3}', ['c'], '{"a":1,"b":2}'],
    ['{"a":1,"b":2,"c":3}', ['a', 'b'], '{"c":3}'],
    ['{"a":1,"b":2,"c":3}', ['b', 'c'], '{"a":1}'],
    ['{"a":1,"b":2,"c":3}', ['a', 'c'], '{"b":2}'],
    ['{"a":1,"b":2,"c":3}', ['a', 'b', 'c'], '{}'],
    ['{ "a" : 1 , "b" : 2 }', ['a'], '{ "b" : 2 }'],
    ['{ "a" : 1 , "b" : 2 }', ['b'], '{ "a" : 1 }'],
  ])('%s without %j is %s', (text, names, expected) => {
    const edits = new Edits()
    edits.remove(members(text), ({ key }) => names.includes(key))
    expect(edits.apply(text)).toBe(expected)
  })
})

describe('ASCII', () => {
  test('asciiJson says the same in ASCII alone', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const text = asciiJson(value)
        expect(/^[\x20-\x7e]*$/.test(text)).toBe(true)
        expect(readJson(text)).toEqual(readJson(JSON.stringify(value)))
      }),
    )
  })

  test('escapeBeyondAscii leaves JSON what it was', () => {
    expect(escapeBeyondAscii('{"ü":"😀","a":"\\n"}')).toBe('{"\\u00fc":"\\ud83d\\ude00","a":"\\n"}')
  })
})

test('depth is that of objects and lists, wherever brackets stand in texts', () => {
  const depth = (value: Json): number =>
    typeof value === 'object' && value !== null
      ? 1 + Math.max(0, ...Object.values(value).map((inner) => depth(inner as Json)))
      : 0
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(6), (value, levels) => {
      expect(isDeeperThan(JSON.stringify(value), levels)).toBe(depth(value as Json) > levels)
    }),
  )
})

describe('the end of an object that comes in pieces', () => {
  const reached = (...pieces: string[]) => {
    const end = new ObjectEnd()
    for (const piece of pieces) end.push(piece)
    return end.reached
  }

  test('is where JSON.parse takes what came for the first time', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })),
        fc.constantFrom(0, 2),
        (object, indent) => {
          const text = JSON.stringify(object, null, indent)
          const end = new ObjectEnd()
          const seen = [...text].map((letter) => {
            end.push(letter)
            return end.reached
          })
          expect(seen.indexOf(true)).toBe(seen.length - 1)
          end.push(' \n')
          expect(end.reached).toBe(true)
        },
      ),
    )
  })

  test.each([
    ['', false],
    [' {"a":"}"', false],
    ['{"a":"\\"}"}', true],
    ['{} ', true],
    ['{}{}', false],
    ['[]', false],
    ['7', false],
  ])('%s: %s', (text, is) => expect(reached(text)).toBe(is))
})
