//! The one permission table, and what it says of a person at a date.
//!
//! GB/T 22239-2019 8.1.4.2 e, f: access follows a policy, set by those who are
//! authorized, and nothing is allowed that the table does not allow. Pages ask
//! [`permits`] for one thing, the query layer asks [`reach`] for all; both read
//! [`TABLE`] and nothing else. What people review is printed into
//! `tests/permissions.txt`.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::body::{OrganizationId, PersonId};
use super::roles::{Delegation, Grant, Role, are_compatible};
use super::tree::{Standing, Tree};
use crate::words::Message;

pub use table::{Action, TABLE, Who};

mod table;

/// How far a right goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The organization of the role, with its sections.
    Own,
    /// That, and the organizations below it or supervised by it.
    Subordinate,
    /// The whole installation.
    Any,
}

impl Scope {
    /// Whether it takes in a body of this standing.
    pub fn includes(self, standing: Standing) -> bool {
        match self {
            Self::Own => standing == Standing::Own,
            Self::Subordinate => standing != Standing::Other,
            Self::Any => true,
        }
    }
}

/// The state of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Membership {
    /// The first system administrator, until the security and the audit
    /// administrator exist.
    Setup,
    /// Invited, and has not yet come.
    Invited,
    /// Has to set up the second factor first (GB/T 22239-2019 8.1.4.1 d).
    MustEnrol,
    /// Has to change the password first (8.1.4.1 a).
    MustChange,
    /// At work.
    Active,
    /// Shut out: gone, or idle for too long.
    Disabled,
}

impl Membership {
    /// All states.
    pub const ALL: [Self; 6] = [
        Self::Setup,
        Self::Invited,
        Self::MustEnrol,
        Self::MustChange,
        Self::Active,
        Self::Disabled,
    ];

    /// The word for storage; it never changes.
    pub fn key(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Invited => "invited",
            Self::MustEnrol => "must_enrol",
            Self::MustChange => "must_change",
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    /// The state of a stored word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.key() == key)
    }

    /// Its name for people.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::Setup => "membership-setup",
            Self::Invited => "membership-invited",
            Self::MustEnrol => "membership-must_enrol",
            Self::MustChange => "membership-must_change",
            Self::Active => "membership-active",
            Self::Disabled => "membership-disabled",
        })
    }

    /// Whether the table is asked at all for an action in this state. Setup
    /// may invite, and for no roles but the administrators that are missing
    /// ([`super::roles::missing_administrators`]), which the inviting checks.
    pub fn admits(self, action: Action) -> bool {
        match self {
            Self::Active => true,
            Self::MustChange => action == Action::SelfPassword,
            Self::MustEnrol => action == Action::SelfSecondFactor,
            Self::Setup => {
                matches!(action, Action::PeopleInvite | Action::OfficeHome)
                    // A second way in can wait until there are three.
                    || (action.is_of_oneself() && action != Action::SelfIdentities)
            }
            Self::Invited | Self::Disabled => false,
        }
    }

    fn refusal(self) -> Message {
        Message::new(match self {
            Self::Setup => "denied-setup",
            Self::Invited => "denied-invited",
            Self::MustEnrol => "denied-must-enrol",
            Self::MustChange => "denied-must-change",
            Self::Active | Self::Disabled => "denied-disabled",
        })
    }
}

/// Roles that a person has from another, with the grants of that other: what
/// has been taken from the lender is no longer lent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lent {
    /// The delegation.
    pub delegation: Delegation,
    /// The grants of the one who is away.
    pub grants: Vec<Grant>,
}

/// A person who wants to do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub person: PersonId,
    /// In which state.
    pub membership: Membership,
    /// Grants, past and future ones too; those of others are not counted.
    pub grants: Vec<Grant>,
    /// Delegations to this person.
    pub lent: Vec<Lent>,
}

/// A role that counts on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Held {
    /// The role.
    pub role: Role,
    /// Its organization; none for an administrator.
    pub organization: Option<OrganizationId>,
    /// For whom, where it is lent.
    pub acting_for: Option<PersonId>,
}

/// What an action is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// The person who acts: their home page, password, sessions.
    Oneself,
    /// The installation.
    Installation,
    /// An organization, or something of it.
    Organization(OrganizationId),
    /// Some organization, whichever: a page that lists what [`reach`] gives.
    Somewhere,
}

/// What the table says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It may be done, by the role named; none for what everybody may.
    Allowed(Option<Held>),
    /// It may not be done, and why.
    Denied(Message),
}

impl Decision {
    /// Whether it may be done.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }

    /// For whom it is done, where the role is lent; goes into the trace.
    pub fn acting_for(&self) -> Option<PersonId> {
        match self {
            Self::Allowed(Some(held)) => held.acting_for,
            _ => None,
        }
    }
}

