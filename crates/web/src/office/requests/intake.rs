//! What comes in otherwise than by the portal: the form of the clerk.

use axum::extract::Form;
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::people::SignedIn;
use gongkai_app::requests::RequestError;
use gongkai_app::requests::intake::{self, Intake};
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Reach, Target, reach};
use gongkai_domain::register::DocumentKind;
use gongkai_domain::requests::application::{ApplicantKind, Medium, Receiving, Typed, Way};
use gongkai_domain::words::{Message, Words};
use serde::Deserialize;

use super::{ROOM, address, as_people, broken};
use crate::frame::modes::Modes;
use crate::frame::{Frame, page, page_with};
use crate::office::parts::{FormPage, ToldPage};
use crate::office::{Field, Inside, failed};

/// The form as it was typed.
#[derive(Default, Deserialize)]
pub struct Sent {
    #[serde(default)]
    key: String,
    #[serde(default)]
    organization: String,
    #[serde(default)]
    way: String,
    #[serde(default)]
    day: String,
    #[serde(default)]
    reference: String,
    #[serde(default)]
    note: String,
    #[serde(flatten)]
    typed: Typed,
}

fn select<'a>(
    words: &Words,
    name: &'static str,
    label: &str,
    chosen: &str,
    options: impl IntoIterator<Item = (&'a str, Message)>,
) -> Field {
    let options = options.into_iter();
    let options = options.map(|(key, label)| (key.to_owned(), words.render(&label)));
    Field {
        kind: "select",
        options: options.collect(),
        ..Field::text(words, name, label, chosen)
    }
}

fn bodies(signed: &SignedIn) -> Vec<(String, String)> {
    let intake = Action::RequestsIntake;
    let ids = match reach(&signed.actor, intake, &signed.tree, signed.today) {
        Reach::Of(ids) => ids,
        Reach::All | Reach::Nothing => Vec::new(),
    };
    let body = |id: &OrganizationId| signed.tree.get(*id);
    let bodies = ids.iter().filter_map(body);
    let bodies = bodies.filter(|body| {
        use gongkai_domain::organization::OrganizationKind::Section;
        body.kind != Section
    });
    bodies
        .map(|body| (body.id.0.to_string(), body.name.clone()))
        .collect()
}

