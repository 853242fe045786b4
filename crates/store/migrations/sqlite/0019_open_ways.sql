-- By which ways a body takes applications beside counter and post, which are never
-- closed (国办公开办函〔2017〕19号): those that it has closed, by their keys.

alter table organizations add column office_closed text not null default '';
