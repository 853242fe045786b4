//! Text messages to a gateway that behaves as gateways do.

use std::sync::Arc;

use gongkai_app::house::House;
use gongkai_app::outbox;
use gongkai_app::outside::{HttpFetcher, SmsGateway, SmsSettings};
use gongkai_domain::outbox::State;
use gongkai_domain::register::Phone;
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::in_both_houses;
use gongkai_testkit::sending::{Gateway, Reply};
use jiff::{SignedDuration, Timestamp};

use super::{letter, live, message, run};

fn with_gateway(test: &TestHouse, settings: SmsSettings) -> House {
    let fetcher = Arc::new(HttpFetcher::new().expect("a client"));
    let clock = test.house.clock.clone();
    House {
        texter: Arc::new(SmsGateway::new(settings, fetcher, clock)),
        ..test.house.clone()
    }
}

async fn write_text(house: &House, phone: &str, text: &str, until: Option<Timestamp>) -> i64 {
    let phone = Phone::read(phone).expect("a telephone");
    let mut tx = house.db.write().await.expect("a turn");
    let id = outbox::text(&mut tx, house, "test", (&phone, text), until).await;
    tx.commit().await.expect("kept");
    id.expect("written")
}

in_both_houses! {
    async fn a_text_message_arrives_once_whatever_is_lost_on_its_way(test) {
        let gateway = Gateway::start();
        let house = with_gateway(&test, gateway.settings());
        gateway.replies(&[
            Reply::Status(503),
            Reply::Code("NO_CREDIT"),
            Reply::Lost,
        ]);
        let id = write_text(&house, "138 0000 1234", "您的申请已受理，编号“{id}”𫓧。", None).await;
        run(&house).await;
        assert_eq!(message(&house, id).await.state, State::Waiting);
        live(&test, &house, SignedDuration::from_mins(10)).await;
        let found = message(&house, id).await;
        assert_eq!((found.state, found.attempts), (State::Sent, 4));
        assert_eq!(found.shown, "138****1234");
        // The third was taken and its answer lost: the fourth is known by its id.
        assert_eq!(gateway.asked(), (4, 1));
        let delivered = gateway.delivered();
        assert_eq!(delivered.len(), 1);
        assert_eq!(delivered[0].0, "13800001234");
        assert_eq!(delivered[0].1, "【云溪县】您的申请已受理，编号“{id}”𫓧。");
        assert_eq!(delivered[0].2, found.message);
        test.close().await;
    }

    async fn a_quota_of_one_telephone_keeps_nobody_else_waiting(test) {
        let gateway = Gateway::start();
        let house = with_gateway(&test, gateway.settings());
        let first = write_text(&house, "13800001234", "一", None).await;
        let second = write_text(&house, "13800001234", "二", None).await;
        let other = write_text(&house, "13900001234", "三", None).await;
        run(&house).await;
        assert_eq!(message(&house, first).await.state, State::Sent);
        assert_eq!(message(&house, second).await.state, State::Waiting);
        assert_eq!(message(&house, other).await.state, State::Sent);
        live(&test, &house, SignedDuration::from_mins(3)).await;
        assert_eq!(message(&house, second).await.state, State::Sent);
        assert_eq!(gateway.delivered().len(), 3);
        test.close().await;
    }

    async fn a_number_that_is_none_is_refused_for_good(test) {
        let gateway = Gateway::start();
        let house = with_gateway(&test, gateway.settings());
        let id = write_text(&house, "19999001234", "一", None).await;
        run(&house).await;
        let found = message(&house, id).await;
        assert_eq!(found.state, State::Refused);
        let reason = found.last_error.expect("a reason");
        assert_eq!(reason, "the gateway answers NO_SUCH_NUMBER");
        test.close().await;
    }

    async fn what_is_of_no_use_any_more_is_not_sent(test) {
        let gateway = Gateway::start();
        let house = with_gateway(&test, gateway.settings());
        gateway.replies(&[Reply::Status(500)]);
        let five = SignedDuration::from_mins(5);
        let until = house.now().checked_add(five).expect("an instant");
        let id = write_text(&house, "13800001234", "验证码 123456", Some(until)).await;
        run(&house).await;
        // The node itself is away while the code runs out.
        test.clock.advance(five);
        live(&test, &house, SignedDuration::from_mins(1)).await;
        assert_eq!(message(&house, id).await.state, State::GivenUp);
        assert!(gateway.delivered().is_empty());
        test.close().await;
    }

    async fn a_signature_that_is_wrong_loses_no_message(test) {
        let gateway = Gateway::start();
        let wrong = SmsSettings {
            secret: "another".to_owned(),
            ..gateway.settings()
        };
        let house = with_gateway(&test, wrong);
        let id = write_text(&house, "13800001234", "一", None).await;
        run(&house).await;
        let found = message(&house, id).await;
        assert_eq!(found.state, State::Waiting);
        assert_eq!(found.last_error.as_deref(), Some("the gateway answers SIGNATURE"));
        let house = with_gateway(&test, gateway.settings());
        live(&test, &house, SignedDuration::from_mins(1)).await;
        assert_eq!(message(&house, id).await.state, State::Sent);
        test.close().await;
    }

    async fn a_gateway_that_keeps_silent_keeps_no_mail_waiting(test) {
        let gateway = Arc::new(Gateway::start());
        let house = with_gateway(&test, gateway.settings());
        gateway.replies(&[Reply::Slow]);
        let text = write_text(&house, "13800001234", "一", None).await;
        let slow = house.clone();
        let sending = tokio::spawn(async move { run(&slow).await });
        let held = Arc::clone(&gateway);
        let held = tokio::task::spawn_blocking(move || held.held());
        held.await.expect("held");
        // While one node waits for the gateway, another sends mail.
        let mail = crate::outbox::write(&house, &letter("zhang@example.gov.cn", "回执")).await;
        run(&house).await;
        assert_eq!(message(&house, mail).await.state, State::Sent);
        assert_eq!(message(&house, text).await.state, State::Waiting);
        gateway.release();
        sending.await.expect("sent");
        assert_eq!(message(&house, text).await.state, State::Sent);
        assert_eq!((gateway.asked(), test.outbox.sent().len()), ((1, 0), 1));
        run(&house).await;
        test.close().await;
    }
}
