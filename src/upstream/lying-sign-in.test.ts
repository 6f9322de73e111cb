/** Whoever gives tokens may lie, fail or say nothing: what comes of it is a token that is good for something, or a failure that says whose sign-in it was. */
import { generateKeyPairSync } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { GatewayError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { type AwsCredential, createAwsSignIn } from './aws-sign-in.ts'
import { createGoogleSignIn, type GoogleCredential } from './google-sign-in.ts'
import { callTo, failureOf } from './upstream.conformance.ts'

type Answer = string | ((response: ServerResponse) => void)

let answers: Answer[]
let address: string

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    // What there is no answer for gets none.
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!
    if (typeof answer === 'string') response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
    else answer(response)
  })
})

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  vi.stubEnv('AWS_CONFIG_FILE', join(tmpdir(), 'no-such-config'))
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(tmpdir(), 'no-such-credentials'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.useRealTimers()
})

/** The libraries wait a second or two before they ask again: those go by fast here. */
async function hurried<Value>(begin: () => Promise<Value>): Promise<Value> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const work = begin()
  let settled = false
  const done = () => {
    settled = true
  }
  work.then(done, done)
  while (!settled) {
    await vi.advanceTimersByTimeAsync(20)
    await pause(1)
  }
  return work
}

const withStatus =
  (status: number, body: string, type = 'application/json') =>
  (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': type }).end(body)
  }

const html = '<!DOCTYPE html><html><body>502 Bad Gateway</body></html>'

/** No answers that have anything in them. */
const nothing: [string, Answer][] = [
  ['500', withStatus(500, '{"error":"internal"}')],
  ['500 without a word', withStatus(500, '')],
  ['503 as HTML', withStatus(503, html, 'text/html')],
  ['HTML', withStatus(200, html, 'text/html')],
  ['no words', ''],
  ['no JSON', '{"access_token":'],
  ['a list', '[]'],
  ['null', 'null'],
  ['a number', '7'],
  ['an empty object', '{}'],
  ['a redirect', (response) => void response.writeHead(302, { location: 'http://a.example/' }).end()],
  ['a connection that breaks', (response) => void response.destroy()],
  [
    'half an answer',
    (response) => void response.writeHead(200, { 'content-length': 100 }).write('{"acc', () => response.destroy()),
  ],
]

const secretKey = 'a-secret-of-the-account'
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

describe('Google', () => {
  const accounts: Record<string, object> = {
    'a service account': {
      type: 'service_account',
      private_key: privateKey,
      client_email: 'gateway@p.example',
      client_id: '1',
    },
    'a user': { type: 'authorized_user', client_id: 'c', client_secret: secretKey, refresh_token: 'r3fresh' },
  }
  const credentialOf = (account: object): GoogleCredential => ({
    kind: 'google-credentials',
    json: new Secret(JSON.stringify(account)),
  })
  const granted = (members: object) =>
    JSON.stringify({ access_token: 't1', token_type: 'Bearer', expires_in: 3600, ...members })

  function signer() {
    const fake = { time: Date.now() }
    const signIn = createGoogleSignIn({
      fetch: (input, init) =>
        fetch(`${address}${new URL(String(input instanceof Request ? input.url : input)).pathname}`, {
          ...init,
          redirect: 'error',
        }),
      now: () => fake.time,
      readFile: () => Promise.reject(new Error('no files here')),
    })
    return Object.assign(fake, { signIn })
  }

  describe.each(Object.entries(accounts))('%s', (_, account) => {
    it.each<[string, Answer]>([
      ...nothing,
      ['a token that is an object', granted({ access_token: { a: 1 } })],
      ['a token that is a number', granted({ access_token: 7 })],
      ['a token with a line break', granted({ access_token: 't\r\nX-Evil: 1' })],
      ['a token of nothing', granted({ access_token: '' })],
    ])('is told %s', async (_, answer) => {
      answers = [answer]
      const error = await hurried(() => failureOf(signer().signIn.token(credentialOf(account))))
      expect(error).toBeInstanceOf(GatewayError)
      expect(error.failure).toBe('sign-in-failed')
      expect(error.message).toMatch(/^Sign-in to Google as .+ failed: \S.+ Check /)
      expect(`${error.message} ${JSON.stringify(error.details)}`).not.toContain(secretKey)
    })

    it.each<[string, object]>([
      ['at once', { expires_in: 0 }],
      ['before it began', { expires_in: -3600 }],
      ['in a word', { expires_in: 'soon' }],
      ['nobody knows when', { expires_in: null }],
      ['in an object', { expires_in: {} }],
    ])('gets a token that ends %s: it is used, and not for long', async (_, members) => {
      answers = [granted(members), granted({ access_token: 't2' })]
      const fake = signer()
      const credential = credentialOf(account)
      expect(await fake.signIn.token(credential)).toBe('t1')
      fake.time += 3600_000
      expect(await fake.signIn.token(credential)).toBe('t2')
    })
  })
})

