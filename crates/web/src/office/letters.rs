//! The templates of a body's letters: which there are, how one is worded, a
//! sample of it, and changing it from a day on.

use axum::extract::{Form, Path};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use gongkai_app::letters::{self, Change, LettersError, Shown};
use gongkai_app::once::Sent;
use gongkai_app::people::{PeopleError, is_conflict};
use gongkai_app::store::StoreError;
use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::letters::{samples, template};
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::words::{Message, Words};
use serde::Deserialize;

use super::oversight::local;
use super::sheet::{Button, Section, Sheet, SheetForm};
use super::{Cell, Field, Inside, failed, see_other};
use crate::frame::modes::Modes;
use crate::frame::{missing, page, page_with, parts};

fn address(id: OrganizationId) -> String {
    format!("/office/organizations/{id}/letters")
}

/// What went wrong, as the office's pages tell it.
pub(super) fn told(error: LettersError) -> PeopleError {
    match error {
        LettersError::Refused(messages) => PeopleError::Refused(messages),
        LettersError::Entered(wrong) => {
            PeopleError::Refused(wrong.into_iter().map(|one| one.message).collect())
        }
        LettersError::Template(faults) => {
            PeopleError::Refused(faults.into_iter().map(|fault| fault.reason).collect())
        }
        LettersError::Denied(message) => PeopleError::Denied(message),
        LettersError::Missing => PeopleError::Missing,
        LettersError::Press(error) => PeopleError::Refused(vec![error.message()]),
        LettersError::Attachment(error) => StoreError::Refused(error.to_string()).into(),
        LettersError::Store(error) => PeopleError::Store(error),
        LettersError::Vault(error) => PeopleError::Vault(error),
    }
}

fn version(words: &Words, version: i64) -> String {
    if version == 0 {
        return words.text("letters-built-in");
    }
    words.render(&Message::new("letters-version").with("version", version))
}

/// `GET /office/organizations/{id}/letters`
pub async fn list(Inside { visit, signed }: Inside, Path(id): Path<i64>) -> Response {
    let id = OrganizationId(id);
    let all = match letters::list(&visit.office.house, &signed, id).await {
        Ok(all) => all,
        Err(error) => return failed(visit.modes, told(error)),
    };
    let words = visit.modes.words();
    let name = signed.tree.get(id).map_or("", |body| body.name.as_str());
    let title = Message::new("letters-title").with("name", name);
    let mut sheet = Sheet::new(visit.modes.clone(), words.render(&title));
    sheet.frame = sheet.frame.via(format!("/office/organizations/{id}"), name);
    sheet.lead = words.text("letters-lead");
    let columns = ["letters-kind", "letters-basis", "letters-in-force"];
    let rows = all.iter().map(|one| {
        // Kinds of one title are told apart by their article.
        vec![
            Cell::link(one.kind.title, format!("{}/{}", address(id), one.kind.key)),
            Cell::text(one.kind.basis),
            Cell::text(version(words, one.version)),
        ]
    });
    sheet.sections.push(Section {
        title: words.text("letters-kinds"),
        columns: parts::columns(words, &columns),
        rows: rows.collect(),
        ..Section::default()
    });
    page(&sheet)
}

/// What was typed.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    key: String,
    #[serde(default)]
    seen: i64,
    #[serde(default)]
    source: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    step: String,
}

