//! How long a login lasts (GB/T 22239-2019 8.1.4.1 b; OWASP ASVS 5.0 7.3.1,
//! 7.3.2), and when a person who never comes is disabled (8.1.4.2 c).

use jiff::{SignedDuration, Timestamp};

use crate::words::Message;

/// GB/T 22239-2019 8.1.4.2 c asks that idle logins be removed or disabled;
/// ninety days is what assessors expect.
pub const IDLE_PERSON_DAYS: i64 = 90;

/// No staff session may idle longer than assessors accept.
const IDLE_MINUTES_MAX: i64 = 30;
/// Shorter than this and a letter cannot be written between two clicks.
const IDLE_MINUTES_MIN: i64 = 5;
/// Longer than this is no working day.
const ABSOLUTE_HOURS_MAX: i64 = 12;

/// The limits of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionPolicy {
    idle: SignedDuration,
    absolute: SignedDuration,
}

/// When a session began and was last used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionTimes {
    /// The login.
    pub begun: Timestamp,
    /// The last request.
    pub last_used: Timestamp,
}

/// What a session is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionState {
    /// It may go on.
    Live,
    /// Nobody used it for too long.
    Idle,
    /// It lasted as long as any may.
    Expired,
}

impl SessionPolicy {
    /// Staff: thirty minutes idle, eight hours in all.
    pub fn staff() -> Self {
        Self {
            idle: SignedDuration::from_mins(30),
            absolute: SignedDuration::from_hours(8),
        }
    }

    /// Limits of one's own, within what level 3 allows.
    ///
    /// # Errors
    /// Limits that are too long, too short, or in the wrong order.
    pub fn new(idle_minutes: i64, absolute_hours: i64) -> Result<Self, Message> {
        if !(IDLE_MINUTES_MIN..=IDLE_MINUTES_MAX).contains(&idle_minutes) {
            return Err(Message::new("session-idle-range")
                .with("min", IDLE_MINUTES_MIN)
                .with("max", IDLE_MINUTES_MAX));
        }
        if !(1..=ABSOLUTE_HOURS_MAX).contains(&absolute_hours) {
            return Err(Message::new("session-absolute-range").with("max", ABSOLUTE_HOURS_MAX));
        }
        Ok(Self {
            idle: SignedDuration::from_mins(idle_minutes),
            absolute: SignedDuration::from_hours(absolute_hours),
        })
    }

    /// The longest pause.
    pub fn idle(&self) -> SignedDuration {
        self.idle
    }

    /// The longest session.
    pub fn absolute(&self) -> SignedDuration {
        self.absolute
    }
}

/// What a session is worth now. A limit that is reached is passed.
pub fn state(policy: SessionPolicy, times: SessionTimes, now: Timestamp) -> SessionState {
    if now.duration_since(times.begun) >= policy.absolute {
        SessionState::Expired
    } else if now.duration_since(times.last_used) >= policy.idle {
        SessionState::Idle
    } else {
        SessionState::Live
    }
}

/// Whether a person is to be disabled for not having logged in. For one who
/// never did, `last_active` is when they were invited.
pub fn idle_person(last_active: Timestamp, now: Timestamp) -> bool {
    now.duration_since(last_active) >= SignedDuration::from_hours(IDLE_PERSON_DAYS * 24)
}

#[cfg(test)]
mod tests;
