//! The equations inside the tables, with what to make of blanks, uncertain
//! readings and missing cells.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{Findings, Status, in_cells};
use crate::report::format::{Format, Identity};
use crate::report::reading::Reading;
use crate::report::value::{CellState, Value};
use crate::words::Message;

/// Readings tried together when cells are uncertain.
const COMBINATIONS_MAX: usize = 4_000;

/// What became of an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Both sides agree.
    Holds,
    /// They do not: left, right.
    Fails(Decimal, Decimal),
    /// Some readings of uncertain cells agree, others do not.
    Uncertain,
    /// A total is blank although its parts are not; the sum it should show.
    BlankTotal(Decimal),
    /// Cells are missing.
    NotAssessable,
}

/// Holds an identity against a report.
pub fn outcome(reading: &Reading, identity: &Identity) -> Outcome {
    let cells: Option<Vec<_>> = identity
        .left
        .iter()
        .chain(&identity.right)
        .map(|key| reading.cell(key))
        .collect();
    let Some(cells) = cells else {
        return Outcome::NotAssessable;
    };
    let split = identity.left.len();
    let certain: Option<Vec<&Value>> = cells.iter().map(|cell| cell.certain()).collect();
    if let Some(values) = certain {
        let (left, right) = values.split_at(split);
        let sum = |side: &[&Value]| side.iter().map(|v| v.number()).sum::<Decimal>();
        let (left_sum, right_sum) = (sum(left), sum(right));
        return if left_sum == right_sum {
            Outcome::Holds
        } else if right.len() == 1 && right[0].is_null() {
            Outcome::BlankTotal(left_sum)
        } else {
            Outcome::Fails(left_sum, right_sum)
        };
    }
    uncertain(&cells, split)
}

fn uncertain(cells: &[&crate::report::value::CellReading], split: usize) -> Outcome {
    // Sums that each side can make, from all readings of its cells.
    let sums = |side: &[&crate::report::value::CellReading]| -> Option<Vec<Decimal>> {
        let mut sums = vec![Decimal::ZERO];
        for cell in side {
            let values: Vec<Decimal> = match &cell.state {
                CellState::Certain(value) => vec![value.number()],
                CellState::Uncertain(values) => values.iter().map(Value::number).collect(),
            };
            if values.is_empty() {
                return None;
            }
            let mut next: Vec<Decimal> = Vec::new();
            for sum in &sums {
                for value in &values {
                    next.push(*sum + *value);
                }
            }
            next.sort_unstable();
            next.dedup();
            if next.len() > COMBINATIONS_MAX {
                return None;
            }
            sums = next;
        }
        Some(sums)
    };
    let (Some(left), Some(right)) = (sums(&cells[..split]), sums(&cells[split..])) else {
        return Outcome::Uncertain;
    };
    if left.len() == 1 && right.len() == 1 && left == right {
        Outcome::Holds
    } else {
        Outcome::Uncertain
    }
}

/// Checks all identities and reports on blanks and missing cells.
pub(super) fn check(reading: &Reading, findings: &mut Findings) {
    let format = Format::get(reading.format);
    let identities = format.identities(reading.single_other);
    let outcomes: Vec<(Identity, Outcome)> = identities
        .into_iter()
        .map(|identity| {
            let outcome = outcome(reading, &identity);
            (identity, outcome)
        })
        .collect();
    let mends = mends(reading, &outcomes);
    for (index, (identity, outcome)) in outcomes.iter().enumerate() {
        let spot_cells: Vec<String> = identity.right[..1]
            .iter()
            .chain(&identity.left)
            .chain(&identity.right[1..])
            .cloned()
            .collect();
        let spot = in_cells(reading, spot_cells);
        match outcome {
            Outcome::Fails(left, right) => {
                let message = Message::new(identity.statement)
                    .with("left", arithmetic(reading, &identity.left, *left))
                    .with("right", arithmetic(reading, &identity.right, *right))
                    .with("difference", (*left - *right).abs())
                    .with("what", what(reading, identity));
                let found = findings.add(&identity.id, Status::Fails, spot, message);
                found.left = Some(left.to_string());
                found.right = Some(right.to_string());
                found.mend = Some(mends.get(&index).cloned().unwrap_or_else(|| {
                    Message::new("mend-look").with("what", what(reading, identity))
                }));
            }
            Outcome::BlankTotal(sum) => {
                let message = Message::new("identity-blank-total")
                    .with("what", what(reading, identity))
                    .with("sum", sum);
                let found = findings.add(&identity.id, Status::NotAssessable, spot, message);
                found.left = Some(sum.to_string());
                found.mend = Some(Message::new("mend-fill").with("value", sum));
            }
            Outcome::Uncertain => {
                let message =
                    Message::new("identity-uncertain").with("what", what(reading, identity));
                findings.add(&identity.id, Status::Uncertain, spot, message);
            }
            Outcome::Holds | Outcome::NotAssessable => {}
        }
    }
    blanks(reading, findings);
    unsure(reading, findings);
}

/// What an identity is about, in the words of the form.
fn what(reading: &Reading, identity: &Identity) -> String {
    let format = Format::get(reading.format);
    let label = format.cell_label(&identity.right[0]);
    if identity.id.starts_with("T3-RECON") {
        label
            .rsplit('·')
            .next()
            .map_or(label.clone(), ToOwned::to_owned)
    } else {
        label
    }
}

