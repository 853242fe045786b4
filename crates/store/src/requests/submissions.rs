//! What one submission filed with several bodies: each is a request of its own; the
//! first of them holds them together for its applicant.

use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::values;

statements! { "requests/submissions";
    FILE_BESIDE = "insert into submissions (first, other) values ($1, $2)";
    LEAVE = "delete from submissions where first = $1 or other = $1";
    BESIDE = "select other as id from submissions where first = coalesce((select first from submissions where other = $1), $1)
        union select first as id from submissions where other = $1
        order by id";
}

/// A request is found by its own code alone from now on.
///
/// # Errors
/// The store's.
pub async fn leave(tx: &mut Tx, request: i64) -> Result<(), StoreError> {
    tx.execute(&LEAVE, values![request]).await?;
    Ok(())
}

/// Keeps that a request was filed beside the first one of its submission.
///
/// # Errors
/// The store's; [`StoreError::Duplicate`] where it was filed beside another.
pub async fn file_beside(tx: &mut Tx, first: i64, other: i64) -> Result<(), StoreError> {
    tx.execute(&FILE_BESIDE, values![first, other]).await?;
    Ok(())
}

/// The other requests of the submission of one, in order.
///
/// # Errors
/// The store's.
pub async fn beside(tx: &mut Tx, request: i64) -> Result<Vec<i64>, StoreError> {
    let rows = tx.rows(&BESIDE, values![request]).await?;
    let ids: Result<Vec<i64>, _> = rows.iter().map(|row: &Row| row.get("id")).collect();
    let mut ids = ids?;
    ids.retain(|id| *id != request);
    Ok(ids)
}
