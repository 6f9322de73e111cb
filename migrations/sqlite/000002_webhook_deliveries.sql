-- Who is to be told of the end of a job, and how that went. Times are Unix milliseconds.

create table webhook_deliveries (
  sequence integer primary key,
  id text not null unique,
  job_id text not null,
  -- Empty: nobody's.
  owner text not null,
  target text not null,
  label text not null,
  event text not null,
  occurred_at integer not null,
  data text not null,
  created_at integer not null,
  give_up_at integer not null,
  state text not null default 'pending',
  -- While an attempt is going on, the end of its lease: then it is due again.
  run_at integer not null,
  attempts integer not null default 0,
  token text,
  log text not null default '[]',
  ended_at integer,
  expires_at integer
) strict;

create index webhook_deliveries_due on webhook_deliveries (label, run_at, sequence) where state = 'pending';
create index webhook_deliveries_held on webhook_deliveries (label, run_at) where state = 'pending' and token is not null;
create index webhook_deliveries_of_owner on webhook_deliveries (owner, created_at, id) where owner <> '';
create index webhook_deliveries_expiry on webhook_deliveries (expires_at, sequence) where expires_at is not null;
