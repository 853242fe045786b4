//! Blobs in an object store that speaks S3.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rusty_s3::actions::ListObjectsV2;
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};

use super::{digest, is_digest};
use crate::ports::{BlobError, Blobs, Clock, Doing, Fetcher, Incoming, Limits, Outgoing, Whose};

/// Where the object store is and who we are to it.
#[derive(Clone)]
pub struct S3Settings {
    /// Its address, `https://…`.
    pub endpoint: String,
    /// The bucket.
    pub bucket: String,
    /// What the names of our objects begin with, `…/`. Whatever else lies in
    /// the bucket belongs to others and is never looked at.
    pub prefix: String,
    /// The region; many ignore it.
    pub region: String,
    /// The name of the key.
    pub key: String,
    /// The key.
    pub secret: String,
}

impl std::fmt::Debug for S3Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            endpoint,
            bucket,
            prefix,
            ..
        } = self;
        write!(f, "S3Settings({endpoint} {bucket} {prefix})")
    }
}

/// Blobs in a bucket, below a prefix.
pub struct S3Blobs {
    bucket: Bucket,
    prefix: String,
    credentials: Credentials,
    fetcher: Arc<dyn Fetcher>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for S3Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("S3Blobs").field(&self.bucket.name()).finish()
    }
}

/// How long a signature holds.
const SIGNED_FOR: Duration = Duration::from_secs(300);

impl S3Blobs {
    /// A bucket that is there already.
    ///
    /// # Errors
    /// [`BlobError::Failed`] if the address, the bucket's name or the prefix
    /// cannot be one.
    pub fn new(
        settings: &S3Settings,
        fetcher: Arc<dyn Fetcher>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, BlobError> {
        if !settings.prefix.ends_with('/') || settings.prefix.starts_with('/') {
            let reason = "the prefix of an object store ends in / and does not begin with it";
            return Err(BlobError::Failed(reason.to_owned()));
        }
        let endpoint = settings
            .endpoint
            .parse()
            .map_err(|error: url::ParseError| BlobError::Failed(error.to_string()))?;
        let bucket = Bucket::new(
            endpoint,
            UrlStyle::Path,
            settings.bucket.clone(),
            settings.region.clone(),
        )
        .map_err(|error| BlobError::Failed(error.to_string()))?;
        Ok(Self {
            bucket,
            prefix: settings.prefix.clone(),
            credentials: Credentials::new(settings.key.clone(), settings.secret.clone()),
            fetcher,
            clock,
        })
    }

    /// The object of a digest; nothing that is no digest has one.
    fn object(&self, digest: &str) -> Result<String, BlobError> {
        if !is_digest(digest) {
            return Err(BlobError::Missing(digest.to_owned()));
        }
        Ok(format!("{}{digest}", self.prefix))
    }

    /// The digest of an object, if it is one of ours.
    fn own<'a>(&self, object: &'a str) -> Option<&'a str> {
        let name = object.strip_prefix(&self.prefix)?;
        is_digest(name).then_some(name)
    }

    async fn ask<'a, A: S3Action<'a>>(
        &self,
        method: &'static str,
        action: A,
        body: Vec<u8>,
    ) -> Result<Incoming, BlobError> {
        let now = self.clock.now();
        let url = action.sign_with_time(SIGNED_FOR, &now);
        let request = Outgoing {
            method,
            url: url.into(),
            headers: Vec::new(),
            body,
            whose: Whose::Configured,
            limits: Limits::default(),
        };
        let answer = self.fetcher.fetch(request).await;
        answer.map_err(|error| BlobError::Failed(error.to_string()))
    }
}

fn refused(answer: &Incoming) -> BlobError {
    BlobError::Failed(format!("the object store answered {}", answer.status))
}

impl Blobs for S3Blobs {
    fn put<'a>(&'a self, digest: &'a str, bytes: &'a [u8]) -> Doing<'a, Result<(), BlobError>> {
        Box::pin(async move {
            let object = self.object(digest)?;
            let put = self.bucket.put_object(Some(&self.credentials), &object);
            let answer = self.ask("PUT", put, bytes.to_vec()).await?;
            if !(200..300).contains(&answer.status) {
                return Err(refused(&answer));
            }
            // It is there when it is found there.
            let head = self.bucket.head_object(Some(&self.credentials), &object);
            let answer = self.ask("HEAD", head, Vec::new()).await?;
            match answer.status {
                200 => Ok(()),
                _ => Err(refused(&answer)),
            }
        })
    }

    fn get<'a>(&'a self, wanted: &'a str) -> Doing<'a, Result<Vec<u8>, BlobError>> {
        Box::pin(async move {
            let object = self.object(wanted)?;
            let get = self.bucket.get_object(Some(&self.credentials), &object);
            let answer = self.ask("GET", get, Vec::new()).await?;
            match answer.status {
                200 if digest(&answer.body) == wanted => Ok(answer.body),
                200 => Err(BlobError::Damaged(wanted.to_owned())),
                404 => Err(BlobError::Missing(wanted.to_owned())),
                _ => Err(refused(&answer)),
            }
        })
    }

    fn list(&self) -> Doing<'_, Result<Vec<(String, Timestamp)>, BlobError>> {
        Box::pin(async move {
            let mut found = Vec::new();
            let mut from: Option<String> = None;
            loop {
                let mut list = self.bucket.list_objects_v2(Some(&self.credentials));
                list.with_prefix(self.prefix.as_str());
                if let Some(from) = &from {
                    list.with_continuation_token(from.clone());
                }
                let answer = self.ask("GET", list, Vec::new()).await?;
                if answer.status != 200 {
                    return Err(refused(&answer));
                }
                let text = String::from_utf8_lossy(&answer.body);
                let page = ListObjectsV2::parse_response(&text)
                    .map_err(|error| BlobError::Failed(error.to_string()))?;
                for object in page.contents {
                    let Some(name) = self.own(&object.key) else {
                        continue;
                    };
                    let at = object.last_modified.as_deref().map(str::parse);
                    let at: Timestamp = at
                        .transpose()
                        .map_err(|error: jiff::Error| BlobError::Failed(error.to_string()))?
                        // One that does not say when is too young to remove.
                        .unwrap_or(Timestamp::MAX);
                    found.push((name.to_owned(), at));
                }
                from = page.next_continuation_token;
                if from.is_none() {
                    return Ok(found);
                }
            }
        })
    }

    fn remove<'a>(&'a self, digest: &'a str) -> Doing<'a, Result<(), BlobError>> {
        Box::pin(async move {
            let object = self.object(digest)?;
            let delete = self.bucket.delete_object(Some(&self.credentials), &object);
            let answer = self.ask("DELETE", delete, Vec::new()).await?;
            match answer.status {
                200..300 | 404 => Ok(()),
                _ => Err(refused(&answer)),
            }
        })
    }
}
