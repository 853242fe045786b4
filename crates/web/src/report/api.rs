//! The audit for programs: the same files, the answer as JSON.

use std::net::SocketAddr;

use askama::Template;
use axum::extract::{ConnectInfo, Request, State as Extract};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use gongkai_app::report::orders::Wanted;
use gongkai_domain::words::Message;
use serde_json::json;

use super::{received, status};
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
    let job = match received(state, from.ip(), &modes, request).await {
        Ok(job) => job,
        Err(refusal) => return error(&modes, refusal.status(), &refusal.message()),
    };
    match job.run(&modes, Wanted::Json, |_, _| {}).await {
        Ok(answer) => ([(header::CONTENT_TYPE, "application/json")], answer.body).into_response(),
        Err(refused) => error(&modes, status(refused), &refused.message()),
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
