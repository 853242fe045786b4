//! Markdown: headings and paragraphs as lines, tables as grids.

use gongkai_domain::report::document::{Block, Document, Line, Place};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::error::IntakeError;
use crate::grid::GridBuilder;
use crate::limits::{Deadline, Limits, Meter};

/// Reads Markdown. HTML tables inside it are read as HTML.
pub(crate) fn read(
    text: &str,
    limits: &Limits,
    deadline: &dyn Deadline,
) -> Result<Document, IntakeError> {
    let mut meter = Meter::new(limits, deadline);
    let mut document = Document::default();
    let mut table: Option<GridBuilder> = None;
    let mut tables = 0;
    let mut words = String::new();
    let mut markup = String::new();
    let mut counted_to = 0;
    let mut line = 1;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        if range.start > counted_to {
            let newlines = text[counted_to..range.start].matches('\n').count();
            line += u32::try_from(newlines).unwrap_or(0);
            counted_to = range.start;
        }
        match event {
            Event::Text(part) | Event::Code(part) => words.push_str(&part),
            Event::SoftBreak | Event::HardBreak => words.push('\n'),
            Event::Html(part) | Event::InlineHtml(part) => markup.push_str(&part),
            Event::Start(Tag::Table(_)) => {
                tables += 1;
                table = Some(GridBuilder::default());
            }
            Event::Start(Tag::TableHead | Tag::TableRow) => {
                if let Some(table) = &mut table {
                    table.start_row();
                }
            }
            Event::End(TagEnd::TableCell) => {
                meter.cell()?;
                if let Some(table) = &mut table {
                    let place = Place {
                        table: Some(tables),
                        ..Place::line(line)
                    };
                    table.cell(std::mem::take(&mut words), (1, 1), place, limits)?;
                }
            }
            Event::End(TagEnd::Table) => {
                if let Some(table) = table.take() {
                    document.blocks.push(Block::Grid(table.finish()));
                }
            }
            Event::End(
                TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::CodeBlock,
            ) => {
                for part in std::mem::take(&mut words).lines() {
                    meter.cell()?;
                    document.blocks.push(Block::Line(Line {
                        text: part.to_owned(),
                        place: Place::line(line),
                        may_wrap: true,
                    }));
                }
            }
            Event::End(TagEnd::HtmlBlock) => {
                let html = std::mem::take(&mut markup);
                if let Ok(inner) = crate::html::read(&html, limits, deadline) {
                    document.blocks.extend(inner.blocks);
                }
            }
            _ => {}
        }
    }
    if document.blocks.is_empty() {
        return Err(IntakeError::Empty);
    }
    Ok(document)
}
