-- Requests found by words. A word is a digest, under a key of the installation,
-- of two signs that follow each other in a request; who has no key learns which
-- requests share such pairs, and how common each is, but not which they are.

create table request_words (
    word integer not null,
    request integer not null references requests (id),
    primary key (word, request)
) strict;
create index request_words_of on request_words (request);
