//! What every use case stands on, each case on both engines.

use std::sync::Arc;

use gongkai_app::audit::{self, Deed, Verdict, Who};
use gongkai_app::blobs::{self, AttachmentError, S3Blobs, S3Settings};
use gongkai_app::house::House;
use gongkai_app::jobs::{self, JobError, Kind, Runner};
use gongkai_app::once::{Sent, SentOtherwise, once};
use gongkai_app::outside::{HttpFetcher, SystemChance, SystemClock};
use gongkai_app::ports::{BlobError, Blobs, Doing, Fetcher, Limits, Outgoing};
use gongkai_app::vault::{MasterKey, Vault, VaultError};
use gongkai_domain::audit::Outcome;
use gongkai_store::audit::Fault;
use gongkai_store::{Engine, StoreError, Tx, copy, jobs as stored};
use gongkai_testkit::database::TestDb;
use gongkai_testkit::house::ObjectStore;
use gongkai_testkit::in_both_houses;
use jiff::SignedDuration;
use sha2::{Digest, Sha256};

fn deed(object: i64) -> Deed<'static> {
    Deed {
        action: "people.see",
        object_kind: "person",
        object: object.to_string(),
        outcome: Outcome::Done,
        detail: serde_json::json!({}),
    }
}

async fn write(house: &House, count: i64) {
    for object in 0..count {
        let mut tx = house.db.write().await.expect("a turn");
        let who = Who::program("test");
        audit::write(&mut tx, &who, &deed(object), house.now())
            .await
            .expect("written");
        tx.commit().await.expect("kept");
    }
}

async fn verdict(house: &House, lines: &[String]) -> Verdict {
    let mut tx = house.db.read().await.expect("a state");
    audit::verify(&mut tx, lines).await.expect("looked at")
}

