//! Numbers and issued letters.

use gongkai_domain::audit::Outcome;
use gongkai_domain::letters::compose::Letter;
use gongkai_domain::letters::facts::LetterFacts;
use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::letters::number::{self as numbered, DocumentNumber};
use gongkai_domain::organization::permissions::{Action, Target, reach};
use gongkai_domain::organization::{OrganizationId, names};
use gongkai_domain::requests::outcomes::Remedy;
use gongkai_domain::words::{Language, Message, Words};
use gongkai_store::blobs::{self as named, Blob};
use gongkai_store::letters::{self as stored, Issued, NewLetter, Number, Settled};
use gongkai_store::{StoreError, Tx};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::Zeroizing;

use super::templates::drafted;
use super::{LETTER, LettersError, NUMBER, Order};
use crate::audit::{self, Deed, Who};
use crate::blobs;
use crate::house::House;
use crate::once::{Sent, is_done, once};
use crate::people::SignedIn;
use crate::vault::VaultError;

/// The field under which a letter's facts and words are sealed.
const FIELD: &str = "letter";

/// A number that was granted, and is held until a letter bears it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// Its row.
    pub row: i64,
    /// As it is printed.
    pub number: DocumentNumber,
}

fn not_kept(answer: &str) -> LettersError {
    StoreError::Refused(format!("the answer kept for a form is no number: {answer}")).into()
}

/// Grants the next number for a kind of letter and the year of its day. Sent
/// twice by the same form, it is granted once: whoever was cut off between this
/// and the issuing goes on with the same number.
///
/// # Errors
/// [`LettersError::Refused`] for a word that is none; [`LettersError::Denied`].
pub async fn number(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    (organization, word): (OrganizationId, &str),
    kind: &Kind,
    dated: Date,
) -> Result<Granted, LettersError> {
    let target = Target::Organization(organization);
    let about = (NUMBER, kind.key.to_owned());
    let who = signed.demand(house, Action::LettersIssue, target, about);
    let who = who.await?;
    grant(
        house,
        &who,
        &sent.of(signed.person.id),
        (organization, word),
        kind,
        dated,
    )
    .await
}

async fn grant(
    house: &House,
    who: &Who,
    sent: &Sent,
    (organization, word): (OrganizationId, &str),
    kind: &Kind,
    dated: Date,
) -> Result<Granted, LettersError> {
    // Told before anything is counted.
    let first = DocumentNumber::new(word, kind.word, dated, 1)?;
    let year = dated.year().to_string();
    let fields = [first.series(), year.as_str(), kind.key];
    let sent = Sent {
        purpose: "letter-number",
        ..Sent::new("letter-number", &sent.key, fields)
    };
    let first = &first;
    let work = async |mut tx: Tx| -> Result<(Tx, String), LettersError> {
        let now = house.now();
        let series = (first.series(), i64::from(first.year()));
        let (row, place) =
            stored::grant(&mut tx, organization, series, kind.key, who.person, now).await?;
        let number = placed(first, place)?;
        let deed = Deed {
            action: Action::LettersIssue.key(),
            object_kind: NUMBER,
            object: row.to_string(),
            outcome: Outcome::Done,
            detail: json!({ "did": "number", "number": number.to_string(), "kind": kind.key }),
        };
        audit::write(&mut tx, who, &deed, now).await?;
        Ok((tx, format!("{row}:{place}")))
    };
    let answer = once(house, &sent, work).await?;
    let parts = answer.split_once(':');
    let parsed = parts.and_then(|(row, place)| Some((row.parse().ok()?, place.parse().ok()?)));
    let (row, place) = parsed.ok_or_else(|| not_kept(&answer))?;
    Ok(Granted {
        row,
        number: placed(first, place)?,
    })
}

/// The number at a place of the same series.
fn placed(first: &DocumentNumber, place: i64) -> Result<DocumentNumber, LettersError> {
    let (series, year) = (first.series(), first.year());
    Ok(format!("{series}〔{year}〕{place}号").parse()?)
}

