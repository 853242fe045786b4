//! Strangers' files: what a page asks of the reader, and what it gets back.
//!
//! Reading runs in a process of its own, within limits; [`carry_out`] is what
//! that process does. An order and an answer travel as a head in JSON and the
//! bytes behind it. Nothing is kept by the server: what was read goes back to
//! the asker, packed, and comes again with the next order.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::{Cursor, Read, Write};
use std::pin::Pin;
use std::sync::Arc;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use gongkai_domain::inspection::{
    Dictionary, Finding, Outcome, Place, RuleId, Scanner, expressions,
};
use gongkai_domain::organization::import::ROWS_MAX;
use gongkai_domain::report::audit::across::Children;
use gongkai_domain::report::audit::{Beside, Severity};
use gongkai_domain::report::document::Document;
use gongkai_domain::report::reading::Reading;
use gongkai_domain::words::{Language, Message, Words};
use gongkai_intake::{Deadline, IntakeError, Limits, inspect, table};
use gongkai_paper::report::{Audited, Unread, html, json, xlsx};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wanted {
    /// Only read: what was read, packed.
    Documents,
    /// The results as part of a page.
    Page,
    /// The results as JSON.
    Json,
    /// The results as a page that needs nothing else.
    Html,
    /// The tables of one report as a workbook.
    Workbook,
    /// The rows of a table alone, such as one of organizations; see
    /// [`read_rows`].
    Rows,
    /// The only input is a mail: what it says, and the files in it; see
    /// [`super::mails::read`].
    Mail,
    /// What an inspection of the first input finds; a second input holds
    /// expressions of the installation. See [`crate::inspection`].
    Inspection {
        /// The last day on which a person can be born.
        today: Date,
    },
}

/// What a file is in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// A report to audit.
    Report,
    /// The report of a subordinate body, to be summed up too.
    Child,
}

/// One of the inputs, its bytes apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Name of the file.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// Whether the bytes are what [`Wanted::Documents`] gave, not a file.
    pub packed: bool,
    /// How many bytes.
    pub length: u64,
}

impl Input {
    /// A file that was brought, a report where nobody says otherwise.
    pub fn file(name: impl Into<String>, length: u64) -> Self {
        Self {
            name: name.into(),
            role: Role::Report,
            packed: false,
            length,
        }
    }
}

/// An order, its inputs' bytes apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Language of what is made.
    pub language: Language,
    /// What is to be made.
    pub wanted: Wanted,
    /// For [`Wanted::Workbook`], which report, from 0.
    pub which: usize,
    /// Bodies whose reports are expected among the children.
    pub expected: Vec<String>,
    /// The inputs, in order.
    pub inputs: Vec<Input>,
}

/// The head of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Title of the page, or name of the file.
    pub title: String,
    /// Reports that were read.
    pub read: usize,
    /// Files that were not.
    pub unread: usize,
    /// Errors found, in all reports.
    pub errors: usize,
    /// Bytes of the body.
    pub body: u64,
    /// Bytes of what was read, packed.
    pub packed: u64,
}

/// What was made of an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// Its head.
    pub head: Head,
    /// What was wanted.
    pub body: Vec<u8>,
    /// What was read, packed, for the next order.
    pub packed: Vec<u8>,
}

/// Why an order was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The file needs more time to read than is given.
    #[error("reading took longer than allowed")]
    OutOfTime,
    /// It needs more memory, or broke the reader.
    #[error("the reader was stopped at a limit or broke")]
    Broken,
    /// The order itself makes no sense, as when a field was changed on its way.
    #[error("the order is damaged")]
    Damaged,
    /// The reading process could not be started.
    #[error("the reader cannot be started")]
    NotStarted,
}

impl Refused {
    /// What to tell the user, with what to do.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::OutOfTime => "intake-out-of-time",
            Self::Broken => "refused-broken",
            Self::Damaged => "refused-damaged",
            Self::NotStarted => "refused-not-started",
        })
    }
}

/// The bytes of one input on their way to the reader.
pub type Bytes = Box<dyn Read + Send>;
/// An answer to come.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Answer, Refused>> + Send + 'a>>;

/// Carries out orders apart from the server: the port to the reading process.
pub trait Reader: Send + Sync {
    /// Carries out one order within the limits of one process.
    fn carry_out(&self, order: Order, bytes: Vec<Bytes>) -> Answering<'_>;
}

/// A file that was read, or why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    name: String,
    role: Role,
    found: Result<Document, Message>,
}

/// The most that packed documents unfold to: what is read of a file is never
/// more than a few times the file.
const UNPACKED_MAX: u64 = 64 * 1024 * 1024;

