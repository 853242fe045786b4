//! The office in a real browser: from an empty folder to three administrators.

use gongkai_store::Engine;
use gongkai_testkit::browser::{Browser, Server, Window};
use gongkai_testkit::database::{Folder, empty};
use gongkai_testkit::http;
use gongkai_testkit::people::PASSWORD;
use totp_rs::{Builder, Secret};

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");

/// The code that a telephone shows, `later` steps of 30 seconds on: a step is
/// used once, and the server takes the next one too.
fn code(secret: &str, later: u64) -> String {
    let secret: String = secret.chars().filter(|c| !c.is_whitespace()).collect();
    let secret = Secret::try_from_base32(secret).expect("a secret");
    let now = gongkai_testkit::people::system_seconds() + 30 * later;
    Builder::new()
        .with_secret(secret)
        .build()
        .expect("a telephone")
        .generate(now)
        .to_string()
}

struct House {
    _folder: Folder,
    server: Server,
    /// The link that sets it up.
    setup: String,
}

fn house() -> House {
    let folder = Folder::new();
    let data = folder.path().join("data").display().to_string();
    served(folder, &["serve", "--data", &data])
}

/// An empty folder too, and two empty databases of PostgreSQL.
fn house_on_postgres() -> House {
    let folder = Folder::new();
    let (data, file) = (
        folder.path().join("data"),
        folder.path().join("gongkai.toml"),
    );
    let master = folder.path().join("master.key");
    std::fs::write(&master, "07".repeat(32)).expect("the master key");
    let [main, keys] = [(), ()].map(|()| empty(Engine::Postgres, &folder).url);
    let config = format!(
        "[database]\nurl = '{main}'\n[keys]\nurl = '{keys}'\nmaster_file = '{}'\n",
        master.display()
    );
    std::fs::write(&file, config).expect("a configuration");
    let (data, file) = (data.display().to_string(), file.display().to_string());
    served(folder, &["serve", "--config", &file, "--data", &data])
}

fn served(folder: Folder, arguments: &[&str]) -> House {
    let (server, said) = Server::start_saying(BINARY, arguments, "token=");
    let setup = said
        .split_whitespace()
        .find_map(|word| {
            word.split('：')
                .next_back()
                .filter(|word| word.contains("token="))
        })
        .expect("a link")
        .to_owned();
    House {
        _folder: folder,
        server,
        setup,
    }
}

/// Fills the form of an invitation and sets the second factor up; its secret.
async fn join(browser: &Browser, link: &str, login: Option<&str>, name: &str) -> String {
    browser.go(link).await;
    if let Some(login) = login {
        browser.fill("#login", login).await;
        browser.fill("#display_name", "李𬴂·阿布").await;
    }
    browser.looked_at(&format!("{name}-join")).await;
    browser.fill("#password", PASSWORD).await;
    browser.fill("#again", PASSWORD).await;
    browser.send("form.ask button").await;
    browser.wait(".code svg").await;
    browser.looked_at(&format!("{name}-enrol")).await;
    let lead = browser.text("p.large").await;
    let secret: String = lead
        .chars()
        .filter(|c| c.is_ascii_uppercase() || ('2'..='7').contains(c))
        .take(32)
        .collect();
    browser.fill("#code", &code(&secret, 0)).await;
    browser.send("form.ask button").await;
    browser.wait(".told").await;
    browser.looked_at(&format!("{name}-codes")).await;
    browser.send("a.button").await;
    browser.wait("h1").await;
    secret
}

