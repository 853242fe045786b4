//! What can go wrong, as the floors above must tell it apart.

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The row was changed meanwhile, or is gone.
    #[error("the row was changed by someone else")]
    Conflict,
    /// There is one already; the name tells of what.
    #[error("there is one already: {0}")]
    Duplicate(String),
    /// The disk is full. Nothing was written.
    #[error("the disk is full")]
    Full,
    /// The database cannot be reached. Nothing was written.
    #[error("the database cannot be reached")]
    Unavailable(#[source] sqlx::Error),
    /// The answer to COMMIT was lost: it may be done or not. The idempotency
    /// key settles it.
    #[error("it is not known whether the change was kept")]
    Unknown(#[source] sqlx::Error),
    /// A filing's number was foretold, and did not come: nothing was written, and it is
    /// filed in the ordinary way.
    #[error("the number that was foretold is not the next one")]
    Foretold,
    /// The migrations do not fit the database.
    #[error("the database's layout does not fit this version of the program")]
    Layout(#[from] sqlx::migrate::MigrateError),
    /// A fault of the program or of the data.
    #[error("the store failed")]
    Broken(#[source] sqlx::Error),
    /// What is asked for is not possible with this engine or this place.
    #[error("{0}")]
    Refused(String),
}

impl StoreError {
    /// A column that does not hold what it should.
    pub(crate) fn wrong(column: &str) -> Self {
        Self::Broken(sqlx::Error::ColumnNotFound(format!(
            "{column} holds something else"
        )))
    }

    /// A failure of COMMIT: where the engine did not say that it refused, what
    /// became of it is not known. On SQLite a failed sync may yet be found
    /// whole after a restart.
    pub(crate) fn of_commit(error: sqlx::Error) -> Self {
        match Self::from(error) {
            Self::Unavailable(error) => Self::Unknown(error),
            other => other,
        }
    }
}

/// Codes that engines give, and what they mean here. SQLite's are its primary
/// result codes, PostgreSQL's are SQLSTATE.
fn of_code(code: &str) -> Option<fn(sqlx::Error) -> StoreError> {
    let sqlite = code.parse::<u32>().ok().map(|code| code & 0xff);
    match (sqlite, code) {
        // SQLITE_FULL; disk_full.
        (Some(13), _) | (_, "53100") => Some(|_| StoreError::Full),
        // SQLITE_BUSY, SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_READONLY.
        (Some(5 | 10 | 14 | 8), c) if c.len() < 5 => Some(StoreError::Unavailable),
        // Connection exceptions, too many connections, shutting down, io_error.
        (_, c) if c.starts_with("08") || c.starts_with("57P") => Some(StoreError::Unavailable),
        (_, "53300" | "58030") => Some(StoreError::Unavailable),
        // Two writers met; the whole transaction may be tried again.
        (_, "40001" | "40P01") => Some(|_| StoreError::Conflict),
        _ => None,
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                if database.is_unique_violation() {
                    let name = database
                        .constraint()
                        .map_or_else(|| database.message().to_owned(), ToOwned::to_owned);
                    return Self::Duplicate(name);
                }
                let made = of_code(&database.code().unwrap_or_default());
                made.unwrap_or(Self::Broken)(error)
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            _ => Self::Broken(error),
        }
    }
}
