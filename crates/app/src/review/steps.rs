//! What people do with a paper under review: hand it in, take a step, take it
//! back, let it take effect. In which role somebody acts is found here; whether
//! they may is told by the table and the rules, for each way in which they
//! could: in their own right first, then for those who lent them a role.

use std::collections::BTreeSet;

use gongkai_domain::organization::permissions::{Action, held};
use gongkai_domain::organization::roles::{Act, Role};
use gongkai_domain::organization::{OrganizationId, PersonId, Standing};
use gongkai_domain::review::chain::Step;
use gongkai_domain::review::matter::Matter;
use gongkai_domain::review::staffing;
use gongkai_domain::review::{ContentDigest, Event, State, Taken, Verdict};
use gongkai_domain::words::Message;
use gongkai_store::review::papers as stored;
use gongkai_store::{StoreError, Tx};

use super::engine::{self, Beginning, Thing, Under, What};
use super::papers::Seen;
use super::staff::Staff;
use super::{PAPER, ReviewError, allowed, chains, found_and_held, own, time};
use crate::audit::Who;
use crate::house::House;
use crate::once::{Sent, once};
use crate::people::SignedIn;

/// Roles in which somebody could act for a body, their own before lent ones.
fn ways(signed: &SignedIn, organization: OrganizationId) -> Vec<(Role, Act)> {
    let person = signed.person.id;
    let counts = |of: Option<OrganizationId>| {
        of.is_some_and(|of| signed.tree.standing(of, organization, signed.today) == Standing::Own)
    };
    let held = held(&signed.actor, &signed.tree, signed.today).into_iter();
    let counting = held.filter(|held| counts(held.organization));
    counting
        .map(|held| {
            let acting_for = held.acting_for;
            (held.role, Act { person, acting_for })
        })
        .collect()
}

/// The same who it is to the trail, for whom they act here.
fn trail(who: &Who, act: Act) -> Who {
    Who {
        acting_for: act.acting_for.map(|id| id.0),
        ..who.clone()
    }
}

/// A step that somebody may take now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The step.
    pub step: Step,
    /// In which role: its own, or the one that stands in.
    pub role: Role,
    /// By whom, and for whom.
    pub act: Act,
    /// Whether its time is over.
    pub is_late: bool,
}

/// Steps of a review that the signed-in person may take now, each in the first
/// way in which the rules let them; else what stands against each.
pub fn choices(signed: &SignedIn, under: &Under) -> (Vec<Choice>, Vec<Message>) {
    let (mut choices, mut against) = (Vec::new(), Vec::new());
    for waiting in under.review.waiting() {
        let is_late = time::is_late(waiting.since, waiting.step.days, signed.today);
        match way(signed, under, waiting.step, is_late) {
            Ok((role, act)) => choices.push(Choice {
                step: waiting.step.clone(),
                role,
                act,
                is_late,
            }),
            Err(message) if !against.contains(&message) => against.push(message),
            Err(_) => {}
        }
    }
    (choices, against)
}

/// The way in which somebody may approve a step.
fn way(
    signed: &SignedIn,
    under: &Under,
    step: &Step,
    is_late: bool,
) -> Result<(Role, Act), Message> {
    let mut first = None;
    let of_step = |role: Role| role == step.role || (is_late && step.stands_in == Some(role));
    let own = ways(signed, under.kept.organization);
    for (role, act) in own.into_iter().filter(|(role, _)| of_step(*role)) {
        let taken = Taken {
            step: step.key.clone(),
            act,
            role,
            digest: under.review.digest().clone(),
            verdict: Verdict::Approved,
            note: String::new(),
            at: under.kept.changed_at,
        };
        match under.review.apply(Event::Take { taken, is_late }) {
            Ok(_) => return Ok((role, act)),
            Err(message) => first = first.or(Some(message)),
        }
    }
    Err(first.unwrap_or_else(|| Message::new("review-other-role")))
}

