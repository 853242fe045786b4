//! Working days: the dated calendar with its make-up days (调休).
//!
//! Owns which days are working days, by the State Council's yearly notice and
//! by lawful local additions. It never guesses: a year whose notice is not
//! loaded is a typed error ([`CalendarError::YearNotLoaded`]); the clock that
//! must look past the loaded years asks for a [`Calendar::provisional`] view
//! and names the missing years. Start with [`Calendar::is_working_day`].

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};
use serde::{Deserialize, Serialize};

use crate::words::Message;

mod compare;
mod coverage;
mod entry;

pub use compare::{Comparison, Difference, compare};
pub use coverage::{Coverage, coverage};
pub use entry::{EntryError, Lines, List, entered};

/// The jurisdiction of the State Council's own notices.
pub const NATIONAL: &str = "CN";

/// No count of working days in this product comes near this; it bounds the
/// walk over days so that a typing error cannot make it endless.
pub const WORKING_DAYS_MAX: u32 = 10_000;

/// Years that a calendar may be of: since the first 全国年节及纪念日放假办法
/// (1949), and no further than a typing error would carry it.
pub const YEARS: (i16, i16) = (1949, 2199);

/// Why a calendar question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The notice of this year is not loaded. The year's notice usually comes
    /// out in November of the year before.
    #[error("the working-day calendar of {year} is not loaded")]
    YearNotLoaded {
        /// The year that is missing.
        year: i16,
    },
    /// More working days than any statutory period has.
    #[error("a count of {count} working days is beyond {WORKING_DAYS_MAX}")]
    CountTooLarge {
        /// The count asked for.
        count: u32,
    },
    /// The walk left the range of dates.
    #[error("the date is out of range")]
    OutOfRange,
}

impl CalendarError {
    /// What to tell the user, with what to do.
    pub fn message(&self) -> Message {
        match self {
            Self::YearNotLoaded { year } => {
                Message::new("calendar-year-not-loaded").with("year", year)
            }
            Self::CountTooLarge { count } => Message::new("calendar-count-too-large")
                .with("count", count)
                .with("max", WORKING_DAYS_MAX),
            Self::OutOfRange => Message::new("calendar-out-of-range"),
        }
    }
}

/// Why a calendar file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarFileError {
    /// The text is not a calendar file.
    #[error("not a calendar file: {reason}")]
    Unreadable {
        /// What the reader met, with line and column.
        reason: String,
    },
    /// A date lies outside the file's year.
    #[error("{date} is not a day of {year}")]
    ForeignDate {
        /// The date that does not belong.
        date: Date,
        /// The year of the file.
        year: i16,
    },
    /// A day off that is a weekend anyway, or a make-up day that is no weekend.
    #[error("{date} stands in the wrong list")]
    WrongList {
        /// The date in question.
        date: Date,
    },
    /// The checksum of the file does not hold.
    #[error("{year} has {found} working days by its lists, {stated} by its checksum")]
    Checksum {
        /// The year of the file.
        year: i16,
        /// The number the lists give.
        found: u32,
        /// The number the file states.
        stated: u32,
    },
    /// A year that no notice of the State Council speaks of, or will.
    #[error("{year} is no year of a notice")]
    YearOutOfRange {
        /// The year of the file.
        year: i16,
    },
    /// A local order may add days off; it makes no weekend a working day
    /// (全国年节及纪念日放假办法 Art. 4).
    #[error("a local calendar makes {date} a working day")]
    LocalWork {
        /// The first such day.
        date: Date,
    },
    /// A local file needs the national calendar of its year.
    #[error("local additions for {year} have no national calendar to add to")]
    NoNationalYear {
        /// The year of the file.
        year: i16,
    },
}

impl CalendarFileError {
    /// What to tell the user, with what to do.
    pub fn message(&self) -> Message {
        match self {
            Self::Unreadable { reason } => {
                Message::new("calendar-file-unreadable").with("reason", reason)
            }
            Self::ForeignDate { date, year } => Message::new("calendar-file-foreign-date")
                .with("date", date)
                .with("year", year),
            Self::WrongList { date } => Message::new("calendar-file-wrong-list").with("date", date),
            Self::Checksum {
                year,
                found,
                stated,
            } => Message::new("calendar-file-checksum")
                .with("year", year)
                .with("found", found)
                .with("stated", stated),
            Self::YearOutOfRange { year } => Message::new("calendar-file-year-range")
                .with("year", year)
                .with("first", YEARS.0)
                .with("last", YEARS.1),
            Self::LocalWork { date } => Message::new("calendar-file-local-work").with("date", date),
            Self::NoNationalYear { year } => {
                Message::new("calendar-file-no-national-year").with("year", year)
            }
        }
    }
}

