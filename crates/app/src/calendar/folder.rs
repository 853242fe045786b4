//! Calendars in files of the data folder: where there is no database yet.

use gongkai_domain::calendar::{Calendar, CalendarFileError, YearCalendar};
use gongkai_domain::words::Message;

use gongkai_store::StoreError;

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
    /// The store's.
    #[error(transparent)]
    Store(#[from] StoreError),
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
            Self::Store(error) => Message::new("store-failed").with("reason", error),
            Self::Damaged { name, source } => Message::new("calendar-damaged")
                .with("name", name)
                .with("reason", source),
        }
    }
}

/// The files of the folder, each with its name; the national ones first, since
/// local days add to national years.
///
/// # Errors
/// [`CalendarLoadError`] if one is damaged.
pub(super) fn files(
    folder: &dyn DataFolder,
) -> Result<Vec<(String, YearCalendar)>, CalendarLoadError> {
    let mut files = Vec::new();
    for name in folder.list(FOLDER)? {
        let Some(text) = folder.read(&name)? else {
            continue;
        };
        match YearCalendar::parse(&text) {
            Ok(year) => files.push((name, year)),
            Err(source) => return Err(CalendarLoadError::Damaged { name, source }),
        }
    }
    files.sort_by_key(|(_, year)| !year.is_national());
    Ok(files)
}

/// The calendars in force where there is no database.
///
/// # Errors
/// [`CalendarLoadError`] if a file in the data folder is damaged.
pub fn of_folder(folder: &dyn DataFolder) -> Result<Calendar, CalendarLoadError> {
    let mut calendar = Calendar::built_in();
    for (name, year) in files(folder)? {
        calendar
            .load(year)
            .map_err(|source| CalendarLoadError::Damaged { name, source })?;
    }
    Ok(calendar)
}

/// Takes a year's notice, or local additions, for good, into the folder.
///
/// # Errors
/// [`CalendarLoadError`]; nothing is changed then.
pub fn load_into_folder(
    folder: &dyn DataFolder,
    text: &str,
) -> Result<YearCalendar, CalendarLoadError> {
    let year = YearCalendar::parse(text)?;
    let mut calendar = of_folder(folder)?;
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
