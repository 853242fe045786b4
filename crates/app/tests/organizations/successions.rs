//! Bodies that end and go on: what is told before, what is done, what is seen
//! afterwards.

use super::*;
use gongkai_app::organization::{Done, Order, Plan, Successor};
use gongkai_store::people::{self, NewPerson, Sealed};

fn order(kind: SuccessionKind, from: &[OrganizationId], to: &[OrganizationId]) -> Order {
    Order::from(Succession {
        kind,
        on: date(2026, 11, 1),
        basis: "济编发〔2026〕5号".to_owned(),
        from: from.to_vec(),
        to: to.to_vec(),
    })
}

async fn planned(test: &TestHouse, order: &Order) -> Result<Plan, OrganizationError> {
    served(organization::plan(
        &test.house,
        &who(),
        &administrator(),
        order,
    ))
    .await
}

async fn succeed(test: &TestHouse, order: &Order) -> Result<i64, OrganizationError> {
    let sent = sent(&test.house.token());
    served(organization::succeed(
        &test.house,
        &who(),
        &administrator(),
        &sent,
        order,
    ))
    .await
}

fn ids(plan: &Plan) -> Vec<&str> {
    for line in &plan.lines {
        for language in [Language::Chinese, Language::English] {
            let words = Words::of(language);
            assert!(words.has(&line.id), "{}", line.id);
            assert!(!words.render(line).contains("{$"), "{}", line.id);
        }
    }
    plan.lines.iter().map(|line| &*line.id).collect()
}

async fn seen(test: &TestHouse, id: OrganizationId) -> Organization {
    let seen = served(organization::see(&test.house, &who(), &administrator(), id)).await;
    seen.expect("seen").body
}

/// Somebody who works in a body, with a role there.
async fn somebody(test: &TestHouse, login: &str, at: OrganizationId) -> PersonId {
    let mut tx = test.house.db.write().await.expect("a turn");
    let new = NewPerson {
        login: login.to_owned(),
        login_key: login.to_owned(),
        display_name: "李𬴂·阿布".to_owned(),
        organization: Some(at),
        key: "k".to_owned(),
        phone: Sealed::default(),
        mail: Sealed::default(),
    };
    let now = test.house.now();
    let person = people::add(&mut tx, &new, now).await.expect("added");
    let grant = Grant {
        person,
        organization: Some(at),
        role: Role::Clerk,
        validity: Validity::since(date(2020, 1, 1)),
    };
    people::grant(&mut tx, &grant, None, now)
        .await
        .expect("granted");
    tx.commit().await.expect("kept");
    person
}

/// Where somebody works, and what they hold: where, from when, until when.
async fn of(test: &TestHouse, person: PersonId) -> (Option<OrganizationId>, Vec<Grant>) {
    let mut tx = test.house.db.read().await.expect("a state");
    let kept = people::get(&mut tx, person)
        .await
        .expect("read")
        .expect("there");
    let grants = people::grants(&mut tx, person).await.expect("grants");
    (
        kept.organization,
        grants.into_iter().map(|(_, grant)| grant).collect(),
    )
}

