//! The lists in which a request stands beside that of its body: by the way in which it
//! came, by the kind of its applicant, by its outcome, of what was given to nobody, to a
//! section, to a person. They follow from its row, and are written when it moves: what is
//! filed online stands in none, so that a filing writes nothing here.

use gongkai_domain::organization::{OrganizationId, PersonId};
use gongkai_domain::requests::application::Way;
use gongkai_domain::requests::record::Lane;

use super::Kept;
use crate::db::error::StoreError;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::values;

statements! { "requests/lists";
    /// The names of the lists are those below.
    ENLIST = "insert into request_lists (list, lane, day, request)
        select 'way:' || organization || ':' || way, lane, day, id from requests where id = $1 and (lane <> 'unconfirmed' or way <> 'online')
        union all select 'applicant:' || organization || ':' || applicant_kind, lane, day, id from requests where id = $1 and lane <> 'unconfirmed'
        union all select 'nobody:' || organization, lane, day, id from requests where id = $1 and lane <> 'unconfirmed' and section is null and handler is null
        union all select 'outcome:' || organization || ':' || outcome, lane, day, id from requests where id = $1 and outcome is not null
        union all select 'section:' || section, lane, day, id from requests where id = $1 and section is not null
        union all select 'handler:' || handler, lane, day, id from requests where id = $1 and handler is not null";
    UNLIST = "delete from request_lists where request = $1";
}

pub(super) fn of_way(body: OrganizationId, way: &str) -> String {
    format!("way:{}:{way}", body.0)
}

pub(super) fn of_applicant(body: OrganizationId, kind: &str) -> String {
    format!("applicant:{}:{kind}", body.0)
}

pub(super) fn of_outcome(body: OrganizationId, outcome: &str) -> String {
    format!("outcome:{}:{outcome}", body.0)
}

pub(super) fn of_nobody(body: OrganizationId) -> String {
    format!("nobody:{}", body.0)
}

pub(super) fn of_section(section: OrganizationId) -> String {
    format!("section:{}", section.0)
}

pub(super) fn of_handler(person: PersonId) -> String {
    format!("handler:{}", person.0)
}

/// Whether a request that is new stands in no list but its body's.
pub(super) fn has_none(new: &Kept) -> bool {
    let at = &new.standing;
    at.lane == Lane::Unconfirmed.key()
        && new.way == Way::Online.key()
        && at.outcome.is_none()
        && at.section.is_none()
        && at.handler.is_none()
}

/// Puts a request that stands in none into its lists.
///
/// # Errors
/// [`StoreError::Duplicate`] where it stands in one.
pub(super) async fn enlist(tx: &mut Tx, request: i64) -> Result<(), StoreError> {
    tx.execute(&ENLIST, values![request]).await?;
    Ok(())
}

/// Puts a request that moved out of the lists in which it stood, and into its own.
///
/// # Errors
/// The store's.
pub(super) async fn enlist_anew(tx: &mut Tx, request: i64) -> Result<(), StoreError> {
    tx.execute(&UNLIST, values![request]).await?;
    enlist(tx, request).await
}
