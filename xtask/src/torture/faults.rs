//! The disk fails: one call of many, every call from one on, or it is full.

use std::path::Path;
use std::time::Duration;

use gongkai_testkit::database::{Folder, Server};
use gongkai_testkit::torture::child::{GAVE_UP, Orders};
use gongkai_testkit::torture::proof::{Look, prove};
use gongkai_testkit::torture::{Ack, Place};

use super::Tally;
use super::worker::{Told, Worker};
use crate::shell;

/// Writes that a child tries while its disk fails.
const WRITES: usize = 8;
/// Writes that a full disk refuses until there is room.
const REFUSALS: usize = 40;
/// A segment of the log that was made beforehand holds out for a while.
const PATIENCE: Duration = Duration::from_secs(120);

/// A call that fails.
struct Fault {
    calls: &'static str,
    error: &'static str,
    /// Which one; with `+`, all from there on. Each thread counts for itself.
    when: String,
    /// Only on files of this ending, where other files share the call.
    paths: &'static [&'static str],
}

/// Files that the databases write.
const DATABASES: &[&str] = &[
    "main.sqlite",
    "main.sqlite-wal",
    "keys.sqlite",
    "keys.sqlite-wal",
];

fn plan(most: usize) -> Vec<Fault> {
    let mut faults = Vec::new();
    for number in 1..=most {
        for more in ["", "+"] {
            let when = format!("{number}{more}");
            faults.push(Fault {
                calls: "fdatasync,fsync",
                error: "EIO",
                when: when.clone(),
                paths: &[],
            });
            faults.push(Fault {
                calls: "write,pwrite64",
                error: "ENOSPC",
                when,
                paths: DATABASES,
            });
        }
    }
    faults
}

/// Has the calls of a SQLite child fail, up to the n-th.
pub fn on_sqlite(most: usize) -> Result<Tally, String> {
    let folder = Folder::below(super::DISK.as_ref());
    calls(&Place::sqlite(folder.path()), &folder, &plan(most))
}

/// Has a child's own calls beside PostgreSQL fail: those for its blobs.
pub fn beside_postgres(server: &Server, most: usize) -> Result<Tally, String> {
    let folder = Folder::below(super::DISK.as_ref());
    let place = Place::postgres(folder.path(), &server.cluster, "beside");
    let synced = |fault: &Fault| fault.paths.is_empty();
    let faults: Vec<Fault> = plan(most).into_iter().filter(synced).collect();
    calls(&place, &folder, &faults)
}

fn calls(place: &Place, folder: &Folder, faults: &[Fault]) -> Result<Tally, String> {
    let mut tally = Tally::default();
    let mut ledger = sound(place, &mut tally)?;
    for fault in faults {
        let log = folder.path().join("trace");
        let orders = Orders {
            place: place.clone(),
            tasks: 1,
            writes: Some(WRITES),
        };
        let watched = strace(fault, folder.path(), &log);
        let (told, code) = Worker::start(&orders, None, &watched)?.ended();
        let trace = std::fs::read_to_string(&log).map_err(|error| error.to_string())?;
        let injected = injected(&trace);
        tally.faults += injected.all;
        tally.refused += told.refused.len() + usize::from(code != Some(0));
        let is_silent = told.refused.is_empty() && code == Some(0);
        if injected.biting > 0 && is_silent {
            tally.proof.lost += 1;
            tally.proof.words.push(format!(
                "{} of {} at {} was passed over in silence",
                fault.error, fault.calls, fault.when
            ));
        }
        // It goes on, or it stops; never does it stay and refuse for ever.
        let stopped = code != Some(0) && code != Some(i32::from(GAVE_UP));
        if !stopped && told.refused.len() > injected.all {
            tally.proof.torn += 1;
            tally.proof.words.push(format!(
                "after {} failures it refused {} writes: {:?}",
                injected.all,
                told.refused.len(),
                told.refused.last()
            ));
        }
        ledger.extend(told.acks);
        ledger.extend(sound(place, &mut tally)?);
        tally.proof.add(prove(place, &ledger, Look::Quick)?);
        tally.recovered += 1;
    }
    tally.acks = ledger.len();
    tally.proof.add(prove(place, &ledger, Look::Whole)?);
    Ok(tally)
}

/// A child on a sound disk: it opens what the last one left, and writes.
pub(super) fn sound(place: &Place, tally: &mut Tally) -> Result<Vec<Ack>, String> {
    let orders = Orders {
        place: place.clone(),
        tasks: 1,
        writes: Some(2),
    };
    let (Told { acks, refused, .. }, code) = Worker::start(&orders, None, &[])?.ended();
    if acks.len() == 2 && code == Some(0) {
        return Ok(acks);
    }
    tally.proof.torn += 1;
    let words = format!("it did not recover: exit {code:?}, {refused:?}");
    tally.proof.words.push(words.clone());
    Err(words)
}

