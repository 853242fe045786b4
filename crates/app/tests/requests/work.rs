//! Who works on a case, what is searched for, and the reply that is reviewed
//! before it leaves.

use gongkai_app::calendar;
use gongkai_app::requests::charging::{self, Basis};
use gongkai_app::requests::giving::{self, Found, Search};
use gongkai_app::requests::intake::Confirming;
use gongkai_app::requests::look::{self, Query};
use gongkai_app::requests::steps::{self, Seen, Taken};
use gongkai_app::requests::whose::Whose;
use gongkai_app::requests::{self, RequestError, Ticket, clocks, month, notices, parts, search};
use gongkai_app::review::tasks;
use gongkai_domain::organization::roles::{Grant, Role};
use gongkai_domain::organization::{OrganizationId, OrganizationKind, PersonId};
use gongkai_domain::requests::application::Typed;
use gongkai_domain::requests::case::{Event, State};
use gongkai_domain::requests::record::{Lane, Proof};
use gongkai_store::{people, requests as stored};
use gongkai_testkit::in_both_houses;
use gongkai_testkit::requests::{found, person, signed, tail, typed, visitor};

use super::end;
use super::scene::{Scene, day, ids, served};

/// A year in which every weekday is worked, but for its first Monday.
fn weekdays(year: i16) -> String {
    let monday = match year {
        2027 => "2027-01-04",
        _ => "2028-01-03",
    };
    serde_json::json!({
        "year": year,
        "jurisdiction": "CN",
        "version": 1,
        "notice": "试验用的通知",
        "notice_confidence": "recalled",
        "off": { monday: "new_year" },
        "work": {},
    })
    .to_string()
}

impl Scene<'_> {
    async fn assign(
        &self,
        id: i64,
        section: Option<OrganizationId>,
        handler: Option<PersonId>,
    ) -> Result<(), RequestError> {
        let seen = self.seen(id).await;
        let clerk = signed(self.house(), self.bureau.clerk).await;
        let (key, to) = (self.house().token(), (section, handler));
        served(giving::assign(
            self.house(),
            &clerk,
            &key,
            seen,
            to,
            "请办理",
        ))
        .await
    }

    async fn search(&self, id: i64, limit: &str) -> Result<(), RequestError> {
        let seen = self.seen(id).await;
        let handler = signed(self.house(), self.bureau.handler).await;
        let search = Search {
            unit: "水资源股",
            words: "水质监测报告，2025 年，业务系统和档案室",
            limit,
        };
        let key = self.house().token();
        served(giving::ask_search(
            self.house(),
            &handler,
            &key,
            seen,
            search,
        ))
        .await
    }

    /// A search of the whole house that found nothing.
    pub(super) async fn searched(&self, id: i64) {
        self.search(id, "2026-11-30").await.expect("asked");
        self.found(id, 1, false).await.expect("answered");
    }

    async fn found(&self, id: i64, number: u32, found: bool) -> Result<(), RequestError> {
        let seen = self.seen(id).await;
        let handler = signed(self.house(), self.bureau.handler).await;
        let result = Found {
            number,
            on: "2026-11-23",
            found,
            searcher: "张某",
            result: "在档案室以“水质监测”检索，未见",
        };
        let key = self.house().token();
        served(giving::end_search(
            self.house(),
            &handler,
            &key,
            seen,
            result,
        ))
        .await
    }
}

