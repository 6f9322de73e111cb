import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { providers } from '../providers/index.ts'
import { describe as describeSettings } from './describe.ts'
import { findingText } from './finding.ts'
import { loadText } from './load.ts'
import { configSchema } from './schema.ts'
import { marks } from './schema-parts.ts'
import { buildSnapshot } from './snapshot.ts'

const providersPage = readFileSync(new URL('../../docs/providers.md', import.meta.url), 'utf8')
const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
const blocks = [...page.matchAll(/^```json\n(.*?)^```$/gms)].map(([, text]) => text!)

const webhookSecret = `whsec_${'A'.repeat(32)}`

describe('docs/configuration.md', () => {
  it('has examples', () => {
    expect(blocks.length).toBeGreaterThan(8)
  })

  it.each(blocks)('example %# can be used as it is: %.80s', (block) => {
    // Every variable an example names is set, to something that fits anywhere.
    const names = [...block.matchAll(/\b[A-Z][A-Z0-9_]{3,}\b/g)].map(([name]) => name)
    const variables = Object.fromEntries(
      names.map((name) => [name, name.startsWith('WEBHOOK_') ? webhookSecret : `sk-bf-${name}`]),
    )
    const { config, warnings } = loadText(block, 'example', { providers, variables })
    expect(warnings.map(findingText)).toEqual([])
    expect(describeSettings(buildSnapshot(config, { providers, variables }))).not.toHaveLength(0)
  })

  const missing = (names: Iterable<string>, text: string) => [...names].filter((name) => !text.includes(`\`${name}\``))

  it('names every key, and tells those that have no effect apart', () => {
    const [main = '', last = ''] = page.split('## Accepted, no effect yet')
    const effective = knownKeys(configSchema, false)
    expect(missing(effective, main)).toEqual([])
    // The same word may be a key with an effect elsewhere.
    const idle = [...knownKeys(configSchema, true)].filter((key) => !effective.has(key))
    expect(missing(idle, last)).toEqual([])
  })

  it('sends to a page that names every provider and its variables', () => {
    expect(page).toContain('(providers.md#by-name)')
    const names = providers.flatMap(({ id, environment: { key = [], baseUrl = [], apiVersion = [] } = {} }) => [
      id,
      ...key,
      ...baseUrl,
      ...apiVersion,
    ])
    expect(missing(names, providersPage)).toEqual([])
  })
})

/** The keys of the schema that have (`idle`) or lack the mark that they have no effect yet. */
function knownKeys(schema: z.ZodType, idle: boolean, keys = new Set<string>()): Set<string> {
  if (schema instanceof z.ZodOptional) knownKeys(schema.unwrap() as z.ZodType, idle, keys)
  if (schema instanceof z.ZodArray) knownKeys(schema.element as z.ZodType, idle, keys)
  if (schema instanceof z.ZodRecord) knownKeys(schema.valueType as z.ZodType, idle, keys)
  if (schema instanceof z.ZodUnion) for (const option of schema.options) knownKeys(option as z.ZodType, idle, keys)
  if (!(schema instanceof z.ZodObject)) return keys
  for (const [key, inner] of Object.entries(schema.shape)) {
    const later = marks.get(inner)?.later === true
    // Operations are an open list of which the page names the first few.
    if (!isOperation(key) && idle === later) keys.add(key)
    if (!later) knownKeys(inner, idle, keys)
  }
  return keys
}

function isOperation(key: string): boolean {
  return /^(?:.*_stream|text_|embedding|rerank|ocr|speech|transcription|image_|video_|batch_|file_|count_tokens)/.test(
    key,
  )
}
