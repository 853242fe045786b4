-- Requests for government information. What the desk sorts and filters by are
-- columns; all of it follows from the events, which are only added, and is
-- reckoned anew when an event or a calendar comes. Who applied, what they want
-- and the evidence are sealed under a key for each request; the same applicant
-- is found again by a blind index, and a request by a blind of its query code
-- with the end of a contact.

create table request_numbers (
    organization integer not null references organizations (id),
    year integer not null,
    last integer not null,
    primary key (organization, year)
) strict;

create table requests (
    id integer not null primary key autoincrement,
    organization integer not null references organizations (id),
    parent integer references requests (id),
    number text not null,
    way text not null,
    filed text not null,
    filed_at integer not null,
    state text not null,
    lane text not null,
    day text not null,
    received text,
    due text,
    provisional integer not null,
    moves integer not null,
    outcome text,
    ended text,
    section integer references organizations (id),
    handler integer references persons (id),
    applicant_kind text not null,
    applicant_index text not null,
    key text not null,
    sealed blob not null,
    changed_at integer not null,
    version integer not null,
    unique (organization, number)
) strict;

create index requests_by_lane on requests (organization, lane, day, id);
create index requests_by_section on requests (section, lane, day, id);
create index requests_by_handler on requests (handler, lane, day, id);
create index requests_by_applicant on requests (organization, applicant_index, filed);
create index requests_in_order on requests (organization, id);
create index requests_open on requests (lane, id);
create index requests_by_parent on requests (parent, id);

create table request_events (
    request integer not null references requests (id),
    number integer not null,
    at integer not null,
    day text not null,
    kind text not null,
    person integer references persons (id),
    acting_for integer references persons (id),
    what text not null,
    sealed blob,
    primary key (request, number)
) strict;

create table request_tracks (
    blind text not null primary key,
    request integer not null references requests (id)
) strict;

create index request_tracks_by_request on request_tracks (request);

create table request_files (
    request integer not null references requests (id),
    number integer not null,
    event integer not null,
    digest text not null,
    bytes integer not null,
    blob text not null references blobs (digest),
    sealed blob not null,
    primary key (request, number)
) strict;

create table request_replies (
    request integer not null references requests (id),
    edition integer not null,
    digest text not null,
    sealed blob not null,
    person integer not null references persons (id),
    acting_for integer references persons (id),
    at integer not null,
    primary key (request, edition)
) strict;

create table request_notices (
    request integer not null references requests (id),
    about text not null,
    day text not null,
    person integer not null references persons (id),
    at integer not null,
    primary key (request, about, day, person)
) strict;
