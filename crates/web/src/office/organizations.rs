//! Bodies: seen, founded, changed; in and out as tables.

pub mod tables;

use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::audit::Who;
use gongkai_app::once::Sent;
use gongkai_app::organization::{self as bodies, Entry, OrganizationError, Version};
use gongkai_domain::organization::codes::{CreditCode, DivisionCode};
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::organization::{
    DisclosureOffice, Organization, OrganizationId, OrganizationKind, Validity,
};
use gongkai_domain::words::{Message, Words};
use jiff::civil::Date;
use serde::Deserialize;

use super::{Cell, Field, FormPage, Inside, TablePage, failed, see_other};
use crate::frame::modes::Modes;
use crate::frame::{Frame, page, page_with, problem};

/// What went wrong, as a page of its own.
fn broken(modes: Modes, error: &OrganizationError) -> Response {
    let (status, message) = match error {
        OrganizationError::Denied(message) => (StatusCode::FORBIDDEN, message.clone()),
        OrganizationError::NotFound => (StatusCode::NOT_FOUND, Message::new("error-missing")),
        OrganizationError::Store(_)
        | OrganizationError::Attachment(_)
        | OrganizationError::Table(_)
        | OrganizationError::Broken(_) => {
            tracing::error!(reason = %error, "a page of organizations failed");
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

/// The form again with what was wrong, or a page of its own.
fn again(mut form: FormPage, error: &OrganizationError) -> Response {
    let words = form.frame.words();
    match error {
        OrganizationError::Wrong(messages) => {
            form.errors = messages
                .iter()
                .map(|message| words.render(message))
                .collect();
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &form)
        }
        OrganizationError::Otherwise(_) | OrganizationError::Unread(_) => {
            let messages = error.messages();
            form.errors = messages
                .iter()
                .map(|message| words.render(message))
                .collect();
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &form)
        }
        OrganizationError::Rows(rows) => {
            form.errors = rows
                .iter()
                .flat_map(|row| row.messages.iter().map(move |message| (row.row, message)))
                .map(|(row, message)| {
                    let text = words.render(message);
                    words.render(
                        &Message::new("import-row")
                            .with("row", row)
                            .with("text", text),
                    )
                })
                .collect();
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &form)
        }
        OrganizationError::Changed {
            version,
            differences,
        } => {
            form.errors.push(words.text("office-conflict"));
            for difference in differences {
                let message = Message::new("changed-field")
                    .with("name", words.render(&difference.field.label()))
                    .with("theirs", difference.theirs.text(words))
                    .with("yours", difference.yours.text(words));
                form.errors.push(words.render(&message));
            }
            for field in form
                .fields
                .iter_mut()
                .filter(|field| field.name == "version")
            {
                field.value = version.to_string();
            }
            page_with(StatusCode::CONFLICT, &form)
        }
        error => broken(form.frame.modes, error),
    }
}

/// Who it is to the audit trail.
fn who(inside: &Inside) -> Who {
    inside.signed.who.clone()
}

fn kind(words: &Words, kind: OrganizationKind) -> String {
    words.render(&kind.label())
}

/// Bodies on a page.
const PAGE: i64 = 50;

/// What is looked for, and where the page before ended.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    text: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    after: i64,
}

