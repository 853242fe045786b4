//! `gongkai demo`, as somebody who tries the product meets it.

use std::collections::BTreeSet;

use gongkai_domain::organization::roles::Role;
use gongkai_domain::words::{Language, Words};
use gongkai_testkit::browser::{Browser, Server, Window};

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");

/// The counts of a desk: where each leads, and how many it tells of.
const COUNTS: &str = "return [...document.querySelectorAll('ul.counts a')]\
    .map(a => [a.getAttribute('href'), a.querySelector('b').textContent])";
/// The same of the days of a month.
const DAYS: &str = "return [...document.querySelectorAll('ol.month .count a')]\
    .map(a => [a.getAttribute('href'), a.firstChild.textContent.match(/[0-9]+/)[0]])";

#[tokio::test]
async fn an_invented_city_is_there_to_come_in_as_anybody_of() {
    let server = Server::start(BINARY, &["demo"]);
    let browser = Browser::open(Window::WIDE).await;
    browser.go(&format!("{}/office/demo", server.address)).await;
    browser.looked_at("demo-people-1280").await;
    let page = browser.text("main").await;
    let words = Words::of(Language::Chinese);
    for role in Role::ALL {
        let role = words.render(&role.label());
        assert!(page.contains(&role), "nobody is {role}");
    }
    for body in [
        "景明市人民政府",
        "景明市水务局",
        "云溪县人民政府",
        "云溪县水务局",
        "云溪县财政局",
    ] {
        assert!(page.contains(body), "{body}");
    }
    let rows = "return String(document.querySelectorAll('main tbody tr').length)";
    assert_eq!(browser.script(rows).await, "33");
    // The head of the county's disclosure office.
    come_in(&browser, &server, "liangshu").await;
    assert!(browser.text("body").await.contains("梁曙"));
    lists_of_the_desk(&browser, &server).await;
    browser.close().await;
}

/// Comes in as somebody of the city, whose row tells the code.
async fn come_in(browser: &Browser, server: &Server, login: &str) {
    browser.go(&format!("{}/office/demo", server.address)).await;
    let of = |what: &str| {
        format!(
            "const row = [...document.querySelectorAll('main tbody tr')].find(r => r.textContent.includes('{login}')); {what}"
        )
    };
    let code = browser
        .script(&of("return row.textContent.match(/[0-9]{6}/)[0]"))
        .await;
    let code = code.as_str().expect("a code").to_owned();
    browser
        .script(&of("row.querySelector('button').click()"))
        .await;
    browser.wait("#code").await;
    browser.fill("#code", &code).await;
    browser.send("form.ask button").await;
    browser.wait("form[action='/office/sign-out']").await;
}

async fn go_out(browser: &Browser, server: &Server) {
    browser.go(&format!("{}/office", server.address)).await;
    browser.send("form[action='/office/sign-out'] button").await;
    browser.wait("#login").await;
}

/// The desk of who has come in: every list that its counts lead to holds cases,
/// and the pages are looked at, at a desk and on a telephone.
async fn lists_of_the_desk(browser: &Browser, server: &Server) {
    let go = async |path: &str| browser.go(&format!("{}{path}", server.address)).await;
    let rows = "return document.querySelectorAll('main tbody tr').length";
    let mut ended = BTreeSet::new();
    for list in [
        "running",
        "overdue",
        "unconfirmed",
        "waiting",
        "replied",
        "over",
    ] {
        go(&format!("/office/requests?list={list}")).await;
        let found = browser.script(rows).await.as_i64().expect("a count");
        assert!(found > 0, "{list} is empty");
        let last = "return [...document.querySelectorAll('main tbody tr')].map(r => r.children[5].textContent.trim())";
        let last = browser.script(last).await;
        let last = last.as_array().expect("states").clone();
        ended.extend(
            last.iter()
                .filter_map(|one| one.as_str().map(str::to_owned)),
        );
        for (width, height) in [(1280, 1000), (375, 1400)] {
            browser.resize(width, height).await;
            browser
                .looked_at(&format!("demo-desk-{list}-{width}"))
                .await;
        }
        browser.resize(1280, 1000).await;
        // A case of each list, with all that happened to it.
        let first = "return document.querySelector(\"main td a[href^='/office/requests/']\").getAttribute('href')";
        let first = browser.script(first).await;
        go(first.as_str().expect("a case")).await;
        for (width, height) in [(1280, 1400), (375, 2000)] {
            browser.resize(width, height).await;
            browser
                .looked_at(&format!("demo-case-{list}-{width}"))
                .await;
        }
        browser.resize(1280, 1000).await;
    }
    // A county sees many ends; `crates/app/tests/demo.rs` counts all of them.
    assert!(ended.len() > 8, "{ended:?}");
}