in_both_houses! {
    async fn a_case_is_given_to_a_section_taken_on_and_given_back(test) {
        let scene = Scene::new(&test).await;
        let filed = scene.counter(1, "2026-11-23").await;
        let (house, inside) = (&test.house, scene.bureau.inside);
        // Who works in the section alone sees what was given to it, and no more.
        let hand = signed(house, inside).await;
        let before = served(look::see(house, &hand, filed.id)).await;
        assert!(matches!(before, Err(RequestError::Missing)));
        assert_eq!(ids(scene.assign(filed.id, None, None).await), ["casework-assign-nobody"]);
        let other = scene.assign(filed.id, Some(scene.bureau.other), None).await;
        assert_eq!(ids(other), ["casework-assign-section"]);
        let stranger = scene.assign(filed.id, None, Some(scene.bureau.stranger)).await;
        assert_eq!(ids(stranger), ["casework-assign-person"]);
        let elsewhere = found(house, "规划股", OrganizationKind::Section, Some(scene.bureau.own)).await;
        assert_eq!(ids(scene.assign(filed.id, Some(elsewhere), Some(inside)).await), ["casework-assign-elsewhere"]);
        scene.assign(filed.id, Some(scene.bureau.section), None).await.expect("given");
        let shown = served(look::see(house, &hand, filed.id)).await.expect("seen");
        let page = served(look::list(house, &hand, Query::lane(Lane::Running))).await;
        assert_eq!(page.expect("a page").lines.len(), 1);
        let desk = served(look::desk(house, &hand)).await.expect("a desk");
        assert_eq!((desk.running, desk.mine), (1, 0));
        let seen = Seen { id: filed.id, version: shown.kept.version };
        let key = house.token();
        served(giving::take_on(house, &hand, &key, seen)).await.expect("taken on");
        let desk = served(look::desk(house, &hand)).await.expect("a desk");
        assert_eq!((desk.running, desk.mine), (1, 1));
        let seen = scene.seen(filed.id).await;
        let handler = signed(house, scene.bureau.handler).await;
        let key = house.token();
        let another = served(giving::give_back(house, &handler, &key, seen, "不归我办")).await;
        assert_eq!(ids(another), ["casework-given-to-another"]);
        let key = house.token();
        let why = served(giving::give_back(house, &hand, &key, seen, " ")).await;
        assert_eq!(ids(why), ["casework-needs-reason"]);
        let key = house.token();
        served(giving::give_back(house, &hand, &key, seen, "不属于本股职责")).await.expect("given back");
        let gone = served(look::see(house, &hand, filed.id)).await;
        assert!(matches!(gone, Err(RequestError::Missing)));
        end(test).await;
    }

    async fn who_is_given_a_case_sees_it_and_counts_only_what_they_see(test) {
        let scene = Scene::new(&test).await;
        let (house, own, section) = (&test.house, scene.bureau.own, scene.bureau.section);
        // Their section was not chosen: it goes there all the same.
        let inside = scene.bureau.inside;
        let filed = scene.counter(1, "2026-11-23").await;
        scene.assign(filed.id, None, Some(inside)).await.expect("given");
        let hand = signed(house, inside).await;
        served(look::see(house, &hand, filed.id)).await.expect("seen");
        // Who leaves the bureau for its section keeps what was given to them, and sees
        // what was given to the section.
        let both = person(house, "both", own, &[Role::Handler]).await;
        for (n, at) in [(2, None), (3, None), (4, Some(section))] {
            let filed = scene.counter(n, "2026-11-23").await;
            scene.assign(filed.id, at, Some(both)).await.expect("given");
        }
        let mine = async || {
            let hand = signed(house, both).await;
            let query = Query { whose: Whose::Mine, ..Query::lane(Lane::Running) };
            let page = served(look::list(house, &hand, query)).await.expect("a page");
            let month = served(month::month(house, &hand, day("2026-12-01"), Whose::Mine)).await.expect("a month");
            let days: i64 = month.iter().map(|day| day.running).sum();
            let desk = served(look::desk(house, &hand)).await.expect("a desk");
            (desk.mine, page.lines.len(), days)
        };
        assert_eq!(mine().await, (3, 3, 3));
        let mut tx = house.db.write().await.expect("a turn");
        let grants = people::grants(&mut tx, both).await.expect("grants");
        people::end_grant(&mut tx, grants[0].0, day("2026-11-22")).await.expect("ended");
        let grant = Grant { organization: Some(section), ..grants[0].1 };
        people::grant(&mut tx, &grant, None, house.now()).await.expect("granted");
        tx.commit().await.expect("kept");
        assert_eq!(mine().await, (1, 1, 1));
        end(test).await;
    }

    async fn the_head_extends_but_not_their_own_case(test) {
        let scene = Scene::new(&test).await;
        let filed = scene.counter(1, "2026-11-23").await;
        let head = scene.bureau.head;
        scene.assign(filed.id, None, Some(head)).await.expect("given");
        let extend = Event::Extended { days: 5 };
        let own = scene.step(head, filed.id, "2026-11-23", extend.clone()).await;
        assert_eq!(ids(own), ["casework-extension-own"]);
        scene.assign(filed.id, None, Some(scene.bureau.handler)).await.expect("given");
        scene.step(head, filed.id, "2026-11-23", extend).await.expect("extended");
        end(test).await;
    }

    async fn nothing_is_said_not_to_exist_without_a_search_record(test) {
        let scene = Scene::new(&test).await;
        let filed = scene.counter(1, "2026-11-23").await;
        let none = async || ids(scene.draft(filed.id, "not_exist", "经检索不存在。").await);
        assert_eq!(none().await, ["casework-search-needed"]);
        assert_eq!(ids(scene.search(filed.id, "2026-11-20").await), ["casework-search-limit"]);
        scene.search(filed.id, "2026-11-27").await.expect("asked");
        assert_eq!(none().await, ["casework-search-open"]);
        assert_eq!(ids(scene.found(filed.id, 2, false).await), ["casework-no-search"]);
        scene.found(filed.id, 1, false).await.expect("kept");
        assert_eq!(ids(scene.found(filed.id, 1, true).await), ["casework-no-search"]);
        scene.reply(filed.id, "2026-11-23", "not_exist").await.expect("replied");
        let shown = scene.see(scene.bureau.clerk, filed.id).await;
        assert_eq!(shown.kept.standing.outcome.as_deref(), Some("not_exist"));
        // The applicant is told nothing of how the office works.
        let tracked = scene.track(&filed, 1).await.expect("tracked");
        let kinds: Vec<&str> = tracked.timeline.iter().map(|(_, what)| what.key()).collect();
        assert_eq!(kinds, ["filed", "replied"]);
        end(test).await;
    }

    async fn a_reply_leaves_only_as_it_was_approved(test) {
        let scene = Scene::new(&test).await;
        let filed = scene.counter(1, "2026-11-23").await;
        let handler = scene.bureau.handler;
        let granted = Event::Replied { outcome: "granted".to_owned() };
        let give = async || scene.step(handler, filed.id, "2026-11-23", granted.clone()).await;
        assert_eq!(ids(give().await), ["casework-reply-not-written"]);
        let digest = scene.draft(filed.id, "granted", "现予公开，见附件。").await.expect("written");
        assert_eq!(ids(give().await), ["casework-reply-not-approved"]);
        scene.hand_in(filed.id, &digest).await.expect("handed in");
        // Who reviews finds it among what waits for them.
        let reviewer = signed(&test.house, scene.bureau.reviewer).await;
        let waiting = served(tasks::tasks(&test.house, &reviewer, None)).await.expect("tasks");
        assert_eq!(waiting.replies.len(), 1);
        assert_eq!(waiting.replies[0].number, filed.number);
        assert!(waiting.steps.is_empty());
        // So does a mail, by the number that people know.
        scene.sent().await;
        let told = format!("第 {} 号送审稿等您办理", filed.number);
        assert!(test.outbox.sent().iter().any(|mail| mail.subject.as_str() == told));
        // Their own text nobody approves.
        let own = scene.take(handler, filed.id, "review", &digest).await;
        assert!(own.is_err());
        scene.take(scene.bureau.reviewer, filed.id, "review", &digest).await.expect("approved");
        assert_eq!(ids(give().await), ["casework-reply-not-approved"]);
        // A change voids what was approved.
        let other = scene.draft(filed.id, "granted", "现予公开，另寄。").await.expect("written");
        assert_ne!(digest, other);
        let old = scene.take(scene.bureau.legal, filed.id, "legal", &digest).await;
        assert!(old.is_err());
        scene.approve_again(filed.id, &other).await;
        let partial = Event::Replied { outcome: "partial".to_owned() };
        let another = scene.step(handler, filed.id, "2026-11-23", partial).await;
        assert_eq!(ids(another), ["casework-reply-not-written"]);
        give().await.expect("given");
        let tracked = scene.track(&filed, 1).await.expect("tracked");
        assert!(matches!(tracked.state, State::Replied(_)));
        assert_eq!(ids(scene.draft(filed.id, "granted", "又改").await), ["case-replied-already"]);
        scene.step(handler, filed.id, "2026-11-23", Event::Served { way: None }).await.expect("served");
        scene.step(scene.bureau.clerk, filed.id, "2026-11-23", Event::Archived).await.expect("archived");
        end(test).await;
    }

    async fn a_matter_becomes_a_case_of_its_own_with_its_own_clock(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        scene.on("2024-02-10");
        let filed = scene.file(6).await;
        scene.on("2024-02-18");
        scene.confirm(filed.id, "2024-02-18", Confirming::Reached).await.expect("confirmed");
        let clerk = signed(house, scene.bureau.clerk).await;
        let seen = scene.seen(filed.id).await;
        let key = house.token();
        let mut made = Vec::new();
        for _ in 0..2 {
            let part = parts::split(house, &clerk, &key, seen, "河道采砂许可的目录");
            made.push(served(part).await.expect("made"));
        }
        assert_eq!(made[0], made[1], "once");
        let tracked = scene.track(&filed, 6).await.expect("tracked");
        assert_eq!(tracked.parts.len(), 1);
        assert_eq!(tracked.parts[0].number, "2024-00002");
        assert_eq!(tracked.parts[0].due.as_ref().map(|due| due.date), Some(day("2024-03-15")));
        // Each goes its own way, for its applicant too.
        let note = vec![(Proof::Note, "请写明目录的年份"), (Proof::Reference, "1")];
        let limit = day("2024-03-01");
        let asked = Taken { event: Event::SupplementAsked { limit }, day: day("2024-02-18"), proofs: note };
        let part = scene.seen(made[0]).await;
        served(steps::step(house, &clerk, "asked", part, &asked)).await.expect("asked");
        scene.on("2024-02-19");
        let code = filed.code.to_string();
        let contact = tail(6);
        let whole = Ticket::new(&code, &contact);
        let part = whole.of_part("2024-00002");
        let supplement = async |ticket| served(requests::supplement(house, visitor(), "came", ticket, "2023 年的", &[])).await;
        assert_eq!(ids(supplement(whole).await), ["case-no-supplement-asked"]);
        assert!(matches!(supplement(whole.of_part("2024-00009")).await, Err(RequestError::Missing)));
        supplement(part).await.expect("supplemented");
        let tracked = served(requests::track(house, part)).await.expect("tracked");
        assert_eq!(tracked.due.as_ref().map(|due| due.date), Some(day("2024-03-18")));
        assert!(tracked.parts.is_empty());
        scene.step(scene.bureau.clerk, filed.id, "2024-02-18", Event::Withdrawn).await.expect("taken back");
        let shown = scene.see(scene.bureau.clerk, made[0]).await;
        assert!(shown.case.state().ending().is_none());
        let again = scene.seen(made[0]).await;
        let key = house.token();
        let part = parts::split(house, &clerk, &key, again, "再分");
        assert_eq!(ids(served(part).await), ["casework-part-of-a-part"]);
        end(test).await;
    }

    async fn a_fee_is_asked_for_where_the_rules_ask_for_one(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        let filed = scene.counter(1, "2026-11-23").await;
        let handler = signed(house, scene.bureau.handler).await;
        let notify = async |basis| {
            let seen = scene.seen(filed.id).await;
            let key = house.token();
            served(charging::notify(house, &handler, &key, seen, ("2026-11-23", ""), basis, "挂号寄出")).await
        };
        assert_eq!(ids(notify(Basis::Items).await), ["casework-fee-none"]);
        notify(Basis::Pages(50)).await.expect("told");
        let shown = scene.see(scene.bureau.clerk, filed.id).await;
        let said: Vec<&String> = shown.record.iter().flat_map(|one| one.proofs.values()).collect();
        assert!(said.iter().any(|text| text.contains("200 元")), "{said:?}");
        assert_eq!(shown.kept.standing.due, None);
        end(test).await;
    }

    async fn everybody_is_told_once_and_what_is_late_goes_up(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        scene.on("2024-03-01");
        let filed = scene.counter(1, "2024-03-01").await;
        scene.assign(filed.id, None, Some(scene.bureau.handler)).await.expect("given");
        let remind = async |on: &str| {
            scene.on(on);
            served(notices::remind(house)).await.expect("told")
        };
        // Due on 2024-03-29, a Friday: nothing yet, then soon for the clerk and
        // the handler, then today for the head too.
        // On the day before the last for a supplement notice, and once.
        assert_eq!(remind("2024-03-08").await, 0);
        assert_eq!(remind("2024-03-11").await, 2);
        assert_eq!(remind("2024-03-12").await, 0);
        assert_eq!(remind("2024-03-20").await, 0);
        assert_eq!(remind("2024-03-27").await, 2);
        assert_eq!(remind("2024-03-27").await, 0);
        assert_eq!(remind("2024-03-28").await, 0);
        assert_eq!(remind("2024-03-29").await, 3);
        // Nobody is told on a Saturday; on Monday the leader too.
        assert_eq!(remind("2024-03-30").await, 0);
        assert_eq!(remind("2024-04-01").await, 4);
        assert_eq!(remind("2024-04-02").await, 0);
        // What was filed online and not confirmed after a working day.
        scene.file(2).await;
        assert_eq!(remind("2024-04-03").await, 0);
        assert_eq!(remind("2024-04-07").await, 2);
        // A supplement is awaited: who asked for it, the notice is not due again;
        // before its last day, and past it with the head.
        scene.on("2024-04-08");
        let unclear = scene.counter(3, "2024-04-08").await;
        let limit = day("2024-04-19");
        scene.on("2024-04-09");
        scene.step(scene.bureau.clerk, unclear.id, "2024-04-09", Event::SupplementAsked { limit }).await.expect("asked");
        // The leader hears of what nobody confirmed for a week.
        assert_eq!(remind("2024-04-15").await, 3);
        assert_eq!(remind("2024-04-18").await, 1);
        assert_eq!(remind("2024-04-19").await, 0);
        assert_eq!(remind("2024-04-22").await, 2);
        scene.sent().await;
        let mails = test.outbox.sent();
        let notice = mails.iter().filter(|mail| mail.subject.as_str().contains("补正告知书的最后一天"));
        assert_eq!(notice.count(), 2);
        let late = mails.iter().find(|mail| mail.subject.as_str().contains("已过"));
        assert!(late.is_some_and(|mail| mail.text.contains(&filed.number)));
        let name = gongkai_testkit::requests::typed(1).name;
        assert!(mails.iter().all(|mail| !mail.text.contains(&name)));
        end(test).await;
    }

    async fn when_a_calendar_is_loaded_the_clocks_of_open_cases_follow(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        scene.on("2027-12-20");
        let filed = scene.counter(1, "2027-12-20").await;
        let at = async || {
            let mut tx = house.db.read().await.expect("a state");
            let kept = stored::get_any(&mut tx, filed.id).await.expect("read").expect("there");
            tx.roll_back().await.expect("over");
            kept.standing
        };
        // No notice tells of these years: the date is provisional.
        let before = at().await;
        assert!(before.provisional);
        assert_eq!(before.due, Some(day("2028-01-17")));
        for year in [2027, 2028] {
            let text = weekdays(year);
            let now = house.now();
            calendar::load_into_store(&house.db, &text, "test", 0, now).await.expect("loaded");
        }
        // Whoever loads it from the command line has the clocks follow too.
        test.runner().run_all().await.expect("done");
        let after = at().await;
        assert!(!after.provisional);
        assert_eq!(after.due, Some(day("2028-01-18")), "2028-01-03 is a day off now");
        assert_eq!(served(clocks::reckon(house)).await.expect("reckoned"), 0);
        end(test).await;
    }

    async fn what_may_have_to_do_with_a_case_is_suggested(test) {
        let scene = Scene::new(&test).await;
        for _ in 0..3 {
            scene.file(4).await;
        }
        let other = scene.file(5).await;
        let last = scene.file(4).await;
        let shown = scene.see(scene.bureau.clerk, last.id).await;
        assert_eq!(shown.month_count, 4);
        let same = shown.related.iter().filter(|one| one.is_same_applicant);
        assert_eq!(same.count(), 3);
        let alike = shown.related.iter().find(|one| one.id == other.id);
        assert!(alike.is_some_and(|one| !one.is_same_applicant && one.likeness >= 50));
        end(test).await;
    }

    async fn what_was_asked_long_ago_by_another_is_suggested_too(test) {
        let scene = Scene::new(&test).await;
        let asks = async |n: u32, text: String| {
            let typed = Typed { description: text, ..typed(n) };
            scene.try_file(&test.house.token(), &typed).await.expect("filed").id
        };
        let old = asks(1, "竹溪水库大坝安全鉴定报告".to_owned()).await;
        let elsewhere = asks(2, "竹溪水库渔业承包合同".to_owned()).await;
        // More than anybody reads through came since.
        for n in 0..105 {
            asks(1000 + n, format!("{n} 号河段 2025 年水质监测报告")).await;
        }
        while served(search::index(&test.house)).await.expect("indexed") > 0 {}
        let new = asks(3, "竹溪水库大坝的安全鉴定报告".to_owned()).await;
        let shown = scene.see(scene.bureau.clerk, new).await;
        let found: Vec<i64> = shown.related.iter().map(|one| one.id).collect();
        assert_eq!(found, [old], "and not {elsewhere}");
        end(test).await;
    }
}

impl Scene<'_> {
    async fn approve_again(&self, id: i64, digest: &str) {
        let shown = self.see(self.bureau.handler, id).await;
        let under = shown.draft.and_then(|draft| draft.under).expect("a review");
        if under.review.state().key() != "open" {
            self.hand_in(id, digest).await.expect("handed in");
        }
        let steps = [
            (self.bureau.reviewer, "review"),
            (self.bureau.legal, "legal"),
            (self.bureau.secrecy, "secrecy"),
            (self.bureau.leader, "sign"),
        ];
        for (by, step) in steps {
            let taken = self.take(by, id, step, digest).await;
            taken.unwrap_or_else(|error| panic!("{step}: {error}"));
        }
    }
}
