/** Where the keys come from that calls are signed with: given, found by AWS's own ways, or lent to a role. The services behind it are made up here. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GatewayError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { verifySignature } from '../simulator/bedrock/sigv4.ts'
import { type AwsCredential, createAwsSignIn } from './aws-sign-in.ts'
import { callTo, failureOf, rawServer, usualNetwork, withLength } from './upstream.conformance.ts'
import { createUpstream } from './upstream.ts'

const endings: (() => unknown)[] = []

/** No way to credentials but those a test opens. */
beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  vi.stubEnv('AWS_CONFIG_FILE', join(tmpdir(), 'no-such-config'))
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(tmpdir(), 'no-such-credentials'))
})

afterEach(async () => {
  vi.unstubAllEnvs()
  for (const end of endings.splice(0)) await end()
})

interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A service that answers with what `reply` says, and the requests it got. */
async function service(reply: (asked: Asked, nth: number) => { status?: number; body: string } | undefined) {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body }
    asked.push(one)
    const answer = reply(one, asked.length)
    // Undefined: no answer at all.
    if (answer !== undefined) response.writeHead(answer.status ?? 200).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endings.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

const later = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString()
const hour = 60 * 60_000

const stsReply = (
  action: string,
  number: number,
  end = later(hour),
) => `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <${action}Result>
    <AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s</Arn><AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser>
    <Credentials>
      <AccessKeyId>ASIA${number}</AccessKeyId><SecretAccessKey>secret${number}</SecretAccessKey>
      <SessionToken>token${number}</SessionToken><Expiration>${end}</Expiration>
    </Credentials>
  </${action}Result>
</${action}Response>`

const containerReply = (number: number, end = later(hour)) =>
  JSON.stringify({
    AccessKeyId: `ASIA${number}`,
    SecretAccessKey: `secret${number}`,
    Token: `token${number}`,
    Expiration: end,
  })

const keys = (changes: Partial<Extract<AwsCredential, { kind: 'aws-keys' }>> = {}): AwsCredential => ({
  kind: 'aws-keys',
  accessKey: 'AKIAKEYS',
  secretKey: new Secret('s3cr3t-value'),
  sessionToken: undefined,
  region: 'eu-west-1',
  role: undefined,
  ...changes,
})
const machine = (region?: string): AwsCredential => ({ kind: 'aws-default', region, role: undefined })
const role = { arn: 'arn:aws:iam::123456789012:role/bedrock', externalId: 'ext-1', sessionName: 'team-a' }

function signer(now: () => number = Date.now) {
  const signIn = createAwsSignIn({ now })
  const sign = async (credential: AwsCredential, url = 'https://bedrock-runtime.us-west-2.amazonaws.com') =>
    headersOf(await signIn.sign(callTo(url, { credential }), credential, 'bedrock'))
  return { signIn, sign }
}

function headersOf(flat: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let index = 0; index < flat.length; index += 2) headers[flat[index] as string] = flat[index + 1] as string
  return headers
}

const accessKeyIn = (headers: Record<string, string>) =>
  /Credential=([^/]+)\//.exec(headers['authorization'] ?? '')?.[1]
const regionIn = (headers: Record<string, string>) =>
  /Credential=[^/]+\/\d+\/([^/]+)\//.exec(headers['authorization'] ?? '')?.[1]

