//! SIGKILL under load, again and again on the same files.

use std::time::Duration;

use fastrand::Rng;
use gongkai_testkit::database::{Folder, Server};
use gongkai_testkit::torture::child::Orders;
use gongkai_testkit::torture::mutants::Mutant;
use gongkai_testkit::torture::proof::{Look, Proof, prove};
use gongkai_testkit::torture::{Ack, Place};

use super::Tally;
use super::worker::Worker;

/// Tasks that write at once in a child.
const TASKS: usize = 8;
/// Of so many kills on PostgreSQL, one ends the server too.
const CRASH_EVERY: usize = 8;
/// How long a child may take until it writes again.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is killed, how often, and in what order of chance.
pub struct Plan<'a> {
    /// How many times.
    pub kills: usize,
    /// When.
    pub rng: Rng,
    /// What the child is turned into.
    pub mutant: Option<Mutant>,
    /// PostgreSQL, which ends now and then too.
    pub server: Option<&'a Server>,
}

/// Kills a child that writes in a place, and judges what is left.
pub fn kill(place: &Place, mut plan: Plan) -> Result<Tally, String> {
    let mut tally = Tally::default();
    let mut ledger: Vec<Ack> = Vec::new();
    let orders = Orders {
        place: place.clone(),
        tasks: TASKS,
        writes: None,
    };
    for number in 1..=plan.kills {
        let mut worker = Worker::start(&orders, plan.mutant, &[])?;
        // Now and then while it opens, and mends what the last kill left.
        if plan.rng.u8(0..6) == 0 {
            let moment = Duration::from_millis(plan.rng.u64(0..40));
            worker.listen(moment, |_| false);
        } else {
            worker.opened()?;
            tally.proof.add(prove(place, newest(&ledger), Look::Quick)?);
            if let Some(server) = plan.server.filter(|_| number % CRASH_EVERY == 0) {
                crash(server, &mut worker, &mut plan.rng)?;
                tally.crashes += 1;
            }
            moment(&mut worker, &mut plan.rng);
        }
        let told = worker.kill();
        tally.refused += told.refused.len();
        ledger.extend(told.acks);
        tally.kills += 1;
        if plan.mutant.is_some() && !tally.proof.is_whole() {
            break;
        }
    }
    tally.acks = ledger.len();
    tally.proof.add(prove(place, &ledger, Look::Whole)?);
    Ok(tally)
}

/// Answers looked at one by one after each kill; all of them at the end. The
/// child writes on meanwhile: more would take ever longer.
const NEWEST: usize = 100;

/// Those told just before the kill, which it endangers most.
fn newest(ledger: &[Ack]) -> &[Ack] {
    &ledger[ledger.len().saturating_sub(NEWEST)..]
}

/// Waits for the moment: any, or just when an answer goes out.
fn moment(worker: &mut Worker, rng: &mut Rng) {
    let before = worker.told.acks.len();
    if rng.bool() {
        let time = Duration::from_millis(rng.u64(0..500));
        worker.listen(time, |_| false);
    } else {
        let more = rng.usize(1..30);
        let time = Duration::from_secs(2);
        worker.listen(time, |told| told.acks.len() >= before + more);
    }
}

/// Ends the server under a child that goes on, and starts it again: what the
/// child did not hear is unknown to it, and must be settled before it acks.
fn crash(server: &Server, worker: &mut Worker, rng: &mut Rng) -> Result<(), String> {
    worker.listen(Duration::from_millis(rng.u64(50..400)), |_| false);
    server.crash();
    worker.listen(Duration::from_millis(rng.u64(0..200)), |_| false);
    server.start_again();
    let before = worker.told.acks.len();
    if worker.listen(PATIENCE, |told| told.acks.len() > before) {
        return Ok(());
    }
    Err(format!(
        "the child did not find its server again: {:?}",
        worker.told.refused.last()
    ))
}

/// On SQLite, in a folder of its own.
pub fn on_sqlite(plan: Plan) -> Result<Tally, String> {
    let folder = Folder::below(super::DISK.as_ref());
    kill(&Place::sqlite(folder.path()), plan)
}

/// On a PostgreSQL of its own.
pub fn on_postgres(mut plan: Plan) -> Result<Tally, String> {
    let folder = Folder::below(super::DISK.as_ref());
    let server = Server::start(super::DISK.as_ref());
    let place = Place::postgres(folder.path(), &server.cluster, "torture");
    let told = kill(
        &place,
        Plan {
            kills: plan.kills,
            rng: plan.rng.fork(),
            mutant: plan.mutant,
            server: Some(&server),
        },
    );
    drop(server);
    told
}

/// Whether a mutant was found out, and by what.
pub fn caught(tally: &Tally) -> Option<String> {
    let Proof {
        lost,
        torn,
        twice,
        overwritten,
        words,
    } = &tally.proof;
    (!tally.proof.is_whole()).then(|| {
        let first = words.first().map_or("", String::as_str);
        format!(
            "after {} kills: lost {lost}, torn {torn}, twice {twice}, overwritten {overwritten} ({first})",
            tally.kills
        )
    })
}
