//! Requests in the office: the desk, what comes in on paper, one case with its
//! clock and its next steps, and a form for each step.

pub mod deeds;
pub mod desk;
pub mod dossier;
mod fields;
pub mod files;
mod inquiries;
pub mod intake;
pub mod mail;
pub mod month;
mod open;
pub mod papers;
pub mod see;
mod uploads;

use axum::response::Response;
use gongkai_app::people::PeopleError;
use gongkai_app::requests::RequestError;
use gongkai_domain::words::{Message, Words};

use super::{Inside, failed};
use crate::frame::modes::Modes;

/// Where the desk is.
const ROOM: &str = "/office/requests";

/// Where a case is.
fn address(id: i64) -> String {
    format!("{ROOM}/{id}")
}

/// What the pages of people make of it.
fn as_people(error: RequestError) -> PeopleError {
    match error {
        RequestError::Entered(wrong) => {
            PeopleError::Refused(wrong.into_iter().map(|one| one.message).collect())
        }
        RequestError::Refused(messages) => PeopleError::Refused(messages),
        RequestError::Denied(message) => PeopleError::Denied(message),
        RequestError::Missing => PeopleError::Missing,
        RequestError::Changed => PeopleError::Refused(vec![Message::new("casework-changed")]),
        RequestError::Store(error) => PeopleError::Store(error),
        RequestError::Vault(error) => PeopleError::Vault(error),
        RequestError::Attachment(error) => {
            tracing::error!(reason = %error, "a file of a request failed");
            PeopleError::Refused(vec![Message::new("paper-file-failed")])
        }
    }
}

/// The page of a failure that no form can show.
fn broken(modes: Modes, error: RequestError) -> Response {
    failed(modes, as_people(error))
}

/// The name of a body; empty where there is none.
fn place(inside: &Inside, id: gongkai_domain::organization::OrganizationId) -> String {
    let body = inside.signed.tree.get(id);
    body.map(|body| body.name.clone()).unwrap_or_default()
}

/// The state of a case that is kept, in words.
fn state(words: &Words, key: &str) -> String {
    let id = match key {
        "awaiting_confirmation" => "state-awaiting_confirmation",
        "awaiting_supplement" => "state-awaiting_supplement",
        "awaiting_payment" => "state-awaiting_payment",
        "replied" => "state-replied",
        "served" => "state-served",
        "archived" => "state-archived",
        _ => "state-open",
    };
    words.text(id)
}

/// An outcome, in words; empty for none.
fn outcome(words: &Words, key: Option<&str>) -> String {
    let found = key.and_then(gongkai_domain::requests::outcomes::of);
    found.map_or_else(String::new, |outcome| words.render(&outcome.label()))
}
