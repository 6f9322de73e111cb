/** Looks for what clients name, who may name anything. */
import type { Query } from './engine.ts'

/** PostgreSQL takes no U+0000, so nothing that has one was ever kept: such a question has no rows rather than an error. */
export function finding(query: Query): Query {
  return async (text, values = []) => (values.some(hasNull) ? [] : query(text, values))
}

function hasNull(value: unknown): boolean {
  return typeof value === 'string' && value.includes('\0')
}
