//! The page of a request, as its applicant has it.

use askama::Template;
use gongkai_app::paper::dates::Day;
use gongkai_app::portal::bodies;
use gongkai_app::portal::drafts::{FILE_BYTES_MAX, FILES_MAX};
use gongkai_app::requests::{BESIDE, GivenFile, Tracked};
use gongkai_domain::requests::case::State as Stage;
use gongkai_domain::requests::clock::{Reckoned, RemedyPeriod};
use gongkai_domain::requests::record::Side;
use gongkai_domain::words::{Message, Words};
use jiff::civil::Date;

use super::Shown;
use crate::frame::parts::{self, Cell, Column, Event, Field, Tone};
use crate::frame::{Frame, format};
use crate::office::Visit;
use crate::requests::clock::{StepView, steps};

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
    /// Number, name and size of copies that bear the seal; of the request itself alone,
    /// since a matter that was set apart has a page of its own.
    copies: Vec<(i64, String, String)>,
}

/// Number, name and size of files, for a list.
fn sized(files: &[GivenFile]) -> Vec<(i64, String, String)> {
    let size = |file: &GivenFile| format!("{} KB", file.bytes / 1024 + 1);
    let files = files.iter();
    files
        .map(|file| (file.number, file.name.clone(), size(file)))
        .collect()
}

/// Letters about it, and about the matters of it that became cases of their own.
fn letters(words: &Words, tracked: &Tracked) -> Vec<LetterView> {
    let own = tracked.letters.iter().map(|one| (one, sized(&one.copies)));
    let parts = tracked.parts.iter().flat_map(|one| &one.letters);
    let all = own.chain(parts.map(|one| (one, Vec::new())));
    all.map(|(one, copies)| LetterView {
        copies,
        id: one.id,
        title: one.title.to_owned(),
        told: format!("{} {}", one.number, format::day(words, one.dated))
            .trim()
            .to_owned(),
    })
    .collect()
}

/// A case that stands beside it with a clock of its own: by which name it is chosen, one
/// step further on the way of the ticket.
fn aside(
    words: &Words,
    shown: &Shown,
    (one, name, step): (&Tracked, &str, String),
    told: &str,
) -> Vec<Cell> {
    let (tone, state, _) = stage(words, one);
    let due = one.due.as_ref();
    let way = [shown.part.as_str(), &step];
    let way = way.into_iter().filter(|step| !step.is_empty());
    let ticket = vec![
        ("code", shown.code.clone()),
        ("tail", shown.tail.clone()),
        ("part", way.collect::<Vec<_>>().join("/")),
    ];
    vec![
        Cell::button(name, "/track", ticket),
        Cell::text(told),
        Cell::state(state, tone),
        Cell::text(due.map_or(String::new(), |due| format::day(words, due.date))),
    ]
}

/// A matter of it that became a case of its own.
fn part(words: &Words, part: &Tracked, shown: &Shown) -> Vec<Cell> {
    let by = (part, part.number.as_str(), part.number.clone());
    aside(words, shown, by, &part.subject)
}

/// What the same submission filed with another body.
fn beside(words: &Words, shown: &Shown, (one, body): (&Tracked, &str)) -> Vec<Cell> {
    let by = (one, body, format!("{BESIDE}{}", one.organization));
    aside(words, shown, by, &one.number)
}

/// What a page of a ticket is called, and the way back to the request of its code: of
/// that request, of one with another body, of a matter that was set apart.
fn called(shown: &Shown) -> (&'static str, &'static str) {
    match shown.part.rsplit('/').next() {
        None | Some("") => ("track-of", "track-other"),
        Some(last) if last.starts_with(BESIDE) => ("track-of-beside", "track-first"),
        Some(_) => ("track-of-part", "track-whole"),
    }
}

