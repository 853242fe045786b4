//! Web pages: tag soup into lines and grids.
//!
//! The tokenizer is WHATWG's; the rest follows browsers where it matters for
//! tables: an open cell ends where the next begins, a table within a cell is
//! a table of its own, and a table that only lays out a page is taken apart.

mod ears;

use std::borrow::Cow;

use ears::Ears;
use gongkai_domain::report::document::{Block, Document, Grid, Line, Place};
use html5gum::Tokenizer;

use crate::error::IntakeError;
use crate::grid::GridBuilder;
use crate::limits::{Deadline, Limits, Meter};

/// Reads a page.
pub(crate) fn read(
    text: &str,
    limits: &Limits,
    deadline: &dyn Deadline,
) -> Result<Document, IntakeError> {
    let mut page = Page::new(text, Meter::new(limits, deadline));
    // The tokenizer runs to the end unless an event yields an error.
    if let Some(Ok(error)) = Tokenizer::new_with_emitter(text, Ears::new(&mut page)).next() {
        return Err(error);
    }
    page.finish()?;
    Ok(page.document)
}

/// What a cell holds: text, and tables of its own.
enum Piece {
    Text(String, Place),
    Grid(Grid),
}

struct OpenCell {
    /// Its lines, joined by newlines.
    text: String,
    /// Where a table stands in the cell: what came before, in order.
    pieces: Vec<Piece>,
    spans: (u32, u32),
    place: Place,
}

impl OpenCell {
    fn new(spans: (u32, u32), place: Place) -> Self {
        Self {
            text: String::new(),
            pieces: Vec::new(),
            spans,
            place,
        }
    }

    fn line(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(text);
    }

    /// A table of its own, or what one was taken apart into.
    fn blocks(&mut self, blocks: Vec<Block>) {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            self.pieces.push(Piece::Text(text, self.place.clone()));
        }
        self.pieces
            .extend(blocks.into_iter().map(|block| match block {
                Block::Line(line) => Piece::Text(line.text, line.place),
                Block::Grid(grid) => Piece::Grid(grid),
            }));
    }

    /// Everything in order.
    fn into_pieces(mut self) -> Vec<Piece> {
        self.blocks(Vec::new());
        self.pieces
    }
}

#[derive(Default)]
struct OpenTable {
    rows: Vec<Vec<OpenCell>>,
    cell: Option<OpenCell>,
    number: u32,
}

/// An attribute that matters.
#[derive(Default)]
struct Attributes {
    rowspan: Option<u32>,
    colspan: Option<u32>,
    hidden: bool,
    name: String,
    content: String,
}

struct Page<'a> {
    source: &'a str,
    meter: Meter<'a>,
    document: Document,
    tables: Vec<OpenTable>,
    tables_seen: u32,
    /// Text of the line in the making.
    text: String,
    text_place: Place,
    /// An element whose content is not shown, and how deep in itself we are.
    skipping: Option<(Vec<u8>, u32)>,
    attributes: Attributes,
    in_title: bool,
    title: String,
    line: u32,
    line_counted_to: usize,
}

/// Elements whose text is no text.
fn is_unseen(tag: &[u8]) -> bool {
    matches!(
        tag,
        b"script"
            | b"style"
            | b"template"
            | b"noframes"
            | b"iframe"
            | b"object"
            | b"svg"
            | b"select"
    )
}

/// Elements that begin a line of their own.
fn is_block(tag: &[u8]) -> bool {
    matches!(
        tag,
        b"p" | b"div"
            | b"br"
            | b"hr"
            | b"li"
            | b"ul"
            | b"ol"
            | b"dl"
            | b"dt"
            | b"dd"
            | b"h1"
            | b"h2"
            | b"h3"
            | b"h4"
            | b"h5"
            | b"h6"
            | b"section"
            | b"article"
            | b"header"
            | b"footer"
            | b"nav"
            | b"main"
            | b"aside"
            | b"form"
            | b"center"
            | b"blockquote"
            | b"pre"
            | b"caption"
            | b"body"
            | b"figure"
    )
}

impl<'a> Page<'a> {
    fn new(text: &'a str, meter: Meter<'a>) -> Self {
        Self {
            source: text,
            meter,
            document: Document::default(),
            tables: Vec::new(),
            tables_seen: 0,
            text: String::new(),
            text_place: Place::default(),
            skipping: None,
            attributes: Attributes::default(),
            in_title: false,
            title: String::new(),
            line: 1,
            line_counted_to: 0,
        }
    }

