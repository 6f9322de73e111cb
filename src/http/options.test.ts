/** What clients ask for by headers. */
import { describe, expect, test } from 'vitest'
import { client, noOptions } from '../../test/support/fake-world.ts'
import { GatewayError } from '../core/errors.ts'
import type { ClientSettings } from '../core/snapshot.ts'
import { checkRequiredHeaders, readOptions } from './options.ts'

function options(headers: Record<string, string>, settings: Partial<ClientSettings> = {}) {
  return readOptions(headers, { ...client, ...settings }, undefined, face)
}

const face = {
  defaultProvider: (headers: { 'user-agent'?: string }) => headers['user-agent'] ?? 'openai',
  dialectHeaders: ['anthropic-version', 'anthropic-beta', 'anthropic-user-profile-id'],
}

describe('readOptions', () => {
  test.each<[Record<string, string>, object]>([
    [{}, {}],
    [{ 'x-bf-api-key': 'main' }, { pinnedKeyName: 'main' }],
    [{ 'x-bf-api-key-id': 'id' }, { pinnedKeyId: 'id' }],
    [{ 'x-bf-api-key': '', 'x-bf-api-key-id': '' }, {}],
    [{ 'x-bf-session-id': 's' }, { session: { id: 's', ttl: 3_600_000 } }],
    [{ 'x-bf-session-id': 's', 'x-bf-session-ttl': '90' }, { session: { id: 's', ttl: 90_000 } }],
    [{ 'x-bf-session-id': 's', 'x-bf-session-ttl': '30s' }, { session: { id: 's', ttl: 30_000 } }],
    [{ 'x-bf-session-id': 's', 'x-bf-session-ttl': '5m' }, { session: { id: 's', ttl: 300_000 } }],
    [{ 'x-bf-session-id': 's', 'x-bf-session-ttl': '1.5h' }, { session: { id: 's', ttl: 5_400_000 } }],
    [{ 'x-bf-session-id': 's', 'x-bf-session-ttl': '250ms' }, { session: { id: 's', ttl: 250 } }],
    [{ 'x-bf-session-id': 's', 'x-bf-session-ttl': '0' }, { session: { id: 's', ttl: 3_600_000 } }],
    [{ 'x-bf-session-id': 's', 'x-bf-session-ttl': '-5m' }, { session: { id: 's', ttl: 3_600_000 } }],
    [{ 'x-bf-session-id': 's', 'x-bf-session-ttl': 'soon' }, { session: { id: 's', ttl: 3_600_000 } }],
    [{ 'x-bf-session-ttl': '5m' }, {}],
    [{ 'x-bf-passthrough-extra-params': 'true' }, { passExtraParams: true }],
    [{ 'x-bf-passthrough-extra-params': 'yes' }, {}],
    [
      { 'x-bf-send-back-raw-request': 'true', 'x-bf-send-back-raw-response': 'true' },
      { rawRequest: true, rawResponse: true },
    ],
    [{ 'user-agent': 'azure' }, { defaultProvider: 'azure' }],
    [{ 'anthropic-version': '2023-06-01' }, { dialectHeaders: ['anthropic-version', '2023-06-01'] }],
    [{ 'anthropic-beta': 'a,b', 'anthropic-other': 'c' }, { dialectHeaders: ['anthropic-beta', 'a,b'] }],
    [{ 'anthropic-user-profile-id': 'uprof_1' }, { dialectHeaders: ['anthropic-user-profile-id', 'uprof_1'] }],
    [{ 'x-asbru-explain': 'true' }, { explain: true }],
  ])('%j', (headers, expected) => expect(options(headers)).toEqual({ ...noOptions, ...expected }))

  test('raw bodies only where the settings let clients ask for them', () => {
    const headers = { 'x-bf-send-back-raw-request': 'true', 'x-bf-send-back-raw-response': 'true' }
    expect(options(headers, { allowRawOverride: false })).toEqual(noOptions)
  })
})

describe('headers for the provider', () => {
  test.each<[Record<string, string>, Partial<ClientSettings['headerFilter']>, string[]]>([
    [{ 'x-bf-eh-x-note': 'a' }, {}, ['x-note', 'a']],
    [{ 'x-note': 'a' }, {}, []],
    [{ 'x-bf-eh-x-note': 'a' }, { deny: ['x-note'] }, []],
    [{ 'x-bf-eh-x-note': 'a' }, { allow: ['x-note'], deny: ['x-note'] }, []],
    [{ 'x-bf-eh-x-note': 'a', 'x-bf-eh-x-other': 'b' }, { allow: ['x-other'] }, ['x-other', 'b']],
    [{ 'x-note': 'a', 'x-other': 'b' }, { allow: ['x-note'] }, ['x-note', 'a']],
    [{ 'x-note': 'a' }, { allow: ['x-note'], deny: ['x-note'] }, []],
    [{ 'x-bf-eh-authorization': 'a', 'x-bf-eh-host': 'b', 'x-bf-eh-x-api-key': 'c' }, {}, []],
    // Not even a list that names them lets them pass.
    [{ 'x-bf-eh-authorization': 'a', authorization: 'b', cookie: 'c' }, { allow: ['authorization', 'cookie'] }, []],
    [{ 'x-bf-eh-': 'a' }, {}, []],
  ])('%j, filter %j', (headers, filter, expected) => {
    expect(options(headers, { headerFilter: { allow: [], deny: [], ...filter } }).forwardedHeaders).toEqual(expected)
  })
})

describe('checkRequiredHeaders', () => {
  const requiredHeaders = [
    { name: 'x-tenant', pattern: null },
    { name: 'x-team', pattern: /^(?:team-\d+)$/ },
  ]
  function fault(headers: Record<string, string>): string {
    try {
      checkRequiredHeaders(headers, { ...client, requiredHeaders })
      return 'none'
    } catch (error) {
      return error instanceof GatewayError ? `${error.status} ${error.message}` : String(error)
    }
  }
  test.each([
    [{ 'x-tenant': 'a', 'x-team': 'team-1' }, 'none'],
    [{ 'x-tenant': '', 'x-team': 'team-1' }, 'none'],
    [{ 'x-team': 'team-1' }, '400 missing required headers: x-tenant'],
    [{}, '400 missing required headers: x-tenant, x-team'],
    [{ 'x-tenant': 'a', 'x-team': 'other' }, '400 invalid required header value: x-team'],
    [{ 'x-tenant': 'a', 'x-team': 'a team-1 b' }, '400 invalid required header value: x-team'],
  ])('%j: %s', (headers, expected) => expect(fault(headers as Record<string, string>)).toBe(expected))
})