/// The page of a kind: its words, its versions, its places, and the form for
/// who may change it.
fn kind_page(inside: &Inside, id: OrganizationId, shown: &Shown, typed: &Typed) -> Sheet {
    let modes: &Modes = &inside.visit.modes;
    let words = modes.words();
    let kind = shown.kind;
    let base = format!("{}/{}", address(id), kind.key);
    let mut sheet = Sheet::new(modes.clone(), kind.title.to_owned());
    sheet.frame = sheet.frame.via(address(id), words.text("letters-back"));
    sheet.facts = vec![
        (words.text("letters-basis"), kind.basis.to_owned()),
        (
            words.text("letters-in-force"),
            version(words, shown.version),
        ),
        (
            words.text("letters-needs"),
            kind.needs
                .iter()
                .map(|need| need.name())
                .collect::<Vec<_>>()
                .join("、"),
        ),
    ];
    sheet.tools = vec![Cell::link(
        words.text("letters-sample"),
        format!("{base}/sample"),
    )];
    let may = inside
        .signed
        .may(Action::LettersTemplatesChange, Target::Organization(id));
    if may.is_allowed() {
        let source = Field {
            kind: "textarea",
            ..Field::text(words, "source", "letters-source", &typed.source)
        };
        let button = |step, label: &str, class| Button {
            step,
            label: words.text(label),
            class,
        };
        let mut buttons = vec![
            button("check", "letters-check", ""),
            button("keep", "letters-keep", "primary"),
        ];
        if shown.version > 0 {
            buttons.push(button("default", "letters-default", ""));
        }
        sheet.forms.push(SheetForm {
            title: words.text("letters-change"),
            action: base,
            multipart: false,
            fields: vec![
                Field::hidden("key", &typed.key),
                Field::hidden("seen", &typed.seen.to_string()),
                source.hint(words, "letters-source-hint"),
                Field::text(words, "from", "letters-from", &typed.from)
                    .hint(words, "letters-from-hint")
                    .short(),
                Field::text(words, "note", "letters-note", &typed.note),
            ],
            buttons,
        });
    }
    if !shown.versions.is_empty() {
        let columns = [
            "letters-one-version",
            "letters-from",
            "letters-note",
            "letters-by",
            "letters-at",
        ];
        let rows = shown.versions.iter().rev().map(|one| {
            let number = match one.source {
                Some(_) => one.version.to_string(),
                None => format!("{}（{}）", one.version, words.text("letters-built-in")),
            };
            vec![
                Cell::text(number),
                Cell::text(one.effective_from.to_string()),
                Cell::text(&one.note),
                Cell::text(&one.changed.1),
                Cell::text(local(one.changed.0)),
            ]
        });
        sheet.sections.push(Section {
            title: words.text("letters-versions"),
            columns: parts::columns(words, &columns),
            rows: rows.collect(),
            ..Section::default()
        });
    }
    let places = template::PLACES.iter().map(|(place, meaning)| {
        vec![
            Cell::text(format!("{{{{ {place} }}}}")),
            Cell::text(*meaning),
        ]
    });
    sheet.sections.push(Section {
        title: words.text("letters-places"),
        lead: words.text("letters-places-lead"),
        columns: parts::columns(words, &["letters-place", "letters-meaning"]),
        rows: places.collect(),
        ..Section::default()
    });
    sheet
}

/// The kind of an address with its words; a page where there is none, or none
/// that may be seen.
async fn found(inside: &Inside, id: OrganizationId, key: &str) -> Result<Shown, Response> {
    let (visit, signed) = (&inside.visit, &inside.signed);
    match letters::list(&visit.office.house, signed, id).await {
        Err(error) => Err(failed(visit.modes.clone(), told(error))),
        Ok(all) => match all.into_iter().find(|one| one.kind.key == key) {
            Some(shown) => Ok(shown),
            None => Err(missing(visit.modes.clone()).await),
        },
    }
}

fn last(shown: &Shown) -> i64 {
    shown.versions.last().map_or(0, |one| one.version)
}

/// `GET /office/organizations/{id}/letters/{kind}`
pub async fn see(inside: Inside, Path((id, kind)): Path<(i64, String)>) -> Response {
    let id = OrganizationId(id);
    let shown = match found(&inside, id, &kind).await {
        Ok(shown) => shown,
        Err(response) => return response,
    };
    let house = &inside.visit.office.house;
    let typed = Typed {
        key: house.token(),
        seen: last(&shown),
        source: shown.source.clone(),
        from: house.today().to_string(),
        ..Typed::default()
    };
    page(&kind_page(&inside, id, &shown, &typed))
}