    fn place(&mut self, at: usize) -> Place {
        let at = at.min(self.source.len());
        if at > self.line_counted_to {
            let since = &self.source.as_bytes()[self.line_counted_to..at];
            let newlines = memchr::memchr_iter(b'\n', since).count();
            self.line += u32::try_from(newlines).unwrap_or(0);
            self.line_counted_to = at;
        }
        Place::line(self.line)
    }

    fn attribute(&mut self, tag: &[u8], name: &[u8], value: &[u8]) {
        let number = || {
            std::str::from_utf8(value)
                .ok()
                .and_then(|text| text.trim().parse::<u32>().ok())
        };
        match name {
            b"hidden" => self.attributes.hidden = true,
            b"rowspan" => self.attributes.rowspan = number(),
            b"colspan" => self.attributes.colspan = number(),
            b"style" if mentions_display(value) => {
                let style: String = String::from_utf8_lossy(value)
                    .to_ascii_lowercase()
                    .split_whitespace()
                    .collect();
                self.attributes.hidden |= style.contains("display:none");
            }
            b"name" if tag == b"meta" => {
                self.attributes.name = String::from_utf8_lossy(value).to_ascii_lowercase();
            }
            b"content" if tag == b"meta" => {
                self.attributes.content = String::from_utf8_lossy(value).into_owned();
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: &[u8], at: usize) -> Result<(), IntakeError> {
        if let Some((skipped, depth)) = &mut self.skipping {
            if skipped == tag {
                *depth += 1;
            }
            return Ok(());
        }
        let hides =
            self.attributes.hidden && !is_void(tag) && !matches!(tag, b"td" | b"th" | b"tr");
        if is_unseen(tag) || hides {
            self.skipping = Some((tag.to_vec(), 1));
            return Ok(());
        }
        match tag {
            b"title" => self.in_title = true,
            b"meta" => self.meta(),
            b"table" => {
                self.flush()?;
                if self.tables.len() >= self.meter.limits().depth_max {
                    return Err(IntakeError::TooDeep {
                        max: self.meter.limits().depth_max,
                    });
                }
                self.tables_seen += 1;
                self.tables.push(OpenTable {
                    number: self.tables_seen,
                    ..OpenTable::default()
                });
            }
            b"tr" if !self.tables.is_empty() => {
                self.end_cell()?;
                if let Some(table) = self.tables.last_mut() {
                    // A row of table 3 has ten cells.
                    table.rows.push(Vec::with_capacity(10));
                }
            }
            b"td" | b"th" if !self.tables.is_empty() => {
                self.end_cell()?;
                self.meter.cell()?;
                let place = self.place(at);
                let spans = (
                    self.attributes.rowspan.unwrap_or(1),
                    self.attributes.colspan.unwrap_or(1),
                );
                if let Some(table) = self.tables.last_mut() {
                    if table.rows.is_empty() {
                        table.rows.push(Vec::new());
                    }
                    let place = Place {
                        table: Some(table.number),
                        ..place
                    };
                    table.cell = Some(OpenCell::new(spans, place));
                }
            }
            _ if is_block(tag) => self.flush()?,
            _ => {}
        }
        Ok(())
    }

    fn meta(&mut self) {
        let content = self.attributes.content.trim();
        if content.is_empty() {
            return;
        }
        match self.attributes.name.as_str() {
            "articletitle" => self.document.title = Some(content.to_owned()),
            "pubdate" => self.document.published = Some(content.to_owned()),
            _ => {}
        }
    }

    fn end(&mut self, tag: &[u8]) -> Result<(), IntakeError> {
        if let Some((skipped, depth)) = &mut self.skipping {
            if skipped == tag {
                *depth -= 1;
                if *depth == 0 {
                    self.skipping = None;
                }
            }
            return Ok(());
        }
        match tag {
            b"title" => {
                self.in_title = false;
                let title = self.title.trim().to_owned();
                if self.document.title.is_none() && !title.is_empty() {
                    self.document.title = Some(title);
                }
            }
            b"table" => self.end_table()?,
            b"tr" | b"td" | b"th" => self.end_cell()?,
            _ if is_block(tag) => self.flush()?,
            _ => {}
        }
        Ok(())
    }

    fn characters(&mut self, value: &[u8], at: usize) {
        if self.skipping.is_some() {
            return;
        }
        // Text mostly stands in the source as it is; entities do not.
        let source = self.source;
        let value = match source.get(at..at + value.len()) {
            Some(same) if same.as_bytes() == value => Cow::Borrowed(same),
            _ => String::from_utf8_lossy(value),
        };
        if self.in_title {
            self.title.push_str(&value);
            return;
        }
        let in_cell = self.tables.last().is_some_and(|t| t.cell.is_some());
        if self.text.is_empty() && !in_cell {
            // In a cell, the cell's own place counts.
            self.text_place = self.place(at);
        }
        // White space collapses as in a browser.
        let mut rest = &*value;
        while !rest.is_empty() {
            let (word, more) = rest.split_at(rest.find(is_space).unwrap_or(rest.len()));
            self.text.push_str(word);
            rest = more.trim_start_matches(is_space);
            if rest.len() < more.len() && self.text.chars().next_back().is_some_and(|c| c != ' ') {
                self.text.push(' ');
            }
        }
    }

    /// Ends the line in the making.
    fn flush(&mut self) -> Result<(), IntakeError> {
        if self.text.is_empty() {
            return Ok(());
        }
        let whole = std::mem::take(&mut self.text);
        let text = whole.trim_end();
        let shown = text
            .chars()
            .any(|c| !matches!(c, '\u{a0}' | '\u{3000}' | ' '));
        if shown {
            match self.tables.last_mut() {
                None => {
                    self.meter.cell()?;
                    let place = std::mem::take(&mut self.text_place);
                    self.document.blocks.push(line(text.to_owned(), place));
                }
                Some(table) => match &mut table.cell {
                    Some(cell) => cell.line(text),
                    // Text in a table but in no cell stands before it.
                    None => {
                        let place = Place {
                            table: Some(table.number),
                            ..std::mem::take(&mut self.text_place)
                        };
                        let mut cell = OpenCell::new((1, 1), place);
                        cell.line(text);
                        table.rows.push(vec![cell]);
                    }
                },
            }
        }
        // The room is used again.
        self.text = whole;
        self.text.clear();
        Ok(())
    }

    fn end_cell(&mut self) -> Result<(), IntakeError> {
        self.flush()?;
        if let Some(table) = self.tables.last_mut()
            && let Some(cell) = table.cell.take()
            && let Some(row) = table.rows.last_mut()
        {
            row.push(cell);
        }
        Ok(())
    }

    fn end_table(&mut self) -> Result<(), IntakeError> {
        self.end_cell()?;
        let Some(table) = self.tables.pop() else {
            return Ok(());
        };
        let blocks = self.close(table)?;
        match self.tables.last_mut() {
            None => self.document.blocks.extend(blocks),
            Some(outer) => match &mut outer.cell {
                Some(cell) => cell.blocks(blocks),
                None => {
                    let mut cell = OpenCell::new((1, 1), Place::default());
                    cell.blocks(blocks);
                    outer.rows.push(vec![cell]);
                }
            },
        }
        Ok(())
    }

    /// A table that holds tables, or has one cell, lays out a page: its
    /// content is taken in order. Any other is a grid.
    fn close(&mut self, table: OpenTable) -> Result<Vec<Block>, IntakeError> {
        let cells = table.rows.iter().map(Vec::len).sum::<usize>();
        let lays_out = cells <= 1
            || table
                .rows
                .iter()
                .flatten()
                .flat_map(|cell| &cell.pieces)
                .any(|piece| matches!(piece, Piece::Grid(_)));
        if lays_out {
            return Ok(table
                .rows
                .into_iter()
                .flatten()
                .flat_map(OpenCell::into_pieces)
                .map(|piece| match piece {
                    Piece::Text(text, place) => line(text, place),
                    Piece::Grid(grid) => Block::Grid(grid),
                })
                .collect());
        }
        let mut builder = GridBuilder::with_room(cells);
        for row in table.rows {
            builder.start_row();
            for cell in row {
                builder.cell(cell.text, cell.spans, cell.place, self.meter.limits())?;
            }
        }
        Ok(vec![Block::Grid(builder.finish())])
    }

    fn finish(&mut self) -> Result<(), IntakeError> {
        while !self.tables.is_empty() {
            self.end_table()?;
        }
        self.flush()?;
        if self.document.blocks.is_empty() {
            return Err(IntakeError::Empty);
        }
        Ok(())
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// Whether a style may hide its element; most styles do not speak of it.
fn mentions_display(style: &[u8]) -> bool {
    style
        .windows(7)
        .any(|window| window.eq_ignore_ascii_case(b"display"))
}

fn is_void(tag: &[u8]) -> bool {
    matches!(
        tag,
        b"br" | b"hr" | b"img" | b"input" | b"meta" | b"link" | b"col" | b"area" | b"base" | b"wbr"
    )
}

fn line(text: String, place: Place) -> Block {
    Block::Line(Line {
        text,
        place,
        may_wrap: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(html: &str) -> Document {
        read(html, &Limits::default(), &|| false).expect("a page")
    }

    /// Row, column, row span, column span, text.
    type Cell = (u32, u32, u32, u32, String);

    fn grids(document: &Document) -> Vec<Vec<Cell>> {
        document
            .blocks
            .iter()
            .filter_map(|block| match block {
                Block::Grid(grid) => Some(
                    grid.cells
                        .iter()
                        .map(|c| (c.row, c.column, c.row_span, c.column_span, c.text.clone()))
                        .collect(),
                ),
                Block::Line(_) => None,
            })
            .collect()
    }

    fn lines(document: &Document) -> Vec<&str> {
        document
            .blocks
            .iter()
            .filter_map(|block| match block {
                Block::Line(line) => Some(line.text.as_str()),
                Block::Grid(_) => None,
            })
            .collect()
    }

    #[test]
    fn spans_place_the_cells_of_later_rows() {
        let document = parse("<table><tr><td rowspan=2>a<td colspan=2>b<tr><td>c<td>d</table>");
        let cell =
            |row, column, rows, columns, text: &str| (row, column, rows, columns, text.to_owned());
        assert_eq!(
            grids(&document),
            [[
                cell(0, 0, 2, 1, "a"),
                cell(0, 1, 1, 2, "b"),
                cell(1, 1, 1, 1, "c"),
                cell(1, 2, 1, 1, "d"),
            ]]
        );
    }

    #[test]
    fn a_table_that_lays_out_a_page_is_taken_apart() {
        let document = parse(
            "<table><tr><td>菜单</td><td><p>正文</p><table><tr><td>规章</td><td>0</td></tr></table></td></tr></table>",
        );
        assert_eq!(lines(&document), ["菜单", "正文"]);
        assert_eq!(grids(&document).len(), 1);
    }

    #[test]
    fn what_a_reader_does_not_see_is_not_read() {
        let document = parse(
            "<title>年报</title><script>var x='<td>9</td>';</script><style>p{}</style>\
             <div style='display: none'><div>藏</div>着</div><p>见</p><!-- 注 -->",
        );
        assert_eq!(lines(&document), ["见"]);
        assert_eq!(document.title.as_deref(), Some("年报"));
    }

    #[test]
    fn metadata_of_a_government_page_is_kept() {
        let document = parse(
            "<head><meta name=\"ArticleTitle\" content=\"某局2024年报\"><meta name=\"PubDate\" content=\"2025-01-20 10:00\"><title>门户</title></head><p>x</p>",
        );
        assert_eq!(document.title.as_deref(), Some("某局2024年报"));
        assert_eq!(document.published.as_deref(), Some("2025-01-20 10:00"));
    }

    #[test]
    fn a_page_of_nothing_but_tables_in_tables_ends_at_the_limit() {
        let deep = "<table><tr><td>".repeat(10_000);
        assert_eq!(
            read(&deep, &Limits::default(), &|| false),
            Err(IntakeError::TooDeep { max: 64 })
        );
        let wide = format!("<table><tr>{}", "<td colspan=900>x".repeat(3));
        assert!(matches!(
            read(&wide, &Limits::default(), &|| false),
            Err(IntakeError::TooManyCells { .. })
        ));
    }

    #[test]
    fn the_line_of_the_source_is_known() {
        let document = parse("<p>一</p>\n<p>二</p>\n\n<p>三</p>");
        let places: Vec<Option<u32>> = document
            .blocks
            .iter()
            .map(|block| match block {
                Block::Line(line) => line.place.line,
                Block::Grid(_) => None,
            })
            .collect();
        assert_eq!(places, [Some(1), Some(2), Some(4)]);
    }
}
