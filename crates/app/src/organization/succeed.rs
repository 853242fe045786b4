//! Bodies that end and whose powers pass on.

use std::collections::{BTreeSet, HashMap};

use gongkai_domain::organization::permissions::{Action, Actor, Target};
use gongkai_domain::organization::roles::{Delegation, Grant};
use gongkai_domain::organization::{Organization, OrganizationId, PersonId, Validity};
use gongkai_domain::outbox::Event;
use gongkai_domain::words::Message;
use gongkai_store::people::{self, delegations, moving};
use gongkai_store::{StoreError, Tx, organization};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::difference::{between, trace};
use super::plan::{Laid, Order, lay_out};
use super::{Ground, Halt, KIND, OrganizationError, answered, done, settle, wrong};
use crate::audit::{self, Who};
use crate::house::House;
use crate::once::{Sent, once};
use crate::outbox;

const SUCCEED: Action = Action::OrganizationsSucceed;

/// Merges, splits, renames or abolishes bodies; the number of the succession.
/// Sent twice, it is done once.
///
/// # Errors
/// [`OrganizationError`]; where a plan was confirmed that is another by now,
/// nothing is done.
pub async fn succeed(
    house: &House,
    who: &Who,
    actor: &Actor,
    sent: &Sent,
    order: &Order,
) -> Result<i64, OrganizationError> {
    let work = async |tx: Tx| made(house, who, actor, order, tx).await;
    let ended = match once(house, &sent.of(actor.person), work).await {
        Ok(answer) => answered(&answer),
        Err(halt) => Err(halt),
    };
    settle(house, who, SUCCEED, None, ended).await
}

async fn made(
    house: &House,
    who: &Who,
    actor: &Actor,
    order: &Order,
    mut tx: Tx,
) -> Result<(Tx, String), Halt> {
    let ground = Ground::hold(&mut tx, house).await?;
    let trail = ground.require(who, actor, SUCCEED, Target::Installation)?;
    let mut laid = lay_out(&mut tx, &ground, order).await?;
    let confirmed = order.confirmed.as_ref();
    if confirmed.is_some_and(|mark| *mark != laid.plan.mark) {
        return Err(wrong(vec![Message::new("succession-planned-anew")]));
    }
    let mut making = Making {
        tx: &mut tx,
        trail: &trail,
        now: house.now(),
        id: 0,
    };
    making.found(&mut laid).await?;
    making.succession(&laid).await?;
    for body in &laid.changed {
        making.change(&ground, body).await?;
    }
    making.people(&laid).await?;
    let id = making.id;
    let succession = &laid.succession;
    let bodies: Vec<OrganizationId> = [&succession.from[..], &succession.to[..]].concat();
    outbox::of_bodies(&mut tx, house, Event::OrganizationSucceeded, &bodies).await?;
    Ok((tx, id.to_string()))
}

/// A succession while it is made.
struct Making<'a> {
    tx: &'a mut Tx,
    trail: &'a Who,
    now: Timestamp,
    /// Its number, once it has one.
    id: i64,
}

