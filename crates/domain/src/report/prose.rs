//! The prose of a report: its sentences, in order, outside the tables.

use std::sync::LazyLock;

use regex::Regex;

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

static NEW_PARAGRAPH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:[一二三四五六七八九十]{1,2}[、.]|\([一二三四五六七八九十]{1,2}\)|\d{1,2}[.、]|\(\d{1,2}\)|[一二三四五六七八九]是|标题:|发布时间:|附件)")
        .expect("a constant pattern")
});

static HEADING: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[一二三四五六七八]、.{2,28}$").expect("a constant pattern"));

/// Splits the text outside `tables` (sorted ranges of positions) into
/// sentences.
pub fn sentences(stream: &Stream, tables: &[(usize, usize)]) -> Vec<Sentence> {
    let mut collector = Collector {
        stream,
        sentences: Vec::new(),
        open: Vec::new(),
        paragraph: 0,
    };
    let in_table = |position: usize| {
        let index = tables.partition_point(|(start, _)| *start <= position);
        index > 0 && position < tables[index - 1].1
    };
    for (index, (start, _, _)) in stream.lines.iter().enumerate() {
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
}

impl Collector<'_> {
    fn character(&mut self, position: usize) {
        let c = self.stream.text[position];
        if c == '\n' || (self.open.is_empty() && c.is_whitespace()) {
            return;
        }
        self.open.push(position);
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
        if !folded.chars().any(|c| fold::is_han(c) || c.is_ascii_digit()) {
            return;
        }
        let text: String = open
            .iter()
            .map(|position| self.stream.original[*position])
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
