//! The catalogues and the program ask for the same entries: none is missing,
//! none is left over.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gongkai_domain::words::{Language, catalogue};

/// Entries whose names are made of a beginning and a key, or of another entry
/// and an ending.
const BEGINNINGS: &[&str] = &[
    "example-",
    "formats-identity-",
    "job-kind-",
    "object-",
    "policy-",
    "request-outcome-",
    "rules-",
    "setting-remedy-",
    "severity-",
    "status-",
];
const ENDINGS: [&str; 2] = ["-hint", "-text"];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.expect("an entry").path();
        let is_source = path
            .extension()
            .is_some_and(|end| ["rs", "html", "json"].iter().any(|one| end == *one));
        if path.is_dir() {
            files(&path, found);
        } else if is_source {
            found.push(path);
        }
    }
}

/// All that the program says: sources, templates, data.
fn sources() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for floor in fs::read_dir(&root).expect("the floors") {
        let floor = floor.expect("a floor").path();
        for room in ["src", "templates", "data"] {
            files(&floor.join(room), &mut found);
        }
    }
    assert!(found.len() > 100, "the sources are there");
    let read = |path: &PathBuf| fs::read_to_string(path).expect("a source");
    found.iter().map(read).collect::<Vec<_>>().join("\n")
}

fn entries() -> BTreeSet<String> {
    catalogue(Language::Chinese)
        .iter()
        .flat_map(|text| text.lines())
        .filter(|line| !line.starts_with([' ', '#', '-', '.', '}', '*', '[']))
        .filter_map(|line| line.split_once(" =").map(|(key, _)| key.to_owned()))
        .collect()
}

/// What stands between quotes after each of these words.
fn quoted_after<'a>(text: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(before).skip(1).filter_map(|rest| {
        let rest = rest.trim_start().strip_prefix('"')?;
        rest.split('"').next()
    })
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

#[test]
fn nothing_is_asked_for_that_no_catalogue_has() {
    let (sources, entries) = (sources(), entries());
    let asked = ["words.text(", "frame.text(", "Message::new("]
        .iter()
        .flat_map(|before| quoted_after(&sources, before))
        .filter(|name| is_name(name));
    let missing: BTreeSet<&str> = asked.filter(|name| !entries.contains(*name)).collect();
    assert!(missing.is_empty(), "missing: {missing:?}");
}

#[test]
fn nothing_is_left_over_that_nobody_asks_for() {
    let (sources, entries) = (sources(), entries());
    let said: BTreeSet<&str> = sources.split('"').filter(|text| is_name(text)).collect();
    let is_asked = |entry: &str| {
        let is_made = BEGINNINGS.iter().any(|begin| entry.starts_with(begin))
            || ENDINGS
                .iter()
                .filter_map(|end| entry.strip_suffix(end))
                .any(|base| said.contains(base));
        is_made || said.contains(entry)
    };
    let unused: Vec<&String> = entries.iter().filter(|entry| !is_asked(entry)).collect();
    assert!(unused.is_empty(), "unused: {unused:?}");
}
