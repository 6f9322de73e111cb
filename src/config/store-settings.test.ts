import { describe, expect, it } from 'vitest'
import { findingText } from './finding.ts'
import type { Variables } from './reference.ts'
import { describeStore, storeSettings } from './store-settings.ts'
import { load } from './test-files.ts'

const postgres = {
  enabled: true,
  type: 'postgres',
  config: { host: 'db.example', user: 'asbru', password: 'p@ss/w:rd', db_name: 'jobs' },
}
const sqlite = (path?: string) => ({
  enabled: true,
  type: 'sqlite',
  ...(path === undefined ? {} : { config: { path } }),
})

function told(file: object, variables: Variables = {}, directory: string | null = '/data') {
  const settings = storeSettings(load(file, variables).config, variables, directory)
  return settings.kind === 'postgres' ? { ...settings, url: settings.url.reveal() } : settings
}

describe('storeSettings', () => {
  it.each<[string, object, Variables, string]>([
    ['nothing is said', {}, {}, '/data/asbru.db'],
    ['a store is switched off', { logs_store: { ...postgres, enabled: false } }, {}, '/data/asbru.db'],
    ['no path is said', { logs_store: sqlite() }, {}, '/data/asbru.db'],
    ['no type is said', { logs_store: { config: { path: 'x.db' } } }, {}, '/data/x.db'],
    ['a path is relative', { logs_store: sqlite('./kept/jobs.db') }, {}, '/data/kept/jobs.db'],
    ['a path is absolute', { logs_store: sqlite('/var/jobs.db') }, {}, '/var/jobs.db'],
    ['a path is in a variable', { logs_store: sqlite('env.JOBS') }, { JOBS: '/var/jobs.db' }, '/var/jobs.db'],
    ['only settings are stored', { config_store: sqlite('settings.db') }, {}, '/data/settings.db'],
    ['both are stored', { config_store: sqlite('settings.db'), logs_store: sqlite('logs.db') }, {}, '/data/logs.db'],
    [
      'requests are stored elsewhere',
      { config_store: sqlite('s.db'), logs_store: { type: 'clickhouse' } },
      {},
      '/data/s.db',
    ],
    ['DATABASE_URL is for another program', {}, { DATABASE_URL: 'mysql://db' }, '/data/asbru.db'],
  ])('is a file where %s', (_, file, variables, expected) => {
    expect(told(file, variables)).toEqual({ kind: 'sqlite', file: expected })
  })

  it('is memory where there is no directory, and nothing else is said', () => {
    expect(told({}, {}, null)).toEqual({ kind: 'memory' })
    expect(told({ logs_store: sqlite('/var/jobs.db') }, {}, null)).toEqual({ kind: 'sqlite', file: '/var/jobs.db' })
  })

  it('is a PostgreSQL where the file says so', () => {
    expect(told({ logs_store: postgres })).toEqual({
      kind: 'postgres',
      url: 'postgres://asbru:p%40ss%2Fw%3Ard@db.example:5432/jobs?sslmode=disable',
      shown: 'db.example:5432/jobs',
      connections: 10,
    })
    const config = { ...postgres.config, host: '::1', port: 'env.DB_PORT', ssl_mode: 'verify-full', max_open_conns: 3 }
    expect(told({ config_store: { ...postgres, config } }, { DB_PORT: '6432' })).toMatchObject({
      url: 'postgres://asbru:p%40ss%2Fw%3Ard@[::1]:6432/jobs?sslmode=verify-full',
      connections: 3,
    })
    const socket = { ...postgres.config, host: '/run/postgresql' }
    expect(told({ logs_store: { ...postgres, config: socket } })).toMatchObject({
      url: 'postgres://asbru:p%40ss%2Fw%3Ard@localhost:5432/jobs?host=%2Frun%2Fpostgresql&sslmode=disable',
    })
  })

  it('is that of DATABASE_URL before all others', () => {
    const variables = { DATABASE_URL: ' postgresql://me:secret@db:5433/app?sslmode=require\n' }
    const settings = told({ logs_store: sqlite('jobs.db') }, variables)
    expect(settings).toMatchObject({ url: 'postgresql://me:secret@db:5433/app?sslmode=require', shown: 'db:5433/app' })
  })

  it('is told without secrets', () => {
    const { config } = load({})
    const texts = [null, '/data'].map((directory) => describeStore(storeSettings(config, {}, directory)))
    const url = { DATABASE_URL: 'postgres://me:secret@db:5433/app' }
    expect([...texts, describeStore(storeSettings(config, url, null))]).toEqual([
      'memory, which ends with the process',
      'SQLite, /data/asbru.db',
      'PostgreSQL, db:5433/app',
    ])
  })
})

describe('what is said about stores', () => {
  it.each<[object, string[]]>([
    [{ config: {} }, ['config.host', 'config.user', 'config.db_name']],
    [{ config: { ...postgres.config, port: 'many' } }, ['config.port']],
    [{ config: { ...postgres.config, port: 70_000 } }, ['config.port']],
    [{ config: { ...postgres.config, ssl_mode: 'prefer' } }, ['config.ssl_mode']],
    [{ config: { ...postgres.config, max_open_conns: 0 } }, ['config.max_open_conns']],
  ])('%j is faulty', (changes, paths) => {
    expect(() => load({ logs_store: { ...postgres, ...changes } })).toThrow(
      expect.objectContaining({
        faults: paths.map((path) => expect.objectContaining({ path: `logs_store.${path}` })),
      }),
    )
  })

  it('is warned of where it is not used', () => {
    const warningsOf = (file: object) => load(file).warnings.map(findingText)
    expect(warningsOf({ logs_store: { type: 'clickhouse', enabled: true } })).toEqual([
      expect.stringContaining('logs_store.type'),
    ])
    expect(warningsOf({ logs_store: sqlite('a.db'), config_store: sqlite('b.db') })).toEqual([
      expect.stringContaining('config_store'),
    ])
    expect(warningsOf({ logs_store: sqlite('a.db'), config_store: sqlite('a.db') })).toEqual([])
    expect(warningsOf({ logs_store: { ...sqlite('a.db'), retention_days: 30 } })).toHaveLength(1)
  })
})
