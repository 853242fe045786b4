//! From the filing to the archive, in a real browser, with the clock advanced: a
//! journey for each family of outcomes and each refusal, on both databases. Every
//! letter on the way is drafted, read, and issued by clicks.

mod hostile;
mod road;

use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::organization::OrganizationKind;
use gongkai_domain::requests::clock::ClockSettings;
use gongkai_store::Engine;
use gongkai_testkit::requests::found;
use jiff::ToSpan;
use road::Road;

/// What is given, in part or whole, or public already.
async fn given(engine: Engine, looks: bool) {
    let mut road = Road::to(engine, looks).await;
    for n in 0..60 {
        let name = format!("云溪县第{n}局");
        found(&road.test.house, &name, OrganizationKind::Department, None).await;
    }
    road.crowded = true;
    // What a body closes its guide does not offer, nor the form itself.
    let own = road.bureau.own;
    let (guide, office) = (
        format!("/guide/{own}"),
        format!("/office/organizations/{own}/office"),
    );
    for (choice, offered) in [("closed", false), ("", true)] {
        road.is(road.bureau.head).await;
        road.go(&office).await;
        road.put(&[("open_online", choice)]).await;
        road.looked_at("form-office").await;
        road.send("form.ask button.primary").await;
        road.go(&guide).await;
        let links = "return document.querySelector(\"main a[href^='/apply/']\") !== null";
        assert_eq!(road.browser.script(links).await, offered);
        road.looked_at(if offered { "guide" } else { "guide-closed" })
            .await;
        if !offered {
            road.go(&format!("/apply/{own}")).await;
            road.says("没有开通网上申请").await;
        }
    }
    road.file().await;
    road.beside(2).await;
    road.by_counts().await;
    road.confirm().await;
    road.by_keys().await;
    for (outcome, title) in [
        ("already_public", "政府信息公开告知书"),
        ("granted", "政府信息公开告知书"),
        ("partial", "政府信息部分公开告知书"),
    ] {
        road.file().await;
        road.confirm().await;
        road.later(3);
        road.reply(outcome, &[]).await;
        // 《行政复议法》第二十条: 60 days; 《行政诉讼法》第四十六条: six months. Counted
        // from the day after service, and never ended by a day off.
        let (review, suit) = (road.today + 60.days(), road.today + 6.months());
        let all = [
            ("review", road.working(review)),
            ("suit", road.working(suit)),
        ];
        // 《行政复议法》第二十三条: what is refused, in part too, is reviewed first.
        let most = if outcome == "partial" { 1 } else { 2 };
        road.dates(&all[..most]);
        road.tracked(&["政府信息公开申请登记回执", title]).await;
    }
    // A filter by outcome does not follow to lists that have none.
    road.is(road.bureau.clerk).await;
    road.go("/office/requests?list=over&outcome=granted").await;
    let found = "return document.querySelectorAll('main tbody tr').length";
    assert_eq!(road.browser.script(found).await, 1);
    let hrefs = "return [...document.querySelectorAll('.tabs a')].filter(a => a.search.includes('outcome')).length";
    assert_eq!(road.browser.script(hrefs).await, 2);
    road.looked_at("desk-over").await;
    road.track().await;
    // How the applicant was served.
    road.put(&[("stars", "5")]).await;
    road.send("form[action='/track/rate'] button").await;
    road.says("谢谢").await;
    road.end().await;
}

/// Each refusal for the sake of what is kept.
async fn refused(engine: Engine, looks: bool) {
    let mut road = Road::to(engine, looks).await;
    for outcome in [
        "denied_internal",
        "denied_state_secret",
        "denied_law_prohibited",
        "denied_security",
        "denied_process",
        "denied_case_file",
    ] {
        road.file().await;
        road.confirm().await;
        road.reply(outcome, &[]).await;
        road.tracked(&["政府信息不予公开告知书"]).await;
    }
    road.end().await;
}

