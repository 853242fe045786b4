//! What was over goes on: a lapse that was none, and a reply that is given anew. Notes of
//! the office beside it.

use gongkai_app::requests::files::AddedTo;
use gongkai_app::requests::steps::Taken;
use gongkai_app::requests::{Filed, RequestError, noting, parts, steps};
use gongkai_domain::requests::case::{Cause, Event, State};
use gongkai_domain::requests::record::{Happening, Proof};
use gongkai_domain::settings::SEAL_FIRST;
use gongkai_testkit::in_both_houses;
use gongkai_testkit::requests::signed;

use super::end;
use super::scene::{Scene, day, ids, served};

fn reopened(cause: Cause, until: &str) -> Event {
    let until = day(until);
    Event::Reopened { cause, until }
}

const SERVED: Event = Event::Served { way: None };

impl Scene<'_> {
    /// The first invented person files online, and both sides confirm on that day.
    async fn received(&self) -> Filed {
        let (filed, clerk) = (self.file(1).await, self.bureau.clerk);
        let confirmed = self.step(clerk, filed.id, "2026-03-02", Event::Confirmed);
        confirmed.await.expect("confirmed");
        filed
    }

    /// In which outcome it ended, as the first invented person tracks it.
    async fn told(&self, filed: &Filed) -> Option<String> {
        let tracked = self.track(filed, 1).await.expect("tracked");
        tracked.state.ending().map(|ending| ending.outcome.clone())
    }

    /// The clerk sets a matter apart.
    async fn split(&self, id: i64) -> Result<i64, RequestError> {
        let (seen, key) = (self.seen(id).await, self.house().token());
        let by = signed(self.house(), self.bureau.clerk).await;
        served(parts::split(self.house(), &by, &key, seen, "另一件事")).await
    }

    /// Somebody is asked by the office in a mail of this beginning.
    async fn has_mail(&self, subject: &str) -> bool {
        self.sent().await;
        let mails = self.test.outbox.sent();
        mails
            .iter()
            .any(|mail| mail.subject.as_str().contains(subject))
    }
}

