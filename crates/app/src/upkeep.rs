//! What administrators see of backups and keys, and the change of master keys.
//!
//! Backups belong to the system administrator, keys to the security
//! administrator (GB/T 22239-2019 8.1.5): neither page holds the other.

use std::path::{Path, PathBuf};

use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_store::operations::{self as stored, Check};
use gongkai_store::{StoreError, Tx, keys};
use jiff::Timestamp;
use serde_json::json;

use crate::audit::{self, Deed, Who};
use crate::house::{BackupPlan, House};
use crate::jobs::{self, SCHEDULES};
use crate::once::{Sent, once};
use crate::operations::{self, OperationError};
use crate::people::{PeopleError, SignedIn};

/// A backup that lies in its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Where.
    pub path: PathBuf,
    /// When it was made.
    pub at: Timestamp,
    /// How large, attachments in the pool beside it apart.
    pub bytes: u64,
    /// How it was found when it was last read back, if it was.
    pub check: Option<Check>,
}

/// The backups of a folder, or why they cannot be seen.
#[derive(Debug)]
pub struct Folder {
    /// Where; none where none are made.
    pub folder: Option<PathBuf>,
    /// Days that they are kept.
    pub days: i64,
    /// The newest first.
    pub made: Result<Vec<Made>, OperationError>,
}

/// The backups of the house, as this node sees them.
#[derive(Debug)]
pub struct Backups {
    /// Of records and attachments.
    pub records: Folder,
    /// Of keys: in another place.
    pub keys: Folder,
    /// When the next are made, if any are.
    pub next: Option<Timestamp>,
}

/// Backups that are shown of each folder.
const SHOWN_MAX: usize = 30;

/// Which backups there are, and how they were found when they were read back.
///
/// # Errors
/// [`PeopleError::Denied`].
pub async fn backups(house: &House, signed: &SignedIn) -> Result<Backups, PeopleError> {
    let about = ("backup", "-".to_owned());
    signed
        .demand(house, Action::BackupSee, Target::Installation, about)
        .await?;
    let mut tx = house.db.read().await?;
    let checks = stored::checks(&mut tx).await?;
    tx.roll_back().await?;
    let BackupPlan {
        folder,
        keys_folder,
        days,
        keys_days,
    } = &*house.backups;
    let planned = folder.is_some() || keys_folder.is_some();
    let schedule = SCHEDULES.iter().find(|one| one.kind == jobs::BACK_UP);
    Ok(Backups {
        records: of_folder(folder.as_deref(), *days, &checks),
        keys: of_folder(keys_folder.as_deref(), *keys_days, &checks),
        next: schedule
            .filter(|_| planned)
            .map(|schedule| schedule.next(house.now())),
    })
}

fn of_folder(folder: Option<&Path>, days: i64, checks: &[Check]) -> Folder {
    let seen = |(path, at): (PathBuf, Timestamp)| {
        let shown = path.display().to_string();
        let check = checks.iter().find(|check| check.path == shown);
        Ok(Made {
            bytes: operations::size(&path)?,
            check: check.cloned(),
            path,
            at,
        })
    };
    let made = folder.map_or(Ok(Vec::new()), |folder| {
        let all = operations::list(folder)?.into_iter().rev();
        all.take(SHOWN_MAX).map(seen).collect()
    });
    Folder {
        folder: folder.map(Path::to_owned),
        days,
        made,
    }
}

