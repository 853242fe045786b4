//! A day of the invented city in a real browser: an administrator brings bodies
//! and people in by tables with wrong rows, a leader lends a role, an auditor
//! looks both up.

use std::path::{Path, PathBuf};

use gongkai_app::paper::table::TableFormat;
use gongkai_testkit::browser::{Browser, Server, Window};
use gongkai_testkit::database::Folder;

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");

struct City {
    browser: Browser,
    server: Server,
    folder: Folder,
    name: &'static str,
}

impl City {
    async fn go(&self, path: &str) {
        self.browser
            .go(&format!("{}{path}", self.server.address))
            .await;
    }

    /// Clicks what sends a form, and waits for the page that answers it.
    async fn send(&self, button: &str) {
        self.browser.send(button).await;
    }

    async fn says(&self, texts: &[&str]) {
        let main = self.browser.text("main").await;
        for text in texts {
            assert!(main.contains(text), "{text} in {main}");
        }
    }

    /// Comes in as somebody of the city, by the page of the demonstration.
    async fn come_in(&self, login: &str) {
        self.go("/office/demo").await;
        let row = format!(
            "const row = [...document.querySelectorAll('main tbody tr')]\
             .find(r => r.textContent.includes('{login}'));"
        );
        let code = format!("{row} return row.textContent.match(/[0-9]{{6}}/)[0]");
        let code = self.browser.script(&code).await;
        self.browser.script("document.body.id = 'before'").await;
        self.browser
            .script(&format!("{row} row.querySelector('button').click()"))
            .await;
        self.browser.wait("body:not(#before) #code").await;
        self.browser
            .fill("#code", code.as_str().expect("a code"))
            .await;
        self.send("form.ask button").await;
        self.browser.wait("form[action='/office/sign-out']").await;
    }

    async fn sign_out(&self) {
        self.go("/office").await;
        self.send("form[action='/office/sign-out'] button").await;
    }

    fn table(&self, name: &str, rows: &[&[&str]]) -> PathBuf {
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| (*cell).to_owned()).collect())
            .collect();
        let path = self.folder.path().join(name);
        let bytes = TableFormat::Xlsx.write(&rows).expect("a table");
        std::fs::write(&path, bytes).expect("written");
        path
    }

    async fn bring(&self, table: &Path) {
        self.browser
            .fill("#table", &table.display().to_string())
            .await;
        self.send("form.ask button.primary").await;
    }

    async fn looked_at(&self, page: &str) {
        self.browser
            .looked_at(&format!("{}-{page}", self.name))
            .await;
    }
}

const BODIES: [&str; 4] = ["机关名称", "机关类型", "上级机关", "设立日期"];
const PEOPLE: [&str; 5] = ["姓名", "登录名", "所在机关", "电话", "电子邮件"];

async fn a_day(window: Window, name: &'static str) {
    let city = City {
        server: Server::start(BINARY, &["demo"]),
        browser: Browser::open(window).await,
        folder: Folder::new(),
        name,
    };
    city.come_in("xitong").await;

    city.go("/office/organizations/import").await;
    let good = [
        "云溪县交通运输局",
        "工作部门",
        "云溪县人民政府",
        "2019-05-15",
    ];
    let no_kind = ["云溪县民政局", "大部门", "云溪县人民政府", "2019-05-15"];
    let no_day = ["云溪县司法局", "工作部门", "云溪县人民政府", "去年"];
    city.bring(&city.table("bodies.xlsx", &[&BODIES, &good, &no_kind, &no_day]))
        .await;
    city.says(&["大部门", "去年"]).await;
    city.looked_at("bodies-wrong").await;
    let mended = ["云溪县民政局", "工作部门", "云溪县人民政府", "2019-05-15"];
    city.bring(&city.table("bodies.xlsx", &[&BODIES, &good, &mended]))
        .await;
    city.says(&["云溪县交通运输局", "云溪县民政局"]).await;

    city.go("/office/people").await;
    city.browser.send("a[href='/office/people/import']").await;
    city.browser.wait("#table").await;
    let yan = ["严𩽾", "yan", "云溪县民政局", "13800001234", ""];
    let taken = ["何某", "hezhou", "云溪县民政局", "", ""];
    let nowhere = ["路某", "lu", "云溪县路政局", "", ""];
    city.bring(&city.table("people.xlsx", &[&PEOPLE, &yan, &taken, &nowhere]))
        .await;
    city.says(&["云溪县路政局"]).await;
    city.bring(&city.table("people.xlsx", &[&PEOPLE, &yan, &taken]))
        .await;
    city.says(&["hezhou"]).await;
    city.looked_at("people-wrong").await;
    let he = ["何穗", "hesui", "云溪县交通运输局", "", ""];
    city.bring(&city.table("people.xlsx", &[&PEOPLE, &yan, &he]))
        .await;
    city.says(&["严𩽾", "何穗", "/office/join?token="]).await;
    city.looked_at("people-links").await;
    city.sign_out().await;

    city.come_in("gaoyuan").await;
    city.go("/office/delegations").await;
    city.browser.click("input[name='role']").await;
    let choose = "const list = document.querySelector('#to');\
        list.value = [...list.options].find(o => o.text.includes('百里川')).value;";
    city.browser.script(choose).await;
    let last = "const d = new Date(Date.now() + 3 * 86400e3); return d.toISOString().slice(0, 10)";
    let last = city.browser.script(last).await;
    city.browser
        .fill("#until", last.as_str().expect("a day"))
        .await;
    city.browser.fill("#reason", "出差").await;
    city.send("form.ask button").await;
    city.says(&["百里川", "分管领导"]).await;
    city.sign_out().await;

    city.come_in("shenji").await;
    city.go("/office/audit?action=self.delegate").await;
    city.says(&["gaoyuan"]).await;
    city.looked_at("audit-delegation").await;
    city.go("/office/audit?action=people.invite").await;
    city.says(&["xitong"]).await;
    city.browser.close().await;
}

#[tokio::test]
async fn a_city_is_filled_lent_in_and_looked_over() {
    a_day(Window::WIDE, "journey-1280").await;
}

#[tokio::test]
async fn and_on_a_telephone_too() {
    a_day(Window::NARROW, "journey-375").await;
}
