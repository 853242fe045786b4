use std::collections::BTreeMap;

use jiff::civil::date;

use super::*;
use crate::calendar::Calendar;
use crate::requests::case::{Asked, Cause, Channel, Opinion, Service};
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
        Event::Reopened {
            cause: Cause::Review,
            until: limit,
        },
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
        | Event::Deferred { .. }
        | Event::Reopened { .. } => Some(Proof::Reason),
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
            remedy: None,
        },
        Happening::Issued {
            letter: 3,
            kind: "receipt".to_owned(),
            number: String::new(),
            remedy: None,
            inquiry: None,
        },
        Happening::Sealed {
            letter: 3,
            kind: "receipt".to_owned(),
            number: String::new(),
            seal: Seal::Disclosure,
            copies: 2,
        },
        Happening::CopyAdded {
            letter: 3,
            kind: "granted".to_owned(),
            number: "1".to_owned(),
            count: 1,
        },
        Happening::Mailed {
            letter: 3,
            kind: "granted".to_owned(),
            number: "1".to_owned(),
            files: 2,
        },
        Happening::GivenBack,
        Happening::Noted,
        Happening::Split { part: 9 },
        Happening::Corrected,
        Happening::DayCorrected {
            of: 2,
            was: date(2026, 12, 1),
            to: date(2026, 11, 30),
        },
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
        remedy: None,
        inquiry: None,
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
        remedy: None,
        inquiry: None,
    };
    let under = |record: &[Happening], outcome, withholds| {
        undecided(record, outcome, withholds).map(|message| message.id.into_owned())
    };
    let says = |record: &[Happening]| under(record, "granted", true);
    let third = asked(1, Asked::ThirdParty);
    assert_eq!(says(&[third.clone(), ended(1, Opinion::Agrees)]), None);
    assert_eq!(says(&[third.clone(), ended(1, Opinion::Silent)]), None);
    let objects = [third.clone(), ended(1, Opinion::Objects)];
    assert_eq!(says(&objects), Some("casework-decided-needed".to_owned()));
    // A part that is withheld for their sake honours the objection.
    for (withholds, against) in [(true, None), (false, Some("casework-decided-or-withheld"))] {
        let told = under(&objects, "partial", withholds);
        assert_eq!(told.as_deref(), against, "{withholds}");
    }
    assert_eq!(under(&objects, "denied_internal", false), None);
    let partly = [third.clone(), ended(1, Opinion::Partly)];
    assert_eq!(says(&partly), Some("casework-decided-needed".to_owned()));
    assert_eq!(under(&partly, "partial", true), None);
    let [one, other] = objects;
    assert_eq!(says(&[one.clone(), other.clone(), told.clone()]), None);
    assert!(
        says(&[told.clone(), one, other]).is_some(),
        "told before they objected"
    );
    // Each of several is told: who is told twice is one.
    let to = |inquiry| match &told {
        Happening::Issued {
            letter,
            kind,
            number,
            remedy,
            ..
        } => Happening::Issued {
            letter: *letter,
            kind: kind.clone(),
            number: number.clone(),
            remedy: *remedy,
            inquiry,
        },
        other => other.clone(),
    };
    let both = [
        asked(1, Asked::ThirdParty),
        asked(2, Asked::ThirdParty),
        ended(1, Opinion::Objects),
        ended(2, Opinion::Partly),
    ];
    for (told, is_enough) in [
        (vec![Some(1)], false),
        (vec![Some(1), Some(1)], false),
        (vec![Some(2), Some(1)], true),
        (vec![Some(1), Some(3)], false),
        // Letters of long ago do not say to whom they went.
        (vec![None], false),
        (vec![None, None], true),
        (vec![Some(2), None], true),
    ] {
        let record: Vec<Happening> = both
            .iter()
            .cloned()
            .chain(told.iter().map(|of| to(*of)))
            .collect();
        assert_eq!(says(&record).is_none(), is_enough, "{told:?}");
    }
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