async fn a_house_is_set_up(house: House, window: Window, name: &str) {
    let browser = Browser::open(window).await;
    let system = join(&browser, &house.setup, Some("li"), name).await;
    let at = |path: &str| format!("{}{path}", house.server.address);
    assert!(
        browser.text("main").await.contains("李𬴂·阿布"),
        "names survive"
    );
    assert!(browser.text(".verdict.warning").await.contains("三员"));
    browser.looked_at(&format!("{name}-home")).await;
    // Nothing else can be done yet.
    browser.go(&at("/office/people")).await;
    assert!(browser.text("main").await.contains("没有做成"));
    let mut links = Vec::new();
    for (login, role) in [
        ("wang", "security_administrator"),
        ("zhang", "audit_administrator"),
    ] {
        browser.go(&at("/office/people/new")).await;
        browser.fill("#display_name", login).await;
        browser.fill("#login", login).await;
        browser
            .script(&format!("document.querySelector('#role').value = '{role}'"))
            .await;
        browser.looked_at(&format!("{name}-invite")).await;
        browser.send("form.ask button").await;
        links.push(browser.text(".told code").await);
    }
    // Who was invited has not come yet: still nothing else can be done.
    browser.go(&at("/office/people")).await;
    assert!(browser.text("main").await.contains("没有做成"));
    browser.go(&at("/office")).await;
    browser.send("form[action='/office/sign-out'] button").await;
    browser.wait("#login").await;
    browser.looked_at(&format!("{name}-sign-in")).await;
    // The other two come, each in their turn.
    for (link, room) in links.iter().zip(["/office/policies", "/office/audit"]) {
        join(&browser, &at(link), None, name).await;
        browser.go(&at(room)).await;
        browser
            .looked_at(&format!("{name}{}", room.replace('/', "-")))
            .await;
        browser.go(&at("/office")).await;
        browser.send("form[action='/office/sign-out'] button").await;
        browser.wait("#login").await;
    }
    // Back again with both factors; now all is open that is theirs.
    browser.fill("#login", "ＬＩ").await;
    browser.fill("#password", PASSWORD).await;
    browser.send("form.ask button").await;
    browser.wait("#code").await;
    browser.looked_at(&format!("{name}-second-factor")).await;
    browser.fill("#code", &code(&system, 1)).await;
    browser.send("form.ask button").await;
    browser.wait("main a[href='/office/people']").await;
    browser.go(&at("/office/people")).await;
    browser.looked_at(&format!("{name}-people")).await;
    browser.send("td a").await;
    browser.looked_at(&format!("{name}-person")).await;
    for room in [
        "/office/jobs",
        "/office/outbox",
        "/office/settings/outbox.kept_days",
        "/office/webhooks",
        "/office/webhooks/new",
        "/office/sessions",
        "/office/password",
    ] {
        browser.go(&at(room)).await;
        browser
            .looked_at(&format!("{name}{}", room.replace('/', "-")))
            .await;
    }
    browser.close().await;
}

#[tokio::test]
async fn an_empty_folder_becomes_a_house_with_three_administrators() {
    a_house_is_set_up(house(), Window::WIDE, "office-1280").await;
}

#[tokio::test]
async fn and_so_does_one_on_postgres_by_telephone() {
    a_house_is_set_up(house_on_postgres(), Window::NARROW, "office-375").await;
}

#[tokio::test]
async fn a_page_of_another_site_can_do_nothing_in_a_visitors_name() {
    let house = house();
    let browser = Browser::open(Window::WIDE).await;
    join(&browser, &house.setup, Some("li"), "office-csrf").await;
    let elsewhere = another_site();
    for to in [
        "/office/people/new",
        "/office/sign-out",
        "/office/sessions/end",
    ] {
        browser.go(&elsewhere).await;
        let form = format!(
            "const f = document.createElement('form'); f.method = 'post'; f.action = '{}{to}';\
             document.body.append(f); f.submit();",
            house.server.address
        );
        browser.script(&form).await;
        browser.wait(".verdict").await;
        assert!(browser.text("main").await.contains("别的网站"), "{to}");
    }
    browser
        .go(&format!("{}/office", house.server.address))
        .await;
    assert!(
        browser.text("main").await.contains("李𬴂·阿布"),
        "still signed in"
    );
    browser.close().await;
}

/// A page of another origin, without any protection of its own.
fn another_site() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut asked = [0; 4096];
            let _ = std::io::Read::read(&mut stream, &mut asked);
            let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<!doctype html><p>attack</p>";
            let _ = std::io::Write::write_all(&mut stream, page.as_bytes());
        }
    });
    format!("http://localhost:{port}/")
}

#[test]
fn every_answer_of_the_office_carries_the_headers_of_safety() {
    let house = house();
    for path in [
        "/office",
        "/office/sign-in",
        "/office/join?token=x",
        "/office/people/1",
        "/office/nowhere",
    ] {
        let answer = http::get(&house.server.address, path);
        let head = answer.head.to_ascii_lowercase();
        for line in [
            "content-security-policy: default-src 'none'",
            "x-frame-options: deny",
            "cache-control: no-store",
        ] {
            assert!(head.contains(line), "{path} lacks {line}: {head}");
        }
    }
    let session = http::post_form(
        &house.server.address,
        "/office/sign-in",
        "login=li&password=x",
    );
    assert_eq!(session.status, 422);
    assert!(
        !session
            .head
            .to_ascii_lowercase()
            .contains("set-cookie: __host-gongkai")
    );
}
