//! What became of a request, for who has its query code and the end of a
//! contact: the state, the due date with its reasoning, and what one can do now.
//!
//! Code and contact travel in the bodies of forms, never in an address. What is
//! not known is answered like what is, and too many wrong ones have to wait.

use std::io::Read;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Request, State as Extract};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use gongkai_app::paper::dates::{self, Day};
use gongkai_app::portal::drafts::{FILE_BYTES_MAX, FILES_BYTES_MAX, FILES_MAX};
use gongkai_app::portal::{PortalError, bodies, gate};
use gongkai_app::requests::{self as casework, RequestError, Ticket, Tracked};
use gongkai_domain::requests::case::State as Stage;
use gongkai_domain::requests::clock::Reckoned;
use gongkai_domain::requests::query_code::{QueryCode, QueryCodeError};
use gongkai_domain::requests::record::Side;
use gongkai_domain::words::{Message, Words};
use jiff::civil::Date;
use serde::Deserialize;

use super::{applicant, failed, failed_request, held, settings};
use crate::Shared;
use crate::frame::parts::{self, Cell, Column, Event, Fault, Field, Tone};
use crate::frame::{Frame, format, page, page_with};
use crate::office::Visit;
use crate::office::review::see::download;
use crate::report::upload::{self, Expected, Refusal};
use crate::requests::clock::{StepView, steps};

/// What an applicant shows, and what goes along with it.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct Shown {
    #[serde(default)]
    code: String,
    #[serde(default)]
    tail: String,
    /// The 登记编号 of a matter that was set apart; empty for the whole request.
    #[serde(default)]
    part: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    stars: String,
    #[serde(default)]
    text: String,
    /// A letter that is asked for.
    #[serde(default)]
    letter: i64,
}

impl Shown {
    fn ticket(&self) -> Ticket<'_> {
        Ticket::new(&self.code, &self.tail).of_part(&self.part)
    }
}

#[derive(Template)]
#[template(path = "portal/lookup.html")]
struct LookupPage {
    frame: Frame,
    fields: Vec<Field>,
    faults: Vec<Fault>,
    notice: String,
}

fn lookup(visit: &Visit, shown: &Shown) -> LookupPage {
    let words = visit.modes.words();
    LookupPage {
        frame: Frame::new(visit.modes.clone(), words.text("track-title")),
        fields: vec![
            Field::text(words, "code", "track-code", &shown.code).hint(words, "track-code-hint"),
            Field::text(words, "tail", "track-tail", &shown.tail)
                .hint(words, "track-tail-hint")
                .short(),
        ],
        faults: Vec::new(),
        notice: String::new(),
    }
}

/// The form again, with what was wrong at its field.
fn wrong(visit: &Visit, shown: &Shown, field: &'static str, message: &Message) -> Response {
    let mut again = lookup(visit, shown);
    let text = visit.modes.words().render(message);
    if let Some(of) = again.fields.iter_mut().find(|of| of.name == field) {
        of.error.clone_from(&text);
    }
    again.faults = vec![Fault { text, field }];
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
}

/// `GET /track`
pub async fn lookup_page(visit: Visit) -> Response {
    page(&lookup(&visit, &Shown::default()))
}

/// The request that is shown, or the page that is answered instead. Every look
/// that finds nothing is counted, and too many have to wait.
async fn found(visit: &Visit, shown: &Shown) -> Result<Tracked, Response> {
    let code = match QueryCode::parse(&shown.code) {
        Ok(code) => code,
        Err(error @ (QueryCodeError::Empty | QueryCodeError::Length { .. })) => {
            return Err(wrong(visit, shown, "code", &error.message()));
        }
        Err(error) => return Err(wrong(visit, shown, "code", &error.message())),
    };
    if shown.tail.trim().is_empty() {
        return Err(wrong(visit, shown, "tail", &Message::new("track-no-tail")));
    }
    let (house, from) = (&visit.office.house, visit.origin.address);
    let portal = settings(visit).await?;
    let broken = |error| failed(visit.modes.clone(), PortalError::Store(error));
    let may = gate::may_look_up(house, &portal, from, code.as_str()).await;
    if let Err(wait) = may.map_err(broken)? {
        let mut again = lookup(visit, shown);
        again.notice = held_lookup(visit.modes.words(), wait);
        return Err(page_with(StatusCode::TOO_MANY_REQUESTS, &again));
    }
    match casework::track(house, shown.ticket()).await {
        Ok(tracked) => Ok(tracked),
        Err(RequestError::Missing) => {
            let noted = gate::not_found(house, from, code.as_str()).await;
            noted.map_err(broken)?;
            let missing = Message::new("track-missing");
            let mut again = lookup(visit, shown);
            again.faults = vec![Fault {
                text: visit.modes.words().render(&missing),
                field: "code",
            }];
            Err(page_with(StatusCode::NOT_FOUND, &again))
        }
        Err(error) => Err(failed_request(visit.modes.clone(), error)),
    }
}

