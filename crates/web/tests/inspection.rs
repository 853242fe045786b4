//! The pages of file inspection, asked as a browser asks them.

use std::net::TcpListener;
use std::sync::Arc;

use gongkai_domain::calendar::Calendar;
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::roles::Role;
use gongkai_store::Engine;
use gongkai_testkit::browser::{Browser, Window};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::http::{self, Answer};
use gongkai_testkit::people::{Office, PASSWORD};
use gongkai_testkit::reader::InProcess;
use gongkai_web::Server;
use jiff::SignedDuration;
use tokio::sync::watch;

const ID: &str = "11010519491231002X";

struct Running {
    address: String,
    stop: watch::Sender<bool>,
    thread: std::thread::JoinHandle<std::io::Result<()>>,
    own: OrganizationId,
    /// Tokens of a clerk, a secrecy reviewer, and a clerk of another body.
    clerk: String,
    reviewer: String,
    stranger: String,
    /// Secret of the reviewer's second factor.
    secret: String,
}

async fn serve(test: &TestHouse) -> Running {
    let office = Office::new(test.house.clone());
    let three = office.administrators().await;
    let own = test.department("云溪县水务局").await;
    let other = test.department("云溪县财政局").await;
    let hire = async |login: &str, role: Role, at: OrganizationId| {
        office.colleague(&three, login, at, Some(role)).await.1
    };
    let clerk = hire("clerk", Role::Clerk, own).await;
    let reviewer = hire("reviewer", Role::SecrecyReviewer, own).await;
    let stranger = hire("stranger", Role::Clerk, other).await;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("its address"));
    let (stop, stopped) = watch::channel(false);
    let server = Server::new(Arc::new(InProcess), Calendar::built_in(), &[]);
    let server = server.with_office(test.house.clone());
    Running {
        address,
        stop,
        thread: std::thread::spawn(move || server.run(&listener, &stopped)),
        own,
        clerk: clerk.token,
        reviewer: reviewer.token,
        stranger: stranger.token,
        secret: reviewer.secret,
    }
}

impl Running {
    async fn end(self, test: TestHouse) {
        test.close().await;
        self.stop.send_replace(true);
        self.thread.join().expect("it ends").expect("well");
    }

    fn get(&self, token: &str, path: &str) -> Answer {
        let cookie = format!("__Host-gongkai={token}");
        http::ask(&self.address, "GET", path, &cookie, "")
    }

    fn bring(&self, token: &str, key: &str, name: &str, bytes: &[u8]) -> Answer {
        let cookie = format!("__Host-gongkai={token}");
        let own = self.own.to_string();
        let form = http::form(&[
            ("key", b"", key.as_bytes()),
            ("organization", b"", own.as_bytes()),
            ("file", name.as_bytes(), bytes),
        ]);
        http::post_as(&self.address, "/office/inspection", &cookie, &form)
    }

    fn confirm(&self, token: &str, at: &str, reason: &str) -> Answer {
        let cookie = format!("__Host-gongkai={token}");
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs([("key", "c1"), ("reason", reason)]);
        let path = format!("{at}/confirm");
        http::ask(&self.address, "POST", &path, &cookie, &form.finish())
    }
}

