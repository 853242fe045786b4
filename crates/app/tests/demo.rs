//! The invented city: two hundred cases in every state, made by the same use
//! cases as everything else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gongkai_app::audit;
use gongkai_app::demo::{self, Cases, City, PassingClock};
use gongkai_app::people::{self, Attempt, Hasher};
use gongkai_app::requests::look::{self, Query};
use gongkai_domain::requests::outcomes::{self, Family};
use gongkai_domain::requests::record::Lane;
use gongkai_store::{Engine, requests as stored};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::in_both_houses;

const CITY: &str = include_str!("../../gongkai/samples/city.json");
const CASES: &str = include_str!("../../gongkai/samples/cases.json");

in_both_houses! {
    async fn an_invented_city_has_two_hundred_cases_in_every_state(test) {
        let mut house = test.house.clone();
        let clock = Arc::new(PassingClock::new(test.clock.clone()));
        house.clock = clock.clone();
        let hasher = Hasher::new(house.chance.clone()).light();
        let (city, cases) = (City::parse(CITY).expect("a city"), Cases::parse(CASES).expect("cases"));
        let password = "Jingming-1a2b3-4c5d6";
        let made = demo::live(&house, &clock, &hasher, &city, &cases, password).await;
        let made = made.expect("lived");
        assert_eq!(made.len(), 33);
        // Each leader comes in, and looks through the lists of the house.
        let (mut count, mut states, mut ended) = (0, BTreeSet::new(), BTreeMap::new());
        let mut lanes: BTreeMap<&str, usize> = BTreeMap::new();
        for login in ["gaoyuan", "chuhe", "fanglan", "shangguan", "yuming"] {
            let one = made.iter().find(|one| one.login == login).expect("a leader");
            let from = Attempt {
                login: one.login.clone(),
                password: password.to_owned(),
                source: "127.0.0.1".to_owned(),
                agent: "test".to_owned(),
                request: "test".to_owned(),
                form: String::new(),
            };
            let half = people::sign_in(&house, &hasher, &from).await.expect("in");
            let half = people::resolve(&house, &half, "127.0.0.1", "test").await.expect("asked");
            let code = people::code(&one.secret, house.now()).expect("a code");
            let whole = people::second_factor(&house, &half.expect("someone"), &code).await;
            let token = whole.expect("in");
            let leader = people::resolve(&house, &token, "127.0.0.1", "test").await;
            let leader = leader.expect("asked").expect("someone");
            for lane in Lane::ALL {
                let mut query = Query::lane(*lane);
                loop {
                    let page = look::list(&house, &leader, query).await.expect("a list");
                    for line in page.lines {
                        count += 1;
                        *lanes.entry(lane.key()).or_default() += 1;
                        states.insert(line.kept.standing.state.clone());
                        if let Some(outcome) = line.kept.standing.outcome {
                            *ended.entry(outcome).or_insert(0) += 1;
                        }
                    }
                    query.after = page.next;
                    if query.after.is_none() {
                        break;
                    }
                }
            }
        }
        assert_eq!(count, 200);
        let all: BTreeSet<String> = [
            "awaiting_confirmation", "open", "awaiting_supplement", "awaiting_payment", "replied",
            "served", "archived",
        ].map(str::to_owned).into();
        assert_eq!(states, all);
        assert_eq!(lanes.len(), Lane::ALL.len(), "{lanes:?}");
        let missing: Vec<&str> = outcomes::all().iter().map(|outcome| outcome.code.as_str())
            .filter(|code| !ended.contains_key(*code)).collect();
        assert!(missing.is_empty(), "nobody got {missing:?}");
        let of = |family| outcomes::all().iter().filter(|outcome| outcome.family == family)
            .filter_map(|outcome| ended.get(&outcome.code)).sum::<usize>();
        assert!(of(Family::Granted) > of(Family::Denied));
        // What it did is one trail.
        while audit::chain(&house).await.expect("chained") > 0 {}
        let mut tx = house.db.read().await.expect("a state");
        let verdict = audit::verify(&mut tx, &[]).await.expect("verified");
        assert!(matches!(verdict, audit::Verdict::Whole { entries, .. } if entries > 2000), "{verdict:?}");
        drop(tx);
        test.forget_jobs();
    }
}

/// Right after the longest holidays, on a Sunday night, and years past the calendars
/// that come with the program; there also without a font, which costs it its letters.
#[tokio::test(flavor = "multi_thread")]
async fn it_lives_through_its_months_whenever_it_is_opened() {
    for (at, has_fonts) in [
        ("2026-10-08T00:10:00Z", true),
        ("2029-02-03T17:00:00Z", false),
    ] {
        let test = TestHouse::new(Engine::Sqlite).await;
        test.clock.set(at.parse().expect("an instant"));
        let mut house = test.house.clone();
        if !has_fonts {
            house.press = Arc::default();
        }
        let clock = Arc::new(PassingClock::new(test.clock.clone()));
        house.clock = clock.clone();
        let hasher = Hasher::new(house.chance.clone()).light();
        let (city, cases) = (
            City::parse(CITY).expect("a city"),
            Cases::parse(CASES).expect("cases"),
        );
        let made = demo::live(
            &house,
            &clock,
            &hasher,
            &city,
            &cases,
            "Jingming-1a2b3-4c5d6",
        )
        .await;
        made.unwrap_or_else(|error| panic!("{at}: {error}"));
        let mut tx = house.db.read().await.expect("a state");
        for lane in Lane::ALL {
            let some = stored::in_lane(&mut tx, lane.key(), 0, 1)
                .await
                .expect("read");
            assert_eq!(some.len(), 1, "{at}: nothing is {}", lane.key());
        }
        drop(tx);
        test.forget_jobs();
    }
}
