//! An application on its last steps: read over, sent to one body or to several,
//! and its proof of filing behind the link of the draft.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Form, Path, State as Extract};
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::portal::PortalError;
use gongkai_app::portal::bodies::{self, Asked, Listed, Named};
use gongkai_app::portal::drafts::{self, Also, Opened, Receipt};
use gongkai_app::portal::{gate, proof};
use gongkai_app::requests as casework;
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::requests::application::Application;
use gongkai_domain::words::Message;

use super::apply::{FileView, HintView, draft, file_views, hint_views};
use super::{failed, failed_request, form, held, settings, visitor};
use crate::Shared;
use crate::frame::{Frame, chain, format, page, page_with, problem};
use crate::office::review::see::download;
use crate::office::{Visit, see_other};

#[derive(Template)]
#[template(path = "portal/review.html")]
struct ReviewPage {
    frame: Frame,
    body: String,
    token: String,
    facts: Vec<(String, String)>,
    files: Vec<FileView>,
    hints: Vec<HintView>,
    notes: Vec<String>,
    notices: Vec<String>,
    /// Other bodies to which the same can go, and whether each is chosen.
    others: Vec<(Listed, bool)>,
    /// Names of more, as typed; nothing where all are listed.
    named: Option<String>,
}

fn review_page(
    visit: &Visit,
    token: &str,
    (opened, asked): &(Opened, Asked),
    application: &Application,
) -> ReviewPage {
    let words = visit.modes.words();
    let contents = &opened.contents;
    let notes = contents.notes.iter().map(|note| words.render(note));
    ReviewPage {
        frame: Frame::new(visit.modes.clone(), words.text("review-title")),
        body: asked.body.name.clone(),
        token: token.to_owned(),
        facts: form::facts(words, application),
        files: file_views(&contents.files),
        hints: hint_views(words, &contents.fields),
        notes: notes.collect(),
        notices: Vec::new(),
        others: Vec::new(),
        named: None,
    }
}

/// Bodies that are offered beside the one that is asked.
const OTHERS_MAX: usize = 60;
/// To so many other bodies one submission goes at most.
pub const ALSO_MAX: usize = 4;

/// Other bodies as a form has them.
#[derive(Debug, Default)]
struct Chosen {
    /// Those that were ticked.
    ids: BTreeSet<OrganizationId>,
    /// Names of those that are not listed, a line each.
    named: String,
}

impl Chosen {
    fn of(sent: &[(String, String)], own: OrganizationId) -> Self {
        let all = |wanted: &'static str| sent.iter().filter(move |(name, _)| name == wanted);
        let ids = all("also").filter_map(|(_, id)| id.parse().ok().map(OrganizationId));
        Self {
            ids: ids.filter(|id| *id != own).collect(),
            named: all("named").map(|(_, text)| text.as_str()).collect(),
        }
    }

    /// All of them, each once; or what stands against it.
    async fn bodies(
        &self,
        visit: &Visit,
        own: OrganizationId,
    ) -> Result<Result<Vec<OrganizationId>, Vec<Message>>, PortalError> {
        let (mut ids, mut unknown) = (self.ids.clone(), Vec::new());
        let names = self.named.lines().map(str::trim);
        let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
        let many = || Message::new("review-also-many").with("max", ALSO_MAX);
        if names.len() > ALSO_MAX {
            return Ok(Err(vec![many()]));
        }
        for name in names {
            let wrong = match bodies::named(&visit.office.house, name).await? {
                Named::One(id) => {
                    ids.insert(id);
                    continue;
                }
                Named::Closed => "review-also-closed",
                Named::Unclear => "review-also-unknown",
            };
            unknown.push(Message::new(wrong).with("name", name));
        }
        ids.remove(&own);
        if ids.len() > ALSO_MAX {
            unknown.push(many());
        }
        Ok(match unknown.is_empty() {
            true => Ok(ids.into_iter().collect()),
            false => Err(unknown),
        })
    }
}

/// The page, with the other bodies that can be asked.
async fn with_others(
    visit: &Visit,
    mut shown: ReviewPage,
    own: OrganizationId,
    chosen: &Chosen,
) -> ReviewPage {
    let found = bodies::list(&visit.office.house, "", OTHERS_MAX).await;
    let Ok(found) = found else {
        return shown;
    };
    let others = found.bodies.into_iter();
    let others = others.filter(|one| one.id != own && one.is_online);
    let others = others.map(|one| {
        let is_chosen = chosen.ids.contains(&one.id);
        (one, is_chosen)
    });
    shown.others = others.collect();
    shown.named = (found.more > 0).then(|| chosen.named.clone());
    shown
}

