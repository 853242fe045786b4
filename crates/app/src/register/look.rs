//! What is seen of the register: a page, what is found, one entry, and its
//! numbers in full. Every look is written down before anything is shown.

use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::register::{self as rules, Phone, RegisteredPerson};
use gongkai_domain::words::Message;
use gongkai_store::register::{self, Kept};
use serde_json::json;

use super::places::Places;
use super::{
    Halt, KIND, Listed, NONE, RegisterError, RegisterId, allowed, deed, document_index, listed,
    open, phone_index, settle,
};
use crate::audit::{self, Who};
use crate::house::House;
use crate::people::SignedIn;

const SEE: Action = Action::PersonsRegisterSee;
/// Entries on a page: what people look through, and no more.
const MOST_MAX: i64 = 200;
/// Entries that are opened to compare names: each takes a key out of the store
/// of keys, and the one who asks waits.
const COMPARED_MAX: i64 = 1000;

/// A page of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Entries, the newest first.
    pub entries: Vec<Listed>,
    /// How many there are on all pages.
    pub count: i64,
    /// Below which number the next page begins, if there is one.
    pub next: Option<RegisterId>,
}

/// Entries that the signed-in person may see, below a number.
///
/// # Errors
/// [`RegisterError::Denied`].
pub async fn list(
    house: &House,
    signed: &SignedIn,
    below: Option<RegisterId>,
    most: i64,
) -> Result<Page, RegisterError> {
    let who = demand(house, signed).await?;
    let most = most.clamp(1, MOST_MAX);
    let below = below.unwrap_or(RegisterId(i64::MAX));
    let mut tx = house.db.read().await?;
    let reach = Places::of(&mut tx, signed).await?.sight(signed);
    let count = register::count(&mut tx, &reach).await?;
    // One more tells whether there is a next page.
    let mut kept = register::page(&mut tx, &reach, below, most + 1).await?;
    tx.roll_back().await?;
    let page = usize::try_from(most).unwrap_or(usize::MAX);
    let is_more = kept.len() > page;
    kept.truncate(page);
    let next = kept.last().filter(|_| is_more).map(|last| last.id);
    let entries = shown(house, &kept).await?;
    seen(house, &who, &entries, json!({})).await?;
    Ok(Page {
        entries,
        count,
        next,
    })
}

async fn demand(house: &House, signed: &SignedIn) -> Result<Who, RegisterError> {
    let about = (KIND, NONE.to_owned());
    let demanded = signed.demand(house, SEE, Target::Somewhere, about);
    Ok(demanded.await?)
}

async fn shown(house: &House, kept: &[Kept]) -> Result<Vec<Listed>, RegisterError> {
    let mut entries = Vec::new();
    for kept in kept {
        let person = open(house, kept).await?;
        entries.push(listed(kept, person.map(|(_, person)| person.masked())));
    }
    Ok(entries)
}

/// Writes down which entries somebody sees.
pub(super) async fn seen(
    house: &House,
    who: &Who,
    entries: &[Listed],
    mut detail: serde_json::Value,
) -> Result<(), RegisterError> {
    let ids: Vec<i64> = entries.iter().map(|entry| entry.id.0).collect();
    detail["entries"] = json!(ids);
    let mut tx = house.db.write().await?;
    let deed = deed(SEE, NONE.to_owned(), detail);
    audit::write(&mut tx, who, &deed, house.now()).await?;
    Ok(tx.commit().await?)
}

/// By what an entry is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The number of a document, in full.
    Document,
    /// A telephone, in full.
    Phone,
    /// A part of a name.
    Name,
}

impl By {
    /// All ways, the surest first.
    pub const ALL: [Self; 3] = [Self::Document, Self::Phone, Self::Name];

    /// The word in forms and in the trail; it never changes.
    pub fn key(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Phone => "phone",
            Self::Name => "name",
        }
    }

    /// The way of a word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.key() == key)
    }

    /// Its name for people.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::Document => "register-by-document",
            Self::Phone => "register-by-phone",
            Self::Name => "register-by-name",
        })
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Entries.
    pub entries: Vec<Listed>,
    /// Where there are more entries than names were compared: how many were.
    pub compared: Option<usize>,
}

