//! Letters of a case: drafted from what the case knows and what a handler types,
//! and issued together with the step of the law that they are: in one
//! transaction with the number, the bytes and the trail, or not at all.

mod known;

pub use known::known;

use gongkai_domain::letters::facts::LetterFacts;
use gongkai_domain::letters::kinds::{Addressee, Kind};
use gongkai_domain::letters::step::{self, Next};
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Reach};
use gongkai_domain::requests::case::Event;
use gongkai_domain::requests::record::{self, Happening};
use gongkai_domain::words::{Language, Message, Words};
use gongkai_store::Tx;
use gongkai_store::letters as stored;
use jiff::civil::Date;
use serde_json::json;
use zeroize::Zeroizing;

use self::known::{counted, extended};
use super::cases::{By, New, Opened, Proofs, append, proofs};
use super::charging::Basis;
use super::law::Law;
use super::look::Shown;
use super::replies::{self, Draft as Reply};
use super::steps::{self, Seen, held};
use super::telling;
use super::{REQUEST, RequestError, allowed, written};
use crate::audit::Who;
use crate::house::House;
use crate::letters::{self, Draft, LettersError, Order, Prepared};
use crate::once::{is_done, once};
use crate::people::SignedIn;

impl From<LettersError> for RequestError {
    fn from(error: LettersError) -> Self {
        match error {
            LettersError::Refused(messages) => Self::Refused(messages),
            LettersError::Entered(wrong) => Self::Entered(wrong),
            LettersError::Template(faults) => {
                Self::Refused(faults.into_iter().map(|fault| fault.reason).collect())
            }
            LettersError::Denied(message) => Self::Denied(message),
            LettersError::Missing => Self::Missing,
            LettersError::Press(error) => Self::Refused(vec![error.message()]),
            LettersError::Attachment(error) => Self::Attachment(error),
            LettersError::Store(error) => Self::Store(error),
            LettersError::Vault(error) => Self::Vault(error),
        }
    }
}

/// A letter as it is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Which kind.
    pub kind: &'static Kind,
    /// What it is made of.
    pub facts: LetterFacts,
    /// Text that the handler wrote in place of the template's.
    pub edited: Option<String>,
}

impl Wanted {
    /// As a body orders it for a request.
    pub(super) fn order(&self, organization: OrganizationId, id: i64) -> Order {
        Order {
            organization,
            kind: self.kind,
            facts: self.facts.clone(),
            edited: self.edited.clone(),
            about: Some((REQUEST.to_owned(), id)),
        }
    }
}

/// What is chosen for a letter before its words are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Choice {
    /// By what a fee is reckoned.
    pub basis: Basis,
    /// Which third party is told of a decision, by the number of the consultation; the
    /// next who was not told where none is chosen.
    pub inquiry: Option<u32>,
}

/// A fee of nothing, as a letter says it.
const NOTHING: &str = "0.00";

/// What follows from what was typed: the days of an extension, and whether there
/// is something to pay.
///
/// # Errors
/// [`RequestError::Refused`] where the extension is not lawful, and for a notice
/// of a fee that is none.
pub fn settle(
    signed: &SignedIn,
    shown: &Shown,
    facts: &mut LetterFacts,
) -> Result<(), RequestError> {
    if let Some(extension) = &mut facts.extension {
        let days = extension.days;
        (extension.before, extension.due) = extended(shown, days, signed.today)?;
    }
    if facts.fee.as_ref().is_some_and(|fee| fee.yuan == NOTHING) {
        return Err(Message::new("casework-fee-none").into());
    }
    not_too_early(&shown.law, facts, signed.today)
}

/// Art. 32: a third party is told of a day that leaves them the time which the
/// installation gives, counted from the day of the letter.
fn not_too_early(law: &Law, facts: &LetterFacts, day: Date) -> Result<(), RequestError> {
    let first = law.release(day);
    match facts
        .decision
        .as_ref()
        .is_some_and(|one| one.release < first)
    {
        true => Err(Message::new("casework-release-gap")
            .with("date", first)
            .into()),
        false => Ok(()),
    }
}

/// The step that a letter is.
fn stepped(shown: &Shown, wanted: &Wanted, today: Date) -> Option<Event> {
    let last = shown.case.inquiries().keys().next_back();
    let days = wanted.facts.consultation.as_ref().map_or(0, |one| one.days);
    let next = Next {
        inquiry: last.map_or(1, |last| last + 1),
        answer: counted(shown, days, today),
    };
    step::step(wanted.kind, &wanted.facts, next)
}