/// What is sealed of a letter.
#[derive(Serialize, Deserialize)]
struct Payload {
    facts: LetterFacts,
    edited: Option<String>,
    letter: Letter,
}

/// A letter that is set and durable, and not issued yet.
#[derive(Debug)]
pub struct Prepared {
    /// As it will be kept.
    new: NewLetter,
    blob: Blob,
    number: Option<DocumentNumber>,
    remedy: Remedy,
}

impl Prepared {
    /// The number that it bears.
    pub fn number(&self) -> Option<&DocumentNumber> {
        self.number.as_ref()
    }

    /// The day that it bears.
    pub fn dated(&self) -> Date {
        self.new.dated
    }

    /// Of which remedies it tells.
    pub fn remedy(&self) -> Remedy {
        self.remedy
    }

    /// SHA-256 of its PDF.
    pub fn digest(&self) -> &str {
        &self.new.digest
    }
}

/// Grants a number, sets the letter, and makes its bytes durable. Everything
/// that can be refused is refused before a number is granted. Asked again by
/// the same form, it has the same number. Whoever asks has been allowed to.
///
/// # Errors
/// [`LettersError::Refused`], [`LettersError::Press`].
pub async fn prepare(
    house: &House,
    who: &Who,
    sent: &Sent,
    order: &Order,
) -> Result<Prepared, LettersError> {
    let draft = drafted(house, order, None).await?;
    let mut probe = draft.letter;
    let dated = probe.dated;
    let word = &order.facts.agency.word;
    if !order.kind.word.is_empty() {
        let word = numbered::word(word)?;
        probe.number = format!("{word}{}〔0123456789〕号", order.kind.word);
    }
    house.press.covers(probe).await?;
    let granted = match order.kind.word {
        "" => None,
        _ => Some(
            grant(
                house,
                who,
                sent,
                (order.organization, word),
                order.kind,
                dated,
            )
            .await?,
        ),
    };
    let number = granted.as_ref().map(|granted| &granted.number);
    // The day of a letter does not change while it is set.
    let mut order = order.clone();
    order.facts.dated = Some(dated);
    let draft = drafted(house, &order, number).await?;
    let pdf = house.press.letter(draft.letter.clone()).await?;
    let blob = blobs::keep(house, &pdf).await?;
    let key = house.vault.new_key().await?;
    let payload = Payload {
        facts: order.facts,
        edited: order.edited,
        letter: draft.letter,
    };
    let plain = serde_json::to_vec(&payload).map_err(|_| VaultError::Changed)?;
    let plain = Zeroizing::new(plain);
    let about = order
        .about
        .map_or((String::new(), None), |(kind, id)| (kind, Some(id)));
    Ok(Prepared {
        number: number.cloned(),
        remedy: draft.remedy,
        new: NewLetter {
            organization: order.organization,
            kind: order.kind.key.to_owned(),
            number: granted.as_ref().map(|granted| granted.row),
            about,
            template_version: draft.template_version,
            template_digest: draft.template_digest,
            dated,
            sealed: key.seal(FIELD, &plain),
            key: key.id,
            digest: blobs::digest(&pdf),
            blob: blob.digest.clone(),
            issued_at: house.now(),
            by: (who.person, who.acting_for),
        },
        blob,
    })
}