/// A draft that is whole, or where one is sent instead.
async fn whole(visit: &Visit, token: &str) -> Result<((Opened, Asked), Application), Response> {
    let found = draft(visit, token).await?;
    if found.0.contents.receipt.is_some() {
        return Err(see_other(&format!("/draft/{token}/receipt")));
    }
    let typed = form::typed(&found.0.contents.fields);
    match Application::read(&typed, visit.office.house.today()) {
        Ok(application) => Ok((found, application)),
        Err(_) => Err(see_other(&format!("/draft/{token}?check=1#errors"))),
    }
}

/// `GET /draft/{token}/review`
pub async fn review(visit: Visit, Path(token): Path<String>) -> Response {
    match whole(&visit, &token).await {
        Ok((found, application)) => {
            let shown = review_page(&visit, &token, &found, &application);
            page(&with_others(&visit, shown, found.0.organization, &Chosen::default()).await)
        }
        Err(refused) => refused,
    }
}

/// Makes the files of a draft ready to go along with the application.
async fn files_of(
    state: &crate::State,
    visit: &Visit,
    token: &str,
    (opened, body): (&Opened, OrganizationId),
) -> Result<Vec<casework::Brought>, Response> {
    let house = &visit.office.house;
    let mut files = Vec::new();
    for file in &opened.contents.files {
        let bytes = drafts::bytes(house, token, file.position).await;
        let bytes = bytes.map_err(|error| failed(visit.modes.clone(), error))?;
        let _turn = state.reading.turn(visit.origin.address).await;
        let who = super::applicant(visit);
        let reader = state.reader.as_ref();
        let brought = casework::bring(house, reader, &who, body, &file.name, bytes).await;
        files.push(brought.map_err(|error| failed_request(visit.modes.clone(), error))?);
    }
    Ok(files)
}

/// Files the same with one more body; what was filed, or that it was not.
async fn file_also(
    state: &crate::State,
    visit: &Visit,
    token: &str,
    (opened, first, body): (&Opened, i64, OrganizationId),
) -> Also {
    let house = &visit.office.house;
    let name = bodies::name(house, body).await.unwrap_or_default();
    let not = Also {
        body: name.clone(),
        ..Also::default()
    };
    let Ok(files) = files_of(state, visit, token, (opened, body)).await else {
        return not;
    };
    let typed = form::typed(&opened.contents.fields);
    let key = format!("{}-{body}", opened.contents.key);
    let who = super::applicant(visit);
    match casework::file_beside(house, &who, &key, (body, first), &typed, &files).await {
        Ok(filed) => Also {
            body: name,
            number: filed.number,
            code: filed.code.to_string(),
        },
        Err(error) => {
            tracing::warn!(reason = %chain(&error), "One of several filings failed");
            not
        }
    }
}

/// `POST /draft/{token}/send`: to the body that is asked, and to others that were
/// chosen beside it. Each of them has a case of its own, with its own clock.
pub async fn send(
    Extract(state): Shared,
    visit: Visit,
    Path(token): Path<String>,
    Form(sent): Form<Vec<(String, String)>>,
) -> Response {
    let (found, application) = match whole(&visit, &token).await {
        Ok(whole) => whole,
        Err(elsewhere) => return elsewhere,
    };
    let portal = match settings(&visit).await {
        Ok(portal) => portal,
        Err(refused) => return refused,
    };
    let (house, words) = (&visit.office.house, visit.modes.words());
    let (opened, _) = &found;
    let (key, body) = (&opened.contents.key, opened.organization);
    let chosen = Chosen::of(&sent, body);
    let refused = async |status: StatusCode, notices: Vec<String>| {
        let mut shown = review_page(&visit, &token, &found, &application);
        shown.notices = notices;
        page_with(status, &with_others(&visit, shown, body, &chosen).await)
    };
    let others = match chosen.bodies(&visit, body).await {
        Ok(Ok(others)) => others,
        Ok(Err(against)) => {
            let told = against.iter().map(|one| words.render(one)).collect();
            return refused(StatusCode::UNPROCESSABLE_ENTITY, told).await;
        }
        Err(error) => return failed(visit.modes, error),
    };
    let contact = form::contact(&application);
    match gate::may_file(house, &portal, &contact).await {
        Ok(Ok(())) => {}
        Ok(Err(wait)) => {
            let told = vec![held(words, wait)];
            return refused(StatusCode::TOO_MANY_REQUESTS, told).await;
        }
        Err(error) => return failed(visit.modes, PortalError::Store(error)),
    }
    let files = match files_of(&state, &visit, &token, (opened, body)).await {
        Ok(files) => files,
        Err(refused) => return refused,
    };
    let typed = form::typed(&opened.contents.fields);
    let who = super::applicant(&visit);
    let filed = match casework::file(house, &who, key, body, &typed, &files).await {
        Ok(filed) => filed,
        // A file that rules of today refuse is named; the draft is as it was.
        Err(casework::RequestError::Refused(messages)) => {
            let told = messages.iter().map(|one| words.render(one)).collect();
            return refused(StatusCode::UNPROCESSABLE_ENTITY, told).await;
        }
        Err(error) => return failed_request(visit.modes, error),
    };
    let mut all = Vec::new();
    for other in others {
        all.push(file_also(&state, &visit, &token, (opened, filed.id, other)).await);
    }
    let receipt = Receipt {
        number: filed.number,
        code: filed.code.to_string(),
        at: house.now(),
        also: all,
    };
    // It is filed: whatever comes of the draft now, that is told.
    match drafts::settle(house, &visitor(&visit), &token, receipt.clone()).await {
        Ok(()) => see_other(&format!("/draft/{token}/receipt")),
        Err(_) => page(&receipt_page(&visit, &found, &receipt)),
    }
}

