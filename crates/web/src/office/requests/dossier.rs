//! `/office/requests/{id}/dossier`: the case file, for a reason.

use axum::extract::{Form, Path, State as Extract};
use axum::response::Response;
use gongkai_app::requests::{RequestError, dossier, steps};
use gongkai_domain::organization::permissions::Action;
use serde::Deserialize;

use super::{address, as_people, broken};
use crate::Shared;
use crate::frame::page;
use crate::office::parts::FormPage;
use crate::office::review::see::download;
use crate::office::{Field, Inside};

/// The form as it was typed.
#[derive(Debug, Default, Deserialize)]
pub struct Sent {
    #[serde(default)]
    reason: String,
}

fn form(inside: &Inside, id: i64, reason: &str) -> FormPage {
    let modes = inside.visit.modes.clone();
    let words = modes.words();
    let fields = vec![Field::text(words, "reason", "proof-reason", reason)];
    let base = address(id);
    let to = format!("{base}/dossier");
    FormPage::new(modes, "dossier", &to, fields, "dossier-do")
        .lead("dossier-lead")
        .via(&base, &id.to_string())
        .back(&base)
}

/// `GET /office/requests/{id}/dossier`
pub async fn ask(inside: Inside, Path(id): Path<i64>) -> Response {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    match steps::demand(house, signed, Action::RequestsUnmask, id).await {
        Ok(()) => page(&form(&inside, id, "")),
        Err(error) => broken(inside.visit.modes, error),
    }
}

/// `POST /office/requests/{id}/dossier`
pub async fn take(
    Extract(state): Shared,
    inside: Inside,
    Path(id): Path<i64>,
    Form(sent): Form<Sent>,
) -> Response {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let reader = state.reader.as_ref();
    match dossier::pack(house, reader, signed, id, &sent.reason).await {
        Ok(packed) => download(&packed.name, "application/zip", packed.bytes),
        Err(error @ RequestError::Refused(_)) => {
            form(&inside, id, &sent.reason).shown(Some(as_people(error)))
        }
        Err(error) => broken(inside.visit.modes, error),
    }
}
