//! Opening a database: which engine, with which promises.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions, Connection as _, Either, Executor as _, PgPool,
    Postgres, SqlSafeStr, SqlStr, Sqlite, SqliteConnection, SqlitePool,
    Statement as PreparedStatement,
};
use tokio::sync::{Notify, watch};

use super::error::StoreError;
use super::migrate::{self, Migrations};
use super::row::Row;
use super::statement::Statement;
use super::tx::{self, Tx};
use super::value::Value;
use crate::requests::foretold::Foretelling;

/// The two engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// One file beside the program; the default.
    Sqlite,
    /// A server; several nodes may share it.
    Postgres,
}

/// How to open.
#[derive(Debug, Clone)]
pub struct Options {
    /// `sqlite:PATH` or `postgres://…`. It may hold a password: never shown.
    pub url: String,
    /// Connections at most, for reading on SQLite, for everything on
    /// PostgreSQL.
    pub connections: u32,
    /// Whether what is written may be lost in a power cut, because nobody wants
    /// it past the process: an invented city.
    pub is_thrown_away: bool,
}

impl Options {
    /// The usual number of connections.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            connections: 8,
            is_thrown_away: false,
        }
    }

    /// The same for a database that nobody wants past the process.
    #[must_use]
    pub fn thrown_away(self) -> Self {
        Self {
            is_thrown_away: true,
            ..self
        }
    }
}

pub(crate) enum Pools {
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
        file: PathBuf,
    },
    Postgres(PgPool),
}

struct Shared {
    pools: Pools,
    /// Told when a job was enqueued by this process.
    wake: Notify,
    /// Whether a sync failed, after which this process must not go on writing.
    broken: watch::Sender<bool>,
    /// Statements that were carried out, by all who share it.
    statements: AtomicU64,
    /// Which numbers of requests come next.
    foretelling: Foretelling,
}

/// What [`Db::job_came`] keeps between two calls.
#[derive(Debug, Default)]
pub struct Listener(Option<PgListener>);

/// A statement as an engine understood it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// How many parameters it takes.
    pub parameters: usize,
    /// The columns that it gives.
    pub columns: Vec<String>,
}

/// A database that is open. Clones share it.
#[derive(Clone)]
pub struct Db {
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Db").field(&self.engine()).finish()
    }
}

/// How long a writer waits for its turn.
const TURN_MAX: Duration = Duration::from_secs(10);
/// The channel on which nodes tell each other of jobs.
const JOBS_CHANNEL: &str = "gongkai_jobs";

