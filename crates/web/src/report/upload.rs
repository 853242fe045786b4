//! Files on their way in: counted while they come, kept nowhere that has a
//! name.

use std::io::{Seek, SeekFrom, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{StatusCode, header};
use gongkai_app::report::orders::{self, Input, Role};
use gongkai_domain::words::Message;
use tempfile::SpooledTempFile;
use tokio::time::{Instant, Sleep};
use tokio_stream::Stream;

/// The largest file; the same as the reader's own limit.
const FILE_MAX: u64 = 64 * 1024 * 1024;
/// The most that one form may bring.
const FORM_MAX: u64 = 256 * 1024 * 1024;
/// The most files at once: a county and its bodies.
const FILES_MAX: usize = 200;
/// Larger files go to the disk, nameless, and end with the process.
const MEMORY_MAX: usize = 128 * 1024;
/// A list of bodies is a few pages at most.
const LIST_MAX: usize = 256 * 1024;

/// A file that was brought.
pub struct Brought {
    pub input: Input,
    file: SpooledTempFile,
}

impl Brought {
    /// A sample that the program brings along.
    pub fn sample(name: &str, bytes: &[u8]) -> std::io::Result<Self> {
        let mut file = SpooledTempFile::new(MEMORY_MAX);
        file.write_all(bytes)?;
        Ok(Self {
            input: Input::file(name, u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
            file,
        })
    }

    /// Its bytes, from the beginning.
    pub fn bytes(mut self) -> std::io::Result<(Input, orders::Bytes)> {
        self.file.seek(SeekFrom::Start(0))?;
        Ok((self.input, Box::new(self.file)))
    }
}

/// What a form is to bring; what else it brings is passed over.
#[derive(Debug, Clone, Copy)]
pub struct Expected {
    /// Names of fields with a file.
    pub files: &'static [&'static str],
    /// Names of fields with a text.
    pub texts: &'static [&'static str],
    /// Bytes of one file.
    pub file_bytes_max: u64,
    /// Bytes of the whole form.
    pub form_bytes_max: u64,
    /// Files at once.
    pub files_max: usize,
}

/// What a form brought, each with the name of its field.
#[derive(Default)]
pub struct Fields {
    pub files: Vec<(String, Brought)>,
    pub texts: Vec<(String, String)>,
}

impl Fields {
    /// The text of a field; empty where there is none.
    pub fn text(&self, name: &str) -> &str {
        let found = self.texts.iter().find(|(of, _)| of == name);
        found.map_or("", |(_, text)| text.as_str())
    }
}

/// Reports, and a list of those that are expected.
const REPORTS: Expected = Expected {
    files: &["report", "child", "text"],
    texts: &["expected"],
    file_bytes_max: FILE_MAX,
    form_bytes_max: FORM_MAX,
    files_max: FILES_MAX,
};

/// Reports that a form brought.
#[derive(Default)]
pub struct Form {
    pub files: Vec<Brought>,
    pub expected: Vec<String>,
}

/// Why a form was not taken.
#[derive(Debug)]
pub enum Refusal {
    /// A file is too large, or all are together.
    TooLarge,
    /// Too many files.
    TooMany,
    /// No file and nothing pasted.
    Nothing,
    /// The form ended early or is none.
    Broken,
    /// No place to put it.
    NoRoom,
}

impl Refusal {
    /// The status that says so to programs.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge | Self::TooMany => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Nothing => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Broken => StatusCode::BAD_REQUEST,
            Self::NoRoom => StatusCode::INSUFFICIENT_STORAGE,
        }
    }

    /// What to tell the visitor, with what to do.
    pub fn message(&self) -> Message {
        match self {
            Self::TooLarge => Message::new("upload-too-large")
                .with("file", FILE_MAX / 1024 / 1024)
                .with("form", FORM_MAX / 1024 / 1024),
            Self::TooMany => Message::new("upload-too-many").with("max", FILES_MAX),
            Self::Nothing => Message::new("upload-nothing"),
            Self::Broken => Message::new("upload-broken"),
            Self::NoRoom => Message::new("upload-no-room"),
        }
    }
}

impl From<MultipartError> for Refusal {
    fn from(error: MultipartError) -> Self {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Self::TooLarge
        } else {
            Self::Broken
        }
    }
}

/// How much of a body is taken at once, before what came is looked at.
const ROUND_MAX: usize = 256 * 1024;
/// How much may come without any of it making sense: the head of a field is a
/// few hundred bytes.
const SENSELESS_MAX: usize = 2 * 1024 * 1024;

/// How long a body may say nothing.
const SILENCE_MAX: Duration = Duration::from_secs(15);
/// What a line brings at least in a millisecond: the slowest that is still used
/// brings some thousand bytes a second.
const BYTES_A_MILLISECOND: usize = 1;

