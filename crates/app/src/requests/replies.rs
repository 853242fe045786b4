//! The reply: written in editions, reviewed by the chain of the body, and given
//! exactly as it was approved. What is approved is the digest of the outcome and
//! the text; any change voids it, and without it no reply leaves.

use std::collections::BTreeSet;

use gongkai_domain::letters::facts::LetterFacts;
use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::organization::PersonId;
use gongkai_domain::organization::permissions::Action;
use gongkai_domain::organization::roles::Act;
use gongkai_domain::requests::case::Event;
use gongkai_domain::requests::record::{self, Happening, Proof};
use gongkai_domain::review::State;
use gongkai_domain::review::matter::Matter;
use gongkai_domain::words::Message;
use gongkai_store::requests::{self as stored, KeptReply};
use gongkai_store::{Tx, review};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::cases::{self, By, New, Opened, Proofs, append, proofs};
use super::papers::{self, Wanted};
use super::releases::{gives, untold};
use super::steps::{Seen, held};
use super::{RequestError, allowed, files, sight, written};
use crate::audit::Who;
use crate::house::House;
use crate::letters::{self, Prepared};
use crate::once::{Sent, is_done, once};
use crate::people::SignedIn;
use crate::review::ReviewError;
use crate::review::acts::{self, Asked, Choice, First};
use crate::review::engine::{self, Thing, Under, What};
use crate::settings;

/// The kind of a reply under review; it never changes.
pub const REPLY: &str = "reply";

/// A page or two of what the reply says; what is given comes along with it.
pub const TEXT_CHARS_MAX: usize = 20_000;

/// What is sealed of an edition, and what its digest is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Content {
    outcome: String,
    text: String,
    /// What its letter is made of; none where the letter is made elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    facts: Option<LetterFacts>,
    /// Digests of the files that the applicant is to have with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    files: Vec<String>,
    /// How often the case had gone on when it was written: what is decided anew is
    /// approved anew, even where it says the same.
    #[serde(default, skip_serializing_if = "is_first")]
    round: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks in this form")]
fn is_first(round: &usize) -> bool {
    *round == 0
}

/// An edition of a reply, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Counts from 1.
    pub edition: i64,
    /// The outcome's key.
    pub outcome: String,
    /// What it says.
    pub text: String,
    /// What its letter is made of, with which it leaves; none where the letter is
    /// made elsewhere.
    pub facts: Option<LetterFacts>,
    /// Digests of the files that the applicant has with it; they are reviewed with it.
    pub files: Vec<String>,
    /// How often the case had gone on when it was written.
    pub round: usize,
    /// The digest of all of it.
    pub digest: String,
    /// When it was written.
    pub at: Timestamp,
    /// By whom.
    pub person: PersonId,
}

impl From<ReviewError> for RequestError {
    fn from(error: ReviewError) -> Self {
        match error {
            ReviewError::Refused(messages) => Self::Refused(messages),
            ReviewError::Denied(message) => Self::Denied(message),
            ReviewError::Missing => Self::Missing,
            ReviewError::Changed(_) => Self::Changed,
            ReviewError::Store(error) => Self::Store(error),
            ReviewError::Vault(error) => Self::Vault(error),
            ReviewError::Attachment(error) => Self::Attachment(error),
        }
    }
}

fn field(edition: i64) -> String {
    format!("request/reply/{edition}")
}

fn read(opened: &Opened, kept: &KeptReply) -> Result<Reply, RequestError> {
    let content: Content = opened.unsealed(&field(kept.edition), &kept.sealed)?;
    Ok(Reply {
        edition: kept.edition,
        outcome: content.outcome,
        text: content.text,
        facts: content.facts,
        files: content.files,
        round: content.round,
        digest: kept.digest.clone(),
        at: kept.at,
        person: kept.person,
    })
}

/// The newest edition of a request's reply.
pub(super) async fn newest(tx: &mut Tx, opened: &Opened) -> Result<Option<Reply>, RequestError> {
    let all = stored::replies(tx, opened.kept.id).await?;
    all.last().map(|kept| read(opened, kept)).transpose()
}

/// All editions of a request's reply, the first one first.
pub(super) async fn editions(tx: &mut Tx, opened: &Opened) -> Result<Vec<Reply>, RequestError> {
    let all = stored::replies(tx, opened.kept.id).await?;
    all.iter().map(|kept| read(opened, kept)).collect()
}

