//! Identity documents: their numbers, when one is well formed, and in which
//! form two of them are the same person's.

use std::fmt;

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

use super::mask;
use crate::words::Message;

/// A kind of identity document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// 居民身份证, and 港澳台居民居住证, whose number is made alike.
    ResidentId,
    /// 护照.
    Passport,
    /// 港澳居民来往内地通行证.
    HongKongMacaoPermit,
    /// 台湾居民来往大陆通行证.
    TaiwanPermit,
    /// 外国人永久居留身份证.
    ForeignerResidence,
}

impl DocumentKind {
    /// All kinds, the most frequent first.
    pub const ALL: [Self; 5] = [
        Self::ResidentId,
        Self::Passport,
        Self::HongKongMacaoPermit,
        Self::TaiwanPermit,
        Self::ForeignerResidence,
    ];

    /// The word for storage; it never changes.
    pub fn key(self) -> &'static str {
        match self {
            Self::ResidentId => "resident_id",
            Self::Passport => "passport",
            Self::HongKongMacaoPermit => "hk_macao_permit",
            Self::TaiwanPermit => "taiwan_permit",
            Self::ForeignerResidence => "foreigner_residence",
        }
    }

    /// The kind of a stored word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }

    /// Its name for people.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::ResidentId => "document-resident_id",
            Self::Passport => "document-passport",
            Self::HongKongMacaoPermit => "document-hk_macao_permit",
            Self::TaiwanPermit => "document-taiwan_permit",
            Self::ForeignerResidence => "document-foreigner_residence",
        })
    }
}

/// Why a text is no number of a document. Positions count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Nothing was typed.
    #[error("the number is empty")]
    Empty,
    /// A resident's number has 18 signs, the old form 15.
    #[error("a resident's number has 18 or 15 signs, not {found}")]
    Length {
        /// The signs found.
        found: usize,
    },
    /// A sign that cannot stand there.
    #[error("sign {position} cannot be {found}")]
    Sign {
        /// Where.
        position: usize,
        /// What stands there.
        found: char,
    },
    /// The digits of the place begin with 0.
    #[error("no place begins with 0")]
    Area,
    /// The digits of the birthday are no day of the calendar, or one before
    /// 1800.
    #[error("signs {from} to {to} are no birthday")]
    Birth {
        /// The first of them.
        from: usize,
        /// The last of them.
        to: usize,
    },
    /// The birthday has not come yet.
    #[error("signs {from} to {to} are a birthday to come")]
    BirthToCome {
        /// The first of them.
        from: usize,
        /// The last of them.
        to: usize,
    },
    /// The last sign does not agree with the others.
    #[error("the check sign is {found}, reckoned {expected}")]
    Check {
        /// The sign found.
        found: char,
        /// The sign that the other seventeen ask for.
        expected: char,
    },
    /// It has not the shape of this kind.
    #[error("it has not the shape of a {}", .0.key())]
    Shape(DocumentKind),
}

impl DocumentError {
    /// What to tell the user, with what to do.
    pub fn message(&self) -> Message {
        let span = |id, from, to| Message::new(id).with("from", from).with("to", to);
        match self {
            Self::Empty => Message::new("document-empty"),
            Self::Length { found } => Message::new("document-length").with("found", found),
            Self::Sign { position, found } => Message::new("document-sign")
                .with("position", position)
                .with("found", found),
            Self::Area => Message::new("document-area"),
            Self::Birth { from, to } => span("document-birth", from, to),
            Self::BirthToCome { from, to } => span("document-birth-to-come", from, to),
            Self::Check { found, expected } => Message::new("document-check")
                .with("found", found)
                .with("expected", expected),
            Self::Shape(kind) => Message::new(match kind {
                DocumentKind::ResidentId => "document-length",
                DocumentKind::Passport => "document-shape-passport",
                DocumentKind::HongKongMacaoPermit => "document-shape-hk_macao_permit",
                DocumentKind::TaiwanPermit => "document-shape-taiwan_permit",
                DocumentKind::ForeignerResidence => "document-shape-foreigner_residence",
            }),
        }
    }
}