/// Issues a prepared letter in a transaction: its row, its number settled, its
/// bytes named, an entry of the trail. All of it, or nothing.
///
/// # Errors
/// [`StoreError::Conflict`] where its number was settled otherwise meanwhile.
pub async fn issue_in(
    tx: &mut Tx,
    house: &House,
    who: &Who,
    prepared: &Prepared,
) -> Result<i64, LettersError> {
    let now = house.now();
    named::add(tx, &prepared.blob).await?;
    if let Some(row) = prepared.new.number {
        stored::settle(tx, row, Settled::Issued, who.person, now).await?;
    }
    let id = stored::add(tx, &prepared.new).await?;
    let new = &prepared.new;
    let deed = Deed {
        action: Action::LettersIssue.key(),
        object_kind: LETTER,
        object: id.to_string(),
        outcome: Outcome::Done,
        detail: json!({
            "did": "issue",
            "kind": new.kind,
            "number": prepared.number.as_ref().map(ToString::to_string),
            "digest": new.digest,
            "template": new.template_version,
            "template_digest": new.template_digest,
            "about": [&new.about.0, &new.about.1.map(|id| id.to_string()).unwrap_or_default()],
        }),
    };
    audit::write(tx, who, &deed, now).await?;
    Ok(id)
}

/// Makes the number of a prepared letter void that will not leave, with the
/// reason: the decision that it belonged to was refused. One that is settled
/// already stays as it is.
///
/// # Errors
/// The store's; the number is held then until the head declares it void, or
/// [`explain_held`] does.
pub(crate) async fn abandon(
    house: &House,
    who: &Who,
    prepared: &Prepared,
    reason: &str,
) -> Result<(), LettersError> {
    let (Some(row), Some(number)) = (prepared.new.number, &prepared.number) else {
        return Ok(());
    };
    let now = house.now();
    let mut tx = house.db.write().await?;
    match stored::settle(&mut tx, row, Settled::Void(reason), who.person, now).await {
        Err(StoreError::Conflict) => return Ok(tx.roll_back().await?),
        other => other?,
    }
    let deed = Deed {
        action: Action::LettersIssue.key(),
        object_kind: NUMBER,
        object: row.to_string(),
        outcome: Outcome::Done,
        detail: json!({ "did": "abandon", "number": number.to_string(), "reason": reason }),
    };
    audit::write(&mut tx, who, &deed, now).await?;
    Ok(tx.commit().await?)
}

/// Issues a letter; its row. Sent twice by the same form, it is issued once.
///
/// # Errors
/// As [`prepare`]; [`LettersError::Denied`].
pub async fn issue(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    order: &Order,
) -> Result<i64, LettersError> {
    let target = Target::Organization(order.organization);
    let about = (LETTER, order.kind.key.to_owned());
    let who = signed.demand(house, Action::LettersIssue, target, about);
    let who = &who.await?;
    let sent = sent.of(signed.person.id);
    let prepared = match is_done(house, &sent).await? {
        true => None,
        false => Some(prepare(house, who, &sent, order).await?),
    };
    let prepared = prepared.as_ref();
    let work = async |mut tx: Tx| -> Result<(Tx, String), LettersError> {
        // What was done a moment ago is not undone.
        let prepared = prepared.ok_or(StoreError::Conflict)?;
        let id = issue_in(&mut tx, house, who, prepared).await?;
        Ok((tx, id.to_string()))
    };
    let answer = once(house, &sent, work).await?;
    answer.parse().map_err(|_| not_kept(&answer))
}

/// Declares that no letter will bear a number that is held, and why.
///
/// # Errors
/// [`LettersError::Refused`] without a reason, or where it is not held any more.
pub async fn void(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    row: i64,
    reason: &str,
) -> Result<(), LettersError> {
    let mut tx = house.db.read().await?;
    let there = stored::number_of(&mut tx, row).await?;
    tx.roll_back().await?;
    let about = (NUMBER, row.to_string());
    let target = there.as_ref().map_or(Target::Somewhere, |one| {
        Target::Organization(one.organization)
    });
    let who = signed.demand(house, Action::LettersVoid, target, about);
    let who = &who.await?;
    let there = there.ok_or(LettersError::Missing)?;
    if reason.trim().is_empty() {
        return Err(Message::new("reason-needed").into());
    }
    let reason = names::line(reason, REASON_CHARS_MAX).map_err(|error| error.message())?;
    let work = async |mut tx: Tx| -> Result<(Tx, String), LettersError> {
        let now = house.now();
        let settled = Settled::Void(&reason);
        match stored::settle(&mut tx, row, settled, who.person, now).await {
            Err(StoreError::Conflict) => return Err(Message::new("letter-number-settled").into()),
            other => other?,
        }
        let deed = Deed {
            action: Action::LettersVoid.key(),
            object_kind: NUMBER,
            object: row.to_string(),
            outcome: Outcome::Done,
            detail: json!({ "series": there.series, "year": there.year, "number": there.number, "reason": reason }),
        };
        audit::write(&mut tx, who, &deed, now).await?;
        Ok((tx, String::new()))
    };
    once(house, &sent.of(signed.person.id), work).await?;
    Ok(())
}

