//! Stretches of lanes: the lists of the desk and their counts, read from an index in
//! their order, however many requests there are.

use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::organization::{OrganizationId, PersonId};
use gongkai_domain::requests::application::Way;
use gongkai_domain::requests::record::Lane;
use jiff::civil::Date;

use super::{Kept, kept, within};
use crate::db::error::StoreError;
use crate::db::statement::{Statement, statements};
use crate::db::tx::Tx;
use crate::db::value::Value;
use crate::values;

/// The requests of a list, and what all lists ask of them.
macro_rules! listed {
    ($of:literal $(, $more:expr)*) => {
        concat!(
            "select id, organization, parent, number, way, filed, filed_at, state, lane, day, received, due, provisional, moves, outcome, ended, section, handler, applicant_kind, applicant_index, key, sealed, changed_at, version
        from requests where ", $of, " and lane = $2 and day >= $3 and day <= $4
        and ($8 = '' or outcome = $8) and ($9 = '' or way = $9) and ($10 = '' or applicant_kind = $10)
        and (cast($11 as bigint) = 0 or (section is null and handler is null))"
            $(, $more)*
        )
    };
}
/// From the first day on.
macro_rules! first {
    () => {
        " and (day, id) > ($5, $6) order by day, id limit $7"
    };
}
/// From the last day back: of what is over the last is looked for.
macro_rules! last {
    () => {
        " and (day, id) < ($5, $6) order by day desc, id desc limit $7"
    };
}
/// What was given to somebody within a reach.
macro_rules! in_reach {
    () => {
        " and (cast($12 as bigint) = 1 or organization in within($13) or section in within($13))"
    };
}
// What is asked for may be rare: each has an index of its own, which its statement names
// in the words of the index. What is filed online and not confirmed is in none of them,
// so that a filing writes none.
macro_rules! by_outcome {
    () => {
        " and outcome = $8"
    };
}
macro_rules! by_way {
    () => {
        " and way = $9 and (lane <> 'unconfirmed' or way <> 'online')"
    };
}
macro_rules! by_applicant {
    () => {
        " and applicant_kind = $10 and lane <> 'unconfirmed'"
    };
}
macro_rules! by_nobody {
    () => {
        " and section is null and handler is null and lane <> 'unconfirmed'"
    };
}

statements! { "requests/lanes";
    /// One body at a time: so the index gives the order, however many there are.
    LANE_OF_BODY = (listed!("organization = $1", first!()));
    LANE_OF_OUTCOME = (listed!("organization = $1", by_outcome!(), first!()));
    LANE_OF_WAY = (listed!("organization = $1", by_way!(), first!()));
    LANE_OF_APPLICANT = (listed!("organization = $1", by_applicant!(), first!()));
    LANE_OF_NOBODY = (listed!("organization = $1", by_nobody!(), first!()));
    LANE_OF_SECTION = (listed!("section = $1", first!()));
    LANE_OF_HANDLER = (listed!("handler = $1", in_reach!(), first!()));
    PAST_OF_BODY = (listed!("organization = $1", last!()));
    PAST_OF_OUTCOME = (listed!("organization = $1", by_outcome!(), last!()));
    PAST_OF_WAY = (listed!("organization = $1", by_way!(), last!()));
    PAST_OF_APPLICANT = (listed!("organization = $1", by_applicant!(), last!()));
    PAST_OF_NOBODY = (listed!("organization = $1", by_nobody!(), last!()));
    PAST_OF_SECTION = (listed!("section = $1", last!()));
    PAST_OF_HANDLER = (listed!("handler = $1", in_reach!(), last!()));
    /// A count that nobody reads to the end costs no more than it is read.
    COUNT_OF_BODY = "select count(*) as count from (select 1 as one from requests
        where organization = $1 and lane = $2 and day >= $3 and day <= $4 limit $5) as few";
    COUNT_OF_SECTION = "select count(*) as count from (select 1 as one from requests
        where section = $1 and lane = $2 and day >= $3 and day <= $4 limit $5) as few";
    COUNT_OF_HANDLER = "select count(*) as count from (select 1 as one from requests
        where handler = $1 and lane = $2 and day >= $3 and day <= $4
        and (cast($6 as bigint) = 1 or organization in within($7) or section in within($7)) limit $5) as few";
}

