//! The pages as visitors use them, in a real browser.

use std::path::PathBuf;

use gongkai_testkit::browser::{Browser, Server, Window, lighthouse};
use gongkai_testkit::database::Folder;

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");

fn sample(name: &str) -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("samples")
        .join(name)
        .display()
        .to_string()
}

/// A file of a test's own, removed at its end.
struct File {
    _folder: Folder,
    path: PathBuf,
}

impl File {
    fn new(name: &str, content: &[u8]) -> Self {
        let folder = Folder::new();
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("a file");
        Self {
            _folder: folder,
            path,
        }
    }

    fn path(&self) -> String {
        self.path.display().to_string()
    }
}

#[tokio::test]
async fn a_journalist_chooses_a_report_and_sees_what_is_wrong() {
    let server = Server::start(BINARY, &["serve"]);
    let browser = Browser::open(Window::WIDE).await;
    browser.go(&server.address).await;
    browser.click("a.primary").await;
    browser.fill("#report", &sample("water-2024.html")).await;
    assert!(browser.text("#chosen").await.contains("water-2024.html"));
    browser.click("#send").await;
    browser.wait("#kept").await;
    let verdict = browser.text(".verdict").await;
    assert!(
        verdict.contains('处') && verdict.contains("错误"),
        "{verdict}"
    );
    // Choosing a finding brings its place, and the place its finding.
    browser.click(".finding .head a").await;
    browser.wait(".report .shown").await;
    browser.click(".report mark a, .report td.error a").await;
    browser.wait(".finding.shown").await;
    // The filter hides what is not asked for.
    let shown = "return [...document.querySelectorAll('.finding.error')].filter(f => f.offsetParent).length";
    assert!(browser.script(shown).await.as_u64() > Some(0));
    browser.click(".filter input[value=error]").await;
    assert_eq!(browser.script(shown).await.as_u64(), Some(0));
    browser.close().await;
}

#[tokio::test]
async fn files_may_be_dropped_and_tables_pasted() {
    let server = Server::start(BINARY, &["serve"]);
    let browser = Browser::open(Window::WIDE).await;
    browser.go(&format!("{}/audit", server.address)).await;
    let text = std::fs::read_to_string(sample("water-2023.html")).expect("the sample");
    let text = serde_json::to_string(&text).expect("a string");
    browser
        .script(&format!(
            "const data = new DataTransfer(); data.items.add(new File([{text}], '拖来的.html'));\
             document.body.dispatchEvent(new DragEvent('drop', {{ dataTransfer: data, bubbles: true, cancelable: true }}));"
        ))
        .await;
    assert!(browser.text("#chosen").await.contains("拖来的.html"));
    browser.click("#send").await;
    browser.wait("#kept").await;
    assert!(browser.text("main").await.contains("拖来的.html"));

    browser.go(&format!("{}/audit", server.address)).await;
    browser
        .script(&format!(
            "const data = new DataTransfer(); data.setData('text/html', {text}); data.setData('text/plain', 'x');\
             const area = document.getElementById('text'); area.focus();\
             area.dispatchEvent(new ClipboardEvent('paste', {{ clipboardData: data, bubbles: true, cancelable: true }}));"
        ))
        .await;
    browser.click("#send").await;
    browser.wait("#kept").await;
    assert!(browser.text("main").await.contains("粘贴的内容"));
    browser.close().await;
}

#[tokio::test]
async fn reports_of_two_years_are_held_against_each_other() {
    let server = Server::start(BINARY, &["serve"]);
    let browser = Browser::open(Window::WIDE).await;
    browser.go(&format!("{}/audit", server.address)).await;
    let picture = File::new("scan.png", b"\x89PNG\r\n\x1a\n not much of a picture");
    for path in [
        sample("water-2023.html"),
        sample("water-2024.html"),
        picture.path(),
    ] {
        browser.fill("#report", &path).await;
    }
    browser.click("#send").await;
    browser.wait(".overview").await;
    assert_eq!(browser.text("h1").await, "总览");
    let main = browser.text("main").await;
    assert!(main.contains("XY-CARRY-"), "carry-over between the years");
    assert!(main.contains("与上年比较（件）"), "both years as bars");
    // What could not be read stands beside what could.
    let unread = browser.text(".unread").await;
    assert!(
        unread.contains("scan.png") && unread.contains("不支持"),
        "{unread}"
    );
    browser.close().await;
}

