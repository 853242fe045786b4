//! `gongkai demo`, as somebody who tries the product meets it.

use std::collections::BTreeSet;

use gongkai_domain::organization::roles::Role;
use gongkai_domain::words::{Language, Words};
use gongkai_testkit::browser::{Browser, Server, Window};

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");

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
    // The head of the county's disclosure office, whose row tells the code.
    let of = |what: &str| {
        format!(
            "const row = [...document.querySelectorAll('main tbody tr')].find(r => r.textContent.includes('liangshu')); {what}"
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
    assert!(browser.text("body").await.contains("梁曙"));
    lists_of_the_desk(&browser, &server).await;
    browser.close().await;
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

#[test]
fn where_no_city_was_asked_for_there_is_none() {
    let folder = gongkai_testkit::database::Folder::new();
    let data = folder.path().join("data").display().to_string();
    let server = Server::start(BINARY, &["serve", "--data", &data]);
    let answer = gongkai_testkit::http::get(&server.address, "/office/demo");
    assert_eq!(answer.status, 404);
}
