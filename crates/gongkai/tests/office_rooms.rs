//! The rooms of the administrators in a real browser: next year's calendar with
//! one wrong line, mended, compared and loaded; a setting; help; keys.

use gongkai_store::Engine;
use gongkai_testkit::browser::{Browser, Server, Window};
use gongkai_testkit::http;
use gongkai_testkit::installation::Installation;
use gongkai_testkit::people::Staff;

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");

/// Comes in with a recovery code: those of the telephone are used once, and a
/// test does not wait for the next.
async fn sign_in(browser: &Browser, server: &Server, staff: &Staff) {
    browser
        .go(&format!("{}/office/sign-in", server.address))
        .await;
    browser.fill("#login", &staff.login).await;
    browser
        .fill("#password", gongkai_testkit::people::PASSWORD)
        .await;
    browser.send("form.ask button").await;
    browser.wait("#code").await;
    browser.fill("#code", &staff.codes[0]).await;
    browser.send("form.ask button").await;
    browser.wait("form[action='/office/sign-out']").await;
}

async fn sign_out(browser: &Browser, server: &Server) {
    browser.go(&format!("{}/office", server.address)).await;
    browser.send("form[action='/office/sign-out'] button").await;
    browser.wait("#login").await;
}

/// What the public page says of the fifth working day after New Year's Eve.
fn clock(server: &Server) -> String {
    let page = http::get(&server.address, "/clock?do=add&from=2026-12-31&days=5");
    assert_eq!(page.status, 200);
    page.body
}

