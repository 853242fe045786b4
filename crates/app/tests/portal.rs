//! The gate and the drafts of the public side, each on both engines.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use gongkai_app::inspection::File;
use gongkai_app::portal::drafts::{self, Brought, Receipt};
use gongkai_app::portal::gate::{self, Stamp};
use gongkai_app::portal::{Held, PortalError, Visitor, bodies};
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::requests::proof::Challenge;
use gongkai_domain::settings::{PortalSettings, Values};
use gongkai_store::audit::{Search, search};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::in_both_houses;
use gongkai_testkit::inspection::docx;
use gongkai_testkit::reader::InProcess;
use jiff::SignedDuration;

fn settings() -> PortalSettings {
    Values::default().portal().expect("settings")
}

fn visitor(address: &str) -> Visitor {
    let address: IpAddr = address.parse().expect("an address");
    Visitor {
        address,
        source: address.to_string(),
        request: "r".to_owned(),
    }
}

fn typed(description: &str) -> Brought {
    let fields = [("description", description), ("name", "王某")];
    let fields = fields.map(|(name, text)| (name.to_owned(), text.to_owned()));
    Brought {
        fields: BTreeMap::from(fields),
        ..Brought::default()
    }
}

fn file(name: &str, bytes: &[u8]) -> File {
    File {
        name: name.to_owned(),
        bytes: Arc::from(bytes),
    }
}

/// The number that a browser would find.
fn solved(challenge: &Challenge) -> Stamp {
    let mut numbers = (0u64..).map(|number| number.to_string());
    Stamp {
        answer: numbers
            .find(|number| challenge.is_solved_by(number))
            .expect("a number"),
        challenge: challenge.text.clone(),
    }
}

/// A draft by a browser that has done its work.
async fn begun(
    test: &TestHouse,
    body: OrganizationId,
    key: &str,
    brought: Brought,
) -> Result<String, PortalError> {
    let stamp = solved(&gate::challenge(&test.house, &settings(), key));
    let from = visitor("203.0.113.7");
    let form = (key, &stamp);
    drafts::begin(
        &test.house,
        &InProcess,
        &settings(),
        &from,
        body,
        form,
        brought,
    )
    .await
}

/// Whether there is a draft behind a link.
async fn is_there(test: &TestHouse, token: &str) -> bool {
    match drafts::open(&test.house, token).await {
        Ok(_) => true,
        Err(PortalError::Missing) => false,
        Err(error) => panic!("{error}"),
    }
}

