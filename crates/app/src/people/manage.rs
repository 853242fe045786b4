//! What administrators do with people: see, disable, unlock, bring back, grant.

use std::collections::BTreeSet;

use gongkai_domain::organization::permissions::{Action, Target, reach};
use gongkai_domain::organization::roles::{Grant, Role};
use gongkai_domain::organization::{OrganizationId, PersonId, Validity, names, session};
use gongkai_domain::register::mask_phone;
use gongkai_domain::words::Message;
use gongkai_store::people::entry::{self, Invitation};
use gongkai_store::people::{self, Person, identities};
use gongkai_store::{StoreError, Tx};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::desk::{self, Which};
use super::invite::{lawful, write};
use super::session::{can_come_in, today};
use super::{PeopleError, Policies, SignedIn, delegate, digest_of};
use crate::audit::Who;
use crate::house::House;

/// A person as they are seen by somebody else: what is personal is masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The person.
    pub person: Person,
    /// Their telephone, masked.
    pub phone: String,
    /// Their mail address, masked.
    pub mail: String,
    /// What they hold today, with the numbers of the grants.
    pub grants: Vec<(i64, Grant)>,
}

/// People that the signed-in person may see, after a number, and how many there
/// are in all.
///
/// # Errors
/// The store's.
pub async fn list(
    house: &House,
    signed: &SignedIn,
    text: Option<&str>,
    after: i64,
    most: i64,
) -> Result<(Vec<Listed>, i64), PeopleError> {
    list_of(house, signed, Which::Anyone, text, after, most).await
}

/// The same, of those that a desk counts.
///
/// # Errors
/// The store's.
pub async fn list_of(
    house: &House,
    signed: &SignedIn,
    which: Which,
    text: Option<&str>,
    after: i64,
    most: i64,
) -> Result<(Vec<Listed>, i64), PeopleError> {
    let about = ("person", "-".to_owned());
    signed
        .demand(house, Action::PeopleSee, Target::Somewhere, about)
        .await?;
    let reach = reach(&signed.actor, Action::PeopleSee, &signed.tree, signed.today);
    let mut tx = house.db.read().await?;
    let which = desk::which(&mut tx, house, which, signed.today).await?;
    let count = people::count_within(&mut tx, &reach, &which, text).await?;
    let mut listed = Vec::new();
    for person in people::list(&mut tx, &reach, &which, text, after, most).await? {
        listed.push(as_listed(house, signed, &mut tx, person).await?);
    }
    tx.roll_back().await?;
    Ok((listed, count))
}

/// One person whom the signed-in person may see, with all their grants of now.
///
/// # Errors
/// [`PeopleError::Missing`] if there is none, or none that may be seen.
pub async fn see(house: &House, signed: &SignedIn, id: PersonId) -> Result<Listed, PeopleError> {
    let about = ("person", id.0.to_string());
    signed
        .demand(house, Action::PeopleSee, Target::Somewhere, about)
        .await?;
    let person = seen(house, signed, id).await?;
    let mut tx = house.db.read().await?;
    let listed = as_listed(house, signed, &mut tx, person).await?;
    tx.roll_back().await?;
    Ok(listed)
}

/// A person with masked contacts and what they hold today.
async fn as_listed(
    house: &House,
    signed: &SignedIn,
    tx: &mut Tx,
    person: Person,
) -> Result<Listed, PeopleError> {
    let contacts = opened(house, &person).await?;
    let grants = people::grants(tx, person.id).await?;
    let holds = |grant: &Grant| grant.validity.contains(signed.today);
    Ok(Listed {
        phone: mask_phone(&contacts.phone),
        mail: masked_mail(&contacts.mail),
        grants: grants
            .into_iter()
            .filter(|(_, grant)| holds(grant))
            .collect(),
        person,
    })
}

/// How a person is reached, in full.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contacts {
    /// Telephone.
    pub phone: String,
    /// Mail address.
    pub mail: String,
}

async fn opened(house: &House, person: &Person) -> Result<Contacts, PeopleError> {
    if person.phone.is_none() && person.mail.is_none() {
        return Ok(Contacts::default());
    }
    let key = house.vault.key(&person.key).await?;
    let open = |field: &str, sealed: &Option<Vec<u8>>| {
        let opened = sealed.as_ref().map(|sealed| key.open_text(field, sealed));
        opened.transpose().map(Option::unwrap_or_default)
    };
    Ok(Contacts {
        phone: open("phone", &person.phone)?,
        mail: open("mail", &person.mail)?,
    })
}

fn masked_mail(mail: &str) -> String {
    match mail.split_once('@') {
        Some((name, place)) => {
            let begin: String = name.chars().take(1).collect();
            format!("{begin}***@{place}")
        }
        None => "*".repeat(mail.chars().count()),
    }
}

