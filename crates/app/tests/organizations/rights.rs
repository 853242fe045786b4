//! Who sees and does what, and what is left of a try.

use super::*;

in_both_houses! {
    async fn an_office_is_kept_by_its_own_body_alone(test) {
        let [_, _, finance, section, police] = city(&test).await;
        let clerk = actor(Role::Clerk, Some(finance));
        let office = DisclosureOffice { name: " 办公室 ".to_owned(), phone: "0531-1".to_owned(), head: Some(PersonId(9)), ..DisclosureOffice::default() };
        let edit = async |id, version| {
            served(organization::edit_office(&test.house, &who(), &clerk, Version { id, version }, &office)).await
        };
        assert_eq!(edit(finance, 1).await.expect("edited"), 2);
        assert_eq!(edit(section, 1).await.expect("edited"), 2);
        let kept = served(organization::see(&test.house, &who(), &clerk, finance)).await.expect("seen");
        assert_eq!((kept.body.office.name.as_str(), kept.body.office.head), ("办公室", Some(PersonId(9))));
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
