//! The other door as browsers meet it: a real provider, a real Chromium, two
//! nodes of one house.

use std::net::TcpListener;
use std::sync::Arc;

use gongkai_app::house::House;
use gongkai_app::outside::{HttpFetcher, SystemClock};
use gongkai_app::people::{Provider, ProviderSettings};
use gongkai_app::ports::Clock;
use gongkai_app::report::orders::{Answering, Bytes, Order, Reader, Refused};
use gongkai_domain::calendar::Calendar;
use gongkai_domain::organization::identity::TrustedFactors;
use gongkai_store::Engine;
use gongkai_testkit::browser::{Browser, Window};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::http::{self, Answer};
use gongkai_testkit::people::{Office, PASSWORD, Staff};
use gongkai_testkit::provider::OpenIdProvider;
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

struct Node {
    address: String,
    stop: watch::Sender<bool>,
    thread: std::thread::JoinHandle<std::io::Result<()>>,
}

fn serve(listener: TcpListener, house: &House, settings: &ProviderSettings) -> Node {
    let address = format!("http://{}", listener.local_addr().expect("its address"));
    let (stop, stopped) = watch::channel(false);
    let provider = Provider::new(settings.clone()).expect("a provider");
    let server = Server::new(Arc::new(NoReader), Calendar::built_in(), &[]);
    let server = server.with_office(house.clone()).with_provider(provider);
    let thread = std::thread::spawn(move || server.run(&listener, &stopped));
    Node {
        address,
        stop,
        thread,
    }
}

impl Node {
    fn end(self) {
        self.stop.send_replace(true);
        self.thread.join().expect("it ends").expect("well");
    }
}

/// Two nodes of a house beside a provider whose `otp` counts as the second
/// factor. Browsers find the house at the first.
struct Cluster {
    test: TestHouse,
    office: Office,
    there: OpenIdProvider,
    nodes: [Node; 2],
    person: Staff,
}

async fn cluster(engine: Engine) -> Cluster {
    let test = TestHouse::new(engine).await;
    // The provider lives in the time of the system.
    test.clock.set(SystemClock.now());
    let house = House {
        fetcher: Arc::new(HttpFetcher::new().expect("a client")),
        ..test.house.clone()
    };
    let office = Office::new(house.clone());
    let [system, ..] = office.administrators().await;
    let (_, person) = office.person(&system, "zhao").await;
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
    let base = format!("http://{}", listeners[0].local_addr().expect("its address"));
    // Another site than ours, for a browser.
    let there = OpenIdProvider::start("localhost", &[&base]);
    let settings = ProviderSettings {
        factors: TrustedFactors {
            methods: vec!["otp".to_owned()],
            classes: Vec::new(),
        },
        names: [Some("云溪县统一认证".to_owned()), None],
        ..there.settings(&base)
    };
    let nodes = listeners.map(|listener| serve(listener, &house, &settings));
    Cluster {
        test,
        office,
        there,
        nodes,
        person,
    }
}

impl Cluster {
    async fn close(self) {
        // Connections that the nodes opened end with them.
        self.test.close().await;
        for node in self.nodes {
            node.end();
        }
    }

    fn code(&self) -> String {
        self.test.clock.advance(SignedDuration::from_secs(31));
        self.office.code(&self.person.secret)
    }
}

/// Where a page sends the browser, and the cookie by which it is known again.
fn sent_away(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let refresh = answer.fields("refresh");
    let to = refresh[0].strip_prefix("0;url=").expect("an address");
    let cookie = answer.fields("set-cookie").into_iter();
    let cookie = cookie.filter(|cookie| cookie.starts_with("__Host-gongkai-door="));
    let cookie: Vec<String> = cookie.collect();
    for part in [
        "Path=/",
        "Secure",
        "HttpOnly",
        "SameSite=Lax",
        "Max-Age=600",
    ] {
        assert!(cookie[0].contains(part), "{}", cookie[0]);
    }
    let pair = cookie[0].split(';').next().expect("a pair");
    (to.to_owned(), pair.to_owned())
}

/// The session that an answer begins, where it begins one.
fn session(answer: &Answer) -> Option<String> {
    let all = answer.fields("set-cookie").into_iter();
    let mut all = all.filter_map(|set| Some(set.split(';').next()?.to_owned()));
    all.find(|pair| pair.starts_with("__Host-gongkai="))
}

fn comes_back(node: &Node, address: &str, cookies: &str) -> Answer {
    let (_, path) = address.split_once("/office/").expect("our address");
    http::ask(
        &node.address,
        "GET",
        &format!("/office/{path}"),
        cookies,
        "",
    )
}

