//! The pages of the register, asked as a browser asks them.

use std::net::TcpListener;
use std::sync::Arc;

use gongkai_app::people;
use gongkai_app::report::orders::{Answering, Bytes, Order, Reader, Refused};
use gongkai_domain::calendar::Calendar;
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::roles::Role;
use gongkai_store::Engine;
use gongkai_testkit::browser::{Browser, Window};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::http::{self, Answer};
use gongkai_testkit::people::{Office, PASSWORD};
use gongkai_testkit::register::number;
use gongkai_web::Server;
use jiff::SignedDuration;
use tokio::sync::watch;

/// Nobody brings a report here.
struct NoReader;

impl Reader for NoReader {
    fn carry_out(&self, _: Order, _: Vec<Bytes>) -> Answering<'_> {
        Box::pin(std::future::ready(Err(Refused::NotStarted)))
    }
}

/// A browser of somebody who has come in.
struct Visitor {
    address: String,
    token: String,
    /// Secret of the second factor.
    secret: String,
}

impl Visitor {
    fn ask(&self, method: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let cookie = format!("__Host-gongkai={}", self.token);
        http::ask(&self.address, method, path, &cookie, &form.finish())
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[])
    }
}

struct Running {
    stop: watch::Sender<bool>,
    thread: std::thread::JoinHandle<std::io::Result<()>>,
    own: OrganizationId,
    clerk: Visitor,
    head: Visitor,
    stranger: Visitor,
}

async fn serve(test: &TestHouse) -> Running {
    let office = Office::new(test.house.clone());
    let [system, security, _] = office.administrators().await;
    let (own, other) = (
        test.department("云溪县水务局").await,
        test.department("云溪县财政局").await,
    );
    let security = office.signed(&security.token).await;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("its address"));
    let hire = async |login: &str, role: Role, at: OrganizationId| {
        let (id, staff) = office.person(&system, login).await;
        people::grant(
            &test.house,
            &security,
            id,
            &people::NewGrant::since(role, Some(at), security.today),
        )
        .await
        .expect("granted");
        Visitor {
            address: address.clone(),
            token: staff.token,
            secret: staff.secret,
        }
    };
    let (clerk, head, stranger) = (
        hire("clerk", Role::Clerk, own).await,
        hire("head", Role::OfficeHead, own).await,
        hire("stranger", Role::Clerk, other).await,
    );
    let (stop, stopped) = watch::channel(false);
    let server = Server::new(Arc::new(NoReader), Calendar::built_in(), &[]);
    let server = server.with_office(test.house.clone());
    Running {
        stop,
        thread: std::thread::spawn(move || server.run(&listener, &stopped)),
        own,
        clerk,
        head,
        stranger,
    }
}

impl Running {
    /// Ends the server; the key of what was erased is left to the job.
    async fn end(self, test: TestHouse) {
        // Connections that the server's threads opened end with them: the house
        // is done with before.
        test.runner().run_all().await.expect("done");
        test.close().await;
        self.stop.send_replace(true);
        self.thread.join().expect("it ends").expect("well");
    }
}

