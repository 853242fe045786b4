//! What every use case stands on, each case on both engines.

mod backups;

use std::sync::{Arc, Mutex};

use gongkai_app::audit::{self, Deed, Verdict, Who};
use gongkai_app::blobs::{self, AttachmentError, S3Blobs, S3Settings};
use gongkai_app::house::House;
use gongkai_app::jobs::{self, Every, JobError, Kind, Runner};
use gongkai_app::once::{Sent, SentOtherwise, once};
use gongkai_app::outside::{HttpFetcher, SystemChance, SystemClock};
use gongkai_app::ports::{BlobError, Blobs, Doing, Fetcher, Limits, Outgoing, Whose};
use gongkai_app::vault::{MasterKey, MasterKeys, Vault, VaultError};
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

/// A file of master keys.
struct MasterFile(Mutex<Vec<MasterKey>>);

impl MasterKeys for MasterFile {
    fn read(&self) -> Result<Vec<MasterKey>, String> {
        Ok(self.0.lock().map_err(|error| error.to_string())?.clone())
    }
}

const WORK: Kind = Kind::each("test.work");
const FAIL: Kind = Kind::each("test.fail");
const PANIC: Kind = Kind::each("test.panic");
const LONG: Kind = Kind::each("test.long");

fn runner(house: &House) -> Runner {
    let works: [(Kind, jobs::Work); 4] = [
        (WORK, |house, _| outside(house)),
        (FAIL, |_, _| {
            Box::pin(async { Err(JobError::Again("the mail server is away".to_owned())) })
        }),
        (PANIC, |house, _| {
            Box::pin(async move {
                let mut tx = house.db.write().await.map_err(JobError::again)?;
                audit::write(&mut tx, &Who::program("job"), &deed(3), house.now())
                    .await
                    .map_err(JobError::again)?;
                panic!("13800000000");
            })
        }),
        (LONG, |house, _| {
            Box::pin(async move {
                let tx = outside(house).await?;
                // Long enough for a renewal to ask for the writer, and to wait.
                for _ in 0..1000 {
                    tokio::task::yield_now().await;
                }
                Ok(tx)
            })
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

    async fn a_trail_that_somebody_else_signed_is_told_by_the_key(test) {
        let other = gongkai_testkit::house::TestHouse::new(Engine::Sqlite).await;
        let somebody = House { vault: other.house.vault.clone(), ..test.house.clone() };
        write(&test.house, 2).await;
        audit::chain(&somebody).await.expect("chained");
        let key = |house: &House| audit::public_key(&house.vault);
        let mut tx = test.house.db.read().await.expect("a state");
        let theirs = audit::verify_signed_by(&mut tx, &[], &key(&somebody)).await.expect("looked at");
        assert_eq!(theirs, Verdict::Whole { entries: 2, checkpoints: 1 });
        let ours = audit::verify_signed_by(&mut tx, &[], &key(&test.house)).await.expect("looked at");
        assert_eq!(ours, Verdict::Forged { size: 2 });
        assert!(!audit::is_signed_by(&mut tx, &key(&test.house)).await.expect("looked at"));
        drop(tx);
        other.close().await;
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

    async fn a_job_that_panics_has_failed_and_the_others_are_done(test) {
        enqueue(&test.house, PANIC).await;
        enqueue(&test.house, WORK).await;
        let runner = runner(&test.house);
        assert_eq!(runner.run_all().await.expect("done"), 2);
        assert_eq!(entries(&test.house).await, 1, "nothing of the one, all of the other");
        let mut tx = test.house.db.read().await.expect("a state");
        let left = stored::list(&mut tx, None, i64::MAX, 10).await.expect("a list");
        let states: Vec<_> = left.iter().map(|job| (job.kind.as_str(), job.state.as_str())).collect();
        assert_eq!(states, [("test.work", "done"), ("test.panic", "waiting")]);
        assert_eq!(left[1].last_error.as_deref(), Some("the job panicked"));
        drop(tx);
        for _ in 1..12 {
            test.clock.advance(SignedDuration::from_hours(1));
            assert_eq!(runner.run_all().await.expect("done"), 1);
        }
        let mut tx = test.house.db.read().await.expect("a state");
        let left = stored::list(&mut tx, Some("failed"), i64::MAX, 10).await.expect("a list");
        assert_eq!((left.len(), left[0].attempts), (1, 12));
        drop(tx);
        test.close().await;
    }

    async fn a_job_that_takes_its_worker_with_it_is_given_up(test) {
        enqueue(&test.house, WORK).await;
        // Each of these dies with it; none comes to say so.
        for worker in 0..12 {
            let mut tx = test.house.db.write().await.expect("a turn");
            let lease = SignedDuration::from_mins(5);
            let claimed = stored::claim(&mut tx, &worker.to_string(), test.house.now(), lease).await;
            assert!(claimed.expect("a claim").is_some());
            tx.commit().await.expect("kept");
            test.clock.advance(SignedDuration::from_mins(6));
        }
        assert!(runner(&test.house).step().await.expect("a turn"));
        assert_eq!(entries(&test.house).await, 0, "it is not done again");
        let mut tx = test.house.db.read().await.expect("a state");
        let left = stored::list(&mut tx, None, i64::MAX, 10).await.expect("a list");
        assert_eq!(left[0].state, "failed");
        assert_eq!(left[0].last_error.as_deref(), Some("12 tries, and the last worker ended with it"));
        drop(tx);
        test.close().await;
    }

    async fn a_long_job_that_holds_the_writer_is_not_dropped_by_its_renewal(test) {
        enqueue(&test.house, LONG).await;
        let runner = runner(&test.house).renewing_every(std::time::Duration::ZERO);
        assert!(runner.step().await.expect("a turn"));
        let mut tx = test.house.db.read().await.expect("a state");
        let left = stored::list(&mut tx, None, i64::MAX, 10).await.expect("a list");
        assert_eq!((left[0].state.as_str(), left[0].last_error.as_deref()), ("done", None));
        drop(tx);
        assert_eq!(entries(&test.house).await, 1);
        test.close().await;
    }

    async fn of_two_nodes_one_fires_each_slot(test) {
        let (one, other) = (test.runner(), test.runner());
        let (a, b) = tokio::join!(one.fire(), other.fire());
        assert_eq!(a.expect("fired") + b.expect("fired"), jobs::SCHEDULES.len());
        assert_eq!(one.fire().await.expect("fired") + other.fire().await.expect("fired"), 0);
        test.clock.advance(SignedDuration::from_mins(1));
        let each_minute = jobs::SCHEDULES.iter().filter(|one| one.every == Every::Minutes(1));
        assert_eq!(other.fire().await.expect("fired"), each_minute.count(), "the next minute");
        one.run_all().await.expect("done");
        test.close().await;
    }

    async fn an_attachment_is_sealed_and_found_again(test) {
        let plain = "身份证号 990001199003070012".as_bytes();
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

    async fn the_same_bytes_that_come_from_many_at_once_are_kept_whole_for_each(test) {
        let bytes = vec![b'x'; 4 * 1024 * 1024];
        let digest = hex::encode(Sha256::digest(&bytes));
        let puts = (0..32).map(|_| {
            let (blobs, digest, bytes) = (Arc::clone(&test.house.blobs), digest.clone(), bytes.clone());
            tokio::spawn(async move {
                blobs.put(&digest, &bytes).await?;
                blobs.get(&digest).await
            })
        });
        let puts: Vec<_> = puts.collect();
        for put in puts {
            let found = put.await.expect("it ends");
            assert!(found.is_ok_and(|found| found == bytes));
        }
        let place = test.test.folder.path().join("blobs").join(&digest[..2]);
        assert_eq!(std::fs::read_dir(place).expect("a folder").count(), 1, "nothing unfinished");
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
        std::fs::write(place.join(format!("{}.a7Xq0b.part", named.digest)), b"half").expect("written");
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

    async fn keys_that_are_made_ahead_are_each_of_one_record_and_are_sealed_anew_too(test) {
        let (old, new) = (MasterKey::new([7; 32]), MasterKey::new([8; 32]));
        let open = async |masters: Vec<MasterKey>| {
            let vault = Vault::open(test.test.keys.clone(), masters, test.clock.clone(), Arc::new(SystemChance)).await;
            vault.expect("a vault")
        };
        let ahead = Arc::new(open(vec![old.clone()]).await.making(8));
        let first = ahead.new_key().await.expect("a key");
        let mut asked = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let ahead = Arc::clone(&ahead);
            asked.spawn(async move { ahead.new_key().await.expect("a key").id });
        }
        let mut ids: Vec<String> = asked.join_all().await;
        ids.push(first.id.clone());
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 21, "no key is of two records");
        // A master key that comes meanwhile seals the spare ones too.
        let both = open(vec![new.clone(), old]).await;
        let anew = both.rotate(100).await.expect("sealed anew") - 1;
        assert!(anew >= 24 && anew % 8 == 0, "{anew}");
        let late = ahead.new_key().await.expect("a key");
        let sealed = late.seal("phone", b"1");
        let newest = open(vec![new]).await;
        let opened = newest.key(&late.id).await.expect("the key");
        assert_eq!(opened.open("phone", &sealed).expect("opened").as_slice(), b"1");
        test.close().await;
    }

    async fn a_node_that_runs_learns_of_a_new_master_key_by_itself(test) {
        let (old, new) = (MasterKey::new([7; 32]), MasterKey::new([8; 32]));
        let open = async |masters: Vec<MasterKey>| {
            let vault = Vault::open(test.test.keys.clone(), masters, test.clock.clone(), Arc::new(SystemChance)).await;
            vault.expect("a vault")
        };
        let file = Arc::new(MasterFile(Mutex::new(vec![old.clone()])));
        let running = open(vec![old.clone()]).await.with_source(file.clone());
        let key = running.new_key().await.expect("a key");
        // Nobody seals by it yet: a node that has the file already goes on as before.
        *file.0.lock().expect("the file") = vec![new.clone(), old.clone()];
        assert_eq!(running.rotate(10).await.expect("nothing to do"), 0);
        let other = open(vec![new.clone(), old.clone()]).await;
        while other.rotate(1).await.expect("sealed anew") > 0 {}
        // Sealed by a node that has heard of nothing.
        let late = running.new_key().await.expect("a key");
        // The old one is thrown away too early.
        *file.0.lock().expect("the file") = vec![new.clone()];
        assert!(running.key(&key.id).await.is_ok(), "it reads the file anew");
        assert!(running.key(&late.id).await.is_ok(), "and forgets nothing that it needs");
        let newest = open(vec![new.clone()]).await;
        assert!(matches!(newest.key(&late.id).await, Err(VaultError::NoMaster(_))));
        assert_eq!(running.rotate(10).await.expect("sealed anew"), 1);
        assert!(newest.key(&late.id).await.is_ok());
        let after = running.new_key().await.expect("a key");
        assert!(newest.key(&after.id).await.is_ok(), "what is new is sealed by the new one");
        test.close().await;
    }

    async fn a_node_that_only_rotates_never_seals_by_an_older_master_key(test) {
        let (old, new) = (MasterKey::new([7; 32]), MasterKey::new([8; 32]));
        let file = Arc::new(MasterFile(Mutex::new(vec![new.clone(), old.clone()])));
        let open = async |masters: Vec<MasterKey>| {
            let vault = Vault::open(test.test.keys.clone(), masters, test.clock.clone(), Arc::new(SystemChance)).await;
            vault.expect("a vault")
        };
        let running = open(vec![old.clone()]).await.with_source(file.clone());
        let other = open(vec![new.clone(), old.clone()]).await;
        let key = other.new_key().await.expect("a key");
        assert_eq!(running.rotate(10).await.expect("sealed anew"), 1, "the index key alone");
        let mut tx = test.test.keys.read().await.expect("a state");
        let kept = gongkai_store::keys::get(&mut tx, &key.id).await.expect("read");
        assert_eq!(kept.expect("a key").master, new.id());
        drop(tx);
        let newest = open(vec![new.clone()]).await;
        assert!(newest.key(&key.id).await.is_ok());
        // Where the file does not have it, nothing is touched.
        *file.0.lock().expect("the file") = vec![old.clone()];
        let third = MasterKey::new([9; 32]);
        let ahead = open(vec![third.clone(), new.clone()]).await;
        let sealed = ahead.new_key().await.expect("a key");
        let refused = running.rotate(10).await;
        assert!(matches!(refused, Err(VaultError::NoMaster(_))), "{refused:?}");
        assert!(ahead.key(&sealed.id).await.is_ok());
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
async fn of_a_key_that_was_erased_no_byte_is_left_in_the_files() {
    let test = gongkai_testkit::house::TestHouse::new(Engine::Sqlite).await;
    let keys = &test.test.keys;
    let mut all = Vec::new();
    for _ in 0..50 {
        all.push(test.house.vault.new_key().await.expect("a key").id);
    }
    let mut tx = keys.read().await.expect("a state");
    let mut sealed = Vec::new();
    for id in &all {
        let kept = gongkai_store::keys::get(&mut tx, id).await.expect("read");
        sealed.push(kept.expect("a key").bytes.expect("its bytes"));
    }
    drop(tx);
    let file = keys.file().expect("a file").display().to_string();
    let holds = |bytes: &[u8]| {
        let in_file = |ending: &str| {
            let found = std::fs::read(format!("{file}{ending}")).unwrap_or_default();
            found.windows(bytes.len()).any(|window| window == bytes)
        };
        in_file("") || in_file("-wal")
    };
    assert!(sealed.iter().all(|bytes| holds(bytes)));
    for id in all.iter().take(25) {
        test.house.vault.erase(id).await.expect("erased");
    }
    let left: Vec<bool> = sealed.iter().map(|bytes| holds(bytes)).collect();
    assert_eq!(left, [[false; 25], [true; 25]].concat());
    test.close().await;
}

/// Puts an object as anybody else may who shares the bucket.
async fn put(store: &ObjectStore, fetcher: &Arc<dyn Fetcher>, name: &str) {
    let put = Outgoing {
        method: "PUT",
        url: format!("{}/{name}", store.address),
        // Anybody may look whether it is there, without a signature.
        headers: vec![("x-amz-acl".to_owned(), "public-read".to_owned())],
        body: Vec::new(),
        whose: Whose::Configured,
        limits: Limits::default(),
    };
    assert_eq!(fetcher.fetch(put).await.expect("put").status, 200);
}

/// An object store with a bucket.
async fn bucket() -> (ObjectStore, Arc<dyn Fetcher>) {
    let store = ObjectStore::start();
    let fetcher: Arc<dyn Fetcher> = Arc::new(HttpFetcher::new().expect("a client"));
    put(&store, &fetcher, "gongkai").await;
    (store, fetcher)
}

fn below(store: &ObjectStore, fetcher: &Arc<dyn Fetcher>, prefix: &str) -> S3Blobs {
    let settings = S3Settings {
        endpoint: store.address.clone(),
        bucket: "gongkai".to_owned(),
        prefix: prefix.to_owned(),
        region: "us-east-1".to_owned(),
        key: "key".to_owned(),
        secret: "secret".to_owned(),
    };
    S3Blobs::new(&settings, Arc::clone(fetcher), Arc::new(SystemClock)).expect("blobs")
}

in_both_houses! {
    async fn what_others_keep_in_the_same_bucket_is_never_collected(test) {
        let (store, fetcher) = bucket().await;
        let other = below(&store, &fetcher, "gongkai-of-another/");
        let theirs = "ab".repeat(32);
        other.put(&theirs, b"theirs").await.expect("kept");
        let foreign = [
            "readme.txt".to_owned(),
            theirs.clone(),
            "gongkai/readme.txt".to_owned(),
            format!("gongkai/{}", theirs.to_uppercase()),
            format!("gongkai/below/{theirs}"),
        ];
        for name in &foreign {
            put(&store, &fetcher, &format!("gongkai/{name}")).await;
        }
        let house = House { blobs: Arc::new(below(&store, &fetcher, "gongkai/")), ..test.house.clone() };
        let named = blobs::keep(&house, b"named").await.expect("kept");
        let mut tx = house.db.write().await.expect("a turn");
        blobs::name(&mut tx, &named).await.expect("named");
        tx.commit().await.expect("kept");
        blobs::keep(&house, b"left by a crash").await.expect("kept");
        // Objects carry the store's time; the house's clock goes far past it.
        test.clock.advance(SignedDuration::from_hours(24 * 365 * 50));
        assert_eq!(blobs::collect(&house).await.expect("collected"), 1);
        assert!(blobs::bytes(&house, &named).await.is_ok());
        assert_eq!(other.list().await.expect("a list").len(), 1);
        for name in &foreign {
            let head = Outgoing {
                method: "HEAD",
                url: format!("{}/gongkai/{name}", store.address),
                headers: Vec::new(),
                body: Vec::new(),
                whose: Whose::Configured,
                limits: Limits::default(),
            };
            assert_eq!(fetcher.fetch(head).await.expect("asked").status, 200, "{name}");
        }
        // Nor is it removed by a name that leads out of what is ours.
        let led = house.blobs.remove("../readme.txt").await;
        assert!(matches!(led, Err(BlobError::Missing(_))), "{led:?}");
        test.close().await;
    }
}

#[tokio::test]
async fn an_object_store_keeps_blobs_as_files_do() {
    let (store, fetcher) = bucket().await;
    let blobs = below(&store, &fetcher, "gongkai/");
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
