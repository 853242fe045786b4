//! Jobs as administrators see them, and what they may do with those that
//! failed.

use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::register::reason as read_reason;
use gongkai_domain::words::Message;
use gongkai_store::jobs::{self, Listed};
use gongkai_store::{StoreError, Tx};
use jiff::Timestamp;
use serde_json::json;

use super::SCHEDULES;
use crate::audit::{self, Deed, Who};
use crate::house::House;
use crate::once::once;
use crate::people::{PeopleError, SignedIn};

const KIND: &str = "job";
/// States in which jobs are, in the order in which they are shown.
pub const STATES: [&str; 4] = ["failed", "running", "waiting", "done"];

/// A schedule with when it fired and will fire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduled {
    /// Which kind of job.
    pub kind: &'static str,
    /// When it fired last, as far as that is remembered.
    pub last: Option<Timestamp>,
    /// When it fires next.
    pub next: Timestamp,
}

/// What there is of jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// How many are in each of [`STATES`].
    pub counts: [(&'static str, i64); 4],
    /// Jobs, the newest first.
    pub listed: Vec<Listed>,
    /// What comes with the hour.
    pub scheduled: Vec<Scheduled>,
}

async fn demand(
    house: &House,
    signed: &SignedIn,
    action: Action,
    object: &str,
) -> Result<Who, PeopleError> {
    let about = (KIND, object.to_owned());
    signed
        .demand(house, action, Target::Installation, about)
        .await
}

/// Jobs in a state or in any, before a number, and the schedules.
///
/// # Errors
/// [`PeopleError::Denied`].
pub async fn overview(
    house: &House,
    signed: &SignedIn,
    state: Option<&str>,
    before: i64,
    most: i64,
) -> Result<Overview, PeopleError> {
    demand(house, signed, Action::JobsSee, "-").await?;
    let now = house.now();
    let mut tx = house.db.read().await?;
    let counted = jobs::counts(&mut tx).await?;
    let fired = jobs::last_fired(&mut tx).await?;
    let listed = jobs::list(&mut tx, state, before, most).await?;
    tx.roll_back().await?;
    let count = |state| {
        let found = counted.iter().find(|(of, _)| of == state);
        (state, found.map_or(0, |(_, count)| *count))
    };
    let scheduled = SCHEDULES.iter().map(|schedule| {
        let kind = schedule.kind.name;
        let last = fired.iter().find(|(name, _)| name == kind);
        Scheduled {
            kind,
            last: last.map(|(_, at)| *at),
            next: schedule.next(now),
        }
    });
    Ok(Overview {
        counts: STATES.map(count),
        listed,
        scheduled: scheduled.collect(),
    })
}

/// A job that failed, for who may drop it.
///
/// # Errors
/// [`PeopleError::Denied`]; [`PeopleError::Missing`] where none of this number
/// failed.
pub async fn failed(house: &House, signed: &SignedIn, id: i64) -> Result<Listed, PeopleError> {
    demand(house, signed, Action::JobsDrop, &id.to_string()).await?;
    let mut tx = house.db.read().await?;
    let found = jobs::get(&mut tx, id).await?;
    tx.roll_back().await?;
    found
        .filter(|job| job.state == "failed")
        .ok_or(PeopleError::Missing)
}

fn deed(action: Action, job: &Listed, reason: Option<&str>) -> Deed<'static> {
    Deed {
        action: action.key(),
        object_kind: KIND,
        object: job.id.to_string(),
        outcome: Outcome::Done,
        detail: json!({
            "kind": job.kind,
            "attempts": job.attempts,
            "error": job.last_error,
            "reason": reason,
        }),
    }
}

/// Lets a job that was given up be tried anew. Asked twice, it is done once.
///
/// # Errors
/// [`PeopleError::Denied`]; [`PeopleError::Missing`] where there is none;
/// [`StoreError::Conflict`] if it was not given up.
pub async fn retry(
    house: &House,
    signed: &SignedIn,
    key: &str,
    id: i64,
) -> Result<(), PeopleError> {
    let (action, object) = (Action::JobsRetry, id.to_string());
    let who = demand(house, signed, action, &object).await?;
    let sent = signed.sent("jobs.retry", key, [object.as_str()]);
    let work = async |mut tx: Tx| {
        let job = jobs::get(&mut tx, id).await?;
        let job = job.ok_or(PeopleError::Missing)?;
        jobs::retry(&mut tx, id, house.now()).await?;
        audit::write(&mut tx, &who, &deed(action, &job, None), house.now()).await?;
        Ok::<_, PeopleError>((tx, String::new()))
    };
    once(house, &sent, work).await.map(drop)
}

/// Drops a job that was given up, for a reason that is written down. Asked
/// twice, it is done once.
///
/// # Errors
/// [`PeopleError::Denied`]; [`PeopleError::Refused`] without a reason, or if it
/// was tried again or dropped meanwhile.
pub async fn drop_failed(
    house: &House,
    signed: &SignedIn,
    key: &str,
    id: i64,
    reason: &str,
) -> Result<(), PeopleError> {
    let (action, object) = (Action::JobsDrop, id.to_string());
    let who = demand(house, signed, action, &object).await?;
    let reason = read_reason(reason)?;
    let sent = signed.sent("jobs.drop", key, [object.as_str(), &reason]);
    let work = async |mut tx: Tx| {
        let gone = || PeopleError::from(Message::new("job-not-failed"));
        let job = jobs::get(&mut tx, id).await?.ok_or_else(gone)?;
        match jobs::drop_failed(&mut tx, id).await {
            Err(StoreError::Conflict) => return Err(gone()),
            dropped => dropped?,
        }
        let deed = deed(action, &job, Some(&reason));
        audit::write(&mut tx, &who, &deed, house.now()).await?;
        Ok::<_, PeopleError>((tx, String::new()))
    };
    once(house, &sent, work).await.map(drop)
}
