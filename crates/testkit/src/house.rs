//! A whole house in a test: a store, keys, a clock that a test sets, and an
//! outside that it looks into.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use gongkai_app::blobs::FileBlobs;
use gongkai_app::house::{House, Witness};
use gongkai_app::jobs::{self, Runner};
use gongkai_app::letters::Press;
use gongkai_app::outside::SystemChance;
use gongkai_app::ports::{
    BlobError, Blobs, Clock, Doing, Fetcher, Incoming, Mail, Mailer, NotSent, Outgoing,
    OutsideError, Text, Texter,
};
use gongkai_app::vault::{MasterKey, Vault};
use gongkai_domain::organization::{Organization, OrganizationId, OrganizationKind, Validity};
use gongkai_store::organization;
use gongkai_store::{Engine, jobs as stored_jobs};
use jiff::{SignedDuration, Timestamp};

use crate::database::TestDb;

/// Has each case run in a house on both engines, as two tests.
#[macro_export]
macro_rules! in_both_houses {
    ($(async fn $name:ident($test:ident) $body:block)*) => {$(
        mod $name {
            use super::*;

            async fn case($test: $crate::house::TestHouse) $body

            #[tokio::test]
            async fn on_sqlite() {
                let test = $crate::house::TestHouse::new(gongkai_store::Engine::Sqlite).await;
                Box::pin(case(test)).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                let test = $crate::house::TestHouse::new(gongkai_store::Engine::Postgres).await;
                Box::pin(case(test)).await;
            }
        }
    )*};
}

/// A clock that stands until it is set.
#[derive(Debug)]
pub struct TestClock(Mutex<Timestamp>);

impl TestClock {
    /// Moves on.
    ///
    /// # Panics
    /// Past the end of time.
    pub fn advance(&self, by: SignedDuration) {
        let mut now = self.0.lock().expect("the clock");
        *now = now.checked_add(by).expect("an instant");
    }
}

impl TestClock {
    /// Sets it.
    ///
    /// # Panics
    /// If a test broke while it was read.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().expect("the clock") = now;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("the clock")
    }
}

/// Mails and text messages that went out, of tests that look at something else.
#[derive(Debug, Default)]
pub struct Outbox(Mutex<Vec<Mail>>, Mutex<Vec<Text>>);

impl Outbox {
    /// Mails that were sent so far.
    ///
    /// # Panics
    /// If a test broke while sending.
    pub fn sent(&self) -> Vec<Mail> {
        self.0.lock().expect("the outbox").clone()
    }

    /// Text messages that were sent so far.
    ///
    /// # Panics
    /// If a test broke while sending.
    pub fn texts(&self) -> Vec<Text> {
        self.1.lock().expect("the outbox").clone()
    }
}

impl Mailer for Outbox {
    fn send<'a>(&'a self, mail: &'a Mail) -> Doing<'a, Result<(), NotSent>> {
        self.0.lock().expect("the outbox").push(mail.clone());
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Texter for Outbox {
    fn send<'a>(&'a self, text: &'a Text) -> Doing<'a, Result<(), NotSent>> {
        self.1.lock().expect("the outbox").push(text.clone());
        Box::pin(std::future::ready(Ok(())))
    }
}

/// An outside that nobody may ask.
#[derive(Debug)]
pub(crate) struct NoOutside;

impl Fetcher for NoOutside {
    fn fetch(&self, request: Outgoing) -> Doing<'_, Result<Incoming, OutsideError>> {
        panic!(
            "this test asks the outside: {} {}",
            request.method, request.url
        );
    }
}

/// Lines kept outside the store.
#[derive(Debug, Default)]
pub struct Lines(Mutex<Vec<String>>);

impl Witness for Lines {
    fn add(&self, line: &str) -> std::io::Result<()> {
        self.0.lock().expect("the lines").push(line.to_owned());
        Ok(())
    }

    fn lines(&self) -> std::io::Result<Vec<String>> {
        Ok(self.0.lock().expect("the lines").clone())
    }
}

/// Blobs in memory, for tests that look at something else.
#[derive(Debug, Default)]
pub struct MemoryBlobs(Mutex<BTreeMap<String, Vec<u8>>>);

impl Blobs for MemoryBlobs {
    fn put<'a>(&'a self, digest: &'a str, bytes: &'a [u8]) -> Doing<'a, Result<(), BlobError>> {
        let mut kept = self.0.lock().expect("the blobs");
        kept.insert(digest.to_owned(), bytes.to_vec());
        Box::pin(std::future::ready(Ok(())))
    }

    fn get<'a>(&'a self, digest: &'a str) -> Doing<'a, Result<Vec<u8>, BlobError>> {
        let found = self.0.lock().expect("the blobs").get(digest).cloned();
        let found = found.ok_or_else(|| BlobError::Missing(digest.to_owned()));
        Box::pin(std::future::ready(found))
    }

    fn list(&self) -> Doing<'_, Result<Vec<(String, Timestamp)>, BlobError>> {
        let kept = self.0.lock().expect("the blobs");
        let all = kept
            .keys()
            .map(|digest| (digest.clone(), Timestamp::UNIX_EPOCH));
        Box::pin(std::future::ready(Ok(all.collect())))
    }

    fn remove<'a>(&'a self, digest: &'a str) -> Doing<'a, Result<(), BlobError>> {
        self.0.lock().expect("the blobs").remove(digest);
        Box::pin(std::future::ready(Ok(())))
    }
}

