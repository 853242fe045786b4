-- Numbers that were granted and that no letter bears yet are looked for.
create index letter_numbers_held on letter_numbers (granted_at, id) where state = 'held';
