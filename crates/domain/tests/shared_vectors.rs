//! The date and fee vectors that lie beside the repository, where they do.

use std::path::{Path, PathBuf};

use gongkai_domain::calendar::{Calendar, YearCalendar};
use gongkai_domain::requests::clock::{
    ClockFacts, ClockSettings, Consultation, RemedyPeriod, add_working_days, due, remedy,
};
use gongkai_domain::requests::fees;
use jiff::Span;
use jiff::civil::{Date, Weekday};
use serde_json::Value;

fn shared(name: &str) -> Option<String> {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared")
        .join(name);
    let text = std::fs::read_to_string(path).ok();
    if text.is_none() {
        println!("skipped: {name} does not lie beside the repository");
    }
    text
}

fn day(value: &Value) -> Option<Date> {
    value.as_str()?.parse().ok()
}

fn count(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap_or(0)).expect("a small count")
}

#[test]
fn every_deadline_vector_holds() {
    let Some(text) = shared("domain/deadline-vectors.json") else {
        return;
    };
    let all: Value = serde_json::from_str(&text).expect("JSON");
    let calendar = Calendar::built_in();
    let vectors = all["vectors"].as_array().expect("vectors");
    for vector in vectors {
        let (id, arguments) = (&vector["id"], &vector["args"]);
        let date = |key: &str| day(&arguments[key]);
        let needed = |key: &str| date(key).expect("a date");
        let found: Value = match vector["function"].as_str() {
            Some("is_working_day") => calendar
                .is_working_day(needed("date"))
                .expect("loaded")
                .into(),
            Some("add_wd") => add_working_days(&calendar, needed("from"), count(&arguments["n"]))
                .expect("loaded")
                .date
                .to_string()
                .into(),
            Some("due_date") => {
                let consultations = arguments["consultations"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|pair| Consultation {
                        sent: day(&pair[0]).expect("a date"),
                        returned: day(&pair[1]),
                    })
                    .collect();
                let facts = ClockFacts {
                    supplement_received: date("supplement_received"),
                    fee_paid: date("fee_paid"),
                    consultations,
                    extension_working_days: count(&arguments["extension_wd"]),
                    ..ClockFacts::received_on(needed("received"))
                };
                due(&calendar, ClockSettings::default(), &facts)
                    .expect("loaded")
                    .date
                    .to_string()
                    .into()
            }
            Some(function) => {
                let period = match function {
                    "natural_days_deadline" => RemedyPeriod::Days(count(&arguments["days"])),
                    "months_deadline" => RemedyPeriod::Months(count(&arguments["months"])),
                    other => panic!("{id}: {other} is not known"),
                };
                remedy(&calendar, needed("served"), period)
                    .expect("loaded")
                    .date
                    .to_string()
                    .into()
            }
            None => panic!("{id} names no function"),
        };
        assert_eq!(found, vector["expected"], "{id}");
    }
    println!("{} deadline vectors hold", vectors.len());
}

#[test]
fn every_fee_vector_holds() {
    let Some(text) = shared("domain/fees.json") else {
        return;
    };
    let all: Value = serde_json::from_str(&text).expect("JSON");
    for vector in all["per_item"]["test_vectors"].as_array().expect("vectors") {
        let fee = fees::per_item(count(&vector["items_in_month"])).expect("small");
        assert_eq!(fee.yuan, vector["month_total_yuan"], "{vector}");
        assert_eq!(fee.nth_yuan, vector["price_of_nth_item_yuan"], "{vector}");
    }
    for vector in all["per_page"]["test_vectors"].as_array().expect("vectors") {
        let fee = fees::per_page(count(&vector["pages"])).expect("small");
        assert_eq!(fee.yuan, vector["fee_yuan"], "{vector}");
    }
}

/// A calendar with the weekend and the holidays of another place.
fn place(weekend: &str, holidays: &str, from: i16, to: i16) -> Calendar {
    let off: Vec<Date> = holidays
        .split(';')
        .filter_map(|text| text.parse().ok())
        .collect();
    let saturday_works = !weekend.contains("Sat");
    Calendar::of_years((from..=to).map(|year| {
        let mut calendar: YearCalendar =
            serde_json::from_str(&format!("{{\"year\":{year}}}")).expect("a year");
        for date in Date::constant(year, 1, 1)
            .series(Span::new().days(1))
            .take(366)
        {
            let weekday = date.weekday();
            if date.year() == year && weekday == Weekday::Saturday && saturday_works {
                calendar.work.insert(date, "s".to_owned());
            }
            let is_weekend = matches!(weekday, Weekday::Saturday | Weekday::Sunday);
            if off.contains(&date) && date.year() == year {
                if is_weekend {
                    calendar.work.remove(&date);
                } else {
                    calendar.off.insert(date, "h".to_owned());
                }
            }
        }
        calendar
    }))
}

/// Rules of other systems that count as the Regulation does: the start day
/// not counted, back, and between.
#[test]
fn vectors_of_other_systems_that_count_alike_hold() {
    let Some(text) = shared("anchors/deadline_vectors.csv") else {
        return;
    };
    let mut held = 0;
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [id, _, rule, start, n, weekend, holidays, expected, ..] = fields.as_slice() else {
            continue;
        };
        let Ok(start) = start.parse::<Date>() else {
            continue;
        };
        let calendar = place(weekend, holidays, start.year() - 1, start.year() + 1);
        match *rule {
            "work_day0" | "work_before" => {
                let n = n.parse().expect("a count");
                let found = if *rule == "work_day0" {
                    calendar.add_working_days(start, n)
                } else {
                    calendar.subtract_working_days(start, n)
                };
                assert_eq!(found.expect("loaded").to_string(), *expected, "{id}");
            }
            "work_between" => {
                let end = n.parse().expect("a date");
                let found = calendar.working_days_between(start, end).expect("loaded");
                assert_eq!(found.to_string(), *expected, "{id}");
            }
            _ => continue,
        }
        held += 1;
    }
    println!("{held} vectors of other systems hold");
    assert!(held > 20);
}
