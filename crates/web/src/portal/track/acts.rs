//! What an applicant does with their request, and the page after it.

use std::io::Read;
use std::sync::Arc;

use axum::extract::{Form, Request, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::portal::drafts::{FILE_BYTES_MAX, FILES_BYTES_MAX, FILES_MAX};
use gongkai_app::requests::{self as casework, RequestError, Tracked};
use gongkai_domain::words::Message;

use super::super::{applicant, failed_request};
use super::view::track_page;
use super::{Shown, found};
use crate::Shared;
use crate::frame::{page, page_with};
use crate::office::Visit;
use crate::report::upload::{self, Expected, Refusal};

/// The page after something was done, or with what stands against it.
async fn after(
    visit: &Visit,
    shown: &Shown,
    done: Result<(), RequestError>,
    said: &str,
) -> Response {
    let errors = match done {
        Ok(()) => Vec::new(),
        Err(RequestError::Refused(messages)) => messages,
        Err(error @ RequestError::Changed) => error.messages(),
        Err(error) => return failed_request(visit.modes.clone(), error),
    };
    let tracked = match found(visit, shown).await {
        Ok(tracked) => tracked,
        Err(elsewhere) => return elsewhere,
    };
    let words = visit.modes.words();
    if errors.is_empty() {
        // What was typed is with the office now.
        let told = Shown {
            code: shown.code.clone(),
            tail: shown.tail.clone(),
            part: shown.part.clone(),
            ..Shown::default()
        };
        let mut shown = track_page(visit, &told, &tracked).await;
        shown.notice = words.text(said);
        return page(&shown);
    }
    let mut shown = track_page(visit, shown, &tracked).await;
    let errors = errors.iter().map(|message| words.render(message));
    shown.errors = errors.collect();
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

/// `POST /track/confirm`
pub async fn confirm(visit: Visit, Form(shown): Form<Shown>) -> Response {
    if let Err(elsewhere) = found(&visit, &shown).await {
        return elsewhere;
    }
    let (house, who) = (&visit.office.house, applicant(&visit));
    let done = casework::confirm_by_applicant(house, &who, &shown.key, shown.ticket()).await;
    after(&visit, &shown, done, "track-confirmed").await
}

/// `POST /track/withdraw`
pub async fn withdraw(visit: Visit, Form(shown): Form<Shown>) -> Response {
    if let Err(elsewhere) = found(&visit, &shown).await {
        return elsewhere;
    }
    let (house, who) = (&visit.office.house, applicant(&visit));
    let done = casework::withdraw(house, &who, &shown.key, shown.ticket(), &shown.text).await;
    after(&visit, &shown, done, "track-withdrawn").await
}

/// `POST /track/reasons`
pub async fn reasons(visit: Visit, Form(shown): Form<Shown>) -> Response {
    if let Err(elsewhere) = found(&visit, &shown).await {
        return elsewhere;
    }
    let (house, who) = (&visit.office.house, applicant(&visit));
    let done = casework::give_reasons(house, &who, &shown.key, shown.ticket(), &shown.text).await;
    after(&visit, &shown, done, "track-reasons-given").await
}

/// `POST /track/rate`
pub async fn rate(visit: Visit, Form(shown): Form<Shown>) -> Response {
    if let Err(elsewhere) = found(&visit, &shown).await {
        return elsewhere;
    }
    let (house, who) = (&visit.office.house, applicant(&visit));
    let stars = shown.stars.parse().unwrap_or(0);
    let ticket = shown.ticket();
    let done = casework::rate(house, &who, &shown.key, ticket, stars, &shown.text).await;
    after(&visit, &shown, done, "track-rated").await
}

const FORM: Expected = Expected {
    files: &["file"],
    texts: &["code", "tail", "part", "key", "text"],
    file_bytes_max: FILE_BYTES_MAX,
    form_bytes_max: FILES_BYTES_MAX + 256 * 1024,
    files_max: FILES_MAX,
};

/// `POST /track/supplement`
pub async fn supplement(Extract(state): Shared, visit: Visit, request: Request) -> Response {
    let (mut fields, refused) = {
        let _turn = state.receiving.turn(visit.origin.address).await;
        upload::so_far(request, FORM).await
    };
    let text = |name: &str| fields.text(name).to_owned();
    let shown = Shown {
        code: text("code"),
        tail: text("tail"),
        part: text("part"),
        key: text("key"),
        text: text("text"),
        ..Shown::default()
    };
    let tracked = match found(&visit, &shown).await {
        Ok(tracked) => tracked,
        Err(elsewhere) => return elsewhere,
    };
    let brought = match refused {
        None => brought(&state, &visit, &tracked, &mut fields).await,
        Some(refusal) => Err(refusal_of(&refusal).into()),
    };
    let done = match brought {
        Ok(files) => {
            let (house, who) = (&visit.office.house, applicant(&visit));
            let ticket = shown.ticket();
            casework::supplement(house, &who, &shown.key, ticket, &shown.text, &files).await
        }
        Err(error) => Err(error),
    };
    let said = match tracked.is_supplement_late {
        false => "track-supplemented",
        true => "track-supplemented-late",
    };
    after(&visit, &shown, done, said).await
}

fn refusal_of(refusal: &Refusal) -> Message {
    match refusal {
        Refusal::TooLarge | Refusal::TooMany => Message::new("apply-files-not-taken")
            .with("count", FILES_MAX)
            .with("max", FILE_BYTES_MAX / 1024 / 1024)
            .with("all", FILES_BYTES_MAX / 1024 / 1024),
        other => other.message(),
    }
}

async fn brought(
    state: &crate::State,
    visit: &Visit,
    tracked: &Tracked,
    fields: &mut upload::Fields,
) -> Result<Vec<casework::Brought>, RequestError> {
    let mut files = Vec::new();
    for (_, file) in std::mem::take(&mut fields.files) {
        let (input, mut from) = file.bytes().map_err(|_| refusal_of(&Refusal::NoRoom))?;
        let mut bytes = Vec::new();
        let read = from.read_to_end(&mut bytes);
        read.map_err(|_| refusal_of(&Refusal::NoRoom))?;
        if bytes.is_empty() {
            continue;
        }
        let _turn = state.reading.turn(visit.origin.address).await;
        let (house, who) = (&visit.office.house, applicant(visit));
        let (reader, body) = (state.reader.as_ref(), tracked.organization);
        let bytes = Arc::from(bytes);
        files.push(casework::bring(house, reader, &who, body, &input.name, bytes).await?);
    }
    Ok(files)
}
