//! What takes effect before its chain is through, and what is found wanting in
//! it afterwards.

use super::*;

#[test]
fn what_is_urgent_is_approved_afterwards_by_others() {
    let hurry = |person, role, reason: &str| Event::TakeEffectUrgently {
        act: by(person),
        role,
        digest: digest(0),
        reason: reason.to_owned(),
        at: at(5),
    };
    let seen = vec![
        take("first", 2, Role::Reviewer),
        take("secrecy", 3, Role::SecrecyReviewer),
    ];
    let table = [
        (
            seen[..1].to_vec(),
            hurry(7, Role::Leader, "汛情"),
            "review-urgency-before-secrecy",
        ),
        (
            seen.clone(),
            hurry(7, Role::Leader, " "),
            "review-urgency-without-reason",
        ),
        (
            seen.clone(),
            hurry(7, Role::OfficeHead, "汛情"),
            "review-no-urgency",
        ),
        (
            seen.clone(),
            hurry(1, Role::Leader, "汛情"),
            "review-own-text",
        ),
        (
            seen.clone(),
            hurry(2, Role::Leader, "汛情"),
            "review-after-urgency-by-another",
        ),
    ];
    for (mut events, event, expected) in table {
        events.push(event);
        assert_eq!(after(review(2), events).map(drop), Err(expected.to_owned()));
    }
    let mut events = seen;
    events.push(hurry(7, Role::Leader, "汛情"));
    let urgent = after(review(2), events).expect("it took effect");
    assert_eq!(urgent.state(), State::Urgent);
    assert_eq!(
        urgent.urgency().map(|urgency| urgency.reason.as_str()),
        Some("汛情")
    );
    let legal = take("legal", 4, Role::LegalReviewer);
    let own = after(
        urgent.clone(),
        vec![legal.clone(), take("sign", 7, Role::Leader)],
    );
    assert_eq!(
        own.map(drop),
        Err("review-after-urgency-by-another".to_owned())
    );
    let done = after(urgent, vec![legal, take("sign", 5, Role::Leader)]).expect("approved after");
    assert_eq!(done.state(), State::Effective);
}

/// In effect urgently, with the legal review to follow; returned by it.
fn found_wanting() -> Review {
    let remark = Remark {
        place: String::new(),
        text: "水位写错了".to_owned(),
    };
    let returned = Taken {
        verdict: Verdict::Returned(vec![remark]),
        ..taken("legal", by(4), Role::LegalReviewer)
    };
    let events = vec![
        take("first", 2, Role::Reviewer),
        take("secrecy", 3, Role::SecrecyReviewer),
        Event::TakeEffectUrgently {
            act: by(7),
            role: Role::Leader,
            digest: digest(0),
            reason: "汛情".to_owned(),
            at: at(5),
        },
        Event::Take {
            taken: returned,
            is_late: false,
        },
    ];
    after(review(2), events).expect("found wanting")
}

#[test]
fn what_is_in_effect_and_found_wanting_is_corrected() {
    let wanting = found_wanting();
    assert_eq!(wanting.state(), State::Wanting);
    assert!(wanting.waiting().is_empty());
    let withdraw = Event::Withdraw { act: by(AUTHOR.0) };
    let taken_back = after(wanting.clone(), vec![withdraw.clone()]);
    assert_eq!(taken_back.map(drop), Err("review-over".to_owned()));
    let hand_in = Event::HandIn {
        act: by(AUTHOR.0),
        at: at(9),
        answer: String::new(),
    };
    let events = vec![
        Event::Change {
            act: by(AUTHOR.0),
            digest: digest(1),
        },
        hand_in,
    ];
    let corrected = after(wanting, events).expect("handed in");
    assert_eq!(
        (corrected.state(), corrected.in_effect()),
        (State::Open, Some(&digest(0)))
    );
    let taken_back = after(corrected.clone(), vec![withdraw]);
    assert_eq!(taken_back.map(drop), Err("review-over".to_owned()));
    let step = |step, person, role| Event::Take {
        taken: Taken {
            digest: digest(1),
            ..taken(step, by(person), role)
        },
        is_late: false,
    };
    let events = vec![
        step("first", 2, Role::Reviewer),
        step("secrecy", 3, Role::SecrecyReviewer),
        step("legal", 4, Role::LegalReviewer),
        step("sign", 5, Role::Leader),
        Event::TakeEffect { digest: digest(1) },
    ];
    let done = after(corrected, events).expect("in effect");
    assert_eq!(
        (done.state(), done.in_effect()),
        (State::Effective, Some(&digest(1)))
    );
    let urgency = done.urgency().expect("it stays told");
    assert_eq!(urgency.digest, digest(0));
}

#[test]
fn what_is_found_wanting_may_be_answered_and_goes_on() {
    let hand_in = |answer: &str| Event::HandIn {
        act: by(AUTHOR.0),
        at: at(9),
        answer: answer.to_owned(),
    };
    let silent = after(found_wanting(), vec![hand_in(" ")]);
    assert_eq!(silent.map(drop), Err("review-nothing-changed".to_owned()));
    let events = vec![
        hand_in("水位已向水文站核实"),
        take("legal", 4, Role::LegalReviewer),
        take("sign", 5, Role::Leader),
    ];
    let done = after(found_wanting(), events).expect("approved after");
    assert_eq!(
        (done.state(), done.in_effect()),
        (State::Effective, Some(&digest(0)))
    );
}
