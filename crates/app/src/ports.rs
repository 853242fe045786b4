//! What the use cases need from outside.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use gongkai_domain::outbox::{Line, MailAddress};
use gongkai_domain::register::Phone;
use gongkai_domain::words::Message;
use jiff::Timestamp;
use url::Url;

/// A folder of small files that outlive a run: loaded calendars, a human's
/// verdicts.
pub trait DataFolder {
    /// The content of a file, or `None` where there is none.
    ///
    /// # Errors
    /// [`FolderError`] if it cannot be read.
    fn read(&self, name: &str) -> Result<Option<String>, FolderError>;

    /// Replaces a file whole; after a crash it holds the old or the new
    /// content, nothing between.
    ///
    /// # Errors
    /// [`FolderError`] if it cannot be written.
    fn write(&self, name: &str, content: &str) -> Result<(), FolderError>;

    /// Names of the files below a folder, sorted.
    ///
    /// # Errors
    /// [`FolderError`] if it cannot be listed.
    fn list(&self, folder: &str) -> Result<Vec<String>, FolderError>;
}

/// A file of the data folder could not be used.
#[derive(Debug, thiserror::Error)]
#[error("data folder, file {name}")]
pub struct FolderError {
    /// Which file.
    pub name: String,
    /// Why.
    #[source]
    pub source: std::io::Error,
}

/// What comes later, from outside the process.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What time it is. The only way to ask.
pub trait Clock: Send + Sync {
    /// Now, to the millisecond, as the store keeps it.
    fn now(&self) -> Timestamp;
}

/// Chance that nobody can foresee. The only way to draw it.
pub trait Chance: Send + Sync {
    /// Fills the bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// A mail that is to go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// What it is known by: the same at every try.
    pub id: String,
    /// When it was written.
    pub at: Timestamp,
    /// The address.
    pub to: MailAddress,
    /// The subject.
    pub subject: Line,
    /// The text.
    pub text: String,
    /// What comes along.
    pub attachments: Vec<Attachment>,
}

/// A file that comes along with a mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name.
    pub name: Line,
    /// What kind of thing it is, `type/subtype`.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes of {}", self.bytes.len(), self.media_type)
    }
}

/// A text message that is to go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What it is known by: the same at every try.
    pub id: String,
    /// The telephone.
    pub to: Phone,
    /// What it says.
    pub text: String,
}

/// Why something was not sent. The words are for administrators: they tell of
/// servers, never of persons.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// The server as a whole does not work: what else waits for it, waits too.
    #[error("{0}")]
    Server(String),
    /// This one may be taken later.
    #[error("{0}")]
    Later(String),
    /// This one will never be taken.
    #[error("{0}")]
    Refused(String),
}

/// Sends mail.
pub trait Mailer: Send + Sync {
    /// Hands a mail over; when it returns well, the server has taken it.
    fn send<'a>(&'a self, mail: &'a Mail) -> Doing<'a, Result<(), NotSent>>;
}

/// Sends text messages.
pub trait Texter: Send + Sync {
    /// Hands a message over; when it returns well, the gateway has taken it,
    /// now or before.
    fn send<'a>(&'a self, text: &'a Text) -> Doing<'a, Result<(), NotSent>>;
}

/// A request to the outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// `GET`, `PUT`, …
    pub method: &'static str,
    /// Where to.
    pub url: String,
    /// Header fields.
    pub headers: Vec<(String, String)>,
    /// What is sent.
    pub body: Vec<u8>,
    /// Who gave the address.
    pub whose: Whose,
    /// How long it may take, and how much may come.
    pub limits: Limits,
}

/// Who gave an address, which says how far a request to it may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The configuration: it leads wherever whoever runs this machine wants.
    Configured,
    /// Somebody in the office, or a stranger: to public addresses alone and by
    /// TLS, and to the networks that the configuration excepts.
    Typed,
}

/// What a request to the outside may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From asking to the end of the answer.
    pub time: Duration,
    /// The largest answer that is taken, in bytes.
    pub answer_bytes_max: usize,
    /// How often an answer may lead elsewhere; each place is looked at as the
    /// first was.
    pub redirects_max: u8,
}

impl Default for Limits {
    /// Enough for an attachment.
    fn default() -> Self {
        Self {
            time: Duration::from_secs(60),
            answer_bytes_max: 128 * 1024 * 1024,
            redirects_max: 0,
        }
    }
}

/// The answer to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The status.
    pub status: u16,
    /// What kind of thing came (`Content-Type`), where it says so.
    pub media_type: Option<String>,
    /// What came.
    pub body: Vec<u8>,
}

/// Asks the outside by HTTP.
pub trait Fetcher: Send + Sync {
    /// Sends a request and takes the whole answer.
    fn fetch(&self, request: Outgoing) -> Doing<'_, Result<Incoming, OutsideError>>;

    /// Why an address that somebody types will never be asked, as far as it
    /// can be told before its name is looked up; none where it may be.
    fn refusal(&self, _url: &Url) -> Option<Message> {
        None
    }
}

/// Something outside could not be reached or refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OutsideError(pub String);

/// What a virus scanner says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scanned {
    /// It knows nothing against it.
    Clean,
    /// It knows it by this name.
    Found(String),
}

/// Looks for viruses.
pub trait VirusScanner: Send + Sync {
    /// Has a file looked at. An error says nothing of the file: it is to be
    /// held, not to pass.
    fn scan(&self, bytes: Arc<[u8]>) -> Doing<'_, Result<Scanned, OutsideError>>;
}

/// Keeps bytes under the digest of what is kept.
pub trait Blobs: Send + Sync {
    /// Keeps bytes; durable when it returns.
    fn put<'a>(&'a self, digest: &'a str, bytes: &'a [u8]) -> Doing<'a, Result<(), BlobError>>;

    /// The bytes of a digest.
    fn get<'a>(&'a self, digest: &'a str) -> Doing<'a, Result<Vec<u8>, BlobError>>;

    /// All digests, with when each was put.
    fn list(&self) -> Doing<'_, Result<Vec<(String, Timestamp)>, BlobError>>;

    /// Removes one; one that is not there is removed already.
    fn remove<'a>(&'a self, digest: &'a str) -> Doing<'a, Result<(), BlobError>>;
}

/// Why a blob was not kept or had.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// There is none of this digest.
    #[error("there is no blob {0}")]
    Missing(String),
    /// Its bytes are not those of its digest.
    #[error("the blob {0} is damaged")]
    Damaged(String),
    /// The place where they lie fails.
    #[error("blobs cannot be reached: {0}")]
    Failed(String),
}

/// An error with what caused it, in one line.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
