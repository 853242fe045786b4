//! A request in a real browser: a clerk takes in a form from the counter, asks for
//! a supplement, enters it, and goes on to the archive; what is refused says why
//! and loses nothing.

use std::process::Command;

use gongkai_domain::organization::roles::Role;
use gongkai_store::Engine;
use gongkai_testkit::browser::{Browser, Server, Window};
use gongkai_testkit::http;
use gongkai_testkit::inspection::docx;
use gongkai_testkit::installation::Installation;
use gongkai_testkit::requests::typed;

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");

struct Scene {
    server: Server,
    browser: Browser,
    case: String,
    cookie: String,
}

impl Scene {
    async fn go(&self, path: &str) {
        let address = format!("{}{path}", self.server.address);
        self.browser.go(&address).await;
    }

    /// Clicks what sends a form, and waits for the page that answers it.
    async fn send(&self, button: &str) {
        self.browser.send(button).await;
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

    /// The form was taken in: from now on it is about this case.
    async fn taken_in(&mut self) {
        // What the applicant takes along: number, code, dates, and how to follow it.
        for told in [
            "编号",
            "查询码",
            "收到",
            "答复期限",
            "怎样查询",
            "云溪县水务局",
        ] {
            self.says(told).await;
        }
        self.looked_at("slip").await;
        let first = "return document.querySelector(\"main a[href^='/office/requests/']\").pathname";
        let path = self.browser.script(first).await;
        self.case = path.as_str().expect("a case").to_owned();
    }

    /// Opens the form of a step from the case's page.
    async fn step(&self, step: &str) {
        self.go(&self.case).await;
        self.send(&format!("p.tools a[href$='do={step}']")).await;
    }
}

/// A server, a browser, and a clerk who has come in.
async fn scene() -> (Installation, Scene) {
    let installation = Installation::new(Engine::Sqlite).await;
    let server = installation.node(BINARY);
    let bureau = installation.test.department("云溪县水务局").await;
    let (office, three) = (&installation.office, &installation.people);
    let role = Some(Role::Clerk);
    let (_, clerk) = office.colleague(three, "clerk", bureau, role).await;
    let scene = Scene {
        server,
        browser: Browser::open(Window::WIDE).await,
        case: String::new(),
        cookie: clerk.cookie(),
    };
    scene.browser.is(&scene.server, &clerk).await;
    (installation, scene)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_takes_a_request_from_the_counter_to_the_archive() {
    let (installation, mut scene) = scene().await;
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
    // By word of mouth: the clerk fills the form in.
    scene.choose("#way", "oral").await;
    scene.browser.fill("#note", "申请人在窗口口述").await;
    scene.choose("#receiving", "pick_up").await;
    scene.send("form.ask button.primary").await;
    scene.says("请描述所需要的政府信息").await;
    scene.looked_at("intake-refused").await;
    scene.browser.fill("#description", &typed.description).await;
    scene.send("form.ask button.primary").await;
    // It is read over and signed: in full, once, for who has just typed it.
    for told in [
        "代填的申请书",
        "申请人签名",
        &typed.phone,
        &typed.description,
    ] {
        scene.says(told).await;
    }
    scene.taken_in().await;

    scene.go(&scene.case).await;
    scene.says("答复期限").await;
    scene.says("199****0001").await;
    scene.looked_at("case").await;

    // No letter before the body has told its letterhead; the step can be entered
    // where the letter is made elsewhere.
    scene.step("supplement_asked").await;
    scene.says("还没有填写版头与救济").await;
    scene.looked_at("no-letterhead").await;
    scene.send("main a[href*='plain=1']").await;
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

    // It is found by a word of what was wanted; a word of one sign is refused.
    scene.browser.fill("#text", "河段 水质").await;
    scene.send("form[role=search] button").await;
    scene.says("找到 1 件").await;
    scene.says(&typed.name).await;
    let address = scene.browser.page.current_url().await.expect("an address");
    assert_eq!(address.path(), "/office/requests/find");
    assert_eq!(address.query(), None, "a name stands in no address");
    scene.looked_at("found").await;
    scene
        .browser
        .wait("#text")
        .await
        .clear()
        .await
        .expect("empty");
    scene.browser.fill("#text", "水").await;
    scene.send("form[role=search] button").await;
    scene.says("每个词至少 2 个字").await;
    scene.looked_at("search-short").await;

    // The case file is had for a reason, and another program opens it.
    scene.go(&scene.case).await;
    scene.send("a[href$='/dossier']").await;
    scene.send("form.ask button.primary").await;
    scene.says("理由").await;
    scene.looked_at("dossier").await;
    let path = format!("{}/dossier", scene.case);
    let archive = http::download(
        &scene.server.address,
        "POST",
        &path,
        &scene.cookie,
        "reason=%E7%A7%BB%E4%BA%A4%E6%A1%A3%E6%A1%88%E9%A6%86",
    );
    let folder = tempfile::tempdir().expect("a folder");
    let zip = folder.path().join("case.zip");
    std::fs::write(&zip, archive).expect("written");
    let out = Command::new("python3")
        .args(["-c", "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print('|'.join(z.namelist()))"])
        .arg(&zip)
        .output();
    let out = out.expect("python3; cargo xtask test installs it");
    let names = String::from_utf8(out.stdout).expect("text");
    assert!(
        names.starts_with(
            "00 目录.html|00 目录.xlsx|SHA256SUMS.txt|01 申请书.html|02 办理经过.html"
        ),
        "{names} {:?}",
        out.stderr
    );
    scene.browser.close().await;
    installation.test.forget_jobs();
}

/// A form with scans of which one may not come in, a mail that fills the form, a
/// call that confirms, and evidence that is added later.
#[tokio::test(flavor = "multi_thread")]
async fn paper_mail_calls_and_evidence_lie_with_the_case() {
    let (installation, mut scene) = scene().await;
    let folder = tempfile::tempdir().expect("a folder");
    let on_disk = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path.display().to_string()
    };
    let program = docx("申请表", &[("word/vbaProject.bin", "x")]);
    let (scan, program) = (
        on_disk("申请书.txt", "申请".as_bytes()),
        on_disk("表格.docm", &program),
    );
    scene.go("/office/requests/new").await;
    let typed = typed(1);
    for (css, text) in [
        ("#name", &typed.name),
        ("#document_number", &typed.document_number),
        ("#phone", &typed.phone),
        ("#description", &typed.description),
        ("#file", &scan),
        ("#file", &program),
    ] {
        scene.browser.fill(css, text).await;
    }
    scene.choose("#way", "counter").await;
    scene.choose("#receiving", "pick_up").await;
    scene.send("form.ask button.primary").await;
    // It is named in place, and nothing else of the form is lost.
    scene.says("“表格.docm”含有不能接收的内容").await;
    scene.says("文件没有保存，请重新选择").await;
    let kept = "return document.querySelector('#description').value";
    assert_eq!(scene.browser.script(kept).await, typed.description);
    scene.looked_at("scan-refused").await;
    scene.browser.fill("#file", &scan).await;
    scene.send("form.ask button.primary").await;
    scene.says("查询码").await;

    // A mail lays itself into the form; the clerk puts right what it lacks.
    let mail = "Date: Fri, 20 Nov 2026 22:30:05 +0800\r\nFrom: =?UTF-8?B?5p+z5bCP56a+?= <liu@example.org>\r\nTo: gk@yunxi.example\r\n\
        Subject: =?UTF-8?B?55Sz6K+3?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\
        --x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n请公开清水河水质监测报告<script>x</script>\r\n\
        --x\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=\"id.txt\"\r\n\r\nabc\r\n--x--\r\n";
    scene.go("/office/requests/mail").await;
    scene.send("form.ask button.primary").await;
    scene.says("请选择邮件文件").await;
    scene.looked_at("mail").await;
    let mail = on_disk("来信.eml", mail.as_bytes());
    scene.browser.fill("#file", &mail).await;
    scene.send("form.ask button.primary").await;
    scene.says("来信.eml、id.txt").await;
    let filled = "return ['name', 'mail', 'way', 'day', 'description'].map(id => document.getElementById(id).value).join('|')";
    assert_eq!(
        scene.browser.script(filled).await,
        "柳小禾|liu@example.org|mail|2026-11-20|请公开清水河水质监测报告<script>x</script>"
    );
    scene.looked_at("mail-filled").await;
    scene
        .browser
        .fill("#document_number", &typed.document_number)
        .await;
    scene.browser.fill("#phone", &typed.phone).await;
    scene.send("form.ask button.primary").await;
    scene.taken_in().await;
    scene.go(&scene.case).await;
    scene.says("收到日期还没有确定").await;
    scene.says("第 1 条：提交申请").await;

    // A call is noted, and is the evidence of the confirmation.
    scene.step("call").await;
    scene.send("form.ask button.primary").await;
    scene.says("请填写与谁通话").await;
    scene.looked_at("call").await;
    scene.browser.fill("#called_with", "柳小禾").await;
    scene.browser.fill("#called_at", "0:00").await;
    scene.browser.fill("#call", "确认邮件是本人所发").await;
    scene.send("form.ask button.primary").await;
    scene.says("199****0001").await;
    scene.step("confirm").await;
    scene.looked_at("confirm").await;
    scene.choose("#noted", "2").await;
    scene.send("form.ask button.primary").await;
    scene.says("答复期限").await;

    // Evidence is added to what it proves.
    scene.send("a[href$='/files']").await;
    scene.send("form.ask button.primary").await;
    scene.says("请选择要加入的文件").await;
    scene.looked_at("evidence").await;
    scene.choose("#event", "2").await;
    scene.browser.fill("#note", "通话录音的文字稿").await;
    scene
        .browser
        .fill("#file", &on_disk("文字稿.txt", b"x"))
        .await;
    scene.send("form.ask button.primary").await;
    scene.says("给第 2 条记录加入 1 份").await;
    // What falls due stands in the calendar, each count a link to its day.
    let due = "return [...document.querySelectorAll('.verdict')].map(e => e.textContent.match(/(\\d+)年(\\d+)月(\\d+)日/)).filter(Boolean)[0].slice(1).map(n => n.padStart(2, '0')).join('-')";
    let due = scene.browser.script(due).await;
    let due = due.as_str().expect("a day").to_owned();
    scene.go("/office/requests/calendar").await;
    scene.looked_at("calendar").await;
    scene
        .go(&format!("/office/requests/calendar?month={}", &due[..7]))
        .await;
    scene.looked_at("calendar-due").await;
    scene.send(&format!(".month a[href$='on={due}']")).await;
    scene.says("只列").await;
    scene.says("柳小禾").await;
    scene.looked_at("day").await;
    scene.go(&scene.case).await;
    scene.says("第 2 条：与申请人通话").await;
    scene.looked_at("case-evidence").await;
    scene.browser.close().await;
    installation.test.forget_jobs();
}
