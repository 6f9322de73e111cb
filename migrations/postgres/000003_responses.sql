-- Responses that are kept, and the conversations they belong to. Times are Unix milliseconds. Names are those of the schema `asbru`.

create table responses (
  sequence bigint generated always as identity primary key,
  id text collate "C" not null unique,
  -- Empty: nobody's.
  owner text collate "C" not null,
  created_at bigint not null,
  expires_at bigint not null,
  status text not null,
  provider text,
  key_id text,
  upstream_id text,
  previous_id text collate "C",
  conversation_id text collate "C",
  job_id text,
  streamed integer not null,
  -- Who makes it, while it is made in the background.
  writer text,
  -- Of its items and their texts: so it is known how long a chain is before any of it is read.
  items bigint not null,
  characters bigint not null
);

create index responses_expiry on responses (expires_at, sequence);

-- Apart from the row that is written anew when a chain goes on. `response` is a `sequence` of `responses`, here and below.
create table response_objects (
  response bigint primary key,
  object text not null
);

create table response_items (
  sequence bigint generated always as identity primary key,
  response bigint not null,
  owner text collate "C" not null,
  -- `input` or `output`.
  side text not null,
  item_id text collate "C" not null,
  item text not null
);

create index response_items_of_response on response_items (response, side, sequence);
create index response_items_by_id on response_items (owner, item_id, sequence);

create table response_events (
  response bigint not null,
  number integer not null,
  text text not null,
  primary key (response, number)
);

create table conversations (
  sequence bigint generated always as identity primary key,
  id text collate "C" not null unique,
  -- Empty: nobody's.
  owner text collate "C" not null,
  created_at bigint not null,
  expires_at bigint not null,
  metadata text not null
);

create index conversations_expiry on conversations (expires_at, sequence);

create table conversation_items (
  sequence bigint generated always as identity primary key,
  -- A `sequence` of `conversations`.
  conversation bigint not null,
  owner text collate "C" not null,
  item_id text collate "C" not null,
  characters bigint not null,
  item text not null,
  unique (conversation, item_id)
);

create index conversation_items_in_order on conversation_items (conversation, sequence);
create index conversation_items_by_id on conversation_items (owner, item_id, sequence);
