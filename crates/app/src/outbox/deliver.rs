//! Sending what waits, and what becomes of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gongkai_domain::audit::Outcome as Ended;
use gongkai_domain::outbox::{Line, MailAddress, State, TRIED_FOR, wait_after};
use gongkai_domain::register::Phone;
use gongkai_store::outbox::{self, Claimed};
use gongkai_store::{StoreError, Tx};
use jiff::{SignedDuration, Timestamp};
use metrics::counter;
use serde_json::json;

use super::webhook::Answered;
use super::{Body, FIELD, send_at, subscription_of, subscriptions, webhook};
use crate::audit::{self, Deed, Who};
use crate::house::{House, later};
use crate::jobs::{self, JobError};
use crate::people::PeopleError;
use crate::ports::{Attachment, Mail, NotSent, Text};
use crate::settings::values_in;
use crate::vault::VaultError;

/// How long a message is leased: longer than any server may take for it.
const LEASE: SignedDuration = SignedDuration::from_mins(5);
/// Messages that one job sends, and how long it may take: others wait too.
const AT_ONCE: usize = 100;
const BUDGET: SignedDuration = SignedDuration::from_secs(30);

/// Job `outbox.deliver`: sends what is due for a destination, one after the
/// other; what is due later gets a job of its own.
///
/// # Errors
/// The store's; what a server says is written down with the message.
pub async fn deliver(house: &House, payload: &str) -> Result<Option<Tx>, JobError> {
    let destination: String = serde_json::from_str(payload).map_err(JobError::never)?;
    let sender = house.token();
    let begun = house.now();
    for _ in 0..AT_ONCE {
        let now = house.now();
        let mut tx = house.db.write().await.map_err(JobError::again)?;
        match turn(&mut tx, &destination, &sender, now).await? {
            Turn::At(at) => {
                if let Some(at) = at {
                    let sent = send_at(&mut tx, house, &destination, at).await;
                    sent.map_err(JobError::again)?;
                }
                return Ok(Some(tx));
            }
            Turn::Now(message) => {
                tx.commit().await.map_err(JobError::again)?;
                send_one(house, &destination, &sender, &message).await?;
            }
        }
        if house.now().duration_since(begun) >= BUDGET {
            break;
        }
    }
    let mut tx = house.db.write().await.map_err(JobError::again)?;
    send_at(&mut tx, house, &destination, house.now())
        .await
        .map_err(JobError::again)?;
    Ok(Some(tx))
}

/// Whose turn it is.
enum Turn {
    /// This one's.
    Now(Box<Claimed>),
    /// Nobody's before this; nobody's at all.
    At(Option<Timestamp>),
}

async fn turn(
    tx: &mut Tx,
    destination: &str,
    sender: &str,
    now: Timestamp,
) -> Result<Turn, JobError> {
    let failing = outbox::destination(tx, destination).await;
    let failing = failing.map_err(JobError::again)?;
    let paused = failing.map(|failing| failing.paused_until);
    let paused = paused.filter(|until| *until > now);
    if paused.is_none() {
        let until = later(now, LEASE);
        let claimed = outbox::claim(tx, destination, sender, now, until).await;
        if let Some(claimed) = claimed.map_err(JobError::again)? {
            return Ok(Turn::Now(Box::new(claimed)));
        }
    }
    let next = outbox::next_at(tx, destination).await;
    // One millisecond after a lease has run out it may be had.
    let next = next.map_err(JobError::again)?;
    let next = next.map(|at| later(at, SignedDuration::from_millis(1)).max(now));
    Ok(Turn::At(next.map(|at| at.max(paused.unwrap_or(at)))))
}

