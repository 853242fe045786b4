//! Durable writes beside the disk's own rate, and the server at rest.

use std::path::Path;

use gongkai_testkit::browser::Server;
use gongkai_testkit::database::Folder;
use gongkai_testkit::http;

use super::audit_page::resident;
use super::{Bound, Figure, median, timed};
use crate::{shell, tools};

/// Turns of each, and their length in milliseconds.
const ROUNDS: &str = "10";
const LENGTH: &str = "500";
const STARTS: usize = 9;
/// A disk, where `/tmp` may be memory.
const DISK: &str = "/var/tmp";

/// Rates of a round.
struct Round {
    disk: f64,
    /// SQLite with 1 and 32 clients, PostgreSQL with 1 and 32.
    engines: [f64; 4],
}

fn round(line: &str) -> Option<Round> {
    let rates: Result<Vec<f64>, _> = line.split(' ').map(str::parse).collect();
    let [disk, engines @ ..] = <[f64; 5]>::try_from(rates.ok()?).ok()?;
    Some(Round { disk, engines })
}

/// Measures the store.
pub fn figures() -> Result<Vec<Figure>, String> {
    tools::for_store_benches()?;
    shell::say("building the release binary");
    let build = ["build", "--release", "--quiet", "--package"];
    shell::cargo(&[&build[..], &["gongkai"]].concat())?;
    let example = ["gongkai-testkit", "--example", "measure_store"];
    shell::cargo(&[&build[..], &example].concat())?;
    let release = shell::root().join("target/release");
    let measure = release.join("examples/measure_store");
    let printed = shell::output(&measure.to_string_lossy(), &[ROUNDS, LENGTH, DISK])?;
    let rounds: Vec<Round> = printed.lines().filter_map(round).collect();
    let mut figures = rates(&rounds);
    figures.extend(at_rest(&release.join("gongkai"))?);
    Ok(figures)
}

fn rates(rounds: &[Round]) -> Vec<Figure> {
    let disk = median(rounds.iter().map(|round| round.disk).collect());
    let rate = |at: usize| median(rounds.iter().map(|round| round.engines[at]).collect());
    // Each round against the disk of its own moment.
    let ratio = |at: usize| {
        median(
            rounds
                .iter()
                .map(|round| round.engines[at] / round.disk)
                .collect(),
        )
    };
    let figure = |name, at: usize, target, note: String| Figure {
        name,
        value: ratio(at),
        unit: "×",
        target: (Bound::AtLeast, target),
        note,
    };
    let a_second = |at: usize| format!("{:.0} a second, fdatasync {disk:.0}", rate(at));
    let note = format!("{}; 32 clients: {:.2} ×", a_second(0), ratio(1));
    vec![
        figure("sqlite_1_client_vs_fdatasync", 0, 0.5, note),
        figure("postgres_1_client", 2, 0.5, a_second(2)),
        figure("postgres_32_clients", 3, 1.0, a_second(3)),
    ]
}

/// The server on a database that is there already.
fn at_rest(gongkai: &Path) -> Result<Vec<Figure>, String> {
    let folder = Folder::below(DISK.as_ref());
    let data = folder.path().join("data");
    let data = data.to_string_lossy();
    let arguments = ["serve", "--data", &*data];
    let start = || Server::start(&gongkai.to_string_lossy(), &arguments);
    // The first start makes it.
    if !start().stop() {
        return Err("the server does not end well".to_owned());
    }
    let (mut seconds, mut idle) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let mut server = None;
        seconds.push(timed(|| {
            let started = start();
            let answer = http::get(&started.address, "/health");
            server = Some(started);
            match answer.status {
                200 => Ok(()),
                status => Err(format!("/health says {status}")),
            }
        })?);
        if let Some(server) = server {
            idle.push(resident(server.id()));
            server.stop();
        }
    }
    Ok(vec![
        Figure {
            name: "idle_memory",
            value: median(idle),
            unit: "MiB",
            target: (Bound::AtMost, 80.0),
            note: "gongkai serve with its house on SQLite".to_owned(),
        },
        Figure {
            name: "start_on_a_database",
            value: median(seconds) * 1000.0,
            unit: "ms",
            target: (Bound::AtMost, 300.0),
            note: "from the start of the process to 200 from /health".to_owned(),
        },
    ])
}
