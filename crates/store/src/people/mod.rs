//! People who work in the office: who they are and what they may do.

pub mod delegations;
pub mod entry;
pub mod identities;
pub mod moving;

use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::organization::roles::{Grant, Role};
use gongkai_domain::organization::{OrganizationId, PersonId, Validity};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::db::value::Value;
use crate::organization::containing;
use crate::values;

statements! { "people";
    ADD = "insert into persons (login, login_key, display_name, organization, state, must_change, key, totp_step, phone, phone_index, mail, mail_index, created_at, version)
        values ($1, $2, $3, $4, 'invited', 0, $5, 0, $6, $7, $8, $9, $10, 1) returning id";
    GET = "select id, login, login_key, display_name, organization, state, must_change, password, password_changed_at, key, totp, totp_step, phone, mail, last_active_at, created_at, version
        from persons where id = $1";
    BY_LOGIN = "select id, login, login_key, display_name, organization, state, must_change, password, password_changed_at, key, totp, totp_step, phone, mail, last_active_at, created_at, version
        from persons where login_key = $1";
    ALL_WITHIN = "select id, login, login_key, display_name, organization, state, must_change, password, password_changed_at, key, totp, totp_step, phone, mail, last_active_at, created_at, version
        from persons where id > $1 and (cast($2 as bigint) = 1 or organization in within($3))
            and (cast($4 as text) is null or lower(display_name) like $4 escape '!' or login_key like $4 escape '!')
            and (cast($6 as text) is null or state = $6)
            and (cast($7 as text) is null or (state <> 'disabled' and not exists (select 1 from grants g
                where g.person = persons.id and g.valid_from <= $7 and (g.valid_until is null or g.valid_until >= $7))))
            and (cast($8 as bigint) = 0 or id in within($9))
        order by id limit $5";
    COUNT_WITHIN = "select count(*) as count from persons
        where (cast($1 as bigint) = 1 or organization in within($2))
            and (cast($3 as text) is null or lower(display_name) like $3 escape '!' or login_key like $3 escape '!')
            and (cast($4 as text) is null or state = $4)
            and (cast($5 as text) is null or (state <> 'disabled' and not exists (select 1 from grants g
                where g.person = persons.id and g.valid_from <= $5 and (g.valid_until is null or g.valid_until >= $5))))
            and (cast($6 as bigint) = 0 or id in within($7))";
    /// Who works in a body, joined or invited.
    COUNT_AT_WORK = "select count(*) as count from persons where organization is not null and state <> 'disabled'";
    LOGIN_KEYS = "select id, login_key from persons order by id";
    COUNT = "select count(*) as count from persons";
    LOGINS = "select id, login from persons where id in within($1) order by id";
    /// Who is at work in one of the bodies and no administrator on the day or
    /// later.
    COLLEAGUES = "select p.id, p.login, p.display_name, p.organization from persons p
        where p.state = 'active' and p.organization in within($1) and p.id <> $2 and (cast($3 as bigint) is null or p.id = $3)
            and not exists (select 1 from grants g where g.person = p.id and g.organization is null and (g.valid_until is null or g.valid_until >= $4))
        order by p.display_name, p.id limit $5";
    STATE = "update persons set state = $2, must_change = $3, version = version + 1 where id = $1 and version = $4";
    /// What is not to be changed is none.
    CHANGE = "update persons set display_name = $2,
            phone = case when cast($3 as bigint) = 1 then $4 else phone end,
            phone_index = case when cast($3 as bigint) = 1 then $5 else phone_index end,
            mail = case when cast($6 as bigint) = 1 then $7 else mail end,
            mail_index = case when cast($6 as bigint) = 1 then $8 else mail_index end,
            version = version + 1
        where id = $1 and version = $9";
    IDLE = "select id from persons where state = 'active' and coalesce(last_active_at, created_at) < $1 order by id limit $2";
    /// A write that changes nothing: whoever else grants to this person waits.
    HOLD = "update persons set version = version where id = $1";
    GRANT = "insert into grants (person, role, organization, valid_from, valid_until, granted_at, granted_by) values ($1, $2, $3, $4, $5, $6, $7) returning id";
    GRANTS = "select id, person, role, organization, valid_from, valid_until from grants where person = $1 order by id";
    ALL_GRANTS = "select id, person, role, organization, valid_from, valid_until from grants order by id";
    END_GRANT = "update grants set valid_until = $2 where id = $1 and (valid_until is null or valid_until > $2)";
    DROP_GRANT = "delete from grants where id = $1 and valid_from > $2";
}

