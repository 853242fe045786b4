//! The register of persons as people handle it, each case on both engines.

use std::sync::Arc;

use gongkai_app::blobs::FileBlobs;
use gongkai_app::house::House;
use gongkai_app::operations;
use gongkai_app::outside::SystemChance;
use gongkai_app::people::SignedIn;
use gongkai_app::register::{self, By, RegisterError, RegisterId};
use gongkai_app::vault::{MasterKey, Vault, VaultError};
use gongkai_app::{audit, jobs};
use gongkai_domain::organization::OrganizationId;
use gongkai_domain::organization::permissions::Action;
use gongkai_domain::register::Part;
use gongkai_store::audit::{Search, Stored, search};
use gongkai_store::{Db, Engine, Migrations, backup};
use gongkai_testkit::database::{Folder, empty};
use gongkai_testkit::in_both_houses;
use gongkai_testkit::people::Office;
use gongkai_testkit::register::{Person, number, typed};
use gongkai_testkit::traces::found_in;
use jiff::SignedDuration;

mod scene;
use scene::*;

in_both_houses! {
    async fn who_takes_a_body_over_takes_its_register_over(test) {
        let scene = scene(&test).await;
        let (person, other) = (typed("王𫓧", 40), typed("李𩽾", 41));
        let id = scene.add(&person).await;
        let office = Office::new(scene.house.clone());
        let heir = rename(&scene, "云溪县水利局").await;
        // The grants of the renamed body hold in the new one.
        let clerk = resolved(&office, &scene.clerk).await;
        let head = resolved(&office, &scene.head).await;
        let (entries, count) = scene.listed(&clerk).await;
        assert_eq!((entries.len(), count), (1, 1));
        assert_eq!(scene.found(&clerk, By::Document, &person.number).await, [id]);
        register::unmask(&scene.house, &clerk, id, "核对身份").await.expect("shown");
        // The same document is there already, and what is new comes to the new body.
        assert!(matches!(scene.try_add(&clerk, heir, &person).await, Err(RegisterError::Exists(_))));
        scene.try_add(&clerk, heir, &other).await.expect("made");
        assert_eq!(scene.listed(&clerk).await.1, 2);
        assert_eq!(scene.listed(&scene.stranger).await.1, 0);
        register::erase(&scene.house, &head, "k", (id, 1), "本人要求").await.expect("erased");
        assert_eq!(scene.listed(&clerk).await.1, 1);
        test.runner().run_all().await.expect("done");
        test.close().await;
    }

    async fn that_there_is_an_entry_already_is_a_look_that_is_written_down(test) {
        let scene = scene(&test).await;
        let person = typed("王𫓧", 42);
        let id = scene.add(&person).await;
        let looks = async || {
            let mut tx = scene.house.db.read().await.expect("a state");
            let asked = Search { action: Some("persons_register.see".to_owned()), ..Search::default() };
            let found = search(&mut tx, &asked, i64::MAX, 100).await.expect("found");
            found.iter().filter(|stored| stored.entry.detail.contains(&format!("[{}]", id.0))).count()
        };
        assert_eq!(looks().await, 0);
        assert!(matches!(scene.try_add(&scene.clerk, scene.own, &person).await, Err(RegisterError::Exists(_))));
        assert_eq!(looks().await, 1);
        test.close().await;
    }

    async fn a_form_that_is_sent_twice_at_once_is_answered_twice_alike(test) {
        let scene = scene(&test).await;
        let person = typed("王𫓧", 43);
        let send = async || {
            let typed = person.as_typed();
            served(register::add(&scene.house, &scene.clerk, "one key", Some(scene.own), typed)).await
        };
        let (one, other) = tokio::join!(send(), send());
        assert_eq!(one.expect("made"), other.expect("the same"));
        assert_eq!(scene.listed(&scene.clerk).await.1, 1);
        test.close().await;
    }

    async fn numbers_are_masked_and_shown_for_a_reason_that_is_kept(test) {
        let scene = scene(&test).await;
        let person = typed("王𫓧·甲", 7);
        let id = scene.add(&person).await;
        let (entries, count) = scene.listed(&scene.clerk).await;
        assert_eq!((entries.len(), count), (1, 1));
        let shown = entries[0].shown.clone().expect("readable");
        assert_eq!(shown.name, "王𫓧·甲");
        assert_eq!(shown.number, format!("9*************{}", &person.number[14..]));
        assert_eq!(shown.phone, "199****0007");
        assert_eq!(scene.see(&scene.head, id).await.expect("seen").shown, Some(shown));

        let unmask = async |signed: &SignedIn, reason: &str| {
            served(register::unmask(&scene.house, signed, id, reason)).await
        };
        for (reason, refused) in [
            (" ", "reason-needed"),
            ("查", "register-reason-short"),
            (&"长".repeat(201), "register-reason-long"),
            (&format!("核对{}", person.number), "register-reason-tells"),
        ] {
            assert_eq!(ids(unmask(&scene.clerk, reason).await), [refused]);
        }
        let full = unmask(&scene.clerk, "核对申请人身份").await.expect("shown");
        assert_eq!(full.document.number(), person.number);
        assert_eq!(full.phone.expect("a telephone").as_str(), person.phone);
        assert_eq!(ids(unmask(&scene.system, "好奇好奇").await), ["denied-role"]);
        let trail = scene.trail(Action::PersonsRegisterUnmask).await;
        let told: Vec<_> = trail
            .iter()
            .map(|stored| (stored.entry.outcome.key(), stored.entry.actor_name.as_str(), stored.entry.object.clone()))
            .collect();
        assert_eq!(told, [("denied", "system", id.to_string()), ("done", "clerk", id.to_string())]);
        assert!(trail[1].entry.detail.contains("核对申请人身份"), "{}", trail[1].entry.detail);
        // Every look left a trace too, with whom it showed.
        let looks = scene.trail(Action::PersonsRegisterSee).await;
        assert!(looks.iter().any(|stored| stored.entry.object == "-" && stored.entry.detail.contains(&format!("[{id}]"))));
        assert!(looks.iter().any(|stored| stored.entry.object == id.to_string() && stored.entry.actor_name == "head"));
        test.close().await;
    }

    async fn another_organization_learns_nothing(test) {
        let scene = scene(&test).await;
        let person = typed("李𩽾", 11);
        let id = scene.add(&person).await;
        let unknown = RegisterId(9999);
        let stranger = &scene.stranger;
        assert_eq!(scene.listed(stranger).await, (Vec::new(), 0));
        for (by, text) in [(By::Document, person.number.as_str()), (By::Phone, &person.phone), (By::Name, "李")] {
            assert_eq!(scene.found(stranger, by, text).await, []);
            assert_eq!(scene.found(&scene.clerk, by, text).await, [id], "{by:?}");
        }
        for id in [id, unknown] {
            let reason = "核对身份";
            let unmasked = served(register::unmask(&scene.house, stranger, id, reason)).await;
            let asked = [
                ids(scene.see(stranger, id).await),
                ids(unmasked),
                ids(scene.change(stranger, (id, 1), &renamed("甲")).await),
                ids(scene.see(&scene.clerk, unknown).await),
            ];
            for told in asked {
                assert_eq!(told, ["missing"], "{id}");
            }
            // A clerk erases nothing, there or not.
            assert_eq!(ids(scene.erase(stranger, (id, 1), reason).await), ["denied-role"]);
        }
        // An entry in somebody else's register, and a number that is known elsewhere.
        assert_eq!(ids(scene.try_add(stranger, scene.own, &person).await), ["denied-scope"]);
        let nowhere = OrganizationId(9999);
        assert_eq!(ids(scene.try_add(stranger, nowhere, &person).await), ["denied-scope"], "alike");
        let theirs = scene.try_add(stranger, scene.other, &person).await.expect("their own");
        assert_eq!(scene.found(stranger, By::Document, &person.number).await, [theirs]);
        assert_eq!(scene.found(&scene.clerk, By::Document, &person.number).await, [id]);
        // What was tried is written down, alike for what is there and what is not.
        let denied = scene.trail(Action::PersonsRegisterSee).await;
        let denied: Vec<&Stored> = denied
            .iter()
            .filter(|stored| stored.entry.outcome.key() == "denied" && stored.entry.actor_name == "stranger")
            .collect();
        assert_eq!(denied.len(), 2);
        assert_eq!(denied[0].entry.detail, denied[1].entry.detail);
        assert_eq!(ids(served(register::list(&scene.house, &scene.system, None, 10)).await), ["denied-role"]);
        test.close().await;
    }

    async fn a_document_has_one_entry_in_an_organization(test) {
        let scene = scene(&test).await;
        let person = typed("张𬴂", 21);
        let id = scene.add(&person).await;
        let twin = |result: Result<RegisterId, RegisterError>| match result {
            Err(RegisterError::Exists(there)) => (there.id, there.shown.expect("readable").name),
            other => panic!("not refused: {other:?}"),
        };
        let again = Person { name: "张三".to_owned(), ..person.clone() };
        assert_eq!(twin(scene.try_add(&scene.head, scene.own, &again).await), (id, "张𬴂".to_owned()));
        // The old form is the same person; so it is found.
        let old = format!("{}{}", &person.number[..6], &person.number[8..17]);
        let again = Person { number: old.clone(), ..again };
        assert_eq!(twin(scene.try_add(&scene.clerk, scene.own, &again).await).0, id);
        assert_eq!(scene.found(&scene.clerk, By::Document, &old).await, [id]);
        let wide: String = person.number.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).expect("full width")).collect();
        assert_eq!(scene.found(&scene.clerk, By::Document, &wide).await, [id]);
        assert_eq!(scene.found(&scene.clerk, By::Phone, &format!("+86 {}", person.phone)).await, [id]);
        assert_eq!(scene.listed(&scene.clerk).await.1, 1);
        // A second entry cannot become the first.
        let other = scene.add(&typed("张三", 22)).await;
        let became = scene.change(&scene.clerk, (other, 1), &Person { number: person.number.clone(), ..renamed("张三") }).await;
        assert!(matches!(became, Err(RegisterError::Exists(_))), "{became:?}");
        // Wrong numbers are told, and found in neither way.
        let wrong = Person { number: format!("{}0", &person.number[..14]), ..person.clone() };
        let wrong = Person { phone: "1".to_owned(), ..wrong };
        assert_eq!(ids(scene.try_add(&scene.clerk, scene.own, &wrong).await), ["document-birth", "phone-length"]);
        let nobody = served(register::add(&scene.house, &scene.clerk, "k", None, person.as_typed())).await;
        assert_eq!(ids(nobody), ["register-no-organization"]);
        test.close().await;
    }

    async fn of_eight_who_add_a_person_at_once_one_does(test) {
        let scene = Arc::new(scene(&test).await);
        let all: Vec<_> = (0..8)
            .map(|_| {
                let scene = Arc::clone(&scene);
                tokio::spawn(async move { scene.try_add(&scene.clerk, scene.own, &typed("王𫓧", 31)).await })
            })
            .collect();
        let mut made = 0;
        for one in all {
            match one.await.expect("it ends") {
                Ok(_) => made += 1,
                Err(RegisterError::Exists(there)) => assert!(there.shown.is_some()),
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!((made, scene.listed(&scene.clerk).await.1), (1, 1));
        // A form that is sent twice is done once, and with other contents not.
        let person = typed("李𩽾", 32);
        let send = async |person: &Person| {
            served(register::add(&scene.house, &scene.clerk, "form", Some(scene.own), person.as_typed())).await
        };
        let first = send(&person).await.expect("made");
        assert_eq!(send(&person).await.expect("the same answer"), first);
        assert_eq!(ids(send(&typed("李𩽾", 33)).await), ["form-sent-otherwise"]);
        test.close().await;
    }

    async fn who_comes_second_is_told_what_the_first_changed(test) {
        let scene = scene(&test).await;
        let id = scene.add(&typed("王𫓧", 41)).await;
        scene.change(&scene.clerk, (id, 1), &renamed("王𫓧·甲")).await.expect("changed");
        scene.change(&scene.clerk, (id, 1), &renamed("王𫓧·甲")).await.expect("it is so already");
        let new = Person { number: number(42), ..renamed("王𫓧") };
        match scene.change(&scene.head, (id, 1), &new).await {
            Err(RegisterError::Changed { version, parts, theirs, yours }) => {
                assert_eq!((version, parts.as_slice()), (2, &[Part::Name, Part::Document][..]));
                assert_eq!((theirs.name.as_str(), yours.name.as_str()), ("王𫓧·甲", "王𫓧"));
                assert!(theirs.number.contains('*') && yours.number.contains('*'));
            }
            other => panic!("{other:?}"),
        }
        scene.change(&scene.head, (id, 2), &new).await.expect("now it is meant");
        assert_eq!(scene.found(&scene.clerk, By::Document, &number(42)).await, [id]);
        assert_eq!(scene.found(&scene.clerk, By::Document, &number(41)).await, []);
        assert_eq!(scene.found(&scene.clerk, By::Phone, "19900000041").await, [id], "it stayed");
        let key = scene.house.token();
        let same = renamed("王𫓧");
        let dropped = register::change(&scene.house, &scene.head, &key, (id, 3), same.as_typed(), true);
        dropped.await.expect("dropped");
        assert_eq!(scene.found(&scene.clerk, By::Phone, "19900000041").await, []);
        let trail = scene.trail(Action::PersonsRegisterAdd).await;
        let told: Vec<&str> = trail.iter().map(|stored| stored.entry.detail.as_str()).collect();
        assert_eq!(told[0], r#"{"fields":["phone"],"version":4}"#);
        assert_eq!(told.len(), 4, "{told:?}");
        let stale = scene.erase(&scene.head, (id, 1), "登记有误").await;
        assert!(matches!(stale, Err(RegisterError::Changed { version: 4, .. })), "{stale:?}");
        test.close().await;
    }

    async fn an_erased_entry_is_gone_from_old_backups_too(test) {
        let scene = scene(&test).await;
        let person = typed("阿卜杜拉·𬴂", 51);
        let (id, stays) = (scene.add(&person).await, scene.add(&typed("李𩽾", 52)).await);
        let folder = Folder::new();
        let keys = folder.path().join("keys");
        let made = operations::back_up(&scene.house, &folder.path().join("backups")).await.expect("made");
        operations::back_up_keys(&test.test.keys, &keys, scene.house.now()).await.expect("made");

        assert_eq!(ids(scene.erase(&scene.clerk, (id, 1), "登记有误").await), ["denied-role"]);
        assert_eq!(ids(scene.erase(&scene.head, (id, 1), "").await), ["reason-needed"]);
        assert_eq!(ids(scene.erase(&scene.head, (id, 1), &person.phone).await), ["register-reason-tells"]);
        let send = async || served(register::erase(&scene.house, &scene.head, "form", (id, 1), "本人要求删除")).await;
        send().await.expect("erased");
        send().await.expect("told the same when it is sent twice");
        assert_eq!(run_jobs(&test).await, 1, "the key is erased once more, which changes nothing");
        assert_eq!(ids(scene.see(&scene.head, id).await), ["missing"]);
        assert_eq!(scene.listed(&scene.clerk).await.1, 1);
        assert_eq!(scene.found(&scene.clerk, By::Document, &person.number).await, []);
        let trail = scene.trail(Action::PersonsRegisterErase).await;
        let done: Vec<&Stored> = trail.iter().filter(|stored| stored.entry.outcome.key() == "done").collect();
        assert_eq!(done.len(), 1);
        assert!(done[0].entry.detail.contains("本人要求删除") && done[0].entry.actor_name == "head");
        let anew = scene.add(&person).await;
        assert_ne!(anew, id, "they may come again, under a new number");

        // The last copy of the key goes with the backups of keys.
        test.clock.advance(SignedDuration::from_hours(24 * 31));
        let last = operations::back_up_keys(&test.test.keys, &keys, scene.house.now()).await.expect("made");
        assert_eq!(operations::prune(&keys, 30, scene.house.now()).await.expect("pruned"), 1);
        let back = Db::open_migrated(&empty(Engine::Sqlite, &folder), Migrations::Keys).await.expect("keys");
        operations::restore_keys(&last, &back).await.expect("restored");
        let vault = Vault::open(back, vec![MasterKey::new([7; 32])], test.clock.clone(), Arc::new(SystemChance)).await;
        let vault = Arc::new(vault.expect("a vault"));
        for engine in [Engine::Sqlite, Engine::Postgres] {
            let db = Db::open_migrated(&empty(engine, &folder), Migrations::Main).await.expect("a database");
            let bytes = FileBlobs::new(folder.path().join(format!("{engine:?}")));
            operations::restore(&made, &db, &bytes, &[]).await.expect("restored");
            let old = Scene { house: House { db, vault: Arc::clone(&vault), ..scene.house.clone() }, ..scene_of(&scene) };
            let (entries, count) = old.listed(&old.clerk).await;
            assert_eq!(count, 2, "the row came back");
            let readable: Vec<_> = entries.iter().map(|entry| (entry.id, entry.shown.is_some())).collect();
            assert_eq!(readable, [(stays, true), (id, false)], "what stands in it did not");
            assert_eq!(old.found(&old.clerk, By::Document, &person.number).await, []);
            let unmasked = register::unmask(&old.house, &old.clerk, id, "核对身份").await;
            assert_eq!(ids(unmasked), ["missing"]);
            let there = gongkai_store::register::get(&mut old.house.db.read().await.expect("a state"), &gongkai_domain::organization::permissions::Reach::All, id)
                .await
                .expect("read")
                .expect("there");
            let gone = vault.key(&there.key).await;
            assert!(matches!(gone, Err(VaultError::Erased)), "{gone:?}");
            // Its place is free for who comes again.
            old.add(&person).await;
        }
        test.close().await;
    }

    async fn a_key_that_a_crash_left_is_erased_by_the_job(test) {
        let key = test.house.vault.new_key().await.expect("a key");
        let mut tx = test.house.db.write().await.expect("a turn");
        jobs::enqueue(&mut tx, &test.house, jobs::ERASE_KEY, &key.id).await.expect("enqueued");
        tx.commit().await.expect("kept");
        assert_eq!(run_jobs(&test).await, 1);
        let gone = test.house.vault.key(&key.id).await;
        assert!(matches!(gone, Err(VaultError::Erased)), "{gone:?}");
        test.close().await;
    }

    async fn the_register_is_read_while_keys_are_sealed_anew(test) {
        let scene = scene(&test).await;
        for n in 60..80 {
            scene.add(&typed("王𫓧", n)).await;
        }
        let masters = vec![MasterKey::new([8; 32]), MasterKey::new([7; 32])];
        let vault = Vault::open(test.test.keys.clone(), masters, test.clock.clone(), Arc::new(SystemChance)).await;
        let vault = Arc::new(vault.expect("both keys"));
        let both = Scene { house: House { vault: Arc::clone(&vault), ..scene.house.clone() }, ..scene_of(&scene) };
        let rotate = async {
            let mut rotated = 0;
            loop {
                match vault.rotate(3).await.expect("sealed anew") {
                    0 => return rotated,
                    count => rotated += count,
                }
                tokio::task::yield_now().await;
            }
        };
        let read = async {
            for n in 60..80 {
                let (entries, _) = both.listed(&both.clerk).await;
                assert!(entries.iter().all(|entry| entry.shown.is_some()));
                assert_eq!(both.found(&both.clerk, By::Document, &number(n)).await.len(), 1);
                both.add(&typed("李𩽾", n + 100)).await;
            }
        };
        let (rotated, ()) = tokio::join!(rotate, read);
        assert!(rotated > 20, "{rotated}");
        while vault.rotate(100).await.expect("sealed anew") > 0 {}
        // The old master key can be thrown away.
        let newest = Vault::open(test.test.keys.clone(), vec![MasterKey::new([8; 32])], test.clock.clone(), Arc::new(SystemChance)).await;
        let house = House { vault: Arc::new(newest.expect("the new key")), ..scene.house.clone() };
        let after = Scene { house, ..scene_of(&scene) };
        let (entries, count) = after.listed(&after.clerk).await;
        assert_eq!(count, 40);
        assert!(entries.iter().all(|entry| entry.shown.is_some()));
        assert_eq!(after.found(&after.clerk, By::Phone, "19900000160").await.len(), 1);
        test.close().await;
    }

    async fn rare_names_are_found_and_sorted(test) {
        let scene = scene(&test).await;
        let names = ["阿卜杜拉·买买提", "李𩽾", "王𫓧·𬴂", "王一", "葛\u{E0100}洪"];
        for (n, name) in (90..).zip(names) {
            scene.add(&typed(name, n)).await;
        }
        let named = async |text: &str| -> Vec<String> {
            let found = served(register::find(&scene.house, &scene.clerk, By::Name, text)).await.expect("looked");
            assert_eq!(found.compared, None, "all were compared");
            found.entries.into_iter().filter_map(|entry| Some(entry.shown?.name)).collect()
        };
        assert_eq!(named("王").await, ["王一", "王𫓧·𬴂"]);
        assert_eq!(named("𬴂").await, ["王𫓧·𬴂"]);
        assert_eq!(named("𩽾").await, ["李𩽾"]);
        assert_eq!(named("拉•买").await, ["阿卜杜拉·买买提"], "one dot for all dots");
        assert_eq!(named("葛\u{E0100}洪").await, ["葛\u{E0100}洪"]);
        assert_eq!(named("%").await, Vec::<String>::new());
        let (entries, _) = scene.listed(&scene.clerk).await;
        let newest: Vec<String> = entries.into_iter().filter_map(|entry| Some(entry.shown?.name)).collect();
        assert_eq!(newest, names.iter().rev().copied().collect::<Vec<_>>());
        let page = register::list(&scene.house, &scene.clerk, None, 2).await.expect("a page");
        let next = register::list(&scene.house, &scene.clerk, page.next, 2).await.expect("a page");
        assert_eq!((page.entries.len(), next.entries.len(), next.count), (2, 2, 5));
        assert!(next.entries[0].id < page.entries[1].id);
        for (text, refused) in [(" ", "name-empty")] {
            assert_eq!(ids(register::find(&scene.house, &scene.clerk, By::Name, text).await), [refused]);
        }
        let none = register::find(&scene.house, &scene.clerk, By::Document, "甲乙").await;
        assert_eq!(ids(none), ["document-none"]);
        test.close().await;
    }

    async fn nothing_of_a_person_lies_open_anywhere(test) {
        let scene = scene(&test).await;
        let (person, other) = (typed("欧阳王一", 9001), typed("慕容李二", 9002));
        let old = format!("{}{}", &other.number[..6], &other.number[8..17]);
        let id = scene.add(&person).await;
        let second = scene.add(&Person { number: old.clone(), ..other.clone() }).await;
        for (by, text) in [(By::Document, person.number.as_str()), (By::Phone, &person.phone), (By::Name, "欧阳王一")] {
            scene.found(&scene.clerk, by, text).await;
        }
        scene.change(&scene.clerk, (id, 1), &Person { number: number(9003), ..renamed("欧阳王一") }).await.expect("changed");
        register::unmask(&scene.house, &scene.clerk, id, "核对身份").await.expect("shown");
        scene.try_add(&scene.head, scene.own, &other).await.expect_err("there already");
        scene.erase(&scene.head, (second, 1), "登记有误").await.expect("erased");
        run_jobs(&test).await;
        audit::chain(&scene.house).await.expect("chained");
        let place = test.test.folder.path();
        backup::write(&scene.house.db, Migrations::Main, &place.join("dump.sqlite")).await.expect("a dump");
        operations::back_up(&scene.house, &place.join("backups")).await.expect("made");
        operations::back_up_keys(&test.test.keys, &place.join("keys"), scene.house.now()).await.expect("made");

        let third = number(9003);
        let secrets = [&person.number, &person.phone, &person.name, &other.number, &other.phone, &other.name, &old, &third];
        let (_, traces) = found_in(&[place], &secrets.map(String::as_str));
        assert_eq!(traces, []);
        // The same search finds what may stand there.
        let (_, traces) = found_in(&[place], &["核对身份"]);
        assert!(!traces.is_empty(), "the reason is in the trail");
        test.close().await;
    }
}
