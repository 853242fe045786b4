//! What is sent twice is done once.

use std::future::Future;

use gongkai_domain::audit::Entry;
use gongkai_store::idempotency::{self, Known};
use gongkai_store::{StoreError, Tx};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::house::House;
use crate::outbox::Ready;

/// A form's key and what came with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// What the form is for.
    pub purpose: &'static str,
    /// The key that was put into the form when it was shown.
    pub key: String,
    /// Digest of everything else in it.
    pub digest: String,
    /// Whether it is hardly ever sent twice: see [`Sent::seldom_twice`].
    pub(crate) seldom_twice: bool,
}

impl Sent {
    /// A form with this key and these fields.
    pub fn new<'a>(
        purpose: &'static str,
        key: &str,
        fields: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut hash = Sha256::new();
        for field in fields {
            hash.update(u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(field.as_bytes());
        }
        Self {
            purpose,
            key: kept_as(key),
            digest: hex::encode(hash.finalize()),
            seldom_twice: false,
        }
    }

    /// The same form, where it is hardly ever sent twice and what it does is taken
    /// back with its transaction: it is done before it is known whether it was done,
    /// and where it was, its own row stands against it at the end. That spares each
    /// a question; who sends it twice waits a little longer.
    #[must_use]
    pub fn seldom_twice(mut self) -> Self {
        self.seldom_twice = true;
        self
    }

    /// The same form as this person's own: nobody is answered by another's key.
    #[must_use]
    pub fn of(&self, person: impl std::fmt::Display) -> Self {
        Self {
            key: format!("{person}:{}", self.key),
            ..self.clone()
        }
    }

    /// The same form, kept so that nothing personal in it can be guessed from
    /// its digest.
    #[must_use]
    pub fn blinded(mut self, house: &House) -> Self {
        self.digest = house.vault.blind("form", &self.digest);
        self
    }

    /// The same, where the form came without a key: it gets one of its own, and
    /// is never taken for another.
    #[must_use]
    pub fn or_new(mut self, house: &House) -> Self {
        if self.key.is_empty() {
            self.key = house.token();
        }
        self
    }

    /// A secret that is told as the answer to the form: a link, a session. It is
    /// kept nowhere; `salt` is what is kept, and with a secret of the house it
    /// makes the same answer for the same form once more. 160 bits as text.
    pub fn secret(&self, house: &House, salt: &str) -> String {
        let parts = [self.purpose, &self.key, salt].join(":");
        hex::encode(&house.vault.derived(&format!("told:{parts}"))[..20])
    }

    /// The same form with bytes that came along.
    #[must_use]
    pub fn with_bytes(mut self, bytes: &[u8]) -> Self {
        let hash = Sha256::new_with_prefix(&self.digest).chain_update(bytes);
        self.digest = hex::encode(hash.finalize());
        self
    }
}

/// The longest key that is kept as it is: ours have forty digits.
const KEY_MAX: usize = 64;

/// A key as it is kept. What a form of ours does not send, however long or odd,
/// is kept as its digest.
fn kept_as(key: &str) -> String {
    if key.len() <= KEY_MAX && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        key.to_owned()
    } else {
        hex::encode(Sha256::digest(key.as_bytes()))
    }
}

/// The same key came with something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the form was sent before with other contents")]
pub struct SentOtherwise;

/// What was done for a form, before it is kept.
pub struct Done {
    tx: Tx,
    answer: String,
    told: Option<(Entry, Ready)>,
}

impl Done {
    /// With its answer, the entry that the trail is to have, and a message: all of
    /// it is kept by one question.
    pub(crate) fn telling(tx: Tx, answer: String, entry: Entry, message: Ready) -> Self {
        Self {
            tx,
            answer,
            told: Some((entry, message)),
        }
    }
}

/// What has told the trail itself.
impl From<(Tx, String)> for Done {
    fn from((tx, answer): (Tx, String)) -> Self {
        Self {
            tx,
            answer,
            told: None,
        }
    }
}

