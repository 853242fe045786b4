//! What who runs the house does, by the binary itself, on both engines.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};

use gongkai_app::audit;
use gongkai_app::house::House;
use gongkai_app::outside::SystemClock;
use gongkai_app::ports::Clock;
use gongkai_store::{Db, Engine, Options};
use gongkai_testkit::browser::Server;
use gongkai_testkit::database::{Folder, empty};
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::http;
use gongkai_testkit::people::Office;

const BINARY: &str = env!("CARGO_BIN_EXE_gongkai");

/// An installation of a test's own.
struct Installation {
    folder: Folder,
    config: PathBuf,
    database: Options,
}

impl Installation {
    fn new(engine: Engine) -> Self {
        let folder = Folder::new();
        let database = empty(engine, &folder);
        let keys = empty(engine, &folder);
        let config = folder.path().join("gongkai.toml");
        let text = format!(
            "[database]\nurl = '{}'\n[keys]\nurl = '{}'\n",
            database.url, keys.url
        );
        std::fs::write(&config, text).expect("a configuration");
        Self {
            folder,
            config,
            database,
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn arguments(&self) -> [String; 4] {
        let shown = |path: &Path| path.display().to_string();
        [
            "--data".to_owned(),
            shown(&self.data()),
            "--config".to_owned(),
            shown(&self.config),
        ]
    }

    fn run(&self, command: &[&str]) -> Output {
        Command::new(BINARY)
            .args(command)
            .args(self.arguments())
            .output()
            .expect("it runs")
    }

    fn says(&self, command: &[&str]) -> String {
        let output = self.run(command);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "{command:?}: {}",
            text(&output.stderr)
        );
        text(&output.stdout)
    }

    fn serve(&self) -> Server {
        let arguments = self.arguments();
        let mut all = vec!["serve"];
        all.extend(arguments.iter().map(String::as_str));
        Server::start(BINARY, &all)
    }
}

const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

#[test]
fn an_empty_folder_becomes_a_house_and_says_that_it_is_well() {
    for engine in ENGINES {
        let own = Installation::new(engine);
        assert!(own.says(&["migrate"]).contains("0001_ground"));
        assert!(own.says(&["migrate"]).contains("无须更新"));
        let server = own.serve();
        assert_eq!(http::get(&server.address, "/health").status, 200);
        assert!(server.stop(), "it ends well");
        let said = own.says(&["doctor"]);
        assert!(
            said.contains("数据库结构是最新的") && said.contains("只有本用户可读"),
            "{said}"
        );
        let master = own.data().join("keys/master.key");
        std::fs::set_permissions(&master, PermissionsExt::from_mode(0o644)).expect("opened up");
        let output = own.run(&["doctor"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stdout).contains("chmod 600"));
    }
}

#[test]
fn a_backup_goes_and_comes_back_into_an_empty_place() {
    for engine in ENGINES {
        let own = Installation::new(engine);
        let (backups, keys) = (own.folder.path().join("b"), own.folder.path().join("k"));
        let shown = |path: &Path| path.display().to_string();
        let said = own.says(&[
            "backup",
            "--to",
            &shown(&backups),
            "--keys-to",
            &shown(&keys),
        ]);
        let made: Vec<&str> = said
            .lines()
            .filter_map(|line| line.split("到 ").nth(1))
            .collect();
        assert_eq!(made.len(), 2, "{said}");
        let other = Installation::new(engine);
        let said = other.says(&["restore", made[0], "--keys", made[1], "--verify"]);
        assert!(said.contains("全部核验一致"), "{said}");
        // Not over what is there.
        std::fs::create_dir_all(other.data().join("keys")).expect("a folder");
        std::fs::copy(
            own.data().join("keys/master.key"),
            other.data().join("keys/master.key"),
        )
        .expect("the master key");
        assert!(other.serve().stop());
        // The keys are those of before: the house opens, and nothing is lost.
        assert!(other.says(&["audit", "verify"]).contains("完整"));
        let nowhere = other.run(&["restore", "/nowhere"]);
        assert_eq!(nowhere.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&nowhere.stderr).contains("没有备份"));
    }
}

