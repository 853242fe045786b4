//! File inspection: a file is brought, what was found is shown by severity with
//! its places, and who answers for it settles what only a person can.

use std::io::Read;
use std::sync::Arc;

use axum::extract::{Form, Path, Query, Request, State as Extract};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::response::Response;
use gongkai_app::inspection::{
    self as files, FILE_BYTES_MAX, File, Finding, Inspected, InspectionError, Severity,
};
use gongkai_app::people::{PeopleError, SignedIn};
use gongkai_domain::inspection::{Confidence, RuleId};
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Reach, Target, reach};
use gongkai_domain::words::{Message, Words};
use serde::Deserialize;

use super::oversight::local;
use super::{Cell, Field, Inside, failed, see_other};
use crate::Shared;
use crate::frame::modes::Modes;
use crate::frame::parts::{self, Column};
use crate::frame::{Frame, page, page_with, problem};
use crate::report::upload::{self, Expected, Fields, Refusal};

/// Inspections on a page.
const PAGE: i64 = 50;
const ROOM: &str = "/office/inspection";
/// What is not the file itself: the key, the body, the ends of the form.
const REST_MAX: u64 = 64 * 1024;

/// A form with a file.
const FORM: Expected = Expected {
    files: &["file"],
    texts: &["key", "organization"],
    file_bytes_max: FILE_BYTES_MAX,
    form_bytes_max: FILE_BYTES_MAX + REST_MAX,
    files_max: 1,
};

/// The page of a failure that no form can show.
fn broken(modes: Modes, error: InspectionError) -> Response {
    let error = match error {
        InspectionError::Refused(messages) => PeopleError::Refused(messages),
        InspectionError::Denied(message) => PeopleError::Denied(message),
        InspectionError::Missing => PeopleError::Missing,
        InspectionError::Store(error) => PeopleError::Store(error),
        InspectionError::Vault(error) => PeopleError::Vault(error),
        InspectionError::Unread(refused) => {
            return problem(modes, StatusCode::SERVICE_UNAVAILABLE, &refused.message());
        }
    };
    failed(modes, error)
}

fn rendered(words: &Words, messages: &[Message]) -> Vec<String> {
    messages
        .iter()
        .map(|message| words.render(message))
        .collect()
}

#[derive(askama::Template)]
#[template(path = "office/inspection/list.html")]
struct ListPage {
    frame: Frame,
    errors: Vec<String>,
    fields: Vec<Field>,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    more: String,
}

/// Bodies for which somebody may have a file inspected.
fn bodies(signed: &SignedIn) -> Vec<(String, String)> {
    let ids = match reach(
        &signed.actor,
        Action::InspectionUse,
        &signed.tree,
        signed.today,
    ) {
        Reach::Of(ids) => ids,
        Reach::All | Reach::Nothing => Vec::new(),
    };
    ids.into_iter()
        .map(|id| (id.0.to_string(), place(signed, id)))
        .collect()
}

fn place(signed: &SignedIn, id: OrganizationId) -> String {
    let body = signed.tree.get(id);
    body.map(|body| body.name.clone()).unwrap_or_default()
}

fn name_of(words: &Words, inspected: &Inspected) -> String {
    let unreadable = || words.text("inspection-name-erased");
    inspected.name.clone().unwrap_or_else(unreadable)
}

/// How a file stands now.
fn standing(words: &Words, inspected: &Inspected) -> String {
    let verdict = words.render(&inspected.outcome.verdict.label());
    if inspected.superseded.is_some() {
        format!("{verdict} · {}", words.text("inspection-superseded"))
    } else if inspected.confirmed.is_some() {
        format!("{verdict} · {}", words.text("inspection-confirmed"))
    } else {
        verdict
    }
}

