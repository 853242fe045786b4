-- The register of persons: people from outside whom a body knows by an
-- identity document. Name, number and telephone are sealed together under the
-- entry's own key; two blind indexes find an entry by its number or telephone.
-- An entry that was erased keeps its number, so that the trail stays readable.

create table register_persons (
    id integer not null primary key autoincrement,
    organization integer not null references organizations (id),
    key text not null,
    sealed blob,
    document_index text,
    phone_index text,
    created_at integer not null,
    changed_at integer not null,
    erased_at integer,
    version integer not null,
    unique (organization, document_index)
) strict;

create index register_persons_by_document on register_persons (document_index, id);
create index register_persons_by_phone on register_persons (phone_index, id);
