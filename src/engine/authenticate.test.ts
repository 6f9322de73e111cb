/** Who may come in: every kind of credential against every setting, as a table. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { nothingPresented, secret, snapshot, virtualKey } from '../../test/support/fake-world.ts'
import { GatewayError } from '../core/errors.ts'
import type { AdminCredentials, Snapshot } from '../core/snapshot.ts'
import { authenticate } from './authenticate.ts'
import type { Presented } from './call.ts'

const hash = (text: string): Uint8Array => createHash('sha256').update(text).digest()
const now = 1_000_000

const keys = new Map([
  ['valid', virtualKey(null, { name: 'valid' })],
  ['inactive', virtualKey(null, { active: false })],
  ['inactive and expired', virtualKey(null, { active: false, expiresAt: 0 })],
  ['expired', virtualKey(null, { expiresAt: now - 1 })],
  ['expires now', virtualKey(null, { expiresAt: now })],
  ['expires later', virtualKey(null, { name: 'expires later', expiresAt: now + 1 })],
])

function admin(onInference: boolean): AdminCredentials {
  return { usernameHash: hash('root'), passwordHash: hash('pass word'), onInference }
}

function settings(enforce: boolean, credentials: AdminCredentials | null = null): Snapshot {
  return snapshot([], { virtualKeys: keys, admin: credentials, client: { enforceVirtualKey: enforce } })
}

function shown(name: string | undefined): Presented {
  return { ...nothingPresented, virtualKeys: name === undefined ? [] : [name] }
}

function login(username: string, password: string): Presented['admin'] {
  return { usernameHash: hash(username), passwordHash: hash(password) }
}

/** The name of the virtual key, `nobody`, or status and failure. */
function told(presented: Presented, given: Snapshot): string {
  try {
    return authenticate(presented, given, now).virtualKey?.name ?? 'nobody'
  } catch (error) {
    return error instanceof GatewayError ? `${error.status} ${error.failure}: ${error.message}` : String(error)
  }
}

const required = /^401 virtual-key-required: virtual key is required\..*x-bf-vk/
const unauthorized = '401 unauthorized: Unauthorized'
const inactive = '403 virtual-key-blocked: Virtual key is inactive'
const expired = '403 virtual-key-blocked: Virtual key has expired'

describe('virtual keys', () => {
  test.each<[string | undefined, string | RegExp, string | RegExp]>([
    [undefined, 'nobody', required],
    ['valid', 'valid', 'valid'],
    ['expires later', 'expires later', 'expires later'],
    ['unknown', '403 virtual-key-not-found: Virtual key not found', '401 virtual-key-not-found: Virtual key not found'],
    ['inactive', inactive, inactive],
    ['inactive and expired', inactive, inactive],
    ['expired', expired, expired],
    ['expires now', expired, expired],
  ])('%s: optional %s, required %s', (name, optional, enforced) => {
    expect(told(shown(name), settings(false))).toEqual(
      typeof optional === 'string' ? optional : expect.stringMatching(optional),
    )
    expect(told(shown(name), settings(true))).toEqual(
      typeof enforced === 'string' ? enforced : expect.stringMatching(enforced),
    )
  })

  test('two different ones are a fault of the request, whatever they are', () => {
    const two = { ...nothingPresented, virtualKeys: ['valid', 'expires later'] }
    expect(told(two, settings(false))).toMatch(/^400 conflicting-virtual-keys: .*two different virtual keys/)
    expect(told({ ...two, virtualKeys: ['unknown', 'other'] }, settings(true))).toMatch(/^400 /)
  })
})

describe('admin credentials', () => {
  const right = { ...nothingPresented, admin: login('root', 'pass word') }
  const wrongUser = { ...nothingPresented, admin: login('toor', 'pass word') }
  const wrongPassword = { ...nothingPresented, admin: login('root', 'password') }
  const wrongLength = { ...nothingPresented, admin: { usernameHash: new Uint8Array(), passwordHash: new Uint8Array() } }

  test.each<[string, Presented, string, string, string | RegExp, string | RegExp]>([
    // On inference: keys optional, keys required. Not on inference: the same.
    ['right', right, 'nobody', 'nobody', 'nobody', 'nobody'],
    ['wrong user', wrongUser, unauthorized, unauthorized, 'nobody', required],
    ['wrong password', wrongPassword, unauthorized, unauthorized, 'nobody', required],
    ['of another length', wrongLength, unauthorized, unauthorized, 'nobody', required],
    ['none', nothingPresented, unauthorized, unauthorized, 'nobody', required],
    ['none but a valid virtual key', shown('valid'), unauthorized, unauthorized, 'valid', 'valid'],
    ['right, and a valid virtual key', { ...right, virtualKeys: ['valid'] }, 'valid', 'valid', 'valid', 'valid'],
    ['right, and an expired virtual key', { ...right, virtualKeys: ['expired'] }, expired, expired, expired, expired],
  ])('%s', (_, presented, gated, gatedEnforced, open, openEnforced) => {
    const expected = [gated, gatedEnforced, open, openEnforced]
    const given = [
      settings(false, admin(true)),
      settings(true, admin(true)),
      settings(false, admin(false)),
      settings(true, admin(false)),
    ]
    expect(given.map((each) => told(presented, each))).toEqual(
      expected.map((each) => (typeof each === 'string' ? each : expect.stringMatching(each))),
    )
  })

  test('are of no meaning where none are configured', () => {
    expect(told(right, settings(false))).toBe('nobody')
    expect(told(right, settings(true))).toMatch(required)
  })
})

describe('a key of the client’s own', () => {
  const presented = { ...nothingPresented, directKey: secret('sk-mine') }
  test.each([
    [true, presented.directKey],
    [false, null],
  ])('allowed %s', (allowDirectKeys, expected) => {
    const given = snapshot([], { client: { allowDirectKeys } })
    expect(authenticate(presented, given, now).directKey).toBe(expected)
  })

  test('is no virtual key where one is required', () => {
    const given = snapshot([], { client: { allowDirectKeys: true, enforceVirtualKey: true } })
    expect(told(presented, given)).toMatch(required)
  })
})
