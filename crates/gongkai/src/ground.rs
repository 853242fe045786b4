//! Opens the house: data folder, store, keys, attachments, the outside.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use gongkai_app::audit;
use gongkai_app::blobs::{FileBlobs, S3Blobs, S3Settings};
use gongkai_app::house::{BackupPlan, House, Witness};
use gongkai_app::letters::Press;
use gongkai_app::outside::{
    HttpFetcher, SmsGateway, SmtpMailer, SystemChance, SystemClock, SystemNames,
};
use gongkai_app::ports::{
    Blobs, Chance, Clock, Doing, Fetcher, Mail, Mailer, NotSent, OutsideError, Text, Texter,
    with_causes,
};
use gongkai_app::store::{Db, Migrations, Options, StoreError, migrate};
use gongkai_app::vault::{MasterKey, MasterKeys, Vault, VaultError};
use gongkai_domain::words::Message;

use crate::config::{self, Config};
use crate::failure::Failure;

/// Where things lie where nothing else is said.
#[derive(Debug, Clone)]
pub struct Places {
    pub folder: PathBuf,
}

impl Places {
    pub fn database(&self, config: &Config) -> Result<Options, Failure> {
        let given =
            config::database_url(&config.database.url, config.database.url_file.as_deref())?;
        let url = given.unwrap_or_else(|| self.sqlite("gongkai.sqlite"));
        Ok(Options {
            connections: config.database.connections,
            ..Options::new(url)
        })
    }

    pub fn keys(&self, config: &Config) -> Result<Options, Failure> {
        let given = config::database_url(&config.keys.url, config.keys.url_file.as_deref())?;
        let url = given.unwrap_or_else(|| self.sqlite("keys/keys.sqlite"));
        Ok(Options {
            connections: 4,
            ..Options::new(url)
        })
    }

    fn sqlite(&self, name: &str) -> String {
        format!("sqlite:{}", self.folder.join(name).display())
    }

    pub fn master_file(&self, config: &Config) -> PathBuf {
        let given = config.keys.master_file.clone();
        given.unwrap_or_else(|| self.folder.join("keys/master.key"))
    }

    pub fn blobs(&self, config: &Config) -> PathBuf {
        let given = config.blobs.folder.clone();
        given.unwrap_or_else(|| self.folder.join("blobs"))
    }

    pub fn logs(&self, config: &Config) -> PathBuf {
        let given = config.logs.folder.clone();
        given.unwrap_or_else(|| self.folder.join("logs"))
    }

    /// Where fonts are looked for: the installation's own, then those beside the
    /// program, then those of the package.
    pub fn fonts(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.folder.join("fonts")];
        let program = std::env::current_exe().ok();
        if let Some(beside) = program.as_deref().and_then(Path::parent) {
            folders.push(beside.join("fonts"));
            // As a build has them: target/fonts beside target/debug.
            let above = beside.parent();
            folders.extend(above.map(|above| above.join("fonts")));
            folders.extend(above.map(|above| above.join("share/gongkai/fonts")));
        }
        folders.push(PathBuf::from(PACKAGED_FONTS));
        folders
    }

    pub fn checkpoints(&self) -> PathBuf {
        self.folder.join("audit-checkpoints.log")
    }
}

/// Keys of records that are made at a time.
const KEYS_AT_A_TIME: usize = 64;

/// Where the package puts the fonts that come with it.
const PACKAGED_FONTS: &str = "/usr/share/gongkai/fonts";

fn store_failed(error: &StoreError) -> Failure {
    let message = match error {
        StoreError::Unavailable(_) => Message::new("store-unavailable"),
        StoreError::Layout(_) => Message::new("store-layout"),
        StoreError::Full => Message::new("store-full"),
        _ => Message::new("store-failed"),
    };
    Failure::new(message.with("reason", with_causes(error)))
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        store_failed(&error)
    }
}

/// Makes a folder that only its owner may look into.
fn own_folder(path: &Path) -> Result<(), Failure> {
    let make = || -> io::Result<()> {
        fs::create_dir_all(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))
    };
    if path.is_dir() {
        return Ok(());
    }
    make().map_err(|error| Failure::file("file-unwritable", path, &error))
}

