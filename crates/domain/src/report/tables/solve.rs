//! What a row of values says: which digits belong together, which blanks are
//! cells, and what cannot be told.
//!
//! A row whose values stand apart has one reading. Where digits ran together,
//! or blanks collapsed, every reading is made and the identities choose; more
//! than one left is told as such, never settled in silence.

use rust_decimal::Decimal;

use super::lex::{ItemKind, RawNumber};
use crate::report::format::Kind;
use crate::report::value::Value;

/// More readings than this are not worth listing; the row is then unreadable.
const READINGS_MAX: usize = 5_000;
/// Steps of the search before it gives up; a hostile row cannot hold us.
const STEPS_MAX: usize = 200_000;

/// A column of the row to be read.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// What it takes.
    pub kind: Kind,
    /// Multiplier from the unit of its heading, 10,000 for `万元` where the
    /// form keeps yuan.
    pub scale: i64,
    /// Whether the form keeps yuan, so that a unit in the cell converts.
    pub yuan: bool,
}

/// The readings of a row, each one value per column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readings {
    /// The readings that fit; empty where none could be made.
    pub rows: Vec<Vec<Value>>,
    /// Whether they are guesses that no identity bears out, or too many to
    /// list: none of them is certain, even if it is the only one.
    pub unsure: bool,
}

impl Readings {
    fn plain(rows: Vec<Vec<Value>>) -> Self {
        Self {
            rows,
            unsure: false,
        }
    }
}

/// What a row's own identity says of a reading.
pub type Identity<'a> = Option<&'a dyn Fn(&[Value]) -> bool>;

/// Reads the entries of a row. The identity of the row chooses where there is
/// a choice; a row without one (table 2) keeps every reading. In a grid a
/// blank is a cell; in flattened text a blank at an end may be the trace of a
/// span.
pub fn readings(
    entries: &[ItemKind],
    columns: &[Column],
    identity: Identity<'_>,
    in_grid: bool,
) -> Readings {
    let entries: Vec<&ItemKind> = trim(entries, columns.len());
    let is_blank = |entry: &&ItemKind| matches!(entry, ItemKind::Blank);
    let blanks = entries.iter().filter(|e| is_blank(e)).count();
    let separate = entries.len() - blanks;
    let glue = entries.iter().any(|e| glue_shows(e));
    let in_place = |cells: Vec<&ItemKind>| -> Vec<Vec<Value>> {
        let row: Option<Vec<Value>> = cells
            .iter()
            .zip(columns)
            .map(|(entry, column)| whole(entry, *column))
            .collect();
        row.into_iter().collect()
    };
    if separate == columns.len() && !glue {
        let cells = entries.into_iter().filter(|e| !is_blank(e)).collect();
        return Readings::plain(in_place(cells));
    }
    if separate == 0 && blanks >= columns.len() {
        return Readings::plain(vec![vec![Value::Null; columns.len()]]);
    }
    let holds = |row: &Vec<Value>| identity.is_none_or(|identity| identity(row));
    let mut placed: Vec<Vec<Value>> = Vec::new();
    if separate + blanks == columns.len() && !glue {
        // Every blank is a cell, unless it stands at an end of the row: there
        // it may be the trace of a span, and a cell lost elsewhere.
        placed = in_place(entries.clone());
        let at_end = entries.first().is_some_and(is_blank) || entries.last().is_some_and(is_blank);
        let borne_out = identity.is_some() && placed.iter().all(holds);
        let settled = !at_end || borne_out || (in_grid && identity.is_none());
        if settled {
            return Readings::plain(placed);
        }
    }
    let mut search = Search {
        columns,
        rows: placed.clone(),
        steps: 0,
        cut: false,
        blanks_missing: 0,
        split: false,
        dropped: 0,
    };
    if separate > columns.len() {
        search.dropped = separate - columns.len();
        search.run(&entries);
    } else {
        if blanks == 0 && entries.iter().any(|e| could_be_glued(e)) {
            search.split = true;
            search.run(&entries);
            search.split = false;
        }
        // A cell may have left no trace; digits that stand alone as one run
        // were certainly run together.
        let one_run = separate == 1 && blanks == 0 && !search.rows.is_empty();
        if !glue && !one_run {
            let cells: Vec<&ItemKind> = entries.iter().copied().filter(|e| !is_blank(e)).collect();
            search.blanks_missing = columns.len().saturating_sub(cells.len());
            search.run(&cells);
        }
    }
    let cut = search.cut;
    let mut rows = search.rows;
    rows.dedup();
    let borne_out = identity.is_some() && rows.iter().any(holds);
    if borne_out {
        rows.retain(holds);
    } else if in_grid && !placed.is_empty() {
        // Nothing speaks for another place; in a grid the blank has one.
        return Readings::plain(placed);
    }
    Readings {
        unsure: cut || (identity.is_some() && !borne_out),
        rows,
    }
}

