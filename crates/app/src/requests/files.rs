//! Files that the office brings: scans of what came on paper, and evidence of
//! any step, each with what it proves. Whatever comes in is inspected first.

use std::sync::Arc;

use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::requests::record::{self, Happening, Proof};
use gongkai_domain::requests::work::Work;
use gongkai_domain::words::Message;
use gongkai_store::Tx;
use gongkai_store::requests::{self as stored, KeptFile};
use serde_json::json;
use zeroize::Zeroizing;

use super::cases::{By, FILE, Happened, New, Opened, append, load, proofs};
use super::look;
use super::public::Brought;
use super::steps::{Seen, held, needed, whose};
use super::{NONE, REQUEST, RequestError, allowed, written};
use crate::audit::Who;
use crate::blobs;
use crate::house::House;
use crate::inspection::{self, File, InspectionError, Verdict};
use crate::once::once;
use crate::people::SignedIn;
use crate::report::orders::Reader;

/// Inspects files that come in on paper for a body, and makes their bytes
/// durable; nothing names them until the request is taken in.
///
/// # Errors
/// [`RequestError::Refused`] names each file that may not come in, and why;
/// [`RequestError::Denied`] for who takes nothing in.
pub async fn bring_in(
    house: &House,
    reader: &dyn Reader,
    signed: &SignedIn,
    organization: Option<OrganizationId>,
    files: Vec<File>,
) -> Result<Vec<Brought>, RequestError> {
    let target = organization.map_or(Target::Somewhere, Target::Organization);
    let about = (REQUEST, NONE.to_owned());
    let demanded = signed.demand(house, Action::RequestsIntake, target, about);
    let who = demanded.await?;
    let organization = organization.ok_or_else(|| Message::new("casework-no-body"))?;
    let (brought, refused) = examined(house, reader, &who, organization, files).await?;
    match refused.is_empty() {
        true => Ok(brought),
        false => Err(RequestError::Refused(refused)),
    }
}

/// The same for a request that is there.
///
/// # Errors
/// As [`bring_in`]; [`RequestError::Missing`] for who may not see the request.
pub async fn bring_to(
    house: &House,
    reader: &dyn Reader,
    signed: &SignedIn,
    id: i64,
    files: Vec<File>,
) -> Result<Vec<Brought>, RequestError> {
    let (kept, who) = allowed(house, signed, whose(Work::AddFiles)?, id).await?;
    let (brought, refused) = examined(house, reader, &who, kept.organization, files).await?;
    match refused.is_empty() {
        true => Ok(brought),
        false => Err(RequestError::Refused(refused)),
    }
}

/// Inspects files; those that may come in, durable, and what is said of the rest.
pub(super) async fn examined(
    house: &House,
    reader: &dyn Reader,
    who: &Who,
    organization: OrganizationId,
    files: Vec<File>,
) -> Result<(Vec<Brought>, Vec<Message>), RequestError> {
    if files.len() > FILES_MAX {
        let many = Message::new("casework-files-too-many").with("found", files.len());
        return Err(many.with("max", FILES_MAX).into());
    }
    let (mut brought, mut refused) = (Vec::new(), Vec::new());
    for file in files {
        let outcome = inspection::inspect_brought(house, reader, who, organization, &file).await;
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(InspectionError::Store(error)) => return Err(error.into()),
            Err(InspectionError::Vault(error)) => return Err(error.into()),
            Err(_) => {
                refused.push(Message::new("casework-file-unseen").with("name", &file.name));
                continue;
            }
        };
        if outcome.verdict == Verdict::Refused {
            refused.push(Message::new("files-refused").with("name", &file.name));
            let mut rules: Vec<_> = outcome.findings.iter().map(|found| found.rule).collect();
            rules.sort_unstable();
            rules.dedup();
            refused.extend(rules.into_iter().map(|rule| rule.statement()));
            continue;
        }
        let blob = blobs::keep(house, &file.bytes).await?;
        brought.push(Brought {
            digest: inspection::digest_of(&file.bytes),
            bytes: i64::try_from(file.bytes.len()).unwrap_or(i64::MAX),
            name: file.name,
            blob,
        });
    }
    Ok((brought, refused))
}

