//! What the application's own role of PostgreSQL may do: everything that the
//! house needs, and nothing that would change the trail (GB/T 22239-2019
//! 8.1.4.3 c: records of the audit are protected from change). The role that
//! owns the tables migrates and grants; the application never owns them.

use sqlx::{AssertSqlSafe, PgPool};

use super::error::StoreError;
use super::open::{Db, Pools};
use super::schema;

/// Tables that only grow.
pub const APPEND_ONLY: [&str; 7] = [
    "audit",
    "audit_chain",
    "audit_checkpoints",
    "calendars",
    "letter_templates",
    "letterheads",
    "letters",
];

/// Table of the migrations, which only the owner changes.
const MIGRATIONS: &str = "_sqlx_migrations";

/// A role's name as PostgreSQL takes it without quotes: nothing else is put
/// into a statement.
fn is_plain(role: &str) -> bool {
    let head = role.chars().next();
    role.len() <= 63
        && head.is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && role
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Gives a role what the application needs, and takes away what it may have
/// had beyond that. To be run by the owner after each migration.
///
/// # Errors
/// [`StoreError::Refused`] for SQLite, which has no roles, and for a name that
/// is not plain; others that the role is not there or is not ours to grant to.
pub async fn to_application(db: &Db, role: &str) -> Result<(), StoreError> {
    let Pools::Postgres(pool) = db.pools() else {
        return Err(StoreError::Refused("SQLite has no roles".to_owned()));
    };
    if !is_plain(role) {
        return Err(StoreError::Refused(format!("not a plain name: {role}")));
    }
    let tables = schema::of(db).await?;
    let mut tx = pool.begin().await?;
    let mut statements = vec![
        format!("grant usage on schema public to {role}"),
        format!("revoke all on all tables in schema public from {role}"),
        format!("grant select on {MIGRATIONS} to {role}"),
    ];
    for table in tables.keys().filter(|table| *table != MIGRATIONS) {
        let rights = if APPEND_ONLY.contains(&table.as_str()) {
            "select, insert"
        } else {
            "select, insert, update, delete"
        };
        statements.push(format!("grant {rights} on {table} to {role}"));
    }
    // Numbers of requests are taken from where the table takes them, before there is a
    // row; to take one changes nothing that is kept.
    if tables.contains_key("requests") {
        statements.push(format!("grant usage on sequence requests_id_seq to {role}"));
    }
    for statement in statements {
        sqlx::query(AssertSqlSafe(statement))
            .execute(&mut *tx)
            .await?;
    }
    Ok(tx.commit().await?)
}

/// Whether the role that is connected could change the trail, if it went
/// around the program; none for SQLite, where whoever has the file has it all.
///
/// # Errors
/// That the database cannot be asked.
pub async fn may_change_the_trail(db: &Db) -> Result<Option<bool>, StoreError> {
    match db.pools() {
        Pools::Sqlite { .. } => Ok(None),
        Pools::Postgres(pool) => may_change(pool).await.map(Some),
    }
}

/// An owner may do everything, whatever was granted: it can drop the triggers.
const MAY_CHANGE: &str = "select bool_or(has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')
        or pg_has_role(c.relowner, 'MEMBER'))
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = current_schema() and c.relname = any($1)";

async fn may_change(pool: &PgPool) -> Result<bool, StoreError> {
    let tables: Vec<String> = APPEND_ONLY.map(str::to_owned).to_vec();
    let may: Option<bool> = sqlx::query_scalar(MAY_CHANGE)
        .bind(tables)
        .fetch_one(pool)
        .await?;
    Ok(may.unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_name_is_put_into_a_statement() {
        let table = [
            ("gongkai_app", true),
            ("_a1", true),
            ("", false),
            ("1a", false),
            ("Gongkai", false),
            ("a; drop table audit", false),
            ("a\"b", false),
            ("公开", false),
        ];
        for (name, plain) in table {
            assert_eq!(is_plain(name), plain, "{name}");
        }
        assert!(!is_plain(&"a".repeat(64)));
    }
}
