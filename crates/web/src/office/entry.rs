//! Coming in and going out; one's own password, second factor and sessions.

use axum::extract::{Form, Query};
use axum::http::HeaderMap;
use axum::response::Response;
use gongkai_app::people::{self as staff, Accepted, Attempt, PeopleError, SignedIn};
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::words::Message;
use serde::Deserialize;

use super::{
    Cell, Field, FormPage, Half, Inside, Origin, TablePage, ToldPage, Visit, failed, see_other,
    to_next_factor, with_cookie,
};
use crate::frame::modes::Modes;
use crate::frame::parts::Tone;
use crate::frame::{Frame, format, page};

pub(super) fn attempt(origin: &Origin, form: &str, login: &str, password: &str) -> Attempt {
    Attempt {
        form: form.to_owned(),
        login: login.to_owned(),
        password: password.to_owned(),
        source: origin.source.clone(),
        agent: origin.agent.clone(),
        request: origin.request.clone(),
    }
}

/// What a sign-in sends.
#[derive(Debug, Default, Deserialize)]
pub struct SignIn {
    #[serde(default)]
    key: String,
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
}

/// The form at the door, with the button of the other door where there is one.
pub(super) fn sign_in_form(visit: Visit, login: &str) -> FormPage {
    let words = visit.modes.words();
    let otherwise = super::identities::button(&visit);
    let fields = vec![
        Field::hidden("key", &visit.office.house.token()),
        Field::text(words, "login", "field-login", login).fills("username"),
        Field::password(words, "password", "field-password", "current-password"),
    ];
    let form = FormPage::new(
        visit.modes,
        "sign-in-title",
        "/office/sign-in",
        fields,
        "sign-in-send",
    );
    FormPage { otherwise, ..form }.at_the_door()
}

/// `GET /office/sign-in`
pub async fn sign_in_page(visit: Visit, headers: HeaderMap) -> Response {
    // A form that was sent twice ends here: who is in goes in.
    match super::identities::signed(&visit, &headers).await {
        Ok(Some(signed)) if signed.is_complete() => return see_other("/office"),
        Ok(_) => {}
        Err(error) => return failed(visit.modes, error),
    }
    sign_in_form(visit, "").shown(None)
}

/// `POST /office/sign-in`
pub async fn sign_in(visit: Visit, Form(sent): Form<SignIn>) -> Response {
    let from = attempt(&visit.origin, &sent.key, &sent.login, &sent.password);
    match staff::sign_in(&visit.office.house, &visit.office.hasher, &from).await {
        Ok(token) => with_cookie(see_other("/office"), Some(&token)),
        Err(error) => sign_in_form(visit, &sent.login).shown(Some(error)),
    }
}

