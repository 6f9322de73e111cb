/** Takes a provider's credential out of an error: some providers quote what they were sent, and clients must not learn it. */
import { GatewayError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import type { Credential } from '../core/snapshot.ts'

/** The error itself where nothing of the credential is in it. */
export function maskError(error: GatewayError, credential: Credential): GatewayError {
  const { cause, ...told } = error.details
  const before = { message: error.message, details: told }
  let after = before
  for (const secret of secretsOf(credential)) after = masked(after, secret)
  return after === before ? error : new GatewayError(error.failure, after.message, after.details)
}

const none: readonly Secret[] = []

function secretsOf(credential: Credential): readonly Secret[] {
  switch (credential.kind) {
    case 'secret':
      return [credential.secret]
    case 'entra-client':
      return [credential.clientSecret]
    case 'aws-keys':
      return [credential.secretKey, ...(credential.sessionToken === undefined ? [] : [credential.sessionToken])]
    default:
      return none
  }
}

/** The value itself where nothing had to be changed in it. Names of members stay: they are ours, or say what was masked. */
function masked<Value>(value: Value, secret: Secret): Value {
  if (typeof value === 'string') return secret.mask(value) as Value
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, before]) => ({ name, before, after: masked(before, secret) }))
  if (entries.every(({ before, after }) => before === after)) return value
  if (Array.isArray(value)) return entries.map(({ after }) => after) as Value
  return Object.fromEntries(entries.map(({ name, after }) => [name, after])) as Value
}
