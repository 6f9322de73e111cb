/** The tables of responses and conversations, for tests that empty them and look whether anything was left behind. */

export const responseTables = [
  'responses',
  'response_objects',
  'response_items',
  'response_events',
  'conversations',
  'conversation_items',
] as const

/** Counts the rows of what is gone, which should have gone with it. `schema`: as it stands before a table's name. */
export function countLeftovers(schema: string): string {
  const parts = [
    ['response_objects', 'response', 'responses'],
    ['response_items', 'response', 'responses'],
    ['response_events', 'response', 'responses'],
    ['conversation_items', 'conversation', 'conversations'],
  ].map(
    ([table, column, whole]) =>
      `(select count(*) from ${schema}${table} where ${column} not in (select sequence from ${schema}${whole}))`,
  )
  return `select ${parts.join(' + ')} as leftovers`
}
