use proptest::prelude::*;

use super::chain::{Stage, StepKind};
use super::*;
use crate::organization::fixtures::said;
use crate::organization::roles::Hands;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("an instant")
}

fn digest(number: u8) -> ContentDigest {
    ContentDigest::new(&format!("{number:064x}")).expect("a digest")
}

fn step(key: &str, kind: StepKind, role: Role) -> Step {
    Step {
        key: key.to_owned(),
        name: key.to_owned(),
        kind,
        role,
        days: Some(3),
        stands_in: None,
    }
}

/// 初审, then legal and secrecy review side by side, then the signature of the
/// leader, for whom the head of the office stands in.
fn stages() -> Vec<Stage> {
    vec![
        vec![step("first", StepKind::Review, Role::Reviewer)],
        vec![
            step("legal", StepKind::Review, Role::LegalReviewer),
            step("secrecy", StepKind::Secrecy, Role::SecrecyReviewer),
        ],
        vec![Step {
            stands_in: Some(Role::OfficeHead),
            ..step("sign", StepKind::Signature, Role::Leader)
        }],
    ]
}

fn chain(hands: u8) -> Chain {
    let hands = Hands::new(hands).expect("hands");
    Chain::new(stages(), hands, Some(Role::Leader)).expect("a chain")
}

const AUTHOR: PersonId = PersonId(1);

fn review(hands: u8) -> Review {
    Review::new(chain(hands), [AUTHOR], digest(0), at(0))
}

fn by(person: i64) -> Act {
    Act {
        person: PersonId(person),
        acting_for: None,
    }
}

fn acting(person: i64, acting_for: i64) -> Act {
    Act {
        person: PersonId(person),
        acting_for: Some(PersonId(acting_for)),
    }
}

fn taken(step: &str, act: Act, role: Role) -> Taken {
    Taken {
        step: step.to_owned(),
        act,
        role,
        digest: digest(0),
        verdict: Verdict::Approved,
        note: String::new(),
        at: at(1),
    }
}

fn take(step: &str, person: i64, role: Role) -> Event {
    Event::Take {
        taken: taken(step, by(person), role),
        is_late: false,
    }
}

/// What became of a row of events: the state, or what stood against the first
/// that was refused.
fn after(mut review: Review, events: Vec<Event>) -> Result<Review, String> {
    for event in events {
        review = review.apply(event).map_err(|message| {
            said(&message);
            message.id.into_owned()
        })?;
    }
    Ok(review)
}

fn all_steps() -> Vec<Event> {
    vec![
        take("first", 2, Role::Reviewer),
        take("secrecy", 3, Role::SecrecyReviewer),
        take("legal", 4, Role::LegalReviewer),
        take("sign", 5, Role::Leader),
    ]
}

#[test]
fn a_chain_goes_stage_by_stage_and_then_it_takes_effect() {
    let waiting = |review: &Review| -> Vec<String> {
        let waiting = review.waiting();
        waiting.iter().map(|w| w.step.key.clone()).collect()
    };
    let mut now = review(4);
    let expected: [&[&str]; 5] = [
        &["first"],
        &["legal", "secrecy"],
        &["legal"],
        &["sign"],
        &[],
    ];
    for (event, expected) in all_steps()
        .into_iter()
        .map(Some)
        .chain([None])
        .zip(expected)
    {
        assert_eq!(waiting(&now), expected);
        assert_ne!(now.state(), State::Effective);
        if let Some(event) = event {
            now = now.apply(event).expect("it goes on");
        }
    }
    assert_eq!(now.state(), State::Approved);
    let now = after(now, vec![Event::TakeEffect { digest: digest(0) }]).expect("it takes effect");
    assert_eq!(now.state(), State::Effective);
}

