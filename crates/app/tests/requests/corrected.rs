//! Days that were typed wrong: they are put right with a reason, and everything that
//! follows from them with them.

use gongkai_app::requests::correcting::{self, DayCorrection};
use gongkai_app::requests::intake::Confirming;
use gongkai_app::requests::{self, RequestError, Ticket, clocks, look, parts};
use gongkai_domain::organization::PersonId;
use gongkai_domain::requests::case::{Event, Service};
use gongkai_domain::requests::record::{Happening, Proof};
use gongkai_testkit::in_both_houses;
use gongkai_testkit::requests::{signed, tail, visitor};

use super::end;
use super::scene::{Scene, day, ids, served};

const REASON: &str = "通话记录为 24 日，录入时看错";

impl Scene<'_> {
    /// Somebody says on which day the `of`-th happened.
    pub(super) async fn right(
        &self,
        by: PersonId,
        id: i64,
        of: i64,
        on: &str,
    ) -> Result<(), RequestError> {
        let (seen, key) = (self.seen(id).await, self.house().token());
        let by = signed(self.house(), by).await;
        let new = DayCorrection {
            of,
            day: on,
            reason: REASON,
        };
        served(correcting::correct_day(self.house(), &by, &key, seen, new)).await
    }

    /// The place of what happened last of a kind.
    pub(super) async fn place(&self, id: i64, key: &str) -> i64 {
        let shown = self.see(self.bureau.clerk, id).await;
        let found = shown.record.iter().rfind(|one| one.what.key() == key);
        found.expect("it happened").number
    }
}

