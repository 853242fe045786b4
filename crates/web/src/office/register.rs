//! The register of persons: looked through, searched, entered, shown in full
//! for a reason, put right, erased. What is looked for comes by `POST`, so that
//! no number and no name stands in an address or a log.

mod forms;

pub use forms::{change, change_page, new, new_page};

use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::people::{PeopleError, SignedIn};
use gongkai_app::register::{self, By, Listed, RegisterError, RegisterId};
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::register::RegisteredPerson;
use gongkai_domain::words::{Message, Words};
use serde::Deserialize;

use super::{Cell, Field, FormPage, Inside, failed, see_other};
use crate::frame::modes::Modes;
use crate::frame::parts::{self, Column, Empty, Fault};
use crate::frame::{Frame, format, page_with};

/// Entries on a page.
const PAGE: i64 = 50;
const ROOM: &str = "/office/register";

fn address(id: RegisterId) -> String {
    format!("{ROOM}/{id}")
}

/// The page of a failure that no form can show.
fn broken(modes: Modes, error: RegisterError) -> Response {
    failed(
        modes,
        match error {
            RegisterError::Refused(messages) => PeopleError::Refused(messages),
            RegisterError::Denied(message) => PeopleError::Denied(message),
            RegisterError::Missing => PeopleError::Missing,
            RegisterError::Exists(_) => Message::new("register-exists").into(),
            RegisterError::Changed { .. } => Message::new("office-conflict").into(),
            RegisterError::Store(error) => PeopleError::Store(error),
            RegisterError::Vault(error) => PeopleError::Vault(error),
        },
    )
}

fn rendered(words: &Words, messages: &[Message]) -> Vec<String> {
    let render = |message| words.render(message);
    messages.iter().map(render).collect()
}

#[derive(askama::Template)]
#[template(path = "office/register/list.html")]
struct ListPage {
    frame: Frame,
    leads: Vec<String>,
    errors: Vec<String>,
    search: Vec<Field>,
    tools: Vec<Cell>,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    nothing: Empty,
    more: String,
}

impl ListPage {
    fn faults(&self) -> Vec<Fault> {
        parts::faults(&self.errors, self.search.iter())
    }

    fn new(modes: Modes, signed: &SignedIn, looked: &Looked, entries: &[Listed]) -> Self {
        let words = modes.words();
        let ways = By::ALL.iter();
        let ways = ways.map(|by| (by.key().to_owned(), words.render(&by.label())));
        let search = vec![
            Field {
                kind: "select",
                options: ways.collect(),
                ..Field::text(words, "by", "register-by", &looked.by)
            },
            Field::text(words, "text", "register-text", &looked.text),
        ];
        let add = signed.may(Action::PersonsRegisterAdd, Target::Somewhere);
        let new = Cell::link(words.text("register-new"), format!("{ROOM}/new")).main();
        let columns = [
            "field-name",
            "register-kind",
            "register-number",
            "field-phone",
            "register-organization",
            "register-created",
        ];
        Self {
            leads: Vec::new(),
            errors: Vec::new(),
            search,
            tools: add.is_allowed().then_some(new).into_iter().collect(),
            columns: parts::columns(words, &columns),
            nothing: Empty {
                title: words.text("register-none"),
                text: words.text("register-none-text"),
                action: None,
            },
            rows: entries
                .iter()
                .map(|entry| row(words, signed, entry))
                .collect(),
            more: String::new(),
            frame: Frame::new(modes, words.text("office-register")),
        }
    }
}

fn place(signed: &SignedIn, id: OrganizationId) -> String {
    let body = signed.tree.get(id);
    body.map(|body| body.name.clone()).unwrap_or_default()
}

fn row(words: &Words, signed: &SignedIn, entry: &Listed) -> Vec<Cell> {
    let of = entry.shown.as_ref();
    let name = of.map_or_else(
        || words.text("register-unreadable"),
        |shown| shown.name.clone(),
    );
    let text = |text: Option<String>| Cell::text(text.unwrap_or_default());
    vec![
        Cell::link(name, address(entry.id)),
        text(of.map(|shown| words.render(&shown.kind.label()))),
        text(of.map(|shown| shown.number.clone())),
        text(of.map(|shown| shown.phone.clone())),
        Cell::text(place(signed, entry.organization)),
        Cell::text(format::day_of(entry.created_at)),
    ]
}

/// Where the page before ended.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    below: i64,
}

