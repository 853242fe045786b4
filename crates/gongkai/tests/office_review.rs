//! A paper under review in a real browser: the chain is set, a clerk writes, it
//! comes back with a remark, is changed, approved by two, and takes effect.

use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::roles::Role;
use gongkai_store::Engine;
use gongkai_testkit::browser::{Browser, Server, Window};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::installation::Installation;
use gongkai_testkit::people::{PASSWORD, Staff};

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");

/// A house with a bureau and three people, and a node that serves it.
struct Scene {
    test: TestHouse,
    server: Server,
    browser: Browser,
    bureau: OrganizationId,
    /// Who also reviews, and still not what they have written.
    clerk: Staff,
    reviewer: Staff,
    head: Staff,
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
        let role = Some(role);
        office.colleague(&administrators, login, bureau, role).await
    };
    let (clerk_id, clerk) = come("clerk", Role::Clerk).await;
    let (_, reviewer) = come("reviewer", Role::Reviewer).await;
    let (_, head) = come("head", Role::OfficeHead).await;
    let security = office.signed(&administrators[1].token).await;
    let grant = gongkai_app::people::NewGrant::since(Role::Reviewer, Some(bureau), security.today);
    let granted = gongkai_app::people::grant(&test.house, &security, clerk_id, &grant);
    granted.await.expect("granted");
    Scene {
        server,
        test,
        browser: Browser::open(Window::WIDE).await,
        bureau,
        clerk,
        reviewer,
        head,
    }
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

    /// Comes in with a recovery code, after whoever was in before has gone.
    async fn come_in(&self, staff: &Staff, code: usize) {
        self.go("/office/sign-in").await;
        self.browser.fill("#login", &staff.login).await;
        self.browser.fill("#password", PASSWORD).await;
        self.send("form.ask button").await;
        self.browser.wait("#code").await;
        self.browser.fill("#code", &staff.codes[code]).await;
        self.send("form.ask button").await;
        self.browser.wait("form[action='/office/sign-out']").await;
    }

    async fn leave(&self) {
        self.go("/office").await;
        self.send("form[action='/office/sign-out'] button").await;
        self.browser.wait("#login").await;
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

    /// Puts a text in the place of what is in a field.
    async fn put(&self, css: &str, text: &str) {
        let empty = format!("document.querySelector({css:?}).value = ''");
        self.browser.script(&empty).await;
        self.browser.fill(css, text).await;
    }

    /// Nothing for axe to find and nothing wider than the window, at a desk
    /// and on a telephone.
    async fn looked_at(&self, page: &str) {
        for (width, height) in [(375, 1400), (1280, 1100)] {
            self.browser.resize(width, height).await;
            self.browser
                .looked_at(&format!("review-{page}-{width}"))
                .await;
        }
    }

    async fn here(&self) -> String {
        let path = self.browser.script("return location.pathname").await;
        path.as_str().expect("a path").to_owned()
    }
}

async fn the_head_sets_a_chain(scene: &Scene) {
    scene.come_in(&scene.head, 0).await;
    scene
        .go(&format!("/office/organizations/{}/chains", scene.bureau))
        .await;
    scene.says("没有单设，采用本系统的通用流程").await;
    scene.says("步骤“签发”没有撰写人以外的人可以办理").await;
    scene.looked_at("chains").await;
    scene
        .send("a[href$='/chains/change?matter=document']")
        .await;
    scene.looked_at("chain").await;
    // Nothing that nobody could walk is kept.
    scene.send("button[value=save]").await;
    scene
        .says("步骤“合法性审核”没有撰写人以外的人可以办理")
        .await;
    for step in ["legal", "secrecy"] {
        scene
            .browser
            .click(&format!("input[name=drop][value={step}]"))
            .await;
    }
    scene.choose("#role-sign", "office_head").await;
    scene.choose("#stands_in-sign", "").await;
    scene.choose("#urgent_by", "").await;
    scene.send("button[value=preview]").await;
    scene
        .says("审核（审核），由审核人办理：clerk·𬴂、reviewer·𬴂")
        .await;
    scene
        .says("签发（签发），由工作机构负责人办理：head·𬴂")
        .await;
    scene.looked_at("chain-preview").await;
    scene.send("button[value=save]").await;
    scene.says("本机关单设的流程，第 1 版").await;
    scene.leave().await;
}

