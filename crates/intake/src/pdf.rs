//! PDFs with a text layer: glyphs with their places, put into lines.
//!
//! A table with lines drawn around its cells becomes a grid. Of any other, a
//! printed row becomes one line, its cells divided by tabs; text that wraps
//! within a cell stays near its row. Pages without text are said to be such,
//! not guessed at.

mod ruled;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use gongkai_domain::report::document::{Block, Document, Grid, GridCell, Line, Place};
use gongkai_domain::report::fold;
use pdf_oxide::document::PdfDocument;
use pdf_oxide::elements::PathContent;
use pdf_oxide::layout::TextSpan;

use self::ruled::RuledTable;
use crate::error::IntakeError;
use crate::limits::{Deadline, Limits, Meter};

fn damaged(reason: impl ToString) -> IntakeError {
    IntakeError::Damaged {
        kind: "PDF",
        reason: reason.to_string(),
    }
}

/// Reads a PDF.
pub(crate) fn read(
    bytes: &[u8],
    limits: &Limits,
    deadline: &dyn Deadline,
) -> Result<Document, IntakeError> {
    Meter::new(limits, deadline).time()?;
    // The reader is young and meets strangers' files: a panic in it is a
    // damaged file, not the end of the process; and what keeps it busy without
    // end is left behind when the time is up.
    let (tell, told) = channel();
    let (bytes, limits) = (bytes.to_vec(), *limits);
    std::thread::spawn(move || {
        let read = catch_unwind(AssertUnwindSafe(|| pages(bytes, &limits, &|| false)));
        // Nobody listens any more once the time was up.
        drop(tell.send(read.unwrap_or_else(|_| Err(damaged("the reader gave up on it")))));
    });
    loop {
        match told.recv_timeout(PATIENCE) {
            Ok(read) => return read,
            Err(RecvTimeoutError::Timeout) if !deadline.passed() => {}
            Err(RecvTimeoutError::Timeout) => return Err(IntakeError::OutOfTime),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(damaged("the reader gave up on it"));
            }
        }
    }
}

/// How often the deadline is looked at while the reader is busy.
const PATIENCE: Duration = Duration::from_millis(50);

fn pages(
    bytes: Vec<u8>,
    limits: &Limits,
    deadline: &dyn Deadline,
) -> Result<Document, IntakeError> {
    let mut meter = Meter::new(limits, deadline);
    let pdf = PdfDocument::from_bytes(bytes).map_err(damaged)?;
    if pdf.is_encrypted() && !pdf.authenticate(b"").unwrap_or(false) {
        return Err(IntakeError::Encrypted);
    }
    let count = pdf.page_count().map_err(damaged)?;
    if count > limits.pages_max {
        return Err(IntakeError::TooManyPages {
            max: limits.pages_max,
        });
    }
    let mut document = Document::default();
    let mut shown = 0usize;
    let mut tables = 0u32;
    for (index, number) in (0..count).zip(1u32..) {
        meter.time()?;
        let spans = pdf.extract_spans(index).map_err(damaged)?;
        let glyphs = glyphs(&spans);
        shown += glyphs.len();
        // Lines are looked for where there are numbers to put between them.
        let digits = glyphs.iter().filter(|g| g.c.is_ascii_digit()).count();
        let drawn = if digits > 0 {
            pdf.extract_paths(index).unwrap_or_default()
        } else {
            Vec::new()
        };
        page_blocks(
            glyphs,
            &ruled::tables(&drawn),
            number,
            &mut tables,
            &mut meter,
            &mut document,
        )?;
    }
    if count == 0 {
        return Err(damaged("it has no pages"));
    }
    // A few characters, as a stamp or a page number, are no text layer.
    if shown < 8 * count.min(4) {
        return Err(IntakeError::NoTextLayer);
    }
    Ok(document)
}

/// A glyph with its place on the page; `y` grows upwards.
#[derive(Debug)]
pub(crate) struct Glyph {
    pub(crate) c: char,
    pub(crate) left: f32,
    pub(crate) right: f32,
    pub(crate) middle: f32,
    size: f32,
    /// Whether a space was drawn before it.
    spaced: bool,
}

