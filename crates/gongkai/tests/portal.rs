//! What a citizen sees, in a real browser: from the guide to the answer without
//! script, on both databases; every page in every mode; script that somebody
//! types stays text.

mod paper;

use gongkai_app::requests::steps::{self, Seen, Taken};
use gongkai_app::requests::{self as casework, Ticket, Tracked, intake, look, parts};
use gongkai_domain::organization::roles::Role;
use gongkai_domain::organization::{
    DisclosureOffice, Organization, OrganizationId, OrganizationKind, Validity,
};
use gongkai_domain::requests::case::Event;
use gongkai_domain::requests::record::Proof;
use gongkai_domain::settings;
use gongkai_store::{Engine, organization, settings as kept};
use gongkai_testkit::browser::{Browser, Server, Window};
use gongkai_testkit::http;
use gongkai_testkit::inspection::docx;
use gongkai_testkit::installation::Installation;
use gongkai_testkit::people::Staff;

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");
/// A number whose check sign holds.
const RESIDENT: &str = "11010519491231002X";

/// A bureau with its disclosure office, a clerk, and a server.
struct Scene {
    server: Server,
    installation: Installation,
    body: OrganizationId,
    clerk: Staff,
}

async fn scene(engine: Engine) -> Scene {
    let installation = Installation::new(engine).await;
    let house = &installation.test.house;
    let since = Validity::since(jiff::civil::date(2020, 1, 1));
    let mut body = Organization::draft("云溪县水务局", OrganizationKind::Department, since);
    body.office = DisclosureOffice {
        name: "云溪县水务局办公室".to_owned(),
        address: "云溪县清水路 18 号".to_owned(),
        postcode: "215000".to_owned(),
        hours: "工作日 9:00—11:30，14:00—17:00".to_owned(),
        phone: "0512-12345678".to_owned(),
        fax: "0512-12345679".to_owned(),
        mail: "gk@yunxi.example".to_owned(),
        ..DisclosureOffice::default()
    };
    let mut tx = house.db.write().await.expect("a turn");
    organization::lock(&mut tx)
        .await
        .expect("a turn at the bodies");
    let id = organization::insert(&mut tx, &body, house.now()).await;
    // A test types faster than anybody.
    let setting = kept::Setting {
        name: settings::SLOW_SECONDS.to_owned(),
        value: "0".to_owned(),
        version: 0,
    };
    kept::put(&mut tx, &setting, "test", house.now())
        .await
        .expect("set");
    tx.commit().await.expect("kept");
    let id = id.expect("founded");
    let (office, three) = (&installation.office, &installation.people);
    let (_, clerk) = office
        .colleague(three, "clerk", id, Some(Role::Clerk))
        .await;
    Scene {
        server: installation.node(BINARY),
        body: id,
        clerk,
        installation,
    }
}

/// The steps of somebody who fills the form in.
struct Citizen<'a> {
    scene: &'a Scene,
    browser: Browser,
}

impl Citizen<'_> {
    async fn go(&self, path: &str) {
        let address = format!("{}{path}", self.scene.server.address);
        self.browser.go(&address).await;
    }

    async fn says(&self, texts: &[&str]) {
        let main = self.browser.text("main").await;
        for text in texts {
            assert!(main.contains(text), "{text} in {main}");
        }
    }

    /// Fills in what a person has to, but for the description.
    async fn fill_in(&self) {
        let browser = &self.browser;
        browser.fill("#name", "王𫓧").await;
        browser.fill("#document_number", RESIDENT).await;
        browser.fill("#phone", "13800001234").await;
        browser.fill("#mail", "wang@example.org").await;
        browser.click("input[name=receiving][value=pick_up]").await;
        browser.click("input[name=medium][value=paper]").await;
    }

    /// Looks the request up.
    async fn track(&self, code: &str) {
        self.go("/track").await;
        self.browser.fill("#code", &code.to_lowercase()).await;
        self.browser.fill("#tail", "1234").await;
        self.browser.click("form[action='/track'] button").await;
        self.browser.wait("#state").await;
    }

    /// The request as the house has it.
    async fn tracked(&self, code: &str) -> Tracked {
        let ticket = Ticket::new(code, "1234");
        let tracked = casework::track(&self.scene.installation.test.house, ticket).await;
        tracked.expect("tracked")
    }
}

