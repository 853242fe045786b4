//! The road of a case: what the office, the applicant and the clock do on it, by
//! clicks.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::Arc;

use gongkai_app::letters;
use gongkai_app::once::Sent;
use gongkai_app::report::orders::{Answering, Bytes, Order, Reader, Refused};
use gongkai_domain::calendar::Calendar;
use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::letters::{entry, samples};
use gongkai_domain::organization::{OpenWays, PersonId};
use gongkai_domain::settings;
use gongkai_store::{Engine, settings as kept};
use gongkai_testkit::browser::{Browser, Window};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::requests::{Bureau, come_in, letterhead, open_by, signed, typed};
use gongkai_web::Server;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use jiff::tz::{TimeZone, offset};
use serde_json::json;
use tokio::sync::watch;

/// Nobody brings a report here.
struct NoReader;

impl Reader for NoReader {
    fn carry_out(&self, _: Order, _: Vec<Bytes>) -> Answering<'_> {
        Box::pin(std::future::ready(Err(Refused::NotStarted)))
    }
}

/// A bureau, its server in this process, and a browser.
pub(super) struct Road {
    pub(super) test: TestHouse,
    pub(super) bureau: Bureau,
    pub(super) browser: Browser,
    address: String,
    /// The day on which everybody is.
    pub(super) today: Date,
    /// The case that is on its way: its address in the office, its query code.
    case: String,
    code: String,
    /// Counts the applicants.
    n: u32,
    /// Pages of this name were looked at.
    seen: BTreeSet<String>,
    looks: bool,
    /// Whether there are more bodies than anybody looks through.
    pub(super) crowded: bool,
}

