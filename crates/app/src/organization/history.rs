//! How a body came to be what it is, and what became of it.
//!
//! What was written of a body is read from the trail, which is never changed:
//! what was changed and when, not by whom. That is for those alone who may
//! search the trail.

use std::collections::BTreeSet;

use gongkai_domain::organization::permissions::{Action, Actor, Reach, Target};
use gongkai_domain::organization::succession::SuccessionKind;
use gongkai_domain::organization::{OrganizationId, Tree, Validity};
use gongkai_store::audit::{Stored, about};
use gongkai_store::organization::KeptSuccession;
use gongkai_store::{Tx, organization};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::difference::{Field, Shown, told};
use super::{Ground, Halt, KIND, OrganizationError, settle};
use crate::audit::Who;
use crate::house::House;

/// The history of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Successions that lead to it and away from it, the earliest first.
    pub passages: Vec<Passage>,
    /// What was written of it, the newest first.
    pub past: Vec<Past>,
}

/// A succession, with the bodies in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// What happened.
    pub kind: SuccessionKind,
    /// The first day of the new state.
    pub on: Date,
    /// The decision that ordered it.
    pub basis: String,
    /// The bodies before.
    pub from: Vec<Kin>,
    /// The bodies after.
    pub to: Vec<Kin>,
}

/// A body in another's history: its name is told there, more only to those who
/// may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kin {
    /// Its number.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// When it exists.
    pub validity: Validity,
    /// Whether the one who asks may see it.
    pub is_seen: bool,
}

/// What was done to a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It was entered, by a form or with a succession.
    Founded,
    /// It came in a table.
    Imported,
    /// What is said of it was changed.
    Changed,
    /// Its disclosure office's entry was changed.
    OfficeChanged,
    /// A succession changed it.
    Succeeded,
}

/// One thing that was written of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// When.
    pub at: Timestamp,
    /// What was done.
    pub done: Done,
    /// The fields, with what they held and what they held then; neither is told
    /// of an office's.
    pub fields: Vec<(Field, Option<(Shown, Shown)>)>,
}

const SEE: Action = Action::OrganizationsSee;
/// What was written last; more is in the trail.
const PAST_MAX: i64 = 100;

/// The history of a body that a person may see.
///
/// # Errors
/// [`OrganizationError::NotFound`] also where it may not be seen.
pub async fn history(
    house: &House,
    who: &Who,
    actor: &Actor,
    id: OrganizationId,
) -> Result<History, OrganizationError> {
    let look = async {
        let mut tx = house.db.read().await?;
        let ground = Ground::lay(&mut tx, house).await?;
        ground.require(who, actor, SEE, Target::Organization(id))?;
        let reach = ground.reach(actor, SEE);
        let all = organization::successions(&mut tx).await?;
        let line = line_of(id, all).into_iter();
        Ok(History {
            passages: line
                .map(|kept| passage(&kept, &ground.tree, &reach))
                .collect(),
            past: past(&mut tx, &ground.tree, id).await?,
        })
    };
    let ended: Result<History, Halt> = look.await;
    settle(house, who, SEE, Some(id), ended).await
}

/// The successions behind a body and before it, however many generations.
fn line_of(id: OrganizationId, mut all: Vec<KeptSuccession>) -> Vec<KeptSuccession> {
    let (mut before, mut after) = (BTreeSet::from([id]), BTreeSet::from([id]));
    let mut found: BTreeSet<i64> = BTreeSet::new();
    loop {
        let count = found.len();
        for KeptSuccession { id, succession, .. } in &all {
            let (from, to) = (&succession.from, &succession.to);
            if to.iter().any(|id| before.contains(id)) {
                found.insert(*id);
                before.extend(from);
            }
            if from.iter().any(|id| after.contains(id)) {
                found.insert(*id);
                after.extend(to);
            }
        }
        if found.len() == count {
            break;
        }
    }
    all.retain(|kept| found.contains(&kept.id));
    all
}

fn passage(kept: &KeptSuccession, tree: &Tree, reach: &Reach) -> Passage {
    let kin = |ids: &[OrganizationId]| {
        let bodies = ids.iter().filter_map(|id| tree.get(*id));
        let kin = bodies.map(|body| Kin {
            id: body.id,
            name: body.name.clone(),
            validity: body.validity,
            is_seen: reach.contains(body.id),
        });
        kin.collect()
    };
    let succession = &kept.succession;
    Passage {
        kind: succession.kind,
        on: succession.on,
        basis: succession.basis.clone(),
        from: kin(&succession.from),
        to: kin(&succession.to),
    }
}

async fn past(tx: &mut Tx, tree: &Tree, id: OrganizationId) -> Result<Vec<Past>, Halt> {
    let found = about(tx, KIND, &id.to_string(), PAST_MAX).await?;
    Ok(found
        .iter()
        .filter_map(|stored| one(stored, tree))
        .collect())
}

/// An entry of the trail, where it tells of a change.
fn one(stored: &Stored, tree: &Tree) -> Option<Past> {
    let entry = &stored.entry;
    let detail: Value = serde_json::from_str(&entry.detail).ok()?;
    let fields = detail.get("fields").and_then(Value::as_object);
    let done = match (Action::from_key(&entry.action)?, fields) {
        (Action::OrganizationsImport, _) => Done::Imported,
        (Action::OrganizationsChange | Action::OrganizationsSucceed, None) => Done::Founded,
        (Action::OrganizationsChange, Some(_)) => Done::Changed,
        (Action::OrganizationsSucceed, Some(_)) => Done::Succeeded,
        (Action::OrganizationsEditOffice, _) => Done::OfficeChanged,
        _ => return None,
    };
    let fields = fields.into_iter().flatten();
    Some(Past {
        at: entry.at,
        done,
        fields: fields
            .filter_map(|(key, values)| told(key, values, tree))
            .collect(),
    })
}
