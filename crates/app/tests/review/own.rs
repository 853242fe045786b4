//! Nobody reviews their own text: each way in which they could try.

use super::*;

in_both_houses! {
    async fn not_in_another_role_of_theirs(test) {
        let scene = Scene::new(&test).await;
        let both = person(&test, "both", scene.bureau, &[Role::Clerk, Role::Reviewer]).await;
        let id = scene.handed_in(both).await;
        assert_eq!(scene.trail(Action::ReviewTake, Outcome::Denied).await, 0);
        assert_eq!(ids(scene.take(both, id, "review").await), ["review-own-text"]);
        assert_eq!(scene.trail(Action::ReviewTake, Outcome::Denied).await, 1, "that they tried");
        assert_eq!(scene.tasks(both).await, [], "nor is it on their desk");
        scene.take(scene.reviewer, id, "review").await.expect("another does");
        scene.mail().await;
        test.close().await;
    }

    async fn not_in_a_role_that_they_are_given_later(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        assert_eq!(ids(scene.take(scene.clerk, id, "review").await), ["review-other-role"]);
        grant(&test, scene.clerk, scene.bureau, Role::Reviewer).await;
        assert_eq!(ids(scene.take(scene.clerk, id, "review").await), ["review-own-text"]);
        scene.mail().await;
        test.close().await;
    }

    async fn not_for_somebody_who_lent_them_a_role(test) {
        let scene = Scene::new(&test).await;
        lend(&test, scene.reviewer, scene.clerk, scene.bureau, Role::Reviewer).await;
        let id = scene.handed_in(scene.clerk).await;
        assert_eq!(ids(scene.take(scene.clerk, id, "review").await), ["review-own-text"]);
        assert_eq!(scene.tasks(scene.clerk).await, []);
        // Who lent it has not written it, and takes it in their own right.
        scene.take(scene.reviewer, id, "review").await.expect("approved");
        scene.mail().await;
        test.close().await;
    }

    async fn not_by_somebody_to_whom_they_lent_a_role(test) {
        let scene = Scene::new(&test).await;
        let author = person(&test, "author", scene.bureau, &[Role::Clerk, Role::Reviewer]).await;
        let colleague = person(&test, "colleague", scene.bureau, &[]).await;
        lend(&test, author, colleague, scene.bureau, Role::Reviewer).await;
        let id = scene.handed_in(author).await;
        assert_eq!(ids(scene.take(colleague, id, "review").await), ["review-own-text"]);
        assert_eq!(scene.tasks(colleague).await, []);
        // Of somebody else's text they take the step for the lender.
        let other = scene.handed_in(scene.clerk).await;
        scene.take(colleague, other, "review").await.expect("approved");
        let seen = scene.see(other).await;
        let entries = timeline::entries(Words::of(Language::Chinese), &seen);
        let last = entries.last().expect("an entry");
        assert_eq!((last.person.as_str(), last.acting_for.as_deref()), ("colleague·𬴂", Some("author·𬴂")));
        scene.mail().await;
        test.close().await;
    }

    async fn not_with_another_token(test) {
        let scene = Scene::new(&test).await;
        let both = person(&test, "both", scene.bureau, &[Role::Clerk, Role::Reviewer]).await;
        let (one, other) = (scene.signed(both).await, scene.signed(both).await);
        assert_ne!(one.session.digest, other.session.digest);
        let id = scene.write(both, Matter::Document).await;
        let digest = scene.digest(id).await;
        steps::hand_in(scene.house(), &one, &scene.sent(), id, &digest, "").await.expect("handed in");
        let asked = Asked { step: "review".to_owned(), digest, approved: true, ..Asked::default() };
        let taken = steps::take(scene.house(), &other, &scene.sent(), id, &asked).await;
        assert_eq!(ids(taken), ["review-own-text"]);
        scene.mail().await;
        test.close().await;
    }

    async fn not_what_they_changed_a_word_of(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        scene.change(scene.reviewer, id, "第一段\n第二段，改一字").await.expect("changed");
        scene.change(scene.clerk, id, "第一段\n第二段").await.expect("changed back");
        let second = person(&test, "second", scene.bureau, &[Role::Reviewer]).await;
        scene.hand_in(scene.clerk, id, "").await.expect("handed in");
        assert_eq!(ids(scene.take(scene.reviewer, id, "review").await), ["review-own-text"]);
        scene.take(second, id, "review").await.expect("approved");
        scene.mail().await;
        test.close().await;
    }

    async fn not_what_was_written_in_their_place(test) {
        let scene = Scene::new(&test).await;
        let lender = person(&test, "lender", scene.bureau, &[Role::Handler, Role::Reviewer]).await;
        let writer = person(&test, "writer", scene.bureau, &[]).await;
        lend(&test, lender, writer, scene.bureau, Role::Handler).await;
        let id = scene.handed_in(writer).await;
        assert_eq!(ids(scene.take(lender, id, "review").await), ["review-own-text"]);
        // Withdrawn and begun anew, they have written it still.
        let signed = scene.signed(writer).await;
        steps::withdraw(scene.house(), &signed, &scene.sent(), id).await.expect("taken back");
        scene.hand_in(writer, id, "").await.expect("handed in");
        assert_eq!(ids(scene.take(lender, id, "review").await), ["review-own-text"]);
        scene.mail().await;
        test.close().await;
    }

    async fn not_by_handing_it_in_for_somebody_after_they_approved_it(test) {
        let scene = Scene::new(&test).await;
        let lender = person(&test, "lender", scene.bureau, &[Role::Clerk]).await;
        lend(&test, lender, scene.reviewer, scene.bureau, Role::Clerk).await;
        let id = scene.handed_in(lender).await;
        scene.take(scene.reviewer, id, "review").await.expect("approved");
        scene.give_back(scene.legal, id, "legal", &[("", "改")]).await.expect("returned");
        let second = person(&test, "second", scene.bureau, &[Role::Reviewer]).await;
        scene.hand_in(scene.reviewer, id, "已核对").await.expect("handed in for the lender");
        assert_eq!(scene.tasks(second).await, [(id, "review".to_owned())], "it is looked at anew");
        assert_eq!(ids(scene.take(scene.reviewer, id, "review").await), ["review-own-text"]);
        // Withdrawn and begun anew, they have had a part in it still.
        let signed = scene.signed(lender).await;
        steps::withdraw(scene.house(), &signed, &scene.sent(), id).await.expect("taken back");
        scene.hand_in(lender, id, "").await.expect("handed in");
        assert_eq!(ids(scene.take(scene.reviewer, id, "review").await), ["review-own-text"]);
        scene.mail().await;
        test.close().await;
    }

    async fn nothing_is_handed_in_again_where_nobody_is_left_for_a_step(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        scene.give_back(scene.reviewer, id, "review", &[("", "改")]).await.expect("returned");
        scene.change(scene.reviewer, id, "第一段，改").await.expect("changed by the only reviewer");
        assert_eq!(ids(scene.hand_in(scene.clerk, id, "").await), ["chain-nobody"]);
        assert_eq!(scene.state(id).await, State::Returned);
        person(&test, "second", scene.bureau, &[Role::Reviewer]).await;
        scene.hand_in(scene.clerk, id, "").await.expect("handed in");
        scene.mail().await;
        test.close().await;
    }

    async fn and_nobody_hurries_their_own(test) {
        let scene = Scene::new(&test).await;
        let chief = person(&test, "chief", scene.bureau, &[Role::Clerk, Role::Leader]).await;
        let id = scene.handed_in(chief).await;
        scene.take(scene.reviewer, id, "review").await.expect("approved");
        scene.take(scene.secrecy, id, "secrecy").await.expect("approved");
        assert_eq!(ids(scene.hurry(chief, id, "汛情").await), ["review-own-text"]);
        assert_eq!(scene.trail(Action::ReviewUrgent, Outcome::Denied).await, 1, "that they tried");
        scene.mail().await;
        test.close().await;
    }

    async fn who_stands_in_acts_no_second_time(test) {
        let scene = Scene::new(&test).await;
        lend(&test, scene.leader, scene.reviewer, scene.bureau, Role::Leader).await;
        let id = scene.handed_in(scene.clerk).await;
        for (by, step) in [(scene.reviewer, "review"), (scene.secrecy, "secrecy"), (scene.legal, "legal")] {
            scene.take(by, id, step).await.expect("approved");
        }
        assert_eq!(ids(scene.take(scene.reviewer, id, "sign").await), ["hands-twice-by-delegation"]);
        assert_eq!(scene.trail(Action::ReviewTake, Outcome::Denied).await, 1, "that they tried");
        scene.mail().await;
        test.close().await;
    }
}
