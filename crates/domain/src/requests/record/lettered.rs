//! Letters of a case as its record tells of them: sealed, served, and superseded where the
//! case went on.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Happening;
use crate::letters::kinds::{Addressee, Kind};
use crate::requests::case::{BY_ITSELF, Event};
use crate::words::Message;

/// A seal that stands on letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seal {
    /// 机关印章.
    Organ,
    /// 政府信息公开专用章.
    Disclosure,
    /// 电子印章, of either.
    Electronic,
}

impl Seal {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Disclosure, Self::Organ, Self::Electronic];

    /// The word of forms; it never changes.
    pub fn key(self) -> &'static str {
        match self {
            Self::Organ => "organ",
            Self::Disclosure => "disclosure",
            Self::Electronic => "electronic",
        }
    }

    /// The seal of a word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|seal| seal.key() == key)
    }

    /// Its name for people.
    pub fn label(self) -> Message {
        Message::new(match self {
            Self::Organ => "seal-organ",
            Self::Disclosure => "seal-disclosure",
            Self::Electronic => "seal-electronic",
        })
    }

    pub(super) fn happened(self) -> &'static str {
        match self {
            Self::Organ => "happened-sealed-organ",
            Self::Disclosure => "happened-sealed-disclosure",
            Self::Electronic => "happened-sealed-electronic",
        }
    }
}

/// A letter that was issued about a case, as its record tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lettered<'a> {
    /// Its number in the store.
    pub letter: i64,
    /// Its kind.
    pub kind: &'a str,
    /// Its document number; empty where it bears none.
    pub number: &'a str,
    /// Whether its seal was entered.
    pub is_sealed: bool,
    /// Whether it is a reply of before the case went on, which is decided anew.
    pub is_superseded: bool,
}

impl Lettered<'_> {
    /// Whether its seal is still to be put on it: a reply that never left, and is decided
    /// anew, is sealed no more.
    pub fn waits_for_seal(&self) -> bool {
        !self.is_sealed && !self.is_superseded
    }
}

/// Letters that were issued, the first one first, and whether each is sealed.
pub fn letters<'a>(happened: impl Iterator<Item = &'a Happening>) -> Vec<Lettered<'a>> {
    let mut all: Vec<Lettered<'a>> = Vec::new();
    for one in happened {
        match one {
            Happening::Issued {
                letter,
                kind,
                number,
                ..
            } => all.push(Lettered {
                letter: *letter,
                kind,
                number,
                is_sealed: false,
                is_superseded: false,
            }),
            Happening::Step {
                event: Event::Reopened { .. },
            } => {
                let is_reply =
                    |one: &&mut Lettered<'_>| Kind::of(one.kind).is_some_and(Kind::is_reply);
                let replies = all.iter_mut().filter(is_reply);
                replies.for_each(|one| one.is_superseded = true);
            }
            Happening::Sealed { letter, .. } => {
                let of = all.iter_mut().filter(|one| one.letter == *letter);
                of.for_each(|one| one.is_sealed = true);
            }
            _ => {}
        }
    }
    all
}

/// Letters to the applicant that bear their seal, of which a copy can be brought.
pub fn sealed_to_applicant<'a>(happened: impl Iterator<Item = &'a Happening>) -> Vec<Lettered<'a>> {
    let to_applicant =
        |kind: &str| Kind::of(kind).is_some_and(|kind| kind.to == Addressee::Applicant);
    let mut all = letters(happened);
    all.retain(|one| one.is_sealed && to_applicant(one.kind));
    all
}

/// Letters that are had by a step of the law of their own, with which a time begins.
const SERVED_BY_A_STEP: [&str; 4] = [
    "consult_third_party",
    "consult_co_maker",
    "consult_organ",
    "fee",
];

/// Letters that were issued and are to be had by somebody, of which nobody entered that
/// they were. Replies, consultations and what is to be paid are served by steps of the
/// law.
pub fn unserved<'a>(happened: impl Iterator<Item = &'a Happening>) -> Vec<Lettered<'a>> {
    let all: Vec<&Happening> = happened.collect();
    let is_served = |letter: i64| {
        let of = |what: &&Happening| matches!(what, Happening::LetterServed { letter: of, .. } if *of == letter);
        all.iter().any(of)
    };
    let mut letters = letters(all.iter().copied());
    letters.retain(|one| {
        let goes_out =
            Kind::of(one.kind).is_some_and(|kind| !kind.is_reply() && kind.to != Addressee::Unit);
        goes_out && !SERVED_BY_A_STEP.contains(&one.kind) && !is_served(one.letter)
    });
    letters
}

/// Letters of replies, the newest last, and whether each bore its seal on a day
/// (《党政机关公文处理工作条例》第九条第十一项).
pub fn replies<'a>(
    on: Date,
    happened: impl Iterator<Item = (Date, &'a Happening)>,
) -> Vec<Lettered<'a>> {
    let is_there =
        |(day, what): &(Date, &Happening)| *day <= on || !matches!(what, Happening::Sealed { .. });
    let until = happened.filter(is_there).map(|(_, what)| what);
    // What ended by itself is told, and not served.
    let is_served = |kind: &Kind| {
        let by_itself = |outcome: &&str| BY_ITSELF.contains(outcome);
        kind.is_reply() && !kind.outcomes.iter().any(by_itself)
    };
    let is_reply = |key: &str| Kind::of(key).is_some_and(is_served);
    let mut replies = letters(until);
    replies.retain(|one| is_reply(one.kind));
    replies
}

/// How often a case that was over went on: editions of its reply belong to one such round.
pub fn rounds<'a>(happened: impl Iterator<Item = &'a Happening>) -> usize {
    happened.filter(|what| is_reopening(what)).count()
}

/// What happened since a case that was over went on; all of it where it never was.
pub fn present<'a>(happened: impl Iterator<Item = &'a Happening>) -> Vec<&'a Happening> {
    let mut all: Vec<&Happening> = happened.collect();
    match all.iter().rposition(|what| is_reopening(what)) {
        Some(last) => all.split_off(last),
        None => all,
    }
}

fn is_reopening(what: &Happening) -> bool {
    matches!(what.step(), Some(Event::Reopened { .. }))
}