/// Drops blanks at the end beyond what the row takes.
fn trim(entries: &[ItemKind], columns: usize) -> Vec<&ItemKind> {
    let mut entries: Vec<&ItemKind> = entries.iter().collect();
    while entries.len() > columns && matches!(entries.last(), Some(ItemKind::Blank)) {
        entries.pop();
    }
    while entries.len() > columns && matches!(entries.first(), Some(ItemKind::Blank)) {
        entries.remove(0);
    }
    entries
}

/// Whether digits certainly ran together: a zero that leads others.
fn glue_shows(entry: &ItemKind) -> bool {
    match entry {
        ItemKind::Number(number) => {
            let digits = number.digits.trim_start_matches(['+', '-']);
            digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.")
        }
        _ => false,
    }
}

fn could_be_glued(entry: &ItemKind) -> bool {
    matches!(entry, ItemKind::Number(number) if number.digits.trim_start_matches(['+', '-']).len() > 1)
}

/// An entry taken whole as the value of a column.
fn whole(entry: &ItemKind, column: Column) -> Option<Value> {
    match entry {
        ItemKind::Number(number) => number_value(&number.digits, &number.unit, column),
        ItemKind::NotApplicable(_) | ItemKind::Blank => Some(Value::Null),
        ItemKind::Text(_) => None,
    }
}

/// Digits as the value of a column, if the column takes such a number.
fn number_value(digits: &str, unit: &str, column: Column) -> Option<Value> {
    let unsigned = digits.trim_start_matches(['+', '-']);
    let signed = unsigned.len() != digits.len();
    let leading_zero =
        unsigned.len() > 1 && unsigned.starts_with('0') && !unsigned.starts_with("0.");
    if leading_zero || (signed && column.kind != Kind::Signed) {
        return None;
    }
    match column.kind {
        Kind::Count | Kind::Signed => digits.parse().ok().map(Value::Integer),
        Kind::Money => {
            let amount: Decimal = unsigned.parse().ok()?;
            let scale = match (column.yuan, unit) {
                (true, "万元" | "万") => 10_000,
                (true, "亿元" | "亿") => 100_000_000,
                (true, "元") => 1,
                (true, _) => column.scale,
                // The form keeps 万元; a cell in another unit is not settled.
                (false, "元" | "亿元" | "亿") => return None,
                (false, _) => 1,
            };
            let amount = amount.checked_mul(Decimal::from(scale))?;
            Some(Value::Decimal(if scale == 1 {
                amount
            } else {
                amount.normalize()
            }))
        }
    }
}

struct Search<'a> {
    columns: &'a [Column],
    rows: Vec<Vec<Value>>,
    steps: usize,
    cut: bool,
    /// Blank cells that left no trace.
    blanks_missing: usize,
    /// Whether numbers may be split.
    split: bool,
    /// Numbers that do not belong, such as a page number.
    dropped: usize,
}

