-- What goes out: mails, text messages, webhooks. A message is written by the
-- transaction of what causes it; address and body are sealed under a key of
-- their own, which is erased with them. `message` is what receivers know it by
-- and never changes, so that one sent twice is recognised.

create table outbox (
    id integer not null primary key autoincrement,
    message text not null unique,
    channel text not null check (channel in ('mail', 'sms', 'webhook')),
    destination text not null,
    purpose text not null,
    shown text not null,
    key text not null,
    sealed blob,
    state text not null check (state in ('waiting', 'sent', 'refused', 'given_up')),
    created_at integer not null,
    expires_at integer,
    next_at integer not null,
    attempts integer not null,
    last_error text,
    leased_by text,
    leased_until integer,
    ended_at integer,
    erased_at integer
) strict;

create index outbox_by_turn on outbox (destination, state, next_at, id);
create index outbox_by_state on outbox (state, id);

-- Servers that fail as a whole: what waits for them waits together.
create table outbox_destinations (
    name text not null primary key,
    failures integer not null,
    failing_since integer not null,
    paused_until integer not null,
    last_error text not null
) strict;

-- Programs that are told what happens. Address and secrets are sealed: an
-- address may hold a secret too. The host is shown.
create table webhooks (
    id integer not null primary key autoincrement,
    name text not null,
    host text not null,
    events text not null,
    enabled integer not null,
    stopped_for text,
    key text not null,
    sealed blob not null,
    created_at integer not null,
    changed_at integer not null,
    version integer not null
) strict;
