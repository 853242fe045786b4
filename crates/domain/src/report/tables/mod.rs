//! From a document to the cells of the statutory tables.
//!
//! [`lex`] makes one stream of texts and values of whatever the file held,
//! grids and flattened tables alike; [`align`] finds which values belong to
//! which row of the form; [`solve`] says what they read. This module puts the
//! three together. Start with [`read`].

pub mod align;
mod choose;
mod groups;
pub mod lex;
pub mod solve;
mod wanted;

use std::collections::BTreeMap;

use align::{Candidate, LABEL_KNOWN, Target};
use choose::choose_by_columns;
use groups::{Group, groups};
use lex::{Item, ItemKind, Stream};
use rust_decimal::Decimal;
use solve::Readings;
use wanted::{Wanted, table2_wanted, table3_wanted, table4_wanted};

use super::document::Place;
use super::fold;
use super::format::{Format, FormatId, OTHER_SINGLE, OTHER_THREE};
use super::value::{CellReading, CellState, Value};

/// A row of a table as it was read, for showing it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRow {
    /// The label and the values as they stood.
    pub text: String,
    /// Byte ranges of the values in `text`.
    pub values: Vec<(usize, usize)>,
    /// Where the row stood.
    pub place: Place,
}

/// The tables of a report.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    /// Which form the tables follow, if any was found.
    pub format: Option<FormatId>,
    /// Whether other results stand in the single row of the 2019 form.
    pub single_other: Option<bool>,
    /// What was read, by cell key.
    pub cells: BTreeMap<String, CellReading>,
    /// The rows that the cells stood in.
    pub rows: Vec<ReadRow>,
    /// Ranges of the text that are tables, not prose.
    pub ranges: Vec<(usize, usize)>,
}

/// A row found and read.
struct Found {
    wanted: usize,
    group: usize,
    sure: bool,
    readings: Readings,
}

/// Reads the tables of a document.
pub fn read(stream: &Stream) -> Tables {
    let groups = groups(stream);
    let candidates: Vec<Candidate> = groups.iter().map(|g| g.candidate(stream)).collect();
    let mut reader = Reader {
        stream,
        groups,
        candidates,
        tables: Tables::default(),
        used: Vec::new(),
        headings: heading_columns(stream),
    };
    let all = 0..reader.groups.len();
    let t3 = reader.table3(all.clone());
    let t3_first = t3.iter().map(|f| f.group).min();
    let t3_groups: Vec<usize> = t3.iter().map(|f| f.group).collect();
    let (t2_wanted, t2) = reader.table2(0..t3_first.unwrap_or(all.end));
    let t4 = reader.table4(t3_first.map_or(0, |first| first + 1)..all.end, &t3_groups);
    let t3_wanted = table3_wanted();
    reader.tables.single_other = single_other(&t3_wanted, &t3);
    let single = reader.tables.single_other;
    reader.store(&t2_wanted, t2, |_| true);
    reader.store(&t3_wanted, t3, |key| match single {
        Some(true) => !OTHER_THREE.iter().any(|row| key.contains(row)),
        Some(false) => !key.contains(OTHER_SINGLE),
        None => true,
    });
    reader.store(&[table4_wanted()], t4, |_| true);
    reader.ranges();
    reader.tables
}

/// Whether other results stand in one row or three; `None` if neither is
/// there.
fn single_other(wanted: &[Wanted], found: &[Found]) -> Option<bool> {
    let has = |row: &str| {
        found
            .iter()
            .any(|f| wanted[f.wanted].keys[0].starts_with(&format!("t3.{row}.")))
    };
    if OTHER_THREE.iter().any(|row| has(row)) {
        Some(false)
    } else if has(OTHER_SINGLE) {
        Some(true)
    } else {
        None
    }
}

fn row_sum_holds(row: &[Value]) -> bool {
    let Some((total, parts)) = row.split_last() else {
        return true;
    };
    parts.iter().map(Value::number).sum::<Decimal>() == total.number()
}

/// Where most rows that say something do not add up, the columns are likely
/// not those of the form, and no row is certain.
fn doubt_if_most_fail(found: &mut [Found]) {
    let telling: Vec<bool> = found
        .iter()
        .filter_map(|f| f.readings.rows.first())
        .filter(|row| row.iter().any(|value| !value.number().is_zero()))
        .map(|row| row_sum_holds(row))
        .collect();
    let failing = telling.iter().filter(|holds| !**holds).count();
    if failing >= 4 && failing * 2 > telling.len() {
        for row in found {
            row.sure = false;
        }
    }
}

