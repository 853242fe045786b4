-- Words of a request are kept after it is filed, many requests at a time: each
-- word lies elsewhere on the disk. Until then it is found by being read.

alter table requests add column indexed integer not null default 0;
update requests set indexed = 1;
create index requests_unindexed on requests (id) where indexed = 0;
