-- Requests of a body are told apart by their numbers, which come in order: the index
-- that keeps each number once finds the newest too.

drop index requests_in_order;