fn t4_sums_hold(row: &[Value]) -> bool {
    row.chunks(5).all(row_sum_holds)
}

struct Reader<'a> {
    stream: &'a Stream,
    groups: Vec<Group>,
    candidates: Vec<Candidate>,
    tables: Tables,
    /// Groups that were read into cells.
    used: Vec<usize>,
    /// Columns of the headings of table 3, by grid.
    headings: BTreeMap<Option<u32>, Vec<u32>>,
}

/// The columns over which a grid has the seven headings of table 3, in the
/// order of the form; grids that lack one are left out.
fn heading_columns(stream: &Stream) -> BTreeMap<Option<u32>, Vec<u32>> {
    let labels: Vec<Vec<char>> = Format::get(FormatId::F2021)
        .t3
        .columns
        .iter()
        .map(|column| fold::label_key(&column.label))
        .collect();
    let mut found: BTreeMap<Option<u32>, Vec<Option<u32>>> = BTreeMap::new();
    for item in &stream.items {
        let (ItemKind::Text(text), Some((column, _))) = (&item.kind, item.column) else {
            continue;
        };
        // The longest heading has six characters of three bytes.
        if text.len() > 24 {
            continue;
        }
        let key = fold::label_key(text);
        if let Some(at) = labels.iter().position(|label| *label == key) {
            let columns = found
                .entry(item.place.table)
                .or_insert_with(|| vec![None; labels.len()]);
            columns[at].get_or_insert(column);
        }
    }
    found
        .into_iter()
        .filter_map(|(table, columns)| Some((table, columns.into_iter().collect::<Option<_>>()?)))
        .collect()
}

