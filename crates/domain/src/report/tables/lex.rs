//! From blocks to items: texts, numbers and blanks in reading order.
//!
//! Owns what separates two cells in a flattened table (bars, line ends,
//! spaces, nothing at all) and what belongs to a label rather than to a value
//! (ordinals such as `1.`). It knows no label of the form.

use crate::report::document::{Block, Document, Grid, GridCell, Place};
use crate::report::fold;

/// A number as it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawNumber {
    /// Digits, with a leading sign and a decimal part, without thousands marks.
    pub digits: String,
    /// Unit written after it, folded: `元`, `万元`, `件` ...
    pub unit: String,
}

/// One item of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemKind {
    /// Text between values, folded, without spaces.
    Text(String),
    /// A number.
    Number(RawNumber),
    /// A sign for "not applicable": `/`, `-`, `无`.
    NotApplicable(String),
    /// A cell without content.
    Blank,
}

/// An item with where it stood.
#[derive(Debug, Clone)]
pub struct Item {
    /// What it is.
    pub kind: ItemKind,
    /// Where it stood.
    pub place: Place,
    /// Items of one printed line, or of one row of a grid, share this.
    pub row: u32,
    /// Column and span, in a grid.
    pub column: Option<(u32, u32)>,
    /// Range in the full text (characters); empty for grids.
    pub start: usize,
    /// End of that range.
    pub end: usize,
}

impl Item {
    /// Whether the item can be the content of a value cell.
    pub fn is_value(&self) -> bool {
        !matches!(self.kind, ItemKind::Text(_))
    }
}

/// A document as one stream.
#[derive(Debug, Default)]
pub struct Stream {
    /// The items in reading order.
    pub items: Vec<Item>,
    /// The text of all lines, folded, character for character.
    pub text: Vec<char>,
    /// Characters that stood otherwise, by position.
    originals: Vec<(usize, char)>,
    /// For each line: start in the text, place, and whether it may wrap.
    pub lines: Vec<(usize, Place, bool)>,
    /// Positions in `text` at which a grid stands.
    pub grids_at: Vec<usize>,
    /// Where the texts began that no value has ended yet.
    texts_from: usize,
}

/// Of texts that follow each other without a value, only the first and the
/// last can be parts of labels; the middle of long prose is not kept.
const TEXTS_FIRST: usize = 16;
/// See [`TEXTS_FIRST`].
const TEXTS_LAST: usize = 64;

impl Stream {
    /// Reads a document into a stream.
    pub fn of(document: Document) -> Self {
        let mut stream = Self::default();
        // A long text is taken over line by line; room for it is made once.
        let characters = document.blocks.iter().map(|block| match block {
            Block::Line(line) => line.text.chars().count() + 1,
            Block::Grid(_) => 0,
        });
        stream.text.reserve_exact(characters.sum());
        let mut row = 0;
        for block in document.blocks {
            match block {
                Block::Line(line) => {
                    let start = stream.text.len();
                    for c in line.text.chars() {
                        let folded = fold::fold_char(c);
                        if folded != c {
                            stream.originals.push((stream.text.len(), c));
                        }
                        stream.text.push(folded);
                    }
                    let end = stream.text.len();
                    stream.text.push('\n');
                    stream.line(start, end, &line.place, &mut row);
                    stream.lines.push((start, line.place, line.may_wrap));
                }
                Block::Grid(grid) => {
                    stream.grids_at.push(stream.text.len());
                    stream.grid(&grid, &mut row);
                }
            }
        }
        stream
    }

    /// The place of a position in the text.
    pub fn place_at(&self, position: usize) -> Place {
        let index = self
            .lines
            .partition_point(|(start, _, _)| *start <= position);
        index
            .checked_sub(1)
            .map_or_else(Place::default, |i| self.lines[i].1.clone())
    }

    /// A character as it stood.
    pub fn original(&self, position: usize) -> char {
        self.originals
            .binary_search_by_key(&position, |(at, _)| *at)
            .map_or(self.text[position], |found| self.originals[found].1)
    }

    /// The text of a range as it stood.
    pub fn original_text(&self, start: usize, end: usize) -> String {
        (start..end)
            .map(|position| self.original(position))
            .collect()
    }

