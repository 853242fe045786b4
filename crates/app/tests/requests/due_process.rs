//! What the law owes to both sides: information that is given is had, a fee is that
//! of one's own item, nobody is told of a day too early, nothing late stays unseen.

use gongkai_app::inspection::File;
use gongkai_app::requests::charging::{self, Basis};
use gongkai_app::requests::files::{self, AddedTo};
use gongkai_app::requests::giving::{self, Found, Search};
use gongkai_app::requests::intake::Confirming;
use gongkai_app::requests::look::{self, Query};
use gongkai_app::requests::papers::{self, Choice};
use gongkai_app::requests::steps;
use gongkai_app::requests::whose::{self, Only, Whose};
use gongkai_app::requests::{self, Filed, RequestError, Ticket, notices, search};
use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::organization::permissions::Action;
use gongkai_domain::organization::roles::Role;
use gongkai_domain::requests::case::{Asked, Event, Opinion, Service};
use gongkai_domain::requests::record::Lane;
use gongkai_domain::requests::work::Work;
use gongkai_domain::settings::COUNTS_GIVEN_UP;
use gongkai_testkit::in_both_houses;
use gongkai_testkit::reader::InProcess;
use gongkai_testkit::requests::{person, signed, tail, visitor};

use super::end;
use super::scene::{Scene, day, ids, served};

impl Scene<'_> {
    /// Puts together what the applicant is to have.
    pub(super) async fn put_together(
        &self,
        id: i64,
        name: &str,
        text: &str,
    ) -> Result<(), RequestError> {
        let handler = self.bureau.signed(self.bureau.handler).await;
        let file = File {
            name: name.to_owned(),
            bytes: text.as_bytes().into(),
        };
        let house = self.house();
        let brought = files::bring_to(house, &InProcess, &handler, id, vec![file]);
        let brought = served(brought).await?;
        let (seen, key) = (self.seen(id).await, house.token());
        let told = (AddedTo::Reply, "主动检索所得");
        served(files::add(house, &handler, &key, seen, told, &brought)).await
    }

    /// What the applicant has of the given files, by its number.
    pub(super) async fn had(
        &self,
        filed: &Filed,
        n: u32,
        number: i64,
    ) -> Result<Vec<u8>, RequestError> {
        let (code, contact) = (filed.code.to_string(), tail(n));
        let ticket = Ticket::new(&code, &contact);
        let had = requests::given_file(self.house(), &InProcess, visitor(), ticket, number);
        Ok(served(had).await?.1.to_vec())
    }
}

