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
        let overdue = format!("第 {id} 号送审稿有一步超过时限，请您了解并督促");
        let all = [mail_of("reviewer", &late), mail_of("head", &late), mail_of("clerk", &overdue)];
        assert_eq!(day(1).await, BTreeSet::from(all), "who stands in and who wrote it are told too");
        assert_eq!(day(3).await, BTreeSet::new(), "once is enough");
        assert_eq!(test.outbox.sent().len(), 5, "two nodes told each thing once");
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
        assert_eq!(gongkai_app::review::notices::remind(scene.house()).await.expect("reminded"), 3);
        assert_eq!(gongkai_app::review::notices::remind(scene.house()).await.expect("reminded"), 0);
        scene.mail().await;
        test.close().await;
    }

    async fn the_head_of_the_office_is_told_of_what_others_let_lie(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        scene.take(scene.reviewer, id, "review").await.expect("approved");
        scene.take(scene.legal, id, "legal").await.expect("approved");
        scene.mail().await;
        days_later(&test, 4);
        assert_eq!(gongkai_app::review::notices::remind(scene.house()).await.expect("reminded"), 3);
        let late = format!("第 {id} 号送审稿已超过时限，请您办理");
        let overdue = format!("第 {id} 号送审稿有一步超过时限，请您了解并督促");
        let told = [mail_of("secrecy", &late), mail_of("head", &overdue), mail_of("clerk", &overdue)];
        assert_eq!(scene.mail().await, BTreeSet::from(told));
        test.close().await;
    }

    async fn time_is_reckoned_by_the_calendars_that_are_loaded(test) {
        let scene = Scene::new(&test).await;
        // To the last Wednesday of the last year that comes with the program.
        let today = test.house.today();
        let last: Date = date(2026, 12, 30);
        days_later(&test, i64::from(today.until(last).expect("days").get_days()));
        let id = scene.handed_in(scene.clerk).await;
        let due = async || {
            let signed = scene.signed(scene.reviewer).await;
            let found = tasks::tasks(scene.house(), &signed, None).await.expect("tasks");
            let task = &found.steps[0];
            (task.due.clone().expect("a day").expect("a limit"), task.is_late)
        };
        // Without 2027 nobody knows when New Year ends: Monday by a guess.
        let (found, _) = due().await;
        assert_eq!((found.day, found.missing), (date(2027, 1, 4), Some(2027)));
        days_later(&test, 7);
        assert!(!due().await.1, "nobody is late by a guess");
        assert_eq!(ids(scene.take(scene.head, id, "review").await), ["review-other-role"]);
        assert_eq!(gongkai_app::review::notices::remind(scene.house()).await.expect("reminded"), 0);
        // Loaded, it is known at once: the first is off, the count goes on.
        let text = r#"{"year":2027,"notice":"n","off":{"2027-01-01":"new_year"}}"#;
        let house = scene.house();
        let loaded = gongkai_app::calendar::load_into_store(&house.db, text, "2027.json", 0, house.now());
        loaded.await.expect("loaded");
        let (found, is_late) = due().await;
        assert_eq!((found.day, found.missing, is_late), (date(2027, 1, 5), None, true));
        assert_eq!(gongkai_app::review::notices::remind(scene.house()).await.expect("reminded"), 3);
        scene.take(scene.head, id, "review").await.expect("who stands in");
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