/// Whether a kind of letter was issued about it. Where the day of which it tells was put
/// right since then, or what was taken back went on, it leaves once more.
fn is_issued(record: &[super::Happened], kind: &Kind) -> bool {
    let is_of = |what: &Happening| matches!(what, Happening::Issued { kind: of, .. } if of.as_str() == kind.key);
    let step = |of: i64| {
        let step = record.iter().find(|one| one.number == of);
        step.and_then(|one| one.what.step())
    };
    let is_of_it = |what: &Happening| match what {
        Happening::DayCorrected { of, .. } => matches!(
            (kind.key, step(*of)),
            ("receipt", Some(Event::Confirmed)) | ("withdrawn", Some(Event::Withdrawn))
        ),
        Happening::Step {
            event: Event::Reopened { .. },
        } => kind.key == "withdrawn",
        _ => false,
    };
    let since = record.iter().rev().take_while(|one| !is_of_it(&one.what));
    since.map(|one| &one.what).any(is_of)
}

/// What stands against a kind of letter today, where it is no step of the case.
pub fn against(signed: &SignedIn, shown: &Shown, kind: &Kind) -> Option<Message> {
    let may = [step::action(kind), Action::LettersIssue];
    if !may.iter().all(|action| shown.allows(signed, *action)) {
        return Some(Message::new("denied-role"));
    }
    let now = (shown.law.rules(), signed.today);
    if let Err(message) = step::may_leave(kind, &shown.case, is_issued(&shown.record, kind), now) {
        return Some(message);
    }
    let draft = shown.draft.as_ref();
    let is_decided = draft.is_some_and(Reply::has_decided_to_give);
    (tells_of_decision(kind) && !is_decided).then(not_decided)
}

/// A letter put together, without a number; nothing is kept.
///
/// # Errors
/// [`RequestError::Refused`] with what is missing.
pub async fn draft(house: &House, shown: &Shown, wanted: &Wanted) -> Result<Draft, RequestError> {
    let order = wanted.order(shown.organization, shown.kept.id);
    Ok(letters::draft(house, &order).await?)
}

/// The same as PDF, as it would lie on the desk.
///
/// # Errors
/// As [`draft`]; a character that no font has.
pub async fn preview(
    house: &House,
    shown: &Shown,
    wanted: &Wanted,
) -> Result<Vec<u8>, RequestError> {
    let draft = draft(house, shown, wanted).await?;
    let pdf = house.press.letter(draft.letter).await;
    Ok(pdf.map_err(LettersError::from)?)
}

/// A letter that was issued about a case, for who may see the case: as PDF, byte
/// by byte as it was issued, or as a Word document. The look is written down.
///
/// # Errors
/// [`RequestError::Missing`], also for a letter about another request.
pub async fn issued(
    house: &House,
    signed: &SignedIn,
    id: i64,
    (letter, as_word): (i64, bool),
) -> Result<(String, Zeroizing<Vec<u8>>), RequestError> {
    let (kept, who) = allowed(house, signed, Action::LettersSee, id).await?;
    let mut tx = house.db.read().await?;
    let found = stored::get(&mut tx, &Reach::All, letter).await?;
    tx.roll_back().await?;
    let about = (REQUEST, Some(kept.id));
    let of = |one: &stored::Issued| (one.kept.about.0 == about.0) && one.kept.about.1 == about.1;
    let found = found.filter(of).ok_or(RequestError::Missing)?;
    let title = Kind::of(&found.kept.kind).map_or("", |kind| kind.title);
    let bytes = match as_word {
        true => letters::word(house, &found).await?.into(),
        false => letters::bytes(house, &found).await?,
    };
    let detail = json!({ "seen": "letter", "letter": letter, "word": as_word });
    let mut tx = house.db.write().await?;
    written(
        &mut tx,
        house,
        &who,
        Action::LettersSee,
        id.to_string(),
        detail,
    )
    .await?;
    tx.commit().await?;
    let ending = if as_word { "docx" } else { "pdf" };
    Ok((format!("{title}.{ending}"), bytes))
}

/// Art. 32: third parties are told of a decision to give once it was taken, which is
/// when the reply that gives was approved.
fn tells_of_decision(kind: &Kind) -> bool {
    kind.key == "disclosure_decided"
}

fn not_decided() -> Message {
    Message::new("casework-decision-not-approved")
}

/// The same of a case that is held; and it is told to one who objects.
async fn decided(
    tx: &mut Tx,
    house: &House,
    wanted: &Wanted,
    opened: &Opened,
) -> Result<(), RequestError> {
    if !tells_of_decision(wanted.kind) {
        return Ok(());
    }
    if !replies::has_decided_to_give(tx, house, opened).await? {
        return Err(not_decided().into());
    }
    let objecting = record::objections(opened.record.iter().map(|one| &one.what));
    match told_of(wanted).is_some_and(|of| objecting.contains_key(&of)) {
        true => Ok(()),
        false => Err(Message::new("letter-no-objection").into()),
    }
}

/// The consultation of which a letter tells what came.
fn told_of(wanted: &Wanted) -> Option<u32> {
    let consultation = wanted.facts.consultation.as_ref();
    let of = consultation.and_then(|one| one.number);
    of.filter(|_| tells_of_decision(wanted.kind))
}

