//! How much comes from one place before it is asked to wait: quotas per range of
//! addresses and per contact, on the internet channel alone.
//!
//! Art. 27 gives everybody the right to ask, so a quota never refuses a request:
//! it says when the next may be sent online, and that the counter and the post
//! are open meanwhile. Art. 35 on unreasonable numbers is a decision of the
//! office about a case, never one of this machine.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

/// So many within so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many.
    pub most: u32,
    /// Within how long.
    pub within: SignedDuration,
}

impl Quota {
    /// So many an hour.
    pub const fn hourly(most: u32) -> Self {
        Self {
            most,
            within: SignedDuration::from_hours(1),
        }
    }

    /// So many a day.
    pub const fn daily(most: u32) -> Self {
        Self {
            most,
            within: SignedDuration::from_hours(24),
        }
    }

    /// Whether one more may come now, after these; otherwise from when.
    ///
    /// # Errors
    /// The first instant at which one more may come.
    pub fn admits(self, before: &[Timestamp], now: Timestamp) -> Result<(), Timestamp> {
        let begins = now.saturating_sub(self.within).unwrap_or(Timestamp::MIN);
        let mut counted: Vec<Timestamp> =
            before.iter().copied().filter(|at| *at > begins).collect();
        let most = usize::try_from(self.most).unwrap_or(usize::MAX);
        if counted.len() < most {
            return Ok(());
        }
        counted.sort_unstable();
        // One more may come when all but `most - 1` of them are past.
        let leaves = counted.len() - most;
        let at = counted.get(leaves).copied().unwrap_or(now);
        Err(at.saturating_add(self.within).unwrap_or(Timestamp::MAX))
    }
}

/// The range of addresses that one is counted with: a line has one address of
/// version 4 and a whole network of version 6, and who wants many takes them
/// from beside each other. An address that nobody knows is a range of its own.
pub fn range_of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(ip) => {
            let [a, b, c, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn who_is_over_a_quota_is_told_from_when() {
        let quota = Quota::hourly(2);
        let now = at("2026-11-22T10:00:00Z");
        let table: [(&[&str], Result<(), Timestamp>); 5] = [
            (&[], Ok(())),
            (&["2026-11-22T09:59:00Z"], Ok(())),
            // An hour ago is past.
            (&["2026-11-22T09:00:00Z", "2026-11-22T09:59:00Z"], Ok(())),
            (
                &["2026-11-22T09:59:00Z", "2026-11-22T09:10:00Z"],
                Err(at("2026-11-22T10:10:00Z")),
            ),
            // Where there are more, as many must be past as are too many.
            (
                &[
                    "2026-11-22T09:10:00Z",
                    "2026-11-22T09:20:00Z",
                    "2026-11-22T09:30:00Z",
                ],
                Err(at("2026-11-22T10:20:00Z")),
            ),
        ];
        for (before, wanted) in table {
            let before: Vec<Timestamp> = before.iter().map(|text| at(text)).collect();
            assert_eq!(quota.admits(&before, now), wanted, "{before:?}");
            if let Err(from) = wanted {
                assert_eq!(quota.admits(&before, from), Ok(()), "then it may");
            }
        }
    }

    #[test]
    fn neighbours_are_counted_together() {
        for (address, range) in [
            ("203.0.113.7", "203.0.113.0/24"),
            ("203.0.113.250", "203.0.113.0/24"),
            ("::ffff:203.0.113.7", "203.0.113.0/24"),
            ("2001:db8:1:2::7", "2001:db8:1::/48"),
            ("2001:db8:1:ffff::7", "2001:db8:1::/48"),
            ("2001:db8:2::7", "2001:db8:2::/48"),
            ("0.0.0.0", "0.0.0.0/24"),
        ] {
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(range_of(address), range);
        }
    }
}
