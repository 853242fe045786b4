-- Bodies in time, how they came from one another, and the tables that people
-- brought. Days are YYYY-MM-DD, instants milliseconds since 1970 in UTC. That a
-- credit code is borne by one body at a time cannot be said here: the use case
-- sees to it.

-- One row: how often the bodies were changed. Whoever changes them counts here
-- first, so that changes of the tree come one after another.
create table organization_changes (
    id integer not null primary key,
    count integer not null
) strict;

create table organizations (
    id integer not null primary key autoincrement,
    parent integer references organizations (id) deferrable initially deferred,
    supervisor integer references organizations (id) deferrable initially deferred,
    vertical integer references organizations (id) deferrable initially deferred,
    kind text not null,
    name text not null,
    short_name text not null,
    credit_code text,
    division text,
    valid_from text not null,
    valid_until text,
    office_name text not null,
    office_head integer,
    office_address text not null,
    office_postcode text not null,
    office_hours text not null,
    office_phone text not null,
    office_fax text not null,
    office_mail text not null,
    version integer not null,
    changed_at integer not null
) strict;

create index organizations_by_name on organizations (name, id);
create index organizations_by_code on organizations (credit_code, id);

create table successions (
    id integer not null primary key autoincrement,
    kind text not null,
    on_day text not null,
    basis text not null,
    done_at integer not null,
    done_by text not null
) strict;

create table succession_bodies (
    succession integer not null references successions (id),
    side text not null check (side in ('from', 'to')),
    body integer not null references organizations (id),
    primary key (succession, side, body)
) strict;

create index succession_bodies_by_body on succession_bodies (body, succession);

create table organization_imports (
    id integer not null primary key autoincrement,
    at integer not null,
    by_name text not null,
    file_name text not null,
    rows integer not null,
    blob text not null references blobs (digest)
) strict;