/// The longest reason.
const REASON_CHARS_MAX: usize = 200;

/// How a person is reached, in full, for a reason that is written down.
///
/// # Errors
/// [`PeopleError::Refused`] without a reason; [`PeopleError::Denied`].
pub async fn contacts(
    house: &House,
    signed: &SignedIn,
    id: PersonId,
    reason: &str,
) -> Result<Contacts, PeopleError> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(PeopleError::refused("reason-needed"));
    }
    let reason = names::line(reason, REASON_CHARS_MAX).map_err(|error| error.message())?;
    let person = seen(house, signed, id).await?;
    let about = ("person", id.0.to_string());
    let who = signed
        .demand(house, Action::PeopleUnmask, target(&person), about)
        .await?;
    let contacts = opened(house, &person).await?;
    // Nothing is shown unless it was written down who saw it.
    let mut tx = house.db.write().await?;
    let detail = json!({ "reason": reason });
    write(
        &mut tx,
        &who,
        Action::PeopleUnmask.key(),
        id,
        detail,
        house.now(),
    )
    .await?;
    tx.commit().await?;
    Ok(contacts)
}

pub(super) fn target(person: &Person) -> Target {
    person
        .organization
        .map_or(Target::Installation, Target::Organization)
}

/// A person whom the signed-in person may see; for anybody else there is none.
async fn seen(house: &House, signed: &SignedIn, id: PersonId) -> Result<Person, PeopleError> {
    let reach = reach(&signed.actor, Action::PeopleSee, &signed.tree, signed.today);
    let mut tx = house.db.read().await?;
    let person = people::list(&mut tx, &reach, &people::Which::Anyone, None, id.0 - 1, 1).await?;
    tx.roll_back().await?;
    person
        .into_iter()
        .find(|person| person.id == id)
        .ok_or(PeopleError::Missing)
}

/// Demands an action on a person, and gives both.
pub(super) async fn allowed(
    house: &House,
    signed: &SignedIn,
    action: Action,
    id: PersonId,
) -> Result<(Person, crate::audit::Who), PeopleError> {
    let about = ("person", id.0.to_string());
    // Whether there is such a person is told only to who may do this at all.
    let somewhere = signed.may(action, Target::Somewhere).is_allowed();
    if !somewhere {
        signed
            .demand(house, action, Target::Somewhere, about)
            .await?;
        return Err(PeopleError::Missing);
    }
    let person = seen(house, signed, id).await?;
    let who = signed.demand(house, action, target(&person), about).await?;
    Ok((person, who))
}

/// Disables a person: their sessions are over at once, on every node, and so
/// is what they lent or stood in for.
///
/// # Errors
/// [`PeopleError::Denied`]; [`StoreError::Conflict`] if they were changed
/// meanwhile.
pub async fn disable(house: &House, signed: &SignedIn, id: PersonId) -> Result<(), PeopleError> {
    if id == signed.person.id {
        return Err(PeopleError::refused("disable-oneself"));
    }
    let (person, who) = allowed(house, signed, Action::PeopleDisable, id).await?;
    let now = house.now();
    let mut tx = house.db.write().await?;
    if is_needed(&mut tx, id, signed.today).await? {
        return Err(PeopleError::refused("disable-last-administrator"));
    }
    people::set_state(&mut tx, id, "disabled", person.must_change, person.version).await?;
    entry::end_sessions(&mut tx, id, "").await?;
    entry::drop_invitations(&mut tx, id).await?;
    delegate::end_all_of(&mut tx, &who, id, now).await?;
    write(
        &mut tx,
        &who,
        Action::PeopleDisable.key(),
        id,
        json!({}),
        now,
    )
    .await?;
    Ok(tx.commit().await?)
}

/// People who are disabled in one transaction.
const IDLE_AT_ONCE: i64 = 100;

/// Disables people who have not come in for 90 days (GB/T 22239-2019 8.1.4.2 c:
/// accounts that nobody uses are disabled), each written down; how many. The
/// last of each kind of administrator stays: else nobody could let anybody in.
///
/// # Errors
/// The store's.
pub async fn disable_idle(house: &House) -> Result<usize, StoreError> {
    let now = house.now();
    let days = SignedDuration::from_hours(24 * session::IDLE_PERSON_DAYS);
    let before = now.saturating_sub(days).unwrap_or(Timestamp::MIN);
    let mut tx = house.db.write().await?;
    let idle = people::idle_since(&mut tx, before, IDLE_AT_ONCE).await?;
    let who = Who::program("people.sweep");
    let mut disabled = 0;
    for id in &idle {
        if is_needed(&mut tx, *id, today(now)).await? {
            continue;
        }
        let Some(person) = people::get(&mut tx, *id).await? else {
            continue;
        };
        people::set_state(&mut tx, *id, "disabled", true, person.version).await?;
        entry::end_sessions(&mut tx, *id, "").await?;
        entry::drop_invitations(&mut tx, *id).await?;
        disabled += 1;
        delegate::end_all_of(&mut tx, &who, *id, now).await?;
        let detail = json!({ "idle_days": session::IDLE_PERSON_DAYS });
        write(&mut tx, &who, Action::PeopleDisable.key(), *id, detail, now).await?;
    }
    tx.commit().await?;
    Ok(disabled)
}

