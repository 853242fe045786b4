//! The calendars in force: the built-in ones and what was loaded since.

use gongkai_domain::calendar::{Calendar, CalendarFileError, YearCalendar};
use gongkai_domain::words::Message;

use crate::ports::{DataFolder, FolderError};

const FOLDER: &str = "calendars";

/// Why a calendar was not taken.
#[derive(Debug, thiserror::Error)]
pub enum CalendarLoadError {
    /// The file is wrong.
    #[error("the calendar file is wrong")]
    File(#[from] CalendarFileError),
    /// A later version is loaded already.
    #[error("a later version of {year} is loaded")]
    Superseded {
        /// The year.
        year: i16,
    },
    /// The data folder failed.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A calendar loaded earlier is damaged.
    #[error("the loaded calendar {name} is damaged")]
    Damaged {
        /// Its file.
        name: String,
        /// Why.
        #[source]
        source: CalendarFileError,
    },
}

impl CalendarLoadError {
    /// What to tell the user.
    pub fn message(&self) -> Message {
        match self {
            Self::File(error) => error.message(),
            Self::Superseded { year } => Message::new("calendar-superseded").with("year", year),
            Self::Folder(error) => Message::new("folder-failed")
                .with("name", &error.name)
                .with("reason", &error.source),
            Self::Damaged { name, source } => Message::new("calendar-damaged")
                .with("name", name)
                .with("reason", source),
        }
    }
}

/// The calendars in force.
///
/// # Errors
/// [`CalendarLoadError`] if a file in the data folder is damaged.
pub fn in_force(folder: &dyn DataFolder) -> Result<Calendar, CalendarLoadError> {
    let mut calendar = Calendar::built_in();
    let mut local = Vec::new();
    for name in folder.list(FOLDER)? {
        let Some(text) = folder.read(&name)? else {
            continue;
        };
        let damaged = |source| CalendarLoadError::Damaged {
            name: name.clone(),
            source,
        };
        let year = YearCalendar::parse(&text).map_err(damaged)?;
        if year.jurisdiction == gongkai_domain::calendar::NATIONAL {
            calendar.load(year).map_err(damaged)?;
        } else {
            local.push((name.clone(), year));
        }
    }
    // Local days add to national years, so they come after all of these.
    for (name, year) in local {
        calendar
            .load(year)
            .map_err(|source| CalendarLoadError::Damaged { name, source })?;
    }
    Ok(calendar)
}

/// Takes a year's notice, or local additions, for good.
///
/// # Errors
/// [`CalendarLoadError`]; nothing is changed then.
pub fn load(folder: &dyn DataFolder, text: &str) -> Result<YearCalendar, CalendarLoadError> {
    let year = YearCalendar::parse(text)?;
    let mut calendar = in_force(folder)?;
    if !calendar.load(year.clone())? {
        return Err(CalendarLoadError::Superseded { year: year.year });
    }
    let jurisdiction: String = year
        .jurisdiction
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let name = format!(
        "{FOLDER}/{}-{jurisdiction}-v{}.json",
        year.year, year.version
    );
    folder.write(&name, text)?;
    Ok(year)
}
