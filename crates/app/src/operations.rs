//! Backups, and bringing them back.
//!
//! A backup is a folder: the records as a SQLite file, whichever engine they
//! came from, and a manifest that says what must be found in it. Bytes of
//! attachments lie in a pool beside the backups, each once. The keys are backed
//! up apart, with a shorter life: once the last copy of an erased key is gone,
//! no backup can read what it sealed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use gongkai_store::copy::{self, Contents, Held};
use gongkai_store::{Db, Migrations, StoreError, backup as stored};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::audit::{self, Verdict};
use crate::blobs::FileBlobs;
use crate::house::House;
use crate::ports::{BlobError, Blobs};

/// Why a backup was not made or not brought back.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// The store's.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An attachment's.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The disk's.
    #[error("{0}: {1}")]
    Disk(PathBuf, #[source] io::Error),
    /// The folder holds no backup of ours.
    #[error("{0} holds no backup")]
    NoBackup(PathBuf),
    /// What is found is not what the manifest says.
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    /// Another process makes or throws away backups in this folder just now.
    #[error("another backup is being made in {0}")]
    Busy(PathBuf),
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> OperationError + '_ {
    move |error| OperationError::Disk(path.to_owned(), error)
}

/// What must be found in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Layout of backups; this program writes and reads 1.
    pub format: u32,
    /// Version of the program that made it.
    pub program: String,
    /// When it was made.
    pub at: Timestamp,
    /// SHA-256 of the file of records.
    pub records: String,
    /// Rows and digest of each table.
    pub tables: BTreeMap<String, (u64, String)>,
    /// Attachments that it names.
    pub blobs: BTreeSet<String>,
}

const FORMAT: u32 = 1;
const RECORDS: &str = "records.sqlite";
const KEYS: &str = "keys.sqlite";
const MANIFEST: &str = "manifest.json";
const POOL: &str = "blobs";
const TURN: &str = ".lock";

/// Takes the turn at a folder of backups, which ends when what is given back
/// is dropped, also where its process is killed. Without it, one who throws
/// away would take attachments that another's unfinished backup counts on.
fn turn(folder: &Path) -> Result<File, OperationError> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    let path = folder.join(TURN);
    let mut options = fs::OpenOptions::new();
    let options = options.create(true).write(true).truncate(false);
    let file = options.open(&path).map_err(at(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(OperationError::Busy(folder.to_owned())),
        Err(fs::TryLockError::Error(error)) => Err(OperationError::Disk(path, error)),
    }
}

fn tables(contents: Contents) -> BTreeMap<String, (u64, String)> {
    let held = |(name, Held { rows, digest })| (name, (rows, digest));
    contents.into_iter().map(held).collect()
}

/// Makes a backup of the records and attachments below a folder; where it is.
///
/// # Errors
/// [`OperationError`]; nothing that looks like a backup is left then.
/// [`OperationError::Busy`] while another works in the folder.
pub async fn back_up(house: &House, folder: &Path) -> Result<PathBuf, OperationError> {
    let _turn = turn(folder)?;
    made(house, folder).await
}

async fn made(house: &House, folder: &Path) -> Result<PathBuf, OperationError> {
    let now = house.now();
    let (unfinished, finished) = places(folder, now)?;
    let records = unfinished.join(RECORDS);
    let contents = stored::write(&house.db, Migrations::Main, &records).await?;
    let opened = stored::open(&records).await?;
    let blobs = named(&opened).await?;
    opened.close().await;
    let pool = FileBlobs::new(folder.join(POOL));
    let there: BTreeSet<String> = pool.list().await?.into_iter().map(|(d, _)| d).collect();
    for digest in blobs.difference(&there) {
        pool.put(digest, &house.blobs.get(digest).await?).await?;
    }
    let manifest = Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        at: now,
        records: digest_of(&records)?,
        tables: tables(contents),
        blobs,
    };
    finish(&unfinished, &finished, RECORDS, &manifest)?;
    Ok(finished)
}

/// Makes a backup of the keys below a folder of their own; where it is.
///
/// # Errors
/// As [`back_up`].
pub async fn back_up_keys(
    keys: &Db,
    folder: &Path,
    now: Timestamp,
) -> Result<PathBuf, OperationError> {
    let _turn = turn(folder)?;
    made_of_keys(keys, folder, now).await
}

async fn made_of_keys(keys: &Db, folder: &Path, now: Timestamp) -> Result<PathBuf, OperationError> {
    let (unfinished, finished) = places(folder, now)?;
    let file = unfinished.join(KEYS);
    let contents = stored::write(keys, Migrations::Keys, &file).await?;
    let manifest = Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        at: now,
        records: digest_of(&file)?,
        tables: tables(contents),
        blobs: BTreeSet::new(),
    };
    finish(&unfinished, &finished, KEYS, &manifest)?;
    Ok(finished)
}

