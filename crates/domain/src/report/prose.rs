//! The prose of a report: its sentences, in order, outside the tables.

use std::sync::LazyLock;

use regex::Regex;

use super::chapters::Heading;
use super::document::Place;
use super::figures::{self, Figure};
use super::fold;
use super::tables::lex::Stream;

/// A sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// As it stood, without line breaks.
    pub text: String,
    /// Folded and without spaces; ranges of figures refer to it.
    pub folded: String,
    /// Its figures.
    pub figures: Vec<Figure>,
    /// Where it begins.
    pub place: Place,
    /// Position in the stream's text.
    pub start: usize,
    /// Chapter it stands in; 0 is the preface.
    pub chapter: usize,
    /// Counts paragraphs.
    pub paragraph: usize,
}

impl Sentence {
    /// The byte range in [`Self::text`] of a byte range in [`Self::folded`].
    pub fn original_range(&self, range: (usize, usize)) -> (usize, usize) {
        let mut folded_at = 0;
        let mut found: Option<(usize, usize)> = None;
        for (at, c) in self.text.char_indices() {
            let folded = fold::fold_char(c);
            if folded.is_whitespace() {
                continue;
            }
            if (range.0..range.1).contains(&folded_at) {
                let end = at + c.len_utf8();
                found = Some(found.map_or((at, end), |(start, _)| (start, end)));
            }
            folded_at += folded.len_utf8();
        }
        found.unwrap_or((0, self.text.len()))
    }
}

static NEW_PARAGRAPH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:[一二三四五六七八九十]{1,2}[、.]|\([一二三四五六七八九十]{1,2}\)|\d{1,2}[.、]|\(\d{1,2}\)|[一二三四五六七八九]是|标题:|发布时间:|附件)")
        .expect("a constant pattern")
});

static HEADING: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[一二三四五六七八]、.{2,28}$").expect("a constant pattern"));

/// Prose past this many characters is not taken apart; the longest reports
/// have a twentieth of it. The audit says so where it happens.
pub const PROSE_CHARACTERS_MAX: usize = 1_000_000;

/// Splits the text outside `tables` (sorted ranges of positions) into
/// sentences; a heading is a sentence of its own, also inside run-together
/// text.
pub fn sentences(
    stream: &Stream,
    tables: &[(usize, usize)],
    headings: &[Heading],
) -> Vec<Sentence> {
    let mut edges = headings
        .iter()
        .flat_map(|heading| [heading.start, heading.end])
        .peekable();
    let mut collector = Collector {
        stream,
        sentences: Vec::new(),
        open: Vec::new(),
        paragraph: 0,
        characters: 0,
    };
    let in_table = |position: usize| {
        let index = tables.partition_point(|(start, _)| *start <= position);
        index > 0 && position < tables[index - 1].1
    };
    for (index, (start, _, _)) in stream.lines.iter().enumerate() {
        if collector.characters > PROSE_CHARACTERS_MAX {
            break;
        }
        let end = stream
            .lines
            .get(index + 1)
            .map_or(stream.text.len(), |(next, _, _)| *next);
        let line: String = stream.text[*start..end]
            .iter()
            .filter(|c| !c.is_whitespace())
            .collect();
        let previous_may_wrap = index > 0 && stream.lines[index - 1].2;
        if line.is_empty() || !previous_may_wrap || NEW_PARAGRAPH.is_match(&line) {
            collector.end_paragraph();
        }
        for position in *start..end {
            while edges.peek().is_some_and(|edge| *edge <= position) {
                if edges.next() == Some(position) {
                    collector.end_sentence();
                }
            }
            if in_table(position) {
                collector.end_sentence();
            } else {
                collector.character(position);
            }
        }
        if HEADING.is_match(&line) || line.ends_with(['。', '!', '?']) {
            collector.end_paragraph();
        }
    }
    collector.end_paragraph();
    collector.sentences
}

struct Collector<'a> {
    stream: &'a Stream,
    sentences: Vec<Sentence>,
    open: Vec<usize>,
    paragraph: usize,
    characters: usize,
}

impl Collector<'_> {
    fn character(&mut self, position: usize) {
        let c = self.stream.text[position];
        if c == '\n' || (self.open.is_empty() && c.is_whitespace()) {
            return;
        }
        self.open.push(position);
        self.characters += 1;
        if matches!(c, '。' | '!' | '?') {
            self.end_sentence();
        }
    }

    fn end_sentence(&mut self) {
        let open = std::mem::take(&mut self.open);
        let folded: String = open
            .iter()
            .map(|position| self.stream.text[*position])
            .filter(|c| !c.is_whitespace())
            .collect();
        let Some(start) = open.first().copied() else {
            return;
        };
        if !folded
            .chars()
            .any(|c| fold::is_han(c) || c.is_ascii_digit())
        {
            return;
        }
        let text: String = open
            .iter()
            .map(|position| self.stream.original(*position))
            .collect();
        self.sentences.push(Sentence {
            text: text.trim().to_owned(),
            figures: figures::figures(&folded),
            folded,
            place: self.stream.place_at(start),
            start,
            chapter: 0,
            paragraph: self.paragraph,
        });
    }

    fn end_paragraph(&mut self) {
        self.end_sentence();
        self.paragraph += 1;
    }
}
