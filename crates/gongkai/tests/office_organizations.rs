//! Organizations in a real browser: from an empty list to a merger, on both
//! engines; and tables that harm whoever reads them.

use gongkai_app::paper::table::TableFormat;
use gongkai_app::report::orders::read_rows;
use gongkai_store::{Engine, copy};
use gongkai_testkit::browser::{Browser, Server, Window};
use gongkai_testkit::installation::Installation;
use gongkai_testkit::people::PASSWORD;
use gongkai_testkit::reader::InProcess;
use gongkai_testkit::{hostile, http};

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");

/// A browser in which the system administrator has signed in.
struct Desk {
    browser: Browser,
    server: Server,
    /// For the names of pictures.
    name: &'static str,
}

impl Desk {
    async fn of(installation: &Installation, name: &'static str) -> Self {
        let server = installation.node(BINARY);
        let browser = Browser::open(Window::WIDE).await;
        let desk = Self {
            browser,
            server,
            name,
        };
        let system = &installation.people[0];
        desk.go("/office/sign-in").await;
        desk.browser.fill("#login", &system.login).await;
        desk.browser.fill("#password", PASSWORD).await;
        desk.press("form.ask button").await;
        desk.browser.wait("#code").await;
        // The code of enrolment is used; the server takes the next one too.
        installation
            .test
            .clock
            .advance(jiff::SignedDuration::from_secs(30));
        let code = installation.office.code(&system.secret);
        desk.browser.fill("#code", &code).await;
        desk.press("form.ask button").await;
        desk.browser
            .wait("main a[href='/office/organizations']")
            .await;
        desk
    }

    async fn go(&self, path: &str) {
        let address = format!("{}{path}", self.server.address);
        self.browser.go(&address).await;
    }

    async fn press(&self, css: &str) {
        self.browser.click(css).await;
    }

    /// Puts a text in the place of what is in a field.
    async fn put(&self, css: &str, text: &str) {
        let script = format!(
            "const f = document.querySelector({css:?}); f.value = ''; f.focus(); return f.tagName"
        );
        let tag = self.browser.script(&script).await;
        if tag == "SELECT" {
            let chosen = format!(
                "const f = document.querySelector({css:?}); f.value = {text:?}; return f.value"
            );
            assert_eq!(self.browser.script(&chosen).await, text, "{css} offers it");
        } else {
            self.browser.fill(css, text).await;
        }
    }

    async fn says(&self, text: &str) {
        let main = self.browser.text("main").await;
        assert!(main.contains(text), "{text} in {main}");
    }

    /// Nothing for axe to find and nothing wider than the window, at a desk and
    /// on a telephone; pictures are kept.
    async fn looked_at(&self, page: &str) {
        for (width, height) in [(375, 1400), (1280, 1100)] {
            self.browser.resize(width, height).await;
            let name = format!("{}-{page}-{width}", self.name);
            self.browser.looked_at(&name).await;
        }
    }

    /// Founds a body; the number of its page.
    async fn found(&self, fields: &[(&str, &str)]) -> String {
        self.go("/office/organizations/new").await;
        for (css, text) in fields {
            self.put(css, text).await;
        }
        self.press("form.ask button.primary").await;
        self.browser.wait("dl.facts").await;
        self.here().await
    }

    /// The path of the page.
    async fn here(&self) -> String {
        let path = self.browser.script("return location.pathname").await;
        path.as_str().expect("a path").to_owned()
    }

    /// The names in the list, as they stand.
    async fn listed(&self, query: &str) -> Vec<String> {
        self.go(&format!("/office/organizations{query}")).await;
        let names = "return [...document.querySelectorAll('tbody tr td:first-child')].map(c => c.textContent)";
        let names = self.browser.script(names).await;
        let names = names.as_array().expect("names");
        names
            .iter()
            .map(|name| name.as_str().expect("a name").to_owned())
            .collect()
    }

    /// A file that the browser downloads.
    async fn downloaded(&self, path: &str) -> Vec<u8> {
        let script = format!(
            "const done = arguments[arguments.length - 1];\
             fetch({path:?}).then(r => r.arrayBuffer()).then(b => done([...new Uint8Array(b)]));"
        );
        let bytes = self.browser.page.execute_async(&script, Vec::new()).await;
        let bytes = bytes.expect("a file");
        let bytes = bytes.as_array().expect("bytes").iter();
        bytes
            .map(|byte| u8::try_from(byte.as_u64().expect("a byte")).expect("a byte"))
            .collect()
    }

