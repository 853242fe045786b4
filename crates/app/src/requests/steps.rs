//! What the office does with a request: one step at a time, on the version that
//! was seen, once for each form, with its trail in the same transaction. Which
//! step is lawful is said by [`gongkai_domain::requests::case`], whose it is by
//! [`gongkai_domain::requests::record::action`].

use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::organization::permissions::Action;
use gongkai_domain::requests::case::{Cause, Event};
use gongkai_domain::requests::record::{self, Happening, Proof, Side};
use gongkai_domain::requests::work::Work;
use gongkai_domain::words::Message;
use gongkai_store::Tx;
use gongkai_store::requests as stored;
use jiff::civil::Date;
use serde_json::json;

use super::cases::{By, New, Opened, Proofs, append, load, proofs};
use super::{Asked, RequestError, allowed, allowed_to, notices, replies, sight, telling, written};
use crate::audit::Who;
use crate::house::House;
use crate::once::{Sent, once};
use crate::people::SignedIn;

/// A request as somebody saw it: its number and version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Its number in the store.
    pub id: i64,
    /// The version that stood on the page.
    pub version: i64,
}

impl Seen {
    /// A form about it: what is kept of its fields is a blind.
    pub(super) fn sent<'a>(
        self,
        house: &House,
        signed: &SignedIn,
        purpose: &'static str,
        key: &str,
        fields: impl IntoIterator<Item = &'a str>,
    ) -> Sent {
        let mut all = vec![self.id.to_string(), self.version.to_string()];
        all.extend(fields.into_iter().map(str::to_owned));
        let all = all.iter().map(String::as_str);
        signed.sent(purpose, key, all).blinded(house)
    }
}

/// That a proof is there.
///
/// # Errors
/// Which one is to be written.
pub(super) fn needed(said: &Proofs, proof: Proof) -> Result<(), Message> {
    if said.contains_key(&proof) {
        return Ok(());
    }
    Err(proof.needed())
}

/// Whether the permission table allows an action on a request to who is signed
/// in, before a form is shown or read; a denial is written down.
///
/// # Errors
/// [`RequestError::Denied`]; [`RequestError::Missing`] for who may not see it.
pub async fn demand(
    house: &House,
    signed: &SignedIn,
    action: Action,
    id: i64,
) -> Result<(), RequestError> {
    allowed(house, signed, action, id).await.map(drop)
}

/// A step as somebody takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken<'a> {
    /// Which.
    pub event: Event,
    /// The day on which it happened.
    pub day: Date,
    /// The evidence.
    pub proofs: Vec<(Proof, &'a str)>,
}

/// Takes a step of the law. Sent twice, it is taken once. A reply leaves only as
/// it was approved ([`super::replies`]).
///
/// # Errors
/// [`RequestError::Refused`] with the rule and its article, or without the
/// evidence that it needs; [`RequestError::Denied`]; [`RequestError::Changed`]
/// where somebody worked on the request meanwhile.
pub async fn step(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
    taken: &Taken<'_>,
) -> Result<(), RequestError> {
    let said = proofs(taken.proofs.iter().copied())?;
    let what = Happening::Step {
        event: taken.event.clone(),
    };
    let data = serde_json::to_string(&what).unwrap_or_default();
    let day = taken.day.to_string();
    let texts = taken.proofs.iter().map(|(_, text)| *text);
    let fields = [data.as_str(), day.as_str()].into_iter().chain(texts);
    let sent = seen.sent(house, signed, "requests.step", key, fields);
    if let Event::Replied { outcome } = &taken.event {
        let how = (outcome.as_str(), taken.day);
        return replies::give(house, signed, &sent, seen, how, &taken.proofs).await;
    }
    let action = record::action(&taken.event);
    let decide = |opened: &Opened| {
        may_take(signed, opened, (taken.day, &taken.event), &said)?;
        Ok((taken.day, what.clone(), said.clone()))
    };
    done(house, signed, &sent, action, seen, decide).await
}

/// Whether somebody may take a step on a day with this evidence: what the law
/// says of it comes before what is missing beside it.
///
/// # Errors
/// [`RequestError::Refused`] with the rule against it.
pub(super) fn may_take(
    signed: &SignedIn,
    opened: &Opened,
    (day, event): (Date, &Event),
    said: &Proofs,
) -> Result<(), RequestError> {
    let next = opened.case.apply(opened.law.rules(), day, event);
    next.map_err(|refusal| refusal.message())?;
    if let Some(missing) = opened.law.against(event, day, &opened.record) {
        return Err(missing.into());
    }
    opened.at(Some(signed.person.id)).may_decide(event)?;
    if let Some(proof) = record::proof(event) {
        needed(said, proof)?;
    }
    if let Event::Reopened { cause, .. } = event {
        let (proof, missing) = match cause {
            cause if cause.is_ordered() => (Proof::Reference, "casework-reopened-by"),
            // Who is not told may let it pass once more.
            Cause::Lapse => (Proof::Note, "casework-reopened-told"),
            _ => (Proof::Reason, "casework-needs-reason"),
        };
        needed(said, proof).map_err(|_| Message::new(missing))?;
    }
    // Art. 33 ¶2: whoever enters an extension after the date that it moved shows the
    // notice by its number.
    let is_late = opened.case.is_overdue(opened.law.rules(), signed.today)?;
    if matches!(event, Event::Extended { .. }) && is_late {
        needed(said, Proof::Reference).map_err(|_| Message::new("casework-extension-late"))?;
    }
    Ok(())
}

