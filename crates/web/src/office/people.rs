//! People, as administrators and heads see them.

pub mod change;
pub mod tables;

use axum::extract::{Form, Path, Query};
use axum::response::Response;
use gongkai_app::house::House;
use gongkai_app::people::{self as staff, Listed, NewStaff, PeopleError, SignedIn, Which};
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::organization::roles::{Grant, Role};
use gongkai_domain::organization::{OrganizationId, PersonId};
use gongkai_domain::words::{Message, Words};
use serde::Deserialize;

use super::parts::Keyed;
use super::{Cell, Field, FormPage, Inside, TablePage, ToldPage, Visit, failed, see_other};
use crate::frame::modes::Modes;
use crate::frame::parts::{self, Column, Empty, Tab, Tone};
use crate::frame::{Frame, format, page};

/// People on a page.
const PAGE: i64 = 50;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    text: String,
    #[serde(default)]
    after: i64,
    /// Which of them: a word of [`Which`].
    #[serde(default)]
    state: String,
}

impl Asked {
    /// The same list, from another place on.
    fn address(&self, which: Which, after: i64) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("state", which.key()), ("text", self.text.as_str())] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if after > 0 {
            query.append_pair("after", &after.to_string());
        }
        match query.finish() {
            query if query.is_empty() => "/office/people".to_owned(),
            query => format!("/office/people?{query}"),
        }
    }
}

fn held(words: &Words, signed: &SignedIn, grant: &Grant) -> String {
    let role = words.render(&grant.role.label());
    match grant.organization.and_then(|id| signed.tree.get(id)) {
        Some(body) => format!("{role}（{}）", body.name),
        None => role,
    }
}

fn roles(words: &Words, signed: &SignedIn, listed: &Listed) -> String {
    let held: Vec<String> = listed
        .grants
        .iter()
        .map(|(_, grant)| held(words, signed, grant))
        .collect();
    held.join("、")
}

fn state(words: &Words, listed: &Listed) -> Cell {
    let (label, tone) = match listed.person.state.as_str() {
        "active" => ("person-active", Tone::Good),
        "invited" => ("person-invited", Tone::Note),
        _ => ("person-disabled", Tone::Warning),
    };
    Cell::state(words.text(label), tone)
}

/// The lists of people, one of which is shown.
fn tabs(words: &Words, asked: &Asked, shown: Which) -> Vec<Tab> {
    let tab = |which: Which| {
        let label = match which {
            Which::Anyone => "people-anyone",
            Which::Invited => "people-invited",
            Which::Locked => "people-locked",
            Which::WithoutRole => "people-roleless",
            Which::Disabled => "people-disabled",
        };
        Tab {
            to: asked.address(which, 0),
            label: words.text(label),
            is_here: which == shown,
            ..Tab::default()
        }
    };
    Which::ALL.map(tab).to_vec()
}

/// `GET /office/people`
pub async fn list(Inside { visit, signed }: Inside, Query(asked): Query<Asked>) -> Response {
    let text = Some(asked.text.trim()).filter(|text| !text.is_empty());
    let house = &visit.office.house;
    let which = Which::from_key(&asked.state);
    let listed = staff::list_of(house, &signed, which, text, asked.after, PAGE).await;
    let (found, count) = match listed {
        Ok(found) => found,
        Err(error) => return failed(visit.modes, error),
    };
    let words = visit.modes.words();
    let columns = [
        "field-name",
        "field-login",
        "column-state",
        "column-roles",
        "field-phone",
    ];
    let mut table = TablePage::new(visit.modes, "people-title", &columns);
    let count = format::count(words, count);
    table.lead = words.render(&Message::new("people-count").with("count", count));
    table.tabs = tabs(words, &asked, which);
    table.search = vec![
        Field::text(words, "text", "people-search", &asked.text),
        Field::hidden("state", which.key()),
    ];
    match (which, text) {
        (Which::Anyone, None) => table.begin("people-none", "people-none-text"),
        (_, None) => table.teach("people-none-such", "people-none-such-text"),
        (_, Some(_)) => table.teach("search-none", "search-none-text"),
    }
    table.search_action = "/office/people".to_owned();
    if signed
        .may(Action::PeopleInvite, Target::Installation)
        .is_allowed()
    {
        table
            .tools
            .push(Cell::link(words.text("office-invite"), "/office/people/new").main());
        table.tools.push(Cell::link(
            words.text("people-import"),
            "/office/people/import",
        ));
    }
    if let Some(last) = found
        .last()
        .filter(|_| found.len() >= usize::try_from(PAGE).unwrap_or(0))
    {
        table.more = asked.address(which, last.person.id.0);
    }
    if asked.after > 0 {
        table.first = asked.address(which, 0);
    }
    table.rows = found
        .iter()
        .map(|listed| {
            let to = format!("/office/people/{}", listed.person.id.0);
            vec![
                Cell::link(&listed.person.display_name, to),
                Cell::text(&listed.person.login),
                state(words, listed),
                Cell::text(roles(words, &signed, listed)),
                Cell::text(&listed.phone),
            ]
        })
        .collect();
    page(&table)
}

