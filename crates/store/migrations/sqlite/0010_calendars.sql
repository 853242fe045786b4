-- Working-day calendars that were loaded here, each version for good; those
-- that come with the program are not among them. Beside them what is known of
-- master keys (since when each is in use) and of backups (when each was last
-- read back, and what was wrong with it).

create table calendars (
    id integer not null primary key autoincrement,
    jurisdiction text not null,
    year integer not null,
    version integer not null,
    content text not null,
    notice text not null,
    source text not null,
    loaded_by text not null,
    loaded_at integer not null,
    reason text not null,
    unique (jurisdiction, year, version)
) strict;

create trigger calendars_are_kept before update on calendars begin
    select raise(abort, 'versions of calendars are append-only');
end;
create trigger calendars_stay before delete on calendars begin
    select raise(abort, 'versions of calendars are append-only');
end;

create table master_keys (
    id text not null primary key,
    seen_at integer not null
) strict;

create table backup_checks (
    path text not null primary key,
    checked_at integer not null,
    fault text not null
) strict;