/// What stands in a field of a form.
fn value_of(answer: &Answer, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    let (_, rest) = answer.body.split_once(&field).expect(name);
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// Where an answer leads.
fn leads_to(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    let line = answer
        .head
        .lines()
        .find(|line| line.to_ascii_lowercase().starts_with("location:"));
    let to = line.and_then(|line| line.split_once(": "));
    to.expect("a place").1.trim().to_owned()
}

async fn a_person_is_registered_shown_found_changed_and_erased(test: TestHouse) {
    let running = serve(&test).await;
    let (clerk, own, secret) = (&running.clerk, running.own.to_string(), number(5));
    let form = clerk.get("/office/register/new");
    assert_eq!(form.status, 200);
    let key = value_of(&form, "key");
    let entry = |number: &str, key: &str| {
        let fields = [
            ("key", key.to_owned()),
            ("organization", own.clone()),
            ("name", "阿卜杜拉·𬴂𫓧𩽾".to_owned()),
            ("kind", "resident_id".to_owned()),
            ("number", number.to_owned()),
            ("phone", "199 0000 0005".to_owned()),
        ];
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        clerk.ask("POST", "/office/register/new", &fields)
    };
    // What was wrong is said, and what was typed is still there.
    let wrong = entry(&secret[..17], &key);
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("现有 17 位"), "{}", wrong.body);
    assert_eq!(value_of(&wrong, "name"), "阿卜杜拉·𬴂𫓧𩽾");
    assert_eq!(value_of(&wrong, "number"), secret[..17]);
    let place = leads_to(&entry(&secret, &key));
    assert_eq!(
        leads_to(&entry(&secret, &key)),
        place,
        "sent twice, done once"
    );
    let again = entry(&secret, "another");
    assert_eq!(again.status, 409);
    assert!(
        again.body.contains(&format!("href=\"{place}\"")),
        "{}",
        again.body
    );

    let masked = format!("9*************{}", &secret[14..]);
    for path in [
        "/office/register",
        place.as_str(),
        &format!("{place}/change"),
    ] {
        let page = clerk.get(path);
        assert_eq!(page.status, 200, "{path}");
        assert!(
            page.body.contains(&masked) && page.body.contains("阿卜杜拉·𬴂𫓧𩽾"),
            "{path}"
        );
        assert!(
            !page.body.contains(&secret) && !page.body.contains("19900000005"),
            "{path}"
        );
    }
    for (by, text, found) in [
        ("document", secret.as_str(), true),
        ("document", &number(6), false),
        ("phone", "+86 19900000005", true),
        ("name", "𫓧", true),
        ("name", "王", false),
    ] {
        let page = clerk.ask(
            "POST",
            "/office/register/find",
            &[("by", by), ("text", text)],
        );
        assert_eq!(page.status, 200, "{by} {text}");
        assert_eq!(page.body.contains(&masked), found, "{by} {text}");
    }
    let page = clerk.ask(
        "POST",
        "/office/register/find",
        &[("by", "document"), ("text", &secret[..17])],
    );
    assert_eq!(
        (page.status, value_of(&page, "text")),
        (422, secret[..17].to_owned())
    );

    let unmask =
        |reason: &str| clerk.ask("POST", &format!("{place}/unmask"), &[("reason", reason)]);
    let refused = unmask("查");
    assert_eq!(
        (refused.status, value_of(&refused, "reason")),
        (422, "查".to_owned())
    );
    assert!(!refused.body.contains(&secret));
    let full = unmask("核对身份");
    assert!(
        full.body.contains(&secret) && full.body.contains("19900000005"),
        "{}",
        full.body
    );

    let change = |who: &Visitor, version: &str, name: &str| {
        let fields = [
            ("key", name),
            ("version", version),
            ("name", name),
            ("kind", "resident_id"),
        ];
        who.ask("POST", &format!("{place}/change"), &fields)
    };
    assert_eq!(leads_to(&change(clerk, "1", "王𫓧")), place);
    let late = change(&running.head, "1", "李𩽾");
    assert_eq!(
        (
            late.status,
            value_of(&late, "version"),
            value_of(&late, "name")
        ),
        (409, "2".to_owned(), "李𩽾".to_owned())
    );
    assert!(
        late.body.contains("现在是“王𫓧”，您填的是“李𩽾”"),
        "{}",
        late.body
    );

    assert_eq!(clerk.get(&format!("{place}/erase")).status, 403);
    let confirm = running.head.get(&format!("{place}/erase"));
    assert!(
        confirm.body.contains("王𫓧") && confirm.body.contains("不能恢复"),
        "{}",
        confirm.body
    );
    let (key, version) = (value_of(&confirm, "key"), value_of(&confirm, "version"));
    let erase = |version: &str, reason: &str| {
        let fields = [
            ("key", key.as_str()),
            ("version", version),
            ("reason", reason),
        ];
        running.head.ask("POST", &format!("{place}/erase"), &fields)
    };
    assert_eq!(erase(&version, "").status, 422);
    assert_eq!(erase("1", "本人要求").status, 409);
    assert_eq!(leads_to(&erase(&version, "本人要求")), "/office/register");
    assert_eq!(leads_to(&erase(&version, "本人要求")), "/office/register");
    assert_eq!(clerk.get(&place).status, 404);
    assert!(!clerk.get("/office/register").body.contains("王𫓧"));
    running.end(test).await;
}

