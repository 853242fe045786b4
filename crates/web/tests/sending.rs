//! The pages of the outbox, the webhooks and the jobs, asked as a browser asks
//! them.

use std::net::TcpListener;
use std::sync::Arc;

use gongkai_app::jobs::{self, Kind};
use gongkai_app::outbox::{self, Letter};
use gongkai_app::report::orders::{Answering, Bytes, Order, Reader, Refused};
use gongkai_domain::calendar::Calendar;
use gongkai_domain::outbox::{Line, MailAddress, State};
use gongkai_store::Engine;
use gongkai_store::outbox as kept;
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::http::{self, Answer};
use gongkai_testkit::people::{Office, Staff};
use gongkai_web::Server;
use tokio::sync::watch;

/// Nobody brings a report here.
struct NoReader;

impl Reader for NoReader {
    fn carry_out(&self, _: Order, _: Vec<Bytes>) -> Answering<'_> {
        Box::pin(std::future::ready(Err(Refused::NotStarted)))
    }
}

struct Running {
    test: TestHouse,
    address: String,
    system: Staff,
    stop: watch::Sender<bool>,
    thread: std::thread::JoinHandle<std::io::Result<()>>,
}

async fn serve() -> Running {
    let test = TestHouse::new(Engine::Sqlite).await;
    let office = Office::new(test.house.clone());
    let [system, ..] = office.administrators().await;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("its address"));
    let (stop, stopped) = watch::channel(false);
    let server = Server::new(Arc::new(NoReader), Calendar::built_in(), &[]);
    let server = server.with_office(test.house.clone());
    Running {
        thread: std::thread::spawn(move || server.run(&listener, &stopped)),
        test,
        address,
        system,
        stop,
    }
}

impl Running {
    fn ask(&self, method: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let cookie = self.system.cookie();
        http::ask(&self.address, method, path, &cookie, &form.finish())
    }