/// A body that comes no faster than it is looked at, and no slower than a line
/// that works. The parser takes all that is there, and waits for the end of a
/// head however long it is; this ends both. Who dribbles is let go, because a
/// turn is kept for them meanwhile.
struct Measured {
    body: BodyDataStream,
    round: usize,
    ahead: Arc<AtomicUsize>,
    patience: Pin<Box<Sleep>>,
}

impl Measured {
    fn new(body: Body, ahead: &Arc<AtomicUsize>) -> Self {
        Self {
            body: body.into_data_stream(),
            round: 0,
            ahead: Arc::clone(ahead),
            patience: Box::pin(tokio::time::sleep(SILENCE_MAX)),
        }
    }

    /// What came buys time: what its bytes take on a slow line, and no more than
    /// a whole silence.
    fn wait_on(&mut self, bytes: usize) {
        let time = u64::try_from(bytes / BYTES_A_MILLISECOND).unwrap_or(u64::MAX);
        let most = Instant::now() + SILENCE_MAX;
        let bought = self
            .patience
            .deadline()
            .checked_add(Duration::from_millis(time));
        self.patience
            .as_mut()
            .reset(bought.map_or(most, |bought| bought.min(most)));
    }
}

impl Stream for Measured {
    type Item = Result<Bytes, Box<dyn std::error::Error + Send + Sync>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.round >= ROUND_MAX {
            self.round = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let polled = Pin::new(&mut self.body).poll_next(context);
        if polled.is_pending() && self.patience.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err("the form comes too slowly".into())));
        }
        let Poll::Ready(Some(Ok(bytes))) = polled else {
            return polled.map_err(Into::into);
        };
        self.wait_on(bytes.len());
        self.round += bytes.len();
        let ahead = self.ahead.fetch_add(bytes.len(), Ordering::Relaxed) + bytes.len();
        if ahead > SENSELESS_MAX {
            return Poll::Ready(Some(Err("the form has no end".into())));
        }
        Poll::Ready(Some(Ok(bytes)))
    }
}

/// Takes a form of reports in.
///
/// # Errors
/// [`Refusal`] says what the visitor is told.
pub async fn receive(request: Request) -> Result<Form, Refusal> {
    let fields = fields(request, REPORTS).await?;
    let list = fields.text("expected").lines().map(str::trim);
    let list = list.filter(|line| !line.is_empty());
    let expected = list.map(ToOwned::to_owned).collect();
    let files = fields.files.into_iter().map(|(name, mut brought)| {
        if name == "child" {
            brought.input.role = Role::Child;
        }
        brought
    });
    Ok(Form {
        files: files.collect(),
        expected,
    })
}

/// Takes a form in; the size that it states is looked at before its first byte.
///
/// # Errors
/// [`Refusal`] says what the visitor is told.
pub async fn fields(request: Request, expected: Expected) -> Result<Fields, Refusal> {
    if is_stated_too_large(&request, expected) {
        return Err(Refusal::TooLarge);
    }
    let mut found = Fields::default();
    gathered(request, expected, expected.form_bytes_max, &mut found).await?;
    Ok(found)
}

/// Takes a form in whose texts stand before its files: what came before it was
/// refused, and why it was.
pub async fn so_far(request: Request, expected: Expected) -> (Fields, Option<Refusal>) {
    // Of one that states that it is too large its texts are taken, and no file.
    let bytes_max = match is_stated_too_large(&request, expected) {
        true => TEXTS_MAX,
        false => expected.form_bytes_max,
    };
    let mut found = Fields::default();
    let ended = gathered(request, expected, bytes_max, &mut found).await;
    (found, ended.err())
}

/// Texts of a form that is too large, in bytes: the largest one, and others.
const TEXTS_MAX: u64 = 1024 * 1024;

fn is_stated_too_large(request: &Request, expected: Expected) -> bool {
    let stated = request.headers().get(header::CONTENT_LENGTH);
    let stated = stated.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    stated.is_some_and(|length| length > expected.form_bytes_max)
}

async fn gathered(
    request: Request,
    expected: Expected,
    bytes_max: u64,
    found: &mut Fields,
) -> Result<(), Refusal> {
    let ahead = Arc::new(AtomicUsize::new(0));
    let (parts, body) = request.into_parts();
    let measured = Measured::new(body, &ahead);
    let request = Request::from_parts(parts, Body::from_stream(measured));
    let mut multipart = Multipart::from_request(request, &())
        .await
        .map_err(|_: MultipartRejection| Refusal::Broken)?;
    let mut left = bytes_max;
    while let Some(mut field) = multipart.next_field().await? {
        ahead.store(0, Ordering::Relaxed);
        let name = field.name().unwrap_or_default().to_owned();
        if expected.files.contains(&name.as_str()) {
            let max = expected.file_bytes_max.min(left);
            let brought = spool(&mut field, max, &ahead).await?;
            left -= brought.input.length.min(left);
            // A file field that was left empty comes as an empty file.
            if brought.input.length > 0 || !brought.input.name.is_empty() {
                found.files.push((name, brought));
            }
            if found.files.len() > expected.files_max {
                return Err(Refusal::TooMany);
            }
        } else if expected.texts.contains(&name.as_str()) {
            let text = small(&mut field, &ahead).await?;
            left = left.saturating_sub(u64::try_from(text.len()).unwrap_or(u64::MAX));
            found.texts.push((name, text));
        }
        ahead.store(0, Ordering::Relaxed);
    }
    Ok(())
}

