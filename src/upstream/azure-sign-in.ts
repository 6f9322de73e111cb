/**
 * Gets tokens for Azure from Microsoft Entra: for a client secret, a workload identity or the machine's managed identity.
 * https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 * https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
 */
import { z } from 'zod'
import { GatewayError } from '../core/errors.ts'
import { readJson } from '../core/parse-json.ts'
import type { Credential } from '../core/snapshot.ts'
import { createTokenCache, type Token, type TokenCache, tokenFor } from './token-cache.ts'

/** The credentials that are signed in with here. */
export type EntraCredential = Extract<Credential, { kind: `entra-${string}` }>

export interface AzureSignInWorld {
  /** One HTTP call, rejected when it got no reply or `signal` ended it. */
  request(
    url: string,
    options: { method: 'GET' | 'POST'; headers: Record<string, string>; body?: string; signal: AbortSignal },
  ): Promise<{ status: number; body: string }>
  /** Unix milliseconds. */
  now(): number
  readFile(path: string): Promise<string>
  environment: Readonly<Record<string, string | undefined>>
}

/** Rejects with `sign-in-failed`. */
export type AzureSignIn = TokenCache<EntraCredential, string>

const timeout = 10_000

/** One call for a token, and what to tell when it fails. */
interface TokenCall {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Record<string, string>
  readonly body?: string
  /** What must not be in any text. */
  readonly secrets: readonly string[]
  readonly who: string
  readonly check: string
}

/** Signs in and remembers the tokens, for as long as a snapshot holds the credential. */
export function createAzureSignIn(world: AzureSignInWorld): AzureSignIn {
  return createTokenCache((credential: EntraCredential) => fetchToken(credential, world), world.now)
}

async function fetchToken(credential: EntraCredential, world: AzureSignInWorld): Promise<Token<string>> {
  const call = await tokenCall(credential, world)
  const { method, url, headers, body } = call
  const signal = AbortSignal.timeout(timeout)
  const reply = await world
    .request(url, { method, headers, ...(body === undefined ? {} : { body }), signal })
    .catch((cause: unknown) => {
      const what = signal.aborted ? `no reply in ${timeout / 1000} s from` : 'no connection to'
      throw failed(call, `${what} ${URL.canParse(url) ? new URL(url).host : url}`, cause)
    })
  if (reply.status !== 200) throw failed(call, `${reply.status} ${faultIn(reply.body)}`.trim())
  const token = readToken(reply.body, world.now())
  if (token === undefined) throw failed(call, 'a reply without a token')
  return token
}

function failed(call: Pick<TokenCall, 'who' | 'check' | 'secrets'>, what: string, cause?: unknown): GatewayError {
  const shown = call.secrets.filter(Boolean).reduce((text, secret) => text.replaceAll(secret, '***'), what)
  const message = `Sign-in to Azure as ${call.who} failed: ${shown.replace(/\.$/, '')}. ${call.check}`
  return new GatewayError('sign-in-failed', message, cause === undefined ? {} : { cause })
}

function tokenCall(credential: EntraCredential, world: AzureSignInWorld): TokenCall | Promise<TokenCall> {
  const { environment } = world
  if (credential.kind === 'entra-client') return clientSecretCall(credential, environment)
  const clientId = credential.clientId || environment['AZURE_CLIENT_ID'] || undefined
  if (environment['AZURE_FEDERATED_TOKEN_FILE']) return workloadCall(credential.scope, clientId, world)
  return managedIdentityCall(credential.scope, clientId, environment)
}

/** https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow#first-case-access-token-request-with-a-shared-secret */
function clientSecretCall(
  { tenantId, clientId, clientSecret, scope }: Extract<EntraCredential, { kind: 'entra-client' }>,
  environment: AzureSignInWorld['environment'],
): TokenCall {
  const secret = clientSecret.reveal()
  return {
    ...entraPost(environment, tenantId, { client_id: clientId, client_secret: secret, scope }),
    secrets: [secret],
    who: `client ${clientId} of tenant ${tenantId}`,
    check: 'Check tenant_id, client_id and client_secret of the key, and whether the secret has run out.',
  }
}

