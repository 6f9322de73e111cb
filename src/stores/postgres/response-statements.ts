/** What PostgreSQL is told and asked about responses and conversations. */
import { conversationColumns, responseColumns } from '../response-rows.ts'

const mine = 'id = $1 and owner = $2 and expires_at > $3'
const isOpen = "status in ('queued', 'in_progress')"

/** Rows of those that are gone, so many at most. By their place, so that no plan goes through all there are. */
const removal = (table: string, of: string) => `
  delete from ${table} where ctid = any(array(select ctid from ${table} where ${of} = any($1::bigint[]) limit $2))
  returning 1`

/**
 * Many responses with all that belongs to them. A conversation's row is held before its items get their numbers, and until they are committed: so the items
 * of two turns never come between each other, and those of one batch come in its order.
 */
export const addResponses = `
  with given as (
    select * from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
      $9::text[], $10::text[], $11::text[], $12::int[], $13::bigint[], $14::bigint[], $15::text[], $16::text[], $17::bigint[])
      with ordinality as given (id, owner, created_at, expires_at, status, provider, key_id, upstream_id, previous_id,
      conversation_id, job_id, streamed, items, characters, object, joins, conversation_expires_at, place)
  ), given_items as (
    select * from unnest($18::int[], $19::text[], $20::text[], $21::bigint[], $22::text[])
      with ordinality as given_items (of, side, item_id, characters, item, place)
  ), added as (
    insert into responses (${responseColumns}, items, characters)
    select ${responseColumns}, items, characters from given order by place
    on conflict (id) do nothing returning sequence, id
  ), kept as (
    select added.sequence, given.* from added join given using (id)
  ), objects as (
    insert into response_objects (response, object) select sequence, object from kept
  ), items as (
    insert into response_items (response, owner, side, item_id, item)
    select kept.sequence, kept.owner, side, item_id, item
    from kept join given_items on of = kept.place order by given_items.place
  ), turns as (
    select joins, owner, max(conversation_expires_at) as until from kept where joins is not null group by joins, owner
  ), locked as materialized (
    select conversations.sequence, conversations.id, turns.until
    from conversations join turns on conversations.id = turns.joins and conversations.owner = turns.owner
    order by conversations.sequence for no key update of conversations
  ), prolonged as (
    update conversations set expires_at = greatest(expires_at, locked.until)
    from locked where conversations.sequence = locked.sequence
  ), grown as (
    insert into conversation_items (conversation, owner, item_id, characters, item)
    select locked.sequence, kept.owner, item_id, given_items.characters, item
    from kept join locked on locked.id = kept.joins join given_items on of = kept.place order by given_items.place
    on conflict (conversation, item_id) do nothing
  )
  select id from added`

export const startResponse = `
  with started as (
    update responses set status = 'in_progress', writer = $2 where id = $1 and ${isOpen} returning sequence
  ), objects as (
    update response_objects set object = $3 from started where response = started.sequence
  )
  select sequence from started`

/** Asked after the row is held: an earlier writer may have been writing until then. */
export const nextEvent = 'select coalesce(max(number) + 1, 0) as next from response_events where response = $1'

/** Of several responses at once. Their rows are shared, so that none ends or goes meanwhile. */
export const appendEvents = `
  with wish as (
    select * from unnest($1::text[], $2::text[]) with ordinality as wish (id, writer, place)
  ), held as materialized (
    select wish.place, responses.sequence from responses join wish on responses.id = wish.id and responses.writer = wish.writer
    where status = 'in_progress' order by responses.sequence for share of responses
  ), written as (
    insert into response_events (response, number, text)
    select held.sequence, number, text
    from held join unnest($3::int[], $4::int[], $5::text[]) as event (of, number, text) on of = held.place
    order by held.sequence, number
    on conflict (response, number) do nothing
  )
  select place from held`

