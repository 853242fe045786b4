//! Who sees a paper: those who work at papers of the body, and who supervises
//! it. For everybody else there is none, wherever they ask.

use super::*;
use gongkai_domain::organization::succession::{Succession, SuccessionKind};

/// Every way to a paper gives the same answer as for one that there is not.
async fn concealed(scene: &Scene<'_>, who: PersonId, id: i64) {
    let (house, signed) = (scene.house(), scene.signed(who).await);
    let words = Words::of(Language::Chinese);
    let digest = scene.digest(id).await;
    let asked = Asked {
        step: "review".to_owned(),
        digest: digest.clone(),
        approved: true,
        ..Asked::default()
    };
    for id in [id, 999_999] {
        let answers = [
            papers::see(house, &signed, Action::ReviewSee, id)
                .await
                .map(drop),
            papers::file(house, &signed, id, &digest).await.map(drop),
            timeline::export(house, &signed, words, id).await.map(drop),
            steps::take(house, &signed, &scene.sent(), id, &asked)
                .await
                .map(drop),
            steps::withdraw(house, &signed, &scene.sent(), id)
                .await
                .map(drop),
            steps::take_effect(house, &signed, &scene.sent(), id, &digest)
                .await
                .map(drop),
            steps::hand_in(house, &signed, &scene.sent(), id, &digest, "")
                .await
                .map(drop),
            papers::change(house, &signed, &scene.sent(), id, 1, &typed("甲", "乙")).await,
        ];
        for (number, answer) in answers.into_iter().enumerate() {
            assert!(
                matches!(answer, Err(ReviewError::Missing)),
                "{number}: {answer:?}"
            );
        }
    }
    assert_eq!(
        all_seen(house, &signed).await.expect("a list"),
        <[i64; 0]>::default()
    );
    assert_eq!(scene.tasks(who).await, []);
}

