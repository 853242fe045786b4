-- Entries that are not in the chain yet. Each is noted here in the transaction
-- that writes it, so that chaining never has to look for them in the whole
-- trail, and none is missed that is committed later than one with a higher
-- number.
create table audit_unchained (
    entry bigint not null primary key references audit (id) deferrable
);

insert into audit_unchained (entry)
    select a.id from audit a where not exists (select 1 from audit_chain c where c.entry = a.id);
