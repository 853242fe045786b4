//! Chains of bodies: inherited, set, kept in versions, and refused where they
//! could never be walked.

use super::*;
use gongkai_app::review::chains::{self, Shown, hindered};
use gongkai_domain::review::chain::{Chain, ChainData, StepData};
use gongkai_store::settings::{self, Setting};

/// A chain of one review and one signature.
fn short(first: Role, last: Role, hands: u8) -> Chain {
    let step = |key: &str, kind: &str, role: Role| StepData {
        key: key.to_owned(),
        name: key.to_owned(),
        kind: kind.to_owned(),
        role: role.key().to_owned(),
        days: Some(2),
        stands_in: None,
    };
    let data = ChainData {
        stages: vec![
            vec![step("look", "review", first)],
            vec![step("sign", "signature", last)],
        ],
        hands,
        urgent_by: None,
    };
    Chain::from_data(&data).expect("a chain")
}

impl Scene<'_> {
    async fn set(
        &self,
        by: PersonId,
        at: OrganizationId,
        seen: i64,
        chain: Option<&Chain>,
    ) -> Result<(), ReviewError> {
        let (signed, sent) = (self.signed(by).await, self.sent());
        chains::change(
            self.house(),
            &signed,
            &sent,
            at,
            Matter::Document,
            seen,
            chain,
        )
        .await
    }

    async fn chain(&self, by: PersonId, at: OrganizationId) -> Shown {
        let signed = self.signed(by).await;
        let shown = chains::see(self.house(), &signed, at, Matter::Document).await;
        shown.expect("seen")
    }
}

