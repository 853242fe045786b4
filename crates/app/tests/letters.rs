//! Letters issued: numbered without a hole, kept as they were, by whom they may
//! be; each case on both engines.

use std::collections::BTreeSet;
use std::sync::Arc;

use gongkai_app::house::House;
use gongkai_app::letters::{self, Change, LettersError, Order, Press};
use gongkai_app::once::Sent;
use gongkai_app::people::SignedIn;
use gongkai_app::press::PressError;
use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::letters::{samples, template};
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::roles::Role;
use gongkai_domain::words::{Language, Message, Words};
use gongkai_store::audit;
use gongkai_testkit::house::{TestHouse, fonts};
use gongkai_testkit::in_both_houses;
use gongkai_testkit::people::Office;
use jiff::SignedDuration;
use jiff::civil::date;

fn kind(key: &str) -> &'static Kind {
    Kind::of(key).expect("a kind")
}

fn order(organization: OrganizationId, key: &str) -> Order {
    let kind = kind(key);
    Order {
        organization,
        kind,
        facts: samples::all()[0].facts_for(kind),
        edited: None,
        about: Some(("request".to_owned(), 7)),
    }
}

fn sent(key: &str) -> Sent {
    Sent::new("letter-issue", key, ["denied"])
}

/// A department with its head, a handler, and somebody of another department.
struct Scene {
    office: Office,
    body: OrganizationId,
    head: SignedIn,
    handler: SignedIn,
    stranger: SignedIn,
}

impl Scene {
    async fn new(test: &TestHouse) -> Self {
        let office = Office::new(test.house.clone());
        let administrators = office.administrators().await;
        let body = test.department("云岭市财政局").await;
        let other = test.department("云岭市民政局").await;
        let mut people = Vec::new();
        for (login, at, role) in [
            ("tou", body, Role::OfficeHead),
            ("ban", body, Role::Handler),
            ("wai", other, Role::OfficeHead),
        ] {
            let (_, staff) = office
                .colleague(&administrators, login, at, Some(role))
                .await;
            people.push(office.signed(&staff.token).await);
        }
        let stranger = people.pop().expect("a stranger");
        let handler = people.pop().expect("a handler");
        let head = people.pop().expect("a head");
        Self {
            office,
            body,
            head,
            handler,
            stranger,
        }
    }

    fn house(&self) -> &House {
        &self.office.house
    }

    async fn issue(&self, key: &str, order: &Order) -> Result<i64, LettersError> {
        letters::issue(self.house(), &self.handler, &sent(key), order).await
    }

    async fn numbers(&self) -> Vec<(String, i64, String)> {
        let all = letters::numbers(self.house(), &self.head, self.body, 2026)
            .await
            .expect("all");
        all.into_iter()
            .map(|one| (one.series, one.number, one.state))
            .collect()
    }
}

fn said(message: &Message) -> String {
    for language in [Language::Chinese, Language::English] {
        let told = Words::of(language).render(message);
        assert!(!told.contains(message.id.as_ref()), "{told}");
    }
    message.id.to_string()
}

fn refused<T: std::fmt::Debug>(done: Result<T, LettersError>) -> Vec<String> {
    match done {
        Err(LettersError::Refused(messages)) => messages.iter().map(said).collect(),
        other => panic!("not refused: {other:?}"),
    }
}

async fn trail(house: &House, action: &str) -> Vec<audit::Stored> {
    let mut tx = house.db.read().await.expect("a state");
    let search = audit::Search {
        action: Some(action.to_owned()),
        ..Default::default()
    };
    audit::search(&mut tx, &search, i64::MAX, 1000)
        .await
        .expect("found")
}