fn held_lookup(words: &Words, wait: gongkai_app::portal::Held) -> String {
    match wait {
        gongkai_app::portal::Held::Until(at) => {
            words.render(&Message::new("track-held").with("at", format::instant(at)))
        }
        wait => held(words, wait),
    }
}

/// The due date with its reasoning.
struct DueView {
    label: String,
    title: String,
    class: &'static str,
    note: String,
    provisional: String,
    steps: Vec<StepView>,
}

/// Something that the applicant can do now.
struct Deed {
    /// The last part of the address.
    to: &'static str,
    title: String,
    text: String,
    button: String,
    fields: Vec<Field>,
    takes_files: bool,
    is_main: bool,
    /// What cannot be undone says first what it does.
    effect: String,
}

/// A letter to the applicant.
struct LetterView {
    id: i64,
    title: String,
    told: String,
}

/// Letters about it, and about the matters of it that became cases of their own.
fn letters(words: &Words, tracked: &Tracked) -> Vec<LetterView> {
    let all = std::iter::once(tracked).chain(&tracked.parts);
    let all = all.flat_map(|one| &one.letters);
    all.map(|one| LetterView {
        id: one.id,
        title: one.title.to_owned(),
        told: format!("{} {}", one.number, format::day(words, one.dated))
            .trim()
            .to_owned(),
    })
    .collect()
}

/// A matter of it that became a case of its own, with a clock of its own.
fn part(words: &Words, part: &Tracked, shown: &Shown) -> Vec<Cell> {
    let (tone, state, _) = stage(words, part);
    let due = part.due.as_ref();
    let ticket = vec![
        ("code", shown.code.clone()),
        ("tail", shown.tail.clone()),
        ("part", part.number.clone()),
    ];
    vec![
        Cell::button(&part.number, "/track", ticket),
        Cell::text(&part.subject),
        Cell::state(state, tone),
        Cell::text(due.map_or(String::new(), |due| format::day(words, due.date))),
    ]
}

#[derive(Template)]
#[template(path = "portal/track.html")]
struct TrackPage {
    frame: Frame,
    tone: Tone,
    state: String,
    /// What it means and what comes next.
    next: String,
    notice: String,
    errors: Vec<String>,
    due: Option<DueView>,
    /// What the office said is to be supplemented.
    asked: String,
    deeds: Vec<Deed>,
    facts: Vec<(String, String)>,
    events: Vec<Event>,
    letters: Vec<LetterView>,
    part_columns: Vec<Column>,
    parts: Vec<Vec<Cell>>,
    has_dates: bool,
    code: String,
    tail: String,
    part: String,
    key: String,
    files_lead: String,
}

fn stage(words: &Words, tracked: &Tracked) -> (Tone, String, String) {
    let say = |tone, state: &str, next: Message| (tone, words.text(state), words.render(&next));
    let by = |message: Message, day: &Date| message.with("date", format::day(words, *day));
    match &tracked.state {
        Stage::AwaitingConfirmation => {
            let next = match tracked.confirmed_by {
                Some(Side::Office) => "track-next-confirm",
                Some(Side::Applicant) => "track-next-office",
                None => "track-next-both",
            };
            say(
                Tone::Warning,
                "track-awaiting-confirmation",
                Message::new(next),
            )
        }
        Stage::Open if tracked.is_overdue => say(
            Tone::Error,
            "track-open",
            Message::new("track-next-overdue"),
        ),
        Stage::Open if tracked.is_paused => {
            say(Tone::Note, "track-open", Message::new("track-next-paused"))
        }
        Stage::Open => say(Tone::Note, "track-open", Message::new("track-next-open")),
        Stage::AwaitingSupplement { limit } => {
            let next = by(Message::new("track-next-supplement"), limit);
            say(Tone::Warning, "track-awaiting-supplement", next)
        }
        Stage::AwaitingPayment { limit } => {
            let next = by(Message::new("track-next-payment"), limit);
            say(Tone::Warning, "track-awaiting-payment", next)
        }
        Stage::Replied(ending) => {
            let next = match ending.outcome.as_str() {
                "withdrawn" => Message::new("track-next-withdrawn"),
                outcome if outcome.starts_with("abandoned") => Message::new("track-next-abandoned"),
                _ => by(Message::new("track-next-replied"), &ending.on),
            };
            say(Tone::Good, "track-replied", next)
        }
        Stage::Served(_, on) => {
            let next = by(Message::new("track-next-served"), on);
            say(Tone::Good, "track-served", next)
        }
        Stage::Archived(ending) => {
            let next = by(Message::new("track-next-archived"), &ending.on);
            say(Tone::Good, "track-over", next)
        }
    }
}

