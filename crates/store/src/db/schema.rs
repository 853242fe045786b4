//! What a migrated database looks like, in terms that both engines share.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{PgPool, Row as _, SqlitePool};

use super::error::StoreError;
use super::open::{Db, Pools};

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// `int`, `text` or `bytes`.
    pub kind: String,
    /// Whether it may be empty.
    pub nullable: bool,
}

/// A reference to another table: own columns, the table, its columns.
pub type Reference = (Vec<String>, String, Vec<String>);

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Columns in order.
    pub columns: Vec<Column>,
    /// Columns of the primary key.
    pub key: Vec<String>,
    /// Sets of columns that are unique, the primary key among them.
    pub unique: BTreeSet<Vec<String>>,
    /// References to other tables.
    pub foreign: BTreeSet<Reference>,
}

/// All tables by name.
pub type Schema = BTreeMap<String, Table>;

/// Reads the layout of a database.
///
/// # Errors
/// That it cannot be read.
pub async fn of(db: &Db) -> Result<Schema, StoreError> {
    match db.pools() {
        Pools::Sqlite { read, .. } => sqlite(read).await,
        Pools::Postgres(pool) => postgres(pool).await,
    }
}

/// Tables so that each comes after those that it refers to; tables that refer
/// to each other in a ring come in any order.
pub fn in_order(schema: &Schema) -> Vec<&str> {
    let mut order: Vec<&str> = Vec::new();
    let mut left: Vec<&str> = schema.keys().map(String::as_str).collect();
    while !left.is_empty() {
        let ready = |name: &&str| {
            schema[*name]
                .foreign
                .iter()
                .all(|(_, to, _)| to == name || order.contains(&to.as_str()))
        };
        let (now, later): (Vec<&str>, Vec<&str>) = left.iter().copied().partition(ready);
        if now.is_empty() {
            order.extend(later);
            break;
        }
        order.extend(now);
        left = later;
    }
    order
}

fn kind(declared: &str) -> String {
    match declared.to_ascii_lowercase().as_str() {
        "integer" | "int" | "bigint" => "int",
        "blob" | "bytea" => "bytes",
        "text" => "text",
        other => return other.to_owned(),
    }
    .to_owned()
}

async fn sqlite(pool: &SqlitePool) -> Result<Schema, StoreError> {
    let mut schema = Schema::new();
    let names: Vec<String> = sqlx::query_scalar(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\' and name not like '\\_sqlx%' escape '\\' order by name",
    )
    .fetch_all(pool)
    .await?;
    for name in names {
        let mut table = Table::default();
        let rows = sqlx::query(
            "select name, type, \"notnull\" as required, pk from pragma_table_info($1) order by cid",
        )
        .bind(&name)
        .fetch_all(pool)
        .await?;
        for row in rows {
            let column: String = row.try_get("name")?;
            let part: i64 = row.try_get("pk")?;
            let required: bool = row.try_get("required")?;
            if part > 0 {
                table.key.push(column.clone());
            }
            table.columns.push(Column {
                name: column,
                kind: kind(row.try_get("type")?),
                nullable: !required && part == 0,
            });
        }
        table.unique.insert(table.key.clone());
        let indexes: Vec<String> = sqlx::query_scalar(
            "select name from pragma_index_list($1) where \"unique\" = 1 and origin <> 'pk' and partial = 0",
        )
        .bind(&name)
        .fetch_all(pool)
        .await?;
        for index in indexes {
            let columns: Vec<String> =
                sqlx::query_scalar("select name from pragma_index_info($1) order by seqno")
                    .bind(&index)
                    .fetch_all(pool)
                    .await?;
            table.unique.insert(columns);
        }
        let rows = sqlx::query(
            "select id, \"table\" as target, \"from\" as own, \"to\" as theirs from pragma_foreign_key_list($1) order by id, seq",
        )
        .bind(&name)
        .fetch_all(pool)
        .await?;
        let mut foreign: BTreeMap<i64, Reference> = BTreeMap::new();
        for row in rows {
            let reference = foreign.entry(row.try_get("id")?).or_default();
            reference.0.push(row.try_get("own")?);
            reference.1 = row.try_get("target")?;
            reference.2.push(row.try_get("theirs")?);
        }
        table.foreign = foreign.into_values().collect();
        schema.insert(name, table);
    }
    Ok(schema)
}

async fn postgres(pool: &PgPool) -> Result<Schema, StoreError> {
    let mut schema = Schema::new();
    let rows = sqlx::query(
        "select c.table_name::text as name, c.column_name::text as col, c.data_type::text as kind, c.is_nullable = 'YES' as nullable
         from information_schema.columns c
         join information_schema.tables t using (table_schema, table_name)
         where c.table_schema = current_schema() and t.table_type = 'BASE TABLE' and c.table_name <> '_sqlx_migrations'
         order by c.table_name, c.ordinal_position",
    )
    .fetch_all(pool)
    .await?;
    for row in rows {
        let table = schema.entry(row.try_get("name")?).or_default();
        let declared: String = row.try_get("kind")?;
        table.columns.push(Column {
            name: row.try_get("col")?,
            kind: kind(&declared),
            nullable: row.try_get("nullable")?,
        });
    }
    let rows = sqlx::query(
        "select r.relname::text as name, c.contype::text as kind,
                array(select a.attname::text from unnest(c.conkey) with ordinality k(n, o) join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.n order by k.o) as own,
                f.relname::text as target,
                array(select a.attname::text from unnest(c.confkey) with ordinality k(n, o) join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.n order by k.o) as theirs
         from pg_constraint c
         join pg_class r on r.oid = c.conrelid
         join pg_namespace n on n.oid = r.relnamespace
         left join pg_class f on f.oid = c.confrelid
         where n.nspname = current_schema() and c.contype in ('p', 'u', 'f')",
    )
    .fetch_all(pool)
    .await?;
    for row in rows {
        let name: String = row.try_get("name")?;
        let Some(table) = schema.get_mut(&name) else {
            continue;
        };
        let own: Vec<String> = row.try_get("own")?;
        match row.try_get::<String, _>("kind")?.as_str() {
            "f" => {
                table
                    .foreign
                    .insert((own, row.try_get("target")?, row.try_get("theirs")?));
            }
            kind => {
                if kind == "p" {
                    table.key.clone_from(&own);
                }
                table.unique.insert(own);
            }
        }
    }
    Ok(schema)
}
