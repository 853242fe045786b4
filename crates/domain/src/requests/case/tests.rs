//! The worked examples of the law, and steps that are refused.

mod courses;
mod reopened;

use jiff::civil::date;

use super::*;

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

struct Course {
    calendar: Calendar,
    case: Case,
}

impl Course {
    fn filed(channel: Channel, on: &str) -> Self {
        Self {
            calendar: Calendar::built_in(),
            case: Case::filed(channel, day(on)),
        }
    }

    fn rules(&self) -> Rules<'_> {
        Rules {
            calendar: &self.calendar,
            settings: ClockSettings::default(),
        }
    }

    /// The same once more.
    fn again(&self) -> Self {
        Self {
            calendar: Calendar::built_in(),
            case: self.case.clone(),
        }
    }

    fn then(mut self, on: &str, event: &Event) -> Self {
        let next = self.case.apply(self.rules(), day(on), event);
        self.case = next.unwrap_or_else(|refusal| panic!("{event:?} on {on}: {refusal:?}"));
        self
    }

    fn due(&self, today: &str) -> String {
        let due = self.case.due(self.rules(), day(today)).expect("reckoned");
        due.map_or_else(|| "-".to_owned(), |due| due.date.to_string())
    }

    fn refused(&self, on: &str, event: &Event) -> String {
        match self.case.apply(self.rules(), day(on), event) {
            Err(refusal) => refusal.message().id.into_owned(),
            Ok(case) => panic!("{event:?} on {on} gave {:?}", case.state()),
        }
    }
}

fn consulted(number: u32, asked: Asked) -> Event {
    Event::Consulted {
        number,
        asked,
        limit: None,
    }
}

fn ended(number: u32, opinion: Opinion) -> Event {
    Event::ConsultationEnded { number, opinion }
}

const NOTIFIED: Event = Event::FeeNotified { sent: None };
const SERVED: Event = Event::Served { way: None };

fn replied(outcome: &str) -> Event {
    Event::Replied {
        outcome: outcome.to_owned(),
    }
}

use Event::{
    Archived, Confirmed, ConsultationServed, Extended, FeeLapsed, FeePaid, SupplementAsked,
    SupplementCame, SupplementLapsed, Withdrawn,
};

#[test]
fn the_worked_examples_of_the_law_go_through_a_case() {
    let counter = |on| Course::filed(Channel::Counter, on);
    // 1: 除夕 counts, the working Sunday counts.
    assert_eq!(counter("2024-02-05").due("2024-02-05"), "2024-03-08");
    let longest = counter("2024-02-05").then("2024-03-08", &Extended { days: 20 });
    assert_eq!(longest.due("2024-03-08"), "2024-04-08");
    // 2: online, confirmed by both on a working Sunday.
    let online = Course::filed(Channel::Online, "2024-02-10");
    assert_eq!(online.due("2024-02-17"), "-", "no clock runs");
    assert_eq!(
        online.then("2024-02-18", &Confirmed).due("2024-02-18"),
        "2024-03-15"
    );
    // 3.
    let signed = Course::filed(Channel::SignedPost, "2023-09-25");
    assert_eq!(signed.due("2023-09-25"), "2023-10-27");
    // 4: the supplement begins the clock anew, silence ends the case.
    let asked = || {
        let limit = date(2024, 3, 29);
        counter("2024-03-01").then("2024-03-08", &SupplementAsked { limit })
    };
    assert_eq!(asked().due("2024-03-10"), "-");
    assert_eq!(
        asked()
            .then("2024-03-20", &SupplementCame)
            .due("2024-03-20"),
        "2024-04-18"
    );
    let over = asked().then("2024-03-30", &SupplementLapsed);
    assert!(
        matches!(over.case.state(), State::Replied(Ending { outcome, .. }) if outcome == "abandoned_supplement")
    );
    // 5 and 6: a third party answers, or is silent.
    let asked = || {
        counter("2024-04-01")
            .then("2024-04-10", &consulted(1, Asked::ThirdParty))
            .then("2024-04-12", &ConsultationServed { number: 1 })
    };
    let answered = asked().then("2024-04-24", &ended(1, Opinion::Agrees));
    assert_eq!(answered.due("2024-04-24"), "2024-05-15");
    let silent = asked().then("2024-05-08", &ended(1, Opinion::Silent));
    assert_eq!(silent.due("2024-05-08"), "2024-05-24");
    // 7.
    let extended = counter("2024-08-20").then("2024-09-18", &Extended { days: 15 });
    assert_eq!(extended.due("2024-09-18"), "2024-10-14");
    // 8: a paid fee begins the clock anew, an unpaid one ends the case.
    let told = || counter("2024-05-06").then("2024-05-20", &NOTIFIED);
    assert_eq!(
        told().case.state(),
        &State::AwaitingPayment {
            limit: date(2024, 6, 18)
        }
    );
    assert_eq!(told().due("2024-05-21"), "-");
    assert_eq!(
        told().then("2024-06-03", &FeePaid).due("2024-06-03"),
        "2024-07-02"
    );
    let over = told().then("2024-06-19", &FeeLapsed);
    assert!(
        matches!(over.case.state(), State::Replied(Ending { outcome, .. }) if outcome == "abandoned_fee")
    );
    // 9.
    assert_eq!(counter("2023-12-05").due("2023-12-31"), "2024-01-03");
    // 10: a consultation and an extension.
    let both = counter("2024-09-09")
        .then(
            "2024-09-12",
            &consulted(1, Asked::Organ).with_limit("2024-10-31"),
        )
        .then("2024-09-25", &ended(1, Opinion::Agrees))
        .then("2024-09-26", &Extended { days: 10 });
    assert_eq!(both.due("2024-09-26"), "2024-11-06");
    // 11.
    assert_eq!(counter("2026-02-10").due("2026-02-10"), "2026-03-16");
}

