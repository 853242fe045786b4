//! Versions of calendars, and what is known of master keys and backups.

use gongkai_store::calendar::{self, NewVersion};
use gongkai_store::operations::{self, Check};
use gongkai_testkit::database::TestDb;
use gongkai_testkit::on_both_engines;
use jiff::Timestamp;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("an instant")
}

fn version(year: i64, version: i64) -> NewVersion {
    NewVersion {
        jurisdiction: "CN".to_owned(),
        year,
        version,
        content: "{}".to_owned(),
        notice: "国办发明电〔2026〕1号".to_owned(),
        source: "typed".to_owned(),
        loaded_by: "li".to_owned(),
        loaded_at: at(1),
        reason: "𬴂".to_owned(),
    }
}

/// What a hand in the database does; what it is told where it may not.
fn by_hand(test: &TestDb, words: &str) -> String {
    let done = match test.db.file() {
        Some(file) => std::process::Command::new("sqlite3")
            .arg(file)
            .arg(words)
            .output(),
        None => std::process::Command::new("psql")
            .args([&test.options.url, "-v", "ON_ERROR_STOP=1", "-c", words])
            .output(),
    };
    String::from_utf8_lossy(&done.expect("it runs").stderr).into_owned()
}

on_both_engines! {
    async fn a_version_is_added_once_and_stays_for_good(test: TestDb) {
        let mut tx = test.db.write().await.expect("a turn");
        assert_eq!(calendar::changes(&mut tx).await.expect("a count"), 0);
        for (year, number, is_new) in [(2028, 1, true), (2027, 2, true), (2027, 1, true), (2027, 1, false)] {
            let added = calendar::add(&mut tx, &version(year, number)).await.expect("asked");
            assert_eq!(added, is_new, "{year} {number}");
        }
        assert_eq!(calendar::changes(&mut tx).await.expect("a count"), 3);
        let all = calendar::all(&mut tx).await.expect("all");
        let order: Vec<_> = all.iter().map(|one| (one.kept.year, one.kept.version)).collect();
        assert_eq!(order, [(2027, 1), (2027, 2), (2028, 1)]);
        assert_eq!(all[0].kept, version(2027, 1));
        tx.commit().await.expect("kept");
        for words in ["delete from calendars where year = 2028", "update calendars set content = 'x'"] {
            let told = by_hand(&test, words);
            assert!(told.contains("append-only"), "{words}: {told}");
        }
        let mut tx = test.db.read().await.expect("a state");
        assert_eq!(calendar::all(&mut tx).await.expect("all"), all);
    }

    async fn the_first_time_of_a_master_key_and_the_last_of_a_backup_count(test: TestDb) {
        let mut tx = test.db.write().await.expect("a turn");
        for (id, second) in [("a", 1), ("b", 2), ("a", 3)] {
            operations::saw_master(&mut tx, id, at(second)).await.expect("noted");
        }
        let masters = operations::masters(&mut tx).await.expect("masters");
        assert_eq!(masters, [("b".to_owned(), at(2)), ("a".to_owned(), at(1))]);
        let check = |second, fault: &str| Check { path: "/b/1".to_owned(), at: at(second), fault: fault.to_owned() };
        for one in [check(1, ""), check(2, "damaged")] {
            operations::checked(&mut tx, &one).await.expect("noted");
        }
        assert_eq!(operations::checks(&mut tx).await.expect("checks"), [check(2, "damaged")]);
        operations::forget_check(&mut tx, "/b/1").await.expect("forgotten");
        assert!(operations::checks(&mut tx).await.expect("checks").is_empty());
    }
}
