/** What may be done about a failure, by what the provider tells of it. */
import { describe, expect, it } from 'vitest'
import { errorIn, failureOf } from './provider-errors.ts'

describe('an error without a status', () => {
  it.each([
    [{ code: 'server_error' }, 500, 'same-key'],
    [{ code: 'rate_limit_exceeded' }, 429, 'other-key'],
    [{ code: 'insufficient_quota' }, 429, 'other-key'],
    [{ code: 'invalid_api_key' }, 401, 'other-key'],
    [{ code: 'context_length_exceeded' }, 400, 'fallback'],
    [{ code: 'content_filter' }, 400, 'fallback'],
    [{ code: 'image_too_large' }, 400, 'fallback'],
    [{ type: 'invalid_request_error', code: null }, 400, 'fallback'],
    // Nobody knows this one: it may pass.
    [{ code: 'of_tomorrow' }, 502, 'same-key'],
  ])('%j is %i: %s', (told, status, remedy) => {
    expect(errorIn({ error: { message: 'It failed.', ...told } })).toMatchObject({
      status,
      remedy,
      message: 'It failed.',
    })
  })

  it('keeps the status that it tells of itself', () => {
    expect(errorIn({ error: { message: 'x', code: 'server_error' }, status_code: 503 })?.status).toBe(503)
  })

  it.each([[{ error: null, status: 'completed' }], [{}], [[]]])('is none: %j', (body) => {
    expect(errorIn(body)).toBeUndefined()
  })
})

describe('a response that failed', () => {
  it('says why', () => {
    expect(
      failureOf({ status: 'failed', error: { code: 'rate_limit_exceeded', message: 'Slow down.' } }),
    ).toMatchObject({
      failure: 'upstream-error',
      status: 429,
      message: 'Slow down.',
    })
  })

  it('or that it does not', () => {
    const error = failureOf({ status: 'cancelled', error: null })
    expect(error.message).toBe('The provider says that the response was cancelled, and not why.')
    expect(error.details.code).toBe('response_cancelled')
  })
})
