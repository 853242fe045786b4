//! A mail that somebody saved and the desk takes in: read apart from the server,
//! laid into the form, put right by the clerk, and kept with its files.
//!
//! A mail starts no clock: what it says of its own day is its sender's word, and
//! the receipt date waits for both sides (Art. 31). Between the two forms the
//! files wait sealed, for the one who brought them, for less than a day.

use std::sync::Arc;

use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::requests::application::{DESCRIPTION_CHARS_MAX, LINE_CHARS_MAX, Typed};
use gongkai_domain::requests::record::PROOF_CHARS_MAX;
use gongkai_domain::words::{Language, Message, Words};
use gongkai_intake::mail::Mail;
use gongkai_store::blobs::Blob;
use gongkai_store::portal::{self, Draft};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::Zeroizing;

use super::public::Brought;
use super::{NONE, REQUEST, RequestError, files, written};
use crate::house::{House, china};
use crate::inspection::File;
use crate::people::SignedIn;
use crate::report::mails;
use crate::report::orders::Reader;
use crate::vault::VaultError;

const INTAKE: Action = Action::RequestsIntake;
/// Bytes of a mail; the reader's own limit.
pub const BYTES_MAX: usize = gongkai_intake::mail::BYTES_MAX;
/// For how long files wait between the two forms: less than bytes that nothing
/// names are kept.
const WAIT: SignedDuration = SignedDuration::from_hours(20);
/// The field that is sealed, and the name of the blind; they never change.
const FIELD: &str = "request/mail";
const BLIND: &str = "requests.mail";

/// A file that waits.
#[derive(Serialize, Deserialize)]
struct Waiting {
    name: String,
    digest: String,
    bytes: i64,
    blob: String,
    size: i64,
    key: String,
    at: i64,
}

/// What waits of a mail.
#[derive(Serialize, Deserialize)]
struct Kept {
    person: i64,
    files: Vec<Waiting>,
}

/// A mail that was read, as the form shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// By what its files are found again.
    pub token: String,
    /// The form, as far as the mail fills it.
    pub typed: Typed,
    /// The day of the mail, where it names one that has come; else today.
    pub day: Date,
    /// What it says of itself, as evidence.
    pub note: String,
    /// Names of the files that will be kept, the mail itself first.
    pub files: Vec<String>,
    /// What is said of files that will not be kept by themselves.
    pub told: Vec<Message>,
}

