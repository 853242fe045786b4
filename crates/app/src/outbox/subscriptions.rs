//! Subscriptions of other programs: made, changed, stopped by who runs the
//! installation, and by the program where nobody answers for days.

use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::permissions::{Action, Target};
use gongkai_domain::outbox::{Event, Line};
use gongkai_domain::words::Message;
use gongkai_store::webhooks::{self, Contents, Webhook};
use gongkai_store::{StoreError, Tx, outbox};
use jiff::Timestamp;
use serde_json::json;
use url::Url;

use super::look::deed;
use super::notice::tell_administrators;
use super::of_subscription;
use super::webhook::{Sealed, Secret, opened, sealed, write};
use crate::audit::{self, Deed, Who};
use crate::house::House;
use crate::jobs;
use crate::once::once;
use crate::people::{PeopleError, SignedIn};
use crate::vault::VaultError;

const KIND: &str = "webhook";
const SEE: Action = Action::WebhooksSee;
const CHANGE: Action = Action::WebhooksChange;
/// Longer than any address of a receiver.
const URL_BYTES_MAX: usize = 2000;
/// Each is told in the transaction of what happens.
const SUBSCRIPTIONS_MAX: usize = 20;

/// A subscription as it is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    /// What people call it.
    pub name: String,
    /// The address; empty, where there is one already, to leave it.
    pub url: String,
    /// Of what it is told, by the words of events.
    pub events: Vec<String>,
}

/// A subscription as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Its number.
    pub id: i64,
    /// What people call it.
    pub name: String,
    /// The host of its address; the rest may be secret.
    pub host: String,
    /// Of what it is told.
    pub events: Vec<Event>,
    /// Whether it is told anything.
    pub enabled: bool,
    /// Why the program stopped it; none if a person did.
    pub stopped_for: Option<String>,
    /// Whether the secret before still holds.
    pub has_old_secret: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Counts its changes, from 1.
    pub version: i64,
    /// Since when it fails, how often, and what came last.
    pub failing: Option<outbox::Failing>,
}

/// A secret that is told once. Whoever sent the form twice is told the second
/// time that it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The subscription.
    pub id: i64,
    /// Its secret; none where it was told before.
    pub secret: Option<Secret>,
}

async fn demand(
    house: &House,
    signed: &SignedIn,
    action: Action,
    object: &str,
) -> Result<Who, PeopleError> {
    let about = (KIND, object.to_owned());
    signed
        .demand(house, action, Target::Installation, about)
        .await
}

fn events_of(text: &str) -> Vec<Event> {
    text.split(' ').filter_map(Event::from_key).collect()
}

async fn shown(tx: &mut Tx, house: &House, webhook: Webhook) -> Result<Subscription, PeopleError> {
    let sealed = opened(house, &webhook).await?;
    let failing = outbox::destination(tx, &of_subscription(webhook.id)).await?;
    Ok(Subscription {
        id: webhook.id,
        events: events_of(&webhook.contents.events),
        name: webhook.contents.name,
        host: webhook.contents.host,
        enabled: webhook.enabled,
        stopped_for: webhook.stopped_for,
        has_old_secret: sealed.old.is_some(),
        created_at: webhook.created_at,
        version: webhook.version,
        failing,
    })
}

/// All subscriptions.
///
/// # Errors
/// [`PeopleError::Denied`].
pub async fn list(house: &House, signed: &SignedIn) -> Result<Vec<Subscription>, PeopleError> {
    demand(house, signed, SEE, "-").await?;
    let mut tx = house.db.read().await?;
    let mut all = Vec::new();
    for webhook in webhooks::all(&mut tx).await? {
        all.push(shown(&mut tx, house, webhook).await?);
    }
    tx.roll_back().await?;
    Ok(all)
}

/// One of them.
///
/// # Errors
/// [`PeopleError::Denied`], [`PeopleError::Missing`].
pub async fn see(house: &House, signed: &SignedIn, id: i64) -> Result<Subscription, PeopleError> {
    demand(house, signed, SEE, &id.to_string()).await?;
    let mut tx = house.db.read().await?;
    let webhook = webhooks::get(&mut tx, id).await?;
    let shown = shown(&mut tx, house, webhook.ok_or(PeopleError::Missing)?).await?;
    tx.roll_back().await?;
    Ok(shown)
}

/// What was typed, read.
struct Read {
    name: String,
    url: Option<Url>,
    events: String,
}

