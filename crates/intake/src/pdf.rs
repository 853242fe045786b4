//! PDFs with a text layer: glyphs with their places, put into lines.
//!
//! A printed row of a table becomes one line, its cells divided by tabs; text
//! that wraps within a cell stays near its row. Pages without text are said
//! to be such, not guessed at.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use gongkai_domain::report::document::{Block, Document, Line, Place};
use gongkai_domain::report::fold;
use pdf_oxide::document::PdfDocument;
use pdf_oxide::layout::TextSpan;

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
    // The reader is young and meets strangers' files: a panic in it is a
    // damaged file, not the end of the process.
    catch_unwind(AssertUnwindSafe(|| pages(bytes, limits, deadline)))
        .unwrap_or_else(|_| Err(damaged("the reader gave up on it")))
}

fn pages(bytes: &[u8], limits: &Limits, deadline: &dyn Deadline) -> Result<Document, IntakeError> {
    let mut meter = Meter::new(limits, deadline);
    let pdf = PdfDocument::from_bytes(bytes.to_vec()).map_err(damaged)?;
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
    for (index, number) in (0..count).zip(1u32..) {
        meter.time()?;
        let spans = pdf.extract_spans(index).map_err(damaged)?;
        for line in page_lines(&spans, number) {
            meter.cell()?;
            shown += line.text.chars().filter(|c| !c.is_whitespace()).count();
            document.blocks.push(Block::Line(line));
        }
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
struct Glyph {
    c: char,
    left: f32,
    right: f32,
    middle: f32,
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
fn glyphs(spans: &[TextSpan]) -> Vec<Glyph> {
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

/// Puts the glyphs of a page into lines from top to bottom.
fn page_lines(spans: &[TextSpan], page: u32) -> Vec<Line> {
    let mut glyphs = glyphs(spans);
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
    let margin = rows
        .iter()
        .flatten()
        .map(|glyph| glyph.right)
        .fold(0.0, f32::max);
    let count = rows.len();
    rows.into_iter()
        .enumerate()
        .filter_map(|(index, mut row)| {
            row.sort_by(|a, b| a.left.total_cmp(&b.left));
            let size = row[0].size;
            let right = row.iter().map(|glyph| glyph.right).fold(0.0, f32::max);
            let text = row_text(&row);
            let edge = index == 0 || index + 1 == count;
            if edge && is_page_number(&text) {
                return None;
            }
            Some(Line {
                // A line that reaches the margin and is no row of cells goes
                // on in the next.
                may_wrap: right > margin - 2.0 * size && !text.contains('\t'),
                text,
                place: Place {
                    page: Some(page),
                    line: u32::try_from(index + 1).ok(),
                    ..Place::default()
                },
            })
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
