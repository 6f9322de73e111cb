/** Whole responses that keep their bytes on the way from a provider of this wire to a client of it. */
import { describe, expect, it } from 'vitest'
import { schemaFaults } from '../../../test/support/responses-schema/validate.ts'
import { bytesOfText, textOfBytes } from '../../core/bytes.ts'
import type { JsonObject } from '../../core/json.ts'
import type { ReplyPricer } from '../../core/pricing.ts'
import { askedFor, extra } from './splice.conformance.ts'
import { spliceResponse } from './splice.ts'

/** As OpenAI prints it, with a number that no double holds, a member that nobody knows and a line feed at its end. */
const response = `{
  "id": "resp_theirs",
  "object": "response",
  "created_at": 1767225600,
  "status": "completed",
  "background": false,
  "billing": {"payer": "developer"},
  "error": null,
  "incomplete_details": null,
  "instructions": null,
  "max_output_tokens": null,
  "max_tool_calls": null,
  "model": "gpt-5-2025-08-07",
  "output": [
    {"id": "rs_1", "type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "not said"}]},
    {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [
      {"type": "output_text", "annotations": [], "logprobs": [], "text": "Grüße \\"und\\" "},
      {"type": "refusal", "refusal": "no"},
      {"text": "Küsse\\u00e9", "type": "output_text", "annotations": [], "logprobs": [], "seed": 12345678901234567890}
    ]}
  ],
  "parallel_tool_calls": true,
  "previous_response_id": "resp_theirs_before",
  "reasoning": {"effort": "low", "summary": null},
  "service_tier": "default",
  "store": false,
  "temperature": 1.0,
  "text": {"format": {"type": "text"}, "verbosity": "medium"},
  "tool_choice": "auto",
  "tools": [],
  "top_logprobs": 0,
  "top_p": 1.0,
  "truncation": "disabled",
  "usage": {"input_tokens": 10, "input_tokens_details": {"cached_tokens": 5}, "output_tokens": 3, "output_tokens_details": {"reasoning_tokens": 1}, "total_tokens": 13},
  "user": null,
  "metadata": {}
}
`

const asked = askedFor({ model: 'gpt-5', input: 'Hi', previous_response_id: 'resp_before' }, 'resp_ours')

function splice(text: string, request = asked, price?: ReplyPricer) {
  const spliced = spliceResponse(bytesOfText(text), { ...extra, requestType: 'responses' }, price, request)
  if (spliced === null) throw new Error('It took the long way.')
  const told = textOfBytes(spliced.text)
  return { ...spliced, told, object: JSON.parse(told) as JsonObject & { output: JsonObject[] } }
}