impl ListPage {
    async fn new(inside: &Inside, key: &str, below: Option<i64>) -> Result<Self, InspectionError> {
        let signed = &inside.signed;
        let modes = inside.visit.modes.clone();
        let words = modes.words();
        let shown = files::list(&inside.visit.office.house, signed, below, PAGE).await?;
        let bodies = bodies(signed);
        let own = signed.person.organization.map(|id| id.0.to_string());
        let chosen = own
            .filter(|own| bodies.iter().any(|(id, _)| id == own))
            .or_else(|| bodies.first().map(|(id, _)| id.clone()))
            .unwrap_or_default();
        let organization = if bodies.len() > 1 {
            Field {
                kind: "select",
                options: bodies,
                ..Field::text(words, "organization", "inspection-organization", &chosen)
            }
        } else {
            Field::hidden("organization", &chosen)
        };
        let file = Field {
            kind: "file",
            ..Field::text(words, "file", "inspection-file", "").hint(words, "inspection-file-hint")
        };
        let rows = shown.entries.iter().map(|one| {
            vec![
                Cell::link(name_of(words, one), format!("{ROOM}/{}", one.id)),
                Cell::text(standing(words, one)),
                Cell::text(one.outcome.kind.clone()),
                Cell::text(place(signed, one.organization)),
                Cell::text(one.by.clone()),
                Cell::text(local(one.at)),
            ]
        });
        let columns = [
            "inspection-name",
            "inspection-verdict",
            "inspection-kind",
            "inspection-organization",
            "field-login",
            "column-at",
        ];
        Ok(Self {
            errors: Vec::new(),
            fields: vec![Field::hidden("key", key), organization, file],
            columns: parts::columns(words, &columns),
            rows: rows.collect(),
            more: shown
                .next
                .map(|next| format!("{ROOM}?below={next}"))
                .unwrap_or_default(),
            frame: Frame::new(modes, inside.visit.modes.words().text("office-inspection")),
        })
    }
}

/// Where the page before ended.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    below: i64,
}

/// `GET /office/inspection`
pub async fn list(inside: Inside, Query(asked): Query<Asked>) -> Response {
    let below = Some(asked.below).filter(|below| *below > 0);
    let key = inside.visit.office.house.token();
    match ListPage::new(&inside, &key, below).await {
        Ok(shown) => page(&shown),
        Err(error) => broken(inside.visit.modes, error),
    }
}

/// `POST /office/inspection`
pub async fn bring(Extract(state): Shared, inside: Inside, request: Request) -> Response {
    // Who may not have a file inspected is refused before it is taken.
    let about = ("inspection", "-".to_owned());
    let (action, somewhere) = (Action::InspectionUse, Target::Somewhere);
    let house = &inside.visit.office.house;
    if let Err(error) = inside.signed.demand(house, action, somewhere, about).await {
        return failed(inside.visit.modes, error);
    }
    let from = inside.visit.origin.address;
    let (mut parts, body) = request.into_parts();
    let received = {
        let _turn = state.receiving.turn(from).await;
        let request = Request::from_parts(parts.clone(), body);
        upload::fields(request, FORM).await
    };
    // However long that took: whoever is out by now brings nothing.
    let inside = match Inside::of(&mut parts, &state).await {
        Ok(inside) => inside,
        Err(refused) => return refused,
    };
    let (key, organization, file) = match received.and_then(brought) {
        Ok(brought) => brought,
        Err(refusal) => return not_taken(&inside, &refusal).await,
    };
    let house = &inside.visit.office.house;
    let made = {
        let _turn = state.reading.turn(from).await;
        let reader = state.reader.as_ref();
        files::inspect(house, reader, &inside.signed, &key, organization, &file).await
    };
    match made {
        Ok(id) => see_other(&format!("{ROOM}/{id}")),
        Err(InspectionError::Refused(messages)) => {
            again(&inside, StatusCode::UNPROCESSABLE_ENTITY, &messages).await
        }
        Err(error) => broken(inside.visit.modes, error),
    }
}

/// The key of the form, the body, and the file.
fn brought(mut fields: Fields) -> Result<(String, Option<OrganizationId>, File), Refusal> {
    let key = fields.text("key").to_owned();
    let organization = fields.text("organization").parse().ok().map(OrganizationId);
    let (_, file) = fields.files.pop().ok_or(Refusal::Nothing)?;
    let (input, mut from) = file.bytes().map_err(|_| Refusal::NoRoom)?;
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).map_err(|_| Refusal::NoRoom)?;
    if bytes.is_empty() {
        return Err(Refusal::Nothing);
    }
    let file = File {
        name: input.name,
        bytes: Arc::from(bytes),
    };
    Ok((key, organization, file))
}

