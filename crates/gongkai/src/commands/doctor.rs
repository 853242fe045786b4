//! `gongkai doctor`: what is ready, and what to do where it is not.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use gongkai_app::letters::Press;
use gongkai_app::outside::{HttpFetcher, SystemClock};
use gongkai_app::ports::{Clock, DataFolder};
use gongkai_app::store::{Db, Engine, Migrations, grants, jobs, migrate};
use gongkai_domain::calendar::coverage;
use gongkai_domain::words::Message;
use jiff::tz::{TimeZone, offset};

use super::{Session, say};
use crate::config::{Config, Oidc};
use crate::failure::Failure;
use crate::ground::Places;

/// What was looked at: whether it is well, and what to say.
pub type Look = (bool, Message);

pub fn run(session: &Session) -> Result<ExitCode, Failure> {
    let words = session.words;
    let mut looks = vec![folder(session)];
    looks.extend(calendar(session));
    looks.push(verdicts(session));
    match session.ground() {
        Ok((config, places)) => {
            looks.push((true, Message::new("doctor-config")));
            looks.push(master(&places.master_file(&config)));
            looks.extend(open_to_others(&config, &places)?);
            looks.extend(store(&config, &places)?);
            looks.push(disk(&places.folder));
            if let Some(oidc) = &config.oidc {
                looks.extend(provider(oidc)?);
            }
            looks.extend(super::doctor_sending::looks(&config)?);
            looks.push(fonts(places.fonts()));
        }
        Err(failure) => looks.push((false, failure.into_message())),
    }
    for (good, message) in &looks {
        let mark = match (*good, message.id.as_ref()) {
            (false, _) => "✗",
            (true, MINDED) => "!",
            (true, _) => "✓",
        };
        say(&format!("{mark} {}", words.render(message)))?;
    }
    Ok(if looks.iter().all(|(good, _)| *good) {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    })
}

fn folder(session: &Session) -> Look {
    let path = session.folder.path().display().to_string();
    match session.folder.write("doctor.json", "{}") {
        Ok(()) => (true, Message::new("doctor-folder").with("path", path)),
        Err(error) => {
            let message = Message::new("doctor-folder-fails").with("path", path);
            (false, message.with("reason", error.source))
        }
    }
}

/// The id of what is no fault yet, and has to be minded.
const MINDED: &str = "doctor-calendar-short";

fn calendar(session: &Session) -> Vec<Look> {
    let (calendar, values) = match session.rules() {
        Ok(rules) => rules,
        Err(failure) => return vec![(false, failure.into_message())],
    };
    let first = calendar.years().next().map_or(0, |year| year.year);
    let last = calendar.years().last().map_or(0, |year| year.year);
    let message = Message::new("doctor-calendar").with("first", first);
    let mut looks = vec![(true, message.with("last", last))];
    let wanted = match values.alarm_days() {
        Ok(wanted) => wanted,
        Err(message) => return vec![(false, message)],
    };
    let today = SystemClock
        .now()
        .to_zoned(TimeZone::fixed(offset(8)))
        .date();
    let reach = coverage(&calendar, today, wanted);
    // The notice of a year comes out in November: before, nothing can be done.
    let id = if reach.is_short {
        MINDED
    } else {
        "doctor-calendar-next"
    };
    let message = Message::new(id).with("year", reach.missing_year);
    looks.push((true, message.with("days", reach.days_left)));
    looks
}

fn verdicts(session: &Session) -> Look {
    match gongkai_app::report::verdicts(&session.folder) {
        Ok(verdicts) => {
            let message = Message::new("doctor-verdicts").with("count", verdicts.len());
            (true, message)
        }
        Err(error) => {
            let message = Message::new("folder-failed").with("name", &error.name);
            (false, message.with("reason", &error.source))
        }
    }
}

fn master(path: &Path) -> Look {
    let shown = path.display();
    match std::fs::metadata(path) {
        Err(_) => (true, Message::new("doctor-master-none")),
        Ok(metadata) if metadata.permissions().mode() & 0o077 == 0 => {
            (true, Message::new("doctor-master").with("path", shown))
        }
        Ok(_) => (
            false,
            Message::new("doctor-master-open").with("path", shown),
        ),
    }
}

/// Files of databases and backups that other users of this machine may read or
/// write. What this program makes is not; what was copied
/// here by other means may be.
fn open_to_others(config: &Config, places: &Places) -> Result<Vec<Look>, Failure> {
    let mut files = Vec::new();
    for options in [places.database(config)?, places.keys(config)?] {
        if let Some(file) = options.url.strip_prefix("sqlite:") {
            files.extend(
                ["", "-wal", "-shm"].map(|ending| PathBuf::from(format!("{file}{ending}"))),
            );
        }
    }
    for folder in [&config.backup.folder, &config.backup.keys_folder] {
        let made = folder.iter().flat_map(|folder| inside(folder));
        files.extend(made.flat_map(|backup| inside(&backup)));
    }
    files.retain(|file| is_open(file));
    if files.is_empty() {
        return Ok(vec![(true, Message::new("doctor-files"))]);
    }
    let look = |file: &PathBuf| {
        let message = Message::new("doctor-file-open").with("path", file.display());
        (false, message)
    };
    Ok(files.iter().map(look).collect())
}

