//! Webhooks, checked by the reference library.

use std::sync::Arc;

use gongkai_app::house::House;
use gongkai_app::outbox::{self, Typed};
use gongkai_app::outside::{HttpFetcher, SystemClock, SystemNames};
use gongkai_app::people::{PeopleError, SignedIn};
use gongkai_app::ports::Clock;
use gongkai_domain::outbox::{Event, State};
use gongkai_store::outbox as kept;
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::in_both_houses;
use gongkai_testkit::people::{Office, Staff};
use gongkai_testkit::sending::Receiver;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{count, live, run};

/// The house with HTTP to this machine, at the system's time: the reference
/// library asks what time it is.
fn with_http(test: &TestHouse) -> House {
    test.clock.set(SystemClock.now());
    let networks = vec!["127.0.0.0/8".parse().expect("a network")];
    let fetcher = HttpFetcher::reaching(networks, Arc::new(SystemNames));
    House {
        fetcher: Arc::new(fetcher.expect("a client")),
        ..test.house.clone()
    }
}

/// The administrators; the system administrator has a mail address.
async fn administrators(house: &House) -> (Office, [Staff; 3], SignedIn) {
    let office = Office::new(house.clone());
    let people = office.administrators().await;
    let signed = office.signed(&people[0].token).await;
    (office, people, signed)
}

fn typed(receiver: &Receiver, events: &[Event]) -> Typed {
    Typed {
        name: "市数据平台".to_owned(),
        url: receiver.url(),
        events: events.iter().map(|event| event.key().to_owned()).collect(),
    }
}

async fn subscribed(house: &House, signed: &SignedIn, typed: &Typed) -> (i64, String) {
    let key = house.token();
    let told = outbox::subscribe(house, signed, &key, typed).await;
    let told = told.expect("subscribed");
    let secret = told.secret.expect("told once").as_str().to_owned();
    // Sent twice, there is one subscription, and the secret is told no more.
    let again = outbox::subscribe(house, signed, &key, typed).await;
    let again = again.expect("done before");
    assert_eq!((again.id, again.secret), (told.id, None));
    (told.id, secret)
}

async fn happens(house: &House, event: Event, number: i64) {
    let mut tx = house.db.write().await.expect("a turn");
    let data = json!({ "organizations": [number] });
    outbox::emit(&mut tx, house, event, data)
        .await
        .expect("told");
    tx.commit().await.expect("kept");
}

async fn ping(house: &House, signed: &SignedIn, id: i64) {
    let done = outbox::ping(house, signed, &house.token(), id).await;
    done.expect("written");
    run(house).await;
}

fn ids(calls: &[Value]) -> Vec<&str> {
    calls
        .iter()
        .filter_map(|call| call["id"].as_str())
        .collect()
}

