-- Review chains. A body's own chain for a matter is kept version by version; a
-- version without data says that the body follows the one above it again. A
-- review keeps the chain with which it began, and every event in order; texts
-- of papers and remarks are sealed under keys of their own. What waits is
-- written beside the events in the same transaction, so that lists need not
-- replay them.

create table review_chains (
    id integer not null primary key autoincrement,
    organization integer not null references organizations (id),
    matter text not null,
    version integer not null,
    data text,
    changed_at integer not null,
    changed_by integer not null references persons (id),
    unique (organization, matter, version)
) strict;

create table papers (
    id integer not null primary key autoincrement,
    organization integer not null references organizations (id),
    matter text not null,
    key text not null,
    edition integer not null,
    round integer not null,
    created_at integer not null,
    changed_at integer not null
) strict;

create index papers_by_organization on papers (organization, id);

create table paper_editions (
    paper integer not null references papers (id),
    edition integer not null,
    digest text not null,
    sealed blob not null,
    person integer not null references persons (id),
    acting_for integer references persons (id),
    at integer not null,
    primary key (paper, edition)
) strict;

create index paper_editions_by_person on paper_editions (person, paper);

create table reviews (
    id integer not null primary key autoincrement,
    kind text not null,
    thing integer not null,
    round integer not null,
    organization integer not null references organizations (id),
    matter text not null,
    chain text not null,
    chain_of integer references organizations (id),
    chain_version integer not null,
    key text not null,
    state text not null,
    digest text not null,
    begun_at integer not null,
    changed_at integer not null,
    version integer not null,
    unique (kind, thing, round)
) strict;

create table review_events (
    review integer not null references reviews (id),
    number integer not null,
    at integer not null,
    person integer not null references persons (id),
    acting_for integer references persons (id),
    sealed blob not null,
    primary key (review, number)
) strict;

create table review_editors (
    review integer not null references reviews (id),
    person integer not null references persons (id),
    primary key (review, person)
) strict;

create table review_waiting (
    review integer not null references reviews (id),
    step text not null,
    role text not null,
    stands_in text,
    days integer,
    since integer not null,
    primary key (review, step)
) strict;

create table review_notices (
    review integer not null references reviews (id),
    step text not null,
    since integer not null,
    about text not null,
    person integer not null references persons (id),
    at integer not null,
    primary key (review, step, since, about, person)
) strict;
