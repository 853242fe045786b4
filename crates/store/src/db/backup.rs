//! A database's whole content as one SQLite file, whichever engine it is on.

use std::path::Path;

use sqlx::SqlitePool;

use super::copy::{self, Contents};
use super::error::StoreError;
use super::migrate::Migrations;
use super::open::{Db, Options, Pools};

/// Writes one state of the database to a new file, while others go on reading
/// and writing. On SQLite it is a copy of the pages in use, on PostgreSQL a
/// logical copy of one snapshot; the file is a SQLite database either way.
///
/// # Errors
/// [`StoreError::Refused`] if the file is there already;
/// [`StoreError::Full`], after which the file is to be thrown away.
pub async fn write(db: &Db, migrations: Migrations, file: &Path) -> Result<Contents, StoreError> {
    if file.exists() {
        return Err(StoreError::Refused(format!(
            "{} is there already",
            file.display()
        )));
    }
    match db.pools() {
        Pools::Sqlite { read, .. } => {
            online(read, file).await?;
            let copied = open(file).await?;
            let contents = copy::contents(&copied).await;
            copied.close().await;
            contents
        }
        Pools::Postgres(_) => {
            let target = open(file).await?;
            super::migrate::run(&target, migrations).await?;
            let contents = copy::copy(db, &target).await;
            target.close().await;
            contents
        }
    }
}

/// Opens a file that [`write`] made.
///
/// # Errors
/// The store's.
pub async fn open(file: &Path) -> Result<Db, StoreError> {
    Db::open(&Options {
        connections: 1,
        ..Options::new(format!("sqlite:{}", file.display()))
    })
    .await
}

async fn online(pool: &SqlitePool, file: &Path) -> Result<(), StoreError> {
    let name = file
        .to_str()
        .ok_or_else(|| StoreError::Refused("the file's name is not Unicode".to_owned()))?;
    let mut connection = pool.acquire().await?;
    // It writes to the new file alone, which `query_only` would forbid.
    sqlx::query("pragma query_only = off")
        .execute(&mut *connection)
        .await?;
    let written = sqlx::query("vacuum into $1")
        .bind(name)
        .execute(&mut *connection)
        .await;
    sqlx::query("pragma query_only = on")
        .execute(&mut *connection)
        .await?;
    written?;
    Ok(())
}
