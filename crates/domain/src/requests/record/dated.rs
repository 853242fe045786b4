//! Days that were typed wrong and are put right. What stands in a letter that left is
//! not changed; everything that follows from the other days is reckoned anew.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Happening;
use crate::letters::kinds::Kind;
use crate::requests::case::Event;

/// The days that count in place of those that were entered, by the places of what
/// happened, from 1.
pub fn corrected_days<'a>(record: impl IntoIterator<Item = &'a Happening>) -> BTreeMap<i64, Date> {
    let corrected = |what: &Happening| match what {
        Happening::DayCorrected { of, to, .. } => Some((*of, *to)),
        _ => None,
    };
    record.into_iter().filter_map(corrected).collect()
}

/// The places of what happened, from 1, whose day somebody typed and may put right: the
/// day of a letter that is the step stands in it.
pub fn correctable<'a>(record: impl IntoIterator<Item = &'a Happening>) -> Vec<i64> {
    let record: Vec<&Happening> = record.into_iter().collect();
    let next = record.iter().skip(1).map(Some).chain([None]);
    let all = (1..).zip(record.iter().zip(next));
    let is_typed = |what: &Happening, next: Option<&&Happening>| match what {
        Happening::Step {
            event: Event::Archived,
        } => false,
        Happening::Step { event } => !next.is_some_and(|next| is_letter_of(next, event)),
        Happening::LetterServed { .. } => true,
        _ => false,
    };
    all.filter(|(_, (what, next))| is_typed(what, *next))
        .map(|(place, _)| place)
        .collect()
}

/// Whether what happened next is the letter that a step is.
fn is_letter_of(next: &Happening, event: &Event) -> bool {
    let Happening::Issued { kind, .. } = next else {
        return false;
    };
    match event {
        Event::SupplementAsked { .. } => kind == "supplement",
        Event::ReasonsAsked { .. } => kind == "reasons",
        Event::Consulted { .. } => kind.starts_with("consult_") && kind != "consult_told",
        Event::Extended { .. } => kind == "extension",
        Event::Deferred { .. } => kind == "deferral",
        Event::SupplementLapsed | Event::FeeLapsed | Event::Replied { .. } => {
            Kind::of(kind).is_some_and(Kind::is_reply)
        }
        _ => false,
    }
}
