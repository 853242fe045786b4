//! A report set anew: its chapters, sentences and tables as the press takes
//! them. What was not read for certain is shown as not certain.

use gongkai_domain::report::format::Format;
use gongkai_domain::report::reading::Reading;
use gongkai_domain::report::value::{CellState, Value};
use gongkai_domain::words::Words;
use gongkai_paper::report::html;
use gongkai_paper::report::layout::{self, Content};
use gongkai_press::sheet::{Block, Cell, Sheet};
use jiff::civil::{Date, date};

/// How chapters are numbered.
const ORDINALS: [&str; 8] = ["", "一", "二", "三", "四", "五", "六", "七"];

/// The report as headings, paragraphs and tables: the preface, then each
/// chapter of the form with its text, and its table where it has one.
pub fn sheet(reading: &Reading, words: &Words) -> Sheet {
    let title = joined(&html::title(reading, words));
    let mut blocks = Vec::new();
    let mut tables: Vec<(usize, Block)> = layout::tables(reading.format, reading.single_other)
        .into_iter()
        .map(|table| (chapter(table.key), block(&table, reading)))
        .collect();
    blocks.extend(paragraphs(reading, 0));
    for chapter in &Format::get(reading.format).chapters {
        let ordinal = ORDINALS.get(chapter.number).copied().unwrap_or_default();
        blocks.push(Block::Heading(format!("{ordinal}、{}", chapter.title)));
        blocks.extend(paragraphs(reading, chapter.number));
        if let Some(at) = tables.iter().position(|(of, _)| *of == chapter.number) {
            blocks.push(tables.remove(at).1);
        }
    }
    Sheet {
        author: reading.organization.clone().unwrap_or_default(),
        dated: day(reading),
        title,
        blocks,
    }
}

/// A title without the blanks that a screen has between Chinese and figures.
fn joined(title: &str) -> String {
    let is_ours = |c: char| !c.is_ascii();
    let signs: Vec<char> = title.chars().collect();
    let is_beside = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| signs.get(at));
        before.is_some_and(|c| is_ours(*c)) || signs.get(at + 1).is_some_and(|c| is_ours(*c))
    };
    let kept = signs
        .iter()
        .enumerate()
        .filter(|(at, c)| **c != ' ' || !is_beside(*at));
    kept.map(|(_, c)| c).collect()
}

/// The day of the file's own entries: when the report was published, or else
/// the last day on which it was due (《条例》第四十九条: 31 January).
fn day(reading: &Reading) -> Date {
    let due = reading
        .year
        .map(|year| date(year.saturating_add(1).clamp(1, 9999), 1, 31));
    reading.published.or(due).unwrap_or(date(2020, 1, 31))
}

/// `t2` belongs to chapter 2.
fn chapter(key: &str) -> usize {
    key.trim_start_matches('t').parse().unwrap_or(0)
}

/// The sentences of a chapter, joined as they stood in paragraphs, without the
/// headings; before the first of them, whole sentences alone, not what a page
/// has around a report.
fn paragraphs(reading: &Reading, chapter: usize) -> Vec<Block> {
    let is_heading = |at: usize| {
        let mut headings = reading.headings.iter();
        headings.any(|heading| (heading.start..heading.end).contains(&at))
    };
    let is_whole = |text: &str| text.trim_end().ends_with(['。', '；', '！', '？', '：']);
    let mut found: Vec<(usize, String)> = Vec::new();
    for sentence in &reading.sentences {
        let is_here = sentence.chapter == chapter && !is_heading(sentence.start);
        if !is_here || (chapter == 0 && !is_whole(&sentence.text)) {
            continue;
        }
        let text = printable(&sentence.text);
        match found.last_mut() {
            Some((paragraph, whole)) if *paragraph == sentence.paragraph => whole.push_str(&text),
            _ => found.push((sentence.paragraph, text)),
        }
    }
    let texts = found.into_iter().map(|(_, text)| text);
    texts
        .filter(|text| !text.trim().is_empty())
        .map(Block::Paragraph)
        .collect()
}

/// A text without what cannot be printed: control characters, and private
/// signs that only the file's own font knows.
fn printable(text: &str) -> String {
    let is_private = |c: char| matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}');
    text.chars()
        .map(|c| {
            if c.is_whitespace() && c != '\u{3000}' {
                ' '
            } else {
                c
            }
        })
        .filter(|c| !c.is_control() && !is_private(*c))
        .collect()
}

fn block(table: &layout::Table, reading: &Reading) -> Block {
    let rows = table.rows.iter().map(|slots| {
        let cells = slots.iter().map(|slot| Cell {
            text: match &slot.content {
                Content::Label(text) => printable(text),
                Content::Cell(key) => value(reading, key),
            },
            rows: slot.rows,
            columns: slot.columns,
            is_label: matches!(slot.content, Content::Label(_)),
            heads_row: slot.heads_row,
        });
        cells.collect()
    });
    Block::Table(table.columns, rows.collect())
}

fn value(reading: &Reading, key: &str) -> String {
    match reading.cell(key).map(|cell| &cell.state) {
        Some(CellState::Certain(Value::Integer(number))) => number.to_string(),
        Some(CellState::Certain(Value::Decimal(number))) => number.to_string(),
        Some(CellState::Certain(Value::Null)) | None => String::new(),
        Some(CellState::Uncertain(candidates)) => {
            let texts: Vec<String> = candidates.iter().take(4).map(ToString::to_string).collect();
            format!("？{}", texts.join("／"))
        }
    }
}
