//! How the office looks and is used: every page as everybody who may open it,
//! wide and narrow, in every mode; by keyboard alone; without script.

use std::collections::HashSet;

use gongkai_domain::organization::roles::Role;
use gongkai_domain::organization::{OrganizationId, PersonId};
use gongkai_store::Engine;
use gongkai_testkit::browser::{Browser, Server, Window};
use gongkai_testkit::http;
use gongkai_testkit::installation::Installation;
use gongkai_testkit::people::{PASSWORD, Staff};
use gongkai_web::routes::{self, Access, On};

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");
const TAB_ENTER: &str = "\u{e007}";

/// A bureau with somebody in each role that its staff have and somebody without
/// one, an entry of the register; a server.
struct Scene {
    server: Server,
    installation: Installation,
    bureau: OrganizationId,
    clerk: Staff,
    others: Vec<Staff>,
    newcomer: (PersonId, Staff),
    entry: i64,
    request: i64,
}

async fn scene() -> Scene {
    let installation = Installation::new(Engine::Sqlite).await;
    let bureau = installation.test.department("云溪县水务局").await;
    let (office, three) = (&installation.office, &installation.people);
    let come = async |login, role| office.colleague(three, login, bureau, role).await;
    let (_, clerk) = come("clerk", Some(Role::Clerk)).await;
    let mut others = Vec::new();
    for (login, role) in [
        ("head", Role::OfficeHead),
        ("leader", Role::Leader),
        ("supervisor", Role::Supervisor),
        ("reviewer", Role::Reviewer),
        ("secrecy", Role::SecrecyReviewer),
    ] {
        others.push(come(login, Some(role)).await.1);
    }
    let newcomer = come("newcomer", None).await;
    let signed = office.signed(&clerk.token).await;
    let person = gongkai_testkit::register::typed("王𫓧·𩽾", 1);
    let house = &installation.test.house;
    let made = gongkai_app::register::add(house, &signed, "1", Some(bureau), person.as_typed());
    let entry = made.await.expect("made").0;
    let (visitor, typed) = (
        gongkai_testkit::requests::visitor(),
        gongkai_testkit::requests::typed(1),
    );
    let filed = gongkai_app::requests::file(house, visitor, "1", bureau, &typed, &[]);
    let request = filed.await.expect("filed").id;
    Scene {
        server: installation.node(BINARY),
        installation,
        bureau,
        clerk,
        others,
        newcomer,
        entry,
        request,
    }
}

/// Pages by what they are made of: what two people see alike is looked at once.
type Seen = HashSet<(String, String)>;

/// The elements of what a page is about, in their order: the rail beside it is
/// looked at on everybody's desk.
fn elements(page: &str) -> String {
    let main = page.find("<main").unwrap_or(0);
    let names = page[main..].split('<').map(|part| {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '/');
        &part[..end.unwrap_or(part.len())]
    });
    names.collect::<Vec<_>>().join(" ")
}

impl Scene {
    /// Pages that somebody may open and that were not seen yet, each with a name
    /// for its picture.
    fn pages_of(&self, staff: &Staff, seen: &mut Seen) -> Vec<(String, String)> {
        let mut pages = Vec::new();
        for route in routes::all() {
            let Access::Table(_, on) = route.access else {
                continue;
            };
            if route.method != "GET" || route.path.ends_with("/export") {
                continue;
            }
            let id = match on {
                On::Person => self.newcomer.0.0,
                On::Organization => self.bureau.0,
                On::Register => self.entry,
                On::Request => self.request,
                _ => 0,
            };
            let path = route.path.replace("{id}", &id.to_string());
            let address = &self.server.address;
            let answer = http::ask(address, "GET", &path, &staff.cookie(), "");
            if answer.status == 200 && seen.insert((path.clone(), elements(&answer.body))) {
                let name = route.path.trim_start_matches('/');
                pages.push((path, name.replace(['/', '{', '}'], "-")));
            }
        }
        pages
    }

    /// What is wrong with every page that somebody may open.
    async fn faults(
        &self,
        browser: &Browser,
        staff: &Staff,
        mode: &str,
        seen: &mut Seen,
    ) -> Vec<String> {
        let mut faults = Vec::new();
        for (path, name) in self.pages_of(staff, seen) {
            browser.go(&format!("{}{path}", self.server.address)).await;
            let name = format!("look-{mode}-{}-{name}", staff.login);
            faults.extend(browser.faults(&name).await);
        }
        faults
    }
}

