//! Letters: seen before they are issued, numbered, issued for good, found
//! again. What they are about, others know: a letter is made of
//! [`LetterFacts`] and bears the name of a record beside it.
//!
//! [`draft`] puts one together as it would be issued now; [`prepare`] gives it
//! a number and sets it; [`issue_in`] keeps it in the transaction of whoever
//! issues it, and [`issue`] is all of that in one. A number that was granted is
//! a letter's, or void for a reason, and nothing else: the series has no hole.

mod heads;
mod issue;
mod printing;
mod templates;

pub use heads::{change_head, head};
pub use issue::{
    Granted, Prepared, Seen, about, docx, explain_held, issue, issue_in, number, numbers, pdf,
    prepare, see, void,
};
pub(crate) use issue::{abandon, bytes, opened, word};
pub use printing::Press;
pub use templates::{Change, Draft, Shown, Version, change, draft, list, sample};

use gongkai_domain::letters::compose::NotComposed;
use gongkai_domain::letters::facts::LetterFacts;
use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::letters::template::Fault;
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::requests::application::Wrong;
use gongkai_domain::words::Message;
use gongkai_press::PressError;
use gongkai_store::StoreError;

use crate::blobs::AttachmentError;
use crate::vault::VaultError;

/// A letter that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Who writes.
    pub organization: OrganizationId,
    /// Which kind.
    pub kind: &'static Kind,
    /// What it is made of.
    pub facts: LetterFacts,
    /// Text that the handler wrote in place of the template's.
    pub edited: Option<String>,
    /// Kind and number of the record that it is about.
    pub about: Option<(String, i64)>,
}

/// Why a letter was not made.
#[derive(Debug, thiserror::Error)]
pub enum LettersError {
    /// It is refused, with what to tell the user.
    #[error("refused: {0:?}")]
    Refused(Vec<Message>),
    /// Fields that were typed are wrong, each with what to do.
    #[error("fields are wrong")]
    Entered(Vec<Wrong>),
    /// Its template is wrong at these lines.
    #[error("the template is wrong: {0:?}")]
    Template(Vec<Fault>),
    /// It is not allowed; this was written down.
    #[error("not allowed: {0:?}")]
    Denied(Message),
    /// There is no such letter or number, or none that may be seen.
    #[error("there is none")]
    Missing,
    /// It could not be set.
    #[error(transparent)]
    Press(#[from] PressError),
    /// Its bytes.
    #[error(transparent)]
    Attachment(#[from] AttachmentError),
    /// The store's.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key's.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

crate::people::takes_over!(LettersError);

impl From<NotComposed> for LettersError {
    fn from(error: NotComposed) -> Self {
        match error {
            NotComposed::Facts(messages) => Self::Refused(messages),
            NotComposed::Template(fault) => Self::Template(vec![fault]),
        }
    }
}

/// What the audit trail calls letters, their numbers and their templates.
const LETTER: &str = "letter";
const NUMBER: &str = "letter_number";
const TEMPLATE: &str = "letter_template";
