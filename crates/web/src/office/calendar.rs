//! Calendars: which years there are, and loading another.

pub mod load;

use axum::extract::Path;
use axum::response::Response;
use gongkai_app::calendar::{self, Held, Load, Place};
use gongkai_app::people::PeopleError;
use gongkai_domain::calendar::{Comparison, Coverage, NATIONAL, festival_name};
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::words::{Message, Words};
use jiff::civil::Date;

use super::oversight::local;
use super::sheet::{Section, Sheet};
use super::{Cell, Inside, TablePage, failed};
use crate::frame::{page, parts};

const ROOM: &str = "/office/calendar";
const LOAD: &str = "/office/calendar/load";

/// The name of a place, by its code.
fn place(words: &Words, jurisdiction: &str) -> String {
    match jurisdiction {
        NATIONAL => words.text("calendar-national"),
        other => other.to_owned(),
    }
}

/// Where a version came from.
fn source(words: &Words, load: Option<&Load>) -> String {
    match load.map(|load| load.source.as_str()) {
        None => words.text("calendar-from-program"),
        Some("typed") => words.text("calendar-from-form"),
        Some("pasted") => words.text("calendar-from-paste"),
        Some(file) => file.to_owned(),
    }
}

fn loaded(load: Option<&Load>) -> String {
    load.map(|load| format!("{} {}", local(load.at), load.by))
        .unwrap_or_default()
}

/// How far the calendars reach, in words.
pub(super) fn reach(words: &Words, coverage: &Coverage) -> String {
    let id = if !coverage.is_short {
        "calendar-reach"
    } else if coverage.days_left == 0 {
        "calendar-ended"
    } else {
        "calendar-short"
    };
    words.render(
        &Message::new(id)
            .with("last", coverage.last_year)
            .with("year", coverage.missing_year)
            .with("days", coverage.days_left),
    )
}

/// What the first page of the office says to who is to load calendars.
pub(super) async fn notice(inside: &Inside) -> Result<String, PeopleError> {
    let house = &inside.visit.office.house;
    let short = calendar::shortage(house, &inside.signed).await?;
    let words = inside.visit.modes.words();
    Ok(short.map_or_else(String::new, |coverage| reach(words, &coverage)))
}

/// `GET /office/calendar`
pub async fn list(Inside { visit, signed }: Inside) -> Response {
    let found = calendar::overview(&visit.office.house, &signed).await;
    let found = match found {
        Ok(found) => found,
        Err(error) => return failed(visit.modes, error),
    };
    let words = visit.modes.words();
    let columns = [
        "calendar-year",
        "calendar-place",
        "calendar-notice",
        "calendar-version",
        "calendar-days",
        "calendar-source",
        "calendar-loaded-at",
    ];
    let mut table = TablePage::new(visit.modes, "office-calendar", &columns);
    table.lead = reach(words, &found.coverage);
    let may = signed.may(Action::CalendarLoad, Target::Installation);
    if may.is_allowed() {
        table
            .tools
            .push(Cell::link(words.text("calendar-load"), LOAD));
    }
    table.rows = found
        .places
        .iter()
        .filter_map(|place_of| {
            let held = place_of.versions.last()?;
            let year = &held.calendar;
            let days = match year.is_national() {
                true => year.count_working_days().to_string(),
                false => {
                    words.render(&Message::new("calendar-local-days").with("days", year.off.len()))
                }
            };
            Some(vec![
                Cell::link(year.year.to_string(), format!("{ROOM}/{}", year.year)),
                Cell::text(place(words, &year.jurisdiction)),
                Cell::text(&year.notice),
                Cell::text(year.version.to_string()),
                Cell::text(days),
                Cell::text(source(words, held.load.as_ref())),
                Cell::text(loaded(held.load.as_ref())),
            ])
        })
        .collect();
    page(&table)
}

/// A day with its weekday.
fn day(words: &Words, date: Date) -> String {
    format!("{date} {}", crate::frame::format::day_of_week(words, date))
}

/// The days that a version changes.
fn changes(words: &Words, comparison: &Comparison) -> Section {
    let text = |id| Cell::text(words.text(id));
    let row = |(date, festival): &(Date, String), was, now| {
        let festival = festival_name(festival);
        vec![
            Cell::text(day(words, *date)),
            text(was),
            text(now),
            Cell::text(festival),
        ]
    };
    let (works, off) = ("calendar-day-works", "calendar-day-off");
    let mut all: Vec<(Date, Vec<Cell>)> = Vec::new();
    all.extend(
        comparison
            .off
            .iter()
            .map(|one| (one.0, row(one, works, off))),
    );
    all.extend(
        comparison
            .working
            .iter()
            .map(|one| (one.0, row(one, off, works))),
    );
    let same = "calendar-day-same";
    all.extend(
        comparison
            .renamed
            .iter()
            .map(|one| (one.0, row(one, same, same))),
    );
    all.sort_by_key(|(date, _)| *date);
    let columns = [
        "calendar-date",
        "calendar-before",
        "calendar-after",
        "calendar-festival",
    ];
    Section {
        title: words.text("calendar-changes"),
        lead: String::new(),
        columns: parts::columns(words, &columns),
        rows: all.into_iter().map(|(_, row)| row).collect(),
        none: words.text("calendar-no-changes"),
    }
}

fn version_of(words: &Words, place_of: &Place, held: &Held, is_first: bool) -> Section {
    let year = &held.calendar;
    let title = Message::new("calendar-version-title")
        .with("place", place(words, &place_of.jurisdiction))
        .with("version", year.version);
    let lead = Message::new("calendar-version-lead")
        .with("notice", &year.notice)
        .with("source", source(words, held.load.as_ref()))
        .with("loaded", loaded(held.load.as_ref()));
    let reason = held.load.as_ref().map(|load| load.reason.as_str());
    let reason = reason.filter(|reason| !reason.is_empty()).map(|reason| {
        words.render(&Message::new("calendar-version-reason").with("reason", reason))
    });
    let against = words.text(if is_first {
        "calendar-against-weeks"
    } else {
        "calendar-against-last"
    });
    Section {
        title: words.render(&title),
        lead: [words.render(&lead), reason.unwrap_or_default(), against].concat(),
        ..changes(words, &held.comparison)
    }
}

/// `GET /office/calendar/{year}`
pub async fn year(Inside { visit, signed }: Inside, Path(year): Path<i16>) -> Response {
    let found = calendar::history(&visit.office.house, &signed, year).await;
    let found = match found {
        Ok(found) => found,
        Err(error) => return failed(visit.modes, error),
    };
    let words = visit.modes.words();
    let title = words.render(&Message::new("calendar-year-title").with("year", year));
    let mut sheet = Sheet::new(visit.modes, title);
    for place_of in &found {
        // The version in force first.
        for (index, held) in place_of.versions.iter().enumerate().rev() {
            sheet
                .sections
                .push(version_of(words, place_of, held, index == 0));
        }
    }
    page(&sheet)
}
