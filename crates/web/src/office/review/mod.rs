//! Papers under review: my tasks, papers as a list, one paper with its steps,
//! written, changed and carried away; and the chains of bodies.

pub mod chains;
pub mod list;
pub mod see;
pub mod steps;
pub mod write;

use axum::response::Response;
use gongkai_app::people::PeopleError;
use gongkai_app::review::ReviewError;
use gongkai_domain::words::{Message, Words};

use super::{Inside, failed};
use crate::frame::modes::Modes;

/// Where my tasks are.
const ROOM: &str = "/office/review";

/// Where a paper is.
fn address(id: i64) -> String {
    format!("{ROOM}/{id}")
}

/// The page of a failure that no form can show.
fn broken(modes: Modes, error: ReviewError) -> Response {
    failed(
        modes,
        match error {
            ReviewError::Refused(messages) => PeopleError::Refused(messages),
            ReviewError::Denied(message) => PeopleError::Denied(message),
            ReviewError::Missing => PeopleError::Missing,
            ReviewError::Changed(_) => Message::new("office-conflict").into(),
            ReviewError::Store(error) => PeopleError::Store(error),
            ReviewError::Vault(error) => PeopleError::Vault(error),
            ReviewError::Attachment(error) => {
                tracing::error!(reason = %error, "a file of a paper failed");
                Message::new("paper-file-failed").into()
            }
        },
    )
}

fn rendered(words: &Words, messages: &[Message]) -> Vec<String> {
    let render = |message| words.render(message);
    messages.iter().map(render).collect()
}

/// The name of a body; empty where there is none.
fn place(inside: &Inside, id: gongkai_domain::organization::OrganizationId) -> String {
    let body = inside.signed.tree.get(id);
    body.map(|body| body.name.clone()).unwrap_or_default()
}
