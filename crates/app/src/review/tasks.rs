//! My tasks: what waits for the signed-in person, and what came back to them.

use std::collections::BTreeSet;

use gongkai_domain::calendar::CalendarError;
use gongkai_domain::organization::permissions::{Action, Target, held, reach};
use gongkai_domain::organization::roles::Role;
use gongkai_domain::organization::{PersonId, Standing};
use gongkai_domain::review::State;
use gongkai_store::Tx;
use gongkai_store::review::papers::{self as stored, Filter};
use gongkai_store::review::{self, Waiting};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use super::heirs::Heirs;
use super::papers::{Listed, listed};
use super::{NONE, PAPER, ReviewError, found, seen, sight, time};
use crate::house::House;
use crate::people::SignedIn;

/// Steps that are looked through at most: more than a body has under way.
const MOST_MAX: i64 = 1000;

/// A step that waits for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The paper.
    pub paper: Listed,
    /// The key of the step.
    pub step: String,
    /// What the step is called.
    pub name: String,
    /// Since when it waits.
    pub since: Timestamp,
    /// Its last day; none where it has no time.
    pub due: Result<Option<Date>, CalendarError>,
    /// Whether that is over.
    pub is_late: bool,
}

/// What waits for the signed-in person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tasks {
    /// Steps, those that have waited longest first.
    pub steps: Vec<Task>,
    /// Papers of theirs that came back, were approved, or are not handed in.
    pub own: Vec<Listed>,
}

/// Steps that wait for somebody, by the roles that they hold today.
async fn mine(tx: &mut Tx, signed: &SignedIn) -> Result<Vec<Waiting>, ReviewError> {
    let take = Action::ReviewTake;
    if !signed.may(take, Target::Somewhere).is_allowed() {
        return Ok(Vec::new());
    }
    let heirs = Heirs::of(tx, &signed.tree, signed.today).await?;
    let within = reach(&signed.actor, take, &signed.tree, signed.today);
    let within = heirs.widened(within);
    let held = held(&signed.actor, &signed.tree, signed.today);
    let all = review::waiting(tx, &within, signed.person.id, MOST_MAX).await?;
    let mut found = Vec::new();
    for mut waiting in all {
        waiting.organization = heirs.going_on(waiting.organization);
        let step = &waiting.step;
        let is_late = late(&waiting, signed.today);
        let stands_in = step.stands_in.as_deref().filter(|_| is_late);
        let is_wanted = |role: Role| role.key() == step.role || Some(role.key()) == stands_in;
        let ways: Vec<Option<PersonId>> = held
            .iter()
            .filter(|held| is_wanted(held.role))
            .filter(|held| {
                held.organization.is_some_and(|of| {
                    signed.tree.standing(of, waiting.organization, signed.today) == Standing::Own
                })
            })
            .map(|held| held.acting_for)
            .collect();
        if ways.is_empty() {
            continue;
        }
        // For one who wrote it nobody acts.
        let editors = review::editors(tx, waiting.review).await?;
        let editors: BTreeSet<PersonId> = editors.into_iter().collect();
        let is_open = |lender: &Option<PersonId>| !lender.is_some_and(|id| editors.contains(&id));
        if ways.iter().any(is_open) {
            found.push(waiting);
        }
    }
    Ok(found)
}

fn days(waiting: &Waiting) -> Option<u16> {
    waiting.step.days.and_then(|days| u16::try_from(days).ok())
}

fn late(waiting: &Waiting, today: Date) -> bool {
    time::is_late(waiting.step.since, days(waiting), today)
}

/// Papers of one's own that one has to go on with.
const OWN: [&str; 3] = ["draft", "returned", "approved"];
const OWN_MAX: i64 = 50;

async fn own(tx: &mut Tx, signed: &SignedIn) -> Result<Vec<stored::Kept>, ReviewError> {
    let (within, _) = sight(tx, signed).await?;
    let mut found = Vec::new();
    for state in OWN {
        let filter = Filter {
            reach: &within,
            state: Some(state),
            matter: None,
            by: Some(signed.person.id),
        };
        found.extend(stored::page(tx, filter, i64::MAX, OWN_MAX).await?);
    }
    Ok(found)
}

/// How much waits for the signed-in person; none for who takes no part.
///
/// # Errors
/// The store's.
pub async fn count(house: &House, signed: &SignedIn) -> Result<Option<usize>, ReviewError> {
    if !signed
        .may(Action::ReviewSee, Target::Somewhere)
        .is_allowed()
    {
        return Ok(None);
    }
    let mut tx = house.db.read().await?;
    let steps = mine(&mut tx, signed).await?.len();
    let own = own(&mut tx, signed).await?;
    tx.roll_back().await?;
    let back = own
        .iter()
        .filter(|paper| paper.state == State::Returned.key());
    Ok(Some(steps + back.count()))
}

/// What waits for the signed-in person.
///
/// # Errors
/// [`ReviewError::Denied`].
pub async fn tasks(house: &House, signed: &SignedIn) -> Result<Tasks, ReviewError> {
    let about = (PAPER, NONE.to_owned());
    let demanded = signed.demand(house, Action::ReviewSee, Target::Somewhere, about);
    let who = demanded.await?;
    let mut tx = house.db.read().await?;
    let mut tasks = Tasks::default();
    for waiting in mine(&mut tx, signed).await? {
        let paper = found(&mut tx, signed, waiting.thing).await?;
        let Some(paper) = paper.filter(|_| waiting.kind == PAPER) else {
            continue;
        };
        let under = super::engine::latest(&mut tx, house, PAPER, paper.id).await?;
        let name = under.and_then(|under| {
            let step = under.review.chain().step(&waiting.step.step);
            step.map(|step| step.name.clone())
        });
        tasks.steps.push(Task {
            paper: listed(&mut tx, house, paper).await?,
            name: name.unwrap_or_default(),
            since: waiting.step.since,
            due: time::due(waiting.step.since, days(&waiting)),
            is_late: late(&waiting, signed.today),
            step: waiting.step.step,
        });
    }
    for paper in own(&mut tx, signed).await? {
        tasks.own.push(listed(&mut tx, house, paper).await?);
    }
    tx.roll_back().await?;
    let steps = tasks.steps.iter().map(|task| task.paper.paper.id);
    let own = tasks.own.iter().map(|listed| listed.paper.id);
    let papers: Vec<i64> = steps.chain(own).collect();
    let object = (PAPER, NONE.to_owned());
    seen(house, &who, object, json!({ "papers": papers })).await?;
    Ok(tasks)
}
