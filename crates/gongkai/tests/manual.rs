//! The manual, gone through in a browser: what it says can be done is done,
//! and its pictures are made on the way. `cargo xtask manual` puts them into
//! it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gongkai_testkit::browser::{Browser, Server, Window};
use gongkai_testkit::database::Folder;
use gongkai_testkit::people::{PASSWORD, system_code};

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");

/// Pictures of the first day, in an empty house.
const FIRST_DAY: [&str; 8] = [
    "home",
    "join",
    "enrol",
    "codes",
    "desk-first",
    "invite",
    "invited",
    "sign-in",
];
/// Pictures of a city at work.
const AT_WORK: [&str; 12] = [
    "demo",
    "second-factor",
    "desk",
    "organizations",
    "organization",
    "organization-new",
    "people",
    "jobs",
    "person",
    "policies",
    "delegations",
    "audit",
];

/// Pictures of the tour.
const TOUR: [&str; 3] = ["tour-desk", "tour-case", "tour-review"];

/// A picture shows no more than this of a long page.
const HEIGHT_MAX: i64 = 1100;
const HEIGHT: u32 = 760;
const WIDTH: u32 = 1280;

/// A browser that remembers which pictures it made.
struct Visit {
    browser: Browser,
    address: String,
    made: Vec<String>,
}

impl Visit {
    async fn new(address: &str) -> Self {
        let browser = Browser::open(Window::WIDE).await;
        browser.resize(WIDTH, HEIGHT).await;
        Self {
            browser,
            address: address.to_owned(),
            made: Vec::new(),
        }
    }

    async fn go(&self, path: &str) {
        self.browser.go(&format!("{}{path}", self.address)).await;
    }

    /// The page as it is, as high as it is.
    async fn picture(&mut self, name: &str) {
        let height = "return document.documentElement.scrollHeight";
        let height = self.browser.script(height).await.as_i64();
        let height = height.expect("a height").clamp(360, HEIGHT_MAX);
        self.browser
            .resize(WIDTH, u32::try_from(height).expect("a height"))
            .await;
        self.browser.picture(&format!("manual-{name}")).await;
        self.browser.resize(WIDTH, HEIGHT).await;
        self.made.push(name.to_owned());
    }

    async fn send(&self) {
        self.browser.send("form.ask button").await;
    }

    /// Sets a password and the second factor up, by the link of an invitation.
    async fn join(&mut self, link: &str, login: Option<(&str, &str)>, is_shown: bool) {
        self.browser.go(link).await;
        if let Some((login, name)) = login {
            self.browser.fill("#login", login).await;
            self.browser.fill("#display_name", name).await;
        }
        if is_shown {
            self.picture("join").await;
        }
        self.browser.fill("#password", PASSWORD).await;
        self.browser.fill("#again", PASSWORD).await;
        self.send().await;
        self.browser.wait("input[name='offered']").await;
        if is_shown {
            self.picture("enrol").await;
        }
        let lead = self.browser.text("p.large").await;
        let is_base32 = |c: &char| c.is_ascii_uppercase() || ('2'..='7').contains(c);
        let secret: String = lead.chars().filter(is_base32).take(32).collect();
        self.browser.fill("#code", &system_code(&secret)).await;
        self.send().await;
        self.browser.wait(".told").await;
        if is_shown {
            self.picture("codes").await;
        }
        self.browser.click(".told ~ p a").await;
        self.browser.wait("form[action='/office/sign-out']").await;
    }

    async fn leave(&self) {
        self.go("/office").await;
        let out = "form[action='/office/sign-out'] button";
        // In a menu that may be closed.
        let press = format!("document.querySelector(\"{out}\").click()");
        self.browser.wait(out).await;
        self.browser.script(&press).await;
        self.browser.wait("#login").await;
    }

    /// Comes in as somebody of the invited city, by the page that lists them.
    async fn come_in(&mut self, login: &str, is_shown: bool) {
        self.go("/office/demo").await;
        let row = |what: &str| {
            format!(
                "const row = [...document.querySelectorAll('main tbody tr')]\
                 .find(row => [...row.cells].some(cell => cell.textContent.trim() === '{login}')); {what}"
            )
        };
        let code = row("return row.textContent.match(/[0-9]{6}/)[0]");
        let code = self.browser.script(&code).await;
        self.browser
            .script(&row("row.querySelector('button').click()"))
            .await;
        self.browser.wait("#code").await;
        if is_shown {
            self.picture("second-factor").await;
        }
        let code = code.as_str().expect("a code");
        self.browser.fill("#code", code).await;
        self.send().await;
        self.browser.wait("form[action='/office/sign-out']").await;
    }

    /// Follows the first link of a page whose address begins so, and ends in a
    /// number.
    async fn first(&self, of: &str) {
        let find = format!(
            "return [...document.querySelectorAll('main a')].map(a => a.getAttribute('href'))\
             .find(href => /^{}\\/[0-9]+$/.test(href))",
            of.replace('/', "\\/")
        );
        let found = self.browser.script(&find).await;
        self.go(found.as_str().expect("a link")).await;
    }

    async fn end(self, wanted: &[&str]) {
        self.browser.close().await;
        assert_eq!(self.made, wanted);
    }
}

