/** Signing in to Google against servers of our own, over real sockets, by the library that everybody uses for it. */

import { createVerify, generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { GatewayError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { createGoogleSignIn, type GoogleCredential } from './google-sign-in.ts'

const minute = 60_000
const keys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
const serviceAccount = {
  type: 'service_account',
  project_id: 'p',
  private_key_id: 'k1',
  private_key: keys.privateKey,
  client_email: 'gateway@p.iam.gserviceaccount.com',
  client_id: '1',
}
const userAccount = {
  type: 'authorized_user',
  client_id: 'c',
  client_secret: 'a secret of the client',
  refresh_token: 'r3fresh',
}

interface Asked {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}
type Reply = { status: number; body: object } | 'silence'

const granted = (token: string, seconds = 3600): Reply => ({
  status: 200,
  body: { access_token: token, expires_in: seconds, token_type: 'Bearer' },
})

let server: Server
let address: string
let replies: Reply[]
let asked: Asked[]
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'google-'))
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    asked.push({ path: request.url ?? '', headers: request.headers, body })
    const reply = replies.shift() ?? { status: 500, body: { error: 'nothing more was to be asked' } }
    if (reply === 'silence') return
    response.writeHead(reply.status, { 'content-type': 'application/json', 'metadata-flavor': 'Google' })
    response.end(JSON.stringify(reply.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(directory, { recursive: true })
})
beforeEach(() => {
  replies = []
  asked = []
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.useRealTimers()
})

/** Calls for tokens go to our server, wherever they were meant to go; `meant` has where. */
function world() {
  const meant: string[] = []
  const fake = { time: Date.now(), meant }
  const signIn = createGoogleSignIn({
    fetch: (input, init) => {
      const url = new URL(String(input instanceof Request ? input.url : input))
      meant.push(url.origin + url.pathname)
      return fetch(`${address}${url.pathname}`, init)
    },
    now: () => fake.time,
    readFile: (path) => readFile(path, 'utf8'),
  })
  return Object.assign(fake, { signIn })
}

const inline = (account: object): GoogleCredential => ({
  kind: 'google-credentials',
  json: new Secret(JSON.stringify(account)),
})

async function failure(promise: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(GatewayError)
  expect((error as GatewayError).failure).toBe('sign-in-failed')
  return error as GatewayError
}

describe('a service account', () => {
  test('signs a request for a token of Google Cloud', async () => {
    const { signIn, meant } = world()
    replies = [granted('t1')]
    await expect(signIn.token(inline(serviceAccount))).resolves.toBe('t1')
    expect(meant).toEqual(['https://oauth2.googleapis.com/token'])
    const form = new URLSearchParams(asked[0]!.body)
    expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    const [head = '', claims = '', signature = ''] = form.get('assertion')!.split('.')
    expect(createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(keys.publicKey, signature, 'base64url')).toBe(
      true,
    )
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      iss: serviceAccount.client_email,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
    })
  })

  test('may stand in a file', async () => {
    const path = join(directory, 'account.json')
    await writeFile(path, JSON.stringify(serviceAccount))
    replies = [granted('t1')]
    await expect(world().signIn.token({ kind: 'google-file', path })).resolves.toBe('t1')
  })

  test('is told by its name when it is refused, and by nothing that is secret', async () => {
    const { signIn } = world()
    replies = [{ status: 400, body: { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' } }]
    const error = await failure(signIn.token(inline(serviceAccount)))
    expect(error.message).toBe(
      'Sign-in to Google as gateway@p.iam.gserviceaccount.com failed: invalid_grant: Invalid JWT Signature. Check auth_credentials of the key, and that the account still exists and may use the project.',
    )
    expect([error.status, error.remedy]).toEqual([502, 'other-key'])
    const shown = inspect(error, { depth: 9, showHidden: true })
    expect(shown).not.toContain(keys.privateKey.split('\n')[1])
    expect(shown).not.toContain('assertion')
  })
})

describe('a user', () => {
  test('exchanges the refresh token', async () => {
    const { signIn } = world()
    replies = [granted('t1')]
    await expect(signIn.token(inline(userAccount))).resolves.toBe('t1')
    expect(Object.fromEntries(new URLSearchParams(asked[0]!.body))).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'r3fresh',
    })
  })

  test('whose consent was taken back is told so, without the token', async () => {
    replies = [{ status: 400, body: { error: 'invalid_grant', error_description: 'Token r3fresh has been revoked.' } }]
    const error = await failure(world().signIn.token(inline(userAccount)))
    expect(error.message).toContain('the authorized_user in auth_credentials failed: invalid_grant: Token *** has been')
  })
})