/// How long a number is held for who was cut off while their letter was set.
const HELD: SignedDuration = SignedDuration::from_hours(24);
/// Numbers that are explained in one transaction.
const EXPLAINED: i64 = 100;

/// Makes numbers void for which nobody came back with a letter: a process that was
/// killed leaves no gap unexplained. How many there were; asked until there are none.
///
/// # Errors
/// The store's.
pub async fn explain_held(house: &House) -> Result<usize, StoreError> {
    let now = house.now();
    let before = now.saturating_sub(HELD).unwrap_or(Timestamp::MIN);
    let reason = Words::of(Language::Chinese).text("letter-was-cut-off");
    let who = Who::program("letters.explain");
    let mut tx = house.db.write().await?;
    let all = stored::held(&mut tx, before, EXPLAINED).await?;
    for one in &all {
        let settled = Settled::Void(&reason);
        match stored::settle(&mut tx, one.id, settled, None, now).await {
            // Somebody came back for it a moment ago.
            Err(StoreError::Conflict) => continue,
            other => other?,
        }
        let deed = Deed {
            action: Action::LettersVoid.key(),
            object_kind: NUMBER,
            object: one.id.to_string(),
            outcome: Outcome::Done,
            detail: json!({ "series": one.series, "year": one.year, "number": one.number, "reason": reason }),
        };
        audit::write(&mut tx, &who, &deed, now).await?;
    }
    tx.commit().await?;
    Ok(all.len())
}

/// The longest reason, in characters.
const REASON_CHARS_MAX: usize = 200;
/// Numbers of a year on one page: more letters than that a body rarely writes.
const NUMBERS_MAX: i64 = 5000;

/// The numbers of a body and a year, with what became of each.
///
/// # Errors
/// [`LettersError::Denied`].
pub async fn numbers(
    house: &House,
    signed: &SignedIn,
    organization: OrganizationId,
    year: i16,
) -> Result<Vec<Number>, LettersError> {
    let target = Target::Organization(organization);
    let about = (NUMBER, organization.0.to_string());
    signed
        .demand(house, Action::LettersSee, target, about)
        .await?;
    let mut tx = house.db.read().await?;
    let all = stored::numbers(&mut tx, organization, year.into(), NUMBERS_MAX).await?;
    tx.roll_back().await?;
    Ok(all)
}

/// A letter that was issued, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// As it is kept.
    pub issued: Issued,
    /// Its words.
    pub letter: Letter,
    /// What it was made of.
    pub facts: LetterFacts,
    /// What the handler wrote in place of the template's text.
    pub edited: Option<String>,
}

/// What an issued letter says and was made of, for the program itself.
///
/// # Errors
/// The store's and the vault's.
pub(crate) async fn opened(house: &House, issued: Issued) -> Result<Seen, LettersError> {
    let key = house.vault.key(&issued.kept.key).await?;
    let plain = key.open(FIELD, &issued.kept.sealed)?;
    let payload: Payload = serde_json::from_slice(&plain).map_err(|_| VaultError::Changed)?;
    Ok(Seen {
        issued,
        letter: payload.letter,
        facts: payload.facts,
        edited: payload.edited,
    })
}

