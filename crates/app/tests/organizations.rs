//! Organizations as people handle them, each case in a house on both engines.

use std::collections::BTreeSet;
use std::sync::Arc;

use gongkai_app::audit::Who;
use gongkai_app::once::Sent;
use gongkai_app::organization::{self, Entry, OrganizationError, Query, Shown, TableFile, Version};
use gongkai_app::paper::table::TableFormat;
use gongkai_app::{blobs, store};
use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::codes::CreditCode;
use gongkai_domain::organization::permissions::{Actor, Lent, Membership};
use gongkai_domain::organization::roles::{Delegation, Grant, Role};
use gongkai_domain::organization::succession::{Succession, SuccessionKind};
use gongkai_domain::organization::{
    DisclosureOffice, OrganizationId, OrganizationKind, PersonId, Validity,
};
use gongkai_domain::words::{Language, Message, Words};
use gongkai_store::audit::{Search, Stored, search};
use gongkai_store::copy;
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::in_both_houses;
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

fn entry(name: &str, kind: OrganizationKind, parent: Option<OrganizationId>) -> Entry {
    Entry {
        parent,
        supervisor: None,
        vertical: None,
        kind,
        name: name.to_owned(),
        short_name: String::new(),
        credit_code: None,
        division: None,
        validity: Validity::since(date(2000, 1, 1)),
    }
}