/// What the applicant is to have with the reply: what was put together last.
pub(super) fn given(record: &[Happened], files: Vec<KeptFile>) -> Vec<KeptFile> {
    let is_given = |one: &&Happened| matches!(one.what, Happening::GivenAdded { .. });
    let last = record.iter().rfind(is_given).map(|one| one.number);
    let mut files = files;
    files.retain(|file| Some(file.event) == last);
    files
}

/// Attachments at a time at most: what one form can bring.
pub const FILES_MAX: usize = 10;

/// Adds files to the last event of a request. Each was inspected under its name
/// for this body, and not refused.
pub(super) async fn attach(
    tx: &mut Tx,
    house: &House,
    opened: &Opened,
    files: &[Brought],
) -> Result<(), RequestError> {
    let event = opened.record.last().map_or(1, |last| last.number);
    attach_to(tx, house, opened, event, files).await
}

/// The same, to an event by its place.
pub(super) async fn attach_to(
    tx: &mut Tx,
    house: &House,
    opened: &Opened,
    event: i64,
    files: &[Brought],
) -> Result<(), RequestError> {
    if files.len() > FILES_MAX {
        let many = Message::new("casework-files-too-many").with("found", files.len());
        return Err(many.with("max", FILES_MAX).into());
    }
    if files.is_empty() {
        return Ok(());
    }
    let there = stored::files(tx, opened.kept.id).await?;
    let first = there.last().map_or(1, |last| last.number + 1);
    for (number, file) in (first..).zip(files) {
        let place = opened.kept.organization;
        let comes = inspection::may_come_in(house, tx, place, &file.digest, &file.name).await?;
        let against = match comes {
            Some(true) => None,
            Some(false) => Some("casework-file-refused"),
            None => Some("casework-file-unseen"),
        };
        if let Some(id) = against {
            return Err(Message::new(id).with("name", &file.name).into());
        }
        crate::blobs::name(tx, &file.blob).await?;
        let kept = KeptFile {
            number,
            event,
            digest: file.digest.clone(),
            bytes: file.bytes,
            blob: file.blob.clone(),
            sealed: opened.sealed(FILE, file.name.as_bytes()),
        };
        stored::add_file(tx, opened.kept.id, &kept).await?;
    }
    Ok(())
}

/// That a sealed copy of a letter was brought.
fn copied(opened: &Opened, letter: i64, count: u32) -> Result<Happening, Message> {
    let happened = opened.record.iter().map(|one| &one.what);
    let sealed = record::sealed_to_applicant(happened).into_iter();
    let mut found = sealed.filter(|one| one.letter == letter);
    let found = found.next();
    let found = found.ok_or_else(|| Message::new("casework-no-copy"))?;
    Ok(Happening::CopyAdded {
        letter,
        kind: found.kind.to_owned(),
        number: found.number.to_owned(),
        count,
    })
}

/// Has a file of a request inspected by the rules of now, where it was not yet:
/// an upgrade brings new rules, and what was found is kept for a time only.
pub(super) async fn inspected_now(
    house: &House,
    reader: &dyn Reader,
    who: &Who,
    organization: OrganizationId,
    (file, name): (&KeptFile, &str),
) -> Result<(), RequestError> {
    let mut tx = house.db.read().await?;
    let comes = inspection::may_come_in(house, &mut tx, organization, &file.digest, name).await?;
    tx.roll_back().await?;
    if comes.is_some() {
        return Ok(());
    }
    let bytes = blobs::bytes(house, &file.blob).await?;
    let again = File {
        name: name.to_owned(),
        bytes: Arc::from(bytes.as_slice()),
    };
    match inspection::inspect_brought(house, reader, who, organization, &again).await {
        Ok(_) => Ok(()),
        Err(InspectionError::Store(error)) => Err(error.into()),
        Err(InspectionError::Vault(error)) => Err(error.into()),
        Err(_) => Err(Message::new("files-unread").with("name", name).into()),
    }
}

