-- Calls that were accepted and are answered later. Times are Unix milliseconds. Names are those of the schema `asbru`.

create table jobs (
  sequence bigint generated always as identity primary key,
  id text collate "C" not null unique,
  request_id text not null,
  kind text not null,
  -- Empty: nobody's.
  owner text collate "C" not null,
  provider text collate "C" not null,
  model text not null,
  -- The negative of the priority, so that every index ascends.
  rank integer not null,
  run_at bigint not null,
  created_at bigint not null,
  max_attempts integer not null,
  result_ttl bigint not null,
  webhook text,
  state text not null,
  attempts integer not null default 0,
  started_at bigint,
  cancel_asked integer not null default 0,
  worker text,
  token text,
  lease_until bigint,
  status_code integer,
  completed_at bigint,
  expires_at bigint,
  announced integer not null default 0,
  -- It must not be begun any more, and ends when it is due.
  used_up integer generated always as (case when cancel_asked = 1 or attempts >= max_attempts then 1 else 0 end) stored
);

-- The queues that turns are taken between; the jobs of an owner that wait.
create index jobs_turns on jobs (owner, rank, provider, run_at, sequence) where state = 'pending';
-- Apart by its condition, so that neither is taken for the other by statistics that are of another time.
create index jobs_ages on jobs (rank, run_at, sequence) where state = 'pending' and sequence > 0;
create index jobs_used_up on jobs (sequence) where state = 'pending' and used_up = 1;
create index jobs_leases on jobs (lease_until, owner, provider) where state = 'processing';
create index jobs_of_owner on jobs (owner, created_at, id) where owner <> '';
create index jobs_expiry on jobs (expires_at, sequence) where expires_at is not null;
create index jobs_to_announce on jobs (completed_at, sequence)
  where completed_at is not null and webhook is not null and announced = 0;

-- Waiting jobs come and go by the thousand: statistics that are hours old would make plans for another table.
alter table jobs set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

-- Apart from the row that every heartbeat writes anew. An input is removed when its job ends.
create table job_inputs (
  job_id text collate "C" primary key,
  input text not null
);

create table job_results (
  job_id text collate "C" primary key,
  result text not null
);

-- When an owner last had a turn.
create table job_turns (
  owner text collate "C" primary key,
  turn bigint not null
);

create index job_turns_latest on job_turns (turn);

-- What jobs used. Stays when the job is removed.
create table usage_records (
  job_id text collate "C" primary key,
  completed_at bigint not null,
  record text not null
);
