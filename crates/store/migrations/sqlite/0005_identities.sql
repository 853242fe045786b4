-- Accounts at an OpenID provider that people have linked to themselves. What
-- the provider calls them is kept as a blind index: it says who somebody is
-- elsewhere. A sign-in that has gone to the provider is known to every node
-- until it comes back, once, to the browser that began it.

create table identities (
    id integer not null primary key autoincrement,
    issuer text not null,
    subject text not null,
    person integer not null references persons (id),
    made_at integer not null,
    used_at integer,
    unique (issuer, subject),
    unique (issuer, person)
) strict;

create index identities_by_person on identities (person, id);

create table provider_attempts (
    state text not null primary key,
    browser text not null,
    nonce text not null,
    verifier text not null,
    person integer references persons (id),
    source text not null,
    until integer not null
) strict;

create index provider_attempts_by_source on provider_attempts (source, until);

alter table sessions add column door text not null default 'password' check (door in ('password', 'provider'));
