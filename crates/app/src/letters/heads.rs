//! What stands on every letter of a body, and changing it.

use gongkai_domain::audit::Outcome;
use gongkai_domain::letters::head::Letterhead;
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_store::letters::{self as stored, Head};
use gongkai_store::{StoreError, Tx};
use serde_json::json;

use super::{LettersError, TEMPLATE};
use crate::audit::{self, Deed};
use crate::house::House;
use crate::once::{Sent, once};
use crate::people::SignedIn;

/// What stands on every letter of a body.
///
/// # Errors
/// [`LettersError::Denied`].
pub async fn head(
    house: &House,
    signed: &SignedIn,
    organization: OrganizationId,
) -> Result<Option<Head>, LettersError> {
    let about = (TEMPLATE, organization.0.to_string());
    let target = Target::Organization(organization);
    let who = signed.demand(house, Action::LettersTemplates, target, about);
    who.await?;
    let mut tx = house.db.read().await?;
    let head = stored::head(&mut tx, organization).await?;
    tx.roll_back().await?;
    Ok(head)
}

/// Keeps a new version of it; letters that were issued do not change. Sent twice,
/// it is kept once.
///
/// # Errors
/// [`LettersError::Entered`] with the fields that are wrong;
/// [`StoreError::Conflict`] where somebody changed it meanwhile.
pub async fn change_head(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    organization: OrganizationId,
    (seen, typed): (i64, &Letterhead),
) -> Result<(), LettersError> {
    let about = (TEMPLATE, organization.0.to_string());
    let target = Target::Organization(organization);
    let who = signed.demand(house, Action::LettersTemplatesChange, target, about);
    let who = &who.await?;
    let read = &Letterhead::read(typed).map_err(LettersError::Entered)?;
    let work = async |mut tx: Tx| -> Result<(Tx, String), LettersError> {
        let now = house.now();
        let there = stored::head(&mut tx, organization).await?;
        let last = there.as_ref().map_or(0, |head| head.version);
        if last != seen {
            return Err(StoreError::Conflict.into());
        }
        let by = (now, signed.person.id);
        match stored::add_head(&mut tx, (organization, last + 1), read, by).await {
            Err(StoreError::Duplicate(_)) => return Err(StoreError::Conflict.into()),
            other => other?,
        }
        let deed = Deed {
            action: Action::LettersTemplatesChange.key(),
            object_kind: TEMPLATE,
            object: format!("{}-head", organization.0),
            outcome: Outcome::Done,
            detail: json!({ "version": last + 1, "word": read.word, "review_body": read.review_body }),
        };
        audit::write(&mut tx, who, &deed, now).await?;
        Ok((tx, String::new()))
    };
    once(house, &sent.of(signed.person.id), work).await?;
    Ok(())
}