in_both_houses! {
    async fn who_listens_is_told_what_happened_and_nothing_of_what_it_says(test) {
        let house = with_http(&test);
        let (_, _, signed) = administrators(&house).await;
        let receiver = Receiver::start("127.0.0.1");
        let (id, secret) = subscribed(&house, &signed, &typed(&receiver, &[Event::OrganizationChanged])).await;
        receiver.knows(&[&secret, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]);
        happens(&house, Event::OrganizationChanged, 7).await;
        happens(&house, Event::OrganizationFounded, 8).await;
        ping(&house, &signed, id).await;
        let calls = receiver.calls();
        assert_eq!(calls.len(), 2);
        for call in &calls {
            assert_eq!(call["signed"], json!([true, false]));
            assert_eq!(call["method"], "POST");
            assert!(call["id"].as_str().is_some_and(|id| id.starts_with("msg_")));
        }
        let body: Value = serde_json::from_str(calls[0]["body"].as_str().expect("text")).expect("JSON");
        assert_eq!(body["type"], "organization.changed");
        assert_eq!(body["data"], json!({ "organizations": [7] }));
        assert!(calls[1]["body"].as_str().is_some_and(|body| body.contains("ping")));
        test.close().await;
    }

    async fn a_receiver_that_fails_knows_what_comes_again_by_its_id(test) {
        let house = with_http(&test);
        let (_, _, signed) = administrators(&house).await;
        let receiver = Receiver::start("127.0.0.1");
        let (_, secret) = subscribed(&house, &signed, &typed(&receiver, &[Event::OrganizationChanged])).await;
        receiver.knows(&[&secret]);
        receiver.answers(&json!({ "status": 500 }), 1);
        // A redirect is no answer: it is not followed.
        receiver.answers(&json!({ "status": 302, "location": "/elsewhere" }), 1);
        happens(&house, Event::OrganizationChanged, 7).await;
        run(&house).await;
        test.clock.advance(SignedDuration::from_secs(31));
        run(&house).await;
        test.clock.advance(SignedDuration::from_secs(61));
        run(&house).await;
        let calls = receiver.calls();
        let ids = ids(&calls);
        assert_eq!(ids.len(), 3);
        assert!(ids.iter().all(|id| *id == ids[0]));
        // Each try is signed at its own time.
        let at: Vec<&str> = calls.iter().filter_map(|call| call["at"].as_str()).collect();
        assert!(at[0] < at[1] && at[1] < at[2]);
        assert!(calls.iter().all(|call| call["signed"] == json!([true]) && call["path"] == "/hook"));
        assert_eq!(count(&house, State::Sent).await, 1);
        test.close().await;
    }

    async fn secrets_change_over_while_both_hold(test) {
        let house = with_http(&test);
        let (_, _, signed) = administrators(&house).await;
        let receiver = Receiver::start("127.0.0.1");
        let (id, old) = subscribed(&house, &signed, &typed(&receiver, &[Event::OrganizationChanged])).await;
        let key = house.token();
        let told = outbox::rotate(&house, &signed, &key, (id, 1)).await.expect("rotated");
        let new = told.secret.expect("told once");
        assert_ne!(new.as_str(), old);
        assert_eq!(outbox::rotate(&house, &signed, &key, (id, 1)).await.expect("done before").secret, None);
        receiver.knows(&[&old, new.as_str()]);
        ping(&house, &signed, id).await;
        let seen = outbox::see(&house, &signed, id).await.expect("seen");
        assert!(seen.has_old_secret);
        outbox::retire(&house, &signed, &house.token(), (id, seen.version)).await.expect("retired");
        ping(&house, &signed, id).await;
        let signed_by: Vec<Value> = receiver.calls().iter().map(|call| call["signed"].clone()).collect();
        assert_eq!(signed_by, [json!([true, true]), json!([false, true])]);
        // Somebody who saw an older version changes nothing.
        let late = outbox::rotate(&house, &signed, &house.token(), (id, 1)).await;
        assert!(late.is_err());
        test.close().await;
    }

    async fn one_that_fails_for_days_is_stopped_and_the_administrators_are_told(test) {
        let house = with_http(&test);
        let (office, people, signed) = administrators(&house).await;
        reachable(&office, &people).await;
        let receiver = Receiver::start("127.0.0.1");
        let (id, secret) = subscribed(&house, &signed, &typed(&receiver, &[Event::OrganizationChanged])).await;
        receiver.knows(&[&secret]);
        receiver.answers(&json!({ "status": 503 }), 10_000);
        happens(&house, Event::OrganizationChanged, 7).await;
        run(&house).await;
        for day in 0..5 {
            happens(&house, Event::OrganizationChanged, day).await;
            test.clock.advance(SignedDuration::from_hours(24));
            live(&test, &house, SignedDuration::from_mins(1)).await;
        }
        // Five days later she comes in anew.
        let signed = office.signed(&office.sign_in(&people[0]).await.expect("in")).await;
        let seen = outbox::see(&house, &signed, id).await.expect("seen");
        assert!(!seen.enabled);
        assert_eq!(seen.stopped_for.as_deref(), Some("it answers 503"));
        assert_eq!(count(&house, State::Waiting).await, 0);
        let told = test.outbox.sent();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].to.as_str(), "system@example.gov.cn");
        assert_eq!(told[0].subject.as_str(), "对外通知“市数据平台”已停用");
        // Nothing is told to who is stopped, and what is started begins anew.
        let before = receiver.calls().len();
        happens(&house, Event::OrganizationChanged, 9).await;
        assert!(outbox::ping(&house, &signed, &house.token(), id).await.is_err());
        run(&house).await;
        assert_eq!(receiver.calls().len(), before);
        outbox::switch(&house, &signed, &house.token(), id, true).await.expect("started");
        let seen = outbox::see(&house, &signed, id).await.expect("seen");
        assert!(seen.enabled && seen.failing.is_none() && seen.stopped_for.is_none());
        test.close().await;
    }

    async fn who_wants_no_more_is_left_alone(test) {
        let house = with_http(&test);
        let (_, _, signed) = administrators(&house).await;
        let receiver = Receiver::start("127.0.0.1");
        let (id, _) = subscribed(&house, &signed, &typed(&receiver, &[Event::OrganizationChanged])).await;
        receiver.answers(&json!({ "status": 410 }), 1);
        happens(&house, Event::OrganizationChanged, 7).await;
        happens(&house, Event::OrganizationChanged, 8).await;
        run(&house).await;
        assert_eq!(receiver.calls().len(), 1);
        assert_eq!(count(&house, State::Refused).await, 1);
        assert_eq!(count(&house, State::GivenUp).await, 1);
        assert!(!outbox::see(&house, &signed, id).await.expect("seen").enabled);
        test.close().await;
    }

    async fn one_that_is_removed_leaves_no_secret(test) {
        let house = with_http(&test);
        let (_, _, signed) = administrators(&house).await;
        let receiver = Receiver::start("127.0.0.1");
        let (id, _) = subscribed(&house, &signed, &typed(&receiver, &[Event::OrganizationChanged])).await;
        happens(&house, Event::OrganizationChanged, 7).await;
        outbox::remove(&house, &signed, &house.token(), (id, 1)).await.expect("removed");
        run(&house).await;
        assert!(receiver.calls().is_empty());
        assert!(matches!(outbox::see(&house, &signed, id).await, Err(PeopleError::Missing)));
        assert!(outbox::list(&house, &signed).await.expect("a list").is_empty());
        test.close().await;
    }

    async fn what_is_typed_wrong_is_said_all_at_once(test) {
        let house = with_http(&test);
        let (_, people, signed) = administrators(&house).await;
        let wrong = |url: &str| Typed { name: String::new(), url: url.to_owned(), events: Vec::new() };
        let said = async |typed: &Typed| match outbox::subscribe(&house, &signed, "k", typed).await {
            Err(PeopleError::Refused(messages)) => messages.into_iter().map(|m| m.id.into_owned()).collect(),
            other => vec![format!("{other:?}")],
        };
        for (url, told) in [
            ("https://10.0.0.1/", "outgoing-inside"),
            ("https://[::ffff:127.0.0.1]/", "outgoing-inside"),
            ("http://8.8.8.8/", "outgoing-plain"),
            ("ftp://example.gov.cn/", "outgoing-scheme"),
            ("https://a:b@example.gov.cn/", "outgoing-credentials"),
            ("https://example.gov.cn/#x", "outgoing-scheme"),
            ("example", "outgoing-scheme"),
            ("", "outgoing-scheme"),
        ] {
            let found: Vec<String> = said(&wrong(url)).await;
            assert_eq!(found, ["webhook-name-wrong", told, "webhook-no-events"], "{url}");
        }
        // Nobody but the system administrator sees or makes one.
        let office = Office::new(house.clone());
        for staff in &people[1..] {
            let other = office.signed(&staff.token).await;
            assert!(matches!(outbox::list(&house, &other).await, Err(PeopleError::Denied(_))));
            let typed = wrong("https://example.gov.cn/");
            let made = outbox::subscribe(&house, &other, "k", &typed).await;
            assert!(matches!(made, Err(PeopleError::Denied(_))));
        }
        test.close().await;
    }
}

