//! Telephones of persons.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::words::Message;

/// A local number without its area.
const DIGITS_MIN: usize = 7;
/// ITU-T E.164: the most digits of an international number; two more for the
/// prefix by which it is dialled.
const DIGITS_MAX: usize = 17;

/// Why a text is no telephone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Something that is no digit, sign between digits or leading plus.
    #[error("sign {position} cannot be {found}")]
    Sign {
        /// Counted from 1.
        position: usize,
        /// What stands there.
        found: char,
    },
    /// Too few or too many digits.
    #[error("a telephone has {DIGITS_MIN} to {DIGITS_MAX} digits, not {found}")]
    Length {
        /// The digits found.
        found: usize,
    },
}

impl PhoneError {
    /// What to tell the user, with what to do.
    pub fn message(&self) -> Message {
        match self {
            Self::Sign { position, found } => Message::new("phone-sign")
                .with("position", position)
                .with("found", found),
            Self::Length { found } => Message::new("phone-length")
                .with("found", found)
                .with("min", DIGITS_MIN)
                .with("max", DIGITS_MAX),
        }
    }
}

/// A telephone: digits, with a plus before them where one was typed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(String);

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// What people write between digits.
fn is_between(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '(' | ')' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

impl Phone {
    /// Reads a telephone as people write it; blanks, dashes and brackets are
    /// left out.
    ///
    /// # Errors
    /// [`PhoneError`] tells what is wrong and where.
    pub fn read(text: &str) -> Result<Self, PhoneError> {
        let mut kept = String::new();
        for (at, c) in text.trim().nfkc().enumerate() {
            match c {
                '0'..='9' => kept.push(c),
                '+' if kept.is_empty() => kept.push(c),
                c if is_between(c) => {}
                found => {
                    return Err(PhoneError::Sign {
                        position: at + 1,
                        found,
                    });
                }
            }
        }
        let found = kept.trim_start_matches('+').len();
        if !(DIGITS_MIN..=DIGITS_MAX).contains(&found) {
            return Err(PhoneError::Length { found });
        }
        Ok(Self(kept))
    }

    /// A telephone that was read before and kept.
    pub fn kept(text: String) -> Self {
        Self(text)
    }

    /// The telephone in full, as it is kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that is the same for the same telephone: without the prefix of
    /// China.
    pub fn compared(&self) -> &str {
        let home = self.0.strip_prefix("+86");
        let home = home.or_else(|| self.0.strip_prefix("0086"));
        home.unwrap_or(&self.0)
    }

    /// Whether text messages reach it: a mobile telephone of China (工业和信息化部
    /// 电信网编号计划: eleven digits that begin with 13 to 19).
    pub fn is_mobile(&self) -> bool {
        let own = self.compared().as_bytes();
        own.len() == 11 && own[0] == b'1' && (b'3'..=b'9').contains(&own[1])
    }

    /// The telephone for screens.
    pub fn masked(&self) -> String {
        mask_phone(&self.0)
    }
}

/// `138****1234`: the form that public notices use; of eight to ten signs only
/// the last four are shown, of fewer none.
pub fn mask_phone(phone: &str) -> String {
    let signs: Vec<char> = phone.chars().collect();
    let (first, last) = match signs.len() {
        0..=7 => (0, 0),
        8..=10 => (0, 4),
        _ => (3, 4),
    };
    let hidden = first..signs.len() - last;
    let masked = signs.iter().enumerate();
    masked
        .map(|(at, sign)| if hidden.contains(&at) { '*' } else { *sign })
        .collect()
}
