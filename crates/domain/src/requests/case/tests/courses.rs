//! What holds for any course of a case, against a clock that counts single days and
//! facts that are told from the events alone.

use jiff::ToSpan;
use proptest::prelude::*;

use super::*;

fn any_event() -> impl Strategy<Value = (u8, u8, u8)> {
    // What happens, how many days after the last, and a detail of it.
    (0u8..23, 0u8..12, 0u8..4)
}

fn event_of(kind: u8, on: Date, detail: u8) -> Event {
    let later = |days: i64| on.saturating_add(days.days());
    let asked = [Asked::ThirdParty, Asked::CoMaker, Asked::Organ][usize::from(detail % 3)];
    let number = u32::from(detail);
    let outcomes = ["granted", "partial", "denied_third_party", "still_unclear"];
    match kind {
        0 => Confirmed,
        1 => SupplementAsked { limit: later(10) },
        2 => SupplementCame,
        3 => SupplementLapsed,
        4 | 5 => Event::Consulted {
            number,
            asked,
            limit: Some(later(20)),
        },
        6 | 7 => ConsultationServed { number },
        8 | 9 => ended(
            number,
            [
                Opinion::Agrees,
                Opinion::Objects,
                Opinion::Silent,
                Opinion::Silent,
            ][usize::from(detail)],
        ),
        10 => Extended {
            days: u32::from(detail) * 7,
        },
        11 => NOTIFIED,
        12 => FeePaid,
        13 => FeeLapsed,
        14 => Event::ReasonsAsked { limit: later(10) },
        15 => Event::Deferred { until: later(60) },
        16 => Event::ReasonsCame,
        17 if detail == 0 => Withdrawn,
        18 => SERVED,
        19 => Archived,
        20 | 21 => Event::Reopened {
            cause: Cause::ALL[usize::from(detail)],
            until: later(15),
        },
        _ => replied(outcomes[usize::from(detail)]),
    }
}

/// What the clock is reckoned from, told from the events alone and not by the case.
fn facts_of(
    rules: Rules<'_>,
    (channel, filed): (Channel, Date),
    lawful: &[(Date, Event)],
    today: Date,
) -> Option<ClockFacts> {
    let mut facts = ClockFacts::received_on(filed);
    let mut received = (!channel.needs_confirmation()).then_some(filed);
    let mut in_time = false;
    // When each left, the last day to answer, and the answer.
    let mut asked: BTreeMap<u32, (Date, Option<Date>, Option<Date>)> = BTreeMap::new();
    for (on, event) in lawful {
        match event {
            Confirmed => received = Some(*on),
            SupplementAsked { .. } => {
                let last = rules.calendar.add_working_days(received?, 7);
                in_time = *on <= last.expect("in range");
            }
            SupplementCame if in_time => facts.supplement_received = Some(*on),
            FeePaid => facts.fee_paid = Some(*on),
            Extended { days } => facts.extension_working_days += days,
            // What was extended before is no part of what is decided anew.
            Event::Reopened { cause, .. } if *cause != Cause::Lapse => {
                facts.extension_working_days = 0;
            }
            Event::Consulted {
                number,
                asked: whom,
                limit,
            } => {
                let limit = limit.filter(|_| *whom == Asked::Organ);
                asked.insert(*number, (*on, limit, None));
            }
            ConsultationServed { number } => {
                let limit = rules.calendar.add_working_days(*on, 15);
                asked.get_mut(number).expect("asked").1 = limit.ok();
            }
            Event::ConsultationEnded { number, opinion } => {
                let of = asked.get_mut(number).expect("asked");
                of.2 = match opinion {
                    Opinion::Silent => of.1,
                    _ => Some(of.1.map_or(*on, |limit| limit.min(*on))),
                };
            }
            _ => {}
        }
    }
    let consultations = asked.into_values().map(|(sent, limit, answer)| {
        let over = limit.filter(|limit| *limit < today);
        Consultation {
            sent,
            returned: Some(answer.or(over).unwrap_or(today)),
        }
    });
    facts.received = received?;
    facts.consultations = consultations.collect();
    Some(facts)
}

/// Until when what is decided anew is to be answered, told from the events alone.
fn anew_of(rules: Rules<'_>, lawful: &[(Date, Event)]) -> Option<Date> {
    let (mut anew, mut extended, mut received, mut in_time) = (None, 0, None, false);
    for (on, event) in lawful {
        match event {
            Confirmed => received = Some(*on),
            SupplementAsked { .. } => {
                let from = received.unwrap_or(date(2024, 1, 3));
                let last = rules.calendar.add_working_days(from, 7);
                in_time = *on <= last.expect("in range");
            }
            SupplementCame if in_time => anew = None,
            FeePaid => anew = None,
            Extended { days } => extended += days,
            Event::Reopened { cause, until } if *cause != Cause::Lapse => {
                (anew, extended) = (Some(*until), 0);
            }
            _ => {}
        }
    }
    let last = |until| rules.calendar.add_working_days(until, extended);
    anew.map(|until| last(until).expect("in range"))
}

