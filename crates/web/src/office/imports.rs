//! Tables that somebody brings: the form, the file on its way in, and what is
//! wrong with each row.

use std::io::Read;
use std::sync::Arc;

use askama::Template;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use gongkai_app::organization::TableFile;
use gongkai_app::paper::table::TableFormat;
use gongkai_app::report::orders::TABLE_BYTES_MAX;
use gongkai_domain::organization::import::RowReport;
use gongkai_domain::words::Message;

use super::{Cell, Inside};
use crate::State;
use crate::frame::parts::{self, Column, Fault};
use crate::frame::{Frame, page_with};
use crate::report::upload::{self, Expected, Fields, Refusal};

/// Rows of which it is told what is wrong; who mends these sends the rest again.
const ROWS_TOLD_MAX: usize = 500;
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

/// What kind of table is brought, and where.
pub(super) struct Place {
    /// The address of the form.
    pub(super) form: &'static str,
    /// Keys of the words: title and lead.
    pub(super) words: [&'static str; 2],
    /// A table to begin with: its address and the key of its words.
    pub(super) example: (&'static str, &'static str),
}

/// The page of the form.
#[derive(Template)]
#[template(path = "office/import.html")]
pub(super) struct ImportPage {
    frame: Frame,
    place: &'static Place,
    key: String,
    pub(super) errors: Vec<String>,
    /// What is wrong with each row that is wrong.
    rows: Vec<(usize, Vec<String>)>,
    /// Tables that were brought before: when, by whom, what, how many rows.
    pub(super) before: Vec<Vec<Cell>>,
    columns: Vec<Column>,
}

impl ImportPage {
    pub(super) fn new(inside: &Inside, place: &'static Place, key: String) -> Self {
        let modes = inside.visit.modes.clone();
        Self {
            key,
            place,
            errors: Vec::new(),
            rows: Vec::new(),
            before: Vec::new(),
            columns: parts::columns(
                modes.words(),
                &[
                    "column-at",
                    "field-login",
                    "import-column-file",
                    "import-column-count",
                ],
            ),
            frame: Frame::new(modes.clone(), modes.words().text(place.words[0])),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        parts::faults(&self.errors, std::iter::empty())
    }

    /// Says what is wrong with each row.
    pub(super) fn refuse(&mut self, rows: &[RowReport]) {
        let words = self.frame.words();
        let wrong = rows.iter().filter(|row| !row.messages.is_empty());
        let count = wrong.clone().count();
        self.errors = vec![words.render(&Message::new("import-wrong").with("count", count))];
        if count > ROWS_TOLD_MAX {
            let message = Message::new("import-wrong-first").with("max", ROWS_TOLD_MAX);
            self.errors.push(words.render(&message));
        }
        let lines = wrong.take(ROWS_TOLD_MAX).map(|row| {
            let messages = row.messages.iter();
            (row.row, messages.map(|one| words.render(one)).collect())
        });
        self.rows = lines.collect();
    }

    /// The page, where what was brought was not taken before it was read.
    pub(super) fn not_taken(mut self, refusal: &Refusal) -> Response {
        let message = match refusal {
            Refusal::TooLarge => {
                Message::new("import-too-large").with("max", TABLE_BYTES_MAX / 1024 / 1024)
            }
            Refusal::TooMany | Refusal::Nothing => Message::new("import-nothing"),
            other => other.message(),
        };
        self.errors.push(self.frame.words().render(&message));
        let mut response = page_with(refusal.status(), &self);
        // What is left of the body is not read.
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
        response
    }

    pub(super) fn shown(&self, status: StatusCode) -> Response {
        page_with(status, self)
    }
}

/// Takes the form in; who sends it, as they are when it is whole, with its key
/// and its table.
///
/// # Errors
/// The answer to who is out by now; what is wrong with the form is told beside
/// who sent it.
pub(super) async fn received(
    state: &Arc<State>,
    inside: Inside,
    request: Request,
) -> Result<(Inside, Result<(String, TableFile), Refusal>), Response> {
    let from = inside.visit.origin.address;
    let (mut parts, body) = request.into_parts();
    let received = {
        let _turn = state.receiving.turn(from).await;
        let request = Request::from_parts(parts.clone(), body);
        upload::fields(request, FORM).await
    };
    // However long that took: whoever is out by now brings nothing.
    let inside = Inside::of(&mut parts, state).await?;
    Ok((inside, received.and_then(brought)))
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

/// A table as a file to be kept under a name.
pub(super) fn as_file(name: &str, format: TableFormat, bytes: Vec<u8>) -> Response {
    let name = format!("attachment; filename={name}.{}", format.extension());
    let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static(format.media_type());
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, name),
    ];
    (headers, bytes).into_response()
}
