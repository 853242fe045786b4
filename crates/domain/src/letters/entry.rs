//! What a handler types for a letter of a case. Everything else in its facts is
//! known from the case; what is typed is laid over it, group by group.

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::facts::{LetterFacts, Need, clean};
use super::kinds::{Addressee, Kind};
use crate::requests::application::Wrong;
use crate::words::Message;

/// How something is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A line.
    Line,
    /// Some sentences.
    Text,
    /// One thing on each line.
    Lines,
    /// A day.
    Day,
    /// A count.
    Count,
}

/// Something that is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its name in forms: where it lies among the facts, parts by `-`.
    pub name: &'static str,
    /// Its label in the catalogues.
    pub label: &'static str,
    /// How it is typed.
    pub shape: Shape,
    /// Whether it may stay empty.
    pub is_optional: bool,
    /// For which need of a kind; none for every letter.
    need: Option<Need>,
    /// For which kinds alone; all that have the need where it is empty.
    only: &'static [&'static str],
}

const fn entry(need: Need, name: &'static str, label: &'static str, shape: Shape) -> Entry {
    Entry {
        name,
        label,
        shape,
        is_optional: false,
        need: Some(need),
        only: &[],
    }
}

impl Entry {
    const fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    const fn only(mut self, kinds: &'static [&'static str]) -> Self {
        self.only = kinds;
        self
    }

    /// The group of facts that it belongs to, which of several it is, and its
    /// name there; no group for what stands by itself.
    fn path(&self) -> (&'static str, Option<usize>, &'static str) {
        let mut parts = self.name.split('-');
        let first = parts.next().unwrap_or_default();
        match (parts.next(), parts.next()) {
            (None, _) => ("", None, first),
            (Some(second), None) => (first, None, second),
            (Some(second), Some(third)) => (first, second.parse().ok(), third),
        }
    }
}

use Shape::{Count, Day, Line, Lines, Text};

const EVERY: Entry = Entry {
    name: "addressee",
    label: "letter-entry-addressee",
    shape: Line,
    is_optional: false,
    need: None,
    only: &[],
};

