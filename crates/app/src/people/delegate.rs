//! Lending roles for an absence, and ending it before its time.
//!
//! What is lent counts by [`super::session::resolve`], which leaves out what is
//! no longer between two people at work; the trail tells for whom somebody
//! acted by [`SignedIn::demand`]. Start with [`lend`].

use std::collections::BTreeMap;

use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::names::{self, NameError};
use gongkai_domain::organization::permissions::{Action, Target, held};
use gongkai_domain::organization::roles::{
    Circumstances, Delegation, DelegationRules, Grant, Role, Stage, check_delegation,
};
use gongkai_domain::organization::{OrganizationId, PersonId, Tree};
use gongkai_domain::words::Message;
use gongkai_store::people::delegations::{self, Kept};
use gongkai_store::people::{self, Colleague, Sought};
use gongkai_store::{StoreError, Tx};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use super::session::{grants_of, today};
use super::{PeopleError, Policies, SignedIn};
use crate::audit::{self, Deed, Who};
use crate::house::House;
use crate::once::{Sent, once};

const KIND: &str = "delegation";

/// Why somebody is away is told in a line.
const REASON_CHARS_MAX: usize = 200;

/// People that are offered to stand in at most: more than a body has, and a
/// list that is still a page.
const COLLEAGUES_MAX: i64 = 1000;

/// Delegations of a person that are shown; those that last longest come first,
/// so that none in force is left out.
const SHOWN_MAX: i64 = 100;

/// What somebody wants to lend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lending {
    /// Who is to stand in.
    pub to: PersonId,
    /// Which roles, each of its organization.
    pub roles: Vec<(OrganizationId, Role)>,
    /// The first day.
    pub from_day: Date,
    /// The last day.
    pub until_day: Date,
    /// Why.
    pub reason: String,
}

/// Lends roles of one's own, all of them or none: one delegation for each
/// organization that they are of. Sent twice, they are lent once.
///
/// # Errors
/// [`PeopleError::Denied`]; [`PeopleError::Refused`] with everything that stands
/// against it.
pub async fn lend(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    asked: &Lending,
) -> Result<(), PeopleError> {
    let about = (KIND, "-".to_owned());
    let who = signed
        .demand(house, Action::SelfDelegate, Target::Oneself, about)
        .await?;
    let asked = Lending {
        reason: reason(&asked.reason)?,
        ..asked.clone()
    };
    let work = |tx| lent(house, signed, &who, &asked, tx);
    once(house, &sent.of(signed.person.id), work).await?;
    Ok(())
}

/// A reason as it is kept; that there is one is asked by the rules.
fn reason(text: &str) -> Result<String, Message> {
    match names::line(text, REASON_CHARS_MAX) {
        Ok(line) => Ok(line),
        Err(NameError::Empty) => Ok(String::new()),
        Err(NameError::TooLong { found, max }) => Err(Message::new("delegation-reason-too-long")
            .with("found", found)
            .with("max", max)),
        Err(error) => Err(error.message()),
    }
}

/// What is known of both, read while both are held.
struct Known {
    tree: std::sync::Arc<Tree>,
    today: Date,
    rules: DelegationRules,
    /// The one who is to stand in; none who is no colleague.
    colleague: Option<Colleague>,
    grants: Vec<Grant>,
    delegations: Vec<Delegation>,
    /// The bodies of which the lender holds roles, with their sections.
    within: Vec<OrganizationId>,
}

impl Known {
    async fn read(
        tx: &mut Tx,
        house: &House,
        lender: PersonId,
        to: PersonId,
    ) -> Result<Self, PeopleError> {
        let (today, bodies) = (house.today(), house.bodies.seen(tx).await?);
        let tree = &bodies.tree;
        let mut grants = grants_of(tx, lender).await?;
        let within = places(&lendable(&grants, tree, today), tree, today);
        let sought = Sought {
            within: &within,
            except: Some(lender),
            only: Some(to),
            day: today,
        };
        let colleague = people::colleagues(tx, sought, 1).await?.pop();
        // What went before belongs to the same absence.
        let since = today.saturating_sub(i64::from(DelegationRules::DAYS_MOST).days());
        let mut delegations = delegations::open_of(tx, lender, since).await?;
        // Nothing is read, and so nothing is told, of a stranger.
        if colleague.is_some() {
            grants.extend(grants_of(tx, to).await?);
            delegations.extend(delegations::open_of(tx, to, since).await?);
        }
        delegations.sort_by_key(|kept| kept.id);
        delegations.dedup_by_key(|kept| kept.id);
        Ok(Self {
            rules: Policies::load(tx).await?.delegation,
            delegations: delegations
                .into_iter()
                .map(|kept| kept.delegation)
                .collect(),
            tree: std::sync::Arc::clone(tree),
            today,
            colleague,
            grants,
            within,
        })
    }

