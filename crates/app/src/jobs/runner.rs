//! The worker: claims jobs and does them.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

use gongkai_store::jobs::{self, Claimed};
use gongkai_store::{Listener, StoreError, Tx};
use jiff::SignedDuration;
use metrics::{counter, gauge};
use tokio::sync::watch;
use tracing::{info, warn};

use super::Schedule;
use crate::house::{House, later};
use crate::ports::{Doing, with_causes};

/// A kind of job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// Its name in the store; never changed once released.
    pub name: &'static str,
    /// Whether one that waits makes another needless.
    pub alone: bool,
}

impl Kind {
    /// A kind of which one at a time waits.
    pub const fn alone(name: &'static str) -> Self {
        Self { name, alone: true }
    }

    /// A kind of which many may wait.
    pub const fn each(name: &'static str) -> Self {
        Self { name, alone: false }
    }
}

/// Why a job was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobError {
    /// It may succeed later.
    Again(String),
    /// It never will; a person is to look at it.
    Never(String),
}

impl JobError {
    /// It may succeed later.
    pub fn again(error: impl std::error::Error) -> Self {
        Self::Again(with_causes(&error))
    }

    /// It never will.
    pub fn never(error: impl std::error::Error) -> Self {
        Self::Never(with_causes(&error))
    }
}

/// Does a job, with its payload. It bears being done twice. A transaction that
/// it gives back is committed together with the mark that the job is done.
pub type Work = for<'a> fn(&'a House, &'a str) -> Doing<'a, Result<Option<Tx>, JobError>>;

/// Does jobs of the kinds it knows, for one node.
pub struct Runner {
    house: House,
    worker: String,
    works: BTreeMap<&'static str, (Kind, Work)>,
    schedules: Vec<Schedule>,
    renewed_every: Duration,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner")
            .field("worker", &self.worker)
            .finish()
    }
}

/// How long a job is leased; a long one renews it. On SQLite a job that holds
/// the writer for longer keeps its lease all the same: nobody can claim it
/// without the writer.
const LEASE: SignedDuration = SignedDuration::from_mins(5);
const RENEWED_EVERY: Duration = Duration::from_secs(100);
/// Tries before a job is given up.
const TRIES_MAX: i64 = 12;
/// The longest the runner waits without looking: a wake-up may be lost.
const LOOKED_EVERY: SignedDuration = SignedDuration::from_secs(30);

/// How long to wait after so many tries: 10 s, doubled each time, an hour at
/// most.
fn wait_after(attempts: i64) -> SignedDuration {
    let doublings = u32::try_from(attempts.clamp(1, 10) - 1).unwrap_or(0);
    SignedDuration::from_secs((10 << doublings).min(3600))
}

impl Runner {
    /// A runner for a node.
    pub fn new(
        house: House,
        works: impl IntoIterator<Item = (Kind, Work)>,
        schedules: &[Schedule],
    ) -> Self {
        let worker = house.token();
        let works = works
            .into_iter()
            .map(|(kind, work)| (kind.name, (kind, work)));
        Self {
            house,
            worker,
            works: works.collect(),
            schedules: schedules.to_vec(),
            renewed_every: RENEWED_EVERY,
        }
    }

    /// The same, renewing the lease of a long job so often.
    pub fn renewing_every(mut self, every: Duration) -> Self {
        self.renewed_every = every;
        self
    }

    /// Enqueues the jobs whose slot has come; how many this node fired.
    ///
    /// # Errors
    /// The store's.
    pub async fn fire(&self) -> Result<usize, StoreError> {
        let now = self.house.now();
        let mut fired = 0;
        for schedule in &self.schedules {
            let slot = schedule.slot(now);
            let mut tx = self.house.db.write().await?;
            if jobs::fire(&mut tx, schedule.kind.name, slot, now).await? {
                super::enqueue(&mut tx, &self.house, schedule.kind, &()).await?;
                fired += 1;
            }
            tx.commit().await?;
        }
        Ok(fired)
    }

    /// Does one job whose turn it is; whether there was one.
    ///
    /// # Errors
    /// The store's; a failure of the job itself is written down with it.
    pub async fn step(&self) -> Result<bool, StoreError> {
        let mut tx = self.house.db.write().await?;
        let claimed = jobs::claim(&mut tx, &self.worker, self.house.now(), LEASE).await?;
        tx.commit().await?;
        let Some(job) = claimed else {
            return Ok(false);
        };
        let begun = self.house.now();
        let done = if job.attempts > TRIES_MAX {
            // Who tried it before never came to say how it ended: it takes its
            // worker with it, and must not take one node after the other.
            let tries = job.attempts - 1;
            Err(JobError::Never(format!(
                "{tries} tries, and the last worker ended with it"
            )))
        } else {
            self.work(&job).await
        };
        let outcome = self.end(&job, done).await;
        let milliseconds = self.house.now().duration_since(begun).as_millis();
        match &outcome {
            Ok(outcome) => {
                counter!("gongkai_jobs_total", "kind" => job.kind.clone(), "outcome" => *outcome)
                    .increment(1);
                info!(
                    job = job.id,
                    kind = job.kind,
                    attempt = job.attempts,
                    outcome,
                    milliseconds,
                    "job"
                );
            }
            Err(StoreError::Conflict) => {
                warn!(
                    job = job.id,
                    kind = job.kind,
                    "job lost its lease; another has it"
                );
                return Ok(true);
            }
            Err(_) => {}
        }
        outcome.map(|_| true)
    }

