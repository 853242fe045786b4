//! Roles, who may hold them, how many hands a chain needs, and delegation.
//!
//! Owns the rules of granting; what a role may do is told by
//! [`super::permissions`] alone.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::body::{OrganizationId, PersonId, Validity};
use super::tree::{Standing, Tree};
use crate::words::Message;

/// What a person is for an organization, or for the installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// 联络员: keeps the organization's entries, takes in what comes.
    Clerk,
    /// 承办人: works on a case or an item.
    Handler,
    /// 审核人: reviews it.
    Reviewer,
    /// 合法性审核人: reviews its lawfulness.
    LegalReviewer,
    /// 工作机构负责人: heads the disclosure office (Art. 4), approves
    /// extensions (Art. 33 ¶2).
    OfficeHead,
    /// 分管领导: decides.
    Leader,
    /// 保密审查员 (Art. 17).
    SecrecyReviewer,
    /// 监督员: looks after the bodies supervised (Arts 3, 46, 47).
    Supervisor,
    /// 系统管理员 (GB/T 22239-2019 8.1.5.1).
    SystemAdministrator,
    /// 安全管理员 (GB/T 22239-2019 8.1.5.3).
    SecurityAdministrator,
    /// 审计管理员 (GB/T 22239-2019 8.1.5.2).
    AuditAdministrator,
}

impl Role {
    /// All roles: those of an organization, then the administrators.
    pub const ALL: [Self; 11] = [
        Self::Clerk,
        Self::Handler,
        Self::Reviewer,
        Self::LegalReviewer,
        Self::OfficeHead,
        Self::Leader,
        Self::SecrecyReviewer,
        Self::Supervisor,
        Self::SystemAdministrator,
        Self::SecurityAdministrator,
        Self::AuditAdministrator,
    ];

    /// The three administrators (三员).
    pub const ADMINISTRATORS: [Self; 3] = [
        Self::SystemAdministrator,
        Self::SecurityAdministrator,
        Self::AuditAdministrator,
    ];

    /// The word for storage; it never changes.
    pub fn key(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Handler => "handler",
            Self::Reviewer => "reviewer",
            Self::LegalReviewer => "legal_reviewer",
            Self::OfficeHead => "office_head",
            Self::Leader => "leader",
            Self::SecrecyReviewer => "secrecy_reviewer",
            Self::Supervisor => "supervisor",
            Self::SystemAdministrator => "system_administrator",
            Self::SecurityAdministrator => "security_administrator",
            Self::AuditAdministrator => "audit_administrator",
        }
    }

    /// The role of a stored word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.key() == key)
    }

    /// Its name for people.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::Clerk => "role-clerk",
            Self::Handler => "role-handler",
            Self::Reviewer => "role-reviewer",
            Self::LegalReviewer => "role-legal_reviewer",
            Self::OfficeHead => "role-office_head",
            Self::Leader => "role-leader",
            Self::SecrecyReviewer => "role-secrecy_reviewer",
            Self::Supervisor => "role-supervisor",
            Self::SystemAdministrator => "role-system_administrator",
            Self::SecurityAdministrator => "role-security_administrator",
            Self::AuditAdministrator => "role-audit_administrator",
        })
    }

    /// Whether it is one of the three of the installation.
    pub fn is_administrator(self) -> bool {
        Self::ADMINISTRATORS.contains(&self)
    }
}

/// A role given to a person, for an organization or for the installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Grant {
    /// Who holds it.
    pub person: PersonId,
    /// For which organization; none for an administrator.
    pub organization: Option<OrganizationId>,
    /// The role.
    pub role: Role,
    /// When it is held.
    pub validity: Validity,
}

/// GB/T 22239-2019 8.1.5.1 to 8.1.5.3 (三员分立): whether a person with these
/// grants may hold a role in a period. The three administrators are never one
/// person, and none of them holds a role in an organization. Grants of other
/// times are no hindrance.
///
/// # Errors
/// What stands against it.
pub fn may_hold(existing: &[Grant], role: Role, validity: Validity) -> Result<(), Message> {
    let mut held = existing
        .iter()
        .filter(|grant| grant.validity.overlaps(validity))
        .map(|grant| grant.role);
    match held.find(|held| !are_compatible(*held, role)) {
        Some(held) if held.is_administrator() && role.is_administrator() => {
            Err(Message::new("grant-three-administrators"))
        }
        Some(_) => Err(Message::new("grant-administrator-apart")),
        None => Ok(()),
    }
}

