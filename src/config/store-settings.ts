/** Works out where things are kept: in the PostgreSQL of `DATABASE_URL`, else where the configuration says, else in a file beside it. */
import { join, resolve } from 'node:path'
import { Secret } from '../core/secret.ts'
import type { StoreSettings } from '../core/store-settings.ts'
import { readDatabaseUrl } from './database-url.ts'
import type { Variables } from './reference.ts'
import type { Config, StoreEntry } from './schema.ts'

/** The file's name where the configuration names none. */
const databaseFile = 'asbru.db'

const usualConnections = 10
const usualPort = 5432

/**
 * `directory` is where relative paths begin and the file is made; null keeps in memory what no place is named for. The configuration is one that is
 * right.
 */
export function storeSettings(config: Config, variables: Variables, directory: string | null): StoreSettings {
  const url = readDatabaseUrl(variables)
  if (url.kind === 'postgres') return postgres(url.text, usualConnections)
  const store = chosenStore(config)
  if (store?.type === 'postgres') return postgres(urlOf(store), store.config?.max_open_conns ?? usualConnections)
  const path = store?.config?.path
  if (path !== undefined) return { kind: 'sqlite', file: resolve(directory ?? '.', path) }
  return directory === null ? { kind: 'memory' } : { kind: 'sqlite', file: join(resolve(directory), databaseFile) }
}

/** For people: the engine and the place, without secrets. */
export function describeStore(settings: StoreSettings): string {
  switch (settings.kind) {
    case 'memory':
      return 'memory, which ends with the process'
    case 'sqlite':
      return `SQLite, ${settings.file}`
    case 'postgres':
      return `PostgreSQL, ${settings.shown}`
  }
}

/** Of the two stores the file format has, that of requests, for it is the one that jobs are in elsewhere; then that of settings. */
function chosenStore({ logs_store: logs, config_store: settings }: Pick<Config, StoreName>): StoreEntry | undefined {
  return [logs, settings].find((store) => store !== undefined && store.enabled !== false && isKnown(store))
}

export type StoreName = 'logs_store' | 'config_store'

/** Of those that the file format names, the ones that Asbru has. */
export function isKnown({ type }: Pick<StoreEntry, 'type'>): boolean {
  return type === undefined || type === 'sqlite' || type === 'postgres'
}

function urlOf({ config = {} }: StoreEntry): string {
  const { host = '' } = config
  const url = new URL('postgres://localhost')
  // The directory of a socket cannot stand where a name does.
  if (host.startsWith('/')) url.searchParams.set('host', host)
  else url.hostname = host.includes(':') ? `[${host}]` : host
  url.port = String(config.port ?? usualPort)
  url.username = encodeURIComponent(config.user ?? '')
  url.password = encodeURIComponent(config.password ?? '')
  url.pathname = `/${encodeURIComponent(config.db_name ?? '')}`
  url.searchParams.set('sslmode', config.ssl_mode ?? 'disable')
  return url.href
}

function postgres(text: string, connections: number): StoreSettings {
  const { host, pathname } = new URL(text)
  return { kind: 'postgres', url: new Secret(text), shown: `${host}${pathname}`, connections }
}
