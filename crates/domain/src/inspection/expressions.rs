//! Dictionaries of expressions: secrecy marks, wrong, forbidden and outdated
//! expressions, with those that protect a text from a hit.
//!
//! All expressions and all protecting ones are in one automaton, so a text is
//! read once however many there are. A hit that lies wholly inside a protecting
//! expression is none: `国家秘密` in `保守国家秘密法` marks nothing. Groups are
//! data, ours under `data/inspection/`, an installation's beside them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use daachorse::CharwiseDoubleArrayAhoCorasick as Automaton;
use serde::{Deserialize, Serialize};

use super::{Confidence, Hit, RuleId, Severity};

/// Expressions of one kind and source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// What they are.
    pub kind: Kind,
    /// Where the list is from.
    pub source: String,
    /// The expressions.
    pub entries: Vec<Entry>,
}

/// What the expressions of a group are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Secrecy marks, unmistakable.
    SecrecyMark,
    /// Words of secrecy that may be a mark or part of a sentence: alone on
    /// their line they are one.
    Secrecy,
    /// Expressions that must not stand in an official text.
    Forbidden,
    /// Wrong expressions.
    Wrong,
    /// Names that are no longer used.
    Outdated,
    /// Expressions inside which nothing is a hit.
    Protect,
}

impl Kind {
    fn rule(self) -> Option<RuleId> {
        match self {
            Self::SecrecyMark => Some(RuleId::SecrecyMark),
            Self::Secrecy => Some(RuleId::SecrecyWord),
            Self::Forbidden => Some(RuleId::Forbidden),
            Self::Wrong => Some(RuleId::Wrong),
            Self::Outdated => Some(RuleId::Outdated),
            Self::Protect => None,
        }
    }
}

/// An expression, with what is proposed instead where something is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Entry {
    /// The expression.
    Bare(String),
    /// The expression and a proposal.
    With(String, String),
}

impl Entry {
    fn text(&self) -> &str {
        match self {
            Self::Bare(text) | Self::With(text, _) => text,
        }
    }

    fn proposal(&self) -> &str {
        match self {
            Self::Bare(_) => "",
            Self::With(_, proposal) => proposal,
        }
    }
}

/// Why a dictionary was not taken.
#[derive(Debug, thiserror::Error)]
pub enum DictionaryError {
    /// It is not in the form of a dictionary.
    #[error("the dictionary is not in its form")]
    Form(#[from] serde_json::Error),
    /// An expression of one character would be a hit everywhere.
    #[error("the expression {0:?} is shorter than two characters")]
    TooShort(String),
    /// More expressions than are held in memory.
    #[error("more than {EXPRESSIONS_MAX} expressions")]
    TooMany,
    /// The automaton cannot be built.
    #[error("the expressions make no automaton: {0}")]
    Automaton(String),
}

/// Twice the largest list that offices use.
pub const EXPRESSIONS_MAX: usize = 200_000;

const OURS: &str = include_str!("../../data/inspection/expressions.json");

/// Reads groups from JSON, the form of our own file.
///
/// # Errors
/// [`DictionaryError`] says what is wrong.
pub fn read(json: &str) -> Result<Vec<Group>, DictionaryError> {
    let groups: Vec<Group> = serde_json::from_str(json)?;
    let count: usize = groups.iter().map(|group| group.entries.len()).sum();
    if count > EXPRESSIONS_MAX {
        return Err(DictionaryError::TooMany);
    }
    for entry in groups.iter().flat_map(|group| &group.entries) {
        if entry.text().chars().nth(1).is_none() {
            return Err(DictionaryError::TooShort(entry.text().to_owned()));
        }
    }
    Ok(groups)
}

/// Our own groups.
pub fn ours() -> Vec<Group> {
    read(OURS).expect("a test reads it")
}

struct Expression {
    rule: Option<RuleId>,
    proposal: Box<str>,
}

/// An automaton over groups of expressions.
#[derive(Clone)]
pub struct Dictionary {
    automaton: Arc<Automaton<u32>>,
    expressions: Arc<[Expression]>,
}

impl std::fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dictionary")
            .field("expressions", &self.expressions.len())
            .finish_non_exhaustive()
    }
}

