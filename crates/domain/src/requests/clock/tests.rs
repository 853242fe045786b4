use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::calendar::YearCalendar;

fn calendar() -> Calendar {
    Calendar::built_in()
}

fn day(text: &str) -> Date {
    text.parse().expect("a date")
}

fn consult(sent: &str, returned: &str) -> Consultation {
    Consultation {
        sent: day(sent),
        returned: Some(day(returned)),
    }
}

/// Art. 33 ¶¶2–3 with the worked cases of the domain notes: received, answer
/// due; then with a supplement, a fee, consultations and an extension.
#[test]
fn due_dates_of_the_worked_cases() {
    let received = |text: &str| ClockFacts::received_on(day(text));
    let cases: Vec<(&str, ClockFacts, &str)> = vec![
        ("plain", received("2024-02-05"), "2024-03-08"),
        (
            "received on a working Sunday",
            received("2024-02-18"),
            "2024-03-15",
        ),
        (
            "across the autumn festivals",
            received("2023-09-25"),
            "2023-10-27",
        ),
        (
            "a supplement restarts",
            ClockFacts {
                supplement_received: Some(day("2024-03-20")),
                ..received("2024-03-01")
            },
            "2024-04-18",
        ),
        (
            "a consultation pauses",
            ClockFacts {
                consultations: vec![consult("2024-04-10", "2024-04-24")],
                ..received("2024-04-01")
            },
            "2024-05-15",
        ),
        (
            "a silent third party",
            ClockFacts {
                consultations: vec![consult("2024-04-10", "2024-05-07")],
                ..received("2024-04-01")
            },
            "2024-05-24",
        ),
        (
            "overlapping consultations: union, not sum",
            ClockFacts {
                consultations: vec![
                    consult("2024-04-10", "2024-04-24"),
                    consult("2024-04-17", "2024-04-30"),
                ],
                ..received("2024-04-01")
            },
            "2024-05-22",
        ),
        (
            "an extension adds",
            ClockFacts {
                extension_working_days: 15,
                ..received("2024-08-20")
            },
            "2024-10-14",
        ),
        (
            "the full extension",
            ClockFacts {
                extension_working_days: 20,
                ..received("2024-08-20")
            },
            "2024-10-21",
        ),
        (
            "consultation and extension",
            ClockFacts {
                consultations: vec![consult("2024-09-12", "2024-09-25")],
                extension_working_days: 10,
                ..received("2024-09-09")
            },
            "2024-11-06",
        ),
        (
            "a paid fee restarts",
            ClockFacts {
                fee_paid: Some(day("2024-06-03")),
                ..received("2024-05-06")
            },
            "2024-07-02",
        ),
        ("into the next year", received("2023-12-05"), "2024-01-03"),
        (
            "a consultation begun after the due date pauses nothing",
            ClockFacts {
                consultations: vec![consult("2024-05-06", "2024-05-20")],
                ..received("2024-04-01")
            },
            "2024-04-29",
        ),
        (
            "a consultation begun after the first due date, while an extension is in force",
            ClockFacts {
                consultations: vec![consult("2024-05-06", "2024-05-13")],
                extension_working_days: 10,
                ..received("2024-04-01")
            },
            "2024-05-23",
        ),
        (
            "one begun after the extended due date too pauses nothing",
            ClockFacts {
                consultations: vec![consult("2024-05-16", "2024-05-24")],
                extension_working_days: 10,
                ..received("2024-04-01")
            },
            "2024-05-15",
        ),
        (
            "one begun before the clock began anew pauses nothing since",
            ClockFacts {
                consultations: vec![consult("2024-04-03", "2024-04-24")],
                supplement_received: Some(day("2024-04-15")),
                ..received("2024-04-01")
            },
            "2024-05-14",
        ),
    ];
    for (name, facts, expected) in cases {
        let reckoned = due(&calendar(), ClockSettings::default(), &facts).expect(name);
        assert_eq!(reckoned.date, day(expected), "{name}");
        assert!(reckoned.missing_years.is_empty(), "{name}");
        assert!(reckoned.reasoning.len() >= 2, "{name}");
    }
}

#[test]
fn the_reasoning_names_articles_and_the_days_that_were_passed() {
    let reckoned = due(
        &calendar(),
        ClockSettings::default(),
        &ClockFacts::received_on(day("2024-02-05")),
    )
    .expect("loaded");
    let last = reckoned.reasoning.last().expect("steps");
    assert_eq!(last.basis, "《条例》第三十三条第二款");
    assert_eq!(last.date, Some(day("2024-03-08")));
    let make_up: Vec<Date> = last
        .passed
        .iter()
        .filter(|(_, kind)| kind.is_working())
        .map(|(date, _)| *date)
        .collect();
    assert_eq!(make_up, [day("2024-02-18")]);
    let off = last.passed.iter().filter(|(_, kind)| !kind.is_working());
    assert_eq!(off.count(), 5, "12 to 16 February 2024");
}