async fn a_clerk_writes(scene: &Scene) -> String {
    scene.come_in(&scene.clerk, 0).await;
    scene.browser.send("a[href='/office/review']").await;
    scene.browser.wait("#waiting").await;
    scene.says("现在没有等您办理的送审稿").await;
    scene.looked_at("tasks-empty").await;
    scene.send("a[href='/office/review/new']").await;
    // What is wrong is told, and what was typed stays.
    scene.browser.fill("#body", "第一段，防汛。").await;
    scene.choose("#matter", "document").await;
    scene.send("form.ask button.primary").await;
    scene.says("请填写标题").await;
    let kept = scene
        .browser
        .script("return document.querySelector('#body').value")
        .await;
    assert_eq!(kept, "第一段，防汛。");
    scene.looked_at("new-wrong").await;
    scene.put("#title", "关于做好𫓧𩽾河防汛工作的通知").await;
    scene
        .put("#body", "第一段，防汛。\n第二段，依据第九条。")
        .await;
    let file = scene.test.test.folder.path().join("名单.txt");
    std::fs::write(&file, "名单").expect("a file");
    scene
        .browser
        .fill("#file", &file.display().to_string())
        .await;
    scene.send("form.ask button.primary").await;
    scene.says("草稿").await;
    scene.says("名单.txt").await;
    scene.looked_at("draft").await;
    scene.send("form[action$='/hand-in'] button").await;
    scene.says("审签中").await;
    // A role of their own does not help: it is their text.
    scene.says("您撰写或修改过这份内容，不能再审核它").await;
    let own = scene
        .browser
        .script("return document.querySelectorAll(\"form[action$='/take']\").length")
        .await;
    assert_eq!(own, 0);
    scene.looked_at("own").await;
    let paper = scene.here().await;
    scene.leave().await;
    paper
}

/// Title, text and the attachments that stay are there after a file was refused.
async fn a_file_that_is_too_large_loses_nothing(scene: &Scene) {
    let file = scene.test.test.folder.path().join("录像.bin");
    let large = std::fs::File::create(&file).expect("a file");
    large.set_len(20 * 1024 * 1024 + 1).expect("its size");
    scene.put("#body", "第一段，防汛。\n第二段，写到一半").await;
    let file = file.display().to_string();
    scene.browser.fill("#file", &file).await;
    scene.send("form.ask button.primary").await;
    scene.says("附件太大").await;
    let there = "return [document.querySelector('#title').value, \
        document.querySelector('#body').value, \
        document.querySelectorAll('input[name=keep]:checked').length].join('|')";
    let there = scene.browser.script(there).await;
    let expected = "关于做好𫓧𩽾河防汛工作的通知|第一段，防汛。\n第二段，写到一半|1";
    assert_eq!(there.as_str(), Some(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_is_written_returned_changed_approved_and_takes_effect() {
    let scene = scene().await;
    the_head_sets_a_chain(&scene).await;
    let paper = a_clerk_writes(&scene).await;

    scene.come_in(&scene.reviewer, 0).await;
    scene.says("1\n待我审签").await;
    scene.browser.send("a[href='/office/review']").await;
    scene.browser.wait("#waiting").await;
    scene.looked_at("tasks").await;
    scene.send(&format!("a[href='{paper}']")).await;
    scene.says("轮到您：审核（审核人）").await;
    scene.looked_at("turn").await;
    scene.browser.click("details.returning summary").await;
    scene.send("button[value=return]").await;
    scene.says("退回时请写明哪里要改").await;
    // Enter in a remark is a line, and where the remark is sent by Enter it is
    // a return without a text: nothing is ever approved by it.
    scene
        .browser
        .fill("#text-review-0", "应为第十条\u{E007}")
        .await;
    scene.says("轮到您：审核（审核人）").await;
    scene
        .browser
        .script("document.querySelector('#text-review-0').value = ''; document.body.id = 'before'")
        .await;
    scene.browser.fill("#place-review-0", "2\u{E007}").await;
    scene.browser.wait("body:not(#before) main").await;
    scene.says("退回时请写明哪里要改").await;
    scene.says("轮到您：审核（审核人）").await;
    scene.put("#place-review-0", "2").await;
    scene.put("#text-review-0", "应为第十条").await;
    scene.put("#note-return-review", "请核对").await;
    scene.looked_at("returning").await;
    scene.send("button[value=return]").await;
    scene.says("已退回或修改，待报送").await;
    scene.says("第2段：应为第十条").await;
    scene.says("已退回（").await;
    scene.looked_at("returned").await;
    scene.leave().await;

    scene.come_in(&scene.clerk, 1).await;
    scene.says("1\n待我审签").await;
    scene.go(&format!("{paper}/change")).await;
    scene.looked_at("change").await;
    a_file_that_is_too_large_loses_nothing(&scene).await;
    scene
        .put("#body", "第一段，防汛。\n第二段，依据第十条。")
        .await;
    scene.send("form.ask button.primary").await;
    scene
        .browser
        .click("main details:not(.returning):not(.confirm) summary")
        .await;
    scene.says("第二段，依据第九条。").await;
    scene.looked_at("changed").await;
    scene.send("form[action$='/hand-in'] button").await;
    scene.leave().await;

    for (staff, code) in [(&scene.reviewer, 1), (&scene.head, 1)] {
        scene.come_in(staff, code).await;
        scene.go(&paper).await;
        scene.send("button[value=approve]").await;
        scene.leave().await;
    }
    scene.come_in(&scene.clerk, 2).await;
    scene.go(&paper).await;
    scene.says("审签通过，待生效").await;
    scene.send("form[action$='/effect'] button").await;
    scene.says("已生效").await;
    scene.says("签发：通过（工作机构负责人）").await;
    scene.looked_at("effective").await;
    scene.go("/office/review/papers?state=effective").await;
    scene.says("共 1 件").await;
    scene.looked_at("papers").await;
    scene.browser.close().await;
    scene.test.forget_jobs();
}
