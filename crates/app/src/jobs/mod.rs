//! Work that follows a change, and work that comes with the hour.

pub mod look;
mod runner;
mod schedules;

pub use runner::{JobError, Kind, Runner, Work};
pub use schedules::{Every, Schedule};

use gongkai_store::jobs::NewJob;
use gongkai_store::{StoreError, Tx};
use jiff::Timestamp;
use serde::Serialize;

use crate::house::House;
use crate::{inspection, outbox};

/// Enqueues a job, in the transaction of the change that it follows.
///
/// # Errors
/// The store's.
pub async fn enqueue(
    tx: &mut Tx,
    house: &House,
    kind: Kind,
    payload: &impl Serialize,
) -> Result<(), StoreError> {
    let mark = kind.alone.then(String::new);
    enqueue_at(tx, house, (kind, mark), payload, house.now()).await
}

/// Enqueues a job for a later hour. One that waits already under the same mark
/// makes it needless; it comes at the earlier of both hours.
///
/// # Errors
/// The store's.
pub async fn enqueue_at(
    tx: &mut Tx,
    house: &House,
    (kind, mark): (Kind, Option<String>),
    payload: &impl Serialize,
    at: Timestamp,
) -> Result<(), StoreError> {
    let job = job((kind, mark), payload, at)?;
    gongkai_store::jobs::enqueue(tx, &job, house.now()).await
}

/// A job for an hour, before it is enqueued.
///
/// # Errors
/// That its payload is no JSON.
pub(crate) fn job(
    (kind, mark): (Kind, Option<String>),
    payload: &impl Serialize,
    at: Timestamp,
) -> Result<NewJob, StoreError> {
    let payload =
        serde_json::to_string(payload).map_err(|error| StoreError::Refused(error.to_string()))?;
    Ok(NewJob {
        kind: kind.name,
        payload,
        dedupe: mark,
        run_at: at,
    })
}

/// Chains and signs the audit trail.
pub const CHAIN_AUDIT: Kind = Kind::alone("audit.chain");
/// Removes bytes that nothing names.
pub const COLLECT_BLOBS: Kind = Kind::alone("blobs.collect");
/// Forgets jobs that were done, slots, and keys of forms.
pub const FORGET: Kind = Kind::alone("forget");
/// Seals keys anew under the newest master key.
pub const ROTATE_KEYS: Kind = Kind::alone("keys.rotate");
/// The same, by master keys that are read anew: somebody asked for it, and the
/// new master key lies on every node.
pub const ROTATE_KEYS_ANEW: Kind = Kind::alone("keys.rotate_anew");
/// Tells the system administrators that the calendars end soon.
pub const WATCH_CALENDARS: Kind = Kind::alone("calendar.watch");
/// Erases the key of a record that was erased.
pub const ERASE_KEY: Kind = Kind::each("keys.erase");

/// Makes the planned backups.
pub const BACK_UP: Kind = Kind::alone("backup");

/// Disables people who come no more; forgets sessions that are over.
pub const SWEEP_PEOPLE: Kind = Kind::alone("people.sweep");

/// Sends what waits for a server.
pub const DELIVER: Kind = Kind::each("outbox.deliver");
/// Looks for what is due and has no job: its sender is gone.
pub const SWEEP_OUTBOX: Kind = Kind::alone("outbox.sweep");
/// Erases addresses and bodies of messages that have ended long ago.
pub const ERASE_OUTBOX: Kind = Kind::alone("outbox.erase");
/// Tells somebody by mail what waits for them.
pub const NOTIFY_REVIEWER: Kind = Kind::each("review.notify");

/// Forgets inspections whose time is over.
pub const FORGET_INSPECTIONS: Kind = Kind::alone("inspection.forget");
/// Tells whose step of a review is due today or late.
pub const REMIND_REVIEWERS: Kind = Kind::alone("review.remind");

/// Reckons the clocks of open requests anew.
pub const RECKON_CLOCKS: Kind = Kind::alone("requests.reckon");
/// Removes drafts of applications whose days are over.
pub const SWEEP_DRAFTS: Kind = Kind::alone("portal.sweep");

