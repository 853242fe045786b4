//! What the system administrator does with calendars: sees them, looks at a new
//! version beside the one in force, and takes it.

use std::collections::BTreeMap;

use gongkai_domain::calendar::{
    Calendar, CalendarFileError, Comparison, Coverage, Lines, NATIONAL, YearCalendar, compare,
    coverage, entered,
};
use gongkai_domain::organization::names;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::words::Message;
use gongkai_store::calendar::{self as stored, Version};
use gongkai_store::{StoreError, Tx};
use jiff::Timestamp;
use serde_json::json;

use super::kept::{KIND, Origin, held, parsed, take};
use crate::audit::Who;
use crate::house::House;
use crate::once::{Sent, once};
use crate::people::{PeopleError, SignedIn};
use crate::settings;
use crate::{jobs, requests};

/// Who loaded a version, when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// Login name, or the program's.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// `typed`, `pasted`, or the name of its file.
    pub source: String,
}

/// A version of a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// What it says.
    pub calendar: YearCalendar,
    /// How it came; none where it comes with the program.
    pub load: Option<Load>,
    /// What it changed against the version before it.
    pub comparison: Comparison,
}

/// All versions of a year for one place, the first one first; the last is in
/// force. There is always one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The year.
    pub year: i16,
    /// [`NATIONAL`], or the place whose government ordered days off.
    pub jurisdiction: String,
    /// Its versions.
    pub versions: Vec<Held>,
}

/// The calendars of the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// Every year and place, the latest year first, the national one before
    /// local ones.
    pub places: Vec<Place>,
    /// How far they reach.
    pub coverage: Coverage,
    /// How many days before their end the alarm is wanted.
    pub alarm_days: u32,
}

async fn demand(house: &House, signed: &SignedIn, action: Action) -> Result<Who, PeopleError> {
    let about = (KIND, "-".to_owned());
    signed
        .demand(house, action, Target::Installation, about)
        .await
}

/// Versions with how each came, by year and place, the national one first.
type ByPlace = BTreeMap<(i16, bool, String), Vec<(YearCalendar, Option<Load>)>>;

/// Every version of every year, those that come with the program too.
fn places(rows: Vec<Version>) -> Result<Vec<Place>, StoreError> {
    let mut all = ByPlace::new();
    for year in Calendar::built_in().years() {
        let key = (year.year, false, year.jurisdiction.clone());
        all.entry(key).or_default().push((year.clone(), None));
    }
    for row in rows {
        let year = parsed(&row)?;
        let load = Load {
            by: row.kept.loaded_by,
            at: row.kept.loaded_at,
            reason: row.kept.reason,
            source: row.kept.source,
        };
        let key = (year.year, !year.is_national(), year.jurisdiction.clone());
        all.entry(key).or_default().push((year, Some(load)));
    }
    let places = all.into_iter().map(|((year, _, jurisdiction), mut found)| {
        found.sort_by_key(|(calendar, _)| calendar.version);
        let mut versions: Vec<Held> = Vec::new();
        for (calendar, load) in found {
            let before = versions.last().map(|held| &held.calendar);
            let comparison = compare(before, &calendar);
            versions.push(Held {
                calendar,
                load,
                comparison,
            });
        }
        Place {
            year,
            jurisdiction,
            versions,
        }
    });
    let mut places: Vec<Place> = places.collect();
    places.sort_by_key(|place| (-place.year, place.jurisdiction != NATIONAL));
    Ok(places)
}

/// The calendars and how far they reach.
///
/// # Errors
/// [`PeopleError::Denied`].
pub async fn overview(house: &House, signed: &SignedIn) -> Result<Overview, PeopleError> {
    demand(house, signed, Action::CalendarSee).await?;
    let mut tx = house.db.read().await?;
    let places = places(stored::all(&mut tx).await?)?;
    let calendar = house.calendars.seen(&mut tx).await?;
    let alarm_days = settings::values_in(&mut tx).await?.alarm_days()?;
    tx.roll_back().await?;
    Ok(Overview {
        places,
        coverage: coverage(&calendar, house.today(), alarm_days),
        alarm_days,
    })
}

/// The versions of a year, the national ones first.
///
/// # Errors
/// [`PeopleError::Denied`]; [`PeopleError::Missing`] for a year of which there
/// is none.
pub async fn history(
    house: &House,
    signed: &SignedIn,
    year: i16,
) -> Result<Vec<Place>, PeopleError> {
    demand(house, signed, Action::CalendarSee).await?;
    let mut tx = house.db.read().await?;
    let mut found = places(stored::all(&mut tx).await?)?;
    tx.roll_back().await?;
    found.retain(|place| place.year == year);
    if found.is_empty() {
        return Err(PeopleError::Missing);
    }
    Ok(found)
}

/// What was brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A calendar file, with its name; `pasted` where it has none.
    File {
        /// Its name.
        name: String,
        /// What it says.
        text: String,
    },
    /// Lines of a form; the version is the next one.
    Lines(Lines),
}

/// The longest document number and name of a place, in characters.
const NOTICE_CHARS_MAX: usize = 100;
const PLACE_CHARS_MAX: usize = 40;

