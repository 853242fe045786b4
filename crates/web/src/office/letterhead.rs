//! What stands on every letter of a body: its word in document numbers, and where
//! who gets a letter may turn.

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::letters::{self, LettersError};
use gongkai_app::once::Sent;
use gongkai_app::people::is_conflict;
use gongkai_domain::letters::head::Letterhead;
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Target};
use serde::Deserialize;

use super::letters::told;
use super::oversight::local;
use super::parts::FormPage;
use super::sheet::Sheet;
use super::{Field, Inside, failed, see_other};
use crate::frame::{page, page_with};

fn address(id: OrganizationId) -> String {
    format!("/office/organizations/{id}")
}

/// A letterhead as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    key: String,
    #[serde(default)]
    seen: i64,
    #[serde(default)]
    word: String,
    #[serde(default)]
    review_body: String,
    #[serde(default)]
    court: String,
    #[serde(default)]
    online_channel: String,
    #[serde(default)]
    payment: String,
    #[serde(default)]
    query: String,
}

impl Typed {
    fn head(&self) -> Letterhead {
        Letterhead {
            word: self.word.clone(),
            review_body: self.review_body.clone(),
            court: self.court.clone(),
            online_channel: self.online_channel.clone(),
            payment: self.payment.clone(),
            query: self.query.clone(),
        }
    }
}

/// Its lines: name, label, whether it may stay empty.
const LINES: [(&str, &str, bool); 6] = [
    ("word", "letterhead-word", false),
    ("review_body", "letterhead-review", false),
    ("court", "letterhead-court", true),
    ("online_channel", "letterhead-online", true),
    ("payment", "letterhead-payment", true),
    ("query", "letterhead-query", true),
];

fn values(head: &Letterhead) -> [&str; 6] {
    [
        &head.word,
        &head.review_body,
        &head.court,
        &head.online_channel,
        &head.payment,
        &head.query,
    ]
}

fn form(inside: &Inside, id: OrganizationId, typed: &Typed) -> FormPage {
    let modes = inside.visit.modes.clone();
    let words = modes.words();
    let head = typed.head();
    let mut fields = vec![
        Field::hidden("key", &typed.key),
        Field::hidden("seen", &typed.seen.to_string()),
    ];
    let lines = LINES.into_iter().zip(values(&head));
    fields.extend(lines.map(|((name, label, is_optional), value)| {
        let field = Field::text(words, name, label, value);
        let field = match name {
            "word" => field.short().hint(words, "letterhead-word-hint"),
            "review_body" => field.hint(words, "letterhead-review-hint"),
            "online_channel" => field.hint(words, "letterhead-online-hint"),
            "payment" => field.hint(words, "letterhead-payment-hint"),
            "query" => field.hint(words, "letterhead-query-hint"),
            _ => field,
        };
        match is_optional {
            true => field.optional(),
            false => field,
        }
    }));
    let name = inside.signed.tree.get(id);
    let name = name.map_or("", |body| body.name.as_str());
    let action = format!("{}/letterhead", address(id));
    FormPage::new(
        modes.clone(),
        "letterhead",
        &action,
        fields,
        "letterhead-send",
    )
    .lead("letterhead-lead")
    .via(&address(id), name)
    .back(&address(id))
}

/// `GET /office/organizations/{id}/letterhead`: the form for who may change it,
/// and what counts for everybody else.
pub async fn see(inside: Inside, Path(id): Path<i64>) -> Response {
    let id = OrganizationId(id);
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let kept = match letters::head(house, signed, id).await {
        Ok(kept) => kept,
        Err(error) => return failed(inside.visit.modes, told(error)),
    };
    let seen = kept.as_ref().map_or(0, |head| head.version);
    let head = kept.as_ref().map(|head| head.letterhead.clone());
    let head = head.unwrap_or_default();
    let may = signed.may(Action::LettersTemplatesChange, Target::Organization(id));
    if may.is_allowed() {
        let typed = Typed {
            key: house.token(),
            seen,
            word: head.word,
            review_body: head.review_body,
            court: head.court,
            online_channel: head.online_channel,
            payment: head.payment,
            query: head.query,
        };
        return page(&form(&inside, id, &typed));
    }
    let words = inside.visit.modes.words();
    let mut sheet = Sheet::new(inside.visit.modes.clone(), words.text("letterhead"));
    let name = signed.tree.get(id).map_or("", |body| body.name.as_str());
    sheet.frame = sheet.frame.via(address(id), name);
    sheet.lead = words.text("letterhead-lead");
    let lines = LINES.into_iter().zip(values(&head));
    let lines = lines.filter(|(_, value)| !value.is_empty());
    sheet.facts = lines
        .map(|((_, label, _), value)| (words.text(label), value.to_owned()))
        .collect();
    match kept {
        None => sheet.warnings.push(words.text("letterhead-missing")),
        Some(kept) => {
            let changed = format!("{} {}", local(kept.changed_at), kept.by);
            sheet.facts.push((words.text("letters-at"), changed));
        }
    }
    page(&sheet)
}

/// `POST /office/organizations/{id}/letterhead`
pub async fn change(inside: Inside, Path(id): Path<i64>, Form(mut typed): Form<Typed>) -> Response {
    let id = OrganizationId(id);
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let head = typed.head();
    let seen = typed.seen.to_string();
    let fields = [seen.as_str()].into_iter().chain(values(&head));
    let sent = Sent::new("letterhead", &typed.key, fields);
    match letters::change_head(house, signed, &sent, id, (typed.seen, &head)).await {
        Ok(()) => see_other(&address(id)),
        Err(LettersError::Entered(wrong)) => {
            let mut form = form(&inside, id, &typed);
            let words = inside.visit.modes.words();
            for one in wrong {
                let text = words.render(&one.message);
                let mut fields = form.fields.iter_mut();
                if let Some(field) = fields.find(|of| of.name == one.field) {
                    field.error.clone_from(&text);
                }
                form.errors.push(text);
            }
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &form)
        }
        Err(error) => {
            let error = told(error);
            if !is_conflict(&error) {
                return failed(inside.visit.modes, error);
            }
            // What was typed stays; it is about what stands there now.
            let there = letters::head(house, signed, id).await;
            typed.seen = there.ok().flatten().map_or(0, |head| head.version);
            typed.key = house.token();
            let mut form = form(&inside, id, &typed);
            form.errors
                .push(inside.visit.modes.words().text("office-conflict"));
            page_with(StatusCode::CONFLICT, &form)
        }
    }
}