#[tokio::test]
async fn each_verdict_is_said_first() {
    let server = Server::start(BINARY, &["serve"]);
    let browser = Browser::open(Window::WIDE).await;
    let title = "云溪县水务局2024年政府信息公开工作年度报告";
    let prose = File::new(
        "prose.txt",
        format!("{title}\n一、总体情况\n无。\n").as_bytes(),
    );
    let broken = File::new("broken.docx", b"PK\x03\x04 cut off");
    let table = [
        (sample("water-2024.html"), ".verdict.error", "错误"),
        (sample("finance-2022.txt"), ".verdict", "警告"),
        (prose.path(), ".verdict", "没有发现错误"),
        (broken.path(), ".unread", "损坏"),
    ];
    for (path, place, words) in table {
        browser.go(&format!("{}/audit", server.address)).await;
        browser.fill("#report", &path).await;
        browser.click("#send").await;
        browser.wait("#kept").await;
        let said = browser.text(place).await;
        assert!(said.contains(words), "{path}: {said}");
    }
    // Nothing chosen: the form says so.
    browser.go(&format!("{}/audit", server.address)).await;
    browser.click("#send").await;
    assert!(
        browser
            .text(".verdict.error")
            .await
            .contains("还没有选择文件")
    );
    browser.close().await;
}

#[tokio::test]
async fn everything_works_without_script() {
    let server = Server::start(BINARY, &["serve"]);
    let window = Window {
        script: false,
        ..Window::NARROW
    };
    let browser = Browser::open(window).await;
    browser.go(&format!("{}/audit", server.address)).await;
    browser.fill("#report", &sample("water-2024.html")).await;
    // The script would have listed what was chosen.
    assert_eq!(browser.text("#chosen").await, "");
    browser.click("#send").await;
    assert!(browser.text(".verdict.error").await.contains("错误"));
    // The modes keep the result that the server has not kept.
    browser.click(".display summary").await;
    browser.click(".modes button[value=dark]").await;
    browser.wait("html[data-theme=dark]").await;
    assert!(browser.text(".verdict.error").await.contains("错误"));
    browser.click(".display summary").await;
    browser.click(".modes button[value=en]").await;
    browser.wait("html[lang=en] .verdict.error").await;
    assert!(browser.text(".verdict.error").await.contains("error"));
    browser.go(&format!("{}/audit", server.address)).await;
    browser.wait("html[data-theme=dark][lang=en]").await;
    browser.click("button[form=samples]").await;
    browser.wait(".overview").await;
    browser
        .go(&format!("{}/fee?by=items&count=35", server.address))
        .await;
    browser.wait(".answer").await;
    browser.close().await;
}

#[tokio::test]
async fn the_keyboard_alone_is_enough() {
    let server = Server::start(BINARY, &["serve"]);
    let browser = Browser::open(Window::WIDE).await;
    browser.go(&format!("{}/clock", server.address)).await;
    // The first stop of the tabulator leads past the navigation.
    let tab = "\u{e004}";
    let body = browser.wait("body").await;
    body.send_keys(tab).await.expect("tab");
    let active = "return document.activeElement.className || document.activeElement.id";
    assert_eq!(browser.script(active).await, "skip");
    let skip = browser.page.active_element().await.expect("the link");
    skip.send_keys("\u{e007}").await.expect("enter");
    // Field by field, then Enter.
    let mut seen = Vec::new();
    for _ in 0..20 {
        let element = browser.page.active_element().await.expect("an element");
        element.send_keys(tab).await.expect("tab");
        let id = browser.script("return document.activeElement.id").await;
        let id = id.as_str().unwrap_or_default().to_owned();
        seen.push(id.clone());
        if id == "received" {
            break;
        }
    }
    assert_eq!(
        seen.last().map(String::as_str),
        Some("received"),
        "{seen:?}"
    );
    let field = browser.page.active_element().await.expect("the field");
    field
        .send_keys("2024年9月10日\u{e007}")
        .await
        .expect("typed");
    assert!(browser.text(".answer h2").await.contains("2024年10月14日"));
    browser.close().await;
}

#[tokio::test]
async fn what_was_typed_wrong_is_said_beside_the_field_and_kept() {
    let server = Server::start(BINARY, &["serve"]);
    let browser = Browser::open(Window::WIDE).await;
    browser.go(&format!("{}/clock", server.address)).await;
    browser.fill("#received", "九月十日").await;
    browser.send("form.ask button").await;
    let said = browser.text("#received-error").await;
    assert!(
        said.contains("九月十日") && said.contains("2026-11-22"),
        "{said}"
    );
    let kept = browser
        .script("return document.getElementById('received').value")
        .await;
    assert_eq!(kept, "九月十日");
    browser.close().await;
}