impl Db {
    /// Opens a database, without looking at its layout.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it cannot be reached,
    /// [`StoreError::Refused`] if the address is of no engine we know.
    pub async fn open(options: &Options) -> Result<Self, StoreError> {
        let url = options.url.as_str();
        let pools = if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Pools::Postgres(postgres(url, options).await?)
        } else if let Some(path) = url.strip_prefix("sqlite:") {
            sqlite(Path::new(path), options).await?
        } else {
            return Err(StoreError::Refused(
                "a database address begins with sqlite: or postgres://".to_owned(),
            ));
        };
        Ok(Self {
            shared: Arc::new(Shared {
                pools,
                wake: Notify::new(),
                broken: watch::Sender::new(false),
                statements: AtomicU64::new(0),
                foretelling: Foretelling::default(),
            }),
        })
    }

    /// Opens a database and brings its layout up to date.
    ///
    /// # Errors
    /// As [`Db::open`], and [`StoreError::Layout`] if a migration fails or the
    /// database is newer than the program.
    pub async fn open_migrated(
        options: &Options,
        migrations: Migrations,
    ) -> Result<Self, StoreError> {
        let db = Self::open(options).await?;
        migrate::run(&db, migrations).await?;
        Ok(db)
    }

    /// Which engine it is.
    pub fn engine(&self) -> Engine {
        match self.shared.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// How many statements were carried out in transactions so far: two things
    /// that are to cost the same work are held against it.
    pub fn statements(&self) -> u64 {
        self.shared.statements.load(Ordering::Relaxed)
    }

    pub(crate) fn counted(&self) {
        self.shared.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// The file of a SQLite database.
    pub fn file(&self) -> Option<&Path> {
        match &self.shared.pools {
            Pools::Sqlite { file, .. } => Some(file),
            Pools::Postgres(_) => None,
        }
    }

    pub(crate) fn foretelling(&self) -> &Foretelling {
        &self.shared.foretelling
    }

    pub(crate) fn pools(&self) -> &Pools {
        &self.shared.pools
    }

    /// Begins a transaction that may write. On SQLite there is one writer at a
    /// time; never begin a second one while holding the first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if no turn came, or if writing has failed
    /// in a way that only a restart settles.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        if *self.shared.broken.borrow() {
            return Err(StoreError::Unavailable(sqlx::Error::WorkerCrashed));
        }
        Tx::write(self.clone()).await
    }

    /// Begins a transaction that reads one state of the database.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        Tx::read(self.clone()).await
    }

    /// One row of one statement, outside any transaction.
    ///
    /// # Errors
    /// The statement's.
    pub async fn optional(
        &self,
        statement: &Statement,
        values: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        let text = statement.text(self.engine());
        Ok(match &self.shared.pools {
            Pools::Sqlite { read, .. } => tx::bound::<Sqlite>(text, values)
                .fetch_optional(read)
                .await?
                .map(Row::Sqlite),
            Pools::Postgres(pool) => tx::bound::<Postgres>(text, values)
                .fetch_optional(pool)
                .await?
                .map(Row::Postgres),
        })
    }

    /// What time it is at the server; none for SQLite, which has this
    /// machine's.
    ///
    /// # Errors
    /// That it cannot be asked.
    pub async fn server_time(&self) -> Result<Option<jiff::Timestamp>, StoreError> {
        let Pools::Postgres(pool) = &self.shared.pools else {
            return Ok(None);
        };
        let asked = "select cast(extract(epoch from clock_timestamp()) * 1000 as bigint)";
        let at: i64 = sqlx::query_scalar(asked).fetch_one(pool).await?;
        Ok(jiff::Timestamp::from_millisecond(at).ok())
    }

    /// Has the engine prepare a statement, without carrying it out.
    ///
    /// # Errors
    /// What the engine says of it.
    pub async fn prepare(&self, statement: &Statement) -> Result<Prepared, StoreError> {
        let text = statement.text(self.engine());
        Ok(match &self.shared.pools {
            Pools::Sqlite { write, .. } => {
                let mut connection = write.acquire().await?;
                prepared(&(&mut *connection).prepare(text).await?)
            }
            Pools::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                prepared(&(&mut *connection).prepare(text).await?)
            }
        })
    }

    /// How the engine would find the rows of a statement, in its own words, if
    /// it had no choice but indexes; parameters are numbers, all none. It is not
    /// carried out.
    ///
    /// # Errors
    /// What the engine says of it.
    pub async fn plan(&self, statement: &Statement) -> Result<Vec<String>, StoreError> {
        let none = vec![Value::Int(None); self.prepare(statement).await?.parameters];
        let mut tx = self.write().await?;
        let (before, column) = match self.engine() {
            Engine::Sqlite => ("explain query plan", "detail"),
            Engine::Postgres => {
                // A table of a test is so small that it would be read whole.
                let off = SqlStr::from_static("set local enable_seqscan = off");
                tx.execute_text(off, &[]).await?;
                ("explain", "QUERY PLAN")
            }
        };
        let text = statement.text(self.engine());
        let asked = AssertSqlSafe(format!("{before} {}", text.as_str())).into_sql_str();
        let rows = tx.rows_text(asked, &none).await?;
        let told = rows.iter().map(|row| row.get(column)).collect();
        tx.roll_back().await?;
        told
    }

    /// Says that this process must not go on writing.
    pub(crate) fn mark_broken(&self) {
        self.shared.broken.send_replace(true);
    }

    /// Ends when writing has failed in a way that only a restart settles: the
    /// process is to stop, and what is on the disk is looked at anew.
    pub async fn broken(&self) {
        let mut broken = self.shared.broken.subscribe();
        // The sender lives as long as this handle.
        drop(broken.wait_for(|broken| *broken).await);
    }

    pub(crate) fn wake(&self) {
        self.shared.wake.notify_waiters();
        self.shared.wake.notify_one();
    }

    /// Ends when a job may have come: told by this process, on PostgreSQL by
    /// any node. It may end for nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be listened to.
    pub async fn job_came(&self, listener: &mut Listener) -> Result<(), StoreError> {
        match &self.shared.pools {
            Pools::Sqlite { .. } => {
                self.shared.wake.notified().await;
                Ok(())
            }
            Pools::Postgres(pool) => {
                let Some(heard) = &mut listener.0 else {
                    let mut new = PgListener::connect_with(pool).await?;
                    new.listen(JOBS_CHANNEL).await?;
                    listener.0 = Some(new);
                    // What came before listening began was not heard.
                    return Ok(());
                };
                heard.try_recv().await?;
                Ok(())
            }
        }
    }

    /// Writes what SQLite's log holds into the file and cuts the log to nothing,
    /// so that no earlier state of a row lies in it; whether it could, which
    /// readers may prevent. PostgreSQL vacuums by itself.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if no turn came.
    pub async fn forget_past(&self) -> Result<bool, StoreError> {
        let Pools::Sqlite { write, .. } = &self.shared.pools else {
            return Ok(true);
        };
        let asked = "pragma wal_checkpoint(truncate)";
        let (busy, _, _): (i64, i64, i64) = sqlx::query_as(asked).fetch_one(write).await?;
        Ok(busy == 0)
    }

    /// Closes every connection.
    pub async fn close(&self) {
        match &self.shared.pools {
            Pools::Sqlite { read, write, .. } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

fn prepared<S: PreparedStatement>(statement: &S) -> Prepared {
    let parameters = match statement.parameters() {
        Some(Either::Left(kinds)) => kinds.len(),
        Some(Either::Right(count)) => count,
        None => 0,
    };
    let columns = statement.columns().iter();
    Prepared {
        parameters,
        columns: columns.map(|column| column.name().to_owned()).collect(),
    }
}

async fn postgres(url: &str, asked: &Options) -> Result<PgPool, StoreError> {
    let options: PgConnectOptions = url.parse()?;
    let commits = if asked.is_thrown_away { "off" } else { "on" };
    let options = options
        .application_name("gongkai")
        // An acknowledged write is on the disk, whatever the server's default.
        .options([("synchronous_commit", commits), ("lock_timeout", "10s")])
        .disable_statement_logging();
    Ok(PgPoolOptions::new()
        .max_connections(asked.connections.max(2))
        .acquire_timeout(TURN_MAX)
        .connect_with(options)
        .await?)
}

async fn sqlite(file: &Path, asked: &Options) -> Result<Pools, StoreError> {
    // FULL: an acknowledged write outlives a power cut; NORMAL loses it.
    let durability = match asked.is_thrown_away {
        false => SqliteSynchronous::Full,
        true => SqliteSynchronous::Off,
    };
    let unclean = std::fs::metadata(beside(file, "-wal")).is_ok_and(|wal| wal.len() > 0);
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(durability)
        .pragma("fullfsync", "on")
        // What was erased is overwritten, not only marked as free.
        .pragma("secure_delete", "on")
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .disable_statement_logging();
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(TURN_MAX)
        .idle_timeout(None)
        .max_lifetime(None)
        .before_acquire(|connection, _| Box::pin(std::future::ready(is_free(connection))))
        .connect_with(options.clone())
        .await?;
    if unclean {
        whole(&write).await?;
    }
    let read = SqlitePoolOptions::new()
        .max_connections(asked.connections.max(1))
        .acquire_timeout(TURN_MAX)
        .before_acquire(|connection, _| Box::pin(std::future::ready(is_free(connection))))
        .connect_with(options.pragma("query_only", "on"))
        .await?;
    Ok(Pools::Sqlite {
        read,
        write,
        file: file.to_owned(),
    })
}

/// Whether a connection may be used again. Where a full disk made SQLite take
/// the transaction back by itself, the driver believes for ever that one is
/// open, and would refuse the next: such a connection is replaced.
#[expect(clippy::unnecessary_wraps, reason = "the pool asks in this form")]
fn is_free(connection: &SqliteConnection) -> Result<bool, sqlx::Error> {
    Ok(!connection.is_in_transaction())
}

/// A file that SQLite keeps beside its own.
pub(crate) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Looks the database over after a stop that was none of ours.
async fn whole(pool: &SqlitePool) -> Result<(), StoreError> {
    let found: Vec<String> = sqlx::query_scalar("pragma integrity_check(10)")
        .fetch_all(pool)
        .await?;
    let astray = sqlx::query("pragma foreign_key_check")
        .fetch_all(pool)
        .await?;
    if found == ["ok"] && astray.is_empty() {
        return Ok(());
    }
    Err(StoreError::Refused(format!(
        "the database was damaged by an unclean stop: {}; restore the last backup",
        found.join("; ")
    )))
}
