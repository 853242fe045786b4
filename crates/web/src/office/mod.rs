//! The office: what people see who have come in.

pub mod calendar;
pub mod delegations;
pub mod demo;
pub mod entry;
pub mod identities;
mod imports;
pub mod inspection;
pub mod jobs;
pub mod organizations;
pub mod outbox;
pub mod oversight;
mod overview;
pub mod people;
pub mod register;
pub mod review;
pub mod settings;
pub mod sheet;
pub mod upkeep;
pub mod webhooks;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use askama::Template;
use axum::body::to_bytes;
use axum::extract::{ConnectInfo, FromRequestParts, Request};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gongkai_app::house::House;
use gongkai_app::people::{self as staff, Hasher, PeopleError, Provider, SignedIn, is_conflict};
use gongkai_app::store::StoreError;
use gongkai_domain::organization::permissions::{Action, Membership, Target};
use gongkai_domain::words::{Message, Words};

use crate::State;
use crate::frame::modes::Modes;
use crate::frame::{Frame, missing, page, page_with, problem};

/// What the office stands on.
pub struct Office {
    /// The house.
    pub house: House,
    /// Passwords.
    pub hasher: Hasher,
    /// The other door, where there is one.
    pub provider: Option<Provider>,
    /// The people of an invented city, where the server was started for that.
    pub(crate) demo: Option<demo::Demo>,
}

impl Office {
    /// An office in a house.
    pub fn new(house: House) -> Self {
        let hasher = Hasher::new(Arc::clone(&house.chance));
        Self {
            house,
            hasher,
            provider: None,
            demo: None,
        }
    }
}

/// The cookie of a session: this host's alone, over TLS alone (browsers take
/// the own machine for safe), out of the reach of scripts.
const COOKIE: &str = "__Host-gongkai";

/// The header that keeps a session's token, or, with none, forgets it.
fn cookie(token: Option<&str>) -> Option<HeaderValue> {
    let value = match token {
        Some(token) => format!("{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Lax"),
        None => format!("{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"),
    };
    HeaderValue::from_str(&value).ok()
}

fn token_of(headers: &HeaderMap) -> Option<&str> {
    cookie_of(headers, COOKIE)
}

fn cookie_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).into_iter();
    cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|all| all.split(';'))
        .find_map(|one| one.trim().strip_prefix(name)?.strip_prefix('='))
}

/// Where a request comes from, and with what.
pub struct Origin {
    /// The address; without a connection, none.
    pub address: IpAddr,
    /// The address as it is written down.
    pub source: String,
    /// The browser.
    pub agent: String,
    /// A name for the request in the audit trail.
    pub request: String,
}

/// A page of the office in the making: who asks, and how they want it.
pub struct Visit {
    /// What the office stands on.
    pub office: Arc<Office>,
    /// How they want the page.
    pub modes: Modes,
    /// Where they come from.
    pub origin: Origin,
}

/// Who asks is told by the request alone; axum wants it said in this form.
macro_rules! of_request {
    ($($who:ty),*) => {$(
        impl FromRequestParts<Arc<State>> for $who {
            type Rejection = Response;

            async fn from_request_parts(
                parts: &mut Parts,
                state: &Arc<State>,
            ) -> Result<Self, Self::Rejection> {
                Self::of(parts, state).await
            }
        }
    )*};
}

of_request!(Visit, Half, Inside);

