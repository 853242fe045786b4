-- People who work in the office: who they are, how they sign in, what they
-- may do. Phones, addresses and second-factor secrets are sealed under the
-- person's own key; names stay plain.

create table persons (
    id integer not null primary key autoincrement,
    login text not null,
    login_key text not null unique,
    display_name text not null,
    organization integer references organizations (id),
    state text not null check (state in ('invited', 'active', 'disabled')),
    must_change integer not null,
    password text,
    password_changed_at integer,
    key text not null,
    totp blob,
    totp_step integer not null,
    phone blob,
    phone_index text,
    mail blob,
    mail_index text,
    last_active_at integer,
    created_at integer not null,
    version integer not null
) strict;

create index persons_by_organization on persons (organization, id);
create index persons_by_phone on persons (phone_index);
create index persons_by_mail on persons (mail_index);

create table past_passwords (
    person integer not null references persons (id),
    changed_at integer not null,
    password text not null,
    primary key (person, changed_at)
) strict;

create table recovery_codes (
    person integer not null references persons (id),
    digest text not null,
    used_at integer,
    primary key (person, digest)
) strict;

create table grants (
    id integer not null primary key autoincrement,
    person integer not null references persons (id),
    role text not null,
    organization integer references organizations (id),
    valid_from text not null,
    valid_until text,
    granted_at integer not null,
    granted_by integer references persons (id)
) strict;

create index grants_by_person on grants (person, id);

create table delegations (
    id integer not null primary key autoincrement,
    lender integer not null references persons (id),
    borrower integer not null references persons (id),
    organization integer not null references organizations (id),
    roles text not null,
    from_day text not null,
    until_day text not null,
    reason text not null,
    made_at integer not null,
    ended_at integer
) strict;

create index delegations_by_borrower on delegations (borrower, id);
create index delegations_by_lender on delegations (lender, id);

create table sessions (
    digest text not null primary key,
    person integer not null references persons (id),
    factors integer not null,
    begun_at integer not null,
    used_at integer not null,
    source text not null,
    agent text not null
) strict;

create index sessions_by_person on sessions (person, digest);

create table failures (
    counter text not null,
    subject text not null,
    count integer not null,
    last_at integer,
    locked_until integer,
    primary key (counter, subject)
) strict;

create table invitations (
    digest text not null primary key,
    person integer references persons (id),
    purpose text not null check (purpose in ('setup', 'invite', 'recover')),
    until integer not null,
    used_at integer,
    made_at integer not null
) strict;
