//! Letters in the store: numbers without a hole, templates and letters that
//! stay as they are.

use std::collections::BTreeSet;

use gongkai_domain::organization::permissions::Reach;
use gongkai_domain::organization::{Organization, OrganizationId, OrganizationKind, Validity};
use gongkai_store::blobs::{self, Blob};
use gongkai_store::letters::{self, NewLetter, Settled};
use gongkai_store::{Db, StoreError, organization};
use gongkai_testkit::database::TestDb;
use gongkai_testkit::on_both_engines;
use jiff::Timestamp;
use jiff::civil::date;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("an instant")
}

async fn body(db: &Db, name: &str) -> OrganizationId {
    let since = Validity::since(date(2020, 1, 1));
    let body = Organization::draft(name, OrganizationKind::Department, since);
    let mut tx = db.write().await.expect("a turn");
    organization::lock(&mut tx)
        .await
        .expect("a turn at the bodies");
    let id = organization::insert(&mut tx, &body, at(1))
        .await
        .expect("founded");
    tx.commit().await.expect("kept");
    id
}

const SERIES: (&str, i64) = ("云财公开复", 2026);

async fn granted(db: &Db, body: OrganizationId) -> i64 {
    let mut tx = db.write().await.expect("a turn");
    let (_, place) = letters::grant(&mut tx, body, SERIES, "denied", None, at(1))
        .await
        .expect("granted");
    tx.commit().await.expect("kept");
    place
}

fn letter(organization: OrganizationId, number: Option<i64>) -> NewLetter {
    NewLetter {
        organization,
        kind: "denied".to_owned(),
        number,
        about: ("request".to_owned(), Some(7)),
        template_version: 0,
        template_digest: "t".to_owned(),
        dated: date(2026, 11, 23),
        key: "k".to_owned(),
        sealed: vec![1, 2, 3],
        digest: "d".to_owned(),
        blob: "b".to_owned(),
        issued_at: at(2),
        by: (None, None),
    }
}

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
    async fn sixty_four_at_once_get_sixty_four_numbers_without_a_hole(test: TestDb) {
        let body = body(&test.db, "云岭市财政局").await;
        let mut tasks = Vec::new();
        for _ in 0..64 {
            let db = test.db.clone();
            tasks.push(tokio::spawn(async move { granted(&db, body).await }));
        }
        let mut places = BTreeSet::new();
        for task in tasks {
            assert!(places.insert(task.await.expect("done")), "a number twice");
        }
        assert_eq!(places, (1..=64).collect());
        let mut tx = test.db.read().await.expect("a state");
        assert_eq!(letters::last(&mut tx, body, SERIES.0, SERIES.1).await.expect("last"), 64);
        assert_eq!(letters::numbers(&mut tx, body, 2026, 100).await.expect("all").len(), 64);
    }

    async fn what_is_taken_back_leaves_no_hole_and_series_count_apart(test: TestDb) {
        let one = body(&test.db, "云岭市财政局").await;
        let other = body(&test.db, "石屏县财政局").await;
        assert_eq!(granted(&test.db, one).await, 1);
        let mut tx = test.db.write().await.expect("a turn");
        let (_, place) = letters::grant(&mut tx, one, SERIES, "denied", None, at(1)).await.expect("granted");
        assert_eq!(place, 2);
        tx.roll_back().await.expect("taken back");
        assert_eq!(granted(&test.db, one).await, 2);
        assert_eq!(granted(&test.db, other).await, 1);
        let mut tx = test.db.write().await.expect("a turn");
        for (series, place) in [(("云财公开告", 2026), 1), (("云财公开复", 2027), 1), (SERIES, 3)] {
            let (_, got) = letters::grant(&mut tx, one, series, "denied", None, at(1)).await.expect("granted");
            assert_eq!(got, place, "{series:?}");
        }
    }

    async fn a_number_is_settled_once(test: TestDb) {
        let body = body(&test.db, "云岭市财政局").await;
        let mut tx = test.db.write().await.expect("a turn");
        let (row, _) = letters::grant(&mut tx, body, SERIES, "denied", None, at(1)).await.expect("granted");
        let (second, _) = letters::grant(&mut tx, body, SERIES, "denied", None, at(1)).await.expect("granted");
        letters::settle(&mut tx, row, Settled::Issued, None, at(2)).await.expect("issued");
        letters::settle(&mut tx, second, Settled::Void("印错作废"), None, at(2)).await.expect("void");
        for settled in [Settled::Issued, Settled::Void("x")] {
            let again = letters::settle(&mut tx, row, settled, None, at(3)).await;
            assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
        }
        tx.commit().await.expect("kept");
        let mut tx = test.db.read().await.expect("a state");
        let all = letters::numbers(&mut tx, body, 2026, 10).await.expect("all");
        let told: Vec<_> = all.iter().map(|one| (one.number, one.state.as_str(), one.reason.as_str())).collect();
        assert_eq!(told, [(1, "issued", ""), (2, "void", "印错作废")]);
        tx.roll_back().await.expect("over");
        for words in ["delete from letter_numbers", "update letter_numbers set state = 'held'", "update letter_numbers set number = 9"] {
            assert!(!by_hand(&test, words).is_empty(), "{words}");
        }
    }

    async fn an_issued_letter_stays_as_it_is_and_bears_its_number_alone(test: TestDb) {
        let body = body(&test.db, "云岭市财政局").await;
        let mut tx = test.db.write().await.expect("a turn");
        let blob = Blob { digest: "b".to_owned(), size: 1, key: "k".to_owned(), created_at: at(1) };
        blobs::add(&mut tx, &blob).await.expect("named");
        let (row, _) = letters::grant(&mut tx, body, SERIES, "denied", None, at(1)).await.expect("granted");
        let id = letters::add(&mut tx, &letter(body, Some(row))).await.expect("kept");
        let none = letters::add(&mut tx, &letter(body, None)).await.expect("a receipt bears none");
        assert!(none > id);
        tx.commit().await.expect("kept");
        let mut tx = test.db.write().await.expect("a turn");
        let twice = letters::add(&mut tx, &letter(body, Some(row))).await;
        assert!(matches!(twice, Err(StoreError::Duplicate(_))), "{twice:?}");
        drop(tx);
        let mut tx = test.db.read().await.expect("a state");
        let seen = letters::get(&mut tx, &Reach::Of(vec![body]), id).await.expect("asked").expect("there");
        assert_eq!(seen.kept, letter(body, Some(row)));
        assert_eq!(seen.numbered, Some((SERIES.0.to_owned(), 2026, 1)));
        for reach in [Reach::Nothing, Reach::Of(vec![OrganizationId(body.0 + 1)])] {
            assert_eq!(letters::get(&mut tx, &reach, id).await.expect("asked"), None);
        }
        let about = letters::about(&mut tx, &Reach::All, "request", 7).await.expect("asked");
        assert_eq!(about.iter().map(|one| one.id).collect::<Vec<_>>(), [id, none]);
        assert_eq!(letters::about(&mut tx, &Reach::All, "request", 8).await.expect("asked"), []);
        tx.roll_back().await.expect("over");
        for words in ["delete from letters", "update letters set digest = 'x'", "delete from letter_templates"] {
            let told = by_hand(&test, words);
            // A table without rows says nothing on SQLite.
            assert!(told.contains("append-only") || words.contains("templates"), "{words}: {told}");
        }
    }
}
