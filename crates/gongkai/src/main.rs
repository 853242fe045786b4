//! The binary: command line, data folder, terminal, exit codes.
//!
//! It parses what was asked, calls one use case and shows the result. Rules
//! live in `domain`, use cases in `app`. Start with [`cli`].

mod cli;
mod commands;
mod config;
mod confined;
mod failure;
mod folder;
mod ground;
mod logs;
mod reader;
#[cfg(test)]
mod sample;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

/// Reading makes many small things that live shortly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What others on this machine may do with a file that this program makes:
/// nothing. Databases, backups and logs hold what concerns them not.
const OTHERS: u32 = 0o077;

fn main() -> ExitCode {
    // Before anything is made, also by processes that are started.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(OTHERS));
    let cli = cli::Cli::parse();
    let session = commands::Session::new(&cli);
    match commands::run(&session, cli.command) {
        Ok(code) => code,
        Err(failure) => {
            let label = session.words.text("failure-label");
            anstream::eprintln!("{label}{}", failure.text(session.words));
            ExitCode::from(2)
        }
    }
}
