//! Requests for government information: what the desk sorts by, their events,
//! which are only added, and the blinds by which they are found. Who may see
//! what is decided here, in the query; what is sealed is not known here.

pub mod words;

pub mod asked;
pub(crate) mod attached;
pub(crate) mod foretold;
pub(crate) mod lanes;
pub(crate) mod lists;
pub mod submissions;

pub use attached::{KeptFile, KeptReply, add_file, add_reply, files, replies};
pub use lanes::{Of, Only, Order, Stretch, count, lane};

use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::organization::{OrganizationId, PersonId};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::db::error::StoreError;
use crate::db::open::Engine;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::db::value::Value;
use crate::settings::Changes;
use crate::values;

statements! { "requests";
    /// A request with its number, the blinds of its code and its first event: all
    /// that a filing is, by one question. SQLite takes several statements as one
    /// and has one writer, so that the highest number is the new one's.
    FILE = {
        sqlite: "insert into request_numbers (organization, year, last) values ($1, $2, 1)
                on conflict (organization, year) do update set last = request_numbers.last + 1;
            insert into requests (organization, parent, number, way, filed, filed_at, state, lane, day, received, due, provisional, moves, outcome, ended, section, handler, applicant_kind, applicant_index, key, sealed, changed_at, version)
                values ($3, $4, (select printf('%d-%05d', year, last) from request_numbers where organization = $3 and year = $5), $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $8, 1);
            insert into request_tracks (blind, request)
                select blind, (select max(id) from requests) from (select $24 as blind union all select $25) where blind is not null
                on conflict (blind) do nothing;
            insert into request_events (request, number, at, day, kind, person, acting_for, what, sealed)
                values ((select max(id) from requests), 1, $26, $27, $28, $29, $30, $31, $32);
            select id, number, (select count(*) from calendars) as calendars,
                coalesce((select count from organization_changes where id = 1), 0) as organizations,
                (select cast(coalesce(sum(version), 0) as bigint) from settings) as settings
                from requests order by id desc limit 1",
        postgres: "with numbered as (insert into request_numbers (organization, year, last) values ($1, $2, 1)
                on conflict (organization, year) do update set last = request_numbers.last + 1
                returning last),
            kept as (insert into requests (organization, parent, number, way, filed, filed_at, state, lane, day, received, due, provisional, moves, outcome, ended, section, handler, applicant_kind, applicant_index, key, sealed, changed_at, version)
                values ($3, $4, (select cast(cast($5 as bigint) as text) || '-' || lpad(cast(last as text), greatest(5, length(cast(last as text))), '0') from numbered), $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $8, 1)
                returning id, number),
            tracks as (insert into request_tracks (blind, request)
                select blind, id from kept, (values (cast($24 as text)), (cast($25 as text))) as listed (blind) where blind is not null
                on conflict (blind) do nothing),
            told as (insert into request_events (request, number, at, day, kind, person, acting_for, what, sealed)
                values ((select id from kept), 1, $26, $27, $28, $29, $30, $31, $32))
            select id, number, (select count(*) from calendars) as calendars,
                coalesce((select count from organization_changes where id = 1), 0) as organizations,
                (select cast(coalesce(sum(version), 0) as bigint) from settings) as settings
                from kept"
    };
    ADD = "insert into requests (organization, parent, number, way, filed, filed_at, state, lane, day, received, due, provisional, moves, outcome, ended, section, handler, applicant_kind, applicant_index, key, sealed, changed_at, version)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $6, 1) returning id";
    GET = "select id, organization, parent, number, way, filed, filed_at, state, lane, day, received, due, provisional, moves, outcome, ended, section, handler, applicant_kind, applicant_index, key, sealed, changed_at, version
        from requests
        where (cast($1 as bigint) = 1 or organization in within($2) or section in within($2)
            or id in (select request from request_asked where section in within($2))) and id = $3";
    /// For who has the blind of its query code, and for the program itself.
    GET_ANY = "select id, organization, parent, number, way, filed, filed_at, state, lane, day, received, due, provisional, moves, outcome, ended, section, handler, applicant_kind, applicant_index, key, sealed, changed_at, version
        from requests where id = $1";
    /// A write that changes nothing: whoever else acts on this request waits.
    HOLD = "update requests set version = version where id = $1";
    MOVE = "update requests
        set state = $2, lane = $3, day = $4, received = $5, due = $6, provisional = $7, moves = $8, outcome = $9, ended = $10, section = $11, handler = $12, changed_at = $13, version = version + 1
        where id = $1 and version = $14";
    /// What follows from a calendar or the day alone: nobody who has the page
    /// open has changed anything.
    PLACE = "update requests set lane = $2, day = $3, due = $4, provisional = $5, moves = $6
        where id = $1 and version = $7";
    /// Its words are kept anew, by the job that does.
    REREGISTER = "update requests set way = $2, filed = $3, sealed = $4, applicant_index = $5, indexed = 0 where id = $1";
    ADD_EVENT = "insert into request_events (request, number, at, day, kind, person, acting_for, what, sealed)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    EVENTS = "select e.number, e.at, e.day, e.kind, e.person, e.acting_for, e.what, e.sealed, p.display_name as name, f.display_name as for_name
        from request_events e left join persons p on p.id = e.person left join persons f on f.id = e.acting_for
        where e.request = $1 order by e.number";
    ADD_TRACK = "insert into request_tracks (blind, request) values ($1, $2) on conflict (blind) do nothing";
    DROP_NEW_TRACKS = "delete from request_new_tracks where request = $1";
    ADD_NEW_TRACK = "insert into request_new_tracks (blind, request) values ($1, $2)";
    /// By its first code, or by the one that took its place.
    TRACKED = "select t.request from request_tracks t where t.blind = $1
            and not exists (select 1 from request_new_tracks n where n.request = t.request)
        union all select n.request from request_new_tracks n where n.blind = $1";
    NOTICE = "insert into request_notices (request, about, day, person, at) values ($1, $2, $3, $4, $5)
        on conflict (request, about, day, person) do nothing";
    /// Numbers are found by their bodies: each is asked for its own of that number.
    NUMBERED = "select id, organization, parent, number, way, filed, filed_at, state, lane, day, received, due, provisional, moves, outcome, ended, section, handler, applicant_kind, applicant_index, key, sealed, changed_at, version
        from requests
        where (cast($1 as bigint) = 1 or organization in within($2) or section in within($2)
            or id in (select request from request_asked where section in within($2)))
            and number = $3 and organization in (select o.id from organizations o)
        order by id limit $4";
    OF_APPLICANT = "select id, organization, parent, number, way, filed, filed_at, state, lane, day, received, due, provisional, moves, outcome, ended, section, handler, applicant_kind, applicant_index, key, sealed, changed_at, version
        from requests where organization = $1 and applicant_index = $2 and id <> $3
        order by filed desc, id desc limit $4";
    /// By the day of receipt, or of filing where that is not fixed; those of one day as
    /// they came.
    OF_MONTH = "select count(*) as count, cast(coalesce(sum(case when coalesce(received, filed) < $5 or (coalesce(received, filed) = $5 and (filed_at < $8 or (filed_at = $8 and id <= $6))) then 1 else 0 end), 0) as bigint) as rank
        from requests where organization = $1 and applicant_index = $2 and coalesce(received, filed) >= $3 and coalesce(received, filed) <= $4
            and (cast($7 as bigint) = 1 or id = $6 or outcome is null
                or outcome not in ('withdrawn', 'abandoned_supplement', 'abandoned_fee'))";
    NEWEST = "select id, organization, parent, number, way, filed, filed_at, state, lane, day, received, due, provisional, moves, outcome, ended, section, handler, applicant_kind, applicant_index, key, sealed, changed_at, version
        from requests where organization = $1 and number < $2 order by number desc limit $3";
    PARTS = "select id, organization, parent, number, way, filed, filed_at, state, lane, day, received, due, provisional, moves, outcome, ended, section, handler, applicant_kind, applicant_index, key, sealed, changed_at, version
        from requests where parent = $1 order by id";
    IN_LANE = "select id, organization, parent, number, way, filed, filed_at, state, lane, day, received, due, provisional, moves, outcome, ended, section, handler, applicant_kind, applicant_index, key, sealed, changed_at, version
        from requests where lane = $1 and id > $2 order by id limit $3";
}