/// Opens a database and brings its layout up to date.
pub async fn open(options: &Options, migrations: Migrations) -> Result<Db, Failure> {
    if let Some(file) = options.url.strip_prefix("sqlite:") {
        own_folder(Path::new(file).parent().unwrap_or(Path::new(".")))?;
    }
    Ok(Db::open_migrated(options, migrations).await?)
}

/// The master keys; made at the first start, where there are no keys yet.
pub fn masters(path: &Path, may_make: bool) -> Result<Vec<MasterKey>, Failure> {
    let wrong = |reason: &dyn ToString| {
        Failure::in_file(
            path,
            Message::new("master-key").with("reason", reason.to_string()),
        )
    };
    match fs::read_to_string(path) {
        Ok(text) => MasterKey::parse(&text).map_err(|error| wrong(&error)),
        Err(error) if error.kind() == io::ErrorKind::NotFound && may_make => {
            make_master(path).map_err(|error| wrong(&error))?;
            let text = fs::read_to_string(path).map_err(|error| wrong(&error))?;
            MasterKey::parse(&text).map_err(|error| wrong(&error))
        }
        Err(error) => Err(wrong(&error)),
    }
}

/// The file of master keys, as the vault reads it anew.
#[derive(Debug)]
struct MasterFile(PathBuf);

impl MasterKeys for MasterFile {
    fn read(&self) -> Result<Vec<MasterKey>, String> {
        let text = fs::read_to_string(&self.0).map_err(|error| error.to_string())?;
        MasterKey::parse(&text).map_err(|error| error.to_string())
    }
}

/// Puts a new master key before the old ones.
pub fn make_master(path: &Path) -> io::Result<()> {
    let old = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        old => old?,
    };
    let mut bytes = [0u8; 32];
    SystemChance.fill(&mut bytes);
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let unfinished = path.with_extension("part");
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)?;
    file.write_all(format!("{digits}\n{old}").as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    File::open(folder)?.sync_all()
}

/// The key by which the checkpoints of this house are known, where its keys
/// can be opened here. Makes nothing.
pub async fn public_key(places: &Places, config: &Config) -> Result<Option<String>, Failure> {
    let (path, options) = (places.master_file(config), places.keys(config)?);
    let file = options.url.strip_prefix("sqlite:");
    if !path.exists() || file.is_some_and(|file| !Path::new(file).exists()) {
        return Ok(None);
    }
    let keys = Db::open(&options).await?;
    let is_laid_out = migrate::pending(&keys, Migrations::Keys).await?.is_empty();
    let key = if is_laid_out && Vault::is_there(&keys).await? {
        let (clock, chance) = (Arc::new(SystemClock), Arc::new(SystemChance));
        let vault = Vault::open(keys.clone(), masters(&path, false)?, clock, chance).await;
        Some(audit::public_key(
            &vault.map_err(|error| vault_failed(&error))?,
        ))
    } else {
        None
    };
    keys.close().await;
    Ok(key)
}

fn vault_failed(error: &VaultError) -> Failure {
    Failure::new(Message::new("vault-failed").with("reason", with_causes(error)))
}

/// Opens everything.
pub async fn house(places: &Places, config: &Config) -> Result<(House, Db), Failure> {
    let (database, keys) = (places.database(config)?, places.keys(config)?);
    opened(places, config, (database, keys), Arc::new(SystemClock)).await
}

/// Opens everything for an invented city, by a clock of its own. Nobody wants it
/// past the process: no write waits for the disk.
pub async fn thrown_away(
    places: &Places,
    config: &Config,
    clock: Arc<dyn Clock>,
) -> Result<(House, Db), Failure> {
    let database = places.database(config)?.thrown_away();
    let keys = places.keys(config)?.thrown_away();
    opened(places, config, (database, keys), clock).await
}

