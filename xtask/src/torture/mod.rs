//! `cargo xtask torture`: acknowledged writes are never lost.
//!
//! A child writes as the product does and is killed, its server too, its disk
//! fails and is full; what it was told is kept must be there, whole, once.
//! Programs that break the promise are found out by the same means.

mod faults;
mod kills;
mod order;
mod server;
mod worker;

use fastrand::Rng;
use gongkai_testkit::database::Server;
use gongkai_testkit::torture::mutants::Mutant;
use gongkai_testkit::torture::proof::Proof;

use crate::{shell, tools};
use kills::Plan;

/// The hidden command of the process that is killed.
pub const CHILD: &str = "torture-child";

/// Where everything lies: on a disk, where `/tmp` may be memory.
const DISK: &str = "/var/tmp";

/// What a part came to.
#[derive(Debug, Default)]
pub struct Tally {
    kills: usize,
    /// Of the server.
    crashes: usize,
    acks: usize,
    faults: usize,
    refused: usize,
    recovered: usize,
    proof: Proof,
}

impl Tally {
    fn row(&self, name: &str) {
        let proof = &self.proof;
        println!(
            "{name:<22} {:>6} {:>8} {:>8} {:>6} {:>6} {:>6} {:>12} {:>7} {:>8} {:>10}",
            self.kills,
            self.crashes,
            self.acks,
            proof.lost,
            proof.torn,
            proof.twice,
            proof.overwritten,
            self.faults,
            self.refused,
            self.recovered
        );
        for words in &proof.words {
            println!("    {words}");
        }
    }
}

/// What is asked for.
struct Asked {
    kills: usize,
    /// The last of the calls that fail one by one.
    calls: usize,
    seed: u64,
    engine: Option<String>,
}

impl Asked {
    fn read(arguments: &[String]) -> Result<Self, String> {
        let after = |name: &str| {
            let at = arguments.iter().position(|word| word == name)?;
            Some(arguments.get(at + 1).cloned().unwrap_or_default())
        };
        let number = |name: &str| match after(name) {
            None => Ok(None),
            Some(text) => text
                .parse::<u64>()
                .map(Some)
                .map_err(|_| format!("{name} wants a number")),
        };
        let is_short = arguments.iter().any(|word| word == "--short");
        let (kills, calls) = if is_short { (20, 4) } else { (200, 16) };
        let engine = after("--engine");
        if engine
            .as_deref()
            .is_some_and(|e| e != "sqlite" && e != "postgres")
        {
            return Err("--engine wants sqlite or postgres".to_owned());
        }
        Ok(Self {
            kills: number("--kills")?.map_or(kills, |n| usize::try_from(n).unwrap_or(kills)),
            calls,
            seed: number("--seed")?.unwrap_or(1),
            engine,
        })
    }

    fn has(&self, engine: &str) -> bool {
        self.engine.as_ref().is_none_or(|asked| asked == engine)
    }
}

/// Runs everything and prints what came of it.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let asked = Asked::read(arguments)?;
    tools::for_torture()?;
    let mut rng = Rng::with_seed(asked.seed);
    let mut parts: Vec<(&str, Tally)> = Vec::new();
    let plan = |rng: &mut Rng, kills, mutant| Plan {
        kills,
        rng: rng.fork(),
        mutant,
        server: None,
    };
    if asked.has("sqlite") {
        shell::say(&format!("SQLite, {} kills", asked.kills));
        let killed = kills::on_sqlite(plan(&mut rng, asked.kills, None))?;
        parts.push(("SQLite, kill -9", killed));
        shell::say("SQLite, a call of the disk fails");
        parts.push(("SQLite, failing calls", faults::on_sqlite(asked.calls)?));
        shell::say("SQLite, the disk is full");
        full(&mut parts, "SQLite, full disk", faults::full_on_sqlite()?);
    }
    if asked.has("postgres") {
        shell::say(&format!("PostgreSQL, {} kills", asked.kills));
        let killed = kills::on_postgres(plan(&mut rng, asked.kills, None))?;
        parts.push(("PostgreSQL, kill -9", killed));
        faulty_postgres(&asked, &mut parts)?;
    }
    shell::say("the order of system calls before an answer");
    let order = order::traced(None)?;
    shell::say("mutants");
    let mutants = mutants(&mut rng)?;
    report(&parts, order, &mutants)
}

/// Faults of our own writes beside PostgreSQL, and of the server's.
fn faulty_postgres(asked: &Asked, parts: &mut Vec<(&str, Tally)>) -> Result<(), String> {
    let server = Server::start(DISK.as_ref());
    shell::say("PostgreSQL, a call for a blob fails");
    let beside = faults::beside_postgres(&server, asked.calls)?;
    parts.push(("PostgreSQL, blob calls", beside));
    shell::say("PostgreSQL, the disk of the blobs is full");
    let filled = faults::full_beside_postgres(&server)?;
    full(parts, "PostgreSQL, full blobs", filled);
    shell::say("PostgreSQL, a call of the server fails");
    match server::calls(&server, asked.calls / 4)? {
        Some(tally) => parts.push(("PostgreSQL, its calls", tally)),
        None => shell::say("left out: the server may not be traced here"),
    }
    shell::say("PostgreSQL, the disk of the server is full");
    full(parts, "PostgreSQL, full disk", server::full()?);
    Ok(())
}

fn full(parts: &mut Vec<(&str, Tally)>, name: &'static str, tally: Option<Tally>) {
    match tally {
        Some(tally) => parts.push((name, tally)),
        None => shell::say("left out: nothing may be mounted here"),
    }
}

/// Kills until a mutant must be found out.
const MUTANT_KILLS: usize = 60;

/// Each mutant, and how it was found out.
fn mutants(rng: &mut Rng) -> Result<Vec<(Mutant, Option<String>)>, String> {
    let mut found = Vec::new();
    for mutant in Mutant::ALL {
        let caught = if mutant == Mutant::FolderNotSynced {
            order::traced(Some(mutant))?.err()
        } else {
            kills::caught(&kills::on_sqlite(Plan {
                kills: MUTANT_KILLS,
                rng: rng.fork(),
                mutant: Some(mutant),
                server: None,
            })?)
        };
        found.push((mutant, caught));
    }
    Ok(found)
}

fn report(
    parts: &[(&str, Tally)],
    order: Result<usize, String>,
    mutants: &[(Mutant, Option<String>)],
) -> Result<(), String> {
    println!(
        "{:<22} {:>6} {:>8} {:>8} {:>6} {:>6} {:>6} {:>12} {:>7} {:>8} {:>10}",
        "",
        "kills",
        "crashes",
        "acks",
        "lost",
        "torn",
        "twice",
        "overwritten",
        "faults",
        "refused",
        "recovered"
    );
    for (name, tally) in parts {
        tally.row(name);
    }
    let is_ordered = order.is_ok();
    match order {
        Ok(answers) => println!("order of syncs: right before each of {answers} answers"),
        Err(reason) => println!("order of syncs: WRONG: {reason}"),
    }
    for (mutant, caught) in mutants {
        match caught {
            Some(how) => println!("mutant {}: caught: {how}", mutant.name()),
            None => println!("mutant {}: NOT CAUGHT", mutant.name()),
        }
    }
    let is_whole = parts.iter().all(|(_, tally)| tally.proof.is_whole());
    let are_caught = mutants.iter().all(|(_, caught)| caught.is_some());
    match (is_whole && is_ordered, are_caught) {
        (true, true) => Ok(()),
        (false, _) => Err("an acknowledged write is not safe".to_owned()),
        (true, false) => Err("the torture does not find a mutant out".to_owned()),
    }
}