/// What of a request follows from its events and the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// [`gongkai_domain::requests::case::State::key`].
    pub state: String,
    /// [`gongkai_domain::requests::record::Lane::key`].
    pub lane: String,
    /// The day by which it is sorted in its lane.
    pub day: Date,
    /// The receipt date.
    pub received: Option<Date>,
    /// The due date in force.
    pub due: Option<Date>,
    /// Whether that is past the calendar that is loaded.
    pub provisional: bool,
    /// Whether it moves with every day.
    pub moves: bool,
    /// The outcome's key.
    pub outcome: Option<String>,
    /// The day of the outcome.
    pub ended: Option<Date>,
    /// To which section it was given.
    pub section: Option<OrganizationId>,
    /// To whom.
    pub handler: Option<PersonId>,
}

/// A request as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its number in the store.
    pub id: i64,
    /// The body that it was filed with.
    pub organization: OrganizationId,
    /// The request of which it is a part.
    pub parent: Option<i64>,
    /// 登记编号, one of its body.
    pub number: String,
    /// [`gongkai_domain::requests::application::Way::key`].
    pub way: String,
    /// The day on which it was filed, signed for or posted.
    pub filed: Date,
    /// When it was entered.
    pub filed_at: Timestamp,
    /// What follows from its events.
    pub standing: Standing,
    /// What kind of applicant.
    pub applicant_kind: String,
    /// Blind index of the applicant.
    pub applicant_index: String,
    /// The key of what is sealed.
    pub key: String,
    /// The application, sealed.
    pub sealed: Vec<u8>,
    /// When it was changed last.
    pub changed_at: Timestamp,
    /// Counts its events, from 1.
    pub version: i64,
}

