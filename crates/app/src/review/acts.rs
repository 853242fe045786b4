//! What people do with whatever is under review. In which role somebody acts is
//! found here; whether they may is told by the rules, for each way in which
//! they could: in their own right first, then for those who lent them a role.
//!
//! Each of [`taking`], [`withdrawing`], [`taking_effect`], [`hurrying`] and
//! [`handing_in`] gives the ways in which the signed-in person could do it;
//! [`settle`] does the first that goes, of a thing of any kind, in a
//! transaction of its own, and [`first_that_goes`] in the caller's. That the
//! permission table allows it is asked before, by whose thing it is.

use std::collections::BTreeSet;

use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::permissions::{Action, held};
use gongkai_domain::organization::roles::{Act, Role};
use gongkai_domain::organization::{OrganizationId, PersonId, Standing};
use gongkai_domain::review::chain::Step;
use gongkai_domain::review::matter::Matter;
use gongkai_domain::review::staffing;
use gongkai_domain::review::{ContentDigest, Event, State, Taken, Verdict};
use gongkai_domain::words::Message;
use gongkai_store::review as stored;
use gongkai_store::{StoreError, Tx};

use super::engine::{self, Beginning, Thing, Under, What};
use super::staff::Staff;
use super::{ReviewError, chains};
use crate::audit::{self, Deed, Who};
use crate::house::House;
use crate::once::{Sent, once};
use crate::people::SignedIn;

/// Ways in which something could be done: by whom, for whom, and what.
pub type Ways = Vec<(Act, What)>;

