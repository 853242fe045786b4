-- What stands on every letter of a body beside its disclosure office: its word
-- in document numbers, to whom an addressee may turn, how a fee is paid and a
-- request followed. Kept version by version; letters keep what they bore.

create table letterheads (
    id integer not null primary key autoincrement,
    organization integer not null references organizations (id),
    version integer not null,
    word text not null,
    review_body text not null,
    court text not null,
    online_channel text not null,
    payment text not null,
    query text not null,
    changed_at integer not null,
    changed_by integer not null references persons (id),
    unique (organization, version)
) strict;

create trigger letterheads_are_kept before update on letterheads begin
    select raise(abort, 'versions of letterheads are append-only');
end;
create trigger letterheads_stay before delete on letterheads begin
    select raise(abort, 'versions of letterheads are append-only');
end;
