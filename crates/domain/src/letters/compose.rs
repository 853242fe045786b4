//! A letter put together: its words, its number, the clause of remedies, who
//! signs it on which day. What comes out is set as pages by the press, and is
//! kept as it is once it was issued.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::facts::{LetterFacts, clean, day};
use super::kinds::Kind;
use super::number::DocumentNumber;
use super::remedy::{RemedyChoices, clause};
use super::template::{Fault, render};
use crate::words::Message;

/// A letter, ready to be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Key of its kind.
    pub kind: String,
    /// Who writes; stands above as 发文机关标志 and below as signature.
    pub agency: String,
    /// Its document number; empty where it bears none, or not yet.
    pub number: String,
    /// Its title.
    pub title: String,
    /// To whom.
    pub addressee: String,
    /// Its text, paragraph by paragraph, the clause of remedies last.
    pub paragraphs: Vec<String>,
    /// Names of what is attached.
    pub attachments: Vec<String>,
    /// Its day, 成文日期.
    pub dated: Date,
    /// How the agency is reached, 附注.
    pub contact: String,
    /// A slip to be sent back, its title first; on a page of its own.
    pub slip: Vec<String>,
}

impl Letter {
    /// The day as it is printed.
    pub fn day(&self) -> String {
        day(self.dated)
    }

    /// Every text of it, for whoever looks for characters that no font has.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let one = [
            &self.agency,
            &self.number,
            &self.title,
            &self.addressee,
            &self.contact,
        ];
        one.into_iter()
            .chain(&self.paragraphs)
            .chain(&self.attachments)
            .chain(&self.slip)
            .map(String::as_str)
    }
}

/// Why a letter was not put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotComposed {
    /// Facts are missing, or the remedy cannot be told.
    Facts(Vec<Message>),
    /// The template is wrong at a line.
    Template(Fault),
}

/// What is put together with the facts.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The template.
    pub template: &'a str,
    /// Text that somebody wrote in its place, paragraph by paragraph; the title,
    /// the clause and all else stay the letter's.
    pub edited: Option<&'a str>,
    /// What the installation chose where the law is unclear.
    pub choices: &'a RemedyChoices,
    /// The number, once there is one.
    pub number: Option<&'a DocumentNumber>,
    /// The day on which it is made, where the facts name none.
    pub today: Date,
}

/// The longest text that somebody may write, in characters.
pub const EDITED_CHARS_MAX: usize = 20_000;

/// Puts a letter together.
///
/// # Errors
/// [`NotComposed`] with everything that is missing.
pub fn compose(
    kind: &Kind,
    facts: &LetterFacts,
    ground: Ground<'_>,
) -> Result<Letter, NotComposed> {
    let dated = facts.dated.unwrap_or(ground.today);
    let mut missing = facts.missing(kind);
    let remedy = match clause(kind, dated, &facts.remedy, ground.choices) {
        Ok(remedy) => remedy,
        Err(message) => {
            missing.push(message);
            None
        }
    };
    if ground
        .edited
        .is_some_and(|text| text.chars().count() > EDITED_CHARS_MAX)
    {
        missing.push(Message::new("letter-text-long").with("max", EDITED_CHARS_MAX));
    }
    if !missing.is_empty() {
        return Err(NotComposed::Facts(missing));
    }
    let worded = render(ground.template, facts, dated).map_err(NotComposed::Template)?;
    let mut paragraphs = match ground.edited {
        Some(text) => paragraphs(text),
        None => worded.body,
    };
    if paragraphs.is_empty() {
        return Err(NotComposed::Facts(vec![Message::new("letter-text-empty")]));
    }
    paragraphs.extend(remedy);
    let attachments = facts.attachments.iter().map(|name| clean(name));
    Ok(Letter {
        kind: kind.key.to_owned(),
        agency: clean(&facts.agency.name),
        number: ground.number.map(ToString::to_string).unwrap_or_default(),
        title: worded.title,
        addressee: clean(&facts.addressee),
        paragraphs,
        attachments: attachments.filter(|name| !name.is_empty()).collect(),
        dated,
        contact: contact(facts),
        slip: worded.slip,
    })
}

/// Paragraphs of a text that somebody wrote.
fn paragraphs(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| {
        let ends = line.trim_end().ends_with(['。', '；']);
        let end = ends.then(|| line.trim_end().chars().next_back()).flatten();
        let mut line = clean(line);
        line.extend(end);
        line
    });
    lines.filter(|line| !line.is_empty()).collect()
}

/// （联系单位：…；联系电话：…；地址：…）, of what is known: two lines, so that
/// most letters end on their first page.
fn contact(facts: &LetterFacts) -> String {
    let agency = &facts.agency;
    let known = [
        ("联系单位", &agency.office),
        ("联系电话", &agency.phone),
        ("地址", &agency.address),
    ];
    let known: Vec<String> = known
        .into_iter()
        .map(|(name, value)| (name, clean(value)))
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}：{value}"))
        .collect();
    if known.is_empty() {
        String::new()
    } else {
        format!("（{}）", known.join("；"))
    }
}
