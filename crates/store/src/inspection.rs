//! What file inspections came to. What of them is seen is decided here, in the
//! query.

use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::Reach;
use jiff::Timestamp;

use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::db::value::Value;
use crate::values;

statements! { "inspection";
    ADD = "insert into inspections (organization, digest, bytes, key, name, name_blind, kind, verdict, outcome, rules, inspected_at, inspected_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning id";
    GET = "select id, organization, digest, bytes, key, name, name_blind, kind, verdict, outcome, rules, inspected_at, inspected_by, confirmed_at, confirmed_by, reason,
        (select max(newer.id) from inspections newer where newer.organization = inspections.organization and newer.digest = inspections.digest) as newest
        from inspections
        where (cast($1 as bigint) = 1 or organization in within($2)) and id = $3";
    PAGE = "select id, organization, digest, bytes, key, name, name_blind, kind, verdict, outcome, rules, inspected_at, inspected_by, confirmed_at, confirmed_by, reason,
        (select max(newer.id) from inspections newer where newer.organization = inspections.organization and newer.digest = inspections.digest) as newest
        from inspections
        where (cast($1 as bigint) = 1 or organization in within($2)) and id < $3
        order by id desc limit $4";
    LAST = "select id, organization, digest, bytes, key, name, name_blind, kind, verdict, outcome, rules, inspected_at, inspected_by, confirmed_at, confirmed_by, reason,
        (select max(newer.id) from inspections newer where newer.organization = inspections.organization and newer.digest = inspections.digest) as newest
        from inspections where organization = $1 and digest = $2
        order by id desc limit 1";
    LAST_NAMED = "select id, organization, digest, bytes, key, name, name_blind, kind, verdict, outcome, rules, inspected_at, inspected_by, confirmed_at, confirmed_by, reason,
        (select max(newer.id) from inspections newer where newer.organization = inspections.organization and newer.digest = inspections.digest) as newest
        from inspections where organization = $1 and digest = $2 and name_blind = $3
        order by id desc limit 1";
    CONFIRM = "update inspections set confirmed_at = $2, confirmed_by = $3, reason = $4
        where id = $1 and confirmed_at is null";
    OLD = "select id, key from inspections where inspected_at < $1 order by id limit $2";
    FORGET = "delete from inspections where id = $1";
}

/// An inspection as the store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its number.
    pub id: i64,
    /// For whom it was made.
    pub organization: OrganizationId,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
    /// Bytes of the file.
    pub bytes: i64,
    /// Name of the key that opens what is sealed.
    pub key: String,
    /// The file's name, sealed.
    pub name: Vec<u8>,
    /// A blind of the name: alike for alike names.
    pub name_blind: String,
    /// What the file is.
    pub kind: String,
    /// What is to become of it, by its key.
    pub verdict: String,
    /// What was found, as JSON, sealed.
    pub outcome: Vec<u8>,
    /// Fingerprint of the rules by which it was found.
    pub rules: String,
    /// The newest inspection of the same bytes for the same body.
    pub newest: i64,
    /// When.
    pub inspected_at: Timestamp,
    /// By whom: a login name.
    pub inspected_by: String,
    /// When somebody said that it may pass, who, and why (sealed).
    pub confirmed: Option<(Timestamp, String, Vec<u8>)>,
}

/// An inspection that is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New<'a> {
    /// For whom.
    pub organization: OrganizationId,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: &'a str,
    /// Bytes of the file.
    pub bytes: i64,
    /// Name of the key.
    pub key: &'a str,
    /// The file's name, sealed.
    pub name: Vec<u8>,
    /// A blind of the name.
    pub name_blind: &'a str,
    /// What the file is.
    pub kind: &'a str,
    /// What is to become of it.
    pub verdict: &'a str,
    /// What was found, as JSON, sealed.
    pub outcome: Vec<u8>,
    /// Fingerprint of the rules by which it was found.
    pub rules: &'a str,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: &'a str,
}

