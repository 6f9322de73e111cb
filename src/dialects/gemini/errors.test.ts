/** What is read out of Google's errors, and what may help after them. */
import { describe, expect, it } from 'vitest'
import type { ErrorDetails } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import { decodeError, errorInDisguise } from './errors.ts'

const type = (name: string) => `type.googleapis.com/google.rpc.${name}`

describe('an error with a status', () => {
  it.each<[string, object, ErrorDetails & { message: string }]>([
    [
      'a key that is none',
      {
        code: 400,
        message: 'API key not valid. Please pass a valid API key.',
        status: 'INVALID_ARGUMENT',
        details: [
          { '@type': type('ErrorInfo'), reason: 'API_KEY_INVALID', domain: 'googleapis.com' },
          { '@type': type('LocalizedMessage'), locale: 'en-US', message: 'API key not valid.' },
        ],
      },
      {
        message: 'API key not valid. Please pass a valid API key.',
        type: 'INVALID_ARGUMENT',
        code: 'API_KEY_INVALID',
        status: 400,
        remedy: 'other-key',
      },
    ],
    [
      'a quota that is used up, for a while',
      {
        code: 429,
        message: 'You exceeded your current quota.',
        status: 'RESOURCE_EXHAUSTED',
        details: [
          { '@type': type('QuotaFailure'), violations: [{ quotaId: 'GenerateRequestsPerMinute' }] },
          { '@type': type('RetryInfo'), retryDelay: '34.0744s' },
        ],
      },
      {
        message: 'You exceeded your current quota.',
        type: 'RESOURCE_EXHAUSTED',
        code: 'RESOURCE_EXHAUSTED',
        status: 429,
        remedy: 'other-key',
        retryAfter: 34_075,
      },
    ],
    [
      'a field that cannot be',
      {
        code: 400,
        message: 'Invalid value at tools[0]',
        status: 'INVALID_ARGUMENT',
        details: [
          null,
          { '@type': type('BadRequest'), fieldViolations: [{ field: 'tools[0]', description: 'Invalid value' }] },
          { '@type': type('RetryInfo'), retryDelay: 'soon' },
        ],
      },
      {
        message: 'Invalid value at tools[0]',
        type: 'INVALID_ARGUMENT',
        code: 'INVALID_ARGUMENT',
        param: 'tools[0]',
        status: 400,
        remedy: 'fallback',
      },
    ],
    [
      'a model that has too much to do',
      { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' },
      {
        message: 'The model is overloaded.',
        type: 'UNAVAILABLE',
        code: 'UNAVAILABLE',
        status: 503,
        remedy: 'same-key',
      },
    ],
  ])('%s, also in a list', (_, told, expected) => {
    for (const body of [{ error: told }, [{ error: told }]]) {
      const error = decodeError(expected.status!, JSON.stringify(body, null, 2))
      const { upstreamError, rawResponse, ...details } = error.details
      expect({ message: error.message, ...details }).toEqual(expected)
      expect(upstreamError).toEqual(told)
    }
  })

  it('that says nothing in words of Google is told as that of anybody', () => {
    expect(decodeError(502, '<html>Bad Gateway</html>')).toMatchObject({ details: { status: 502, remedy: 'same-key' } })
  })
})

describe('an error in a reply that is none', () => {
  it('has its status from what it says', () => {
    const error = errorInDisguise({ error: { code: 503, message: 'Overloaded', status: 'UNAVAILABLE' } })
    expect(error?.details).toMatchObject({ status: 503, remedy: 'same-key', type: 'UNAVAILABLE' })
  })

  it.each<[Json]>([[{ candidates: [] }], [null], [[]], ['error']])('is not in %j', (body) => {
    expect(errorInDisguise(body)).toBeUndefined()
  })
})
