//! Forms of the register: a new entry, and one that is put right.

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::people::SignedIn;
use gongkai_app::register::{self, Listed, RegisterError, RegisterId};
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Reach, Target, reach};
use gongkai_domain::register::{DocumentKind, Typed as TypedPerson};
use gongkai_domain::words::{Message, Words};
use serde::Deserialize;

use super::super::{Cell, Field, Inside, failed, see_other};
use super::{ROOM, address, broken, place};
use crate::frame::modes::Modes;
use crate::frame::parts::{self, Fault};
use crate::frame::{Frame, page_with};

#[derive(askama::Template)]
#[template(path = "office/register/form.html")]
struct EntryForm {
    frame: Frame,
    errors: Vec<String>,
    /// The entry that is there already.
    there: Option<Cell>,
    action: String,
    fields: Vec<Field>,
}

impl EntryForm {
    fn faults(&self) -> Vec<Fault> {
        parts::faults(&self.errors, self.fields.iter())
    }

    /// The form again with what was wrong, or a page of its own.
    fn again(mut self, error: RegisterError) -> Response {
        let words = self.frame.words();
        let status = match error {
            RegisterError::Refused(messages) => {
                self.errors = parts::told(words, &mut self.fields, &messages);
                StatusCode::UNPROCESSABLE_ENTITY
            }
            RegisterError::Exists(there) => {
                self.errors.push(words.text("register-exists"));
                self.there = there.shown.as_ref().map(|shown| {
                    let open = Message::new("register-exists-open")
                        .with("name", &shown.name)
                        .with("number", &shown.number);
                    Cell::link(words.render(&open), address(there.id))
                });
                StatusCode::CONFLICT
            }
            RegisterError::Changed {
                version,
                parts,
                theirs,
                yours,
            } => {
                self.errors.push(words.text("office-conflict"));
                for part in parts {
                    let changed = Message::new("changed-field")
                        .with("name", words.render(&part.label()))
                        .with("theirs", part.of(&theirs))
                        .with("yours", part.of(&yours));
                    self.errors.push(words.render(&changed));
                }
                now_of(&mut self.fields, version);
                StatusCode::CONFLICT
            }
            error => return broken(self.frame.modes, error),
        };
        page_with(status, &self)
    }
}

/// What is sent next is about the version that was told.
fn now_of(fields: &mut [Field], version: i64) {
    for field in fields.iter_mut().filter(|field| field.name == "version") {
        field.value = version.to_string();
    }
}

/// An entry as it is typed.
#[derive(Default, Clone, Deserialize)]
pub struct Typed {
    #[serde(default)]
    key: String,
    #[serde(default)]
    version: i64,
    #[serde(default)]
    organization: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    drop_phone: String,
}

impl Typed {
    fn person(&self) -> TypedPerson<'_> {
        TypedPerson {
            name: &self.name,
            kind: &self.kind,
            number: &self.number,
            phone: &self.phone,
        }
    }
}

fn kind_field(words: &Words, chosen: &str) -> Field {
    let kinds = DocumentKind::ALL.iter();
    let kinds = kinds.map(|kind| (kind.key().to_owned(), words.render(&kind.label())));
    Field {
        kind: "select",
        options: kinds.collect(),
        ..Field::text(words, "kind", "register-kind", chosen)
    }
}

fn new_form(modes: Modes, signed: &SignedIn, typed: &Typed) -> EntryForm {
    let words = modes.words();
    let add = Action::PersonsRegisterAdd;
    let ids = match reach(&signed.actor, add, &signed.tree, signed.today) {
        Reach::Of(ids) => ids,
        Reach::All | Reach::Nothing => Vec::new(),
    };
    let bodies = ids.into_iter();
    let bodies = bodies.map(|id| (id.0.to_string(), place(signed, id)));
    let chosen = match (typed.organization.as_str(), signed.person.organization) {
        ("", Some(own)) => own.0.to_string(),
        (chosen, _) => chosen.to_owned(),
    };
    let fields = vec![
        Field::hidden("key", &typed.key),
        Field {
            kind: "select",
            options: bodies.collect(),
            ..Field::text(words, "organization", "register-organization", &chosen)
        },
        Field::text(words, "name", "field-name", &typed.name),
        kind_field(words, &typed.kind),
        Field::text(words, "number", "register-number", &typed.number)
            .hint(words, "register-number-hint"),
        Field::text(words, "phone", "field-phone", &typed.phone).hint(words, "register-phone-hint"),
    ];
    EntryForm {
        errors: Vec::new(),
        there: None,
        action: format!("{ROOM}/new"),
        fields,
        frame: Frame::new(modes, words.text("register-new")),
    }
}

