//! The house rules that a machine can hold: which crate may know which, why
//! each dependency is there, format and lints.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::shell;

/// The floors, top to bottom; a crate may know those listed behind it. The
/// same list stands in `ARCHITECTURE.md`.
const EDGES: [(&str, &[&str]); 10] = [
    ("gongkai", &["gongkai-web", "gongkai-app", "gongkai-domain"]),
    ("gongkai-web", &["gongkai-app", "gongkai-domain"]),
    (
        "gongkai-app",
        &[
            "gongkai-store",
            "gongkai-paper",
            "gongkai-press",
            "gongkai-intake",
            "gongkai-domain",
        ],
    ),
    ("gongkai-store", &["gongkai-domain"]),
    ("gongkai-paper", &["gongkai-domain"]),
    ("gongkai-press", &["gongkai-domain"]),
    ("gongkai-intake", &["gongkai-domain"]),
    ("gongkai-domain", &[]),
    (
        "gongkai-testkit",
        &["gongkai-app", "gongkai-store", "gongkai-domain"],
    ),
    ("xtask", &["gongkai-domain", "gongkai-testkit"]),
];

/// Files longer than this are to be divided.
const LINES_MAX: usize = 800;

/// Runs every check.
pub fn run() -> Result<(), String> {
    shell::say("edges between crates");
    edges()?;
    shell::say("a reason for every dependency");
    reasons()?;
    shell::say("length of files");
    lengths()?;
    shell::say("every file of tests in its program");
    programs()?;
    shell::say("format");
    shell::cargo(&["fmt", "--all", "--check"])?;
    shell::say("lints");
    let mut lints = vec!["clippy", "--workspace", "--all-targets", "--quiet"];
    // A newer compiler has lints that we have not seen; it shows them, and that
    // is no fault of who builds with it.
    if shell::output("rustc", &["--version"])?.starts_with(RUST) {
        lints.extend(["--", "--deny", "warnings"]);
    }
    shell::cargo(&lints)
}

/// The compiler whose lints we know, `rust-version` in `Cargo.toml`.
const RUST: &str = "rustc 1.95.";

fn edges() -> Result<(), String> {
    let metadata = shell::output("cargo", &["metadata", "--no-deps", "--format-version", "1"])?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|error| error.to_string())?;
    let mut wrong = Vec::new();
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    let own: BTreeSet<&str> = packages.iter().filter_map(|p| p["name"].as_str()).collect();
    for package in &packages {
        let name = package["name"].as_str().unwrap_or("");
        let Some((_, allowed)) = EDGES.iter().find(|(from, _)| *from == name) else {
            wrong.push(format!("{name} has no row in the list of edges"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let to = dependency["name"].as_str().unwrap_or("");
            if !own.contains(to) {
                continue;
            }
            // Tests may look at any floor; what ships may not.
            let for_tests = dependency["kind"] == "dev";
            if !allowed.contains(&to) && !for_tests {
                wrong.push(format!("{name} may not know {to}"));
            }
        }
    }
    said(wrong)
}

/// Each dependency in the root manifest has a comment above it.
fn reasons() -> Result<(), String> {
    let manifest = std::fs::read_to_string(shell::root().join("Cargo.toml"))
        .map_err(|error| error.to_string())?;
    let mut wrong = Vec::new();
    let mut inside = false;
    let mut previous = "";
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line == "[workspace.dependencies]";
        }
        let is_entry = inside && line.contains(" = ") && !line.starts_with('#');
        if is_entry && !line.starts_with("gongkai") && !previous.starts_with('#') {
            let name = line.split(' ').next().unwrap_or(line);
            wrong.push(format!("Cargo.toml: say above {name} why it is there"));
        }
        previous = line;
    }
    said(wrong)
}

fn lengths() -> Result<(), String> {
    let files = shell::output("git", &["ls-files", "*.rs"])?;
    let mut wrong = Vec::new();
    for file in files.lines() {
        let Ok(text) = std::fs::read_to_string(shell::root().join(file)) else {
            continue;
        };
        let lines = text.lines().count();
        if lines > LINES_MAX {
            wrong.push(format!("{file} has {lines} lines; divide it"));
        }
    }
    said(wrong)
}

/// The tests of a crate are one program: a file that it does not name would never
/// run.
fn programs() -> Result<(), String> {
    let files = shell::output("git", &["ls-files", "crates/*/tests/main.rs"])?;
    let mut wrong = Vec::new();
    for file in files.lines() {
        let program = shell::root().join(file);
        let named = std::fs::read_to_string(&program).map_err(|error| error.to_string())?;
        let folder = program.parent().ok_or("no folder")?;
        for entry in std::fs::read_dir(folder).map_err(|error| error.to_string())? {
            let path = entry.map_err(|error| error.to_string())?.path();
            let is_module = path.extension().is_some_and(|kind| kind == "rs");
            let Some(name) = path.file_stem().and_then(|name| name.to_str()) else {
                continue;
            };
            let is_module = is_module && name != "main" || path.join("mod.rs").exists();
            if is_module && !named.lines().any(|line| line == format!("mod {name};")) {
                wrong.push(format!("{file} does not name {name}: it would never run"));
            }
        }
    }
    said(wrong)
}

fn said(wrong: Vec<String>) -> Result<(), String> {
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}
