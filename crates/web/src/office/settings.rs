//! Settings of the installation and policies of security: the same pages, each
//! for the administrator who keeps them.

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::once::Sent;
use gongkai_app::people::{self as staff, PeopleError};
use gongkai_app::settings::{self, Change, Past, Proposal, Shown};
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::settings::{Group, Keeper, Kind, Setting};
use gongkai_domain::words::{Message, Words};
use serde::Deserialize;

use super::oversight::local;
use super::overview::OverviewPage;
use super::sheet::{Button, Section, Sheet, SheetForm};
use super::{Cell, Field, Inside, failed, see_other};
use crate::frame::{page, page_with, parts};

/// The room of a keeper, its name, and what changing it is called.
fn room(keeper: Keeper) -> (&'static str, &'static str, Action) {
    match keeper {
        Keeper::System => (
            "/office/settings",
            "office-settings",
            Action::SettingsChange,
        ),
        Keeper::Security => (
            "/office/policies",
            "office-policies",
            Action::PoliciesChange,
        ),
    }
}

/// A value as people read it.
fn value(words: &Words, setting: &Setting, kept: &str) -> String {
    let value = setting.value(kept);
    match setting.kind {
        _ if value.is_empty() => words.text("setting-none"),
        Kind::Number { unit, .. } => words.render(
            &Message::new("setting-number")
                .with("number", value)
                .with("unit", words.text(unit)),
        ),
        Kind::Choice(choices) => {
            let found = choices.iter().find(|(key, _)| *key == value);
            found.map_or_else(|| value.to_owned(), |(_, label)| words.text(label))
        }
        Kind::Lines => value.replace('\n', "、"),
    }
}

fn since(words: &Words, shown: &Shown) -> String {
    match &shown.since {
        None => words.text("setting-never-set"),
        Some(since) => format!("{} {}", local(since.at), since.by),
    }
}

/// From where what counts comes: the norm, or a decision of the installation.
fn source(words: &Words, shown: &Shown) -> String {
    if shown.value() == shown.setting.default {
        return shown.setting.source.to_owned();
    }
    words.render(
        &Message::new("setting-source-own")
            .with("reason", &shown.reason)
            .with("norm", shown.setting.source),
    )
}

async fn listed(inside: Inside, keeper: Keeper) -> Response {
    let Inside { visit, signed } = inside;
    let (to, title, _) = room(keeper);
    let all = match settings::list(&visit.office.house, &signed, keeper).await {
        Ok(all) => all,
        Err(error) => return failed(visit.modes, error),
    };
    let words = visit.modes.words();
    let columns = [
        "setting-name",
        "setting-value",
        "setting-default",
        "setting-effect",
        "setting-source",
        "setting-since",
    ];
    let mut shown = OverviewPage::new(visit.modes, title);
    shown.leads.push(words.text("settings-lead"));
    for group in Group::ALL {
        let of_group = all.iter().filter(|shown| shown.setting.group == group);
        let row = |shown: &Shown| {
            let setting = shown.setting;
            vec![
                Cell::link(words.text(setting.label), format!("{to}/{}", setting.key)),
                Cell::text(value(words, setting, &shown.kept)),
                Cell::text(value(words, setting, "")),
                Cell::text(words.text(setting.effect)),
                Cell::text(source(words, shown)),
                Cell::text(since(words, shown)),
            ]
        };
        let rows: Vec<Vec<Cell>> = of_group.map(row).collect();
        if !rows.is_empty() {
            shown.titled(words.render(&group.label()), &columns, rows);
        }
    }
    page(&shown)
}

/// `GET /office/settings`
pub async fn list(inside: Inside) -> Response {
    listed(inside, Keeper::System).await
}

/// `GET /office/policies`
pub async fn policies(inside: Inside) -> Response {
    listed(inside, Keeper::Security).await
}

/// A change as it is typed.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct Typed {
    #[serde(default)]
    key: String,
    #[serde(default)]
    step: String,
    #[serde(default)]
    value: String,
    #[serde(default)]
    version: i64,
    #[serde(default)]
    reason: String,
}

impl Typed {
    fn change(&self) -> Change {
        Change {
            typed: self.value.clone(),
            version: self.version,
            reason: self.reason.clone(),
        }
    }

    fn hidden(&self) -> Vec<Field> {
        vec![
            Field::hidden("key", &self.key),
            Field::hidden("version", &self.version.to_string()),
        ]
    }
}