/// The reply of a request with its review, for who may see the request.
#[derive(Debug)]
pub struct Draft {
    /// The newest edition.
    pub reply: Reply,
    /// Its review, if it was handed in.
    pub under: Option<Under>,
    /// What was said in all rounds of its reviews, the first one first.
    pub rounds: Vec<Under>,
    /// Steps that the signed-in person may take.
    pub choices: Vec<Choice>,
    /// Why they may take none of those that wait.
    pub against: Vec<Message>,
    /// Whether it may be given now.
    pub is_approved: bool,
    /// Whether it was written since the case went on: what was written before is given
    /// no more.
    pub is_of_now: bool,
}

impl Draft {
    /// Whether it was decided to give something: what third parties are told of is the
    /// organ's decision, and nobody's alone (Art. 32).
    pub(super) fn has_decided_to_give(&self) -> bool {
        self.is_approved && gives(&self.reply.outcome)
    }
}

/// Reads the reply of a request that was opened.
pub(super) async fn draft(
    tx: &mut Tx,
    house: &House,
    signed: &SignedIn,
    opened: &Opened,
) -> Result<Option<Draft>, RequestError> {
    let Some(reply) = newest(tx, opened).await? else {
        return Ok(None);
    };
    let mut rounds = Vec::new();
    for kept in review::rounds(tx, REPLY, opened.kept.id).await? {
        rounds.push(engine::load(tx, house, kept).await?);
    }
    let under = engine::latest(tx, house, REPLY, opened.kept.id).await?;
    // A round that has taken effect is that of the edition that was given.
    let is_its = |under: &Under| goes_on(under) || under.kept.digest == reply.digest;
    let under = under.filter(|under| under.review.state() != State::Withdrawn);
    let under = under.filter(is_its);
    let (choices, against) = match &under {
        Some(under) => acts::choices(signed, under),
        None => Default::default(),
    };
    Ok(Some(Draft {
        is_approved: under
            .as_ref()
            .is_some_and(|under| is_approved(opened, under, &reply)),
        is_of_now: is_of_now(opened, &reply),
        reply,
        under,
        rounds,
        choices,
        against,
    }))
}

/// Whether a round of its review goes on: of one that has taken effect nothing is left,
/// and what is decided anew is reviewed anew.
fn goes_on(under: &Under) -> bool {
    !matches!(under.review.state(), State::Withdrawn | State::Effective)
}

fn is_approved(opened: &Opened, under: &Under, reply: &Reply) -> bool {
    let is_it = under.review.state() == State::Approved && under.kept.digest == reply.digest;
    is_it && is_of_now(opened, reply)
}

/// Whether an edition was written since the case went on.
fn is_of_now(opened: &Opened, reply: &Reply) -> bool {
    reply.round == round(opened)
}

fn round(opened: &Opened) -> usize {
    record::rounds(opened.record.iter().map(|one| &one.what))
}

/// Digests of the files that an outcome gives: what was put together for the
/// applicant, where something is given at all.
async fn to_give(tx: &mut Tx, opened: &Opened, outcome: &str) -> Result<Vec<String>, RequestError> {
    if !gives(outcome) {
        return Ok(Vec::new());
    }
    let files = stored::files(tx, opened.kept.id).await?;
    let given = files::given(&opened.record, files).into_iter();
    Ok(given.map(|file| file.digest).collect())
}

/// [`Draft::has_decided_to_give`] of a request that is held.
pub(super) async fn has_decided_to_give(
    tx: &mut Tx,
    house: &House,
    opened: &Opened,
) -> Result<bool, RequestError> {
    let reply = newest(tx, opened).await?;
    let Some(reply) = reply.filter(|reply| gives(&reply.outcome)) else {
        return Ok(false);
    };
    let under = engine::held(tx, house, REPLY, opened.kept.id).await?;
    Ok(under.is_some_and(|under| is_approved(opened, &under, &reply)))
}

/// What was written gives what is put together now.
///
/// # Errors
/// [`RequestError::Refused`] where something else was put together since.
async fn gives_that(tx: &mut Tx, opened: &Opened, reply: &Reply) -> Result<(), RequestError> {
    match to_give(tx, opened, &reply.outcome).await? == reply.files {
        true => Ok(()),
        false => Err(Message::new("casework-reply-files-changed").into()),
    }
}

