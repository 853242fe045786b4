//! Other programs that are told what happens here.

use axum::extract::{Form, Path, RawForm};
use axum::http::StatusCode;
use axum::response::Response;
use gongkai_app::house::House;
use gongkai_app::outbox::{self, Subscription, Told, Typed};
use gongkai_app::people::{PeopleError, SignedIn, is_conflict};
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::outbox::Event;
use gongkai_domain::words::{Message, Words};
use serde::Deserialize;

use super::oversight::local;
use super::overview::OverviewPage;
use super::{Cell, Field, Inside, ToldPage, failed, see_other};
use crate::frame::modes::Modes;
use crate::frame::{Frame, page, page_with};

const ROOM: &str = "/office/webhooks";

fn address(id: i64) -> String {
    format!("{ROOM}/{id}")
}

fn state(words: &Words, of: &Subscription) -> String {
    words.text(if of.enabled {
        "webhook-running"
    } else {
        "webhook-stopped"
    })
}

fn events(words: &Words, of: &Subscription) -> String {
    let names = of.events.iter().map(|event| words.render(&event.label()));
    names.collect::<Vec<_>>().join("、")
}

/// What is wrong with a subscription.
fn faults(words: &Words, of: &Subscription) -> Vec<String> {
    let stopped = of.stopped_for.as_ref().filter(|_| !of.enabled);
    let stopped = stopped.map(|reason| Message::new("webhook-stopped-for").with("reason", reason));
    let failing = of.failing.as_ref().map(|failing| {
        Message::new("webhook-failing")
            .with("since", local(failing.failing_since))
            .with("failures", failing.failures)
            .with("at", local(failing.paused_until))
            .with("reason", &failing.last_error)
    });
    let all = stopped.into_iter().chain(failing);
    all.map(|message| words.render(&message)).collect()
}

/// `GET /office/webhooks`
pub async fn list(Inside { visit, signed }: Inside) -> Response {
    let all = match outbox::list(&visit.office.house, &signed).await {
        Ok(all) => all,
        Err(error) => return failed(visit.modes, error),
    };
    let mut shown = OverviewPage::new(visit.modes, "office-webhooks");
    let words = shown.frame.words();
    shown.leads = vec![words.text("webhooks-lead")];
    let may = signed.may(Action::WebhooksChange, Target::Installation);
    if may.is_allowed() {
        let new = Cell::link(words.text("webhook-new"), format!("{ROOM}/new"));
        shown.tools.push(new);
    }
    let rows = all.iter().map(|of| {
        vec![
            Cell::link(&of.name, address(of.id)),
            Cell::text(&of.host),
            Cell::text(events(words, of)),
            Cell::text(state(words, of)),
            Cell::text(faults(words, of).join(" ")),
        ]
    });
    let rows = rows.collect();
    let columns = [
        "webhook-name",
        "webhook-host",
        "webhook-events",
        "webhook-state",
        "outbox-reason",
    ];
    shown.table(None, &columns, rows);
    page(&shown)
}

/// `GET /office/webhooks/{id}`
pub async fn see(Inside { visit, signed }: Inside, Path(id): Path<i64>) -> Response {
    let house = &visit.office.house;
    let of = match outbox::see(house, &signed, id).await {
        Ok(of) => of,
        Err(error) => return failed(visit.modes, error),
    };
    let mut shown = OverviewPage::new(visit.modes, "office-webhooks");
    shown.frame.title.clone_from(&of.name);
    let words = shown.frame.words();
    shown.notices = faults(words, &of);
    let fact = |label: &str, value: String| (words.text(label), value);
    shown.facts = vec![
        fact("webhook-host", of.host.clone()),
        fact("webhook-events", events(words, &of)),
        fact("webhook-state", state(words, &of)),
        fact("webhook-created", local(of.created_at)),
    ];
    if signed
        .may(Action::WebhooksChange, Target::Installation)
        .is_allowed()
    {
        if of.has_old_secret {
            shown.leads.push(words.text("webhook-has-old"));
        }
        shown.leads.push(words.text("webhook-rotate-lead"));
        let base = address(of.id);
        let change = Cell::link(words.text("webhook-change"), format!("{base}/change"));
        let button = |label: &str, step: &str| {
            let fields = vec![
                ("key", house.token()),
                ("version", of.version.to_string()),
                ("step", step.to_owned()),
            ];
            Cell::button(words.text(label), format!("{base}/do"), fields)
        };
        shown.tools = vec![change];
        shown.tools.push(if of.enabled {
            button("webhook-stop", "stop")
        } else {
            button("webhook-start", "start")
        });
        if of.enabled {
            shown.tools.push(button("webhook-ping", "ping"));
        }
        shown.tools.push(button("webhook-rotate", "rotate"));
        if of.has_old_secret {
            shown.tools.push(button("webhook-retire", "retire"));
        }
        shown.tools.push(button("webhook-remove", "remove"));
    }
    page(&shown)
}