/// How wide a point is in each font of a page, in ems: the narrowest that was
/// drawn.
fn point_widths(spans: &[TextSpan]) -> BTreeMap<&str, f32> {
    let mut widths: BTreeMap<&str, f32> = BTreeMap::new();
    for span in spans {
        for (c, width) in span.text.chars().zip(&span.char_widths) {
            if c == '.' && *width > 0.0 && span.font_size > 0.0 {
                let least = widths.entry(&span.font_name).or_insert(f32::MAX);
                *least = least.min(width / span.font_size);
            }
        }
    }
    widths
}

/// The visible glyphs of the spans.
pub(crate) fn glyphs(spans: &[TextSpan]) -> Vec<Glyph> {
    let mut glyphs = Vec::new();
    let points = point_widths(spans);
    for span in spans {
        let count = span.text.chars().count();
        if count == 0 {
            continue;
        }
        let size = span.font_size.abs().max(1.0);
        let middle = span.bbox.y + span.bbox.height.max(size * 0.5) / 2.0;
        let exact = span.char_x_offsets.len() == count && span.char_widths.len() == count;
        let even = span.bbox.width.max(size * 0.3) / count as f32;
        let digit = span
            .text
            .chars()
            .zip(&span.char_widths)
            .filter(|(c, _)| c.is_ascii_digit())
            .map(|(_, width)| *width)
            .fold(0.0, f32::max);
        let mut spaced = false;
        for (index, c) in span.text.chars().enumerate() {
            let (left, width) = if exact {
                (span.char_x_offsets[index], span.char_widths[index])
            } else {
                (span.bbox.x + even * index as f32, even)
            };
            // The library takes two numbers in neighbouring columns for one
            // amount and puts a point as wide as the gap between them, at
            // least 0.4 em; a point that was printed is never wider than a
            // digit, nor than other points of its font.
            let usual = points.get(span.font_name.as_str()).copied().unwrap_or(1.0);
            let made_up = exact
                && c == '.'
                && digit > 0.0
                && (width > 1.05 * digit || (usual < 0.38 && width > 0.39 * size));
            if c.is_whitespace() || made_up {
                spaced = true;
                continue;
            }
            glyphs.push(Glyph {
                c,
                left,
                right: left + width,
                middle,
                size,
                spaced: std::mem::take(&mut spaced),
            });
        }
    }
    glyphs
}

/// The lines and tables of a page alone, for who looks for more than a reader
/// of reports; as many as the limits allow.
pub(crate) fn blocks(
    glyphs: Vec<Glyph>,
    drawn: &[PathContent],
    page: u32,
    limits: &Limits,
) -> Vec<Block> {
    let never = || false;
    let mut meter = Meter::new(limits, &never);
    let mut document = Document::default();
    // What lies beyond the limit is told by the pages' number.
    drop(page_blocks(
        glyphs,
        &ruled::tables(drawn),
        page,
        &mut 0,
        &mut meter,
        &mut document,
    ));
    document.blocks
}

/// Puts a page together: its tables, and the lines between them.
fn page_blocks(
    glyphs: Vec<Glyph>,
    ruled: &[RuledTable],
    page: u32,
    tables: &mut u32,
    meter: &mut Meter<'_>,
    document: &mut Document,
) -> Result<(), IntakeError> {
    let mut in_cells: Vec<Vec<Vec<Glyph>>> = ruled
        .iter()
        .map(|table| table.cells.iter().map(|_| Vec::new()).collect())
        .collect();
    let mut free = Vec::new();
    for glyph in glyphs {
        let x = (glyph.left + glyph.right) / 2.0;
        let found = ruled
            .iter()
            .enumerate()
            .find_map(|(index, table)| Some((index, table.cell_at(x, glyph.middle)?)));
        match found {
            Some((table, cell)) => in_cells[table][cell].push(glyph),
            None => free.push(glyph),
        }
    }
    let mut lines = page_lines(free, page).into_iter().peekable();
    for (table, texts) in ruled.iter().zip(in_cells) {
        while let Some((_, line)) = lines.next_if(|(height, _)| *height > table.top()) {
            meter.cell()?;
            document.blocks.push(Block::Line(line));
        }
        // A frame without text is none of ours.
        if texts.iter().all(Vec::is_empty) {
            continue;
        }
        *tables += 1;
        let mut grid = Grid {
            cells: Vec::with_capacity(table.cells.len()),
            rows: table.rows,
            columns: table.columns,
        };
        for (cell, glyphs) in table.cells.iter().zip(texts) {
            meter.cell()?;
            grid.cells.push(GridCell {
                row: cell.row,
                column: cell.column,
                row_span: cell.row_span,
                column_span: cell.column_span,
                text: cell_text(glyphs),
                place: Place {
                    page: Some(page),
                    table: Some(*tables),
                    row: Some(cell.row + 1),
                    column: Some(cell.column + 1),
                    line: None,
                },
            });
        }
        document.blocks.push(Block::Grid(grid));
    }
    for (_, line) in lines {
        meter.cell()?;
        document.blocks.push(Block::Line(line));
    }
    Ok(())
}

