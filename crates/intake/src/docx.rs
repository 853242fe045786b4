//! Word documents: the main part as lines and grids.
//!
//! The part is streamed, so nothing is expanded and nothing is built that a
//! reader of the document would not see: deletions of tracked changes,
//! fallbacks of newer drawings, field codes and comments are passed over.

use gongkai_domain::report::document::{Block, Document, Grid, Line, Place};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::error::IntakeError;
use crate::grid::GridBuilder;
use crate::limits::{Deadline, Limits, Meter};
use crate::zipped;

/// Reads a Word document.
pub(crate) fn read(
    bytes: &[u8],
    limits: &Limits,
    deadline: &dyn Deadline,
) -> Result<Document, IntakeError> {
    zipped::check(bytes, limits)?;
    let mut archive = zipped::open(bytes)?;
    let xml = zipped::entry(&mut archive, "word/document.xml", limits)?;
    let mut part = Part {
        meter: Meter::new(limits, deadline),
        document: Document::default(),
        tables: Vec::new(),
        tables_seen: 0,
        paragraphs: 0,
        text: String::new(),
        skip_depth: 0,
        in_text: false,
    };
    part.read(&xml)?;
    if part.document.blocks.is_empty() {
        return Err(IntakeError::Empty);
    }
    Ok(part.document)
}

#[derive(Default)]
struct OpenTable {
    builder: GridBuilder,
    number: u32,
    /// Paragraphs of the open cell.
    cell: Vec<String>,
    /// Tables in the open cell come after the table.
    inner: Vec<Grid>,
    column_span: u32,
    merge_down: bool,
}

struct Part<'a> {
    meter: Meter<'a>,
    document: Document,
    tables: Vec<OpenTable>,
    tables_seen: u32,
    paragraphs: u32,
    text: String,
    /// Depth inside elements that are not shown.
    skip_depth: u32,
    in_text: bool,
}

fn is_unseen(name: &str) -> bool {
    matches!(
        name,
        "del" | "moveFrom" | "Fallback" | "instrText" | "delText" | "pict" | "binData"
    )
}

/// The value of `w:val`.
fn value(tag: &BytesStart<'_>) -> Option<String> {
    tag.attributes()
        .with_checks(false)
        .flatten()
        .find_map(|a| (a.key.local_name().into_inner() == "val").then(|| a.value.into_owned()))
}

impl Part<'_> {
    fn read(&mut self, xml: &str) -> Result<(), IntakeError> {
        let mut reader = Reader::from_str(xml);
        reader.config_mut().check_end_names = false;
        let mut ended = false;
        loop {
            let event = reader.read_event().map_err(|error| IntakeError::Damaged {
                kind: "DOCX",
                reason: error.to_string(),
            })?;
            match event {
                Event::Start(tag) => {
                    let name = tag.local_name().into_inner();
                    if self.skip_depth > 0 || is_unseen(name) {
                        self.skip_depth += 1;
                    } else {
                        self.start(name, &tag)?;
                    }
                }
                Event::Empty(tag) if self.skip_depth == 0 => {
                    let name = tag.local_name().into_inner();
                    self.start(name, &tag)?;
                    self.end(name)?;
                }
                Event::End(tag) => {
                    let name = tag.local_name();
                    if self.skip_depth > 0 {
                        self.skip_depth -= 1;
                    } else {
                        ended |= name.into_inner() == "document";
                        self.end(name.into_inner())?;
                    }
                }
                Event::Text(text) if self.in_text && self.skip_depth == 0 => {
                    self.text.push_str(&text.xml10_content());
                }
                Event::GeneralRef(reference) if self.in_text && self.skip_depth == 0 => {
                    self.reference(&reference);
                }
                Event::Eof => break,
                _ => {}
            }
        }
        if !ended {
            return Err(IntakeError::Damaged {
                kind: "DOCX",
                reason: "the main part is cut off".to_owned(),
            });
        }
        Ok(())
    }

    /// Only characters and the five entities of XML; nothing is expanded.
    fn reference(&mut self, reference: &quick_xml::events::BytesRef<'_>) {
        if let Ok(Some(c)) = reference.resolve_char_ref() {
            self.text.push(c);
            return;
        }
        let name: &str = reference;
        let c = match name {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            _ => return,
        };
        self.text.push(c);
    }

    fn start(&mut self, name: &str, tag: &BytesStart<'_>) -> Result<(), IntakeError> {
        match name {
            "t" => self.in_text = true,
            "tab" if !self.text.is_empty() => self.text.push('\t'),
            "br" | "cr" => self.text.push('\n'),
            "tbl" => {
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
            "tr" => {
                if let Some(table) = self.tables.last_mut() {
                    table.builder.start_row();
                }
            }
            "tc" => {
                self.meter.cell()?;
                if let Some(table) = self.tables.last_mut() {
                    table.cell.clear();
                    table.column_span = 1;
                    table.merge_down = false;
                }
            }
            "gridSpan" => {
                if let (Some(table), Some(value)) = (self.tables.last_mut(), value(tag)) {
                    table.column_span = value.parse().unwrap_or(1);
                }
            }
            "gridBefore" => {
                if let (Some(table), Some(value)) = (self.tables.last_mut(), value(tag)) {
                    let columns = value.parse().unwrap_or(0);
                    table.builder.skip(columns, self.meter.limits());
                }
            }
            "vMerge" => {
                if let Some(table) = self.tables.last_mut() {
                    table.merge_down = value(tag).as_deref() != Some("restart");
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), IntakeError> {
        match name {
            "t" => self.in_text = false,
            "p" => {
                self.paragraphs += 1;
                let text = std::mem::take(&mut self.text);
                match self.tables.last_mut() {
                    _ if text.trim().is_empty() => {}
                    Some(table) => table.cell.push(text),
                    None => {
                        self.meter.cell()?;
                        self.document.blocks.push(Block::Line(Line {
                            text,
                            place: Place::line(self.paragraphs),
                            may_wrap: false,
                        }));
                    }
                }
            }
            "tc" => self.end_cell()?,
            "tbl" => {
                if let Some(table) = self.tables.pop() {
                    let grid = table.builder.finish();
                    match self.tables.last_mut() {
                        Some(outer) => {
                            outer.inner.push(grid);
                            outer.inner.extend(table.inner);
                        }
                        None => {
                            self.document.blocks.push(Block::Grid(grid));
                            self.document
                                .blocks
                                .extend(table.inner.into_iter().map(Block::Grid));
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end_cell(&mut self) -> Result<(), IntakeError> {
        let limits = self.meter.limits();
        let Some(table) = self.tables.last_mut() else {
            return Ok(());
        };
        let text = std::mem::take(&mut table.cell).join("\n");
        let column = table.builder.next_column();
        if table.merge_down && table.builder.extend_down(column, table.column_span) {
            return Ok(());
        }
        let place = Place {
            table: Some(table.number),
            ..Place::default()
        };
        table
            .builder
            .cell(text, (1, table.column_span), place, limits)
    }
}
