/** Takes a provider's credential out of an error: some providers quote what they were sent, and clients must not learn it. */
import { GatewayError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { Credential } from '../core/snapshot.ts'

export function maskError(error: GatewayError, credential: Credential): GatewayError {
  const secret =
    credential.kind === 'secret'
      ? credential.secret
      : credential.kind === 'entra-client'
        ? credential.clientSecret
        : undefined
  if (secret === undefined) return error
  const { message, details } = error
  const { cause, ...told } = details
  const before = JSON.stringify([message, told])
  const after = secret.mask(before)
  if (after === before) return error
  const [maskedMessage, maskedDetails] = JSON.parse(after) as [string, { [key: string]: Json }]
  return new GatewayError(error.failure, maskedMessage, maskedDetails)
}