impl Road {
    pub(super) async fn to(engine: Engine, looks: bool) -> Self {
        let test = TestHouse::new(engine).await;
        let bureau = Bureau::new(&test.house).await;
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("its address"));
        let house = test.house.clone();
        std::thread::spawn(move || {
            let (_stop, stopped) = watch::channel(false);
            let server = Server::new(Arc::new(NoReader), Calendar::built_in(), &[]);
            let server = server.with_office(house);
            let ran = server.run(&listener, &stopped);
            drop(ran);
        });
        let mut road = Self {
            browser: Browser::open(Window::WIDE).await,
            today: date(2026, 1, 5),
            case: String::new(),
            code: String::new(),
            seen: BTreeSet::new(),
            n: 0,
            bureau,
            test,
            address,
            looks,
            crowded: false,
        };
        road.on(road.today);
        // A test types faster than anybody, and without working for it.
        let mut tx = road.test.house.db.write().await.expect("a turn");
        for (name, value) in [(settings::SLOW_SECONDS, "0"), (settings::PROOF_BITS, "0")] {
            let setting = kept::Setting {
                name: name.to_owned(),
                value: value.to_owned(),
                version: 0,
            };
            let set = kept::put(&mut tx, &setting, "test", road.test.house.now()).await;
            set.expect("set");
        }
        tx.commit().await.expect("kept");
        let head = signed(&road.test.house, road.bureau.head).await;
        let typed = letterhead();
        let sent = Sent::new("letterhead", "one", []);
        let own = road.bureau.own;
        letters::change_head(&road.test.house, &head, &sent, own, (0, &typed))
            .await
            .expect("a letterhead");
        road
    }

    /// It is nine in the morning of a day.
    pub(super) fn on(&mut self, day: Date) {
        self.today = day;
        let zoned = day
            .at(9, 0, 0, 0)
            .to_zoned(TimeZone::fixed(offset(8)))
            .expect("a time");
        self.test.clock.set(zoned.timestamp());
    }

    /// Some days go by.
    pub(super) fn later(&mut self, days: i64) {
        self.on(self.today.saturating_add(days.days()));
    }

    pub(super) async fn is(&self, who: PersonId) {
        let token = come_in(&self.test.house, who).await;
        self.browser.has(&self.address, &token).await;
    }

    pub(super) async fn go(&self, path: &str) {
        self.browser.go(&format!("{}{path}", self.address)).await;
    }

    /// Clicks what sends a form, and waits for the page that answers it.
    pub(super) async fn send(&self, button: &str) {
        self.browser.send(button).await;
    }

    pub(super) async fn says(&self, text: &str) {
        let main = self.browser.text("main").await;
        assert!(main.contains(text), "{text} in {main}");
    }

    /// Fills fields by their names, as fast as a script does.
    pub(super) async fn put(&self, fields: &[(&str, &str)]) {
        let fields = json!(fields);
        let script = format!(
            "for (const [name, value] of {fields}) {{
                const all = [...document.querySelectorAll(`main [name=\"${{name}}\"]`)].filter(f => f.type !== 'hidden');
                if (!all.length) throw new Error('no field ' + name);
                if (all[0].type === 'radio') all.find(f => f.value === value).checked = true;
                else all[0].value = value;
            }} return 1"
        );
        self.browser.script(&script).await;
    }

    /// Nothing for axe to find and nothing wider than the window, at a desk and on
    /// a telephone; each kind of page once.
    pub(super) async fn looked_at(&mut self, page: &str) {
        if !self.looks || !self.seen.insert(page.to_owned()) {
            return;
        }
        for (width, height) in [(375, 1400), (1280, 1100)] {
            self.browser.resize(width, height).await;
            self.browser
                .looked_at(&format!("journey-{page}-{width}"))
                .await;
        }
    }

    /// What the bureau closes, past any page that is open.
    async fn open_by(&self, closed: &str) {
        open_by(&self.test.house, self.bureau.own, OpenWays::but(closed)).await;
    }

    /// Somebody files on the portal; the office finds the case.
    pub(super) async fn file(&mut self) {
        self.later(1);
        self.n += 1;
        let typed = typed(self.n);
        let own = self.bureau.own;
        self.go(&format!("/apply/{own}")).await;
        self.put(&[
            ("name", &typed.name),
            ("document_number", &typed.document_number),
            ("phone", &typed.phone),
            ("mail", &typed.mail),
            (
                "description",
                "云溪县水务局2025年城东污水处理厂二期工程施工合同",
            ),
            ("receiving", "mail"),
            ("medium", "electronic"),
        ])
        .await;
        let is_first = self.crowded && self.n == 1;
        if is_first {
            self.open_by("online").await;
        }
        self.send("button[value=review]").await;
        let read_over = self.browser.text("main").await;
        assert!(read_over.contains("请核对后提交"), "{read_over}");
        if is_first {
            // Closed while somebody wrote: nothing of it is lost, nor sent.
            self.send("form[action$='/send'] button").await;
            self.says("没有开通网上申请").await;
            self.says("城东污水处理厂").await;
            self.looked_at("read-over-closed").await;
            self.open_by("").await;
        }
        // The first goes to another body too, with a case of its own there.
        if self.n == 1 {
            self.looked_at("read-over").await;
            let other = self.bureau.other;
            let choose = format!(
                "document.querySelector('details.also').open = true;
                document.querySelector('input[name=also][value=\"{other}\"]').checked = true; return 1"
            );
            self.browser.script(&choose).await;
            // Where there are more than anybody looks through, others are named.
            if self.crowded {
                self.put(&[("named", "云溪县第九十九局")]).await;
                self.send("form[action$='/send'] button").await;
                self.says("没有找到可以受理申请的机关“云溪县第九十九局”")
                    .await;
                let kept = "return document.querySelector('input[name=also]:checked').value";
                assert_eq!(self.browser.script(kept).await, other.to_string());
                self.looked_at("read-over-named").await;
                self.put(&[("named", "云溪县第3局")]).await;
            }
        }
        self.send("form[action$='/send'] button").await;
        self.browser.wait(".querycode code").await;
        self.code = self.browser.text(".querycode code").await;
        let codes = "return String(new Set([...document.querySelectorAll('.querycode code')].map(c => c.textContent)).size)";
        let count = match (self.n, self.crowded) {
            (1, true) => "3",
            (1, false) => "2",
            _ => "1",
        };
        assert_eq!(self.browser.script(codes).await, count);
        self.looked_at("filed").await;
        self.is(self.bureau.clerk).await;
        self.go("/office/requests?list=unconfirmed").await;
        let newest = "return [...document.querySelectorAll(\"main a[href^='/office/requests/']\")].map(a => a.pathname).filter(p => /[0-9]$/.test(p)).pop()";
        let path = self.browser.script(newest).await;
        self.case = path.as_str().expect("a case").to_owned();
    }

    /// Opens the form of a step.
    pub(super) async fn form(&self, step: &str) {
        self.go(&self.case).await;
        self.send(&format!("p.tools a[href$='do={step}']")).await;
    }

    /// Takes a step whose letter, if it has one, is made elsewhere.
    pub(super) async fn step(&self, step: &str, fields: &[(&str, &str)]) {
        self.form(step).await;
        let plain = "const a = document.querySelector(\"a[href*='plain=1']\"); return a ? 1 : 0";
        if self.browser.script(plain).await == 1 {
            self.send("a[href*='plain=1']").await;
        }
        self.put(fields).await;
        self.send("form.ask button.primary").await;
        match step {
            // The receipt follows at once.
            "confirm" => self.says("出具登记回执").await,
            _ => self.no_faults(step).await,
        }
    }

    /// The form was taken: this is the case again.
    pub(super) async fn no_faults(&self, what: &str) {
        let here = self.browser.script("return location.pathname").await;
        let main = self.browser.text("main").await;
        assert_eq!(here, self.case.as_str(), "{what}: {main}");
    }

    /// Fills in what the form of a letter has left empty, with the sample's words.
    pub(super) async fn told(&self, kind: &str, own: &[(&str, &str)]) {
        let kind = Kind::of(kind).expect("a kind");
        let sample = samples::ordinary().facts_for(kind);
        let all: Vec<(&str, String)> = entry::entries(kind)
            .into_iter()
            .map(|one| (one.name, entry::value(&sample, one)))
            .filter(|(name, _)| !own.iter().any(|(of, _)| of == name))
            .collect();
        let fields = json!(all);
        let script = format!(
            "for (const [name, value] of {fields}) {{
                const f = document.querySelector(`main [name=\"${{name}}\"]`);
                if (!f) throw new Error('no field ' + name);
                if (!f.value) f.value = value;
            }} return 1"
        );
        self.browser.script(&script).await;
        self.put(own).await;
    }

    /// Issues a letter: the form, the letter as it would lie on the desk, the deed.
    pub(super) async fn letter(&mut self, step: &str, kind: &str, own: &[(&str, &str)]) {
        self.form(step).await;
        self.worded(kind, own).await;
    }

    /// The same from its form on.
    pub(super) async fn worded(&mut self, kind: &str, own: &[(&str, &str)]) {
        self.told(kind, own).await;
        self.looked_at(&format!("form-{kind}")).await;
        self.send("form.ask button.primary").await;
        self.says(Kind::of(kind).expect("a kind").title).await;
        self.looked_at(&format!("letter-{kind}")).await;
        self.send("button[value=issue]").await;
        self.no_faults(kind).await;
    }

    /// The clerk confirms by telephone and sends the receipt.
    pub(super) async fn confirm(&mut self) {
        self.step(
            "confirm",
            &[
                ("how", "reached"),
                ("called_with", "申请人本人"),
                ("called_number", "199 0000 0001"),
                ("called_at", "8:55"),
                ("call", "本人确认收到"),
            ],
        )
        .await;
        self.worded("receipt", &[]).await;
    }

    /// A third party is heard and objects, five days after it had the letter; the clock
    /// stands still meanwhile.
    pub(super) async fn heard(&mut self) {
        self.is(self.bureau.handler).await;
        let (received, sent) = (self.today, self.today);
        self.is_due(received, 20).await;
        let asked = [("addressee", "云岭物流有限公司")];
        self.letter("consulted", "consult_third_party", &asked)
            .await;
        self.letter("letter_told", "consult_told", &[]).await;
        self.later(2);
        self.is(self.bureau.handler).await;
        let had = [("number", "1"), ("note", "EMS 签收回执")];
        self.step("consultation_served", &had).await;
        self.later(5);
        self.is(self.bureau.handler).await;
        let objects = [
            ("number", "1"),
            ("opinion", "objects"),
            ("note", "来函称属商业秘密"),
        ];
        self.step("consultation_ended", &objects).await;
        self.says("2026").await;
        let calendar = Calendar::built_in();
        let paused = calendar
            .provisional()
            .working_days_between(sent, self.today);
        self.is_due(received, 20 + paused.expect("days")).await;
    }

    /// A reply is written, reviewed by everybody of the chain, given, served,
    /// archived.
    pub(super) async fn reply(&mut self, outcome: &str, own: &[(&str, &str)]) {
        self.approved(outcome, own).await;
        self.given().await;
    }

    /// A reply is written and reviewed by everybody of the chain.
    pub(super) async fn approved(&mut self, outcome: &str, own: &[(&str, &str)]) {
        let kind = Kind::telling(outcome).expect("a kind").key;
        self.is(self.bureau.handler).await;
        self.form("reply").await;
        self.put(&[("outcome", outcome)]).await;
        self.send("form.ask button.primary").await;
        self.told(kind, own).await;
        self.looked_at(&format!("form-{kind}")).await;
        self.send("form.ask button.primary").await;
        self.looked_at(&format!("letter-{kind}")).await;
        self.send("button[value=issue]").await;
        self.no_faults(outcome).await;
        self.form("hand_in").await;
        self.send("form.ask button.primary").await;
        self.no_faults("hand_in").await;
        let bureau = self.bureau.clone();
        for who in [bureau.reviewer, bureau.legal, bureau.secrecy, bureau.leader] {
            self.is(who).await;
            self.go(&self.case).await;
            self.looked_at("case-to-review").await;
            self.send("form[action$='/take'] button[value=approve]")
                .await;
        }
    }

    /// What was approved is given, served, archived.
    pub(super) async fn given(&mut self) {
        self.is(self.bureau.handler).await;
        self.step("replied", &[]).await;
        self.says("云水公开复〔2026〕").await;
        self.sealed().await;
        self.is(self.bureau.handler).await;
        self.form("served").await;
        self.looked_at("form-served").await;
        let how = [("service", "post"), ("reference", "XA 99000 2026 CN")];
        self.step("served", &how).await;
        self.says("邮寄送达").await;
        self.over().await;
    }

    /// The due date on the case's page: so many working days after a day.
    pub(super) async fn is_due(&self, from: Date, working_days: u32) {
        let calendar = Calendar::built_in();
        let due = calendar.provisional().add_working_days(from, working_days);
        let due = due.expect("a day");
        self.go(&self.case).await;
        let told = "return document.querySelector('main .verdict').textContent";
        let told = self.browser.script(told).await;
        let day = format!("{}年{}月{}日", due.year(), due.month(), due.day());
        let told = told.as_str().unwrap_or_default();
        assert!(told.contains(&day), "{told}: {day}");
    }

    /// From list to list and down the rows of one, by keys alone.
    pub(super) async fn by_keys(&mut self) {
        self.go("/office/requests").await;
        for (key, list) in [("6", "waiting"), ("1", "running")] {
            self.browser.press(key).await;
            let here = format!(".tabs a[href$='list={list}'][aria-current]");
            self.browser.arrive(&here).await;
        }
        self.looked_at("desk").await;
        self.browser.press("j").await;
        let at = "return document.activeElement.getAttribute('href')";
        let at = self.browser.script(at).await;
        let at = at.as_str().expect("a row").to_owned();
        assert!(at.starts_with("/office/requests/"), "{at}");
        // Whose requests are shown is chosen, and stays chosen from list to list.
        self.put(&[("of", "mine")]).await;
        self.send("form[method=get] button").await;
        let kept = self.browser.script("return location.search").await;
        assert!(
            kept.as_str().is_some_and(|kept| kept.contains("of=mine")),
            "{kept}"
        );
        self.looked_at("desk-mine").await;
    }

    /// Who keeps the seal enters it for the reply: without it nothing is served.
    pub(super) async fn sealed(&mut self) {
        self.is(self.bureau.clerk).await;
        self.go(&self.case).await;
        self.says("未登记").await;
        self.form("sealed").await;
        self.looked_at("form-sealed").await;
        self.put(&[("copies", "2")]).await;
        self.send("form.ask button.primary").await;
        self.no_faults("sealed").await;
        self.says("加盖政府信息公开专用章 2 份").await;
        self.says("已用印").await;
        self.looked_at("case-sealed").await;
    }

    /// The clerk puts it into the archive.
    pub(super) async fn over(&mut self) {
        self.is(self.bureau.clerk).await;
        self.step("archived", &[]).await;
        self.says("已归档").await;
        self.looked_at("case-archived").await;
    }

    /// The handler asks why so much is asked for; the applicant says why.
    pub(super) async fn reasoned(&mut self, why: &str) {
        self.is(self.bureau.handler).await;
        self.letter("reasons_asked", "reasons", &[]).await;
        self.later(1);
        self.track().await;
        self.looked_at("track-reasons").await;
        self.put(&[("text", why)]).await;
        self.send("form[action='/track/reasons'] button").await;
        self.says("理由已经提交").await;
    }

    /// The applicant looks it up.
    pub(super) async fn track(&self) {
        self.go("/track").await;
        let tail = gongkai_testkit::requests::tail(self.n);
        self.put(&[("code", &self.code), ("tail", &tail)]).await;
        self.send("form[action='/track'] button").await;
        self.browser.wait("#state").await;
    }

    /// The applicant sees these letters, and that it is over.
    pub(super) async fn tracked(&mut self, titles: &[&str]) {
        self.track().await;
        let letters = self.browser.text("ul.letters").await;
        for title in titles {
            assert!(letters.contains(title), "{title} in {letters}");
        }
        self.looked_at("tracked").await;
    }

    pub(super) async fn end(self) {
        self.browser.close().await;
        self.test.forget_jobs();
    }
}
