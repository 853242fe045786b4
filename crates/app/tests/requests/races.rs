//! Many at once: one winner, nothing twice.

use std::collections::BTreeSet;

use gongkai_app::once::Sent;
use gongkai_app::requests::steps::{self, Taken};
use gongkai_app::requests::{self, Ticket, replies};
use gongkai_app::review::acts::Asked;
use gongkai_domain::requests::case::Event;
use gongkai_testkit::in_both_houses;
use gongkai_testkit::requests::{Bureau, signed, tail, typed, visitor};
use tokio::task::JoinSet;

use super::end;
use super::scene::{Scene, day};

const MANY: u32 = 64;

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