in_both_houses! {
    async fn what_is_put_together_is_reviewed_with_the_reply_and_had_by_the_applicant(test) {
        let scene = Scene::new(&test).await;
        let handler = scene.bureau.handler;
        let filed = scene.counter(1, "2026-11-23").await;
        let id = filed.id;
        scene.put_together(id, "旧表.txt", "旧").await.expect("put together");
        scene.put_together(id, "巡查记录.txt", "巡查").await.expect("put in its place");
        let digest = scene.draft(id, "granted", "现予以公开。").await.expect("written");
        let shown = scene.see(handler, id).await;
        let reply = shown.draft.expect("a reply").reply;
        assert_eq!(reply.files, [shown.files[1].digest.clone()], "the last set, whole");
        // Something else than what was written is never given.
        scene.put_together(id, "巡查记录（定稿）.txt", "定稿").await.expect("changed");
        assert_eq!(ids(scene.hand_in(id, &digest).await), ["casework-reply-files-changed"]);
        scene.approve(id, "granted").await.expect("written anew and approved");
        let early = scene.had(&filed, 1, 3).await;
        assert!(matches!(early, Err(RequestError::Missing)), "before the reply");
        let given = Event::Replied { outcome: "granted".to_owned() };
        scene.step(handler, id, "2026-11-23", given).await.expect("replied");
        let tracked = scene.track(&filed, 1).await.expect("tracked");
        let names: Vec<&str> = tracked.given.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["巡查记录（定稿）.txt"]);
        assert_eq!(scene.had(&filed, 1, 3).await.expect("had"), "定稿".as_bytes());
        for other in [1, 2, 9] {
            let none = scene.had(&filed, 1, other).await;
            assert!(matches!(none, Err(RequestError::Missing)), "{other}");
        }
        // After the reply nothing is added to it.
        assert_eq!(ids(scene.put_together(id, "又一份.txt", "又").await), ["case-replied-already"]);
        end(test).await;
    }

    async fn what_is_refused_gives_no_files(test) {
        let scene = Scene::new(&test).await;
        let filed = scene.counter(1, "2026-11-23").await;
        scene.put_together(filed.id, "内部材料.txt", "内部").await.expect("put together");
        scene.reply(filed.id, "2026-11-23", "denied_internal").await.expect("refused");
        assert!(scene.track(&filed, 1).await.expect("tracked").given.is_empty());
        assert!(scene.had(&filed, 1, 1).await.is_err());
        end(test).await;
    }

    async fn a_fee_by_item_is_that_of_the_own_place_in_the_month(test) {
        let scene = Scene::new(&test).await;
        let mut all = Vec::new();
        for _ in 0..12 {
            all.push(scene.counter(1, "2026-03-16").await.id);
        }
        // One of another month, and one of somebody else.
        scene.counter(1, "2026-02-27").await;
        scene.counter(2, "2026-03-16").await;
        let clerk = scene.bureau.clerk;
        let mut yuan = Vec::new();
        for (place, id) in (1..).zip(&all) {
            let shown = scene.see(clerk, *id).await;
            assert_eq!((shown.month_count, shown.month_rank), (12, place));
            let fee = charging::reckon(&test.house, &shown, Basis::Items);
            yuan.push(served(fee).await.expect("reckoned").yuan);
        }
        // What is given up keeps its place, or gives it to those after it.
        scene.step(clerk, all[0], "2026-11-23", Event::Withdrawn).await.expect("taken back");
        for (counts, places) in [("yes", (12, 12)), ("no", (11, 11))] {
            scene.set(COUNTS_GIVEN_UP, counts).await;
            let shown = scene.see(clerk, all[11]).await;
            assert_eq!((shown.month_count, shown.month_rank), places, "{counts}");
        }
        assert_eq!(yuan[..10], [0; 10]);
        assert_eq!(yuan[10..], [100, 100], "200 in all, as 国办函〔2020〕109号 has it");
        end(test).await;
    }

    async fn the_receipt_date_is_not_before_both_have_confirmed(test) {
        let scene = Scene::new(&test).await;
        scene.on("2024-02-05");
        let filed = scene.file(1).await;
        let (code, contact) = (filed.code.to_string(), tail(1));
        let ticket = Ticket::new(&code, &contact);
        scene.on("2024-02-18");
        let key = test.house.token();
        let said = requests::confirm_by_applicant(&test.house, visitor(), &key, ticket);
        served(said).await.expect("confirmed");
        scene.on("2024-02-19");
        // The clerk enters a receipt of an earlier day.
        scene.confirm(filed.id, "2024-02-06", Confirming::Receipt).await.expect("confirmed");
        let received = scene.track(&filed, 1).await.expect("tracked").received;
        assert_eq!(received, Some(day("2024-02-18")));
        end(test).await;
    }

    async fn who_is_to_confirm_is_asked_to(test) {
        let scene = Scene::new(&test).await;
        scene.on("2024-02-18");
        let filed = scene.file(1).await;
        scene.confirm(filed.id, "2024-02-18", Confirming::Receipt).await.expect("confirmed");
        scene.sent().await;
        let mails = test.outbox.sent();
        let asked = mails.last().expect("a mail");
        assert_eq!(asked.to.as_str(), "liu0001@example.com");
        assert!(asked.subject.as_str().contains("请确认"), "{}", asked.subject.as_str());
        assert!(asked.text.contains(&filed.number));
        assert!(!asked.text.contains(&filed.code.to_string()), "the code is told once");
        end(test).await;
    }

    async fn who_heads_a_section_extends_nothing(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        let chief = person(house, "chief", scene.bureau.section, &[Role::OfficeHead]).await;
        let id = scene.counter(1, "2026-11-23").await.id;
        let clerk = signed(house, scene.bureau.clerk).await;
        let (seen, key) = (scene.seen(id).await, house.token());
        let to = (Some(scene.bureau.section), None);
        served(giving::assign(house, &clerk, &key, seen, to, "请承办")).await.expect("given");
        // Art. 33 ¶2: the head of the disclosure office does.
        let refused = scene.step(chief, id, "2026-11-23", Event::Extended { days: 5 }).await;
        assert!(matches!(refused, Err(RequestError::Denied(_))), "{refused:?}");
        assert!(!scene.see(chief, id).await.allows(&signed(house, chief).await, Action::RequestsExtend));
        let asked = served(steps::demand(house, &signed(house, chief).await, Action::RequestsExtend, id)).await;
        assert!(asked.is_err());
        scene.step(scene.bureau.head, id, "2026-11-23", Event::Extended { days: 5 }).await.expect("extended");
        end(test).await;
    }

    async fn a_section_that_is_asked_sees_the_case_and_says_what_it_found(test) {
        let scene = Scene::new(&test).await;
        let (house, inside) = (&test.house, scene.bureau.inside);
        scene.on("2026-11-23");
        let filed = scene.counter(1, "2026-11-23").await;
        let id = filed.id;
        let own = signed(house, inside).await;
        let sees = async || served(look::see(house, &own, id)).await;
        let finds = async || {
            let lines = served(look::find(house, &own, &filed.number)).await.expect("a list");
            let sought = served(search::find(house, &own, &filed.number)).await.expect("a list").0;
            assert_eq!(sought.len(), lines.len());
            assert!(lines.iter().chain(&sought).all(|line| line.name.is_empty()), "who asks is not theirs");
            lines.len()
        };
        assert!(matches!(sees().await, Err(RequestError::Missing)), "nobody asked them");
        assert_eq!(finds().await, 0);
        let by = signed(house, scene.bureau.handler).await;
        for unit in ["水资源股", "县档案馆"] {
            let (seen, key) = (scene.seen(id).await, house.token());
            let search = Search { unit, words: "水质", limit: "2026-12-01" };
            served(giving::ask_search(house, &by, &key, seen, search)).await.expect("asked");
        }
        let shown = sees().await.expect("seen");
        assert_eq!(finds().await, 1);
        // What is wanted, and not who wants it, nor what else happened.
        let application = &shown.application;
        assert!(!application.description.is_empty());
        assert_eq!((application.name.as_str(), application.phone.as_str(), application.document_number.as_str()), ("", "", ""));
        assert_eq!((shown.record.len(), shown.files.len(), shown.related.len()), (2, 0, 0));
        // They say what they found, to the search they were asked for, and nothing else.
        assert_eq!(shown.may_work(&own, Work::EndSearch(None)), Ok(()));
        for work in Work::ALL.into_iter().filter(|work| *work != Work::EndSearch(None)) {
            assert!(shown.may_work(&own, work).is_err(), "{work:?}");
        }
        let limit = day("2026-12-15");
        let step = scene.step(inside, id, "2026-11-23", Event::SupplementAsked { limit }).await;
        assert!(matches!(step, Err(RequestError::Denied(_))), "{step:?}");
        let unmask = served(look::unmask(house, &own, id, "好奇")).await;
        assert!(matches!(unmask, Err(RequestError::Denied(_))));
        let answer = async |number| {
            let (seen, key) = (scene.seen(id).await, house.token());
            let found = Found { number, on: "2026-11-23", found: false, searcher: "水资源股", result: "未见" };
            served(giving::end_search(house, &own, &key, seen, found)).await
        };
        assert!(matches!(answer(2).await, Err(RequestError::Denied(_))), "asked of others");
        // They are reminded themselves, before the time is over and after it.
        scene.on("2026-11-27");
        served(notices::remind(house)).await.expect("reminded");
        scene.sent().await;
        let mails = test.outbox.sent();
        let mut told = mails.iter().filter(|mail| mail.to.as_str().starts_with("inside"));
        assert!(told.any(|mail| mail.subject.as_str().contains("在 2026-12-01 前登记检索结果")));
        scene.on("2026-12-02");
        served(notices::remind(house)).await.expect("reminded");
        scene.sent().await;
        let mails = test.outbox.sent();
        let mut told = mails.iter().filter(|mail| mail.to.as_str().starts_with("inside"));
        assert!(told.any(|mail| mail.subject.as_str().contains("2026-12-01 的期限已过")));
        scene.on("2026-11-23");
        answer(1).await.expect("answered");
        assert_eq!(ids(answer(1).await), ["casework-no-search"]);
        scene.step(scene.bureau.clerk, id, "2026-11-23", Event::Withdrawn).await.expect("taken back");
        assert!(matches!(sees().await, Err(RequestError::Missing)), "no longer asked");
        assert_eq!(scene.see(scene.bureau.handler, id).await.searches[0].found, Some(false));
        end(test).await;
    }

    async fn a_receipt_nobody_issued_and_a_consultation_nobody_served_are_told(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        let handler = scene.bureau.handler;
        scene.on("2024-04-01");
        let filed = scene.counter(1, "2024-04-01").await;
        let asked = Event::Consulted { number: 1, asked: Asked::CoMaker, limit: None };
        scene.step(handler, filed.id, "2024-04-01", asked).await.expect("asked");
        let told = async |on: &str, what: &str| {
            scene.on(on);
            served(notices::remind(house)).await.expect("told");
            scene.sent().await;
            let mails = test.outbox.sent();
            let of = mails.iter().filter(|mail| mail.to.as_str().starts_with("clerk"));
            of.filter(|mail| mail.subject.as_str().contains(what)).count()
        };
        // Whose letters are made elsewhere is not asked for receipts.
        assert_eq!(told("2024-04-02", "登记回执").await, 0);
        scene.letterhead().await;
        assert_eq!(told("2024-04-02", "登记回执").await, 1);
        assert_eq!(told("2024-04-09", "还没有登记送达").await, 0, "five working days for the post");
        assert_eq!(told("2024-04-10", "还没有登记送达").await, 1);
        let had = Event::ConsultationServed { number: 1 };
        scene.step(handler, filed.id, "2024-04-10", had).await.expect("served");
        scene.issue(scene.bureau.clerk, filed.id, "receipt").await.expect("issued");
        assert_eq!((told("2024-04-11", "还没有登记送达").await, told("2024-04-11", "登记回执").await), (1, 1));
        end(test).await;
    }

    async fn what_nobody_answered_entered_or_served_is_told(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        scene.on("2024-04-01");
        let told = async |on: &str| {
            scene.on(on);
            served(notices::remind(house)).await.expect("told");
            scene.sent().await;
            let mails = test.outbox.sent();
            let subjects = mails.iter().map(|mail| mail.subject.as_str().to_owned());
            subjects.collect::<Vec<String>>()
        };
        let says = |all: &[String], number: &str, what: &str| {
            let mut of = all.iter().filter(|one| one.contains(number));
            assert!(of.any(|one| one.contains(what)), "{what}: {all:?}");
        };
        let handler = scene.bureau.handler;
        // A third party is silent, and nobody enters it: told, and then overdue.
        let silent = scene.counter(1, "2024-04-01").await;
        scene.on("2024-04-12");
        let asked = Event::Consulted { number: 1, asked: Asked::ThirdParty, limit: None };
        scene.step(handler, silent.id, "2024-04-10", asked).await.expect("asked");
        let had = Event::ConsultationServed { number: 1 };
        scene.step(handler, silent.id, "2024-04-12", had).await.expect("served");
        // A unit does not answer, reasons do not come, a reply is not served.
        let searched = scene.counter(2, "2024-04-12").await;
        let (seen, key) = (scene.seen(searched.id).await, house.token());
        let search = Search { unit: "水资源股", words: "水质", limit: "2024-04-19" };
        let by = signed(house, handler).await;
        served(giving::ask_search(house, &by, &key, seen, search)).await.expect("asked");
        // The section that is asked hears of it, and again when it is chased.
        scene.sent().await;
        let hears = |what: &str| {
            let mails = test.outbox.sent();
            let own = mails.iter().filter(|mail| mail.to.as_str().starts_with("inside"));
            own.filter(|mail| mail.subject.as_str().contains(what)).count()
        };
        assert_eq!((hears("请在 2024-04-19 前检索"), hears("催办检索")), (1, 0));
        let (seen, key) = (scene.seen(searched.id).await, house.token());
        served(giving::chase_search(house, &by, &key, seen, 1, "电话催办")).await.expect("chased");
        scene.sent().await;
        assert_eq!((hears("请在 2024-04-19 前检索"), hears("催办检索")), (1, 1));
        assert_eq!(scene.see(handler, searched.id).await.searches[0].chased, 1);
        // What is to be paid is told to the applicant, and its time to the office.
        let unpaid = scene.counter(5, "2024-04-12").await;
        scene.step(handler, unpaid.id, "2024-04-12", Event::FeeNotified { sent: None }).await.expect("told");
        let tracked = scene.track(&unpaid, 5).await.expect("tracked");
        assert_eq!(tracked.to_pay.as_deref(), Some("情况属实"));
        let often = scene.counter(3, "2024-04-12").await;
        let limit = day("2024-04-19");
        scene.step(handler, often.id, "2024-04-12", Event::ReasonsAsked { limit }).await.expect("asked");
        let replied = scene.counter(4, "2024-04-12").await;
        scene.reply(replied.id, "2024-04-12", "granted").await.expect("replied");
        let all = told("2024-04-17").await;
        // Nobody told the applicant that others are asked.
        says(&all, &silent.number, "还没有出具给申请人的征求意见告知书");
        says(&all, &searched.number, "检索的期限 2024-04-19 快到");
        let all = told("2024-04-22").await;
        says(&all, &searched.number, "请催办");
        says(&all, &often.number, "说明理由的期限");
        says(&all, &replied.number, "还没有登记送达");
        let all = told("2024-05-08").await;
        says(&all, &silent.number, "征求意见的期限");
        let all = told("2024-05-09").await;
        says(&all, &unpaid.number, "期限 2024-05-13 快到");
        let all = told("2024-05-27").await;
        says(&all, &unpaid.number, "缴费期限 2024-05-13 已过");
        says(&all, &silent.number, "答复期限 2024-05-24 已过");
        says(&all, &replied.number, "应在 2024-05-13 前送达");
        // It is on the desk as what it is.
        served(requests::clocks::reckon(house)).await.expect("reckoned");
        let clerk = signed(house, scene.bureau.clerk).await;
        let late = Query { until: day("2024-05-26"), ..Query::lane(Lane::Running) };
        let late = served(look::list(house, &clerk, late)).await.expect("a list");
        assert!(late.lines.iter().any(|line| line.kept.id == silent.id));
        end(test).await;
    }

    async fn a_reply_is_in_time_by_the_day_of_its_service(test) {
        let scene = Scene::new(&test).await;
        let handler = scene.bureau.handler;
        scene.on("2024-04-26");
        let id = scene.counter(1, "2024-04-01").await.id;
        scene.reply(id, "2024-04-26", "granted").await.expect("replied");
        scene.on("2024-05-06");
        let way = Some(Service::Post);
        scene.step(handler, id, "2024-04-30", Event::Served { way }).await.expect("served");
        let shown = scene.see(handler, id).await;
        let due = shown.reply_due.expect("it was due").date;
        assert_eq!((due, shown.case.served_on()), (day("2024-04-29"), Some(day("2024-04-30"))));
        end(test).await;
    }

    async fn a_list_shows_whose_requests_one_chooses(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        let (clerk, handler) = (scene.bureau.clerk, scene.bureau.handler);
        let mut all = Vec::new();
        for n in 1..=3 {
            all.push(scene.counter(n, "2026-11-23").await.id);
        }
        let given = [
            (all[0], (None, Some(handler))),
            (all[1], (Some(scene.bureau.section), None)),
        ];
        let by = signed(house, clerk).await;
        for (id, to) in given {
            let (seen, key) = (scene.seen(id).await, house.token());
            served(giving::assign(house, &by, &key, seen, to, "")).await.expect("given");
        }
        let listed = async |who, whose| {
            let query = Query { whose, ..Query::lane(Lane::Running) };
            let page = served(look::list(house, &signed(house, who).await, query)).await.expect("a list");
            page.lines.into_iter().map(|line| line.kept.id).collect::<Vec<i64>>()
        };
        assert_eq!(listed(clerk, Whose::All).await, all);
        assert_eq!(listed(clerk, Whose::Person(handler)).await, [all[0]]);
        assert_eq!(listed(clerk, Whose::Place(scene.bureau.section)).await, [all[1]]);
        assert_eq!(listed(clerk, Whose::Place(scene.bureau.own)).await, all);
        // Nobody reaches further by choosing.
        assert!(listed(scene.bureau.stranger, Whose::Place(scene.bureau.own)).await.is_empty());
        assert!(listed(scene.bureau.stranger, Whose::Person(handler)).await.is_empty());
        let choices = served(whose::choices(house, &by)).await.expect("choices");
        assert!(choices.hands.people.iter().any(|hand| hand.id == handler));
        assert!(choices.hands.sections.iter().any(|(id, _)| *id == scene.bureau.section));
        for whose in [Whose::All, Whose::Mine, Whose::Place(scene.bureau.own), Whose::Person(handler)] {
            assert_eq!(Whose::from_key(&whose.key()), whose);
        }
        end(test).await;
    }

    async fn a_list_shows_which_requests_one_chooses(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        let clerk = scene.bureau.clerk;
        scene.on("2024-04-01");
        let at_hand = scene.counter(1, "2024-04-01").await.id;
        let by_post = scene.intake("signed_post", 2, "2024-04-01").await.expect("taken in").id;
        for (id, outcome) in [(at_hand, "granted"), (by_post, "not_ours")] {
            scene.reply(id, "2024-04-01", outcome).await.expect("replied");
        }
        let listed = async |outcome, way, applicant| {
            let only = Only::from_keys(outcome, way, applicant);
            let query = Query { only, ..Query::lane(Lane::Replied) };
            let page = served(look::list(house, &signed(house, clerk).await, query)).await.expect("a list");
            page.lines.into_iter().map(|line| line.kept.id).collect::<Vec<i64>>()
        };
        assert_eq!(listed("", "", "").await, [at_hand, by_post]);
        assert_eq!(listed("granted", "", "").await, [at_hand]);
        assert_eq!(listed("", "signed_post", "natural_person").await, [by_post]);
        assert!(listed("granted", "signed_post", "").await.is_empty());
        assert!(listed("", "", "org_research_institution").await.is_empty());
        // What is nothing of ours chooses nothing.
        assert_eq!(listed("' or 1=1 --", "", "").await, [at_hand, by_post]);
        end(test).await;
    }

    async fn a_late_supplement_notice_promises_no_new_period(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        let handler = scene.bureau.handler;
        scene.letterhead().await;
        let kind = Kind::of("supplement").expect("a kind");
        let restarts = async |on: &str| {
            scene.on(on);
            let id = scene.counter(1, "2024-04-01").await.id;
            let shown = scene.see(handler, id).await;
            let by = signed(house, handler).await;
            let known = papers::known(house, &by, &shown, kind, Choice::default());
            served(known).await.expect("known").supplement.expect("a supplement").restarts
        };
        assert!(restarts("2024-04-11").await);
        assert!(!restarts("2024-04-15").await);
        end(test).await;
    }

    async fn third_parties_are_decided_against_only_in_writing(test) {
        let scene = Scene::new(&test).await;
        let handler = scene.bureau.handler;
        let heard = async |n: u32, opinion| {
            let id = scene.counter(n, "2026-11-23").await.id;
            let asked = Event::Consulted { number: 1, asked: Asked::ThirdParty, limit: None };
            scene.step(handler, id, "2026-11-23", asked).await.expect("asked");
            let ended = Event::ConsultationEnded { number: 1, opinion };
            scene.step(handler, id, "2026-11-23", ended).await.expect("ended");
            id
        };
        let objects = heard(1, Opinion::Objects).await;
        assert_eq!(ids(scene.reply(objects, "2026-11-23", "granted").await), ["casework-decided-needed"]);
        scene.reply(objects, "2026-11-23", "denied_third_party").await.expect("refused");
        let agrees = heard(2, Opinion::Agrees).await;
        assert_eq!(ids(scene.reply(agrees, "2026-11-23", "denied_third_party").await), ["case-third-party-agreed"]);
        scene.reply(agrees, "2026-11-23", "granted").await.expect("given");
        end(test).await;
    }

    async fn the_reply_that_was_given_before_is_at_hand(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        scene.letterhead().await;
        let handler = scene.bureau.handler;
        let before = scene.counter(1, "2026-11-23").await.id;
        scene.approve_letter(before, "granted").await.expect("approved");
        let given = Event::Replied { outcome: "granted".to_owned() };
        scene.step(handler, before, "2026-11-23", given).await.expect("replied");
        let again = scene.counter(1, "2026-11-23").await.id;
        let earlier = async |id| {
            let shown = scene.see(handler, id).await;
            let (by, kind) = (signed(house, handler).await, Kind::of("duplicate").expect("a kind"));
            let known = papers::known(house, &by, &shown, kind, Choice::default());
            served(known).await.expect("known").earlier
        };
        let told = earlier(again).await.expect("a reply before it");
        assert_eq!(told.number, scene.letters(before).await.pop().expect("a letter").1);
        assert_eq!(told.dated, day("2026-11-23"));
        // Somebody else was given another one.
        let other = scene.counter(2, "2026-11-23").await.id;
        assert_eq!(earlier(other).await, None);
        end(test).await;
    }
}
