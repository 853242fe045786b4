//! Loading a calendar: both forms, the comparison, and the deed.

use std::io::Read;

use axum::extract::{Form, Request, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::calendar::{self, Entry, Proposal};
use gongkai_app::once::Sent;
use gongkai_app::people::{self as staff, PeopleError};
use gongkai_domain::calendar::{Lines, YEARS};
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::words::Message;
use serde::Deserialize;

use super::{LOAD, ROOM, changes, place};
use crate::Shared;
use crate::frame::{page, page_with};
use crate::office::sheet::{Button, Sheet, SheetForm};
use crate::office::{Field, Inside, failed, see_other};
use crate::report::upload::{self, Expected, Refusal};

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
        let year =
            year.ok_or_else(|| Message::new("calendar-no-year").with("text", self.year.trim()))?;
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
            area(hinted(
                "off",
                "calendar-off",
                "calendar-off-hint",
                &typed.off,
            )),
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
    let mut sheet = Sheet::new(inside.visit.modes.clone(), title);
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
    );
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
pub async fn form(inside: Inside) -> Response {
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
pub async fn send(inside: Inside, Form(typed): Form<Typed>) -> Response {
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
                Err(denied @ PeopleError::Denied(_)) => failed(inside.visit.modes.clone(), denied),
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
