//! What inspections found is kept for a time and no longer.

use gongkai_store::Tx;
use gongkai_store::inspection;
use jiff::SignedDuration;

use crate::house::{House, later};
use crate::jobs::{self, JobError};
use crate::people::PeopleError;
use crate::settings::values_in;

/// Inspections that are forgotten in one transaction.
const AT_ONCE: i64 = 200;

/// Job `inspection.forget`: inspections older than is set go, with their keys. A
/// file of one asks for another inspection before it is handed on.
///
/// # Errors
/// The store's, and a setting's that is none.
pub async fn forget(house: &House) -> Result<Option<Tx>, JobError> {
    loop {
        let mut tx = house.db.write().await.map_err(JobError::again)?;
        let values = values_in(&mut tx).await.map_err(JobError::again)?;
        let days = values
            .inspections_kept_days()
            .map_err(|wrong| JobError::again(PeopleError::from(wrong)))?;
        let before = later(house.now(), -SignedDuration::from_hours(24 * days));
        let old = inspection::old(&mut tx, before, AT_ONCE).await;
        let old = old.map_err(JobError::again)?;
        for (id, key) in &old {
            let gone = inspection::forget(&mut tx, *id).await;
            if gone.map_err(JobError::again)? {
                jobs::enqueue(&mut tx, house, jobs::ERASE_KEY, key)
                    .await
                    .map_err(JobError::again)?;
            }
        }
        if old.len() < usize::try_from(AT_ONCE).unwrap_or(usize::MAX) {
            return Ok(Some(tx));
        }
        tx.commit().await.map_err(JobError::again)?;
    }
}
