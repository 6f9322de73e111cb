-- Responses that are kept, and the conversations they belong to. Times are Unix milliseconds.

create table responses (
  sequence integer primary key,
  id text not null unique,
  -- Empty: nobody's.
  owner text not null,
  created_at integer not null,
  expires_at integer not null,
  status text not null,
  provider text,
  key_id text,
  upstream_id text,
  previous_id text,
  conversation_id text,
  job_id text,
  streamed integer not null,
  -- Who makes it, while it is made in the background.
  writer text,
  -- Of its items and their texts: so it is known how long a chain is before any of it is read.
  items integer not null,
  characters integer not null
) strict;

create index responses_expiry on responses (expires_at, sequence);

-- Apart from the row that is written anew when a chain goes on. `response` is a `sequence` of `responses`, here and below.
create table response_objects (
  response integer primary key,
  object text not null
) strict;

create table response_items (
  sequence integer primary key,
  response integer not null,
  owner text not null,
  -- `input` or `output`.
  side text not null,
  item_id text not null,
  item text not null
) strict;

create index response_items_of_response on response_items (response, side, sequence);
create index response_items_by_id on response_items (owner, item_id, sequence);

create table response_events (
  response integer not null,
  number integer not null,
  text text not null,
  primary key (response, number)
) strict, without rowid;

create table conversations (
  sequence integer primary key,
  id text not null unique,
  -- Empty: nobody's.
  owner text not null,
  created_at integer not null,
  expires_at integer not null,
  metadata text not null
) strict;

create index conversations_expiry on conversations (expires_at, sequence);

create table conversation_items (
  sequence integer primary key,
  -- A `sequence` of `conversations`.
  conversation integer not null,
  owner text not null,
  item_id text not null,
  characters integer not null,
  item text not null,
  unique (conversation, item_id)
) strict;

create index conversation_items_in_order on conversation_items (conversation, sequence);
create index conversation_items_by_id on conversation_items (owner, item_id, sequence);
