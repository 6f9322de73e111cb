import { describe, expect, it } from 'vitest'
import { nearest } from './nearest.ts'

describe('nearest', () => {
  const known = ['base_url', 'extra_headers', 'max_retries', 'groq', 'openai']

  it.each([
    ['base_ulr', 'base_url'],
    ['baseUrl', 'base_url'],
    ['EXTRA-HEADERS', 'extra_headers'],
    ['max_retrys', 'max_retries'],
    ['gorq', 'groq'],
    ['opnai', 'openai'],
  ])('%s is meant as %s', (name, expected) => {
    expect(nearest(name, known)).toBe(expected)
  })

  it.each(['telemetry', 'x', '', 'a'.repeat(100_000)])('nothing is near %.20s', (name) => {
    expect(nearest(name, known)).toBeUndefined()
  })
})
