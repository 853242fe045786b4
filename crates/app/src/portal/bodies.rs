//! Bodies that can be asked, as anybody may see them: what Art. 12 has them tell.

use gongkai_domain::organization::{Organization, OrganizationId, OrganizationKind, Tree};
use gongkai_domain::requests::guide;
use gongkai_store::StoreError;
use jiff::civil::Date;

use crate::house::House;

/// A body in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: OrganizationKind,
    /// The name of the body above; empty for the topmost.
    pub above: String,
    /// Whether it takes applications on this site.
    pub is_online: bool,
}

/// Bodies that can be asked, of which so many are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    /// Those that are listed: governments first, then by where they belong.
    pub bodies: Vec<Listed>,
    /// How many there are beside them.
    pub more: usize,
}

/// A body with those that stand over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The body.
    pub body: Organization,
    /// Who supervises its disclosure (Arts 3, 47, 51): names.
    pub supervisors: Vec<String>,
    /// The government to which a reconsideration is addressed, where the tree
    /// tells (行政复议法 Art. 24); empty where it does not.
    pub review: String,
}

async fn standing(house: &House) -> Result<(std::sync::Arc<Tree>, Date), StoreError> {
    let mut tx = house.db.read().await?;
    let bodies = house.bodies.seen(&mut tx).await?;
    tx.roll_back().await?;
    Ok((std::sync::Arc::clone(&bodies.tree), house.today()))
}

/// Bodies whose name holds a text, at most so many.
///
/// # Errors
/// The store's.
pub async fn list(house: &House, text: &str, most: usize) -> Result<Directory, StoreError> {
    let (tree, today) = standing(house).await?;
    let text = text.trim();
    let holds = |body: &Organization| {
        text.is_empty() || body.name.contains(text) || body.short_name.contains(text)
    };
    let found = tree.bodies().iter();
    let found = found.filter(|body| guide::can_be_asked(body, today) && holds(body));
    let name_of = |id: OrganizationId| tree.get(id).map(|body| body.name.clone());
    let mut bodies: Vec<Listed> = found
        .map(|body| Listed {
            id: body.id,
            name: body.name.clone(),
            kind: body.kind,
            above: body.parent.and_then(name_of).unwrap_or_default(),
            is_online: body.office.open.online,
        })
        .collect();
    bodies.sort_by_key(|body| (body.kind, body.id));
    let more = bodies.len().saturating_sub(most);
    bodies.truncate(most);
    Ok(Directory { bodies, more })
}

/// What a name that somebody typed stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// One body that can be asked on this site.
    One(OrganizationId),
    /// One that takes no applications on this site.
    Closed,
    /// No body that can be asked, or several.
    Unclear,
}

/// The body of a full or short name. Of several with the name it is none, whichever of
/// them can be asked here: what is applied for goes to nobody by mistake.
///
/// # Errors
/// The store's.
pub async fn named(house: &House, name: &str) -> Result<Named, StoreError> {
    let (tree, today) = standing(house).await?;
    let of = |body: &&Organization| {
        guide::can_be_asked(body, today) && [body.name.as_str(), &body.short_name].contains(&name)
    };
    let mut found = tree.bodies().iter().filter(of);
    Ok(match (found.next(), found.next()) {
        (Some(body), None) if body.office.open.online => Named::One(body.id),
        (Some(_), None) => Named::Closed,
        _ => Named::Unclear,
    })
}

/// A body that can be asked.
///
/// # Errors
/// The store's.
pub async fn see(house: &House, id: OrganizationId) -> Result<Option<Asked>, StoreError> {
    let (tree, today) = standing(house).await?;
    let body = tree.get(id).filter(|body| guide::can_be_asked(body, today));
    Ok(body.map(|body| Asked {
        body: body.clone(),
        supervisors: guide::supervisors(&tree, body, today),
        review: guide::review_body(&tree, body, today).unwrap_or_default(),
    }))
}

/// The name of a body, past ones too; empty where there is none.
///
/// # Errors
/// The store's.
pub async fn name(house: &House, id: OrganizationId) -> Result<String, StoreError> {
    let (tree, _) = standing(house).await?;
    let body = tree.get(id);
    Ok(body.map(|body| body.name.clone()).unwrap_or_default())
}
