//! Filings whose number is foretold: on PostgreSQL, where each statement is a way to the
//! database and back, a filing is one statement without BEGIN and COMMIT. Whoever files
//! takes for granted which number comes next, and the statement does nothing where
//! another came in between, or the law of the office changed: then it is filed in the
//! ordinary way ([`super::file`]). No number is left out, as it is counted by the same
//! statement that keeps the request.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::Filing;
use crate::db::error::StoreError;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::db::value::Value;
use crate::settings::Changes;
use crate::values;

statements! { "requests/foretold";
    /// All that a filing is which tells its applicant ([`super::FILE`] and
    /// [`crate::idempotency::KEEP_TELLING`]), where its number is still the next one.
    /// SQLite has no ways to spare.
    FILE_ALONE = {
        postgres: "with numbered as (update request_numbers set last = last + 1
                where organization = $1 and year = $2 and last = $3
                    and (select count(*) from calendars) = $4
                    and coalesce((select count from organization_changes where id = 1), 0) = $5
                    and (select cast(coalesce(sum(version), 0) as bigint) from settings) = $6
                returning last),
            kept as (insert into requests (id, organization, parent, number, way, filed, filed_at, state, lane, day, received, due, provisional, moves, outcome, ended, section, handler, applicant_kind, applicant_index, key, sealed, changed_at, version)
                select cast($7 as bigint), $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $13, 1 from numbered
                returning id),
            tracks as (insert into request_tracks (blind, request)
                select blind, id from kept, (values (cast($29 as text)), (cast($30 as text))) as listed (blind) where blind is not null
                on conflict (blind) do nothing),
            happened as (insert into request_events (request, number, at, day, kind, person, acting_for, what, sealed)
                select id, 1, $31, $32, $33, $34, $35, $36, $37 from kept),
            answered as (insert into idempotency (purpose, key, digest, answer, at, confirmed_at)
                select $51, $52, $53, $54, $55, $55 from kept),
            sent as (insert into outbox (message, channel, destination, purpose, shown, key, sealed, state, created_at, expires_at, next_at, attempts)
                select $56, $57, $58, $59, $60, $61, $62, 'waiting', $63, $64, $63, 0 from kept),
            job as (insert into jobs (kind, payload, dedupe, state, run_at, attempts, created_at)
                select $65, $66, $67, 'waiting', cast($68 as bigint), 0, cast($69 as bigint) from kept
                where not exists (select 1 from jobs where kind = $65 and dedupe = $67 and state = 'waiting' and run_at <= $68)
                on conflict (kind, dedupe) where state = 'waiting' and dedupe is not null
                    do update set run_at = case when excluded.run_at < jobs.run_at then excluded.run_at else jobs.run_at end
                returning id),
            told as (insert into audit (at, actor, actor_name, acting_for, organization, action, object_kind, object, outcome, detail, source, request, digest)
                select $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50 from kept
                returning id)
            insert into audit_unchained (entry) select id from told
                returning (select count(pg_notify('gongkai_jobs', '')) from job) as jobs"
    };
    /// Numbers of requests in the store, to be given out; none where the application's
    /// role may not take them. SQLite gives them itself.
    IDS = {
        postgres: "select nextval(pg_get_serial_sequence('requests', 'id')) as id from generate_series(1, 128)
            where has_sequence_privilege(pg_get_serial_sequence('requests', 'id'), 'USAGE')"
    };
}

/// A body and a year, whose numbers are counted.
type Counted = (i64, i64);

/// The number that a filing got.
pub(crate) type Learnt = (Counted, i64);

/// What is known of the numbers of a database, from what this process filed there.
#[derive(Debug, Default)]
pub(crate) struct Foretelling(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// The last number of a body in a year.
    last: BTreeMap<Counted, i64>,
    /// Numbers in the store that nobody has, the least first.
    ids: VecDeque<i64>,
    /// Whether there are none to be had.
    without: bool,
}

/// A filing that is still to be written.
#[derive(Debug)]
pub(crate) struct Foretold {
    counted: Counted,
    /// The number that it gets.
    number: i64,
    values: Vec<Value>,
}

impl Foretelling {
    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next number of a body in a year, and one in the store. Nobody else is told
    /// the same until it came.
    fn next(&self, counted: Counted) -> Option<(i64, i64)> {
        let known = &mut *self.known();
        let last = known.last.remove(&counted)?;
        let id = known.ids.pop_front()?;
        Some((last + 1, id))
    }

    /// A number was given, and is kept. One that is told late is not the last.
    pub(crate) fn came(&self, (counted, number): Learnt) {
        let known = &mut *self.known();
        let last = known.last.entry(counted).or_insert(number);
        *last = number.max(*last);
    }

    fn wants_ids(&self) -> bool {
        let known = self.known();
        known.ids.is_empty() && !known.without
    }

    fn has(&self, ids: Vec<i64>) {
        let mut known = self.known();
        known.without = ids.is_empty();
        known.ids.extend(ids);
    }
}

/// Foretells a filing that is all of its transaction, if its number can be known: its
/// number in the store and its 登记编号. It is written by [`keep`].
pub(super) fn foretell(
    tx: &mut Tx,
    new: &Filing<'_>,
    assumed: Changes,
    row: impl FnOnce() -> Vec<Value>,
) -> Option<(i64, String)> {
    if !tx.is_fresh() || new.tracks.len() > 2 {
        return None;
    }
    let counted = (new.kept.organization.0, i64::from(new.year));
    let (number, id) = tx.db().foretelling().next(counted)?;
    let shown = format!("{}-{number:05}", new.year);
    let mut values = values![
        counted.0,
        counted.1,
        number - 1,
        assumed.calendars,
        assumed.organizations,
        assumed.settings,
        id
    ]
    .to_vec();
    let mut row = row();
    // The request's own, as it stands among the others.
    row[NUMBER_AT] = Value::from(shown.clone());
    values.extend(row);
    tx.foretell(Foretold {
        counted,
        number,
        values,
    });
    Some((id, shown))
}

/// Where the number stands among the values of a row of requests.
const NUMBER_AT: usize = 2;

/// Writes a filing that was foretold with what it ends with
/// ([`crate::idempotency::keep_telling`]); whether a job was made.
///
/// # Errors
/// [`StoreError::Foretold`] where the number is not the next one, or the law changed;
/// [`StoreError::Duplicate`] if the form was sent before.
pub(crate) async fn keep(
    tx: &mut Tx,
    mut foretold: Foretold,
    told: &[Value],
) -> Result<bool, StoreError> {
    foretold.values.extend_from_slice(told);
    let row = tx.alone(&FILE_ALONE, &foretold.values).await?;
    let row = row.ok_or(StoreError::Foretold)?;
    let learnt = (foretold.counted, foretold.number);
    tx.db().foretelling().came(learnt);
    Ok(row.get::<i64>("jobs")? > 0)
}

/// Learns from a filing of the ordinary way which number comes next.
///
/// # Errors
/// The store's.
pub(super) async fn learn(
    tx: &mut Tx,
    (organization, year): Counted,
    number: &str,
) -> Result<(), StoreError> {
    let last = number.rsplit_once('-').map(|(_, last)| last.parse());
    if let Some(Ok(last)) = last {
        tx.learn(((organization, year), last));
    }
    if tx.db().foretelling().wants_ids() {
        let rows = tx.rows(&IDS, &[]).await?;
        let ids: Result<Vec<i64>, _> = rows.iter().map(|row| row.get("id")).collect();
        let ids = ids?;
        tx.db().foretelling().has(ids);
    }
    Ok(())
}
