//! A table alone, as people keep lists: one sheet of a workbook, or
//! comma-separated text in the encodings that Chinese offices use.

use std::ops::Range;

use csv::{ReaderBuilder, StringRecord};
use gongkai_domain::report::document::{Block, Grid};
use gongkai_domain::table::unguarded;

use crate::error::IntakeError;
use crate::kind::{self, FileKind};
use crate::limits::{Deadline, Limits, Meter};
use crate::text;
use crate::xlsx::{self, Dates};

/// Reads a table: rows of cells, where a spreadsheet would show them, empty
/// rows too. Dates of a workbook are days as `YYYY-MM-DD`.
///
/// # Errors
/// [`IntakeError`]; a workbook of which several sheets hold something is
/// refused, because nobody can tell which is meant.
pub fn read(
    bytes: &[u8],
    name: &str,
    limits: &Limits,
    deadline: &dyn Deadline,
) -> Result<Vec<Vec<String>>, IntakeError> {
    if bytes.len() > limits.file_bytes_max {
        return Err(IntakeError::FileTooLarge {
            max: limits.file_bytes_max,
        });
    }
    let unsupported = |kind| Err(IntakeError::UnsupportedKind { kind });
    match kind::of(bytes, name)? {
        FileKind::Xlsx => workbook(bytes, limits, deadline),
        FileKind::Text | FileKind::Markdown => separated(bytes, limits, deadline),
        FileKind::Html => unsupported("HTML"),
        FileKind::Docx => unsupported("DOCX"),
        FileKind::Pdf => unsupported("PDF"),
    }
}

fn workbook(
    bytes: &[u8],
    limits: &Limits,
    deadline: &dyn Deadline,
) -> Result<Vec<Vec<String>>, IntakeError> {
    let document = xlsx::read(bytes, Dates::AsDays, limits, deadline)?;
    let mut grids = document.blocks.iter().filter_map(|block| match block {
        Block::Grid(grid) if grid.cells.iter().any(|cell| !cell.text.trim().is_empty()) => {
            Some(grid)
        }
        _ => None,
    });
    let grid = grids.next().ok_or(IntakeError::Empty)?;
    if grids.next().is_some() {
        return Err(IntakeError::SeveralSheets);
    }
    rows_of(grid, limits)
}

/// The cells at their places in the sheet: what is told of a row names the row
/// that the spreadsheet shows.
fn rows_of(grid: &Grid, limits: &Limits) -> Result<Vec<Vec<String>>, IntakeError> {
    let too_many = || IntakeError::TooManyCells {
        max: limits.cells_max,
    };
    let index = |number: Option<u32>| {
        let number = number.and_then(|number| number.checked_sub(1));
        usize::try_from(number.unwrap_or(0)).map_err(|_| too_many())
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    for cell in grid.cells.iter().filter(|cell| !cell.text.is_empty()) {
        let (row, column) = (index(cell.place.row)?, index(cell.place.column)?);
        if row >= limits.cells_max {
            return Err(too_many());
        }
        if rows.len() <= row {
            rows.resize_with(row + 1, Vec::new);
        }
        if rows[row].len() <= column {
            rows[row].resize_with(column + 1, String::new);
        }
        rows[row][column].clone_from(&cell.text);
    }
    Ok(rows)
}

fn damaged(reason: impl ToString) -> IntakeError {
    IntakeError::Damaged {
        kind: "CSV",
        reason: reason.to_string(),
    }
}

fn separated(
    bytes: &[u8],
    limits: &Limits,
    deadline: &dyn Deadline,
) -> Result<Vec<Vec<String>>, IntakeError> {
    let text = text::decode(bytes);
    let text = text.trim_start_matches('\u{feff}');
    // A character that could not be read would stand in a name ever after.
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err(damaged("a character cannot be read"));
    }
    let mut meter = Meter::new(limits, deadline);
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut record = StringRecord::new();
    let mut start = reader.position().byte();
    while reader.read_record(&mut record).map_err(damaged)? {
        let end = reader.position().byte();
        for _ in 0..blank_lines(text, start..end) {
            meter.cell()?;
            rows.push(Vec::new());
        }
        start = end;
        for _ in 0..record.len() {
            meter.cell()?;
        }
        rows.push(
            record
                .iter()
                .map(|cell| unguarded(cell).to_owned())
                .collect(),
        );
    }
    if rows.is_empty() {
        return Err(IntakeError::Empty);
    }
    Ok(rows)
}