fn kept(row: &Row) -> Result<Kept, StoreError> {
    Ok(Kept {
        id: row.get("id")?,
        organization: OrganizationId(row.get("organization")?),
        parent: row.get("parent")?,
        number: row.get("number")?,
        way: row.get("way")?,
        filed: row.get("filed")?,
        filed_at: row.get("filed_at")?,
        standing: Standing {
            state: row.get("state")?,
            lane: row.get("lane")?,
            day: row.get("day")?,
            received: row.get("received")?,
            due: row.get("due")?,
            provisional: row.get("provisional")?,
            moves: row.get("moves")?,
            outcome: row.get("outcome")?,
            ended: row.get("ended")?,
            section: row.get::<Option<i64>>("section")?.map(OrganizationId),
            handler: row.get::<Option<i64>>("handler")?.map(PersonId),
        },
        applicant_kind: row.get("applicant_kind")?,
        applicant_index: row.get("applicant_index")?,
        key: row.get("key")?,
        sealed: row.get("sealed")?,
        changed_at: row.get("changed_at")?,
        version: row.get("version")?,
    })
}

/// The two values in which a reach goes into a statement.
fn within(reach: &Reach) -> [Value; 2] {
    match reach {
        Reach::All => [Value::from(true), Value::ids([])],
        Reach::Of(ids) => [Value::from(false), Value::ids(ids.iter().map(|id| id.0))],
        Reach::Nothing => [Value::from(false), Value::ids([])],
    }
}

/// A request that is filed.
#[derive(Debug)]
pub struct Filing<'a> {
    /// The request; its numbers are not looked at.
    pub kept: &'a Kept,
    /// The year whose numbers are counted.
    pub year: i16,
    /// Blinds of its query code with the ends of contacts.
    pub tracks: &'a [String],
    /// What happened first.
    pub first: &'a KeptEvent,
    /// Where nothing else is written but what [`crate::idempotency::keep_telling`] does,
    /// and it is made by what was assumed of the law: that.
    pub alone: Option<Changes>,
}

