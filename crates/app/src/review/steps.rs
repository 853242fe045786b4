//! What people do with a draft paper: hand it in, take a step, take it back, let
//! it take effect. How that is done is [`acts`](super::acts), for whatever is
//! under review; here is whether the paper may be seen, and the table asked.

use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::organization::roles::{Act, Role};
use gongkai_domain::review::State;
use gongkai_domain::review::matter::Matter;
use gongkai_domain::words::Message;
use gongkai_store::Tx;
use gongkai_store::review::papers::{self as stored, Kept};

use super::acts::{self, Choice, First, as_writer, choices, said, settle, ways};
use super::engine::{self, Thing, What};
use super::papers::{Seen, content_of};
use super::{PAPER, ReviewError, allowed, attachments, found_and_held};
use crate::house::House;
use crate::once::{Sent, once};
use crate::people::SignedIn;

pub use super::acts::Asked;

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
    let (_, who) = allowed(house, signed, Action::ReviewTake, id).await?;
    let ways = |under: &engine::Under| acts::taking(signed, under, asked);
    let action = Action::ReviewTake;
    settle(house, signed, sent, action, (PAPER, id), &who, ways).await
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
    let (_, who) = allowed(house, signed, Action::ReviewWrite, id).await?;
    let ways = |under: &engine::Under| Ok(acts::withdrawing(signed, under));
    let action = Action::ReviewWrite;
    settle(house, signed, sent, action, (PAPER, id), &who, ways).await
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
    let (paper, who) = allowed(house, signed, Action::ReviewWrite, id).await?;
    let mut tx = house.db.read().await?;
    pass_all(house, &mut tx, &paper).await?;
    tx.roll_back().await?;
    let ways = |under: &engine::Under| Ok(acts::taking_effect(signed, under, digest));
    let action = Action::ReviewWrite;
    settle(house, signed, sent, action, (PAPER, id), &who, ways).await
}

/// Whether all files of a paper may pass.
async fn pass_all(house: &House, tx: &mut Tx, paper: &Kept) -> Result<(), ReviewError> {
    let content = content_of(house, tx, paper).await?;
    attachments::pass(house, tx, paper.organization, &content).await
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
    let (paper, who) = allowed(house, signed, Action::ReviewUrgent, id).await?;
    let mut tx = house.db.read().await?;
    pass_all(house, &mut tx, &paper).await?;
    tx.roll_back().await?;
    let ways = |under: &engine::Under| acts::hurrying(signed, under, digest, reason);
    let action = Action::ReviewUrgent;
    settle(house, signed, sent, action, (PAPER, id), &who, ways).await
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
        let editions = stored::editions(&mut tx, id).await?;
        if editions.last().is_none_or(|newest| newest.digest != digest) {
            return Err(ReviewError::refused("review-changed-meanwhile"));
        }
        pass_all(house, &mut tx, &paper).await?;
        let under = engine::held(&mut tx, house, PAPER, id).await?;
        let goes_on = under.filter(|under| under.review.state() != State::Withdrawn);
        let Some(mut under) = goes_on else {
            let first = First {
                thing: Thing {
                    kind: PAPER,
                    id,
                    organization: paper.organization,
                },
                rounds: paper.round,
                matter: Matter::from_key(&paper.matter).ok_or(ReviewError::Missing)?,
                editors: stored::writers(&editions),
                digest,
            };
            let round = acts::begin(&mut tx, house, signed, who, first).await?;
            stored::set_round(&mut tx, id, round).await?;
            return Ok((tx, State::Open.key().to_owned()));
        };
        let ways = acts::handing_in(signed, &under, answer);
        let state = acts::first_that_goes(&mut tx, house, &mut under, ways, who).await?;
        Ok((tx, state.key().to_owned()))
    };
    let answer = once(house, &sent.of(signed.person.id), work).await?;
    acts::answered(&answer)
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
    let target = Target::Organization(organization);
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
    May {
        change: writes && under.review.is_changeable(),
        hand_in: writes && would(&answer("-")),
        answers: writes && !would(&answer("")),
        withdraw: writes && would(&What::Withdraw),
        take_effect: writes && state == State::Approved,
        hurry: allows(Action::ReviewUrgent) && ways(signed, organization).iter().any(urgent),
        choices,
        against,
    }
}