/// `GET /office/register`
pub async fn list(Inside { visit, signed }: Inside, Query(asked): Query<Asked>) -> Response {
    let below = (asked.below > 0).then_some(RegisterId(asked.below));
    let found = register::list(&visit.office.house, &signed, below, PAGE).await;
    let found = match found {
        Ok(found) => found,
        Err(error) => return broken(visit.modes, error),
    };
    let looked = Looked::default();
    let mut list = ListPage::new(visit.modes, &signed, &looked, &found.entries);
    let count = Message::new("register-count").with("count", found.count);
    list.leads.push(list.frame.words().render(&count));
    if let Some(next) = found.next {
        list.more = format!("{ROOM}?below={next}");
    }
    page_with(StatusCode::OK, &list)
}

/// What is looked for.
#[derive(Default, Deserialize)]
pub struct Looked {
    #[serde(default)]
    by: String,
    #[serde(default)]
    text: String,
}

/// `POST /office/register/find`
pub async fn find(Inside { visit, signed }: Inside, Form(looked): Form<Looked>) -> Response {
    let by = By::from_key(&looked.by).unwrap_or(By::Document);
    let found = register::find(&visit.office.house, &signed, by, &looked.text).await;
    let (status, found, errors) = match found {
        Ok(found) => (StatusCode::OK, Some(found), Vec::new()),
        Err(RegisterError::Refused(messages)) => (StatusCode::UNPROCESSABLE_ENTITY, None, messages),
        Err(error) => return broken(visit.modes, error),
    };
    let entries = found.as_ref().map(|found| found.entries.as_slice());
    let entries = entries.unwrap_or_default();
    let mut list = ListPage::new(visit.modes, &signed, &looked, entries);
    let words = list.frame.words();
    list.errors = parts::told(words, &mut list.search, &errors);
    list.nothing.title = words.text("search-none");
    list.nothing.text = words.text("search-none-text");
    if found.is_some() {
        let count = Message::new("register-found").with("count", entries.len());
        list.leads.push(words.render(&count));
    }
    if let Some(compared) = found.as_ref().and_then(|found| found.compared) {
        let looked = Message::new("register-looked").with("count", compared);
        list.leads.push(words.render(&looked));
    }
    let all = Cell::link(words.text("office-register"), ROOM);
    list.tools.push(all);
    page_with(status, &list)
}

#[derive(askama::Template)]
#[template(path = "office/register/entry.html")]
struct EntryPage {
    frame: Frame,
    errors: Vec<String>,
    facts: Vec<(String, String)>,
    /// Number and telephone in full.
    full: Vec<(String, String)>,
    may_unmask: bool,
    /// The reason as it was typed.
    reason: String,
    tools: Vec<Cell>,
    base: String,
}

impl EntryPage {
    fn faults(&self) -> Vec<Fault> {
        // All that can be wrong here is the reason.
        let fault = |text: &String| Fault {
            text: text.clone(),
            field: "reason",
        };
        self.errors.iter().map(fault).collect()
    }
}

fn facts(words: &Words, facts: &[(&str, String)]) -> Vec<(String, String)> {
    let facts = facts.iter().filter(|(_, value)| !value.is_empty());
    facts
        .map(|(label, value)| (words.text(label), value.clone()))
        .collect()
}

fn entry_page(modes: Modes, signed: &SignedIn, entry: &Listed) -> EntryPage {
    let words = modes.words();
    let base = address(entry.id);
    let may = |action| {
        let target = Target::Organization(entry.organization);
        signed.may(action, target).is_allowed()
    };
    let of = entry.shown.as_ref();
    let text = |text: Option<String>| text.unwrap_or_default();
    let tools = [
        (
            Action::PersonsRegisterAdd,
            of.is_some(),
            "register-change",
            "change",
        ),
        (
            Action::PersonsRegisterErase,
            true,
            "register-erase",
            "erase",
        ),
    ];
    let tools = tools
        .into_iter()
        .filter(|(action, shown, ..)| *shown && may(*action));
    let changed = (entry.version > 1).then(|| format::day_of(entry.changed_at));
    EntryPage {
        errors: Vec::new(),
        facts: facts(
            words,
            &[
                (
                    "register-kind",
                    text(of.map(|shown| words.render(&shown.kind.label()))),
                ),
                (
                    "register-number",
                    text(of.map(|shown| shown.number.clone())),
                ),
                ("field-phone", text(of.map(|shown| shown.phone.clone()))),
                ("register-organization", place(signed, entry.organization)),
                ("register-created", format::day_of(entry.created_at)),
                ("register-changed", changed.unwrap_or_default()),
            ],
        ),
        full: Vec::new(),
        may_unmask: of.is_some() && may(Action::PersonsRegisterUnmask),
        reason: String::new(),
        tools: tools
            .map(|(_, _, label, to)| Cell::link(words.text(label), format!("{base}/{to}")))
            .collect(),
        base,
        frame: Frame::new(
            modes,
            of.map_or_else(
                || words.text("register-unreadable"),
                |shown| shown.name.clone(),
            ),
        ),
    }
}

