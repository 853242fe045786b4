//! `gongkai demo`, as somebody who tries the product meets it.

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
    assert_eq!(browser.script(rows).await, "30");
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
    browser.click("form.ask button").await;
    browser.wait("form[action='/office/sign-out']").await;
    assert!(browser.text("body").await.contains("梁曙"));
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