impl Visit {
    async fn of(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Response> {
        let Ok(modes) = Modes::from_request_parts(parts, state).await;
        let Some(office) = state.office.clone() else {
            return Err(missing(modes).await);
        };
        let from = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let agent = parts.headers.get(header::USER_AGENT);
        let agent = agent.and_then(|agent| agent.to_str().ok());
        let address = from.map(|from| from.0.ip().to_canonical());
        let origin = Origin {
            address: address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            source: source(address),
            agent: agent.unwrap_or_default().to_owned(),
            request: office.house.token(),
        };
        Ok(Self {
            office,
            modes,
            origin,
        })
    }
}

/// Where a request comes from, for the trail and the networks of staff; `-`,
/// which no network holds, where nobody says.
fn source(from: Option<IpAddr>) -> String {
    from.filter(|ip| !ip.is_unspecified())
        .map_or_else(|| "-".to_owned(), |ip| ip.to_canonical().to_string())
}

/// Someone with a session, whatever they may do with it yet.
pub struct Half {
    /// The visit.
    pub visit: Visit,
    /// Who it is.
    pub signed: SignedIn,
}

impl Half {
    async fn of(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Response> {
        let visit = Visit::of(parts, state).await?;
        let Some(token) = token_of(&parts.headers) else {
            return Err(to_sign_in(&visit, &parts.method));
        };
        let origin = &visit.origin;
        let found =
            staff::resolve(&visit.office.house, token, &origin.source, &origin.request).await;
        match found {
            Ok(Some(signed)) => Ok(Self { visit, signed }),
            Ok(None) => Err(to_sign_in(&visit, &parts.method)),
            Err(error) => Err(failed(visit.modes, PeopleError::Store(error))),
        }
    }
}

/// Someone who has come in whole.
pub struct Inside {
    /// The visit.
    pub visit: Visit,
    /// Who it is.
    pub signed: SignedIn,
}

impl Inside {
    async fn of(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Response> {
        let Half { visit, signed } = Half::of(parts, state).await?;
        if signed.is_complete() {
            return Ok(Self { visit, signed });
        }
        // A form is not carried on: it is refused, and what is missing is said.
        if parts.method != Method::GET {
            let denied = Message::new("denied-second-factor");
            return Err(problem(visit.modes, StatusCode::FORBIDDEN, &denied));
        }
        Err(to_next_factor(&signed))
    }
}

/// Forms of the office that bring no file are short.
const FORM_BYTES_MAX: usize = 64 * 1024;

/// Receives a form whole before it is asked who sends it: however slowly it
/// comes, a session that was ended meanwhile does nothing any more.
pub(crate) async fn whole_form(modes: Modes, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match to_bytes(body, FORM_BYTES_MAX).await {
        Ok(bytes) => next.run(Request::from_parts(parts, bytes.into())).await,
        Err(_) => {
            let message = Message::new("form-too-large").with("max", FORM_BYTES_MAX / 1024);
            problem(modes, StatusCode::PAYLOAD_TOO_LARGE, &message)
        }
    }
}

fn see_other(to: &str) -> Response {
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/office"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

fn with_cookie(mut response: Response, token: Option<&str>) -> Response {
    if let Some(cookie) = cookie(token) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn to_sign_in(visit: &Visit, method: &Method) -> Response {
    if method == Method::GET {
        return see_other("/office/sign-in");
    }
    let over = Message::new("session-over");
    problem(visit.modes.clone(), StatusCode::UNAUTHORIZED, &over)
}

/// Where someone goes who has shown the password alone.
fn to_next_factor(signed: &SignedIn) -> Response {
    see_other(if signed.person.totp.is_none() {
        "/office/enrol"
    } else {
        "/office/second-factor"
    })
}

/// The page of a failure that no form can show.
fn failed(modes: Modes, error: PeopleError) -> Response {
    let (status, message) = match error {
        PeopleError::Refused(messages) => {
            let first = messages.into_iter().next();
            let message = first.unwrap_or_else(|| Message::new("error-ours"));
            (StatusCode::UNPROCESSABLE_ENTITY, message)
        }
        PeopleError::Denied(message) => (StatusCode::FORBIDDEN, message),
        PeopleError::Missing => (StatusCode::NOT_FOUND, Message::new("error-missing")),
        error if is_conflict(&error) => (StatusCode::CONFLICT, Message::new("office-conflict")),
        PeopleError::Store(StoreError::Unknown(_)) => (
            StatusCode::SERVICE_UNAVAILABLE,
            Message::new("office-unknown"),
        ),
        PeopleError::Store(StoreError::Full | StoreError::Unavailable(_)) => (
            StatusCode::SERVICE_UNAVAILABLE,
            Message::new("office-unavailable"),
        ),
        error => {
            tracing::error!(reason = %error, "a page failed");
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                Message::new("error-ours"),
            )
        }
    };
    problem(modes, status, &message)
}

/// A field of a form.
#[derive(Debug, Clone, Default)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its label.
    pub label: String,
    /// `text`, `password`, `select`, `textarea`, `file`, `hidden`.
    pub kind: &'static str,
    /// What is in it.
    pub value: String,
    /// What to enter.
    pub hint: String,
    /// What the browser may fill in.
    pub autocomplete: &'static str,
    /// What to choose from: value and words.
    pub options: Vec<(String, String)>,
    /// The list of the page that it suggests from; none where it is empty.
    pub list: &'static str,
}

impl Field {
    /// A line of text.
    pub fn text(words: &Words, name: &'static str, label: &str, value: &str) -> Self {
        Self {
            name,
            label: words.text(label),
            kind: "text",
            value: value.to_owned(),
            autocomplete: "off",
            ..Self::default()
        }
    }

