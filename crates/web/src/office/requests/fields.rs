//! The fields of the forms of steps, by their names.

use gongkai_app::requests::Happened;
use gongkai_app::requests::look::Shown;
use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::requests::application::Way;
use gongkai_domain::requests::case::{BY_ITSELF, Cause, Event, Service};
use gongkai_domain::requests::outcomes;
use gongkai_domain::requests::record::{self, Happening, Lettered, Proof, Seal};
use gongkai_domain::words::{Message, Words};

use super::deeds::{Typed, of};
use super::open::unsealed;
use crate::office::Field;

fn options(words: &Words, all: &[(&str, &str)]) -> Vec<(String, String)> {
    let all = all.iter();
    all.map(|(key, label)| ((*key).to_owned(), words.text(label)))
        .collect()
}

/// Calls that were noted, in which the applicant was reached.
fn noted(words: &Words, shown: &Shown) -> Vec<(String, String)> {
    let is_one = |what: &Happening| *what == (Happening::Called { reached: true });
    let calls = shown.record.iter().filter(|one| is_one(&one.what));
    calls
        .map(|one| {
            let of = |proof| one.proofs.get(&proof).map_or("", String::as_str);
            let told = Message::new("call-line")
                .with("date", one.day)
                .with("at", of(Proof::CalledAt))
                .with("name", of(Proof::CalledWith));
            (one.number.to_string(), words.render(&told))
        })
        .collect()
}

/// A field of a form, by its name.
pub(super) fn field(words: &Words, shown: &Shown, name: &str, typed: &Typed) -> Option<Field> {
    let value = of(typed, name);
    let text = |name, label: &str| Field::text(words, name, label, value);
    let area = |field: Field| Field {
        kind: "textarea",
        ..field
    };
    let select = |field: Field, options: Vec<(String, String)>| Field {
        kind: "select",
        options,
        ..field
    };
    let nobody = (String::new(), words.text("request-nobody"));
    Some(match name {
        "day" => text("day", "request-day")
            .short()
            .hint(words, "deed-day-hint"),
        "way" => select(
            text("way", "request-way"),
            [(String::new(), words.text("correct-as-it-is"))]
                .into_iter()
                .chain(
                    Way::ALL
                        .iter()
                        .filter(|way| **way != Way::Online)
                        .map(|way| (way.key().to_owned(), words.render(&way.label()))),
                )
                .collect(),
        ),
        "came" => text("came", "request-day").short().optional(),
        "name" => text("name", "application-name").optional(),
        "phone" => text("phone", "field-phone").optional(),
        "mail" => text("mail", "field-mail").optional(),
        "address" => text("address", "application-address").optional(),
        "limit" => text("limit", "request-limit")
            .short()
            .hint(words, "deed-limit-hint"),
        "until" => text("until", "request-until").short(),
        "days" => text("days", "request-days").short(),
        "cause" => Field {
            kind: "radios",
            options: causes(words, shown),
            ..text("cause", "reopened-why")
        },
        "call" => area(text("call", "call-said")).hint(words, "call-said-hint"),
        "called_with" => text("called_with", "proof-called_with"),
        "called_number" => {
            let own = Message::new("call-number-hint").with("number", &shown.application.phone);
            Field {
                hint: match shown.application.phone.is_empty() {
                    true => String::new(),
                    false => words.render(&own),
                },
                is_optional: !shown.application.phone.is_empty(),
                ..text("called_number", "proof-called_number").short()
            }
        }
        "called_at" => text("called_at", "proof-called_at")
            .short()
            .hint(words, "call-at-hint"),
        "reached" => Field {
            kind: "radios",
            options: options(words, &[("yes", "call-reached"), ("no", "call-in-vain")]),
            ..text("reached", "call-result")
        },
        "noted" => {
            let calls = noted(words, shown);
            if calls.is_empty() {
                return None;
            }
            let here = (String::new(), words.text("call-here"));
            let all = [here].into_iter().chain(calls).collect();
            select(text("noted", "call-noted"), all).hint(words, "call-noted-hint")
        }
        "note" => area(text("note", "proof-note")),
        "reason" => area(text("reason", "proof-reason")),
        "asked" => text("asked", "proof-asked"),
        "words" => area(text("words", "proof-words")),
        "searcher" => text("searcher", "proof-searcher"),
        "result" => area(text("result", "proof-result")).hint(words, "request-result-hint"),
        "supplement" => area(text("supplement", "proof-supplement")),
        "reference" => text("reference", "proof-reference"),
        "answer" => area(text("answer", "deed-answer")).optional(),
        "text" => area(text("text", "request-reply-text")),
        "how" => Field {
            kind: "radios",
            options: options(
                words,
                &[
                    ("reached", "confirming-reached"),
                    ("written", "confirming-written"),
                    ("not_reached", "confirming-not_reached"),
                    ("receipt", "confirming-receipt"),
                ],
            ),
            ..text("how", "confirming")
        },
        "found" => Field {
            kind: "radios",
            options: options(words, &[("yes", "search-found"), ("no", "search-in_vain")]),
            ..text("found", "search-result")
        },
        "whom" => select(
            text("whom", "consultation-whom"),
            options(
                words,
                &[
                    ("third_party", "consultation-third_party"),
                    ("co_maker", "consultation-co_maker"),
                    ("organ", "consultation-organ"),
                ],
            ),
        ),
        "opinion" => select(
            text("opinion", "consultation-opinion"),
            options(
                words,
                &[
                    ("agrees", "opinion-agrees"),
                    ("partly", "opinion-partly"),
                    ("objects", "opinion-objects"),
                    ("silent", "opinion-silent"),
                ],
            ),
        ),
        "number" => select(text("number", "request-which"), Vec::new()),
        "service" => select(
            text("service", "service-way"),
            [(String::new(), words.text("service-choose"))]
                .into_iter()
                .chain(Service::ALL.map(|way| (way.key().to_owned(), words.render(&way.label()))))
                .collect(),
        ),
        "sent" => text("sent", "fee-sent")
            .short()
            .optional()
            .hint(words, "fee-sent-hint"),
        "letter" => select(
            text("letter", "seal-letter"),
            unsealed(shown).map(letter_option).collect(),
        ),
        "seal" => select(
            text("seal", "seal-which"),
            Seal::ALL
                .map(|seal| (seal.key().to_owned(), words.render(&seal.label())))
                .into(),
        ),
        "of" => select(text("of", "correct-day-which"), dated(words, shown)),
        "copies" => text("copies", "seal-copies").short(),
        "description" => area(text("description", "application-description")),
        "pages" => text("pages", "fee-pages-count").short().optional(),
        "basis" => Field {
            kind: "radios",
            options: options(words, &[("items", "fee-items"), ("pages", "fee-pages")]),
            ..text("basis", "fee-basis")
        },
        "outcome" => {
            let all = outcomes::all().iter();
            let all = all.filter(|one| {
                let code = one.code.as_str();
                !BY_ITSELF.contains(&code) || shown.case.state().lapse() == Some(code)
            });
            let all = all.map(|one| (one.code.clone(), words.render(&one.label())));
            select(text("outcome", "request-outcome"), all.collect())
        }
        "section" => {
            let sections = shown.hands.sections.iter();
            let sections = sections.map(|(id, name)| (id.0.to_string(), name.clone()));
            let all = [nobody].into_iter().chain(sections).collect();
            select(text("section", "request-section"), all)
        }
        "handler" => {
            let people = shown.hands.people.iter();
            let people = people.map(|hand| (hand.id.0.to_string(), hand.name.clone()));
            let all = [nobody].into_iter().chain(people).collect();
            select(text("handler", "request-handler"), all)
        }
        _ => return None,
    })
}

