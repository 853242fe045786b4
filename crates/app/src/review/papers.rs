//! Draft papers 送审稿: written, changed, seen. Each change is an edition; who
//! wrote any of them has written the paper.

use std::collections::BTreeSet;

use gongkai_domain::organization::permissions::{Action, Target, held};
use gongkai_domain::organization::roles::Act;
use gongkai_domain::organization::{OrganizationId, PersonId};
use gongkai_domain::review::State;
use gongkai_domain::review::content::{Attachment, Content};
use gongkai_domain::review::matter::Matter;
use gongkai_domain::words::Message;
use gongkai_store::blobs::{self as named, Blob};
use gongkai_store::review::papers::{self as stored, Edition, Filter, Kept};
use gongkai_store::{StoreError, Tx};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::Zeroizing;

use super::attachments::{self, Standing};
use super::engine::{self, Under, What};
use super::{NONE, PAPER, ReviewError, allowed, found, found_and_held, seen, sight, written};
use crate::audit::Who;
use crate::blobs;
use crate::house::House;
use crate::once::{Sent, once};
use crate::people::SignedIn;
use crate::vault::{RecordKey, VaultError};

/// A file that was brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    /// What it is called.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A paper as it is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// Files that come with it now.
    pub brought: Vec<Brought>,
    /// Files of the edition before that stay, see [`Content::tokens`].
    pub kept: Vec<String>,
}

/// What is sealed of an edition.
#[derive(Serialize, Deserialize)]
struct Payload {
    title: String,
    body: String,
    files: Vec<File>,
}

/// A file with where its bytes are.
#[derive(Clone, Serialize, Deserialize)]
struct File {
    name: String,
    digest: String,
    size: u64,
    blob: String,
}

impl Payload {
    fn content(&self) -> Content {
        let attachments = self.files.iter().map(|file| Attachment {
            name: file.name.clone(),
            digest: file.digest.clone(),
            size: file.size,
        });
        Content {
            title: self.title.clone(),
            body: self.body.clone(),
            attachments: attachments.collect(),
        }
    }
}

fn field(paper: i64, edition: i64) -> String {
    format!("paper/{paper}/{edition}")
}

fn opened(key: &RecordKey, paper: i64, edition: &Edition) -> Result<Payload, ReviewError> {
    let plain = key.open(&field(paper, edition.edition), &edition.sealed)?;
    let payload: Payload = serde_json::from_slice(&plain).map_err(|_| VaultError::Changed)?;
    if payload.content().digest().as_str() != edition.digest {
        return Err(VaultError::Changed.into());
    }
    Ok(payload)
}

/// What a file is called that was brought.
pub(super) fn called(file: &Brought) -> String {
    match file.name.trim() {
        "" => "-".to_owned(),
        name => name.to_owned(),
    }
}

/// What a paper holds now, within a transaction.
pub(super) async fn content_of(
    house: &House,
    tx: &mut Tx,
    paper: &Kept,
) -> Result<Content, ReviewError> {
    let key = house.vault.key(&paper.key).await?;
    let newest = stored::edition_of(tx, paper.id, paper.edition).await?;
    let newest = newest.ok_or(ReviewError::Missing)?;
    Ok(opened(&key, paper.id, &newest)?.content())
}

/// Files that were brought, kept durably; nothing names them yet.
async fn keep(house: &House, brought: &[Brought]) -> Result<Vec<(File, Blob)>, ReviewError> {
    let mut files = Vec::new();
    for file in brought {
        let blob = blobs::keep(house, &file.bytes).await?;
        let described = File {
            name: called(file),
            digest: blobs::digest(&file.bytes),
            size: u64::try_from(file.bytes.len()).unwrap_or(u64::MAX),
            blob: blob.digest.clone(),
        };
        files.push((described, blob));
    }
    Ok(files)
}

/// What was typed, as it would be kept.
fn payload(typed: &Typed, files: Vec<File>) -> Result<Payload, Vec<Message>> {
    let payload = Payload {
        title: String::new(),
        body: String::new(),
        files,
    };
    let attachments = payload.content().attachments;
    let content = Content::new(&typed.title, &typed.body, attachments)?;
    Ok(Payload {
        title: content.title,
        body: content.body,
        files: payload.files,
    })
}

/// Who writes, for whom: their own right before one that was lent.
fn writer(signed: &SignedIn, who: &Who) -> Act {
    Act {
        person: signed.person.id,
        acting_for: who.acting_for.map(PersonId),
    }
}

