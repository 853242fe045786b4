//! Papers under review as people handle them, each case in a house on both
//! engines.

mod chains;
mod model;
mod own;
mod races;
mod sight;
mod times;

use std::collections::BTreeSet;

use gongkai_app::house::House;
use gongkai_app::inspection;
use gongkai_app::once::Sent;
use gongkai_app::people::SignedIn;
use gongkai_app::review::attachments;
use gongkai_app::review::papers::{self, Brought, Seen, Typed};
use gongkai_app::review::steps::{self, Asked};
use gongkai_app::review::{ReviewError, tasks, timeline};
use gongkai_domain::audit::Outcome;
use gongkai_domain::organization::permissions::Action;
use gongkai_domain::organization::roles::Role;
use gongkai_domain::organization::{
    Organization, OrganizationId, OrganizationKind, PersonId, Validity,
};
use gongkai_domain::review::State;
use gongkai_domain::review::matter::Matter;
use gongkai_domain::words::{Language, Words};
use gongkai_store::audit::{Search, search};
use gongkai_store::{copy, organization};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::in_both_houses;
use gongkai_testkit::reader::InProcess;
use jiff::civil::{Date, date};
use sha2::{Digest, Sha256};

mod scene;
use scene::*;

in_both_houses! {
    async fn a_paper_goes_through_its_chain_and_takes_effect_as_it_was_approved(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        assert_eq!(scene.tasks(scene.reviewer).await, [(id, "review".to_owned())]);
        assert_eq!(scene.tasks(scene.leader).await, []);
        assert_eq!(ids(scene.take(scene.leader, id, "sign").await), ["review-step-not-open"]);
        assert_eq!(ids(scene.take(scene.legal, id, "review").await), ["review-other-role"]);
        let digest = scene.digest(id).await;
        assert_eq!(ids(scene.effect(scene.clerk, id, &digest).await), ["review-not-approved"]);
        scene.approved_by_all(id).await;
        assert_eq!(scene.state(id).await, State::Approved);
        assert_eq!(scene.tasks(scene.leader).await, []);
        let other = "0".repeat(64);
        assert_eq!(ids(scene.effect(scene.clerk, id, &other).await), ["review-changed-meanwhile"]);
        assert_eq!(scene.effect(scene.clerk, id, &digest).await.expect("in effect"), State::Effective);
        assert_eq!(ids(scene.change(scene.clerk, id, "改").await), ["review-over"]);
        let seen = scene.see(id).await;
        let words = Words::of(Language::Chinese);
        let told: Vec<(String, String)> = timeline::entries(words, &seen)
            .into_iter()
            .map(|entry| (entry.person, entry.what))
            .collect();
        let expected = [
            ("clerk·𬴂", "报送"),
            ("reviewer·𬴂", "审核：通过（审核人）"),
            ("secrecy·𬴂", "保密审查：通过（保密审查员）"),
            ("legal·𬴂", "合法性审核：通过（合法性审核人）"),
            ("leader·𬴂", "签发：通过（分管领导）"),
            ("clerk·𬴂", "生效"),
        ];
        let told: Vec<(&str, &str)> = told.iter().map(|(who, what)| (who.as_str(), what.as_str())).collect();
        assert_eq!(told, expected);
        assert_eq!(scene.trail(Action::ReviewTake, Outcome::Done).await, 4);
        let mail = scene.mail().await;
        let approved = ("clerk@example.gov.cn".to_owned(), format!("第 {id} 号送审稿审签通过"));
        assert!(mail.contains(&approved), "{mail:?}");
        let told = ("leader@example.gov.cn".to_owned(), format!("第 {id} 号送审稿等您办理"));
        assert!(mail.contains(&told), "{mail:?}");
        test.close().await;
    }

    async fn a_change_voids_what_was_approved_and_both_stay_in_the_file(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        let first = scene.digest(id).await;
        scene.approved_by_all(id).await;
        scene.change(scene.clerk, id, "第一段\n第二段改").await.expect("changed");
        assert_eq!(scene.state(id).await, State::Returned);
        for digest in [first, scene.digest(id).await] {
            assert_eq!(ids(scene.effect(scene.clerk, id, &digest).await), ["review-not-approved"]);
        }
        scene.hand_in(scene.clerk, id, "").await.expect("handed in");
        let seen = scene.see(id).await;
        let review = &seen.review().expect("a review").review;
        assert_eq!((review.taken().len(), review.void().len()), (0, 4));
        assert_eq!(seen.editions.len(), 2);
        let (edition, old) = seen.earlier.as_ref().expect("an edition before");
        let pieces = timeline::differences(old, &seen.content);
        assert_eq!((*edition, pieces.len()), (1, 4));
        assert_eq!(scene.tasks(scene.reviewer).await, [(id, "review".to_owned())]);
        scene.mail().await;
        test.close().await;
    }

    async fn what_came_back_says_where_and_how(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        for remarks in [&[][..], &[("第2段", " ")][..]] {
            let returned = scene.give_back(scene.reviewer, id, "review", remarks).await;
            assert_eq!(ids(returned), ["review-return-without-remark"]);
        }
        let remarks = [("第2段", "依据的条款不对"), ("", "标题太长")];
        let returned = scene.give_back(scene.reviewer, id, "review", &remarks).await;
        assert_eq!(returned.expect("returned"), State::Returned);
        let seen = scene.see(id).await;
        let entries = timeline::entries(Words::of(Language::Chinese), &seen);
        let said = &entries.last().expect("an entry").remarks;
        let expected = remarks.map(|(place, text)| (place.to_owned(), text.to_owned()));
        assert_eq!(*said, expected);
        // The clerk finds it on the desk, and goes on with an answer or a change.
        let signed = scene.signed(scene.clerk).await;
        assert_eq!(tasks::count(scene.house(), &signed).await.expect("a count"), Some(1));
        assert_eq!(ids(scene.hand_in(scene.clerk, id, " ").await), ["review-nothing-changed"]);
        scene.hand_in(scene.clerk, id, "条款已核对").await.expect("handed in");
        assert_eq!(scene.state(id).await, State::Open);
        let mail = scene.mail().await;
        let back = ("clerk@example.gov.cn".to_owned(), format!("第 {id} 号送审稿被退回，请您修改"));
        assert!(mail.contains(&back), "{mail:?}");
        test.close().await;
    }

    async fn who_has_not_seen_the_newest_edition_changes_and_approves_nothing(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        let old = scene.digest(id).await;
        scene.change(scene.clerk, id, "第一段改").await.expect("changed");
        let signed = scene.signed(scene.clerk).await;
        let late = papers::change(scene.house(), &signed, &scene.sent(), id, 1, &typed("甲", "乙")).await;
        assert!(matches!(late, Err(ReviewError::Changed(2))), "{late:?}");
        let same = papers::change(scene.house(), &signed, &scene.sent(), id, 2, &typed("关于做好𫓧𩽾河防汛工作的通知", "第一段改")).await;
        assert_eq!(ids(same), ["paper-nothing-changed"]);
        let handed = steps::hand_in(scene.house(), &signed, &scene.sent(), id, &old, "").await;
        assert_eq!(ids(handed), ["review-changed-meanwhile"]);
        scene.hand_in(scene.clerk, id, "").await.expect("handed in");
        let asked = Asked { step: "review".to_owned(), digest: old, approved: true, ..Asked::default() };
        assert_eq!(ids(scene.take_as(scene.reviewer, id, &asked).await), ["review-changed-meanwhile"]);
        scene.mail().await;
        test.close().await;
    }

    async fn what_was_taken_back_begins_anew(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        scene.take(scene.reviewer, id, "review").await.expect("approved");
        let withdraw = async |by| {
            let signed = scene.signed(by).await;
            steps::withdraw(scene.house(), &signed, &scene.sent(), id).await
        };
        assert_eq!(ids(withdraw(scene.head).await), ["review-not-yours"]);
        assert_eq!(withdraw(scene.clerk).await.expect("taken back"), State::Withdrawn);
        assert_eq!(scene.tasks(scene.legal).await, []);
        assert_eq!(ids(scene.take(scene.legal, id, "legal").await), ["review-step-not-open"]);
        scene.hand_in(scene.clerk, id, "").await.expect("handed in anew");
        let seen = scene.see(id).await;
        assert_eq!((seen.reviews.len(), seen.paper.round), (2, 2));
        assert_eq!(scene.tasks(scene.reviewer).await, [(id, "review".to_owned())]);
        scene.mail().await;
        test.close().await;
    }

    async fn what_is_urgent_takes_effect_first_and_is_approved_by_others_after(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        scene.take(scene.reviewer, id, "review").await.expect("approved");
        assert_eq!(ids(scene.hurry(scene.leader, id, "汛情").await), ["review-urgency-before-secrecy"]);
        scene.take(scene.secrecy, id, "secrecy").await.expect("approved");
        assert_eq!(ids(scene.hurry(scene.leader, id, " ").await), ["review-urgency-without-reason"]);
        assert_eq!(ids(scene.hurry(scene.head, id, "汛情").await), ["review-no-urgency"]);
        assert_eq!(ids(scene.hurry(scene.reviewer, id, "汛情").await), ["denied-role"]);
        // Nobody else could sign it afterwards: it would stay so for ever.
        assert_eq!(ids(scene.hurry(scene.leader, id, "汛情").await), ["review-urgency-nobody-after"]);
        let other = person(&test, "leader2", scene.bureau, &[Role::Leader]).await;
        assert_eq!(scene.hurry(scene.leader, id, "汛情").await.expect("urgent"), State::Urgent);
        assert_eq!(ids(scene.change(scene.clerk, id, "改").await), ["review-over"]);
        scene.take(scene.legal, id, "legal").await.expect("approved");
        assert_eq!(ids(scene.take(scene.leader, id, "sign").await), ["review-after-urgency-by-another"]);
        assert_eq!(scene.trail(Action::ReviewTake, Outcome::Denied).await, 1, "that they tried");
        assert_eq!(scene.take(other, id, "sign").await.expect("approved after"), State::Effective);
        scene.mail().await;
        test.close().await;
    }

    async fn what_is_urgent_and_found_wanting_is_corrected_and_told(test) {
        let scene = Scene::new(&test).await;
        let other = person(&test, "leader2", scene.bureau, &[Role::Leader]).await;
        let id = scene.handed_in(scene.clerk).await;
        let first = scene.digest(id).await;
        scene.take(scene.reviewer, id, "review").await.expect("approved");
        scene.take(scene.secrecy, id, "secrecy").await.expect("approved");
        scene.hurry(scene.leader, id, "汛情").await.expect("urgent");
        scene.mail().await;
        let returned = scene.give_back(scene.legal, id, "legal", &[("第1段", "水位写错了")]).await;
        assert_eq!(returned.expect("returned"), State::Wanting);
        let told = ("clerk@example.gov.cn".to_owned(), format!("第 {id} 号送审稿已紧急生效，补审未通过，请您更正"));
        assert_eq!(scene.mail().await, BTreeSet::from([told]));
        assert_eq!(scene.tasks(scene.legal).await, []);
        let signed = scene.signed(scene.clerk).await;
        assert_eq!(tasks::count(scene.house(), &signed).await.expect("a count"), Some(1));
        let seen = scene.see(id).await;
        let may = steps::may(scene.house(), &signed, &seen);
        assert!(may.change && may.hand_in && may.answers && !may.withdraw, "{may:?}");
        let withdrawn = steps::withdraw(scene.house(), &signed, &scene.sent(), id).await;
        assert_eq!(ids(withdrawn), ["review-over"]);
        scene.change(scene.clerk, id, "第一段改\n第二段").await.expect("corrected");
        scene.hand_in(scene.clerk, id, "").await.expect("handed in");
        let second = scene.digest(id).await;
        let in_effect = |seen: &Seen| {
            let review = &seen.review().expect("a review").review;
            review.in_effect().map(|digest| digest.as_str().to_owned())
        };
        assert_eq!(in_effect(&scene.see(id).await), Some(first.clone()), "until the correction is");
        for (by, step) in [(scene.reviewer, "review"), (scene.secrecy, "secrecy"), (scene.legal, "legal"), (other, "sign")] {
            scene.take(by, id, step).await.expect("approved");
        }
        assert_eq!(scene.effect(scene.clerk, id, &second).await.expect("in effect"), State::Effective);
        assert_eq!(in_effect(&scene.see(id).await), Some(second.clone()));
        let words = Words::of(Language::Chinese);
        let record = timeline::export(scene.house(), &signed, words, id).await.expect("a record");
        let digests: Vec<&str> = record.editions.iter().map(|one| one.digest.as_str()).collect();
        assert_eq!(digests, [first.as_str(), second.as_str()]);
        let urgent = record.entries.iter().find(|entry| entry.note == "汛情").expect("the urgency");
        assert_eq!(urgent.digest.as_deref(), Some(first.as_str()));
        scene.mail().await;
        test.close().await;
    }

    async fn who_writes_remarks_has_not_approved(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        let asked = Asked {
            step: "review".to_owned(),
            digest: scene.digest(id).await,
            approved: true,
            remarks: vec![("第2段".to_owned(), "依据的条款不对".to_owned())],
            ..Asked::default()
        };
        assert_eq!(ids(scene.take_as(scene.reviewer, id, &asked).await), ["review-approved-with-remarks"]);
        assert_eq!(scene.state(id).await, State::Open);
        assert_eq!(scene.tasks(scene.reviewer).await, [(id, "review".to_owned())], "nothing was taken");
        let many = vec![("1", "改"); 21];
        assert_eq!(ids(scene.give_back(scene.reviewer, id, "review", &many).await), ["review-too-many-remarks"]);
        scene.mail().await;
        test.close().await;
    }

    async fn tasks_come_by_pages_and_are_counted_whole(test) {
        let scene = Scene::new(&test).await;
        let mut all = Vec::new();
        for _ in 0..53 {
            all.push(scene.handed_in(scene.clerk).await);
        }
        // What others have to do takes nobody's place.
        let own = all.pop().expect("a paper");
        scene.take(scene.reviewer, own, "review").await.expect("approved");
        let signed = scene.signed(scene.reviewer).await;
        let first = tasks::tasks(scene.house(), &signed, None).await.expect("tasks");
        assert_eq!((first.count, first.steps.len()), (52, 50));
        assert!(first.next.is_some());
        let rest = tasks::tasks(scene.house(), &signed, first.next.as_ref()).await.expect("tasks");
        assert_eq!((rest.count, rest.steps.len(), rest.next), (52, 2, None));
        let seen: Vec<i64> = first.steps.iter().chain(&rest.steps).map(|task| task.paper.paper.id).collect();
        assert_eq!(seen, all);
        assert_eq!(scene.tasks(scene.legal).await, [(own, "legal".to_owned())]);
        scene.mail().await;
        test.close().await;
    }

    async fn two_files_of_the_same_bytes_are_kept_and_left_out_by_their_place(test) {
        let scene = Scene::new(&test).await;
        let signed = scene.signed(scene.clerk).await;
        let file = |name: &str| Brought { name: name.to_owned(), bytes: b"same".to_vec() };
        let written = Typed { brought: vec![file("甲.txt"), file("乙.txt")], ..typed("通知", "一段") };
        let made = papers::write(scene.house(), &signed, &scene.sent(), scene.bureau, Matter::Document, &written).await;
        let id = made.expect("written");
        let tokens = scene.see(id).await.content.tokens();
        let (name, _) = papers::file(scene.house(), &signed, id, &tokens[1]).await.expect("the second");
        assert_eq!(name, "乙.txt");
        let changed = Typed { kept: vec![tokens[1].clone()], ..typed("通知", "一段") };
        papers::change(scene.house(), &signed, &scene.sent(), id, 1, &changed).await.expect("changed");
        let seen = scene.see(id).await;
        let names: Vec<&str> = seen.content.attachments.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["乙.txt"]);
        test.close().await;
    }

    async fn a_paper_goes_to_nobody_before_its_files_may_pass(test) {
        let scene = Scene::new(&test).await;
        let (house, signed) = (scene.house(), scene.signed(scene.clerk).await);
        let secrecy = scene.signed(scene.secrecy).await;
        let file = |name: &str, bytes: &str| Brought { name: name.to_owned(), bytes: bytes.as_bytes().to_vec() };
        let inspect = async |brought: &[Brought]| {
            attachments::inspect(house, &InProcess, &signed, scene.bureau, brought).await
        };
        // What nobody may let pass is not taken in.
        let told = inspect(&[file("通知.docx", "\x7fELF\x02\x01\x01"), file("表.txt", "表")]).await;
        let Err(ReviewError::Refused(told)) = told else { panic!("taken in") };
        assert_eq!(told[0].id, "paper-file-refused");
        assert!(told.len() > 1, "and why: {told:?}");
        let brought = vec![file("名单.txt", "身份证号 11010519491231002X"), file("表.txt", "表")];
        inspect(&brought).await.expect("may be settled");
        let written = Typed { brought, ..typed("通知", "一段") };
        let made = papers::write(house, &signed, &scene.sent(), scene.bureau, Matter::Document, &written).await;
        let id = made.expect("written");
        let files = scene.see(id).await.files;
        assert_eq!(files.iter().map(|one| one.may_pass).collect::<Vec<_>>(), [false, true]);
        let Err(ReviewError::Refused(told)) = scene.hand_in(scene.clerk, id, "").await else { panic!("handed in") };
        assert_eq!(told.iter().map(|one| one.id.as_ref()).collect::<Vec<_>>(), ["paper-file-waits"]);
        let inspection = files[0].inspection.expect("inspected");
        inspection::confirm(house, &secrecy, "c", inspection, "法定公开的名单").await.expect("settled");
        assert_eq!(scene.hand_in(scene.clerk, id, "").await.expect("handed in"), State::Open);
        scene.mail().await;
        test.close().await;
    }

    async fn a_form_that_is_sent_twice_is_done_once(test) {
        let scene = Scene::new(&test).await;
        let signed = scene.signed(scene.clerk).await;
        let typed = typed("通知", "一段");
        let write = async |key: &str| {
            let sent = Sent::new("paper", key, []);
            papers::write(scene.house(), &signed, &sent, scene.bureau, Matter::Document, &typed).await.expect("written")
        };
        let id = write("a").await;
        assert_eq!((write("a").await, scene.rows("papers").await), (id, 1));
        let digest = scene.digest(id).await;
        for _ in 0..2 {
            let sent = Sent::new("review", "b", []);
            steps::hand_in(scene.house(), &signed, &sent, id, &digest, "").await.expect("handed in");
        }
        assert_eq!((scene.rows("reviews").await, scene.rows("review_events").await), (1, 1));
        // The same key of somebody else is another form.
        let reviewer = scene.signed(scene.reviewer).await;
        let asked = Asked { step: "review".to_owned(), digest, approved: true, ..Asked::default() };
        for _ in 0..2 {
            let sent = Sent::new("review", "b", []);
            let state = steps::take(scene.house(), &reviewer, &sent, id, &asked).await.expect("approved");
            assert_eq!(state, State::Open);
        }
        assert_eq!(scene.rows("review_events").await, 2);
        scene.mail().await;
        test.close().await;
    }

    async fn files_go_with_a_paper_sealed_and_stay_until_they_are_left_out(test) {
        let scene = Scene::new(&test).await;
        let signed = scene.signed(scene.clerk).await;
        let plain = "身份证号 990001199003070012";
        let file = |name: &str, bytes: &str| Brought { name: name.to_owned(), bytes: bytes.as_bytes().to_vec() };
        let written = Typed { brought: vec![file("名单.txt", plain), file("表.txt", "表")], ..typed("通知", plain) };
        let made = papers::write(scene.house(), &signed, &scene.sent(), scene.bureau, Matter::Document, &written).await;
        let id = made.expect("written");
        let seen = scene.see(id).await;
        let digest = seen.content.attachments[0].digest.clone();
        assert_eq!(digest, hex::encode(Sha256::digest(plain.as_bytes())));
        let (name, bytes) = papers::file(scene.house(), &signed, id, &digest).await.expect("the file");
        assert_eq!((name.as_str(), bytes.as_slice()), ("名单.txt", plain.as_bytes()));
        let before = seen.content.digest();
        let changed = Typed { kept: vec![digest.clone()], brought: vec![file("图.txt", "图")], ..typed("通知", plain) };
        papers::change(scene.house(), &signed, &scene.sent(), id, 1, &changed).await.expect("changed");
        let seen = scene.see(id).await;
        let names: Vec<&str> = seen.content.attachments.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["名单.txt", "图.txt"]);
        assert_ne!(seen.content.digest(), before, "attachments are content");
        let missing = papers::file(scene.house(), &signed, id, &"0".repeat(64)).await;
        assert!(matches!(missing, Err(ReviewError::Missing)), "{missing:?}");
        // Neither text nor file lies open in the store.
        let backup = copy::contents(&test.house.db).await.expect("contents");
        assert!(backup.contains_key("paper_editions"));
        let folder = test.test.folder.path();
        for found in walk(folder) {
            let bytes = std::fs::read(&found).expect("a file");
            let needle = "990001199003070012".as_bytes();
            assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{}", found.display());
        }
        test.close().await;
    }

    async fn the_record_for_the_file_holds_every_step_and_how_to_check_the_digest(test) {
        let scene = Scene::new(&test).await;
        let id = scene.handed_in(scene.clerk).await;
        scene.approved_by_all(id).await;
        let signed = scene.signed(scene.clerk).await;
        let words = Words::of(Language::Chinese);
        let file = timeline::export(scene.house(), &signed, words, id).await.expect("a record");
        assert_eq!((file.entries.len(), file.state.as_str()), (5, "审签通过，待生效"));
        let json: serde_json::Value = serde_json::from_str(&file.json(words).expect("text")).expect("JSON");
        // Whoever has the file reckons the digest again by what it says.
        let text = |name: &str| json[name].as_str().expect("a text").to_owned();
        let (title, body) = (text("title"), text("body"));
        let canonical = format!("gongkai-paper-1\ntitle {}\n{title}\nbody {}\n{body}\n", title.len(), body.len());
        assert_eq!(text("digest"), hex::encode(Sha256::digest(canonical.as_bytes())));
        // Programs read instants, steps and the chain without the words.
        assert!(text("exported_at").ends_with("+08:00"), "{}", text("exported_at"));
        let step = &json["entries"][2]["step"];
        assert_eq!((step["key"].as_str(), step["role"].as_str()), (Some("secrecy"), Some("secrecy_reviewer")));
        assert_eq!((step["verdict"].as_str(), step["late"].as_bool()), (Some("approved"), Some(false)));
        assert_eq!(json["rounds"][0]["chain"]["stages"][2][0]["key"], "sign");
        assert_eq!(json["editions"][0]["digest"], json["digest"]);
        // Who carries it away for somebody stands in the trail so.
        let away = person(&test, "away", scene.bureau, &[Role::Clerk]).await;
        let colleague = person(&test, "colleague", scene.bureau, &[]).await;
        lend(&test, away, colleague, scene.bureau, Role::Clerk).await;
        let signed = scene.signed(colleague).await;
        timeline::export(scene.house(), &signed, words, id).await.expect("a record");
        let mut tx = scene.house().db.read().await.expect("a state");
        let wanted = Search { action: Some(Action::ReviewSee.key().to_owned()), ..Search::default() };
        let found = search(&mut tx, &wanted, i64::MAX, 1000).await.expect("the trail");
        tx.roll_back().await.expect("ended");
        let exported = found.iter().filter(|one| one.entry.detail.contains("exported"));
        let last = exported.max_by_key(|one| one.id).expect("a line");
        assert_eq!((last.entry.actor, last.entry.acting_for), (Some(colleague.0), Some(away.0)));
        scene.mail().await;
        test.close().await;
    }
}
