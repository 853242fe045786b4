//! Bodies brought in and carried out as tables.

use std::sync::Arc;

use axum::extract::{Multipart, Query};
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use gongkai_app::once::Sent;
use gongkai_app::organization::{self as bodies, OrganizationError, TableFile};
use gongkai_app::paper::table::TableFormat;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::words::Message;
use serde::Deserialize;

use super::{again, broken, demand, who};
use crate::office::{Field, FormPage, Inside, Visit, see_other};

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
        Ok(made) => {
            let name = format!("attachment; filename=organizations.{}", format.extension());
            let name =
                HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
            let headers = [
                (
                    header::CONTENT_TYPE,
                    HeaderValue::from_static(format.media_type()),
                ),
                (header::CONTENT_DISPOSITION, name),
            ];
            (headers, made.bytes).into_response()
        }
        Err(error) => broken(inside.visit.modes, &error),
    }
}

const IMPORT: &str = "/office/organizations/import";

fn import_form(visit: &Visit, key: &str) -> FormPage {
    let words = visit.modes.words();
    let fields = vec![
        Field::hidden("key", key),
        Field {
            kind: "file",
            ..Field::text(words, "table", "import-table", "")
        },
    ];
    let form = FormPage::new(
        visit.modes.clone(),
        "bodies-import",
        IMPORT,
        fields,
        "import-send",
    );
    FormPage {
        multipart: true,
        ..form.lead("import-lead")
    }
}

/// `GET /office/organizations/import`
pub async fn import_page(inside: Inside) -> Response {
    if let Err(refused) = demand(&inside, Action::OrganizationsImport, Target::Installation).await {
        return refused;
    }
    let key = inside.visit.office.house.token();
    import_form(&inside.visit, &key).shown(None)
}

/// `POST /office/organizations/import`
pub async fn import(inside: Inside, mut sent: Multipart) -> Response {
    // Who may not bring a table is refused before it is taken.
    if let Err(refused) = demand(&inside, Action::OrganizationsImport, Target::Installation).await {
        return refused;
    }
    let (mut key, mut table) = (String::new(), None);
    while let Ok(Some(field)) = sent.next_field().await {
        match field.name() {
            Some("key") => key = field.text().await.unwrap_or_default(),
            Some("table") => {
                let name = field.file_name().unwrap_or_default().to_owned();
                table = field.bytes().await.ok().map(|bytes| (name, bytes));
            }
            _ => {}
        }
    }
    let form = || import_form(&inside.visit, &key);
    let Some((name, bytes)) = table.filter(|(_, bytes)| !bytes.is_empty()) else {
        let nothing = OrganizationError::Wrong(vec![Message::new("upload-nothing")]);
        return again(form(), &nothing);
    };
    let digest = format!("{name} {}", bytes.len());
    let sent = Sent::new("organizations", &key, [digest.as_str()]);
    let file = TableFile {
        name,
        bytes: Arc::from(bytes.as_ref()),
    };
    let (who, house) = (who(&inside), &inside.visit.office.house);
    match bodies::import(house, &who, &inside.signed.actor, &sent, &file).await {
        Ok(_) => see_other("/office/organizations"),
        Err(error) => again(form(), &error),
    }
}