/// Someone who is to be invited.
#[derive(Debug, Default, Deserialize)]
pub struct Invite {
    #[serde(default)]
    key: String,
    #[serde(default)]
    login: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    organization: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    mail: String,
    #[serde(default)]
    role: String,
}

fn invite_form(modes: Modes, signed: &SignedIn, sent: &Invite) -> FormPage {
    use gongkai_domain::organization::permissions::Membership;
    let words = modes.words();
    let mut fields = vec![
        Field::hidden("key", &sent.key),
        Field::text(words, "display_name", "field-name", &sent.display_name),
        Field::text(words, "login", "field-login", &sent.login).hint(words, "field-login-hint"),
    ];
    if signed.actor.membership == Membership::Setup {
        let missing = [Role::SecurityAdministrator, Role::AuditAdministrator];
        let options = missing
            .iter()
            .map(|role| (role.key().to_owned(), words.render(&role.label())));
        fields.push(Field {
            kind: "select",
            options: options.collect(),
            ..Field::text(words, "role", "field-role", &sent.role)
        });
    } else {
        fields.push(organization_field(words, signed, &sent.organization));
    }
    fields.push(Field::text(words, "phone", "field-phone", &sent.phone).optional());
    fields.push(Field::text(words, "mail", "field-mail", &sent.mail).optional());
    FormPage::new(
        modes,
        "invite-title",
        "/office/people/new",
        fields,
        "invite-send",
    )
    .lead("invite-lead")
}

fn organization_field(words: &Words, signed: &SignedIn, chosen: &str) -> Field {
    let mut options = vec![(String::new(), words.text("organization-none"))];
    let bodies = signed.tree.bodies().iter();
    let valid = bodies.filter(|body| body.validity.contains(signed.today));
    options.extend(valid.map(|body| (body.id.0.to_string(), body.name.clone())));
    Field {
        kind: "select",
        options,
        ..Field::text(words, "organization", "field-organization", chosen)
    }
}

fn demand<'a>(
    visit: &'a Visit,
    signed: &'a SignedIn,
) -> impl Future<Output = Result<gongkai_app::audit::Who, PeopleError>> + 'a {
    let about = ("person", "-".to_owned());
    signed.demand(
        &visit.office.house,
        Action::PeopleInvite,
        Target::Installation,
        about,
    )
}

/// `GET /office/people/new`
pub async fn invite_page(Inside { visit, signed }: Inside) -> Response {
    match demand(&visit, &signed).await {
        Ok(_) => invite_form(visit.modes, &signed, &keyed(&visit.office.house)).shown(None),
        Err(error) => failed(visit.modes, error),
    }
}

fn keyed(house: &House) -> Invite {
    Invite {
        key: house.token(),
        ..Invite::default()
    }
}

/// `POST /office/people/new`
pub async fn invite(Inside { visit, signed }: Inside, Form(sent): Form<Invite>) -> Response {
    let new = NewStaff {
        form: sent.key.clone(),
        login: sent.login.clone(),
        display_name: sent.display_name.clone(),
        organization: sent.organization.parse().ok().map(OrganizationId),
        phone: sent.phone.clone(),
        mail: sent.mail.clone(),
        role: Role::from_key(&sent.role),
    };
    match staff::invite(&visit.office.house, &signed, &new).await {
        Ok((_, token)) => told(visit.modes, "invited-title", "invited-lead", &token),
        Err(error) => invite_form(visit.modes, &signed, &sent).shown(Some(error)),
    }
}

/// A link that is told once.
fn told(modes: Modes, title: &str, lead: &str, token: &str) -> Response {
    let words = modes.words();
    let frame = Frame::new(modes, words.text(title));
    let link = vec![format!("/office/join?token={token}")];
    let next = ("/office/people", "people-title");
    page(&ToldPage::new(frame, lead, link, next))
}