/// What is done in a transaction in which the review is held.
async fn settle<F>(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    id: i64,
    action: Action,
    make: F,
) -> Result<State, ReviewError>
where
    F: Fn(&Under) -> Result<Vec<(Act, What)>, ReviewError>,
{
    let (_, who) = allowed(house, signed, action, id).await?;
    let (who, make) = (&who, &make);
    let work = async |mut tx: Tx| -> Result<(Tx, String), ReviewError> {
        let under = engine::held(&mut tx, house, PAPER, id).await?;
        let mut under = under.ok_or_else(|| ReviewError::refused("review-not-handed-in"))?;
        let tried = first_that_goes(&under, make(&under)?, house)?;
        let (act, what) = tried;
        let who = trail(who, act);
        let state = engine::act(&mut tx, house, &mut under, act, what, &who).await?;
        Ok((tx, state.key().to_owned()))
    };
    let answer = once(house, &own(sent, signed), work).await?;
    let none = || StoreError::Refused(format!("the answer kept for a form is no state: {answer}"));
    State::from_key(&answer).ok_or_else(|| none().into())
}

/// The first way that the rules let through; else what they say of the first.
fn first_that_goes(
    under: &Under,
    ways: Vec<(Act, What)>,
    house: &House,
) -> Result<(Act, What), ReviewError> {
    let mut first = None;
    for (act, what) in ways {
        match under.would(act, &what, house.now()) {
            Ok(()) => return Ok((act, what)),
            Err(message) => first = first.or(Some(message)),
        }
    }
    let message = first.unwrap_or_else(|| Message::new("review-other-role"));
    Err(message.into())
}

/// A step as somebody takes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The key of the step.
    pub step: String,
    /// The digest of what they looked at.
    pub digest: String,
    /// Whether it may go on; else it is returned.
    pub approved: bool,
    /// What is to be mended: places and texts.
    pub remarks: Vec<(String, String)>,
    /// What else they say.
    pub note: String,
}

/// The longest remark or note.
const SAID_CHARS_MAX: usize = 2000;

/// A text as it is kept; control signs are left out.
fn said(text: &str) -> Result<String, Message> {
    let plain: String = text
        .trim()
        .chars()
        .filter(|c| *c == '\n' || !c.is_control())
        .collect();
    let found = plain.chars().count();
    if found > SAID_CHARS_MAX {
        let long = Message::new("review-said-too-long").with("found", found);
        return Err(long.with("max", SAID_CHARS_MAX));
    }
    Ok(plain)
}

/// Takes a step: approves it, or returns it with remarks.
///
/// # Errors
/// [`ReviewError::Refused`] with what the rules say; [`ReviewError::Denied`].
pub async fn take(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    id: i64,
    asked: &Asked,
) -> Result<State, ReviewError> {
    let make = |under: &Under| {
        let mut remarks = Vec::new();
        for (place, text) in &asked.remarks {
            remarks.push((said(place)?, said(text)?));
        }
        let note = said(&asked.note)?;
        let waiting = under.review.waiting();
        let waiting = waiting
            .iter()
            .find(|waiting| waiting.step.key == asked.step);
        // What does not wait is refused by the rules, in the role of the step.
        let (step, late) = match waiting {
            Some(waiting) => {
                let late = time::is_late(waiting.since, waiting.step.days, signed.today);
                (Some(waiting.step), late)
            }
            None => (under.review.chain().step(&asked.step), false),
        };
        let step = step.ok_or_else(|| Message::new("review-step-not-open"))?;
        let of_step = |role: Role| role == step.role || (late && step.stands_in == Some(role));
        let what = |role: Role| What::Take {
            step: asked.step.clone(),
            role: role.key().to_owned(),
            digest: asked.digest.clone(),
            approved: asked.approved,
            remarks: remarks.clone(),
            note: note.clone(),
            late,
        };
        let ways = ways(signed, under.kept.organization).into_iter();
        let ways = ways.filter(|(role, _)| of_step(*role));
        Ok(ways.map(|(role, act)| (act, what(role))).collect())
    };
    settle(house, signed, sent, id, Action::ReviewTake, make).await
}

/// Ways in which somebody stands by what they or a lender have written.
fn as_writer(signed: &SignedIn, organization: OrganizationId) -> Vec<Act> {
    let mut acts = vec![Act {
        person: signed.person.id,
        acting_for: None,
    }];
    for (role, act) in ways(signed, organization) {
        if Action::ReviewWrite.scope(role).is_some() && !acts.contains(&act) {
            acts.push(act);
        }
    }
    acts
}

