/** What SQLite is told and asked about responses, prepared once. */
import type { DatabaseSync } from 'node:sqlite'
import { responseColumns } from '../response-rows.ts'
import { prepareUsage } from './usage-statement.ts'

/** Pages that are given back to the file system at a time. */
const pagesGivenBack = 512

export function prepareResponses(database: DatabaseSync) {
  const mine = 'id = ? and owner = ? and expires_at > ?'
  const page = (direction: 'asc' | 'desc') =>
    database.prepare(
      `select item_id, item from response_items
       where response = ? and side = 'input' and sequence > ? and sequence < ? order by sequence ${direction} limit ?`,
    )
  return {
    known: database.prepare('select 1 from responses where id = ?'),
    add: database.prepare(
      `insert into responses (id, owner, created_at, expires_at, status, provider, key_id, upstream_id, previous_id,
         conversation_id, job_id, streamed, items, characters)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    addObject: database.prepare('insert into response_objects (response, object) values (?, ?)'),
    addItem: database.prepare(
      'insert into response_items (response, owner, side, item_id, item) values (?, ?, ?, ?, ?)',
    ),
    addEvent: database.prepare(
      'insert into response_events (response, number, text) values (?, ?, ?) on conflict (response, number) do nothing',
    ),
    addUsage: prepareUsage(database),
    start: database.prepare(
      `update responses set status = 'in_progress', writer = ? where id = ? and status in ('queued', 'in_progress')
       returning sequence`,
    ),
    setObject: database.prepare('update response_objects set object = ? where response = ?'),
    nextEvent: database.prepare('select coalesce(max(number) + 1, 0) as next from response_events where response = ?'),
    held: database.prepare("select sequence from responses where id = ? and writer = ? and status = 'in_progress'"),
    open: database.prepare(
      'select sequence, owner, status, writer, conversation_id from responses where id = ? and owner = ?',
    ),
    end: database.prepare(
      `update responses set status = ?, provider = ?, key_id = ?, upstream_id = ?, expires_at = ?, writer = null,
         items = items + ?, characters = characters + ?
       where sequence = ?`,
    ),
    get: database.prepare(
      `select ${responseColumns}, object from responses join response_objects on response = sequence where ${mine}`,
    ),
    status: database.prepare(`select sequence, status from responses where ${mine}`),
    chain: database.prepare(
      `with recursive chain as (
         select *, 1 as depth, items as all_items, characters as all_characters
         from responses where id = :id and owner = :owner and expires_at > :now
         union all
         select earlier.*, depth + 1, all_items + earlier.items, all_characters + earlier.characters
         from chain cross join responses earlier
         where earlier.id = chain.previous_id and earlier.owner = :owner and earlier.expires_at > :now
           and depth <= :longestChain and all_items <= :items and all_characters <= :characters
       )
       select sequence, ${responseColumns}, items, characters from chain order by depth`,
    ),
    items: database.prepare(
      'select side, item_id, item from response_items where response = ? order by side, sequence',
    ),
    prolong: database.prepare('update responses set expires_at = max(expires_at, ?) where id = ?'),
    places: database.prepare(
      `select min(sequence) as min, max(sequence) as max from response_items
       where response = ? and side = 'input' and +item_id = ?`,
    ),
    page: { asc: page('asc'), desc: page('desc') },
    item: database.prepare(
      `select item_id, item from response_items
         cross join responses on responses.sequence = response and expires_at > ?3
       where response_items.owner = ?1 and item_id = ?2 order by response_items.sequence desc limit 1`,
    ),
    events: database.prepare(
      'select number, text from response_events where response = ? and number > ? order by number limit ?',
    ),
    expired: database.prepare(
      'select sequence from responses where expires_at <= ? order by expires_at, sequence limit ?',
    ),
    removeEvents: database.prepare(
      `delete from response_events where response = ? and number in (
         select number from response_events where response = ? limit ?
       )`,
    ),
    removeItems: database.prepare(
      'delete from response_items where sequence in (select sequence from response_items where response = ? limit ?)',
    ),
    removeObject: database.prepare('delete from response_objects where response = ?'),
    remove: database.prepare('delete from responses where sequence = ?'),
    unusedPages: database.prepare('pragma freelist_count'),
    shrink: database.prepare(`pragma incremental_vacuum(${pagesGivenBack})`),
    sizes: database.prepare(
      `select (select count(*) from (select 1 from responses limit ?)) as responses,
         (select count(*) from (select 1 from conversations limit ?)) as conversations`,
    ),
  }
}
