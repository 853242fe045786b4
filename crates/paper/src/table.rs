//! A table of texts for a spreadsheet. No cell is ever run: in a workbook all
//! are texts, and in comma-separated text those that a spreadsheet would take
//! for a formula are guarded ([`gongkai_domain::table`]).

use gongkai_domain::table::guarded;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

/// Why a table was not written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// As a workbook.
    #[error("the workbook could not be written")]
    Workbook(#[from] XlsxError),
    /// As comma-separated text.
    #[error("the comma-separated text could not be written")]
    Separated(#[from] csv::Error),
    /// More rows or columns than a sheet has.
    #[error("the table is larger than a sheet")]
    TooLarge,
}

/// What a table is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// A workbook of one sheet.
    Xlsx,
    /// Comma-separated text in UTF-8, with the mark by which Excel knows it.
    Csv,
}

impl TableFormat {
    /// The end of the file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
        }
    }

    /// What a browser is told of it.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }

    /// Writes a table, its headings in the first row.
    ///
    /// # Errors
    /// [`TableError`].
    pub fn write(self, rows: &[Vec<String>]) -> Result<Vec<u8>, TableError> {
        match self {
            Self::Xlsx => workbook(rows),
            Self::Csv => separated(rows),
        }
    }
}

/// Wide enough for most names, in characters.
const WIDTH: f64 = 18.0;

/// A workbook that does not tell when it was made, so that the same content is
/// the same file, whose digest everybody can compare.
///
/// # Errors
/// [`XlsxError`] if the writer refuses the date that stands for none.
pub(crate) fn new_workbook() -> Result<Workbook, XlsxError> {
    let no_time = ExcelDateTime::from_ymd(2000, 1, 1)?;
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_creation_datetime(&no_time));
    Ok(book)
}

fn workbook(rows: &[Vec<String>]) -> Result<Vec<u8>, TableError> {
    let mut book = new_workbook()?;
    // Typed over, a code stays a text and keeps its zeros.
    let text = Format::new().set_num_format("@");
    let heading = Format::new().set_num_format("@").set_bold();
    let sheet = book.add_worksheet();
    sheet.set_freeze_panes(1, 0)?;
    for (at, cells) in rows.iter().enumerate() {
        let row = u32::try_from(at).map_err(|_| TableError::TooLarge)?;
        let format = if row == 0 { &heading } else { &text };
        for (at, cell) in cells.iter().enumerate() {
            let column = u16::try_from(at).map_err(|_| TableError::TooLarge)?;
            if row == 0 {
                sheet.set_column_width(column, WIDTH)?;
                sheet.set_column_format(column, &text)?;
            }
            if !cell.is_empty() {
                sheet.write_string_with_format(row, column, cell, format)?;
            }
        }
    }
    Ok(book.save_to_buffer()?)
}

fn separated(rows: &[Vec<String>]) -> Result<Vec<u8>, TableError> {
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    for cells in rows {
        let cells = cells.iter().map(|cell| guarded(cell));
        writer.write_record(cells.map(|cell| cell.into_owned().into_bytes()))?;
    }
    writer
        .into_inner()
        .map_err(|error| TableError::Separated(error.into_error().into()))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use super::*;

    #[test]
    fn a_workbook_does_not_tell_when_it_was_made() {
        let rows = vec![vec!["姓名".to_owned()]];
        let bytes = TableFormat::Xlsx.write(&rows).expect("written");
        let mut package = zip::ZipArchive::new(Cursor::new(bytes)).expect("a package");
        let mut core = String::new();
        let mut part = package.by_name("docProps/core.xml").expect("a part");
        part.read_to_string(&mut core).expect("a text");
        assert_eq!(core.matches(">2000-01-01T00:00:00Z<").count(), 2, "{core}");
    }

    #[test]
    fn no_cell_of_separated_text_begins_a_formula() {
        let rows = vec![vec!["=1".to_owned(), "甲,\"乙".to_owned(), "+1".to_owned()]];
        let bytes = TableFormat::Csv.write(&rows).expect("written");
        let text = String::from_utf8(bytes).expect("a text");
        assert_eq!(text, "\u{feff}'=1,\"甲,\"\"乙\",'+1\r\n");
    }
}