/// Takes a paper back that the signed-in person has written.
///
/// # Errors
/// As [`take`].
pub async fn withdraw(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    id: i64,
) -> Result<State, ReviewError> {
    let make = |under: &Under| {
        let acts = as_writer(signed, under.kept.organization).into_iter();
        Ok(acts.map(|act| (act, What::Withdraw)).collect())
    };
    settle(house, signed, sent, id, Action::ReviewWrite, make).await
}

/// Lets a paper take effect that was approved, exactly as it was.
///
/// # Errors
/// As [`take`]; also for any other digest than the one that was approved.
pub async fn take_effect(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    id: i64,
    digest: &str,
) -> Result<State, ReviewError> {
    let make = |under: &Under| {
        let what = What::Effect {
            digest: digest.to_owned(),
        };
        let acts = ways(signed, under.kept.organization).into_iter();
        let acts = acts.filter(|(role, _)| Action::ReviewWrite.scope(*role).is_some());
        Ok(acts.map(|(_, act)| (act, what.clone())).collect())
    };
    settle(house, signed, sent, id, Action::ReviewWrite, make).await
}

/// Lets a paper take effect before every step was taken; the rest follows, by
/// others.
///
/// # Errors
/// As [`take`].
pub async fn hurry(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    id: i64,
    digest: &str,
    reason: &str,
) -> Result<State, ReviewError> {
    let make = |under: &Under| {
        let reason = said(reason)?;
        let ways = ways(signed, under.kept.organization).into_iter();
        let ways = ways.filter(|(role, _)| Action::ReviewUrgent.scope(*role).is_some());
        let what = |role: Role| What::Urgent {
            role: role.key().to_owned(),
            digest: digest.to_owned(),
            reason: reason.clone(),
        };
        let mut ways: Vec<_> = ways.map(|(role, act)| (act, what(role))).collect();
        // The role of the chain first: what stands against it is what is told.
        let wanted = under.review.chain().urgent_by().map(Role::key);
        ways.sort_by_key(|(_, what)| match what {
            What::Urgent { role, .. } => Some(role.as_str()) != wanted,
            _ => true,
        });
        Ok(ways)
    };
    settle(house, signed, sent, id, Action::ReviewUrgent, make).await
}

/// Hands a paper in, for the first time or once more, as it was seen.
///
/// # Errors
/// As [`take`]; also where nobody could take a step of the chain.
pub async fn hand_in(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    id: i64,
    digest: &str,
    answer: &str,
) -> Result<State, ReviewError> {
    let (_, who) = allowed(house, signed, Action::ReviewWrite, id).await?;
    let answer = said(answer)?;
    let (who, answer) = (&who, &answer);
    let work = async |mut tx: Tx| -> Result<(Tx, String), ReviewError> {
        let paper = found_and_held(&mut tx, signed, id).await?;
        let paper = paper.ok_or(ReviewError::Missing)?;
        let newest = stored::edition_of(&mut tx, id, paper.edition).await?;
        if newest.is_none_or(|newest| newest.digest != digest) {
            return Err(ReviewError::refused("review-changed-meanwhile"));
        }
        let under = engine::held(&mut tx, house, PAPER, id).await?;
        let acts = as_writer(signed, paper.organization);
        let goes_on = under.filter(|under| under.review.state() != State::Withdrawn);
        let Some(mut under) = goes_on else {
            let round = begin(&mut tx, house, signed, who, &paper, digest).await?;
            stored::set_round(&mut tx, id, round).await?;
            return Ok((tx, State::Open.key().to_owned()));
        };
        let what = What::HandIn {
            answer: answer.clone(),
        };
        let ways = acts.into_iter().map(|act| (act, what.clone())).collect();
        let (act, what) = first_that_goes(&under, ways, house)?;
        let who = trail(who, act);
        let state = engine::act(&mut tx, house, &mut under, act, what, &who).await?;
        Ok((tx, state.key().to_owned()))
    };
    let answer = once(house, &own(sent, signed), work).await?;
    let none = || StoreError::Refused(format!("the answer kept for a form is no state: {answer}"));
    State::from_key(&answer).ok_or_else(|| none().into())
}

