//! Slots of time: of many nodes, one fires each.

use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};

use super::runner::Kind;
use crate::house::china;

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// Every so many minutes.
    Minutes(i64),
    /// Each day at this hour in China.
    DayAt(i8),
}

/// A job that comes with the hour.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// Which job.
    pub kind: Kind,
    /// How often.
    pub every: Every,
}

impl Schedule {
    /// A schedule.
    pub const fn new(kind: Kind, every: Every) -> Self {
        Self { kind, every }
    }

    /// The slot that holds an instant: when it began.
    pub fn slot(&self, now: Timestamp) -> Timestamp {
        match self.every {
            Every::Minutes(minutes) => {
                let length = (minutes * 60).max(1);
                let second = now.as_second().div_euclid(length) * length;
                Timestamp::from_second(second).unwrap_or(now)
            }
            Every::DayAt(hour) => {
                let local = now.to_zoned(china());
                let begins = local.with().time(Time::constant(hour, 0, 0, 0)).build();
                let begins = begins.map_or(now, |begins| begins.timestamp());
                if begins <= now {
                    return begins;
                }
                begins
                    .saturating_sub(SignedDuration::from_hours(24))
                    .unwrap_or(now)
            }
        }
    }

    /// When the next slot begins.
    pub fn next(&self, now: Timestamp) -> Timestamp {
        let length = match self.every {
            Every::Minutes(minutes) => SignedDuration::from_mins(minutes),
            Every::DayAt(_) => SignedDuration::from_hours(24),
        };
        self.slot(now)
            .saturating_add(length)
            .unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_begin_where_the_clock_says() {
        let table = [
            (
                Every::Minutes(1),
                "2026-11-22T01:02:03Z",
                "2026-11-22T01:02:00Z",
                "2026-11-22T01:03:00Z",
            ),
            (
                Every::Minutes(60),
                "2026-11-22T01:02:03Z",
                "2026-11-22T01:00:00Z",
                "2026-11-22T02:00:00Z",
            ),
            // 03:00 in China is 19:00 the evening before in UTC.
            (
                Every::DayAt(3),
                "2026-11-22T18:59:59Z",
                "2026-11-21T19:00:00Z",
                "2026-11-22T19:00:00Z",
            ),
            (
                Every::DayAt(3),
                "2026-11-22T19:00:00Z",
                "2026-11-22T19:00:00Z",
                "2026-11-23T19:00:00Z",
            ),
        ];
        for (every, now, slot, next) in table {
            let schedule = Schedule::new(Kind::alone("x"), every);
            let now: Timestamp = now.parse().expect("an instant");
            assert_eq!(schedule.slot(now).to_string(), slot);
            assert_eq!(schedule.next(now).to_string(), next);
        }
    }
}