#[test]
fn a_database_moves_to_the_other_engine_and_back() {
    let own = Installation::new(Engine::Sqlite);
    own.says(&["migrate"]);
    let there = empty(Engine::Postgres, &own.folder);
    let said = own.says(&["copy-database", "--to", &there.url]);
    assert!(said.contains("逐行核对一致"), "{said}");
    let moved = Installation::new(Engine::Postgres);
    std::fs::write(
        &moved.config,
        format!(
            "[database]\nurl = '{}'\n[keys]\nurl = 'sqlite:{}'\n",
            there.url,
            moved.folder.path().join("k.sqlite").display()
        ),
    )
    .expect("a configuration");
    let back = empty(Engine::Sqlite, &moved.folder);
    assert!(
        moved
            .says(&["copy-database", "--to", &back.url])
            .contains("逐行核对一致")
    );
    // A second time there is something there: at least that it was copied.
    let again = own.run(&["copy-database", "--to", &there.url]);
    assert_eq!(again.status.code(), Some(2));
}

#[test]
fn an_unknown_setting_is_refused_by_name() {
    let own = Installation::new(Engine::Sqlite);
    std::fs::write(&own.config, "[database]\nurrl = 'x'\n").expect("a configuration");
    let output = own.run(&["migrate"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("urrl"));
}

#[test]
fn a_master_key_is_changed_without_losing_anything() {
    let own = Installation::new(Engine::Sqlite);
    assert!(own.serve().stop());
    own.says(&["keys", "new-master"]);
    let said = own.says(&["keys", "rotate"]);
    assert!(said.contains("1 个密钥"), "{said}");
    // The old one is not needed any more.
    let master = own.data().join("keys/master.key");
    let text = std::fs::read_to_string(&master).expect("the keys");
    assert_eq!(text.lines().count(), 2);
    std::fs::write(
        &master,
        format!("{}\n", text.lines().next().expect("the newest")),
    )
    .expect("written");
    assert!(own.serve().stop());
    // Another house's key opens nothing.
    std::fs::write(&master, format!("{}\n", "ab".repeat(32))).expect("written");
    let output = own.run(&["keys", "rotate"]);
    assert_eq!(output.status.code(), Some(2));
}

#[tokio::test]
async fn a_trail_that_was_touched_is_named_by_the_command() {
    let own = Installation::new(Engine::Sqlite);
    own.says(&["migrate"]);
    let db = Db::open(&own.database).await.expect("a database");
    let mut tx = db.write().await.expect("a turn");
    for object in 0..3 {
        let entry = gongkai_domain::audit::Entry {
            at: jiff::Timestamp::UNIX_EPOCH,
            actor: None,
            actor_name: "test".to_owned(),
            acting_for: None,
            organization: None,
            action: "test".to_owned(),
            object_kind: "test".to_owned(),
            object: object.to_string(),
            outcome: gongkai_domain::audit::Outcome::Done,
            detail: "{}".to_owned(),
            source: "-".to_owned(),
            request: "-".to_owned(),
        };
        gongkai_store::audit::append(&mut tx, &entry)
            .await
            .expect("written");
    }
    tx.commit().await.expect("kept");
    db.close().await;
    assert!(own.says(&["audit", "verify"]).contains("完整：3 条"));
    let file = own.database.url.trim_start_matches("sqlite:").to_owned();
    let done = Command::new("sqlite3")
        .args([
            &file,
            "drop trigger audit_is_kept; update audit set action = 'other' where id = 2",
        ])
        .status()
        .expect("it runs");
    assert!(done.success());
    let output = own.run(&["audit", "verify"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("第 2 号"));
}

/// Files and folders below a folder that others may look into.
fn open_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let metadata = std::fs::metadata(&path).expect("its mode");
        if metadata.permissions().mode() & 0o077 != 0 {
            found.push(path.clone());
        }
        if metadata.is_dir() {
            found.extend(open_below(&path));
        }
    }
    found
}

#[test]
fn what_is_made_here_is_open_to_nobody_else_on_this_machine() {
    let own = Installation::new(Engine::Sqlite);
    let made = own.folder.path().join("made");
    let shown = |name: &str| made.join(name).display().to_string();
    let text = format!(
        "[backup]\nfolder = '{}'\nkeys_folder = '{}'\n",
        shown("b"),
        shown("k")
    );
    std::fs::write(&own.config, text).expect("a configuration");
    // As where nobody has set anything.
    let line = format!(
        "umask 022; '{BINARY}' backup --data '{}' --config '{}'",
        made.join("data").display(),
        own.config.display()
    );
    let done = Command::new("sh").args(["-c", &line]).status();
    assert!(done.expect("it runs").success());
    assert_eq!(open_below(&made), Vec::<PathBuf>::new());
    let doctor = || {
        let mut command = Command::new(BINARY);
        let data = made.join("data").display().to_string();
        command.args(["doctor", "--data", &data, "--config"]);
        let output = command.arg(&own.config).output().expect("it runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(doctor().contains("数据库和备份文件只有本用户可读"));
    // What came here by other means is told, each by its name.
    let backups = std::fs::read_dir(made.join("b")).expect("backups");
    let backup = backups
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.join("manifest.json").exists())
        .expect("a backup");
    for file in [
        made.join("data/gongkai.sqlite"),
        made.join("data/keys/keys.sqlite"),
        backup.join("records.sqlite"),
    ] {
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).expect("opened up");
        let said = doctor();
        assert!(
            said.contains(&format!("chmod go= {}", file.display())),
            "{said}"
        );
    }
}

