//! Mails to a real mail server.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use gongkai_app::outbox::{self, Letter};
use gongkai_app::outside::{MailSettings, Security, SmtpMailer};
use gongkai_app::ports::{Doing, Mail, Mailer, NotSent};
use gongkai_app::vault::VaultError;
use gongkai_domain::outbox::{Line, State};
use gongkai_store::{Engine, audit, outbox as kept};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::in_both_houses;
use gongkai_testkit::sending::MailServer;
use jiff::SignedDuration;
use sha2::{Digest, Sha256};

use super::{count, file, letter, live, message, run, with_mailer, write};

fn mailer(server: &MailServer) -> SmtpMailer {
    SmtpMailer::new(server.settings()).expect("a mailer")
}

const TO: &str = "zhang.san@example.gov.cn";

in_both_houses! {
    async fn a_mail_arrives_as_it_was_written(test) {
        let server = MailServer::start(Security::Starttls, Some(("gongkai", "secret of mail")));
        let house = with_mailer(&test, mailer(&server));
        let subject = "关于《云溪县2026年财政预算》政府信息公开申请的答复书（云公开〔2026〕第17号）𫓧镕喆，请于收到之日起十五个工作日内查收并核对全部附件";
        let pdf = b"%PDF-1.7 \x00\xff\r\n.\r\n";
        let letter = Letter {
            attachments: vec![
                file("答复书 𫓧.pdf", "application/pdf", pdf),
                file("a;\"b.txt", "text/plain", b"x"),
            ],
            ..letter(TO, subject)
        };
        let id = write(&house, &letter).await;
        run(&house).await;
        let mails = server.mails();
        assert_eq!(mails.len(), 1);
        let mail = &mails[0];
        assert_eq!(mail["subject"], subject);
        assert_eq!(mail["from"], "云溪县政务公开办 <gongkai@example.gov.cn>");
        assert_eq!(mail["to"], TO);
        assert_eq!(mail["recipients"], serde_json::json!([TO]));
        assert_eq!(mail["sender"], "gongkai@example.gov.cn");
        assert_eq!((&mail["tls"], &mail["authenticated"]), (&true.into(), &true.into()));
        assert_eq!(mail["defects"], serde_json::json!([]));
        let text = mail["text"].as_str().expect("a text").replace("\r\n", "\n");
        assert_eq!(text.trim_end(), letter.text);
        let digest = hex::encode(Sha256::digest(pdf));
        assert_eq!(
            mail["attachments"][0],
            serde_json::json!(["答复书 𫓧.pdf", "application/pdf", digest])
        );
        assert_eq!(mail["attachments"][1][0], "a;\"b.txt");
        let found = message(&house, id).await;
        assert_eq!(found.state, State::Sent);
        assert_eq!(found.attempts, 1);
        assert_eq!(mail["id"], format!("<{}@example.gov.cn>", found.message));
        assert_eq!(mail["date"], "Mon, 23 Nov 2026 01:00:00 +0000");
        test.close().await;
    }

    async fn a_day_without_a_server_loses_nothing_and_sends_nothing_twice(test) {
        let mut server = MailServer::start(Security::None, None);
        let house = with_mailer(&test, mailer(&server));
        write(&house, &letter(TO, "第0封")).await;
        run(&house).await;
        server.down();
        for number in 1..=40 {
            write(&house, &letter(TO, &format!("第{number}封"))).await;
            if number % 10 == 0 {
                live(&test, &house, SignedDuration::from_mins(5)).await;
            }
        }
        live(&test, &house, SignedDuration::from_hours(24)).await;
        assert_eq!(count(&house, State::Waiting).await, 40);
        let mut tx = house.db.read().await.expect("a state");
        let failing = kept::destinations(&mut tx).await.expect("read");
        drop(tx);
        // One try a quarter of an hour, not one for each mail that waits.
        assert!((80..140).contains(&failing[0].failures), "{failing:?}");
        server.up();
        live(&test, &house, SignedDuration::from_mins(16)).await;
        let mails = server.mails();
        let subjects: Vec<&str> = mails.iter().filter_map(|mail| mail["subject"].as_str()).collect();
        let different: BTreeSet<&str> = subjects.iter().copied().collect();
        assert_eq!((subjects.len(), different.len()), (40, 40), "{subjects:?}");
        assert_eq!(count(&house, State::Sent).await, 41);
        let mut tx = house.db.read().await.expect("a state");
        assert!(kept::destinations(&mut tx).await.expect("read").is_empty());
        drop(tx);
        run(&house).await;
        test.close().await;
    }

    async fn between_taken_and_noted_a_mail_goes_again_under_the_same_name(test) {
        let server = MailServer::start(Security::None, None);
        let dying = DiesOnce { inner: mailer(&server), died: AtomicUsize::new(0) };
        let house = with_mailer(&test, dying);
        let id = write(&house, &letter(TO, "回执")).await;
        run(&house).await;
        // The server has it; nobody here knows.
        assert_eq!(server.mails().len(), 1);
        assert_eq!(message(&house, id).await.state, State::Waiting);
        // Until the lease has run out, nobody touches it.
        live(&test, &house, SignedDuration::from_mins(4)).await;
        assert_eq!(server.mails().len(), 1);
        live(&test, &house, SignedDuration::from_mins(2)).await;
        let mails = server.mails();
        assert_eq!(mails.len(), 2);
        assert_eq!(mails[0]["id"], mails[1]["id"]);
        assert_eq!(mails[0]["date"], mails[1]["date"]);
        let found = message(&house, id).await;
        assert_eq!((found.state, found.attempts), (State::Sent, 2));
        run(&house).await;
        test.close().await;
    }

    async fn an_answer_that_is_lost_is_settled_by_sending_again(test) {
        let server = MailServer::start(Security::None, None);
        let house = with_mailer(&test, mailer(&server));
        server.loses(1);
        let id = write(&house, &letter(TO, "回执")).await;
        run(&house).await;
        assert_eq!(message(&house, id).await.state, State::Waiting);
        live(&test, &house, SignedDuration::from_mins(2)).await;
        let mails = server.mails();
        assert_eq!(mails.len(), 2);
        assert_eq!(mails[0]["id"], mails[1]["id"]);
        assert_eq!(message(&house, id).await.state, State::Sent);
        test.close().await;
    }

    async fn what_the_server_says_of_one_mail_is_no_word_of_the_others(test) {
        let server = MailServer::start(Security::None, None);
        let house = with_mailer(&test, mailer(&server));
        server.replies("rcpt", "550 5.1.1 <zhang.san@example.gov.cn> no such user", 1);
        server.replies("rcpt", "451 4.7.1 greylisted, zhang.san", 1);
        let gone = write(&house, &letter(TO, "一")).await;
        let grey = write(&house, &letter(TO, "二")).await;
        let good = write(&house, &letter(TO, "三")).await;
        run(&house).await;
        let found = message(&house, gone).await;
        assert_eq!(found.state, State::Refused);
        // The codes are told, the words are not: they name somebody.
        assert_eq!(found.last_error.as_deref(), Some("SMTP 550 5.1.1"));
        let found = message(&house, grey).await;
        assert_eq!((found.state, found.attempts), (State::Waiting, 1));
        assert_eq!(found.last_error.as_deref(), Some("SMTP 451 4.7.1"));
        assert_eq!(message(&house, good).await.state, State::Sent);
        live(&test, &house, SignedDuration::from_mins(1)).await;
        assert_eq!(message(&house, grey).await.state, State::Sent);
        // A sender that is not taken is our fault, and no mail is lost by it.
        server.replies("mail", "550 5.7.1 sender refused", 1);
        let waits = write(&house, &letter(TO, "四")).await;
        run(&house).await;
        assert_eq!(message(&house, waits).await.state, State::Waiting);
        live(&test, &house, SignedDuration::from_mins(1)).await;
        assert_eq!(message(&house, waits).await.state, State::Sent);
        assert_eq!(server.mails().len(), 3);
        test.close().await;
    }

    async fn what_is_tried_for_five_days_is_given_up_and_may_go_again(test) {
        let mut server = MailServer::start(Security::None, None);
        let house = with_mailer(&test, mailer(&server));
        server.down();
        let ids = [
            write(&house, &letter(TO, "一")).await,
            write(&house, &letter(TO, "二")).await,
        ];
        run(&house).await;
        test.clock.advance(SignedDuration::from_hours(5 * 24));
        live(&test, &house, SignedDuration::from_mins(1)).await;
        for id in ids {
            assert_eq!(message(&house, id).await.state, State::GivenUp);
        }
        test.close().await;
    }

    async fn addresses_and_bodies_are_sealed_and_erased_when_their_time_is_over(test) {
        let server = MailServer::start(Security::None, None);
        let house = with_mailer(&test, mailer(&server));
        let id = write(&house, &letter(TO, "回执")).await;
        run(&house).await;
        server.replies("rcpt", "451 later", 10_000);
        let waits = write(&house, &letter(TO, "等待")).await;
        live(&test, &house, SignedDuration::from_mins(2)).await;
        assert_eq!(message(&house, id).await.shown, "z***@example.gov.cn");
        test.clock.advance(SignedDuration::from_hours(29 * 24));
        live(&test, &house, SignedDuration::from_mins(1)).await;
        assert!(message(&house, id).await.erased_at.is_none());
        test.clock.advance(SignedDuration::from_hours(2 * 24));
        live(&test, &house, SignedDuration::from_mins(1)).await;
        let found = message(&house, id).await;
        assert!(found.erased_at.is_some());
        assert_eq!((found.shown.as_str(), found.state), ("", State::Sent));
        // What has not ended is not erased, and what is gone is gone for good.
        assert_eq!(message(&house, waits).await.state, State::GivenUp);
        let mut tx = house.db.write().await.expect("a turn");
        let now = house.now();
        let again = kept::again(&mut tx, id, now).await;
        assert!(again.is_err());
        drop(tx);
        run(&house).await;
        test.close().await;
    }

    async fn the_trail_tells_how_each_ended_and_of_nobody(test) {
        let server = MailServer::start(Security::None, None);
        let house = with_mailer(&test, mailer(&server));
        let id = write(&house, &letter(TO, "回执")).await;
        run(&house).await;
        let search = audit::Search {
            object_kind: Some("outbox".to_owned()),
            ..audit::Search::default()
        };
        let mut tx = house.db.read().await.expect("a state");
        let found = audit::search(&mut tx, &search, i64::MAX, 10).await.expect("found");
        drop(tx);
        assert_eq!(found.len(), 1);
        let entry = &found[0].entry;
        assert_eq!((entry.action.as_str(), entry.object.clone()), ("outbox.sent", id.to_string()));
        assert!(!entry.detail.contains("zhang") && !entry.detail.contains("回执"));
        test.close().await;
    }

    async fn a_mail_that_was_not_kept_is_not_sent(test) {
        let server = MailServer::start(Security::None, None);
        let house = with_mailer(&test, mailer(&server));
        let mut tx = house.db.write().await.expect("a turn");
        outbox::mail(&mut tx, &house, "test", &letter(TO, "回执")).await.expect("written");
        tx.roll_back().await.expect("taken back");
        run(&house).await;
        assert!(server.mails().is_empty());
        let mut tx = house.db.write().await.expect("a turn");
        let large = Letter {
            attachments: vec![file("a", "text/plain", &vec![0; outbox::ATTACHED_BYTES_MAX + 1])],
            ..letter(TO, "大")
        };
        let refused = outbox::mail(&mut tx, &house, "test", &large).await;
        assert!(matches!(refused, Err(VaultError::Store(_))));
        drop(tx);
        test.close().await;
    }
}

