import { expect, it } from 'vitest'
import { traitsOf } from './models.ts'

it.each([
  [
    'claude-opus-4-5',
    'claude-opus-4-5-20251101',
    'anthropic.claude-opus-4-5-20251101-v1:0',
    'claude-opus-4-5@20251101',
    'anthropic/claude-opus-4.5',
    'arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-opus-4-5-20251101-v1:0',
  ],
  ['claude-sonnet-4', 'claude-sonnet-4-0', 'claude-sonnet-4-20250514', 'claude-4-sonnet', 'CLAUDE-SONNET-4'],
  ['claude-3-7-sonnet-20250219', 'claude-3.7-sonnet', 'claude-3-7-sonnet@20250219', 'claude-sonnet-3-7'],
  ['claude-3-haiku-20240307', 'claude-3-opus-latest', 'claude-3-sonnet'],
  ['claude-opus-5-5', 'claude-opus-6', 'claude-opus-latest', 'claude-fable-5-2', 'global.anthropic.claude-mythos-5-1'],
  ['my-deployment', 'gpt-4o', ''],
])('%s and its other names have the same traits', (name, ...others) => {
  for (const other of others) expect(traitsOf(other)).toBe(traitsOf(name))
})

it('goes by the first name that says which model it is', () => {
  expect(traitsOf('prod', 'claude-haiku-4-5')).toBe(traitsOf('claude-haiku-4-5'))
  expect(traitsOf('claude-haiku-4-5', 'claude-opus-5-5')).toBe(traitsOf('claude-haiku-4-5'))
  expect(traitsOf('prod', undefined)).toBe(traitsOf('prod'))
})

it('remembers no end of names', () => {
  for (let number = 0; number < 5000; number++) traitsOf(`claude-opus-4-5-${number}`)
  expect(traitsOf('claude-opus-4-5-4999')).toBe(traitsOf('claude-opus-4-5'))
})
