//! Requests, from the filing to the archive, on both engines.

mod as_it_came;
mod beside;
mod clock;
mod corrected;
mod due_process;
mod evidence;
mod mailed;
mod papers;
mod races;
mod reopened;
mod scene;
mod work;

use gongkai_app::portal::bodies::{self, Named};
use gongkai_app::requests::intake::Confirming;
use gongkai_app::requests::look::{self, Query};
use gongkai_app::requests::whose::Whose;
use gongkai_app::requests::{self, Filed, RequestError, Ticket};
use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::organization::{OpenWays, Organization, Validity};
use gongkai_domain::requests::application::Typed;
use gongkai_domain::requests::case::{Event, State};
use gongkai_domain::requests::record::{Lane, Side};
use gongkai_domain::settings::ANSWER_DAYS;
use gongkai_store::organization;
use gongkai_store::requests as stored;
use gongkai_store::settings::{self, Setting};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::in_both_houses;
use gongkai_testkit::requests::{open_by, signed, tail, typed, visitor};
use jiff::civil::Date;
use scene::{Scene, day, ids, served};

/// Ends a case: what waits is sent.
async fn end(test: TestHouse) {
    let later = "2029-03-01T01:00:00Z".parse().expect("an instant");
    test.clock.set(later);
    test.runner().run_all().await.expect("done");
    test.close().await;
}

