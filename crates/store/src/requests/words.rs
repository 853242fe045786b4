//! Requests by the blind words of their texts, and what falls due by day.

use std::collections::BTreeSet;

use gongkai_domain::organization::OrganizationId;
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
    /// Of those that have a word, the newest first, those that have every word of a list.
    FIND = "select r.id, r.organization, r.parent, r.number, r.way, r.filed, r.filed_at, r.state, r.lane, r.day, r.received, r.due, r.provisional, r.moves, r.outcome, r.ended, r.section, r.handler, r.applicant_kind, r.applicant_index, r.key, r.sealed, r.changed_at, r.version
        from request_words w join requests r on r.id = w.request
        where w.word = $3 and (cast($1 as bigint) = 1 or r.organization in within($2) or r.section in within($2))
            and (select count(*) from request_words other where other.request = w.request and other.word in within($4)) = $5
        order by w.request desc limit $6";
    /// How many requests have each of a list, counted no further than somebody reads.
    SEEN = "select value as word, (select count(*) from (select 1 as one from request_words where word = value limit $2) as few) as seen
        from within($1) as listed";
    /// Those of a body that share the most of a list.
    SHARING = "select w.request from request_words w join requests r on r.id = w.request
        where w.word in within($1) and w.request <> $2 and r.organization = $3
        group by w.request order by count(*) desc, w.request desc limit $4";
    /// A count of a day that nobody reads to the end costs no more than it is read.
    DAYS_OF_BODY = "select on_day.value as day, of_lane.lane as lane, (select count(*) from (select 1 as one from requests
            where organization = $1 and lane = of_lane.lane and day = on_day.value limit $3) as few) as count
        from texts($2) as on_day, (select 'running' as lane union all select 'waiting' as lane) as of_lane";
    DAYS_OF_LIST = "select on_day.value as day, of_lane.lane as lane, (select count(*) from (select 1 as one from request_lists
            where list = $1 and lane = of_lane.lane and day = on_day.value limit $3) as few) as count
        from texts($2) as on_day, (select 'running' as lane union all select 'waiting' as lane) as of_lane";
    DAYS_OF_HANDLER = "select on_day.value as day, of_lane.lane as lane, (select count(*) from (select 1 as one from request_lists l join requests r on r.id = l.request
            where l.list = $1 and l.lane = of_lane.lane and l.day = on_day.value
            and (cast($4 as bigint) = 1 or r.organization in within($5) or r.section in within($5)) limit $3) as few) as count
        from texts($2) as on_day, (select 'running' as lane union all select 'waiting' as lane) as of_lane";
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
    let Some(rarest) = seen(tx, words, COMMON_MIN).await?.first().copied() else {
        return Ok(Vec::new());
    };
    let [all, ids] = within(reach);
    let count = i64::try_from(words.len()).unwrap_or(i64::MAX);
    let values = [
        all,
        ids,
        Value::from(rarest.1),
        Value::ids(words.iter().copied()),
        Value::from(count),
        Value::from(most),
    ];
    tx.rows(&FIND, &values).await?.iter().map(kept).collect()
}

/// Of words that so many requests have it is the same which is looked for first.
const COMMON_MIN: i64 = 10_000;

/// How many requests have each of some words, counted to `most`: the rarest first.
async fn seen(
    tx: &mut Tx,
    words: impl IntoIterator<Item = &i64>,
    most: i64,
) -> Result<Vec<(i64, i64)>, StoreError> {
    let asked = Value::ids(words.into_iter().copied());
    let rows = tx.rows(&SEEN, &[asked, Value::from(most)]).await?;
    let one = |row: &Row| Ok((row.get::<i64>("seen")?, row.get::<i64>("word")?));
    let mut seen: Vec<_> = rows.iter().map(one).collect::<Result<_, StoreError>>()?;
    seen.sort_unstable();
    Ok(seen)
}

/// A word that so many requests have is not rare; it says how many rows are read for
/// one, too.
const RARE_MAX: i64 = 100;
/// Words that are looked at, and the rarest of them by which requests are found: a page
/// waits for it.
const LOOKED_AT_MAX: usize = 200;
const SHARED_MAX: usize = 40;

/// Those of some words that the fewest requests have.
///
/// # Errors
/// The store's.
pub async fn rare(tx: &mut Tx, words: &BTreeSet<i64>) -> Result<BTreeSet<i64>, StoreError> {
    let mut seen = seen(tx, words.iter().take(LOOKED_AT_MAX), RARE_MAX).await?;
    seen.retain(|(seen, _)| *seen < RARE_MAX);
    seen.truncate(SHARED_MAX);
    Ok(seen.into_iter().map(|(_, word)| word).collect())
}

/// Requests of a body that share the most of some rare words with one, beside itself.
///
/// # Errors
/// The store's.
pub async fn sharing(
    tx: &mut Tx,
    words: &BTreeSet<i64>,
    (organization, request): (OrganizationId, i64),
    most: i64,
) -> Result<Vec<i64>, StoreError> {
    let words = Value::ids(words.iter().copied());
    let values = [
        words,
        Value::from(request),
        Value::from(organization.0),
        Value::from(most),
    ];
    let rows = tx.rows(&SHARING, &values).await?;
    rows.iter().map(|row| row.get("request")).collect()
}

/// How many requests of a lane are sorted by a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnDay {
    /// The day.
    pub day: Date,
    /// [`gongkai_domain::requests::record::Lane::key`]: `running` or `waiting`.
    pub lane: String,
    /// How many, and no more than were to be counted.
    pub count: i64,
}

/// What falls due on each of some days, for each lane and day, in no order: no more than
/// `most` of each are counted.
///
/// # Errors
/// The store's.
pub async fn days(
    tx: &mut Tx,
    of: Of<'_>,
    on: &[Date],
    most: i64,
) -> Result<Vec<OnDay>, StoreError> {
    let statement = match of {
        Of::Body(_) => &DAYS_OF_BODY,
        Of::Section(_) => &DAYS_OF_LIST,
        Of::Handler(..) => &DAYS_OF_HANDLER,
    };
    let day = |row: &Row| {
        Ok(OnDay {
            day: row.get("day")?,
            lane: row.get("lane")?,
            count: row.get("count")?,
        })
    };
    let mut values = vec![of.key(), Value::days(on), Value::from(most)];
    values.extend(of.reach());
    let rows = tx.rows(statement, &values).await?;
    rows.iter().map(day).collect()
}