/// Where an answer leads.
fn leads_to(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.fields("location").remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_brought_looked_at_and_let_pass() {
    let test = TestHouse::new(Engine::Sqlite).await;
    let running = serve(&test).await;
    let list = format!("张三，身份证号{ID}，机密★\n");
    let to = leads_to(&running.bring(&running.clerk, "k1", &format!("{ID}.txt"), list.as_bytes()));
    let page = running.get(&running.clerk, &to);
    assert_eq!(page.status, 200);
    for word in ["暂不能通过", "1*************002X", "机密★", "第 1 行"] {
        assert!(page.body.contains(word), "{word}: {}", page.body);
    }
    // The clerk sees no form that lets it pass; nobody sees the number but in
    // the file's own name, which is theirs.
    assert!(!page.body.contains("/confirm"));
    assert!(!page.body.contains(&format!("号{ID}")));
    assert_eq!(running.confirm(&running.clerk, &to, "值班电话").status, 403);
    let page = running.get(&running.reviewer, &to);
    assert!(page.body.contains("/confirm"), "{}", page.body);
    let refused = running.confirm(&running.reviewer, &to, &format!("是{ID}"));
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("理由里写了号码"), "{}", refused.body);
    assert_eq!(
        leads_to(&running.confirm(&running.reviewer, &to, "法定公开的名单")),
        to
    );
    let page = running.get(&running.clerk, &to);
    assert!(page.body.contains("法定公开的名单") && page.body.contains("reviewer"));
    // Of another body there is nothing to be seen.
    assert_eq!(running.get(&running.stranger, &to).status, 404);
    assert!(
        !running
            .get(&running.stranger, "/office/inspection")
            .body
            .contains(&to)
    );
    assert_eq!(
        running.bring(&running.stranger, "k2", "a.txt", b"x").status,
        403
    );
    let nothing = running.bring(&running.clerk, "k3", "a.txt", b"");
    assert_eq!(nothing.status, 422);
    assert!(nothing.body.contains("没有收到文件"), "{}", nothing.body);
    running.end(test).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inspection_that_a_newer_one_took_over_says_so_and_asks_nothing() {
    let test = TestHouse::new(Engine::Sqlite).await;
    let running = serve(&test).await;
    let list = format!("身份证号{ID}\n");
    let bring = |key: &str, name: &str| {
        leads_to(&running.bring(&running.clerk, key, name, list.as_bytes()))
    };
    let first = bring("k1", "名单.txt");
    let old = running.get(&running.reviewer, &first);
    assert!(old.body.contains("/confirm") && !old.body.contains("已经过时"));
    let second = bring("k2", "名单（二）.txt");
    let old = running.get(&running.reviewer, &first);
    assert!(old.body.contains("这次检查已经过时"), "{}", old.body);
    assert!(!old.body.contains("/confirm"), "{}", old.body);
    // The form that was open is refused; the newest one holds.
    let refused = running.confirm(&running.reviewer, &first, "法定公开的名单");
    assert_eq!(refused.status, 422, "{}", refused.body);
    let told = running.confirm(&running.reviewer, &second, "法定公开的名单");
    assert_eq!(leads_to(&told), second);
    running.end(test).await;
}

async fn in_a_window(window: Window, name: &str) {
    let folder = tempfile_of(format!("身份证号{ID}，手机13800138001，关于布署工作").as_bytes());
    let test = TestHouse::new(Engine::Sqlite).await;
    let running = serve(&test).await;
    // The code of now set the telephone up, and is good once.
    test.clock.advance(SignedDuration::from_secs(30));
    let at = |path: &str| format!("{}/office{path}", running.address);
    let browser = Browser::open(window).await;
    browser.go(&at("/sign-in")).await;
    browser.fill("#login", "reviewer").await;
    browser.fill("#password", PASSWORD).await;
    browser.send("form.ask button").await;
    browser.wait("#code").await;
    let code = Office::new(test.house.clone()).code(&running.secret);
    browser.fill("#code", &code).await;
    browser.send("form.ask button").await;
    browser.wait("a[href='/office/inspection']").await;
    browser.go(&at("/inspection")).await;
    browser.wait("#file").await;
    browser.looked_at(&format!("{name}-list")).await;
    browser.fill("#file", &folder.1.to_string_lossy()).await;
    browser.send("form.ask button").await;
    browser.wait("#reason").await;
    let said = browser.text("main").await;
    assert!(
        said.contains("暂不能通过") && said.contains("部署"),
        "{said}"
    );
    assert!(!said.contains("19491231"), "{said}");
    browser.looked_at(&format!("{name}-see")).await;
    browser.fill("#reason", "法定公开的名单").await;
    browser.send("form.ask button").await;
    browser.wait("dl").await;
    browser.go(&at("/inspection")).await;
    browser.wait("tbody a").await;
    browser.looked_at(&format!("{name}-before")).await;
    browser.close().await;
    running.end(test).await;
}

/// A file of a browser's own machine.
fn tempfile_of(bytes: &[u8]) -> (gongkai_testkit::database::Folder, std::path::PathBuf) {
    let folder = gongkai_testkit::database::Folder::below(std::env::temp_dir().as_path());
    let path = folder.path().join("名单.txt");
    std::fs::write(&path, bytes).expect("written");
    (folder, path)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_are_whole_at_a_desk() {
    in_a_window(Window::WIDE, "inspection-1280").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn and_on_a_telephone() {
    in_a_window(Window::NARROW, "inspection-375").await;
}
