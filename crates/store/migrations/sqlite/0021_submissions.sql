-- What one submission filed with several bodies: each is a request of its own; the first
-- of them holds them together for its applicant.

create table submissions (
    first integer not null references requests (id),
    other integer not null unique references requests (id),
    primary key (first, other),
    check (first <> other)
) strict;