/// Bodies for which the signed-in person may write.
pub fn places(signed: &SignedIn) -> Vec<OrganizationId> {
    let held = held(&signed.actor, &signed.tree, signed.today);
    let writes = held
        .iter()
        .filter(|held| Action::ReviewWrite.scope(held.role).is_some());
    let bodies = writes.filter_map(|held| held.organization);
    let all: BTreeSet<OrganizationId> = bodies
        .flat_map(|id| signed.tree.own(id, signed.today))
        .collect();
    all.into_iter().collect()
}

/// Writes a new paper for a body; its number. Sent twice, it is written once.
///
/// # Errors
/// [`ReviewError::Refused`] with everything that is wrong with it;
/// [`ReviewError::Denied`].
pub async fn write(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    organization: OrganizationId,
    matter: Matter,
    typed: &Typed,
) -> Result<i64, ReviewError> {
    let target = Target::Organization(organization);
    let about = (PAPER, NONE.to_owned());
    let who = signed.demand(house, Action::ReviewWrite, target, about);
    let who = who.await?;
    // Told before anything is kept.
    payload(typed, Vec::new())?;
    let files = keep(house, &typed.brought).await?;
    let key = house.vault.new_key().await?;
    let described = files.iter().map(|(file, _)| file.clone()).collect();
    let payload = payload(typed, described)?;
    let (files, key, payload) = (&files, &key, &payload);
    let who = &who;
    let work = async |mut tx: Tx| -> Result<(Tx, String), ReviewError> {
        let now = house.now();
        for (_, blob) in files {
            blobs::name(&mut tx, blob).await?;
        }
        let id = stored::add(&mut tx, organization, matter.key(), &key.id, now).await?;
        let act = writer(signed, who);
        let edition = edition(key, id, 1, payload, act, now)?;
        stored::add_edition(&mut tx, id, &edition).await?;
        let detail =
            json!({ "did": "write", "organization": organization.0, "digest": edition.digest });
        let object = (PAPER, id.to_string());
        written(&mut tx, house, who, Action::ReviewWrite, object, detail).await?;
        Ok((tx, id.to_string()))
    };
    let answer = once(house, &sent.of(signed.person.id), work).await?;
    let none = || StoreError::Refused(format!("the answer kept for a form is no number: {answer}"));
    answer.parse().map_err(|_| none().into())
}

fn edition(
    key: &RecordKey,
    paper: i64,
    number: i64,
    payload: &Payload,
    act: Act,
    at: Timestamp,
) -> Result<Edition, ReviewError> {
    let plain = serde_json::to_vec(payload).map_err(|_| VaultError::Changed)?;
    let plain = Zeroizing::new(plain);
    Ok(Edition {
        edition: number,
        digest: payload.content().digest().as_str().to_owned(),
        sealed: key.seal(&field(paper, number), &plain),
        person: act.person,
        name: String::new(),
        acting_for: act.acting_for,
        at,
    })
}

/// Changes a paper of the edition that was seen: every approval is void.
///
/// # Errors
/// [`ReviewError::Refused`] with everything that is wrong, or where it took
/// effect; [`ReviewError::Changed`] if someone changed it meanwhile.
pub async fn change(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    id: i64,
    seen: i64,
    typed: &Typed,
) -> Result<(), ReviewError> {
    let (_, who) = allowed(house, signed, Action::ReviewWrite, id).await?;
    payload(typed, Vec::new())?;
    let files = keep(house, &typed.brought).await?;
    let (files, who) = (&files, &who);
    let work = async |mut tx: Tx| -> Result<(Tx, String), ReviewError> {
        let paper = found_and_held(&mut tx, signed, id).await?;
        let paper = paper.ok_or(ReviewError::Missing)?;
        if paper.edition != seen {
            return Err(ReviewError::Changed(paper.edition));
        }
        let key = house.vault.key(&paper.key).await?;
        let before = stored::edition_of(&mut tx, id, paper.edition).await?;
        let before = before.ok_or(ReviewError::Missing)?;
        let before_it = opened(&key, id, &before)?;
        let tokens = before_it.content().tokens();
        let there = before_it.files.into_iter().zip(tokens);
        let stays = there.filter(|(_, token)| typed.kept.contains(token));
        let mut described: Vec<File> = stays.map(|(file, _)| file).collect();
        described.extend(files.iter().map(|(file, _)| file.clone()));
        let payload = payload(typed, described)?;
        let act = writer(signed, who);
        let next = edition(&key, id, paper.edition + 1, &payload, act, house.now())?;
        if next.digest == before.digest {
            return Err(ReviewError::refused("paper-nothing-changed"));
        }
        for (_, blob) in files {
            blobs::name(&mut tx, blob).await?;
        }
        stored::change(&mut tx, id, paper.edition, house.now()).await?;
        stored::add_edition(&mut tx, id, &next).await?;
        let digest = next.digest.clone();
        let under = engine::held(&mut tx, house, PAPER, id).await?;
        match under.filter(|under| under.review.state() != State::Withdrawn) {
            Some(mut under) => {
                let what = What::Change { digest };
                engine::act(&mut tx, house, &mut under, act, what, who).await?;
            }
            None => {
                let detail = json!({ "did": "change", "digest": digest });
                let object = (PAPER, id.to_string());
                written(&mut tx, house, who, Action::ReviewWrite, object, detail).await?;
            }
        }
        Ok((tx, next.edition.to_string()))
    };
    once(house, &sent.of(signed.person.id), work).await?;
    Ok(())
}

