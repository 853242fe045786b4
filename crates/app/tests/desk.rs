//! What waits for whom, each case on both engines: every count is that of the
//! list it leads to.

use gongkai_app::people::{self, Desk, Founding, NewStaff, SignedIn, Waiting, Which};
use gongkai_domain::calendar::Calendar;
use gongkai_domain::organization::permissions::Action;
use gongkai_domain::organization::permissions::Target;
use gongkai_domain::organization::roles::Role;
use gongkai_testkit::in_both_houses;
use gongkai_testkit::people::{Office, attempt};
use jiff::SignedDuration;

async fn desk(office: &Office, signed: &SignedIn) -> Desk {
    let found = people::desk(&office.house, signed, &Calendar::built_in()).await;
    found.expect("a desk")
}

/// How many a desk counts of a list, and who is in that list.
async fn counted(office: &Office, signed: &SignedIn, which: Which) -> (i64, Vec<String>) {
    let desk = desk(office, signed).await;
    let count = desk.waiting.iter().find_map(|waiting| match waiting {
        Waiting::People(of, count) if *of == which => Some(*count),
        _ => None,
    });
    let listed = people::list_of(&office.house, signed, which, None, 0, 10).await;
    let (listed, of) = listed.expect("a list");
    assert_eq!(
        count.unwrap_or(0),
        of,
        "the desk counts what the list holds"
    );
    let logins = listed.into_iter().map(|one| one.person.login);
    (of, logins.collect())
}

in_both_houses! {
    async fn counts_are_those_of_the_lists(test) {
        let office = Office::new(test.house.clone());
        let three = office.administrators().await;
        let bureau = test.department("云溪县水务局").await;
        let (_, clerk) = office.colleague(&three, "clerk", bureau, Some(Role::Clerk)).await;
        office.colleague(&three, "newcomer", bureau, None).await;
        let system = office.signed(&three[0].token).await;
        let security = office.signed(&three[1].token).await;
        let late = NewStaff {
            login: "late".to_owned(),
            display_name: "late".to_owned(),
            organization: Some(bureau),
            ..NewStaff::default()
        };
        people::invite(&office.house, &system, &late).await.expect("invited");
        assert_eq!(counted(&office, &system, Which::Invited).await, (1, vec!["late".to_owned()]));
        let roleless = vec!["newcomer".to_owned(), "late".to_owned()];
        assert_eq!(counted(&office, &security, Which::WithoutRole).await, (2, roleless));
        // Who fails too often is counted by both who act on it, until the lock ends.
        assert_eq!(counted(&office, &system, Which::Locked).await.0, 0);
        for _ in 0..5 {
            let from = attempt(&clerk.login, "wrong", "127.0.0.1");
            people::sign_in(&office.house, &office.hasher, &from).await.expect_err("wrong");
        }
        let locked = (1, vec!["clerk".to_owned()]);
        assert_eq!(counted(&office, &system, Which::Locked).await, locked);
        assert_eq!(counted(&office, &security, Which::Locked).await, locked);
        test.clock.advance(SignedDuration::from_mins(31));
        let token = office.sign_in(&three[0]).await.expect("signed in anew");
        let system = office.signed(&token).await;
        assert_eq!(counted(&office, &system, Which::Locked).await.0, 0);
        test.close().await;
    }

    async fn a_clerk_sees_what_is_a_clerks(test) {
        let office = Office::new(test.house.clone());
        let three = office.administrators().await;
        let bureau = test.department("云溪县水务局").await;
        let (_, clerk) = office.colleague(&three, "clerk", bureau, Some(Role::Clerk)).await;
        let signed = office.signed(&clerk.token).await;
        let found = desk(&office, &signed).await;
        assert_eq!(found.waiting, [Waiting::OfficeIncomplete(vec![bureau])]);
        assert!(found.founding.is_empty() && found.backed_up.is_none());
        // A refusal is counted for who watches the trail, and for nobody else.
        let about = ("audit", "-".to_owned());
        let denied = signed.demand(&office.house, Action::AuditSearch, Target::Installation, about);
        denied.await.expect_err("denied");
        let auditor = office.signed(&three[2].token).await;
        let found = desk(&office, &auditor).await;
        let is_one = |waiting: &Waiting| matches!(waiting, Waiting::Denied { count: 1, is_more: false, .. });
        assert!(found.waiting.iter().any(is_one), "{:?}", found.waiting);
        let session = signed.ends_at.duration_since(signed.session.begun_at);
        assert_eq!(session, SignedDuration::from_hours(8));
        test.close().await;
    }

    async fn the_steps_of_setting_up_are_facts(test) {
        let office = Office::new(test.house.clone());
        let token = people::setup_token(&office.house).await.expect("asked").expect("a token");
        let first = office.join(&token, "system").await;
        let signed = office.signed(&first.token).await;
        let begun = desk(&office, &signed).await;
        let is_done = |desk: &Desk, step| {
            let found = desk.founding.iter().find(|(of, _)| *of == step);
            found.map(|(_, done)| *done)
        };
        assert_eq!(is_done(&begun, Founding::Administrators), Some(false));
        assert_eq!(is_done(&begun, Founding::Organizations), Some(false));
        test.close().await;
    }

    async fn and_are_done_when_they_are(test) {
        let office = Office::new(test.house.clone());
        let three = office.administrators().await;
        let bureau = test.department("云溪县水务局").await;
        let signed = office.signed(&three[0].token).await;
        let state = |desk: &Desk| desk.founding.iter().map(|(_, done)| *done).collect::<Vec<_>>();
        assert_eq!(state(&desk(&office, &signed).await)[..3], [true, true, false]);
        office.colleague(&three, "clerk", bureau, None).await;
        assert_eq!(state(&desk(&office, &signed).await)[..3], [true, true, true]);
        test.close().await;
    }
}
