//! Bodies as a table that people carry away and bring.

use std::collections::HashMap;
use std::sync::Arc;

use gongkai_domain::organization::import::{Sheet, read};
use gongkai_domain::organization::names::{TEXT_CHARS_MAX, line};
use gongkai_domain::organization::permissions::{Action, Actor, Target};
use gongkai_domain::organization::{Organization, OrganizationId};
use gongkai_domain::outbox::Event;
use gongkai_domain::words::{Language, Message};
use gongkai_paper::table::TableFormat;
use gongkai_store::blobs::Blob;
use gongkai_store::idempotency::{self, Known};
use gongkai_store::organization::{self, TableBrought};
use gongkai_store::{StoreError, Tx};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Ground, Halt, KIND, NONE, OrganizationError, done, settle, wrong};
use crate::audit::{self, Deed, Who};
use crate::blobs;
use crate::house::House;
use crate::once::{Sent, SentOtherwise, once};
use crate::outbox;
use crate::report::orders::{Reader, read_rows};

const EXPORT: Action = Action::OrganizationsExport;
const IMPORT: Action = Action::OrganizationsImport;
const OBJECT: &str = "organization_import";

/// A table of bodies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The file.
    pub bytes: Vec<u8>,
    /// Bodies in it.
    pub rows: usize,
}

/// Bodies as a table that [`import`] takes in again, past ones too.
///
/// # Errors
/// [`OrganizationError`].
pub async fn export(
    house: &House,
    who: &Who,
    actor: &Actor,
    format: TableFormat,
    language: Language,
) -> Result<Exported, OrganizationError> {
    let ended = exported(house, who, actor, format, language).await;
    settle(house, who, EXPORT, None, ended).await
}

async fn exported(
    house: &House,
    who: &Who,
    actor: &Actor,
    format: TableFormat,
    language: Language,
) -> Result<Exported, Halt> {
    let mut tx = house.db.read().await?;
    let ground = Ground::lay(&mut tx, house).await?;
    drop(tx);
    let trail = ground.require(who, actor, EXPORT, Target::Somewhere)?;
    let reach = ground.reach(actor, EXPORT);
    let sheet = Sheet::of(&ground.tree, language);
    let mut rows = vec![sheet.headings()];
    let bodies = ground.tree.bodies().iter();
    rows.extend(
        bodies
            .filter(|body| reach.contains(body.id))
            .map(|body| sheet.row_of(body)),
    );
    let bytes = format.write(&rows)?;
    let count = rows.len() - 1;
    let deed = Deed {
        object: NONE.to_owned(),
        ..done(
            EXPORT,
            KIND,
            0,
            json!({ "rows": count, "format": format.extension() }),
        )
    };
    let mut tx = house.db.write().await?;
    audit::write(&mut tx, &trail, &deed, house.now()).await?;
    tx.commit().await?;
    Ok(Exported { bytes, rows: count })
}

/// A file that somebody brought.
#[derive(Debug, Clone)]
pub struct TableFile {
    /// What it is called.
    pub name: String,
    /// What is in it.
    pub bytes: Arc<[u8]>,
}

/// What came of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// The number under which the file is kept.
    pub id: i64,
    /// Bodies that were founded.
    pub rows: i64,
}

/// Takes in bodies from a table: all of its rows, or none. It is read apart
/// from the server; a file of which rows were taken in is kept, and no other.
/// Sent twice, it is taken in once.
///
/// # Errors
/// [`OrganizationError::Rows`] tells what is wrong with each row.
pub async fn import(
    house: &House,
    reader: &dyn Reader,
    who: &Who,
    actor: &Actor,
    sent: &Sent,
    file: &TableFile,
) -> Result<Imported, OrganizationError> {
    let ended = imported(house, reader, who, actor, sent, file).await;
    settle(house, who, IMPORT, None, ended).await
}

async fn imported(
    house: &House,
    reader: &dyn Reader,
    who: &Who,
    actor: &Actor,
    sent: &Sent,
    file: &TableFile,
) -> Result<Imported, Halt> {
    // Nobody has a file read, or kept, who may not import it.
    let mut tx = house.db.read().await?;
    let ground = Ground::lay(&mut tx, house).await?;
    drop(tx);
    ground.require(who, actor, IMPORT, Target::Installation)?;
    let name = line(&file.name, TEXT_CHARS_MAX);
    let name = name.map_err(|_| wrong(vec![Message::new("organization-file-name")]))?;
    let unread = |message| Halt::Failed(OrganizationError::Unread(message));
    let rows = read_rows(reader, &name, Arc::clone(&file.bytes)).await;
    let rows = rows.map_err(|refused| unread(refused.message()))?;
    let rows = rows.map_err(unread)?;
    let sent = sent.of(actor.person).with_bytes(&file.bytes);
    let blob = keep_if_good(house, &sent, file, &rows).await?;
    let brought = Brought {
        name: &name,
        rows: &rows,
        blob: blob.as_ref(),
    };
    let work = async |tx: Tx| taken_in(house, who, actor, brought, tx).await;
    let answer = once(house, &sent, work).await?;
    serde_json::from_str(&answer).map_err(|_| StoreError::Refused(answer).into())
}