/// A paper as it is shown.
#[derive(Debug)]
pub struct Seen {
    /// As it is kept.
    pub paper: Kept,
    /// Of which matter.
    pub matter: Matter,
    /// Its content now.
    pub content: Content,
    /// How its attachments stand with file inspection, in their order.
    pub files: Vec<Standing>,
    /// Its editions: number, digest, who wrote it, when.
    pub editions: Vec<(i64, String, String, Timestamp)>,
    /// The edition that is compared with, and its content: what was looked at
    /// last, or else the one before.
    pub earlier: Option<(i64, Content)>,
    /// Its reviews, the first one first.
    pub reviews: Vec<Under>,
}

impl Seen {
    /// The review that counts, if it was handed in.
    pub fn review(&self) -> Option<&Under> {
        self.reviews.last()
    }
}

fn matter_of(paper: &Kept) -> Result<Matter, StoreError> {
    Matter::from_key(&paper.matter)
        .ok_or_else(|| StoreError::Refused(format!("paper {} is of no matter", paper.id)))
}

/// A paper with its reviews; the look is written down.
///
/// # Errors
/// [`ReviewError::Missing`] also where it may not be seen.
pub async fn see(
    house: &House,
    signed: &SignedIn,
    action: Action,
    id: i64,
) -> Result<Seen, ReviewError> {
    let (_, who) = allowed(house, signed, action, id).await?;
    let mut tx = house.db.read().await?;
    let paper = found(&mut tx, signed, id).await?;
    let paper = paper.ok_or(ReviewError::Missing)?;
    let key = house.vault.key(&paper.key).await?;
    let editions = stored::editions(&mut tx, id).await?;
    let mut reviews = Vec::new();
    for kept in gongkai_store::review::rounds(&mut tx, PAPER, id).await? {
        reviews.push(engine::load(&mut tx, house, kept).await?);
    }
    let newest = editions.last().ok_or(ReviewError::Missing)?;
    let content = opened(&key, id, newest)?.content();
    let files = attachments::standing(house, &mut tx, paper.organization, &content).await?;
    tx.roll_back().await?;
    let earlier = match earlier(&editions, reviews.last()) {
        Some(edition) => Some((edition.edition, opened(&key, id, edition)?.content())),
        None => None,
    };
    let object = (PAPER, id.to_string());
    seen(house, &who, object, json!({ "edition": paper.edition })).await?;
    Ok(Seen {
        matter: matter_of(&paper)?,
        content,
        files,
        editions: editions
            .into_iter()
            .map(|edition| (edition.edition, edition.digest, edition.name, edition.at))
            .collect(),
        earlier,
        reviews,
        paper,
    })
}

/// The edition with which the newest is compared.
fn earlier<'a>(editions: &'a [Edition], under: Option<&Under>) -> Option<&'a Edition> {
    let (newest, before) = editions.split_last()?;
    let looked_at = under.and_then(|under| under.review.void().last());
    let looked_at = looked_at.map(|taken| taken.digest.as_str());
    let looked_at = looked_at.filter(|digest| *digest != newest.digest);
    let found = before
        .iter()
        .rev()
        .find(|edition| Some(edition.digest.as_str()) == looked_at);
    found.or(before.last())
}

