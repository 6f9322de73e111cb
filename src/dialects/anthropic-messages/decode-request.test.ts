/** What a client's wishes come to in the canonical form, where a fixture of the whole request would say no more. */
import { describe, expect, it } from 'vitest'
import type { Reasoning } from '../../core/chat.ts'
import type { JsonObject } from '../../core/json.ts'
import { decodeRequest } from './decode-request.ts'

const hello = { role: 'user', content: 'Hello' }
const decoded = (members: JsonObject) => decodeRequest({ model: 'm', max_tokens: 9, messages: [hello], ...members })

describe('how much to think', () => {
  it.each<[JsonObject | undefined, string | undefined, Reasoning | undefined]>([
    [undefined, undefined, undefined],
    [undefined, 'high', { effort: 'high' }],
    [{ type: 'enabled', budget_tokens: 2048 }, undefined, { enabled: true, maxTokens: 2048 }],
    [{ type: 'adaptive', display: 'omitted' }, 'low', { enabled: true, effort: 'low', display: 'omitted' }],
    [{ type: 'disabled' }, undefined, { enabled: false }],
    [{ type: 'disabled' }, 'low', { enabled: false, extra: { effort: 'low' } }],
    [{ type: 'between_tools' }, undefined, { enabled: false, extra: { type: 'between_tools' } }],
    [{ type: 'between_tools' }, 'low', { enabled: false, extra: { effort: 'low', type: 'between_tools' } }],
    [{ type: 'anew', deep: 1 }, undefined, { enabled: true, extra: { deep: 1, type: 'anew' } }],
  ])('%j with effort %s', (thinking, effort, reasoning) => {
    const members = { ...(thinking && { thinking }), ...(effort !== undefined && { output_config: { effort } }) }
    expect(decoded(members).reasoning).toEqual(reasoning)
  })
})

it('keeps what a message of the system says beside words', () => {
  const system = { role: 'system', output_config: { effort: 'low' }, clear_at: 'next_user_message' }
  expect(decoded({ messages: [hello, system] }).messages[1]).toEqual({
    role: 'system',
    content: [],
    extra: { output_config: { effort: 'low' }, clear_at: 'next_user_message' },
  })
})
