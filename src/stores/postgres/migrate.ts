/** Brings the tables to this version. Several gateways may try at once; tables of a newer version are left as they are. */
import type { ClientBase } from 'pg'
import type { Migration } from '../read-migrations.ts'
import { locks } from './locks.ts'

/** In one transaction: all that is missing, or nothing. Each step leaves the tables usable for the version before. */
export async function migrate(client: ClientBase, migrations: readonly Migration[]): Promise<void> {
  await client.query(
    `begin; set local statement_timeout = 0; set local lock_timeout = '60s'; select pg_advisory_xact_lock(${locks.migrations})`,
  )
  // Asked first, for whoever may not make schemas may well use this one.
  const schema = await client.query("select 1 from pg_namespace where nspname = 'asbru'")
  if (schema.rowCount === 0) await client.query('create schema asbru')
  await client.query('create table if not exists asbru.migrations (version integer primary key, name text not null)')
  const { rows } = await client.query<{ version: number }>('select version from asbru.migrations')
  const applied = new Set(rows.map(({ version }) => version))
  for (const { version, name, sql } of migrations) {
    if (applied.has(version)) continue
    await client.query(sql)
    await client.query('insert into asbru.migrations (version, name) values ($1, $2)', [version, name])
  }
  await client.query('commit')
}