    /// Where the one who is to stand in works; for a stranger, who is refused
    /// anyhow, in the body itself.
    fn works_in(&self, organization: OrganizationId) -> OrganizationId {
        let colleague = self.colleague.as_ref();
        colleague.map_or(organization, |colleague| colleague.organization)
    }

    /// Everything that stands against delegations, each thing once.
    fn against(&self, asked: &[Delegation]) -> Vec<Message> {
        let mut wrong = Vec::new();
        let is_oneself = |one: &Delegation| one.from == one.to;
        if self.colleague.is_none() && !asked.iter().any(is_oneself) {
            wrong.push(Message::new("delegation-nobody"));
        }
        for one in asked {
            let known = Circumstances {
                today: self.today,
                grants: &self.grants,
                delegations: &self.delegations,
                works_in: self.works_in(one.organization),
                tree: &self.tree,
            };
            for message in check_delegation(one, self.rules, &known) {
                if !wrong.contains(&message) {
                    wrong.push(message);
                }
            }
        }
        wrong
    }
}

/// One delegation for each organization; one without roles where none is
/// chosen, which the rules refuse with whatever else is wrong.
fn delegations_of(asked: &Lending, lender: PersonId, known: &Known) -> Vec<Delegation> {
    let mut groups: BTreeMap<OrganizationId, Vec<Role>> = BTreeMap::new();
    for (organization, role) in &asked.roles {
        let roles = groups.entry(*organization).or_default();
        if !roles.contains(role) {
            roles.push(*role);
        }
    }
    if groups.is_empty() {
        let first = known.within.first().copied();
        groups.insert(known.works_in(first.unwrap_or(OrganizationId(0))), vec![]);
    }
    let delegation = |(organization, roles)| Delegation {
        from: lender,
        to: asked.to,
        organization,
        roles,
        from_day: asked.from_day,
        until_day: asked.until_day,
        reason: asked.reason.clone(),
    };
    groups.into_iter().map(delegation).collect()
}

/// Holds both until the end of the transaction, always in the same order, so
/// that nobody lends to who is just being disabled or made an administrator.
async fn hold(tx: &mut Tx, one: PersonId, other: PersonId) -> Result<(), PeopleError> {
    for person in [one.min(other), one.max(other)] {
        // Whether anybody has this number is told with all that is wrong.
        people::held(tx, person).await?;
    }
    Ok(())
}

async fn lent(
    house: &House,
    signed: &SignedIn,
    who: &Who,
    asked: &Lending,
    mut tx: Tx,
) -> Result<(Tx, String), PeopleError> {
    let lender = signed.person.id;
    // Where nobody is chosen, what else is wrong is told all the same.
    let to = if asked.to.0 > 0 { asked.to } else { lender };
    hold(&mut tx, lender, to).await?;
    let person = people::get(&mut tx, lender).await?;
    if person.is_none_or(|person| person.state != "active") {
        return Err(PeopleError::refused("denied-disabled"));
    }
    let known = Known::read(&mut tx, house, lender, asked.to).await?;
    let asked = delegations_of(asked, lender, &known);
    let wrong = known.against(&asked);
    if !wrong.is_empty() {
        return Err(PeopleError::Refused(wrong));
    }
    let now = house.now();
    let mut numbers = Vec::new();
    for delegation in &asked {
        let id = delegations::add(&mut tx, delegation, now).await?;
        let roles: Vec<&str> = delegation.roles.iter().map(|role| role.key()).collect();
        let detail = json!({
            "to": delegation.to.0,
            "organization": delegation.organization.0,
            "roles": roles,
            "from": delegation.from_day,
            "until": delegation.until_day,
            "reason": delegation.reason,
        });
        trace(&mut tx, who, Action::SelfDelegate, id, detail, now).await?;
        numbers.push(id.to_string());
    }
    Ok((tx, numbers.join(" ")))
}

async fn trace(
    tx: &mut Tx,
    who: &Who,
    action: Action,
    id: i64,
    detail: serde_json::Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    let deed = Deed {
        action: action.key(),
        object_kind: KIND,
        object: id.to_string(),
        outcome: Outcome::Done,
        detail,
    };
    audit::write(tx, who, &deed, now).await
}

