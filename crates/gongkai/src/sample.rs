//! The sample configuration of the package, held against the configuration
//! itself: nothing that can be set is missing in it, nothing in it is wrong.

use std::collections::BTreeSet;

use toml::{Table, Value};

use crate::config::Config;

const SAMPLE: &str = include_str!("../../../packaging/gongkai.toml");

/// A key that no section has.
const UNKNOWN: &str = "zz_unknown";

/// The sample with every line in force that could be. What is prose stands
/// behind `# `, what could be in force behind `#` alone.
fn in_force() -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') && !rest.is_empty() => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    SAMPLE.lines().map(line).collect()
}

fn table() -> Table {
    in_force().parse().expect("the sample is TOML")
}

/// The keys that a section of the configuration has, as it says itself when
/// it refuses another one.
fn keys(section: &[&str]) -> BTreeSet<String> {
    let text = match section {
        [] => format!("{UNKNOWN} = 1"),
        path => format!("[{}]\n{UNKNOWN} = 1", path.join(".")),
    };
    let refused = toml::from_str::<Config>(&text).expect_err("an unknown key");
    let said = refused.message().to_owned();
    let mut quoted = said.split('`').skip(1).step_by(2);
    assert_eq!(quoted.next(), Some(UNKNOWN), "{section:?}: {said}");
    quoted.map(ToOwned::to_owned).collect()
}

/// Compares a section of the sample, and those inside it; how many keys.
fn compared(section: &[&str], there: &Table) -> usize {
    let wanted = keys(section);
    let found: BTreeSet<String> = there.keys().cloned().collect();
    assert_eq!(found, wanted, "keys of [{}]", section.join("."));
    let mut count = wanted.len();
    for (name, value) in there {
        let inside = [section, &[name.as_str()][..]].concat();
        // A table that is free in its keys is no section.
        let is_section = in_force().contains(&format!("[{}]", inside.join(".")));
        if let Value::Table(inner) = value
            && is_section
        {
            count += compared(&inside, inner);
        }
    }
    count
}

fn read(text: &str) -> Config {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("gongkai.toml");
    std::fs::write(&path, text).expect("written");
    Config::read(Some(&path), folder.path(), std::iter::empty()).unwrap_or_else(|failure| {
        let chinese = gongkai_domain::words::Language::Chinese;
        panic!(
            "{}",
            failure.text(gongkai_domain::words::Words::of(chinese))
        )
    })
}

#[test]
fn as_it_is_installed_the_sample_changes_nothing() {
    assert_eq!(read(SAMPLE), Config::default());
}

#[test]
fn every_key_of_the_configuration_is_in_the_sample_and_no_other() {
    assert!(compared(&[], &table()) > 30);
}

#[test]
fn the_sample_with_everything_in_force_is_accepted() {
    // Of two ways to say where a database is, one.
    let lines = in_force();
    let lines = lines.lines().filter(|line| !line.starts_with("url_file"));
    let config = read(&lines.collect::<Vec<_>>().join("\n"));
    assert!(config.oidc.is_some() && config.blobs.s3.is_some());
}