/// Whether one person may hold both roles at one time.
pub fn are_compatible(one: Role, other: Role) -> bool {
    one == other || !(one.is_administrator() || other.is_administrator())
}

/// Whether a person may give a grant: not to oneself, an administrator's role
/// for the installation and any other for an organization, not what is held
/// already, and only what [`may_hold`] allows. `existing` are the grants of the
/// person who is to hold it. Whether the giver may give at all is asked of the
/// permission table.
///
/// # Errors
/// What stands against it.
pub fn may_grant(giver: PersonId, existing: &[Grant], grant: &Grant) -> Result<(), Message> {
    if giver == grant.person {
        return Err(Message::new("grant-to-oneself"));
    }
    match (grant.role.is_administrator(), grant.organization) {
        (true, Some(_)) => return Err(Message::new("grant-administrator-of-organization")),
        (false, None) => return Err(Message::new("grant-without-organization")),
        _ => {}
    }
    let of_person = |held: &&Grant| held.person == grant.person;
    let existing: Vec<Grant> = existing.iter().filter(of_person).copied().collect();
    let is_same = |held: &Grant| {
        (held.role, held.organization) == (grant.role, grant.organization)
            && held.validity.overlaps(grant.validity)
    };
    if existing.iter().any(is_same) {
        return Err(Message::new("grant-twice"));
    }
    may_hold(&existing, grant.role, grant.validity)
}

/// The administrators whom an installation still lacks on a day. While any is
/// lacking, the first system administrator can do nothing but invite them
/// ([`super::permissions::Membership::Setup`]), and such an invitation carries
/// the role that is lacking: there is nobody yet who could grant it.
pub fn missing_administrators(grants: &[Grant], date: Date) -> Vec<Role> {
    let held: BTreeSet<Role> = grants
        .iter()
        .filter(|grant| grant.validity.contains(date))
        .map(|grant| grant.role)
        .collect();
    let mut missing = Role::ADMINISTRATORS.to_vec();
    missing.retain(|role| !held.contains(role));
    missing
}

/// How many different people a chain of reviews needs. A small body sets it
/// low, never below two: nobody publishes or decides alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hands(u8);

impl Hands {
    /// Two pairs of eyes, the least there may be.
    pub const MIN: u8 = 2;
    /// 三审三校 has no more steps than this with legal and secrecy review.
    pub const MAX: u8 = 8;

    /// Reads the setting.
    ///
    /// # Errors
    /// Fewer than two, or more than a chain has steps.
    pub fn new(people: u8) -> Result<Self, Message> {
        if (Self::MIN..=Self::MAX).contains(&people) {
            Ok(Self(people))
        } else {
            Err(Message::new("hands-range")
                .with("min", Self::MIN)
                .with("max", Self::MAX))
        }
    }

    /// The number of people.
    pub fn people(self) -> usize {
        usize::from(self.0)
    }
}

impl Default for Hands {
    /// Two.
    fn default() -> Self {
        Self(Self::MIN)
    }
}

/// One step that was taken in a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Act {
    /// Who took it.
    pub person: PersonId,
    /// For whom, where the role was delegated.
    pub acting_for: Option<PersonId>,
}

impl Act {
    /// Whether a person has a part in it, as the hand or as the one acted for.
    pub fn involves(self, person: PersonId) -> bool {
        self.person == person || self.acting_for == Some(person)
    }
}

/// The different people who have acted.
pub fn hands_of(acts: &[Act]) -> usize {
    acts.iter()
        .map(|act| act.person)
        .collect::<BTreeSet<_>>()
        .len()
}

/// Whether a person may take the next step of a chain of which `steps_after`
/// steps will remain. In one's own right one may take several, as long as the
/// chain can still find the hands it needs. Delegation never lets one person
/// act twice: neither the one who stands in nor the one stood in for has a part
/// in any other step of the chain.
///
/// # Errors
/// What stands against it.
pub fn may_act(hands: Hands, done: &[Act], next: Act, steps_after: usize) -> Result<(), Message> {
    if next.acting_for == Some(next.person) {
        return Err(Message::new("delegation-to-oneself"));
    }
    let clashes = |act: &Act| {
        let delegated = act.acting_for.is_some() || next.acting_for.is_some();
        let shared =
            act.involves(next.person) || next.acting_for.is_some_and(|person| act.involves(person));
        delegated && shared
    };
    if done.iter().any(clashes) {
        return Err(Message::new("hands-twice-by-delegation"));
    }
    let mut acts = done.to_vec();
    acts.push(next);
    if hands_of(&acts) + steps_after < hands.people() {
        return Err(Message::new("hands-too-few").with("people", hands.people()));
    }
    Ok(())
}

