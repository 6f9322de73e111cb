import { describe, expect, it } from 'vitest'
import { readEnvironment } from './environment.ts'
import { ConfigFaults } from './finding.ts'

describe('readEnvironment', () => {
  it('reads what concerns the gateway itself', () => {
    const variables = {
      HOST: '0.0.0.0',
      PORT: ' 9090 ',
      LOG_LEVEL: 'WARN',
      ASBRU_CONFIG: 'c.json',
      ASBRU_APP_DIR: '/data',
    }
    expect(readEnvironment(variables)).toMatchObject({
      host: '0.0.0.0',
      port: 9090,
      logLevel: 'warn',
      configFile: 'c.json',
      appDirectory: '/data',
      variables,
    })
  })

  it('takes empty for not set', () => {
    expect(readEnvironment({ PORT: '', HOST: ' ' })).toMatchObject({ port: undefined, host: undefined })
  })

  it('reads the identity of the machine', () => {
    const variables = {
      AZURE_TENANT_ID: 't',
      AZURE_CLIENT_ID: 'c',
      AZURE_FEDERATED_TOKEN_FILE: '/token',
      IDENTITY_HEADER: 'h',
    }
    expect(readEnvironment(variables).machineIdentity).toEqual({
      tenantId: 't',
      clientId: 'c',
      federatedTokenFile: '/token',
      authorityHost: undefined,
      endpoint: undefined,
      header: 'h',
    })
  })

  it('tells everything that is wrong at once', () => {
    const read = () => readEnvironment({ PORT: '80800', LOG_LEVEL: 'wran' })
    expect(read).toThrow(ConfigFaults)
    expect(read).toThrow(
      'the environment has 2 faults:\n  PORT: found "80800", expected a number from 0 to 65535.\n  LOG_LEVEL',
    )
    expect(read).toThrow('Did you mean "warn"?')
  })
})
