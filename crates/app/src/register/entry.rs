//! Adding an entry, putting it right, erasing it.

use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::register::{self as rules, RegisteredPerson, Typed};
use gongkai_domain::words::Message;
use gongkai_store::register;
use gongkai_store::{StoreError, Tx};
use serde_json::json;
use tracing::warn;

use super::look::seen;
use super::places::Places;
use super::{
    Halt, KIND, NONE, RegisterError, RegisterId, allowed, deed, document_index, listed, open,
    sealed, sent, settle,
};
use crate::audit::{self, Who};
use crate::house::House;
use crate::jobs;
use crate::once::once;
use crate::people::SignedIn;

const ADD: Action = Action::PersonsRegisterAdd;
const ERASE: Action = Action::PersonsRegisterErase;

/// Adds an entry to an organization's register; its number. Sent twice, it is
/// added once.
///
/// # Errors
/// [`RegisterError::Exists`] if the organization has an entry of this document.
pub async fn add(
    house: &House,
    signed: &SignedIn,
    key: &str,
    organization: Option<OrganizationId>,
    typed: Typed<'_>,
) -> Result<RegisterId, RegisterError> {
    let target = organization.map_or(Target::Somewhere, Target::Organization);
    let about = (KIND, NONE.to_owned());
    let who = signed.demand(house, ADD, target, about).await?;
    let read = RegisteredPerson::read(typed, signed.today);
    let (organization, person) = match (organization, read) {
        (Some(organization), Ok(person)) => (organization, person),
        (organization, read) => {
            let nowhere = organization.is_none();
            let nowhere = nowhere.then(|| Message::new("register-no-organization"));
            let wrong = read.err().unwrap_or_default();
            return Err(RegisterError::Refused(
                nowhere.into_iter().chain(wrong).collect(),
            ));
        }
    };
    let place = organization.to_string();
    let Typed {
        name,
        kind,
        number,
        phone,
    } = typed;
    let fields = [place.as_str(), name, kind, number, phone];
    let sent = sent(house, signed, "register.add", key, fields);
    let work = async |tx: Tx| added(house, signed, &who, organization, &person, tx).await;
    let done: Result<String, Halt> = once(house, &sent, work).await;
    let error = match done {
        Ok(answer) => return Ok(RegisterId(number_of(&answer)?)),
        Err(Halt::Stop(RegisterError::Store(StoreError::Duplicate(_)))) => {
            twin_of(house, organization, &person).await?
        }
        Err(Halt::Stop(error)) => error,
        Err(Halt::Denied(_)) => RegisterError::Missing,
    };
    Err(told(house, &who, error).await?)
}

/// That there is one already shows who it is: that too is written down.
async fn told(
    house: &House,
    who: &Who,
    error: RegisterError,
) -> Result<RegisterError, RegisterError> {
    if let RegisterError::Exists(there) = &error {
        let shown = std::slice::from_ref(&**there);
        seen(house, who, shown, json!({ "by": "document" })).await?;
    }
    Ok(error)
}

fn number_of(answer: &str) -> Result<i64, StoreError> {
    let told = |_| StoreError::Refused("the answer kept for a form is no number".to_owned());
    answer.parse().map_err(told)
}

async fn added(
    house: &House,
    signed: &SignedIn,
    who: &Who,
    organization: OrganizationId,
    person: &RegisteredPerson,
    mut tx: Tx,
) -> Result<(Tx, String), Halt> {
    refuse_twin(&mut tx, house, (signed, who), organization, None, person).await?;
    let key = house.vault.new_key().await?;
    let contents = sealed(house, &key, organization, person)?;
    let now = house.now();
    let id = register::add(&mut tx, organization, &key.id, &contents, now).await?;
    let detail = json!({ "organization": organization.0 });
    audit::write(&mut tx, who, &deed(ADD, id.to_string(), detail), now).await?;
    Ok((tx, id.to_string()))
}

/// Refuses a second entry of a document in one organization. One that nobody
/// can read any more, because its key was erased and an older copy of the
/// records came back, gives way.
async fn refuse_twin(
    tx: &mut Tx,
    house: &House,
    (signed, who): (&SignedIn, &Who),
    organization: OrganizationId,
    own: Option<RegisterId>,
    person: &RegisteredPerson,
) -> Result<(), Halt> {
    let index = document_index(house, &person.document);
    let places = Places::of(tx, signed).await?.answered_by(organization);
    for place in places {
        let twin = register::twin(tx, place, &index).await?;
        let Some(twin) = twin.filter(|twin| Some(twin.id) != own) else {
            continue;
        };
        if let Some((_, there)) = open(house, &twin).await? {
            let there = listed(&twin, Some(there.masked()));
            return Err(RegisterError::Exists(Box::new(there)).into());
        }
        let now = house.now();
        register::erase(tx, twin.id, twin.version, now).await?;
        let detail = json!({ "reason": "its key was erased before" });
        let deed = deed(ERASE, twin.id.to_string(), detail);
        audit::write(tx, who, &deed, now).await?;
    }
    Ok(())
}

/// What is told where another made the same entry at the same time.
async fn twin_of(
    house: &House,
    organization: OrganizationId,
    person: &RegisteredPerson,
) -> Result<RegisterError, RegisterError> {
    let index = document_index(house, &person.document);
    let mut tx = house.db.read().await?;
    let twin = register::twin(&mut tx, organization, &index).await?;
    tx.roll_back().await?;
    let twin = twin.ok_or(StoreError::Conflict)?;
    let shown = open(house, &twin).await?.map(|(_, there)| there.masked());
    Ok(RegisterError::Exists(Box::new(listed(&twin, shown))))
}

