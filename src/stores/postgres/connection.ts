/** How connections to PostgreSQL are made. The driver is loaded here: who keeps nothing there does not pay for it. */
import type { Secret } from '../../core/secret.ts'
import type { Client, ClientConfig, CustomTypesConfig, Pool } from 'pg'

/** Milliseconds until a connection has to be there, be it a new one or one that is free again. */
const patience = 5000

/**
 * Nothing may take for ever, and nobody who stands still may keep the others waiting. Said on each connection rather than asked for when it is made,
 * which poolers between us and the database refuse.
 */
const sessionSettings =
  "set search_path = asbru; set statement_timeout = '10s'; set lock_timeout = '5s';" +
  " set idle_in_transaction_session_timeout = '5s'"

/** Milliseconds for an answer, of a server that may have vanished: more than it gives itself. */
const longestAnswer = 15_000

export async function createPool(url: Secret, connections: number): Promise<Pool> {
  const { default: pg } = await import('pg')
  const types: CustomTypesConfig = {
    // Counts and times are far below what a number can hold.
    getTypeParser: (type: number, format) =>
      type === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(type, format),
  }
  const pool = new pg.Pool({
    ...configOf(url),
    types,
    max: connections,
    query_timeout: longestAnswer,
    onConnect: (client) => client.query(sessionSettings),
  })
  // Connections break when the database goes. Whoever used one hears of it by what was asked.
  pool.on('error', ignore)
  pool.on('connect', (client) => client.on('error', ignore))
  return pool
}

export type Connection = Client

/** One apart from the pool. */
export async function connectClient(url: Secret): Promise<Connection> {
  const { default: pg } = await import('pg')
  const client = new pg.Client(configOf(url))
  client.on('error', ignore)
  await client.connect()
  return client
}

function configOf(secret: Secret): ClientConfig {
  const url = secret.reveal()
  return {
    // `sslmode` means what it means to every other program.
    connectionString: url.includes('uselibpqcompat=')
      ? url
      : `${url}${url.includes('?') ? '&' : '?'}uselibpqcompat=true`,
    connectionTimeoutMillis: patience,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    fallback_application_name: 'asbru',
  }
}

function ignore(): void {}