/// `GET /office/organizations`
pub async fn list(inside: Inside, Query(asked): Query<Asked>) -> Response {
    let query = bodies::Query {
        text: asked.text.clone(),
        after: (asked.after > 0).then(|| (asked.name.clone(), OrganizationId(asked.after))),
        most: PAGE,
    };
    let (who, house) = (who(&inside), &inside.visit.office.house);
    let found = match bodies::list(house, &who, &inside.signed.actor, &query).await {
        Ok(found) => found,
        Err(error) => return broken(inside.visit.modes, &error),
    };
    let words = inside.visit.modes.words();
    let columns = [
        "body-name",
        "body-kind",
        "body-parent",
        "body-credit-code",
        "body-from",
    ];
    let mut table = TablePage::new(inside.visit.modes, "office-organizations", &columns);
    table.lead = words.render(&Message::new("bodies-count").with("count", found.count));
    table.search = vec![Field::text(words, "text", "bodies-search", &asked.text)];
    table.search_action = "/office/organizations".to_owned();
    let may = |action| inside.signed.may(action, Target::Installation).is_allowed();
    for (action, label, to) in [
        (
            Action::OrganizationsChange,
            "body-new",
            "/office/organizations/new",
        ),
        (
            Action::OrganizationsImport,
            "bodies-import",
            "/office/organizations/import",
        ),
        (
            Action::OrganizationsExport,
            "bodies-export-xlsx",
            "/office/organizations/export?format=xlsx",
        ),
        (
            Action::OrganizationsExport,
            "bodies-export-csv",
            "/office/organizations/export?format=csv",
        ),
    ] {
        if may(action) {
            table.tools.push(Cell::link(words.text(label), to));
        }
    }
    if let Some((name, id)) = &found.next {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("text", &asked.text);
        query.append_pair("name", name);
        query.append_pair("after", &id.0.to_string());
        table.more = format!("/office/organizations?{}", query.finish());
    }
    let name_of = |id: Option<OrganizationId>| {
        let body = id.and_then(|id| inside.signed.tree.get(id));
        body.map(|body| body.name.clone()).unwrap_or_default()
    };
    table.rows = found
        .bodies
        .iter()
        .map(|kept| {
            let body = &kept.body;
            let code = body
                .credit_code
                .as_ref()
                .map(|code| code.as_str().to_owned());
            vec![
                Cell::link(&body.name, format!("/office/organizations/{}", body.id.0)),
                Cell::text(kind(words, body.kind)),
                Cell::text(name_of(body.parent)),
                Cell::text(code.unwrap_or_default()),
                Cell::text(body.validity.from().to_string()),
            ]
        })
        .collect();
    page(&table)
}

#[derive(askama::Template)]
#[template(path = "office/body.html")]
struct BodyPage {
    frame: Frame,
    facts: Vec<(String, String)>,
    missing: Vec<String>,
    tools: Vec<Cell>,
}

/// `GET /office/organizations/{id}`
pub async fn see(inside: Inside, Path(id): Path<i64>) -> Response {
    let id = OrganizationId(id);
    let (who, house) = (who(&inside), &inside.visit.office.house);
    let kept = match bodies::see(house, &who, &inside.signed.actor, id).await {
        Ok(kept) => kept,
        Err(error) => return broken(inside.visit.modes, &error),
    };
    let words = inside.visit.modes.words();
    let body = kept.body;
    let name_of = |id: Option<OrganizationId>| {
        let body = id.and_then(|id| inside.signed.tree.get(id));
        body.map(|body| body.name.clone()).unwrap_or_default()
    };
    let until = body.validity.until().map(|day| day.to_string());
    let facts = [
        ("body-kind", kind(words, body.kind)),
        ("body-short-name", body.short_name.clone()),
        ("body-parent", name_of(body.parent)),
        ("body-supervisor", name_of(body.supervisor)),
        ("body-vertical", name_of(body.vertical)),
        (
            "body-credit-code",
            body.credit_code
                .as_ref()
                .map(|code| code.as_str().to_owned())
                .unwrap_or_default(),
        ),
        (
            "body-division",
            body.division
                .map(|code| code.to_string())
                .unwrap_or_default(),
        ),
        ("body-from", body.validity.from().to_string()),
        ("body-until", until.unwrap_or_default()),
        ("office-name", body.office.name.clone()),
        ("office-address", body.office.address.clone()),
        ("office-postcode", body.office.postcode.clone()),
        ("office-hours", body.office.hours.clone()),
        ("office-phone", body.office.phone.clone()),
        ("office-fax", body.office.fax.clone()),
        ("office-mail", body.office.mail.clone()),
    ];
    let base = format!("/office/organizations/{}", id.0);
    let tools = [
        (Action::OrganizationsChange, "body-change", "change"),
        (Action::OrganizationsEditOffice, "body-office", "office"),
    ];
    let tools = tools
        .into_iter()
        .filter(|(action, _, _)| {
            inside
                .signed
                .may(*action, Target::Organization(id))
                .is_allowed()
        })
        .map(|(_, label, to)| Cell::link(words.text(label), format!("{base}/{to}")));
    page(&BodyPage {
        facts: facts
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(label, value)| (words.text(label), value))
            .collect(),
        missing: body
            .missing()
            .iter()
            .map(|message| words.render(message))
            .collect(),
        tools: tools.collect(),
        frame: Frame::new(inside.visit.modes, body.name),
    })
}