/// How many rows a list has on all of its pages.
async fn rows(browser: &Browser, server: &Server, list: &str) -> i64 {
    let page = "const next = document.querySelector('nav.pages a[rel=next]');\
        return [document.querySelectorAll('main tbody tr').length, next?.getAttribute('href')]";
    let (mut path, mut rows) = (list.to_owned(), 0);
    loop {
        browser.go(&format!("{}{path}", server.address)).await;
        let found = browser.script(page).await;
        rows += found[0].as_i64().expect("a count");
        match found[1].as_str() {
            Some(next) => next.clone_into(&mut path),
            None => return rows,
        }
    }
}

/// Each count of a page leads to a list with as many rows; the counts.
async fn counted(browser: &Browser, server: &Server, (path, counts): (&str, &str)) -> Vec<i64> {
    browser.go(&format!("{}{path}", server.address)).await;
    let counts = browser.script(counts).await;
    let mut all = Vec::new();
    for count in counts.as_array().expect("counts") {
        let (list, told) = (count[0].as_str(), count[1].as_str());
        let list = list.expect("a list");
        let told = told.and_then(|told| told.parse().ok());
        let told: i64 = told.unwrap_or_else(|| panic!("{path}: {count}"));
        assert_eq!(rows(browser, server, list).await, told, "{path}: {list}");
        all.push(told);
    }
    all
}

#[tokio::test]
async fn each_count_leads_to_as_many_cases_whoever_looks() {
    let server = Server::start(BINARY, &["demo"]);
    let browser = Browser::open(Window::WIDE).await;
    // A clerk and a leader of the county, a handler of a section of its bureau.
    for login in ["xialan", "woye", "fanglan"] {
        come_in(&browser, &server, login).await;
        let desk = counted(&browser, &server, ("/office/requests", COUNTS)).await;
        // Overdue, today, at risk, unconfirmed, waiting, replied, one's own.
        assert_eq!(desk.len(), 7, "{login}");
        assert!(desk.iter().sum::<i64>() > 0, "{login}: {desk:?}");
        let home = counted(&browser, &server, ("/office", COUNTS)).await;
        assert!(!home.is_empty(), "{login}");
        browser
            .go(&format!("{}/office/requests/calendar", server.address))
            .await;
        // The month before this one, this, and the next.
        let months = "return [...document.querySelectorAll('main .title .tools a')].map(a => a.getAttribute('href'))";
        let months = browser.script(months).await;
        let months = months.as_array().expect("months");
        assert_eq!(months.len(), 3, "{months:?}");
        let mut days = Vec::new();
        for month in months {
            let all = month.as_str().expect("a link");
            let mine = all.replace("whose=all", "whose=mine");
            assert_ne!(all, mine);
            for month in [all, &mine] {
                days.extend(counted(&browser, &server, (month, DAYS)).await);
            }
        }
        assert!(!days.is_empty(), "{login}: nothing falls due");
        go_out(&browser, &server).await;
    }
    browser.close().await;
}

#[test]
fn where_no_city_was_asked_for_there_is_none() {
    let folder = gongkai_testkit::database::Folder::new();
    let data = folder.path().join("data").display().to_string();
    let server = Server::start(BINARY, &["serve", "--data", &data]);
    let answer = gongkai_testkit::http::get(&server.address, "/office/demo");
    assert_eq!(answer.status, 404);
}
