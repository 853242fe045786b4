//! Transactions.

use sqlx::encode::Encode;
use sqlx::query::Query;
use sqlx::{Arguments, Database, PgPool, Postgres, SqlStr, Sqlite, Transaction, Type};

use super::error::StoreError;
use super::open::{Db, Engine, Pools};
use super::row::Row;
use super::statement::Statement;
use super::value::Value;
use crate::requests::foretold::{Foretold, Learnt};

enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Inner {
    /// One that may write.
    async fn begin(db: &Db) -> Result<Self, StoreError> {
        Ok(match db.pools() {
            // Without IMMEDIATE, a reader that turns writer is refused at once.
            Pools::Sqlite { write, .. } => Self::Sqlite(write.begin_with("begin immediate").await?),
            Pools::Postgres(pool) => Self::Postgres(begun(pool, "begin").await?),
        })
    }
}

/// A transaction of PostgreSQL, begun to its end whether anybody still waits for it or
/// not. Where who waited went away while BEGIN was under way (a browser that hung up, a
/// race that was lost), the driver would give the connection back with the transaction
/// open, and what others then do on it alone would be taken back with it.
async fn begun(
    pool: &PgPool,
    statement: &'static str,
) -> Result<Transaction<'static, Postgres>, StoreError> {
    let connection = pool.acquire().await?;
    let beginning = Transaction::begin(connection, Some(SqlStr::from_static(statement)));
    let ended = tokio::spawn(beginning).await;
    Ok(ended.map_err(|broken| sqlx::Error::Io(broken.into()))??)
}

/// One transaction. Dropped without [`Tx::commit`], it has done nothing.
pub struct Tx {
    /// None until something is asked, where PostgreSQL is written: what is one
    /// statement needs no BEGIN.
    inner: Option<Inner>,
    db: Db,
    wakes: bool,
    /// A filing whose number was foretold, which is written with its answer.
    foretold: Option<Foretold>,
    /// The number that a filing of the ordinary way got, known once it is kept.
    learnt: Option<Learnt>,
    /// Whether a statement failed in a way that ended it. PostgreSQL answers
    /// COMMIT of such a one with success, and keeps nothing.
    over: bool,
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").field("db", &self.db).finish()
    }
}

