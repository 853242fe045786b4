//! Files that the office brings: scans of what came on paper, and evidence of
//! any step, each with what it proves. Whatever comes in is inspected first.

use std::sync::Arc;

use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::requests::case::State;
use gongkai_domain::requests::record::{Happening, Proof};
use gongkai_domain::words::Message;
use gongkai_store::Tx;
use gongkai_store::requests::{self as stored, KeptFile};
use serde_json::json;
use zeroize::Zeroizing;

use super::cases::{By, FILES_MAX, Happened, New, append, attach, attach_to, load, proofs};
use super::look;
use super::public::Brought;
use super::steps::{Seen, held, needed};
use super::{NONE, REQUEST, RequestError, allowed, written};
use crate::audit::Who;
use crate::blobs;
use crate::house::House;
use crate::inspection::{self, File, InspectionError, Verdict};
use crate::once::once;
use crate::people::SignedIn;
use crate::report::orders::Reader;

/// Who works on a case adds to its evidence.
const HANDLE: Action = Action::RequestsHandle;

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
    let (kept, who) = allowed(house, signed, HANDLE, id).await?;
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
    let (_, who) = allowed(house, signed, HANDLE, seen.id).await?;
    let said = proofs([(Proof::Note, note)])?;
    if files.is_empty() {
        return Err(Message::new("casework-no-file").into());
    }
    needed(&said, Proof::Note).map_err(|_| Message::new("casework-needs-proves"))?;
    let place = match to {
        AddedTo::Event(to) => to.to_string(),
        AddedTo::Reply => "given".to_owned(),
    };
    let digests = files.iter().map(|file| file.digest.as_str());
    let fields = [place.as_str(), note].into_iter().chain(digests);
    let sent = seen.sent(house, signed, "requests.files", key, fields);
    let (who, said) = (&who, &said);
    let work = async |mut tx: Tx| -> Result<(Tx, String), RequestError> {
        let mut opened = held(&mut tx, house, signed, seen).await?;
        if matches!(opened.case.state(), State::Archived(_)) {
            return Err(Message::new("casework-archived").into());
        }
        let count = u32::try_from(files.len()).unwrap_or(u32::MAX);
        let what = match to {
            AddedTo::Reply if opened.case.state().ending().is_some() => {
                return Err(Message::new("case-replied-already").into());
            }
            AddedTo::Reply => Happening::GivenAdded { count },
            AddedTo::Event(to) if !opened.record.iter().any(|one| one.number == to) => {
                return Err(Message::new("casework-no-event").into());
            }
            AddedTo::Event(to) => Happening::FilesAdded { to, count },
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
            AddedTo::Reply => attach(&mut tx, house, &opened, files).await?,
        }
        written(&mut tx, house, who, HANDLE, seen.id.to_string(), detail).await?;
        Ok((tx, String::new()))
    };
    once(house, &sent, work).await?;
    Ok(())
}
