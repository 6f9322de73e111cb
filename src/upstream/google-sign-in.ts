/**
 * Gets tokens for Google Cloud: for a service account, a user of the gcloud command line, a workload identity, or what the machine is.
 * https://cloud.google.com/docs/authentication/application-default-credentials
 */
import type { AuthClient, GoogleAuthOptions, IdentityPoolClientOptions } from 'google-auth-library'
import { GatewayError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import { readJson } from '../core/parse-json.ts'
import type { Credential } from '../core/snapshot.ts'
import { createTokenCache, isSendable, type Token, type TokenCache, tokenFor } from './token-cache.ts'
import type { TokenFetch } from './token-request.ts'

/** The credentials that are signed in with here. */
export type GoogleCredential = Extract<Credential, { kind: `google-${string}` }>

export interface GoogleSignInWorld {
  /** All calls for tokens but those of the machine's own metadata server. */
  readonly fetch: TokenFetch
  /** Unix milliseconds. */
  now(): number
  readFile(path: string): Promise<string>
}

/** Rejects with `sign-in-failed`. */
export type GoogleSignIn = TokenCache<GoogleCredential, string>

const scope = 'https://www.googleapis.com/auth/cloud-platform'
const timeout = 10_000
/** Where nothing says how long a token holds. */
const usualLength = 10 * 60_000
/** The library would give out what it remembers: a day before its end is soon enough to be fetched anew. Tokens are remembered here. */
const never = 24 * 60 * 60_000

/** Signs in and remembers the tokens, for as long as a snapshot holds the credential. */
export function createGoogleSignIn(world: GoogleSignInWorld): GoogleSignIn {
  const clients = new WeakMap<GoogleCredential, Promise<AuthClient>>()

  function clientOf(credential: GoogleCredential, account: Account): Promise<AuthClient> {
    const known = clients.get(credential)
    if (known !== undefined) return known
    const client = makeClient(account, world)
    clients.set(credential, client)
    // What is not there yet may be there at the next attempt: a file, a metadata server.
    client.catch(() => clients.delete(credential))
    return client
  }

  async function fetchToken(credential: GoogleCredential): Promise<Token<string>> {
    const account = await accountOf(credential, world)
    const { client, token } = await inTime(
      clientOf(credential, account).then(async (client) => ({ client, token: (await client.getAccessToken()).token })),
    ).catch((cause: unknown) => {
      // The error itself has the whole call in it, with what signs it.
      throw failed(account, faultIn(cause))
    })
    if (!isSendable(token)) throw failed(account, 'a reply without a token that could be sent')
    const now = world.now()
    const end = client.credentials.expiry_date ?? Number.NaN
    // What has no end that makes sense the library would give out for ever.
    if (!(end > now)) clients.delete(credential)
    return tokenFor(token, Number.isNaN(end) ? usualLength : Math.max(0, end - now), now)
  }

  return createTokenCache(fetchToken, world.now)
}

/** Whose token it is to be; `json` undefined: whoever the machine is. */
interface Account {
  readonly json: JsonObject | undefined
  readonly who: string
  readonly check: string
}

const machine: Account = {
  json: undefined,
  who: 'the default credentials of this machine',
  check:
    'Set GOOGLE_APPLICATION_CREDENTIALS, run `gcloud auth application-default login`, give the machine a service account, or the key auth_credentials.',
}

const check = 'Check auth_credentials of the key, and that the account still exists and may use the project.'

async function accountOf(credential: GoogleCredential, { readFile }: GoogleSignInWorld): Promise<Account> {
  switch (credential.kind) {
    case 'google-default':
      return machine
    case 'google-credentials':
      return accountIn(credential.json.reveal(), 'auth_credentials')
    case 'google-file': {
      const { path } = credential
      const told = { json: undefined, who: `the account in ${path}`, check }
      const text = await readFile(path).catch((cause: unknown) => {
        throw failed(told, 'the file cannot be read', cause)
      })
      return accountIn(text, path)
    }
  }
}

function accountIn(text: string, where: string): Account {
  const told = { json: undefined, who: `the account in ${where}`, check }
  const json = parsed(text)
  if (!isJsonObject(json)) throw failed(told, 'it is no JSON object')
  const { client_email: email, type } = json
  return { json, who: typeof email === 'string' ? email : `the ${String(type)} in ${where}`, check }
}

/** The library is loaded when the first token is wanted: most houses never want one. */
async function makeClient({ json }: Account, { fetch }: GoogleSignInWorld): Promise<AuthClient> {
  const library = await import('google-auth-library')
  const options: CommonOptions = {
    eagerRefreshThresholdMillis: never,
    transporterOptions: { fetchImplementation: fetch, timeout, retry: false },
  }
  if (json === undefined) {
    // Without a project it would look for one, which nobody needs here, and run gcloud for that.
    return new library.GoogleAuth({ scopes: scope, projectId: 'none', clientOptions: options }).getClient()
  }
  return clientOfAccount(json, library, options)
}

/** The common kinds are made here: the way for any kind writes a warning, as if what the configuration says came from anybody. */
function clientOfAccount(json: JsonObject, library: Library, options: CommonOptions): AuthClient {
  const text = (name: string) => (typeof json[name] === 'string' ? json[name] : '')
  const { credential_source: source } = json
  switch (json['type']) {
    case 'service_account': {
      const [email, key, keyId] = [text('client_email'), text('private_key'), text('private_key_id')]
      return new library.JWT({ ...options, email, key, keyId, scopes: scope })
    }
    case 'authorized_user': {
      const [clientId, clientSecret, refreshToken] = [text('client_id'), text('client_secret'), text('refresh_token')]
      return new library.UserRefreshClient({ ...options, clientId, clientSecret, refreshToken })
    }
    case 'external_account':
      if (isJsonObject(source) && source['executable'] === undefined && source['environment_id'] === undefined)
        return new library.IdentityPoolClient({
          ...options,
          ...json,
          scopes: [scope],
        } as unknown as IdentityPoolClientOptions)
  }
  const auth = new library.GoogleAuth({ scopes: scope, projectId: 'none' })
  return auth.fromJSON(json as Parameters<typeof auth.fromJSON>[0], options)
}

type Library = typeof import('google-auth-library')
/** What all kinds of accounts have in common. */
type CommonOptions = NonNullable<GoogleAuthOptions['clientOptions']>

async function inTime<Value>(work: Promise<Value>): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no token in ${timeout / 1000} s`)), timeout)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function failed({ who, check, json }: Account, what: string, cause?: unknown): GatewayError {
  const shown = secretsOf(json).reduce((text, secret) => text.replaceAll(secret, '***'), what)
  const message = `Sign-in to Google as ${who} failed: ${shown.replace(/\.$/, '')}. ${check}`
  return new GatewayError('sign-in-failed', message, cause === undefined ? {} : { cause })
}

/** What must not be in any text. */
function secretsOf(json: JsonObject | undefined): string[] {
  const names = ['private_key', 'client_secret', 'refresh_token']
  return names.map((name) => json?.[name]).filter((value): value is string => typeof value === 'string' && value !== '')
}

/** What an error of the library says, in one line: `invalid_grant: Invalid JWT Signature.` */
function faultIn(error: unknown): string {
  const reply = isJsonObject(error) ? error['response'] : undefined
  const data = isJsonObject(reply) ? reply['data'] : undefined
  const words = isJsonObject(data) ? [data['error'], data['error_description']] : []
  const told = words.filter((word) => typeof word === 'string').join(': ')
  const status = isJsonObject(reply) ? `status ${reply['status']}` : 'no answer'
  const message = (error instanceof Error ? error.message : String(error)).trim() || status
  return (told || message).split(/\r?\n/, 1)[0]!.slice(0, 300)
}

function parsed(text: string): unknown {
  try {
    return readJson(text)
  } catch {
    return undefined
  }
}
