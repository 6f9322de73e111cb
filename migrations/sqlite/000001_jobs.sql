-- Calls that were accepted and are answered later. Times are Unix milliseconds.

create table jobs (
  sequence integer primary key,
  id text not null unique,
  request_id text not null,
  kind text not null,
  -- Empty: nobody's.
  owner text not null,
  provider text not null,
  model text not null,
  -- The negative of the priority, so that every index ascends.
  rank integer not null,
  run_at integer not null,
  created_at integer not null,
  max_attempts integer not null,
  result_ttl integer not null,
  webhook text,
  state text not null,
  attempts integer not null default 0,
  started_at integer,
  cancel_asked integer not null default 0,
  worker text,
  token text,
  lease_until integer,
  status_code integer,
  completed_at integer,
  expires_at integer,
  announced integer not null default 0,
  -- It must not be begun any more, and ends when it is due.
  used_up integer generated always as (cancel_asked = 1 or attempts >= max_attempts) virtual
) strict;

-- The queues that turns are taken between; the jobs of an owner that wait.
create index jobs_turns on jobs (owner, rank, provider, run_at, sequence) where state = 'pending';
create index jobs_ages on jobs (rank, run_at, sequence) where state = 'pending';
create index jobs_used_up on jobs (sequence) where state = 'pending' and used_up = 1;
create index jobs_leases on jobs (lease_until, owner, provider) where state = 'processing';
create index jobs_of_owner on jobs (owner, created_at, id) where owner <> '';
create index jobs_expiry on jobs (expires_at, sequence) where expires_at is not null;
create index jobs_to_announce on jobs (completed_at, sequence)
  where completed_at is not null and webhook is not null and announced = 0;

-- Apart from the row that every heartbeat writes anew. An input is removed when its job ends.
create table job_inputs (
  job_id text primary key,
  input text not null
) strict;

create table job_results (
  job_id text primary key,
  result text not null
) strict;

-- When an owner last had a turn.
create table job_turns (
  owner text primary key,
  turn integer not null
) strict;

create index job_turns_latest on job_turns (turn);

-- What jobs used. Stays when the job is removed.
create table usage_records (
  job_id text primary key,
  completed_at integer not null,
  record text not null
) strict;
