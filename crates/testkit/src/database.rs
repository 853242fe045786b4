//! Databases for tests: SQLite in a folder of its own, and a real PostgreSQL
//! of the tests' own, on a private socket.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::parent_id;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gongkai_store::{Db, Engine, Migrations, Options};
use tempfile::TempDir;

use crate::models;

/// Has each case run on both engines, as two tests.
#[macro_export]
macro_rules! on_both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($db:ident: $kind:ty) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports, reason = "a case need not use every name")]
            use super::*;

            $(#[$meta])*
            async fn case($db: $kind) $body

            #[tokio::test]
            async fn on_sqlite() {
                let test = $crate::database::TestDb::new(gongkai_store::Engine::Sqlite).await;
                Box::pin(case(test)).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                let test = $crate::database::TestDb::new(gongkai_store::Engine::Postgres).await;
                Box::pin(case(test)).await;
            }
        }
    )*};
}

/// An empty database with the present layout, and its key store; both gone at
/// the end.
#[derive(Debug)]
pub struct TestDb {
    /// The database.
    pub db: Db,
    /// How to open it once more.
    pub options: Options,
    /// The store of keys.
    pub keys: Db,
    /// How to open that once more.
    pub keys_options: Options,
    /// A folder of the test's own.
    pub folder: Folder,
    /// What is to be gone at the end beside it.
    _given: Option<Given>,
}

/// A folder that is gone at the end.
#[derive(Debug)]
pub struct Folder(TempDir);

/// A name that nothing else has, nor had. The number of a process is none: a run has
/// more processes than there are numbers, and one that was killed leaves its things.
///
/// # Panics
/// If the system has no chance to give.
pub fn own_name() -> String {
    let chance = getrandom::u64().expect("chance");
    format!("gongkai_{chance:016x}")
}

impl Folder {
    /// A new folder.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn new() -> Self {
        Self::below(&std::env::temp_dir())
    }

    /// A new folder in a place that is chosen: what waits for the disk is to
    /// lie on one.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn below(place: &Path) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("gongkai_")
            .tempdir_in(place);
        let folder = folder.expect("a folder");
        // Servers that are no root's read there too.
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).expect("its rights");
        Self(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}

/// The address of an empty database without a layout.
///
/// # Panics
/// If the engine cannot be had; `cargo xtask test` installs it.
pub fn empty(engine: Engine, folder: &Folder) -> Options {
    match engine {
        Engine::Sqlite => {
            let file = folder.path().join(format!("{}.sqlite", own_name()));
            Options::new(format!("sqlite:{}", file.display()))
        }
        Engine::Postgres => Options::new(Cluster::shared().database(&own_name())),
    }
}

impl TestDb {
    /// An empty database on an engine.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn new(engine: Engine) -> Self {
        let folder = Folder::new();
        let (main, keys, given) = match engine {
            Engine::Sqlite => {
                let main = models::copy_of_file(&folder, Migrations::Main).await;
                let keys = models::copy_of_file(&folder, Migrations::Keys).await;
                (main, keys, None)
            }
            Engine::Postgres => {
                let cluster = Cluster::shared();
                let main = models::copy_in(&cluster, Migrations::Main).await;
                let keys = models::copy_in(&cluster, Migrations::Keys).await;
                let databases = vec![main.clone(), keys.clone()];
                let (main, keys) = (cluster.address(&main), cluster.address(&keys));
                let given = Given { cluster, databases };
                (Options::new(main), Options::new(keys), Some(given))
            }
        };
        Self::at(folder, main, keys, given).await
    }

    /// The same in a server of PostgreSQL that nothing else uses.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn alone_in(cluster: &Cluster) -> Self {
        let database = || Options::new(cluster.database(&own_name()));
        Self::at(Folder::new(), database(), database(), None).await
    }

    async fn at(folder: Folder, main: Options, keys: Options, given: Option<Given>) -> Self {
        let open = async |options: Options, migrations| {
            let db = Db::open_migrated(&options, migrations).await;
            (db.expect("a database"), options)
        };
        let (db, options) = open(main, Migrations::Main).await;
        let (keys, keys_options) = open(keys, Migrations::Keys).await;
        Self {
            db,
            options,
            keys,
            keys_options,
            folder,
            _given: given,
        }
    }
}

/// Databases of a server that many tests share. A run has very many of them, and each
/// takes ten megabytes: they go with their test.
#[derive(Debug)]
struct Given {
    cluster: Cluster,
    databases: Vec<String>,
}

impl Drop for Given {
    fn drop(&mut self) {
        let mut drop = client("psql", &self.cluster.socket);
        drop.extend(["-q", "-d", "postgres"].map(String::from));
        for database in &self.databases {
            drop.push("-c".to_owned());
            drop.push(format!("drop database {database} with (force)"));
        }
        // Nobody waits for it: what does not go now goes with the server.
        let _ = Command::new(&drop[0])
            .args(&drop[1..])
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
    }
}

