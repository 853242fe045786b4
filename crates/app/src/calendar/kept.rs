//! Versions in the database, and what they make together.

use std::sync::Arc;

use gongkai_domain::audit::Outcome;
use gongkai_domain::calendar::{Calendar, YearCalendar};
use gongkai_domain::organization::permissions::Action;
use gongkai_store::calendar::{self as stored, NewVersion, Version};
use gongkai_store::{Db, StoreError, Tx};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::folder::{CalendarLoadError, files};
use crate::audit::{self, Deed, Who};
use crate::counted::Counted;
use crate::house::House;
use crate::jobs;
use crate::ports::DataFolder;
use crate::requests::clocks;

/// The calendars of the newest count of versions that was asked for. Versions
/// are only added, so a count that is the same means that nothing changed; a
/// version that another node took is seen by the next question here. A house
/// with another store has another of these.
#[derive(Debug, Default)]
pub struct InForce(Counted<Calendar>);

impl InForce {
    /// The calendars as a transaction sees them.
    ///
    /// # Errors
    /// The store's; [`StoreError::Refused`] where a version that is kept is no
    /// calendar: nobody reckons without it.
    pub async fn seen(&self, tx: &mut Tx) -> Result<Arc<Calendar>, StoreError> {
        let count = stored::changes(tx).await?;
        self.at(tx, count).await
    }

    /// The same for a transaction that has asked how many versions there are.
    pub(crate) async fn at(&self, tx: &mut Tx, count: i64) -> Result<Arc<Calendar>, StoreError> {
        self.0.at(count, async || in_store(tx).await).await
    }

    /// What was asked for last, with its count, which may be past.
    pub(crate) fn newest(&self) -> Option<(i64, Arc<Calendar>)> {
        self.0.newest()
    }
}

/// The calendars in force in a house, as of now.
///
/// # Errors
/// As for [`InForce::seen`].
pub async fn in_force(house: &House) -> Result<Arc<Calendar>, StoreError> {
    let mut tx = house.db.read().await?;
    let calendar = house.calendars.seen(&mut tx).await?;
    tx.roll_back().await?;
    Ok(calendar)
}

/// The calendars that come with the program and the versions of a database.
///
/// # Errors
/// As for [`InForce::seen`].
pub async fn in_store(tx: &mut Tx) -> Result<Calendar, StoreError> {
    let mut versions = Vec::new();
    for version in stored::all(tx).await? {
        versions.push(parsed(&version)?);
    }
    // Local days add to national years, so they come after all of these.
    versions.sort_by_key(|year| !year.is_national());
    let mut calendar = Calendar::built_in();
    for year in versions {
        let of = year.year;
        let taken = calendar.load(year);
        taken.map_err(|error| StoreError::Refused(format!("the calendar of {of}: {error}")))?;
    }
    Ok(calendar)
}

/// A version as a calendar.
pub(super) fn parsed(version: &Version) -> Result<YearCalendar, StoreError> {
    let kept = &version.kept;
    YearCalendar::parse(&kept.content).map_err(|error| {
        let (place, year, number) = (&kept.jurisdiction, kept.year, kept.version);
        StoreError::Refused(format!("the calendar {place} {year} v{number}: {error}"))
    })
}

/// The version in force for a year and a place.
pub(super) fn held<'a>(calendar: &'a Calendar, of: &YearCalendar) -> Option<&'a YearCalendar> {
    if of.is_national() {
        return calendar.year(of.year);
    }
    let mut local = calendar.local(of.year).iter();
    local.find(|one| one.jurisdiction == of.jurisdiction)
}

/// How a version came, and why.
pub(super) struct Origin<'a> {
    /// `typed`, `pasted`, or the name of a file.
    pub source: &'a str,
    /// Why, in the words of who loads it; none for the program.
    pub reason: &'a str,
    /// What else is to be known of it.
    pub more: Value,
}

/// What the audit trail calls calendars, and one of them.
pub(super) const KIND: &str = "calendar";

pub(super) fn object(year: &YearCalendar) -> String {
    format!("{}-{}", year.jurisdiction, year.year)
}