in_both_houses! {
    async fn a_lapse_that_was_none_is_lifted_and_what_had_come_counts_from_its_own_day(test) {
        let scene = Scene::new(&test).await;
        let (clerk, head, handler) = (scene.bureau.clerk, scene.bureau.head, scene.bureau.handler);
        scene.on("2026-03-02");
        let filed = scene.received().await;
        let id = filed.id;
        let asked = Event::SupplementAsked { limit: day("2026-03-20") };
        scene.step(handler, id, "2026-03-02", asked).await.expect("asked");
        scene.on("2026-03-23");
        scene.step(clerk, id, "2026-03-23", Event::SupplementLapsed).await.expect("lapsed");
        assert_eq!(scene.told(&filed).await.as_deref(), Some("abandoned_supplement"));
        scene.on("2026-03-30");
        let lifted = reopened(Cause::Lapse, "2026-04-10");
        // Only the head of the disclosure office decides on time, and says why.
        for by in [clerk, handler] {
            let denied = scene.step(by, id, "2026-03-30", lifted.clone()).await;
            assert!(matches!(denied, Err(RequestError::Denied(_))), "{denied:?}");
        }
        let proofs = [(Proof::Note, "casework-needs-reason"), (Proof::Reason, "casework-reopened-told")];
        for (proof, missing) in proofs {
            let bare = Taken { event: lifted.clone(), day: day("2026-03-30"), proofs: vec![(proof, "邮戳")] };
            let (seen, by) = (scene.seen(id).await, signed(&test.house, head).await);
            let refused = served(steps::step(&test.house, &by, &test.house.token(), seen, &bare)).await;
            assert_eq!(ids(refused), [missing]);
        }
        scene.step(head, id, "2026-03-30", lifted).await.expect("lifted");
        let shown = scene.see(clerk, id).await;
        assert_eq!(shown.case.state(), &State::AwaitingSupplement { limit: day("2026-04-10") });
        assert_eq!(shown.kept.standing.outcome, None);
        assert_eq!(scene.told(&filed).await, None);
        assert!(scene.has_mail("恢复办理").await, "the applicant is told");
        // It had come by post within its time; the letter lay with another unit.
        scene.step(clerk, id, "2026-03-18", Event::SupplementCame).await.expect("taken in");
        let shown = scene.see(clerk, id).await;
        assert_eq!(shown.kept.standing.due, Some(day("2026-04-16")));
        assert_eq!(shown.kept.standing.lane, "running");
        end(test).await;
    }

    async fn what_is_decided_anew_is_written_and_reviewed_anew_and_had_beside_what_was(test) {
        let scene = Scene::new(&test).await;
        scene.letterhead().await;
        scene.set(SEAL_FIRST, "yes").await;
        let (clerk, head, handler) = (scene.bureau.clerk, scene.bureau.head, scene.bureau.handler);
        scene.on("2026-03-02");
        let filed = scene.received().await;
        let id = filed.id;
        let old = served(scene.bureau.approve_letter(&test.house, id, "not_ours")).await;
        old.expect("approved");
        let given = |outcome: &str| Event::Replied { outcome: outcome.to_owned() };
        scene.step(handler, id, "2026-03-02", given("not_ours")).await.expect("given");
        scene.stamp(id, scene.reply_letter(id).await).await;
        scene.step(handler, id, "2026-03-02", SERVED).await.expect("served");
        scene.on("2026-03-09");
        scene.step(clerk, id, "2026-03-09", Event::Archived).await.expect("archived");
        let before = scene.track(&filed, 1).await.expect("tracked");
        let last_days = before.remedies.clone();
        assert_eq!(before.letters.len(), 1);
        // A decision has a number; what another organ has set is not extended.
        scene.on("2026-06-01");
        let ordered = reopened(Cause::Review, "2026-06-22");
        let bare = Taken { event: ordered.clone(), day: day("2026-06-01"), proofs: vec![(Proof::Reason, "适用依据错误")] };
        let (seen, by) = (scene.seen(id).await, signed(&test.house, head).await);
        let refused = served(steps::step(&test.house, &by, &test.house.token(), seen, &bare)).await;
        assert_eq!(ids(refused), ["casework-reopened-by"]);
        scene.step(head, id, "2026-06-01", ordered).await.expect("reopened");
        let shown = scene.see(handler, id).await;
        assert_eq!(shown.kept.standing.due, Some(day("2026-06-22")));
        assert_eq!(ids(scene.split(id).await), ["casework-split-reopened"]);
        // What was given once is not handed in again as it was.
        let draft = shown.draft.expect("what was given");
        assert!(!draft.is_approved);
        let again = scene.hand_in(id, &draft.reply.digest).await;
        assert_eq!(ids(again), ["casework-reply-anew"]);
        let early = scene.step(handler, id, "2026-06-01", given("not_ours")).await;
        assert_eq!(ids(early), ["casework-reply-not-approved"]);
        scene.on("2026-06-15");
        let new = served(scene.bureau.approve_letter(&test.house, id, "not_exist"));
        assert_eq!(ids(new.await), ["casework-search-needed"]);
        let new = served(scene.bureau.approve_letter(&test.house, id, "needs_processing")).await;
        new.expect("approved");
        scene.step(handler, id, "2026-06-15", given("needs_processing")).await.expect("given");
        // Until it is sealed the applicant has what they had.
        let waits = scene.step(handler, id, "2026-06-15", SERVED).await;
        assert_eq!(ids(waits), ["casework-not-sealed"]);
        assert_eq!(scene.track(&filed, 1).await.expect("tracked").letters.len(), 1);
        scene.stamp(id, scene.reply_letter(id).await).await;
        scene.step(handler, id, "2026-06-16", SERVED).await.expect_err("tomorrow is not yet");
        scene.step(handler, id, "2026-06-15", SERVED).await.expect("served");
        let after = scene.track(&filed, 1).await.expect("tracked");
        assert_eq!(after.letters.len(), 2);
        assert_eq!(scene.told(&filed).await.as_deref(), Some("needs_processing"));
        assert!(!after.remedies.is_empty() && after.remedies != last_days, "reckoned from the second");
        let shown = scene.see(clerk, id).await;
        assert_eq!(shown.reply_due.expect("a due date").date, day("2026-06-22"));
        assert_eq!(shown.draft.expect("a reply").rounds.len(), 2);
        // The day of the first service is put right by what was there then.
        let first = shown.record.iter().find(|one| one.what.key() == "served").expect("served").number;
        scene.right(clerk, id, first, "2026-03-03").await.expect("put right");
        end(test).await;
    }

    async fn what_was_given_before_stays_with_the_applicant_beside_what_is_given_anew(test) {
        let scene = Scene::new(&test).await;
        let (head, handler) = (scene.bureau.head, scene.bureau.handler);
        scene.on("2026-03-02");
        let filed = scene.counter(1, "2026-03-02").await;
        let id = filed.id;
        let has = async || {
            let given = scene.track(&filed, 1).await.expect("tracked").given;
            given.into_iter().map(|file| file.name).collect::<Vec<String>>()
        };
        scene.put_together(id, "一期合同.txt", "一期").await.expect("put together");
        scene.reply(id, "2026-03-02", "partial").await.expect("replied");
        scene.step(handler, id, "2026-03-02", SERVED).await.expect("served");
        assert_eq!(has().await, ["一期合同.txt"]);
        scene.step(head, id, "2026-03-02", reopened(Cause::Judgment, "2026-03-31")).await.expect("reopened");
        assert_eq!(has().await, ["一期合同.txt"]);
        scene.put_together(id, "二期合同.txt", "二期").await.expect("put together");
        scene.approve(id, "granted").await.expect("approved");
        assert_eq!(has().await, ["一期合同.txt"], "not before it is given");
        // Nor is it given where the case ended by itself, though that was told and served.
        scene.step(scene.bureau.clerk, id, "2026-03-02", Event::Withdrawn).await.expect("taken back");
        scene.step(handler, id, "2026-03-02", SERVED).await.expect("served");
        assert_eq!(has().await, ["一期合同.txt"]);
        scene.step(head, id, "2026-03-02", reopened(Cause::Own, "2026-03-27")).await.expect("reopened");
        assert_eq!(has().await, ["一期合同.txt"]);
        scene.reply(id, "2026-03-02", "granted").await.expect("replied");
        scene.step(handler, id, "2026-03-02", SERVED).await.expect("served");
        assert_eq!(has().await, ["一期合同.txt", "二期合同.txt"]);
        end(test).await;
    }

    async fn what_was_approved_before_is_given_no_more_even_where_it_says_the_same(test) {
        let scene = Scene::new(&test).await;
        scene.letterhead().await;
        let (clerk, head, handler) = (scene.bureau.clerk, scene.bureau.head, scene.bureau.handler);
        scene.on("2026-03-02");
        let id = scene.counter(1, "2026-03-02").await.id;
        scene.approve(id, "granted").await.expect("approved");
        scene.step(clerk, id, "2026-03-02", Event::Withdrawn).await.expect("entered");
        scene.issue(clerk, id, "withdrawn").await.expect("told");
        scene.step(head, id, "2026-03-02", reopened(Cause::Own, "2026-03-27")).await.expect("it was another's");
        let given = Event::Replied { outcome: "granted".to_owned() };
        let old = scene.step(handler, id, "2026-03-02", given.clone()).await;
        assert_eq!(ids(old), ["casework-reply-not-approved"]);
        let draft = scene.see(handler, id).await.draft.expect("what was approved");
        assert!(!draft.is_approved && !draft.is_of_now);
        assert_eq!(ids(scene.hand_in(id, &draft.reply.digest).await), ["casework-reply-anew"]);
        // The same words are another edition, which everybody of the chain sees.
        let digest = scene.draft(id, "granted", "现答复如下。").await.expect("written");
        assert_ne!(digest, draft.reply.digest);
        assert!(!scene.see(handler, id).await.draft.expect("a draft").is_approved);
        // And who takes it back after all is told so once more.
        scene.step(clerk, id, "2026-03-02", Event::Withdrawn).await.expect("taken back");
        scene.issue(clerk, id, "withdrawn").await.expect("told");
        assert_eq!(ids(scene.issue(clerk, id, "withdrawn").await), ["letter-issued-already"]);
        end(test).await;
    }

    async fn a_reply_that_never_left_its_seal_hides_no_later_one(test) {
        let scene = Scene::new(&test).await;
        scene.letterhead().await;
        scene.set(SEAL_FIRST, "yes").await;
        let (head, handler) = (scene.bureau.head, scene.bureau.handler);
        scene.on("2026-03-02");
        let filed = scene.received().await;
        let id = filed.id;
        for outcome in ["not_ours", "needs_processing"] {
            served(scene.bureau.approve_letter(&test.house, id, outcome)).await.expect("approved");
            let given = Event::Replied { outcome: outcome.to_owned() };
            scene.step(handler, id, "2026-03-02", given).await.expect("given");
            assert!(scene.track(&filed, 1).await.expect("tracked").letters.is_empty());
            if outcome == "not_ours" {
                let own = reopened(Cause::Own, "2026-03-16");
                scene.step(head, id, "2026-03-02", own).await.expect("put right");
            }
        }
        scene.stamp(id, scene.reply_letter(id).await).await;
        scene.step(handler, id, "2026-03-02", SERVED).await.expect("served");
        let letters = scene.track(&filed, 1).await.expect("tracked").letters;
        assert_eq!(letters.len(), 1, "the first never left: {letters:?}");
        end(test).await;
    }

    async fn a_note_is_the_offices_own(test) {
        let scene = Scene::new(&test).await;
        let (clerk, handler) = (scene.bureau.clerk, scene.bureau.handler);
        scene.on("2026-03-02");
        let filed = scene.file(1).await;
        let id = filed.id;
        let note = async |by, text| {
            let (seen, by) = (scene.seen(id).await, signed(&test.house, by).await);
            served(noting::note(&test.house, &by, &test.house.token(), seen, text)).await
        };
        assert_eq!(ids(note(handler, " \n ").await), ["casework-needs-note"]);
        note(handler, "与规划科商量过，先查 2019 年档案").await.expect("written");
        let of = AddedTo::Event(scene.place(id, "noted").await);
        assert_eq!(ids(scene.bring(id, of, "照片.txt", "照片".as_bytes()).await), ["casework-event-note"]);
        let stranger = note(scene.bureau.stranger, "看看").await;
        assert!(matches!(stranger, Err(RequestError::Missing)), "{stranger:?}");
        let shown = scene.see(clerk, id).await;
        let last = shown.record.last().expect("a note");
        assert_eq!((&last.what, last.by.person), (&Happening::Noted, Some(handler)));
        assert_eq!(last.proofs[&Proof::Note], "与规划科商量过，先查 2019 年档案");
        let tracked = scene.track(&filed, 1).await.expect("tracked");
        assert!(tracked.timeline.iter().all(|(_, what)| *what != Happening::Noted));
        scene.step(clerk, id, "2026-03-02", Event::Withdrawn).await.expect("taken back");
        note(handler, "申请人来电说明").await.expect("also when it is over");
        scene.step(clerk, id, "2026-03-02", Event::Archived).await.expect("archived");
        assert_eq!(ids(note(handler, "晚了").await), ["casework-archived"]);
        end(test).await;
    }
}
