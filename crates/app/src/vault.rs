//! Personal data at rest: a key for each record, under a master key.
//!
//! The keys lie in a database of their own, backed up apart: erasing a
//! record's key makes the record unreadable in every old backup too. What is
//! sealed is found again by a blind index, a keyed digest of the value.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use gongkai_store::{Db, StoreError, keys};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use tracing::warn;
use zeroize::Zeroizing;

use crate::ports::{Chance, Clock, with_causes};

type Secret = Zeroizing<[u8; 32]>;

/// A master key: whoever has it and the key store can read everything.
#[derive(Clone)]
pub struct MasterKey {
    id: String,
    secret: Secret,
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("MasterKey").field(&self.id).finish()
    }
}

impl MasterKey {
    /// A key of these bytes. It is named by a digest of them.
    pub fn new(bytes: [u8; 32]) -> Self {
        let digest = Sha256::digest(Sha256::digest(bytes));
        Self {
            id: hex::encode(&digest[..6]),
            secret: Zeroizing::new(bytes),
        }
    }

    /// Reads a key file: one key in hexadecimal a line, the newest first.
    ///
    /// # Errors
    /// [`VaultError::Master`] if a line is no key, or there is none.
    pub fn parse(text: &str) -> Result<Vec<Self>, VaultError> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let found: Option<Vec<Self>> = lines
            .map(|line| {
                let mut bytes = [0u8; 32];
                hex::decode_to_slice(line, &mut bytes).ok()?;
                Some(Self::new(bytes))
            })
            .collect();
        found
            .filter(|keys| !keys.is_empty())
            .ok_or(VaultError::Master)
    }

    /// Its name, which says nothing of it.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// Where master keys are kept, to be read anew when others seal with one that
/// was not known at the start.
pub trait MasterKeys: Send + Sync {
    /// All of them, the newest first.
    ///
    /// # Errors
    /// Why they cannot be read, without anything of them.
    fn read(&self) -> Result<Vec<MasterKey>, String>;
}

/// What went wrong with a key.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The master keys cannot be read.
    #[error("a master key is 64 hexadecimal digits on a line of its own")]
    Master,
    /// The master key that sealed this is not among those given.
    #[error("master key {0} is not among the keys given")]
    NoMaster(String),
    /// The master keys could not be read anew.
    #[error("the master keys cannot be read: {0}")]
    Unread(String),
    /// The record's key is not there.
    #[error("there is no such key")]
    NoKey,
    /// The record's key was erased: what it sealed is gone for good.
    #[error("the key was erased")]
    Erased,
    /// What was sealed was changed, or belongs to another record or field.
    #[error("what was sealed was changed")]
    Changed,
    /// The store of keys fails.
    #[error("the store of keys fails")]
    Store(#[from] StoreError),
}

/// A record's key, open.
pub struct RecordKey {
    /// Its name; stands with the record.
    pub id: String,
    secret: Secret,
    chance: Arc<dyn Chance>,
}

impl std::fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RecordKey").field(&self.id).finish()
    }
}

const NONCE: usize = 24;

fn seal(secret: &Secret, chance: &dyn Chance, about: &str, plain: &[u8]) -> Vec<u8> {
    let mut nonce = [0u8; NONCE];
    chance.fill(&mut nonce);
    let payload = Payload {
        msg: plain,
        aad: about.as_bytes(),
    };
    let sealed = XChaCha20Poly1305::new((&**secret).into()).encrypt(&XNonce::from(nonce), payload);
    // It fails only for texts of more than 256 GiB.
    [&nonce[..], &sealed.unwrap_or_default()].concat()
}

fn open(secret: &Secret, about: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let (nonce, sealed) = sealed
        .split_first_chunk::<NONCE>()
        .ok_or(VaultError::Changed)?;
    let payload = Payload {
        msg: sealed,
        aad: about.as_bytes(),
    };
    XChaCha20Poly1305::new((&**secret).into())
        .decrypt(&XNonce::from(*nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| VaultError::Changed)
}

impl RecordKey {
    /// Seals a field of the record.
    pub fn seal(&self, field: &str, plain: &[u8]) -> Vec<u8> {
        seal(
            &self.secret,
            &*self.chance,
            &format!("{}/{field}", self.id),
            plain,
        )
    }

    /// Opens a field of the record.
    ///
    /// # Errors
    /// [`VaultError::Changed`] if it is not what was sealed for this field.
    pub fn open(&self, field: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        open(&self.secret, &format!("{}/{field}", self.id), sealed)
    }

    /// Opens a field that is text.
    ///
    /// # Errors
    /// As [`RecordKey::open`].
    pub fn open_text(&self, field: &str, sealed: &[u8]) -> Result<String, VaultError> {
        let plain = self.open(field, sealed)?;
        String::from_utf8(plain.to_vec()).map_err(|_| VaultError::Changed)
    }
}

/// The key under which values are indexed; one for the house, never erased.
const INDEX_KEY: &str = "blind-index";

/// The keys of the house.
pub struct Vault {
    db: Db,
    masters: RwLock<Vec<MasterKey>>,
    source: Option<Arc<dyn MasterKeys>>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    index: Secret,
    /// How many keys are made at a time.
    at_a_time: usize,
    /// Keys that are durable, and of no record yet.
    spare: Mutex<Vec<(String, Secret)>>,
    /// Who makes more.
    making: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault")
            .field("masters", &self.masters())
            .finish()
    }
}