/// A query with its values.
pub(crate) fn bound<DB: Database>(
    text: SqlStr,
    values: &[Value],
) -> Query<'static, DB, DB::Arguments>
where
    for<'e> Option<i64>: Encode<'e, DB> + Type<DB>,
    for<'e> Option<String>: Encode<'e, DB> + Type<DB>,
    for<'e> Option<Vec<u8>>: Encode<'e, DB> + Type<DB>,
    DB::Arguments: Arguments<Database = DB>,
{
    values
        .iter()
        .cloned()
        .fold(sqlx::query::<DB>(text), |query, value| match value {
            Value::Int(value) => query.bind(value),
            Value::Text(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
        })
}

impl Tx {
    pub(crate) async fn write(db: Db) -> Result<Self, StoreError> {
        let inner = match db.pools() {
            Pools::Sqlite { .. } => Some(Inner::begin(&db).await?),
            Pools::Postgres(_) => None,
        };
        Ok(Self::of(inner, db))
    }

    pub(crate) async fn read(db: Db) -> Result<Self, StoreError> {
        let inner = match db.pools() {
            Pools::Sqlite { read, .. } => Inner::Sqlite(read.begin().await?),
            Pools::Postgres(pool) => Inner::Postgres(
                begun(pool, "begin isolation level repeatable read read only").await?,
            ),
        };
        Ok(Self::of(Some(inner), db))
    }

    fn of(inner: Option<Inner>, db: Db) -> Self {
        Self {
            inner,
            db,
            wakes: false,
            foretold: None,
            learnt: None,
            over: false,
        }
    }

    /// The transaction, begun now where nothing was asked yet.
    async fn inner(&mut self) -> Result<&mut Inner, StoreError> {
        // Whoever foretells a number asks nothing else; and where one does, the
        // number is counted in the ordinary way.
        if self.foretold.is_some() {
            self.over = true;
            return Err(StoreError::Foretold);
        }
        let inner = match self.inner.take() {
            Some(inner) => inner,
            None => Inner::begin(&self.db).await?,
        };
        Ok(self.inner.insert(inner))
    }

    /// Whether nothing was asked yet, and one statement may be all of it.
    pub(crate) fn is_fresh(&self) -> bool {
        self.inner.is_none() && !self.over && self.foretold.is_none()
    }

    /// Leaves a filing to be written with its answer.
    pub(crate) fn foretell(&mut self, foretold: Foretold) {
        self.foretold = Some(foretold);
    }

    /// Remembers a number once it is kept.
    pub(crate) fn learn(&mut self, learnt: Learnt) {
        self.learnt = Some(learnt);
    }

    /// The filing that is still to be written.
    pub(crate) fn foretold(&mut self) -> Option<Foretold> {
        self.foretold.take()
    }

    /// Carries out a statement that is all of a fresh transaction: what it did is kept
    /// when this returns, and [`Self::commit`] has nothing left to do.
    ///
    /// # Errors
    /// The statement's, and as for [`Self::commit`].
    pub(crate) async fn alone(
        &mut self,
        statement: &Statement,
        values: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        let db = self.db.clone();
        let Pools::Postgres(pool) = db.pools() else {
            return self.optional(statement, values).await;
        };
        db.counted();
        let text = statement.text(Engine::Postgres);
        // Without a connection nothing was asked, and nothing is in doubt.
        let mut connection = pool.acquire().await?;
        let asked = bound::<Postgres>(text, values);
        // It is read to its end, which is behind what COMMIT would be.
        let done = asked.fetch_optional(&mut *connection).await;
        let row = done.map_err(|error| {
            self.over = true;
            StoreError::of_commit(error)
        })?;
        Ok(row.map(Row::Postgres))
    }

    /// The database it belongs to.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The engine.
    pub fn engine(&self) -> Engine {
        self.db.engine()
    }

    /// Carries out a statement; how many rows it touched.
    ///
    /// # Errors
    /// The statement's. After one, a PostgreSQL transaction is over.
    pub async fn execute(
        &mut self,
        statement: &Statement,
        values: &[Value],
    ) -> Result<u64, StoreError> {
        self.execute_text(statement.text(self.engine()), values)
            .await
    }

    /// Carries out a statement that must touch exactly one row: the row of the
    /// version that was seen.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it touched none.
    pub async fn change_one(
        &mut self,
        statement: &Statement,
        values: &[Value],
    ) -> Result<(), StoreError> {
        match self.execute(statement, values).await? {
            1 => Ok(()),
            _ => Err(StoreError::Conflict),
        }
    }

    pub(crate) async fn execute_text(
        &mut self,
        text: SqlStr,
        values: &[Value],
    ) -> Result<u64, StoreError> {
        let done = match self.inner().await? {
            Inner::Sqlite(tx) => bound::<Sqlite>(text, values)
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected()),
            Inner::Postgres(tx) => bound::<Postgres>(text, values)
                .execute(&mut **tx)
                .await
                .map(|done| done.rows_affected()),
        };
        self.noted(done)
    }

    /// The row of a statement that gives one at most.
    ///
    /// # Errors
    /// The statement's.
    pub async fn optional(
        &mut self,
        statement: &Statement,
        values: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        let text = statement.text(self.engine());
        let done = match self.inner().await? {
            Inner::Sqlite(tx) => bound::<Sqlite>(text, values)
                .fetch_optional(&mut **tx)
                .await
                .map(|row| row.map(Row::Sqlite)),
            Inner::Postgres(tx) => bound::<Postgres>(text, values)
                .fetch_optional(&mut **tx)
                .await
                .map(|row| row.map(Row::Postgres)),
        };
        self.noted(done)
    }

    /// The row of a statement that always gives one.
    ///
    /// # Errors
    /// [`StoreError::Broken`] if it gives none.
    pub async fn one(
        &mut self,
        statement: &Statement,
        values: &[Value],
    ) -> Result<Row, StoreError> {
        self.optional(statement, values)
            .await?
            .ok_or(StoreError::Broken(sqlx::Error::RowNotFound))
    }

    /// The rows of a statement.
    ///
    /// # Errors
    /// The statement's.
    pub async fn rows(
        &mut self,
        statement: &Statement,
        values: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        self.rows_text(statement.text(self.engine()), values).await
    }

    pub(crate) async fn rows_text(
        &mut self,
        text: SqlStr,
        values: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        let done = match self.inner().await? {
            Inner::Sqlite(tx) => bound::<Sqlite>(text, values)
                .fetch_all(&mut **tx)
                .await
                .map(|rows| rows.into_iter().map(Row::Sqlite).collect()),
            Inner::Postgres(tx) => bound::<Postgres>(text, values)
                .fetch_all(&mut **tx)
                .await
                .map(|rows| rows.into_iter().map(Row::Postgres).collect()),
        };
        self.noted(done)
    }

    /// Remembers a failure that ended the transaction. SQLite goes on after a
    /// row that it refused, and after nothing else.
    fn noted<T>(&mut self, done: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        self.db().counted();
        done.map_err(|error| {
            let error = StoreError::from(error);
            let goes_on =
                self.engine() == Engine::Sqlite && matches!(error, StoreError::Duplicate(_));
            self.over |= !goes_on;
            error
        })
    }

    /// Says that this transaction enqueued a job, so that a worker is woken
    /// when it is kept.
    pub(crate) fn wakes(&mut self) {
        self.wakes = true;
    }

    /// Keeps what was done. Only after this may anybody be told of it.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] if the answer was lost; any other error means
    /// that nothing was kept, as when one of its statements failed before.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        if self.foretold.is_some() {
            return Err(StoreError::Foretold);
        }
        if self.over {
            return Err(StoreError::Refused(
                "a statement of the transaction failed, nothing of it is kept".to_owned(),
            ));
        }
        // What was one statement has told the other nodes itself.
        if self.wakes && self.engine() == Engine::Postgres && self.inner.is_some() {
            self.execute_text(
                SqlStr::from_static("select pg_notify('gongkai_jobs', '')"),
                &[],
            )
            .await?;
        }
        let (engine, db) = (self.engine(), self.db.clone());
        let done = match self.inner {
            Some(Inner::Sqlite(tx)) => tx.commit().await,
            Some(Inner::Postgres(tx)) => tx.commit().await,
            None => Ok(()),
        };
        match done.map_err(StoreError::of_commit) {
            Ok(()) => {
                if self.wakes {
                    db.wake();
                }
                if let Some(learnt) = self.learnt {
                    db.foretelling().came(learnt);
                }
                Ok(())
            }
            Err(error) => {
                // A failed sync is never tried again: the kernel may have
                // dropped what it could not write.
                if engine == Engine::Sqlite && matches!(error, StoreError::Unknown(_)) {
                    db.mark_broken();
                }
                Err(error)
            }
        }
    }

    /// Takes back what was done.
    ///
    /// # Errors
    /// That the database cannot be reached; what was done is gone all the same.
    pub async fn roll_back(self) -> Result<(), StoreError> {
        match self.inner {
            Some(Inner::Sqlite(tx)) => tx.rollback().await?,
            Some(Inner::Postgres(tx)) => tx.rollback().await?,
            None => {}
        }
        Ok(())
    }
}