impl Event {
    fn with_limit(self, limit: &str) -> Self {
        match self {
            Self::Consulted { number, asked, .. } => Self::Consulted {
                number,
                asked,
                limit: Some(day(limit)),
            },
            other => other,
        }
    }
}

#[test]
fn an_unlawful_step_is_refused_with_its_rule() {
    let open = || Course::filed(Channel::Counter, "2024-04-01");
    let limit = date(2024, 4, 30);
    let supplemented = || {
        open()
            .then("2024-04-08", &SupplementAsked { limit })
            .then("2024-04-15", &SupplementCame)
    };
    let asked = || open().then("2024-04-10", &consulted(1, Asked::ThirdParty));
    let told = || open().then("2024-04-10", &NOTIFIED);
    let deferred = || {
        let until = date(2024, 6, 28);
        open()
            .then("2024-04-02", &Event::ReasonsAsked { limit })
            .then("2024-04-03", &Event::ReasonsCame)
            .then("2024-04-12", &Event::Deferred { until })
    };
    let over = || open().then("2024-04-10", &replied("granted"));
    let cases: Vec<(Course, &str, Event, &str)> = vec![
        (
            Course::filed(Channel::Online, "2024-04-01"),
            "2024-04-02",
            replied("granted"),
            "case-not-received",
        ),
        (open(), "2024-04-02", Confirmed, "case-confirmed-already"),
        (open(), "2024-03-31", Withdrawn, "case-before-the-last"),
        (
            supplemented(),
            "2024-04-16",
            SupplementAsked { limit },
            "case-supplement-once",
        ),
        (
            open(),
            "2024-04-30",
            SupplementAsked { limit },
            "case-supplement-limit",
        ),
        (
            open(),
            "2024-04-02",
            SupplementCame,
            "case-no-supplement-asked",
        ),
        (
            open().then("2024-04-08", &SupplementAsked { limit }),
            "2024-04-30",
            SupplementLapsed,
            "case-supplement-has-time",
        ),
        (
            open().then("2024-04-08", &SupplementAsked { limit }),
            "2024-04-09",
            replied("granted"),
            "case-awaits-supplement",
        ),
        (
            asked(),
            "2024-04-11",
            consulted(1, Asked::CoMaker),
            "case-consultation-twice",
        ),
        (
            open(),
            "2024-04-11",
            consulted(1, Asked::Organ),
            "case-consultation-limit",
        ),
        (
            asked(),
            "2024-04-30",
            ended(1, Opinion::Silent),
            "case-consultation-not-served",
        ),
        (
            asked().then("2024-04-12", &ConsultationServed { number: 1 }),
            "2024-05-07",
            ended(1, Opinion::Silent),
            "case-consultation-has-time",
        ),
        (
            asked().then("2024-04-12", &ConsultationServed { number: 1 }),
            "2024-04-13",
            ConsultationServed { number: 1 },
            "case-consultation-served",
        ),
        (
            asked(),
            "2024-04-12",
            replied("partial"),
            "case-consultation-open",
        ),
        (
            open(),
            "2024-04-12",
            ended(2, Opinion::Agrees),
            "case-no-consultation",
        ),
        (
            open(),
            "2024-04-12",
            replied("denied_third_party"),
            "case-third-party-not-asked",
        ),
        (
            open(),
            "2024-04-30",
            Extended { days: 5 },
            "case-extension-too-late",
        ),
        (
            open(),
            "2024-04-29",
            Extended { days: 21 },
            "clock-extension-too-long",
        ),
        (
            open(),
            "2024-04-29",
            Extended { days: 0 },
            "case-extension-of-nothing",
        ),
        (
            open().then("2024-04-02", &Extended { days: 11 }),
            "2024-04-03",
            Extended { days: 10 },
            "clock-extension-too-long",
        ),
        (
            deferred(),
            "2024-04-13",
            Extended { days: 10 },
            "case-deferred-already",
        ),
        (open(), "2024-04-30", NOTIFIED, "case-fee-too-late"),
        (
            told().then("2024-04-12", &FeePaid),
            "2024-04-13",
            NOTIFIED,
            "case-fee-once",
        ),
        (
            told(),
            "2024-04-12",
            replied("granted"),
            "case-awaits-payment",
        ),
        (told(), "2024-05-08", FeeLapsed, "case-payment-has-time"),
        (open(), "2024-04-12", FeePaid, "case-no-fee-asked"),
        (
            open(),
            "2024-04-12",
            replied("excessive"),
            "case-reasons-not-asked",
        ),
        (
            open().then("2024-04-02", &Event::ReasonsAsked { limit }),
            "2024-04-30",
            replied("excessive"),
            "case-reasons-have-time",
        ),
        (
            open(),
            "2024-04-12",
            Event::ReasonsCame,
            "case-reasons-not-asked",
        ),
        (
            open()
                .then("2024-04-02", &Event::ReasonsAsked { limit })
                .then("2024-04-03", &Event::ReasonsCame),
            "2024-04-04",
            Event::ReasonsCame,
            "case-reasons-came-already",
        ),
        (
            asked().then("2024-04-12", &ended(1, Opinion::Agrees)),
            "2024-04-15",
            replied("denied_third_party"),
            "case-third-party-agreed",
        ),
        (
            asked(),
            "2024-04-09",
            ended(1, Opinion::Agrees),
            "case-before-the-last",
        ),
        (
            open(),
            "2024-04-12",
            Event::FeeNotified {
                sent: Some(date(2024, 4, 15)),
            },
            "case-fee-sent-later",
        ),
        (
            open(),
            "2024-05-08",
            Event::FeeNotified {
                sent: Some(date(2024, 4, 30)),
            },
            "case-fee-too-late",
        ),
        (
            open(),
            "2024-04-12",
            Event::Deferred {
                until: date(2024, 6, 3),
            },
            "case-reasons-not-asked",
        ),
        (
            open().then("2024-04-02", &Event::ReasonsAsked { limit }),
            "2024-04-12",
            Event::Deferred {
                until: date(2024, 6, 3),
            },
            "case-reasons-not-come",
        ),
        (
            deferred(),
            "2024-04-15",
            Event::Deferred {
                until: date(2024, 8, 30),
            },
            "case-deferred-once",
        ),
        (
            open()
                .then("2024-04-02", &Event::ReasonsAsked { limit })
                .then("2024-04-03", &Event::ReasonsCame),
            "2024-04-12",
            Event::Deferred {
                until: date(2024, 4, 29),
            },
            "case-deferred-back",
        ),
        (
            open(),
            "2024-04-12",
            replied("withdrawn"),
            "case-outcome-by-itself",
        ),
        (
            open(),
            "2024-04-12",
            replied("nothing"),
            "case-outcome-unknown",
        ),
        (
            open(),
            "2024-04-12",
            replied("still_unclear"),
            "case-unclear-without-supplement",
        ),
        (over(), "2024-04-11", Withdrawn, "case-replied-already"),
        (over(), "2024-04-11", Archived, "case-not-served"),
        (open(), "2024-04-11", Archived, "case-not-over"),
        (open(), "2024-04-11", SERVED, "case-nothing-to-serve"),
    ];
    for (course, on, event, id) in cases {
        assert_eq!(
            course.refused(on, &event),
            id,
            "{event:?} on {on} in {:?}",
            course.case.state()
        );
    }
}

