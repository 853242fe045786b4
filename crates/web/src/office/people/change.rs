//! Changing a person's details.

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::people::{self as staff, Change, Changed};
use gongkai_domain::organization::PersonId;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::words::{Message, Words};
use serde::Deserialize;

use super::super::{Field, FormPage, Inside, failed, see_other};
use crate::frame::modes::Modes;
use crate::frame::page_with;

/// What was typed.
#[derive(Debug, Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    mail: String,
    #[serde(default)]
    drop_phone: String,
    #[serde(default)]
    drop_mail: String,
    #[serde(default)]
    version: i64,
}

/// What becomes of a field: taken away, changed, or nothing.
fn wanted(drop: &str, typed: &str) -> Option<String> {
    if drop == "drop" {
        return Some(String::new());
    }
    Some(typed.trim().to_owned()).filter(|typed| !typed.is_empty())
}

fn choice(words: &Words, name: &'static str, label: &str, chosen: &str) -> Field {
    Field {
        kind: "select",
        options: vec![
            (String::new(), words.text("person-change-keep")),
            ("drop".to_owned(), words.text("person-change-drop")),
        ],
        ..Field::text(words, name, label, chosen)
    }
}

fn form(modes: Modes, id: i64, typed: &Typed) -> FormPage {
    let words = modes.words();
    let fields = vec![
        Field::text(words, "display_name", "field-name", &typed.display_name),
        Field::text(words, "phone", "person-change-phone", &typed.phone).optional(),
        choice(
            words,
            "drop_phone",
            "person-change-drop-phone",
            &typed.drop_phone,
        ),
        Field::text(words, "mail", "person-change-mail", &typed.mail).optional(),
        choice(
            words,
            "drop_mail",
            "person-change-drop-mail",
            &typed.drop_mail,
        ),
        Field::hidden("version", &typed.version.to_string()),
    ];
    let to = format!("/office/people/{id}/change");
    FormPage::new(
        modes,
        "person-change-title",
        &to,
        fields,
        "person-change-send",
    )
    .lead("person-change-lead")
    .back(&format!("/office/people/{id}"))
}

/// `GET /office/people/{id}/change`
pub async fn ask(Inside { visit, signed }: Inside, Path(id): Path<i64>) -> Response {
    let house = &visit.office.house;
    let listed = match staff::see(house, &signed, PersonId(id)).await {
        Ok(listed) => listed,
        Err(error) => return failed(visit.modes, error),
    };
    let target = listed
        .person
        .organization
        .map_or(Target::Installation, Target::Organization);
    let about = ("person", id.to_string());
    if let Err(error) = signed
        .demand(house, Action::PeopleChange, target, about)
        .await
    {
        return failed(visit.modes, error);
    }
    let typed = Typed {
        display_name: listed.person.display_name,
        version: listed.person.version,
        ..Typed::default()
    };
    let name = typed.display_name.clone();
    let form = form(visit.modes, id, &typed);
    form.via(&format!("/office/people/{id}"), &name).shown(None)
}

/// `POST /office/people/{id}/change`
pub async fn keep(
    Inside { visit, signed }: Inside,
    Path(id): Path<i64>,
    Form(typed): Form<Typed>,
) -> Response {
    let change = Change {
        display_name: typed.display_name.clone(),
        phone: wanted(&typed.drop_phone, &typed.phone),
        mail: wanted(&typed.drop_mail, &typed.mail),
    };
    let house = &visit.office.house;
    match staff::change(house, &signed, PersonId(id), &change, typed.version).await {
        Ok(Changed::Done) => see_other(&format!("/office/people/{id}")),
        Ok(Changed::Meanwhile {
            version,
            display_name,
        }) => {
            let typed = Typed { version, ..typed };
            let words = visit.modes.words();
            let mut errors = vec![words.text("office-conflict")];
            if display_name != typed.display_name {
                let message = Message::new("changed-field")
                    .with("name", words.text("field-name"))
                    .with("theirs", display_name)
                    .with("yours", &typed.display_name);
                errors.push(words.render(&message));
            }
            let mut form = form(visit.modes, id, &typed);
            form.errors = errors;
            page_with(StatusCode::CONFLICT, &form)
        }
        Err(error) => form(visit.modes, id, &typed).shown(Some(error)),
    }
}
