//! What the program says while it runs: lines of JSON on standard error for the
//! service manager, and the access log in files of its own, a file a day.
//!
//! Neither holds personal data: a request is its route, not its address, and
//! where it came from is the network alone.

use std::path::Path;

use gongkai_domain::words::Message;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::{FilterFn, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

use crate::failure::Failure;

/// Lines that may wait for the disk before requests wait for it too.
const LINES_WAITING: usize = 16_384;

/// A writer that keeps every line: where the disk is slow, who writes waits.
/// The access log is kept by law, so that none may be left out.
fn patient(
    file: impl std::io::Write + Send + 'static,
    waiting: usize,
) -> (NonBlocking, WorkerGuard) {
    NonBlockingBuilder::default()
        .lossy(false)
        .buffered_lines_limit(waiting)
        .finish(file)
}

/// Begins to say it; what is given back writes out the rest when it is
/// dropped. `GONGKAI_LOG` chooses how much, `info` by default.
pub fn begin(folder: &Path, days: usize) -> Result<WorkerGuard, Failure> {
    let failed = |reason: String| Failure::new(Message::new("logs-failed").with("reason", reason));
    std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
    let filter = EnvFilter::try_from_env("GONGKAI_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let is_access = |target: &str| target == gongkai_web::ACCESS;
    let said = fmt::layer()
        .json()
        .flatten_event(true)
        .with_writer(std::io::stderr)
        .with_filter(filter)
        .with_filter(FilterFn::new(move |event| !is_access(event.target())));
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("access")
        .filename_suffix("jsonl")
        .max_log_files(days)
        .build(folder)
        .map_err(|error| failed(error.to_string()))?;
    let (file, guard) = patient(file, LINES_WAITING);
    let access = fmt::layer()
        .json()
        .flatten_event(true)
        .with_writer(file)
        .with_filter(Targets::new().with_target(gongkai_web::ACCESS, tracing::Level::INFO));
    // Another that began before, as in tests, stays.
    drop(
        tracing_subscriber::registry()
            .with(said)
            .with(access)
            .try_init(),
    );
    Ok(guard)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use super::*;

    /// A disk that takes a line when somebody reads it.
    struct Slow(SyncSender<Vec<u8>>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.send(bytes.to_vec()).map_err(std::io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn no_line_of_the_access_log_is_left_out_where_the_disk_is_slow() {
        let (disk, lines): (_, Receiver<Vec<u8>>) = sync_channel(0);
        let (mut log, guard) = patient(Slow(disk), 1);
        let writing = std::thread::spawn(move || {
            for number in 0..500 {
                log.write_all(format!("{number}\n").as_bytes())
                    .expect("taken");
            }
        });
        for number in 0..500 {
            let line = lines.recv().expect("a line");
            assert_eq!(line, format!("{number}\n").as_bytes());
        }
        writing.join().expect("it writes");
        drop(guard);
    }
}
