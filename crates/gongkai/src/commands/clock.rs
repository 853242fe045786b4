//! `gongkai clock …` and `gongkai fee …`

use std::process::ExitCode;

use gongkai_domain::requests::clock::{
    self, ClockFacts, Consultation, Reckoned, RemedyPeriod, Step,
};
use gongkai_domain::requests::fees;
use gongkai_domain::words::{Message, Words};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{Session, print_json, say};
use crate::cli::{Clock, Fee, Shown};
use crate::failure::Failure;

pub fn run(session: &Session, command: Clock) -> Result<ExitCode, Failure> {
    let (calendar, values) = session.rules()?;
    let settings = values.clock().map_err(Failure::new)?;
    let words = session.words;
    match command {
        Clock::Add { from, days, format } => {
            let reckoned = clock::add_working_days(&calendar, from, days)?;
            show(words, &reckoned, format)?;
        }
        Clock::Between { from, to, format } => {
            let days = calendar.working_days_between(from, to)?;
            match format {
                Shown::Json => print_json(&json!({ "days": days }))?,
                Shown::Human => say(&words.render(
                    &Message::new("clock-between")
                        .with("from", from)
                        .with("to", to)
                        .with("days", days),
                ))?,
            }
        }
        Clock::IsWorkingDay { date, format } => {
            let kind = calendar.day(date)?;
            let reason = words.render(&kind.message());
            match format {
                Shown::Json => print_json(&json!({
                    "working_day": kind.is_working(),
                    "reason": reason,
                }))?,
                Shown::Human => say(&format!("{date} {reason}"))?,
            }
        }
        Clock::Due {
            received,
            supplement_received,
            fee_paid,
            consult,
            extend,
            today,
            format,
        } => {
            let consultations = consult
                .iter()
                .map(|text| consultation(text))
                .collect::<Result<Vec<_>, _>>()?;
            let facts = ClockFacts {
                received,
                supplement_received,
                fee_paid,
                consultations,
                extension_working_days: extend,
                today,
            };
            show(words, &clock::due(&calendar, settings, &facts)?, format)?;
        }
        Clock::Remedy {
            served,
            days,
            months,
            format,
        } => {
            let period = match (days, months) {
                (Some(days), _) => RemedyPeriod::Days(days),
                (None, months) => RemedyPeriod::Months(months.unwrap_or_default()),
            };
            show(words, &clock::remedy(&calendar, served, period)?, format)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `2024-04-10..2024-04-24`, or `2024-04-10..` while it is open.
fn consultation(text: &str) -> Result<Consultation, Failure> {
    let wrong = || Failure::new(Message::new("consult-unreadable").with("text", text));
    let (sent, returned) = text.split_once("..").ok_or_else(wrong)?;
    let day = |text: &str| text.trim().parse::<Date>().map_err(|_| wrong());
    Ok(Consultation {
        sent: day(sent)?,
        returned: match returned.trim() {
            "" => None,
            returned => Some(day(returned)?),
        },
    })
}

fn show(words: &Words, reckoned: &Reckoned, format: Shown) -> Result<(), Failure> {
    match format {
        Shown::Json => print_json(&reckoned_json(words, reckoned)),
        Shown::Human => {
            say(&reckoned.date.to_string())?;
            for step in &reckoned.reasoning {
                let basis = if step.basis.is_empty() {
                    String::new()
                } else {
                    format!("（{}）", step.basis)
                };
                say(&format!("  · {}{basis}", words.render(&step.text)))?;
                for (date, kind) in &step.passed {
                    say(&format!("      {date} {}", words.render(&kind.message())))?;
                }
            }
            Ok(())
        }
    }
}

fn reckoned_json(words: &Words, reckoned: &Reckoned) -> Value {
    let step = |step: &Step| {
        let passed: Vec<Value> = step
            .passed
            .iter()
            .map(|(date, kind)| {
                json!({
                    "date": date.to_string(),
                    "working_day": kind.is_working(),
                    "reason": words.render(&kind.message()),
                })
            })
            .collect();
        json!({
            "date": step.date.map(|date| date.to_string()),
            "text": words.render(&step.text),
            "basis": step.basis,
            "passed": passed,
        })
    };
    json!({
        "date": reckoned.date.to_string(),
        "provisional": !reckoned.missing_years.is_empty(),
        "missing_years": reckoned.missing_years,
        "reasoning": reckoned.reasoning.iter().map(step).collect::<Vec<_>>(),
    })
}

pub fn fee(session: &Session, command: &Fee) -> Result<ExitCode, Failure> {
    let (fee, unit, format) = match command {
        Fee::PerItem { count, format } => {
            let settings = session.rules()?.1.fees().map_err(Failure::new)?;
            let fee = fees::per_item_by(settings, *count)?;
            (fee, "fee-unit-item", format)
        }
        Fee::PerPage { pages, format } => (fees::per_page(*pages)?, "fee-unit-page", format),
    };
    let words = session.words;
    let steps: Vec<String> = fee
        .reasoning
        .iter()
        .map(|step| words.render(&step.message(&words.text(unit))))
        .collect();
    match format {
        Shown::Json => print_json(&json!({
            "yuan": fee.yuan,
            "nth_yuan": fee.nth_yuan,
            "reasoning": steps,
        }))?,
        Shown::Human => {
            let total = Message::new("fee-total")
                .with("yuan", fee.yuan)
                .with("nth", fee.nth_yuan);
            say(&words.render(&total))?;
            for step in steps {
                say(&format!("  · {step}"))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