/** https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow#third-case-access-token-request-with-a-federated-credential */
async function workloadCall(
  scope: string,
  clientId: string | undefined,
  { environment, readFile }: AzureSignInWorld,
): Promise<TokenCall> {
  const tenantId = environment['AZURE_TENANT_ID']
  const file = environment['AZURE_FEDERATED_TOKEN_FILE'] ?? ''
  const told = {
    who: `workload identity ${clientId ?? '(no client id)'} of tenant ${tenantId ?? '(none)'}`,
    check:
      'Check AZURE_FEDERATED_TOKEN_FILE, AZURE_TENANT_ID and AZURE_CLIENT_ID, and the federated credential of that application.',
    secrets: [],
  }
  if (!tenantId || !clientId) {
    throw failed(told, `AZURE_FEDERATED_TOKEN_FILE is set, but not ${tenantId ? 'AZURE_CLIENT_ID' : 'AZURE_TENANT_ID'}`)
  }
  // Read anew each time: the file is replaced long before a token ends.
  const assertion = await readFile(file).then(
    (text) => text.trim(),
    (cause: unknown) => {
      throw failed(told, `${file} cannot be read`, cause)
    },
  )
  const form = {
    client_id: clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
    scope,
  }
  return { ...entraPost(environment, tenantId, form), ...told, secrets: [assertion] }
}

function entraPost(
  environment: AzureSignInWorld['environment'],
  tenantId: string,
  form: Record<string, string>,
): Pick<TokenCall, 'method' | 'url' | 'headers' | 'body'> {
  const authority = environment['AZURE_AUTHORITY_HOST'] || 'https://login.microsoftonline.com'
  return {
    method: 'POST',
    url: `${authority.replace(/\/+$/, '')}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams({ ...form, grant_type: 'client_credentials' }).toString(),
  }
}

/** App Service, Functions and Container Apps say by two variables where their identity is; else it is at the machine's own address. */
function managedIdentityCall(
  scope: string,
  clientId: string | undefined,
  environment: AzureSignInWorld['environment'],
): TokenCall {
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header } = environment
  const query = {
    resource: scope.replace(/\/\.default$/, ''),
    ...(clientId === undefined ? {} : { client_id: clientId }),
  }
  const told = {
    method: 'GET',
    who: clientId === undefined ? "this machine's managed identity" : `managed identity ${clientId}`,
    check:
      'Check that it is assigned to the machine or app the gateway runs on, or give the key a value, or client_id, client_secret and tenant_id.',
  } as const
  // https://learn.microsoft.com/en-us/azure/app-service/overview-managed-identity#rest-endpoint-reference
  if (endpoint && header) {
    const url = withQuery(endpoint, { 'api-version': '2019-08-01', ...query })
    return { ...told, url, headers: { 'x-identity-header': header }, secrets: [header] }
  }
  const url = withQuery('http://169.254.169.254/metadata/identity/oauth2/token', {
    'api-version': '2018-02-01',
    ...query,
  })
  return { ...told, url, headers: { metadata: 'true' }, secrets: [] }
}

function withQuery(address: string, query: Record<string, string>): string {
  return `${address}${address.includes('?') ? '&' : '?'}${new URLSearchParams(query)}`
}

/** The machine's identity writes numbers as strings, and App Service tells the end instead of the length. */
const tokenReply = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive().optional(),
  expires_on: z.coerce.number().positive().optional(),
})

function readToken(body: string, now: number): Token<string> | undefined {
  const { success, data } = tokenReply.safeParse(parseJson(body))
  if (!success) return undefined
  const length = data.expires_in === undefined ? (data.expires_on ?? Number.NaN) * 1000 - now : data.expires_in * 1000
  return length > 0 ? tokenFor(data.access_token, length, now) : undefined
}

/** Of Entra and the machine's identity, and of App Service. */
const faultReply = z.object({
  error: z.string().optional(),
  error_description: z.string().optional(),
  message: z.string().optional(),
})

/** What an error reply says, in one line: `invalid_client: AADSTS7000215: Invalid client secret provided.` */
function faultIn(body: string): string {
  const { data } = faultReply.safeParse(parseJson(body))
  const [description] = (data?.error_description ?? data?.message ?? '').split(/\r?\n/, 1)
  return [data?.error, description].filter(Boolean).join(': ').slice(0, 300)
}

function parseJson(text: string): unknown {
  try {
    return readJson(text)
  } catch {
    return undefined
  }
}
