//! Backups and keys as their administrators see them; each case on both engines.

use std::sync::{Arc, Mutex};

use gongkai_app::house::{BackupPlan, House};
use gongkai_app::jobs::{self, Runner};
use gongkai_app::once::Sent;
use gongkai_app::people::PeopleError;
use gongkai_app::upkeep;
use gongkai_app::vault::{MasterKey, MasterKeys, Vault};
use gongkai_testkit::database::Folder;
use gongkai_testkit::house::TestHouse;
use gongkai_testkit::in_both_houses;
use gongkai_testkit::people::{Office, Staff};
use jiff::SignedDuration;

/// The file of master keys, as a test writes it.
struct File(Arc<Mutex<Vec<MasterKey>>>);

impl MasterKeys for File {
    fn read(&self) -> Result<Vec<MasterKey>, String> {
        Ok(self.0.lock().expect("the file").clone())
    }
}

async fn administrators(test: &TestHouse) -> (Office, [Staff; 3]) {
    let office = Office::new(test.house.clone());
    let people = office.administrators().await;
    (office, people)
}

in_both_houses! {
    async fn a_planned_backup_is_read_back_and_damage_is_told(test) {
        let (office, [system, security, _]) = administrators(&test).await;
        let folder = Folder::new();
        let plan = BackupPlan {
            folder: Some(folder.path().join("b")),
            keys_folder: Some(folder.path().join("k")),
            days: 90,
            keys_days: 30,
        };
        let house = House { backups: Arc::new(plan), ..test.house.clone() };
        let signed = office.signed(&system.token).await;
        let none = upkeep::backups(&test.house, &signed).await.expect("seen");
        assert!(none.next.is_none() && none.records.folder.is_none());
        let runner = Runner::new(house.clone(), jobs::works(), &[]);
        let mut tx = house.db.write().await.expect("a turn");
        jobs::enqueue(&mut tx, &house, jobs::BACK_UP, &()).await.expect("enqueued");
        tx.commit().await.expect("kept");
        runner.run_all().await.expect("done");
        let seen = upkeep::backups(&house, &signed).await.expect("seen");
        // 01:00 of the next morning in China.
        assert_eq!(seen.next.map(|next| next.to_string()), Some("2026-11-23T17:00:00Z".to_owned()));
        let (records, keys) = (seen.records.made.expect("listed"), seen.keys.made.expect("listed"));
        assert_eq!((records.len(), keys.len()), (1, 1));
        for made in records.iter().chain(&keys) {
            let check = made.check.as_ref().expect("read back");
            assert_eq!((check.fault.as_str(), check.at, made.at), ("", house.now(), house.now()));
            assert!(made.bytes > 1000, "{}", made.bytes);
        }
        // Somebody writes into it.
        let file = records[0].path.join("records.sqlite");
        let mut bytes = std::fs::read(&file).expect("the file");
        bytes[200] ^= 1;
        std::fs::write(&file, bytes).expect("changed");
        test.clock.advance(SignedDuration::from_secs(60));
        upkeep::check(&house, &[records[0].path.clone()]).await.expect("noted");
        std::fs::remove_dir_all(&keys[0].path).expect("thrown away");
        upkeep::check(&house, &[]).await.expect("noted");
        let seen = upkeep::backups(&house, &signed).await.expect("seen");
        let records = seen.records.made.expect("listed");
        let check = records[0].check.as_ref().expect("read back");
        assert!(check.fault.contains("damaged"), "{}", check.fault);
        assert!(seen.keys.made.expect("listed").is_empty());
        let mut tx = house.db.read().await.expect("a state");
        assert_eq!(gongkai_store::operations::checks(&mut tx).await.expect("checks").len(), 1);
        drop(tx);
        let other = office.signed(&security.token).await;
        let denied = upkeep::backups(&house, &other).await;
        assert!(matches!(denied, Err(PeopleError::Denied(_))), "{denied:?}");
        test.close().await;
    }

    async fn keys_are_sealed_anew_by_a_job_with_the_newest_key_of_the_file(test) {
        let (_, [system, security, _]) = administrators(&test).await;
        let (old, new) = (MasterKey::new([7; 32]), MasterKey::new([8; 32]));
        let file = Arc::new(Mutex::new(vec![old.clone()]));
        let vault = Vault::open(test.test.keys.clone(), vec![old.clone()], test.house.clock.clone(), test.house.chance.clone()).await;
        let vault = vault.expect("a vault").with_source(Arc::new(File(Arc::clone(&file))));
        let house = House { vault: Arc::new(vault), ..test.house.clone() };
        let office = Office::new(house.clone());
        let signed = office.signed(&security.token).await;
        let runner = Runner::new(house.clone(), jobs::works(), &[]);
        upkeep::note_master(&house).await.expect("noted");
        let begun = house.now();
        let seen = upkeep::masters(&house, &signed).await.expect("seen");
        assert_eq!(seen.len(), 1);
        assert_eq!((seen[0].id.as_str(), seen[0].since, seen[0].is_newest), (old.id(), Some(begun), true));
        let sealed = seen[0].keys;
        assert!(sealed > 3, "{sealed}");
        // Somebody makes a new master key and copies the file; nothing happens yet.
        file.lock().expect("the file").insert(0, new.clone());
        test.clock.advance(SignedDuration::from_mins(20));
        let denied = upkeep::rotate(&house, &office.signed(&system.token).await, &Sent::new("keys", "k", ["x"])).await;
        assert!(matches!(denied, Err(PeopleError::Denied(_))), "{denied:?}");
        let seen = upkeep::masters(&house, &signed).await.expect("seen");
        assert_eq!((seen.len(), seen[0].keys), (1, sealed));
        for _ in 0..2 {
            upkeep::rotate(&house, &signed, &Sent::new("keys", "k", ["x"])).await.expect("asked once");
        }
        assert_eq!(runner.run_all().await.expect("done"), 1);
        let seen = upkeep::masters(&house, &signed).await.expect("seen");
        let told: Vec<_> = seen.iter().map(|one| (one.id.as_str(), one.keys, one.is_newest)).collect();
        assert_eq!(told, [(new.id(), sealed, true), (old.id(), 0, false)]);
        assert_eq!(seen[0].since, Some(house.now()));
        // What was sealed before can be read by whoever has the file.
        assert!(office.lives(&security.token).await);
        test.close().await;
    }
}
