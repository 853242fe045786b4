//! Clean sets of cells: every identity holds.

use std::collections::BTreeMap;

use gongkai_domain::report::format::{Format, FormatId, Kind, OTHER_SINGLE};

/// The cells of an invented report, as they would be printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellSet {
    /// Which form.
    pub format: FormatId,
    /// Whether other results stand in one row.
    pub single_other: bool,
    /// Report year.
    pub year: i16,
    /// Body that does not exist.
    pub organization: String,
    /// Printed text by cell key.
    pub cells: BTreeMap<String, String>,
}

/// Makes a clean set. The same seed makes the same set.
pub fn clean(seed: u64, format: FormatId) -> CellSet {
    let mut rng = fastrand::Rng::with_seed(seed);
    let single_other = format == FormatId::F2019 || rng.u8(..) < 30;
    let mut cells = BTreeMap::new();
    // A township, a bureau, a city: numbers of their size.
    let size = [3u64, 30, 900][rng.usize(..3)];
    let form = Format::get(format);
    for block in &form.t2 {
        for row in &block.rows {
            for column in &block.columns {
                let key = format!("t2.{}.{}.{}", block.key, row.key, column.key);
                let text = match column.kind {
                    Kind::Count => rng.u64(0..size * 4).to_string(),
                    Kind::Signed => {
                        let size = i64::try_from(size).unwrap_or(3);
                        rng.i64(-size..=size).to_string()
                    }
                    Kind::Money => money(&mut rng, size),
                };
                cells.insert(key, text);
            }
        }
    }
    table3(&mut rng, size, single_other, &mut cells);
    for group in &form.t4 {
        let (parts, total) = group.columns.split_at(group.columns.len() - 1);
        let mut sum = 0;
        for column in parts {
            let value = sparse(&mut rng, size);
            sum += value;
            cells.insert(
                format!("t4.{}.{}", group.key, column.key),
                value.to_string(),
            );
        }
        cells.insert(
            format!("t4.{}.{}", group.key, total[0].key),
            sum.to_string(),
        );
    }
    let year = match format {
        FormatId::F2019 => rng.i16(2019..=2020),
        FormatId::F2021 => rng.i16(2021..=2025),
    };
    let organization = [
        "云溪县水务局",
        "临川市人民政府",
        "青石镇人民政府",
        "望海区教育局",
    ][rng.usize(..4)]
    .to_owned();
    CellSet {
        format,
        single_other,
        year,
        organization,
        cells,
    }
}

fn money(rng: &mut fastrand::Rng, size: u64) -> String {
    let whole = rng.u64(0..size * 50);
    match rng.u8(..4) {
        0 => format!("{whole}.{:02}", rng.u8(1..99)),
        1 => format!("{whole}.{}", rng.u32(100_001..999_999)),
        _ => whole.to_string(),
    }
}

/// Mostly zeros, as in real tables.
fn sparse(rng: &mut fastrand::Rng, size: u64) -> u64 {
    if rng.u8(..10) < 6 {
        0
    } else {
        rng.u64(0..size)
    }
}

fn table3(
    rng: &mut fastrand::Rng,
    size: u64,
    single_other: bool,
    cells: &mut BTreeMap<String, String>,
) {
    let form = Format::get(FormatId::F2021);
    let rows = form.table3_rows(single_other);
    debug_assert!(!single_other || rows.contains(&OTHER_SINGLE));
    let (columns, total) = form.t3.columns.split_at(form.t3.columns.len() - 1);
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for column in columns {
        let natural = column.key == "natural_person";
        let own = if natural { size } else { size.div_ceil(8) };
        let mut results = 0;
        let mut set = |row: &'static str, value: u64, cells: &mut BTreeMap<String, String>| {
            *sums.entry(row).or_default() += value;
            cells.insert(format!("t3.{row}.{}", column.key), value.to_string());
        };
        for row in &rows[2..rows.len() - 2] {
            let value = sparse(rng, own + 1);
            results += value;
            set(row, value, cells);
        }
        let out = sparse(rng, own + 1);
        let carried = rng.u64(0..=(results + out).min(own));
        set("received_new", results + out - carried, cells);
        set("carried_in", carried, cells);
        set("result_total", results, cells);
        set("carried_out", out, cells);
    }
    for (row, sum) in sums {
        cells.insert(format!("t3.{row}.{}", total[0].key), sum.to_string());
    }
}
