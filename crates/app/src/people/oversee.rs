//! What administrators look over: the audit trail.

use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::table::guarded;
use gongkai_domain::words::Message;
use gongkai_store::audit::{Search, Stored};
use gongkai_store::{StoreError, audit as stored, people};
use serde_json::json;

use super::{PeopleError, SignedIn};
use crate::audit::{self, Deed, Who};
use crate::house::House;

async fn demand(
    house: &House,
    signed: &SignedIn,
    action: Action,
    kind: &'static str,
) -> Result<Who, PeopleError> {
    signed
        .demand(house, action, Target::Installation, (kind, "-".to_owned()))
        .await
}

fn deed(
    action: Action,
    kind: &'static str,
    object: String,
    detail: serde_json::Value,
) -> Deed<'static> {
    Deed {
        action: action.key(),
        object_kind: kind,
        object,
        outcome: Outcome::Done,
        detail,
    }
}

fn asked(search: &Search) -> serde_json::Value {
    json!({
        "from": search.from.map(|at| at.to_string()),
        "until": search.until.map(|at| at.to_string()),
        "actor": search.actor_name,
        "action": search.action,
        "kind": search.object_kind,
        "object": search.object,
        "outcome": search.outcome.map(Outcome::key),
    })
}

/// An entry of the audit trail as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traced {
    /// The entry.
    pub stored: Stored,
    /// Login name of the one for whom it was done, where somebody stood in.
    pub acting_for: Option<String>,
}

/// Entries of the audit trail, the newest first, before a number. That they
/// were read is itself written down.
///
/// # Errors
/// [`PeopleError::Denied`].
pub async fn search_audit(
    house: &House,
    signed: &SignedIn,
    search: &Search,
    before: i64,
    most: i64,
) -> Result<Vec<Traced>, PeopleError> {
    let who = demand(house, signed, Action::AuditSearch, "audit").await?;
    let mut tx = house.db.write().await?;
    let found = stored::search(&mut tx, search, before, most).await?;
    let stood_in = found.iter().filter_map(|stored| stored.entry.acting_for);
    let logins = people::logins(&mut tx, stood_in).await?;
    let deed = deed(Action::AuditSearch, "audit", "-".to_owned(), asked(search));
    audit::write(&mut tx, &who, &deed, house.now()).await?;
    tx.commit().await?;
    let login = |stored: &Stored| {
        let (_, login) = logins
            .iter()
            .find(|(id, _)| Some(id.0) == stored.entry.acting_for)?;
        Some(login.clone())
    };
    let found = found.into_iter().map(|stored| Traced {
        acting_for: login(&stored),
        stored,
    });
    Ok(found.collect())
}

/// Rows of one export at most; a longer one is to be narrowed by its days.
const EXPORT_MAX: usize = 500_000;
/// Rows that are read at once.
const EXPORT_PAGE: i64 = 5_000;

/// Entries of the audit trail as CSV for spreadsheets. Nothing is left out: what
/// is too long is refused.
///
/// # Errors
/// [`PeopleError::Denied`]; [`PeopleError::Refused`] if there are too many.
pub async fn export_audit(
    house: &House,
    signed: &SignedIn,
    search: &Search,
) -> Result<String, PeopleError> {
    let who = demand(house, signed, Action::AuditExport, "audit").await?;
    // Read first, so that nobody who writes waits for it.
    let found = all_of(house, search).await?;
    let mut detail = asked(search);
    detail["rows"] = json!(found.len());
    let deed = deed(Action::AuditExport, "audit", "-".to_owned(), detail);
    let mut tx = house.db.write().await?;
    audit::write(&mut tx, &who, &deed, house.now()).await?;
    tx.commit().await?;
    Ok(as_table(found))
}

/// All entries that are looked for, of one state of the database.
async fn all_of(house: &House, search: &Search) -> Result<Vec<Stored>, PeopleError> {
    let mut tx = house.db.read().await?;
    let (mut all, mut before) = (Vec::new(), i64::MAX);
    loop {
        let page = stored::search(&mut tx, search, before, EXPORT_PAGE).await?;
        let Some(last) = page.last() else {
            break;
        };
        before = last.id;
        all.extend(page);
        if all.len() > EXPORT_MAX {
            return Err(Message::new("audit-export-too-long")
                .with("max", EXPORT_MAX)
                .into());
        }
    }
    tx.roll_back().await?;
    Ok(all)
}

fn as_table(found: Vec<Stored>) -> String {
    let mut text = String::from(
        "\u{feff}id,at,actor,actor_name,acting_for,organization,action,object_kind,object,outcome,detail,source,request,digest\r\n",
    );
    for row in found {
        let entry = row.entry;
        let number = |value: Option<i64>| value.map(|n| n.to_string()).unwrap_or_default();
        let cells = [
            row.id.to_string(),
            entry.at.to_string(),
            number(entry.actor),
            entry.actor_name,
            number(entry.acting_for),
            number(entry.organization),
            entry.action,
            entry.object_kind,
            entry.object,
            entry.outcome.key().to_owned(),
            entry.detail,
            entry.source,
            entry.request,
            row.digest,
        ];
        let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A cell that no spreadsheet takes for a formula.
fn quoted(cell: &str) -> String {
    format!("\"{}\"", guarded(cell).replace('"', "\"\""))
}

/// Whether an error is that someone changed it meanwhile.
pub fn is_conflict(error: &PeopleError) -> bool {
    matches!(error, PeopleError::Store(StoreError::Conflict))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn no_cell_of_an_export_is_a_formula() {
        for (cell, written) in [
            ("a", "\"a\""),
            ("a\"b", "\"a\"\"b\""),
            ("=1+1", "\"'=1+1\""),
            ("@x", "\"'@x\""),
            ("-", "\"'-\""),
        ] {
            assert_eq!(quoted(cell), written);
        }
    }
}
