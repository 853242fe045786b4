//! Bodies as a list, searched and sorted by name.

use axum::extract::Query;
use axum::response::Response;
use gongkai_app::organization as bodies;
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::words::Message;
use serde::Deserialize;

use super::{address, broken, kind, name_of, or_empty, who};
use crate::frame::{format, page};
use crate::office::{Cell, Field, Inside, TablePage};

/// Bodies on a page.
const PAGE: i64 = 50;

/// What is looked for, and where the page before ended.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    text: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    after: i64,
    /// How many bodies a table has just brought.
    #[serde(default)]
    imported: i64,
}

/// `GET /office/organizations`
pub async fn list(inside: Inside, Query(asked): Query<Asked>) -> Response {
    let query = bodies::Query {
        text: asked.text.clone(),
        after: (asked.after > 0).then(|| (asked.name.clone(), OrganizationId(asked.after))),
        most: PAGE,
    };
    let (who, house) = (who(&inside), &inside.visit.office.house);
    let found = match bodies::list(house, &who, &inside.signed.actor, &query).await {
        Ok(found) => found,
        Err(error) => return broken(inside.visit.modes, &error),
    };
    let words = inside.visit.modes.words();
    let columns = [
        "body-name",
        "body-kind",
        "body-parent",
        "body-credit-code",
        "body-since",
        "body-ended",
    ];
    let mut table = TablePage::new(inside.visit.modes.clone(), "office-organizations", &columns);
    let count = format::count(words, found.count);
    table.lead = words.render(&Message::new("bodies-count").with("count", count));
    if asked.text.trim().is_empty() {
        table.begin("bodies-none", "bodies-none-text");
    } else {
        table.teach("search-none", "search-none-text");
    }
    if asked.imported > 0 {
        let told = Message::new("import-done").with("count", asked.imported);
        table.lead = format!("{}{}", words.render(&told), table.lead);
    }
    table.search = vec![Field::text(words, "text", "bodies-search", &asked.text)];
    table.search_action = "/office/organizations".to_owned();
    let may = |action| inside.signed.may(action, Target::Installation).is_allowed();
    for (action, label, to) in [
        (
            Action::OrganizationsChange,
            "body-new",
            "/office/organizations/new",
        ),
        (
            Action::OrganizationsImport,
            "bodies-import",
            "/office/organizations/import",
        ),
        (
            Action::OrganizationsExport,
            "bodies-export-xlsx",
            "/office/organizations/export?format=xlsx",
        ),
        (
            Action::OrganizationsExport,
            "bodies-export-csv",
            "/office/organizations/export?format=csv",
        ),
    ] {
        if may(action) {
            let mut tool = Cell::link(words.text(label), to);
            tool.is_main = action == Action::OrganizationsChange;
            table.tools.push(tool);
        }
    }
    if let Some((name, id)) = &found.next {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("text", &asked.text);
        query.append_pair("name", name);
        query.append_pair("after", &id.0.to_string());
        table.more = format!("/office/organizations?{}", query.finish());
    }
    if asked.after > 0 {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("text", &asked.text);
        table.first = format!("/office/organizations?{}", query.finish());
    }
    table.rows = found
        .bodies
        .iter()
        .map(|kept| {
            let body = &kept.body;
            vec![
                Cell::link(&body.name, address(body.id)),
                Cell::text(kind(words, body.kind)),
                Cell::text(name_of(&inside, body.parent)),
                Cell::text(or_empty(body.credit_code.as_ref())),
                Cell::text(body.validity.from().to_string()),
                Cell::text(or_empty(body.validity.until())),
            ]
        })
        .collect();
    page(&table)
}