    /// A password, which never comes back.
    pub fn password(
        words: &Words,
        name: &'static str,
        label: &str,
        autocomplete: &'static str,
    ) -> Self {
        Self {
            kind: "password",
            autocomplete,
            ..Self::text(words, name, label, "")
        }
    }

    /// What goes along unseen.
    pub fn hidden(name: &'static str, value: &str) -> Self {
        Self {
            name,
            kind: "hidden",
            value: value.to_owned(),
            ..Self::default()
        }
    }

    /// With a hint.
    pub fn hint(mut self, words: &Words, hint: &str) -> Self {
        self.hint = words.text(hint);
        self
    }

    /// With what the browser may fill in.
    pub fn fills(mut self, autocomplete: &'static str) -> Self {
        self.autocomplete = autocomplete;
        self
    }
}

/// A form with its page.
#[derive(Template)]
#[template(path = "office/form.html")]
struct FormPage {
    frame: Frame,
    lead: String,
    errors: Vec<String>,
    /// A picture above the fields: of our own making.
    picture: String,
    action: String,
    /// Whether files come along.
    multipart: bool,
    fields: Vec<Field>,
    /// What fields with a list suggest.
    suggestions: Vec<String>,
    send: String,
    /// Another way, below the form: where its button leads, and its words.
    otherwise: Option<Cell>,
}

impl FormPage {
    fn new(modes: Modes, title: &str, action: &str, fields: Vec<Field>, send: &str) -> Self {
        let words = modes.words();
        Self {
            lead: String::new(),
            errors: Vec::new(),
            picture: String::new(),
            action: action.to_owned(),
            multipart: false,
            fields,
            suggestions: Vec::new(),
            send: words.text(send),
            otherwise: None,
            frame: Frame::new(modes, words.text(title)),
        }
    }

    fn lead(mut self, id: &str) -> Self {
        self.lead = self.frame.text(id);
        self
    }

    /// The page; after a failure, with what was wrong.
    fn shown(mut self, error: Option<PeopleError>) -> Response {
        let words = self.frame.words();
        match error {
            None => page(&self),
            Some(PeopleError::Refused(messages)) => {
                self.errors = messages
                    .iter()
                    .map(|message| words.render(message))
                    .collect();
                page_with(StatusCode::UNPROCESSABLE_ENTITY, &self)
            }
            Some(error) => failed(self.frame.modes, error),
        }
    }
}

/// A cell of a table.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// Where it leads.
    pub link: String,
    /// A button that sends a form there, with these fields.
    pub action: Option<(String, Vec<(&'static str, String)>)>,
}

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// A link.
    pub fn link(text: impl Into<String>, to: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            link: to.into(),
            ..Self::default()
        }
    }