async fn begun_on_one_node_and_ended_on_the_other(engine: Engine) {
    let cluster = cluster(engine).await;
    let [one, other] = &cluster.nodes;
    let own = format!("__Host-gongkai={}", cluster.person.token);
    cluster.there.next("zhao-there", &["pwd"], None);
    let away = http::ask(&one.address, "POST", "/office/identities/link", &own, "");
    let (to, browser) = sent_away(&away);
    assert!(to.starts_with(&cluster.there.issuer), "{to}");
    assert!(to.contains("prompt=login") && to.contains("code_challenge_method=S256"));
    let back = cluster.there.visit(&to);
    let linked = comes_back(other, &back, &format!("{own}; {browser}"));
    assert_eq!(
        (linked.status, linked.fields("location")),
        (303, vec!["/office/identities".to_owned()])
    );
    // Signing in, with the second factor there and without it.
    for (methods, page) in [(&["pwd", "otp"][..], 200), (&["pwd"][..], 303)] {
        cluster.there.next("zhao-there", methods, None);
        let away = http::ask(&other.address, "POST", "/office/sign-in/provider", "", "");
        let (to, browser) = sent_away(&away);
        let back = cluster.there.visit(&to);
        let stolen = comes_back(
            one,
            &back,
            "__Host-gongkai-door=0000000000000000000000000000000000000000",
        );
        assert_eq!((stolen.status, session(&stolen)), (422, None));
        assert!(
            stolen.body.contains("不是在这个浏览器里开始的"),
            "{}",
            stolen.body
        );
        let carried = format!("__Host-gongkai=fixed; {browser}");
        let came = comes_back(one, &back, &carried);
        assert_eq!(
            (came.status, came.fields("location")),
            (303, vec!["/office".to_owned()])
        );
        let session = session(&came).expect("a session");
        assert_ne!(session, "__Host-gongkai=fixed", "a new one always");
        let home = http::ask(&other.address, "GET", "/office", &session, "");
        assert_eq!(home.status, page, "{methods:?}");
        if page == 303 {
            assert_eq!(home.fields("location"), ["/office/second-factor"]);
        }
        let again = comes_back(other, &back, &browser);
        assert_eq!(again.status, 422, "once, on whichever node");
        // What the page leads back to holds no code.
        assert!(!again.body.contains("code="), "{}", again.body);
    }
    // A way out that somebody else wrote into the address is none.
    let bent = comes_back(
        one,
        "/office/sign-in/return?state=x&code=x&iss=https://evil.example&next=//evil.example",
        "",
    );
    assert_eq!((bent.status, bent.fields("location")), (422, Vec::new()));
    assert!(bent.fields("content-security-policy")[0].contains("form-action 'self'"));
    cluster.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_begins_on_one_node_may_end_on_the_other() {
    begun_on_one_node_and_ended_on_the_other(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn and_on_the_other_engine_too() {
    begun_on_one_node_and_ended_on_the_other(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_provider_down_the_page_says_so_and_the_password_opens() {
    let mut cluster = cluster(Engine::Sqlite).await;
    let gone = OpenIdProvider::start("localhost", &[]);
    drop(std::mem::replace(&mut cluster.there, gone));
    let node = &cluster.nodes[0].address;
    let page = http::get(node, "/office/sign-in");
    assert!(page.body.contains("用云溪县统一认证登录"), "{}", page.body);
    let begun = http::post_form(node, "/office/sign-in/provider", "");
    assert_eq!(begun.status, 422);
    assert!(
        begun.body.contains("现在连不上统一身份认证"),
        "{}",
        begun.body
    );
    assert!(
        begun.body.contains("name=\"password\""),
        "the other form is there"
    );
    let typed = format!("login=zhao&password={}", PASSWORD.replace(' ', "+"));
    let opened = http::post_form(node, "/office/sign-in", &typed);
    assert_eq!(opened.status, 303);
    assert!(session(&opened).is_some());
    cluster.close().await;
}

const OTHER_DOOR: &str = "form[action='/office/sign-in/provider'] button";

async fn a_person_links_an_account_and_comes_in_by_it(window: Window, name: &str) {
    let cluster = cluster(Engine::Sqlite).await;
    let browser = Browser::open(window).await;
    let at = |path: &str| format!("{}{path}", cluster.nodes[0].address);
    let sign_out = async || {
        browser.go(&at("/office")).await;
        browser.send("form[action='/office/sign-out'] button").await;
        browser.wait(OTHER_DOOR).await;
    };
    browser.go(&at("/office/sign-in")).await;
    browser.looked_at(&format!("{name}-sign-in")).await;
    // Nobody has linked this account yet.
    cluster.there.next("zhao-there", &["pwd"], None);
    browser.click(OTHER_DOOR).await;
    browser.wait(".verdict.error").await;
    assert!(
        browser
            .text(".verdict.error")
            .await
            .contains("没有关联到在用的人员")
    );
    browser.looked_at(&format!("{name}-refused")).await;
    browser.fill("#login", "zhao").await;
    browser.fill("#password", PASSWORD).await;
    browser.send("form.ask button").await;
    browser.wait("#code").await;
    browser.fill("#code", &cluster.code()).await;
    browser.send("form.ask button").await;
    browser.wait("a[href='/office/identities']").await;
    browser.go(&at("/office/identities")).await;
    browser.looked_at(&format!("{name}-none")).await;
    browser
        .click("form[action='/office/identities/link'] button")
        .await;
    browser
        .wait("form[action='/office/identities/unlink'] button")
        .await;
    assert!(browser.text("main").await.contains(&cluster.there.issuer));
    browser.looked_at(&format!("{name}-linked")).await;
    sign_out().await;
    // The code of the telephone is asked for, until the other side's counts.
    browser.click(OTHER_DOOR).await;
    browser.wait("#code").await;
    browser.fill("#code", &cluster.code()).await;
    browser.send("form.ask button").await;
    browser.wait("a[href='/office/identities']").await;
    sign_out().await;
    // There, too, somebody is signed in still: they come anew.
    let session_there = format!("{}/session/end", cluster.there.issuer);
    browser.go(&session_there).await;
    browser.page.delete_all_cookies().await.expect("forgotten");
    cluster.there.next("zhao-there", &["pwd", "otp"], None);
    browser.go(&at("/office/sign-in")).await;
    browser.click(OTHER_DOOR).await;
    browser.wait("a[href='/office/identities']").await;
    browser.go(&at("/office/identities")).await;
    browser.click("td .confirm > summary").await;
    browser.click("dialog button.danger").await;
    browser
        .wait("form[action='/office/identities/link'] button")
        .await;
    browser.close().await;
    cluster.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_browser_on_a_desk() {
    a_person_links_an_account_and_comes_in_by_it(Window::WIDE, "identities-1280").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_browser_on_a_telephone() {
    a_person_links_an_account_and_comes_in_by_it(Window::NARROW, "identities-375").await;
}