/// An event that can be chosen.
struct Choice {
    value: &'static str,
    label: String,
    is_chosen: bool,
}

#[derive(askama::Template)]
#[template(path = "office/webhook.html")]
struct WebhookForm {
    frame: Frame,
    errors: Vec<String>,
    action: String,
    fields: Vec<Field>,
    events: Vec<Choice>,
}

/// What of a subscription was sent.
#[derive(Default)]
struct Sent {
    key: String,
    version: i64,
    typed: Typed,
}

impl Sent {
    fn of(form: &[u8]) -> Self {
        let mut sent = Self::default();
        for (name, value) in url::form_urlencoded::parse(form) {
            let value = value.into_owned();
            match name.as_ref() {
                "key" => sent.key = value,
                "version" => sent.version = value.parse().unwrap_or(0),
                "name" => sent.typed.name = value,
                "url" => sent.typed.url = value,
                "event" => sent.typed.events.push(value),
                _ => {}
            }
        }
        sent
    }
}

/// The form of a new subscription, or of one that is there.
fn form(modes: Modes, sent: &Sent, there: Option<&Subscription>) -> WebhookForm {
    let words = modes.words();
    let (title, action) = match there {
        None => ("webhook-new", format!("{ROOM}/new")),
        Some(of) => ("webhook-change", format!("{}/change", address(of.id))),
    };
    let url = Field::text(words, "url", "webhook-url", &sent.typed.url);
    let url = match there {
        None => url.hint(words, "webhook-url-hint"),
        Some(of) => Field {
            hint: words.render(&Message::new("webhook-url-keep").with("host", &of.host)),
            ..url
        },
    };
    let choice = |event: Event| Choice {
        value: event.key(),
        label: words.render(&event.label()),
        is_chosen: sent.typed.events.iter().any(|typed| typed == event.key()),
    };
    WebhookForm {
        errors: Vec::new(),
        action,
        fields: vec![
            Field::hidden("key", &sent.key),
            Field::hidden("version", &sent.version.to_string()),
            Field::text(words, "name", "webhook-name", &sent.typed.name)
                .hint(words, "webhook-name-hint"),
            url,
        ],
        events: Event::SUBSCRIBED.map(choice).into_iter().collect(),
        frame: Frame::new(modes, words.text(title)),
    }
}

/// The form again with what was wrong, or a page of its own.
fn again(mut form: WebhookForm, error: PeopleError) -> Response {
    let words = form.frame.words();
    match error {
        PeopleError::Refused(wrong) => {
            form.errors = wrong.iter().map(|message| words.render(message)).collect();
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &form)
        }
        error => failed(form.frame.modes, error),
    }
}

/// Demands what a form is for, before it is shown.
async fn demand(house: &House, signed: &SignedIn, object: String) -> Result<(), PeopleError> {
    let about = ("webhook", object);
    let change = Action::WebhooksChange;
    let demanded = signed.demand(house, change, Target::Installation, about);
    demanded.await.map(drop)
}

/// `GET /office/webhooks/new`
pub async fn new_page(Inside { visit, signed }: Inside) -> Response {
    let house = &visit.office.house;
    if let Err(error) = demand(house, &signed, "-".to_owned()).await {
        return failed(visit.modes, error);
    }
    let sent = Sent {
        key: house.token(),
        ..Sent::default()
    };
    page(&form(visit.modes, &sent, None))
}

