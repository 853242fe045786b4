//! What the program tells those who run it.

use gongkai_domain::organization::roles::Role;
use gongkai_domain::outbox::{Line, MailAddress};
use gongkai_domain::words::{Language, Message, Words};
use gongkai_store::{Tx, people};

use super::{Letter, mail};
use crate::house::House;
use crate::vault::VaultError;

/// Writes a mail to every system administrator at work who has an address; to
/// how many.
///
/// # Errors
/// The store's and the vault's.
pub(super) async fn tell_administrators(
    tx: &mut Tx,
    house: &House,
    purpose: &str,
    subject: &Message,
    text: &Message,
) -> Result<usize, VaultError> {
    let words = Words::of(Language::Chinese);
    let Ok(subject) = Line::parse(&words.render(subject)) else {
        return Ok(0);
    };
    let (today, mut told) = (house.today(), 0);
    for (_, grant) in people::all_grants(tx).await? {
        if grant.role != Role::SystemAdministrator || !grant.validity.contains(today) {
            continue;
        }
        let person = people::get(tx, grant.person).await?;
        let Some(person) = person.filter(|person| person.state == "active") else {
            continue;
        };
        let Some(to) = address_of(house, &person).await? else {
            continue;
        };
        let letter = Letter {
            to,
            subject: subject.clone(),
            text: words.render(text),
            attachments: Vec::new(),
        };
        mail(tx, house, purpose, &letter).await?;
        told += 1;
    }
    Ok(told)
}

/// A person's mail address, where there is one to which mail can go.
pub(super) async fn address_of(
    house: &House,
    person: &people::Person,
) -> Result<Option<MailAddress>, VaultError> {
    let Some(sealed) = &person.mail else {
        return Ok(None);
    };
    let key = house.vault.key(&person.key).await?;
    Ok(MailAddress::parse(&key.open_text("mail", sealed)?).ok())
}