    fn push(&mut self, kind: ItemKind, place: &Place, row: u32, start: usize, end: usize) {
        if !matches!(kind, ItemKind::Text(_)) {
            self.texts_from = self.items.len() + 1;
        } else if self.items.len() > self.texts_from + TEXTS_FIRST + 2 * TEXTS_LAST {
            let from = self.texts_from + TEXTS_FIRST;
            self.items.drain(from..from + TEXTS_LAST);
        }
        self.items.push(Item {
            kind,
            place: place.clone(),
            row,
            column: None,
            start,
            end,
        });
    }

    /// Splits a line at its bars and reads the fields.
    fn line(&mut self, start: usize, end: usize, place: &Place, row: &mut u32) {
        *row += 1;
        if is_page_number(&self.text[start..end]) {
            return;
        }
        let bars: Vec<usize> = (start..end).filter(|i| self.text[*i] == '|').collect();
        if bars.is_empty() {
            self.field(start, end, place, *row);
            return;
        }
        let blank = |stream: &Self, from: usize, to: usize| {
            stream.text[from..to]
                .iter()
                .all(|c| c.is_whitespace() || *c == '|')
        };
        if blank(self, start, end) {
            for bar in bars {
                self.push(ItemKind::Blank, place, *row, bar, bar + 1);
            }
            return;
        }
        let is_rule = self.text[start..end]
            .iter()
            .all(|c| matches!(c, '|' | '-' | ':' | ' '));
        if is_rule {
            return;
        }
        let mut from = start;
        for (index, to) in bars.iter().copied().chain([end]).enumerate() {
            let outer = index == 0 || to == end;
            if !blank(self, from, to) {
                self.field(from, to, place, *row);
            } else if !outer {
                self.push(ItemKind::Blank, place, *row, from, to);
            }
            from = to + 1;
        }
    }

    /// Reads a stretch of text that no bar divides.
    fn field(&mut self, start: usize, end: usize, place: &Place, row: u32) {
        let mut items = Vec::new();
        lex(&self.text[start..end], &mut items);
        for (kind, from, to) in items {
            self.push(kind, place, row, start + from, start + to);
        }
    }

    fn grid(&mut self, grid: &Grid, row: &mut u32) {
        let at = self.text.len();
        let mut current = None;
        for cell in &grid.cells {
            if current != Some(cell.row) {
                *row += 1;
                current = Some(cell.row);
            }
            for kind in grid_cell(cell) {
                self.texts_from = self.items.len() + 1;
                self.items.push(Item {
                    kind,
                    place: cell.place.clone(),
                    row: *row,
                    column: Some((cell.column, cell.column_span)),
                    start: at,
                    end: at,
                });
            }
        }
    }
}

/// Whether a line is nothing but the number of a page: `- 3 -`, `第 3 页`.
fn is_page_number(line: &[char]) -> bool {
    let bare: Vec<char> = line
        .iter()
        .copied()
        .filter(|c| !c.is_whitespace())
        .collect();
    let digits = bare.iter().filter(|c| c.is_ascii_digit()).count();
    if digits == 0 || digits > 8 {
        return false;
    }
    let rest: String = bare.iter().filter(|c| !c.is_ascii_digit()).collect();
    matches!(
        rest.as_str(),
        "--" | "——"
            | "———"
            | "————"
            | "第页"
            | "第页共页"
            | "第页/共页"
            | "第页,共页"
            | "第页(共页)"
    ) && !bare.first().is_some_and(char::is_ascii_digit)
}

/// The items of a grid cell: one value, one text, or, where a whole row was
/// crammed into a cell, several.
fn grid_cell(cell: &GridCell) -> Vec<ItemKind> {
    let text: Vec<char> = cell.text.chars().map(fold::fold_char).collect();
    if text.iter().all(|c| c.is_whitespace()) {
        return vec![ItemKind::Blank];
    }
    let mut items = Vec::new();
    lex(&text, &mut items);
    let values = items
        .iter()
        .filter(|(kind, _, _)| !matches!(kind, ItemKind::Text(_)))
        .count();
    let starts_with_value = items
        .first()
        .is_some_and(|(kind, _, _)| !matches!(kind, ItemKind::Text(_)));
    if values == 0 || (!starts_with_value && values < 3) {
        let text = text.into_iter().filter(|c| !c.is_whitespace()).collect();
        return vec![ItemKind::Text(text)];
    }
    if starts_with_value && values == 1 {
        items.truncate(1);
    }
    items.into_iter().map(|(kind, _, _)| kind).collect()
}

