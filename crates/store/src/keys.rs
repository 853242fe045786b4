//! Keys of records, wrapped; in a database of their own.

use jiff::Timestamp;

use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::values;

statements! { "keys";
    ADD = "insert into record_keys (id, wrapped, master, created_at) values ($1, $2, $3, $4)
        on conflict (id) do nothing";
    /// Many by one question: a list in JSON, which each engine opens in its own
    /// way.
    ADD_ALL = {
        sqlite: "insert into record_keys (id, wrapped, master, created_at)
            select value ->> 0, unhex(value ->> 1), $2, $3 from json_each($1) where true
            on conflict (id) do nothing",
        postgres: "insert into record_keys (id, wrapped, master, created_at)
            select value ->> 0, decode(value ->> 1, 'hex'), $2, cast($3 as bigint) from json_array_elements(cast($1 as json)) as listed (value)
            on conflict (id) do nothing"
    };
    GET = "select id, wrapped, master, erased_at from record_keys where id = $1";
    ERASE = "update record_keys set wrapped = null, erased_at = $2 where id = $1 and erased_at is null";
    OTHERS = "select id, wrapped, master, erased_at from record_keys
        where master <> $1 and erased_at is null order by id limit $2";
    COUNTS = "select master, count(*) as count from record_keys
        where erased_at is null group by master order by master";
    REWRAP = "update record_keys set wrapped = $2, master = $3 where id = $1 and master = $4 and erased_at is null";
}

/// A key as it lies in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapped {
    /// Its name.
    pub id: String,
    /// Its bytes, sealed by a master key; none once it is erased.
    pub bytes: Option<Vec<u8>>,
    /// Which master key sealed it.
    pub master: String,
    /// When it was erased.
    pub erased_at: Option<Timestamp>,
}

fn wrapped(row: &Row) -> Result<Wrapped, StoreError> {
    Ok(Wrapped {
        id: row.get("id")?,
        bytes: row.get("wrapped")?,
        master: row.get("master")?,
        erased_at: row.get("erased_at")?,
    })
}

/// Keeps a new key; whether it was new.
///
/// # Errors
/// The store's.
pub async fn add(
    tx: &mut Tx,
    id: &str,
    bytes: &[u8],
    master: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&ADD, values![id, bytes, master, now]).await? == 1)
}

/// Keeps new keys, each by its name and its sealed bytes, both in hexadecimal.
///
/// # Errors
/// The store's; [`StoreError::Conflict`] where a name was there already.
pub async fn add_all(
    tx: &mut Tx,
    keys: &[(String, String)],
    master: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    // Digits alone: nothing in them has to be escaped.
    let list: Vec<String> = keys
        .iter()
        .map(|(id, bytes)| format!("[\"{id}\",\"{bytes}\"]"))
        .collect();
    let list = format!("[{}]", list.join(","));
    let added = tx.execute(&ADD_ALL, values![list, master, now]).await?;
    match usize::try_from(added) {
        Ok(added) if added == keys.len() => Ok(()),
        _ => Err(StoreError::Conflict),
    }
}

/// Looks a key up.
///
/// # Errors
/// The store's.
pub async fn get(tx: &mut Tx, id: &str) -> Result<Option<Wrapped>, StoreError> {
    let row = tx.optional(&GET, values![id]).await?;
    row.as_ref().map(wrapped).transpose()
}

/// Erases a key for good; whether there was one.
///
/// # Errors
/// The store's.
pub async fn erase(tx: &mut Tx, id: &str, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(&ERASE, values![id, now]).await? == 1)
}

/// Keys that other master keys than this one sealed.
///
/// # Errors
/// The store's.
pub async fn of_other_masters(
    tx: &mut Tx,
    master: &str,
    most: i64,
) -> Result<Vec<Wrapped>, StoreError> {
    let rows = tx.rows(&OTHERS, values![master, most]).await?;
    rows.iter().map(wrapped).collect()
}

/// Replaces a key's seal, unless someone did or erased it meanwhile.
///
/// # Errors
/// The store's.
pub async fn rewrap(
    tx: &mut Tx,
    id: &str,
    bytes: &[u8],
    master: &str,
    before: &str,
) -> Result<bool, StoreError> {
    Ok(tx
        .execute(&REWRAP, values![id, bytes, master, before])
        .await?
        == 1)
}

/// How many keys each master key seals; erased ones are sealed by none.
///
/// # Errors
/// The store's.
pub async fn counts(tx: &mut Tx) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = tx.rows(&COUNTS, &[]).await?;
    rows.iter()
        .map(|row| Ok((row.get("master")?, row.get("count")?)))
        .collect()
}