describe('a whole response', () => {
  it('has our id, what its client asked for, and every other byte of the provider', () => {
    const { told, upstreamId } = splice(response)
    const ours = told
      .replace('"resp_ours"', '"resp_theirs"')
      .replace('"resp_before"', '"resp_theirs_before"')
      .replace('"store": true', '"store": false')
      .replace(/,"cached_read_tokens":5,"cached_write_tokens":0,"cache_write_tokens":0/, '')
    const added = ours.indexOf(',"completed_at"')
    expect(`${ours.slice(0, added)}}\n`).toBe(response)
    expect(upstreamId).toBe('resp_theirs')
  })

  it('has every member that the published type has, what was said, and how it was served', () => {
    const { object } = splice(response)
    expect(schemaFaults('response', object)).toEqual([])
    expect(object).toMatchObject({
      id: 'resp_ours',
      previous_response_id: 'resp_before',
      background: false,
      store: true,
      completed_at: null,
      prompt_cache_key: null,
      safety_identifier: null,
      presence_penalty: 0,
      frequency_penalty: 0,
      output_text: 'Grüße "und" Küsseé',
      extra_fields: { request_type: 'responses', provider: 'openai', latency: 3, chunk_index: 0 },
    })
    expect(object).not.toHaveProperty('conversation')
  })

  it('tells what was asked where the provider says nothing of it', () => {
    const request = askedFor(
      {
        model: 'm',
        input: 'Hi',
        instructions: 'Be brief.',
        metadata: { a: 'ü' },
        conversation: 'conv_1',
        background: true,
      },
      'resp_ours',
    )
    const bare = '{"object":"response","created_at":1,"output":[]}'
    const { object, told, upstreamId } = splice(bare, request)
    expect(told.startsWith(bare.slice(0, -1))).toBe(true)
    expect(schemaFaults('response', object)).toEqual([])
    expect(object).toMatchObject({
      id: 'resp_ours',
      status: 'completed',
      model: 'gpt-5',
      instructions: 'Be brief.',
      metadata: { a: 'ü' },
      conversation: { id: 'conv_1' },
      background: true,
      usage: null,
      output_text: '',
    })
    expect(upstreamId).toBeUndefined()
  })

  it.each([
    ['a conversation of the provider', { conversation: { id: 'conv_theirs' } }, {}, { conversation: null }],
    [
      'another conversation',
      { conversation: { id: 'conv_theirs' } },
      { conversation: { id: 'conv_1' } },
      { conversation: { id: 'conv_1' } },
    ],
    [
      'the same conversation',
      { conversation: { id: 'conv_1', new: 1 } },
      { conversation: 'conv_1' },
      { conversation: { id: 'conv_1', new: 1 } },
    ],
    ['no conversation', { conversation: null }, {}, { conversation: null }],
    ['another previous response', { previous_response_id: 'resp_x' }, {}, { previous_response_id: null }],
    ['what was not to be kept', { store: true }, { store: false }, { store: false }],
    ['what went on in the background here alone', { background: false }, { background: true }, { background: true }],
  ])('tells what the client asked: %s', (_, told, request, expected) => {
    const source = JSON.stringify({ id: 'resp_1', object: 'response', output: [], ...told })
    expect(splice(source, askedFor({ model: 'm', input: 'Hi', ...request })).object).toMatchObject(expected)
  })

  it('keeps the id of the provider where none is given, with the prefix that clients know', () => {
    const source = (id: string) => `{"id":"${id}","object":"response","output":[]}`
    const request = askedFor({ model: 'm', input: 'Hi' })
    expect(splice(source('resp_1'), request)).toMatchObject({ object: { id: 'resp_1' }, upstreamId: undefined })
    expect(splice(source('gen-1'), request)).toMatchObject({ object: { id: 'resp_gen-1' }, upstreamId: 'gen-1' })
  })

  it('has what it used under all names', () => {
    const { object, readUsage } = splice(response)
    expect(object['usage']).toEqual({
      input_tokens: 10,
      input_tokens_details: {
        cached_tokens: 5,
        cached_read_tokens: 5,
        cached_write_tokens: 0,
        cache_write_tokens: 0,
      },
      output_tokens: 3,
      output_tokens_details: { reasoning_tokens: 1 },
      total_tokens: 13,
    })
    expect(readUsage()).toMatchObject({ inputTokens: 10, outputTokens: 3, input: { cachedRead: 5 } })
  })

  it.each([
    ['none', undefined],
    ['null', null],
  ])('has details of what it used where the provider has %s', (_, details) => {
    const usage = { input_tokens: 2, input_tokens_details: details, output_tokens: 1, output_tokens_details: details }
    const { object } = splice(JSON.stringify({ id: 'resp_1', output: [], usage }))
    expect(object['usage']).toMatchObject({
      input_tokens_details: { cached_tokens: 0 },
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 3,
    })
  })

  it('has its cost, by the price of its model and its tier', () => {
    const { object, readUsage } = splice(response, asked, (usage, facts) => {
      expect([usage.inputTokens, facts]).toEqual([10, { model: 'gpt-5-2025-08-07', serviceTier: 'default' }])
      return { total: 1500, input: 1000, output: 500 }
    })
    const cost = { input_tokens_cost: 0.000001, output_tokens_cost: 5e-7, total_cost: 0.0000015 }
    expect(object['usage']).toMatchObject({ cost })
    expect(readUsage()?.cost?.total).toBe(1500)
  })

  it('costs what its provider says', () => {
    const usage = { input_tokens: 2, output_tokens: 1, total_tokens: 3, cost: 0.25 }
    const source = JSON.stringify({ id: 'resp_1', output: [], usage })
    const { object, readUsage } = splice(source, asked, () => ({ total: 1 }))
    expect(object['usage']).toMatchObject({ cost: { total_cost: 0.25 } })
    expect(readUsage()?.cost).toEqual({ total: 250_000_000 })
  })

  it('has one of each member, also where another gateway has put in its own', () => {
    const source = '{"id":"resp_1","output":[],"output_text":"theirs","extra_fields":{"provider":"x"}}'
    const { told } = splice(source)
    expect(told.match(/"extra_fields"/g)).toHaveLength(1)
    expect(told.match(/"output_text"/g)).toHaveLength(1)
    expect(JSON.parse(told).extra_fields.provider).toBe('openai')
  })

  it('is told as incomplete where it is', () => {
    const source = response
      .replace('"status": "completed",\n  "back', '"status": "incomplete",\n  "back')
      .replace('"incomplete_details": null', '"incomplete_details": {"reason": "max_output_tokens"}')
    expect(splice(source).object).toMatchObject({ status: 'incomplete', output_text: 'Grüße "und" Küsseé' })
  })

  it('means what the last of two members of one name says', () => {
    const source = '{"id":"resp_1","id":"resp_2","store":false,"store":true,"output":1,"output":[]}'
    const { object, upstreamId } = splice(source)
    expect(object).toMatchObject({ id: 'resp_ours', store: true, output: [] })
    expect(upstreamId).toBe('resp_2')
  })

  it.each([
    ['a failure', response.replace('"status": "completed",\n  "back', '"status": "failed",\n  "back')],
    ['an error in it', response.replace('"error": null', '"error": {"code": "server_error", "message": "x"}')],
    [
      'what is still going on',
      response.replace('"status": "completed",\n  "back', '"status": "in_progress",\n  "back'),
    ],
    ['an error in disguise', '{"error":{"message":"x","type":"server_error"}}'],
    ['another object', '{"object":"chat.completion","output":[]}'],
    ['no output', '{"id":"resp_1","object":"response"}'],
    ['an output that is no list', response.replace('"output": [', '"output": {}, "outputs": [')],
    ['something behind it', `${response}{}`],
    ['an end that is missing', response.slice(0, -10)],
    ['no JSON', 'Hello'],
    ['a list', '[]'],
    ['nothing', ''],
  ])('takes the long way: %s', (_, text) => {
    expect(spliceResponse(bytesOfText(text), extra, undefined, asked)).toBeNull()
  })

  it('takes the long way where it is cut at any byte', () => {
    const bytes = bytesOfText(response.trimEnd())
    for (let end = 0; end < bytes.length; end++)
      expect(spliceResponse(bytes.slice(0, end), extra, undefined, asked), String(end)).toBeNull()
  })
})
