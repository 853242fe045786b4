-- The keys of records, apart from the records: kept and backed up on their
-- own, so that an erased key makes old backups of its record unreadable too.

create table record_keys (
    id text not null primary key,
    wrapped bytea,
    master text not null,
    created_at bigint not null,
    erased_at bigint
);

create index record_keys_by_master on record_keys (master, id);