#[derive(Template)]
#[template(path = "portal/track.html")]
pub(super) struct TrackPage {
    frame: Frame,
    tone: Tone,
    state: String,
    /// What it means and what comes next.
    next: String,
    pub(super) notice: String,
    pub(super) errors: Vec<String>,
    due: Option<DueView>,
    /// What the office said is to be supplemented.
    asked: String,
    /// What is to be paid, as the office reckoned it.
    to_pay: String,
    deeds: Vec<Deed>,
    facts: Vec<(String, String)>,
    events: Vec<Event>,
    letters: Vec<LetterView>,
    /// Number, name and size of what was given.
    given: Vec<(i64, String, String)>,
    part_columns: Vec<Column>,
    parts: Vec<Vec<Cell>>,
    beside_columns: Vec<Column>,
    beside: Vec<Vec<Cell>>,
    has_dates: bool,
    /// How the way back is called, and where it leads: a step less.
    back: &'static str,
    way_back: String,
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
                None if tracked.confirmed_until.is_none() => "track-next-both-late",
                None => "track-next-both",
            };
            let next = Message::new(next);
            let next = match &tracked.confirmed_until {
                Some(day) => by(next, day),
                None => next,
            };
            say(Tone::Warning, "track-awaiting-confirmation", next)
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
            let next = by(
                Message::new(match tracked.is_supplement_late {
                    false => "track-next-supplement",
                    true => "track-next-supplement-late",
                }),
                limit,
            );
            say(Tone::Warning, "track-awaiting-supplement", next)
        }
        Stage::AwaitingPayment { limit } => {
            let next = by(Message::new("track-next-payment"), limit);
            say(Tone::Warning, "track-awaiting-payment", next)
        }
        Stage::Replied(ending) => match ending.outcome.as_str() {
            "withdrawn" => {
                let next = Message::new("track-next-withdrawn");
                say(Tone::Note, "track-taken-back", next)
            }
            outcome if outcome.starts_with("abandoned") => {
                let next = Message::new("track-next-abandoned");
                say(Tone::Note, "track-abandoned", next)
            }
            _ => {
                let next = by(Message::new("track-next-replied"), &ending.on);
                say(Tone::Good, "track-replied", next)
            }
        },
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
    if may.reasons {
        let said = ["track-reasons", "track-reasons-text", "track-reasons-do"];
        deeds.push(Deed {
            fields: vec![remark("track-reasons-field")],
            ..deed("reasons", said)
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

/// How a day was reckoned, a line for each step.
fn reasons(words: &Words, day: &Reckoned) -> String {
    let lines = steps(day, words).into_iter();
    let lines: Vec<String> = lines
        .map(|step| format!("{} {}", step.text, step.basis).trim().to_owned())
        .collect();
    lines.join("\n")
}

/// Days that are to be minded, with those of matters set apart, for a calendar of the
/// applicant's own.
pub(super) fn days(words: &Words, tracked: &Tracked) -> Vec<Day> {
    let of = |what: &str| format!("{}-{what}-{}@gongkai", tracked.organization, tracked.number);
    let mut days = Vec::new();
    if let Some(due) = &tracked.due {
        days.push(Day {
            uid: of("due"),
            on: due.date,
            title: words.text("dates-due"),
            reason: reasons(words, due),
        });
    }
    if let Some(on) = tracked.reasons_limit.filter(|_| tracked.may.reasons) {
        days.push(Day {
            uid: of("reasons"),
            on,
            title: words.text("dates-reasons"),
            reason: words.text("dates-limit"),
        });
    }
    let limit = match tracked.state {
        Stage::AwaitingSupplement { limit } => Some(("supplement", limit, "dates-supplement")),
        Stage::AwaitingPayment { limit } => Some(("payment", limit, "dates-payment")),
        _ => None,
    };
    days.extend(tracked.remedies.iter().map(|(period, last)| {
        let (what, title) = match period {
            RemedyPeriod::Days(_) => ("review", "dates-review"),
            RemedyPeriod::Months(_) => ("suit", "dates-suit"),
        };
        Day {
            uid: of(what),
            on: last.date,
            title: words.text(title),
            reason: reasons(words, last),
        }
    }));
    days.extend(limit.map(|(what, on, title)| Day {
        uid: of(what),
        on,
        title: words.text(title),
        reason: words.text("dates-limit"),
    }));
    for part in tracked.parts.iter().chain(&tracked.beside) {
        days.extend(self::days(words, part));
    }
    days
}

pub(super) async fn track_page(visit: &Visit, shown: &Shown, tracked: &Tracked) -> TrackPage {
    let words = visit.modes.words();
    let house = &visit.office.house;
    let body = bodies::name(house, tracked.organization).await;
    let body = body.unwrap_or_default();
    let mut others = Vec::new();
    for one in &tracked.beside {
        let body = bodies::name(house, one.organization).await;
        let body = body.unwrap_or_default();
        others.push(beside(words, shown, (one, &body)));
    }
    let (tone, state, next) = stage(words, tracked);
    let (title, back) = called(shown);
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
        title: what.told_to_applicant(words),
        ..Event::default()
    });
    let files_lead = Message::new("apply-files-lead")
        .with("count", FILES_MAX)
        .with("max", FILE_BYTES_MAX / 1024 / 1024);
    TrackPage {
        frame: Frame::new(visit.modes.clone(), words.text(title)),
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
        to_pay: tracked.to_pay.clone().unwrap_or_default(),
        deeds: deeds(words, tracked, shown),
        facts,
        events: events.collect(),
        letters: letters(words, tracked),
        given: sized(&tracked.given),
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
        beside_columns: parts::columns(
            words,
            &["receipt-body", "receipt-number", "track-state", "track-due"],
        ),
        beside: others,
        has_dates: !days(words, tracked).is_empty(),
        back,
        way_back: shown
            .part
            .rsplit_once('/')
            .map_or(String::new(), |(way, _)| way.to_owned()),
        code: shown.code.clone(),
        tail: shown.tail.clone(),
        part: shown.part.clone(),
        key: house.token(),
        files_lead: words.render(&files_lead),
    }
}
