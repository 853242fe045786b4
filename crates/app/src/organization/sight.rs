//! What is seen of bodies: one, a list, how many. What is not reached is not
//! there.

use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::names::{TEXT_CHARS_MAX, line};
use gongkai_domain::organization::permissions::{Action, Actor, Reach, Target};
use gongkai_store::organization::{self, Filter, Kept, KeptSuccession};

use super::{Ground, Halt, OrganizationError, settle, wrong};
use crate::audit::Who;
use crate::house::House;

const SEE: Action = Action::OrganizationsSee;
/// Bodies on a page: what people look through, and no more.
const MOST_MAX: i64 = 200;

/// One body.
///
/// # Errors
/// [`OrganizationError::NotFound`] also where it may not be seen.
pub async fn see(
    house: &House,
    who: &Who,
    actor: &Actor,
    id: OrganizationId,
) -> Result<Kept, OrganizationError> {
    let look = async {
        let mut tx = house.db.read().await?;
        let ground = Ground::lay(&mut tx, house).await?;
        ground.require(who, actor, SEE, Target::Organization(id))?;
        let kept = organization::get(&mut tx, id).await?;
        kept.ok_or_else(|| OrganizationError::NotFound.into())
    };
    let ended: Result<Kept, Halt> = look.await;
    settle(house, who, SEE, Some(id), ended).await
}

/// What is looked for in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Part of a name or code; all bodies where it is empty.
    pub text: String,
    /// Where the page before ended: [`Page::next`].
    pub after: Option<(String, OrganizationId)>,
    /// Bodies on the page.
    pub most: i64,
}

impl Query {
    /// The text as names are kept.
    fn line(&self) -> Result<String, Halt> {
        if self.text.trim().is_empty() {
            return Ok(String::new());
        }
        line(&self.text, TEXT_CHARS_MAX).map_err(|error| wrong(vec![error.message()]))
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Bodies by name.
    pub bodies: Vec<Kept>,
    /// How many there are on all pages.
    pub count: i64,
    /// Where the next page begins, if there is one.
    pub next: Option<(String, OrganizationId)>,
}

/// What a person may see of all bodies.
async fn sight(
    tx: &mut gongkai_store::Tx,
    house: &House,
    who: &Who,
    actor: &Actor,
) -> Result<Reach, Halt> {
    let ground = Ground::lay(tx, house).await?;
    ground.require(who, actor, SEE, Target::Somewhere)?;
    Ok(ground.reach(actor, SEE))
}

/// Bodies that a person may see.
///
/// # Errors
/// [`OrganizationError`].
pub async fn list(
    house: &House,
    who: &Who,
    actor: &Actor,
    query: &Query,
) -> Result<Page, OrganizationError> {
    let look = async {
        let text = query.line()?;
        let mut tx = house.db.read().await?;
        let reach = &sight(&mut tx, house, who, actor).await?;
        let filter = Filter { reach, text: &text };
        let most = query.most.clamp(1, MOST_MAX);
        let after = query.after.as_ref().map(|(name, id)| (name.as_str(), *id));
        // One more tells whether there is a next page.
        let mut bodies = organization::page(&mut tx, filter, after, most + 1).await?;
        let count = organization::count(&mut tx, filter).await?;
        let page = usize::try_from(most).unwrap_or(usize::MAX);
        let is_more = bodies.len() > page;
        bodies.truncate(page);
        let last = bodies.last().filter(|_| is_more);
        let next = last.map(|kept| (kept.body.name.clone(), kept.body.id));
        Ok(Page {
            bodies,
            count,
            next,
        })
    };
    let ended: Result<Page, Halt> = look.await;
    settle(house, who, SEE, None, ended).await
}

/// How many bodies a person may see, of those that hold a text.
///
/// # Errors
/// [`OrganizationError`].
pub async fn count(
    house: &House,
    who: &Who,
    actor: &Actor,
    query: &Query,
) -> Result<i64, OrganizationError> {
    let look = async {
        let text = query.line()?;
        let mut tx = house.db.read().await?;
        let reach = &sight(&mut tx, house, who, actor).await?;
        Ok(organization::count(&mut tx, Filter { reach, text: &text }).await?)
    };
    let ended: Result<i64, Halt> = look.await;
    settle(house, who, SEE, None, ended).await
}

/// Successions in which a body that a person may see had a part, the earliest
/// first. The other bodies of these are told by number; their names are asked
/// for with [`see`].
///
/// # Errors
/// [`OrganizationError`].
pub async fn successions(
    house: &House,
    who: &Who,
    actor: &Actor,
    id: OrganizationId,
) -> Result<Vec<KeptSuccession>, OrganizationError> {
    let look = async {
        let mut tx = house.db.read().await?;
        let ground = Ground::lay(&mut tx, house).await?;
        ground.require(who, actor, SEE, Target::Organization(id))?;
        let mut all = organization::successions(&mut tx).await?;
        all.retain(|kept| {
            let succession = &kept.succession;
            succession.from.contains(&id) || succession.to.contains(&id)
        });
        Ok(all)
    };
    let ended: Result<Vec<KeptSuccession>, Halt> = look.await;
    settle(house, who, SEE, Some(id), ended).await
}
