//! What comes as it comes: incomplete on paper, confirmed in a call or in writing,
//! set apart late, objected to by several; and who hears of it.

use gongkai_app::people::SignedIn;
use gongkai_app::requests::charging::Basis;
use gongkai_app::requests::correcting::{self, Correction};
use gongkai_app::requests::giving;
use gongkai_app::requests::intake::{self, Confirming, Intake};
use gongkai_app::requests::look::{self, Query};
use gongkai_app::requests::papers::{self, Choice};
use gongkai_app::requests::recoding;
use gongkai_app::requests::sealing::{self, Sealing};
use gongkai_app::requests::steps::{self, Taken};
use gongkai_app::requests::whose::Whose;
use gongkai_app::requests::{self, RequestError, Ticket, notices, parts, search};
use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::organization::OrganizationKind;
use gongkai_domain::organization::roles::Role;
use gongkai_domain::requests::application::Typed;
use gongkai_domain::requests::case::{Asked, Event, Opinion, Service};
use gongkai_domain::requests::record::{self, Happening, Lane, Proof};
use gongkai_domain::settings::RELEASE_GAP;
use gongkai_testkit::in_both_houses;
use gongkai_testkit::requests::{ended, found, person, signed, tail, typed, visitor};

use super::end;
use super::scene::{Scene, day, ids, served};

impl Scene<'_> {
    /// The last mail that went out.
    async fn last_mail(&self) -> String {
        self.sent().await;
        let mails = self.test.outbox.sent();
        mails.last().map(|mail| mail.text.clone()).expect("a mail")
    }
}

