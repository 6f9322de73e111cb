/** Errors as providers tell them, what may be done about them, and the envelope for clients. */
import { describe, expect, it } from 'vitest'
import { GatewayError, invalidRequest } from '../../core/errors.ts'
import type { ExtraFields } from '../../core/extra-fields.ts'
import type { Json } from '../../core/json.ts'
import { decodeError, errorInDisguise } from '../../core/upstream-error.ts'
import { encodeError } from './errors.ts'

const extra: ExtraFields = {
  requestType: 'chat_completion',
  provider: 'openai',
  modelRequested: 'gpt-4o',
  latency: 12,
  chunkIndex: 0,
}

describe('an error with a status', () => {
  it.each<[number, string, string]>([
    [400, 'fallback', '{"error":{"message":"m"}}'],
    [401, 'other-key', '{"error":{"message":"m"}}'],
    [402, 'other-key', '{"error":{"message":"m"}}'],
    [403, 'other-key', '{"error":{"message":"m"}}'],
    [404, 'fallback', '{"error":{"message":"m"}}'],
    [408, 'same-key', '{"error":{"message":"m"}}'],
    [409, 'same-key', '{"error":{"message":"m"}}'],
    [413, 'fallback', '{"error":{"message":"m"}}'],
    [422, 'fallback', '{"error":{"message":"m"}}'],
    [429, 'other-key', '{"error":{"message":"m"}}'],
    [500, 'same-key', '{"error":{"message":"m"}}'],
    [501, 'fallback', '{"error":{"message":"m"}}'],
    [502, 'same-key', '{"error":{"message":"m"}}'],
    [503, 'same-key', '{"error":{"message":"m"}}'],
    [504, 'same-key', '{"error":{"message":"m"}}'],
    [529, 'same-key', '{"error":{"message":"m"}}'],
    [400, 'other-key', '{"error":{"message":"Rate limit reached for requests per minute"}}'],
    [503, 'other-key', '{"error":{"message":"busy","code":"rate_limit_exceeded"}}'],
    [400, 'other-key', '{"error":{"message":"m","type":"insufficient_quota"}}'],
    [400, 'other-key', '{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***1."}'],
  ])('%i leaves %s for %s', (status, remedy, body) => {
    const error = decodeError(status, body)
    expect(error).toMatchObject({ failure: 'upstream-status', status, remedy })
    expect(error.details.rawResponse).toBe(body)
  })

  it.each<[name: string, body: Json, told: Record<string, unknown>]>([
    [
      'OpenAI',
      { error: { message: 'Incorrect API key', type: 'invalid_request_error', param: null, code: 'invalid_api_key' } },
      { message: 'Incorrect API key', type: 'invalid_request_error', code: 'invalid_api_key' },
    ],
    [
      'OpenAI, naming a parameter',
      { error: { message: 'Bad n', type: 'invalid_request_error', param: 'n', code: null, event_id: 'evt_1' } },
      { message: 'Bad n', type: 'invalid_request_error', param: 'n', eventId: 'evt_1' },
    ],
    [
      'OpenRouter',
      { error: { code: 402, message: 'No credits' }, user_id: 'u' },
      { message: 'No credits', code: '402' },
    ],
    [
      'Azure',
      {
        error: {
          code: 'content_filter',
          message: 'Filtered',
          status: 400,
          innererror: { code: 'ResponsibleAIPolicyViolation' },
        },
      },
      { message: 'Filtered', code: 'content_filter' },
    ],
    ['Azure, the gateway in front', { statusCode: 401, message: 'Unauthorized' }, { message: 'Unauthorized' }],
    [
      'Gemini',
      [{ error: { code: 400, message: 'API key not valid', status: 'INVALID_ARGUMENT' } }],
      { message: 'API key not valid', code: '400', type: 'INVALID_ARGUMENT' },
    ],
    [
      'Mistral',
      { object: 'error', message: 'Invalid model', type: 'invalid_model', param: null, code: '1500' },
      { message: 'Invalid model', type: 'invalid_model', code: '1500' },
    ],
    [
      'Mistral, a list of faults',
      { object: 'error', message: { detail: [{ type: 'missing', loc: ['body', 'messages'], msg: 'Field required' }] } },
      { message: 'body.messages: Field required' },
    ],
    [
      'vLLM',
      { object: 'error', message: 'Too long', type: 'BadRequestError', param: null, code: 400 },
      { message: 'Too long', type: 'BadRequestError', code: '400' },
    ],
    ['FastAPI', { detail: 'Not Found' }, { message: 'Not Found' }],
    [
      'FastAPI, a list',
      {
        detail: [
          { loc: ['body', 'n'], msg: 'too small' },
          { loc: ['query'], msg: 'odd' },
        ],
      },
      { message: 'body.n: too small; query: odd' },
    ],
    ['Ollama', { error: "model 'x' not found" }, { message: "model 'x' not found" }],
    [
      'text-generation-inference',
      { error: 'Overloaded', error_type: 'overloaded' },
      { message: 'Overloaded', type: 'overloaded' },
    ],
    ['xAI', { code: 'Not found', error: 'No such model' }, { message: 'No such model', code: 'Not found' }],
    [
      'Cloudflare',
      { success: false, errors: [{ code: 10000, message: 'Authentication error' }] },
      { message: 'Authentication error' },
    ],
  ])('is understood from %s', (_, body, { message, ...details }) => {
    const error = decodeError(404, JSON.stringify(body))
    expect(error.message).toBe(message)
    const { type, code, param, eventId } = error.details
    expect(
      Object.fromEntries(Object.entries({ type, code, param, eventId }).filter(([, value]) => value !== undefined)),
    ).toEqual(details)
  })

  it.each<[number, string, string]>([
    [429, '', 'rate limit exceeded (429)'],
    [503, ' \n', 'provider server error (503)'],
    [418, '', 'provider API error (418)'],
    [400, '{"a":1}', 'provider API error (status 400)'],
    [400, '[]', 'provider API error (status 400)'],
    [502, '<html><body>Bad Gateway', 'HTML response received from provider'],
    [502, '<!DOCTYPE html>', 'HTML response received from provider'],
    [400, 'no such thing', 'provider API error: no such thing'],
    [400, '"quoted"', 'provider API error: "quoted"'],
  ])('%i with %j has a message all the same', (status, body, message) => {
    expect(decodeError(status, body).message).toBe(message)
  })

  it('is cut to a readable length', () => {
    expect(decodeError(500, 'x'.repeat(1e6)).message.length).toBeLessThan(2100)
  })

  it('that is no error is not told to clients', () => {
    expect(decodeError(302, '').status).toBe(502)
  })
})

