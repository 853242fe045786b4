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
mod terminal;

use std::process::ExitCode;

use clap::Parser;

/// Reading makes many small things that live shortly.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
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
