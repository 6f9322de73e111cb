/** What becomes of a wish to think at providers that say it in other ways. */
import { describe, expect, it } from 'vitest'
import type { Addressee } from '../../core/dialect.ts'
import type { JsonObject } from '../../core/json.ts'
import { members } from '../../core/json-text.ts'
import { openaiChat } from './provider.ts'
import type { Quirks } from './quirks.ts'

const addressee: Addressee = { model: 'm', passExtraParams: false, header: () => undefined }

/** The members of the body besides model and messages, and what was left out. */
function adapted(wish: JsonObject, quirks: Quirks): [JsonObject, readonly string[]] {
  const text = JSON.stringify({ model: 'p/m', messages: [], ...wish })
  const request = { text, members: members(text), body: JSON.parse(text) }
  const { text: sent, dropped } = openaiChat(quirks).adaptRequest(request, addressee)
  const { model: _, messages: __, ...rest } = JSON.parse(sent)
  return [rest, dropped]
}

describe('an effort', () => {
  const few: Quirks = { efforts: ['low', 'high'] }
  const off: Quirks = { ...few, noReasoning: { thinking: { type: 'disabled' } } }

  it.each<[JsonObject, Quirks, JsonObject, string[]]>([
    [{ reasoning_effort: 'minimal' }, few, { reasoning_effort: 'low' }, []],
    [{ reasoning: { effort: 'max' } }, few, { reasoning_effort: 'high' }, []],
    [{ reasoning_effort: 'none' }, few, {}, ['reasoning_effort']],
    [{ reasoning: { enabled: false } }, few, {}, ['reasoning']],
    [{ reasoning_effort: 'none' }, off, { thinking: { type: 'disabled' } }, []],
    [{ reasoning: { effort: 'low', display: 'full' } }, few, { reasoning_effort: 'low' }, ['reasoning.display']],
    [{ reasoning_effort: 'low' }, { reasoning: 'none' }, {}, ['reasoning_effort']],
  ])('%j with %j becomes %j', (wish, quirks, sent, dropped) => {
    expect(adapted(wish, quirks)).toEqual([sent, dropped])
  })
})

describe('a switch', () => {
  const onOff: Quirks = {
    reasoning: 'switch',
    someReasoning: { enable_thinking: true },
    noReasoning: { enable_thinking: false },
  }
  const budget: Quirks = { ...onOff, reasoningBudget: 'thinking_budget', maxTokens: 'max_tokens' }

  it.each<[JsonObject, Quirks, JsonObject, string[]]>([
    [{ reasoning_effort: 'low' }, onOff, { enable_thinking: true }, []],
    [{ reasoning_effort: 'none' }, onOff, { enable_thinking: false }, []],
    [{ reasoning: { enabled: false } }, onOff, { enable_thinking: false }, []],
    [{ reasoning: { max_tokens: 2000 } }, onOff, { enable_thinking: true }, []],
    [{ reasoning: { max_tokens: 2000 } }, budget, { enable_thinking: true, thinking_budget: 2000 }, []],
    [{ reasoning_max_tokens: 0 }, budget, { enable_thinking: false }, []],
    [
      { reasoning_effort: 'medium', max_tokens: 4000 },
      budget,
      { max_tokens: 4000, enable_thinking: true, thinking_budget: 2000 },
      [],
    ],
    [{ reasoning_effort: 'none' }, { reasoning: 'switch', someReasoning: { think: 1 } }, {}, ['reasoning_effort']],
    [{ reasoning_display: 'full' }, onOff, {}, ['reasoning_display']],
    [{ reasoning: {} }, onOff, {}, []],
  ])('%j with %j becomes %j', (wish, quirks, sent, dropped) => {
    expect(adapted(wish, quirks)).toEqual([sent, dropped])
  })
})
