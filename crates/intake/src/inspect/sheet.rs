//! Sheets of a workbook, read once from their stream: what cells hold, which
//! rows, columns and sheets are hidden, and numbers that reach over cells.
//!
//! The shared strings are scanned once, all in one text; a cell that points to
//! one without a hit costs nothing more.

mod book;

use std::collections::HashMap;

use gongkai_domain::inspection::{Hidden, RuleId, Spot};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

pub(super) use book::Book;

use super::office::{attribute, unescaped};
use super::{At, Inspector, Wanted, has_digits};

/// Characters of a column's heading that are set before a cell's text.
const HEADING_CHARS_MAX: usize = 30;
/// Rows in which headings are looked for.
const HEADING_ROWS: u32 = 3;
/// The widest sheet that Excel knows.
const COLUMNS_MAX: usize = 16_384;

/// Digits that may be a piece of a number, an X at the end.
fn is_piece(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = bytes
        .strip_suffix(b"X")
        .or_else(|| bytes.strip_suffix(b"x"))
        .unwrap_or(bytes);
    !bytes.is_empty() && bytes.len() <= 17 && digits.iter().all(u8::is_ascii_digit)
}

/// Whether pieces from one on make a resident's number as people cut it: one
/// sign each, or where its parts end.
fn make_a_number(lengths: &[usize]) -> bool {
    let mut end = 0;
    let mut single = true;
    for length in lengths {
        end += length;
        single &= *length == 1;
        match end {
            18 | 15 if single => return true,
            18 => return true,
            3 | 6 | 10 | 12 | 14 | 17 => {}
            1..18 if single => {}
            _ => return false,
        }
    }
    false
}