/// Whether an outcome would be lawful on a day, by what happened so far.
///
/// # Errors
/// What stands against it.
pub(super) fn lawful(opened: &Opened, outcome: &str, on: Date) -> Result<(), Message> {
    let event = Event::ending(outcome);
    let applied = opened.case.apply(opened.law.rules(), on, &event);
    applied.map_err(|refusal| refusal.message())?;
    let happened = opened.record.iter().map(|one| &one.what);
    match record::against(happened, outcome) {
        Some(message) => Err(message),
        None => Ok(()),
    }
}

impl Reply {
    /// The letter by which it is given; none where that is made elsewhere.
    pub fn letter(&self) -> Option<Wanted> {
        let mut facts = self.facts.clone()?;
        // An edition of long ago does not say it.
        self.outcome.clone_into(&mut facts.remedy.outcome);
        Some(Wanted {
            kind: Kind::telling(&self.outcome)?,
            facts,
            edited: Some(self.text.clone()),
        })
    }
}

/// Writes an edition of the reply, whose letter is made elsewhere: an outcome
/// that is lawful today, and what it says. What was approved of an earlier
/// edition is void.
///
/// # Errors
/// As [`write_letter`].
pub async fn write(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
    outcome: &str,
    text: &str,
) -> Result<(), RequestError> {
    write_letter(house, signed, key, seen, (outcome, text), None).await
}

/// Writes an edition of the reply with what its letter is made of: what is
/// reviewed is what will leave. What was approved of an earlier edition is void.
///
/// # Errors
/// [`RequestError::Refused`] with the rule against the outcome, without a text,
/// and where nothing was changed; as [`super::steps::step`].
pub async fn write_letter(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
    (outcome, text): (&str, &str),
    facts: Option<&LetterFacts>,
) -> Result<(), RequestError> {
    const HANDLE: Action = Action::RequestsHandle;
    let (_, who) = allowed(house, signed, HANDLE, seen.id).await?;
    let plain = text.replace("\r\n", "\n").trim().to_owned();
    let found = plain.chars().count();
    if plain.is_empty() {
        return Err(Message::new("casework-reply-empty").into());
    }
    if found > TEXT_CHARS_MAX {
        let long = Message::new("casework-proof-long").with("found", found);
        return Err(long.with("max", TEXT_CHARS_MAX).into());
    }
    let of_outcome = |mut facts: LetterFacts| {
        outcome.clone_into(&mut facts.remedy.outcome);
        facts
    };
    let data = facts.map(serde_json::to_string).and_then(Result::ok);
    let fields = [outcome, text, data.as_deref().unwrap_or_default()];
    let sent = seen.sent(house, signed, "requests.reply", key, fields);
    let content = Content {
        outcome: outcome.to_owned(),
        text: plain,
        facts: facts.cloned().map(of_outcome),
        files: Vec::new(),
        round: 0,
    };
    let (content, who) = (&content, &who);
    let work = async |mut tx: Tx| -> Result<(Tx, String), RequestError> {
        let mut opened = held(&mut tx, house, signed, seen).await?;
        lawful(&opened, &content.outcome, signed.today)?;
        let choices = settings::values_in(&mut tx).await?.remedies()?;
        let mut content = Content {
            files: to_give(&mut tx, &opened, &content.outcome).await?,
            round: round(&opened),
            ..content.clone()
        };
        // What is approved is what leaves: it keeps the remedies of which it tells.
        if let Some(facts) = &mut content.facts {
            facts.remedy.told = Some(choices.told(&content.outcome));
        }
        let content = &content;
        let plain = cases::json(content)?;
        let digest = hex::encode(Sha256::digest(&*plain));
        let before = stored::replies(&mut tx, seen.id).await?;
        if before.last().is_some_and(|last| last.digest == digest) {
            return Err(Message::new("paper-nothing-changed").into());
        }
        let edition = before.last().map_or(1, |last| last.edition + 1);
        let act = acting(who, signed);
        let new = KeptReply {
            edition,
            digest: digest.clone(),
            sealed: opened.sealed(&field(edition), &plain),
            person: act.person,
            acting_for: act.acting_for,
            at: house.now(),
        };
        stored::add_reply(&mut tx, seen.id, &new).await?;
        let under = engine::held(&mut tx, house, REPLY, seen.id).await?;
        if let Some(mut under) = under.filter(goes_on) {
            let what = What::Change { digest };
            engine::act(&mut tx, house, &mut under, act, what, who).await?;
        }
        let what = Happening::Drafted {
            outcome: content.outcome.clone(),
            remedy: Some(choices.told(&content.outcome)),
        };
        let new = New {
            day: signed.today,
            by: By::of(who),
            what,
            proofs: Proofs::new(),
        };
        append(&mut tx, house, &mut opened, new).await?;
        let detail = json!({ "did": "drafted", "edition": edition, "outcome": content.outcome });
        written(&mut tx, house, who, HANDLE, seen.id.to_string(), detail).await?;
        Ok((tx, edition.to_string()))
    };
    once(house, &sent, work).await?;
    Ok(())
}