/// What a third party objects to, what is not there, and what is not dealt with.
async fn unheld(engine: Engine, looks: bool) {
    let mut road = Road::to(engine, looks).await;
    // A third party is heard first.
    road.file().await;
    road.confirm().await;
    road.heard().await;
    road.looked_at("case-consulted").await;
    road.reply("denied_third_party", &[]).await;
    // What is given all the same is decided first, and the third party is told of it and
    // of the day.
    road.file().await;
    road.confirm().await;
    road.heard().await;
    road.approved("granted", &[]).await;
    road.is(road.bureau.handler).await;
    let release = road.today.saturating_add(1.days()).to_string();
    let own = [("decision-release", release.as_str())];
    road.letter("letter_decided", "disclosure_decided", &own)
        .await;
    road.looked_at("case-decided").await;
    road.later(1);
    road.replied().await;
    road.mailed().await;
    road.served().await;
    // What does not exist was searched for.
    road.file().await;
    road.confirm().await;
    road.is(road.bureau.handler).await;
    let limit = road.today.saturating_add(7.days()).to_string();
    let search = [
        ("asked", "档案室"),
        ("words", "污水处理厂 二期 合同"),
        ("limit", &limit),
    ];
    road.step("search_ask", &search).await;
    let units = "return [...document.querySelectorAll('main table tbody tr')].filter(r => r.textContent.includes('档案室')).length";
    assert_eq!(road.browser.script(units).await, 1);
    road.looked_at("case-searched").await;
    road.later(2);
    road.is(road.bureau.handler).await;
    let found = [
        ("number", "1"),
        ("found", "no"),
        ("searcher", "档案员张某"),
        ("result", "在档案室以“污水处理厂 二期”检索，未见"),
    ];
    road.step("search_end", &found).await;
    // A section of the body is asked too: it finds the case by its number, and answers.
    let search = [("asked", "水资源股"), ("words", "污水"), ("limit", &limit)];
    road.step("search_ask", &search).await;
    road.is(road.bureau.inside).await;
    road.open().await;
    road.looked_at("case-asked").await;
    // What is wanted is theirs, and neither who wants it nor how much else they ask.
    road.says("城东污水处理厂").await;
    for other in ["柳", "本月向本机关", "征求意见", "申请材料里没有"] {
        let shown = "return document.querySelector('main').innerText";
        let shown = road.browser.script(shown).await;
        let shown = shown.as_str().expect("a text");
        assert!(!shown.contains(other), "{other} in {shown}");
    }
    let offered = "return document.querySelectorAll(\"p.tools a[href*='do=']\").length";
    assert_eq!(
        road.browser.script(offered).await,
        1,
        "nothing else is theirs"
    );
    let found = [
        ("found", "no"),
        ("searcher", "水资源股李某"),
        ("result", "在股内档案柜检索，未见"),
    ];
    road.step("search_end", &found).await;
    road.reply("not_exist", &[]).await;
    road.tracked(&["政府信息不存在告知书"]).await;
    for outcome in ["not_ours", "petition", "duplicate"] {
        road.file().await;
        road.confirm().await;
        road.reply(outcome, &[]).await;
    }
    // Who asks for too much is asked why, and says so.
    road.file().await;
    road.confirm().await;
    road.reasoned("写论文用").await;
    road.reply("excessive", &[]).await;
    road.end().await;
}

/// What another law opens, has to be made, is to be bought, was had before, or is no
/// matter of the Regulation; and who is answered later for good reasons.
async fn elsewhere(engine: Engine, looks: bool) {
    let mut road = Road::to(engine, looks).await;
    let all = [
        "special_access_law",
        "needs_processing",
        "publication",
        "confirm_or_reissue",
        "consultation_not_foi",
        "archives_law",
        "other",
    ];
    // They differ by their words alone; each leaves by its letter on both databases
    // in the app's own cases (`every_outcome_leaves_by_its_letter`).
    let many = match engine {
        Engine::Sqlite => all.len(),
        Engine::Postgres => 1,
    };
    for outcome in &all[..many] {
        road.file().await;
        road.confirm().await;
        road.reply(outcome, &[]).await;
        let title = Kind::telling(outcome).expect("a kind").title;
        road.tracked(&[title]).await;
    }
    road.file().await;
    road.confirm().await;
    road.reasoned("代理四十六户村民分别申请").await;
    road.is(road.bureau.head).await;
    // As long again as the period is, where nobody says otherwise.
    road.letter("deferred", "deferral", &[]).await;
    let received = road.today.yesterday().expect("a day");
    road.is_due(received, 40).await;
    road.reply("granted", &[]).await;
    road.tracked(&["政府信息公开延迟答复告知书"]).await;
    road.end().await;
}