describe('a workload identity', () => {
  test('exchanges the token of another issuer', async () => {
    const path = join(directory, 'subject-token')
    await writeFile(path, 'a subject token')
    const { signIn } = world()
    replies = [granted('t1')]
    const account = {
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/p',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${address}/v1/token`,
      credential_source: { file: path },
    }
    await expect(signIn.token(inline(account))).resolves.toBe('t1')
    expect(new URLSearchParams(asked[0]!.body).get('subject_token')).toBe('a subject token')
  })
})

describe('what the machine is', () => {
  test('is a file that a variable names', async () => {
    const path = join(directory, 'default.json')
    await writeFile(path, JSON.stringify(userAccount))
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', path)
    replies = [granted('t1')]
    await expect(world().signIn.token({ kind: 'google-default' })).resolves.toBe('t1')
  })

  test('is asked of the metadata server', async () => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '')
    vi.stubEnv('HOME', directory)
    vi.stubEnv('CLOUDSDK_CONFIG', directory)
    vi.stubEnv('METADATA_SERVER_DETECTION', 'assume-present')
    vi.stubEnv('GCE_METADATA_HOST', address.slice('http://'.length))
    const { signIn } = world()
    replies = [granted('t1')]
    await expect(signIn.token({ kind: 'google-default' })).resolves.toBe('t1')
    expect(asked.map(({ path }) => path.replace(/\?.*/, ''))).toEqual([
      '/computeMetadata/v1/instance/service-accounts/default/token',
    ])
    expect(asked[0]!.headers['metadata-flavor']).toBe('Google')
  })

  test('is nothing where it has no credentials', async () => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '')
    vi.stubEnv('HOME', directory)
    vi.stubEnv('CLOUDSDK_CONFIG', directory)
    vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
    const error = await failure(world().signIn.token({ kind: 'google-default' }))
    expect(error.message).toMatch(
      /^Sign-in to Google as the default credentials of this machine failed: .*GOOGLE_APPLICATION_CREDENTIALS/,
    )
  })
})

describe('a token', () => {
  test('is remembered, and fetched by one call at a time', async () => {
    const { signIn } = world()
    const credential = inline(serviceAccount)
    replies = [granted('t1')]
    await expect(Promise.all([signIn.token(credential), signIn.token(credential)])).resolves.toEqual(['t1', 't1'])
    await expect(signIn.token(credential)).resolves.toBe('t1')
    expect(asked).toHaveLength(1)
  })

  test('is renewed in the background before it ends', async () => {
    const fake = world()
    const credential = inline(serviceAccount)
    replies = [granted('t1'), granted('t2')]
    await fake.signIn.token(credential)
    fake.time += 31 * minute
    await expect(fake.signIn.token(credential)).resolves.toBe('t1')
    await vi.waitFor(async () => expect(await fake.signIn.token(credential)).toBe('t2'))
    expect(asked).toHaveLength(2)
  })

  test('that ended is waited for', async () => {
    const fake = world()
    const credential = inline(serviceAccount)
    replies = [granted('t1'), granted('t2')]
    await fake.signIn.token(credential)
    fake.time += 56 * minute
    await expect(fake.signIn.token(credential)).resolves.toBe('t2')
  })

  test('of each credential is its own', async () => {
    const { signIn } = world()
    replies = [granted('t1'), granted('t2')]
    await expect(signIn.token(inline(serviceAccount))).resolves.toBe('t1')
    await expect(signIn.token(inline(serviceAccount))).resolves.toBe('t2')
  })

  test('that could not be had is not asked for again at once, but soon', async () => {
    const fake = world()
    const credential = inline(serviceAccount)
    replies = [{ status: 400, body: { error: 'invalid_grant' } }, granted('t1')]
    await failure(fake.signIn.token(credential))
    await failure(fake.signIn.token(credential))
    expect(asked).toHaveLength(1)
    fake.time += 6000
    await expect(fake.signIn.token(credential)).resolves.toBe('t1')
  })

  test('is not waited for for ever', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { signIn } = world()
    replies = ['silence']
    const waiting = failure(signIn.token(inline(userAccount)))
    await vi.waitFor(() => expect(asked).toHaveLength(1))
    await vi.advanceTimersByTimeAsync(10_000)
    expect((await waiting).message).toMatch(/failed: (no token in 10 s|.*timeout|.*aborted)/i)
  })
})

describe.each([
  ['a file that is not there', { kind: 'google-file', path: '/nowhere/account.json' }, 'the file cannot be read'],
  ['a text that is no JSON', { kind: 'google-credentials', json: new Secret('{"type"') }, 'it is no JSON object'],
] as const)('%s', (_, credential, message) => {
  test('is told before anybody is asked', async () => {
    expect((await failure(world().signIn.token(credential))).message).toContain(message)
    expect(asked).toEqual([])
  })
})
