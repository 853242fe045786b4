//! A report's numbers as bars: how requests ended, and this year beside the
//! last. Each bar stands in a row of a true table with its label and number,
//! so that the picture is the table.

use gongkai_domain::report::reading::Reading;
use gongkai_domain::words::{Message, Words};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// A bar with its label and number.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What is counted.
    pub label: String,
    /// The number.
    pub value: String,
    /// Its length in hundredths of the longest.
    pub length: u32,
    /// Which series it belongs to, for its colour: 0 this year, 1 last year.
    pub series: u8,
}

/// Bars under a title.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What is shown, with its unit.
    pub title: String,
    /// The bars.
    pub bars: Vec<Bar>,
}

/// Rows of table 3 that tell how requests ended, by the beginning of their key.
const OUTCOMES: [(&str, &str); 6] = [
    ("result_granted", "outcome-granted"),
    ("result_partial", "outcome-partial"),
    ("denied_", "outcome-denied"),
    ("unable_", "outcome-unable"),
    ("unprocessed_", "outcome-unprocessed"),
    ("other", "outcome-other"),
];

/// The sum of a group of rows in the total column, if all were read for
/// certain.
fn group(reading: &Reading, begin: &str) -> Option<Decimal> {
    let mut keys = reading.tables.cells.iter().filter(|(key, _)| {
        key.strip_prefix("t3.")
            .is_some_and(|row| row.starts_with(begin) && row.ends_with(".total"))
    });
    let first = keys.next()?;
    std::iter::once(first)
        .chain(keys)
        .map(|(_, cell)| Some(cell.certain()?.number()))
        .sum()
}

fn bars(values: Vec<(String, Decimal, u8)>) -> Vec<Bar> {
    let longest = values.iter().map(|(_, value, _)| *value).max();
    values
        .into_iter()
        .map(|(label, value, series)| Bar {
            label,
            length: longest
                .filter(|longest| *longest > Decimal::ZERO)
                .and_then(|longest| {
                    (value.max(Decimal::ZERO) * Decimal::ONE_HUNDRED / longest)
                        .round()
                        .to_u32()
                })
                .unwrap_or(0),
            value: value.normalize().to_string(),
            series,
        })
        .collect()
}

/// How requests ended. `None` where too little was read, or nothing happened.
pub fn outcomes(reading: &Reading, words: &Words) -> Option<Chart> {
    let values: Vec<(String, Decimal, u8)> = OUTCOMES
        .iter()
        .map(|(begin, label)| Some((words.text(label), group(reading, begin)?, 0)))
        .collect::<Option<_>>()?;
    values
        .iter()
        .any(|(_, value, _)| !value.is_zero())
        .then(|| Chart {
            title: words.text("chart-outcomes"),
            bars: bars(values),
        })
}

/// This year beside the last: received, carried in, answered, carried out.
pub fn years(reading: &Reading, previous: &Reading, words: &Words) -> Option<Chart> {
    let rows = [
        ("received_new", "chart-received"),
        ("result_total", "chart-answered"),
        ("carried_out", "chart-carried"),
    ];
    let mut values = Vec::new();
    for (row, label) in rows {
        for (report, series) in [(reading, 0), (previous, 1)] {
            let value = group(report, &format!("{row}."))?;
            let label = words.render(
                &Message::new("chart-of-year")
                    .with("what", words.text(label))
                    .with("year", report.year?),
            );
            values.push((label, value, series));
        }
    }
    values
        .iter()
        .any(|(_, value, _)| !value.is_zero())
        .then(|| Chart {
            title: words.text("chart-years"),
            bars: bars(values),
        })
}
