//! `gongkai doctor`: what is ready, and what to do where it is not.

use std::process::ExitCode;

use gongkai_app::ports::DataFolder;
use gongkai_domain::calendar::CalendarError;
use gongkai_domain::words::Message;

use super::{Session, say};
use crate::failure::Failure;

pub fn run(session: &Session) -> Result<ExitCode, Failure> {
    let words = session.words;
    let mut healthy = true;
    let mut line = |good: bool, message: Message| {
        healthy &= good;
        let mark = if good { "✓" } else { "✗" };
        say(&format!("{mark} {}", words.render(&message)))
    };
    let path = session.folder.path().display().to_string();
    match session.folder.write("doctor.json", "{}") {
        Ok(()) => line(true, Message::new("doctor-folder").with("path", path))?,
        Err(error) => line(
            false,
            Message::new("doctor-folder-fails")
                .with("path", path)
                .with("reason", error.source),
        )?,
    }
    match gongkai_app::calendar::in_force(&session.folder) {
        Ok(calendar) => {
            let years: Vec<String> = calendar.years().map(|y| y.year.to_string()).collect();
            let last = calendar.years().last().map_or(0, |year| year.year);
            line(
                true,
                Message::new("doctor-calendar")
                    .with("first", years.first().cloned().unwrap_or_default())
                    .with("last", last),
            )?;
            let next = calendar.is_working_day(jiff::civil::Date::constant(last + 1, 1, 4));
            if next == Err(CalendarError::YearNotLoaded { year: last + 1 }) {
                let message = Message::new("doctor-calendar-next").with("year", last + 1);
                say(&format!("· {}", words.render(&message)))?;
            }
        }
        Err(error) => line(false, error.message())?,
    }
    match gongkai_app::report::verdicts(&session.folder) {
        Ok(verdicts) => line(
            true,
            Message::new("doctor-verdicts").with("count", verdicts.len()),
        )?,
        Err(error) => line(
            false,
            Message::new("folder-failed")
                .with("name", &error.name)
                .with("reason", &error.source),
        )?,
    }
    Ok(if healthy {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    })
}