/// Whose requests a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of<'a> {
    /// Those of a body.
    Body(OrganizationId),
    /// Those given to a section.
    Section(OrganizationId),
    /// Those given to a person, within a reach: who loses a role keeps what was given to
    /// them, and does not see it.
    Handler(PersonId, &'a Reach),
}

impl Of<'_> {
    /// Values that a statement of a handler has behind the others.
    pub(super) fn reach(&self) -> Vec<Value> {
        match self {
            Self::Handler(_, reach) => within(reach).into(),
            _ => Vec::new(),
        }
    }
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

impl Only {
    /// The statement that reads these of a body from an index of their own, forward and
    /// back. Of several that are asked for one has its index, and what is not of the
    /// others is passed over as it is read.
    fn of_body(&self, lane: &str) -> [&'static Statement; 2] {
        let is_confirmed = lane != Lane::Unconfirmed.key();
        if self.outcome.is_some() {
            [&LANE_OF_OUTCOME, &PAST_OF_OUTCOME]
        } else if self
            .way
            .is_some_and(|way| is_confirmed || way != Way::Online.key())
        {
            [&LANE_OF_WAY, &PAST_OF_WAY]
        } else if self.applicant.is_some() && is_confirmed {
            [&LANE_OF_APPLICANT, &PAST_OF_APPLICANT]
        } else if self.given_to_nobody && is_confirmed {
            [&LANE_OF_NOBODY, &PAST_OF_NOBODY]
        } else {
            [&LANE_OF_BODY, &PAST_OF_BODY]
        }
    }
}

/// Requests of a stretch beyond a place in it, in an order. What is asked for of a body
/// is read from an index of its own; of a section's and of a handler's requests, what is
/// not asked for is passed over as the index is read.
///
/// # Errors
/// The store's.
pub async fn lane(
    tx: &mut Tx,
    of: Of<'_>,
    (stretch, only): (&Stretch, Only),
    (order, after): (Order, Option<(Date, i64)>),
    most: i64,
) -> Result<Vec<Kept>, StoreError> {
    let ([first, last], id) = match of {
        Of::Body(id) => (only.of_body(stretch.lane), id.0),
        Of::Section(id) => ([&LANE_OF_SECTION, &PAST_OF_SECTION], id.0),
        Of::Handler(id, _) => ([&LANE_OF_HANDLER, &PAST_OF_HANDLER], id.0),
    };
    let statement = match order {
        Order::First => first,
        Order::Last => last,
    };
    let after = after.unwrap_or(match order {
        Order::First => (Date::MIN, 0),
        Order::Last => (Date::MAX, i64::MAX),
    });
    let mut values = Vec::from(values![
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
    ]);
    values.extend(of.reach());
    tx.rows(statement, &values)
        .await?
        .iter()
        .map(kept)
        .collect()
}

/// How many requests a stretch has, and no more than `most`.
///
/// # Errors
/// The store's.
pub async fn count(
    tx: &mut Tx,
    of: Of<'_>,
    stretch: &Stretch,
    most: i64,
) -> Result<i64, StoreError> {
    let (statement, id) = match of {
        Of::Body(id) => (&COUNT_OF_BODY, id.0),
        Of::Section(id) => (&COUNT_OF_SECTION, id.0),
        Of::Handler(id, _) => (&COUNT_OF_HANDLER, id.0),
    };
    let mut values = Vec::from(values![id, stretch.lane, stretch.from, stretch.until, most]);
    values.extend(of.reach());
    tx.one(statement, &values).await?.get("count")
}