    async fn import(&self, folder: &std::path::Path, name: &str, rows: &[[&str; 4]]) {
        let mut table = vec![["机关名称", "机关类型", "上级机关", "设立日期"]];
        table.extend(rows);
        let table: Vec<Vec<String>> = table
            .iter()
            .map(|row| row.map(ToOwned::to_owned).to_vec())
            .collect();
        let file = folder.join(name);
        std::fs::write(&file, TableFormat::Xlsx.write(&table).expect("a workbook"))
            .expect("a file");
        self.go("/office/organizations/import").await;
        self.browser
            .fill("#table", &file.display().to_string())
            .await;
        self.press("form.ask button.primary").await;
    }
}

const CITY: &str = "𬴂𫓧市人民政府";
const BUREAU: &str = "𬴂𫓧市𩽾·阿布局";

async fn a_tree_is_founded_and_changed(desk: &Desk) -> String {
    desk.go("/office/organizations").await;
    desk.looked_at("empty").await;
    desk.go("/office/organizations/new").await;
    desk.looked_at("new").await;
    // Nothing typed is lost.
    desk.put("#name", CITY).await;
    desk.put("#from", "2000年").await;
    desk.press("form.ask button.primary").await;
    desk.browser.wait("[role=alert]").await;
    desk.says("2000年").await;
    let kept = desk
        .browser
        .script("return document.querySelector('#name').value")
        .await;
    assert_eq!(kept, CITY);
    desk.looked_at("new-wrong").await;
    desk.put("#from", "2000年1月1日").await;
    desk.put("#kind", "government").await;
    desk.press("form.ask button.primary").await;
    desk.browser.wait("dl.facts").await;
    desk.says("2000-01-01").await;
    // A part of a name is enough to choose by.
    desk.go("/office/organizations/new").await;
    for (css, text) in [
        ("#name", BUREAU),
        ("#kind", "department"),
        ("#parent", "𫓧"),
        ("#from", "2001-02-03"),
    ] {
        desk.put(css, text).await;
    }
    desk.press("form.ask button.primary").await;
    desk.browser.wait("select#parent").await;
    desk.looked_at("choose").await;
    desk.put("#parent", CITY).await;
    desk.press("form.ask button.primary").await;
    desk.browser.wait("dl.facts").await;
    let bureau = desk.here().await;
    desk.says(CITY).await;
    desk.go(&format!("{bureau}/change")).await;
    desk.put("#short_name", "𩽾局").await;
    desk.put("#credit_code", "91330100799655058B").await;
    desk.press("form.ask button.primary").await;
    desk.browser.wait("table.past").await;
    desk.says("简称：无 → 𩽾局").await;
    desk.looked_at("body").await;
    let section = [
        ("#name", "办公室"),
        ("#kind", "section"),
        ("#parent", BUREAU),
        ("#from", "2001-02-03"),
    ];
    desk.found(&section).await;
    bureau
}

async fn a_table_is_taken_in_whole_or_not_at_all(desk: &Desk, folder: &std::path::Path) {
    desk.go("/office/organizations/import").await;
    desk.looked_at("import").await;
    let before = desk.listed("").await;
    let wrong = [
        ["𬴂𫓧市财政局", "工作部门", CITY, "2002-03-04"],
        ["𬴂𫓧市公安局", "衙门", CITY, "2002-03-04"],
        ["𬴂𫓧市教育局", "工作部门", "没有的政府", "2002年"],
    ];
    desk.import(folder, "机关.xlsx", &wrong).await;
    desk.browser.wait("[role=alert]").await;
    let rows = "return [...document.querySelectorAll('tbody tr')].map(r => [r.cells[0].textContent, r.cells[1].querySelectorAll('p').length].join(':')).join(' ')";
    assert_eq!(desk.browser.script(rows).await, "3:1 4:2");
    desk.says("有 2 行不对，什么都没有导入").await;
    desk.looked_at("import-wrong").await;
    assert_eq!(desk.listed("").await, before, "nothing half-imported");
    let mended = [
        wrong[0],
        ["𬴂𫓧市公安局", "工作部门", CITY, "2002-03-04"],
        ["𬴂𫓧市教育局", "工作部门", CITY, "2002-03-04"],
    ];
    desk.import(folder, "机关.xlsx", &mended).await;
    desk.browser.wait("tbody td a").await;
    desk.says("已导入 3 个机关").await;
    desk.looked_at("list").await;
    let all = desk.listed("").await;
    let mut sorted = all.clone();
    sorted.sort();
    assert_eq!(all, sorted, "by the characters' own order");
    assert_eq!(all.len(), 6);
    assert_eq!(desk.listed("?text=𩽾·").await, [BUREAU]);
    assert_eq!(desk.listed("?text=55058b").await, [BUREAU]);
    desk.go("/office/organizations/import").await;
    desk.says("机关.xlsx").await;
    for format in ["csv", "xlsx"] {
        let path = format!("/office/organizations/export?format={format}");
        let bytes = desk.downloaded(&path).await;
        let name = format!("a.{format}");
        let read = read_rows(&InProcess, &name, bytes.into()).await;
        let read = read.expect("an answer").expect("a table");
        let mut names: Vec<&str> = read[1..].iter().map(|row| row[0].as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, sorted, "{format}");
        let bureau = read
            .iter()
            .find(|row| row[0] == BUREAU)
            .expect("the bureau");
        assert_eq!((bureau[1].as_str(), bureau[5].as_str()), ("𩽾局", CITY));
    }
}

