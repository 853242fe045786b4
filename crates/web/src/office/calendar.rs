//! Calendars: which years there are, and loading another.

use std::io::Read;

use axum::extract::{Form, Path, Request, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::calendar::{self, Entry, Held, Load, Place, Proposal};
use gongkai_app::once::Sent;
use gongkai_app::people::{self as staff, PeopleError};
use gongkai_domain::calendar::{Comparison, Coverage, Lines, NATIONAL, YEARS, festival_name};
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::words::{Message, Words};
use jiff::civil::Date;
use serde::Deserialize;

use super::oversight::local;
use super::sheet::{Button, Section, Sheet, SheetForm};
use super::{Cell, Field, Inside, TablePage, failed, see_other};
use crate::Shared;
use crate::frame::{page, page_with};
use crate::report::upload::{self, Expected, Refusal};
use crate::requests::clock::weekday;

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
        table.tools.push(Cell::link(words.text("calendar-load"), LOAD));
    }
    table.rows = found
        .places
        .iter()
        .filter_map(|place_of| {
            let held = place_of.versions.last()?;
            let year = &held.calendar;
            let days = match year.is_national() {
                true => year.count_working_days().to_string(),
                false => words.render(&Message::new("calendar-local-days").with("days", year.off.len())),
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
    format!("{date} {}", words.text(weekday(date)))
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
    all.extend(comparison.off.iter().map(|one| (one.0, row(one, works, off))));
    all.extend(comparison.working.iter().map(|one| (one.0, row(one, off, works))));
    let same = "calendar-day-same";
    all.extend(comparison.renamed.iter().map(|one| (one.0, row(one, same, same))));
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
        columns: columns.map(|id| words.text(id)).to_vec(),
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
    let mut sheet = Sheet::new(visit.modes, title).back(ROOM, "office-calendar");
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

/// What is typed of a year; of both forms, and of the page between.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct Typed {
    #[serde(default)]
    key: String,
    #[serde(default)]
    step: String,
    /// The name of a file, or `pasted`; empty for lines.
    #[serde(default)]
    name: String,
    #[serde(default)]
    content: String,
    #[serde(default)]
    year: String,
    #[serde(default)]
    jurisdiction: String,
    #[serde(default)]
    notice: String,
    #[serde(default)]
    off: String,
    #[serde(default)]
    work: String,
    #[serde(default)]
    seen: u32,
    #[serde(default)]
    reason: String,
}

impl Typed {
    fn entry(&self) -> Result<Entry, PeopleError> {
        if !self.name.is_empty() {
            return Ok(Entry::File {
                name: self.name.clone(),
                text: self.content.clone(),
            });
        }
        let year = self.year.trim().parse::<i16>().ok();
        let year = year.filter(|year| (YEARS.0..=YEARS.1).contains(year));
        let year = year.ok_or_else(|| {
            Message::new("calendar-no-year").with("text", self.year.trim())
        })?;
        Ok(Entry::Lines(Lines {
            year,
            jurisdiction: self.jurisdiction.clone(),
            version: 1,
            notice: self.notice.clone(),
            off: self.off.clone(),
            work: self.work.clone(),
        }))
    }

    /// What the page between carries along.
    fn hidden(&self, seen: u32) -> Vec<Field> {
        let seen = seen.to_string();
        [
            ("key", &self.key),
            ("name", &self.name),
            ("content", &self.content),
            ("year", &self.year),
            ("jurisdiction", &self.jurisdiction),
            ("notice", &self.notice),
            ("off", &self.off),
            ("work", &self.work),
            ("seen", &seen),
        ]
        .map(|(name, value)| Field::hidden(name, value))
        .to_vec()
    }
}

fn area(field: Field) -> Field {
    Field {
        kind: "textarea",
        ..field
    }
}

/// Both forms, with what was typed.
fn forms(inside: &Inside, typed: &Typed) -> Sheet {
    let words = inside.visit.modes.words();
    let line = |name, label, value: &str| Field::text(words, name, label, value);
    let hinted = |name, label, hint, value: &str| line(name, label, value).hint(words, hint);
    let next = || {
        vec![Button {
            step: "review",
            label: words.text("calendar-next"),
            class: "primary",
        }]
    };
    let plain = SheetForm {
        title: words.text("calendar-by-form"),
        action: LOAD.to_owned(),
        multipart: false,
        fields: vec![
            Field::hidden("key", &typed.key),
            line("year", "calendar-year", &typed.year),
            hinted(
                "jurisdiction",
                "calendar-place",
                "calendar-place-hint",
                &typed.jurisdiction,
            ),
            hinted(
                "notice",
                "calendar-notice",
                "calendar-notice-hint",
                &typed.notice,
            ),
            area(hinted("off", "calendar-off", "calendar-off-hint", &typed.off)),
            area(hinted(
                "work",
                "calendar-work",
                "calendar-work-hint",
                &typed.work,
            )),
        ],
        buttons: next(),
    };
    let file = SheetForm {
        title: words.text("calendar-by-file"),
        action: "/office/calendar/file".to_owned(),
        multipart: true,
        fields: vec![
            Field::hidden("key", &typed.key),
            Field {
                kind: "file",
                ..hinted("file", "calendar-file", "calendar-file-hint", "")
            },
            area(hinted(
                "content",
                "calendar-content",
                "calendar-content-hint",
                &typed.content,
            )),
        ],
        buttons: next(),
    };
    let title = words.text("calendar-load");
    let mut sheet = Sheet::new(inside.visit.modes.clone(), title).back(ROOM, "office-calendar");
    sheet.lead = words.text("calendar-load-lead");
    sheet.forms = vec![plain, file];
    sheet
}

/// What will happen, before it does.
fn review(inside: &Inside, typed: &Typed, proposal: &Proposal) -> Sheet {
    let words = inside.visit.modes.words();
    let Proposal {
        calendar,
        comparison,
        ..
    } = proposal;
    let name = place(words, &calendar.jurisdiction);
    let mut sheet = Sheet::new(
        inside.visit.modes.clone(),
        words.text("calendar-review-title"),
    )
    .back(ROOM, "office-calendar");
    sheet.warnings = vec![words.text("calendar-review-lead")];
    let before = match &proposal.before {
        Some(before) => words.render(
            &Message::new("calendar-in-force")
                .with("version", before.version)
                .with("notice", &before.notice),
        ),
        None => words.text("calendar-none-in-force"),
    };
    let mut facts = vec![
        ("calendar-year", calendar.year.to_string()),
        ("calendar-place", name.clone()),
        ("calendar-notice", calendar.notice.clone()),
        ("calendar-version", calendar.version.to_string()),
        ("calendar-now", before),
    ];
    if calendar.is_national() {
        let days = Message::new("calendar-days-change")
            .with("before", comparison.days_before)
            .with("now", comparison.days_now);
        facts.push(("calendar-days", words.render(&days)));
    }
    let facts = facts.into_iter();
    sheet.facts = facts.map(|(id, value)| (words.text(id), value)).collect();
    sheet.sections = vec![changes(words, comparison)];
    let filled = |id| {
        let message = Message::new(id).with("year", calendar.year);
        words.render(
            &message
                .with("version", calendar.version)
                .with("place", &name),
        )
    };
    sheet.effects = [
        "calendar-effect-count",
        "calendar-effect-nodes",
        "calendar-effect-kept",
    ]
    .map(filled)
    .to_vec();
    let mut fields = typed.hidden(proposal.seen);
    let reason = Field::text(words, "reason", "calendar-reason", &typed.reason);
    fields.push(reason.hint(words, "calendar-reason-hint"));
    sheet.forms = vec![SheetForm {
        title: String::new(),
        action: LOAD.to_owned(),
        multipart: false,
        fields,
        buttons: vec![
            Button {
                step: "make",
                label: words.text("calendar-make"),
                class: "danger",
            },
            Button {
                step: "edit",
                label: words.text("succession-edit"),
                class: "",
            },
        ],
    }];
    sheet
}

/// `GET /office/calendar/load`
pub async fn load_page(inside: Inside) -> Response {
    let house = &inside.visit.office.house;
    let about = ("calendar", "-".to_owned());
    let target = Target::Installation;
    let demanded = inside
        .signed
        .demand(house, Action::CalendarLoad, target, about);
    if let Err(error) = demanded.await {
        return failed(inside.visit.modes, error);
    }
    let typed = Typed {
        key: house.token(),
        ..Typed::default()
    };
    page(&forms(&inside, &typed))
}

/// `POST /office/calendar/load`
pub async fn load(inside: Inside, Form(typed): Form<Typed>) -> Response {
    answer(&inside, typed).await
}

async fn answer(inside: &Inside, typed: Typed) -> Response {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let entry = match typed.entry() {
        Ok(entry) => entry,
        // Who may not load one is not told what is wrong with it.
        Err(error) => {
            let asked = calendar::propose(house, signed, &nothing()).await;
            return match asked {
                Err(denied @ PeopleError::Denied(_)) => {
                    failed(inside.visit.modes.clone(), denied)
                }
                _ => forms(inside, &typed).shown(Some(error)),
            };
        }
    };
    let proposal = match calendar::propose(house, signed, &entry).await {
        Ok(proposal) => proposal,
        // What was sent twice is known only to who does it.
        Err(_) if typed.step == "make" => return made(inside, &typed, &entry, None).await,
        Err(error) => return forms(inside, &typed).shown(Some(error)),
    };
    match typed.step.as_str() {
        "edit" => page(&forms(inside, &typed)),
        "make" => made(inside, &typed, &entry, Some(&proposal)).await,
        _ => page(&review(inside, &typed, &proposal)),
    }
}

/// An entry that says nothing, to ask whether one may be brought at all.
fn nothing() -> Entry {
    Entry::Lines(Lines::default())
}

async fn made(
    inside: &Inside,
    typed: &Typed,
    entry: &Entry,
    proposal: Option<&Proposal>,
) -> Response {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let (by, shown) = (signed.who.name.as_str(), format!("{entry:?}"));
    let reason = typed.reason.trim();
    let sent = Sent::new("calendar", &typed.key, [by, shown.as_str(), reason]);
    let done = calendar::load(house, signed, &sent, entry, typed.seen, reason).await;
    match (done, proposal) {
        (Ok(year), _) => see_other(&format!("{ROOM}/{year}")),
        (Err(error), None) => forms(inside, typed).shown(Some(error)),
        (Err(error), Some(proposal)) if staff::is_conflict(&error) => {
            // Beside what is in force now; sent again, it goes over that.
            let mut sheet = review(inside, typed, proposal);
            let words = inside.visit.modes.words();
            sheet.errors.push(words.text("calendar-conflict"));
            page_with(StatusCode::CONFLICT, &sheet)
        }
        (Err(error), Some(proposal)) => review(inside, typed, proposal).shown(Some(error)),
    }
}

/// A calendar of a year is a few KiB.
const FILE_BYTES_MAX: u64 = 48 * 1024;

/// A form with a calendar file, or its text.
const FILE: Expected = Expected {
    files: &["file"],
    texts: &["key", "content"],
    file_bytes_max: FILE_BYTES_MAX,
    form_bytes_max: 3 * FILE_BYTES_MAX,
    files_max: 1,
};

/// `POST /office/calendar/file`
pub async fn file(Extract(state): Shared, inside: Inside, request: Request) -> Response {
    // Who may not bring one is refused before it is taken.
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let about = ("calendar", "-".to_owned());
    let demanded = signed.demand(house, Action::CalendarLoad, Target::Installation, about);
    if let Err(error) = demanded.await {
        return failed(inside.visit.modes, error);
    }
    let (mut parts, body) = request.into_parts();
    let received = {
        let _turn = state.receiving.turn(inside.visit.origin.address).await;
        upload::fields(Request::from_parts(parts.clone(), body), FILE).await
    };
    // However long that took: whoever is out by now brings nothing.
    let inside = match Inside::of(&mut parts, &state).await {
        Ok(inside) => inside,
        Err(refused) => return refused,
    };
    match received.and_then(brought) {
        Ok(typed) => answer(&inside, typed).await,
        Err(refusal) => {
            let typed = Typed {
                key: inside.visit.office.house.token(),
                ..Typed::default()
            };
            let message = match refusal {
                Refusal::Nothing => Message::new("calendar-no-file"),
                Refusal::TooLarge => {
                    Message::new("calendar-file-large").with("max", FILE_BYTES_MAX / 1024)
                }
                other => other.message(),
            };
            forms(&inside, &typed).shown(Some(message.into()))
        }
    }
}

fn brought(mut fields: upload::Fields) -> Result<Typed, Refusal> {
    let mut typed = Typed {
        key: fields.text("key").to_owned(),
        step: "review".to_owned(),
        name: "pasted".to_owned(),
        content: fields.text("content").trim().to_owned(),
        ..Typed::default()
    };
    if let Some((_, file)) = fields.files.pop().filter(|(_, file)| file.input.length > 0) {
        let (input, mut from) = file.bytes().map_err(|_| Refusal::NoRoom)?;
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).map_err(|_| Refusal::NoRoom)?;
        typed.content = String::from_utf8_lossy(&bytes).into_owned();
        typed.name = input.name;
    }
    if typed.content.is_empty() {
        return Err(Refusal::Nothing);
    }
    Ok(typed)
}