/// Files a request under the next number of its body in a year, from 1; its
/// number in the store and its 登记编号, and what was changed how often until then.
/// Whoever else files with that body waits until this transaction ends, so that no
/// number is given twice or left out. What is alone in its transaction may be foretold
/// and written at its end ([`foretold`]).
///
/// # Errors
/// The store's.
pub async fn file(tx: &mut Tx, new: &Filing<'_>) -> Result<((i64, String), Changes), StoreError> {
    let (kept, first) = (new.kept, new.first);
    let (organization, year) = (kept.organization.0, i64::from(new.year));
    let (two, more) = new.tracks.split_at(new.tracks.len().min(2));
    let rows = || {
        let mut rows = row_of(kept);
        rows.extend([two.first().cloned().into(), two.get(1).cloned().into()]);
        rows.extend(happened(first));
        rows
    };
    let has_lists = !lists::has_none(kept);
    if let Some(assumed) = new.alone
        && !has_lists
        && let Some(made) = foretold::foretell(tx, new, assumed, rows)
    {
        return Ok((made, assumed));
    }
    let mut values = vec![Value::from(organization), Value::from(year)];
    values.extend(rows());
    // The number is made where it is counted.
    values[4] = Value::from(year);
    let row = tx.one(&FILE, &values).await?;
    let (id, number): (i64, String) = (row.get("id")?, row.get("number")?);
    if tx.engine() == Engine::Postgres {
        foretold::learn(tx, (organization, year), &number).await?;
    }
    // A telephone and a mail address, for most.
    for blind in more {
        tx.execute(&ADD_TRACK, values![blind, id]).await?;
    }
    if has_lists {
        lists::enlist(tx, id).await?;
    }
    Ok(((id, number), Changes::of(&row)?))
}

/// Adds a request; its number in the store. That of `new` is not looked at.
///
/// # Errors
/// The store's.
pub async fn add(tx: &mut Tx, new: &Kept) -> Result<i64, StoreError> {
    let id = tx.one(&ADD, &row_of(new)).await?.get("id")?;
    if !lists::has_none(new) {
        lists::enlist(tx, id).await?;
    }
    Ok(id)
}

/// The values of an event behind its number, in the order of its columns.
fn happened(event: &KeptEvent) -> Vec<Value> {
    values![
        event.at,
        event.day,
        &event.kind,
        event.person.map(|id| id.0),
        event.acting_for.map(|id| id.0),
        &event.what,
        event.sealed.clone()
    ]
    .to_vec()
}

/// The values of a new row, in the order of its columns.
fn row_of(new: &Kept) -> Vec<Value> {
    let at = &new.standing;
    values![
        new.organization.0,
        new.parent,
        &new.number,
        &new.way,
        new.filed,
        new.filed_at,
        &at.state,
        &at.lane,
        at.day,
        at.received,
        at.due,
        at.provisional,
        at.moves,
        at.outcome.clone(),
        at.ended,
        at.section.map(|id| id.0),
        at.handler.map(|id| id.0),
        &new.applicant_kind,
        &new.applicant_index,
        &new.key,
        new.sealed.clone()
    ]
    .to_vec()
}

/// A request within a reach; for anybody else there is none.
///
/// # Errors
/// The store's.
pub async fn get(tx: &mut Tx, reach: &Reach, id: i64) -> Result<Option<Kept>, StoreError> {
    let [all, ids] = within(reach);
    let row = tx.optional(&GET, &[all, ids, Value::from(id)]).await?;
    row.as_ref().map(kept).transpose()
}

/// A request for who has proven to be its applicant, and for the program.
///
/// # Errors
/// The store's.
pub async fn get_any(tx: &mut Tx, id: i64) -> Result<Option<Kept>, StoreError> {
    let row = tx.optional(&GET_ANY, values![id]).await?;
    row.as_ref().map(kept).transpose()
}

