-- Sections that are asked to search for a request, until it is over: they see it, and
-- say what they found.

create table request_asked (
    request integer not null references requests (id),
    number integer not null,
    section integer not null references organizations (id),
    primary key (request, number)
) strict;

create index request_asked_by_section on request_asked (section, request);
