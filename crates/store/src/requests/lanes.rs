//! Stretches of lanes: the lists of the desk and their counts, read from an index in
//! their order, however many requests there are.

use gongkai_domain::organization::{OrganizationId, PersonId};
use jiff::civil::Date;

use super::{Kept, kept};
use crate::db::error::StoreError;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::values;

statements! { "requests/lanes";
    /// One body at a time: so the index gives the order, however many there are.
    LANE_OF_BODY = "select id, organization, parent, number, way, filed, filed_at, state, lane, day, received, due, provisional, moves, outcome, ended, section, handler, applicant_kind, applicant_index, key, sealed, changed_at, version
        from requests where organization = $1 and lane = $2 and day >= $3 and day <= $4 and (day, id) > ($5, $6)
        and ($8 = '' or outcome = $8) and ($9 = '' or way = $9) and ($10 = '' or applicant_kind = $10)
        and (cast($11 as bigint) = 0 or (section is null and handler is null))
        order by day, id limit $7";
    LANE_OF_SECTION = "select id, organization, parent, number, way, filed, filed_at, state, lane, day, received, due, provisional, moves, outcome, ended, section, handler, applicant_kind, applicant_index, key, sealed, changed_at, version
        from requests where section = $1 and lane = $2 and day >= $3 and day <= $4 and (day, id) > ($5, $6)
        and ($8 = '' or outcome = $8) and ($9 = '' or way = $9) and ($10 = '' or applicant_kind = $10)
        and (cast($11 as bigint) = 0 or (section is null and handler is null))
        order by day, id limit $7";
    LANE_OF_HANDLER = "select id, organization, parent, number, way, filed, filed_at, state, lane, day, received, due, provisional, moves, outcome, ended, section, handler, applicant_kind, applicant_index, key, sealed, changed_at, version
        from requests where handler = $1 and lane = $2 and day >= $3 and day <= $4 and (day, id) > ($5, $6)
        and ($8 = '' or outcome = $8) and ($9 = '' or way = $9) and ($10 = '' or applicant_kind = $10)
        and (cast($11 as bigint) = 0 or (section is null and handler is null))
        order by day, id limit $7";
    /// The same from its end: of what is over the last is looked for.
    PAST_OF_BODY = "select id, organization, parent, number, way, filed, filed_at, state, lane, day, received, due, provisional, moves, outcome, ended, section, handler, applicant_kind, applicant_index, key, sealed, changed_at, version
        from requests where organization = $1 and lane = $2 and day >= $3 and day <= $4 and (day, id) < ($5, $6)
        and ($8 = '' or outcome = $8) and ($9 = '' or way = $9) and ($10 = '' or applicant_kind = $10)
        and (cast($11 as bigint) = 0 or (section is null and handler is null))
        order by day desc, id desc limit $7";
    PAST_OF_SECTION = "select id, organization, parent, number, way, filed, filed_at, state, lane, day, received, due, provisional, moves, outcome, ended, section, handler, applicant_kind, applicant_index, key, sealed, changed_at, version
        from requests where section = $1 and lane = $2 and day >= $3 and day <= $4 and (day, id) < ($5, $6)
        and ($8 = '' or outcome = $8) and ($9 = '' or way = $9) and ($10 = '' or applicant_kind = $10)
        and (cast($11 as bigint) = 0 or (section is null and handler is null))
        order by day desc, id desc limit $7";
    PAST_OF_HANDLER = "select id, organization, parent, number, way, filed, filed_at, state, lane, day, received, due, provisional, moves, outcome, ended, section, handler, applicant_kind, applicant_index, key, sealed, changed_at, version
        from requests where handler = $1 and lane = $2 and day >= $3 and day <= $4 and (day, id) < ($5, $6)
        and ($8 = '' or outcome = $8) and ($9 = '' or way = $9) and ($10 = '' or applicant_kind = $10)
        and (cast($11 as bigint) = 0 or (section is null and handler is null))
        order by day desc, id desc limit $7";
    /// A count that nobody reads to the end costs no more than it is read.
    COUNT_OF_BODY = "select count(*) as count from (select 1 as one from requests
        where organization = $1 and lane = $2 and day >= $3 and day <= $4 limit $5) as few";
    COUNT_OF_SECTION = "select count(*) as count from (select 1 as one from requests
        where section = $1 and lane = $2 and day >= $3 and day <= $4 limit $5) as few";
    COUNT_OF_HANDLER = "select count(*) as count from (select 1 as one from requests
        where handler = $1 and lane = $2 and day >= $3 and day <= $4 limit $5) as few";
}

/// Whose requests a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Those of a body.
    Body(OrganizationId),
    /// Those given to a section.
    Section(OrganizationId),
    /// Those given to a person.
    Handler(PersonId),
}

/// A stretch of a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// [`gongkai_domain::requests::record::Lane::key`].
    pub lane: &'static str,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub until: Date,
}

/// Of which of its requests a list tells: all where nothing is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Only {
    /// [`gongkai_domain::requests::outcomes::Outcome::code`].
    pub outcome: Option<&'static str>,
    /// [`gongkai_domain::requests::application::Way::key`].
    pub way: Option<&'static str>,
    /// [`gongkai_domain::requests::application::ApplicantKind::key`].
    pub applicant: Option<&'static str>,
    /// Of those alone that were given to nobody.
    pub given_to_nobody: bool,
}

/// From which end a stretch is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By day and number.
    First,
    /// The last day first.
    Last,
}

/// Requests of a stretch beyond a place in it, in an order. What it is not to tell of
/// is passed over as the index is read.
///
/// # Errors
/// The store's.
pub async fn lane(
    tx: &mut Tx,
    of: Of,
    (stretch, only): (&Stretch, Only),
    (order, after): (Order, Option<(Date, i64)>),
    most: i64,
) -> Result<Vec<Kept>, StoreError> {
    let (statement, id) = match (of, order) {
        (Of::Body(id), Order::First) => (&LANE_OF_BODY, id.0),
        (Of::Section(id), Order::First) => (&LANE_OF_SECTION, id.0),
        (Of::Handler(id), Order::First) => (&LANE_OF_HANDLER, id.0),
        (Of::Body(id), Order::Last) => (&PAST_OF_BODY, id.0),
        (Of::Section(id), Order::Last) => (&PAST_OF_SECTION, id.0),
        (Of::Handler(id), Order::Last) => (&PAST_OF_HANDLER, id.0),
    };
    let after = after.unwrap_or(match order {
        Order::First => (Date::MIN, 0),
        Order::Last => (Date::MAX, i64::MAX),
    });
    let values = values![
        id,
        stretch.lane,
        stretch.from,
        stretch.until,
        after.0,
        after.1,
        most,
        only.outcome.unwrap_or_default(),
        only.way.unwrap_or_default(),
        only.applicant.unwrap_or_default(),
        only.given_to_nobody
    ];
    tx.rows(statement, values).await?.iter().map(kept).collect()
}

/// How many requests a stretch has, and no more than `most`.
///
/// # Errors
/// The store's.
pub async fn count(tx: &mut Tx, of: Of, stretch: &Stretch, most: i64) -> Result<i64, StoreError> {
    let (statement, id) = match of {
        Of::Body(id) => (&COUNT_OF_BODY, id.0),
        Of::Section(id) => (&COUNT_OF_SECTION, id.0),
        Of::Handler(id) => (&COUNT_OF_HANDLER, id.0),
    };
    let values = values![id, stretch.lane, stretch.from, stretch.until, most];
    tx.one(statement, values).await?.get("count")
}
