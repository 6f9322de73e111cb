import { describe, expect, it } from 'vitest'
import { faultOf, mayBeRepeated } from './faults.ts'

/** As the driver makes them of what the server sends. */
const sent = (code: string) => Object.assign(new Error(code), { code, severity: 'ERROR' })
const system = (code: string) => Object.assign(new Error(code), { code })

describe('faultOf', () => {
  it.each<[Error, string | undefined]>([
    [sent('08006'), 'silent'],
    [sent('57P01'), 'silent'],
    [sent('57P03'), 'silent'],
    [sent('57014'), 'silent'],
    [sent('25P03'), 'silent'],
    [sent('25006'), 'read-only'],
    [sent('28P01'), 'refused'],
    [sent('3D000'), 'refused'],
    [sent('42501'), 'refused'],
    [sent('42P01'), 'cannot-open'],
    [sent('53100'), 'full'],
    [sent('53200'), 'disk'],
    [sent('53300'), 'overloaded'],
    [sent('55P03'), 'locked'],
    [sent('58030'), 'disk'],
    [sent('XX001'), 'damaged'],
    [sent('42601'), undefined],
    [sent('23505'), undefined],
    [system('ECONNREFUSED'), 'silent'],
    [system('ENOTFOUND'), 'silent'],
    [new AggregateError([system('ECONNREFUSED')]), 'silent'],
    [new Error('Connection terminated unexpectedly'), 'silent'],
    [new Error('Query read timeout'), 'silent'],
    [new TypeError('x is not a function'), undefined],
  ])('%s is %s', (error, fault) => {
    expect(faultOf(error)).toBe(fault)
  })
})

it('only what met other transactions may be repeated', () => {
  expect(['40001', '40P01', '23505', '57P01'].map((code) => mayBeRepeated(sent(code)))).toEqual([
    true,
    true,
    false,
    false,
  ])
  expect(mayBeRepeated(system('ECONNRESET'))).toBe(false)
})
