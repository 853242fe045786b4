//! Papers made of an annual report.

pub mod charts;
pub mod html;
pub mod json;
pub mod layout;
pub mod sarif;
pub mod xlsx;

use gongkai_domain::report::audit::Diagnostic;
use gongkai_domain::report::reading::Reading;

/// A report that was read and audited, with the name of its file.
#[derive(Debug)]
pub struct Audited {
    /// Name of the file, as given.
    pub name: String,
    /// What was read.
    pub reading: Reading,
    /// What the audit says.
    pub diagnostics: Vec<Diagnostic>,
    /// A human's verdicts by fingerprint.
    pub verdicts: std::collections::BTreeMap<String, Verdict>,
}

/// A file that was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Name of the file, as given.
    pub name: String,
    /// Why, and what to do.
    pub reason: gongkai_domain::words::Message,
}

/// What a human said of a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Verdict {
    /// Whether the fault is real.
    pub decision: Decision,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remark: String,
}

/// A human's decision on a diagnostic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// The fault is real.
    Confirmed,
    /// It is none.
    Dismissed,
}

impl Audited {
    /// The verdict on a diagnostic.
    pub fn verdict(&self, diagnostic: &Diagnostic) -> Option<&Verdict> {
        self.verdicts.get(&diagnostic.fingerprint)
    }

    /// Whether a diagnostic counts: a dismissed one does not.
    pub fn counts(&self, diagnostic: &Diagnostic) -> bool {
        self.verdict(diagnostic)
            .is_none_or(|verdict| verdict.decision != Decision::Dismissed)
    }

    /// How many diagnostics of a severity count.
    pub fn count(&self, severity: gongkai_domain::report::audit::Severity) -> usize {
        self.diagnostics
            .iter()
            .filter(|d| d.severity == severity && self.counts(d))
            .count()
    }
}
