-- Lists are looked through by the way in which a request came, by the kind of its
-- applicant, and for what was given to nobody: what is rare among very many is found
-- without reading them all. What was filed online and is not confirmed yet has no place
-- here: a filing writes nothing more.

create index requests_by_way on requests (organization, lane, way, day, id) where (lane <> 'unconfirmed' or way <> 'online');
create index requests_by_applicant_kind on requests (organization, lane, applicant_kind, day, id) where lane <> 'unconfirmed';
create index requests_of_nobody on requests (organization, lane, day, id) where section is null and handler is null and lane <> 'unconfirmed';