#[tokio::test]
async fn a_page_with_faults_does_not_pass() {
    let browser = Browser::open(Window::WIDE).await;
    browser
        .go("data:text/html,<title>x</title><main><img src='x'><input><p style='color:silver'>grey</p></main>")
        .await;
    let found = browser.axe().await.join("\n");
    for rule in ["image-alt", "label", "color-contrast", "html-has-lang"] {
        assert!(found.contains(rule), "{rule} in {found}");
    }
    browser.close().await;
}

#[test]
fn lighthouse_gives_every_page_its_full_mark() {
    let server = Server::start(BINARY, &["serve"]);
    let marks = lighthouse(&server.address, &PAGES);
    assert_eq!(marks.len(), PAGES.len() + 1);
    for (page, faults) in marks {
        assert!(faults.is_empty(), "{page}: {faults:?}");
    }
}

#[tokio::test]
async fn a_printed_result_is_dark_on_white_and_shows_its_reckoning() {
    let server = Server::start(BINARY, &["serve"]);
    let browser = Browser::open(Window::WIDE).await;
    browser.go(&format!("{}/audit", server.address)).await;
    browser.fill("#report", &sample("water-2024.html")).await;
    browser.click("#send").await;
    browser.wait("#kept").await;
    // From a dark screen, with the reckoning folded.
    browser.click(".display summary").await;
    browser.click(".modes button[value=dark]").await;
    browser.wait("html[data-theme=dark] .verdict").await;
    let pdf = browser.print("printed-result").await;
    assert!(pdf.starts_with(b"%PDF"));
    browser.media("print").await;
    let colours =
        "return ['backgroundColor', 'color'].map(c => getComputedStyle(document.body)[c])";
    let colours = browser.script(colours).await;
    assert_eq!(colours[0], "rgb(255, 255, 255)");
    assert_eq!(colours[1], "rgb(27, 31, 36)");
    for (css, stands) in [
        (".verdict", true),
        (".finding details > :not(summary)", true),
        ("header.site", false),
        (".filter", false),
        (".tools", false),
    ] {
        let height =
            format!("return document.querySelector('{css}').getBoundingClientRect().height > 0");
        assert_eq!(browser.script(&height).await, stands, "{css}");
    }
    browser.close().await;
}

/// Pages that are asked for.
const PAGES: [&str; 13] = [
    "/",
    "/audit",
    "/clock",
    "/clock?do=due&received=2024-09-10&consult_from=2024-09-20&consult_to=2024-10-09",
    "/clock?do=due&received=bald",
    "/clock?do=remedy",
    "/clock?do=add&from=2024-09-10&days=20",
    "/fee?by=items&count=35",
    "/rules",
    "/formats",
    "/api",
    "/design",
    "/nowhere",
];

/// Each page, and the result, in a mode: nothing for axe to find, nothing
/// wider than the window.
async fn pages_in_mode(window: Window, modes: &[&str]) {
    let server = Server::start(BINARY, &["serve"]);
    let browser = Browser::open(window).await;
    let mut faults = Vec::new();
    for mode in modes {
        browser.choose(&server, mode).await;
        for page in PAGES.iter().chain(&["sample"]) {
            if *page == "sample" {
                browser.go(&format!("{}/audit", server.address)).await;
                browser.click("button[form=samples]").await;
                browser.wait(".overview").await;
            } else {
                browser.go(&format!("{}{page}", server.address)).await;
            }
            let name = page.split('?').next().unwrap_or("").replace('/', "-");
            let name = format!("{}-{mode}{name}", window.width);
            faults.extend(browser.faults(&name).await);
        }
    }
    browser.close().await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn every_page_is_for_everyone_in_light_and_dark() {
    pages_in_mode(Window::WIDE, &["light.normal", "dark.normal"]).await;
}

#[tokio::test]
async fn every_page_is_for_everyone_in_high_contrast_and_large() {
    pages_in_mode(Window::WIDE, &["contrast.normal", "light.elder"]).await;
}

#[tokio::test]
async fn every_page_is_for_everyone_on_a_telephone() {
    pages_in_mode(
        Window::NARROW,
        &["light.normal", "dark.elder", "contrast.elder"],
    )
    .await;
}

#[tokio::test]
async fn every_page_flows_into_320_points() {
    let window = Window {
        width: 320,
        ..Window::NARROW
    };
    pages_in_mode(window, &["system.normal"]).await;
}
