//! `gongkai templates …`

use std::path::Path;
use std::process::ExitCode;

use gongkai_domain::letters::kinds::{KINDS, Kind};
use gongkai_domain::letters::template::{self, Fault};
use gongkai_domain::words::Message;

use super::{Session, emit, say};
use crate::cli::Templates;
use crate::failure::Failure;

/// How files of templates end.
const ENDING: &str = ".jinja";

pub fn run(session: &Session, command: &Templates) -> Result<ExitCode, Failure> {
    match command {
        Templates::Check { folder } => check(session, folder.as_deref()),
        Templates::Export { folder } => export(session, folder),
        Templates::Places => {
            for (place, meaning) in template::PLACES {
                say(&format!("{{{{ {place} }}}}\t{meaning}"))?;
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Checks the templates of a folder, or those that come with the program.
fn check(session: &Session, folder: Option<&Path>) -> Result<ExitCode, Failure> {
    let files = match folder {
        Some(folder) => read(folder)?,
        None => {
            let own = |kind: &'static Kind| {
                let name = format!("{}{ENDING}", kind.key);
                (name, Some(kind), template::default(kind).to_owned())
            };
            KINDS.iter().map(own).collect()
        }
    };
    let mut count = 0;
    let mut told = |name: &str, fault: &Fault| {
        count += 1;
        let reason = session.words.render(&fault.reason);
        say(&format!("{name}:{}: {reason}", fault.line))
    };
    for (name, kind, source) in &files {
        match kind {
            Some(kind) => {
                for fault in template::check(source, kind) {
                    told(name, &fault)?;
                }
            }
            None => {
                let reason = Message::new("templates-no-such-kind").with("name", name);
                told(name, &Fault { line: 1, reason })?;
            }
        }
    }
    let summed = if count == 0 {
        Message::new("templates-good").with("count", files.len())
    } else {
        Message::new("templates-faults").with("count", count)
    };
    say(&session.words.render(&summed))?;
    Ok(ExitCode::from(u8::from(count > 0)))
}

type Found = (String, Option<&'static Kind>, String);

/// The templates of a folder: files named after the kind of letter.
fn read(folder: &Path) -> Result<Vec<Found>, Failure> {
    let unreadable = |error: std::io::Error| Failure::file("file-unreadable", folder, &error);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let Some(key) = name.strip_suffix(ENDING) else {
            continue;
        };
        let text = std::fs::read_to_string(&path);
        let text = text.map_err(|error| Failure::file("file-unreadable", &path, &error))?;
        found.push((path.display().to_string(), Kind::of(key), text));
    }
    if found.is_empty() {
        return Err(Failure::in_file(folder, Message::new("templates-none")));
    }
    Ok(found)
}

/// Writes the templates that come with the program into a folder, as a start
/// for an office's own; what is there already stays.
fn export(session: &Session, folder: &Path) -> Result<ExitCode, Failure> {
    let unwritable = |error: std::io::Error| Failure::file("file-unwritable", folder, &error);
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    let mut count = 0;
    for kind in KINDS {
        let path = folder.join(format!("{}{ENDING}", kind.key));
        if !path.exists() {
            emit(Some(&path), template::default(kind).as_bytes())?;
            count += 1;
        }
    }
    let written = Message::new("templates-written").with("count", count);
    say(&session.words.render(&written))?;
    Ok(ExitCode::SUCCESS)
}
