//! After a whole run, nothing that was left behind holds a telephone number, an
//! ID number or a query code in the open: databases, their logs of writes, attachments,
//! backups, logs, checkpoints; in no encoding.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use gongkai_app::house::House;
use gongkai_app::jobs::{self, Runner};
use gongkai_app::outbox::{self, Letter};
use gongkai_app::outside::{Security, SmtpMailer};
use gongkai_domain::organization::roles::Role;
use gongkai_domain::outbox::{Line, MailAddress};
use gongkai_domain::register::Phone;
use gongkai_domain::settings;
use gongkai_store::{Engine, settings as kept};
use gongkai_testkit::browser::Server;
use gongkai_testkit::database::{Folder, TestDb};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::http::{self, Answer};
use gongkai_testkit::people::{Office, Staff};
use gongkai_testkit::register::number;
use gongkai_testkit::sending::MailServer;
use gongkai_testkit::traces::found_in;

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");

const PHONE: &str = "13900990017";
const OTHER_PHONE: &str = "13900990025";
const MAIL: &str = "dump-li@example.gov.cn";

/// The number of somebody in the register, and of somebody who is not.
fn numbers() -> [String; 2] {
    [number(70_017), number(70_018)]
}

/// Looks for what must not lie open: how many bytes were looked at.
fn nothing_in(folders: &[&Path], code: &str) -> u64 {
    let [registered, other] = numbers();
    let bare = code.replace('-', "");
    let seeded = [
        PHONE,
        OTHER_PHONE,
        MAIL,
        &registered,
        &other,
        "Dumping Li",
        code,
        &bare,
    ];
    let (bytes, traces) = found_in(folders, &seeded);
    assert_eq!(traces, []);
    bytes
}

/// Mails and text messages go out: one is taken, one is refused in words
/// that name somebody, one waits.
async fn messages(house: &House) {
    let server = MailServer::start(Security::None, None);
    let house = House {
        mailer: Arc::new(SmtpMailer::new(server.settings()).expect("a mailer")),
        ..house.clone()
    };
    let runner = Runner::new(house.clone(), jobs::works(), &[]);
    let [registered, _] = numbers();
    for reply in [None, Some("550 5.1.1"), Some("451 4.7.1")] {
        if let Some(code) = reply {
            let words = format!("{code} <{MAIL}> {PHONE} {registered}");
            server.replies("rcpt", &words, 1);
        }
        let letter = Letter {
            to: MailAddress::parse(MAIL).expect("an address"),
            subject: Line::parse(&format!("{OTHER_PHONE} {registered}")).expect("a line"),
            text: format!("{PHONE} {registered}"),
            attachments: Vec::new(),
        };
        let phone = Phone::read(PHONE).expect("a telephone");
        let mut tx = house.db.write().await.expect("a turn");
        let written = outbox::mail(&mut tx, &house, "test", &letter).await;
        written.expect("written");
        let texted = (&phone, registered.as_str());
        let written = outbox::text(&mut tx, &house, "test", texted, None).await;
        written.expect("written");
        tx.commit().await.expect("kept");
        runner.run_all().await.expect("done");
    }
    assert_eq!(server.mails().len(), 1);
}

struct Run {
    folder: Folder,
    test: TestHouse,
    office: Office,
    server: Server,
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

impl Run {
    async fn new(test: TestDb) -> Self {
        let folder = Folder::new();
        let test = TestHouse::on(test).await;
        test.clock.set(gongkai_app::ports::Clock::now(
            &gongkai_app::outside::SystemClock,
        ));
        let office = Office::new(test.house.clone());
        // Before there is a server: it has no way to send, and would take a turn of this.
        messages(&test.house).await;
        let at = folder.path();
        std::fs::write(at.join("master.key"), "07".repeat(32)).expect("the master key");
        let config = format!(
            "[database]\nurl = '{}'\n[keys]\nurl = '{}'\nmaster_file = '{}'\n[blobs]\nfolder = '{}'\n\
             [backup]\nfolder = '{}'\nkeys_folder = '{}'\n[logs]\nfolder = '{}'\n",
            test.test.options.url,
            test.test.keys_options.url,
            text(&at.join("master.key")),
            text(&test.test.folder.path().join("blobs")),
            text(&at.join("backups")),
            text(&at.join("key-backups")),
            text(&at.join("logs")),
        );
        std::fs::write(at.join("gongkai.toml"), config).expect("a configuration");
        let arguments = [
            "serve".to_owned(),
            "--config".to_owned(),
            text(&at.join("gongkai.toml")),
        ];
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let server = Server::start_telling(BINARY, &arguments, &at.join("told.jsonl"));
        Self {
            folder,
            test,
            office,
            server,
        }
    }

