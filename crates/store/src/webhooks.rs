//! Programs that are told what happens: where, of what, and whether they are
//! told now. Addresses and secrets are sealed; nothing here opens them.

use jiff::Timestamp;

use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::values;

statements! { "webhooks";
    ADD = "insert into webhooks (name, host, events, enabled, key, sealed, created_at, changed_at, version)
        values ($1, $2, $3, 1, $4, $5, $6, $6, 1) returning id";
    ALL = "select id, name, host, events, enabled, stopped_for, key, sealed, created_at, changed_at, version
        from webhooks order by id";
    GET = "select id, name, host, events, enabled, stopped_for, key, sealed, created_at, changed_at, version
        from webhooks where id = $1";
    CHANGE = "update webhooks set name = $2, host = $3, events = $4, sealed = $5, changed_at = $6, version = version + 1
        where id = $1 and version = $7";
    SWITCH = "update webhooks set enabled = $2, stopped_for = $3, changed_at = $4, version = version + 1
        where id = $1 and enabled <> $2";
    REMOVE = "delete from webhooks where id = $1 and version = $2";
}

/// What is kept of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// What people call it.
    pub name: String,
    /// The host of its address.
    pub host: String,
    /// Of what it is told, by the words of events, with blanks between.
    pub events: String,
    /// Address and secrets, sealed.
    pub sealed: Vec<u8>,
}

/// A subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its number.
    pub id: i64,
    /// What is kept of it.
    pub contents: Contents,
    /// Whether it is told anything.
    pub enabled: bool,
    /// Why it was stopped by the program; none if a person did it.
    pub stopped_for: Option<String>,
    /// Name of the key that opens it.
    pub key: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub changed_at: Timestamp,
    /// Counts its changes, from 1.
    pub version: i64,
}

fn webhook(row: &Row) -> Result<Webhook, StoreError> {
    Ok(Webhook {
        id: row.get("id")?,
        contents: Contents {
            name: row.get("name")?,
            host: row.get("host")?,
            events: row.get("events")?,
            sealed: row.get("sealed")?,
        },
        enabled: row.get::<i64>("enabled")? != 0,
        stopped_for: row.get("stopped_for")?,
        key: row.get("key")?,
        created_at: row.get("created_at")?,
        changed_at: row.get("changed_at")?,
        version: row.get("version")?,
    })
}

/// Adds a subscription; its number.
///
/// # Errors
/// The store's.
pub async fn add(
    tx: &mut Tx,
    contents: &Contents,
    key: &str,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let values = values![
        &contents.name,
        &contents.host,
        &contents.events,
        key,
        contents.sealed.clone(),
        now
    ];
    tx.one(&ADD, values).await?.get("id")
}

/// All of them.
///
/// # Errors
/// The store's.
pub async fn all(tx: &mut Tx) -> Result<Vec<Webhook>, StoreError> {
    let rows = tx.rows(&ALL, &[]).await?;
    rows.iter().map(webhook).collect()
}

/// One of them.
///
/// # Errors
/// The store's.
pub async fn get(tx: &mut Tx, id: i64) -> Result<Option<Webhook>, StoreError> {
    let row = tx.optional(&GET, values![id]).await?;
    row.as_ref().map(webhook).transpose()
}

/// Changes one whose version was seen.
///
/// # Errors
/// [`StoreError::Conflict`] if it was changed meanwhile.
pub async fn change(
    tx: &mut Tx,
    id: i64,
    contents: &Contents,
    version: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let values = values![
        id,
        &contents.name,
        &contents.host,
        &contents.events,
        contents.sealed.clone(),
        now,
        version
    ];
    tx.change_one(&CHANGE, values).await
}

/// Starts or stops one; whether it was otherwise before.
///
/// # Errors
/// The store's.
pub async fn switch(
    tx: &mut Tx,
    id: i64,
    enabled: bool,
    stopped_for: Option<&str>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx
        .execute(&SWITCH, values![id, enabled, stopped_for, now])
        .await?
        == 1)
}

/// Removes one whose version was seen; its key is erased apart.
///
/// # Errors
/// [`StoreError::Conflict`] if it was changed meanwhile.
pub async fn remove(tx: &mut Tx, id: i64, version: i64) -> Result<(), StoreError> {
    tx.change_one(&REMOVE, values![id, version]).await
}
