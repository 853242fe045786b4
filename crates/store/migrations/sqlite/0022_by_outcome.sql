-- What is over is looked through by its outcome: a rare one among very many is found
-- without reading them all. A filing has none yet, and writes nothing here.

create index requests_by_outcome on requests (organization, lane, outcome, day, id) where outcome is not null;