in_both_houses! {
    async fn a_letter_is_issued_once_and_stays_byte_by_byte(test) {
        let scene = Scene::new(&test).await;
        let order = order(scene.body, "denied");
        let id = scene.issue("k", &order).await.expect("issued");
        // The same form again, and a form beside it.
        assert_eq!(scene.issue("k", &order).await.expect("told again"), id);
        let other = scene.issue("l", &order).await.expect("issued");
        assert_ne!(other, id);
        assert_eq!(scene.numbers().await, [
            ("云财公开复".to_owned(), 1, "issued".to_owned()),
            ("云财公开复".to_owned(), 2, "issued".to_owned()),
        ]);
        let seen = letters::see(scene.house(), &scene.handler, id).await.expect("seen");
        assert_eq!(seen.letter.number, "云财公开复〔2026〕1号");
        assert_eq!(seen.facts, order.facts);
        assert_eq!(seen.issued.kept.about, ("request".to_owned(), Some(7)));
        assert_eq!(seen.issued.kept.template_version, 0);
        let pdf = letters::pdf(scene.house(), &scene.handler, id).await.expect("its bytes");
        assert!(pdf.starts_with(b"%PDF-1.7"));
        // Made of the same words on the same fonts it is the same file.
        let again = test.house.press.letter(seen.letter.clone()).await.expect("set");
        assert!(*pdf == again);
        let word = letters::docx(scene.house(), &scene.handler, id).await.expect("a document");
        assert!(word.starts_with(b"PK"));
        let told = trail(scene.house(), "letters.issue").await;
        assert_eq!(told.len(), 4, "two numbers, two letters");
        assert!(told.iter().all(|one| !one.entry.detail.contains("朱镕喆")), "no names in the trail");
        assert_eq!(trail(scene.house(), "letters.see").await.len(), 3);
        test.close().await;
    }

    async fn whoever_is_cut_off_between_number_and_letter_goes_on_with_the_same_number(test) {
        let scene = Scene::new(&test).await;
        let order = order(scene.body, "denied");
        // Killed after the number was granted: the letter was prepared, and is gone.
        let form = sent("k").of(scene.handler.person.id);
        let prepared = letters::prepare(scene.house(), &scene.handler.who, &form, &order).await.expect("prepared");
        assert_eq!(prepared.number().expect("a number").to_string(), "云财公开复〔2026〕1号");
        drop(prepared);
        assert_eq!(scene.numbers().await, [("云财公开复".to_owned(), 1, "held".to_owned())]);
        // A transaction that is taken back issues nothing.
        let prepared = letters::prepare(scene.house(), &scene.handler.who, &form, &order).await.expect("prepared");
        let mut tx = scene.house().db.write().await.expect("a turn");
        letters::issue_in(&mut tx, scene.house(), &scene.handler.who, &prepared).await.expect("issued");
        tx.roll_back().await.expect("taken back");
        assert_eq!(scene.numbers().await, [("云财公开复".to_owned(), 1, "held".to_owned())]);
        let id = scene.issue("k", &order).await.expect("issued");
        let seen = letters::see(scene.house(), &scene.handler, id).await.expect("seen");
        assert_eq!(seen.letter.number, "云财公开复〔2026〕1号");
        assert_eq!(scene.numbers().await, [("云财公开复".to_owned(), 1, "issued".to_owned())]);
        test.close().await;
    }

    async fn many_at_once_bear_many_numbers_without_a_hole(test) {
        let scene = Scene::new(&test).await;
        let mut tasks = Vec::new();
        for at in 0..64 {
            let (house, handler, body) = (scene.house().clone(), scene.handler.clone(), scene.body);
            tasks.push(tokio::spawn(async move {
                // Each form is sent twice.
                let form = Sent::new("letter-number", &format!("k{}", at / 2), ["x"]);
                let asked = letters::number(&house, &handler, &form, (body, "云财"), kind("denied"), date(2026, 11, 23));
                asked.await.expect("granted").number.number()
            }));
        }
        let mut places = BTreeSet::new();
        for task in tasks {
            places.insert(task.await.expect("done"));
        }
        assert_eq!(places, (1..=32).collect());
        assert_eq!(scene.numbers().await.len(), 32);
        test.close().await;
    }

    async fn a_letter_that_is_refused_takes_no_number(test) {
        let scene = Scene::new(&test).await;
        let good = order(scene.body, "denied");
        let mut bad = good.clone();
        bad.facts.withheld.clear();
        bad.facts.remedy.review_body.clear();
        assert_eq!(refused(scene.issue("a", &bad).await), ["letter-fact-missing", "letter-review-body-missing"]);
        let mut bad = good.clone();
        bad.facts.agency.word = "YC".to_owned();
        assert_eq!(refused(scene.issue("b", &bad).await), ["letter-word-wrong"]);
        let mut bad = good.clone();
        bad.facts.addressee = "甲\u{E000}".to_owned();
        let done = scene.issue("c", &bad).await;
        assert!(matches!(&done, Err(LettersError::Press(PressError::NoGlyph('\u{E000}')))), "{done:?}");
        assert_eq!(scene.numbers().await, []);
        // A receipt bears the register number alone.
        let receipt = scene.issue("d", &order(scene.body, "receipt")).await.expect("issued");
        let seen = letters::see(scene.house(), &scene.handler, receipt).await.expect("seen");
        assert_eq!((seen.letter.number.as_str(), seen.issued.numbered), ("", None));
        assert_eq!(scene.numbers().await, []);
        test.close().await;
    }

    async fn a_gap_is_explained_by_the_head_alone_and_once(test) {
        let scene = Scene::new(&test).await;
        let form = Sent::new("letter-number", "k", ["x"]);
        let granted = letters::number(scene.house(), &scene.handler, &form, (scene.body, "云财"), kind("fee"), date(2026, 11, 23)).await.expect("granted");
        assert_eq!(granted.number.to_string(), "云财公开告〔2026〕1号");
        let void = async |signed: &SignedIn, key: &str, reason: &str| {
            letters::void(scene.house(), signed, &Sent::new("letter-void", key, [reason]), granted.row, reason).await
        };
        for signed in [&scene.handler, &scene.stranger] {
            let done = void(signed, "a", "申请人撤回").await;
            assert!(matches!(done, Err(LettersError::Denied(_))), "{done:?}");
        }
        assert_eq!(refused(void(&scene.head, "b", "  ").await), ["reason-needed"]);
        void(&scene.head, "c", "申请人撤回").await.expect("void");
        void(&scene.head, "c", "申请人撤回").await.expect("told again");
        assert_eq!(refused(void(&scene.head, "d", "再次").await), ["letter-number-settled"]);
        assert_eq!(scene.numbers().await, [("云财公开告".to_owned(), 1, "void".to_owned())]);
        let told = trail(scene.house(), "letters.void").await;
        assert_eq!(told.len(), 3, "two denials and the deed");
        // No letter can bear it any more.
        let form = Sent::new("letter-number", "l", ["x"]);
        let next = letters::number(scene.house(), &scene.handler, &form, (scene.body, "云财"), kind("fee"), date(2026, 11, 23));
        assert_eq!(next.await.expect("granted").number.number(), 2);
        test.close().await;
    }

    async fn a_number_for_which_nobody_comes_back_is_explained_after_a_day(test) {
        let scene = Scene::new(&test).await;
        let granted = async |key: &str| {
            let form = Sent::new("letter-number", key, ["x"]);
            let of = (scene.body, "云财");
            letters::number(scene.house(), &scene.handler, &form, of, kind("fee"), date(2026, 11, 23)).await.expect("granted")
        };
        // Killed between the number and its letter; the page was opened anew meanwhile.
        let left = granted("k").await;
        scene.issue("i", &order(scene.body, "fee")).await.expect("issued");
        test.clock.advance(SignedDuration::from_hours(23));
        let young = granted("l").await;
        assert_eq!(letters::explain_held(scene.house()).await.expect("explained"), 0, "who left may come back");
        test.clock.advance(SignedDuration::from_hours(2));
        let fired = test.runner();
        fired.fire().await.expect("fired");
        fired.run_all().await.expect("done");
        let all = letters::numbers(scene.house(), &scene.head, scene.body, 2026).await.expect("all");
        let states: Vec<(i64, &str, bool)> =
            all.iter().map(|one| (one.number, one.state.as_str(), one.reason.contains("中断"))).collect();
        let (left, young) = (left.number.number().into(), young.number.number().into());
        assert_eq!(states, [(left, "void", true), (2, "issued", false), (young, "held", false)]);
        assert_eq!(trail(scene.house(), "letters.void").await.len(), 1);
        test.close().await;
    }

    async fn nobody_of_another_body_issues_sees_or_changes(test) {
        let scene = Scene::new(&test).await;
        let order = order(scene.body, "denied");
        let id = scene.issue("k", &order).await.expect("issued");
        let house = scene.house();
        let denied = letters::issue(house, &scene.stranger, &sent("k"), &order).await;
        assert!(matches!(denied, Err(LettersError::Denied(_))), "{denied:?}");
        let missing = letters::see(house, &scene.stranger, id).await;
        assert!(matches!(missing, Err(LettersError::Missing)), "{missing:?}");
        let missing = letters::pdf(house, &scene.stranger, id).await;
        assert!(matches!(missing, Err(LettersError::Missing)), "{missing:?}");
        let denied = letters::numbers(house, &scene.stranger, scene.body, 2026).await;
        assert!(matches!(denied, Err(LettersError::Denied(_))), "{denied:?}");
        let denied = letters::list(house, &scene.stranger, scene.body).await;
        assert!(matches!(denied, Err(LettersError::Denied(_))), "{denied:?}");
        let mut tx = house.db.read().await.expect("a state");
        assert_eq!(letters::about(&mut tx, &scene.stranger, "request", 7).await.expect("asked"), []);
        assert_eq!(letters::about(&mut tx, &scene.handler, "request", 7).await.expect("asked").len(), 1);
        tx.roll_back().await.expect("over");
        test.close().await;
    }

    async fn a_body_words_its_letters_from_a_day_on(test) {
        let scene = Scene::new(&test).await;
        let house = scene.house();
        let own = "== 标题\n不予公开通知\n== 正文\n{{ 称呼 }}申请的{{ 申请.内容 }}不予公开。\n";
        let change = async |signed: &SignedIn, key: &str, seen: i64, source: Option<&str>, from| {
            let change = Change { kind: kind("denied"), seen, source, effective_from: from, note: "按市政府办要求" };
            letters::change(house, signed, &Sent::new("letter-template", key, [key]), scene.body, &change).await
        };
        let denied = change(&scene.handler, "a", 0, Some(own), date(2026, 11, 23)).await;
        assert!(matches!(denied, Err(LettersError::Denied(_))), "{denied:?}");
        let faults = change(&scene.head, "b", 0, Some("== 标题\n甲\n== 正文\n{{ 申请.内荣 }}\n"), date(2026, 11, 23)).await;
        assert!(matches!(&faults, Err(LettersError::Template(faults)) if faults[0].line == 4), "{faults:?}");
        assert_eq!(refused(change(&scene.head, "c", 0, Some(own), date(2026, 11, 22)).await), ["letter-template-past"]);
        // It is Monday 23 November 2026.
        assert_eq!(change(&scene.head, "d", 0, Some(own), date(2026, 12, 1)).await.expect("kept"), 1);
        assert_eq!(change(&scene.head, "d", 0, Some(own), date(2026, 12, 1)).await.expect("told again"), 1);
        let conflict = change(&scene.head, "e", 0, None, date(2027, 1, 1)).await;
        assert!(matches!(conflict, Err(LettersError::Store(gongkai_store::StoreError::Conflict))), "{conflict:?}");
        assert_eq!(change(&scene.head, "f", 1, None, date(2027, 1, 1)).await.expect("kept"), 2);
        let mut wanted = order(scene.body, "denied");
        for (dated, title, version) in [
            (date(2026, 11, 30), "政府信息不予公开告知书", 0),
            (date(2026, 12, 1), "不予公开通知", 1),
            (date(2027, 1, 1), "政府信息不予公开告知书", 2),
        ] {
            wanted.facts.dated = Some(dated);
            let draft = letters::draft(house, &wanted).await.expect("a draft");
            assert_eq!((draft.letter.title.as_str(), draft.template_version), (title, version), "{dated}");
        }
        let shown = letters::list(house, &scene.handler, scene.body).await.expect("a list");
        let denied = shown.iter().find(|one| one.kind.key == "denied").expect("a kind");
        assert_eq!((denied.version, denied.versions.len()), (0, 2));
        assert_eq!(denied.source, template::default(kind("denied")));
        // What was issued by older words stays as it was.
        wanted.facts.dated = Some(date(2026, 12, 1));
        let id = scene.issue("k", &wanted).await.expect("issued");
        let seen = letters::see(house, &scene.handler, id).await.expect("seen");
        assert_eq!((seen.letter.title.as_str(), seen.issued.kept.template_version), ("不予公开通知", 1));
        assert_eq!(trail(house, "letters.templates_change").await.len(), 3, "a denial and two changes");
        test.close().await;
    }

    async fn fonts_that_were_missing_are_found_once_they_are_there(test) {
        let folder = test.test.folder.path().join("own-fonts");
        let press = Arc::new(Press::new(vec![folder.clone()]));
        assert_eq!(press.fonts().err(), Some(PressError::NoFonts(vec![folder.clone()])));
        std::fs::create_dir_all(&folder).expect("a folder");
        for entry in std::fs::read_dir(fonts()).expect("fonts; cargo xtask test installs them") {
            let path = entry.expect("a font").path();
            std::fs::hard_link(&path, folder.join(path.file_name().expect("a name"))).or_else(|_| std::fs::copy(&path, folder.join(path.file_name().expect("a name"))).map(|_| ())).expect("there");
        }
        assert!(press.fonts().is_ok());
        test.close().await;
    }
}