export const finishResponse = `
  with ended as (
    update responses set status = $4, provider = $5, key_id = $6, upstream_id = $7, expires_at = $8, writer = null,
      items = items + $9, characters = characters + $10
    where id = $1 and owner = $2 and ($3::text is null or writer = $3) and ${isOpen}
    returning sequence, owner, conversation_id
  ), objects as (
    update response_objects set object = $11 from ended where response = ended.sequence
  ), items as (
    insert into response_items (response, owner, side, item_id, item)
    select ended.sequence, ended.owner, 'output', item_id, item
    from ended cross join unnest($12::text[], $13::text[]) with ordinality as given (item_id, item, place) order by place
  ), events as (
    insert into response_events (response, number, text)
    select ended.sequence, number, text from ended cross join unnest($14::int[], $15::text[]) as event (number, text)
    on conflict (response, number) do nothing
  ), used as (
    insert into usage_records (job_id, completed_at, record) select $18, $19::bigint, $20 from ended where $18::text is not null
    on conflict (job_id) do nothing
  ), locked as materialized (
    select conversations.sequence, ended.sequence as response
    from conversations join ended on conversations.id = ended.conversation_id and conversations.owner = ended.owner
    where $16::boolean for no key update of conversations
  ), prolonged as (
    update conversations set expires_at = greatest(expires_at, $17)
    from locked where conversations.sequence = locked.sequence
  ), said as (
    select 0 as side, sequence as place, item_id, item
    from response_items where response = (select response from locked) and side = 'input'
    union all
    select 1, place, item_id, item
    from unnest($12::text[], $13::text[]) with ordinality as given (item_id, item, place)
  ), grown as (
    insert into conversation_items (conversation, owner, item_id, characters, item)
    select locked.sequence, $2, item_id, length(item), item
    from locked cross join said order by side, place
    on conflict (conversation, item_id) do nothing
  )
  select sequence from ended`

export const responseState = 'select status from responses where id = $1 and owner = $2'

export const getResponse = `
  select ${responseColumns}, object from responses join response_objects on response = sequence where ${mine}`

export const deleteResponse = `delete from responses where ${mine} returning sequence`

export const removeEvents = removal('response_events', 'response')
export const removeItems = removal('response_items', 'response')
export const removeObjects = 'delete from response_objects where response = any($1::bigint[])'
export const removeResponses = 'delete from responses where sequence = any($1::bigint[])'

/**
 * Texts are only read where all of the chain is there and within the limit. What is asked laterally has a limit of its own, or statistics of another time
 * would make plans that go through all there is.
 */
export const chain = `
  with recursive chain as (
    select sequence, ${responseColumns}, items, characters, 1 as depth, items as all_items, characters as all_characters
    from responses where ${mine}
    union all
    select earlier.*, depth + 1, all_items + earlier.items, all_characters + earlier.characters
    from chain cross join lateral (
      select sequence, ${responseColumns}, items, characters from responses
      where id = chain.previous_id and owner = $2 and expires_at > $3 limit 1
    ) earlier
    where depth <= $4 and all_items <= $5 and all_characters <= $6
  ), verdict as (
    select max(depth) <= $4 and max(all_items) <= $5 and max(all_characters) <= $6 and bool_or(previous_id is null) as is_whole
    from chain
  )
  select chain.*, side, item_id, item
  from chain cross join verdict left join lateral (
    select response_items.sequence as place, side, item_id, item from response_items
    where is_whole and response = chain.sequence limit $5::bigint + 1
  ) item on true
  order by depth, side, place`

export const prolongResponses = `
  update responses set expires_at = $2
  where sequence in (select sequence from responses where sequence = any($1::bigint[]) order by sequence for no key update)
    and expires_at < $2`

const placeOfInput = (id: string, isLast: string) => `
  (select case when ${isLast} then max(place.sequence) else min(place.sequence) end from response_items place
   where place.response = responses.sequence and side = 'input' and item_id = ${id})`

export const inputCursors = `
  select sequence, ${placeOfInput('$4', '$6')} as after, ${placeOfInput('$5', '$7')} as before
  from responses where ${mine}`

export const inputPage = (direction: 'asc' | 'desc') => `
  select item_id, item from response_items
  where response = $1 and side = 'input' and sequence > $2 and sequence < $3 order by sequence ${direction} limit $4`