#[test]
fn what_stands_against_a_step_is_said() {
    let event = |taken, is_late| Event::Take { taken, is_late };
    let other = Taken {
        digest: digest(9),
        ..taken("first", by(2), Role::Reviewer)
    };
    let returned = |remarks| Taken {
        verdict: Verdict::Returned(remarks),
        ..taken("first", by(2), Role::Reviewer)
    };
    let blank = Remark {
        place: "第二段".to_owned(),
        text: " ".to_owned(),
    };
    let table = [
        (take("first", 1, Role::Reviewer), "review-own-text"),
        (
            event(taken("first", acting(2, 1), Role::Reviewer), false),
            "review-own-text",
        ),
        (
            event(taken("first", acting(1, 2), Role::Reviewer), false),
            "review-own-text",
        ),
        (take("sign", 5, Role::Leader), "review-step-not-open"),
        (take("nothing", 5, Role::Leader), "review-step-not-open"),
        (take("first", 2, Role::Leader), "review-other-role"),
        (event(other, false), "review-changed-meanwhile"),
        (
            event(returned(Vec::new()), false),
            "review-return-without-remark",
        ),
        (
            event(returned(vec![blank]), false),
            "review-return-without-remark",
        ),
        (
            Event::TakeEffect { digest: digest(0) },
            "review-not-approved",
        ),
        (Event::Withdraw { act: by(2) }, "review-not-yours"),
        (
            Event::Change {
                act: by(AUTHOR.0),
                digest: digest(0),
            },
            "review-nothing-changed",
        ),
        (
            Event::HandIn {
                act: by(AUTHOR.0),
                at: at(1),
                answer: String::new(),
            },
            "review-not-returned",
        ),
    ];
    for (event, expected) in table {
        let shown = format!("{event:?}");
        assert_eq!(
            after(review(2), vec![event]).map(drop),
            Err(expected.to_owned()),
            "{shown}"
        );
    }
}

#[test]
fn who_changes_the_text_has_written_it() {
    let change = Event::Change {
        act: by(2),
        digest: digest(1),
    };
    let mut events = vec![change];
    let handed_in = Event::HandIn {
        act: by(2),
        at: at(2),
        answer: String::new(),
    };
    events.push(handed_in);
    let now = after(review(2), events).expect("handed in");
    let own = Taken {
        digest: digest(1),
        ..taken("first", by(2), Role::Reviewer)
    };
    let refused = now.apply(Event::Take {
        taken: own,
        is_late: false,
    });
    assert_eq!(refused.expect_err("refused").id, "review-own-text");
}

#[test]
fn a_later_change_voids_what_was_approved_and_keeps_it_in_the_file() {
    let approved = after(review(4), all_steps()).expect("approved");
    let change = Event::Change {
        act: by(AUTHOR.0),
        digest: digest(1),
    };
    let changed = after(approved, vec![change]).expect("changed");
    assert_eq!(
        (changed.state(), changed.taken().len(), changed.void().len()),
        (State::Returned, 0, 4)
    );
    for number in [0, 1] {
        let effect = Event::TakeEffect {
            digest: digest(number),
        };
        assert_eq!(
            after(changed.clone(), vec![effect]).map(drop),
            Err("review-not-approved".to_owned())
        );
    }
}

#[test]
fn what_came_back_goes_on_with_an_answer_or_a_change() {
    let remark = Remark {
        place: "第二段".to_owned(),
        text: "依据的条款不对".to_owned(),
    };
    let returned = Taken {
        verdict: Verdict::Returned(vec![remark]),
        ..taken("legal", by(4), Role::LegalReviewer)
    };
    let events = vec![
        take("first", 2, Role::Reviewer),
        Event::Take {
            taken: returned,
            is_late: false,
        },
    ];
    let back = after(review(4), events).expect("returned");
    assert_eq!(back.state(), State::Returned);
    assert!(back.waiting().is_empty());
    let hand_in = |answer: &str| Event::HandIn {
        act: by(AUTHOR.0),
        at: at(9),
        answer: answer.to_owned(),
    };
    assert_eq!(
        after(back.clone(), vec![hand_in(" ")]).map(drop),
        Err("review-nothing-changed".to_owned())
    );
    let again = after(back, vec![hand_in("条款已核对，见附件")]).expect("handed in");
    let waiting: Vec<&str> = again
        .waiting()
        .iter()
        .map(|w| w.step.key.as_str())
        .collect();
    assert_eq!(waiting, ["legal", "secrecy"], "the first review stands");
}

