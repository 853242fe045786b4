//! Draft papers with their editions. Which papers a person sees is decided
//! here, in the query.

use std::collections::BTreeSet;

use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::organization::{OrganizationId, PersonId};
use jiff::Timestamp;

use super::within;
use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::db::value::Value;
use crate::values;

statements! { "review/papers";
    ADD = "insert into papers (organization, matter, key, edition, round, created_at, changed_at)
        values ($1, $2, $3, 1, 0, $4, $4) returning id";
    GET = "select p.id, p.organization, p.matter, p.key, p.edition, p.round, p.created_at, p.changed_at, coalesce(r.state, 'draft') as state
        from papers p left join reviews r on r.kind = 'paper' and r.thing = p.id and r.round = p.round
        where (cast($1 as bigint) = 1 or p.organization in within($2)) and p.id = $3";
    /// The same words stand in [`COUNT`].
    PAGE = "select p.id, p.organization, p.matter, p.key, p.edition, p.round, p.created_at, p.changed_at, coalesce(r.state, 'draft') as state
        from papers p left join reviews r on r.kind = 'paper' and r.thing = p.id and r.round = p.round
        where (cast($1 as bigint) = 1 or p.organization in within($2))
            and (cast($3 as text) is null or coalesce(r.state, 'draft') = $3)
            and (cast($4 as text) is null or p.matter = $4)
            and (cast($5 as bigint) is null or exists (select 1 from paper_editions e where e.paper = p.id and (e.person = $5 or e.acting_for = $5)))
            and p.id < $6
        order by p.id desc limit $7";
    COUNT = "select count(*) as count
        from papers p left join reviews r on r.kind = 'paper' and r.thing = p.id and r.round = p.round
        where (cast($1 as bigint) = 1 or p.organization in within($2))
            and (cast($3 as text) is null or coalesce(r.state, 'draft') = $3)
            and (cast($4 as text) is null or p.matter = $4)
            and (cast($5 as bigint) is null or exists (select 1 from paper_editions e where e.paper = p.id and (e.person = $5 or e.acting_for = $5)))";
    CHANGE = "update papers set edition = edition + 1, changed_at = $2 where id = $1 and edition = $3";
    /// A write that changes nothing: whoever else changes this paper waits.
    HOLD = "update papers set round = round where id = $1";
    ROUND = "update papers set round = $2 where id = $1";
    ADD_EDITION = "insert into paper_editions (paper, edition, digest, sealed, person, acting_for, at)
        values ($1, $2, $3, $4, $5, $6, $7)";
    EDITIONS = "select e.edition, e.digest, e.sealed, e.person, e.acting_for, e.at, p.display_name as name
        from paper_editions e join persons p on p.id = e.person
        where e.paper = $1 order by e.edition";
    EDITION = "select e.edition, e.digest, e.sealed, e.person, e.acting_for, e.at, p.display_name as name
        from paper_editions e join persons p on p.id = e.person
        where e.paper = $1 and e.edition = $2";
}

/// A paper as it is kept, its text apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its number.
    pub id: i64,
    /// Whose it is.
    pub organization: OrganizationId,
    /// By which kind of chain it is reviewed.
    pub matter: String,
    /// The key of its texts.
    pub key: String,
    /// The newest edition, from 1.
    pub edition: i64,
    /// Which review of it is the newest; 0 for none.
    pub round: i64,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When its text was changed last.
    pub changed_at: Timestamp,
    /// How its review stands; `draft` before it was handed in.
    pub state: String,
}

fn kept(row: &Row) -> Result<Kept, StoreError> {
    Ok(Kept {
        id: row.get("id")?,
        organization: OrganizationId(row.get("organization")?),
        matter: row.get("matter")?,
        key: row.get("key")?,
        edition: row.get("edition")?,
        round: row.get("round")?,
        created_at: row.get("created_at")?,
        changed_at: row.get("changed_at")?,
        state: row.get("state")?,
    })
}

/// Adds a paper; its number. Its first edition is added after it.
///
/// # Errors
/// The store's.
pub async fn add(
    tx: &mut Tx,
    organization: OrganizationId,
    matter: &str,
    key: &str,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let values = values![organization.0, matter, key, now];
    tx.one(&ADD, values).await?.get("id")
}

/// A paper within a reach; for anybody else there is none.
///
/// # Errors
/// The store's.
pub async fn get(tx: &mut Tx, reach: &Reach, id: i64) -> Result<Option<Kept>, StoreError> {
    let [all, ids] = within(reach);
    let row = tx.optional(&GET, &[all, ids, Value::from(id)]).await?;
    row.as_ref().map(kept).transpose()
}