/// Tells whoever is to be told of open requests.
pub const REMIND_REQUESTS: Kind = Kind::alone("requests.remind");

/// Explains the numbers of letters that were never set to their end.
pub const EXPLAIN_NUMBERS: Kind = Kind::alone("letters.explain");

/// Keeps by what new requests are found.
pub const INDEX_REQUESTS: Kind = Kind::alone("requests.index");

/// What the house does by itself, with the hour.
pub const SCHEDULES: &[Schedule] = &[
    Schedule::new(CHAIN_AUDIT, Every::Minutes(1)),
    Schedule::new(BACK_UP, Every::DayAt(1)),
    Schedule::new(COLLECT_BLOBS, Every::DayAt(3)),
    Schedule::new(FORGET, Every::DayAt(4)),
    Schedule::new(SWEEP_PEOPLE, Every::DayAt(2)),
    Schedule::new(ROTATE_KEYS, Every::Minutes(60)),
    Schedule::new(SWEEP_OUTBOX, Every::Minutes(1)),
    Schedule::new(ERASE_OUTBOX, Every::DayAt(5)),
    Schedule::new(FORGET_INSPECTIONS, Every::DayAt(4)),
    Schedule::new(REMIND_REVIEWERS, Every::DayAt(9)),
    Schedule::new(WATCH_CALENDARS, Every::DayAt(8)),
    // Before anybody comes: what is due today lies where it is looked for.
    Schedule::new(RECKON_CLOCKS, Every::DayAt(0)),
    Schedule::new(SWEEP_DRAFTS, Every::Minutes(60)),
    Schedule::new(REMIND_REQUESTS, Every::DayAt(8)),
    Schedule::new(EXPLAIN_NUMBERS, Every::Minutes(60)),
    Schedule::new(INDEX_REQUESTS, Every::Minutes(1)),
];

/// The jobs of the house itself.
pub fn works() -> Vec<(Kind, Work)> {
    vec![
        (CHAIN_AUDIT, |house, _| Box::pin(chain_audit(house))),
        (BACK_UP, |house, _| Box::pin(back_up(house))),
        (COLLECT_BLOBS, |house, _| Box::pin(collect_blobs(house))),
        (FORGET, |house, _| Box::pin(forget(house))),
        (SWEEP_PEOPLE, |house, _| Box::pin(sweep_people(house))),
        (ROTATE_KEYS, |house, _| Box::pin(rotate_keys(house))),
        (ROTATE_KEYS_ANEW, |house, _| {
            Box::pin(rotate_keys_anew(house))
        }),
        (WATCH_CALENDARS, |house, _| Box::pin(watch_calendars(house))),
        (ERASE_KEY, |house, key| Box::pin(erase_key(house, key))),
        (DELIVER, |house, to| Box::pin(outbox::deliver(house, to))),
        (SWEEP_OUTBOX, |house, _| Box::pin(outbox::sweep(house))),
        (ERASE_OUTBOX, |house, _| Box::pin(outbox::erase(house))),
        (FORGET_INSPECTIONS, |house, _| {
            Box::pin(inspection::forget(house))
        }),
        (NOTIFY_REVIEWER, |house, payload| {
            Box::pin(notify_reviewer(house, payload))
        }),
        (REMIND_REVIEWERS, |house, _| {
            Box::pin(remind_reviewers(house))
        }),
        (RECKON_CLOCKS, |house, _| Box::pin(reckon_clocks(house))),
        (SWEEP_DRAFTS, |house, _| Box::pin(sweep_drafts(house))),
        (REMIND_REQUESTS, |house, _| {
            Box::pin(remind_of_requests(house))
        }),
        (EXPLAIN_NUMBERS, |house, _| Box::pin(explain_numbers(house))),
        (INDEX_REQUESTS, |house, _| Box::pin(index_requests(house))),
    ]
}

async fn chain_audit(house: &House) -> Result<Option<Tx>, JobError> {
    crate::audit::chain(house).await.map_err(JobError::again)?;
    Ok(None)
}

