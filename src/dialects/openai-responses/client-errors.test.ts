import { describe, expect, it } from 'vitest'
import { schemaFaults } from '../../../test/support/responses-schema/validate.ts'
import { GatewayError } from '../../core/errors.ts'
import type { ExtraFields } from '../../core/extra-fields.ts'
import { encodeError } from './client-errors.ts'
import { errorEvent, responseError } from './response-error.ts'

const extra: ExtraFields = { requestType: 'responses_stream', provider: 'p', latency: 3, chunkIndex: 0 }

describe('an error in place of a response', () => {
  it('has the members OpenAI clients read, those of the upstream, and ours', () => {
    const upstreamError = { message: 'theirs', hint: 'Wait.' }
    const error = new GatewayError('upstream-status', 'Slow down.', { status: 429, type: 'requests', upstreamError })
    expect(encodeError(error, extra)).toEqual({
      is_bifrost_error: false,
      status_code: 429,
      error: { message: 'Slow down.', type: 'requests', code: 'upstream_status', hint: 'Wait.' },
      extra_fields: { request_type: 'responses_stream', provider: 'p' },
    })
  })
})

describe('the error of a response', () => {
  it.each([
    ['what OpenAI documents', { code: 'image_too_large', status: 400 }, 'image_too_large'],
    ['what its clients act upon', { code: 'context_length_exceeded', status: 400 }, 'context_length_exceeded'],
    ['too many requests, whatever the upstream calls them', { code: '429', status: 429 }, 'rate_limit_exceeded'],
    ['words of ours', { code: 'stream_cut' }, 'server_error'],
    ['a word that is a member of every object', { code: 'constructor' }, 'server_error'],
    ['no word at all', {}, 'server_error'],
  ])('has a code that clients know for %s', (_, details, code) => {
    expect(responseError(new GatewayError('upstream-error', 'It failed.', details))).toEqual({
      code,
      message: 'It failed.',
      type: 'provider_error',
      param: null,
    })
  })

  it('says where the fault is where that is a place', () => {
    const at = (param: string | string[]) =>
      responseError(new GatewayError('upstream-error', 'No.', { param }))['param']
    expect([at('input[0]'), at(['body', 'input'])]).toEqual(['input[0]', null])
  })
})

describe('the error event', () => {
  it('is as published, with the envelope beside it', () => {
    const error = new GatewayError('upstream-timeout', 'No token within 30 s.', { param: ['odd'] })
    const event = errorEvent(error, 4, extra)
    expect(event).toEqual({
      type: 'error',
      sequence_number: 4,
      code: 'upstream_timeout',
      message: 'No token within 30 s.',
      param: null,
      is_bifrost_error: true,
      status_code: 504,
      error: { type: 'request_timed_out', code: 'upstream_timeout', message: 'No token within 30 s.', param: ['odd'] },
      extra_fields: { request_type: 'responses_stream', provider: 'p', chunk_index: 4 },
    })
    expect(schemaFaults('event', event)).toEqual([])
  })
})