async fn spool(
    field: &mut Field<'_>,
    bytes_max: u64,
    ahead: &AtomicUsize,
) -> Result<Brought, Refusal> {
    // What was pasted has none.
    let name = shown_name(field.file_name().unwrap_or_default());
    let mut file = SpooledTempFile::new(MEMORY_MAX);
    let mut length = 0u64;
    while let Some(chunk) = field.chunk().await? {
        ahead.store(0, Ordering::Relaxed);
        length += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        if length > bytes_max {
            return Err(Refusal::TooLarge);
        }
        file.write_all(&chunk).map_err(|_| Refusal::NoRoom)?;
    }
    Ok(Brought {
        input: Input::file(name, length),
        file,
    })
}

async fn small(field: &mut Field<'_>, ahead: &AtomicUsize) -> Result<String, Refusal> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await? {
        ahead.store(0, Ordering::Relaxed);
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LIST_MAX {
            return Err(Refusal::TooLarge);
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The longest name that is shown.
const NAME_MAX: usize = 120;

/// A file's name as it may be shown: no folders, no signs that cannot be seen
/// or turn the text around.
fn shown_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let seen: String = last
        .chars()
        .filter(|c| {
            !c.is_control()
                && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        })
        .collect();
    let count = seen.chars().count();
    if count <= NAME_MAX {
        return seen;
    }
    // The end tells the kind.
    let begin: String = seen.chars().take(NAME_MAX - 20).collect();
    let end: String = seen.chars().skip(count - 19).collect();
    format!("{begin}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_came_before_a_file_that_is_too_large_is_kept() {
        const FORM: Expected = Expected {
            files: &["file"],
            texts: &["title", "keep"],
            file_bytes_max: 8,
            form_bytes_max: 1024,
            files_max: 2,
        };
        let asked = |length: Option<&str>, file: &str| {
            let body = format!(
                "--x\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\n通知\r\n\
                 --x\r\nContent-Disposition: form-data; name=\"keep\"\r\n\r\na\r\n\
                 --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n{file}\r\n--x--\r\n"
            );
            let mut request = Request::builder()
                .method("POST")
                .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
            if let Some(length) = length {
                request = request.header(header::CONTENT_LENGTH, length);
            }
            request.body(Body::from(body)).expect("a request")
        };
        for length in [None, Some("4096")] {
            let request = asked(length, &"x".repeat(64 * 1024));
            let (found, refused) = so_far(request, FORM).await;
            assert!(matches!(refused, Some(Refusal::TooLarge)), "{refused:?}");
            assert_eq!((found.text("title"), found.text("keep")), ("通知", "a"));
            assert!(found.files.is_empty());
        }
        let (found, refused) = so_far(asked(None, "x"), FORM).await;
        assert!(refused.is_none(), "{refused:?}");
        assert_eq!((found.text("title"), found.files.len()), ("通知", 1));
    }

    #[tokio::test]
    async fn what_comes_buys_time_by_its_bytes_and_never_more_than_a_silence() {
        let ahead = Arc::new(AtomicUsize::new(0));
        let mut body = Measured::new(Body::empty(), &ahead);
        let begun = body.patience.deadline();
        // Who dribbles gains nothing by it.
        for _ in 0..20 {
            body.wait_on(1);
        }
        assert!(body.patience.deadline() <= begun + Duration::from_millis(20));
        let most = Instant::now() + SILENCE_MAX;
        body.wait_on(1024 * 1024);
        let now = Instant::now() + SILENCE_MAX;
        assert!(body.patience.deadline() >= most && body.patience.deadline() <= now);
    }

    #[test]
    fn names_are_shown_without_folders_and_tricks() {
        let table = [
            ("年报.html", "年报.html"),
            ("../../etc/passwd", "passwd"),
            ("C:\\fakepath\\年报.docx", "年报.docx"),
            ("a\u{202e}fdp.exe", "afdp.exe"),
            ("a\0b\r\nc.txt", "abc.txt"),
            ("", ""),
        ];
        for (given, shown) in table {
            assert_eq!(shown_name(given), shown, "{given:?}");
        }
        let long = format!("{}.pdf", "年".repeat(300));
        let shown = shown_name(&long);
        assert_eq!(shown.chars().count(), NAME_MAX);
        assert!(shown.ends_with(".pdf"));
    }
}
