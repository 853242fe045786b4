//! The outbox: what goes out by mail, text message and webhook.
//!
//! A message is written in the transaction of what causes it, its address and
//! body sealed under a key of its own, and sent by a job afterwards: whatever
//! fails outside, nothing that was told is lost, and nothing is sent that was
//! not kept. Between the server's word that it took a message and our note of
//! it, this program may die; then the message is sent once more under the same
//! name (`Message-ID`, `webhook-id`, the client's id of a gateway), by which
//! its receiver knows it. Start with [`mail`] and [`deliver`].

mod deliver;
mod look;
mod notice;
mod subscriptions;
mod webhook;

pub use deliver::{deliver, erase, sweep};
pub use look::{Overview, again, overview, try_mail};
pub use subscriptions::{
    Subscription, Told, Typed, change, list, ping, remove, retire, rotate, see, subscribe, switch,
};
pub use webhook::{Secret, emit, sign};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::outbox::{Channel, Event, Line, MailAddress};
use gongkai_domain::register::Phone;
use gongkai_store::jobs::NewJob;
use gongkai_store::outbox::{self, NewMessage};
use gongkai_store::{StoreError, Tx};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::Zeroizing;

use crate::house::House;
use crate::jobs;
use crate::ports::Attachment;
use crate::vault::VaultError;

/// A mail before it has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// To whom.
    pub to: MailAddress,
    /// The subject.
    pub subject: Line,
    /// The text.
    pub text: String,
    /// What comes along; together no more than [`ATTACHED_BYTES_MAX`].
    pub attachments: Vec<Attachment>,
}

/// Many mail servers take no more than 10 MiB; base64 makes it a third larger.
pub const ATTACHED_BYTES_MAX: usize = 7 * 1024 * 1024;

/// What is sealed of a message.
#[derive(Serialize, Deserialize)]
enum Body {
    Mail {
        to: String,
        subject: String,
        text: String,
        attachments: Vec<(String, String, String)>,
    },
    Sms {
        to: String,
        text: String,
    },
    Webhook {
        subscription: i64,
        body: String,
    },
}

/// The field of the record that the key opens.
const FIELD: &str = "outbox";
/// Names of the servers through which mails and text messages go.
const MAIL: &str = "mail";
const SMS: &str = "sms";

/// The destination of a subscription.
fn of_subscription(id: i64) -> String {
    format!("webhook/{id}")
}

/// The subscription of a destination.
fn subscription_of(destination: &str) -> Option<i64> {
    destination.strip_prefix("webhook/")?.parse().ok()
}

/// What a receiver knows a message by: 128 bits that nobody guesses.
fn name(house: &House) -> String {
    let mut token = house.token();
    token.truncate(32);
    token
}

/// A message before it is sealed.
struct Draft<'a> {
    channel: Channel,
    destination: String,
    purpose: &'a str,
    shown: String,
    body: Body,
    expires_at: Option<Timestamp>,
}

/// A message that is sealed and not written yet, and the job that sends it.
pub(crate) struct Ready {
    pub(crate) message: NewMessage,
    pub(crate) job: NewJob,
}

impl Ready {
    /// Writes it, in the transaction of what causes it; its number in the outbox.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn post(&self, tx: &mut Tx, house: &House) -> Result<i64, StoreError> {
        let now = house.now();
        let id = outbox::add(tx, &self.message, now).await?;
        gongkai_store::jobs::enqueue(tx, &self.job, now).await?;
        Ok(id)
    }
}

/// Seals a message under a key of its own.
async fn ready(house: &House, draft: Draft<'_>) -> Result<Ready, VaultError> {
    let plain = serde_json::to_vec(&draft.body).map_err(|_| VaultError::Changed)?;
    let plain = Zeroizing::new(plain);
    let key = house.vault.new_key().await?;
    let now = house.now();
    let message = NewMessage {
        message: name(house),
        channel: draft.channel,
        destination: draft.destination,
        purpose: draft.purpose.to_owned(),
        shown: draft.shown,
        sealed: key.seal(FIELD, &plain),
        key: key.id,
        expires_at: draft.expires_at,
    };
    let job = jobs::job(sending(&message.destination), &message.destination, now)?;
    Ok(Ready { message, job })
}