/// Hands a mail over and dies before it can say so.
struct DiesOnce {
    inner: SmtpMailer,
    died: AtomicUsize,
}

impl Mailer for DiesOnce {
    fn send<'a>(&'a self, mail: &'a Mail) -> Doing<'a, Result<(), NotSent>> {
        Box::pin(async move {
            self.inner.send(mail).await?;
            assert!(
                self.died.fetch_add(1, Ordering::Relaxed) > 0,
                "a node dies here, on purpose"
            );
            Ok(())
        })
    }
}

fn a_mail() -> Mail {
    Mail {
        id: "0123456789abcdef".to_owned(),
        at: jiff::Timestamp::UNIX_EPOCH,
        to: gongkai_domain::outbox::MailAddress::parse(TO).expect("an address"),
        subject: Line::parse("回执").expect("a line"),
        text: "正文".to_owned(),
        attachments: Vec::new(),
    }
}

#[tokio::test]
async fn every_way_to_a_server_is_sealed_or_stays_here() {
    let credentials = Some(("gongkai", "secret of mail"));
    for security in [Security::Implicit, Security::Starttls, Security::None] {
        let server = MailServer::start(security, credentials);
        let mailer = mailer(&server);
        mailer.look().await.expect("let in");
        mailer.send(&a_mail()).await.expect("sent");
        let mails = server.mails();
        assert_eq!(mails.len(), 1, "{security:?}");
        assert_eq!(mails[0]["tls"], security != Security::None);
        assert_eq!(mails[0]["authenticated"], true);
        // A wrong password is no word of the mail.
        let wrong = MailSettings {
            credentials: Some(("gongkai".to_owned(), "wrong".to_owned())),
            ..server.settings()
        };
        let wrong = SmtpMailer::new(wrong).expect("a mailer");
        let refused = wrong.send(&a_mail()).await;
        assert!(matches!(refused, Err(NotSent::Server(_))), "{refused:?}");
        assert!(wrong.look().await.is_err());
    }
}