impl Read {
    fn host(&self) -> String {
        let host = self.url.as_ref().and_then(Url::host_str);
        host.unwrap_or_default().to_owned()
    }
}

fn url_of(house: &House, text: &str) -> Result<Url, Message> {
    let url = Url::parse(text.trim()).ok().filter(|url| {
        ["https", "http"].contains(&url.scheme())
            && url.has_host()
            && url.fragment().is_none()
            && url.as_str().len() <= URL_BYTES_MAX
    });
    let url = url.ok_or_else(|| Message::new("outgoing-scheme"))?;
    match house.fetcher.refusal(&url) {
        Some(refusal) => Err(refusal),
        None => Ok(url),
    }
}

fn read(house: &House, typed: &Typed, is_new: bool) -> Result<Read, PeopleError> {
    let mut wrong = Vec::new();
    let name = Line::parse(&typed.name);
    if name.is_err() {
        wrong.push(Message::new("webhook-name-wrong"));
    }
    let url = match typed.url.trim() {
        "" if !is_new => None,
        text => match url_of(house, text) {
            Ok(url) => Some(url),
            Err(message) => {
                wrong.push(message);
                None
            }
        },
    };
    let chosen = Event::SUBSCRIBED.iter().map(|event| event.key());
    let chosen: Vec<&str> = chosen
        .filter(|key| typed.events.iter().any(|typed| typed == key))
        .collect();
    if chosen.is_empty() {
        wrong.push(Message::new("webhook-no-events"));
    }
    match name {
        Ok(name) if wrong.is_empty() => Ok(Read {
            name: name.as_str().to_owned(),
            url,
            events: chosen.join(" "),
        }),
        _ => Err(PeopleError::Refused(wrong)),
    }
}

fn fields(typed: &Typed) -> Vec<&str> {
    let own = [typed.name.as_str(), typed.url.as_str()].into_iter();
    own.chain(typed.events.iter().map(String::as_str)).collect()
}

/// The secret that was drawn for a form, if it is the one that is kept: where
/// the form was sent before, the one of before is.
async fn told(house: &House, id: i64, drawn: Secret) -> Result<Told, PeopleError> {
    let mut tx = house.db.read().await?;
    let webhook = webhooks::get(&mut tx, id).await?;
    tx.roll_back().await?;
    let kept = opened(house, &webhook.ok_or(PeopleError::Missing)?).await?;
    Ok(Told {
        id,
        secret: (kept.secret == drawn).then_some(drawn),
    })
}

fn number(answer: &str) -> Result<i64, PeopleError> {
    let wrong = |_| StoreError::Refused("the answer kept for a form is no number".to_owned());
    Ok(answer.parse().map_err(wrong)?)
}

/// Subscribes a program. Sent twice, it is done once.
///
/// # Errors
/// [`PeopleError::Refused`] with everything that is wrong.
pub async fn subscribe(
    house: &House,
    signed: &SignedIn,
    key: &str,
    typed: &Typed,
) -> Result<Told, PeopleError> {
    let who = demand(house, signed, CHANGE, "-").await?;
    let read = read(house, typed, true)?;
    let secret = Secret::draw(&*house.chance);
    let sent = signed.sent("webhook.add", key, fields(typed));
    let work = async |mut tx: Tx| {
        if webhooks::all(&mut tx).await?.len() >= SUBSCRIPTIONS_MAX {
            return Err(Message::new("webhook-too-many")
                .with("max", SUBSCRIPTIONS_MAX)
                .into());
        }
        let url = read.url.as_ref().map(Url::to_string);
        let of = Sealed {
            url: url.unwrap_or_default(),
            secret: secret.clone(),
            old: None,
        };
        let key = house.vault.new_key().await?;
        let contents = Contents {
            name: read.name.clone(),
            host: read.host(),
            events: read.events.clone(),
            sealed: sealed(&key, &of)?,
        };
        let id = webhooks::add(&mut tx, &contents, &key.id, house.now()).await?;
        let detail =
            json!({ "step": "subscribe", "host": contents.host, "events": contents.events });
        let deed = deed(CHANGE, KIND, id.to_string(), detail);
        audit::write(&mut tx, &who, &deed, house.now()).await?;
        Ok::<_, PeopleError>((tx, id.to_string()))
    };
    let id = number(&once(house, &sent, work).await?)?;
    told(house, id, secret).await
}

