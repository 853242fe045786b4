//! The audit trail.

use axum::extract::Query;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gongkai_app::people as staff;
use gongkai_app::store::audit::Search;
use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::words::{Message, Words};
use jiff::civil::Date;
use serde::Deserialize;

use super::{Cell, Field, Inside, TablePage, failed};
use crate::frame::format::{midnight, second};
use crate::frame::modes::Modes;
use crate::frame::page;
use crate::frame::parts::Tone;

pub(super) use crate::frame::format::instant as local;

/// Rows on a page.
const PAGE: i64 = 100;

/// What is looked for in the audit trail, as it was typed.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct Asked {
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    actor: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    object: String,
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    before: i64,
}

impl Asked {
    fn search(&self) -> Search {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let midnight = |day: Option<Date>| day.and_then(midnight);
        let day = |text: &str| text.trim().parse::<Date>().ok();
        Search {
            from: midnight(day(&self.from)),
            // The last day is meant whole.
            until: midnight(day(&self.until).and_then(|day| day.tomorrow().ok())),
            actor_name: some(&self.actor),
            action: some(&self.action),
            object_kind: some(&self.kind),
            object: some(&self.object),
            outcome: Outcome::from_key(self.outcome.trim()),
        }
    }

    fn fields(&self, modes: &Modes) -> Vec<Field> {
        let words = modes.words();
        let outcomes = [
            ("", "audit-any"),
            ("done", "trail-done"),
            ("denied", "trail-denied"),
            ("failed", "trail-failed"),
        ];
        let text = |name, label, value: &str| Field::text(words, name, label, value);
        vec![
            text("from", "audit-from", &self.from),
            text("until", "audit-until", &self.until),
            text("actor", "field-login", &self.actor),
            Field {
                kind: "select",
                options: outcomes
                    .map(|(key, label)| (key.to_owned(), words.text(label)))
                    .to_vec(),
                ..text("outcome", "audit-outcome", &self.outcome)
            },
            Field {
                kind: "select",
                options: actions(words, self.action.trim()),
                ..text("action", "audit-action", self.action.trim())
            },
            Field {
                kind: "select",
                options: kinds(words, self.kind.trim()),
                ..text("kind", "audit-kind", self.kind.trim())
            },
            text("object", "audit-object", &self.object),
        ]
    }

    fn query(&self, before: Option<i64>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("from", &self.from),
            ("until", &self.until),
            ("actor", &self.actor),
            ("action", &self.action),
            ("kind", &self.kind),
            ("object", &self.object),
            ("outcome", &self.outcome),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some(before) = before {
            query.append_pair("before", &before.to_string());
        }
        query.finish()
    }
}

/// What is written into the trail and asked of no permission.
const ENTRANCES: [(&str, &str); 4] = [
    ("session.begin", "trail-session-begin"),
    ("session.second_factor", "trail-session-second-factor"),
    ("session.end", "trail-session-end"),
    ("people.accept", "trail-people-accept"),
];

/// What was done, in words; its key where there are none.
fn action_name(words: &Words, key: &str) -> String {
    if let Some(action) = Action::from_key(key) {
        return words.render(&action.label());
    }
    let entrance = ENTRANCES.iter().find(|(of, _)| *of == key);
    entrance.map_or_else(|| key.to_owned(), |(_, label)| words.text(label))
}

/// A word of the program's own, as people call it; itself where nobody has
/// named it.
fn named(words: &Words, family: &str, key: &str) -> String {
    let id = format!("{family}-{}", key.replace('.', "-"));
    if words.has(&id) {
        words.text(&id)
    } else {
        key.to_owned()
    }
}

/// The details of an entry as one reads them: what is there, without what is
/// not. The export has them as they were written.
fn detail(written: &str) -> String {
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(written) else {
        return written.to_owned();
    };
    let said = fields.iter().filter_map(|(name, value)| match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) if text.is_empty() => None,
        serde_json::Value::String(text) => Some(format!("{name}: {text}")),
        value => Some(format!("{name}: {value}")),
    });
    said.collect::<Vec<_>>().join("; ")
}

/// What it was done to: its kind, and its number where it has one.
fn object_name(words: &Words, kind: &str, object: &str) -> String {
    let kind = named(words, "object", kind);
    match object {
        "" | "-" => kind,
        object => format!("{kind} {object}"),
    }
}

/// What can be looked for; what the address asks for is among it.
fn actions(words: &Words, asked: &str) -> Vec<(String, String)> {
    let mut keys: Vec<&str> = ENTRANCES.iter().map(|(key, _)| *key).collect();
    keys.extend(Action::ALL.iter().map(|action| action.key()));
    if !asked.is_empty() && !keys.contains(&asked) {
        keys.push(asked);
    }
    let mut options = vec![(String::new(), words.text("audit-any"))];
    options.extend(
        keys.iter()
            .map(|key| ((*key).to_owned(), action_name(words, key))),
    );
    options
}

