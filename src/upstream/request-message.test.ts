import { describe, expect, it } from 'vitest'
import { GatewayError } from '../core/errors.ts'
import type { UpstreamCall } from '../ports/upstream.ts'
import { parseAddress } from './address.ts'
import { requestMessage } from './request-message.ts'

function message(call: Partial<UpstreamCall> & { url?: string }): string {
  const whole = { method: 'POST', headers: [], body: undefined, ...call } as unknown as UpstreamCall
  const written = requestMessage(parseAddress(call.url ?? 'http://host/v1/chat'), whole, [])
  return typeof written === 'string' ? written : written.toString('latin1')
}

function failureOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError)
    return `${(error as GatewayError).failure}: ${(error as GatewayError).message}`
  }
  return 'none'
}

describe('a request', () => {
  it('has its head and body in one piece', () => {
    expect(message({ headers: ['x-a', '1', 'x-b', 'two\tthree'], body: '{}' })).toBe(
      'POST /v1/chat HTTP/1.1\r\nhost: host\r\nconnection: keep-alive\r\nx-a: 1\r\nx-b: two\tthree\r\ncontent-length: 2\r\n\r\n{}',
    )
  })

  it('says that it has no body only where one is usual', () => {
    expect(message({})).toMatch(/\r\ncontent-length: 0\r\n\r\n$/)
    expect(message({ method: 'GET' })).toBe('GET /v1/chat HTTP/1.1\r\nhost: host\r\nconnection: keep-alive\r\n\r\n')
  })

  it('counts bytes, and sends headers as Latin-1 beside a body of UTF-8', () => {
    expect(message({ headers: ['x-a', 'é'], body: 'é€😀' })).toMatch(
      /x-a: \xe9\r\ncontent-length: 9\r\n\r\n\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80$/,
    )
    expect(message({ body: 'é' })).toMatch(/content-length: 2\r\n\r\n\xc3\xa9$/)
    // Half a surrogate pair has no UTF-8.
    expect(message({ body: 'a\ud800' })).toMatch(/content-length: 4\r\n\r\na\xef\xbf\xbd$/)
  })

  for (const value of ['a\r\nb: c', 'a\nb', 'a\rb', 'a\0b', 'a\x7fb', '€']) {
    it(`does not go out with the header value ${JSON.stringify(value)}`, () => {
      expect(failureOf(() => message({ headers: ['x-mine', value] }))).toMatch(/^invalid-request: Header x-mine /)
    })
  }

  for (const name of ['', 'a b', 'a:b', 'a\r\nb', 'é', 'Transfer-Encoding', 'content-length', 'Connection', 'host']) {
    it(`does not go out with the header name ${JSON.stringify(name)}`, () => {
      expect(failureOf(() => message({ headers: [name, 'v'] }))).toBe(
        `invalid-request: Header ${JSON.stringify(name)} cannot be sent to a provider.`,
      )
    })
  }
})

describe('an address', () => {
  const cases: [url: string, host: string, port: number, authority: string, path: string][] = [
    ['http://host', 'host', 80, 'host', '/'],
    ['https://Host:443/a?b=c#d', 'host', 443, 'host', '/a?b=c'],
    ['https://host:8443/a', 'host', 8443, 'host:8443', '/a'],
    ['http://[::1]:8080/v1', '::1', 8080, '[::1]:8080', '/v1'],
    ['http://127.0.0.1/a b/ü?q=ä "', '127.0.0.1', 80, '127.0.0.1', '/a%20b/%C3%BC?q=%C3%A4%20%22'],
    ['http://host/a\r\nb\tc\0d', 'host', 80, 'host', '/abc%00d'],
    ['http://münchen.example/', 'xn--mnchen-3ya.example', 80, 'xn--mnchen-3ya.example', '/'],
  ]
  for (const [url, host, port, authority, path] of cases) {
    it(`of ${JSON.stringify(url)}`, () => {
      expect(parseAddress(url)).toMatchObject({ host, port, authority, path })
    })
  }

  for (const url of ['', 'host/v1', 'ftp://host/', 'http://', 'http://host:99999/']) {
    it(`is not made of ${JSON.stringify(url)}`, () => {
      expect(failureOf(() => parseAddress(url))).toMatch(/^upstream-unreachable: .*not an http/)
    })
  }

  it('has no credentials, and an error does not tell them', () => {
    const failure = failureOf(() => parseAddress('https://me:secret@host/'))
    expect(failure).toMatch(/user name or password/)
    expect(failure).not.toContain('secret')
  })
})