describe('an error in disguise', () => {
  it.each<[string, Json, Record<string, unknown>]>([
    ['an object', { error: { message: 'm', type: 't' } }, { message: 'm', status: 502, remedy: 'same-key' }],
    ['a text', { error: 'm' }, { message: 'm', status: 502 }],
    ['a status of its own', { error: { message: 'm', code: 400 } }, { message: 'm', status: 400, remedy: 'fallback' }],
    ['a used-up quota', { error: { message: 'm', code: 429 }, choices: [] }, { status: 429, remedy: 'other-key' }],
    ['words for a quota', { error: { message: 'Too many requests' } }, { status: 502, remedy: 'other-key' }],
    ['another gateway', { is_bifrost_error: false, status_code: 503, error: { message: 'm' } }, { status: 503 }],
    ['vLLM', { object: 'error', message: 'm', code: 400 }, { message: 'm', status: 400 }],
    ['a list', [{ error: { message: 'm' } }], { message: 'm' }],
    [
      'a choice',
      { choices: [{ error: { message: 'm', code: 502 }, finish_reason: 'error' }] },
      { message: 'm', status: 502 },
    ],
    ['no words', { error: { code: 'x' } }, { message: 'provider API error' }],
  ])('is seen in %s', (_, body, expected) => {
    expect(errorInDisguise(body)).toMatchObject({ failure: 'upstream-error', ...expected })
  })

  it.each<[string, Json]>([
    ['null', null],
    ['an error of null', { error: null, choices: [] }],
    ['an answer', { choices: [{ message: { content: 'error' } }] }],
  ])('is not seen in %s', (_, body) => {
    expect(errorInDisguise(body)).toBeUndefined()
  })
})

describe('the envelope', () => {
  it('tells an upstream error with its fields, ours in front', () => {
    const body = { error: { message: 'm', type: 't', code: 7, param: 'p', event_id: 'e', innererror: { x: 1 } } }
    expect(encodeError(decodeError(400, JSON.stringify(body)), extra)).toStrictEqual({
      event_id: 'e',
      is_bifrost_error: false,
      status_code: 400,
      error: { message: 'm', type: 't', code: '7', param: 'p', event_id: 'e', innererror: { x: 1 } },
      extra_fields: {
        request_type: 'chat_completion',
        provider: 'openai',
        model_requested: 'gpt-4o',
        original_model_requested: 'gpt-4o',
        resolved_model_used: 'gpt-4o',
      },
    })
  })

  it('has type, code and message whatever the provider left out', () => {
    const { error } = encodeError(decodeError(503, ''), extra)
    expect(error).toStrictEqual({
      type: 'provider_error',
      code: 'upstream_status',
      message: 'provider server error (503)',
    })
  })

  it('names the place of a fault in the request', () => {
    expect(
      encodeError(invalidRequest('Bad n.', 'n', 'invalid_type'), {
        requestType: 'chat_completion',
        latency: 0,
        chunkIndex: 0,
      }),
    ).toStrictEqual({
      is_bifrost_error: false,
      status_code: 400,
      error: { type: 'invalid_request_error', code: 'invalid_type', message: 'Bad n.', param: 'n' },
      extra_fields: { request_type: 'chat_completion' },
    })
  })

  it('tells decisions about virtual keys at the top, and whose fault a fault is', () => {
    const blocked = encodeError(new GatewayError('model-blocked', 'no'), extra)
    expect(blocked).toMatchObject({ type: 'model_blocked', is_bifrost_error: false, status_code: 403 })
    const cut = encodeError(new GatewayError('upstream-cut', 'cut', { inner: 'ECONNRESET' }), extra)
    expect(cut).toMatchObject({ is_bifrost_error: true, status_code: 502, error: { error: 'ECONNRESET' } })
    expect(Object.keys(cut)).not.toContain('type')
  })

  it('shows bodies only where that was asked for', () => {
    const error = decodeError(500, '{"error":{"message":"m"}}')
    expect(encodeError(error, extra)['extra_fields']).not.toHaveProperty('raw_response')
    const asked = encodeError(error, { ...extra, rawResponse: error.details.rawResponse, rawRequest: '{"a":1}' })
    expect(asked['extra_fields']).toMatchObject({ raw_request: { a: 1 }, raw_response: { error: { message: 'm' } } })
  })
})