#[derive(askama::Template)]
#[template(path = "office/person.html")]
struct PersonPage {
    frame: Frame,
    state: Cell,
    facts: Vec<(String, String)>,
    /// Where the details are changed, for who may.
    change: Option<Cell>,
    contacts: Option<String>,
    columns: Vec<Column>,
    grants: Vec<Vec<Cell>>,
    no_grants: Empty,
    buttons: Vec<Cell>,
    may_unmask: bool,
    may_grant: bool,
    roles: Vec<Field>,
    base: String,
}

/// `GET /office/people/{id}`
pub async fn see(Inside { visit, signed }: Inside, Path(id): Path<i64>) -> Response {
    shown(visit, &signed, PersonId(id), None).await
}

async fn shown(
    visit: Visit,
    signed: &SignedIn,
    id: PersonId,
    contacts: Option<String>,
) -> Response {
    let listed = match staff::see(&visit.office.house, signed, id).await {
        Ok(listed) => listed,
        Err(error) => return failed(visit.modes, error),
    };
    let words = visit.modes.words();
    let base = format!("/office/people/{}", id.0);
    let target = listed
        .person
        .organization
        .map_or(Target::Installation, Target::Organization);
    let may = |action| signed.may(action, target).is_allowed();
    let organization = listed
        .person
        .organization
        .and_then(|id| signed.tree.get(id));
    let facts = [
        ("field-login", listed.person.login.clone()),
        (
            "field-organization",
            organization.map_or_else(|| words.text("organization-none"), |body| body.name.clone()),
        ),
        ("field-phone", listed.phone.clone()),
        ("field-mail", listed.mail.clone()),
    ]
    .map(|(label, value)| {
        let none = || words.text("fact-none");
        let value = Some(value).filter(|value| !value.is_empty());
        (label, value.unwrap_or_else(none))
    });
    let disabled = listed.person.state == "disabled";
    let buttons = [
        (
            Action::PeopleDisable,
            !disabled,
            "disable",
            "person-disable",
        ),
        (Action::PeopleDisable, disabled, "enable", "person-enable"),
        (Action::PeopleUnlock, true, "unlock", "person-unlock"),
        (
            Action::PeopleEndSessions,
            true,
            "end-sessions",
            "person-end-sessions",
        ),
        (Action::PeopleRecover, true, "recover", "person-recover"),
    ];
    let key = visit.office.house.token();
    let buttons = buttons
        .into_iter()
        .filter(|(action, shown, _, _)| *shown && may(*action))
        .map(|(_, _, to, label)| {
            let key = vec![("key", key.clone())];
            let button = Cell::button(words.text(label), format!("{base}/{to}"), key);
            let effect = match label {
                "person-disable" => "person-disable-effect",
                "person-end-sessions" => "person-end-sessions-effect",
                "person-recover" => "person-recover-effect",
                _ => return button,
            };
            button.confirming(words.text(effect))
        });
    let links = match super::identities::of_another(&visit, signed, &listed.person, &base).await {
        Ok(links) => links,
        Err(error) => return failed(visit.modes, error),
    };
    let revoke = |number: i64| match may(Action::RolesRevoke) {
        true => Cell::button(
            words.text("grant-revoke"),
            format!("{base}/revoke"),
            vec![("grant", number.to_string())],
        )
        .confirming(words.text("grant-revoke-effect")),
        false => Cell::default(),
    };
    let grants = listed.grants.iter().map(|(number, grant)| {
        let since = grant.validity.from().to_string();
        vec![
            Cell::text(held(words, signed, grant)),
            Cell::text(since),
            revoke(*number),
        ]
    });
    let options = Role::ALL
        .iter()
        .map(|role| (role.key().to_owned(), words.render(&role.label())));
    let roles = vec![
        Field::hidden("key", &visit.office.house.token()),
        Field {
            kind: "select",
            options: options.collect(),
            ..Field::text(words, "role", "field-role", "")
        },
        organization_field(words, signed, ""),
    ];
    let change = may(Action::PeopleChange)
        .then(|| Cell::link(words.text("person-change"), format!("{base}/change")));
    page(&PersonPage {
        state: state(words, &listed),
        columns: parts::columns(words, &["field-role", "grant-since", "column-do"]),
        no_grants: Empty {
            title: words.text("grants-none"),
            text: words.text(if may(Action::RolesGrant) {
                "grants-none-grant"
            } else {
                "grants-none-ask"
            }),
            action: None,
        },
        change,
        facts: facts
            .map(|(label, value)| (words.text(label), value))
            .to_vec(),
        contacts,
        grants: grants.collect(),
        buttons: buttons.chain(links).collect(),
        may_unmask: may(Action::PeopleUnmask),
        may_grant: may(Action::RolesGrant),
        roles,
        base,
        frame: Frame::new(visit.modes, listed.person.display_name),
    })
}

