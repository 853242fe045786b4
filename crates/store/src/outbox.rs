//! What goes out: messages that wait, were sent, were refused. Addresses and
//! bodies are sealed; nothing here opens them.
//!
//! A message is leased while it is being sent: who dies with it loses the
//! lease, and another sends it again under the same name.

use gongkai_domain::outbox::{Channel, State};
use jiff::Timestamp;

use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::db::value::Value;
use crate::values;

statements! { "outbox";
    ADD = "insert into outbox (message, channel, destination, purpose, shown, key, sealed, state, created_at, expires_at, next_at, attempts)
        values ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $9, $8, 0) returning id";
    /// What must hold is asked twice: on PostgreSQL another may lease the same
    /// one between the choice and the change, and then this changes nothing.
    CLAIM = "update outbox set leased_by = $2, leased_until = $3, attempts = attempts + 1
        where id = (select id from outbox
                where destination = $1 and state = 'waiting' and next_at <= $4 and (leased_until is null or leased_until < $4)
                order by next_at, id limit 1)
            and state = 'waiting' and (leased_until is null or leased_until < $4)
        returning id, message, channel, purpose, key, sealed, created_at, expires_at, attempts";
    SENT = "update outbox set state = 'sent', ended_at = $3, last_error = null, leased_by = null, leased_until = null
        where id = $1 and leased_by = $2 and state = 'waiting'";
    LATER = "update outbox set next_at = $3, last_error = $4, leased_by = null, leased_until = null
        where id = $1 and leased_by = $2 and state = 'waiting'";
    ENDED = "update outbox set state = $3, ended_at = $4, last_error = $5, leased_by = null, leased_until = null
        where id = $1 and leased_by = $2 and state = 'waiting'";
    GIVE_UP = "update outbox set state = 'given_up', ended_at = $3, last_error = $4
        where destination = $1 and state = 'waiting' and created_at <= $2 and leased_by is null";
    NEXT = "select min(case when leased_until is not null and leased_until > next_at then leased_until else next_at end) as at
        from outbox where destination = $1 and state = 'waiting'";
    DUE = "select distinct destination from outbox
        where state = 'waiting' and next_at <= $1 and (leased_until is null or leased_until < $1)
        order by destination";
    AGAIN = "update outbox set state = 'waiting', next_at = $2, attempts = 0, ended_at = null
        where id = $1 and state in ('refused', 'given_up') and sealed is not null";
    GET = "select id, message, channel, destination, purpose, shown, state, created_at, next_at, attempts, last_error, ended_at, erased_at, leased_until
        from outbox where id = $1";
    LIST = "select id, message, channel, destination, purpose, shown, state, created_at, next_at, attempts, last_error, ended_at, erased_at, leased_until
        from outbox where (cast($1 as text) is null or state = $1) and id < $2 order by id desc limit $3";
    COUNTS = "select state, count(*) as count from outbox group by state order by state";
    OLD = "select id, key from outbox
        where sealed is not null and state <> 'waiting' and ended_at < $1 order by id limit $2";
    ERASE = "update outbox set sealed = null, shown = '', erased_at = $2 where id = $1 and sealed is not null and state <> 'waiting'";
    DESTINATION = "select name, failures, failing_since, paused_until, last_error from outbox_destinations where name = $1";
    DESTINATIONS = "select name, failures, failing_since, paused_until, last_error from outbox_destinations order by name";
    FAILED = "insert into outbox_destinations (name, failures, failing_since, paused_until, last_error)
        values ($1, 1, $2, $3, $4)
        on conflict (name) do update set failures = outbox_destinations.failures + 1,
            paused_until = excluded.paused_until, last_error = excluded.last_error";
    WORKED = "delete from outbox_destinations where name = $1";
}

/// A message that is to go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// What receivers know it by.
    pub message: String,
    /// By which way.
    pub channel: Channel,
    /// Through which server: what fails there, waits together.
    pub destination: String,
    /// What it is about, as a word; no personal data.
    pub purpose: String,
    /// The address, masked.
    pub shown: String,
    /// Name of the key that opens it.
    pub key: String,
    /// Address and body, sealed.
    pub sealed: Vec<u8>,
    /// After this it is of no use to anybody.
    pub expires_at: Option<Timestamp>,
}

/// A message in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its number.
    pub id: i64,
    /// What receivers know it by.
    pub message: String,
    /// By which way it goes.
    pub channel: Channel,
    /// What it is about.
    pub purpose: String,
    /// Name of the key that opens it.
    pub key: String,
    /// Address and body, sealed.
    pub sealed: Option<Vec<u8>>,
    /// When it was written.
    pub created_at: Timestamp,
    /// After this it is of no use to anybody.
    pub expires_at: Option<Timestamp>,
    /// Which try this is, from 1.
    pub attempts: i64,
}

