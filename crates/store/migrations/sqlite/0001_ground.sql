-- What every room stands on: settings, the audit trail, jobs, idempotency
-- keys, blobs. Instants are milliseconds since 1970 in UTC, truth is 0 or 1.

create table settings (
    name text not null primary key,
    value text not null,
    version integer not null,
    changed_at integer not null,
    changed_by text not null
) strict;

create table audit (
    id integer not null primary key autoincrement,
    at integer not null,
    actor integer,
    actor_name text not null,
    acting_for integer,
    organization integer,
    action text not null,
    object_kind text not null,
    object text not null,
    outcome text not null check (outcome in ('done', 'denied', 'failed')),
    detail text not null,
    source text not null,
    request text not null,
    digest text not null
) strict;

create index audit_by_time on audit (at, id);
create index audit_by_object on audit (object_kind, object, id);
create index audit_by_actor on audit (actor, id);

-- Nobody changes or removes what was done, not even this program.
create trigger audit_is_kept before update on audit begin
    select raise(abort, 'the audit trail is append-only');
end;
create trigger audit_stays before delete on audit begin
    select raise(abort, 'the audit trail is append-only');
end;

create table audit_chain (
    position integer not null primary key,
    entry integer not null references audit (id),
    digest text not null,
    chain text not null,
    unique (entry)
) strict;

create trigger audit_chain_is_kept before update on audit_chain begin
    select raise(abort, 'the audit trail is append-only');
end;
create trigger audit_chain_stays before delete on audit_chain begin
    select raise(abort, 'the audit trail is append-only');
end;

create table audit_checkpoints (
    size integer not null primary key,
    chain text not null,
    at integer not null,
    key text not null,
    signature text not null
) strict;

create trigger audit_checkpoints_are_kept before update on audit_checkpoints begin
    select raise(abort, 'the audit trail is append-only');
end;
create trigger audit_checkpoints_stay before delete on audit_checkpoints begin
    select raise(abort, 'the audit trail is append-only');
end;

create table jobs (
    id integer not null primary key autoincrement,
    kind text not null,
    payload text not null,
    dedupe text,
    state text not null check (state in ('waiting', 'running', 'done', 'failed')),
    run_at integer not null,
    attempts integer not null,
    leased_by text,
    leased_until integer,
    last_error text,
    created_at integer not null,
    ended_at integer
) strict;

create index jobs_by_turn on jobs (state, run_at, id);
-- One of a kind waits at a time; a new one may come once it runs.
create unique index jobs_waiting_once on jobs (kind, dedupe) where state = 'waiting' and dedupe is not null;

create table schedules (
    name text not null,
    slot integer not null,
    fired_at integer not null,
    primary key (name, slot)
) strict;

create table idempotency (
    purpose text not null,
    key text not null,
    digest text not null,
    answer text not null,
    at integer not null,
    confirmed_at integer not null,
    primary key (purpose, key)
) strict;

create index idempotency_by_time on idempotency (at);

create table blobs (
    digest text not null primary key,
    size integer not null,
    key text not null,
    created_at integer not null
) strict;
