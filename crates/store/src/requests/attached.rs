//! What hangs on a request: its files, and the editions of its reply.

use gongkai_domain::organization::PersonId;
use jiff::Timestamp;

use crate::blobs::Blob;
use crate::db::error::StoreError;
use crate::db::row::Row;
use crate::db::statement::statements;
use crate::db::tx::Tx;
use crate::values;

statements! { "requests/attached";
    ADD_FILE = "insert into request_files (request, number, event, digest, bytes, blob, sealed) values ($1, $2, $3, $4, $5, $6, $7)";
    FILES = "select f.request, f.number, f.event, f.digest, f.bytes, f.sealed, b.digest as blob, b.size as blob_size, b.key as blob_key, b.created_at as blob_at
        from request_files f join blobs b on b.digest = f.blob
        where f.request = $1 order by f.number";
    ADD_REPLY = "insert into request_replies (request, edition, digest, sealed, person, acting_for, at) values ($1, $2, $3, $4, $5, $6, $7)";
    REPLIES = "select edition, digest, sealed, person, acting_for, at from request_replies where request = $1 order by edition";
}

/// An attachment of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFile {
    /// Its place among those of its request, from 1.
    pub number: i64,
    /// The event with which it came.
    pub event: i64,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
    /// Bytes of the file.
    pub bytes: i64,
    /// Where its bytes are.
    pub blob: Blob,
    /// Its name, sealed.
    pub sealed: Vec<u8>,
}

/// Adds an attachment whose bytes were named.
///
/// # Errors
/// The store's.
pub async fn add_file(tx: &mut Tx, request: i64, file: &KeptFile) -> Result<(), StoreError> {
    let values = values![
        request,
        file.number,
        file.event,
        &file.digest,
        file.bytes,
        &file.blob.digest,
        file.sealed.clone()
    ];
    tx.execute(&ADD_FILE, values).await?;
    Ok(())
}

/// The attachments of a request in order.
///
/// # Errors
/// The store's.
pub async fn files(tx: &mut Tx, request: i64) -> Result<Vec<KeptFile>, StoreError> {
    let file = |row: &Row| {
        Ok(KeptFile {
            number: row.get("number")?,
            event: row.get("event")?,
            digest: row.get("digest")?,
            bytes: row.get("bytes")?,
            blob: Blob {
                digest: row.get("blob")?,
                size: row.get("blob_size")?,
                key: row.get("blob_key")?,
                created_at: row.get("blob_at")?,
            },
            sealed: row.get("sealed")?,
        })
    };
    let rows = tx.rows(&FILES, values![request]).await?;
    rows.iter().map(file).collect()
}

/// An edition of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptReply {
    /// Counts from 1.
    pub edition: i64,
    /// The digest of its content.
    pub digest: String,
    /// Its content, sealed.
    pub sealed: Vec<u8>,
    /// Who has written it.
    pub person: PersonId,
    /// For whom.
    pub acting_for: Option<PersonId>,
    /// When.
    pub at: Timestamp,
}

/// Adds an edition of a reply.
///
/// # Errors
/// [`StoreError::Duplicate`] if there is one of this number.
pub async fn add_reply(tx: &mut Tx, request: i64, reply: &KeptReply) -> Result<(), StoreError> {
    let values = values![
        request,
        reply.edition,
        &reply.digest,
        reply.sealed.clone(),
        reply.person.0,
        reply.acting_for.map(|id| id.0),
        reply.at
    ];
    tx.execute(&ADD_REPLY, values).await?;
    Ok(())
}

/// The editions of a request's reply in order.
///
/// # Errors
/// The store's.
pub async fn replies(tx: &mut Tx, request: i64) -> Result<Vec<KeptReply>, StoreError> {
    let reply = |row: &Row| {
        Ok(KeptReply {
            edition: row.get("edition")?,
            digest: row.get("digest")?,
            sealed: row.get("sealed")?,
            person: PersonId(row.get("person")?),
            acting_for: row.get::<Option<i64>>("acting_for")?.map(PersonId),
            at: row.get("at")?,
        })
    };
    let rows = tx.rows(&REPLIES, values![request]).await?;
    rows.iter().map(reply).collect()
}