/// Looks for entries that the signed-in person may see. Numbers and telephones
/// are found by their blind index; names are sealed, so the newest entries are
/// opened and compared. The trail says what was found and never what was looked
/// for.
///
/// # Errors
/// [`RegisterError::Denied`]; [`RegisterError::Refused`] if the text is no
/// number or telephone.
pub async fn find(
    house: &House,
    signed: &SignedIn,
    by: By,
    text: &str,
) -> Result<Found, RegisterError> {
    let who = demand(house, signed).await?;
    let mut tx = house.db.read().await?;
    let reach = Places::of(&mut tx, signed).await?.sight(signed);
    tx.roll_back().await?;
    let mut compared = None;
    let mut entries = match by {
        By::Document => {
            let documents = rules::read_any(text, signed.today)?;
            let mut tx = house.db.read().await?;
            let mut kept = Vec::new();
            for document in &documents {
                let index = document_index(house, document);
                kept.extend(register::by_document(&mut tx, &reach, &index, MOST_MAX).await?);
            }
            tx.roll_back().await?;
            shown(house, &kept).await?
        }
        By::Phone => {
            let phone = Phone::read(text).map_err(|error| error.message())?;
            let index = phone_index(house, &phone);
            let mut tx = house.db.read().await?;
            let kept = register::by_phone(&mut tx, &reach, &index, MOST_MAX).await?;
            tx.roll_back().await?;
            shown(house, &kept).await?
        }
        By::Name => {
            if text.trim().is_empty() {
                return Err(Message::new("name-empty").into());
            }
            let mut tx = house.db.read().await?;
            let last = RegisterId(i64::MAX);
            let mut kept = register::page(&mut tx, &reach, last, COMPARED_MAX + 1).await?;
            tx.roll_back().await?;
            let most = usize::try_from(COMPARED_MAX).unwrap_or(usize::MAX);
            compared = (kept.len() > most).then_some(most);
            kept.truncate(most);
            called(house, &kept, text).await?
        }
    };
    // What cannot be read is not what was looked for.
    entries.retain(|entry| entry.shown.is_some());
    seen(house, &who, &entries, json!({ "by": by.key() })).await?;
    Ok(Found { entries, compared })
}

/// Entries whose name holds a text, by name, then number.
async fn called(house: &House, kept: &[Kept], text: &str) -> Result<Vec<Listed>, RegisterError> {
    let mut found = Vec::new();
    for kept in kept {
        let Some((_, person)) = open(house, kept).await? else {
            continue;
        };
        if person.is_called(text) {
            found.push(listed(kept, Some(person.masked())));
        }
    }
    let name = |entry: &Listed| entry.shown.as_ref().map(|shown| shown.name.clone());
    found.sort_by_key(|entry| (name(entry), entry.id));
    Ok(found)
}

/// One entry, masked, for a page on which an action is done.
///
/// # Errors
/// [`RegisterError::Missing`] if there is none, or none that may be seen;
/// [`RegisterError::Denied`] if the action may not be done to it.
pub async fn see(
    house: &House,
    signed: &SignedIn,
    action: Action,
    id: RegisterId,
) -> Result<Listed, RegisterError> {
    let (kept, who) = look(house, signed, action, id).await?;
    let person = open(house, &kept).await?;
    let mut tx = house.db.write().await?;
    let deed = deed(SEE, id.to_string(), json!({}));
    audit::write(&mut tx, &who, &deed, house.now()).await?;
    tx.commit().await?;
    Ok(listed(&kept, person.map(|(_, person)| person.masked())))
}

async fn look(
    house: &House,
    signed: &SignedIn,
    action: Action,
    id: RegisterId,
) -> Result<(Kept, Who), RegisterError> {
    let mut tx = house.db.read().await?;
    let ended = allowed(&mut tx, signed, action, id).await;
    tx.roll_back().await?;
    settle(house, signed, action, id, ended).await
}

/// One entry in full, for a reason that is written down with who saw it.
///
/// # Errors
/// [`RegisterError::Refused`] without a reason, or with one that tells the
/// number; [`RegisterError::Missing`] as for [`see`], and where the entry's key
/// was erased.
pub async fn unmask(
    house: &House,
    signed: &SignedIn,
    id: RegisterId,
    reason: &str,
) -> Result<RegisteredPerson, RegisterError> {
    const UNMASK: Action = Action::PersonsRegisterUnmask;
    let (kept, who) = look(house, signed, UNMASK, id).await?;
    let reason = rules::reason(reason)?;
    let Some((_, person)) = open(house, &kept).await? else {
        let gone = Err(Halt::Stop(RegisterError::Missing));
        return settle(house, signed, UNMASK, id, gone).await;
    };
    if person.is_told_in(&reason) {
        return Err(Message::new("register-reason-tells").into());
    }
    // Nothing is shown unless it was written down who saw it.
    let mut tx = house.db.write().await?;
    let deed = deed(UNMASK, id.to_string(), json!({ "reason": reason }));
    audit::write(&mut tx, &who, &deed, house.now()).await?;
    tx.commit().await?;
    Ok(person)
}