fn strace(fault: &Fault, folder: &Path, log: &Path) -> Vec<String> {
    let mut words: Vec<String> = ["strace", "-f", "-y"].map(String::from).to_vec();
    let Fault {
        calls, error, when, ..
    } = fault;
    words.extend(["-e".to_owned(), format!("trace={calls}")]);
    words.extend([
        "-e".to_owned(),
        format!("inject={calls}:error={error}:when={when}"),
    ]);
    for path in fault.paths {
        words.push("-P".to_owned());
        words.push(folder.join(path).to_string_lossy().into_owned());
    }
    words.extend(["-o".to_owned(), log.to_string_lossy().into_owned()]);
    words
}

/// Calls that failed.
struct Injected {
    all: usize,
    /// Without those on a database's own file: what was committed lies in its
    /// log, and is moved again when moving failed.
    biting: usize,
}

fn injected(trace: &str) -> Injected {
    let lines = trace.lines().filter(|line| line.contains("(INJECTED)"));
    let (mut all, mut biting) = (0, 0);
    for line in lines {
        all += 1;
        biting += usize::from(!line.contains(".sqlite>"));
    }
    Injected { all, biting }
}

/// A file system in memory that is soon full; gone when dropped.
pub(super) struct Small(Folder);

impl Small {
    /// One of so many megabytes; none where nothing may be mounted.
    pub(super) fn mounted(megabytes: usize) -> Option<Self> {
        let folder = Folder::below(super::DISK.as_ref());
        let path = folder.path().to_string_lossy().into_owned();
        let size = format!("size={megabytes}m");
        let arguments = ["-t", "tmpfs", "-o", &size, "tmpfs", &path];
        shell::quietly("mount", &arguments).then_some(Self(folder))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Makes room, or takes it away.
    pub(super) fn resize(&self, megabytes: usize) -> bool {
        let path = self.0.path().to_string_lossy().into_owned();
        let size = format!("remount,size={megabytes}m");
        shell::quietly("mount", &["-o", &size, &path])
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let path = self.0.path().to_string_lossy().into_owned();
        shell::quietly("umount", &["-l", &path]);
    }
}

/// Megabytes of a disk that is soon full, and of one with room.
const FULL: usize = 4;
const ROOM: usize = 64;

/// SQLite and its blobs on a full disk. None where nothing may be mounted.
pub fn full_on_sqlite() -> Result<Option<Tally>, String> {
    let Some(small) = Small::mounted(FULL) else {
        return Ok(None);
    };
    let place = Place::sqlite(small.path());
    full(&place, Vec::new(), || small.resize(ROOM)).map(Some)
}

/// Blobs on a full disk, beside PostgreSQL on one with room.
pub fn full_beside_postgres(server: &Server) -> Result<Option<Tally>, String> {
    let Some(small) = Small::mounted(FULL) else {
        return Ok(None);
    };
    let place = Place::postgres(small.path(), &server.cluster, "full");
    full(&place, Vec::new(), || small.resize(ROOM)).map(Some)
}

/// Writes until the disk is full, and on; then there is room again, and the
/// process goes on without being started anew. `ledger` is what was told before.
pub(super) fn full(
    place: &Place,
    mut ledger: Vec<Ack>,
    make_room: impl FnOnce() -> bool,
) -> Result<Tally, String> {
    let orders = Orders {
        place: place.clone(),
        tasks: 2,
        writes: None,
    };
    let mut tally = Tally::default();
    let mut worker = Worker::start(&orders, None, &[])?;
    if !worker.listen(PATIENCE, |told| told.refused.len() >= REFUSALS) {
        return Err("a full disk was not noticed".to_owned());
    }
    if !make_room() {
        return Err("the small disk does not grow".to_owned());
    }
    let before = worker.told.acks.len();
    let goes_on = worker.listen(PATIENCE, |told| told.acks.len() >= before + 5);
    let Told { acks, refused, .. } = worker.kill();
    if !goes_on {
        tally.proof.torn += 1;
        let words = format!("it does not go on when there is room: {:?}", refused.last());
        tally.proof.words.push(words);
    }
    tally.faults = refused.len();
    tally.refused = refused.len();
    ledger.extend(acks);
    ledger.extend(sound(place, &mut tally)?);
    tally.recovered += 1 + usize::from(goes_on);
    tally.acks = ledger.len();
    tally.proof.add(prove(place, &ledger, Look::Whole)?);
    Ok(tally)
}