    /// Does the job, and keeps its lease while it takes long.
    async fn work(&self, job: &Claimed) -> Result<Option<Tx>, JobError> {
        let Some((_, work)) = self.works.get(job.kind.as_str()) else {
            return Err(JobError::Never(format!("no such kind: {}", job.kind)));
        };
        // Both go on beside each other: a job that holds the only writer of
        // SQLite is not kept waiting by the renewal that waits for it.
        tokio::select! {
            done = caught(*work, &self.house, &job.payload) => done,
            lost = self.keep(job) => Err(JobError::again(lost)),
        }
    }

    /// Renews the lease of a job until it is lost, which is what it tells. A
    /// renewal that fails otherwise is tried again: as long as nobody else has
    /// claimed the job, it is this worker's, and its end is kept only then.
    async fn keep(&self, job: &Claimed) -> StoreError {
        loop {
            tokio::time::sleep(self.renewed_every).await;
            match self.renew(job).await {
                Ok(()) => {}
                Err(StoreError::Conflict) => return StoreError::Conflict,
                Err(error) => {
                    let reason = with_causes(&error);
                    warn!(job = job.id, kind = job.kind, reason, "lease not renewed");
                }
            }
        }
    }

    async fn renew(&self, job: &Claimed) -> Result<(), StoreError> {
        let until = later(self.house.now(), LEASE);
        let mut tx = self.house.db.write().await?;
        jobs::renew(&mut tx, job.id, &self.worker, until).await?;
        tx.commit().await
    }

    async fn end(
        &self,
        job: &Claimed,
        done: Result<Option<Tx>, JobError>,
    ) -> Result<&'static str, StoreError> {
        let now = self.house.now();
        let (mut tx, failure) = match done {
            Ok(Some(tx)) => (tx, None),
            Ok(None) => (self.house.db.write().await?, None),
            Err(failure) => (self.house.db.write().await?, Some(failure)),
        };
        let outcome = match failure {
            None => {
                jobs::done(&mut tx, job.id, &self.worker, now).await?;
                "done"
            }
            Some(JobError::Again(reason)) if job.attempts < TRIES_MAX => {
                let at = later(now, wait_after(job.attempts));
                jobs::again(&mut tx, job.id, &self.worker, at, &reason).await?;
                "again"
            }
            Some(JobError::Again(reason) | JobError::Never(reason)) => {
                jobs::failed(&mut tx, job.id, &self.worker, now, &reason).await?;
                "failed"
            }
        };
        tx.commit().await?;
        Ok(outcome)
    }

    /// Does everything whose turn it is, and stops.
    ///
    /// # Errors
    /// The store's.
    pub async fn run_all(&self) -> Result<usize, StoreError> {
        let mut done = 0;
        while self.step().await? {
            done += 1;
        }
        Ok(done)
    }

    /// Works until told to stop; a job in hand is ended first.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut listener = Listener::default();
        while !*stop.borrow() {
            let wait = match self.turn().await {
                Ok(wait) => wait,
                Err(error) => {
                    warn!(reason = with_causes(&error), "jobs wait: the store fails");
                    listener = Listener::default();
                    SignedDuration::from_secs(5)
                }
            };
            let wait = Duration::try_from(wait).unwrap_or(Duration::ZERO);
            tokio::select! {
                () = stopped(&mut stop) => return,
                came = self.house.db.job_came(&mut listener) => {
                    if came.is_err() {
                        listener = Listener::default();
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                }
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// One round; how long nothing is due after it.
    async fn turn(&self) -> Result<SignedDuration, StoreError> {
        self.fire().await?;
        self.run_all().await?;
        let now = self.house.now();
        let mut tx = self.house.db.read().await?;
        let due = jobs::next_at(&mut tx).await?;
        let counts = jobs::counts(&mut tx).await?;
        tx.roll_back().await?;
        figures(&counts);
        let slots = self.schedules.iter().map(|schedule| schedule.next(now));
        let next = slots.chain(due).chain([later(now, LOOKED_EVERY)]).min();
        Ok(next.map_or(LOOKED_EVERY, |next| {
            next.duration_since(now).max(SignedDuration::ZERO)
        }))
    }
}

/// Does a job; where it panics, it has failed and may be tried again. What the
/// panic says stands on standard error alone: it may tell of what was worked on.
async fn caught(work: Work, house: &House, payload: &str) -> Result<Option<Tx>, JobError> {
    let mut doing = Box::pin(async move { work(house, payload).await });
    poll_fn(move |context| {
        let polled = catch_unwind(AssertUnwindSafe(|| doing.as_mut().poll(context)));
        polled.unwrap_or_else(|_| Poll::Ready(Err(JobError::Again("the job panicked".to_owned()))))
    })
    .await
}

/// States that are told: what is done is forgotten after a while, and counted
/// where it is done.
const STATES_TOLD: [&str; 3] = ["waiting", "running", "failed"];

/// How many jobs stand where; a state that has none says so.
fn figures(counts: &[(String, i64)]) {
    for state in STATES_TOLD {
        let count = counts.iter().find(|(of, _)| of == state);
        let count = count.map_or(0, |(_, count)| u32::try_from(*count).unwrap_or(u32::MAX));
        gauge!("gongkai_jobs", "state" => state).set(f64::from(count));
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error is that nobody is left to say it.
    drop(stop.wait_for(|stopped| *stopped).await);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_waits_longer_up_to_an_hour() {
        let waits: Vec<i64> = (1..=12).map(|n| wait_after(n).as_secs()).collect();
        assert_eq!(waits[..4], [10, 20, 40, 80]);
        assert_eq!(waits[9..], [3600, 3600, 3600]);
    }
}