/// What stands between the cells: spreadsheets write tabs and, in some
/// countries, semicolons; the first line tells.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or("");
    let count = |sign: &u8| first.bytes().filter(|byte| byte == sign).count();
    // The last of the greatest, so that the comma is taken where all are alike.
    [b';', b'\t', b',']
        .into_iter()
        .max_by_key(count)
        .unwrap_or(b',')
}

/// Empty lines before a record, which the reader of records passes over
/// though a spreadsheet shows them.
fn blank_lines(text: &str, range: Range<u64>) -> usize {
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    let (start, end) = (place(range.start), place(range.end));
    let bytes = text.as_bytes();
    let record = bytes.get(start..end).unwrap_or_default();
    let ends = |byte: &&u8| matches!(**byte, b'\r' | b'\n');
    let mut before: &[u8] = &record[..record.iter().take_while(ends).count()];
    // The second half of the end of the record before.
    let is_rest = start > 0 && bytes[start - 1] == b'\r';
    if let (true, Some(rest)) = (is_rest, before.strip_prefix(b"\n")) {
        before = rest;
    }
    let pairs = before.windows(2).filter(|pair| pair == b"\r\n").count();
    before.len() - pairs
}

#[cfg(test)]
mod tests {
    use encoding_rs::GB18030;

    use super::*;

    fn read_text(bytes: &[u8]) -> Result<Vec<Vec<String>>, IntakeError> {
        read(bytes, "table.csv", &Limits::default(), &|| false)
    }

    fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
        let row = |row: &&[&str]| row.iter().map(|cell| (*cell).to_owned()).collect();
        rows.iter().map(row).collect()
    }

    #[test]
    fn separated_text_of_every_office_is_read_alike() {
        let text = "机关名称,备注\r\n李𬴂·局,\"甲,乙\n\"\"丙\"\"\"\r\n'=1,'甲\r\n";
        let expected = rows(&[
            &["机关名称", "备注"],
            &["李𬴂·局", "甲,乙\n\"丙\""],
            &["=1", "'甲"],
        ]);
        let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        let national = GB18030.encode(text).0.into_owned();
        for bytes in [text.as_bytes().to_vec(), marked, national] {
            assert_eq!(read_text(&bytes), Ok(expected.clone()));
        }
        assert_eq!(
            read_text("甲\t乙,丙\t丁\n".as_bytes()),
            Ok(rows(&[&["甲", "乙,丙", "丁"]]))
        );
    }

    #[test]
    fn empty_lines_are_counted_as_a_spreadsheet_counts() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "", "", "c", "d", "", "e"].join(end);
            let expected = rows(&[&["a", "b"], &[], &[], &["c"], &["d"], &[], &["e"]]);
            assert_eq!(read_text(text.as_bytes()), Ok(expected), "{end:?}");
        }
    }

    #[test]
    fn what_is_no_table_is_refused() {
        let broken = [b"\xef\xbb\xbfa,".as_slice(), b"\xff\xfe\xfd"].concat();
        assert!(matches!(
            read_text(&broken),
            Err(IntakeError::Damaged { .. })
        ));
        assert_eq!(read_text(b""), Err(IntakeError::Empty));
        let page = read_text(b"<html><table><tr><td>a</td></tr></table></html>");
        assert_eq!(page, Err(IntakeError::UnsupportedKind { kind: "HTML" }));
    }
}
