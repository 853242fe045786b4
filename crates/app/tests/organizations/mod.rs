//! Organizations as people handle them, each case in a house on both engines.

mod rights;
mod standing;
mod successions;
mod tables;

use std::collections::BTreeSet;
use std::sync::Arc;

use gongkai_app::audit::Who;
use gongkai_app::once::Sent;
use gongkai_app::organization::{self, OrganizationError, Query, Shown, TableFile, Version};
use gongkai_app::paper::table::TableFormat;
use gongkai_app::{blobs, store};
use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::codes::CreditCode;
use gongkai_domain::organization::permissions::{Actor, Lent, Membership};
use gongkai_domain::organization::roles::{Delegation, Grant, Role};
use gongkai_domain::organization::succession::{Succession, SuccessionKind};
use gongkai_domain::organization::{
    DisclosureOffice, Organization, OrganizationId, OrganizationKind, PersonId, Validity,
};
use gongkai_domain::words::{Language, Message, Words};
use gongkai_store::audit::{Search, Stored, search};
use gongkai_store::copy;
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::in_both_houses;
use gongkai_testkit::reader::InProcess;
use jiff::civil::date;
use rust_xlsxwriter::{Format, Workbook};

fn who() -> Who {
    Who::program("test")
}

fn actor(role: Role, organization: Option<OrganizationId>) -> Actor {
    Actor {
        person: PersonId(1),
        membership: Membership::Active,
        grants: vec![Grant {
            person: PersonId(1),
            organization,
            role,
            validity: Validity::since(date(2020, 1, 1)),
        }],
        lent: Vec::new(),
    }
}

fn administrator() -> Actor {
    actor(Role::SystemAdministrator, None)
}

fn sent(key: &str) -> Sent {
    Sent::new("organization", key, [])
}

/// A server can only wait for what may go from thread to thread.
fn served<F: Future + Send>(doing: F) -> F {
    doing
}

fn entry(name: &str, kind: OrganizationKind, parent: Option<OrganizationId>) -> Organization {
    let validity = Validity::since(date(2000, 1, 1));
    Organization {
        parent,
        ..Organization::draft(name, kind, validity)
    }
}

async fn create(
    test: &TestHouse,
    entry: &Organization,
) -> Result<OrganizationId, OrganizationError> {
    let key = test.house.token();
    served(organization::create(
        &test.house,
        &who(),
        &administrator(),
        &sent(&key),
        entry,
    ))
    .await
}

async fn found(
    test: &TestHouse,
    name: &str,
    kind: OrganizationKind,
    parent: Option<OrganizationId>,
) -> OrganizationId {
    let made = create(test, &entry(name, kind, parent)).await;
    made.unwrap_or_else(|error| panic!("{name}: {error:?}"))
}

/// A city, its office, a department with a section, another department.
async fn city(test: &TestHouse) -> [OrganizationId; 5] {
    use OrganizationKind::{Department, Government, Office, Section};
    let city = found(test, "济南市人民政府", Government, None).await;
    let office = found(test, "济南市人民政府办公厅", Office, Some(city)).await;
    let finance = found(test, "济南市财政局", Department, Some(city)).await;
    let section = found(test, "办公室", Section, Some(finance)).await;
    let police = found(test, "济南市公安局", Department, Some(city)).await;
    [city, office, finance, section, police]
}

async fn trail(test: &TestHouse) -> Vec<Stored> {
    let mut tx = test.house.db.read().await.expect("a state");
    let found = search(&mut tx, &Search::default(), i64::MAX, 1000).await;
    found.expect("the trail")
}

/// Digests of all tables but the trail, and the count of its denied entries.
async fn state(test: &TestHouse) -> (copy::Contents, usize) {
    let mut contents = copy::contents(&test.house.db).await.expect("contents");
    contents.remove("audit");
    contents.remove("audit_unchained");
    let trail = trail(test).await;
    let denied = trail
        .iter()
        .filter(|stored| stored.entry.outcome == Outcome::Denied);
    (contents, denied.count())
}

fn said(error: &OrganizationError) -> Vec<String> {
    let render = |message: &Message| {
        for language in [Language::Chinese, Language::English] {
            let words = Words::of(language);
            assert!(words.has(&message.id), "{}", message.id);
            assert!(!words.render(message).contains("{$"), "{}", message.id);
        }
        message.id.to_string()
    };
    error.messages().iter().map(render).collect()
}

async fn listed(test: &TestHouse, actor: &Actor, text: &str) -> Vec<OrganizationId> {
    let query = Query {
        text: text.to_owned(),
        most: 100,
        ..Query::default()
    };
    let page = served(organization::list(&test.house, &who(), actor, &query))
        .await
        .expect("a page");
    let count = served(organization::count(&test.house, &who(), actor, &query)).await;
    let found: BTreeSet<OrganizationId> = page.bodies.iter().map(|kept| kept.body.id).collect();
    assert_eq!(page.count, count.expect("a count"));
    assert_eq!(usize::try_from(page.count), Ok(found.len()));
    found.into_iter().collect()
}

