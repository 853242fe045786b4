//! Bodies brought in and carried out as tables.

use std::io::Read;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, Request, State as Extract};
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use gongkai_app::once::Sent;
use gongkai_app::organization::{self as bodies, OrganizationError, TableFile};
use gongkai_app::paper::table::TableFormat;
use gongkai_app::report::orders::TABLE_BYTES_MAX;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::words::Message;
use serde::Deserialize;

use super::{broken, demand, told, who};
use crate::Shared;
use crate::frame::parts::{self, Column, Fault};
use crate::frame::{Frame, page, page_with};
use crate::office::oversight::local;
use crate::office::{Cell, Inside, see_other};
use crate::report::upload::{self, Expected, Fields, Refusal};

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

/// Rows of which it is told what is wrong; who mends these sends the rest again.
const ROWS_TOLD_MAX: usize = 500;
/// Tables that were brought before, on the page.
const BEFORE_MAX: usize = 10;
/// What is not the table itself: the key, and the ends of the form.
const REST_MAX: u64 = 64 * 1024;

/// A form with a table.
const FORM: Expected = Expected {
    files: &["table"],
    texts: &["key"],
    file_bytes_max: TABLE_BYTES_MAX,
    form_bytes_max: TABLE_BYTES_MAX + REST_MAX,
    files_max: 1,
};

#[derive(Template)]
#[template(path = "office/import.html")]
struct ImportPage {
    frame: Frame,
    key: String,
    errors: Vec<String>,
    /// What is wrong with each row that is wrong.
    rows: Vec<(usize, Vec<String>)>,
    columns: Vec<Column>,
    /// Tables that were brought before: when, by whom, what, how many bodies.
    before: Vec<Vec<Cell>>,
}

impl ImportPage {
    fn faults(&self) -> Vec<Fault> {
        parts::faults(&self.errors, std::iter::empty())
    }
}

async fn import_form(inside: &Inside, key: String) -> ImportPage {
    let (who, house) = (who(inside), &inside.visit.office.house);
    let before = bodies::imports(house, &who, &inside.signed.actor, None).await;
    let before = before.unwrap_or_default().into_iter().take(BEFORE_MAX);
    let modes = inside.visit.modes.clone();
    ImportPage {
        key,
        errors: Vec::new(),
        rows: Vec::new(),
        before: before
            .map(|(_, table)| {
                let rows = table.rows.to_string();
                [local(table.at), table.by, table.file_name, rows]
                    .map(Cell::text)
                    .to_vec()
            })
            .collect(),
        columns: parts::columns(
            modes.words(),
            &[
                "column-at",
                "field-login",
                "import-column-file",
                "import-column-count",
            ],
        ),
        frame: Frame::new(modes.clone(), modes.words().text("bodies-import")),
    }
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
    let from = inside.visit.origin.address;
    let (mut parts, body) = request.into_parts();
    let received = {
        let _turn = state.receiving.turn(from).await;
        let request = Request::from_parts(parts.clone(), body);
        upload::fields(request, FORM).await
    };
    // However long that took: whoever is out by now brings nothing.
    let inside = match Inside::of(&mut parts, &state).await {
        Ok(inside) => inside,
        Err(refused) => return refused,
    };
    let (key, file) = match received.and_then(brought) {
        Ok(brought) => brought,
        Err(refusal) => return not_taken(&inside, &refusal).await,
    };
    let sent = Sent::new("organizations", &key, [file.name.as_str()]);
    let (who, house) = (who(&inside), &inside.visit.office.house);
    let made = {
        let _turn = state.reading.turn(from).await;
        let reader = state.reader.as_ref();
        bodies::import(house, reader, &who, &inside.signed.actor, &sent, &file).await
    };
    match made {
        Ok(made) => see_other(&format!("/office/organizations?imported={}", made.rows)),
        Err(error) => refused(&inside, key, error).await,
    }
}

/// The key of the form, and the table.
fn brought(mut fields: Fields) -> Result<(String, TableFile), Refusal> {
    let key = fields.text("key").to_owned();
    let (_, table) = fields.files.pop().ok_or(Refusal::Nothing)?;
    let (input, mut from) = table.bytes().map_err(|_| Refusal::NoRoom)?;
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).map_err(|_| Refusal::NoRoom)?;
    if bytes.is_empty() {
        return Err(Refusal::Nothing);
    }
    let file = TableFile {
        name: input.name,
        bytes: Arc::from(bytes),
    };
    Ok((key, file))
}

/// The form again, of which nothing was taken.
async fn not_taken(inside: &Inside, refusal: &Refusal) -> Response {
    let message = match refusal {
        Refusal::TooLarge => {
            Message::new("import-too-large").with("max", TABLE_BYTES_MAX / 1024 / 1024)
        }
        Refusal::TooMany | Refusal::Nothing => Message::new("import-nothing"),
        other => other.message(),
    };
    let key = inside.visit.office.house.token();
    let mut form = import_form(inside, key).await;
    form.errors.push(form.frame.words().render(&message));
    let mut response = page_with(refusal.status(), &form);
    // What is left of the body is not read.
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
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
        let wrong = rows.iter().filter(|row| !row.messages.is_empty());
        let count = wrong.clone().count();
        let message = Message::new("import-wrong").with("count", count);
        form.errors = vec![words.render(&message)];
        if count > ROWS_TOLD_MAX {
            let message = Message::new("import-wrong-first").with("max", ROWS_TOLD_MAX);
            form.errors.push(words.render(&message));
        }
        let lines = wrong.take(ROWS_TOLD_MAX).map(|row| {
            let messages = row.messages.iter();
            (row.row, messages.map(|one| words.render(one)).collect())
        });
        form.rows = lines.collect();
    }
    page_with(status, &form)
}
