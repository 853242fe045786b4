//! Accounts at a provider that people have linked, and sign-ins that have gone
//! there. States and browsers are kept as digests, subjects as blind indexes.

use gongkai_domain::organization::PersonId;
use jiff::Timestamp;

use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::values;

statements! { "people/identities";
    LINK = "insert into identities (issuer, subject, person, made_at) values ($1, $2, $3, $4) returning id";
    BY_SUBJECT = "select id, issuer, person, made_at, used_at from identities where issuer = $1 and subject = $2";
    OF_PERSON = "select id, issuer, person, made_at, used_at from identities where person = $1 order by id";
    UNLINK = "delete from identities where id = $1 and person = $2";
    UNLINK_ALL = "delete from identities where person = $1";
    USED = "update identities set used_at = $2 where id = $1";
    BEGIN = "insert into provider_attempts (state, browser, nonce, verifier, person, source, until) values ($1, $2, $3, $4, $5, $6, $7)";
    OPEN_OF = "select count(*) as count from provider_attempts where source = $1 and until > $2";
    /// Gone with the answer, so that it is used once, whichever node is asked.
    TAKE = "delete from provider_attempts where state = $1 and browser = $2 returning nonce, verifier, person, source, until";
    FORGET = "delete from provider_attempts where until <= $1";
    END_SESSIONS = "delete from sessions where person = $1 and door = 'provider' and digest <> $2";
}

/// An account at a provider that is linked to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its number.
    pub id: i64,
    /// The provider.
    pub issuer: String,
    /// Whose.
    pub person: PersonId,
    /// When it was linked.
    pub made_at: Timestamp,
    /// When somebody last came in by it.
    pub used_at: Option<Timestamp>,
}

fn identity(row: &Row) -> Result<Identity, StoreError> {
    Ok(Identity {
        id: row.get("id")?,
        issuer: row.get("issuer")?,
        person: PersonId(row.get("person")?),
        made_at: row.get("made_at")?,
        used_at: row.get("used_at")?,
    })
}

/// Links an account, by the blind index of what the provider calls it; the
/// number of the link.
///
/// # Errors
/// [`StoreError::Duplicate`] if the account is linked already, or the person
/// has another there.
pub async fn link(
    tx: &mut Tx,
    issuer: &str,
    subject: &str,
    person: PersonId,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let values = values![issuer, subject, person.0, now];
    tx.one(&LINK, values).await?.get("id")
}

/// The link of an account.
///
/// # Errors
/// The store's.
pub async fn by_subject(
    tx: &mut Tx,
    issuer: &str,
    subject: &str,
) -> Result<Option<Identity>, StoreError> {
    let row = tx.optional(&BY_SUBJECT, values![issuer, subject]).await?;
    row.as_ref().map(identity).transpose()
}

/// What a person has linked, the oldest first.
///
/// # Errors
/// The store's.
pub async fn of_person(tx: &mut Tx, person: PersonId) -> Result<Vec<Identity>, StoreError> {
    let rows = tx.rows(&OF_PERSON, values![person.0]).await?;
    rows.iter().map(identity).collect()
}

/// Undoes a link of a person; whether there was one.
///
/// # Errors
/// The store's.
pub async fn unlink(tx: &mut Tx, id: i64, person: PersonId) -> Result<bool, StoreError> {
    Ok(tx.execute(&UNLINK, values![id, person.0]).await? == 1)
}

/// Undoes every link of a person; how many.
///
/// # Errors
/// The store's.
pub async fn unlink_all(tx: &mut Tx, person: PersonId) -> Result<u64, StoreError> {
    tx.execute(&UNLINK_ALL, values![person.0]).await
}

/// Marks that somebody came in by a link; whether it is still there.
///
/// # Errors
/// The store's.
pub async fn used(tx: &mut Tx, id: i64, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(&USED, values![id, now]).await? == 1)
}

/// Ends a person's sessions that began at the provider, but for one (none if
/// that is empty); how many.
///
/// # Errors
/// The store's.
pub async fn end_sessions(tx: &mut Tx, person: PersonId, but: &str) -> Result<u64, StoreError> {
    tx.execute(&END_SESSIONS, values![person.0, but]).await
}

/// A sign-in that has gone to the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What the token must hold.
    pub nonce: String,
    /// The secret of the exchange (RFC 7636).
    pub verifier: String,
    /// Who links an account; none for who comes in.
    pub person: Option<PersonId>,
    /// Blind index of the address that began it.
    pub source: String,
    /// Until when it may come back.
    pub until: Timestamp,
}

/// Keeps a sign-in under the digests of its state and of its browser's secret.
///
/// # Errors
/// The store's.
pub async fn begin(
    tx: &mut Tx,
    state: &str,
    browser: &str,
    attempt: &Attempt,
) -> Result<(), StoreError> {
    let values = values![
        state,
        browser,
        &attempt.nonce,
        &attempt.verifier,
        attempt.person.map(|id| id.0),
        &attempt.source,
        attempt.until
    ];
    tx.execute(&BEGIN, values).await?;
    Ok(())
}

/// How many sign-ins of an address have not come back and still may.
///
/// # Errors
/// The store's.
pub async fn open_of(tx: &mut Tx, source: &str, now: Timestamp) -> Result<i64, StoreError> {
    tx.one(&OPEN_OF, values![source, now]).await?.get("count")
}

/// Takes a sign-in that comes back: it is there once, and for the browser that
/// began it alone.
///
/// # Errors
/// The store's.
pub async fn take(tx: &mut Tx, state: &str, browser: &str) -> Result<Option<Attempt>, StoreError> {
    let row = tx.optional(&TAKE, values![state, browser]).await?;
    row.map(|row| {
        Ok(Attempt {
            nonce: row.get("nonce")?,
            verifier: row.get("verifier")?,
            person: row.get::<Option<i64>>("person")?.map(PersonId),
            source: row.get("source")?,
            until: row.get("until")?,
        })
    })
    .transpose()
}

/// Forgets sign-ins that never came back.
///
/// # Errors
/// The store's.
pub async fn forget(tx: &mut Tx, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(&FORGET, values![now]).await?;
    Ok(())
}
