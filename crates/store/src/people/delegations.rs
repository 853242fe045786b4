//! Who has lent which roles to whom.

use gongkai_domain::organization::roles::{Delegation, Role};
use gongkai_domain::organization::{OrganizationId, PersonId};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::values;

statements! { "people/delegations";
    ADD = "insert into delegations (lender, borrower, organization, roles, from_day, until_day, reason, made_at) values ($1, $2, $3, $4, $5, $6, $7, $8) returning id";
    GET = "select d.id, d.lender, d.borrower, d.organization, d.roles, d.from_day, d.until_day, d.reason, d.ended_at, l.display_name as lender_name, l.state as lender_state, b.display_name as borrower_name
        from delegations d join persons l on l.id = d.lender join persons b on b.id = d.borrower
        where d.id = $1";
    OPEN_OF = "select d.id, d.lender, d.borrower, d.organization, d.roles, d.from_day, d.until_day, d.reason, d.ended_at, l.display_name as lender_name, l.state as lender_state, b.display_name as borrower_name
        from delegations d join persons l on l.id = d.lender join persons b on b.id = d.borrower
        where (d.lender = $1 or d.borrower = $1) and d.ended_at is null and d.until_day >= $2 order by d.id";
    ALL_OF = "select d.id, d.lender, d.borrower, d.organization, d.roles, d.from_day, d.until_day, d.reason, d.ended_at, l.display_name as lender_name, l.state as lender_state, b.display_name as borrower_name
        from delegations d join persons l on l.id = d.lender join persons b on b.id = d.borrower
        where d.lender = $1 or d.borrower = $1 order by d.until_day desc, d.id desc limit $2";
    OPEN = "select d.id, d.lender, d.borrower, d.organization, d.roles, d.from_day, d.until_day, d.reason, d.ended_at, l.display_name as lender_name, l.state as lender_state, b.display_name as borrower_name
        from delegations d join persons l on l.id = d.lender join persons b on b.id = d.borrower
        where d.ended_at is null and d.until_day >= $1 and d.id > $2 order by d.id limit $3";
    OPEN_AT = "select d.id, d.lender, d.borrower, d.organization, d.roles, d.from_day, d.until_day, d.reason, d.ended_at, l.display_name as lender_name, l.state as lender_state, b.display_name as borrower_name
        from delegations d join persons l on l.id = d.lender join persons b on b.id = d.borrower
        where d.organization = $1 and d.ended_at is null and d.until_day >= $2 order by d.id";
    END = "update delegations set ended_at = $2 where id = $1 and ended_at is null";
}

/// A delegation as it is kept, with who has a part in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its number.
    pub id: i64,
    /// What it says.
    pub delegation: Delegation,
    /// Name of the lender.
    pub lender_name: String,
    /// Whether the lender has not been disabled.
    pub lender_is_active: bool,
    /// Name of the one who stands in.
    pub borrower_name: String,
    /// When it was ended early.
    pub ended_at: Option<Timestamp>,
}

fn kept(row: &Row) -> Result<Kept, StoreError> {
    let roles: String = row.get("roles")?;
    let roles: Option<Vec<Role>> = roles.split_whitespace().map(Role::from_key).collect();
    let state: String = row.get("lender_state")?;
    Ok(Kept {
        id: row.get("id")?,
        delegation: Delegation {
            from: PersonId(row.get("lender")?),
            to: PersonId(row.get("borrower")?),
            organization: OrganizationId(row.get("organization")?),
            roles: roles.ok_or_else(|| StoreError::wrong("roles"))?,
            from_day: row.get("from_day")?,
            until_day: row.get("until_day")?,
            reason: row.get("reason")?,
        },
        lender_name: row.get("lender_name")?,
        lender_is_active: state == "active",
        borrower_name: row.get("borrower_name")?,
        ended_at: row.get("ended_at")?,
    })
}

/// Adds a delegation; its number.
///
/// # Errors
/// The store's.
pub async fn add(tx: &mut Tx, delegation: &Delegation, now: Timestamp) -> Result<i64, StoreError> {
    let roles: Vec<&str> = delegation.roles.iter().map(|role| role.key()).collect();
    let values = values![
        delegation.from.0,
        delegation.to.0,
        delegation.organization.0,
        roles.join(" "),
        delegation.from_day,
        delegation.until_day,
        &delegation.reason,
        now
    ];
    tx.one(&ADD, values).await?.get("id")
}

/// A delegation by number.
///
/// # Errors
/// The store's.
pub async fn get(tx: &mut Tx, id: i64) -> Result<Option<Kept>, StoreError> {
    let row = tx.optional(&GET, values![id]).await?;
    row.as_ref().map(kept).transpose()
}

/// Delegations in which a person has a part, on either side, which were not
/// ended early and are not over on a day.
///
/// # Errors
/// The store's.
pub async fn open_of(tx: &mut Tx, person: PersonId, day: Date) -> Result<Vec<Kept>, StoreError> {
    let rows = tx.rows(&OPEN_OF, values![person.0, day]).await?;
    rows.iter().map(kept).collect()
}

/// Delegations in which a person has a part, past ones too; those that last
/// longest come first.
///
/// # Errors
/// The store's.
pub async fn all_of(tx: &mut Tx, person: PersonId, most: i64) -> Result<Vec<Kept>, StoreError> {
    let rows = tx.rows(&ALL_OF, values![person.0, most]).await?;
    rows.iter().map(kept).collect()
}

/// Delegations for an organization that were not ended early and are not over
/// on a day.
///
/// # Errors
/// The store's.
pub async fn open_at(
    tx: &mut Tx,
    organization: OrganizationId,
    day: Date,
) -> Result<Vec<Kept>, StoreError> {
    let rows = tx.rows(&OPEN_AT, values![organization.0, day]).await?;
    rows.iter().map(kept).collect()
}

/// Everybody's delegations that were not ended early and are not over on a
/// day, after a number.
///
/// # Errors
/// The store's.
pub async fn open(tx: &mut Tx, day: Date, after: i64, most: i64) -> Result<Vec<Kept>, StoreError> {
    let rows = tx.rows(&OPEN, values![day, after, most]).await?;
    rows.iter().map(kept).collect()
}

/// Ends a delegation early.
///
/// # Errors
/// [`StoreError::Conflict`] if there is none, or it was ended already.
pub async fn end(tx: &mut Tx, id: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.change_one(&END, values![id, now]).await
}
