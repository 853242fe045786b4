//! What administrators see of the outbox and the jobs, and may do with them.

use gongkai_app::jobs::{self, look};
use gongkai_app::outbox;
use gongkai_app::outside::{Security, SmtpMailer};
use gongkai_app::people::{self, Change, PeopleError, SignedIn};
use gongkai_app::settings;
use gongkai_app::vault::VaultError;
use gongkai_domain::outbox::State;
use gongkai_domain::settings::{KEPT_DAYS, Keeper};
use gongkai_domain::words::{Language, Words};
use gongkai_store::{audit, jobs as kept_jobs};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::in_both_houses;
use gongkai_testkit::people::Office;
use gongkai_testkit::sending::MailServer;

use super::{letter, message, run, with_mailer, write};

async fn system(test: &TestHouse) -> SignedIn {
    let office = Office::new(test.house.clone());
    let people = office.administrators().await;
    office.signed(&people[0].token).await
}

async fn entries(test: &TestHouse, action: &str) -> Vec<String> {
    let search = audit::Search {
        action: Some(action.to_owned()),
        ..audit::Search::default()
    };
    let mut tx = test.house.db.read().await.expect("a state");
    let found = audit::search(&mut tx, &search, i64::MAX, 100).await;
    drop(tx);
    let found = found.expect("found").into_iter();
    found.map(|stored| stored.entry.detail).collect()
}

