//! What the program says while it runs: lines of JSON on standard error for the
//! service manager, and the access log in files of its own, a file a day.
//!
//! Neither holds personal data: a request is its route, not its address, and
//! where it came from is the network alone.

use std::path::Path;

use gongkai_domain::words::Message;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::{FilterFn, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

use crate::failure::Failure;

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
    let (file, guard) = tracing_appender::non_blocking(file);
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