async fn opened(
    places: &Places,
    config: &Config,
    (database, keys): (Options, Options),
    clock: Arc<dyn Clock>,
) -> Result<(House, Db), Failure> {
    own_folder(&places.folder)?;
    let db = open(&database, Migrations::Main).await?;
    let keys = open(&keys, Migrations::Keys).await?;
    let chance: Arc<dyn Chance> = Arc::new(SystemChance);
    let networks = config.outgoing.networks.clone();
    let fetcher = HttpFetcher::reaching(networks, Arc::new(SystemNames));
    let fetcher: Arc<dyn Fetcher> = Arc::new(fetcher.map_err(outside_failed)?);
    let empty = gongkai_app::store::copy::contents(&keys).await?["record_keys"].rows == 0;
    let masters = masters(&places.master_file(config), empty)?;
    let vault = Vault::open(
        keys.clone(),
        masters,
        Arc::clone(&clock),
        Arc::clone(&chance),
    )
    .await;
    let vault = vault.map_err(|error| vault_failed(&error))?;
    let vault = vault.with_source(Arc::new(MasterFile(places.master_file(config))));
    let vault = vault.making(KEYS_AT_A_TIME);
    let house = House {
        db,
        bodies: Arc::default(),
        calendars: Arc::default(),
        settings: Arc::default(),
        vault: Arc::new(vault),
        blobs: blobs(places, config, &fetcher, &clock)?,
        mailer: mailer(places, config)?,
        texter: texter(places, config, &fetcher, &clock)?,
        clock,
        chance,
        fetcher,
        press: Arc::new(Press::new(places.fonts())),
        inspecting: Arc::new(config.inspection.inspecting()?),
        checkpoints: Arc::new(CheckpointFile::new(places.checkpoints())),
        backups: Arc::new(BackupPlan {
            folder: config.backup.folder.clone(),
            keys_folder: config.backup.keys_folder.clone(),
            days: config.backup.days,
            keys_days: config.backup.keys_days,
        }),
    };
    Ok((house, keys))
}

pub fn blobs(
    places: &Places,
    config: &Config,
    fetcher: &Arc<dyn Fetcher>,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Blobs>, Failure> {
    let Some(s3) = &config.blobs.s3 else {
        return Ok(Arc::new(FileBlobs::new(places.blobs(config))));
    };
    let settings = S3Settings {
        endpoint: s3.endpoint.clone(),
        bucket: s3.bucket.clone(),
        prefix: s3.prefix.clone(),
        region: s3.region.clone(),
        key: s3.key.clone(),
        secret: config::secret(&s3.secret_file)?,
    };
    let made = S3Blobs::new(&settings, Arc::clone(fetcher), Arc::clone(clock));
    match made {
        Ok(blobs) => Ok(Arc::new(blobs)),
        Err(error) => Err(Failure::new(
            Message::new("blobs-failed").with("reason", error),
        )),
    }
}

fn outside_failed(error: OutsideError) -> Failure {
    Failure::new(Message::new("outside-failed").with("reason", error))
}

/// The mail server, or the folder where mails lie until there is one.
fn mailer(places: &Places, config: &Config) -> Result<Arc<dyn Mailer>, Failure> {
    let Some(mail) = &config.mail else {
        return Ok(Arc::new(LetterFolder(places.folder.join("mail"))));
    };
    let mailer = SmtpMailer::new(mail.settings()?).map_err(outside_failed)?;
    Ok(Arc::new(mailer))
}

/// The gateway for text messages, or the folder where they lie until there is
/// one.
fn texter(
    places: &Places,
    config: &Config,
    fetcher: &Arc<dyn Fetcher>,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Texter>, Failure> {
    let Some(sms) = &config.sms else {
        return Ok(Arc::new(LetterFolder(places.folder.join("sms"))));
    };
    let (fetcher, clock) = (Arc::clone(fetcher), Arc::clone(clock));
    Ok(Arc::new(SmsGateway::new(sms.settings()?, fetcher, clock)))
}

/// Mails and text messages as files, until a server is set: nothing is lost,
/// and nobody is told by mistake. Each has the name that it is known by, so
/// that one sent twice is one file.
#[derive(Debug)]
struct LetterFolder(PathBuf);

impl LetterFolder {
    fn keep(&self, id: &str, text: &str) -> Result<(), NotSent> {
        let write = || -> io::Result<()> {
            fs::create_dir_all(&self.0)?;
            fs::set_permissions(&self.0, fs::Permissions::from_mode(0o700))?;
            let unfinished = self.0.join(format!("{id}.part"));
            let mut file = OpenOptions::new()
                .create(true)
                .write(true)
                .truncate(true)
                .mode(0o600)
                .open(&unfinished)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&unfinished, self.0.join(format!("{id}.txt")))?;
            File::open(&self.0)?.sync_all()
        };
        write().map_err(|error| NotSent::Server(error.to_string()))
    }
}

impl Mailer for LetterFolder {
    fn send<'a>(&'a self, mail: &'a Mail) -> Doing<'a, Result<(), NotSent>> {
        let (to, subject) = (mail.to.as_str(), mail.subject.as_str());
        let files: String = mail
            .attachments
            .iter()
            .map(|file| format!("\n[{}]", file.name.as_str()))
            .collect();
        let text = format!("To: {to}\nSubject: {subject}\n\n{}\n{files}", mail.text);
        Box::pin(std::future::ready(self.keep(&mail.id, &text)))
    }
}

impl Texter for LetterFolder {
    fn send<'a>(&'a self, text: &'a Text) -> Doing<'a, Result<(), NotSent>> {
        let kept = format!("To: {}\n\n{}\n", text.to.as_str(), text.text);
        Box::pin(std::future::ready(self.keep(&text.id, &kept)))
    }
}

/// Checkpoints of the audit trail, a line each, never taken back.
#[derive(Debug)]
pub struct CheckpointFile {
    path: PathBuf,
    turn: Mutex<()>,
}

impl CheckpointFile {
    /// What a file holds that somebody names: it must be there, or a typing
    /// error would pass for nothing to compare with.
    pub fn named(path: &Path) -> Result<Vec<String>, Failure> {
        let read = fs::metadata(path).and_then(|_| Self::new(path.to_owned()).lines());
        read.map_err(|error| Failure::file("file-unreadable", path, &error))
    }

    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            turn: Mutex::new(()),
        }
    }
}