impl TestDb {
    /// The database in which a statement of a room runs.
    pub fn db_of(&self, statement: &str) -> &Db {
        if statement.starts_with("keys::") {
            &self.keys
        } else {
            &self.db
        }
    }
}

/// A PostgreSQL server of the tests' own. All tests of a run share one: the
/// first starts it, and it ends when the run does.
#[derive(Debug)]
pub struct Cluster {
    socket: PathBuf,
}

impl Cluster {
    /// The server of this run.
    ///
    /// # Panics
    /// If it cannot be started; `cargo xtask test` installs PostgreSQL.
    pub fn shared() -> Self {
        let folder = of_run("postgres");
        let _lock = locked(&folder);
        let socket = folder.join("socket");
        // What an earlier run left behind answers no more.
        if UnixStream::connect(socket.join(".s.PGSQL.5432")).is_err() {
            Self::start(&folder, &["fsync=off", "full_page_writes=off"]);
            ends_with(parent_id(), &folder);
        }
        Self { socket }
    }

    /// Makes and starts a server in a folder.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(folder: &Path, settings: &[&str]) -> Self {
        let cluster = Self::make(folder);
        serve(folder, settings).expect("PostgreSQL starts");
        cluster
    }

    fn make(folder: &Path) -> Self {
        let (data, socket) = (folder.join("data"), folder.join("socket"));
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(&socket).expect("a folder");
        if is_root() {
            run(&["chown".into(), "-R".into(), "postgres".into(), text(folder)]);
        }
        let mut make = pg("initdb");
        make.extend(
            [
                "-A",
                "trust",
                "-U",
                "gongkai",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "-N",
                "-D",
            ]
            .map(String::from),
        );
        make.push(text(&data));
        run(&make);
        Self { socket }
    }

    /// Makes an empty database; its address.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn database(&self, name: &str) -> String {
        self.made(name, &[])
    }

    /// The same for a server that sorts by a language, as an office may have
    /// set it up.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn database_sorted_by(&self, name: &str, language: &str) -> String {
        let sorted = format!("--icu-locale={language}");
        self.made(name, &["--locale-provider=icu", &sorted])
    }

    fn made(&self, name: &str, options: &[&str]) -> String {
        let options: Vec<&str> = [options, &["-T", "template0"]].concat();
        self.create(name, &options);
        self.address(name)
    }

    /// Makes a database with options of `createdb`.
    pub(crate) fn create(&self, name: &str, options: &[&str]) {
        let mut make = client("createdb", &self.socket);
        make.extend(options.iter().map(|option| (*option).to_owned()));
        make.push(name.to_owned());
        run(&make);
    }

    /// The address of a database.
    pub(crate) fn address(&self, name: &str) -> String {
        let socket = text(&self.socket).replace('/', "%2F");
        format!("postgres://gongkai@localhost/{name}?host={socket}")
    }

    /// Where something lies that is as old as the server.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.socket.join(name)
    }
}

/// A folder of this run, which is the process that starts the tests. Its number alone is
/// none: another may have had it.
pub(crate) fn of_run(what: &str) -> PathBuf {
    let run = parent_id();
    let told = std::fs::read_to_string(format!("/proc/{run}/stat")).unwrap_or_default();
    // Behind the name, which may hold anything: the ticks at which it began.
    let began = told
        .rsplit(") ")
        .next()
        .and_then(|rest| rest.split(' ').nth(19));
    let began = began.unwrap_or_default();
    std::env::temp_dir().join(format!("gongkai-{what}-{run}-{began}"))
}

/// Has others of a run wait that would make the same in a place.
pub(crate) fn locked(place: &Path) -> std::fs::File {
    let lock = std::fs::File::create(place.with_extension("lock")).expect("a lock");
    lock.lock().expect("the lock");
    lock
}

/// Has what was made go when a process does.
pub(crate) fn gone_with(process: u32, first: &str, folder: &Path) {
    let stop = format!(
        "tail --pid={process} -f /dev/null; {first} rm -rf '{}' '{}'",
        folder.display(),
        folder.with_extension("lock").display(),
    );
    let watcher = Command::new("setsid")
        .args(["--fork", "sh", "-c", &stop])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(watcher.is_ok_and(|status| status.success()), "a watcher");
}

/// Has a server end, and its folder with it, when a process does.
fn ends_with(process: u32, folder: &Path) {
    let stop = format!(
        "{} stop -m immediate -D '{}';",
        pg("pg_ctl").join(" "),
        folder.join("data").display(),
    );
    gone_with(process, &stop, folder);
}

