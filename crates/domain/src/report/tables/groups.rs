//! Values that stand together, with the words around them.

use super::align::Candidate;
use super::lex::{Item, ItemKind, Stream};
use crate::report::fold;

/// Values that stand together, with the text before them.
#[derive(Debug)]
pub(super) struct Group {
    /// Items of the stream.
    pub(super) items: std::ops::Range<usize>,
    /// Label characters since the previous group.
    pub(super) before: Vec<char>,
    /// Where the label text begins in the full text.
    pub(super) label_start: usize,
}

/// Labels are looked for this far back.
const LABEL_CHARS_MAX: usize = 160;

/// Finds the groups of a stream, in order.
pub(super) fn groups(stream: &Stream) -> Vec<Group> {
    let items = &stream.items;
    let mut groups: Vec<Group> = Vec::new();
    let mut before: Vec<char> = Vec::new();
    let mut label_start = 0;
    let mut at = 0;
    while at < items.len() {
        if let ItemKind::Text(text) = &items[at].kind {
            if before.is_empty() {
                label_start = items[at].start;
            }
            before.extend(text.chars().filter(|c| fold::is_label_char(*c)));
            if before.len() > 2 * LABEL_CHARS_MAX {
                before.drain(..before.len() - LABEL_CHARS_MAX);
            }
            at += 1;
            continue;
        }
        let mut end = at;
        while end < items.len()
            && items[end].is_value()
            && (items[end].column.is_none() && items[at].column.is_none()
                || items[end].row == items[at].row)
            && !(end > at && begins_a_sentence(items, end))
        {
            end += 1;
        }
        // A blank in front of a label, or a header's, belongs to no row.
        let only_blanks = items[at..end]
            .iter()
            .all(|item| matches!(item.kind, ItemKind::Blank));
        let label_follows = items[at].column.is_some()
            && only_blanks
            && items.get(end).is_some_and(|next| next.row == items[at].row);
        if label_follows {
            at = end;
            continue;
        }
        for range in split_lines(items, at..end) {
            groups.push(Group {
                items: range,
                before: std::mem::take(&mut before),
                label_start,
            });
        }
        at = end;
    }
    groups
}

/// Whether a number opens a new line of text, as `2020年…` does below a column
/// of values.
fn begins_a_sentence(items: &[Item], at: usize) -> bool {
    items[at].column.is_none()
        && items[at - 1].row != items[at].row
        && items
            .get(at + 1)
            .is_some_and(|next| next.row == items[at].row && matches!(next.kind, ItemKind::Text(_)))
}

/// Several printed rows of values without a label between them are several
/// groups.
fn split_lines(items: &[Item], range: std::ops::Range<usize>) -> Vec<std::ops::Range<usize>> {
    let mut lines: Vec<std::ops::Range<usize>> = Vec::new();
    for index in range.clone() {
        match lines.last_mut() {
            Some(line) if items[line.start].row == items[index].row => line.end = index + 1,
            _ => lines.push(index..index + 1),
        }
    }
    let width = lines.first().map_or(0, ExactSizeIterator::len);
    if lines.len() > 1 && width >= 3 && lines.iter().all(|line| line.len() == width) {
        lines
    } else {
        vec![range]
    }
}

impl Group {
    /// Label characters on the line of the values, and those behind them up to
    /// the line of the next values.
    fn words_around(&self, stream: &Stream) -> (Vec<char>, Vec<char>) {
        let items = &stream.items;
        let label = |text: &str| -> Vec<char> {
            text.chars().filter(|c| fold::is_label_char(*c)).collect()
        };
        let row = items[self.items.start].row;
        let mut line: Vec<char> = Vec::new();
        for item in items[..self.items.start].iter().rev() {
            match &item.kind {
                ItemKind::Text(text) if item.row == row => {
                    let mut longer = label(text);
                    longer.append(&mut line);
                    line = longer;
                }
                _ => break,
            }
        }
        let mut after: Vec<(u32, Vec<char>)> = Vec::new();
        let mut rest = items[self.items.end..].iter();
        for item in rest.by_ref() {
            match &item.kind {
                ItemKind::Text(text) if after.len() < 12 => after.push((item.row, label(text))),
                _ => {
                    // The next values' own line is theirs.
                    after.retain(|(at, _)| *at != item.row);
                    break;
                }
            }
        }
        line.drain(..line.len().saturating_sub(LABEL_CHARS_MAX));
        let after = after.into_iter().flat_map(|(_, text)| text).take(40);
        (line, after.collect())
    }

    /// What the aligner needs to know.
    pub(super) fn candidate(&self, stream: &Stream) -> Candidate {
        let (line, after) = self.words_around(stream);
        let in_sentence = match self
            .items
            .start
            .checked_sub(1)
            .map(|at| &stream.items[at].kind)
        {
            Some(ItemKind::Text(text)) => has_comma(text),
            _ => false,
        };
        let mut candidate = Candidate {
            line,
            after,
            in_sentence,
            before: self.before[self.before.len().saturating_sub(LABEL_CHARS_MAX)..].to_vec(),
            separate: 0,
            blanks: 0,
            digits: 0,
        };
        for item in &stream.items[self.items.clone()] {
            match &item.kind {
                ItemKind::Blank => candidate.blanks += 1,
                ItemKind::Number(number) => {
                    candidate.separate += 1;
                    candidate.digits += number.digits.trim_start_matches(['+', '-']).len();
                }
                ItemKind::NotApplicable(_) => {
                    candidate.separate += 1;
                    candidate.digits += 1;
                }
                ItemKind::Text(_) => {}
            }
        }
        candidate
    }
}

/// Whether a comma stands in a text, outside brackets: labels have theirs
/// inside.
fn has_comma(text: &str) -> bool {
    let mut depth = 0i32;
    text.chars().any(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth <= 0 && matches!(c, ',' | ';' | '。')
    })
}