impl Inspector<'_> {
    /// One sheet.
    pub(super) fn sheet(&mut self, xml: &str, part: &str, book: &mut Book, hidden: Option<Hidden>) {
        let (name, is_hidden) = book.listed(part);
        let mut sheet = Sheet {
            name,
            hidden: hidden.or(is_hidden.then_some(Hidden::Sheet)),
            headings: HashMap::new(),
            hidden_columns: Vec::new(),
            row: 0,
            is_row_hidden: false,
            column: 0,
            pieces: Vec::new(),
            hidden_cells: 0,
        };
        let mut reader = Reader::from_str(xml);
        reader.config_mut().check_end_names = false;
        let mut cell = Cell::default();
        let mut within = Within::Nothing;
        let mut element = String::new();
        let mut rows = 0u32;
        loop {
            let event = match reader.read_event() {
                Ok(event) => event,
                Err(_) => {
                    self.tell(RuleId::Damaged, Spot::Whole, None, "XML");
                    break;
                }
            };
            match event {
                Event::Start(tag) => match tag.local_name().into_inner() {
                    "c" => {
                        sheet.begin(&tag, &mut cell);
                        within = Within::Nothing;
                    }
                    "v" => within = Within::Value,
                    "t" if cell.is_open => within = Within::Value,
                    "f" if cell.is_open => within = Within::Formula,
                    "row" => {
                        rows += 1;
                        if rows.is_multiple_of(256) && self.is_late() {
                            return;
                        }
                        sheet.begin_row(&tag);
                    }
                    "rPh" => within = Within::Nothing,
                    other if !cell.is_open => {
                        other.clone_into(&mut element);
                        within = Within::Other;
                        sheet.column_or_value(&tag);
                        self.machinery(&tag, sheet.hidden);
                    }
                    _ => {}
                },
                Event::Empty(tag) => match tag.local_name().into_inner() {
                    "c" | "v" | "t" | "f" => {
                        if tag.local_name().into_inner() == "c" {
                            sheet.column += 1;
                        }
                    }
                    "row" => sheet.begin_row(&tag),
                    _ => {
                        sheet.column_or_value(&tag);
                        self.machinery(&tag, sheet.hidden);
                    }
                },
                Event::Text(text) => match within {
                    Within::Value => cell.value.push_str(&text.xml10_content()),
                    Within::Formula => cell.formula.push_str(&text.xml10_content()),
                    Within::Other => {
                        let text = text.xml10_content();
                        let is_shown = element.ends_with("Header") || element.ends_with("Footer");
                        let wanted = if is_shown {
                            Wanted::All
                        } else {
                            Wanted::Numbers
                        };
                        let own = sheet.hidden.or((!is_shown).then_some(Hidden::Machinery));
                        if !text.trim().is_empty() {
                            self.scan(&text, At::Part, own, wanted);
                        }
                    }
                    Within::Nothing => {}
                },
                Event::GeneralRef(reference) => {
                    let name: &str = &reference;
                    let plain = unescaped(&format!("&{name};"));
                    match within {
                        Within::Value => cell.value.push_str(&plain),
                        Within::Formula => cell.formula.push_str(&plain),
                        _ => {}
                    }
                }
                Event::CData(text) if within == Within::Value => {
                    cell.value.push_str(&text.xml10_content());
                }
                Event::End(tag) => match tag.local_name().into_inner() {
                    "c" => {
                        self.cell(&mut sheet, &mut cell, book);
                        cell.is_open = false;
                        within = Within::Nothing;
                    }
                    "row" => self.end_row(&mut sheet, book),
                    _ => within = Within::Nothing,
                },
                Event::DocType(_) => {
                    self.tell(RuleId::Entities, Spot::Whole, None, "DOCTYPE");
                    return;
                }
                Event::Comment(text) => {
                    let own = sheet.hidden.or(Some(Hidden::Machinery));
                    self.scan(&text.xml10_content(), At::Part, own, Wanted::Numbers);
                }
                Event::Eof => break,
                _ => {}
            }
        }
        self.end_row(&mut sheet, book);
        if sheet.hidden_cells > 0 {
            let spot = Spot::Cell {
                sheet: sheet.name.clone(),
                cell: String::new(),
            };
            self.tell(
                RuleId::HiddenContent,
                spot,
                Some(Hidden::RowOrColumn),
                sheet.hidden_cells.to_string(),
            );
        }
    }

    /// Values of attributes that hold a number of a person.
    fn machinery(&mut self, tag: &BytesStart<'_>, hidden: Option<Hidden>) {
        for a in tag.attributes().with_checks(false).flatten() {
            let key = a.key.local_name().into_inner();
            if a.value.len() >= 11 && !matches!(key, "uid" | "id") && has_digits(&a.value, 11) {
                let own = hidden.or(Some(Hidden::Machinery));
                let value = unescaped(&a.value);
                self.scan(&value, At::Part, own, Wanted::Numbers);
            }
        }
    }

    fn cell(&mut self, sheet: &mut Sheet, cell: &mut Cell, book: &mut Book) {
        let hidden = sheet.hides(cell.column);
        if !cell.formula.is_empty() {
            let upper = cell.formula.to_ascii_uppercase();
            let starts = upper.contains("WEBSERVICE(")
                || upper.contains("|'") && upper.contains('!')
                || upper.starts_with("CMD|");
            if starts {
                self.tell(RuleId::Remote, sheet.spot(cell.column), hidden, "DDE");
            }
            if has_digits(&cell.formula, 11) {
                let name = sheet.reference(cell.column);
                let formula = std::mem::take(&mut cell.formula);
                let own = hidden.or(Some(Hidden::Machinery));
                self.scan(&formula, At::Cell(&sheet.name, &name), own, Wanted::Numbers);
            }
        }
        if cell.value.is_empty() {
            return;
        }
        if hidden == Some(Hidden::RowOrColumn) {
            sheet.hidden_cells += 1;
        }
        let index = match cell.kind {
            CellKind::Shared => cell.value.trim().parse::<usize>().ok(),
            _ => None,
        };
        if let Some(index) = index {
            let Some(note) = book.notes.get_mut(index) else {
                return;
            };
            note.is_used = true;
            let note = *note;
            if sheet.row <= HEADING_ROWS {
                sheet.heading(cell.column, book.string(index));
            }
            if note.is_piece {
                sheet.pieces.push(PieceOfRow {
                    column: cell.column,
                    text: PieceText::Shared(index),
                });
            }
            if note.has_hits {
                let text = book.string(index).to_owned();
                self.cell_text(sheet, cell.column, &text, hidden);
            }
            return;
        }
        if cell.kind == CellKind::Text {
            if sheet.row <= HEADING_ROWS {
                sheet.heading(cell.column, &cell.value);
            }
            if is_piece(&cell.value) {
                sheet.pieces.push(PieceOfRow {
                    column: cell.column,
                    text: PieceText::Own(cell.value.clone()),
                });
            }
            let text = std::mem::take(&mut cell.value);
            self.cell_text(sheet, cell.column, &text, hidden);
            return;
        }
        // A number. Fifteen digits are all that a spreadsheet keeps of one.
        let plain = plain_number(&cell.value);
        let text = plain.as_deref().unwrap_or(&cell.value);
        if is_piece(text) {
            sheet.pieces.push(PieceOfRow {
                column: cell.column,
                text: PieceText::Own(text.to_owned()),
            });
        }
        if text.len() >= 11 && has_digits(text, 11) && !text.contains('.') {
            let text = text.to_owned();
            self.cell_text(sheet, cell.column, &text, hidden);
        }
    }

    /// Scans a cell, its column's heading before it: that a number is one of a
    /// parcel is said there.
    fn cell_text(&mut self, sheet: &Sheet, column: u32, text: &str, hidden: Option<Hidden>) {
        let name = sheet.reference(column);
        let at = At::Cell(&sheet.name, &name);
        match sheet.headings.get(&column) {
            Some(heading) if heading != text && (has_digits(text, 11) || names_a_home(heading)) => {
                let whole = format!("{heading}：{text}");
                self.scan(&whole, at, hidden, Wanted::Numbers);
                self.scan_words(text, at, hidden);
            }
            _ => self.scan(text, at, hidden, Wanted::All),
        }
    }

    fn scan_words(&mut self, text: &str, at: At<'_>, hidden: Option<Hidden>) {
        let mut hits = Vec::new();
        self.scanner.scan_words(text, &mut hits);
        let mut cursor = super::told::Cursor::default();
        for hit in hits {
            self.hit(text, hit, at, hidden, &mut cursor);
        }
    }

    /// Numbers that reach over cells.
    fn end_row(&mut self, sheet: &mut Sheet, book: &Book) {
        let pieces = std::mem::take(&mut sheet.pieces);
        let length = |piece: &PieceOfRow| match &piece.text {
            PieceText::Shared(index) => book.string(*index).len(),
            PieceText::Own(text) => text.len(),
        };
        if pieces.len() > 1 {
            let lengths: Vec<usize> = pieces.iter().map(length).collect();
            let mut first = 0;
            while first + 1 < pieces.len() {
                // As far as the columns stand side by side.
                let mut last = first;
                while last + 1 < pieces.len()
                    && last - first < 18
                    && pieces[last + 1].column == pieces[last].column + 1
                {
                    last += 1;
                }
                if last > first && make_a_number(&lengths[first..=last]) {
                    let texts: Vec<&str> = pieces[first..=last]
                        .iter()
                        .map(|piece| match &piece.text {
                            PieceText::Shared(index) => book.string(*index),
                            PieceText::Own(text) => text,
                        })
                        .collect();
                    let row = texts.join("\t");
                    let column = pieces[first].column;
                    let name = sheet.reference(column);
                    let hidden = sheet.hides(column);
                    self.scan(&row, At::Cell(&sheet.name, &name), hidden, Wanted::Across);
                }
                first += 1;
            }
        }
        sheet.pieces = pieces;
        sheet.pieces.clear();
    }
}