/// A person as the store has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their number.
    pub id: PersonId,
    /// Login name as it is shown.
    pub login: String,
    /// Login name as it is compared.
    pub login_key: String,
    /// Name.
    pub display_name: String,
    /// Where they work; none for administrators of the installation.
    pub organization: Option<OrganizationId>,
    /// `invited`, `active` or `disabled`.
    pub state: String,
    /// Whether the password must be changed before anything else.
    pub must_change: bool,
    /// Password as Argon2id keeps it.
    pub password: Option<String>,
    /// When it was set.
    pub password_changed_at: Option<Timestamp>,
    /// The key of what is sealed.
    pub key: String,
    /// Secret of the second factor, sealed; none before it is set up.
    pub totp: Option<Vec<u8>>,
    /// The newest step of time whose code was used.
    pub totp_step: i64,
    /// Telephone, sealed.
    pub phone: Option<Vec<u8>>,
    /// Mail address, sealed.
    pub mail: Option<Vec<u8>>,
    /// When they last did something.
    pub last_active_at: Option<Timestamp>,
    /// When they were invited.
    pub created_at: Timestamp,
    /// Counts the changes.
    pub version: i64,
}

fn person(row: &Row) -> Result<Person, StoreError> {
    Ok(Person {
        id: PersonId(row.get("id")?),
        login: row.get("login")?,
        login_key: row.get("login_key")?,
        display_name: row.get("display_name")?,
        organization: row.get::<Option<i64>>("organization")?.map(OrganizationId),
        state: row.get("state")?,
        must_change: row.get("must_change")?,
        password: row.get("password")?,
        password_changed_at: row.get("password_changed_at")?,
        key: row.get("key")?,
        totp: row.get("totp")?,
        totp_step: row.get("totp_step")?,
        phone: row.get("phone")?,
        mail: row.get("mail")?,
        last_active_at: row.get("last_active_at")?,
        created_at: row.get("created_at")?,
        version: row.get("version")?,
    })
}

/// Something sealed, with the index by which it is found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sealed {
    /// What was sealed.
    pub bytes: Option<Vec<u8>>,
    /// Its blind index.
    pub index: Option<String>,
}

/// A person who is to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// Login name as it is shown.
    pub login: String,
    /// As it is compared.
    pub login_key: String,
    /// Name.
    pub display_name: String,
    /// Where they work.
    pub organization: Option<OrganizationId>,
    /// The key of what is sealed.
    pub key: String,
    /// Telephone.
    pub phone: Sealed,
    /// Mail address.
    pub mail: Sealed,
}

/// Adds a person who is invited.
///
/// # Errors
/// [`StoreError::Duplicate`] if the login name is taken.
pub async fn add(tx: &mut Tx, new: &NewPerson, now: Timestamp) -> Result<PersonId, StoreError> {
    let row = tx
        .one(
            &ADD,
            values![
                &new.login,
                &new.login_key,
                &new.display_name,
                new.organization.map(|id| id.0),
                &new.key,
                new.phone.bytes.clone(),
                new.phone.index.clone(),
                new.mail.bytes.clone(),
                new.mail.index.clone(),
                now
            ],
        )
        .await?;
    Ok(PersonId(row.get("id")?))
}

/// A person by number.
///
/// # Errors
/// The store's.
pub async fn get(tx: &mut Tx, id: PersonId) -> Result<Option<Person>, StoreError> {
    let row = tx.optional(&GET, values![id.0]).await?;
    row.as_ref().map(person).transpose()
}

/// A person by login name.
///
/// # Errors
/// The store's.
pub async fn by_login(tx: &mut Tx, login_key: &str) -> Result<Option<Person>, StoreError> {
    let row = tx.optional(&BY_LOGIN, values![login_key]).await?;
    row.as_ref().map(person).transpose()
}

/// Who may be seen, as two values: everybody, and else in which organizations.
fn within(reach: &Reach) -> [Value; 2] {
    match reach {
        Reach::All => [Value::from(true), Value::ids([])],
        Reach::Of(ids) => [Value::from(false), Value::ids(ids.iter().map(|id| id.0))],
        Reach::Nothing => [Value::from(false), Value::ids([])],
    }
}

/// Text as it is looked for: anywhere, in any case.
fn looked_for(text: Option<&str>) -> Value {
    Value::from(text.map(containing))
}

/// Which people are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    Anyone,
    /// Those in a state, `invited`, `active` or `disabled`.
    InState(&'static str),
    /// Those who are not disabled and hold no role on a day.
    WithoutRole(Date),
    /// Those with these numbers.
    Among(Vec<i64>),
}