impl Search<'_> {
    fn run(&mut self, entries: &[&ItemKind]) {
        let mut row = Vec::with_capacity(self.columns.len());
        self.from(entries, &mut row, self.blanks_missing, self.dropped);
    }

    fn from(
        &mut self,
        entries: &[&ItemKind],
        row: &mut Vec<Value>,
        missing: usize,
        dropped: usize,
    ) {
        self.steps += 1;
        if self.steps > STEPS_MAX || self.rows.len() >= READINGS_MAX {
            self.cut = true;
            return;
        }
        let left = self.columns.len() - row.len();
        if entries.is_empty() {
            if missing <= left && left - missing == 0 {
                row.extend((0..missing).map(|_| Value::Null));
                self.rows.push(row.clone());
                row.truncate(row.len() - missing);
            }
            return;
        }
        if missing > 0 && left > 0 {
            row.push(Value::Null);
            self.from(entries, row, missing - 1, dropped);
            row.pop();
        }
        let (entry, rest) = (entries[0], &entries[1..]);
        if dropped > 0 && matches!(entry, ItemKind::Number(_)) {
            self.from(rest, row, missing, dropped - 1);
        }
        if left == 0 {
            if matches!(entry, ItemKind::Blank) {
                self.from(rest, row, missing, dropped);
            }
            return;
        }
        match entry {
            ItemKind::Number(number) if self.split => self.parts(number, rest, row, dropped),
            ItemKind::Blank => {
                row.push(Value::Null);
                self.from(rest, row, missing, dropped);
                row.pop();
                // Or a trace of a span, and no cell at all.
                if rest.len() >= left {
                    self.from(rest, row, missing, dropped);
                }
            }
            _ => {
                if let Some(value) = whole(entry, self.columns[row.len()]) {
                    row.push(value);
                    self.from(rest, row, missing, dropped);
                    row.pop();
                }
            }
        }
    }

    /// Every way to cut a run of digits into values.
    fn parts(
        &mut self,
        number: &RawNumber,
        rest: &[&ItemKind],
        row: &mut Vec<Value>,
        dropped: usize,
    ) {
        let left = self.columns.len() - row.len();
        if left < rest.len() + 1 {
            return;
        }
        self.cut_digits(
            &number.digits,
            &number.unit,
            left - rest.len(),
            rest,
            row,
            dropped,
        );
    }

    fn cut_digits(
        &mut self,
        digits: &str,
        unit: &str,
        most: usize,
        rest: &[&ItemKind],
        row: &mut Vec<Value>,
        dropped: usize,
    ) {
        self.steps += 1;
        if digits.is_empty() {
            self.from(rest, row, 0, dropped);
            return;
        }
        if most == 0 || row.len() == self.columns.len() || self.steps > STEPS_MAX {
            return;
        }
        let sign = usize::from(digits.starts_with(['+', '-']));
        for end in sign + 1..=digits.len() {
            let (head, tail) = digits.split_at(end);
            if head.ends_with('.') || tail.starts_with('.') {
                continue;
            }
            let unit_here = if tail.is_empty() { unit } else { "" };
            let Some(value) = number_value(head, unit_here, self.columns[row.len()]) else {
                // A leading zero only grows longer.
                if head.len() > sign + 1 && head[sign..].starts_with('0') && !head.contains('.') {
                    break;
                }
                continue;
            };
            row.push(value);
            self.cut_digits(tail, unit, most - 1, rest, row, dropped);
            row.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: Column = Column {
        kind: Kind::Count,
        scale: 1,
        yuan: false,
    };

    fn number(digits: &str) -> ItemKind {
        ItemKind::Number(RawNumber {
            digits: digits.to_owned(),
            unit: String::new(),
        })
    }

    fn row_sum(row: &[Value]) -> bool {
        let (parts, total) = row.split_at(row.len() - 1);
        parts.iter().map(Value::number).sum::<Decimal>() == total[0].number()
    }

    fn read(entries: &[ItemKind], columns: usize) -> Vec<Vec<String>> {
        let columns = vec![COUNT; columns];
        readings(entries, &columns, Some(&row_sum), false)
            .rows
            .iter()
            .map(|row| row.iter().map(ToString::to_string).collect())
            .collect()
    }

    fn numbers(texts: &[&str]) -> Vec<ItemKind> {
        texts.iter().map(|text| number(text)).collect()
    }

    #[test]
    fn digits_that_ran_together_are_split_by_the_row_sum() {
        let table: [(&[&str], &[&str]); 5] = [
            (&["0000000"], &["0", "0", "0", "0", "0", "0", "0"]),
            (&["21710000218"], &["217", "1", "0", "0", "0", "0", "218"]),
            (&["200", "000121"], &["20", "0", "0", "0", "0", "1", "21"]),
            (
                &["1", "0", "0", "0", "0", "01"],
                &["1", "0", "0", "0", "0", "0", "1"],
            ),
            (
                &["20", "0", "0", "0", "02"],
                &["2", "0", "0", "0", "0", "0", "2"],
            ),
        ];
        for (entries, expected) in table {
            assert_eq!(read(&numbers(entries), 7), [expected], "{entries:?}");
        }
    }

    #[test]
    fn where_several_splits_fit_all_of_them_are_told() {
        let columns = [COUNT; 3];
        let all = readings(&numbers(&["1077"]), &columns, None, false);
        let texts: Vec<Vec<String>> = all
            .rows
            .iter()
            .map(|row| row.iter().map(ToString::to_string).collect())
            .collect();
        assert_eq!(texts, [["1", "0", "77"], ["10", "7", "7"]]);
        // Two that stand apart may also have lost a third.
        let apart = readings(&numbers(&["3", "12"]), &columns, None, false);
        assert!(apart.rows.len() > 2, "{apart:?}");
    }

    #[test]
    fn separate_values_are_taken_as_they_stand_even_if_they_do_not_add_up() {
        assert_eq!(
            read(&numbers(&["2", "0", "0", "0", "0", "0", "3"]), 7),
            [["2", "0", "0", "0", "0", "0", "3"]]
        );
    }

    #[test]
    fn a_blank_in_its_place_is_null_and_a_lost_one_is_unsure() {
        let mut entries = numbers(&["3"]);
        entries.extend([ItemKind::Blank, ItemKind::Blank]);
        entries.extend(numbers(&["3"]));
        assert_eq!(read(&entries, 4), [["3", "", "", "3"]]);
        let collapsed = read(&numbers(&["3", "3"]), 4);
        assert_eq!(collapsed.len(), 3, "one for each column the part may be in");
        assert!(collapsed.iter().all(|row| row[3] == "3"));
    }

    #[test]
    fn a_lost_zero_never_makes_two_values_of_one() {
        let all = read(&numbers(&["9", "3", "0", "0", "0", "12"]), 7);
        assert!(all.len() > 1);
        assert!(all.iter().all(|row| row[6] == "12"), "{all:?}");
        let mut trace = numbers(&["9", "3", "0", "0", "0", "12"]);
        trace.push(ItemKind::Blank);
        let all = read(&trace, 7);
        assert!(all.iter().all(|row| row[6] == "12"), "{all:?}");
        let columns = [COUNT; 7];
        let broken = readings(
            &numbers(&["34", "40", "75", "016", "3", "3525"]),
            &columns,
            Some(&row_sum),
            false,
        );
        assert!(broken.unsure, "no reading adds up");
    }

    #[test]
    fn a_page_number_in_the_row_is_told_from_its_values() {
        assert_eq!(
            read(&numbers(&["2", "1", "0", "3", "7"]), 4),
            [["2", "1", "0", "3"]]
        );
    }

    #[test]
    fn a_hostile_row_ends() {
        let long = "1".repeat(400);
        let columns = [COUNT; 15];
        let all = readings(&[number(&long)], &columns, None, false);
        assert!(all.unsure);
    }
}