/// A body as it is typed.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct Typed {
    #[serde(default)]
    key: String,
    #[serde(default)]
    version: i64,
    #[serde(default)]
    name: String,
    #[serde(default)]
    short_name: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    parent: String,
    #[serde(default)]
    supervisor: String,
    #[serde(default)]
    vertical: String,
    #[serde(default)]
    credit_code: String,
    #[serde(default)]
    division: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
}

fn text_of(id: Option<OrganizationId>) -> String {
    id.map(|id| id.0.to_string()).unwrap_or_default()
}

impl Typed {
    fn of(body: &Organization, version: i64) -> Self {
        Self {
            key: String::new(),
            version,
            name: body.name.clone(),
            short_name: body.short_name.clone(),
            kind: body.kind.key().to_owned(),
            parent: text_of(body.parent),
            supervisor: text_of(body.supervisor),
            vertical: text_of(body.vertical),
            credit_code: body
                .credit_code
                .as_ref()
                .map(|code| code.as_str().to_owned())
                .unwrap_or_default(),
            division: body
                .division
                .map(|code| code.to_string())
                .unwrap_or_default(),
            from: body.validity.from().to_string(),
            until: body
                .validity
                .until()
                .map(|day| day.to_string())
                .unwrap_or_default(),
        }
    }

    /// What was typed, or everything that is wrong with it.
    fn entry(&self) -> Result<Entry, OrganizationError> {
        let mut wrong = Vec::new();
        let body = |text: &str| text.trim().parse().ok().map(OrganizationId);
        let day = |text: &str| text.trim().parse::<Date>().ok();
        let no_day = |text: &str| Message::new("clock-no-date").with("text", text.trim());
        let kind = OrganizationKind::from_key(&self.kind);
        if kind.is_none() {
            wrong.push(Message::new("body-no-kind"));
        }
        let credit_code = optional(&self.credit_code, CreditCode::parse, &mut wrong);
        let division = optional(&self.division, DivisionCode::parse, &mut wrong);
        let from = day(&self.from);
        if from.is_none() {
            wrong.push(no_day(&self.from));
        }
        let until = day(&self.until);
        if until.is_none() && !self.until.trim().is_empty() {
            wrong.push(no_day(&self.until));
        }
        let validity = from.map(|from| Validity::new(from, until));
        if let Some(Err(message)) = &validity {
            wrong.push(message.clone());
        }
        match (kind, validity) {
            (Some(kind), Some(Ok(validity))) if wrong.is_empty() => Ok(Entry {
                parent: body(&self.parent),
                supervisor: body(&self.supervisor),
                vertical: body(&self.vertical),
                kind,
                name: self.name.clone(),
                short_name: self.short_name.clone(),
                credit_code,
                division,
                validity,
            }),
            _ => Err(OrganizationError::Wrong(wrong)),
        }
    }
}

fn optional<T>(
    text: &str,
    parse: fn(&str) -> Result<T, gongkai_domain::organization::codes::CodeError>,
    wrong: &mut Vec<Message>,
) -> Option<T> {
    if text.trim().is_empty() {
        return None;
    }
    parse(text)
        .map_err(|error| wrong.push(error.message()))
        .ok()
}

