//! Names of people and bodies: what may stand in one, and when two login names
//! are the same (GB/T 22239-2019 8.1.4.1 a: 身份标识具有唯一性).
//!
//! Rare characters (𬴂 𫓧 𩽾) and the dot in names (·) are names as good as any;
//! what is refused is what cannot be seen or pretends to be something else.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::words::Message;

/// Longer than the longest transcribed names; bounds columns and pages.
pub const LOGIN_NAME_CHARS_MAX: usize = 64;
/// The longest full names of bodies stay well below this.
pub const TEXT_CHARS_MAX: usize = 200;

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing is left after trimming.
    #[error("the name is empty")]
    Empty,
    /// More characters than a name may have.
    #[error("the name has {found} characters, at most {max}")]
    TooLong {
        /// The characters found.
        found: usize,
        /// The most there may be.
        max: usize,
    },
    /// A character that nobody can see: control, direction, zero width, or for
    /// private use, which every machine shows differently.
    #[error("character {position} (U+{code:04X}) cannot be seen")]
    Unseen {
        /// Counted from 1.
        position: usize,
        /// The code point.
        code: u32,
    },
    /// Letters of alphabets that look alike are mixed, so that one name can
    /// pass for another.
    #[error("letters of {first} and {second} are mixed")]
    MixedScripts {
        /// An alphabet.
        first: &'static str,
        /// Another.
        second: &'static str,
    },
}

impl NameError {
    /// What to tell the user, with what to do.
    pub fn message(&self) -> Message {
        match self {
            Self::Empty => Message::new("name-empty"),
            Self::TooLong { found, max } => Message::new("name-too-long")
                .with("found", found)
                .with("max", max),
            Self::Unseen { position, code } => Message::new("name-unseen")
                .with("position", position)
                .with("code", format!("U+{code:04X}")),
            Self::MixedScripts { first, second } => Message::new("name-mixed-scripts")
                .with("first", first)
                .with("second", second),
        }
    }
}

/// The name a person logs in with. It is shown as typed, after NFKC; two names
/// with one [`key`](Self::key) are one name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoginName {
    shown: String,
    key: String,
}

impl LoginName {
    /// Reads a name: NFKC, trimmed, runs of blanks become one.
    ///
    /// # Errors
    /// [`NameError`] says what cannot stand in a name.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        refuse_flood(text, LOGIN_NAME_CHARS_MAX)?;
        // Looked at as typed first: NFKC itself drops or turns some of what is
        // to be refused.
        refuse_unseen(text.trim(), &[])?;
        let normal: String = text.nfkc().collect();
        let shown = blanks_joined(&normal);
        refuse_unseen(&shown, &[])?;
        refuse_length(&shown, LOGIN_NAME_CHARS_MAX)?;
        refuse_mixed_scripts(&shown)?;
        let key = folded(&shown);
        Ok(Self { shown, key })
    }

    /// The name as it is shown.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// What has to be unique: without case, and with one dot for all dots.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for LoginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// A line of text that people read: a display name, a body's name, an address.
/// It is composed (NFC), trimmed and otherwise kept as typed; full-width signs
/// belong in Chinese text. Variation selectors of ideographs stay, because
/// they tell the form in which a person writes their name.
///
/// # Errors
/// [`NameError`]; an empty text is [`NameError::Empty`].
pub fn line(text: &str, chars_max: usize) -> Result<String, NameError> {
    refuse_flood(text, chars_max)?;
    let kept: String = text.nfc().collect();
    let kept = blanks_joined(&kept);
    refuse_unseen(&kept, &[(0xE0100, 0xE01EF)])?;
    refuse_length(&kept, chars_max)?;
    Ok(kept)
}

/// Comparison without case: upper case first, so that ß and SS, ſ and S, the
/// two small sigmas, and ı and i are one.
pub(crate) fn folded(text: &str) -> String {
    let fold = |text: &str| -> String {
        text.nfkc()
            .flat_map(char::to_uppercase)
            .flat_map(char::to_lowercase)
            .map(|c| if DOTS.contains(&c) { '·' } else { c })
            .nfkc()
            .collect()
    };
    // Folding can make a sequence that composes and folds once more.
    fold(&fold(text))
}