fn acting(who: &Who, signed: &SignedIn) -> Act {
    Act {
        person: signed.person.id,
        acting_for: who.acting_for.map(PersonId),
    }
}

/// A request that the signed-in person may see, held, in whichever version.
async fn held_now(
    tx: &mut Tx,
    house: &House,
    signed: &SignedIn,
    id: i64,
) -> Result<Opened, RequestError> {
    stored::hold(tx, id).await?;
    let (within, heirs) = sight(tx, signed).await?;
    let kept = stored::get(tx, &within, id).await?;
    let kept = kept.ok_or(RequestError::Missing)?;
    let organization = heirs.going_on(kept.organization);
    let mut opened = cases::load(tx, house, kept).await?;
    opened.going_on = organization;
    Ok(opened)
}

/// Hands the reply in for its review, for the first time or once more, as it was
/// seen.
///
/// # Errors
/// [`RequestError::Refused`] with what the rules of reviews say.
pub async fn hand_in(
    house: &House,
    signed: &SignedIn,
    key: &str,
    id: i64,
    digest: &str,
    answer: &str,
) -> Result<(), RequestError> {
    let (_, who) = allowed(house, signed, Action::RequestsHandle, id).await?;
    let object = id.to_string();
    let fields = [object.as_str(), digest, answer];
    let sent = signed.sent("requests.hand_in", key, fields).blinded(house);
    let who = &who;
    let work = async |mut tx: Tx| -> Result<(Tx, String), RequestError> {
        let opened = held_now(&mut tx, house, signed, id).await?;
        let all = stored::replies(&mut tx, id).await?;
        let last = all.last().filter(|last| last.digest == digest);
        let last = last.ok_or_else(|| Message::new("review-changed-meanwhile"))?;
        let reply = read(&opened, last)?;
        lawful(&opened, &reply.outcome, signed.today)?;
        gives_that(&mut tx, &opened, &reply).await?;
        let under = engine::held(&mut tx, house, REPLY, id).await?;
        if !is_of_now(&opened, &reply) {
            return Err(Message::new("casework-reply-anew").into());
        }
        if let Some(mut under) = under.filter(goes_on) {
            let ways = acts::handing_in(signed, &under, answer);
            acts::first_that_goes(&mut tx, house, &mut under, ways, who).await?;
            return Ok((tx, String::new()));
        }
        let rounds = review::rounds(&mut tx, REPLY, id).await?.len();
        let writers = all
            .iter()
            .flat_map(|one| [Some(one.person), one.acting_for]);
        let first = First {
            thing: Thing {
                kind: REPLY,
                id,
                organization: opened.going_on,
            },
            rounds: i64::try_from(rounds).unwrap_or(i64::MAX),
            matter: Matter::Document,
            editors: writers.flatten().collect::<BTreeSet<PersonId>>(),
            digest,
        };
        acts::begin(&mut tx, house, signed, who, first).await?;
        Ok((tx, String::new()))
    };
    once(house, &sent, work).await?;
    Ok(())
}

/// Takes a step of the reply's review: approves it, or returns it with remarks.
///
/// # Errors
/// As [`hand_in`].
pub async fn take(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    id: i64,
    asked: &Asked,
) -> Result<State, RequestError> {
    let (_, who) = allowed(house, signed, Action::ReviewTake, id).await?;
    let ways = |under: &Under| acts::taking(signed, under, asked);
    let thing = (REPLY, id);
    let taken = acts::settle(house, signed, sent, Action::ReviewTake, thing, &who, ways);
    Ok(taken.await?)
}

