/** Databases on PostgreSQL for tests: one for each test file, or as many as it likes. */
import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import { inject } from 'vitest'
import { findPostgres } from './postgres-server.ts'
import type { Offer } from './postgres-setup.ts'

export interface TestDatabase {
  readonly url: string
  query(sql: string): Promise<Record<string, unknown>[]>
  drop(): Promise<void>
}

/** Undefined where there is no PostgreSQL: the tests that need it are skipped then, and said to be left out. */
export async function createDatabase(): Promise<TestDatabase | undefined> {
  const offer = JSON.parse(await text(connect(inject('postgresPort'), '127.0.0.1'))) as Offer
  if (offer.kind === 'none') return missing(offer.reason)
  const name = `asbru_test_${randomUUID().replaceAll('-', '')}`
  const server = offer.url
  await queryOnce(databaseUrl(server, 'postgres'), `create database ${name}`)
  const url = databaseUrl(server, name)
  return {
    url,
    query: (sql) => queryOnce(url, sql),
    async drop() {
      await queryOnce(databaseUrl(server, 'postgres'), `drop database ${name} with (force)`)
    },
  }
}

/** The binaries, for tests that stop and start a server of their own. */
export function postgresBinaries(): string | undefined {
  return findPostgres() ?? missing('no binaries of PostgreSQL on this machine')
}

/** Where nothing may be left out, that is a failure. */
function missing(reason: string): undefined {
  if (process.env['ASBRU_TEST_ALL'] === '1') throw new Error(`Tests on PostgreSQL cannot run: ${reason}.`)
  return undefined
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

async function queryOnce(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
