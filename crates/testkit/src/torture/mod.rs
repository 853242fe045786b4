//! Acknowledged writes are never lost: a process that writes as the product
//! does and says what it was told is kept ([`child`]), mutants of it that break
//! the promise ([`mutants`]), and a look at what is left when it was killed
//! ([`proof`]). `cargo xtask torture` starts, kills and judges.

pub mod child;
pub mod mutants;
pub mod proof;

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gongkai_app::blobs::FileBlobs;
use gongkai_app::house::{House, Witness};
use gongkai_app::jobs::Kind;
use gongkai_app::outside::{SystemChance, SystemClock};
use gongkai_app::ports::Blobs;
use gongkai_app::vault::{MasterKey, Vault};
use gongkai_store::{Db, Migrations, Options};

use crate::database::Cluster;
use crate::house::{NoOutside, Outbox};
use mutants::Mutant;

/// What its forms are for.
pub const PURPOSE: &str = "torture";
/// What its audit entries tell of.
pub const ACTION: &str = "torture.write";
/// Its jobs; nobody does them.
pub const KIND: Kind = Kind::each("torture");
/// Settings that are counted up. Several tasks meet at each.
pub const COUNTERS: usize = 3;

/// A write that was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// Key of the form.
    pub key: String,
    /// What it was told.
    pub answer: String,
    /// Digest of the blob it came with.
    pub blob: String,
    /// Digest of what was in it.
    pub plain: String,
}

impl Ack {
    /// The line that tells of it.
    pub fn line(&self) -> String {
        let Self {
            key,
            answer,
            blob,
            plain,
        } = self;
        format!("ack {key} {answer} {blob} {plain}")
    }

    /// What a line tells of; none of any other line.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("ack ")?.split(' ').map(ToOwned::to_owned);
        let mut next = || words.next();
        Some(Self {
            key: next()?,
            answer: next()?,
            blob: next()?,
            plain: next()?,
        })
    }
}

/// Where everything lies.
#[derive(Debug, Clone)]
pub struct Place {
    /// Blobs, checkpoints, and what SQLite keeps.
    pub folder: PathBuf,
    /// Address of the database.
    pub main: String,
    /// Address of the key store.
    pub keys: String,
}

impl Place {
    /// On SQLite, in a folder.
    pub fn sqlite(folder: &Path) -> Self {
        let file = |name| format!("sqlite:{}", folder.join(name).display());
        Self {
            main: file("main.sqlite"),
            keys: file("keys.sqlite"),
            folder: folder.to_owned(),
        }
    }

    /// On PostgreSQL, with blobs in a folder.
    pub fn postgres(folder: &Path, cluster: &Cluster, name: &str) -> Self {
        Self {
            main: cluster.database(name),
            keys: cluster.database(&format!("{name}_keys")),
            folder: folder.to_owned(),
        }
    }

    /// Opens the house that lies there, as the product does.
    ///
    /// # Errors
    /// Why it does not open.
    pub async fn open(&self, mutant: Option<Mutant>) -> Result<House, String> {
        let open = async |url: &str, migrations| {
            let done = Db::open_migrated(&Options::new(url), migrations).await;
            done.map_err(|error| format!("{error:?}"))
        };
        let db = open(&self.main, Migrations::Main).await?;
        let keys = open(&self.keys, Migrations::Keys).await?;
        let (clock, chance) = (Arc::new(SystemClock), Arc::new(SystemChance));
        let masters = vec![MasterKey::new([7; 32])];
        let vault = Vault::open(keys, masters, clock.clone(), chance.clone()).await;
        let root = self.folder.join("blobs");
        let blobs: Arc<dyn Blobs> = match mutant {
            Some(Mutant::FolderNotSynced) => Arc::new(mutants::FolderNotSynced::new(root)),
            _ => Arc::new(FileBlobs::new(root)),
        };
        Ok(House {
            db,
            bodies: Arc::default(),
            calendars: Arc::default(),
            settings: Arc::default(),
            vault: Arc::new(vault.map_err(|error| format!("{error:?}"))?.making(64)),
            blobs,
            clock,
            chance,
            mailer: Arc::new(Outbox::default()),
            texter: Arc::new(Outbox::default()),
            fetcher: Arc::new(NoOutside),
            press: Arc::default(),
            inspecting: Arc::default(),
            checkpoints: Arc::new(Outside(self.folder.join("checkpoints"))),
            backups: Arc::default(),
        })
    }
}

/// Checkpoints in a file beside the store.
#[derive(Debug)]
struct Outside(PathBuf);

impl Witness for Outside {
    fn add(&self, line: &str) -> io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options.create(true).append(true).open(&self.0)?;
        file.write_all(format!("{line}\n").as_bytes())?;
        file.sync_all()?;
        File::open(self.0.parent().unwrap_or(Path::new(".")))?.sync_all()
    }

    fn lines(&self) -> io::Result<Vec<String>> {
        match std::fs::read_to_string(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            text => Ok(text?.lines().map(ToOwned::to_owned).collect()),
        }
    }
}
