//! The commands: each parses its arguments, calls one use case, and prints.

mod calendar;
mod clock;
mod demo;
mod doctor;
mod doctor_sending;
mod inspect;
mod one_processor;
mod report;
mod serve;
mod store;
mod templates;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use gongkai_app::calendar as calendars;
use gongkai_app::store::{Db, Migrations, Options, migrate};
use gongkai_domain::calendar::Calendar;
use gongkai_domain::settings::Values;
use gongkai_domain::words::{Language, Words};

use crate::cli::{Cli, Command};
use crate::config::Config;
use crate::confined::Allowance;
use crate::failure::Failure;
use crate::folder::DiskFolder;
use crate::ground::Places;

/// How long one file may be read; a report takes milliseconds.
const READING_TIME_MAX: Duration = Duration::from_secs(60);

/// What every command has: words, the data folder, the clock.
pub struct Session {
    pub words: &'static Words,
    pub folder: DiskFolder,
    config: Option<PathBuf>,
}

impl Session {
    pub fn new(cli: &Cli) -> Self {
        let language = cli
            .lang
            .as_deref()
            .map_or(Language::Chinese, Language::from_tag);
        Self {
            words: Words::of(language),
            folder: DiskFolder::new(cli.data.as_deref()),
            config: cli.config.clone(),
        }
    }

    /// The configuration, and where things lie.
    fn ground(&self) -> Result<(Config, Places), Failure> {
        let folder = self.folder.path().to_owned();
        let config = Config::read(self.config.as_deref(), &folder, std::env::vars())?;
        Ok((config, Places { folder }))
    }

    /// The database of the installation, where there is one already.
    fn database(&self) -> Result<Option<Options>, Failure> {
        let (config, places) = self.ground()?;
        let options = places.database(&config)?;
        let file = options.url.strip_prefix("sqlite:");
        let is_there = file.is_none_or(|file| Path::new(file).exists());
        Ok(is_there.then_some(options))
    }

    /// The calendars in force and what is set: those of the database where
    /// there is one that this program knows, else those of the data folder.
    fn rules(&self) -> Result<(Calendar, Values), Failure> {
        let kept = match self.database()? {
            Some(options) => store::waiting(kept(&options))?,
            None => None,
        };
        match kept {
            Some(kept) => Ok(kept),
            None => Ok((calendars::of_folder(&self.folder)?, Values::default())),
        }
    }

    /// The calendars in force.
    fn calendar(&self) -> Result<Calendar, Failure> {
        Ok(self.rules()?.0)
    }

    /// Where fonts are looked for.
    fn fonts(&self) -> Vec<PathBuf> {
        let folder = self.folder.path().to_owned();
        Places { folder }.fonts()
    }

    /// A deadline for one file, from now.
    fn deadline(&self) -> impl Fn() -> bool {
        #[expect(clippy::disallowed_methods, reason = "the binary owns the clock")]
        let start = Instant::now();
        move || start.elapsed() > READING_TIME_MAX
    }
}

/// The calendars and settings of a database; none where its layout is not
/// brought up to date yet.
async fn kept(options: &Options) -> Result<Option<(Calendar, Values)>, Failure> {
    let db = Db::open(options).await?;
    let is_known = migrate::pending(&db, Migrations::Main).await?.is_empty();
    let kept = if is_known {
        let mut tx = db.read().await?;
        let calendar = calendars::in_store(&mut tx).await?;
        let values = gongkai_app::settings::values_in(&mut tx).await?;
        tx.roll_back().await?;
        Some((calendar, values))
    } else {
        None
    };
    db.close().await;
    Ok(kept)
}

/// Runs a command.
pub fn run(session: &Session, command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Report(command) => report::run(session, command),
        Command::Clock(command) => clock::run(session, command),
        Command::Fee(command) => clock::fee(session, &command),
        Command::Calendar(command) => calendar::run(session, command),
        Command::Templates(command) => templates::run(session, &command),
        Command::Inspect { files, json } => inspect::run(session, &files, json),
        Command::Serve(options) => serve::run(session, options.listen, options.reader()),
        Command::Demo { listen, output } => match output {
            Some(output) => demo::run(session, output),
            None => serve::demo(session, listen),
        },
        Command::Work { seconds, memory } => {
            Ok(crate::confined::work(Allowance { seconds, memory }))
        }
        Command::Doctor => doctor::run(session),
        Command::Config => store::show_config(session),
        Command::Migrate { application_role } => {
            store::migrate(session, application_role.as_deref())
        }
        Command::CopyDatabase { to } => store::copy_database(session, &to),
        Command::Backup { to, keys_to } => store::backup(session, to, keys_to),
        Command::Restore {
            backup,
            keys,
            checkpoints,
            verify: _,
        } => store::restore(session, &backup, keys.as_deref(), checkpoints),
        Command::Audit(command) => store::audit(session, command),
        Command::Keys(command) => store::keys(session, command),
    }
}

/// Writes to a file, or to standard output. A reader that closes its end of a
/// pipe is no failure.
fn emit(output: Option<&Path>, bytes: &[u8]) -> Result<(), Failure> {
    match output {
        Some(path) => std::fs::write(path, bytes)
            .map_err(|error| Failure::file("file-unwritable", path, &error)),
        None => {
            let mut stream = anstream::stdout().lock();
            match stream.write_all(bytes).and_then(|()| stream.flush()) {
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::file(
                    "file-unwritable",
                    Path::new("stdout"),
                    &error,
                )),
                _ => Ok(()),
            }
        }
    }
}

/// Prints a line.
fn say(line: &str) -> Result<(), Failure> {
    emit(None, format!("{line}\n").as_bytes())
}

/// Prints JSON.
fn print_json(value: &serde_json::Value) -> Result<(), Failure> {
    say(&format!("{value:#}"))
}