/// Without script: guide, form with a mistake, hints, draft, reading over, proof
/// of filing, tracking, both confirmations, supplement, withdrawal.
async fn journey(engine: Engine, name: &str) {
    let scene = scene(engine).await;
    let window = Window {
        script: false,
        ..Window::NARROW
    };
    let citizen = Citizen {
        browser: Browser::open(window).await,
        scene: &scene,
    };
    let browser = &citizen.browser;
    citizen.go("/guide").await;
    browser.fill("#name", "水务").await;
    browser.click("form[role=search] button").await;
    browser.wait("form[role=search] a.plain").await;
    browser.click(".bodies a").await;
    browser.wait(".ways").await;
    citizen
        .says(&[
            "云溪县清水路 18 号",
            "20 个工作日",
            "不需要说明用途",
            "gk@yunxi.example",
        ])
        .await;
    browser.click("a.primary[href^='/apply/']").await;
    // Who presses on too early loses nothing and is told all at once; so it is
    // with a file that may not come in beside one that may.
    browser.fill("#description", "拆迁的全部资料").await;
    let folder = tempfile::tempdir().expect("a folder");
    let program = docx("申请表", &[("word/vbaProject.bin", "x")]);
    let files = [("委托书.txt", "委托书".as_bytes()), ("表格.docm", &program)];
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        browser.fill("#file", &path.display().to_string()).await;
    }
    browser.click("button[value=review]").await;
    browser.wait("#errors").await;
    let errors = browser.text("#errors").await;
    assert!(
        errors.contains("姓名") && errors.contains("获取信息的方式"),
        "{errors}"
    );
    citizen.says(&["建议再写清楚一点", "没有写时间"]).await;
    citizen.says(&["表格.docm", "委托书.txt"]).await;
    let draft = browser.page.current_url().await.expect("an address");
    assert!(draft.path().starts_with("/draft/"), "{draft}");
    // The line is lost; the draft is where it was.
    citizen.go("/").await;
    citizen.go(draft.path()).await;
    assert_eq!(browser.text("#description").await, "拆迁的全部资料");
    assert!(browser.text(".attached").await.contains("委托书.txt"));
    assert!(!browser.text(".attached").await.contains("表格.docm"));
    browser
        .wait("#description")
        .await
        .clear()
        .await
        .expect("empty");
    browser
        .fill("#description", "2023年城东污水处理厂二期工程施工合同")
        .await;
    citizen.fill_in().await;
    browser.click("button[value=review]").await;
    browser.wait_heading("请核对后提交").await;
    citizen
        .says(&[
            "2023年城东污水处理厂二期工程施工合同",
            "王𫓧",
            "自行领取",
            "云溪县水务局",
            "委托书.txt",
        ])
        .await;
    browser.click("form[action$='/send'] button").await;
    browser.wait_heading("提交凭证").await;
    citizen
        .says(&["提交时间不是收到之日", "双方确认之日为收到之日"])
        .await;
    let code = browser.text(".querycode code").await;
    let receipt = browser.page.current_url().await.expect("an address");
    // The same as a page to be kept, from behind the same link.
    let pdf = format!("{}/pdf", receipt.path());
    let pdf = http::download(&scene.server.address, "GET", &pdf, "", "");
    assert!(pdf.starts_with(b"%PDF-"), "{} bytes", pdf.len());
    // Sent once more, as by somebody who saw no answer: nothing is filed twice.
    let again = format!("{}/send", draft.path());
    let again = http::post_form(&scene.server.address, &again, "");
    assert_eq!(
        (again.status, again.fields("location")),
        (303, vec![receipt.path().to_owned()])
    );
    citizen.go(receipt.path()).await;
    assert_eq!(
        browser.text(".querycode code").await,
        code,
        "it can be seen again"
    );

    // A wrong end of the contact and a wrong code are answered alike.
    citizen.go("/track").await;
    browser.fill("#code", &code).await;
    browser.fill("#tail", "9999").await;
    browser.click("form[action='/track'] button").await;
    browser.wait("#errors").await;
    let wrong_tail = browser.text("#errors").await;
    citizen.track(&code).await;
    citizen.says(&["待双方确认", "尚未确定"]).await;
    assert!(wrong_tail.contains("没有查到"), "{wrong_tail}");
    browser.click("form[action='/track/confirm'] button").await;
    browser.wait("[role=status]").await;
    citizen.says(&["您已经确认"]).await;

    // The office confirms by telephone: now there is a receipt date and a clock.
    let house = &scene.installation.test.house;
    let signed = scene.installation.office.signed(&scene.clerk.token).await;
    let (id, today) = (citizen.tracked(&code).await.id, house.today());
    let seen = |version| Seen { id, version };
    let how = intake::Confirming::Reached;
    let day = today.to_string();
    // What was attached lies with the case, and comes out as it went in.
    let shown = look::see(house, &signed, id).await.expect("seen");
    let names: Vec<&str> = shown.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["委托书.txt"]);
    let path = format!("/office/requests/{id}/file?number=1");
    let file = http::ask(
        &scene.server.address,
        "GET",
        &path,
        &scene.clerk.cookie(),
        "",
    );
    assert_eq!((file.status, file.body.as_str()), (200, "委托书"));
    intake::confirm(
        house,
        &signed,
        "c",
        seen(2),
        &day,
        how,
        "已与申请人通话确认",
    )
    .await
    .expect("confirmed");
    citizen.track(&code).await;
    citizen
        .says(&["办理中", "答复期限", "这个日期怎么算出来的"])
        .await;
    browser.click(".answer details.more > summary").await;
    citizen
        .says(&[
            "收到之日为",
            "20 个工作日内答复",
            "《条例》第三十三条第二款",
        ])
        .await;
    let due = citizen.tracked(&code).await.due.expect("a due date").date;
    citizen
        .says(&[&format!("{}年{}月{}日", due.year(), due.month(), due.day())])
        .await;

    let asked = Taken {
        event: Event::SupplementAsked {
            limit: today.saturating_add(jiff::Span::new().days(15)),
        },
        day: today,
        proofs: vec![(Proof::Note, "请写明是哪一份合同"), (Proof::Reference, "1")],
    };
    steps::step(house, &signed, "s", seen(3), &asked)
        .await
        .expect("asked");
    citizen.track(&code).await;
    citizen.says(&["等您补正", "请写明是哪一份合同"]).await;
    browser.fill("#text", "与施工单位签订的主合同").await;
    browser
        .click("form[action='/track/supplement'] button")
        .await;
    browser.wait("[role=status]").await;
    citizen.says(&["补正已经提交", "办理中"]).await;

    // A matter is set apart: it is followed and taken back for itself.
    let version = look::see(house, &signed, id)
        .await
        .expect("seen")
        .kept
        .version;
    let apart = parts::split(house, &signed, "p", seen(version), "合同的附件清单").await;
    let apart = apart.expect("set apart");
    // Its days stand in the applicant's calendar beside those of the whole.
    let form = format!("code={code}&tail=1234");
    let dates = http::post_form(&scene.server.address, "/track/dates", &form).body;
    for id in [id, apart] {
        let shown = look::see(house, &signed, id).await.expect("seen");
        let uid = format!("UID:{}-due-{}@gongkai\r\n", scene.body, shown.kept.number);
        let on = shown
            .due
            .expect("a due date")
            .date
            .strftime("%Y%m%d")
            .to_string();
        let mut events = dates.split("BEGIN:VEVENT");
        let event = events.find(|event| event.contains(&uid));
        let event = event.unwrap_or_else(|| panic!("{uid} in {dates}"));
        assert!(event.contains(&on), "{on} in {event}");
    }
    citizen.track(&code).await;
    citizen.says(&["分开办理的事项", "合同的附件清单"]).await;
    browser.click("table form[action='/track'] button").await;
    browser.wait("form.back").await;
    citizen
        .says(&["分开办理的事项进度", "合同的附件清单", "返回整件申请"])
        .await;
    browser
        .picture_whole(&format!("portal-journey-part-{name}"))
        .await;
    browser.click("details.confirm > summary").await;
    browser
        .click("form[action='/track/withdraw'] button.danger")
        .await;
    browser.wait("[role=status]").await;
    citizen.says(&["申请已经撤回", "返回整件申请"]).await;
    let part = look::see(house, &signed, apart).await.expect("seen");
    assert!(part.case.state().ending().is_some());
    assert!(
        citizen.tracked(&code).await.may.withdraw,
        "the whole goes on"
    );
    browser.click("form.back button").await;
    browser.wait("p.back").await;
    citizen.says(&["分开办理的事项", "查询另一件"]).await;

    browser.click("details.confirm > summary").await;
    browser
        .click("form[action='/track/withdraw'] button.danger")
        .await;
    browser.wait("[role=status]").await;
    citizen.says(&["申请已经撤回", "撤回申请"]).await;
    browser
        .picture_whole(&format!("portal-journey-{name}"))
        .await;
    citizen.browser.close().await;
    scene.installation.test.forget_jobs();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_asks_and_follows_without_script_on_sqlite() {
    journey(Engine::Sqlite, "sqlite").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_asks_and_follows_without_script_on_postgres() {
    journey(Engine::Postgres, "postgres").await;
}

/// Every page of the public side in a mode: nothing for axe to find, nothing
/// wider than the window, a picture of each.
async fn every_page(width: u32, modes: &[&str]) {
    let scene = scene(Engine::Sqlite).await;
    let citizen = Citizen {
        browser: Browser::open(Window::WIDE).await,
        scene: &scene,
    };
    let browser = &citizen.browser;
    browser.resize(width, 1000).await;
    let body = scene.body;
    let mut faults = Vec::new();
    for mode in modes {
        browser.choose(&scene.server, mode).await;
        let name = |page: &str| format!("portal-{width}-{mode}-{page}");
        for (page, path) in [
            ("home", "/".to_owned()),
            ("guide", "/guide".to_owned()),
            ("guide-none", "/guide?name=x".to_owned()),
            ("guide-body", format!("/guide/{body}")),
            ("paper", format!("/guide/{body}/form")),
            ("apply", format!("/apply/{body}")),
            ("track", "/track".to_owned()),
            ("nowhere", "/draft/none".to_owned()),
        ] {
            citizen.go(&path).await;
            faults.extend(browser.faults(&name(page)).await);
        }
        citizen.go(&format!("/apply/{body}")).await;
        browser.fill("#description", "拆迁的全部资料").await;
        browser.click("button[value=review]").await;
        browser.arrive("#errors").await;
        faults.extend(browser.faults(&name("errors")).await);
        citizen.fill_in().await;
        browser.click("button[value=review]").await;
        browser.arrive("form[action$='/send']").await;
        faults.extend(browser.faults(&name("review")).await);
        browser.click("form[action$='/send'] button").await;
        browser.arrive(".querycode").await;
        faults.extend(browser.faults(&name("receipt")).await);
        let code = browser.text(".querycode code").await;
        citizen.track(&code).await;
        faults.extend(browser.faults(&name("tracked")).await);
        browser.click("form[action='/track/confirm'] button").await;
        browser.arrive("[role=status]").await;
        faults.extend(browser.faults(&name("confirmed")).await);
        let house = &scene.installation.test.house;
        let signed = scene.installation.office.signed(&scene.clerk.token).await;
        let (id, today) = (citizen.tracked(&code).await.id, house.today());
        let how = intake::Confirming::Reached;
        let seen = |version| Seen { id, version };
        intake::confirm(
            house,
            &signed,
            mode,
            seen(2),
            &today.to_string(),
            how,
            "通话确认",
        )
        .await
        .expect("confirmed");
        let asked = Taken {
            event: Event::SupplementAsked {
                limit: today.saturating_add(jiff::Span::new().days(15)),
            },
            day: today,
            proofs: vec![(Proof::Note, "请写明是哪一份合同"), (Proof::Reference, "1")],
        };
        citizen.track(&code).await;
        browser.click(".answer details.more > summary").await;
        faults.extend(browser.faults(&name("due")).await);
        let key = format!("s{mode}");
        steps::step(house, &signed, &key, seen(3), &asked)
            .await
            .expect("asked");
        citizen.track(&code).await;
        faults.extend(browser.faults(&name("supplement")).await);
    }
    citizen.browser.close().await;
    scene.installation.test.forget_jobs();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_public_page_is_whole_at_a_desk() {
    every_page(1280, &["light.normal", "dark.normal"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn and_on_a_telephone() {
    every_page(375, &["light.normal", "contrast.normal", "dark.normal"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn and_large_and_at_320_points() {
    every_page(375, &["light.elder"]).await;
    every_page(320, &["contrast.normal"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn script_that_somebody_types_stays_text() {
    let scene = scene(Engine::Sqlite).await;
    let citizen = Citizen {
        browser: Browser::open(Window::WIDE).await,
        scene: &scene,
    };
    let browser = &citizen.browser;
    let evil = "</textarea>\"'><img src=x onerror=\"document.title='evil'\"><script>document.title='evil'</script>";
    let clean = async || {
        let title = browser.script("return document.title").await.to_string();
        assert!(!title.contains("evil"), "{title}");
        let made = "return document.querySelectorAll('main img, main script').length";
        assert_eq!(browser.script(made).await, 0);
    };
    citizen.go(&format!("/apply/{}", scene.body)).await;
    let open = "for (const one of document.querySelectorAll('details')) one.open = true;";
    browser.script(open).await;
    let set = "for (const one of document.querySelectorAll('form.application :is(input[type=text], textarea)')) one.value = arguments[0];";
    let set = set.replace(
        "arguments[0]",
        &serde_json::to_string(evil).expect("a text"),
    );
    browser.script(&set).await;
    browser.click("button[value=review]").await;
    browser.arrive("#errors").await;
    clean().await;
    let value = "return document.getElementById('organization_proof').value";
    assert_eq!(browser.script(value).await, evil);
    // What a person may write freely goes on to the pages after it.
    citizen.go(&format!("/apply/{}", scene.body)).await;
    browser.fill("#description", evil).await;
    browser.fill("#title", "<script>x</script>").await;
    citizen.fill_in().await;
    browser.click("button[value=review]").await;
    browser.arrive("form[action$='/send']").await;
    clean().await;
    assert!(browser.text("main").await.contains("<script>x</script>"));
    browser.click("form[action$='/send'] button").await;
    browser.arrive(".querycode").await;
    let code = browser.text(".querycode code").await;
    citizen.track(&code).await;
    clean().await;
    assert!(browser.text("main").await.contains("<script>x</script>"));
    citizen.go("/track").await;
    browser.fill("#code", evil).await;
    browser.fill("#tail", evil).await;
    browser.click("form[action='/track'] button").await;
    browser.arrive("#errors").await;
    clean().await;
    citizen
        .go("/guide?name=%3Cscript%3Edocument.title='evil'%3C/script%3E")
        .await;
    clean().await;
    citizen.browser.close().await;
    scene.installation.test.forget_jobs();
}

#[tokio::test(flavor = "multi_thread")]
async fn with_script_the_work_is_done_unseen_and_the_dates_are_taken_along() {
    let scene = scene(Engine::Sqlite).await;
    let citizen = Citizen {
        browser: Browser::open(Window::WIDE).await,
        scene: &scene,
    };
    let browser = &citizen.browser;
    citizen.go(&format!("/apply/{}", scene.body)).await;
    browser
        .fill("#description", "2023年城东污水处理厂二期工程施工合同")
        .await;
    browser.wait("input[name=answer]:not([value=''])").await;
    let found = "const form = document.querySelector('form[data-work]'); return [form.elements.challenge.value, form.elements.answer.value, form.dataset.work]";
    let found = browser.script(found).await;
    let text = |at: usize| found[at].as_str().unwrap_or_default().to_owned();
    let challenge = gongkai_domain::requests::proof::Challenge {
        text: text(0),
        bits: text(2).parse().expect("bits"),
    };
    assert!(
        challenge.bits >= 16 && challenge.is_solved_by(&text(1)),
        "{found}"
    );
    // A page that is lost comes back with what was typed, in this tab.
    citizen.go("/guide").await;
    citizen.go(&format!("/apply/{}", scene.body)).await;
    let typed = "return document.getElementById('description').value";
    assert_eq!(
        browser.script(typed).await,
        "2023年城东污水处理厂二期工程施工合同"
    );
    citizen.fill_in().await;
    browser.click("button[value=review]").await;
    browser.arrive("form[action$='/send']").await;
    assert_eq!(
        browser.script("return sessionStorage.length").await,
        0,
        "the draft has it"
    );
    browser.click("form[action$='/send'] button").await;
    browser.arrive(".querycode").await;
    let code = browser.text(".querycode code").await;
    let house = &scene.installation.test.house;
    let signed = scene.installation.office.signed(&scene.clerk.token).await;
    let (id, today) = (citizen.tracked(&code).await.id, house.today());
    let (seen, how) = (Seen { id, version: 1 }, intake::Confirming::Reached);
    intake::confirm(
        house,
        &signed,
        "c",
        seen,
        &today.to_string(),
        how,
        "通话确认",
    )
    .await
    .expect("confirmed");
    let address = &scene.server.address;
    let form = format!("code={code}&tail=1234");
    let dates = http::post_form(address, "/track/dates", &form);
    assert_eq!(dates.status, 200);
    assert_eq!(
        dates.fields("content-type"),
        ["text/calendar; charset=utf-8"]
    );
    let due = citizen.tracked(&code).await.due.expect("a due date").date;
    let line = format!("DTSTART;VALUE=DATE:{}\r\n", due.strftime("%Y%m%d"));
    assert!(dates.body.contains(&line), "{}", dates.body);
    assert!(
        !dates.body.contains(&code) && !dates.body.contains("王"),
        "nothing of who asked"
    );
    // An unknown code and a wrong contact are one answer.
    let other = gongkai_domain::requests::query_code::QueryCode::of_chance(&[3; 20]);
    let unknown = http::post_form(address, "/track", &format!("code={other}&tail=1234"));
    let wrong = http::post_form(address, "/track", &format!("code={code}&tail=9999"));
    assert_eq!((unknown.status, wrong.status), (404, 404));
    let plain = |answer: http::Answer, code: &str, tail: &str| {
        answer.body.replace(code, "").replace(tail, "")
    };
    let unknown = plain(unknown, &other.to_string(), "1234");
    assert_eq!(unknown, plain(wrong, &code, "9999"));
    // And whoever goes on guessing has to wait.
    for _ in 0..8 {
        http::post_form(address, "/track", &format!("code={other}&tail=0000"));
    }
    let held = http::post_form(address, "/track", &form);
    assert_eq!(held.status, 429);
    assert!(held.body.contains("以后再试"), "{}", held.body);
    citizen.browser.close().await;
    scene.installation.test.forget_jobs();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_over_a_quota_loses_nothing_and_is_told_when_and_how_else() {
    let scene = scene(Engine::Sqlite).await;
    let send = |key: &str| {
        let description = "2023年城东污水处理厂二期工程施工合同<b>";
        let form = http::form(&[
            ("key", b"", key.as_bytes()),
            ("description", b"", description.as_bytes()),
            ("step", b"", b"save"),
        ]);
        http::post(
            &scene.server.address,
            &format!("/apply/{}", scene.body),
            &form,
        )
    };
    for at in 0..10 {
        let answer = send(&format!("k{at}"));
        assert_eq!(answer.status, 303, "{}", answer.body);
    }
    let held = send("late");
    assert_eq!(held.status, 429, "without script ten an hour");
    for text in [
        "当面提交、邮寄申请照常受理",
        "以后可以再次网上提交",
        "二期工程施工合同&#60;b&#62;",
    ] {
        assert!(held.body.contains(text), "{text} in {}", held.body);
    }
    // What was taken already is answered as before.
    assert_eq!(send("k3").status, 303);
    // Who counts is the house, not the node.
    let other = scene.installation.node(BINARY);
    let form = http::form(&[("key", b"", b"n"), ("description", b"", b"x")]);
    let held = http::post(&other.address, &format!("/apply/{}", scene.body), &form);
    assert_eq!(held.status, 429);
    scene.installation.test.forget_jobs();
}