/// A house of a test's own. It is to be [`closed`](TestHouse::close) at the
/// end, which fails when a job is left over.
pub struct TestHouse {
    /// The house.
    pub house: House,
    /// Its clock.
    pub clock: Arc<TestClock>,
    /// Its mail.
    pub outbox: Arc<Outbox>,
    /// Its checkpoints.
    pub lines: Arc<Lines>,
    /// Its databases.
    pub test: TestDb,
    closed: bool,
}

impl std::fmt::Debug for TestHouse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestHouse")
            .field("test", &self.test)
            .finish()
    }
}

impl TestHouse {
    /// A house on an engine; it is nine in the morning of a Monday in China.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn new(engine: Engine) -> Self {
        Self::on(TestDb::new(engine).await).await
    }

    /// The same on databases that were made for it.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn on(test: TestDb) -> Self {
        let now = "2026-11-23T01:00:00Z".parse().expect("an instant");
        let clock = Arc::new(TestClock(Mutex::new(now)));
        let masters = vec![MasterKey::new([7; 32])];
        let chance = Arc::new(SystemChance);
        let vault = Vault::open(test.keys.clone(), masters, clock.clone(), chance.clone()).await;
        let (outbox, lines) = (Arc::new(Outbox::default()), Arc::new(Lines::default()));
        let house = House {
            db: test.db.clone(),
            bodies: Arc::default(),
            calendars: Arc::default(),
            settings: Arc::default(),
            vault: Arc::new(vault.expect("a vault")),
            blobs: Arc::new(FileBlobs::new(test.folder.path().join("blobs"))),
            clock: clock.clone(),
            chance,
            mailer: outbox.clone(),
            texter: outbox.clone(),
            fetcher: Arc::new(NoOutside),
            press: Arc::new(Press::new(vec![fonts()])),
            inspecting: Arc::default(),
            checkpoints: lines.clone(),
            backups: Arc::default(),
        };
        Self {
            house,
            clock,
            outbox,
            lines,
            test,
            closed: false,
        }
    }

    /// Founds a department that stands since 2020; its number.
    ///
    /// # Panics
    /// If it cannot be kept.
    pub async fn department(&self, name: &str) -> OrganizationId {
        let since = Validity::since(jiff::civil::date(2020, 1, 1));
        let body = Organization::draft(name, OrganizationKind::Department, since);
        let mut tx = self.house.db.write().await.expect("a turn");
        organization::lock(&mut tx)
            .await
            .expect("a turn at the bodies");
        let id = organization::insert(&mut tx, &body, self.house.now()).await;
        tx.commit().await.expect("kept");
        id.expect("founded")
    }

    /// A runner of the house's own jobs, for one node more.
    pub fn runner(&self) -> Runner {
        Runner::new(self.house.clone(), jobs::works(), jobs::SCHEDULES)
    }

    /// Ends the test: no job may be left.
    ///
    /// # Panics
    /// If one is.
    pub async fn close(mut self) {
        self.closed = true;
        let mut tx = self.house.db.read().await.expect("a state");
        let left = stored_jobs::list(&mut tx, Some("waiting"), i64::MAX, 10).await;
        let kinds: Vec<String> = left
            .expect("a list")
            .into_iter()
            .map(|job| job.kind)
            .collect();
        assert!(kinds.is_empty(), "jobs are left over: {kinds:?}");
    }
}

impl TestHouse {
    /// Ends a test beside which other nodes work: jobs that they have not done
    /// yet are theirs.
    pub fn forget_jobs(mut self) {
        self.closed = true;
    }
}

impl Drop for TestHouse {
    fn drop(&mut self) {
        assert!(
            self.closed || std::thread::panicking(),
            "a test closes its house"
        );
    }
}

/// Where fonts for tests lie; `cargo xtask test` puts them there.
pub fn fonts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/fonts")
}

/// An object store that speaks S3, for tests.
#[derive(Debug)]
pub struct ObjectStore {
    /// Its address.
    pub address: String,
    process: Child,
}

impl ObjectStore {
    /// Starts one.
    ///
    /// # Panics
    /// If it is not there; `cargo xtask test` installs it.
    pub fn start() -> Self {
        let program =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/python/bin/moto_server");
        let mut process = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("moto_server starts; cargo xtask test installs it");
        let mut lines = BufReader::new(process.stderr.take().expect("its output")).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once("Running on ")?.1.trim().to_owned()))
            .expect("it says its address");
        // What else it says is read, so that it is never kept waiting.
        std::thread::spawn(move || lines.for_each(drop));
        Self { address, process }
    }
}

impl Drop for ObjectStore {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
