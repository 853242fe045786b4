//! The other door: coming in through the provider, and one's account there.

use axum::extract::{Form, Path, Query};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::response::Response;
use gongkai_app::once::Sent;
use gongkai_app::people::{self as staff, Came, PeopleError, Provider, Returned, SignedIn};
use gongkai_app::store::people::Person;
use gongkai_app::store::people::identities::Identity;
use gongkai_domain::organization::PersonId;
use gongkai_domain::words::Message;
use serde::Deserialize;

use super::entry::{attempt, sign_in_form};
use super::parts::Keyed;
use super::{Cell, Inside, ToldPage, Visit, cookie_of, failed, see_other, token_of, with_cookie};
use crate::frame::modes::Modes;
use crate::frame::parts::{self, Column, Empty};
use crate::frame::{Frame, page, page_with};

/// What a browser that has gone to the provider is known again by: this host's
/// alone, and sent along when it is sent back from there.
const COOKIE: &str = "__Host-gongkai-door";
/// As long as a sign-in there may take, in seconds.
const COOKIE_SECONDS: u32 = 600;

fn name(provider: &Provider, modes: &Modes) -> String {
    let words = modes.words();
    let given = provider.name(words.language()).map(ToOwned::to_owned);
    given.unwrap_or_else(|| words.text("provider-name"))
}

fn saying(modes: &Modes, id: &'static str, provider: &Provider) -> String {
    let message = Message::new(id).with("name", name(provider, modes));
    modes.words().render(&message)
}

/// The button of the other door, where there is one.
pub(super) fn button(visit: &Visit) -> Option<Cell> {
    let provider = visit.office.provider.as_ref()?;
    let label = saying(&visit.modes, "provider-sign-in", provider);
    let key = vec![("key", visit.office.house.token())];
    Some(Cell::button(label, "/office/sign-in/provider", key))
}

fn none() -> PeopleError {
    PeopleError::from(Message::new("provider-none"))
}

