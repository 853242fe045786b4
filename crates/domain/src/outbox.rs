//! What goes out to people and programs: mails, text messages, webhooks.
//!
//! Owns what a message may be (an address is an address, a subject is one
//! line), in which state it stands, how long is waited between two tries, and
//! what the installation tells other programs of. It never knows how anything
//! is sent, nor where it waits. Start with [`State`] and [`wait_after`].

use std::fmt;

use jiff::SignedDuration;

use crate::words::Message;

mod address;

pub use address::{AddressError, Line, MailAddress};

/// By which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// A mail.
    Mail,
    /// A text message to a telephone.
    Sms,
    /// A call of another program.
    Webhook,
}

impl Channel {
    /// All ways.
    pub const ALL: [Self; 3] = [Self::Mail, Self::Sms, Self::Webhook];

    /// The word for storage; it never changes.
    pub fn key(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Sms => "sms",
            Self::Webhook => "webhook",
        }
    }

    /// The way of a stored word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.key() == key)
    }

    /// Its name for people.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::Mail => "channel-mail",
            Self::Sms => "channel-sms",
            Self::Webhook => "channel-webhook",
        })
    }
}

/// How a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It waits for its turn or for the next try.
    Waiting,
    /// The server took it.
    Sent,
    /// The server will never take it: there is no such address.
    Refused,
    /// It was tried for too long, or came too late.
    GivenUp,
}

impl State {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Sent, Self::Refused, Self::GivenUp];

    /// The word for storage; it never changes.
    pub fn key(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::GivenUp => "given_up",
        }
    }

    /// The state of a stored word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.key() == key)
    }

    /// Its name for people.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::Waiting => "outbox-waiting",
            Self::Sent => "outbox-sent",
            Self::Refused => "outbox-refused",
            Self::GivenUp => "outbox-given_up",
        })
    }

    /// Whether a person may have it sent again. What was sent is not: its
    /// receiver would know it by its name and drop it.
    pub fn may_go_again(self) -> bool {
        matches!(self, Self::Refused | Self::GivenUp)
    }
}

/// A message is tried for so long (RFC 5321 4.5.4.1 asks for four to five
/// days), and what listens to webhooks may fail for so long.
pub const TRIED_FOR: SignedDuration = SignedDuration::from_hours(5 * 24);
/// The first wait, doubled with each failure.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(30);
/// The longest wait: a server that is back is found within a quarter of an hour.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(15);

/// How long to wait after so many failures in a row.
pub fn wait_after(failures: i64) -> SignedDuration {
    let doublings = u32::try_from(failures.clamp(1, 10) - 1).unwrap_or(0);
    let seconds = FIRST_WAIT.as_secs().saturating_mul(1 << doublings);
    SignedDuration::from_secs(seconds).min(LONGEST_WAIT)
}

/// What other programs are told of. They are told that it happened and to
/// what, never what it says: whoever is to know asks, and is asked who they
/// are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// Nothing happened; a person tries the way.
    Ping,
    /// A body was founded.
    OrganizationFounded,
    /// What is known of a body was changed.
    OrganizationChanged,
    /// Bodies were merged, split, renamed or abolished.
    OrganizationSucceeded,
}

impl Event {
    /// Those that may be subscribed; a try reaches every subscription.
    pub const SUBSCRIBED: [Self; 3] = [
        Self::OrganizationFounded,
        Self::OrganizationChanged,
        Self::OrganizationSucceeded,
    ];

    /// The word for storage and for the receivers; it never changes.
    pub fn key(self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::OrganizationFounded => "organization.founded",
            Self::OrganizationChanged => "organization.changed",
            Self::OrganizationSucceeded => "organization.succeeded",
        }
    }

    /// The event of a stored word.
    pub fn from_key(key: &str) -> Option<Self> {
        let mut all = Self::SUBSCRIBED.into_iter().chain([Self::Ping]);
        all.find(|event| event.key() == key)
    }

    /// Its name for people.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::Ping => "event-ping",
            Self::OrganizationFounded => "event-organization-founded",
            Self::OrganizationChanged => "event-organization-changed",
            Self::OrganizationSucceeded => "event-organization-succeeded",
        })
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_waits_longer_up_to_a_quarter_of_an_hour() {
        let waits: Vec<i64> = (0..=8)
            .map(|failures| wait_after(failures).as_secs())
            .collect();
        assert_eq!(waits, [30, 30, 60, 120, 240, 480, 900, 900, 900]);
        assert_eq!(wait_after(i64::MAX).as_secs(), 900);
    }

    #[test]
    fn words_that_are_stored_come_back() {
        for channel in Channel::ALL {
            assert_eq!(Channel::from_key(channel.key()), Some(channel));
        }
        for state in State::ALL {
            assert_eq!(State::from_key(state.key()), Some(state));
        }
        for event in Event::SUBSCRIBED.into_iter().chain([Event::Ping]) {
            assert_eq!(Event::from_key(event.key()), Some(event));
        }
        assert_eq!(Event::from_key("person.added"), None);
    }

    #[test]
    fn only_what_was_not_taken_goes_again() {
        let again = State::ALL.map(State::may_go_again);
        assert_eq!(again, [false, false, true, true]);
    }
}
