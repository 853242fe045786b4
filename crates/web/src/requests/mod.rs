//! Dates and fees of requests, for clerks and citizens.

pub mod clock;
pub mod fee;

use std::fmt::Display;

use axum::http::StatusCode;
use axum::response::Response;
use gongkai_domain::words::Message;

use crate::frame::modes::Modes;
use crate::frame::problem;

/// What is said where the calendars or settings in force cannot be read:
/// nothing is reckoned by others.
pub(crate) fn unavailable(modes: Modes, reason: impl Display) -> Response {
    tracing::error!(%reason, "calendars or settings cannot be read");
    let message = Message::new("rules-unavailable");
    problem(modes, StatusCode::SERVICE_UNAVAILABLE, &message)
}
