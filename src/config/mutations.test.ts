import fc from 'fast-check'
import { expect, it } from 'vitest'
import { providers } from '../providers/index.ts'
import { describe } from './describe.ts'
import { diff } from './diff.ts'
import { ConfigFaults, findingText } from './finding.ts'
import { loadText } from './load.ts'
import { buildSnapshot } from './snapshot.ts'
import { exampleFile, exampleVariables } from './test-files.ts'

const example = JSON.stringify(exampleFile, null, 2)
const options = { providers, variables: { ...exampleVariables, MODEL: 'gpt-5' } }
const original = buildSnapshot(loadText(example, 'example', options).config, options)

/** Either it is told what is wrong, or everything works with what was read. What is told of it is given back. */
function survive(text: string): string {
  try {
    const { config, warnings } = loadText(text, 'config.json', options)
    const snapshot = buildSnapshot(config, options)
    return [...describe(snapshot), ...diff(original, snapshot), ...warnings.map(findingText)].join('\n')
  } catch (error) {
    if (!(error instanceof ConfigFaults)) throw error
    expect(error.faults.length).toBeGreaterThan(0)
    return error.message
  }
}

/** Every place of the example, as the way to it. */
const places: (string | number)[][] = []
function collect(value: unknown, path: (string | number)[]): void {
  if (path.length > 0) places.push(path)
  if (typeof value !== 'object' || value === null) return
  for (const [key, item] of Object.entries(value)) collect(item, [...path, Array.isArray(value) ? Number(key) : key])
}
collect(exampleFile, [])

const replacement = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    '',
    0,
    -1,
    1e308,
    true,
    [],
    {},
    [null],
    [[]],
    '*',
    ['*', 'x'],
    'env.NOPE',
    'env.MODEL',
  ),
  fc.constantFrom(
    'vault.x',
    { value: 'env.MODEL' },
    { from_env: true },
    'https://x',
    '\r\n',
    '__proto__',
    'constructor',
  ),
  fc.jsonValue(),
)
const name = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', '', 'keys', 'value', 'a.b[0]'),
  fc.string(),
)

it('a file with anything anywhere is read or refused, never more', () => {
  const change = fc.record({ place: fc.constantFrom(...places), value: replacement, rename: fc.option(name) })
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const file = structuredClone(exampleFile) as unknown
      for (const { place, value, rename } of changes) {
        const outer = place.slice(0, -1).reduce<unknown>((inner, step) => Object(inner)[step], file)
        if (typeof outer !== 'object' || outer === null) continue
        const key = Array.isArray(outer) ? place.at(-1)! : (rename ?? place.at(-1)!)
        Object.defineProperty(outer, key, {
          value: structuredClone(value),
          enumerable: true,
          configurable: true,
          writable: true,
        })
      }
      expect(survive(JSON.stringify(file))).not.toContain('-secret')
    }),
    { numRuns: 1500 },
  )
})

it('a file with letters lost, doubled or changed is read or refused, never more', () => {
  const edit = fc.record({
    at: fc.nat(example.length),
    drop: fc.nat(20),
    insert: fc.oneof(fc.constant(''), fc.string()),
  })
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      survive(edits.reduce((text, { at, drop, insert }) => text.slice(0, at) + insert + text.slice(at + drop), example))
    }),
    { numRuns: 1000 },
  )
})

it('a file that is not written to its end is refused', () => {
  for (let end = 0; end < example.length; end += 7) {
    expect(() => loadText(example.slice(0, end), 'config.json', options)).toThrow(ConfigFaults)
  }
})