/// Begins the review of a paper by the chain of its body.
async fn begin(
    tx: &mut Tx,
    house: &House,
    signed: &SignedIn,
    who: &Who,
    paper: &stored::Kept,
    digest: &str,
) -> Result<i64, ReviewError> {
    let matter = Matter::from_key(&paper.matter).ok_or(ReviewError::Missing)?;
    let (organization, today) = (paper.organization, signed.today);
    let tree = &signed.tree;
    let chain = chains::in_force(tx, tree, organization, matter, today).await?;
    let mut editors: BTreeSet<PersonId> = stored::writers(&stored::editions(tx, paper.id).await?);
    let own = as_writer(signed, organization);
    let involved = |act: &&Act| editors.iter().any(|editor| act.involves(*editor));
    let act = own.iter().find(involved).copied();
    let act = act.ok_or_else(|| Message::new("review-not-yours"))?;
    editors.extend([Some(act.person), act.acting_for].into_iter().flatten());
    let staff = Staff::of(tx, tree, organization, today).await?;
    let lacking = staffing::lacking(&chain.chain, &staff.holders(&editors), &editors);
    if !lacking.is_empty() {
        return Err(lacking.into());
    }
    let beginning = Beginning {
        thing: Thing {
            kind: PAPER,
            id: paper.id,
            organization,
        },
        rounds: paper.round,
        matter,
        chain,
        key: house.vault.new_key().await?,
        editors,
        digest: ContentDigest::new(digest)?,
        act,
        who: &trail(who, act),
    };
    engine::begin(tx, house, beginning).await
}

/// What the signed-in person may do with a paper that they see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct May {
    /// Change it.
    pub change: bool,
    /// Hand it in.
    pub hand_in: bool,
    /// Hand it in as it is, with an answer, since it was not changed.
    pub answers: bool,
    /// Take it back.
    pub withdraw: bool,
    /// Let it take effect.
    pub take_effect: bool,
    /// Let it take effect before every step was taken.
    pub hurry: bool,
    /// Steps to take.
    pub choices: Vec<Choice>,
    /// Why none of those that wait may be taken by them.
    pub against: Vec<Message>,
}

/// What the signed-in person may do with a paper, by the same rules that are
/// asked when they do it.
pub fn may(house: &House, signed: &SignedIn, seen: &Seen) -> May {
    let organization = seen.paper.organization;
    let target = gongkai_domain::organization::permissions::Target::Organization(organization);
    let allows = |action| signed.may(action, target).is_allowed();
    let writes = allows(Action::ReviewWrite);
    let acts = as_writer(signed, organization);
    let Some(under) = seen
        .review()
        .filter(|one| one.review.state() != State::Withdrawn)
    else {
        return May {
            change: writes,
            hand_in: writes,
            ..May::default()
        };
    };
    let state = under.review.state();
    let would = |what: &What| {
        let mut acts = acts.iter();
        acts.any(|act| under.would(*act, what, house.now()).is_ok())
    };
    let digest = under.kept.digest.clone();
    let answer = |text: &str| What::HandIn {
        answer: text.to_owned(),
    };
    let urgent = |(role, act): &(Role, Act)| {
        let what = What::Urgent {
            role: role.key().to_owned(),
            digest: digest.clone(),
            reason: "-".to_owned(),
        };
        under.would(*act, &what, house.now()).is_ok()
    };
    let (choices, against) = match allows(Action::ReviewTake) {
        true => choices(signed, under),
        false => (Vec::new(), Vec::new()),
    };
    let changeable = matches!(state, State::Open | State::Approved | State::Returned);
    May {
        change: writes && changeable,
        hand_in: writes && would(&answer("-")),
        answers: writes && !would(&answer("")),
        withdraw: writes && would(&What::Withdraw),
        take_effect: writes && state == State::Approved,
        hurry: allows(Action::ReviewUrgent) && ways(signed, organization).iter().any(urgent),
        choices,
        against,
    }
}
