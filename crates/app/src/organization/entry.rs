//! Founding a body, changing it, and keeping its office's entry.

use gongkai_domain::organization::import::{draft_id, put_right};
use gongkai_domain::organization::permissions::{Action, Actor, Target};
use gongkai_domain::organization::{DisclosureOffice, Organization, OrganizationId, PersonId};
use gongkai_domain::outbox::Event;
use gongkai_domain::words::Message;
use gongkai_store::people::{self, Colleague, Sought};
use gongkai_store::{Tx, organization};
use serde_json::json;

use super::difference::{between, trace};
use super::{Ground, Halt, KIND, OrganizationError, answered, done, refuse, settle};
use crate::audit::{self, Who};
use crate::house::House;
use crate::once::{Sent, once};
use crate::outbox;

/// A body in the version that was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// The body.
    pub id: OrganizationId,
    /// Its version.
    pub version: i64,
}

const CREATE: Action = Action::OrganizationsChange;

/// Founds a body; its number, which the entry does not tell yet, nor anything of
/// its disclosure office. Sent twice, it is founded once.
///
/// # Errors
/// [`OrganizationError`].
pub async fn create(
    house: &House,
    who: &Who,
    actor: &Actor,
    sent: &Sent,
    entry: &Organization,
) -> Result<OrganizationId, OrganizationError> {
    let work = async |tx: Tx| found(house, who, actor, entry, tx).await;
    let ended = match once(house, &sent.of(actor.person), work).await {
        Ok(answer) => answered(&answer).map(OrganizationId),
        Err(halt) => Err(halt),
    };
    settle(house, who, CREATE, None, ended).await
}

async fn found(
    house: &House,
    who: &Who,
    actor: &Actor,
    entry: &Organization,
    mut tx: Tx,
) -> Result<(Tx, String), Halt> {
    let ground = Ground::hold(&mut tx, house).await?;
    let trail = ground.require(who, actor, CREATE, Target::Installation)?;
    let mut body = Organization {
        id: draft_id(1),
        office: DisclosureOffice::default(),
        ..entry.clone()
    };
    refuse(put_right(&mut body))?;
    ground.refuse_changed(std::slice::from_ref(&body))?;
    let now = house.now();
    let id = organization::insert(&mut tx, &body, now).await?;
    let detail =
        json!({ "name": body.name, "kind": body.kind.key(), "from": body.validity.from() });
    audit::write(&mut tx, &trail, &done(CREATE, KIND, id.0, detail), now).await?;
    outbox::of_bodies(&mut tx, house, Event::OrganizationFounded, &[id]).await?;
    Ok((tx, id.to_string()))
}

/// Changes what is said of a body, its disclosure office apart; its new version.
/// What is so already is left as it is.
///
/// # Errors
/// [`OrganizationError`]; [`OrganizationError::Changed`] tells what someone
/// else wrote meanwhile.
pub async fn change(
    house: &House,
    who: &Who,
    actor: &Actor,
    seen: Version,
    entry: &Organization,
) -> Result<i64, OrganizationError> {
    let edit = |body: Organization| Organization {
        id: body.id,
        office: body.office,
        ..entry.clone()
    };
    alter(house, who, actor, Action::OrganizationsChange, seen, edit).await
}

/// Changes the entry of a body's disclosure office (Art. 12); its new version.
///
/// # Errors
/// [`OrganizationError`], as for [`change`].
pub async fn edit_office(
    house: &House,
    who: &Who,
    actor: &Actor,
    seen: Version,
    office: &DisclosureOffice,
) -> Result<i64, OrganizationError> {
    let edit = |body: Organization| Organization {
        office: office.clone(),
        ..body
    };
    alter(
        house,
        who,
        actor,
        Action::OrganizationsEditOffice,
        seen,
        edit,
    )
    .await
}

/// People from whom the head of a body's disclosure office is chosen, by name.
///
/// # Errors
/// [`OrganizationError`].
pub async fn heads(
    house: &House,
    who: &Who,
    actor: &Actor,
    id: OrganizationId,
) -> Result<Vec<Colleague>, OrganizationError> {
    const EDIT: Action = Action::OrganizationsEditOffice;
    let look = async {
        let mut tx = house.db.read().await?;
        let ground = Ground::lay(&mut tx, house).await?;
        ground.require(who, actor, EDIT, Target::Organization(id))?;
        at_work(&mut tx, &ground, id, None).await
    };
    let ended: Result<Vec<Colleague>, Halt> = look.await;
    settle(house, who, EDIT, Some(id), ended).await
}

/// Who is offered as head at most: more than any body has people in its
/// offices, and a list that is still a page.
const HEADS_MAX: i64 = 1000;

/// People at work in a body and its sections; one of them alone, or all.
async fn at_work(
    tx: &mut Tx,
    ground: &Ground,
    id: OrganizationId,
    only: Option<PersonId>,
) -> Result<Vec<Colleague>, Halt> {
    let sought = Sought {
        within: &ground.tree.own(id, ground.day),
        except: None,
        only,
        day: ground.day,
    };
    Ok(people::colleagues(tx, sought, HEADS_MAX).await?)
}

/// Art. 33 ¶2: the head approves extensions, so whoever is named has to be
/// somebody who can: a person at work in the body.
async fn refuse_head(
    tx: &mut Tx,
    ground: &Ground,
    there: &Organization,
    body: &Organization,
) -> Result<(), Halt> {
    match body.office.head {
        Some(head) if body.office.head != there.office.head => {
            let found = at_work(tx, ground, body.id, Some(head)).await?;
            let wrong = found
                .is_empty()
                .then(|| Message::new("office-head-not-here"));
            refuse(wrong.into_iter().collect())
        }
        _ => Ok(()),
    }
}

async fn alter(
    house: &House,
    who: &Who,
    actor: &Actor,
    action: Action,
    seen: Version,
    edit: impl FnOnce(Organization) -> Organization,
) -> Result<i64, OrganizationError> {
    let ended = altered(house, who, actor, action, seen, edit).await;
    settle(house, who, action, Some(seen.id), ended).await
}

async fn altered(
    house: &House,
    who: &Who,
    actor: &Actor,
    action: Action,
    seen: Version,
    edit: impl FnOnce(Organization) -> Organization,
) -> Result<i64, Halt> {
    let mut tx = house.db.write().await?;
    let ground = Ground::hold(&mut tx, house).await?;
    let trail = ground.require(who, actor, action, Target::Organization(seen.id))?;
    let there = ground
        .tree
        .get(seen.id)
        .ok_or(OrganizationError::NotFound)?;
    let version = ground.version(seen.id);
    let mut body = edit(there.clone());
    refuse(put_right(&mut body))?;
    refuse_head(&mut tx, &ground, there, &body).await?;
    let differences = between(there, &body, &ground.tree);
    // Sent twice, or by two people who say the same.
    if differences.is_empty() {
        return Ok(version);
    }
    if version != seen.version {
        return Err(OrganizationError::Changed {
            version,
            differences,
        }
        .into());
    }
    ground.refuse_changed(std::slice::from_ref(&body))?;
    let now = house.now();
    organization::update(&mut tx, &body, version, now).await?;
    let detail = json!({ "version": version + 1, "fields": trace(&differences) });
    audit::write(&mut tx, &trail, &done(action, KIND, seen.id.0, detail), now).await?;
    outbox::of_bodies(&mut tx, house, Event::OrganizationChanged, &[seen.id]).await?;
    tx.commit().await?;
    Ok(version + 1)
}