/// One year's notice as data; the form of the files under `data/calendar` and
/// of what `gongkai calendar load` takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearCalendar {
    /// The calendar year its dates fall in.
    pub year: i16,
    /// [`NATIONAL`], or the place whose government ordered local days off
    /// (全国年节及纪念日放假办法 Art. 4).
    #[serde(default = "national")]
    pub jurisdiction: String,
    /// Later notices of the same year replace earlier ones.
    #[serde(default = "first_version")]
    pub version: u32,
    /// Document number of the notice.
    #[serde(default)]
    pub notice: String,
    /// Whether the document number was seen or recalled.
    #[serde(default)]
    pub notice_confidence: String,
    /// Mondays to Fridays that are not working days, with their festival.
    #[serde(default)]
    pub off: BTreeMap<Date, String>,
    /// Saturdays and Sundays that are working days (调休上班), with the
    /// festival they make up for.
    #[serde(default)]
    pub work: BTreeMap<Date, String>,
    /// Checksum: the number of working days in the year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_days: Option<u32>,
}

fn national() -> String {
    NATIONAL.to_owned()
}

fn first_version() -> u32 {
    1
}

impl YearCalendar {
    /// Reads and checks a calendar file.
    ///
    /// # Errors
    /// [`CalendarFileError`] names the date or the sum that is wrong.
    pub fn parse(text: &str) -> Result<Self, CalendarFileError> {
        let year: Self =
            serde_json::from_str(text).map_err(|error| CalendarFileError::Unreadable {
                reason: error.to_string(),
            })?;
        year.check()?;
        Ok(year)
    }

    fn check(&self) -> Result<(), CalendarFileError> {
        if !(YEARS.0..=YEARS.1).contains(&self.year) {
            return Err(CalendarFileError::YearOutOfRange { year: self.year });
        }
        if let (false, Some(date)) = (self.is_national(), self.work.keys().next()) {
            return Err(CalendarFileError::LocalWork { date: *date });
        }
        for (date, weekend_wanted) in self
            .off
            .keys()
            .map(|date| (date, false))
            .chain(self.work.keys().map(|date| (date, true)))
        {
            if date.year() != self.year {
                return Err(CalendarFileError::ForeignDate {
                    date: *date,
                    year: self.year,
                });
            }
            if is_weekend(*date) != weekend_wanted {
                return Err(CalendarFileError::WrongList { date: *date });
            }
        }
        if let (Some(stated), NATIONAL) = (self.working_days, self.jurisdiction.as_str()) {
            let found = self.count_working_days();
            if found != stated {
                return Err(CalendarFileError::Checksum {
                    year: self.year,
                    found,
                    stated,
                });
            }
        }
        Ok(())
    }

    /// Whether it is the State Council's own, and no local addition.
    pub fn is_national(&self) -> bool {
        self.jurisdiction == NATIONAL
    }

    /// The calendar as a file, in the form that [`Self::parse`] reads.
    pub fn text(&self) -> String {
        // A map of dates and texts can always be written.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The number of working days in the year by its lists.
    pub fn count_working_days(&self) -> u32 {
        let Ok(first) = Date::new(self.year, 1, 1) else {
            return 0;
        };
        let days = first.days_in_year();
        let weekdays = first
            .series(1.day())
            .take(usize::try_from(days).unwrap_or(0))
            .filter(|date| !is_weekend(*date))
            .count();
        u32::try_from(weekdays + self.work.len() - self.off.len()).unwrap_or(0)
    }
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// What kind of day a date is, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DayKind {
    /// An ordinary Monday to Friday.
    Workday,
    /// A Saturday or Sunday on which offices work, making up for a festival.
    MakeUpDay(String),
    /// An ordinary Saturday or Sunday.
    Weekend,
    /// A Monday to Friday off by the national notice.
    Holiday(String),
    /// A Monday to Friday off by a local order.
    LocalHoliday(String),
}

impl DayKind {
    /// Whether offices work on such a day.
    pub fn is_working(&self) -> bool {
        matches!(self, Self::Workday | Self::MakeUpDay(_))
    }

