/**
 * Who asks: a Bedrock API key as a bearer token, or an access key that signed the request.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html,
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
import { Refused } from '../errors.ts'
import type { WireRequest } from '../wire-format.ts'
import { exception } from './errors.ts'
import { unrecognized, verifySignature } from './sigv4.ts'

/** The key of the request; of a signed one, the access key. */
export function authorize(request: WireRequest, required: boolean): string {
  const authorization = request.headers.authorization ?? ''
  if (authorization === '' && !required) return ''
  const bearer = /^Bearer\s+(\S+)$/i.exec(authorization)?.[1]
  if (bearer !== undefined) return checkApiKey(bearer)
  if (authorization.startsWith('AWS4-HMAC-SHA256 ')) return signer(request)
  throw exception(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token')
}

function checkApiKey(key: string): string {
  if (!key.startsWith('sk-invalid')) return key
  const message = 'Authentication failed: Please make sure your API Key is valid.'
  throw new Refused(403, { type: 'AccessDeniedException', message, capital: true })
}

/** The keys that there are, and their secrets: nobody has to be told them. */
const accessKeys = /^A[KS]IASIMULATOR[A-Z0-9]*$/
const secretOf = (accessKey: string) => (accessKeys.test(accessKey) ? `secret/${accessKey}` : undefined)

/** An access key that ends in a status misbehaves as the key `sk-sim-<status>` does. */
function signer(request: WireRequest): string {
  const accessKey = verifySignature(request, { service: 'bedrock', now: request.now, secretOf })
  checkSession(accessKey, request.headers['x-amz-security-token'])
  const status = /^A[KS]IASIMULATOR(\d{3})$/.exec(accessKey)?.[1]
  return status === undefined ? accessKey : `sk-sim-${status}`
}

/** Keys that begin with ASIA are lent for a while and come with a token, others do not. */
function checkSession(accessKey: string, token: string | string[] | undefined): void {
  if (accessKey.startsWith('ASIA') ? token !== `token/${accessKey}` : token !== undefined) throw unrecognized()
  if (accessKey.startsWith('ASIASIMULATOREXPIRED')) {
    throw exception(403, 'ExpiredTokenException', 'The security token included in the request is expired')
  }
}