/// A file of a request with its name, for who works on it. Where rules have
/// changed since it came, it is inspected again before it is handed on.
///
/// # Errors
/// As [`look::file`].
pub async fn had(
    house: &House,
    reader: &dyn Reader,
    signed: &SignedIn,
    id: i64,
    number: i64,
) -> Result<(String, Zeroizing<Vec<u8>>), RequestError> {
    let (kept, who) = allowed(house, signed, Action::RequestsSee, id).await?;
    let organization = kept.organization;
    let mut tx = house.db.read().await?;
    let opened = load(&mut tx, house, kept).await?;
    let files = stored::files(&mut tx, id).await?;
    tx.roll_back().await?;
    let file = files.into_iter().find(|file| file.number == number);
    let file = file.ok_or(RequestError::Missing)?;
    let name = opened.file_name(&file)?;
    inspected_now(house, reader, &who, organization, (&file, &name)).await?;
    look::file(house, signed, id, number).await
}

/// To what files are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddedTo {
    /// The evidence of something that happened, by its place.
    Event(i64),
    /// What the applicant is to have with the reply, in the place of what was put
    /// together before.
    Reply,
    /// A sealed letter to the applicant, by its number in the store: they have the copy.
    Copy(i64),
}

/// Adds files to the evidence of something that happened to a request, with what
/// they prove, or puts together what the applicant is to have. What happened stays as
/// it was written; that files were added to it is written after it. Sent twice, they
/// are added once.
///
/// # Errors
/// [`RequestError::Refused`] without a file, without what it proves, for
/// something that has not happened, for a case that is in the archive, and for what
/// is to be given with a reply that has left; as [`super::steps::step`].
pub async fn add(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: Seen,
    (to, note): (AddedTo, &str),
    files: &[Brought],
) -> Result<(), RequestError> {
    let work = match to {
        AddedTo::Event(_) => Work::AddFiles,
        AddedTo::Reply => Work::PutTogether,
        AddedTo::Copy(letter) => Work::AddCopy(Some(letter)),
    };
    let action = whose(work)?;
    let (_, who) = allowed(house, signed, action, seen.id).await?;
    let said = proofs([(Proof::Note, note)])?;
    if files.is_empty() {
        return Err(Message::new("casework-no-file").into());
    }
    needed(&said, Proof::Note).map_err(|_| Message::new("casework-needs-proves"))?;
    let place = match to {
        AddedTo::Event(to) => to.to_string(),
        AddedTo::Reply => "given".to_owned(),
        AddedTo::Copy(letter) => format!("copy-{letter}"),
    };
    let digests = files.iter().map(|file| file.digest.as_str());
    let fields = [place.as_str(), note].into_iter().chain(digests);
    let sent = seen.sent(house, signed, "requests.files", key, fields);
    let (who, said) = (&who, &said);
    let work = async |mut tx: Tx| -> Result<(Tx, String), RequestError> {
        let mut opened = held(&mut tx, house, signed, seen).await?;
        opened.may_work(work, Some(signed.person.id))?;
        let count = u32::try_from(files.len()).unwrap_or(u32::MAX);
        let what = match to {
            AddedTo::Reply => Happening::GivenAdded { count },
            AddedTo::Copy(letter) => copied(&opened, letter, count)?,
            AddedTo::Event(to) => {
                let event = opened.record.iter().find(|one| one.number == to);
                let event = event.ok_or_else(|| Message::new("casework-no-event"))?;
                if event.what == Happening::Noted {
                    return Err(Message::new("casework-event-note").into());
                }
                if event.what.is_had_by_the_applicant() {
                    return Err(Message::new("casework-event-applicants").into());
                }
                Happening::FilesAdded { to, count }
            }
        };
        let detail = json!({ "did": what.key(), "files": files.len() });
        let new = New {
            day: signed.today,
            by: By::of(who),
            what,
            proofs: said.clone(),
        };
        append(&mut tx, house, &mut opened, new).await?;
        match to {
            AddedTo::Event(to) => attach_to(&mut tx, house, &opened, to, files).await?,
            AddedTo::Reply | AddedTo::Copy(_) => attach(&mut tx, house, &opened, files).await?,
        }
        written(&mut tx, house, who, action, seen.id.to_string(), detail).await?;
        Ok((tx, String::new()))
    };
    once(house, &sent, work).await?;
    Ok(())
}
