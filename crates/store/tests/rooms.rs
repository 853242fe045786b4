//! Rooms of the store, each case on both engines.

use gongkai_domain::audit::{Entry, Outcome};
use gongkai_store::audit::{self, Fault, Search};
use gongkai_store::idempotency::{self, Known};
use gongkai_store::jobs::{self, NewJob};
use gongkai_store::settings::{self, Setting};
use gongkai_store::{Db, Migrations, Options, StoreError, backup, copy};
use gongkai_testkit::database::{Folder, TestDb, empty};
use gongkai_testkit::on_both_engines;
use jiff::{SignedDuration, Timestamp};

const LEASE: SignedDuration = SignedDuration::from_secs(60);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("an instant")
}

fn job(kind: &'static str, dedupe: Option<&str>) -> NewJob {
    NewJob {
        kind,
        payload: "{}".to_owned(),
        dedupe: dedupe.map(ToOwned::to_owned),
        run_at: at(0),
    }
}

async fn enqueue(db: &Db, new: &NewJob) {
    let mut tx = db.write().await.expect("a turn");
    jobs::enqueue(&mut tx, new, at(0)).await.expect("enqueued");
    tx.commit().await.expect("kept");
}

async fn claim(db: &Db, worker: &str, now: i64) -> Option<jobs::Claimed> {
    let mut tx = db.write().await.expect("a turn");
    let claimed = jobs::claim(&mut tx, worker, at(now), LEASE).await;
    tx.commit().await.expect("kept");
    claimed.expect("a claim")
}

fn entry(second: i64, action: &str) -> Entry {
    Entry {
        at: at(second),
        actor: Some(1),
        actor_name: "李𬴂·阿布".to_owned(),
        acting_for: None,
        organization: None,
        action: action.to_owned(),
        object_kind: "person".to_owned(),
        object: second.to_string(),
        outcome: Outcome::Done,
        detail: "{}".to_owned(),
        source: "127.0.0.1".to_owned(),
        request: "r".to_owned(),
    }
}

async fn trail(db: &Db, count: i64) {
    let mut tx = db.write().await.expect("a turn");
    for second in 0..count {
        audit::append(&mut tx, &entry(second, "people.see"))
            .await
            .expect("written");
    }
    tx.commit().await.expect("kept");
    let mut tx = db.write().await.expect("a turn");
    audit::chain(&mut tx, 1000).await.expect("chained");
    tx.commit().await.expect("kept");
}

