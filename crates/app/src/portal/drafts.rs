//! Drafts of applications: what was typed and brought so far, sealed, behind a
//! link that nobody guesses, until it is sent or its days are over.
//!
//! The link is the only key to it: it is kept as a blind index alone. Files are
//! examined as they come in; one that may not pass is not kept, and the draft
//! says so.

use std::collections::BTreeMap;
use std::sync::Arc;

use gongkai_domain::inspection::Verdict;
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::settings::PortalSettings;
use gongkai_domain::words::Message;
use gongkai_store::portal::{self, Draft};
use gongkai_store::{StoreError, Tx};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::gate::{self, Stamp};
use super::{PortalError, Visitor, deed};
use crate::audit;
use crate::house::House;
use crate::inspection::{self, File};
use crate::jobs;
use crate::once::{Sent, once};
use crate::report::orders::Reader;
use crate::vault::{RecordKey, VaultError};

/// Files of a draft: a document, an authorisation, a few pages more.
pub const FILES_MAX: usize = 5;
/// Bytes of one file: a photograph as telephones take them.
pub const FILE_BYTES_MAX: u64 = 10 * 1024 * 1024;
/// Bytes of all files.
pub const FILES_BYTES_MAX: u64 = 25 * 1024 * 1024;
/// Drafts that are removed in one transaction.
const SWEPT_AT_ONCE: i64 = 100;
/// For how long the receipt of what was sent stays behind the link.
const RECEIPT_HOURS: i64 = 24;

const FIELD: &str = "draft";
const BLIND: &str = "portal.draft";

/// A file of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    /// Its place; given once.
    pub position: i64,
    /// The name that it came with.
    pub name: String,
    /// Its bytes.
    pub bytes: u64,
    /// SHA-256 of it, in hexadecimal: what comes twice is kept once.
    pub digest: String,
}

/// What became of a draft that was sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The number of the request.
    pub number: String,
    /// The query code.
    pub code: String,
    /// When it was sent.
    pub at: Timestamp,
    /// What was filed with other bodies by the same submission.
    #[serde(default)]
    pub also: Vec<Also>,
}

/// The same, filed with another body: a case of its own.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Also {
    /// The name of the body.
    pub body: String,
    /// The number of the request; empty where it was not filed after all.
    pub number: String,
    /// Its query code.
    pub code: String,
}

impl std::fmt::Debug for Also {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Also").finish_non_exhaustive()
    }
}

/// Personal data and a secret: not printed.
impl std::fmt::Debug for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receipt").finish_non_exhaustive()
    }
}

/// What stands in a draft.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// What was typed, by the names of fields.
    pub fields: BTreeMap<String, String>,
    /// Files.
    pub files: Vec<Attached>,
    /// The last place that was given to a file.
    pub last: i64,
    /// What was said of files that were not taken.
    pub notes: Vec<Message>,
    /// The key under which it is sent: once, however often that is tried.
    pub key: String,
    /// Once it was sent: nothing else is left of it.
    pub receipt: Option<Receipt>,
}

impl std::fmt::Debug for Contents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contents").finish_non_exhaustive()
    }
}

/// A draft that was opened by its link.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The body that is asked.
    pub organization: OrganizationId,
    /// What stands in it.
    pub contents: Contents,
    /// When it is gone.
    pub expires_at: Timestamp,
    kept: Draft,
}

/// What a form brings.
#[derive(Debug, Default)]
pub struct Brought {
    /// What was typed, by the names of fields.
    pub fields: BTreeMap<String, String>,
    /// New files.
    pub files: Vec<File>,
    /// Places of files that are taken back.
    pub removed: Vec<i64>,
}

fn blind(house: &House, token: &str) -> String {
    house.vault.blind(BLIND, token)
}

/// The name of a draft in the trail: enough to find it again, too little to open it.
fn named(kept: &str) -> String {
    kept.chars().take(12).collect()
}

