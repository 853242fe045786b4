//! What a developer runs: `cargo xtask check | test | demo | bench | torture | fuzz | dist |
//! manual`.

mod bench;
mod check;
mod dist;
mod fuzz;
mod manual;
mod shell;
mod tools;
mod torture;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask check            edges between crates, reasons of dependencies, format, lints
cargo xtask test [FILTER]    installs what the tests need, checks, and runs every test
cargo xtask demo             builds, audits the sample reports, opens the site
cargo xtask bench [NAME] [--format json]
                             figures beside their peers and limits: report, audit-page, store,
                             requests, build
cargo xtask torture [--short] [--kills N] [--engine sqlite|postgres] [--seed N]
                             kills the store under load and breaks its disk: no acknowledged
                             write is lost, and programs that lose one are found out
cargo xtask fuzz [TARGET] [--minutes N]
                             made-up bytes for every reader, guided by the code they reach
cargo xtask dist [--without-fonts] [--binary FILE] [--profile NAME] [--version-suffix TEXT] [--output DIR]
                             a .deb and a .tar.gz: the program, fonts, a service, a sample configuration
cargo xtask dist --try       installs, upgrades with a migration and takes back in a bare Debian
cargo xtask manual           goes through the manual in a browser and renews its pictures";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", &[][..]),
    };
    let done = match command {
        "check" => check::run(),
        "test" => test(rest),
        "demo" => demo(rest),
        "bench" => bench::run(rest),
        "fuzz" => fuzz::run(rest),
        "dist" => dist::run(rest),
        "manual" => manual::run(),
        "torture" => torture::run(rest),
        torture::CHILD => gongkai_testkit::torture::child::run(rest),
        _ => {
            println!("{HELP}");
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Everything the README promises under "test".
fn test(filter: &[String]) -> Result<(), String> {
    tools::for_tests()?;
    dist::fonts_for_development()?;
    check::run()?;
    // Examples are benches: the lints have read them.
    let targets = ["--lib", "--bins", "--tests"];
    let mut arguments = [&["nextest", "run", "--workspace"][..], &targets].concat();
    arguments.extend(filter.iter().map(String::as_str));
    shell::say("cargo nextest run: every test of the workspace");
    shell::cargo(&arguments)
}

/// Builds quickly, audits the samples on the terminal, writes the page, then
/// opens the site until it is stopped.
fn demo(arguments: &[String]) -> Result<(), String> {
    // The city's cases come with letters.
    dist::fonts_for_development()?;
    shell::say("building gongkai (profile demo: no optimisation, no debug information)");
    shell::cargo(&["build", "--profile", "demo", "--package", "gongkai"])?;
    let page = shell::root().join("target/demo.html");
    let binary = shell::root().join("target/demo/gongkai");
    let binary = binary.to_string_lossy();
    shell::run(&binary, &["demo", "--output", &page.to_string_lossy()])?;
    let mut site = vec!["demo"];
    site.extend(arguments.iter().map(String::as_str));
    shell::run(&binary, &site)
}