/// What lies in a folder; nothing where there is none.
fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect()
}

/// Whether a file lets others in.
fn is_open(file: &Path) -> bool {
    let metadata = std::fs::metadata(file);
    metadata.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o077 != 0)
}

/// A clock that is further off moves deadlines (GB/T 22239-2019 8.1.5).
const CLOCK_OFF_MAX: i128 = 1000;

fn store(config: &Config, places: &Places) -> Result<Vec<Look>, Failure> {
    let options = places.database(config)?;
    let file = options.url.strip_prefix("sqlite:");
    if file.is_some_and(|file| !Path::new(file).exists()) {
        return Ok(vec![(true, Message::new("doctor-store-none"))]);
    }
    super::store::waiting(async {
        let db = match Db::open(&options).await {
            Ok(db) => db,
            Err(error) => {
                let message = Message::new("doctor-store-fails").with("reason", error);
                return Ok(vec![(false, message)]);
            }
        };
        let engine = match db.engine() {
            Engine::Sqlite => "SQLite",
            Engine::Postgres => "PostgreSQL",
        };
        let mut looks = vec![(true, Message::new("doctor-store").with("engine", engine))];
        let pending = migrate::pending(&db, Migrations::Main).await?;
        if pending.is_empty() {
            looks.push((true, Message::new("doctor-migrations")));
            if let Some(may) = grants::may_change_the_trail(&db).await? {
                let id = if may {
                    "doctor-trail-owned"
                } else {
                    "doctor-trail-kept"
                };
                looks.push((true, Message::new(id)));
            }
            let mut tx = db.read().await?;
            let counts = jobs::counts(&mut tx).await?;
            tx.roll_back().await?;
            let failed = counts.iter().find(|(state, _)| state == "failed");
            if let Some((_, count)) = failed {
                let message = Message::new("doctor-jobs-failed").with("count", count);
                looks.push((false, message));
            }
        } else {
            let message = Message::new("doctor-migrations-pending");
            looks.push((false, message.with("steps", pending.join("、"))));
        }
        if let Some(there) = db.server_time().await? {
            let off = SystemClock.now().duration_since(there).as_millis().abs();
            let good = off <= CLOCK_OFF_MAX;
            let id = if good {
                "doctor-clock"
            } else {
                "doctor-clock-off"
            };
            looks.push((good, Message::new(id).with("milliseconds", off)));
        }
        db.close().await;
        Ok(looks)
    })
}

/// The provider through which staff may come in too.
fn provider(oidc: &Oidc) -> Result<Vec<Look>, Failure> {
    let mut looks = Vec::new();
    let file = oidc.client_secret_file.as_deref();
    let metadata = file.and_then(|path| std::fs::metadata(path).ok());
    if let (Some(path), Some(metadata)) = (file, metadata)
        && metadata.permissions().mode() & 0o077 != 0
    {
        let message = Message::new("doctor-provider-secret-open");
        looks.push((false, message.with("path", path.display())));
    }
    let provider = match oidc.provider() {
        Ok(provider) => provider,
        Err(failure) => {
            looks.push((false, failure.into_message()));
            return Ok(looks);
        }
    };
    let seen = super::store::waiting(async {
        let fetcher = HttpFetcher::new()
            .map_err(|error| Failure::new(Message::new("outside-failed").with("reason", error)))?;
        Ok(provider.look(&fetcher, SystemClock.now()).await)
    })?;
    looks.push(match seen {
        Ok(()) => {
            let message = Message::new("doctor-provider");
            (true, message.with("issuer", provider.issuer()))
        }
        Err(error) => {
            let message = Message::new("doctor-provider-fails");
            (false, message.with("reason", error))
        }
    });
    let trusted = [&oidc.second_factor_amr[..], &oidc.second_factor_acr[..]].concat();
    looks.push((
        true,
        if trusted.is_empty() {
            Message::new("doctor-provider-no-factor")
        } else {
            Message::new("doctor-provider-factor").with("values", trusted.join("、"))
        },
    ));
    Ok(looks)
}

/// Less than this is too little for a database that must not stop.
const DISK_GIB_MIN: u64 = 2;

fn disk(folder: &Path) -> Look {
    let left = rustix::fs::statvfs(folder)
        .map_or(0, |disk| disk.f_bavail.saturating_mul(disk.f_frsize) >> 30);
    let good = left >= DISK_GIB_MIN;
    let id = if good {
        "doctor-disk"
    } else {
        "doctor-disk-low"
    };
    (good, Message::new(id).with("gib", left))
}

/// Whether letters can be set: the press itself looks, face by face.
fn fonts(folders: Vec<PathBuf>) -> Look {
    match Press::new(folders).fonts() {
        Ok(fonts) => (
            true,
            Message::new("doctor-fonts").with("count", fonts.count()),
        ),
        Err(error) => (false, error.message()),
    }
}
