//! What is known of master keys and of backups.

use jiff::Timestamp;

use crate::db::error::StoreError;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::values;

statements! { "operations";
    SAW_MASTER = "insert into master_keys (id, seen_at) values ($1, $2) on conflict (id) do nothing";
    MASTERS = "select id, seen_at from master_keys order by seen_at desc, id";
    CHECKED = "insert into backup_checks (path, checked_at, fault) values ($1, $2, $3)
        on conflict (path) do update set checked_at = excluded.checked_at, fault = excluded.fault";
    CHECKS = "select path, checked_at, fault from backup_checks order by path";
    FORGET_CHECK = "delete from backup_checks where path = $1";
}

/// Notes that a master key is in use; the first time counts.
///
/// # Errors
/// The store's.
pub async fn saw_master(tx: &mut Tx, id: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(&SAW_MASTER, values![id, now]).await.map(drop)
}

/// Master keys with when each was first in use, the newest first.
///
/// # Errors
/// The store's.
pub async fn masters(tx: &mut Tx) -> Result<Vec<(String, Timestamp)>, StoreError> {
    let rows = tx.rows(&MASTERS, &[]).await?;
    rows.iter()
        .map(|row| Ok((row.get("id")?, row.get("seen_at")?)))
        .collect()
}

/// How a backup was found when it was read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Where it lies.
    pub path: String,
    /// When it was read.
    pub at: Timestamp,
    /// What was wrong; empty where it was whole.
    pub fault: String,
}

/// Notes how a backup was found.
///
/// # Errors
/// The store's.
pub async fn checked(tx: &mut Tx, check: &Check) -> Result<(), StoreError> {
    let values = values![&check.path, check.at, &check.fault];
    tx.execute(&CHECKED, values).await.map(drop)
}

/// How backups were found when each was last read back.
///
/// # Errors
/// The store's.
pub async fn checks(tx: &mut Tx) -> Result<Vec<Check>, StoreError> {
    let rows = tx.rows(&CHECKS, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(Check {
                path: row.get("path")?,
                at: row.get("checked_at")?,
                fault: row.get("fault")?,
            })
        })
        .collect()
}

/// Forgets a backup that was thrown away.
///
/// # Errors
/// The store's.
pub async fn forget_check(tx: &mut Tx, path: &str) -> Result<(), StoreError> {
    tx.execute(&FORGET_CHECK, values![path]).await.map(drop)
}
