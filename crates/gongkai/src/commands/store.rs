//! `gongkai migrate`, `copy-database`, `backup`, `restore`, `audit verify`,
//! `keys`, `config`: what who runs the house does.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use gongkai_app::audit::{self, Deed, Verdict, Who};
use gongkai_app::calendar::adopt_folder;
use gongkai_app::house::BackupPlan;
use gongkai_app::operations::{self, OperationError};
use gongkai_app::outside::{HttpFetcher, SystemClock};
use gongkai_app::ports::{Clock, Fetcher};
use gongkai_app::store::audit::Fault;
use gongkai_app::store::{Db, Engine, Migrations, Options, copy, grants, migrate};
use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::permissions::Action;
use gongkai_domain::words::Message;
use serde_json::json;

use super::{Session, emit, say};
use crate::cli::{AuditCommand, KeysCommand};
use crate::config;
use crate::failure::Failure;
use crate::ground::{self, CheckpointFile};

impl From<OperationError> for Failure {
    fn from(error: OperationError) -> Self {
        let message = match error {
            OperationError::Store(error) => return error.into(),
            OperationError::Blob(error) => Message::new("blobs-failed").with("reason", error),
            OperationError::Disk(path, error) => {
                return Self::file("file-unwritable", &path, &error);
            }
            OperationError::NoBackup(path) => {
                Message::new("backup-none").with("path", path.display())
            }
            OperationError::Busy(path) => Message::new("backup-busy").with("path", path.display()),
            OperationError::Damaged(reason) => {
                Message::new("backup-damaged").with("reason", reason)
            }
        };
        Self::new(message)
    }
}

/// Runs what waits, on a runtime of its own.
pub(super) fn waiting<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Message::new("store-failed").with("reason", error)))?;
    runtime.block_on(work)
}

