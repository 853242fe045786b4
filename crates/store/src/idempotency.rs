//! Idempotency: what is sent twice is done once, and told twice.

use jiff::Timestamp;

use crate::db::error::StoreError;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::values;

statements! { "idempotency";
    /// The write that a retry makes: its own commit waits for whatever the
    /// first one's did, so that an answer that was lost is not told too early.
    CONFIRM = "update idempotency set confirmed_at = $3
        where purpose = $1 and key = $2 returning digest, answer";
    KEEP = "insert into idempotency (purpose, key, digest, answer, at, confirmed_at)
        values ($1, $2, $3, $4, $5, $5)";
    FORGET = "delete from idempotency where confirmed_at < $1";
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// It is new.
    New,
    /// The same was done before; this was the answer.
    Done(String),
    /// Something else was done under this key.
    Other,
}

/// Looks a key up, and confirms what was done under it. On PostgreSQL two at
/// once meet at [`keep`]: the second fails with [`StoreError::Duplicate`] and
/// is to look again.
///
/// # Errors
/// The store's.
pub async fn look(
    tx: &mut Tx,
    purpose: &str,
    key: &str,
    digest: &str,
    now: Timestamp,
) -> Result<Known, StoreError> {
    let row = tx.optional(&CONFIRM, values![purpose, key, now]).await?;
    let Some(row) = row else {
        return Ok(Known::New);
    };
    if row.get::<String>("digest")? == digest {
        Ok(Known::Done(row.get("answer")?))
    } else {
        Ok(Known::Other)
    }
}

/// Keeps the answer to what was done, in the transaction that did it.
///
/// # Errors
/// [`StoreError::Duplicate`] if another did it meanwhile.
pub async fn keep(
    tx: &mut Tx,
    purpose: &str,
    key: &str,
    digest: &str,
    answer: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(&KEEP, values![purpose, key, digest, answer, now])
        .await?;
    Ok(())
}

/// Forgets keys that nobody has sent since an instant.
///
/// # Errors
/// The store's.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    tx.execute(&FORGET, values![before]).await
}
