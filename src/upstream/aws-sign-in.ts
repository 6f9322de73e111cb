/**
 * Signs calls for AWS: with keys, with what a role gives for them, or with whatever AWS's own tools would find.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html,
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
import { GatewayError } from '../core/errors.ts'
import type { AwsRole, Credential } from '../core/snapshot.ts'
import type { UpstreamCall } from '../ports/upstream.ts'
import { parseAddress } from './address.ts'
import { type AwsKeys, signedHeaders } from './sigv4.ts'
import { createTokenCache, isSendable, type Token, tokenFor } from './token-cache.ts'

/** The credentials that are signed with here. */
export type AwsCredential = Extract<Credential, { kind: `aws-${string}` }>

export interface AwsSignInWorld {
  /** Unix milliseconds. */
  now(): number
}

export interface AwsSignIn {
  /** The headers that prove who calls: flat, name, value, … A promise where keys have to be fetched first, which rejects with `sign-in-failed`. */
  sign(call: UpstreamCall, credential: AwsCredential, service: string): readonly string[] | Promise<readonly string[]>
  /** Has what was fetched run out, by what AWS answers? Then it is fetched anew for the next call. */
  ranOut(credential: AwsCredential, status: number, headers: Readonly<Record<string, string>>): boolean
}

/** An answer of AWS's own sources of credentials. */
interface Identity {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

const timeout = 10_000
/** What has no end, such as keys in a file, is looked at again that often. */
const usualLength = 30 * 60_000
const longestFault = 300

/** Where nothing else says in which region to sign, and ask for roles. */
const usualRegion = 'us-east-1'

/** Signs in and remembers the keys, for as long as a snapshot holds the credential. */
export function createAwsSignIn({ now }: AwsSignInWorld): AwsSignIn {
  const fetched = createTokenCache((credential: AwsCredential) => fetchKeys(credential, now), now)

  function sign(call: UpstreamCall, keys: AwsKeys, region: string | undefined, service: string): readonly string[] {
    const { authority, path, host } = parseAddress(call.url)
    const request = { method: call.method, host: authority, path, headers: call.headers, body: call.body }
    return signedHeaders(request, keys, { region: regionOf(host) ?? region ?? usualRegion, service, time: now() })
  }

  return {
    sign(call, credential, service) {
      const { region } = credential
      const keys = keysGiven(credential) ?? fetched.atHand(credential)
      if (keys !== undefined) return sign(call, keys, region, service)
      return fetched.token(credential).then((found) => sign(call, found, region, service))
    },
    ranOut(credential, status, headers) {
      if (status !== 403 || !headers['x-amzn-errortype']?.startsWith('ExpiredToken')) return false
      const keys = keysGiven(credential) === undefined ? fetched.atHand(credential) : undefined
      if (keys === undefined) return false
      fetched.forget(credential, keys)
      return true
    },
  }
}

/** The host says where it is, whatever the key says: `bedrock-runtime.eu-west-1.amazonaws.com`, also behind an endpoint of one's own network. */
function regionOf(host: string): string | undefined {
  return /(?:^|\.)bedrock(?:-runtime)?(?:-fips)?\.([a-z0-9-]+)\.(?:vpce\.)?(?:amazonaws\.com|api\.aws)/.exec(host)?.[1]
}

const givenKeys = new WeakMap<AwsCredential, AwsKeys>()

/** Keys that need no fetching. */
function keysGiven(credential: AwsCredential): AwsKeys | undefined {
  if (credential.kind !== 'aws-keys' || credential.role !== undefined) return undefined
  let keys = givenKeys.get(credential)
  if (keys === undefined) {
    const { accessKey, secretKey, sessionToken } = credential
    keys = { accessKey, secretKey: secretKey.reveal(), sessionToken: sessionToken?.reveal() }
    givenKeys.set(credential, keys)
  }
  return keys
}

/** The library is loaded when keys have to be fetched: most houses never need it. */
async function fetchKeys(credential: AwsCredential, now: () => number): Promise<Token<AwsKeys>> {
  const identity = await inTime(askFor(credential)).catch((cause: unknown) => {
    throw failed(credential, cause)
  })
  const { accessKeyId: accessKey, secretAccessKey: secretKey, sessionToken, expiration } = identity
  if (![accessKey, secretKey, sessionToken ?? '-'].every(isSendable))
    throw failed(credential, new Error('an answer with keys that could not be sent'))
  const length = expiration === undefined ? usualLength : Math.max(0, expiration.getTime() - now())
  return tokenFor({ accessKey, secretKey, sessionToken }, length, now())
}

async function askFor(credential: AwsCredential): Promise<Identity> {
  const { fromNodeProviderChain, fromTemporaryCredentials } = await import('@aws-sdk/credential-providers')
  const { role, region = usualRegion } = credential
  const masterCredentials = credential.kind === 'aws-keys' ? identityOf(credential) : undefined
  if (role === undefined) return fromNodeProviderChain({ clientConfig: { region }, ignoreCache: true })()
  const ask = fromTemporaryCredentials({
    params: {
      RoleArn: role.arn,
      RoleSessionName: role.sessionName ?? 'asbru',
      ...(role.externalId !== undefined && { ExternalId: role.externalId }),
    },
    clientConfig: { region, maxAttempts: 2 },
    ...(masterCredentials !== undefined && { masterCredentials }),
  })
  return ask()
}

function identityOf({ accessKey, secretKey, sessionToken }: Extract<AwsCredential, { kind: 'aws-keys' }>): Identity {
  return {
    accessKeyId: accessKey,
    secretAccessKey: secretKey.reveal(),
    ...(sessionToken !== undefined && { sessionToken: sessionToken.reveal() }),
  }
}

async function inTime<Value>(work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no credentials in ${timeout / 1000} s`)), timeout)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function failed(credential: AwsCredential, cause: unknown): GatewayError {
  const [what = ''] = (cause instanceof Error ? cause.message : String(cause)).split(/\r?\n/, 1)
  const secrets = credential.kind === 'aws-keys' ? [credential.secretKey, credential.sessionToken] : []
  const shown = secrets.reduce((text, secret) => secret?.mask(text) ?? text, what).slice(0, longestFault)
  const message = `Sign-in to AWS with ${whoIs(credential)} failed: ${shown.replace(/\.$/, '')}. ${checkOf(credential.role)}`
  return new GatewayError('sign-in-failed', message, { cause })
}

function whoIs(credential: AwsCredential): string {
  const base =
    credential.kind === 'aws-keys' ? `access key ${credential.accessKey}` : 'the default credentials of this machine'
  return credential.role === undefined ? base : `role ${credential.role.arn} by ${base}`
}

function checkOf(role: AwsRole | undefined): string {
  return role === undefined
    ? 'Give the key access_key and secret_key, or a value, or the machine a profile or a role.'
    : 'Check role_arn and external_id of the key, and whether the role trusts who takes it on.'
}
