//! The room of organizations, each case on both engines.

use gongkai_domain::organization::codes::{CreditCode, DivisionCode};
use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::organization::roles::{Grant, Role};
use gongkai_domain::organization::succession::{Succession, SuccessionKind};
use gongkai_domain::organization::{
    DisclosureOffice, OpenWays, Organization, OrganizationId, OrganizationKind, PersonId, Validity,
};
use gongkai_store::blobs::{self, Blob};
use gongkai_store::organization::{self, Filter, TableBrought};
use gongkai_store::people::{self, NewPerson, Sealed, moving};
use gongkai_store::{Db, Engine, Migrations, Options, StoreError, Tx, copy};
use gongkai_testkit::database::{Cluster, Folder, TestDb, empty};
use gongkai_testkit::on_both_engines;
use jiff::Timestamp;
use jiff::civil::date;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("an instant")
}

fn body(name: &str) -> Organization {
    let since = Validity::since(date(2000, 1, 1));
    Organization::draft(name, OrganizationKind::Department, since)
}

/// A body with something in every field.
fn whole(parent: OrganizationId) -> Organization {
    let text = ToOwned::to_owned;
    Organization {
        parent: Some(parent),
        supervisor: Some(parent),
        vertical: Some(parent),
        short_name: text("市财政局"),
        credit_code: Some(CreditCode::parse("91330100799655058B").expect("a code")),
        division: Some(DivisionCode::parse("370102").expect("a code")),
        validity: Validity::new(date(2001, 2, 3), Some(date(2099, 4, 5))).expect("days"),
        office: DisclosureOffice {
            name: text("办公室"),
            head: Some(PersonId(7)),
            address: text("𬴂路 1 号"),
            postcode: text("250000"),
            hours: text("9:00–17:00"),
            phone: text("0531-1"),
            fax: text("0531-2"),
            mail: text("a@b.gov.cn"),
            classification: text("按主题分类"),
            arrangement: text("按年份编排"),
            obtaining: text("公开专栏"),
            open: OpenWays::but("fax"),
        },
        ..body("济南市𫓧𩽾·财政局")
    }
}

async fn insert(tx: &mut Tx, body: &Organization) -> OrganizationId {
    organization::insert(tx, body, at(0)).await.expect("kept")
}

async fn fill(db: &Db, names: &[&str]) -> Vec<OrganizationId> {
    let mut tx = db.write().await.expect("a turn");
    let mut ids = Vec::new();
    for name in names {
        ids.push(insert(&mut tx, &body(name)).await);
    }
    tx.commit().await.expect("kept");
    ids
}

async fn names(tx: &mut Tx, reach: &Reach, text: &str) -> Vec<String> {
    let filter = Filter { reach, text };
    let page = organization::page(tx, filter, None, 100)
        .await
        .expect("a page");
    let count = organization::count(tx, filter).await.expect("a count");
    assert_eq!(usize::try_from(count), Ok(page.len()), "{reach:?} {text:?}");
    page.into_iter().map(|kept| kept.body.name).collect()
}

