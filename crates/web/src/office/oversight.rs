//! The audit trail.

use axum::extract::Query;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use gongkai_app::people as staff;
use gongkai_app::store::audit::Search;
use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::words::Message;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, offset};
use serde::Deserialize;

use super::{Cell, Field, Inside, TablePage, failed};
use crate::frame::modes::Modes;
use crate::frame::page;

/// An instant as people in China read it.
pub(super) fn local(at: Timestamp) -> String {
    let here = at.to_zoned(TimeZone::fixed(offset(8)));
    here.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

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
        let midnight = |day: Option<Date>| {
            let zoned = day?.to_zoned(TimeZone::fixed(offset(8))).ok()?;
            Some(zoned.timestamp())
        };
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
        [
            ("from", "audit-from", &self.from),
            ("until", "audit-until", &self.until),
            ("actor", "field-login", &self.actor),
            ("action", "audit-action", &self.action),
            ("kind", "audit-kind", &self.kind),
            ("object", "audit-object", &self.object),
            ("outcome", "audit-outcome", &self.outcome),
        ]
        .map(|(name, label, value)| Field::text(words, name, label, value))
        .to_vec()
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
            let outcome = words.text(match entry.outcome {
                Outcome::Done => "trail-done",
                Outcome::Denied => "trail-denied",
                Outcome::Failed => "trail-failed",
            });
            vec![
                Cell::text(local(entry.at)),
                Cell::text(actor),
                Cell::text(entry.action),
                Cell::text(format!("{} {}", entry.object_kind, entry.object)),
                Cell::text(outcome),
                Cell::text(entry.source),
                Cell::text(entry.detail),
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
