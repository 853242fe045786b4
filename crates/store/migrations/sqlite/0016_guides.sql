-- What the guide (指南) of a body tells beside its office (Art. 12 ¶2): how its
-- information is classified, how arranged, how one gets it.

alter table organizations add column office_classification text not null default '';
alter table organizations add column office_arrangement text not null default '';
alter table organizations add column office_obtaining text not null default '';