/// Characters that may stand alone in a cell for "not applicable".
fn is_not_applicable(c: char) -> bool {
    matches!(c, '/' | '-' | '—' | '\\' | '无')
}

fn lex(text: &[char], items: &mut Vec<(ItemKind, usize, usize)>) {
    let mut at = 0;
    let mut words = String::new();
    let mut words_start = 0;
    while at < text.len() {
        let c = text[at];
        if c.is_whitespace() {
            at += 1;
            continue;
        }
        if words.is_empty()
            && let Some(end) = lone_mark(text, at)
        {
            let raw = text[at..end].iter().collect();
            items.push((ItemKind::NotApplicable(raw), at, end));
            at = end;
            continue;
        }
        if let Some(number) = Scan::number(text, at) {
            if number.value_end > at {
                flush(items, &mut words, words_start, at);
                let raw = RawNumber {
                    digits: number.digits,
                    unit: number.unit,
                };
                items.push((ItemKind::Number(raw), at, number.value_end));
            }
            at = number.value_end;
            if number.ordinal {
                words_start = at;
                words.push(text[at]);
                words.push('.');
                at = number.after_ordinal;
            } else {
                at = skip_note(text, at);
            }
            continue;
        }
        if words.is_empty() {
            words_start = at;
        }
        words.push(c);
        at += 1;
    }
    flush(items, &mut words, words_start, at);
}

fn flush(items: &mut Vec<(ItemKind, usize, usize)>, words: &mut String, start: usize, end: usize) {
    if !words.is_empty() {
        items.push((ItemKind::Text(std::mem::take(words)), start, end));
    }
}

/// A mark for "not applicable" that stands between spaces or alone.
fn lone_mark(text: &[char], at: usize) -> Option<usize> {
    if at > 0 && !text[at - 1].is_whitespace() {
        return None;
    }
    let length = text[at..]
        .iter()
        .take_while(|c| is_not_applicable(**c))
        .count();
    let end = at + length;
    let closed = text.get(end).is_none_or(|c| c.is_whitespace());
    (length > 0 && length <= 3 && closed).then_some(end)
}

/// A note in brackets right after a number, such as `5（其中网上3）`.
fn skip_note(text: &[char], at: usize) -> usize {
    if text.get(at) != Some(&'(') {
        return at;
    }
    let Some(close) = text[at..].iter().take(40).position(|c| *c == ')') else {
        return at;
    };
    let inside: String = text[at + 1..at + close].iter().collect();
    let is_note = ["其中", "含", "注", "包括"]
        .iter()
        .any(|word| inside.starts_with(word));
    if is_note { at + close + 1 } else { at }
}

/// A number at a position, and where the label after it begins.
struct Scan {
    digits: String,
    unit: String,
    /// End of the value; equals the start when the digits are an ordinal.
    value_end: usize,
    /// Whether the last digit is the ordinal of the label that follows.
    ordinal: bool,
    /// Behind the ordinal and its point.
    after_ordinal: usize,
}