/// Roles in which somebody could act for a body, their own before lent ones.
pub(super) fn ways(signed: &SignedIn, organization: OrganizationId) -> Vec<(Role, Act)> {
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
pub(super) fn trail(who: &Who, act: Act) -> Who {
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
        let is_late = under.is_late(waiting, signed.today);
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

/// What the rules say to who would have approved their own text, or acted for
/// two in one review.
const ATTEMPTS: [&str; 3] = [
    "review-own-text",
    "hands-twice-by-delegation",
    "review-after-urgency-by-another",
];

/// Writes down that somebody tried what keeps the four eyes four.
async fn attempted(
    house: &House,
    who: &Who,
    action: Action,
    (kind, id): (&'static str, i64),
    error: &ReviewError,
) -> Result<(), StoreError> {
    let ReviewError::Refused(messages) = error else {
        return Ok(());
    };
    let mut messages = messages.iter();
    let Some(message) = messages.find(|message| ATTEMPTS.contains(&message.id.as_ref())) else {
        return Ok(());
    };
    let deed = Deed {
        action: action.key(),
        object_kind: kind,
        object: id.to_string(),
        outcome: Outcome::Denied,
        detail: serde_json::json!({ "reason": message.id }),
    };
    audit::denied(house, who, &deed).await
}

/// Does something to the review of a thing, in the first way that goes, in a
/// transaction in which it is held. Sent twice, it is done once.
///
/// # Errors
/// [`ReviewError::Refused`] with what the rules say of the first way; that
/// somebody tried to approve their own text is written down.
pub async fn settle<F>(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    action: Action,
    thing: (&'static str, i64),
    who: &Who,
    make: F,
) -> Result<State, ReviewError>
where
    F: Fn(&Under) -> Result<Ways, ReviewError>,
{
    let settled = settled(house, signed, sent, thing, who, make).await;
    if let Err(error) = &settled {
        attempted(house, who, action, thing, error).await?;
    }
    settled
}

async fn settled<F>(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    (kind, id): (&'static str, i64),
    who: &Who,
    make: F,
) -> Result<State, ReviewError>
where
    F: Fn(&Under) -> Result<Ways, ReviewError>,
{
    let make = &make;
    let work = async |mut tx: Tx| -> Result<(Tx, String), ReviewError> {
        let under = engine::held(&mut tx, house, kind, id).await?;
        let mut under = under.ok_or_else(|| ReviewError::refused("review-not-handed-in"))?;
        let ways = make(&under)?;
        let state = first_that_goes(&mut tx, house, &mut under, ways, who).await?;
        Ok((tx, state.key().to_owned()))
    };
    let answer = once(house, &sent.of(signed.person.id), work).await?;
    answered(&answer)
}

/// The state that was kept as the answer to a form.
pub(super) fn answered(answer: &str) -> Result<State, ReviewError> {
    let none = || StoreError::Refused(format!("the answer kept for a form is no state: {answer}"));
    State::from_key(answer).ok_or_else(|| none().into())
}

/// Does the first of these that the rules let through.
///
/// # Errors
/// [`ReviewError::Refused`] with what they say of the first where none goes.
pub async fn first_that_goes(
    tx: &mut Tx,
    house: &House,
    under: &mut Under,
    ways: Ways,
    who: &Who,
) -> Result<State, ReviewError> {
    let mut first = None;
    for (act, what) in ways {
        match under.would(act, &what, house.now()) {
            Ok(()) => {
                let who = trail(who, act);
                return engine::act(tx, house, under, act, what, &who).await;
            }
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

/// The longest remark or note: a form of several of them is still a short one.
const SAID_CHARS_MAX: usize = 1000;
/// Remarks at a time at most.
const REMARKS_MAX: usize = 20;

/// A text as it is kept; control signs are left out.
pub(super) fn said(text: &str) -> Result<String, Message> {
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

/// Ways of taking a step: approving it, or returning it with remarks.
///
/// # Errors
/// What was said is too long, or there is no such step; and who wrote remarks
/// is not taken to have approved.
pub fn taking(signed: &SignedIn, under: &Under, asked: &Asked) -> Result<Ways, ReviewError> {
    if asked.approved && !asked.remarks.is_empty() {
        return Err(ReviewError::refused("review-approved-with-remarks"));
    }
    let found = asked.remarks.len();
    if found > REMARKS_MAX {
        let many = Message::new("review-too-many-remarks").with("found", found);
        return Err(many.with("max", REMARKS_MAX).into());
    }
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
            let late = under.is_late(*waiting, signed.today);
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
}

/// Ways in which somebody stands by what they or a lender have written.
pub(super) fn as_writer(signed: &SignedIn, organization: OrganizationId) -> Vec<Act> {
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

/// Ways of taking back what the signed-in person, or one who lent them a role,
/// has written.
pub fn withdrawing(signed: &SignedIn, under: &Under) -> Ways {
    let acts = as_writer(signed, under.kept.organization).into_iter();
    acts.map(|act| (act, What::Withdraw)).collect()
}

/// Ways of handing in once more; where nothing was changed, with an answer.
pub fn handing_in(signed: &SignedIn, under: &Under, answer: &str) -> Ways {
    let what = What::HandIn {
        answer: answer.to_owned(),
    };
    let acts = as_writer(signed, under.kept.organization).into_iter();
    acts.map(|act| (act, what.clone())).collect()
}

/// Ways of letting something take effect that was approved, exactly this.
pub fn taking_effect(signed: &SignedIn, under: &Under, digest: &str) -> Ways {
    let what = What::Effect {
        digest: digest.to_owned(),
    };
    let ways = ways(signed, under.kept.organization).into_iter();
    let ways = ways.filter(|(role, _)| Action::ReviewWrite.scope(*role).is_some());
    ways.map(|(_, act)| (act, what.clone())).collect()
}

/// Ways of letting something take effect before every step was taken.
///
/// # Errors
/// The reason is too long.
pub fn hurrying(
    signed: &SignedIn,
    under: &Under,
    digest: &str,
    reason: &str,
) -> Result<Ways, ReviewError> {
    let reason = said(reason)?;
    let what = |role: Role| What::Urgent {
        role: role.key().to_owned(),
        digest: digest.to_owned(),
        reason: reason.clone(),
    };
    let own = ways(signed, under.kept.organization).into_iter();
    let mut own: Vec<(Role, Act)> = own
        .filter(|(role, _)| Action::ReviewUrgent.scope(*role).is_some())
        .collect();
    // The role of the chain first: what stands against it is what is told.
    own.sort_by_key(|(role, _)| under.review.chain().urgent_by() != Some(*role));
    let ways = own.into_iter().map(|(role, act)| (act, what(role)));
    Ok(ways.collect())
}

/// A review that is to begin, by whoever has written the thing.
#[derive(Debug)]
pub struct First<'a> {
    /// What is reviewed.
    pub thing: Thing,
    /// How often it was begun before.
    pub rounds: i64,
    /// Which kind of chain.
    pub matter: Matter,
    /// Who has written it; who had a part in it in earlier rounds is added.
    pub editors: BTreeSet<PersonId>,
    /// Its content.
    pub digest: &'a str,
}

/// Begins the review of a thing by the chain of its body; which round that is.
///
/// # Errors
/// [`ReviewError::Refused`] to who has not written it, and where nobody could
/// take a step of the chain.
pub async fn begin(
    tx: &mut Tx,
    house: &House,
    signed: &SignedIn,
    who: &Who,
    first: First<'_>,
) -> Result<i64, ReviewError> {
    let (organization, today) = (first.thing.organization, signed.today);
    let (tree, mut editors) = (&signed.tree, first.editors);
    let chain = chains::in_force(tx, tree, organization, first.matter, today).await?;
    let unlawful = first.matter.unlawful(&chain.chain);
    if !unlawful.is_empty() {
        return Err(unlawful.into());
    }
    for before in stored::rounds(tx, first.thing.kind, first.thing.id).await? {
        editors.extend(stored::editors(tx, before.id).await?);
    }
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
        thing: first.thing,
        rounds: first.rounds,
        matter: first.matter,
        chain,
        key: house.vault.new_key().await?,
        editors,
        digest: ContentDigest::new(first.digest)?,
        act,
        who: &trail(who, act),
    };
    engine::begin(tx, house, beginning).await
}
