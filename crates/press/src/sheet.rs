//! A report set anew: headings, paragraphs and tables.

use jiff::civil::Date;
use typst::foundations::{Array, Dict, Value};

use crate::fonts::{Face, Fonts, PressError};
use crate::world;

/// A place of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// Rows it spans, at least one.
    pub rows: u16,
    /// Columns it spans, at least one.
    pub columns: u16,
    /// Whether it is a label, rather than a figure.
    pub is_label: bool,
    /// Whether it heads a row: set from the left.
    pub heads_row: bool,
}

/// A block of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading of a chapter.
    Heading(String),
    /// A paragraph.
    Paragraph(String),
    /// A table: how many columns it has, and its rows; a place that a span
    /// covers has no cell.
    Table(u16, Vec<Vec<Cell>>),
}

/// A report to be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Its title.
    pub title: String,
    /// Whose it is.
    pub author: String,
    /// The day that stands in the file's own entries.
    pub dated: Date,
    /// Its blocks.
    pub blocks: Vec<Block>,
}

/// How many columns at the left head rows: they are as wide as words want.
pub(crate) fn labels(rows: &[Vec<Cell>]) -> u16 {
    let heading = |row: &Vec<Cell>| {
        let first = row.iter().take_while(|cell| cell.heads_row);
        first.map(|cell| cell.columns).sum()
    };
    rows.iter().map(heading).max().unwrap_or(0)
}

impl Sheet {
    fn covered(&self, fonts: &Fonts) -> Result<(), PressError> {
        fonts.covers(Face::Title, &self.title)?;
        for block in &self.blocks {
            match block {
                Block::Heading(text) => fonts.covers(Face::Hei, text)?,
                Block::Paragraph(text) => fonts.covers(Face::FangSong, text)?,
                Block::Table(_, rows) => {
                    for cell in rows.iter().flatten() {
                        fonts.covers(Face::Song, &cell.text)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Sets a report as tagged PDF/A-2a and PDF/UA-1.
///
/// # Errors
/// [`PressError::NoGlyph`] with the first character that no font has.
pub fn pdf(fonts: &Fonts, sheet: &Sheet) -> Result<Vec<u8>, PressError> {
    sheet.covered(fonts)?;
    let mut data = Dict::new();
    data.insert("title".into(), world::text(&sheet.title));
    data.insert("author".into(), world::text(&sheet.author));
    let blocks = sheet.blocks.iter().map(block);
    data.insert("blocks".into(), Value::Array(blocks.collect::<Array>()));
    world::ground(fonts, sheet.dated, &mut data);
    let source = world::source("report.typ", include_str!("report.typ"))?;
    let ident = [sheet.author.as_str(), &sheet.title].join("\n");
    world::pdf(fonts, source, data, sheet.dated, &ident)
}

/// A table of no more rows stands on one page.
const SHORT_ROWS_MAX: usize = 18;

fn block(block: &Block) -> Value {
    let mut out = Dict::new();
    match block {
        Block::Heading(text) => {
            out.insert("kind".into(), world::text("heading"));
            out.insert("text".into(), world::text(text));
        }
        Block::Paragraph(text) => {
            out.insert("kind".into(), world::text("paragraph"));
            out.insert("text".into(), world::text(text));
        }
        Block::Table(columns, rows) => {
            out.insert("kind".into(), world::text("table"));
            out.insert("columns".into(), Value::Int((*columns).into()));
            out.insert("labels".into(), Value::Int(labels(rows).into()));
            out.insert("short".into(), Value::Bool(rows.len() <= SHORT_ROWS_MAX));
            let cells = rows.iter().flatten().map(cell);
            out.insert("cells".into(), Value::Array(cells.collect::<Array>()));
        }
    }
    Value::Dict(out)
}

fn cell(cell: &Cell) -> Value {
    let mut out = Dict::new();
    out.insert("text".into(), world::text(&cell.text));
    out.insert("rows".into(), Value::Int(cell.rows.max(1).into()));
    out.insert("columns".into(), Value::Int(cell.columns.max(1).into()));
    out.insert("label".into(), Value::Bool(cell.is_label));
    out.insert("left".into(), Value::Bool(cell.heads_row));
    Value::Dict(out)
}
