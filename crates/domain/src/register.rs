//! The register of persons: people from outside whom a body knows by an
//! identity document.
//!
//! Owns what an entry is, when a document's number and a telephone are well
//! formed, in which form they are compared, and how they are masked. It never
//! knows where they are kept, nor who may see them. A number that passes here
//! is well formed, not proven to be issued. Nothing in this room prints a
//! number in full by [`Debug`](fmt::Debug): logs hold no personal data.
//!
//! Start with [`RegisteredPerson::read`].

use std::fmt;

use jiff::civil::Date;

use crate::organization::names;
use crate::words::Message;

pub use document::{Document, DocumentError, DocumentKind, read_any};
pub use phone::{Phone, PhoneError, mask_phone};

mod document;
mod phone;

/// Names an entry of the register; given by the store, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegisterId(pub i64);

impl fmt::Display for RegisterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Longer than the longest names on identity documents.
pub const NAME_CHARS_MAX: usize = 64;
/// A reason of one character is none.
pub const REASON_CHARS_MIN: usize = 2;
/// A sentence or two; the audit trail is no file of the case.
pub const REASON_CHARS_MAX: usize = 200;

/// An entry as it was typed.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Typed<'a> {
    /// Name.
    pub name: &'a str,
    /// Kind of document, by its key.
    pub kind: &'a str,
    /// Number of the document.
    pub number: &'a str,
    /// Telephone, or nothing.
    pub phone: &'a str,
}

/// A person of the register.
#[derive(Clone, PartialEq, Eq)]
pub struct RegisteredPerson {
    /// Name, as they write it.
    pub name: String,
    /// What they are known by.
    pub document: Document,
    /// Telephone, where there is one.
    pub phone: Option<Phone>,
}

impl fmt::Debug for RegisteredPerson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisteredPerson").finish_non_exhaustive()
    }
}

/// An entry as screens show it: the numbers masked.
#[derive(Clone, PartialEq, Eq)]
pub struct Masked {
    /// Name.
    pub name: String,
    /// Kind of document.
    pub kind: DocumentKind,
    /// Number of the document, by [`mask`].
    pub number: String,
    /// Telephone, by [`mask_phone`]; empty where there is none.
    pub phone: String,
}

impl fmt::Debug for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Masked").finish_non_exhaustive()
    }
}

/// A part of an entry, in which two states of it can differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The name.
    Name,
    /// The document.
    Document,
    /// The telephone.
    Phone,
}

impl Part {
    /// The word for the audit trail; it never changes.
    pub fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Document => "document",
            Self::Phone => "phone",
        }
    }

    /// Its name for people.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::Name => "field-name",
            Self::Document => "register-number",
            Self::Phone => "field-phone",
        })
    }

    /// What stands in it.
    pub fn of(self, entry: &Masked) -> &str {
        match self {
            Self::Name => &entry.name,
            Self::Document => &entry.number,
            Self::Phone => &entry.phone,
        }
    }
}

impl RegisteredPerson {
    /// Reads an entry; `today` is the last day on which a person can be born.
    ///
    /// # Errors
    /// Everything that is wrong, each with what to do.
    pub fn read(typed: Typed<'_>, today: Date) -> Result<Self, Vec<Message>> {
        let mut wrong = Vec::new();
        let name = noted(read_name(typed.name), &mut wrong);
        let document = noted(read_document(typed, today), &mut wrong);
        let phone = noted(read_phone(typed.phone), &mut wrong);
        match (name, document, phone) {
            (Some(name), Some(document), Some(phone)) => Ok(Self {
                name,
                document,
                phone,
            }),
            _ => Err(wrong),
        }
    }