    fn get(&self, path: &str) -> String {
        let answer = self.ask("GET", path, &[]);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    async fn end(self) {
        self.test.runner().run_all().await.expect("done");
        self.test.close().await;
        self.stop.send_replace(true);
        self.thread.join().expect("it ends").expect("well");
    }
}

/// What a page holds between two texts.
fn between<'a>(body: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = body.split_once(before).expect(before);
    rest.split_once(after).expect(after).0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_is_subscribed_changed_and_removed() {
    let running = serve().await;
    assert!(running.get("/office").contains("/office/webhooks"));
    let form = running.get("/office/webhooks/new");
    let key = between(&form, "name=\"key\" value=\"", "\"").to_owned();
    // What was typed comes back with everything that is wrong.
    let wrong = [
        ("key", key.as_str()),
        ("name", "市数据平台"),
        ("url", "ftp://x"),
    ];
    let refused = running.ask("POST", "/office/webhooks/new", &wrong);
    assert_eq!(refused.status, 422);
    for text in ["市数据平台", "ftp://x", "以 https:// 开头", "至少选一件"] {
        assert!(refused.body.contains(text), "{text}");
    }
    let right = [
        ("key", key.as_str()),
        ("name", "市数据平台"),
        ("url", "https://data.example.gov.cn/hook?token=geheim"),
        ("event", "organization.founded"),
        ("event", "organization.changed"),
    ];
    let told = running.ask("POST", "/office/webhooks/new", &right);
    let secret = between(&told.body, "<code>", "</code>").to_owned();
    assert!(secret.starts_with("whsec_"), "{}", told.body);
    // Sent again, it is the same one, and the secret is told no more.
    let again = running.ask("POST", "/office/webhooks/new", &right);
    assert!(!again.body.contains("whsec_") && again.body.contains("已经提交过"));
    let seen = running.get("/office/webhooks/1");
    assert!(seen.contains("data.example.gov.cn") && seen.contains("机关信息变更"));
    for hidden in ["geheim", "whsec_"] {
        assert!(!seen.contains(hidden), "{hidden}");
        assert!(!running.get("/office/webhooks").contains(hidden));
        assert!(!running.get("/office/webhooks/1/change").contains(hidden));
    }
    // Changed by one who saw it, and not by one who saw it before.
    let change = |key: &str, version: &str, name: &str| {
        let fields = [
            ("key", key),
            ("version", version),
            ("name", name),
            ("url", ""),
            ("event", "organization.changed"),
        ];
        running.ask("POST", "/office/webhooks/1/change", &fields)
    };
    assert_eq!(change("a", "1", "省数据平台").status, 303);
    let late = change("b", "1", "县数据平台");
    assert_eq!(late.status, 409);
    assert!(late.body.contains("县数据平台") && late.body.contains("value=\"2\""));
    let step = |key: &str, version: &str, step: &str| {
        let fields = [("key", key), ("version", version), ("step", step)];
        running.ask("POST", "/office/webhooks/1/do", &fields)
    };
    let rotated = step("c", "2", "rotate");
    let new = between(&rotated.body, "<code>", "</code>");
    assert!(new.starts_with("whsec_") && new != secret);
    assert!(
        running
            .get("/office/webhooks/1")
            .contains("新旧两个密钥都有效")
    );
    assert_eq!(step("d", "3", "retire").status, 303);
    assert_eq!(step("e", "4", "stop").status, 303);
    assert!(running.get("/office/webhooks/1").contains("已停用"));
    assert_eq!(step("f", "5", "ping").status, 422, "it is stopped");
    assert_eq!(step("g", "5", "burn").status, 422, "no step of ours");
    assert_eq!(step("h", "5", "remove").status, 303);
    assert_eq!(running.ask("GET", "/office/webhooks/1", &[]).status, 404);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_tells_how_things_stand_and_of_nobody() {
    let running = serve().await;
    let house = running.test.house.clone();
    let letter = Letter {
        to: MailAddress::parse("zhang.san@example.gov.cn").expect("an address"),
        subject: Line::parse("关于张三的答复").expect("a line"),
        text: "子丑寅卯".to_owned(),
        attachments: Vec::new(),
    };
    let mut tx = house.db.write().await.expect("a turn");
    let id = outbox::mail(&mut tx, &house, "try", &letter).await;
    let id = id.expect("written");
    // As a server says that there is nobody of this address.
    let now = house.now();
    let claimed = kept::claim(&mut tx, "mail", "test", now, now).await;
    assert!(claimed.expect("claimed").is_some());
    let reason = "SMTP 550 5.1.1";
    kept::ended(&mut tx, id, "test", State::Refused, now, reason)
        .await
        .expect("ended");
    tx.commit().await.expect("kept");
    let page = running.get("/office/outbox");
    for text in ["z***@example.gov.cn", "对方拒收（1）", reason, "重新发送"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    for hidden in ["zhang", "张三", "子丑寅卯"] {
        assert!(!page.contains(hidden), "{hidden}");
    }
    let refused = running.get("/office/outbox?state=refused");
    assert!(refused.contains("z***") && !running.get("/office/outbox?state=sent").contains("z***"));
    let key = between(
        &page,
        "/again\" class=\"inline\"><input type=\"hidden\" name=\"key\" value=\"",
        "\"",
    );
    let again = format!("/office/outbox/{id}/again");
    for _ in 0..2 {
        assert_eq!(running.ask("POST", &again, &[("key", key)]).status, 303);
    }
    running.test.runner().run_all().await.expect("done");
    assert_eq!(running.test.outbox.sent().len(), 1);
    assert!(running.get("/office/outbox").contains("已发送（1）"));
    // For how long bodies are kept, within its bounds.
    let keep = |key: &str, version: &str, days: &str| {
        let fields = [
            ("key", key),
            ("version", version),
            ("value", days),
            ("step", "make"),
            ("reason", "信息保存期限规定"),
        ];
        running.ask("POST", "/office/settings/outbox.kept_days", &fields)
    };
    assert!(
        running
            .get("/office/outbox")
            .contains("/office/settings/outbox.kept_days")
    );
    assert!(running.get("/office/outbox").contains("发送结束 30 天后"));
    let refused = keep("a", "0", "9999");
    assert!(refused.status == 422 && refused.body.contains("value=\"9999\""));
    assert_eq!(keep("b", "0", "7").status, 303);
    let late = keep("c", "0", "8");
    assert!(late.status == 409 && late.body.contains("value=\"8\""));
    assert!(running.get("/office/outbox").contains("发送结束 7 天后"));
    // Who has no mail address is told so.
    let none = running.ask("POST", "/office/outbox/try", &[("key", "k")]);
    assert!(none.status == 422 && none.body.contains("邮箱"));
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_listed_with_their_schedules_and_failed_ones_dropped() {
    let running = serve().await;
    let house = running.test.house.clone();
    let mut tx = house.db.write().await.expect("a turn");
    let kind = Kind::each("of.another.version");
    jobs::enqueue(&mut tx, &house, kind, &())
        .await
        .expect("enqueued");
    tx.commit().await.expect("kept");
    let runner = running.test.runner();
    runner.run_all().await.expect("done");
    let page = running.get("/office/jobs");
    for text in [
        "失败（1）",
        "of.another.version",
        "串接和签名审计记录",
        "还没有",
        "下次开始",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(
        !running
            .get("/office/jobs?state=waiting")
            .contains("of.another.version")
    );
    runner.fire().await.expect("fired");
    assert!(!running.get("/office/jobs").contains("还没有"));
    let form = running.get("/office/jobs/1/drop");
    assert!(form.contains("of.another.version"));
    let drop = |key: &str, reason: &str| {
        let fields = [("key", key), ("reason", reason)];
        running.ask("POST", "/office/jobs/1/drop", &fields)
    };
    assert_eq!(drop("a", "").status, 422);
    for _ in 0..2 {
        assert_eq!(drop("b", "旧版本留下的").status, 303);
    }
    assert_eq!(drop("c", "再来一次").status, 422);
    assert_eq!(running.ask("GET", "/office/jobs/1/drop", &[]).status, 404);
    assert!(!running.get("/office/jobs").contains("of.another.version"));
    running.end().await;
}
