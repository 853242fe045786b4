//! Excel workbooks: each sheet as a grid.
//!
//! Cells are taken one by one from the sheet's stream; the empty rows that a
//! sheet claims to have cost nothing.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, ExcelDateTime, Reader, SheetVisible, Xlsx, XlsxError};
use gongkai_domain::report::document::{Block, Document, Grid, GridCell, Place};

use crate::error::IntakeError;
use crate::limits::{Deadline, Limits, Meter};
use crate::zipped;

fn damaged(error: &XlsxError) -> IntakeError {
    match error {
        XlsxError::Password => IntakeError::Encrypted,
        error => IntakeError::Damaged {
            kind: "XLSX",
            reason: error.to_string(),
        },
    }
}

/// What a cell that is formatted as a date is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dates {
    /// The number beneath: figures of reports are formatted as dates by mistake.
    AsNumbers,
    /// The day.
    AsDays,
}

/// Reads a workbook. Hidden sheets are not what the office published.
pub(crate) fn read(
    bytes: &[u8],
    dates: Dates,
    limits: &Limits,
    deadline: &dyn Deadline,
) -> Result<Document, IntakeError> {
    zipped::check(bytes, limits)?;
    // Sizes that a sheet claims may overflow in the library: a damaged file,
    // not the end of the process.
    catch_unwind(AssertUnwindSafe(|| sheets(bytes, dates, limits, deadline))).unwrap_or_else(|_| {
        Err(IntakeError::Damaged {
            kind: "XLSX",
            reason: "the reader gave up on it".to_owned(),
        })
    })
}

fn sheets(
    bytes: &[u8],
    dates: Dates,
    limits: &Limits,
    deadline: &dyn Deadline,
) -> Result<Document, IntakeError> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    let mut meter = Meter::new(limits, deadline);
    let names: Vec<String> = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .collect();
    let mut document = Document::default();
    for (name, number) in names.iter().zip(1..) {
        let grid = sheet(&mut book, name, number, dates, &mut meter)?;
        if !grid.cells.is_empty() {
            document.blocks.push(Block::Grid(grid));
        }
    }
    if document.blocks.is_empty() {
        return Err(IntakeError::Empty);
    }
    Ok(document)
}

fn sheet(
    book: &mut Xlsx<Cursor<&[u8]>>,
    name: &str,
    number: u32,
    dates: Dates,
    meter: &mut Meter<'_>,
) -> Result<Grid, IntakeError> {
    let mut texts: BTreeMap<(u32, u32), String> = BTreeMap::new();
    {
        let mut cells = book
            .worksheet_cells_reader(name)
            .map_err(|error| damaged(&error))?;
        while let Some(cell) = cells.next_cell().map_err(|error| damaged(&error))? {
            meter.cell()?;
            let (row, column) = cell.get_position();
            if column < meter.limits().columns_max {
                texts.insert((row, column), cell_text(cell.get_value(), dates));
            }
        }
    }
    let merged = book
        .merge_cells_by_sheet_name(name)
        .map_err(|error| damaged(&error))?;
    let mut spans: BTreeMap<(u32, u32), (u32, u32)> = BTreeMap::new();
    for area in merged {
        meter.cell()?;
        let (top, left) = area.start;
        let rows = area.end.0.saturating_sub(top) + 1;
        let columns = area.end.1.saturating_sub(left) + 1;
        spans.insert(area.start, (rows, columns));
        texts.retain(|(row, column), _| {
            let inside = (top..=area.end.0).contains(row) && (left..=area.end.1).contains(column);
            !inside || (*row, *column) == area.start
        });
        texts.entry(area.start).or_default();
    }
    let mut grid = Grid::default();
    let rows: std::collections::BTreeSet<u32> = texts.keys().map(|(row, _)| *row).collect();
    // Rows that hold something are numbered on; the empty ones between them
    // say nothing.
    for (index, row) in (0u32..).zip(rows) {
        for ((_, column), text) in texts.range((row, 0)..(row + 1, 0)) {
            let (row_span, column_span) = spans.get(&(row, *column)).copied().unwrap_or((1, 1));
            grid.columns = grid.columns.max(column + 1);
            grid.cells.push(GridCell {
                row: index,
                column: *column,
                row_span,
                column_span,
                text: text.clone(),
                place: Place {
                    page: Some(number),
                    table: Some(number),
                    row: Some(row + 1),
                    column: Some(column + 1),
                    ..Place::default()
                },
            });
        }
        grid.rows = index + 1;
    }
    Ok(grid)
}

/// A number as a clerk typed it: binary floating point would print
/// `59237.244900000006`.
fn cell_text(value: &DataRef<'_>, dates: Dates) -> String {
    match value {
        DataRef::Int(n) => n.to_string(),
        DataRef::Float(f) => {
            let shortest = f.to_string();
            let rounded = format!("{f:.8}");
            let rounded = rounded.trim_end_matches('0').trim_end_matches('.');
            if rounded.len() < shortest.len() {
                rounded.to_owned()
            } else {
                shortest
            }
        }
        DataRef::String(s) => s.clone(),
        DataRef::SharedString(s) => (*s).to_owned(),
        DataRef::Bool(b) => b.to_string(),
        DataRef::DateTime(date) if dates == Dates::AsDays && date.is_datetime() => day(date),
        DataRef::DateTime(date) => date.to_string(),
        DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => s.clone(),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

/// The day of a date, with the time only where it has one.
fn day(date: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
    let text = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) {
        text
    } else {
        format!("{text} {hour:02}:{minute:02}:{second:02}")
    }
}
