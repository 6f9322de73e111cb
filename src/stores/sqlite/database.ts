/**
 * Opens the file of a database, in the thread that owns it, and brings its tables to this version.
 * What `synchronous = full` promises in WAL mode: https://www.sqlite.org/pragma.html#pragma_synchronous
 */
import { closeSync, fstatSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Migration } from '../read-migrations.ts'
import { faultOf } from './faults.ts'
import { applicationId } from './own-file.ts'

export interface Database {
  readonly connection: DatabaseSync
  /** False once the file was removed or replaced: what is written to it would go with it. */
  isInPlace(): boolean
}

/** Milliseconds another process may keep the file locked. */
const patience = 5000

/** A file up to this size is looked through when it is opened: 32 MB take a tenth of a second. */
const checkedSize = 32 * 1024 * 1024

/** Throws errors that `faultOf` knows. */
export function openDatabase(file: string, migrations: readonly Migration[]): Database {
  const identity = createFile(file)
  const connection = new DatabaseSync(file, { timeout: patience })
  try {
    // Only a database without tables can be told this; then it can give back the room of what is removed, bit by bit.
    connection.exec('pragma auto_vacuum = incremental')
    withPatience(() => connection.exec('pragma journal_mode = wal'))
    // A commit is on the disk before anybody hears of it, so that it survives the loss of power too. `normal` would not promise that.
    connection.exec('pragma synchronous = full')
    connection.exec(
      `pragma journal_size_limit = ${checkedSize}; pragma cell_size_check = on; pragma trusted_schema = off`,
    )
    if (identity.size <= checkedSize) check(connection)
    withPatience(() => migrate(connection, migrations))
  } catch (error) {
    connection.close()
    throw error
  }
  return { connection, isInPlace: () => isSame(file, identity) }
}

interface FileIdentity {
  readonly device: number
  readonly inode: number
  readonly size: number
}

/** Made where there is none, for this user alone, for it holds what people wrote. The files that SQLite puts beside it get the same rights. */
function createFile(file: string): FileIdentity {
  mkdirSync(dirname(file), { recursive: true })
  const handle = openSync(file, 'a+', 0o600)
  try {
    const { dev: device, ino: inode, size } = fstatSync(handle)
    return { device, inode, size }
  } finally {
    closeSync(handle)
  }
}

function isSame(file: string, { device, inode }: FileIdentity): boolean {
  const found = statSync(file, { throwIfNoEntry: false })
  return found !== undefined && found.dev === device && found.ino === inode
}

function check(connection: DatabaseSync): void {
  const found = connection.prepare('pragma quick_check(1)').get() as { quick_check: string }
  if (found.quick_check === 'ok') return
  throw Object.assign(new Error(found.quick_check), { errcode: damagedCode })
}

const damagedCode = 11

/**
 * What is missing, in one transaction, so that of two processes that start at once one does it. Versions that are not known are those of a newer process,
 * and stay: each step leaves the tables usable for the version before.
 */
function migrate(connection: DatabaseSync, migrations: readonly Migration[]): void {
  connection.exec('begin immediate')
  try {
    makeOurs(connection)
    connection.exec('create table if not exists migrations (version integer primary key, name text not null) strict')
    const rows = connection.prepare('select version from migrations').all() as unknown as { version: number }[]
    const applied = new Set(rows.map(({ version }) => version))
    for (const { version, name, sql } of migrations) {
      if (applied.has(version)) continue
      connection.exec(sql)
      connection.prepare('insert into migrations (version, name) values (?, ?)').run(version, name)
    }
    connection.exec('commit')
  } catch (error) {
    if (connection.isTransaction) connection.exec('rollback')
    throw error
  }
}

/** Throws where it is another program's. */
function makeOurs(connection: DatabaseSync): void {
  const { application_id: found } = connection.prepare('pragma application_id').get() as { application_id: number }
  if (found === applicationId) return
  const { tables } = connection.prepare('select count(*) as tables from sqlite_schema').get() as { tables: number }
  if (found !== 0 || tables > 0) throw new Error('It is a database of another program.')
  connection.exec(`pragma application_id = ${applicationId}`)
}

/** What changes the mode of the whole file does not wait for others of its own accord. */
function withPatience(task: () => void): void {
  for (const deadline = performance.now() + patience; ; Atomics.wait(sleeper, 0, 0, 20)) {
    try {
      return task()
    } catch (error) {
      if (faultOf(error) !== 'locked' || performance.now() > deadline) throw error
    }
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4))
