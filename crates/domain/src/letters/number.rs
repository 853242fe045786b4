//! Document numbers 发文字号: the agency's word, a word for the kind, the year
//! in 〔〕 and a number without leading zeros (GB/T 9704-2012 7.2.5).

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::words::Message;

/// A document number, such as 云财公开复〔2026〕15号.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DocumentNumber {
    /// The agency's word 机关代字 with the word of the kind: 云财公开复.
    series: String,
    /// The year.
    year: i16,
    /// Its place in the series of the year, from 1.
    number: u32,
}

/// The longest word of an agency, in characters.
pub const WORD_CHARS_MAX: usize = 12;
const SERIES_CHARS_MAX: usize = WORD_CHARS_MAX + 4;
/// The last number of a year; more letters than that no body writes.
const NUMBER_MAX: u32 = 999_999;

/// Reads an agency's word: Chinese characters alone.
///
/// # Errors
/// What a word may be.
pub fn word(typed: &str) -> Result<String, Message> {
    let typed = typed.trim();
    let count = typed.chars().count();
    if count == 0 || count > WORD_CHARS_MAX || !typed.chars().all(is_han) {
        return Err(Message::new("letter-word-wrong")
            .with("text", typed)
            .with("max", WORD_CHARS_MAX));
    }
    Ok(typed.to_owned())
}

fn is_han(c: char) -> bool {
    matches!(c, '〇' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{323AF}')
}

impl DocumentNumber {
    /// The number of a series in the year of a day.
    ///
    /// # Errors
    /// That the word is none, or the number is none that a year has.
    pub fn new(agency: &str, kind: &str, dated: Date, number: u32) -> Result<Self, Message> {
        let agency = word(agency)?;
        Self::of(format!("{agency}{kind}"), dated.year(), number)
    }

    fn of(series: String, year: i16, number: u32) -> Result<Self, Message> {
        let is_series = !series.is_empty()
            && series.chars().count() <= SERIES_CHARS_MAX
            && series.chars().all(is_han);
        if !is_series || !(1949..=9999).contains(&year) || !(1..=NUMBER_MAX).contains(&number) {
            let text = format!("{series}〔{year}〕{number}号");
            return Err(Message::new("letter-number-wrong").with("text", text));
        }
        Ok(Self {
            series,
            year,
            number,
        })
    }

    /// What stands before the year.
    pub fn series(&self) -> &str {
        &self.series
    }

    /// The year.
    pub fn year(&self) -> i16 {
        self.year
    }

    /// Its place in the series of the year.
    pub fn number(&self) -> u32 {
        self.number
    }
}

impl fmt::Display for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}〔{}〕{}号", self.series, self.year, self.number)
    }
}

impl FromStr for DocumentNumber {
    type Err = Message;

    /// Reads a number as it is printed: no other brackets, no leading zero.
    fn from_str(text: &str) -> Result<Self, Message> {
        let wrong = || Message::new("letter-number-wrong").with("text", text);
        let (series, rest) = text.split_once('〔').ok_or_else(wrong)?;
        let (year, rest) = rest.split_once('〕').ok_or_else(wrong)?;
        let number = rest.strip_suffix('号').ok_or_else(wrong)?;
        let parsed = Self::of(
            series.to_owned(),
            year.parse().map_err(|_| wrong())?,
            number.parse().map_err(|_| wrong())?,
        )?;
        if parsed.to_string() == text {
            Ok(parsed)
        } else {
            Err(wrong())
        }
    }
}

impl TryFrom<String> for DocumentNumber {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
            .map_err(|_| format!("{text} is no document number"))
    }
}

impl From<DocumentNumber> for String {
    fn from(number: DocumentNumber) -> Self {
        number.to_string()
    }
}