fn due_view(words: &Words, tracked: &Tracked, due: &Reckoned) -> DueView {
    let note = match (tracked.is_overdue, tracked.is_paused) {
        (true, _) => words.text("track-due-overdue"),
        (false, true) => words.text("track-due-paused"),
        (false, false) => String::new(),
    };
    let provisional = match due.missing_years.is_empty() {
        true => String::new(),
        false => words.text("track-due-provisional"),
    };
    DueView {
        label: words.text("track-due"),
        title: format::weekday(words, due.date),
        class: if tracked.is_overdue { "late" } else { "" },
        note,
        provisional,
        steps: steps(due, words),
    }
}

fn stars(words: &Words, chosen: &str) -> Field {
    let all = ["5", "4", "3", "2", "1"];
    let labels = [
        "track-stars-5",
        "track-stars-4",
        "track-stars-3",
        "track-stars-2",
        "track-stars-1",
    ];
    let options = all.into_iter().zip(labels);
    Field {
        kind: "radios",
        options: options
            .map(|(value, label)| (value.to_owned(), words.text(label)))
            .collect(),
        ..Field::text(words, "stars", "track-stars", chosen)
    }
}

fn deeds(words: &Words, tracked: &Tracked, shown: &Shown) -> Vec<Deed> {
    let deed = |to: &'static str, [title, text, button]: [&str; 3]| Deed {
        to,
        title: words.text(title),
        text: words.text(text),
        button: words.text(button),
        fields: Vec::new(),
        takes_files: false,
        is_main: true,
        effect: String::new(),
    };
    let remark = |label: &str| Field {
        kind: "textarea",
        ..Field::text(words, "text", label, &shown.text)
    };
    let may = &tracked.may;
    let mut deeds = Vec::new();
    if may.confirm {
        let said = ["track-confirm", "track-confirm-text", "track-confirm-do"];
        deeds.push(deed("confirm", said));
    }
    if may.supplement {
        let said = [
            "track-supplement",
            "track-supplement-text",
            "track-supplement-do",
        ];
        deeds.push(Deed {
            fields: vec![remark("track-supplement-field")],
            takes_files: true,
            ..deed("supplement", said)
        });
    }
    if may.rate {
        let said = ["track-rate", "track-rate-text", "track-rate-do"];
        deeds.push(Deed {
            fields: vec![
                stars(words, &shown.stars),
                remark("track-rate-field").optional(),
            ],
            ..deed("rate", said)
        });
    }
    if may.withdraw {
        let said = ["track-withdraw", "track-withdraw-text", "track-withdraw-do"];
        deeds.push(Deed {
            is_main: false,
            effect: words.text("track-withdraw-effect"),
            ..deed("withdraw", said)
        });
    }
    deeds
}

/// Days that are to be minded, for a calendar of the applicant's own.
fn days(words: &Words, tracked: &Tracked) -> Vec<Day> {
    let of = |what: &str| format!("{}-{what}-{}@gongkai", tracked.organization, tracked.number);
    let mut days = Vec::new();
    if let Some(due) = &tracked.due {
        let lines = steps(due, words).into_iter();
        let lines: Vec<String> = lines
            .map(|step| format!("{} {}", step.text, step.basis).trim().to_owned())
            .collect();
        days.push(Day {
            uid: of("due"),
            on: due.date,
            title: words.text("dates-due"),
            reason: lines.join("\n"),
        });
    }
    let limit = match tracked.state {
        Stage::AwaitingSupplement { limit } => Some(("supplement", limit, "dates-supplement")),
        Stage::AwaitingPayment { limit } => Some(("payment", limit, "dates-payment")),
        _ => None,
    };
    days.extend(limit.map(|(what, on, title)| Day {
        uid: of(what),
        on,
        title: words.text(title),
        reason: words.text("dates-limit"),
    }));
    days
}

