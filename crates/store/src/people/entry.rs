//! How people come in: passwords, second factors, sessions, failures,
//! invitations. Tokens are kept as digests: who reads the database cannot use
//! them.

use gongkai_domain::organization::PersonId;
use gongkai_domain::organization::identity::Door;
use gongkai_domain::organization::lockout::Failures;
use jiff::Timestamp;

use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::values;

statements! { "people/entry";
    SET_PASSWORD = "update persons set password = $2, password_changed_at = $3, must_change = 0, version = version + 1 where id = $1";
    JOIN = "update persons set state = 'active', version = version + 1 where id = $1 and state in ('invited', 'active')";
    REMEMBER = "insert into past_passwords (person, changed_at, password) values ($1, $2, $3) on conflict (person, changed_at) do nothing";
    PAST = "select password from past_passwords where person = $1 order by changed_at desc limit $2";
    FORGET_PAST = "delete from past_passwords where person = $1 and changed_at not in (select changed_at from past_passwords where person = $1 order by changed_at desc limit $2)";
    SET_TOTP = "update persons set totp = $2, totp_step = $3, version = version + 1 where id = $1";
    USE_STEP = "update persons set totp_step = $2 where id = $1 and totp_step < $2";
    DROP_CODES = "delete from recovery_codes where person = $1";
    ADD_CODE = "insert into recovery_codes (person, digest) values ($1, $2)";
    USE_CODE = "update recovery_codes set used_at = $3 where person = $1 and digest = $2 and used_at is null";
    CODES_LEFT = "select count(*) as count from recovery_codes where person = $1 and used_at is null";
    BEGIN_SESSION = "insert into sessions (digest, person, factors, begun_at, used_at, source, agent, door) values ($1, $2, $3, $4, $4, $5, $6, $7)";
    SESSION = "select digest, person, factors, begun_at, used_at, source, agent, door from sessions where digest = $1";
    TOUCH = "update sessions set used_at = $2 where digest = $1 and used_at < $2";
    TOUCH_PERSON = "update persons set last_active_at = $2 where id = $1";
    SESSIONS = "select digest, person, factors, begun_at, used_at, source, agent, door from sessions where person = $1 order by used_at desc, digest";
    END_SESSION = "delete from sessions where digest = $1 and person = $2";
    END_SESSIONS = "delete from sessions where person = $1 and digest <> $2";
    FORGET_SESSIONS = "delete from sessions where used_at < $1 or begun_at < $2";
    /// Makes the row where there is none and holds it until the end of the
    /// transaction, so that two nodes count one after the other.
    FAILURES = "insert into failures (counter, subject, count) values ($1, $2, 0)
        on conflict (counter, subject) do update set count = failures.count
        returning count, last_at, locked_until";
    CLEAR_FAILURES = "delete from failures where counter = $1 and subject = $2";
    SET_FAILURES = "insert into failures (counter, subject, count, last_at, locked_until) values ($1, $2, $3, $4, $5)
        on conflict (counter, subject) do update set count = excluded.count, last_at = excluded.last_at, locked_until = excluded.locked_until";
    LOCKED = "select subject from failures where counter = $1 and locked_until > $2 order by subject";
    FORGET_FAILURES = "delete from failures where coalesce(last_at, 0) < $1 and coalesce(locked_until, 0) < $1";
    INVITE = "insert into invitations (digest, person, purpose, until, made_at) values ($1, $2, $3, $4, $5)";
    INVITATION = "select digest, person, purpose, until, used_at from invitations where digest = $1";
    USE_INVITATION = "update invitations set used_at = $2 where digest = $1 and used_at is null";
    DROP_INVITATIONS = "delete from invitations where person = $1 and used_at is null";
    DROP_SETUP = "delete from invitations where purpose = 'setup' and used_at is null";
}

/// Makes a person active who was invited.
///
/// # Errors
/// [`StoreError::Conflict`] if they were disabled.
pub async fn join(tx: &mut Tx, person: PersonId) -> Result<(), StoreError> {
    tx.change_one(&JOIN, values![person.0]).await
}

/// Sets a person's password and keeps the one before among the last
/// `remembered` ones. Links that were to bring them in hold no
/// more.
///
/// # Errors
/// The store's.
pub async fn set_password(
    tx: &mut Tx,
    person: PersonId,
    password: &str,
    now: Timestamp,
    remembered: i64,
) -> Result<(), StoreError> {
    tx.change_one(&SET_PASSWORD, values![person.0, password, now])
        .await?;
    tx.execute(&REMEMBER, values![person.0, now, password])
        .await?;
    tx.execute(&FORGET_PAST, values![person.0, remembered])
        .await?;
    drop_invitations(tx, person).await
}

