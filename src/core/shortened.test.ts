/** Names are not said again in full where they are too long. */
import { expect, test } from 'vitest'
import { shortened } from './shortened.ts'

test.each([
  ['', 3, ''],
  ['abc', 3, 'abc'],
  ['abcd', 3, 'abc...'],
])('%j to %i', (text, length, expected) => expect(shortened(text, length)).toBe(expected))
