/** Of one name the last that was set counts. */
import { describe, expect, test } from 'vitest'
import { OutgoingHeaders } from './outgoing-headers.ts'

const standard = ['content-type', 'application/json', 'accept', 'text/plain']

describe('OutgoingHeaders', () => {
  test('are the standard ones, the very same list, while nothing is set', () => {
    const headers = new OutgoingHeaders(standard)
    headers.setAll([])
    headers.setMembers({})
    expect(headers.flat()).toBe(standard)
    expect(headers.get('accept')).toBe('text/plain')
    expect(headers.get('x-team')).toBeUndefined()
    // A value is no name.
    expect(headers.get('text/plain')).toBeUndefined()
  })

  test('take the last value of a name, whatever its case', () => {
    const headers = new OutgoingHeaders(standard)
    headers.setMembers({ 'x-team': 'a', accept: 'image/png' })
    headers.setAll(['X-Team', 'b'])
    expect(headers.flat()).toEqual(['content-type', 'application/json', 'accept', 'image/png', 'x-team', 'b'])
    expect(headers.get('x-team')).toBe('b')
    expect(standard).toHaveLength(4)
  })
})
