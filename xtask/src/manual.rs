//! `cargo xtask manual`: goes through the manual in a browser, as its tests
//! do, and renews the pictures in it.

use std::fs;
use std::path::Path;

use crate::{shell, tools};

/// What the names of the manual's pictures begin with among those of all
/// tests.
const BEGIN: &str = "manual-";
/// A picture larger than this makes the manual slow to open.
const BYTES_MAX: u64 = 200 * 1024;

/// Runs the tests that make the pictures, and puts them into the manual.
pub fn run() -> Result<(), String> {
    tools::for_tests()?;
    let made = shell::root().join("target/pictures");
    for (name, _) in pictures(&made)? {
        let path = made.join(format!("{BEGIN}{name}"));
        fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    shell::say("cargo nextest run: the tests that go through the manual");
    shell::cargo(&[
        "nextest",
        "run",
        "--workspace",
        "-E",
        "test(/^manual::the_manual_is_gone_through/)",
    ])?;
    let manual = shell::root().join("docs/manual/pictures");
    if manual.exists() {
        fs::remove_dir_all(&manual).map_err(|error| error.to_string())?;
    }
    fs::create_dir_all(&manual).map_err(|error| error.to_string())?;
    for (name, bytes) in pictures(&made)? {
        if bytes > BYTES_MAX {
            return Err(format!(
                "{name} has {bytes} bytes, more than {BYTES_MAX}; show less of the page"
            ));
        }
        let from = made.join(format!("{BEGIN}{name}"));
        fs::copy(&from, manual.join(&name)).map_err(|error| format!("{name}: {error}"))?;
        println!(
            "{:>4} KiB  docs/manual/pictures/{name}",
            bytes.div_ceil(1024)
        );
    }
    Ok(())
}

/// Pictures of the manual in a folder: their names there, and their sizes.
fn pictures(folder: &Path) -> Result<Vec<(String, u64)>, String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| error.to_string())?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let name = name
            .strip_prefix(BEGIN)
            .filter(|name| name.ends_with(".png"));
        if let Some(name) = name {
            let size = entry.metadata().map_err(|error| error.to_string())?.len();
            found.push((name.to_owned(), size));
        }
    }
    found.sort();
    Ok(found)
}
