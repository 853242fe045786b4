//! Notices of the libraries that are built into the program: their licences
//! ask that they go where it goes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::shell;

/// Names that files with a licence or a notice begin with.
const NAMES: [&str; 5] = ["license", "licence", "copying", "notice", "copyright"];

/// The notices of every library, packed. The same sources give the same bytes.
pub fn gathered() -> Result<Vec<u8>, String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let of = |arguments: &[&str]| shell::output(&cargo, arguments);
    let tree = of(&[
        "tree",
        "--package",
        "gongkai",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ])?;
    let metadata = of(&["metadata", "--format-version", "1"])?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|error| error.to_string())?;
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let (name, version) = (text(&package["name"]), text(&package["version"]));
        let line = format!("{name} v{version}");
        let is_in = tree.lines().any(|own| {
            let rest = own.strip_prefix(&line);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        });
        if !is_in || name.starts_with("gongkai") {
            continue;
        }
        let manifest = Path::new(text(&package["manifest_path"]));
        let folder = manifest.parent().unwrap_or(manifest);
        let licence = text(&package["license"]);
        texts.insert(line, notice(licence, text(&package["repository"]), folder)?);
    }
    if texts.is_empty() {
        return Err("cargo tells of no library in the program".to_owned());
    }
    let all: String = texts
        .iter()
        .map(|(name, notice)| format!("=== {name}\n{notice}\n"))
        .collect();
    packed(all)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What a library says of itself, and the files in which it says more.
fn notice(licence: &str, repository: &str, folder: &Path) -> Result<String, String> {
    let mut notice = format!("Licence: {licence}\nSource: {repository}\n");
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let name = name.to_ascii_lowercase();
            path.is_file() && NAMES.iter().any(|own| name.starts_with(own))
        })
        .collect();
    files.sort();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let text = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let text = String::from_utf8_lossy(&text);
        notice.push_str(&format!("--- {name}\n{}\n", text.trim_end()));
    }
    Ok(notice)
}

fn packed(text: String) -> Result<Vec<u8>, String> {
    let mut gzip = Command::new("gzip")
        .args(["-n", "-9", "-c"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("gzip: {error}"))?;
    let mut input = gzip.stdin.take().ok_or("gzip takes nothing")?;
    let writing = std::thread::spawn(move || {
        std::io::Write::write_all(&mut input, text.as_bytes()).map_err(|error| error.to_string())
    });
    let output = gzip
        .wait_with_output()
        .map_err(|error| format!("gzip: {error}"))?;
    writing.join().map_err(|_| "gzip broke off".to_owned())??;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err("gzip failed".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use gongkai_testkit::database::Folder;

    use super::*;

    #[test]
    fn every_library_is_named_with_its_licence_once_and_in_order() {
        let packed = gathered().expect("gathered");
        let folder = Folder::new();
        let file = folder.path().join("notices.gz");
        fs::write(&file, &packed).expect("written");
        let text = shell::output("gzip", &["-dc", &file.to_string_lossy()]);
        let text = text.expect("unpacked");
        let names: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("=== "))
            .collect();
        assert!(names.len() > 100, "{names:?}");
        assert!(names.is_sorted(), "{names:?}");
        for library in ["tokio v", "sqlx v", "axum v"] {
            assert!(names.iter().any(|name| name.starts_with(library)));
        }
        // Only the tests use it.
        assert!(!names.iter().any(|name| name.starts_with("fantoccini")));
        assert!(text.contains("Permission is hereby granted"));
    }
}
