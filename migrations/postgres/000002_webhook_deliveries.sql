-- Who is to be told of the end of a job, and how that went. Times are Unix milliseconds. Names are those of the schema `asbru`.

create table webhook_deliveries (
  sequence bigint generated always as identity primary key,
  id text collate "C" not null unique,
  job_id text not null,
  -- Empty: nobody's.
  owner text collate "C" not null,
  target text not null,
  label text collate "C" not null,
  event text not null,
  occurred_at bigint not null,
  data text not null,
  created_at bigint not null,
  give_up_at bigint not null,
  state text not null default 'pending',
  -- While an attempt is going on, the end of its lease: then it is due again.
  run_at bigint not null,
  attempts integer not null default 0,
  token text,
  log text not null default '[]',
  ended_at bigint,
  expires_at bigint
);

create index webhook_deliveries_due on webhook_deliveries (label, run_at, sequence) where state = 'pending';
create index webhook_deliveries_held on webhook_deliveries (label, run_at) where state = 'pending' and token is not null;
create index webhook_deliveries_of_owner on webhook_deliveries (owner, created_at, id) where owner <> '';
create index webhook_deliveries_expiry on webhook_deliveries (expires_at, sequence) where expires_at is not null;