#[test]
fn limits_of_supplement_consultation_and_payment() {
    let settings = ClockSettings::default();
    let table = [
        ("2024-02-05", "2024-02-20"),
        ("2024-03-01", "2024-03-12"),
        ("2026-02-10", "2026-02-26"),
    ];
    for (received, expected) in table {
        let limit = supplement_notice_limit(&calendar(), settings, day(received));
        assert_eq!(limit.expect("loaded").date, day(expected));
    }
    let reply = consultation_reply_limit(&calendar(), settings, day("2024-04-12"));
    assert_eq!(reply.expect("loaded").date, day("2024-05-07"));
    let payment = payment_limit(&calendar(), settings, day("2024-05-20"));
    assert_eq!(payment.expect("loaded").date, day("2024-06-18"));
}

/// Art. 31 and 国办公开办函〔2015〕207号, channel by channel.
#[test]
fn receipt_date_by_channel() {
    let on = date(2024, 3, 4);
    let table = [
        (Arrival::InPerson { submitted: on }, Some(on)),
        (Arrival::SignedPost { signed: on }, Some(on)),
        (
            Arrival::UnsignedPost {
                confirmed: Some(on),
            },
            Some(on),
        ),
        (Arrival::UnsignedPost { confirmed: None }, None),
        (
            Arrival::Online {
                confirmed: Some(on),
            },
            Some(on),
        ),
        (Arrival::Online { confirmed: None }, None),
    ];
    for (arrival, expected) in table {
        let (date, step) = received_on(arrival);
        assert_eq!(date, expected, "{arrival:?}");
        assert_eq!(step.date, expected);
        assert!(step.basis.contains("第三十一条"));
    }
}

#[test]
fn remedies_end_on_a_day_on_which_offices_work() {
    let table = [
        ("2024-03-08", RemedyPeriod::Days(60), "2024-05-07"),
        ("2024-08-02", RemedyPeriod::Days(60), "2024-10-08"),
        ("2024-03-08", RemedyPeriod::Months(6), "2024-09-09"),
        ("2024-09-14", RemedyPeriod::Days(15), "2024-09-29"),
        ("2024-08-31", RemedyPeriod::Months(6), "2025-02-28"),
    ];
    for (served, period, expected) in table {
        let reckoned = remedy(&calendar(), day(served), period).expect("loaded");
        assert_eq!(reckoned.date, day(expected), "{served} {period:?}");
    }
}

#[test]
fn what_cannot_be_is_refused_with_its_reason() {
    let settings = ClockSettings::default();
    let received = ClockFacts::received_on(day("2024-04-01"));
    let refused = |facts: ClockFacts| due(&calendar(), settings, &facts).expect_err("refused");
    assert_eq!(
        refused(ClockFacts {
            extension_working_days: 21,
            ..received.clone()
        }),
        ClockError::ExtensionTooLong { asked: 21, max: 20 }
    );
    assert!(matches!(
        refused(ClockFacts {
            supplement_received: Some(day("2024-03-01")),
            ..received.clone()
        }),
        ClockError::BeforeReceipt { .. }
    ));
    assert!(matches!(
        refused(ClockFacts {
            consultations: vec![consult("2024-04-10", "2024-04-09")],
            ..received.clone()
        }),
        ClockError::ConsultationReversed { .. }
    ));
    let open = Consultation {
        sent: day("2024-04-10"),
        returned: None,
    };
    assert_eq!(
        refused(ClockFacts {
            consultations: vec![open],
            ..received.clone()
        }),
        ClockError::TodayMissing
    );
    assert!(matches!(
        refused(ClockFacts::received_on(day("2012-04-01"))),
        ClockError::Calendar(CalendarError::YearNotLoaded { year: 2012 })
    ));
}

#[test]
fn an_open_consultation_pauses_up_to_today() {
    let facts = ClockFacts {
        consultations: vec![Consultation {
            sent: day("2024-04-10"),
            returned: None,
        }],
        today: Some(day("2024-04-24")),
        ..ClockFacts::received_on(day("2024-04-01"))
    };
    let reckoned = due(&calendar(), ClockSettings::default(), &facts).expect("loaded");
    assert_eq!(reckoned.date, day("2024-05-15"));
}

#[test]
fn past_the_loaded_years_a_due_date_is_provisional_and_says_which_year_is_missing() {
    let reckoned = due(
        &calendar(),
        ClockSettings::default(),
        &ClockFacts::received_on(day("2026-12-20")),
    )
    .expect("provisional");
    assert_eq!(reckoned.missing_years, BTreeSet::from([2027]));
    let last = reckoned.reasoning.last().expect("steps");
    assert_eq!(last.text.id, "clock-provisional");
}