/// What is unclear, extended, abandoned, not paid for, taken back.
async fn ended(engine: Engine, looks: bool) {
    let mut road = Road::to(engine, looks).await;
    // Supplemented, still unclear; extended by the head in time.
    road.file().await;
    road.confirm().await;
    road.is(road.bureau.handler).await;
    road.letter("supplement_asked", "supplement", &[]).await;
    let set = ClockSettings::default();
    let limit = road.in_working_days(15);
    road.dates(&[("supplement", limit)]);
    road.later(3);
    road.track().await;
    road.put(&[("text", "城东污水处理厂二期")]).await;
    road.send("form[action='/track/supplement'] button").await;
    road.says("补正已经提交").await;
    road.is(road.bureau.head).await;
    // The clock begins anew with the supplement; the extension adds.
    let came = road.today;
    road.is_due(came, 20).await;
    road.dates(&[("due", road.in_working_days(20))]);
    // A text that nobody wrote follows what is typed beside it.
    road.form("extended").await;
    road.told("extension", &[]).await;
    road.send("form.ask button.primary").await;
    road.says("延长20个工作日").await;
    road.send("button[value=back]").await;
    road.put(&[("extension-days", "10")]).await;
    road.send("form.ask button.primary").await;
    road.says("延长10个工作日").await;
    // One that somebody wrote is shown again where that has changed.
    let write = "const t = document.querySelector('#edited'); t.value += '请谅解。'; return 1";
    road.browser.script(write).await;
    road.send("button[value=back]").await;
    road.put(&[("extension-days", "15")]).await;
    road.send("form.ask button.primary").await;
    road.says("正文是按原来的内容写的").await;
    road.send("button[value=anew]").await;
    road.says("延长15个工作日").await;
    road.looked_at("letter-anew").await;
    road.send("button[value=issue]").await;
    road.no_faults("extension").await;
    road.is_due(came, 35).await;
    road.reply("still_unclear", &[]).await;
    road.tracked(&[
        "政府信息公开申请补正告知书",
        "政府信息公开延期答复告知书",
        "政府信息无法提供告知书",
    ])
    .await;
    // Never supplemented.
    road.file().await;
    road.later(1);
    road.is(road.bureau.clerk).await;
    road.confirm().await;
    // The query code is lost: a new one opens it, and the old one does not.
    road.recoded("核对身份证原件").await;
    // What was typed wrong at the desk is put right before anything stands on it.
    road.form("corrected").await;
    road.looked_at("form-corrected").await;
    let right = [("phone", "199 0000 0099"), ("reason", "申请人来电更正")];
    road.put(&right).await;
    road.send("form.ask button.primary").await;
    road.no_faults("corrected").await;
    road.says("更正登记").await;
    // So is the day on which it was confirmed, and the clock follows.
    let day = road.today.saturating_sub(1.days());
    road.is_due(road.today, 20).await;
    road.form("day_corrected").await;
    road.looked_at("form-day_corrected").await;
    let typed = day.to_string();
    let right = [("day", typed.as_str()), ("reason", "通话记录为前一日")];
    road.put(&right).await;
    road.send("form.ask button.primary").await;
    road.no_faults("day_corrected").await;
    road.is_due(day, 20).await;
    road.looked_at("case-day_corrected").await;
    road.abandoned().await;
    road.over().await;
    road.tracked(&["政府信息公开申请不再处理告知书"]).await;
    // Never paid for.
    road.file().await;
    road.confirm().await;
    road.is(road.bureau.handler).await;
    // By item there is nothing to pay; by page there is.
    road.form("letter_fee").await;
    road.told("fee", &[]).await;
    road.send("form.ask button.primary").await;
    road.says("本件不收信息处理费").await;
    let pages = [("basis", "pages"), ("pages", "240")];
    road.letter("letter_fee", "fee", &pages).await;
    // What the notice says is not typed once more.
    road.step("fee_notified", &[("note", "当面送达")]).await;
    let limit = road.in_working_days(set.payment_working_days);
    road.dates(&[("payment", limit)]);
    road.says("第201至240页，每页40元，小计1600元").await;
    road.track().await;
    road.says("第201至240页，每页40元，小计1600元").await;
    road.looked_at("track-to-pay").await;
    let paid = road.today;
    road.later(60);
    road.is(road.bureau.clerk).await;
    road.letter("fee_lapsed", "abandoned_fee", &[]).await;
    road.over().await;
    // The treasury reports late that it was paid in time: nothing was given up.
    road.reopened("lapse", 5, "财政部门补报缴费凭证").await;
    road.is(road.bureau.clerk).await;
    let paid_on = paid.to_string();
    let how = [
        ("day", paid_on.as_str()),
        ("reference", "非税 2026 字 7 号"),
    ];
    road.step("fee_paid", &how).await;
    road.is_due(paid, 20).await;
    road.track().await;
    road.says("视为放弃不成立").await;
    // Taken back by the applicant.
    road.file().await;
    road.confirm().await;
    road.track().await;
    road.browser
        .script("document.querySelector(\"form[action='/track/withdraw']\").closest('details').open = true")
        .await;
    road.send("form[action='/track/withdraw'] button").await;
    road.says("申请已经撤回").await;
    road.is(road.bureau.clerk).await;
    road.letter("letter_withdrawn", "withdrawn", &[]).await;
    road.over().await;
    road.tracked(&["政府信息公开申请撤回确认书"]).await;
    road.end().await;
}

macro_rules! on_both {
    ($($name:ident $journey:ident;)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread")]
            async fn on_sqlite() {
                $journey(Engine::Sqlite, true).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn on_postgres() {
                $journey(Engine::Postgres, false).await;
            }
        }
    )*};
}

on_both! {
    what_is_given given;
    what_is_refused refused;
    what_is_not_had unheld;
    what_has_its_own_way elsewhere;
    what_ends_otherwise ended;
}
