/** The headers that prove to a provider who pays. */
import type { Auth } from '../core/provider.ts'
import type { UpstreamCall } from '../ports/upstream.ts'
import type { AwsCredential, AwsSignIn } from './aws-sign-in.ts'
import type { EntraCredential } from './azure-sign-in.ts'
import type { GoogleCredential } from './google-sign-in.ts'

/** Gets a token for a credential that has to be signed in with. */
export type SignIn = (credential: EntraCredential | GoogleCredential) => Promise<string>

/** Whoever helps with credentials that are more than a secret. */
export interface SignIns {
  readonly signIn: SignIn
  readonly aws: AwsSignIn
}

/** Flat: name, value, … */
export type Authorization = readonly string[]

const nothing: Authorization = []

/** Empty where there is nothing to prove. A promise where something has to be fetched first. */
export function authorize(call: UpstreamCall, signIns: SignIns): Authorization | Promise<Authorization> {
  const { auth, credential } = call
  switch (credential.kind) {
    case 'none':
      return nothing
    case 'secret':
      return secretHeader(auth, credential.secret.reveal())
    case 'aws-keys':
    case 'aws-default':
      return signIns.aws.sign(call, credential, auth.scheme === 'aws' ? auth.service : '')
    default:
      return signIns.signIn(credential).then(bearer)
  }
}

/** Does the reply say that what was fetched has run out? Then the call is worth making again. */
export function ranOut(
  { credential }: UpstreamCall,
  status: number,
  headers: Readonly<Record<string, string>>,
  signIns: SignIns,
): boolean {
  return isOfAws(credential) && signIns.aws.ranOut(credential, status, headers)
}

function isOfAws(credential: UpstreamCall['credential']): credential is AwsCredential {
  return credential.kind === 'aws-keys' || credential.kind === 'aws-default'
}

function secretHeader(auth: Auth, secret: string): Authorization {
  switch (auth.scheme) {
    case 'none':
      return nothing
    case 'bearer':
    case 'aws':
      return bearer(secret)
    case 'azure':
      return ['api-key', secret]
    case 'google':
      return ['x-goog-api-key', secret]
    case 'header':
      return [auth.name, secret]
  }
}

function bearer(token: string): Authorization {
  return ['authorization', `Bearer ${token}`]
}