in_both_houses! {
    async fn a_receipt_date_that_was_typed_wrong_is_put_right_and_the_clock_with_it(test) {
        let scene = Scene::new(&test).await;
        scene.letterhead().await;
        let (clerk, handler) = (scene.bureau.clerk, scene.bureau.handler);
        scene.on("2026-11-23");
        let id = scene.file(1).await.id;
        scene.on("2026-11-25");
        scene.confirm(id, "2026-11-25", Confirming::Reached).await.expect("confirmed");
        scene.issue(clerk, id, "receipt").await.expect("issued");
        assert_eq!(ids(scene.issue(clerk, id, "receipt").await), ["letter-issued-already"]);
        let of = scene.place(id, "confirmed").await;
        // Whoever may not, what cannot be, and what is right already.
        let stranger = scene.right(scene.bureau.stranger, id, of, "2026-11-24").await;
        assert!(matches!(stranger, Err(RequestError::Missing)), "{stranger:?}");
        assert!(matches!(scene.right(handler, id, of, "2026-11-24").await, Err(RequestError::Denied(_))));
        assert_eq!(ids(scene.right(clerk, id, of, "2026-11-26").await), ["casework-day-to-come"]);
        assert_eq!(ids(scene.right(clerk, id, of, "2026-11-22").await), ["case-before-the-last"]);
        assert_eq!(ids(scene.right(clerk, id, of, "2026-11-25").await), ["casework-correct-nothing"]);
        assert_eq!(ids(scene.right(clerk, id, 1, "2026-11-24").await), ["casework-day-none"]);
        let (seen, key) = (scene.seen(id).await, test.house.token());
        let by = signed(&test.house, clerk).await;
        let silent = DayCorrection { of, day: "2026-11-24", reason: " " };
        let silent = served(correcting::correct_day(&test.house, &by, &key, seen, silent)).await;
        assert_eq!(ids(silent), ["casework-needs-reason"]);
        let before = scene.see(clerk, id).await;
        assert_eq!(before.kept.standing.due, Some(day("2026-12-23")));
        // Sent twice, it is put right once.
        let new = DayCorrection { of, day: "2026-11-24", reason: REASON };
        for _ in 0..2 {
            served(correcting::correct_day(&test.house, &by, &key, seen, new)).await.expect("put right");
        }
        let after = scene.see(clerk, id).await;
        assert_eq!(after.record.len(), before.record.len() + 1);
        let at = &after.kept.standing;
        assert_eq!((at.received, at.due), (Some(day("2026-11-24")), Some(day("2026-12-22"))));
        let last = after.record.last().expect("entered");
        let (was, to) = (day("2026-11-25"), day("2026-11-24"));
        assert_eq!(last.what, Happening::DayCorrected { of, was, to });
        assert_eq!((last.proofs[&Proof::Reason].as_str(), last.day), (REASON, day("2026-11-25")));
        // The night reckons the same, and the receipt tells it once more.
        served(clocks::reckon(&test.house)).await.expect("reckoned");
        assert_eq!(scene.see(clerk, id).await.kept.standing.due, Some(day("2026-12-22")));
        scene.issue(clerk, id, "receipt").await.expect("issued anew");
        assert_eq!(ids(scene.issue(clerk, id, "receipt").await), ["letter-issued-already"]);
        // The day of a letter stands in it.
        scene.issue(handler, id, "supplement").await.expect("asked");
        let asked = scene.place(id, "supplement_asked").await;
        assert_eq!(ids(scene.right(clerk, id, asked, "2026-11-24").await), ["casework-day-none"]);
        // What came after it holds its place.
        let confirmed = scene.right(clerk, id, of, "2026-11-25").await;
        confirmed.expect("on the day of the notice");
        scene.on("2026-11-26");
        assert_eq!(ids(scene.right(clerk, id, of, "2026-11-26").await), ["case-before-the-last"]);
        end(test).await;
    }

    async fn a_day_is_put_right_where_it_is_lawful_and_the_offices_own(test) {
        let scene = Scene::new(&test).await;
        let (clerk, handler, head) = (scene.bureau.clerk, scene.bureau.handler, scene.bureau.head);
        scene.on("2024-05-20");
        let filed = scene.counter(1, "2024-04-01").await;
        let id = filed.id;
        // Art. 33 ¶2: an extension that was in time is not moved past the date in force.
        scene.step(head, id, "2024-04-29", Event::Extended { days: 10 }).await.expect("extended");
        let of = scene.place(id, "extended").await;
        assert_eq!(ids(scene.right(clerk, id, of, "2024-04-30").await), ["case-extension-too-late"]);
        scene.right(clerk, id, of, "2024-04-28").await.expect("put right");
        // What the applicant did online the system has written down.
        let limit = day("2024-06-10");
        scene.step(handler, id, "2024-05-06", Event::SupplementAsked { limit }).await.expect("asked");
        let (code, contact) = (filed.code.to_string(), tail(1));
        let ticket = Ticket::new(&code, &contact);
        let key = test.house.token();
        let came = requests::supplement(&test.house, visitor(), &key, ticket, "2023 年度的", &[]);
        served(came).await.expect("supplemented");
        let of = scene.place(id, "supplement_came").await;
        assert_eq!(ids(scene.right(clerk, id, of, "2024-05-10").await), ["casework-day-none"]);
        // Its parts were received on one day with it.
        let online = scene.file(2).await.id;
        scene.confirm(online, "2024-05-20", Confirming::Reached).await.expect("confirmed");
        let by = signed(&test.house, clerk).await;
        let (seen, key) = (scene.seen(online).await, test.house.token());
        let part = served(parts::split(&test.house, &by, &key, seen, "采砂许可的目录")).await.expect("made");
        scene.on("2024-05-21");
        for id in [online, part] {
            let of = scene.place(id, "confirmed").await;
            assert_eq!(ids(scene.right(clerk, id, of, "2024-05-21").await), ["casework-day-parts"]);
        }
        end(test).await;
    }

    async fn a_day_of_service_that_was_typed_wrong_moves_the_last_days_of_remedies(test) {
        let scene = Scene::new(&test).await;
        let (clerk, handler) = (scene.bureau.clerk, scene.bureau.handler);
        scene.on("2026-11-25");
        let filed = scene.counter(1, "2026-11-23").await;
        let id = filed.id;
        scene.reply(id, "2026-11-23", "denied_internal").await.expect("refused");
        let way = Some(Service::Direct);
        scene.step(handler, id, "2026-11-25", Event::Served { way }).await.expect("served");
        let last = async || {
            let tracked = scene.track(&filed, 1).await.expect("tracked");
            tracked.remedies.iter().map(|(_, day)| day.date).collect::<Vec<_>>()
        };
        assert_eq!(last().await, [day("2027-01-25")], "60 days, and a Sunday");
        let of = scene.place(id, "served").await;
        assert_eq!(ids(scene.right(clerk, id, of, "2026-11-22").await), ["case-before-the-last"]);
        scene.right(clerk, id, of, "2026-11-24").await.expect("put right");
        assert_eq!(last().await, [day("2027-01-25")], "a Saturday moves too");
        scene.right(clerk, id, of, "2026-11-23").await.expect("put right once more");
        assert_eq!(last().await, [day("2027-01-22")]);
        // The day that is read by others is the one that was put right.
        let by = signed(&test.house, clerk).await;
        let shown = served(look::see(&test.house, &by, id)).await.expect("seen");
        let served_on = shown.record.iter().find(|one| one.number == of).expect("there");
        assert_eq!(served_on.day, day("2026-11-23"));
        // The archive is closed.
        scene.step(clerk, id, "2026-11-25", Event::Archived).await.expect("archived");
        assert_eq!(ids(scene.right(clerk, id, of, "2026-11-24").await), ["casework-archived"]);
        end(test).await;
    }
}
