use jiff::civil::date;

use super::*;
use crate::calendar::Calendar;
use crate::requests::case::{Channel, Service};
use crate::requests::clock::ClockSettings;
use crate::words::{Language, Words};

/// One of each, with what it carries.
pub(super) fn every_event() -> Vec<Event> {
    let limit = date(2026, 12, 10);
    vec![
        Event::Confirmed,
        Event::SupplementAsked { limit },
        Event::SupplementCame,
        Event::SupplementLapsed,
        Event::Consulted {
            number: 1,
            asked: Asked::Organ,
            limit: Some(limit),
        },
        Event::ConsultationServed { number: 1 },
        Event::ConsultationEnded {
            number: 1,
            opinion: Opinion::Agrees,
        },
        Event::Extended { days: 5 },
        Event::ReasonsAsked { limit },
        Event::ReasonsCame,
        Event::Deferred { until: limit },
        Event::FeeNotified { sent: None },
        Event::FeePaid,
        Event::FeeLapsed,
        Event::Replied {
            outcome: "granted".to_owned(),
        },
        Event::Withdrawn,
        Event::Served { way: None },
        Event::Served {
            way: Some(Service::Post),
        },
        Event::Archived,
    ]
}

/// What the lifecycle wants kept as evidence of each step, beside its day.
#[test]
fn no_step_that_a_body_would_have_to_show_is_taken_without_its_evidence() {
    let wanted = |event: &Event| match event {
        Event::Confirmed => Some(Proof::Call),
        Event::SupplementAsked { .. }
        | Event::ConsultationServed { .. }
        | Event::ConsultationEnded { .. }
        | Event::FeeNotified { .. }
        | Event::Withdrawn
        | Event::Served { way: None } => Some(Proof::Note),
        Event::SupplementCame => Some(Proof::Supplement),
        Event::Consulted { .. } => Some(Proof::Asked),
        Event::Extended { .. }
        | Event::ReasonsAsked { .. }
        | Event::ReasonsCame
        | Event::Deferred { .. } => Some(Proof::Reason),
        Event::FeePaid | Event::Served { way: Some(_) } => Some(Proof::Reference),
        Event::SupplementLapsed | Event::FeeLapsed | Event::Replied { .. } | Event::Archived => {
            None
        }
    };
    for event in every_event() {
        assert_eq!(proof(&event), wanted(&event), "{event:?}");
    }
}

#[test]
fn what_happened_is_kept_as_data_and_read_again() {
    let mut all: Vec<Happening> = every_event()
        .into_iter()
        .map(|event| Happening::Step { event })
        .collect();
    all.extend([
        Happening::Filed,
        Happening::ConfirmedBy { side: Side::Office },
        Happening::ConfirmedBy {
            side: Side::Applicant,
        },
        Happening::Called { reached: false },
        Happening::Assigned {
            section: Some(3),
            handler: None,
        },
        Happening::TakenOn { by: 4 },
        Happening::SearchAsked {
            number: 1,
            limit: date(2026, 12, 10),
            section: None,
        },
        Happening::SearchChased { number: 1 },
        Happening::SearchEnded {
            number: 1,
            found: false,
        },
        Happening::Drafted {
            outcome: "granted".to_owned(),
        },
        Happening::Issued {
            letter: 3,
            kind: "receipt".to_owned(),
            number: String::new(),
        },
        Happening::Sealed {
            letter: 3,
            kind: "receipt".to_owned(),
            number: String::new(),
            seal: Seal::Disclosure,
            copies: 2,
        },
        Happening::GivenBack,
        Happening::Split { part: 9 },
        Happening::Corrected,
        Happening::Rated { stars: 4 },
    ]);
    for one in &all {
        let text = serde_json::to_string(one).expect("data");
        let back: Happening = serde_json::from_str(&text).expect("read");
        assert_eq!(*one, back, "{text}");
        for language in [Language::Chinese, Language::English] {
            assert!(Words::of(language).has(&one.label().id), "{}", one.key());
        }
    }
    for proof in Proof::ALL {
        for language in [Language::Chinese, Language::English] {
            assert!(Words::of(language).has(&proof.label().id));
            assert!(Words::of(language).has(&proof.needed().id));
        }
    }
}

#[test]
fn every_seal_has_its_words() {
    for seal in Seal::ALL {
        assert_eq!(Seal::from_key(seal.key()), Some(seal));
        for language in [Language::Chinese, Language::English] {
            let words = Words::of(language);
            assert!(words.has(&seal.label().id) && words.has(seal.happened()));
        }
    }
    assert_eq!(Seal::from_key("private"), None);
}

