//! `gongkai calendar …`

use std::path::Path;
use std::process::ExitCode;

use gongkai_app::calendar::{self, CalendarLoadError};
use gongkai_app::outside::SystemClock;
use gongkai_app::ports::Clock;
use gongkai_app::store::Migrations;
use gongkai_domain::calendar::{CalendarError, YearCalendar};
use gongkai_domain::words::Message;
use serde_json::json;

use super::{Session, print_json, say, store};
use crate::cli::{CalendarCommand, Shown};
use crate::failure::Failure;
use crate::ground;

pub fn run(session: &Session, command: CalendarCommand) -> Result<ExitCode, Failure> {
    match command {
        CalendarCommand::Load { file } => {
            let text = std::fs::read_to_string(&file)
                .map_err(|error| Failure::file("file-unreadable", &file, &error))?;
            let (year, place) = load(session, &file, &text)?;
            let loaded = Message::new("calendar-loaded")
                .with("year", year.year)
                .with("jurisdiction", &year.jurisdiction)
                .with("version", year.version);
            say(&session.words.render(&loaded))?;
            say(&session.words.text(place))?;
        }
        CalendarCommand::Show { year, format } => show(session, year, format)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Into the database where there is one, else into the data folder; which of
/// both is said.
fn load(
    session: &Session,
    file: &Path,
    text: &str,
) -> Result<(YearCalendar, &'static str), Failure> {
    let wrong = |error: CalendarLoadError| Failure::in_file(file, error.message());
    let Some(options) = session.database()? else {
        let year = calendar::load_into_folder(&session.folder, text).map_err(wrong)?;
        return Ok((year, "calendar-loaded-folder"));
    };
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let user = rustix::process::getuid().as_raw();
    let year = store::waiting(async {
        let db = ground::open(&options, Migrations::Main).await?;
        let now = SystemClock.now();
        calendar::adopt_folder(&db, &session.folder, now).await?;
        let taken = calendar::load_into_store(&db, text, &name, user, now).await;
        db.close().await;
        taken.map_err(wrong)
    })?;
    Ok((year, "calendar-loaded-store"))
}

fn show(session: &Session, year: i16, format: Shown) -> Result<(), Failure> {
    let calendar = session.calendar()?;
    let national = calendar
        .year(year)
        .ok_or(CalendarError::YearNotLoaded { year })?;
    let words = session.words;
    if format == Shown::Json {
        let mut value = json!(national);
        if let Some(map) = value.as_object_mut() {
            map.insert(
                "working_days".to_owned(),
                json!(national.count_working_days()),
            );
            if !calendar.local(year).is_empty() {
                map.insert("local".to_owned(), json!(calendar.local(year)));
            }
        }
        return print_json(&value);
    }
    let head = Message::new("calendar-head")
        .with("year", year)
        .with("days", national.count_working_days())
        .with("notice", &national.notice)
        .with("version", national.version);
    say(&words.render(&head))?;
    let mut days: Vec<_> = national
        .off
        .keys()
        .chain(national.work.keys())
        .chain(
            calendar
                .local(year)
                .iter()
                .flat_map(|local| local.off.keys()),
        )
        .copied()
        .collect();
    days.sort_unstable();
    days.dedup();
    for date in days {
        let kind = calendar.day(date)?;
        let mark = if kind.is_working() { "班" } else { "休" };
        say(&format!(
            "  {date} {mark} {}",
            words.render(&kind.message())
        ))?;
    }
    Ok(())
}
