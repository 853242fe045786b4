//! People try what they like in whatever order; what comes of it in the store
//! is what the pure rules say, event by event.

use super::*;
use gongkai_app::review::engine::What;
use gongkai_domain::organization::roles::Act;
use gongkai_domain::review::{ContentDigest, Event, Remark, Review, Taken, Verdict, staffing};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// What somebody tries.
#[derive(Debug, Clone)]
enum Try {
    Take {
        by: usize,
        step: usize,
        approved: bool,
        stale: bool,
    },
    Change {
        by: usize,
    },
    HandIn {
        by: usize,
        answers: bool,
    },
    Withdraw {
        by: usize,
    },
    Effect {
        by: usize,
        stale: bool,
    },
    Urgent {
        by: usize,
    },
    /// Eight days go by: whatever waits is late then.
    Wait,
}

/// Papers that are walked: each takes a tenth of a second and more.
const CASES: usize = 32;
/// People with every role.
const PEOPLE: usize = 5;
/// Who holds no role, and stands in as a reviewer for [`LENDER`].
const LENT: usize = 5;
const LENDER: usize = 1;
/// Who holds nothing but the role that stands in when it is late.
const HEAD: usize = 6;
/// Waits of one case: the calendar and what was lent reach so far.
const WAITS_MAX: usize = 3;
const STEPS: [(&str, Role); 4] = [
    ("review", Role::Reviewer),
    ("legal", Role::LegalReviewer),
    ("secrecy", Role::SecrecyReviewer),
    ("sign", Role::Leader),
];
const ROLES: [Role; 5] = [
    Role::Clerk,
    Role::Reviewer,
    Role::LegalReviewer,
    Role::SecrecyReviewer,
    Role::Leader,
];

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let by = 0..=HEAD;
    let writer = || prop::sample::select(vec![0, LENDER, LENT]);
    let stale = || prop::bool::weighted(0.05);
    let taker = prop_oneof![6 => 0..PEOPLE, 1 => LENT..=HEAD];
    let take = (taker, 0..STEPS.len(), prop::bool::weighted(0.95), stale());
    let take = take.prop_map(|(by, step, approved, stale)| Try::Take {
        by,
        step,
        approved,
        stale,
    });
    let hand_in = (writer(), any::<bool>());
    let effect = (by.clone(), stale());
    let one = prop_oneof![
        40 => take,
        1 => by.clone().prop_map(|by| Try::Change { by: by % 2 }),
        4 => hand_in.prop_map(|(by, answers)| Try::HandIn { by, answers }),
        1 => by.clone().prop_map(|by| Try::Withdraw { by }),
        3 => effect.prop_map(|(by, stale)| Try::Effect { by, stale }),
        1 => (0..PEOPLE).prop_map(|by| Try::Urgent { by }),
        2 => Just(Try::Wait),
    ];
    prop::collection::vec(one, 20..70)
}

/// The paper as the rules alone would have it.
struct Model {
    chain: gongkai_domain::review::chain::Chain,
    holders: staffing::Holders,
    writers: BTreeSet<PersonId>,
    edition: u32,
    review: Option<Review>,
}

fn body(edition: u32) -> String {
    format!("第 {edition} 版")
}

fn digest(edition: u32) -> ContentDigest {
    let content = gongkai_domain::review::content::Content::new("通知", &body(edition), Vec::new());
    content.expect("content").digest()
}

impl Model {
    fn under_way(&self) -> Option<&Review> {
        let review = self.review.as_ref();
        review.filter(|review| review.state() != State::Withdrawn)
    }