/// The job that sends what waits for a destination: one for all of it.
fn sending(destination: &str) -> (jobs::Kind, Option<String>) {
    (jobs::DELIVER, Some(destination.to_owned()))
}

/// Has what waits for a destination sent at an hour.
async fn send_at(
    tx: &mut Tx,
    house: &House,
    destination: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    jobs::enqueue_at(tx, house, sending(destination), &destination, at).await
}

/// Writes a mail; its number in the outbox. `purpose` is a word for what it is
/// about, without personal data: administrators see it.
///
/// # Errors
/// The store's and the vault's; [`StoreError::Refused`] if what comes along is
/// too large.
pub async fn mail(
    tx: &mut Tx,
    house: &House,
    purpose: &str,
    letter: &Letter,
) -> Result<i64, VaultError> {
    let ready = ready_mail(house, purpose, letter).await?;
    Ok(ready.post(tx, house).await?)
}

/// The same before it is written.
///
/// # Errors
/// As for [`mail`].
pub(crate) async fn ready_mail(
    house: &House,
    purpose: &str,
    letter: &Letter,
) -> Result<Ready, VaultError> {
    let files = letter.attachments.iter();
    let attached: usize = files.clone().map(|file| file.bytes.len()).sum();
    if attached > ATTACHED_BYTES_MAX {
        return Err(StoreError::Refused("what comes along is too large".to_owned()).into());
    }
    let attachments = files.map(|file| {
        let name = file.name.as_str().to_owned();
        (name, file.media_type.clone(), STANDARD.encode(&file.bytes))
    });
    let draft = Draft {
        channel: Channel::Mail,
        destination: MAIL.to_owned(),
        purpose,
        shown: letter.to.masked(),
        body: Body::Mail {
            to: letter.to.as_str().to_owned(),
            subject: letter.subject.as_str().to_owned(),
            text: letter.text.clone(),
            attachments: attachments.collect(),
        },
        expires_at: None,
    };
    ready(house, draft).await
}

/// Writes a text message; its number in the outbox. After `expires_at` it is
/// not sent any more: a code that has run out helps nobody.
///
/// # Errors
/// The store's and the vault's.
pub async fn text(
    tx: &mut Tx,
    house: &House,
    purpose: &str,
    (to, text): (&Phone, &str),
    expires_at: Option<Timestamp>,
) -> Result<i64, VaultError> {
    let ready = ready_text(house, purpose, (to, text), expires_at).await?;
    Ok(ready.post(tx, house).await?)
}

/// The same before it is written.
///
/// # Errors
/// As for [`text`].
pub(crate) async fn ready_text(
    house: &House,
    purpose: &str,
    (to, text): (&Phone, &str),
    expires_at: Option<Timestamp>,
) -> Result<Ready, VaultError> {
    let draft = Draft {
        channel: Channel::Sms,
        destination: SMS.to_owned(),
        purpose,
        shown: to.masked(),
        body: Body::Sms {
            to: to.as_str().to_owned(),
            text: text.to_owned(),
        },
        expires_at,
    };
    ready(house, draft).await
}

/// Bodies that one message names: it stays below the 20 kB that receivers are
/// promised.
const BODIES_MAX: usize = 1000;

/// Tells whoever listens that something happened to bodies, by their numbers.
///
/// # Errors
/// The store's.
pub(crate) async fn of_bodies(
    tx: &mut Tx,
    house: &House,
    event: Event,
    bodies: &[OrganizationId],
) -> Result<(), StoreError> {
    for some in bodies.chunks(BODIES_MAX) {
        let ids: Vec<i64> = some.iter().map(|id| id.0).collect();
        let data = json!({ "organizations": ids });
        emit(tx, house, event, data).await.map_err(as_store)?;
    }
    Ok(())
}

/// A failure of the vault where the caller knows the store's alone.
fn as_store(error: VaultError) -> StoreError {
    match error {
        VaultError::Store(error) => error,
        other => StoreError::Refused(crate::ports::with_causes(&other)),
    }
}
