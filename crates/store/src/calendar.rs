//! Working-day calendars that were loaded: every version, never changed.

use jiff::Timestamp;

use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::values;

statements! { "calendar";
    /// Versions are only added: their number tells whether any came since.
    CHANGES = "select count(*) as count from calendars";
    ALL = "select id, jurisdiction, year, version, content, notice, source, loaded_by, loaded_at, reason
        from calendars order by year, jurisdiction, version, id";
    ADD = "insert into calendars (jurisdiction, year, version, content, notice, source, loaded_by, loaded_at, reason)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (jurisdiction, year, version) do nothing";
}

/// A version that is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVersion {
    /// `CN`, or the place whose government ordered local days off.
    pub jurisdiction: String,
    /// The year.
    pub year: i64,
    /// Its version; a later one counts.
    pub version: i64,
    /// The calendar as a file.
    pub content: String,
    /// Document number of the notice.
    pub notice: String,
    /// How it came: typed, or the name of its file.
    pub source: String,
    /// Login name of who loaded it, or the program's.
    pub loaded_by: String,
    /// When.
    pub loaded_at: Timestamp,
    /// Why, as they said.
    pub reason: String,
}

/// A version that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its number.
    pub id: i64,
    /// What it is.
    pub kept: NewVersion,
}

/// How many versions were ever loaded: grows with each, and never falls.
///
/// # Errors
/// The store's.
pub async fn changes(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.one(&CHANGES, &[]).await?.get("count")
}

/// All versions, by year, place and version.
///
/// # Errors
/// The store's.
pub async fn all(tx: &mut Tx) -> Result<Vec<Version>, StoreError> {
    let rows = tx.rows(&ALL, &[]).await?;
    rows.iter().map(version).collect()
}

fn version(row: &Row) -> Result<Version, StoreError> {
    Ok(Version {
        id: row.get("id")?,
        kept: NewVersion {
            jurisdiction: row.get("jurisdiction")?,
            year: row.get("year")?,
            version: row.get("version")?,
            content: row.get("content")?,
            notice: row.get("notice")?,
            source: row.get("source")?,
            loaded_by: row.get("loaded_by")?,
            loaded_at: row.get("loaded_at")?,
            reason: row.get("reason")?,
        },
    })
}

/// Keeps a version; whether it was new. One of the same place, year and number
/// that is there already stays as it is.
///
/// # Errors
/// The store's.
pub async fn add(tx: &mut Tx, new: &NewVersion) -> Result<bool, StoreError> {
    let added = tx
        .execute(
            &ADD,
            values![
                &new.jurisdiction,
                new.year,
                new.version,
                &new.content,
                &new.notice,
                &new.source,
                &new.loaded_by,
                new.loaded_at,
                &new.reason,
            ],
        )
        .await?;
    Ok(added == 1)
}