/// Reads backups back as they lie there, and notes how each was found: a
/// backup that was never read is none. Notes of those that are gone are
/// forgotten.
///
/// # Errors
/// The store's; what is wrong with a backup is noted, not told.
pub async fn check(house: &House, made: &[PathBuf]) -> Result<(), StoreError> {
    let mut found = Vec::new();
    for path in made {
        let fault = match operations::verify(path).await {
            Ok(()) => String::new(),
            Err(error) => {
                tracing::error!(reason = %error, "a backup cannot be read back");
                error.to_string()
            }
        };
        found.push(Check {
            path: path.display().to_string(),
            at: house.now(),
            fault,
        });
    }
    let mut tx = house.db.write().await?;
    for check in &found {
        stored::checked(&mut tx, check).await?;
    }
    let folders = [&house.backups.folder, &house.backups.keys_folder];
    for old in stored::checks(&mut tx).await? {
        let path = Path::new(&old.path);
        // Another node's folder is not seen from here, and left alone.
        let is_here = folders
            .iter()
            .any(|folder| folder.as_deref() == path.parent());
        if is_here && !path.exists() {
            stored::forget_check(&mut tx, &old.path).await?;
        }
    }
    tx.commit().await
}

/// A master key that seals something, or is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Master {
    /// Its name, which says nothing of it.
    pub id: String,
    /// Since when it is known to be in use.
    pub since: Option<Timestamp>,
    /// How many keys of records it seals.
    pub keys: i64,
    /// Whether this node seals by it what is new.
    pub is_newest: bool,
}

/// Which master keys there are, the newest first.
///
/// # Errors
/// [`PeopleError::Denied`].
pub async fn masters(house: &House, signed: &SignedIn) -> Result<Vec<Master>, PeopleError> {
    demand_keys(house, signed).await?;
    let mut tx = house.vault.store().read().await?;
    let counts = keys::counts(&mut tx).await?;
    tx.roll_back().await?;
    let mut tx = house.db.read().await?;
    let since = stored::masters(&mut tx).await?;
    tx.roll_back().await?;
    let newest = house.vault.newest_master()?;
    let mut ids = vec![newest.clone()];
    let others = since.iter().map(|(id, _)| id);
    for id in others.chain(counts.iter().map(|(id, _)| id)) {
        if !ids.contains(id) {
            ids.push(id.clone());
        }
    }
    let master = |id: String| {
        let seen = since.iter().find(|(of, _)| *of == id);
        let count = counts.iter().find(|(of, _)| *of == id);
        Master {
            since: seen.map(|(_, at)| *at),
            keys: count.map_or(0, |(_, count)| *count),
            is_newest: id == newest,
            id,
        }
    };
    Ok(ids.into_iter().map(master).collect())
}

async fn demand_keys(house: &House, signed: &SignedIn) -> Result<Who, PeopleError> {
    let about = ("installation", "-".to_owned());
    signed
        .demand(house, Action::KeysRotate, Target::Installation, about)
        .await
}

/// Has all keys sealed anew by the newest master key of the file, by a job.
/// Sent twice, it is asked for once.
///
/// # Errors
/// [`PeopleError::Denied`].
pub async fn rotate(house: &House, signed: &SignedIn, sent: &Sent) -> Result<(), PeopleError> {
    let who = demand_keys(house, signed).await?;
    let work = async |mut tx: Tx| {
        jobs::enqueue(&mut tx, house, jobs::ROTATE_KEYS_ANEW, &()).await?;
        let deed = Deed {
            action: Action::KeysRotate.key(),
            object_kind: "installation",
            object: "-".to_owned(),
            outcome: Outcome::Done,
            detail: json!({ "asked": true }),
        };
        audit::write(&mut tx, &who, &deed, house.now()).await?;
        Ok::<_, PeopleError>((tx, String::new()))
    };
    once(house, sent, work).await.map(drop)
}

/// Notes by which master key this node seals, so that its age is known.
///
/// # Errors
/// As [`NoteError`] says.
pub async fn note_master(house: &House) -> Result<(), NoteError> {
    let newest = house.vault.newest_master()?;
    let mut tx = house.db.write().await?;
    stored::saw_master(&mut tx, &newest, house.now()).await?;
    Ok(tx.commit().await?)
}

/// Why a master key was not noted.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    /// The store's.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no master key.
    #[error(transparent)]
    Vault(#[from] crate::vault::VaultError),
}