#[derive(Debug)]
enum Failed {
    Store(#[expect(dead_code, reason = "shown when a case fails")] StoreError),
    Otherwise,
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<SentOtherwise> for Failed {
    fn from(_: SentOtherwise) -> Self {
        Self::Otherwise
    }
}

/// Something that leaves a trace each time it is done.
async fn file(house: &House, key: &str, text: &str) -> Result<String, Failed> {
    let sent = Sent::new("file", key, [text]);
    once(house, &sent, async |mut tx: Tx| {
        audit::write(&mut tx, &Who::program("file"), &deed(1), house.now()).await?;
        Ok::<_, Failed>((tx, format!("/requests/{text}")))
    })
    .await
}

fn outside(house: &House) -> Doing<'_, Result<Option<Tx>, JobError>> {
    Box::pin(async move {
        // The work and its mark in one transaction.
        let mut tx = house.db.write().await.map_err(JobError::again)?;
        audit::write(&mut tx, &Who::program("job"), &deed(2), house.now())
            .await
            .map_err(JobError::again)?;
        Ok(Some(tx))
    })
}

const WORK: Kind = Kind::each("test.work");
const FAIL: Kind = Kind::each("test.fail");

fn runner(house: &House) -> Runner {
    let works: [(Kind, jobs::Work); 2] = [
        (WORK, |house, _| outside(house)),
        (FAIL, |_, _| {
            Box::pin(async { Err(JobError::Again("the mail server is away".to_owned())) })
        }),
    ];
    Runner::new(house.clone(), works, &[])
}

async fn enqueue(house: &House, kind: Kind) {
    let mut tx = house.db.write().await.expect("a turn");
    jobs::enqueue(&mut tx, house, kind, &())
        .await
        .expect("enqueued");
    tx.commit().await.expect("kept");
}

async fn entries(house: &House) -> u64 {
    copy::contents(&house.db).await.expect("what there is")["audit"].rows
}

in_both_houses! {
    async fn a_trail_is_chained_signed_and_found_whole(test) {
        write(&test.house, 7).await;
        assert_eq!(audit::chain(&test.house).await.expect("chained"), 7);
        assert_eq!(audit::chain(&test.house).await.expect("nothing new"), 0);
        write(&test.house, 3).await;
        assert_eq!(audit::chain(&test.house).await.expect("chained"), 3);
        let lines = gongkai_app::house::Witness::lines(&*test.lines).expect("lines");
        assert_eq!(lines.len(), 2);
        assert_eq!(verdict(&test.house, &lines).await, Verdict::Whole { entries: 10, checkpoints: 4 });
        // A checkpoint that somebody else signed, or changed.
        let forged = lines[1].replacen("10 ", "11 ", 1);
        assert_eq!(verdict(&test.house, &[forged]).await, Verdict::Forged { size: 11 });
        test.close().await;
    }

    async fn a_trail_that_was_put_back_to_an_earlier_state_is_told_from_outside(test) {
        write(&test.house, 2).await;
        audit::chain(&test.house).await.expect("chained");
        let earlier = TestDb::new(Engine::Sqlite).await;
        copy::copy(&test.house.db, &earlier.db).await.expect("copied");
        write(&test.house, 2).await;
        audit::chain(&test.house).await.expect("chained");
        let lines = gongkai_app::house::Witness::lines(&*test.lines).expect("lines");
        let mut tx = earlier.db.read().await.expect("a state");
        let inside = audit::verify(&mut tx, &[]).await.expect("looked at");
        assert_eq!(inside, Verdict::Whole { entries: 2, checkpoints: 1 }, "from inside it looks whole");
        let found = audit::verify(&mut tx, &lines).await.expect("looked at");
        assert_eq!(found, Verdict::Fault(Fault::Cut { size: 4, there: 2 }));
        drop(tx);
        test.close().await;
    }

    async fn what_is_sent_twice_is_done_once(test) {
        for _ in 0..3 {
            assert_eq!(file(&test.house, "k", "a").await.expect("an answer"), "/requests/a");
        }
        assert_eq!(entries(&test.house).await, 1);
        assert!(matches!(file(&test.house, "k", "b").await, Err(Failed::Otherwise)));
        test.close().await;
    }

    async fn thirty_two_at_once_are_done_once(test) {
        let all: Vec<_> = (0..32)
            .map(|_| {
                let house = test.house.clone();
                tokio::spawn(async move { file(&house, "k", "a").await })
            })
            .collect();
        for one in all {
            assert_eq!(one.await.expect("it ends").expect("an answer"), "/requests/a");
        }
        assert_eq!(entries(&test.house).await, 1);
        test.close().await;
    }

    async fn a_job_and_its_mark_are_kept_together(test) {
        enqueue(&test.house, WORK).await;
        assert_eq!(runner(&test.house).run_all().await.expect("done"), 1);
        assert_eq!(entries(&test.house).await, 1);
        test.close().await;
    }

    async fn a_job_that_fails_is_tried_twelve_times_and_then_left_to_a_person(test) {
        enqueue(&test.house, FAIL).await;
        let runner = runner(&test.house);
        let mut tries = 0;
        while runner.step().await.expect("a try") || tries < 12 {
            tries += 1;
            test.clock.advance(SignedDuration::from_hours(1));
        }
        let mut tx = test.house.db.read().await.expect("a state");
        let left = stored::list(&mut tx, None, i64::MAX, 10).await.expect("a list");
        assert_eq!((left[0].state.as_str(), left[0].attempts), ("failed", 12));
        assert_eq!(left[0].last_error.as_deref(), Some("the mail server is away"));
        drop(tx);
        test.close().await;
    }

    async fn of_two_nodes_one_fires_each_slot(test) {
        let (one, other) = (test.runner(), test.runner());
        let (a, b) = tokio::join!(one.fire(), other.fire());
        assert_eq!(a.expect("fired") + b.expect("fired"), jobs::SCHEDULES.len());
        assert_eq!(one.fire().await.expect("fired") + other.fire().await.expect("fired"), 0);
        test.clock.advance(SignedDuration::from_mins(1));
        assert_eq!(other.fire().await.expect("fired"), 1, "the next minute");
        one.run_all().await.expect("done");
        test.close().await;
    }

    async fn an_attachment_is_sealed_and_found_again(test) {
        let plain = "身份证号 110101199003070011".as_bytes();
        let blob = blobs::keep(&test.house, plain).await.expect("kept");
        let mut tx = test.house.db.write().await.expect("a turn");
        blobs::name(&mut tx, &blob).await.expect("named");
        tx.commit().await.expect("kept");
        assert_eq!(&**blobs::bytes(&test.house, &blob).await.expect("its bytes"), plain);
        let sealed = test.house.blobs.get(&blob.digest).await.expect("what lies there");
        assert!(!sealed.windows(9).any(|window| plain.windows(9).any(|other| window == other)));
        test.house.vault.erase(&blob.key).await.expect("erased");
        let gone = blobs::bytes(&test.house, &blob).await;
        assert!(matches!(gone, Err(AttachmentError::Vault(VaultError::Erased))), "{gone:?}");
        test.close().await;
    }

    async fn a_changed_byte_is_found_out(test) {
        let blob = blobs::keep(&test.house, b"a letter").await.expect("kept");
        let place = test.test.folder.path().join("blobs").join(&blob.digest[..2]).join(&blob.digest);
        let mut bytes = std::fs::read(&place).expect("its bytes");
        bytes[30] ^= 1;
        std::fs::write(&place, bytes).expect("changed");
        let found = blobs::bytes(&test.house, &blob).await;
        assert!(matches!(found, Err(AttachmentError::Blob(BlobError::Damaged(_)))), "{found:?}");
        test.close().await;
    }

    async fn bytes_that_nothing_names_are_collected_after_a_day(test) {
        let named = blobs::keep(&test.house, b"named").await.expect("kept");
        let mut tx = test.house.db.write().await.expect("a turn");
        blobs::name(&mut tx, &named).await.expect("named");
        tx.commit().await.expect("kept");
        blobs::keep(&test.house, b"left by a crash").await.expect("kept");
        assert_eq!(blobs::collect(&test.house).await.expect("collected"), 0, "it is young");
        // Files carry the system's time; the house's clock goes far past it.
        test.clock.advance(SignedDuration::from_hours(24 * 365 * 50));
        assert_eq!(blobs::collect(&test.house).await.expect("collected"), 1);
        assert!(blobs::bytes(&test.house, &named).await.is_ok());
        // Killed while it wrote: the file has no name of its own yet.
        let place = test.test.folder.path().join("blobs").join(&named.digest[..2]);
        std::fs::write(place.join(format!("{}.77.part", named.digest)), b"half").expect("written");
        assert_eq!(blobs::collect(&test.house).await.expect("collected"), 1);
        assert!(blobs::bytes(&test.house, &named).await.is_ok());
        test.close().await;
    }

    async fn keys_are_sealed_anew_without_a_pause(test) {
        let key = test.house.vault.new_key().await.expect("a key");
        let sealed = key.seal("phone", "13800000000".as_bytes());
        let blind = test.house.vault.blind("id", "1");
        let open = async |masters: Vec<MasterKey>| {
            Vault::open(test.test.keys.clone(), masters, test.clock.clone(), Arc::new(SystemChance)).await
        };
        let (old, new) = (MasterKey::new([7; 32]), MasterKey::new([8; 32]));
        let both = open(vec![new.clone(), old.clone()]).await.expect("both keys");
        while both.rotate(1).await.expect("sealed anew") > 0 {}
        // A node that has not heard of it yet, and one that has forgotten the old.
        for masters in [vec![new.clone(), old.clone()], vec![new.clone()]] {
            let vault = open(masters).await.expect("a vault");
            let key = vault.key(&key.id).await.expect("the key");
            assert_eq!(key.open_text("phone", &sealed).expect("opened"), "13800000000");
            assert_eq!(vault.blind("id", "1"), blind);
        }
        let stale = open(vec![old]).await;
        assert!(matches!(stale, Err(VaultError::NoMaster(_))), "{stale:?}");
        test.close().await;
    }

    async fn what_is_sealed_opens_only_where_it_belongs(test) {
        let key = test.house.vault.new_key().await.expect("a key");
        let other = test.house.vault.new_key().await.expect("a key");
        let sealed = key.seal("phone", b"1");
        assert_ne!(sealed, key.seal("phone", b"1"), "alike values look different");
        let mut changed = sealed.clone();
        changed[24] ^= 1;
        for (key, field, bytes) in [(&key, "mail", &sealed), (&other, "phone", &sealed), (&key, "phone", &changed)] {
            assert!(matches!(key.open(field, bytes), Err(VaultError::Changed)));
        }
        assert_ne!(test.house.vault.blind("a", "1"), test.house.vault.blind("b", "1"));
        test.close().await;
    }
}

#[tokio::test]
async fn an_object_store_keeps_blobs_as_files_do() {
    let store = ObjectStore::start();
    let fetcher: Arc<dyn Fetcher> = Arc::new(HttpFetcher::new().expect("a client"));
    let bucket = Outgoing {
        method: "PUT",
        url: format!("{}/gongkai", store.address),
        headers: Vec::new(),
        body: Vec::new(),
        limits: Limits::default(),
    };
    assert_eq!(fetcher.fetch(bucket).await.expect("a bucket").status, 200);
    let settings = S3Settings {
        endpoint: store.address.clone(),
        bucket: "gongkai".to_owned(),
        region: "us-east-1".to_owned(),
        key: "key".to_owned(),
        secret: "secret".to_owned(),
    };
    let blobs = S3Blobs::new(&settings, fetcher, Arc::new(SystemClock)).expect("blobs");
    let bytes = b"sealed".to_vec();
    let digest: String = Sha256::digest(&bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let missing = blobs.get(&digest).await;
    assert!(matches!(missing, Err(BlobError::Missing(_))), "{missing:?}");
    blobs.put(&digest, &bytes).await.expect("kept");
    assert_eq!(blobs.get(&digest).await.expect("had"), bytes);
    let listed = blobs.list().await.expect("a list");
    assert_eq!(
        listed.iter().map(|(digest, _)| digest).collect::<Vec<_>>(),
        [&digest]
    );
    // Bytes that are not those of their digest are not handed on.
    let other = "0".repeat(64);
    blobs.put(&other, b"else").await.expect("kept");
    assert!(matches!(
        blobs.get(&other).await,
        Err(BlobError::Damaged(_))
    ));
    blobs.remove(&digest).await.expect("removed");
    blobs.remove(&digest).await.expect("removed already");
    assert!(matches!(
        blobs.get(&digest).await,
        Err(BlobError::Missing(_))
    ));
}

mod backups {
    use gongkai_app::blobs::FileBlobs;
    use gongkai_app::operations::{self, OperationError};
    use gongkai_store::{Db, Migrations};
    use gongkai_testkit::database::{Folder, empty};

    use super::*;

    async fn target(engine: Engine, folder: &Folder) -> Db {
        Db::open_migrated(&empty(engine, folder), Migrations::Main)
            .await
            .expect("a database")
    }

    in_both_houses! {
        async fn a_backup_comes_back_on_either_engine_and_is_verified(test) {
            let blob = blobs::keep(&test.house, "一份答复书".as_bytes()).await.expect("kept");
            let mut tx = test.house.db.write().await.expect("a turn");
            blobs::name(&mut tx, &blob).await.expect("named");
            tx.commit().await.expect("kept");
            write(&test.house, 20).await;
            audit::chain(&test.house).await.expect("chained");
            let folder = Folder::new();
            let made = operations::back_up(&test.house, &folder.path().join("backups")).await.expect("made");
            // What is done later is not in it, and its checkpoints are no fault of it.
            write(&test.house, 5).await;
            audit::chain(&test.house).await.expect("chained");
            let lines = gongkai_app::house::Witness::lines(&*test.lines).expect("lines");
            for engine in [Engine::Sqlite, Engine::Postgres] {
                let back = target(engine, &folder).await;
                let bytes = FileBlobs::new(folder.path().join(format!("{engine:?}")));
                let restored = operations::restore(&made, &back, &bytes, &lines).await.expect("restored");
                assert_eq!((restored.entries, restored.blobs), (20, 1));
                let house = House { db: back.clone(), blobs: Arc::new(bytes), ..test.house.clone() };
                assert_eq!(&**blobs::bytes(&house, &blob).await.expect("its bytes"), "一份答复书".as_bytes());
                let again = operations::restore(&made, &back, &*house.blobs, &lines).await;
                assert!(matches!(again, Err(OperationError::Store(StoreError::Refused(_)))), "{again:?}");
            }
            test.close().await;
        }

        async fn a_backup_that_was_changed_is_refused(test) {
            let blob = blobs::keep(&test.house, b"a letter").await.expect("kept");
            let mut tx = test.house.db.write().await.expect("a turn");
            blobs::name(&mut tx, &blob).await.expect("named");
            tx.commit().await.expect("kept");
            write(&test.house, 3).await;
            let folder = Folder::new();
            let backups = folder.path().join("backups");
            for file in ["records.sqlite", "blob", "manifest.json"] {
                let made = operations::back_up(&test.house, &backups).await.expect("made");
                let place = match file {
                    "blob" => backups.join("blobs").join(&blob.digest[..2]).join(&blob.digest),
                    file => made.join(file),
                };
                let mut bytes = std::fs::read(&place).expect("its bytes");
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                std::fs::write(&place, &bytes).expect("changed");
                let back = target(Engine::Sqlite, &folder).await;
                let elsewhere = FileBlobs::new(folder.path().join("elsewhere"));
                let refused = operations::restore(&made, &back, &elsewhere, &[]).await;
                assert!(
                    matches!(refused, Err(OperationError::Damaged(_) | OperationError::Blob(BlobError::Damaged(_)))),
                    "{file}: {refused:?}"
                );
                bytes[middle] ^= 1;
                std::fs::write(&place, &bytes).expect("put right");
                test.clock.advance(SignedDuration::from_secs(1));
            }
            test.close().await;
        }

        async fn an_erased_key_makes_old_backups_unreadable_once_its_last_copy_is_gone(test) {
            let blob = blobs::keep(&test.house, b"a person's request").await.expect("kept");
            let folder = Folder::new();
            let keys = folder.path().join("keys");
            operations::back_up_keys(&test.test.keys, &keys, test.house.now()).await.expect("made");
            test.house.vault.erase(&blob.key).await.expect("erased");
            test.clock.advance(SignedDuration::from_hours(24 * 31));
            let last = operations::back_up_keys(&test.test.keys, &keys, test.house.now()).await.expect("made");
            assert_eq!(operations::prune(&keys, 30, test.house.now()).await.expect("pruned"), 1);
            assert_eq!(operations::list(&keys).expect("a list").len(), 1);
            let back = Db::open_migrated(&empty(Engine::Sqlite, &folder), Migrations::Keys).await.expect("keys");
            operations::restore_keys(&last, &back).await.expect("restored");
            let vault = Vault::open(back, vec![MasterKey::new([7; 32])], test.clock.clone(), Arc::new(SystemChance)).await;
            let gone = vault.expect("a vault").key(&blob.key).await;
            assert!(matches!(gone, Err(VaultError::Erased)), "{gone:?}");
            test.close().await;
        }
    }
}