/// Holds a paper until the end of the transaction, whoever asks.
///
/// # Errors
/// The store's.
pub async fn hold(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    tx.execute(&HOLD, values![id]).await?;
    Ok(())
}

/// Which papers are listed and counted.
#[derive(Debug, Clone, Copy)]
pub struct Filter<'a> {
    /// What the one who asks may see.
    pub reach: &'a Reach,
    /// In this state alone.
    pub state: Option<&'a str>,
    /// Of this matter alone.
    pub matter: Option<&'a str>,
    /// Written by this person alone.
    pub by: Option<PersonId>,
}

impl Filter<'_> {
    fn values(&self) -> Vec<Value> {
        let [all, ids] = within(self.reach);
        vec![
            all,
            ids,
            Value::from(self.state),
            Value::from(self.matter),
            Value::from(self.by.map(|id| id.0)),
        ]
    }
}

/// Papers below a number, the newest first.
///
/// # Errors
/// The store's.
pub async fn page(
    tx: &mut Tx,
    filter: Filter<'_>,
    below: i64,
    most: i64,
) -> Result<Vec<Kept>, StoreError> {
    let mut values = filter.values();
    values.extend_from_slice(values![below, most]);
    tx.rows(&PAGE, &values).await?.iter().map(kept).collect()
}

/// How many papers all pages hold together.
///
/// # Errors
/// The store's.
pub async fn count(tx: &mut Tx, filter: Filter<'_>) -> Result<i64, StoreError> {
    tx.one(&COUNT, &filter.values()).await?.get("count")
}

/// An edition of a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// Counts from 1.
    pub edition: i64,
    /// The digest of its content.
    pub digest: String,
    /// Its content, sealed.
    pub sealed: Vec<u8>,
    /// Who wrote it.
    pub person: PersonId,
    /// Their name; not looked at when it is added.
    pub name: String,
    /// For whom.
    pub acting_for: Option<PersonId>,
    /// When.
    pub at: Timestamp,
}

/// Adds an edition.
///
/// # Errors
/// [`StoreError::Duplicate`] if there is one of this number.
pub async fn add_edition(tx: &mut Tx, paper: i64, edition: &Edition) -> Result<(), StoreError> {
    let values = values![
        paper,
        edition.edition,
        &edition.digest,
        edition.sealed.clone(),
        edition.person.0,
        edition.acting_for.map(|id| id.0),
        edition.at
    ];
    tx.execute(&ADD_EDITION, values).await?;
    Ok(())
}

/// Counts one edition more of a paper whose edition was seen.
///
/// # Errors
/// [`StoreError::Conflict`] if it was changed meanwhile.
pub async fn change(tx: &mut Tx, paper: i64, seen: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.change_one(&CHANGE, values![paper, now, seen]).await
}

/// Says which review of a paper is the newest.
///
/// # Errors
/// [`StoreError::Conflict`] if there is no such paper.
pub async fn set_round(tx: &mut Tx, paper: i64, round: i64) -> Result<(), StoreError> {
    tx.change_one(&ROUND, values![paper, round]).await
}

fn edition(row: &Row) -> Result<Edition, StoreError> {
    Ok(Edition {
        edition: row.get("edition")?,
        digest: row.get("digest")?,
        sealed: row.get("sealed")?,
        person: PersonId(row.get("person")?),
        name: row.get("name")?,
        acting_for: row.get::<Option<i64>>("acting_for")?.map(PersonId),
        at: row.get("at")?,
    })
}

/// All editions of a paper in order.
///
/// # Errors
/// The store's.
pub async fn editions(tx: &mut Tx, paper: i64) -> Result<Vec<Edition>, StoreError> {
    let rows = tx.rows(&EDITIONS, values![paper]).await?;
    rows.iter().map(edition).collect()
}

/// One edition of a paper.
///
/// # Errors
/// The store's.
pub async fn edition_of(
    tx: &mut Tx,
    paper: i64,
    number: i64,
) -> Result<Option<Edition>, StoreError> {
    let row = tx.optional(&EDITION, values![paper, number]).await?;
    row.as_ref().map(edition).transpose()
}

/// Everybody who has written any edition, and for whom.
pub fn writers(editions: &[Edition]) -> BTreeSet<PersonId> {
    let both = |edition: &Edition| [Some(edition.person), edition.acting_for];
    editions.iter().flat_map(both).flatten().collect()
}
