//! Who sees and does what, and what is left of a try.

use super::*;

/// Somebody who works in a body, put straight into the store.
async fn person(test: &TestHouse, login: &str, at: OrganizationId, state: &str) -> PersonId {
    let new = store::people::NewPerson {
        login: login.to_owned(),
        login_key: login.to_owned(),
        display_name: login.to_owned(),
        organization: Some(at),
        key: String::new(),
        phone: store::people::Sealed::default(),
        mail: store::people::Sealed::default(),
    };
    let mut tx = test.house.db.write().await.expect("a turn");
    let id = store::people::add(&mut tx, &new, test.house.now()).await;
    let id = id.expect("added");
    let set = store::people::set_state(&mut tx, id, state, false, 1).await;
    set.expect("set");
    tx.commit().await.expect("kept");
    id
}

in_both_houses! {
    async fn an_office_is_kept_by_its_own_body_alone(test) {
        let [_, _, finance, section, police] = city(&test).await;
        let clerk = actor(Role::Clerk, Some(finance));
        let head = person(&test, "head", section, "active").await;
        let office = DisclosureOffice { name: " 办公室 ".to_owned(), phone: "0531-1".to_owned(), head: Some(head), ..DisclosureOffice::default() };
        let edit = async |id, version| {
            served(organization::edit_office(&test.house, &who(), &clerk, Version { id, version }, &office)).await
        };
        assert_eq!(edit(finance, 1).await.expect("edited"), 2);
        assert_eq!(edit(section, 1).await.expect("edited"), 2);
        let kept = served(organization::see(&test.house, &who(), &clerk, finance)).await.expect("seen");
        assert_eq!((kept.body.office.name.as_str(), kept.body.office.head), ("办公室", Some(head)));
        assert_eq!(kept.body.name, "济南市财政局");
        let all = trail(&test).await;
        assert!(all.iter().all(|stored| !stored.entry.detail.contains("0531")), "a phone may be a person's");
        // Others are not there for this clerk, whether they exist or not.
        for id in [police, OrganizationId(999)] {
            let refused = edit(id, 1).await.expect_err("refused");
            assert_eq!(said(&refused), ["organization-not-found"]);
        }
        test.close().await;
    }

    async fn the_head_of_an_office_is_somebody_at_work_there(test) {
        let [_, _, finance, section, police] = city(&test).await;
        let clerk = actor(Role::Clerk, Some(finance));
        let here = person(&test, "here", finance, "active").await;
        let in_section = person(&test, "in-section", section, "active").await;
        let invited = person(&test, "invited", finance, "invited").await;
        let gone = person(&test, "gone", finance, "disabled").await;
        let elsewhere = person(&test, "elsewhere", police, "active").await;
        let edit = async |version, head| {
            let office = DisclosureOffice { head, ..DisclosureOffice::default() };
            let seen = Version { id: finance, version };
            served(organization::edit_office(&test.house, &who(), &clerk, seen, &office)).await
        };
        for head in [invited, gone, elsewhere, PersonId(999)] {
            let refused = edit(1, Some(head)).await.expect_err("refused");
            assert_eq!(said(&refused), ["office-head-not-here"], "{head}");
        }
        assert_eq!(edit(1, Some(here)).await.expect("edited"), 2);
        assert_eq!(edit(2, Some(in_section)).await.expect("edited"), 3);
        let offered = served(organization::heads(&test.house, &who(), &clerk, finance)).await.expect("a list");
        let mut offered: Vec<PersonId> = offered.into_iter().map(|one| one.id).collect();
        offered.sort();
        assert_eq!(offered, [here, in_section]);
        // Who is head and leaves hinders nobody from putting the entry right.
        let mut tx = test.house.db.write().await.expect("a turn");
        let kept = store::people::get(&mut tx, in_section).await.expect("read").expect("there");
        store::people::set_state(&mut tx, in_section, "disabled", false, kept.version).await.expect("set");
        tx.commit().await.expect("kept");
        let office = DisclosureOffice { head: Some(in_section), hours: "9:00".to_owned(), ..DisclosureOffice::default() };
        let seen = Version { id: finance, version: 3 };
        let edited = served(organization::edit_office(&test.house, &who(), &clerk, seen, &office)).await;
        assert_eq!(edited.expect("edited"), 4);
        assert_eq!(edit(4, None).await.expect("edited"), 5);
        // Another's people are not listed.
        let refused = served(organization::heads(&test.house, &who(), &clerk, police)).await.expect_err("refused");
        assert_eq!(said(&refused), ["organization-not-found"]);
        test.close().await;
    }

    async fn what_is_done_for_another_is_written_down_for_both(test) {
        let [_, _, finance, ..] = city(&test).await;
        let away = Grant { person: PersonId(2), ..actor(Role::Clerk, Some(finance)).grants[0] };
        let delegation = Delegation {
            from: PersonId(2),
            to: PersonId(1),
            organization: finance,
            roles: vec![Role::Clerk],
            from_day: date(2026, 11, 20),
            until_day: date(2026, 11, 23),
            reason: "休假".to_owned(),
        };
        let lent = vec![Lent { delegation, grants: vec![away] }];
        let actor = Actor { grants: Vec::new(), lent, ..administrator() };
        let office = |hours: &str| DisclosureOffice { hours: hours.to_owned(), ..DisclosureOffice::default() };
        let edit = async |version, hours| {
            let seen = Version { id: finance, version };
            served(organization::edit_office(&test.house, &who(), &actor, seen, &office(hours))).await
        };
        assert_eq!(edit(1, "9:00").await.expect("edited"), 2);
        let mut trail = trail(&test).await.into_iter().map(|stored| stored.entry);
        let last = trail.find(|entry| entry.action == "organizations.edit_office").expect("an entry");
        assert_eq!(last.acting_for, Some(2));
        // The day ends at midnight in China, not in Greenwich.
        test.clock.advance(jiff::SignedDuration::from_hours(15));
        let over = edit(2, "10:00").await;
        assert!(matches!(over, Err(OrganizationError::NotFound)), "{over:?}");
        test.close().await;
    }

    async fn each_sees_lists_counts_and_finds_what_is_reached(test) {
        let [city, office, finance, section, police] = city(&test).await;
        let all = [city, office, finance, section, police];
        let administrators = [Role::SystemAdministrator, Role::SecurityAdministrator, Role::AuditAdministrator];
        let mut cases: Vec<(Actor, Vec<OrganizationId>)> = vec![
            (actor(Role::Clerk, Some(finance)), vec![finance, section]),
            (actor(Role::Clerk, Some(section)), vec![section]),
            (actor(Role::Supervisor, Some(office)), vec![office, finance, section, police]),
            (actor(Role::Supervisor, Some(city)), all.to_vec()),
        ];
        cases.extend(administrators.map(|role| (actor(role, None), all.to_vec())));
        for (actor, reached) in &cases {
            assert_eq!(&listed(&test, actor, "").await, reached, "{:?}", actor.grants);
            let found: Vec<_> = [finance].into_iter().filter(|id| reached.contains(id)).collect();
            assert_eq!(listed(&test, actor, "财政").await, found, "{:?}", actor.grants);
            for id in all {
                let seen = served(organization::see(&test.house, &who(), actor, id)).await;
                match seen {
                    Ok(kept) => assert!(kept.body.id == id && reached.contains(&id)),
                    Err(OrganizationError::NotFound) => assert!(!reached.contains(&id)),
                    Err(error) => panic!("{error:?}"),
                }
            }
        }
        test.close().await;
    }

    async fn who_has_no_role_sees_nothing_and_is_written_down(test) {
        let [city, ..] = city(&test).await;
        let nobody = Actor { grants: Vec::new(), ..administrator() };
        let gone = Actor { membership: Membership::Disabled, ..administrator() };
        let (before, _) = state(&test).await;
        for actor in [&nobody, &gone] {
            let listed = served(organization::list(&test.house, &who(), actor, &Query::default())).await;
            assert!(matches!(listed, Err(OrganizationError::Denied(_))), "{listed:?}");
            let counted = served(organization::count(&test.house, &who(), actor, &Query::default())).await;
            assert!(matches!(counted, Err(OrganizationError::Denied(_))), "{counted:?}");
            let seen = served(organization::see(&test.house, &who(), actor, city)).await;
            assert!(matches!(seen, Err(OrganizationError::NotFound)), "{seen:?}");
        }
        assert_eq!(state(&test).await, (before, 6));
        test.close().await;
    }

    async fn a_denied_try_leaves_an_entry_and_nothing_else(test) {
        let [city, _, finance, ..] = city(&test).await;
        let clerk = actor(Role::Clerk, Some(finance));
        let (house, who) = (&test.house, &who());
        let seen = Version { id: finance, version: 1 };
        let entry = entry("新局", OrganizationKind::Department, Some(city));
        let succession = Succession { kind: SuccessionKind::Abolished, on: date(2026, 1, 1), basis: "文".to_owned(), from: vec![finance], to: vec![] };
        let table = file("a.csv", "机关名称,机关类型,设立日期\n新局,工作部门,2020-01-01\n".as_bytes());
        let (before, _) = state(&test).await;
        let errors = [
            served(organization::create(house, who, &clerk, &sent("1"), &entry)).await.expect_err("denied"),
            served(organization::change(house, who, &clerk, seen, &entry)).await.expect_err("denied"),
            served(organization::succeed(house, who, &clerk, &sent("2"), &succession.clone().into())).await.expect_err("denied"),
            served(organization::import(house, &InProcess, who, &clerk, &sent("3"), &table)).await.expect_err("denied"),
            served(organization::imports(house, who, &clerk, None)).await.expect_err("denied"),
            served(organization::export(house, who, &clerk, TableFormat::Csv, Language::Chinese)).await.expect_err("denied"),
        ];
        for error in &errors {
            assert!(matches!(error, OrganizationError::Denied(_)), "{error:?}");
            assert_eq!(said(error), ["denied-role"]);
        }
        assert_eq!(state(&test).await, (before, errors.len()));
        assert!(test.house.blobs.list().await.expect("a list").is_empty(), "no file is kept for the denied");
        test.close().await;
    }
}