export const newestItem = `
  select item_id, item from (
    (select 1 as place, item_id, item from response_items join responses on responses.sequence = response
     where response_items.owner = $2 and item_id = $1 and expires_at > $3 order by response_items.sequence desc limit 1)
    union all
    (select 2, item_id, item from conversation_items join conversations on conversations.sequence = conversation
     where conversation_items.owner = $2 and item_id = $1 and expires_at > $3
     order by conversation_items.sequence desc limit 1)
  ) found order by place limit 1`

export const eventPage = `
  select status, number, text from responses left join lateral (
    select number, text from response_events where response = responses.sequence and number > $4 order by number limit $5
  ) event on true
  where ${mine} order by number`

export const expiredResponses = `
  select sequence from responses where expires_at <= $1 order by expires_at, sequence limit $2 for update skip locked`

export const sizes = `
  select (select count(*) from (select 1 from responses limit $1) counted) as responses,
    (select count(*) from (select 1 from conversations limit $1) counted) as conversations`

export const addConversation = `
  with added as (
    insert into conversations (${conversationColumns}) values ($1, $2, $3, $4, $5)
    on conflict (id) do nothing returning sequence, owner
  ), items as (
    insert into conversation_items (conversation, owner, item_id, characters, item)
    select added.sequence, added.owner, item_id, characters, item
    from added cross join unnest($6::text[], $7::bigint[], $8::text[])
      with ordinality as given (item_id, characters, item, place) order by place
    on conflict (conversation, item_id) do nothing
  )
  select sequence from added`

export const getConversation = `select ${conversationColumns} from conversations where ${mine}`

export const updateConversation = `
  update conversations set metadata = $4 where ${mine} returning ${conversationColumns}`

export const deleteConversation = `delete from conversations where ${mine} returning sequence`

/** Holds its row until the end of the transaction, against everybody who would add to it or remove it. */
export const getConversationRow = `select sequence from conversations where ${mine} for no key update`

export const prolongConversation = 'update conversations set expires_at = greatest(expires_at, $2) where sequence = $1'

export const knownItems = `
  select item_id from conversation_items where conversation = $1 and item_id = any($2::text[])`

export const addConversationItems = `
  insert into conversation_items (conversation, owner, item_id, characters, item)
  select $1, $2, item_id, characters, item
  from unnest($3::text[], $4::bigint[], $5::text[]) with ordinality as given (item_id, characters, item, place) order by place`

const placeInConversation = (id: string) => `
  (select place.sequence from conversation_items place where conversation = conversations.sequence and item_id = ${id})`

export const conversationCursors = `
  select sequence, ${placeInConversation('$4')} as after, ${placeInConversation('$5')} as before
  from conversations where ${mine}`

export const conversationPage = (direction: 'asc' | 'desc') => `
  select item_id, item from conversation_items
  where conversation = $1 and sequence > $2 and sequence < $3 order by sequence ${direction} limit $4`

/** Texts are only read where all is within the limit. */
export const allConversationItems = `
  with found as (
    select sequence from conversations where ${mine}
  ), size as (
    select count(*) as items, coalesce(sum(characters), 0)::bigint as characters from (
      select characters from conversation_items where conversation = (select sequence from found) limit $4::bigint + 1
    ) counted
  )
  select items, characters, item_id, item
  from found cross join size left join lateral (
    select conversation_items.sequence as place, item_id, item from conversation_items
    where conversation = found.sequence and size.items <= $4 and size.characters <= $5 limit $4::bigint + 1
  ) item on true
  order by place`

export const getConversationItem = `
  select item_id, item from conversation_items
  where conversation = (select sequence from conversations where ${mine}) and item_id = $4`

export const removeConversationItem = `
  with found as (
    select sequence, ${conversationColumns} from conversations where ${mine}
  ), removed as (
    delete from conversation_items using found where conversation = found.sequence and item_id = $4 returning item_id
  )
  select ${conversationColumns} from found where exists (select 1 from removed)`

export const expiredConversations = `
  select sequence from conversations where expires_at <= $1 order by expires_at, sequence limit $2 for update skip locked`

export const removeConversationItems = removal('conversation_items', 'conversation')

export const removeConversations = 'delete from conversations where sequence = any($1::bigint[])'