/// The reply of a request that is held, as it was approved and may be given on a
/// day.
async fn approved(
    tx: &mut Tx,
    house: &House,
    signed: &SignedIn,
    seen: Seen,
    (outcome, day): (&str, Date),
) -> Result<(Opened, Reply, Under), RequestError> {
    let opened = held(tx, house, signed, seen).await?;
    lawful(&opened, outcome, day)?;
    let reply = newest(tx, &opened).await?;
    let reply = reply.filter(|reply| reply.outcome == outcome);
    let reply = reply.ok_or_else(|| Message::new("casework-reply-not-written"))?;
    untold(tx, house, &opened, (&reply, day)).await?;
    gives_that(tx, &opened, &reply).await?;
    let under = engine::held(tx, house, REPLY, seen.id).await?;
    let under = under.filter(|under| is_approved(&opened, under, &reply));
    let under = under.ok_or_else(|| Message::new("casework-reply-not-approved"))?;
    Ok((opened, reply, under))
}

/// The letter of an approved reply, ready to leave, and the digest of what was
/// approved; none where the letter is made elsewhere. Whoever may not issue
/// letters gives no such reply, and it bears no day but its own.
async fn prepared(
    house: &House,
    signed: &SignedIn,
    who: &Who,
    sent: &Sent,
    seen: Seen,
    (outcome, day): (&str, Date),
) -> Result<Option<(String, &'static Kind, Prepared)>, RequestError> {
    let mut tx = house.db.write().await?;
    let (opened, reply, _) = approved(&mut tx, house, signed, seen, (outcome, day)).await?;
    let (_, heirs) = sight(&mut tx, signed).await?;
    tx.roll_back().await?;
    let Some(wanted) = reply.letter() else {
        return Ok(None);
    };
    allowed(house, signed, Action::LettersIssue, seen.id).await?;
    if day != house.today() {
        return Err(Message::new("letter-reply-today").into());
    }
    let order = wanted.order(heirs.going_on(opened.kept.organization), seen.id);
    let letter = letters::prepare(house, who, sent, &order).await?;
    Ok(Some((reply.digest, wanted.kind, letter)))
}

/// Gives the reply as it was approved, on a day: signed and dispatched, with its
/// letter.
///
/// # Errors
/// [`RequestError::Refused`] where it was not approved, or the outcome is not
/// lawful on that day; as [`super::steps::step`].
pub(super) async fn give(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    seen: Seen,
    (outcome, day): (&str, Date),
    typed: &[(Proof, &str)],
) -> Result<(), RequestError> {
    let event = &Event::ending(outcome);
    let action = record::action(event);
    let (_, who) = allowed(house, signed, action, seen.id).await?;
    let (who, said) = (&who, &proofs(typed.iter().copied())?);
    let letter = match is_done(house, sent).await? {
        true => None,
        false => prepared(house, signed, who, sent, seen, (outcome, day)).await?,
    };
    let letter = letter.as_ref();
    let work = async |mut tx: Tx| -> Result<(Tx, String), RequestError> {
        let (mut opened, reply, mut under) =
            approved(&mut tx, house, signed, seen, (outcome, day)).await?;
        // Between the two somebody may have approved another edition.
        if letter.map(|(digest, ..)| digest.as_str())
            != reply.letter().map(|_| reply.digest.as_str())
        {
            return Err(RequestError::Changed);
        }
        let ways = acts::taking_effect(signed, &under, &reply.digest);
        acts::first_that_goes(&mut tx, house, &mut under, ways, who).await?;
        let new = New {
            day,
            by: By::of(who),
            what: Happening::Step {
                event: event.clone(),
            },
            proofs: said.clone(),
        };
        append(&mut tx, house, &mut opened, new).await?;
        if let Some((_, kind, letter)) = letter {
            papers::leave(&mut tx, house, who, &mut opened, (kind, letter, None)).await?;
        }
        let detail =
            json!({ "did": event.key(), "outcome": outcome, "day": day, "digest": reply.digest });
        written(&mut tx, house, who, action, seen.id.to_string(), detail).await?;
        Ok((tx, String::new()))
    };
    let done = once(house, sent, work).await;
    papers::settled(house, who, letter.map(|(_, _, letter)| letter), done).await
}
