//! On PostgreSQL the application's own role writes the trail and changes
//! nothing in it, even where it goes around the program.

use std::process::{Command, Output};

use gongkai_domain::audit::{Entry, Outcome};
use gongkai_store::{Db, Engine, Migrations, Options, audit, grants, jobs, settings};
use gongkai_testkit::database::{TestDb, own_name};
use jiff::Timestamp;

fn psql(url: &str, words: &str) -> Output {
    Command::new("psql")
        .args([url, "-v", "ON_ERROR_STOP=1", "-c", words])
        .output()
        .expect("psql; cargo xtask test installs it")
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("an instant")
}

fn entry(second: i64) -> Entry {
    Entry {
        at: at(second),
        actor: Some(1),
        actor_name: "li".to_owned(),
        acting_for: None,
        organization: None,
        action: "people.see".to_owned(),
        object_kind: "person".to_owned(),
        object: second.to_string(),
        outcome: Outcome::Done,
        detail: "{}".to_owned(),
        source: "127.0.0.1".to_owned(),
        request: "r".to_owned(),
    }
}

/// Everything that the house does with its trail, and some of the rest.
async fn works(db: &Db) {
    let mut tx = db.write().await.expect("a turn");
    for second in 0..3 {
        audit::append(&mut tx, &entry(second))
            .await
            .expect("written");
    }
    tx.commit().await.expect("kept");
    let mut tx = db.write().await.expect("a turn");
    audit::chain(&mut tx, 100).await.expect("chained");
    let job = jobs::NewJob {
        kind: "a",
        payload: "{}".to_owned(),
        dedupe: None,
        run_at: at(0),
    };
    jobs::enqueue(&mut tx, &job, at(0)).await.expect("enqueued");
    tx.commit().await.expect("kept");
    let mut tx = db.read().await.expect("a state");
    settings::all(&mut tx).await.expect("read");
    assert_eq!(
        audit::verify(&mut tx, &[]).await.expect("looked at").err(),
        None
    );
}

#[tokio::test]
async fn the_application_role_writes_the_trail_and_changes_nothing_in_it() {
    let test = TestDb::new(Engine::Postgres).await;
    let owner = test.options.url.clone();
    let role = own_name();
    let made = psql(&owner, &format!("create role {role} login"));
    assert!(made.status.success(), "{made:?}");
    assert_eq!(
        grants::may_change_the_trail(&test.db).await.expect("asked"),
        Some(true)
    );
    grants::to_application(&test.db, &role)
        .await
        .expect("granted");
    // After the next migration it is granted once more.
    grants::to_application(&test.db, &role)
        .await
        .expect("granted again");

    let own = Options::new(owner.replacen("gongkai@", &format!("{role}@"), 1));
    let db = Db::open_migrated(&own, Migrations::Main)
        .await
        .expect("it opens what is up to date");
    assert_eq!(
        grants::may_change_the_trail(&db).await.expect("asked"),
        Some(false)
    );
    works(&db).await;
    let taken = psql(&own.url, "select nextval('requests_id_seq')");
    assert!(taken.status.success(), "{taken:?}");
    let forbidden = [
        "select setval('requests_id_seq', 1)",
        "update audit set detail = '{\"a\":1}'",
        "delete from audit",
        "truncate audit cascade",
        "update audit_chain set position = 9",
        "delete from audit_checkpoints",
        "delete from calendars",
        "alter table audit disable trigger all",
        "drop trigger audit_kept on audit",
        "drop table audit cascade",
        "set session_replication_role = replica",
        "update _sqlx_migrations set checksum = ''",
        "create table audit_of_mine (id bigint)",
    ];
    for words in forbidden {
        let tried = psql(&own.url, words);
        let said = String::from_utf8_lossy(&tried.stderr).into_owned();
        assert!(
            !tried.status.success()
                && (said.contains("permission denied") || said.contains("must be owner")),
            "{words}: {said}"
        );
    }
    let mut tx = db.read().await.expect("a state");
    assert_eq!(
        audit::verify(&mut tx, &[]).await.expect("looked at").err(),
        None
    );
    drop(tx);
    db.close().await;
}

#[tokio::test]
async fn what_cannot_be_granted_is_said() {
    let sqlite = TestDb::new(Engine::Sqlite).await;
    assert_eq!(
        grants::may_change_the_trail(&sqlite.db)
            .await
            .expect("asked"),
        None
    );
    assert!(grants::to_application(&sqlite.db, "app").await.is_err());
    let postgres = TestDb::new(Engine::Postgres).await;
    for role in ["nobody_is_called_so", "app; drop table audit", ""] {
        assert!(
            grants::to_application(&postgres.db, role).await.is_err(),
            "{role}"
        );
    }
    works(&postgres.db).await;
}
