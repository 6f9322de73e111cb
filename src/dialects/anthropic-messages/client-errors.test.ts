/** The envelope of a failure, as Anthropic's clients read it. */
import { describe, expect, it } from 'vitest'
import { type ErrorDetails, type FailureCode, GatewayError } from '../../core/errors.ts'
import type { ExtraFields } from '../../core/extra-fields.ts'
import { encodeError } from './client-errors.ts'

const extra: ExtraFields = {
  requestType: 'chat_completion',
  requestId: 'ours',
  provider: 'p',
  latency: 0,
  chunkIndex: 0,
}
const told = (failure: FailureCode, details: ErrorDetails = {}, message = 'No.') =>
  encodeError(new GatewayError(failure, message, details), extra)

describe('the type', () => {
  it.each<[FailureCode, ErrorDetails, number, string]>([
    ['invalid-json', {}, 400, 'invalid_request_error'],
    ['unauthorized', {}, 401, 'authentication_error'],
    ['virtual-key-required', {}, 401, 'authentication_error'],
    ['virtual-key-not-found', {}, 403, 'permission_error'],
    ['not-found', {}, 404, 'not_found_error'],
    ['method-not-allowed', {}, 405, 'invalid_request_error'],
    ['request-timeout', {}, 408, 'timeout_error'],
    ['request-too-large', {}, 413, 'request_too_large'],
    ['unsupported-media-type', {}, 415, 'invalid_request_error'],
    ['client-gone', {}, 499, 'invalid_request_error'],
    ['internal', {}, 500, 'api_error'],
    ['upstream-cut', {}, 502, 'api_error'],
    ['draining', {}, 503, 'api_error'],
    ['upstream-timeout', {}, 504, 'timeout_error'],
    ['upstream-status', { status: 402 }, 402, 'billing_error'],
    ['upstream-status', { status: 409 }, 409, 'conflict_error'],
    ['upstream-status', { status: 422 }, 422, 'invalid_request_error'],
    ['upstream-status', { status: 429, type: 'tokens' }, 429, 'rate_limit_error'],
    ['upstream-status', { status: 529 }, 529, 'overloaded_error'],
    // OpenAI calls everything below 500 an invalid request.
    ['upstream-status', { status: 404, type: 'invalid_request_error' }, 404, 'not_found_error'],
    ['upstream-status', { status: 400, type: 'billing_error' }, 400, 'billing_error'],
    // In the middle of a stream there is no status.
    ['upstream-error', { type: 'overloaded_error' }, 502, 'overloaded_error'],
    ['upstream-error', { type: 'server_error' }, 502, 'api_error'],
  ])('%s %j: %d %s', (failure, details, status, type) => {
    expect(told(failure, details)).toMatchObject({ type: 'error', error: { type }, status_code: status })
  })
})

it('has everything that is known, and ours at the top', () => {
  expect(told('invalid-request', { param: 'messages[0]', code: 'invalid_value', inner: 'why' })).toEqual({
    type: 'error',
    error: { type: 'invalid_request_error', message: 'No.', code: 'invalid_value', param: 'messages[0]', error: 'why' },
    request_id: 'ours',
    is_bifrost_error: false,
    status_code: 400,
    extra_fields: { request_type: 'chat_completion', provider: 'p' },
  })
})

it('keeps what only the provider knows, and the provider’s id of the request', () => {
  const upstreamError = { type: 'x', message: 'y', details: { error_code: 'image_dimensions_too_large' } }
  const error = told('upstream-status', {
    status: 400,
    upstreamError,
    headers: ['a', 'request-id', 'request-id', 'req_1'],
  })
  expect(error).toMatchObject({
    error: { type: 'invalid_request_error', message: 'No.', details: { error_code: 'image_dimensions_too_large' } },
    request_id: 'req_1',
  })
})

it('finds that id in an error in the middle of a stream', () => {
  expect(told('upstream-error', { type: 'overloaded_error', eventId: 'req_2' })).toMatchObject({ request_id: 'req_2' })
})

it('says which decision about a virtual key it was', () => {
  expect(told('virtual-key-blocked')).toMatchObject({ type: 'error', decision: 'virtual_key_blocked' })
})

describe('a conversation that is too long is told in words that clients know', () => {
  it.each<[number, string | undefined, string, string]>([
    [400, 'context_length_exceeded', 'Too much.', 'prompt is too long: Too much.'],
    [400, undefined, "This model's maximum context length is 8192 tokens.", "prompt is too long: This model's"],
    [400, undefined, 'The input token count (9) exceeds the maximum', 'prompt is too long: The input'],
    [400, undefined, 'prompt is too long: 212345 tokens > 200000 maximum', 'prompt is too long: 212345'],
    [400, undefined, 'max_tokens: too large', 'max_tokens: too large'],
    [429, undefined, 'too many tokens per minute', 'too many tokens per minute'],
  ])('%d %s %s', (status, code, message, beginning) => {
    const error = told('upstream-status', { status, ...(code !== undefined && { code }) }, message)['error']
    expect((error as { message: string }).message.startsWith(beginning)).toBe(true)
  })
})
