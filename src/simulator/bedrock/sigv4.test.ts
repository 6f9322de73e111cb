/** The verification of signatures, held against two signers that others wrote. */
import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'
import { AwsClient } from 'aws4fetch'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refused } from '../errors.ts'
import { type SignedRequest, verifySignature } from './sigv4.ts'

const now = Date.UTC(2026, 10, 20, 12, 0, 0)
const accessKey = 'AKIASIMULATOR0001'
const secret = 'secret/AKIASIMULATOR0001'
const verification = {
  service: 'bedrock',
  now,
  secretOf: (key: string) => (key === accessKey ? secret : undefined),
}

interface Unsigned {
  url: string
  body?: string
  headers?: Record<string, string>
  secret?: string
  session?: string
  service?: string
  at?: number
}

type Signer = (request: Unsigned) => Promise<SignedRequest>

const host = 'https://bedrock-runtime.us-east-1.amazonaws.com'
const pathOf = (url: string) => url.slice(host.length)

/** https://github.com/mhart/aws4fetch */
const byAws4fetch: Signer = async ({ url, body = '', headers = {}, session, service, at = now, ...others }) => {
  const client = new AwsClient({
    accessKeyId: accessKey,
    secretAccessKey: others.secret ?? secret,
    service: service ?? 'bedrock',
    region: 'us-east-1',
    ...(session && { sessionToken: session }),
  })
  const datetime = new Date(at).toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
  const signed = await client.sign(url, { method: 'POST', body, headers, aws: { datetime } })
  const own = Object.fromEntries(signed.headers.entries())
  return { method: 'POST', url: pathOf(signed.url), headers: { ...own, host: new URL(url).host }, text: body }
}

/** https://github.com/smithy-lang/smithy-typescript */
const bySmithy: Signer = async ({ url, body = '', headers = {}, session, service, at = now, ...others }) => {
  const signer = new SignatureV4({
    credentials: {
      accessKeyId: accessKey,
      secretAccessKey: others.secret ?? secret,
      ...(session && { sessionToken: session }),
    },
    region: 'us-east-1',
    service: service ?? 'bedrock',
    sha256: Sha256,
  })
  const { hostname, pathname, searchParams } = new URL(url)
  const unsigned = {
    method: 'POST',
    protocol: 'https:',
    hostname,
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: { host: hostname, 'content-type': 'application/json', ...headers },
    body,
  }
  const signed = await signer.sign(unsigned, { signingDate: new Date(at) })
  const own = Object.fromEntries(Object.entries(signed.headers).map(([name, value]) => [name.toLowerCase(), value]))
  return { method: 'POST', url: pathOf(url), headers: own, text: body }
}

const requests: [string, Unsigned][] = [
  ['a plain one', { url: `${host}/model/echo/converse`, body: '{"messages":[]}' }],
  ['no body', { url: `${host}/model/echo/converse` }],
  ['a body beyond ASCII', { url: `${host}/model/echo/converse`, body: '{"a":"Zoë 👨‍👩‍👧"}' }],
  [
    'an inference profile',
    { url: `${host}/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream`, body: '{}' },
  ],
  [
    'an ARN',
    {
      url: `${host}/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.anthropic.claude-x/converse`,
      body: '{}',
    },
  ],
  ['a query', { url: `${host}/model/echo/converse?b=2&a=1%20x&c=`, body: '{}' }],
  ['a session token', { url: `${host}/model/echo/converse`, body: '{}', session: 'token/x+y==' }],
  ['headers with blanks', { url: `${host}/model/echo/converse`, body: '{}', headers: { 'x-amz-meta': ' a   b ' } }],
  ['a clock four minutes off', { url: `${host}/model/echo/converse`, body: '{}', at: now - 4 * 60_000 }],
]

const signers: [string, Signer][] = [
  ['aws4fetch', byAws4fetch],
  ['smithy', bySmithy],
]

function refusalOf(request: SignedRequest, how = verification): [number, unknown, string] {
  try {
    verifySignature(request, how)
  } catch (error) {
    if (error instanceof Refused) return [error.status, error.body.type, error.body.message]
    throw error
  }
  throw new Error('The signature was taken for good.')
}

