//! Bodies founded and changed by a form.

use axum::extract::{Form, Path};
use axum::response::Response;
use gongkai_app::once::Sent;
use gongkai_app::organization::{self as bodies, OrganizationError, Version};
use gongkai_domain::organization::codes::{CodeError, CreditCode, DivisionCode};
use gongkai_domain::organization::import::date;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::organization::{Organization, OrganizationId, OrganizationKind, Validity};
use gongkai_domain::words::{Message, Words};
use serde::Deserialize;

use super::choose::{Chooser, always};
use super::{address, again, demand, kind, name_of, or_empty, to_change, who};
use crate::office::{Field, FormPage, Inside, see_other};

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

impl Typed {
    fn of(body: &Organization, version: i64, chooser: &Chooser<'_>) -> Self {
        let title = |id| chooser.title(id, body.validity);
        Self {
            key: String::new(),
            version,
            name: body.name.clone(),
            short_name: body.short_name.clone(),
            kind: body.kind.key().to_owned(),
            parent: title(body.parent),
            supervisor: title(body.supervisor),
            vertical: title(body.vertical),
            credit_code: or_empty(body.credit_code.as_ref()),
            division: or_empty(body.division),
            from: body.validity.from().to_string(),
            until: or_empty(body.validity.until()),
        }
    }

    /// When it exists, as far as that can be read; else any day.
    fn during(&self) -> Validity {
        let validity =
            date(&self.from).and_then(|from| Validity::new(from, date(&self.until).ok()));
        validity.unwrap_or_else(|_| always())
    }

    /// What was typed, or everything that is wrong with it.
    fn entry(&self, chooser: &Chooser<'_>) -> Result<Organization, OrganizationError> {
        let mut wrong = Vec::new();
        let kind = OrganizationKind::from_key(&self.kind);
        if kind.is_none() {
            wrong.push(Message::new("body-no-kind"));
        }
        let credit_code = optional(&self.credit_code, CreditCode::parse, &mut wrong);
        let division = optional(&self.division, DivisionCode::parse, &mut wrong);
        let [parent, supervisor, vertical] =
            [&self.parent, &self.supervisor, &self.vertical].map(|text| {
                match chooser.find(text, self.during()) {
                    Ok(found) => found,
                    Err(unclear) => {
                        wrong.push(unclear.message);
                        None
                    }
                }
            });
        let validity = self.validity(&mut wrong);
        match (kind, validity) {
            (Some(kind), Some(validity)) if wrong.is_empty() => Ok(Organization {
                parent,
                supervisor,
                vertical,
                short_name: self.short_name.clone(),
                credit_code,
                division,
                ..Organization::draft(&self.name, kind, validity)
            }),
            _ => Err(OrganizationError::Wrong(wrong)),
        }
    }

    fn validity(&self, wrong: &mut Vec<Message>) -> Option<Validity> {
        let from = date(&self.from).map_err(|message| wrong.push(message));
        let until = Some(self.until.trim()).filter(|text| !text.is_empty());
        let until = until.map(date).transpose();
        let until = until.map_err(|message| wrong.push(message));
        let validity = Validity::new(from.ok()?, until.ok()?);
        validity.map_err(|message| wrong.push(message)).ok()
    }
}

fn optional<T>(
    text: &str,
    parse: fn(&str) -> Result<T, CodeError>,
    wrong: &mut Vec<Message>,
) -> Option<T> {
    if text.trim().is_empty() {
        return None;
    }
    parse(text)
        .map_err(|error| wrong.push(error.message()))
        .ok()
}

fn kinds(words: &Words) -> Vec<(String, String)> {
    let kinds = OrganizationKind::ALL.into_iter();
    kinds
        .map(|one| (one.key().to_owned(), kind(words, one)))
        .collect()
}

fn body_form(inside: &Inside, typed: &Typed, title: &str, action: &str) -> FormPage {
    let words = inside.visit.modes.words();
    let chooser = Chooser::of(&inside.signed.tree);
    let during = typed.during();
    let other = |name, label, typed: &str| chooser.field(words, (name, label), typed, during);
    let line = |name, label, value: &str| Field::text(words, name, label, value);
    let fields = vec![
        Field::hidden("key", &typed.key),
        Field::hidden("version", &typed.version.to_string()),
        line("name", "body-name", &typed.name),
        line("short_name", "body-short-name", &typed.short_name).optional(),
        Field {
            kind: "select",
            options: kinds(words),
            ..line("kind", "body-kind", &typed.kind)
        },
        other("parent", "body-parent", &typed.parent),
        other("supervisor", "body-supervisor", &typed.supervisor)
            .hint(words, "body-supervisor-hint"),
        other("vertical", "body-vertical", &typed.vertical).hint(words, "body-vertical-hint"),
        line("credit_code", "body-credit-code", &typed.credit_code).optional(),
        line("division", "body-division", &typed.division)
            .short()
            .optional(),
        line("from", "body-from", &typed.from).short(),
        line("until", "body-until", &typed.until).short().optional(),
    ];
    let modes = inside.visit.modes.clone();
    FormPage {
        suggestions: chooser.suggestions(during),
        ..FormPage::new(modes, title, action, fields, "body-send")
    }
}

const NEW: &str = "/office/organizations/new";
const CHANGE: Action = Action::OrganizationsChange;

/// `GET /office/organizations/new`
pub async fn new_page(inside: Inside) -> Response {
    if let Err(refused) = demand(&inside, CHANGE, Target::Installation).await {
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
    if let Err(refused) = demand(&inside, CHANGE, Target::Installation).await {
        return refused;
    }
    let entry = match typed.entry(&Chooser::of(&inside.signed.tree)) {
        Ok(entry) => entry,
        Err(error) => return again(form(), &error),
    };
    let shown = format!("{entry:?}");
    let sent = Sent::new("organization", &typed.key, [shown.as_str()]);
    let (who, house) = (who(&inside), &inside.visit.office.house);
    match bodies::create(house, &who, &inside.signed.actor, &sent, &entry).await {
        Ok(id) => see_other(&address(id)),
        Err(error) => again(form(), &error),
    }
}

/// `GET /office/organizations/{id}/change`
pub async fn change_page(inside: Inside, Path(id): Path<i64>) -> Response {
    let kept = match to_change(&inside, id, CHANGE).await {
        Ok(kept) => kept,
        Err(refused) => return refused,
    };
    let chooser = Chooser::of(&inside.signed.tree);
    let typed = Typed::of(&kept.body, kept.version, &chooser);
    let to = format!("{}/change", address(kept.body.id));
    let form = body_form(&inside, &typed, "body-change", &to);
    form.via(&address(kept.body.id), &kept.body.name)
        .shown(None)
}

/// `POST /office/organizations/{id}/change`
pub async fn change(inside: Inside, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Response {
    let id = OrganizationId(id);
    let to = format!("{}/change", address(id));
    let name = name_of(&inside, Some(id));
    let form = || body_form(&inside, &typed, "body-change", &to).via(&address(id), &name);
    if let Err(refused) = demand(&inside, CHANGE, Target::Organization(id)).await {
        return refused;
    }
    let entry = match typed.entry(&Chooser::of(&inside.signed.tree)) {
        Ok(entry) => entry,
        Err(error) => return again(form(), &error),
    };
    let version = typed.version;
    let seen = Version { id, version };
    let (who, house) = (who(&inside), &inside.visit.office.house);
    match bodies::change(house, &who, &inside.signed.actor, seen, &entry).await {
        Ok(_) => see_other(&address(id)),
        Err(error) => again(form(), &error),
    }
}