#[test]
fn a_supplement_asked_for_too_late_leaves_the_old_date_in_force() {
    let limit = date(2024, 4, 30);
    let late = Course::filed(Channel::Counter, "2024-04-01")
        .then("2024-04-15", &SupplementAsked { limit });
    assert_eq!(late.due("2024-04-16"), "2024-04-29");
    assert_eq!(
        late.then("2024-04-22", &SupplementCame).due("2024-04-22"),
        "2024-04-29"
    );
}

#[test]
fn a_reply_goes_on_to_its_service_and_the_archive() {
    let course = Course::filed(Channel::Counter, "2024-04-01")
        .then("2024-04-12", &replied("partial"))
        .then("2024-04-15", &SERVED)
        .then("2024-05-15", &Archived);
    assert_eq!(course.case.state().key(), "archived");
    let back = Course::filed(Channel::Online, "2024-04-01")
        .then("2024-04-02", &Withdrawn)
        .then("2024-04-03", &Archived);
    assert!(
        matches!(back.case.state(), State::Archived(Ending { outcome, .. }) if outcome == "withdrawn")
    );
    let agreed = Course::filed(Channel::Counter, "2024-04-01")
        .then(
            "2024-04-02",
            &Event::ReasonsAsked {
                limit: date(2024, 4, 20),
            },
        )
        .then("2024-04-03", &Event::ReasonsCame)
        .then(
            "2024-04-12",
            &Event::Deferred {
                until: date(2024, 6, 28),
            },
        );
    assert_eq!(agreed.due("2024-04-12"), "2024-06-28");
}