fn body_form(inside: &Inside, typed: &Typed, title: &str, action: &str) -> FormPage {
    let words = inside.visit.modes.words();
    let others = |name, label, chosen: &str| {
        let mut options = vec![(String::new(), words.text("body-none"))];
        let bodies = inside.signed.tree.bodies().iter();
        options.extend(bodies.map(|body| (body.id.0.to_string(), body.name.clone())));
        Field {
            kind: "select",
            options,
            ..Field::text(words, name, label, chosen)
        }
    };
    let kinds = OrganizationKind::ALL.iter();
    let kinds = kinds.map(|one| (one.key().to_owned(), kind(words, *one)));
    let fields = vec![
        Field::hidden("key", &typed.key),
        Field::hidden("version", &typed.version.to_string()),
        Field::text(words, "name", "body-name", &typed.name),
        Field::text(words, "short_name", "body-short-name", &typed.short_name),
        Field {
            kind: "select",
            options: kinds.collect(),
            ..Field::text(words, "kind", "body-kind", &typed.kind)
        },
        others("parent", "body-parent", &typed.parent),
        others("supervisor", "body-supervisor", &typed.supervisor),
        others("vertical", "body-vertical", &typed.vertical),
        Field::text(words, "credit_code", "body-credit-code", &typed.credit_code),
        Field::text(words, "division", "body-division", &typed.division),
        Field::text(words, "from", "body-from", &typed.from),
        Field::text(words, "until", "body-until", &typed.until),
    ];
    FormPage::new(
        inside.visit.modes.clone(),
        title,
        action,
        fields,
        "body-send",
    )
}

/// Demands what a form is for, before it is shown.
async fn demand(inside: &Inside, action: Action, target: Target) -> Result<(), Response> {
    let about = ("organization", "-".to_owned());
    let (house, modes) = (&inside.visit.office.house, &inside.visit.modes);
    let demanded = inside.signed.demand(house, action, target, about).await;
    demanded
        .map(drop)
        .map_err(|error| failed(modes.clone(), error))
}

const NEW: &str = "/office/organizations/new";

/// `GET /office/organizations/new`
pub async fn new_page(inside: Inside) -> Response {
    if let Err(refused) = demand(&inside, Action::OrganizationsChange, Target::Installation).await {
        return refused;
    }
    let typed = Typed {
        key: inside.visit.office.house.token(),
        ..Typed::default()
    };
    body_form(&inside, &typed, "body-new", NEW).shown(None)
}

/// `POST /office/organizations/new`
pub async fn new(inside: Inside, Form(typed): Form<Typed>) -> Response {
    let form = || body_form(&inside, &typed, "body-new", NEW);
    // Who may not found a body is not told what is wrong with one.
    if let Err(refused) = demand(&inside, Action::OrganizationsChange, Target::Installation).await {
        return refused;
    }
    let entry = match typed.entry() {
        Ok(entry) => entry,
        Err(error) => return again(form(), &error),
    };
    let shown = format!("{entry:?}");
    let sent = Sent::new("organization", &typed.key, [shown.as_str()]);
    let (who, house) = (who(&inside), &inside.visit.office.house);
    match bodies::create(house, &who, &inside.signed.actor, &sent, &entry).await {
        Ok(id) => see_other(&format!("/office/organizations/{}", id.0)),
        Err(error) => again(form(), &error),
    }
}

/// `GET /office/organizations/{id}/change`
pub async fn change_page(inside: Inside, Path(id): Path<i64>) -> Response {
    let id = OrganizationId(id);
    let (who, house) = (who(&inside), &inside.visit.office.house);
    let kept = match bodies::see(house, &who, &inside.signed.actor, id).await {
        Ok(kept) => kept,
        Err(error) => return broken(inside.visit.modes, &error),
    };
    let target = Target::Organization(id);
    if let Err(refused) = demand(&inside, Action::OrganizationsChange, target).await {
        return refused;
    }
    let to = format!("/office/organizations/{}/change", id.0);
    body_form(
        &inside,
        &Typed::of(&kept.body, kept.version),
        "body-change",
        &to,
    )
    .shown(None)
}

/// `POST /office/organizations/{id}/change`
pub async fn change(inside: Inside, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Response {
    let to = format!("/office/organizations/{id}/change");
    let form = || body_form(&inside, &typed, "body-change", &to);
    let target = Target::Organization(OrganizationId(id));
    if let Err(refused) = demand(&inside, Action::OrganizationsChange, target).await {
        return refused;
    }
    let entry = match typed.entry() {
        Ok(entry) => entry,
        Err(error) => return again(form(), &error),
    };
    let seen = Version {
        id: OrganizationId(id),
        version: typed.version,
    };
    let (who, house) = (who(&inside), &inside.visit.office.house);
    match bodies::change(house, &who, &inside.signed.actor, seen, &entry).await {
        Ok(_) => see_other(&format!("/office/organizations/{id}")),
        Err(error) => again(form(), &error),
    }
}

/// A disclosure office as it is typed.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct TypedOffice {
    #[serde(default)]
    version: i64,
    #[serde(default)]
    head: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    postcode: String,
    #[serde(default)]
    hours: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    fax: String,
    #[serde(default)]
    mail: String,
}