/// Ends a delegation of one's own before its time: from now on the one who
/// stood in does nothing by it.
///
/// # Errors
/// [`PeopleError::Denied`]; [`PeopleError::Refused`] if it is over, or not one's
/// own, which is told alike and written down.
pub async fn end_lending(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    id: i64,
) -> Result<(), PeopleError> {
    let about = (KIND, id.to_string());
    let who = signed
        .demand(house, Action::SelfDelegate, Target::Oneself, about)
        .await?;
    let mut tx = house.db.read().await?;
    let found = delegations::get(&mut tx, id).await?;
    tx.roll_back().await?;
    if found.is_some_and(|kept| kept.delegation.from != signed.person.id) {
        let deed = Deed {
            action: Action::SelfDelegate.key(),
            object_kind: KIND,
            object: id.to_string(),
            outcome: Outcome::Denied,
            detail: json!({ "reason": "denied-not-oneself" }),
        };
        audit::denied(house, &signed.who, &deed).await?;
        return Err(PeopleError::refused("delegation-over"));
    }
    end(house, signed, &who, Action::SelfDelegate, sent, id).await
}

/// Ends anybody's delegation before its time.
///
/// # Errors
/// [`PeopleError::Denied`]; [`PeopleError::Refused`] if it is over.
pub async fn end_any(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    id: i64,
) -> Result<(), PeopleError> {
    const OVERSEE: Action = Action::DelegationsOversee;
    let about = (KIND, id.to_string());
    let who = signed
        .demand(house, OVERSEE, Target::Installation, about)
        .await?;
    end(house, signed, &who, OVERSEE, sent, id).await
}

async fn end(
    house: &House,
    signed: &SignedIn,
    who: &Who,
    action: Action,
    sent: &Sent,
    id: i64,
) -> Result<(), PeopleError> {
    let work = |tx| ended(house, who, action, id, tx);
    once(house, &sent.of(signed.person.id), work).await?;
    Ok(())
}

async fn ended(
    house: &House,
    who: &Who,
    action: Action,
    id: i64,
    mut tx: Tx,
) -> Result<(Tx, String), PeopleError> {
    let over = || PeopleError::refused("delegation-over");
    let kept = delegations::get(&mut tx, id).await?.ok_or_else(over)?;
    if !stage(&kept, house.today()).is_open() {
        return Err(over());
    }
    match finish(&mut tx, who, action, &kept, house.now()).await {
        Err(StoreError::Conflict) => return Err(over()),
        finished => finished?,
    }
    Ok((tx, id.to_string()))
}

/// Ends a delegation, with its trace.
async fn finish(
    tx: &mut Tx,
    who: &Who,
    action: Action,
    kept: &Kept,
    now: Timestamp,
) -> Result<(), StoreError> {
    delegations::end(tx, kept.id, now).await?;
    let (from, to) = (kept.delegation.from.0, kept.delegation.to.0);
    let detail = json!({ "ended": true, "lender": from, "to": to });
    trace(tx, who, action, kept.id, detail, now).await
}

/// Ends what a person lent and what was lent to them, since they are shut out:
/// let in again, they begin without.
pub(super) async fn end_all_of(
    tx: &mut Tx,
    who: &Who,
    person: PersonId,
    now: Timestamp,
) -> Result<(), StoreError> {
    for kept in delegations::open_of(tx, person, today(now)).await? {
        finish(tx, who, Action::PeopleDisable, &kept, now).await?;
    }
    Ok(())
}

/// Ends what a person lent of which they hold nothing any more, since a role
/// was taken back: granted again later, it is not lent again by itself.
pub(super) async fn end_hollow(
    tx: &mut Tx,
    who: &Who,
    lender: PersonId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (grants, day) = (grants_of(tx, lender).await?, today(now));
    for kept in delegations::open_of(tx, lender, day).await? {
        let is_lent = kept.delegation.from == lender;
        if is_lent && kept.delegation.is_hollow(&grants, day) {
            finish(tx, who, Action::RolesRevoke, &kept, now).await?;
        }
    }
    Ok(())
}

/// A delegation as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its number.
    pub id: i64,
    /// What it says.
    pub delegation: Delegation,
    /// How far it has come.
    pub stage: Stage,
    /// Name of the lender.
    pub lender_name: String,
    /// Name of the one who stands in.
    pub borrower_name: String,
    /// Roles of it that do not count though it is in force: the lender does
    /// not hold them any more.
    pub void: Vec<Role>,
}

fn stage(kept: &Kept, day: Date) -> Stage {
    kept.delegation.stage(kept.ended_at.is_some(), day)
}

