//! File inspection: what a file that comes in or goes out holds that should be
//! seen to before it is handed on.
//!
//! Owns the rules ([`rules::RULES`]), personal data in a text ([`numbers`]),
//! dictionaries of expressions ([`expressions`]), and what was found: a
//! [`Finding`] names its rule, how sure it is, and the place as a range. It
//! never opens a file (`intake` does), and it corrects nothing: it only says
//! where something stands. No finding holds a number in clear.
//!
//! Start with [`Scanner::scan`].

use std::ops::Range;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::words::Message;

pub mod expressions;
pub mod numbers;
pub mod rules;

pub use expressions::{Dictionary, Group};
pub use rules::{RuleId, Severity};

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// It has the shape; nothing else speaks for it.
    Low,
    /// Its shape is rare, or words beside it speak for it.
    Medium,
    /// A check sign holds, or it is a fact of the file.
    High,
}

/// Where in a part of a file something stands. Everything counts from 1 except
/// the ranges, which count characters from 0, the end not included.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spot {
    /// The part as a whole.
    Whole,
    /// A range of characters of a line or paragraph.
    Line {
        /// Line or paragraph.
        line: u32,
        /// Characters of it.
        range: Range<u32>,
    },
    /// A cell.
    Cell {
        /// Name of the sheet.
        sheet: String,
        /// As spreadsheets write it: `B12`.
        cell: String,
    },
    /// A page, with the line on it where there is one.
    Page {
        /// Page.
        page: u32,
        /// Line on the page.
        line: Option<u32>,
    },
}

impl Spot {
    /// The place in words; none for the whole file.
    pub fn message(&self) -> Option<Message> {
        Some(match self {
            Self::Whole => return None,
            Self::Line { line, range } => Message::new("inspection-spot-line")
                .with("line", line)
                .with("from", range.start + 1)
                .with("to", range.end),
            Self::Cell { sheet, cell } if cell.is_empty() => {
                Message::new("inspection-spot-sheet").with("sheet", sheet)
            }
            Self::Cell { sheet, cell } => Message::new("inspection-spot-cell")
                .with("sheet", sheet)
                .with("cell", cell),
            Self::Page { page, line: None } => {
                Message::new("inspection-spot-page").with("page", page)
            }
            Self::Page {
                page,
                line: Some(line),
            } => Message::new("inspection-spot-page-line")
                .with("page", page)
                .with("line", line),
        })
    }
}

/// What hides a text from who reads the file in the usual way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hidden {
    /// A sheet that is hidden, or hidden so that no menu shows it.
    Sheet,
    /// A hidden row or column.
    RowOrColumn,
    /// A hidden slide.
    Slide,
    /// A remark beside the text.
    Comment,
    /// What tracked changes took out or put in.
    Tracked,
    /// Properties of the document.
    Properties,
    /// A small picture of how the document once looked.
    Thumbnail,
    /// Another file in this one.
    Embedded,
    /// An older state of a PDF, kept in front of the newer one.
    Revision,
    /// A layer that is switched off.
    Layer,
    /// Text under a box.
    Covered,
    /// What a picture says of itself.
    Picture,
    /// Text that is formatted not to be seen.
    Unseen,
    /// Anything else that only a program reads: fields, caches, names.
    Machinery,
}

impl Hidden {
    /// Its name for people.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::Sheet => "inspection-hidden-sheet",
            Self::RowOrColumn => "inspection-hidden-row",
            Self::Slide => "inspection-hidden-slide",
            Self::Comment => "inspection-hidden-comment",
            Self::Tracked => "inspection-hidden-tracked",
            Self::Properties => "inspection-hidden-properties",
            Self::Thumbnail => "inspection-hidden-thumbnail",
            Self::Embedded => "inspection-hidden-embedded",
            Self::Revision => "inspection-hidden-revision",
            Self::Layer => "inspection-hidden-layer",
            Self::Covered => "inspection-hidden-covered",
            Self::Picture => "inspection-hidden-picture",
            Self::Unseen => "inspection-hidden-unseen",
            Self::Machinery => "inspection-hidden-machinery",
        })
    }
}

/// Where something stands: which part, where in it, and what hides it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Names of the parts from the outside in: entries of archives, parts of a
    /// document, attachments. Empty for the file itself.
    pub part: Vec<String>,
    /// Where in the part.
    pub spot: Spot,
    /// What hides it, where something does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<Hidden>,
}

impl Place {
    /// The file itself.
    pub fn file() -> Self {
        Self {
            part: Vec::new(),
            spot: Spot::Whole,
            hidden: None,
        }
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// How grave; a rule's own, or less where the words around it say so.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Where.
    pub place: Place,
    /// What may be shown of it: a number masked, an expression as it stands, a
    /// count. Never a number in clear.
    pub shown: String,
    /// What a dictionary proposes instead; nobody puts it in but a person.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub proposal: String,
}

impl Finding {
    /// What a rule says of a file or a part of it.
    pub fn of(rule: RuleId, place: Place, shown: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.rule().severity,
            confidence: Confidence::High,
            place,
            shown: shown.into(),
            proposal: String::new(),
        }
    }
}

/// What is to become of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing was found.
    Clean,
    /// Something to look at; it may pass.
    Warned,
    /// It cannot be read here, wholly or in part: a person has to look at it.
    Unreadable,
    /// It may pass only where a person says why.
    Blocked,
    /// It may not pass, whoever says so.
    Refused,
}