    /// What comes of a try; whether it goes through.
    fn tried(&mut self, people: &[PersonId], one: &Try, at: jiff::Timestamp) -> bool {
        let own = |by: &usize| Act {
            person: people[*by],
            acting_for: None,
        };
        let lent = Act {
            person: people[LENT],
            acting_for: Some(people[LENDER]),
        };
        let act = |by: &usize| if *by == LENT { lent } else { own(by) };
        let seen = |stale: &bool| {
            digest(if *stale {
                self.edition + 1
            } else {
                self.edition
            })
        };
        let event = match one {
            Try::Take {
                by,
                step,
                approved,
                stale,
            } => {
                let (step, of_step) = STEPS[*step];
                if *by == LENT && of_step != Role::Reviewer {
                    return false;
                }
                let role = if *by == HEAD {
                    Role::OfficeHead
                } else {
                    of_step
                };
                let waiting = self.review.as_ref().map(Review::waiting);
                let waiting = waiting
                    .into_iter()
                    .flatten()
                    .find(|one| one.step.key == step);
                let week = jiff::SignedDuration::from_hours(7 * 24);
                let is_late = waiting.is_some_and(|one| at.duration_since(one.since) > week);
                let remark = Remark {
                    place: String::new(),
                    text: "改".to_owned(),
                };
                Event::Take {
                    taken: Taken {
                        step: step.to_owned(),
                        act: act(by),
                        role,
                        digest: seen(stale),
                        verdict: match approved {
                            true => Verdict::Approved,
                            false => Verdict::Returned(vec![remark]),
                        },
                        note: String::new(),
                        at,
                    },
                    is_late,
                }
            }
            Try::Change { by } => {
                let next = digest(self.edition + 1);
                if let Some(review) = self.under_way() {
                    let event = Event::Change {
                        act: act(by),
                        digest: next,
                    };
                    let Ok(changed) = review.apply(event) else {
                        return false;
                    };
                    self.review = Some(changed);
                }
                self.writers.insert(people[*by]);
                self.edition += 1;
                return true;
            }
            Try::HandIn { by, answers } => {
                let ways = [own(by), act(by)];
                if self.under_way().is_none() {
                    return self.begin(&ways, at);
                }
                let answer = if *answers { "已核对" } else { "" };
                let hand_in = |act| Event::HandIn {
                    act,
                    at,
                    answer: answer.to_owned(),
                };
                self.first(&ways, hand_in)
            }
            Try::Withdraw { by } => self.first(&[own(by), act(by)], |act| Event::Withdraw { act }),
            Try::Wait => return true,
            Try::Effect { stale, .. } => Event::TakeEffect {
                digest: seen(stale),
            },
            Try::Urgent { by } => Event::TakeEffectUrgently {
                act: act(by),
                role: Role::Leader,
                digest: digest(self.edition),
                reason: "汛情".to_owned(),
                at,
            },
        };
        let Some(next) = self.review.as_ref().and_then(|one| one.apply(event).ok()) else {
            return false;
        };
        self.review = Some(next);
        true
    }

    /// The event in the first way that goes, and else in the first.
    fn first(&self, ways: &[Act], event: impl Fn(Act) -> Event) -> Event {
        let review = self.review.as_ref();
        let goes = |act: &&Act| review.is_some_and(|one| one.apply(event(**act)).is_ok());
        event(*ways.iter().find(goes).unwrap_or(&ways[0]))
    }

    fn begin(&mut self, ways: &[Act], at: jiff::Timestamp) -> bool {
        // Who had a part in an earlier round has one still.
        let before = self.review.iter().flat_map(|review| review.editors());
        let mut editors = self.writers.clone();
        editors.extend(before.copied());
        let has_part = |act: &&Act| editors.iter().any(|one| act.involves(*one));
        let Some(act) = ways.iter().find(has_part).copied() else {
            return false;
        };
        editors.extend([Some(act.person), act.acting_for].into_iter().flatten());
        let holders: staffing::Holders = self
            .holders
            .iter()
            .map(|(role, held)| (*role, held - &editors))
            .collect();
        if !staffing::lacking(&self.chain, &holders, &editors).is_empty() {
            return false;
        }
        let chain = self.chain.clone();
        self.review = Some(Review::new(chain, editors, digest(self.edition), at));
        true
    }
}

/// What has to be true of a review whatever happened to it, told without the
/// rules: from who wrote, changed or handed in, and from what was signed.
#[derive(Default)]
struct Watch {
    editors: BTreeSet<PersonId>,
}

impl Watch {
    /// Notes who had a part in the text by a try that went through.
    fn note(&mut self, people: &[PersonId], one: &Try) {
        match one {
            Try::Change { by } | Try::HandIn { by, .. } => {
                self.editors.insert(people[*by]);
            }
            _ => {}
        }
    }

