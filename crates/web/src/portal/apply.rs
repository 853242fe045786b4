//! Applying online: a form that is kept as a draft with every step, read over,
//! sent once, and answered by a proof of filing.
//!
//! Every step ends in an address of its own, so that a line that is lost costs
//! nothing: the draft stands behind its link as it was.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, Request, State as Extract};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::response::Response;
use gongkai_app::inspection::File;
use gongkai_app::portal::PortalError;
use gongkai_app::portal::bodies::{self, Asked};
use gongkai_app::portal::drafts::{self, Attached, Brought, Opened};
use gongkai_app::portal::gate::{self, Stamp};
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::requests::application::{Application, Wrong};
use gongkai_domain::requests::hints;
use gongkai_domain::requests::proof::Challenge;
use gongkai_domain::words::{Message, Words};
use serde::Deserialize;

use super::form::{self, NAMES, Part};
use super::{failed, guide, held, settings, told_of, visitor};
use crate::Shared;
use crate::frame::parts::Fault;
use crate::frame::{Frame, format, page, page_with};
use crate::office::{Visit, see_other};
use crate::report::upload::{self, Expected, Fields, Refusal};

/// What is not a file: texts, keys, the ends of the form.
const REST_MAX: u64 = 512 * 1024;

/// What a form sends beside the fields that are kept.
const OWN: [&str; 5] = ["key", "challenge", "answer", "step", "remove"];

/// All texts of a form.
const TEXTS: [&str; OWN.len() + NAMES.len()] = form::texts(&OWN);

const FORM: Expected = Expected {
    files: &["file"],
    texts: &TEXTS,
    file_bytes_max: drafts::FILE_BYTES_MAX,
    form_bytes_max: drafts::FILES_BYTES_MAX + REST_MAX,
    files_max: drafts::FILES_MAX,
};

/// A hint with the article that it comes from.
pub(super) struct HintView {
    pub(super) text: String,
    pub(super) basis: &'static str,
}

/// A file that is with the draft.
pub(super) struct FileView {
    pub(super) position: i64,
    pub(super) name: String,
    pub(super) size: String,
}

#[derive(Template)]
#[template(path = "portal/apply.html")]
struct ApplyPage {
    frame: Frame,
    guide: String,
    action: String,
    key: String,
    /// Work for the browser; none once a draft was begun.
    challenge: Option<Challenge>,
    parts: Vec<Part>,
    /// What stands against going on.
    notices: Vec<String>,
    faults: Vec<Fault>,
    hints: Vec<HintView>,
    files: Vec<FileView>,
    /// What was said of files that were not taken.
    notes: Vec<String>,
    files_lead: String,
    /// Until when the draft is kept; empty where there is none yet.
    kept: String,
    /// Where the draft is thrown away; empty where there is none yet.
    forget: String,
}

pub(super) fn hint_views(words: &Words, fields: &BTreeMap<String, String>) -> Vec<HintView> {
    let text = |name: &str| fields.get(name).map_or("", String::as_str);
    let found = hints::of(text("description"), text("file_number"));
    // What several have in common is said behind the last of them.
    let bases = found.iter().map(|hint| hint.basis());
    let next = bases.skip(1).map(Some).chain([None]);
    let view = |(hint, next): (&hints::Hint, Option<&'static str>)| HintView {
        text: words.render(&hint.message()),
        basis: match next == Some(hint.basis()) {
            true => "",
            false => hint.basis(),
        },
    };
    found.iter().zip(next).map(view).collect()
}

fn size(bytes: u64) -> String {
    format!("{} KB", bytes.div_ceil(1024))
}

pub(super) fn file_views(files: &[Attached]) -> Vec<FileView> {
    let view = |file: &Attached| FileView {
        position: file.position,
        name: file.name.clone(),
        size: size(file.bytes),
    };
    files.iter().map(view).collect()
}

impl ApplyPage {
    fn new(
        visit: &Visit,
        asked: &Asked,
        values: &BTreeMap<String, String>,
        wrong: &[Wrong],
    ) -> Self {
        let words = visit.modes.words();
        let title = Message::new("apply-title").with("name", &asked.body.name);
        let files_lead = Message::new("apply-files-lead")
            .with("count", drafts::FILES_MAX)
            .with("max", drafts::FILE_BYTES_MAX / 1024 / 1024);
        let parts = form::parts(words, values, wrong);
        Self {
            frame: Frame::new(visit.modes.clone(), words.render(&title)),
            guide: format!("/guide/{}", asked.body.id),
            action: format!("/apply/{}", asked.body.id),
            key: String::new(),
            challenge: None,
            faults: form::faults(&parts),
            parts,
            notices: Vec::new(),
            hints: Vec::new(),
            files: Vec::new(),
            notes: Vec::new(),
            files_lead: words.render(&files_lead),
            kept: String::new(),
            forget: String::new(),
        }
    }

