//! The disk fails under PostgreSQL itself: calls of the server fail one by one,
//! or its disk is full. What it had promised must be there afterwards, and the
//! child that wrote must have told the truth.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gongkai_testkit::database::{Folder, Server};
use gongkai_testkit::torture::Place;
use gongkai_testkit::torture::child::Orders;
use gongkai_testkit::torture::proof::{Look, prove};

use super::Tally;
use super::faults::{self, Small};
use super::worker::Worker;

/// Writes that a child tries while the server's disk fails.
const WRITES: usize = 8;
/// How long is looked at the server again, and how often.
const LOOK: Duration = Duration::from_millis(20);
const LOOKS: usize = 500;
/// Megabytes that a new server has, and with room to go on.
const SMALL: usize = 150;
const ROOM: usize = 400;

/// Calls of the server that fail: the promises to the disk, and writing to it.
/// Its log and its connections use others.
const FAULTS: [(&str, &str); 2] = [
    ("fdatasync,fsync", "EIO"),
    ("pwrite64,pwritev,pwritev2,fallocate", "ENOSPC"),
];

/// Has calls of the server fail, up to the n-th of each of its processes. None
/// where it may not be traced.
pub fn calls(server: &Server, most: usize) -> Result<Option<Tally>, String> {
    let folder = Folder::below(super::DISK.as_ref());
    let place = Place::postgres(folder.path(), &server.cluster, "server");
    let mut tally = Tally::default();
    let mut ledger = faults::sound(&place, &mut tally)?;
    for (calls, error) in FAULTS {
        for number in 1..=most {
            for more in ["", "+"] {
                let log = folder.path().join("trace");
                let inject = format!("inject={calls}:error={error}:when={number}{more}");
                let Some(tracer) = Tracer::attached(server, calls, &inject, &log) else {
                    return Ok(None);
                };
                let orders = Orders {
                    place: place.clone(),
                    tasks: 1,
                    writes: Some(WRITES),
                };
                let (told, code) = Worker::start(&orders, None, &[])?.ended();
                drop(tracer);
                let trace = std::fs::read_to_string(&log).map_err(|error| error.to_string())?;
                tally.faults += trace.matches("(INJECTED)").count();
                tally.refused += told.refused.len() + usize::from(code != Some(0));
                ledger.extend(told.acks);
                revived(server)?;
                ledger.extend(faults::sound(&place, &mut tally)?);
                tally.proof.add(prove(&place, &ledger, Look::Quick)?);
                tally.recovered += 1;
            }
        }
    }
    tally.acks = ledger.len();
    tally.proof.add(prove(&place, &ledger, Look::Whole)?);
    if tally.faults == 0 {
        return Err("no call of the server failed".to_owned());
    }
    Ok(Some(tally))
}

#[expect(
    clippy::disallowed_methods,
    reason = "another program is looked at again; it tells nobody"
)]
fn pause() {
    std::thread::sleep(LOOK);
}

/// Waits until the server answers; starts it where it has stopped.
fn revived(server: &Server) -> Result<(), String> {
    for _ in 0..LOOKS {
        if server.processes().is_empty() {
            server.start_again();
        }
        if server.answers() {
            return Ok(());
        }
        pause();
    }
    Err("the server does not come back".to_owned())
}

/// What has calls of the server fail; it lets go when dropped.
struct Tracer(Child);

impl Tracer {
    /// Attached to every process of the server and to those that it starts.
    fn attached(server: &Server, calls: &str, inject: &str, log: &Path) -> Option<Self> {
        let processes = server.processes();
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-e", &format!("trace={calls}")]);
        command.args(["-e", inject, "-o"]).arg(log);
        for process in &processes {
            command.args(["-p", process]);
        }
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut tracer = Self(child);
        for _ in 0..LOOKS {
            if processes.first().is_some_and(|first| is_traced(first)) {
                return Some(tracer);
            }
            if tracer.0.try_wait().is_ok_and(|ended| ended.is_some()) {
                return None;
            }
            pause();
        }
        None
    }
}

fn is_traced(process: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"));
    status.is_ok_and(|status| {
        let tracer = status
            .lines()
            .find_map(|line| line.strip_prefix("TracerPid:"));
        tracer.is_some_and(|tracer| tracer.trim() != "0")
    })
}

impl Drop for Tracer {
    fn drop(&mut self) {
        // Asked to end, it lets its processes go on.
        let id = self.0.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
        drop(self.0.wait());
    }
}

/// The server's own disk is full, and later has room again; the child goes on
/// without being started anew. None where nothing may be mounted.
pub fn full() -> Result<Option<Tally>, String> {
    let Some(small) = Small::mounted(ROOM) else {
        return Ok(None);
    };
    let server = Server::start(small.path());
    let folder = Folder::below(super::DISK.as_ref());
    let place = Place::postgres(folder.path(), &server.cluster, "full");
    // Laid out while there is room, then filled up but for a little: what is to
    // be refused is a write, not the opening.
    let begun = faults::sound(&place, &mut Tally::default())?;
    let ballast = small.path().join("ballast");
    if !small.resize(SMALL) || !fill(&ballast) {
        return Err("the disk is not to be filled".to_owned());
    }
    let tally = faults::full(&place, begun, || {
        let is_gone = std::fs::remove_file(&ballast).is_ok() && small.resize(ROOM);
        is_gone && revived(&server).is_ok()
    });
    drop(server);
    tally.map(Some)
}

/// Takes all but two megabytes of what is free.
fn fill(ballast: &Path) -> bool {
    let Some(folder) = ballast.parent() else {
        return false;
    };
    let Ok(disk) = rustix::fs::statvfs(folder) else {
        return false;
    };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let size = free.saturating_sub(2 * 1024 * 1024).to_string();
    let made = Command::new("fallocate")
        .args(["-l", &size])
        .arg(ballast)
        .status();
    made.is_ok_and(|status| status.success())
}
