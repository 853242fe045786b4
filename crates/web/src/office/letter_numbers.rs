//! The document numbers of a body and a year: which letter bears which, which
//! are held, and why a number is void.

use axum::extract::{Form, Path, Query};
use axum::response::Response;
use gongkai_app::letters;
use gongkai_app::once::Sent;
use gongkai_app::people::PeopleError;
use gongkai_app::store::letters::Number;
use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::words::{Message, Words};
use serde::Deserialize;

use super::letters::told;
use super::oversight::local;
use super::sheet::{Button, Section, Sheet, SheetForm};
use super::{Cell, Field, Inside, failed, see_other};
use crate::frame::page;
use crate::frame::parts::{self, Tone};

fn address(id: OrganizationId) -> String {
    format!("/office/organizations/{id}/letter-numbers")
}

/// Of which year.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    year: Option<i16>,
}

/// What was typed.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    key: String,
    #[serde(default)]
    number: i64,
    #[serde(default)]
    reason: String,
}

fn printed(number: &Number) -> String {
    format!("{}〔{}〕{}号", number.series, number.year, number.number)
}

fn state(words: &Words, number: &Number) -> Cell {
    let (label, tone) = match number.state.as_str() {
        "issued" => ("letter-number-issued", Tone::Good),
        "void" => ("letter-number-void", Tone::Note),
        _ => ("letter-number-held", Tone::Warning),
    };
    Cell::state(words.text(label), tone)
}

/// The numbers of a year, and the form by which the head makes one void.
fn numbers_page(
    inside: &Inside,
    id: OrganizationId,
    year: i16,
    all: &[Number],
    typed: &Typed,
) -> Sheet {
    let words = inside.visit.modes.words();
    let name = inside
        .signed
        .tree
        .get(id)
        .map_or("", |body| body.name.as_str());
    let title = Message::new("letter-numbers-title")
        .with("name", name)
        .with("year", year);
    let mut sheet = Sheet::new(inside.visit.modes.clone(), words.render(&title));
    sheet.frame = sheet.frame.via(format!("/office/organizations/{id}"), name);
    sheet.lead = words.text("letter-numbers-lead");
    let before = year.saturating_sub(1);
    let earlier = Message::new("letter-numbers-earlier").with("year", before);
    sheet.tools = vec![Cell::link(
        words.render(&earlier),
        format!("{}?year={before}", address(id)),
    )];
    let rows = all.iter().map(|one| {
        vec![
            Cell::text(printed(one)),
            Cell::text(Kind::of(&one.kind).map_or("", |kind| kind.title)),
            state(words, one),
            Cell::text(local(one.granted_at)),
            Cell::text(&one.reason),
        ]
    });
    let columns = [
        "letter-number",
        "letters-kind",
        "letter-number-state",
        "letter-number-granted",
        "letter-number-reason",
    ];
    sheet.sections.push(Section {
        title: words.text("letter-numbers"),
        columns: parts::columns(words, &columns),
        rows: rows.collect(),
        none: words.text("letter-numbers-none"),
        ..Section::default()
    });
    let held = all.iter().filter(|one| one.state == "held");
    let held: Vec<(String, String)> = held.map(|one| (one.id.to_string(), printed(one))).collect();
    let may = inside
        .signed
        .may(Action::LettersVoid, Target::Organization(id));
    if may.is_allowed() && !held.is_empty() {
        let number = Field {
            kind: "select",
            options: held,
            ..Field::text(words, "number", "letter-number", &typed.number.to_string())
        };
        sheet.forms.push(SheetForm {
            title: words.text("letter-number-make-void"),
            action: address(id),
            multipart: false,
            fields: vec![
                Field::hidden("key", &typed.key),
                number,
                Field::text(words, "reason", "letter-number-reason", &typed.reason)
                    .hint(words, "letter-number-reason-hint"),
            ],
            buttons: vec![Button {
                step: "void",
                label: words.text("letter-number-make-void"),
                class: "danger",
            }],
        });
    }
    sheet
}

/// `GET /office/organizations/{id}/letter-numbers`
pub async fn list(inside: Inside, Path(id): Path<i64>, Query(asked): Query<Asked>) -> Response {
    let id = OrganizationId(id);
    let house = &inside.visit.office.house;
    let year = asked.year.unwrap_or_else(|| house.today().year());
    match letters::numbers(house, &inside.signed, id, year).await {
        Ok(all) => {
            let typed = Typed {
                key: house.token(),
                ..Typed::default()
            };
            page(&numbers_page(&inside, id, year, &all, &typed))
        }
        Err(error) => failed(inside.visit.modes, told(error)),
    }
}

/// `POST /office/organizations/{id}/letter-numbers`
pub async fn void(inside: Inside, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Response {
    let id = OrganizationId(id);
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    // Who may not is told so before anything that is wrong with it.
    let about = ("letter_number", typed.number.to_string());
    let target = Target::Organization(id);
    let demanded = signed.demand(house, Action::LettersVoid, target, about);
    if let Err(error) = demanded.await {
        return failed(inside.visit.modes, error);
    }
    let number = typed.number.to_string();
    let sent = Sent::new("letter-void", &typed.key, [number.as_str(), &typed.reason]);
    let error = match letters::void(house, signed, &sent, typed.number, &typed.reason).await {
        Ok(()) => return see_other(&address(id)),
        Err(error) => match told(error) {
            PeopleError::Missing => Message::new("letter-number-choose").into(),
            error => error,
        },
    };
    let year = house.today().year();
    match letters::numbers(house, signed, id, year).await {
        Ok(all) if matches!(error, PeopleError::Refused(_)) => {
            numbers_page(&inside, id, year, &all, &typed).shown(Some(error))
        }
        _ => failed(inside.visit.modes, error),
    }
}
