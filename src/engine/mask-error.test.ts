/** Credentials are taken out of errors, wherever in them they stand. */
import { describe, expect, test } from 'vitest'
import { GatewayError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import type { Credential } from '../core/snapshot.ts'
import { maskError } from './mask-error.ts'

const value = 'sk-live-"4711"\\'
const secret: Credential = { kind: 'secret', secret: new Secret(value) }
const awsKeys = {
  kind: 'aws-keys',
  accessKey: 'AKIAIOSFODNN7EXAMPLE',
  secretKey: new Secret('not in the error'),
  sessionToken: undefined,
  region: undefined,
  role: undefined,
} satisfies Credential

describe('maskError', () => {
  const error = new GatewayError('upstream-status', `Incorrect API key provided: ${value}.`, {
    status: 401,
    remedy: 'other-key',
    type: 'invalid_request_error',
    code: `key_${value}`,
    param: { [value]: [value, { nested: `a ${value} b` }] },
    inner: value,
    retryAfter: 5,
    headers: ['x-key', value, 'x-other', 'kept'],
    upstreamError: { message: value, list: [1, null, true, value], own: { key: value } },
    rawResponse: `{"error":"${value}"}`,
    cause: new Error(value),
  })

  test.each<[string, Credential]>([
    ['a key', secret],
    [
      'a client secret',
      { kind: 'entra-client', tenantId: 't', clientId: 'c', clientSecret: new Secret(value), scope: 's' },
    ],
    ['a secret key of AWS', { ...awsKeys, secretKey: new Secret(value) }],
    ['a session token of AWS', { ...awsKeys, sessionToken: new Secret(value) }],
  ])('%s is nowhere in what may be told', (_, credential) => {
    const masked = maskError(error, credential)
    const { param, ...others } = masked.details
    expect(JSON.stringify({ message: masked.message, others })).not.toContain(JSON.stringify(value).slice(1, -1))
    expect(Object.values(param as object)).toEqual([['***', { nested: 'a *** b' }]])
    expect(masked.cause).toBeUndefined()
    expect(masked.message).toBe('Incorrect API key provided: ***.')
  })

  test('everything else stays as it was', () => {
    const masked = maskError(error, secret)
    expect(masked.failure).toBe('upstream-status')
    expect(masked.status).toBe(401)
    expect(masked.remedy).toBe('other-key')
    expect(masked.details).toMatchObject({
      type: 'invalid_request_error',
      code: 'key_***',
      retryAfter: 5,
      headers: ['x-key', '***', 'x-other', 'kept'],
      upstreamError: { message: '***', list: [1, null, true, '***'], own: { key: '***' } },
    })
  })

  test('an error that has nothing of it is the same error', () => {
    const harmless = new GatewayError('upstream-status', 'no', { status: 500, upstreamError: { list: [{}] } })
    expect(maskError(harmless, secret)).toBe(harmless)
  })

  test.each<[string, Credential]>([
    ['none', { kind: 'none' }],
    ['a machine', { kind: 'entra-machine', clientId: undefined, scope: 's' }],
    ['an x, as servers without keys are given', { kind: 'secret', secret: new Secret('x') }],
    ['a number that is a status', { kind: 'secret', secret: new Secret('401') }],
  ])('a credential that is no secret: %s', (_, credential) => expect(maskError(error, credential)).toBe(error))

  test('a key that is the name of a member leaves the members', () => {
    const odd: Credential = { kind: 'secret', secret: new Secret('status') }
    const masked = maskError(new GatewayError('upstream-status', 'a status', { status: 429, code: 'status' }), odd)
    expect(masked.status).toBe(429)
    expect(masked.details.code).toBe('***')
  })
})