impl Vault {
    /// Opens the vault: the first master key seals what is new, all of them
    /// open what is old.
    ///
    /// # Errors
    /// [`VaultError::NoMaster`] if these are not the keys of this house.
    pub async fn open(
        db: Db,
        masters: Vec<MasterKey>,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Result<Self, VaultError> {
        let mut vault = Self {
            db,
            masters: RwLock::new(masters),
            source: None,
            clock,
            chance,
            index: Zeroizing::new([0; 32]),
            at_a_time: 1,
            spare: Mutex::default(),
            making: tokio::sync::Mutex::default(),
        };
        let key = match vault.key(INDEX_KEY).await {
            Err(VaultError::NoKey) => {
                vault.make(INDEX_KEY).await?;
                vault.key(INDEX_KEY).await?
            }
            other => other?,
        };
        vault.index = key.secret;
        Ok(vault)
    }

    /// The same, reading the master keys anew where a record's key is sealed by
    /// one that it does not know: master keys change without a restart.
    pub fn with_source(mut self, source: Arc<dyn MasterKeys>) -> Self {
        self.source = Some(source);
        self
    }

    /// The same, making so many keys at a time: a record waits for the disk of
    /// the keys once in so many. Those that are left when the process ends open
    /// nothing.
    #[must_use]
    pub fn making(mut self, at_a_time: usize) -> Self {
        self.at_a_time = at_a_time;
        self
    }

    /// Whether a store of keys belongs to a house already.
    ///
    /// # Errors
    /// The store's.
    pub async fn is_there(db: &Db) -> Result<bool, StoreError> {
        let mut tx = db.read().await?;
        Ok(keys::get(&mut tx, INDEX_KEY).await?.is_some())
    }

    /// The store of keys, for backing it up.
    pub fn store(&self) -> &Db {
        &self.db
    }

    fn masters(&self) -> Vec<MasterKey> {
        let masters = self.masters.read().unwrap_or_else(PoisonError::into_inner);
        masters.clone()
    }

    fn newest(&self) -> Result<MasterKey, VaultError> {
        self.masters().into_iter().next().ok_or(VaultError::Master)
    }

    /// Name of the master key that seals what is new, as this process knows it.
    ///
    /// # Errors
    /// [`VaultError::Master`] if there is none.
    pub fn newest_master(&self) -> Result<String, VaultError> {
        Ok(self.newest()?.id)
    }

    /// Reads the master keys anew, so that what is sealed from now on is sealed
    /// by the newest of them; without a source, those known stay. Those that
    /// were known are kept behind.
    ///
    /// # Errors
    /// [`VaultError::Unread`].
    pub fn renew_masters(&self) -> Result<(), VaultError> {
        if let Some(source) = &self.source {
            self.replace(source.read().map_err(VaultError::Unread)?);
        }
        Ok(())
    }

    /// The keys that were read, and behind them those that were known.
    fn replace(&self, mut read: Vec<MasterKey>) {
        let mut masters = self.masters.write().unwrap_or_else(PoisonError::into_inner);
        let behind = masters
            .drain(..)
            .filter(|old| read.iter().all(|new| new.id != old.id));
        let behind: Vec<MasterKey> = behind.collect();
        read.extend(behind);
        *masters = read;
    }

    /// The master key of this name; where it is not known, all are read anew.
    /// Those that were known are kept behind: what this process sealed by them
    /// since can still be opened, and sealed anew.
    fn master(&self, id: &str) -> Result<MasterKey, VaultError> {
        let known = |masters: &[MasterKey]| masters.iter().find(|one| one.id == id).cloned();
        if let Some(master) = known(&self.masters()) {
            return Ok(master);
        }
        let missing = || VaultError::NoMaster(id.to_owned());
        let source = self.source.as_ref().ok_or_else(missing)?;
        let read = source.read().map_err(VaultError::Unread)?;
        let master = known(&read).ok_or_else(missing)?;
        self.replace(read);
        Ok(master)
    }

    async fn make(&self, id: &str) -> Result<Secret, VaultError> {
        let mut secret = Zeroizing::new([0u8; 32]);
        self.chance.fill(&mut *secret);
        let master = self.newest()?;
        let wrapped = seal(&master.secret, &*self.chance, id, &*secret);
        let mut tx = self.db.write().await?;
        keys::add(&mut tx, id, &wrapped, &master.id, self.clock.now()).await?;
        tx.commit().await?;
        Ok(secret)
    }

    /// Makes a key for a new record. It is kept before the record is; a record
    /// that is never kept leaves a key that opens nothing.
    ///
    /// # Errors
    /// The store's.
    pub async fn new_key(&self) -> Result<RecordKey, VaultError> {
        loop {
            let (key, left) = {
                let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
                (spare.pop(), spare.len())
            };
            match key {
                Some((id, secret)) => {
                    // One makes more before there are none; the others go on.
                    if left < self.at_a_time / 2
                        && let Ok(turn) = self.making.try_lock()
                    {
                        self.replenish(turn).await?;
                    }
                    return Ok(RecordKey {
                        id,
                        secret,
                        chance: Arc::clone(&self.chance),
                    });
                }
                None => {
                    let turn = self.making.lock().await;
                    if self.is_empty() {
                        self.replenish(turn).await?;
                    }
                }
            }
        }
    }

    fn is_empty(&self) -> bool {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        spare.is_empty()
    }

    /// Makes some keys, durable together, for whoever comes; one at a time does.
    async fn replenish(&self, _turn: tokio::sync::MutexGuard<'_, ()>) -> Result<(), VaultError> {
        let (master, now) = (self.newest()?, self.clock.now());
        let (mut made, mut sealed) = (Vec::new(), Vec::new());
        for _ in 0..self.at_a_time.max(1) {
            let (mut id, mut secret) = ([0u8; 16], Zeroizing::new([0u8; 32]));
            self.chance.fill(&mut id);
            self.chance.fill(&mut *secret);
            let id = hex::encode(id);
            let wrapped = seal(&master.secret, &*self.chance, &id, &*secret);
            sealed.push((id.clone(), hex::encode(wrapped)));
            made.push((id, secret));
        }
        let mut tx = self.db.write().await?;
        keys::add_all(&mut tx, &sealed, &master.id, now).await?;
        tx.commit().await?;
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        spare.extend(made);
        Ok(())
    }

    /// The key of a record.
    ///
    /// # Errors
    /// [`VaultError::Erased`] if it was erased.
    pub async fn key(&self, id: &str) -> Result<RecordKey, VaultError> {
        let mut tx = self.db.read().await?;
        let found = keys::get(&mut tx, id).await?.ok_or(VaultError::NoKey)?;
        let secret = self.unwrap(&found)?;
        Ok(RecordKey {
            id: found.id,
            secret,
            chance: Arc::clone(&self.chance),
        })
    }

    fn unwrap(&self, found: &keys::Wrapped) -> Result<Secret, VaultError> {
        let bytes = found.bytes.as_ref().ok_or(VaultError::Erased)?;
        let master = self.master(&found.master)?;
        let plain = open(&master.secret, &found.id, bytes)?;
        let secret = <[u8; 32]>::try_from(&plain[..]).map_err(|_| VaultError::Changed)?;
        Ok(Zeroizing::new(secret))
    }

    /// Erases a record's key: what it sealed can be read by nobody any more.
    ///
    /// # Errors
    /// The store's.
    pub async fn erase(&self, id: &str) -> Result<(), VaultError> {
        let mut tx = self.db.write().await?;
        keys::erase(&mut tx, id, self.clock.now()).await?;
        tx.commit().await?;
        // It is erased. Where the log cannot be cut now, the next one cuts it,
        // or the end of the process.
        match self.db.forget_past().await {
            Ok(true) => {}
            Ok(false) => warn!("an erased key lies in the log of the keys until it is next cut"),
            Err(error) => {
                let reason = with_causes(&error);
                warn!(reason, "the log of the keys was not cut after an erasure");
            }
        }
        Ok(())
    }

    /// Seals anew, by the newest master key, keys that older ones sealed; how
    /// many. With none left, the older ones may be thrown away.
    ///
    /// # Errors
    /// [`VaultError::NoMaster`] if an older one is missing already.
    pub async fn rotate(&self, most: i64) -> Result<usize, VaultError> {
        let mut newest = self.newest()?;
        let mut tx = self.db.write().await?;
        let mut old = keys::of_other_masters(&mut tx, &newest.id, most).await?;
        for key in &old {
            self.master(&key.master)?;
        }
        let now = self.newest()?;
        if now.id != newest.id {
            // What looked old is what others sealed by a newer one.
            newest = now;
            old = keys::of_other_masters(&mut tx, &newest.id, most).await?;
        }
        for key in &old {
            let secret = self.unwrap(key)?;
            let wrapped = seal(&newest.secret, &*self.chance, &key.id, &*secret);
            keys::rewrap(&mut tx, &key.id, &wrapped, &newest.id, &key.master).await?;
        }
        tx.commit().await?;
        Ok(old.len())
    }

    /// The blind index of a value: alike for alike values of one field, and
    /// telling nothing of them to who lacks the key.
    pub fn blind(&self, field: &str, value: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.derived("index"))
            .unwrap_or_else(|_| unreachable!("any length is a key"));
        mac.update(field.as_bytes());
        mac.update(&[0]);
        mac.update(value.as_bytes());
        hex::encode(&mac.finalize().into_bytes()[..16])
    }

    /// A secret of the house for one purpose, the same on every node.
    pub fn derived(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let mut out = Zeroizing::new([0u8; 32]);
        let derived = Hkdf::<Sha256>::new(None, &*self.index).expand(purpose.as_bytes(), &mut *out);
        debug_assert!(derived.is_ok(), "32 bytes are never too many");
        out
    }
}