/// `GET /office/organizations/{id}/letters/{kind}/sample`
pub async fn sample(inside: Inside, Path((id, kind)): Path<(i64, String)>) -> Response {
    let id = OrganizationId(id);
    let kind = match found(&inside, id, &kind).await {
        Ok(shown) => shown.kind,
        Err(response) => return response,
    };
    let Inside { visit, signed } = inside;
    match letters::sample(&visit.office.house, &signed, id, kind).await {
        Ok(pdf) => ([(header::CONTENT_TYPE, "application/pdf")], pdf).into_response(),
        Err(error) => failed(visit.modes, told(error)),
    }
}

/// `POST /office/organizations/{id}/letters/{kind}`
pub async fn change(
    inside: Inside,
    Path((id, kind)): Path<(i64, String)>,
    Form(mut typed): Form<Typed>,
) -> Response {
    let id = OrganizationId(id);
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    // Who may not change it is told so before anything that is wrong with it.
    let about = ("letter_template", id.to_string());
    let target = Target::Organization(id);
    let demanded = signed.demand(house, Action::LettersTemplatesChange, target, about);
    if let Err(error) = demanded.await {
        return failed(inside.visit.modes, error);
    }
    let shown = match found(&inside, id, &kind).await {
        Ok(shown) => shown,
        Err(response) => return response,
    };
    // Browsers send lines with two characters at their end.
    typed.source = typed.source.replace("\r\n", "\n");
    if typed.step != "keep" && typed.step != "default" {
        return checked(
            kind_page(&inside, id, &shown, &typed),
            shown.kind,
            &typed.source,
        );
    }
    let words = inside.visit.modes.words();
    let Ok(from) = typed.from.trim().parse() else {
        let mut sheet = kind_page(&inside, id, &shown, &typed);
        sheet.errors.push(words.text("letters-no-day"));
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &sheet);
    };
    let seen = typed.seen.to_string();
    let fields = [
        shown.kind.key,
        &seen,
        &typed.step,
        &typed.source,
        &typed.from,
        &typed.note,
    ];
    let sent = Sent::new("letter-template", &typed.key, fields);
    let change = Change {
        kind: shown.kind,
        seen: typed.seen,
        source: (typed.step == "keep").then_some(typed.source.as_str()),
        effective_from: from,
        note: &typed.note,
    };
    match letters::change(house, signed, &sent, id, &change).await {
        Ok(_) => see_other(&format!("{}/{}", address(id), shown.kind.key)),
        Err(LettersError::Template(faults)) => {
            let mut sheet = kind_page(&inside, id, &shown, &typed);
            sheet.errors = faults.iter().map(|fault| fault.message(words)).collect();
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &sheet)
        }
        Err(error) => {
            let error = told(error);
            if is_conflict(&error) {
                typed.seen = last(&shown);
                let mut sheet = kind_page(&inside, id, &shown, &typed);
                sheet.errors.push(words.text("office-conflict"));
                return page_with(StatusCode::CONFLICT, &sheet);
            }
            kind_page(&inside, id, &shown, &typed).shown(Some(error))
        }
    }
}

/// The page with what is wrong with a text, or with a sample worded by it.
fn checked(mut sheet: Sheet, kind: &'static Kind, source: &str) -> Response {
    let faults = template::check(source, kind);
    let words = sheet.frame.words();
    if !faults.is_empty() {
        sheet.errors = faults.iter().map(|fault| fault.message(words)).collect();
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &sheet);
    }
    let sample = samples::ordinary();
    let worded = template::render(source, &sample.facts_for(kind), sample.dated());
    // It was rendered with this sample a moment ago.
    let worded = worded.unwrap_or_default();
    let lines = std::iter::once(worded.title)
        .chain(worded.body)
        .chain(worded.slip);
    sheet.sections.insert(
        0,
        Section {
            title: words.text("letters-preview"),
            lead: words.text("letters-preview-lead"),
            columns: parts::columns(words, &["letters-preview-line"]),
            rows: lines.map(|line| vec![Cell::text(line)]).collect(),
            ..Section::default()
        },
    );
    page(&sheet)
}
