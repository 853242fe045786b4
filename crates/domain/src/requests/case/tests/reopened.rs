//! A case that was over goes on: a lapse that was none, and what is decided anew.

use super::*;

fn reopened(cause: Cause, until: &str) -> Event {
    let until = day(until);
    Event::Reopened { cause, until }
}

/// Worked example 4, whose supplement was held for lost.
fn unsupplemented() -> Course {
    let limit = date(2024, 3, 29);
    Course::filed(Channel::Counter, "2024-03-01")
        .then("2024-03-08", &SupplementAsked { limit })
        .then("2024-04-01", &SupplementLapsed)
}

/// Worked example 8, whose payment nobody had reported.
fn unpaid() -> Course {
    Course::filed(Channel::Counter, "2024-05-06")
        .then("2024-05-20", &NOTIFIED)
        .then("2024-06-19", &FeeLapsed)
}

fn answered() -> Course {
    Course::filed(Channel::Counter, "2024-04-01")
        .then("2024-04-12", &replied("denied_internal"))
        .then("2024-04-15", &SERVED)
}

#[test]
fn who_had_a_good_reason_supplements_later_and_the_clock_begins_then() {
    let lifted = unsupplemented().then("2024-04-08", &reopened(Cause::Lapse, "2024-04-19"));
    let limit = date(2024, 4, 19);
    assert_eq!(lifted.case.state(), &State::AwaitingSupplement { limit });
    assert_eq!(lifted.due("2024-04-08"), "-");
    assert_eq!(
        lifted.refused("2024-04-19", &SupplementLapsed),
        "case-supplement-has-time"
    );
    let came = lifted.then("2024-04-15", &SupplementCame);
    assert_eq!(came.due("2024-04-15"), "2024-05-14");
}

#[test]
fn what_had_come_before_the_lapse_counts_from_the_day_on_which_it_came() {
    // The same dates as in the worked examples, although it was seen later.
    let came = unsupplemented()
        .then("2024-04-08", &reopened(Cause::Lapse, "2024-04-09"))
        .then("2024-03-20", &SupplementCame);
    assert_eq!(came.due("2024-04-08"), "2024-04-18");
    assert_eq!(came.case.latest(), day("2024-04-08"));
    let paid = unpaid()
        .then("2024-06-24", &reopened(Cause::Lapse, "2024-06-25"))
        .then("2024-06-03", &FeePaid);
    assert_eq!(paid.due("2024-06-24"), "2024-07-02");
    // Not before it was asked for, and once alone.
    let early = unsupplemented().then("2024-04-08", &reopened(Cause::Lapse, "2024-04-09"));
    assert_eq!(
        early.refused("2024-03-07", &SupplementCame),
        "case-before-the-last"
    );
    assert_eq!(
        came.refused("2024-04-09", &SupplementCame),
        "case-no-supplement-asked"
    );
}

#[test]
fn what_is_decided_anew_is_due_on_the_day_that_was_ordered() {
    for cause in [Cause::Review, Cause::Judgment, Cause::Own] {
        let again = answered().then("2024-07-01", &reopened(cause, "2024-07-22"));
        assert_eq!(again.case.state(), &State::Open);
        assert_eq!(again.due("2024-07-02"), "2024-07-22");
        assert_eq!(again.case.served_on(), None);
        assert_eq!(
            again.case.is_overdue(again.rules(), day("2024-07-23")),
            Ok(true)
        );
        // Where the period of the law goes on, it may be extended, and not for ever.
        let more = again.again().then("2024-07-22", &Extended { days: 5 });
        assert_eq!(more.due("2024-07-22"), "2024-07-29");
        assert_eq!(
            again.refused("2024-07-23", &Extended { days: 5 }),
            "case-extension-too-late"
        );
        let ended = again
            .then("2024-07-15", &replied("granted"))
            .then("2024-07-16", &SERVED)
            .then("2024-07-17", &Archived);
        let due = ended.case.due_of_reply(ended.rules()).expect("reckoned");
        let due = due.expect("a due date");
        assert_eq!(due.date, day("2024-07-22"));
        let why = due.reasoning.last().expect("a step");
        let key = format!("case-reopened-{}", cause.key());
        let told = (why.text.id.as_ref(), why.basis);
        assert_eq!(told, (key.as_str(), cause.basis()));
        // The archive is no end either, and the later order counts.
        let once_more = ended.then("2024-12-02", &reopened(cause, "2024-12-16"));
        assert_eq!(once_more.due("2024-12-02"), "2024-12-16");
    }
}

#[test]
fn a_payment_begins_the_clock_of_what_is_decided_anew() {
    let told = answered()
        .then("2024-07-01", &reopened(Cause::Review, "2024-07-22"))
        .then("2024-07-05", &NOTIFIED);
    let lapsed = told.again().then("2024-08-05", &FeeLapsed);
    let lifted = lapsed
        .then("2024-08-08", &reopened(Cause::Lapse, "2024-08-09"))
        .then("2024-07-19", &FeePaid);
    let paid = told.then("2024-07-19", &FeePaid);
    assert_eq!(paid.due("2024-07-19"), "2024-08-16");
    assert_eq!(lifted.due("2024-08-08"), "2024-08-16");
}

#[test]
fn a_decision_that_came_before_the_archive_was_closed_counts_from_its_own_day() {
    let archived = answered().then("2024-07-10", &Archived);
    let again = archived.then("2024-07-01", &reopened(Cause::Review, "2024-07-29"));
    assert_eq!(again.due("2024-07-10"), "2024-07-29");
    let early = answered().then("2024-07-10", &Archived);
    assert_eq!(
        early.refused("2024-04-14", &reopened(Cause::Review, "2024-07-29")),
        "case-before-the-last"
    );
}

#[test]
fn nothing_goes_on_that_is_not_over_and_no_lapse_is_lifted_that_was_none() {
    let open = Course::filed(Channel::Counter, "2024-04-01");
    let cases: Vec<(Course, &str, Event, &str)> = vec![
        (
            open,
            "2024-04-02",
            reopened(Cause::Own, "2024-04-20"),
            "case-reopened-not-over",
        ),
        (
            answered(),
            "2024-04-16",
            reopened(Cause::Lapse, "2024-04-30"),
            "case-reopened-no-lapse",
        ),
        (
            answered(),
            "2024-04-16",
            reopened(Cause::Review, "2024-04-16"),
            "case-reopened-limit",
        ),
        // A body gives itself no longer than the law does.
        (
            answered(),
            "2024-07-01",
            reopened(Cause::Own, "2024-07-30"),
            "case-reopened-too-long",
        ),
        (
            unpaid(),
            "2024-06-18",
            reopened(Cause::Lapse, "2024-06-28"),
            "case-before-the-last",
        ),
    ];
    for (course, on, event, rule) in cases {
        assert_eq!(course.refused(on, &event), rule, "{event:?}");
    }
    // Who is said to have taken it back, and has not, is answered after all.
    let withdrawn = Course::filed(Channel::Counter, "2024-04-01").then("2024-04-10", &Withdrawn);
    let again = withdrawn.then("2024-04-12", &reopened(Cause::Own, "2024-04-29"));
    assert_eq!(again.due("2024-04-12"), "2024-04-29");
}