/// `3 + 1`, leaving out zeros; a single number stands alone.
fn arithmetic(reading: &Reading, keys: &[String], sum: Decimal) -> String {
    if keys.len() == 1 {
        return sum.to_string();
    }
    let parts: Vec<String> = keys
        .iter()
        .filter_map(|key| reading.cell(key)?.certain())
        .map(Value::number)
        .filter(|number| !number.is_zero())
        .map(|number| number.to_string())
        .collect();
    if parts.len() < 2 {
        return sum.to_string();
    }
    format!("{} = {sum}", parts.join(" + "))
}

/// For failing identities, a single cell whose change would make every one of
/// them hold that contains it, and break none that holds.
fn mends(reading: &Reading, outcomes: &[(Identity, Outcome)]) -> BTreeMap<usize, Message> {
    let format = Format::get(reading.format);
    // By cell: the change that each failing identity asks for.
    let mut wanted: BTreeMap<&str, Vec<(usize, Decimal)>> = BTreeMap::new();
    let mut holding: std::collections::BTreeSet<&str> = Default::default();
    for (index, (identity, outcome)) in outcomes.iter().enumerate() {
        let sides = [
            (&identity.left, Decimal::ONE),
            (&identity.right, -Decimal::ONE),
        ];
        for (keys, sign) in sides {
            for key in keys {
                match outcome {
                    Outcome::Fails(left, right) => wanted
                        .entry(key)
                        .or_default()
                        .push((index, sign * (*right - *left))),
                    Outcome::Holds => {
                        holding.insert(key);
                    }
                    _ => {}
                }
            }
        }
    }
    let mut best: BTreeMap<usize, (usize, Message)> = BTreeMap::new();
    for (key, changes) in wanted {
        let change = changes[0].1;
        if holding.contains(key) || changes.iter().any(|(_, other)| *other != change) {
            continue;
        }
        let Some(value) = reading.cell(key).and_then(|cell| cell.certain()) else {
            continue;
        };
        let mended = value.number() + change;
        if mended.is_sign_negative() {
            continue;
        }
        let message = Message::new("mend-cell")
            .with("cell", format.cell_label(key))
            .with("printed", value.number())
            .with("value", mended)
            .with("count", changes.len());
        for (index, _) in &changes {
            let better = best
                .get(index)
                .is_none_or(|(count, _)| *count < changes.len());
            if better {
                best.insert(*index, (changes.len(), message.clone()));
            }
        }
    }
    best.into_iter()
        .map(|(index, (_, message))| (index, message))
        .collect()
}

const TABLES: [(&str, &str); 3] = [("t2.", "T2"), ("t3.", "T3"), ("t4.", "T4")];

/// Says once per table that blanks count as 0, and which cells are missing.
fn blanks(reading: &Reading, findings: &mut Findings) {
    for (prefix, name) in TABLES {
        let cells: Vec<String> = reading
            .tables
            .cells
            .iter()
            .filter(|(key, cell)| {
                key.starts_with(prefix) && cell.certain().is_some_and(Value::is_null)
            })
            .map(|(key, _)| key.clone())
            .collect();
        if !cells.is_empty() {
            let message = Message::new("table-blank")
                .with("table", table_name(prefix))
                .with("count", cells.len());
            let spot = in_cells(reading, cells);
            let found = findings.add(format!("{name}-BLANK"), Status::Fails, spot, message);
            found.mend = Some(Message::new("mend-zero"));
        }
        let missing: Vec<String> = reading
            .missing
            .iter()
            .filter(|key| key.starts_with(prefix))
            .cloned()
            .collect();
        if !missing.is_empty() {
            let all = Format::get(reading.format)
                .cell_keys(reading.single_other)
                .iter()
                .filter(|key| key.starts_with(prefix))
                .count();
            let message = if missing.len() == all {
                Message::new("table-missing").with("table", table_name(prefix))
            } else {
                Message::new("table-incomplete")
                    .with("table", table_name(prefix))
                    .with("count", missing.len())
                    .with("first", first_labels(reading, &missing))
            };
            let spot = in_cells(reading, missing);
            let found = findings.add(
                format!("{name}-MISSING"),
                Status::NotAssessable,
                spot,
                message,
            );
            found.mend = Some(Message::new("mend-true-table"));
        }
    }
}

fn first_labels(reading: &Reading, keys: &[String]) -> String {
    let format = Format::get(reading.format);
    let labels: Vec<String> = keys
        .iter()
        .take(3)
        .map(|key| format.cell_label(key))
        .collect();
    labels.join("、")
}

/// Says once per table which cells cannot be told for certain.
fn unsure(reading: &Reading, findings: &mut Findings) {
    for (prefix, name) in TABLES {
        let cells: Vec<String> = reading
            .tables
            .cells
            .iter()
            .filter(|(key, cell)| key.starts_with(prefix) && cell.certain().is_none())
            .map(|(key, _)| key.clone())
            .collect();
        if cells.is_empty() {
            continue;
        }
        let raw = reading
            .cell(&cells[0])
            .map_or_else(String::new, |cell| cell.raw.clone());
        let message = Message::new("table-unsure")
            .with("table", table_name(prefix))
            .with("count", cells.len())
            .with("raw", raw);
        let spot = in_cells(reading, cells);
        let found = findings.add(
            format!("{name}-UNCERTAIN"),
            Status::Uncertain,
            spot,
            message,
        );
        found.mend = Some(Message::new("mend-true-table"));
    }
}

fn table_name(prefix: &str) -> &'static str {
    match prefix {
        "t2." => "二",
        "t3." => "三",
        _ => "四",
    }
}
