/** Which pages of other origins may read replies. */
import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { client } from '../../test/support/fake-world.ts'
import { commonHeaders, originAllowed } from './common-headers.ts'

describe('originAllowed', () => {
  test.each<[string, string[], boolean]>([
    ['https://a.example', ['*'], true],
    ['https://a.example', ['https://a.example'], true],
    ['https://a.example', ['https://b.example'], false],
    ['https://a.example', [], false],
    ['https://a.example:8443', ['https://a.example'], false],
    ['http://a.example', ['https://a.example'], false],
    ['https://a.b.example', ['https://*.b.example'], true],
    ['https://b.example', ['https://*.b.example'], false],
    ['https://a.b.example.evil.test', ['https://*.b.example'], false],
    ['https://evil.test/.b.example', ['https://*.b.example'], true],
    ['https://evil.test', ['https://a*'], false],
    ['https://a.example', ['https://a*'], true],
    ['https://a.middle.example', ['https://*.middle.*'], true],
    ['null', ['https://a.example'], false],
    ['null', ['null'], true],
    ['http://localhost', [], true],
    ['http://localhost:3000', [], true],
    ['https://127.0.0.1:3000', [], true],
    ['http://[::1]:3000', [], true],
    ['http://localhost.evil.test', [], false],
    ['http://127.0.0.1.evil.test', [], false],
    ['http://localhost:3000.evil.test', [], false],
    ['http://user@localhost', [], false],
    ['file://localhost', [], false],
  ])('%s, allowed %j: %s', (origin, allowed, expected) => expect(originAllowed(origin, allowed)).toBe(expected))
})

describe('commonHeaders', () => {
  function headersFor(
    origin: string | undefined,
    allowedOrigins: string[],
    allowedHeaders: string[] = [],
    asked?: string,
  ) {
    const request = { headers: { origin, 'access-control-request-headers': asked } } as unknown as IncomingMessage
    const flat = commonHeaders(request, 'id-1', { ...client, allowedOrigins, allowedHeaders })
    return Object.fromEntries(
      Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index], flat[2 * index + 1]]),
    )
  }

  test('without an origin there is nothing about origins', () => {
    const headers = headersFor(undefined, ['*'])
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control') || name === 'vary')).toEqual([])
    expect(headers).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'x-request-id': 'id-1',
    })
  })

  test.each<[string, string[], string | undefined]>([
    ['https://a.example', ['*'], undefined],
    ['https://a.example', ['*', 'https://a.example'], 'true'],
    ['https://a.example', ['https://a.example'], 'true'],
    ['https://a.b.example', ['https://*.b.example'], 'true'],
    ['http://localhost:3000', ['*'], 'true'],
  ])('%s, allowed by %j: credentials %s', (origin, allowed, credentials) => {
    const headers = headersFor(origin, allowed)
    expect(headers['access-control-allow-origin']).toBe(origin)
    expect(headers['vary']).toBe('Origin')
    expect(headers['access-control-allow-credentials']).toBe(credentials)
  })

  test('an origin that is not allowed is not named', () => {
    expect(headersFor('https://evil.test', ['https://a.example'])['access-control-allow-origin']).toBeUndefined()
  })

  test.each<[string, string]>([
    ['x-bf-vk', ', x-bf-vk'],
    ['Content-Type , X-Stainless-Lang,openai-organization', ', x-stainless-lang, openai-organization'],
    ['anthropic-version, anthropic-beta', ', anthropic-version, anthropic-beta'],
    ['x-evil, x-bf-, x-bf-a b, cookie', ''],
  ])('of the headers a page asks for, those of SDKs and ours are allowed: %s', (asked, added) => {
    expect(headersFor('https://a.example', ['*'], [], asked)['access-control-allow-headers']).toBe(
      `Content-Type, Authorization, X-Requested-With, X-Stainless-Timeout, X-Api-Key${added}`,
    )
  })

  test('a list of headers as long as a header may be takes no time', () => {
    // A slow way would outlast the time of a test.
    const headers = headersFor('https://a.example', ['*'], [], `x${' '.repeat(320_000)}x`)
    expect(headers['access-control-allow-headers']).not.toContain('  ')
  })

  test('headers of the settings are allowed as well', () => {
    expect(headersFor('https://a.example', ['*'], ['X-Mine'])['access-control-allow-headers']).toBe(
      'Content-Type, Authorization, X-Requested-With, X-Stainless-Timeout, X-Api-Key, X-Mine',
    )
  })
})
