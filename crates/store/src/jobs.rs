//! Jobs: work that follows a change, enqueued in the change's own transaction.
//!
//! A job is leased, not taken: who dies with it loses the lease, and another
//! does it again. So every job must bear being done twice.

use jiff::{SignedDuration, Timestamp};

use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::db::value::Value;
use crate::values;

statements! { "jobs";
    /// One that waits already is touched, not passed over: on PostgreSQL it
    /// stays locked until this transaction is kept, so that nobody claims it
    /// before and does it without seeing what this transaction did. Where it is
    /// early enough as it stands, the lock is one that many hold at once: those
    /// who have the same mail sent do not wait for one another.
    ENQUEUE = {
        sqlite: "insert into jobs (kind, payload, dedupe, state, run_at, attempts, created_at)
            values ($1, $2, $3, 'waiting', $4, 0, $5)
            on conflict (kind, dedupe) where state = 'waiting' and dedupe is not null
                do update set run_at = case when excluded.run_at < jobs.run_at then excluded.run_at else jobs.run_at end",
        postgres: "with there as materialized (select id from jobs
                where kind = $1 and dedupe = $3 and state = 'waiting' and run_at <= $4 for key share)
            insert into jobs (kind, payload, dedupe, state, run_at, attempts, created_at)
            select $1, $2, $3, 'waiting', cast($4 as bigint), 0, cast($5 as bigint) where not exists (select 1 from there)
            on conflict (kind, dedupe) where state = 'waiting' and dedupe is not null
                do update set run_at = case when excluded.run_at < jobs.run_at then excluded.run_at else jobs.run_at end"
    };
    /// PostgreSQL has many claimants at once, each of whom skips what another
    /// is just claiming; SQLite has one writer and knows no such words.
    CLAIM = {
        sqlite: "update jobs set state = 'running', attempts = attempts + 1, leased_by = $1, leased_until = $2
            where id = (select id from jobs
                where (state = 'waiting' and run_at <= $3) or (state = 'running' and leased_until < $3)
                order by run_at, id limit 1)
            returning id, kind, payload, attempts",
        postgres: "update jobs set state = 'running', attempts = attempts + 1, leased_by = $1, leased_until = $2
            where id = (select id from jobs
                where (state = 'waiting' and run_at <= $3) or (state = 'running' and leased_until < $3)
                order by run_at, id limit 1 for update skip locked)
            returning id, kind, payload, attempts"
    };
    RENEW = "update jobs set leased_until = $3
        where id = $1 and state = 'running' and leased_by = $2";
    DONE = "update jobs set state = 'done', ended_at = $3, leased_by = null, leased_until = null, last_error = null
        where id = $1 and state = 'running' and leased_by = $2";
    AGAIN = "update jobs set state = 'waiting', dedupe = null, run_at = $3, last_error = $4, leased_by = null, leased_until = null
        where id = $1 and state = 'running' and leased_by = $2";
    FAILED = "update jobs set state = 'failed', ended_at = $3, last_error = $4, leased_by = null, leased_until = null
        where id = $1 and state = 'running' and leased_by = $2";
    /// Without its mark, since another may wait with it already.
    RETRY = "update jobs set state = 'waiting', dedupe = null, run_at = $2, attempts = 0, ended_at = null
        where id = $1 and state = 'failed'";
    NEXT = "select min(case when state = 'waiting' then run_at else leased_until end) as at
        from jobs where state in ('waiting', 'running')";
    FORGET = "delete from jobs where state = 'done' and ended_at < $1";
    COUNTS = "select state, count(*) as count from jobs group by state order by state";
    LIST = "select id, kind, state, run_at, attempts, last_error, created_at, ended_at from jobs
        where (cast($1 as text) is null or state = $1) and id < $2 order by id desc limit $3";
    GET = "select id, kind, state, run_at, attempts, last_error, created_at, ended_at from jobs where id = $1";
    DROP = "delete from jobs where id = $1 and state = 'failed'";
    LAST_FIRED = "select name, max(fired_at) as fired_at from schedules group by name order by name";
    FIRE = "insert into schedules (name, slot, fired_at) values ($1, $2, $3)
        on conflict (name, slot) do nothing";
    FORGET_SLOTS = "delete from schedules where fired_at < $1";
}

/// A job that is to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// What is to be done.
    pub kind: &'static str,
    /// With what, as JSON; identifiers only, no personal data.
    pub payload: String,
    /// Another that waits with the same kind and mark makes this one needless.
    pub dedupe: Option<String>,
    /// Not before.
    pub run_at: Timestamp,
}

/// A job in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its number.
    pub id: i64,
    /// What is to be done.
    pub kind: String,
    /// With what, as JSON.
    pub payload: String,
    /// Which try this is, from 1.
    pub attempts: i64,
}

/// A job as the office sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub id: i64,
    /// What is to be done.
    pub kind: String,
    /// `waiting`, `running`, `done` or `failed`.
    pub state: String,
    /// When it is due.
    pub run_at: Timestamp,
    /// Tries so far.
    pub attempts: i64,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// When it was enqueued.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// Enqueues a job in the transaction of the change that it follows.
///
/// # Errors
/// The store's.
pub async fn enqueue(tx: &mut Tx, job: &NewJob, now: Timestamp) -> Result<(), StoreError> {
    let values = row_of(job, now);
    // Who found one that waits wakes nobody: whoever enqueued it did, and on
    // PostgreSQL those who wake are kept one after another.
    if tx.execute(&ENQUEUE, &values).await? > 0 {
        tx.wakes();
    }
    Ok(())
}

