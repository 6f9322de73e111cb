/** The header that proves to a provider who pays. */
import type { Auth } from '../core/provider.ts'
import type { Credential } from '../core/snapshot.ts'
import type { EntraCredential } from './azure-sign-in.ts'

/** Gets a token for an Entra credential. */
export type SignIn = (credential: EntraCredential) => Promise<string>

/** Header name and value; null where there is nothing to prove. A promise where a token has to be fetched first. */
export function authorize(
  auth: Auth,
  credential: Credential,
  signIn: SignIn,
): AuthorizationHeader | Promise<AuthorizationHeader> {
  switch (credential.kind) {
    case 'none':
      return null
    case 'secret':
      return secretHeader(auth, credential.secret.reveal())
    default:
      return signIn(credential).then((token) => ['authorization', `Bearer ${token}`])
  }
}

export type AuthorizationHeader = readonly [name: string, value: string] | null

function secretHeader(auth: Auth, secret: string): AuthorizationHeader {
  switch (auth.scheme) {
    case 'none':
      return null
    case 'bearer':
      return ['authorization', `Bearer ${secret}`]
    case 'azure':
      return ['api-key', secret]
    case 'header':
      return [auth.name, secret]
  }
}
