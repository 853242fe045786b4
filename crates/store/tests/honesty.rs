//! What keeps one text for two engines honest.

use gongkai_store::{Engine, Migrations, Value, migrate, schema, statements, values};
use gongkai_testkit::database::TestDb;

#[tokio::test]
async fn every_statement_is_understood_alike_by_both_engines() {
    let sqlite = TestDb::new(Engine::Sqlite).await;
    let postgres = TestDb::new(Engine::Postgres).await;
    let mut faults = Vec::new();
    for statement in statements() {
        if !statement.is_for(Engine::Sqlite) {
            let asked = postgres.db_of(statement.name).prepare(statement).await;
            faults.extend(
                asked
                    .err()
                    .map(|error| format!("{}: {error:?}", statement.name)),
            );
            continue;
        }
        let (one, other) = (
            sqlite.db_of(statement.name).prepare(statement).await,
            postgres.db_of(statement.name).prepare(statement).await,
        );
        match (one, other) {
            (Ok(one), Ok(other)) if one == other => {}
            (one, other) => faults.push(format!("{}: {one:?} | {other:?}", statement.name)),
        }
    }
    assert!(statements().len() > 20);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn both_engines_have_the_same_layout() {
    let sqlite = TestDb::new(Engine::Sqlite).await;
    let postgres = TestDb::new(Engine::Postgres).await;
    for (one, other) in [(&sqlite.db, &postgres.db), (&sqlite.keys, &postgres.keys)] {
        let one = schema::of(one).await.expect("a layout");
        let other = schema::of(other).await.expect("a layout");
        assert!(!one.is_empty());
        for (name, table) in &one {
            assert_eq!(Some(table), other.get(name), "{name}");
        }
        assert_eq!(one.len(), other.len());
        assert!(
            one.values().all(|table| !table.key.is_empty()),
            "a table without a key"
        );
    }
}

/// What is done every minute must not cost more with every year: none of it
/// reads a table whole that only grows.
#[tokio::test]
async fn chaining_never_walks_the_whole_trail() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let test = TestDb::new(engine).await;
        for name in [
            "audit::HEAD",
            "audit::UNCHAINED",
            "audit::AWAITED",
            "audit::LAST_CHECKPOINT",
        ] {
            let statement = statements().into_iter().find(|one| one.name == name);
            let statement = statement.expect("a statement");
            let plan = test.db.plan(statement).await.expect("a plan");
            let whole = plan.iter().find(|step| match engine {
                // The list of what is not chained is short, and read by its key.
                Engine::Sqlite => step.starts_with("SCAN") && !reads_by_key(step),
                Engine::Postgres => step.contains("Seq Scan") || step.contains("Sort"),
            });
            assert_eq!(whole, None, "{name}: {plan:?}");
        }
    }
}

/// A desk over a million cases is as quick as over ten thousand: its lists and
/// counts are read from an index, in their order. Both engines have the same
/// indexes; what a plan is asked with has no type, which only SQLite takes.
#[tokio::test]
async fn the_desk_never_walks_or_sorts_all_cases() {
    let test = TestDb::new(Engine::Sqlite).await;
    for name in [
        "requests/lanes::LANE_OF_BODY",
        "requests/lanes::LANE_OF_LIST",
        "requests/lanes::LANE_OF_HANDLER",
        "requests/lanes::PAST_OF_BODY",
        "requests/lanes::PAST_OF_LIST",
        "requests/lanes::PAST_OF_HANDLER",
        "requests/lanes::COUNT_OF_BODY",
        "requests/lanes::COUNT_OF_LIST",
        "requests/lanes::COUNT_OF_HANDLER",
        "requests/lists::ENLIST",
        "requests/lists::UNLIST",
        "requests::OF_APPLICANT",
        "requests::NEWEST",
        "requests::IN_LANE",
        "requests::TRACKED",
        "requests/words::FIND",
        "requests/submissions::BESIDE",
        "requests/words::SEEN",
        "requests/words::DAYS_OF_BODY",
        "requests/words::DAYS_OF_LIST",
        "requests/words::DAYS_OF_HANDLER",
    ] {
        let statement = statements().into_iter().find(|one| one.name == name);
        let statement = statement.expect("a statement");
        let plan = test.db.plan(statement).await.expect("a plan");
        let whole = plan.iter().find(|step| {
            ["SCAN request", "SCAN r", "SCAN l", "SCAN w"]
                .iter()
                .any(|scan| step.starts_with(scan))
                || step.starts_with("SCAN submissions")
                || step.contains("TEMP B-TREE FOR ORDER BY")
        });
        assert_eq!(whole, None, "{name}: {plan:?}");
    }
}