async fn the_next_year_is_loaded(window: Window, name: &str) {
    let installation = Installation::new(Engine::Postgres).await;
    let nodes = [installation.node(BINARY), installation.node(BINARY)];
    let [server, other] = &nodes;
    let [system, security, _] = &installation.people;
    let browser = Browser::open(window).await;
    let at = |path: &str| format!("{}{path}", server.address);
    // 2027 is the year after the last that comes with the program.
    assert!(clock(other).contains("暂定"));
    sign_in(&browser, server, system).await;
    browser.go(&at("/office/calendar")).await;
    let list = browser.text("main").await;
    assert!(
        list.contains("随程序提供") && list.contains("2026"),
        "{list}"
    );
    browser.looked_at(&format!("{name}-calendar")).await;
    browser.send("a[href='/office/calendar/load']").await;
    browser.wait("#off").await;
    browser.looked_at(&format!("{name}-load")).await;
    browser.fill("#year", "2027").await;
    browser.fill("#notice", "国办发明电〔2026〕1号").await;
    let set =
        |field: &str, lines: &str| format!("document.querySelector('{field}').value = `{lines}`");
    let off = "1月1日至3日 元旦\n2月5日至11日 春节";
    browser.script(&set("#off", off)).await;
    // 22 February is a Monday: one wrong line, and it is told which.
    browser
        .script(&set("#work", "2月20日 春节\n2月22日 春节"))
        .await;
    browser
        .send("form[action='/office/calendar/load'] button")
        .await;
    let told = browser.text(".verdict.error").await;
    assert!(
        told.contains("② 第 2 行") && told.contains("2027-02-22"),
        "{told}"
    );
    let kept = browser
        .script("return document.querySelector('#off').value")
        .await;
    assert!(
        kept.as_str()
            .is_some_and(|kept| kept.contains("2月5日至11日")),
        "{kept}"
    );
    browser.looked_at(&format!("{name}-wrong")).await;
    browser
        .script(&set("#work", "2月20日 春节\n2月21日 春节"))
        .await;
    browser
        .send("form[action='/office/calendar/load'] button")
        .await;
    browser.wait_heading("请核对变动的日子").await;
    let compared = browser.text("main").await;
    for day in [
        "2027-01-01 星期五",
        "2027-02-08 星期一",
        "2027-02-20 星期六",
    ] {
        assert!(compared.contains(day), "{compared}");
    }
    browser.looked_at(&format!("{name}-compare")).await;
    assert!(clock(other).contains("暂定"), "not yet");
    // Without a reason it is not taken, and the comparison stays.
    browser.send("button[value=make]").await;
    let told = browser.text(".verdict.error").await;
    assert!(told.contains("理由"), "{told}");
    browser.fill("#reason", "按国务院办公厅通知").await;
    browser.send("button[value=make]").await;
    browser.wait_heading("2027 年工作日历").await;
    let history = browser.text("main").await;
    assert!(
        history.contains("国办发明电〔2026〕1号") && history.contains("按国务院办公厅通知"),
        "{history}"
    );
    browser.looked_at(&format!("{name}-year")).await;
    // The public page of the other node reckons by it.
    let answer = clock(other);
    assert!(!answer.contains("暂定"), "{answer}");
    assert!(answer.contains("2027年1月8日（星期五）"), "{answer}");

    // A setting, with its effect and its history.
    browser.go(&at("/office/settings")).await;
    browser.looked_at(&format!("{name}-settings")).await;
    browser
        .go(&at("/office/settings/clock.answer_working_days"))
        .await;
    browser.looked_at(&format!("{name}-setting")).await;
    browser.fill("#value", "99").await;
    browser.fill("#reason", "济政办〔2026〕9号").await;
    browser.send("button[value=review]").await;
    let told = browser.text(".verdict.error").await;
    assert!(told.contains("5 至 20"), "{told}");
    browser
        .script("document.querySelector('#value').value = '15'")
        .await;
    browser.send("button[value=review]").await;
    browser.wait_heading("请核对后确认").await;
    browser.looked_at(&format!("{name}-setting-confirm")).await;
    browser.send("button[value=make]").await;
    let seen = browser.text("main").await;
    assert!(
        seen.contains("济政办〔2026〕9号") && seen.contains("15 个工作日"),
        "{seen}"
    );
    browser
        .go(&format!("{}/clock?received=2026-03-02", other.address))
        .await;
    let used = browser.text("main").await;
    assert!(
        used.contains("答复 15 个工作日") && used.contains("本系统另有设置"),
        "{used}"
    );

    // Help to the page in hand, found by a heading, and every chapter.
    browser.go(&at("/office/settings")).await;
    browser.click("footer a[href^='/help']").await;
    browser.wait_heading("系统设置").await;
    browser.looked_at(&format!("{name}-help")).await;
    browser.fill("#q", "提前提醒").await;
    browser.send("form[role=search] button").await;
    let found = browser.text("main section").await;
    assert!(found.contains("工作日历 · 提前提醒"), "{found}");
    for chapter in ["/help", "/help/calendar", "/help/operations"] {
        browser.go(&at(chapter)).await;
        browser
            .looked_at(&format!("{name}{}", chapter.replace('/', "-")))
            .await;
    }
    browser.go(&at("/office/operations")).await;
    browser.looked_at(&format!("{name}-operations")).await;

    // Keys are the security administrator's.
    sign_out(&browser, server).await;
    sign_in(&browser, server, security).await;
    browser.go(&at("/office/policies")).await;
    browser.looked_at(&format!("{name}-policies")).await;
    browser.go(&at("/office/keys")).await;
    browser.looked_at(&format!("{name}-keys")).await;
    browser.send("button[value=review]").await;
    browser.wait_heading("请核对后确认重新封装").await;
    browser.looked_at(&format!("{name}-keys-confirm")).await;
    browser.send("button[value=make]").await;
    browser.wait_heading("密钥").await;
    browser.close().await;
    drop(nodes);
    installation.test.forget_jobs();
}

#[tokio::test(flavor = "multi_thread")]
async fn next_years_calendar_a_setting_and_help_on_a_desk() {
    the_next_year_is_loaded(Window::WIDE, "rooms-1280").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn and_on_a_telephone() {
    the_next_year_is_loaded(Window::NARROW, "rooms-375").await;
}