/// How a try ended.
enum Tried {
    Sent,
    Not(NotSent),
    /// It is not to be sent any more, for this reason of ours.
    Needless(&'static str),
    /// Who listened wants no more of it.
    Gone,
}

impl From<Result<(), NotSent>> for Tried {
    fn from(done: Result<(), NotSent>) -> Self {
        match done {
            Ok(()) => Self::Sent,
            Err(error) => Self::Not(error),
        }
    }
}

async fn send_one(
    house: &House,
    destination: &str,
    sender: &str,
    message: &Claimed,
) -> Result<(), JobError> {
    let tried = match message.expires_at {
        Some(at) if at <= house.now() => Tried::Needless("it is of no use any more"),
        _ => tried(house, message).await?,
    };
    let recorded = record(house, (destination, sender), message, tried).await;
    match recorded {
        // Another has it by now, and will tell how it ended.
        Err(VaultError::Store(StoreError::Conflict)) => Ok(()),
        recorded => recorded.map_err(JobError::again),
    }
}

/// One try. That the body cannot be had is no word of the server.
async fn tried(house: &House, message: &Claimed) -> Result<Tried, JobError> {
    let body = match opened(house, message).await {
        Ok(Some(body)) => body,
        Ok(None) => return Ok(Tried::Needless("its address and body were erased")),
        Err(error) => return Err(JobError::again(error)),
    };
    let unread = Tried::Needless("what was written cannot be read");
    Ok(match body {
        Body::Sms { to, text } => {
            let text = Text {
                id: message.message.clone(),
                to: Phone::kept(to),
                text,
            };
            house.texter.send(&text).await.into()
        }
        Body::Mail {
            to,
            subject,
            text,
            attachments,
        } => match mail_of(message, (&to, &subject), text, attachments) {
            Some(mail) => house.mailer.send(&mail).await.into(),
            None => unread,
        },
        Body::Webhook { subscription, body } => {
            let answered = webhook::call(house, subscription, &message.message, &body).await;
            match answered.map_err(JobError::again)? {
                Answered::Taken => Tried::Sent,
                Answered::Not(error) => Tried::Not(error),
                Answered::Gone => Tried::Gone,
                Answered::Stopped => Tried::Needless("the subscription is stopped or gone"),
            }
        }
    })
}

fn mail_of(
    message: &Claimed,
    (to, subject): (&str, &str),
    text: String,
    attachments: Vec<(String, String, String)>,
) -> Option<Mail> {
    let file = |(name, media_type, bytes): (String, String, String)| {
        Some(Attachment {
            name: Line::parse(&name).ok()?,
            media_type,
            bytes: STANDARD.decode(bytes).ok()?,
        })
    };
    Some(Mail {
        id: message.message.clone(),
        at: message.created_at,
        to: MailAddress::parse(to).ok()?,
        subject: Line::parse(subject).ok()?,
        text,
        attachments: attachments
            .into_iter()
            .map(file)
            .collect::<Option<Vec<_>>>()?,
    })
}

/// What is sealed of a message; nothing where its key was erased.
async fn opened(house: &House, message: &Claimed) -> Result<Option<Body>, VaultError> {
    let Some(sealed) = &message.sealed else {
        return Ok(None);
    };
    let key = match house.vault.key(&message.key).await {
        Err(VaultError::Erased) => return Ok(None),
        key => key?,
    };
    let plain = key.open(FIELD, sealed)?;
    Ok(serde_json::from_slice(&plain).ok())
}

/// Writes down how a try ended.
async fn record(
    house: &House,
    (destination, sender): (&str, &str),
    message: &Claimed,
    tried: Tried,
) -> Result<(), VaultError> {
    let now = house.now();
    let mut tx = house.db.write().await?;
    let tried_for = now.duration_since(message.created_at);
    let is_over = tried_for >= TRIED_FOR || message.expires_at.is_some_and(|at| at <= now);
    let end = async |tx: &mut Tx, state: State, reason: &str| {
        outbox::ended(tx, message.id, sender, state, now, reason).await?;
        told(tx, message, state, reason, now).await
    };
    match tried {
        Tried::Sent => {
            outbox::sent(&mut tx, message.id, sender, now).await?;
            told(&mut tx, message, State::Sent, "", now).await?;
            outbox::worked(&mut tx, destination).await?;
        }
        Tried::Needless(reason) => end(&mut tx, State::GivenUp, reason).await?,
        Tried::Not(NotSent::Refused(reason)) => {
            end(&mut tx, State::Refused, &reason).await?;
            outbox::worked(&mut tx, destination).await?;
        }
        Tried::Not(NotSent::Later(reason)) => {
            if is_over {
                end(&mut tx, State::GivenUp, &reason).await?;
            } else {
                let at = later(now, wait_after(message.attempts));
                outbox::later(&mut tx, message.id, sender, at, &reason).await?;
            }
            outbox::worked(&mut tx, destination).await?;
        }
        Tried::Not(NotSent::Server(reason)) => {
            let before = outbox::destination(&mut tx, destination).await?;
            let failures = before.as_ref().map_or(1, |before| before.failures + 1);
            let until = later(now, wait_after(failures));
            outbox::failed(&mut tx, destination, now, until, &reason).await?;
            if is_over {
                end(&mut tx, State::GivenUp, &reason).await?;
            } else {
                outbox::later(&mut tx, message.id, sender, until, &reason).await?;
            }
            // What waited as long was tried as long: by those before it.
            let written_before = later(now, -TRIED_FOR);
            let given_up =
                outbox::give_up(&mut tx, destination, written_before, now, &reason).await?;
            if given_up > 0 {
                let deed = Deed {
                    action: "outbox.given_up",
                    object_kind: "outbox",
                    object: destination.to_owned(),
                    outcome: Ended::Failed,
                    detail: json!({ "messages": given_up, "reason": reason }),
                };
                audit::write(&mut tx, &Who::program("outbox"), &deed, now).await?;
            }
            let since = before.map_or(now, |before| before.failing_since);
            if let Some(id) = subscription_of(destination)
                && now.duration_since(since) >= TRIED_FOR
            {
                subscriptions::stop(&mut tx, house, id, &reason).await?;
            }
        }
        Tried::Gone => {
            let reason = "it answers that it is gone (410)";
            end(&mut tx, State::Refused, reason).await?;
            if let Some(id) = subscription_of(destination) {
                subscriptions::stop(&mut tx, house, id, reason).await?;
            }
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Writes the end of a message into the trail.
async fn told(
    tx: &mut Tx,
    message: &Claimed,
    state: State,
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (channel, state) = (message.channel.key(), state.key());
    counter!("gongkai_outbox_total", "channel" => channel, "outcome" => state).increment(1);
    let deed = Deed {
        action: match state {
            "sent" => "outbox.sent",
            "refused" => "outbox.refused",
            _ => "outbox.given_up",
        },
        object_kind: "outbox",
        object: message.id.to_string(),
        outcome: if state == "sent" {
            Ended::Done
        } else {
            Ended::Failed
        },
        detail: json!({
            "channel": channel,
            "purpose": message.purpose,
            "attempts": message.attempts,
            "reason": reason,
        }),
    };
    audit::write(tx, &Who::program("outbox"), &deed, now).await
}

/// Job `outbox.sweep`: whatever is due has a job, though who was to send it is
/// gone.
///
/// # Errors
/// The store's.
pub async fn sweep(house: &House) -> Result<Option<Tx>, JobError> {
    let now = house.now();
    let mut tx = house.db.write().await.map_err(JobError::again)?;
    let due = outbox::due(&mut tx, now).await.map_err(JobError::again)?;
    for destination in due {
        let sent = send_at(&mut tx, house, &destination, now).await;
        sent.map_err(JobError::again)?;
    }
    Ok(Some(tx))
}

/// Messages that are erased in one transaction.
const ERASED_AT_ONCE: i64 = 200;

/// Job `outbox.erase`: addresses and bodies of messages that ended longer ago
/// than is set are erased, with their keys.
///
/// # Errors
/// The store's and the vault's.
pub async fn erase(house: &House) -> Result<Option<Tx>, JobError> {
    loop {
        let now = house.now();
        let mut tx = house.db.write().await.map_err(JobError::again)?;
        let values = values_in(&mut tx).await.map_err(JobError::again)?;
        let days = values
            .kept_days()
            .map_err(|wrong| JobError::again(PeopleError::from(wrong)))?;
        let before = later(now, -SignedDuration::from_hours(24 * days));
        let old = outbox::old(&mut tx, before, ERASED_AT_ONCE).await;
        let old = old.map_err(JobError::again)?;
        for (id, key) in &old {
            let erased = outbox::erase(&mut tx, *id, now).await;
            if erased.map_err(JobError::again)? {
                jobs::enqueue(&mut tx, house, jobs::ERASE_KEY, key)
                    .await
                    .map_err(JobError::again)?;
            }
        }
        if old.len() < usize::try_from(ERASED_AT_ONCE).unwrap_or(usize::MAX) {
            return Ok(Some(tx));
        }
        tx.commit().await.map_err(JobError::again)?;
    }
}
