use proptest::prelude::*;

use super::chain::{Stage, StepKind};
use super::*;
use crate::organization::fixtures::said;
use crate::organization::roles::Hands;

mod chains;
mod urgency;

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