    fn ask(&self, staff: &Staff, method: &str, path: &str, fields: &str) -> Answer {
        let cookie = format!("__Host-gongkai={}", staff.token);
        http::ask(&self.server.address, method, path, &cookie, fields)
    }

    fn program(&self, arguments: &[&str]) {
        let done = Command::new(BINARY)
            .args(arguments)
            .args(["--config", &text(&self.folder.path().join("gongkai.toml"))])
            .args(["--data", &text(&self.folder.path().join("data"))])
            .output()
            .expect("it runs");
        assert!(done.status.success(), "{arguments:?}: {done:?}");
    }

    /// People come, are looked for, shown, mistyped, backed up; a clerk among them,
    /// and where they work.
    async fn people(&self) -> (Staff, i64) {
        let three = self.office.administrators().await;
        let at_work = self.register(&three).await;
        let [system, security, auditor] = three;
        let [registered, other] = numbers();
        let typed = format!(
            "login=li&display_name=Li&organization=&phone={PHONE}&mail={}",
            MAIL.replace('@', "%40")
        );
        let invited = self.ask(&system, "POST", "/office/people/new", &typed);
        assert_eq!(invited.status, 200, "{}", invited.body);
        // A form that is refused comes back with what was typed, and leaves nothing.
        let typed = format!("login=li&display_name=&organization=&phone={OTHER_PHONE}&mail=x");
        let refused = self.ask(&system, "POST", "/office/people/new", &typed);
        assert_eq!(refused.status, 422);
        let looked = self.ask(&system, "GET", &format!("/office/people?text={PHONE}"), "");
        assert_eq!(looked.status, 200);
        let shown = self.ask(&system, "POST", "/office/people/6/contacts", "reason=check");
        assert!(shown.body.contains(PHONE), "{}", shown.body);
        // What is typed into the wrong field, too.
        for typed in [registered.as_str(), other.as_str(), OTHER_PHONE] {
            let wrong = format!("login={typed}&password={typed}");
            assert_eq!(
                http::post_form(&self.server.address, "/office/sign-in", &wrong).status,
                422
            );
            let missing = self.ask(&security, "GET", &format!("/office/people/{typed}"), "");
            assert_eq!(missing.status, 404, "{}", missing.body);
            let path = format!("/clock?received={typed}");
            http::get(&self.server.address, &path);
        }
        let exported = self.ask(&auditor, "GET", "/office/audit/export", "");
        assert_eq!(exported.status, 200);
        std::fs::write(self.folder.path().join("audit-export"), &exported.body).expect("written");
        at_work
    }

    /// Somebody from outside is registered, mistyped, looked for, shown, and one
    /// more is erased.
    async fn register(&self, three: &[Staff; 3]) -> (Staff, i64) {
        let body = self.test.department("云溪县水务局").await;
        let (_, clerk) = self
            .office
            .colleague(three, "clerk", body, Some(Role::Clerk))
            .await;
        let head = self
            .office
            .colleague(three, "head", body, Some(Role::OfficeHead))
            .await
            .1;
        let [registered, other] = numbers();
        let entry = |key: &str, number: &str| {
            let typed = format!(
                "key={key}&organization={}&name=Wang&kind=resident_id&number={number}&phone={OTHER_PHONE}",
                body.0
            );
            self.ask(&clerk, "POST", "/office/register/new", &typed)
        };
        assert_eq!(entry("wrong", &registered[..17]).status, 422);
        for (key, number) in [("a", &registered), ("b", &other)] {
            assert_eq!(entry(key, number).status, 303);
        }
        assert_eq!(entry("c", &registered).status, 409);
        for (by, text) in [("document", registered.as_str()), ("phone", OTHER_PHONE)] {
            let fields = format!("by={by}&text={text}");
            let found = self.ask(&clerk, "POST", "/office/register/find", &fields);
            assert!(found.body.contains("Wang"), "{}", found.body);
        }
        let shown = self.ask(
            &clerk,
            "POST",
            "/office/register/1/unmask",
            "reason=identity",
        );
        assert!(shown.body.contains(&registered), "{}", shown.body);
        let erased = "key=d&version=1&reason=asked+for";
        let erased = self.ask(&head, "POST", "/office/register/2/erase", erased);
        assert_eq!(erased.status, 303, "{}", erased.body);
        (clerk, body.0)
    }

