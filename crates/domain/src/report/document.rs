//! The model that every file is read into: blocks in reading order and tables
//! as grids with spans, each piece knowing where it came from.

use serde::{Deserialize, Serialize};

/// Where a piece of a document stood in its file. Everything counts from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Place {
    /// Page of a PDF, or sheet of a workbook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// Line of the text, or of the HTML source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Table, counted through the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<u32>,
    /// Row of the table or sheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u32>,
    /// Column of the table or sheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

impl Place {
    /// A line of a text.
    pub fn line(line: u32) -> Self {
        Self {
            line: Some(line),
            ..Self::default()
        }
    }
}

/// A line or paragraph of text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The text as it stood.
    pub text: String,
    /// Where it stood.
    pub place: Place,
    /// Whether the source may have broken a paragraph after this line, as
    /// plain text and PDF do; a paragraph of HTML or DOCX ends where it ends.
    pub may_wrap: bool,
}

/// A cell of a grid. Rows and columns count from 0 here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridCell {
    /// Row of its upper left corner.
    pub row: u32,
    /// Column of its upper left corner.
    pub column: u32,
    /// Rows it spans, at least 1.
    pub row_span: u32,
    /// Columns it spans, at least 1.
    pub column_span: u32,
    /// Its text, lines joined by a newline.
    pub text: String,
    /// Where it stood.
    pub place: Place,
}

/// A table as a grid.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Grid {
    /// Cells by row, then column; a position covered by a span has no cell of
    /// its own.
    pub cells: Vec<GridCell>,
    /// Number of rows.
    pub rows: u32,
    /// Number of columns.
    pub columns: u32,
}

/// One block of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Block {
    /// A line or paragraph.
    Line(Line),
    /// A true table.
    Grid(Grid),
}

/// What a file turned out to hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Document {
    /// The title that the file itself states, as in `<title>`.
    pub title: Option<String>,
    /// Day of publication by the page's metadata, as printed.
    pub published: Option<String>,
    /// The blocks in reading order.
    pub blocks: Vec<Block>,
}

impl Document {
    /// A document of plain lines, as a text file gives them.
    pub fn from_text(text: &str) -> Self {
        let blocks = text
            .lines()
            .zip(1..)
            .map(|(line, number)| {
                Block::Line(Line {
                    text: line.to_owned(),
                    place: Place::line(number),
                    may_wrap: true,
                })
            })
            .collect();
        Self {
            blocks,
            ..Self::default()
        }
    }
}