async fn back_up(house: &House) -> Result<Option<Tx>, JobError> {
    let made = crate::operations::back_up_as_planned(house)
        .await
        .map_err(JobError::again)?;
    crate::upkeep::check(house, &made)
        .await
        .map_err(JobError::again)?;
    Ok(None)
}

async fn collect_blobs(house: &House) -> Result<Option<Tx>, JobError> {
    crate::blobs::collect(house)
        .await
        .map_err(JobError::again)?;
    Ok(None)
}

/// What is kept of jobs and forms once they are done: a week.
const KEPT_HOURS: i64 = 7 * 24;

async fn forget(house: &House) -> Result<Option<Tx>, JobError> {
    let week = jiff::SignedDuration::from_hours(KEPT_HOURS);
    let before = house.now().saturating_sub(week).map_err(JobError::never)?;
    let mut tx = house.db.write().await.map_err(JobError::again)?;
    gongkai_store::jobs::forget(&mut tx, before)
        .await
        .map_err(JobError::again)?;
    gongkai_store::idempotency::forget(&mut tx, before)
        .await
        .map_err(JobError::again)?;
    Ok(Some(tx))
}

async fn sweep_people(house: &House) -> Result<Option<Tx>, JobError> {
    while crate::people::disable_idle(house)
        .await
        .map_err(JobError::again)?
        > 0
    {}
    crate::people::forget(house)
        .await
        .map_err(JobError::again)?;
    Ok(None)
}

async fn erase_key(house: &House, payload: &str) -> Result<Option<Tx>, JobError> {
    let key: String = serde_json::from_str(payload).map_err(JobError::never)?;
    house.vault.erase(&key).await.map_err(JobError::again)?;
    Ok(None)
}

async fn notify_reviewer(house: &House, payload: &str) -> Result<Option<Tx>, JobError> {
    crate::review::notices::send(house, payload).await
}

async fn remind_reviewers(house: &House) -> Result<Option<Tx>, JobError> {
    crate::review::notices::remind(house)
        .await
        .map_err(JobError::again)?;
    Ok(None)
}

async fn sweep_drafts(house: &House) -> Result<Option<Tx>, JobError> {
    while crate::portal::drafts::sweep(house)
        .await
        .map_err(JobError::again)?
        > 0
    {}
    Ok(None)
}

async fn explain_numbers(house: &House) -> Result<Option<Tx>, JobError> {
    while crate::letters::explain_held(house)
        .await
        .map_err(JobError::again)?
        > 0
    {}
    Ok(None)
}

async fn reckon_clocks(house: &House) -> Result<Option<Tx>, JobError> {
    crate::requests::clocks::reckon(house)
        .await
        .map_err(JobError::again)?;
    Ok(None)
}

async fn remind_of_requests(house: &House) -> Result<Option<Tx>, JobError> {
    crate::requests::notices::remind(house)
        .await
        .map_err(JobError::again)?;
    Ok(None)
}

async fn index_requests(house: &House) -> Result<Option<Tx>, JobError> {
    while crate::requests::search::index(house)
        .await
        .map_err(JobError::again)?
        > 0
    {}
    Ok(None)
}

/// Keys that are sealed anew in one transaction.
const KEYS_AT_ONCE: i64 = 200;

async fn watch_calendars(house: &House) -> Result<Option<Tx>, JobError> {
    crate::calendar::warn(house).await.map_err(JobError::again)
}

async fn rotate_keys_anew(house: &House) -> Result<Option<Tx>, JobError> {
    house.vault.renew_masters().map_err(JobError::again)?;
    rotate_keys(house).await
}

async fn rotate_keys(house: &House) -> Result<Option<Tx>, JobError> {
    while house
        .vault
        .rotate(KEYS_AT_ONCE)
        .await
        .map_err(JobError::again)?
        > 0
    {}
    crate::upkeep::note_master(house)
        .await
        .map_err(JobError::again)?;
    Ok(None)
}
