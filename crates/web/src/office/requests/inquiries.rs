//! Consultations and searches of a case, as its page and its forms tell of them.

use gongkai_app::requests::look::Shown;
use gongkai_domain::requests::case::{Asked, Event, Inquiry, Opinion};
use gongkai_domain::requests::record::{self, Happening, Proof, Search};
use gongkai_domain::words::{Message, Words};

use crate::frame::parts::Tone;
use crate::office::Cell;

fn kind(asked: Asked) -> &'static str {
    match asked {
        Asked::ThirdParty => "inquiry-kind-third_party",
        Asked::CoMaker => "inquiry-kind-co_maker",
        Asked::Organ => "inquiry-kind-organ",
    }
}

/// Whom something asked that happened, as it was written down then.
fn whom(shown: &Shown, is_it: impl Fn(&Happening) -> bool) -> &str {
    let found = shown.record.iter().find(|one| is_it(&one.what));
    let whom = found.and_then(|one| one.proofs.get(&Proof::Asked));
    whom.map_or("", String::as_str)
}

fn consulted(shown: &Shown, number: u32) -> &str {
    whom(
        shown,
        |what| matches!(what.step(), Some(Event::Consulted { number: of, .. }) if *of == number),
    )
}

fn searched(shown: &Shown, number: u32) -> &str {
    whom(
        shown,
        |what| matches!(what, Happening::SearchAsked { number: of, .. } if *of == number),
    )
}

/// What a step of a case can be about that names a consultation or a search.
pub(super) fn options(words: &Words, shown: &Shown, deed: &str) -> Vec<(String, String)> {
    let option = |number: u32, kind: &str, whom: &str| {
        let told = Message::new("inquiry-option")
            .with("number", number)
            .with("kind", words.text(kind))
            .with("whom", whom);
        (number.to_string(), words.render(&told))
    };
    if deed.starts_with("search_") {
        let open = shown.searches.iter().filter(|one| one.found.is_none());
        let open = open.map(|one| {
            option(
                one.number,
                "inquiry-kind-search",
                searched(shown, one.number),
            )
        });
        return open.collect();
    }
    let fits = |one: &Inquiry| {
        one.ended.is_none() && (deed != "consultation_served" || one.limit.is_none())
    };
    let inquiries = shown.case.inquiries().iter();
    let inquiries = inquiries.filter(|(_, one)| fits(one));
    inquiries
        .map(|(number, one)| option(*number, kind(one.asked), consulted(shown, *number)))
        .collect()
}

/// Third parties who object (Art. 32), as a letter to one of them is chosen.
pub(super) fn objecting(words: &Words, shown: &Shown) -> Vec<(String, String)> {
    let all = record::objections(shown.record.iter().map(|one| &one.what));
    let told = |number: u32| {
        let told = Message::new("inquiry-option")
            .with("number", number)
            .with("kind", words.text(kind(Asked::ThirdParty)))
            .with("whom", consulted(shown, number));
        (number.to_string(), words.render(&told))
    };
    all.into_keys().map(told).collect()
}

/// What a consultation brought, and what that means (Art. 32, 34).
fn opinion(words: &Words, one: &Inquiry, today: jiff::civil::Date) -> String {
    let on = |id, date: &jiff::civil::Date| Message::new(id).with("date", *date);
    words.render(&match (&one.ended, one.asked) {
        (None, _) if one.limit.is_some_and(|limit| limit < today) => Message::new("inquiry-over"),
        (None, _) => Message::new("inquiry-open"),
        (Some((date, Opinion::Agrees)), _) => on("inquiry-agrees", date),
        (Some((date, Opinion::Partly)), _) => on("inquiry-partly", date),
        (Some((date, Opinion::Objects)), _) => on("inquiry-objects", date),
        (Some((_, Opinion::Silent)), Asked::ThirdParty) => {
            Message::new("inquiry-silent-third_party")
        }
        (Some((_, Opinion::Silent)), Asked::CoMaker) => Message::new("inquiry-silent-co_maker"),
        (Some((_, Opinion::Silent)), Asked::Organ) => Message::new("inquiry-silent-organ"),
    })
}

/// The heads of the columns of [`rows`].
pub(super) const COLUMNS: [&str; 6] = [
    "inquiry-number",
    "inquiry-asked",
    "inquiry-whom",
    "inquiry-sent",
    "inquiry-limit",
    "inquiry-opinion",
];

/// The consultations of a case.
pub(super) fn rows(words: &Words, shown: &Shown, today: jiff::civil::Date) -> Vec<Vec<Cell>> {
    let row = |(number, one): (&u32, &Inquiry)| {
        let limit = one.limit.map(|limit| limit.to_string());
        vec![
            Cell::text(number.to_string()),
            Cell::text(words.text(kind(one.asked))),
            Cell::text(consulted(shown, *number)),
            Cell::text(one.sent.to_string()),
            Cell::text(limit.unwrap_or_else(|| words.text("inquiry-not-served"))),
            Cell::text(opinion(words, one, today)),
        ]
    };
    shown.case.inquiries().iter().map(row).collect()
}

/// The heads of the columns of [`searches`].
pub(super) const SEARCH_COLUMNS: [&str; 6] = [
    "inquiry-number",
    "search-unit",
    "inquiry-sent",
    "inquiry-limit",
    "search-chased",
    "search-result",
];

/// The searches that units were asked for, and what each brought.
pub(super) fn searches(words: &Words, shown: &Shown, today: jiff::civil::Date) -> Vec<Vec<Cell>> {
    let row = |one: &Search| {
        let asks = |what: &Happening| matches!(what, Happening::SearchAsked { number, .. } if *number == one.number);
        let sent = shown.record.iter().find(|one| asks(&one.what));
        let brought = match one.found {
            Some(true) => Cell::text(words.text("search-found")),
            Some(false) => Cell::text(words.text("search-in_vain")),
            None if one.limit < today => Cell::state(words.text("search-late"), Tone::Warning),
            None => Cell::text(words.text("inquiry-open")),
        };
        vec![
            Cell::text(one.number.to_string()),
            Cell::text(searched(shown, one.number)),
            Cell::text(sent.map(|one| one.day.to_string()).unwrap_or_default()),
            Cell::text(one.limit.to_string()),
            Cell::text(one.chased.to_string()),
            brought,
        ]
    };
    shown.searches.iter().map(row).collect()
}
