//! Sections that are asked to search for a request, until it is over: they see it
//! meanwhile ([`super::get`]).

use gongkai_domain::organization::OrganizationId;

use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::values;

statements! { "requests/asked";
    ASK = "insert into request_asked (request, number, section) values ($1, $2, $3)";
    CLEAR = "delete from request_asked where request = $1";
    ASKED = "select number, section from request_asked where request = $1 order by number";
}

/// Keeps that a section is asked, by the number of the search in the request.
///
/// # Errors
/// The store's.
pub async fn ask(
    tx: &mut Tx,
    request: i64,
    number: u32,
    section: OrganizationId,
) -> Result<(), StoreError> {
    let values = values![request, i64::from(number), section.0];
    tx.execute(&ASK, values).await?;
    Ok(())
}

/// A request is over: whoever was asked sees it no longer.
///
/// # Errors
/// The store's.
pub async fn clear(tx: &mut Tx, request: i64) -> Result<(), StoreError> {
    tx.execute(&CLEAR, values![request]).await?;
    Ok(())
}

/// Which sections are asked for a request, each with the number of its search.
///
/// # Errors
/// The store's.
pub async fn of(tx: &mut Tx, request: i64) -> Result<Vec<(i64, OrganizationId)>, StoreError> {
    let rows = tx.rows(&ASKED, values![request]).await?;
    let one = |row: &Row| Ok((row.get("number")?, OrganizationId(row.get("section")?)));
    rows.iter().map(one).collect()
}
