//! The templates of a body's letters, as a browser asks for them.

use std::net::TcpListener;
use std::sync::Arc;

use gongkai_app::letters;
use gongkai_app::once::Sent;
use gongkai_app::report::orders::{Answering, Bytes, Order, Reader, Refused};
use gongkai_domain::calendar::Calendar;
use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::organization::roles::Role;
use gongkai_store::Engine;
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::http::{self, Answer};
use gongkai_testkit::people::{Office, Staff};
use gongkai_web::Server;
use jiff::civil::date;
use tokio::sync::watch;

/// Nobody brings a report here.
struct NoReader;

impl Reader for NoReader {
    fn carry_out(&self, _: Order, _: Vec<Bytes>) -> Answering<'_> {
        Box::pin(std::future::ready(Err(Refused::NotStarted)))
    }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn fields(key: &str, step: &str, source: &str, from: &str, note: &str) -> String {
    let source = encoded(&source.replace('\n', "\r\n"));
    let note = encoded(note);
    format!("key={key}&seen=0&step={step}&source={source}&from={from}&note={note}")
}

const OWN: &str = "== 标题\n不予公开通知\n== 正文\n{{ 称呼 }}申请的“{{ 申请.内容 }}”不予公开。\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_head_changes_a_template_and_others_only_read_it() {
    let test = TestHouse::new(Engine::Sqlite).await;
    let office = Office::new(test.house.clone());
    let administrators = office.administrators().await;
    let body = test.department("云岭市财政局").await;
    let (_, head) = office
        .colleague(&administrators, "tou", body, Some(Role::OfficeHead))
        .await;
    let (_, clerk) = office
        .colleague(&administrators, "lian", body, Some(Role::Clerk))
        .await;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("its address"));
    let (stop, stopped) = watch::channel(false);
    let server = Server::new(Arc::new(NoReader), Calendar::built_in(), &[]);
    let server = server.with_office(test.house.clone());
    let thread = std::thread::spawn(move || server.run(&listener, &stopped));
    let base = format!("/office/organizations/{body}/letters");
    let kind = format!("{base}/denied");
    let ask = |method: &str, path: &str, staff: &Staff, fields: &str| -> Answer {
        http::ask(&address, method, path, &staff.cookie(), fields)
    };
    let list = ask("GET", &base, &clerk, "");
    assert_eq!(list.status, 200, "{}", list.body);
    assert!(
        list.body.contains("政府信息不予公开告知书")
            && list.body.contains("《条例》第三十六条第三项")
    );
    // A clerk reads; only the head has the form.
    let read = ask("GET", &kind, &clerk, "");
    assert!(
        read.body.contains("{{ 申请.内容 }}") && !read.body.contains("name=\"source\""),
        "{}",
        read.body
    );
    let shown = ask("GET", &kind, &head, "");
    assert!(
        shown.body.contains("name=\"source\"") && shown.body.contains("自带"),
        "{}",
        shown.body
    );
    let sample = ask("GET", &format!("{kind}/sample"), &clerk, "");
    assert_eq!(sample.status, 200);
    assert!(
        sample
            .head
            .to_ascii_lowercase()
            .contains("content-type: application/pdf"),
        "{}",
        sample.head
    );
    assert!(sample.body.starts_with("%PDF-1.7"));
    assert_eq!(
        ask("GET", &format!("{base}/nothing"), &clerk, "").status,
        404
    );
    // What is wrong is told at its line; what was typed stays.
    let wrong = OWN.replace("申请.内容", "申请.内荣");
    for step in ["check", "keep"] {
        let told = ask(
            "POST",
            &kind,
            &head,
            &fields("a", step, &wrong, "2026-12-01", "x"),
        );
        assert_eq!(told.status, 422, "{step}");
        assert!(
            told.body.contains("第 4 行：没有“申请.内荣”这个事项"),
            "{}",
            told.body
        );
        assert!(told.body.contains("不予公开通知"), "{}", told.body);
    }
    let preview = ask(
        "POST",
        &kind,
        &head,
        &fields("b", "check", OWN, "2026-12-01", ""),
    );
    assert_eq!(preview.status, 200, "{}", preview.body);
    assert!(preview.body.contains("你申请的“2023年至2025年市级财政安排的老旧小区改造补助资金分配方案及其制定依据”不予公开。"), "{}", preview.body);
    for (fields, said) in [
        (fields("c", "keep", OWN, "soon", "x"), "生效日期应当写成"),
        (fields("d", "keep", OWN, "2026-11-22", "x"), "不能早于今天"),
        (fields("e", "keep", OWN, "2026-12-01", " "), "理由"),
    ] {
        let told = ask("POST", &kind, &head, &fields);
        assert_eq!(told.status, 422, "{said}");
        assert!(told.body.contains(said), "{said}: {}", told.body);
    }
    let denied = ask(
        "POST",
        &kind,
        &clerk,
        &fields("f", "keep", OWN, "2026-11-23", "x"),
    );
    assert_eq!(denied.status, 403);
    // It is Monday 23 November 2026; sent twice, it is one version.
    for _ in 0..2 {
        let kept = ask(
            "POST",
            &kind,
            &head,
            &fields("g", "keep", OWN, "2026-11-23", "按要求"),
        );
        assert_eq!(kept.status, 303, "{}", kept.body);
    }
    let shown = ask("GET", &kind, &head, "");
    assert!(
        shown.body.contains("第 1 版") && !shown.body.contains("第 2 版"),
        "{}",
        shown.body
    );
    assert!(
        shown.body.contains("按要求") && shown.body.contains("不予公开通知"),
        "{}",
        shown.body
    );
    // Who saw none is told of the one that is there.
    let late = ask(
        "POST",
        &kind,
        &head,
        &fields("h", "default", OWN, "2026-11-23", "x"),
    );
    assert_eq!(late.status, 409);
    let back = fields("i", "default", OWN, "2026-11-23", "x").replace("seen=0", "seen=1");
    assert_eq!(ask("POST", &kind, &head, &back).status, 303);
    let shown = ask("GET", &kind, &head, "");
    assert!(
        shown.body.contains("== 标题") && shown.body.contains("政府信息不予公开告知书"),
        "{}",
        shown.body
    );
    // A number that was taken and not issued: the head explains it.
    let numbers = format!("/office/organizations/{body}/letter-numbers");
    let empty = ask("GET", &numbers, &clerk, "");
    assert!(
        empty.body.contains("这一年还没有编过文号"),
        "{}",
        empty.body
    );
    let signed = office.signed(&clerk.token).await;
    let form = Sent::new("letter-number", "k", ["x"]);
    let (kind, day) = (Kind::of("fee").expect("a kind"), date(2026, 11, 23));
    let granted = letters::number(&test.house, &signed, &form, (body, "云财"), kind, day).await;
    let row = granted.expect("granted").row;
    let held = ask("GET", &numbers, &head, "");
    assert!(
        held.body.contains("云财公开告〔2026〕1号") && held.body.contains("已编号，未发出"),
        "{}",
        held.body
    );
    let reason = encoded("申请人撤回");
    let fields = format!("key=v&number={row}&reason={reason}");
    assert_eq!(ask("POST", &numbers, &clerk, &fields).status, 403);
    assert_eq!(
        ask(
            "POST",
            &numbers,
            &head,
            &format!("key=w&number={row}&reason=")
        )
        .status,
        422
    );
    for _ in 0..2 {
        assert_eq!(ask("POST", &numbers, &head, &fields).status, 303);
    }
    let void = ask("GET", &numbers, &clerk, "");
    assert!(
        void.body.contains("已作废") && void.body.contains("申请人撤回"),
        "{}",
        void.body
    );
    stop.send_replace(true);
    thread.join().expect("it ends").expect("well");
    test.close().await;
}
