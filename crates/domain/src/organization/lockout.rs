//! What failed logins lead to (GB/T 22239-2019 8.1.4.1 b: 登录失败处理).
//!
//! Two counters stand beside each other: one for the person, one for the
//! address that tries. Neither is here kept; the store keeps [`Failures`] for
//! all nodes, and these functions say what the next one is.

use std::net::{IpAddr, Ipv6Addr};

use jiff::{SignedDuration, Timestamp};

use crate::words::Message;

/// What a counter remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Failures {
    /// Failures in the running window.
    pub count: u32,
    /// The last one.
    pub last_at: Option<Timestamp>,
    /// The end of the lock, where there was one.
    pub locked_until: Option<Timestamp>,
}

/// When a counter locks, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// This failure locks.
    pub failures_max: u32,
    /// So long without a failure, and the count begins anew.
    pub window: SignedDuration,
    /// The length of the lock.
    pub lock: SignedDuration,
}

/// What a counter counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counter {
    /// Failures with one person's name, from wherever.
    Person,
    /// Failures from one address, with whatever names.
    Source,
}

/// The limits of both counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockoutPolicy {
    /// For a person.
    pub person: Limit,
    /// For a source address. Higher, because a bureau sits behind one address.
    pub source: Limit,
}

impl LockoutPolicy {
    /// Reads the settings: how many failures of a person lock, and for how many
    /// minutes. An address may fail six times as often.
    ///
    /// # Errors
    /// Fewer than three failures, which everybody makes, or more than ten, which
    /// are guesses; a lock shorter than ten minutes or longer than a day.
    pub fn new(failures: i64, minutes: i64) -> Result<Self, Message> {
        const SOURCE_TIMES: u32 = 6;
        let range = |id, min: i64, max: i64| Message::new(id).with("min", min).with("max", max);
        let failures_max = match u32::try_from(failures) {
            Ok(failures @ 3..=10) => failures,
            _ => return Err(range("lockout-failures-range", 3, 10)),
        };
        if !(10..=1440).contains(&minutes) {
            return Err(range("lockout-minutes-range", 10, 1440));
        }
        let limit = |failures_max| Limit {
            failures_max,
            window: SignedDuration::from_mins(30),
            lock: SignedDuration::from_mins(minutes),
        };
        Ok(Self {
            person: limit(failures_max),
            source: limit(failures_max * SOURCE_TIMES),
        })
    }

    /// Five failures lock for thirty minutes, as assessors of GB/T 22239-2019
    /// 8.1.4.1 b expect; an address may fail thirty times, which names of
    /// thirty colleagues mistyped once do not exceed (OWASP ASVS 5.0 6.1.1
    /// asks that nobody can lock others out at will).
    pub fn mlps3() -> Self {
        let limit = |failures_max| Limit {
            failures_max,
            window: SignedDuration::from_mins(30),
            lock: SignedDuration::from_mins(30),
        };
        Self {
            person: limit(5),
            source: limit(30),
        }
    }

    /// The limit of a counter.
    pub fn limit(&self, counter: Counter) -> Limit {
        match counter {
            Counter::Person => self.person,
            Counter::Source => self.source,
        }
    }
}

/// What of an address is counted: of IPv6 the network of 64 bits, because whoever
/// has one such address has them all. What is no address is counted as it is.
pub fn source_of(address: &str) -> String {
    match address
        .parse::<IpAddr>()
        .map(|address| address.to_canonical())
    {
        Ok(IpAddr::V6(address)) => {
            let network = address.to_bits() >> 64 << 64;
            format!("{}/64", Ipv6Addr::from_bits(network))
        }
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => address.to_owned(),
    }
}

/// Whether nobody may try now.
pub fn is_locked(state: Failures, now: Timestamp) -> bool {
    state.locked_until.is_some_and(|until| now < until)
}

/// The counter after one more failure. A try during the lock is not counted,
/// or a stranger could keep a person out for ever.
#[must_use]
pub fn after_failure(limit: Limit, state: Failures, now: Timestamp) -> Failures {
    if is_locked(state, now) {
        return state;
    }
    let running = state
        .last_at
        .is_some_and(|last| now.duration_since(last) < limit.window);
    let count = if running && state.locked_until.is_none() {
        state.count.saturating_add(1)
    } else {
        1
    };
    let locked_until = (count >= limit.failures_max)
        .then(|| now.checked_add(limit.lock).unwrap_or(Timestamp::MAX));
    Failures {
        count,
        last_at: Some(now),
        locked_until,
    }
}

/// The counter after a login that succeeded. A person's is cleared; an
/// address's is not, or one valid login would pay for guessing at others.
#[must_use]
pub fn after_success(counter: Counter, state: Failures) -> Failures {
    match counter {
        Counter::Person => Failures::default(),
        Counter::Source => state,
    }
}

#[cfg(test)]
mod tests;