/// A file of a paper that the signed-in person may see, see
/// [`Content::tokens`]; its name and its bytes. The look is written down.
///
/// # Errors
/// [`ReviewError::Missing`] if no edition has it.
pub async fn file(
    house: &House,
    signed: &SignedIn,
    id: i64,
    token: &str,
) -> Result<(String, Zeroizing<Vec<u8>>), ReviewError> {
    let (paper, who) = allowed(house, signed, Action::ReviewSee, id).await?;
    let key = house.vault.key(&paper.key).await?;
    let mut tx = house.db.read().await?;
    let editions = stored::editions(&mut tx, id).await?;
    let mut found = None;
    for edition in editions.iter().rev() {
        let opened = opened(&key, id, edition)?;
        let tokens = opened.content().tokens();
        let mut files = opened.files.into_iter().zip(tokens);
        found = files.find(|(_, one)| one == token).map(|(file, _)| file);
        if found.is_some() {
            break;
        }
    }
    let file = found.ok_or(ReviewError::Missing)?;
    let blob = named::get(&mut tx, &file.blob).await?;
    tx.roll_back().await?;
    let blob = blob.ok_or(ReviewError::Missing)?;
    let bytes = blobs::bytes(house, &blob).await?;
    let object = (PAPER, id.to_string());
    seen(house, &who, object, json!({ "file": file.digest })).await?;
    Ok((file.name, bytes))
}

/// What is looked for in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// How it stands: the word of a [`State`], or `draft`.
    pub state: Option<String>,
    /// Of which matter.
    pub matter: Option<Matter>,
    /// Only what the one who asks has written.
    pub own: bool,
    /// Below this number; none for the newest.
    pub below: Option<i64>,
    /// Papers on the page.
    pub most: i64,
}

/// A paper in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// As it is kept.
    pub paper: Kept,
    /// Its title.
    pub title: String,
    /// Who wrote it first.
    pub by: String,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Papers, the newest first.
    pub papers: Vec<Listed>,
    /// How many there are on all pages.
    pub count: i64,
    /// Below which number the next page begins.
    pub next: Option<i64>,
}

/// Papers on a page at most: each is opened for its title.
const MOST_MAX: i64 = 100;

/// Papers that the signed-in person may see.
///
/// # Errors
/// [`ReviewError::Denied`].
pub async fn list(house: &House, signed: &SignedIn, query: &Query) -> Result<Page, ReviewError> {
    let about = (PAPER, NONE.to_owned());
    let demanded = signed.demand(house, Action::ReviewSee, Target::Somewhere, about);
    let who = demanded.await?;
    let mut tx = house.db.read().await?;
    let filter = Filter {
        reach: &sight(&mut tx, signed).await?.0,
        state: query.state.as_deref(),
        matter: query.matter.map(Matter::key),
        by: query.own.then_some(signed.person.id),
    };
    let most = query.most.clamp(1, MOST_MAX);
    let count = stored::count(&mut tx, filter).await?;
    let below = query.below.unwrap_or(i64::MAX);
    let mut kept = stored::page(&mut tx, filter, below, most + 1).await?;
    let page = usize::try_from(most).unwrap_or(usize::MAX);
    let is_more = kept.len() > page;
    kept.truncate(page);
    let next = kept.last().filter(|_| is_more).map(|last| last.id);
    let mut papers = Vec::new();
    for paper in kept {
        papers.push(listed(&mut tx, house, paper).await?);
    }
    tx.roll_back().await?;
    let ids: Vec<i64> = papers.iter().map(|listed| listed.paper.id).collect();
    let object = (PAPER, NONE.to_owned());
    seen(house, &who, object, json!({ "papers": ids })).await?;
    Ok(Page {
        papers,
        count,
        next,
    })
}

pub(super) async fn listed(tx: &mut Tx, house: &House, paper: Kept) -> Result<Listed, ReviewError> {
    let key = house.vault.key(&paper.key).await?;
    let newest = stored::edition_of(tx, paper.id, paper.edition).await?;
    let newest = newest.ok_or(ReviewError::Missing)?;
    let first = stored::edition_of(tx, paper.id, 1).await?;
    Ok(Listed {
        title: opened(&key, paper.id, &newest)?.title,
        by: first.map(|edition| edition.name).unwrap_or_default(),
        paper,
    })
}
