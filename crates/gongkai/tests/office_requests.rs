//! A request in a real browser: a clerk takes in a form from the counter, asks for
//! a supplement, enters it, and goes on to the archive; what is refused says why
//! and loses nothing.

use gongkai_domain::organization::roles::Role;
use gongkai_store::Engine;
use gongkai_testkit::browser::{Browser, Server, Window};
use gongkai_testkit::installation::Installation;
use gongkai_testkit::requests::typed;

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");

struct Scene {
    server: Server,
    browser: Browser,
    case: String,
}

impl Scene {
    async fn go(&self, path: &str) {
        let address = format!("{}{path}", self.server.address);
        self.browser.go(&address).await;
    }

    /// Clicks what sends a form, and waits for the page that answers it.
    async fn send(&self, button: &str) {
        self.browser.script("document.body.id = 'before'").await;
        self.browser.click(button).await;
        self.browser.wait("body:not(#before) main").await;
    }

    async fn says(&self, text: &str) {
        let main = self.browser.text("main").await;
        assert!(main.contains(text), "{text} in {main}");
    }

    async fn choose(&self, css: &str, value: &str) {
        let script = format!(
            "const f = document.querySelector({css:?}); f.value = {value:?}; return f.value"
        );
        assert_eq!(self.browser.script(&script).await, value, "{css} offers it");
    }

    /// Nothing for axe to find and nothing wider than the window, at a desk
    /// and on a telephone.
    async fn looked_at(&self, page: &str) {
        for (width, height) in [(375, 1400), (1280, 1100)] {
            self.browser.resize(width, height).await;
            let name = format!("requests-{page}-{width}");
            self.browser.looked_at(&name).await;
        }
    }

    /// Opens the form of a step from the case's page.
    async fn step(&self, step: &str) {
        self.go(&self.case).await;
        self.send(&format!("p.tools a[href$='do={step}']")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_takes_a_request_from_the_counter_to_the_archive() {
    let installation = Installation::new(Engine::Sqlite).await;
    let server = installation.node(BINARY);
    let bureau = installation.test.department("云溪县水务局").await;
    let (office, three) = (&installation.office, &installation.people);
    let role = Some(Role::Clerk);
    let (_, clerk) = office.colleague(three, "clerk", bureau, role).await;
    let mut scene = Scene {
        server,
        browser: Browser::open(Window::WIDE).await,
        case: String::new(),
    };
    scene.browser.is(&scene.server, &clerk).await;
    scene.go("/office/requests").await;
    scene.says("没有这样的申请件").await;
    scene.looked_at("desk-empty").await;

    // What is wrong is told beside its field, and what was typed stays.
    scene.send("a[href='/office/requests/new']").await;
    let typed = typed(1);
    for (css, text) in [
        ("#name", &typed.name),
        ("#document_number", &typed.document_number),
        ("#phone", &typed.phone),
    ] {
        scene.browser.fill(css, text).await;
    }
    scene.choose("#receiving", "pick_up").await;
    scene.send("form.ask button.primary").await;
    scene.says("请描述所需要的政府信息").await;
    scene.looked_at("intake-refused").await;
    scene.browser.fill("#description", &typed.description).await;
    scene.send("form.ask button.primary").await;
    scene.says("查询码").await;
    let path = scene
        .browser
        .script("return document.querySelector(\"main a[href^='/office/requests/']\").pathname")
        .await;
    scene.case = path.as_str().expect("a case").to_owned();

    scene.go(&scene.case).await;
    scene.says("答复期限").await;
    scene.says("199****0001").await;
    scene.looked_at("case").await;

    scene.step("supplement_asked").await;
    scene.looked_at("step").await;
    // The form proposes a period.
    let limit = scene
        .browser
        .script("return document.querySelector('#limit').value")
        .await;
    assert_eq!(limit.as_str().map(str::len), Some("2026-11-22".len()));
    scene.send("form.ask button.primary").await;
    // Without the evidence nothing is done, and the day stays.
    scene.says("请写明情况").await;
    let kept = scene
        .browser
        .script("return document.querySelector('#limit').value")
        .await;
    assert_eq!(kept, limit);
    scene.browser.fill("#note", "请写明所需报告的季度").await;
    scene.send("form.ask button.primary").await;
    scene.says("正在等申请人补正").await;
    scene.looked_at("waiting").await;

    scene.step("supplement_came").await;
    scene.browser.fill("#supplement", "第三季度").await;
    scene.send("form.ask button.primary").await;
    scene.says("办理中").await;
    scene.step("withdrawn").await;
    scene.browser.fill("#note", "本人到窗口书面撤回").await;
    scene.send("form.ask button.primary").await;
    scene.says("申请人撤回申请").await;
    scene.step("archived").await;
    scene.send("form.ask button.primary").await;
    scene.says("已归档").await;
    scene.looked_at("archived").await;

    scene.go("/office/requests?list=over").await;
    scene.says(&typed.name).await;
    scene.looked_at("desk").await;
    scene.browser.close().await;
    installation.test.forget_jobs();
}
