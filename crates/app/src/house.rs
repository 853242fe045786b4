//! What every use case stands on.

use std::path::PathBuf;
use std::sync::Arc;

use gongkai_store::Db;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::calendar::InForce;
use crate::letters::Press;
use crate::organization::Standing;
use crate::ports::{Blobs, Chance, Clock, Fetcher, Mailer, Texter, VirusScanner};
use crate::settings;
use crate::vault::Vault;

/// The store, the keys, and the ways to the outside. Clones share them.
#[derive(Clone)]
pub struct House {
    /// The store.
    pub db: Db,
    /// The bodies as they stand, in memory until somebody changes them.
    pub bodies: Arc<Standing>,
    /// The working-day calendars in force, in memory until a version is loaded.
    pub calendars: Arc<InForce>,
    /// What is set in the office, in memory until somebody changes it.
    pub settings: Arc<settings::InForce>,
    /// Keys of records.
    pub vault: Arc<Vault>,
    /// Bytes of attachments.
    pub blobs: Arc<dyn Blobs>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub chance: Arc<dyn Chance>,
    /// Mail.
    pub mailer: Arc<dyn Mailer>,
    /// Text messages.
    pub texter: Arc<dyn Texter>,
    /// HTTP to the outside.
    pub fetcher: Arc<dyn Fetcher>,
    /// Where letters are set.
    pub press: Arc<Press>,
    /// What files are inspected with beside our own rules.
    pub inspecting: Arc<Inspecting>,
    /// Where checkpoints of the audit trail are kept outside the store, so
    /// that a trail whose end is cut off is found out.
    pub checkpoints: Arc<dyn Witness>,
    /// Backups that the house makes by itself.
    pub backups: Arc<BackupPlan>,
}

/// What an installation inspects files with beside our own rules.
#[derive(Clone, Default)]
pub struct Inspecting {
    /// The virus scanner. Where there is one, no file passes without its word.
    pub scanner: Option<Arc<dyn VirusScanner>>,
    /// Expressions of the installation, as JSON in the form of ours
    /// ([`gongkai_domain::inspection::expressions::read`]); empty for none.
    pub expressions: Arc<[u8]>,
}

impl std::fmt::Debug for Inspecting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inspecting")
            .field("scanner", &self.scanner.is_some())
            .field("expressions", &self.expressions.len())
            .finish()
    }
}

/// Where backups go and how long they are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackupPlan {
    /// For records and attachments; none are made without it.
    pub folder: Option<PathBuf>,
    /// For keys: another place.
    pub keys_folder: Option<PathBuf>,
    /// Days that backups of records are kept.
    pub days: i64,
    /// Days that backups of keys are kept.
    pub keys_days: i64,
}

impl std::fmt::Debug for House {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("House").field("db", &self.db).finish()
    }
}

/// An instant after another, or before it by a negative length; the last there is
/// where there is none.
pub(crate) fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}

impl House {
    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The day it is in China, by which the law reckons.
    pub fn today(&self) -> Date {
        china().to_datetime(self.now()).date()
    }

    /// A token that cannot be guessed: 160 bits as text.
    pub fn token(&self) -> String {
        let mut bytes = [0u8; 20];
        self.chance.fill(&mut bytes);
        hex::encode(bytes)
    }
}

/// China has one time, eight hours ahead, without summer time since 1992.
pub(crate) fn china() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(8))
}

/// Keeps lines that nobody takes back.
pub trait Witness: Send + Sync {
    /// Adds a line; durable when it returns.
    ///
    /// # Errors
    /// That it could not be added.
    fn add(&self, line: &str) -> std::io::Result<()>;

    /// All lines.
    ///
    /// # Errors
    /// That they cannot be read.
    fn lines(&self) -> std::io::Result<Vec<String>>;
}
