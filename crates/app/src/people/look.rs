//! What is seen of people: masked in lists, in full for a reason.

use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::permissions::{Action, Target, reach};
use gongkai_domain::organization::roles::{Grant, Role};
use gongkai_domain::organization::{PersonId, names};
use gongkai_domain::register::mask_phone;
use gongkai_store::Tx;
use gongkai_store::people::{self, Person};
use serde_json::json;

use super::desk::{self, Which};
use super::invite::write;
use super::manage::target;
use super::session::can_come_in;
use super::{PeopleError, SignedIn};
use crate::audit::{self, Deed, Who};
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
/// are in all. Whose contacts were opened to be masked is written down.
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
    let who = signed
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
    written_down(house, signed, &who, &listed).await?;
    Ok((listed, count))
}

/// Writes down whose telephone and mail address were opened, if only to be
/// masked (个人信息保护法 第五十四条: what is done with personal data can be
/// audited). One's own, and none, are not told.
async fn written_down(
    house: &House,
    signed: &SignedIn,
    who: &Who,
    listed: &[Listed],
) -> Result<(), PeopleError> {
    let opened = |one: &&Listed| {
        one.person.id != signed.person.id && !(one.phone.is_empty() && one.mail.is_empty())
    };
    let people: Vec<i64> = listed
        .iter()
        .filter(opened)
        .map(|one| one.person.id.0)
        .collect();
    if people.is_empty() {
        return Ok(());
    }
    let mut tx = house.db.write().await?;
    let deed = Deed {
        action: Action::PeopleSee.key(),
        object_kind: "person",
        object: "-".to_owned(),
        outcome: Outcome::Done,
        detail: json!({ "people": people }),
    };
    audit::write(&mut tx, who, &deed, house.now()).await?;
    Ok(tx.commit().await?)
}

/// One person whom the signed-in person may see, with all their grants of now.
///
/// # Errors
/// [`PeopleError::Missing`] if there is none, or none that may be seen.
pub async fn see(house: &House, signed: &SignedIn, id: PersonId) -> Result<Listed, PeopleError> {
    let about = ("person", id.0.to_string());
    let who = signed
        .demand(house, Action::PeopleSee, Target::Somewhere, about)
        .await?;
    let person = seen(house, signed, id).await?;
    let mut tx = house.db.read().await?;
    let listed = as_listed(house, signed, &mut tx, person).await?;
    tx.roll_back().await?;
    written_down(house, signed, &who, std::slice::from_ref(&listed)).await?;
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

/// The mail address of a person, for the program to write to; empty where
/// there is none.
pub(crate) async fn mail_address(house: &House, person: &Person) -> Result<String, PeopleError> {
    Ok(opened(house, person).await?.mail)
}

/// Mail addresses of those who hold a role today and can come in, for what the
/// program has to tell them. Who calls this writes down that it was used.
///
/// # Errors
/// The store's, or a key's.
pub(crate) async fn mail_of(house: &House, role: Role) -> Result<Vec<String>, PeopleError> {
    let day = house.today();
    let mut tx = house.db.read().await?;
    let mut found = Vec::new();
    for (_, grant) in people::all_grants(&mut tx).await? {
        let holds = grant.role == role && grant.validity.contains(day);
        if holds && can_come_in(&mut tx, grant.person).await? {
            found.extend(people::get(&mut tx, grant.person).await?);
        }
    }
    tx.roll_back().await?;
    let mut addresses = Vec::new();
    for person in &found {
        let mail = opened(house, person).await?.mail;
        if !mail.is_empty() && !addresses.contains(&mail) {
            addresses.push(mail);
        }
    }
    Ok(addresses)
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

/// A person whom the signed-in person may see; for anybody else there is none.
pub(super) async fn seen(
    house: &House,
    signed: &SignedIn,
    id: PersonId,
) -> Result<Person, PeopleError> {
    let reach = reach(&signed.actor, Action::PeopleSee, &signed.tree, signed.today);
    let mut tx = house.db.read().await?;
    let person = people::list(&mut tx, &reach, &people::Which::Anyone, None, id.0 - 1, 1).await?;
    tx.roll_back().await?;
    person
        .into_iter()
        .find(|person| person.id == id)
        .ok_or(PeopleError::Missing)
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
