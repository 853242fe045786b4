//! Requests by the blind words of their texts, and what falls due by day.

use std::collections::BTreeSet;

use gongkai_domain::organization::permissions::Reach;
use jiff::civil::Date;

use super::{Kept, Of, kept, within};
use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::db::value::Value;
use crate::values;

statements! { "requests/words";
    ADD = "insert into request_words (word, request) select value, cast($1 as bigint) from within($2) as listed";
    INDEXED = "update requests set indexed = 1 where id = $1";
    UNINDEXED = "select id, organization, parent, number, way, filed, filed_at, state, lane, day, received, due, provisional, moves, outcome, ended, section, handler, applicant_kind, applicant_index, key, sealed, changed_at, version
        from requests
        where (cast($1 as bigint) = 1 or organization in within($2) or section in within($2)) and indexed = 0
        order by id desc limit $3";
    FORGET = "delete from request_words where request = $1";
    /// Those that have every word of a list, the newest first.
    FIND = "select id, organization, parent, number, way, filed, filed_at, state, lane, day, received, due, provisional, moves, outcome, ended, section, handler, applicant_kind, applicant_index, key, sealed, changed_at, version
        from requests
        where (cast($1 as bigint) = 1 or organization in within($2) or section in within($2))
            and id in (select request from request_words where word in within($3) group by request having count(*) = $4)
        order by id desc limit $5";
    DAYS_OF_BODY = "select day, lane, count(*) as count from requests
        where organization = $1 and lane in ('running', 'waiting') and day >= $2 and day <= $3
        group by lane, day order by lane, day";
    DAYS_OF_SECTION = "select day, lane, count(*) as count from requests
        where section = $1 and lane in ('running', 'waiting') and day >= $2 and day <= $3
        group by lane, day order by lane, day";
    DAYS_OF_HANDLER = "select day, lane, count(*) as count from requests
        where handler = $1 and lane in ('running', 'waiting') and day >= $2 and day <= $3
        group by lane, day order by lane, day";
}

/// Keeps the words of a request that is not indexed yet.
///
/// # Errors
/// [`StoreError::Duplicate`] where they are kept already.
pub async fn add(tx: &mut Tx, request: i64, words: &BTreeSet<i64>) -> Result<(), StoreError> {
    tx.execute(&INDEXED, values![request]).await?;
    if words.is_empty() {
        return Ok(());
    }
    let values = [Value::from(request), Value::ids(words.iter().copied())];
    tx.execute(&ADD, &values).await?;
    Ok(())
}

/// Requests within a reach whose words are not kept yet, the newest first.
///
/// # Errors
/// The store's.
pub async fn unindexed(tx: &mut Tx, reach: &Reach, most: i64) -> Result<Vec<Kept>, StoreError> {
    let [all, ids] = within(reach);
    let values = [all, ids, Value::from(most)];
    tx.rows(&UNINDEXED, &values)
        .await?
        .iter()
        .map(kept)
        .collect()
}

/// Forgets the words of a request.
///
/// # Errors
/// The store's.
pub async fn forget(tx: &mut Tx, request: i64) -> Result<(), StoreError> {
    tx.execute(&FORGET, values![request]).await?;
    Ok(())
}

/// Requests within a reach that have all of some words, the newest first.
///
/// # Errors
/// The store's.
pub async fn find(
    tx: &mut Tx,
    reach: &Reach,
    words: &BTreeSet<i64>,
    most: i64,
) -> Result<Vec<Kept>, StoreError> {
    let [all, ids] = within(reach);
    let count = i64::try_from(words.len()).unwrap_or(i64::MAX);
    let values = [
        all,
        ids,
        Value::ids(words.iter().copied()),
        Value::from(count),
        Value::from(most),
    ];
    tx.rows(&FIND, &values).await?.iter().map(kept).collect()
}

/// How many requests of a lane are sorted by a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnDay {
    /// The day.
    pub day: Date,
    /// [`gongkai_domain::requests::record::Lane::key`]: `running` or `waiting`.
    pub lane: String,
    /// How many.
    pub count: i64,
}

/// What falls due from one day to another, by lane and day.
///
/// # Errors
/// The store's.
pub async fn days(tx: &mut Tx, of: Of, from: Date, until: Date) -> Result<Vec<OnDay>, StoreError> {
    let (statement, id) = match of {
        Of::Body(id) => (&DAYS_OF_BODY, id.0),
        Of::Section(id) => (&DAYS_OF_SECTION, id.0),
        Of::Handler(id) => (&DAYS_OF_HANDLER, id.0),
    };
    let day = |row: &Row| {
        Ok(OnDay {
            day: row.get("day")?,
            lane: row.get("lane")?,
            count: row.get("count")?,
        })
    };
    let rows = tx.rows(statement, values![id, from, until]).await?;
    rows.iter().map(day).collect()
}
