//! Sessions: who a request comes from.

use std::sync::Arc;

use gongkai_domain::organization::identity::Door;
use gongkai_domain::organization::lockout::Counter;
use gongkai_domain::organization::permissions::{
    Action, Actor, Decision, Lent, Membership, Target, permits,
};
use gongkai_domain::organization::roles::{Role, missing_administrators};
use gongkai_domain::organization::session::{self, SessionState, SessionTimes};
use gongkai_domain::organization::{PersonId, password, tree::Tree};
use gongkai_store::people::entry::{self, Session};
use gongkai_store::people::{self, Person, delegations};
use gongkai_store::{StoreError, Tx};
use jiff::civil::Date;
use jiff::tz::{TimeZone, offset};
use jiff::{SignedDuration, Timestamp};

use super::{PeopleError, Policies, digest_of};
use crate::audit::{self, Deed, Who};
use crate::house::House;
use crate::once::Sent;

/// Someone whose session lives.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The person.
    pub person: Person,
    /// Their session.
    pub session: Session,
    /// What they may do, by the table.
    pub actor: Actor,
    /// The bodies, as they stand today.
    pub tree: Arc<Tree>,
    /// For the audit trail.
    pub who: Who,
    /// Today in China.
    pub today: Date,
    /// When they have to sign in again, however busy they are.
    pub ends_at: Timestamp,
}

/// Today, where the law is in force.
pub(super) fn today(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::fixed(offset(8))).date()
}

/// A session is marked as used so often, not at every request.
const TOUCHED_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// Who a token belongs to, if its session lives and its person may come from
/// this address. A session that is over is ended.
///
/// # Errors
/// The store's.
pub async fn resolve(
    house: &House,
    token: &str,
    source: &str,
    request: &str,
) -> Result<Option<SignedIn>, StoreError> {
    let now = house.now();
    let mut tx = house.db.read().await?;
    let Some(session) = entry::session_of(&mut tx, &digest_of(token)).await? else {
        return Ok(None);
    };
    let policies = Policies::load(&mut tx).await?;
    let times = SessionTimes {
        begun: session.begun_at,
        last_used: session.used_at,
    };
    let lives = session::state(policies.session, times, now) == SessionState::Live;
    let person = people::get(&mut tx, session.person).await?;
    let Some(person) = person.filter(|person| lives && person.state == "active") else {
        tx.roll_back().await?;
        end(house, &session).await?;
        return Ok(None);
    };
    if !policies.admits(source) {
        return Ok(None);
    }
    let bodies = house.bodies.seen(&mut tx).await?;
    let actor = actor(&mut tx, &person, session.door, &policies, &bodies.tree, now).await?;
    tx.roll_back().await?;
    if now.duration_since(session.used_at) >= TOUCHED_EVERY {
        let mut tx = house.db.write().await?;
        entry::touch(&mut tx, &session, now).await?;
        tx.commit().await?;
    }
    Ok(Some(SignedIn {
        who: Who {
            person: Some(person.id.0),
            name: person.login.clone(),
            acting_for: None,
            organization: person.organization.map(|id| id.0),
            source: source.to_owned(),
            request: request.to_owned(),
        },
        person,
        session,
        actor,
        tree: Arc::clone(&bodies.tree),
        today: today(now),
        ends_at: times
            .begun
            .checked_add(policies.session.absolute())
            .unwrap_or(Timestamp::MAX),
    }))
}

async fn end(house: &House, session: &Session) -> Result<(), StoreError> {
    let mut tx = house.db.write().await?;
    entry::end_session(&mut tx, session.person, &session.digest).await?;
    tx.commit().await
}