/// A document's number, well formed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Document {
    kind: DocumentKind,
    number: String,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.key(), self.masked())
    }
}

/// Full-width forms, lower case and blanks are how people type the same number.
pub(super) fn normalised(text: &str) -> String {
    text.nfkc()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

/// GB 11643-1999, 3.2: signs of a resident's number.
const RESIDENT_LENGTH: usize = 18;
/// GB 11643-1989: digits of the old form, without century and check sign.
const OLD_RESIDENT_LENGTH: usize = 15;
/// Where the birthday begins, after the six digits of the place.
const AREA_LENGTH: usize = 6;

impl Document {
    /// Reads a number as people write it: full-width, lower case and blanks are
    /// put right. `today` is the last day on which a person can be born.
    ///
    /// # Errors
    /// [`DocumentError`] tells what is wrong and where.
    pub fn read(kind: DocumentKind, text: &str, today: Date) -> Result<Self, DocumentError> {
        let mut number = normalised(text);
        if number.is_empty() {
            return Err(DocumentError::Empty);
        }
        let shape = DocumentError::Shape(kind);
        match kind {
            DocumentKind::ResidentId => check_resident(&number, today)?,
            DocumentKind::Passport => check(is_passport(&number), shape)?,
            DocumentKind::HongKongMacaoPermit => check(is_permit(&number), shape)?,
            DocumentKind::TaiwanPermit => {
                number.retain(|c| c != '(' && c != ')');
                check(is_taiwan_permit(&number), shape)?;
            }
            DocumentKind::ForeignerResidence => {
                if number.chars().count() == RESIDENT_LENGTH {
                    check(number.starts_with('9'), shape)?;
                    check_resident(&number, today)?;
                } else {
                    check(is_old_residence(&number), shape)?;
                }
            }
        }
        Ok(Self { kind, number })
    }

    /// A number that was read before and kept.
    pub fn kept(kind: DocumentKind, number: String) -> Self {
        Self { kind, number }
    }

    /// Its kind.
    pub fn kind(&self) -> DocumentKind {
        self.kind
    }

    /// The number in full, as it is kept.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The number for screens.
    pub fn masked(&self) -> String {
        mask(&self.number)
    }

    /// The form that is the same for the same person: kind and number, the old
    /// form of a resident's number as the new one, and of permits what stays
    /// when a new card is issued (the first 9 and 8 signs). It is derived for
    /// looking up, and never shown: who was born before 1900 would get a wrong
    /// century, and none of them files any more.
    pub fn compared(&self) -> String {
        let number = match (self.kind, self.number.len()) {
            (DocumentKind::ResidentId, OLD_RESIDENT_LENGTH) => renewed(&self.number),
            (DocumentKind::HongKongMacaoPermit, _) => begins(&self.number, 9),
            (DocumentKind::TaiwanPermit, _) => begins(&self.number, 8),
            _ => self.number.clone(),
        };
        format!("{}:{number}", self.kind.key())
    }
}

/// Every document that a text can be the number of, whatever its kind.
///
/// # Errors
/// What is wrong with it as a resident's number, where it is about as long.
pub fn read_any(text: &str, today: Date) -> Result<Vec<Document>, Message> {
    let read = |kind| Document::read(kind, text, today);
    let found: Vec<Document> = DocumentKind::ALL
        .into_iter()
        .filter_map(|kind| read(kind).ok())
        .collect();
    if !found.is_empty() {
        return Ok(found);
    }
    // About as long as a resident's number: it was meant to be one.
    let long = matches!(normalised(text).chars().count(), 0 | 15..=19);
    Err(match read(DocumentKind::ResidentId) {
        Err(error) if long => error.message(),
        _ => Message::new("document-none"),
    })
}

fn check(holds: bool, error: DocumentError) -> Result<(), DocumentError> {
    if holds { Ok(()) } else { Err(error) }
}

fn begins(number: &str, signs: usize) -> String {
    number.chars().take(signs).collect()
}

/// GB 11643-1999: six digits of a place, eight of the birthday, three of a
/// sequence, a check sign; the old form has six for the birthday and no check
/// sign. Whether the place exists is not looked at: a number keeps the place
/// of the day on which it was given, and places come and go.
fn check_resident(number: &str, today: Date) -> Result<(), DocumentError> {
    let found = number.chars().count();
    if found != RESIDENT_LENGTH && found != OLD_RESIDENT_LENGTH {
        return Err(DocumentError::Length { found });
    }
    let is_last = |at: usize| at + 1 == RESIDENT_LENGTH;
    for (at, c) in number.chars().enumerate() {
        if !(c.is_ascii_digit() || (c == 'X' && is_last(at))) {
            return Err(DocumentError::Sign {
                position: at + 1,
                found: c,
            });
        }
    }
    check(!number.starts_with('0'), DocumentError::Area)?;
    let new = if found == RESIDENT_LENGTH {
        number.to_owned()
    } else {
        renewed(number)
    };
    let (from, to) = (
        AREA_LENGTH + 1,
        found - if found == RESIDENT_LENGTH { 4 } else { 3 },
    );
    let birthday = birthday(&new).ok_or(DocumentError::Birth { from, to })?;
    check(birthday <= today, DocumentError::BirthToCome { from, to })?;
    let expected = check_sign(&new);
    match new.chars().next_back() {
        Some(found) if found != expected => Err(DocumentError::Check { found, expected }),
        _ => Ok(()),
    }
}

/// The birthday of a number of 18 signs.
fn birthday(number: &str) -> Option<Date> {
    let part = |from: usize, to: usize| number.get(from..to)?.parse::<i16>().ok();
    let (year, month, day) = (part(6, 10)?, part(10, 12)?, part(12, 14)?);
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    (date.year() >= 1800).then_some(date)
}

/// The old form with its century and check sign: GB 11643-1999 was made so that
/// each number of 15 digits has one of 18.
fn renewed(old: &str) -> String {
    let (area, rest) = old.split_at_checked(AREA_LENGTH).unwrap_or((old, ""));
    let mut number = format!("{area}19{rest}");
    number.push(check_sign(&number));
    number
}

/// GB 11643-1999 annex A, ISO 7064 MOD 11-2: the sign that the first seventeen
/// digits ask for.
fn check_sign(number: &str) -> char {
    let digits = number.chars().take(RESIDENT_LENGTH - 1);
    // Each digit counts twice what the next one does; ten is written X.
    let sum = digits.fold(0, |sum, c| (sum + c.to_digit(10).unwrap_or(0)) * 2 % 11);
    char::from_digit((12 - sum) % 11, 10).unwrap_or('X')
}

/// Five to fourteen letters and digits, digits among them: longer than any that
/// states issue, and shorter than a resident's number.
fn is_passport(number: &str) -> bool {
    (5..=14).contains(&number.len())
        && number.chars().all(|c| c.is_ascii_alphanumeric())
        && number.contains(|c: char| c.is_ascii_digit())
}

fn are_digits(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit())
}

/// H (Hong Kong) or M (Macao) and eight digits for life; on older cards two
/// more that count the cards.
fn is_permit(number: &str) -> bool {
    let digits = number.strip_prefix(['H', 'M']);
    digits.is_some_and(|digits| matches!(digits.len(), 8 | 10) && are_digits(digits))
}

/// Eight digits for life; in older booklets two more that count the booklets,
/// and a letter for who issued it.
fn is_taiwan_permit(number: &str) -> bool {
    let digits = number.trim_end_matches(|c: char| c.is_ascii_uppercase());
    let letters = number.len() - digits.len();
    are_digits(digits) && matches!((digits.len(), letters), (8, 0) | (10, 0 | 1))
}

/// Cards before 2023: three letters of the state, twelve digits.
fn is_old_residence(number: &str) -> bool {
    let parts = number.split_at_checked(3);
    parts.is_some_and(|(state, digits)| {
        state.chars().all(|c| c.is_ascii_uppercase()) && digits.len() == 12 && are_digits(digits)
    })
}