/// Holds a request until the end of the transaction: whoever else acts on it
/// waits, and then sees what was done.
///
/// # Errors
/// The store's.
pub async fn hold(tx: &mut Tx, id: i64) -> Result<(), StoreError> {
    tx.execute(&HOLD, values![id]).await?;
    Ok(())
}

/// Puts other blinds of a query code in the place of those by which a request is found.
///
/// # Errors
/// The store's.
pub async fn renew_tracks(tx: &mut Tx, id: i64, blinds: &[String]) -> Result<(), StoreError> {
    tx.execute(&DROP_NEW_TRACKS, values![id]).await?;
    for blind in blinds {
        tx.execute(&ADD_NEW_TRACK, values![blind, id]).await?;
    }
    Ok(())
}

/// Moves a request whose version was seen.
///
/// # Errors
/// [`StoreError::Conflict`] if it moved meanwhile.
pub async fn advance(
    tx: &mut Tx,
    (id, version): (i64, i64),
    to: &Standing,
    now: Timestamp,
) -> Result<(), StoreError> {
    let values = values![
        id,
        &to.state,
        &to.lane,
        to.day,
        to.received,
        to.due,
        to.provisional,
        to.moves,
        to.outcome.clone(),
        to.ended,
        to.section.map(|id| id.0),
        to.handler.map(|id| id.0),
        now,
        version
    ];
    tx.change_one(&MOVE, values).await?;
    lists::enlist_anew(tx, id).await
}

/// Writes where a request lies by a new calendar or on a new day; whether it
/// was still of the version that was seen.
///
/// # Errors
/// The store's.
pub async fn place(
    tx: &mut Tx,
    (id, version): (i64, i64),
    to: &Standing,
) -> Result<bool, StoreError> {
    let values = values![
        id,
        &to.lane,
        to.day,
        to.due,
        to.provisional,
        to.moves,
        version
    ];
    let is_placed = tx.execute(&PLACE, values).await? == 1;
    if is_placed {
        lists::enlist_anew(tx, id).await?;
    }
    Ok(is_placed)
}

/// Puts right how a request came and who applied, in a transaction in which it is
/// held: way, day, application and index of the applicant as they stand in `kept`.
///
/// # Errors
/// The store's.
pub async fn reregister(tx: &mut Tx, kept: &Kept) -> Result<(), StoreError> {
    let values = values![
        kept.id,
        &kept.way,
        kept.filed,
        kept.sealed.clone(),
        &kept.applicant_index
    ];
    tx.execute(&REREGISTER, values).await?;
    lists::enlist_anew(tx, kept.id).await?;
    words::forget(tx, kept.id).await
}

/// Something that happened, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptEvent {
    /// Its place among the events of its request, from 1.
    pub number: i64,
    /// When it was written down.
    pub at: Timestamp,
    /// On which day it happened.
    pub day: Date,
    /// [`gongkai_domain::requests::record::Happening::key`].
    pub kind: String,
    /// By whom; none for the public and the program.
    pub person: Option<PersonId>,
    /// Their name.
    pub name: Option<String>,
    /// For whom.
    pub acting_for: Option<PersonId>,
    /// The name of that one.
    pub for_name: Option<String>,
    /// What, as data without personal data.
    pub what: String,
    /// The evidence, sealed.
    pub sealed: Option<Vec<u8>>,
}

/// Adds an event; names are not looked at.
///
/// # Errors
/// [`StoreError::Duplicate`] if there is one of this number.
pub async fn add_event(tx: &mut Tx, request: i64, event: &KeptEvent) -> Result<(), StoreError> {
    let mut values = values![request, event.number].to_vec();
    values.extend(happened(event));
    tx.execute(&ADD_EVENT, &values).await?;
    Ok(())
}

/// The events of a request in order.
///
/// # Errors
/// The store's.
pub async fn events(tx: &mut Tx, request: i64) -> Result<Vec<KeptEvent>, StoreError> {
    let event = |row: &Row| {
        Ok(KeptEvent {
            number: row.get("number")?,
            at: row.get("at")?,
            day: row.get("day")?,
            kind: row.get("kind")?,
            person: row.get::<Option<i64>>("person")?.map(PersonId),
            name: row.get("name")?,
            acting_for: row.get::<Option<i64>>("acting_for")?.map(PersonId),
            for_name: row.get("for_name")?,
            what: row.get("what")?,
            sealed: row.get("sealed")?,
        })
    };
    let rows = tx.rows(&EVENTS, values![request]).await?;
    rows.iter().map(event).collect()
}