/// `SCAN u`, the list; `SCAN audit_chain`, of which `limit 1` takes the last by
/// its key.
fn reads_by_key(step: &str) -> bool {
    ["SCAN u", "SCAN audit_chain", "SCAN audit_checkpoints"]
        .iter()
        .any(|known| step == *known || step.starts_with(&format!("{known} USING")))
}

/// Statements that stand twice, with the reason in their doc comments. The
/// list is here so that its growth is seen.
#[test]
fn exceptions_from_one_text_are_few() {
    let exceptions: Vec<&str> = statements()
        .iter()
        .filter(|statement| statement.is_exception())
        .map(|statement| statement.name)
        .collect();
    assert_eq!(
        exceptions,
        [
            "audit::APPEND",
            "idempotency::KEEP_TELLING",
            "jobs::ENQUEUE",
            "jobs::CLAIM",
            "keys::ADD_ALL",
            "requests::FILE",
            "requests/foretold::FILE_ALONE",
            "requests/foretold::IDS"
        ]
    );
}

/// Statements of a file that no list knows would never be prepared.
#[test]
fn every_room_is_in_the_list() {
    fn rooms(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                rooms(&path, found);
            } else {
                let text = std::fs::read_to_string(&path).expect("a source");
                let begins = text.split("statements! { \"").skip(1);
                found.extend(begins.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
            }
        }
    }
    let mut found = Vec::new();
    rooms(
        &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut found,
    );
    found.sort();
    let mut listed: Vec<String> = statements()
        .iter()
        .filter_map(|statement| Some(statement.name.split_once("::")?.0.to_owned()))
        .collect();
    listed.sort();
    listed.dedup();
    assert_eq!(found, listed);
}

#[test]
fn every_migration_stands_in_both_folders_and_in_the_list() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let names = |folder: &str| {
        let mut names: Vec<String> = std::fs::read_dir(root.join(folder))
            .expect("a folder")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    };
    let mut listed: Vec<String> = [Migrations::Main, Migrations::Keys]
        .into_iter()
        .flat_map(|which| which.names().collect::<Vec<_>>())
        .map(|(_, name)| format!("{name}.sql"))
        .collect();
    listed.sort();
    assert_eq!(names("sqlite"), listed);
    assert_eq!(names("postgres"), listed);
}

#[tokio::test]
async fn migrating_twice_changes_nothing_and_nothing_is_pending() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let test = TestDb::new(engine).await;
        let before = schema::of(&test.db).await.expect("a layout");
        migrate::run(&test.db, Migrations::Main)
            .await
            .expect("again");
        assert_eq!(before, schema::of(&test.db).await.expect("a layout"));
        let pending = migrate::pending(&test.db, Migrations::Main).await;
        assert!(pending.expect("a list").is_empty());
    }
}

#[test]
fn values_are_what_both_engines_hold() {
    let day: jiff::civil::Date = "2026-11-22".parse().expect("a day");
    let given = values![
        1i64,
        true,
        "甲",
        None::<i64>,
        day,
        jiff::Timestamp::UNIX_EPOCH
    ];
    let held = [
        Value::Int(Some(1)),
        Value::Int(Some(1)),
        Value::Text(Some("甲".to_owned())),
        Value::Int(None),
        Value::Text(Some("2026-11-22".to_owned())),
        Value::Int(Some(0)),
    ];
    assert_eq!(given, held);
    assert_eq!(Value::ids([3, 5]), Value::Text(Some("[3,5]".to_owned())));
}