impl Reader<'_> {
    fn table3(&mut self, range: std::ops::Range<usize>) -> Vec<Found> {
        let wanted = table3_wanted();
        let mut found = self.rows(&wanted, range.clone(), Some(&row_sum_holds));
        self.told_twice(&wanted, range, &mut found);
        doubt_if_most_fail(&mut found);
        self.doubt_if_labels_follow(&wanted, &mut found);
        // A few numbers in prose are no table.
        let known = found.iter().filter(|f| f.sure).count();
        if known == 0 {
            return Vec::new();
        }
        choose_by_columns(&wanted, &mut found);
        found
    }

    /// Where the table stands twice with different values, as beside last
    /// year's, no value is certain: each is one of those that stand there.
    fn told_twice(&self, wanted: &[Wanted], range: std::ops::Range<usize>, found: &mut [Found]) {
        let first = &wanted[0].target;
        let begins: Vec<usize> = range
            .clone()
            .filter(|group| {
                let candidate = &self.candidates[*group];
                candidate.separate == first.values
                    && first
                        .labels
                        .iter()
                        .any(|label| candidate.before.ends_with(label))
            })
            .collect();
        if begins.len() < 2 {
            return;
        }
        let ends = begins.iter().skip(1).copied().chain([range.end]);
        let runs: Vec<Vec<Found>> = begins
            .iter()
            .zip(ends)
            .map(|(begin, end)| self.rows(wanted, *begin..end, Some(&row_sum_holds)))
            .collect();
        for row in found {
            for other in runs.iter().flatten().filter(|f| f.wanted == row.wanted) {
                for reading in &other.readings.rows {
                    if !row.readings.rows.contains(reading) {
                        row.readings.rows.push(reading.clone());
                        row.sure = false;
                    }
                }
            }
        }
    }

    /// Where the first row has values in front of it that nothing claims, and
    /// the last row's label stands behind the last values, the labels may
    /// follow their values throughout; then each row may be its neighbour's.
    fn doubt_if_labels_follow(&self, wanted: &[Wanted], found: &mut [Found]) {
        let (Some(first), Some(last)) = (found.first(), found.last()) else {
            return;
        };
        let width = wanted[0].target.values;
        let unclaimed = first
            .group
            .checked_sub(1)
            .is_some_and(|group| self.candidates[group].separate == width);
        let next = &wanted.get(last.wanted + 1);
        let behind = &self.candidates[last.group].after;
        let label_behind = next.is_some_and(|next| {
            next.target
                .labels
                .iter()
                .any(|label| behind.windows(label.len()).any(|w| w == label.as_slice()))
        });
        if unclaimed && label_behind {
            for row in found {
                row.sure = false;
            }
        }
    }

    fn table2(&mut self, range: std::ops::Range<usize>) -> (Vec<Wanted>, Vec<Found>) {
        let mut best: Option<(FormatId, Vec<Wanted>, Vec<Found>, i64)> = None;
        let start = self.table2_start(range.clone());
        let words = self.words_between(start..range.end);
        for id in [FormatId::F2021, FormatId::F2019] {
            let wanted = table2_wanted(id, &words);
            let found = self.rows(&wanted, start..range.end, None);
            let weight = 100 * form_words(id, &words)
                + i64::try_from(found.iter().filter(|f| f.sure).count()).unwrap_or(0);
            if best.as_ref().is_none_or(|(_, _, _, least)| weight > *least) {
                best = Some((id, wanted, found, weight));
            }
        }
        match best {
            Some((id, wanted, found, _)) if table2_shows(&words, &found) => {
                self.tables.format = Some(id);
                (wanted, found)
            }
            _ => (Vec::new(), Vec::new()),
        }
    }

    /// The group before which the caption of the first block stands, or the
    /// start of the range.
    fn table2_start(&self, range: std::ops::Range<usize>) -> usize {
        range
            .clone()
            .rev()
            .find(|group| {
                let before: String = self.groups[*group].before.iter().collect();
                before.contains("二十条第一项")
            })
            .unwrap_or(range.start)
    }

    fn words_between(&self, range: std::ops::Range<usize>) -> String {
        self.groups[range]
            .iter()
            .flat_map(|group| group.before.iter())
            .collect()
    }

    /// Behind the beginning of table 3, which may stand on the page twice.
    fn table4(&mut self, range: std::ops::Range<usize>, taken: &[usize]) -> Vec<Found> {
        let wanted = table4_wanted();
        let mut found: Vec<Found> = Vec::new();
        for group in range.clone() {
            let candidate = &self.candidates[group];
            let seven = Format::get(FormatId::F2021).t3.columns.len();
            if taken.contains(&group) || candidate.separate == seven {
                continue;
            }
            // Blanks of the heading rows may stand between.
            let before = self.words_between(group.saturating_sub(3).max(range.start)..group + 1);
            let headed = ["总计", "审结", "尚未", "复议后起诉", "结果维持"]
                .iter()
                .any(|word| before.contains(word));
            let want = wanted.keys.len();
            let enough = candidate.separate.max(candidate.digits) >= want
                || (headed && candidate.separate + candidate.blanks >= want);
            // Headings may be broken to pieces; fifteen values in a row behind
            // table 3 are this table all the same.
            if !enough || candidate.separate > want + 2 || !(headed || candidate.separate == want) {
                continue;
            }
            let readings = self.readings(group, &wanted, Some(&t4_sums_hold));
            match found.first_mut() {
                _ if readings.rows.is_empty() && !readings.unsure => {}
                None => found.push(Found {
                    wanted: 0,
                    group,
                    sure: true,
                    readings,
                }),
                // Another year's row beside it: each is one of the two.
                Some(first) => {
                    for reading in readings.rows {
                        if !first.readings.rows.contains(&reading) {
                            first.readings.rows.push(reading);
                            first.sure = false;
                        }
                    }
                }
            }
        }
        found
    }

    /// Aligns and reads the rows of a table.
    fn rows(
        &self,
        wanted: &[Wanted],
        range: std::ops::Range<usize>,
        identity: solve::Identity<'_>,
    ) -> Vec<Found> {
        let targets: Vec<&Target> = wanted.iter().map(|w| &w.target).collect();
        let matches = align::align(&targets, &self.candidates[range.clone()]);
        let known = |row: usize| {
            matches[row]
                .filter(|m| m.label >= LABEL_KNOWN)
                .map(|m| (row, m.group))
        };
        let mut found = Vec::new();
        for (row, matched) in matches.iter().enumerate() {
            let Some(matched) = matched else { continue };
            let sure = matched.label >= LABEL_KNOWN || {
                // Known rows on both sides, with as many groups as rows
                // between them, leave one place for this one.
                let above = (0..row).rev().find_map(known);
                let below = (row + 1..wanted.len()).find_map(known);
                // At an end, nothing else may be left to choose from.
                let others = |mut groups: std::ops::Range<usize>| {
                    groups.any(|g| {
                        self.candidates[range.start + g].separate == wanted[row].target.values
                    })
                };
                match (above, below) {
                    (Some((r1, g1)), Some((r2, g2))) => {
                        r2 - r1 == g2 - g1 && matched.group - g1 == row - r1
                    }
                    (Some((r1, g1)), None) => {
                        row + 1 == wanted.len()
                            && matched.group - g1 == row - r1
                            && !others(matched.group + 1..range.len())
                    }
                    (None, Some((r2, g2))) => {
                        row == 0 && g2 - matched.group == r2 - row && !others(0..matched.group)
                    }
                    (None, None) => false,
                }
            };
            let group = range.start + matched.group;
            let readings = self.readings(group, &wanted[row], identity);
            found.push(Found {
                wanted: row,
                group,
                sure,
                readings,
            });
        }
        found
    }

    fn readings(&self, group: usize, wanted: &Wanted, identity: solve::Identity<'_>) -> Readings {
        let items = &self.stream.items[self.groups[group].items.clone()];
        let entries = self
            .by_column(items, wanted.columns.len())
            .unwrap_or_else(|| items.iter().map(|item| item.kind.clone()).collect());
        let in_grid = items.first().is_some_and(|item| item.column.is_some());
        solve::readings(&entries, &wanted.columns, identity, in_grid)
    }

    /// In a grid, a row with blanks is read by the columns in which the full
    /// rows of the same table have their values.
    fn by_column(&self, items: &[Item], width: usize) -> Option<Vec<ItemKind>> {
        items.first()?.column?;
        let separate = items
            .iter()
            .filter(|item| !matches!(item.kind, ItemKind::Blank))
            .count();
        let table = items.first()?.place.table;
        if let Some(entries) = self.by_heading(items, table, width) {
            return Some(entries);
        }
        if separate == width || items.len() == width {
            return None;
        }
        let columns = self.full_columns(table, width)?;
        columns
            .iter()
            .map(|column| {
                items
                    .iter()
                    .find(|item| {
                        item.column
                            .is_some_and(|(at, span)| (at..at + span).contains(column))
                    })
                    .map(|item| item.kind.clone())
            })
            .collect()
    }

    /// Where the headings of table 3 stand over the very columns of the values
    /// but in another order, or over all but one (a subtotal), they decide.
    fn by_heading(
        &self,
        items: &[Item],
        table: Option<u32>,
        width: usize,
    ) -> Option<Vec<ItemKind>> {
        let headings = self.headings.get(&table)?;
        if width != headings.len() || !(width..=width + 1).contains(&items.len()) {
            return None;
        }
        let own: Option<Vec<u32>> = items.iter().map(|i| i.column.map(|(at, _)| at)).collect();
        let own = own?;
        let in_order = headings.is_sorted() && own.len() == width;
        if in_order || headings.iter().any(|column| !own.contains(column)) {
            return None;
        }
        headings
            .iter()
            .map(|column| {
                let at = own.iter().position(|own| own == column)?;
                Some(items[at].kind.clone())
            })
            .collect()
    }

    /// The columns that hold the values of most full rows of a table.
    fn full_columns(&self, table: Option<u32>, width: usize) -> Option<Vec<u32>> {
        let mut seen: BTreeMap<Vec<u32>, usize> = BTreeMap::new();
        for group in &self.groups {
            let items = &self.stream.items[group.items.clone()];
            if items.first().is_none_or(|item| item.place.table != table) {
                continue;
            }
            let columns: Vec<u32> = items
                .iter()
                .filter(|item| !matches!(item.kind, ItemKind::Blank))
                .filter_map(|item| item.column.map(|(at, _)| at))
                .collect();
            if columns.len() == width {
                *seen.entry(columns).or_default() += 1;
            }
        }
        seen.into_iter()
            .max_by_key(|(_, count)| *count)
            .map(|(columns, _)| columns)
    }

    /// Writes what was found into the cells.
    fn store(&mut self, wanted: &[Wanted], found: Vec<Found>, keep: impl Fn(&str) -> bool) {
        for found in found {
            let keys = &wanted[found.wanted].keys;
            if keys.iter().all(|key| !keep(key)) {
                continue;
            }
            self.used.push(found.group);
            let row = self.read_row(found.group);
            let raw = row.text.clone();
            let entries = row.values.len();
            let moved = self
                .headings
                .get(&row.place.table)
                .is_some_and(|headings| !headings.is_sorted());
            let row_index = self.tables.rows.len();
            let place = row.place.clone();
            let raw_values: Vec<String> = row
                .values
                .iter()
                .map(|(start, end)| row.text[*start..*end].to_owned())
                .collect();
            self.tables.rows.push(row);
            for (column, key) in keys.iter().enumerate() {
                if !keep(key) {
                    continue;
                }
                let mut values: Vec<Value> = Vec::new();
                for reading in &found.readings.rows {
                    if !values.contains(&reading[column]) {
                        values.push(reading[column].clone());
                    }
                }
                let entry = (entries == keys.len() && !moved).then_some(column);
                let place = entry
                    .and_then(|entry| self.entry_place(found.group, entry))
                    .unwrap_or_else(|| place.clone());
                let certain = values.len() == 1 && found.sure && !found.readings.unsure;
                self.tables.cells.insert(
                    key.clone(),
                    CellReading {
                        state: match (certain, values.first()) {
                            (true, Some(value)) => CellState::Certain(value.clone()),
                            _ => {
                                values.truncate(60);
                                CellState::Uncertain(values)
                            }
                        },
                        raw: entry.map_or_else(|| raw.clone(), |entry| raw_values[entry].clone()),
                        place,
                        row: row_index,
                        entry,
                    },
                );
            }
        }
    }

    fn entry_place(&self, group: usize, entry: usize) -> Option<Place> {
        self.stream.items[self.groups[group].items.clone()]
            .get(entry)
            .map(|item| item.place.clone())
    }

    /// A row as it stood: the end of its label, then its values.
    fn read_row(&self, group: usize) -> ReadRow {
        let group = &self.groups[group];
        let mut label: Vec<&str> = Vec::new();
        let mut length = 0;
        for item in self.stream.items[..group.items.start].iter().rev() {
            let ItemKind::Text(text) = &item.kind else {
                break;
            };
            if !label.is_empty() && (length + text.chars().count() > 34) {
                break;
            }
            length += text.chars().count();
            label.push(text);
        }
        label.reverse();
        let joined = label.join(" ");
        let skip = joined.chars().count().saturating_sub(40);
        let mut text: String = joined.chars().skip(skip).collect();
        if skip > 0 {
            text.insert(0, '…');
        }
        let items = &self.stream.items[group.items.clone()];
        let mut values = Vec::new();
        for item in items {
            text.push_str(" | ");
            let start = text.len();
            match &item.kind {
                ItemKind::Number(number) => {
                    text.push_str(&number.digits);
                    text.push_str(&number.unit);
                }
                ItemKind::NotApplicable(raw) => text.push_str(raw),
                ItemKind::Blank | ItemKind::Text(_) => text.push('␣'),
            }
            values.push((start, text.len()));
        }
        ReadRow {
            text,
            values,
            place: items
                .first()
                .map_or_else(Place::default, |item| item.place.clone()),
        }
    }

    /// The stretches of text that the tables take up: each row from the end of
    /// the last sentence before it.
    fn ranges(&mut self) {
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        for group in &self.used {
            let group = &self.groups[*group];
            let items = &self.stream.items[group.items.clone()];
            let (Some(first), Some(last)) = (items.first(), items.last()) else {
                continue;
            };
            if first.column.is_some() {
                continue;
            }
            let label = &self.stream.text[group.label_start.min(first.start)..first.start];
            let sentence_end = label
                .iter()
                .rposition(|c| *c == '。')
                .map_or(0, |at| at + 1);
            ranges.push((group.label_start.min(first.start) + sentence_end, last.end));
        }
        ranges.sort_unstable();
        self.tables.ranges = ranges;
    }
}

/// Whether what was found is a table, not figures of the prose that happen to
/// stand behind the same words.
fn table2_shows(words: &str, found: &[Found]) -> bool {
    let headed = words.contains("二十条第") || words.contains("信息内容");
    let sure = found.iter().filter(|f| f.sure).count();
    (headed && sure > 0) || sure >= 4
}

/// How many headings of a form's table 2 stand in the text.
fn form_words(id: FormatId, words: &str) -> i64 {
    let own: &[&str] = match id {
        FormatId::F2021 => &[
            "本年制发",
            "本年废止",
            "现行有效",
            "本年处理决定",
            "本年收费金额",
        ],
        FormatId::F2019 => &[
            "新制作",
            "新公开数",
            "对外公开总",
            "上一年项目",
            "上年项目",
            "采购项目数",
        ],
    };
    let count = own.iter().filter(|word| words.contains(**word)).count();
    i64::try_from(count).unwrap_or(0)
}