/// The request of a blind.
///
/// # Errors
/// The store's.
pub async fn tracked(tx: &mut Tx, blind: &str) -> Result<Option<i64>, StoreError> {
    let row = tx.optional(&TRACKED, values![blind]).await?;
    row.map(|row| row.get("request")).transpose()
}

/// Something that somebody is told once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// Of which request.
    pub request: i64,
    /// What.
    pub about: &'static str,
    /// Of which day.
    pub day: Date,
    /// Who.
    pub person: PersonId,
}

/// Notes that somebody is told something; whether they were not told yet.
///
/// # Errors
/// The store's.
pub async fn note(tx: &mut Tx, notice: &Notice, now: Timestamp) -> Result<bool, StoreError> {
    let values = values![
        notice.request,
        notice.about,
        notice.day,
        notice.person.0,
        now
    ];
    Ok(tx.execute(&NOTICE, values).await? == 1)
}

/// Requests of a 登记编号 within a reach, one for each body at most.
///
/// # Errors
/// The store's.
pub async fn numbered(
    tx: &mut Tx,
    reach: &Reach,
    number: &str,
    most: i64,
) -> Result<Vec<Kept>, StoreError> {
    let [all, ids] = within(reach);
    let values = [all, ids, Value::from(number), Value::from(most)];
    tx.rows(&NUMBERED, &values)
        .await?
        .iter()
        .map(kept)
        .collect()
}

/// Other requests of the same applicant to a body, the newest first.
///
/// # Errors
/// The store's.
pub async fn of_applicant(
    tx: &mut Tx,
    organization: OrganizationId,
    index: &str,
    without: i64,
    most: i64,
) -> Result<Vec<Kept>, StoreError> {
    let values = values![organization.0, index, without, most];
    let rows = tx.rows(&OF_APPLICANT, values).await?;
    rows.iter().map(kept).collect()
}

/// How many requests an applicant has in the calendar month of one of them, and
/// which of them it is, from 1; others that were given up are counted or not.
///
/// # Errors
/// The store's.
pub async fn of_month(
    tx: &mut Tx,
    one: &Kept,
    counts_given_up: bool,
) -> Result<(i64, i64), StoreError> {
    let day = one.standing.received.unwrap_or(one.filed);
    let values = values![
        one.organization.0,
        &one.applicant_index,
        day.first_of_month(),
        day.last_of_month(),
        day,
        one.id,
        counts_given_up,
        one.filed_at
    ];
    let row = tx.one(&OF_MONTH, values).await?;
    Ok((row.get("count")?, row.get("rank")?))
}

/// Requests to a body with numbers before one, the newest first.
///
/// # Errors
/// The store's.
pub async fn newest(
    tx: &mut Tx,
    organization: OrganizationId,
    before: &str,
    most: i64,
) -> Result<Vec<Kept>, StoreError> {
    let rows = tx
        .rows(&NEWEST, values![organization.0, before, most])
        .await?;
    rows.iter().map(kept).collect()
}

/// The parts of a request in order.
///
/// # Errors
/// The store's.
pub async fn parts(tx: &mut Tx, parent: i64) -> Result<Vec<Kept>, StoreError> {
    let rows = tx.rows(&PARTS, values![parent]).await?;
    rows.iter().map(kept).collect()
}

/// Requests of a lane anywhere, above a number: for the program itself.
///
/// # Errors
/// The store's.
pub async fn in_lane(
    tx: &mut Tx,
    lane: &str,
    above: i64,
    most: i64,
) -> Result<Vec<Kept>, StoreError> {
    let rows = tx.rows(&IN_LANE, values![lane, above, most]).await?;
    rows.iter().map(kept).collect()
}