impl Scan {
    fn number(text: &[char], at: usize) -> Option<Self> {
        let mut end = at;
        let mut digits = String::new();
        if matches!(text[at], '+' | '-')
            && text.get(at + 1).is_some_and(char::is_ascii_digit)
            && (at == 0 || !text[at - 1].is_ascii_alphabetic())
        {
            if text[at] == '-' {
                digits.push('-');
            } else {
                digits.push('+');
            }
            end += 1;
        }
        if !text.get(end)?.is_ascii_digit() {
            return None;
        }
        let mut decimal = false;
        while let Some(c) = text.get(end) {
            let digit_after = |n: usize| text.get(end + n).is_some_and(char::is_ascii_digit);
            if c.is_ascii_digit() {
                digits.push(*c);
                end += 1;
            } else if *c == '.' && !decimal && digit_after(1) {
                decimal = true;
                digits.push('.');
                end += 1;
            } else if *c == ','
                && !decimal
                && (1..=3).all(digit_after)
                && !digit_after(4)
                && Self::thousands_before(&digits)
            {
                end += 1;
            } else {
                break;
            }
        }
        if let Some(after_ordinal) = ordinal_point(text, end).filter(|_| !decimal) {
            digits.pop();
            return Some(Self {
                digits,
                unit: String::new(),
                value_end: end - 1,
                ordinal: true,
                after_ordinal,
            });
        }
        let unit_end = unit_end(text, end);
        Some(Self {
            digits,
            unit: text[end..unit_end].iter().collect(),
            value_end: unit_end,
            ordinal: false,
            after_ordinal: unit_end,
        })
    }

    /// Whether the digits so far can stand before a thousands mark.
    fn thousands_before(digits: &str) -> bool {
        let plain = digits.trim_start_matches(['+', '-']);
        !plain.starts_with('0') && (1..=9).contains(&plain.len())
    }
}

/// If a point or comma and then a Chinese word follow, the position behind it.
fn ordinal_point(text: &[char], at: usize) -> Option<usize> {
    let mut next = at;
    while text.get(next) == Some(&' ') {
        next += 1;
    }
    if !matches!(text.get(next)?, '.' | '、' | '．') {
        return None;
    }
    let mut word = next + 1;
    while text.get(word).is_some_and(|c| c.is_whitespace()) {
        word += 1;
    }
    text.get(word)
        .is_some_and(|c| fold::is_han(*c) || *c == '"')
        .then_some(next + 1)
}

fn unit_end(text: &[char], at: usize) -> usize {
    let mut end = at;
    if matches!(text.get(end), Some('万' | '亿')) {
        end += 1;
    }
    if matches!(
        text.get(end),
        Some('元' | '件' | '条' | '个' | '笔' | '项' | '辆' | '宗' | '篇' | '次' | '份' | '家')
    ) {
        end += 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<String> {
        let stream = Stream::of(Document::from_text(text));
        stream
            .items
            .into_iter()
            .map(|item| match item.kind {
                ItemKind::Text(text) => text,
                ItemKind::Number(n) => format!("#{}{}", n.digits, n.unit),
                ItemKind::NotApplicable(_) => "n/a".to_owned(),
                ItemKind::Blank => "_".to_owned(),
            })
            .collect()
    }

    #[test]
    fn a_flattened_row_becomes_label_and_values() {
        let table: [(&str, &[&str]); 12] = [
            ("规章 | 0 | 12 | 3 |", &["规章", "#0", "#12", "#3"]),
            (
                "1.属于国家秘密 0 / - 2",
                &["1.属于国家秘密", "#0", "n/a", "n/a", "#2"],
            ),
            (
                "1.属于国家秘密00000002.其他法律",
                &["1.属于国家秘密", "#0000000", "2.其他法律"],
            ),
            ("行政许可 | 0 | ||", &["行政许可", "#0", "_", "_"]),
            ("| 规章 | | 0 |", &["规章", "_", "#0"]),
            ("||", &["_", "_"]),
            ("| --- | --- |", &[]),
            ("采购 2笔 984361元", &["采购", "#2笔", "#984361元"]),
            ("总额 592万元", &["总额", "#592万元"]),
            (
                "行政处罚2648-18538行政强制",
                &["行政处罚", "#2648", "#-18538", "行政强制"],
            ),
            ("收到 1,234,567 件", &["收到", "#1234567", "件"]),
            ("５（其中网上3件）0", &["#5", "#0"]),
        ];
        for (text, expected) in table {
            assert_eq!(kinds(text), expected, "{text}");
        }
    }

    #[test]
    fn decimals_are_values_and_ordinals_are_labels() {
        assert_eq!(kinds("收费 59237.2449"), ["收费", "#59237.2449"]);
        assert_eq!(kinds("0 2. 重复申请"), ["#0", "2.重复申请"]);
        assert_eq!(kinds("17、重复申请"), ["#1", "7.重复申请"]);
    }
}
