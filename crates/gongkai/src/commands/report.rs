//! `gongkai report …`

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use gongkai_app::letters::Press;
use gongkai_app::paper::report::{self as paper, Audited, Verdict, html, json, sarif, xlsx};
use gongkai_app::press::docx;
use gongkai_app::report::{self, Brought};
use gongkai_app::{IntakeError, Limits};
use gongkai_domain::report::audit::across::Children;
use gongkai_domain::report::audit::{Beside, rules};
use gongkai_domain::report::reading::Reading;
use gongkai_domain::words::Message;
use serde_json::json;

use super::{Session, emit, print_json, say};
use crate::cli::{Audit, AuditFormat, ConvertTo, Decision, Report, Shown};
use crate::failure::Failure;
use crate::terminal;

/// Names the expected bodies, one a line, in a folder of children.
const UNITS: &str = "units.txt";

pub fn run(session: &Session, command: Report) -> Result<ExitCode, Failure> {
    match command {
        Report::Parse { file, format: _ } => {
            let reading = read(session, &file)?;
            print_json(&json::reading(&reading))?;
        }
        Report::Audit(arguments) => return audit(session, &arguments),
        Report::Convert { file, to, output } => convert(session, &file, to, output.as_deref())?,
        Report::Diff { old, new, format } => diff(session, &old, &new, format)?,
        Report::Rules { format } => list_rules(session, format)?,
        Report::Verdict {
            fingerprint,
            decision,
            remark,
        } => {
            let decision = match decision {
                Decision::Confirmed => paper::Decision::Confirmed,
                Decision::Dismissed => paper::Decision::Dismissed,
            };
            report::decide(&session.folder, &fingerprint, Verdict { decision, remark })?;
            let kept = Message::new("verdict-kept").with("fingerprint", fingerprint);
            say(&session.words.render(&kept))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads a file; more than the limit is not even taken into memory.
fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let limits = Limits::default();
    let size =
        std::fs::metadata(path).map_err(|error| Failure::file("file-unreadable", path, &error))?;
    let too_large = IntakeError::FileTooLarge {
        max: limits.file_bytes_max,
    };
    if size.len() > u64::try_from(limits.file_bytes_max).unwrap_or(u64::MAX) {
        return Err(unreadable(path, &too_large));
    }
    std::fs::read(path).map_err(|error| Failure::file("file-unreadable", path, &error))
}

fn unreadable(path: &Path, error: &IntakeError) -> Failure {
    Failure::in_file(path, error.message())
}

pub fn read(session: &Session, path: &Path) -> Result<Reading, Failure> {
    let bytes = bytes(path)?;
    read_bytes(session, path, bytes).map_err(|error| unreadable(path, &error))
}

fn read_bytes(session: &Session, path: &Path, bytes: Vec<u8>) -> Result<Reading, IntakeError> {
    let name = path.to_string_lossy();
    let file = Brought { name: &name, bytes };
    report::read(file, &Limits::default(), &session.deadline())
}

fn audit(session: &Session, arguments: &Audit) -> Result<ExitCode, Failure> {
    let verdicts = report::verdicts(&session.folder)?;
    let previous = arguments
        .previous
        .as_deref()
        .map(|path| read(session, path))
        .transpose()?;
    let children = arguments
        .children
        .as_deref()
        .map(|folder| children(session, folder))
        .transpose()?;
    let beside = Beside {
        previous: previous.as_ref(),
        children: children.as_ref(),
    };
    let mut files: Vec<Audited> = Vec::new();
    let mut failures: Vec<Failure> = Vec::new();
    for path in &arguments.files {
        match read(session, path) {
            Ok(reading) => {
                let name = path.to_string_lossy();
                files.push(report::audit(&name, reading, beside, &verdicts));
            }
            Err(failure) => failures.push(failure),
        }
    }
    let label = session.words.text("failure-label");
    for failure in &failures {
        anstream::eprintln!("{label}{}", failure.text(session.words));
    }
    if !files.is_empty() {
        show(session, &files, arguments)?;
    }
    Ok(if !failures.is_empty() {
        ExitCode::from(2)
    } else if sarif::has_errors(&files) {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

fn show(session: &Session, files: &[Audited], arguments: &Audit) -> Result<(), Failure> {
    let words = session.words;
    let output = arguments.output.as_deref();
    let text = match arguments.format {
        AuditFormat::Human => {
            let parts: Vec<String> = files.iter().map(|f| terminal::audit(f, words)).collect();
            parts.join("\n")
        }
        AuditFormat::Json => {
            let value = match files {
                [one] if arguments.files.len() == 1 => json::audit(one, words),
                many => many.iter().map(|f| json::audit(f, words)).collect(),
            };
            format!("{value:#}\n")
        }
        AuditFormat::Sarif => format!("{:#}\n", sarif::audit(files, words)),
        AuditFormat::Html => html::audit(files, &[], words)
            .map_err(|error| Failure::new(Message::new("page-failed").with("reason", error)))?,
    };
    emit(output, text.as_bytes())
}

/// Reads the reports of a folder; those that cannot be read are named.
fn children(session: &Session, folder: &Path) -> Result<Children, Failure> {
    let unreadable = |error: std::io::Error| Failure::file("file-unreadable", folder, &error);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(unreadable)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable)?
        .into_iter()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    let mut reports = Vec::new();
    let mut expected = Vec::new();
    for path in paths {
        let bytes = bytes(&path)?;
        if path.file_name().is_some_and(|name| name == UNITS) {
            expected = String::from_utf8_lossy(&bytes)
                .lines()
                .map(|line| line.trim().to_owned())
                .filter(|line| !line.is_empty())
                .collect();
            continue;
        }
        let name = path
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        reports.push((name, read_bytes(session, &path, bytes)));
    }
    Ok(report::children(reports, &expected))
}

fn convert(
    session: &Session,
    path: &Path,
    to: ConvertTo,
    output: Option<&Path>,
) -> Result<(), Failure> {
    let reading = read(session, path)?;
    match to {
        ConvertTo::Json => {
            let text = format!("{:#}\n", json::reading(&reading));
            emit(output, text.as_bytes())
        }
        ConvertTo::Html => {
            let page = html::tables(&reading, session.words)
                .map_err(|error| Failure::new(Message::new("page-failed").with("reason", error)))?;
            emit(output, page.as_bytes())
        }
        ConvertTo::Xlsx => {
            let bytes = xlsx::workbook(&reading)
                .map_err(|error| Failure::new(Message::new("page-failed").with("reason", error)))?;
            emit_raw(output, &bytes)
        }
        ConvertTo::Pdf => {
            let press = Press::new(session.fonts());
            let bytes = press.sheet(&report::anew::sheet(&reading, session.words));
            emit_raw(
                output,
                &bytes.map_err(|error| Failure::new(error.message()))?,
            )
        }
        ConvertTo::Docx => {
            let bytes = docx::report(&report::anew::sheet(&reading, session.words));
            emit_raw(
                output,
                &bytes.map_err(|error| Failure::new(error.message()))?,
            )
        }
    }
}

/// Bytes that are no text, to a file or through a pipe.
fn emit_raw(output: Option<&Path>, bytes: &[u8]) -> Result<(), Failure> {
    if output.is_some() {
        return emit(output, bytes);
    }
    if std::io::stdout().is_terminal() {
        return Err(Failure::new(Message::new("xlsx-needs-output")));
    }
    use std::io::Write;
    // Nothing may strip what looks like colour.
    std::io::stdout()
        .write_all(bytes)
        .map_err(|error| Failure::file("file-unwritable", Path::new("stdout"), &error))
}

fn diff(session: &Session, old: &Path, new: &Path, format: Shown) -> Result<(), Failure> {
    let difference = report::diff(&read(session, old)?, &read(session, new)?);
    if format == Shown::Json {
        return print_json(&json!(difference));
    }
    let words = session.words;
    let cells = Message::new("diff-cells").with("count", difference.cells.len());
    say(&words.render(&cells))?;
    let shown = |value: &Option<String>| match value.as_deref() {
        None => words.text("page-absent"),
        Some("") => "␣".to_owned(),
        Some(value) => value.to_owned(),
    };
    for cell in &difference.cells {
        say(&format!(
            "  {}：{} → {}",
            cell.label,
            shown(&cell.old),
            shown(&cell.new)
        ))?;
    }
    let percent = format!("{:.0}", difference.prose_unchanged * 100.0);
    let prose = Message::new("diff-prose")
        .with("percent", percent)
        .with("removed", difference.removed.len())
        .with("added", difference.added.len());
    say(&words.render(&prose))?;
    for sentence in &difference.removed {
        say(&format!("  - {sentence}"))?;
    }
    for sentence in &difference.added {
        say(&format!("  + {sentence}"))?;
    }
    Ok(())
}

fn list_rules(session: &Session, format: Shown) -> Result<(), Failure> {
    let words = session.words;
    if format == Shown::Json {
        let rules: Vec<_> = rules::codes()
            .into_iter()
            .map(|(code, rule)| {
                json!({
                    "code": code,
                    "severity": rule.severity,
                    "statement": words.text(rule.statement),
                    "basis": rule.basis,
                })
            })
            .collect();
        return print_json(&json!(rules));
    }
    for rule in rules::RULES {
        let family = if rule.code.ends_with('-') { "…" } else { "" };
        say(&format!(
            "{}{family}\t{}\t{}",
            rule.code,
            words.text(&format!("severity-{}", rule.severity.name())),
            words.text(rule.statement),
        ))?;
        say(&format!("\t\t{}", rule.basis))?;
    }
    Ok(())
}