/// Longer than any line.
const TAIL: u64 = 4096;

/// How much of a file of lines ends with one. Only its end is read: it grows
/// for years.
fn whole(file: &File) -> io::Result<u64> {
    let from = file.metadata()?.len().saturating_sub(TAIL);
    let mut tail = Vec::new();
    let mut file = file;
    file.seek(SeekFrom::Start(from))?;
    file.read_to_end(&mut tail)?;
    let end = tail.iter().rposition(|byte| *byte == b'\n');
    Ok(from + end.map_or(0, |at| u64::try_from(at + 1).unwrap_or(0)))
}

impl Witness for CheckpointFile {
    fn add(&self, line: &str) -> io::Result<()> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .read(true)
            .mode(0o600)
            .open(&self.path)?;
        // A line without its end was cut off by a crash or a full disk: it was
        // never kept, and must not spoil the next.
        file.set_len(whole(&file)?)?;
        file.write_all(format!("{line}\n").as_bytes())?;
        file.sync_all()?;
        File::open(self.path.parent().unwrap_or(Path::new(".")))?.sync_all()
    }

    fn lines(&self) -> io::Result<Vec<String>> {
        match fs::read_to_string(&self.path) {
            Ok(text) => {
                let lines = text
                    .split_inclusive('\n')
                    .filter_map(|line| line.strip_suffix('\n'));
                Ok(lines.map(ToOwned::to_owned).collect())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_named_must_be_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = CheckpointFile::new(folder.path().join("checkpoints"));
        assert!(file.lines().expect("none yet").is_empty());
        assert!(CheckpointFile::named(&file.path).is_err());
        file.add("first").expect("kept");
        assert_eq!(CheckpointFile::named(&file.path).expect("lines"), ["first"]);
    }

    #[test]
    fn a_checkpoint_that_was_cut_off_does_not_spoil_the_next() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = CheckpointFile::new(folder.path().join("checkpoints"));
        file.add("first").expect("kept");
        let cut = fs::read_to_string(&file.path).expect("text") + "seco";
        fs::write(&file.path, cut).expect("a full disk");
        assert_eq!(file.lines().expect("lines"), ["first"]);
        file.add("third").expect("kept");
        assert_eq!(file.lines().expect("lines"), ["first", "third"]);
    }
}