async fn every_page(width: u32, mode: &str, everybody: bool) {
    let scene = scene().await;
    let browser = Browser::open(Window::WIDE).await;
    browser.resize(width, 1000).await;
    browser.choose(&scene.server, mode).await;
    let [system, security, auditor] = &scene.installation.people;
    let mut people = vec![system, &scene.clerk];
    if everybody {
        people.extend([security, auditor, &scene.newcomer.1]);
        people.extend(&scene.others);
    }
    let (mut faults, mut seen) = (Vec::new(), Seen::new());
    for staff in people {
        browser.is(&scene.server, staff).await;
        let name = format!("{width}-{mode}");
        faults.extend(scene.faults(&browser, staff, &name, &mut seen).await);
    }
    browser.close().await;
    scene.installation.test.forget_jobs();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_everybody_is_whole_at_a_desk() {
    every_page(1280, "light.normal", true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn and_on_a_telephone() {
    every_page(375, "light.normal", true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn and_in_the_dark_and_in_high_contrast() {
    every_page(1280, "dark.normal", false).await;
    every_page(375, "contrast.normal", false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn and_large_and_at_320_points() {
    every_page(375, "light.elder", false).await;
    every_page(320, "dark.normal", false).await;
    // 1280 points at 200 %.
    every_page(640, "light.normal", false).await;
}

/// From the door to granting a role: nothing but Tab, Enter, arrows and what
/// is typed.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_granted_by_keyboard_alone() {
    let scene = scene().await;
    let [_, security, _] = &scene.installation.people;
    let browser = Browser::open(Window::WIDE).await;
    let desk = format!("{}/office", scene.server.address);
    browser.go(&desk).await;
    browser.tab_to("#login").await;
    browser.press(&security.login).await;
    browser.tab_to("#password").await;
    browser.press(&format!("{PASSWORD}{TAB_ENTER}")).await;
    browser.arrive("#code").await;
    browser.tab_to("#code").await;
    browser
        .press(&format!("{}{TAB_ENTER}", security.codes[0]))
        .await;
    // The count of those without a role leads to their list.
    browser.arrive(".counts").await;
    browser.picture("look-keyboard-desk").await;
    browser
        .tab_to("a[href='/office/people?state=roleless']")
        .await;
    browser.press(TAB_ENTER).await;
    browser.arrive("table.list").await;
    let only = browser.text("main").await;
    assert!(
        only.contains("newcomer") && !only.contains("clerk"),
        "{only}"
    );
    // Slash goes to the search.
    browser.press("/").await;
    let focused = "return document.activeElement.id";
    assert_eq!(browser.script(focused).await, "text");
    // j goes to the first row of the table, k stays there.
    browser
        .script("document.activeElement.blur(); return 1")
        .await;
    let row = "return document.activeElement.matches('tbody tr:first-child td a')";
    for key in ["j", "k"] {
        browser.press(key).await;
        assert_eq!(browser.script(row).await, true, "{key}");
    }
    browser.press(TAB_ENTER).await;
    browser.arrive("#role").await;
    for (field, wanted) in [
        ("#role", Role::Handler.key().to_owned()),
        ("#organization", scene.bureau.0.to_string()),
    ] {
        browser.tab_to(field).await;
        let value = "return document.activeElement.value";
        for _ in 0..40 {
            if browser.script(value).await == wanted {
                break;
            }
            browser.press("\u{e015}").await;
        }
        assert_eq!(browser.script(value).await, wanted, "{field}");
    }
    browser.tab_to("form[action$='/grant'] button").await;
    browser.press(TAB_ENTER).await;
    browser.arrive("table.list").await;
    let held = browser.text("table.list").await;
    assert!(held.contains("承办人"), "{held}");
    browser.picture("look-keyboard-person").await;
    // Taking it away says first what will happen; Escape goes back to where
    // one was.
    browser.tab_to(".confirm > summary").await;
    browser.press(TAB_ENTER).await;
    browser.arrive("dialog[open]").await;
    browser.picture("look-dialog").await;
    let said = browser.text("dialog[open]").await;
    assert!(said.contains("不再有效"), "{said}");
    browser.press("\u{e00c}").await;
    let back = "return document.activeElement.matches('.confirm > summary')";
    assert_eq!(browser.script(back).await, true);
    // The question mark tells the keys.
    browser.press("?").await;
    browser.arrive("dialog#keys[open]").await;
    browser.picture("look-keys").await;
    browser.close().await;
    scene.installation.test.forget_jobs();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_happen_is_said_without_script_too() {
    let scene = scene().await;
    let window = Window {
        script: false,
        ..Window::NARROW
    };
    let browser = Browser::open(window).await;
    let [system, _, _] = &scene.installation.people;
    browser.is(&scene.server, system).await;
    let person = format!(
        "{}/office/people/{}",
        scene.server.address, scene.newcomer.0.0
    );
    browser.go(&person).await;
    // The rooms are folded away, and open without script.
    browser.click(".menu > summary").await;
    browser.picture("look-menu").await;
    browser.click(".menu a[href='/office/people']").await;
    browser.wait("table.list").await;
    browser.go(&person).await;
    browser.click(".confirm > summary").await;
    let said = browser.text(".confirm[open] p").await;
    assert!(said.contains("立即不能登录"), "{said}");
    browser.picture("look-confirm-no-script").await;
    browser.click(".confirm[open] button.danger").await;
    browser.wait("h1 .state.warning").await;
    assert!(browser.text("h1").await.contains("已停用"));
    browser.close().await;
    scene.installation.test.forget_jobs();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_wrong_has_the_focus_and_leads_to_its_field() {
    let scene = scene().await;
    let browser = Browser::open(Window::WIDE).await;
    browser.is(&scene.server, &scene.clerk).await;
    let page = format!("{}/office/password", scene.server.address);
    browser.go(&page).await;
    browser.fill("#old", PASSWORD).await;
    browser.fill("#password", "Lan-Tian8 bai.yun").await;
    browser.fill("#again", "another").await;
    browser.send("form.ask button").await;
    browser.wait("#errors").await;
    let focused = "return document.activeElement.id";
    assert_eq!(browser.script(focused).await, "errors");
    browser.picture("look-errors").await;
    browser.click("#errors a").await;
    assert_eq!(browser.script(focused).await, "again");
    let described = "return document.getElementById(document.activeElement.getAttribute('aria-describedby')).textContent";
    let described = browser.script(described).await;
    assert!(described.to_string().contains("不一样"), "{described}");
    browser.close().await;
    scene.installation.test.forget_jobs();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_keeps_its_head_and_becomes_cards() {
    let scene = scene().await;
    let browser = Browser::open(Window::WIDE).await;
    let [_, _, auditor] = &scene.installation.people;
    browser.is(&scene.server, auditor).await;
    browser.resize(1280, 500).await;
    browser
        .go(&format!("{}/office/audit", scene.server.address))
        .await;
    let top = "scrollTo(0, document.body.scrollHeight / 2);\
        return [scrollY > 200, document.querySelector('thead th').getBoundingClientRect().top]";
    let top = browser.script(top).await;
    assert_eq!(top, serde_json::json!([true, 0]), "the head stays in sight");
    browser.resize(375, 800).await;
    let card = "const cell = document.querySelector('tbody td:nth-child(3)');\
        const row = cell.parentElement.getBoundingClientRect();\
        return [getComputedStyle(cell, '::before').content.includes(cell.dataset.label), row.right <= innerWidth]";
    let card = browser.script(card).await;
    assert_eq!(
        card,
        serde_json::json!([true, true]),
        "each cell has its name"
    );
    browser.close().await;
    scene.installation.test.forget_jobs();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_counts_what_its_lists_hold() {
    let scene = scene().await;
    let [system, security, auditor] = &scene.installation.people;
    let desk = |staff: &Staff| {
        let address = &scene.server.address;
        http::ask(address, "GET", "/office", &staff.cookie(), "").body
    };
    // Somebody is invited and does not come; somebody else asks for what is
    // not theirs.
    let address = &scene.server.address;
    let typed = format!(
        "login=late&display_name=Late&organization={}",
        scene.bureau.0
    );
    let invited = http::ask(
        address,
        "POST",
        "/office/people/new",
        &system.cookie(),
        &typed,
    );
    assert_eq!(invited.status, 200, "{}", invited.body);
    let refused = http::ask(address, "GET", "/office/audit", &scene.clerk.cookie(), "");
    assert_eq!(refused.status, 403);
    assert!(
        refused.body.contains("denied-role"),
        "staff are told the rule"
    );
    let shown = desk(system);
    assert!(shown.contains("state=invited\"><b>1</b>"), "{shown}");
    assert!(shown.contains("启用准备") && shown.contains("登记机关"));
    let shown = desk(security);
    assert!(shown.contains("state=roleless\"><b>2</b>"), "{shown}");
    assert!(
        !shown.contains("启用准备"),
        "who sets nothing up sees no steps"
    );
    let shown = desk(auditor);
    assert!(
        shown.contains("outcome=denied&#38;from=") || shown.contains("outcome=denied&amp;from="),
        "{shown}"
    );
    let shown = desk(&scene.others[0]);
    assert!(shown.contains("公开工作机构信息不全"), "{shown}");
    // Who holds no role is told whom to ask.
    assert!(desk(&scene.newcomer.1).contains("请联系安全管理员授予角色"));
    // Five wrong passwords lock the clerk out; two desks count that.
    for _ in 0..5 {
        http::post_form(address, "/office/sign-in", "login=clerk&password=x");
    }
    for staff in [system, security] {
        assert!(desk(staff).contains("state=locked\"><b>1</b>"));
    }
    let locked = http::ask(
        address,
        "GET",
        "/office/people?state=locked",
        &system.cookie(),
        "",
    );
    assert!(locked.body.contains("clerk·𬴂") && !locked.body.contains("head·𬴂"));
    scene.installation.test.forget_jobs();
}