/// `GET /office/register/new`
pub async fn new_page(Inside { visit, signed }: Inside) -> Response {
    let about = ("register", "-".to_owned());
    let (house, add) = (&visit.office.house, Action::PersonsRegisterAdd);
    let demanded = signed.demand(house, add, Target::Somewhere, about).await;
    if let Err(error) = demanded {
        return failed(visit.modes, error);
    }
    let typed = Typed {
        key: house.token(),
        ..Typed::default()
    };
    page_with(StatusCode::OK, &new_form(visit.modes, &signed, &typed))
}

/// `POST /office/register/new`
pub async fn new(Inside { visit, signed }: Inside, Form(typed): Form<Typed>) -> Response {
    let organization = typed.organization.parse().ok().map(OrganizationId);
    let (house, person) = (&visit.office.house, typed.person());
    match register::add(house, &signed, &typed.key, organization, person).await {
        Ok(id) => see_other(&address(id)),
        Err(error) => new_form(visit.modes, &signed, &typed).again(error),
    }
}

fn change_form(modes: Modes, entry: &Listed, typed: &Typed) -> EntryForm {
    let words = modes.words();
    let of = entry.shown.as_ref();
    let number = of.map(|shown| shown.number.clone()).unwrap_or_default();
    let phone = of.map(|shown| shown.phone.clone()).unwrap_or_default();
    let keep = Message::new("register-number-keep").with("number", number);
    let keep_phone = if phone.is_empty() {
        Message::new("register-phone-none")
    } else {
        Message::new("register-phone-keep").with("phone", &phone)
    };
    let hinted = |hint: &Message, field: Field| Field {
        hint: words.render(hint),
        ..field
    };
    let mut fields = vec![
        Field::hidden("key", &typed.key),
        Field::hidden("version", &typed.version.to_string()),
        Field::text(words, "name", "field-name", &typed.name),
        kind_field(words, &typed.kind),
        hinted(
            &keep,
            Field::text(words, "number", "register-number", &typed.number),
        ),
    ];
    if !phone.is_empty() {
        let options = [
            ("", "register-phone-drop-no"),
            ("drop", "register-phone-drop-yes"),
        ];
        let options = options.map(|(value, label)| (value.to_owned(), words.text(label)));
        fields.push(Field {
            kind: "select",
            options: options.to_vec(),
            ..Field::text(
                words,
                "drop_phone",
                "register-phone-drop",
                &typed.drop_phone,
            )
        });
    }
    fields.push(hinted(
        &keep_phone,
        Field::text(words, "phone", "field-phone", &typed.phone),
    ));
    EntryForm {
        errors: Vec::new(),
        there: None,
        action: format!("{}/change", address(entry.id)),
        fields,
        frame: Frame::new(modes, words.text("register-change")).via(
            address(entry.id),
            of.map(|shown| shown.name.clone()).unwrap_or_default(),
        ),
    }
}

/// `GET /office/register/{id}/change`
pub async fn change_page(Inside { visit, signed }: Inside, Path(id): Path<i64>) -> Response {
    let (house, add) = (&visit.office.house, Action::PersonsRegisterAdd);
    let entry = match register::see(house, &signed, add, RegisterId(id)).await {
        Ok(entry) => entry,
        Err(error) => return broken(visit.modes, error),
    };
    // What nobody can read, nobody can put right.
    let Some(shown) = &entry.shown else {
        return broken(visit.modes, RegisterError::Missing);
    };
    let typed = Typed {
        key: house.token(),
        version: entry.version,
        name: shown.name.clone(),
        kind: shown.kind.key().to_owned(),
        ..Typed::default()
    };
    page_with(StatusCode::OK, &change_form(visit.modes, &entry, &typed))
}

/// `POST /office/register/{id}/change`
pub async fn change(
    Inside { visit, signed }: Inside,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Response {
    let (house, id) = (&visit.office.house, RegisterId(id));
    let (seen, drop_phone) = ((id, typed.version), typed.drop_phone == "drop");
    let key = typed.key.as_str();
    let done = register::change(house, &signed, key, seen, typed.person(), drop_phone).await;
    let error = match done {
        Ok(()) => return see_other(&address(id)),
        Err(error @ (RegisterError::Denied(_) | RegisterError::Missing)) => {
            return broken(visit.modes, error);
        }
        Err(error) => error,
    };
    match register::see(house, &signed, Action::PersonsRegisterAdd, id).await {
        Ok(entry) => change_form(visit.modes, &entry, &typed).again(error),
        Err(error) => broken(visit.modes, error),
    }
}
