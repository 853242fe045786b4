//! File inspection: a file is opened apart from the server, what was found is
//! kept by the file's digest, and a person settles what only a person can.
//!
//! Other rooms ask [`inspect`] when a file comes in or is to go out, and
//! [`may_pass`] before they hand one on; they decide nothing of it themselves.
//! Numbers are masked before they are kept; the name of a file and what was found
//! in it, which may tell of a person, are sealed under a key of their own, and so
//! is the reason of who lets one pass. Where a virus scanner is set, nothing passes without its word.

mod forget;
mod keep;
mod look;
mod scanner;

pub use forget::forget;
pub use gongkai_domain::inspection::{Finding, Outcome, Severity, Verdict};
pub use keep::{confirm, digest_of, inspect, inspect_brought, may_come_in, may_pass};
pub use look::{Page, list, see};
pub use scanner::{Clamd, ClamdAddress};

use std::io::Cursor;
use std::sync::Arc;

use gongkai_domain::audit::Outcome as Ended;
use gongkai_domain::inspection::{Place, RuleId};
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::Action;
use gongkai_domain::words::{Language, Message};
use gongkai_store::StoreError;
use gongkai_store::inspection::Kept;
use jiff::Timestamp;
use jiff::civil::Date;
use tracing::warn;

use crate::audit::Deed;
use crate::house::{House, Inspecting};
use crate::ports::Scanned;
use crate::report::orders::{Bytes, Input, Order, Reader, Refused, Wanted};
use crate::vault::VaultError;

/// Bytes of the largest file that is inspected.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

const KIND: &str = "inspection";
const NONE: &str = "-";
const USE: Action = Action::InspectionUse;
const CONFIRM: Action = Action::InspectionConfirm;

/// Why nothing was inspected, shown or confirmed.
#[derive(Debug, thiserror::Error)]
pub enum InspectionError {
    /// What was entered is wrong, each with what to do.
    #[error("what was entered is wrong")]
    Refused(Vec<Message>),
    /// It is not allowed; this was written down.
    #[error("it is not allowed")]
    Denied(Message),
    /// There is no such inspection, or none that may be seen.
    #[error("there is no such inspection to be seen")]
    Missing,
    /// The process that opens files could not be started, or got no sense out
    /// of its order. Nothing is known of the file.
    #[error("the file could not be inspected")]
    Unread(Refused),
    /// The store's.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key's.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

crate::people::takes_over!(InspectionError);

/// A file that is to be inspected.
#[derive(Debug, Clone)]
pub struct File {
    /// The name that it came with.
    pub name: String,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

/// An inspection as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// Its number.
    pub id: i64,
    /// For whom it was made.
    pub organization: OrganizationId,
    /// The file's name; nothing where its key was erased.
    pub name: Option<String>,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
    /// Bytes of the file.
    pub bytes: i64,
    /// What was found.
    pub outcome: Outcome,
    /// When.
    pub at: Timestamp,
    /// By whom: a login name.
    pub by: String,
    /// Who let it pass, when, and why.
    pub confirmed: Option<(Timestamp, String, String)>,
    /// What makes it out of date, if anything.
    pub superseded: Option<Superseded>,
}

/// What makes an inspection out of date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Superseded {
    /// The same file was inspected again, and something else was found, or it
    /// came under another name.
    Newer,
    /// The rules have changed since.
    Rules,
}

impl Superseded {
    /// What it means, for people.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::Newer => "inspection-superseded-newer",
            Self::Rules => "inspection-superseded-rules",
        })
    }
}

impl Inspected {
    /// Whether the file may pass now.
    pub fn may_pass(&self) -> bool {
        self.superseded.is_none() && self.outcome.verdict.may_pass(self.confirmed.is_some())
    }
}