fn told(session: &Session, message: &Message) -> Result<ExitCode, Failure> {
    say(&session.words.render(message))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes down what was done from the command line: by which user of this
/// machine is all that is known of who it was.
async fn written_down(db: &Db, action: &str, mut detail: serde_json::Value) -> Result<(), Failure> {
    detail["uid"] = rustix::process::getuid().as_raw().into();
    let deed = Deed {
        action,
        object_kind: "installation",
        object: "-".to_owned(),
        outcome: Outcome::Done,
        detail,
    };
    let mut tx = db.write().await?;
    audit::write(&mut tx, &Who::program("gongkai"), &deed, SystemClock.now()).await?;
    Ok(tx.commit().await?)
}

/// `gongkai migrate [--application-role ROLE]`, by the role that owns the
/// tables.
pub fn migrate(session: &Session, role: Option<&str>) -> Result<ExitCode, Failure> {
    let (config, places) = session.ground()?;
    let done = waiting(async {
        let options = places.database(&config)?;
        let pending = match Db::open(&options).await {
            Ok(db) => migrate::pending(&db, Migrations::Main).await?,
            Err(_) => Vec::new(),
        };
        let db = ground::open(&options, Migrations::Main).await?;
        let keys = ground::open(&places.keys(&config)?, Migrations::Keys).await?;
        adopt_folder(&db, &session.folder, SystemClock.now()).await?;
        if let Some(role) = role {
            grants::to_application(&db, role).await?;
            if keys.engine() == Engine::Postgres {
                grants::to_application(&keys, role).await?;
            }
        }
        db.close().await;
        keys.close().await;
        Ok(pending)
    })?;
    let steps = if done.is_empty() {
        session.words.text("migrate-none")
    } else {
        done.join("、")
    };
    let done = told(session, &Message::new("migrate-done").with("steps", steps))?;
    match role {
        Some(role) => told(session, &Message::new("migrate-granted").with("role", role)),
        None => Ok(done),
    }
}

/// `gongkai copy-database --to URL`
pub fn copy_database(session: &Session, to: &str) -> Result<ExitCode, Failure> {
    let (config, places) = session.ground()?;
    let rows = waiting(async {
        let from = ground::open(&places.database(&config)?, Migrations::Main).await?;
        let to = ground::open(&Options::new(to), Migrations::Main).await?;
        let copied = copy::copy(&from, &to).await?;
        if copied != copy::contents(&to).await? {
            return Err(Failure::new(
                Message::new("backup-damaged").with("reason", "copy"),
            ));
        }
        let rows = copied.values().map(|held| held.rows).sum::<u64>();
        // Both know of it: the one that was left, and the one that goes on.
        for db in [&from, &to] {
            written_down(db, "database.copy", json!({ "rows": rows })).await?;
        }
        from.close().await;
        to.close().await;
        Ok(rows)
    })?;
    let to = config::without_password(to);
    let message = Message::new("copy-done").with("rows", rows).with("to", to);
    told(session, &message)
}

/// `gongkai backup --to DIR [--keys-to DIR]`
pub fn backup(
    session: &Session,
    to: Option<PathBuf>,
    keys_to: Option<PathBuf>,
) -> Result<ExitCode, Failure> {
    let (config, places) = session.ground()?;
    let plan = BackupPlan {
        folder: to.or_else(|| config.backup.folder.clone()),
        keys_folder: keys_to.or_else(|| config.backup.keys_folder.clone()),
        days: config.backup.days,
        keys_days: config.backup.keys_days,
    };
    if plan.folder.is_none() && plan.keys_folder.is_none() {
        return Err(Failure::new(Message::new("backup-where")));
    }
    let made = waiting(async {
        let (mut house, keys) = ground::house(&places, &config).await?;
        house.backups = Arc::new(plan);
        let made = operations::back_up_as_planned(&house).await?;
        let to: Vec<String> = made.iter().map(|path| path.display().to_string()).collect();
        written_down(&house.db, "backup.make", json!({ "to": to })).await?;
        house.db.close().await;
        keys.close().await;
        Ok(made)
    })?;
    for path in &made {
        let message = Message::new("backup-done").with("path", path.display());
        say(&session.words.render(&message))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `gongkai restore BACKUP [--keys BACKUP] [--checkpoints FILE]`, into the
/// empty data folder or database that the configuration names.
pub fn restore(
    session: &Session,
    backup: &Path,
    keys_backup: Option<&Path>,
    checkpoints: Option<PathBuf>,
) -> Result<ExitCode, Failure> {
    let (config, places) = session.ground()?;
    let kept = checkpoints.map_or(Ok(Vec::new()), |path| CheckpointFile::named(&path))?;
    let (restored, key) = waiting(async {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let fetcher = HttpFetcher::new();
        let fetcher: Arc<dyn Fetcher> =
            Arc::new(fetcher.map_err(|error| {
                Failure::new(Message::new("outside-failed").with("reason", error))
            })?);
        let target = ground::open(&places.database(&config)?, Migrations::Main).await?;
        let blobs = ground::blobs(&places, &config, &fetcher, &clock)?;
        let restored = operations::restore(backup, &target, &*blobs, &kept).await?;
        if let Some(keys_backup) = keys_backup {
            let keys = ground::open(&places.keys(&config)?, Migrations::Keys).await?;
            operations::restore_keys(keys_backup, &keys).await?;
            keys.close().await;
        }
        let key = ground::public_key(&places, &config).await?;
        if let Some(key) = &key {
            let mut tx = target.read().await?;
            let is_ours = audit::is_signed_by(&mut tx, key).await?;
            tx.roll_back().await?;
            if !is_ours {
                return Err(Failure::new(Message::new("restore-key-other")));
            }
        }
        let told =
            json!({ "made": restored.made, "rows": restored.rows, "entries": restored.entries });
        written_down(&target, "backup.restore", told).await?;
        target.close().await;
        Ok((restored, key))
    })?;
    let message = Message::new("restore-done")
        .with("made", restored.made)
        .with("rows", restored.rows)
        .with("blobs", restored.blobs)
        .with("entries", restored.entries);
    let done = told(session, &message)?;
    if key.is_none() {
        let path = places.master_file(&config);
        let message = Message::new("restore-key-unknown").with("path", path.display());
        return told(session, &message);
    }
    Ok(done)
}

/// `gongkai audit …`
pub fn audit(session: &Session, command: AuditCommand) -> Result<ExitCode, Failure> {
    let AuditCommand::Verify { checkpoints, key } = command;
    let (config, places) = session.ground()?;
    let usual = places.checkpoints();
    let kept = match checkpoints {
        Some(path) => CheckpointFile::named(&path)?,
        None if usual.exists() => CheckpointFile::named(&usual)?,
        None => Vec::new(),
    };
    let (verdict, key) = waiting(async {
        let key = match key {
            Some(key) => Some(key.trim().to_ascii_lowercase()),
            None => ground::public_key(&places, &config).await?,
        };
        let db = Db::open(&places.database(&config)?).await?;
        let mut tx = db.read().await?;
        let verdict = match &key {
            Some(key) => audit::verify_signed_by(&mut tx, &kept, key).await?,
            None => audit::verify(&mut tx, &kept).await?,
        };
        tx.roll_back().await?;
        db.close().await;
        Ok((verdict, key))
    })?;
    let message = match &verdict {
        Verdict::Whole {
            entries,
            checkpoints,
        } => Message::new("trail-whole")
            .with("entries", entries)
            .with("checkpoints", checkpoints),
        Verdict::Fault(Fault::Edited { entry }) => {
            Message::new("trail-edited").with("entry", entry)
        }
        Verdict::Fault(Fault::Removed { entry }) => {
            Message::new("trail-removed").with("entry", entry)
        }
        Verdict::Fault(Fault::Moved { position }) => {
            Message::new("trail-moved").with("position", position)
        }
        Verdict::Fault(Fault::KeptOut { entry }) => {
            Message::new("trail-kept-out").with("entry", entry)
        }
        Verdict::Fault(Fault::Cut { size, there }) => Message::new("trail-cut")
            .with("size", size)
            .with("there", there),
        Verdict::Forged { size } => Message::new("trail-forged").with("size", size),
    };
    say(&session.words.render(&message))?;
    say(&session.words.render(&match key {
        Some(key) => Message::new("trail-key").with("key", key),
        None => Message::new("trail-key-unknown"),
    }))?;
    if kept.is_empty() {
        say(&session.words.text("trail-nothing-kept"))?;
    }
    Ok(match verdict {
        Verdict::Whole { .. } => ExitCode::SUCCESS,
        _ => ExitCode::from(1),
    })
}

/// `gongkai keys …`
pub fn keys(session: &Session, command: KeysCommand) -> Result<ExitCode, Failure> {
    let (config, places) = session.ground()?;
    let path = places.master_file(&config);
    match command {
        KeysCommand::NewMaster => {
            ground::make_master(&path)
                .map_err(|error| Failure::file("file-unwritable", &path, &error))?;
            let message = Message::new("master-made").with("path", path.display());
            told(session, &message)
        }
        KeysCommand::Rotate => {
            let count = waiting(async {
                let (house, keys) = ground::house(&places, &config).await?;
                let mut count = 0;
                loop {
                    let rotated = house.vault.rotate(200).await.map_err(|error| {
                        Failure::new(Message::new("vault-failed").with("reason", error))
                    })?;
                    if rotated == 0 {
                        break;
                    }
                    count += rotated;
                }
                let action = Action::KeysRotate.key();
                written_down(&house.db, action, json!({ "count": count })).await?;
                house.db.close().await;
                keys.close().await;
                Ok(count)
            })?;
            told(session, &Message::new("keys-rotated").with("count", count))
        }
    }
}

/// `gongkai config`: what holds, with secrets blacked out.
pub fn show_config(session: &Session) -> Result<ExitCode, Failure> {
    let (config, _) = session.ground()?;
    emit(None, config.redacted().as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