in_both_houses! {
    async fn what_was_refused_goes_again_once_and_what_was_sent_does_not(test) {
        let server = MailServer::start(Security::None, None);
        let mailer = SmtpMailer::new(server.settings()).expect("a mailer");
        let house = with_mailer(&test, mailer);
        let signed = system(&test).await;
        server.replies("rcpt", "550 5.1.1 no", 1);
        let id = write(&house, &letter("zhang@example.gov.cn", "回执")).await;
        run(&house).await;
        let seen = outbox::overview(&house, &signed, Some(State::Refused), i64::MAX, 10).await;
        let seen = seen.expect("seen");
        assert_eq!(seen.counts.map(|(_, count)| count), [0, 0, 1, 0]);
        assert_eq!(seen.listed[0].shown, "z***@example.gov.cn");
        assert_eq!(entries(&test, "outbox.see").await.len(), 1);
        let key = house.token();
        for _ in 0..2 {
            outbox::again(&house, &signed, &key, id).await.expect("waits again");
        }
        run(&house).await;
        assert_eq!(message(&house, id).await.state, State::Sent);
        assert_eq!(server.mails().len(), 1);
        assert_eq!(entries(&test, "outbox.send").await.len(), 1);
        let sent = outbox::again(&house, &signed, &house.token(), id).await;
        assert!(matches!(sent, Err(PeopleError::Refused(_))), "{sent:?}");
        let none = outbox::again(&house, &signed, &house.token(), 999).await;
        assert!(matches!(none, Err(PeopleError::Missing)));
        test.close().await;
    }

    async fn a_test_mail_goes_to_who_asks_for_it(test) {
        let signed = system(&test).await;
        let (house, words) = (&test.house, Words::of(Language::Chinese));
        let refused = outbox::try_mail(house, &signed, "k", words).await;
        assert!(matches!(refused, Err(PeopleError::Refused(_))));
        let change = Change {
            display_name: "system".to_owned(),
            phone: None,
            mail: Some("system@example.gov.cn".to_owned()),
        };
        let (id, version) = (signed.person.id, signed.person.version);
        people::change(house, &signed, id, &change, version).await.expect("changed");
        let found = people::resolve(house, "none", "127.0.0.1", "test").await;
        assert!(found.expect("looked").is_none());
        let signed = {
            let mut tx = house.db.read().await.expect("a state");
            let person = gongkai_store::people::get(&mut tx, id).await.expect("read");
            drop(tx);
            SignedIn { person: person.expect("there"), ..signed }
        };
        for _ in 0..2 {
            outbox::try_mail(house, &signed, "k2", words).await.expect("written");
        }
        run(house).await;
        let sent = test.outbox.sent();
        assert_eq!(sent.len(), 1);
        assert_eq!((sent[0].to.as_str(), sent[0].subject.as_str()), ("system@example.gov.cn", "测试邮件"));
        test.close().await;
    }

    async fn for_how_long_bodies_are_kept_is_set_with_its_version(test) {
        let signed = system(&test).await;
        let house = &test.house;
        let kept = async || settings::values(house).await.expect("read").kept_days();
        let change = async |form: &'static str, value: &'static str, version| {
            let change = settings::Change { typed: value.to_owned(), version, reason: "信息保存期限规定".to_owned() };
            let sent = signed.sent("setting", form, [value]);
            settings::change(house, &signed, &sent, Keeper::System, KEPT_DAYS, &change).await
        };
        assert_eq!(kept().await, Ok(30));
        change("a", "7", 0).await.expect("set");
        assert_eq!(kept().await, Ok(7));
        let late = change("b", "9", 0).await;
        assert!(late.is_err_and(|error| people::is_conflict(&error)));
        for wrong in ["0", "367", "-1", "long"] {
            assert!(matches!(change(wrong, wrong, 1).await, Err(PeopleError::Refused(_))), "{wrong}");
        }
        let told = [r#"{"after":"7","before":"","reason":"信息保存期限规定"}"#];
        assert_eq!(entries(&test, "settings.change").await, told);
        test.close().await;
    }

    async fn a_failed_job_is_tried_again_or_dropped_for_a_reason(test) {
        let signed = system(&test).await;
        let house = &test.house;
        let mut tx = house.db.write().await.expect("a turn");
        for _ in 0..2 {
            // Of a kind that nobody here knows.
            let kind = jobs::Kind::each("of.another.version");
            jobs::enqueue(&mut tx, house, kind, &()).await.expect("enqueued");
        }
        tx.commit().await.expect("kept");
        run(house).await;
        let seen = look::overview(house, &signed, Some("failed"), i64::MAX, 10).await;
        let seen = seen.expect("seen");
        assert_eq!(seen.counts[0], ("failed", 2));
        assert_eq!(seen.scheduled.len(), jobs::SCHEDULES.len());
        assert!(seen.scheduled.iter().all(|one| one.last.is_none() && one.next > house.now()));
        test.runner().fire().await.expect("fired");
        let fired = look::overview(house, &signed, None, i64::MAX, 100).await.expect("seen");
        assert!(fired.scheduled.iter().all(|one| one.last == Some(house.now())));
        let (one, other) = (seen.listed[0].id, seen.listed[1].id);
        for _ in 0..2 {
            look::retry(house, &signed, "k", one).await.expect("waits again");
        }
        let short = look::drop_failed(house, &signed, "d", other, " ").await;
        assert!(matches!(short, Err(PeopleError::Refused(_))));
        for _ in 0..2 {
            look::drop_failed(house, &signed, "d2", other, "旧版本留下的").await.expect("dropped");
        }
        let gone = look::drop_failed(house, &signed, "d3", other, "再来一次").await;
        assert!(matches!(gone, Err(PeopleError::Refused(_))), "{gone:?}");
        // One that waits is not dropped: it may be what erases a key.
        let waits = look::drop_failed(house, &signed, "d4", one, "不想做了").await;
        assert!(matches!(waits, Err(PeopleError::Refused(_))));
        assert_eq!(entries(&test, "jobs.retry").await.len(), 1);
        let dropped = entries(&test, "jobs.drop").await;
        assert_eq!(dropped.len(), 1);
        assert!(dropped[0].contains("旧版本留下的") && dropped[0].contains("of.another.version"));
        let mut tx = house.db.read().await.expect("a state");
        assert!(kept_jobs::get(&mut tx, other).await.expect("read").is_none());
        drop(tx);
        run(house).await;
        test.close().await;
    }

    async fn others_see_and_do_nothing(test) {
        let office = Office::new(test.house.clone());
        let people = office.administrators().await;
        for staff in &people[1..] {
            let signed = office.signed(&staff.token).await;
            let house = &test.house;
            assert!(matches!(outbox::overview(house, &signed, None, 1, 1).await, Err(PeopleError::Denied(_))));
            assert!(matches!(outbox::again(house, &signed, "k", 1).await, Err(PeopleError::Denied(_))));
            assert!(matches!(look::overview(house, &signed, None, 1, 1).await, Err(PeopleError::Denied(_))));
            assert!(matches!(look::drop_failed(house, &signed, "k", 1, "理由").await, Err(PeopleError::Denied(_))));
        }
        test.close().await;
    }

    async fn a_message_whose_key_is_gone_is_given_up(test) {
        let house = &test.house;
        let id = write(house, &letter("zhang@example.gov.cn", "回执")).await;
        let mut tx = house.db.write().await.expect("a turn");
        let now = house.now();
        let later = now.checked_add(jiff::SignedDuration::from_mins(5)).expect("an instant");
        let claimed = gongkai_store::outbox::claim(&mut tx, "mail", "test", now, later).await;
        let claimed = claimed.expect("claimed").expect("a message");
        tx.roll_back().await.expect("taken back");
        house.vault.erase(&claimed.key).await.expect("erased");
        assert!(matches!(house.vault.key(&claimed.key).await, Err(VaultError::Erased)));
        run(house).await;
        assert_eq!(message(house, id).await.state, State::GivenUp);
        assert!(test.outbox.sent().is_empty());
        test.close().await;
    }
}
