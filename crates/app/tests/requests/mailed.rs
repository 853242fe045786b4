//! A reply as its applicant has it: with the seal on it, and in their mail.

use std::sync::Arc;

use gongkai_app::inspection::File;
use gongkai_app::requests::files::{self, AddedTo};
use gongkai_app::requests::intake::Confirming;
use gongkai_app::requests::{RequestError, mailing};
use gongkai_domain::requests::application::Typed;
use gongkai_domain::requests::case::Event;
use gongkai_domain::requests::record::Happening;
use gongkai_domain::settings::SEAL_FIRST;
use gongkai_testkit::in_both_houses;
use gongkai_testkit::reader::InProcess;
use gongkai_testkit::requests::{signed, typed};

use super::end;
use super::scene::{Scene, ids, served};

/// What stands for the scan of a letter that was stamped.
const SCAN: &[u8] = "盖章的答复书".as_bytes();

impl Scene<'_> {
    pub(super) async fn bring(
        &self,
        id: i64,
        to: AddedTo,
        name: &str,
        bytes: &[u8],
    ) -> Result<(), RequestError> {
        let handler = signed(self.house(), self.bureau.handler).await;
        let file = File {
            name: name.to_owned(),
            bytes: Arc::from(bytes),
        };
        let brought = files::bring_to(self.house(), &InProcess, &handler, id, vec![file]);
        let brought = served(brought).await?;
        let (seen, key) = (self.seen(id).await, self.house().token());
        let told = (to, "给申请人");
        served(files::add(
            self.house(),
            &handler,
            &key,
            seen,
            told,
            &brought,
        ))
        .await
    }

    async fn mail(&self, id: i64, key: &str) -> Result<(), RequestError> {
        let handler = signed(self.house(), self.bureau.handler).await;
        let seen = self.seen(id).await;
        served(mailing::send(self.house(), &handler, key, seen)).await
    }

    /// The mails with a reply, each as the names and beginnings of what came along.
    async fn replies_mailed(&self) -> Vec<Vec<(String, String)>> {
        self.sent().await;
        let mails = self.test.outbox.sent().into_iter();
        let mails = mails.filter(|mail| mail.subject.as_str().ends_with("的答复"));
        let begin =
            |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(18)]).into_owned();
        mails
            .map(|mail| {
                let all = mail.attachments.iter();
                all.map(|one| (one.name.as_str().to_owned(), begin(&one.bytes)))
                    .collect()
            })
            .collect()
    }
}

