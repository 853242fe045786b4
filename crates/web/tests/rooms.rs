//! A calendar brought as a file, a setting that somebody else set meanwhile,
//! and the manual, as a browser asks for them.

use std::net::TcpListener;
use std::sync::Arc;

use gongkai_app::report::orders::{Answering, Bytes, Order, Reader, Refused};
use gongkai_domain::calendar::Calendar;
use gongkai_store::Engine;
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
    address: String,
    stop: watch::Sender<bool>,
    thread: std::thread::JoinHandle<std::io::Result<()>>,
}

fn serve(test: &TestHouse) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("its address"));
    let (stop, stopped) = watch::channel(false);
    let server = Server::new(Arc::new(NoReader), Calendar::built_in(), &[]);
    let server = server.with_office(test.house.clone());
    let thread = std::thread::spawn(move || server.run(&listener, &stopped));
    Running {
        address,
        stop,
        thread,
    }
}

impl Running {
    fn end(self) {
        self.stop.send_replace(true);
        self.thread.join().expect("it ends").expect("well");
    }

    fn post(&self, path: &str, staff: &Staff, fields: &str) -> Answer {
        http::ask(&self.address, "POST", path, &staff.cookie(), fields)
    }
}

/// The value of a hidden field, as the page has it.
fn hidden(page: &str, name: &str) -> String {
    let begins = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&begins).expect("a field");
    let (value, _) = rest.split_once('"').expect("its end");
    value.replace("&#34;", "\"").replace("&#38;", "&")
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

const FILE: &str = r#"{"year":2027,"notice":"国办发明电〔2026〕1号","off":{"2027-01-01":"new_year"},"work":{"2027-01-09":"new_year"}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_compared_then_taken_once() {
    let test = TestHouse::new(Engine::Sqlite).await;
    let [system, ..] = Office::new(test.house.clone()).administrators().await;
    let running = serve(&test);
    let upload = |text: &str| {
        let form = http::form(&[("file", b"2027.json", text.as_bytes())]);
        http::post_as(
            &running.address,
            "/office/calendar/file",
            &system.cookie(),
            &form,
        )
    };
    let wrong = upload(&FILE.replace("01-09", "01-11"));
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("2027-01-11"), "{}", wrong.body);
    let empty = upload("");
    assert_eq!(empty.status, 422);
    let compared = upload(FILE);
    assert_eq!(compared.status, 200, "{}", compared.body);
    assert!(
        compared.body.contains("2027-01-09 星期六"),
        "{}",
        compared.body
    );
    assert_eq!(hidden(&compared.body, "content"), FILE);
    let clock = || http::get(&running.address, "/clock?do=add&from=2026-12-31&days=6").body;
    assert!(clock().contains("2027年1月8日") && clock().contains("暂定"));
    let fields = format!(
        "key=k&name=2027.json&seen=0&step=make&reason=x&content={}",
        encoded(FILE)
    );
    for _ in 0..2 {
        let made = running.post("/office/calendar/load", &system, &fields);
        assert_eq!(made.status, 303, "{}", made.body);
        assert!(made.head.contains("/office/calendar/2027"), "{}", made.head);
    }
    // 4 to 8 January, and the Saturday.
    assert!(clock().contains("2027年1月9日") && !clock().contains("暂定"));
    let year = http::ask(
        &running.address,
        "GET",
        "/office/calendar/2027",
        &system.cookie(),
        "",
    );
    assert!(
        year.body.contains("2027.json") && year.body.contains("全国第 1 版"),
        "{}",
        year.body
    );
    assert!(!year.body.contains("全国第 2 版"));
    let none = http::ask(
        &running.address,
        "GET",
        "/office/calendar/2035",
        &system.cookie(),
        "",
    );
    assert_eq!(none.status, 404);
    running.end();
    test.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_set_meanwhile_is_told_and_goes_over_only_knowingly() {
    let test = TestHouse::new(Engine::Sqlite).await;
    let [system, ..] = Office::new(test.house.clone()).administrators().await;
    let running = serve(&test);
    let setting = "/office/settings/fees.tier_first_yuan";
    let set = |key: &str, value: &str, version: i64| {
        let fields = format!("key={key}&step=make&value={value}&version={version}&reason=x");
        running.post(setting, &system, &fields)
    };
    assert_eq!(set("a", "100", 0).status, 303);
    let fee = http::get(&running.address, "/fee?by=items&count=31").body;
    assert!(
        fee.contains("2100") && fee.contains("本系统另有设置"),
        "{fee}"
    );
    let late = set("b", "300", 0);
    assert_eq!(late.status, 409);
    assert!(
        late.body.contains("100 元") && late.body.contains("value=\"300\""),
        "{}",
        late.body
    );
    assert_eq!(hidden(&late.body, "version"), "1");
    assert_eq!(set("b", "300", 1).status, 303);
    let unknown = running.post("/office/settings/policy.hands_min", &system, "step=make");
    assert_eq!(unknown.status, 404, "the security administrator's");
    running.end();
    test.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_manual_is_there_for_everybody() {
    let test = TestHouse::new(Engine::Sqlite).await;
    let running = serve(&test);
    let found = http::get(&running.address, "/help?q=%E4%B8%BB%E5%AF%86%E9%92%A5").body;
    assert!(found.contains("/help/operations#主密钥"), "{found}");
    for (path, status) in [
        ("/help/calendar", 200),
        ("/help/nothing", 404),
        ("/help/images/nothing.png", 404),
    ] {
        assert_eq!(http::get(&running.address, path).status, status, "{path}");
    }
    let page = http::get(&running.address, "/clock").body;
    assert!(page.contains("href=\"/help/calendar\""), "{page}");
    running.end();
    test.close().await;
}
