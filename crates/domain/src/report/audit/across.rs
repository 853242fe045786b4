//! Across reports: the year before, and the bodies a government sums up.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{Findings, Spot, Status, in_cells};
use crate::report::format::{Format, FormatId};
use crate::report::reading::Reading;
use crate::words::Message;

/// Reports of subordinate bodies.
#[derive(Debug, Default)]
pub struct Children {
    /// Their readings, by name of the body or the file.
    pub reports: Vec<(String, Reading)>,
    /// Bodies whose report is expected and missing, or could not be read.
    pub missing: Vec<String>,
}

/// An equation over two years: terms of last year and of this one.
struct AcrossYears {
    code: String,
    statement: &'static str,
    /// Last year's cells, added.
    before: Vec<String>,
    /// This year's cells, added or taken away.
    now: Vec<(String, bool)>,
    /// This year's cell that should equal the sum.
    result: String,
}

fn equations(previous: FormatId, current: FormatId) -> Vec<AcrossYears> {
    let mut all: Vec<AcrossYears> = Format::get(current)
        .t3
        .columns
        .iter()
        .map(|column| AcrossYears {
            code: format!("XY-CARRY-{}", column.key),
            statement: "across-carry",
            before: vec![format!("t3.carried_out.{}", column.key)],
            now: Vec::new(),
            result: format!("t3.carried_in.{}", column.key),
        })
        .collect();
    let documents = ["rules", "normative_documents"];
    match (previous, current) {
        (FormatId::F2021, FormatId::F2021) => {
            all.extend(documents.iter().map(|row| {
                let key = |column: &str| format!("t2.art20_1.{row}.{column}");
                AcrossYears {
                    code: format!("XY-T2-VALID-{row}"),
                    statement: "across-valid",
                    before: vec![key("valid_now")],
                    now: vec![
                        (key("issued_this_year"), true),
                        (key("repealed_this_year"), false),
                    ],
                    result: key("valid_now"),
                }
            }));
        }
        (FormatId::F2019, FormatId::F2019) => {
            all.extend(documents.iter().map(|row| {
                let key = |column: &str| format!("t2.art20_1.{row}.{column}");
                AcrossYears {
                    code: format!("XY-T2-DISCLOSED-{row}"),
                    statement: "across-disclosed",
                    before: vec![key("total_disclosed")],
                    now: vec![(key("newly_disclosed_this_year"), true)],
                    result: key("total_disclosed"),
                }
            }));
            for block in &Format::get(FormatId::F2019).t2 {
                if !block.columns.iter().any(|c| c.key == "items_previous_year") {
                    continue;
                }
                all.extend(block.rows.iter().map(|row| {
                    let key = |column: &str| format!("t2.{}.{}.{column}", block.key, row.key);
                    AcrossYears {
                        code: format!("XY-T2-ITEMS-{}", row.key),
                        statement: "across-items",
                        before: vec![key("items_previous_year"), key("change_this_year")],
                        now: Vec::new(),
                        result: key("items_previous_year"),
                    }
                }));
            }
        }
        _ => {}
    }
    all
}

/// Holds a report against that of the year before.
pub(super) fn check_previous(reading: &Reading, previous: &Reading, findings: &mut Findings) {
    if let (Some(year), Some(before)) = (reading.year, previous.year)
        && before + 1 != year
    {
        let message = Message::new("across-wrong-year")
            .with("year", year)
            .with("before", before);
        let found = findings.add("XY-YEAR", Status::NotAssessable, Spot::default(), message);
        found.left = Some(before.to_string());
        found.right = Some((year - 1).to_string());
        return;
    }
    let old = |key: &String| Some(previous.cell(key)?.certain()?.number());
    let new = |key: &String| Some(reading.cell(key)?.certain()?.number());
    for equation in equations(previous.format, reading.format) {
        let before: Option<Vec<Decimal>> = equation.before.iter().map(old).collect();
        let now: Option<Vec<Decimal>> = equation
            .now
            .iter()
            .map(|(key, plus)| new(key).map(|n| if *plus { n } else { -n }))
            .collect();
        let (Some(before), Some(now), Some(result)) = (before, now, new(&equation.result)) else {
            continue;
        };
        let expected = before.iter().chain(&now).sum::<Decimal>();
        if expected == result {
            continue;
        }
        let mut terms = String::new();
        for term in before.iter().chain(&now) {
            if terms.is_empty() {
                terms = term.to_string();
            } else if term.is_sign_negative() {
                terms.push_str(&format!(" - {}", term.abs()));
            } else {
                terms.push_str(&format!(" + {term}"));
            }
        }
        let format = Format::get(reading.format);
        let message = Message::new(equation.statement)
            .with("terms", terms)
            .with("expected", expected)
            .with("printed", result)
            .with("what", format.cell_label(&equation.result));
        let mut cells = vec![equation.result.clone()];
        cells.extend(equation.now.iter().map(|(key, _)| key.clone()));
        let spot = in_cells(reading, cells);
        let found = findings.add(equation.code, Status::Fails, spot, message);
        found.left = Some(expected.to_string());
        found.right = Some(result.to_string());
        found.mend = Some(Message::new("mend-across"));
    }
}

/// Holds a government's report against the sum of its bodies' reports.
pub(super) fn check_children(reading: &Reading, children: &Children, findings: &mut Findings) {
    let format = Format::get(reading.format);
    let mut unlike: Vec<String> = Vec::new();
    let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
    for (name, child) in &children.reports {
        let other_year = child.year != reading.year && child.year.is_some();
        if other_year || child.format != reading.format {
            unlike.push(name.clone());
            continue;
        }
        for (key, cell) in &child.tables.cells {
            if let Some(value) = cell.certain() {
                *sums.entry(key.clone()).or_default() += value.number();
            }
        }
    }
    let incomplete = !children.missing.is_empty() || !unlike.is_empty();
    if incomplete {
        let mut names = children.missing.clone();
        names.extend(unlike);
        let message = Message::new("children-missing")
            .with("count", names.len())
            .with("names", names.join("、"));
        findings.add(
            "AGG-CHILDREN",
            Status::NotAssessable,
            Spot::default(),
            message,
        );
    }
    for key in format.cell_keys(reading.single_other) {
        let Some(own) = reading.cell(&key).and_then(|cell| cell.certain()) else {
            continue;
        };
        let own = own.number();
        let sum = sums.get(&key).copied().unwrap_or_default();
        if own == sum || children.reports.is_empty() {
            continue;
        }
        let status = if incomplete && own > sum {
            Status::Uncertain
        } else {
            Status::Fails
        };
        let message = Message::new("children-sum")
            .with("what", format.cell_label(&key))
            .with("own", own)
            .with("sum", sum)
            .with("count", children.reports.len());
        let spot = in_cells(reading, vec![key.clone()]);
        let found = findings.add(format!("AGG-{key}"), status, spot, message);
        found.left = Some(own.to_string());
        found.right = Some(sum.to_string());
    }
}
