//! The public side: what came from where, counted for a day, and drafts of
//! applications until they are sent or expire.

use jiff::Timestamp;

use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::values;

statements! { "portal";
    COUNT = "insert into portal_counts (kind, bucket, at) values ($1, $2, $3)";
    COUNTED = "select at from portal_counts where kind = $1 and bucket = $2 and at > $3
        order by at desc, id desc limit $4";
    FORGET_COUNTS = "delete from portal_counts where at < $1";
    ADD_DRAFT = "insert into portal_drafts (token, organization, key, sealed, version, made_at, expires_at)
        values ($1, $2, $3, $4, 1, $5, $6)";
    DRAFT = "select token, organization, key, sealed, version, made_at, expires_at from portal_drafts
        where token = $1 and expires_at > $2";
    CHANGE_DRAFT = "update portal_drafts set sealed = $3, version = version + 1
        where token = $1 and version = $2";
    REMOVE_DRAFT = "delete from portal_drafts where token = $1";
    EXPIRED_DRAFTS = "select token, organization, key, sealed, version, made_at, expires_at from portal_drafts
        where expires_at <= $1 order by expires_at, token limit $2";
    ADD_FILE = "insert into portal_draft_files (token, position, bytes, sealed) values ($1, $2, $3, $4)";
    FILE = "select sealed from portal_draft_files where token = $1 and position = $2";
    REMOVE_FILE = "delete from portal_draft_files where token = $1 and position = $2";
    REMOVE_FILES = "delete from portal_draft_files where token = $1";
}

/// Counts one from a bucket.
///
/// # Errors
/// The store's.
pub async fn count(tx: &mut Tx, kind: &str, bucket: &str, at: Timestamp) -> Result<(), StoreError> {
    tx.execute(&COUNT, values![kind, bucket, at]).await?;
    Ok(())
}

/// When some came from a bucket after an instant, the last ones first.
///
/// # Errors
/// The store's.
pub async fn counted(
    tx: &mut Tx,
    kind: &str,
    bucket: &str,
    after: Timestamp,
    most: i64,
) -> Result<Vec<Timestamp>, StoreError> {
    let rows = tx
        .rows(&COUNTED, values![kind, bucket, after, most])
        .await?;
    rows.iter().map(|row| row.get("at")).collect()
}

/// Forgets what was counted before an instant.
///
/// # Errors
/// The store's.
pub async fn forget_counts(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    tx.execute(&FORGET_COUNTS, values![before]).await
}

/// A draft that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The blind of its link.
    pub token: String,
    /// The body that is asked.
    pub organization: i64,
    /// The key that opens it.
    pub key: String,
    /// What stands in it.
    pub sealed: Vec<u8>,
    /// Grows with each change.
    pub version: i64,
    /// When it was begun.
    pub made_at: Timestamp,
    /// When it is gone.
    pub expires_at: Timestamp,
}

fn draft(row: &Row) -> Result<Draft, StoreError> {
    Ok(Draft {
        token: row.get("token")?,
        organization: row.get("organization")?,
        key: row.get("key")?,
        sealed: row.get("sealed")?,
        version: row.get("version")?,
        made_at: row.get("made_at")?,
        expires_at: row.get("expires_at")?,
    })
}

/// Keeps a new draft; its version is 1.
///
/// # Errors
/// [`StoreError::Duplicate`] if there is one under this link.
pub async fn add_draft(tx: &mut Tx, draft: &Draft) -> Result<(), StoreError> {
    let values = values![
        &draft.token,
        draft.organization,
        &draft.key,
        draft.sealed.as_slice(),
        draft.made_at,
        draft.expires_at
    ];
    tx.execute(&ADD_DRAFT, values).await?;
    Ok(())
}

/// The draft of a link, if it has not expired.
///
/// # Errors
/// The store's.
pub async fn find_draft(
    tx: &mut Tx,
    token: &str,
    now: Timestamp,
) -> Result<Option<Draft>, StoreError> {
    let row = tx.optional(&DRAFT, values![token, now]).await?;
    row.as_ref().map(draft).transpose()
}

/// Changes a draft that is still what was read.
///
/// # Errors
/// [`StoreError::Conflict`] if it is not.
pub async fn change_draft(
    tx: &mut Tx,
    token: &str,
    version: i64,
    sealed: &[u8],
) -> Result<(), StoreError> {
    tx.change_one(&CHANGE_DRAFT, values![token, version, sealed])
        .await
}

/// Removes a draft and its files.
///
/// # Errors
/// The store's.
pub async fn remove_draft(tx: &mut Tx, token: &str) -> Result<(), StoreError> {
    remove_files(tx, token).await?;
    tx.execute(&REMOVE_DRAFT, values![token]).await?;
    Ok(())
}

/// Drafts that have expired, so many.
///
/// # Errors
/// The store's.
pub async fn expired_drafts(
    tx: &mut Tx,
    now: Timestamp,
    most: i64,
) -> Result<Vec<Draft>, StoreError> {
    let rows = tx.rows(&EXPIRED_DRAFTS, values![now, most]).await?;
    rows.iter().map(draft).collect()
}

/// Keeps a file of a draft.
///
/// # Errors
/// [`StoreError::Duplicate`] if there is one at this place.
pub async fn add_file(
    tx: &mut Tx,
    token: &str,
    position: i64,
    bytes: i64,
    sealed: &[u8],
) -> Result<(), StoreError> {
    tx.execute(&ADD_FILE, values![token, position, bytes, sealed])
        .await?;
    Ok(())
}

/// The sealed bytes of a file of a draft.
///
/// # Errors
/// The store's.
pub async fn file(tx: &mut Tx, token: &str, position: i64) -> Result<Option<Vec<u8>>, StoreError> {
    let row = tx.optional(&FILE, values![token, position]).await?;
    row.map(|row| row.get("sealed")).transpose()
}

/// Removes a file of a draft.
///
/// # Errors
/// The store's.
pub async fn remove_file(tx: &mut Tx, token: &str, position: i64) -> Result<(), StoreError> {
    tx.execute(&REMOVE_FILE, values![token, position]).await?;
    Ok(())
}

/// Removes all files of a draft.
///
/// # Errors
/// The store's.
pub async fn remove_files(tx: &mut Tx, token: &str) -> Result<(), StoreError> {
    tx.execute(&REMOVE_FILES, values![token]).await?;
    Ok(())
}
