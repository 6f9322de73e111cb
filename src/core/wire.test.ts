import { expect, it } from 'vitest'
import { countOf, numberOf, tableOf } from './wire.ts'

const beyond = JSON.parse('1e999')

it.each([
  [0, 0, 0],
  [7, 7, 7],
  [-1, -1, undefined],
  [1.5, 1.5, undefined],
  [1e300, 1e300, undefined],
  [beyond, undefined, undefined],
  ['7', undefined, undefined],
  [null, undefined, undefined],
])('%j is the number %j and the count %j', (value, number, count) => {
  expect(numberOf(value)).toBe(number)
  expect(countOf(value)).toBe(count)
})

it('a table has what it was given, and nothing that every object has', () => {
  const table = tableOf({ stop: 'end' })
  expect(table['stop']).toBe('end')
  for (const word of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) expect(table[word]).toBeUndefined()
})