/// The same form in two windows, sent from both.
async fn of_two_windows_the_second_is_told(desk: &Desk, body: &str) {
    let page = &desk.browser.page;
    let change = format!("{body}/change");
    desk.go(&change).await;
    let first = page.window().await.expect("a window");
    let second = page.new_window(true).await.expect("another").handle;
    page.switch_to_window(second).await.expect("it is there");
    desk.go(&change).await;
    desk.put("#division", "370102").await;
    desk.press("form.ask button.primary").await;
    desk.browser.wait("table.past").await;
    page.close_window().await.expect("it closes");
    page.switch_to_window(first).await.expect("it is there");
    desk.put("#short_name", "阿布局").await;
    desk.press("form.ask button.primary").await;
    desk.browser.wait("[role=alert]").await;
    desk.says("行政区划代码：现在是“370102”，您填的是“无”")
        .await;
    desk.says("简称：现在是“𩽾局”，您填的是“阿布局”").await;
    desk.looked_at("conflict").await;
    // Who has read it takes it over.
    desk.put("#division", "370102").await;
    desk.press("form.ask button.primary").await;
    desk.browser.wait("table.past").await;
    desk.says("简称：𩽾局 → 阿布局").await;
}

async fn bodies_are_renamed_and_merged(desk: &Desk, bureau: &str) {
    let succeed = format!("{bureau}/succeed");
    desk.go(&succeed).await;
    desk.looked_at("succeed").await;
    for (css, text) in [
        ("#kind", "renamed"),
        ("#on", "2020-05-06"),
        ("#founded", "𬴂𫓧市𩽾·资源局"),
    ] {
        desk.put(css, text).await;
    }
    desk.press("button[value=review]").await;
    desk.browser.wait("[role=alert]").await;
    desk.says("请写明依据").await;
    let kept = "return [document.querySelector('#kind').value, document.querySelector('#founded').value, document.querySelector('[name=from]').value].join(' ')";
    let expected = format!("renamed 𬴂𫓧市𩽾·资源局 {BUREAU}");
    assert_eq!(desk.browser.script(kept).await, expected);
    desk.looked_at("succeed-wrong").await;
    desk.put("#basis", "𬴂编发〔2020〕5号").await;
    desk.press("button[value=review]").await;
    desk.browser.wait("button.danger").await;
    desk.says("“办公室”改为隶属“𬴂𫓧市𩽾·资源局”").await;
    desk.looked_at("confirm").await;
    // Back, and forth again: everything is there.
    desk.press("button[value=edit]").await;
    desk.browser.wait("button[value=review]").await;
    assert_eq!(desk.browser.script(kept).await, expected);
    desk.press("button[value=review]").await;
    desk.press("button.danger").await;
    desk.browser.wait("table.line").await;
    desk.says("本机关已于 2020-05-05 终止").await;
    desk.looked_at("ended").await;
    desk.press(".verdict a").await;
    desk.browser.wait_heading("𬴂𫓧市𩽾·资源局").await;
    desk.says("91330100799655058B").await;
    // Two into a new one; the second is chosen by a part of its name.
    let renamed = desk.here().await;
    desk.go(&format!("{renamed}/succeed")).await;
    for (css, text) in [
        ("#kind", "merged"),
        ("#on", "2024-03-01"),
        ("#basis", "𬴂编发〔2024〕1号"),
        ("[name=from][aria-label$='2']", "教育"),
        ("#founded", "𬴂𫓧市·文教局"),
    ] {
        desk.put(css, text).await;
    }
    desk.press("button[value=more]").await;
    desk.browser.wait("[name=from][aria-label$='8']").await;
    let rows = "return document.querySelectorAll('[name=from]').length";
    assert_eq!(desk.browser.script(rows).await, 8);
    desk.press("button[value=review]").await;
    desk.browser.wait("select[name=from]").await;
    desk.looked_at("succeed-choose").await;
    desk.put("select[name=from]", "𬴂𫓧市教育局").await;
    desk.press("button[value=review]").await;
    desk.press("button.danger").await;
    desk.browser.wait("table.line").await;
    // The history leads from the last to the first.
    desk.press(".verdict a").await;
    desk.browser.wait_heading("𬴂𫓧市·文教局").await;
    let line = "return [...document.querySelectorAll('table.line tbody tr')].map(r => [r.cells[1].textContent, ...[...r.querySelectorAll('a')].map(a => a.textContent)].join(' ')).join('; ')";
    let expected = format!("更名 {BUREAU} 𬴂𫓧市𩽾·资源局; 合并 𬴂𫓧市教育局 𬴂𫓧市𩽾·资源局");
    let found = desk.browser.script(line).await;
    let found = found.as_str().expect("a text");
    let words = |text: &str| {
        let mut words: Vec<String> = text.split([' ', ';']).map(ToOwned::to_owned).collect();
        words.sort();
        words
    };
    assert_eq!(words(found), words(&expected), "{found}");
    desk.looked_at("history").await;
}