    fn look(&self, seen: &Seen) {
        let Some(under) = seen.review() else { return };
        let review = &under.review;
        // What was taken back counts for nothing; its text may be anybody's.
        if review.state() == State::Withdrawn {
            return;
        }
        let approved = |one: &&Taken| one.verdict == Verdict::Approved;
        for one in review.taken().iter().filter(approved) {
            let parts = [Some(one.act.person), one.act.acting_for];
            for part in parts.into_iter().flatten() {
                assert!(!self.editors.contains(&part), "an editor approved: {one:?}");
                assert!(
                    !review.editors().contains(&part),
                    "an editor approved: {one:?}"
                );
            }
        }
        if !matches!(review.state(), State::Approved | State::Effective) {
            return;
        }
        let now = seen.content.digest();
        let mut hands: BTreeSet<PersonId> = self.editors.clone();
        for step in Matter::Document.usual().chain.steps() {
            let mut signed = review.taken().iter().filter(approved);
            let signed = signed.find(|one| one.step == step.key && one.digest == now);
            let signed = signed.unwrap_or_else(|| panic!("{} of {review:?}", step.key));
            let late = step.stands_in == Some(signed.role);
            assert!(signed.role == step.role || late, "{signed:?}");
            hands.insert(signed.act.person);
        }
        assert!(hands.len() >= 2, "{hands:?}");
    }
}

/// The same in the house.
async fn done(scene: &Scene<'_>, signed: &[SignedIn], id: i64, edition: u32, one: &Try) -> bool {
    let (house, sent) = (scene.house(), scene.sent());
    let seen = |stale: &bool| {
        let edition = if *stale { edition + 1 } else { edition };
        digest(edition).as_str().to_owned()
    };
    let ended = match one {
        Try::Take {
            by,
            step,
            approved,
            stale,
        } => {
            let remarks = match approved {
                true => Vec::new(),
                false => vec![(String::new(), "改".to_owned())],
            };
            let asked = Asked {
                step: STEPS[*step].0.to_owned(),
                digest: seen(stale),
                approved: *approved,
                remarks,
                note: String::new(),
            };
            steps::take(house, &signed[*by], &sent, id, &asked)
                .await
                .map(drop)
        }
        Try::Change { by } => {
            let typed = typed("通知", &body(edition + 1));
            papers::change(house, &signed[*by], &sent, id, edition.into(), &typed).await
        }
        Try::HandIn { by, answers } => {
            let answer = if *answers { "已核对" } else { "" };
            let digest = seen(&false);
            let handed = steps::hand_in(house, &signed[*by], &sent, id, &digest, answer);
            handed.await.map(drop)
        }
        Try::Withdraw { by } => steps::withdraw(house, &signed[*by], &sent, id)
            .await
            .map(drop),
        Try::Effect { by, stale } => {
            let digest = seen(stale);
            let effect = steps::take_effect(house, &signed[*by], &sent, id, &digest);
            effect.await.map(drop)
        }
        Try::Urgent { by } => {
            let digest = seen(&false);
            let hurried = steps::hurry(house, &signed[*by], &sent, id, &digest, "汛情");
            hurried.await.map(drop)
        }
        Try::Wait => Ok(()),
    };
    match ended {
        Ok(()) => true,
        Err(ReviewError::Refused(_)) => false,
        Err(other) => panic!("{one:?}: {other:?}"),
    }
}

