//! The clock of an invented city: it tells the days through which the city has
//! lived, and from then on the real time.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::ports::Clock;

/// A clock that is moved on until it runs by itself.
pub struct PassingClock {
    real: Arc<dyn Clock>,
    told: Mutex<Option<Timestamp>>,
}

impl std::fmt::Debug for PassingClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PassingClock")
    }
}

impl PassingClock {
    /// A clock that shows what another shows until it is told otherwise.
    pub fn new(real: Arc<dyn Clock>) -> Self {
        Self {
            real,
            told: Mutex::new(None),
        }
    }

    /// Shows an instant from now on; never one that is still to come.
    pub fn tell(&self, at: Timestamp) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(at.min(self.real.now()));
    }

    /// Shows the real time from now on.
    pub fn run_on(&self) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The real time.
    pub fn real(&self) -> Timestamp {
        self.real.now()
    }
}

impl Clock for PassingClock {
    fn now(&self) -> Timestamp {
        let told = *self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.unwrap_or_else(|| self.real.now())
    }
}