/// Opens a file and says what is in it: by the virus scanner, where one is set,
/// then apart from the server within the limits of one process. Whatever a file
/// does, the answer says what is to become of it.
///
/// # Errors
/// [`Refused::NotStarted`] and [`Refused::Damaged`], of which nothing follows
/// for the file.
pub async fn examine(
    inspecting: &Inspecting,
    reader: &dyn Reader,
    file: &File,
    today: Date,
) -> Result<Outcome, Refused> {
    let mut beside = Vec::new();
    if let Some(scanner) = &inspecting.scanner {
        match scanner.scan(Arc::clone(&file.bytes)).await {
            Ok(Scanned::Clean) => {}
            // What is known to do harm is not opened.
            Ok(Scanned::Found(name)) => {
                let found = Finding::of(RuleId::Virus, Place::file(), shown_virus(&name));
                return Ok(Outcome::new("?", vec![found]));
            }
            Err(error) => {
                warn!(reason = %error, "The virus scanner gave no answer; a file is held");
                beside.push(Finding::of(RuleId::ScannerDown, Place::file(), ""));
            }
        }
    }
    let outcome = match opened(inspecting, reader, file, today).await {
        Ok(outcome) => outcome,
        Err(Refused::OutOfTime | Refused::Broken) => {
            let found = Finding::of(RuleId::Exhausting, Place::file(), "");
            Outcome::new("?", vec![found])
        }
        Err(refused) => return Err(refused),
    };
    if beside.is_empty() {
        return Ok(outcome);
    }
    beside.extend(outcome.findings);
    let mut whole = Outcome::new(outcome.kind, beside);
    whole.more += outcome.more;
    Ok(whole)
}

/// Names of viruses are letters, digits and dots; what else comes is not shown.
fn shown_virus(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | ':'))
        .take(80)
        .collect()
}

async fn opened(
    inspecting: &Inspecting,
    reader: &dyn Reader,
    file: &File,
    today: Date,
) -> Result<Outcome, Refused> {
    let length = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let mut inputs = vec![Input::file(&file.name, length(&file.bytes))];
    let mut bytes: Vec<Bytes> = vec![Box::new(Cursor::new(Arc::clone(&file.bytes)))];
    if !inspecting.expressions.is_empty() {
        inputs.push(Input::file("expressions", length(&inspecting.expressions)));
        bytes.push(Box::new(Cursor::new(Arc::clone(&inspecting.expressions))));
    }
    let order = Order {
        language: Language::default(),
        wanted: Wanted::Inspection { today },
        which: 0,
        expected: Vec::new(),
        inputs,
    };
    let answer = reader.carry_out(order, bytes).await?;
    serde_json::from_slice(&answer.body).map_err(|_| Refused::Broken)
}

/// What is sealed opens only for the body that it was sealed for.
fn field(organization: OrganizationId, what: &str) -> String {
    format!("inspection/{organization}/{what}")
}

async fn shown(house: &House, kept: &Kept) -> Result<Inspected, InspectionError> {
    let key = match house.vault.key(&kept.key).await {
        Ok(key) => Some(key),
        Err(VaultError::Erased) => None,
        Err(error) => return Err(error.into()),
    };
    let open = |what: &str, sealed: &[u8]| match &key {
        Some(key) => key
            .open_text(&field(kept.organization, what), sealed)
            .map(Some),
        None => Ok(None),
    };
    let outcome = match open("outcome", &kept.outcome)? {
        Some(json) => serde_json::from_str(&json).map_err(|_| VaultError::Changed)?,
        // What was found went with its key; what followed from it stays.
        None => Outcome {
            verdict: Verdict::from_key(&kept.verdict).unwrap_or(Verdict::Refused),
            ..Outcome::new(kept.kind.clone(), Vec::new())
        },
    };
    let confirmed = match &kept.confirmed {
        Some((at, by, reason)) => {
            let reason = open("reason", reason)?.unwrap_or_default();
            Some((*at, by.clone(), reason))
        }
        None => None,
    };
    Ok(Inspected {
        id: kept.id,
        organization: kept.organization,
        name: open("name", &kept.name)?,
        digest: kept.digest.clone(),
        bytes: kept.bytes,
        outcome,
        at: kept.inspected_at,
        by: kept.inspected_by.clone(),
        confirmed,
        superseded: keep::superseded(house, kept),
    })
}

fn deed(action: Action, object: String, detail: serde_json::Value) -> Deed<'static> {
    Deed {
        action: action.key(),
        object_kind: KIND,
        object,
        outcome: Ended::Done,
        detail,
    }
}
