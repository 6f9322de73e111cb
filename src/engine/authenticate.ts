/** Who is calling: decides by what was shown and what the settings ask for. */
import { GatewayError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import type { AdminCredentials, Snapshot, VirtualKey } from '../core/snapshot.ts'
import type { Presented } from './call.ts'

export interface Caller {
  readonly virtualKey: VirtualKey | null
  /** Showed the admin credentials. */
  readonly admin: boolean
  /** The client's own provider key, where the settings allow one. */
  readonly directKey: Secret | null
}

/** `wallClock` is Unix time in milliseconds. Throws with the statuses and types of the wire contract. */
export function authenticate(presented: Presented, snapshot: Snapshot, wallClock: number): Caller {
  if (presented.virtualKeys.length > 1) {
    throw new GatewayError(
      'conflicting-virtual-keys',
      'The request carries two different virtual keys. Send one, preferably in x-bf-vk.',
      {
        code: 'conflicting_virtual_keys',
      },
    )
  }
  const admin = checkAdmin(presented, snapshot.admin)
  const hash = presented.virtualKeys[0]
  const virtualKey = hash === undefined ? null : usable(snapshot.virtualKeys.get(hash), snapshot, wallClock)
  checkRequired({ virtualKey, admin }, snapshot)
  return { virtualKey, admin, directKey: snapshot.client.allowDirectKeys ? presented.directKey : null }
}

/** Who was calling when a call was put off. */
export interface FormerCaller {
  /** The id of the virtual key. */
  readonly virtualKey: string | null
  readonly admin: boolean
  readonly directKey: Secret | null
}

/** Whether that caller still may, by the settings that hold now. Throws as `authenticate` does. */
export function authenticateAgain(former: FormerCaller, snapshot: Snapshot, wallClock: number): Caller {
  const { virtualKey: id, admin, directKey } = former
  const found = id === null ? undefined : [...snapshot.virtualKeys.values()].find((key) => key.id === id)
  const virtualKey = id === null ? null : usable(found, snapshot, wallClock)
  checkRequired({ virtualKey, admin }, snapshot)
  if (directKey !== null && !snapshot.client.allowDirectKeys) {
    const message = "The call brings a provider's key of its own, and client.allow_direct_keys has been switched off."
    throw new GatewayError('unauthorized', message, { code: 'direct_key_not_allowed' })
  }
  return { virtualKey, admin, directKey }
}

function checkRequired({ virtualKey, admin }: Pick<Caller, 'virtualKey' | 'admin'>, { client }: Snapshot): void {
  if (virtualKey !== null || admin || !client.enforceVirtualKey) return
  throw new GatewayError(
    'virtual-key-required',
    'virtual key is required. Send one in the x-bf-vk header, or as Authorization: Bearer, x-api-key or api-key.',
    { code: 'virtual_key_required' },
  )
}

function checkAdmin(presented: Presented, admin: AdminCredentials | null): boolean {
  if (admin === null) return false
  const shown = presented.admin
  const matches =
    shown !== null &&
    // Both are compared whatever the first says: a wrong user must take as long as a wrong password.
    (Number(equalBytes(shown.usernameHash, admin.usernameHash)) &
      Number(equalBytes(shown.passwordHash, admin.passwordHash))) ===
      1
  if (!matches && admin.onInference) throw new GatewayError('unauthorized', 'Unauthorized', { code: 'unauthorized' })
  return matches
}

/** Compares without stopping at the first difference. */
function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false
  let difference = 0
  for (let index = 0; index < one.length; index++) difference |= one[index]! ^ other[index]!
  return difference === 0
}

function usable(found: VirtualKey | undefined, snapshot: Snapshot, wallClock: number): VirtualKey {
  if (found === undefined) {
    throw new GatewayError('virtual-key-not-found', 'Virtual key not found', {
      code: 'virtual_key_not_found',
      // Without a key the answer would be 401; a wrong one is no better than none.
      ...(snapshot.client.enforceVirtualKey ? { status: 401 } : {}),
    })
  }
  if (!found.active)
    throw new GatewayError('virtual-key-blocked', 'Virtual key is inactive', { code: 'virtual_key_blocked' })
  if (found.expiresAt !== undefined && found.expiresAt <= wallClock) {
    throw new GatewayError('virtual-key-blocked', 'Virtual key has expired', { code: 'virtual_key_blocked' })
  }
  return found
}