fn sealed(key: &RecordKey, contents: &Contents) -> Result<Vec<u8>, VaultError> {
    let plain = serde_json::to_vec(contents).map_err(|_| VaultError::Changed)?;
    Ok(key.seal(FIELD, &Zeroizing::new(plain)))
}

fn of_file(position: i64) -> String {
    format!("{FIELD}/file/{position}")
}

/// Examines files and keeps those that may come in.
struct Examined {
    files: Vec<(Attached, Arc<[u8]>)>,
    notes: Vec<Message>,
}

async fn examine(
    house: &House,
    reader: &dyn Reader,
    (there, last): (&[Attached], i64),
    files: Vec<File>,
) -> Result<Examined, PortalError> {
    let mut examined = Examined {
        files: Vec::new(),
        notes: Vec::new(),
    };
    let mut count = there.len();
    let mut total: u64 = there.iter().map(|file| file.bytes).sum();
    let mut position = last;
    for file in files {
        let bytes = u64::try_from(file.bytes.len()).unwrap_or(u64::MAX);
        let told = |id: &'static str| Message::new(id).with("name", &file.name);
        let digest = inspection::digest_of(&file.bytes);
        let new = examined.files.iter().map(|(new, _)| new);
        let same = |one: &Attached| one.digest == digest && one.name == file.name;
        if there.iter().chain(new).any(same) {
            continue;
        }
        if count >= FILES_MAX {
            let note = told("draft-files-many").with("max", FILES_MAX);
            examined.notes.push(note);
            continue;
        }
        if bytes > FILE_BYTES_MAX || total.saturating_add(bytes) > FILES_BYTES_MAX {
            let note = told("draft-file-large")
                .with("max", FILE_BYTES_MAX / 1024 / 1024)
                .with("all", FILES_BYTES_MAX / 1024 / 1024);
            examined.notes.push(note);
            continue;
        }
        let outcome = inspection::examine(&house.inspecting, reader, &file, house.today()).await;
        let outcome = outcome.map_err(PortalError::Unread)?;
        if outcome.verdict == Verdict::Refused {
            examined.notes.push(told("draft-file-refused"));
            continue;
        }
        count += 1;
        total += bytes;
        position += 1;
        let attached = Attached {
            position,
            name: file.name,
            bytes,
            digest,
        };
        examined.files.push((attached, file.bytes));
    }
    Ok(examined)
}

fn last_of(examined: &Examined, before: i64) -> i64 {
    let places = examined.files.iter().map(|(file, _)| file.position);
    places.max().unwrap_or(before)
}

async fn keep_files(
    tx: &mut Tx,
    key: &RecordKey,
    token: &str,
    files: &[(Attached, Arc<[u8]>)],
) -> Result<(), StoreError> {
    for (attached, bytes) in files {
        let sealed = key.seal(&of_file(attached.position), bytes);
        let length = i64::try_from(attached.bytes).unwrap_or(i64::MAX);
        portal::add_file(tx, token, attached.position, length, &sealed).await?;
    }
    Ok(())
}

