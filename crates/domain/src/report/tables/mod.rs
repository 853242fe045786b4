//! From a document to the cells of the statutory tables.
//!
//! [`lex`] makes one stream of texts and values of whatever the file held,
//! grids and flattened tables alike; [`align`] finds which values belong to
//! which row of the form; [`solve`] says what they read. This module puts the
//! three together. Start with [`read`].

pub mod align;
pub mod lex;
pub mod solve;

use std::collections::BTreeMap;

use align::{Candidate, LABEL_KNOWN, Target};
use lex::{Item, ItemKind, Stream};
use rust_decimal::Decimal;
use solve::{Column, Readings};

use super::document::Place;
use super::fold;
use super::format::{self, Format, FormatId, Kind, OTHER_SINGLE, OTHER_THREE};
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
#[derive(Debug, Default)]
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

/// Values that stand together, with the text before them.
#[derive(Debug)]
struct Group {
    items: std::ops::Range<usize>,
    /// Label characters since the previous group.
    before: Vec<char>,
    /// Where the label text begins in the full text.
    label_start: usize,
}

/// Labels are looked for this far back.
const LABEL_CHARS_MAX: usize = 160;

fn groups(stream: &Stream) -> Vec<Group> {
    let items = &stream.items;
    let mut groups: Vec<Group> = Vec::new();
    let mut before: Vec<char> = Vec::new();
    let mut label_start = 0;
    let mut at = 0;
    while at < items.len() {
        if let ItemKind::Text(text) = &items[at].kind {
            if before.is_empty() {
                label_start = items[at].start;
            }
            before.extend(text.chars().filter(|c| fold::is_label_char(*c)));
            if before.len() > 2 * LABEL_CHARS_MAX {
                before.drain(..before.len() - LABEL_CHARS_MAX);
            }
            at += 1;
            continue;
        }
        let mut end = at;
        while end < items.len()
            && items[end].is_value()
            && (items[end].column.is_none() && items[at].column.is_none()
                || items[end].row == items[at].row)
            && !(end > at && begins_a_sentence(items, end))
        {
            end += 1;
        }
        // A blank in front of a label, or a header's, belongs to no row.
        let only_blanks = items[at..end]
            .iter()
            .all(|item| matches!(item.kind, ItemKind::Blank));
        let label_follows = items[at].column.is_some()
            && only_blanks
            && items.get(end).is_some_and(|next| next.row == items[at].row);
        if label_follows {
            at = end;
            continue;
        }
        for range in split_lines(items, at..end) {
            groups.push(Group {
                items: range,
                before: std::mem::take(&mut before),
                label_start,
            });
        }
        at = end;
    }
    groups
}

/// Whether a number opens a new line of text, as `2020年…` does below a column
/// of values.
fn begins_a_sentence(items: &[Item], at: usize) -> bool {
    items[at].column.is_none()
        && items[at - 1].row != items[at].row
        && items
            .get(at + 1)
            .is_some_and(|next| next.row == items[at].row && matches!(next.kind, ItemKind::Text(_)))
}

/// Several printed rows of values without a label between them are several
/// groups.
fn split_lines(items: &[Item], range: std::ops::Range<usize>) -> Vec<std::ops::Range<usize>> {
    let mut lines: Vec<std::ops::Range<usize>> = Vec::new();
    for index in range.clone() {
        match lines.last_mut() {
            Some(line) if items[line.start].row == items[index].row => line.end = index + 1,
            _ => lines.push(index..index + 1),
        }
    }
    let width = lines.first().map_or(0, ExactSizeIterator::len);
    if lines.len() > 1 && width >= 3 && lines.iter().all(|line| line.len() == width) {
        lines
    } else {
        vec![range]
    }
}

impl Group {
    /// Label characters on the line of the values, and those behind them up to
    /// the line of the next values.
    fn words_around(&self, stream: &Stream) -> (Vec<char>, Vec<char>) {
        let items = &stream.items;
        let label = |text: &str| -> Vec<char> {
            text.chars().filter(|c| fold::is_label_char(*c)).collect()
        };
        let row = items[self.items.start].row;
        let mut line: Vec<char> = Vec::new();
        for item in items[..self.items.start].iter().rev() {
            match &item.kind {
                ItemKind::Text(text) if item.row == row => {
                    let mut longer = label(text);
                    longer.append(&mut line);
                    line = longer;
                }
                _ => break,
            }
        }
        let mut after: Vec<(u32, Vec<char>)> = Vec::new();
        let mut rest = items[self.items.end..].iter();
        for item in rest.by_ref() {
            match &item.kind {
                ItemKind::Text(text) if after.len() < 12 => after.push((item.row, label(text))),
                _ => {
                    // The next values' own line is theirs.
                    after.retain(|(at, _)| *at != item.row);
                    break;
                }
            }
        }
        line.drain(..line.len().saturating_sub(LABEL_CHARS_MAX));
        let after = after.into_iter().flat_map(|(_, text)| text).take(40);
        (line, after.collect())
    }