fn file(name: &str, bytes: impl Into<Arc<[u8]>>) -> TableFile {
    TableFile {
        name: name.to_owned(),
        bytes: bytes.into(),
    }
}

in_both_houses! {
    async fn a_body_is_founded_seen_and_traced(test) {
        let [city, _, finance, ..] = city(&test).await;
        let kept = served(organization::see(&test.house, &who(), &administrator(), finance)).await.expect("seen");
        assert_eq!((kept.body.parent, kept.version), (Some(city), 1));
        assert_eq!(kept.body.missing().len(), 10);
        let trail = trail(&test).await;
        assert_eq!(trail.len(), 5);
        let entry = &trail.iter().find(|stored| stored.entry.object == finance.to_string()).expect("an entry").entry;
        assert_eq!((entry.action.as_str(), entry.object_kind.as_str(), entry.outcome), ("organizations.change", "organization", Outcome::Done));
        test.close().await;
    }

    async fn what_makes_no_tree_is_refused_with_reasons(test) {
        use OrganizationKind::{Department, Section};
        let [city, _, finance, section, _] = city(&test).await;
        let code = CreditCode::parse("91330100799655058B").ok();
        let coded = |name: &str, from| Organization {
            credit_code: code.clone(),
            validity: Validity::new(date(from, 1, 1), Some(date(from + 9, 12, 31))).expect("days"),
            ..entry(name, Department, Some(city))
        };
        create(&test, &coded("旧局", 2000)).await.expect("founded");
        create(&test, &coded("新局", 2010)).await.expect("it follows the other");
        let before = state(&test).await;
        for (entry, expected) in [
            (coded("别局", 2005), vec!["import-code-twice"]),
            (entry(" ", Department, None), vec!["import-name-missing"]),
            (entry("甲>乙", Department, None), vec!["import-name-sign"]),
            (entry("甲\u{202e}局", Department, None), vec!["import-cell-unseen"]),
            (entry("财政局", Section, None), vec!["tree-section-alone"]),
            (entry("乙局", Department, Some(section)), vec!["tree-below-section"]),
            (entry("丙局", Department, Some(OrganizationId(999))), vec!["tree-unknown-superior"]),
            (entry("济南市财政局", Department, Some(city)), vec!["import-name-twice"]),
        ] {
            let refused = create(&test, &entry).await.expect_err("refused");
            assert_eq!(said(&refused), expected, "{}", entry.name);
        }
        // Its own circle.
        let seen = Version { id: city, version: 1 };
        let circle = Organization { parent: Some(finance), ..entry("济南市人民政府", OrganizationKind::Government, None) };
        let refused = served(organization::change(&test.house, &who(), &administrator(), seen, &circle)).await.expect_err("refused");
        assert!(said(&refused).contains(&"tree-cycle".to_owned()), "{refused:?}");
        assert_eq!(state(&test).await, before);
        test.close().await;
    }

    async fn a_change_tells_what_another_wrote_meanwhile(test) {
        let [_, _, finance, ..] = city(&test).await;
        let kept = served(organization::see(&test.house, &who(), &administrator(), finance)).await.expect("seen");
        let seen = Version { id: finance, version: kept.version };
        let change = async |entry: &Organization| {
            served(organization::change(&test.house, &who(), &administrator(), seen, entry)).await
        };
        let theirs = Organization { name: "济南市财政金融局".to_owned(), ..kept.body.clone() };
        assert_eq!(change(&theirs).await.expect("changed"), 2);
        assert_eq!(change(&theirs).await.expect("so already"), 2);
        let yours = Organization { short_name: "市财政局".to_owned(), ..kept.body.clone() };
        let refused = change(&yours).await.expect_err("a conflict");
        assert_eq!(said(&refused), ["organization-changed"]);
        let OrganizationError::Changed { version, differences } = refused else { panic!("another error") };
        assert_eq!(version, 2);
        let told: Vec<_> = differences.iter().map(|d| (d.field.key, &d.theirs, &d.yours)).collect();
        let text = |text: &str| Shown::Text(text.to_owned());
        assert_eq!(told, [
            ("name", &text("济南市财政金融局"), &text("济南市财政局")),
            ("short_name", &Shown::Nothing, &text("市财政局")),
        ]);
        let trail = trail(&test).await;
        let changes = trail.iter().filter(|stored| stored.entry.detail.contains("fields")).count();
        assert_eq!(changes, 1, "what was so already leaves no trace");
        test.close().await;
    }

    async fn of_two_who_change_at_once_one_is_told(test) {
        let [_, _, finance, ..] = city(&test).await;
        let kept = served(organization::see(&test.house, &who(), &administrator(), finance)).await.expect("seen");
        let both: Vec<_> = ["甲局", "乙局"].map(|name| {
            let house = test.house.clone();
            let yours = Organization { name: name.to_owned(), ..kept.body.clone() };
            tokio::spawn(async move {
                let seen = Version { id: finance, version: 1 };
                served(organization::change(&house, &who(), &administrator(), seen, &yours)).await
            })
        }).into();
        let mut ended = Vec::new();
        for one in both {
            ended.push(one.await.expect("it ends"));
        }
        assert_eq!(ended.iter().filter(|one| one.is_ok()).count(), 1);
        assert!(ended.iter().any(|one| matches!(one, Err(OrganizationError::Changed { version: 2, .. }))), "{ended:?}");
        test.close().await;
    }

    async fn one_code_is_borne_by_one_body_though_two_come_at_once(test) {
        let coded = |name: &str| Organization {
            credit_code: CreditCode::parse("91330100799655058B").ok(),
            ..entry(name, OrganizationKind::Department, None)
        };
        let first = create(&test, &coded("甲局")).await.expect("founded");
        let kept = served(organization::see(&test.house, &who(), &administrator(), first)).await.expect("seen");
        // Another founds a body with a code, and has not committed yet.
        let mut tx = test.house.db.write().await.expect("a turn");
        store::organization::lock(&mut tx).await.expect("alone");
        let theirs = Organization {
            name: "乙局".to_owned(),
            credit_code: CreditCode::parse("11370000004502377Y").ok(),
            ..kept.body
        };
        assert!(theirs.credit_code.is_some());
        store::organization::insert(&mut tx, &theirs, test.house.now()).await.expect("kept");
        let (house, yours) = (test.house.clone(), Organization { name: "丙局".to_owned(), ..theirs.clone() });
        let mut waiting = tokio::spawn(async move {
            organization::create(&house, &who(), &administrator(), &sent("k"), &yours).await
        });
        let moment = std::time::Duration::from_millis(300);
        assert!(tokio::time::timeout(moment, &mut waiting).await.is_err(), "it did not wait");
        tx.commit().await.expect("kept");
        let refused = waiting.await.expect("it ends").expect_err("the code is borne");
        assert_eq!(said(&refused), ["import-code-twice"]);
        test.close().await;
    }

    async fn a_form_that_is_sent_twice_is_done_once(test) {
        let entry = entry("甲局", OrganizationKind::Department, None);
        let create = async |actor: Actor, form: Sent| {
            served(organization::create(&test.house, &who(), &actor, &form, &entry)).await
        };
        let first = create(administrator(), sent("k")).await.expect("founded");
        assert_eq!(create(administrator(), sent("k")).await.expect("the same"), first);
        let other = create(administrator(), Sent::new("organization", "k", ["else"])).await;
        assert!(matches!(other, Err(OrganizationError::Otherwise(_))), "{other:?}");
        // Another's key gives nothing away.
        let stranger = Actor { person: PersonId(2), grants: Vec::new(), ..administrator() };
        let denied = create(stranger, sent("k")).await;
        assert!(matches!(denied, Err(OrganizationError::Denied(_))), "{denied:?}");
        assert_eq!(listed(&test, &administrator(), "").await, [first]);
        test.close().await;
    }

    async fn a_body_that_is_merged_hands_on_what_hung_on_it(test) {
        let [city, _, finance, section, police] = city(&test).await;
        let merger = Succession {
            kind: SuccessionKind::Merged,
            on: date(2026, 11, 1),
            basis: " 济政发〔2026〕1号 ".to_owned(),
            from: vec![finance],
            to: vec![police],
        };
        let (house, who, administrator) = (&test.house, &who(), &administrator());
        let id = served(organization::succeed(house, who, administrator, &sent("k"), &merger.clone().into())).await.expect("merged");
        let again = served(organization::succeed(house, who, administrator, &sent("k"), &merger.clone().into())).await;
        assert_eq!(again.expect("the same"), id);
        let ended = served(organization::see(house, who, administrator, finance)).await.expect("seen");
        assert_eq!((ended.body.validity.until(), ended.version), (Some(date(2026, 10, 31)), 2));
        let moved = served(organization::see(house, who, administrator, section)).await.expect("seen");
        assert_eq!((moved.body.parent, moved.version), (Some(police), 2));
        let made = served(organization::successions(house, who, administrator, police)).await.expect("a list");
        assert_eq!((made.len(), made[0].id, made[0].succession.basis.as_str()), (1, id, "济政发〔2026〕1号"));
        let refused = served(organization::succeed(house, who, administrator, &sent("l"), &merger.clone().into())).await.expect_err("it ended");
        assert_eq!(said(&refused), ["succession-ended-before"]);
        assert_eq!(served(organization::see(house, who, administrator, city)).await.expect("seen").version, 1);
        // Whoever worked there works nowhere.
        let clerk = actor(Role::Clerk, Some(finance));
        let listed = served(organization::list(house, who, &clerk, &Query::default())).await;
        assert!(matches!(listed, Err(OrganizationError::Denied(_))));
        let trail = trail(&test).await;
        let told = trail.iter().filter(|stored| stored.entry.action == "organizations.succeed").count();
        assert_eq!(told, 3, "the succession and two bodies");
        test.close().await;
    }
}
