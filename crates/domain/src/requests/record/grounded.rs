//! What a reply has to rest on: searches that were made, and third parties who were
//! heard and told.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::Happening;
use crate::requests::case::{Asked, Cause, Event};
use crate::words::Message;

/// A search for the information, as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search {
    /// Its number in the case.
    pub number: u32,
    /// The last day to answer.
    pub limit: Date,
    /// The section that was asked, where the unit is one of the body.
    pub section: Option<i64>,
    /// How often it was chased.
    pub chased: u32,
    /// What came of it, once it was answered.
    pub found: Option<bool>,
}

/// The searches of a record, by their numbers.
pub fn searches<'a>(record: impl IntoIterator<Item = &'a Happening>) -> Vec<Search> {
    let mut all: Vec<Search> = Vec::new();
    for one in record {
        match one {
            Happening::SearchAsked {
                number,
                limit,
                section,
            } => all.push(Search {
                number: *number,
                limit: *limit,
                section: *section,
                chased: 0,
                found: None,
            }),
            Happening::SearchChased { number } => {
                let of = all.iter_mut().find(|search| search.number == *number);
                of.into_iter().for_each(|search| search.chased += 1);
            }
            Happening::SearchEnded { number, found } => {
                let of = all.iter_mut().find(|search| search.number == *number);
                of.into_iter()
                    .for_each(|search| search.found = Some(*found));
            }
            _ => {}
        }
    }
    all
}

/// The number of the next search.
pub fn next_search<'a>(record: impl IntoIterator<Item = &'a Happening>) -> u32 {
    searches(record).last().map_or(1, |last| last.number + 1)
}

/// Art. 32: third parties who object, by the numbers of their consultations, and whether
/// each was told in writing since then that it is decided to disclose.
pub fn objections<'a>(record: impl IntoIterator<Item = &'a Happening>) -> BTreeMap<u32, bool> {
    let mut third_parties = BTreeSet::new();
    let mut objecting = BTreeMap::new();
    for what in record {
        match what {
            Happening::Issued { kind, inquiry, .. } if kind == "disclosure_decided" => {
                // A letter of long ago does not say to whom it went: it told one of them.
                let untold = |all: &BTreeMap<u32, bool>| {
                    let mut all = all.iter();
                    all.find(|(_, is_told)| !**is_told).map(|(of, _)| *of)
                };
                let of = inquiry.or_else(|| untold(&objecting));
                if let Some(is_told) = of.and_then(|of| objecting.get_mut(&of)) {
                    *is_told = true;
                }
            }
            Happening::Step {
                event: Event::Consulted { number, asked, .. },
            } if *asked == Asked::ThirdParty => {
                third_parties.insert(*number);
            }
            // What is decided anew is told anew.
            Happening::Step {
                event: Event::Reopened { cause, .. },
            } if *cause != Cause::Lapse => {
                objecting.values_mut().for_each(|is_told| *is_told = false);
            }
            Happening::Step {
                event: Event::ConsultationEnded { number, opinion },
            } if opinion.objects() && third_parties.contains(number) => {
                objecting.insert(*number, false);
            }
            _ => {}
        }
    }
    objecting
}

/// Art. 32: what third parties object to is given only after each of them was told in
/// writing of the decision and its reasons. What stands against giving a reply of this
/// outcome; it may be written and reviewed before. A part that is withheld for their
/// sake honours an objection: `withholds` tells whether the reply does. Whose part it
/// is, where several object, is for those who review the reply.
pub fn undecided<'a>(
    record: impl IntoIterator<Item = &'a Happening>,
    outcome: &str,
    withholds: bool,
) -> Option<Message> {
    let needed = match outcome {
        "granted" => "casework-decided-needed",
        "partial" if !withholds => "casework-decided-or-withheld",
        _ => return None,
    };
    let is_untold = objections(record).into_values().any(|is_told| !is_told);
    is_untold.then(|| Message::new(needed))
}

/// Art. 36 item 4: that information does not exist is said after a search, and
/// the body has to show it (最高人民法院关于审理政府信息公开行政案件若干问题的规定
/// 第五条). What of the record stands against an outcome.
pub fn against<'a>(
    record: impl IntoIterator<Item = &'a Happening>,
    outcome: &str,
) -> Option<Message> {
    if outcome != "not_exist" {
        return None;
    }
    let searches = searches(record);
    let is_open = |search: &Search| search.found.is_none();
    if searches.iter().any(is_open) {
        return Some(Message::new("casework-search-open"));
    }
    if searches.iter().any(|search| search.found == Some(true)) {
        return Some(Message::new("casework-search-found"));
    }
    searches
        .is_empty()
        .then(|| Message::new("casework-search-needed"))
}