#[tokio::test]
async fn a_server_that_is_not_who_it_says_gets_nothing() {
    for security in [Security::Implicit, Security::Starttls] {
        let server = MailServer::start(security, None);
        for settings in [
            // An authority that nobody here knows.
            MailSettings {
                certificate: None,
                ..server.settings()
            },
            // Another name than the certificate's.
            MailSettings {
                host: "127.0.0.2".to_owned(),
                ..server.settings()
            },
        ] {
            let mailer = SmtpMailer::new(settings).expect("a mailer");
            let refused = mailer.send(&a_mail()).await;
            assert!(matches!(refused, Err(NotSent::Server(_))), "{refused:?}");
        }
        assert!(server.mails().is_empty());
    }
    // One that does not offer TLS gets no password and no mail in the open.
    let plain = MailServer::start(Security::None, None);
    let certificate = {
        let other = MailServer::start(Security::Implicit, None);
        other.settings().certificate
    };
    let stripped = MailSettings {
        security: Security::Starttls,
        certificate,
        ..plain.settings()
    };
    let refused = SmtpMailer::new(stripped)
        .expect("a mailer")
        .send(&a_mail())
        .await;
    assert!(matches!(refused, Err(NotSent::Server(_))), "{refused:?}");
    assert!(plain.mails().is_empty());
}

