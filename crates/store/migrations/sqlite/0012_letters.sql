-- Letters. Templates of a body are kept version by version; one without a text
-- says that from its day on the words that come with the program count again.
-- A series of document numbers counts without a hole: a number is granted in
-- the transaction that raises the series, and stays with what became of it. An
-- issued letter never changes; what it was made of and its bytes are sealed.

create table letter_templates (
    id integer not null primary key autoincrement,
    organization integer not null references organizations (id),
    kind text not null,
    version integer not null,
    source text,
    effective_from text not null,
    note text not null,
    changed_at integer not null,
    changed_by integer not null references persons (id),
    unique (organization, kind, version)
) strict;

create trigger letter_templates_are_kept before update on letter_templates begin
    select raise(abort, 'versions of templates are append-only');
end;
create trigger letter_templates_stay before delete on letter_templates begin
    select raise(abort, 'versions of templates are append-only');
end;

create table letter_series (
    organization integer not null references organizations (id),
    series text not null,
    year integer not null,
    last integer not null,
    primary key (organization, series, year)
) strict;

create table letter_numbers (
    id integer not null primary key autoincrement,
    organization integer not null references organizations (id),
    series text not null,
    year integer not null,
    number integer not null,
    kind text not null,
    state text not null,
    reason text not null,
    granted_at integer not null,
    granted_by integer references persons (id),
    settled_at integer,
    settled_by integer references persons (id),
    unique (organization, series, year, number)
) strict;

create trigger letter_numbers_stay before delete on letter_numbers begin
    select raise(abort, 'document numbers stay');
end;
create trigger letter_numbers_are_settled_once before update on letter_numbers
when old.state <> 'held' or new.series <> old.series or new.year <> old.year or new.number <> old.number begin
    select raise(abort, 'document numbers are settled once');
end;

create table letters (
    id integer not null primary key autoincrement,
    organization integer not null references organizations (id),
    kind text not null,
    number integer references letter_numbers (id),
    about_kind text not null,
    about integer,
    template_version integer not null,
    template_digest text not null,
    dated text not null,
    key text not null,
    sealed blob not null,
    digest text not null,
    blob text not null references blobs (digest),
    issued_at integer not null,
    person integer references persons (id),
    acting_for integer references persons (id),
    unique (number)
) strict;

create index letters_by_subject on letters (about_kind, about, id);
create index letters_by_organization on letters (organization, id);

create trigger letters_are_kept before update on letters begin
    select raise(abort, 'issued letters are append-only');
end;
create trigger letters_stay before delete on letters begin
    select raise(abort, 'issued letters are append-only');
end;
