//! The audit trail: writing, chaining, signing, verifying.

use ed25519_dalek::{Signature, Signer, SigningKey, Verifier, VerifyingKey};
use gongkai_domain::audit::{Entry, Outcome, checkpoint as signed_text};
use gongkai_store::audit::{self, Checkpoint, Fault};
use gongkai_store::{StoreError, Tx};
use jiff::Timestamp;

use crate::house::House;
use crate::vault::Vault;

/// Who does something, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// Number of the person; none for the program itself.
    pub person: Option<i64>,
    /// Login name, or name of the job or command.
    pub name: String,
    /// For whom, where someone acts for another.
    pub acting_for: Option<i64>,
    /// In which organization.
    pub organization: Option<i64>,
    /// Address it came from.
    pub source: String,
    /// The request or job.
    pub request: String,
}

impl Who {
    /// The program itself, in a job or a command.
    pub fn program(name: &str) -> Self {
        Self {
            person: None,
            name: name.to_owned(),
            acting_for: None,
            organization: None,
            source: "-".to_owned(),
            request: "-".to_owned(),
        }
    }
}

/// What was done to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed<'a> {
    /// The action, as the permission table names it.
    pub action: &'a str,
    /// Kind of record.
    pub object_kind: &'a str,
    /// Its number.
    pub object: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What else is to be known; no personal data.
    pub detail: serde_json::Value,
}

/// Writes down a deed, in its own transaction: where it cannot be written, it
/// is not done.
///
/// # Errors
/// The store's.
pub async fn write(
    tx: &mut Tx,
    who: &Who,
    deed: &Deed<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    audit::append(tx, &entry(who, deed, now)).await
}

/// A deed as the trail keeps it.
pub(crate) fn entry(who: &Who, deed: &Deed<'_>, now: Timestamp) -> Entry {
    Entry {
        at: now,
        actor: who.person,
        actor_name: who.name.clone(),
        acting_for: who.acting_for,
        organization: who.organization,
        action: deed.action.to_owned(),
        object_kind: deed.object_kind.to_owned(),
        object: deed.object.clone(),
        outcome: deed.outcome,
        detail: deed.detail.to_string(),
        source: who.source.clone(),
        request: who.request.clone(),
    }
}

/// Writes down what was refused, in a transaction of its own.
///
/// # Errors
/// The store's.
pub async fn denied(house: &House, who: &Who, deed: &Deed<'_>) -> Result<(), StoreError> {
    let mut tx = house.db.write().await?;
    write(&mut tx, who, deed, house.now()).await?;
    tx.commit().await
}

/// How many entries are chained at a time.
const CHAINED_AT_ONCE: i64 = 500;

fn signing_key(vault: &Vault) -> SigningKey {
    SigningKey::from_bytes(&vault.derived("audit-checkpoints"))
}

/// The key by which a house's checkpoints are known, in hexadecimal. It is no
/// secret, and stays the same when master keys change.
pub fn public_key(vault: &Vault) -> String {
    hex::encode(signing_key(vault).verifying_key().as_bytes())
}

/// Chains what was committed since, and signs the state if it grew. The state
/// is also kept outside the store. Entries that were chained.
///
/// # Errors
/// [`ChainError`].
pub async fn chain(house: &House) -> Result<usize, ChainError> {
    let mut chained = 0;
    loop {
        let mut tx = house.db.write().await?;
        let count = audit::chain(&mut tx, CHAINED_AT_ONCE).await?;
        tx.commit().await?;
        chained += count;
        if count < usize::try_from(CHAINED_AT_ONCE).unwrap_or(0) {
            break;
        }
    }
    let mut tx = house.db.write().await?;
    let (size, chain) = audit::head(&mut tx).await?;
    let last = audit::last_checkpoint(&mut tx).await?;
    if size == 0 || last.is_some_and(|last| last.size >= size) {
        return Ok(chained);
    }
    let at = house.now();
    let key = signing_key(&house.vault);
    let signature = key.sign(signed_text(size, &chain, at).as_bytes());
    let checkpoint = Checkpoint {
        size,
        chain,
        at,
        key: hex::encode(key.verifying_key().as_bytes()),
        signature: hex::encode(signature.to_bytes()),
    };
    audit::sign(&mut tx, &checkpoint).await?;
    tx.commit().await?;
    house.checkpoints.add(&line(&checkpoint))?;
    Ok(chained)
}

