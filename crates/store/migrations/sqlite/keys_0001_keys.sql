-- The keys of records, apart from the records: kept and backed up on their
-- own, so that an erased key makes old backups of its record unreadable too.

create table record_keys (
    id text not null primary key,
    wrapped blob,
    master text not null,
    created_at integer not null,
    erased_at integer
) strict;

create index record_keys_by_master on record_keys (master, id);
