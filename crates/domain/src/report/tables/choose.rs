//! Which of several readings: rows tried together against the sums down the
//! columns.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::Found;
use super::wanted::Wanted;
use crate::report::format::{Format, FormatId, OTHER_THREE};

/// Rows that have several readings are tried together against the sums down
/// the columns; where some combination makes all of them hold, only such
/// combinations stay.
pub(super) fn choose_by_columns(wanted: &[Wanted], found: &mut [Found]) {
    const COMBINATIONS_MAX: usize = 20_000;
    let open: Vec<usize> = (0..found.len())
        .filter(|i| found[*i].readings.rows.len() > 1)
        .collect();
    let combinations = open
        .iter()
        .try_fold(1usize, |product, i| {
            product.checked_mul(found[*i].readings.rows.len())
        })
        .filter(|product| *product <= COMBINATIONS_MAX);
    let Some(combinations) = combinations.filter(|_| !open.is_empty()) else {
        return;
    };
    let by_row: BTreeMap<&str, usize> = found
        .iter()
        .enumerate()
        .filter_map(|(index, f)| {
            let key = wanted[f.wanted].keys[0].split('.').nth(1)?;
            Some((key, index))
        })
        .collect();
    let single = !by_row.contains_key(OTHER_THREE[2]);
    let form = Format::get(FormatId::F2021);
    let rows = form.table3_rows(single);
    if rows.iter().any(|row| !by_row.contains_key(row)) {
        return;
    }
    let mut keep: Vec<Vec<bool>> = open
        .iter()
        .map(|i| vec![false; found[*i].readings.rows.len()])
        .collect();
    let mut any = false;
    for combination in 0..combinations {
        let mut rest = combination;
        let mut choice: BTreeMap<usize, usize> = BTreeMap::new();
        for i in &open {
            let count = found[*i].readings.rows.len();
            choice.insert(*i, rest % count);
            rest /= count;
        }
        let value = |row: &str, column: usize| {
            let index = by_row[row];
            let reading = choice.get(&index).copied().unwrap_or(0);
            found[index]
                .readings
                .rows
                .get(reading)
                .map_or(Decimal::ZERO, |values| values[column].number())
        };
        let holds = (0..form.t3.columns.len()).all(|column| {
            let results: Decimal = rows[2..rows.len() - 2]
                .iter()
                .map(|row| value(row, column))
                .sum();
            results == value("result_total", column)
                && value("received_new", column) + value("carried_in", column)
                    == value("result_total", column) + value("carried_out", column)
        });
        if holds {
            any = true;
            for (slot, i) in open.iter().enumerate() {
                keep[slot][choice[i]] = true;
            }
        }
    }
    if any {
        for (slot, i) in open.iter().enumerate() {
            let mut index = 0;
            found[*i].readings.rows.retain(|_| {
                index += 1;
                keep[slot][index - 1]
            });
        }
    }
}
