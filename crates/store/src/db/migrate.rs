//! Migrations: two folders with the same numbers and names, never edited after
//! a release.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{PgPool, SqlSafeStr, SqlStr, SqlitePool};

use super::error::StoreError;
use super::open::{Db, Engine, Pools};

/// Which layout a database has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrations {
    /// The house itself.
    Main,
    /// The store of keys, apart from the records that they open.
    Keys,
}

struct Step {
    number: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! steps {
    ($($number:literal $name:literal;)*) => {
        &[$(Step {
            number: $number,
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../migrations/postgres/", $name, ".sql")),
        }),*]
    };
}

const MAIN: &[Step] = steps! {
    1 "0001_ground";
    2 "0002_organizations";
    3 "0003_people";
    4 "0004_register";
    5 "0005_identities";
    6 "0006_chain";
    7 "0007_inspection";
    8 "0008_outbox";
    9 "0009_review";
    10 "0010_calendars";
    11 "0011_requests";
    12 "0012_letters";
    13 "0013_portal";
    14 "0014_letterheads";
    15 "0015_request_words";
    16 "0016_guides";
    17 "0017_unindexed";
    18 "0018_lean_filing";
    19 "0019_open_ways";
    20 "0020_by_number";
    21 "0021_submissions";
    22 "0022_by_outcome";
    23 "0023_asked_sections";
    24 "0024_new_codes";
    25 "0025_remedies";
    26 "0026_held_numbers";
    27 "0027_by_what_is_asked";
    28 "0028_request_lists";
};

const KEYS: &[Step] = steps! {
    1 "keys_0001_keys";
};

/// A step more, by which an upgrade is tried (`cargo xtask dist --try`). No
/// package for others is made with this feature.
#[cfg(feature = "trial-migration")]
const TRIAL: &[Step] = &[Step {
    number: 9000,
    name: "9000_trial",
    sqlite: include_str!("../../migrations-trial/sqlite/9000_trial.sql"),
    postgres: include_str!("../../migrations-trial/postgres/9000_trial.sql"),
}];
#[cfg(not(feature = "trial-migration"))]
const TRIAL: &[Step] = NONE;

const NONE: &[Step] = &[];

impl Migrations {
    fn steps(self) -> impl Iterator<Item = &'static Step> {
        let (own, trial) = match self {
            Self::Main => (MAIN, TRIAL),
            Self::Keys => (KEYS, NONE),
        };
        own.iter().chain(trial)
    }

    /// Numbers and names of the steps.
    pub fn names(self) -> impl Iterator<Item = (i64, &'static str)> {
        self.steps().map(|step| (step.number, step.name))
    }

    fn migrator(self, engine: Engine) -> Migrator {
        migrator(self.steps(), engine)
    }
}

fn migrator<'a>(steps: impl Iterator<Item = &'a Step>, engine: Engine) -> Migrator {
    let migration = |step: &Step| {
        let text = match engine {
            Engine::Sqlite => step.sqlite,
            Engine::Postgres => step.postgres,
        };
        Migration::new(
            step.number,
            step.name.into(),
            MigrationType::Simple,
            SqlStr::from_static(text).into_sql_str(),
            false,
        )
    };
    Migrator::with_migrations(steps.map(migration).collect())
}

/// Brings the layout up to date. Several nodes may try at once.
///
/// # Errors
/// [`StoreError::Layout`] if a step fails (it leaves nothing behind), was
/// changed since it ran, or is unknown to this version of the program.
pub async fn run(db: &Db, migrations: Migrations) -> Result<(), StoreError> {
    let migrator = migrations.migrator(db.engine());
    // The application's own role may not change the layout, not even to no
    // effect. Whatever is not just as it should be is told by the migrator.
    let wanted: Vec<(i64, Vec<u8>)> = migrator
        .iter()
        .map(|step| (step.version, step.checksum.to_vec()))
        .collect();
    if done(db).await? == wanted {
        return Ok(());
    }
    apply(db, &migrator).await
}

async fn apply(db: &Db, migrator: &Migrator) -> Result<(), StoreError> {
    match db.pools() {
        Pools::Sqlite { write, .. } => migrator.run(write).await?,
        Pools::Postgres(pool) => migrator.run(pool).await?,
    }
    Ok(())
}

