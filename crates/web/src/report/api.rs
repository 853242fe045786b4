//! The audit for programs: the same files, the answer as JSON.

use std::net::SocketAddr;

use askama::Template;
use axum::extract::{ConnectInfo, Request, State as Extract};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use gongkai_app::report::orders::{Refused, Wanted};
use gongkai_domain::words::Message;
use serde_json::json;

use super::{Job, received};
use crate::Shared;
use crate::frame::modes::Modes;
use crate::frame::{Frame, page};

/// The description of the endpoint, OpenAPI 3.1.
const DOCUMENT: &str = include_str!("../../assets/openapi.json");

#[derive(Template)]
#[template(path = "api.html")]
struct ApiPage {
    frame: Frame,
}

/// `GET /api`
pub async fn page_of_api(modes: Modes) -> Response {
    let title = modes.words().text("nav-api");
    page(&ApiPage {
        frame: Frame::new(modes, title),
    })
}

/// `GET /api/openapi.json`
pub async fn document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT)
}

/// `POST /api/audit`
pub async fn audit(
    Extract(state): Shared,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    modes: Modes,
    request: Request,
) -> Response {
    let form = match received(&state, from.ip(), request).await {
        Ok(form) => form,
        Err(refusal) => return error(&modes, refusal.status(), &refusal.message()),
    };
    if form.files.is_empty() {
        let nothing = Message::new("upload-nothing");
        return error(&modes, StatusCode::UNPROCESSABLE_ENTITY, &nothing);
    }
    let job = Job {
        state,
        from: from.ip(),
        expected: form.expected,
        files: form.files,
    };
    match job.run(&modes, Wanted::Json, |_, _| {}).await {
        Ok(answer) => ([(header::CONTENT_TYPE, "application/json")], answer.body).into_response(),
        Err(refused) => {
            let status = match refused {
                Refused::NotStarted => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            error(&modes, status, &refused.message())
        }
    }
}

fn error(modes: &Modes, status: StatusCode, message: &Message) -> Response {
    let value = json!({
        "error": { "code": message.id, "message": modes.words().render(message) }
    });
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        value.to_string(),
    )
        .into_response()
}