/// Forgets sessions, failures and tries at the provider that are over.
///
/// # Errors
/// The store's.
pub async fn forget(house: &House) -> Result<(), StoreError> {
    let now = house.now();
    let mut tx = house.db.write().await?;
    let policies = Policies::load(&mut tx).await?;
    let ago = |by: SignedDuration| now.saturating_sub(by).unwrap_or(Timestamp::MIN);
    let (idle, absolute) = (policies.session.idle(), policies.session.absolute());
    entry::forget(&mut tx, ago(idle), ago(absolute)).await?;
    identities::forget(&mut tx, now).await?;
    tx.commit().await
}

/// Lets a person in again who was disabled; the password is to be changed.
///
/// # Errors
/// As [`disable`].
pub async fn enable(house: &House, signed: &SignedIn, id: PersonId) -> Result<(), PeopleError> {
    let (person, who) = allowed(house, signed, Action::PeopleDisable, id).await?;
    let now = house.now();
    let mut tx = house.db.write().await?;
    let state = if person.password.is_some() {
        "active"
    } else {
        "invited"
    };
    people::set_state(&mut tx, id, state, true, person.version).await?;
    // Else the sweep of idle people would take them for idle at once.
    entry::active(&mut tx, id, now).await?;
    let detail = json!({ "enabled": true });
    write(&mut tx, &who, Action::PeopleDisable.key(), id, detail, now).await?;
    Ok(tx.commit().await?)
}

/// Takes the lock off a person's name.
///
/// # Errors
/// [`PeopleError::Denied`].
pub async fn unlock(house: &House, signed: &SignedIn, id: PersonId) -> Result<(), PeopleError> {
    let (person, who) = allowed(house, signed, Action::PeopleUnlock, id).await?;
    let mut tx = house.db.write().await?;
    let subject = house.vault.blind("login", &person.login_key);
    entry::clear_failures(&mut tx, "person", &subject).await?;
    write(
        &mut tx,
        &who,
        Action::PeopleUnlock.key(),
        id,
        json!({}),
        house.now(),
    )
    .await?;
    Ok(tx.commit().await?)
}

/// Ends every session of a person; how many.
///
/// # Errors
/// [`PeopleError::Denied`].
pub async fn end_all_sessions(
    house: &House,
    signed: &SignedIn,
    id: PersonId,
) -> Result<u64, PeopleError> {
    let (_, who) = allowed(house, signed, Action::PeopleEndSessions, id).await?;
    let mut tx = house.db.write().await?;
    let count = entry::end_sessions(&mut tx, id, "").await?;
    let detail = json!({ "count": count });
    write(
        &mut tx,
        &who,
        Action::PeopleEndSessions.key(),
        id,
        detail,
        house.now(),
    )
    .await?;
    tx.commit().await?;
    Ok(count)
}

/// How long a way back holds.
const BACK_HOLDS: SignedDuration = SignedDuration::from_hours(24);

