-- A request that is filed has no section, no handler and belongs to none: the indexes
-- by these hold those that have one. Nobody asks for the keys of forms by the hour at
-- which they came, nor for the codes of a request.

drop index requests_by_section;
create index requests_by_section on requests (section, lane, day, id) where section is not null;
drop index requests_by_handler;
create index requests_by_handler on requests (handler, lane, day, id) where handler is not null;
drop index requests_by_parent;
create index requests_by_parent on requests (parent, id) where parent is not null;
drop index idempotency_by_time;
drop index request_tracks_by_request;