in_both_houses! {
    async fn a_body_follows_the_nearest_above_that_has_a_chain(test) {
        let county = found(&test, "云溪县人民政府", OrganizationKind::Government, None).await;
        let scene = Scene::new(&test).await;
        let below = found(&test, "云溪县水务站", OrganizationKind::Institution, Some(scene.bureau)).await;
        let of_below = person(&test, "of-below", below, &[Role::OfficeHead]).await;
        assert_eq!(scene.chain(of_below, below).await.in_force.of, None);
        let own = short(Role::Reviewer, Role::OfficeHead, 2);
        scene.set(scene.head, scene.bureau, 0, Some(&own)).await.expect("set");
        let shown = scene.chain(of_below, below).await;
        assert_eq!((shown.in_force.of, shown.in_force.version), (Some(scene.bureau), 1));
        assert_eq!(shown.in_force.chain, own);
        assert!(!shown.lacking.is_empty(), "nobody reviews there yet");
        let elsewhere = person(&test, "elsewhere", county, &[Role::OfficeHead]).await;
        assert_eq!(scene.chain(elsewhere, county).await.in_force.of, None);
        // Let go of, the usual one counts again, and the version is kept.
        scene.set(scene.head, scene.bureau, 1, None).await.expect("let go");
        let shown = scene.chain(scene.head, scene.bureau).await;
        assert_eq!((shown.in_force.of, shown.version, shown.past.len()), (None, 2, 2));
        assert_eq!(shown.past[1].chain.as_ref(), Some(&own));
        test.close().await;
    }

    async fn what_is_under_way_keeps_the_chain_with_which_it_began(test) {
        let scene = Scene::new(&test).await;
        let before = scene.handed_in(scene.clerk).await;
        let own = short(Role::Reviewer, Role::OfficeHead, 2);
        scene.set(scene.head, scene.bureau, 0, Some(&own)).await.expect("set");
        let after = scene.handed_in(scene.clerk).await;
        scene.take(scene.reviewer, after, "look").await.expect("approved");
        assert_eq!(scene.take(scene.head, after, "sign").await.expect("signed"), State::Approved);
        scene.approved_by_all(before).await;
        assert_eq!(scene.state(before).await, State::Approved);
        let seen = scene.see(after).await;
        let kept = &seen.review().expect("a review").kept;
        assert_eq!((kept.chain_of, kept.chain_version), (Some(scene.bureau), 1));
        scene.mail().await;
        test.close().await;
    }

    async fn a_chain_that_nobody_could_walk_is_refused(test) {
        let scene = Scene::new(&test).await;
        let nobody = short(Role::Handler, Role::OfficeHead, 2);
        assert_eq!(ids(scene.set(scene.head, scene.bureau, 0, Some(&nobody)).await), ["chain-nobody"]);
        // One person in both steps is one hand.
        grant(&test, scene.head, scene.bureau, Role::Handler).await;
        scene.set(scene.head, scene.bureau, 0, Some(&nobody)).await.expect("two hands with the writer");
        let three = short(Role::Handler, Role::OfficeHead, 3);
        assert_eq!(ids(scene.set(scene.head, scene.bureau, 1, Some(&three)).await), ["chain-hands-unmet"]);
        // What the head writes cannot get through the one that is set.
        let shown = scene.chain(scene.head, scene.bureau).await;
        assert_eq!(hindered(&shown.in_force.chain, &shown.staff), BTreeSet::from([scene.head]));
        let id = scene.write(scene.head, Matter::Document).await;
        assert_eq!(ids(scene.hand_in(scene.head, id, "").await), ["chain-nobody", "chain-nobody"]);
        assert_eq!(scene.rows("reviews").await, 0);
        test.close().await;
    }

    async fn nobody_sets_a_chain_without_what_the_law_needs(test) {
        let scene = Scene::new(&test).await;
        let signed = scene.signed(scene.head).await;
        let own = short(Role::Reviewer, Role::OfficeHead, 2);
        let refused = async |matter, chain: &Chain| {
            let previewed = chains::preview(scene.house(), &signed, scene.bureau, matter, chain).await;
            let (_, wrong) = previewed.expect("a preview");
            let set = chains::change(scene.house(), &signed, &scene.sent(), scene.bureau, matter, 0, Some(chain)).await;
            let previewed = ids::<()>(Err(wrong.into()));
            assert_eq!(ids(set), previewed);
            previewed
        };
        // What is published is looked through for secrets.
        assert_eq!(refused(Matter::Publication, &own).await, ["chain-needs-secrecy"]);
        let mut unsigned = own.to_data();
        unsigned.stages.pop();
        let unsigned = Chain::from_data(&unsigned).expect("a chain");
        assert_eq!(refused(Matter::Document, &unsigned).await, ["chain-needs-signature"]);
        assert_eq!(refused(Matter::Publication, &unsigned).await, ["chain-needs-secrecy", "chain-needs-signature"]);
        assert_eq!(scene.rows("review_chains").await, 0);
        test.close().await;
    }

    async fn that_a_chain_was_set_is_told_with_its_steps(test) {
        let scene = Scene::new(&test).await;
        let own = short(Role::Reviewer, Role::OfficeHead, 2);
        scene.set(scene.head, scene.bureau, 0, Some(&own)).await.expect("set");
        scene.set(scene.head, scene.bureau, 1, None).await.expect("let go");
        let mut tx = test.house.db.read().await.expect("a state");
        let wanted = Search { action: Some(Action::ReviewChainsChange.key().to_owned()), ..Search::default() };
        let found = search(&mut tx, &wanted, i64::MAX, 10).await.expect("the trail");
        tx.roll_back().await.expect("ended");
        let details: Vec<serde_json::Value> = found.iter().map(|one| serde_json::from_str(&one.entry.detail).expect("JSON")).collect();
        let set = serde_json::json!(["1 look review reviewer", "2 sign signature office_head"]);
        let told = details.iter().find(|detail| detail["version"] == 1).expect("the first");
        assert_eq!(told["steps"], set);
        let told = details.iter().find(|detail| detail["version"] == 2).expect("the second");
        assert_eq!(told["before"]["stages"][1][0]["role"], "office_head");
        test.close().await;
    }

    async fn no_chain_asks_for_fewer_hands_than_the_installation(test) {
        let scene = Scene::new(&test).await;
        let mut tx = test.house.db.write().await.expect("a turn");
        let four = Setting { name: "policy.hands_min".to_owned(), value: "4".to_owned(), version: 0 };
        settings::put(&mut tx, &four, "security", test.house.now()).await.expect("set");
        tx.commit().await.expect("kept");
        assert_eq!(scene.chain(scene.head, scene.bureau).await.in_force.chain.hands().people(), 4);
        let own = short(Role::Reviewer, Role::OfficeHead, 2);
        assert_eq!(ids(scene.set(scene.head, scene.bureau, 0, Some(&own)).await), ["chain-too-few-hands"]);
        test.close().await;
    }

    async fn only_the_head_of_the_office_sets_it_and_of_two_at_once_one(test) {
        let scene = Scene::new(&test).await;
        let own = short(Role::Reviewer, Role::OfficeHead, 2);
        assert_eq!(ids(scene.set(scene.clerk, scene.bureau, 0, Some(&own)).await), ["denied-role"]);
        let other = found(&test, "云溪县财政局", OrganizationKind::Department, None).await;
        let concealed = scene.set(scene.head, other, 0, Some(&own)).await;
        assert!(matches!(concealed, Err(ReviewError::Missing)), "{concealed:?}");
        let both = tokio::join!(
            scene.set(scene.head, scene.bureau, 0, Some(&own)),
            scene.set(scene.head, scene.bureau, 0, Some(&own)),
        );
        let outcomes = [both.0, both.1];
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        let late = outcomes.iter().find(|outcome| outcome.is_err());
        assert!(matches!(late, Some(Err(ReviewError::Changed(1)))), "{late:?}");
        assert_eq!(scene.trail(Action::ReviewChainsChange, Outcome::Done).await, 1);
        test.close().await;
    }

    async fn a_publication_goes_through_three_reviews_and_three_proofs(test) {
        let scene = Scene::new(&test).await;
        let id = scene.write(scene.clerk, Matter::Publication).await;
        let lacking = ids(scene.hand_in(scene.clerk, id, "").await);
        assert_eq!(lacking, ["chain-nobody", "chain-nobody"], "一校 and 三校");
        let handler = person(&test, "handler", scene.bureau, &[Role::Handler]).await;
        let second = person(&test, "second", scene.bureau, &[Role::Clerk]).await;
        scene.hand_in(scene.clerk, id, "").await.expect("handed in");
        for (by, step) in [
            (handler, "proof1"),
            (scene.reviewer, "first"),
            (scene.secrecy, "secrecy"),
            (scene.reviewer, "proof2"),
            (scene.head, "second"),
            (second, "proof3"),
            (scene.leader, "final"),
        ] {
            scene.take(by, id, step).await.expect("approved");
        }
        assert_eq!(scene.state(id).await, State::Approved);
        scene.mail().await;
        test.close().await;
    }
}