/// Dots that are typed between the parts of a name, and look alike.
const DOTS: [char; 7] = ['·', '•', '‧', '∙', '⋅', '・', '･'];

/// Trims, and leaves one blank where there were several of whatever width.
/// Control characters are left for the refusal.
fn blanks_joined(text: &str) -> String {
    let is_blank = |c: char| c.is_whitespace() && !c.is_control();
    let words = text.trim().split(is_blank).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

fn refuse_length(text: &str, max: usize) -> Result<(), NameError> {
    match text.chars().count() {
        0 => Err(NameError::Empty),
        found if found > max => Err(NameError::TooLong { found, max }),
        _ => Ok(()),
    }
}

/// Composing a text may shorten it, never below a quarter: what is longer than
/// that is refused before any work is done on it.
const COMPOSED_FROM_MAX: usize = 4;

fn refuse_flood(text: &str, max: usize) -> Result<(), NameError> {
    let most = max.saturating_mul(COMPOSED_FROM_MAX);
    // A character has four bytes at most; only a short text is counted.
    if text.len() > most.saturating_mul(4) {
        return Err(NameError::TooLong {
            found: text.len() / 4,
            max,
        });
    }
    Ok(())
}

/// Code points that show nothing (Unicode: Cf, Default_Ignorable_Code_Point,
/// line and paragraph separators) or anything (Co, noncharacters).
const UNSEEN: [(u32, u32); 30] = [
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x0600, 0x0605),
    (0x061C, 0x061C),
    (0x06DD, 0x06DD),
    (0x070F, 0x070F),
    (0x0890, 0x0891),
    (0x08E2, 0x08E2),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x2028, 0x202E),
    (0x2060, 0x206F),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xE000, 0xF8FF),
    (0xFDD0, 0xFDEF),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFF),
    (0x110BD, 0x110BD),
    (0x110CD, 0x110CD),
    (0x13430, 0x1343F),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
    (0xF0000, 0xFFFFF),
    (0x10_0000, 0x10_FFFF),
];

fn within(ranges: &[(u32, u32)], code: u32) -> bool {
    ranges
        .iter()
        .any(|(from, to)| (*from..=*to).contains(&code))
}

fn refuse_unseen(text: &str, allowed: &[(u32, u32)]) -> Result<(), NameError> {
    for (at, c) in text.chars().enumerate() {
        let code = u32::from(c);
        if c.is_control() || (within(&UNSEEN, code) && !within(allowed, code)) {
            return Err(NameError::Unseen {
                position: at + 1,
                code,
            });
        }
    }
    Ok(())
}

/// Alphabets whose letters look like one another's (Unicode TR 39): a name is
/// written in one of them, beside Chinese or any other script.
const LOOK_ALIKE: [(&str, &[(u32, u32)]); 6] = [
    (
        "Latin",
        &[
            (0x0041, 0x005A),
            (0x0061, 0x007A),
            (0x00AA, 0x00AA),
            (0x00BA, 0x00BA),
            (0x00C0, 0x00D6),
            (0x00D8, 0x00F6),
            (0x00F8, 0x02AF),
            (0x1E00, 0x1EFF),
            (0x2C60, 0x2C7F),
            (0xA720, 0xA7FF),
            (0xAB30, 0xAB6F),
        ],
    ),
    (
        "Cyrillic",
        &[
            (0x0400, 0x052F),
            (0x1C80, 0x1C8F),
            (0x1D2B, 0x1D2B),
            (0x2DE0, 0x2DFF),
            (0xA640, 0xA69F),
        ],
    ),
    ("Greek", &[(0x0370, 0x03FF), (0x1F00, 0x1FFF)]),
    ("Armenian", &[(0x0530, 0x058F)]),
    ("Cherokee", &[(0x13A0, 0x13FF), (0xAB70, 0xABBF)]),
    ("Coptic", &[(0x2C80, 0x2CFF)]),
];

fn refuse_mixed_scripts(text: &str) -> Result<(), NameError> {
    let mut found = LOOK_ALIKE
        .iter()
        .filter(|(_, ranges)| text.chars().any(|c| within(ranges, u32::from(c))))
        .map(|(name, _)| *name);
    match (found.next(), found.next()) {
        (Some(first), Some(second)) => Err(NameError::MixedScripts { first, second }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