/// Changes what is sealed or said of a subscription whose version was seen.
async fn changed(
    house: &House,
    tx: &mut Tx,
    who: &Who,
    (id, version): (i64, i64),
    step: &str,
    edit: impl FnOnce(&mut Contents, &mut Sealed),
) -> Result<(), PeopleError> {
    let webhook = webhooks::get(tx, id).await?;
    let webhook = webhook.ok_or(PeopleError::Missing)?;
    let mut of = opened(house, &webhook).await?;
    let mut contents = webhook.contents;
    edit(&mut contents, &mut of);
    let key = house.vault.key(&webhook.key).await?;
    contents.sealed = sealed(&key, &of)?;
    webhooks::change(tx, id, &contents, version, house.now()).await?;
    let detail = json!({ "step": step, "host": contents.host, "events": contents.events });
    let deed = deed(CHANGE, KIND, id.to_string(), detail);
    Ok(audit::write(tx, who, &deed, house.now()).await?)
}

/// Changes name, address and events. Sent twice, it is done once.
///
/// # Errors
/// [`PeopleError::Refused`] with everything that is wrong;
/// [`StoreError::Conflict`] if it was changed meanwhile.
pub async fn change(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: (i64, i64),
    typed: &Typed,
) -> Result<(), PeopleError> {
    let (object, version) = (seen.0.to_string(), seen.1.to_string());
    let who = demand(house, signed, CHANGE, &object).await?;
    let read = read(house, typed, false)?;
    let all = [object.as_str(), version.as_str()];
    let all = all.into_iter().chain(fields(typed));
    let sent = signed.sent("webhook.change", key, all);
    let work = async |mut tx: Tx| {
        let edit = |contents: &mut Contents, of: &mut Sealed| {
            contents.name.clone_from(&read.name);
            contents.events.clone_from(&read.events);
            if let Some(url) = &read.url {
                contents.host = read.host();
                of.url = url.to_string();
            }
        };
        changed(house, &mut tx, &who, seen, "change", edit).await?;
        Ok::<_, PeopleError>((tx, String::new()))
    };
    once(house, &sent, work).await.map(drop)
}

/// Draws a new secret; the one before holds until it is [`retire`]d, and all
/// messages carry both signatures. Sent twice, it is done once.
///
/// # Errors
/// [`StoreError::Conflict`] if it was changed meanwhile.
pub async fn rotate(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: (i64, i64),
) -> Result<Told, PeopleError> {
    let (object, version) = (seen.0.to_string(), seen.1.to_string());
    let who = demand(house, signed, CHANGE, &object).await?;
    let secret = Secret::draw(&*house.chance);
    let all = [object.as_str(), version.as_str()];
    let sent = signed.sent("webhook.rotate", key, all);
    let work = async |mut tx: Tx| {
        let edit = |_: &mut Contents, of: &mut Sealed| {
            of.old = Some(std::mem::replace(&mut of.secret, secret.clone()));
        };
        changed(house, &mut tx, &who, seen, "rotate", edit).await?;
        Ok::<_, PeopleError>((tx, String::new()))
    };
    once(house, &sent, work).await?;
    told(house, seen.0, secret).await
}

/// Forgets the secret before.
///
/// # Errors
/// As [`rotate`].
pub async fn retire(
    house: &House,
    signed: &SignedIn,
    key: &str,
    seen: (i64, i64),
) -> Result<(), PeopleError> {
    let (object, version) = (seen.0.to_string(), seen.1.to_string());
    let who = demand(house, signed, CHANGE, &object).await?;
    let all = [object.as_str(), version.as_str()];
    let sent = signed.sent("webhook.retire", key, all);
    let work = async |mut tx: Tx| {
        let edit = |_: &mut Contents, of: &mut Sealed| of.old = None;
        changed(house, &mut tx, &who, seen, "retire", edit).await?;
        Ok::<_, PeopleError>((tx, String::new()))
    };
    once(house, &sent, work).await.map(drop)
}