/// Keeps the browser's own secret, or, with none, forgets it.
fn kept(mut response: Response, browser: Option<&str>) -> Response {
    let (value, seconds) = match browser {
        Some(browser) => (browser, COOKIE_SECONDS),
        None => ("", 0),
    };
    let cookie =
        format!("{COOKIE}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The page that leads to the provider. A form may not be redirected to
/// another site, and the policy of our pages that says so is to stay.
fn going(modes: Modes, provider: &Provider, begun: &staff::Begun) -> Response {
    let words = modes.words();
    let title = saying(&modes, "provider-going", provider);
    let go = saying(&modes, "provider-go", provider);
    let shown = begun.address.split('?').next().unwrap_or_default();
    let mut response = page(&ToldPage {
        lead: words.text("provider-going-lead"),
        told: vec![shown.to_owned()],
        next: (begun.address.clone(), go),
        frame: Frame::new(modes, title),
    });
    if let Ok(to) = HeaderValue::from_str(&format!("0;url={}", begun.address)) {
        response.headers_mut().insert(header::REFRESH, to);
    }
    kept(response, Some(&begun.browser))
}

/// `POST /office/sign-in/provider`
pub async fn begin(visit: Visit, Form(sent): Form<Keyed>) -> Response {
    let Some(provider) = &visit.office.provider else {
        return sign_in_form(visit, "").shown(Some(none()));
    };
    let (house, source) = (&visit.office.house, &visit.origin.source);
    match staff::begin_at_provider(house, provider, source, &sent.key, None).await {
        Ok(begun) => going(visit.modes.clone(), provider, &begun),
        Err(error) => sign_in_form(visit, "").shown(Some(error)),
    }
}

/// What comes back in the address.
#[derive(Debug, Default, Deserialize)]
pub struct Back {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    iss: String,
}

/// `GET /office/sign-in/return`
pub async fn come_back(mut visit: Visit, headers: HeaderMap, Query(back): Query<Back>) -> Response {
    // Nothing on the page leads back to an address that holds a code.
    visit.modes.here = "/office/sign-in".to_owned();
    let Some(provider) = &visit.office.provider else {
        return sign_in_form(visit, "").shown(Some(none()));
    };
    let signed = match signed(&visit, &headers).await {
        Ok(signed) => signed,
        Err(error) => return failed(visit.modes, error),
    };
    let returned = Returned {
        state: back.state,
        code: back.code,
        error: back.error,
        issuer: back.iss,
        browser: cookie_of(&headers, COOKIE).unwrap_or_default().to_owned(),
    };
    let (house, from) = (&visit.office.house, attempt(&visit.origin, "", "", ""));
    let came = staff::come_back(house, provider, &returned, &from, signed.as_ref()).await;
    let response = match came {
        Ok(Came::In(token)) => with_cookie(see_other("/office"), Some(&token)),
        Ok(Came::Linked) => see_other("/office/identities"),
        Err(error) => match signed.filter(SignedIn::is_complete) {
            Some(signed) => shown(visit, &signed, Some(error)).await,
            None => sign_in_form(visit, "").shown(Some(error)),
        },
    };
    kept(response, None)
}

/// Who is in already.
pub(super) async fn signed(
    visit: &Visit,
    headers: &HeaderMap,
) -> Result<Option<SignedIn>, PeopleError> {
    let Some(token) = token_of(headers) else {
        return Ok(None);
    };
    let (house, origin) = (&visit.office.house, &visit.origin);
    Ok(staff::resolve(house, token, &origin.source, &origin.request).await?)
}

#[derive(askama::Template)]
#[template(path = "office/identities.html")]
struct IdentitiesPage {
    frame: Frame,
    lead: String,
    error: String,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    nothing: Empty,
    /// The button that links an account, where one may be linked.
    link: String,
    /// The key of its form.
    link_key: String,
}

async fn shown(visit: Visit, signed: &SignedIn, error: Option<PeopleError>) -> Response {
    let house = &visit.office.house;
    let identities = match staff::own_identities(house, signed).await {
        Ok(identities) => identities,
        Err(error) => return failed(visit.modes, error),
    };
    let words = visit.modes.words();
    let error = match error {
        None => String::new(),
        Some(PeopleError::Refused(messages)) => {
            let all = messages.iter().map(|message| words.render(message));
            all.collect::<Vec<_>>().join(" ")
        }
        Some(error) => return failed(visit.modes, error),
    };
    let provider = visit.office.provider.as_ref();
    let is_linked = |provider: &&Provider| {
        identities
            .iter()
            .any(|identity| identity.issuer == provider.issuer())
    };
    let link = provider
        .filter(|provider| !is_linked(provider))
        .map(|provider| saying(&visit.modes, "identity-link", provider));
    let lead = if provider.is_some() {
        "identities-lead"
    } else {
        "provider-none"
    };
    let status = if error.is_empty() { 200 } else { 422 };
    let columns = [
        "identity-issuer",
        "identity-made",
        "column-used",
        "column-do",
    ];
    let row = |identity: &Identity| {
        let used = identity.used_at.map(super::oversight::local);
        let fields = vec![
            ("identity", identity.id.to_string()),
            ("key", house.token()),
        ];
        let label = words.text("identity-unlink");
        vec![
            Cell::text(&identity.issuer),
            Cell::text(super::oversight::local(identity.made_at)),
            Cell::text(used.unwrap_or_default()),
            Cell::button(label, "/office/identities/unlink", fields)
                .confirming(words.text("identity-unlink-effect")),
        ]
    };
    let template = IdentitiesPage {
        lead: words.text(lead),
        error,
        columns: parts::columns(words, &columns),
        nothing: Empty {
            text: words.text("identities-none"),
            ..Empty::default()
        },
        rows: identities.iter().map(row).collect(),
        link: link.unwrap_or_default(),
        link_key: house.token(),
        frame: Frame::new(visit.modes.clone(), words.text("identities-title")),
    };
    page_with(status.try_into().unwrap_or_default(), &template)
}

/// `GET /office/identities`
pub async fn own(Inside { visit, signed }: Inside) -> Response {
    shown(visit, &signed, None).await
}

/// `POST /office/identities/link`
pub async fn link(Inside { visit, signed }: Inside, Form(sent): Form<Keyed>) -> Response {
    let Some(provider) = &visit.office.provider else {
        return shown(visit, &signed, Some(none())).await;
    };
    let (house, source) = (&visit.office.house, &visit.origin.source);
    match staff::begin_at_provider(house, provider, source, &sent.key, Some(&signed)).await {
        Ok(begun) => going(visit.modes.clone(), provider, &begun),
        Err(error @ PeopleError::Refused(_)) => shown(visit, &signed, Some(error)).await,
        Err(error) => failed(visit.modes, error),
    }
}

/// A link that is to be undone.
#[derive(Debug, Default, Deserialize)]
pub struct Unlink {
    #[serde(default)]
    identity: i64,
    #[serde(default)]
    key: String,
}

impl Unlink {
    fn sent(&self) -> Sent {
        Sent::new("identity", &self.key, [self.identity.to_string().as_str()])
    }
}

/// `POST /office/identities/unlink`
pub async fn unlink(Inside { visit, signed }: Inside, Form(sent): Form<Unlink>) -> Response {
    let house = &visit.office.house;
    match staff::unlink(house, &signed, &sent.sent(), sent.identity).await {
        Ok(()) => see_other("/office/identities"),
        Err(error @ PeopleError::Refused(_)) => shown(visit, &signed, Some(error)).await,
        Err(error) => failed(visit.modes, error),
    }
}

/// Buttons that undo the links of another, for who may press them.
pub(super) async fn of_another(
    visit: &Visit,
    signed: &SignedIn,
    person: &Person,
    base: &str,
) -> Result<Vec<Cell>, PeopleError> {
    let (house, words) = (&visit.office.house, visit.modes.words());
    let linked = staff::linked_by(house, signed, person).await?;
    let buttons = linked.into_iter().map(|identity| {
        let label = Message::new("identity-unlink-other").with("issuer", &identity.issuer);
        let fields = vec![
            ("identity", identity.id.to_string()),
            ("key", house.token()),
        ];
        Cell::button(words.render(&label), format!("{base}/unlink"), fields)
            .confirming(words.text("identity-unlink-effect"))
    });
    Ok(buttons.collect())
}

/// `POST /office/people/{id}/unlink`
pub async fn unlink_other(
    Inside { visit, signed }: Inside,
    Path(id): Path<i64>,
    Form(sent): Form<Unlink>,
) -> Response {
    let (house, person) = (&visit.office.house, PersonId(id));
    match staff::unlink_other(house, &signed, &sent.sent(), person, sent.identity).await {
        Ok(()) => see_other(&format!("/office/people/{id}")),
        Err(error) => failed(visit.modes, error),
    }
}
