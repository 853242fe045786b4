-- Sections that are asked to search for a request, until it is over: they see it, and
-- say what they found.

create table request_asked (
    request bigint not null references requests (id) deferrable,
    number bigint not null,
    section bigint not null references organizations (id) deferrable,
    primary key (request, number)
);

create index request_asked_by_section on request_asked (section, request);