/// Everything that is typed for any letter, in the order of forms.
const ENTRIES: &[Entry] = &[
    EVERY,
    entry(
        Need::Request,
        "request-statement",
        "letter-entry-statement",
        Text,
    ),
    entry(Need::Receipt, "receipt-query", "letter-entry-query", Line),
    entry(
        Need::Supplement,
        "supplement-unclear",
        "letter-entry-unclear",
        Text,
    ),
    entry(Need::Supplement, "supplement-how", "letter-entry-how", Text),
    entry(
        Need::Supplement,
        "supplement-limit",
        "letter-entry-limit",
        Day,
    ),
    entry(
        Need::Frequency,
        "frequency-period",
        "letter-entry-period",
        Line,
    ),
    entry(
        Need::Frequency,
        "frequency-count",
        "letter-entry-count",
        Count,
    ),
    entry(
        Need::Frequency,
        "frequency-facts",
        "letter-entry-facts",
        Text,
    ),
    entry(
        Need::Frequency,
        "frequency-limit",
        "letter-entry-limit",
        Day,
    )
    .only(&["reasons"]),
    entry(
        Need::Consultation,
        "consultation-about",
        "letter-entry-about",
        Text,
    ),
    entry(
        Need::Consultation,
        "consultation-asked",
        "letter-entry-asked",
        Line,
    )
    .only(&["consult_told"])
    .optional(),
    entry(
        Need::Consultation,
        "consultation-days",
        "letter-entry-days",
        Count,
    )
    .only(&["consult_organ"]),
    entry(
        Need::Consultation,
        "consultation-opinion",
        "letter-entry-opinion",
        Text,
    )
    .only(&["disclosure_decided"])
    .optional(),
    entry(
        Need::Extension,
        "extension-days",
        "letter-entry-extension",
        Count,
    ),
    entry(
        Need::Extension,
        "extension-reason",
        "letter-entry-reason",
        Text,
    ),
    entry(Need::Deferral, "deferral-until", "letter-entry-until", Day),
    entry(
        Need::Deferral,
        "deferral-reason",
        "letter-entry-reason",
        Text,
    ),
    entry(Need::Fee, "fee-way", "letter-entry-pay", Line),
    entry(
        Need::Published,
        "published-title",
        "letter-entry-title",
        Line,
    ),
    entry(
        Need::Published,
        "published-place",
        "letter-entry-place",
        Text,
    ),
    entry(Need::Given, "given-items", "letter-entry-items", Lines),
    entry(Need::Given, "given-way", "letter-entry-way", Line),
    entry(
        Need::Given,
        "attachments",
        "letter-entry-attachments",
        Lines,
    )
    .optional(),
    entry(
        Need::Withheld,
        "withheld-0-what",
        "letter-entry-withheld",
        Text,
    ),
    entry(
        Need::Withheld,
        "withheld-0-ground",
        "letter-entry-ground",
        Line,
    ),
    entry(
        Need::Withheld,
        "withheld-0-article",
        "letter-entry-article",
        Line,
    ),
    entry(
        Need::Withheld,
        "withheld-0-reason",
        "letter-entry-reason",
        Text,
    ),
    entry(
        Need::Withheld,
        "withheld-1-what",
        "letter-entry-withheld-2",
        Text,
    )
    .optional(),
    entry(
        Need::Withheld,
        "withheld-1-ground",
        "letter-entry-ground",
        Line,
    )
    .optional(),
    entry(
        Need::Withheld,
        "withheld-1-article",
        "letter-entry-article",
        Line,
    )
    .optional(),
    entry(
        Need::Withheld,
        "withheld-1-reason",
        "letter-entry-reason",
        Text,
    )
    .optional(),
    entry(
        Need::Withheld,
        "withheld-2-what",
        "letter-entry-withheld-3",
        Text,
    )
    .optional(),
    entry(
        Need::Withheld,
        "withheld-2-ground",
        "letter-entry-ground",
        Line,
    )
    .optional(),
    entry(
        Need::Withheld,
        "withheld-2-article",
        "letter-entry-article",
        Line,
    )
    .optional(),
    entry(
        Need::Withheld,
        "withheld-2-reason",
        "letter-entry-reason",
        Text,
    )
    .optional(),
    entry(Need::Search, "search-scope", "letter-entry-scope", Text),
    entry(Need::Search, "search-method", "letter-entry-method", Text),
    entry(Need::Search, "search-result", "letter-entry-result", Text),
    entry(
        Need::Elsewhere,
        "elsewhere-reason",
        "letter-entry-reason",
        Text,
    ),
    entry(
        Need::Elsewhere,
        "elsewhere-agency",
        "letter-entry-agency",
        Line,
    )
    .optional(),
    entry(
        Need::Elsewhere,
        "elsewhere-contact",
        "letter-entry-contact",
        Line,
    )
    .optional(),
    entry(
        Need::SpecialAccess,
        "special_access-what",
        "letter-entry-matter",
        Line,
    ),
    entry(
        Need::SpecialAccess,
        "special_access-law",
        "letter-entry-law",
        Line,
    ),
    entry(
        Need::SpecialAccess,
        "special_access-body",
        "letter-entry-body",
        Line,
    ),
    entry(
        Need::SpecialAccess,
        "special_access-way",
        "letter-entry-access",
        Text,
    ),
    entry(Need::Channel, "channel-matter", "letter-entry-really", Line),
    entry(Need::Channel, "channel-place", "letter-entry-channel", Text),
    entry(
        Need::Earlier,
        "earlier-number",
        "letter-entry-earlier",
        Line,
    ),
    entry(
        Need::Earlier,
        "earlier-dated",
        "letter-entry-earlier-day",
        Day,
    ),
    entry(Need::Asked, "asked-letter", "letter-entry-letter", Line),
    entry(Need::Asked, "asked-served", "letter-entry-served", Day),
    // 不再处理 rests on it that the notice was had.
    entry(Need::Asked, "asked-proof", "letter-entry-proof", Line)
        .only(&["abandoned_supplement", "abandoned_fee"]),
    entry(Need::Asked, "asked-proof", "letter-entry-proof", Line)
        .only(&["still_unclear"])
        .optional(),
    entry(Need::Asked, "asked-limit", "letter-entry-asked-limit", Day),
    entry(Need::Asked, "asked-answered", "letter-entry-answered", Day)
        .only(&["still_unclear"])
        .optional(),
    entry(
        Need::Decision,
        "decision-content",
        "letter-entry-decided",
        Text,
    ),
    entry(
        Need::Decision,
        "decision-reasons",
        "letter-entry-reason",
        Text,
    ),
    entry(
        Need::Decision,
        "decision-release",
        "letter-entry-release",
        Day,
    ),
    entry(
        Need::Correction,
        "correction-record",
        "letter-entry-record",
        Text,
    ),
    entry(
        Need::Correction,
        "correction-asked",
        "letter-entry-asked-on",
        Day,
    ),
    entry(
        Need::Correction,
        "correction-result",
        "letter-entry-outcome",
        Text,
    ),
    entry(Need::Task, "task-what", "letter-entry-task", Text),
    entry(Need::Task, "task-limit", "letter-entry-limit", Day),
    entry(Need::Withdrawal, "withdrawn", "letter-entry-withdrawn", Day),
    entry(Need::Reason, "reason", "letter-entry-reason", Text),
];