/// The form again, with what was wrong.
async fn again(inside: &Inside, status: StatusCode, messages: &[Message]) -> Response {
    let key = inside.visit.office.house.token();
    match ListPage::new(inside, &key, None).await {
        Ok(mut shown) => {
            shown.errors = rendered(shown.frame.words(), messages);
            page_with(status, &shown)
        }
        Err(error) => broken(inside.visit.modes.clone(), error),
    }
}

/// The form again, of which nothing was taken.
async fn not_taken(inside: &Inside, refusal: &Refusal) -> Response {
    let message = match refusal {
        Refusal::TooLarge => {
            Message::new("inspection-too-large").with("max", FILE_BYTES_MAX / 1024 / 1024)
        }
        Refusal::TooMany | Refusal::Nothing => Message::new("inspection-nothing"),
        other => other.message(),
    };
    let mut response = again(inside, refusal.status(), &[message]).await;
    // What is left of the body is not read.
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response
}

/// Findings of one rule on the page.
struct Group {
    statement: String,
    basis: &'static str,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

/// What is told of a finding: place, what hides it, what may be shown, what is
/// proposed.
const COLUMNS: [&str; 4] = [
    "inspection-column-place",
    "inspection-column-hidden",
    "inspection-column-shown",
    "inspection-column-proposal",
];

impl Group {
    /// A group without the columns in which nothing stands.
    fn of(words: &Words, rule: RuleId, rows: &[[String; 4]]) -> Self {
        let is_told = |at: &usize| rows.iter().any(|row| !row[*at].is_empty());
        let told: Vec<usize> = (0..COLUMNS.len()).filter(is_told).collect();
        let ids: Vec<&str> = told.iter().map(|at| COLUMNS[*at]).collect();
        let row = |row: &[String; 4]| {
            let cells = told.iter().map(|at| Cell::text(row[*at].clone()));
            cells.collect()
        };
        Self {
            statement: words.render(&rule.statement()),
            basis: rule.rule().basis,
            columns: parts::columns(words, &ids),
            rows: rows.iter().map(row).collect(),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "office/inspection/see.html")]
struct SeePage {
    frame: Frame,
    errors: Vec<String>,
    verdict: String,
    lead: String,
    is_good: bool,
    facts: Vec<(String, String)>,
    /// By severity, the gravest first.
    groups: Vec<(String, Vec<Group>)>,
    more: String,
    /// The form by which a person lets it pass, where one may.
    confirm: Option<(String, Vec<Field>)>,
}

/// A place in words.
fn place_of(words: &Words, finding: &Finding) -> String {
    let spot = finding.place.spot.message();
    let spot = spot.map_or_else(String::new, |spot| words.render(&spot));
    let part = finding.place.part.iter().filter(|part| !part.is_empty());
    let part: Vec<&str> = part.map(String::as_str).collect();
    match (part.is_empty(), spot.is_empty()) {
        (true, true) => words.text("inspection-spot-file"),
        (true, false) => spot,
        (false, true) => part.join(" › "),
        (false, false) => format!("{} · {spot}", part.join(" › ")),
    }
}

fn groups(words: &Words, inspected: &Inspected) -> Vec<(String, Vec<Group>)> {
    let mut all = Vec::new();
    for severity in Severity::ALL {
        let mut found: Vec<(RuleId, Vec<[String; 4]>)> = Vec::new();
        for finding in inspected.outcome.of_severity(severity) {
            let hidden = finding
                .place
                .hidden
                .map(|hidden| words.render(&hidden.label()));
            let mut shown = finding.shown.clone();
            if finding.confidence == Confidence::Low {
                shown = format!("{shown} {}", words.text("inspection-unsure"));
            }
            let row = [
                place_of(words, finding),
                hidden.unwrap_or_default(),
                shown,
                finding.proposal.clone(),
            ];
            match found.iter_mut().find(|(rule, _)| *rule == finding.rule) {
                Some((_, rows)) => rows.push(row),
                None => found.push((finding.rule, vec![row])),
            }
        }
        if !found.is_empty() {
            let group = |(rule, rows): &(RuleId, Vec<_>)| Group::of(words, *rule, rows);
            let groups = found.iter().map(group).collect();
            all.push((words.render(&severity.label()), groups));
        }
    }
    all
}

fn see_page(inside: &Inside, inspected: &Inspected, reason: &str) -> SeePage {
    let modes = inside.visit.modes.clone();
    let words = modes.words();
    let signed = &inside.signed;
    let verdict = inspected.outcome.verdict;
    let lead = match (inspected.may_pass(), &inspected.confirmed) {
        (_, Some((at, by, reason))) => words.render(
            &Message::new("inspection-lead-confirmed")
                .with("at", local(*at))
                .with("by", by)
                .with("reason", reason),
        ),
        (true, None) => words.text("inspection-lead-passes"),
        (false, None) if verdict.asks_a_person() => words.text("inspection-lead-person"),
        (false, None) => words.text("inspection-lead-refused"),
    };
    let lead = match inspected.superseded {
        Some(superseded) => words.render(&superseded.label()),
        None => lead,
    };
    let target = Target::Organization(inspected.organization);
    let may = signed.may(Action::InspectionConfirm, target).is_allowed();
    let is_open = inspected.confirmed.is_none() && inspected.superseded.is_none();
    let confirm = (may && verdict.asks_a_person() && is_open).then(|| {
        let key = inside.visit.office.house.token();
        let fields = vec![
            Field::hidden("key", &key),
            Field {
                kind: "textarea",
                ..Field::text(words, "reason", "inspection-reason", reason)
                    .hint(words, "inspection-reason-hint")
            },
        ];
        (format!("{ROOM}/{}/confirm", inspected.id), fields)
    });
    let kilobytes = u64::try_from(inspected.bytes).unwrap_or(0).div_ceil(1024);
    let facts = [
        ("inspection-kind", inspected.outcome.kind.clone()),
        ("inspection-size", format!("{kilobytes} KB")),
        (
            "inspection-organization",
            place(signed, inspected.organization),
        ),
        ("field-login", inspected.by.clone()),
        ("column-at", local(inspected.at)),
        ("inspection-digest", inspected.digest.clone()),
    ];
    let more = match inspected.outcome.more {
        0 => String::new(),
        count => words.render(&Message::new("inspection-more").with("count", count)),
    };
    SeePage {
        errors: Vec::new(),
        verdict: standing(words, inspected),
        lead,
        is_good: inspected.may_pass(),
        facts: facts
            .into_iter()
            .map(|(id, value)| (words.text(id), value))
            .collect(),
        groups: groups(words, inspected),
        more,
        confirm,
        frame: Frame::new(modes, name_of(words, inspected)),
    }
}

/// `GET /office/inspection/{id}`
pub async fn see(inside: Inside, Path(id): Path<i64>) -> Response {
    match files::see(&inside.visit.office.house, &inside.signed, id).await {
        Ok(inspected) => page(&see_page(&inside, &inspected, "")),
        Err(error) => broken(inside.visit.modes, error),
    }
}

/// Why a file may pass.
#[derive(Debug, Default, Deserialize)]
pub struct Reason {
    #[serde(default)]
    key: String,
    #[serde(default)]
    reason: String,
}

/// `POST /office/inspection/{id}/confirm`
pub async fn confirm(inside: Inside, Path(id): Path<i64>, Form(sent): Form<Reason>) -> Response {
    let house = &inside.visit.office.house;
    let messages = match files::confirm(house, &inside.signed, &sent.key, id, &sent.reason).await {
        Ok(()) => return see_other(&format!("{ROOM}/{id}")),
        Err(InspectionError::Refused(messages)) => messages,
        Err(error) => return broken(inside.visit.modes, error),
    };
    match files::see(house, &inside.signed, id).await {
        Ok(inspected) => {
            let mut shown = see_page(&inside, &inspected, &sent.reason);
            shown.errors = rendered(shown.frame.words(), &messages);
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(error) => broken(inside.visit.modes, error),
    }
}