/// The page that tells a secret, once.
fn told(modes: Modes, told: Told) -> Response {
    let words = modes.words();
    let lead = match told.secret {
        Some(_) => "webhook-secret-lead",
        None => "webhook-secret-told",
    };
    page(&ToldPage {
        lead: words.text(lead),
        told: told
            .secret
            .iter()
            .map(|secret| secret.as_str().to_owned())
            .collect(),
        next: (address(told.id), words.text("webhook-secret-next")),
        frame: Frame::new(modes, words.text("webhook-secret-title")),
    })
}

/// `POST /office/webhooks/new`
pub async fn new(Inside { visit, signed }: Inside, RawForm(body): RawForm) -> Response {
    let sent = Sent::of(&body);
    let house = &visit.office.house;
    match outbox::subscribe(house, &signed, &sent.key, &sent.typed).await {
        Ok(secret) => told(visit.modes, secret),
        Err(error) => again(form(visit.modes, &sent, None), error),
    }
}

/// `GET /office/webhooks/{id}/change`
pub async fn change_page(Inside { visit, signed }: Inside, Path(id): Path<i64>) -> Response {
    let house = &visit.office.house;
    if let Err(error) = demand(house, &signed, id.to_string()).await {
        return failed(visit.modes, error);
    }
    let of = match outbox::see(house, &signed, id).await {
        Ok(of) => of,
        Err(error) => return failed(visit.modes, error),
    };
    let events = of.events.iter().map(|event| event.key().to_owned());
    let sent = Sent {
        key: house.token(),
        version: of.version,
        typed: Typed {
            name: of.name.clone(),
            url: String::new(),
            events: events.collect(),
        },
    };
    page(&form(visit.modes, &sent, Some(&of)))
}

/// `POST /office/webhooks/{id}/change`
pub async fn change(
    Inside { visit, signed }: Inside,
    Path(id): Path<i64>,
    RawForm(body): RawForm,
) -> Response {
    let mut sent = Sent::of(&body);
    let (house, seen) = (&visit.office.house, (id, sent.version));
    let error = match outbox::change(house, &signed, &sent.key, seen, &sent.typed).await {
        Ok(()) => return see_other(&address(id)),
        Err(error) => error,
    };
    let of = match outbox::see(house, &signed, id).await {
        Ok(of) => of,
        Err(_) => return failed(visit.modes, error),
    };
    if !is_conflict(&error) {
        return again(form(visit.modes, &sent, Some(&of)), error);
    }
    // Sent again, it goes over what is there now, knowingly.
    sent.version = of.version;
    let mut form = form(visit.modes, &sent, Some(&of));
    form.errors = vec![form.frame.text("office-conflict")];
    page_with(StatusCode::CONFLICT, &form)
}

/// What is to be done with a subscription.
#[derive(Debug, Default, Deserialize)]
pub struct Step {
    #[serde(default)]
    key: String,
    #[serde(default)]
    version: i64,
    #[serde(default)]
    step: String,
}

/// `POST /office/webhooks/{id}/do`
pub async fn act(
    Inside { visit, signed }: Inside,
    Path(id): Path<i64>,
    Form(sent): Form<Step>,
) -> Response {
    let (house, seen, key) = (&visit.office.house, (id, sent.version), sent.key.as_str());
    let done = match sent.step.as_str() {
        "start" | "stop" => outbox::switch(house, &signed, key, id, sent.step == "start").await,
        "ping" => outbox::ping(house, &signed, key, id).await,
        "retire" => outbox::retire(house, &signed, key, seen).await,
        "remove" => match outbox::remove(house, &signed, key, seen).await {
            Ok(()) => return see_other(ROOM),
            Err(error) => Err(error),
        },
        "rotate" => match outbox::rotate(house, &signed, key, seen).await {
            Ok(secret) => return told(visit.modes, secret),
            Err(error) => Err(error),
        },
        // A form of ours has one of these steps.
        _ => demand(house, &signed, id.to_string())
            .await
            .and(Err(Message::new("form-damaged").into())),
    };
    match done {
        Ok(()) => see_other(&address(id)),
        Err(error) => failed(visit.modes, error),
    }
}