fn kept(row: &Row) -> Result<Kept, StoreError> {
    let at: Option<Timestamp> = row.get("confirmed_at")?;
    let by: Option<String> = row.get("confirmed_by")?;
    let reason: Option<Vec<u8>> = row.get("reason")?;
    Ok(Kept {
        id: row.get("id")?,
        organization: OrganizationId(row.get("organization")?),
        digest: row.get("digest")?,
        bytes: row.get("bytes")?,
        key: row.get("key")?,
        name: row.get("name")?,
        name_blind: row.get("name_blind")?,
        kind: row.get("kind")?,
        verdict: row.get("verdict")?,
        outcome: row.get("outcome")?,
        rules: row.get("rules")?,
        newest: row.get("newest")?,
        inspected_at: row.get("inspected_at")?,
        inspected_by: row.get("inspected_by")?,
        confirmed: at
            .zip(by)
            .zip(reason)
            .map(|((at, by), reason)| (at, by, reason)),
    })
}

/// The two values in which a reach goes into a statement.
fn within(reach: &Reach) -> [Value; 2] {
    match reach {
        Reach::All => [Value::from(true), Value::ids([])],
        Reach::Of(ids) => [Value::from(false), Value::ids(ids.iter().map(|id| id.0))],
        Reach::Nothing => [Value::from(false), Value::ids([])],
    }
}

/// Keeps an inspection; its number.
///
/// # Errors
/// The store's.
pub async fn add(tx: &mut Tx, new: &New<'_>) -> Result<i64, StoreError> {
    let values = values![
        new.organization.0,
        new.digest,
        new.bytes,
        new.key,
        new.name.clone(),
        new.name_blind,
        new.kind,
        new.verdict,
        new.outcome.clone(),
        new.rules,
        new.at,
        new.by
    ];
    tx.one(&ADD, values).await?.get("id")
}

/// An inspection within a reach; for anybody else there is none.
///
/// # Errors
/// The store's.
pub async fn get(tx: &mut Tx, reach: &Reach, id: i64) -> Result<Option<Kept>, StoreError> {
    let [all, ids] = within(reach);
    let row = tx.optional(&GET, &[all, ids, Value::from(id)]).await?;
    row.as_ref().map(kept).transpose()
}

/// Inspections within a reach below a number, the newest first.
///
/// # Errors
/// The store's.
pub async fn page(
    tx: &mut Tx,
    reach: &Reach,
    below: i64,
    most: i64,
) -> Result<Vec<Kept>, StoreError> {
    let [all, ids] = within(reach);
    let values = [all, ids, Value::from(below), Value::from(most)];
    tx.rows(&PAGE, &values).await?.iter().map(kept).collect()
}

/// The newest inspection of a file for an organization.
///
/// # Errors
/// The store's.
pub async fn last(
    tx: &mut Tx,
    organization: OrganizationId,
    digest: &str,
) -> Result<Option<Kept>, StoreError> {
    let row = tx.optional(&LAST, values![organization.0, digest]).await?;
    row.as_ref().map(kept).transpose()
}

/// The newest inspection of a file for an organization under a name, by the blind
/// of that.
///
/// # Errors
/// The store's.
pub async fn last_named(
    tx: &mut Tx,
    organization: OrganizationId,
    digest: &str,
    name: &str,
) -> Result<Option<Kept>, StoreError> {
    let values = values![organization.0, digest, name];
    let row = tx.optional(&LAST_NAMED, values).await?;
    row.as_ref().map(kept).transpose()
}

/// Writes down who lets a file pass that asks for a person, once.
///
/// # Errors
/// [`StoreError::Conflict`] if somebody did so before.
pub async fn confirm(
    tx: &mut Tx,
    id: i64,
    at: Timestamp,
    by: &str,
    reason: Vec<u8>,
) -> Result<(), StoreError> {
    tx.change_one(&CONFIRM, values![id, at, by, reason]).await
}

/// Inspections that were made before an instant, the oldest first, with the
/// names of their keys.
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

/// Forgets an inspection; its key is erased apart. Whether it was there.
///
/// # Errors
/// The store's.
pub async fn forget(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    Ok(tx.execute(&FORGET, values![id]).await? == 1)
}