#[test]
fn a_silence_that_nobody_entered_pauses_no_longer_than_the_period() {
    let asked = Course::filed(Channel::Counter, "2024-04-01")
        .then("2024-04-10", &consulted(1, Asked::ThirdParty))
        .then("2024-04-12", &ConsultationServed { number: 1 });
    // Its fifteen working days end on 2024-05-07: worked example 6.
    assert_eq!(asked.due("2024-05-08"), "2024-05-24");
    assert_eq!(asked.due("2024-06-20"), "2024-05-24");
    let late = asked.case.is_overdue(asked.rules(), day("2024-05-27"));
    assert_eq!(late, Ok(true));
    assert_eq!(
        asked.refused("2024-05-27", &Extended { days: 5 }),
        "case-extension-too-late"
    );
}

#[test]
fn a_consultation_pauses_the_extended_period_too() {
    let course = Course::filed(Channel::Counter, "2024-04-01")
        .then("2024-04-29", &Extended { days: 10 })
        .then(
            "2024-05-06",
            &consulted(1, Asked::Organ).with_limit("2024-05-31"),
        )
        .then("2024-05-13", &ended(1, Opinion::Agrees));
    assert_eq!(course.due("2024-05-13"), "2024-05-23");
}

#[test]
fn what_others_did_is_entered_on_its_own_day_after_later_steps() {
    let asked = Course::filed(Channel::Counter, "2024-04-01")
        .then("2024-04-10", &consulted(1, Asked::ThirdParty))
        .then("2024-04-26", &Extended { days: 5 })
        .then("2024-04-12", &ConsultationServed { number: 1 })
        .then("2024-04-24", &ended(1, Opinion::Objects));
    assert_eq!(asked.case.latest(), day("2024-04-26"));
    // Worked example 5, and five days.
    assert_eq!(asked.due("2024-04-26"), "2024-05-22");
    // While a supplement is awaited, an opinion still comes.
    let limit = date(2024, 4, 30);
    let waits = Course::filed(Channel::Counter, "2024-04-01")
        .then("2024-04-03", &consulted(1, Asked::ThirdParty))
        .then("2024-04-08", &SupplementAsked { limit })
        .then("2024-04-09", &ConsultationServed { number: 1 })
        .then("2024-04-10", &ended(1, Opinion::Agrees));
    assert!(matches!(
        waits.case.state(),
        State::AwaitingSupplement { .. }
    ));
}