/// A letter that the signed-in person may see; the look is written down first.
async fn found(
    house: &House,
    signed: &SignedIn,
    id: i64,
    how: &str,
) -> Result<Issued, LettersError> {
    let about = || (LETTER, id.to_string());
    let reach = reach(
        &signed.actor,
        Action::LettersSee,
        &signed.tree,
        signed.today,
    );
    let mut tx = house.db.read().await?;
    let there = stored::get(&mut tx, &reach, id).await?;
    tx.roll_back().await?;
    let Some(there) = there else {
        signed
            .demand(house, Action::LettersSee, Target::Somewhere, about())
            .await?;
        return Err(LettersError::Missing);
    };
    let target = Target::Organization(there.kept.organization);
    let who = signed
        .demand(house, Action::LettersSee, target, about())
        .await?;
    let mut tx = house.db.write().await?;
    let deed = Deed {
        action: Action::LettersSee.key(),
        object_kind: LETTER,
        object: id.to_string(),
        outcome: Outcome::Done,
        detail: json!({ "seen": how }),
    };
    audit::write(&mut tx, &who, &deed, house.now()).await?;
    tx.commit().await?;
    Ok(there)
}

/// A letter that was issued. The look is written down.
///
/// # Errors
/// [`LettersError::Missing`] also where it may not be seen.
pub async fn see(house: &House, signed: &SignedIn, id: i64) -> Result<Seen, LettersError> {
    opened(house, found(house, signed, id, "letter").await?).await
}

/// The letters about a record, as whoever shows the record lists them: kind,
/// number, day; none of their words. It asks for no right of its own.
///
/// # Errors
/// The store's.
pub async fn about(
    tx: &mut Tx,
    signed: &SignedIn,
    kind: &str,
    record: i64,
) -> Result<Vec<Issued>, StoreError> {
    let reach = reach(
        &signed.actor,
        Action::LettersSee,
        &signed.tree,
        signed.today,
    );
    stored::about(tx, &reach, kind, record).await
}

/// The PDF of an issued letter, byte by byte as it was issued. The look is
/// written down.
///
/// # Errors
/// [`VaultError::Changed`] where the bytes are not those that were issued.
pub async fn pdf(
    house: &House,
    signed: &SignedIn,
    id: i64,
) -> Result<Zeroizing<Vec<u8>>, LettersError> {
    let issued = found(house, signed, id, "pdf").await?;
    bytes(house, &issued).await
}

/// The bytes of an issued letter, for whoever was allowed to have them.
///
/// # Errors
/// As [`pdf`].
pub(crate) async fn bytes(
    house: &House,
    issued: &Issued,
) -> Result<Zeroizing<Vec<u8>>, LettersError> {
    let mut tx = house.db.read().await?;
    let blob = named::get(&mut tx, &issued.kept.blob).await?;
    tx.roll_back().await?;
    let blob = blob.ok_or(LettersError::Missing)?;
    let bytes = blobs::bytes(house, &blob).await?;
    if blobs::digest(&bytes) != issued.kept.digest {
        return Err(VaultError::Changed.into());
    }
    Ok(bytes)
}

/// An issued letter as a Word document. The look is written down.
///
/// # Errors
/// As [`see`].
pub async fn docx(house: &House, signed: &SignedIn, id: i64) -> Result<Vec<u8>, LettersError> {
    word(house, &found(house, signed, id, "docx").await?).await
}

/// An issued letter as a Word document, for whoever was allowed to have it.
///
/// # Errors
/// As [`see`].
pub(crate) async fn word(house: &House, issued: &Issued) -> Result<Vec<u8>, LettersError> {
    let seen = opened(house, issued.clone()).await?;
    Ok(gongkai_press::docx::letter(&seen.letter)?)
}
