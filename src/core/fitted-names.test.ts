/** Names that do not fit are changed, stay different, and are found again. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FittedNames } from './fitted-names.ts'

const rule = { unfit: /[^a-zA-Z0-9_-]/u, longest: 12 }

it.each([
  ['get_weather', 'get_weather'],
  ['functions.get', 'functions_ge'],
  ['Wetter für', 'Wetter_f_r'],
  ['👩‍👧', '___'],
  ['', '_'],
])('%s becomes %s', (name, fitted) => {
  expect(new FittedNames([name], rule).fit(name)).toBe(fitted)
})

it('a name that fits keeps it, whatever others would become', () => {
  const names = new FittedNames(['a.b', 'a_b', 'a-b', 'a b'], rule)
  expect(['a.b', 'a_b', 'a-b', 'a b'].map((name) => names.fit(name))).toEqual(['a_b_2', 'a_b', 'a-b', 'a_b_3'])
})

it('a name nobody told of stays as it is, in both directions', () => {
  const names = new FittedNames([], rule)
  expect([names.fit('a.b'), names.original('c.d')]).toEqual(['a.b', 'c.d'])
})

it('all fit, all are different, and all are found again', () => {
  const some = fc.string({ unit: fc.constantFrom('a', '.', '_', '2', 'ü', '👩'), maxLength: 20 })
  fc.assert(
    fc.property(fc.uniqueArray(some), (list) => {
      const names = new FittedNames(list, rule)
      const fitted = list.map((name) => names.fit(name))
      expect(new Set(fitted).size).toBe(list.length)
      expect(fitted.filter((name) => !/^[a-zA-Z0-9_-]{1,12}$/.test(name))).toEqual([])
      expect(fitted.map((name) => names.original(name))).toEqual(list)
    }),
  )
})