in_both_houses! {
    async fn a_reply_goes_to_its_applicant_by_mail_with_its_seal_and_what_is_given(test) {
        let scene = Scene::new(&test).await;
        scene.letterhead().await;
        scene.set(SEAL_FIRST, "yes").await;
        let filed = scene.counter(1, "2026-11-23").await;
        let id = filed.id;
        assert_eq!(ids(scene.mail(id, "a").await), ["casework-mail-early"]);
        scene.put_together(id, "监测报告.txt", "报告").await.expect("put together");
        scene.approve_letter(id, "granted").await.expect("approved");
        let event = Event::Replied { outcome: "granted".to_owned() };
        scene.step(scene.bureau.handler, id, "2026-11-23", event).await.expect("given");
        // Nothing goes out before its seal, and nobody has a copy of what bears none.
        assert_eq!(ids(scene.mail(id, "b").await), ["casework-mail-unsealed"]);
        let letter = scene.reply_letter(id).await;
        let early = scene.bring(id, AddedTo::Copy(letter), "盖章件.txt", SCAN).await;
        assert_eq!(ids(early), ["casework-no-copy"]);
        scene.stamp(id, letter).await;
        assert_eq!(ids(scene.bring(id, AddedTo::Copy(letter + 7), "盖章件.txt", SCAN).await), ["casework-no-copy"]);
        // Without a copy it is the letter as it was issued; sent twice, it goes once.
        let seen = scene.seen(id).await;
        let handler = signed(&test.house, scene.bureau.handler).await;
        for _ in 0..2 {
            served(mailing::send(&test.house, &handler, "c", seen)).await.expect("sent");
        }
        let mails = scene.replies_mailed().await;
        assert_eq!(mails.len(), 1);
        let names: Vec<&str> = mails[0].iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["政府信息公开告知书.pdf", "监测报告.txt"]);
        assert!(mails[0][0].1.starts_with("%PDF"));
        let shown = scene.see(scene.bureau.clerk, id).await;
        let last = &shown.record.last().expect("entered").what;
        assert!(matches!(last, Happening::Mailed { files: 1, .. }), "{last:?}");
        // With its copy, that goes; what was brought before is evidence, and nobody's.
        let wrong = scene.bring(id, AddedTo::Copy(letter), "倒置.txt", b"upside down").await;
        wrong.expect("brought");
        scene.bring(id, AddedTo::Copy(letter), "盖章件.txt", SCAN).await.expect("brought");
        scene.mail(id, "d").await.expect("sent");
        let mails = scene.replies_mailed().await;
        let wanted = [("盖章件.txt", "盖章的答复书"), ("监测报告.txt", "报告")];
        let wanted = wanted.map(|(name, text)| (name.to_owned(), text.to_owned()));
        assert_eq!(mails.last().map(Vec::as_slice), Some(&wanted[..]));
        // Their own page shows the same.
        let tracked = scene.track(&filed, 1).await.expect("tracked");
        let copies = tracked.letters.last().expect("a letter").copies.clone();
        assert_eq!(copies.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["盖章件.txt"]);
        assert_eq!(scene.had(&filed, 1, copies[0].number).await.expect("had"), SCAN);
        // Evidence of the office belongs elsewhere than among what they have.
        let shown = scene.see(scene.bureau.clerk, id).await;
        for one in shown.record.iter().filter(|one| one.what.is_had_by_the_applicant()) {
            let internal = scene.bring(id, AddedTo::Event(one.number), "审批单.txt", b"internal").await;
            assert_eq!(ids(internal), ["casework-event-applicants"], "{:?}", one.what);
        }
        for other in 1..copies[0].number {
            let had = scene.had(&filed, 1, other).await;
            assert_eq!(had.is_ok(), tracked.given.iter().any(|one| one.number == other), "{other}");
        }
        end(test).await;
    }

    async fn who_left_no_address_and_what_is_too_large_for_a_mail_is_told(test) {
        let scene = Scene::new(&test).await;
        scene.letterhead().await;
        scene.set(SEAL_FIRST, "no").await;
        let typed = Typed { mail: String::new(), receiving: "pick_up".to_owned(), medium: "paper".to_owned(), ..typed(1) };
        let silent = scene.try_file("k", &typed).await.expect("filed").id;
        scene.confirm(silent, "2026-11-23", Confirming::Reached).await.expect("confirmed");
        let large = scene.counter(2, "2026-11-23").await.id;
        let elsewhere = scene.counter(3, "2026-11-23").await.id;
        let bytes = vec![b' '; 8 * 1024 * 1024];
        scene.bring(large, AddedTo::Reply, "数据.txt", &bytes).await.expect("put together");
        for id in [silent, large] {
            scene.approve_letter(id, "granted").await.expect("approved");
            let event = Event::Replied { outcome: "granted".to_owned() };
            scene.step(scene.bureau.handler, id, "2026-11-23", event).await.expect("given");
        }
        scene.reply(elsewhere, "2026-11-23", "granted").await.expect("given");
        assert_eq!(ids(scene.mail(silent, "a").await), ["casework-mail-nowhere"]);
        assert_eq!(ids(scene.mail(large, "b").await), ["casework-mail-large"]);
        assert_eq!(ids(scene.mail(elsewhere, "c").await), ["casework-mail-none"]);
        assert_eq!(scene.replies_mailed().await.len(), 0);
        end(test).await;
    }
}
