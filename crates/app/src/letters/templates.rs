//! Templates of a body: which words count on which day, and changing them.

use gongkai_domain::audit::Outcome;
use gongkai_domain::letters::compose::{Ground, Letter, compose};
use gongkai_domain::letters::kinds::{KINDS, Kind};
use gongkai_domain::letters::number::DocumentNumber;
use gongkai_domain::letters::remedy::{clause, remedy};
use gongkai_domain::letters::{samples, template};
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::organization::{OrganizationId, names};
use gongkai_domain::requests::outcomes::Remedy;
use gongkai_domain::words::Message;
use gongkai_store::letters::{self as stored, NewTemplate};
use gongkai_store::{StoreError, Tx};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use super::{LettersError, Order, TEMPLATE};
use crate::audit::{self, Deed};
use crate::blobs;
use crate::house::House;
use crate::once::{Sent, once};
use crate::people::SignedIn;
use crate::settings;

/// Words that count for a kind of letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    /// The version; 0 for those that come with the program.
    pub version: i64,
    /// The text.
    pub source: String,
}

/// The words that count on a day.
pub(super) async fn words(
    tx: &mut Tx,
    organization: OrganizationId,
    kind: &Kind,
    day: Date,
) -> Result<Words, StoreError> {
    let kept = stored::template_in_force(tx, organization, kind.key, day).await?;
    Ok(match kept {
        Some(kept) => Words {
            version: kept.version,
            source: match kept.source {
                Some(source) => source,
                None => template::default(kind).to_owned(),
            },
        },
        None => Words {
            version: 0,
            source: template::default(kind).to_owned(),
        },
    })
}

/// A letter as it would be issued now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The letter.
    pub letter: Letter,
    /// The clause of remedies, which is its last paragraph; none where it bears
    /// none.
    pub clause: Option<String>,
    /// Of which remedies it tells.
    pub remedy: Remedy,
    /// Version of its template; 0 for the words of the program.
    pub template_version: i64,
    /// SHA-256 of the template's text.
    pub template_digest: String,
}

/// Puts a letter together, without a number; nothing is kept. Who may see it is
/// for whoever brings the facts.
///
/// # Errors
/// [`LettersError::Refused`] with every fact that is missing.
pub async fn draft(house: &House, order: &Order) -> Result<Draft, LettersError> {
    drafted(house, order, None).await
}

pub(super) async fn drafted(
    house: &House,
    order: &Order,
    number: Option<&DocumentNumber>,
) -> Result<Draft, LettersError> {
    let today = house.today();
    let mut tx = house.db.read().await?;
    let day = order.facts.dated.unwrap_or(today);
    let words = words(&mut tx, order.organization, order.kind, day).await?;
    let choices = settings::values_in(&mut tx).await?.remedies()?;
    tx.roll_back().await?;
    let ground = Ground {
        template: &words.source,
        edited: order.edited.as_deref(),
        choices: &choices,
        number,
        today,
    };
    let letter = compose(order.kind, &order.facts, ground)?;
    let told = clause(order.kind, letter.dated, &order.facts.remedy, &choices);
    Ok(Draft {
        // It was told a moment ago, in the letter.
        clause: told.unwrap_or_default(),
        remedy: remedy(order.kind, &order.facts.remedy, letter.dated, &choices),
        letter,
        template_version: words.version,
        template_digest: blobs::digest(words.source.as_bytes()),
    })
}

/// A version of a body's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its number, from 1.
    pub version: i64,
    /// Its text; none where the words of the program count again.
    pub source: Option<String>,
    /// From which day on it counts.
    pub effective_from: Date,
    /// Why it was changed.
    pub note: String,
    /// When, and by whom: a login name.
    pub changed: (Timestamp, String),
}

/// A kind of letter with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The kind.
    pub kind: &'static Kind,
    /// The words that count today.
    pub source: String,
    /// Their version; 0 for those of the program.
    pub version: i64,
    /// All versions of the body, the first one first.
    pub versions: Vec<Version>,
}

/// The templates of a body, kind by kind.
///
/// # Errors
/// [`LettersError::Denied`].
pub async fn list(
    house: &House,
    signed: &SignedIn,
    organization: OrganizationId,
) -> Result<Vec<Shown>, LettersError> {
    let about = (TEMPLATE, organization.0.to_string());
    let target = Target::Organization(organization);
    let who = signed.demand(house, Action::LettersTemplates, target, about);
    who.await?;
    let today = house.today();
    let mut tx = house.db.read().await?;
    let all = stored::templates(&mut tx, organization, None).await?;
    let mut shown = Vec::new();
    for kind in KINDS {
        let words = words(&mut tx, organization, kind, today).await?;
        let versions = all.iter().filter(|one| one.kind == kind.key);
        shown.push(Shown {
            kind,
            source: words.source,
            version: words.version,
            versions: versions
                .map(|one| Version {
                    version: one.version,
                    source: one.source.clone(),
                    effective_from: one.effective_from,
                    note: one.note.clone(),
                    changed: (one.changed_at, one.by.clone()),
                })
                .collect(),
        });
    }
    tx.roll_back().await?;
    Ok(shown)
}