#[tokio::test]
async fn the_manual_is_gone_through_on_the_first_day() {
    let folder = Folder::new();
    let data = folder.path().join("data").display().to_string();
    let (server, said) = Server::start_saying(BINARY, &["serve", "--data", &data], "token=");
    let setup = said
        .split_whitespace()
        .find_map(|word| Some(&word[word.find("http://")?..]))
        .expect("a link");
    let mut visit = Visit::new(&server.address).await;
    visit.go("/").await;
    visit.picture("home").await;
    visit.join(setup, Some(("chenxi", "陈曦")), true).await;
    visit.go("/office").await;
    visit.picture("desk-first").await;
    let mut links = Vec::new();
    for (login, name, role) in [
        ("guanning", "关宁", "security_administrator"),
        ("yanshen", "严慎", "audit_administrator"),
    ] {
        visit.go("/office/people/new").await;
        visit.browser.fill("#display_name", name).await;
        visit.browser.fill("#login", login).await;
        let chosen = format!("document.querySelector('#role').value = '{role}'");
        visit.browser.script(&chosen).await;
        let is_first = links.is_empty();
        if is_first {
            visit.picture("invite").await;
        }
        visit.send().await;
        links.push(visit.browser.text(".told code").await);
        if is_first {
            visit.picture("invited").await;
        }
    }
    visit.leave().await;
    visit.picture("sign-in").await;
    for link in links {
        let link = format!("{}{link}", server.address);
        visit.join(&link, None, false).await;
        visit.leave().await;
    }
    // All three are here: bodies can be entered.
    visit.browser.fill("#login", "chenxi").await;
    visit.browser.fill("#password", PASSWORD).await;
    visit.send().await;
    visit.browser.wait("#code").await;
    visit.end(&FIRST_DAY).await;
}

#[tokio::test]
async fn the_manual_is_gone_through_in_a_city_at_work() {
    let server = Server::start(BINARY, &["demo"]);
    let mut visit = Visit::new(&server.address).await;
    visit.go("/office/demo").await;
    visit.picture("demo").await;
    // The system's administrator.
    visit.come_in("xitong", true).await;
    visit.picture("desk").await;
    visit.go("/office/organizations").await;
    visit.picture("organizations").await;
    visit.first("/office/organizations").await;
    visit.picture("organization").await;
    visit.go("/office/organizations/new").await;
    visit.picture("organization-new").await;
    visit.go("/office/people").await;
    visit.picture("people").await;
    visit.go("/office/jobs").await;
    visit.picture("jobs").await;
    visit.leave().await;
    // Security: somebody's roles.
    visit.come_in("anquan", false).await;
    visit.go("/office/people?text=xialan").await;
    visit.first("/office/people").await;
    visit.picture("person").await;
    visit.go("/office/policies").await;
    visit.picture("policies").await;
    visit.leave().await;
    // Somebody who goes on a journey.
    visit.come_in("xialan", false).await;
    visit.go("/office/delegations").await;
    visit.picture("delegations").await;
    visit.leave().await;
    // Audit: all that was done until now.
    visit.come_in("shenji", false).await;
    visit.go("/office/audit").await;
    visit.picture("audit").await;
    visit.end(&AT_WORK).await;
}

#[tokio::test]
async fn the_manual_is_gone_through_on_the_tour() {
    let server = Server::start(BINARY, &["demo"]);
    let mut visit = Visit::new(&server.address).await;
    visit.come_in("fanglan", false).await;
    visit.go("/office/requests?list=waiting").await;
    visit.picture("tour-desk").await;
    visit.first("/office/requests").await;
    visit.picture("tour-case").await;
    visit.leave().await;
    visit.come_in("mushan", false).await;
    visit.go("/office/review").await;
    visit.picture("tour-review").await;
    visit.end(&TOUR).await;
}

fn manual() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/manual")
}

/// Pictures that chapters show: what is said of each, and its name.
fn shown() -> Vec<(String, String)> {
    let chapters = std::fs::read_dir(manual()).expect("the manual");
    let chapters = chapters.map(|entry| entry.expect("a chapter").path());
    let chapters = chapters.filter(|path| path.extension().is_some_and(|end| end == "md"));
    let mut found = Vec::new();
    for chapter in chapters {
        let text = std::fs::read_to_string(&chapter).expect("a chapter");
        for picture in text.split("![").skip(1) {
            let (said, rest) = picture.split_once("](").expect("a picture");
            let path = rest.split(')').next().expect("its path");
            let name = path
                .strip_prefix("pictures/")
                .and_then(|name| name.strip_suffix(".png"));
            if let Some(name) = name {
                found.push((said.to_owned(), name.to_owned()));
            }
        }
    }
    found
}

#[test]
fn every_picture_of_the_manual_is_made_by_the_journey_and_every_one_made_is_shown() {
    let all = FIRST_DAY.into_iter().chain(AT_WORK).chain(TOUR);
    let made: BTreeSet<&str> = all.collect();
    let shown = shown();
    let names: BTreeSet<&str> = shown.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, made);
    for (said, name) in &shown {
        assert!(said.chars().count() >= 4, "say what {name} shows");
    }
}

#[test]
fn the_pictures_of_the_manual_are_as_wide_as_a_desk_and_quick_to_open() {
    for (_, name) in shown() {
        let path = manual().join(format!("pictures/{name}.png"));
        let png = std::fs::read(&path)
            .unwrap_or_else(|error| panic!("{name}: {error}; cargo xtask manual makes it"));
        assert!(png.len() < 200 * 1024, "{name} has {} bytes", png.len());
        // The width stands in the first chunk.
        let width = png.get(16..20).expect("a head");
        let width = u32::from_be_bytes(width.try_into().expect("four bytes"));
        assert_eq!(width, WIDTH, "{name}");
    }
}