in_both_houses! {
    async fn a_letter_that_says_little_is_registered_and_supplemented(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        let clerk = signed(house, scene.bureau.clerk).await;
        let bare = Typed {
            kind: "natural_person".to_owned(),
            name: "柳无𬴂".to_owned(),
            address: "云溪县东街 7 号".to_owned(),
            description: "河道采砂许可".to_owned(),
            ..Typed::default()
        };
        let new = |typed: &Typed| Intake {
            organization: Some(scene.bureau.own),
            way: "signed_post".to_owned(),
            day: "2026-11-23".to_owned(),
            typed: typed.clone(),
            reference: "XA 99000 2026 CN".to_owned(),
            note: String::new(),
        };
        let key = house.token();
        let filed = served(intake::intake(house, &clerk, &key, &new(&bare), &[])).await.expect("registered");
        let shown = scene.see(scene.bureau.clerk, filed.id).await;
        assert_eq!(shown.application.gaps(), ["gap-document"]);
        assert_eq!(shown.application.receiving.key(), "post", "where they can be reached");
        assert_eq!(shown.kept.standing.received, Some(day("2026-11-23")));
        // What is typed is still to be right, and the portal asks for all of it.
        let wrong = Typed { document_kind: "resident_id".to_owned(), document_number: "1".to_owned(), ..bare.clone() };
        let key = house.token();
        let refused = served(intake::intake(house, &clerk, &key, &new(&wrong), &[])).await;
        assert!(matches!(refused, Err(RequestError::Entered(_))), "{refused:?}");
        let online = scene.try_file("online", &bare).await;
        assert!(matches!(online, Err(RequestError::Entered(_))), "{online:?}");
        // Another of the same name elsewhere is not taken for the same person.
        let other = Typed { address: "云溪县西街 9 号".to_owned(), ..bare.clone() };
        let key = house.token();
        let other = served(intake::intake(house, &clerk, &key, &new(&other), &[])).await.expect("registered");
        let shown = scene.see(scene.bureau.clerk, other.id).await;
        assert_eq!(shown.month_count, 1);
        let limit = day("2026-12-15");
        scene.step(scene.bureau.handler, filed.id, "2026-11-23", Event::SupplementAsked { limit }).await.expect("asked");
        end(test).await;
    }

    async fn each_way_of_paper_has_its_evidence_and_its_receipt_date(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        scene.on("2026-11-23");
        let clerk = signed(house, scene.bureau.clerk).await;
        let taken = async |way: &str, n: u32, reference: &str, note: &str| {
            let new = Intake {
                organization: Some(scene.bureau.own),
                way: way.to_owned(),
                day: "2026-11-20".to_owned(),
                typed: typed(n),
                reference: reference.to_owned(),
                note: note.to_owned(),
            };
            let key = house.token();
            served(intake::intake(house, &clerk, &key, &new, &[])).await
        };
        // Way, what is needed, and whether the receipt date is that day.
        let table = [
            ("counter", "", true),
            ("oral", "casework-needs-note", true),
            ("signed_post", "casework-needs-reference", true),
            ("unsigned_post", "casework-needs-note", false),
            ("misdirected_post", "casework-needs-note", false),
            ("fax", "", false),
            ("mail", "", false),
        ];
        for (n, (way, needed, is_received)) in (1..).zip(table) {
            if !needed.is_empty() {
                assert_eq!(ids(taken(way, n, "", "").await), [needed], "{way}");
            }
            let filed = taken(way, n, "XA 99000 2026 CN", "传达室转来").await.expect(way);
            let shown = scene.see(scene.bureau.clerk, filed.id).await;
            let received = is_received.then(|| day("2026-11-20"));
            assert_eq!(shown.kept.standing.received, received, "{way}");
            // Whose clock runs is told so, and the others that it does not.
            let told = scene.last_mail().await;
            assert_eq!(told.contains("收到日期：2026-11-20；答复期限：2026-12-18"), is_received, "{way}: {told}");
            assert_eq!(told.contains("以双方确认之日为准"), !is_received, "{way}: {told}");
        }
        assert_eq!(ids(taken("", 9, "1", "1").await), ["casework-no-way"]);
        end(test).await;
    }

    async fn what_was_registered_wrong_is_put_right_with_what_stood_there(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        scene.on("2026-11-23");
        let clerk = signed(house, scene.bureau.clerk).await;
        let filed = scene.counter(1, "2026-11-23").await;
        served(search::index(house)).await.expect("indexed");
        let correct = async |new: Correction<'_>| {
            let (seen, key) = (scene.seen(filed.id).await, house.token());
            served(correcting::correct(house, &clerk, &key, seen, &new)).await
        };
        let reason = "信封邮戳为 11 月 20 日，姓名录入有误";
        assert_eq!(ids(correct(Correction { came: "2026-11-20", ..Correction::default() }).await), ["casework-needs-reason"]);
        assert_eq!(ids(correct(Correction { reason, ..Correction::default() }).await), ["casework-correct-nothing"]);
        assert_eq!(ids(correct(Correction { way: "online", reason, ..Correction::default() }).await), ["casework-way-online"]);
        let wrong = correct(Correction { phone: "12", reason, ..Correction::default() }).await;
        assert!(matches!(wrong, Err(RequestError::Entered(_))), "{wrong:?}");
        // It was a letter that nobody signed for: no clock runs until it is confirmed.
        let new = Correction { way: "unsigned_post", came: "2026-11-20", name: "柳一禾", reason, ..Correction::default() };
        correct(new).await.expect("put right");
        let shown = scene.see(scene.bureau.clerk, filed.id).await;
        assert_eq!(shown.case.state().key(), "awaiting_confirmation");
        let at = &shown.kept.standing;
        assert_eq!((at.state.as_str(), at.received, at.due), ("awaiting_confirmation", None, None));
        assert_eq!((shown.kept.filed, shown.application.name.as_str()), (day("2026-11-20"), "柳一禾"));
        let last = shown.record.last().expect("entered");
        assert_eq!(last.what, Happening::Corrected);
        for was in ["当面提交", "2026-11-23", "柳1禾·𬴂"] {
            assert!(last.proofs[&Proof::Note].contains(was), "{was}: {:?}", last.proofs);
        }
        // It is found by what stands there now, and the applicant tracks it as before.
        let found = async |text: &str| served(search::find(house, &clerk, text)).await.expect("found").0.len();
        assert_eq!((found("柳一禾").await, found("柳1禾").await), (1, 0));
        served(search::index(house)).await.expect("indexed");
        assert_eq!((found("柳一禾").await, found("柳1禾").await), (1, 0));
        assert_eq!(scene.track(&filed, 1).await.expect("tracked").received, None);
        scene.confirm(filed.id, "2026-11-23", Confirming::Reached).await.expect("confirmed");
        // After a step that stands on them, way and day stay; a contact is still put right.
        let limit = day("2026-12-15");
        scene.step(scene.bureau.handler, filed.id, "2026-11-23", Event::SupplementAsked { limit }).await.expect("asked");
        let late = correct(Correction { came: "2026-11-19", reason, ..Correction::default() }).await;
        assert_eq!(ids(late), ["casework-correct-late"]);
        correct(Correction { phone: "199 0000 0002", reason, ..Correction::default() }).await.expect("put right");
        let stranger = signed(house, scene.bureau.stranger).await;
        let (seen, key) = (scene.seen(filed.id).await, house.token());
        let other = Correction { name: "别人", reason, ..Correction::default() };
        assert!(served(correcting::correct(house, &stranger, &key, seen, &other)).await.is_err());
        end(test).await;
    }

    async fn a_call_in_which_both_confirm_counts_by_its_own_day(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        scene.on("2026-11-23");
        let filed = scene.file(1).await;
        scene.on("2026-11-24");
        let code = filed.code.to_string();
        let contact = tail(1);
        let ticket = Ticket::new(&code, &contact);
        let said = requests::confirm_by_applicant(house, visitor(), "own", ticket);
        served(said).await.expect("confirmed");
        scene.on("2026-11-25");
        scene.confirm(filed.id, "2026-11-23", Confirming::Reached).await.expect("confirmed");
        let shown = scene.see(scene.bureau.clerk, filed.id).await;
        assert_eq!(shown.kept.standing.received, Some(day("2026-11-23")));
        end(test).await;
    }

    async fn a_matter_set_apart_begins_where_the_whole_began_anew(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        scene.on("2024-03-01");
        let whole = scene.counter(1, "2024-03-01").await.id;
        let limit = day("2024-03-29");
        scene.on("2024-03-20");
        scene.step(scene.bureau.handler, whole, "2024-03-08", Event::SupplementAsked { limit }).await.expect("asked");
        scene.step(scene.bureau.clerk, whole, "2024-03-20", Event::SupplementCame).await.expect("came");
        let clerk = signed(house, scene.bureau.clerk).await;
        let (seen, key) = (scene.seen(whole).await, house.token());
        let part = served(parts::split(house, &clerk, &key, seen, "采砂许可的目录")).await.expect("made");
        let due = async |id| scene.see(scene.bureau.clerk, id).await.kept.standing.due;
        assert_eq!((due(part).await, due(whole).await), (Some(day("2024-04-18")), Some(day("2024-04-18"))));
        end(test).await;
    }

    async fn each_third_party_who_objects_is_told_before_it_is_given(test) {
        let scene = Scene::new(&test).await;
        scene.letterhead().await;
        let handler = scene.bureau.handler;
        let id = scene.counter(1, "2026-11-23").await.id;
        for number in 1..=2 {
            let asked = Event::Consulted { number, asked: Asked::ThirdParty, limit: None };
            scene.step(handler, id, "2026-11-23", asked).await.expect("asked");
            let ended = Event::ConsultationEnded { number, opinion: Opinion::Objects };
            scene.step(handler, id, "2026-11-23", ended).await.expect("ended");
        }
        // What the organ has not decided nobody tells them.
        let alone = scene.issue(handler, id, "disclosure_decided").await;
        assert_eq!(ids(alone), ["casework-decision-not-approved"]);
        scene.approve(id, "granted").await.expect("approved");
        let give = async |on| {
            let outcome = "granted".to_owned();
            scene.step(handler, id, on, Event::Replied { outcome }).await
        };
        // They have time to seek a remedy where the installation gives it.
        scene.set(RELEASE_GAP, "14").await;
        let wanted = scene.wanted(handler, id, "disclosure_decided").await.expect("known");
        let release = wanted.facts.decision.as_ref().map(|decision| decision.release);
        assert_eq!(release, Some(day("2026-12-07")));
        scene.set(RELEASE_GAP, "15").await;
        let soon = scene.issue_as(handler, id, &test.house.token(), &wanted).await;
        assert_eq!(ids(soon), ["casework-release-gap"]);
        scene.set(RELEASE_GAP, "14").await;
        for told in [Some(1), Some(1), None] {
            assert_eq!(ids(give("2026-11-23").await), ["casework-decided-needed"]);
            // Who was told once more is one all the same; who is next is known.
            let choice = Choice { inquiry: told, ..Choice::default() };
            let wanted = scene.wanted_for(handler, id, "disclosure_decided", choice).await.expect("known");
            let number = wanted.facts.consultation.as_ref().and_then(|one| one.number);
            assert_eq!(number, told.or(Some(2)));
            scene.issue_as(handler, id, &test.house.token(), &wanted).await.expect("told");
        }
        // They were told of a day, and nothing is out before it.
        assert_eq!(ids(give("2026-11-23").await), ["casework-release-early"]);
        // What review took back is refused on the day on which that is decided.
        scene.reply(id, "2026-11-23", "denied_third_party").await.expect("refused");
        end(test).await;
    }

    async fn who_is_told_over_an_objection_reads_their_own_words_and_nobody_elses(test) {
        let scene = Scene::new(&test).await;
        scene.letterhead().await;
        let handler = scene.bureau.handler;
        let id = scene.counter(1, "2026-11-23").await.id;
        let consulted = [
            ("consult_third_party", "云溪县第一砂石厂", "采砂许可审批表", Opinion::Objects, "涉及我厂商业秘密"),
            ("consult_third_party", "云溪县第二砂石厂", "采砂许可现场照片", Opinion::Partly, "不公开联系人电话"),
            ("consult_organ", "云溪县自然资源局", "采砂许可会签意见", Opinion::Objects, "内部意见，请勿外传"),
        ];
        for (number, (kind, whom, about, opinion, words)) in (1..).zip(consulted) {
            let mut wanted = scene.wanted(handler, id, kind).await.expect("known");
            let consultation = wanted.facts.consultation.as_mut().expect("a consultation");
            // Who asks, and in which words, is nobody else's business.
            assert!(!consultation.about.contains("1 号河段"), "{}", consultation.about);
            about.clone_into(&mut consultation.about);
            whom.clone_into(&mut wanted.facts.addressee);
            scene.issue_as(handler, id, &test.house.token(), &wanted).await.expect("asked");
            let event = Event::ConsultationEnded { number, opinion };
            let proofs = vec![(Proof::Note, words)];
            let taken = Taken { event, day: day("2026-11-23"), proofs };
            let (seen, by) = (scene.seen(id).await, signed(&test.house, handler).await);
            served(steps::step(&test.house, &by, &test.house.token(), seen, &taken)).await.expect("ended");
        }
        scene.approve(id, "granted").await.expect("approved");
        for (number, (_, whom, about, _, words)) in (1..).zip(consulted).take(2) {
            let choice = Choice { inquiry: Some(number), ..Choice::default() };
            let wanted = scene.wanted_for(handler, id, "disclosure_decided", choice).await.expect("known");
            let told = wanted.facts.consultation.as_ref().expect("a consultation");
            assert_eq!(wanted.facts.addressee, whom);
            assert_eq!((told.about.as_str(), told.opinion.as_str()), (about, words));
        }
        // The organ is no third party: whoever chooses it has the first who objects.
        let choice = Choice { inquiry: Some(3), ..Choice::default() };
        let mut wanted = scene.wanted_for(handler, id, "disclosure_decided", choice).await.expect("known");
        assert_eq!(wanted.facts.addressee, "云溪县第一砂石厂");
        for number in [None, Some(3), Some(4)] {
            wanted.facts.consultation.as_mut().expect("a consultation").number = number;
            let refused = scene.issue_as(handler, id, &test.house.token(), &wanted).await;
            assert_eq!(ids(refused), ["letter-no-objection"], "{number:?}");
        }
        assert_eq!(scene.numbers().await.len(), 3, "no number was taken");
        end(test).await;
    }

    async fn who_lost_the_code_or_left_a_wrong_number_has_a_new_one(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        scene.on("2026-11-23");
        let filed = scene.counter(1, "2026-11-23").await;
        let clerk = signed(house, scene.bureau.clerk).await;
        let (seen, key) = (scene.seen(filed.id).await, house.token());
        let right = Correction { phone: "19900007777", reason: "申请人来电更正", ..Correction::default() };
        served(correcting::correct(house, &clerk, &key, seen, &right)).await.expect("put right");
        let track = async |code: &str, tail: &str| served(requests::track(house, Ticket::new(code, tail))).await;
        let old = filed.code.to_string();
        assert!(matches!(track(&old, "7777").await, Err(RequestError::Missing)), "the old code knows the old number");
        let (seen, key) = (scene.seen(filed.id).await, house.token());
        let renew = async |by: &SignedIn, reason: &str| served(recoding::renew(house, by, &key, seen, reason)).await;
        assert_eq!(ids(renew(&clerk, " ").await), ["casework-needs-reason"]);
        let stranger = signed(house, scene.bureau.stranger).await;
        assert!(matches!(renew(&stranger, "好奇").await, Err(RequestError::Missing)));
        let handler = signed(house, scene.bureau.handler).await;
        assert!(matches!(renew(&handler, "好奇").await, Err(RequestError::Denied(_))));
        let new = renew(&clerk, "核对身份证原件").await.expect("a new code");
        let again = renew(&clerk, "核对身份证原件").await.expect("the same");
        assert_eq!((new.code.as_str(), &new.number), (again.code.as_str(), &again.number));
        assert_ne!(new.code.as_str(), filed.code.as_str());
        let code = new.code.to_string();
        let tracked = track(&code, "7777").await.expect("found");
        assert_eq!(tracked.number, filed.number);
        // The mail address is a contact still; the old code opens nothing, with whichever.
        assert_eq!(track(&code, "0001").await.expect("found").number, filed.number);
        for (what, code, tail) in [("old", &old, "0001"), ("old", &old, "7777"), ("new", &code, "9999")] {
            let none = track(code, tail).await;
            assert!(matches!(none, Err(RequestError::Missing)), "{what} {tail}");
        }
        end(test).await;
    }

    async fn a_part_is_given_over_an_objection_only_after_it_was_told_and_not_before_its_day(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        scene.letterhead().await;
        scene.set(RELEASE_GAP, "3").await;
        let handler = scene.bureau.handler;
        scene.on("2026-11-23");
        let over = scene.counter(1, "2026-11-23").await;
        let (spared, plain) = (scene.counter(2, "2026-11-23").await, scene.counter(3, "2026-11-23").await);
        for id in [over.id, spared.id, plain.id] {
            let asked = Event::Consulted { number: 1, asked: Asked::ThirdParty, limit: None };
            scene.step(handler, id, "2026-11-23", asked).await.expect("asked");
            let ended = Event::ConsultationEnded { number: 1, opinion: Opinion::Objects };
            scene.step(handler, id, "2026-11-23", ended).await.expect("ended");
        }
        let give = async |id, on| {
            let outcome = "partial".to_owned();
            scene.step(handler, id, on, Event::Replied { outcome }).await
        };
        // What the letter withholds for them by Art. 15 honours their objection.
        scene.approve_letter(spared.id, "partial").await.expect("approved");
        give(spared.id, "2026-11-23").await.expect("given");
        // Of a letter that is made elsewhere the text says it.
        let digest = scene.draft(plain.id, "partial", "商业秘密部分依照《条例》第十五条不予公开。").await.expect("written");
        scene.approve_digest(plain.id, &digest).await.expect("approved");
        give(plain.id, "2026-11-23").await.expect("given");
        scene.approve(over.id, "partial").await.expect("approved");
        assert_eq!(ids(give(over.id, "2026-11-23").await), ["casework-decided-or-withheld"]);
        scene.issue(handler, over.id, "disclosure_decided").await.expect("told");
        assert_eq!(ids(give(over.id, "2026-11-23").await), ["casework-release-early"]);
        // Whoever works on it hears on the day, and not before.
        for (on, count) in [("2026-11-25", 0), ("2026-11-26", 1), ("2026-11-27", 1)] {
            scene.on(on);
            served(notices::remind(house)).await.expect("reminded");
            scene.sent().await;
            let mails = test.outbox.sent();
            let told = format!("{}：告知第三方的公开日期 2026-11-26 已到", over.number);
            let of = |to: &str| mails.iter().filter(|mail| mail.subject.as_str().contains(&told) && mail.to.as_str().starts_with(to)).count();
            assert_eq!(of("clerk"), count, "{on}");
        }
        give(over.id, "2026-11-27").await.expect("given");
        end(test).await;
    }

    async fn what_is_left_of_an_extension_can_be_granted_and_a_late_one_shows_its_notice(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        scene.letterhead().await;
        let head = scene.bureau.head;
        scene.on("2026-11-23");
        let id = scene.counter(1, "2026-11-23").await.id;
        scene.step(head, id, "2026-11-23", Event::Extended { days: 15 }).await.expect("extended");
        // The letter proposes the five that are left.
        scene.issue(head, id, "extension").await.expect("extended again");
        assert_eq!(scene.see(head, id).await.case.extended_days(), 20);
        // Entered when the date is past, it is shown by the number of its notice.
        let late = scene.counter(2, "2026-11-23").await.id;
        scene.on("2027-01-08");
        let by = signed(house, head).await;
        let extend = async |proofs| {
            let taken = Taken { event: Event::Extended { days: 10 }, day: day("2026-12-20"), proofs };
            let (seen, key) = (scene.seen(late).await, house.token());
            served(steps::step(house, &by, &key, seen, &taken)).await
        };
        let reason = (Proof::Reason, "检索量大");
        assert_eq!(ids(extend(vec![reason]).await), ["casework-extension-late"]);
        extend(vec![reason, (Proof::Reference, "云水公开告〔2026〕9号")]).await.expect("extended");
        end(test).await;
    }

    async fn a_fee_notice_says_by_which_scale_it_was_reckoned(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        scene.letterhead().await;
        let handler = scene.bureau.handler;
        let id = scene.counter(1, "2026-11-23").await.id;
        let shown = scene.see(handler, id).await;
        let (by, kind) = (signed(house, handler).await, Kind::of("fee").expect("a kind"));
        let by_page = Choice { basis: Basis::Pages(120), ..Choice::default() };
        let known = served(papers::known(house, &by, &shown, kind, by_page)).await.expect("known");
        let fee = known.fee.expect("a fee");
        assert_eq!(fee.yuan, "1100.00");
        for step in ["国办函〔2020〕109号", "第1至30页不收费", "第31至100页，每页10元，小计700元", "第101至120页，每页20元，小计400元"] {
            assert!(fee.reckoning.contains(step), "{step}: {}", fee.reckoning);
        }
        end(test).await;
    }

    async fn a_step_without_its_evidence_is_not_taken(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        scene.on("2026-11-23");
        let handler = signed(house, scene.bureau.handler).await;
        let id = scene.counter(1, "2026-11-23").await.id;
        let bare = async |event: Event| {
            let taken = Taken { event, day: day("2026-11-23"), proofs: Vec::new() };
            let (seen, key) = (scene.seen(id).await, house.token());
            ids(served(steps::step(house, &handler, &key, seen, &taken)).await)
        };
        let limit = day("2026-12-15");
        let consulted = Event::Consulted { number: 1, asked: Asked::ThirdParty, limit: None };
        assert_eq!(bare(Event::SupplementAsked { limit }).await, ["casework-needs-note"]);
        assert_eq!(bare(consulted.clone()).await, ["casework-needs-asked"]);
        assert_eq!(bare(Event::ReasonsAsked { limit }).await, ["casework-needs-reason"]);
        scene.step(scene.bureau.handler, id, "2026-11-23", consulted).await.expect("asked");
        assert_eq!(bare(Event::ConsultationServed { number: 1 }).await, ["casework-needs-note"]);
        let opinion = Opinion::Agrees;
        assert_eq!(bare(Event::ConsultationEnded { number: 1, opinion }).await, ["casework-needs-note"]);
        let ended = Event::ConsultationEnded { number: 1, opinion };
        scene.step(scene.bureau.handler, id, "2026-11-23", ended).await.expect("ended");
        scene.reply(id, "2026-11-23", "granted").await.expect("replied");
        assert_eq!(bare(Event::Served { way: Some(Service::Post) }).await, ["casework-needs-reference"]);
        assert_eq!(bare(Event::Served { way: Some(Service::Direct) }).await, ["casework-needs-note"]);
        end(test).await;
    }

    async fn nothing_is_served_before_the_day_of_its_seal(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        scene.letterhead().await;
        let (clerk, handler) = (scene.bureau.clerk, scene.bureau.handler);
        scene.on("2026-11-23");
        let id = scene.counter(1, "2026-11-23").await.id;
        scene.approve_letter(id, "granted").await.expect("approved");
        let given = Event::Replied { outcome: "granted".to_owned() };
        scene.step(handler, id, "2026-11-23", given).await.expect("given");
        scene.on("2026-11-25");
        let shown = scene.see(clerk, id).await;
        let letter = record::letters(shown.record.iter().map(|one| &one.what)).last().expect("a letter").letter;
        let has_told = async || {
            scene.sent().await;
            test.outbox.sent().iter().any(|mail| mail.text.contains("政府信息公开告知书"))
        };
        assert!(!has_told().await);
        let (by, seen, key) = (signed(house, clerk).await, scene.seen(id).await, house.token());
        let sealing = Sealing { letter, seal: "organ", copies: 2, on: "2026-11-25", note: "" };
        served(sealing::seal(house, &by, &key, seen, sealing)).await.expect("sealed");
        // The applicant hears of the reply when it bears its seal.
        assert!(has_told().await);
        let way = Some(Service::Direct);
        let early = scene.step(handler, id, "2026-11-24", Event::Served { way }).await;
        assert_eq!(ids(early), ["casework-not-sealed"]);
        scene.step(handler, id, "2026-11-25", Event::Served { way }).await.expect("served");
        end(test).await;
    }

    async fn what_nobody_took_on_or_confirmed_is_everybodys(test) {
        let scene = Scene::new(&test).await;
        let house = &test.house;
        scene.on("2026-11-02");
        let told = |who: &str, what: &str| {
            let mails = test.outbox.sent();
            mails.iter().any(|mail| mail.to.as_str().starts_with(who) && mail.subject.as_str().contains(what))
        };
        let by = signed(house, scene.bureau.clerk).await;
        let first = scene.counter(1, "2026-11-02").await;
        let given = first.id;
        let (seen, key) = (scene.seen(given).await, house.token());
        let to = (Some(scene.bureau.section), None);
        served(giving::assign(house, &by, &key, seen, to, "")).await.expect("given");
        scene.sent().await;
        assert!(told("inside", "请接收") && !told("clerk", "请接收") && !told("handler", "请接收"));
        let nobodys = scene.counter(2, "2026-11-02").await.id;
        let query = Query { whose: Whose::Nobody, ..Query::lane(Lane::Running) };
        let list = served(look::list(house, &by, query)).await.expect("a list");
        assert_eq!(list.lines.iter().map(|line| line.kept.id).collect::<Vec<_>>(), [nobodys]);
        // The section's handler is warned of its due date before anybody took it on.
        let online = scene.file(3).await;
        scene.on("2026-11-13");
        served(notices::remind(house)).await.expect("told");
        scene.sent().await;
        assert!(told("leader", &online.number) && told("leader", "一直没有起算"));
        scene.on("2026-11-27");
        served(notices::remind(house)).await.expect("told");
        scene.sent().await;
        let soon = |mail: &str| mail.contains(&first.number) && mail.contains("期限");
        assert!(test.outbox.sent().iter().any(|mail| {
            mail.to.as_str().starts_with("inside") && soon(mail.subject.as_str())
        }));
        // Past its date the head of the section hears of it, beside that of the body.
        person(house, "section-head", scene.bureau.section, &[Role::OfficeHead]).await;
        scene.on("2026-12-01");
        served(notices::remind(house)).await.expect("told");
        scene.sent().await;
        for who in ["section-head", "head", "leader"] {
            let late = test.outbox.sent();
            let mut late = late.iter().filter(|mail| mail.subject.as_str().contains("已过"));
            assert!(late.any(|mail| mail.to.as_str().starts_with(&format!("{who}@"))), "{who}");
        }
        // Who has accepted it does not twice.
        let hand = signed(house, scene.bureau.inside).await;
        let take = async || {
            let (seen, key) = (scene.seen(given).await, house.token());
            served(giving::take_on(house, &hand, &key, seen)).await
        };
        take().await.expect("taken on");
        assert_eq!(ids(take().await), ["casework-taken-already"]);
        // Who gives such things hears of what comes back.
        let (seen, key) = (scene.seen(given).await, house.token());
        served(giving::give_back(house, &hand, &key, seen, "不属于本股")).await.expect("given back");
        scene.sent().await;
        assert!(told("clerk", "退回，请改派"));
        // Where a section has no handler, those of the body hear of what it was given.
        let own = Some(scene.bureau.own);
        let section = found(house, "综合股", OrganizationKind::Section, own).await;
        let by = signed(house, scene.bureau.clerk).await;
        let (seen, key) = (scene.seen(nobodys).await, house.token());
        served(giving::assign(house, &by, &key, seen, (Some(section), None), "")).await.expect("given");
        scene.sent().await;
        assert!(told("handler", "请接收"));
        // And of a section that ended, of what it had.
        let orphan = scene.counter(4, "2026-12-01").await;
        let (seen, key) = (scene.seen(orphan.id).await, house.token());
        served(giving::assign(house, &by, &key, seen, (Some(section), None), "")).await.expect("given");
        ended(house, section, day("2026-12-02")).await;
        scene.on("2026-12-25");
        served(notices::remind(house)).await.expect("told");
        scene.sent().await;
        for who in ["handler", "clerk"] {
            assert!(test.outbox.sent().iter().any(|mail| {
                let subject = mail.subject.as_str();
                mail.to.as_str().starts_with(who) && subject.contains(&orphan.number) && subject.contains("期限")
            }), "{who}");
        }
        end(test).await;
    }
}
