import { expect, it } from 'vitest'
import { FreeNames } from './free-names.ts'

const give = (names: FreeNames, name: string) => names.give(name, (number) => `${name}_${number}`)

it('gives a name as it is, then with numbers', () => {
  const names = new FreeNames()
  expect([give(names, 'a'), give(names, 'a'), give(names, 'b'), give(names, 'a')]).toEqual(['a', 'a_2', 'b', 'a_3'])
})

it('leaves alone what is taken already', () => {
  const names = new FreeNames()
  for (const name of ['a', 'a_2', 'a_4']) names.add(name)
  expect([give(names, 'a'), give(names, 'a'), give(names, 'a_2')]).toEqual(['a_3', 'a_5', 'a_2_2'])
})

it('does not look for the first free one among thousands again and again', () => {
  const names = new FreeNames()
  let asked = 0
  for (let count = 0; count < 10_000; count++) {
    names.give('a', (number) => {
      asked++
      return `a${number}`
    })
  }
  expect(asked).toBeLessThan(10_000)
})