/// Makes a way back for who has forgotten the password; its token, told once.
/// The second factor stays, and is asked for.
///
/// # Errors
/// [`PeopleError::Denied`].
pub async fn recover(
    house: &House,
    signed: &SignedIn,
    id: PersonId,
) -> Result<String, PeopleError> {
    let (_, who) = allowed(house, signed, Action::PeopleRecover, id).await?;
    let now = house.now();
    let token = house.token();
    let mut tx = house.db.write().await?;
    let current = people::held(&mut tx, id).await?;
    if current.is_none_or(|person| person.state == "disabled") {
        return Err(PeopleError::refused("recover-disabled"));
    }
    let invitation = Invitation {
        digest: digest_of(&token),
        person: Some(id),
        purpose: "recover".to_owned(),
        until: now.saturating_add(BACK_HOLDS).unwrap_or(Timestamp::MAX),
        used_at: None,
    };
    entry::invite(&mut tx, &invitation, now).await?;
    write(
        &mut tx,
        &who,
        Action::PeopleRecover.key(),
        id,
        json!({}),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(token)
}

async fn all_of(tx: &mut Tx, person: PersonId) -> Result<Vec<Grant>, StoreError> {
    let grants = people::grants(tx, person).await?;
    Ok(grants.into_iter().map(|(_, grant)| grant).collect())
}

/// Grants a role, from today or a later day on.
///
/// # Errors
/// [`PeopleError::Denied`]; [`PeopleError::Refused`] where the law of the three
/// administrators forbids it.
pub async fn grant(
    house: &House,
    signed: &SignedIn,
    id: PersonId,
    role: Role,
    organization: Option<OrganizationId>,
    from: Date,
) -> Result<i64, PeopleError> {
    let (_, who) = allowed(house, signed, Action::RolesGrant, id).await?;
    let now = house.now();
    let known = organization.is_none_or(|id| signed.tree.is_valid(id, from));
    if role.is_administrator() != organization.is_none() || !known {
        return Err(PeopleError::refused("grant-where"));
    }
    let grant = Grant {
        person: id,
        organization,
        role,
        validity: Validity::since(from),
    };
    let mut tx = house.db.write().await?;
    people::hold(&mut tx, id).await?;
    lawful(signed.person.id, &all_of(&mut tx, id).await?, &grant)?;
    let number = people::grant(&mut tx, &grant, Some(signed.person.id), now).await?;
    let detail = json!({ "role": role.key(), "organization": organization.map(|id| id.0) });
    write(&mut tx, &who, Action::RolesGrant.key(), id, detail, now).await?;
    tx.commit().await?;
    Ok(number)
}

/// Takes a role back at once; one that has not begun is dropped. What it alone
/// was lent by ends with it.
///
/// # Errors
/// [`PeopleError::Denied`]; [`PeopleError::Refused`] if it is not this
/// person's.
pub async fn revoke(
    house: &House,
    signed: &SignedIn,
    id: PersonId,
    number: i64,
) -> Result<(), PeopleError> {
    let (_, who) = allowed(house, signed, Action::RolesRevoke, id).await?;
    let now = house.now();
    let mut tx = house.db.write().await?;
    // The person too, or a role could be lent while it is taken back.
    hold_administrators(&mut tx, Some(id)).await?;
    let grants = people::grants(&mut tx, id).await?;
    let found = grants.into_iter().find(|(own, _)| *own == number);
    let (_, grant) = found.ok_or_else(|| PeopleError::refused("grant-over"))?;
    let last = signed.today.yesterday().map_err(|_| PeopleError::Missing)?;
    if grant.role.is_administrator() && is_last(&mut tx, &grant, signed.today).await? {
        return Err(Message::new("revoke-last-administrator").into());
    }
    people::end_grant(&mut tx, number, last).await?;
    let detail =
        json!({ "role": grant.role.key(), "organization": grant.organization.map(|id| id.0) });
    write(&mut tx, &who, Action::RolesRevoke.key(), id, detail, now).await?;
    delegate::end_hollow(&mut tx, &who, id, now).await?;
    Ok(tx.commit().await?)
}

/// Holds all administrators, always in the same order, so that two who would
/// take away the last two see each other.
async fn hold_administrators(tx: &mut Tx, also: Option<PersonId>) -> Result<(), StoreError> {
    let all = people::all_grants(tx).await?;
    let administrators = all
        .iter()
        .filter(|(_, grant)| grant.role.is_administrator());
    let ids = administrators.map(|(_, grant)| grant.person);
    let ids: BTreeSet<PersonId> = ids.chain(also).collect();
    for id in ids {
        people::hold(tx, id).await?;
    }
    Ok(())
}

/// Whether nobody else who can come in holds this role: the house would be
/// without.
async fn is_last(tx: &mut Tx, grant: &Grant, day: Date) -> Result<bool, StoreError> {
    for (_, other) in people::all_grants(tx).await? {
        if other.role == grant.role
            && other.person != grant.person
            && other.validity.contains(day)
            && can_come_in(tx, other.person).await?
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether somebody is the last administrator of a kind who can come in.
/// Nobody changes who is until the transaction ends.
async fn is_needed(tx: &mut Tx, id: PersonId, day: Date) -> Result<bool, StoreError> {
    hold_administrators(tx, Some(id)).await?;
    if !can_come_in(tx, id).await? {
        return Ok(false);
    }
    for grant in all_of(tx, id).await? {
        let holds = grant.role.is_administrator() && grant.validity.contains(day);
        if holds && is_last(tx, &grant, day).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_personal_is_masked() {
        for (phone, shown) in [
            ("13800001234", "138****1234"),
            ("87654321", "****4321"),
            ("110", "***"),
            ("", ""),
        ] {
            assert_eq!(mask_phone(phone), shown);
        }
        assert_eq!(masked_mail("li@example.gov.cn"), "l***@example.gov.cn");
        assert_eq!(masked_mail("nothing"), "*******");
    }
}