/// Roles lent for an absence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// Who is away.
    pub from: PersonId,
    /// Who stands in.
    pub to: PersonId,
    /// For which organization.
    pub organization: OrganizationId,
    /// Which roles.
    pub roles: Vec<Role>,
    /// The first day.
    pub from_day: Date,
    /// The last day.
    pub until_day: Date,
    /// Why; it stands in the trace.
    pub reason: String,
}

impl Delegation {
    /// Its days; none where they are in the wrong order.
    pub fn validity(&self) -> Option<Validity> {
        Validity::new(self.from_day, Some(self.until_day)).ok()
    }

    /// How far it has come on a day; `is_ended` where it was ended early.
    pub fn stage(&self, is_ended: bool, day: Date) -> Stage {
        match is_ended {
            true => Stage::Ended,
            false if day < self.from_day => Stage::Coming,
            false if day <= self.until_day => Stage::InForce,
            false => Stage::Over,
        }
    }

    /// Whether the lender still works here and the one who stands in still
    /// works in the organization: else nothing is lent any more, whatever is
    /// written down. `works_in` is where the one who stands in works now.
    pub fn is_between_people_at_work(
        &self,
        lender_is_active: bool,
        works_in: Option<OrganizationId>,
        tree: &Tree,
        day: Date,
    ) -> bool {
        let within = |works_in| tree.standing(self.organization, works_in, day) == Standing::Own;
        lender_is_active && works_in.is_some_and(within)
    }

    /// Whether the lender holds none of its roles any more, today or, where it
    /// is still to come, on its first day. `grants` are the lender's.
    pub fn is_hollow(&self, grants: &[Grant], day: Date) -> bool {
        let day = day.max(self.from_day);
        let is_held = |role: &Role| {
            grants
                .iter()
                .any(|grant| self.is_of(grant, *role) && grant.validity.contains(day))
        };
        !self.roles.iter().any(is_held)
    }

    /// Whether a grant is the lender's own of this role.
    fn is_of(&self, grant: &Grant, role: Role) -> bool {
        grant.person == self.from
            && (grant.role, grant.organization) == (role, Some(self.organization))
    }

    /// Whether another one lends the same role of the same lender.
    fn lends_as(&self, other: &Self, role: Role) -> bool {
        (self.from, self.organization) == (other.from, other.organization)
            && other.roles.contains(&role)
    }
}

/// How far a delegation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Its first day is still to come.
    Coming,
    /// It is one of its days.
    InForce,
    /// Its last day is over.
    Over,
    /// It was ended early.
    Ended,
}

impl Stage {
    /// Its name for people.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::Coming => "delegation-stage-coming",
            Self::InForce => "delegation-stage-in_force",
            Self::Over => "delegation-stage-over",
            Self::Ended => "delegation-stage-ended",
        })
    }

    /// Whether it counts or will: there is something to end.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Coming | Self::InForce)
    }
}

/// Limits of delegation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DelegationRules {
    /// The longest delegation in days, the first and the last included; whoever
    /// is away longer is replaced by a grant.
    pub days_max: u32,
}

impl DelegationRules {
    /// The most that the setting may be: after as many days without a login a
    /// person is disabled, and nothing is lent any more
    /// ([`super::session::IDLE_PERSON_DAYS`]).
    pub const DAYS_MOST: u32 = 90;

    /// Reads the setting.
    ///
    /// # Errors
    /// No day, or more than [`Self::DAYS_MOST`].
    pub fn new(days_max: i64) -> Result<Self, Message> {
        match u32::try_from(days_max) {
            Ok(days_max @ 1..=Self::DAYS_MOST) => Ok(Self { days_max }),
            _ => Err(Message::new("delegation-days-range").with("max", Self::DAYS_MOST)),
        }
    }
}

impl Default for DelegationRules {
    fn default() -> Self {
        Self { days_max: 30 }
    }
}

/// What is known when a delegation is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// Today: nobody lends for days that are gone.
    pub today: Date,
    /// Grants of both people.
    pub grants: &'a [Grant],
    /// Other delegations in which either has a part, without those that were
    /// ended early.
    pub delegations: &'a [Delegation],
    /// The organization in which the one who is to stand in works.
    pub works_in: OrganizationId,
    /// The bodies.
    pub tree: &'a Tree,
}

