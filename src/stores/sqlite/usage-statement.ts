/** What jobs have used, written by whoever ends one: the first record of a job stands. The table is in `migrations/sqlite/`. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** Given the job's id, when it was completed, and the record. */
export function prepareUsage(database: DatabaseSync): StatementSync {
  return database.prepare(
    'insert into usage_records (job_id, completed_at, record) values (?, ?, ?) on conflict (job_id) do nothing',
  )
}
