/** The user's page on the simulator lists every model and every fault there is, in the words of the code, and no others. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { models } from './behaviours.ts'
import { countForms, faultWords } from './faults.ts'

const page = readFileSync(new URL('../../docs/simulator.md', import.meta.url), 'utf8')

/** The rows under the headings of one level that `wanted` picks. */
function rowsUnder(wanted: (heading: string) => boolean): string[] {
  let inside = false
  return page.split('\n').filter((line) => {
    const heading = /^#{2,3} (.*)$/.exec(line)?.[1]
    if (heading !== undefined) inside = wanted(heading)
    return inside && line.startsWith('| `')
  })
}

const rowsOf = (list: readonly { form: string; does: string }[]) =>
  list.map(({ form, does }) => `| \`${form}\` | ${does} |`)
const faultHeadings = [
  'Answers',
  'Connection and time',
  'In the middle of the body',
  'The end of a stream',
  'Form',
  'Others',
]

test('every model is documented, and nothing else', () => {
  expect(rowsUnder((heading) => heading === 'Models')).toEqual(rowsOf(models))
})

test('every fault is documented, and nothing else', () => {
  expect(rowsUnder((heading) => faultHeadings.includes(heading)).sort()).toEqual(rowsOf(faultWords).sort())
  expect(rowsUnder((heading) => heading === 'For a while only')).toEqual(rowsOf(countForms))
})