/// What accepts an invitation.
#[derive(Debug, Default, Deserialize)]
pub struct Join {
    #[serde(default)]
    key: String,
    #[serde(default)]
    token: String,
    #[serde(default)]
    login: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

/// Steps of joining: password, telephone, recovery codes.
const JOIN_STEPS: u32 = 3;

fn join_form(modes: Modes, sent: &Join, is_setup: bool) -> FormPage {
    let words = modes.words();
    let mut fields = vec![
        Field::hidden("token", &sent.token),
        Field::hidden("key", &sent.key),
    ];
    if is_setup {
        fields.push(
            Field::text(words, "login", "field-login", &sent.login)
                .hint(words, "field-login-hint")
                .fills("username"),
        );
        fields.push(
            Field::text(words, "display_name", "field-name", &sent.display_name).fills("name"),
        );
    }
    fields.push(
        Field::password(words, "password", "field-new-password", "new-password")
            .hint(words, "field-new-password-hint"),
    );
    fields.push(Field::password(
        words,
        "again",
        "field-again",
        "new-password",
    ));
    let lead = if is_setup {
        "join-setup-lead"
    } else {
        "join-lead"
    };
    FormPage::new(modes, "join-title", "/office/join", fields, "join-send")
        .lead(lead)
        .at_the_door()
        .step(1, JOIN_STEPS)
}

/// `GET /office/join`
pub async fn join_page(visit: Visit, Query(mut asked): Query<Join>) -> Response {
    asked.key = visit.office.house.token();
    match staff::invitation(&visit.office.house, &asked.token).await {
        Ok(found) => join_form(visit.modes, &asked, found.person.is_none()).shown(None),
        Err(error) => failed(visit.modes, error),
    }
}

/// `POST /office/join`
pub async fn join(visit: Visit, Form(sent): Form<Join>) -> Response {
    let house = &visit.office.house;
    let joined = if sent.password == sent.again {
        accept(&visit, &sent).await
    } else {
        Err(Message::new("passwords-differ").into())
    };
    let error = match joined {
        Ok(token) => return with_cookie(see_other("/office"), Some(&token)),
        Err(error) => error,
    };
    match staff::invitation(house, &sent.token).await {
        Ok(found) => join_form(visit.modes, &sent, found.person.is_none()).shown(Some(error)),
        Err(over) => failed(visit.modes, over),
    }
}

async fn accept(visit: &Visit, sent: &Join) -> Result<String, PeopleError> {
    let accepted = Accepted {
        form: sent.key.clone(),
        token: sent.token.clone(),
        login: sent.login.clone(),
        display_name: sent.display_name.clone(),
        password: sent.password.clone(),
    };
    let from = attempt(&visit.origin, "", &sent.login, "");
    staff::accept(&visit.office.house, &visit.office.hasher, &accepted, &from).await
}

/// A code that is sent, with the secret that was offered where there is none
/// yet.
#[derive(Debug, Default, Deserialize)]
pub struct Code {
    #[serde(default)]
    code: String,
    #[serde(default)]
    offered: String,
}

fn code_field(modes: &Modes, hint: &str) -> Field {
    let words = modes.words();
    Field::text(words, "code", "field-code", "")
        .short()
        .hint(words, hint)
        .fills("one-time-code")
}

fn factor_form(modes: Modes) -> FormPage {
    let fields = vec![code_field(&modes, "field-code-hint")];
    let action = "/office/second-factor";
    FormPage::new(
        modes,
        "second-factor-title",
        action,
        fields,
        "second-factor-send",
    )
    .at_the_door()
}

/// `GET /office/second-factor`
pub async fn second_factor_page(Half { visit, signed }: Half) -> Response {
    if signed.is_complete() {
        return see_other("/office");
    }
    if signed.person.totp.is_none() {
        return to_next_factor(&signed);
    }
    factor_form(visit.modes).shown(None)
}

/// `POST /office/second-factor`
pub async fn second_factor(Half { visit, signed }: Half, Form(sent): Form<Code>) -> Response {
    match staff::second_factor(&visit.office.house, &signed, &sent.code).await {
        Ok(token) => with_cookie(see_other("/office"), Some(&token)),
        Err(error) => factor_form(visit.modes).shown(Some(error)),
    }
}

async fn enrol_form(visit: Visit, signed: &SignedIn, error: Option<PeopleError>) -> Response {
    let offered = match staff::begin_enrolment(&visit.office.house, signed).await {
        Ok(offered) => offered,
        Err(error) => return failed(visit.modes, error),
    };
    let words = visit.modes.words();
    let typed: Vec<char> = offered.secret.chars().collect();
    let typed: Vec<String> = typed.chunks(4).map(|part| part.iter().collect()).collect();
    let told = Message::new("enrol-lead").with("secret", typed.join(" "));
    let fields = vec![
        Field::hidden("offered", &offered.offered),
        code_field(&visit.modes, "enrol-code-hint"),
    ];
    let lead = words.render(&told);
    let form = FormPage::new(
        visit.modes,
        "enrol-title",
        "/office/enrol",
        fields,
        "enrol-send",
    );
    FormPage {
        lead,
        picture: offered.picture,
        ..form
    }
    .at_the_door()
    .step(2, JOIN_STEPS)
    .shown(error)
}

/// `GET /office/enrol`
pub async fn enrol_page(Half { visit, signed }: Half) -> Response {
    enrol_form(visit, &signed, None).await
}

/// `POST /office/enrol`
pub async fn enrol(Half { visit, signed }: Half, Form(sent): Form<Code>) -> Response {
    let house = &visit.office.house;
    match staff::end_enrolment(house, &signed, &sent.offered, &sent.code).await {
        Ok((token, codes)) => {
            let words = visit.modes.words();
            let codes = codes.into_iter().map(|code| {
                let parts: Vec<&str> = [0, 4, 8, 12]
                    .iter()
                    .filter_map(|at| code.get(*at..*at + 4))
                    .collect();
                parts.join("-")
            });
            let frame = Frame::new(visit.modes, words.text("codes-title"));
            let next = ("/office", "codes-next");
            let told = ToldPage::new(frame, "codes-lead", codes.collect(), next);
            let told = page(&told.step(JOIN_STEPS, JOIN_STEPS));
            with_cookie(told, Some(&token))
        }
        Err(error @ PeopleError::Refused(_)) => enrol_form(visit, &signed, Some(error)).await,
        Err(error) => failed(visit.modes, error),
    }
}

/// `POST /office/sign-out`
pub async fn sign_out(Half { visit, signed }: Half) -> Response {
    match staff::sign_out(&visit.office.house, &signed).await {
        Ok(()) => with_cookie(see_other("/office/sign-in"), None),
        Err(error) => failed(visit.modes, error),
    }
}

/// A password that is changed.
#[derive(Debug, Default, Deserialize)]
pub struct Change {
    #[serde(default)]
    old: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
}

fn password_form(modes: Modes) -> FormPage {
    let words = modes.words();
    let fields = vec![
        Field::password(words, "old", "field-old-password", "current-password"),
        Field::password(words, "password", "field-new-password", "new-password")
            .hint(words, "field-new-password-hint"),
        Field::password(words, "again", "field-again", "new-password"),
    ];
    FormPage::new(
        modes,
        "password-title",
        "/office/password",
        fields,
        "password-send",
    )
}

async fn demand(visit: &Visit, signed: &SignedIn, action: Action) -> Result<(), PeopleError> {
    let about = ("person", signed.person.id.0.to_string());
    let allowed = signed.demand(&visit.office.house, action, Target::Oneself, about);
    allowed.await.map(drop)
}

/// `GET /office/password`
pub async fn password_page(Inside { visit, signed }: Inside) -> Response {
    match demand(&visit, &signed, Action::SelfPassword).await {
        Ok(()) => password_form(visit.modes).lead("password-lead").shown(None),
        Err(error) => failed(visit.modes, error),
    }
}

/// `POST /office/password`
pub async fn password(Inside { visit, signed }: Inside, Form(sent): Form<Change>) -> Response {
    if let Err(error) = demand(&visit, &signed, Action::SelfPassword).await {
        return failed(visit.modes, error);
    }
    if sent.password != sent.again {
        let differ = PeopleError::from(Message::new("passwords-differ"));
        return password_form(visit.modes).shown(Some(differ));
    }
    let (house, hasher) = (&visit.office.house, &visit.office.hasher);
    match staff::change_password(house, hasher, &signed, &sent.old, &sent.password).await {
        Ok(()) => see_other("/office"),
        Err(error) => password_form(visit.modes).shown(Some(error)),
    }
}

/// `GET /office/sessions`
pub async fn sessions_page(Inside { visit, signed }: Inside) -> Response {
    if let Err(error) = demand(&visit, &signed, Action::SelfSessions).await {
        return failed(visit.modes, error);
    }
    let sessions = match staff::own_sessions(&visit.office.house, &signed).await {
        Ok(sessions) => sessions,
        Err(error) => return failed(visit.modes, error),
    };
    let words = visit.modes.words();
    let columns = ["column-used", "column-source", "column-agent", "column-do"];
    let mut table = TablePage::new(visit.modes, "sessions-title", &columns);
    table.lead = words.text("sessions-lead");
    table.rows = sessions
        .into_iter()
        .map(|session| {
            let here = session.digest == signed.session.digest;
            let end = vec![("session", session.digest)];
            vec![
                Cell::text(format::instant(session.used_at)),
                Cell::text(session.source),
                Cell::text(session.agent),
                if here {
                    Cell::state(words.text("session-here"), Tone::Good)
                } else {
                    Cell::button(words.text("session-end"), "/office/sessions/end", end)
                },
            ]
        })
        .collect();
    page(&table)
}

/// The session that is to end; all but this one where none is named.
#[derive(Debug, Default, Deserialize)]
pub struct EndSession {
    #[serde(default)]
    session: String,
}

/// `POST /office/sessions/end`
pub async fn end_sessions(
    Inside { visit, signed }: Inside,
    Form(sent): Form<EndSession>,
) -> Response {
    if let Err(error) = demand(&visit, &signed, Action::SelfSessions).await {
        return failed(visit.modes, error);
    }
    match staff::end_own_session(&visit.office.house, &signed, &sent.session).await {
        Ok(()) => see_other("/office/sessions"),
        Err(error) => failed(visit.modes, error),
    }
}