fn cut(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

fn typed(mail: &Mail) -> Typed {
    Typed {
        kind: "natural_person".to_owned(),
        name: cut(&mail.from_name, 60),
        document_kind: "resident_id".to_owned(),
        mail: mail.from_address.clone(),
        title: cut(&mail.subject, LINE_CHARS_MAX),
        description: cut(&mail.text, DESCRIPTION_CHARS_MAX),
        receiving: "mail".to_owned(),
        medium: "electronic".to_owned(),
        ..Typed::default()
    }
}

/// What the mail says of itself. It is kept as evidence, in the office's language.
fn note(mail: &Mail, sent: Option<Timestamp>) -> String {
    let words = Words::of(Language::Chinese);
    let at = match sent {
        Some(at) => at.to_zoned(china()).strftime("%Y-%m-%d %H:%M").to_string(),
        None => words.text("mail-note-no-date"),
    };
    let told = Message::new("mail-note")
        .with("name", cut(&mail.from_name, 60))
        .with("address", cut(&mail.from_address, 120))
        .with("to", cut(&mail.to, 200))
        .with("subject", cut(&mail.subject, LINE_CHARS_MAX))
        .with("at", at);
    cut(&words.render(&told), PROOF_CHARS_MAX)
}

/// Reads a mail for a body and keeps its files waiting for the form.
///
/// # Errors
/// [`RequestError::Refused`] for what is no mail or cannot be read, and for a
/// mail that may not come in itself; [`RequestError::Denied`].
pub async fn take(
    house: &House,
    reader: &dyn Reader,
    signed: &SignedIn,
    organization: Option<OrganizationId>,
    file: File,
) -> Result<Taken, RequestError> {
    let target = organization.map_or(Target::Somewhere, Target::Organization);
    let about = (REQUEST, NONE.to_owned());
    let who = signed.demand(house, INTAKE, target, about).await?;
    let organization = organization.ok_or_else(|| Message::new("casework-no-body"))?;
    let read = mails::read(reader, &file.name, Arc::clone(&file.bytes)).await;
    let mail = read.map_err(|refused| refused.message())??;
    let own = File {
        name: match file.name.to_ascii_lowercase().ends_with(".eml") {
            true => file.name,
            false => format!("{}.eml", file.name),
        },
        bytes: file.bytes,
    };
    let (mut brought, refused) =
        files::examined(house, reader, &who, organization, vec![own]).await?;
    if !refused.is_empty() {
        return Err(RequestError::Refused(refused));
    }
    let within = mail.attachments.iter().filter(|one| !one.bytes.is_empty());
    let within = within.map(|one| File {
        name: one.name.clone(),
        bytes: Arc::from(one.bytes.as_slice()),
    });
    let (more, mut told) =
        files::examined(house, reader, &who, organization, within.collect()).await?;
    brought.extend(more);
    if mail.left_out > 0 {
        told.push(Message::new("mail-left-out").with("count", mail.left_out));
    }
    let sent = mail.sent.and_then(|at| Timestamp::from_second(at).ok());
    let day = sent.map(|at| at.to_zoned(china()).date());
    let names = brought.iter().map(|one| one.name.clone()).collect();
    let token = keep(house, signed, &who, organization, &brought).await?;
    Ok(Taken {
        token,
        typed: typed(&mail),
        day: day
            .filter(|day| *day <= signed.today)
            .unwrap_or(signed.today),
        note: note(&mail, sent),
        files: names,
        told,
    })
}

async fn keep(
    house: &House,
    signed: &SignedIn,
    who: &crate::audit::Who,
    organization: OrganizationId,
    brought: &[Brought],
) -> Result<String, RequestError> {
    let waiting = brought.iter().map(|one| Waiting {
        name: one.name.clone(),
        digest: one.digest.clone(),
        bytes: one.bytes,
        blob: one.blob.digest.clone(),
        size: one.blob.size,
        key: one.blob.key.clone(),
        at: one.blob.created_at.as_millisecond(),
    });
    let kept = Kept {
        person: signed.person.id.0,
        files: waiting.collect(),
    };
    let plain = serde_json::to_vec(&kept).map_err(|_| VaultError::Changed)?;
    let plain = Zeroizing::new(plain);
    let key = house.vault.new_key().await?;
    let (token, now) = (house.token(), house.now());
    let draft = Draft {
        token: house.vault.blind(BLIND, &token),
        organization: organization.0,
        key: key.id.clone(),
        sealed: key.seal(FIELD, &plain),
        version: 1,
        made_at: now,
        expires_at: now.saturating_add(WAIT).unwrap_or(Timestamp::MAX),
    };
    let mut tx = house.db.write().await?;
    portal::add_draft(&mut tx, &draft).await?;
    let detail =
        json!({ "did": "mail_read", "organization": organization.0, "files": brought.len() });
    written(&mut tx, house, who, INTAKE, NONE.to_owned(), detail).await?;
    tx.commit().await?;
    Ok(token)
}

/// The files of a mail that was read, for the one who brought it and the body
/// that it was read for.
///
/// # Errors
/// [`RequestError::Refused`] where they wait no more, or for another body.
pub async fn waiting(
    house: &House,
    signed: &SignedIn,
    organization: Option<OrganizationId>,
    token: &str,
) -> Result<Vec<Brought>, RequestError> {
    let over = || RequestError::from(Message::new("mail-over"));
    let mut tx = house.db.read().await?;
    let draft = portal::find_draft(&mut tx, &house.vault.blind(BLIND, token), house.now()).await?;
    tx.roll_back().await?;
    let draft = draft.ok_or_else(over)?;
    let key = match house.vault.key(&draft.key).await {
        Err(VaultError::Erased | VaultError::NoKey) => return Err(over()),
        other => other?,
    };
    let plain = key.open(FIELD, &draft.sealed)?;
    let kept: Kept = serde_json::from_slice(&plain).map_err(|_| VaultError::Changed)?;
    if kept.person != signed.person.id.0 {
        return Err(over());
    }
    if organization.map(|id| id.0) != Some(draft.organization) {
        return Err(Message::new("mail-other-body").into());
    }
    let files = kept.files.into_iter().map(|one| {
        Ok(Brought {
            name: one.name,
            digest: one.digest,
            bytes: one.bytes,
            blob: Blob {
                digest: one.blob,
                size: one.size,
                key: one.key,
                created_at: Timestamp::from_millisecond(one.at).map_err(|_| VaultError::Changed)?,
            },
        })
    });
    files
        .collect::<Result<Vec<_>, VaultError>>()
        .map_err(Into::into)
}