/// Issues a letter of a case and takes the step that it is, on the day of the
/// letter: both, or neither. Sent twice, it is issued once. The applicant is told
/// by mail that there is one, where it is theirs.
///
/// # Errors
/// [`RequestError::Refused`] with the rule against it, with what is missing, and
/// with a character that no font has; as [`steps::step`].
pub async fn issue(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
    shown: &Shown,
    wanted: &Wanted,
) -> Result<(), RequestError> {
    let kind = wanted.kind;
    let action = step::action(kind);
    allowed(house, signed, Action::LettersIssue, seen.id).await?;
    let (_, who) = &allowed(house, signed, action, seen.id).await?;
    if seen.version != shown.kept.version {
        return Err(RequestError::Changed);
    }
    let facts = serde_json::to_string(&wanted.facts).unwrap_or_default();
    let edited = wanted.edited.as_deref().unwrap_or_default();
    let fields = [kind.key, facts.as_str(), edited];
    let sent = seen.sent(house, signed, "requests.letter", key, fields);
    let event = &stepped(shown, wanted, signed.today);
    let inquiry = match event {
        Some(Event::Consulted { number, .. }) => Some(*number),
        _ => told_of(wanted),
    };
    let texts = step::proofs(kind, &wanted.facts);
    let texts = texts.iter().map(|(proof, text)| (*proof, text.as_str()));
    let said = &proofs(texts)?;
    let lawful = |opened: &Opened, day: Date| match event {
        Some(event) => steps::may_take(signed, opened, (day, event), said),
        None => {
            let issued = is_issued(&opened.record, kind);
            let now = (opened.law.rules(), day);
            Ok(step::may_leave(kind, &opened.case, issued, now)?)
        }
    };
    let prepared = match is_done(house, &sent).await? {
        true => None,
        false => {
            // Everything that can be refused is, before a number is granted.
            let mut tx = house.db.write().await?;
            let opened = held(&mut tx, house, signed, seen).await?;
            lawful(&opened, signed.today)?;
            decided(&mut tx, house, wanted, &opened).await?;
            not_too_early(&opened.law, &wanted.facts, signed.today)?;
            tx.roll_back().await?;
            let order = wanted.order(shown.organization, seen.id);
            Some(letters::prepare(house, who, &sent, &order).await?)
        }
    };
    let prepared = prepared.as_ref();
    let work = async |mut tx: Tx| -> Result<(Tx, String), RequestError> {
        let prepared = prepared.ok_or(RequestError::Changed)?;
        let mut opened = held(&mut tx, house, signed, seen).await?;
        let day = prepared.dated();
        lawful(&opened, day)?;
        decided(&mut tx, house, wanted, &opened).await?;
        not_too_early(&opened.law, &wanted.facts, day)?;
        if let Some(event) = event {
            let new = New {
                day,
                by: By::of(who),
                what: Happening::Step {
                    event: event.clone(),
                },
                proofs: said.clone(),
            };
            append(&mut tx, house, &mut opened, new).await?;
        }
        leave(&mut tx, house, who, &mut opened, (kind, prepared, inquiry)).await?;
        let detail = json!({ "did": "letter", "kind": kind.key, "day": day });
        written(&mut tx, house, who, action, seen.id.to_string(), detail).await?;
        Ok((tx, String::new()))
    };
    let done = once(house, &sent, work).await;
    settled(house, who, prepared, done).await
}

/// What came of a deed with a letter: where it was refused after all, its number
/// is void with the reason, and no gap is left unexplained.
pub(super) async fn settled(
    house: &House,
    who: &Who,
    prepared: Option<&Prepared>,
    done: Result<String, RequestError>,
) -> Result<(), RequestError> {
    use RequestError::{Changed, Denied, Missing, Refused};
    let error = match done {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    if let (Some(prepared), Refused(_) | Changed | Denied(_) | Missing) = (prepared, &error) {
        let reason = Words::of(Language::Chinese).text("letter-did-not-leave");
        letters::abandon(house, who, prepared, &reason).await?;
    }
    Err(error)
}

/// Issues a prepared letter of a case that is held, enters it with the consultation
/// that it is about, and tells the applicant of what is theirs.
pub(super) async fn leave(
    tx: &mut Tx,
    house: &House,
    who: &Who,
    opened: &mut Opened,
    (kind, prepared, inquiry): (&'static Kind, &Prepared, Option<u32>),
) -> Result<(), RequestError> {
    let letter = letters::issue_in(tx, house, who, prepared).await?;
    let number = prepared.number().map(ToString::to_string);
    let new = New {
        day: prepared.dated(),
        by: By::of(who),
        what: Happening::Issued {
            letter,
            kind: kind.key.to_owned(),
            number: number.unwrap_or_default(),
            remedy: Some(prepared.remedy()),
            inquiry,
        },
        proofs: Proofs::new(),
    };
    append(tx, house, opened, new).await?;
    match kind.to {
        // They are told of the reply when it is sealed.
        Addressee::Applicant if kind.is_reply() && opened.unsealed_reply() => Ok(()),
        Addressee::Applicant => telling::of_letter(tx, house, opened, kind).await,
        Addressee::ThirdParty | Addressee::Organ | Addressee::Unit => Ok(()),
    }
}
