import { expect, it } from 'vitest'
import { readReference } from './reference.ts'

const variable = { kind: 'variable', name: 'A_KEY' }

it.each([
  ['env.A_KEY', variable],
  ['plain', { kind: 'text', text: 'plain' }],
  ['', { kind: 'text', text: '' }],
  ['env.A KEY', { kind: 'text', text: 'env.A KEY' }],
  ['env.', { kind: 'text', text: 'env.' }],
  ['vaulted', { kind: 'text', text: 'vaulted' }],
  [{ value: 'plain' }, { kind: 'text', text: 'plain' }],
  [
    { value: 'plain', from_env: false, env_var: '' },
    { kind: 'text', text: 'plain' },
  ],
  [
    { value: 'plain', type: 'plain_text' },
    { kind: 'text', text: 'plain' },
  ],
  [{ value: 'env.A_KEY' }, variable],
  [{ value: '', env_var: 'env.A_KEY', from_env: true }, variable],
  [{ env_var: 'A_KEY', from_env: true }, variable],
  [{ type: 'env', ref: 'A_KEY' }, variable],
  [{ type: 'env', value: 'env.A_KEY' }, variable],
  [{ ref: 'env.A_KEY' }, variable],
])('%j', (value, expected) => {
  expect(readReference(value)).toEqual(expected)
})

it.each(['vault.kv/openai#key', { type: 'vault', ref: 'kv/openai' }, { value: 'vault.kv/openai' }])(
  'vaults are not supported: %j',
  (value) => {
    expect(readReference(value)).toMatchObject({ kind: 'unsupported' })
  },
)

it.each([3, null, [], {}, { other: 'x' }, { value: 3 }, { from_env: true }])('%j is neither', (value) => {
  expect(readReference(value)).toBeUndefined()
})
