-- The lists in which a request stands beside that of its body: those by the way in
-- which it came, by the kind of its applicant, by its outcome, of what was given to
-- nobody, to a section, to a person. What is rare among very many is found without
-- reading them all. They are written when a request moves, so that one that is filed
-- online has none, and no indexes of its own to be kept for them.

create table request_lists (
    list text not null,
    lane text not null,
    day text not null,
    request bigint not null references requests (id) deferrable,
    primary key (list, lane, day, request)
);
create index request_lists_of on request_lists (request);

insert into request_lists (list, lane, day, request)
    select 'way:' || organization || ':' || way, lane, day, id from requests where lane <> 'unconfirmed' or way <> 'online'
    union all select 'applicant:' || organization || ':' || applicant_kind, lane, day, id from requests where lane <> 'unconfirmed'
    union all select 'nobody:' || organization, lane, day, id from requests where lane <> 'unconfirmed' and section is null and handler is null
    union all select 'outcome:' || organization || ':' || outcome, lane, day, id from requests where outcome is not null
    union all select 'section:' || section, lane, day, id from requests where section is not null
    union all select 'handler:' || handler, lane, day, id from requests where handler is not null;

drop index requests_by_section;
drop index requests_by_handler;
drop index requests_by_outcome;
drop index requests_by_way;
drop index requests_by_applicant_kind;
drop index requests_of_nobody;