async fn create(test: &TestHouse, entry: &Entry) -> Result<OrganizationId, OrganizationError> {
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

async fn import(
    test: &TestHouse,
    file: &TableFile,
) -> Result<organization::Imported, OrganizationError> {
    let key = test.house.token();
    served(organization::import(
        &test.house,
        &who(),
        &administrator(),
        &sent(&key),
        file,
    ))
    .await
}

/// A workbook typed by hand: days as dates, codes as numbers, an empty row.
fn typed(twice: bool) -> Vec<u8> {
    let mut book = Workbook::new();
    let day = Format::new().set_num_format("yyyy/m/d");
    for name in ["机关", "说明"].into_iter().take(if twice { 2 } else { 1 }) {
        let sheet = book.add_worksheet();
        sheet.set_name(name).expect("a name");
        let rows = [
            (0, ["机关名称", "机关类型", "上级机关"]),
            (1, ["甲县人民政府", "人民政府", ""]),
            (3, ["甲县财政局", "工作部门", "甲县人民政府"]),
        ];
        for (row, texts) in rows {
            sheet.write_row(row, 0, texts).expect("a row");
        }
        sheet
            .write_row(0, 3, ["设立日期", "行政区划代码"])
            .expect("headings");
        for row in [1, 3] {
            // 2024-03-01 as Excel counts days.
            sheet
                .write_number_with_format(row, 3, 45352, &day)
                .expect("a day");
            sheet.write_number(row, 4, 370_102).expect("a code");
        }
    }
    book.add_worksheet().set_name("空表").expect("a name");
    book.save_to_buffer().expect("a workbook")
}

async fn exported(test: &TestHouse, format: TableFormat) -> Vec<u8> {
    let made = served(organization::export(
        &test.house,
        &who(),
        &administrator(),
        format,
        Language::Chinese,
    ))
    .await;
    made.expect("a table").bytes
}

in_both_houses! {
    async fn a_body_is_founded_seen_and_traced(test) {
        let [city, _, finance, ..] = city(&test).await;
        let kept = served(organization::see(&test.house, &who(), &administrator(), finance)).await.expect("seen");
        assert_eq!((kept.body.parent, kept.version), (Some(city), 1));
        assert_eq!(kept.body.missing().len(), 7);
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
        let coded = |name: &str, from| Entry {
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
        let circle = Entry { parent: Some(finance), ..entry("济南市人民政府", OrganizationKind::Government, None) };
        let refused = served(organization::change(&test.house, &who(), &administrator(), seen, &circle)).await.expect_err("refused");
        assert!(said(&refused).contains(&"tree-cycle".to_owned()), "{refused:?}");
        assert_eq!(state(&test).await, before);
        test.close().await;
    }

    async fn a_change_tells_what_another_wrote_meanwhile(test) {
        let [_, _, finance, ..] = city(&test).await;
        let kept = served(organization::see(&test.house, &who(), &administrator(), finance)).await.expect("seen");
        let seen = Version { id: finance, version: kept.version };
        let change = async |entry: &Entry| {
            served(organization::change(&test.house, &who(), &administrator(), seen, entry)).await
        };
        let theirs = Entry { name: "济南市财政金融局".to_owned(), ..Entry::of(&kept.body) };
        assert_eq!(change(&theirs).await.expect("changed"), 2);
        assert_eq!(change(&theirs).await.expect("so already"), 2);
        let yours = Entry { short_name: "市财政局".to_owned(), ..Entry::of(&kept.body) };
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
            let yours = Entry { name: name.to_owned(), ..Entry::of(&kept.body) };
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

    async fn an_office_is_kept_by_its_own_body_alone(test) {
        let [_, _, finance, section, police] = city(&test).await;
        let clerk = actor(Role::Clerk, Some(finance));
        let office = DisclosureOffice { name: " 办公室 ".to_owned(), phone: "0531-1".to_owned(), head: Some(PersonId(9)), ..DisclosureOffice::default() };
        let edit = async |id, version| {
            served(organization::edit_office(&test.house, &who(), &clerk, Version { id, version }, &office)).await
        };
        assert_eq!(edit(finance, 1).await.expect("edited"), 2);
        assert_eq!(edit(section, 1).await.expect("edited"), 2);
        let kept = served(organization::see(&test.house, &who(), &clerk, finance)).await.expect("seen");
        assert_eq!((kept.body.office.name.as_str(), kept.body.office.head), ("办公室", Some(PersonId(9))));
        assert_eq!(kept.body.name, "济南市财政局");
        let all = trail(&test).await;
        assert!(all.iter().all(|stored| !stored.entry.detail.contains("0531")), "a phone may be a person's");
        // Others are not there for this clerk, whether they exist or not.
        for id in [police, OrganizationId(999)] {
            let refused = edit(id, 1).await.expect_err("refused");
            assert_eq!(said(&refused), ["organization-not-found"]);
        }
        test.close().await;
    }

    async fn what_is_done_for_another_is_written_down_for_both(test) {
        let [_, _, finance, ..] = city(&test).await;
        let away = Grant { person: PersonId(2), ..actor(Role::Clerk, Some(finance)).grants[0] };
        let delegation = Delegation {
            from: PersonId(2),
            to: PersonId(1),
            organization: finance,
            roles: vec![Role::Clerk],
            from_day: date(2026, 11, 20),
            until_day: date(2026, 11, 23),
            reason: "休假".to_owned(),
        };
        let lent = vec![Lent { delegation, grants: vec![away] }];
        let actor = Actor { grants: Vec::new(), lent, ..administrator() };
        let office = |hours: &str| DisclosureOffice { hours: hours.to_owned(), ..DisclosureOffice::default() };
        let edit = async |version, hours| {
            let seen = Version { id: finance, version };
            served(organization::edit_office(&test.house, &who(), &actor, seen, &office(hours))).await
        };
        assert_eq!(edit(1, "9:00").await.expect("edited"), 2);
        let mut trail = trail(&test).await.into_iter().map(|stored| stored.entry);
        let last = trail.find(|entry| entry.action == "organizations.edit_office").expect("an entry");
        assert_eq!(last.acting_for, Some(2));
        // The day ends at midnight in China, not in Greenwich.
        test.clock.advance(jiff::SignedDuration::from_hours(15));
        let over = edit(2, "10:00").await;
        assert!(matches!(over, Err(OrganizationError::NotFound)), "{over:?}");
        test.close().await;
    }

    async fn one_code_is_borne_by_one_body_though_many_come_at_once(test) {
        let all: Vec<_> = (0..8)
            .map(|number: i32| {
                let house = test.house.clone();
                tokio::spawn(async move {
                    let entry = Entry {
                        credit_code: CreditCode::parse("91330100799655058B").ok(),
                        ..entry(&format!("第{number}局"), OrganizationKind::Department, None)
                    };
                    let form = sent(&number.to_string());
                    organization::create(&house, &who(), &administrator(), &form, &entry).await
                })
            })
            .collect();
        let mut founded = 0;
        for one in all {
            match one.await.expect("it ends") {
                Ok(_) => founded += 1,
                Err(error) => assert_eq!(said(&error), ["import-code-twice"]),
            }
        }
        assert_eq!((founded, listed(&test, &administrator(), "").await.len()), (1, 1));
        test.close().await;
    }

    async fn a_workbook_as_people_fill_it_in_is_read(test) {
        let made = import(&test, &file("机关.xlsx", typed(false))).await;
        assert_eq!(made.unwrap_or_else(|error| panic!("{error:?}")).rows, 2);
        let id = listed(&test, &administrator(), "财政").await[0];
        let kept = served(organization::see(&test.house, &who(), &administrator(), id)).await.expect("seen");
        assert_eq!(kept.body.validity, Validity::since(date(2024, 3, 1)));
        assert_eq!(kept.body.division.map(|code| code.to_string()).as_deref(), Some("370102"));
        let several = import(&test, &file("机关.xlsx", typed(true))).await.expect_err("which sheet?");
        assert_eq!(said(&several), ["intake-several-sheets"]);
        test.close().await;
    }

    async fn each_sees_lists_counts_and_finds_what_is_reached(test) {
        let [city, office, finance, section, police] = city(&test).await;
        let all = [city, office, finance, section, police];
        let administrators = [Role::SystemAdministrator, Role::SecurityAdministrator, Role::AuditAdministrator];
        let mut cases: Vec<(Actor, Vec<OrganizationId>)> = vec![
            (actor(Role::Clerk, Some(finance)), vec![finance, section]),
            (actor(Role::Clerk, Some(section)), vec![section]),
            (actor(Role::Supervisor, Some(office)), vec![office, finance, section, police]),
            (actor(Role::Supervisor, Some(city)), all.to_vec()),
        ];
        cases.extend(administrators.map(|role| (actor(role, None), all.to_vec())));
        for (actor, reached) in &cases {
            assert_eq!(&listed(&test, actor, "").await, reached, "{:?}", actor.grants);
            let found: Vec<_> = [finance].into_iter().filter(|id| reached.contains(id)).collect();
            assert_eq!(listed(&test, actor, "财政").await, found, "{:?}", actor.grants);
            for id in all {
                let seen = served(organization::see(&test.house, &who(), actor, id)).await;
                match seen {
                    Ok(kept) => assert!(kept.body.id == id && reached.contains(&id)),
                    Err(OrganizationError::NotFound) => assert!(!reached.contains(&id)),
                    Err(error) => panic!("{error:?}"),
                }
            }
        }
        test.close().await;
    }

    async fn who_has_no_role_sees_nothing_and_is_written_down(test) {
        let [city, ..] = city(&test).await;
        let nobody = Actor { grants: Vec::new(), ..administrator() };
        let gone = Actor { membership: Membership::Disabled, ..administrator() };
        let (before, _) = state(&test).await;
        for actor in [&nobody, &gone] {
            let listed = served(organization::list(&test.house, &who(), actor, &Query::default())).await;
            assert!(matches!(listed, Err(OrganizationError::Denied(_))), "{listed:?}");
            let counted = served(organization::count(&test.house, &who(), actor, &Query::default())).await;
            assert!(matches!(counted, Err(OrganizationError::Denied(_))), "{counted:?}");
            let seen = served(organization::see(&test.house, &who(), actor, city)).await;
            assert!(matches!(seen, Err(OrganizationError::NotFound)), "{seen:?}");
        }
        assert_eq!(state(&test).await, (before, 6));
        test.close().await;
    }

    async fn a_denied_try_leaves_an_entry_and_nothing_else(test) {
        let [city, _, finance, ..] = city(&test).await;
        let clerk = actor(Role::Clerk, Some(finance));
        let (house, who) = (&test.house, &who());
        let seen = Version { id: finance, version: 1 };
        let entry = entry("新局", OrganizationKind::Department, Some(city));
        let succession = Succession { kind: SuccessionKind::Abolished, on: date(2026, 1, 1), basis: "文".to_owned(), from: vec![finance], to: vec![] };
        let table = file("a.csv", "机关名称,机关类型,设立日期\n新局,工作部门,2020-01-01\n".as_bytes());
        let (before, _) = state(&test).await;
        let errors = [
            served(organization::create(house, who, &clerk, &sent("1"), &entry)).await.expect_err("denied"),
            served(organization::change(house, who, &clerk, seen, &entry)).await.expect_err("denied"),
            served(organization::succeed(house, who, &clerk, &sent("2"), &succession)).await.expect_err("denied"),
            served(organization::import(house, who, &clerk, &sent("3"), &table)).await.expect_err("denied"),
            served(organization::imports(house, who, &clerk, None)).await.expect_err("denied"),
            served(organization::export(house, who, &clerk, TableFormat::Csv, Language::Chinese)).await.expect_err("denied"),
        ];
        for error in &errors {
            assert!(matches!(error, OrganizationError::Denied(_)), "{error:?}");
            assert_eq!(said(error), ["denied-role"]);
        }
        assert_eq!(state(&test).await, (before, errors.len()));
        assert!(test.house.blobs.list().await.expect("a list").is_empty(), "no file is kept for the denied");
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
        let id = served(organization::succeed(house, who, administrator, &sent("k"), &merger)).await.expect("merged");
        let again = served(organization::succeed(house, who, administrator, &sent("k"), &merger)).await;
        assert_eq!(again.expect("the same"), id);
        let ended = served(organization::see(house, who, administrator, finance)).await.expect("seen");
        assert_eq!((ended.body.validity.until(), ended.version), (Some(date(2026, 10, 31)), 2));
        let moved = served(organization::see(house, who, administrator, section)).await.expect("seen");
        assert_eq!((moved.body.parent, moved.version), (Some(police), 2));
        let made = served(organization::successions(house, who, administrator, police)).await.expect("a list");
        assert_eq!((made.len(), made[0].id, made[0].succession.basis.as_str()), (1, id, "济政发〔2026〕1号"));
        let refused = served(organization::succeed(house, who, administrator, &sent("l"), &merger)).await.expect_err("it ended");
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

    async fn a_table_is_taken_in_whole_or_not_at_all(test) {
        let wrong = "名称,类型\n";
        let headings = import(&test, &file("a.csv", wrong.as_bytes())).await.expect_err("refused");
        assert!(matches!(headings, OrganizationError::Rows(_)), "{headings:?}");
        let rows = "机关名称,机关类型,上级机关,主管部门,设立日期\n\
            甲县人民政府,人民政府,,,2000-01-01\n\
            \n\
            甲县财政局,工作部门,甲县人民政府,乙局,2000-01-01\n\
            甲县公安局,衙门,甲县人民政府,,2000年\n";
        let before = state(&test).await;
        let refused = import(&test, &file("b.csv", rows.as_bytes())).await.expect_err("refused");
        said(&refused);
        let OrganizationError::Rows(report) = refused else { panic!("another error") };
        let told: Vec<(usize, Vec<&str>)> = report
            .iter()
            .filter(|row| !row.messages.is_empty())
            .map(|row| (row.row, row.messages.iter().map(|message| &*message.id).collect()))
            .collect();
        assert_eq!(told, [(4, vec!["import-reference-unknown"]), (5, vec!["import-kind", "import-date"])]);
        assert_eq!(state(&test).await, before);
        for (name, bytes) in [("c.pdf", &b"%PDF-1.7"[..]), ("c.csv", b"")] {
            let unread = import(&test, &file(name, bytes)).await.expect_err("refused");
            assert!(matches!(unread, OrganizationError::Unread(_)), "{unread:?}");
            said(&unread);
        }
        test.close().await;
    }

    async fn a_table_that_was_taken_in_is_kept_and_traced(test) {
        // A supervisor may stand behind the body that names it.
        let rows = "机关名称,机关类型,上级机关,主管部门,设立日期\n\
            甲县财政局,工作部门,甲县人民政府,甲县信息公开办,2000-01-01\n\
            甲县信息公开办,工作部门,甲县人民政府,,2000-01-01\n\
            甲县人民政府,人民政府,,,2000-01-01\n";
        let table = file("机关.csv", rows.as_bytes());
        let (house, who, administrator) = (&test.house, &who(), &administrator());
        let made = served(organization::import(house, who, administrator, &sent("k"), &table)).await.expect("taken in");
        assert_eq!(made.rows, 3);
        let again = served(organization::import(house, who, administrator, &sent("k"), &table)).await;
        assert_eq!(again.expect("the same"), made);
        let id = |name: &'static str| { let test = &test; async move { listed(test, &self::administrator(), name).await[0] } };
        let (government, office) = (id("政府").await, id("信息公开").await);
        let finance = served(organization::see(house, who, administrator, id("财政").await)).await.expect("seen");
        assert_eq!((finance.body.parent, finance.body.supervisor), (Some(government), Some(office)));
        let brought = served(organization::imports(house, who, administrator, None)).await.expect("a list");
        assert_eq!(brought.len(), 1);
        assert_eq!((brought[0].0, brought[0].1.file_name.as_str(), brought[0].1.rows), (made.id, "机关.csv", 3));
        let mut tx = house.db.read().await.expect("a state");
        let blob = store::blobs::get(&mut tx, &brought[0].1.blob).await.expect("read").expect("a blob");
        drop(tx);
        assert_eq!(&**blobs::bytes(house, &blob).await.expect("its bytes"), rows.as_bytes());
        let told = trail(&test).await.iter().filter(|stored| stored.entry.action == "organizations.import").count();
        assert_eq!(told, 4, "the table and three bodies");
        test.close().await;
    }

    async fn what_is_exported_is_imported_as_it_was(test) {
        use OrganizationKind::{Department, Government, Section};
        let city = found(&test, "𬴂𫓧市人民政府", Government, None).await;
        let led = found(&test, "=𩽾·买买提局", Department, Some(city)).await;
        let section = Entry { short_name: "'=cmd".to_owned(), ..entry("+办公室", Section, Some(led)) };
        create(&test, &section).await.expect("founded");
        let ended = Entry {
            credit_code: CreditCode::parse("91330100799655058B").ok(),
            division: "370102".parse().ok(),
            vertical: Some(led),
            validity: Validity::new(date(1999, 1, 1), Some(date(2020, 5, 6))).expect("days"),
            ..entry("-旧局,\"引号\"", Department, None)
        };
        create(&test, &ended).await.expect("founded");
        let office = DisclosureOffice { phone: "+86 531".to_owned(), hours: "@9:00".to_owned(), ..DisclosureOffice::default() };
        let clerk = actor(Role::Clerk, Some(led));
        served(organization::edit_office(&test.house, &who(), &clerk, Version { id: led, version: 1 }, &office)).await.expect("edited");
        let csv = exported(&test, TableFormat::Csv).await;
        for format in [TableFormat::Csv, TableFormat::Xlsx] {
            let bytes = exported(&test, format).await;
            let other = TestHouse::new(test.house.db.engine()).await;
            let name = format!("机关.{}", format.extension());
            let made = import(&other, &file(&name, bytes)).await.unwrap_or_else(|error| panic!("{format:?}: {error:?}"));
            assert_eq!(made.rows, 4);
            let text = |bytes: Vec<u8>| {
                let mut lines: Vec<String> = String::from_utf8(bytes).expect("a text").lines().map(ToOwned::to_owned).collect();
                lines[1..].sort();
                lines
            };
            assert_eq!(text(exported(&other, TableFormat::Csv).await), text(csv.clone()), "{format:?}");
            assert_eq!(listed(&other, &administrator(), "𩽾·").await.len(), 1);
            other.close().await;
        }
        let text = String::from_utf8(csv).expect("a text");
        for guarded in ["'=𩽾·买买提局", "'+办公室", "''=cmd", "\"'-旧局,\"\"引号\"\"\"", "'+86 531", "'@9:00"] {
            assert!(text.contains(guarded), "{guarded} in {text}");
        }
        assert!(text.starts_with('\u{feff}'));
        test.close().await;
    }
}