describe('AWS', () => {
  const machine: AwsCredential = { kind: 'aws-default', region: 'eu-west-1', role: undefined }
  const lent = (members: object) =>
    JSON.stringify({
      AccessKeyId: 'ASIA1',
      SecretAccessKey: 's3cr3t-value',
      Token: 't1',
      Expiration: new Date(Date.now() + 3600_000).toISOString(),
      ...members,
    })

  function signer() {
    const fake = { time: Date.now() }
    const signIn = createAwsSignIn({ now: () => fake.time })
    const sign = async (credential: AwsCredential) => {
      const headers = await signIn.sign(
        callTo('https://bedrock-runtime.eu-west-1.amazonaws.com', { credential }),
        credential,
        'bedrock',
      )
      return headers.join('\n')
    }
    return Object.assign(fake, { sign })
  }

  beforeEach(() => {
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${address}/role`)
  })

  it.each<[string, Answer]>([
    ...nothing,
    ['no key', lent({ AccessKeyId: undefined })],
    ['no secret', lent({ SecretAccessKey: undefined })],
    ['a key that is a number', lent({ AccessKeyId: 7 })],
    ['a secret that is a list', lent({ SecretAccessKey: [] })],
    ['a token that is an object', lent({ Token: {} })],
    ['a token with a line break', lent({ Token: 't\r\nX-Evil: 1' })],
    ['a key with a line break', lent({ AccessKeyId: 'A\r\nX-Evil: 1' })],
  ])('a container is told %s', async (_, answer) => {
    answers = [answer]
    const error = await hurried(() => failureOf(signer().sign(machine)))
    expect(error).toBeInstanceOf(GatewayError)
    expect(error.failure).toBe('sign-in-failed')
    expect(error.message).toMatch(/^Sign-in to AWS with .+ failed: \S.+ Give /)
    expect(error.message).not.toContain('s3cr3t-value')
  })

  it('a container that says nothing is not waited for for ever', async () => {
    answers = [() => {}]
    const error = await hurried(() => failureOf(signer().sign(machine)))
    expect(error.message).toMatch(/^Sign-in to AWS with .+ failed: \S.+ Give /)
  })

  it('a container lends keys that have ended: they are used, and not for long', async () => {
    answers = [lent({ Expiration: '2001-01-01T00:00:00Z' }), lent({ AccessKeyId: 'ASIA2' })]
    const fake = signer()
    expect(await fake.sign(machine)).toContain('ASIA1')
    fake.time += 3600_000
    expect(await fake.sign(machine)).toContain('ASIA2')
  })

  it.each(['soon', 5])('a container lends keys that end %j: it is asked again', async (end) => {
    answers = [lent({ Expiration: end }), lent({ AccessKeyId: 'ASIA2' })]
    expect(await hurried(() => signer().sign(machine))).toContain('ASIA2')
  })
})