in_both_houses! {
    async fn a_body_that_another_node_closed_or_opened_is_so_for_the_next_who_files(test) {
        let body = test.department("云溪县林业局").await;
        let house = &test.house;
        let file = async |key: &str, n| {
            served(requests::file(house, visitor(), key, body, &typed(n), &[])).await
        };
        let first = file("k-1", 1).await.expect("filed");
        // Written past this node: it learns of it when it asks.
        let until = async |until: Option<Date>| {
            let mut tx = test.house.db.write().await.expect("a turn");
            organization::lock(&mut tx).await.expect("a turn");
            let kept = organization::get(&mut tx, body).await.expect("read").expect("a body");
            let validity = Validity::new(day("2020-01-01"), until).expect("in order");
            let body = Organization { validity, ..kept.body };
            organization::update(&mut tx, &body, kept.version, test.house.now()).await.expect("changed");
            tx.commit().await.expect("kept");
        };
        until(Some(day("2026-11-22"))).await;
        let refused = file("k-2", 2).await;
        assert_eq!(ids(refused), ["casework-body-over"]);
        until(None).await;
        // Nor does anybody file online where that is closed.
        let named = async || bodies::named(house, "云溪县林业局").await.expect("asked");
        open_by(house, body, OpenWays::but("online")).await;
        assert_eq!(ids(file("k-2", 2).await), ["casework-online-closed"]);
        assert_eq!(named().await, Named::Closed);
        open_by(house, body, OpenWays::default()).await;
        assert_eq!(named().await, Named::One(body));
        let next = file("k-2", 2).await.expect("filed");
        // What was refused left no gap in the numbers.
        let number = |filed: &Filed| filed.number.rsplit('-').next().and_then(|n| n.parse::<u32>().ok());
        assert_eq!(number(&next), number(&first).map(|n| n + 1));
        // A setting that changed meanwhile is no hindrance.
        let mut tx = house.db.write().await.expect("a turn");
        let new = Setting { name: ANSWER_DAYS.to_owned(), value: "15".to_owned(), version: 0 };
        settings::put(&mut tx, &new, "keeper", house.now()).await.expect("set");
        tx.commit().await.expect("kept");
        file("k-3", 3).await.expect("filed");
        // Of two with a name it is neither, also where only one of them is asked here.
        test.department("云溪县林业局").await;
        open_by(house, body, OpenWays::but("online")).await;
        assert_eq!(named().await, Named::Unclear);
        end(test).await;
    }

    async fn a_citizen_files_and_no_clock_begins_before_both_sides_have_confirmed(test) {
        let scene = Scene::new(&test).await;
        scene.on("2024-02-10");
        let filed = scene.file(7).await;
        assert_eq!(filed.number, "2024-00001");
        let tracked = scene.track(&filed, 7).await.expect("tracked");
        assert_eq!(tracked.state, State::AwaitingConfirmation);
        assert_eq!((tracked.received, &tracked.due), (None, &None));
        assert!(tracked.may.confirm && tracked.may.withdraw);
        assert!(!tracked.may.supplement && !tracked.may.rate);
        // The applicant confirms; the office has not yet.
        let code = filed.code.to_string();
        let contact = tail(7);
        let ticket = Ticket::new(&code, &contact);
        let key = test.house.token();
        for _ in 0..2 {
            let said = requests::confirm_by_applicant(&test.house, visitor(), &key, ticket);
            served(said).await.expect("confirmed");
        }
        let tracked = scene.track(&filed, 7).await.expect("tracked");
        assert_eq!(tracked.confirmed_by, Some(Side::Applicant));
        assert_eq!(tracked.received, None);
        // It is called in vain, then it is confirmed on a working Sunday.
        scene.on("2024-02-18");
        scene.confirm(filed.id, "2024-02-18", Confirming::NotReached).await.expect("written");
        assert_eq!(scene.track(&filed, 7).await.expect("tracked").received, None);
        scene.confirm(filed.id, "2024-02-18", Confirming::Receipt).await.expect("confirmed");
        let tracked = scene.track(&filed, 7).await.expect("tracked");
        assert_eq!(tracked.received, Some(day("2024-02-18")));
        let due = tracked.due.expect("a clock runs");
        assert_eq!(due.date, day("2024-03-15"));
        assert!(!due.reasoning.is_empty(), "with its reasoning");
        let again = scene.confirm(filed.id, "2024-02-18", Confirming::Reached).await;
        assert_eq!(ids(again), ["casework-not-unconfirmed"]);
        end(test).await;
    }

    async fn a_form_that_is_sent_twice_is_filed_once_and_answered_with_the_same_code(test) {
        let scene = Scene::new(&test).await;
        let key = test.house.token();
        let first = scene.try_file(&key, &typed(3)).await.expect("filed");
        let again = scene.try_file(&key, &typed(3)).await.expect("filed");
        assert_eq!(first, again);
        // The same key with another application is none of ours.
        let other = scene.try_file(&key, &typed(4)).await;
        assert_eq!(ids(other), ["form-sent-otherwise"]);
        let next = scene.file(5).await;
        assert_eq!(next.number, "2026-00002", "no number is left out");
        assert_ne!(next.code, first.code);
        // The proof of filing went out once, with the code and nothing certain.
        scene.sent().await;
        let mails = test.outbox.sent();
        assert_eq!(mails.len(), 2);
        assert!(mails[0].text.contains(&first.code.to_string()));
        assert!(mails[0].text.contains("不是收到日期的确认"));
        end(test).await;
    }

    async fn what_is_wrong_in_an_application_is_told_with_its_field_and_nothing_is_kept(test) {
        let scene = Scene::new(&test).await;
        let wrong = Typed { description: String::new(), ..typed(1) };
        let key = test.house.token();
        let told = scene.try_file(&key, &wrong).await;
        let Err(RequestError::Entered(wrong)) = told else {
            panic!("taken: {told:?}");
        };
        assert_eq!(wrong[0].field, "description");
        // A section takes no applications in its own name.
        let house = &test.house;
        let of_section = typed(1);
        let file = requests::file(house, visitor(), &key, scene.bureau.section, &of_section, &[]);
        assert_eq!(ids(served(file).await), ["casework-no-body"]);
        let mut tx = house.db.read().await.expect("a state");
        let all = stored::in_lane(&mut tx, "unconfirmed", 0, 10).await.expect("read");
        assert!(all.is_empty());
        tx.roll_back().await.expect("over");
        test.close().await;
    }

    async fn a_ticket_that_does_not_fit_is_answered_like_one_that_was_never_given(test) {
        let scene = Scene::new(&test).await;
        let filed = scene.file(12).await;
        let code = filed.code.to_string();
        let never = "0000-0000-0000-0000-0000";
        for (code, tail) in [
            (code.as_str(), "9999"),
            (code.as_str(), ""),
            (never, "0012"),
            ("what", "0012"),
            ("", ""),
        ] {
            let ticket = Ticket::new(code, tail);
            let asked = served(requests::track(&test.house, ticket)).await;
            assert_eq!(ids(asked), ["casework-missing"]);
            let key = test.house.token();
            let taken = requests::withdraw(&test.house, visitor(), &key, ticket, "");
            assert_eq!(ids(served(taken).await), ["casework-missing"]);
        }
        // The end of the mail address is a contact too, and small letters do.
        let code = code.to_lowercase();
        let ticket = Ticket::new(&code, "0012");
        assert!(served(requests::track(&test.house, ticket)).await.is_ok());
        end(test).await;
    }

    async fn an_applicant_supplements_takes_back_and_rates(test) {
        let scene = Scene::new(&test).await;
        scene.on("2024-03-01");
        let filed = scene.counter(9, "2024-03-01").await;
        let handler = scene.bureau.handler;
        let limit = day("2024-03-29");
        scene.on("2024-03-08");
        scene
            .step(handler, filed.id, "2024-03-08", Event::SupplementAsked { limit })
            .await
            .expect("told");
        let tracked = scene.track(&filed, 9).await.expect("tracked");
        assert_eq!(tracked.asked.as_deref(), Some("情况属实"));
        assert!(tracked.may.supplement);
        scene.on("2024-03-20");
        let code = filed.code.to_string();
        let contact = tail(9);
        let ticket = Ticket::new(&code, &contact);
        let house = &test.house;
        let send = async |text: &str| {
            let key = house.token();
            served(requests::supplement(house, visitor(), &key, ticket, text, &[])).await
        };
        assert_eq!(ids(send(" ").await), ["casework-supplement-empty"]);
        send("指 2025 年第三季度的报告").await.expect("supplemented");
        let tracked = scene.track(&filed, 9).await.expect("tracked");
        assert_eq!(tracked.due.map(|due| due.date), Some(day("2024-04-18")));
        assert_eq!(ids(send("再补").await), ["case-no-supplement-asked"]);
        let rate = async |stars: u8| {
            let key = house.token();
            served(requests::rate(house, visitor(), &key, ticket, stars, "很快")).await
        };
        assert_eq!(ids(rate(5).await), ["casework-rate-after"]);
        let key = house.token();
        let taken = requests::withdraw(house, visitor(), &key, ticket, "已经找到");
        served(taken).await.expect("taken back");
        let key = house.token();
        let twice = requests::withdraw(house, visitor(), &key, ticket, "");
        assert_eq!(ids(served(twice).await), ["case-replied-already"]);
        assert_eq!(ids(rate(6).await), ["casework-stars"]);
        rate(5).await.expect("rated");
        assert_eq!(ids(rate(4).await), ["casework-rated-already"]);
        assert_eq!(scene.track(&filed, 9).await.expect("tracked").stars, Some(5));
        end(test).await;
    }

    async fn paper_is_taken_in_with_the_evidence_of_its_day(test) {
        let scene = Scene::new(&test).await;
        scene.on("2023-10-09");
        // 3: signed for on a Monday; the clock runs from that day.
        let signed_for = scene.intake("signed_post", 1, "2023-09-25").await.expect("taken in");
        let shown = scene.see(scene.bureau.clerk, signed_for.id).await;
        assert_eq!(shown.due.map(|due| due.date), Some(day("2023-10-27")));
        assert_eq!(shown.record.len(), 1);
        assert_eq!(shown.record[0].proofs.len(), 2);
        // An ordinary letter waits for the confirmation.
        let letter = scene.intake("unsigned_post", 2, "2023-10-09").await.expect("taken in");
        let shown = scene.see(scene.bureau.clerk, letter.id).await;
        assert_eq!(shown.case.state().key(), "awaiting_confirmation");
        assert_eq!(ids(scene.intake("online", 3, "2023-10-09").await), ["casework-way-online"]);
        assert_eq!(ids(scene.intake("counter", 3, "2023-10-10").await), ["casework-day-to-come"]);
        assert_eq!(ids(scene.intake("counter", 3, "Monday").await), ["casework-day-wrong"]);
        end(test).await;
    }

    async fn another_bodys_people_see_nothing_and_their_attempts_are_written_down(test) {
        let scene = Scene::new(&test).await;
        let filed = scene.file(21).await;
        let house = &test.house;
        let stranger = scene.bureau.signed(scene.bureau.stranger).await;
        let see = served(look::see(house, &stranger, filed.id)).await;
        assert!(matches!(see, Err(RequestError::Missing)), "{see:?}");
        let there_is_none = served(look::see(house, &stranger, filed.id + 100)).await;
        assert!(matches!(there_is_none, Err(RequestError::Missing)));
        let step = scene.step(scene.bureau.stranger, filed.id, "2026-11-23", Event::Withdrawn);
        assert!(matches!(step.await, Err(RequestError::Missing)));
        let page = served(look::list(house, &stranger, Query::lane(Lane::Unconfirmed))).await;
        assert!(page.expect("a page").lines.is_empty());
        let desk = served(look::desk(house, &stranger)).await.expect("a desk");
        assert_eq!(desk.unconfirmed, 0);
        let found = served(look::find(house, &stranger, &filed.number)).await;
        assert!(found.expect("looked").is_empty());
        let denied = scene.trail(filed.id).await;
        let denied = denied.iter().filter(|one| one.entry.outcome == Outcome::Denied);
        assert_eq!(denied.count(), 2);
        // Their own clerk sees it, with numbers masked; in full for a reason.
        let shown = scene.see(scene.bureau.clerk, filed.id).await;
        assert_eq!(shown.application.phone, "199****0021");
        let clerk = scene.bureau.signed(scene.bureau.clerk).await;
        let none = served(look::unmask(house, &clerk, filed.id, " ")).await;
        assert_eq!(ids(none), ["reason-needed"]);
        let full = served(look::unmask(house, &clerk, filed.id, "寄送补正告知书")).await;
        assert_eq!(full.expect("shown").phone, "19900000021");
        let reviewer = scene.bureau.signed(scene.bureau.reviewer).await;
        let denied = served(look::unmask(house, &reviewer, filed.id, "看看")).await;
        assert!(matches!(denied, Err(RequestError::Denied(_))), "{denied:?}");
        end(test).await;
    }

    async fn nothing_of_a_person_stands_unsealed_in_the_records(test) {
        let scene = Scene::new(&test).await;
        let filed = scene.file(33).await;
        scene.confirm(filed.id, "2026-11-23", Confirming::Reached).await.expect("confirmed");
        let mut tx = test.house.db.read().await.expect("a state");
        let kept = stored::get(&mut tx, &Reach::All, filed.id).await.expect("read");
        let mut kept = kept.expect("there");
        let events = stored::events(&mut tx, filed.id).await.expect("read");
        tx.roll_back().await.expect("over");
        let sealed = std::mem::take(&mut kept.sealed);
        assert!(!sealed.is_empty());
        let readable = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut all = format!("{kept:?} {}", readable(&sealed));
        for event in events {
            let sealed = event.sealed.as_deref().map(readable);
            all.push_str(&format!("{} {} {sealed:?}", event.kind, event.what));
        }
        let typed = typed(33);
        for text in [&typed.name, &typed.document_number, &typed.phone, &typed.mail, &typed.description] {
            assert!(!all.contains(text.as_str()), "{text}");
        }
        assert!(!all.contains("确认"), "the telephone log");
        assert!(!all.contains(filed.code.as_str()), "the query code");
        end(test).await;
    }

    async fn the_desk_counts_what_its_lists_show(test) {
        let scene = Scene::new(&test).await;
        scene.on("2026-03-16");
        // Due on 03-16, past, at risk, and far away.
        for (n, on) in [(1, "2026-02-10"), (2, "2026-02-09"), (3, "2026-02-13"), (4, "2026-03-16")] {
            scene.counter(n, on).await;
        }
        scene.file(5).await;
        let clerk = scene.bureau.signed(scene.bureau.clerk).await;
        let desk = served(look::desk(&test.house, &clerk)).await.expect("a desk");
        assert_eq!((desk.overdue, desk.due_today, desk.at_risk), (1, 1, 1));
        assert_eq!((desk.unconfirmed, desk.running, desk.waiting), (1, 4, 0));
        let list = async |query: Query| {
            let page = served(look::list(&test.house, &clerk, query)).await;
            page.expect("a page").lines
        };
        let running = list(Query::lane(Lane::Running)).await;
        assert_eq!(running.len(), 4);
        let days: Vec<_> = running.iter().map(|line| line.kept.standing.day).collect();
        assert!(days.is_sorted());
        let late = Query { until: day("2026-03-15"), ..Query::lane(Lane::Running) };
        assert_eq!(list(late).await.len(), 1);
        let mine = Query { whose: Whose::Mine, ..Query::lane(Lane::Running) };
        assert!(list(mine).await.is_empty());
        let found = served(look::find(&test.house, &clerk, " 2026-00003 ")).await;
        assert_eq!(found.expect("looked").len(), 1);
        // Of what is over, the last comes first.
        for (line, on) in running.iter().zip(["2026-03-16", "2026-03-17"]) {
            scene.on(on);
            for event in [Event::Withdrawn, Event::Archived] {
                scene.step(scene.bureau.clerk, line.kept.id, on, event).await.expect("over");
            }
        }
        let over = list(Query::lane(Lane::Over)).await;
        let days: Vec<String> = over.iter().map(|line| line.kept.standing.day.to_string()).collect();
        assert_eq!(days, ["2026-03-17", "2026-03-16"]);
        end(test).await;
    }

    async fn an_extension_is_the_heads_and_an_unlawful_step_is_refused_with_its_article(test) {
        let scene = Scene::new(&test).await;
        scene.on("2024-04-01");
        let filed = scene.counter(2, "2024-04-01").await;
        scene.on("2024-04-29");
        let extend = Event::Extended { days: 10 };
        let denied = scene.step(scene.bureau.handler, filed.id, "2024-04-29", extend.clone()).await;
        assert!(matches!(denied, Err(RequestError::Denied(_))), "{denied:?}");
        let head = scene.bureau.head;
        let too_long = scene.step(head, filed.id, "2024-04-29", Event::Extended { days: 21 }).await;
        assert_eq!(ids(too_long), ["clock-extension-too-long"]);
        scene.step(head, filed.id, "2024-04-29", extend).await.expect("extended");
        let shown = scene.see(scene.bureau.clerk, filed.id).await;
        assert_eq!(shown.kept.standing.due, Some(day("2024-05-15")));
        let early = scene.step(scene.bureau.handler, filed.id, "2024-04-28", Event::FeeNotified { sent: None }).await;
        assert_eq!(ids(early), ["case-before-the-last"]);
        let archived = scene.step(scene.bureau.clerk, filed.id, "2024-04-29", Event::Archived).await;
        assert_eq!(ids(archived), ["case-not-over"]);
        let to_come = scene.step(scene.bureau.clerk, filed.id, "2024-04-30", Event::Withdrawn).await;
        assert_eq!(ids(to_come), ["casework-day-to-come"]);
        // Who saw an older state decides on nothing.
        let clerk = signed(&test.house, scene.bureau.clerk).await;
        let seen = requests::steps::Seen { id: filed.id, version: 1 };
        let taken = requests::steps::Taken { event: Event::Archived, day: day("2024-04-29"), proofs: vec![] };
        let key = test.house.token();
        let old = served(requests::steps::step(&test.house, &clerk, &key, seen, &taken)).await;
        assert!(matches!(old, Err(RequestError::Changed)), "{old:?}");
        end(test).await;
    }
}
