import { setImmediate as turn } from 'node:timers/promises'
import { inspect } from 'node:util'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { GatewayError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { type AzureSignInWorld, createAzureSignIn, type EntraCredential } from './azure-sign-in.ts'

type Reply = { status: number; body: string }
type Call = { url: string } & Parameters<AzureSignInWorld['request']>[1]

const scope = 'https://cognitiveservices.azure.com/.default'
const minute = 60_000

function clientCredential(secret = 's3cr3t/+ value'): EntraCredential {
  return { kind: 'entra-client', tenantId: 'tenant', clientId: 'client', clientSecret: new Secret(secret), scope }
}
const machineCredential = (clientId?: string): EntraCredential => ({ kind: 'entra-machine', clientId, scope })

const granted = (token: string, seconds: number | string = 3600): Reply => ({
  status: 200,
  body: JSON.stringify({ token_type: 'Bearer', access_token: token, expires_in: seconds }),
})

/** A world that answers with what is in `replies`, in turn, and writes down what it was asked. */
function world(replies: (Reply | Error | Promise<Reply>)[], environment: Record<string, string> = {}) {
  const calls: Call[] = []
  const files = new Map<string, string>()
  const fake = { time: Date.UTC(2026, 0, 1), calls, files, replies }
  const signIn = createAzureSignIn({
    async request(url, options) {
      calls.push({ url, ...options })
      const reply = await replies.shift()
      if (reply === undefined) throw new Error('nothing more was to be asked')
      if (reply instanceof Error) throw reply
      return reply
    },
    now: () => fake.time,
    async readFile(path) {
      const text = files.get(path)
      if (text === undefined) throw new Error(`ENOENT: ${path}`)
      return text
    },
    environment,
  })
  return Object.assign(fake, { signIn })
}

async function failure(promise: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(GatewayError)
  return error as GatewayError
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('a client secret', () => {
  test('is exchanged for a token', async () => {
    const { signIn, calls } = world([granted('t1')])
    await expect(signIn.token(clientCredential())).resolves.toBe('t1')
    expect(calls).toMatchObject([
      {
        method: 'POST',
        url: 'https://login.microsoftonline.com/tenant/oauth2/v2.0/token',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      },
    ])
    expect(Object.fromEntries(new URLSearchParams(calls[0]?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'client',
      client_secret: 's3cr3t/+ value',
      scope,
    })
  })

  test('goes to the authority of another cloud', async () => {
    const { signIn, calls } = world([granted('t1')], { AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.us/' })
    await signIn.token(clientCredential())
    expect(calls[0]?.url).toBe('https://login.microsoftonline.us/tenant/oauth2/v2.0/token')
  })

  test('cannot leave its place in the URL', async () => {
    const { signIn, calls } = world([granted('t1')])
    await signIn.token({ ...clientCredential(), tenantId: '../x?y' } as EntraCredential)
    expect(calls[0]?.url).toBe('https://login.microsoftonline.com/..%2Fx%3Fy/oauth2/v2.0/token')
  })
})

describe('a machine', () => {
  test('asks its own address', async () => {
    const { signIn, calls } = world([granted('t1', '86399')])
    await expect(signIn.token(machineCredential())).resolves.toBe('t1')
    expect(calls).toMatchObject([
      {
        method: 'GET',
        url: 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fcognitiveservices.azure.com',
        headers: { metadata: 'true' },
      },
    ])
    expect(calls[0]).not.toHaveProperty('body')
  })

  test.each([
    ['the key', 'mine', {}],
    ['the environment', undefined, { AZURE_CLIENT_ID: 'mine' }],
  ])('asks for the identity that %s names', async (_, clientId, environment) => {
    const { signIn, calls } = world([granted('t1')], environment)
    await signIn.token(machineCredential(clientId))
    expect(new URL(calls[0]?.url ?? '').searchParams.get('client_id')).toBe('mine')
  })

  test('asks App Service where it says so', async () => {
    const fake = world([], { IDENTITY_ENDPOINT: 'http://127.0.0.1:41/msi/token', IDENTITY_HEADER: 'header-secret' })
    const ends = fake.time / 1000 + 3600
    fake.replies.push({ status: 200, body: JSON.stringify({ access_token: 't1', expires_on: String(ends) }) })
    await expect(fake.signIn.token(machineCredential('mine'))).resolves.toBe('t1')
    expect(fake.calls).toMatchObject([
      {
        url: 'http://127.0.0.1:41/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fcognitiveservices.azure.com&client_id=mine',
        headers: { 'x-identity-header': 'header-secret' },
      },
    ])
  })

  test('knows from App Service when a token ends', async () => {
    const fake = world([], { IDENTITY_ENDPOINT: 'http://127.0.0.1:41/msi/token', IDENTITY_HEADER: 'header-secret' })
    const ends = (minutes: number) => String(fake.time / 1000 + minutes * 60)
    fake.replies.push(
      { status: 200, body: JSON.stringify({ access_token: 't1', expires_on: ends(60) }) },
      granted('t2'),
    )
    const credential = machineCredential()
    await fake.signIn.token(credential)
    fake.time += 29 * minute
    await expect(fake.signIn.token(credential)).resolves.toBe('t1')
    expect(fake.calls).toHaveLength(1)
    fake.time += 27 * minute
    await expect(fake.signIn.token(credential)).resolves.toBe('t2')
  })
})

describe('a workload identity', () => {
  const environment = {
    AZURE_FEDERATED_TOKEN_FILE: '/var/run/token',
    AZURE_TENANT_ID: 'tenant',
    AZURE_CLIENT_ID: 'client',
  }

  test('is exchanged for a token', async () => {
    const { signIn, calls, files } = world([granted('t1')], environment)
    files.set('/var/run/token', 'assertion-1\n')
    await expect(signIn.token(machineCredential())).resolves.toBe('t1')
    expect(calls[0]).toMatchObject({
      method: 'POST',
      url: 'https://login.microsoftonline.com/tenant/oauth2/v2.0/token',
    })
    expect(Object.fromEntries(new URLSearchParams(calls[0]?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'client',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'assertion-1',
      scope,
    })
  })

  test('comes before a managed identity, with the client the key names', async () => {
    const { signIn, calls, files } = world([granted('t1')], {
      ...environment,
      IDENTITY_ENDPOINT: 'http://127.0.0.1:41',
      IDENTITY_HEADER: 'header-secret',
    })
    files.set('/var/run/token', 'assertion-1')
    await signIn.token(machineCredential('mine'))
    expect(new URLSearchParams(calls[0]?.body).get('client_id')).toBe('mine')
  })

  test('reads its file anew for each token', async () => {
    const fake = world([granted('t1'), granted('t2')], environment)
    const credential = machineCredential()
    fake.files.set('/var/run/token', 'assertion-1')
    await fake.signIn.token(credential)
    fake.files.set('/var/run/token', 'assertion-2')
    fake.time += 56 * minute
    await expect(fake.signIn.token(credential)).resolves.toBe('t2')
    expect(fake.calls.map(({ body }) => new URLSearchParams(body).get('client_assertion'))).toEqual([
      'assertion-1',
      'assertion-2',
    ])
  })

  test('says which file cannot be read', async () => {
    const { signIn, calls } = world([], environment)
    const error = await failure(signIn.token(machineCredential()))
    expect(error.failure).toBe('sign-in-failed')
    expect(error.message).toContain('/var/run/token cannot be read')
    expect(calls).toEqual([])
  })

  test.each(['AZURE_TENANT_ID', 'AZURE_CLIENT_ID'] as const)('says that %s is missing', async (name) => {
    const { signIn } = world([], { ...environment, [name]: '' })
    const error = await failure(signIn.token(machineCredential()))
    expect(error.message).toContain(`but not ${name}.`)
  })
})

describe('a token', () => {
  test('is used until five minutes before it ends', async () => {
    const fake = world([granted('t1'), new Error('no network'), granted('t2')])
    const credential = clientCredential()
    await fake.signIn.token(credential)
    fake.time += 29 * minute
    await fake.signIn.token(credential)
    expect(fake.calls).toHaveLength(1)
    fake.time += 26 * minute - 1
    await expect(fake.signIn.token(credential)).resolves.toBe('t1')
    await turn()
    fake.time += 6000
    await expect(fake.signIn.token(credential)).resolves.toBe('t2')
    expect(fake.calls).toHaveLength(3)
  })

  test('is renewed in the background from half of its life on', async () => {
    const renewal = Promise.withResolvers<Reply>()
    const fake = world([granted('t1'), renewal.promise])
    const credential = clientCredential()
    await fake.signIn.token(credential)
    fake.time += 30 * minute
    await expect(fake.signIn.token(credential)).resolves.toBe('t1')
    await expect(fake.signIn.token(credential)).resolves.toBe('t1')
    expect(fake.calls).toHaveLength(2)
    renewal.resolve(granted('t2'))
    await turn()
    await expect(fake.signIn.token(credential)).resolves.toBe('t2')
    expect(fake.calls).toHaveLength(2)
  })

  test('stays in use when its renewal fails, and the renewal is tried again after a while', async () => {
    const fake = world([granted('t1'), { status: 503, body: '' }, granted('t2')])
    const credential = clientCredential()
    await fake.signIn.token(credential)
    fake.time += 30 * minute
    await expect(fake.signIn.token(credential)).resolves.toBe('t1')
    await turn()
    await expect(fake.signIn.token(credential)).resolves.toBe('t1')
    expect(fake.calls).toHaveLength(2)
    fake.time += 5000
    await expect(fake.signIn.token(credential)).resolves.toBe('t1')
    await turn()
    await expect(fake.signIn.token(credential)).resolves.toBe('t2')
    expect(fake.calls).toHaveLength(3)
  })

  test('of a short life is used for half of it', async () => {
    const fake = world([granted('t1', 60), granted('t2', 60)])
    const credential = clientCredential()
    await fake.signIn.token(credential)
    fake.time += 29_000
    await expect(fake.signIn.token(credential)).resolves.toBe('t1')
    fake.time += 1000
    await expect(fake.signIn.token(credential)).resolves.toBe('t2')
  })

  test('is fetched once however many ask', async () => {
    const reply = Promise.withResolvers<Reply>()
    const { signIn, calls } = world([reply.promise])
    const credential = clientCredential()
    const asked = Promise.all(Array.from({ length: 100 }, () => signIn.token(credential)))
    await turn()
    reply.resolve(granted('t1'))
    expect(new Set(await asked)).toEqual(new Set(['t1']))
    expect(calls).toHaveLength(1)
  })

  test('belongs to its credential alone', async () => {
    const { signIn, calls } = world([granted('t1'), granted('t2')])
    const one = clientCredential()
    const changed = clientCredential('another')
    await expect(signIn.token(one)).resolves.toBe('t1')
    await expect(signIn.token(changed)).resolves.toBe('t2')
    await expect(signIn.token(one)).resolves.toBe('t1')
    expect(calls).toHaveLength(2)
  })
})

describe('a failure', () => {
  const refused: Reply = {
    status: 401,
    body: JSON.stringify({
      error: 'invalid_client',
      error_description: 'AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1\r\nTimestamp: 2',
      error_codes: [7000215],
    }),
  }

  test('says what was told and what to check', async () => {
    const { signIn } = world([refused])
    const error = await failure(signIn.token(clientCredential()))
    expect(error.failure).toBe('sign-in-failed')
    expect(error.remedy).toBe('other-key')
    expect(error.message).toBe(
      'Sign-in to Azure as client client of tenant tenant failed: 401 invalid_client: AADSTS7000215: Invalid client secret provided. ' +
        'Check tenant_id, client_id and client_secret of the key, and whether the secret has run out.',
    )
  })

  test.each<[string, Reply | Error, string]>([
    ['no connection', new Error('connect EHOSTUNREACH'), 'no connection to 169.254.169.254.'],
    [
      'a missing identity',
      { status: 400, body: '{"error":"invalid_request","error_description":"Identity not found"}' },
      '400 invalid_request: Identity not found.',
    ],
    ['App Service words', { status: 400, body: '{"statusCode":400,"message":"No MSI found"}' }, '400 No MSI found.'],
    ['a page instead of an answer', { status: 502, body: '<html>' }, 'failed: 502.'],
    ['a reply that is not JSON', { status: 200, body: 'hello' }, 'a reply without a token.'],
    ['a reply without a token', { status: 200, body: '{"expires_in":3600}' }, 'a reply without a token.'],
    ['a token without an end', { status: 200, body: '{"access_token":"t"}' }, 'a reply without a token.'],
    [
      'a token that has ended',
      { status: 200, body: '{"access_token":"t","expires_on":"1"}' },
      'a reply without a token.',
    ],
  ])('is told of %s', async (_, reply, expected) => {
    const { signIn } = world([reply])
    const error = await failure(signIn.token(machineCredential()))
    expect(error.failure).toBe('sign-in-failed')
    expect(error.message).toContain("Sign-in to Azure as this machine's managed identity failed: ")
    expect(error.message).toContain(expected)
    expect(error.message).toContain('Check that it is assigned')
  })

  test('is told of an address that is none', async () => {
    const { signIn } = world([new TypeError('Invalid URL')], { IDENTITY_ENDPOINT: 'msi', IDENTITY_HEADER: 'secret' })
    const error = await failure(signIn.token(machineCredential()))
    expect(error.message).toContain('no connection to msi?')
  })

  test('comes after ten seconds without a reply', async () => {
    const clock = new AbortController()
    const after = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(clock.signal)
    const silent = Promise.withResolvers<Reply>()
    const { signIn, calls } = world([silent.promise])
    const asked = failure(signIn.token(clientCredential()))
    await turn()
    expect(after).toHaveBeenCalledExactlyOnceWith(10_000)
    calls[0]?.signal.addEventListener('abort', () => silent.reject(new Error('aborted')))
    clock.abort()
    expect((await asked).message).toContain('no reply in 10 s from login.microsoftonline.com.')
  })

  test('holds no secret, even where the reply repeats it', async () => {
    const secret = 's3cr3t/+ value'
    const body = JSON.stringify({ error: 'invalid_client', error_description: `not ${secret}, not ${secret}` })
    const { signIn } = world([{ status: 401, body }])
    const error = await failure(signIn.token(clientCredential(secret)))
    expect(error.message).toContain('not ***, not ***')
    expect(inspect(error, { depth: 10 })).not.toContain(secret)
  })

  test('is the answer for a few seconds, and then asked again', async () => {
    const fake = world([refused, granted('t1')])
    const credential = clientCredential()
    const first = await failure(fake.signIn.token(credential))
    fake.time += 4999
    expect(await failure(fake.signIn.token(credential))).toBe(first)
    expect(fake.calls).toHaveLength(1)
    fake.time += 1
    await expect(fake.signIn.token(credential)).resolves.toBe('t1')
  })

  test('reaches all who wait', async () => {
    const { signIn, calls } = world([refused])
    const credential = clientCredential()
    const answers = await Promise.allSettled([signIn.token(credential), signIn.token(credential)])
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(calls).toHaveLength(1)
  })

  test('of one credential leaves the others alone', async () => {
    const { signIn } = world([refused, granted('t2')])
    await failure(signIn.token(clientCredential()))
    await expect(signIn.token(clientCredential('another'))).resolves.toBe('t2')
  })

  test('is forgotten once a token is there', async () => {
    const fake = world([granted('t1'), refused, granted('t2'), granted('t3')])
    const credential = clientCredential()
    await fake.signIn.token(credential)
    fake.time += 56 * minute
    await failure(fake.signIn.token(credential))
    fake.time += 5000
    await expect(fake.signIn.token(credential)).resolves.toBe('t2')
    fake.time += 31 * minute
    await expect(fake.signIn.token(credential)).resolves.toBe('t2')
    await turn()
    await expect(fake.signIn.token(credential)).resolves.toBe('t3')
  })
})