#[test]
fn who_hands_in_for_somebody_has_approved_nothing_of_it() {
    let remark = Remark {
        place: String::new(),
        text: "依据的条款不对".to_owned(),
    };
    let returned = Taken {
        verdict: Verdict::Returned(vec![remark]),
        ..taken("legal", by(4), Role::LegalReviewer)
    };
    let events = vec![
        take("first", 2, Role::Reviewer),
        take("secrecy", 3, Role::SecrecyReviewer),
        Event::Take {
            taken: returned,
            is_late: false,
        },
        Event::HandIn {
            act: acting(2, AUTHOR.0),
            at: at(5),
            answer: "已核对".to_owned(),
        },
    ];
    let again = after(review(2), events).expect("handed in");
    assert!(again.editors().contains(&PersonId(2)));
    let stand: Vec<&str> = again.taken().iter().map(|one| one.step.as_str()).collect();
    assert_eq!(stand, ["secrecy"], "the other approval stands");
    assert_eq!(again.void().len(), 2, "both stay in the file");
    let waiting: Vec<&str> = again
        .waiting()
        .iter()
        .map(|one| one.step.key.as_str())
        .collect();
    assert_eq!(waiting, ["first"]);
}

#[test]
fn what_was_handed_in_again_waits_from_then_on() {
    let remark = Remark {
        place: String::new(),
        text: "依据的条款不对".to_owned(),
    };
    let returned = Taken {
        verdict: Verdict::Returned(vec![remark]),
        ..taken("legal", by(4), Role::LegalReviewer)
    };
    let events = vec![
        take("first", 2, Role::Reviewer),
        Event::Take {
            taken: returned,
            is_late: false,
        },
        Event::HandIn {
            act: by(AUTHOR.0),
            at: at(5_000),
            answer: "已核对".to_owned(),
        },
    ];
    let again = after(review(4), events).expect("handed in");
    assert!(
        again
            .waiting()
            .iter()
            .all(|waiting| waiting.since == at(5_000))
    );
}

#[test]
fn nobody_stands_in_at_a_secrecy_review() {
    let mut stages = stages();
    stages[1][1].stands_in = Some(Role::Leader);
    let wrong = Chain::new(stages, Hands::default(), None).expect_err("refused");
    assert_eq!(wrong[0].id, "chain-secrecy-stands-in");
}

#[test]
fn who_stands_in_may_when_it_is_late() {
    let before = after(review(2), all_steps()[..3].to_vec()).expect("before the signature");
    let head = |is_late| Event::Take {
        taken: taken("sign", by(6), Role::OfficeHead),
        is_late,
    };
    assert_eq!(
        after(before.clone(), vec![head(false)]).map(drop),
        Err("review-other-role".to_owned())
    );
    assert_eq!(
        after(before, vec![head(true)]).expect("signed").state(),
        State::Approved
    );
}

#[test]
fn a_chain_finds_the_hands_it_needs() {
    // Two steps of one person: enough for two hands, not for five.
    let same = vec![
        take("first", 2, Role::Reviewer),
        take("secrecy", 2, Role::SecrecyReviewer),
        take("legal", 2, Role::LegalReviewer),
        take("sign", 2, Role::Leader),
    ];
    assert!(after(review(2), same.clone()).is_ok());
    assert_eq!(
        after(review(5), same).map(drop),
        Err("hands-too-few".to_owned())
    );
}

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

