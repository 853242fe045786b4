//! Who did what: entries of the audit trail and the chain over them.
//!
//! Each entry carries a digest of itself; a chain of digests over all entries,
//! with signed checkpoints, shows from outside that none was changed, moved or
//! taken away (GB/T 22239-2019 8.1.4.3 c).

use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was not allowed.
    Denied,
    /// It was tried and did not succeed.
    Failed,
}

impl Outcome {
    /// Its name in the store.
    pub fn key(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }

    /// The outcome of a name.
    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Done, Self::Denied, Self::Failed]
            .into_iter()
            .find(|outcome| outcome.key() == key)
    }
}

/// One thing that was done or tried. Texts hold no personal data: a person is
/// a number and a login name, a record is its kind and number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When, to the millisecond.
    pub at: Timestamp,
    /// Who, by number; none for the program itself.
    pub actor: Option<i64>,
    /// Who, by login name, or the name of the job.
    pub actor_name: String,
    /// For whom, where someone acts for another.
    pub acting_for: Option<i64>,
    /// In which organization.
    pub organization: Option<i64>,
    /// What, as the permission table names it.
    pub action: String,
    /// To what kind of record.
    pub object_kind: String,
    /// To which, by number.
    pub object: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What else is to be known, as JSON.
    pub detail: String,
    /// From where.
    pub source: String,
    /// In which request or job.
    pub request: String,
}

/// Digest of an entry: SHA-256 over its fields, each led by its length, so
/// that nothing can move from one to the next. In hexadecimal.
pub fn digest(entry: &Entry) -> String {
    let number = |value: Option<i64>| value.map(|n| n.to_string()).unwrap_or_default();
    let fields = [
        entry.at.as_millisecond().to_string(),
        number(entry.actor),
        entry.actor_name.clone(),
        number(entry.acting_for),
        number(entry.organization),
        entry.action.clone(),
        entry.object_kind.clone(),
        entry.object.clone(),
        entry.outcome.key().to_owned(),
        entry.detail.clone(),
        entry.source.clone(),
        entry.request.clone(),
    ];
    let mut hash = Sha256::new();
    for field in fields {
        hash.update(u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(field.as_bytes());
    }
    hex(&hash.finalize())
}

/// The chain before its first entry.
pub const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The chain's next link: the link before, the position from 1, the entry's
/// number and its digest.
pub fn link(before: &str, position: i64, entry: i64, digest: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(before.as_bytes());
    hash.update(position.to_be_bytes());
    hash.update(entry.to_be_bytes());
    hash.update(digest.as_bytes());
    hex(&hash.finalize())
}

/// The text that a checkpoint's signature covers.
pub fn checkpoint(size: i64, chain: &str, at: Timestamp) -> String {
    format!("gongkai audit\n{size}\n{chain}\n{}\n", at.as_millisecond())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            at: Timestamp::UNIX_EPOCH,
            actor: Some(1),
            actor_name: "li".to_owned(),
            acting_for: None,
            organization: Some(2),
            action: "people.invite".to_owned(),
            object_kind: "person".to_owned(),
            object: "3".to_owned(),
            outcome: Outcome::Done,
            detail: "{}".to_owned(),
            source: "127.0.0.1".to_owned(),
            request: "r".to_owned(),
        }
    }

    #[test]
    fn every_field_changes_the_digest() {
        let change: [fn(&mut Entry); 12] = [
            |e| e.at = Timestamp::from_millisecond(1).expect("an instant"),
            |e| e.actor = None,
            |e| e.actor_name.push('x'),
            |e| e.acting_for = Some(9),
            |e| e.organization = None,
            |e| e.action.push('x'),
            |e| e.object_kind.push('x'),
            |e| e.object.push('x'),
            |e| e.outcome = Outcome::Denied,
            |e| e.detail.push('x'),
            |e| e.source.push('x'),
            |e| e.request.push('x'),
        ];
        let whole = digest(&entry());
        for (field, change) in change.iter().enumerate() {
            let mut other = entry();
            change(&mut other);
            assert_ne!(whole, digest(&other), "field {field}");
        }
    }

    #[test]
    fn what_moves_from_one_field_to_the_next_changes_the_digest() {
        let mut other = entry();
        other.action = "people.inviteperson".to_owned();
        other.object_kind = String::new();
        assert_ne!(digest(&entry()), digest(&other));
    }

    #[test]
    fn a_link_holds_what_came_before_and_where_it_stands() {
        let first = link(BEGINNING, 1, 7, "a");
        assert_ne!(first, link(BEGINNING, 2, 7, "a"));
        assert_ne!(link(&first, 2, 8, "b"), link(BEGINNING, 2, 8, "b"));
        assert_ne!(first, link(BEGINNING, 1, 8, "a"));
        assert_eq!(first.len(), 64);
    }
}