impl Verdict {
    /// All of them, the mildest first.
    pub const ALL: [Self; 5] = [
        Self::Clean,
        Self::Warned,
        Self::Unreadable,
        Self::Blocked,
        Self::Refused,
    ];

    /// The word for storage; it never changes.
    pub fn key(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Warned => "warned",
            Self::Unreadable => "unreadable",
            Self::Blocked => "blocked",
            Self::Refused => "refused",
        }
    }

    /// The verdict of a stored word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.key() == key)
    }

    /// Its name for people.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::Clean => "inspection-verdict-clean",
            Self::Warned => "inspection-verdict-warned",
            Self::Unreadable => "inspection-verdict-unreadable",
            Self::Blocked => "inspection-verdict-blocked",
            Self::Refused => "inspection-verdict-refused",
        })
    }

    /// Whether a file may pass: by itself, or because a person confirmed it
    /// with a reason. What is refused passes by nobody's word.
    pub fn may_pass(self, is_confirmed: bool) -> bool {
        match self {
            Self::Clean | Self::Warned => true,
            Self::Unreadable | Self::Blocked => is_confirmed,
            Self::Refused => false,
        }
    }

    /// Whether a person can settle it.
    pub fn asks_a_person(self) -> bool {
        matches!(self, Self::Unreadable | Self::Blocked)
    }
}

/// The most findings that are kept of one file; the rest are counted. A list
/// of persons as long as this is read by nobody.
pub const FINDINGS_MAX: usize = 500;

/// What an inspection came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// What the file is by its content: `PDF`, `DOCX`, or `?`.
    pub kind: String,
    /// What was found, the gravest first, at most [`FINDINGS_MAX`].
    pub findings: Vec<Finding>,
    /// Findings beyond those.
    pub more: usize,
    /// What follows from all of them.
    pub verdict: Verdict,
}

impl Outcome {
    /// Puts findings in order and draws the verdict.
    pub fn new(kind: impl Into<String>, mut findings: Vec<Finding>) -> Self {
        let verdict = findings.iter().map(verdict_of).max();
        // Stable: within a severity the order of the file.
        findings.sort_by_key(|finding| std::cmp::Reverse(verdict_of(finding)));
        let more = findings.len().saturating_sub(FINDINGS_MAX);
        findings.truncate(FINDINGS_MAX);
        Self {
            kind: kind.into(),
            findings,
            more,
            verdict: verdict.unwrap_or(Verdict::Clean),
        }
    }

    /// Findings of one severity.
    pub fn of_severity(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(move |finding| finding.severity == severity)
    }
}

fn verdict_of(finding: &Finding) -> Verdict {
    match finding.severity {
        Severity::Warns => Verdict::Warned,
        Severity::Unreadable => Verdict::Unreadable,
        Severity::Blocks if finding.rule.rule().can_be_confirmed => Verdict::Blocked,
        Severity::Blocks => Verdict::Refused,
    }
}

/// A hit in one text: the range counts bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The rule.
    pub rule: RuleId,
    /// How grave.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// Bytes of the text.
    pub range: Range<usize>,
    /// What may be shown.
    pub shown: String,
    /// What a dictionary proposes instead.
    pub proposal: String,
}

/// Scans texts for personal data and expressions. Made once, used for many.
#[derive(Debug)]
pub struct Scanner {
    dictionary: Dictionary,
    today: Date,
}

impl Scanner {
    /// A scanner with a dictionary; `today` is the last day on which a person
    /// can be born.
    pub fn new(dictionary: Dictionary, today: Date) -> Self {
        Self { dictionary, today }
    }

    /// The dictionary.
    pub fn dictionary(&self) -> &Dictionary {
        &self.dictionary
    }

    /// Scans a text: personal data, then expressions. Hits are told as ranges
    /// of bytes in order of their kind; the text is changed by nobody. Texts
    /// that have nothing to do with one another may be scanned as one with a
    /// unit separator (U+001F) between them: no hit reaches over it.
    pub fn scan(&self, text: &str, hits: &mut Vec<Hit>) {
        numbers::scan(text, self.today, hits);
        self.dictionary.scan(text, hits);
    }

    /// Personal data alone, as for what only programs read.
    pub fn scan_numbers(&self, text: &str, hits: &mut Vec<Hit>) {
        numbers::scan(text, self.today, hits);
    }

    /// Expressions alone.
    pub fn scan_words(&self, text: &str, hits: &mut Vec<Hit>) {
        self.dictionary.scan(text, hits);
    }

    /// The text with everything masked that [`Self::scan_numbers`] finds, as
    /// names of files are shown and kept.
    pub fn masked(&self, text: &str) -> String {
        let mut hits = Vec::new();
        numbers::scan(text, self.today, &mut hits);
        hits.retain(|hit| hit.rule != RuleId::Address);
        hits.sort_by_key(|hit| hit.range.start);
        let mut masked = String::with_capacity(text.len());
        let mut at = 0;
        for hit in hits {
            if hit.range.start >= at {
                masked.push_str(text.get(at..hit.range.start).unwrap_or_default());
                masked.push_str(&hit.shown);
                at = hit.range.end;
            }
        }
        masked.push_str(text.get(at..).unwrap_or_default());
        masked
    }
}

#[cfg(test)]
mod tests;