async fn office_form(inside: &Inside, id: i64, typed: &TypedOffice) -> FormPage {
    let visit = &inside.visit;
    let words = visit.modes.words();
    let lines = [
        ("name", "office-name", &typed.name),
        ("address", "office-address", &typed.address),
        ("postcode", "office-postcode", &typed.postcode),
        ("hours", "office-hours", &typed.hours),
        ("phone", "office-phone", &typed.phone),
        ("fax", "office-fax", &typed.fax),
        ("mail", "office-mail", &typed.mail),
    ];
    let mut fields = vec![
        Field::hidden("version", &typed.version.to_string()),
        head_field(inside, id, &typed.head).await,
    ];
    fields.extend(lines.map(|(name, label, value)| Field::text(words, name, label, value)));
    let to = format!("/office/organizations/{id}/office");
    FormPage::new(visit.modes.clone(), "body-office", &to, fields, "body-send")
}

/// The people at work there, of whom one is the head. One who is so no more
/// stays until another is chosen.
async fn head_field(inside: &Inside, id: i64, chosen: &str) -> Field {
    let words = inside.visit.modes.words();
    let (who, house) = (who(inside), &inside.visit.office.house);
    let heads = bodies::heads(house, &who, &inside.signed.actor, OrganizationId(id)).await;
    let heads = heads.unwrap_or_default();
    let mut options = vec![(String::new(), words.text("body-none"))];
    if !chosen.is_empty() && heads.iter().all(|head| head.id.to_string() != chosen) {
        options.push((chosen.to_owned(), words.text("office-head-gone")));
    }
    options.extend(
        heads
            .into_iter()
            .map(|head| (head.id.to_string(), head.display_name)),
    );
    Field {
        kind: "select",
        options,
        ..Field::text(words, "head", "organization-field-office_head", chosen)
    }
}

/// `GET /office/organizations/{id}/office`
pub async fn office_page(inside: Inside, Path(id): Path<i64>) -> Response {
    let body = OrganizationId(id);
    let (who, house) = (who(&inside), &inside.visit.office.house);
    let kept = match bodies::see(house, &who, &inside.signed.actor, body).await {
        Ok(kept) => kept,
        Err(error) => return broken(inside.visit.modes, &error),
    };
    let target = Target::Organization(body);
    if let Err(refused) = demand(&inside, Action::OrganizationsEditOffice, target).await {
        return refused;
    }
    let office = kept.body.office;
    let typed = TypedOffice {
        version: kept.version,
        head: office
            .head
            .map(|head| head.0.to_string())
            .unwrap_or_default(),
        name: office.name,
        address: office.address,
        postcode: office.postcode,
        hours: office.hours,
        phone: office.phone,
        fax: office.fax,
        mail: office.mail,
    };
    office_form(&inside, id, &typed).await.shown(None)
}

/// `POST /office/organizations/{id}/office`
pub async fn office(
    inside: Inside,
    Path(id): Path<i64>,
    Form(typed): Form<TypedOffice>,
) -> Response {
    let seen = Version {
        id: OrganizationId(id),
        version: typed.version,
    };
    let entry = typed.clone();
    let office = DisclosureOffice {
        name: entry.name,
        head: entry
            .head
            .parse()
            .ok()
            .map(gongkai_domain::organization::PersonId),
        address: entry.address,
        postcode: entry.postcode,
        hours: entry.hours,
        phone: entry.phone,
        fax: entry.fax,
        mail: entry.mail,
    };
    let (who, house) = (who(&inside), &inside.visit.office.house);
    match bodies::edit_office(house, &who, &inside.signed.actor, seen, &office).await {
        Ok(_) => see_other(&format!("/office/organizations/{id}")),
        Err(error @ (OrganizationError::Denied(_) | OrganizationError::NotFound)) => {
            broken(inside.visit.modes, &error)
        }
        Err(error) => again(office_form(&inside, id, &typed).await, &error),
    }
}