/// What nobody can type is tried all the same: the types let it through nowhere.
#[tokio::test]
async fn no_subject_name_or_file_adds_a_header() {
    let server = MailServer::start(Security::None, None);
    let tried = Mutex::new(Vec::new());
    for text in [
        "回执\r\nBcc: all@example.gov.cn",
        "回执\nX-Evil: 1",
        "=?utf-8?B?DQpCY2M6IGFAZXhhbXBsZS5nb3YuY24=?=",
        "a\u{2028}Bcc: x",
        "\u{feff}Bcc: x@example.gov.cn",
        "\"; filename=\"x.exe",
    ] {
        let Ok(line) = Line::parse(text) else {
            continue;
        };
        tried.lock().expect("a list").push(text);
        let settings = MailSettings {
            from_name: Some(line.clone()),
            ..server.settings()
        };
        let mail = Mail {
            subject: line.clone(),
            attachments: vec![file(text, "text/plain", b"x")],
            ..a_mail()
        };
        let sent = SmtpMailer::new(settings)
            .expect("a mailer")
            .send(&mail)
            .await;
        sent.expect("sent");
        let mails = server.mails();
        let got = mails.last().expect("a mail");
        let headers: Vec<String> = got["headers"]
            .as_array()
            .expect("headers")
            .iter()
            .map(|name| name.as_str().unwrap_or_default().to_ascii_lowercase())
            .collect();
        let known = [
            "message-id",
            "from",
            "to",
            "subject",
            "date",
            "mime-version",
            "content-type",
        ];
        assert!(
            headers.iter().all(|name| known.contains(&name.as_str())),
            "{headers:?}"
        );
        assert_eq!(got["recipients"], serde_json::json!([TO]));
        assert_eq!(got["attachments"].as_array().map(Vec::len), Some(1));
    }
    // Three of them are lines, and came through as the words they are.
    assert_eq!(tried.lock().expect("a list").len(), 3);
}

/// Two nodes that both send: each mail is leased by one of them.
#[tokio::test]
async fn two_that_send_at_once_send_each_mail_once() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let test = TestHouse::new(engine).await;
        let server = MailServer::start(Security::None, None);
        let house = with_mailer(&test, mailer(&server));
        for number in 0..30 {
            write(&house, &letter(TO, &format!("第{number}封"))).await;
        }
        let node = async || {
            let done = outbox::deliver(&house, "\"mail\"").await;
            let tx = done.expect("delivered").expect("a turn");
            tx.commit().await.expect("kept");
        };
        tokio::join!(node(), node());
        let subjects: BTreeSet<String> = server
            .mails()
            .iter()
            .map(|mail| mail["subject"].to_string())
            .collect();
        assert_eq!(
            (server.mails().len(), subjects.len()),
            (30, 30),
            "{engine:?}"
        );
        run(&house).await;
        test.close().await;
    }
}