async fn track_page(visit: &Visit, shown: &Shown, tracked: &Tracked) -> TrackPage {
    let words = visit.modes.words();
    let house = &visit.office.house;
    let body = bodies::name(house, tracked.organization).await;
    let body = body.unwrap_or_default();
    let (tone, state, next) = stage(words, tracked);
    let day = |date: Date| format::day(words, date);
    let mut facts = vec![
        (words.text("receipt-number"), tracked.number.clone()),
        (words.text("receipt-body"), body),
        (words.text("track-subject"), tracked.subject.clone()),
        (words.text("track-filed"), day(tracked.filed)),
    ];
    let received = match tracked.received {
        Some(on) => day(on),
        None => words.text("track-not-received"),
    };
    facts.push((words.text("track-received"), received));
    let events = tracked.timeline.iter().rev().map(|(on, what)| Event {
        when: day(*on),
        title: words.render(&what.label()),
        ..Event::default()
    });
    let files_lead = Message::new("apply-files-lead")
        .with("count", FILES_MAX)
        .with("max", FILE_BYTES_MAX / 1024 / 1024);
    TrackPage {
        frame: Frame::new(
            visit.modes.clone(),
            words.text(match shown.part.is_empty() {
                true => "track-of",
                false => "track-of-part",
            }),
        ),
        tone,
        state,
        next,
        notice: String::new(),
        errors: Vec::new(),
        due: tracked
            .due
            .as_ref()
            .map(|due| due_view(words, tracked, due)),
        asked: tracked.asked.clone().unwrap_or_default(),
        deeds: deeds(words, tracked, shown),
        facts,
        events: events.collect(),
        letters: letters(words, tracked),
        part_columns: parts::columns(
            words,
            &[
                "receipt-number",
                "track-subject",
                "track-state",
                "track-due",
            ],
        ),
        parts: tracked
            .parts
            .iter()
            .map(|one| part(words, one, shown))
            .collect(),
        has_dates: !days(words, tracked).is_empty(),
        code: shown.code.clone(),
        tail: shown.tail.clone(),
        part: shown.part.clone(),
        key: house.token(),
        files_lead: words.render(&files_lead),
    }
}

/// `POST /track`
pub async fn look(visit: Visit, Form(shown): Form<Shown>) -> Response {
    match found(&visit, &shown).await {
        Ok(tracked) => page(&track_page(&visit, &shown, &tracked).await),
        Err(elsewhere) => elsewhere,
    }
}