    /// A button.
    pub fn button(
        text: impl Into<String>,
        to: impl Into<String>,
        fields: Vec<(&'static str, String)>,
    ) -> Self {
        Self {
            text: text.into(),
            action: Some((to.into(), fields)),
            ..Self::default()
        }
    }
}

/// A table with its page.
#[derive(Template)]
#[template(path = "office/table.html")]
struct TablePage {
    frame: Frame,
    lead: String,
    /// A search above it: its fields; none where there are none.
    search: Vec<Field>,
    search_action: String,
    tools: Vec<Cell>,
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
    more: String,
}

impl TablePage {
    fn new(modes: Modes, title: &str, columns: &[&str]) -> Self {
        let words = modes.words();
        Self {
            lead: String::new(),
            search: Vec::new(),
            search_action: String::new(),
            tools: Vec::new(),
            columns: columns.iter().map(|id| words.text(id)).collect(),
            rows: Vec::new(),
            more: String::new(),
            frame: Frame::new(modes, words.text(title)),
        }
    }
}

/// What was told once, such as a link that brings somebody in.
#[derive(Template)]
#[template(path = "office/told.html")]
struct ToldPage {
    frame: Frame,
    lead: String,
    told: Vec<String>,
    next: (String, String),
}

/// Where people go from the first page.
const ROOMS: &[(&str, &str, Action, Target)] = &[
    (
        "/office/review",
        "office-review",
        Action::ReviewSee,
        Target::Somewhere,
    ),
    (
        "/office/inspection",
        "office-inspection",
        Action::InspectionUse,
        Target::Somewhere,
    ),
    (
        "/office/register",
        "office-register",
        Action::PersonsRegisterSee,
        Target::Somewhere,
    ),
    (
        "/office/organizations",
        "office-organizations",
        Action::OrganizationsSee,
        Target::Somewhere,
    ),
    (
        "/office/people",
        "office-people",
        Action::PeopleSee,
        Target::Somewhere,
    ),
    (
        "/office/people/new",
        "office-invite",
        Action::PeopleInvite,
        Target::Installation,
    ),
    (
        "/office/delegations",
        "office-delegations",
        Action::SelfDelegate,
        Target::Oneself,
    ),
    (
        "/office/delegations/all",
        "office-delegations-all",
        Action::DelegationsOversee,
        Target::Installation,
    ),
    (
        "/office/policies",
        "office-policies",
        Action::PoliciesSee,
        Target::Installation,
    ),
    (
        "/office/outbox",
        "office-outbox",
        Action::OutboxSee,
        Target::Installation,
    ),
    (
        "/office/webhooks",
        "office-webhooks",
        Action::WebhooksSee,
        Target::Installation,
    ),
    (
        "/office/calendar",
        "office-calendar",
        Action::CalendarSee,
        Target::Installation,
    ),
    (
        "/office/settings",
        "office-settings",
        Action::SettingsSee,
        Target::Installation,
    ),
    (
        "/office/operations",
        "office-operations",
        Action::BackupSee,
        Target::Installation,
    ),
    (
        "/office/keys",
        "office-keys",
        Action::KeysRotate,
        Target::Installation,
    ),
    (
        "/office/jobs",
        "office-jobs",
        Action::JobsSee,
        Target::Installation,
    ),
    (
        "/office/audit",
        "office-audit",
        Action::AuditSearch,
        Target::Installation,
    ),
];

#[derive(Template)]
#[template(path = "office/home.html")]
struct HomePage {
    frame: Frame,
    greeting: String,
    notice: String,
    /// For whom they stand in today, and who stands in for them.
    standing: Vec<String>,
    rooms: Vec<(&'static str, String)>,
    /// Whether there is another door, at which one may have an account.
    has_provider: bool,
}

/// `GET /office`
pub async fn home(inside: Inside) -> Response {
    let short = calendar::notice(&inside).await;
    let Inside { visit, signed } = inside;
    match signed.actor.membership {
        Membership::MustChange => return see_other("/office/password"),
        Membership::MustEnrol => return see_other("/office/enrol"),
        _ => {}
    }
    let about = ("person", signed.person.id.0.to_string());
    let house = &visit.office.house;
    let demanded = signed.demand(house, Action::OfficeHome, Target::Oneself, about);
    if let Err(error) = demanded.await {
        return failed(visit.modes, error);
    }
    let words = visit.modes.words();
    let standing = match delegations::standing(house, &signed, words).await {
        Ok(standing) => standing,
        Err(error) => return failed(visit.modes, error),
    };
    let waiting = match gongkai_app::review::tasks::count(house, &signed).await {
        Ok(waiting) => waiting.unwrap_or(0),
        Err(error) => {
            tracing::error!(reason = %error, "what waits could not be counted");
            return failed(visit.modes, Message::new("error-ours").into());
        }
    };
    let label = |to: &str, id: &str| match (to, waiting) {
        ("/office/review", 1..) => {
            words.render(&Message::new("office-review-count").with("count", waiting))
        }
        _ => words.text(id),
    };
    let rooms = ROOMS
        .into_iter()
        .filter(|(_, _, action, target)| signed.may(*action, *target).is_allowed())
        .map(|(to, id, _, _)| (*to, label(to, id)))
        .collect();
    let greeting = Message::new("office-greeting").with("name", &signed.person.display_name);
    let notice = match signed.actor.membership {
        Membership::Setup => words.text("office-setup-notice"),
        _ => match short {
            Ok(short) => short,
            Err(error) => return failed(visit.modes, error),
        },
    };
    page(&HomePage {
        greeting: words.render(&greeting),
        notice,
        standing,
        rooms,
        has_provider: visit.office.provider.is_some()
            && signed
                .may(Action::SelfIdentities, Target::Oneself)
                .is_allowed(),
        frame: Frame::new(visit.modes, words.text("office-title")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_say_where_from_is_in_no_network() {
        for (from, shown) in [
            ("203.0.113.7", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("0.0.0.0", "-"),
        ] {
            assert_eq!(source(from.parse().ok()), shown);
        }
        assert_eq!(source(None), "-");
    }
}