/// What a person who came through a door may do now.
async fn actor(
    tx: &mut Tx,
    person: &Person,
    door: Door,
    policies: &Policies,
    tree: &Tree,
    now: Timestamp,
) -> Result<Actor, StoreError> {
    let grants = grants_of(tx, person.id).await?;
    let day = today(now);
    let mut lent = Vec::new();
    for kept in delegations::open_of(tx, person.id, day).await? {
        let (delegation, works_in) = (kept.delegation, person.organization);
        let active = kept.lender_is_active;
        if delegation.to == person.id
            && delegation.is_between_people_at_work(active, works_in, tree, day)
        {
            let grants = grants_of(tx, delegation.from).await?;
            lent.push(Lent { delegation, grants });
        }
    }
    let changed = person.password_changed_at.unwrap_or(person.created_at);
    let expired = password::expired(policies.profile, changed, now);
    let membership = match person.state.as_str() {
        "active" if person.totp.is_none() => Membership::MustEnrol,
        "active" if door.asks_for_the_password() && (person.must_change || expired) => {
            Membership::MustChange
        }
        "active" => Membership::Active,
        "invited" => Membership::Invited,
        _ => Membership::Disabled,
    };
    let is_system = grants
        .iter()
        .any(|grant| grant.role == Role::SystemAdministrator && grant.validity.contains(day));
    let membership =
        if membership == Membership::Active && is_system && !missing(tx, day).await?.is_empty() {
            Membership::Setup
        } else {
            membership
        };
    Ok(Actor {
        person: person.id,
        membership,
        grants,
        lent,
    })
}

pub(super) async fn grants_of(
    tx: &mut Tx,
    person: PersonId,
) -> Result<Vec<gongkai_domain::organization::roles::Grant>, StoreError> {
    let grants = people::grants(tx, person).await?;
    Ok(grants.into_iter().map(|(_, grant)| grant).collect())
}

/// Whether somebody has joined, set up the second factor, and is not disabled.
pub(super) async fn can_come_in(tx: &mut Tx, id: PersonId) -> Result<bool, StoreError> {
    let person = people::get(tx, id).await?;
    Ok(person.is_some_and(|person| person.state == "active" && person.totp.is_some()))
}

/// Which of the three administrators nobody is yet: who was only invited is
/// none.
pub(super) async fn missing(tx: &mut Tx, day: Date) -> Result<Vec<Role>, StoreError> {
    let mut held = Vec::new();
    for (_, grant) in people::all_grants(tx).await? {
        if grant.role.is_administrator() && can_come_in(tx, grant.person).await? {
            held.push(grant);
        }
    }
    Ok(missing_administrators(&held, day))
}

impl SignedIn {
    /// A form of theirs: its key counts for the one who was shown it alone.
    pub fn sent<'a>(
        &self,
        purpose: &'static str,
        key: &str,
        fields: impl IntoIterator<Item = &'a str>,
    ) -> Sent {
        Sent::new(purpose, key, fields).of(self.person.id)
    }

    /// Whether the second factor was shown too. Before it, nothing but showing
    /// or setting it up is possible.
    pub fn is_complete(&self) -> bool {
        self.session.factors >= 2
    }

    /// What the table says.
    pub fn may(&self, action: Action, target: Target) -> Decision {
        if !self.is_complete() {
            return Decision::Denied(gongkai_domain::words::Message::new("denied-second-factor"));
        }
        permits(&self.actor, action, target, &self.tree, self.today)
    }

    /// Allows or, written down, denies. What comes back is for the audit
    /// trail: it tells for whom they act.
    ///
    /// # Errors
    /// [`PeopleError::Denied`].
    pub async fn demand(
        &self,
        house: &House,
        action: Action,
        target: Target,
        object: (&'static str, String),
    ) -> Result<Who, PeopleError> {
        match self.may(action, target) {
            decision @ Decision::Allowed(_) => Ok(Who {
                acting_for: decision.acting_for().map(|person| person.0),
                ..self.who.clone()
            }),
            Decision::Denied(message) => {
                let deed = Deed {
                    action: action.key(),
                    object_kind: object.0,
                    object: object.1,
                    outcome: gongkai_domain::audit::Outcome::Denied,
                    detail: serde_json::json!({ "reason": message.id }),
                };
                audit::denied(house, &self.who, &deed).await?;
                Err(PeopleError::Denied(message))
            }
        }
    }
}

/// The name of a counter in the store.
pub(super) fn counter_key(counter: Counter) -> &'static str {
    match counter {
        Counter::Person => "person",
        Counter::Source => "source",
    }
}