/// The page after something was done, or with what stands against it.
async fn after(
    visit: &Visit,
    shown: &Shown,
    done: Result<(), RequestError>,
    said: &str,
) -> Response {
    let errors = match &done {
        Ok(()) => Vec::new(),
        Err(RequestError::Refused(messages)) => messages.clone(),
        Err(error @ RequestError::Changed) => error.messages(),
        Err(_) => match done {
            Err(error) => return failed_request(visit.modes.clone(), error),
            Ok(()) => Vec::new(),
        },
    };
    let tracked = match found(visit, shown).await {
        Ok(tracked) => tracked,
        Err(elsewhere) => return elsewhere,
    };
    let words = visit.modes.words();
    if errors.is_empty() {
        // What was typed is with the office now.
        let told = Shown {
            code: shown.code.clone(),
            tail: shown.tail.clone(),
            part: shown.part.clone(),
            ..Shown::default()
        };
        let mut shown = track_page(visit, &told, &tracked).await;
        shown.notice = words.text(said);
        return page(&shown);
    }
    let mut shown = track_page(visit, shown, &tracked).await;
    let errors = errors.iter().map(|message| words.render(message));
    shown.errors = errors.collect();
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

/// `POST /track/confirm`
pub async fn confirm(visit: Visit, Form(shown): Form<Shown>) -> Response {
    if let Err(elsewhere) = found(&visit, &shown).await {
        return elsewhere;
    }
    let (house, who) = (&visit.office.house, applicant(&visit));
    let done = casework::confirm_by_applicant(house, &who, &shown.key, shown.ticket()).await;
    after(&visit, &shown, done, "track-confirmed").await
}

/// `POST /track/withdraw`
pub async fn withdraw(visit: Visit, Form(shown): Form<Shown>) -> Response {
    if let Err(elsewhere) = found(&visit, &shown).await {
        return elsewhere;
    }
    let (house, who) = (&visit.office.house, applicant(&visit));
    let done = casework::withdraw(house, &who, &shown.key, shown.ticket(), &shown.text).await;
    after(&visit, &shown, done, "track-withdrawn").await
}

/// `POST /track/rate`
pub async fn rate(visit: Visit, Form(shown): Form<Shown>) -> Response {
    if let Err(elsewhere) = found(&visit, &shown).await {
        return elsewhere;
    }
    let (house, who) = (&visit.office.house, applicant(&visit));
    let stars = shown.stars.parse().unwrap_or(0);
    let ticket = shown.ticket();
    let done = casework::rate(house, &who, &shown.key, ticket, stars, &shown.text).await;
    after(&visit, &shown, done, "track-rated").await
}

const FORM: Expected = Expected {
    files: &["file"],
    texts: &["code", "tail", "part", "key", "text"],
    file_bytes_max: FILE_BYTES_MAX,
    form_bytes_max: FILES_BYTES_MAX + 256 * 1024,
    files_max: FILES_MAX,
};

/// `POST /track/supplement`
pub async fn supplement(Extract(state): Shared, visit: Visit, request: Request) -> Response {
    let (mut fields, refused) = {
        let _turn = state.receiving.turn(visit.origin.address).await;
        upload::so_far(request, FORM).await
    };
    let text = |name: &str| fields.text(name).to_owned();
    let shown = Shown {
        code: text("code"),
        tail: text("tail"),
        part: text("part"),
        key: text("key"),
        text: text("text"),
        ..Shown::default()
    };
    let tracked = match found(&visit, &shown).await {
        Ok(tracked) => tracked,
        Err(elsewhere) => return elsewhere,
    };
    let brought = match refused {
        None => brought(&state, &visit, &tracked, &mut fields).await,
        Some(refusal) => Err(refusal_of(&refusal).into()),
    };
    let done = match brought {
        Ok(files) => {
            let (house, who) = (&visit.office.house, applicant(&visit));
            let ticket = shown.ticket();
            casework::supplement(house, &who, &shown.key, ticket, &shown.text, &files).await
        }
        Err(error) => Err(error),
    };
    after(&visit, &shown, done, "track-supplemented").await
}

fn refusal_of(refusal: &Refusal) -> Message {
    match refusal {
        Refusal::TooLarge | Refusal::TooMany => Message::new("apply-files-not-taken")
            .with("count", FILES_MAX)
            .with("max", FILE_BYTES_MAX / 1024 / 1024)
            .with("all", FILES_BYTES_MAX / 1024 / 1024),
        other => other.message(),
    }
}

async fn brought(
    state: &crate::State,
    visit: &Visit,
    tracked: &Tracked,
    fields: &mut upload::Fields,
) -> Result<Vec<casework::Brought>, RequestError> {
    let mut files = Vec::new();
    for (_, file) in std::mem::take(&mut fields.files) {
        let (input, mut from) = file.bytes().map_err(|_| refusal_of(&Refusal::NoRoom))?;
        let mut bytes = Vec::new();
        let read = from.read_to_end(&mut bytes);
        read.map_err(|_| refusal_of(&Refusal::NoRoom))?;
        if bytes.is_empty() {
            continue;
        }
        let _turn = state.reading.turn(visit.origin.address).await;
        let (house, who) = (&visit.office.house, applicant(visit));
        let (reader, body) = (state.reader.as_ref(), tracked.organization);
        let bytes = Arc::from(bytes);
        files.push(casework::bring(house, reader, &who, body, &input.name, bytes).await?);
    }
    Ok(files)
}

/// `POST /track/letter`: a letter to the applicant, as it was issued.
pub async fn letter(visit: Visit, Form(shown): Form<Shown>) -> Response {
    if let Err(elsewhere) = found(&visit, &shown).await {
        return elsewhere;
    }
    let (house, who) = (&visit.office.house, applicant(&visit));
    match casework::letter(house, &who, shown.ticket(), shown.letter).await {
        Ok((title, bytes)) => download(&format!("{title}.pdf"), "application/pdf", bytes.to_vec()),
        Err(error) => failed_request(visit.modes.clone(), error),
    }
}

/// `POST /track/dates`
pub async fn calendar(visit: Visit, Form(shown): Form<Shown>) -> Response {
    let tracked = match found(&visit, &shown).await {
        Ok(tracked) => tracked,
        Err(elsewhere) => return elsewhere,
    };
    let words = visit.modes.words();
    let days = days(words, &tracked);
    let file = dates::file(&words.text("dates-name"), visit.office.house.now(), &days);
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/calendar; charset=utf-8"),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"gongkai.ics\""),
        ),
    ];
    (headers, file).into_response()
}
