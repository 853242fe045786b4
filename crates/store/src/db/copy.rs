//! Copying everything from one database to another, of the same engine or not.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::error::StoreError;
use super::open::{Db, Engine};
use super::row::Row;
use super::schema::{self, Schema, Table};
use super::tx::Tx;
use super::value::Value;

/// What a table held: rows, and a digest over all of them in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Rows.
    pub rows: u64,
    /// SHA-256 over every value of every row, in the order of the key.
    pub digest: String,
}

/// What every table held, by name.
pub type Contents = BTreeMap<String, Held>;

/// Copies every row into an empty database of the same layout, in one
/// transaction: all of it is there at the end, or nothing. What is read is one
/// state of the source, whatever is written to it meanwhile.
///
/// # Errors
/// [`StoreError::Refused`] if the target holds rows or has another layout.
pub async fn copy(from: &Db, to: &Db) -> Result<Contents, StoreError> {
    let layout = schema::of(from).await?;
    if columns(&layout) != columns(&schema::of(to).await?) {
        return Err(StoreError::Refused(
            "the two databases have different layouts; migrate both with this program first"
                .to_owned(),
        ));
    }
    let (mut source, mut target) = (from.read().await?, to.write().await?);
    defer(&mut target).await?;
    let mut contents = Contents::new();
    for name in schema::in_order(&layout) {
        let table = &layout[name];
        if count(&mut target, name).await? > 0 {
            return Err(StoreError::Refused(format!(
                "the target already holds {name}; copy into an empty database"
            )));
        }
        let held = copy_table(&mut source, &mut target, name, table).await?;
        number_on(&mut target, name, table).await?;
        contents.insert(name.to_owned(), held);
    }
    target.commit().await?;
    Ok(contents)
}

/// What every table holds.
///
/// # Errors
/// The store's.
pub async fn contents(db: &Db) -> Result<Contents, StoreError> {
    let layout = schema::of(db).await?;
    let mut tx = db.read().await?;
    let mut contents = Contents::new();
    for (name, table) in &layout {
        contents.insert(name.clone(), tally(&mut tx, name, table).await?);
    }
    Ok(contents)
}

#[derive(Default)]
struct Tally {
    rows: u64,
    hash: Sha256,
}

impl Tally {
    fn add(&mut self, row: &[Value]) {
        self.rows += 1;
        for value in row {
            let (kind, bytes) = match value {
                Value::Int(Some(number)) => (1u8, number.to_be_bytes().to_vec()),
                Value::Text(Some(text)) => (2, text.as_bytes().to_vec()),
                Value::Bytes(Some(bytes)) => (3, bytes.clone()),
                _ => (0, Vec::new()),
            };
            self.hash.update([kind]);
            self.hash
                .update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            self.hash.update(&bytes);
        }
    }

