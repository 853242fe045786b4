//! `GET /clock`: statutory dates with their reasoning. The address holds what
//! was asked, so that an answer can be passed on.

use askama::Template;
use axum::extract::{Query, State as Extract};
use axum::response::Response;
use gongkai_domain::calendar::Calendar;
use gongkai_domain::requests::clock::{
    self, ClockFacts, ClockSettings, Consultation, Reckoned, RemedyPeriod,
};
use gongkai_domain::settings::{ANSWER_DAYS, EXTENSION_DAYS};
use gongkai_domain::words::{Message, Words};
use jiff::civil::Date;
use serde::Deserialize;

use super::unavailable;
use crate::Shared;
use crate::frame::modes::Modes;
use crate::frame::{Frame, format, page};

/// What was asked; text as it was typed, so that nothing is lost.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct Asked {
    #[serde(default, rename = "do")]
    what: String,
    #[serde(default)]
    received: String,
    #[serde(default)]
    supplement: String,
    #[serde(default)]
    fee_paid: String,
    #[serde(default)]
    consult_from: String,
    #[serde(default)]
    consult_to: String,
    #[serde(default)]
    extend: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    days: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    served: String,
    #[serde(default)]
    period: String,
}

/// A step of the reasoning.
pub(crate) struct StepView {
    /// What is reckoned.
    pub(crate) text: String,
    /// The article.
    pub(crate) basis: &'static str,
    /// Days that stand out on the way.
    pub(crate) passed: Vec<String>,
}

/// An answer.
struct AnswerView {
    title: String,
    provisional: Option<String>,
    steps: Vec<StepView>,
}

/// What was wrong, and at which field.
struct Wrong {
    field: &'static str,
    message: Message,
}

impl Wrong {
    fn at(field: &'static str, message: Message) -> Self {
        Self { field, message }
    }
}

struct ErrorView {
    field: &'static str,
    text: String,
}

#[derive(Template)]
#[template(path = "clock.html")]
struct ClockPage {
    frame: Frame,
    asked: Asked,
    answer: Option<AnswerView>,
    error: Option<ErrorView>,
    /// Years whose calendars are loaded.
    years: String,
    /// Which periods it reckons by, and whether they are the norm's or set.
    used: String,
}

impl ClockPage {
    fn wrong(&self, field: &str) -> Option<&str> {
        self.error
            .as_ref()
            .filter(|error| error.field == field)
            .map(|error| error.text.as_str())
    }
}

/// `GET /clock`
pub async fn page_of_clock(
    Extract(state): Shared,
    modes: Modes,
    Query(asked): Query<Asked>,
) -> Response {
    let words = modes.words();
    let asked = Asked {
        what: match asked.what.as_str() {
            what @ ("add" | "between" | "remedy") => what.to_owned(),
            _ => "due".to_owned(),
        },
        ..asked
    };
    let (calendar, values) = match (state.calendar().await, state.settings().await) {
        (Ok(calendar), Ok(values)) => (calendar, values),
        (Err(error), _) | (_, Err(error)) => return unavailable(modes, error),
    };
    let settings = match values.clock() {
        Ok(settings) => settings,
        Err(message) => return unavailable(modes, words.render(&message)),
    };
    let (answer, error) = match reckon(&calendar, settings, &asked, words) {
        Ok(answer) => (answer, None),
        Err(wrong) => {
            let text = words.render(&wrong.message);
            let field = wrong.field;
            (None, Some(ErrorView { field, text }))
        }
    };
    let loaded = || calendar.years().map(|year| year.year);
    let years = match (loaded().min(), loaded().max()) {
        (Some(first), Some(last)) => words.render(
            &Message::new("clock-years")
                .with("first", first)
                .with("last", last),
        ),
        _ => String::new(),
    };
    let own = [ANSWER_DAYS, EXTENSION_DAYS].iter();
    let source = match own.filter(|key| values.is_set(key)).count() {
        0 => "clock-used-norm",
        _ => "clock-used-own",
    };
    let used = Message::new("clock-used")
        .with("answer", settings.answer_working_days)
        .with("extension", settings.extension_working_days_max)
        .with("source", words.text(source));
    let used = (asked.what == "due").then(|| words.render(&used));
    page(&ClockPage {
        frame: Frame::new(modes, words.text("nav-clock")),
        asked,
        answer,
        error,
        years,
        used: used.unwrap_or_default(),
    })
}

/// A day as people write it: 2024-04-10, 2024年4月10日, 2024/4/10.
pub(crate) fn day(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text
        .trim()
        .trim_end_matches('日')
        .split(['-', '/', '.', '年', '月'])
        .map(str::trim)
        .collect();
    let number = |index: usize| parts.get(index).and_then(|part| part.parse::<i16>().ok());
    match (parts.len(), number(0), number(1), number(2)) {
        (3, Some(year), Some(month), Some(day)) => {
            let small = |n: i16| i8::try_from(n).ok();
            small(month)
                .zip(small(day))
                .and_then(|(month, day)| Date::new(year, month, day).ok())
        }
        _ => None,
    }
}