/// A version that could be taken, beside the one in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The new version.
    pub calendar: YearCalendar,
    /// The one in force.
    pub before: Option<YearCalendar>,
    /// What changes.
    pub comparison: Comparison,
    /// Number of the version in force, 0 where there is none: taken is only
    /// what was looked at beside this one.
    pub seen: u32,
}

impl Proposal {
    fn of(entry: &Entry, in_force: &Calendar) -> Result<Self, Vec<Message>> {
        let wrong = |error: CalendarFileError| vec![error.message()];
        let calendar = match entry {
            Entry::File { text, .. } => YearCalendar::parse(text).map_err(wrong)?,
            Entry::Lines(lines) => {
                let made = entered(lines);
                let told = |errors: Vec<gongkai_domain::calendar::EntryError>| {
                    errors.iter().map(|error| error.message()).collect()
                };
                let made: YearCalendar = made.map_err(|errors| -> Vec<Message> { told(errors) })?;
                let version = held(in_force, &made).map_or(1, |there| there.version + 1);
                let made = YearCalendar { version, ..made };
                made.checked().map_err(wrong)?
            }
        };
        let before = held(in_force, &calendar).cloned();
        let comparison = compare(before.as_ref(), &calendar);
        let seen = before.as_ref().map_or(0, |there| there.version);
        let refused = if calendar.notice.trim().is_empty() {
            Some(Message::new("calendar-no-notice"))
        } else if before.is_some() && comparison.is_same() {
            Some(Message::new("calendar-same").with("year", calendar.year))
        } else if calendar.version <= seen {
            Some(
                Message::new("calendar-version-taken")
                    .with("found", calendar.version)
                    .with("seen", seen)
                    .with("next", seen + 1),
            )
        } else if !calendar.is_national() && in_force.year(calendar.year).is_none() {
            let year = calendar.year;
            Some(CalendarFileError::NoNationalYear { year }.message())
        } else {
            None
        };
        let lines = [
            (&calendar.notice, NOTICE_CHARS_MAX),
            (&calendar.jurisdiction, PLACE_CHARS_MAX),
        ];
        let unfit = || {
            let mut wrong = lines.iter().map(|(text, max)| names::line(text, *max));
            wrong.find_map(|line| line.err().map(|error| error.message()))
        };
        match refused.or_else(unfit) {
            Some(message) => Err(vec![message]),
            None => Ok(Self {
                calendar,
                before,
                comparison,
                seen,
            }),
        }
    }
}

/// Looks at what was brought beside what is in force; nothing is changed.
///
/// # Errors
/// [`PeopleError::Denied`]; [`PeopleError::Refused`] with everything that is
/// wrong, each with its line or day.
pub async fn propose(
    house: &House,
    signed: &SignedIn,
    entry: &Entry,
) -> Result<Proposal, PeopleError> {
    demand(house, signed, Action::CalendarLoad).await?;
    let in_force = super::in_force(house).await?;
    Proposal::of(entry, &in_force).map_err(PeopleError::Refused)
}

/// The longest reason, in characters.
const REASON_CHARS_MAX: usize = 200;

/// Takes a version that was looked at; its year. Sent twice, it is taken once.
///
/// # Errors
/// As [`propose`]; also without a reason; [`StoreError::Conflict`] where
/// another version came into force since it was looked at.
pub async fn load(
    house: &House,
    signed: &SignedIn,
    sent: &Sent,
    entry: &Entry,
    seen: u32,
    reason: &str,
) -> Result<i16, PeopleError> {
    let who = demand(house, signed, Action::CalendarLoad).await?;
    if reason.trim().is_empty() {
        return Err(Message::new("reason-needed").into());
    }
    let reason = names::line(reason, REASON_CHARS_MAX).map_err(|error| error.message())?;
    let work = async |tx: Tx| taken(house, &who, entry, seen, &reason, tx).await;
    let answer = once(house, sent, work).await?;
    answer
        .parse()
        .map_err(|_| StoreError::Refused("an answer that is no year".to_owned()).into())
}

async fn taken(
    house: &House,
    who: &Who,
    entry: &Entry,
    seen: u32,
    reason: &str,
    mut tx: Tx,
) -> Result<(Tx, String), PeopleError> {
    let in_force = house.calendars.seen(&mut tx).await?;
    let proposal = Proposal::of(entry, &in_force).map_err(PeopleError::Refused)?;
    if proposal.seen != seen {
        return Err(StoreError::Conflict.into());
    }
    let source = match entry {
        Entry::File { name, .. } => name.as_str(),
        Entry::Lines(_) => "typed",
    };
    let comparison = &proposal.comparison;
    let origin = Origin {
        source,
        reason,
        more: json!({ "off": comparison.off.len(), "working": comparison.working.len() }),
    };
    if !take(&mut tx, who, &proposal.calendar, origin, house.now()).await? {
        return Err(StoreError::Conflict.into());
    }
    // Due dates of open requests follow the calendar.
    if requests::clocks::is_any_open(&mut tx).await? {
        jobs::enqueue(&mut tx, house, jobs::RECKON_CLOCKS, &()).await?;
    }
    Ok((tx, proposal.calendar.year.to_string()))
}