#[test]
fn a_chain_that_is_none_is_refused_with_everything_that_is_wrong() {
    let hands = |people| Hands::new(people).expect("hands");
    let ids = |stages: Vec<Stage>, people, urgent_by| -> Vec<String> {
        let wrong = Chain::new(stages, hands(people), urgent_by).expect_err("refused");
        wrong.iter().for_each(|message| drop(said(message)));
        wrong.into_iter().map(|m| m.id.into_owned()).collect()
    };
    let review = |key: &str| step(key, StepKind::Review, Role::Reviewer);
    let with = |change: fn(&mut Step)| {
        let mut step = step("a", StepKind::Review, Role::Reviewer);
        change(&mut step);
        vec![vec![step]]
    };
    assert_eq!(
        ids(Vec::new(), 2, None),
        ["chain-empty", "chain-too-few-hands"]
    );
    assert_eq!(
        ids(vec![vec![review("a")], Vec::new()], 2, None),
        ["chain-empty"]
    );
    assert_eq!(
        ids(vec![vec![review("a")]], 3, None),
        ["chain-too-few-hands"]
    );
    assert_eq!(
        ids(vec![vec![review("a"), review("a")]], 2, None),
        ["chain-step-twice"]
    );
    let many = (0..17).map(|n| vec![review(&n.to_string())]).collect();
    assert_eq!(ids(many, 2, None), ["chain-too-long"]);
    let signature = step("s", StepKind::Signature, Role::Leader);
    assert_eq!(
        ids(vec![vec![signature], vec![review("a")]], 2, None),
        ["chain-signature-not-last"]
    );
    assert_eq!(
        ids(vec![vec![review("a")]], 2, Some(Role::SystemAdministrator)),
        ["chain-urgency-without-secrecy", "chain-administrator"]
    );
    type Change = (fn(&mut Step), &'static str);
    let table: [Change; 6] = [
        (|step| step.key = String::new(), "chain-step-without-name"),
        (
            |step| step.role = Role::AuditAdministrator,
            "chain-administrator",
        ),
        (
            |step| step.kind = StepKind::Secrecy,
            "chain-secrecy-by-another",
        ),
        (|step| step.days = Some(0), "chain-days"),
        (|step| step.days = Some(61), "chain-days"),
        (
            |step| step.stands_in = Some(Role::Reviewer),
            "chain-stands-in-for-itself",
        ),
    ];
    for (change, expected) in table {
        assert_eq!(ids(with(change), 2, None), [expected]);
    }
}

#[test]
fn a_chain_is_read_as_it_was_stored() {
    let chain = chain(4);
    let text = serde_json::to_string(&chain.to_data()).expect("text");
    let data = serde_json::from_str(&text).expect("data");
    assert_eq!(Chain::from_data(&data), Ok(chain));
}

#[test]
fn only_a_digest_is_one() {
    for text in ["", "abc", &"g".repeat(64), &"A".repeat(64), &"a".repeat(63)] {
        assert!(ContentDigest::new(text).is_err(), "{text}");
    }
    assert_eq!(digest(10).as_str().len(), 64);
}

fn any_event() -> impl Strategy<Value = Event> {
    let steps = prop::sample::select(vec![
        ("first", Role::Reviewer),
        ("legal", Role::LegalReviewer),
        ("secrecy", Role::SecrecyReviewer),
        ("sign", Role::Leader),
    ]);
    let person = 1i64..6;
    let acting_for = prop::option::weighted(0.1, 1i64..6);
    let number = 0u8..3;
    let act = (person.clone(), acting_for).prop_map(|(person, acting_for)| Act {
        person: PersonId(person),
        acting_for: acting_for.map(PersonId),
    });
    let verdict = prop_oneof![
        8 => Just(Verdict::Approved),
        1 => Just(Verdict::Returned(vec![Remark { place: String::new(), text: "改".to_owned() }])),
    ];
    let take = (steps, act.clone(), number.clone(), verdict).prop_map(
        |((step, role), act, number, verdict)| Event::Take {
            taken: Taken {
                digest: digest(number),
                verdict,
                ..taken(step, act, role)
            },
            is_late: false,
        },
    );
    let change = (person.clone(), number.clone()).prop_map(|(person, number)| Event::Change {
        act: by(person),
        digest: digest(number),
    });
    let hand_in = (act.clone(), any::<bool>()).prop_map(|(act, answers)| Event::HandIn {
        act,
        at: at(3),
        answer: if answers { "说明" } else { "" }.to_owned(),
    });
    let effect = number.clone().prop_map(|number| Event::TakeEffect {
        digest: digest(number),
    });
    let urgent = (act, number).prop_map(|(act, number)| Event::TakeEffectUrgently {
        act,
        role: Role::Leader,
        digest: digest(number),
        reason: "急".to_owned(),
        at: at(4),
    });
    let withdraw = person.prop_map(|person| Event::Withdraw { act: by(person) });
    prop_oneof![20 => take, 2 => change, 3 => hand_in, 3 => effect, 1 => urgent, 1 => withdraw]
}

/// Every step approved, on just this content, by nobody who wrote it.
fn is_whole(review: &Review) -> bool {
    let steps: Vec<&Step> = review.chain.stages().iter().flatten().collect();
    steps.iter().all(|step| {
        review.taken().iter().any(|taken| {
            let writes = |id| review.editors().contains(&id);
            taken.step == step.key
                && taken.verdict == Verdict::Approved
                && taken.digest == *review.digest()
                && !writes(taken.act.person)
                && !taken.act.acting_for.is_some_and(writes)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever people try in whatever order, what takes effect was approved as
    /// it is, by enough people, and never by who wrote it.
    #[test]
    fn nothing_takes_effect_that_was_not_approved_as_it_is(
        hands in 2u8..5,
        events in prop::collection::vec(any_event(), 1..60),
    ) {
        let mut now = review(hands);
        for event in events {
            let Ok(next) = now.apply(event) else { continue };
            if matches!(next.state(), State::Approved | State::Effective) {
                prop_assert!(is_whole(&next), "{next:?}");
                prop_assert!(crate::organization::roles::hands_of(&next.acts()) >= usize::from(hands));
            }
            if next.state() == State::Urgent || next.urgency().is_some() {
                let urgency = next.urgency().expect("urgent");
                let parts = [Some(urgency.act.person), urgency.act.acting_for];
                let shared = |act: Act| parts.into_iter().flatten().any(|id| act.involves(id));
                prop_assert!(!next.taken().iter().any(|taken| shared(taken.act)), "{next:?}");
                prop_assert!(next.in_effect().is_some(), "{next:?}");
                if next.state() == State::Urgent && now.state() == State::Open {
                    prop_assert!(next.approved("secrecy").is_some());
                }
            }
            // Whoever has a part in the text has no part in an approval of it.
            let editors = next.editors();
            let of_editor = |taken: &Taken| editors.iter().any(|id| taken.act.involves(*id));
            let approved = |taken: &&Taken| taken.verdict == Verdict::Approved;
            prop_assert!(!next.taken().iter().filter(approved).any(of_editor), "{next:?}");
            // What took effect stays told, and is replaced only by what was
            // approved whole, or urgently.
            if next.in_effect() != now.in_effect() {
                prop_assert_eq!(next.in_effect(), Some(next.digest()));
                prop_assert!(matches!(next.state(), State::Effective | State::Urgent));
            }
            // What is in effect stays as it is.
            if matches!(now.state(), State::Effective | State::Urgent) {
                prop_assert_eq!(next.digest(), now.digest());
            }
            prop_assert!(!matches!(now.state(), State::Effective | State::Withdrawn));
            now = next;
        }
    }
}