/// What is typed for a kind of letter, in the order of its form. To whom a letter
/// to the applicant goes is known.
pub fn entries(kind: &Kind) -> Vec<&'static Entry> {
    // Third parties and other organs are told of the information, in words of their own.
    let is_consulted = matches!(kind.to, Addressee::ThirdParty | Addressee::Organ);
    let asked = |entry: &&Entry| match entry.need {
        None => kind.to != Addressee::Applicant,
        Some(Need::Request) if is_consulted => false,
        Some(need) => {
            kind.needs.contains(&need) && (entry.only.is_empty() || entry.only.contains(&kind.key))
        }
    };
    ENTRIES.iter().filter(asked).collect()
}

/// What stands among the facts for an entry, as it would be typed.
pub fn value(facts: &LetterFacts, entry: &Entry) -> String {
    let all = serde_json::to_value(facts).unwrap_or_default();
    let (group, place, field) = entry.path();
    let within = match (group, place) {
        ("", _) => &all,
        (group, None) => &all[group],
        (group, Some(place)) => &all[group][place],
    };
    match &within[field] {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(lines) => {
            let lines = lines.iter().filter_map(Value::as_str);
            lines.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

/// The longest that is typed into one field, in characters.
pub const ENTRY_CHARS_MAX: usize = 2000;

fn read_one(entry: &Entry, typed: &str) -> Result<Value, Message> {
    let typed = typed.trim();
    let found = typed.chars().count();
    if found > ENTRY_CHARS_MAX {
        let long = Message::new("casework-proof-long").with("found", found);
        return Err(long.with("max", ENTRY_CHARS_MAX));
    }
    let empty = clean(typed).is_empty();
    match entry.shape {
        Day if empty && entry.is_optional => Ok(Value::Null),
        _ if empty && !entry.is_optional => Err(Message::new("letter-entry-missing")),
        Day => {
            let day: Result<Date, _> = typed.parse();
            let day = day.map_err(|_| Message::new("casework-day-wrong"))?;
            Ok(Value::from(day.to_string()))
        }
        Count => {
            let count: Result<u32, _> = typed.parse();
            let count = count.map_err(|_| Message::new("casework-number-wrong"))?;
            Ok(Value::from(count))
        }
        Lines => {
            let lines = typed.lines().map(str::trim);
            let lines = lines.filter(|line| !clean(line).is_empty());
            Ok(lines.map(Value::from).collect())
        }
        Line | Text => Ok(Value::from(typed)),
    }
}

/// Lays what was typed for a letter over what is known of it.
///
/// # Errors
/// Every field that is wrong, each with what to do.
pub fn read<'a>(
    kind: &Kind,
    known: &LetterFacts,
    typed: impl Fn(&str) -> &'a str,
) -> Result<LetterFacts, Vec<Wrong>> {
    let mut all = match serde_json::to_value(known) {
        Ok(Value::Object(all)) => all,
        _ => Map::new(),
    };
    let mut wrong = Vec::new();
    let entries = entries(kind);
    // A second and a third of a kind are left out whole where nothing is typed.
    let is_used = |one: &Entry| match one.path() {
        (group, Some(place), _) if place > 0 => entries.iter().any(|other| {
            let of = other.path();
            (of.0, of.1) == (group, Some(place)) && !typed(other.name).trim().is_empty()
        }),
        _ => true,
    };
    if kind.needs.contains(&Need::Withheld) {
        all.insert("withheld".to_owned(), Value::Array(Vec::new()));
    }
    for entry in entries.iter().filter(|entry| is_used(entry)) {
        let (group, place, field) = entry.path();
        let started = Entry {
            is_optional: entry.is_optional && place.is_none(),
            ..**entry
        };
        let value = match read_one(&started, typed(entry.name)) {
            Ok(value) => value,
            Err(message) => {
                wrong.push(Wrong {
                    field: entry.name,
                    message,
                });
                continue;
            }
        };
        put(&mut all, (group, place, field), value);
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let read = serde_json::from_value(Value::Object(all));
    read.map_err(|_| {
        let message = Message::new("letter-entry-missing");
        vec![Wrong {
            field: EVERY.name,
            message,
        }]
    })
}

fn put(
    all: &mut Map<String, Value>,
    (group, place, field): (&str, Option<usize>, &str),
    value: Value,
) {
    if group.is_empty() {
        all.insert(field.to_owned(), value);
        return;
    }
    let within = all.entry(group).or_insert(Value::Null);
    let within = match place {
        None => within,
        Some(_) => {
            if !within.is_array() {
                *within = Value::Array(Vec::new());
            }
            let Value::Array(list) = within else {
                return;
            };
            // A field that the last one has begins the next: so that no place is
            // left empty where one before it was left out.
            if list.last().is_none_or(|last| last.get(field).is_some()) {
                list.push(Value::Null);
            }
            let last = list.len() - 1;
            &mut list[last]
        }
    };
    if !within.is_object() {
        *within = Value::Object(Map::new());
    }
    within[field] = value;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::letters::kinds::KINDS;
    use crate::letters::samples;

    fn typed(kind: &Kind, facts: &LetterFacts) -> BTreeMap<&'static str, String> {
        let all = entries(kind).into_iter();
        all.map(|one| (one.name, value(facts, one))).collect()
    }

    fn read_back(
        kind: &Kind,
        known: &LetterFacts,
        typed: &BTreeMap<&'static str, String>,
    ) -> Result<LetterFacts, Vec<Wrong>> {
        read(kind, known, |name| {
            typed.get(name).map_or("", String::as_str)
        })
    }

    #[test]
    fn what_is_typed_for_a_letter_and_what_is_known_are_all_that_it_needs() {
        for kind in KINDS {
            let facts = samples::ordinary().facts_for(kind);
            let typed = typed(kind, &facts);
            let read = read_back(kind, &facts, &typed).expect("read");
            assert_eq!(read, facts, "{}", kind.key);
            assert!(read.missing(kind).is_empty(), "{}", kind.key);
        }
    }

    #[test]
    fn every_field_that_is_empty_and_may_not_be_is_named() {
        for kind in KINDS {
            let facts = samples::ordinary().facts_for(kind);
            let wrong = match read_back(kind, &facts, &BTreeMap::new()) {
                Ok(_) => Vec::new(),
                Err(wrong) => wrong,
            };
            let named: Vec<&str> = wrong.iter().map(|one| one.field).collect();
            let needed = entries(kind).into_iter().filter(|one| !one.is_optional);
            let needed: Vec<&str> = needed.map(|one| one.name).collect();
            assert_eq!(named, needed, "{}", kind.key);
        }
    }

    #[test]
    fn of_three_grounds_the_second_may_stay_empty() {
        let kind = Kind::of("partial").expect("a kind");
        let facts = samples::ordinary().facts_for(kind);
        let mut all = typed(kind, &facts);
        for part in ["what", "ground", "article", "reason"] {
            let name = |place: usize| {
                let name = format!("withheld-{place}-{part}");
                let mut all = entries(kind).into_iter();
                all.find(|one| one.name == name).expect("an entry").name
            };
            let second = all.insert(name(1), String::new()).expect("there");
            all.insert(name(2), second);
        }
        let read = read_back(kind, &facts, &all).expect("read");
        assert_eq!(read.withheld, facts.withheld);
    }

    #[test]
    fn a_day_that_is_none_and_a_count_that_is_none_are_told_at_their_fields() {
        let kind = Kind::of("reasons").expect("a kind");
        let facts = samples::ordinary().facts_for(kind);
        let mut all = typed(kind, &facts);
        all.insert("frequency-limit", "明天".to_owned());
        all.insert("frequency-count", "许多".to_owned());
        let wrong = read_back(kind, &facts, &all).expect_err("wrong");
        let told: Vec<(&str, &str)> = wrong
            .iter()
            .map(|one| (one.field, one.message.id.as_ref()))
            .collect();
        assert_eq!(
            told,
            [
                ("frequency-count", "casework-number-wrong"),
                ("frequency-limit", "casework-day-wrong")
            ]
        );
    }
}