    /// The form of a new application, with work for the browser.
    async fn begun(
        visit: &Visit,
        asked: &Asked,
        values: &BTreeMap<String, String>,
    ) -> Result<Self, Response> {
        let house = &visit.office.house;
        let key = house.token();
        let challenge = gate::challenge(house, &settings(visit).await?, &key);
        Ok(Self {
            key,
            challenge: Some(challenge),
            ..Self::new(visit, asked, values, &[])
        })
    }
}

/// `GET /apply/{id}`
pub async fn new_page(visit: Visit, Path(id): Path<i64>) -> Response {
    let asked = match guide::online(&visit, id).await {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    match ApplyPage::begun(&visit, &asked, &BTreeMap::new()).await {
        Ok(form) => page(&form),
        Err(refused) => refused,
    }
}

/// What a form brought.
struct Sent {
    key: String,
    stamp: Stamp,
    goes_on: bool,
    brought: Brought,
    refused: Option<Refusal>,
}

/// Takes the form in; of one that is too large its texts.
async fn receive(state: &crate::State, visit: &Visit, request: Request) -> Sent {
    let _turn = state.receiving.turn(visit.origin.address).await;
    let (fields, refused) = upload::so_far(request, FORM).await;
    sent(fields, refused)
}

fn sent(fields: Fields, refused: Option<Refusal>) -> Sent {
    let text = |name: &str| fields.text(name).to_owned();
    let removed = fields.texts.iter().filter(|(name, _)| name == "remove");
    let removed = removed
        .filter_map(|(_, place)| place.parse().ok())
        .collect();
    let typed = NAMES.map(|name| (name.to_owned(), text(name)));
    let mut sent = Sent {
        key: text("key"),
        stamp: Stamp {
            challenge: text("challenge"),
            answer: text("answer"),
        },
        goes_on: text("step") != "save",
        brought: Brought {
            fields: BTreeMap::from(typed),
            files: Vec::new(),
            removed,
        },
        refused,
    };
    for (_, file) in fields.files {
        let read = file.bytes().and_then(|(input, mut from)| {
            let mut bytes = Vec::new();
            from.read_to_end(&mut bytes).map(|_| (input, bytes))
        });
        match read {
            Ok((_, bytes)) if bytes.is_empty() => {}
            Ok((input, bytes)) => sent.brought.files.push(File {
                name: input.name,
                bytes: Arc::from(bytes),
            }),
            Err(_) => sent.refused = Some(Refusal::NoRoom),
        }
    }
    sent
}

/// What is said of a form that was not taken whole.
fn not_taken(words: &Words, refusal: &Refusal) -> String {
    words.render(&match refusal {
        Refusal::TooLarge | Refusal::TooMany => Message::new("apply-files-not-taken")
            .with("count", drafts::FILES_MAX)
            .with("max", drafts::FILE_BYTES_MAX / 1024 / 1024)
            .with("all", drafts::FILES_BYTES_MAX / 1024 / 1024),
        other => other.message(),
    })
}

/// The answer to a form of which the body was not read to its end.
fn closing(mut response: Response) -> Response {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// Where one goes with a draft that was kept.
fn onward(token: &str, sent: &Sent, today: jiff::civil::Date) -> Response {
    let ready = Application::read(&form::typed(&sent.brought.fields), today).is_ok();
    see_other(&match (sent.goes_on, ready) {
        (false, _) => format!("/draft/{token}?saved=1"),
        (true, false) => format!("/draft/{token}?check=1#errors"),
        (true, true) => format!("/draft/{token}/review"),
    })
}

/// `POST /apply/{id}`
pub async fn begin(
    Extract(state): Shared,
    visit: Visit,
    Path(id): Path<i64>,
    request: Request,
) -> Response {
    // What was typed is kept, also where the body has closed this way meanwhile: it can
    // be sent once it is open again, or copied.
    let asked = match guide::body(&visit, id).await {
        Ok(asked) => asked,
        Err(refused) => return closing(refused),
    };
    let portal = match settings(&visit).await {
        Ok(portal) => portal,
        Err(refused) => return closing(refused),
    };
    let mut sent = receive(&state, &visit, request).await;
    let words = visit.modes.words();
    let fields = sent.brought.fields.clone();
    if let Some(refusal) = &sent.refused {
        let said = not_taken(words, refusal);
        let shown = again(&visit, &asked, &fields, said, refusal.status()).await;
        return closing(shown);
    }
    let house = &visit.office.house;
    let had_files = !sent.brought.files.is_empty();
    let brought = std::mem::take(&mut sent.brought);
    let begun = {
        let _turn = state.reading.turn(visit.origin.address).await;
        let form = (sent.key.as_str(), &sent.stamp);
        let who = visitor(&visit);
        let reader = state.reader.as_ref();
        drafts::begin(
            house,
            reader,
            &portal,
            &who,
            OrganizationId(id),
            form,
            brought,
        )
        .await
    };
    sent.brought.fields = fields;
    match begun {
        Ok(token) => onward(&token, &sent, house.today()),
        Err(PortalError::Held(wait)) => {
            let mut said = held(words, wait);
            if had_files {
                said.push_str(&words.text("apply-files-again"));
            }
            let status = StatusCode::TOO_MANY_REQUESTS;
            again(&visit, &asked, &sent.brought.fields, said, status).await
        }
        Err(PortalError::Refused(messages)) => {
            let said = messages.first().map(|message| words.render(message));
            let said = said.unwrap_or_default();
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            again(&visit, &asked, &sent.brought.fields, said, status).await
        }
        // Whatever failed, what was typed is shown again, where a page can be.
        Err(error) => {
            let (status, message) = told_of(&error);
            let said = words.render(&message);
            again(&visit, &asked, &sent.brought.fields, said, status).await
        }
    }
}

/// The form again with what was typed; files have to be chosen anew, which is
/// said.
async fn again(
    visit: &Visit,
    asked: &Asked,
    fields: &BTreeMap<String, String>,
    said: String,
    status: StatusCode,
) -> Response {
    match ApplyPage::begun(visit, asked, fields).await {
        Ok(mut form) => {
            form.notices = vec![said];
            page_with(status, &form)
        }
        Err(refused) => refused,
    }
}

/// A draft with the body that it is for.
pub(super) async fn draft(visit: &Visit, token: &str) -> Result<(Opened, Asked), Response> {
    let house = &visit.office.house;
    let opened = drafts::open(house, token).await;
    let opened = opened.map_err(|error| failed(visit.modes.clone(), error))?;
    let asked = bodies::see(house, opened.organization).await;
    match asked {
        Ok(Some(asked)) => Ok((opened, asked)),
        Ok(None) => Err(failed(visit.modes.clone(), PortalError::Missing)),
        Err(error) => Err(failed(visit.modes.clone(), PortalError::Store(error))),
    }
}

/// How a draft is looked at.
#[derive(Debug, Default, Deserialize)]
pub struct Looked {
    #[serde(default)]
    check: String,
    #[serde(default)]
    saved: String,
}

fn draft_page(
    visit: &Visit,
    token: &str,
    (opened, asked): &(Opened, Asked),
    wrong: &[Wrong],
) -> ApplyPage {
    let words = visit.modes.words();
    let contents = &opened.contents;
    let kept = Message::new("apply-kept").with("at", format::instant(opened.expires_at));
    let notes = contents.notes.iter().map(|note| words.render(note));
    ApplyPage {
        action: format!("/draft/{token}"),
        files: file_views(&contents.files),
        notes: notes.collect(),
        kept: words.render(&kept),
        forget: format!("/draft/{token}/forget"),
        ..ApplyPage::new(visit, asked, &contents.fields, wrong)
    }
}

/// `GET /draft/{token}`
pub async fn draft_form(
    visit: Visit,
    Path(token): Path<String>,
    Query(looked): Query<Looked>,
) -> Response {
    let found = match draft(&visit, &token).await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    if found.0.contents.receipt.is_some() {
        return see_other(&format!("/draft/{token}/receipt"));
    }
    let fields = &found.0.contents.fields;
    let wrong = match looked.check.as_str() {
        "" => Vec::new(),
        _ => {
            let typed = form::typed(fields);
            let read = Application::read(&typed, visit.office.house.today());
            read.err().unwrap_or_default()
        }
    };
    let mut shown = draft_page(&visit, &token, &found, &wrong);
    let words = visit.modes.words();
    if !looked.check.is_empty() {
        shown.hints = hint_views(words, fields);
    }
    if !looked.saved.is_empty() {
        shown.notices.push(words.text("apply-saved"));
    }
    page(&shown)
}

/// `POST /draft/{token}`
pub async fn change(
    Extract(state): Shared,
    visit: Visit,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    let found = match draft(&visit, &token).await {
        Ok(found) => found,
        Err(refused) => return closing(refused),
    };
    let mut sent = receive(&state, &visit, request).await;
    let fields = sent.brought.fields.clone();
    let words = visit.modes.words();
    if let Some(refusal) = &sent.refused {
        let mut found = found;
        found.0.contents.fields = fields;
        let mut shown = draft_page(&visit, &token, &found, &[]);
        shown.notices = vec![not_taken(words, refusal)];
        return closing(page_with(refusal.status(), &shown));
    }
    let house = &visit.office.house;
    let brought = std::mem::take(&mut sent.brought);
    let changed = {
        let _turn = state.reading.turn(visit.origin.address).await;
        let reader = state.reader.as_ref();
        drafts::change(house, reader, &visitor(&visit), &token, brought).await
    };
    sent.brought.fields = fields;
    match changed {
        Ok(()) => onward(&token, &sent, house.today()),
        Err(error) => {
            let (status, message) = told_of(&error);
            let mut found = found;
            found.0.contents.fields = sent.brought.fields;
            let mut shown = draft_page(&visit, &token, &found, &[]);
            shown.notices = vec![words.render(&message)];
            page_with(status, &shown)
        }
    }
}