impl Which {
    /// As values: a state, a day, whether there are numbers, and the numbers.
    fn values(&self) -> [Value; 4] {
        let (state, day, ids) = match self {
            Self::Anyone => (None, None, None),
            Self::InState(state) => (Some(*state), None, None),
            Self::WithoutRole(day) => (None, Some(*day), None),
            Self::Among(ids) => (None, None, Some(ids.clone())),
        };
        [
            Value::from(state),
            Value::from(day),
            Value::from(ids.is_some()),
            Value::ids(ids.unwrap_or_default()),
        ]
    }
}

/// People within a reach, after a number.
///
/// # Errors
/// The store's.
pub async fn list(
    tx: &mut Tx,
    reach: &Reach,
    which: &Which,
    text: Option<&str>,
    after: i64,
    most: i64,
) -> Result<Vec<Person>, StoreError> {
    let [all, ids] = within(reach);
    let [state, day, among, numbers] = which.values();
    let values = [
        Value::from(after),
        all,
        ids,
        looked_for(text),
        Value::from(most),
        state,
        day,
        among,
        numbers,
    ];
    let rows = tx.rows(&ALL_WITHIN, &values).await?;
    rows.iter().map(person).collect()
}

/// How many there are within a reach.
///
/// # Errors
/// The store's.
pub async fn count_within(
    tx: &mut Tx,
    reach: &Reach,
    which: &Which,
    text: Option<&str>,
) -> Result<i64, StoreError> {
    let [all, ids] = within(reach);
    let [state, day, among, numbers] = which.values();
    let values = [all, ids, looked_for(text), state, day, among, numbers];
    tx.one(&COUNT_WITHIN, &values).await?.get("count")
}

/// How many people work in a body, or are invited to.
///
/// # Errors
/// The store's.
pub async fn count_at_work(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.one(&COUNT_AT_WORK, &[]).await?.get("count")
}

/// Everybody's number and login name as it is compared.
///
/// # Errors
/// The store's.
pub async fn login_keys(tx: &mut Tx) -> Result<Vec<(PersonId, String)>, StoreError> {
    let rows = tx.rows(&LOGIN_KEYS, &[]).await?;
    rows.iter()
        .map(|row| Ok((PersonId(row.get("id")?), row.get("login_key")?)))
        .collect()
}

/// How many people there are at all.
///
/// # Errors
/// The store's.
pub async fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.one(&COUNT, &[]).await?.get("count")
}

/// Login names of people, by their numbers.
///
/// # Errors
/// The store's.
pub async fn logins(
    tx: &mut Tx,
    ids: impl IntoIterator<Item = i64>,
) -> Result<Vec<(PersonId, String)>, StoreError> {
    let rows = tx.rows(&LOGINS, &[Value::ids(ids)]).await?;
    rows.iter()
        .map(|row| Ok((PersonId(row.get("id")?), row.get("login")?)))
        .collect()
}

/// Somebody who works in the same organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colleague {
    /// Their number.
    pub id: PersonId,
    /// Login name, where two have the same name.
    pub login: String,
    /// Name.
    pub display_name: String,
    /// Where they work.
    pub organization: OrganizationId,
}

/// Whom to look for among the people of some bodies.
#[derive(Debug, Clone, Copy)]
pub struct Sought<'a> {
    /// The bodies.
    pub within: &'a [OrganizationId],
    /// The one who looks, and is not found.
    pub except: Option<PersonId>,
    /// One person alone; none for all.
    pub only: Option<PersonId>,
    /// Administrators from this day on are not found.
    pub day: Date,
}

/// People at work in some bodies who are no administrators, by name.
///
/// # Errors
/// The store's.
pub async fn colleagues(
    tx: &mut Tx,
    sought: Sought<'_>,
    most: i64,
) -> Result<Vec<Colleague>, StoreError> {
    let values = [
        Value::ids(sought.within.iter().map(|id| id.0)),
        Value::from(sought.except.map_or(0, |id| id.0)),
        Value::from(sought.only.map(|id| id.0)),
        Value::from(sought.day),
        Value::from(most),
    ];
    let rows = tx.rows(&COLLEAGUES, &values).await?;
    let colleague = |row: &Row| {
        Ok(Colleague {
            id: PersonId(row.get("id")?),
            login: row.get("login")?,
            display_name: row.get("display_name")?,
            organization: OrganizationId(row.get("organization")?),
        })
    };
    rows.iter().map(colleague).collect()
}