    fn held(self) -> Held {
        let digest = self.hash.finalize();
        Held {
            rows: self.rows,
            digest: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

type Columns<'a> = BTreeMap<&'a str, Vec<(&'a str, &'a str)>>;

fn columns(layout: &Schema) -> Columns<'_> {
    layout
        .iter()
        .map(|(name, table)| {
            let columns = table.columns.iter();
            let columns = columns.map(|column| (column.name.as_str(), column.kind.as_str()));
            (name.as_str(), columns.collect())
        })
        .collect()
}

/// Names come from the layout of our own migrations, never from a user.
fn text(made: String) -> SqlStr {
    AssertSqlSafe(made).into_sql_str()
}

async fn count(tx: &mut Tx, table: &str) -> Result<i64, StoreError> {
    let rows = tx
        .rows_text(text(format!("select count(*) as count from {table}")), &[])
        .await?;
    rows.first()
        .ok_or_else(|| StoreError::wrong("count"))?
        .get("count")
}

/// References are looked at when all is there.
async fn defer(tx: &mut Tx) -> Result<(), StoreError> {
    let words = match tx.engine() {
        Engine::Sqlite => "pragma defer_foreign_keys = on",
        Engine::Postgres => "set constraints all deferred",
    };
    tx.execute_text(SqlStr::from_static(words), &[]).await?;
    Ok(())
}

async fn copy_table(
    source: &mut Tx,
    target: &mut Tx,
    name: &str,
    table: &Table,
) -> Result<Held, StoreError> {
    let places: Vec<String> = (1..=table.columns.len()).map(|n| format!("${n}")).collect();
    let insert = text(format!(
        "insert into {name} ({}) values ({})",
        quoted(table.columns.iter().map(|column| column.name.as_str())),
        places.join(", ")
    ));
    let mut tally = Tally::default();
    let mut after = None;
    loop {
        let rows = page(source, name, table, after.as_deref()).await?;
        let Some(last) = rows.last() else {
            return Ok(tally.held());
        };
        after = Some(key_of(table, last));
        for row in &rows {
            tally.add(row);
            target.execute_text(insert.clone(), row).await?;
        }
    }
}

async fn tally(tx: &mut Tx, name: &str, table: &Table) -> Result<Held, StoreError> {
    let mut tally = Tally::default();
    let mut after = None;
    loop {
        let rows = page(tx, name, table, after.as_deref()).await?;
        let Some(last) = rows.last() else {
            return Ok(tally.held());
        };
        after = Some(key_of(table, last));
        rows.iter().for_each(|row| tally.add(row));
    }
}

/// Rows that are held in memory together.
const PAGE: usize = 500;

/// Rows after a key, in the order of the key's bytes, which is the same on
/// both engines.
async fn page(
    tx: &mut Tx,
    name: &str,
    table: &Table,
    after: Option<&[Value]>,
) -> Result<Vec<Vec<Value>>, StoreError> {
    let by_bytes = match tx.engine() {
        Engine::Sqlite => "",
        Engine::Postgres => " collate \"C\"",
    };
    let keys: Vec<String> = table
        .key
        .iter()
        .map(|key| {
            let is_text = table
                .columns
                .iter()
                .any(|column| column.name == *key && column.kind == "text");
            format!("\"{key}\"{}", if is_text { by_bytes } else { "" })
        })
        .collect();
    let keys = keys.join(", ");
    let places: Vec<String> = (1..=table.key.len()).map(|n| format!("${n}")).collect();
    let condition = match after {
        Some(_) => format!("where ({keys}) > ({})", places.join(", ")),
        None => String::new(),
    };
    let select = text(format!(
        "select {} from {name} {condition} order by {keys} limit {PAGE}",
        quoted(table.columns.iter().map(|column| column.name.as_str()))
    ));
    let rows = tx.rows_text(select, after.unwrap_or_default()).await?;
    rows.iter().map(|row| values_of(row, table)).collect()
}

fn values_of(row: &Row, table: &Table) -> Result<Vec<Value>, StoreError> {
    let columns = table.columns.iter();
    columns
        .map(|column| row.value(&column.name, &column.kind))
        .collect()
}

fn key_of(table: &Table, row: &[Value]) -> Vec<Value> {
    let of = |key: &String| {
        let at = table.columns.iter().position(|column| column.name == *key);
        at.and_then(|at| row.get(at)).cloned()
    };
    table.key.iter().filter_map(of).collect()
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("\"{name}\"")).collect();
    names.join(", ")
}

/// Lets the engine count on from the highest number that was copied. SQLite
/// does so by itself.
async fn number_on(tx: &mut Tx, name: &str, table: &Table) -> Result<(), StoreError> {
    if tx.engine() == Engine::Sqlite || table.key != ["id"] {
        return Ok(());
    }
    let is_number = |column: &schema::Column| column.name == "id" && column.kind == "int";
    if !table.columns.iter().any(is_number) {
        return Ok(());
    }
    let words = format!(
        "select setval(pg_get_serial_sequence('{name}', 'id'), max(id)) as at from {name} having max(id) is not null"
    );
    tx.rows_text(text(words), &[]).await?;
    Ok(())
}