#[test]
fn behind_a_proxy_browsers_are_told_to_use_tls_and_who_leaves_leaves_nothing() {
    let own = Installation::new(Engine::Sqlite);
    let heads = |server: &Server| {
        [
            http::get(&server.address, "/").head,
            http::get(&server.address, "/nowhere").head,
            http::post_form(&server.address, "/office/sign-out", "").head,
        ]
    };
    let server = own.serve();
    let alone = heads(&server);
    assert!(server.stop());
    let mut text = std::fs::read_to_string(&own.config).expect("the configuration");
    text.push_str("[server]\nproxies = ['127.0.0.1/32']\n");
    std::fs::write(&own.config, text).expect("written");
    let server = own.serve();
    let behind = heads(&server);
    assert!(server.stop());
    for (one, other) in alone.iter().zip(&behind) {
        assert!(!one.contains("strict-transport-security"), "{one}");
        assert!(
            other.contains("strict-transport-security: max-age=31536000"),
            "{other}"
        );
    }
    let [page, _, left] = &behind;
    assert!(
        left.contains("clear-site-data: \"cache\", \"storage\""),
        "{left}"
    );
    assert!(!page.contains("clear-site-data"), "{page}");
}

/// What the trail tells of what was done from the command line.
async fn written_down(options: &Options) -> Vec<String> {
    let db = Db::open(options).await.expect("a database");
    let mut tx = db.read().await.expect("a state");
    let search = gongkai_store::audit::Search {
        actor_name: Some("gongkai".to_owned()),
        ..Default::default()
    };
    let found = gongkai_store::audit::search(&mut tx, &search, i64::MAX, 100).await;
    let found = found.expect("found").into_iter().rev();
    let actions = found.map(|stored| {
        assert!(
            stored.entry.detail.contains("\"uid\":"),
            "{:?}",
            stored.entry
        );
        stored.entry.action
    });
    actions.collect()
}

#[tokio::test]
async fn what_is_done_from_the_command_line_is_written_down() {
    for engine in ENGINES {
        let own = Installation::new(engine);
        let shown = |name: &str| own.folder.path().join(name).display().to_string();
        let said = own.says(&["backup", "--to", &shown("b"), "--keys-to", &shown("k")]);
        let mut made = said.lines().filter_map(|line| line.split("到 ").nth(1));
        let made = made.next().expect("a backup");
        own.says(&["keys", "rotate"]);
        let there = empty(engine, &own.folder);
        own.says(&["copy-database", "--to", &there.url]);
        let done = ["backup.make", "keys.rotate", "database.copy"];
        assert_eq!(written_down(&own.database).await, done);
        assert_eq!(written_down(&there).await, done);
        let other = Installation::new(engine);
        other.says(&["restore", made]);
        assert_eq!(written_down(&other.database).await, ["backup.restore"]);
    }
}

/// The installation of a house that a test made.
fn installation_of(test: &TestHouse) -> Installation {
    let own = Installation::new(Engine::Sqlite);
    let master = own.folder.path().join("master.key");
    std::fs::write(&master, "07".repeat(32)).expect("the master key");
    let text = format!(
        "[database]\nurl = '{}'\n[keys]\nurl = '{}'\nmaster_file = '{}'\n",
        test.test.options.url,
        test.test.keys_options.url,
        master.display()
    );
    std::fs::write(&own.config, text).expect("a configuration");
    own
}

async fn did_something(house: &House) {
    let mut tx = house.db.write().await.expect("a turn");
    let deed = audit::Deed {
        action: "test",
        object_kind: "test",
        object: "1".to_owned(),
        outcome: gongkai_domain::audit::Outcome::Done,
        detail: serde_json::json!({}),
    };
    audit::write(&mut tx, &audit::Who::program("test"), &deed, house.now())
        .await
        .expect("written");
    tx.commit().await.expect("kept");
}

