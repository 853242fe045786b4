-- Requests found by words. A word is a digest, under a key of the installation,
-- of two signs that follow each other in a request; who has no key learns which
-- requests share such pairs, and how common each is, but not which they are.

create table request_words (
    word bigint not null,
    request bigint not null references requests (id) deferrable,
    primary key (word, request)
);
create index request_words_of on request_words (request);
