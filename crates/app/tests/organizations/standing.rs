//! The bodies in memory: the same as in the store, whoever changed them.

use super::*;
use gongkai_app::house::House;
use gongkai_app::organization::Bodies;
use gongkai_store::Db;

/// Another node of the installation, with a memory of its own.
async fn other_node(test: &TestHouse) -> House {
    let db = Db::open(&test.test.options).await.expect("the database");
    House {
        db,
        bodies: Arc::default(),
        ..test.house.clone()
    }
}

async fn seen(house: &House) -> Arc<Bodies> {
    let mut tx = house.db.read().await.expect("a state");
    house.bodies.seen(&mut tx).await.expect("the bodies")
}

fn names(bodies: &Bodies) -> Vec<String> {
    let bodies = bodies.tree.bodies().iter();
    bodies.map(|body| body.name.clone()).collect()
}

in_both_houses! {
    async fn a_change_on_one_node_is_seen_at_once_by_another(test) {
        let (here, there) = (&test.house, &other_node(&test).await);
        let [.., finance, section, _] = city(&test).await;
        let (ours, theirs) = (seen(here).await, seen(there).await);
        assert_eq!(names(&theirs), names(&ours));
        let kept = served(organization::see(here, &who(), &administrator(), finance)).await.expect("seen");
        let named = |name: &str| Organization { name: name.to_owned(), ..kept.body.clone() };
        for (node, other, version, name) in [(here, there, 1, "𬴂𫓧局"), (there, here, 2, "𩽾·局")] {
            let seen_version = Version { id: finance, version };
            served(organization::change(node, &who(), &administrator(), seen_version, &named(name))).await.expect("changed");
            for house in [other, node] {
                let bodies = seen(house).await;
                let body = bodies.tree.get(finance).expect("there");
                assert_eq!((body.name.as_str(), bodies.versions[&finance]), (name, version + 1));
            }
        }
        // What may be done is decided by it: whoever works there sees the section
        // as long as it is theirs.
        let clerk = actor(Role::Clerk, Some(finance));
        served(organization::see(there, &who(), &clerk, section)).await.expect("theirs");
        let moved = Organization { name: "办公室".to_owned(), ..kept.body.clone() };
        let seen_version = Version { id: section, version: 1 };
        served(organization::change(here, &who(), &administrator(), seen_version, &moved)).await.expect("moved");
        let gone = served(organization::see(there, &who(), &clerk, section)).await;
        assert!(matches!(gone, Err(OrganizationError::NotFound)), "{gone:?}");
        there.db.close().await;
        test.close().await;
    }

    async fn bodies_are_loaded_once_for_each_change(test) {
        city(&test).await;
        let first = seen(&test.house).await;
        assert!(Arc::ptr_eq(&first, &seen(&test.house).await));
        served(organization::list(&test.house, &who(), &administrator(), &Query::default())).await.expect("a page");
        assert!(Arc::ptr_eq(&first, &seen(&test.house).await), "reading changes nothing");
        // A try that was refused is no change.
        let taken = create(&test, &entry("济南市人民政府", OrganizationKind::Government, None)).await;
        assert!(taken.is_err());
        assert!(Arc::ptr_eq(&first, &seen(&test.house).await));
        found(&test, "甲局", OrganizationKind::Department, None).await;
        let next = seen(&test.house).await;
        assert_eq!(next.tree.bodies().len(), first.tree.bodies().len() + 1);
        assert!(Arc::ptr_eq(&next, &seen(&test.house).await));
        test.close().await;
    }

    async fn one_who_reads_a_past_state_sees_that_and_puts_nothing_back(test) {
        city(&test).await;
        let mut past = test.house.db.read().await.expect("a state");
        let before = test.house.bodies.seen(&mut past).await.expect("the bodies");
        found(&test, "甲局", OrganizationKind::Department, None).await;
        let now = seen(&test.house).await;
        let again = test.house.bodies.seen(&mut past).await.expect("the bodies");
        assert_eq!(names(&again), names(&before));
        drop(past);
        assert!(Arc::ptr_eq(&now, &seen(&test.house).await));
        test.close().await;
    }
}
