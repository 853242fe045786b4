//! Bytes of attachments: sealed, and addressed by the digest of what is kept.
//!
//! The bytes are durable before the transaction that names them commits; bytes
//! that nothing names are collected after a day.

mod files;
mod s3;

pub use files::FileBlobs;
pub use s3::{S3Blobs, S3Settings};

use std::collections::BTreeSet;

use gongkai_store::blobs::{self, Blob};
use gongkai_store::{StoreError, Tx};
use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::house::House;
use crate::ports::BlobError;
use crate::vault::VaultError;

/// Why an attachment was not kept or had.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    /// Its bytes.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// Its key.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Its name.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The field under which a blob's bytes are sealed.
const FIELD: &str = "bytes";

/// SHA-256 in hexadecimal.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Whether a name is one that [`digest`] gives.
fn is_digest(name: &str) -> bool {
    name.len() == 64
        && name
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Seals bytes under a key of their own and makes them durable. Nothing names
/// them yet: that is for [`name`], in the transaction that needs them.
///
/// # Errors
/// [`AttachmentError`]; nothing is named then.
pub async fn keep(house: &House, plain: &[u8]) -> Result<Blob, AttachmentError> {
    let key = house.vault.new_key().await?;
    let sealed = key.seal(FIELD, plain);
    let digest = digest(&sealed);
    house.blobs.put(&digest, &sealed).await?;
    Ok(Blob {
        digest,
        size: i64::try_from(sealed.len()).unwrap_or(i64::MAX),
        key: key.id,
        created_at: house.now(),
    })
}

/// Names bytes that are durable.
///
/// # Errors
/// The store's.
pub async fn name(tx: &mut Tx, blob: &Blob) -> Result<(), StoreError> {
    blobs::add(tx, blob).await
}

/// The bytes of an attachment.
///
/// # Errors
/// [`AttachmentError`]; a byte that was changed is [`BlobError::Damaged`].
pub async fn bytes(house: &House, blob: &Blob) -> Result<Zeroizing<Vec<u8>>, AttachmentError> {
    let sealed = house.blobs.get(&blob.digest).await?;
    let key = house.vault.key(&blob.key).await?;
    Ok(key.open(FIELD, &sealed)?)
}

/// How long bytes wait to be named.
const UNNAMED_MAX: SignedDuration = SignedDuration::from_hours(24);
const PAGE: i64 = 1000;

/// Removes bytes that nothing has named for a day; how many.
///
/// # Errors
/// [`AttachmentError`].
pub async fn collect(house: &House) -> Result<usize, AttachmentError> {
    let before = house.now().saturating_sub(UNNAMED_MAX);
    let old: Vec<String> = house
        .blobs
        .list()
        .await?
        .into_iter()
        .filter(|(_, at)| before.as_ref().is_ok_and(|before| at < before))
        .map(|(digest, _)| digest)
        .collect();
    let named = all_named(house).await?;
    let mut removed = 0;
    for digest in old.iter().filter(|digest| !named.contains(*digest)) {
        house.blobs.remove(digest).await?;
        removed += 1;
    }
    Ok(removed)
}

/// Digests of everything that is named.
///
/// # Errors
/// The store's.
pub async fn all_named(house: &House) -> Result<BTreeSet<String>, StoreError> {
    let mut tx = house.db.read().await?;
    let mut named = BTreeSet::new();
    let mut last = String::new();
    loop {
        let page = blobs::after(&mut tx, &last, PAGE).await?;
        let Some(end) = page.last() else {
            return Ok(named);
        };
        last.clone_from(&end.digest);
        named.extend(page.into_iter().map(|blob| blob.digest));
    }
}
