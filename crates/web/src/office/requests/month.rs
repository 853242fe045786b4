//! `/office/requests/calendar`: what falls due on which day of a month. Each count
//! leads to the cases of that day.

use axum::extract::Query;
use axum::response::Response;
use gongkai_app::requests::month::{self, DAY_COUNT_MAX, Due};
use gongkai_app::requests::whose::Whose;
use gongkai_domain::calendar::DayKind;
use gongkai_domain::words::{Message, Words};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;

use super::{ROOM, broken};
use crate::frame::parts::{Cell, Tab};
use crate::frame::{Frame, format, page};
use crate::office::Inside;

/// Which month, and whose cases.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    month: String,
    #[serde(default)]
    whose: String,
}

/// A day as it is shown.
struct DayView {
    number: i8,
    date: String,
    weekday: String,
    /// What it is for offices, where it is told.
    kind: String,
    class: String,
    counts: Vec<(Cell, &'static str)>,
}

#[derive(askama::Template)]
#[template(path = "office/requests/month.html")]
struct MonthPage {
    frame: Frame,
    heading: String,
    before: String,
    after: String,
    now: String,
    tabs: Vec<Tab>,
    weekdays: Vec<String>,
    days: Vec<DayView>,
    nothing: String,
    unknown: String,
}

/// A count, or that there are more.
fn counted(count: i64) -> String {
    match count >= DAY_COUNT_MAX {
        true => format!("{DAY_COUNT_MAX}+"),
        false => count.to_string(),
    }
}

fn link(list: &str, due: &Due, text: Message, words: &Words, whose: Whose) -> Cell {
    let of = match whose.key() {
        key if key.is_empty() => key,
        key => format!("&of={key}"),
    };
    let to = format!("{ROOM}?list={list}&on={}{of}", due.date);
    Cell::link(words.render(&text), to)
}

fn day(words: &Words, due: &Due, today: Date, whose: Whose, is_first: bool) -> DayView {
    let is_late = due.date < today;
    let mut counts = Vec::new();
    if due.running > 0 {
        let (id, class) = match is_late {
            true => ("month-late", "error"),
            false => ("month-due", "warning"),
        };
        let text = Message::new(id).with("count", counted(due.running));
        counts.push((link("running", due, text, words, whose), class));
    }
    if due.waiting > 0 {
        let text = Message::new("month-waiting").with("count", counted(due.waiting));
        let cell = link("waiting", due, text, words, whose);
        counts.push((cell, "note"));
    }
    let mut class = Vec::new();
    if is_first {
        class.push(format!(
            "from-{}",
            due.date.weekday().to_monday_one_offset()
        ));
    }
    let is_off = due.kind.as_ref().is_some_and(|kind| !kind.is_working());
    for (is, name) in [
        (is_off, "off"),
        (due.date == today, "today"),
        (counts.is_empty() && due.date != today, "free"),
    ] {
        if is {
            class.push(name.to_owned());
        }
    }
    let kind = match &due.kind {
        None | Some(DayKind::Workday | DayKind::Weekend) => String::new(),
        Some(kind) => words.render(&kind.message()),
    };
    let now = (due.date == today).then(|| words.text("month-today"));
    let kind = [now.unwrap_or_default(), kind];
    let kind = kind.into_iter().filter(|one| !one.is_empty());
    let kind = kind.collect::<Vec<_>>().join(" · ");
    DayView {
        number: due.date.day(),
        date: format::day(words, due.date),
        weekday: format::day_of_week(words, due.date),
        kind,
        class: class.join(" "),
        counts,
    }
}

/// `GET /office/requests/calendar`
pub async fn calendar(inside: Inside, Query(asked): Query<Asked>) -> Response {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let today = signed.today;
    let of: Result<Date, _> = format!("{}-01", asked.month.trim()).parse();
    let first = of.unwrap_or(today).first_of_month();
    let whose = match asked.whose.as_str() {
        "mine" => Whose::Mine,
        _ => Whose::All,
    };
    let found = match month::month(house, signed, first, whose).await {
        Ok(found) => found,
        Err(error) => return broken(inside.visit.modes, error),
    };
    let modes = inside.visit.modes.clone();
    let words = modes.words();
    let key = if whose == Whose::Mine { "mine" } else { "all" };
    let to = |date: Date| {
        let month = date.strftime("%Y-%m");
        format!("{ROOM}/calendar?month={month}&whose={key}")
    };
    let tab = |own: &'static str, label: &str| Tab {
        to: format!(
            "{ROOM}/calendar?month={}&whose={own}",
            first.strftime("%Y-%m")
        ),
        label: words.text(label),
        is_here: own == key,
        count: String::new(),
    };
    let heading = Message::new("month-heading")
        .with("year", first.year())
        .with("month", first.month());
    let is_empty = found.iter().all(|day| day.running + day.waiting == 0);
    let is_unknown = found.iter().any(|day| day.kind.is_none());
    let told = |is: bool, id: &str| if is { words.text(id) } else { String::new() };
    // Any week has the seven names.
    let monday = jiff::civil::date(2026, 11, 23);
    let week = monday.series(1.day()).take(7);
    let page_of_month = MonthPage {
        heading: words.render(&heading),
        before: to(first.saturating_sub(1.month())),
        after: to(first.saturating_add(1.month())),
        now: to(today),
        tabs: vec![tab("all", "month-all"), tab("mine", "desk-mine")],
        weekdays: week.map(|date| format::day_of_week(words, date)).collect(),
        days: found
            .iter()
            .map(|due| day(words, due, today, whose, due.date == first))
            .collect(),
        nothing: told(is_empty, "month-nothing"),
        unknown: told(is_unknown, "month-unknown"),
        frame: Frame::new(modes, words.text("month-title")),
    };
    page(&page_of_month)
}
