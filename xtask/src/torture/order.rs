//! The order of system calls: what SIGKILL cannot show, because the kernel
//! lives on, is read from a trace. Before an answer goes out, the file was
//! synced, got its name, its folder was synced, and the log of the database.

use std::collections::BTreeSet;
use std::path::Path;

use gongkai_testkit::database::Folder;
use gongkai_testkit::torture::child::Orders;
use gongkai_testkit::torture::mutants::Mutant;
use gongkai_testkit::torture::{Ack, Place};

use super::worker::Worker;

const CALLS: &str = "trace=fsync,fdatasync,rename,renameat,renameat2,mkdir,mkdirat,write";
const WRITES: usize = 6;

/// Runs a child under a trace and reads it; how many answers were looked at.
pub fn traced(mutant: Option<Mutant>) -> Result<Result<usize, String>, String> {
    let folder = Folder::below(super::DISK.as_ref());
    let orders = Orders {
        place: Place::sqlite(folder.path()),
        tasks: 1,
        writes: Some(WRITES),
    };
    let log = folder.path().join("trace");
    let strace = ["strace", "-f", "-y", "-s", "400", "-e", CALLS, "-o"];
    let mut strace: Vec<String> = strace.map(String::from).to_vec();
    strace.push(log.to_string_lossy().into_owned());
    let (told, code) = Worker::start(&orders, mutant, &strace)?.ended();
    if code != Some(0) {
        return Err(format!("the traced child ended with {code:?}: {told:?}"));
    }
    let trace = std::fs::read_to_string(&log).map_err(|error| error.to_string())?;
    Ok(ordered(&trace))
}

/// Reads a trace; how many answers it holds, or the first that came too early.
fn ordered(trace: &str) -> Result<usize, String> {
    let mut seen = Seen::default();
    let mut answers = 0;
    for line in trace.lines() {
        // What another thread interrupted was begun all the same; one write at
        // a time waits for each of its calls.
        let call = line.split_once(' ').map_or(line, |(_, call)| call).trim();
        if let Some(ack) = answer(call) {
            seen.answered(&ack)?;
            answers += 1;
        } else {
            seen.call(call)?;
        }
    }
    if answers == 0 {
        return Err("no answer in the trace".to_owned());
    }
    Ok(answers)
}

fn answer(call: &str) -> Option<Ack> {
    let text = call.strip_prefix("write(1<")?.split_once('"')?.1;
    Ack::parse(text.split("\\n").next()?)
}

/// What was done so far.
#[derive(Default)]
struct Seen {
    synced: BTreeSet<String>,
    /// Folders with something new in them, by what is new.
    unsynced: Vec<(String, String)>,
    named: BTreeSet<String>,
    log_synced: bool,
}

impl Seen {
    fn call(&mut self, call: &str) -> Result<(), String> {
        let Some((name, rest)) = call.split_once('(') else {
            return Ok(());
        };
        match name {
            "fsync" | "fdatasync" => {
                let path = rest.split(['<', '>']).nth(1).unwrap_or_default();
                self.unsynced.retain(|(folder, _)| folder != path);
                self.log_synced |= path.ends_with("main.sqlite-wal");
                self.synced.insert(path.to_owned());
            }
            "rename" | "renameat" | "renameat2" => {
                let mut quoted = rest.split('"');
                let from = quoted.nth(1).unwrap_or_default();
                let to = quoted.nth(1).unwrap_or_default();
                if !self.synced.contains(from) {
                    return Err(format!("{to} was named before its bytes were synced"));
                }
                self.is_new(to);
                self.named.insert(file_name(to));
                // What is named commits after.
                self.log_synced = false;
            }
            "mkdir" | "mkdirat" if rest.contains("= 0") => {
                let path = rest.split('"').nth(1).unwrap_or_default();
                self.is_new(path);
            }
            _ => {}
        }
        Ok(())
    }

    fn is_new(&mut self, path: &str) {
        let folder = Path::new(path).parent().unwrap_or(Path::new("/"));
        let folder = folder.to_string_lossy().into_owned();
        self.unsynced.push((folder, path.to_owned()));
    }

    fn answered(&mut self, ack: &Ack) -> Result<(), String> {
        if !self.named.contains(&ack.blob) {
            return Err(format!(
                "{} was acknowledged before its blob had a name",
                ack.key
            ));
        }
        if let Some((folder, new)) = self.unsynced.first() {
            return Err(format!(
                "acknowledged while {folder} was not synced, in which {} is new",
                file_name(new)
            ));
        }
        if !std::mem::take(&mut self.log_synced) {
            return Err(format!(
                "{} was acknowledged before COMMIT was synced",
                ack.key
            ));
        }
        Ok(())
    }
}

fn file_name(path: &str) -> String {
    let name = Path::new(path).file_name();
    name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &[&str] = &[
        r#"1 mkdir("/d/blobs/ab", 0777) = 0"#,
        r#"1 fsync(9</d/blobs/ab/abcd.1.part>) = 0"#,
        r#"1 rename("/d/blobs/ab/abcd.1.part", "/d/blobs/ab/abcd") = 0"#,
        r#"1 fsync(9</d/blobs/ab>) = 0"#,
        r#"1 fsync(9</d/blobs>) = 0"#,
        r#"2 fdatasync(7</d/main.sqlite-wal>) = 0"#,
        r#"1 write(1<pipe:[5]>, "ack k a abcd ef\n", 16) = 16"#,
    ];

    #[test]
    fn an_answer_follows_every_sync() {
        assert_eq!(ordered(&GOOD.join("\n")), Ok(1));
        // Each of the syncs is needed.
        for left_out in [1, 3, 4, 5] {
            let mut trace = GOOD.to_vec();
            trace.remove(left_out);
            assert!(ordered(&trace.join("\n")).is_err(), "without {left_out}");
        }
    }
}
