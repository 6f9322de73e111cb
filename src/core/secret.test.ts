/** A secret never shows itself, and hides itself in the texts of others. */
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { Secret } from './secret.ts'

const value = 'sk-live-4711'

describe('a secret', () => {
  const secret = new Secret(value)
  test.each<[string, () => string]>([
    ['as text', () => `${secret}`],
    ['as JSON', () => JSON.stringify({ secret })],
    ['inspected', () => inspect({ secret }, { depth: 5, showHidden: true })],
    ['spread', () => JSON.stringify({ ...secret })],
    ['its keys', () => Object.getOwnPropertyNames(secret).join()],
  ])('does not show itself: %s', (_, show) => expect(show()).not.toContain(value))

  test('is given away when asked', () => expect(secret.reveal()).toBe(value))

  test.each([
    [`Incorrect API key provided: ${value}.`, 'Incorrect API key provided: ***.'],
    [`${value}${value}`, '******'],
    ['nothing of it', 'nothing of it'],
  ])('mask %j', (text, masked) => expect(secret.mask(text)).toBe(masked))

  test.each(['', 'x', '401'])('%j is no secret and masks nothing', (short) => {
    expect(new Secret(short).mask('401: text')).toBe('401: text')
  })
})