/// Kinds of what something is done to.
const KINDS: [&str; 7] = [
    "person",
    "organization",
    "register",
    "delegation",
    "policy",
    "job",
    "audit",
];

/// Kinds that can be looked for; the one that the address asks for is among
/// them.
fn kinds(words: &Words, asked: &str) -> Vec<(String, String)> {
    let mut keys = KINDS.to_vec();
    if !asked.is_empty() && !keys.contains(&asked) {
        keys.push(asked);
    }
    let mut options = vec![(String::new(), words.text("audit-any"))];
    let named = |key: &&str| ((*key).to_owned(), named(words, "object", key));
    options.extend(keys.iter().map(named));
    options
}

/// `GET /office/audit`
pub async fn audit(Inside { visit, signed }: Inside, Query(asked): Query<Asked>) -> Response {
    let before = if asked.before > 0 {
        asked.before
    } else {
        i64::MAX
    };
    let house = &visit.office.house;
    let found = staff::search_audit(house, &signed, &asked.search(), before, PAGE).await;
    let found = match found {
        Ok(found) => found,
        Err(error) => return failed(visit.modes, error),
    };
    let words = visit.modes.words();
    let columns = [
        "column-at",
        "field-login",
        "audit-action",
        "audit-object",
        "audit-outcome",
        "column-source",
        "audit-detail",
    ];
    let fields = asked.fields(&visit.modes);
    let mut table = TablePage::new(visit.modes, "office-audit", &columns);
    table.lead = words.text("audit-trail-lead");
    table.teach("search-none", "search-none-text");
    if asked.before > 0 {
        table.first = format!("/office/audit?{}", asked.query(None));
    }
    table.search = fields;
    table.search_action = "/office/audit".to_owned();
    if signed
        .may(Action::AuditExport, Target::Installation)
        .is_allowed()
    {
        let to = format!("/office/audit/export?{}", asked.query(None));
        table.tools.push(Cell::link(words.text("audit-export"), to));
    }
    if let Some(last) = found
        .last()
        .filter(|_| found.len() >= usize::try_from(PAGE).unwrap_or(0))
    {
        table.more = format!("/office/audit?{}", asked.query(Some(last.stored.id)));
    }
    table.rows = found
        .into_iter()
        .map(|traced| {
            let entry = traced.stored.entry;
            let actor = match traced.acting_for {
                None => entry.actor_name,
                Some(lender) => words.render(
                    &Message::new("trail-acting")
                        .with("actor", entry.actor_name)
                        .with("lender", lender),
                ),
            };
            let (outcome, tone) = match entry.outcome {
                Outcome::Done => ("trail-done", Tone::Good),
                Outcome::Denied => ("trail-denied", Tone::Warning),
                Outcome::Failed => ("trail-failed", Tone::Error),
            };
            vec![
                Cell::text(second(entry.at)),
                Cell::text(actor),
                Cell::text(action_name(words, &entry.action)),
                Cell::text(object_name(words, &entry.object_kind, &entry.object)),
                Cell::state(words.text(outcome), tone),
                Cell::text(entry.source),
                Cell::text(detail(&entry.detail)),
            ]
        })
        .collect();
    page(&table)
}

/// `GET /office/audit/export`
pub async fn export(Inside { visit, signed }: Inside, Query(asked): Query<Asked>) -> Response {
    match staff::export_audit(&visit.office.house, &signed, &asked.search()).await {
        Ok(text) => {
            let headers = [
                (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
                (
                    header::CONTENT_DISPOSITION,
                    "attachment; filename=audit.csv",
                ),
            ];
            (headers, text).into_response()
        }
        Err(error) => failed(visit.modes, error),
    }
}

#[cfg(test)]
mod tests {
    use gongkai_domain::words::Language;

    use super::*;

    #[test]
    fn the_trail_is_told_in_words() {
        let words = Words::of(Language::Chinese);
        assert_eq!(action_name(words, "people.see"), "查看人员");
        assert_eq!(action_name(words, "session.end"), "退出");
        assert_eq!(action_name(words, "never.seen"), "never.seen");
        assert_eq!(object_name(words, "person", "6"), "人员 6");
        assert_eq!(object_name(words, "job", "-"), "任务");
        assert_eq!(object_name(words, "unknown", "7"), "unknown 7");
        assert_eq!(
            detail(r#"{"role":"clerk","organization":1,"until":null,"object":""}"#),
            "organization: 1; role: clerk"
        );
        assert_eq!(detail("no json"), "no json");
        // What the address asks for can be chosen again.
        assert!(actions(words, "x.y").iter().any(|(key, _)| key == "x.y"));
    }
}