/// Everything that stands against a delegation; nothing where it may be made.
pub fn check_delegation(
    delegation: &Delegation,
    rules: DelegationRules,
    known: &Circumstances<'_>,
) -> Vec<Message> {
    let mut wrong = Vec::new();
    if delegation.from == delegation.to {
        wrong.push(Message::new("delegation-to-oneself"));
    }
    if delegation.reason.trim().is_empty() {
        wrong.push(Message::new("delegation-no-reason"));
    }
    if delegation.roles.is_empty() {
        wrong.push(Message::new("delegation-no-roles"));
    }
    let validity = match Validity::new(delegation.from_day, Some(delegation.until_day)) {
        Ok(validity) => validity,
        Err(reversed) => {
            wrong.push(reversed);
            return wrong;
        }
    };
    if delegation.from_day < known.today {
        wrong.push(Message::new("delegation-past"));
    }
    let run = |role: &Role| longest_run(delegation, *role, known.delegations);
    let days = delegation.roles.iter().map(run).max();
    let days = days.unwrap_or_else(|| days_between(delegation.from_day, delegation.until_day));
    if days > i64::from(rules.days_max) {
        wrong.push(Message::new("delegation-too-long").with("max", rules.days_max));
    }
    let is_away = |other: &Delegation| {
        other.from == delegation.to && other.validity().is_some_and(|days| days.overlaps(validity))
    };
    if delegation.from != delegation.to && known.delegations.iter().any(is_away) {
        wrong.push(Message::new("delegation-to-absent"));
    }
    let works_in = known.works_in;
    let (organization, day) = (delegation.organization, delegation.from_day);
    if known.tree.standing(organization, works_in, day) != Standing::Own {
        wrong.push(Message::new("delegation-other-organization"));
    }
    let is_administrator = |grant: &Grant| {
        grant.person == delegation.to
            && grant.role.is_administrator()
            && grant.validity.overlaps(validity)
    };
    if known.grants.iter().any(is_administrator) {
        wrong.push(Message::new("grant-administrator-apart"));
    }
    let roles = delegation.roles.iter();
    wrong.extend(roles.filter_map(|role| check_role(delegation, *role, validity, known)));
    wrong
}

fn days_between(first: Date, last: Date) -> i64 {
    i64::from((last - first).get_days()) + 1
}

/// How many days on end a role would be away from its holder: one delegation
/// after the other is one absence, whoever stands in.
fn longest_run(delegation: &Delegation, role: Role, others: &[Delegation]) -> i64 {
    let (mut first, mut last) = (delegation.from_day, delegation.until_day);
    let alike = |other: &&Delegation| delegation.lends_as(other, role);
    let mut rest: Vec<&Delegation> = others.iter().filter(alike).collect();
    // Each round takes in what touches; what does not is left, and it ends.
    loop {
        let before = rest.len();
        rest.retain(|other| {
            let touches = days_between(last, other.from_day) <= 2
                && days_between(other.until_day, first) <= 2;
            if touches {
                first = first.min(other.from_day);
                last = last.max(other.until_day);
            }
            !touches
        });
        if rest.len() == before {
            return days_between(first, last);
        }
    }
}

fn check_role(
    delegation: &Delegation,
    role: Role,
    validity: Validity,
    known: &Circumstances<'_>,
) -> Option<Message> {
    if role.is_administrator() {
        return Some(Message::new("delegation-of-administrator"));
    }
    let organization = delegation.organization;
    let holds = |person: PersonId| {
        known.grants.iter().any(|grant| {
            grant.person == person
                && (grant.role, grant.organization) == (role, Some(organization))
                && grant.validity.covers(validity)
        })
    };
    if holds(delegation.from) {
        let is_lent = known.delegations.iter().any(|other| {
            delegation.lends_as(other, role)
                && other.validity().is_some_and(|days| days.overlaps(validity))
        });
        // Who holds a role acts in their own right: the trace would name nobody.
        return if delegation.from != delegation.to && holds(delegation.to) {
            Some(Message::new("delegation-held-already"))
        } else {
            is_lent.then(|| Message::new("delegation-twice"))
        };
    }
    let borrowed = known.delegations.iter().any(|other| {
        other.to == delegation.from
            && other.organization == organization
            && other.roles.contains(&role)
            && other.validity().is_some_and(|days| days.overlaps(validity))
    });
    Some(Message::new(if borrowed {
        "delegation-of-delegated"
    } else {
        "delegation-of-not-held"
    }))
}

#[cfg(test)]
mod tests;