fn form(modes: Modes, signed: &SignedIn, sent: &Sent) -> FormPage {
    let words = modes.words();
    let typed = &sent.typed;
    let ways = Way::ALL.iter().filter(|way| **way != Way::Online);
    let documents = || {
        DocumentKind::ALL
            .iter()
            .map(|kind| (kind.key(), kind.label()))
    };
    let text = |name, label: &str, value: &str| Field::text(words, name, label, value);
    let area = |field: Field| Field {
        kind: "textarea",
        ..field
    };
    let fields = vec![
        Field::hidden("key", &sent.key),
        Field {
            kind: "select",
            options: bodies(signed),
            ..text("organization", "request-body", &sent.organization)
        },
        select(
            words,
            "way",
            "request-way",
            &sent.way,
            ways.map(|way| (way.key(), way.label())),
        ),
        text("day", "request-day", &sent.day)
            .short()
            .hint(words, "request-day-hint"),
        text("reference", "proof-reference", &sent.reference)
            .optional()
            .hint(words, "request-reference-hint"),
        area(
            text("note", "request-how", &sent.note)
                .optional()
                .hint(words, "request-how-hint"),
        ),
        select(
            words,
            "kind",
            "application-kind",
            &typed.kind,
            ApplicantKind::ALL
                .iter()
                .map(|kind| (kind.key(), kind.label())),
        ),
        text("name", "application-name", &typed.name),
        select(
            words,
            "document_kind",
            "application-document-kind",
            &typed.document_kind,
            documents(),
        ),
        text(
            "document_number",
            "application-document-number",
            &typed.document_number,
        )
        .optional()
        .hint(words, "application-document-hint"),
        text(
            "organization_code",
            "application-code",
            &typed.organization_code,
        )
        .optional(),
        text(
            "organization_proof",
            "application-proof",
            &typed.organization_proof,
        )
        .optional(),
        text(
            "representative",
            "application-representative",
            &typed.representative,
        )
        .optional(),
        text("phone", "field-phone", &typed.phone)
            .optional()
            .short(),
        text("mail", "field-mail", &typed.mail).optional(),
        text("address", "application-address", &typed.address).optional(),
        text("postcode", "application-postcode-label", &typed.postcode)
            .optional()
            .short(),
        text("fax", "application-fax", &typed.fax)
            .optional()
            .short(),
        text("agent_name", "application-agent", &typed.agent_name).optional(),
        select(
            words,
            "agent_document_kind",
            "application-agent-document-kind",
            &typed.agent_document_kind,
            documents(),
        ),
        text(
            "agent_document_number",
            "application-agent-document",
            &typed.agent_document_number,
        )
        .optional(),
        text("agent_phone", "application-agent-phone", &typed.agent_phone)
            .optional()
            .short(),
        text(
            "authorisation",
            "application-authorisation",
            &typed.authorisation,
        )
        .optional(),
        text("title", "application-title", &typed.title).optional(),
        text("file_number", "application-file-number", &typed.file_number).optional(),
        area(text(
            "description",
            "application-description",
            &typed.description,
        )),
        select(
            words,
            "receiving",
            "application-receiving",
            &typed.receiving,
            Receiving::ALL.iter().map(|one| (one.key(), one.label())),
        ),
        select(
            words,
            "medium",
            "application-medium",
            &typed.medium,
            Medium::ALL.iter().map(|one| (one.key(), one.label())),
        ),
        area(text("help", "application-help", &typed.help).optional()),
    ];
    FormPage::new(
        modes,
        "request-intake",
        &format!("{ROOM}/new"),
        fields,
        "request-intake-do",
    )
    .lead("request-intake-lead")
    .back(ROOM)
}

/// `GET /office/requests/new`
pub async fn new_page(Inside { visit, signed }: Inside) -> Response {
    let about = ("request", "-".to_owned());
    let house = &visit.office.house;
    let intake = Action::RequestsIntake;
    if let Err(error) = signed.demand(house, intake, Target::Somewhere, about).await {
        return failed(visit.modes, error);
    }
    let sent = Sent {
        key: house.token(),
        day: signed.today.to_string(),
        ..Sent::default()
    };
    page(&form(visit.modes, &signed, &sent))
}

/// `POST /office/requests/new`
pub async fn new(Inside { visit, signed }: Inside, Form(sent): Form<Sent>) -> Response {
    let house = &visit.office.house;
    let new = Intake {
        organization: sent.organization.parse().ok().map(OrganizationId),
        way: sent.way.clone(),
        day: sent.day.clone(),
        typed: sent.typed.clone(),
        reference: sent.reference.clone(),
        note: sent.note.clone(),
    };
    match intake::intake(house, &signed, &sent.key, &new, &[]).await {
        Ok(filed) => {
            let words = visit.modes.words();
            let number = Message::new("request-taken-number").with("number", &filed.number);
            let code = Message::new("request-taken-code").with("code", &filed.code);
            let told = vec![words.render(&number), words.render(&code)];
            let frame = Frame::new(visit.modes.clone(), words.text("request-taken"));
            let next = (address(filed.id), "request-open");
            page(&ToldPage::new(
                frame,
                "request-taken-lead",
                told,
                (&next.0, next.1),
            ))
        }
        Err(RequestError::Entered(wrong)) => {
            let mut again = form(visit.modes.clone(), &signed, &sent);
            let words = visit.modes.words();
            for one in wrong {
                let text = words.render(&one.message);
                let field = again
                    .fields
                    .iter_mut()
                    .find(|field| field.name == one.field);
                if let Some(field) = field {
                    field.error.clone_from(&text);
                }
                again.errors.push(text);
            }
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(RequestError::Refused(messages)) => {
            let again = form(visit.modes.clone(), &signed, &sent);
            again.shown(Some(as_people(RequestError::Refused(messages))))
        }
        Err(error) => broken(visit.modes, error),
    }
}
