//! What follows from rows that are seldom changed, kept in memory.
//!
//! The store counts the changes, every transaction reads the count for itself, and
//! what is kept serves only those that see the same count. So a change that another
//! node made is seen by the next request here.

use std::sync::{Arc, Mutex, PoisonError};

/// What was made of the rows of the newest count that was asked for.
#[derive(Debug)]
pub(crate) struct Counted<T>(Mutex<Option<(i64, Arc<T>)>>);

impl<T> Default for Counted<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Counted<T> {
    /// What belongs to a count; read anew where that is not what is kept.
    ///
    /// # Errors
    /// Those of reading.
    pub(crate) async fn at<E>(
        &self,
        count: i64,
        read: impl AsyncFnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        if let Some(kept) = self.kept(count) {
            return Ok(kept);
        }
        let new = Arc::new(read().await?);
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // One who began long ago does not put back what is past.
        if place.as_ref().is_none_or(|(of, _)| *of < count) {
            *place = Some((count, Arc::clone(&new)));
        }
        Ok(new)
    }

    /// What is kept, with its count: of the newest that was asked for, and perhaps of
    /// none any more.
    pub(crate) fn newest(&self) -> Option<(i64, Arc<T>)> {
        let place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        place.as_ref().map(|(of, kept)| (*of, Arc::clone(kept)))
    }

    fn kept(&self, count: i64) -> Option<Arc<T>> {
        // A place is set as a whole; nothing can break while it is.
        let place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, kept) = place.as_ref().filter(|(of, _)| *of == count)?;
        Some(Arc::clone(kept))
    }
}
