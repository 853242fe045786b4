//! Time limits: who is told when, and who stands in.

use super::*;

fn mail_of(login: &str, said: &str) -> (String, String) {
    (format!("{login}@example.gov.cn"), said.to_owned())
}

in_both_houses! {
    async fn a_step_is_told_when_it_comes_when_it_is_due_and_when_it_is_late(test) {
        let scene = Scene::new(&test).await;
        // Monday; the review has three working days: Thursday.
        let id = scene.handed_in(scene.clerk).await;
        let (one, other) = (test.runner(), test.runner());
        let day = async |days| {
            days_later(&test, days);
            let (a, b) = tokio::join!(one.fire(), other.fire());
            a.expect("fired");
            b.expect("fired");
            scene.mail().await
        };
        let waiting = format!("第 {id} 号送审稿等您办理");
        assert_eq!(scene.mail().await, BTreeSet::from([mail_of("reviewer", &waiting)]));
        assert_eq!(day(2).await, BTreeSet::new());
        let due = format!("第 {id} 号送审稿今天到期，等您办理");
        assert_eq!(day(1).await, BTreeSet::from([mail_of("reviewer", &due)]));
        let late = format!("第 {id} 号送审稿已超过时限，请您办理");
        let both = BTreeSet::from([mail_of("reviewer", &late), mail_of("head", &late)]);
        assert_eq!(day(1).await, both, "who stands in is told too");
        assert_eq!(day(3).await, BTreeSet::new(), "once is enough");
        assert_eq!(test.outbox.sent().len(), 4, "two nodes told each thing once");
        test.close().await;
    }

    async fn who_stands_in_may_take_it_when_it_is_late_and_not_before(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        assert_eq!(ids(scene.take(scene.head, id, "review").await), ["review-other-role"]);
        days_later(&test, 3);
        assert_eq!(ids(scene.take(scene.head, id, "review").await), ["review-other-role"]);
        assert_eq!(scene.tasks(scene.head).await, []);
        days_later(&test, 1);
        assert_eq!(scene.tasks(scene.head).await, [(id, "review".to_owned())]);
        scene.take(scene.head, id, "review").await.expect("approved");
        let seen = scene.see(id).await;
        let entries = timeline::entries(Words::of(Language::Chinese), &seen);
        let last = entries.last().expect("an entry");
        assert_eq!(last.what, "审核：超过时限，由工作机构负责人递补，通过");
        // Read again, it is what it was, though it is later still.
        days_later(&test, 30);
        assert_eq!(scene.state(id).await, State::Open);
        // Nobody stands in at a secrecy review.
        assert_eq!(ids(scene.take(scene.head, id, "secrecy").await), ["review-other-role"]);
        scene.mail().await;
        test.close().await;
    }

    async fn nobody_is_told_of_their_own_text_or_on_a_day_off(test) {
        let scene = Scene::new(&test).await;
        grant(&test, scene.clerk, scene.bureau, Role::Reviewer).await;
        let id = scene.handed_in(scene.clerk).await;
        let waiting = format!("第 {id} 号送审稿等您办理");
        assert_eq!(scene.mail().await, BTreeSet::from([mail_of("reviewer", &waiting)]));
        // Saturday: it is late, and nobody works.
        days_later(&test, 5);
        assert_eq!(gongkai_app::review::notices::remind(scene.house()).await.expect("reminded"), 0);
        days_later(&test, 2);
        assert_eq!(gongkai_app::review::notices::remind(scene.house()).await.expect("reminded"), 2);
        assert_eq!(gongkai_app::review::notices::remind(scene.house()).await.expect("reminded"), 0);
        scene.mail().await;
        test.close().await;
    }

    async fn mail_tells_nothing_of_the_paper(test) {
        let scene = Scene::new(&test).await;
        scene.handed_in(scene.clerk).await;
        scene.mail().await;
        for mail in test.outbox.sent() {
            for word in ["防汛", "第一段", "水务"] {
                assert!(!mail.text.contains(word) && !mail.subject.as_str().contains(word), "{mail:?}");
            }
        }
        test.close().await;
    }
}
