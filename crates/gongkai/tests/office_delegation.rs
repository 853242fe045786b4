//! Standing in, in a real browser: a leader lends a role before a journey, the
//! colleague comes in and sees it, and it is ended before its time.

use gongkai_domain::organization::roles::Role;
use gongkai_store::Engine;
use gongkai_testkit::browser::{Browser, Server, Window};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::installation::Installation;
use gongkai_testkit::people::Staff;

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");

/// A house with a bureau, a leader and a colleague, and a node that serves it.
/// The clock of the test stands at the system's time.
struct Scene {
    test: TestHouse,
    server: Server,
    leader: Staff,
    colleague: Staff,
    security: Staff,
}

async fn scene() -> Scene {
    let installation = Installation::new(Engine::Postgres).await;
    let server = installation.node(BINARY);
    let Installation {
        test,
        office,
        people: administrators,
        ..
    } = installation;
    let bureau = test.department("云溪县水务局").await;
    let come = async |login, role| {
        let (_, staff) = office.colleague(&administrators, login, bureau, role).await;
        staff
    };
    let leader = come("leader", Some(Role::Leader)).await;
    let colleague = come("colleague", None).await;
    let [_, security, _] = administrators;
    Scene {
        server,
        test,
        leader,
        colleague,
        security,
    }
}

/// Comes in with a recovery code: those of the telephone are used once, and a
/// test does not wait for the next.
async fn sign_in(browser: &Browser, scene: &Scene, staff: &Staff, code: usize) {
    browser
        .go(&format!("{}/office/sign-in", scene.server.address))
        .await;
    browser.fill("#login", &staff.login).await;
    browser
        .fill("#password", gongkai_testkit::people::PASSWORD)
        .await;
    browser.send("form.ask button").await;
    browser.wait("#code").await;
    browser.fill("#code", &staff.codes[code]).await;
    browser.send("form.ask button").await;
    browser.wait("form[action='/office/sign-out']").await;
}

async fn sign_out(browser: &Browser, scene: &Scene) {
    browser
        .go(&format!("{}/office", scene.server.address))
        .await;
    browser.send("form[action='/office/sign-out'] button").await;
    browser.wait("#login").await;
}

/// Chooses from a list by the words that are shown.
async fn choose(browser: &Browser, field: &str, words: &str) {
    let script = format!(
        "const list = document.querySelector('{field}');\
         list.value = [...list.options].find(o => o.text.includes('{words}')).value;"
    );
    browser.script(&script).await;
}

/// A day as prose says it.
fn said(day: jiff::civil::Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

async fn a_role_is_lent_and_comes_back(window: Window, name: &str) {
    let scene = scene().await;
    let browser = Browser::open(window).await;
    let at = |path: &str| format!("{}{path}", scene.server.address);
    sign_in(&browser, &scene, &scene.leader, 0).await;
    browser.send("main a[href='/office/delegations']").await;
    browser.wait("#role, fieldset").await;
    let empty = browser.text("main").await;
    assert!(
        empty.contains("还没有委托过") && empty.contains("没有人委托您"),
        "{empty}"
    );
    browser.looked_at(&format!("{name}-empty")).await;

    // What is wrong is told beside the form, all at once, and what was typed stays.
    browser.fill("#until", "下周五").await;
    browser.fill("#reason", "赴省厅培训").await;
    browser.send("form.ask button").await;
    let told = browser.text(".verdict.error").await;
    assert!(told.contains("截止日“下周五”"), "{told}");
    browser.looked_at(&format!("{name}-wrong")).await;
    browser
        .script("document.querySelector('#until').value = ''")
        .await;
    let today = scene.test.house.today();
    let last = today.saturating_add(jiff::Span::new().days(4));
    browser.fill("#until", &last.to_string()).await;
    browser.send("form.ask button").await;
    let told = browser.text(".verdict.error").await;
    for missing in ["受托人", "角色"] {
        assert!(told.contains(missing), "{told}");
    }
    let kept =
        "return document.querySelector('#reason').value + document.querySelector('#until').value";
    let kept = browser.script(kept).await;
    assert_eq!(
        kept.as_str(),
        Some(format!("赴省厅培训{last}").as_str()),
        "nothing typed is lost"
    );
    browser.click("input[name='role']").await;
    choose(&browser, "#to", "colleague").await;
    browser.send("form.ask button").await;
    let lent = browser.text("table").await;
    for told in [
        "colleague·𬴂",
        "分管领导",
        "云溪县水务局",
        "赴省厅培训",
        "生效中",
    ] {
        assert!(lent.contains(told), "{told}: {lent}");
    }
    browser.looked_at(&format!("{name}-lent")).await;
    browser.go(&at("/office")).await;
    let home = browser.text("main").await;
    assert!(
        home.contains(&format!("正由 colleague·𬴂 代行，至 {}", said(last))),
        "{home}"
    );
    browser.looked_at(&format!("{name}-home-of-lender")).await;
    sign_out(&browser, &scene).await;

    // The colleague, who holds nothing of their own, sees for whom and until when.
    sign_in(&browser, &scene, &scene.colleague, 0).await;
    let home = browser.text("main").await;
    assert!(
        home.contains(&format!(
            "您正代 leader·𬴂 行使分管领导（云溪县水务局），至 {}",
            said(last)
        )),
        "{home}"
    );
    browser.looked_at(&format!("{name}-home")).await;
    browser.send("main a[href='/office/organizations']").await;
    browser.wait("table").await;
    assert!(
        browser.text("table").await.contains("云溪县水务局"),
        "the role counts"
    );
    browser.go(&at("/office/delegations")).await;
    let page = browser.text("main").await;
    assert!(page.contains("受托得来的角色不能再委托"), "{page}");
    browser.looked_at(&format!("{name}-borrowed")).await;
    sign_out(&browser, &scene).await;

    // The security administrator sees it among all, and not why.
    sign_in(&browser, &scene, &scene.security, 0).await;
    browser.send("main a[href='/office/delegations/all']").await;
    let all = browser.text("table").await;
    assert!(all.contains("leader·𬴂") && !all.contains("培训"), "{all}");
    browser.looked_at(&format!("{name}-all")).await;
    sign_out(&browser, &scene).await;

    // Back early, the leader ends it.
    sign_in(&browser, &scene, &scene.leader, 1).await;
    browser.go(&at("/office/delegations")).await;
    browser.click("td .confirm > summary").await;
    browser.send("dialog button.danger").await;
    browser.wait("fieldset").await;
    assert!(browser.text("table").await.contains("已提前终止"));
    sign_out(&browser, &scene).await;
    sign_in(&browser, &scene, &scene.colleague, 1).await;
    let home = browser.text("main").await;
    assert!(!home.contains("您正代"), "{home}");
    browser.close().await;
    scene.test.forget_jobs();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_lends_a_role_before_a_journey() {
    a_role_is_lent_and_comes_back(Window::WIDE, "delegation-1280").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn and_on_a_telephone_too() {
    a_role_is_lent_and_comes_back(Window::NARROW, "delegation-375").await;
}
