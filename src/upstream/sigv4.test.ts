/** Signatures held against two implementations that are not ours, over many requests. */

import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'
import { AwsV4Signer } from 'aws4fetch'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAddress } from './address.ts'
import { type AwsKeys, signedHeaders } from './sigv4.ts'

interface Signed {
  url: string
  body: string | undefined
  keys: AwsKeys
  region: string
  contentType: string | undefined
  time: number
}

function headersOf(flat: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let index = 0; index < flat.length; index += 2) headers[flat[index] as string] = flat[index + 1] as string
  return headers
}

function ours({ url, body, keys, region, contentType, time }: Signed): Record<string, string> {
  const { authority, path } = parseAddress(url)
  const headers = ['accept', 'application/json', ...(contentType === undefined ? [] : ['content-type', contentType])]
  const request = { method: 'POST', host: authority, path, headers, body }
  return headersOf(signedHeaders(request, keys, { region, service: 'bedrock', time }))
}

function moment(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, '')
}

async function byAws4fetch({ url, body, keys, region, contentType, time }: Signed): Promise<string> {
  const signer = new AwsV4Signer({
    method: 'POST',
    url: parseAddress(url).origin + parseAddress(url).path,
    // It leaves the content type out unless it is told to sign everything.
    allHeaders: true,
    headers: contentType === undefined ? {} : { 'content-type': contentType },
    body: body ?? null,
    accessKeyId: keys.accessKey,
    secretAccessKey: keys.secretKey,
    ...(keys.sessionToken !== undefined && { sessionToken: keys.sessionToken }),
    service: 'bedrock',
    region,
    datetime: moment(time),
  } as ConstructorParameters<typeof AwsV4Signer>[0])
  const { headers } = await signer.sign()
  return headers.get('authorization') ?? ''
}

async function bySmithy({ url, body, keys, region, contentType, time }: Signed): Promise<string> {
  const { authority, path } = parseAddress(url)
  const [place = '', query] = path.split('?')
  const signer = new SignatureV4({
    credentials: {
      accessKeyId: keys.accessKey,
      secretAccessKey: keys.secretKey,
      ...(keys.sessionToken !== undefined && { sessionToken: keys.sessionToken }),
    },
    region,
    service: 'bedrock',
    sha256: Sha256,
    applyChecksum: false,
  })
  const { headers } = await signer.sign(
    {
      method: 'POST',
      protocol: 'https:',
      hostname: authority,
      path: place,
      query: Object.fromEntries(new URLSearchParams(query)),
      headers: { host: authority, ...(contentType !== undefined && { 'content-type': contentType }) },
      body,
    },
    { signingDate: new Date(time) },
  )
  return headers['authorization'] ?? ''
}

const model = fc.oneof(
  fc.constantFrom(
    'us.amazon.nova-pro-v1:0',
    'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    'arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:application-inference-profile/abc(1)*!',
    'a model with blanks, and ümlauts/🦙',
  ),
  fc.string({
    unit: fc.constantFrom('a', ':', '/', '%', '(', "'", '*', '!', ' ', 'ü', '~', '+', '@', '='),
    minLength: 1,
  }),
)
const anyBody = fc.oneof(
  fc.constant(undefined),
  fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
)
const token = fc.string({ unit: fc.constantFrom('a', 'B', '1', '/', '+', '='), minLength: 1, maxLength: 60 })

const requests: fc.Arbitrary<Signed> = fc.record({
  url: model.map(
    (name) => `https://bedrock-runtime.us-east-1.amazonaws.com/model/${encodeURIComponent(name)}/converse`,
  ),
  body: anyBody,
  keys: fc.record({ accessKey: token, secretKey: token, sessionToken: fc.option(token, { nil: undefined }) }),
  region: fc.constantFrom('us-east-1', 'eu-central-1', 'us-gov-west-1'),
  contentType: fc.constantFrom('application/json', undefined),
  time: fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }).map(Number),
})

describe('the same signature as', () => {
  it('aws4fetch', async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        expect(ours(request)['authorization']).toBe(await byAws4fetch(request))
      }),
    )
  })

  it('the AWS library', async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        expect(ours(request)['authorization']).toBe(await bySmithy(request))
      }),
    )
  })

  it.each([
    'https://localhost:8443/model/a/converse?b=2&a=1&a=0',
    'https://h/x?name=caf%C3%A9&empty=&bare',
    'https://h/x?a%2Fb=c%20d&A=1',
    'http://127.0.0.1:9000/',
  ])('both, for %s', async (url) => {
    const keys = { accessKey: 'AKIDEXAMPLE', secretKey: 'secret', sessionToken: undefined }
    const request = { url, body: '{}', keys, region: 'us-east-1', contentType: 'application/json', time: 1e12 }
    expect(ours(request)['authorization']).toBe(await byAws4fetch(request))
    if (!/a=1&a=0/.test(url)) expect(ours(request)['authorization']).toBe(await bySmithy(request))
  })
})

it('says when, and what the session is', () => {
  const keys = { accessKey: 'AK', secretKey: 'SK', sessionToken: 'token' }
  const request = { url: 'https://h/x', body: '', keys, region: 'r', contentType: undefined, time: 1_767_225_600_000 }
  expect(ours(request)).toMatchObject({ 'x-amz-date': '20260101T000000Z', 'x-amz-security-token': 'token' })
  expect(ours({ ...request, keys: { ...keys, sessionToken: undefined } })).not.toHaveProperty('x-amz-security-token')
})

it('every day and every secret has a key of its own', () => {
  const keys = { accessKey: 'AK', secretKey: 'SK', sessionToken: undefined }
  const request = { url: 'https://h/x', body: '', keys, region: 'r', contentType: undefined, time: 1_767_225_600_000 }
  const signatures = [
    ours(request),
    ours({ ...request, time: request.time + 86_400_000 }),
    ours({ ...request, keys: { ...keys, secretKey: 'other' } }),
    ours(request),
  ].map((headers) => headers['authorization'])
  expect(new Set(signatures).size).toBe(3)
  expect(signatures[3]).toBe(signatures[0])
})
