//! What falls due in a month, day by day, among the cases that one may see, on
//! the calendar of working days that is in force.

use std::sync::Arc;

use gongkai_domain::calendar::DayKind;
use gongkai_domain::requests::record::Lane;
use gongkai_store::requests::words::days;
use jiff::civil::Date;

use super::look::{SEE, demand_target};
use super::whose::{Whose, sources};
use super::{RequestError, sight};
use crate::house::House;
use crate::people::SignedIn;

/// A number of cases of a day past which nobody counts: the calendar says "and more".
pub const DAY_COUNT_MAX: i64 = 100;

/// A day of the month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The day.
    pub date: Date,
    /// What it is for offices; none where the year's notice is not loaded.
    pub kind: Option<DayKind>,
    /// Cases whose clock runs and whose due date it is; no more than [`DAY_COUNT_MAX`].
    pub running: i64,
    /// Cases that wait for others until then; likewise.
    pub waiting: i64,
}

/// The days of the month of a day. It tells counts alone, of nobody.
///
/// # Errors
/// [`RequestError::Denied`].
pub async fn month(
    house: &House,
    signed: &SignedIn,
    of: Date,
    whose: Whose,
) -> Result<Vec<Due>, RequestError> {
    let (target, about) = demand_target();
    signed.demand(house, SEE, target, about).await?;
    let (first, last) = (of.first_of_month(), of.last_of_month());
    let mut tx = house.db.read().await?;
    let (within, _) = sight(&mut tx, signed).await?;
    let calendar = Arc::clone(&house.calendars.seen(&mut tx).await?);
    let mut month: Vec<Due> = first
        .series(jiff::ToSpan::day(1))
        .take_while(|date| *date <= last)
        .map(|date| Due {
            date,
            kind: calendar.day(date).ok(),
            running: 0,
            waiting: 0,
        })
        .collect();
    let dates: Vec<Date> = month.iter().map(|day| day.date).collect();
    for of in sources(&within, signed, whose) {
        for found in days(&mut tx, of, &dates, DAY_COUNT_MAX).await? {
            let day = month.iter_mut().find(|day| day.date == found.day);
            let Some(day) = day else { continue };
            let count = match Lane::from_key(&found.lane) {
                Some(Lane::Waiting) => &mut day.waiting,
                _ => &mut day.running,
            };
            *count = (*count + found.count).min(DAY_COUNT_MAX);
        }
    }
    tx.roll_back().await?;
    Ok(month)
}
