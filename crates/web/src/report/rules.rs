//! `GET /rules`: every check in words, with its basis and an example.

use askama::Template;
use axum::response::Response;
use gongkai_domain::report::audit::rules::{RULES, Rule};

use crate::frame::modes::Modes;
use crate::frame::{Frame, page};

/// A check as the page shows it.
struct RuleView {
    code: String,
    severity: &'static str,
    severity_label: String,
    statement: String,
    example: String,
    basis: &'static str,
}

/// Checks of one kind.
struct Group {
    key: &'static str,
    title: String,
    rules: Vec<RuleView>,
}

#[derive(Template)]
#[template(path = "rules.html")]
struct RulesPage {
    frame: Frame,
    groups: Vec<Group>,
}

/// Kinds of checks by the beginnings of their codes.
const GROUPS: [(&str, &[&str]); 5] = [
    ("tables", &["T2-", "T3-", "T4-"]),
    ("across", &["XY-", "AGG-"]),
    ("prose", &["NARR-", "TEXT-"]),
    ("structure", &["CH-", "FORMAT-"]),
    ("publication", &["PUB-"]),
];

/// Which kind a check is of.
fn group_of(rule: &Rule) -> Option<&'static str> {
    GROUPS
        .iter()
        .find(|(_, begins)| begins.iter().any(|begin| rule.code.starts_with(begin)))
        .map(|(key, _)| *key)
}

/// `GET /rules`
pub async fn page_of_rules(modes: Modes) -> Response {
    let words = modes.words();
    let view = |rule: &Rule| RuleView {
        code: if rule.code.ends_with('-') {
            format!("{}…", rule.code)
        } else {
            rule.code.to_owned()
        },
        severity: rule.severity.name(),
        severity_label: words.text(&format!("severity-{}", rule.severity.name())),
        statement: words.text(rule.statement),
        example: words.text(&rule.statement.replacen("rule-", "example-", 1)),
        basis: rule.basis,
    };
    let groups = GROUPS
        .iter()
        .map(|(key, _)| Group {
            key,
            title: words.text(&format!("rules-{key}")),
            rules: RULES
                .iter()
                .filter(|rule| group_of(rule) == Some(key))
                .map(view)
                .collect(),
        })
        .collect();
    page(&RulesPage {
        groups,
        frame: Frame::new(modes, words.text("nav-rules")),
    })
}

#[cfg(test)]
mod tests {
    use gongkai_domain::words::{Language, Words};

    use super::*;

    #[test]
    fn every_check_has_its_place_and_an_example_in_both_languages() {
        for rule in RULES {
            assert!(group_of(rule).is_some(), "{}", rule.code);
            let example = rule.statement.replacen("rule-", "example-", 1);
            for language in [Language::Chinese, Language::English] {
                assert!(Words::of(language).has(&example), "{example}");
            }
        }
    }
}
