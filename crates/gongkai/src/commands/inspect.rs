//! `gongkai inspect FILE…`

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use gongkai_app::IntakeError;
use gongkai_app::inspection::{self, File, Finding, Outcome, Severity, Verdict};
use gongkai_domain::words::{Message, Words};
use serde_json::json;

use super::{Session, print_json, say};
use crate::failure::Failure;
use crate::reader::ProcessReader;

/// Inspects files as the server does: each in a process of its own, with the
/// scanner and the expressions of the configuration. 0: all may pass; 1: one
/// may not by itself; 2: one could not be inspected.
pub fn run(session: &Session, files: &[PathBuf], as_json: bool) -> Result<ExitCode, Failure> {
    let (config, _) = session.ground()?;
    let inspecting = config.inspection.inspecting()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::file("file-unreadable", Path::new("tokio"), &error))?;
    let reader = ProcessReader::default();
    let today = today();
    let (mut all, mut failures) = (Vec::new(), Vec::new());
    for path in files {
        let done = bytes(path).and_then(|bytes| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let file = File {
                name: name.into_owned(),
                bytes: Arc::from(bytes),
            };
            let examined = inspection::examine(&inspecting, &reader, &file, today);
            let outcome = runtime.block_on(examined);
            let outcome = outcome.map_err(|refused| Failure::in_file(path, refused.message()))?;
            Ok((inspection::digest_of(&file.bytes), outcome))
        });
        match done {
            Ok((digest, outcome)) => all.push((path, digest, outcome)),
            Err(failure) => failures.push(failure),
        }
    }
    let label = session.words.text("failure-label");
    for failure in &failures {
        anstream::eprintln!("{label}{}", failure.text(session.words));
    }
    if as_json {
        let values: Vec<_> = all
            .iter()
            .map(|(path, digest, outcome)| {
                json!({ "file": path.display().to_string(), "digest": digest, "outcome": outcome })
            })
            .collect();
        print_json(&json!({ "inspections": values }))?;
    } else {
        for (path, _, outcome) in &all {
            say(&told(session.words, path, outcome))?;
        }
    }
    Ok(if !failures.is_empty() {
        ExitCode::from(2)
    } else if all.iter().any(|(_, _, o)| o.verdict > Verdict::Warned) {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

#[expect(clippy::disallowed_methods, reason = "the binary owns the clock")]
fn today() -> jiff::civil::Date {
    let china = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    jiff::Timestamp::now().to_zoned(china).date()
}

/// Reads a file; more than the limit is not even taken into memory.
fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error| Failure::file("file-unreadable", path, &error);
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > inspection::FILE_BYTES_MAX {
        let max = usize::try_from(inspection::FILE_BYTES_MAX).unwrap_or(usize::MAX);
        let message = IntakeError::FileTooLarge { max }.message();
        return Err(Failure::in_file(path, message));
    }
    std::fs::read(path).map_err(unreadable)
}

fn told(words: &Words, path: &Path, outcome: &Outcome) -> String {
    let message = Message::new("inspection-told")
        .with("file", path.display())
        .with("verdict", words.render(&outcome.verdict.label()))
        .with("kind", &outcome.kind);
    let mut lines = vec![words.render(&message)];
    for severity in Severity::ALL {
        let mut found = outcome.of_severity(severity).peekable();
        if found.peek().is_some() {
            lines.push(format!("  {}", words.render(&severity.label())));
        }
        lines.extend(found.map(|finding| format!("    {}", line(words, finding))));
    }
    if outcome.more > 0 {
        let more = Message::new("inspection-more").with("count", outcome.more);
        lines.push(format!("  {}", words.render(&more)));
    }
    lines.join("\n")
}

fn line(words: &Words, finding: &Finding) -> String {
    let spot = finding.place.spot.message();
    let spot = spot.map_or_else(String::new, |spot| words.render(&spot));
    let hidden = finding
        .place
        .hidden
        .map(|hidden| words.render(&hidden.label()));
    let parts = finding.place.part.iter().cloned();
    let place: Vec<String> = parts
        .chain([spot, hidden.unwrap_or_default(), finding.shown.clone()])
        .filter(|part| !part.is_empty())
        .collect();
    let statement = words.render(&finding.rule.statement());
    format!(
        "[{}] {} — {statement}",
        finding.rule.rule().code,
        place.join(" · ")
    )
}