proptest! {
    #[test]
    fn whatever_happens_the_clock_is_the_pure_function_of_what_was_lawful(
        channel in 0u8..4,
        steps in prop::collection::vec(any_event(), 0..30),
    ) {
        let calendar = Calendar::built_in();
        let settings = ClockSettings::default();
        let rules = Rules { calendar: &calendar, settings };
        let channel = [Channel::Counter, Channel::SignedPost, Channel::UnsignedPost, Channel::Online][usize::from(channel)];
        let filed = date(2024, 1, 3);
        let mut case = Case::filed(channel, filed);
        let mut lawful: Vec<(Date, Event)> = Vec::new();
        let mut on = filed;
        for (kind, days, detail) in steps {
            on = on.saturating_add(i64::from(days).days());
            let event = event_of(kind, on, detail);
            let before = case.clone();
            match case.apply(rules, on, &event) {
                Ok(next) => {
                    // What is over stays over where nothing else is decided; what is
                    // received stays received.
                    let is_reopened = matches!(event, Event::Reopened { .. });
                    prop_assert!(is_reopened || !matches!(before.state(), State::Archived(_)));
                    prop_assert!(!is_reopened || next.state().ending().is_none());
                    if let Some(ending) = before.state().ending().filter(|_| !is_reopened) {
                        let is_after = matches!(event, Event::Served { .. } | Archived);
                        prop_assert!(is_after);
                        prop_assert_eq!(next.state().ending(), Some(ending));
                    }
                    if before.received().is_some() {
                        prop_assert_eq!(before.received(), next.received());
                    }
                    lawful.push((on, event));
                    case = next;
                }
                Err(_) => prop_assert_eq!(&before, &case, "a refusal changes nothing"),
            }
            if let Some(due) = case.due(rules, on).expect("reckoned") {
                let facts = facts_of(rules, (channel, filed), &lawful, on).expect("a clock runs");
                let pure = clock::due(&calendar, settings, &facts).expect("reckoned");
                let counted = clock::tests::by_the_day(&calendar, &facts);
                prop_assert_eq!(pure.date, counted);
                let anew = anew_of(rules, &lawful);
                prop_assert_eq!(due.date, case.deferred.or(anew).unwrap_or(counted));
                // Never before the twenty days of the last start.
                let start = facts.received
                    .max(facts.supplement_received.unwrap_or(facts.received))
                    .max(facts.fee_paid.unwrap_or(facts.received));
                let least = clock::add_working_days(&calendar, start, settings.answer_working_days);
                prop_assert!(anew.is_some() || due.date >= least.expect("reckoned").date);
            }
        }
        let events = lawful.iter().map(|(on, event)| (*on, event, None));
        let replayed = Case::filed(channel, filed).replay(rules, events).expect("lawful once more");
        prop_assert_eq!(replayed, case);
    }

    #[test]
    fn a_number_of_days_that_is_set_later_moves_no_day_of_what_happened_before(
        channel in 0u8..4,
        steps in prop::collection::vec((any_event(), 5u32..25), 0..30),
        later in 5u32..25,
    ) {
        let calendar = Calendar::built_in();
        let under = |days| Rules {
            calendar: &calendar,
            settings: ClockSettings {
                answer_working_days: days,
                extension_working_days_max: days,
                supplement_notice_working_days: days,
                consultation_reply_working_days: days,
                payment_working_days: days,
            },
        };
        let channel = [Channel::Counter, Channel::SignedPost, Channel::UnsignedPost, Channel::Online][usize::from(channel)];
        let filed = date(2024, 1, 3);
        let first = under(20).settings;
        let mut case = Case::filed(channel, filed).under(first);
        let mut lawful = Vec::new();
        let mut on = filed;
        for ((kind, days, detail), rules) in steps.into_iter().map(|(step, days)| (step, under(days))) {
            on = on.saturating_add(i64::from(days).days());
            let event = event_of(kind, on, detail);
            if let Ok(next) = case.apply(rules, on, &event) {
                let kept = event.fixes_a_period().then_some(rules.settings);
                lawful.push((on, event, kept));
                case = next;
            }
        }
        let events = lawful.iter().map(|(on, event, kept)| (*on, event, *kept));
        let again = Case::filed(channel, filed).under(first).replay(under(later), events);
        let again = again.expect("lawful once more");
        prop_assert_eq!(&again, &case);
        // So that what it reckons now is what it reckoned then.
        let due = |days| case.due(under(days), on).expect("reckoned").map(|due| due.date);
        prop_assert_eq!(due(later), due(20));
    }
}
