//! Changing a person's name and how they are reached.

use gongkai_domain::organization::PersonId;
use gongkai_domain::organization::names;
use gongkai_domain::organization::permissions::Action;
use gongkai_domain::organization::staff::{NAME_CHARS_MAX, reachable};
use gongkai_store::people::{self, Details, Person};
use serde_json::json;

use super::invite::{sealed, write};
use super::manage::allowed;
use super::{PeopleError, SignedIn};
use crate::house::House;

/// What is to be changed. What is masked on the page is not sent back by it:
/// nothing means that it stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The name.
    pub display_name: String,
    /// The telephone; empty to take it away, none to leave it.
    pub phone: Option<String>,
    /// The mail address, likewise.
    pub mail: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// It is done.
    Done,
    /// Somebody else changed the person meanwhile; nothing was done.
    Meanwhile {
        /// Their version now.
        version: i64,
        /// Their name now.
        display_name: String,
    },
}

/// Changes a person of the version that was seen.
///
/// # Errors
/// [`PeopleError::Denied`]; [`PeopleError::Refused`] with everything that is
/// wrong.
pub async fn change(
    house: &House,
    signed: &SignedIn,
    id: PersonId,
    change: &Change,
    version: i64,
) -> Result<Changed, PeopleError> {
    let (person, who) = allowed(house, signed, Action::PeopleChange, id).await?;
    let name = names::line(&change.display_name, NAME_CHARS_MAX);
    let (phone, mail) = (change.phone.as_deref(), change.mail.as_deref());
    let mut wrong = reachable(phone.unwrap_or_default(), mail.unwrap_or_default());
    let name = match name {
        Ok(name) => name,
        Err(error) => {
            wrong.insert(0, error.message());
            return Err(PeopleError::Refused(wrong));
        }
    };
    if !wrong.is_empty() {
        return Err(PeopleError::Refused(wrong));
    }
    let key = house.vault.key(&person.key).await?;
    let mut tx = house.db.write().await?;
    let Some(current) = people::held(&mut tx, id).await? else {
        return Err(PeopleError::Missing);
    };
    if current.version != version {
        return Ok(meanwhile(current));
    }
    let details = Details {
        display_name: &name,
        phone: phone.map(|phone| sealed(house, &key, "phone", phone)),
        mail: mail.map(|mail| sealed(house, &key, "mail", mail)),
    };
    people::change(&mut tx, id, &details, version).await?;
    let detail = json!({
        "name": name != current.display_name,
        "phone": phone.is_some(),
        "mail": mail.is_some(),
    });
    write(
        &mut tx,
        &who,
        Action::PeopleChange.key(),
        id,
        detail,
        house.now(),
    )
    .await?;
    tx.commit().await?;
    Ok(Changed::Done)
}

fn meanwhile(person: Person) -> Changed {
    Changed::Meanwhile {
        version: person.version,
        display_name: person.display_name,
    }
}