/// Keeps a version and writes it down; whether it was new.
pub(super) async fn take(
    tx: &mut Tx,
    who: &Who,
    year: &YearCalendar,
    origin: Origin<'_>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let new = NewVersion {
        jurisdiction: year.jurisdiction.clone(),
        year: i64::from(year.year),
        version: i64::from(year.version),
        content: year.text(),
        notice: year.notice.clone(),
        source: origin.source.to_owned(),
        loaded_by: who.name.clone(),
        loaded_at: now,
        reason: origin.reason.to_owned(),
    };
    if !stored::add(tx, &new).await? {
        return Ok(false);
    }
    let mut detail = json!({
        "version": year.version,
        "notice": year.notice,
        "working_days": year.count_working_days(),
        "source": origin.source,
        "reason": origin.reason,
    });
    if let (Value::Object(detail), Value::Object(more)) = (&mut detail, origin.more) {
        detail.extend(more);
    }
    let deed = Deed {
        action: Action::CalendarLoad.key(),
        object_kind: KIND,
        object: object(year),
        outcome: Outcome::Done,
        detail,
    };
    audit::write(tx, who, &deed, now).await?;
    Ok(true)
}

/// Takes the files of the data folder into the database, when it is laid out,
/// when a server starts and before another calendar is loaded: what lies there
/// already, or is older than what is in force, is left. How many were taken.
///
/// # Errors
/// [`CalendarLoadError`] if a file is damaged.
pub async fn adopt_folder(
    db: &Db,
    folder: &dyn DataFolder,
    now: Timestamp,
) -> Result<usize, CalendarLoadError> {
    let (files, mut taken) = (files(folder)?, 0);
    for (name, year) in files {
        let mut tx = db.write().await?;
        let calendar = in_store(&mut tx).await?;
        let there = held(&calendar, &year);
        if there.is_some_and(|there| *there == year || there.version > year.version) {
            tx.roll_back().await?;
            continue;
        }
        // A place's own days need their national year; so says the check that
        // every loading passes.
        let damaged = |source| CalendarLoadError::Damaged {
            name: name.clone(),
            source,
        };
        calendar.clone().load(year.clone()).map_err(damaged)?;
        let who = Who::program("gongkai");
        let origin = Origin {
            source: &name,
            reason: "",
            more: json!({}),
        };
        if take(&mut tx, &who, &year, origin, now).await? {
            taken += 1;
        } else {
            tracing::warn!(file = name, "another calendar of this version is loaded");
        }
        tx.commit().await?;
    }
    Ok(taken)
}

/// Takes a calendar file into a database, from the command line. What is in
/// force already is left as it is.
///
/// # Errors
/// [`CalendarLoadError::Superseded`] where the same or a later version is in
/// force with other contents.
pub async fn load_into_store(
    db: &Db,
    text: &str,
    source: &str,
    user: u32,
    now: Timestamp,
) -> Result<YearCalendar, CalendarLoadError> {
    let year = YearCalendar::parse(text)?;
    let mut tx = db.write().await?;
    let mut calendar = in_store(&mut tx).await?;
    let there = held(&calendar, &year).cloned();
    if there.as_ref() == Some(&year) {
        tx.roll_back().await?;
        return Ok(year);
    }
    let superseded = CalendarLoadError::Superseded { year: year.year };
    if there.is_some_and(|there| there.version >= year.version) {
        return Err(superseded);
    }
    calendar.load(year.clone())?;
    let origin = Origin {
        source,
        reason: "",
        more: json!({ "uid": user }),
    };
    if !take(&mut tx, &Who::program("gongkai"), &year, origin, now).await? {
        return Err(superseded);
    }
    // Due dates of open requests follow the calendar.
    if clocks::is_any_open(&mut tx).await? {
        let job = jobs::job((jobs::RECKON_CLOCKS, Some(String::new())), &(), now)?;
        gongkai_store::jobs::enqueue(&mut tx, &job, now).await?;
    }
    tx.commit().await?;
    Ok(year)
}