/// `GET /office/register/{id}`
pub async fn see(Inside { visit, signed }: Inside, Path(id): Path<i64>) -> Response {
    let see = Action::PersonsRegisterSee;
    match register::see(&visit.office.house, &signed, see, RegisterId(id)).await {
        Ok(entry) => page_with(StatusCode::OK, &entry_page(visit.modes, &signed, &entry)),
        Err(error) => broken(visit.modes, error),
    }
}

/// Why something is done.
#[derive(Debug, Default, Deserialize)]
pub struct Reason {
    #[serde(default)]
    key: String,
    #[serde(default)]
    version: i64,
    #[serde(default)]
    reason: String,
}

/// `POST /office/register/{id}/unmask`
pub async fn unmask(
    Inside { visit, signed }: Inside,
    Path(id): Path<i64>,
    Form(sent): Form<Reason>,
) -> Response {
    let (house, id) = (&visit.office.house, RegisterId(id));
    let (full, wrong) = match register::unmask(house, &signed, id, &sent.reason).await {
        Ok(person) => (Some(person), Vec::new()),
        Err(RegisterError::Refused(messages)) => (None, messages),
        Err(error) => return broken(visit.modes, error),
    };
    let entry = match register::see(house, &signed, Action::PersonsRegisterSee, id).await {
        Ok(entry) => entry,
        Err(error) => return broken(visit.modes, error),
    };
    let mut shown = entry_page(visit.modes, &signed, &entry);
    let words = shown.frame.words();
    let Some(person) = full else {
        shown.errors = rendered(words, &wrong);
        shown.reason = sent.reason;
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown);
    };
    shown.full = in_full(words, &person);
    page_with(StatusCode::OK, &shown)
}

fn in_full(words: &Words, person: &RegisteredPerson) -> Vec<(String, String)> {
    let phone = person.phone.as_ref().map(|phone| phone.as_str().to_owned());
    let number = person.document.number().to_owned();
    facts(
        words,
        &[
            ("register-number", number),
            ("field-phone", phone.unwrap_or_default()),
        ],
    )
}

fn erase_form(modes: Modes, entry: &Listed, sent: &Reason) -> FormPage {
    let words = modes.words();
    let (name, number) = match &entry.shown {
        Some(shown) => (shown.name.clone(), shown.number.clone()),
        None => (words.text("register-unreadable"), entry.id.to_string()),
    };
    let known = name.clone();
    let lead = Message::new("register-erase-lead")
        .with("name", name)
        .with("number", number);
    let fields = vec![
        Field::hidden("key", &sent.key),
        Field::hidden("version", &sent.version.to_string()),
        Field::text(words, "reason", "register-erase-reason", &sent.reason),
    ];
    let to = format!("{}/erase", address(entry.id));
    let mut form = FormPage::new(modes, "register-erase", &to, fields, "register-erase-send");
    form.lead = words.render(&lead);
    let place = address(entry.id);
    form.via(&place, &known).destructive().back(&place)
}

/// `GET /office/register/{id}/erase`
pub async fn erase_page(Inside { visit, signed }: Inside, Path(id): Path<i64>) -> Response {
    let (house, erase) = (&visit.office.house, Action::PersonsRegisterErase);
    match register::see(house, &signed, erase, RegisterId(id)).await {
        Ok(entry) => {
            let sent = Reason {
                key: house.token(),
                version: entry.version,
                reason: String::new(),
            };
            erase_form(visit.modes, &entry, &sent).shown(None)
        }
        Err(error) => broken(visit.modes, error),
    }
}

/// `POST /office/register/{id}/erase`
pub async fn erase(
    Inside { visit, signed }: Inside,
    Path(id): Path<i64>,
    Form(mut sent): Form<Reason>,
) -> Response {
    let (house, id) = (&visit.office.house, RegisterId(id));
    let seen = (id, sent.version);
    let (status, messages) =
        match register::erase(house, &signed, &sent.key, seen, &sent.reason).await {
            Ok(()) => return see_other(ROOM),
            Err(RegisterError::Refused(messages)) => (StatusCode::UNPROCESSABLE_ENTITY, messages),
            Err(RegisterError::Changed { version, .. }) => {
                sent.version = version;
                (StatusCode::CONFLICT, vec![Message::new("office-conflict")])
            }
            Err(error) => return broken(visit.modes, error),
        };
    match register::see(house, &signed, Action::PersonsRegisterErase, id).await {
        Ok(entry) => {
            let mut form = erase_form(visit.modes, &entry, &sent);
            form.tell(&messages);
            page_with(status, &form)
        }
        Err(error) => broken(visit.modes, error),
    }
}
