//! How a request ends: exactly one outcome for each, and the row of the annual
//! report in which it is counted. The law is data (`data/requests/outcomes.json`);
//! what a norm leaves to practice is marked there as recalled.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::words::Message;

/// What kind of end it is, as the annual report groups them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// 予以公开.
    Granted,
    /// 部分公开: it is counted here alone.
    Partial,
    /// 不予公开.
    Denied,
    /// 无法提供.
    Unable,
    /// 不予处理.
    Unprocessed,
    /// 其他处理.
    Other,
}

/// Which clause of remedies the letter bears where it is dated 2024-01-01 or
/// later (行政复议法 2023 第二十三条); before that it is [`Remedy::Optional`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// Reconsideration first, a suit only after it.
    ReviewFirst,
    /// Reconsideration or a suit, as the applicant likes.
    Optional,
    /// The law is unclear: the installation says which.
    Setting,
    /// None.
    None,
}

/// An outcome.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Its key; it never changes.
    pub code: String,
    /// What kind of end it is.
    pub family: Family,
    /// The rule behind it, as letters cite it; empty where there is none.
    pub basis: String,
    /// The row of each statutory form, by the form's year.
    pub rows: BTreeMap<String, String>,
    /// The clause of remedies.
    pub remedy: Remedy,
    /// Whether its row was seen in the form, or follows practice: `seen` or
    /// `recalled`.
    pub mapping: String,
}

impl Outcome {
    /// Its name for people.
    pub fn label(&self) -> Message {
        Message {
            id: format!("request-outcome-{}", self.code).into(),
            arguments: Vec::new(),
        }
    }

    /// The row in which a form counts it.
    pub fn row(&self, form: &str) -> Option<&str> {
        self.rows.get(form).map(String::as_str)
    }
}

/// All outcomes, in the order of the table.
pub fn all() -> &'static [Outcome] {
    static ALL: OnceLock<Vec<Outcome>> = OnceLock::new();
    ALL.get_or_init(|| {
        let text = include_str!("../../data/requests/outcomes.json");
        serde_json::from_str(text).unwrap_or_default()
    })
}

/// The outcome of a stored key.
pub fn of(code: &str) -> Option<&'static Outcome> {
    all().iter().find(|outcome| outcome.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Language, Words};

    #[test]
    fn every_outcome_is_counted_in_a_row_that_both_forms_have() {
        assert_eq!(all().len(), 26);
        for (year, form) in [
            ("2021", include_str!("../../data/report/2021.json")),
            ("2019", include_str!("../../data/report/2019.json")),
        ] {
            let form: serde_json::Value = serde_json::from_str(form).expect("a form");
            let keys = form.to_string();
            for outcome in all() {
                let row = outcome.row(year).expect("a row");
                let key = format!("\"{row}\"");
                assert!(
                    keys.contains(&key),
                    "{} has no row {row} in {year}",
                    outcome.code
                );
            }
        }
    }

    #[test]
    fn every_outcome_has_a_name_and_its_own_key() {
        for (at, outcome) in all().iter().enumerate() {
            assert_eq!(
                of(&outcome.code),
                Some(outcome),
                "{} stands twice",
                all()[at].code
            );
            assert!(["seen", "recalled"].contains(&outcome.mapping.as_str()));
            for language in [Language::Chinese, Language::English] {
                let name = Words::of(language).render(&outcome.label());
                assert!(!name.contains("request-outcome-"), "{name}");
            }
        }
    }

    #[test]
    fn what_takes_information_away_goes_to_reconsideration_first() {
        // 行政复议法 2023 第二十三条第一款第四项: 申请政府信息公开，行政机关不予公开.
        for outcome in all() {
            let denies = matches!(outcome.family, Family::Denied | Family::Partial);
            if denies && outcome.remedy != Remedy::Setting {
                assert_eq!(outcome.remedy, Remedy::ReviewFirst, "{}", outcome.code);
            }
            if outcome.family == Family::Granted {
                assert_eq!(outcome.remedy, Remedy::Optional, "{}", outcome.code);
            }
        }
        assert_eq!(
            of("withdrawn").map(|outcome| outcome.remedy),
            Some(Remedy::None)
        );
    }
}