/// The most that travels with a page; with more, it offers no downloads.
pub const PACKED_MAX: usize = 4 * 1024 * 1024;

fn pack(seen: &[Seen]) -> Result<Vec<u8>, Refused> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    serde_json::to_writer(&mut encoder, seen).map_err(|_| Refused::Broken)?;
    encoder.finish().map_err(|_| Refused::Broken)
}

fn unpack(bytes: &[u8]) -> Result<Vec<Seen>, Refused> {
    let decoder = DeflateDecoder::new(bytes).take(UNPACKED_MAX);
    serde_json::from_reader(decoder).map_err(|_| Refused::Damaged)
}

/// What a file that could not be read looks like to the orders after it.
///
/// # Errors
/// [`Refused::Broken`] if it cannot be packed.
pub fn packed_refusal(input: &Input, refused: Refused) -> Result<Vec<u8>, Refused> {
    pack(&[Seen {
        name: input.name.clone(),
        role: input.role,
        found: Err(refused.message()),
    }])
}

/// Columns of a sheet that people extend, for the bound on cells.
const COLUMNS_MAX: usize = 64;
/// Bytes of a table's file. Who sends a larger one is told before it is read.
pub const TABLE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A table needs less than a report: a process may use less on it.
fn limits_of_rows(limits: &Limits) -> Limits {
    let bytes_max = usize::try_from(TABLE_BYTES_MAX).unwrap_or(usize::MAX);
    Limits {
        file_bytes_max: limits.file_bytes_max.min(bytes_max),
        unpacked_bytes_max: limits.unpacked_bytes_max.min(128 * 1024 * 1024),
        cells_max: limits.cells_max.min((ROWS_MAX + 1) * COLUMNS_MAX),
        ..*limits
    }
}

/// The rows of a table, or why it was not read.
type Rows = Result<Vec<Vec<String>>, Message>;

/// The rows of the only input, without the empty ones that a spreadsheet shows
/// below them.
fn rows(input: &Input, bytes: &[u8], limits: &Limits, deadline: &dyn Deadline) -> Rows {
    let read = table::read(bytes, &input.name, &limits_of_rows(limits), deadline);
    let mut rows = read.map_err(|error| error.message())?;
    let is_blank = |row: &Vec<String>| row.iter().all(|cell| cell.trim().is_empty());
    while rows.last().is_some_and(is_blank) {
        rows.pop();
    }
    Ok(rows)
}

/// Has a table read apart from the server, within the limits of one process.
/// The outer error is of the process, the inner one of the file.
///
/// # Errors
/// [`Refused`].
pub async fn read_rows(reader: &dyn Reader, name: &str, bytes: Arc<[u8]>) -> Result<Rows, Refused> {
    let order = Order {
        language: Language::default(),
        wanted: Wanted::Rows,
        which: 0,
        expected: Vec::new(),
        inputs: vec![Input::file(
            name,
            u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        )],
    };
    let bytes: Vec<Bytes> = vec![Box::new(Cursor::new(bytes))];
    let answer = reader.carry_out(order, bytes).await?;
    serde_json::from_slice(&answer.body).map_err(|_| Refused::Broken)
}

/// The bytes of one input.
fn taken(input: &Input, bytes: &mut dyn Read) -> Result<Vec<u8>, Refused> {
    let length = usize::try_from(input.length).map_err(|_| Refused::Damaged)?;
    // In one piece: growing would take twice as much for a moment.
    let mut own = Vec::new();
    own.try_reserve_exact(length)
        .map_err(|_| Refused::Damaged)?;
    let got = bytes
        .take(input.length)
        .read_to_end(&mut own)
        .map_err(|_| Refused::Damaged)?;
    if got == length {
        Ok(own)
    } else {
        Err(Refused::Damaged)
    }
}