/// Begins a draft; the token of its link. The same form sent twice begins one.
///
/// # Errors
/// [`PortalError::Held`] where more came from there than is taken at once;
/// nothing is kept then, and the form is to be shown again with what was typed.
pub async fn begin(
    house: &House,
    reader: &dyn Reader,
    settings: &PortalSettings,
    visitor: &Visitor,
    organization: OrganizationId,
    (form, stamp): (&str, &Stamp),
    brought: Brought,
) -> Result<String, PortalError> {
    let place = organization.to_string();
    let typed = brought.fields.values().map(String::as_str);
    let mut sent = Sent::new(
        "portal.draft",
        form,
        std::iter::once(place.as_str()).chain(typed),
    );
    for file in &brought.files {
        sent = sent.with_bytes(&file.bytes);
    }
    let sent = sent.or_new(house).blinded(house);
    // Files are examined before a turn at the store is taken, and not for who
    // would be asked to wait.
    if !brought.files.is_empty() {
        let mut tx = house.db.read().await?;
        let stamped = (form, stamp);
        let would = gate::would_admit(&mut tx, house, settings, visitor.address, stamped).await?;
        tx.roll_back().await?;
        would.map_err(PortalError::Held)?;
    }
    let examined = examine(house, reader, (&[], 0), brought.files).await?;
    let contents = Contents {
        fields: brought.fields,
        files: examined
            .files
            .iter()
            .map(|(file, _)| file.clone())
            .collect(),
        last: last_of(&examined, 0),
        notes: examined.notes,
        key: house.token(),
        receipt: None,
    };
    let now = house.now();
    let days = SignedDuration::from_hours(24 * i64::from(settings.draft_days));
    let work = async |mut tx: Tx| -> Result<(Tx, String), PortalError> {
        let admitted =
            gate::admit(&mut tx, house, settings, visitor.address, (form, stamp)).await?;
        admitted.map_err(PortalError::Held)?;
        // Who is asked to wait leaves no key behind.
        let key = house.vault.new_key().await?;
        let salt = house.token();
        let token = sent.secret(house, &salt);
        let draft = Draft {
            token: blind(house, &token),
            organization: organization.0,
            key: key.id.clone(),
            sealed: sealed(&key, &contents)?,
            version: 1,
            made_at: now,
            expires_at: now.saturating_add(days).unwrap_or(Timestamp::MAX),
        };
        portal::add_draft(&mut tx, &draft).await?;
        keep_files(&mut tx, &key, &draft.token, &examined.files).await?;
        let detail =
            serde_json::json!({ "organization": organization.0, "files": contents.files.len() });
        let deed = deed("portal.draft.begin", named(&draft.token), detail);
        audit::write(&mut tx, &visitor.who(), &deed, now).await?;
        Ok((tx, salt))
    };
    let salt = once(house, &sent, work).await?;
    Ok(sent.secret(house, &salt))
}

async fn found(
    tx: &mut Tx,
    house: &House,
    token: &str,
) -> Result<(Draft, RecordKey, Contents), PortalError> {
    let kept = portal::find_draft(tx, &blind(house, token), house.now()).await?;
    let kept = kept.ok_or(PortalError::Missing)?;
    let key = match house.vault.key(&kept.key).await {
        Err(VaultError::Erased | VaultError::NoKey) => return Err(PortalError::Missing),
        other => other?,
    };
    let plain = key.open(FIELD, &kept.sealed)?;
    let contents = serde_json::from_slice(&plain).map_err(|_| VaultError::Changed)?;
    Ok((kept, key, contents))
}

/// The draft of a link.
///
/// # Errors
/// [`PortalError::Missing`] if there is none, or it is over.
pub async fn open(house: &House, token: &str) -> Result<Opened, PortalError> {
    let mut tx = house.db.read().await?;
    let (kept, _, contents) = found(&mut tx, house, token).await?;
    tx.roll_back().await?;
    Ok(Opened {
        organization: OrganizationId(kept.organization),
        contents,
        expires_at: kept.expires_at,
        kept,
    })
}

/// The bytes of a file of a draft.
///
/// # Errors
/// [`PortalError::Missing`] if there is none.
pub async fn bytes(house: &House, token: &str, position: i64) -> Result<Arc<[u8]>, PortalError> {
    let mut tx = house.db.read().await?;
    let (kept, key, _) = found(&mut tx, house, token).await?;
    let sealed = portal::file(&mut tx, &kept.token, position).await?;
    tx.roll_back().await?;
    let sealed = sealed.ok_or(PortalError::Missing)?;
    let plain = key.open(&of_file(position), &sealed)?;
    Ok(Arc::from(plain.as_slice()))
}

