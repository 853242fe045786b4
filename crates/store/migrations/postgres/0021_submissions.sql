-- What one submission filed with several bodies: each is a request of its own; the first
-- of them holds them together for its applicant.

create table submissions (
    first bigint not null references requests (id) deferrable,
    other bigint not null unique references requests (id) deferrable,
    primary key (first, other),
    check (first <> other)
);