in_both_houses! {
    async fn the_house_does_what_the_rules_say_whatever_people_try(test) {
        let scene = Scene::new(&test).await;
        let begun = test.house.now();
        let mut people = Vec::new();
        for number in 0..PEOPLE {
            let login = format!("p{number}");
            people.push(person(&test, &login, scene.bureau, &ROLES).await);
        }
        let all: BTreeSet<PersonId> = people.iter().copied().collect();
        people.push(person(&test, "lent", scene.bureau, &[]).await);
        people.push(scene.head);
        lend(&test, people[LENDER], people[LENT], scene.bureau, Role::Reviewer).await;
        let held = |role: &Role, one: PersonId| (*role, all.iter().copied().chain([one]).collect());
        let holders: staffing::Holders = [
            held(&Role::Reviewer, scene.reviewer),
            held(&Role::LegalReviewer, scene.legal),
            held(&Role::SecrecyReviewer, scene.secrecy),
            held(&Role::Leader, scene.leader),
        ]
        .into();
        let config = Config {
            failure_persistence: None,
            ..Config::default()
        };
        // The same tries each time: what fails once fails again.
        let chance = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let mut runner = TestRunner::new_with_rng(config, chance);
        let mut found = Found::default();
        for case in 0..CASES {
            let tree = tries().new_tree(&mut runner).expect("tries");
            let mut tries = tree.current();
            tries.insert(
                0,
                Try::HandIn {
                    by: 0,
                    answers: false,
                },
            );
            // By chance it is rare that who stands in comes at the right time.
            if case % 4 == 0 {
                let late = Try::Take { by: HEAD, step: 0, approved: true, stale: false };
                tries.splice(1..1, [Try::Wait, late]);
            }
            test.clock.set(begun);
            walked(&scene, &people, &holders, &tries, &mut found).await;
        }
        let Found { through, approved, lent, late } = found;
        assert!(through > 100, "{through} tries went through");
        assert!(approved > 0 && lent > 0 && late > 0, "approved {approved}, for another {lent}, late {late}");
        days_later(&test, 60);
        scene.mail().await;
        test.close().await;
    }
}

/// What was come upon.
#[derive(Default)]
struct Found {
    through: usize,
    approved: usize,
    /// Steps that were taken for somebody.
    lent: usize,
    /// Steps that were taken by who stands in.
    late: usize,
}

async fn all_signed(scene: &Scene<'_>, people: &[PersonId]) -> Vec<SignedIn> {
    let mut signed = Vec::new();
    for id in people {
        signed.push(scene.signed(*id).await);
    }
    signed
}

/// Walks one paper through all tries.
async fn walked(
    scene: &Scene<'_>,
    people: &[PersonId],
    holders: &staffing::Holders,
    tries: &[Try],
    all: &mut Found,
) {
    let house = scene.house();
    let mut signed = all_signed(scene, people).await;
    let (mut watch, mut waits) = (Watch::default(), 0);
    watch.editors.insert(people[0]);
    let typed = typed("通知", &body(1));
    let sent = scene.sent();
    let made = papers::write(
        house,
        &signed[0],
        &sent,
        scene.bureau,
        Matter::Document,
        &typed,
    );
    let id = made.await.expect("written");
    let mut model = Model {
        chain: Matter::Document.usual().chain,
        holders: holders.clone(),
        writers: BTreeSet::from([people[0]]),
        edition: 1,
        review: None,
    };
    for (number, one) in tries.iter().enumerate() {
        if matches!(one, Try::Wait) {
            waits += 1;
            if waits > WAITS_MAX {
                continue;
            }
            days_later(scene.test, 8);
            signed = all_signed(scene, people).await;
        }
        let edition = model.edition;
        let expected = model.tried(people, one, house.now());
        let found = done(scene, &signed, id, edition, one).await;
        assert_eq!(found, expected, "try {number} of {tries:?}");
        if found {
            all.through += 1;
            watch.note(people, one);
        }
        let seen = papers::see(house, &signed[0], Action::ReviewSee, id).await;
        let seen = seen.expect("seen");
        assert_eq!(seen.content.digest(), digest(model.edition));
        watch.look(&seen);
        match (&model.review, seen.review()) {
            (None, None) => {}
            (Some(review), Some(under)) => {
                assert_eq!(under.review, *review, "try {number} of {tries:?}");
                if let (true, Try::Take { .. }) = (found, one) {
                    let taken = review.taken().last().expect("a step");
                    all.approved += usize::from(review.state() == State::Approved);
                    all.lent += usize::from(taken.act.acting_for.is_some());
                    all.late += usize::from(taken.role == Role::OfficeHead);
                }
                let begun = under.done.first().map(|done| &done.what);
                assert!(matches!(begun, Some(What::Begin { .. })));
            }
            (review, under) => panic!("{review:?} {under:?}"),
        }
    }
}
