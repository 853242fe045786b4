//! A reply that goes to its applicant by mail: its letter, sealed where a sealed copy was
//! brought, and what is given with it. The record says when it left; that the server took
//! it stands in the outbox.

use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::outbox::Line;
use gongkai_domain::requests::record::{self, Happening};
use gongkai_domain::requests::work::Work;
use gongkai_domain::words::{Language, Message, Words};
use gongkai_store::Tx;
use gongkai_store::letters as stored;
use gongkai_store::requests::KeptFile;
use serde_json::json;

use super::cases::{By, New, Opened, Proofs, append};
use super::steps::{Seen, held, may_do, whose};
use super::tracking::{copies, given_now};
use super::{RequestError, written};
use crate::blobs;
use crate::house::House;
use crate::inspection;
use crate::letters;
use crate::once::once;
use crate::outbox::{self, ATTACHED_BYTES_MAX, Letter};
use crate::people::SignedIn;
use crate::ports::Attachment;

const PURPOSE: &str = "requests.reply";

/// The letter of the reply: its number in the store, its kind, its document number.
fn letter_of(opened: &Opened) -> Option<(i64, &'static Kind, String)> {
    let happened = opened.record.iter().map(|one| &one.what);
    let mut all = record::letters(happened).into_iter().rev();
    let mut all = all.by_ref().filter(|one| !one.is_superseded);
    all.find_map(|one| {
        let kind = Kind::of(one.kind).filter(|kind| kind.is_reply())?;
        Some((one.letter, kind, one.number.to_owned()))
    })
}

/// Sends the reply to the mail address that the applicant left. Sent twice, it goes out
/// once.
///
/// # Errors
/// [`RequestError::Refused`] before the reply has left under its seal, without an
/// address, where the reply has no letter of ours, and where it is too large for a mail;
/// as [`super::steps::step`].
pub async fn send(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
) -> Result<(), RequestError> {
    let action = whose(Work::SendByMail)?;
    let who = &may_do(house, signed, Work::SendByMail, seen.id).await?;
    let sent = &seen.sent(house, signed, "requests.mail", key, []);
    let work = async |mut tx: Tx| -> Result<(Tx, String), RequestError> {
        let mut opened = held(&mut tx, house, signed, seen).await?;
        opened.may_work(Work::SendByMail, Some(signed.person.id))?;
        if opened.unsealed_reply() {
            return Err(Message::new("casework-mail-unsealed").into());
        }
        let to = opened.application.mail_address();
        let to = to.ok_or_else(|| Message::new("casework-mail-nowhere"))?;
        let found = letter_of(&opened);
        let (letter, kind, number) = found.ok_or_else(|| Message::new("casework-mail-none"))?;
        let attachments = attached(&mut tx, house, &opened, (letter, kind)).await?;
        let words = Words::of(Language::Chinese);
        let of = |id| Message::new(id).with("number", &opened.kept.number);
        let subject = words.render(&of("reply-mail-subject"));
        let text = of("reply-mail-text").with("title", kind.title);
        let mail = Letter {
            to,
            subject: Line::parse(&subject).map_err(|_| Message::new("casework-mail-none"))?,
            text: words.render(&text),
            attachments,
        };
        let files = u32::try_from(mail.attachments.len() - 1).unwrap_or(u32::MAX);
        outbox::mail(&mut tx, house, PURPOSE, &mail).await?;
        let new = New {
            day: signed.today,
            by: By::of(who),
            what: Happening::Mailed {
                letter,
                kind: kind.key.to_owned(),
                number,
                files,
            },
            proofs: Proofs::new(),
        };
        append(&mut tx, house, &mut opened, new).await?;
        let detail = json!({ "did": "mailed", "letter": letter, "files": files });
        written(&mut tx, house, who, action, seen.id.to_string(), detail).await?;
        Ok((tx, String::new()))
    };
    once(house, sent, work).await?;
    Ok(())
}

/// The letter, or its sealed copies where there are, and what is given with it.
async fn attached(
    tx: &mut Tx,
    house: &House,
    opened: &Opened,
    (letter, kind): (i64, &'static Kind),
) -> Result<Vec<Attachment>, RequestError> {
    let mut all = Vec::new();
    let sealed = copies(tx, opened, letter).await?;
    let given = given_now(tx, opened).await?;
    let files = || sealed.iter().chain(&given);
    let bytes: i64 = files().map(|file| file.bytes).sum();
    small(usize::try_from(bytes).unwrap_or(usize::MAX))?;
    if sealed.is_empty() {
        let issued = stored::get(tx, &Reach::All, letter).await?;
        let issued = issued.ok_or(RequestError::Missing)?;
        let bytes = letters::bytes(house, &issued).await?;
        let name = format!("{}.pdf", kind.title);
        all.push(attachment(&name, "application/pdf", bytes.to_vec())?);
    }
    for file in files() {
        all.push(read(tx, house, opened, file).await?);
    }
    small(all.iter().map(|one| one.bytes.len()).sum())?;
    Ok(all)
}

/// Whether a mail takes so many bytes: asked before they are read, too.
fn small(bytes: usize) -> Result<(), Message> {
    match bytes > ATTACHED_BYTES_MAX {
        true => {
            let large = Message::new("casework-mail-large");
            Err(large.with("max", ATTACHED_BYTES_MAX / 1024 / 1024))
        }
        false => Ok(()),
    }
}

fn attachment(name: &str, media: &str, bytes: Vec<u8>) -> Result<Attachment, Message> {
    Ok(Attachment {
        name: Line::parse(name).map_err(|_| Message::new("casework-mail-none"))?,
        media_type: media.to_owned(),
        bytes,
    })
}

/// A file that goes out, where the rules of now let it.
async fn read(
    tx: &mut Tx,
    house: &House,
    opened: &Opened,
    file: &KeptFile,
) -> Result<Attachment, RequestError> {
    let name = opened.file_name(file)?;
    let organization = opened.kept.organization;
    let goes = inspection::may_come_in(house, tx, organization, &file.digest, &name).await?;
    if goes != Some(true) {
        let unseen = Message::new("casework-mail-unseen").with("name", name);
        return Err(unseen.into());
    }
    let bytes = blobs::bytes(house, &file.blob).await?;
    Ok(attachment(
        &name,
        "application/octet-stream",
        bytes.to_vec(),
    )?)
}