/// Puts an entry right. A number and a telephone that were left empty stay. What
/// is so already is left as it is; sent twice, it is done once.
///
/// # Errors
/// [`RegisterError::Changed`] tells what someone else wrote meanwhile;
/// [`RegisterError::Exists`] as for [`add`].
pub async fn change(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: (RegisterId, i64),
    typed: Typed<'_>,
    drop_phone: bool,
) -> Result<(), RegisterError> {
    let (id, version) = seen;
    let (object, seen_version) = (id.to_string(), version.to_string());
    let Typed {
        name,
        kind,
        number,
        phone,
    } = typed;
    let dropped = if drop_phone { "drop" } else { "" };
    let fields = [
        object.as_str(),
        &seen_version,
        name,
        kind,
        number,
        phone,
        dropped,
    ];
    let sent = sent(house, signed, "register.change", key, fields);
    let edit = |there: &RegisteredPerson| there.changed(typed, drop_phone, signed.today);
    let work = async |tx: Tx| changed(house, signed, id, version, &edit, tx).await;
    let done: Result<String, Halt> = once(house, &sent, work).await;
    match settle(house, signed, ADD, id, done.map(drop)).await {
        // Somebody entered the same document at the same moment.
        Err(RegisterError::Store(StoreError::Duplicate(_))) => Err(StoreError::Conflict.into()),
        Err(error) => Err(told(house, &signed.who, error).await?),
        Ok(()) => Ok(()),
    }
}

async fn changed(
    house: &House,
    signed: &SignedIn,
    id: RegisterId,
    version: i64,
    edit: impl Fn(&RegisteredPerson) -> Result<RegisteredPerson, Vec<Message>>,
    mut tx: Tx,
) -> Result<(Tx, String), Halt> {
    let (kept, who) = allowed(&mut tx, signed, ADD, id).await?;
    let (key, there) = open(house, &kept).await?.ok_or(RegisterError::Missing)?;
    let new = edit(&there).map_err(RegisterError::Refused)?;
    let parts = there.differing(&new);
    // Sent twice, or by two people who say the same.
    if parts.is_empty() {
        return Ok((tx, id.to_string()));
    }
    if kept.version != version {
        let changed = RegisterError::Changed {
            version: kept.version,
            parts,
            theirs: Box::new(there.masked()),
            yours: Box::new(new.masked()),
        };
        return Err(changed.into());
    }
    let place = kept.organization;
    refuse_twin(&mut tx, house, (signed, &who), place, Some(id), &new).await?;
    let contents = sealed(house, &key, kept.organization, &new)?;
    let now = house.now();
    register::change(&mut tx, id, &contents, version, now).await?;
    let fields: Vec<&str> = parts.iter().map(|part| part.key()).collect();
    let detail = json!({ "version": version + 1, "fields": fields });
    audit::write(&mut tx, &who, &deed(ADD, id.to_string(), detail), now).await?;
    Ok((tx, id.to_string()))
}

/// Erases an entry for good, for a reason that is written down: its key is
/// destroyed, so that it can be read nowhere, in old backups neither once those
/// of the keys have run out. A job makes sure of the key if the program ends in
/// between.
///
/// # Errors
/// [`RegisterError::Changed`] if someone changed it meanwhile;
/// [`RegisterError::Refused`] without a reason, or with one that tells the
/// number.
pub async fn erase(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: (RegisterId, i64),
    reason: &str,
) -> Result<(), RegisterError> {
    let (id, version) = seen;
    let (object, seen_version) = (id.to_string(), version.to_string());
    let fields = [object.as_str(), &seen_version, reason];
    let sent = sent(house, signed, "register.erase", key, fields);
    let work = async |tx: Tx| erased(house, signed, id, version, reason, tx).await;
    let done: Result<String, Halt> = once(house, &sent, work).await;
    let key = settle(house, signed, ERASE, id, done).await?;
    if let Err(error) = house.vault.erase(&key).await {
        warn!(reason = %error, "A key is not erased yet; the job will do it");
    }
    Ok(())
}

async fn erased(
    house: &House,
    signed: &SignedIn,
    id: RegisterId,
    version: i64,
    reason: &str,
    mut tx: Tx,
) -> Result<(Tx, String), Halt> {
    let (kept, who) = allowed(&mut tx, signed, ERASE, id).await?;
    let reason = rules::reason(reason)?;
    if let Some((_, there)) = open(house, &kept).await? {
        if there.is_told_in(&reason) {
            return Err(Message::new("register-reason-tells").into());
        }
        if kept.version != version {
            let changed = RegisterError::Changed {
                version: kept.version,
                parts: Vec::new(),
                theirs: Box::new(there.masked()),
                yours: Box::new(there.masked()),
            };
            return Err(changed.into());
        }
    }
    let now = house.now();
    register::erase(&mut tx, id, kept.version, now).await?;
    jobs::enqueue(&mut tx, house, jobs::ERASE_KEY, &kept.key).await?;
    let detail = json!({ "reason": reason });
    audit::write(&mut tx, &who, &deed(ERASE, id.to_string(), detail), now).await?;
    Ok((tx, kept.key))
}
