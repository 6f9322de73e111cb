/** Looks into the stores themselves, once no gateway has them open: how many records of usage each job has, and each response that was made by one. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { ReadUsage } from './scenario.ts'

export const sqliteUsage: ReadUsage = async (directory) => {
  const database = new DatabaseSync(join(directory, 'asbru.db'), { readOnly: true })
  try {
    return counted(database.prepare('select job_id from usage_records').all())
  } finally {
    database.close()
  }
}

/** `query` asks the database of the scenario. */
export function postgresUsage(query: (sql: string) => Promise<Record<string, unknown>[]>): ReadUsage {
  return async () => counted(await query('select job_id from asbru.usage_records'))
}

const recordsOfResponses = (schema: string) =>
  `select id, count(record) as records from ${schema}responses as responses
   left join ${schema}usage_records as used on used.job_id = responses.job_id group by id`

export const sqliteResponses: ReadUsage = async (directory) => {
  const database = new DatabaseSync(join(directory, 'asbru.db'), { readOnly: true })
  try {
    return recordsOf(database.prepare(recordsOfResponses('')).all())
  } finally {
    database.close()
  }
}

/** `query` asks the database of the scenario. */
export function postgresResponses(query: (sql: string) => Promise<Record<string, unknown>[]>): ReadUsage {
  return async () => recordsOf(await query(recordsOfResponses('asbru.')))
}

function recordsOf(rows: readonly Record<string, unknown>[]): ReadonlyMap<string, number> {
  return new Map(rows.map(({ id, records }) => [String(id), Number(records)]))
}

function counted(rows: readonly Record<string, unknown>[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const row of rows) {
    const id = String(row['job_id'])
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}