/// A message as the office sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub id: i64,
    /// What receivers know it by.
    pub message: String,
    /// By which way it goes.
    pub channel: Channel,
    /// Through which server.
    pub destination: String,
    /// What it is about.
    pub purpose: String,
    /// The address, masked; empty once it was erased.
    pub shown: String,
    /// How it stands.
    pub state: State,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it is tried next.
    pub next_at: Timestamp,
    /// Tries so far.
    pub attempts: i64,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When address and body were erased.
    pub erased_at: Option<Timestamp>,
    /// Until when somebody has it in hand.
    pub leased_until: Option<Timestamp>,
}

/// A server that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// Which.
    pub name: String,
    /// How often in a row.
    pub failures: i64,
    /// Since when.
    pub failing_since: Timestamp,
    /// When it is tried next.
    pub paused_until: Timestamp,
    /// What it said last.
    pub last_error: String,
}

fn channel_of(row: &Row) -> Result<Channel, StoreError> {
    let channel: String = row.get("channel")?;
    Channel::from_key(&channel).ok_or_else(|| StoreError::wrong("channel"))
}

fn state_of(row: &Row) -> Result<State, StoreError> {
    let state: String = row.get("state")?;
    State::from_key(&state).ok_or_else(|| StoreError::wrong("state"))
}

/// Writes a message, in the transaction of what causes it; its number.
///
/// # Errors
/// The store's.
pub async fn add(tx: &mut Tx, new: &NewMessage, now: Timestamp) -> Result<i64, StoreError> {
    tx.one(&ADD, &row_of(new, now)).await?.get("id")
}

/// The values of a new message, in the order of their columns.
pub(crate) fn row_of(new: &NewMessage, now: Timestamp) -> Vec<Value> {
    values![
        &new.message,
        new.channel.key(),
        &new.destination,
        &new.purpose,
        &new.shown,
        &new.key,
        new.sealed.clone(),
        now,
        new.expires_at
    ]
    .to_vec()
}

