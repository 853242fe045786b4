//! `cargo xtask dist`: a package that an administrator installs, upgrades and
//! takes back.
//!
//! [`package`] says what is in it, [`control`] what Debian is told of it,
//! [`fonts`] and [`notices`] fetch what others made, [`trial`] tries the whole
//! in a bare Debian.

mod control;
mod fonts;
mod notices;
mod package;
mod service;
mod trial;

use std::path::{Path, PathBuf};

use package::{Contents, Package};

use crate::shell;

/// What was asked for.
#[derive(Debug, Default)]
struct Asked {
    without_fonts: bool,
    binary: Option<PathBuf>,
    trial_binary: Option<PathBuf>,
    version_suffix: String,
    output: Option<PathBuf>,
    is_trial: bool,
    profile: Option<String>,
}

impl Asked {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut asked = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || {
                let value = rest.next();
                value.ok_or_else(|| format!("{argument} wants something behind it"))
            };
            match argument.as_str() {
                "--try" => asked.is_trial = true,
                "--without-fonts" => asked.without_fonts = true,
                "--binary" => asked.binary = Some(value()?.into()),
                "--trial-binary" => asked.trial_binary = Some(value()?.into()),
                "--profile" => asked.profile = Some(value()?.clone()),
                "--version-suffix" => asked.version_suffix.clone_from(value()?),
                "--output" => asked.output = Some(value()?.into()),
                other => return Err(format!("dist knows no {other}")),
            }
        }
        control::is_version(&asked.version())?;
        Ok(asked)
    }

    fn version(&self) -> String {
        format!("{}{}", env!("CARGO_PKG_VERSION"), self.version_suffix)
    }
}

pub use fonts::for_development as fonts_for_development;

/// Makes the package, or tries it.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let asked = Asked::parse(arguments)?;
    if !shell::has("dpkg-deb") {
        return Err(
            "dpkg-deb is missing; it comes with Debian and Ubuntu, and is in the package `dpkg` elsewhere"
                .to_owned(),
        );
    }
    if asked.is_trial {
        let profile = asked.profile.as_deref().unwrap_or("demo");
        return trial::run(profile, asked.binary, asked.trial_binary);
    }
    let fonts = match asked.without_fonts {
        true => None,
        false => Some(fonts::fetched()?),
    };
    let binary = match &asked.binary {
        Some(binary) => binary.clone(),
        None => built(asked.profile.as_deref().unwrap_or("release"), false)?,
    };
    let package = Package {
        version: asked.version(),
        epoch: epoch()?,
        contents: Contents {
            binary: read(&binary)?,
            notices: notices::gathered()?,
            fonts,
        },
        is_small: true,
    };
    package.contents.is_for_others()?;
    let output = asked.output.unwrap_or_else(|| folder().join("packages"));
    for made in package.write(&output)? {
        println!("{}", made.display());
    }
    Ok(())
}

/// Where everything of this command lies.
fn folder() -> PathBuf {
    shell::root().join("target/dist")
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Builds the program with a profile, with or without the migration by which
/// an upgrade is tried; a copy of its own, since both are built to one place.
fn built(profile: &str, with_trial_migration: bool) -> Result<PathBuf, String> {
    let mut arguments = vec!["build", "--profile", profile];
    // What tests are built with is built of all crates at once.
    arguments.extend(match profile {
        "dev" => ["--workspace", "--bins"],
        _ => ["--package", "gongkai"],
    });
    if with_trial_migration {
        arguments.extend(["--features", "gongkai/trial-migration"]);
    }
    shell::say(&format!("cargo {}", arguments.join(" ")));
    shell::cargo(&arguments)?;
    // Cargo keeps what `dev` makes under another name.
    let made = if profile == "dev" { "debug" } else { profile };
    let from = shell::root().join("target").join(made).join("gongkai");
    let name = match with_trial_migration {
        true => "with-trial-migration",
        false => "plain",
    };
    let to = folder().join("binaries").join(profile).join(name);
    let copy = || {
        std::fs::create_dir_all(to.parent().unwrap_or(&to))?;
        std::fs::copy(&from, &to)
    };
    copy().map_err(|error| format!("{}: {error}", to.display()))?;
    Ok(to)
}

/// The time that files of the package bear: of the commit, unless
/// `SOURCE_DATE_EPOCH` says another.
fn epoch() -> Result<u64, String> {
    let text = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text,
        Err(_) => shell::output("git", &["log", "-1", "--format=%ct"])?,
    };
    let text = text.trim();
    text.parse().map_err(|_| format!("{text} is no time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &[&str]) -> Result<Asked, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Asked::parse(&words)
    }

    #[test]
    fn what_is_not_known_is_refused_by_name() {
        for (words, named) in [
            (&["--fonts"][..], "--fonts"),
            (&["--binary"][..], "--binary"),
            (&["--version-suffix", " x"][..], "0.1.0 x"),
            (&["--version-suffix", "-1"][..], "0.1.0-1"),
        ] {
            let said = asked(words).expect_err("refused");
            let named = named.replace("0.1.0", env!("CARGO_PKG_VERSION"));
            assert!(said.contains(&named), "{words:?}: {said}");
        }
    }

    #[test]
    fn a_version_is_that_of_the_program_and_what_is_behind_it() {
        let asked = asked(&["--version-suffix", "+try2", "--without-fonts"]).expect("asked");
        assert_eq!(
            asked.version(),
            format!("{}+try2", env!("CARGO_PKG_VERSION"))
        );
        assert!(asked.without_fonts && !asked.is_trial);
    }
}
