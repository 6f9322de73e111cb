import { describe, expect, it } from 'vitest'
import { schemaFaults } from '../../../test/support/responses-schema/validate.ts'
import type { Asked } from '../../core/dialect.ts'
import { GatewayError } from '../../core/errors.ts'
import type { ExtraFields } from '../../core/extra-fields.ts'
import type { JsonObject } from '../../core/json.ts'
import { members } from '../../core/json-text.ts'
import { encodeEnded, encodePending } from './pending.ts'

const extra: ExtraFields = { requestType: 'responses', modelRequested: 'gpt-4o', latency: 0, chunkIndex: 0 }
const head = { id: 'resp_1', created: 1_767_225_600, model: 'gpt-4o' }

function asking(body: JsonObject): Asked {
  const text = JSON.stringify(body)
  return { request: { text, members: members(text), body } }
}

const inBackground = asking({ model: 'gpt-4o', input: 'Hi', background: true, instructions: 'Be brief.' })

describe('a response that is not there yet', () => {
  it('has OpenAI’s defaults, and the words of a job where it was handed in by header', () => {
    expect(encodePending({ ...head, state: 'pending' }, extra)).toEqual({
      id: 'resp_1',
      object: 'response',
      created_at: 1_767_225_600,
      status: 'pending',
      background: false,
      completed_at: null,
      error: null,
      incomplete_details: null,
      model: 'gpt-4o',
      output: [],
      usage: null,
      service_tier: 'auto',
      instructions: null,
      max_output_tokens: null,
      max_tool_calls: null,
      metadata: {},
      parallel_tool_calls: true,
      previous_response_id: null,
      prompt_cache_key: null,
      safety_identifier: null,
      presence_penalty: 0,
      frequency_penalty: 0,
      store: true,
      temperature: 1,
      tool_choice: 'auto',
      top_logprobs: 0,
      top_p: 1,
      truncation: 'disabled',
      access_programs: null,
      reasoning: { effort: null, summary: null },
      text: { format: { type: 'text' }, verbosity: 'medium' },
      tools: [],
      extra_fields: {
        request_type: 'responses',
        model_requested: 'gpt-4o',
        original_model_requested: 'gpt-4o',
        resolved_model_used: 'gpt-4o',
        latency: 0,
        chunk_index: 0,
      },
    })
  })

  it.each([
    ['pending', inBackground, 'queued'],
    ['processing', inBackground, 'in_progress'],
    ['pending', asking({ input: 'Hi' }), 'pending'],
    ['processing', asking({ input: 'Hi', background: false }), 'processing'],
  ] as const)('%s', (state, asked, status) => {
    expect(encodePending({ ...head, state }, extra, asked)['status']).toBe(status)
  })

  it('is as published where it was asked for in the background, and says what was asked', () => {
    const response = encodePending({ ...head, state: 'pending' }, extra, inBackground)
    expect(schemaFaults('response', response)).toEqual([])
    expect(response).toMatchObject({ background: true, instructions: 'Be brief.' })
  })
})

describe('a response that will not come', () => {
  const failure = new GatewayError('job-exhausted', 'It was begun three times.')

  it.each([
    ['has failed', failure, 'failed', { code: 'server_error', message: 'It was begun three times.' }],
    ['was cancelled', undefined, 'cancelled', null],
  ] as const)('%s', (_, error, status, told) => {
    const response = encodeEnded({ ...head, error }, extra, inBackground)
    expect(schemaFaults('response', response)).toEqual([])
    expect(response).toMatchObject({ id: 'resp_1', status, output: [], usage: null, error: told, background: true })
  })
})