    /// The reason in words.
    pub fn message(&self) -> Message {
        match self {
            Self::Workday => Message::new("day-workday"),
            Self::MakeUpDay(festival) => {
                Message::new("day-make-up").with("festival", festival_name(festival))
            }
            Self::Weekend => Message::new("day-weekend"),
            Self::Holiday(festival) => {
                Message::new("day-holiday").with("festival", festival_name(festival))
            }
            Self::LocalHoliday(festival) => {
                Message::new("day-local-holiday").with("festival", festival_name(festival))
            }
        }
    }
}

/// Chinese names of the festivals that the notices name. A local festival is
/// written in its file by its own name and stands for itself.
pub fn festival_name(key: &str) -> &str {
    match key {
        "new_year" => "元旦",
        "spring_festival" => "春节",
        "qingming" => "清明节",
        "labour_day" => "劳动节",
        "dragon_boat" => "端午节",
        "mid_autumn" => "中秋节",
        "national_day" => "国庆节",
        other => other,
    }
}

/// The loaded calendars of one place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calendar {
    national: BTreeMap<i16, YearCalendar>,
    local: BTreeMap<i16, Vec<YearCalendar>>,
    /// Past the last loaded year, count plain Mondays to Fridays and let the
    /// caller name the years that are missing.
    provisional: bool,
}

impl Calendar {
    /// The calendars that come with the product, 2018 to 2026.
    pub fn built_in() -> Self {
        let mut calendar = Self::default();
        for text in [
            include_str!("../data/calendar/2018.json"),
            include_str!("../data/calendar/2019.json"),
            include_str!("../data/calendar/2020.json"),
            include_str!("../data/calendar/2021.json"),
            include_str!("../data/calendar/2022.json"),
            include_str!("../data/calendar/2023.json"),
            include_str!("../data/calendar/2024.json"),
            include_str!("../data/calendar/2025.json"),
            include_str!("../data/calendar/2026.json"),
        ] {
            let year = YearCalendar::parse(text).expect("built-in calendars are checked by a test");
            calendar.national.insert(year.year, year);
        }
        calendar
    }

    /// A calendar of one's own rules, for tests and comparisons.
    pub fn of_years(years: impl IntoIterator<Item = YearCalendar>) -> Self {
        Self {
            national: years.into_iter().map(|year| (year.year, year)).collect(),
            ..Self::default()
        }
    }

    /// Takes a year's notice, or local additions to a year. A notice with a
    /// lower version than the loaded one changes nothing and returns `false`.
    ///
    /// # Errors
    /// [`CalendarFileError::NoNationalYear`] for local days of a year whose
    /// national notice is not loaded.
    pub fn load(&mut self, year: YearCalendar) -> Result<bool, CalendarFileError> {
        if year.jurisdiction == NATIONAL {
            if self
                .national
                .get(&year.year)
                .is_some_and(|loaded| loaded.version > year.version)
            {
                return Ok(false);
            }
            self.national.insert(year.year, year);
            return Ok(true);
        }
        if !self.national.contains_key(&year.year) {
            return Err(CalendarFileError::NoNationalYear { year: year.year });
        }
        let local = self.local.entry(year.year).or_default();
        if local
            .iter()
            .any(|l| l.jurisdiction == year.jurisdiction && l.version > year.version)
        {
            return Ok(false);
        }
        local.retain(|loaded| loaded.jurisdiction != year.jurisdiction);
        local.push(year);
        Ok(true)
    }

    /// The years that are loaded, first to last.
    pub fn years(&self) -> impl Iterator<Item = &YearCalendar> {
        self.national.values()
    }

    /// The national calendar of a year.
    pub fn year(&self, year: i16) -> Option<&YearCalendar> {
        self.national.get(&year)
    }

    /// Local additions to a year.
    pub fn local(&self, year: i16) -> &[YearCalendar] {
        self.local.get(&year).map_or(&[], Vec::as_slice)
    }

    /// A view that counts plain Mondays to Fridays past the last loaded year.
    /// Whoever asks for it must show [`Self::missing_years`] beside the date.
    /// Years *before* the first loaded one stay an error.
    #[must_use]
    pub fn provisional(&self) -> Self {
        Self {
            provisional: true,
            ..self.clone()
        }
    }