/// Steps that have not run yet.
///
/// # Errors
/// That the database cannot be read.
pub async fn pending(db: &Db, migrations: Migrations) -> Result<Vec<&'static str>, StoreError> {
    let done = done(db).await?;
    Ok(migrations
        .names()
        .filter(|(number, _)| !done.iter().any(|(done, _)| done == number))
        .map(|(_, name)| name)
        .collect())
}

const DONE: &str = "select version, checksum from _sqlx_migrations where success order by version";

/// Numbers and digests of the steps that have run.
async fn done(db: &Db) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    match db.pools() {
        Pools::Sqlite { read, .. } => done_sqlite(read).await,
        Pools::Postgres(pool) => done_postgres(pool).await,
    }
}

async fn done_sqlite(pool: &SqlitePool) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let there: i64 =
        sqlx::query_scalar("select count(*) from sqlite_master where name = '_sqlx_migrations'")
            .fetch_one(pool)
            .await?;
    if there == 0 {
        return Ok(Vec::new());
    }
    Ok(sqlx::query_as(DONE).fetch_all(pool).await?)
}

async fn done_postgres(pool: &PgPool) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let there: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null")
        .fetch_one(pool)
        .await?;
    if !there {
        return Ok(Vec::new());
    }
    Ok(sqlx::query_as(DONE).fetch_all(pool).await?)
}

#[cfg(test)]
mod tests {
    use gongkai_testkit::database::{Cluster, Folder, own_name};
    use jiff::Timestamp;

    use super::*;
    use crate::Options;
    use crate::settings::{self, Setting};

    /// What was set before a step, and what is set after it.
    async fn moved(db: &Db, before: i64, set: &[(&str, &str)]) -> Vec<(String, String)> {
        let steps = Migrations::Main.steps();
        let earlier = migrator(steps.filter(|step| step.number < before), db.engine());
        apply(db, &earlier).await.expect("the layout before");
        let mut tx = db.write().await.expect("a turn");
        for (name, value) in set {
            let setting = Setting {
                name: (*name).to_owned(),
                value: (*value).to_owned(),
                version: 0,
            };
            let put = settings::put(&mut tx, &setting, "li", Timestamp::UNIX_EPOCH);
            put.await.expect("set");
        }
        tx.commit().await.expect("kept");
        run(db, Migrations::Main).await.expect("up to date");
        let mut tx = db.read().await.expect("a state");
        let all = settings::all(&mut tx).await.expect("read");
        tx.roll_back().await.expect("ended");
        let all = all.into_iter().map(|one| (one.name, one.value));
        let mut all: Vec<(String, String)> = all.collect();
        all.sort();
        all
    }

    #[tokio::test]
    async fn a_remedy_that_was_set_for_a_group_counts_for_each_of_its_outcomes() {
        let folder = Folder::new();
        let file = folder.path().join("moved.db").display().to_string();
        let cluster = Cluster::shared();
        for url in [format!("sqlite:{file}"), cluster.database(&own_name())] {
            let db = Db::open(&Options::new(url)).await.expect("opened");
            let set = [
                ("letters.remedy_closed", "none"),
                ("letters.remedy_unprocessed", "review_first"),
                ("letters.seal_before_service", "no"),
            ];
            let found = moved(&db, 25, &set).await;
            let wanted = [
                ("letters.remedy.abandoned_fee", "none"),
                ("letters.remedy.abandoned_supplement", "none"),
                ("letters.remedy.confirm_or_reissue", "review_first"),
                ("letters.remedy.consultation_not_foi", "none"),
                ("letters.remedy.duplicate", "review_first"),
                ("letters.remedy.excessive", "review_first"),
                ("letters.remedy.other", "none"),
                ("letters.remedy.petition", "review_first"),
                ("letters.remedy.publication", "review_first"),
                ("letters.seal_before_service", "no"),
            ];
            let wanted = wanted.map(|(name, value)| (name.to_owned(), value.to_owned()));
            assert_eq!(found, wanted);
            db.close().await;
        }
    }
}