/// Keeps the file, durable before it is named, if its rows can be taken in; of a
/// form that was sent before, nothing is kept again.
async fn keep_if_good(
    house: &House,
    sent: &Sent,
    file: &TableFile,
    rows: &[Vec<String>],
) -> Result<Option<Blob>, Halt> {
    let mut tx = house.db.write().await?;
    let (purpose, key, digest) = (sent.purpose, &sent.key, &sent.digest);
    let known = idempotency::look(&mut tx, purpose, key, digest, house.now()).await?;
    tx.roll_back().await?;
    if known != Known::New {
        return Ok(None);
    }
    let mut tx = house.db.read().await?;
    let ground = Ground::lay(&mut tx, house).await?;
    drop(tx);
    let read = read(rows, &ground.tree);
    if !read.ready() {
        return Err(OrganizationError::Rows(read.report).into());
    }
    let kept = blobs::keep(house, &file.bytes).await;
    Ok(Some(kept.map_err(OrganizationError::from)?))
}

#[derive(Clone, Copy)]
struct Brought<'a> {
    name: &'a str,
    rows: &'a [Vec<String>],
    /// None for a form that was sent before.
    blob: Option<&'a Blob>,
}

async fn taken_in(
    house: &House,
    who: &Who,
    actor: &Actor,
    brought: Brought<'_>,
    mut tx: Tx,
) -> Result<(Tx, String), Halt> {
    let ground = Ground::hold(&mut tx, house).await?;
    let trail = ground.require(who, actor, IMPORT, Target::Installation)?;
    let blob = brought.blob.ok_or(SentOtherwise)?;
    let read = read(brought.rows, &ground.tree);
    if !read.ready() {
        return Err(OrganizationError::Rows(read.report).into());
    }
    let now = house.now();
    blobs::name(&mut tx, blob).await?;
    let rows = i64::try_from(read.drafts.len()).unwrap_or(i64::MAX);
    let table = TableBrought {
        at: now,
        by: trail.name.clone(),
        file_name: brought.name.to_owned(),
        rows,
        blob: blob.digest.clone(),
    };
    let id = organization::insert_import(&mut tx, &table).await?;
    let detail = json!({ "rows": rows, "blob": table.blob });
    audit::write(&mut tx, &trail, &done(IMPORT, OBJECT, id, detail), now).await?;
    let founded = insert_all(&mut tx, read.drafts, now).await?;
    for body in &founded {
        let detail = json!({ "import": id });
        audit::write(&mut tx, &trail, &done(IMPORT, KIND, body.0, detail), now).await?;
    }
    outbox::of_bodies(&mut tx, house, Event::OrganizationFounded, &founded).await?;
    Ok((tx, json!(Imported { id, rows }).to_string()))
}

/// Inserts drafts, each behind its parent, and gives references among them
/// their true numbers.
async fn insert_all(
    tx: &mut Tx,
    drafts: Vec<Organization>,
    now: Timestamp,
) -> Result<Vec<OrganizationId>, StoreError> {
    let mut ids: HashMap<OrganizationId, OrganizationId> = HashMap::new();
    let mut numbers = Vec::with_capacity(drafts.len());
    let mut waiting = Vec::new();
    for draft in drafts {
        let number = |id: Option<OrganizationId>| {
            id.and_then(|id| {
                if id.0 < 0 {
                    ids.get(&id).copied()
                } else {
                    Some(id)
                }
            })
        };
        let (draft_id, ties) = (draft.id, (draft.supervisor, draft.vertical));
        let mut body = Organization {
            parent: number(draft.parent),
            supervisor: number(draft.supervisor),
            vertical: number(draft.vertical),
            ..draft
        };
        body.id = organization::insert(tx, &body, now).await?;
        ids.insert(draft_id, body.id);
        numbers.push(body.id);
        if (body.supervisor.is_some(), body.vertical.is_some())
            != (ties.0.is_some(), ties.1.is_some())
        {
            (body.supervisor, body.vertical) = ties;
            waiting.push(body);
        }
    }
    for mut body in waiting {
        let number = |id: OrganizationId| ids.get(&id).copied().unwrap_or(id);
        body.supervisor = body.supervisor.map(number);
        body.vertical = body.vertical.map(number);
        organization::tie(tx, &body).await?;
    }
    Ok(numbers)
}

/// Tables shown at once.
const IMPORTS_MAX: i64 = 200;

/// Tables that were brought, the newest first, those below a number.
///
/// # Errors
/// [`OrganizationError`].
pub async fn imports(
    house: &House,
    who: &Who,
    actor: &Actor,
    below: Option<i64>,
) -> Result<Vec<(i64, TableBrought)>, OrganizationError> {
    let look = async {
        let mut tx = house.db.read().await?;
        let ground = Ground::lay(&mut tx, house).await?;
        ground.require(who, actor, IMPORT, Target::Installation)?;
        let below = below.unwrap_or(i64::MAX);
        Ok(organization::imports(&mut tx, below, IMPORTS_MAX).await?)
    };
    let ended: Result<Vec<(i64, TableBrought)>, Halt> = look.await;
    settle(house, who, IMPORT, None, ended).await
}