    /// Somebody files online with a mobile telephone alone, has the proof as a
    /// page and as PDF, looks the request up, and is found by name in the office;
    /// their query code.
    async fn requests(&self, clerk: &Staff, body: i64) -> String {
        let house = &self.test.house;
        // A test types faster than anybody.
        let setting = kept::Setting {
            name: settings::SLOW_SECONDS.to_owned(),
            value: "0".to_owned(),
            version: 0,
        };
        let mut tx = house.db.write().await.expect("a turn");
        let set = kept::put(&mut tx, &setting, "test", house.now()).await;
        set.expect("set");
        tx.commit().await.expect("kept");
        let [registered, _] = numbers();
        let fields = [
            ("key", "dump"),
            ("kind", "natural_person"),
            ("name", "Dumping Li"),
            ("document_kind", "resident_id"),
            ("document_number", registered.as_str()),
            ("phone", PHONE),
            ("description", "2023 contract of the works"),
            ("receiving", "pick_up"),
            ("medium", "paper"),
            ("step", "review"),
        ];
        let form: Vec<(&str, &[u8], &[u8])> = fields
            .iter()
            .map(|(name, value)| (*name, &b""[..], value.as_bytes()))
            .collect();
        let address = &self.server.address;
        let begun = http::post(address, &format!("/apply/{body}"), &http::form(&form));
        assert_eq!(begun.status, 303, "{}", begun.body);
        let draft = begun.fields("location").concat();
        let draft = draft.trim_end_matches("/review").to_owned();
        let sent = http::post_form(address, &format!("{draft}/send"), "");
        assert_eq!(sent.status, 303, "{draft}: {}", sent.body);
        let receipt = http::get(address, &format!("{draft}/receipt"));
        let after = receipt.body.split("<code>").nth(1).expect("a code");
        let code = after.split('<').next().expect("a code").to_owned();
        assert_eq!(code.len(), 24, "{code}");
        let pdf = format!("{draft}/receipt/pdf");
        assert!(http::download(address, "GET", &pdf, "", "").starts_with(b"%PDF-"));
        for (tail, status) in [(&PHONE[7..], 200), ("9999", 404)] {
            let looked = http::post_form(address, "/track", &format!("code={code}&tail={tail}"));
            assert_eq!(looked.status, status, "{}", looked.body);
        }
        let found = self.ask(clerk, "POST", "/office/requests/find", "text=Dumping");
        assert!(found.body.contains("Dumping Li"), "{}", found.body);
        code
    }

    /// Backups of both kinds, and the trail chained by the server's own jobs.
    fn operations(&self) {
        self.program(&["backup"]);
        self.program(&["audit", "verify"]);
        self.program(&["keys", "rotate"]);
    }
}

/// What a run left behind, and what of it must not be.
async fn leaves_nothing(test: TestDb, elsewhere: &[&Path]) {
    let run = Run::new(test).await;
    let (clerk, body) = run.people().await;
    let code = run.requests(&clerk, body).await;
    run.operations();
    let (own, data) = (run.folder.path(), run.test.test.folder.path());
    let mut folders = vec![own, data];
    folders.extend(elsewhere);
    // The databases are open: what lies in their logs of writes is looked at too.
    let bytes = nothing_in(&folders, &code);
    assert!(bytes > 500_000, "{bytes} bytes are no run");
    // What must stand there is seen where the database lies.
    for place in elsewhere.first().map_or([data], |place| [*place]) {
        let (_, plain) = found_in(&[place], &["people.unmask"]);
        assert!(!plain.is_empty(), "{} is looked at", place.display());
    }
    assert!(run.server.stop(), "it ends well");
    nothing_in(&folders, &code);
    run.test.forget_jobs();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_is_left_in_the_open_on_sqlite() {
    leaves_nothing(TestDb::new(Engine::Sqlite).await, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_is_left_in_the_open_on_postgres() {
    let server = gongkai_testkit::database::Server::start(&std::env::temp_dir());
    let test = TestDb::alone_in(&server.cluster).await;
    let data = server.data();
    leaves_nothing(test, &[&data]).await;
}