/// The values of a new job, in the order of their columns.
pub(crate) fn row_of(job: &NewJob, now: Timestamp) -> Vec<Value> {
    values![job.kind, &job.payload, job.dedupe.clone(), job.run_at, now].to_vec()
}

/// Leases the job whose turn it is, if there is one; also one whose lease ran
/// out because its worker is gone.
///
/// # Errors
/// The store's.
pub async fn claim(
    tx: &mut Tx,
    worker: &str,
    now: Timestamp,
    lease: SignedDuration,
) -> Result<Option<Claimed>, StoreError> {
    let row = tx
        .optional(&CLAIM, values![worker, later(now, lease), now])
        .await?;
    row.map(|row| {
        Ok(Claimed {
            id: row.get("id")?,
            kind: row.get("kind")?,
            payload: row.get("payload")?,
            attempts: row.get("attempts")?,
        })
    })
    .transpose()
}

/// Keeps a job that takes long.
///
/// # Errors
/// [`StoreError::Conflict`] if the lease ran out and another has it.
pub async fn renew(tx: &mut Tx, id: i64, worker: &str, until: Timestamp) -> Result<(), StoreError> {
    tx.change_one(&RENEW, values![id, worker, until]).await
}

/// Marks a job done; in the transaction of what it did, so that both are kept
/// or neither.
///
/// # Errors
/// [`StoreError::Conflict`] if the lease ran out and another has it: what was
/// done in this transaction must be dropped.
pub async fn done(tx: &mut Tx, id: i64, worker: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.change_one(&DONE, values![id, worker, now]).await
}

/// Puts a job back, to be tried again later.
///
/// # Errors
/// As [`done`].
pub async fn again(
    tx: &mut Tx,
    id: i64,
    worker: &str,
    at: Timestamp,
    error: &str,
) -> Result<(), StoreError> {
    tx.change_one(&AGAIN, values![id, worker, at, error])
        .await?;
    tx.wakes();
    Ok(())
}

/// Gives a job up; a person is to look at it.
///
/// # Errors
/// As [`done`].
pub async fn failed(
    tx: &mut Tx,
    id: i64,
    worker: &str,
    now: Timestamp,
    error: &str,
) -> Result<(), StoreError> {
    tx.change_one(&FAILED, values![id, worker, now, error])
        .await
}

/// Lets a job that was given up be tried anew.
///
/// # Errors
/// [`StoreError::Conflict`] if it was not given up.
pub async fn retry(tx: &mut Tx, id: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.change_one(&RETRY, values![id, now]).await?;
    tx.wakes();
    Ok(())
}

/// When the next job is due, or a lease runs out.
///
/// # Errors
/// The store's.
pub async fn next_at(tx: &mut Tx) -> Result<Option<Timestamp>, StoreError> {
    tx.one(&NEXT, &[]).await?.get("at")
}

/// Forgets jobs that were done, and slots that were fired, before an instant.
///
/// # Errors
/// The store's.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<(), StoreError> {
    tx.execute(&FORGET, values![before]).await?;
    tx.execute(&FORGET_SLOTS, values![before]).await?;
    Ok(())
}

/// How many jobs are in each state.
///
/// # Errors
/// The store's.
pub async fn counts(tx: &mut Tx) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = tx.rows(&COUNTS, &[]).await?;
    rows.iter()
        .map(|row| Ok((row.get("state")?, row.get("count")?)))
        .collect()
}

/// Jobs, the newest first, before a number.
///
/// # Errors
/// The store's.
pub async fn list(
    tx: &mut Tx,
    state: Option<&str>,
    before: i64,
    most: i64,
) -> Result<Vec<Listed>, StoreError> {
    let rows = tx.rows(&LIST, values![state, before, most]).await?;
    rows.iter().map(listed).collect()
}

/// A job by number.
///
/// # Errors
/// The store's.
pub async fn get(tx: &mut Tx, id: i64) -> Result<Option<Listed>, StoreError> {
    let row = tx.optional(&GET, values![id]).await?;
    row.as_ref().map(listed).transpose()
}

/// Drops a job that was given up: nobody is to try it any more.
///
/// # Errors
/// [`StoreError::Conflict`] if it was not given up.
pub async fn drop_failed(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    tx.change_one(&DROP, values![id]).await
}

/// When each schedule fired last, as far as slots are remembered.
///
/// # Errors
/// The store's.
pub async fn last_fired(tx: &mut Tx) -> Result<Vec<(String, Timestamp)>, StoreError> {
    let rows = tx.rows(&LAST_FIRED, &[]).await?;
    rows.iter()
        .map(|row| Ok((row.get("name")?, row.get("fired_at")?)))
        .collect()
}

fn listed(row: &Row) -> Result<Listed, StoreError> {
    Ok(Listed {
        id: row.get("id")?,
        kind: row.get("kind")?,
        state: row.get("state")?,
        run_at: row.get("run_at")?,
        attempts: row.get("attempts")?,
        last_error: row.get("last_error")?,
        created_at: row.get("created_at")?,
        ended_at: row.get("ended_at")?,
    })
}

/// Whether this call is the one that fires a slot of a schedule: of many nodes
/// only one is told so.
///
/// # Errors
/// The store's.
pub async fn fire(
    tx: &mut Tx,
    name: &str,
    slot: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&FIRE, values![name, slot, now]).await? == 1)
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}
