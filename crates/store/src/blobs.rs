//! Names of blobs: which are kept, and under which keys. Their bytes lie
//! elsewhere.

use jiff::Timestamp;

use crate::db::error::StoreError;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::values;

statements! { "blobs";
    ADD = "insert into blobs (digest, size, key, created_at) values ($1, $2, $3, $4)";
    GET = "select digest, size, key, created_at from blobs where digest = $1";
    ALL = "select digest, size, key, created_at from blobs where digest > $1 order by digest limit $2";
}

/// A blob that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// SHA-256 of the stored bytes, in hexadecimal; its address.
    pub digest: String,
    /// Stored bytes.
    pub size: i64,
    /// The key that opens them.
    pub key: String,
    /// When it was stored.
    pub created_at: Timestamp,
}

fn blob(row: &crate::Row) -> Result<Blob, StoreError> {
    Ok(Blob {
        digest: row.get("digest")?,
        size: row.get("size")?,
        key: row.get("key")?,
        created_at: row.get("created_at")?,
    })
}

/// Names a blob whose bytes are durable already.
///
/// # Errors
/// The store's.
pub async fn add(tx: &mut Tx, blob: &Blob) -> Result<(), StoreError> {
    let Blob {
        digest,
        size,
        key,
        created_at,
    } = blob;
    tx.execute(&ADD, values![digest, *size, key, *created_at])
        .await?;
    Ok(())
}

/// Looks a blob up.
///
/// # Errors
/// The store's.
pub async fn get(tx: &mut Tx, digest: &str) -> Result<Option<Blob>, StoreError> {
    let row = tx.optional(&GET, values![digest]).await?;
    row.as_ref().map(blob).transpose()
}

/// Blobs after a digest, in order.
///
/// # Errors
/// The store's.
pub async fn after(tx: &mut Tx, digest: &str, most: i64) -> Result<Vec<Blob>, StoreError> {
    let rows = tx.rows(&ALL, values![digest, most]).await?;
    rows.iter().map(blob).collect()
}