fn facts(words: &Words, shown: &Shown) -> Vec<(String, String)> {
    let setting = shown.setting;
    let mut facts = vec![
        ("setting-value", value(words, setting, &shown.kept)),
        ("setting-default", value(words, setting, "")),
        ("setting-effect", words.text(setting.effect)),
        ("setting-source", source(words, shown)),
        ("setting-since", since(words, shown)),
    ];
    if let Kind::Number { min, max, unit } = setting.kind {
        let bounds = Message::new("setting-bounds-are")
            .with("min", min)
            .with("max", max)
            .with("unit", words.text(unit));
        facts.push(("setting-bounds", words.render(&bounds)));
    }
    let facts = facts.into_iter();
    facts.map(|(id, value)| (words.text(id), value)).collect()
}

fn history(words: &Words, setting: &Setting, pasts: &[Past]) -> Section {
    let columns = [
        "column-at",
        "field-login",
        "setting-was",
        "setting-became",
        "setting-reason",
    ];
    let row = |past: &Past| {
        vec![
            Cell::text(local(past.at)),
            Cell::text(&past.by),
            Cell::text(value(words, setting, &past.before)),
            Cell::text(value(words, setting, &past.after)),
            Cell::text(&past.reason),
        ]
    };
    Section {
        title: words.text("setting-history"),
        lead: String::new(),
        columns: parts::columns(words, &columns),
        rows: pasts.iter().map(row).collect(),
        none: words.text("setting-history-none"),
    }
}

/// The form of a setting.
fn form(words: &Words, to: &str, setting: &Setting, typed: &Typed) -> SheetForm {
    let field = Field::text(words, "value", "setting-new-value", &typed.value);
    let field = field.hint(words, "setting-new-value-hint");
    let field = match setting.kind {
        Kind::Number { .. } => field,
        Kind::Choice(choices) => {
            let options = choices.iter();
            let options = options.map(|(key, label)| ((*key).to_owned(), words.text(label)));
            Field {
                kind: "select",
                value: setting.value(&typed.value).to_owned(),
                options: options.collect(),
                ..field
            }
        }
        Kind::Lines => Field {
            kind: "textarea",
            ..field
        },
    };
    let reason = Field::text(words, "reason", "setting-reason", &typed.reason);
    let mut fields = typed.hidden();
    fields.extend([field, reason.hint(words, "setting-reason-hint")]);
    SheetForm {
        title: words.text("setting-change"),
        action: format!("{to}/{}", setting.key),
        multipart: false,
        fields,
        buttons: vec![Button {
            step: "review",
            label: words.text("setting-review"),
            class: "primary",
        }],
    }
}

/// The page of a setting, with its form where the one who asks may change it.
async fn sheet(
    inside: &Inside,
    keeper: Keeper,
    key: &str,
    typed: Option<&Typed>,
) -> Result<(Sheet, Shown), PeopleError> {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let (to, _, change) = room(keeper);
    let (shown, pasts) = settings::see(house, signed, keeper, key).await?;
    let words = inside.visit.modes.words();
    let setting = shown.setting;
    let mut sheet = Sheet::new(inside.visit.modes.clone(), words.text(setting.label));
    sheet.facts = facts(words, &shown);
    sheet.sections = vec![history(words, setting, &pasts)];
    if signed.may(change, Target::Installation).is_allowed() {
        let fresh = || Typed {
            key: house.token(),
            value: shown.kept.clone(),
            version: shown.version,
            ..Typed::default()
        };
        let typed = typed.cloned().unwrap_or_else(fresh);
        sheet.forms = vec![form(words, to, setting, &typed)];
    }
    Ok((sheet, shown))
}

async fn seen(inside: Inside, keeper: Keeper, key: &str) -> Response {
    match sheet(&inside, keeper, key, None).await {
        Ok((sheet, _)) => page(&sheet),
        Err(error) => failed(inside.visit.modes, error),
    }
}

/// `GET /office/settings/{setting}`
pub async fn see(inside: Inside, Path(key): Path<String>) -> Response {
    seen(inside, Keeper::System, &key).await
}

/// `GET /office/policies/{policy}`
pub async fn policy(inside: Inside, Path(key): Path<String>) -> Response {
    seen(inside, Keeper::Security, &key).await
}

