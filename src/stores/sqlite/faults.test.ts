import { expect, it } from 'vitest'
import { faultOf, needsOpening } from './faults.ts'

/** As Node makes them: the code is the extended one. */
const sqlite = (errcode: number) => Object.assign(new Error(), { code: 'ERR_SQLITE_ERROR', errcode })
const system = (code: string) => Object.assign(new Error(), { code })

it.each<[Error, string | undefined]>([
  [sqlite(5), 'locked'],
  [sqlite(261), 'locked'],
  [sqlite(8), 'read-only'],
  [sqlite(1032), 'read-only'],
  [sqlite(10), 'disk'],
  [sqlite(778), 'disk'],
  [sqlite(11), 'damaged'],
  [sqlite(267), 'damaged'],
  [sqlite(13), 'full'],
  [sqlite(14), 'cannot-open'],
  [sqlite(26), 'damaged'],
  [sqlite(1), undefined],
  [sqlite(1555), undefined],
  [system('ENOSPC'), 'full'],
  [system('EROFS'), 'read-only'],
  [system('EACCES'), 'read-only'],
  [system('ENOTDIR'), 'cannot-open'],
  [system('ERR_INVALID_ARG_TYPE'), undefined],
  [new TypeError(), undefined],
])('%o is %s', (error, fault) => {
  expect(faultOf(error)).toBe(fault)
})

it('a file is opened anew where that can help', () => {
  expect((['full', 'locked', 'damaged', 'disk', 'read-only'] as const).map(needsOpening)).toEqual([
    false,
    false,
    true,
    true,
    true,
  ])
})
