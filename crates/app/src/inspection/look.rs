//! What is seen of inspections. Names of files may tell of persons: each look is
//! written down.

use gongkai_domain::organization::permissions::Target;
use gongkai_store::inspection;
use serde_json::json;

use super::keep::{seen, sight};
use super::{Inspected, InspectionError, KIND, NONE, USE, deed, shown};
use crate::audit;
use crate::house::House;
use crate::people::SignedIn;

/// Inspections on a page.
const MOST_MAX: i64 = 100;

/// A page of inspections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Inspections, the newest first.
    pub entries: Vec<Inspected>,
    /// Below which number the next page begins, if there is one.
    pub next: Option<i64>,
}

/// Inspections that the signed-in person may see, below a number.
///
/// # Errors
/// [`InspectionError::Denied`].
pub async fn list(
    house: &House,
    signed: &SignedIn,
    below: Option<i64>,
    most: i64,
) -> Result<Page, InspectionError> {
    let about = (KIND, NONE.to_owned());
    let who = signed.demand(house, USE, Target::Somewhere, about).await?;
    let most = most.clamp(1, MOST_MAX);
    let mut tx = house.db.read().await?;
    let below = below.unwrap_or(i64::MAX);
    // One more tells whether there is a next page.
    let mut kept = inspection::page(&mut tx, &sight(signed), below, most + 1).await?;
    tx.roll_back().await?;
    let page = usize::try_from(most).unwrap_or(usize::MAX);
    let is_more = kept.len() > page;
    kept.truncate(page);
    let next = kept.last().filter(|_| is_more).map(|last| last.id);
    let mut entries = Vec::new();
    for one in &kept {
        entries.push(shown(house, one).await?);
    }
    let ids: Vec<i64> = entries.iter().map(|entry| entry.id).collect();
    let mut tx = house.db.write().await?;
    let looked = deed(USE, NONE.to_owned(), json!({ "entries": ids }));
    audit::write(&mut tx, &who, &looked, house.now()).await?;
    tx.commit().await?;
    Ok(Page { entries, next })
}

/// One inspection with what was found.
///
/// # Errors
/// [`InspectionError::Missing`] where there is none to be seen.
pub async fn see(house: &House, signed: &SignedIn, id: i64) -> Result<Inspected, InspectionError> {
    seen(house, signed, id).await
}
