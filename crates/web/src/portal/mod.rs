//! The public side: whom one can ask and how (Art. 12), asking, and what became
//! of it. Nobody signs in; every page works without script.

pub mod apply;
pub(crate) mod form;
pub mod guide;
pub mod send;
pub mod track;

use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::portal::{Held, PortalError, Visitor};
use gongkai_app::requests::{self as casework, RequestError};
use gongkai_app::store::StoreError;
use gongkai_domain::settings::PortalSettings;
use gongkai_domain::words::{Message, Words};

use crate::frame::modes::Modes;
use crate::frame::{chain, format, problem};
use crate::office::Visit;
use crate::requests::unavailable;

/// What is set for the public side, or the page that says that it cannot be
/// read: nothing is decided by other rules.
async fn settings(visit: &Visit) -> Result<PortalSettings, Response> {
    let values = gongkai_app::settings::values(&visit.office.house).await;
    let modes = visit.modes.clone();
    match values.map(|values| values.portal()) {
        Ok(Ok(settings)) => Ok(settings),
        Ok(Err(message)) => {
            let reason = modes.words().render(&message);
            Err(unavailable(modes, reason))
        }
        Err(error) => Err(unavailable(modes, error)),
    }
}

/// The same somebody, as an applicant.
fn applicant(visit: &Visit) -> casework::Visitor {
    casework::Visitor {
        source: visit.origin.source.clone(),
        request: visit.origin.request.clone(),
    }
}

/// The page of a failure that no form can show.
fn failed_request(modes: Modes, error: RequestError) -> Response {
    let message = error.messages().into_iter().next();
    let status = match &error {
        RequestError::Missing => StatusCode::NOT_FOUND,
        RequestError::Denied(_) => StatusCode::FORBIDDEN,
        RequestError::Changed | RequestError::Store(StoreError::Conflict) => StatusCode::CONFLICT,
        RequestError::Entered(_) | RequestError::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
        RequestError::Store(_) | RequestError::Vault(_) | RequestError::Attachment(_) => {
            tracing::error!(reason = %chain(&error), "A request of the public failed");
            StatusCode::SERVICE_UNAVAILABLE
        }
    };
    let message = message.unwrap_or_else(|| Message::new("portal-unavailable"));
    problem(modes, status, &message)
}

/// Who asks, for a use case of the public side.
fn visitor(visit: &Visit) -> Visitor {
    Visitor {
        address: visit.origin.address,
        source: visit.origin.source.clone(),
        request: visit.origin.request.clone(),
    }
}

/// What somebody is told who is asked to wait: until when, and how else.
fn held(words: &Words, held: Held) -> String {
    words.render(&match held {
        Held::TooSoon { seconds } => Message::new("portal-too-soon").with("seconds", seconds),
        Held::Until(at) => Message::new("portal-held").with("at", format::instant(at)),
        Held::Contact(at) => Message::new("portal-held-contact").with("at", format::instant(at)),
    })
}

/// The page of a failure that no form can show.
fn failed(modes: Modes, error: PortalError) -> Response {
    let (status, message) = told_of(&error);
    problem(modes, status, &message)
}

/// What is told of a failure, and its status.
fn told_of(error: &PortalError) -> (StatusCode, Message) {
    match error {
        PortalError::Missing => (StatusCode::NOT_FOUND, Message::new("portal-missing")),
        PortalError::Refused(messages) => {
            let first = messages.first().cloned();
            let message = first.unwrap_or_else(|| Message::new("error-ours"));
            (StatusCode::UNPROCESSABLE_ENTITY, message)
        }
        PortalError::Held(Held::TooSoon { seconds }) => (
            StatusCode::TOO_MANY_REQUESTS,
            Message::new("portal-too-soon").with("seconds", seconds),
        ),
        PortalError::Held(Held::Contact(at)) => (
            StatusCode::TOO_MANY_REQUESTS,
            Message::new("portal-held-contact").with("at", format::instant(*at)),
        ),
        PortalError::Held(Held::Until(at)) => (
            StatusCode::TOO_MANY_REQUESTS,
            Message::new("portal-held").with("at", format::instant(*at)),
        ),
        PortalError::Unread(refused) => (StatusCode::SERVICE_UNAVAILABLE, refused.message()),
        PortalError::Store(StoreError::Conflict) => {
            (StatusCode::CONFLICT, Message::new("portal-conflict"))
        }
        PortalError::Store(_) | PortalError::Vault(_) => {
            tracing::error!(reason = %chain(error), "A page of the public side failed");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                Message::new("portal-unavailable"),
            )
        }
    }
}