/// Leases the message of a destination whose turn it is, if there is one; also
/// one whose lease ran out because its sender is gone.
///
/// # Errors
/// The store's.
pub async fn claim(
    tx: &mut Tx,
    destination: &str,
    sender: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Claimed>, StoreError> {
    let row = tx
        .optional(&CLAIM, values![destination, sender, until, now])
        .await?;
    row.map(|row| {
        Ok(Claimed {
            id: row.get("id")?,
            message: row.get("message")?,
            channel: channel_of(&row)?,
            purpose: row.get("purpose")?,
            key: row.get("key")?,
            sealed: row.get("sealed")?,
            created_at: row.get("created_at")?,
            expires_at: row.get("expires_at")?,
            attempts: row.get("attempts")?,
        })
    })
    .transpose()
}

/// Marks a message sent.
///
/// # Errors
/// [`StoreError::Conflict`] if the lease ran out and another has it.
pub async fn sent(tx: &mut Tx, id: i64, sender: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.change_one(&SENT, values![id, sender, now]).await
}

/// Puts a message back, to be tried again.
///
/// # Errors
/// As [`sent`].
pub async fn later(
    tx: &mut Tx,
    id: i64,
    sender: &str,
    at: Timestamp,
    error: &str,
) -> Result<(), StoreError> {
    tx.change_one(&LATER, values![id, sender, at, error]).await
}

/// Ends a message that was not sent and will not be.
///
/// # Errors
/// As [`sent`].
pub async fn ended(
    tx: &mut Tx,
    id: i64,
    sender: &str,
    state: State,
    now: Timestamp,
    error: &str,
) -> Result<(), StoreError> {
    tx.change_one(&ENDED, values![id, sender, state.key(), now, error])
        .await
}

/// Gives up what waits for a destination and was written before an instant;
/// how many.
///
/// # Errors
/// The store's.
pub async fn give_up(
    tx: &mut Tx,
    destination: &str,
    written_before: Timestamp,
    now: Timestamp,
    error: &str,
) -> Result<u64, StoreError> {
    tx.execute(&GIVE_UP, values![destination, written_before, now, error])
        .await
}

/// When the next message of a destination is due, or its lease runs out.
///
/// # Errors
/// The store's.
pub async fn next_at(tx: &mut Tx, destination: &str) -> Result<Option<Timestamp>, StoreError> {
    tx.one(&NEXT, values![destination]).await?.get("at")
}

/// Destinations for which something is due.
///
/// # Errors
/// The store's.
pub async fn due(tx: &mut Tx, now: Timestamp) -> Result<Vec<String>, StoreError> {
    let rows = tx.rows(&DUE, values![now]).await?;
    rows.iter().map(|row| row.get("destination")).collect()
}

/// Lets a message wait again that was refused or given up and is still there.
///
/// # Errors
/// [`StoreError::Conflict`] if it is not such a one.
pub async fn again(tx: &mut Tx, id: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.change_one(&AGAIN, values![id, now]).await
}

fn listed(row: &Row) -> Result<Listed, StoreError> {
    Ok(Listed {
        id: row.get("id")?,
        message: row.get("message")?,
        channel: channel_of(row)?,
        destination: row.get("destination")?,
        purpose: row.get("purpose")?,
        shown: row.get("shown")?,
        state: state_of(row)?,
        created_at: row.get("created_at")?,
        next_at: row.get("next_at")?,
        attempts: row.get("attempts")?,
        last_error: row.get("last_error")?,
        ended_at: row.get("ended_at")?,
        erased_at: row.get("erased_at")?,
        leased_until: row.get("leased_until")?,
    })
}

/// A message by number.
///
/// # Errors
/// The store's.
pub async fn get(tx: &mut Tx, id: i64) -> Result<Option<Listed>, StoreError> {
    let row = tx.optional(&GET, values![id]).await?;
    row.as_ref().map(listed).transpose()
}

/// Messages, the newest first, before a number.
///
/// # Errors
/// The store's.
pub async fn list(
    tx: &mut Tx,
    state: Option<State>,
    before: i64,
    most: i64,
) -> Result<Vec<Listed>, StoreError> {
    let values = values![state.map(State::key), before, most];
    let rows = tx.rows(&LIST, values).await?;
    rows.iter().map(listed).collect()
}

/// How many messages are in each state that any is in.
///
/// # Errors
/// The store's.
pub async fn counts(tx: &mut Tx) -> Result<Vec<(State, i64)>, StoreError> {
    let rows = tx.rows(&COUNTS, &[]).await?;
    rows.iter()
        .map(|row| Ok((state_of(row)?, row.get("count")?)))
        .collect()
}

/// Messages that ended before an instant and are not erased, with their keys.
///
/// # Errors
/// The store's.
pub async fn old(
    tx: &mut Tx,
    before: Timestamp,
    most: i64,
) -> Result<Vec<(i64, String)>, StoreError> {
    let rows = tx.rows(&OLD, values![before, most]).await?;
    rows.iter()
        .map(|row| Ok((row.get("id")?, row.get("key")?)))
        .collect()
}

/// Empties a message that has ended; its key is erased apart. Whether there
/// was something to erase.
///
/// # Errors
/// The store's.
pub async fn erase(tx: &mut Tx, id: i64, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(&ERASE, values![id, now]).await? == 1)
}

fn failing(row: &Row) -> Result<Failing, StoreError> {
    Ok(Failing {
        name: row.get("name")?,
        failures: row.get("failures")?,
        failing_since: row.get("failing_since")?,
        paused_until: row.get("paused_until")?,
        last_error: row.get("last_error")?,
    })
}

/// What is known of a destination that fails; none where it works.
///
/// # Errors
/// The store's.
pub async fn destination(tx: &mut Tx, name: &str) -> Result<Option<Failing>, StoreError> {
    let row = tx.optional(&DESTINATION, values![name]).await?;
    row.as_ref().map(failing).transpose()
}

/// All destinations that fail.
///
/// # Errors
/// The store's.
pub async fn destinations(tx: &mut Tx) -> Result<Vec<Failing>, StoreError> {
    let rows = tx.rows(&DESTINATIONS, &[]).await?;
    rows.iter().map(failing).collect()
}

/// Notes that a destination failed once more, and until when it is left alone.
///
/// # Errors
/// The store's.
pub async fn failed(
    tx: &mut Tx,
    name: &str,
    now: Timestamp,
    until: Timestamp,
    error: &str,
) -> Result<(), StoreError> {
    tx.execute(&FAILED, values![name, now, until, error])
        .await?;
    Ok(())
}

/// Notes that a destination works.
///
/// # Errors
/// The store's.
pub async fn worked(tx: &mut Tx, name: &str) -> Result<(), StoreError> {
    tx.execute(&WORKED, values![name]).await?;
    Ok(())
}