/// Makes the backups that the house makes by itself, and throws away those
/// past their time; where they are.
///
/// # Errors
/// [`OperationError`].
pub async fn back_up_as_planned(house: &House) -> Result<Vec<PathBuf>, OperationError> {
    let plan = &house.backups;
    let mut all = Vec::new();
    if let Some(folder) = &plan.folder {
        let _turn = turn(folder)?;
        all.push(made(house, folder).await?);
        pruned(folder, plan.days, house.now()).await?;
    }
    if let Some(folder) = &plan.keys_folder {
        let _turn = turn(folder)?;
        all.push(made_of_keys(house.vault.store(), folder, house.now()).await?);
        pruned(folder, plan.keys_days, house.now()).await?;
    }
    Ok(all)
}

/// Where a backup grows, and where it is once it is whole.
fn places(folder: &Path, now: Timestamp) -> Result<(PathBuf, PathBuf), OperationError> {
    let name = now.strftime("%Y%m%dT%H%M%S%.3fZ").to_string();
    let unfinished = folder.join(format!("{name}.part"));
    fs::create_dir_all(&unfinished).map_err(at(&unfinished))?;
    Ok((unfinished, folder.join(name)))
}

fn finish(
    unfinished: &Path,
    finished: &Path,
    file: &str,
    manifest: &Manifest,
) -> Result<(), OperationError> {
    let write = || -> io::Result<()> {
        let mut out = File::create(unfinished.join(MANIFEST))?;
        out.write_all(&serde_json::to_vec_pretty(manifest)?)?;
        out.sync_all()?;
        File::open(unfinished.join(file))?.sync_all()?;
        File::open(unfinished)?.sync_all()?;
        fs::rename(unfinished, finished)?;
        File::open(finished.parent().unwrap_or(finished))?.sync_all()
    };
    write().map_err(at(finished))
}

async fn named(db: &Db) -> Result<BTreeSet<String>, StoreError> {
    let mut tx = db.read().await?;
    let mut named = BTreeSet::new();
    let mut last = String::new();
    loop {
        let page = gongkai_store::blobs::after(&mut tx, &last, 1000).await?;
        let Some(end) = page.last() else {
            return Ok(named);
        };
        last.clone_from(&end.digest);
        named.extend(page.into_iter().map(|blob| blob.digest));
    }
}

fn digest_of(file: &Path) -> Result<String, OperationError> {
    let mut hash = Sha256::new();
    let mut reader = File::open(file).map_err(at(file))?;
    let mut block = vec![0; 1024 * 1024];
    loop {
        match reader.read(&mut block).map_err(at(file))? {
            0 => return Ok(hex::encode(hash.finalize())),
            count => hash.update(block.get(..count).unwrap_or_default()),
        }
    }
}

/// Backups below a folder, the oldest first, with when each was made.
///
/// # Errors
/// [`OperationError::Disk`].
pub fn list(folder: &Path) -> Result<Vec<(PathBuf, Timestamp)>, OperationError> {
    let mut found = Vec::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries.map_err(at(folder))?,
    };
    for entry in entries {
        let path = entry.map_err(at(folder))?.path();
        let finished = path.extension().is_none_or(|ending| ending != "part");
        if finished && path.join(MANIFEST).exists() {
            let made = manifest(&path)?.at;
            found.push((path, made));
        }
    }
    found.sort_by_key(|(_, made)| *made);
    Ok(found)
}

/// How large a backup is on disk, in bytes; attachments lie in the pool beside
/// it and are not counted.
///
/// # Errors
/// [`OperationError::Disk`].
pub fn size(backup: &Path) -> Result<u64, OperationError> {
    let mut bytes = 0;
    for entry in fs::read_dir(backup).map_err(at(backup))? {
        let metadata = entry.and_then(|entry| entry.metadata());
        bytes += metadata.map_err(at(backup))?.len();
    }
    Ok(bytes)
}

/// Reads a backup back as it lies there: its file is what the manifest says,
/// and every attachment is in the pool, whole. That its rows come back is seen
/// by bringing it back ([`restore`]).
///
/// # Errors
/// [`OperationError::Damaged`] or what reading meets.
pub async fn verify(backup: &Path) -> Result<(), OperationError> {
    let manifest = manifest(backup)?;
    let files = [RECORDS, KEYS].map(|file| backup.join(file));
    let file = files.into_iter().find(|file| file.exists());
    let file = file.ok_or_else(|| OperationError::NoBackup(backup.to_owned()))?;
    if digest_of(&file)? != manifest.records {
        return Err(OperationError::Damaged(
            "the file of records was changed".to_owned(),
        ));
    }
    let pool = FileBlobs::new(backup.parent().unwrap_or(backup).join(POOL));
    for digest in &manifest.blobs {
        pool.get(digest).await?;
    }
    Ok(())
}

/// What is left of backups that were never finished. Who has the turn at the
/// folder knows that nobody is making one.
fn unfinished(folder: &Path) -> Result<Vec<PathBuf>, OperationError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        let is_ours = [RECORDS, KEYS].iter().any(|file| path.join(file).exists());
        if is_ours && path.extension().is_some_and(|ending| ending == "part") {
            found.push(path);
        }
    }
    Ok(found)
}