    /// The years between two dates whose notice is not loaded.
    pub fn missing_years(&self, from: Date, to: Date) -> BTreeSet<i16> {
        (from.year().min(to.year())..=from.year().max(to.year()))
            .filter(|year| !self.national.contains_key(year))
            .collect()
    }

    /// What kind of day a date is.
    ///
    /// # Errors
    /// [`CalendarError::YearNotLoaded`]; there is no silent fallback.
    pub fn day(&self, date: Date) -> Result<DayKind, CalendarError> {
        let Some(year) = self.national.get(&date.year()) else {
            let past_the_end = self
                .national
                .last_key_value()
                .is_some_and(|(last, _)| date.year() > *last);
            return match (self.provisional && past_the_end, is_weekend(date)) {
                (true, true) => Ok(DayKind::Weekend),
                (true, false) => Ok(DayKind::Workday),
                (false, _) => Err(CalendarError::YearNotLoaded { year: date.year() }),
            };
        };
        let local = self
            .local(date.year())
            .iter()
            .find_map(|local| local.off.get(&date));
        Ok(if let Some(festival) = local {
            DayKind::LocalHoliday(festival.clone())
        } else if let Some(festival) = year.work.get(&date) {
            DayKind::MakeUpDay(festival.clone())
        } else if let Some(festival) = year.off.get(&date) {
            DayKind::Holiday(festival.clone())
        } else if is_weekend(date) {
            DayKind::Weekend
        } else {
            DayKind::Workday
        })
    }

    /// Whether offices work on a date.
    ///
    /// # Errors
    /// As [`Self::day`].
    pub fn is_working_day(&self, date: Date) -> Result<bool, CalendarError> {
        Ok(self.day(date)?.is_working())
    }

    /// The `count`-th working day after `from`; the start day is not counted.
    ///
    /// # Errors
    /// As [`Self::day`], and a count beyond [`WORKING_DAYS_MAX`].
    pub fn add_working_days(&self, from: Date, count: u32) -> Result<Date, CalendarError> {
        self.walk(from, count, 1.day())
    }

    /// The `count`-th working day before `from`; the start day is not counted.
    ///
    /// # Errors
    /// As [`Self::add_working_days`].
    pub fn subtract_working_days(&self, from: Date, count: u32) -> Result<Date, CalendarError> {
        self.walk(from, count, (-1).day())
    }

    fn walk(&self, from: Date, count: u32, step: Span) -> Result<Date, CalendarError> {
        if count > WORKING_DAYS_MAX {
            return Err(CalendarError::CountTooLarge { count });
        }
        let mut date = from;
        let mut left = count;
        while left > 0 {
            date = date
                .checked_add(step)
                .map_err(|_| CalendarError::OutOfRange)?;
            if self.is_working_day(date)? {
                left -= 1;
            }
        }
        Ok(date)
    }

    /// The number of working days in `(from, to]`.
    ///
    /// # Errors
    /// As [`Self::day`].
    pub fn working_days_between(&self, from: Date, to: Date) -> Result<u32, CalendarError> {
        let mut count = 0;
        let mut date = from;
        while date < to {
            date = date.tomorrow().map_err(|_| CalendarError::OutOfRange)?;
            if self.is_working_day(date)? {
                count += 1;
            }
        }
        Ok(count)
    }

    /// `date` itself if offices work on it, else the next day on which they do.
    ///
    /// # Errors
    /// As [`Self::day`].
    pub fn on_or_after(&self, date: Date) -> Result<Date, CalendarError> {
        let mut date = date;
        while !self.is_working_day(date)? {
            date = date.tomorrow().map_err(|_| CalendarError::OutOfRange)?;
        }
        Ok(date)
    }

    /// The days of `(from, to]` on which offices do not work although they are
    /// Mondays to Fridays, and the weekends on which they do: what a reader
    /// needs to follow a count.
    ///
    /// # Errors
    /// As [`Self::day`].
    pub fn notable_days(
        &self,
        from: Date,
        to: Date,
    ) -> Result<Vec<(Date, DayKind)>, CalendarError> {
        let mut days = Vec::new();
        let mut date = from;
        while date < to {
            date = date.tomorrow().map_err(|_| CalendarError::OutOfRange)?;
            let kind = self.day(date)?;
            if !matches!(kind, DayKind::Workday | DayKind::Weekend) {
                days.push((date, kind));
            }
        }
        Ok(days)
    }
}

#[cfg(test)]
mod tests;