    fn candidate(&self, stream: &Stream) -> Candidate {
        let (line, after) = self.words_around(stream);
        let in_sentence = match self
            .items
            .start
            .checked_sub(1)
            .map(|at| &stream.items[at].kind)
        {
            Some(ItemKind::Text(text)) => has_comma(text),
            _ => false,
        };
        let mut candidate = Candidate {
            line,
            after,
            in_sentence,
            before: self.before[self.before.len().saturating_sub(LABEL_CHARS_MAX)..].to_vec(),
            separate: 0,
            blanks: 0,
            digits: 0,
        };
        for item in &stream.items[self.items.clone()] {
            match &item.kind {
                ItemKind::Blank => candidate.blanks += 1,
                ItemKind::Number(number) => {
                    candidate.separate += 1;
                    candidate.digits += number.digits.trim_start_matches(['+', '-']).len();
                }
                ItemKind::NotApplicable(_) => {
                    candidate.separate += 1;
                    candidate.digits += 1;
                }
                ItemKind::Text(_) => {}
            }
        }
        candidate
    }
}

/// Whether a comma stands in a text, outside brackets: labels have theirs
/// inside.
fn has_comma(text: &str) -> bool {
    let mut depth = 0i32;
    text.chars().any(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth <= 0 && matches!(c, ',' | ';' | '。')
    })
}

/// One row of the form to be read.
struct Wanted {
    target: Target,
    /// Cell keys of its columns.
    keys: Vec<String>,
    columns: Vec<Column>,
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
    };
    let all = 0..reader.groups.len();
    let t3 = reader.table3(all.clone());
    let t3_first = t3.iter().map(|f| f.group).min();
    let t3_last = t3.iter().map(|f| f.group).max();
    let (t2_wanted, t2) = reader.table2(0..t3_first.unwrap_or(all.end));
    let t4 = reader.table4(t3_last.map_or(0, |last| last + 1)..all.end);
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

const COUNT: Column = Column {
    kind: Kind::Count,
    scale: 1,
    yuan: false,
};

/// All rows that table 3 may have, those of both forms.
fn table3_wanted() -> Vec<Wanted> {
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

fn table4_wanted() -> Wanted {
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

fn row_sum_holds(row: &[Value]) -> bool {
    let Some((total, parts)) = row.split_last() else {
        return true;
    };
    parts.iter().map(Value::number).sum::<Decimal>() == total.number()
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
}

impl Reader<'_> {
    fn table3(&mut self, range: std::ops::Range<usize>) -> Vec<Found> {
        let wanted = table3_wanted();
        let mut found = self.rows(&wanted, range, &row_sum_holds);
        // A few numbers in prose are no table.
        let known = found.iter().filter(|f| f.sure).count();
        if known == 0 {
            return Vec::new();
        }
        choose_by_columns(&wanted, &mut found);
        found
    }

    fn table2(&mut self, range: std::ops::Range<usize>) -> (Vec<Wanted>, Vec<Found>) {
        let mut best: Option<(FormatId, Vec<Wanted>, Vec<Found>, i64)> = None;
        let start = self.table2_start(range.clone());
        let words = self.words_between(start..range.end);
        for id in [FormatId::F2021, FormatId::F2019] {
            let wanted = table2_wanted(id, &words);
            let found = self.rows(&wanted, start..range.end, &|_| true);
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

    fn table4(&mut self, range: std::ops::Range<usize>) -> Vec<Found> {
        let wanted = table4_wanted();
        for group in range.clone() {
            let candidate = &self.candidates[group];
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
            let readings = self.readings(group, &wanted, &t4_sums_hold);
            if !readings.rows.is_empty() || readings.cut {
                return vec![Found {
                    wanted: 0,
                    group,
                    sure: true,
                    readings,
                }];
            }
        }
        Vec::new()
    }

    /// Aligns and reads the rows of a table.
    fn rows(
        &self,
        wanted: &[Wanted],
        range: std::ops::Range<usize>,
        holds: &dyn Fn(&[Value]) -> bool,
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
            let readings = self.readings(group, &wanted[row], holds);
            found.push(Found {
                wanted: row,
                group,
                sure,
                readings,
            });
        }
        found
    }

    fn readings(
        &self,
        group: usize,
        wanted: &Wanted,
        holds: &dyn Fn(&[Value]) -> bool,
    ) -> Readings {
        let items = &self.stream.items[self.groups[group].items.clone()];
        let entries = self
            .by_column(items, wanted.columns.len())
            .unwrap_or_else(|| items.iter().map(|item| item.kind.clone()).collect());
        solve::readings(&entries, &wanted.columns, holds)
    }

    /// In a grid, a row with blanks is read by the columns in which the full
    /// rows of the same table have their values.
    fn by_column(&self, items: &[Item], width: usize) -> Option<Vec<ItemKind>> {
        items.first()?.column?;
        let separate = items
            .iter()
            .filter(|item| !matches!(item.kind, ItemKind::Blank))
            .count();
        if separate == width || items.len() == width {
            return None;
        }
        let columns = self.full_columns(items.first()?.place.table, width)?;
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
                let entry = (entries == keys.len()).then_some(column);
                let place = entry
                    .and_then(|entry| self.entry_place(found.group, entry))
                    .unwrap_or_else(|| place.clone());
                let certain = values.len() == 1 && found.sure && !found.readings.cut;
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

/// The rows of table 2. A heading in `万元` scales an amount kept in yuan.
fn table2_wanted(id: FormatId, words: &str) -> Vec<Wanted> {
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

/// Rows that have several readings are tried together against the sums down
/// the columns; where some combination makes all of them hold, only such
/// combinations stay.
fn choose_by_columns(wanted: &[Wanted], found: &mut [Found]) {
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