/// Whether a column is one of homes.
fn names_a_home(heading: &str) -> bool {
    ["住址", "家庭地址", "居住地址", "现住", "户籍"]
        .iter()
        .any(|word| heading.contains(word))
}

/// A float as the digits it stands for, where it is a whole number.
fn plain_number(value: &str) -> Option<String> {
    if !value.contains(['E', 'e']) && !value.ends_with(".0") {
        return None;
    }
    let number: f64 = value.parse().ok()?;
    let is_whole = number.fract() == 0.0 && (0.0..1e18).contains(&number);
    is_whole.then(|| format!("{number:.0}"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    Value,
    Formula,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum CellKind {
    #[default]
    Number,
    Shared,
    Text,
}

#[derive(Debug, Default)]
struct Cell {
    is_open: bool,
    column: u32,
    kind: CellKind,
    value: String,
    formula: String,
}

#[derive(Debug)]
enum PieceText {
    Shared(usize),
    Own(String),
}

#[derive(Debug)]
struct PieceOfRow {
    column: u32,
    text: PieceText,
}

struct Sheet {
    name: String,
    hidden: Option<Hidden>,
    /// The first text of a column.
    headings: HashMap<u32, String>,
    /// First and last of hidden columns, from 1.
    hidden_columns: Vec<(u32, u32)>,
    row: u32,
    is_row_hidden: bool,
    /// The last column seen, from 1.
    column: u32,
    pieces: Vec<PieceOfRow>,
    hidden_cells: u32,
}

impl Sheet {
    fn begin_row(&mut self, tag: &BytesStart<'_>) {
        self.row += 1;
        self.column = 0;
        self.is_row_hidden = false;
        for a in tag.attributes().with_checks(false).flatten() {
            match a.key.local_name().into_inner() {
                "r" => self.row = a.value.parse().unwrap_or(self.row),
                "hidden" => self.is_row_hidden = matches!(&*a.value, "1" | "true"),
                "ht" => self.is_row_hidden |= a.value.parse::<f32>().is_ok_and(|ht| ht < 1.0),
                _ => {}
            }
        }
    }

    fn begin(&mut self, tag: &BytesStart<'_>, cell: &mut Cell) {
        cell.is_open = true;
        cell.kind = CellKind::Number;
        cell.value.clear();
        cell.formula.clear();
        self.column += 1;
        for a in tag.attributes().with_checks(false).flatten() {
            match a.key.into_inner() {
                "r" => {
                    let letters = a.value.bytes().take_while(u8::is_ascii_alphabetic);
                    let column = letters.fold(0u32, |sum, letter| {
                        sum.saturating_mul(26)
                            .saturating_add(u32::from(letter.to_ascii_uppercase() - b'A') + 1)
                    });
                    if (1..=COLUMNS_MAX).contains(&usize::try_from(column).unwrap_or(0)) {
                        self.column = column;
                    }
                }
                "t" => {
                    cell.kind = match &*a.value {
                        "s" => CellKind::Shared,
                        "str" | "inlineStr" => CellKind::Text,
                        _ => CellKind::Number,
                    };
                }
                _ => {}
            }
        }
        cell.column = self.column;
    }

    /// `<col min max hidden>`.
    fn column_or_value(&mut self, tag: &BytesStart<'_>) {
        if tag.local_name().into_inner() != "col" {
            return;
        }
        let number = |name| attribute(tag, name).and_then(|value| value.parse::<u32>().ok());
        let is_narrow = attribute(tag, "width")
            .and_then(|w| w.parse::<f32>().ok())
            .is_some_and(|w| w < 0.2);
        let is_hidden = matches!(attribute(tag, "hidden").as_deref(), Some("1" | "true"));
        if is_hidden || is_narrow {
            let min = number("min").unwrap_or(1);
            self.hidden_columns
                .push((min, number("max").unwrap_or(min)));
        }
    }

    fn hides(&self, column: u32) -> Option<Hidden> {
        let in_column = || {
            self.hidden_columns
                .iter()
                .any(|(min, max)| (*min..=*max).contains(&column))
        };
        self.hidden
            .or_else(|| (self.is_row_hidden || in_column()).then_some(Hidden::RowOrColumn))
    }

    fn heading(&mut self, column: u32, text: &str) {
        if text.is_empty() || is_piece(text) || has_digits(text, 7) {
            return;
        }
        // A title over all columns stands before the heading: both are kept.
        let heading = self.headings.entry(column).or_default();
        let left = HEADING_CHARS_MAX.saturating_sub(heading.chars().count());
        heading.extend(text.chars().take(left));
    }

    fn reference(&self, column: u32) -> String {
        let mut letters = Vec::new();
        let mut rest = column;
        while rest > 0 {
            letters.push(char::from(
                b'A' + u8::try_from((rest - 1) % 26).unwrap_or(0),
            ));
            rest = (rest - 1) / 26;
        }
        let column: String = letters.iter().rev().collect();
        format!("{column}{}", self.row)
    }

    fn spot(&self, column: u32) -> Spot {
        Spot::Cell {
            sheet: self.name.clone(),
            cell: self.reference(column),
        }
    }
}
