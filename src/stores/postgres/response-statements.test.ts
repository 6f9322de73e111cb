/** PostgreSQL plans by statistics that may be of another time. What that must not do: make it read all that is kept. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDatabase } from '../../../test/support/postgres.ts'
import { responseTables } from '../../../test/support/response-tables.ts'
import { Secret } from '../../core/secret.ts'
import { createPostgresEngine } from './engine.ts'
import * as sql from './response-statements.ts'

/** What clients ask for, and what their responses end with, of a table where all that is there was put after the statistics were made. */
const questions: [string, string, unknown[]][] = [
  ['a response', sql.getResponse, ['resp_777', 'vk', 1]],
  ['a chain', sql.chain, ['resp_777', 'vk', 1, 1000, 10_000, 10_000_000]],
  ['the input of a response', sql.inputPage('desc'), [777, 0, 99_999, 20]],
  ['where to go on in it', sql.inputCursors, ['resp_777', 'vk', 1, 'input_777', null, true, false]],
  ['an item', sql.newestItem, ['input_777', 'vk', 1]],
  ['events', sql.eventPage, ['resp_777', 'vk', 1, -1, 100]],
  ['to write events', sql.appendEvents, [['resp_777'], ['token'], [1], [7], ['text']]],
  ['to remove events', sql.removeEvents, [[777, 778], 5000]],
  ['to remove items', sql.removeItems, [[777, 778], 5000]],
  ['a conversation', sql.allConversationItems, ['conv_777', 'vk', 1, 10_000, 10_000_000]],
  ['a page of a conversation', sql.conversationPage('asc'), [777, 0, 99_999, 20]],
  ['an item of a conversation', sql.getConversationItem, ['conv_777', 'vk', 1, 'said_777']],
  ['to end a response', sql.finishResponse, finishValues()],
  ['to keep a response', sql.addResponses, addValues()],
]

const databases = [await createDatabase(), await createDatabase()] as const

describe.skipIf(databases[0] === undefined).each(['that were never made', 'of a time when all had expired'])(
  'with statistics %s',
  (time) => {
    const database = databases[time === 'that were never made' ? 0 : 1]
    const engine = createPostgresEngine({ url: new Secret(database?.url ?? ''), connections: 1, onState: () => {} })

    beforeAll(async () => {
      await engine.query('select 1')
      for (const table of responseTables)
        await database!.query(`alter table asbru.${table} set (autovacuum_enabled = off)`)
      await database!.query(rows(1, 100, 0))
      if (time !== 'that were never made')
        await database!.query(responseTables.map((table) => `analyze asbru.${table}`).join('; '))
      await database!.query(rows(101, 30_000, 1_000_000))
      await database!.query(`update asbru.responses set status = 'in_progress', writer = 'token' where id = 'resp_777'`)
    })

    afterAll(async () => {
      await engine.close()
      await database!.drop()
    })

    test.each(questions)('nothing is gone through from end to end for %s', async (_, statement, values) => {
      const plan = await engine.query<{ 'QUERY PLAN': string }>(`explain ${statement}`, values)
      const scans = plan.map((line) => line['QUERY PLAN'].trim()).filter((line) => line.includes('Seq Scan'))
      expect(scans).toEqual([])
    })
  },
)

/** Each goes on from the one before it; numbers are sequences, too. */
function rows(first: number, last: number, expiresAt: number): string {
  const numbers = `generate_series(${first}, ${last}) as n`
  return `
    set search_path = asbru;
    insert into responses (id, owner, created_at, expires_at, status, previous_id, conversation_id, streamed, items, characters)
      select 'resp_' || n, 'vk', 0, ${expiresAt}, 'completed', 'resp_' || n - 1, 'conv_' || n, 1, 1, 2 from ${numbers};
    insert into response_objects (response, object) select n, '{}' from ${numbers};
    insert into response_items (response, owner, side, item_id, item) select n, 'vk', 'input', 'input_' || n, '{}' from ${numbers};
    insert into response_events (response, number, text) select n, 0, '{}' from ${numbers};
    insert into conversations (id, owner, created_at, expires_at, metadata)
      select 'conv_' || n, 'vk', 0, ${expiresAt}, '{}' from ${numbers};
    insert into conversation_items (conversation, owner, item_id, characters, item)
      select n, 'vk', 'said_' || n, 2, '{}' from ${numbers}`
}

function finishValues(): unknown[] {
  const end = ['completed', null, null, null, 1_000_000, 1, 2, '{}']
  return ['resp_777', 'vk', null, ...end, ['msg_1'], ['{}'], [1], ['{}'], true, 1_000_000, 'job', 1, '{}']
}

function addValues(): unknown[][] {
  const facts = [
    ['resp_new'],
    ['vk'],
    [0],
    [1_000_000],
    ['completed'],
    [null],
    [null],
    [null],
    ['resp_777'],
    ['conv_777'],
  ]
  return [...facts, [null], [0], [1], [2], ['{}'], ['conv_777'], [1_000_000], [1], ['input'], ['msg_1'], [2], ['{}']]
}