#[test]
fn a_day_is_put_right_where_somebody_typed_it_and_no_letter_says_it() {
    let step = |event| Happening::Step { event };
    let issued = |kind: &str| Happening::Issued {
        letter: 1,
        kind: kind.to_owned(),
        number: String::new(),
        remedy: None,
        inquiry: None,
    };
    let limit = date(2024, 4, 20);
    let record = [
        Happening::Filed,
        step(Event::Confirmed),
        issued("receipt"),
        // Its letter was made elsewhere; that of the consultation here.
        step(Event::SupplementAsked { limit }),
        step(Event::SupplementCame),
        step(Event::Consulted {
            number: 1,
            asked: Asked::ThirdParty,
            limit: None,
        }),
        issued("consult_third_party"),
        step(Event::ConsultationServed { number: 1 }),
        Happening::LetterServed {
            letter: 1,
            kind: "receipt".to_owned(),
            number: String::new(),
            way: Service::Post,
        },
        step(Event::Replied {
            outcome: "granted".to_owned(),
        }),
        issued("granted"),
        step(Event::Served { way: None }),
        step(Event::Archived),
    ];
    assert_eq!(correctable(&record), [2, 4, 5, 8, 9, 12]);
    assert_eq!(corrected_days(&record), BTreeMap::new());
    let right = |of, day| Happening::DayCorrected {
        of,
        was: limit,
        to: date(2024, 4, day),
    };
    let days = corrected_days(&[right(2, 3), right(12, 9), right(2, 4)]);
    let wanted = [(2, date(2024, 4, 4)), (12, date(2024, 4, 9))];
    assert_eq!(days, BTreeMap::from(wanted), "the last word counts");
}

/// Art. 32: whoever objects is told of the decision that counts.
#[test]
fn what_is_decided_anew_is_told_anew_to_who_objects() {
    let step = |event| Happening::Step { event };
    let told = || Happening::Issued {
        letter: 3,
        kind: "disclosure_decided".to_owned(),
        number: String::new(),
        remedy: None,
        inquiry: Some(1),
    };
    let reopened = |cause| {
        step(Event::Reopened {
            cause,
            until: date(2026, 12, 10),
        })
    };
    let before = [
        step(Event::Consulted {
            number: 1,
            asked: Asked::ThirdParty,
            limit: None,
        }),
        step(Event::ConsultationEnded {
            number: 1,
            opinion: Opinion::Objects,
        }),
    ];
    let table = [
        (vec![], false),
        (vec![told()], true),
        (vec![told(), reopened(Cause::Review)], false),
        (vec![told(), reopened(Cause::Own), told()], true),
        (vec![told(), reopened(Cause::Lapse)], true),
    ];
    for (after, is_told) in table {
        let record: Vec<Happening> = before.iter().cloned().chain(after).collect();
        assert_eq!(objections(&record).get(&1), Some(&is_told), "{record:?}");
    }
}

#[test]
fn a_reply_that_is_decided_anew_is_superseded_and_other_letters_are_not() {
    let issued = |letter, kind: &str| Happening::Issued {
        letter,
        kind: kind.to_owned(),
        number: letter.to_string(),
        remedy: None,
        inquiry: None,
    };
    let again = Happening::Step {
        event: Event::Reopened {
            cause: Cause::Review,
            until: date(2026, 12, 10),
        },
    };
    let record = [
        issued(1, "receipt"),
        issued(2, "not_ours"),
        again,
        issued(3, "granted"),
    ];
    let waits: Vec<(i64, bool)> = letters(record.iter())
        .iter()
        .map(|one| (one.letter, one.waits_for_seal()))
        .collect();
    assert_eq!(waits, [(1, true), (2, false), (3, true)]);
    assert_eq!(rounds(record.iter()), 1);
    assert_eq!(present(record.iter()).len(), 2);
}