#[tokio::test]
async fn a_trail_is_held_against_the_house_s_own_key_and_the_file_that_is_named() {
    for engine in ENGINES {
        let test = TestHouse::new(engine).await;
        let own = installation_of(&test);
        did_something(&test.house).await;
        audit::chain(&test.house).await.expect("chained");
        let key = audit::public_key(&test.house.vault);
        let said = own.says(&["audit", "verify"]);
        assert!(
            said.contains(&key) && said.contains("没有另外保存的检查点"),
            "{said}"
        );
        let other = own.run(&["audit", "verify", "--key", &"ab".repeat(32)]);
        assert_eq!(other.status.code(), Some(1));
        // A name that was mistyped is not the same as nothing to compare with.
        let mistyped = own.run(&["audit", "verify", "--checkpoints", "/nowhere/kept.log"]);
        assert_eq!(mistyped.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&mistyped.stderr).contains("/nowhere/kept.log"));
        let mistyped = own.run(&["restore", "/nowhere", "--checkpoints", "/nowhere/kept.log"]);
        assert_eq!(mistyped.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&mistyped.stderr).contains("/nowhere/kept.log"));
        test.close().await;
        // Made anew and signed by other keys: only the house's own tell it.
        let (test, other) = (TestHouse::new(engine).await, TestHouse::new(engine).await);
        let own = installation_of(&test);
        let somebody = House {
            vault: other.house.vault.clone(),
            ..test.house.clone()
        };
        did_something(&test.house).await;
        audit::chain(&somebody).await.expect("chained");
        let told = own.run(&["audit", "verify"]);
        assert_eq!(told.status.code(), Some(1));
        other.close().await;
        test.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_key_changes_beside_a_running_server_and_no_request_fails() {
    for engine in ENGINES {
        let test = TestHouse::new(engine).await;
        test.clock.set(Clock::now(&SystemClock));
        let office = Office::new(test.house.clone());
        let [system, ..] = office.administrators().await;
        office.person(&system, "zhao").await;
        let own = installation_of(&test);
        let server = own.serve();
        let cookie = format!("__Host-gongkai={}", system.token);
        // Opens the keys of those who have a telephone.
        let people = || http::ask(&server.address, "GET", "/office/people", &cookie, "");
        let shown = people();
        assert!(
            shown.status == 200 && shown.body.contains("138"),
            "{}",
            shown.body
        );
        let is_done = AtomicBool::new(false);
        let asked = std::thread::scope(|scope| {
            let asking = scope.spawn(|| {
                let mut statuses = Vec::new();
                while !is_done.load(Ordering::Acquire) {
                    statuses.push(people().status);
                }
                statuses
            });
            own.says(&["keys", "new-master"]);
            let said = own.says(&["keys", "rotate"]);
            assert!(!said.contains(" 0 个密钥"), "{said}");
            is_done.store(true, Ordering::Release);
            asking.join().expect("it asks")
        });
        assert!(asked.iter().all(|status| *status == 200), "{asked:?}");
        let after = people();
        assert!(
            after.status == 200 && after.body.contains("138"),
            "{}",
            after.body
        );
        let said = own.says(&["keys", "rotate"]);
        assert!(said.contains(" 0 个密钥"), "{said}");
        assert!(server.stop());
        test.forget_jobs();
    }
}

#[test]
fn figures_and_the_access_log_tell_of_requests_and_of_no_person() {
    let own = Installation::new(Engine::Sqlite);
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|l| l.local_addr())
        .expect("a port");
    let mut text = std::fs::read_to_string(&own.config).expect("the configuration");
    text.push_str(&format!("[metrics]\nlisten = '{port}'\n"));
    std::fs::write(&own.config, text).expect("written");
    let server = own.serve();
    assert_eq!(
        http::get(&server.address, "/clock?received=990001199003070012").status,
        200
    );
    let figures = http::get(&format!("http://{port}"), "/metrics");
    assert!(
        figures.body.contains("gongkai_requests_total"),
        "{}",
        figures.body
    );
    // The runner tells how many jobs stand where once it has been around.
    let jobs = || http::get(&format!("http://{port}"), "/metrics").body;
    while !jobs().contains("gongkai_jobs{state=\"waiting\"}") {
        std::thread::yield_now();
    }
    assert!(server.stop());
    let logs = own.data().join("logs");
    let all: String = std::fs::read_dir(logs)
        .expect("logs")
        .map(|entry| std::fs::read_to_string(entry.expect("an entry").path()).expect("a log"))
        .collect();
    assert!(
        all.contains("\"route\":\"/clock\"") && all.contains("127.0.0.0"),
        "{all}"
    );
    assert!(!all.contains("990001199003070012"));
}