/// Starts or stops a subscription. What waits for one that is stopped is given
/// up; one that is started begins anew, without the failures of before.
///
/// # Errors
/// [`PeopleError::Missing`].
pub async fn switch(
    house: &House,
    signed: &SignedIn,
    key: &str,
    id: i64,
    on: bool,
) -> Result<(), PeopleError> {
    let object = id.to_string();
    let who = demand(house, signed, CHANGE, &object).await?;
    let step = if on { "start" } else { "stop" };
    let sent = signed.sent("webhook.switch", key, [object.as_str(), step]);
    let work = async |mut tx: Tx| {
        let webhook = webhooks::get(&mut tx, id).await?;
        webhook.ok_or(PeopleError::Missing)?;
        let now = house.now();
        if webhooks::switch(&mut tx, id, on, None, now).await? {
            let destination = of_subscription(id);
            outbox::worked(&mut tx, &destination).await?;
            if !on {
                let reason = "the subscription was stopped";
                outbox::give_up(&mut tx, &destination, now, now, reason).await?;
            }
            let deed = deed(CHANGE, KIND, object.clone(), json!({ "step": step }));
            audit::write(&mut tx, &who, &deed, now).await?;
        }
        Ok::<_, PeopleError>((tx, String::new()))
    };
    once(house, &sent, work).await.map(drop)
}

/// Removes a subscription whose version was seen, with its secrets.
///
/// # Errors
/// [`StoreError::Conflict`] if it was changed meanwhile.
pub async fn remove(
    house: &House,
    signed: &SignedIn,
    key: &str,
    (id, version): (i64, i64),
) -> Result<(), PeopleError> {
    let (object, seen) = (id.to_string(), version.to_string());
    let who = demand(house, signed, CHANGE, &object).await?;
    let all = [object.as_str(), seen.as_str()];
    let sent = signed.sent("webhook.remove", key, all);
    let work = async |mut tx: Tx| {
        let webhook = webhooks::get(&mut tx, id).await?;
        let webhook = webhook.ok_or(PeopleError::Missing)?;
        let (now, destination) = (house.now(), of_subscription(id));
        webhooks::remove(&mut tx, id, version).await?;
        outbox::worked(&mut tx, &destination).await?;
        let reason = "the subscription was removed";
        outbox::give_up(&mut tx, &destination, now, now, reason).await?;
        jobs::enqueue(&mut tx, house, jobs::ERASE_KEY, &webhook.key).await?;
        let detail = json!({ "step": "remove", "host": webhook.contents.host });
        let deed = deed(CHANGE, KIND, object.clone(), detail);
        audit::write(&mut tx, &who, &deed, now).await?;
        Ok::<_, PeopleError>((tx, String::new()))
    };
    once(house, &sent, work).await.map(drop)
}

/// Writes a message to a subscription, to try the way.
///
/// # Errors
/// [`PeopleError::Refused`] if it is stopped.
pub async fn ping(house: &House, signed: &SignedIn, key: &str, id: i64) -> Result<(), PeopleError> {
    let object = id.to_string();
    let who = demand(house, signed, CHANGE, &object).await?;
    let sent = signed.sent("webhook.ping", key, [object.as_str()]);
    let work = async |mut tx: Tx| {
        let webhook = webhooks::get(&mut tx, id).await?;
        let webhook = webhook.ok_or(PeopleError::Missing)?;
        if !webhook.enabled {
            return Err(Message::new("webhook-is-stopped").into());
        }
        let message = write(&mut tx, house, &webhook, Event::Ping, &json!({})).await?;
        let deed = deed(CHANGE, KIND, object.clone(), json!({ "step": "ping" }));
        audit::write(&mut tx, &who, &deed, house.now()).await?;
        Ok::<_, PeopleError>((tx, message.to_string()))
    };
    once(house, &sent, work).await.map(drop)
}

/// Stops a subscription that nobody answers for, gives up what waits for it,
/// and tells the administrators.
pub(super) async fn stop(
    tx: &mut Tx,
    house: &House,
    id: i64,
    reason: &str,
) -> Result<(), VaultError> {
    let Some(webhook) = webhooks::get(tx, id).await? else {
        return Ok(());
    };
    let (now, destination) = (house.now(), of_subscription(id));
    if !webhooks::switch(tx, id, false, Some(reason), now).await? {
        return Ok(());
    }
    outbox::worked(tx, &destination).await?;
    outbox::give_up(tx, &destination, now, now, reason).await?;
    let subject = Message::new("webhook-stopped-subject").with("name", &webhook.contents.name);
    let text = Message::new("webhook-stopped-text")
        .with("name", &webhook.contents.name)
        .with("host", &webhook.contents.host)
        .with("reason", reason);
    let told = tell_administrators(tx, house, "webhook.stopped", &subject, &text).await?;
    let deed = Deed {
        action: "webhooks.stopped",
        object_kind: KIND,
        object: id.to_string(),
        outcome: Outcome::Done,
        detail: json!({ "reason": reason, "told": told }),
    };
    Ok(audit::write(tx, &Who::program("outbox"), &deed, now).await?)
}
