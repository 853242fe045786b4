//! Real reports against their gold values: prints the table, and holds the
//! reader and the audit to what they reached.

use std::collections::BTreeMap;

use gongkai_app::Limits;
use gongkai_app::report::{Brought, read};
use gongkai_domain::report::audit::{Beside, Diagnostic, Status, audit};
use gongkai_domain::report::reading::Reading;
use gongkai_testkit::gold::{self, CellScore, Item};
use serde_json::Value;

fn reading(path: &std::path::Path) -> Reading {
    let bytes = std::fs::read(path).expect("a report is readable");
    let name = path.to_string_lossy();
    let file = Brought { name: &name, bytes };
    read(file, &Limits::default(), &|| false).expect("a report is read")
}

/// The reports of the year before that are in the set, by organization.
fn previous<'a>(items: &'a [Item], item: &Item) -> Option<&'a Item> {
    let year = item.gold["year"].as_i64()? - 1;
    items.iter().find(|other| {
        other.gold["organization"] == item.gold["organization"]
            && other.gold["year"].as_i64() == Some(year)
    })
}

#[derive(Default)]
struct IdentityScore {
    found: usize,
    missed: Vec<String>,
    blamed: Vec<String>,
    quiet: usize,
}

fn identities(item: &Item, diagnostics: &[Diagnostic], score: &mut IdentityScore) {
    let empty = serde_json::Map::new();
    for (id, gold) in item.gold["identities"].as_object().unwrap_or(&empty) {
        let fails = diagnostics
            .iter()
            .any(|d| d.code == *id && d.status == Status::Fails);
        let name = format!("{} {id}", item.number);
        match (gold["holds"].as_bool(), fails) {
            (Some(false), true) => score.found += 1,
            (Some(false), false) => score.missed.push(name),
            (Some(true), true) => score.blamed.push(name),
            _ => score.quiet += 1,
        }
    }
}

