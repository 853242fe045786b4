//! Stretches of lanes: what the desk shows and counts, read from an index in its order,
//! however many requests there are.

use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::organization::{OrganizationId, PersonId};
use gongkai_domain::requests::application::Way;
use gongkai_domain::requests::record::Lane;
use jiff::civil::Date;

use super::{Kept, kept, lists, within};
use crate::db::error::StoreError;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::db::value::Value;
use crate::values;

/// Of the requests of a stretch, which are asked for. What is not asked for is passed over
/// as the index is read.
macro_rules! listed {
    ($from:literal, $at:literal $(, $more:expr)*) => {
        concat!(
            "select r.id, r.organization, r.parent, r.number, r.way, r.filed, r.filed_at, r.state, r.lane, r.day, r.received, r.due, r.provisional, r.moves, r.outcome, r.ended, r.section, r.handler, r.applicant_kind, r.applicant_index, r.key, r.sealed, r.changed_at, r.version
        from ", $from, " = $1 and ", $at, ".lane = $2 and ", $at, ".day >= $3 and ", $at, ".day <= $4
        and ($8 = '' or r.outcome = $8) and ($9 = '' or r.way = $9) and ($10 = '' or r.applicant_kind = $10)
        and (cast($11 as bigint) = 0 or (r.section is null and r.handler is null))"
            $(, $more)*
        )
    };
}
/// From the first day on.
macro_rules! first {
    ($at:literal, $id:literal) => {
        concat!(
            " and (",
            $at,
            ".day, ",
            $id,
            ") > ($5, $6) order by ",
            $at,
            ".day, ",
            $id,
            " limit $7"
        )
    };
}
/// From the last day back: of what is over the last is looked for.
macro_rules! last {
    ($at:literal, $id:literal) => {
        concat!(
            " and (",
            $at,
            ".day, ",
            $id,
            ") < ($5, $6) order by ",
            $at,
            ".day desc, ",
            $id,
            " desc limit $7"
        )
    };
}
/// What was given to somebody within a reach.
macro_rules! in_reach {
    ($all:literal, $ids:literal) => {
        concat!(
            " and (cast(",
            $all,
            " as bigint) = 1 or r.organization in within(",
            $ids,
            ") or r.section in within(",
            $ids,
            "))"
        )
    };
}

statements! { "requests/lanes";
    /// One body at a time: so the index gives the order, however many there are.
    LANE_OF_BODY = (listed!("requests r where r.organization", "r", first!("r", "r.id")));
    LANE_OF_LIST = (listed!("request_lists l join requests r on r.id = l.request where l.list", "l", first!("l", "l.request")));
    LANE_OF_HANDLER = (listed!("request_lists l join requests r on r.id = l.request where l.list", "l", in_reach!("$12", "$13"), first!("l", "l.request")));
    PAST_OF_BODY = (listed!("requests r where r.organization", "r", last!("r", "r.id")));
    PAST_OF_LIST = (listed!("request_lists l join requests r on r.id = l.request where l.list", "l", last!("l", "l.request")));
    PAST_OF_HANDLER = (listed!("request_lists l join requests r on r.id = l.request where l.list", "l", in_reach!("$12", "$13"), last!("l", "l.request")));
    /// A count that nobody reads to the end costs no more than it is read.
    COUNT_OF_BODY = "select count(*) as count from (select 1 as one from requests
        where organization = $1 and lane = $2 and day >= $3 and day <= $4 limit $5) as few";
    COUNT_OF_LIST = "select count(*) as count from (select 1 as one from request_lists
        where list = $1 and lane = $2 and day >= $3 and day <= $4 limit $5) as few";
    COUNT_OF_HANDLER = (concat!("select count(*) as count from (select 1 as one from request_lists l join requests r on r.id = l.request
        where l.list = $1 and l.lane = $2 and l.day >= $3 and l.day <= $4", in_reach!("$6", "$7"), " limit $5) as few"));
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
    /// By what a statement finds them: the number of a body, or the name of a list.
    pub(super) fn key(&self) -> Value {
        match self {
            Self::Body(id) => Value::from(id.0),
            Self::Section(id) => Value::from(lists::of_section(*id)),
            Self::Handler(id, _) => Value::from(lists::of_handler(*id)),
        }
    }

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
    /// The list of a body in which all these stand, where there is one. Of several
    /// things that are asked for one has its list, and what is not of the others is
    /// passed over as it is read.
    fn list(&self, body: OrganizationId, lane: &str) -> Option<String> {
        let is_confirmed = lane != Lane::Unconfirmed.key();
        if let Some(outcome) = self.outcome {
            return Some(lists::of_outcome(body, outcome));
        }
        if let Some(way) = self.way
            && (is_confirmed || way != Way::Online.key())
        {
            return Some(lists::of_way(body, way));
        }
        if !is_confirmed {
            return None;
        }
        if let Some(applicant) = self.applicant {
            return Some(lists::of_applicant(body, applicant));
        }
        self.given_to_nobody.then(|| lists::of_nobody(body))
    }
}

/// Requests of a stretch beyond a place in it, in an order. What is asked for of a body
/// is read from a list of its own; of a section's and of a handler's requests, what is
/// not asked for is passed over as theirs is read.
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
    let list = match of {
        Of::Body(body) => only.list(body, stretch.lane),
        _ => None,
    };
    let [first, last] = match (of, &list) {
        (Of::Body(_), None) => [&LANE_OF_BODY, &PAST_OF_BODY],
        (Of::Body(_) | Of::Section(_), _) => [&LANE_OF_LIST, &PAST_OF_LIST],
        (Of::Handler(..), _) => [&LANE_OF_HANDLER, &PAST_OF_HANDLER],
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
        list.map_or_else(|| of.key(), Value::from),
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
    let statement = match of {
        Of::Body(_) => &COUNT_OF_BODY,
        Of::Section(_) => &COUNT_OF_LIST,
        Of::Handler(..) => &COUNT_OF_HANDLER,
    };
    let mut values = Vec::from(values![
        of.key(),
        stretch.lane,
        stretch.from,
        stretch.until,
        most
    ]);
    values.extend(of.reach());
    tx.one(statement, &values).await?.get("count")
}