fn shown(kept: Kept, day: Date) -> Shown {
    Shown {
        id: kept.id,
        stage: stage(&kept, day),
        delegation: kept.delegation,
        lender_name: kept.lender_name,
        borrower_name: kept.borrower_name,
        void: Vec::new(),
    }
}

/// What the signed-in person has lent, and what has been lent to them, past
/// delegations too; those that last longest come first.
///
/// # Errors
/// [`PeopleError::Denied`].
pub async fn lent_and_borrowed(
    house: &House,
    signed: &SignedIn,
) -> Result<(Vec<Shown>, Vec<Shown>), PeopleError> {
    let about = (KIND, "-".to_owned());
    signed
        .demand(house, Action::SelfDelegations, Target::Oneself, about)
        .await?;
    let mut tx = house.db.read().await?;
    let all = delegations::all_of(&mut tx, signed.person.id, SHOWN_MAX).await?;
    tx.roll_back().await?;
    let counting = held(&signed.actor, &signed.tree, signed.today);
    let shown = all.into_iter().map(|kept| {
        let mut shown = shown(kept, signed.today);
        let delegation = &shown.delegation;
        let acting_for = Some(delegation.from).filter(|from| *from != signed.person.id);
        let counts = |role: &Role| {
            counting.iter().any(|held| {
                (held.role, held.organization, held.acting_for)
                    == (*role, Some(delegation.organization), acting_for)
            })
        };
        if shown.stage == Stage::InForce {
            let void = delegation.roles.iter().filter(|role| !counts(role));
            shown.void = void.copied().collect();
        }
        shown
    });
    Ok(shown.partition(|shown| shown.delegation.from == signed.person.id))
}

/// Everybody's delegations that count or will, after a number.
///
/// # Errors
/// [`PeopleError::Denied`].
pub async fn everybodys(
    house: &House,
    signed: &SignedIn,
    after: i64,
    most: i64,
) -> Result<Vec<Shown>, PeopleError> {
    let about = (KIND, "-".to_owned());
    signed
        .demand(
            house,
            Action::DelegationsOversee,
            Target::Installation,
            about,
        )
        .await?;
    let mut tx = house.db.read().await?;
    let open = delegations::open(&mut tx, signed.today, after, most).await?;
    tx.roll_back().await?;
    let shown = open.into_iter().map(|kept| shown(kept, signed.today));
    Ok(shown.collect())
}

/// What a person can lend, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Their own roles.
    pub roles: Vec<(OrganizationId, Role)>,
    /// Who could stand in, by name.
    pub colleagues: Vec<Colleague>,
    /// For how many days at most.
    pub days_max: u32,
}

/// What the signed-in person can lend and to whom; none who may lend nothing.
///
/// # Errors
/// The store's.
pub async fn offer(house: &House, signed: &SignedIn) -> Result<Option<Offer>, PeopleError> {
    let may = signed.may(Action::SelfDelegate, Target::Oneself);
    if !may.is_allowed() {
        return Ok(None);
    }
    let roles = lendable(&signed.actor.grants, &signed.tree, signed.today);
    let within = places(&roles, &signed.tree, signed.today);
    let sought = Sought {
        within: &within,
        except: Some(signed.person.id),
        only: None,
        day: signed.today,
    };
    let mut tx = house.db.read().await?;
    let colleagues = people::colleagues(&mut tx, sought, COLLEAGUES_MAX).await?;
    let days_max = Policies::load(&mut tx).await?.delegation.days_max;
    tx.roll_back().await?;
    Ok(Some(Offer {
        roles,
        colleagues,
        days_max,
    }))
}

/// Roles of organizations that are held today or will be, each once.
fn lendable(grants: &[Grant], tree: &Tree, day: Date) -> Vec<(OrganizationId, Role)> {
    let of_organization = grants.iter().filter_map(|grant| {
        let is_over = grant.validity.until().is_some_and(|until| until < day);
        let organization = grant.organization.filter(|id| tree.is_valid(*id, day))?;
        (!is_over && !grant.role.is_administrator()).then_some((organization, grant.role))
    });
    let mut roles: Vec<_> = of_organization.collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// Where people work who could stand in for these roles.
fn places(roles: &[(OrganizationId, Role)], tree: &Tree, day: Date) -> Vec<OrganizationId> {
    let mut places: Vec<OrganizationId> = roles
        .iter()
        .flat_map(|(organization, _)| tree.own(*organization, day))
        .collect();
    places.sort_unstable();
    places.dedup();
    places
}