impl Dictionary {
    /// Builds the automaton of some groups.
    ///
    /// # Errors
    /// [`DictionaryError::Automaton`] where there are too many.
    pub fn new(groups: &[Group]) -> Result<Self, DictionaryError> {
        // The first group that has an expression says what it is.
        let mut texts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut expressions: Vec<Expression> = Vec::new();
        for (kind, entry) in groups
            .iter()
            .flat_map(|group| group.entries.iter().map(move |entry| (group.kind, entry)))
        {
            if texts.contains_key(entry.text()) {
                continue;
            }
            texts.insert(entry.text(), expressions.len());
            expressions.push(Expression {
                rule: kind.rule(),
                proposal: entry.proposal().into(),
            });
        }
        let numbered = texts
            .into_iter()
            .map(|(text, at)| (text, u32::try_from(at).unwrap_or(u32::MAX)));
        Ok(Self {
            automaton: Arc::new(
                Automaton::with_values(numbered)
                    .map_err(|error| DictionaryError::Automaton(error.to_string()))?,
            ),
            expressions: expressions.into(),
        })
    }

    /// Our own groups, and those of an installation.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with(added: &[Group]) -> Result<Self, DictionaryError> {
        let mut groups = ours();
        groups.extend_from_slice(added);
        Self::new(&groups)
    }

    /// How many expressions it holds, protecting ones among them.
    pub fn len(&self) -> usize {
        self.expressions.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.expressions.is_empty()
    }

    /// How often the automaton alone finds anything, for measuring against.
    pub fn count_bare(&self, text: &str) -> usize {
        self.automaton.find_overlapping_iter(text).count()
    }

    /// Finds expressions; ranges count bytes. Of hits inside one another the
    /// longest is told.
    pub(super) fn scan(&self, text: &str, hits: &mut Vec<Hit>) {
        let mut found: Vec<(Range<usize>, usize)> = Vec::new();
        for matched in self.automaton.find_overlapping_iter(text) {
            let range = matched.start()..matched.end();
            // They come by their ends: an earlier one that lies inside this one
            // is at the back.
            while let Some((last, _)) = found.last() {
                if last.start >= range.start && last.end <= range.end {
                    found.pop();
                } else {
                    break;
                }
            }
            let is_inside = found
                .last()
                .is_some_and(|(last, _)| last.end >= range.end && last.start <= range.start);
            if !is_inside {
                found.push((
                    range,
                    usize::try_from(matched.value()).unwrap_or(usize::MAX),
                ));
            }
        }
        for (range, index) in found {
            let Some(expression) = self.expressions.get(index) else {
                continue;
            };
            let Some(rule) = expression.rule else {
                continue;
            };
            let shown = &text[range.clone()];
            let is_mark = rule == RuleId::SecrecyWord && stands_alone(text, &range);
            let rule = if is_mark { RuleId::SecrecyMark } else { rule };
            hits.push(Hit {
                rule,
                severity: rule.rule().severity,
                confidence: match rule.rule().severity {
                    Severity::Blocks => Confidence::High,
                    _ => Confidence::Medium,
                },
                range: range.clone(),
                shown: shown.to_owned(),
                proposal: expression.proposal.to_string(),
            });
        }
    }
}

/// Whether nothing but blanks and brackets stands beside it on its line: so a
/// mark is set at the head of a document.
fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let is_between = |c: char| c.is_whitespace() || "【】[]〔〕（）()★☆*:：".contains(c);
    let mut before = text[..range.start].chars().rev();
    let mut after = text[range.end..].chars();
    let is_blank = |chars: &mut dyn Iterator<Item = char>| {
        chars
            .take_while(|c| !matches!(c, '\n' | '\u{1f}'))
            .take(64)
            .all(is_between)
    };
    is_blank(&mut before) && is_blank(&mut after)
}
