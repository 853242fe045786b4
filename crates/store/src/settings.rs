//! Settings of the installation that people change in the office.

use jiff::Timestamp;

use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::values;

statements! { "settings";
    ALL = "select name, value, version from settings order by name";
    /// What is asked before nearly everything, by one question. Settings are
    /// never taken away, and each change of one counts.
    SEEN = "select (select count(*) from calendars) as calendars,
        coalesce((select count from organization_changes where id = 1), 0) as organizations,
        (select cast(coalesce(sum(version), 0) as bigint) from settings) as settings";
    GET = "select name, value, version from settings where name = $1";
    SINCE = "select name, changed_at, changed_by from settings order by name";
    PUT_NEW = "insert into settings (name, value, version, changed_at, changed_by)
        values ($1, $2, 1, $3, $4) on conflict (name) do nothing";
    PUT = "update settings set value = $2, version = version + 1, changed_at = $3, changed_by = $4
        where name = $1 and version = $5";
}

/// A setting with the version that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value, as text.
    pub value: String,
    /// Counts the changes; 0 for one that was never set.
    pub version: i64,
}

/// All that were set.
///
/// # Errors
/// The store's.
pub async fn all(tx: &mut Tx) -> Result<Vec<Setting>, StoreError> {
    let rows = tx.rows(&ALL, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(Setting {
                name: row.get("name")?,
                value: row.get("value")?,
                version: row.get("version")?,
            })
        })
        .collect()
}

/// How often what is kept in memory was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changes {
    /// As [`crate::organization::changes`].
    pub organizations: i64,
    /// As [`crate::calendar::changes`].
    pub calendars: i64,
    /// Changes of settings.
    pub settings: i64,
}

impl Changes {
    /// Those of a row that was asked for them.
    pub(crate) fn of(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            organizations: row.get("organizations")?,
            calendars: row.get("calendars")?,
            settings: row.get("settings")?,
        })
    }
}

/// How often bodies, calendars and settings were changed, as a transaction sees
/// them.
///
/// # Errors
/// The store's.
pub async fn changes(tx: &mut Tx) -> Result<Changes, StoreError> {
    Changes::of(&tx.one(&SEEN, &[]).await?)
}

/// One of them.
///
/// # Errors
/// The store's.
pub async fn get(tx: &mut Tx, name: &str) -> Result<Option<Setting>, StoreError> {
    let row = tx.optional(&GET, values![name]).await?;
    row.map(|row| {
        Ok(Setting {
            name: row.get("name")?,
            value: row.get("value")?,
            version: row.get("version")?,
        })
    })
    .transpose()
}

/// Sets a setting whose version was seen.
///
/// # Errors
/// [`StoreError::Conflict`] if someone set it meanwhile.
pub async fn put(
    tx: &mut Tx,
    setting: &Setting,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Setting {
        name,
        value,
        version,
    } = setting;
    if *version == 0 {
        tx.change_one(&PUT_NEW, values![name, value, now, by]).await
    } else {
        tx.change_one(&PUT, values![name, value, now, by, *version])
            .await
    }
}

/// Since when a setting is what it is, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// Its name.
    pub name: String,
    /// When it was set last.
    pub at: Timestamp,
    /// Login name of who set it.
    pub by: String,
}

/// When each was set last.
///
/// # Errors
/// The store's.
pub async fn since(tx: &mut Tx) -> Result<Vec<Since>, StoreError> {
    let rows = tx.rows(&SINCE, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(Since {
                name: row.get("name")?,
                at: row.get("changed_at")?,
                by: row.get("changed_by")?,
            })
        })
        .collect()
}