/// Does something to a request as somebody saw it.
pub(super) async fn done<F>(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    action: Action,
    seen: Seen,
    decide: F,
) -> Result<(), RequestError>
where
    F: Fn(&Opened) -> Result<(Date, Happening, Proofs), RequestError>,
{
    let (_, who) = allowed(house, signed, action, seen.id).await?;
    done_by(house, signed, sent, (action, &who), seen, decide).await
}

async fn done_by<F>(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    (action, who): (Action, &Who),
    seen: Seen,
    decide: F,
) -> Result<(), RequestError>
where
    F: Fn(&Opened) -> Result<(Date, Happening, Proofs), RequestError>,
{
    let decide = &decide;
    let work = async |mut tx: Tx| -> Result<(Tx, String), RequestError> {
        let mut opened = held(&mut tx, house, signed, seen).await?;
        let (day, what, proofs) = decide(&opened)?;
        let detail = json!({ "did": what.key(), "day": day, "version": seen.version + 1 });
        let new = New {
            day,
            by: By::of(who),
            what,
            proofs,
        };
        let did = new.what.clone();
        let was_unsealed = opened.unsealed_reply();
        append(&mut tx, house, &mut opened, new).await?;
        match &did {
            what if *what == OFFICE_CONFIRMED => {
                telling::to_confirm(&mut tx, house, &opened).await?;
            }
            Happening::Sealed { kind, .. } if was_unsealed && !opened.unsealed_reply() => {
                if let Some(kind) = Kind::of(kind) {
                    telling::of_letter(&mut tx, house, &opened, kind).await?;
                }
            }
            what => {
                if let Happening::Step {
                    event: Event::Reopened { .. },
                } = what
                {
                    telling::of_going_on(&mut tx, house, &opened).await?;
                }
                let by = signed.person.id;
                notices::concerned(&mut tx, house, &opened, what, by).await?;
            }
        }
        written(&mut tx, house, who, action, seen.id.to_string(), detail).await?;
        Ok((tx, String::new()))
    };
    once(house, sent, work).await?;
    Ok(())
}

/// Does work on a request as somebody saw it: whose the work is, and what stands against
/// it, is said by [`gongkai_domain::requests::work`].
pub(super) async fn worked<F>(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    work: Work,
    seen: Seen,
    decide: F,
) -> Result<(), RequestError>
where
    F: Fn(&Opened) -> Result<(Date, Happening, Proofs), RequestError>,
{
    let by = Some(signed.person.id);
    let decide = |opened: &Opened| {
        opened.may_work(work, by)?;
        decide(opened)
    };
    let who = may_do(house, signed, work, seen.id).await?;
    done_by(house, signed, sent, (whose(work)?, &who), seen, decide).await
}

/// Whether work on a request is somebody's, before a form is shown or read, and who they
/// are to the trail: whoever is asked to search says what they found, too.
///
/// # Errors
/// [`RequestError::Denied`]; [`RequestError::Missing`] for who may not see it.
pub async fn may_do(
    house: &House,
    signed: &SignedIn,
    work: Work,
    id: i64,
) -> Result<Who, RequestError> {
    let asked = match work {
        Work::EndSearch(number) => Asked::By(number),
        _ => Asked::Nobody,
    };
    let (_, who) = allowed_to(house, signed, whose(work)?, id, asked).await?;
    Ok(who)
}

/// Whose work of the office is.
///
/// # Errors
/// [`RequestError::Missing`] for what is its applicant's alone.
pub(super) fn whose(work: Work) -> Result<Action, RequestError> {
    work.action().ok_or(RequestError::Missing)
}

const OFFICE_CONFIRMED: Happening = Happening::ConfirmedBy { side: Side::Office };

/// A request that the signed-in person may see, held, and in the version that
/// they saw.
pub(super) async fn held(
    tx: &mut Tx,
    house: &House,
    signed: &SignedIn,
    seen: Seen,
) -> Result<Opened, RequestError> {
    stored::hold(tx, seen.id).await?;
    let (within, _) = sight(tx, signed).await?;
    let kept = stored::get(tx, &within, seen.id).await?;
    let kept = kept.ok_or(RequestError::Missing)?;
    if kept.version != seen.version {
        return Err(RequestError::Changed);
    }
    load(tx, house, kept).await
}