impl Making<'_> {
    async fn write(&mut self, kind: &str, object: i64, detail: Value) -> Result<(), StoreError> {
        let deed = done(SUCCEED, kind, object, detail);
        audit::write(self.tx, self.trail, &deed, self.now).await
    }

    /// Founds the new bodies, and puts their true numbers wherever those of the
    /// drafts stand.
    async fn found(&mut self, laid: &mut Laid) -> Result<(), StoreError> {
        let mut ids: HashMap<OrganizationId, OrganizationId> = HashMap::new();
        for draft in &mut laid.founded {
            let id = organization::insert(self.tx, draft, self.now).await?;
            ids.insert(draft.id, id);
            draft.id = id;
        }
        let number = |id: &mut OrganizationId| {
            if let Some(kept) = ids.get(id) {
                *id = *kept;
            }
        };
        laid.succession.to.iter_mut().for_each(number);
        for body in &mut laid.changed {
            let ties = [&mut body.parent, &mut body.supervisor, &mut body.vertical];
            ties.into_iter().flatten().for_each(number);
        }
        let places = [&mut laid.people_to, &mut laid.grants_to];
        places.into_iter().flatten().for_each(number);
        Ok(())
    }

    async fn succession(&mut self, laid: &Laid) -> Result<(), StoreError> {
        let (succession, bodies) = (&laid.succession, laid.changed.len() + laid.founded.len());
        let by = &self.trail.name;
        self.id = organization::insert_succession(self.tx, succession, by, self.now).await?;
        let detail =
            json!({ "kind": succession.kind.key(), "on": succession.on, "bodies": bodies });
        self.write("succession", self.id, detail).await?;
        for body in &laid.founded {
            let detail = json!({ "succession": self.id, "name": body.name,
                "kind": body.kind.key(), "from": body.validity.from() });
            self.write(KIND, body.id.0, detail).await?;
        }
        Ok(())
    }

    async fn change(&mut self, ground: &Ground, body: &Organization) -> Result<(), StoreError> {
        let version = ground.version(body.id);
        organization::update(self.tx, body, version, self.now).await?;
        let differences = ground.tree.get(body.id);
        let differences = differences.map(|was| between(was, body, &ground.tree));
        let fields = trace(&differences.unwrap_or_default());
        let detail = json!({ "succession": self.id, "version": version + 1, "fields": fields });
        self.write(KIND, body.id.0, detail).await
    }

    /// Who worked in a body that ends works elsewhere, and what they held there
    /// ends or goes on.
    async fn people(&mut self, laid: &Laid) -> Result<(), Halt> {
        self.hold(laid).await?;
        if let Some(to) = laid.people_to {
            for person in &laid.people {
                moving::move_person(self.tx, *person, to).await?;
                let detail = json!({ "succession": self.id, "organization": to.0 });
                self.write("person", person.0, detail).await?;
            }
        }
        for (id, grant) in &laid.grants {
            people::end_grant(self.tx, *id, laid.last_day).await?;
            let mut detail = json!({ "succession": self.id, "grant": id,
                "role": grant.role.key(), "until": laid.last_day });
            if let Some(to) = laid.grants_to {
                let next = self.go_on(grant, laid, to).await?;
                detail["next"] = json!({ "grant": next, "organization": to.0 });
            }
            self.write("person", grant.person.0, detail).await?;
        }
        if let Some(to) = laid.grants_to {
            self.lent(laid, to).await?;
        }
        Ok(())
    }

    /// Holds everybody concerned, in the order in which all do, so that nobody
    /// takes back meanwhile what would go on.
    async fn hold(&mut self, laid: &Laid) -> Result<(), Halt> {
        let holders = laid.grants.iter().map(|(_, grant)| grant.person);
        let all: BTreeSet<PersonId> = holders.chain(laid.people.iter().copied()).collect();
        for person in all {
            people::hold(self.tx, person).await?;
        }
        for (id, grant) in &laid.grants {
            let now = people::grants(self.tx, grant.person).await?;
            if !now.contains(&(*id, *grant)) {
                return Err(StoreError::Conflict.into());
            }
        }
        Ok(())
    }

    /// Where roles go on, what was lent of them goes on too.
    async fn lent(&mut self, laid: &Laid, to: OrganizationId) -> Result<(), Halt> {
        let on = laid.succession.on;
        for from in &laid.succession.from {
            for kept in delegations::open_at(self.tx, *from, on).await? {
                let next = Delegation {
                    organization: to,
                    from_day: kept.delegation.from_day.max(on),
                    ..kept.delegation
                };
                delegations::end(self.tx, kept.id, self.now).await?;
                let id = delegations::add(self.tx, &next, self.now).await?;
                let detail = json!({ "succession": self.id, "delegation": kept.id,
                    "next": { "delegation": id, "organization": to.0 } });
                self.write("person", next.from.0, detail).await?;
            }
        }
        Ok(())
    }

    async fn go_on(&mut self, grant: &Grant, laid: &Laid, to: OrganizationId) -> Result<i64, Halt> {
        let from = grant.validity.from().max(laid.succession.on);
        let validity = Validity::new(from, grant.validity.until());
        let next = Grant {
            organization: Some(to),
            validity: validity.map_err(|message| wrong(vec![message]))?,
            ..*grant
        };
        let by = self.trail.person.map(PersonId);
        Ok(people::grant(self.tx, &next, by, self.now).await?)
    }
}