#[test]
fn after_a_late_supplement_notice_the_office_may_go_on() {
    let limit = date(2024, 5, 15);
    let late = || {
        Course::filed(Channel::Counter, "2024-04-01").then("2024-04-15", &SupplementAsked { limit })
    };
    assert!(late().case.is_supplement_late());
    assert_eq!(late().due("2024-04-16"), "2024-04-29");
    let extended = late().then("2024-04-29", &Extended { days: 10 });
    assert_eq!(extended.due("2024-04-29"), "2024-05-15");
    let came = extended.then("2024-05-06", &SupplementCame);
    assert_eq!(came.due("2024-05-06"), "2024-05-15", "nothing begins anew");
    // Nothing is still unclear before a supplement came.
    let early = late().refused("2024-04-29", &replied("still_unclear"));
    assert_eq!(early, "case-unclear-without-supplement");
    // Nor by way of a payment meanwhile.
    let paid = late()
        .then("2024-04-16", &NOTIFIED)
        .then("2024-04-17", &FeePaid);
    let still = paid.refused("2024-04-29", &replied("still_unclear"));
    assert_eq!(still, "case-unclear-without-supplement");
    let came = late().then("2024-04-26", &SupplementCame);
    let answered = came.then("2024-04-29", &replied("still_unclear"));
    assert!(matches!(answered.case.state(), State::Replied(_)));
}

#[test]
fn reasons_that_came_may_be_found_wanting_at_once() {
    let asked = Course::filed(Channel::Counter, "2024-04-01").then(
        "2024-04-02",
        &Event::ReasonsAsked {
            limit: date(2024, 4, 20),
        },
    );
    let came = |course: Course| course.then("2024-04-08", &Event::ReasonsCame);
    let over = came(asked).then("2024-04-09", &replied("excessive"));
    assert!(matches!(over.case.state(), State::Replied(_)));
}

#[test]
fn a_reply_was_due_when_it_was_served() {
    let open =
        || Course::filed(Channel::Counter, "2024-04-01").then("2024-04-26", &replied("granted"));
    let due_of = |course: &Course| {
        let due = course.case.due_of_reply(course.rules()).expect("reckoned");
        due.map(|due| due.date)
    };
    let posted = open().then("2024-04-30", &SERVED);
    assert_eq!(due_of(&posted), Some(day("2024-04-29")));
    assert_eq!(
        posted.case.served_on(),
        Some(day("2024-04-30")),
        "a day late"
    );
    let kept = posted.then("2024-05-06", &Archived);
    assert_eq!(kept.case.served_on(), Some(day("2024-04-30")));
    let back = Course::filed(Channel::Counter, "2024-04-01").then("2024-04-02", &Withdrawn);
    assert_eq!(due_of(&back), None, "nothing is served");
}

#[test]
fn every_refusal_has_its_words() {
    use crate::words::{Language, Words};
    let sources = [include_str!("../case.rs"), include_str!("steps.rs")].concat();
    let ids: Vec<&str> = sources
        .split('"')
        .filter(|part| part.starts_with("case-"))
        .collect();
    assert!(ids.len() > 30, "{}", ids.len());
    for id in ids {
        for language in [Language::Chinese, Language::English] {
            assert_ne!(Words::of(language).text(id), id, "{id} has no words");
        }
    }
}
