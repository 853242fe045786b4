//! People whose body ends: who works there, what they hold there, and where
//! they go.

use gongkai_domain::organization::roles::Grant;
use gongkai_domain::organization::{OrganizationId, PersonId};
use jiff::civil::Date;

use super::grant_of;
use crate::db::error::StoreError;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::db::value::Value;
use crate::values;

statements! { "people_moving";
    AT = "select id from persons where organization in within($1) order by id";
    MOVE = "update persons set organization = $2, version = version + 1 where id = $1";
    GRANTS_AT = "select id, person, role, organization, valid_from, valid_until from grants
        where organization in within($1) and (valid_until is null or valid_until >= $2) order by id";
}

fn ids(bodies: &[OrganizationId]) -> Value {
    Value::ids(bodies.iter().map(|id| id.0))
}

/// Who works in these bodies.
///
/// # Errors
/// The store's.
pub async fn people_at(
    tx: &mut Tx,
    bodies: &[OrganizationId],
) -> Result<Vec<PersonId>, StoreError> {
    let rows = tx.rows(&AT, &[ids(bodies)]).await?;
    rows.iter()
        .map(|row| Ok(PersonId(row.get("id")?)))
        .collect()
}

/// Has a person work in another body from now on.
///
/// # Errors
/// [`StoreError::Conflict`] if there is no such person.
pub async fn move_person(
    tx: &mut Tx,
    person: PersonId,
    to: OrganizationId,
) -> Result<(), StoreError> {
    tx.change_one(&MOVE, values![person.0, to.0]).await
}

/// What people hold in these bodies on a day or after it, with the numbers.
///
/// # Errors
/// The store's.
pub async fn grants_at(
    tx: &mut Tx,
    bodies: &[OrganizationId],
    from: Date,
) -> Result<Vec<(i64, Grant)>, StoreError> {
    let rows = tx
        .rows(&GRANTS_AT, &[ids(bodies), Value::from(from)])
        .await?;
    rows.iter().map(grant_of).collect()
}
