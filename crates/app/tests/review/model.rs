//! People try what they like in whatever order; what comes of it in the store
//! is what the pure rules say, event by event.

use super::*;
use gongkai_app::review::engine::What;
use gongkai_domain::organization::roles::Act;
use gongkai_domain::review::{ContentDigest, Event, Remark, Review, Taken, Verdict, staffing};
use gongkai_store::Engine;
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
}

/// Papers that are walked: each takes a tenth of a second and more.
const CASES: usize = 32;
const PEOPLE: usize = 5;
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
    let by = 0..PEOPLE;
    let stale = || prop::bool::weighted(0.05);
    let take = (
        by.clone(),
        0..STEPS.len(),
        prop::bool::weighted(0.9),
        stale(),
    );
    let take = take.prop_map(|(by, step, approved, stale)| Try::Take {
        by,
        step,
        approved,
        stale,
    });
    let hand_in = (by.clone(), any::<bool>());
    let effect = (by.clone(), stale());
    let one = prop_oneof![
        24 => take,
        1 => by.clone().prop_map(|by| Try::Change { by: by % 2 }),
        4 => hand_in.prop_map(|(by, answers)| Try::HandIn { by: by % 2, answers }),
        1 => by.clone().prop_map(|by| Try::Withdraw { by }),
        3 => effect.prop_map(|(by, stale)| Try::Effect { by, stale }),
        1 => by.prop_map(|by| Try::Urgent { by }),
    ];
    prop::collection::vec(one, 10..40)
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
        let act = |by: &usize| Act {
            person: people[*by],
            acting_for: None,
        };
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
                let (step, role) = STEPS[*step];
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
                    is_late: false,
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
                if self.under_way().is_none() {
                    return self.begin(people[*by], at);
                }
                let answer = if *answers { "已核对" } else { "" };
                Event::HandIn {
                    act: act(by),
                    at,
                    answer: answer.to_owned(),
                }
            }
            Try::Withdraw { by } => Event::Withdraw { act: act(by) },
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

    fn begin(&mut self, by: PersonId, at: jiff::Timestamp) -> bool {
        let holders: staffing::Holders = self
            .holders
            .iter()
            .map(|(role, held)| (*role, held - &self.writers))
            .collect();
        let lacks = !staffing::lacking(&self.chain, &holders, &self.writers).is_empty();
        if lacks || !self.writers.contains(&by) {
            return false;
        }
        let (chain, writers) = (self.chain.clone(), self.writers.clone());
        self.review = Some(Review::new(chain, writers, digest(self.edition), at));
        true
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
    };
    match ended {
        Ok(()) => true,
        Err(ReviewError::Refused(_)) => false,
        Err(other) => panic!("{one:?}: {other:?}"),
    }
}

#[test]
fn the_house_does_what_the_rules_say_whatever_people_try() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let test = TestHouse::new(Engine::Sqlite).await;
        let scene = Scene::new(&test).await;
        let mut people = Vec::new();
        for number in 0..PEOPLE {
            let login = format!("p{number}");
            people.push(person(&test, &login, scene.bureau, &ROLES).await);
        }
        let mut signed = Vec::new();
        for id in &people {
            signed.push(scene.signed(*id).await);
        }
        let all: BTreeSet<PersonId> = people.iter().copied().collect();
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
        let (mut through, mut approved) = (0, 0);
        for _ in 0..CASES {
            let tree = tries().new_tree(&mut runner).expect("tries");
            let mut tries = tree.current();
            tries.insert(
                0,
                Try::HandIn {
                    by: 0,
                    answers: false,
                },
            );
            let walked = walked(&scene, &people, &signed, &holders, &tries).await;
            through += walked.0;
            approved += usize::from(walked.1);
        }
        assert!(through > 100, "{through} tries went through");
        assert!(approved > 0, "some paper was approved by all");
        scene.mail().await;
        test.close().await;
    });
}

/// Walks one paper through all tries; how many went through, and whether it was
/// ever approved by all.
async fn walked(
    scene: &Scene<'_>,
    people: &[PersonId],
    signed: &[SignedIn],
    holders: &staffing::Holders,
    tries: &[Try],
) -> (usize, bool) {
    let house = scene.house();
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
    let (mut through, mut approved) = (0, false);
    for (number, one) in tries.iter().enumerate() {
        let edition = model.edition;
        let expected = model.tried(people, one, house.now());
        let found = done(scene, signed, id, edition, one).await;
        assert_eq!(found, expected, "try {number} of {tries:?}");
        through += usize::from(found);
        let seen = papers::see(house, &signed[0], Action::ReviewSee, id).await;
        let seen = seen.expect("seen");
        assert_eq!(seen.content.digest(), digest(model.edition));
        match (&model.review, seen.review()) {
            (None, None) => {}
            (Some(review), Some(under)) => {
                assert_eq!(under.review, *review, "try {number} of {tries:?}");
                approved |= review.state() == State::Approved;
                let begun = under.done.first().map(|done| &done.what);
                assert!(matches!(begun, Some(What::Begin { .. })));
            }
            (review, under) => panic!("{review:?} {under:?}"),
        }
    }
    (through, approved)
}