/// A change of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<'a> {
    /// Of which kind of letter.
    pub kind: &'static Kind,
    /// How many versions were there when it was looked at.
    pub seen: i64,
    /// The new text; none to go back to the words of the program.
    pub source: Option<&'a str>,
    /// From which day on it counts: today or later.
    pub effective_from: Date,
    /// Why.
    pub note: &'a str,
}

/// The longest reason, in characters.
const NOTE_CHARS_MAX: usize = 200;

/// Keeps new words for a kind of letter; their version. Sent twice, they are
/// kept once. Letters that were issued do not change.
///
/// # Errors
/// [`LettersError::Template`] with every fault at its line;
/// [`LettersError::Refused`] for a day that is past or without a reason;
/// [`StoreError::Conflict`] where somebody changed them meanwhile.
pub async fn change(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    organization: OrganizationId,
    change: &Change<'_>,
) -> Result<i64, LettersError> {
    let about = (TEMPLATE, change.kind.key.to_owned());
    let target = Target::Organization(organization);
    let who = signed.demand(house, Action::LettersTemplatesChange, target, about);
    let who = &who.await?;
    if let Some(source) = change.source {
        let faults = template::check(source, change.kind);
        if !faults.is_empty() {
            return Err(LettersError::Template(faults));
        }
    }
    let mut wrong = Vec::new();
    if change.effective_from < house.today() {
        wrong.push(Message::new("letter-template-past"));
    }
    let note = match change.note.trim() {
        "" => Err(Message::new("reason-needed")),
        note => names::line(note, NOTE_CHARS_MAX).map_err(|error| error.message()),
    };
    let note = match note {
        Ok(note) if wrong.is_empty() => note,
        Ok(_) => return Err(LettersError::Refused(wrong)),
        Err(message) => {
            wrong.push(message);
            return Err(LettersError::Refused(wrong));
        }
    };
    let work = async |mut tx: Tx| -> Result<(Tx, String), LettersError> {
        let now = house.now();
        let before = stored::templates(&mut tx, organization, Some(change.kind.key)).await?;
        let last = before.last().map_or(0, |one| one.version);
        if last != change.seen {
            return Err(StoreError::Conflict.into());
        }
        let new = NewTemplate {
            organization,
            kind: change.kind.key,
            version: last + 1,
            source: change.source,
            effective_from: change.effective_from,
            note: &note,
            changed_at: now,
            changed_by: signed.person.id,
        };
        stored::add_template(&mut tx, &new).await?;
        let digest = change.source.map(|source| blobs::digest(source.as_bytes()));
        let deed = Deed {
            action: Action::LettersTemplatesChange.key(),
            object_kind: TEMPLATE,
            object: format!("{}-{}", organization.0, change.kind.key),
            outcome: Outcome::Done,
            detail: json!({
                "version": last + 1,
                "effective_from": change.effective_from.to_string(),
                "digest": digest,
                "reason": note,
            }),
        };
        audit::write(&mut tx, who, &deed, now).await?;
        Ok((tx, (last + 1).to_string()))
    };
    let answer = once(house, &sent.of(signed.person.id), work).await?;
    let none = || StoreError::Refused(format!("the answer kept for a form is no number: {answer}"));
    answer.parse().map_err(|_| none().into())
}

/// A sample letter in the words that count today, as PDF: what an office sees
/// of a kind before any case has it.
///
/// # Errors
/// [`LettersError::Denied`]; [`LettersError::Press`].
pub async fn sample(
    house: &House,
    signed: &SignedIn,
    organization: OrganizationId,
    kind: &'static Kind,
) -> Result<Vec<u8>, LettersError> {
    let about = (TEMPLATE, organization.0.to_string());
    let target = Target::Organization(organization);
    let who = signed.demand(house, Action::LettersTemplates, target, about);
    who.await?;
    let mut facts = samples::ordinary().facts_for(kind);
    facts.dated = Some(house.today());
    let order = Order {
        organization,
        kind,
        facts,
        edited: None,
        about: None,
    };
    let draft = draft(house, &order).await?;
    Ok(house.press.letter(draft.letter).await?)
}
