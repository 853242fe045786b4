//! Bodies that end and whose powers pass on.

use std::collections::BTreeMap;

use gongkai_domain::organization::names::{TEXT_CHARS_MAX, line};
use gongkai_domain::organization::permissions::{Action, Actor, Target};
use gongkai_domain::organization::succession::{Succession, apply, refuse_ended};
use gongkai_domain::organization::{Organization, OrganizationId};
use gongkai_store::{Tx, organization};
use serde_json::json;

use super::difference::{between, trace};
use super::{Ground, Halt, KIND, OrganizationError, answered, done, own, refuse, settle, wrong};
use crate::audit::{self, Who};
use crate::house::House;
use crate::once::{Sent, once};

const SUCCEED: Action = Action::OrganizationsSucceed;

/// Merges, splits, renames or abolishes bodies; the number of the succession.
/// Sent twice, it is done once.
///
/// # Errors
/// [`OrganizationError`].
pub async fn succeed(
    house: &House,
    who: &Who,
    actor: &Actor,
    sent: &Sent,
    succession: &Succession,
) -> Result<i64, OrganizationError> {
    let work = async |tx: Tx| made(house, who, actor, succession, tx).await;
    let ended = match once(house, &own(sent, actor), work).await {
        Ok(answer) => answered(&answer),
        Err(halt) => Err(halt),
    };
    settle(house, who, SUCCEED, None, ended).await
}

async fn made(
    house: &House,
    who: &Who,
    actor: &Actor,
    succession: &Succession,
    mut tx: Tx,
) -> Result<(Tx, String), Halt> {
    organization::lock(&mut tx).await?;
    let ground = Ground::lay(&mut tx, house).await?;
    let trail = ground.require(who, actor, SUCCEED, Target::Installation)?;
    let mut succession = succession.clone();
    if !succession.basis.trim().is_empty() {
        succession.basis = line(&succession.basis, TEXT_CHARS_MAX)
            .map_err(|error| wrong(vec![error.message()]))?;
    }
    let made = organization::successions(&mut tx).await?;
    let made: Vec<Succession> = made.into_iter().map(|kept| kept.succession).collect();
    refuse(refuse_ended(&ground.tree, &made, &succession))?;
    let changed = changed(&ground, &succession)?;
    ground.refuse_changed(&changed)?;
    let now = house.now();
    let id = organization::insert_succession(&mut tx, &succession, &trail.name, now).await?;
    let detail =
        json!({ "kind": succession.kind.key(), "on": succession.on, "bodies": changed.len() });
    audit::write(
        &mut tx,
        &trail,
        &done(SUCCEED, "succession", id, detail),
        now,
    )
    .await?;
    for body in &changed {
        let version = ground.versions[&body.id];
        organization::update(&mut tx, body, version, now).await?;
        let differences = ground.tree.get(body.id);
        let differences = differences.map(|was| between(was, body, &ground.tree));
        let fields = trace(&differences.unwrap_or_default());
        let detail = json!({ "succession": id, "version": version + 1, "fields": fields });
        audit::write(
            &mut tx,
            &trail,
            &done(SUCCEED, KIND, body.id.0, detail),
            now,
        )
        .await?;
    }
    Ok((tx, id.to_string()))
}

/// The bodies as they are after the succession, those alone that change.
fn changed(ground: &Ground, succession: &Succession) -> Result<Vec<Organization>, Halt> {
    let mut bodies: BTreeMap<OrganizationId, Organization> = BTreeMap::new();
    for change in apply(&ground.tree, succession).map_err(wrong)? {
        let id = change.id();
        let Some(there) = ground.tree.get(id) else {
            continue;
        };
        let body = bodies.entry(id).or_insert_with(|| there.clone());
        change.make(body).map_err(|message| wrong(vec![message]))?;
    }
    Ok(bodies.into_values().collect())
}
