//! My tasks: what waits for the signed-in person, and what came back to them.

use std::collections::BTreeSet;

use gongkai_domain::calendar::{Calendar, CalendarError};
use gongkai_domain::organization::permissions::{Action, Target, held, reach};
use gongkai_domain::organization::roles::Role;
use gongkai_domain::organization::{PersonId, Standing};
use gongkai_domain::review::State;
use gongkai_store::Tx;
use gongkai_store::requests;
use gongkai_store::review::papers::{self as stored, Filter};
use gongkai_store::review::{self, Waiting};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use super::heirs::Heirs;
use super::papers::{Listed, listed};
use super::time::{self, Due};
use super::{NONE, PAPER, ReviewError, found, seen, sight};
use crate::house::House;
use crate::people::SignedIn;
use crate::requests::replies::REPLY;

/// Steps that are looked through at a time.
const AT_ONCE: i64 = 200;
/// Steps on a page.
pub const PAGE: usize = 50;

/// Where a page of steps ended: since when the last one waits, of which review,
/// its key.
pub type After = (i64, i64, String);

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
    pub due: Result<Option<Due>, CalendarError>,
    /// Whether that is over.
    pub is_late: bool,
}

/// A step of a reply's review that waits for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyTask {
    /// The request's number in the store.
    pub request: i64,
    /// Its 登记编号.
    pub number: String,
    /// What the step is called.
    pub name: String,
    /// Since when it waits.
    pub since: Timestamp,
    /// Its last day; none where it has no time.
    pub due: Result<Option<Due>, CalendarError>,
    /// Whether that is over.
    pub is_late: bool,
}

/// What waits for the signed-in person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tasks {
    /// Steps on the page, those that have waited longest first.
    pub steps: Vec<Task>,
    /// How many there are on all pages.
    pub count: usize,
    /// Where the next page goes on.
    pub next: Option<After>,
    /// Replies to requests on the page, those that have waited longest first.
    pub replies: Vec<ReplyTask>,
    /// Papers of theirs that came back, were approved, or are not handed in.
    pub own: Vec<Listed>,
}

/// Steps that wait for somebody, by the roles that they hold today: all of them.
async fn mine(
    tx: &mut Tx,
    signed: &SignedIn,
    calendar: &Calendar,
) -> Result<Vec<Waiting>, ReviewError> {
    let take = Action::ReviewTake;
    if !signed.may(take, Target::Somewhere).is_allowed() {
        return Ok(Vec::new());
    }
    let heirs = Heirs::of(tx, &signed.tree, signed.today).await?;
    let within = reach(&signed.actor, take, &signed.tree, signed.today);
    let within = heirs.widened(within);
    let held = held(&signed.actor, &signed.tree, signed.today);
    let roles: BTreeSet<&str> = held.iter().map(|held| held.role.key()).collect();
    let roles: Vec<&str> = roles.into_iter().collect();
    let mut all = Vec::new();
    loop {
        let after = all.last().map(|last: &Waiting| last.place());
        let asked = review::Mine {
            reach: &within,
            roles: &roles,
            except: signed.person.id,
            after: after.as_ref(),
        };
        let page = review::waiting(tx, asked, AT_ONCE).await?;
        let is_last = i64::try_from(page.len()).is_ok_and(|found| found < AT_ONCE);
        all.extend(page);
        if is_last {
            break;
        }
    }
    let mut found = Vec::new();
    for mut waiting in all {
        waiting.organization = heirs.going_on(waiting.organization);
        let step = &waiting.step;
        let is_late = late(calendar, &waiting, signed.today);
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

fn late(calendar: &Calendar, waiting: &Waiting, today: Date) -> bool {
    time::is_late(calendar, waiting.step.since, days(waiting), today)
}

/// Papers of one's own that one has to go on with.
const OWN: [&str; 4] = ["wanting", "draft", "returned", "approved"];
/// Those of them that came back.
const BACK: [State; 2] = [State::Returned, State::Wanting];
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

/// A step of a reply's review, with the number of its request.
async fn of_reply(
    tx: &mut Tx,
    house: &House,
    calendar: &Calendar,
    signed: &SignedIn,
    waiting: &Waiting,
) -> Result<Option<ReplyTask>, ReviewError> {
    let Some(request) = requests::get_any(tx, waiting.thing).await? else {
        return Ok(None);
    };
    let under = super::engine::latest(tx, house, REPLY, waiting.thing).await?;
    let name = under.and_then(|under| {
        let step = under.review.chain().step(&waiting.step.step);
        step.map(|step| step.name.clone())
    });
    Ok(Some(ReplyTask {
        request: request.id,
        number: request.number,
        name: name.unwrap_or_default(),
        since: waiting.step.since,
        due: time::due(calendar, waiting.step.since, days(waiting)),
        is_late: late(calendar, waiting, signed.today),
    }))
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
    let calendar = house.calendars.seen(&mut tx).await?;
    let steps = mine(&mut tx, signed, &calendar).await?.len();
    let (within, _) = sight(&mut tx, signed).await?;
    let mut count = steps;
    for state in BACK {
        let filter = Filter {
            reach: &within,
            state: Some(state.key()),
            matter: None,
            by: Some(signed.person.id),
        };
        let back = stored::count(&mut tx, filter).await?;
        count = count.saturating_add(usize::try_from(back).unwrap_or(0));
    }
    tx.roll_back().await?;
    Ok(Some(count))
}

/// A page of what waits for the signed-in person.
///
/// # Errors
/// [`ReviewError::Denied`].
pub async fn tasks(
    house: &House,
    signed: &SignedIn,
    after: Option<&After>,
) -> Result<Tasks, ReviewError> {
    let about = (PAPER, NONE.to_owned());
    let demanded = signed.demand(house, Action::ReviewSee, Target::Somewhere, about);
    let who = demanded.await?;
    let mut tx = house.db.read().await?;
    let calendar = house.calendars.seen(&mut tx).await?;
    let mut tasks = Tasks::default();
    let all = mine(&mut tx, signed, &calendar).await?;
    tasks.count = all.len();
    let is_after = |waiting: &Waiting| after.is_none_or(|after| waiting.place() > *after);
    let mut rest = all.into_iter().filter(is_after);
    let page: Vec<Waiting> = rest.by_ref().take(PAGE).collect();
    if rest.next().is_some() {
        tasks.next = page.last().map(Waiting::place);
    }
    for waiting in page {
        if waiting.kind == REPLY {
            tasks
                .replies
                .extend(of_reply(&mut tx, house, &calendar, signed, &waiting).await?);
            continue;
        }
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
            due: time::due(&calendar, waiting.step.since, days(&waiting)),
            is_late: late(&calendar, &waiting, signed.today),
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
