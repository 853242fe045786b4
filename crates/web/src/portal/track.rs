//! What became of a request, for who has its query code and the end of a
//! contact: the state, the due date with its reasoning, and what one can do now.
//!
//! Code and contact travel in the bodies of forms, never in an address. What is
//! not known is answered like what is, and too many wrong ones have to wait.

mod acts;
mod view;

pub use acts::{confirm, rate, reasons, supplement, withdraw};

use askama::Template;
use axum::extract::{Form, State as Extract};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use gongkai_app::paper::dates;
use gongkai_app::portal::{PortalError, gate};
use gongkai_app::requests::{self as casework, RequestError, Ticket, Tracked};
use gongkai_domain::requests::query_code::QueryCode;
use gongkai_domain::words::{Message, Words};
use serde::Deserialize;

use self::view::{days, track_page};
use super::{applicant, failed, failed_request, held, settings};
use crate::Shared;
use crate::frame::parts::{Fault, Field};
use crate::frame::{Frame, format, page, page_with};
use crate::office::Visit;
use crate::office::review::see::download;

/// What an applicant shows, and what goes along with it.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct Shown {
    #[serde(default)]
    code: String,
    #[serde(default)]
    tail: String,
    /// The 登记编号 of a matter that was set apart; empty for the whole request.
    #[serde(default)]
    part: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    stars: String,
    #[serde(default)]
    text: String,
    /// A letter that is asked for.
    #[serde(default)]
    letter: i64,
    /// A file of what was given.
    #[serde(default)]
    file: i64,
}

impl Shown {
    fn ticket(&self) -> Ticket<'_> {
        Ticket::new(&self.code, &self.tail).of_part(&self.part)
    }
}

#[derive(Template)]
#[template(path = "portal/lookup.html")]
struct LookupPage {
    frame: Frame,
    fields: Vec<Field>,
    faults: Vec<Fault>,
    notice: String,
}

fn lookup(visit: &Visit, shown: &Shown) -> LookupPage {
    let words = visit.modes.words();
    LookupPage {
        frame: Frame::new(visit.modes.clone(), words.text("track-title")),
        fields: vec![
            Field::text(words, "code", "track-code", &shown.code).hint(words, "track-code-hint"),
            Field::text(words, "tail", "track-tail", &shown.tail)
                .hint(words, "track-tail-hint")
                .short(),
        ],
        faults: Vec::new(),
        notice: String::new(),
    }
}

/// The form again, with what was wrong at its field.
fn wrong(visit: &Visit, shown: &Shown, field: &'static str, message: &Message) -> Response {
    let mut again = lookup(visit, shown);
    let text = visit.modes.words().render(message);
    if let Some(of) = again.fields.iter_mut().find(|of| of.name == field) {
        of.error.clone_from(&text);
    }
    again.faults = vec![Fault { text, field }];
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
}

/// `GET /track`
pub async fn lookup_page(visit: Visit) -> Response {
    page(&lookup(&visit, &Shown::default()))
}

/// The request that is shown, or the page that is answered instead. Every look
/// that finds nothing is counted, and too many have to wait.
async fn found(visit: &Visit, shown: &Shown) -> Result<Tracked, Response> {
    let code = QueryCode::parse(&shown.code)
        .map_err(|error| wrong(visit, shown, "code", &error.message()))?;
    if shown.tail.trim().is_empty() {
        return Err(wrong(visit, shown, "tail", &Message::new("track-no-tail")));
    }
    let (house, from) = (&visit.office.house, visit.origin.address);
    let portal = settings(visit).await?;
    let broken = |error| failed(visit.modes.clone(), PortalError::Store(error));
    let may = gate::may_look_up(house, &portal, from, code.as_str()).await;
    if let Err(wait) = may.map_err(broken)? {
        let mut again = lookup(visit, shown);
        again.notice = held_lookup(visit.modes.words(), wait);
        return Err(page_with(StatusCode::TOO_MANY_REQUESTS, &again));
    }
    match casework::track(house, shown.ticket()).await {
        Ok(tracked) => Ok(tracked),
        Err(RequestError::Missing) => {
            let noted = gate::not_found(house, from, code.as_str()).await;
            noted.map_err(broken)?;
            let missing = Message::new("track-missing");
            let mut again = lookup(visit, shown);
            again.faults = vec![Fault {
                text: visit.modes.words().render(&missing),
                field: "code",
            }];
            Err(page_with(StatusCode::NOT_FOUND, &again))
        }
        Err(error) => Err(failed_request(visit.modes.clone(), error)),
    }
}

fn held_lookup(words: &Words, wait: gongkai_app::portal::Held) -> String {
    match wait {
        gongkai_app::portal::Held::Until(at) => {
            words.render(&Message::new("track-held").with("at", format::instant(at)))
        }
        wait => held(words, wait),
    }
}

/// `POST /track`
pub async fn look(visit: Visit, Form(shown): Form<Shown>) -> Response {
    match found(&visit, &shown).await {
        Ok(tracked) => page(&track_page(&visit, &shown, &tracked).await),
        Err(elsewhere) => elsewhere,
    }
}

/// `POST /track/letter`: a letter to the applicant, as it was issued.
pub async fn letter(visit: Visit, Form(shown): Form<Shown>) -> Response {
    if let Err(elsewhere) = found(&visit, &shown).await {
        return elsewhere;
    }
    let (house, who) = (&visit.office.house, applicant(&visit));
    match casework::letter(house, &who, shown.ticket(), shown.letter).await {
        Ok((title, bytes)) => download(&format!("{title}.pdf"), "application/pdf", bytes.to_vec()),
        Err(error) => failed_request(visit.modes.clone(), error),
    }
}

/// `POST /track/file`: a file of the information that was given with the reply.
pub async fn file(Extract(state): Shared, visit: Visit, Form(shown): Form<Shown>) -> Response {
    if let Err(elsewhere) = found(&visit, &shown).await {
        return elsewhere;
    }
    let (house, who) = (&visit.office.house, applicant(&visit));
    let reader = state.reader.as_ref();
    match casework::given_file(house, reader, &who, shown.ticket(), shown.file).await {
        Ok((name, bytes)) => download(&name, "application/octet-stream", bytes.to_vec()),
        Err(error) => failed_request(visit.modes.clone(), error),
    }
}

/// `POST /track/dates`
pub async fn calendar(visit: Visit, Form(shown): Form<Shown>) -> Response {
    let tracked = match found(&visit, &shown).await {
        Ok(tracked) => tracked,
        Err(elsewhere) => return elsewhere,
    };
    let words = visit.modes.words();
    let days = days(words, &tracked);
    let file = dates::file(&words.text("dates-name"), visit.office.house.now(), &days);
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/calendar; charset=utf-8"),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"gongkai.ics\""),
        ),
    ];
    (headers, file).into_response()
}