/// What a hand in the database itself would do, past the triggers.
async fn by_hand(test: &TestDb, words: &[&str]) {
    let (program, mut arguments, off, on) = match test.db.file() {
        Some(file) => (
            "sqlite3",
            vec![file.display().to_string()],
            "drop trigger if exists audit_is_kept; drop trigger if exists audit_stays; drop trigger if exists audit_chain_is_kept; drop trigger if exists audit_chain_stays;",
            "",
        ),
        None => (
            "psql",
            vec![
                test.options.url.clone(),
                "-v".to_owned(),
                "ON_ERROR_STOP=1".to_owned(),
                "-c".to_owned(),
            ],
            "set session_replication_role = replica;",
            "",
        ),
    };
    arguments.push(format!("{off} {} {on}", words.join("; ")));
    let done = std::process::Command::new(program)
        .args(&arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; cargo xtask test installs it"));
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

async fn fault(db: &Db, known: &[audit::Checkpoint]) -> Option<Fault> {
    let mut tx = db.read().await.expect("a state");
    audit::verify(&mut tx, known)
        .await
        .expect("looked at")
        .err()
}

on_both_engines! {
    async fn a_job_is_claimed_by_one_and_done_once(test: TestDb) {
        enqueue(&test.db, &job("a", None)).await;
        let claimed = claim(&test.db, "one", 1).await.expect("a job");
        assert_eq!((claimed.kind.as_str(), claimed.attempts), ("a", 1));
        assert_eq!(claim(&test.db, "two", 2).await, None);
        let mut tx = test.db.write().await.expect("a turn");
        jobs::done(&mut tx, claimed.id, "one", at(3)).await.expect("done");
        tx.commit().await.expect("kept");
        assert_eq!(claim(&test.db, "two", 1000).await, None);
    }

    async fn who_dies_with_a_job_loses_it(test: TestDb) {
        enqueue(&test.db, &job("a", None)).await;
        let first = claim(&test.db, "one", 1).await.expect("a job");
        let second = claim(&test.db, "two", 62).await.expect("the same job");
        assert_eq!((second.id, second.attempts), (first.id, 2));
        let mut tx = test.db.write().await.expect("a turn");
        let late = jobs::done(&mut tx, first.id, "one", at(63)).await;
        assert!(matches!(late, Err(StoreError::Conflict)), "{late:?}");
    }

    async fn one_of_a_kind_waits_at_a_time(test: TestDb) {
        for _ in 0..3 {
            enqueue(&test.db, &job("sweep", Some("all"))).await;
        }
        let first = claim(&test.db, "one", 1).await.expect("a job");
        assert_eq!(claim(&test.db, "one", 1).await, None);
        // While it runs, something may have come that it has not seen.
        enqueue(&test.db, &job("sweep", Some("all"))).await;
        let second = claim(&test.db, "two", 2).await.expect("another");
        assert_ne!(first.id, second.id);
    }

    async fn a_change_that_found_its_job_waiting_is_seen_by_who_does_it(test: TestDb) {
        enqueue(&test.db, &job("sweep", Some("all"))).await;
        let mut change = test.db.write().await.expect("a turn");
        let put = |value: &str| Setting { name: "seen".to_owned(), value: value.to_owned(), version: 0 };
        settings::put(&mut change, &put("changed"), "li", at(0)).await.expect("changed");
        jobs::enqueue(&mut change, &job("sweep", Some("all")), at(0)).await.expect("enqueued");
        // On SQLite nobody else writes meanwhile.
        if test.db.file().is_none() {
            assert_eq!(claim(&test.db, "early", 1).await, None, "the change is not kept yet");
        }
        change.commit().await.expect("kept");
        assert!(claim(&test.db, "one", 1).await.is_some());
        let mut tx = test.db.read().await.expect("a state");
        assert!(settings::get(&mut tx, "seen").await.expect("read").is_some());
        drop(tx);
        assert_eq!(claim(&test.db, "two", 1).await, None, "one was enough");
    }

    async fn of_two_times_at_which_a_job_is_to_come_the_earlier_holds(test: TestDb) {
        for second in [50, 20, 40] {
            let later = NewJob { run_at: at(second), ..job("sweep", Some("all")) };
            enqueue(&test.db, &later).await;
        }
        assert_eq!(claim(&test.db, "one", 19).await, None);
        assert!(claim(&test.db, "one", 20).await.is_some());
    }

    async fn a_job_that_was_given_up_is_tried_anew_beside_another_of_its_kind(test: TestDb) {
        enqueue(&test.db, &job("sweep", Some("all"))).await;
        let claimed = claim(&test.db, "one", 1).await.expect("a job");
        let mut tx = test.db.write().await.expect("a turn");
        jobs::failed(&mut tx, claimed.id, "one", at(2), "for good").await.expect("given up");
        tx.commit().await.expect("kept");
        enqueue(&test.db, &job("sweep", Some("all"))).await;
        let mut tx = test.db.write().await.expect("a turn");
        jobs::retry(&mut tx, claimed.id, at(3)).await.expect("anew");
        tx.commit().await.expect("kept");
        assert!(claim(&test.db, "one", 4).await.is_some());
        assert!(claim(&test.db, "two", 4).await.is_some());
    }

    async fn a_job_that_failed_waits_and_keeps_its_reason(test: TestDb) {
        enqueue(&test.db, &job("a", None)).await;
        let claimed = claim(&test.db, "one", 1).await.expect("a job");
        let mut tx = test.db.write().await.expect("a turn");
        jobs::again(&mut tx, claimed.id, "one", at(30), "the mail server is away").await.expect("put back");
        tx.commit().await.expect("kept");
        assert_eq!(claim(&test.db, "one", 29).await, None);
        let mut tx = test.db.read().await.expect("a state");
        assert_eq!(jobs::next_at(&mut tx).await.expect("an instant"), Some(at(30)));
        let listed = jobs::list(&mut tx, None, i64::MAX, 10).await.expect("a list");
        assert_eq!(listed[0].last_error.as_deref(), Some("the mail server is away"));
        drop(tx);
        let claimed = claim(&test.db, "one", 30).await.expect("again");
        let mut tx = test.db.write().await.expect("a turn");
        jobs::failed(&mut tx, claimed.id, "one", at(31), "for good").await.expect("given up");
        assert_eq!(jobs::counts(&mut tx).await.expect("counts"), [("failed".to_owned(), 1)]);
        jobs::retry(&mut tx, claimed.id, at(32)).await.expect("anew");
        tx.commit().await.expect("kept");
        assert!(claim(&test.db, "one", 32).await.is_some());
    }

    async fn a_job_of_a_change_that_was_taken_back_never_comes(test: TestDb) {
        let mut tx = test.db.write().await.expect("a turn");
        jobs::enqueue(&mut tx, &job("letter", None), at(0)).await.expect("enqueued");
        tx.roll_back().await.expect("taken back");
        assert_eq!(claim(&test.db, "one", 1).await, None);
    }

    async fn who_goes_away_while_a_transaction_begins_leaves_none_open_to_the_next(test: TestDb) {
        let few = Options { connections: 2, ..test.options.clone() };
        let db = Db::open_migrated(&few, Migrations::Main).await.expect("a second door");
        for patience in 0..400 {
            let gone = async {
                for _ in 0..patience {
                    tokio::task::yield_now().await;
                }
            };
            let waits = async {
                let mut tx = db.write().await?;
                jobs::next_at(&mut tx).await
            };
            tokio::select! {
                biased;
                () = gone => {}
                seen = waits => assert_eq!(seen.expect("asked"), None),
            }
            // Asked of each connection without a transaction: in one that was left open,
            // it would be the first query, and no state of one's own could begin after it.
            for _ in 0..4 {
                db.server_time().await.expect("asked");
            }
            let states = (db.read().await, db.read().await);
            assert!(matches!(states, (Ok(_), Ok(_))), "after {patience} turns: {states:?}");
        }
        db.close().await;
    }

    async fn a_slot_of_a_schedule_fires_once(test: TestDb) {
        let mut fired = 0;
        for _ in 0..5 {
            let mut tx = test.db.write().await.expect("a turn");
            fired += u32::from(jobs::fire(&mut tx, "nightly", at(0), at(1)).await.expect("asked"));
            tx.commit().await.expect("kept");
        }
        assert_eq!(fired, 1);
    }

    async fn many_workers_share_jobs_without_doing_one_twice(test: TestDb) {
        for _ in 0..40 {
            enqueue(&test.db, &job("a", None)).await;
        }
        let workers: Vec<_> = (0..8)
            .map(|worker| {
                let db = test.db.clone();
                tokio::spawn(async move {
                    let mut own = Vec::new();
                    while let Some(claimed) = claim(&db, &worker.to_string(), 1).await {
                        own.push(claimed.id);
                    }
                    own
                })
            })
            .collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.await.expect("a worker"));
        }
        all.sort_unstable();
        let count = all.len();
        all.dedup();
        assert_eq!((count, all.len()), (40, 40));
    }

    async fn a_worker_is_woken_by_a_commit_and_not_before(test: TestDb) {
        let mut listener = gongkai_store::Listener::default();
        if test.db.file().is_none() {
            test.db.job_came(&mut listener).await.expect("it listens");
        }
        let mut tx = test.db.write().await.expect("a turn");
        jobs::enqueue(&mut tx, &job("a", None), at(0)).await.expect("enqueued");
        let woken = tokio::spawn({
            let db = test.db.clone();
            async move {
                db.job_came(&mut listener).await.expect("woken");
                claim(&db, "one", 1).await
            }
        });
        tx.commit().await.expect("kept");
        assert!(woken.await.expect("the worker").is_some());
    }

    async fn what_is_sent_twice_is_done_once(test: TestDb) {
        let mut tx = test.db.write().await.expect("a turn");
        assert_eq!(idempotency::look(&mut tx, "file", "k", "d", at(0)).await.expect("looked"), Known::New);
        idempotency::keep(&mut tx, "file", "k", "d", "/requests/1", at(0)).await.expect("kept");
        tx.commit().await.expect("kept");
        let mut tx = test.db.write().await.expect("a turn");
        let again = idempotency::look(&mut tx, "file", "k", "d", at(1)).await.expect("looked");
        assert_eq!(again, Known::Done("/requests/1".to_owned()));
        let other = idempotency::look(&mut tx, "file", "k", "else", at(1)).await.expect("looked");
        assert_eq!(other, Known::Other);
        let twice = idempotency::keep(&mut tx, "file", "k", "d", "/requests/2", at(1)).await;
        assert!(matches!(twice, Err(StoreError::Duplicate(_))), "{twice:?}");
    }

    async fn a_commit_never_succeeds_without_keeping_what_was_done(test: TestDb) {
        let keep = async |tx: &mut gongkai_store::Tx, key| {
            idempotency::keep(tx, "form", key, "digest", "answer", at(1)).await
        };
        let mut tx = test.db.write().await.expect("a turn");
        keep(&mut tx, "one").await.expect("kept");
        // Somebody passes over a refused row and goes on.
        assert!(matches!(keep(&mut tx, "one").await, Err(StoreError::Duplicate(_))));
        let is_committed = tx.commit().await.is_ok();
        let mut tx = test.db.write().await.expect("a turn");
        let known = idempotency::look(&mut tx, "form", "one", "digest", at(2)).await;
        assert_eq!(known.expect("known") != Known::New, is_committed);
    }

    async fn a_setting_that_was_set_meanwhile_is_a_conflict(test: TestDb) {
        let setting = |value: &str, version| Setting { name: "idle".to_owned(), value: value.to_owned(), version };
        let mut tx = test.db.write().await.expect("a turn");
        settings::put(&mut tx, &setting("30", 0), "li", at(0)).await.expect("set");
        tx.commit().await.expect("kept");
        let mut tx = test.db.write().await.expect("a turn");
        settings::put(&mut tx, &setting("20", 1), "li", at(1)).await.expect("set");
        for stale in [0, 1] {
            let late = settings::put(&mut tx, &setting("10", stale), "wang", at(2)).await;
            assert!(matches!(late, Err(StoreError::Conflict)), "{stale}: {late:?}");
        }
        let now = settings::get(&mut tx, "idle").await.expect("read").expect("a setting");
        assert_eq!((now.value.as_str(), now.version), ("20", 2));
    }

    async fn a_whole_trail_is_found_whole(test: TestDb) {
        trail(&test.db, 5).await;
        // One that is not in the chain yet.
        let mut tx = test.db.write().await.expect("a turn");
        audit::append(&mut tx, &entry(9, "people.invite")).await.expect("written");
        tx.commit().await.expect("kept");
        let mut tx = test.db.read().await.expect("a state");
        assert_eq!(audit::verify(&mut tx, &[]).await.expect("looked at"), Ok(6));
        let search = Search { action: Some("people.invite".to_owned()), ..Search::default() };
        let found = audit::search(&mut tx, &search, i64::MAX, 10).await.expect("found");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].entry, entry(9, "people.invite"));
    }

    async fn the_program_itself_cannot_rewrite_the_trail(test: TestDb) {
        trail(&test.db, 2).await;
        let refused = match test.db.file() {
            Some(file) => std::process::Command::new("sqlite3")
                .arg(file)
                .arg("delete from audit where id = 1")
                .output(),
            None => std::process::Command::new("psql")
                .args([&test.options.url, "-v", "ON_ERROR_STOP=1", "-c", "delete from audit where id = 1"])
                .output(),
        }
        .expect("it runs");
        assert!(!refused.status.success());
        assert!(String::from_utf8_lossy(&refused.stderr).contains("append-only"));
        assert_eq!(fault(&test.db, &[]).await, None);
    }

    async fn an_entry_that_is_kept_later_than_one_after_it_is_chained_too(test: TestDb) {
        let mut early = test.db.write().await.expect("a turn");
        audit::append(&mut early, &entry(1, "people.see")).await.expect("written");
        // On SQLite one writes after the other.
        let early = if test.db.file().is_none() {
            trail(&test.db, 2).await;
            early
        } else {
            early.roll_back().await.expect("taken back");
            trail(&test.db, 2).await;
            let mut early = test.db.write().await.expect("a turn");
            audit::append(&mut early, &entry(1, "people.see")).await.expect("written");
            early
        };
        early.commit().await.expect("kept");
        let mut tx = test.db.write().await.expect("a turn");
        assert_eq!(audit::chain(&mut tx, 1000).await.expect("chained"), 1);
        assert_eq!(audit::chain(&mut tx, 1000).await.expect("nothing new"), 0);
        tx.commit().await.expect("kept");
        let mut tx = test.db.read().await.expect("a state");
        assert_eq!(audit::head(&mut tx).await.expect("a head").0, 3);
        assert_eq!(audit::verify(&mut tx, &[]).await.expect("looked at"), Ok(3));
    }

    async fn an_entry_that_was_kept_out_of_the_chain_is_named(test: TestDb) {
        trail(&test.db, 5).await;
        for second in [8, 9] {
            let mut tx = test.db.write().await.expect("a turn");
            audit::append(&mut tx, &entry(second, "people.see")).await.expect("written");
            tx.commit().await.expect("kept");
        }
        by_hand(&test, &["delete from audit_unchained where entry = 6"]).await;
        assert_eq!(fault(&test.db, &[]).await, Some(Fault::KeptOut { entry: 6 }));
        by_hand(&test, &["insert into audit_unchained values (6)", "delete from audit where id = 7"]).await;
        assert_eq!(fault(&test.db, &[]).await, Some(Fault::Removed { entry: 7 }));
    }

    async fn an_edited_entry_is_named(test: TestDb) {
        trail(&test.db, 5).await;
        by_hand(&test, &["update audit set actor_name = 'other' where id = 3"]).await;
        assert_eq!(fault(&test.db, &[]).await, Some(Fault::Edited { entry: 3 }));
    }

    async fn a_removed_entry_is_named(test: TestDb) {
        trail(&test.db, 5).await;
        by_hand(&test, &["delete from audit where id = 4"]).await;
        assert_eq!(fault(&test.db, &[]).await, Some(Fault::Removed { entry: 4 }));
    }

    async fn entries_that_changed_places_are_named(test: TestDb) {
        trail(&test.db, 5).await;
        by_hand(&test, &[
            "update audit_chain set position = 100 where position = 2",
            "update audit_chain set position = 2 where position = 3",
            "update audit_chain set position = 3 where position = 100",
        ]).await;
        assert_eq!(fault(&test.db, &[]).await, Some(Fault::Moved { position: 2 }));
    }

    async fn a_trail_whose_end_was_cut_off_is_told_by_a_checkpoint_kept_elsewhere(test: TestDb) {
        trail(&test.db, 5).await;
        let mut tx = test.db.read().await.expect("a state");
        let (size, chain) = audit::head(&mut tx).await.expect("a head");
        drop(tx);
        let kept = audit::Checkpoint { size, chain, at: at(9), key: String::new(), signature: String::new() };
        assert_eq!(fault(&test.db, std::slice::from_ref(&kept)).await, None);
        by_hand(&test, &["delete from audit_chain where position > 3", "delete from audit where id > 3"]).await;
        assert_eq!(fault(&test.db, &[]).await, None, "from inside, nothing is missing");
        assert_eq!(fault(&test.db, &[kept]).await, Some(Fault::Cut { size: 5, there: 3 }));
    }

    async fn everything_is_copied_to_either_engine_and_back(test: TestDb) {
        trail(&test.db, 700).await;
        enqueue(&test.db, &job("a", None)).await;
        let folder = Folder::new();
        for engine in [gongkai_store::Engine::Postgres, gongkai_store::Engine::Sqlite] {
            let target = Db::open_migrated(&empty(engine, &folder), Migrations::Main).await.expect("a database");
            let copied = copy::copy(&test.db, &target).await.expect("copied");
            assert_eq!(copied["audit"].rows, 700);
            assert_eq!(copied, copy::contents(&target).await.expect("what is there"));
            assert_eq!(copied, copy::contents(&test.db).await.expect("what was there"));
            // It counts on, and stands.
            trail(&target, 1).await;
            assert_eq!(fault(&target, &[]).await, None);
            let again = copy::copy(&test.db, &target).await;
            assert!(matches!(again, Err(StoreError::Refused(_))), "{again:?}");
        }
    }

    async fn a_backup_is_one_state_while_others_write(test: TestDb) {
        trail(&test.db, 50).await;
        let file = test.folder.path().join("backup.sqlite");
        let (written, ()) = tokio::join!(backup::write(&test.db, Migrations::Main, &file), trail(&test.db, 20));
        let written = written.expect("written");
        let opened = backup::open(&file).await.expect("a database");
        assert_eq!(written, copy::contents(&opened).await.expect("what it holds"));
        assert_eq!(fault(&opened, &[]).await, None);
        assert!([50, 70].contains(&written["audit"].rows));
    }
}