/// The last passwords of a person, the newest first.
///
/// # Errors
/// The store's.
pub async fn past_passwords(
    tx: &mut Tx,
    person: PersonId,
    most: i64,
) -> Result<Vec<String>, StoreError> {
    let rows = tx.rows(&PAST, values![person.0, most]).await?;
    rows.iter().map(|row| row.get("password")).collect()
}

/// Sets or, with none, takes away a person's second factor.
///
/// # Errors
/// The store's.
pub async fn set_totp(
    tx: &mut Tx,
    person: PersonId,
    sealed: Option<&[u8]>,
    step: i64,
) -> Result<(), StoreError> {
    tx.change_one(&SET_TOTP, values![person.0, sealed, step])
        .await
}

/// Uses a step of time; whether nobody has used it, or a later one, before.
///
/// # Errors
/// The store's.
pub async fn use_step(tx: &mut Tx, person: PersonId, step: i64) -> Result<bool, StoreError> {
    Ok(tx.execute(&USE_STEP, values![person.0, step]).await? == 1)
}

/// Replaces a person's recovery codes by these digests.
///
/// # Errors
/// The store's.
pub async fn set_recovery_codes(
    tx: &mut Tx,
    person: PersonId,
    digests: &[String],
) -> Result<(), StoreError> {
    tx.execute(&DROP_CODES, values![person.0]).await?;
    for digest in digests {
        tx.execute(&ADD_CODE, values![person.0, digest]).await?;
    }
    Ok(())
}

/// Uses a recovery code; whether it was there and unused.
///
/// # Errors
/// The store's.
pub async fn use_recovery_code(
    tx: &mut Tx,
    person: PersonId,
    digest: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx
        .execute(&USE_CODE, values![person.0, digest, now])
        .await?
        == 1)
}

/// How many recovery codes a person has left.
///
/// # Errors
/// The store's.
pub async fn recovery_codes_left(tx: &mut Tx, person: PersonId) -> Result<i64, StoreError> {
    let row = tx.one(&CODES_LEFT, values![person.0]).await?;
    row.get("count")
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Digest of its token.
    pub digest: String,
    /// Whose.
    pub person: PersonId,
    /// How many factors were shown: with one, only the second may be shown.
    pub factors: i64,
    /// When it began.
    pub begun_at: Timestamp,
    /// When it was last used.
    pub used_at: Timestamp,
    /// From which address it began.
    pub source: String,
    /// With which browser.
    pub agent: String,
    /// Through which door.
    pub door: Door,
}

fn session(row: &Row) -> Result<Session, StoreError> {
    let door: String = row.get("door")?;
    Ok(Session {
        digest: row.get("digest")?,
        person: PersonId(row.get("person")?),
        factors: row.get("factors")?,
        begun_at: row.get("begun_at")?,
        used_at: row.get("used_at")?,
        source: row.get("source")?,
        agent: row.get("agent")?,
        door: Door::from_key(&door).ok_or_else(|| StoreError::wrong("door"))?,
    })
}

/// Begins a session.
///
/// # Errors
/// The store's.
pub async fn begin_session(tx: &mut Tx, new: &Session) -> Result<(), StoreError> {
    let values = values![
        &new.digest,
        new.person.0,
        new.factors,
        new.begun_at,
        &new.source,
        &new.agent,
        new.door.key()
    ];
    tx.execute(&BEGIN_SESSION, values).await?;
    Ok(())
}

/// Looks a session up by the digest of its token.
///
/// # Errors
/// The store's.
pub async fn session_of(tx: &mut Tx, digest: &str) -> Result<Option<Session>, StoreError> {
    let row = tx.optional(&SESSION, values![digest]).await?;
    row.as_ref().map(session).transpose()
}

/// Marks that a session was used, and its person active.
///
/// # Errors
/// The store's.
pub async fn touch(tx: &mut Tx, session: &Session, now: Timestamp) -> Result<(), StoreError> {
    // The person first, as everywhere: two who come at once wait in one order.
    tx.execute(&TOUCH_PERSON, values![session.person.0, now])
        .await?;
    tx.execute(&TOUCH, values![&session.digest, now]).await?;
    Ok(())
}

/// Marks a person as active.
///
/// # Errors
/// The store's.
pub async fn active(tx: &mut Tx, person: PersonId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(&TOUCH_PERSON, values![person.0, now]).await?;
    Ok(())
}

/// A person's sessions, the last used first.
///
/// # Errors
/// The store's.
pub async fn sessions(tx: &mut Tx, person: PersonId) -> Result<Vec<Session>, StoreError> {
    let rows = tx.rows(&SESSIONS, values![person.0]).await?;
    rows.iter().map(session).collect()
}