in_both_houses! {
    async fn a_draft_survives_and_is_found_by_its_link_alone(test) {
        let body = test.department("云溪县水务局").await;
        let mut brought = typed("2023年供水合同");
        brought.files = vec![file("证件.txt", "身份证".as_bytes())];
        let token = begun(&test, body, "k", brought).await.expect("begun");
        // The same form sent again is the same draft.
        let mut again = typed("2023年供水合同");
        again.files = vec![file("证件.txt", "身份证".as_bytes())];
        assert_eq!(begun(&test, body, "k", again).await.expect("begun"), token);
        let opened = drafts::open(&test.house, &token).await.expect("opened");
        assert_eq!(opened.organization, body);
        assert_eq!(opened.contents.fields["description"], "2023年供水合同");
        let place = opened.contents.files[0].position;
        let bytes = drafts::bytes(&test.house, &token, place).await.expect("bytes");
        assert_eq!(&*bytes, "身份证".as_bytes());
        assert!(!is_there(&test, "another").await);
        // It is changed, a file goes and one comes.
        let mut changed = typed("2024年供水合同");
        changed.removed = vec![place];
        changed.files = vec![file("委托书.txt", b"x")];
        let from = visitor("203.0.113.7");
        drafts::change(&test.house, &InProcess, &from, &token, changed).await.expect("changed");
        // Sent twice, by an impatient hand, it comes once.
        let mut twice = typed("2024年供水合同");
        twice.files = vec![file("委托书.txt", b"x")];
        drafts::change(&test.house, &InProcess, &from, &token, twice).await.expect("changed");
        let opened = drafts::open(&test.house, &token).await.expect("opened");
        assert_eq!(opened.contents.fields["description"], "2024年供水合同");
        let names: Vec<&str> = opened.contents.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["委托书.txt"]);
        let gone = drafts::bytes(&test.house, &token, place).await;
        assert!(matches!(gone, Err(PortalError::Missing)));
        // Each of it stands in the trail, without anything that was typed.
        let mut tx = test.house.db.read().await.expect("a state");
        let asked = Search { object_kind: Some("draft".to_owned()), ..Search::default() };
        let trail = search(&mut tx, &asked, i64::MAX, 10).await.expect("found");
        let actions: Vec<&str> = trail.iter().map(|stored| stored.entry.action.as_str()).collect();
        assert_eq!(actions, ["portal.draft.change", "portal.draft.change", "portal.draft.begin"]);
        assert!(trail.iter().all(|stored| !stored.entry.detail.contains("合同") && !stored.entry.object.contains(&token)));
        tx.roll_back().await.expect("done");
        test.close().await;
    }

    async fn a_draft_that_expires_is_gone_with_its_key(test) {
        let body = test.department("云溪县水务局").await;
        let token = begun(&test, body, "k", typed("2023年供水合同")).await.expect("begun");
        let other = begun(&test, body, "l", typed("2023年供水合同")).await.expect("begun");
        drafts::forget(&test.house, &visitor("203.0.113.7"), &other).await.expect("forgotten");
        assert!(!is_there(&test, &other).await);
        test.clock.advance(SignedDuration::from_hours(7 * 24 - 1));
        assert_eq!(drafts::sweep(&test.house).await.expect("swept"), 0);
        assert!(is_there(&test, &token).await);
        test.clock.advance(SignedDuration::from_hours(2));
        assert!(!is_there(&test, &token).await, "before anybody sweeps");
        assert_eq!(drafts::sweep(&test.house).await.expect("swept"), 1);
        let runner = test.runner();
        runner.run_all().await.expect("the jobs");
        test.close().await;
    }

    async fn what_was_sent_leaves_its_receipt_for_a_day(test) {
        let body = test.department("云溪县水务局").await;
        let mut brought = typed("2023年供水合同");
        brought.files = vec![file("证件.txt", b"x")];
        let token = begun(&test, body, "k", brought).await.expect("begun");
        let receipt = Receipt {
            number: "2026-00001".to_owned(),
            code: "3467-9ACD".to_owned(),
            at: test.house.now(),
            also: Vec::new(),
        };
        let from = visitor("203.0.113.7");
        drafts::settle(&test.house, &from, &token, receipt.clone()).await.expect("settled");
        drafts::settle(&test.house, &from, &token, receipt.clone()).await.expect("settled twice");
        let opened = drafts::open(&test.house, &token).await.expect("opened");
        assert_eq!(opened.contents.receipt, Some(receipt));
        assert!(opened.contents.fields.is_empty() && opened.contents.files.is_empty());
        let changed = drafts::change(&test.house, &InProcess, &from, &token, typed("x")).await;
        assert!(matches!(changed, Err(PortalError::Missing)), "what was sent is not changed");
        test.clock.advance(SignedDuration::from_hours(25));
        assert!(!is_there(&test, &token).await);
        test.close().await;
    }

    async fn files_that_may_not_come_in_are_named_and_the_rest_is_kept(test) {
        let body = test.department("云溪县水务局").await;
        let mut brought = typed("2023年供水合同");
        brought.files = (0..7).map(|at| file(&format!("{at}.txt"), b"x")).collect();
        let program = docx("申请表", &[("word/vbaProject.bin", "x")]);
        brought.files.insert(0, file("表格.docm", &program));
        let token = begun(&test, body, "k", brought).await.expect("begun");
        let opened = drafts::open(&test.house, &token).await.expect("opened");
        assert_eq!(opened.contents.files.len(), 5);
        let notes: Vec<&str> = opened.contents.notes.iter().map(|note| &*note.id).collect();
        assert_eq!(notes, ["draft-file-refused", "draft-files-many", "draft-files-many"]);
        test.close().await;
    }

    async fn without_script_it_is_slower_and_narrower_and_nothing_is_refused_for_good(test) {
        let body = test.department("云溪县水务局").await;
        let (house, settings) = (&test.house, settings());
        let from = visitor("198.51.100.7");
        let send = async |key: &str, stamp: &Stamp| {
            let begun = drafts::begin(house, &InProcess, &settings, &from, body, (key, stamp), typed("2023年供水合同"));
            match begun.await {
                Ok(_) => None,
                Err(PortalError::Held(held)) => Some(held),
                Err(error) => panic!("{error}"),
            }
        };
        let form = |key: &str| Stamp {
            challenge: gate::challenge(house, &settings, key).text,
            answer: String::new(),
        };
        // Sooner than anybody types it is asked to wait, and then goes through.
        let first = form("a");
        assert_eq!(send("a", &first).await, Some(Held::TooSoon { seconds: 5 }));
        test.clock.advance(SignedDuration::from_secs(5));
        assert_eq!(send("a", &first).await, None);
        // A stamp of another form, and one that was made up, are no stamps.
        assert_eq!(send("b", &first).await, Some(Held::TooSoon { seconds: 5 }));
        let made_up = Stamp { challenge: "b.0.00".to_owned(), answer: "1".to_owned() };
        assert_eq!(send("b", &made_up).await, Some(Held::TooSoon { seconds: 5 }));
        for at in 1..10 {
            let key = format!("n{at}");
            let stamp = form(&key);
            test.clock.advance(SignedDuration::from_secs(6));
            assert_eq!(send(&key, &stamp).await, None, "{at}");
        }
        let stamp = form("late");
        test.clock.advance(SignedDuration::from_secs(6));
        let Some(Held::Until(from_then)) = send("late", &stamp).await else {
            panic!("the eleventh waits");
        };
        // With the work done it goes through all the same.
        let worked = solved(&gate::challenge(house, &settings, "worked"));
        assert_eq!(send("worked", &worked).await, None);
        // The neighbours are counted together, others are not.
        let other = visitor("198.51.101.7");
        let shown = form("other");
        let begun = drafts::begin(house, &InProcess, &settings, &other, body, ("other", &shown), typed("x"));
        assert!(matches!(begun.await, Err(PortalError::Held(Held::TooSoon { .. }))), "not the quota");
        test.clock.set(from_then);
        assert_eq!(send("late", &stamp).await, None, "and then it is taken");
        test.close().await;
    }

    async fn who_guesses_codes_waits_and_who_guesses_tails_too(test) {
        let (house, settings) = (&test.house, settings());
        let guesser: IpAddr = "192.0.2.7".parse().expect("an address");
        let other: IpAddr = "192.0.9.7".parse().expect("an address");
        let may = async |from: IpAddr, code: &str| {
            gate::may_look_up(house, &settings, from, code).await.expect("looked")
        };
        for at in 0..10 {
            assert_eq!(may(guesser, &format!("c{at}")).await, Ok(()));
            gate::not_found(house, guesser, &format!("c{at}")).await.expect("noted");
        }
        assert!(matches!(may(guesser, "c11").await, Err(Held::Until(_))));
        assert_eq!(may(other, "c11").await, Ok(()), "others look on");
        // One code from many networks.
        for at in 0..10 {
            let from: IpAddr = format!("10.0.{at}.1").parse().expect("an address");
            assert_eq!(may(from, "one").await, Ok(()));
            gate::not_found(house, from, "one").await.expect("noted");
        }
        assert!(matches!(may(other, "one").await, Err(Held::Until(_))));
        test.clock.advance(SignedDuration::from_mins(61));
        assert_eq!(may(guesser, "c11").await, Ok(()));
        assert_eq!(may(other, "one").await, Ok(()));
        test.close().await;
    }

    async fn filings_under_one_contact_are_counted_by_the_day(test) {
        let settings = settings();
        let file = async || gate::may_file(&test.house, &settings, "13800001234").await.expect("asked");
        for _ in 0..20 {
            assert_eq!(file().await, Ok(()));
        }
        let Err(Held::Contact(from)) = file().await else {
            panic!("the twenty-first waits");
        };
        test.clock.set(from);
        assert_eq!(file().await, Ok(()));
        test.close().await;
    }

    async fn bodies_that_can_be_asked_are_listed_and_found(test) {
        let water = test.department("云溪县水务局").await;
        test.department("云溪县财政局").await;
        let all = bodies::list(&test.house, "", 1).await.expect("listed");
        assert_eq!((all.bodies.len(), all.more), (1, 1));
        let found = bodies::list(&test.house, " 水务 ", 10).await.expect("listed");
        assert_eq!(found.bodies.iter().map(|body| body.id).collect::<Vec<_>>(), [water]);
        let seen = bodies::see(&test.house, water).await.expect("seen");
        assert_eq!(seen.expect("a body").body.name, "云溪县水务局");
        assert_eq!(bodies::see(&test.house, OrganizationId(999)).await.expect("seen"), None);
        test.close().await;
    }
}
