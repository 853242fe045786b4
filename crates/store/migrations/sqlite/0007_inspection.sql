-- What file inspections came to: one row for each, by the digest of the file.
-- The name that it came with may tell of a person, and is sealed under a key of
-- its own, with a blind of it by which it is compared; so is what was found, for
-- names of entries tell of persons too. By which rules it was found says a
-- fingerprint. Where a person had to look, who it was, when, and why it may pass.

create table inspections (
    id integer not null primary key autoincrement,
    organization integer not null references organizations (id),
    digest text not null,
    bytes integer not null,
    key text not null,
    name blob not null,
    name_blind text not null,
    kind text not null,
    verdict text not null,
    outcome blob not null,
    rules text not null,
    inspected_at integer not null,
    inspected_by text not null,
    confirmed_at integer,
    confirmed_by text,
    reason blob
) strict;

create index inspections_by_digest on inspections (organization, digest, id);