/// Gives the system administrator a mail address.
async fn reachable(office: &Office, people: &[Staff; 3]) {
    let signed = office.signed(&people[0].token).await;
    let change = gongkai_app::people::Change {
        display_name: "system".to_owned(),
        phone: None,
        mail: Some("system@example.gov.cn".to_owned()),
    };
    let (id, version) = (signed.person.id, signed.person.version);
    let changed = gongkai_app::people::change(&office.house, &signed, id, &change, version).await;
    changed.expect("changed");
}

/// A name that leads inside only when it is looked up is refused then, and
/// counts as a failure that the administrators see.
#[tokio::test]
async fn a_name_that_leads_inside_is_refused_at_the_door() {
    let test = TestHouse::new(gongkai_store::Engine::Sqlite).await;
    let canary = Receiver::start("127.0.0.1");
    let house = House {
        fetcher: Arc::new(HttpFetcher::new().expect("a client")),
        ..test.house.clone()
    };
    let (_, _, signed) = administrators(&house).await;
    let typed = Typed {
        url: format!("https://localhost:{}/", canary.port()),
        ..typed(&canary, &[Event::OrganizationChanged])
    };
    let (id, _) = subscribed(&house, &signed, &typed).await;
    ping(&house, &signed, id).await;
    assert!(canary.calls().is_empty());
    let mut tx = house.db.read().await.expect("a state");
    let failing = kept::destinations(&mut tx).await.expect("read");
    drop(tx);
    assert!(
        failing[0].last_error.contains("outgoing.networks"),
        "{failing:?}"
    );
    test.forget_jobs();
}
