//! Backups, and bringing them back.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use gongkai_app::blobs::FileBlobs;
use gongkai_app::operations::{self, OperationError};
use gongkai_store::{Db, Migrations};
use gongkai_testkit::database::{Folder, empty};
use jiff::Timestamp;

use super::*;

/// Another process that throws away each time an attachment is read for a
/// backup.
struct Beside {
    inner: Arc<dyn Blobs>,
    backups: PathBuf,
    refused: AtomicUsize,
    now: Timestamp,
}

impl Blobs for Beside {
    fn put<'a>(&'a self, digest: &'a str, bytes: &'a [u8]) -> Doing<'a, Result<(), BlobError>> {
        self.inner.put(digest, bytes)
    }

    fn get<'a>(&'a self, digest: &'a str) -> Doing<'a, Result<Vec<u8>, BlobError>> {
        Box::pin(async move {
            let pruned = operations::prune(&self.backups, 0, self.now).await;
            if matches!(pruned, Err(OperationError::Busy(_))) {
                self.refused.fetch_add(1, Ordering::Relaxed);
            }
            self.inner.get(digest).await
        })
    }

    fn list(&self) -> Doing<'_, Result<Vec<(String, Timestamp)>, BlobError>> {
        self.inner.list()
    }

    fn remove<'a>(&'a self, digest: &'a str) -> Doing<'a, Result<(), BlobError>> {
        self.inner.remove(digest)
    }
}

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
            let house = House { db: back.clone(), bodies: Arc::default(), blobs: Arc::new(bytes), ..test.house.clone() };
            assert_eq!(&**blobs::bytes(&house, &blob).await.expect("its bytes"), "一份答复书".as_bytes());
            let again = operations::restore(&made, &back, &*house.blobs, &lines).await;
            assert!(matches!(again, Err(OperationError::Store(StoreError::Refused(_)))), "{again:?}");
        }
        test.close().await;
    }

    async fn a_backup_that_was_made_anew_is_told_by_what_was_kept_outside(test) {
        write(&test.house, 20).await;
        audit::chain(&test.house).await.expect("chained");
        write(&test.house, 5).await;
        audit::chain(&test.house).await.expect("chained");
        let lines = gongkai_app::house::Witness::lines(&*test.lines).expect("lines");
        let folder = Folder::new();
        let elsewhere = FileBlobs::new(folder.path().join("elsewhere"));
        // The same keys, and other entries; longer than the first checkpoint and as long.
        for (index, count) in [20, 22, 25, 30].into_iter().enumerate() {
            let other = TestDb::new(Engine::Sqlite).await;
            let forged = House { db: other.db.clone(), ..test.house.clone() };
            test.clock.advance(SignedDuration::from_secs(1));
            write(&forged, count).await;
            audit::chain(&forged).await.expect("chained");
            let backups = folder.path().join(index.to_string());
            let made = operations::back_up(&forged, &backups).await.expect("made");
            let alone = target(Engine::Sqlite, &folder).await;
            let unseen = operations::restore(&made, &alone, &elsewhere, &[]).await;
            assert!(unseen.is_ok(), "nothing was kept: {unseen:?}");
            let back = target(Engine::Sqlite, &folder).await;
            let told = operations::restore(&made, &back, &elsewhere, &lines).await;
            assert!(matches!(told, Err(OperationError::Damaged(_))), "{count}: {told:?}");
        }
        test.close().await;
    }

    async fn nothing_is_thrown_away_under_a_backup_that_is_being_made(test) {
        for text in ["one letter", "another letter"] {
            let blob = blobs::keep(&test.house, text.as_bytes()).await.expect("kept");
            let mut tx = test.house.db.write().await.expect("a turn");
            blobs::name(&mut tx, &blob).await.expect("named");
            tx.commit().await.expect("kept");
        }
        let folder = Folder::new();
        let backups = folder.path().join("backups");
        let beside = Arc::new(Beside {
            inner: test.house.blobs.clone(),
            backups: backups.clone(),
            refused: AtomicUsize::new(0),
            now: test.house.now(),
        });
        let house = House { blobs: beside.clone(), ..test.house.clone() };
        let made = operations::back_up(&house, &backups).await.expect("made");
        assert_eq!(beside.refused.load(Ordering::Relaxed), 2);
        let bytes = FileBlobs::new(folder.path().join("back"));
        let back = target(Engine::Sqlite, &folder).await;
        let restored = operations::restore(&made, &back, &bytes, &[]).await.expect("whole");
        assert_eq!(restored.blobs, 2);
        // Its turn ends with it.
        assert_eq!(operations::prune(&backups, 0, test.house.now()).await.expect("pruned"), 0);
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

    async fn what_a_crash_left_of_a_backup_is_thrown_away(test) {
        let folder = Folder::new();
        let keys = folder.path().join("keys");
        operations::back_up_keys(&test.test.keys, &keys, test.house.now()).await.expect("made");
        // Killed in the middle: it would keep erased keys for ever.
        let left = keys.join("20260101T000000.000Z.part");
        std::fs::create_dir(&left).expect("a folder");
        std::fs::write(left.join("keys.sqlite"), b"half").expect("written");
        let others = keys.join("of-somebody-else.part");
        std::fs::create_dir(&others).expect("a folder");
        assert_eq!(operations::prune(&keys, 30, test.house.now()).await.expect("pruned"), 0);
        assert!(!left.exists() && others.exists());
        assert_eq!(operations::list(&keys).expect("a list").len(), 1);
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
