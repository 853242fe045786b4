//! What goes out: what waits, was sent, was refused. Addresses are masked.

use axum::extract::{Form, Path, Query};
use axum::response::Response;
use gongkai_app::outbox;
use gongkai_app::store::outbox::Listed;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::outbox::{Event, State};
use gongkai_domain::words::{Message, Words};
use jiff::Timestamp;
use serde::Deserialize;

use super::oversight::local;
use super::overview::OverviewPage;
use super::parts::Keyed;
use super::{Cell, Inside, failed, see_other};
use crate::frame::page;

/// Rows on a page.
const PAGE: i64 = 100;
const ROOM: &str = "/office/outbox";

/// Which messages.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    before: i64,
    #[serde(default)]
    state: String,
}

/// What a message is about.
fn purpose(words: &Words, purpose: &str) -> String {
    match (purpose, Event::from_key(purpose)) {
        (_, Some(event)) => words.render(&event.label()),
        ("try", _) => words.text("purpose-try"),
        ("webhook.stopped", _) => words.text("purpose-webhook-stopped"),
        // One of another version of the program.
        (other, _) => other.to_owned(),
    }
}

/// What a server is called.
fn destination(words: &Words, name: &str) -> String {
    match (name, name.strip_prefix("webhook/")) {
        ("mail", _) => words.text("destination-mail"),
        ("sms", _) => words.text("destination-sms"),
        (_, Some(number)) => {
            words.render(&Message::new("destination-webhook").with("number", number))
        }
        (other, None) => other.to_owned(),
    }
}

fn row(words: &Words, message: Listed, may_send: bool, now: Timestamp, key: String) -> Vec<Cell> {
    let in_hand = message.leased_until.is_some_and(|until| until > now);
    let next = match message.state {
        State::Waiting if in_hand => words.text("outbox-in-hand"),
        State::Waiting => local(message.next_at),
        _ => message.ended_at.map(local).unwrap_or_default(),
    };
    let may_go = may_send && message.state.may_go_again() && message.erased_at.is_none();
    let again = may_go.then(|| {
        let to = format!("{ROOM}/{}/again", message.id);
        Cell::button(words.text("outbox-again"), to, vec![("key", key)])
    });
    let shown = match message.erased_at {
        Some(_) => words.text("outbox-erased"),
        None => message.shown,
    };
    vec![
        Cell::text(local(message.created_at)),
        Cell::text(words.render(&message.channel.label())),
        Cell::text(purpose(words, &message.purpose)),
        Cell::text(shown),
        Cell::text(words.render(&message.state.label())),
        Cell::text(next),
        Cell::text(message.attempts.to_string()),
        Cell::text(message.last_error.unwrap_or_default()),
        again.unwrap_or_default(),
    ]
}

const COLUMNS: [&str; 9] = [
    "outbox-written",
    "outbox-channel",
    "outbox-purpose",
    "outbox-to",
    "column-state",
    "column-at",
    "outbox-attempts",
    "outbox-reason",
    "column-do",
];

/// `GET /office/outbox`
pub async fn list(Inside { visit, signed }: Inside, Query(asked): Query<Asked>) -> Response {
    let house = &visit.office.house;
    let before = Some(asked.before).filter(|before| *before > 0);
    let state = State::from_key(&asked.state);
    let found = outbox::overview(house, &signed, state, before.unwrap_or(i64::MAX), PAGE).await;
    let found = match found {
        Ok(found) => found,
        Err(error) => return failed(visit.modes, error),
    };
    let may = |action| signed.may(action, Target::Installation).is_allowed();
    let may_send = may(Action::OutboxSend);
    let mut shown = OverviewPage::new(visit.modes, "office-outbox");
    let words = shown.frame.words();
    let lead = Message::new("outbox-lead").with("days", found.kept_days);
    shown.leads = vec![words.render(&lead)];
    let failing = found.failing.iter().map(|failing| {
        let message = Message::new("outbox-failing")
            .with("name", destination(words, &failing.name))
            .with("failures", failing.failures)
            .with("at", local(failing.paused_until))
            .with("reason", &failing.last_error);
        words.render(&message)
    });
    shown.notices = failing.collect();
    let all: i64 = found.counts.iter().map(|(_, count)| count).sum();
    let all = Message::new("outbox-all").with("count", all);
    shown.counts = vec![Cell::link(words.render(&all), ROOM)];
    shown
        .counts
        .extend(found.counts.iter().map(|(state, count)| {
            let label = Message::new("outbox-count")
                .with("state", words.render(&state.label()))
                .with("count", count);
            Cell::link(
                words.render(&label),
                format!("{ROOM}?state={}", state.key()),
            )
        }));
    if may_send {
        let fields = vec![("key", house.token())];
        let to = format!("{ROOM}/try");
        shown
            .tools
            .push(Cell::button(words.text("outbox-try"), to, fields));
    }
    if may(Action::SettingsSee) {
        let to = format!("/office/settings/{}", gongkai_domain::settings::KEPT_DAYS);
        shown.tools.push(Cell::link(words.text("outbox-kept"), to));
    }
    let is_full = found.listed.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = found.listed.last().filter(|_| is_full).map(|last| {
        let state = state.map_or("", State::key);
        format!("{ROOM}?state={state}&before={}", last.id)
    });
    let rows = found.listed.into_iter();
    let rows = rows.map(|message| row(words, message, may_send, house.now(), house.token()));
    let rows = rows.collect();
    shown.table(None, &COLUMNS, rows);
    if let (Some(more), Some(table)) = (more, shown.tables.last_mut()) {
        table.more = more;
    }
    page(&shown)
}

/// `POST /office/outbox/{id}/again`
pub async fn again(
    Inside { visit, signed }: Inside,
    Path(id): Path<i64>,
    Form(sent): Form<Keyed>,
) -> Response {
    match outbox::again(&visit.office.house, &signed, &sent.key, id).await {
        Ok(()) => see_other(ROOM),
        Err(error) => failed(visit.modes, error),
    }
}

/// `POST /office/outbox/try`
pub async fn try_mail(Inside { visit, signed }: Inside, Form(sent): Form<Keyed>) -> Response {
    let words = visit.modes.words();
    match outbox::try_mail(&visit.office.house, &signed, &sent.key, words).await {
        Ok(()) => see_other(ROOM),
        Err(error) => failed(visit.modes, error),
    }
}