describe.each(signers)('signed by %s', (_, sign) => {
  test.each(requests)('%s', async (_, request) => {
    expect(verifySignature(await sign(request), verification)).toBe(accessKey)
  })

  const segment = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => !/^\.+$/.test(text))
  // Smithy keeps a query in an object, which cannot have this name.
  const name = segment.filter((text) => text !== '__proto__')
  const anything = fc.record({ id: segment, name, value: segment, body: fc.string({ unit: 'grapheme' }) })

  test('anything, in path, query and body', async () => {
    await fc.assert(
      fc.asyncProperty(anything, async ({ id, name, value, body }) => {
        const [path, key, said] = [id, name, value].map(encodeURIComponent)
        const url = `${host}/model/${path}/converse?${key}=${said}`
        expect(verifySignature(await sign({ url, body }), verification)).toBe(accessKey)
      }),
    )
  })

  const plain: Unsigned = { url: `${host}/model/echo/converse?a=1`, body: '{"messages":[]}', session: 't' }
  const changed: [string, (request: SignedRequest) => SignedRequest][] = [
    ['another method', (request) => ({ ...request, method: 'PUT' })],
    ['another path', (request) => ({ ...request, url: '/model/tools/converse?a=1' })],
    ['another query', (request) => ({ ...request, url: '/model/echo/converse?a=2' })],
    ['another body', (request) => ({ ...request, text: '{"messages":[] }' })],
    ['another host', (request) => ({ ...request, headers: { ...request.headers, host: 'example.com' } })],
    ['another session', (request) => ({ ...request, headers: { ...request.headers, 'x-amz-security-token': 'u' } })],
    ['a query that cannot be read', (request) => ({ ...request, url: '/model/echo/converse?a=%zz' })],
    ['a header unsigned', (request) => ({ ...request, headers: { ...request.headers, 'x-amz-target': 'x' } })],
    [
      'a hash of another body',
      (request) => ({ ...request, headers: { ...request.headers, 'x-amz-content-sha256': 'x' } }),
    ],
  ]
  test.each(changed)('%s than was signed is refused', async (_, change) => {
    expect(refusalOf(change(await sign(plain))).slice(0, 2)).toEqual([403, 'InvalidSignatureException'])
  })

  test('another secret, service, time or key is refused, each in words of its own', async () => {
    const refusals = [
      refusalOf(await sign({ ...plain, secret: 'other' })),
      refusalOf(await sign({ ...plain, service: 'bedrock-runtime' })),
      refusalOf(await sign({ ...plain, at: now - 6 * 60_000 })),
      refusalOf(await sign({ ...plain, at: now + 6 * 60_000 })),
      refusalOf(await sign(plain), { ...verification, secretOf: () => undefined }),
    ]
    expect(refusals.map(([status, type, message]) => [status, type, message.slice(0, 40)])).toEqual([
      [403, 'InvalidSignatureException', 'The request signature we calculated does'],
      [403, 'InvalidSignatureException', 'Credential should be scoped to correct s'],
      [403, 'InvalidSignatureException', 'Signature expired: 20261120T115400Z is n'],
      [403, 'InvalidSignatureException', 'Signature not yet current: 20261120T1206'],
      [403, 'UnrecognizedClientException', 'The security token included in the reque'],
    ])
  })
})

describe('headers that no signer writes', () => {
  const scope = 'AKIASIMULATOR0001/20261120/us-east-1/bedrock/aws4_request'
  const headers: [string, string, unknown][] = [
    [
      'no signature',
      `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host;x-amz-date`,
      'IncompleteSignatureException',
    ],
    [
      'no scope',
      'AWS4-HMAC-SHA256 Credential=AKIA, SignedHeaders=host;x-amz-date, Signature=0',
      'IncompleteSignatureException',
    ],
    [
      'no host',
      `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=x-amz-date, Signature=0`,
      'InvalidSignatureException',
    ],
    [
      'no order',
      `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=x-amz-date;host, Signature=0`,
      'InvalidSignatureException',
    ],
    [
      'another day',
      `AWS4-HMAC-SHA256 Credential=${scope.replace('1120', '1119')}, SignedHeaders=host;x-amz-date, Signature=0`,
      'InvalidSignatureException',
    ],
    [
      'no region',
      `AWS4-HMAC-SHA256 Credential=${scope.replace('us-east-1', 'x')}, SignedHeaders=host;x-amz-date, Signature=0`,
      'InvalidSignatureException',
    ],
    [
      'a short signature',
      `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host;x-amz-date, Signature=0`,
      'InvalidSignatureException',
    ],
  ]
  test.each(headers)('%s', (_, authorization, type) => {
    const request = { method: 'POST', url: '/model/echo/converse', text: '{}' }
    const own = { host: 'x', 'x-amz-date': '20261120T120000Z', authorization }
    expect(refusalOf({ ...request, headers: own })[1]).toBe(type)
  })

  test('no date', () => {
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`
    const request = { method: 'POST', url: '/model/echo/converse', text: '{}', headers: { host: 'x', authorization } }
    expect(refusalOf(request).slice(0, 2)).toEqual([400, 'IncompleteSignatureException'])
  })
})
