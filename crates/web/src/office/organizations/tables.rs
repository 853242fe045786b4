//! Bodies brought in and carried out as tables.

use axum::extract::{Query, Request, State as Extract};
use axum::response::Response;
use gongkai_app::once::Sent;
use gongkai_app::organization::{self as bodies, OrganizationError};
use gongkai_app::paper::table::TableFormat;
use gongkai_domain::organization::permissions::{Action, Target};
use serde::Deserialize;

use super::{broken, demand, told, who};
use crate::Shared;
use crate::frame::page;
use crate::office::imports::{ImportPage, Place, as_file, received};
use crate::office::oversight::local;
use crate::office::{Cell, Inside, see_other};

/// Which kind of table.
#[derive(Debug, Default, Deserialize)]
pub struct Format {
    #[serde(default)]
    format: String,
}

/// `GET /office/organizations/export`
pub async fn export(inside: Inside, Query(asked): Query<Format>) -> Response {
    let format = match asked.format.as_str() {
        "csv" => TableFormat::Csv,
        _ => TableFormat::Xlsx,
    };
    let (who, house) = (who(&inside), &inside.visit.office.house);
    let language = inside.visit.modes.language;
    match bodies::export(house, &who, &inside.signed.actor, format, language).await {
        Ok(made) => as_file("organizations", format, made.bytes),
        Err(error) => broken(inside.visit.modes, &error),
    }
}

/// Tables that were brought before, on the page.
const BEFORE_MAX: usize = 10;

const PLACE: Place = Place {
    form: "/office/organizations/import",
    words: ["bodies-import", "import-lead"],
    example: ("/office/organizations/export?format=xlsx", "import-example"),
};

async fn import_form(inside: &Inside, key: String) -> ImportPage {
    let (who, house) = (who(inside), &inside.visit.office.house);
    let before = bodies::imports(house, &who, &inside.signed.actor, None).await;
    let before = before.unwrap_or_default().into_iter().take(BEFORE_MAX);
    let mut form = ImportPage::new(inside, &PLACE, key);
    let row = |(_, table): (i64, gongkai_app::store::organization::TableBrought)| {
        let rows = table.rows.to_string();
        [local(table.at), table.by, table.file_name, rows]
            .map(Cell::text)
            .to_vec()
    };
    form.before = before.map(row).collect();
    form
}

/// `GET /office/organizations/import`
pub async fn import_page(inside: Inside) -> Response {
    if let Err(refused) = demand(&inside, Action::OrganizationsImport, Target::Installation).await {
        return refused;
    }
    let key = inside.visit.office.house.token();
    page(&import_form(&inside, key).await)
}

/// `POST /office/organizations/import`
pub async fn import(Extract(state): Shared, inside: Inside, request: Request) -> Response {
    // Who may not bring a table is refused before it is taken.
    if let Err(refused) = demand(&inside, Action::OrganizationsImport, Target::Installation).await {
        return refused;
    }
    let (inside, brought) = match received(&state, inside, request).await {
        Ok(received) => received,
        Err(refused) => return refused,
    };
    let (key, file) = match brought {
        Ok(brought) => brought,
        Err(refusal) => {
            let key = inside.visit.office.house.token();
            return import_form(&inside, key).await.not_taken(&refusal);
        }
    };
    let sent = Sent::new("organizations", &key, [file.name.as_str()]);
    let (who, house) = (who(&inside), &inside.visit.office.house);
    let made = {
        let _turn = state.reading.turn(inside.visit.origin.address).await;
        let reader = state.reader.as_ref();
        bodies::import(house, reader, &who, &inside.signed.actor, &sent, &file).await
    };
    match made {
        Ok(made) => see_other(&format!("/office/organizations?imported={}", made.rows)),
        Err(error) => refused(&inside, key, error).await,
    }
}

/// The form again, with what is wrong in each row, or a page of its own.
async fn refused(inside: &Inside, key: String, error: OrganizationError) -> Response {
    let words = inside.visit.modes.words();
    let Some((status, errors)) = told(words, &error) else {
        return broken(inside.visit.modes.clone(), &error);
    };
    let mut form = import_form(inside, key).await;
    form.errors = errors;
    if let OrganizationError::Rows(rows) = error {
        form.refuse(&rows);
    }
    form.shown(status)
}
