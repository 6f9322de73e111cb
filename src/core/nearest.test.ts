/** The known names that come closest to one that is not known. */
import { describe, expect, test } from 'vitest'
import { editDistance, nearest } from './nearest.ts'

describe('editDistance', () => {
  test.each([
    ['', '', 0],
    ['abc', 'abc', 0],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['abc', 'abd', 1],
    ['abc', 'abcd', 1],
    ['abcd', 'acd', 1],
    ['openai', 'opneai', 1],
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
  ])('%j to %j: %i', (one, other, distance) => {
    expect(editDistance(one, other)).toBe(distance)
    expect(editDistance(other, one)).toBe(distance)
  })
})

describe('nearest', () => {
  const paths = [
    '/v1/chat/completions',
    '/openai/v1/chat/completions',
    '/openai/chat/completions',
    '/v1/models',
    '/health',
  ]
  test.each([
    ['/openai/v1/chat/completion', ['/openai/v1/chat/completions', '/openai/chat/completions']],
    ['/V1/MODELS', ['/v1/models']],
    ['/helath', ['/health']],
    ['/something/else/altogether', []],
    ['', []],
  ])('%s', (name, expected) => expect(nearest(name, paths)).toEqual(expected))

  test('the nearest comes first, and there are three at most', () => {
    expect(nearest('mode', ['modes', 'mode', 'model', 'models', 'moods'])).toEqual(['mode', 'modes', 'model'])
  })

  test('a name as long as a client likes is answered at once', () => {
    expect(nearest('x'.repeat(1_000_000), paths)).toEqual([])
  })
})
