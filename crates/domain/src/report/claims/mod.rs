//! Claims: what the prose states in figures, each with the sentence it stands
//! in. Finding them is here; holding them against tables and each other is
//! [`super::audit`].

mod growth;
mod lists;
mod shares;
mod statements;

use rust_decimal::Decimal;

use super::prose::Sentence;
use super::reading::Reading;

/// A figure in the prose with what it claims.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Stable code of the check that holds it against something.
    pub code: &'static str,
    /// Index of its sentence.
    pub sentence: usize,
    /// The figure as printed.
    pub stated: String,
    /// Its value.
    pub value: Decimal,
    /// Byte range of the figure in the folded sentence.
    pub range: (usize, usize),
    /// What it claims.
    pub kind: ClaimKind,
}

/// What a figure claims.
#[derive(Debug, Clone, PartialEq)]
pub enum ClaimKind {
    /// To be one of these sums of cells.
    Cells {
        /// Sums that would bear it out, the most natural first.
        options: Vec<Vec<String>>,
        /// Whether the sentence speaks of what the table counts.
        scope: Scope,
    },
    /// To be the sum of listed parts.
    List(List),
    /// To be a share of something.
    Share(Share),
    /// To be a change on the year before.
    Growth(Growth),
    /// Money or a number that nothing in the report can be held against.
    Alone,
}

/// Whether a sentence speaks of what the table counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Plainly so.
    Same,
    /// A part of it: one channel, one office, only cases on file.
    Narrower,
    /// It cannot be told.
    Unclear,
}

/// A total with its parts.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    /// Values of the parts.
    pub parts: Vec<Decimal>,
    /// Labels of the parts.
    pub labels: Vec<String>,
    /// How the list is introduced.
    pub introduced: Introduced,
    /// Whether it ends in 等 or dots.
    pub open_ended: bool,
}

/// How a list follows its total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Introduced {
    /// By 其中, 分别, 包括.
    Among,
    /// By a colon.
    Colon,
    /// In brackets without a word.
    Brackets,
    /// The total stands behind its parts: `线上15件，线下9件，共24件`.
    Behind,
}

/// A percentage of something.
#[derive(Debug, Clone, PartialEq)]
pub struct Share {
    /// Places after the point.
    pub decimals: u32,
    /// Numerator and denominators that the sentence points to, if it does.
    pub pointed: Option<(Decimal, Vec<Decimal>)>,
    /// All counts nearby, from which a fitting pair clears the claim.
    pub nearby: Vec<Decimal>,
}

/// A change on the year before.
#[derive(Debug, Clone, PartialEq)]
pub struct Growth {
    /// This year's values that it may speak of, the nearest first: after a
    /// list of parts it usually means their total.
    pub currents: Vec<Decimal>,
    /// Last year's value, where the sentence tells it too.
    pub base: Option<Decimal>,
    /// Positive for an increase.
    pub signed_percent: Decimal,
    /// Places after the point.
    pub decimals: u32,
    /// Words before the current value, for finding last year's.
    pub subject: String,
}

/// All claims of a report, in order.
pub fn find(reading: &Reading) -> Vec<Claim> {
    let mut claims = Vec::new();
    for (index, sentence) in reading.sentences.iter().enumerate() {
        let context = Context {
            reading,
            index,
            sentence,
        };
        statements::find(&context, &mut claims);
        lists::find(&context, &mut claims);
        shares::find(&context, &mut claims);
    }
    claims
}

/// A sentence with its surroundings.
struct Context<'a> {
    reading: &'a Reading,
    index: usize,
    sentence: &'a Sentence,
}

impl<'a> Context<'a> {
    /// The sentence before, in the same paragraph.
    fn previous(&self) -> Option<&'a Sentence> {
        let before = self.reading.sentences.get(self.index.checked_sub(1)?)?;
        (before.paragraph == self.sentence.paragraph).then_some(before)
    }

    /// The sentence after.
    fn next(&self) -> Option<&'a Sentence> {
        self.reading.sentences.get(self.index + 1)
    }
}

/// The words before a byte position, back to the last mark that ends a
/// thought or the last figure, at most `characters` long.
fn lead(text: &str, at: usize, characters: usize) -> &str {
    let start = text[..at]
        .char_indices()
        .rev()
        .take(characters)
        .take_while(|(_, c)| !matches!(c, ',' | ';' | ':' | '。' | '(' | ')' | '、'))
        .last()
        .map_or(at, |(index, _)| index);
    &text[start..at]
}

/// How many brackets are open at a position.
fn depth(text: &str, at: usize) -> usize {
    let open = text[..at].matches('(').count();
    open.saturating_sub(text[..at].matches(')').count())
}
