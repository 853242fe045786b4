//! The audit: a report held against its form, its own prose, the year before
//! and the bodies it sums up.
//!
//! Each check is a row of [`rules::RULES`] with its basis; each thing said is
//! a [`Diagnostic`] with both figures, its place, and where it can be, the
//! mend. Start with [`audit`].

pub mod across;
pub mod identities;
mod narrative;
mod repeated;
pub mod rules;
pub mod structure;
pub mod wording;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::document::Place;
use super::reading::Reading;
use crate::words::Message;

/// How grave a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Contradicts the form or itself.
    Error,
    /// Very likely wrong, or against good practice.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The name in outputs, and the end of the catalogue key.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// What the audit can say of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Status {
    /// It does not hold.
    #[serde(rename = "fails")]
    Fails,
    /// It may not hold; a reader must decide.
    #[serde(rename = "uncertain")]
    Uncertain,
    /// What it rests on is not there.
    #[serde(rename = "not assessable")]
    NotAssessable,
}

impl Status {
    /// The name in outputs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fails => "fails",
            Self::Uncertain => "uncertain",
            Self::NotAssessable => "not assessable",
        }
    }
}

/// Where in the report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spot {
    /// Cells concerned, the one to look at first.
    pub cells: Vec<String>,
    /// Index of the sentence concerned.
    pub sentence: Option<usize>,
    /// Byte range in the folded sentence.
    pub range: Option<(usize, usize)>,
    /// Place in the file.
    pub place: Place,
}

/// One thing the audit says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code of the rule.
    pub code: String,
    /// How grave.
    pub severity: Severity,
    /// What can be said.
    pub status: Status,
    /// Where.
    pub spot: Spot,
    /// The figure, or sum, on the one side.
    pub left: Option<String>,
    /// The figure, or sum, on the other side.
    pub right: Option<String>,
    /// The explanation.
    pub message: Message,
    /// The article or notice behind the rule.
    pub basis: &'static str,
    /// What to change.
    pub mend: Option<Message>,
    /// The same for the same fault of the same report on every run.
    pub fingerprint: String,
}

/// What a report is audited with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// The report of the year before.
    pub previous: Option<&'a Reading>,
    /// Reports of the subordinate bodies, with their names.
    pub children: Option<&'a across::Children>,
}

/// Audits a report. The diagnostics come gravest first, then in the order of
/// the report.
pub fn audit(reading: &Reading, beside: Beside<'_>) -> Vec<Diagnostic> {
    let mut findings = Findings::default();
    identities::check(reading, &mut findings);
    narrative::check(reading, beside.previous, &mut findings);
    repeated::check(reading, &mut findings);
    wording::check(reading, &mut findings);
    structure::check(reading, &mut findings);
    if let Some(previous) = beside.previous {
        across::check_previous(reading, previous, &mut findings);
    }
    if let Some(children) = beside.children {
        across::check_children(reading, children, &mut findings);
    }
    findings.finish(reading)
}

/// Diagnostics in the making.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    diagnostics: Vec<Diagnostic>,
}

impl Findings {
    /// Adds a finding of a rule; severity and basis are the rule's.
    pub(crate) fn add(
        &mut self,
        code: impl Into<String>,
        status: Status,
        spot: Spot,
        message: Message,
    ) -> &mut Diagnostic {
        let code = code.into();
        let rule = rules::of(&code);
        // Only what fails can be an error; the rest asks for a look.
        let severity = match status {
            Status::Fails => rule.severity,
            Status::Uncertain => Severity::Note,
            Status::NotAssessable => rule.severity.max(Severity::Warning),
        };
        self.diagnostics.push(Diagnostic {
            code,
            severity,
            status,
            spot,
            left: None,
            right: None,
            message,
            basis: rule.basis,
            mend: None,
            fingerprint: String::new(),
        });
        let last = self.diagnostics.len() - 1;
        &mut self.diagnostics[last]
    }

    fn finish(mut self, reading: &Reading) -> Vec<Diagnostic> {
        let order = |diagnostic: &Diagnostic| {
            let sentence = diagnostic.spot.sentence.unwrap_or(usize::MAX);
            let row = diagnostic
                .spot
                .cells
                .first()
                .and_then(|key| reading.cell(key))
                .map_or(usize::MAX, |cell| cell.row);
            (
                diagnostic.severity,
                diagnostic.status != Status::Fails,
                row,
                sentence,
            )
        };
        self.diagnostics.sort_by_key(order);
        // The same total stated twice in one sentence is one fault.
        self.diagnostics.dedup_by(|later, first| {
            later.code == first.code
                && later.spot.sentence.is_some()
                && later.spot.sentence == first.spot.sentence
                && later.left == first.left
                && later.right == first.right
        });
        let mut seen = std::collections::BTreeMap::<String, u32>::new();
        for diagnostic in &mut self.diagnostics {
            let print = fingerprint(diagnostic, reading);
            let times = seen.entry(print.clone()).or_default();
            *times += 1;
            diagnostic.fingerprint = if *times == 1 {
                print
            } else {
                format!("{print}-{times}")
            };
        }
        self.diagnostics
    }
}

/// Code, report, place and figures; not the wording, so that a better
/// explanation keeps a human's verdict, and a changed figure ends it.
fn fingerprint(diagnostic: &Diagnostic, reading: &Reading) -> String {
    let mut digest = Sha256::new();
    let mut part = |text: &str| {
        digest.update(text.as_bytes());
        digest.update([0]);
    };
    part(&diagnostic.code);
    part(reading.organization.as_deref().unwrap_or(""));
    part(&reading.year.map(|y| y.to_string()).unwrap_or_default());
    for cell in &diagnostic.spot.cells {
        part(cell);
    }
    if let Some(sentence) = diagnostic
        .spot
        .sentence
        .and_then(|i| reading.sentences.get(i))
    {
        part(&sentence.folded);
        part(&format!("{:?}", diagnostic.spot.range));
    }
    part(diagnostic.left.as_deref().unwrap_or(""));
    part(diagnostic.right.as_deref().unwrap_or(""));
    let bytes = digest.finalize();
    bytes[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The spot of a sentence, or of a range in it.
pub(crate) fn in_sentence(
    reading: &Reading,
    sentence: usize,
    range: Option<(usize, usize)>,
) -> Spot {
    Spot {
        cells: Vec::new(),
        sentence: Some(sentence),
        range,
        place: reading
            .sentences
            .get(sentence)
            .map_or_else(Place::default, |s| s.place.clone()),
    }
}

/// The spot of some cells.
pub(crate) fn in_cells(reading: &Reading, cells: Vec<String>) -> Spot {
    let place = cells
        .iter()
        .find_map(|key| reading.cell(key))
        .map_or_else(Place::default, |cell| cell.place.clone());
    Spot {
        cells,
        sentence: None,
        range: None,
        place,
    }
}

#[cfg(test)]
mod tests;