/// Does something once for a key, in one transaction with its answer. Sent
/// again, it gives the first answer, after a write of its own, so that it too
/// is told only when the first is durable. A COMMIT whose answer was lost is
/// settled by asking once more.
///
/// # Errors
/// `E` of what is done; [`SentOtherwise`] and [`StoreError`] as `E`.
pub async fn once<E, D, F, W>(house: &House, sent: &Sent, work: W) -> Result<String, E>
where
    E: From<StoreError> + From<SentOtherwise>,
    D: Into<Done>,
    W: Fn(Tx) -> F,
    F: Future<Output = Result<D, E>>,
{
    let mut tries = 0;
    loop {
        tries += 1;
        let looks = tries > 1 || !sent.seldom_twice;
        match attempt(house, sent, &work, looks).await? {
            Ended::Answer(answer) => return Ok(answer),
            // Another did it at the same time, or nobody knows: look again.
            Ended::Again(error) if tries == TRIES => return Err(error.into()),
            Ended::Again(_) => {}
        }
    }
}

/// Whether a form was carried out already: its answer is there, and what it
/// costs to prepare it once more can be spared. [`once`] tells the answer.
///
/// # Errors
/// The store's.
pub(crate) async fn is_done(house: &House, sent: &Sent) -> Result<bool, StoreError> {
    let known = known(house, sent, house.now()).await?;
    Ok(matches!(known, Known::Done(_)))
}

/// What is known of a form, in a transaction of its own.
async fn known(house: &House, sent: &Sent, now: Timestamp) -> Result<Known, StoreError> {
    let mut tx = house.db.write().await?;
    let known = idempotency::look(&mut tx, sent.purpose, &sent.key, &sent.digest, now).await?;
    tx.roll_back().await?;
    Ok(known)
}

/// How often is looked again where nobody knows what became of a COMMIT.
pub(crate) const TRIES: u32 = 3;

enum Ended {
    Answer(String),
    Again(StoreError),
}

async fn attempt<E, D, F, W>(house: &House, sent: &Sent, work: &W, looks: bool) -> Result<Ended, E>
where
    E: From<StoreError> + From<SentOtherwise>,
    D: Into<Done>,
    W: Fn(Tx) -> F,
    F: Future<Output = Result<D, E>>,
{
    let now = house.now();
    let mut tx = house.db.write().await?;
    let form = (sent.purpose, sent.key.as_str(), sent.digest.as_str());
    let seen = match looks {
        true => idempotency::look(&mut tx, form.0, form.1, form.2, now).await?,
        false => Known::New,
    };
    let done = match seen {
        Known::Other => return Err(SentOtherwise.into()),
        Known::Done(answer) => {
            return Ok(match tx.commit().await {
                Ok(()) => Ended::Answer(answer),
                Err(error) => Ended::Again(error),
            });
        }
        // What is done is large, and passes through many hands: it lies on the heap.
        Known::New => match Box::pin(work(tx)).await {
            Ok(done) => done,
            // What stood against it may be that the same was done already, by who
            // sent it at the same time or before.
            Err(error) => {
                return match known(house, sent, now).await? {
                    Known::Done(answer) => Ok(Ended::Answer(answer)),
                    Known::Other if !looks => Err(SentOtherwise.into()),
                    Known::Other | Known::New => Err(error),
                };
            }
        },
    };
    let Done {
        mut tx,
        answer,
        told,
    } = done.into();
    let kept = match told {
        Some((entry, Ready { message, job })) => {
            let message = (&message, &job);
            idempotency::keep_telling(&mut tx, form, &answer, &entry, message, now).await
        }
        None => idempotency::keep(&mut tx, form.0, form.1, form.2, &answer, now).await,
    };
    let done = match kept {
        Ok(()) => tx.commit().await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => Ok(Ended::Answer(answer)),
        Err(error @ (StoreError::Duplicate(_) | StoreError::Unknown(_))) => Ok(Ended::Again(error)),
        Err(error) => Err(error.into()),
    }
}