in_both_houses! {
    async fn other_bodies_see_nothing(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        let other = found(&test, "云溪县财政局", OrganizationKind::Department, None).await;
        let roles = [Role::Clerk, Role::Handler, Role::Reviewer, Role::LegalReviewer, Role::OfficeHead, Role::SecrecyReviewer];
        let stranger = person(&test, "stranger", other, &roles).await;
        concealed(&scene, stranger, id).await;
        let denied = scene.trail(Action::ReviewSee, Outcome::Denied).await;
        assert_eq!(denied, 6, "each try is written down");
        scene.mail().await;
        test.close().await;
    }

    async fn a_section_sees_its_own_and_the_body_sees_both(test) {
        let scene = Scene::new(&test).await;
        let section = found(&test, "办公室", OrganizationKind::Section, Some(scene.bureau)).await;
        let roles = [Role::Clerk, Role::Handler, Role::Reviewer, Role::LegalReviewer, Role::OfficeHead, Role::SecrecyReviewer];
        let inside = person(&test, "inside", section, &roles).await;
        let of_bureau = scene.handed_in(scene.clerk).await;
        concealed(&scene, inside, of_bureau).await;
        let signed = scene.signed(inside).await;
        let typed = typed("科室通知", "一段");
        let made = papers::write(scene.house(), &signed, &scene.sent(), section, Matter::Document, &typed).await;
        let own = made.expect("written");
        assert_eq!(all_seen(scene.house(), &signed).await.expect("a list"), [own]);
        let head = scene.signed(scene.head).await;
        assert_eq!(all_seen(scene.house(), &head).await.expect("a list"), [own, of_bureau]);
        // Who reviews for the body reviews for its section.
        scene.hand_in(inside, own, "").await.expect("handed in");
        scene.take(scene.reviewer, own, "review").await.expect("approved");
        scene.mail().await;
        test.close().await;
    }

    async fn who_supervises_sees_and_does_nothing(test) {
        let county = found(&test, "云溪县人民政府", OrganizationKind::Government, None).await;
        let scene = Scene::new(&test).await;
        let below = found(&test, "云溪县水务站", OrganizationKind::Institution, Some(scene.bureau)).await;
        let watcher = person(&test, "watcher", scene.bureau, &[Role::Supervisor]).await;
        let clerk = person(&test, "below", below, &[Role::Clerk]).await;
        let signed = scene.signed(clerk).await;
        let typed = typed("通知", "一段");
        let made = papers::write(scene.house(), &signed, &scene.sent(), below, Matter::Document, &typed).await;
        let id = made.expect("written");
        let watching = scene.signed(watcher).await;
        assert_eq!(all_seen(scene.house(), &watching).await.expect("a list"), [id]);
        let asked = Asked { step: "review".to_owned(), digest: "0".repeat(64), approved: true, ..Asked::default() };
        let taken = steps::take(scene.house(), &watching, &scene.sent(), id, &asked).await;
        assert_eq!(ids(taken), ["denied-role"]);
        let outside = person(&test, "outside", county, &[Role::Clerk]).await;
        let outside = scene.signed(outside).await;
        assert_eq!(all_seen(scene.house(), &outside).await.expect("a list"), <[i64; 0]>::default());
        test.close().await;
    }

    async fn who_takes_a_body_over_goes_on_with_its_papers(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        let heir = found(&test, "云溪县水利局", OrganizationKind::Department, None).await;
        let roles = [Role::Clerk, Role::Reviewer];
        let heiress = person(&test, "heiress", heir, &roles).await;
        concealed(&scene, heiress, id).await;
        let mut tx = test.house.db.write().await.expect("a turn");
        organization::lock(&mut tx).await.expect("a turn");
        let today = test.house.today();
        let kept = organization::get(&mut tx, scene.bureau).await.expect("read").expect("there");
        let until = today.yesterday().expect("a day");
        let validity = Validity::new(SINCE, Some(until)).expect("days");
        let ended = Organization { validity, ..kept.body };
        organization::update(&mut tx, &ended, kept.version, test.house.now()).await.expect("ended");
        let merger = Succession {
            kind: SuccessionKind::Merged,
            on: today,
            basis: "机构改革方案".to_owned(),
            from: vec![scene.bureau],
            to: vec![heir],
        };
        organization::insert_succession(&mut tx, &merger, "system", test.house.now()).await.expect("made");
        tx.commit().await.expect("kept");
        assert_eq!(scene.tasks(heiress).await, [(id, "review".to_owned())]);
        let signed = scene.signed(heiress).await;
        assert_eq!(all_seen(scene.house(), &signed).await.expect("a list"), [id]);
        let seen = papers::see(scene.house(), &signed, Action::ReviewSee, id).await.expect("seen");
        let asked = Asked {
            step: "review".to_owned(),
            digest: seen.content.digest().as_str().to_owned(),
            approved: true,
            ..Asked::default()
        };
        scene.take_as(heiress, id, &asked).await.expect("approved");
        scene.mail().await;
        test.close().await;
    }

    async fn no_administrator_sees_a_paper(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        let nobody = person(&test, "nobody", scene.bureau, &[]).await;
        let signed = scene.signed(nobody).await;
        let seen = papers::see(scene.house(), &signed, Action::ReviewSee, id).await;
        assert!(matches!(seen, Err(ReviewError::Denied(_))), "{seen:?}");
        assert_eq!(tasks::count(scene.house(), &signed).await.expect("asked"), None);
        scene.mail().await;
        test.close().await;
    }

    async fn who_stands_in_sees_as_long_as_it_is_lent(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        let colleague = person(&test, "colleague", scene.bureau, &[]).await;
        lend(&test, scene.reviewer, colleague, scene.bureau, Role::Reviewer).await;
        assert_eq!(scene.tasks(colleague).await, [(id, "review".to_owned())]);
        days_later(&test, 30);
        let signed = scene.signed(colleague).await;
        let seen = papers::see(scene.house(), &signed, Action::ReviewSee, id).await;
        assert!(matches!(seen, Err(ReviewError::Denied(_))), "{seen:?}");
        scene.mail().await;
        test.close().await;
    }

    async fn every_look_is_written_down(test) {
        let scene = Scene::new(&test).await;
        let id = scene.write(scene.clerk, Matter::Document).await;
        let before = scene.trail(Action::ReviewSee, Outcome::Done).await;
        let signed = scene.signed(scene.reviewer).await;
        papers::see(scene.house(), &signed, Action::ReviewSee, id).await.expect("seen");
        all_seen(scene.house(), &signed).await.expect("a list");
        tasks::tasks(scene.house(), &signed, None).await.expect("tasks");
        timeline::export(scene.house(), &signed, Words::of(Language::Chinese), id).await.expect("a record");
        // The record is a look and that it was carried away.
        assert_eq!(scene.trail(Action::ReviewSee, Outcome::Done).await, before + 5);
        test.close().await;
    }
}