fn date(text: &str, field: &'static str) -> Result<Date, Wrong> {
    day(text).ok_or_else(|| {
        Wrong::at(
            field,
            Message::new("clock-no-date").with("text", text.trim()),
        )
    })
}

fn optional(text: &str, field: &'static str) -> Result<Option<Date>, Wrong> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    date(text, field).map(Some)
}

fn count(text: &str, field: &'static str) -> Result<u32, Wrong> {
    text.trim().parse().map_err(|_| {
        Wrong::at(
            field,
            Message::new("clock-no-count").with("text", text.trim()),
        )
    })
}

/// Reckons what was asked; `None` where nothing was.
fn reckon(
    calendar: &Calendar,
    settings: ClockSettings,
    asked: &Asked,
    words: &Words,
) -> Result<Option<AnswerView>, Wrong> {
    let blank = |text: &str| text.trim().is_empty();
    match asked.what.as_str() {
        "add" if blank(&asked.from) && blank(&asked.days) => Ok(None),
        "add" => {
            let from = date(&asked.from, "from")?;
            let days = count(&asked.days, "days")?;
            let reckoned = clock::add_working_days(calendar, from, days);
            let reckoned = reckoned.map_err(|error| Wrong::at("days", error.message()))?;
            Ok(Some(view(&reckoned, words)))
        }
        "between" if blank(&asked.from) && blank(&asked.to) => Ok(None),
        "between" => {
            let (from, to) = (date(&asked.from, "from")?, date(&asked.to, "to")?);
            let days = calendar.working_days_between(from, to);
            let days = days.map_err(|error| Wrong::at("to", error.message()))?;
            let title = words.render(
                &Message::new("clock-between")
                    .with("from", from)
                    .with("to", to)
                    .with("days", days),
            );
            Ok(Some(AnswerView {
                title,
                provisional: None,
                steps: Vec::new(),
            }))
        }
        "remedy" if blank(&asked.served) => Ok(None),
        "remedy" => {
            let served = date(&asked.served, "served")?;
            let period = match asked.period.as_str() {
                "6m" => RemedyPeriod::Months(6),
                _ => RemedyPeriod::Days(60),
            };
            let reckoned = clock::remedy(calendar, served, period);
            let reckoned = reckoned.map_err(|error| Wrong::at("served", error.message()))?;
            Ok(Some(view(&reckoned, words)))
        }
        _ if blank(&asked.received) => Ok(None),
        _ => due(calendar, settings, asked).map(|reckoned| Some(view(&reckoned, words))),
    }
}

fn due(calendar: &Calendar, settings: ClockSettings, asked: &Asked) -> Result<Reckoned, Wrong> {
    let consultations = match optional(&asked.consult_from, "consult_from")? {
        None => Vec::new(),
        Some(sent) => vec![Consultation {
            sent,
            returned: optional(&asked.consult_to, "consult_to")?,
        }],
    };
    let facts = ClockFacts {
        received: date(&asked.received, "received")?,
        supplement_received: optional(&asked.supplement, "supplement")?,
        fee_paid: optional(&asked.fee_paid, "fee_paid")?,
        consultations,
        extension_working_days: if asked.extend.trim().is_empty() {
            0
        } else {
            count(&asked.extend, "extend")?
        },
        today: None,
    };
    clock::due(calendar, settings, &facts).map_err(|error| Wrong::at("received", error.message()))
}

fn view(reckoned: &Reckoned, words: &Words) -> AnswerView {
    let missing: Vec<String> = reckoned
        .missing_years
        .iter()
        .map(ToString::to_string)
        .collect();
    AnswerView {
        title: format::weekday(words, reckoned.date),
        provisional: (!missing.is_empty()).then(|| {
            words.render(&Message::new("clock-provisional-page").with("years", missing.join("、")))
        }),
        steps: steps(reckoned, words),
    }
}

/// The reasoning, step by step.
pub(crate) fn steps(reckoned: &Reckoned, words: &Words) -> Vec<StepView> {
    let steps = reckoned.reasoning.iter();
    let view = |step: &clock::Step| StepView {
        text: words.render(&step.text),
        basis: step.basis,
        passed: step
            .passed
            .iter()
            .map(|(date, kind)| format!("{date} {}", words.render(&kind.message())))
            .collect(),
    };
    steps.map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_people_write_them() {
        for (text, read) in [
            ("2024-04-10", Some((2024, 4, 10))),
            (" 2024/4/10 ", Some((2024, 4, 10))),
            ("2024年4月10日", Some((2024, 4, 10))),
            ("2024.04.10", Some((2024, 4, 10))),
            ("2024-02-30", None),
            ("10-04-2024", None),
            ("2024-04", None),
            ("明天", None),
        ] {
            let found = date(text, "from")
                .ok()
                .map(|d| (d.year(), d.month(), d.day()));
            assert_eq!(found, read, "{text}");
        }
    }
}