/// What will happen, before it does.
fn review(inside: &Inside, keeper: Keeper, typed: &Typed, proposal: &Proposal) -> Sheet {
    let words = inside.visit.modes.words();
    let (to, ..) = room(keeper);
    let setting = proposal.shown.setting;
    let heading = words.text("setting-confirm");
    let mut sheet = Sheet::new(inside.visit.modes.clone(), heading);
    sheet.warnings = vec![words.text("setting-confirm-lead")];
    sheet.facts = [
        ("setting-name", words.text(setting.label)),
        ("setting-was", value(words, setting, &proposal.shown.kept)),
        ("setting-became", value(words, setting, &proposal.kept)),
        ("setting-reason", proposal.reason.clone()),
    ]
    .map(|(id, value)| (words.text(id), value))
    .to_vec();
    sheet.effects = vec![
        words.text(setting.effect),
        words.text("setting-effect-nodes"),
        words.text("setting-effect-kept"),
    ];
    let mut fields = typed.hidden();
    fields.extend([
        Field::hidden("value", &typed.value),
        Field::hidden("reason", &typed.reason),
    ]);
    sheet.forms = vec![SheetForm {
        title: String::new(),
        action: format!("{to}/{}", setting.key),
        multipart: false,
        fields,
        buttons: vec![
            Button {
                step: "make",
                label: words.text("setting-make"),
                class: "danger",
            },
            Button {
                step: "edit",
                label: words.text("succession-edit"),
                class: "",
            },
        ],
    }];
    sheet
}

async fn changed(inside: Inside, keeper: Keeper, key: &str, typed: Typed) -> Response {
    let (house, signed) = (&inside.visit.office.house, &inside.signed);
    let (to, ..) = room(keeper);
    let asked = typed.change();
    let done = match typed.step.as_str() {
        "make" => {
            let by = signed.who.name.as_str();
            let fields = [by, key, typed.value.trim(), typed.reason.trim()];
            let sent = Sent::new("setting", &typed.key, fields);
            let made = settings::change(house, signed, &sent, keeper, key, &asked).await;
            made.map(|()| see_other(&format!("{to}/{key}")))
        }
        _ => {
            let proposed = settings::propose(house, signed, keeper, key, &asked).await;
            match typed.step.as_str() {
                "edit" => match sheet(&inside, keeper, key, Some(&typed)).await {
                    Ok((sheet, _)) => Ok(page(&sheet)),
                    Err(error) => Err(error),
                },
                _ => proposed.map(|proposal| page(&review(&inside, keeper, &typed, &proposal))),
            }
        }
    };
    match done {
        Ok(response) => response,
        Err(error) => again(&inside, keeper, key, &typed, error).await,
    }
}

/// The form again with what was wrong, and what somebody else set meanwhile.
async fn again(
    inside: &Inside,
    keeper: Keeper,
    key: &str,
    typed: &Typed,
    error: PeopleError,
) -> Response {
    let words = inside.visit.modes.words();
    if staff::is_conflict(&error) {
        let found = sheet(inside, keeper, key, None).await;
        let (_, shown) = match found {
            Ok(found) => found,
            Err(error) => return failed(inside.visit.modes.clone(), error),
        };
        // Sent again, it goes over what is in force now, knowingly.
        let typed = Typed {
            version: shown.version,
            ..typed.clone()
        };
        let mut sheet = match sheet(inside, keeper, key, Some(&typed)).await {
            Ok((sheet, _)) => sheet,
            Err(error) => return failed(inside.visit.modes.clone(), error),
        };
        let now = Message::new("setting-meanwhile")
            .with("value", value(words, shown.setting, &shown.kept))
            .with("since", since(words, &shown))
            .with("yours", typed.value.trim());
        sheet.errors = vec![words.text("office-conflict"), words.render(&now)];
        return page_with(StatusCode::CONFLICT, &sheet);
    }
    if !matches!(error, PeopleError::Refused(_)) {
        return failed(inside.visit.modes.clone(), error);
    }
    match sheet(inside, keeper, key, Some(typed)).await {
        Ok((sheet, _)) => sheet.shown(Some(error)),
        Err(error) => failed(inside.visit.modes.clone(), error),
    }
}

/// `POST /office/settings/{setting}`
pub async fn change(inside: Inside, Path(key): Path<String>, Form(typed): Form<Typed>) -> Response {
    changed(inside, Keeper::System, &key, typed).await
}

/// `POST /office/policies/{policy}`
pub async fn change_policy(
    inside: Inside,
    Path(key): Path<String>,
    Form(typed): Form<Typed>,
) -> Response {
    changed(inside, Keeper::Security, &key, typed).await
}