/// What happened whose day may be put right, the last one first.
fn dated(words: &Words, shown: &Shown) -> Vec<(String, String)> {
    let places = record::correctable(shown.record.iter().map(|one| &one.what));
    let record = shown.record.iter().rev();
    // What applicants did online the system has written down itself.
    let dated = record.filter(|one| places.contains(&one.number) && one.by.person.is_some());
    let option = |one: &Happened| {
        let told = format!("{}. {} · {}", one.number, one.what.told(words), one.day);
        (one.number.to_string(), told)
    };
    dated.map(option).collect()
}

/// Why what is over may go on: a lapse is lifted where there was one.
fn causes(words: &Words, shown: &Shown) -> Vec<(String, String)> {
    let ending = shown.case.state().ending();
    let has_lapsed = ending.is_some_and(|ending| Event::ending(&ending.outcome).is_lapse());
    let all = Cause::ALL.iter();
    let all = all.filter(|cause| has_lapsed || **cause != Cause::Lapse);
    all.map(|cause| (cause.key().to_owned(), words.render(&cause.label())))
        .collect()
}

/// What goes to whom when the reply is mailed.
pub(super) fn mailed(words: &Words, shown: &Shown) -> String {
    let happened = || shown.record.iter().map(|one| &one.what);
    let letters = record::letters(happened()).into_iter().rev();
    let letters = letters.filter(|one| !one.is_superseded);
    let mut replies = letters.filter_map(|one| {
        let kind = Kind::of(one.kind).filter(|kind| kind.is_reply())?;
        Some((one.letter, kind))
    });
    let Some((letter, kind)) = replies.next() else {
        return String::new();
    };
    let is_copy =
        |what: &Happening| matches!(what, Happening::CopyAdded { letter: of, .. } if *of == letter);
    let lead = match happened().any(is_copy) {
        true => "mailed-lead-copy",
        false => "mailed-lead",
    };
    let given = shown
        .draft
        .as_ref()
        .map_or(0, |draft| draft.reply.files.len());
    let told = Message::new(lead).with("title", kind.title);
    let told = told.with("to", &shown.application.mail);
    words.render(&told.with("count", given))
}

/// A letter to choose, by its number in the store.
pub(super) fn letter_option(one: Lettered<'_>) -> (String, String) {
    let title = Kind::of(one.kind).map_or("", |kind| kind.title);
    let told = format!("{title} {}", one.number);
    (one.letter.to_string(), told.trim().to_owned())
}
