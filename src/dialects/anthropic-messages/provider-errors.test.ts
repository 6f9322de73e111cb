import { describe, expect, it } from 'vitest'
import type { Json } from '../../core/json.ts'
import { decodeError, errorIn } from './provider-errors.ts'

const told = (type: string, message: string, more: object = {}) => ({
  type: 'error',
  error: { type, message, ...more },
  request_id: 'req_1',
})

describe('an error with a status', () => {
  it.each<[string, number, object, object]>([
    [
      'keeps its words',
      400,
      told('invalid_request_error', 'max_tokens: too much'),
      {
        status: 400,
        remedy: 'fallback',
        message: 'max_tokens: too much',
        details: { type: 'invalid_request_error', eventId: 'req_1' },
      },
    ],
    ['is of a key', 401, told('authentication_error', 'invalid x-api-key'), { status: 401, remedy: 'other-key' }],
    ['is of a limit', 429, told('rate_limit_error', 'Too fast'), { status: 429, remedy: 'other-key' }],
    ['is of an overload', 529, told('overloaded_error', 'Overloaded'), { status: 529, remedy: 'same-key' }],
    [
      'is of an account, though its status is of the request',
      400,
      told('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
      { status: 400, remedy: 'other-key' },
    ],
    [
      'has a code that is more exact than its type',
      400,
      told('invalid_request_error', 'No', { details: { error_code: 'image_dimensions_too_large' } }),
      { details: { type: 'invalid_request_error', code: 'image_dimensions_too_large' } },
    ],
    [
      'of Google’s',
      403,
      { error: { code: 403, message: 'Denied', status: 'PERMISSION_DENIED' } },
      { status: 403, remedy: 'other-key', message: 'Denied', details: { type: 'PERMISSION_DENIED' } },
    ],
  ])('%s', (_, status, body, expected) => {
    expect(decodeError(status, JSON.stringify(body))).toMatchObject({ failure: 'upstream-status', ...expected })
  })
  it('that is no JSON has its status', () => {
    expect(decodeError(502, '<html>')).toMatchObject({ status: 502, remedy: 'same-key' })
  })
})

describe('an error without a status has that of its type', () => {
  it.each<[string, number, string]>([
    ['invalid_request_error', 400, 'fallback'],
    ['authentication_error', 401, 'other-key'],
    ['billing_error', 402, 'other-key'],
    ['permission_error', 403, 'other-key'],
    ['not_found_error', 404, 'fallback'],
    ['request_too_large', 413, 'fallback'],
    ['rate_limit_error', 429, 'other-key'],
    ['api_error', 500, 'same-key'],
    ['timeout_error', 504, 'same-key'],
    ['overloaded_error', 529, 'same-key'],
  ])('%s', (type, status, remedy) => {
    expect(errorIn(told(type, 'Words'))).toMatchObject({ failure: 'upstream-error', status, remedy, message: 'Words' })
  })
  it('and the table’s, where the type is new', () => {
    expect(errorIn(told('new_error', 'Words'))).toMatchObject({ status: 502, remedy: 'same-key' })
  })
  it.each<[string, Json]>([
    ['a message', { type: 'message', content: [] }],
    ['nothing', null],
    ['a text', 'error'],
  ])('%s is none', (_, body) => {
    expect(errorIn(body)).toBeUndefined()
  })
})
