//! After a whole run, nothing that was left behind holds a telephone number or
//! an ID number in the open: databases, their logs of writes, attachments,
//! backups, logs, checkpoints; in no encoding.

use std::path::Path;
use std::process::Command;

use gongkai_store::Engine;
use gongkai_testkit::browser::Server;
use gongkai_testkit::database::{Folder, TestDb};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::http::{self, Answer};
use gongkai_testkit::people::{Office, Staff};
use gongkai_testkit::traces::found_in;

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");

const PHONE: &str = "13900990017";
const OTHER_PHONE: &str = "13900990025";
const MAIL: &str = "dump-li@example.gov.cn";
const ID: &str = "990001199003070012";
const OTHER_ID: &str = "990002198812310047";

/// What must not be found. The numbers are nobody's.
const SEEDED: [&str; 5] = [PHONE, OTHER_PHONE, MAIL, ID, OTHER_ID];

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

    /// People come, are looked for, shown, mistyped, backed up.
    async fn people(&self) {
        let [system, security, auditor] = self.office.administrators().await;
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
        let shown = self.ask(&system, "POST", "/office/people/4/contacts", "reason=check");
        assert!(shown.body.contains(PHONE), "{}", shown.body);
        // What is typed into the wrong field, too.
        for typed in [ID, OTHER_PHONE] {
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
    run.people().await;
    run.operations();
    let (own, data) = (run.folder.path(), run.test.test.folder.path());
    let mut folders = vec![own, data];
    folders.extend(elsewhere);
    // The databases are open: what lies in their logs of writes is looked at too.
    let (bytes, traces) = found_in(&folders, &SEEDED);
    assert!(bytes > 500_000, "{bytes} bytes are no run");
    assert_eq!(traces, []);
    let (_, plain) = found_in(&folders, &["people.unmask"]);
    assert!(!plain.is_empty(), "the run is looked at");
    assert!(run.server.stop(), "it ends well");
    let (_, traces) = found_in(&folders, &SEEDED);
    assert_eq!(traces, []);
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