on_both_engines! {
    async fn a_body_is_had_as_it_was_kept(test: TestDb) {
        let mut tx = test.db.write().await.expect("a turn");
        let top = insert(&mut tx, &body("济南市人民政府")).await;
        let id = insert(&mut tx, &whole(top)).await;
        tx.commit().await.expect("kept");
        let mut tx = test.db.read().await.expect("a state");
        let kept = organization::get(&mut tx, id).await.expect("read").expect("a body");
        assert_eq!(kept.body, Organization { id, ..whole(top) });
        assert_eq!((kept.version, kept.changed_at), (1, at(0)));
        assert_eq!(organization::get(&mut tx, OrganizationId(99)).await.expect("read"), None);
        assert_eq!(organization::all(&mut tx).await.expect("all").len(), 2);
    }

    async fn a_body_that_was_changed_meanwhile_is_a_conflict(test: TestDb) {
        let id = fill(&test.db, &["甲局"]).await[0];
        let changed = Organization { id, ..body("乙局") };
        let mut tx = test.db.write().await.expect("a turn");
        organization::update(&mut tx, &changed, 1, at(5)).await.expect("changed");
        let late = organization::update(&mut tx, &changed, 1, at(6)).await;
        assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
        let kept = organization::get(&mut tx, id).await.expect("read").expect("a body");
        assert_eq!((kept.body, kept.version, kept.changed_at), (changed, 2, at(5)));
    }

    async fn only_what_is_reached_is_listed_counted_and_found(test: TestDb) {
        let ids = fill(&test.db, &["甲局", "乙局", "丙局"]).await;
        let mut tx = test.db.read().await.expect("a state");
        let some = Reach::Of(vec![ids[0], ids[2]]);
        assert_eq!(names(&mut tx, &Reach::All, "").await, ["丙局", "乙局", "甲局"]);
        assert_eq!(names(&mut tx, &some, "").await, ["丙局", "甲局"]);
        assert_eq!(names(&mut tx, &some, "甲").await, ["甲局"]);
        for (reach, text) in [(&some, "乙"), (&Reach::Nothing, ""), (&Reach::Nothing, "甲"), (&Reach::Of(vec![]), "")] {
            assert_eq!(names(&mut tx, reach, text).await, <[&str; 0]>::default());
        }
    }

    async fn a_body_is_found_by_part_of_its_names_or_code(test: TestDb) {
        let mut tx = test.db.write().await.expect("a turn");
        let top = insert(&mut tx, &body("100%_Office!")).await;
        insert(&mut tx, &whole(top)).await;
        insert(&mut tx, &body("100 offices")).await;
        for (text, found) in [
            ("𫓧𩽾·", "济南市𫓧𩽾·财政局"),
            ("市财政", "济南市𫓧𩽾·财政局"),
            ("655058b", "济南市𫓧𩽾·财政局"),
            ("0%", "100%_Office!"),
            ("_OFF", "100%_Office!"),
            ("e!", "100%_Office!"),
            ("0 OFF", "100 offices"),
        ] {
            assert_eq!(names(&mut tx, &Reach::All, text).await, [found], "{text}");
        }
    }

    async fn pages_follow_one_another_in_one_order_on_both_engines(test: TestDb) {
        let given = ["𬴂局", "·局", "a局", "B局", "甲局", "甲局", "𩽾局", "乙局"];
        fill(&test.db, &given).await;
        let filter = Filter { reach: &Reach::All, text: "" };
        let mut tx = test.db.read().await.expect("a state");
        let (mut found, mut last) = (Vec::new(), None::<(String, OrganizationId)>);
        loop {
            let after = last.as_ref().map(|(name, id)| (name.as_str(), *id));
            let page = organization::page(&mut tx, filter, after, 3).await.expect("a page");
            let Some(end) = page.last() else { break };
            last = Some((end.body.name.clone(), end.body.id));
            found.extend(page.into_iter().map(|kept| kept.body.name));
        }
        let mut expected = given.map(ToOwned::to_owned).to_vec();
        expected.sort();
        assert_eq!(found, expected);
    }

    async fn successions_and_tables_are_kept(test: TestDb) {
        let ids = fill(&test.db, &["甲局", "乙局", "丙局"]).await;
        let mut tx = test.db.write().await.expect("a turn");
        let later = Succession {
            kind: SuccessionKind::Merged,
            on: date(2026, 3, 1),
            basis: "济政发〔2026〕1号".to_owned(),
            from: vec![ids[0], ids[1]],
            to: vec![ids[2]],
        };
        let earlier = Succession { on: date(2025, 3, 1), to: vec![], kind: SuccessionKind::Abolished, ..later.clone() };
        for succession in [&later, &earlier] {
            organization::insert_succession(&mut tx, succession, "li", at(1)).await.expect("kept");
        }
        let kept = organization::successions(&mut tx).await.expect("all");
        let made: Vec<&Succession> = kept.iter().map(|kept| &kept.succession).collect();
        assert_eq!(made, [&earlier, &later]);
        assert_eq!((kept[0].id, kept[0].done_by.as_str(), kept[0].done_at), (2, "li", at(1)));
        let blob = Blob { digest: "d".to_owned(), size: 1, key: "k".to_owned(), created_at: at(0) };
        let table = TableBrought { at: at(2), by: "li".to_owned(), file_name: "机关.xlsx".to_owned(), rows: 3, blob: blob.digest.clone() };
        blobs::add(&mut tx, &blob).await.expect("named");
        let id = organization::insert_import(&mut tx, &table).await.expect("kept");
        assert_eq!(organization::imports(&mut tx, i64::MAX, 5).await.expect("a list"), [(id, table)]);
        assert_eq!(organization::imports(&mut tx, id, 5).await.expect("a list"), []);
    }

    async fn bodies_that_name_later_ones_are_copied_to_either_engine(test: TestDb) {
        let mut tx = test.db.write().await.expect("a turn");
        organization::lock(&mut tx).await.expect("alone");
        let section = insert(&mut tx, &body("办公室")).await;
        let top = insert(&mut tx, &body("甲局")).await;
        let tied = Organization { id: section, supervisor: Some(top), ..body("办公室") };
        organization::tie(&mut tx, &tied).await.expect("tied");
        organization::update(&mut tx, &Organization { parent: Some(top), ..tied }, 1, at(1)).await.expect("changed");
        tx.commit().await.expect("kept");
        let folder = Folder::new();
        for engine in [Engine::Postgres, Engine::Sqlite] {
            let target = Db::open_migrated(&empty(engine, &folder), Migrations::Main).await.expect("a database");
            let copied = copy::copy(&test.db, &target).await.expect("copied");
            assert_eq!(copied["organizations"].rows, 2);
            assert_eq!(copied, copy::contents(&target).await.expect("what is there"));
        }
    }

    async fn a_body_that_names_nobody_is_not_kept(test: TestDb) {
        let mut tx = test.db.write().await.expect("a turn");
        insert(&mut tx, &whole(OrganizationId(99))).await;
        assert!(tx.commit().await.is_err());
    }

    async fn changes_are_counted_and_those_alone_that_were_kept(test: TestDb) {
        let seen = async || {
            let mut tx = test.db.read().await.expect("a state");
            organization::changes(&mut tx).await.expect("a count")
        };
        assert_eq!(seen().await, 0);
        for before in 0..2 {
            let mut tx = test.db.write().await.expect("a turn");
            assert_eq!(organization::lock(&mut tx).await.expect("alone"), before);
            assert_eq!(seen().await, before, "nobody sees what is not kept");
            tx.commit().await.expect("kept");
        }
        let mut reading = test.db.read().await.expect("a state");
        assert_eq!(organization::changes(&mut reading).await.expect("a count"), 2);
        let mut tx = test.db.write().await.expect("a turn");
        organization::lock(&mut tx).await.expect("alone");
        insert(&mut tx, &body("甲局")).await;
        tx.commit().await.expect("kept");
        // One who reads sees the count and the bodies of one state.
        assert_eq!(organization::changes(&mut reading).await.expect("a count"), 2);
        assert!(organization::all(&mut reading).await.expect("all").is_empty());
        let mut tx = test.db.write().await.expect("a turn");
        organization::lock(&mut tx).await.expect("alone");
        tx.roll_back().await.expect("taken back");
        assert_eq!(seen().await, 3);
    }

    async fn people_of_a_body_that_ends_go_elsewhere(test: TestDb) {
        let ids = fill(&test.db, &["甲局", "乙局"]).await;
        let (first, other) = (ids[0], ids[1]);
        let mut tx = test.db.write().await.expect("a turn");
        let mut add = async |login: &str, place| {
            let new = NewPerson {
                login: login.to_owned(),
                login_key: login.to_owned(),
                display_name: "李𬴂·阿布".to_owned(),
                organization: Some(place),
                key: "k".to_owned(),
                phone: Sealed::default(),
                mail: Sealed::default(),
            };
            people::add(&mut tx, &new, at(0)).await.expect("added")
        };
        let (li, wang) = (add("li", first).await, add("wang", other).await);
        let grant = |person, organization, until| Grant {
            person,
            organization: Some(organization),
            role: Role::Clerk,
            validity: Validity::new(date(2020, 1, 1), until).expect("days"),
        };
        let mut give = async |grant: Grant| people::grant(&mut tx, &grant, None, at(0)).await.expect("granted");
        give(grant(li, first, Some(date(2025, 12, 31)))).await;
        let held = grant(wang, first, Some(date(2026, 1, 1)));
        let id = give(held).await;
        give(grant(wang, other, None)).await;
        assert_eq!(moving::people_at(&mut tx, &[first]).await.expect("a list"), [li]);
        assert_eq!(moving::people_at(&mut tx, &[]).await.expect("a list"), []);
        let found = moving::grants_at(&mut tx, &[first], date(2026, 1, 1)).await.expect("a list");
        assert_eq!(found, [(id, held)], "what had ended by then is past");
        moving::move_person(&mut tx, li, other).await.expect("moved");
        let moved = people::get(&mut tx, li).await.expect("read").expect("there");
        assert_eq!((moved.organization, moved.version), (Some(other), 2));
        let nobody = moving::move_person(&mut tx, PersonId(99), other).await;
        assert!(matches!(nobody, Err(StoreError::Conflict)), "{nobody:?}");
    }

    async fn changes_of_the_tree_come_one_after_another(test: TestDb) {
        let all: Vec<_> = (0..8)
            .map(|_| {
                let db = test.db.clone();
                tokio::spawn(async move {
                    let mut tx = db.write().await.expect("a turn");
                    organization::lock(&mut tx).await.expect("alone");
                    let before = organization::all(&mut tx).await.expect("all").len();
                    insert(&mut tx, &body(&before.to_string())).await;
                    tx.commit().await.expect("kept");
                })
            })
            .collect();
        for one in all {
            one.await.expect("it ends");
        }
        let mut tx = test.db.read().await.expect("a state");
        let expected = ["0", "1", "2", "3", "4", "5", "6", "7"];
        assert_eq!(names(&mut tx, &Reach::All, "").await, expected);
    }
}

#[tokio::test]
async fn names_stand_in_one_order_whatever_language_the_server_sorts_by() {
    let given = [
        "𬴂局", "·局", "a局", "B局", "é局", "甲局", "𩽾局", "乙局", "阿局", "𫓧局", "张局",
    ];
    let mut expected = given.map(ToOwned::to_owned).to_vec();
    expected.sort();
    let url = Cluster::shared().database_sorted_by("gongkai_sorted", "zh-Hans-CN");
    let chinese = Db::open_migrated(&Options::new(url), Migrations::Main).await;
    let folder = Folder::new();
    let own = Db::open_migrated(&empty(Engine::Sqlite, &folder), Migrations::Main).await;
    for db in [chinese.expect("a database"), own.expect("a database")] {
        fill(&db, &given).await;
        let mut tx = db.read().await.expect("a state");
        assert_eq!(names(&mut tx, &Reach::All, "").await, expected);
        // Case counts outside ASCII, on either.
        assert_eq!(names(&mut tx, &Reach::All, "b").await, ["B局"]);
        assert_eq!(
            names(&mut tx, &Reach::All, "É").await,
            <[&str; 0]>::default()
        );
    }
}
