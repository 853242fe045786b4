//! One submission to several bodies: each has a case of its own, and whoever shows one
//! code finds all of them, and nobody else's.

use gongkai_app::requests::{self, BESIDE, RequestError, Ticket, Tracked, parts, recoding};
use gongkai_domain::requests::case::{Event, State};
use gongkai_testkit::in_both_houses;
use gongkai_testkit::requests::{signed, tail, typed, visitor};

use super::end;
use super::scene::{Scene, served};

in_both_houses! {
    async fn what_one_submission_filed_with_several_bodies_is_found_by_any_code(test) {
        let scene = Scene::new(&test).await;
        let (house, own, other) = (&test.house, scene.bureau.own, scene.bureau.other);
        scene.on("2026-11-23");
        let stranger = scene.file(2).await;
        let first = scene.file(1).await;
        let to = (other, first.id);
        let form = (house.token(), typed(1));
        let second = served(requests::file_beside(house, visitor(), &form.0, to, &form.1, &[])).await.expect("filed");
        let again = served(requests::file_beside(house, visitor(), &form.0, to, &form.1, &[])).await.expect("filed");
        assert_eq!((second.id, &second.number), (again.id, &again.number), "sent twice, filed once");
        let codes = [&first, &second, &stranger].map(|filed| filed.code.to_string());
        let contacts = [tail(1), tail(1), tail(2)];
        let track = async |at: usize, way: &str| -> Result<Tracked, RequestError> {
            let ticket = Ticket::new(&codes[at], &contacts[at]).of_part(way);
            served(requests::track(house, ticket)).await
        };
        let bodies = |tracked: &Tracked| {
            let all = tracked.beside.iter().map(|one| one.organization);
            (tracked.organization, all.collect::<Vec<_>>())
        };
        assert_eq!(bodies(&track(0, "").await.expect("tracked")), (own, vec![other]));
        assert_eq!(bodies(&track(1, "").await.expect("tracked")), (other, vec![own]));
        assert_eq!(bodies(&track(2, "").await.expect("tracked")), (own, vec![]));
        // A step to the other one, from either; from there the others are a step back.
        let (to_other, to_own) = (format!("{BESIDE}{other}"), format!("{BESIDE}{own}"));
        let found = track(0, &to_other).await.expect("tracked");
        assert_eq!((bodies(&found), &found.number), ((other, vec![]), &second.number));
        assert_eq!(track(1, &to_own).await.expect("tracked").number, first.number);
        // And to a matter that was set apart there.
        let clerk = signed(house, scene.bureau.clerk).await;
        let (seen, key) = (scene.seen(first.id).await, house.token());
        let part = served(parts::split(house, &clerk, &key, seen, "合同的附件清单")).await.expect("set apart");
        let number = scene.see(scene.bureau.clerk, part).await.kept.number;
        let apart = track(1, &format!("{to_own}/{number}")).await.expect("tracked");
        assert_eq!((apart.id, apart.subject.as_str()), (part, "合同的附件清单"));
        assert_eq!(track(1, "").await.expect("tracked").beside[0].parts.len(), 1);
        // No other way leads anywhere, however long it is.
        let long = format!("{to_own}/{to_other}/").repeat(200);
        for way in ["beside-", "beside-999999", "beside-x", "/", "//", &to_own, &long,
            &format!("{to_other}/{number}"), &format!("{to_other}/{to_own}"), &format!("{number}/{to_other}")] {
            let none = track(0, way).await;
            assert!(matches!(none, Err(RequestError::Missing)), "{way}");
        }
        for way in [&to_other, &number] {
            let none = track(2, way).await;
            assert!(matches!(none, Err(RequestError::Missing)), "a stranger, {way}");
        }
        // Whoever has a new code is found by it alone.
        let (seen, key) = (scene.seen(stranger.id).await, house.token());
        served(recoding::renew(house, &clerk, &key, seen, "核对身份证原件")).await.expect("a new code");
        assert_eq!(track(1, "").await.expect("tracked").beside.len(), 1, "of others nothing changed");
        // What is done there is done there alone.
        let ticket = Ticket::new(&codes[0], &contacts[0]).of_part(&to_other);
        let key = house.token();
        served(requests::withdraw(house, visitor(), &key, ticket, "")).await.expect("taken back");
        let state = async |id| scene.see(scene.bureau.clerk, id).await.case.state().clone();
        assert_eq!(state(first.id).await, State::AwaitingConfirmation);
        let other = track(1, "").await.expect("tracked");
        let (seen, key) = (scene.seen(first.id).await, house.token());
        served(recoding::renew(house, &clerk, &key, seen, "核对身份证原件")).await.expect("a new code");
        assert!(matches!(track(1, &to_own).await, Err(RequestError::Missing)), "not by another's code");
        assert!(matches!(track(0, "").await, Err(RequestError::Missing)), "nor by the old one");
        assert!(other.timeline.iter().any(|(_, what)| what.step() == Some(&Event::Withdrawn)));
        end(test).await;
    }
}