fn manifest(backup: &Path) -> Result<Manifest, OperationError> {
    let path = backup.join(MANIFEST);
    let text =
        fs::read_to_string(&path).map_err(|_| OperationError::NoBackup(backup.to_owned()))?;
    let manifest: Manifest =
        serde_json::from_str(&text).map_err(|error| OperationError::Damaged(error.to_string()))?;
    if manifest.format != FORMAT {
        return Err(OperationError::Damaged(format!(
            "it has format {}, this program reads {FORMAT}",
            manifest.format
        )));
    }
    Ok(manifest)
}

/// Throws away backups that are older than a number of days, never the newest
/// one, what a crash left of others, and attachments that no backup names any
/// more; how many backups.
///
/// # Errors
/// [`OperationError`]; [`OperationError::Busy`] while another works in the folder.
pub async fn prune(folder: &Path, days: i64, now: Timestamp) -> Result<usize, OperationError> {
    let _turn = turn(folder)?;
    pruned(folder, days, now).await
}

async fn pruned(folder: &Path, days: i64, now: Timestamp) -> Result<usize, OperationError> {
    for left in unfinished(folder)? {
        fs::remove_dir_all(&left).map_err(at(&left))?;
    }
    let all = list(folder)?;
    let oldest = now.saturating_sub(SignedDuration::from_hours(24 * days));
    let (mut removed, mut kept) = (0, BTreeSet::new());
    for (index, (path, made)) in all.iter().enumerate() {
        let is_newest = index + 1 == all.len();
        if !is_newest && oldest.as_ref().is_ok_and(|oldest| made < oldest) {
            fs::remove_dir_all(path).map_err(at(path))?;
            removed += 1;
        } else {
            kept.extend(manifest(path)?.blobs);
        }
    }
    let pool = FileBlobs::new(folder.join(POOL));
    for (digest, at) in pool.list().await? {
        // What is being written now has no digest for its name yet.
        let is_finished = !digest.contains('.') || oldest.as_ref().is_ok_and(|oldest| at < *oldest);
        if is_finished && !kept.contains(&digest) {
            pool.remove(&digest).await?;
        }
    }
    Ok(removed)
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// When the backup was made.
    pub made: Timestamp,
    /// Rows of all tables.
    pub rows: u64,
    /// Attachments.
    pub blobs: usize,
    /// Entries of the audit trail, found whole.
    pub entries: i64,
}

/// Brings a backup of records and attachments back into an empty database,
/// and verifies all of it: the file, every row as it stands in the target,
/// every byte of every attachment, the audit trail against the checkpoints
/// `kept` outside, of which those that were signed later are no fault of it.
///
/// # Errors
/// [`OperationError::Damaged`] before anything is written where the backup is
/// not what its manifest says; [`StoreError::Refused`] if the target holds
/// rows.
pub async fn restore(
    backup: &Path,
    target: &Db,
    blobs: &dyn Blobs,
    kept: &[String],
) -> Result<Restored, OperationError> {
    let manifest = manifest(backup)?;
    let pool = FileBlobs::new(backup.parent().unwrap_or(backup).join(POOL));
    for digest in &manifest.blobs {
        pool.get(digest).await?;
    }
    bring_back(backup, RECORDS, &manifest, target).await?;
    for digest in &manifest.blobs {
        blobs.put(digest, &pool.get(digest).await?).await?;
    }
    let mut tx = target.read().await?;
    let entries = match audit::verify_restored(&mut tx, kept).await? {
        Verdict::Whole { entries, .. } => entries,
        fault => return Err(OperationError::Damaged(format!("audit trail: {fault:?}"))),
    };
    Ok(Restored {
        made: manifest.at,
        rows: manifest.tables.values().map(|(rows, _)| rows).sum(),
        blobs: manifest.blobs.len(),
        entries,
    })
}

/// Brings a backup of keys back into an empty store of keys; how many.
///
/// # Errors
/// As [`restore`].
pub async fn restore_keys(backup: &Path, target: &Db) -> Result<u64, OperationError> {
    let manifest = manifest(backup)?;
    bring_back(backup, KEYS, &manifest, target).await?;
    Ok(manifest.tables.values().map(|(rows, _)| rows).sum())
}

async fn bring_back(
    backup: &Path,
    file: &str,
    manifest: &Manifest,
    target: &Db,
) -> Result<(), OperationError> {
    let file = backup.join(file);
    if !file.exists() {
        return Err(OperationError::NoBackup(backup.to_owned()));
    }
    if digest_of(&file)? != manifest.records {
        return Err(OperationError::Damaged(
            "the file of records was changed".to_owned(),
        ));
    }
    // A copy, since opening a database may write beside it.
    let scratch = tempfile::tempdir().map_err(at(&file))?;
    let copied = scratch.path().join(RECORDS);
    fs::copy(&file, &copied).map_err(at(&copied))?;
    let source = stored::open(&copied).await?;
    let done = copy::copy(&source, target).await;
    source.close().await;
    done?;
    let there = tables(copy::contents(target).await?);
    let differs = manifest
        .tables
        .iter()
        .find(|(name, held)| there.get(*name) != Some(held));
    match differs {
        None => Ok(()),
        Some((name, _)) => Err(OperationError::Damaged(format!(
            "{name} does not hold what it held"
        ))),
    }
}