async fn an_entry_of_another_organization_answers_as_if_it_were_not_there(test: TestHouse) {
    let running = serve(&test).await;
    let own = running.own.to_string();
    let fields = [
        ("key", "k"),
        ("organization", own.as_str()),
        ("name", "王𫓧"),
        ("kind", "resident_id"),
        ("number", &number(8)),
    ];
    let place = leads_to(&running.clerk.ask("POST", "/office/register/new", &fields));
    let stranger = &running.stranger;
    for (method, tail, fields) in [
        ("GET", "", &[][..]),
        ("POST", "/unmask", &[("reason", "核对身份")][..]),
        ("GET", "/change", &[]),
        (
            "POST",
            "/change",
            &[("version", "1"), ("name", "甲"), ("kind", "resident_id")],
        ),
        ("GET", "/erase", &[]),
        (
            "POST",
            "/erase",
            &[("version", "1"), ("reason", "核对身份")],
        ),
    ] {
        let there = stranger.ask(method, &format!("{place}{tail}"), fields);
        let nowhere = stranger.ask(method, &format!("/office/register/9999{tail}"), fields);
        assert_eq!(there.status, nowhere.status, "{method} {tail}");
        assert!(
            matches!(there.status, 403 | 404),
            "{method} {tail}: {}",
            there.status
        );
        assert!(!there.body.contains("王𫓧"), "{method} {tail}");
        assert_eq!(
            there.body.replace(&place, "/office/register/ID"),
            nowhere
                .body
                .replace("/office/register/9999", "/office/register/ID"),
            "{method} {tail}"
        );
    }
    let page = stranger.ask(
        "POST",
        "/office/register/find",
        &[("by", "document"), ("text", &number(8))],
    );
    let none = stranger.ask(
        "POST",
        "/office/register/find",
        &[("by", "document"), ("text", &number(9))],
    );
    assert_eq!(
        page.body.replace(&number(8), "N"),
        none.body.replace(&number(9), "N")
    );
    assert!(stranger.get("/office/register").body.contains("共 0 条"));
    running.end(test).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_goes_the_whole_way_on_sqlite() {
    a_person_is_registered_shown_found_changed_and_erased(TestHouse::new(Engine::Sqlite).await)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_goes_the_whole_way_on_postgres() {
    a_person_is_registered_shown_found_changed_and_erased(TestHouse::new(Engine::Postgres).await)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_another_bodys_is_not_there_on_sqlite() {
    an_entry_of_another_organization_answers_as_if_it_were_not_there(
        TestHouse::new(Engine::Sqlite).await,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_another_bodys_is_not_there_on_postgres() {
    an_entry_of_another_organization_answers_as_if_it_were_not_there(
        TestHouse::new(Engine::Postgres).await,
    )
    .await;
}

async fn in_a_window(window: Window, name: &str) {
    let test = TestHouse::new(Engine::Sqlite).await;
    let running = serve(&test).await;
    // The code of now set the telephone up, and is good once.
    test.clock.advance(SignedDuration::from_secs(30));
    let at = |path: &str| format!("{}/office{path}", running.head.address);
    let browser = Browser::open(window).await;
    browser.go(&at("/sign-in")).await;
    browser.fill("#login", "head").await;
    browser.fill("#password", PASSWORD).await;
    browser.send("form.ask button").await;
    browser.wait("#code").await;
    let code = Office::new(test.house.clone()).code(&running.head.secret);
    browser.fill("#code", &code).await;
    browser.send("form.ask button").await;
    browser.wait("main a[href='/office/register']").await;

    browser.go(&at("/register/new")).await;
    browser.fill("#name", "阿卜杜拉·𬴂𫓧𩽾").await;
    browser.fill("#number", &number(77)[..17]).await;
    browser.fill("#phone", "199 0000 0077").await;
    browser.send("form.ask button").await;
    browser.wait("[role=alert]").await;
    browser.looked_at(&format!("{name}-new")).await;
    // What was typed is still there; one sign was missing.
    browser.fill("#number", &number(77)[17..]).await;
    browser.send("form.ask button").await;
    browser.wait("#reason").await;
    assert!(browser.text("h1").await.contains("𬴂𫓧𩽾"), "names survive");
    assert!(!browser.text("main").await.contains(&number(77)));
    browser.looked_at(&format!("{name}-entry")).await;
    browser.fill("#reason", "核对申请人身份").await;
    browser.send("form.ask button").await;
    browser.wait("[role=status]").await;
    assert!(browser.text("main").await.contains(&number(77)));
    browser.looked_at(&format!("{name}-full")).await;

    browser.go(&at("/register")).await;
    browser.looked_at(&format!("{name}-list")).await;
    browser.fill("#text", &number(77)).await;
    browser.send("form.search button").await;
    browser.wait("td a").await;
    let address = browser.script("return location.href").await;
    assert!(!address.to_string().contains(&number(77)), "{address}");
    browser.looked_at(&format!("{name}-found")).await;
    browser.send("td a").await;
    browser.wait("#reason").await;
    browser.send("a[href$='/change']").await;
    browser.wait("#number").await;
    browser.looked_at(&format!("{name}-change")).await;
    browser.fill("#name", "·甲").await;
    browser.send("form.ask button").await;
    browser.wait("a[href$='/erase']").await;
    assert_eq!(browser.text("h1").await, "阿卜杜拉·𬴂𫓧𩽾·甲");
    browser.send("a[href$='/erase']").await;
    browser.wait("form.ask #reason").await;
    browser.looked_at(&format!("{name}-erase")).await;
    browser.fill("#reason", "本人要求删除").await;
    browser.send("form.ask button").await;
    browser.wait("form.search").await;
    assert!(browser.text("main").await.contains("共 0 条"));
    browser.close().await;
    running.end(test).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_are_whole_at_a_desk() {
    in_a_window(Window::WIDE, "register-1280").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn and_on_a_telephone() {
    in_a_window(Window::NARROW, "register-375").await;
}
