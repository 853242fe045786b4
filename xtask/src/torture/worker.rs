//! The process that writes and is killed, as its parent sees it.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use gongkai_testkit::torture::Ack;
use gongkai_testkit::torture::child::Orders;
use gongkai_testkit::torture::mutants::{Mutant, VARIABLE};

/// How long a child may take to open, or to end by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// A child at work; killed with what it started when dropped.
pub struct Worker {
    process: Child,
    lines: Receiver<String>,
    /// What it said so far.
    pub told: Told,
}

/// What children said.
#[derive(Debug, Default, Clone)]
pub struct Told {
    /// Writes that were acknowledged.
    pub acks: Vec<Ack>,
    /// What was refused, in its words.
    pub refused: Vec<String>,
    ready: bool,
}

#[expect(clippy::disallowed_methods, reason = "a kill comes at a moment")]
fn now() -> Instant {
    Instant::now()
}

impl Worker {
    /// Starts a child; before it stand the words of a program that watches it.
    pub fn start(
        orders: &Orders,
        mutant: Option<Mutant>,
        watched_by: &[String],
    ) -> Result<Self, String> {
        let own = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut words = watched_by.to_vec();
        words.extend([own.to_string_lossy().into_owned(), super::CHILD.to_owned()]);
        words.extend(orders.arguments());
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // A panic of a mutilated child is its way to stop.
            .stderr(Stdio::null())
            .process_group(0)
            .env_remove(VARIABLE);
        if let Some(mutant) = mutant {
            command.env(VARIABLE, mutant.name());
        }
        let mut process = command
            .spawn()
            .map_err(|error| format!("{} does not start: {error}", words[0]))?;
        let output = process.stdout.take().ok_or("a child without output")?;
        let (tell, lines) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut line = String::new();
            // A line without its end was not told.
            while output.read_line(&mut line).is_ok() && line.ends_with('\n') {
                if tell.send(line.trim_end().to_owned()).is_err() {
                    return;
                }
                line.clear();
            }
        });
        Ok(Self {
            process,
            lines,
            told: Told::default(),
        })
    }

    fn hear(&mut self, line: String) {
        if let Some(ack) = Ack::parse(&line) {
            self.told.acks.push(ack);
        } else if line == "ready" {
            self.told.ready = true;
        } else {
            self.told.refused.push(line);
        }
    }

    /// Listens until something holds or the time is over; whether it holds.
    pub fn listen(&mut self, time: Duration, until: impl Fn(&Told) -> bool) -> bool {
        let end = now() + time;
        while !until(&self.told) {
            let left = end.saturating_duration_since(now());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.hear(line),
                Err(RecvTimeoutError::Timeout) => return false,
                // It ended; the time is waited out by who wants it to live.
                Err(RecvTimeoutError::Disconnected) => return until(&self.told),
            }
        }
        true
    }

    /// Waits until the house is open.
    pub fn opened(&mut self) -> Result<(), String> {
        if self.listen(PATIENCE, |told| told.ready) {
            return Ok(());
        }
        Err(format!("a child did not open: {:?}", self.told.refused))
    }

    /// Kills it with SIGKILL; everything that it had told by then.
    pub fn kill(mut self) -> Told {
        self.end();
        self.rest()
    }

    /// Waits for its end; what it told, and its exit code, none if it had to
    /// be killed.
    pub fn ended(mut self) -> (Told, Option<i32>) {
        // Its output closes when it ends.
        let in_time = !self.listen_to_the_end();
        if !in_time {
            self.end();
        }
        let code = self.process.wait().ok().and_then(|status| status.code());
        (self.rest(), code.filter(|_| in_time))
    }

    /// Whether it was still going on when the time was over.
    fn listen_to_the_end(&mut self) -> bool {
        let end = now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(now());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.hear(line),
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    fn rest(mut self) -> Told {
        while let Ok(line) = self.lines.recv() {
            self.hear(line);
        }
        std::mem::take(&mut self.told)
    }

    fn end(&mut self) {
        let group = i32::try_from(self.process.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw);
        if let (Some(group), Ok(None)) = (group, self.process.try_wait()) {
            // The whole group: who watches it must not leave it behind.
            let kill = rustix::process::Signal::KILL;
            let _ = rustix::process::kill_process_group(group, kill);
        }
        drop(self.process.wait());
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.end();
    }
}
