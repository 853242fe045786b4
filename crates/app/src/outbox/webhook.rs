//! Webhooks by Standard Webhooks 1.0: what is told, how it is signed, how it
//! is sent.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gongkai_domain::outbox::{Channel, Event};
use gongkai_store::{Tx, webhooks};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Body, Draft, of_subscription, ready};
use crate::house::House;
use crate::ports::{Chance, Limits, NotSent, Outgoing, Whose};
use crate::vault::VaultError;

/// The secret of a subscription, as it is told once: `whsec_` and 32 bytes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("whsec_***")
    }
}

const PREFIX: &str = "whsec_";

impl Secret {
    /// Draws one.
    pub fn draw(chance: &dyn Chance) -> Self {
        let mut bytes = Zeroizing::new([0u8; 32]);
        chance.fill(&mut *bytes);
        Self(format!("{PREFIX}{}", STANDARD.encode(*bytes)))
    }

    /// As it is told.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The header `webhook-signature`: one signature for each secret, so that a
/// receiver may change over while both hold.
pub fn sign(secrets: &[Secret], id: &str, at: Timestamp, body: &str) -> String {
    let signed = format!("{id}.{}.{body}", at.as_second());
    let one = |secret: &Secret| {
        let coded = secret.0.strip_prefix(PREFIX).unwrap_or_default();
        let key = Zeroizing::new(STANDARD.decode(coded).unwrap_or_default());
        let mut mac = Hmac::<Sha256>::new_from_slice(&key)
            .unwrap_or_else(|_| unreachable!("any length is a key"));
        mac.update(signed.as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    };
    let all: Vec<String> = secrets.iter().map(one).collect();
    all.join(" ")
}

/// What is sealed of a subscription.
#[derive(Serialize, Deserialize)]
pub(super) struct Sealed {
    pub url: String,
    pub secret: Secret,
    /// The secret before, until it is retired.
    pub old: Option<Secret>,
}

/// The field of the record that the key opens.
const FIELD: &str = "webhook";

pub(super) fn sealed(key: &crate::vault::RecordKey, of: &Sealed) -> Result<Vec<u8>, VaultError> {
    let plain = serde_json::to_vec(of).map_err(|_| VaultError::Changed)?;
    Ok(key.seal(FIELD, &Zeroizing::new(plain)))
}

pub(super) async fn opened(
    house: &House,
    webhook: &webhooks::Webhook,
) -> Result<Sealed, VaultError> {
    let key = house.vault.key(&webhook.key).await?;
    let plain = key.open(FIELD, &webhook.contents.sealed)?;
    serde_json::from_slice(&plain).map_err(|_| VaultError::Changed)
}

/// Whether a subscription is told of an event. A try reaches all that run.
fn listens(webhook: &webhooks::Webhook, event: Event) -> bool {
    let mut events = webhook.contents.events.split(' ');
    webhook.enabled && events.any(|key| key == event.key())
}

/// Tells whoever listens that something happened, in the transaction in which
/// it did. `data` names what it happened to, and nothing of what it says.
///
/// # Errors
/// The store's and the vault's.
pub async fn emit(tx: &mut Tx, house: &House, event: Event, data: Value) -> Result<(), VaultError> {
    for webhook in webhooks::all(tx).await? {
        if listens(&webhook, event) {
            write(tx, house, &webhook, event, &data).await?;
        }
    }
    Ok(())
}

/// Writes one message to one subscription; its number.
pub(super) async fn write(
    tx: &mut Tx,
    house: &House,
    webhook: &webhooks::Webhook,
    event: Event,
    data: &Value,
) -> Result<i64, VaultError> {
    let body = json!({
        "type": event.key(),
        "timestamp": house.now().to_string(),
        "data": data,
    });
    let draft = Draft {
        channel: Channel::Webhook,
        destination: of_subscription(webhook.id),
        purpose: event.key(),
        shown: webhook.contents.host.clone(),
        body: Body::Webhook {
            subscription: webhook.id,
            body: body.to_string(),
        },
        expires_at: None,
    };
    Ok(ready(house, draft).await?.post(tx, house).await?)
}

/// How a receiver answered.
pub(super) enum Answered {
    Taken,
    Not(NotSent),
    /// 410: it wants no more.
    Gone,
    /// There is no subscription any more that would be told.
    Stopped,
}

/// Answers say yes or no.
const LIMITS: Limits = Limits {
    time: Duration::from_secs(10),
    answer_bytes_max: 64 * 1024,
    redirects_max: 0,
};

/// Calls a receiver, signed at this hour.
pub(super) async fn call(
    house: &House,
    subscription: i64,
    message: &str,
    body: &str,
) -> Result<Answered, VaultError> {
    let mut tx = house.db.read().await?;
    let webhook = webhooks::get(&mut tx, subscription).await?;
    tx.roll_back().await?;
    let Some(webhook) = webhook.filter(|webhook| webhook.enabled) else {
        return Ok(Answered::Stopped);
    };
    let sealed = opened(house, &webhook).await?;
    let id = format!("msg_{message}");
    let now = house.now();
    let secrets: Vec<Secret> = [Some(sealed.secret), sealed.old]
        .into_iter()
        .flatten()
        .collect();
    let header = |name: &str, value: String| (name.to_owned(), value);
    let request = Outgoing {
        method: "POST",
        url: sealed.url,
        headers: vec![
            header("content-type", "application/json".to_owned()),
            header("user-agent", "Gongkai".to_owned()),
            header("webhook-signature", sign(&secrets, &id, now, body)),
            header("webhook-timestamp", now.as_second().to_string()),
            header("webhook-id", id),
        ],
        body: body.as_bytes().to_vec(),
        whose: Whose::Typed,
        limits: LIMITS,
    };
    Ok(match house.fetcher.fetch(request).await {
        Ok(answer) if (200..300).contains(&answer.status) => Answered::Taken,
        Ok(answer) if answer.status == 410 => Answered::Gone,
        // Elsewhere is no answer either: who moves is subscribed anew.
        Ok(answer) => Answered::Not(NotSent::Server(format!("it answers {}", answer.status))),
        Err(error) => Answered::Not(NotSent::Server(error.0)),
    })
}