#[derive(Template)]
#[template(path = "portal/receipt.html")]
struct ReceiptPage {
    frame: Frame,
    body: String,
    facts: Vec<(String, String)>,
    code: String,
    office: Vec<(String, String)>,
    /// What was filed with other bodies by the same submission.
    also: Vec<Also>,
    /// Bodies with which it was not filed after all.
    missed: Vec<String>,
    /// Where the same is as PDF; empty where the draft is gone already.
    pdf: String,
}

fn receipt_page(visit: &Visit, (_, asked): &(Opened, Asked), receipt: &Receipt) -> ReceiptPage {
    let words = visit.modes.words();
    let facts = [
        ("receipt-number", receipt.number.clone()),
        ("receipt-body", asked.body.name.clone()),
        ("receipt-sent", format::instant(receipt.at)),
    ];
    let facts = facts.into_iter().map(|(id, text)| (words.text(id), text));
    let filed = receipt.also.iter().filter(|one| !one.code.is_empty());
    let missed = receipt.also.iter().filter(|one| one.code.is_empty());
    let office = &asked.body.office;
    let lines = [
        ("office-phone", &office.phone),
        ("office-hours", &office.hours),
    ];
    let lines = lines
        .into_iter()
        .filter(|(_, text)| !text.trim().is_empty());
    ReceiptPage {
        frame: Frame::new(visit.modes.clone(), words.text("receipt-title")),
        body: asked.body.name.clone(),
        facts: facts.collect(),
        code: receipt.code.clone(),
        also: filed.cloned().collect(),
        missed: missed.map(|one| one.body.clone()).collect(),
        pdf: String::new(),
        office: lines
            .map(|(id, text)| (words.text(id), text.clone()))
            .collect(),
    }
}

/// `GET /draft/{token}/receipt`
pub async fn receipt(visit: Visit, Path(token): Path<String>) -> Response {
    let found = match draft(&visit, &token).await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    match &found.0.contents.receipt {
        Some(receipt) => page(&ReceiptPage {
            pdf: format!("/draft/{token}/receipt/pdf"),
            ..receipt_page(&visit, &found, receipt)
        }),
        None => see_other(&format!("/draft/{token}/review")),
    }
}

/// `GET /draft/{token}/receipt/pdf`
pub async fn receipt_pdf(visit: Visit, Path(token): Path<String>) -> Response {
    let (opened, asked) = match draft(&visit, &token).await {
        Ok(found) => found,
        Err(refused) => return refused,
    };
    let Some(receipt) = &opened.contents.receipt else {
        return see_other(&format!("/draft/{token}/review"));
    };
    match proof::pdf(&visit.office.house, &asked, receipt).await {
        Ok(bytes) => {
            let words = visit.modes.words();
            let name = format!("{} {}.pdf", words.text("receipt-title"), receipt.number);
            download(&name, "application/pdf", bytes)
        }
        Err(error) => {
            tracing::error!(reason = %chain(&error), "A proof of filing was not set");
            let told = Message::new("proof-no-press");
            problem(visit.modes, StatusCode::SERVICE_UNAVAILABLE, &told)
        }
    }
}

/// `POST /draft/{token}/forget`
pub async fn forget(visit: Visit, Path(token): Path<String>) -> Response {
    let organization = match draft(&visit, &token).await {
        Ok((opened, _)) => opened.organization,
        Err(refused) => return refused,
    };
    match drafts::forget(&visit.office.house, &visitor(&visit), &token).await {
        Ok(()) => see_other(&format!("/guide/{organization}")),
        Err(error) => failed(visit.modes, error),
    }
}