/// The counting conventions that other systems share with the Regulation, on
/// invented calendars: the start day is not counted, weekends and holidays are
/// passed over, counting back and between agree.
#[test]
fn counting_on_calendars_of_other_places() {
    let place = |off: &[&str], saturdays_work: bool| {
        let mut years: Vec<YearCalendar> = (2019..=2020)
            .map(|year| YearCalendar {
                year,
                jurisdiction: "CN".to_owned(),
                version: 1,
                notice: String::new(),
                notice_confidence: String::new(),
                off: Default::default(),
                work: Default::default(),
                working_days: None,
            })
            .collect();
        for year in &mut years {
            for text in off {
                let date = day(text);
                if date.year() == year.year {
                    year.off.insert(date, "h".to_owned());
                }
            }
            if saturdays_work {
                let first = date(year.year, 1, 1);
                for date in first.series(1.day()).take(366) {
                    if date.weekday() == jiff::civil::Weekday::Saturday && date.year() == year.year
                    {
                        year.work.insert(date, "s".to_owned());
                    }
                }
            }
        }
        Calendar::of_years(years)
    };
    let two_holidays = place(&["2020-09-15", "2020-09-21"], false);
    assert_eq!(
        two_holidays.add_working_days(day("2020-09-19"), 1),
        Ok(day("2020-09-22"))
    );
    assert_eq!(
        two_holidays.subtract_working_days(day("2020-09-19"), 5),
        Ok(day("2020-09-11"))
    );
    let six_days = place(&[], true);
    assert_eq!(
        six_days.add_working_days(day("2020-09-20"), 6),
        Ok(day("2020-09-26"))
    );
}

fn any_facts() -> impl Strategy<Value = ClockFacts> {
    let consultation = (0i64..40, 0i64..40);
    (
        0i64..2000,
        prop::option::of(0i64..30),
        prop::collection::vec(consultation, 0..4),
        0u32..=20,
    )
        .prop_map(|(offset, supplement, consultations, extension)| {
            let received = date(2018, 3, 1)
                .checked_add(offset.days())
                .expect("in range");
            let after = |days: i64| received.checked_add(days.days()).expect("in range");
            ClockFacts {
                received,
                supplement_received: supplement.map(after),
                fee_paid: None,
                consultations: consultations
                    .into_iter()
                    .map(|(sent, length)| Consultation {
                        sent: after(sent),
                        returned: Some(after(sent + length)),
                    })
                    .collect(),
                extension_working_days: extension,
                today: None,
            }
        })
}

fn due_of(facts: &ClockFacts) -> Date {
    due(&calendar(), ClockSettings::default(), facts)
        .expect("loaded")
        .date
}

/// The due date counted day by day, as one would on a wall calendar.
pub(in crate::requests) fn by_the_day(calendar: &Calendar, facts: &ClockFacts) -> Date {
    let calendar = calendar.provisional();
    let restarts = facts.supplement_received.iter().chain(&facts.fee_paid);
    let start = restarts.fold(facts.received, |start, day| start.max(*day));
    let mut left = 20 + facts.extension_working_days;
    let (mut due, mut day) = (Date::MAX, start);
    loop {
        day = day.tomorrow().expect("in range");
        if calendar.is_working_day(day) != Ok(true) {
            continue;
        }
        let waits = |c: &Consultation| {
            let end = c.returned.or(facts.today).expect("an end");
            c.sent >= start && c.sent <= due && c.sent < day && day <= end
        };
        match (facts.consultations.iter().any(waits), left) {
            (true, 0) => due = day,
            (true, _) => {}
            (false, 0) => return due,
            (false, _) => {
                left -= 1;
                if left == 0 {
                    due = day;
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn the_due_date_is_what_counting_single_days_gives(facts in any_facts()) {
        prop_assert_eq!(due_of(&facts), by_the_day(&calendar(), &facts));
    }

    #[test]
    fn a_due_date_is_a_working_day(facts in any_facts()) {
        let due = due_of(&facts);
        prop_assert_eq!(calendar().provisional().is_working_day(due), Ok(true));
    }

    #[test]
    fn an_extension_never_moves_a_date_earlier(facts in any_facts(), more in 0u32..=20) {
        let without = ClockFacts { extension_working_days: 0, ..facts.clone() };
        let with = ClockFacts { extension_working_days: more, ..facts };
        prop_assert!(due_of(&with) >= due_of(&without));
    }

    #[test]
    fn the_union_of_pauses_is_never_longer_than_their_sum(facts in any_facts()) {
        let facts = ClockFacts { extension_working_days: 0, supplement_received: None, ..facts };
        let without = due_of(&ClockFacts { consultations: Vec::new(), ..facts.clone() });
        let paused = calendar().provisional()
            .working_days_between(without, due_of(&facts)).expect("loaded");
        let sum: u32 = facts.consultations.iter().map(|c| {
            calendar().provisional()
                .working_days_between(c.sent, c.returned.expect("closed")).expect("loaded")
        }).sum();
        prop_assert!(paused <= sum);
    }

    #[test]
    fn the_order_in_which_consultations_are_told_does_not_matter(facts in any_facts()) {
        let mut turned = facts.clone();
        turned.consultations.reverse();
        prop_assert_eq!(due_of(&facts), due_of(&turned));
    }

    #[test]
    fn another_consultation_never_moves_a_date_earlier(facts in any_facts()) {
        let mut fewer = facts.clone();
        fewer.consultations.pop();
        prop_assert!(due_of(&facts) >= due_of(&fewer));
    }
}
