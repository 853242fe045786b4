-- A step that no release has: an upgrade is tried with it. It makes something
-- and fills it from what people wrote, as steps do.
create table trial_notes (
    person integer not null primary key references persons (id),
    note text not null
) strict;

insert into trial_notes (person, note) select id, login from persons;