    /// The entry with what was typed instead. The forms for it do not show the
    /// numbers: a number or a telephone that is left empty stays as it is, and
    /// a telephone is taken out by saying so.
    ///
    /// # Errors
    /// Everything that is wrong, each with what to do.
    pub fn changed(
        &self,
        typed: Typed<'_>,
        drop_phone: bool,
        today: Date,
    ) -> Result<Self, Vec<Message>> {
        let mut wrong = Vec::new();
        let name = noted(read_name(typed.name), &mut wrong);
        let document = if typed.number.trim().is_empty() {
            match DocumentKind::from_key(typed.kind) {
                Some(kind) if kind == self.document.kind() => Ok(self.document.clone()),
                Some(_) => Err(Message::new("register-kind-alone")),
                None => Err(Message::new("document-no-kind")),
            }
        } else {
            read_document(typed, today)
        };
        let document = noted(document, &mut wrong);
        let phone = match (drop_phone, typed.phone.trim().is_empty()) {
            (true, true) => Ok(None),
            (true, false) => Err(Message::new("register-phone-both")),
            (false, true) => Ok(self.phone.clone()),
            (false, false) => read_phone(typed.phone),
        };
        let phone = noted(phone, &mut wrong);
        match (name, document, phone) {
            (Some(name), Some(document), Some(phone)) => Ok(Self {
                name,
                document,
                phone,
            }),
            _ => Err(wrong),
        }
    }

    /// The entry for screens.
    pub fn masked(&self) -> Masked {
        Masked {
            name: self.name.clone(),
            kind: self.document.kind(),
            number: self.document.masked(),
            phone: self.phone.as_ref().map(Phone::masked).unwrap_or_default(),
        }
    }

    /// Where two states of an entry differ.
    pub fn differing(&self, other: &Self) -> Vec<Part> {
        let parts = [
            (Part::Name, self.name != other.name),
            (Part::Document, self.document != other.document),
            (Part::Phone, self.phone != other.phone),
        ];
        parts
            .into_iter()
            .filter_map(|(part, differs)| differs.then_some(part))
            .collect()
    }

    /// Whether the name holds a text, without case and with one dot for all
    /// dots. An empty text is held by none.
    pub fn is_called(&self, text: &str) -> bool {
        let text = names::folded(text.trim());
        !text.is_empty() && names::folded(&self.name).contains(&text)
    }

    /// Whether a text tells the number or the telephone.
    pub fn is_told_in(&self, text: &str) -> bool {
        let text = document::normalised(text);
        let digits: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
        let phone = self.phone.as_ref().map(Phone::compared);
        digits.contains(self.document.number())
            || phone.is_some_and(|phone| digits.contains(phone.trim_start_matches('+')))
    }
}

/// The value, or a note of what was wrong.
fn noted<T>(read: Result<T, Message>, wrong: &mut Vec<Message>) -> Option<T> {
    read.map_err(|message| wrong.push(message)).ok()
}

fn read_name(text: &str) -> Result<String, Message> {
    names::line(text, NAME_CHARS_MAX).map_err(|error| error.message())
}

fn read_document(typed: Typed<'_>, today: Date) -> Result<Document, Message> {
    let kind = DocumentKind::from_key(typed.kind);
    let kind = kind.ok_or_else(|| Message::new("document-no-kind"))?;
    Document::read(kind, typed.number, today).map_err(|error| error.message())
}

fn read_phone(text: &str) -> Result<Option<Phone>, Message> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    Phone::read(text).map(Some).map_err(|error| error.message())
}

/// Reads why something is done: it goes into the audit trail.
///
/// # Errors
/// What is wrong with it, with what to do.
pub fn reason(text: &str) -> Result<String, Message> {
    let reason = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match reason.chars().count() {
        0 => Err(Message::new("reason-needed")),
        found if found < REASON_CHARS_MIN => {
            Err(Message::new("register-reason-short").with("min", REASON_CHARS_MIN))
        }
        found if found > REASON_CHARS_MAX => Err(Message::new("register-reason-long")
            .with("found", found)
            .with("max", REASON_CHARS_MAX)),
        _ => Ok(reason),
    }
}

/// The form in which a number stands on screens: the first sign and the last
/// four, between them a star for each sign; of 6 to 11 signs only the last two,
/// of fewer none. So a resident's number tells neither where nor when they were
/// born, and never are more signs shown than hidden.
pub fn mask(number: &str) -> String {
    let signs: Vec<char> = number.chars().collect();
    let (first, last) = match signs.len() {
        0..=5 => (0, 0),
        6..=11 => (1, 2),
        _ => (1, 4),
    };
    let hidden = first..signs.len() - last;
    let masked = signs.iter().enumerate();
    masked
        .map(|(at, sign)| if hidden.contains(&at) { '*' } else { *sign })
        .collect()
}

#[cfg(test)]
mod tests;