in_both_houses! {
    async fn a_renamed_body_takes_its_code_its_sections_and_its_people_along(test) {
        let [city, _, finance, section, _] = city(&test).await;
        let coded = Organization { credit_code: CreditCode::parse("91330100799655058B").ok(), ..seen(&test, finance).await };
        let version = Version { id: finance, version: 1 };
        served(organization::change(&test.house, &who(), &administrator(), version, &coded)).await.expect("changed");
        let li = somebody(&test, "li", finance).await;
        let renamed = Order { founded: vec![" 𬴂𫓧市𩽾·财政金融局 ".to_owned()], ..order(SuccessionKind::Renamed, &[finance], &[]) };
        let before = state(&test).await;
        let plan = planned(&test, &renamed).await.unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(ids(&plan), ["succession-founds", "succession-ends", "succession-parent", "succession-people", "succession-roles", "succession-answers"]);
        assert_eq!(state(&test).await, before, "a plan does nothing");
        let confirmed = Order { confirmed: Some(plan.mark), ..renamed };
        succeed(&test, &confirmed).await.unwrap_or_else(|error| panic!("{error:?}"));
        let heir = listed(&test, &administrator(), "𩽾·").await[0];
        let made = seen(&test, heir).await;
        assert_eq!((made.parent, &made.credit_code, made.validity), (Some(city), &coded.credit_code, Validity::since(date(2026, 11, 1))));
        assert_eq!(made.name, "𬴂𫓧市𩽾·财政金融局");
        assert_eq!(seen(&test, finance).await.validity.until(), Some(date(2026, 10, 31)));
        assert_eq!(seen(&test, section).await.parent, Some(heir));
        let (at, grants) = of(&test, li).await;
        let validities: Vec<_> = grants.iter().map(|grant| (grant.organization, grant.validity.from(), grant.validity.until())).collect();
        assert_eq!(at, Some(heir));
        assert_eq!(validities, [
            (Some(finance), date(2020, 1, 1), Some(date(2026, 10, 31))),
            (Some(heir), date(2026, 11, 1), None),
        ]);
        let told: Vec<String> = trail(&test).await.into_iter()
            .filter(|stored| stored.entry.action == "organizations.succeed")
            .map(|stored| stored.entry.object_kind)
            .collect();
        let mut kinds = told.clone();
        kinds.sort();
        assert_eq!(kinds, ["organization", "organization", "organization", "person", "person", "succession"]);
        test.close().await;
    }

    async fn where_bodies_merge_roles_are_granted_anew(test) {
        let [_, _, finance, _, police] = city(&test).await;
        let li = somebody(&test, "li", finance).await;
        let merged = order(SuccessionKind::Merged, &[finance], &[police]);
        let plan = planned(&test, &merged).await.expect("a plan");
        assert_eq!(ids(&plan), ["succession-ends", "succession-parent", "succession-people", "succession-roles-end", "succession-answers"]);
        succeed(&test, &merged).await.expect("merged");
        let (at, grants) = of(&test, li).await;
        assert_eq!((at, grants.len()), (Some(police), 1));
        assert_eq!(grants[0].validity.until(), Some(date(2026, 10, 31)));
        test.close().await;
    }

    async fn a_split_founds_several_and_people_go_where_it_is_said(test) {
        let [city, _, finance, section, police] = city(&test).await;
        let li = somebody(&test, "li", police).await;
        let split = Order { founded: vec!["甲局".to_owned(), "乙局".to_owned()], ..order(SuccessionKind::Split, &[police], &[]) };
        let stay = planned(&test, &split).await.expect("a plan");
        assert!(ids(&stay).contains(&"succession-people-stay"), "{stay:?}");
        let wrong = Order { people_to: Some(Successor::Body(city)), ..split.clone() };
        assert_eq!(said(&planned(&test, &wrong).await.expect_err("refused")), ["succession-people-elsewhere"]);
        let split = Order { people_to: Some(Successor::Founded(1)), ..split };
        succeed(&test, &split).await.expect("split");
        let second = listed(&test, &administrator(), "乙局").await[0];
        assert_eq!(of(&test, li).await.0, Some(second));
        // Sections end with a body that several follow.
        let split = Order { founded: vec!["丙局".to_owned()], ..order(SuccessionKind::Split, &[finance], &[second]) };
        succeed(&test, &split).await.expect("split");
        assert_eq!(seen(&test, section).await.validity.until(), Some(date(2026, 10, 31)));
        test.close().await;
    }

    async fn what_cannot_be_done_is_said_and_nothing_is_done(test) {
        let [city, office, finance, section, police] = city(&test).await;
        let founding = |order: Order, names: &[&str]| Order { founded: names.iter().map(|name| (*name).to_owned()).collect(), ..order };
        let on = |on, mut order: Order| { order.succession.on = on; order };
        let renamed = || order(SuccessionKind::Renamed, &[finance], &[]);
        let before = state(&test).await;
        let mut no_basis = order(SuccessionKind::Merged, &[finance], &[police]);
        no_basis.succession.basis = " ".to_owned();
        for (order, expected) in [
            (no_basis, vec!["succession-no-basis"]),
            (on(date(2026, 11, 24), founding(renamed(), &["甲局"])), vec!["succession-not-yet"]),
            (renamed(), vec!["succession-shape-renamed"]),
            (order(SuccessionKind::Abolished, &[], &[]), vec!["succession-shape-abolished"]),
            (founding(order(SuccessionKind::Abolished, &[], &[]), &["甲局"]), vec!["succession-shape-abolished"]),
            (founding(renamed(), &["甲>局"]), vec!["import-name-sign"]),
            (founding(renamed(), &["济南市公安局"]), vec!["import-name-twice"]),
            (order(SuccessionKind::Merged, &[OrganizationId(99)], &[police]), vec!["succession-unknown"]),
            (order(SuccessionKind::Abolished, &[city], &[]), vec!["succession-left-behind"; 3]),
        ] {
            for refused in [planned(&test, &order).await.map(drop), succeed(&test, &order).await.map(drop)] {
                assert_eq!(said(&refused.expect_err("refused")), expected, "{order:?}");
            }
        }
        assert_eq!(state(&test).await, before);
        assert_eq!(seen(&test, section).await.parent, Some(finance));
        assert_eq!(seen(&test, office).await.parent, Some(city));
        test.close().await;
    }

    async fn what_was_confirmed_is_done_and_nothing_else(test) {
        let [_, _, finance, section, police] = city(&test).await;
        let merged = order(SuccessionKind::Merged, &[finance], &[police]);
        let plan = planned(&test, &merged).await.expect("a plan");
        let confirmed = Order { confirmed: Some(plan.mark), ..merged.clone() };
        // Meanwhile somebody comes, and a section is founded.
        somebody(&test, "li", finance).await;
        let before = state(&test).await;
        let refused = succeed(&test, &confirmed).await.expect_err("another plan");
        assert_eq!(said(&refused), ["succession-planned-anew"]);
        assert_eq!(state(&test).await, before);
        found(&test, "新科", OrganizationKind::Section, Some(finance)).await;
        let plan = planned(&test, &merged).await.expect("a plan");
        let confirmed = Order { confirmed: Some(plan.mark), ..merged };
        let form = sent("k");
        let done = async |order: &Order| served(organization::succeed(&test.house, &who(), &administrator(), &form, order)).await;
        let id = done(&confirmed).await.expect("merged");
        assert_eq!(done(&confirmed).await.expect("the same"), id);
        assert_eq!(seen(&test, section).await.parent, Some(police));
        test.close().await;
    }

    async fn a_body_tells_its_history_to_those_who_may_see_it(test) {
        let [city, _, finance, _, police] = city(&test).await;
        let renamed = Order { founded: vec!["济南市财政金融局".to_owned()], ..order(SuccessionKind::Renamed, &[finance], &[]) };
        succeed(&test, &renamed).await.expect("renamed");
        let heir = listed(&test, &administrator(), "金融").await[0];
        let mut merged = order(SuccessionKind::Merged, &[heir, police], &[]);
        merged.founded = vec!["济南市甲局".to_owned()];
        merged.succession.on = date(2026, 11, 20);
        succeed(&test, &merged).await.expect("merged");
        let last = listed(&test, &administrator(), "甲局").await[0];
        let history = async |actor: &Actor, id| served(organization::history(&test.house, &who(), actor, id)).await;
        for id in [finance, heir, last] {
            let told = history(&administrator(), id).await.expect("a history");
            let line: Vec<_> = told.passages.iter().map(|passage| (passage.kind, passage.on, passage.from.len(), passage.to[0].id)).collect();
            assert_eq!(line, [
                (SuccessionKind::Renamed, date(2026, 11, 1), 1, heir),
                (SuccessionKind::Merged, date(2026, 11, 20), 2, last),
            ], "{id}");
            assert!(told.passages.iter().all(|passage| passage.from.iter().chain(&passage.to).all(|kin| kin.is_seen)));
        }
        // The other body of the merger has no part in what was before it.
        assert_eq!(history(&administrator(), police).await.expect("a history").passages.len(), 1);
        let told = history(&administrator(), finance).await.expect("a history");
        let done: Vec<Done> = told.past.iter().map(|past| past.done).collect();
        assert_eq!(done, [Done::Succeeded, Done::Founded]);
        let (field, values) = &told.past[0].fields[0];
        assert_eq!((field.key, values), ("valid_until", &Some((Shown::Nothing, Shown::Text("2026-10-31".to_owned())))));
        // A clerk of the new body is told the names of those before, no more.
        let clerk = actor(Role::Clerk, Some(last));
        let told = history(&clerk, last).await.expect("a history");
        assert_eq!(told.passages[1].from[0].name, "济南市公安局");
        assert!(!told.passages[1].from[0].is_seen && told.passages[1].to[0].is_seen);
        for id in [city, police, OrganizationId(999)] {
            let refused = history(&clerk, id).await;
            assert!(matches!(refused, Err(OrganizationError::NotFound)), "{refused:?}");
        }
        let office = DisclosureOffice { phone: "0531-1".to_owned(), ..DisclosureOffice::default() };
        let seen = Version { id: last, version: 1 };
        served(organization::edit_office(&test.house, &who(), &clerk, seen, &office)).await.expect("edited");
        let told = history(&clerk, last).await.expect("a history");
        let (field, values) = &told.past[0].fields[0];
        assert_eq!((told.past[0].done, field.key, values), (Done::OfficeChanged, "office_phone", &None));
        test.close().await;
    }
}
