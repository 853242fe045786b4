//! Bodies: seen, founded, changed, succeeded; in and out as tables.

mod choose;
pub mod disclosure;
pub mod entry;
pub mod list;
pub mod see;
pub mod succeed;
pub mod tables;

use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::audit::Who;
use gongkai_app::organization::{self as bodies, Kept, OrganizationError};
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::organization::{OrganizationId, OrganizationKind};
use gongkai_domain::words::{Message, Words};

use super::{FormPage, Inside, failed};
use crate::frame::modes::Modes;
use crate::frame::{chain, page_with, problem};

/// What went wrong, as a page of its own.
fn broken(modes: Modes, error: &OrganizationError) -> Response {
    let (status, message) = match error {
        OrganizationError::Denied(message) => (StatusCode::FORBIDDEN, message.clone()),
        OrganizationError::NotFound => (StatusCode::NOT_FOUND, Message::new("error-missing")),
        OrganizationError::Store(_)
        | OrganizationError::Attachment(_)
        | OrganizationError::Table(_) => {
            tracing::error!(reason = %chain(error), "A page of organizations failed");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                Message::new("office-unavailable"),
            )
        }
        other => {
            let first = other.messages().into_iter().next();
            let first = first.unwrap_or_else(|| Message::new("error-ours"));
            (StatusCode::UNPROCESSABLE_ENTITY, first)
        }
    };
    problem(modes, status, &message)
}

/// What a form says of an error, with its status; none where the error is no
/// matter of the form's.
fn told(words: &Words, error: &OrganizationError) -> Option<(StatusCode, Vec<String>)> {
    match error {
        OrganizationError::Wrong(_)
        | OrganizationError::Otherwise(_)
        | OrganizationError::Unread(_)
        | OrganizationError::Rows(_) => {
            let messages = error.messages();
            let lines = messages.iter().map(|message| words.render(message));
            Some((StatusCode::UNPROCESSABLE_ENTITY, lines.collect()))
        }
        OrganizationError::Changed { differences, .. } => {
            let mut lines = vec![words.text("office-conflict")];
            lines.extend(differences.iter().map(|difference| {
                let shown = |text: String| match text.as_str() {
                    "" => words.text("body-none"),
                    _ => text,
                };
                let message = Message::new("changed-field")
                    .with("name", words.render(&difference.field.label()))
                    .with("theirs", shown(difference.theirs.text(words)))
                    .with("yours", shown(difference.yours.text(words)));
                words.render(&message)
            }));
            Some((StatusCode::CONFLICT, lines))
        }
        _ => None,
    }
}

/// The form again with what was wrong, or a page of its own.
fn again(mut form: FormPage, error: &OrganizationError) -> Response {
    let Some((status, lines)) = told(form.frame.words(), error) else {
        return broken(form.frame.modes, error);
    };
    form.errors = lines;
    if matches!(error, OrganizationError::Wrong(_)) {
        form.tell(&error.messages());
    }
    // Sent again, it overwrites what it has just shown.
    if let OrganizationError::Changed { version, .. } = error {
        let fields = form.fields.iter_mut();
        for field in fields.filter(|field| field.name == "version") {
            field.value = version.to_string();
        }
    }
    page_with(status, &form)
}

/// Who it is to the audit trail.
fn who(inside: &Inside) -> Who {
    inside.signed.who.clone()
}

fn kind(words: &Words, kind: OrganizationKind) -> String {
    words.render(&kind.label())
}

/// Where a body's page is.
fn address(id: OrganizationId) -> String {
    format!("/office/organizations/{}", id.0)
}

/// The name of another body; empty where there is none.
fn name_of(inside: &Inside, id: Option<OrganizationId>) -> String {
    let body = id.and_then(|id| inside.signed.tree.get(id));
    body.map(|body| body.name.clone()).unwrap_or_default()
}

/// A number or code where there is one.
fn or_empty(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Those entries that hold something, with their labels.
fn labelled<const N: usize>(words: &Words, entries: [(&str, String); N]) -> Vec<(String, String)> {
    let entries = entries.into_iter().filter(|(_, value)| !value.is_empty());
    entries
        .map(|(label, value)| (words.text(label), value))
        .collect()
}

/// Demands what a form is for, before it is shown.
async fn demand(inside: &Inside, action: Action, target: Target) -> Result<(), Response> {
    let object = match target {
        Target::Organization(id) => id.to_string(),
        _ => "-".to_owned(),
    };
    let (house, modes) = (&inside.visit.office.house, &inside.visit.modes);
    let about = ("organization", object);
    let demanded = inside.signed.demand(house, action, target, about).await;
    demanded
        .map(drop)
        .map_err(|error| failed(modes.clone(), error))
}

/// A body for the form in which it is changed: who may not see it is told that
/// there is none, who may not change it that they may not.
async fn to_change(inside: &Inside, id: i64, action: Action) -> Result<Kept, Response> {
    let id = OrganizationId(id);
    let house = &inside.visit.office.house;
    let seen = bodies::see(house, &who(inside), &inside.signed.actor, id).await;
    let kept = seen.map_err(|error| broken(inside.visit.modes.clone(), &error))?;
    demand(inside, action, Target::Organization(id)).await?;
    Ok(kept)
}