describe('keys that are given', () => {
  it('sign at once, without waiting for anything', () => {
    const { signIn } = signer()
    const credential = keys({ sessionToken: new Secret('session') })
    const headers = signIn.sign(callTo('https://h', { credential }), credential, 'bedrock')
    expect(headers).not.toBeInstanceOf(Promise)
    expect(headersOf(headers as string[])).toMatchObject({ 'x-amz-security-token': 'session' })
  })

  it.each([
    ['https://bedrock-runtime.us-west-2.amazonaws.com', 'us-west-2'],
    ['https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['https://vpce-1.bedrock-runtime.ap-south-1.vpce.amazonaws.com', 'ap-south-1'],
    ['https://bedrock-runtime.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
    ['https://proxy.example.com', 'eu-west-1'],
  ])('for %s in the region %s', async (url, region) => {
    expect(regionIn(await signer().sign(keys(), url))).toBe(region)
  })

  it('where nobody says a region, in the one that has everything', async () => {
    expect(regionIn(await signer().sign(keys({ region: undefined }), 'http://localhost:1'))).toBe('us-east-1')
  })
})

describe('what the machine has', () => {
  it('variables', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAENV')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'env-secret')
    expect(accessKeyIn(await signer().sign(machine()))).toBe('AKIAENV')
  })

  it('a profile in the shared file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'asbru-aws-'))
    endings.push(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'credentials'), '[work]\naws_access_key_id = AKIAFILE\naws_secret_access_key = s\n')
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'))
    vi.stubEnv('AWS_PROFILE', 'work')
    expect(accessKeyIn(await signer().sign(machine()))).toBe('AKIAFILE')
  })

  it('the role of its container', async () => {
    const container = await service(() => ({ body: containerReply(1) }))
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${container.url}/role`)
    vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN', 'let me in')
    const headers = await signer().sign(machine())
    expect([accessKeyIn(headers), headers['x-amz-security-token']]).toEqual(['ASIA1', 'token1'])
    expect(container.asked[0]).toMatchObject({ url: '/role', headers: { authorization: 'let me in' } })
  })

  it("the machine's own role", async () => {
    const metadata = await service(({ method, url }) => {
      if (method === 'PUT') return { body: 'metadata-token' }
      if (url.endsWith('/security-credentials/') || url.endsWith('/security-credentials')) return { body: 'my-role' }
      return { body: JSON.stringify({ Code: 'Success', ...(JSON.parse(containerReply(7)) as object) }) }
    })
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', undefined)
    vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', metadata.url)
    expect(accessKeyIn(await signer().sign(machine()))).toBe('ASIA7')
    expect(metadata.asked.at(-1)?.headers['x-aws-ec2-metadata-token']).toBe('metadata-token')
  })

  it('a web identity, as clusters give one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'asbru-aws-'))
    endings.push(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'token'), 'jwt-of-the-pod')
    const sts = await service(() => ({ body: stsReply('AssumeRoleWithWebIdentity', 3) }))
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url)
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', join(folder, 'token'))
    vi.stubEnv('AWS_ROLE_ARN', role.arn)
    expect(accessKeyIn(await signer().sign(machine()))).toBe('ASIA3')
    expect(Object.fromEntries(new URLSearchParams(sts.asked[0]?.body))).toMatchObject({
      Action: 'AssumeRoleWithWebIdentity',
      WebIdentityToken: 'jwt-of-the-pod',
    })
  })

  it('nothing: says so, and what to do', async () => {
    const error = await failureOf(signer().sign(machine()))
    expect(error).toMatchObject({ failure: 'sign-in-failed', status: 502, remedy: 'other-key' })
    expect(error.message).toMatch(
      /^Sign-in to AWS with the default credentials of this machine failed: .*access_key and secret_key/,
    )
  })
})

describe('a role', () => {
  it('is taken on with keys that are given', async () => {
    const sts = await service(() => ({ body: stsReply('AssumeRole', 5) }))
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url)
    const headers = await signer().sign(keys({ role }))
    expect([accessKeyIn(headers), headers['x-amz-security-token']]).toEqual(['ASIA5', 'token5'])
    expect(Object.fromEntries(new URLSearchParams(sts.asked[0]?.body))).toMatchObject({
      Action: 'AssumeRole',
      RoleArn: role.arn,
      RoleSessionName: 'team-a',
      ExternalId: 'ext-1',
    })
    expect(sts.asked[0]?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIAKEYS\/\d+\/eu-west-1\/sts\//)
  })

  it('is taken on with what the machine has', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAENV')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'env-secret')
    const sts = await service(() => ({ body: stsReply('AssumeRole', 6) }))
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url)
    const bare = { arn: role.arn, externalId: undefined, sessionName: undefined }
    expect(accessKeyIn(await signer().sign({ kind: 'aws-default', region: 'us-east-2', role: bare }))).toBe('ASIA6')
    expect(sts.asked[0]?.headers.authorization).toContain('Credential=AKIAENV/')
    expect(Object.fromEntries(new URLSearchParams(sts.asked[0]?.body))).toMatchObject({ RoleSessionName: 'asbru' })
  })

  it('that is refused is told without the secret', async () => {
    const said = 'User AKIAKEYS with s3cr3t-value may not assume this role'
    const body = `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>${said}</Message></Error></ErrorResponse>`
    const sts = await service(() => ({ status: 403, body }))
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url)
    const error = await failureOf(signer().sign(keys({ role })))
    expect(error.message).toBe(
      'Sign-in to AWS with role arn:aws:iam::123456789012:role/bedrock by access key AKIAKEYS failed: User AKIAKEYS with *** may not assume this role. Check role_arn and external_id of the key, and whether the role trusts who takes it on.',
    )
  })
})

describe('fetched keys', () => {
  /** A container whose answers are numbered. */
  async function numbered(end?: () => string) {
    const container = await service((_, nth) => ({ body: containerReply(nth, end?.()) }))
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', container.url)
    return container
  }

  it('are fetched once for all who wait, and then at hand', async () => {
    const container = await numbered()
    const { signIn, sign } = signer()
    const credential = machine()
    const all = await Promise.all([sign(credential), sign(credential), sign(credential)])
    expect(all.map(accessKeyIn)).toEqual(['ASIA1', 'ASIA1', 'ASIA1'])
    expect(signIn.sign(callTo('https://h', { credential }), credential, 'bedrock')).not.toBeInstanceOf(Promise)
    expect(container.asked).toHaveLength(1)
  })

  it('are renewed in the background before they end, and not used beyond', async () => {
    let time = Date.now()
    const container = await numbered(() => new Date(time + hour).toISOString())
    const { sign } = signer(() => time)
    const credential = machine()
    expect(accessKeyIn(await sign(credential))).toBe('ASIA1')
    time += hour * 0.6
    expect(accessKeyIn(await sign(credential))).toBe('ASIA1')
    await vi.waitFor(async () => expect(accessKeyIn(await sign(credential))).toBe('ASIA2'))
    time += hour
    expect(accessKeyIn(await sign(credential))).toBe('ASIA3')
    expect(container.asked).toHaveLength(3)
  })

  it('are fetched anew when AWS says that they have run out, and only then', async () => {
    await numbered()
    const { signIn, sign } = signer()
    const credential = machine()
    await sign(credential)
    const type = 'ExpiredTokenException:http://internal.amazon.com/coral/com.amazon.coral.service/'
    expect(signIn.ranOut(credential, 403, { 'x-amzn-errortype': 'AccessDeniedException' })).toBe(false)
    expect(signIn.ranOut(credential, 400, { 'x-amzn-errortype': type })).toBe(false)
    expect(signIn.ranOut(keys(), 403, { 'x-amzn-errortype': type })).toBe(false)
    expect(accessKeyIn(await sign(credential))).toBe('ASIA1')
    expect(signIn.ranOut(credential, 403, { 'x-amzn-errortype': type })).toBe(true)
    expect(accessKeyIn(await sign(credential))).toBe('ASIA2')
  })
})

describe('a call', () => {
  const expired = '{"message":"The security token included in the request is expired"}'
  const expiredReply = `HTTP/1.1 403 Forbidden\r\nx-amzn-errortype: ExpiredTokenException\r\ncontent-length: ${expired.length}\r\n\r\n${expired}`

  /** A provider that says the first so many tokens have ended, and a house that calls it. */
  async function expiring(times: number, onFetch: (nth: number) => void = () => {}) {
    const container = await service((_, nth) => {
      onFetch(nth)
      return { body: containerReply(nth) }
    })
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', container.url)
    const provider = await rawServer(({ socket }) => {
      socket.write(provider.heard.length <= times ? expiredReply : withLength('{"ok":true}'), 'latin1')
    })
    endings.push(() => provider.close())
    const upstream = createUpstream({ signIn: async () => '', aws: createAwsSignIn({ now: Date.now }) })
    endings.push(() => upstream.close())
    const send = () =>
      upstream.send(
        callTo(provider.url, {
          auth: { scheme: 'aws', service: 'bedrock' },
          credential: machine('us-east-1'),
          network: usualNetwork,
        }),
      )
    return { provider, send }
  }

  it('whose keys have run out is made once more with others', async () => {
    const { provider, send } = await expiring(1)
    const reply = await send().reply
    expect([reply.status, await reply.body.all(1000)]).toEqual([200, '{"ok":true}'])
    expect(provider.heard.map(({ head }) => /x-amz-security-token: (\S+)/.exec(head)?.[1])).toEqual([
      'token1',
      'token2',
    ])
    expect(provider.heard.map(({ body }) => body)).toEqual(['{"model":"m"}', '{"model":"m"}'])
  })

  it('that is refused again has failed', async () => {
    const { provider, send } = await expiring(5)
    const reply = await send().reply
    expect([reply.status, await reply.body.all(1000)]).toEqual([403, expired])
    expect(provider.heard).toHaveLength(2)
  })

  it('that is given up meanwhile is not made again', async () => {
    const renewal = Promise.withResolvers<void>()
    const { provider, send } = await expiring(1, (nth) => {
      if (nth === 2) renewal.resolve()
    })
    const running = send()
    const gone = new GatewayError('client-gone', 'gone')
    await renewal.promise
    running.abort(gone)
    await expect(running.reply).rejects.toBe(gone)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(provider.heard).toHaveLength(1)
  })

  it('is signed over the bytes that go out', async () => {
    const body = '{"messages":[{"role":"user","content":[{"text":"Grüße 🦙"}]}]}'
    const accessKey = 'AKIAKEYS'
    const verdicts: string[] = []
    const provider = await rawServer(({ socket, head, body: bytes }) => {
      const [line = '', ...lines] = head.split('\r\n')
      const [method = '', url = ''] = line.split(' ')
      const headers = Object.fromEntries(lines.filter(Boolean).map((one) => one.split(/: (.*)/).slice(0, 2)))
      const text = Buffer.from(bytes, 'latin1').toString()
      const request = { method, url, headers, text }
      verdicts.push(verifySignature(request, { service: 'bedrock', now: Date.now(), secretOf: () => 's3cr3t-value' }))
      socket.write(withLength('{}'), 'latin1')
    })
    endings.push(() => provider.close())
    const upstream = createUpstream({ signIn: async () => '', aws: createAwsSignIn({ now: Date.now }) })
    endings.push(() => upstream.close())
    const path = encodeURIComponent('arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-v1:0')
    const call = callTo(provider.url, { auth: { scheme: 'aws', service: 'bedrock' }, credential: keys(), body })
    const reply = await upstream.send({ ...call, url: `${provider.url}/model/${path}/converse` }).reply
    expect([reply.status, verdicts]).toEqual([200, [accessKey]])
  })
})
