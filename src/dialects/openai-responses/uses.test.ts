/** What a request asks for is the same read from its body and from its canonical form. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { usesOfChat } from '../../core/capabilities.ts'
import type { JsonObject } from '../../core/json.ts'
import { members } from '../../core/json-text.ts'
import { decodeRequest } from './decode-request.ts'
import { nameOf } from './name-of.ts'
import { usesOf } from './uses.ts'

const folder = new URL('fixtures-client/', import.meta.url)
const fixtures = readdirSync(folder)
  .map((name) => new URL(`${name}/request.wire.json`, folder))
  .filter((file) => existsSync(file))
  .map((file) => JSON.parse(readFileSync(file, 'utf8')) as JsonObject)

const request = (members: JsonObject): JsonObject => ({ model: 'm', input: 'x', ...members })
const requests: JsonObject[] = [
  ...fixtures,
  request({ tool_choice: 'required', tools: [{ type: 'function', name: 'f' }] }),
  request({ tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [] } }),
  request({ tool_choice: { type: 'allowed_tools', mode: 'required', tools: [] } }),
  request({ tool_choice: 'none' }),
  request({ reasoning: { effort: 'none' } }),
  request({ reasoning: { max_tokens: 5 } }),
  request({ reasoning: { summary: 'auto' } }),
  request({
    input: [
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '' },
      { type: 'function_call_output', call_id: 'c', output: { type: 'computer_screenshot', image_url: 'x' } },
    ],
  }),
]

describe.each(requests.map((body) => [JSON.stringify(body).slice(0, 100), body] as const))('%s', (_, body) => {
  const text = JSON.stringify(body)

  it('asks for the same', () => {
    const { part, ...uses } = usesOf(body)
    const { part: partOfChat, ...usesOfCanonical } = usesOfChat(decodeRequest(body))
    expect(uses).toEqual(usesOfCanonical)
    for (const kind of ['image', 'audio', 'video', 'file'] as const) {
      const place = partOfChat(kind)
      const name = place && nameOf(place, { text, members: members(text), body })
      expect(part(kind)).toBe(name)
    }
  })
})
