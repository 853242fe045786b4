//! The rows of the form that are looked for, with the keys of their cells.

use super::align::Target;
use super::solve::Column;
use crate::report::format::{self, Format, FormatId, Kind, OTHER_SINGLE, OTHER_THREE};

/// One row of the form to be read.
pub(super) struct Wanted {
    /// Its labels.
    pub(super) target: Target,
    /// Cell keys of its columns.
    pub(super) keys: Vec<String>,
    /// What its columns take.
    pub(super) columns: Vec<Column>,
}

const COUNT: Column = Column {
    kind: Kind::Count,
    scale: 1,
    yuan: false,
};

/// All rows that table 3 may have, those of both forms.
pub(super) fn table3_wanted() -> Vec<Wanted> {
    let form = Format::get(FormatId::F2021);
    let mut rows = form.table3_rows(false);
    if let Some(at) = rows.iter().position(|row| OTHER_THREE.contains(row)) {
        rows.insert(at, OTHER_SINGLE);
    }
    rows.iter()
        .filter_map(|key| format::table3_row(key))
        .map(|row| Wanted {
            target: Target::new(labels(row), form.t3.columns.len()),
            keys: form
                .t3
                .columns
                .iter()
                .map(|column| format!("t3.{}.{}", row.key, column.key))
                .collect(),
            columns: vec![COUNT; form.t3.columns.len()],
        })
        .collect()
}

fn labels(row: &format::Row) -> impl Iterator<Item = &str> {
    std::iter::once(row.label.as_str()).chain(row.variants.iter().map(String::as_str))
}

/// The row of table 4.
pub(super) fn table4_wanted() -> Wanted {
    let form = Format::get(FormatId::F2021);
    let keys: Vec<String> = form
        .t4
        .iter()
        .flat_map(|group| {
            group
                .columns
                .iter()
                .map(move |column| format!("t4.{}.{}", group.key, column.key))
        })
        .collect();
    Wanted {
        target: Target::new(["总计"], keys.len()),
        columns: vec![COUNT; keys.len()],
        keys,
    }
}

/// The rows of table 2. A heading in `万元` scales an amount kept in yuan.
pub(super) fn table2_wanted(id: FormatId, words: &str) -> Vec<Wanted> {
    let in_ten_thousands = words.contains("采购总金额单位万元") || words.contains("采购总金额万元");
    let mut wanted = Vec::new();
    for block in &Format::get(id).t2 {
        for row in &block.rows {
            wanted.push(Wanted {
                target: Target::new(labels(row), block.columns.len()),
                keys: block
                    .columns
                    .iter()
                    .map(|column| format!("t2.{}.{}.{}", block.key, row.key, column.key))
                    .collect(),
                columns: block
                    .columns
                    .iter()
                    .map(|column| Column {
                        kind: column.kind,
                        scale: if in_ten_thousands { 10_000 } else { 1 },
                        yuan: column.kind == Kind::Money && column.unit == "元",
                    })
                    .collect(),
            });
        }
    }
    wanted
}