/// The figures that a claim names, as printed in its gold.
fn figures(claim: &Value) -> Vec<String> {
    let mut figures: Vec<String> = ["stated", "stated_total", "a", "b"]
        .iter()
        .filter_map(|key| match &claim[*key] {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
        .map(|text| {
            text.trim_start_matches('-')
                .trim_end_matches('%')
                .to_owned()
        })
        .collect();
    if figures.is_empty() {
        // `同比增长1.05%: 3646 vs 3607 …`: the first figure of the note.
        let what = claim["what"].as_str().unwrap_or("");
        let first: String = what
            .chars()
            .skip_while(|c| !c.is_ascii_digit())
            .take_while(|c| c.is_ascii_digit() || *c == '.')
            .collect();
        figures.push(first);
    }
    figures
}

#[derive(Default)]
struct ClaimScore {
    failing: usize,
    found: usize,
    missed: Vec<String>,
    holding: usize,
    alarms: Vec<String>,
}

fn claims(item: &Item, reading: &Reading, diagnostics: &[Diagnostic], score: &mut ClaimScore) {
    let Some(claims) = item.gold["claims"].as_array() else {
        return;
    };
    let named = |claim: &Value| {
        let wanted = figures(claim);
        diagnostics.iter().any(|d| {
            let kind = claim["kind"].as_str().unwrap_or("");
            let about = match kind {
                "cross_year" => d.code.starts_with("XY-"),
                "citation" => d.code == "NARR-FORMAT-CITED",
                "year" => d.code == "NARR-YEAR",
                "missing_number" => d.code == "NARR-MISSING-NUMBER",
                "subject" => d.code == "NARR-SUBJECT",
                "authority" => d.code.starts_with("T2-AUTHORITY"),
                "arith" => d.code.starts_with("T2-MISREAD"),
                _ => {
                    let sentence = d.spot.sentence.and_then(|i| reading.sentences.get(i));
                    d.code.starts_with("NARR-")
                        && sentence.is_some()
                        && [&d.left, &d.right].into_iter().flatten().any(|figure| {
                            let figure = figure.trim_end_matches('%');
                            wanted.iter().any(|w| w == figure)
                        })
                }
            };
            about && d.status == Status::Fails
        })
    };
    for claim in claims {
        let decidable = matches!(claim["decidable_from"].as_str(), Some("self" | "previous"));
        let name = format!("{} {} {}", item.number, claim["kind"], claim["what"]);
        if !decidable {
            continue;
        }
        match claim["holds"].as_bool() {
            Some(false) => {
                score.failing += 1;
                if named(claim) {
                    score.found += 1;
                } else {
                    score.missed.push(name);
                }
            }
            Some(true) => {
                score.holding += 1;
                let same_elsewhere_fails = claims.iter().any(|other| {
                    other["holds"] == Value::Bool(false) && figures(other) == figures(claim)
                });
                if named(claim) && !same_elsewhere_fails {
                    score.alarms.push(name);
                }
            }
            None => {}
        }
    }
}

#[test]
fn real_reports_are_read_and_audited_as_their_gold_says() {
    let Some(folder) = gold::folder() else {
        println!("skipped: the real reports do not lie beside the repository");
        return;
    };
    let items = gold::items(&folder);
    let mut complete = CellScore::default();
    let mut partial = CellScore::default();
    let mut identity_score = IdentityScore::default();
    let mut claim_score = ClaimScore::default();
    let mut readings: BTreeMap<&str, Reading> = BTreeMap::new();
    for item in &items {
        for file in &item.files {
            let reading = reading(file);
            let score = gold::cells(&item.gold, &reading);
            let file = file.file_name().unwrap_or_default().to_string_lossy();
            if score.total() > 0 {
                println!(
                    "{file:>16}: right {:>3}, unsure {:>2}, missed {:>2}, lies {}",
                    score.right,
                    score.neutral,
                    score.missed.len(),
                    score.lies.len()
                );
            }
            for lie in &score.lies {
                println!("    lie: {lie}");
            }
            if item.gold["complete"] == Value::Bool(true) {
                complete.add(score);
            } else {
                partial.add(score);
            }
            readings.entry(&item.number).or_insert(reading);
        }
    }
    for item in &items {
        let Some(reading) = readings.get(item.number.as_str()) else {
            continue;
        };
        let before = previous(&items, item).and_then(|p| readings.get(p.number.as_str()));
        let diagnostics = audit(
            reading,
            Beside {
                previous: before,
                children: None,
            },
        );
        identities(item, &diagnostics, &mut identity_score);
        claims(item, reading, &diagnostics, &mut claim_score);
    }
    for (name, score) in [("complete", &complete), ("partial", &partial)] {
        println!(
            "cells, {name}: {} of {} right ({} of {} that are not 0), {} unsure, {} missed, {} lies",
            score.right,
            score.total(),
            score.right_nonzero,
            score.nonzero,
            score.neutral,
            score.missed.len(),
            score.lies.len()
        );
        for missed in &score.missed {
            println!("    missed: {missed}");
        }
    }
    println!(
        "identities: {} that fail found, {} missed, {} that hold blamed",
        identity_score.found,
        identity_score.missed.len(),
        identity_score.blamed.len()
    );
    println!(
        "claims: {} of {} failing found, {} false alarms on {} holding",
        claim_score.found,
        claim_score.failing,
        claim_score.alarms.len(),
        claim_score.holding
    );
    for missed in &claim_score.missed {
        println!("    not found: {missed}");
    }
    for alarm in &claim_score.alarms {
        println!("    false alarm: {alarm}");
    }
    assert_eq!(complete.lies, Vec::<String>::new());
    assert_eq!(partial.lies, Vec::<String>::new());
    assert_eq!(complete.missed, Vec::<String>::new());
    assert!(partial.right * 100 >= partial.total() * 97);
    assert_eq!(identity_score.missed, Vec::<String>::new());
    assert_eq!(identity_score.blamed, Vec::<String>::new());
    assert!(claim_score.found * 100 >= claim_score.failing * 85);
    assert!(claim_score.alarms.len() * 100 <= claim_score.holding * 3);
}