/// Puts what was typed now in the place of what was, and adds files.
///
/// # Errors
/// [`StoreError::Conflict`] as [`PortalError::Store`] where another window has
/// changed it meanwhile.
pub async fn change(
    house: &House,
    reader: &dyn Reader,
    visitor: &Visitor,
    token: &str,
    brought: Brought,
) -> Result<(), PortalError> {
    let opened = open(house, token).await?;
    if opened.contents.receipt.is_some() {
        return Err(PortalError::Missing);
    }
    let stays = |file: &Attached| !brought.removed.contains(&file.position);
    let mut contents = opened.contents;
    contents.files.retain(stays);
    let examined = examine(
        house,
        reader,
        (&contents.files, contents.last),
        brought.files,
    )
    .await?;
    contents.fields = brought.fields;
    contents
        .files
        .extend(examined.files.iter().map(|(file, _)| file.clone()));
    contents.last = last_of(&examined, contents.last);
    contents.notes = examined.notes;
    let (kept, now) = (&opened.kept, house.now());
    let key = house.vault.key(&kept.key).await?;
    let mut tx = house.db.write().await?;
    portal::change_draft(
        &mut tx,
        &kept.token,
        kept.version,
        &sealed(&key, &contents)?,
    )
    .await?;
    for position in &brought.removed {
        portal::remove_file(&mut tx, &kept.token, *position).await?;
    }
    keep_files(&mut tx, &key, &kept.token, &examined.files).await?;
    let detail = serde_json::json!({ "files": contents.files.len() });
    let deed = deed("portal.draft.change", named(&kept.token), detail);
    audit::write(&mut tx, &visitor.who(), &deed, now).await?;
    Ok(tx.commit().await?)
}

/// Puts the receipt in the place of all that stood in a draft: what was sent is
/// with the body now, and who lost the line finds the receipt behind the link,
/// for a day.
///
/// # Errors
/// As for [`open`].
pub async fn settle(
    house: &House,
    visitor: &Visitor,
    token: &str,
    receipt: Receipt,
) -> Result<(), PortalError> {
    let mut tx = house.db.write().await?;
    let (kept, key, contents) = found(&mut tx, house, token).await?;
    if contents.receipt.is_some() {
        return Ok(());
    }
    let contents = Contents {
        receipt: Some(receipt),
        ..Contents::default()
    };
    let now = house.now();
    let sealed = sealed(&key, &contents)?;
    let day = SignedDuration::from_hours(RECEIPT_HOURS);
    let until = now.saturating_add(day).unwrap_or(Timestamp::MAX);
    let draft = Draft {
        sealed,
        expires_at: until,
        ..kept.clone()
    };
    portal::remove_draft(&mut tx, &kept.token).await?;
    portal::add_draft(&mut tx, &draft).await?;
    let deed = deed(
        "portal.draft.sent",
        named(&kept.token),
        serde_json::json!({}),
    );
    audit::write(&mut tx, &visitor.who(), &deed, now).await?;
    Ok(tx.commit().await?)
}

/// Throws a draft away, with the key that opens it.
///
/// # Errors
/// As for [`open`].
pub async fn forget(house: &House, visitor: &Visitor, token: &str) -> Result<(), PortalError> {
    let opened = open(house, token).await?;
    let mut tx = house.db.write().await?;
    remove(&mut tx, house, &opened.kept).await?;
    let object = named(&opened.kept.token);
    let deed = deed("portal.draft.forget", object, serde_json::json!({}));
    audit::write(&mut tx, &visitor.who(), &deed, house.now()).await?;
    Ok(tx.commit().await?)
}

async fn remove(tx: &mut Tx, house: &House, kept: &Draft) -> Result<(), StoreError> {
    portal::remove_draft(tx, &kept.token).await?;
    jobs::enqueue(tx, house, jobs::ERASE_KEY, &kept.key).await
}

/// Removes drafts whose days are over, with their keys; how many.
///
/// # Errors
/// The store's.
pub async fn sweep(house: &House) -> Result<usize, StoreError> {
    let mut tx = house.db.write().await?;
    let expired = portal::expired_drafts(&mut tx, house.now(), SWEPT_AT_ONCE).await?;
    for kept in &expired {
        remove(&mut tx, house, kept).await?;
    }
    tx.commit().await?;
    Ok(expired.len())
}