/// Why the trail was not chained.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The store's.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The checkpoint could not be kept outside.
    #[error("the checkpoint was not kept outside the store")]
    Outside(#[from] std::io::Error),
}

fn line(checkpoint: &Checkpoint) -> String {
    let Checkpoint {
        size,
        chain,
        at,
        key,
        signature,
    } = checkpoint;
    format!("{size} {chain} {} {key} {signature}", at.as_millisecond())
}

fn parsed(line: &str) -> Option<Checkpoint> {
    let mut parts = line.split(' ');
    Some(Checkpoint {
        size: parts.next()?.parse().ok()?,
        chain: parts.next()?.to_owned(),
        at: Timestamp::from_millisecond(parts.next()?.parse().ok()?).ok()?,
        key: parts.next()?.to_owned(),
        signature: parts.next()?.to_owned(),
    })
}

fn is_signed(checkpoint: &Checkpoint) -> bool {
    let verified = || -> Option<()> {
        let key: [u8; 32] = hex::decode(&checkpoint.key).ok()?.try_into().ok()?;
        let signature: [u8; 64] = hex::decode(&checkpoint.signature).ok()?.try_into().ok()?;
        let text = signed_text(checkpoint.size, &checkpoint.chain, checkpoint.at);
        VerifyingKey::from_bytes(&key)
            .ok()?
            .verify(text.as_bytes(), &Signature::from_bytes(&signature))
            .ok()
    };
    verified().is_some()
}

/// What a look at the whole trail found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// So many entries, all as they were written; so many checkpoints held.
    Whole {
        /// Entries.
        entries: i64,
        /// Checkpoints inside and outside the store.
        checkpoints: usize,
    },
    /// Something is wrong here.
    Fault(Fault),
    /// A checkpoint of this size is not signed by its key, or by another key
    /// than the rest or than the house's.
    Forged {
        /// Its size.
        size: i64,
    },
}

/// Verifies the trail against the checkpoints inside the store and those kept
/// outside it (`kept`, their lines). Needs no secret.
///
/// # Errors
/// The store's.
pub async fn verify(tx: &mut Tx, kept: &[String]) -> Result<Verdict, StoreError> {
    held(tx, kept, None, false).await
}

/// The same, where the house's [`public_key`] is known: a trail that was made
/// anew and signed by somebody else is told even where nothing was kept.
///
/// # Errors
/// The store's.
pub async fn verify_signed_by(
    tx: &mut Tx,
    kept: &[String],
    key: &str,
) -> Result<Verdict, StoreError> {
    held(tx, kept, Some(key), false).await
}

/// The same for a trail that came back from a backup: what was signed over
/// more entries than it has was signed later. All else that was kept must hold.
///
/// # Errors
/// The store's.
pub async fn verify_restored(tx: &mut Tx, kept: &[String]) -> Result<Verdict, StoreError> {
    held(tx, kept, None, true).await
}

/// Whether every checkpoint inside the store is signed by this key.
///
/// # Errors
/// The store's.
pub async fn is_signed_by(tx: &mut Tx, key: &str) -> Result<bool, StoreError> {
    let known = audit::checkpoints(tx).await?;
    Ok(known.iter().all(|checkpoint| checkpoint.key == key))
}

async fn held(
    tx: &mut Tx,
    kept: &[String],
    key: Option<&str>,
    is_restored: bool,
) -> Result<Verdict, StoreError> {
    let mut known = audit::checkpoints(tx).await?;
    let lines = kept.iter().filter(|line| !line.trim().is_empty());
    let Some(mut kept) = lines.map(|line| parsed(line)).collect::<Option<Vec<_>>>() else {
        return Ok(Verdict::Forged { size: 0 });
    };
    let first = known.iter().chain(&kept).next();
    let key = key.or(first.map(|first| first.key.as_str()));
    let forged = known
        .iter()
        .chain(&kept)
        .find(|checkpoint| !is_signed(checkpoint) || Some(checkpoint.key.as_str()) != key);
    if let Some(forged) = forged {
        return Ok(Verdict::Forged { size: forged.size });
    }
    if is_restored {
        let (size, _) = audit::head(tx).await?;
        kept.retain(|checkpoint| checkpoint.size <= size);
    }
    known.append(&mut kept);
    known.sort_by_key(|checkpoint| checkpoint.size);
    Ok(match audit::verify(tx, &known).await? {
        Ok(entries) => Verdict::Whole {
            entries,
            checkpoints: known.len(),
        },
        Err(fault) => Verdict::Fault(fault),
    })
}