#[test]
fn a_letter_is_sealed_once_its_seal_is_entered() {
    let issued = |letter, number: &str| Happening::Issued {
        letter,
        kind: "receipt".to_owned(),
        number: number.to_owned(),
    };
    let sealed = Happening::Sealed {
        letter: 7,
        kind: "receipt".to_owned(),
        number: "二号".to_owned(),
        seal: Seal::Organ,
        copies: 1,
    };
    let all = [
        Happening::Filed,
        issued(4, "一号"),
        issued(7, "二号"),
        sealed,
    ];
    let found = letters(all.iter());
    let told: Vec<_> = found
        .iter()
        .map(|one| (one.number, one.is_sealed))
        .collect();
    assert_eq!(told, [("一号", false), ("二号", true)]);
}

/// What an old record says is read for ever.
#[test]
fn records_of_long_ago_are_read() {
    let kept = [
        (r#"{"did":"filed"}"#, Happening::Filed),
        (
            r#"{"did":"step","event":{"event":"confirmed"}}"#,
            Happening::Step {
                event: Event::Confirmed,
            },
        ),
        (
            r#"{"did":"step","event":{"event":"consulted","number":2,"asked":"third_party","limit":null}}"#,
            Happening::Step {
                event: Event::Consulted {
                    number: 2,
                    asked: Asked::ThirdParty,
                    limit: None,
                },
            },
        ),
        (
            r#"{"did":"step","event":{"event":"supplement_asked","limit":"2026-12-10"}}"#,
            Happening::Step {
                event: Event::SupplementAsked {
                    limit: date(2026, 12, 10),
                },
            },
        ),
    ];
    for (text, what) in kept {
        let read: Happening = serde_json::from_str(text).expect("read");
        assert_eq!(read, what, "{text}");
    }
}

#[test]
fn a_case_lies_where_somebody_is_to_do_something() {
    let calendar = Calendar::built_in();
    let rules = Rules {
        calendar: &calendar,
        settings: ClockSettings::default(),
    };
    let at = |case: &Case, today| place(case, rules, today).expect("reckoned");
    let waits = Case::filed(Channel::Online, date(2024, 2, 10));
    let place = at(&waits, date(2024, 2, 12));
    assert_eq!(
        (place.lane, place.day),
        (Lane::Unconfirmed, date(2024, 2, 10))
    );
    let open = Case::filed(Channel::Counter, date(2024, 4, 1));
    let place = at(&open, date(2024, 4, 2));
    assert_eq!((place.lane, place.day), (Lane::Running, date(2024, 4, 29)));
    let event = Event::Consulted {
        number: 1,
        asked: Asked::ThirdParty,
        limit: None,
    };
    let asked = open
        .apply(rules, date(2024, 4, 10), &event)
        .expect("lawful");
    // While it is open, the due date moves on with every working day.
    assert!(at(&asked, date(2024, 4, 11)).moves);
    assert_eq!(at(&asked, date(2024, 4, 11)).due, Some(date(2024, 4, 30)));
    assert_eq!(at(&asked, date(2024, 4, 12)).due, Some(date(2024, 5, 6)));
    assert_eq!(at(&asked, date(2024, 4, 12)).lane, Lane::Waiting);
    let told = open
        .apply(rules, date(2024, 4, 10), &Event::FeeNotified { sent: None })
        .expect("lawful");
    let place = at(&told, date(2024, 4, 11));
    assert_eq!((place.lane, place.due), (Lane::Waiting, None));
}

#[test]
fn nothing_hides_a_case_whose_clock_runs() {
    let calendar = Calendar::built_in();
    let rules = Rules {
        calendar: &calendar,
        settings: ClockSettings::default(),
    };
    let third = Event::Consulted {
        number: 1,
        asked: Asked::ThirdParty,
        limit: None,
    };
    let served = Event::ConsultationServed { number: 1 };
    let limit = date(2024, 5, 31);
    let late = Event::SupplementAsked { limit };
    let (due, day) = (date(2024, 4, 29), |day| date(2024, 4, day));
    type Steps<'a> = &'a [(Date, &'a Event)];
    let table: [(&str, Steps<'_>, Date, Lane, Date); 5] = [
        (
            "a letter after the due date",
            &[(day(30), &third)],
            date(2024, 5, 6),
            Lane::Running,
            due,
        ),
        (
            "a notice after the due date",
            &[(day(30), &late)],
            date(2024, 5, 6),
            Lane::Running,
            due,
        ),
        (
            "a notice after its seven days",
            &[(day(15), &late)],
            day(16),
            Lane::Running,
            due,
        ),
        (
            "within the time of a third party",
            &[(day(10), &third), (day(12), &served)],
            date(2024, 5, 7),
            Lane::Waiting,
            date(2024, 5, 7),
        ),
        (
            "past it, with nothing entered",
            &[(day(10), &third), (day(12), &served)],
            date(2024, 5, 27),
            Lane::Running,
            date(2024, 5, 24),
        ),
    ];
    for (name, events, today, lane, on) in table {
        let events = events.iter().map(|(on, event)| (*on, *event, None));
        let case = Case::filed(Channel::Counter, date(2024, 4, 1)).replay(rules, events);
        let place = place(&case.expect(name), rules, today).expect(name);
        assert_eq!((place.lane, place.day), (lane, on), "{name}");
    }
}

#[test]
fn what_a_third_party_objects_to_is_given_only_after_they_were_told() {
    let step = |event| Happening::Step { event };
    let asked = |number, asked| {
        let limit = None;
        step(Event::Consulted {
            number,
            asked,
            limit,
        })
    };
    let ended = |number, opinion| step(Event::ConsultationEnded { number, opinion });
    let told = Happening::Issued {
        letter: 1,
        kind: "disclosure_decided".to_owned(),
        number: String::new(),
    };
    let says =
        |record: &[Happening]| undecided(record, "granted").map(|message| message.id.into_owned());
    let third = asked(1, Asked::ThirdParty);
    assert_eq!(says(&[third.clone(), ended(1, Opinion::Agrees)]), None);
    assert_eq!(says(&[third.clone(), ended(1, Opinion::Silent)]), None);
    let objects = [third.clone(), ended(1, Opinion::Objects)];
    assert_eq!(says(&objects), Some("casework-decided-needed".to_owned()));
    let [one, other] = objects;
    assert_eq!(says(&[one.clone(), other.clone(), told.clone()]), None);
    assert!(
        says(&[told, one, other]).is_some(),
        "told before they objected"
    );
    // Of an organ that made it too nothing of the kind is said.
    assert_eq!(
        says(&[asked(1, Asked::CoMaker), ended(1, Opinion::Objects)]),
        None
    );
}

#[test]
fn past_the_calendar_a_date_is_provisional() {
    let calendar = Calendar::built_in();
    let rules = Rules {
        calendar: &calendar,
        settings: ClockSettings::default(),
    };
    let last = calendar.provisional();
    let far = date(2199, 12, 20);
    let case = Case::filed(Channel::Counter, far);
    let place = place(&case, rules, far).expect("reckoned");
    assert!(place.is_provisional);
    assert_eq!(
        place.due,
        last.add_working_days(far, 20).ok(),
        "plain weekdays"
    );
}

#[test]
fn nothing_is_said_not_to_exist_before_it_was_searched_for() {
    let limit = date(2026, 12, 10);
    let asked = |number| Happening::SearchAsked {
        number,
        limit,
        section: None,
    };
    let ended = |number, found| Happening::SearchEnded { number, found };
    let says = |record: &[Happening]| {
        let against = against(record, "not_exist");
        against.map(|message| message.id.into_owned())
    };
    let says_not = |id: &str| Some(id.to_owned());
    assert_eq!(says(&[]), says_not("casework-search-needed"));
    assert_eq!(says(&[asked(1)]), says_not("casework-search-open"));
    assert_eq!(says(&[asked(1), ended(1, false)]), None);
    let found = [asked(1), ended(1, false), asked(2), ended(2, true)];
    assert_eq!(says(&found), says_not("casework-search-found"));
    assert_eq!(super::against(&[], "granted"), None);
    assert_eq!(next_search(&found), 3);
}

#[test]
fn texts_that_say_the_same_are_alike() {
    let one = "2025年城区饮用水水源地水质监测报告";
    assert_eq!(likeness(one, one), 100);
    assert!(likeness(one, "城区饮用水水源地 2025 年的水质监测报告") > 60);
    assert!(likeness(one, "关于张家村道路维修的招标文件") < 20);
    assert_eq!(likeness("", ""), 0);
}
