//! The road of a case: what the office, the applicant and the clock do on it, by
//! clicks.

mod harm;
mod tracking;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use gongkai_app::letters;
use gongkai_app::once::Sent;
use gongkai_app::requests::look;
use gongkai_domain::calendar::Calendar;
use gongkai_domain::letters::entry::{self, Shape};
use gongkai_domain::letters::kinds::Kind;
use gongkai_domain::letters::samples;
use gongkai_domain::organization::{OpenWays, PersonId};
use gongkai_domain::settings;
use gongkai_store::{Engine, settings as kept};
use gongkai_testkit::browser::{Browser, Window};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::reader::InProcess;
use gongkai_testkit::requests::{Bureau, come_in, letterhead, open_by, signed, typed};
use gongkai_web::Server;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use jiff::tz::{TimeZone, offset};
use serde_json::json;
use tokio::sync::watch;

use self::harm::{FIELDS, Walk};

/// A bureau, its server in this process, and a browser.
pub(super) struct Road {
    pub(super) test: TestHouse,
    pub(super) bureau: Bureau,
    pub(super) browser: Browser,
    address: String,
    /// The day on which everybody is.
    pub(super) today: Date,
    /// The case that is on its way: its address in the office, its query code, and where
    /// its applicant has the proof of filing.
    pub(super) case: String,
    code: String,
    pub(super) receipt: String,
    /// Counts the applicants.
    pub(super) n: u32,
    /// Pages of this name were looked at.
    seen: BTreeSet<String>,
    looks: bool,
    /// Whether there are more bodies than anybody looks through.
    pub(super) crowded: bool,
    /// What everybody types into every text, where they mean harm.
    pub(super) harm: Option<&'static str>,
    /// Files that applicants bring along, who then apply for an organization.
    pub(super) brings: Vec<PathBuf>,
    walk: RefCell<Walk>,
    /// Letters that were read before they left.
    pub(super) read: BTreeSet<&'static str>,
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
            let server = Server::new(Arc::new(InProcess), Calendar::built_in(), &[]);
            let server = server.with_office(house);
            let ran = server.run(&listener, &stopped);
            drop(ran);
        });
        let mut road = Self {
            browser: Browser::open(Window::WIDE).await,
            today: date(2026, 1, 5),
            case: String::new(),
            code: String::new(),
            receipt: String::new(),
            seen: BTreeSet::new(),
            n: 0,
            bureau,
            test,
            address,
            looks,
            crowded: false,
            harm: None,
            brings: Vec::new(),
            walk: RefCell::default(),
            read: BTreeSet::new(),
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
        self.unharmed(path).await;
    }

    /// Clicks what sends a form, and waits for the page that answers it.
    pub(super) async fn send(&self, button: &str) {
        self.browser.send(button).await;
        self.unharmed(button).await;
    }

    pub(super) async fn says(&self, text: &str) {
        let main = self.browser.text("main").await;
        assert!(main.contains(text), "{text} in {main}");
    }

    /// Fills fields by their names, as fast as a script does.
    pub(super) async fn put(&self, fields: &[(&str, &str)]) {
        let fields = json!(fields);
        let script = format!(
            "{FIELDS} const harmed = [];
            for (const [name, value] of {fields}) {{
                const all = [...document.querySelectorAll(`main [name=\"${{name}}\"]`)].filter(f => f.type !== 'hidden');
                if (!all.length) throw new Error('no field ' + name);
                if (all[0].type === 'radio') all.find(f => f.value === value).checked = true;
                else all[0].value = value;
                if (value.includes('onerror=')) harmed.push(key(all[0]));
            }} return harmed"
        );
        let harmed = self.browser.script(&script).await;
        self.walk.borrow_mut().fill(&harmed);
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
        if let Some(harm) = self.harm {
            let texts = [
                "name",
                "address",
                "title",
                "file_number",
                "description",
                "help",
            ];
            self.put(&texts.map(|name| (name, harm))).await;
            if !self.brings.is_empty() {
                self.as_organization(harm).await;
            }
        }
        for file in &self.brings {
            self.bring(file).await;
        }
        let is_first = self.crowded && self.n == 1;
        if is_first {
            self.open_by("online").await;
        }
        self.send("button[value=review]").await;
        let read_over = self.browser.text("main").await;
        assert!(read_over.contains("请核对后提交"), "{read_over}");
        if !self.brings.is_empty() {
            self.read_over().await;
        }
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
        let here = self.browser.script("return location.pathname").await;
        self.receipt = here.as_str().expect("an address").to_owned();
        self.looked_at("filed").await;
        self.is(self.bureau.clerk).await;
        self.go("/office/requests?list=unconfirmed").await;
        let newest = "return [...document.querySelectorAll(\"main a[href^='/office/requests/']\")].map(a => a.pathname).filter(p => /[0-9]$/.test(p)).pop()";
        let path = self.browser.script(newest).await;
        self.case = path.as_str().expect("a case").to_owned();
    }

    /// Opens the case.
    pub(super) async fn open(&self) {
        self.go(&self.case).await;
    }

    /// Opens the form of a step.
    pub(super) async fn form(&self, step: &str) {
        self.go(&self.case).await;
        self.send(&format!("p.tools a[href$='do={step}']")).await;
    }

    /// Takes a step whose letter, if it has one, is made elsewhere.
    pub(super) async fn step(&self, step: &str, fields: &[(&str, &str)]) {
        self.form(step).await;
        self.elsewhere().await;
        self.taken(step, fields).await;
    }

    /// Goes on to where a step is entered whose letter is made elsewhere; whether there
    /// is such a way.
    pub(super) async fn elsewhere(&self) -> bool {
        let plain = "const a = document.querySelector(\"a[href*='plain=1']\"); return a ? 1 : 0";
        let is_there = self.browser.script(plain).await == 1;
        if is_there {
            self.send("a[href*='plain=1']").await;
        }
        is_there
    }

    /// The same from its form on.
    pub(super) async fn taken(&self, step: &str, fields: &[(&str, &str)]) {
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

    /// Fills in what the form of a letter has left empty, with the sample's words; who
    /// means harm, every text.
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
        if let Some(harm) = self.harm {
            let texts = entry::entries(kind).into_iter();
            let texts = texts.filter(|one| !matches!(one.shape, Shape::Day | Shape::Count));
            let all: Vec<(&str, &str)> = texts.map(|one| (one.name, harm)).collect();
            self.put(&all).await;
        }
        self.put(own).await;
    }

    /// Issues a letter: the form, the letter as it would lie on the desk, the deed.
    pub(super) async fn letter(&mut self, step: &str, kind: &str, own: &[(&str, &str)]) {
        self.form(step).await;
        let other = format!("a[href$='kind={kind}']");
        let found = format!("return document.querySelectorAll(\"{other}\").length");
        if self.browser.script(&found).await == 1 {
            self.send(&other).await;
        }
        self.worded(kind, own).await;
    }

    /// The same from its form on.
    pub(super) async fn worded(&mut self, kind: &str, own: &[(&str, &str)]) {
        self.told(kind, own).await;
        self.looked_at(&format!("form-{kind}")).await;
        self.send("form.ask button.primary").await;
        self.leaves(kind).await;
        self.no_faults(kind).await;
    }

    /// A letter is read as it would lie on the desk, and leaves, or is kept as the
    /// draft of a reply. Who means harm writes its text too.
    async fn leaves(&mut self, kind: &str) {
        let kind = Kind::of(kind).expect("a kind");
        self.says(kind.title).await;
        self.looked_at(&format!("letter-{}", kind.key)).await;
        if let Some(harm) = self.harm {
            let paper = self.browser.text("section.paper").await;
            assert!(paper.contains("onerror="), "{}: {paper}", kind.key);
            let edit = format!(
                "document.querySelector('#edited').value = {} + '。'; return 1",
                json!(harm)
            );
            self.browser.script(&edit).await;
        }
        self.read.insert(kind.key);
        self.send("button[value=issue]").await;
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

    /// A reply is written.
    pub(super) async fn written(&mut self, outcome: &str, own: &[(&str, &str)]) {
        let kind = Kind::telling(outcome).expect("a kind").key;
        self.is(self.bureau.handler).await;
        self.form("reply").await;
        self.put(&[("outcome", outcome)]).await;
        self.send("form.ask button.primary").await;
        self.told(kind, own).await;
        self.looked_at(&format!("form-{kind}")).await;
        self.send("form.ask button.primary").await;
        self.leaves(kind).await;
        self.no_faults(outcome).await;
    }

    /// A reply is written and reviewed by everybody of the chain.
    pub(super) async fn approved(&mut self, outcome: &str, own: &[(&str, &str)]) {
        self.written(outcome, own).await;
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
        self.replied().await;
        self.served().await;
    }

    /// It leaves under its seal.
    pub(super) async fn replied(&mut self) {
        self.is(self.bureau.handler).await;
        self.step("replied", &[]).await;
        self.says("云水公开复〔2026〕").await;
        self.sealed().await;
    }

    /// It goes to the applicant's mail, with the letter.
    pub(super) async fn mailed(&mut self) {
        self.is(self.bureau.handler).await;
        self.form("mailed").await;
        self.says("没有加入盖章件").await;
        self.looked_at("form-mailed").await;
        self.send("form.ask button.primary").await;
        self.no_faults("mailed").await;
        self.says("答复已发到申请人邮箱").await;
        self.go(&format!("{}/files", self.case)).await;
        self.says("盖章件（申请人可以看到）").await;
        self.looked_at("form-files-copy").await;
    }

    /// When it was had is entered, and it goes into the archive.
    pub(super) async fn served(&mut self) {
        self.is(self.bureau.handler).await;
        self.form("served").await;
        self.looked_at("form-served").await;
        let how = [("service", "post"), ("reference", "XA 99000 2026 CN")];
        self.step("served", &how).await;
        self.says("邮寄送达").await;
        self.over().await;
    }

    /// The due date of the case, as the desk has it.
    async fn due(&self) -> Date {
        let number = self.case.rsplit('/').next().and_then(|id| id.parse().ok());
        let clerk = signed(&self.test.house, self.bureau.clerk).await;
        let shown = look::see(&self.test.house, &clerk, number.expect("a number")).await;
        shown.expect("seen").due.expect("a clock that runs").date
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

    /// Each count of the desk leads to as many rows.
    pub(super) async fn by_counts(&self) {
        self.go("/office/requests").await;
        let counts = "return [...document.querySelectorAll('ul.counts a')].map(a => [a.getAttribute('href'), a.querySelector('b').textContent])";
        let counts = self.browser.script(counts).await;
        let counts = counts.as_array().expect("counts").clone();
        assert!(counts.len() >= 5, "{counts:?}");
        let mut all = 0;
        for count in counts {
            let (to, number) = (count[0].as_str().expect("a link"), &count[1]);
            self.go(to).await;
            let rows = "return String(document.querySelectorAll('main tbody tr').length)";
            assert_eq!(self.browser.script(rows).await, *number, "{to}");
            all += number
                .as_str()
                .and_then(|n| n.parse::<u32>().ok())
                .expect("a number");
        }
        assert!(all > 0, "there is something to count");
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

    /// The head of the disclosure office has what was over go on for so many working days.
    pub(super) async fn reopened(&mut self, cause: &str, days: u32, reason: &str) {
        self.is(self.bureau.head).await;
        self.form("reopened").await;
        self.looked_at("form-reopened").await;
        let until = self.in_working_days(days).to_string();
        let why = [
            ("cause", cause),
            ("until", &until),
            ("reason", reason),
            ("note", "已电话告知"),
        ];
        self.taken("reopened", &why).await;
        self.looked_at("case-reopened").await;
    }

    /// The handler asks why so much is asked for; the applicant says why.
    pub(super) async fn reasoned(&mut self, why: &str) {
        self.is(self.bureau.handler).await;
        let due = self.due().await;
        self.letter("reasons_asked", "reasons", &[]).await;
        let limit = self.in_working_days(15);
        if self.harm.is_none() {
            self.dates(&[("due", due), ("reasons", limit)]);
        }
        self.later(1);
        self.track().await;
        self.looked_at("track-reasons").await;
        self.put(&[("text", why)]).await;
        self.send("form[action='/track/reasons'] button").await;
        self.says("理由已经提交").await;
    }

    /// A supplement is asked for and never comes.
    pub(super) async fn abandoned(&mut self) {
        self.is(self.bureau.handler).await;
        self.letter("supplement_asked", "supplement", &[]).await;
        // What shows that the notice was had, the later letter says.
        let how = [("service", "post"), ("reference", "XA 88000 2026 CN")];
        self.form("letter_served").await;
        self.looked_at("form-letter_served").await;
        self.step("letter_served", &how).await;
        self.says("XA 88000 2026 CN").await;
        self.later(45);
        self.is(self.bureau.clerk).await;
        self.letter("supplement_lapsed", "abandoned_supplement", &[])
            .await;
    }

    /// The clerk gives a new query code to who lost theirs.
    pub(super) async fn recoded(&mut self, reason: &str) {
        self.form("new_code").await;
        self.put(&[("reason", reason)]).await;
        self.send("form.ask button.primary").await;
        self.says("新的查询码").await;
        self.looked_at("new-code").await;
        let old = std::mem::take(&mut self.code);
        let code = "return [...document.querySelectorAll('dl.facts div')].find(d => d.querySelector('dt').textContent === '查询码').querySelector('dd').textContent";
        let code = self.browser.script(code).await;
        self.code = code.as_str().expect("a code").to_owned();
        assert_ne!(self.code, old);
        self.track().await;
        self.is(self.bureau.clerk).await;
    }

    /// The day, or the first working day after it.
    pub(super) fn working(&self, day: Date) -> Date {
        let calendar = Calendar::built_in();
        let is_off = |day: &Date| !calendar.provisional().is_working_day(*day).expect("known");
        let mut days = std::iter::successors(Some(day), |day| day.tomorrow().ok());
        days.find(|day| !is_off(day)).expect("a day")
    }

    /// So many working days after today.
    pub(super) fn in_working_days(&self, days: u32) -> Date {
        let calendar = Calendar::built_in();
        let day = calendar.provisional().add_working_days(self.today, days);
        day.expect("a day")
    }

    pub(super) async fn end(self) {
        self.browser.close().await;
        self.test.forget_jobs();
    }
}
