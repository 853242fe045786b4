//! The register of persons: sealed entries, found by number or blind index.
//! What of them is seen is decided here, in the query.

use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::register::RegisterId;
use jiff::Timestamp;

use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::db::value::Value;
use crate::values;

statements! { "register";
    ADD = "insert into register_persons (organization, key, sealed, document_index, phone_index, created_at, changed_at, version)
        values ($1, $2, $3, $4, $5, $6, $6, 1) returning id";
    GET = "select id, organization, key, sealed, created_at, changed_at, version
        from register_persons
        where erased_at is null and (cast($1 as bigint) = 1 or organization in within($2)) and id = $3";
    PAGE = "select id, organization, key, sealed, created_at, changed_at, version
        from register_persons
        where erased_at is null and (cast($1 as bigint) = 1 or organization in within($2)) and id < $3
        order by id desc limit $4";
    COUNT = "select count(*) as count from register_persons
        where erased_at is null and (cast($1 as bigint) = 1 or organization in within($2))";
    BY_DOCUMENT = "select id, organization, key, sealed, created_at, changed_at, version
        from register_persons
        where erased_at is null and (cast($1 as bigint) = 1 or organization in within($2)) and document_index = $3
        order by id desc limit $4";
    BY_PHONE = "select id, organization, key, sealed, created_at, changed_at, version
        from register_persons
        where erased_at is null and (cast($1 as bigint) = 1 or organization in within($2)) and phone_index = $3
        order by id desc limit $4";
    TWIN = "select id, organization, key, sealed, created_at, changed_at, version
        from register_persons where organization = $1 and document_index = $2";
    CHANGE = "update register_persons
        set sealed = $2, document_index = $3, phone_index = $4, changed_at = $5, version = version + 1
        where id = $1 and version = $6 and erased_at is null";
    /// The number stays, so that the trail tells of something.
    ERASE = "update register_persons
        set sealed = null, document_index = null, phone_index = null, erased_at = $2, version = version + 1
        where id = $1 and version = $3 and erased_at is null";
}

/// An entry as the store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its number.
    pub id: RegisterId,
    /// Whose register it stands in.
    pub organization: OrganizationId,
    /// Name of the key that opens it.
    pub key: String,
    /// What is sealed.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub changed_at: Timestamp,
    /// Counts its changes, from 1.
    pub version: i64,
}

fn kept(row: &Row) -> Result<Kept, StoreError> {
    Ok(Kept {
        id: RegisterId(row.get("id")?),
        organization: OrganizationId(row.get("organization")?),
        key: row.get("key")?,
        sealed: row.get("sealed")?,
        created_at: row.get("created_at")?,
        changed_at: row.get("changed_at")?,
        version: row.get("version")?,
    })
}

/// The contents of an entry: sealed, with the indexes by which it is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// What is sealed.
    pub sealed: Vec<u8>,
    /// Blind index of the document.
    pub document_index: String,
    /// Blind index of the telephone, where there is one.
    pub phone_index: Option<String>,
}

/// The two values in which a reach goes into a statement.
fn within(reach: &Reach) -> [Value; 2] {
    match reach {
        Reach::All => [Value::from(true), Value::ids([])],
        Reach::Of(ids) => [Value::from(false), Value::ids(ids.iter().map(|id| id.0))],
        Reach::Nothing => [Value::from(false), Value::ids([])],
    }
}

/// Adds an entry; its number.
///
/// # Errors
/// [`StoreError::Duplicate`] if the organization has one of this document.
pub async fn add(
    tx: &mut Tx,
    organization: OrganizationId,
    key: &str,
    contents: &Contents,
    now: Timestamp,
) -> Result<RegisterId, StoreError> {
    let values = values![
        organization.0,
        key,
        contents.sealed.clone(),
        &contents.document_index,
        contents.phone_index.clone(),
        now
    ];
    Ok(RegisterId(tx.one(&ADD, values).await?.get("id")?))
}

/// An entry within a reach; for anybody else there is none.
///
/// # Errors
/// The store's.
pub async fn get(tx: &mut Tx, reach: &Reach, id: RegisterId) -> Result<Option<Kept>, StoreError> {
    let [all, ids] = within(reach);
    let row = tx.optional(&GET, &[all, ids, Value::from(id.0)]).await?;
    row.as_ref().map(kept).transpose()
}

/// Entries within a reach below a number, the newest first.
///
/// # Errors
/// The store's.
pub async fn page(
    tx: &mut Tx,
    reach: &Reach,
    below: RegisterId,
    most: i64,
) -> Result<Vec<Kept>, StoreError> {
    let [all, ids] = within(reach);
    let values = [all, ids, Value::from(below.0), Value::from(most)];
    tx.rows(&PAGE, &values).await?.iter().map(kept).collect()
}

/// How many entries there are within a reach.
///
/// # Errors
/// The store's.
pub async fn count(tx: &mut Tx, reach: &Reach) -> Result<i64, StoreError> {
    tx.one(&COUNT, &within(reach)).await?.get("count")
}

/// Entries of a document within a reach, one for each organization.
///
/// # Errors
/// The store's.
pub async fn by_document(
    tx: &mut Tx,
    reach: &Reach,
    index: &str,
    most: i64,
) -> Result<Vec<Kept>, StoreError> {
    let [all, ids] = within(reach);
    let values = [all, ids, Value::from(index), Value::from(most)];
    let rows = tx.rows(&BY_DOCUMENT, &values).await?;
    rows.iter().map(kept).collect()
}

/// Entries with a telephone within a reach.
///
/// # Errors
/// The store's.
pub async fn by_phone(
    tx: &mut Tx,
    reach: &Reach,
    index: &str,
    most: i64,
) -> Result<Vec<Kept>, StoreError> {
    let [all, ids] = within(reach);
    let values = [all, ids, Value::from(index), Value::from(most)];
    let rows = tx.rows(&BY_PHONE, &values).await?;
    rows.iter().map(kept).collect()
}

/// The entry of a document in one organization's register.
///
/// # Errors
/// The store's.
pub async fn twin(
    tx: &mut Tx,
    organization: OrganizationId,
    index: &str,
) -> Result<Option<Kept>, StoreError> {
    let row = tx.optional(&TWIN, values![organization.0, index]).await?;
    row.as_ref().map(kept).transpose()
}

/// Changes an entry whose version was seen.
///
/// # Errors
/// [`StoreError::Conflict`] if it was changed or erased meanwhile,
/// [`StoreError::Duplicate`] if the organization has another one of this
/// document.
pub async fn change(
    tx: &mut Tx,
    id: RegisterId,
    contents: &Contents,
    version: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let values = values![
        id.0,
        contents.sealed.clone(),
        &contents.document_index,
        contents.phone_index.clone(),
        now,
        version
    ];
    tx.change_one(&CHANGE, values).await
}

/// Empties an entry whose version was seen; its key is erased apart.
///
/// # Errors
/// [`StoreError::Conflict`] if it was changed or erased meanwhile.
pub async fn erase(
    tx: &mut Tx,
    id: RegisterId,
    version: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.change_one(&ERASE, values![id.0, now, version]).await
}