async fn the_journey(engine: Engine, name: &'static str) {
    let installation = Installation::new(engine).await;
    let desk = Desk::of(&installation, name).await;
    let bureau = a_tree_is_founded_and_changed(&desk).await;
    a_table_is_taken_in_whole_or_not_at_all(&desk, installation.test.test.folder.path()).await;
    of_two_windows_the_second_is_told(&desk, &bureau).await;
    bodies_are_renamed_and_merged(&desk, &bureau).await;
    desk.browser.close().await;
    drop(desk.server);
    installation.test.forget_jobs();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_keeps_the_organizations_on_sqlite() {
    the_journey(Engine::Sqlite, "bodies").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_keeps_the_organizations_on_postgres() {
    the_journey(Engine::Postgres, "bodies-postgres").await;
}

/// Kibibytes of memory that a process has held at most.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.expect("its memory")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_harms_its_reader_is_told_of_and_the_server_lives_on() {
    let installation = Installation::new(Engine::Sqlite).await;
    // The tests' own build takes its time.
    let server = installation.node_with(BINARY, &["--reading-seconds", "20"]);
    let cookie = installation.people[0].cookie();
    let contents = async || {
        let contents = copy::contents(&installation.test.house.db).await;
        contents.expect("contents")["organizations"].rows
    };
    let send = |bytes: &[u8]| {
        let key = installation.test.house.token();
        let form = http::form(&[
            ("key", b"", key.as_bytes()),
            ("table", "机关.xlsx".as_bytes(), bytes),
        ]);
        http::post_as(
            &server.address,
            "/office/organizations/import",
            &cookie,
            &form,
        )
    };
    let before = peak(server.id());
    let too_large = vec![b'a'; 16 * 1024 * 1024 + 1];
    for (bytes, status, told) in [
        (hostile::sheet_bomb(), 422, "解压后超过 128 MiB"),
        (hostile::heavy_sheet(), 422, "内存超过上限"),
        (hostile::million_empty_rows(&[]), 422, "文件里没有内容"),
        (too_large, 413, "超过 16 MiB"),
        (b"PK\x03\x04 cut off".to_vec(), 422, "损坏或不完整"),
        (Vec::new(), 422, "还没有选择表格文件"),
    ] {
        let answer = send(&bytes);
        assert_eq!(answer.status, status, "{told}: {}", answer.body);
        assert!(answer.body.contains(told), "{told}: {}", answer.body);
    }
    assert_eq!(contents().await, 0, "nothing is kept");
    let blobs = installation.test.test.folder.path().join("blobs");
    let kept = std::fs::read_dir(blobs).map_or(0, Iterator::count);
    assert_eq!(kept, 0, "no file either");
    // What the server itself held is the files, not what they unfold to.
    let grown = peak(server.id()).saturating_sub(before) / 1024;
    assert!(grown < 96, "the server grew by {grown} MiB");
    // What is good is taken, with a million empty rows below it.
    let rows: &[&[&str]] = &[
        &["机关名称", "机关类型", "设立日期"],
        &["𬴂𫓧市人民政府", "人民政府", "2000-01-01"],
    ];
    let answer = send(&hostile::million_empty_rows(rows));
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(answer.head.contains("imported=1"), "{}", answer.head);
    assert_eq!(contents().await, 1);
    assert!(server.stop(), "it ends well");
    installation.test.forget_jobs();
}
