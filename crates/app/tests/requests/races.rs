//! Many at once: one winner, nothing twice.

use std::collections::BTreeSet;
use std::sync::Arc;

use gongkai_app::house::House;
use gongkai_app::once::Sent;
use gongkai_app::requests::steps::{self, Seen, Taken};
use gongkai_app::requests::{self, RequestError, Ticket, papers, replies};
use gongkai_app::review::acts::Asked;
use gongkai_domain::requests::case::Event;
use gongkai_domain::requests::record::Happening;
use gongkai_domain::settings::CONFIRM_DAYS;
use gongkai_store::{Db, Engine};
use gongkai_testkit::in_both_houses;
use gongkai_testkit::requests::{Bureau, signed, tail, typed, visitor};
use jiff::SignedDuration;
use tokio::task::JoinSet;

use super::end;
use super::scene::{Scene, day};

/// As many at once as there are for a single thing.
pub(super) const MANY: u32 = 64;

in_both_houses! {
    async fn of_many_who_decide_and_an_applicant_who_takes_back_one_wins(test) {
        let scene = Scene::new(&test).await;
        let filed = scene.counter(1, "2026-11-23").await;
        scene.approve(filed.id, "granted").await.expect("approved");
        let before = scene.see(scene.bureau.clerk, filed.id).await.record.len();
        let seen = scene.seen(filed.id).await;
        let handler = signed(&test.house, scene.bureau.handler).await;
        let mut all = JoinSet::new();
        for n in 0..MANY {
            let (house, handler) = (test.house.clone(), handler.clone());
            let code = filed.code.to_string();
            all.spawn(async move {
                let key = house.token();
                if n % 4 == 0 {
                    let contact = tail(1);
                    let ticket = Ticket::new(&code, &contact);
                    let taken = requests::withdraw(&house, visitor(), &key, ticket, "");
                    return taken.await.is_ok();
                }
                let event = Event::Replied { outcome: "granted".to_owned() };
                let taken = Taken { event, day: day("2026-11-23"), proofs: Vec::new() };
                steps::step(&house, &handler, &key, seen, &taken).await.is_ok()
            });
        }
        let won = all.join_all().await.into_iter().filter(|won| *won).count();
        assert_eq!(won, 1);
        let shown = scene.see(scene.bureau.clerk, filed.id).await;
        assert_eq!(shown.record.len(), before + 1);
        assert_eq!(shown.kept.version, seen.version + 1);
        end(test).await;
    }

    async fn of_many_who_give_a_letter_and_an_applicant_who_takes_back_one_wins(test) {
        let scene = Scene::new(&test).await;
        scene.letterhead().await;
        let filed = scene.counter(1, "2026-11-23").await;
        scene.approve_letter(filed.id, "granted").await.expect("approved");
        let before = scene.see(scene.bureau.clerk, filed.id).await.record.len();
        let seen = scene.seen(filed.id).await;
        let handler = signed(&test.house, scene.bureau.handler).await;
        let mut all = JoinSet::new();
        for _ in MANY / 4..MANY {
            let (house, handler) = (test.house.clone(), handler.clone());
            all.spawn(async move {
                let event = Event::Replied { outcome: "granted".to_owned() };
                let taken = Taken { event, day: day("2026-11-23"), proofs: Vec::new() };
                let given = steps::step(&house, &handler, &house.token(), seen, &taken).await;
                given.is_ok().then_some("granted")
            });
        }
        // The applicant comes when there are letters that have their numbers already.
        while scene.granted().await.is_empty() {
            tokio::task::yield_now().await;
        }
        for _ in 0..MANY / 4 {
            let (house, code) = (test.house.clone(), filed.code.to_string());
            all.spawn(async move {
                let (key, contact) = (house.token(), tail(1));
                let ticket = Ticket::new(&code, &contact);
                let taken = requests::withdraw(&house, visitor(), &key, ticket, "").await;
                taken.is_ok().then_some("withdrawn")
            });
        }
        let won: Vec<&str> = all.join_all().await.into_iter().flatten().collect();
        let shown = scene.see(scene.bureau.clerk, filed.id).await;
        let ending = shown.case.state().ending().expect("over");
        assert_eq!(won, [ending.outcome.as_str()]);
        let since = &shown.record[before..];
        let steps = since.iter().filter(|one| matches!(one.what, Happening::Step { .. }));
        assert_eq!(steps.count(), 1);
        // A reply has its letter; of what was taken back nobody has one.
        let letters = usize::from(won == ["granted"]);
        assert_eq!(since.len(), 1 + letters);
        assert_eq!(scene.letters(filed.id).await.len(), letters);
        scene.explained(letters).await;
        end(test).await;
    }

    async fn of_many_who_ask_for_a_supplement_one_does_and_one_notice_leaves(test) {
        let scene = Scene::new(&test).await;
        scene.letterhead().await;
        let handler = scene.bureau.handler;
        let id = scene.counter(1, "2026-11-23").await.id;
        let wanted = scene.wanted(handler, id, "supplement").await.expect("wanted");
        let shown = Arc::new(scene.see(handler, id).await);
        let seen = Seen { id, version: shown.kept.version };
        let by = signed(&test.house, handler).await;
        let mut all = JoinSet::new();
        for _ in 0..MANY {
            let (house, by) = (test.house.clone(), by.clone());
            let (shown, wanted) = (Arc::clone(&shown), wanted.clone());
            all.spawn(async move {
                let key = house.token();
                papers::issue(&house, &by, &key, seen, &shown, &wanted).await
            });
        }
        let all = all.join_all().await;
        assert_eq!(all.iter().filter(|done| done.is_ok()).count(), 1, "{all:?}");
        let is_told = |done: &Result<(), RequestError>| matches!(done, Ok(()) | Err(RequestError::Changed));
        assert!(all.iter().all(is_told), "{all:?}");
        let record = scene.see(handler, id).await.record;
        let since = &record[shown.record.len()..];
        let steps = since.iter().filter(|one| matches!(one.what.step(), Some(Event::SupplementAsked { .. })));
        assert_eq!((since.len(), steps.count()), (2, 1), "the step and its letter");
        assert_eq!(scene.letters(id).await.len(), 1);
        scene.explained(1).await;
        end(test).await;
    }

    async fn many_forms_at_once_are_filed_once_each_with_numbers_in_a_row(test) {
        let scene = Scene::new(&test).await;
        let keys: Vec<String> = (0..8).map(|_| test.house.token()).collect();
        let mut all = JoinSet::new();
        for n in 0..MANY {
            let (house, own) = (test.house.clone(), scene.bureau.own);
            let one = n % 8;
            let key = keys[usize::try_from(one).expect("small")].clone();
            all.spawn(async move {
                let filed = requests::file(&house, visitor(), &key, own, &typed(one), &[]).await;
                filed.map(|filed| (filed.number, filed.code.as_str().to_owned()))
            });
        }
        let filed = all.join_all().await.into_iter();
        let filed: BTreeSet<(String, String)> = filed.map(|one| one.expect("filed")).collect();
        let numbers: Vec<String> = filed.into_iter().map(|(number, _)| number).collect();
        let expected: Vec<String> = (1..=8).map(|n| format!("2026-{n:05}")).collect();
        assert_eq!(numbers, expected);
        end(test).await;
    }

    async fn a_number_that_is_foretold_is_the_next_one_whoever_filed_in_between(test) {
        let scene = Scene::new(&test).await;
        // Another node has the same database, and knows nothing of this one.
        let db = Db::open(&test.test.options).await.expect("the database");
        let other = House { db, ..test.house.clone() };
        let own = scene.bureau.own;
        let numbered = async |house: &House, n: u32| {
            let before = house.db.statements();
            let key = house.token();
            let filed = requests::file(house, visitor(), &key, own, &typed(n), &[]).await.expect("filed");
            (filed, house.db.statements() - before)
        };
        let (first, _) = numbered(&test.house, 1).await;
        let (second, cost) = numbered(&test.house, 2).await;
        // On PostgreSQL it is one statement, without a BEGIN.
        assert_eq!(cost, if test.house.db.engine() == Engine::Postgres { 1 } else { 2 });
        // Here it is foretold wrong: another node was first, or the counter.
        let (third, _) = numbered(&other, 3).await;
        let (fourth, _) = numbered(&test.house, 4).await;
        let fifth = scene.counter(5, "2026-11-23").await;
        let (sixth, cost_of_sixth) = numbered(&test.house, 6).await;
        assert_eq!(cost_of_sixth, cost, "what the counter filed is known");
        // Or the law was changed by another meanwhile.
        scene.set(CONFIRM_DAYS, "2").await;
        let (seventh, _) = numbered(&test.house, 7).await;
        let (eighth, _) = numbered(&other, 8).await;
        let all = [&first, &second, &third, &fourth, &fifth, &sixth, &seventh, &eighth];
        let numbers = all.map(|filed| filed.number.clone());
        let wanted: Vec<String> = (1..=8).map(|n| format!("2026-{n:05}")).collect();
        assert_eq!(numbers.to_vec(), wanted);
        let ids: BTreeSet<i64> = all.iter().map(|filed| filed.id).collect();
        assert_eq!(ids.len(), 8);
        for (n, filed) in (1..).zip(all) {
            let tracked = scene.track(filed, n).await.expect("tracked");
            assert_eq!(tracked.number, filed.number);
            let shown = scene.see(scene.bureau.clerk, filed.id).await;
            assert_eq!(shown.record.len(), 1, "{}", filed.number);
            assert!(!scene.trail(filed.id).await.is_empty(), "{}", filed.number);
        }
        // A form that is sent twice is filed once, and has its answer both times.
        let key = test.house.token();
        for _ in 0..2 {
            let again = requests::file(&test.house, visitor(), &key, own, &typed(9), &[]).await.expect("filed");
            assert_eq!(again.number, "2026-00009");
        }
        let otherwise = requests::file(&test.house, visitor(), &key, own, &typed(10), &[]).await;
        assert!(otherwise.is_err(), "the same key with other contents");
        let (last, _) = numbered(&test.house, 11).await;
        assert_eq!(last.number, "2026-00010");
        other.db.close().await;
        end(test).await;
    }

    async fn whose_requests_come_by_several_ways_has_them_in_the_order_in_which_they_came(test) {
        let scene = Scene::new(&test).await;
        scene.on("2026-11-23");
        let mut filed = Vec::new();
        for n in 0..6 {
            test.clock.advance(SignedDuration::from_secs(1));
            // The counter takes one in, between those that come online.
            filed.push(match n {
                3 => scene.counter(1, "2026-11-23").await,
                _ => scene.file(1).await,
            });
        }
        // By it a fee by item is reckoned.
        for (rank, one) in (1..).zip(&filed) {
            let shown = scene.see(scene.bureau.clerk, one.id).await;
            assert_eq!((shown.month_rank, shown.month_count), (rank, 6), "{}", one.number);
        }
        end(test).await;
    }

    async fn of_many_approvals_of_a_reply_each_step_is_taken_once(test) {
        let scene = Scene::new(&test).await;
        let filed = scene.counter(1, "2026-11-23").await;
        let digest = scene.draft(filed.id, "granted", "现予公开。").await.expect("written");
        scene.hand_in(filed.id, &digest).await.expect("handed in");
        let Bureau { reviewer, legal, secrecy, leader, .. } = scene.bureau;
        for at_once in [vec![(reviewer, "review")], vec![(legal, "legal"), (secrecy, "secrecy")], vec![(leader, "sign")]] {
            let mut all = JoinSet::new();
            for n in 0..MANY {
                let (by, step) = at_once[usize::try_from(n).expect("small") % at_once.len()];
                let (house, signed, digest) = (test.house.clone(), signed(&test.house, by).await, digest.clone());
                all.spawn(async move {
                    let sent = Sent::new("reply", &house.token(), []);
                    // Some return what others approve.
                    let approved = n % 8 != 7 || step != "sign";
                    let asked = Asked { step: step.to_owned(), digest, approved, ..Asked::default() };
                    let taken = replies::take(&house, &signed, &sent, filed.id, &asked).await;
                    taken.is_ok().then_some((step, approved))
                });
            }
            let won: Vec<(&str, bool)> = all.join_all().await.into_iter().flatten().collect();
            let steps: BTreeSet<&str> = won.iter().map(|(step, _)| *step).collect();
            assert_eq!((won.len(), steps.len()), (at_once.len(), at_once.len()), "{won:?}");
            let draft = scene.see(scene.bureau.handler, filed.id).await.draft.expect("a draft");
            let is_last = steps.contains("sign");
            assert_eq!(draft.is_approved, is_last && won.iter().all(|(_, approved)| *approved));
        }
        end(test).await;
    }
}