/// Carries out an order; `bytes` gives the inputs' bytes one after another.
///
/// # Errors
/// [`Refused::Damaged`] if the order and its bytes do not fit; what is wrong
/// with a file is part of the answer.
pub fn carry_out(
    order: &Order,
    bytes: &mut dyn Read,
    limits: &Limits,
    deadline: &dyn Deadline,
) -> Result<Answer, Refused> {
    if order.wanted == Wanted::Rows {
        let input = order.inputs.first().ok_or(Refused::Damaged)?;
        let found = rows(input, &taken(input, bytes)?, limits, deadline);
        let body = serde_json::to_vec(&found).map_err(|_| Refused::Broken)?;
        return Ok(Answer {
            head: Head {
                body: u64::try_from(body.len()).unwrap_or(u64::MAX),
                read: usize::from(found.is_ok()),
                unread: usize::from(found.is_err()),
                ..Head::default()
            },
            body,
            packed: Vec::new(),
        });
    }
    if order.wanted == Wanted::Mail {
        let input = order.inputs.first().ok_or(Refused::Damaged)?;
        let bytes = taken(input, bytes)?;
        return super::mails::answer(gongkai_intake::mail::read(&bytes, limits, deadline));
    }
    if let Wanted::Inspection { today } = order.wanted {
        let outcome = inspected(order, bytes, today, limits, deadline)?;
        let body = serde_json::to_vec(&outcome).map_err(|_| Refused::Broken)?;
        return Ok(Answer {
            head: Head {
                body: u64::try_from(body.len()).unwrap_or(u64::MAX),
                read: 1,
                ..Head::default()
            },
            body,
            packed: Vec::new(),
        });
    }
    let mut seen = Vec::new();
    for input in &order.inputs {
        let own = taken(input, bytes)?;
        if input.packed {
            seen.extend(unpack(&own)?);
        } else {
            let found = gongkai_intake::read(&own, &input.name, limits, deadline);
            seen.push(Seen {
                name: input.name.clone(),
                role: input.role,
                found: found.map_err(|error: IntakeError| error.message()),
            });
        }
    }
    let packed = pack(&seen)?;
    let mut answer = if order.wanted == Wanted::Documents {
        Answer::default()
    } else {
        make(order, seen, packed.len() <= PACKED_MAX)?
    };
    answer.packed = packed;
    answer.head.body = u64::try_from(answer.body.len()).unwrap_or(u64::MAX);
    answer.head.packed = u64::try_from(answer.packed.len()).unwrap_or(u64::MAX);
    Ok(answer)
}

/// Inspects the first input, with the expressions of the second if there is one.
fn inspected(
    order: &Order,
    bytes: &mut dyn Read,
    today: Date,
    limits: &Limits,
    deadline: &dyn Deadline,
) -> Result<Outcome, Refused> {
    let input = order.inputs.first().ok_or(Refused::Damaged)?;
    let most = u64::try_from(limits.file_bytes_max).unwrap_or(u64::MAX);
    if input.length > most {
        let shown = format!("{} MB", input.length.div_ceil(1024 * 1024));
        let found = Finding::of(RuleId::TooLarge, Place::file(), shown);
        return Ok(Outcome::new("?", vec![found]));
    }
    let file = taken(input, bytes)?;
    let added = match order.inputs.get(1) {
        Some(input) => {
            let json = taken(input, bytes)?;
            let json = std::str::from_utf8(&json).map_err(|_| Refused::Damaged)?;
            expressions::read(json).map_err(|_| Refused::Damaged)?
        }
        None => Vec::new(),
    };
    let dictionary = Dictionary::with(&added).map_err(|_| Refused::Damaged)?;
    let scanner = Scanner::new(dictionary, today);
    Ok(inspect::inspect(
        &file,
        &input.name,
        &scanner,
        limits,
        deadline,
    ))
}

/// Audits what was seen and makes what is wanted of it.
fn make(order: &Order, seen: Vec<Seen>, packed: bool) -> Result<Answer, Refused> {
    let words = Words::of(order.language);
    let (files, unread) = audited(seen, &order.expected);
    let head = Head {
        read: files.len(),
        unread: unread.len(),
        errors: files.iter().map(|file| file.count(Severity::Error)).sum(),
        ..Head::default()
    };
    let (title, body) = match order.wanted {
        Wanted::Documents | Wanted::Rows | Wanted::Mail | Wanted::Inspection { .. } => {
            (String::new(), Vec::new())
        }
        Wanted::Page => {
            let part = html::part(&files, &unread, packed, words).map_err(|_| Refused::Broken)?;
            (part.title, part.main.into_bytes())
        }
        Wanted::Html => {
            let page = html::audit(&files, &unread, words).map_err(|_| Refused::Broken)?;
            ("gongkai-audit.html".to_owned(), page.into_bytes())
        }
        Wanted::Json => {
            let value = results(&files, &unread, words);
            let text = serde_json::to_vec_pretty(&value).map_err(|_| Refused::Broken)?;
            ("gongkai-audit.json".to_owned(), text)
        }
        Wanted::Workbook => {
            let file = files.get(order.which).ok_or(Refused::Damaged)?;
            let workbook = xlsx::workbook(&file.reading).map_err(|_| Refused::Broken)?;
            (
                format!("{}.xlsx", html::title(&file.reading, words)),
                workbook,
            )
        }
    };
    Ok(Answer {
        head: Head { title, ..head },
        body,
        packed: Vec::new(),
    })
}