/// Changes a person's state, of the version that was seen.
///
/// # Errors
/// [`StoreError::Conflict`] if they were changed meanwhile.
pub async fn set_state(
    tx: &mut Tx,
    id: PersonId,
    state: &str,
    must_change: bool,
    version: i64,
) -> Result<(), StoreError> {
    tx.change_one(&STATE, values![id.0, state, must_change, version])
        .await
}

/// What of a person is changed; none stays as it is.
#[derive(Debug, Clone)]
pub struct Details<'a> {
    /// Name.
    pub display_name: &'a str,
    /// Telephone.
    pub phone: Option<Sealed>,
    /// Mail address.
    pub mail: Option<Sealed>,
}

/// Changes a person's name and how they are reached.
///
/// # Errors
/// [`StoreError::Conflict`] if they were changed meanwhile.
pub async fn change(
    tx: &mut Tx,
    id: PersonId,
    details: &Details<'_>,
    version: i64,
) -> Result<(), StoreError> {
    let of = |sealed: &Option<Sealed>| (sealed.is_some(), sealed.clone().unwrap_or_default());
    let ((has_phone, phone), (has_mail, mail)) = (of(&details.phone), of(&details.mail));
    let values = values![
        id.0,
        details.display_name,
        has_phone,
        phone.bytes,
        phone.index,
        has_mail,
        mail.bytes,
        mail.index,
        version
    ];
    tx.change_one(&CHANGE, values).await
}

/// Active people who have done nothing since an instant.
///
/// # Errors
/// The store's.
pub async fn idle_since(
    tx: &mut Tx,
    before: Timestamp,
    most: i64,
) -> Result<Vec<PersonId>, StoreError> {
    let rows = tx.rows(&IDLE, values![before, most]).await?;
    rows.iter()
        .map(|row| Ok(PersonId(row.get("id")?)))
        .collect()
}

fn grant_of(row: &Row) -> Result<(i64, Grant), StoreError> {
    let role: String = row.get("role")?;
    let until: Option<Date> = row.get("valid_until")?;
    Ok((
        row.get("id")?,
        Grant {
            person: PersonId(row.get("person")?),
            organization: row.get::<Option<i64>>("organization")?.map(OrganizationId),
            role: Role::from_key(&role).ok_or_else(|| StoreError::wrong("role"))?,
            validity: Validity::new(row.get("valid_from")?, until)
                .map_err(|_| StoreError::wrong("valid_until"))?,
        },
    ))
}

/// Adds a grant; its number.
///
/// # Errors
/// The store's.
pub async fn grant(
    tx: &mut Tx,
    grant: &Grant,
    by: Option<PersonId>,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let values = values![
        grant.person.0,
        grant.role.key(),
        grant.organization.map(|id| id.0),
        grant.validity.from(),
        grant.validity.until(),
        now,
        by.map(|id| id.0)
    ];
    tx.one(&GRANT, values).await?.get("id")
}

/// A person as they are now, held until the end of the transaction: whoever
/// else would change them waits. A number that is nobody's costs the same.
///
/// # Errors
/// The store's.
pub async fn held(tx: &mut Tx, person: PersonId) -> Result<Option<Person>, StoreError> {
    tx.execute(&HOLD, values![person.0]).await?;
    get(tx, person).await
}

/// Holds a person until the end of the transaction, so that two who grant at
/// once see each other's.
///
/// # Errors
/// [`StoreError::Conflict`] if there is no such person.
pub async fn hold(tx: &mut Tx, person: PersonId) -> Result<(), StoreError> {
    tx.change_one(&HOLD, values![person.0]).await
}

/// What a person holds and held, with the numbers.
///
/// # Errors
/// The store's.
pub async fn grants(tx: &mut Tx, person: PersonId) -> Result<Vec<(i64, Grant)>, StoreError> {
    let rows = tx.rows(&GRANTS, values![person.0]).await?;
    rows.iter().map(grant_of).collect()
}

/// What everybody holds and held.
///
/// # Errors
/// The store's.
pub async fn all_grants(tx: &mut Tx) -> Result<Vec<(i64, Grant)>, StoreError> {
    let rows = tx.rows(&ALL_GRANTS, &[]).await?;
    rows.iter().map(grant_of).collect()
}

/// Ends a grant with a day; one that has not begun is dropped.
///
/// # Errors
/// [`StoreError::Conflict`] if it has ended already.
pub async fn end_grant(tx: &mut Tx, id: i64, last_day: Date) -> Result<(), StoreError> {
    if tx.execute(&DROP_GRANT, values![id, last_day]).await? == 1 {
        return Ok(());
    }
    tx.change_one(&END_GRANT, values![id, last_day]).await
}
