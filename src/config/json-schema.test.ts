import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { jsonSchemaText } from './json-schema.ts'
import { exampleFile } from './test-files.ts'

describe('config.schema.json', () => {
  const validate = new Ajv({ strict: false }).compile(JSON.parse(jsonSchemaText()))

  it('in the tree is what the schema says: `node src/config/json-schema.ts` writes it anew', () => {
    expect(readFileSync(new URL('../../config.schema.json', import.meta.url), 'utf8')).toBe(jsonSchemaText())
  })

  it('accepts the example, and references as objects', () => {
    expect(validate(exampleFile)).toBe(true)
    const keys = [{ name: 'a', value: { env_var: 'KEY', from_env: true } }]
    expect(validate({ providers: { groq: { keys } } })).toBe(true)
    const prices = { pattern: 'gpt-4o', pricing_patch: { input_cost_per_token: 0.000002 } }
    const asText = { ...prices, pricing_patch: JSON.stringify(prices.pricing_patch) }
    expect(validate({ governance: { pricing_overrides: [prices, asText] } })).toBe(true)
  })

  it.each([
    { cleint: {} },
    { version: 3 },
    { providers: { groq: { keys: [{ weight: -1 }] } } },
    { providers: { groq: { keys: [{ value: 3 }] } } },
    { providers: { groq: { keys: [{ value: { variable: 'KEY' } }] } } },
    { governance: { virtual_keys: [{}] } },
    { governance: { pricing_overrides: [{ pattern: 'gpt-4o', pricing_patch: { input_cost_per_token: '2' } }] } },
    { governance: { pricing_overrides: [{ pattern: 'gpt-4o', pricing_patch: { input_cost_per_tokn: 2 } }] } },
  ])('marks %j', (file) => {
    expect(validate(file)).toBe(false)
  })
})