/// Starts a server on what lies in a folder.
fn serve(folder: &Path, settings: &[&str]) -> Result<(), String> {
    let mut options = format!(
        "-c listen_addresses='' -c unix_socket_directories='{}' -c max_connections=300",
        folder.join("socket").display()
    );
    for setting in settings {
        options.push_str(" -c ");
        options.push_str(setting);
    }
    let mut start = pg("pg_ctl");
    start.extend(["start".into(), "-w".into(), "-s".into(), "-D".into()]);
    start.extend([text(&folder.join("data")), "-l".into()]);
    start.extend([text(&folder.join("log")), "-o".into(), options]);
    tried(&start)
}

/// A server of one run's own that keeps its promises to the disk, that may be
/// ended like a machine without power, and started again; gone at the end.
#[derive(Debug)]
pub struct Server {
    /// Where its databases are made.
    pub cluster: Cluster,
    folder: Folder,
}

/// What an office would run: every promise to the disk is kept.
const DURABLE: [&str; 3] = ["fsync=on", "full_page_writes=on", "synchronous_commit=on"];
/// A server that was killed leaves memory behind, which the next one sees until
/// the last of its processes is gone.
const STARTS: usize = 50;

impl Server {
    /// A new one, below a folder.
    ///
    /// # Panics
    /// If it cannot be started; `cargo xtask test` installs PostgreSQL.
    pub fn start(below: &Path) -> Self {
        let folder = Folder::below(below);
        let cluster = Cluster::start(&folder.path().join("pg"), &DURABLE);
        // Also where this run is stopped from the keyboard.
        ends_with(std::process::id(), &folder.path().join("pg"));
        Self { cluster, folder }
    }

    /// Where its files lie.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("pg/data")
    }

    /// Its processes, the first one first; none where it has ended.
    ///
    /// # Panics
    /// If they cannot be asked for.
    pub fn processes(&self) -> Vec<String> {
        let Ok(file) = std::fs::read_to_string(self.data().join("postmaster.pid")) else {
            return Vec::new();
        };
        let first = file.lines().next().unwrap_or_default().to_owned();
        if !Path::new("/proc").join(&first).exists() {
            return Vec::new();
        }
        let below = Command::new("pgrep").args(["-P", &first]).output();
        let below = below.expect("pgrep runs");
        let below = String::from_utf8_lossy(&below.stdout).into_owned();
        let below = below.split_whitespace().map(ToOwned::to_owned);
        std::iter::once(first).chain(below).collect()
    }

    /// Whether it takes connections.
    ///
    /// # Panics
    /// If it cannot be asked.
    pub fn answers(&self) -> bool {
        let mut ask = pg("pg_isready");
        ask.extend(["-q", "-h"].map(String::from));
        ask.push(text(&self.cluster.socket));
        tried(&ask).is_ok()
    }

    /// Ends it at once, with all its processes.
    ///
    /// # Panics
    /// If it does not run.
    pub fn crash(&self) {
        let all = self.processes();
        assert!(!all.is_empty(), "it runs");
        // The first one first: it would end the others in its own way.
        for process in all {
            // Some are gone by themselves meanwhile.
            let _ = Command::new("kill")
                .args(["-KILL", &process])
                .stderr(Stdio::null())
                .status();
        }
    }

    /// Starts it again after a crash.
    ///
    /// # Panics
    /// If it does not come back.
    pub fn start_again(&self) {
        let mut told = String::new();
        for _ in 0..STARTS {
            match serve(&self.folder.path().join("pg"), &DURABLE) {
                Ok(()) => return,
                Err(reason) => told = reason,
            }
        }
        panic!("PostgreSQL does not come back: {told}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut stop = pg("pg_ctl");
        stop.extend(["stop", "-s", "-m", "immediate", "-D"].map(String::from));
        stop.push(text(&self.data()));
        let _ = tried(&stop);
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id runs");
    id.stdout == b"0\n"
}

/// A program of PostgreSQL's that asks a server.
fn client(program: &str, socket: &Path) -> Vec<String> {
    let asked = ["-h".into(), text(socket), "-U".into(), "gongkai".into()];
    let mut client = vec![text(&installed(program))];
    client.extend(asked);
    client
}

/// A program of PostgreSQL's, run by somebody who is not root.
fn pg(program: &str) -> Vec<String> {
    let program = text(&installed(program));
    if is_root() {
        ["runuser", "-u", "postgres", "--", &program]
            .map(String::from)
            .to_vec()
    } else {
        vec![program]
    }
}

fn installed(program: &str) -> PathBuf {
    let folder = std::fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL is there; cargo xtask test installs it")
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .max()
        .expect("a version of PostgreSQL");
    folder.join(program)
}

fn run(command: &[String]) {
    tried(command).unwrap_or_else(|reason| panic!("{reason}"));
}

fn tried(command: &[String]) -> Result<(), String> {
    let (program, arguments) = command.split_first().expect("a command");
    let done = Command::new(program)
        .args(arguments)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if done.status.success() {
        return Ok(());
    }
    Err(format!(
        "{command:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    ))
}
