//! Forms of this room that bring files: counted while they come, and asked again
//! who sends them when they are whole.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request};
use axum::http::header::{self, HeaderValue};
use axum::response::Response;
use gongkai_app::inspection::File;
use gongkai_domain::words::Message;

use crate::office::Inside;
use crate::report::upload::{self, Expected, Refusal};

/// The largest scan: a few pages in colour.
pub(super) const FILE_BYTES_MAX: u64 = 20 * 1024 * 1024;
/// The most that one form may bring.
pub(super) const FORM_BYTES_MAX: u64 = 80 * 1024 * 1024;
/// Files of one form.
pub(super) const FILES_MAX: usize = 10;

/// What came.
#[derive(Default)]
pub(super) struct Came {
    /// Texts by the names of their fields.
    pub(super) texts: BTreeMap<String, String>,
    /// Files that are not empty.
    pub(super) files: Vec<File>,
    /// Why the rest was not taken.
    pub(super) refused: Option<Refusal>,
}

impl Came {
    /// The text of a field; empty where there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", String::as_str)
    }

    /// What is said of a form that was not taken whole.
    pub(super) fn refusal(&self) -> Option<Message> {
        self.refused.as_ref().map(|refusal| match refusal {
            Refusal::TooLarge | Refusal::TooMany => Message::new("files-not-taken")
                .with("count", FILES_MAX)
                .with("max", FILE_BYTES_MAX / 1024 / 1024)
                .with("all", FORM_BYTES_MAX / 1024 / 1024),
            other => other.message(),
        })
    }
}

/// Takes a form in. Who sends it is asked when it is whole.
pub(super) async fn received(
    state: &Arc<crate::State>,
    inside: Inside,
    request: Request,
    expected: Expected,
) -> Result<(Inside, Came), Response> {
    let from = inside.visit.origin.address;
    let (mut parts, body) = request.into_parts();
    let (fields, refused) = {
        let _turn = state.receiving.turn(from).await;
        let request = Request::from_parts(parts.clone(), body);
        upload::so_far(request, expected).await
    };
    let inside = Inside::from_request_parts(&mut parts, state).await?;
    let mut came = Came {
        texts: fields.texts.into_iter().collect(),
        files: Vec::new(),
        refused,
    };
    for (_, file) in fields.files {
        let read = file.bytes().and_then(|(input, mut from)| {
            let mut bytes = Vec::new();
            from.read_to_end(&mut bytes).map(|_| (input, bytes))
        });
        match read {
            Ok((_, bytes)) if bytes.is_empty() => {}
            Ok((input, bytes)) => came.files.push(File {
                name: input.name,
                bytes: Arc::from(bytes),
            }),
            Err(_) => came.refused = Some(Refusal::NoRoom),
        }
    }
    Ok((inside, came))
}

/// The answer to a form of which the body was not read to its end.
pub(super) fn closing(mut response: Response, came: &Came) -> Response {
    if came.refused.is_some() {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}
