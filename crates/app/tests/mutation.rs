//! Clean reports with one thing changed, ten thousand times: every equation
//! that broke is found, none that holds is blamed, and setting a report in
//! another layout changes nothing.

use std::collections::BTreeSet;

use gongkai_app::Limits;
use gongkai_app::report::{Brought, read};
use gongkai_domain::report::audit::{Beside, Status, audit};
use gongkai_domain::report::format::{Format, FormatId};
use gongkai_domain::report::reading::Reading;
use gongkai_testkit::corpus::{CellSet, clean};
use gongkai_testkit::layouts::{self, FLATTENINGS, HTML_STYLES};
use rust_decimal::Decimal;

const MUTATIONS: u64 = 10_000;

/// What the identities of the form say of the cells as printed: the oracle,
/// reckoned from the cell set and not from a reading.
fn broken(set: &CellSet) -> BTreeSet<String> {
    let number = |key: &String| -> Option<Decimal> {
        match set.cells.get(key)?.as_str() {
            "" => Some(Decimal::ZERO),
            text => text.parse().ok(),
        }
    };
    Format::get(set.format)
        .identities(set.single_other)
        .into_iter()
        .filter(|identity| {
            let sum = |keys: &[String]| keys.iter().map(number).sum::<Option<Decimal>>();
            sum(&identity.left) != sum(&identity.right)
        })
        .map(|identity| identity.id)
        .collect()
}

/// The identities that the audit says do not hold, or cannot be assessed
/// because a total is blank.
fn said(reading: &Reading) -> (BTreeSet<String>, BTreeSet<String>) {
    let of = |status: &[Status]| {
        audit(reading, Beside::default())
            .into_iter()
            .filter(|d| status.contains(&d.status))
            .map(|d| d.code)
            .filter(|code| {
                ["T3-ROWSUM", "T3-RESULTSUM", "T3-RECON", "T4-SUM"]
                    .iter()
                    .any(|family| code.starts_with(family))
            })
            .collect::<BTreeSet<String>>()
    };
    (
        of(&[Status::Fails]),
        of(&[Status::Fails, Status::NotAssessable, Status::Uncertain]),
    )
}

fn parse(name: &str, text: &str) -> Reading {
    let file = Brought {
        name,
        bytes: text.as_bytes().to_vec(),
    };
    read(file, &Limits::default(), &|| false).expect("an invented report is read")
}

fn key_of(set: &CellSet, rng: &mut fastrand::Rng, table: &str) -> String {
    let keys: Vec<&String> = set.cells.keys().filter(|k| k.starts_with(table)).collect();
    keys[rng.usize(..keys.len())].clone()
}

/// Changes one thing.
fn mutate(set: &mut CellSet, rng: &mut fastrand::Rng) -> &'static str {
    let rows = Format::get(set.format).table3_rows(set.single_other);
    let columns: Vec<&str> = Format::get(set.format)
        .t3
        .columns
        .iter()
        .map(|c| c.key.as_str())
        .collect();
    match rng.u8(..5) {
        0 => {
            let key = key_of(set, rng, "t3.");
            let old: u64 = set.cells[&key].parse().unwrap_or(0);
            set.cells.insert(key, (old + rng.u64(1..50)).to_string());
            "a number changed in table 3"
        }
        1 => {
            let key = key_of(set, rng, "t4.");
            let old: u64 = set.cells[&key].parse().unwrap_or(0);
            set.cells.insert(key, (old + rng.u64(1..50)).to_string());
            "a number changed in table 4"
        }
        2 => {
            let (one, other) = (rows[rng.usize(..rows.len())], rows[rng.usize(..rows.len())]);
            for column in &columns {
                let keys = [format!("t3.{one}.{column}"), format!("t3.{other}.{column}")];
                let values = keys.clone().map(|k| set.cells[&k].clone());
                set.cells.insert(keys[0].clone(), values[1].clone());
                set.cells.insert(keys[1].clone(), values[0].clone());
            }
            "two rows swapped"
        }
        3 => {
            let key = key_of(set, rng, "t3.");
            set.cells.insert(key, String::new());
            "a cell emptied"
        }
        _ => {
            let row = rows[rng.usize(..rows.len())];
            let values: Vec<String> = columns
                .iter()
                .map(|c| set.cells[&format!("t3.{row}.{c}")].clone())
                .collect();
            for (at, column) in columns.iter().enumerate() {
                let from = (at + 1) % columns.len();
                set.cells
                    .insert(format!("t3.{row}.{column}"), values[from].clone());
            }
            "a row shifted by a column"
        }
    }
}

#[test]
fn every_broken_equation_is_found_and_none_that_holds_is_blamed() {
    let mut rng = fastrand::Rng::with_seed(2024);
    let (mut found, mut missed, mut blamed, mut clean_runs) = (0usize, 0usize, 0usize, 0usize);
    let mut examples: Vec<String> = Vec::new();
    for round in 0..MUTATIONS {
        let format = [FormatId::F2021, FormatId::F2019][usize::from(round % 4 == 3)];
        let mut set = clean(round / 10, format);
        let what = mutate(&mut set, &mut rng);
        let printed = layouts::print(&set);
        let reading = if round % 3 == 0 {
            let style = HTML_STYLES[rng.usize(..HTML_STYLES.len())];
            parse("report.html", &layouts::html(&printed, style))
        } else {
            // Values apart on their lines; a blank shows between bars only.
            let has_blank = set.cells.values().any(String::is_empty);
            let ways = if has_blank {
                &FLATTENINGS[..1]
            } else {
                &FLATTENINGS[..]
            };
            let way = ways[rng.usize(..ways.len())];
            parse("report.txt", &layouts::text(&printed, way))
        };
        let wanted = broken(&set);
        let (fails, any) = said(&reading);
        clean_runs += usize::from(wanted.is_empty());
        found += wanted.intersection(&any).count();
        missed += wanted.difference(&any).count();
        blamed += fails.difference(&wanted).count();
        for id in wanted.difference(&any).chain(fails.difference(&wanted)) {
            if examples.len() < 10 {
                examples.push(format!("round {round}: {what}: {id}"));
            }
        }
    }
    println!(
        "{MUTATIONS} mutations ({clean_runs} broke nothing): {found} broken equations found, {missed} missed, {blamed} wrongly blamed"
    );
    let (found_f, blamed_f) = (found as f64, blamed as f64);
    println!(
        "recall {:.3} %, precision {:.3} %",
        100.0 * found_f / (found_f + missed as f64),
        100.0 * found_f / (found_f + blamed_f)
    );
    assert_eq!(examples, Vec::<String>::new());
    assert!(found > 5_000, "the mutations broke something");
}

#[test]
fn setting_a_report_in_another_layout_changes_nothing() {
    for seed in 0..150 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut set = clean(seed, FormatId::F2021);
        // Numbers only: a lost blank is a loss, not a layout.
        while mutate(&mut set, &mut rng) == "a cell emptied" {
            set = clean(seed, FormatId::F2021);
        }
        let printed = layouts::print(&set);
        let first = said(&parse(
            "report.html",
            &layouts::html(&printed, HTML_STYLES[0]),
        ));
        for style in HTML_STYLES {
            let again = said(&parse("report.html", &layouts::html(&printed, style)));
            assert_eq!(first, again, "seed {seed} {style:?}");
        }
        for way in FLATTENINGS {
            let again = said(&parse("report.txt", &layouts::text(&printed, way)));
            assert_eq!(first, again, "seed {seed} {way:?}");
        }
    }
}