/// The results of all files, as the JSON endpoint gives them.
fn results(files: &[Audited], unread: &[Unread], words: &Words) -> serde_json::Value {
    let mut all: Vec<serde_json::Value> = files
        .iter()
        .map(|file| {
            let mut value = json::audit(file, words);
            value["reading"] = json::reading(&file.reading);
            value
        })
        .collect();
    all.extend(unread.iter().map(|file| {
        json!({
            "name": file.name,
            "error": { "code": file.reason.id, "message": words.render(&file.reason) },
        })
    }));
    json!({ "results": all })
}

/// Audits each report beside the others: the year before of the same body, and
/// the children beside those that are none.
fn audited(seen: Vec<Seen>, expected: &[String]) -> (Vec<Audited>, Vec<Unread>) {
    let mut unread = Vec::new();
    let mut readings: Vec<(String, Role, Reading)> = Vec::new();
    let mut missing = Vec::new();
    for Seen { name, role, found } in seen {
        match found {
            Ok(document) => readings.push((name, role, Reading::of(document))),
            Err(reason) => {
                if role == Role::Child {
                    missing.push((name.clone(), Err(IntakeError::Empty)));
                }
                unread.push(Unread { name, reason });
            }
        }
    }
    let read = readings.iter().filter(|(_, role, _)| *role == Role::Child);
    let children: Vec<(String, Result<Reading, IntakeError>)> = read
        .map(|(name, _, reading)| (name.clone(), Ok(reading.clone())))
        .chain(missing)
        .collect();
    let children: Option<Children> =
        (!children.is_empty()).then(|| super::children(children, expected));
    let found: Vec<_> = readings
        .iter()
        .map(|(_, role, reading)| {
            let previous = year_before(reading, &readings);
            let children = children.as_ref().filter(|_| *role == Role::Report);
            gongkai_domain::report::audit::audit(reading, Beside { previous, children })
        })
        .collect();
    let files = readings
        .into_iter()
        .zip(found)
        .map(|((name, _, reading), diagnostics)| Audited {
            name,
            reading,
            diagnostics,
            verdicts: BTreeMap::new(),
        })
        .collect();
    (files, unread)
}

/// The report of the same body for the year before, among those brought.
fn year_before<'a>(
    reading: &Reading,
    readings: &'a [(String, Role, Reading)],
) -> Option<&'a Reading> {
    let (year, organization) = (reading.year?, reading.organization.as_ref()?);
    readings.iter().map(|(_, _, other)| other).find(|other| {
        other.year == Some(year - 1) && other.organization.as_ref() == Some(organization)
    })
}

/// Writes a head before its bytes.
///
/// # Errors
/// The writer's.
pub fn write_head(head: &impl Serialize, to: &mut dyn Write) -> std::io::Result<()> {
    let text = serde_json::to_vec(head)?;
    let length = u32::try_from(text.len()).map_err(std::io::Error::other)?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(&text)
}

/// The largest head: names of files and of expected bodies.
const HEAD_MAX: u32 = 4 * 1024 * 1024;

/// Reads a head.
///
/// # Errors
/// The reader's, or that it is none.
pub fn read_head<T: for<'de> Deserialize<'de>>(from: &mut dyn Read) -> std::io::Result<T> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > HEAD_MAX {
        return Err(std::io::Error::other("the head is too long"));
    }
    let mut text = Vec::new();
    from.take(u64::from(length)).read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

impl Answer {
    /// Writes the answer.
    ///
    /// # Errors
    /// The writer's.
    pub fn write(&self, to: &mut dyn Write) -> std::io::Result<()> {
        write_head(&self.head, to)?;
        to.write_all(&self.body)?;
        to.write_all(&self.packed)
    }

    /// Reads an answer that was written whole.
    ///
    /// # Errors
    /// [`Refused::Broken`] if it is cut off.
    pub fn read(mut from: &[u8]) -> Result<Self, Refused> {
        let head: Head = read_head(&mut from).map_err(|_| Refused::Broken)?;
        let body = usize::try_from(head.body).map_err(|_| Refused::Broken)?;
        let packed = usize::try_from(head.packed).map_err(|_| Refused::Broken)?;
        let whole = body.checked_add(packed).ok_or(Refused::Broken)?;
        if from.len() != whole {
            return Err(Refused::Broken);
        }
        let (body, packed) = from.split_at(body);
        Ok(Self {
            head,
            body: body.to_vec(),
            packed: packed.to_vec(),
        })
    }
}