/// The text of a cell, its lines joined by newlines.
fn cell_text(glyphs: Vec<Glyph>) -> String {
    let lines: Vec<String> = rows(glyphs)
        .iter()
        .map(|row| row_text(row).replace('\t', " "))
        .collect();
    lines.join("\n")
}

/// Glyphs that stand side by side, from top to bottom, each row from left to
/// right.
fn rows(mut glyphs: Vec<Glyph>) -> Vec<Vec<Glyph>> {
    glyphs.sort_by(|a, b| b.middle.total_cmp(&a.middle));
    let mut rows: Vec<Vec<Glyph>> = Vec::new();
    for glyph in glyphs {
        match rows.last_mut() {
            Some(row)
                if row.last().is_some_and(|last| {
                    (row[0].middle - glyph.middle).abs()
                        < 0.45 * row[0].size.min(glyph.size).max(last.size * 0.5)
                }) =>
            {
                row.push(glyph);
            }
            _ => rows.push(vec![glyph]),
        }
    }
    for row in &mut rows {
        row.sort_by(|a, b| a.left.total_cmp(&b.left));
    }
    rows
}

/// Puts the glyphs of a page into lines from top to bottom, each with its
/// height.
fn page_lines(glyphs: Vec<Glyph>, page: u32) -> Vec<(f32, Line)> {
    let rows = rows(glyphs);
    let margin = rows
        .iter()
        .flatten()
        .map(|glyph| glyph.right)
        .fold(0.0, f32::max);
    let count = rows.len();
    rows.into_iter()
        .enumerate()
        .filter_map(|(index, row)| {
            let size = row[0].size;
            let height = row[0].middle;
            let right = row.iter().map(|glyph| glyph.right).fold(0.0, f32::max);
            let text = row_text(&row);
            let edge = index == 0 || index + 1 == count;
            if edge && is_page_number(&text) {
                return None;
            }
            let line = Line {
                // A line that reaches the margin and is no row of cells goes
                // on in the next.
                may_wrap: right > margin - 2.0 * size && !text.contains('\t'),
                text,
                place: Place {
                    page: Some(page),
                    line: u32::try_from(index + 1).ok(),
                    ..Place::default()
                },
            };
            Some((height, line))
        })
        .collect()
}

/// The glyphs of a line, with tabs where cells divide.
fn row_text(row: &[Glyph]) -> String {
    let mut text = String::new();
    let mut last: Option<&Glyph> = None;
    for glyph in row {
        if let Some(last) = last {
            let gap = glyph.left - last.right;
            let size = last.size.min(glyph.size);
            let digits = last.c.is_ascii_digit() && glyph.c.is_ascii_digit();
            if gap > 0.9 * size || (digits && gap > 0.4 * size) {
                text.push('\t');
            } else if gap > 0.25 * size || (digits && glyph.spaced) {
                text.push(' ');
            }
        }
        text.push(glyph.c);
        last = Some(glyph);
    }
    text
}

/// `12`, `- 12 -`, `第 12 页`.
fn is_page_number(text: &str) -> bool {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let bare = text.trim_matches(|c| matches!(fold::fold_char(c), '-' | '—' | '第' | '页'));
    !bare.is_empty() && bare.len() <= 3 && bare.chars().all(|c| c.is_ascii_digit())
}
