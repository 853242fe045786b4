-- The public side. What came from where is counted under blind names of ranges
-- of addresses, contacts and codes, for a day. A draft of an application is
-- known by the blind of its link alone; what stands in it, the files beside it
-- and the receipt that it ended in are sealed.

create table portal_counts (
    id integer not null primary key autoincrement,
    kind text not null,
    bucket text not null,
    at integer not null
) strict;
create index portal_counts_by_bucket on portal_counts (kind, bucket, at);
create index portal_counts_by_age on portal_counts (at);

create table portal_drafts (
    token text not null primary key,
    organization integer not null,
    key text not null,
    sealed blob not null,
    version integer not null,
    made_at integer not null,
    expires_at integer not null
) strict;
create index portal_drafts_by_age on portal_drafts (expires_at);

create table portal_draft_files (
    token text not null references portal_drafts (token),
    position integer not null,
    bytes integer not null,
    sealed blob not null,
    primary key (token, position)
) strict;