/// Back to the person, or what went wrong.
fn back<T>(modes: Modes, id: i64, done: Result<T, PeopleError>) -> Response {
    match done {
        Ok(_) => see_other(&format!("/office/people/{id}")),
        Err(error) => failed(modes, error),
    }
}

/// `POST /office/people/{id}/disable`
pub async fn disable(Inside { visit, signed }: Inside, Path(id): Path<i64>) -> Response {
    let done = staff::disable(&visit.office.house, &signed, PersonId(id)).await;
    back(visit.modes, id, done)
}

/// `POST /office/people/{id}/enable`
pub async fn enable(Inside { visit, signed }: Inside, Path(id): Path<i64>) -> Response {
    let done = staff::enable(&visit.office.house, &signed, PersonId(id)).await;
    back(visit.modes, id, done)
}

/// `POST /office/people/{id}/unlock`
pub async fn unlock(Inside { visit, signed }: Inside, Path(id): Path<i64>) -> Response {
    let done = staff::unlock(&visit.office.house, &signed, PersonId(id)).await;
    back(visit.modes, id, done)
}

/// `POST /office/people/{id}/end-sessions`
pub async fn end_sessions(Inside { visit, signed }: Inside, Path(id): Path<i64>) -> Response {
    let done = staff::end_all_sessions(&visit.office.house, &signed, PersonId(id)).await;
    back(visit.modes, id, done)
}

/// `POST /office/people/{id}/recover`
pub async fn recover(
    Inside { visit, signed }: Inside,
    Path(id): Path<i64>,
    Form(sent): Form<Keyed>,
) -> Response {
    match staff::recover(&visit.office.house, &signed, PersonId(id), &sent.key).await {
        Ok(token) => told(visit.modes, "recover-title", "recover-lead", &token),
        Err(error) => failed(visit.modes, error),
    }
}

/// Why something personal is to be shown.
#[derive(Debug, Default, Deserialize)]
pub struct Reason {
    #[serde(default)]
    reason: String,
}

/// `POST /office/people/{id}/contacts`
pub async fn contacts(
    Inside { visit, signed }: Inside,
    Path(id): Path<i64>,
    Form(sent): Form<Reason>,
) -> Response {
    match staff::contacts(&visit.office.house, &signed, PersonId(id), &sent.reason).await {
        Ok(contacts) => {
            let text = format!("{}　{}", contacts.phone, contacts.mail);
            shown(visit, &signed, PersonId(id), Some(text)).await
        }
        Err(error) => failed(visit.modes, error),
    }
}

/// A role that is to be granted.
#[derive(Debug, Default, Deserialize)]
pub struct NewGrant {
    #[serde(default)]
    key: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    organization: String,
}

/// `POST /office/people/{id}/grant`
pub async fn grant(
    Inside { visit, signed }: Inside,
    Path(id): Path<i64>,
    Form(sent): Form<NewGrant>,
) -> Response {
    let about = ("person", id.to_string());
    let house = &visit.office.house;
    let demanded = signed.demand(house, Action::RolesGrant, Target::Somewhere, about);
    if let Err(error) = demanded.await {
        return failed(visit.modes, error);
    }
    let Some(role) = Role::from_key(&sent.role) else {
        let which = PeopleError::from(Message::new("grant-where"));
        return failed(visit.modes, which);
    };
    let new = staff::NewGrant {
        role,
        organization: sent.organization.parse().ok().map(OrganizationId),
        from: signed.today,
        form: sent.key,
    };
    let done = staff::grant(house, &signed, PersonId(id), &new).await;
    back(visit.modes, id, done)
}

/// A grant that is to be taken back.
#[derive(Debug, Default, Deserialize)]
pub struct Revoke {
    #[serde(default)]
    grant: i64,
}

/// `POST /office/people/{id}/revoke`
pub async fn revoke(
    Inside { visit, signed }: Inside,
    Path(id): Path<i64>,
    Form(sent): Form<Revoke>,
) -> Response {
    let done = staff::revoke(&visit.office.house, &signed, PersonId(id), sent.grant).await;
    back(visit.modes, id, done)
}