/// Ends one session of a person; whether there was one.
///
/// # Errors
/// The store's.
pub async fn end_session(tx: &mut Tx, person: PersonId, digest: &str) -> Result<bool, StoreError> {
    Ok(tx.execute(&END_SESSION, values![digest, person.0]).await? == 1)
}

/// Ends all sessions of a person but one (none if that is empty); how many.
///
/// # Errors
/// The store's.
pub async fn end_sessions(tx: &mut Tx, person: PersonId, but: &str) -> Result<u64, StoreError> {
    tx.execute(&END_SESSIONS, values![person.0, but]).await
}

/// Forgets what is over: sessions not used since, or begun before; failures.
///
/// # Errors
/// The store's.
pub async fn forget(
    tx: &mut Tx,
    unused_since: Timestamp,
    begun_before: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(&FORGET_SESSIONS, values![unused_since, begun_before])
        .await?;
    tx.execute(&FORGET_FAILURES, values![begun_before]).await?;
    Ok(())
}

/// Failures of a subject: a login name, whether it exists or not, or a source.
/// Nobody else counts them until this transaction ends.
///
/// # Errors
/// The store's.
pub async fn failures(tx: &mut Tx, counter: &str, subject: &str) -> Result<Failures, StoreError> {
    let row = tx.one(&FAILURES, values![counter, subject]).await?;
    let count: i64 = row.get("count")?;
    Ok(Failures {
        count: u32::try_from(count).unwrap_or(u32::MAX),
        last_at: row.get("last_at")?,
        locked_until: row.get("locked_until")?,
    })
}

/// Subjects of a counter that are locked at an instant.
///
/// # Errors
/// The store's.
pub async fn locked(tx: &mut Tx, counter: &str, now: Timestamp) -> Result<Vec<String>, StoreError> {
    let rows = tx.rows(&LOCKED, values![counter, now]).await?;
    rows.iter().map(|row| row.get("subject")).collect()
}

/// Forgets failures of a subject: it may be tried again.
///
/// # Errors
/// The store's.
pub async fn clear_failures(tx: &mut Tx, counter: &str, subject: &str) -> Result<(), StoreError> {
    tx.execute(&CLEAR_FAILURES, values![counter, subject])
        .await?;
    Ok(())
}

/// Keeps failures of a subject.
///
/// # Errors
/// The store's.
pub async fn set_failures(
    tx: &mut Tx,
    counter: &str,
    subject: &str,
    failures: Failures,
) -> Result<(), StoreError> {
    let values = values![
        counter,
        subject,
        i64::from(failures.count),
        failures.last_at,
        failures.locked_until
    ];
    tx.execute(&SET_FAILURES, values).await?;
    Ok(())
}

/// An invitation: to set the house up, to join, to come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Digest of its token.
    pub digest: String,
    /// Whom; none for setting up.
    pub person: Option<PersonId>,
    /// `setup`, `invite` or `recover`.
    pub purpose: String,
    /// Until when it holds.
    pub until: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// Makes an invitation; what the person had before holds no more.
///
/// # Errors
/// The store's.
pub async fn invite(tx: &mut Tx, new: &Invitation, now: Timestamp) -> Result<(), StoreError> {
    if let Some(person) = new.person {
        drop_invitations(tx, person).await?;
    }
    let values = values![
        &new.digest,
        new.person.map(|id| id.0),
        &new.purpose,
        new.until,
        now
    ];
    tx.execute(&INVITE, values).await?;
    Ok(())
}

/// Takes back every link that was to bring a person in.
///
/// # Errors
/// The store's.
pub async fn drop_invitations(tx: &mut Tx, person: PersonId) -> Result<(), StoreError> {
    tx.execute(&DROP_INVITATIONS, values![person.0]).await?;
    Ok(())
}

/// Looks an invitation up by the digest of its token.
///
/// # Errors
/// The store's.
pub async fn invitation(tx: &mut Tx, digest: &str) -> Result<Option<Invitation>, StoreError> {
    let row = tx.optional(&INVITATION, values![digest]).await?;
    row.map(|row| {
        Ok(Invitation {
            digest: row.get("digest")?,
            person: row.get::<Option<i64>>("person")?.map(PersonId),
            purpose: row.get("purpose")?,
            until: row.get("until")?,
            used_at: row.get("used_at")?,
        })
    })
    .transpose()
}

/// Uses an invitation.
///
/// # Errors
/// [`StoreError::Conflict`] if it was used meanwhile.
pub async fn use_invitation(tx: &mut Tx, digest: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.change_one(&USE_INVITATION, values![digest, now]).await?;
    Ok(())
}

/// Takes back every invitation to set the house up.
///
/// # Errors
/// The store's.
pub async fn drop_setup(tx: &mut Tx) -> Result<(), StoreError> {
    tx.execute(&DROP_SETUP, &[]).await?;
    Ok(())
}