/// Which organizations a person reaches with an action; what lists, counts,
/// exports and suggestions are drawn from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// None.
    Nothing,
    /// The whole installation.
    All,
    /// These, sorted, each once.
    Of(Vec<OrganizationId>),
}

impl Reach {
    /// Whether an organization is reached.
    pub fn contains(&self, id: OrganizationId) -> bool {
        match self {
            Self::Nothing => false,
            Self::All => true,
            Self::Of(ids) => ids.binary_search(&id).is_ok(),
        }
    }
}

/// The roles that count on a day: of grants and delegations in force, for
/// organizations that exist. Own roles come before lent ones; to an
/// administrator nothing can be lent.
pub fn held(actor: &Actor, tree: &Tree, date: Date) -> Vec<Held> {
    let counts = |grant: &Grant| {
        let exists = grant.organization.is_none_or(|id| tree.is_valid(id, date));
        exists
            && grant.validity.contains(date)
            && grant.role.is_administrator() == grant.organization.is_none()
    };
    let own = actor
        .grants
        .iter()
        .filter(|grant| grant.person == actor.person);
    let own = own.filter(|grant| counts(grant)).map(|grant| Held {
        role: grant.role,
        organization: grant.organization,
        acting_for: None,
    });
    let own: Vec<Held> = own.collect();
    if own.iter().any(|held| held.role.is_administrator()) {
        return own;
    }
    let lent = actor.lent.iter().flat_map(|lent| {
        let delegation = &lent.delegation;
        let in_force = delegation.to == actor.person
            && delegation.from != actor.person
            && delegation
                .validity()
                .is_some_and(|days| days.contains(date));
        let grants = lent.grants.iter().filter(move |grant| {
            in_force
                && counts(grant)
                && grant.person == delegation.from
                && grant.organization == Some(delegation.organization)
                && delegation.roles.contains(&grant.role)
        });
        grants.map(|grant| Held {
            role: grant.role,
            organization: grant.organization,
            acting_for: Some(delegation.from),
        })
    });
    own.iter().copied().chain(lent).collect()
}

/// Roles that may not meet in one person count for nothing, wherever they came
/// from: a restored copy, two grants at one moment (GB/T 22239-2019 8.1.5).
fn clash(held: &[Held]) -> bool {
    held.iter().any(|one| {
        held.iter()
            .any(|other| !are_compatible(one.role, other.role))
    })
}

/// How far a role that is held reaches with an action. What is lent is not
/// lent on.
fn scope(held: Held, action: Action) -> Option<Scope> {
    let lent_on = action == Action::SelfDelegate && held.acting_for.is_some();
    action.scope(held.role).filter(|_| !lent_on)
}

/// Whether a person may do something on a day.
pub fn permits(actor: &Actor, action: Action, target: Target, tree: &Tree, date: Date) -> Decision {
    if !actor.membership.admits(action) {
        return Decision::Denied(actor.membership.refusal());
    }
    if action.who() == Who::Everyone {
        return match target {
            Target::Oneself => Decision::Allowed(None),
            _ => Decision::Denied(Message::new("denied-not-oneself")),
        };
    }
    let held = held(actor, tree, date);
    if clash(&held) {
        return Decision::Denied(Message::new("denied-clash"));
    }
    let mut may_elsewhere = false;
    for held in held {
        let Some(scope) = scope(held, action) else {
            continue;
        };
        may_elsewhere = true;
        let within = match (scope, target, held.organization) {
            (Scope::Any, ..) => true,
            // Lending one's own roles is done to oneself, by whoever has some.
            (_, Target::Oneself, _) => action.is_of_oneself(),
            (_, Target::Somewhere, Some(_)) => true,
            (_, Target::Organization(id), Some(own)) => {
                scope.includes(tree.standing(own, id, date))
            }
            _ => false,
        };
        if within {
            return Decision::Allowed(Some(held));
        }
    }
    Decision::Denied(Message::new(if may_elsewhere {
        "denied-scope"
    } else {
        "denied-role"
    }))
}

/// Which organizations a person reaches with an action on a day. What
/// everybody may do is done to oneself and reaches no organization.
pub fn reach(actor: &Actor, action: Action, tree: &Tree, date: Date) -> Reach {
    let held = held(actor, tree, date);
    if !actor.membership.admits(action) || clash(&held) {
        return Reach::Nothing;
    }
    let mut reached = BTreeSet::new();
    for held in held {
        let Some(scope) = scope(held, action) else {
            continue;
        };
        match (scope, held.organization) {
            (Scope::Any, _) => return Reach::All,
            (_, None) => {}
            (Scope::Own, Some(own)) => reached.extend(tree.own(own, date)),
            (Scope::Subordinate, Some(own)) => {
                reached.extend(tree.own(own, date));
                reached.extend(tree.subordinates(own, date));
            }
        }
    }
    if reached.is_empty() {
        Reach::Nothing
    } else {
        Reach::Of(reached.into_iter().collect())
    }
}

#[cfg(test)]
mod tests;
